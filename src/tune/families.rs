//! Which labelled documents belong together: those that share good text.
//!
//! A page that stands twice in a pack, or an article with other junk spliced in, is seen by what
//! is learned from its twin. Documents of a family are held back, and drawn, together.

use std::collections::{BTreeMap, BTreeSet};

use super::labelled::LabelDesk;
use crate::document::Body;
use crate::eval::{Label, LabelAction};
use crate::text::words::word_hash;

/// Letters and digits of a sentence that two documents do not share by chance.
const LONG: usize = 40;
/// Sentences of each document that are compared: the longest.
const COMPARED: usize = 3;
/// A family of more than one document in so many says nothing: what is shared then is a form that
/// all documents are written in. Its documents stand by themselves.
const LARGEST: usize = 10;

/// For each document the first of its family.
pub(super) fn families(desk: &LabelDesk) -> Vec<usize> {
    let documents = desk.desk().documents().iter().zip(desk.labels());
    let sentences = documents.map(|(document, label)| match &document.record.body {
        Body::Text(text) => longest(text, label),
        _ => Vec::new(),
    });
    joined(&sentences.collect::<Vec<_>>())
}

/// Hashes of the longest sentences that are good, or of all where no part is labelled so.
fn longest(text: &str, label: &Label) -> Vec<u64> {
    let good = label.spans.iter().filter(|part| part.action == LabelAction::Keep);
    let mut good: Vec<&str> = good.map(|part| part.span.of(text)).collect();
    if good.is_empty() {
        good.push(text);
    }
    let sentences = good.iter().flat_map(|part| part.split(['.', '!', '?', '。', '\n', '\r']));
    let letters = |sentence: &str| sentence.chars().filter(|c| c.is_alphanumeric()).collect();
    let letters: BTreeSet<(usize, String)> = sentences
        .map(letters)
        .map(|letters: String| (letters.chars().count(), letters))
        .filter(|(count, _)| *count >= LONG)
        .collect();
    letters.iter().rev().take(COMPARED).map(|(_, letters)| word_hash(letters)).collect()
}

/// Joins documents that have a hash in common.
fn joined(hashes: &[Vec<u64>]) -> Vec<usize> {
    let mut leads: Vec<usize> = (0..hashes.len()).collect();
    let mut first: BTreeMap<u64, usize> = BTreeMap::new();
    for (n, own) in hashes.iter().enumerate() {
        for hash in own {
            let other = *first.entry(*hash).or_insert(n);
            let (a, b) = (lead_of(&leads, n), lead_of(&leads, other));
            if let Some(lead) = leads.get_mut(a.max(b)) {
                *lead = a.min(b);
            }
        }
    }
    let of: Vec<usize> = (0..leads.len()).map(|n| lead_of(&leads, n)).collect();
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    of.iter().for_each(|lead| *sizes.entry(*lead).or_default() += 1);
    let is_family = |lead: &usize| sizes.get(lead).is_some_and(|size| size * LARGEST <= of.len());
    of.iter().enumerate().map(|(n, lead)| if is_family(lead) { *lead } else { n }).collect()
}

fn lead_of(leads: &[usize], of: usize) -> usize {
    let mut at = of;
    // A lead never stands behind those it leads.
    while let Some(lead) = leads.get(at).filter(|lead| **lead != at) {
        at = *lead;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_that_share_a_sentence_are_one_family_also_through_a_third() {
        let mut hashes: Vec<Vec<u64>> = (100..140).map(|n| vec![n]).collect();
        hashes.extend([vec![1], vec![2], vec![1, 2]]);
        let of = joined(&hashes);
        assert_eq!(of.get(40..), Some(&[40, 40, 40][..]));
        assert!(of.iter().take(40).enumerate().all(|(n, lead)| *lead == n));
    }

    #[test]
    fn what_is_shared_by_more_than_a_tenth_is_a_form_and_no_family() {
        let hashes: Vec<Vec<u64>> = (0..20).map(|n| vec![if n < 3 { 1 } else { n }]).collect();
        assert_eq!(joined(&hashes), (0..20).collect::<Vec<_>>());
    }
}
