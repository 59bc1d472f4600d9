//! Sentences as Punkt (Kiss and Strunk 2006) cuts them, by the steps of NLTK 3.9.1 (since 3.10
//! curly quotation marks end words, which C4 never saw).
//!
//! The steps are the original's: candidates are full stops, question and exclamation marks before
//! white space or certain marks; a full stop after an abbreviation, an initial or a number is
//! looked at with the word after it; marks that close a quotation go with the sentence before.
//! What differs is what the steps know. NLTK's English model holds counts of twenty thousand
//! words of the Wall Street Journal; here stand a list of abbreviations, one of words that begin
//! sentences, and instead of the counts this: a word in capitals is known in lower case if it is
//! a stop word, and never a name if it is one of those that the model saw in no name.

use std::sync::LazyLock;

use crate::text::words::word_hash;
use crate::text::{eights, lists, python};

/// How many sentences a line has.
pub(super) fn sentences(line: &str) -> usize {
    let end = line.trim_end_matches(python::is_space).len();
    let mut count = 0;
    // Where the sentence begins that is not counted yet, and where what closed the last one ends.
    let mut start = 0;
    let mut skipped = 0;
    let mut tokens = Vec::new();
    each_candidate(line, |candidate, context_start| {
        let context = line.get(context_start..candidate.context_end).unwrap_or("");
        if !breaks_plainly(line, context_start, candidate) && !breaks(context, &mut tokens) {
            return;
        }
        let from = start + skipped;
        let next = candidate.next.unwrap_or(candidate.end);
        let following = line.get(next..).unwrap_or("");
        let closing = closing_marks(following);
        if closing > 0 || from < candidate.end {
            count += 1;
        }
        start = next;
        skipped = closing;
    });
    count + usize::from(start + skipped < end)
}

/// A mark that may end a sentence.
#[derive(Clone, Copy)]
struct Candidate {
    /// The byte after the mark.
    end: usize,
    /// Where the next word begins, if white space follows.
    next: Option<usize>,
    /// Where what is looked at ends: after the next word, or the mark that follows.
    context_end: usize,
}

/// Marks that end a word: `[)";}\]*:@'({\[!?]`.
fn is_non_word(c: char) -> bool {
    matches!(c, ')' | '"' | ';' | '}' | ']' | '*' | ':' | '@' | '\'' | '(' | '{' | '[' | '!' | '?')
}

/// Calls `take` with each candidate and the start of the word before it; of candidates that share
/// a word with the last only.
fn each_candidate(line: &str, mut take: impl FnMut(Candidate, usize)) {
    let bytes = line.as_bytes();
    let mut last: Option<(Candidate, usize)> = None;
    // The word before the last candidate: from where to where.
    let mut word = (0, 0);
    for at in memchr::memchr3_iter(b'.', b'?', b'!', bytes) {
        let end = at + 1;
        let Some(candidate) = candidate(line, end) else { continue };
        let before = bytes.get(word.1..at).unwrap_or(&[]);
        let is_space = |b: &u8| matches!(b, b' ' | b'\t'..=b'\r');
        let start = match before.iter().rposition(is_space) {
            // White space right after the last candidate's word is not seen, as there.
            None | Some(0) => word.0,
            Some(place) => word.1 + place + 1,
        };
        if let Some((last, from)) = last
            && word.1 <= start
        {
            take(last, from);
        }
        last = Some((candidate, start));
        word = (start, at);
    }
    if let Some((last, from)) = last {
        take(last, from);
    }
}

fn candidate(line: &str, end: usize) -> Option<Candidate> {
    let rest = line.get(end..)?;
    let first = rest.chars().next()?;
    if is_non_word(first) {
        return Some(Candidate { end, next: None, context_end: end + first.len_utf8() });
    }
    let word = rest.trim_start_matches(python::is_space);
    if word.len() == rest.len() || word.is_empty() {
        return None;
    }
    let next = line.len() - word.len();
    let is_end = |byte: u8| !byte.is_ascii() || python::is_ascii_space(byte);
    let length = match word.bytes().position(is_end) {
        Some(end) if word.as_bytes().get(end).is_some_and(u8::is_ascii) => end,
        Some(_) => word.find(python::is_space).unwrap_or(word.len()),
        None => word.len(),
    };
    Some(Candidate { end, next: Some(next), context_end: next + length })
}

/// Bytes at the start of a sentence that belong to the one before: closing marks, and the white
/// space after them; 0 if there are none, or a word follows at once.
fn closing_marks(text: &str) -> usize {
    let rest = text.trim_start_matches(['"', '\'', ')', ']', '}']);
    let marks = text.len() - rest.len();
    if marks == 0 {
        return 0;
    }
    let solid = rest.trim_start_matches(python::is_space);
    if solid.len() < rest.len() || rest.is_empty() || rest.starts_with("--") {
        return text.len() - solid.len();
    }
    0
}

/// What a token is, as far as sentences ask.
#[derive(Clone, Copy)]
struct Token<'t> {
    text: &'t str,
    breaks: bool,
    is_abbreviation: bool,
    is_ellipsis: bool,
}

/// True if nothing but letters stands before the mark and they are no abbreviation: whatever
/// follows, [`breaks`] is true too.
fn breaks_plainly(line: &str, context_start: usize, candidate: Candidate) -> bool {
    let Some(mark) = candidate.end.checked_sub(1) else { return false };
    let Some(word) = line.get(context_start..mark) else { return false };
    // One letter may be an initial.
    word.len() > 1
        && word.bytes().all(|byte| byte.is_ascii_alphabetic())
        && (line.as_bytes().get(mark).is_none_or(|mark| *mark != b'.') || !is_abbreviation(word))
}

/// True if a token that is not the last ends a sentence.
fn breaks<'t>(context: &'t str, tokens: &mut Vec<Token<'t>>) -> bool {
    tokens.clear();
    let mut rest = context;
    while let Some((token, after)) = next_token(rest) {
        tokens.push(first_pass(token));
        rest = after;
    }
    let found = tokens.windows(2).any(|pair| match pair {
        [token, next] => second_pass(*token, *next),
        _ => false,
    });
    tokens.clear();
    found
}

/// The first token of a text, and what follows it.
fn next_token(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(python::is_space);
    let first = text.chars().next()?;
    let several = several_marks(text);
    let length = if several > 0 {
        several
    } else if matches!(
        first,
        '(' | '"'
            | '`'
            | '{'
            | '['
            | ':'
            | ';'
            | '&'
            | '#'
            | '*'
            | '@'
            | ')'
            | '}'
            | ']'
            | '-'
            | ','
    ) {
        first.len_utf8()
    } else {
        let ends = |(at, _): &(usize, char)| text.get(*at..).is_none_or(ends_word);
        text.char_indices().skip(1).find(ends).map_or(text.len(), |(at, _)| at)
    };
    Some((text.get(..length)?, text.get(length..)?))
}

/// True if a word ends before this text.
fn ends_word(text: &str) -> bool {
    let stops = |text: &str| {
        let Some(c) = text.chars().next() else { return true };
        python::is_space(c) || is_non_word(c) || several_marks(text) > 0
    };
    stops(text) || text.strip_prefix(',').is_some_and(stops)
}

/// Bytes of two or more hyphens or full stops, or of three and more full stops with spaces.
fn several_marks(text: &str) -> usize {
    for mark in ['-', '.'] {
        let run = text.len() - text.trim_start_matches(mark).len();
        if run >= 2 {
            return run;
        }
    }
    let mut rest = text;
    let mut pairs = 0;
    while let Some(after) = rest.strip_prefix('.').and_then(|r| r.strip_prefix(python::is_space)) {
        if !after.starts_with('.') {
            break;
        }
        rest = after;
        pairs += 1;
    }
    if pairs >= 2 { text.len() - rest.len() + 1 } else { 0 }
}

fn first_pass(text: &str) -> Token<'_> {
    let mut token = Token { text, breaks: false, is_abbreviation: false, is_ellipsis: false };
    let stem = text.strip_suffix('.');
    if matches!(text, "." | "?" | "!") {
        token.breaks = true;
    } else if text.len() >= 2 && text.bytes().all(|b| b == b'.') {
        token.is_ellipsis = true;
    } else if let Some(stem) = stem.filter(|stem| !stem.ends_with('.')) {
        let last = stem.rsplit('-').next().unwrap_or(stem);
        token.is_abbreviation = is_abbreviation(stem) || is_abbreviation(last);
        token.breaks = !token.is_abbreviation;
    }
    token
}

/// True if a sentence ends after the token, with the next one looked at.
fn second_pass(token: Token<'_>, next: Token<'_>) -> bool {
    let Some(stem) = token.text.strip_suffix('.') else { return token.breaks };
    let mut letters = stem.chars();
    let is_initial = letters.next().is_some_and(|c| c.is_alphanumeric() && !c.is_numeric())
        && letters.next().is_none();
    let first = next.text.chars().next();
    let is_upper = first.is_some_and(char::is_uppercase);
    let is_lower = first.is_some_and(char::is_lowercase);
    let bare = next.text.strip_suffix('.').filter(|_| next.breaks).unwrap_or(next.text);
    if (token.is_abbreviation || token.is_ellipsis) && !is_initial {
        return is_upper && is_starter(bare);
    }
    if is_initial || is_number(stem) {
        let is_mark = matches!(next.text, ";" | ":" | "," | "." | "!" | "?");
        if is_mark || is_lower || (is_initial && is_upper && !is_stop_word(bare)) {
            return false;
        }
    }
    token.breaks
}

/// Numbers in digits, with points, commas and hyphens inside.
fn is_number(stem: &str) -> bool {
    let digits = stem.strip_prefix('-').unwrap_or(stem);
    let digits = digits.strip_prefix(['.', ',']).unwrap_or(digits);
    digits.starts_with(|c: char| c.is_numeric())
        && digits.chars().all(|c| c.is_numeric() || matches!(c, ',' | '.' | '-'))
}

/// Abbreviations of English that end with a full stop.
const ABBREVIATIONS: &[&str] = &[
    "a.d", "a.m", "adm", "ala", "ariz", "aug", "ave", "bros", "c", "calif", "cie", "co", "col",
    "colo", "conn", "corp", "cos", "ct", "d", "d.c", "dec", "dr", "e", "f", "feb", "fla", "fri",
    "ft", "g", "ga", "gen", "h", "ill", "inc", "jan", "jr", "k", "kan", "ky", "l", "l.a", "lt",
    "ltd", "m", "m.b.a", "maj", "messrs", "mg", "mich", "minn", "mr", "mrs", "ms", "n", "n.c",
    "n.d", "n.h", "n.j", "n.v", "n.y", "nev", "nov", "oct", "okla", "ore", "p", "p.m", "pa",
    "ph.d", "prof", "r", "rep", "reps", "s", "s.a", "s.c", "s.p.a", "sen", "sep", "sept", "sr",
    "st", "t", "tenn", "tues", "u.k", "u.n", "u.s", "u.s.a", "u.s.s.r", "v", "va", "vs", "vt", "w",
    "w.va", "wash", "wed", "wis", "yr",
];

fn is_abbreviation(stem: &str) -> bool {
    /// Each as a number.
    static NUMBERS: LazyLock<Vec<u64>> = LazyLock::new(|| {
        let number = |text: &&str| eights::load(text.as_bytes(), 0);
        let mut numbers: Vec<u64> = ABBREVIATIONS.iter().map(number).collect();
        numbers.sort_unstable();
        numbers
    });
    // None is longer than this, and most words end here.
    if stem.len() > 8 {
        return false;
    }
    if !stem.is_ascii() {
        return ABBREVIATIONS.binary_search(&stem.to_lowercase().as_str()).is_ok();
    }
    let number = eights::load(stem.as_bytes(), 0);
    // The bit that is off in capitals.
    let lower = number | eights::letters(number) >> 2;
    !stem.ends_with('\0') && NUMBERS.binary_search(&lower).is_ok()
}

/// Words that begin a sentence if they stand in capitals after an abbreviation: those that often
/// do, and stop words that are in no name.
const STARTERS: &[&str] = &[
    "above",
    "according",
    "afterwards",
    "almost",
    "along",
    "already",
    "although",
    "always",
    "among",
    "anybody",
    "anyone",
    "anything",
    "anywhere",
    "become",
    "behind",
    "being",
    "beneath",
    "besides",
    "between",
    "beyond",
    "both",
    "but",
    "cannot",
    "despite",
    "does",
    "doing",
    "done",
    "either",
    "else",
    "enough",
    "even",
    "ever",
    "everywhere",
    "except",
    "he",
    "hence",
    "her",
    "here",
    "hers",
    "herself",
    "him",
    "himself",
    "however",
    "i",
    "if",
    "in",
    "indeed",
    "inside",
    "instead",
    "into",
    "it",
    "lest",
    "many",
    "meanwhile",
    "mine",
    "moreover",
    "most",
    "myself",
    "neither",
    "nevertheless",
    "nonetheless",
    "nor",
    "nothing",
    "nowhere",
    "onto",
    "otherwise",
    "ought",
    "ours",
    "ourselves",
    "per",
    "same",
    "separately",
    "similarly",
    "since",
    "so",
    "some",
    "someone",
    "sometimes",
    "still",
    "such",
    "the",
    "them",
    "themselves",
    "there",
    "therefore",
    "these",
    "they",
    "this",
    "though",
    "through",
    "throughout",
    "thus",
    "together",
    "towards",
    "under",
    "unless",
    "upon",
    "us",
    "very",
    "were",
    "when",
    "whenever",
    "whereas",
    "wherever",
    "whether",
    "which",
    "whichever",
    "while",
    "whole",
    "whom",
    "within",
    "without",
    "yes",
    "yet",
    "your",
    "yourself",
];

fn is_starter(word: &str) -> bool {
    STARTERS.binary_search(&word.to_lowercase().as_str()).is_ok()
}

fn is_stop_word(word: &str) -> bool {
    static ENGLISH: LazyLock<Option<&'static lists::WordSet>> =
        LazyLock::new(|| lists::stop_words("en"));
    ENGLISH.is_some_and(|words| words.contains(word_hash(word)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_has_its_sentences() {
        for (line, count) in [
            ("", 0),
            ("No end", 1),
            ("The mill is old. The wheel is gone.", 2),
            ("Mr. Miller met Dr. Stone at 5 p.m. on the quay. They went home.", 2),
            ("They live in the U.S. The mill is there.", 2),
            ("It was sold to A. Reed for 9. He kept it.", 2),
            ("\"Is it old?\" she asked. \"It is!\" he said.", 4),
            ("The mill is old.The wheel is gone.", 1),
            ("Wow!!! What is it?! Yes.", 3),
            ("He waited ... and went. She said no... But he knew.", 3),
            ("It is old (built in 1702.) And it turns.", 2),
            ("He said: \"It is old.\"", 1),
        ] {
            assert_eq!(sentences(line), count, "{line}");
        }
    }

    #[test]
    fn abbreviations_are_known_in_any_case() {
        for (stem, is) in [
            ("Mr", true),
            ("U.S", true),
            ("W.VA", true),
            ("mill", false),
            ("", false),
            ("c\0", false),
        ] {
            assert_eq!(is_abbreviation(stem), is, "{stem}");
        }
        assert!(ABBREVIATIONS.iter().all(|stem| is_abbreviation(&stem.to_uppercase())));
        assert!(is_abbreviation("\u{212a}y"), "the Kelvin sign has k for its lower case");
    }

    proptest! {
        #[test]
        fn what_breaks_plainly_breaks(line in "([a-zA-Z]{1,4}[.?!]{1,2}[\" )-]{0,2}){1,6}") {
            each_candidate(&line, |candidate, start| {
                let context = &line[start..candidate.context_end];
                if breaks_plainly(&line, start, candidate) {
                    assert!(breaks(context, &mut Vec::new()), "{context}");
                }
            });
        }
    }

    #[test]
    fn tables_are_sorted() {
        assert!(ABBREVIATIONS.is_sorted() && STARTERS.is_sorted());
    }
}
