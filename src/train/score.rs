//! How good a text is for a page: F1 over words, as published extraction benchmarks count it.

use std::collections::HashMap;

/// Words of a text with their numbers: runs of letters, digits and `_`, lower-case; every
/// character of Chinese, Japanese kana and kanji is a word.
#[derive(Clone, Debug, Default)]
pub(super) struct Bag {
    counts: HashMap<String, u32>,
    total: u32,
}

impl Bag {
    pub(super) fn new(text: &str) -> Self {
        let mut bag = Bag::default();
        bag.add(text);
        bag
    }

    /// Adds the words of a text.
    pub(super) fn add(&mut self, text: &str) {
        let mut word = String::new();
        for c in text.chars() {
            if is_one_word(c) {
                self.end(&mut word);
                word.push(c);
                self.end(&mut word);
            } else if c.is_alphanumeric() || c == '_' {
                word.extend(c.to_lowercase());
            } else {
                self.end(&mut word);
            }
        }
        self.end(&mut word);
    }

    fn end(&mut self, word: &mut String) {
        if !word.is_empty() {
            *self.counts.entry(std::mem::take(word)).or_default() += 1;
            self.total += 1;
        }
    }

    /// Words that both hold, as often as both do.
    fn common(&self, other: &Bag) -> u32 {
        let (small, large) =
            if self.counts.len() < other.counts.len() { (self, other) } else { (other, self) };
        let shared = |(word, count): (&String, &u32)| {
            large.counts.get(word).copied().unwrap_or(0).min(*count)
        };
        small.counts.iter().map(shared).sum()
    }
}

fn is_one_word(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// F1 of the words of a text against those of its reference. Of an empty reference it is 1 for
/// an empty text and else 0.
pub(super) fn f1(text: &Bag, gold: &Bag) -> f64 {
    if gold.total == 0 {
        return if text.total == 0 { 1.0 } else { 0.0 };
    }
    let hits = f64::from(text.common(gold));
    2.0 * hits / f64::from(text.total + gold.total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_count_as_often_as_both_have_them() {
        let f1 = |a: &str, b: &str| f1(&Bag::new(a), &Bag::new(b));
        assert_eq!(f1("A mill, a MILL!", "a mill"), 2.0 * 2.0 / 6.0);
        assert_eq!(f1("", ""), 1.0);
        assert_eq!(f1("one", ""), 0.0);
        assert_eq!(f1("", "one"), 0.0);
    }

    #[test]
    fn every_han_character_is_a_word() {
        assert_eq!(Bag::new("水車小屋 mill_1").total, 5);
    }
}
