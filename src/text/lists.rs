//! Word and phrase lists from `rules/lists`: stop words by language, filler vocabulary.
//!
//! A list is a text file, one entry a line; `#` starts a comment line.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use super::words::word_hash;
use crate::embedded;

/// A set of words, looked up by the hash of their lower-case form ([`super::Word::hash`]).
#[derive(Clone, Debug, Default)]
pub struct WordSet {
    hashes: HashSet<u64, std::hash::BuildHasherDefault<Identity>>,
}

impl WordSet {
    /// A set of the given words.
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self { hashes: words.into_iter().map(word_hash).collect() }
    }

    /// True if the word with this hash is in the set.
    pub fn contains(&self, hash: u64) -> bool {
        self.hashes.contains(&hash)
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// True if the set holds no word.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
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
    embedded::RULES.get_file(format!("lists/{name}.txt"))?.contents_utf8()
}

/// Names of all built-in lists, without `.txt`, sorted.
pub fn names() -> Vec<&'static str> {
    let Some(folder) = embedded::RULES.get_dir("lists") else { return Vec::new() };
    let mut names: Vec<&str> = folder
        .files()
        .filter_map(|file| file.path().file_name()?.to_str()?.strip_suffix(".txt"))
        .collect();
    names.sort_unstable();
    names
}

static STOP_WORDS: LazyLock<BTreeMap<&'static str, WordSet>> = LazyLock::new(|| {
    names()
        .into_iter()
        .filter_map(|name| {
            let code = name.strip_prefix("stop-words.")?;
            Some((code, WordSet::new(entries(builtin(name)?))))
        })
        .collect()
});

/// The stop words of a language (ISO 639-1), if there is a list of them.
pub fn stop_words(language: &str) -> Option<&'static WordSet> {
    STOP_WORDS.get(language)
}

/// A built-in word list as a set; empty if there is none of that name.
pub fn word_set(name: &str) -> WordSet {
    builtin(name).map(|text| WordSet::new(entries(text))).unwrap_or_default()
}
