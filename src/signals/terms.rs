//! Terms: content words in a form in which inflected words meet.
//!
//! A content word has a letter and is no stop word of the document's language; where there is
//! no list for the language, it has at least four characters. Its term is its beginning in
//! lower case: six letters, five outside ASCII, with the plural's `s` (`ies` as `y`) and what
//! an apostrophe sets apart taken off. In scripts without spaces, where UAX 29 gives single
//! characters (Chinese, Thai), a term is a pair of neighbours.

use crate::text::Word;
use crate::text::lists::WordSet;
use crate::text::words::{lower_hash, word_hash};

/// A content word in the form in which it is compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    /// Where its word starts.
    pub(super) start: usize,
    /// Hash of its form.
    pub(super) hash: u64,
    /// How telling it is: its word's characters, at most eight, because long words are rarer.
    pub(super) weight: u32,
}

/// Fewest characters of a content word where there is no list of stop words.
const FEWEST_CHARACTERS: usize = 4;
/// Most that a term weighs.
const HEAVIEST: usize = 8;
/// What a pair of characters of a script without spaces weighs.
const PAIR: u32 = 5;

/// The terms of a text, in order.
pub(super) fn terms(text: &str, words: &[Word], stop: Option<&WordSet>) -> Vec<Term> {
    let mut found = Vec::with_capacity(words.len() / 2);
    let mut before: Option<&Word> = None;
    for word in words {
        // Half of all words are done with here. What begins in ASCII is no pair's.
        let is_ascii = |at: u32| text.as_bytes().get(at as usize).is_some_and(u8::is_ascii);
        if stop.is_some_and(|stop| stop.contains(word.hash)) && is_ascii(word.start) {
            before = None;
            continue;
        }
        let content = word.span().of(text);
        if content.is_ascii() {
            before = None;
            if let Some((hash, weight)) = ascii_term(content.as_bytes(), stop) {
                found.push(Term { start: word.start as usize, hash, weight });
            }
            continue;
        }
        if is_unspaced(content) {
            if let Some(first) = before.filter(|first| first.end == word.start) {
                let pair = text.get(first.start as usize..word.end as usize).unwrap_or("");
                let hash = word_hash(pair);
                if stop.is_none_or(|stop| !stop.contains(hash)) {
                    found.push(Term { start: first.start as usize, hash, weight: PAIR });
                }
            }
            before = Some(word);
            continue;
        }
        before = None;
        if is_content(text, word, stop) {
            let characters = content.chars().take(HEAVIEST).count();
            let hash = term_hash(content);
            found.push(Term { start: word.start as usize, hash, weight: characters as u32 });
        }
    }
    found
}

/// The hash and weight of a word in ASCII that is no stop word; `None` if it is no content word. As [`is_content`]
/// and [`term_hash`] say it of any word.
fn ascii_term(content: &[u8], stop: Option<&WordSet>) -> Option<(u64, u32)> {
    let quoted = content.contains(&b'\'');
    let is_content = match stop {
        // The word itself has been looked up.
        Some(stop) if quoted => {
            let bare = bare(std::str::from_utf8(content).unwrap_or(""));
            bare.len() > 1 && (bare.len() == content.len() || !stop.contains(word_hash(bare)))
        }
        Some(_) => content.len() > 1,
        None => content.len() >= FEWEST_CHARACTERS,
    };
    if !is_content || !content.iter().any(u8::is_ascii_alphabetic) {
        return None;
    }
    let hash = if quoted {
        term_hash(std::str::from_utf8(content).unwrap_or(""))
    } else {
        ascii_hash(content)
    };
    Some((hash, content.len().min(HEAVIEST) as u32))
}

/// True for a content word.
pub(super) fn is_content(text: &str, word: &Word, stop: Option<&WordSet>) -> bool {
    let content = word.span().of(text);
    if !content.contains(char::is_alphabetic) {
        return false;
    }
    match stop {
        Some(stop) => {
            let bare = bare(content);
            !stop.contains(word.hash)
                && (bare.len() == content.len() || !stop.contains(word_hash(bare)))
                && (is_unspaced(content) || bare.chars().nth(1).is_some())
        }
        None => is_unspaced(content) || content.chars().nth(FEWEST_CHARACTERS - 1).is_some(),
    }
}

/// True for a single character of a script that is written without spaces.
fn is_unspaced(word: &str) -> bool {
    let mut chars = word.chars();
    let Some(first) = chars.next() else { return false };
    let unspaced = matches!(first, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}'
        | '\u{20000}'..='\u{3134F}' | '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}'
        | '\u{1780}'..='\u{17FF}');
    // Marks that stand on the character belong to its word.
    unspaced && chars.all(|c| !c.is_alphabetic() || ('\u{0E00}'..='\u{17FF}').contains(&c))
}

/// A word without what an apostrophe sets apart: `Iran` of `Iran's`, `homme` of `l'homme`.
fn bare(word: &str) -> &str {
    // The typographic apostrophe starts with this byte; most words have neither.
    if !word.bytes().any(|b| b == b'\'' || b == 0xE2) {
        return word;
    }
    let Some(at) = word.find(['\'', '’']) else { return word };
    let (before, after) = word.split_at(at);
    let after = after.trim_start_matches(['\'', '’']);
    if before.chars().count() <= 2 && after.chars().count() > 2 { after } else { before }
}

/// The hash of a word's term.
fn term_hash(word: &str) -> u64 {
    let word = bare(word);
    if !word.is_ascii() {
        let start: String = word.chars().take(5).flat_map(char::to_lowercase).collect();
        return word_hash(&start);
    }
    ascii_hash(word.as_bytes())
}

/// Bytes of a term in ASCII.
const TERM_BYTES: usize = 6;

/// The hash of the term of a word in ASCII without apostrophes.
fn ascii_hash(word: &[u8]) -> u64 {
    let mut term = [0u8; TERM_BYTES];
    match word.first_chunk::<TERM_BYTES>() {
        Some(start) => term = *start,
        None => term.iter_mut().zip(word).for_each(|(own, byte)| *own = *byte),
    }
    term.make_ascii_lowercase();
    // Of the ends only letters matter, and they differ in one bit by case.
    let kept = match *word {
        [.., b'i' | b'I', b'e' | b'E', b's' | b'S'] if matches!(word.len(), 5 | 6) => {
            if let Some(y) = term.get_mut(word.len() - 3) {
                *y = b'y';
            }
            word.len() - 2
        }
        [_, _, .., b's' | b'S' | b'u' | b'U' | b'i' | b'I', b's' | b'S'] => word.len(),
        [_, _, .., _, b's' | b'S'] => word.len() - 1,
        _ => word.len(),
    };
    lower_hash(term.get(..kept.min(TERM_BYTES)).unwrap_or(&term))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::words;

    fn hashes(text: &str, stop: Option<&WordSet>) -> Vec<u64> {
        terms(text, &words(text), stop).into_iter().map(|t| t.hash).collect()
    }

    #[test]
    fn inflected_words_meet() {
        for (one, other) in [
            ("Germany", "german's"),
            ("alliance", "Alliances"),
            ("city", "cities"),
            ("boats", "boat"),
            ("relations", "relationship"),
            ("отношения", "отношений"),
            ("l’histoire", "histoires"),
        ] {
            assert_eq!(term_hash(one), term_hash(other), "{one} {other}");
        }
        for (one, other) in [("class", "clas"), ("boat", "boot"), ("this", "thi"), ("русь", "руда")]
        {
            assert_ne!(term_hash(one), term_hash(other), "{one} {other}");
        }
    }

    #[test]
    fn stop_words_are_no_terms_also_with_an_apostrophe() {
        let stop = WordSet::new(["it", "the", "of"]);
        assert_eq!(hashes("It's the end of 1999", Some(&stop)).len(), 1);
    }

    #[test]
    fn without_a_list_short_words_are_no_terms() {
        assert_eq!(hashes("the end of Rome", None).len(), 1);
        assert_eq!(hashes("", None).len(), 0);
    }

    #[test]
    fn chinese_is_compared_in_pairs() {
        assert_eq!(hashes("东京大学", None).len(), 3);
        let stop = WordSet::new(["我们"]);
        assert_eq!(hashes("我们", Some(&stop)).len(), 0);
        assert!(hashes("东京大学", None).contains(&hashes("大学", None)[0]));
    }
}
