//! Signals of TensorFlow Datasets' C4: what `clean_page` tests of a line, and its sentences.
//!
//! A block is measured as one line, without white space around it: with the unit `plain-line`
//! it is one. Citation marks (`[12]`, `[edit]`, `[citation needed]`) are taken out before all
//! tests but that on long words.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::common::{lower_for_ascii, without_citations};
use super::lines::{characters, lines};
use super::punkt;
use super::spaces::each_word;
use crate::signals::{BLOCK, DOCUMENT, Measured, Signal, Unit, count, flag};
use crate::text::python;

const SOURCE: &str = "TensorFlow Datasets 4.9.10, text/c4_utils.py, clean_page";

/// The family's signals.
pub(in crate::signals) const ALL: &[&Signal] = &[
    &Signal {
        name: "c4_tfds_longest_word",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Characters of the longest word between white space; 0 without words",
        source: SOURCE,
        measure: |t| count(line(t).longest),
    },
    &Signal {
        name: "c4_tfds_word_count",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Words between white space, without citation marks",
        source: SOURCE,
        measure: |t| count(line(t).words),
    },
    &Signal {
        name: "c4_tfds_end_mark",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 if the line without citation marks ends with `.`, `?`, `!` or a straight double quote mark, and not with `...`, else 0; a space that a citation mark left at the end counts as the end",
        source: SOURCE,
        measure: |t| flag(line(t).ends),
    },
    &Signal {
        name: "c4_tfds_curly_bracket",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 if the line has a `{`, else 0",
        source: SOURCE,
        measure: |t| flag(memchr::memchr(b'{', t.text().as_bytes()).is_some()),
    },
    &Signal {
        name: "c4_tfds_lorem_ipsum",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 if the line without citation marks has `lorem ipsum`, in any case, else 0",
        source: SOURCE,
        measure: |t| flag(phrases(t) & LOREM_IPSUM != 0),
    },
    &Signal {
        name: "c4_tfds_javascript",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 if the line without citation marks has `javascript`, in any case, else 0",
        source: SOURCE,
        measure: |t| flag(phrases(t) & JAVASCRIPT != 0),
    },
    &Signal {
        name: "c4_tfds_policy",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 if the line without citation marks has one of terms of use, privacy policy, cookie policy, uses cookies, use of cookies and use cookies, in any case, else 0",
        source: SOURCE,
        measure: |t| flag(phrases(t) & POLICY != 0),
    },
    &Signal {
        name: "c4_tfds_text_length",
        unit: Unit::Count,
        scopes: DOCUMENT,
        needs: &[],
        about: "Characters of the text, white space among them",
        source: "TensorFlow Datasets 4.9.10, text/c4_utils.py, is_valid_length",
        measure: |t| count(characters(lines(t))),
    },
    &Signal {
        name: "c4_tfds_sentence_count",
        unit: Unit::Count,
        scopes: DOCUMENT,
        needs: &[],
        about: "Sentences of each line (of `splitlines`), summed: Punkt's cuts with a short list of English abbreviations, where the original has the counts of a trained model",
        source: "TensorFlow Datasets 4.9.10, text/c4_utils.py; Kiss and Strunk 2006 as in NLTK 3.9.1, tokenize/punkt.py",
        measure: |t| {
            let sentences = || {
                let text = t.page.text;
                python::lines(text).map(|line| punkt::sentences(line.of(text))).sum()
            };
            count(*t.page.published.c4_tfds.sentences.get_or_init(sentences))
        },
    },
];

/// What has been counted of a text.
#[derive(Default)]
pub(crate) struct PageC4Tfds {
    /// Of the block asked for last: its number and what was found.
    line: Cell<Option<(usize, Line)>>,
    phrases: Cell<Option<(usize, u8)>>,
    sentences: OnceCell<usize>,
}

#[derive(Clone, Copy)]
struct Line {
    longest: usize,
    words: usize,
    ends: bool,
}

fn line(t: &Measured<'_>) -> Line {
    let cell = &t.page.published.c4_tfds.line;
    let block = t.block.unwrap_or(usize::MAX);
    if let Some((_, line)) = cell.get().filter(|(known, _)| *known == block) {
        return line;
    }
    let text = python::strip(t.text());
    let mut found = Line { longest: 0, words: 0, ends: false };
    each_word(text, |word| {
        found.words += 1;
        found.longest = found.longest.max(word.characters as usize);
    });
    let kept = without_citations(text);
    if matches!(kept, Cow::Owned(_)) {
        found.words = 0;
        each_word(&kept, |_| found.words += 1);
    }
    found.ends = kept.ends_with(['.', '?', '!', '"']) && !kept.ends_with("...");
    cell.set(Some((block, found)));
    found
}

const LOREM_IPSUM: u8 = 1;
const JAVASCRIPT: u8 = 2;
const POLICY: u8 = 4;

static PHRASES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let phrases = [
        "lorem ipsum",
        "javascript",
        "terms of use",
        "privacy policy",
        "cookie policy",
        "uses cookies",
        "use of cookies",
        "use cookies",
    ];
    AhoCorasick::builder().ascii_case_insensitive(true).build(phrases).ok()
});

fn phrases(t: &Measured<'_>) -> u8 {
    let cell = &t.page.published.c4_tfds.phrases;
    let block = t.block.unwrap_or(usize::MAX);
    if let Some((_, phrases)) = cell.get().filter(|(known, _)| *known == block) {
        return phrases;
    }
    let text = without_citations(t.text());
    let text = lower_for_ascii(&text);
    let mut found = 0;
    if let Some(phrases) = PHRASES.as_ref() {
        for hit in phrases.find_iter(text.as_ref()) {
            found |= match hit.pattern().as_usize() {
                0 => LOREM_IPSUM,
                1 => JAVASCRIPT,
                _ => POLICY,
            };
        }
    }
    cell.set(Some((block, found)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citation_marks_go_and_their_spaces_stay() {
        assert_eq!(
            without_citations("Old.[1] New[] [edit] x [citation needed][٣]"),
            "Old. New  x "
        );
        assert_eq!(without_citations("[[1]] [x] [1"), "[] [x] [1");
    }
}
