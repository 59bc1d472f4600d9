//! What a signal can come to on a page at all, known before any of its targets is asked.
//!
//! A page without links has no block of four links; one on which no sentence stands twice has no
//! sentence that stood before. A rule that asks for such a thing can be left out for the whole
//! page, instead of on each of its targets.
//!
//! What a range says holds on every target of its scope that has a word with a letter, and as
//! many words as it asks for: there the signal *is defined* and lies in the range. Of other targets it
//! says nothing. A range costs little more than what the first target that is asked pays for.

use super::{
    PageView, SignalId, characters, furniture, placeholder, profiles, similar, titles, words,
};
use crate::document::Scope;

/// The smallest and the largest value a signal may have on a page, both included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Range {
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Range {
    fn up_to(most: usize) -> Self {
        Self { least: 0.0, most: most as f64 }
    }

    fn just(value: usize) -> Self {
        Self { least: value as f64, most: value as f64 }
    }

    /// Nothing but 0, or anything.
    fn zero_if(none: bool) -> Self {
        Self { least: 0.0, most: if none { 0.0 } else { f64::INFINITY } }
    }
}

/// A signal whose range on a page can be told.
pub(crate) struct Ranged {
    name: &'static str,
    scopes: &'static [Scope],
    /// Fewest words of the targets of which it is told.
    pub(crate) words: usize,
    /// False if it is told of the sentences of paragraphs and quotations alone.
    pub(crate) everywhere: bool,
    /// A rank of what it costs where nobody has asked for the like yet.
    pub(crate) cost: u8,
    /// The range on a page, of targets of so many words or more.
    of: fn(&PageView<'_>, usize) -> Range,
}

impl Ranged {
    /// Its range on a page, of targets of so many words or more.
    pub(crate) fn range(&self, page: &PageView<'_>, words: usize) -> Range {
        (self.of)(page, words)
    }
}

impl std::fmt::Debug for Ranged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Ranged").field(&self.name).finish()
    }
}

const BLOCK: &[Scope] = &[Scope::Block];
const SENTENCE: &[Scope] = &[Scope::Sentence];
const DOCUMENT: &[Scope] = &[Scope::Document];
const BOTH: &[Scope] = &[Scope::Sentence, Scope::Block];

const fn ranged(
    name: &'static str,
    scopes: &'static [Scope],
    of: fn(&PageView<'_>, usize) -> Range,
) -> Ranged {
    Ranged { name, scopes, words: 1, everywhere: true, cost: 0, of }
}

/// All of them.
pub(crate) static ALL: &[Ranged] = &[
    ranged("filler_word_ratio", BOTH, |p, _| Range::zero_if(!p.has_mark(words::FILLER))),
    ranged("filler_wide_ratio", BOTH, |p, _| Range::zero_if(!p.has_mark(words::WIDE))),
    ranged("filler_template_ratio", BOTH, |p, _| Range::zero_if(!p.has_mark(words::TEMPLATE))),
    ranged("question_mark_count", BOTH, |p, _| Range::zero_if(!characters::has_questions(p))),
    ranged("link_count", BOTH, |p, _| {
        Range::up_to(p.blocks.iter().map(|block| block.links.len()).max().unwrap_or(0))
    }),
    ranged("run_items", BLOCK, |p, _| Range::up_to(p.page_structure().most_items())),
    ranged("prose_before", BLOCK, |p, _| Range::up_to(p.page_structure().prose())),
    ranged("prose_after", BLOCK, |p, _| Range::up_to(p.page_structure().prose())),
    ranged("block_earlier_copies", BOTH, |p, _| Range::zero_if(!p.has_copied_blocks())),
    ranged("doubled_line", BLOCK, |p, _| Range::zero_if(!p.has_copied_blocks())),
    Ranged {
        cost: 2,
        everywhere: false,
        ..ranged("sentence_earlier_copies", SENTENCE, |p, _| {
            Range::zero_if(!p.has_copied_sentences())
        })
    },
    Ranged {
        cost: 1,
        ..ranged("title_run_items", BOTH, |p, _| Range::up_to(titles::most_items(p)))
    },
    ranged("related_section", BLOCK, |p, _| Range::zero_if(!furniture::has_related_heading(p))),
    ranged("is_related_heading", BLOCK, |p, _| Range::zero_if(!furniture::has_related_heading(p))),
    ranged("is_contents_heading", BLOCK, |p, _| {
        Range::zero_if(!furniture::has_contents_heading(p))
    }),
    ranged("after_contents_heading", BLOCK, |p, _| {
        Range::zero_if(!furniture::has_contents_heading(p))
    }),
    ranged("share_word", BLOCK, |p, _| Range::zero_if(!furniture::has_share_word(p))),
    Ranged {
        cost: 1,
        ..ranged("profile_run_labels", BLOCK, |p, _| Range::zero_if(!profiles::has_runs(p)))
    },
    Ranged {
        cost: 1,
        ..ranged("author_card", BLOCK, |p, _| Range::zero_if(!profiles::has_cards(p)))
    },
    ranged("template_mark_count", BLOCK, |p, _| {
        Range::zero_if(!placeholder::has_template_marks(p))
    }),
    ranged("page_marks", BLOCK, |p, _| Range::just(p.page_marks())),
    ranged("furniture_marks", BLOCK, |p, _| Range::up_to(p.page_marks())),
    ranged("stretch_marks", BLOCK, |p, _| Range::up_to(p.page_marks())),
    ranged("stretch_mark_ratio", BLOCK, |p, _| Range::zero_if(p.page_marks() == 0)),
    ranged("marks_before", BLOCK, |p, _| Range::up_to(p.page_marks())),
    ranged("marks_after", BLOCK, |p, _| Range::up_to(p.page_marks())),
    ranged("page_body_characters", BLOCK, |p, _| Range::just(p.page_body())),
    ranged("body_before", BLOCK, |p, _| Range::up_to(p.page_body())),
    ranged("body_after", BLOCK, |p, _| Range::up_to(p.page_body())),
    Ranged {
        cost: 2,
        words: similar::FEWEST_WORDS,
        ..ranged("near_copy_ratio", BLOCK, |p, words| Range {
            least: 0.0,
            most: p.most_near(words),
        })
    },
    ranged("repeated_phrase_count", DOCUMENT, |p, _| Range::up_to(p.most_repeated())),
    ranged("repeated_phrase_ratio", DOCUMENT, |p, _| Range {
        least: 0.0,
        most: p.most_repeated_share(),
    }),
];

impl SignalId {
    /// How to tell its range on the targets of a scope, if there is a way.
    pub(crate) fn ranged(self, scope: Scope) -> Option<&'static Ranged> {
        let name = self.signal().name;
        ALL.iter().find(|ranged| ranged.name == name && ranged.scopes.contains(&scope))
    }
}
