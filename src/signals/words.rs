//! Signals of words: how many, how long, how varied, how many of them function words.
//!
//! A word is what UAX 29 calls one, if it has a letter or a digit; words in the targets of
//! Markdown links do not count.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use super::{BLOCK_AND_DOCUMENT, Measured, Need, PageView, Signal, TEXT, Unit, count, flag, ratio};
use crate::document::Span;
use crate::text::lists::{self, Identity, WordSet};
use crate::text::words::word_hash;
pub(super) use crate::text::words::{DIGIT, LETTER, LONG, LOWER, UPPER};
use crate::text::{Word, count_bits};

/// A map whose keys are hashes already.
pub(super) type HashedMap<V> = HashMap<u64, V, BuildHasherDefault<Identity>>;

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[
    &Signal {
        name: "word_count",
        unit: Unit::Count,
        scopes: TEXT,
        needs: &[],
        about: "Words (UAX 29, with a letter or a digit)",
        source: "Gopher, Rae et al. 2021, A.1.1",
        measure: |t| count(t.words().len()),
    },
    &Signal {
        name: "mean_word_length",
        unit: Unit::Number,
        scopes: TEXT,
        needs: &[],
        about: "Characters of words divided by words; undefined without words",
        source: "Gopher, Rae et al. 2021, A.1.1",
        measure: |t| ratio(t.word_counts().characters, t.words().len()),
    },
    &Signal {
        name: "stop_word_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[Need::StopWords],
        about: "Stop words of the document's language divided by words; undefined without words, or without a list for the language",
        source: "jusText, stopwords_density",
        measure: |t| {
            let stop = t.stop_words()?;
            let found = t.words().iter().filter(|w| stop.contains(w.hash)).count();
            ratio(found, t.words().len())
        },
    },
    &Signal {
        name: "stop_word_kinds",
        unit: Unit::Count,
        scopes: TEXT,
        needs: &[],
        about: "How many of the eight English words the, be, to, of, and, that, have, with occur, in any case",
        source: "Gopher, Rae et al. 2021, A.1.1; distinct words, as datatrove counts",
        measure: |t| {
            let kinds = GOPHER.iter().filter(|known| t.words().iter().any(|w| w.hash == **known));
            count(kinds.count())
        },
    },
    &Signal {
        name: "distinct_word_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Distinct words (case aside) divided by words; undefined without words",
        source: "RedPajama-V2, frac_unique_words",
        measure: |t| ratio(frequencies(t.words()).len(), t.words().len()),
    },
    &Signal {
        name: "alphabetic_word_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Words with a letter divided by words; undefined without words",
        source: "Gopher, Rae et al. 2021, A.1.1",
        measure: |t| ratio(t.word_counts().alphabetic, t.words().len()),
    },
    &Signal {
        name: "digit_word_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Words with a digit divided by words; undefined without words",
        source: "ours",
        measure: |t| ratio(t.marked_words(DIGIT), t.words().len()),
    },
    &Signal {
        name: "capitalised_word_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Words after the first that start with an upper-case letter divided by words after the first; undefined with fewer than two words",
        source: "after MADLAD-400, list case",
        measure: |t| {
            let first = t.marks().first().is_some_and(|marks| marks & UPPER != 0);
            let capitalised = t.marked_words(UPPER) - usize::from(first);
            ratio(capitalised, t.words().len().saturating_sub(1))
        },
    },
    &Signal {
        name: "upper_case_word_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Words of two or more letters, all of them upper case, divided by words; undefined without words",
        source: "RedPajama-V2, frac_all_caps_words",
        measure: |t| ratio(t.word_counts().upper_case, t.words().len()),
    },
    &Signal {
        name: "title_case",
        unit: Unit::Count,
        scopes: TEXT,
        needs: &[],
        about: "1 if there are two or more words longer than three letters and more than two thirds of those start with an upper-case letter, else 0",
        source: "ours",
        measure: |t| flag(is_title_case(t.page, t.span)),
    },
    &Signal {
        name: "longest_word",
        unit: Unit::Count,
        scopes: TEXT,
        needs: &[],
        about: "Characters of the longest word; 0 without words",
        source: "C4, words of more than 1,000 characters",
        measure: |t| count(t.word_counts().longest),
    },
    &Signal {
        name: "random_word_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK_AND_DOCUMENT,
        needs: &[],
        about: "Of the words of six or more basic Latin letters (all-upper-case words aside), the share with five consonants in a row, hardly a vowel, or a pair of letters that no language has; undefined without such words",
        source: "ours",
        measure: random_word_ratio,
    },
    &Signal {
        name: "word_entropy",
        unit: Unit::Number,
        scopes: TEXT,
        needs: &[],
        about: "Shannon entropy of the words' frequencies (case aside), in bits; undefined without words",
        source: "RedPajama-V2, unigram_entropy (there in nats)",
        measure: word_entropy,
    },
];

/// The eight words of the Gopher paper.
static GOPHER: LazyLock<[u64; 8]> =
    LazyLock::new(|| ["the", "be", "to", "of", "and", "that", "have", "with"].map(word_hash));

/// Marks of a word beside its shape: it is of `filler-latin`, of `filler-latin-wide`, of the words of
/// template text.
pub(super) const FILLER: u8 = 2;
pub(super) const WIDE: u8 = 4;
pub(super) const TEMPLATE: u8 = 8;

/// The marks of words, their shapes among them. One without a letter is in no list.
pub(super) fn marks(words: &[Word], shapes: &[u8]) -> Vec<u8> {
    let any: &WordSet = &FILLERS;
    let marks_of = |word: &Word, shape: u8| {
        if shape & LETTER == 0 || !any.may_contain(word.hash) {
            return shape;
        }
        let mark = |set: &WordSet, mark: u8| if set.contains(word.hash) { mark } else { 0 };
        shape
            | mark(lists::filler_latin(), FILLER)
            | mark(lists::filler_latin_wide(), WIDE)
            | mark(lists::filler_template(), TEMPLATE)
    };
    words.iter().zip(shapes).map(|(word, shape)| marks_of(word, *shape)).collect()
}

/// The words of all three lists together.
static FILLERS: LazyLock<WordSet> = LazyLock::new(|| {
    let names = ["filler-latin", "filler-latin-wide", "filler-lorem"];
    WordSet::new(names.into_iter().filter_map(lists::builtin).flat_map(lists::entries))
});

/// What one walk over a target's words counts.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Characters of all words.
    characters: usize,
    /// Words with a letter.
    alphabetic: usize,
    /// Words of two or more letters, all upper case.
    upper_case: usize,
    /// Characters of the longest word.
    longest: usize,
}

impl Measured<'_> {
    /// The counts of the target's words, made once.
    pub(super) fn word_counts(&self) -> &Counts {
        self.word_counts.get_or_init(|| {
            let mut counts = Counts::default();
            for word in self.words() {
                counts.add(word.span().of(self.page.text));
            }
            counts
        })
    }
}

impl Counts {
    fn add(&mut self, word: &str) {
        let (mut characters, mut letters, mut upper) = (0, 0, 0);
        if word.is_ascii() {
            characters = word.len();
            for b in word.bytes() {
                letters += usize::from(b.is_ascii_alphabetic());
                upper += usize::from(b.is_ascii_uppercase());
            }
        } else {
            for c in word.chars() {
                characters += 1;
                letters += usize::from(c.is_alphabetic());
                upper += usize::from(c.is_uppercase());
            }
        }
        self.characters += characters;
        self.longest = self.longest.max(characters);
        self.alphabetic += usize::from(letters > 0);
        self.upper_case += usize::from(letters >= 2 && upper == letters);
    }
}

/// How often each word occurs.
fn frequencies(words: &[Word]) -> HashedMap<u32> {
    let mut found = HashedMap::with_capacity_and_hasher(words.len() / 2, Default::default());
    for word in words {
        *found.entry(word.hash).or_insert(0) += 1;
    }
    found
}

/// The entropy is summed over sorted counts, so that it is the same number on every run.
fn word_entropy(t: &Measured<'_>) -> Option<f64> {
    let total = t.words().len();
    let mut counts: Vec<u32> = frequencies(t.words()).into_values().collect();
    counts.sort_unstable();
    (total > 0).then(|| {
        let share = |n: u32| f64::from(n) / total as f64;
        counts.into_iter().map(|n| -share(n) * share(n).log2()).sum::<f64>().max(0.0)
    })
}

/// True for a span in title case; see the signal of that name.
pub(super) fn is_title_case(page: &PageView<'_>, span: Span) -> bool {
    let marks = page.word_marks().get(page.word_range(span)).unwrap_or(&[]);
    let long = count_bits(marks, LONG, LONG);
    let upper = count_bits(marks, LONG | UPPER, LONG | UPPER);
    long >= 2 && upper * 3 > long * 2
}

fn random_word_ratio(t: &Measured<'_>) -> Option<f64> {
    let (mut random, mut all) = (0, 0);
    for word in t.words() {
        let word = word.span().of(t.page.text).as_bytes();
        let letters = word.len() >= 6 && word.iter().all(u8::is_ascii_alphabetic);
        if letters && !word.iter().all(u8::is_ascii_uppercase) {
            all += 1;
            random += usize::from(looks_random(word));
        }
    }
    ratio(random, all)
}

/// True for a word of basic Latin letters that reads like random letters.
fn looks_random(word: &[u8]) -> bool {
    let (mut vowels, mut consonants, mut longest) = (0, 0, 0);
    let mut before = 0u8;
    let mut odd_pair = false;
    for letter in word.iter().map(u8::to_ascii_lowercase) {
        if matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'y') {
            vowels += 1;
            consonants = 0;
        } else {
            consonants += 1;
            longest = longest.max(consonants);
        }
        odd_pair |= is_odd_pair(before, letter);
        before = letter;
    }
    longest >= 5 || vowels * 6 < word.len() || odd_pair
}

/// Pairs of letters found inside no word of the languages written in Latin letters.
fn is_odd_pair(first: u8, second: u8) -> bool {
    match first {
        b'q' => !matches!(second, b'u' | b'a' | b'e' | b'i' | b'o' | b'q' | b'r' | b's' | b't'),
        b'j' => matches!(second, b'q' | b'x' | b'z' | b'f' | b'g' | b'p'),
        b'x' => matches!(second, b'j' | b'z' | b'k' | b'q' | b'r' | b'g'),
        b'v' | b'f' | b'g' | b'k' | b'p' | b'h' | b'b' | b'm' => matches!(second, b'x' | b'q'),
        b'w' | b'z' => matches!(second, b'x' | b'q' | b'j'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::signals::tests::{Fixture, same};

    fn english(text: &str) -> Fixture {
        Fixture::of(text).language("en")
    }

    #[test]
    fn words_are_counted_without_marks_and_targets() {
        assert_eq!(english("").document("word_count"), Some(0.0));
        assert_eq!(english("One, two - three!").document("word_count"), Some(3.0));
        assert_eq!(english("東京へ行く").document("word_count"), Some(5.0));
        let linked = english("See [the map](/a/b/c) now").link("the map", "/a/b/c");
        assert_eq!(linked.block(0, "word_count"), Some(4.0));
    }

    #[test]
    fn lengths_are_in_characters_not_bytes() {
        same(english("Ёлка и сосна").document("mean_word_length"), 10.0 / 3.0);
        assert_eq!(english("сосна!").document("longest_word"), Some(5.0));
        assert_eq!(english("…").document("mean_word_length"), None);
        assert_eq!(english("…").document("longest_word"), Some(0.0));
    }

    #[test]
    fn stop_words_need_a_list_for_the_language() {
        same(english("the cat and the dog").document("stop_word_ratio"), 0.6);
        same(Fixture::of("и кот").language("ru").document("stop_word_ratio"), 0.5);
        assert_eq!(Fixture::of("the cat").document("stop_word_ratio"), None);
        assert_eq!(Fixture::of("the cat").language("tlh").document("stop_word_ratio"), None);
        assert_eq!(english("").document("stop_word_ratio"), None);
    }

    #[test]
    fn gophers_words_are_counted_once_each() {
        let page = english("The keys that the porter has");
        assert_eq!(page.document("stop_word_kinds"), Some(2.0));
        assert_eq!(english("Because").document("stop_word_kinds"), Some(0.0));
    }

    #[test]
    fn kinds_of_words_are_shares_of_all_words() {
        let page = english("In 2024 NASA sent B52 Home");
        same(page.document("digit_word_ratio"), 2.0 / 6.0);
        same(page.document("alphabetic_word_ratio"), 5.0 / 6.0);
        same(page.document("capitalised_word_ratio"), 3.0 / 5.0);
        same(page.document("upper_case_word_ratio"), 1.0 / 6.0);
        assert_eq!(english("Word").document("capitalised_word_ratio"), None);
    }

    #[test]
    fn distinct_words_and_entropy_see_repetition() {
        same(english("Ha ha ha no").document("distinct_word_ratio"), 0.5);
        same(english("a b c d").document("word_entropy"), 2.0);
        same(english("ha ha").document("word_entropy"), 0.0);
        assert_eq!(english("").document("word_entropy"), None);
    }

    #[test]
    fn titles_are_known_by_their_long_words() {
        for (text, value) in [
            ("How to Make the Best of a Small Garden", 1.0),
            ("We made the best of a small garden", 0.0),
            ("Home", 0.0),
            ("Die Regierung plant neue Regeln", 0.0),
            ("Как Сделать Сайт", 1.0),
            ("東京 大阪", 0.0),
        ] {
            assert_eq!(english(text).document("title_case"), Some(value), "{text}");
        }
    }

    #[test]
    fn random_letters_are_told_from_words() {
        let random = english("kqzjwbt hfgtrplm zxcvbn");
        assert_eq!(random.document("random_word_ratio"), Some(1.0));
        let words = english("strengths rhythm quixotic Bahrain geography Iraqis subjunctive");
        assert!(words.document("random_word_ratio") < Some(0.2));
        assert_eq!(english("short HTTPSX слово").document("random_word_ratio"), None);
    }
}
