//! Does a page read on, or was it stitched together of pieces?
//!
//! Doorway pages are search results glued into one long paragraph: the query, sentences of
//! other people's pages in no order, cut where the search engine cut them, the engine's dates
//! in between, and the query again. No word list finds them, for their topics are harmless.

use super::structure::PageStructure;
use super::terms::Term;
use super::words::HashedMap;
use super::{DOCUMENT, Measured, PageView, Signal, Unit, flag, ratio};
use crate::document::{Block, BlockKind, Span};
use crate::text::{self, Word};

/// Fewest words of a long block.
const LONG_WORDS: usize = 60;
/// Fewest words of a block that ends with the page's query.
const ENDING_WORDS: usize = 20;
/// A query has so many words.
const QUERY_WORDS: std::ops::RangeInclusive<usize> = 2..=12;
/// How many blocks before the first long one may hold the query.
const OPENING_BLOCKS: usize = 3;
/// Fewest content words of a sentence that is compared with its neighbour.
const FEWEST_TERMS: usize = 3;
/// Fewest sentences of which one can say whether they hang together.
const FEWEST_SENTENCES: usize = 8;
/// Most words of a piece that says nothing by itself.
const SCRAP_WORDS: usize = 2;

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[
    &Signal {
        name: "query_echo",
        unit: Unit::Count,
        scopes: DOCUMENT,
        needs: &[],
        about: "1 if what opens the text is also the end of a block: two to twelve words that are one of the three blocks before the first block of 60 or more words, or that block's words up to its first end mark, are the last words of a block of 20 or more words, after an end mark and without one, or that block's first words are the whole of a block after it, in lower case; else 0",
        source: "ours",
        measure: |t| flag(t.page.page_stitched().echo),
    },
    &Signal {
        name: "scrap_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "Of the pieces between end marks in blocks of 60 or more words (code and tables aside; a piece starts after an end mark and white space), the share that starts with a lower-case letter or has at most two words; undefined without such pieces",
        source: "ours",
        measure: |t| {
            let page = t.page.page_stitched();
            ratio(page.scraps, page.pieces)
        },
    },
    &Signal {
        name: "snippet_date_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "Of the pieces of `scrap_ratio`, the share that holds a date as search engines print it before a snippet: a year and a middle dot (`Mar 3, 2019 ·`), or a day, a month of three letters and a year right before a capital letter (`3 Mar 2019 We`); undefined without such pieces",
        source: "ours",
        measure: |t| {
            let page = t.page.page_stitched();
            ratio(page.dated, page.pieces)
        },
    },
    &Signal {
        name: "neighbour_cohesion",
        unit: Unit::Number,
        scopes: DOCUMENT,
        needs: &[],
        about: "Content words that neighbouring prose sentences share, divided by those they would share if the same sentences stood in any order: each sentence with three or more content words counts, a word of d of n such sentences weighs ln(n/d), and the divisor is the sum over the words of d(d-1)/n times that weight, so that sentences in no order have about 1 and prose mostly 1.3 to 2.5; undefined with fewer than eight sentences, or if none shares a word",
        source: "ours; after lexical cohesion, Hearst 1997, TextTiling",
        measure: cohesion,
    },
];

/// What is measured of a page as a whole for this family.
#[derive(Default)]
pub(crate) struct PageStitched {
    /// The query closes a block.
    echo: bool,
    /// Pieces of long blocks, those that are scraps, those with a snippet's date.
    pieces: usize,
    scraps: usize,
    dated: usize,
}

impl PageView<'_> {
    /// The page's pieces, counted once.
    pub(super) fn page_stitched(&self) -> &PageStitched {
        self.stitched.get_or_init(|| PageStitched::new(self))
    }
}

impl PageStitched {
    fn new(page: &PageView<'_>) -> Self {
        let mut found = Self::default();
        let mut queries = Queries::default();
        let mut seen_long = false;
        for (number, block) in page.blocks.iter().enumerate() {
            let words = page.words_in(block.span);
            if !is_text(block) {
                continue;
            }
            if words.len() < ENDING_WORDS {
                found.echo |= queries.first == Some(phrase(words))
                    && !block.span.of(page.text).contains(char::is_uppercase);
                continue;
            }
            let long = words.len() >= LONG_WORDS;
            if long && !seen_long {
                seen_long = true;
                queries = Queries::of(page, number);
            }
            if seen_long && !found.echo {
                found.echo = ends_with(page.text, block.span, words, &queries.all);
            }
            if long {
                found.count(page.text, block.span, words);
            }
        }
        found
    }

    /// Counts the pieces of a long block.
    fn count(&mut self, text: &str, span: Span, words: &[Word]) {
        let mut first = 0;
        for at in 0..words.len() {
            let Some(piece) = words.get(first..=at) else { break };
            if at + 1 < words.len() && !ends_piece(text, words, at) {
                continue;
            }
            first = at + 1;
            self.pieces += 1;
            let lower = piece.first().is_some_and(|word| {
                word.span().of(text).starts_with(char::is_lowercase)
                    && word.start as usize > span.start + 4
            });
            self.scraps += usize::from(lower || piece.len() <= SCRAP_WORDS);
            self.dated += usize::from(has_snippet_date(text, piece));
        }
    }
}

/// True for a block that may hold sentences.
fn is_text(block: &Block) -> bool {
    !matches!(block.kind, BlockKind::Code | BlockKind::Table)
}

/// What stands between a word and the next.
fn gap<'t>(text: &'t str, words: &[Word], at: usize) -> &'t str {
    match (words.get(at), words.get(at + 1)) {
        (Some(word), Some(next)) => text.get(word.end as usize..next.start as usize).unwrap_or(""),
        _ => "",
    }
}

/// True if an end mark with white space behind it follows a word.
fn ends_piece(text: &str, words: &[Word], at: usize) -> bool {
    ends_in(gap(text, words, at))
}

/// True if a gap between words holds an end mark with white space behind it.
fn ends_in(gap: &str) -> bool {
    let mut marked = false;
    for c in gap.chars() {
        match c {
            '.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟' | '।' => marked = true,
            c if c.is_whitespace() && marked => return true,
            _ => {}
        }
    }
    false
}

/// The hash of words in their order, case aside.
fn phrase(words: &[Word]) -> u64 {
    words.iter().fold(words.len() as u64, |sum, word| sum.rotate_left(5) ^ word.hash)
}

/// What may be the query of a page.
#[derive(Default)]
struct Queries {
    /// Short blocks before the first long block, and what opens it.
    all: HashedMap<()>,
    /// What opens the first long block.
    first: Option<u64>,
}

impl Queries {
    /// Those of a page whose first long block is `long`.
    fn of(page: &PageView<'_>, long: usize) -> Self {
        let is_query = |words: &&[Word]| QUERY_WORDS.contains(&words.len());
        let before = page.blocks.get(long.saturating_sub(OPENING_BLOCKS)..long).unwrap_or(&[]);
        let before = before.iter().map(|block| page.words_in(block.span)).filter(is_query);
        let mut all: HashedMap<()> = before.map(|words| (phrase(words), ())).collect();
        let words = page.blocks.get(long).map_or(&[][..], |block| page.words_in(block.span));
        let end =
            (0..words.len().min(*QUERY_WORDS.end())).find(|at| ends_piece(page.text, words, *at));
        let first = end.and_then(|at| words.get(..=at)).filter(is_query).map(phrase);
        all.extend(first.map(|query| (query, ())));
        Self { all, first }
    }
}

/// True if a block ends with one of the queries, after an end mark and without one.
fn ends_with(text: &str, span: Span, words: &[Word], queries: &HashedMap<()>) -> bool {
    let Some(last) = words.last() else { return false };
    let rest = text.get(last.end as usize..span.end).unwrap_or("");
    if queries.is_empty() || rest.contains(|c: char| !c.is_whitespace()) {
        return false;
    }
    QUERY_WORDS.filter(|count| *count < words.len()).any(|count| {
        let start = words.len() - count;
        words.get(start..).is_some_and(|tail| queries.contains_key(&phrase(tail)))
            && gap(text, words, start - 1).contains(['.', '!', '?', '…'])
    })
}

/// True if a piece holds a date as search engines print it before a snippet.
fn has_snippet_date(text: &str, piece: &[Word]) -> bool {
    let word = |at: usize| piece.get(at).map_or("", |word| word.span().of(text));
    let is_day =
        |word: &str| matches!(word.len(), 1 | 2) && word.bytes().all(|b| b.is_ascii_digit());
    (2..piece.len()).any(|at| {
        if !is_year(word(at)) {
            return false;
        }
        let after = gap(text, piece, at);
        if after.starts_with(" · ") {
            // `Mar 3, 2019 ·` and `3 Mar 2019 ·`.
            return is_day(word(at - 1)) || is_day(word(at - 2));
        }
        after == " "
            && is_day(word(at - 2))
            && word(at - 1).chars().count() == 3
            && word(at - 1).starts_with(char::is_uppercase)
            && word(at + 1).starts_with(char::is_uppercase)
    })
}

fn is_year(word: &str) -> bool {
    word.len() == 4
        && (word.starts_with("19") || word.starts_with("20"))
        && word.bytes().all(|b| b.is_ascii_digit())
}

fn cohesion(t: &Measured<'_>) -> Option<f64> {
    let page = t.page;
    let topic = page.page_topic();
    let structure: &PageStructure = page.page_structure();
    let prose = page.blocks.iter().enumerate().filter(|(number, block)| {
        structure.is_prose(*number) || page.words_in(block.span).len() >= LONG_WORDS
    });
    let sentences: Vec<&[Term]> = prose
        .filter(|(_, block)| is_text(block))
        .flat_map(|(_, block)| {
            let found = text::sentences(block.span.of(page.text));
            found
                .into_iter()
                .map(|s| Span::new(s.start + block.span.start, s.end + block.span.start))
        })
        .map(|sentence| topic.terms_in(sentence))
        .filter(|terms| terms.len() >= FEWEST_TERMS)
        .collect();
    if sentences.len() < FEWEST_SENTENCES {
        return None;
    }
    shared(&sentences)
}

/// What neighbours share divided by what they would share in any order.
fn shared(sentences: &[&[Term]]) -> Option<f64> {
    // In how many sentences each word stands, and the last of them.
    let mut known: HashedMap<(u32, usize)> = HashedMap::default();
    for (number, sentence) in sentences.iter().enumerate() {
        for term in *sentence {
            let places = known.entry(term.hash).or_insert((0, usize::MAX));
            if places.1 != number {
                *places = (places.0 + 1, number);
            }
        }
    }
    let count = sentences.len() as f64;
    let weight = |places: u32| (count / f64::from(places)).ln();
    // Summed by number of sentences, so that the order of the map does not show in the sum.
    let mut by_places: Vec<u32> = known.values().map(|(places, _)| *places).collect();
    by_places.sort_unstable();
    let expected: f64 = by_places
        .into_iter()
        .map(|d| f64::from(d) * (f64::from(d) - 1.0) / count * weight(d))
        .sum();
    let mut last: HashedMap<usize> = HashedMap::default();
    let mut shared = 0.0;
    for (number, sentence) in sentences.iter().enumerate() {
        for term in *sentence {
            // What stands twice in this sentence was put there by this walk.
            let before = last.insert(term.hash, number).filter(|before| *before < number);
            if before.is_some_and(|before| before + 1 == number) {
                shared += known.get(&term.hash).map_or(0.0, |(places, _)| weight(*places));
            }
        }
    }
    (expected > 0.0).then(|| shared / expected)
}

#[cfg(test)]
mod tests {
    use crate::document::BlockKind;
    use crate::signals::tests::{Fixture, same};

    /// So many words, in sentences of nine.
    fn words(count: usize) -> String {
        let word = |n: usize| format!("word{n}{}", if n % 9 == 8 { "." } else { "" });
        (0..count).map(word).collect::<Vec<_>>().join(" ")
    }

    fn echo(text: &str) -> bool {
        Fixture::of(text).language("en").document("query_echo") == Some(1.0)
    }

    #[test]
    fn a_query_that_opens_and_closes_the_text_echoes() {
        assert!(echo(&format!("Mill gear oil\n{}. mill gear oil", words(70))));
        assert!(echo(&format!("Mill gear oil. {}. mill gear oil", words(70))), "in the block");
        assert!(echo(&format!("Mill gear oil. {}.\nmill gear oil", words(70))), "on its own line");
        assert!(!echo(&format!("Oil mill\n{}.\n{}. oil pan", words(70), words(30))), "another");
    }

    #[test]
    fn a_title_that_comes_back_in_a_sentence_or_as_a_heading_does_not_echo() {
        assert!(!echo(&format!("Mill gear oil\n{}. mill gear oil.", words(70))), "an end mark");
        assert!(!echo(&format!("Mill gear oil\n{} mill gear oil", words(70))), "in a sentence");
        assert!(!echo(&format!("Mill gear oil\n{}.\nMill gear oil", words(70))), "a heading");
        assert!(!echo(&format!("Oil\n{}. oil", words(70))), "one word is no query");
        assert!(!echo(&format!("Mill gear oil\n{}. mill gear oil", words(50))), "too short");
        assert!(!echo(""));
    }

    #[test]
    fn scraps_start_in_the_middle_or_are_a_word_or_two() {
        // 70 words are 8 sentences, the last of 7 words; each starts in lower case but the first.
        let whole = words(70).replace("word", "Word");
        same(Fixture::of(&whole).document("scrap_ratio"), 0.0);
        let scraps = format!("{whole}. Ltd. and so on they went.");
        same(Fixture::of(&scraps).document("scrap_ratio"), 2.0 / 10.0);
        assert_eq!(Fixture::of("Too short. and so on.").document("scrap_ratio"), None);
        let code = Fixture::of(&whole).kind(BlockKind::Code);
        assert_eq!(code.document("scrap_ratio"), None);
    }

    #[test]
    fn dates_of_snippets_are_known_by_what_follows() {
        let share = |date: &str| {
            let text = format!("{}. {date} we saw the mill.", words(63).replace("word", "Word"));
            Fixture::of(&text).document("snippet_date_ratio")
        };
        same(share("Mar 3, 2019 · How"), 1.0 / 8.0);
        same(share("3 Mar 2019 How"), 1.0 / 8.0);
        for prose in ["On 3 Mar 2019, when", "On 3 March 2019 President", "In room 2019 · How"] {
            same(share(prose), 0.0);
        }
    }

    #[test]
    fn neighbours_share_words_in_prose_and_not_in_a_shuffled_text() {
        // Four subjects, two sentences each that share the subject.
        let pairs = ["harbour", "orchard", "railway", "library"];
        let of = |order: [usize; 8]| {
            let sentence = |n: usize| format!("Some {} stood{n} near{n} there{n}.", pairs[n / 2]);
            let text: Vec<String> = order.into_iter().map(sentence).collect();
            Fixture::of(&text.join(" ")).one_block().language("en").document("neighbour_cohesion")
        };
        // Each subject weighs ln 4; neighbours share four, any order would share 4 * 2 / 8.
        same(of([0, 1, 2, 3, 4, 5, 6, 7]), 4.0);
        same(of([0, 2, 4, 6, 1, 3, 5, 7]), 0.0);
        assert_eq!(Fixture::of("One. Two. Three.").document("neighbour_cohesion"), None);
    }
}
