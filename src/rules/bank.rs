//! All patterns and phrases of a scope, matched together and once for each target.
//!
//! One walk over the target finds which required literals stand in it; only the patterns whose
//! literals do are tried, each by itself. Patterns without literals are tried together. One more
//! walk finds the phrases of all lists. Nothing is done before a rule asks.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::{Regex, RegexSet, RegexSetBuilder, SetMatches};

use super::conditions::pattern::Pattern;
use super::conditions::phrases::{Phrase, fold, unfold};
use crate::document::Span;

/// Automata of at most so many bytes of literals are made as tables, which is twice as fast.
const TABLE_BYTES: usize = 20_000;
/// Largest cache of the automaton of all patterns without literals, in bytes.
const SET_CACHE_BYTES: usize = 64 << 20;
/// Matches are looked for in so many bytes first; see [`each_match`].
const WINDOW_BYTES: usize = 16 << 10;

/// The patterns and phrase lists of a scope, while they are collected.
#[derive(Debug, Default)]
pub(crate) struct BankBuilder {
    patterns: Vec<Pattern>,
    /// Places in `patterns` by the text compiled.
    known: BTreeMap<(String, bool), usize>,
    lists: Vec<Vec<Phrase>>,
}

impl BankBuilder {
    /// Adds a pattern; its place in the bank.
    pub(crate) fn pattern(&mut self, pattern: &Pattern) -> usize {
        let key = (pattern.regex.as_str().to_owned(), pattern.unicode);
        let patterns = &mut self.patterns;
        *self.known.entry(key).or_insert_with(|| {
            patterns.push(pattern.clone());
            patterns.len() - 1
        })
    }

    /// Adds a phrase list; its place in the bank.
    pub(crate) fn list(&mut self, entries: &[Phrase]) -> usize {
        let known = self.lists.iter().position(|list| list == entries);
        known.unwrap_or_else(|| {
            self.lists.push(entries.to_vec());
            self.lists.len() - 1
        })
    }

    /// Makes the automata. The error says what became too large.
    pub(crate) fn build(self) -> Result<Bank, &'static str> {
        let mut literals: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
        let mut together: Vec<usize> = Vec::new();
        for (place, pattern) in self.patterns.iter().enumerate() {
            // Unicode boundaries would make the common automaton give up on every other letter.
            if pattern.literals.is_empty() && !pattern.unicode {
                together.push(place);
            }
            for literal in &pattern.literals {
                literals.entry(literal).or_default().push(place);
            }
        }
        let gate = automaton(literals.keys().copied(), true)
            .map_err(|()| "the literals of all patterns are too large together")?;
        let (patterns, phrases) = (&self.patterns, self.lists.iter().flatten());
        let set =
            together.iter().filter_map(|&place| patterns.get(place)).map(|p| p.regex.as_str());
        // A set that is too large is no mistake: its patterns are then tried one by one.
        let set = (together.len() > 1)
            .then(|| {
                RegexSetBuilder::new(set)
                    .size_limit(SET_CACHE_BYTES)
                    .dfa_size_limit(SET_CACHE_BYTES)
                    .build()
                    .ok()
            })
            .flatten();
        let phrase_walk = automaton(phrases.map(|phrase| phrase.text.as_bytes()), false)
            .map_err(|()| "the phrases of all lists are too large together")?;
        let owners = literals.into_values().collect();
        let mut in_set = vec![None; self.patterns.len()];
        for (place, pattern) in together.iter().enumerate().filter(|_| set.is_some()) {
            if let Some(known) = in_set.get_mut(*pattern) {
                *known = Some(place);
            }
        }
        let phrases = self
            .lists
            .into_iter()
            .enumerate()
            .flat_map(|(list, entries)| entries.into_iter().map(move |phrase| (list, phrase)))
            .collect();
        Ok(Bank { patterns: self.patterns, gate, owners, set, in_set, phrase_walk, phrases })
    }
}

fn automaton<'a>(
    texts: impl Iterator<Item = &'a [u8]> + Clone,
    ignore_case: bool,
) -> Result<Option<AhoCorasick>, ()> {
    let bytes: usize = texts.clone().map(<[u8]>::len).sum();
    if bytes == 0 {
        return Ok(None);
    }
    let kind = (bytes <= TABLE_BYTES).then_some(AhoCorasickKind::DFA);
    let mut builder = AhoCorasick::builder();
    builder.kind(kind).ascii_case_insensitive(ignore_case);
    builder.build(texts).map(Some).map_err(|_| ())
}

/// The compiled patterns and phrase lists of a scope.
#[derive(Debug, Default)]
pub(crate) struct Bank {
    patterns: Vec<Pattern>,
    /// Finds literals; match `n` belongs to the patterns `owners[n]`.
    gate: Option<AhoCorasick>,
    owners: Vec<Vec<usize>>,
    /// The patterns without literals.
    set: Option<RegexSet>,
    /// For each pattern its place in `set`.
    in_set: Vec<Option<usize>>,
    /// Finds phrases; match `n` is `phrases[n]`.
    phrase_walk: Option<AhoCorasick>,
    /// Phrases with the number of their list.
    phrases: Vec<(usize, Phrase)>,
}

/// An occurrence of a phrase, in the folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    list: usize,
    span: Span,
}

/// What has been seen of a target so far.
#[derive(Debug)]
pub(crate) struct Sight<'b, 't> {
    bank: &'b Bank,
    text: &'t str,
    /// A bit for each pattern that may match; empty if none may.
    candidates: Option<Vec<u64>>,
    set: Option<SetMatches>,
    phrases: Option<Vec<Found>>,
}

impl<'b, 't> Sight<'b, 't> {
    /// Nothing seen yet.
    pub(crate) fn new(bank: &'b Bank, text: &'t str) -> Self {
        Self { bank, text, candidates: None, set: None, phrases: None }
    }

    /// True if a pattern has so many matches.
    pub(crate) fn has_matches(&mut self, pattern: usize, at_least: u32) -> bool {
        let (bank, text) = (self.bank, self.text);
        let Some(known) = bank.patterns.get(pattern) else { return false };
        if !known.literals.is_empty() && !self.may_match(pattern) {
            return false;
        }
        if let (Some(set), Some(Some(place))) = (&bank.set, bank.in_set.get(pattern)) {
            let matches = self.set.get_or_insert_with(|| set.matches(text));
            if !matches.matched(*place) {
                return false;
            }
        } else if at_least <= 1 {
            return known.regex.is_match(text);
        }
        let mut left = at_least;
        each_match(&known.regex, text, |_| {
            left = left.saturating_sub(1);
            left > 0
        });
        left == 0
    }

    fn may_match(&mut self, pattern: usize) -> bool {
        let bank = self.bank;
        let candidates = self.candidates.get_or_insert_with(|| {
            let mut bits = Vec::new();
            let Some(gate) = &bank.gate else { return bits };
            for found in gate.find_overlapping_iter(self.text) {
                if bits.is_empty() {
                    bits.resize(bank.patterns.len().div_ceil(64), 0u64);
                }
                for owner in bank.owners.get(found.pattern().as_usize()).into_iter().flatten() {
                    if let Some(word) = bits.get_mut(owner / 64) {
                        *word |= 1 << (owner % 64);
                    }
                }
            }
            bits
        });
        candidates.get(pattern / 64).is_some_and(|word| word & (1 << (pattern % 64)) != 0)
    }

    /// All matches of a pattern, in order, in places of the target's text.
    pub(crate) fn matches(&self, pattern: usize) -> Vec<Span> {
        let mut spans = Vec::new();
        if let Some(known) = self.bank.patterns.get(pattern) {
            each_match(&known.regex, self.text, |span| {
                spans.push(span);
                true
            });
        }
        spans
    }

    /// Number of occurrences of a list's phrases: leftmost, longest, not overlapping.
    pub(crate) fn phrase_count(&mut self, list: usize) -> usize {
        self.found().iter().filter(|found| found.list == list).count()
    }

    /// The occurrences of a list's phrases, in order, in places of the target's text.
    pub(crate) fn phrase_spans(&mut self, list: usize) -> Vec<Span> {
        let text = self.text;
        let spans: Vec<Span> = self
            .found()
            .iter()
            .filter(|found| found.list == list)
            .map(|found| found.span)
            .collect();
        unfold(text, &spans)
    }

    fn found(&mut self) -> &[Found] {
        let (bank, text) = (self.bank, self.text);
        self.phrases.get_or_insert_with(|| bank.find_phrases(text))
    }
}

impl Bank {
    fn find_phrases(&self, text: &str) -> Vec<Found> {
        let Some(walk) = &self.phrase_walk else { return Vec::new() };
        let folded = fold(text);
        let mut found: Vec<Found> = walk
            .find_overlapping_iter(&folded)
            .filter_map(|at| {
                let (list, phrase) = self.phrases.get(at.pattern().as_usize())?;
                let span = Span::new(at.start(), at.end());
                phrase.stands(&folded, span).then_some(Found { list: *list, span })
            })
            .collect();
        if found.len() > 1 {
            found.sort_by_key(|f| (f.list, f.span.start, std::cmp::Reverse(f.span.end)));
            let mut last: Option<Found> = None;
            found.retain(|f| {
                let free = last.is_none_or(|l| l.list != f.list || l.span.end <= f.span.start);
                if free {
                    last = Some(*f);
                }
                free
            });
        }
        found
    }
}

/// Calls `take` with the matches of a pattern in order until it says `false`.
///
/// Finding all matches can cost the square of the text: each search may read to the end before
/// it is sure of a short match. So a match is first looked for in [`WINDOW_BYTES`], and in the
/// whole rest only where the window has none.
fn each_match(regex: &Regex, text: &str, mut take: impl FnMut(Span) -> bool) {
    let mut at = 0;
    while at < text.len() {
        let mut end = text.len().min(at + WINDOW_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let window = text.get(..end).unwrap_or(text);
        let near = regex.find_at(window, at).filter(|m| m.end() < end || end == text.len());
        let found = match near {
            None if end < text.len() => regex.find_at(text, at),
            near => near,
        };
        let Some(found) = found else { return };
        if !take(Span::new(found.start(), found.end())) {
            return;
        }
        // A match is never empty, but a loop must not depend on it.
        at = found.end().max(at + 1);
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::conditions::pattern::compile;
    use proptest::prelude::*;

    fn bank(patterns: &[(&str, bool)], lists: &[&[&str]]) -> Bank {
        let mut builder = BankBuilder::default();
        for (pattern, unicode) in patterns {
            builder.pattern(&compile(pattern, *unicode).unwrap());
        }
        for list in lists {
            let entries: Vec<Phrase> = list.iter().filter_map(|p| Phrase::new(p)).collect();
            builder.list(&entries);
        }
        builder.build().unwrap()
    }

    fn phrases<'t>(lists: &[&[&str]], list: usize, text: &'t str) -> Vec<&'t str> {
        let bank = bank(&[], lists);
        let mut sight = Sight::new(&bank, text);
        let spans = sight.phrase_spans(list);
        assert_eq!(spans.len(), sight.phrase_count(list));
        spans.into_iter().map(|span| span.of(text)).collect()
    }

    const PATTERNS: &[(&str, bool)] = &[
        (r"(?i)\b(?:cookie|privacy)\W+(?:policy|notice)\b", false),
        (r"(?i)\bask\b", false),
        (r"(?i)\bдальше\b", true),
        (r"[0-9]{2}:[0-9]{2}", false),
        (r"\b[A-Z]{3}\b", false),
        (r"colou?r(?:ed)?", false),
        (r"\d+\s\w+", true),
    ];

    #[test]
    fn a_pattern_matches_in_the_bank_as_it_does_alone() {
        let bank = bank(PATTERNS, &[]);
        for text in [
            "",
            "Our COOKIE  Policy",
            "aſ\u{212a} ask",
            "Читать ДАЛЬШЕ",
            "at 12:30 and 14:45",
            "The BBC of colour",
            "٣ apples",
        ] {
            for (place, (pattern, unicode)) in PATTERNS.iter().enumerate() {
                let alone = compile(pattern, *unicode).unwrap().regex;
                let mut sight = Sight::new(&bank, text);
                assert_eq!(sight.has_matches(place, 1), alone.is_match(text), "{pattern} {text}");
                let count = alone.find_iter(text).count();
                assert_eq!(sight.has_matches(place, 2), count >= 2, "{pattern} {text}");
                assert_eq!(sight.matches(place).len(), count);
            }
        }
    }

    #[test]
    fn phrases_are_found_folded_and_between_words() {
        let list: &[&str] = &["don't miss", "Read more", "été"];
        assert_eq!(
            phrases(&[list], 0, "DON\u{2019}T\n miss it: read  MORE, not read mores. L'ÉTÉ"),
            ["DON\u{2019}T\n miss", "read  MORE", "ÉTÉ"]
        );
    }

    #[test]
    fn the_leftmost_longest_phrase_counts_once() {
        let list: &[&str] = &["terms", "terms of use", "use", "of use today"];
        assert_eq!(phrases(&[list], 0, "terms of use today"), ["terms of use"]);
        assert_eq!(phrases(&[list], 0, "Terms of users; terms"), ["Terms", "terms"]);
    }

    #[test]
    fn lists_do_not_hide_one_another() {
        let lists: &[&[&str]] = &[&["lorem ipsum dolor"], &["ipsum"]];
        assert_eq!(phrases(lists, 0, "Lorem ipsum dolor"), ["Lorem ipsum dolor"]);
        assert_eq!(phrases(lists, 1, "Lorem ipsum dolor"), ["ipsum"]);
    }

    #[test]
    fn phrases_of_other_scripts_are_found() {
        let list: &[&str] = &["続きを読む", "читать далее", "اقرأ المزيد"];
        assert_eq!(
            phrases(&[list], 0, "この続きを読むには。 Читать  ДАЛЕЕ… اقرأ المزيد"),
            ["続きを読む", "Читать  ДАЛЕЕ", "اقرأ المزيد"]
        );
    }

    #[test]
    fn matches_beyond_the_window_are_found() {
        let bank = bank(&[(r"(?s)BEGIN.*?END", false)], &[]);
        let long = format!("{} BEGIN{}END BEGIN END", "x ".repeat(20_000), "y ".repeat(40_000));
        let spans = Sight::new(&bank, &long).matches(0);
        assert_eq!(spans.len(), 2);
        assert!(spans[0].of(&long).ends_with("yEND") || spans[0].of(&long).ends_with(" END"));
    }

    #[test]
    fn equal_patterns_and_lists_are_kept_once() {
        let mut builder = BankBuilder::default();
        let pattern = compile("abc", false).unwrap();
        assert_eq!((builder.pattern(&pattern), builder.pattern(&pattern)), (0, 0));
        let list = [Phrase::new("abc").unwrap()];
        assert_eq!((builder.list(&list), builder.list(&list)), (0, 0));
    }

    proptest! {
        #[test]
        fn the_gate_never_hides_a_match(text in "[a-z ſKdCOKIEkiepolcyask:0-9ДАЛЬШЕдальше]{0,60}") {
            let bank = bank(PATTERNS, &[]);
            let mut sight = Sight::new(&bank, &text);
            for (place, (pattern, unicode)) in PATTERNS.iter().enumerate() {
                let alone = compile(pattern, *unicode).unwrap().regex;
                prop_assert_eq!(sight.has_matches(place, 1), alone.is_match(&text));
            }
        }
    }
}
