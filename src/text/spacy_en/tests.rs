//! The recorded answers of spaCy, and what holds for every text.
//!
//! `tests/data/spacy_en.json` was written by a few lines of Python under spaCy 3.8.18 and datatrove
//! 0.10.1: for each string of our own, the string, the list `word_tokenize` of datatrove's
//! `SpaCyTokenizer("en")` gives, and the length of the list its `sent_tokenize` gives. Beside them
//! stand two checksums (FNV-1a, 64 bits): of the tokeniser's exceptions except white space, sorted
//! by the bytes of their text, each as its tokens with `|` between them and a line feed after it;
//! and of every code point's bits as in `classes`, two bytes each, lower byte first. The bits are
//! asked of the compiled patterns one character at a time.

use proptest::prelude::*;
use serde_json::Value;

use super::exceptions::exceptions;
use super::{Token, classes, hash, sentence_count, tokens};

fn recorded() -> Value {
    serde_json::from_str(include_str!("../../../tests/data/spacy_en.json")).expect("valid JSON")
}

fn words(text: &str) -> Vec<&str> {
    tokens(text).iter().map(|token| token.text(text)).collect()
}

fn fnv1a(bytes: impl IntoIterator<Item = u8>) -> String {
    let hash = bytes.into_iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[test]
fn tokens_and_sentences_are_those_spacy_gave() {
    let recorded = recorded();
    let cases = recorded["cases"].as_array().expect("a list");
    assert!(cases.len() > 150);
    for case in cases {
        let text = case[0].as_str().expect("a text");
        let expected: Vec<&str> =
            case[1].as_array().expect("tokens").iter().filter_map(Value::as_str).collect();
        assert_eq!(words(text), expected, "tokens of {text:?}");
        assert_eq!(Some(sentence_count(text) as u64), case[2].as_u64(), "sentences of {text:?}");
    }
}

#[test]
fn the_exceptions_are_spacys() {
    let (recorded, found) = (recorded(), exceptions());
    assert_eq!(recorded["exceptions"]["count"].as_u64(), Some(found.len() as u64));
    let lines: String = found.values().map(|parts| parts.join("|") + "\n").collect();
    assert_eq!(recorded["exceptions"]["fnv1a"], fnv1a(lines.bytes()));
}

#[test]
fn the_character_classes_are_spacys() {
    let table = classes::classes();
    let bits = |code| char::from_u32(code).map_or(0, |c| table.of(c));
    let bytes = (0..=u32::from(char::MAX)).flat_map(|code| bits(code).to_le_bytes());
    assert_eq!(recorded()["characters"]["fnv1a"], fnv1a(bytes));
}

#[test]
fn a_token_is_small() {
    assert!(size_of::<Token>() <= 24);
}

#[test]
fn tokens_of_equal_text_have_equal_hashes_and_case_counts() {
    let text = "Extraordinarily so, extraordinarily so; Extraordinarily";
    let found = tokens(text);
    assert_eq!(found[0].hash, found[6].hash);
    assert_ne!(found[0].hash, found[3].hash);
    assert_eq!(found[1].hash, found[4].hash);
    assert_eq!(found[0].hash, hash("Extraordinarily"));
}

#[test]
fn a_hash_depends_on_every_byte_and_the_length() {
    let mut seen = std::collections::BTreeSet::new();
    for length in 0..60 {
        let plain = "a".repeat(length);
        assert!(seen.insert(hash(&plain)));
        for at in 0..length {
            let mut changed = plain.clone();
            changed.replace_range(at..=at, "b");
            assert!(seen.insert(hash(&changed)), "{changed}");
        }
    }
}

#[test]
fn characters_are_counted_not_bytes() {
    let counts: Vec<u32> = tokens("naïve – 中文").iter().map(|token| token.char_count).collect();
    assert_eq!(counts, [5, 1, 2]);
}

#[test]
fn only_ascii_letters_are_told_apart() {
    let plain: Vec<bool> =
        tokens("word café x2 don't !").iter().map(|token| token.ascii_letters).collect();
    assert_eq!(plain, [true, false, false, true, false, false]);
}

#[test]
fn an_exception_is_found_again_among_tokens_unless_a_longer_find_lies_over_it() {
    assert_eq!(words("and/or/not"), ["and/or", "/", "not"]);
    assert_eq!(words("x:("), ["x", ":("]);
    // `:((` across the space is longer than `:(`, and has no effect itself.
    assert_eq!(words("x:( ("), ["x", ":", "(", "("]);
    assert_eq!(words("x:(  ("), ["x", ":(", "("]);
}

/// Not for measuring: a quadratic step would take minutes here.
#[test]
fn long_runs_take_no_time_to_speak_of() {
    for unit in [")", "(", ".", "…", "a", ":)", "):(", "'", "a@", "a.b@", "a-", "1.", "°C.", "😀"]
    {
        let text = unit.repeat(400_000);
        let found = tokens(&text);
        assert_eq!(found.last().map(|token| token.end as usize), Some(text.len()));
        assert!(sentence_count(&text) >= 1);
    }
}

fn is_space(c: char) -> bool {
    classes::classes().of(c) & classes::SPACE != 0
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let mut at = 0;
    for token in tokens(text) {
        let (start, end) = (token.start as usize, token.end as usize);
        prop_assert!(at <= start && start < end);
        prop_assert!(text[at..start].chars().all(is_space));
        prop_assert!(!text[start..end].contains(is_space));
        prop_assert_eq!(token.hash, hash(&text[start..end]));
        prop_assert_eq!(token.char_count as usize, text[start..end].chars().count());
        prop_assert_eq!(
            token.ascii_letters,
            text[start..end].chars().all(|c| c.is_ascii_alphabetic())
        );
        at = end;
    }
    prop_assert!(text[at..].chars().all(is_space));
    let sentences = sentence_count(text);
    prop_assert_eq!(sentences == 0, text.chars().all(is_space));
    prop_assert!(sentences <= tokens(text).len());
    Ok(())
}

proptest! {
    #[test]
    fn tokens_are_in_order_and_cover_all_but_white_space(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn so_they_do_in_texts_made_of_marks(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                ".", "..", ",", "'", "’", "“", "”", "(", ")", "-", "--", "—", "…", "/", ":", "@",
                "$", "US$", "%", "+", "5", "km", "he", "'s", "n't", "do", "Mr.", "e.g", "a", "B",
                "é", "中", "😀", "\u{301}", "\u{200b}", " ", "  ", "\n", "\u{a0}", "\u{3000}",
                "http://", "www.", "com", ":)", "<3", "o_O", "°", "C", "!", "?", "。",
            ]),
            0..40,
        )
    ) {
        check(&parts.concat())?;
    }
}
