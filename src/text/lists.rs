//! Word and phrase lists from `rules/lists`: stop words by language, filler vocabulary.
//!
//! A list is a text file, one entry a line; `#` starts a comment line.

use std::collections::{BTreeMap, HashSet};
use std::sync::{LazyLock, OnceLock};

use super::fingerprint::{fingerprint, start_of};
use super::words::word_hash;
use crate::embedded;

/// A set of words, looked up by the hash of their lower-case form ([`super::Word::hash`]).
#[derive(Clone, Debug, Default)]
pub struct WordSet {
    /// The hashes, each at a place that its high bits say or soon behind it; 0 where there is none.
    /// More than half of the places are free.
    places: Vec<u64>,
    /// How many there are, and whether 0 is one.
    count: usize,
    has_zero: bool,
    /// A bit for each hash: most words of a text are in no set, and a bit is read sooner.
    bits: Vec<u64>,
}

/// Words of 64 bits in the filter of a [`WordSet`].
const FILTER: u64 = 256;

impl WordSet {
    /// A set of the given words.
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hashes: Vec<u64> = words.into_iter().map(word_hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        let mut set = Self {
            places: vec![0; (hashes.len() * 2 + 1).next_power_of_two()],
            count: hashes.len(),
            has_zero: hashes.first() == Some(&0),
            bits: vec![0; FILTER as usize],
        };
        for hash in hashes {
            if let Some(word) = set.bits.get_mut(Self::slot(hash)) {
                *word |= 1 << (hash % 64);
            }
            let mut at = set.place(hash);
            while set.places.get(at).is_some_and(|taken| *taken != 0) {
                at = set.behind(at);
            }
            if let Some(free) = set.places.get_mut(at) {
                *free = hash;
            }
        }
        set
    }

    /// The place at which a hash is looked for first.
    fn place(&self, hash: u64) -> usize {
        (hash >> 32) as usize & self.places.len().wrapping_sub(1)
    }

    /// The place behind another, around the end.
    fn behind(&self, place: usize) -> usize {
        place.wrapping_add(1) & self.places.len().wrapping_sub(1)
    }

    #[inline]
    fn slot(hash: u64) -> usize {
        (hash / 64 % FILTER) as usize
    }

    /// False only if the word with this hash is not in the set, and mostly then.
    #[inline]
    pub(crate) fn may_contain(&self, hash: u64) -> bool {
        self.bits.get(Self::slot(hash)).is_some_and(|w| w & (1 << (hash % 64)) != 0)
    }

    /// True if the word with this hash is in the set.
    #[inline]
    pub fn contains(&self, hash: u64) -> bool {
        self.may_contain(hash) && self.is_in(hash)
    }

    fn is_in(&self, hash: u64) -> bool {
        if hash == 0 {
            return self.has_zero;
        }
        let mut at = self.place(hash);
        loop {
            match self.places.get(at) {
                Some(known) if *known == hash => return true,
                None | Some(0) => return false,
                Some(_) => at = self.behind(at),
            }
        }
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.count
    }

    /// True if the set holds no word.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Keys that are hashes already need no second hash.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity(u64);

impl std::hash::Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &b in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(b);
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// The entries of a list's text: lines that are not blank and not comments, trimmed.
pub fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The text of a built-in list by its file name without `.txt`, such as `stop-words.en`.
pub fn builtin(name: &str) -> Option<&'static str> {
    BUILTIN.get(name).copied()
}

/// The texts of all built-in lists by their names.
static BUILTIN: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
    let files = embedded::RULES.get_dir("lists").into_iter().flat_map(|folder| folder.files());
    files
        .filter_map(|file| {
            let name = file.path().to_str()?.strip_prefix("lists/")?.strip_suffix(".txt")?;
            Some((name, file.contents_utf8()?))
        })
        .collect()
});

/// Names of all built-in lists, without `.txt`, sorted.
pub fn names() -> Vec<&'static str> {
    BUILTIN.keys().copied().collect()
}

/// The lists that a name stands for: the one of that name, and that name's in every language.
pub fn select<'n>(wanted: &str, names: &[&'n str]) -> Vec<&'n str> {
    let is_language = |rest: &str| rest.strip_prefix('.').is_some_and(|code| !code.contains('.'));
    let fits = |name: &str| {
        name.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || is_language(rest))
    };
    names.iter().copied().filter(|name| !wanted.is_empty() && fits(name)).collect()
}

/// The entries of the lists that a name stands for; none if there is no such list.
pub fn entries_of(name: &str) -> impl Iterator<Item = &'static str> + use<> {
    select(name, &names()).into_iter().filter_map(builtin).flat_map(entries)
}

/// The lists of stop words by language, each made when it is first asked for.
static STOP_WORDS: LazyLock<BTreeMap<&'static str, LazyStopWords>> = LazyLock::new(|| {
    let code = |name: &'static str| name.strip_prefix("stop-words.");
    let lazy = |(name, text): (&&'static str, &&'static str)| {
        Some((code(name)?, LazyStopWords { text, set: OnceLock::new() }))
    };
    BUILTIN.iter().filter_map(lazy).collect()
});

/// A list of stop words that may not have been made yet.
struct LazyStopWords {
    text: &'static str,
    set: OnceLock<WordSet>,
}

impl LazyStopWords {
    fn set(&self) -> &WordSet {
        self.set.get_or_init(|| WordSet::new(entries(self.text)))
    }
}

/// The stop words of a language (ISO 639-1), if there is a list of them.
pub fn stop_words(language: &str) -> Option<&'static WordSet> {
    STOP_WORDS.get(language).map(LazyStopWords::set)
}

/// The lists of stop words of all languages.
pub fn all_stop_words() -> impl Iterator<Item = &'static WordSet> {
    STOP_WORDS.values().map(LazyStopWords::set)
}

/// A built-in word list as a set; empty if there is none of that name.
pub fn word_set(name: &str) -> WordSet {
    builtin(name).map(|text| WordSet::new(entries(text))).unwrap_or_default()
}

static FILLER_LATIN: LazyLock<WordSet> = LazyLock::new(|| word_set("filler-latin"));
static FILLER_LATIN_WIDE: LazyLock<WordSet> = LazyLock::new(|| word_set("filler-latin-wide"));
static PROFILE_LABELS: LazyLock<PrintSet> =
    LazyLock::new(|| PrintSet::new(entries_of("profile-labels")));
static SOCIAL_NETWORKS: LazyLock<Networks> =
    LazyLock::new(|| Networks::new(entries_of("social-networks")));

/// The Latin words that all generators of filler text share.
pub fn filler_latin() -> &'static WordSet {
    &FILLER_LATIN
}

/// The larger Latin vocabulary of one generator, a superset of [`filler_latin`].
pub fn filler_latin_wide() -> &'static WordSet {
    &FILLER_LATIN_WIDE
}

/// The labels of author profiles (`Name`, `Date of birth`), by fingerprint.
pub fn profile_labels() -> &'static PrintSet {
    &PROFILE_LABELS
}

/// The social networks that are known, by name and host.
pub fn social_networks() -> &'static Networks {
    &SOCIAL_NETWORKS
}

/// Bits of a start in a [`PrintSet`].
const START_BITS: u32 = 15;

/// A set of short texts, looked up by their [`fingerprint`](super::fingerprint()).
#[derive(Clone, Debug, Default)]
pub struct PrintSet {
    prints: HashSet<u64, std::hash::BuildHasherDefault<Identity>>,
    /// A bit for each start of a text, as [`start_of`] gives it; empty in an empty set.
    starts: Vec<u64>,
}

impl PrintSet {
    /// A set of the given texts.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut set = Self::default();
        for text in texts {
            set.prints.insert(fingerprint(text));
            set.starts.resize(1 << (START_BITS - 6), 0);
            let place = Self::place(start_of(text));
            if let Some(word) = set.starts.get_mut(place / 64) {
                *word |= 1 << (place % 64);
            }
        }
        set
    }

    /// False if certainly no text in the set has the fingerprint of this one: none begins as it
    /// does. That is told several times faster than the fingerprint is made.
    pub(crate) fn may_have(&self, text: &str) -> bool {
        self.may_start(start_of(text))
    }

    /// The same of a text by its [start](start_of).
    pub(crate) fn may_start(&self, start: u64) -> bool {
        let place = Self::place(start);
        self.starts.get(place / 64).is_some_and(|word| word & (1 << (place % 64)) != 0)
    }

    fn place(start: u64) -> usize {
        (start >> (64 - START_BITS)) as usize
    }

    /// True if a text with the same fingerprint is in the set.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.may_have(text) && self.contains(fingerprint(text))
    }

    /// True if a text with this fingerprint is in the set.
    pub fn contains(&self, print: u64) -> bool {
        self.prints.contains(&print)
    }
}

/// Letters of the longest name of a social network, and some more.
pub const LONGEST_NETWORK: usize = 40;

/// Social networks: an entry with a point (`t.me`) is a host, one without (`instagram`) a
/// name, and also the host that has it before its last part (`instagram.com`).
#[derive(Clone, Debug, Default)]
pub struct Networks {
    names: PrintSet,
    hosts: WordSet,
}

impl Networks {
    /// The networks of the given entries.
    pub fn new<'a>(entries: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut names, mut hosts) = (Vec::new(), Vec::new());
        for entry in entries {
            if entry.contains('.') {
                hosts.push(entry);
                names.extend(entry.rsplit('.').nth(1));
            } else {
                names.push(entry);
            }
        }
        Self { names: PrintSet::new(names), hosts: WordSet::new(hosts) }
    }

    /// True if a text with this fingerprint is a network's name.
    pub fn has_name(&self, print: u64) -> bool {
        self.names.contains(print)
    }

    /// False if a text is certainly no network's name.
    pub(crate) fn may_name(&self, text: &str) -> bool {
        self.names.may_have(text)
    }

    /// True if a host, or a domain that it belongs to, is a network's.
    pub fn has_host(&self, host: &str) -> bool {
        let mut labels = host.rsplit('.');
        let name = labels.next().and(labels.next());
        let listed = host
            .match_indices('.')
            .map(|(at, _)| host.get(at + 1..).unwrap_or(""))
            .chain([host])
            .any(|domain| self.hosts.contains(word_hash(domain)));
        listed || name.is_some_and(|name| self.names.contains(fingerprint(name)))
    }
}

static FILLER_TEMPLATE: LazyLock<WordSet> = LazyLock::new(|| {
    let texts = ["filler-latin", "filler-lorem"].into_iter().filter_map(builtin);
    WordSet::new(texts.flat_map(entries))
});

/// The words of template text: `filler-latin` and `filler-lorem` together.
pub fn filler_template() -> &'static WordSet {
    &FILLER_TEMPLATE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_name_stands_for_its_lists_in_all_languages() {
        let names = ["bios.de", "bios.en", "bios-long.en", "stop", "stop.en"];
        assert_eq!(select("bios", &names), ["bios.de", "bios.en"]);
        assert_eq!(select("bios.en", &names), ["bios.en"]);
        assert_eq!(select("stop", &names), ["stop", "stop.en"]);
        assert!(select("bio", &names).is_empty());
        assert!(select("", &names).is_empty());
    }

    #[test]
    fn comments_and_blank_lines_are_no_entries() {
        let found: Vec<&str> = entries("# words\n\n one \ntwo").collect();
        assert_eq!(found, ["one", "two"]);
    }

    #[test]
    fn words_are_found_in_any_case() {
        let set = WordSet::new(["Über", "and"]);
        assert!(set.contains(word_hash("über")) && set.contains(word_hash("AND")));
        assert!(!set.contains(word_hash("or")));
        assert_eq!((set.len(), set.is_empty()), (2, false));
    }

    #[test]
    fn networks_are_known_by_name_and_host() {
        let networks = Networks::new(["instagram", "t.me"]);
        for host in ["instagram.com", "de.instagram.com", "T.me", "x.t.me"] {
            assert!(networks.has_host(host), "{host}");
        }
        for host in ["instagram.example.org", "notinstagram.com", "at.me", "", "instagram"] {
            assert!(!networks.has_host(host), "{host}");
        }
        assert!(networks.has_name(fingerprint("Instagram:")));
    }

    #[test]
    fn no_network_has_a_longer_name_than_is_looked_at() {
        let names = builtin("social-networks").map(entries).into_iter().flatten();
        assert!(names.map(|name| name.chars().count()).max() <= Some(LONGEST_NETWORK));
    }

    #[test]
    fn a_set_holds_its_words_and_no_others() {
        for length in [0, 1, 2, 3, 7, 8, 100, 1000] {
            let words: Vec<String> = (0..length).map(|n| format!("w{n}")).collect();
            let set = WordSet::new(words.iter().chain(&words).map(String::as_str));
            assert_eq!((set.len(), set.is_empty()), (length, length == 0));
            assert!(words.iter().all(|word| set.contains(word_hash(word))));
            assert!((0..5000).all(|n| !set.contains(word_hash(&format!("x{n}")))));
            assert!(!set.contains(0) && !WordSet::default().contains(word_hash("w0")));
        }
    }

    #[test]
    fn a_missing_list_is_empty() {
        assert!(word_set("no-such-list").is_empty());
        assert!(stop_words("xx").is_none());
    }

    #[test]
    fn the_lists_of_signals_hold_what_they_are_for() {
        assert!(filler_latin().contains(word_hash("provident")));
        assert!(filler_latin_wide().contains(word_hash("provident")));
        assert!(profile_labels().contains(fingerprint("Email")));
        assert!(social_networks().has_host("facebook.com"));
        assert!(names().contains(&"stop-words.en"));
    }
}
