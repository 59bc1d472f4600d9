//! What is measured of each block by itself, and sums over runs of blocks.

use std::collections::HashMap;
use std::ops::{AddAssign, SubAssign};

use super::vocabulary::word_groups;
use crate::document::{Block, BlockKind};
use crate::signals::PageView;
use crate::text::lists;

/// Words from which on a block with few links is taken for prose.
pub(super) const PROSE_WORDS: f32 = 20.0;
/// Share of words in links up to which a block can be prose.
const PROSE_LINKS: f32 = 0.35;

/// A block's own numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Own {
    pub(super) words: f32,
    pub(super) characters: f32,
    pub(super) links: f32,
    pub(super) link_words: f32,
    pub(super) stop_words: f32,
    /// Full stops, question and exclamation marks before white space or the end.
    pub(super) stops: f32,
    pub(super) commas: f32,
    pub(super) digits: f32,
    /// Words that begin with an upper-case letter.
    pub(super) capitals: f32,
    pub(super) lines: f32,
    /// Signs of money.
    pub(super) money: f32,
    /// Marks of furniture: `|`, `·`, `»`, `©` and their like.
    pub(super) marks: f32,
    pub(super) ends_sentence: bool,
    pub(super) is_heading: bool,
    pub(super) level: u8,
    pub(super) kind: Option<BlockKind>,
    pub(super) is_hidden: bool,
    /// Blocks of this text on the page before it, and in all.
    pub(super) copies_before: f32,
    pub(super) copies: f32,
    /// Words that are in the title, and the title's that are in it.
    pub(super) title_words: f32,
    /// Groups of words in it.
    pub(super) groups: u32,
    /// Words of it that are in a group.
    pub(super) grouped: f32,
    /// Links that lead to another place of the same page.
    pub(super) anchors: f32,
}

impl Own {
    pub(super) fn link_share(&self) -> f32 {
        share(self.link_words, self.words)
    }

    pub(super) fn is_prose(&self) -> bool {
        self.words >= PROSE_WORDS && self.link_share() <= PROSE_LINKS && !self.is_hidden
    }
}

/// `part / whole`, 0 where there is nothing.
pub(super) fn share(part: f32, whole: f32) -> f32 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// The numbers of all blocks of a page.
pub(super) fn measure(page: &PageView<'_>) -> Vec<Own> {
    let title: Vec<u64> = {
        let mut hashes: Vec<u64> = page
            .title
            .map(|title| crate::text::words(title).iter().map(|word| word.hash).collect())
            .unwrap_or_default();
        hashes.sort_unstable();
        hashes.dedup();
        hashes
    };
    let stop_words = page.stop_words().or_else(|| lists::stop_words("en"));
    let mut seen: HashMap<u64, f32> = HashMap::new();
    let mut texts = Vec::with_capacity(page.blocks.len());
    let mut all: Vec<Own> = Vec::with_capacity(page.blocks.len());
    for (number, block) in page.blocks.iter().enumerate() {
        let mut own = of_text(page, block);
        let mut print = 0_u64;
        let mut link = block.links.iter().peekable();
        for word in page.words().get(page.block_word_range(number)).unwrap_or(&[]) {
            print = print.rotate_left(5).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ word.hash;
            own.words += 1.0;
            while link.next_if(|link| link.anchor.end <= word.start as usize).is_some() {}
            if link.peek().is_some_and(|link| link.anchor.start <= word.start as usize) {
                own.link_words += 1.0;
            }
            if stop_words.is_some_and(|list| list.contains(word.hash)) {
                own.stop_words += 1.0;
            }
            let groups = word_groups(word.hash);
            own.groups |= groups;
            own.grouped += f32::from(u8::from(groups != 0));
            own.title_words += f32::from(u8::from(title.binary_search(&word.hash).is_ok()));
            let first = page.text.as_bytes().get(word.start as usize).copied().unwrap_or(0);
            own.capitals += f32::from(u8::from(first.is_ascii_uppercase()));
        }
        own.title_words = share(own.title_words, own.words) * 0.5
            + 0.5 * (own.title_words / (title.len().max(1) as f32)).min(1.0);
        own.is_hidden = page.outline.get(block.element).is_some_and(|element| element.is_hidden);
        let before = seen.entry(print).or_default();
        own.copies_before = *before;
        *before += 1.0;
        texts.push(print);
        all.push(own);
    }
    for (own, print) in all.iter_mut().zip(texts) {
        own.copies = seen.get(&print).copied().unwrap_or(1.0);
    }
    all
}

fn of_text(page: &PageView<'_>, block: &Block) -> Own {
    let text = block.span.of(page.text);
    let mut own = Own {
        links: block.links.len() as f32,
        anchors: block.links.iter().filter(|link| link.target.starts_with('#')).count() as f32,
        is_heading: block.kind == BlockKind::Heading,
        level: block.level,
        kind: Some(block.kind),
        lines: 1.0,
        ..Own::default()
    };
    let mut before_space = false;
    for c in text.chars() {
        own.characters += 1.0;
        if before_space && c.is_whitespace() {
            own.stops += 1.0;
        }
        before_space = false;
        match c {
            '.' | '!' | '?' => before_space = true,
            '。' | '！' | '？' => own.stops += 1.0,
            ',' | '，' | '、' | ';' => own.commas += 1.0,
            '0'..='9' => own.digits += 1.0,
            '\n' => own.lines += 1.0,
            '$' | '€' | '£' | '¥' | '₹' => own.money += 1.0,
            '|' | '·' | '•' | '»' | '«' | '›' | '‹' | '©' | '→' | '←' | '×' | '★' => {
                own.marks += 1.0
            }
            _ => {}
        }
    }
    own.stops += f32::from(u8::from(before_space));
    let last = text.trim_end_matches(['"', '”', '’', '\'', ')', ']']).chars().next_back();
    own.ends_sentence = matches!(last, Some('.' | '!' | '?' | '。' | '！' | '？' | '…' | ':'));
    own
}

/// Sums of all blocks before each place.
pub(super) struct Sums {
    sums: Vec<Sum>,
}

/// What a run of blocks comes to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub(super) blocks: f32,
    pub(super) words: f32,
    pub(super) links: f32,
    pub(super) link_words: f32,
    pub(super) stop_words: f32,
    pub(super) stops: f32,
    pub(super) commas: f32,
    /// Words in prose, and blocks of it.
    pub(super) prose: f32,
    pub(super) prose_blocks: f32,
    pub(super) headings: f32,
    pub(super) money: f32,
    pub(super) hidden: f32,
}

macro_rules! by_field {
    ($trait:ident, $method:ident, $($field:ident)+) => {
        impl $trait for Sum {
            fn $method(&mut self, other: Sum) {
                $(self.$field.$method(other.$field);)+
            }
        }
    };
    ($trait:ident, $method:ident) => {
        by_field!($trait, $method, blocks words links link_words stop_words stops commas prose
            prose_blocks headings money hidden);
    };
}

by_field!(AddAssign, add_assign);
by_field!(SubAssign, sub_assign);

impl Sums {
    pub(super) fn new(blocks: &[Own]) -> Self {
        let mut sums = Vec::with_capacity(blocks.len() + 1);
        let mut sum = Sum::default();
        sums.push(sum);
        for own in blocks {
            let prose = f32::from(u8::from(own.is_prose()));
            let of = Sum {
                blocks: 1.0,
                words: own.words,
                links: own.links,
                link_words: own.link_words,
                stop_words: own.stop_words,
                stops: own.stops,
                commas: own.commas,
                prose: prose * own.words,
                prose_blocks: prose,
                headings: f32::from(u8::from(own.is_heading)),
                money: own.money,
                hidden: f32::from(u8::from(own.is_hidden)),
            };
            sum += of;
            sums.push(sum);
        }
        Self { sums }
    }

    /// The sum of blocks `from` up to `to`, both brought into the page.
    pub(super) fn of(&self, from: usize, to: usize) -> Sum {
        let at = |place: usize| self.sums.get(place.min(self.sums.len() - 1)).copied();
        let mut sum = at(to).unwrap_or_default();
        sum -= at(from.min(to)).unwrap_or_default();
        sum
    }

    pub(super) fn all(&self) -> Sum {
        self.sums.last().copied().unwrap_or_default()
    }
}
