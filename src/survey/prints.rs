//! What a survey counts of one page.

use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

use super::Settings;
use super::minhash::Scratch;
use super::row::{Place, Row, Table, document_key};
use super::sketch::{Sketch, sketch};
use crate::document::{Block, BlockKind, Location, Page, Span};
use crate::segment;
use crate::text::print_of;

/// Sentences with fewer characters are not counted: short answers and set phrases stand in many
/// documents that have nothing else in common.
pub const SENTENCE_CHARACTERS: usize = 40;

/// The fingerprints of one page, ready to be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prints {
    pub(super) location: Location,
    pub(super) group: Option<Arc<str>>,
    /// Characters of the page.
    pub(super) characters: u32,
    pub(super) counted: Vec<Found>,
    pub(super) near: Vec<NearBlock>,
    pub(super) bands: Vec<u64>,
}

/// A fingerprint of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) table: Table,
    pub(super) print: u64,
    pub(super) copies: u32,
    /// True if it stands in the first, and in the last, fifth of the page.
    pub(super) head: bool,
    pub(super) tail: bool,
}

/// A band of a block's sketch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NearBlock {
    pub(super) band: u64,
    pub(super) print: u64,
    pub(super) bits: u64,
}

impl Prints {
    /// The fingerprints of a page that the settings ask for, of its blocks and sentences as rules
    /// will judge them.
    pub fn of(page: &Page, settings: &Settings) -> Self {
        let mut prints = Self::none(page.info.location.clone());
        prints.group = page.info.group().map(Arc::from);
        let text = page.text.as_str();
        let fifth = text.len() / 5;
        let mut windows = Windows::new(settings.window);
        let mut scratch = Scratch::default();
        for block in &page.blocks {
            let own = block.span.of(text);
            let print = print_of(own);
            let at = |span: Span| {
                (span.start < fifth.max(1), span.end > text.len().saturating_sub(fifth))
            };
            if let Some(print) = print {
                prints.count(Table::Block, print, at(block.span));
                if settings.near_blocks && is_prose(block.kind) {
                    prints.sketch(&mut scratch, own, print);
                }
            }
            if !settings.sentences && settings.window == 0 {
                continue;
            }
            for span in segment::sentences(text, block) {
                let sentence = span.of(text);
                if settings.sentences
                    && let Some(print) = sentence_print(sentence)
                {
                    prints.count(Table::Sentence, print, at(span));
                }
                if let Some(window) = windows.next(sentence, span) {
                    prints.count(Table::Window, window.print, at(window.span));
                }
            }
        }
        if settings.texts
            && let Some(print) = print_of(text)
        {
            prints.count(Table::Text, print, (true, true));
        }
        if let Some(minhash) = &settings.near_documents {
            prints.bands = minhash.bands(text, &mut scratch).to_vec();
            let characters = crate::text::count_bytes(text.as_bytes(), |b| b & 0xC0 != 0x80);
            prints.characters = u32::try_from(characters).unwrap_or(u32::MAX);
        }
        prints.join();
        prints
    }

    /// No fingerprints.
    pub(super) fn none(location: Location) -> Self {
        Self {
            location,
            group: None,
            characters: 0,
            counted: Vec::new(),
            near: Vec::new(),
            bands: Vec::new(),
        }
    }

    /// The same fingerprints as those of a document at another place.
    #[must_use]
    pub fn at(self, location: Location) -> Self {
        Self { location, ..self }
    }

    /// The same fingerprints as those of a document of a group.
    #[must_use]
    pub fn in_group(self, name: &str) -> Self {
        Self { group: Some(name.into()), ..self }
    }

    /// The rows that count it: at this place, with the key of its group or 0.
    pub(super) fn rows(&self, place: Place, group: u64) -> impl Iterator<Item = Row> + '_ {
        let counted = self.counted.iter().map(move |found| {
            let member = if found.table == Table::Block { group } else { 0 };
            Row {
                documents: 1,
                copies: found.copies,
                head: u32::from(found.head),
                tail: u32::from(found.tail),
                ..Row::new(found.table, found.print, member, place)
            }
        });
        let near = self
            .near
            .iter()
            .map(|near| Row::new(Table::Near, near.band, near.print, Place(near.bits)));
        let key = document_key(&self.location);
        let bands =
            self.bands.iter().map(move |band| Row::new(Table::Band, *band, key, Place::default()));
        let document = Row {
            documents: 1,
            copies: self.characters,
            ..Row::new(Table::Document, key, 0, place)
        };
        let document = (!self.bands.is_empty()).then_some(document);
        counted.chain(near).chain(bands).chain(document)
    }

    pub(super) fn count(&mut self, table: Table, print: u64, (head, tail): (bool, bool)) {
        self.counted.push(Found { table, print, copies: 1, head, tail });
    }

    fn sketch(&mut self, scratch: &mut Scratch, text: &str, print: u64) {
        let Some(Sketch { bands, bits }) = sketch(text, scratch) else { return };
        self.near.extend(bands.into_iter().map(|band| NearBlock { band, print, bits }));
    }

    /// Makes one of what is the same.
    pub(super) fn join(&mut self) {
        self.counted.sort_unstable_by_key(|found| (found.table, found.print));
        self.counted.dedup_by(|next, kept| {
            let same = (next.table, next.print) == (kept.table, kept.print);
            if same {
                kept.copies = kept.copies.saturating_add(next.copies);
                kept.head |= next.head;
                kept.tail |= next.tail;
            }
            same
        });
        self.near.sort_unstable_by_key(|near| (near.band, near.print, near.bits));
        self.near.dedup();
    }
}

/// What near copies are looked for in: tables, code and headings differ by little for good reasons.
pub(crate) fn is_prose(kind: BlockKind) -> bool {
    !matches!(kind, BlockKind::Table | BlockKind::Code | BlockKind::Heading)
}

/// The fingerprint under which a sentence is counted; `None` for one of fewer than
/// [`SENTENCE_CHARACTERS`] characters, or without letters and digits.
pub fn sentence_print(text: &str) -> Option<u64> {
    // A text has no more characters than bytes, and seldom needs to be counted to its end.
    text.char_indices().nth(SENTENCE_CHARACTERS - 1)?;
    print_of(text)
}

/// All windows of so many sentences of a page's blocks, in order.
pub(crate) fn windows<'b>(
    text: &str,
    blocks: impl Iterator<Item = &'b Block>,
    size: u8,
) -> Vec<Window> {
    let mut windows = Windows::new(size);
    let sentences = blocks.flat_map(|block| segment::sentences(text, block));
    sentences.filter_map(|span| windows.next(span.of(text), span)).collect()
}

/// Sentences in a row of a page, whatever blocks they stand in.
#[derive(Debug)]
struct Windows {
    size: usize,
    last: std::collections::VecDeque<(u64, Span)>,
}

/// Sentences in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) print: u64,
    pub(crate) span: Span,
}

impl Windows {
    /// Windows of so many sentences; none of 0.
    fn new(size: u8) -> Self {
        Self { size: usize::from(size), last: std::collections::VecDeque::new() }
    }

    /// The window that ends with the next sentence of the page. A sentence without letters and
    /// digits is none.
    fn next(&mut self, sentence: &str, span: Span) -> Option<Window> {
        if self.size == 0 {
            return None;
        }
        self.last.push_back((print_of(sentence)?, span));
        if self.last.len() < self.size {
            return None;
        }
        let start = self.last.front().map_or(span.start, |(_, first)| first.start);
        let mut hash = Xxh3::new();
        for (print, _) in &self.last {
            hash.update(&print.to_le_bytes());
        }
        self.last.pop_front();
        Some(Window { print: hash.digest(), span: Span::new(start, span.end) })
    }
}
