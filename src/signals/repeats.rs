//! Copies within a document: of blocks, sentences, lines and runs of words.
//!
//! A block's copies are known by [`fingerprint`](crate::text::fingerprint()): blocks that differ only in
//! case, digits,
//! marks and white space are the same. Blocks without letters and digits have no copies.

use std::cell::OnceCell;
use std::collections::hash_map::Entry;

use super::ngrams::{self, Ngrams};
use super::similar::{Near, Shingled};
use super::words::{HashedMap, LETTER};
use super::{
    BLOCK, DOCUMENT, Measured, PageView, SENTENCE_AND_BLOCK, Signal, Unit, count, parts, ratio,
    terms,
};
use crate::document::{BlockKind, Scope, Span};
use crate::text::fingerprint::ends_of;
use crate::text::words::word_hash;
use crate::text::{self, Word, fingerprint, print_of};

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[
    &Signal {
        name: "block_earlier_copies",
        unit: Unit::Count,
        scopes: SENTENCE_AND_BLOCK,
        needs: &[],
        about: "Blocks before it, or before the block it lies in, with the same fingerprint; undefined for a block without letters and digits",
        source: "ours",
        measure: |t| copies(t, |copies, n| copies.earlier(n)),
    },
    &Signal {
        name: "block_copies",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Blocks of the document with the same fingerprint, itself included; undefined for a block without letters and digits",
        source: "ours",
        measure: |t| copies(t, |copies, n| copies.all(n)),
    },
    &Signal {
        name: "block_is_last_copy",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 if no later block of the document has the same fingerprint, else 0; undefined for a block without letters and digits",
        source: "ours",
        measure: |t| copies(t, |copies, n| u32::from(copies.earlier(n) + 1 == copies.all(n))),
    },
    &Signal {
        name: "doubled_line",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 if the block just before it has the same fingerprint, else 0; undefined for a block without letters and digits",
        source: "after monocleaner, immediate repeats",
        measure: |t| copies(t, |copies, n| u32::from(copies.doubled(n))),
    },
    &Signal {
        name: "sentence_earlier_copies",
        unit: Unit::Count,
        scopes: &[Scope::Sentence],
        needs: &[],
        about: "Sentences, list items and lines of fields before it in the document with the same fingerprint; undefined for one without letters and digits",
        source: "after C4, three-sentence spans",
        measure: sentence_copies,
    },
    &Signal {
        name: "copied_run_characters",
        unit: Unit::Count,
        scopes: &[Scope::Sentence],
        needs: &[],
        about: "Characters of the run of neighbouring sentences of its block that it stands in, all of which have stood in the document before; 0 for a sentence that has not",
        source: "after C4, three-sentence spans",
        measure: copied_run,
    },
    &Signal {
        name: "near_copy_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "The largest resemblance with one earlier block, shared runs of three words divided by all runs of both (each distinct one once); never too large, and too small only where more than four earlier blocks compete; undefined for a block of fewer than eight words",
        source: "Broder 1997, resemblance",
        measure: |t| near(t).map(|near| near.resemblance),
    },
    &Signal {
        name: "near_copy_contained_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "The largest share of its distinct runs of three words that one earlier block holds; undefined for a block of fewer than eight words",
        source: "Broder 1997, containment",
        measure: |t| near(t).map(|near| near.contained),
    },
    &Signal {
        name: "duplicate_line_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "Lines that stood before (case aside), blank ones not counted, divided by lines; undefined without lines",
        source: "Gopher, Rae et al. 2021, table A1; copies after the first, as datatrove counts",
        measure: |t| duplicate_lines(t).lines(),
    },
    &Signal {
        name: "duplicate_line_character_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "Characters of lines that stood before (case aside) divided by characters of lines; undefined without lines",
        source: "Gopher, Rae et al. 2021, table A1; copies after the first, as datatrove counts",
        measure: |t| duplicate_lines(t).characters(),
    },
    &Signal {
        name: "duplicate_block_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "Blocks with the fingerprint of an earlier one divided by blocks with letters or digits; undefined without those",
        source: "Gopher, Rae et al. 2021, table A1, paragraphs",
        measure: |t| {
            let copies = t.page.copies();
            ratio(copies.known().filter(|n| copies.earlier(*n) > 0).count(), copies.known().count())
        },
    },
    &Signal {
        name: "top_bigram_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "Characters in the copies (not overlapping) of the most frequent run of two words divided by characters of words; 0 if none occurs twice, undefined without words",
        source: "Gopher, Rae et al. 2021, table A1",
        measure: |t| runs(t).map(|runs| runs.top[0]),
    },
    &Signal {
        name: "top_trigram_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "As `top_bigram_ratio`, for runs of three words",
        source: "Gopher, Rae et al. 2021, table A1",
        measure: |t| runs(t).map(|runs| runs.top[1]),
    },
    &Signal {
        name: "top_4gram_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "As `top_bigram_ratio`, for runs of four words",
        source: "Gopher, Rae et al. 2021, table A1",
        measure: |t| runs(t).map(|runs| runs.top[2]),
    },
    &Signal {
        name: "duplicate_5gram_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "Characters of words covered by runs of five words that stood before, each once, divided by characters of words; undefined without words",
        source: "Gopher, Rae et al. 2021, table A1; later copies, as NeMo Curator counts",
        measure: |t| runs(t).map(|runs| runs.duplicate[0]),
    },
    &Signal {
        name: "duplicate_6gram_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "As `duplicate_5gram_ratio`, for runs of six words",
        source: "Gopher, Rae et al. 2021, table A1",
        measure: |t| runs(t).map(|runs| runs.duplicate[1]),
    },
    &Signal {
        name: "duplicate_7gram_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "As `duplicate_5gram_ratio`, for runs of seven words",
        source: "Gopher, Rae et al. 2021, table A1",
        measure: |t| runs(t).map(|runs| runs.duplicate[2]),
    },
    &Signal {
        name: "duplicate_8gram_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "As `duplicate_5gram_ratio`, for runs of eight words",
        source: "Gopher, Rae et al. 2021, table A1",
        measure: |t| runs(t).map(|runs| runs.duplicate[3]),
    },
    &Signal {
        name: "duplicate_9gram_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "As `duplicate_5gram_ratio`, for runs of nine words",
        source: "Gopher, Rae et al. 2021, table A1",
        measure: |t| runs(t).map(|runs| runs.duplicate[4]),
    },
    &Signal {
        name: "duplicate_10gram_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "As `duplicate_5gram_ratio`, for runs of ten words",
        source: "Gopher, Rae et al. 2021, table A1",
        measure: |t| runs(t).map(|runs| runs.duplicate[5]),
    },
    &Signal {
        name: "repeated_phrase_count",
        unit: Unit::Count,
        scopes: DOCUMENT,
        needs: &[],
        about: "How often (not overlapping) the most repeated run of three to eight words with at least two content words occurs, the longest among equals; 0 if none occurs twice, undefined without words",
        source: "ours",
        measure: |t| runs(t).and_then(|runs| count(runs.phrase_count)),
    },
    &Signal {
        name: "repeated_phrase_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "Words in the occurrences that `repeated_phrase_count` counts divided by words; undefined without words",
        source: "ours",
        measure: |t| {
            let runs = runs(t)?;
            ratio(runs.phrase_count * runs.phrase_words, t.words().len())
        },
    },
    &Signal {
        name: "stuffed_word_ratio",
        unit: Unit::Ratio,
        scopes: SENTENCE_AND_BLOCK,
        needs: &[],
        about: "Words in the occurrences (not overlapping) of the run of two to four words, at least half of them content words, that covers most words, divided by words; 0 if none occurs four times, undefined without words",
        source: "ours",
        measure: |t| {
            let page = t.page;
            let words = page.words_in(t.span);
            let is_content = |word: &Word| terms::is_content(page.text, word, page.stop_words());
            ratio(ngrams::most_covering(words, is_content), words.len())
        },
    },
];

/// What is measured of a page as a whole for this family, each part when it is first asked for.
#[derive(Default)]
pub(crate) struct PageRepeats {
    copies: OnceCell<Copies>,
    block_sentences: OnceCell<BlockSentences>,
    shingled: OnceCell<Shingled>,
    near: OnceCell<Vec<Option<Near>>>,
    sentences: OnceCell<Sentences>,
    /// Runs of sentences that have all stood before: place and characters, in order.
    copied_runs: OnceCell<Vec<(Span, usize)>>,
    runs: OnceCell<Option<Ngrams>>,
    most_repeated: OnceCell<usize>,
    lines: OnceCell<DuplicateLines>,
}

/// The sentences of paragraphs and quotations.
struct BlockSentences {
    spans: Vec<Span>,
    /// For each block where its sentences begin and end.
    ends: Vec<(u32, u32)>,
}

/// Texts of a page, told from one another by their fingerprints.
///
/// Fingerprints are made only of texts whose ends are alike: of most there is no other.
#[derive(Default)]
struct Alike {
    /// For each hash of ends the first text that has it, and whether it stands in `prints`.
    ends: HashedMap<(u32, bool)>,
    /// For each fingerprint the first text that has it, and how many do.
    prints: HashedMap<(u32, u32)>,
}

/// What is known of a text among others.
#[derive(Clone, Copy)]
struct Copy {
    /// The number of the first with the same fingerprint.
    first: u32,
    /// How many before it have the same.
    earlier: u32,
}

impl Alike {
    /// Takes in text `number`, and tells of it; `None` for one without letters and digits. The
    /// texts of numbers taken in before can be asked for.
    fn add<'t>(
        &mut self,
        number: u32,
        text: &'t str,
        text_of: impl Fn(u32) -> &'t str,
    ) -> Option<Copy> {
        let ends = ends_of(text)?;
        let (first, printed) = match self.ends.entry(ends) {
            Entry::Vacant(free) => {
                free.insert((number, false));
                return Some(Copy { first: number, earlier: 0 });
            }
            Entry::Occupied(known) => known.into_mut(),
        };
        if !*printed {
            self.prints.insert(fingerprint(text_of(*first)), (*first, 1));
            *printed = true;
        }
        let (first, count) = self.prints.entry(fingerprint(text)).or_insert((number, 0));
        *count += 1;
        Some(Copy { first: *first, earlier: *count - 1 })
    }
}

/// Which blocks are copies of one another.
struct Copies {
    blocks: Vec<Option<Copy>>,
    /// For each block that is the first of its fingerprint how many have it.
    all: Vec<u32>,
    /// The fingerprints asked for.
    prints: Vec<OnceCell<u64>>,
}

impl Copies {
    fn new(page: &PageView<'_>) -> Self {
        let mut alike = Alike::default();
        let text_of = |block: u32| {
            let block = page.blocks.get(block as usize);
            block.map_or("", |block| block.span.of(page.text))
        };
        let numbers = 0..page.blocks.len() as u32;
        let blocks: Vec<Option<Copy>> =
            numbers.map(|number| alike.add(number, text_of(number), text_of)).collect();
        let mut all = vec![0; blocks.len()];
        for copy in blocks.iter().flatten() {
            if let Some(all) = all.get_mut(copy.first as usize) {
                *all += 1;
            }
        }
        Self { prints: vec![OnceCell::new(); blocks.len()], blocks, all }
    }

    fn block(&self, n: usize) -> Option<Copy> {
        self.blocks.get(n).copied().flatten()
    }

    /// The blocks that have a fingerprint.
    fn known(&self) -> impl Iterator<Item = usize> {
        (0..self.blocks.len()).filter(|n| self.block(*n).is_some())
    }

    fn earlier(&self, n: usize) -> u32 {
        self.block(n).map_or(0, |copy| copy.earlier)
    }

    fn all(&self, n: usize) -> u32 {
        self.block(n).and_then(|copy| self.all.get(copy.first as usize).copied()).unwrap_or(0)
    }

    fn doubled(&self, n: usize) -> bool {
        let before = n.checked_sub(1).and_then(|before| self.block(before));
        before.is_some_and(|copy| self.block(n).is_some_and(|own| own.first == copy.first))
    }
}

impl PageView<'_> {
    fn page_repeats(&self) -> &PageRepeats {
        self.repeats.get_or_init(PageRepeats::default)
    }

    fn sentences(&self) -> &Sentences {
        self.page_repeats().sentences.get_or_init(|| Sentences::new(self))
    }

    /// The fingerprint of a block, made once.
    pub(super) fn block_print(&self, block: usize) -> u64 {
        let print = || self.blocks.get(block).map_or("", |block| block.span.of(self.text));
        match self.copies().prints.get(block) {
            Some(known) => *known.get_or_init(|| fingerprint(print())),
            None => fingerprint(print()),
        }
    }

    /// The sentences of a block that is a paragraph or a quotation, cut once for all who ask; none
    /// for another.
    pub fn block_sentences(&self, block: usize) -> &[Span] {
        let sentences = self.page_repeats().block_sentences.get_or_init(|| {
            let mut spans = Vec::with_capacity(self.blocks.len());
            let mut ends = Vec::with_capacity(self.blocks.len());
            for block in self.blocks.iter() {
                let from = spans.len() as u32;
                if matches!(block.kind, BlockKind::Paragraph | BlockKind::Quote) {
                    text::sentences::each_sentence(self.text, block.span, |span| spans.push(span));
                }
                ends.push((from, spans.len() as u32));
            }
            BlockSentences { spans, ends }
        });
        let BlockSentences { spans, ends } = sentences;
        let (from, to) = ends.get(block).copied().unwrap_or_default();
        spans.get(from as usize..to as usize).unwrap_or(&[])
    }

    /// The fingerprint of a part of a block; that of the whole block is known.
    pub(super) fn print_in(&self, block: usize, part: &str) -> u64 {
        match self.blocks.get(block) {
            Some(own) if own.span.len() == part.len() => self.block_print(block),
            _ => fingerprint(part),
        }
    }

    fn copies(&self) -> &Copies {
        self.page_repeats().copies.get_or_init(|| Copies::new(self))
    }

    /// True if a block has the fingerprint of an earlier one.
    pub(super) fn has_copied_blocks(&self) -> bool {
        self.copies().blocks.iter().flatten().any(|copy| copy.earlier > 0)
    }

    fn copied_runs(&self) -> &[(Span, usize)] {
        self.page_repeats().copied_runs.get_or_init(|| copied_runs(self))
    }

    /// True if a sentence, item or line of fields has the fingerprint of an earlier one.
    pub(super) fn has_copied_sentences(&self) -> bool {
        let mut copies = self.sentences().by_place.iter().filter_map(|known| known.copy);
        copies.any(|copy| copy.earlier > 0)
    }

    fn shingled(&self) -> &Shingled {
        self.page_repeats().shingled.get_or_init(|| Shingled::new(self))
    }

    /// The `near_copy_ratio` of no block of so many words is above this.
    pub(super) fn most_near(&self, words: usize) -> f64 {
        self.shingled().most(words)
    }

    /// No phrase is repeated more often than that, as `repeated_phrase_count` counts.
    pub(super) fn most_repeated(&self) -> usize {
        let most = || {
            let (stop, (words, shapes)) = (self.stop_words(), self.shaped_words());
            ngrams::most_repeated(words, |place, word| {
                shapes.get(place).is_some_and(|shape| shape & LETTER != 0)
                    && stop.is_none_or(|stop| !stop.contains(word.hash))
            })
        };
        *self.page_repeats().most_repeated.get_or_init(most)
    }

    /// No phrase has a larger share of the words, as `repeated_phrase_ratio` counts.
    pub(super) fn most_repeated_share(&self) -> f64 {
        let most = self.most_repeated().saturating_mul(ngrams::LONGEST_PHRASE);
        most as f64 / self.words().len().max(1) as f64
    }
}

fn copies(t: &Measured<'_>, measure: impl Fn(&Copies, usize) -> u32) -> Option<f64> {
    let copies = t.page.copies();
    let number = t.block?;
    copies.block(number)?;
    Some(f64::from(measure(copies, number)))
}

fn near<'a>(t: &Measured<'a>) -> Option<&'a Near> {
    let near = t.page.page_repeats().near.get_or_init(|| t.page.shingled().near_copies());
    near.get(t.block?)?.as_ref()
}

fn sentence_copies(t: &Measured<'_>) -> Option<f64> {
    let sentences = t.page.sentences();
    let place = sentences.by_place.binary_search_by_key(&t.span, |known| known.span).ok();
    if let Some(known) = place.and_then(|place| sentences.by_place.get(place)) {
        return count(known.copy?.earlier as usize);
    }
    if !sentences.alike.ends.contains_key(&ends_of(t.text())?) {
        return count(0);
    }
    let own = print_of(t.text())?;
    let ends = sentences.by_print(t.page);
    let before = ends.partition_point(|known| *known <= (own, t.span.start));
    count(before - ends.partition_point(|(print, _)| *print < own))
}

/// A sentence, item or field line of a page.
struct Sentence {
    span: Span,
    copy: Option<Copy>,
}

/// All sentences, items and field lines of a page.
struct Sentences {
    /// In order; they do not overlap.
    by_place: Vec<Sentence>,
    alike: Alike,
    /// Fingerprints with the end of each, sorted.
    by_print: OnceCell<Vec<(u64, usize)>>,
}

impl Sentences {
    fn new(page: &PageView<'_>) -> Self {
        let mut by_place: Vec<Sentence> = Vec::with_capacity(page.blocks.len());
        let mut alike = Alike::default();
        let mut add = |span: &Span| {
            let text_of = |number: u32| {
                by_place.get(number as usize).map_or("", |known| known.span.of(page.text))
            };
            let copy = alike.add(by_place.len() as u32, span.of(page.text), text_of);
            by_place.push(Sentence { span: *span, copy });
        };
        for (number, block) in page.blocks.iter().enumerate() {
            match block.kind {
                BlockKind::Paragraph | BlockKind::Quote => {
                    page.block_sentences(number).iter().for_each(&mut add);
                }
                BlockKind::List | BlockKind::Fields => {
                    page.items_of(number).iter().for_each(&mut add);
                }
                _ => {}
            }
        }
        Self { by_place, alike, by_print: OnceCell::new() }
    }

    fn by_print(&self, page: &PageView<'_>) -> &[(u64, usize)] {
        self.by_print.get_or_init(|| {
            let of = |known: &Sentence| Some((print_of(known.span.of(page.text))?, known.span.end));
            let mut found: Vec<(u64, usize)> = self.by_place.iter().filter_map(of).collect();
            found.sort_unstable();
            found
        })
    }
}

fn copied_run(t: &Measured<'_>) -> Option<f64> {
    let runs = t.page.copied_runs();
    let next = runs.partition_point(|(run, _)| run.end < t.span.end);
    let run = runs.get(next).filter(|(run, _)| run.start <= t.span.start);
    count(run.map_or(0, |(_, characters)| *characters))
}

/// The runs of neighbouring sentences of a paragraph or quotation that have all stood before.
fn copied_runs(page: &PageView<'_>) -> Vec<(Span, usize)> {
    let mut runs: Vec<(Span, usize)> = Vec::new();
    let mut alike = Alike::default();
    let mut seen: Vec<Span> = Vec::new();
    for (number, block) in page.blocks.iter().enumerate() {
        let of_list;
        let sentences = match block.kind {
            BlockKind::Paragraph | BlockKind::Quote => page.block_sentences(number),
            BlockKind::List => {
                of_list = sentences_of(page.text, block.span);
                &of_list
            }
            _ => continue,
        };
        let mut open = false;
        for span in sentences {
            let text_of = |number: u32| seen.get(number as usize).map_or("", |s| s.of(page.text));
            let copy = alike.add(seen.len() as u32, span.of(page.text), text_of);
            seen.push(*span);
            let again = copy.is_some_and(|copy| copy.earlier > 0);
            if again {
                let characters = span.of(page.text).chars().count();
                match runs.last_mut() {
                    Some((run, sum)) if open => {
                        run.end = span.end;
                        *sum += characters;
                    }
                    _ => runs.push((*span, characters)),
                }
            }
            open = again;
        }
    }
    runs
}

/// The sentences inside a span, as places in the page's text.
pub(super) fn sentences_of(page: &str, span: Span) -> Vec<Span> {
    let mut found = Vec::new();
    text::sentences::each_sentence(page, span, |sentence| found.push(sentence));
    found
}

fn runs<'a>(t: &Measured<'a>) -> Option<&'a Ngrams> {
    let page = t.page;
    let is_content = |word: &Word| terms::is_content(page.text, word, page.stop_words());
    let runs = &page.page_repeats().runs;
    runs.get_or_init(|| ngrams::ngrams(page.words(), page.text, is_content)).as_ref()
}

/// Lines, and how much of them stood before.
#[derive(Default)]
struct DuplicateLines {
    lines: [usize; 2],
    characters: [usize; 2],
}

impl DuplicateLines {
    fn lines(&self) -> Option<f64> {
        ratio(self.lines[0], self.lines[1])
    }

    fn characters(&self) -> Option<f64> {
        ratio(self.characters[0], self.characters[1])
    }
}

fn duplicate_lines<'a>(t: &Measured<'a>) -> &'a DuplicateLines {
    let page = t.page;
    page.page_repeats().lines.get_or_init(|| {
        let mut found = DuplicateLines::default();
        let mut known: HashedMap<()> = HashedMap::default();
        for line in parts::lines(page.text, Span::new(0, page.text.len())) {
            let line = line.of(page.text);
            let characters = line.chars().count();
            let again = known.insert(word_hash(line), ()).is_some();
            found.lines[0] += usize::from(again);
            found.lines[1] += 1;
            found.characters[0] += if again { characters } else { 0 };
            found.characters[1] += characters;
        }
        found
    })
}

#[cfg(test)]
mod tests {
    use crate::document::BlockKind;
    use crate::signals::tests::{Fixture, same};
    use crate::text;

    #[test]
    fn copies_are_counted_before_and_in_all() {
        let page = Fixture::of("Read more!\nOther\nread  more\n***\n* * *\nRead More (2)");
        assert_eq!(page.block(0, "block_earlier_copies"), Some(0.0));
        assert_eq!(page.block(0, "block_copies"), Some(2.0));
        assert_eq!(page.block(2, "block_earlier_copies"), Some(1.0));
        assert_eq!(page.block(0, "block_is_last_copy"), Some(0.0));
        assert_eq!(page.block(2, "block_is_last_copy"), Some(1.0));
        assert_eq!(page.block(1, "block_is_last_copy"), Some(1.0));
        assert_eq!(page.block(4, "block_copies"), None, "marks alone are no copies");
        assert_eq!(page.block(4, "doubled_line"), None);
        same(page.document("duplicate_block_ratio"), 0.25);
        assert_eq!(Fixture::of("").document("duplicate_block_ratio"), None);
    }

    #[test]
    fn a_doubled_line_follows_its_copy_at_once() {
        let page = Fixture::of("Привет\nПРИВЕТ\nдругое\nПривет");
        let values: Vec<_> = (0..4).map(|n| page.block(n, "doubled_line")).collect();
        assert_eq!(values, [Some(0.0), Some(1.0), Some(0.0), Some(0.0)]);
    }

    #[test]
    fn items_of_lists_are_compared_with_earlier_ones() {
        let page = Fixture::of("* Tea\n* Milk\n* Tea").kind(BlockKind::List).one_block();
        assert_eq!(page.sentence(0, "* Tea", "sentence_earlier_copies"), Some(0.0));
        assert_eq!(page.last_sentence(0, "Tea", "sentence_earlier_copies"), Some(1.0));
        assert_eq!(page.sentence(0, "Milk", "sentence_earlier_copies"), Some(0.0));
        assert_eq!(page.sentence(0, "*", "sentence_earlier_copies"), None);
    }

    #[test]
    fn sentences_are_compared_across_blocks() {
        let page = Fixture::of("He left. She stayed.\nIt rained. He left.");
        let known = text::sentences(&page.text).len() > 1;
        let again = page.last_sentence(1, "He left.", "sentence_earlier_copies");
        assert!(!known || again == Some(1.0), "{again:?}");
    }

    #[test]
    fn duplicate_lines_are_the_copies_after_the_first() {
        let page = Fixture::of("share\nA longer line of text\nShare\n\nshare");
        same(page.document("duplicate_line_ratio"), 0.5);
        same(page.document("duplicate_line_character_ratio"), 10.0 / 36.0);
        assert_eq!(Fixture::of("\n\n").document("duplicate_line_ratio"), None);
    }

    #[test]
    fn runs_of_words_that_repeat_are_measured() {
        let page = Fixture::of("buy cheap shoes online now, we said: buy cheap shoes online now!");
        same(page.document("repeated_phrase_count"), 2.0);
        same(page.document("repeated_phrase_ratio"), 10.0 / 12.0);
        same(page.document("duplicate_5gram_ratio"), 22.0 / 50.0);
        same(page.document("duplicate_6gram_ratio"), 0.0);
        same(page.document("top_bigram_ratio"), 0.44);
        assert_eq!(Fixture::of("...").document("top_bigram_ratio"), None);
        assert_eq!(Fixture::of("one").document("duplicate_10gram_ratio"), Some(0.0));
    }
}
