//! What stands around a block: marks of page furniture, capitals and lengths, in its stretch of
//! the page, beside it and on the page as a whole.
//!
//! Page furniture is rarely told by one line: `Careers` is a menu entry between `About us` and
//! `Contact`, and a chapter of a novel elsewhere. An *item* is a line, or an item of a list.
//!
//! A *body* block is one that only a text has: a paragraph, quotation, list or block of unknown
//! kind with `BODY_WORDS` words or more to an item, on average, of whose items more than half
//! end with an end mark; or with `BODY_CHARACTERS` characters or more to an item, on average,
//! and no more than half of its cased words in capitals. A *stretch* is a maximal sequence of
//! blocks that are not body; a body block is a stretch of its own.
//!
//! An item bears a *mark* if it or a part of it between `|`, `·` and the like is an entry of one
//! of the lists `WHOLE` (menus, share bars, headings, calls, legal footers), if two to four of
//! its words in a row are an entry of one of the lists `INSIDE` (menus, headings, calls,
//! notices, legal footers; of all languages, as above), or if it has a copyright sign. Items
//! without words, or of more than `MARK_WORDS`, bear none.

use std::sync::LazyLock;

use super::words::{self, HashedMap};
use super::{
    BLOCK, Measured, PageView, SENTENCE_AND_BLOCK, Signal, Unit, characters, count, flag, parts,
    ratio,
};
use crate::document::{Block, BlockKind, Span};
use crate::text::lists::{self, PrintSet, WordSet};
use crate::text::{self, Word, count_bits};

/// Fewest words an item of a body block has, if it ends with an end mark.
const BODY_WORDS: usize = 8;
/// Fewest characters an item of a body block has, if it does not.
const BODY_CHARACTERS: usize = 140;
/// Most words of an item that can bear a mark.
const MARK_WORDS: usize = 14;
/// Words of the phrases that are looked for inside an item.
const PHRASE_WORDS: std::ops::RangeInclusive<usize> = 2..=4;
/// Blocks before and after that count as beside a block.
const BESIDE: usize = 2;

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[
    &Signal {
        name: "furniture_marks",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Items that bear a mark of page furniture",
        source: "ours",
        measure: |t| count(own(t)?.marks),
    },
    &Signal {
        name: "stretch_marks",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Items that bear a mark of page furniture in the stretch it stands in",
        source: "ours",
        measure: |t| count(stretch(t)?.marks),
    },
    &Signal {
        name: "stretch_mark_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Items that bear a mark of page furniture divided by items, in the stretch it stands in; undefined without items",
        source: "ours",
        measure: |t| ratio(stretch(t)?.marks, stretch(t)?.items),
    },
    &Signal {
        name: "stretch_items",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Lines and list items in the stretch it stands in",
        source: "ours",
        measure: |t| count(stretch(t)?.items),
    },
    &Signal {
        name: "stretch_characters",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Characters in the stretch it stands in",
        source: "ours",
        measure: |t| count(stretch(t)?.characters),
    },
    &Signal {
        name: "stretch_capital_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Words that start with an upper-case letter divided by words that start with a letter of either case, in the stretch it stands in; undefined without such words",
        source: "ours",
        measure: |t| stretch(t)?.capital_ratio(),
    },
    &Signal {
        name: "stretch_list_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Items of lists divided by items, in the stretch it stands in; undefined without items",
        source: "ours",
        measure: |t| ratio(stretch(t)?.listed, stretch(t)?.items),
    },
    &Signal {
        name: "capital_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Words that start with an upper-case letter divided by words that start with a letter of either case; undefined without such words",
        source: "ours",
        measure: |t| own(t)?.capital_ratio(),
    },
    &Signal {
        name: "capital_ratio_before",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "The capital ratio of the two blocks before it together; undefined without cased words there",
        source: "ours",
        measure: |t| before(t)?.capital_ratio(),
    },
    &Signal {
        name: "capital_ratio_after",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "The capital ratio of the two blocks after it together; undefined without cased words there",
        source: "ours",
        measure: |t| after(t)?.capital_ratio(),
    },
    &Signal {
        name: "item_characters_before",
        unit: Unit::Number,
        scopes: BLOCK,
        needs: &[],
        about: "Characters divided by items, of the two blocks before it together; 0 at the start of the page",
        source: "ours",
        measure: |t| Some(before(t)?.mean_item()),
    },
    &Signal {
        name: "item_characters_after",
        unit: Unit::Number,
        scopes: BLOCK,
        needs: &[],
        about: "Characters divided by items, of the two blocks after it together; 0 at the end of the page",
        source: "ours",
        measure: |t| Some(after(t)?.mean_item()),
    },
    &Signal {
        name: "page_marks",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Items of the page that bear a mark of page furniture",
        source: "ours",
        measure: |t| count(t.page.page_surroundings().whole().marks),
    },
    &Signal {
        name: "page_mark_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Items of the page that bear a mark of page furniture divided by its items; undefined without items",
        source: "ours",
        measure: |t| {
            let whole = t.page.page_surroundings().whole();
            ratio(whole.marks, whole.items)
        },
    },
    &Signal {
        name: "page_items",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Lines and list items of the page",
        source: "ours",
        measure: |t| count(t.page.page_surroundings().whole().items),
    },
    &Signal {
        name: "is_body",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 for a body block, else 0",
        source: "ours",
        measure: |t| flag(own(t)?.body > 0),
    },
    &Signal {
        name: "page_body_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Characters of the page's body blocks divided by those of all its blocks; undefined if all are empty",
        source: "ours",
        measure: |t| {
            let whole = t.page.page_surroundings().whole();
            ratio(whole.body, whole.characters)
        },
    },
    &Signal {
        name: "page_body_characters",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Characters of the page's body blocks",
        source: "ours",
        measure: |t| count(t.page.page_surroundings().whole().body),
    },
    &Signal {
        name: "body_before",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Characters of the body blocks before it",
        source: "after BTE (Finn, Kushmerick and Smyth 2001): the text of a page is one stretch in its middle",
        measure: |t| count(t.page.page_surroundings().sums.get(t.block?)?.body),
    },
    &Signal {
        name: "body_after",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Characters of the body blocks after it",
        source: "after BTE (Finn, Kushmerick and Smyth 2001): the text of a page is one stretch in its middle",
        measure: |t| {
            let page = t.page.page_surroundings();
            count(page.whole().body.saturating_sub(page.sums.get(t.block? + 1)?.body))
        },
    },
    &Signal {
        name: "marks_before",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Items before it that bear a mark of page furniture",
        source: "ours",
        measure: |t| count(t.page.page_surroundings().sums.get(t.block?)?.marks),
    },
    &Signal {
        name: "marks_after",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Items after it that bear a mark of page furniture",
        source: "ours",
        measure: |t| {
            let page = t.page.page_surroundings();
            count(page.whole().marks.saturating_sub(page.sums.get(t.block? + 1)?.marks))
        },
    },
    &Signal {
        name: "mark_ratio_before",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Items before it that bear a mark of page furniture divided by the items before it; undefined for the first block",
        source: "ours",
        measure: |t| {
            let before = t.page.page_surroundings().sums.get(t.block?)?;
            ratio(before.marks, before.items)
        },
    },
    &Signal {
        name: "mark_ratio_after",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Items after it that bear a mark of page furniture divided by the items after it; undefined for the last block",
        source: "ours",
        measure: |t| {
            let number = t.block? + 1;
            let after = t.page.page_surroundings().over(number, t.page.blocks.len())?;
            ratio(after.marks, after.items)
        },
    },
    &Signal {
        name: "quote_lead_before",
        unit: Unit::Count,
        scopes: SENTENCE_AND_BLOCK,
        needs: &[],
        about: "1 if the last line of the block before it (before the block it lies in), of at most 20 words, has an entry of the list quote-leads of one to three words and ends with a colon, or is wholly such an entry, else 0",
        source: "ours",
        measure: |t| flag(follows_lead(t).unwrap_or(false)),
    },
];

/// Most words of the line above a quotation.
const LEAD_WORDS: usize = 20;
/// Words of the entries of quote-leads that are looked for inside such a line.
const LEAD_ENTRY_WORDS: std::ops::RangeInclusive<usize> = 1..=3;

/// What is counted of a block, or of several in a row.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    items: usize,
    /// Items of lists.
    listed: usize,
    marks: usize,
    characters: usize,
    /// Characters of body blocks.
    body: usize,
    /// Words that start with a letter of either case.
    cased: usize,
    /// Words that start with an upper-case letter.
    capitals: usize,
}

impl Sums {
    fn plus(self, other: &Self) -> Self {
        self.with(other, usize::saturating_add)
    }

    fn minus(self, other: &Self) -> Self {
        self.with(other, usize::saturating_sub)
    }

    fn with(self, other: &Self, of: impl Fn(usize, usize) -> usize) -> Self {
        Self {
            items: of(self.items, other.items),
            listed: of(self.listed, other.listed),
            marks: of(self.marks, other.marks),
            characters: of(self.characters, other.characters),
            body: of(self.body, other.body),
            cased: of(self.cased, other.cased),
            capitals: of(self.capitals, other.capitals),
        }
    }

    fn capital_ratio(&self) -> Option<f64> {
        ratio(self.capitals, self.cased)
    }

    fn mean_item(&self) -> f64 {
        ratio(self.characters, self.items).unwrap_or(0.0)
    }
}

/// What is measured of a page as a whole for this family.
pub(crate) struct PageSurroundings {
    /// For each block the sums over the blocks before it; one more at the end for all.
    sums: Vec<Sums>,
    /// For each block its stretch: first block, and one past the last.
    stretches: Vec<(u32, u32)>,
    /// For each block whether its last line is one that stands above a quoted post.
    leads: Vec<bool>,
}

impl PageSurroundings {
    fn new(page: &PageView<'_>) -> Self {
        let mut sums = Vec::with_capacity(page.blocks.len() + 1);
        let mut stretches: Vec<(u32, u32)> = Vec::with_capacity(page.blocks.len());
        let mut at = Sums::default();
        let mut open = 0;
        sums.push(at);
        for (number, block) in page.blocks.iter().enumerate() {
            let own = sums_of(page, number, block);
            at = at.plus(&own);
            sums.push(at);
            let next = number + 1;
            if own.body > 0 {
                close(&mut stretches, open, number);
                open = next;
                stretches.push((number as u32, next as u32));
            } else {
                stretches.push((open as u32, next as u32));
            }
        }
        close(&mut stretches, open, page.blocks.len());
        // Each sentence asks for the line above its block: it is read here once.
        let leads = page.blocks.iter().map(|block| leads_quote(page, block.span)).collect();
        Self { sums, stretches, leads }
    }

    fn whole(&self) -> Sums {
        self.sums.last().copied().unwrap_or_default()
    }

    /// The sums over blocks `from` up to, not with, `to`.
    fn over(&self, from: usize, to: usize) -> Option<Sums> {
        Some(self.sums.get(to)?.minus(self.sums.get(from)?))
    }
}

/// Says where the stretch that began at block `from` ended.
fn close(stretches: &mut [(u32, u32)], from: usize, to: usize) {
    for stretch in stretches.get_mut(from..to).unwrap_or_default() {
        stretch.1 = to as u32;
    }
}

impl PageView<'_> {
    /// The page's surroundings, measured once.
    fn page_surroundings(&self) -> &PageSurroundings {
        self.surroundings.get_or_init(|| PageSurroundings::new(self))
    }

    /// Items of the page that bear a mark.
    pub(super) fn page_marks(&self) -> usize {
        self.page_surroundings().whole().marks
    }

    /// Characters of the page's body blocks.
    pub(super) fn page_body(&self) -> usize {
        self.page_surroundings().whole().body
    }
}

fn own(t: &Measured<'_>) -> Option<Sums> {
    let number = t.block?;
    t.page.page_surroundings().over(number, number + 1)
}

fn stretch(t: &Measured<'_>) -> Option<Sums> {
    let page = t.page.page_surroundings();
    let (from, to) = *page.stretches.get(t.block?)?;
    page.over(from as usize, to as usize)
}

fn before(t: &Measured<'_>) -> Option<Sums> {
    let number = t.block?;
    t.page.page_surroundings().over(number.saturating_sub(BESIDE), number)
}

fn after(t: &Measured<'_>) -> Option<Sums> {
    let number = t.block? + 1;
    t.page.page_surroundings().over(number, (number + BESIDE).min(t.page.blocks.len()))
}

/// True if the block before the one it is, or lies in, ends with a line above a quoted post.
fn follows_lead(t: &Measured<'_>) -> Option<bool> {
    t.page.page_surroundings().leads.get(t.block?.checked_sub(1)?).copied()
}

fn sums_of(page: &PageView<'_>, number: usize, block: &Block) -> Sums {
    let mut sums = Sums { characters: page.visible_characters(block.span), ..Sums::default() };
    let marks = page.word_marks().get(page.block_word_range(number)).unwrap_or(&[]);
    sums.capitals = count_bits(marks, words::UPPER, words::UPPER);
    sums.cased = marks.len() - count_bits(marks, words::UPPER | words::LOWER, 0);
    let items = page.items_of(number);
    sums.items = items.len();
    let (mut words, mut ended) = (0, 0);
    for item in items {
        let own = page.words().get(page.word_range_in(number, *item)).unwrap_or(&[]);
        words += own.len();
        ended += usize::from(characters::ends_with_mark(item.of(page.text)));
        sums.marks += usize::from(bears_mark(page, number, item.of(page.text), own));
    }
    if block.kind == BlockKind::List {
        sums.listed = items.len();
    }
    let may = matches!(
        block.kind,
        BlockKind::Paragraph | BlockKind::Quote | BlockKind::List | BlockKind::Other
    );
    let long = sums.characters >= BODY_CHARACTERS * items.len() && sums.capitals * 2 <= sums.cased;
    if may && (long || ended * 2 > items.len() && words >= BODY_WORDS * items.len()) {
        sums.body = sums.characters;
    }
    sums
}

/// Lists of which a mark is a whole entry.
const WHOLE: [&str; 11] = [
    "menu-words",
    "menu-topics",
    "share-words",
    "related-headings",
    "toc-headings",
    "sign-in-calls",
    "subscribe-calls",
    "explore-calls",
    "comment-form-labels",
    "legal-footers",
    "share-calls",
];
/// Lists whose entries are marks inside an item too.
const INSIDE: [&str; 11] = [
    "menu-words",
    "related-headings",
    "sign-in-calls",
    "subscribe-calls",
    "explore-calls",
    "comment-form-labels",
    "comment-calls",
    "legal-footers",
    "share-calls",
    "buy-calls",
    "cookie-notices",
];

static ENTRIES: LazyLock<PrintSet> =
    LazyLock::new(|| PrintSet::new(WHOLE.into_iter().flat_map(lists::entries_of)));
static PHRASES: LazyLock<HashedMap<()>> = LazyLock::new(|| {
    let phrase = |entry: &str| {
        let words = text::words(entry);
        PHRASE_WORDS.contains(&words.len()).then(|| (joined(&words), ()))
    };
    INSIDE.into_iter().flat_map(lists::entries_of).filter_map(phrase).collect()
});

/// The first words of these phrases.
static FIRST_WORDS: LazyLock<WordSet> = LazyLock::new(|| {
    let first = |entry: &'static str| {
        let words = text::words(entry);
        let first = words.first().filter(|_| PHRASE_WORDS.contains(&words.len()))?;
        Some(first.span().of(entry))
    };
    WordSet::new(INSIDE.into_iter().flat_map(lists::entries_of).filter_map(first))
});

static LEADS: LazyLock<HashedMap<()>> = LazyLock::new(|| {
    lists::entries_of("quote-leads").map(|entry| (joined(&text::words(entry)), ())).collect()
});

/// True if the last line of a block is one that stands above a quoted post.
fn leads_quote(page: &PageView<'_>, block: Span) -> bool {
    let Some(line) = parts::last_line(page.text, block) else { return false };
    let words = page.words_in(line);
    if words.is_empty() || words.len() > LEAD_WORDS {
        return false;
    }
    if LEADS.contains_key(&joined(words)) {
        return true;
    }
    let named = |length| words.windows(length).any(|row| LEADS.contains_key(&joined(row)));
    line.of(page.text).ends_with([':', '：']) && LEAD_ENTRY_WORDS.into_iter().any(named)
}

/// One hash of words in a row.
fn joined(words: &[Word]) -> u64 {
    words.iter().fold(0, |sum: u64, word| {
        (sum.rotate_left(5) ^ word.hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    })
}

/// Characters between the entries of a menu on one line.
const DIVIDERS: [char; 7] = ['|', '·', '•', '›', '»', '>', '/'];

fn has_divider(item: &str) -> bool {
    memchr::memchr3(b'|', b'>', b'/', item.as_bytes()).is_some()
        || !item.is_ascii() && item.contains(DIVIDERS)
}

fn bears_mark(page: &PageView<'_>, block: usize, item: &str, words: &[Word]) -> bool {
    if words.is_empty() || words.len() > MARK_WORDS {
        return false;
    }
    let item = parts::unmarked(item);
    let is_entry =
        |part: &str| ENTRIES.may_have(part) && ENTRIES.contains(page.print_in(block, part));
    item.contains('©')
        || is_entry(item)
        || has_divider(item) && item.split(DIVIDERS).any(is_entry)
        || has_phrase(words)
}

fn has_phrase(words: &[Word]) -> bool {
    let longest = *PHRASE_WORDS.end();
    let first: &WordSet = &FIRST_WORDS;
    words.iter().enumerate().filter(|(_, word)| first.contains(word.hash)).any(|(at, _)| {
        let mut rows =
            (*PHRASE_WORDS.start()..=longest).filter_map(|length| words.get(at..at + length));
        rows.any(|row| PHRASES.contains_key(&joined(row)))
    })
}

#[cfg(test)]
mod tests;
