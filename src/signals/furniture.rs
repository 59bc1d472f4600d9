//! What page furniture looks like: menus, sections of related links, lists of references.

use std::cell::OnceCell;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::memmem::Finder;

use super::{
    BLOCK, Measured, PageView, SENTENCE_AND_BLOCK, Signal, Unit, count, flag, parts, ratio,
};
use crate::document::{Block, BlockKind};
use crate::text::fingerprint::start_of;
use crate::text::lists::{self, PrintSet};

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[
    &Signal {
        name: "menu_item_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Lines and items that are wholly an entry of the lists menu-words and share-words divided by those in the run of short blocks it stands in (in the block, if it is not short); undefined without items",
        source: "ours",
        measure: |t| {
            let number = t.block?;
            match t.page.page_structure().run_number(number) {
                Some(run) => *t.page.page_furniture().menu_ratios.get(run)?,
                None => menu_ratio(t.page, std::iter::once(number)),
            }
        },
    },
    &Signal {
        name: "related_section",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 if an earlier block of the run of short blocks it stands in is wholly an entry of the list related-headings, else 0",
        source: "ours",
        measure: |t| {
            let number = t.block?;
            let run = t.page.page_structure().run_number(number);
            let heading = run.and_then(|run| *t.page.page_furniture().related.get(run)?);
            flag(heading.is_some_and(|heading| heading < number))
        },
    },
    &Signal {
        name: "after_contents_heading",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 if the block before it is wholly an entry of the list toc-headings, else 0",
        source: "ours",
        measure: |t| {
            let before = t.block?.checked_sub(1);
            flag(before.is_some_and(|block| is_entry(t.page, block, CONTENTS_HEADING)))
        },
    },
    &Signal {
        name: "is_contents_heading",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 if the block is wholly an entry of the list toc-headings, else 0",
        source: "ours",
        measure: |t| flag(is_entry(t.page, t.block?, CONTENTS_HEADING)),
    },
    &Signal {
        name: "is_related_heading",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 if the block is wholly an entry of the list related-headings, else 0",
        source: "ours",
        measure: |t| flag(is_entry(t.page, t.block?, RELATED_HEADING)),
    },
    &Signal {
        name: "share_word",
        unit: Unit::Count,
        scopes: SENTENCE_AND_BLOCK,
        needs: &[],
        about: "1 if the text is wholly an entry of the list share-words, else 0",
        source: "after trafilatura, lines that are only a share button",
        measure: |t| {
            let text = t.text();
            let may = text.len() <= LONGEST_ENTRY && SHARE.may_have(text);
            flag(may && SHARE.contains(t.page.print_in(t.block?, text)))
        },
    },
    &Signal {
        name: "next_is_list",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 if the block after it is a list, else 0",
        source: "ours",
        measure: |t| {
            let next = t.page.blocks.get(t.block? + 1);
            flag(next.is_some_and(|block| block.kind == BlockKind::List))
        },
    },
    &Signal {
        name: "page_reference_count",
        unit: Unit::Count,
        scopes: SENTENCE_AND_BLOCK,
        needs: &[],
        about: "Lines of the page that start with a number in brackets, `^` or `↑`, as the entries of a reference list do",
        source: "ours",
        measure: |t| count(references(t.page)),
    },
    &Signal {
        name: "filler_discussed",
        unit: Unit::Count,
        scopes: SENTENCE_AND_BLOCK,
        needs: &[],
        about: "1 if the page speaks of filler text (two different terms such as `placeholder text` or `Cicero`) and at most four words in ten are filler, else 0",
        source: "ours",
        measure: |t| flag(is_discussed(t)),
    },
];

/// Words by which a text that quotes filler is known.
const TERMS: [&str; 10] = [
    "lorem ipsum",
    "placeholder text",
    "dummy text",
    "filler text",
    "blind text",
    "blindtext",
    "cicero",
    "de finibus",
    "typesett",
    "greeking",
];

static TERM_FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let kind = Some(AhoCorasickKind::DFA);
    AhoCorasick::builder().kind(kind).ascii_case_insensitive(true).build(TERMS).ok()
});

static TERM_FINDERS: LazyLock<[Finder<'static>; TERMS.len()]> =
    LazyLock::new(|| TERMS.map(Finder::new));

/// Shortest page that can speak of filler rather than be it, in words.
const DISCUSSION_WORDS: usize = 120;

static MENU: LazyLock<PrintSet> = LazyLock::new(|| {
    PrintSet::new(["menu-words", "share-words"].into_iter().flat_map(lists::entries_of))
});
static RELATED: LazyLock<PrintSet> =
    LazyLock::new(|| PrintSet::new(lists::entries_of("related-headings")));
static CONTENTS: LazyLock<PrintSet> =
    LazyLock::new(|| PrintSet::new(lists::entries_of("toc-headings")));
static SHARE: LazyLock<PrintSet> =
    LazyLock::new(|| PrintSet::new(lists::entries_of("share-words")));
static FILLER: LazyLock<lists::WordSet> = LazyLock::new(|| lists::word_set("filler-latin"));

/// What is measured of a page as a whole for this family.
pub(crate) struct PageFurniture {
    /// For each run of short blocks the share of menu words.
    menu_ratios: Vec<Option<f64>>,
    /// For each run its first block that heads related links.
    related: Vec<Option<usize>>,
    references: OnceCell<usize>,
    discussed: OnceCell<bool>,
}

impl PageFurniture {
    fn new(page: &PageView<'_>) -> Self {
        let structure = page.page_structure();
        let (mut menu_ratios, mut related) = (Vec::new(), Vec::new());
        for run in structure.runs() {
            menu_ratios.push(menu_ratio(page, run.first..=run.last));
            related
                .push((run.first..=run.last).find(|&block| is_entry(page, block, RELATED_HEADING)));
        }
        Self { menu_ratios, related, references: OnceCell::new(), discussed: OnceCell::new() }
    }
}

fn references(page: &PageView<'_>) -> usize {
    *page
        .page_furniture()
        .references
        .get_or_init(|| page.lines().iter().filter(|line| is_reference(line.of(page.text))).count())
}

impl PageView<'_> {
    /// The page's furniture, measured once.
    fn page_furniture(&self) -> &PageFurniture {
        self.furniture.get_or_init(|| PageFurniture::new(self))
    }
}

/// True if a block of the page is wholly an entry of the list related-headings.
pub(super) fn has_related_heading(page: &PageView<'_>) -> bool {
    page.entries().iter().any(|lists| lists & RELATED_HEADING != 0)
}

/// The same for the list toc-headings.
pub(super) fn has_contents_heading(page: &PageView<'_>) -> bool {
    page.entries().iter().any(|lists| lists & CONTENTS_HEADING != 0)
}

/// The same for the list share-words.
pub(super) fn has_share_word(page: &PageView<'_>) -> bool {
    page.entries().iter().any(|lists| lists & SHARE_WORD != 0)
}

/// Lists of which a block is wholly an entry.
const RELATED_HEADING: u8 = 1;
const CONTENTS_HEADING: u8 = 2;
const SHARE_WORD: u8 = 4;

impl PageView<'_> {
    /// For each block the lists of which it is wholly an entry, looked up once.
    fn entries(&self) -> &[u8] {
        self.entries.get_or_init(|| {
            let known: [(&PrintSet, u8); 3] =
                [(&RELATED, RELATED_HEADING), (&CONTENTS, CONTENTS_HEADING), (&SHARE, SHARE_WORD)];
            let lists = |(number, block): (usize, &Block)| {
                let text = block.span.of(self.text);
                if text.len() > LONGEST_ENTRY {
                    return 0;
                }
                let start = start_of(text);
                let may = |(list, _): &&(&PrintSet, u8)| {
                    list.may_start(start) && list.contains(self.block_print(number))
                };
                known.iter().filter(may).fold(0, |lists, (_, bit)| lists | bit)
            };
            self.blocks.iter().enumerate().map(lists).collect()
        })
    }
}

/// True for a block that is wholly an entry of a list.
fn is_entry(page: &PageView<'_>, number: usize, list: u8) -> bool {
    page.entries().get(number).is_some_and(|lists| lists & list != 0)
}

/// Bytes of the longest text that is looked up in a list.
const LONGEST_ENTRY: usize = 120;

fn menu_ratio(page: &PageView<'_>, blocks: impl Iterator<Item = usize>) -> Option<f64> {
    let (mut known, mut all) = (0, 0);
    for number in blocks {
        for item in page.items_of(number) {
            let item = item.of(page.text);
            let short = item.len() <= LONGEST_ENTRY;
            all += 1;
            let may = short && MENU.may_have(item);
            known += usize::from(may && MENU.contains(page.print_in(number, item)));
        }
    }
    ratio(known, all)
}

/// True for a line as a reference list has them: `[12] Author …`, `^ Author …`.
fn is_reference(line: &str) -> bool {
    let line = parts::unmarked(line);
    if let Some(rest) = line.strip_prefix(['^', '↑']) {
        return !rest.trim().is_empty();
    }
    let Some(rest) = line.strip_prefix('[') else { return false };
    let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = rest.len() - after.len();
    (1..=3).contains(&digits)
        && after.strip_prefix(']').is_some_and(|text| {
            // A target in parentheses makes it a link, not an entry.
            !text.starts_with('(') && text.split_whitespace().take(3).count() == 3
        })
}

fn speaks_of_filler(page: &PageView<'_>) -> bool {
    let words = page.words();
    if words.len() < DISCUSSION_WORDS {
        return false;
    }
    // No part of the text holds a term that the whole does not.
    let whole = page.lower();
    let said = TERM_FINDERS.iter().filter(|term| term.find(whole).is_some());
    if said.take(2).count() < 2 && !page.text.contains(['\u{130}', '\u{212A}']) {
        return false;
    }
    let filler = words.iter().filter(|word| FILLER.contains(word.hash)).count();
    if filler * 10 > words.len() * 4 {
        return false;
    }
    let mut found = 0u16;
    for block in page.blocks.iter() {
        let text = block.span.of(page.text);
        // The best known filler speaks of itself.
        if contains_ignoring_case(text, "dummy text of the printing") {
            continue;
        }
        // Only these have a lower case with letters of the terms that they are not themselves.
        if text.contains(['\u{130}', '\u{212A}']) {
            let lower = text.to_lowercase();
            for (n, term) in TERMS.iter().enumerate() {
                found |= u16::from(lower.contains(term)) << n;
            }
        } else if let Some(finder) = &*TERM_FINDER {
            for term in finder.find_overlapping_iter(text) {
                found |= 1 << term.pattern().as_u32();
            }
        }
    }
    found.count_ones() >= 2
}

/// True if a text holds a phrase in ASCII, case aside.
fn contains_ignoring_case(text: &str, phrase: &str) -> bool {
    let first = phrase.bytes().next().unwrap_or(b' ');
    let starts = text.bytes().enumerate().filter(|(_, b)| b.eq_ignore_ascii_case(&first));
    let stands = |at: usize| {
        let part = text.as_bytes().get(at..at + phrase.len());
        part.is_some_and(|part| part.eq_ignore_ascii_case(phrase.as_bytes()))
    };
    starts.map(|(at, _)| at).any(stands)
}

fn is_discussed(t: &Measured<'_>) -> bool {
    *t.page.page_furniture().discussed.get_or_init(|| speaks_of_filler(t.page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_a_reference_list_are_told_from_marks_in_text() {
        assert!(is_reference("[12] Oyelaran, A., Mills of the coast, 2004"));
        assert!(is_reference("^ Oyelaran, A., Mills of the coast"));
        assert!(!is_reference("[12]"));
        assert!(!is_reference("[4](https://example.com) is a link to elsewhere"));
        assert!(!is_reference("The mills [12] are one firm."));
        assert!(!is_reference("[list] of things to do"));
    }
}
