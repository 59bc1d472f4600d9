//! Signals of datatrove 0.10.1 (Penedo et al. 2024): Gopher quality, Gopher repetition, C4, FineWeb.
//!
//! Its words are the tokens of spaCy's blank English pipeline ([`spacy_en`]), punctuation too.
//! Characters are code points, with spaces and line breaks. What datatrove would divide by nothing
//! for is undefined.

use std::cell::OnceCell;

use super::common::without_citations;
use super::lines::{characters, lines};
use crate::signals::{BLOCK, Cut, DOCUMENT, Measured, PageView, Signal, Unit, count, flag, ratio};
use crate::text::python;
use crate::text::spacy_en::{self, Token};

mod joined;
mod marks;
mod text;

use text::{FineWeb, Marks, Repetition, Tokens};

const QUALITY: &str = "datatrove 0.10.1, filters/gopher_quality_filter.py";
const REPETITION: &str = "datatrove 0.10.1, filters/gopher_repetition_filter.py";
const C4: &str = "datatrove 0.10.1, filters/c4_filters.py";
const FINEWEB: &str = "datatrove 0.10.1, filters/fineweb_quality_filter.py";

/// A signal of a line.
macro_rules! line {
    ($name:literal, $about:literal, $measure:expr) => {
        &Signal {
            name: $name,
            unit: Unit::Count,
            scopes: BLOCK,
            needs: &[],
            about: $about,
            source: C4,
            measure: $measure,
        }
    };
}

/// The share of the most frequent run of tokens.
macro_rules! top {
    ($name:literal, $n:literal, $about:literal) => {
        whole!($name, Number, REPETITION, $about, |t| {
            let repetition = repetition(t);
            share(repetition.top[$n - 2]?, repetition.characters)
        })
    };
}

/// The share of runs of tokens that are met again.
macro_rules! duplicate {
    ($name:literal, $n:literal, $about:literal) => {
        whole!($name, Ratio, REPETITION, $about, |t| {
            let repetition = repetition(t);
            share(repetition.duplicate[$n - 5], repetition.characters)
        })
    };
}

/// The family's signals.
pub(in crate::signals) const ALL: &[&Signal] = &[
    whole!(
        "datatrove_character_count",
        Count,
        REPETITION,
        "Characters of the text, white space too",
        |t| { count(characters(lines(t))) }
    ),
    whole!("datatrove_token_count", Count, QUALITY, "Tokens of spaCy's blank English", |t| {
        count(token_count(t))
    }),
    whole!(
        "datatrove_word_count",
        Count,
        QUALITY,
        "Tokens that are not made of punctuation alone",
        |t| count(quality(t).words)
    ),
    whole!(
        "datatrove_mean_word_length",
        Number,
        QUALITY,
        "Characters of tokens that are not made of punctuation alone divided by their number; undefined without any",
        |t| {
            let quality = quality(t);
            share(quality.word_characters, quality.words)
        }
    ),
    whole!(
        "datatrove_hashes_per_token",
        Number,
        QUALITY,
        "Number signs divided by tokens; undefined without tokens",
        |t| ratio(marks(t).hashes, token_count(t))
    ),
    whole!(
        "datatrove_ellipses_per_token",
        Number,
        QUALITY,
        "Occurrences of `...` and `…` divided by tokens; undefined without tokens",
        |t| ratio(marks(t).ellipses, token_count(t))
    ),
    whole!(
        "datatrove_bullet_line_ratio",
        Ratio,
        QUALITY,
        "Lines, blank ones too, that begin with `•` or `-` after white space divided by lines; undefined without lines",
        |t| ratio(marks(t).bullets, marks(t).lines)
    ),
    whole!(
        "datatrove_ellipsis_line_ratio",
        Ratio,
        QUALITY,
        "Lines, blank ones too, that end with `...` or `…` before white space divided by lines; undefined without lines",
        |t| ratio(marks(t).ellipsis_ends, marks(t).lines)
    ),
    whole!(
        "datatrove_alphabetic_token_ratio",
        Ratio,
        QUALITY,
        "Tokens with a letter divided by tokens, punctuation too; undefined without tokens",
        |t| ratio(quality(t).alphabetic, quality(t).all)
    ),
    whole!(
        "datatrove_stop_word_kinds",
        Count,
        QUALITY,
        "How many of the, be, to, of, and, that, have, with occur as tokens in lower case",
        |t| count(quality(t).stop_words)
    ),
    whole!(
        "datatrove_duplicate_paragraph_ratio",
        Ratio,
        REPETITION,
        "Copies after the first of paragraphs (between two or more line feeds) divided by paragraphs; never undefined",
        |t| ratio(repetition(t).paragraphs.copies, repetition(t).paragraphs.parts)
    ),
    whole!(
        "datatrove_duplicate_paragraph_char_ratio",
        Ratio,
        REPETITION,
        "Characters of those copies divided by characters of the text; undefined for an empty text",
        |t| share(repetition(t).paragraphs.characters, repetition(t).characters)
    ),
    whole!(
        "datatrove_duplicate_line_ratio",
        Ratio,
        REPETITION,
        "Copies after the first of lines (between line feeds, blank lines dropped but at the ends) divided by lines; never undefined",
        |t| ratio(repetition(t).lines.copies, repetition(t).lines.parts)
    ),
    whole!(
        "datatrove_duplicate_line_char_ratio",
        Ratio,
        REPETITION,
        "Characters of those copies divided by characters of the text; undefined for an empty text",
        |t| share(repetition(t).lines.characters, repetition(t).characters)
    ),
    top!(
        "datatrove_top_2gram_char_share",
        2,
        "Characters of the most frequent run of two tokens (the first of several), the space between them too, times its occurrences, divided by characters of the text; can exceed 1, as overlaps count twice; undefined below two tokens"
    ),
    top!(
        "datatrove_top_3gram_char_share",
        3,
        "The same of runs of three tokens; undefined below three"
    ),
    top!(
        "datatrove_top_4gram_char_share",
        4,
        "The same of runs of four tokens; undefined below four"
    ),
    duplicate!(
        "datatrove_duplicate_5gram_char_ratio",
        5,
        "Characters of the runs of five tokens, written together, that a scan meets again (it goes on behind such a run, else at the next token) divided by characters of the text; undefined for an empty text"
    ),
    duplicate!(
        "datatrove_duplicate_6gram_char_ratio",
        6,
        "The same of runs of six tokens; undefined for an empty text"
    ),
    duplicate!(
        "datatrove_duplicate_7gram_char_ratio",
        7,
        "The same of runs of seven tokens; undefined for an empty text"
    ),
    duplicate!(
        "datatrove_duplicate_8gram_char_ratio",
        8,
        "The same of runs of eight tokens; undefined for an empty text"
    ),
    duplicate!(
        "datatrove_duplicate_9gram_char_ratio",
        9,
        "The same of runs of nine tokens; undefined for an empty text"
    ),
    duplicate!(
        "datatrove_duplicate_10gram_char_ratio",
        10,
        "The same of runs of ten tokens; undefined for an empty text"
    ),
    line!(
        "datatrove_c4_long_word",
        "1 if a word between white space of the line has more than 1,000 characters, else 0",
        |t| flag(has_long_word(t.text()))
    ),
    line!(
        "datatrove_c4_end_mark",
        "1 if the line, stripped and then without citation marks, ends with `.`, `?`, `!`, `\"` or `'` and not with `...`, else 0",
        |t| flag(has_c4_end(python::strip(t.text())))
    ),
    line!("datatrove_c4_curly_bracket", "1 if the line has a `{`, else 0", |t| {
        flag(t.text().contains('{'))
    }),
    line!(
        "datatrove_c4_word_count",
        "Words between white space of the line, up to three: the filter asks for no more",
        |t| count(python::count_words(t.text(), 3))
    ),
    whole!(
        "datatrove_c4_sentence_count",
        Count,
        C4,
        "Sentences of spaCy's sentencizer, each line by itself",
        |t| count(t.text().split('\n').map(spacy_en::sentence_count).sum())
    ),
    whole!(
        "datatrove_line_count",
        Count,
        FINEWEB,
        "Lines between line feeds that are not blank",
        |t| { count(fineweb(t).lines) }
    ),
    whole!(
        "datatrove_ended_line_ratio",
        Ratio,
        FINEWEB,
        "Lines that are not blank and end with one of 159 terminal marks of all scripts divided by lines that are not blank; undefined without any",
        |t| ratio(fineweb(t).ended, fineweb(t).lines)
    ),
    whole!(
        "datatrove_short_line_ratio",
        Ratio,
        FINEWEB,
        "Lines that are not blank of at most 30 characters, white space around them too, divided by lines that are not blank; undefined without any",
        |t| ratio(fineweb(t).short, fineweb(t).lines)
    ),
    whole!(
        "datatrove_copied_line_char_ratio",
        Ratio,
        FINEWEB,
        "Characters of copies after the first of lines that are not blank divided by characters of the text without line feeds; undefined without any",
        |t| share(fineweb(t).copied, fineweb(t).characters)
    ),
    whole!(
        "datatrove_line_feeds_per_token",
        Number,
        FINEWEB,
        "Line feeds divided by tokens; undefined without tokens",
        |t| ratio(fineweb(t).line_feeds, token_count(t))
    ),
];

fn share(part: u64, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// What has been counted of a text.
#[derive(Default)]
pub(crate) struct PageDatatrove {
    tokens: OnceCell<Vec<Token>>,
    token_count: OnceCell<usize>,
    quality: OnceCell<Tokens>,
    marks: OnceCell<Marks>,
    repetition: OnceCell<Repetition>,
    fineweb: OnceCell<FineWeb>,
}

fn tokens<'a>(t: &Measured<'a>) -> &'a [Token] {
    let page = t.page;
    page.published.datatrove.tokens.get_or_init(|| spacy_en::tokens(page.text))
}

/// How many tokens there are; they themselves are made only if something else asks for them.
fn token_count(t: &Measured<'_>) -> usize {
    let datatrove = &t.page.published.datatrove;
    let count = || match datatrove.tokens.get() {
        Some(tokens) => tokens.len(),
        None => kept_tokens(t.page).unwrap_or_else(|| spacy_en::token_count(t.page.text)),
    };
    *datatrove.token_count.get_or_init(count)
}

/// How many tokens of the page that a text was cut from are left, if they are known and every cut
/// is between tokens that have nothing to do with one another: beside white space, with a line feed
/// left between what stands before and behind it.
fn kept_tokens(page: &PageView<'_>) -> Option<usize> {
    let Cut { page: origin, kept } = page.cut.as_ref()?;
    let tokens = origin.published.datatrove.tokens.get()?;
    let before = |at: usize| origin.text.get(..at).and_then(|text| text.chars().next_back());
    let behind = |at: usize| origin.text.get(at..).and_then(|text| text.chars().next());
    let is_space = |c: Option<char>| c.is_none_or(python::is_space);
    let is_line_feed = |c: Option<char>| c.is_none_or(|c| c == '\n');
    let mut left = tokens.len();
    let mut rest = tokens.as_slice();
    let starts = std::iter::once(0).chain(kept.iter().map(|piece| piece.end));
    let ends = kept.iter().map(|piece| piece.start).chain([origin.text.len()]);
    for (start, end) in starts.zip(ends).filter(|(start, end)| start < end) {
        let (last, next) = (before(start), behind(end));
        let is_between = (is_space(last) || is_space(behind(start)))
            && (is_space(before(end)) || is_space(next));
        if !is_between || !(is_line_feed(last) || is_line_feed(next)) {
            return None;
        }
        let from = rest.partition_point(|token| (token.start as usize) < start);
        rest = rest.get(from..)?;
        let to = rest.partition_point(|token| (token.start as usize) < end);
        rest = rest.get(to..)?;
        left -= to;
    }
    Some(left)
}

fn quality<'a>(t: &Measured<'a>) -> &'a Tokens {
    let page = t.page;
    page.published.datatrove.quality.get_or_init(|| Tokens::of(page.text, tokens(t)))
}

fn marks<'a>(t: &Measured<'a>) -> &'a Marks {
    let page = t.page;
    page.published.datatrove.marks.get_or_init(|| Marks::of(page.text, lines(t)))
}

fn repetition<'a>(t: &Measured<'a>) -> &'a Repetition {
    let page = t.page;
    page.published
        .datatrove
        .repetition
        .get_or_init(|| Repetition::of(page.text, lines(t), tokens(t)))
}

fn fineweb<'a>(t: &Measured<'a>) -> &'a FineWeb {
    let page = t.page;
    page.published.datatrove.fineweb.get_or_init(|| FineWeb::of(page.text, lines(t)))
}

/// Longest word of a line that C4 keeps, in characters.
const LONGEST_WORD: usize = 1_000;

fn has_long_word(line: &str) -> bool {
    line.len() > LONGEST_WORD
        && python::words(line)
            .any(|word| word.len() > LONGEST_WORD && python::length(word) > LONGEST_WORD)
}

fn has_c4_end(line: &str) -> bool {
    let line = without_citations(line);
    line.ends_with(['.', '?', '!', '"', '\'']) && !line.ends_with("...")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Format, Info, Span};
    use crate::survey::Survey;

    #[test]
    fn tokens_that_are_left_are_those_of_the_text_that_is_left() {
        let text = "The mill.\u{a0}\n  It's old, e.g. gone.  \n:\n)\nDon't[1] pay.\n";
        let survey = Survey::none();
        let info = Info::new("id", Format::Text);
        let page = PageView::new(text, &[], &info, &survey);
        tokens(&page.document());
        let left = |cuts: &[&str]| {
            let mut at = 0;
            let mut pieces: Vec<Span> = Vec::new();
            for cut in cuts {
                let start = at + text[at..].find(cut).expect("it is there");
                pieces.push(Span::new(at, start));
                at = start + cut.len();
            }
            pieces.push(Span::new(at, text.len()));
            pieces.retain(|piece| !piece.is_empty());
            let kept: String = pieces.iter().map(|piece| piece.of(text)).collect();
            let view = PageView::new(&kept, &[], &info, &survey).left_of(&page, pieces);
            let found = kept_tokens(&view);
            assert!(found.is_none_or(|found| found == spacy_en::token_count(&kept)), "{kept}");
            found.is_some()
        };
        for lines in [
            &["The mill.\u{a0}\n  "][..],
            &["\n  It's old, e.g. gone.  "],
            &["  ", "gone.  "],
            &["The mill.", "Don't[1] pay.\n"],
            &["\n)"],
            &["\u{a0}", "Don't[1] pay."],
            &["The mill.\u{a0}", "\n  It's old, e.g. gone.  \n"],
            &[],
        ] {
            assert!(left(lines), "{lines:?}");
        }
        // Parts of a chunk, and what would stand beside what it did not stand beside.
        for parts in
            [&["[1]"][..], &["mill.\u{a0}\n  It's"], &["\n  It's old, "], &["\n:\n"], &["'t"]]
        {
            assert!(!left(parts), "{parts:?}");
        }
    }

    #[test]
    fn a_long_word_has_more_than_a_thousand_characters() {
        assert!(!has_long_word(&format!("a {}", "é".repeat(1_000))));
        assert!(has_long_word(&format!("a {}", "é".repeat(1_001))));
        assert!(!has_long_word(&"word ".repeat(400)));
    }

    #[test]
    fn ends_are_looked_at_without_citation_marks() {
        for (line, ends) in [
            ("It stood.", true),
            ("It stood.[12]", true),
            ("It stood.[citation needed][edit]", true),
            ("It stood. [12]", false),
            ("It stood[12]", false),
            ("It stood...", false),
            ("It stood..[1].", false),
            ("It stood…", false),
            ("'It stood.'", true),
            ("“It stood.”", false),
            ("It stood.[[1]", false),
            ("It stood[[edit].", true),
            ("It stood.[١٢]", true),
            ("It stood.[1", false),
            ("", false),
        ] {
            assert_eq!(has_c4_end(line), ends, "{line}");
        }
    }
}
