//! All patterns and phrases of a rule set, looked for together and once for each page.
//!
//! One walk over the page finds which required literals stand in it; on a target only the
//! patterns whose literals lie in it are tried, each by itself. Patterns without literals are
//! tried together. One more walk finds the phrases of all lists. Nothing is done before a rule
//! asks.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use memchr::memmem::Finder;
use regex::{Regex, RegexSet, RegexSetBuilder, SetMatches};
use xxhash_rust::xxh3::Xxh3;

use super::conditions::pattern::Pattern;
use super::conditions::phrases::{Folded, Phrase, is_invisible, joins};
use super::conditions::{Leaf, literals};
use super::phrase_walk::PhraseWalk;
use super::seams::Left;
use super::starts::Everywhere;
use crate::document::Span;

/// So many literals are looked for one by one.
const FEW_LITERALS: usize = 24;
/// Largest cache of the automaton of all patterns without literals, in bytes.
const SET_CACHE_BYTES: usize = 64 << 20;
/// Matches are looked for in so many bytes first; see [`each_match`].
const WINDOW_BYTES: usize = 16 << 10;

/// The patterns and phrase lists of a rule set, while they are collected.
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
        let mut literals: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
        let mut together: Vec<usize> = Vec::new();
        for (place, pattern) in self.patterns.iter().enumerate() {
            // Unicode boundaries would make the common automaton give up on every other letter.
            if pattern.literals.is_empty() && !pattern.unicode {
                together.push(place);
            }
            for literal in &pattern.literals {
                // They are looked for without regard to case.
                let owners = literals.entry(literal.to_ascii_lowercase()).or_default();
                if owners.last() != Some(&place) {
                    owners.push(place);
                }
            }
        }
        let gate = Gate::new(literals.keys().map(Vec::as_slice));
        let patterns = &self.patterns;
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
        let of_phrases = self.lists.iter().flatten().map(|phrase| phrase.text.chars().count());
        let reach = of_phrases.chain(literals.keys().map(Vec::len)).max().unwrap_or(0) + 1;
        let owners = literals.into_values().collect();
        let mut in_set = vec![None; self.patterns.len()];
        for (place, pattern) in together.iter().enumerate().filter(|_| set.is_some()) {
            if let Some(known) = in_set.get_mut(*pattern) {
                *known = Some(place);
            }
        }
        let lists = self.lists.iter().map(|list| print(list)).collect();
        let phrases = self
            .lists
            .into_iter()
            .enumerate()
            .flat_map(|(list, entries)| entries.into_iter().map(move |phrase| (list, phrase)));
        Ok(Bank {
            patterns: self.patterns,
            gate,
            owners,
            set,
            in_set,
            lists,
            phrases: PhraseWalk::new(phrases),
            reach,
        })
    }
}

/// Finds literals in a text, ASCII case aside.
#[derive(Debug)]
struct Gate {
    /// Found by one walk, with the numbers of the literals.
    walk: Option<(Everywhere, Vec<usize>)>,
    /// Each by itself, in lower case: so few are found sooner than a walk is over, and what is
    /// too short for it is found in no time.
    alone: Vec<(Finder<'static>, usize)>,
}

impl Gate {
    fn new<'a>(texts: impl ExactSizeIterator<Item = &'a [u8]> + Clone) -> Option<Self> {
        if texts.len() == 0 {
            return None;
        }
        let (long, short): (Vec<_>, Vec<_>) =
            texts.zip(0..).partition(|(text, _)| text.len() >= literals::SHORTEST);
        let finder = |(text, literal): (&[u8], usize)| {
            (Finder::new(&text.to_ascii_lowercase()).into_owned(), literal)
        };
        let mut alone: Vec<_> = short.into_iter().map(finder).collect();
        let mut walk = None;
        if long.len() > FEW_LITERALS {
            let numbers = long.iter().map(|(_, literal)| *literal).collect();
            walk = Everywhere::new(long.iter().map(|(text, _)| *text)).zip(Some(numbers));
        }
        if walk.is_none() {
            alone.extend(long.into_iter().map(finder));
        }
        Some(Self { walk, alone })
    }

    /// All occurrences, those that overlap too, in the order of their ends.
    fn find(&self, text: &str) -> Vec<SeenLiteral> {
        let mut found = Vec::new();
        if let Some((walk, numbers)) = &self.walk {
            walk.find(text.as_bytes(), |start, length, place| {
                let literal = numbers.get(place).copied().unwrap_or(usize::MAX);
                found.push(SeenLiteral { span: Span::new(start, start + length), literal });
            });
        }
        // Marks have no case.
        let is_cased =
            |(finder, _): &(Finder<'_>, usize)| finder.needle().iter().any(u8::is_ascii_alphabetic);
        let lower = self.alone.iter().any(is_cased).then(|| text.to_ascii_lowercase());
        let lower = lower.as_deref().unwrap_or(text);
        for (finder, literal) in &self.alone {
            let mut at = 0;
            while let Some(next) = lower.as_bytes().get(at..).and_then(|rest| finder.find(rest)) {
                let start = at + next;
                let span = Span::new(start, start + finder.needle().len());
                found.push(SeenLiteral { span, literal: *literal });
                at = start + 1;
            }
        }
        found.sort_by_key(|seen| seen.span.end);
        found
    }
}

/// The compiled patterns and phrase lists of a rule set.
#[derive(Debug, Default)]
pub(crate) struct Bank {
    patterns: Vec<Pattern>,
    /// Finds literals; match `n` belongs to the patterns `owners[n]`.
    gate: Option<Gate>,
    owners: Vec<Vec<usize>>,
    /// The patterns without literals.
    set: Option<RegexSet>,
    /// For each pattern its place in `set`.
    in_set: Vec<Option<usize>>,
    /// For each phrase list what it is known by; see [`print()`].
    lists: Vec<u128>,
    /// The phrases with the numbers of their lists.
    phrases: PhraseWalk,
    /// No literal and no phrase has so many characters.
    reach: usize,
}

/// An occurrence of a literal in a page's text.
#[derive(Clone, Copy, Debug)]
struct SeenLiteral {
    span: Span,
    literal: usize,
}

/// An occurrence of a phrase in a page's text, where a word begins.
#[derive(Clone, Copy, Debug)]
struct SeenPhrase {
    span: Span,
    list: usize,
    /// The letter after it that makes its end the middle of a word, if there is one: in a
    /// target that ends before it the phrase stands all the same.
    joined_after: Option<usize>,
}

/// Which literals and phrases stand in a page's text: found once for all targets in it, each by
/// one walk when a rule first asks.
#[derive(Debug)]
pub(crate) struct Seen<'b, 'p> {
    bank: &'b Bank,
    text: &'p str,
    /// What has been seen of the text that this one was cut out of, and what was kept of it.
    cut: Option<(&'p Seen<'b, 'p>, Left<'p>)>,
    /// In the order of their ends.
    literals: OnceCell<Vec<SeenLiteral>>,
    /// In the order of their starts.
    phrases: OnceCell<Vec<SeenPhrase>>,
}

impl<'b, 'p> Seen<'b, 'p> {
    /// Nothing found yet.
    pub(crate) fn new(bank: &'b Bank, text: &'p str) -> Self {
        Self { bank, text, cut: None, literals: OnceCell::new(), phrases: OnceCell::new() }
    }

    /// The same for a text of which these parts were kept of another. What that one was not
    /// searched for is looked for here alone.
    pub(crate) fn left_of(mut self, whole: &'p Seen<'b, 'p>, kept: &[Span]) -> Self {
        if whole.literals.get().is_none() && whole.phrases.get().is_none() {
            return self;
        }
        let left = Left::new(self.text, whole.text.len(), kept, self.bank.reach);
        self.cut = left.is_worth_it().then_some((whole, left));
        self
    }

    /// All literals in the text.
    fn all_literals(&self) -> &[SeenLiteral] {
        self.literals.get_or_init(|| {
            let known =
                self.cut.as_ref().and_then(|(whole, left)| Some((whole.literals.get()?, left)));
            let Some((known, left)) = known else { return self.bank.find_literals(self.text) };
            let mut known = known.clone();
            known.sort_by_key(|seen| seen.span.start);
            let moved = |seen: &SeenLiteral, from: usize, to: usize| SeenLiteral {
                span: seen.span.moved(from, to),
                ..*seen
            };
            let find = |part: Span| self.bank.find_literals(part.of(self.text));
            let mut found = left.found(&known, |seen| seen.span, moved, find);
            found.sort_by_key(|seen| seen.span.end);
            found
        })
    }

    /// All phrases in the text.
    fn all_phrases(&self) -> &[SeenPhrase] {
        self.phrases.get_or_init(|| {
            let known =
                self.cut.as_ref().and_then(|(whole, left)| Some((whole.phrases.get()?, left)));
            let Some((known, left)) = known else { return self.bank.find_phrases(self.text) };
            let moved = |seen: &SeenPhrase, from: usize, to: usize| SeenPhrase {
                span: seen.span.moved(from, to),
                joined_after: seen.joined_after.map(|at| at - from + to),
                ..*seen
            };
            let find = |part: Span| self.bank.find_phrases(part.of(self.text));
            let mut found = left.found(known, |seen| seen.span, moved, find);
            found.sort_by_key(|seen| seen.span.start);
            found
        })
    }

    /// The literals in a part of the text.
    fn literals(&self, span: Span) -> impl Iterator<Item = usize> {
        let seen = self.all_literals();
        let from = seen.partition_point(|seen| seen.span.end <= span.start);
        let near = seen.get(from..).unwrap_or(&[]).iter();
        near.take_while(move |seen| seen.span.end <= span.end)
            .filter(move |seen| seen.span.start >= span.start)
            .map(|seen| seen.literal)
    }

    /// The phrases that stand in a part of the text, as if there were nothing around it.
    fn phrases(&self, span: Span) -> Vec<Found> {
        let ends = |at: usize| (self.text.get(..at), self.text.get(at..));
        if let (Some(before), Some(after)) = ends(span.start)
            && before.chars().rfind(|c| !is_invisible(*c)).is_some_and(joins)
            && after.chars().find(|c| !is_invisible(*c)).is_some_and(joins)
        {
            // It begins inside a word of the page, where the page's phrases were not looked for.
            let alone = self.bank.find_phrases(span.of(self.text));
            let move_on = |at: usize| at + span.start;
            return alone
                .iter()
                .filter(|seen| seen.joined_after.is_none())
                .map(|seen| (seen.list, move_on(seen.span.start), move_on(seen.span.end)))
                .map(|(list, start, end)| Found { list, span: Span::new(start, end) })
                .collect();
        }
        let seen = self.all_phrases();
        let from = seen.partition_point(|seen| seen.span.start < span.start);
        let near = seen.get(from..).unwrap_or(&[]).iter();
        near.take_while(|seen| seen.span.start < span.end)
            .filter(|seen| seen.span.end <= span.end)
            .filter(|seen| seen.joined_after.is_none_or(|at| at >= span.end))
            .map(|seen| Found { list: seen.list, span: seen.span })
            .collect()
    }
}

/// An occurrence of a phrase, as a place in the page's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    list: usize,
    span: Span,
}

/// What has been seen of a target so far.
#[derive(Debug)]
pub(crate) struct Sight<'s, 'b, 't> {
    seen: &'s Seen<'b, 't>,
    /// Where the target stands in the page's text.
    span: Span,
    /// A bit for each pattern that may match; empty if none may.
    candidates: Option<Vec<u64>>,
    set: Option<SetMatches>,
    phrases: Option<Vec<Found>>,
}

impl<'s, 'b, 't> Sight<'s, 'b, 't> {
    /// Nothing seen yet of the target at `span`.
    pub(crate) fn new(seen: &'s Seen<'b, 't>, span: Span) -> Self {
        Self { seen, span, candidates: None, set: None, phrases: None }
    }

    fn text(&self) -> &'t str {
        self.span.of(self.seen.text)
    }

    /// True if a pattern has so many matches.
    pub(crate) fn has_matches(&mut self, pattern: usize, at_least: u32) -> bool {
        let (bank, text) = (self.seen.bank, self.text());
        let Some(known) = bank.patterns.get(pattern) else { return false };
        if !known.literals.is_empty() && !self.may_match(pattern) {
            return false;
        }
        // Each match holds a literal of its own.
        if at_least > 1
            && !known.literals.is_empty()
            && self.literals_of(pattern).nth(at_least as usize - 1).is_none()
        {
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

    /// The literals of a pattern that stand in the target.
    fn literals_of(&self, pattern: usize) -> impl Iterator<Item = usize> {
        let owners = &self.seen.bank.owners;
        let is_own = move |literal: &usize| {
            owners.get(*literal).is_some_and(|owners| owners.contains(&pattern))
        };
        self.seen.literals(self.span).filter(is_own)
    }

    fn may_match(&mut self, pattern: usize) -> bool {
        let candidates = self.candidates();
        candidates.get(pattern / 64).is_some_and(|word| word & (1 << (pattern % 64)) != 0)
    }

    /// The clues that stand in the target; some more than once.
    pub(crate) fn clues(&mut self) -> impl Iterator<Item = usize> {
        self.candidates();
        self.found();
        let lists = self.seen.bank.patterns.len();
        let words = self.candidates.iter().flatten().enumerate();
        let patterns = words.flat_map(|(n, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(n * 64 + bit)
            })
        });
        patterns.chain(self.phrases.iter().flatten().map(move |found| lists + found.list))
    }

    /// A bit for each pattern whose literals stand in the target; empty if there are none.
    fn candidates(&mut self) -> &[u64] {
        let (seen, span) = (self.seen, self.span);
        self.candidates.get_or_insert_with(|| {
            let mut bits = Vec::new();
            for literal in seen.literals(span) {
                if bits.is_empty() {
                    bits.resize(seen.bank.patterns.len().div_ceil(64), 0u64);
                }
                for owner in seen.bank.owners.get(literal).into_iter().flatten() {
                    if let Some(word) = bits.get_mut(owner / 64) {
                        *word |= 1 << (owner % 64);
                    }
                }
            }
            bits
        })
    }

    /// All matches of a pattern, in order, in places of the target's text.
    pub(crate) fn matches(&self, pattern: usize) -> Vec<Span> {
        let mut spans = Vec::new();
        if let Some(known) = self.seen.bank.patterns.get(pattern) {
            each_match(&known.regex, self.text(), |span| {
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
        let start = self.span.start;
        let of_list = self.found().iter().filter(|found| found.list == list);
        of_list.map(|found| Span::new(found.span.start - start, found.span.end - start)).collect()
    }

    fn found(&mut self) -> &[Found] {
        let (seen, span) = (self.seen, self.span);
        self.phrases.get_or_insert_with(|| {
            let mut found = seen.phrases(span);
            leftmost_longest(&mut found);
            found
        })
    }
}

/// Leaves of the occurrences of each list the leftmost, of those the longest, without overlaps.
fn leftmost_longest(found: &mut Vec<Found>) {
    if found.len() < 2 {
        return;
    }
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

impl Bank {
    /// Where all that would be built of this stands in it; `None` if it lacks some of it.
    pub(crate) fn places_of(&self, builder: &BankBuilder) -> Option<PlacesInBank> {
        let key = |pattern: &'_ Pattern| (pattern.regex.as_str().to_owned(), pattern.unicode);
        let known: BTreeMap<_, usize> = self.patterns.iter().map(key).zip(0..).collect();
        let pattern = |pattern: &Pattern| known.get(&key(pattern)).copied();
        let list = |list: &Vec<Phrase>| {
            let wanted = print(list);
            self.lists.iter().position(|known| *known == wanted)
        };
        let patterns = builder.patterns.iter().map(pattern).collect::<Option<_>>()?;
        let lists = builder.lists.iter().map(list).collect::<Option<_>>()?;
        Some(PlacesInBank { patterns, lists })
    }

    /// How many clues there are: a pattern's literals are one, a phrase list is one.
    pub(crate) fn clues(&self) -> usize {
        self.patterns.len() + self.lists.len()
    }

    /// The clue without which a pattern has no match; `None` if it has no literals.
    pub(crate) fn clue_of_pattern(&self, pattern: usize) -> Option<usize> {
        self.patterns.get(pattern).filter(|known| !known.literals.is_empty()).map(|_| pattern)
    }

    /// The clue without which no phrase of a list stands there.
    pub(crate) fn clue_of_list(&self, list: usize) -> usize {
        self.patterns.len() + list
    }

    fn find_literals(&self, text: &str) -> Vec<SeenLiteral> {
        self.gate.as_ref().map(|gate| gate.find(text)).unwrap_or_default()
    }

    fn find_phrases(&self, text: &str) -> Vec<SeenPhrase> {
        if self.phrases.is_empty() {
            return Vec::new();
        }
        let folded = Folded::new(text);
        let mut found = Vec::new();
        let mut places = folded.places();
        self.phrases.walk(&folded.text, |walked| {
            let joined_after = walked.is_joined_after.then(|| folded.start(walked.span.end));
            let span = places.place(walked.span);
            found.push(SeenPhrase { span, list: walked.list, joined_after });
        });
        found
    }
}

/// For what a builder holds, in its order, the places in a bank that was built of more.
#[derive(Debug)]
pub(crate) struct PlacesInBank {
    patterns: Vec<usize>,
    lists: Vec<usize>,
}

impl PlacesInBank {
    /// Has a leaf that was made for the builder ask the bank.
    pub(crate) fn put(&self, leaf: &mut Leaf) {
        let (places, place) = match leaf {
            Leaf::Pattern { pattern, .. } => (&self.patterns, pattern),
            Leaf::Phrases { list, .. } => (&self.lists, list),
            Leaf::Signal { .. } | Leaf::Rule { .. } => return,
        };
        if let Some(known) = places.get(*place) {
            *place = *known;
        }
    }
}

/// The same for phrase lists that hold the same, in the same order.
fn print(list: &[Phrase]) -> u128 {
    let mut hasher = Xxh3::new();
    for phrase in list {
        hasher.update(phrase.text.as_bytes());
        hasher.update(&[0, u8::from(phrase.bound_after)]);
    }
    hasher.digest128()
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
        let seen = Seen::new(&bank, text);
        let mut sight = Sight::new(&seen, Span::new(0, text.len()));
        let spans = sight.phrase_spans(list);
        assert_eq!(spans.len(), sight.phrase_count(list));
        spans.into_iter().map(|span| span.of(text)).collect()
    }

    #[track_caller]
    fn prop_assert_sorted(found: &[(Span, usize)]) {
        assert!(found.is_sorted_by_key(|(span, _)| span.end));
    }

    const PATTERNS: &[(&str, bool)] = &[
        (r"(?i)\b(?:cookie|privacy)\W+(?:policy|notice)\b", false),
        (r"(?i)\bask\b", false),
        (r"(?i)\bдальше\b", true),
        (r"[0-9]{2}:[0-9]{2}", false),
        (r"\b[A-Z]{3}\b", false),
        (r"colou?r(?:ed)?", false),
        (r"\d+\s\w+", true),
        (r"(?i)©[ \t]?[a-z0-9]|(?:19|20)\d\d[ \t]?©", false),
        (r"[ \t]*\[(?:\d{1,3}|edit)\]", false),
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
                let seen = Seen::new(&bank, text);
                let mut sight = Sight::new(&seen, Span::new(0, text.len()));
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
        let seen = Seen::new(&bank, &long);
        let spans = Sight::new(&seen, Span::new(0, long.len())).matches(0);
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
        fn few_literals_are_found_as_many_are(text in "[aAbB é]{0,60}") {
            let literals: [&[u8]; 3] = [b"abb", b"aab", b"b a"];
            let few = Gate::new(literals.into_iter()).unwrap();
            let walk = Everywhere::new(literals.into_iter()).zip(Some(vec![0, 1, 2]));
            let many = Gate { walk, alone: Vec::new() };
            let found = |gate: &Gate| -> Vec<(Span, usize)> {
                let mut found: Vec<_> =
                    gate.find(&text).into_iter().map(|seen| (seen.span, seen.literal)).collect();
                prop_assert_sorted(&found);
                found.sort_unstable();
                found
            };
            prop_assert!(few.walk.is_none() && many.walk.is_some());
            prop_assert_eq!(found(&few), found(&many));
        }

        #[test]
        fn the_gate_never_hides_a_match(text in "[a-z©\\[\\]ſ KdCOKIEkiepolcyask:0-9ДАЛЬШЕдальше]{0,60}") {
            let bank = bank(PATTERNS, &[]);
            let seen = Seen::new(&bank, &text);
            let mut sight = Sight::new(&seen, Span::new(0, text.len()));
            for (place, (pattern, unicode)) in PATTERNS.iter().enumerate() {
                let alone = compile(pattern, *unicode).unwrap().regex;
                prop_assert_eq!(sight.has_matches(place, 1), alone.is_match(&text));
            }
        }

        #[test]
        fn what_is_left_of_a_page_is_seen_as_if_it_were_a_page(
            text in "[ab cς\u{ad}Σ\u{2019}é \n.:0x]{0,80}", cuts in any::<[u8; 6]>()
        ) {
            let lists: &[&[&str]] = &[&["a", "ab", "b c", "a b"], &["σ", "'a", "é", "c."]];
            let bank = bank(&[("(?i)abc", false), (r"(?i)\bb +c0a", false)], lists);
            let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let mut places = cuts.map(|cut| ends[usize::from(cut) % ends.len()]);
            places.sort_unstable();
            let [a, b, c, d, e, f] = places;
            let kept = [(a, b), (c, d), (e, f)].map(|(from, to)| Span::new(from, to));
            let text_left: String = kept.iter().map(|piece| piece.of(&text)).collect();
            let page = Seen::new(&bank, &text);
            page.all_literals();
            page.all_phrases();
            let mut left = Seen::new(&bank, &text_left);
            // Worth it or not.
            left.cut = Some((&page, Left::new(&text_left, text.len(), &kept, bank.reach)));
            let alone = Seen::new(&bank, &text_left);
            let whole = Span::new(0, text_left.len());
            let (mut left, mut alone) = (Sight::new(&left, whole), Sight::new(&alone, whole));
            for list in 0..lists.len() {
                prop_assert_eq!(left.phrase_spans(list), alone.phrase_spans(list));
            }
            for pattern in 0..2 {
                prop_assert_eq!(left.has_matches(pattern, 1), alone.has_matches(pattern, 1));
            }
            let clues = |sight: &mut Sight<'_, '_, '_>| {
                let mut clues: Vec<usize> = sight.clues().collect();
                clues.sort_unstable();
                clues
            };
            prop_assert_eq!(clues(&mut left), clues(&mut alone));
        }

        #[test]
        fn a_part_of_a_page_is_seen_as_if_it_stood_alone(
            text in "[ab cς\u{ad}Σ\u{2019}é \n.:0]{0,40}", from in 0usize..40, to in 0usize..40
        ) {
            let lists: &[&[&str]] = &[&["a", "ab", "b c", "a b"], &["σ", "'a", "é", "c."]];
            let patterns = [("(?i)ab", false), (r"(?i)\bb +c", false), ("a..", false)];
            let bank = bank(&patterns, lists);
            let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let (a, b) = (from.min(ends.len() - 1), to.min(ends.len() - 1));
            let span = Span::new(ends[a.min(b)], ends[a.max(b)]);
            let part = span.of(&text);
            let (page, alone) = (Seen::new(&bank, &text), Seen::new(&bank, part));
            let mut inside = Sight::new(&page, span);
            let mut alone = Sight::new(&alone, Span::new(0, part.len()));
            for list in 0..lists.len() {
                prop_assert_eq!(inside.phrase_count(list), alone.phrase_count(list));
                prop_assert_eq!(inside.phrase_spans(list), alone.phrase_spans(list));
            }
            for pattern in 0..patterns.len() {
                prop_assert_eq!(inside.has_matches(pattern, 1), alone.has_matches(pattern, 1));
                prop_assert_eq!(inside.matches(pattern), alone.matches(pattern));
            }
        }
    }
}
