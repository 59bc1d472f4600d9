//! What is measured of each element of a page's outline.

use std::collections::HashMap;

use super::blocks::{Own, Sum, Sums};
use super::vocabulary::class_groups;
use crate::outline::{Element, Outline};
use crate::text::words::word_hash;

/// Names of elements that say what stands in them.
pub(super) const NAMES: &[&str] = &[
    "nav", "header", "footer", "aside", "main", "article", "section", "form", "table", "figure",
    "details", "ul", "li", "dl", "label", "address", "dialog", "script", "body",
];

/// An element's numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    pub(super) parent: Option<u32>,
    pub(super) first: usize,
    pub(super) end: usize,
    pub(super) depth: u32,
    /// Groups of its class, id and role.
    pub(super) classes: u64,
    /// Place of its name in [`NAMES`], as a bit.
    pub(super) name: u32,
    pub(super) sum: Sum,
    /// Elements of the same name and classes under the same parent, itself counted.
    pub(super) alike: f32,
    /// Its number among them, from 0.
    pub(super) nth: f32,
    /// What all of them come to.
    pub(super) alike_sum: Sum,
}

pub(super) fn measure(outline: &Outline, sums: &Sums) -> Vec<Measured> {
    let mut all: Vec<Measured> = Vec::with_capacity(outline.elements().len());
    let mut groups: HashMap<(Option<u32>, u64), (f32, Sum)> = HashMap::new();
    let mut keys = Vec::with_capacity(all.capacity());
    for element in outline.elements() {
        let mut own = of(outline, element, sums);
        own.depth =
            element.parent.and_then(|id| all.get(id as usize)).map_or(0, |outer| outer.depth + 1);
        let key = (element.parent, signature(outline, element));
        let group = groups.entry(key).or_default();
        own.nth = group.0;
        group.0 += 1.0;
        group.1 += own.sum;
        keys.push(key);
        all.push(own);
    }
    for (own, key) in all.iter_mut().zip(keys) {
        if let Some((alike, sum)) = groups.get(&key) {
            own.alike = *alike;
            own.alike_sum = *sum;
        }
    }
    all
}

fn of(outline: &Outline, element: &Element, sums: &Sums) -> Measured {
    let tag = outline.tag(element);
    let (first, end) = (element.first_block as usize, element.end_block as usize);
    let name = NAMES.iter().position(|name| *name == tag.name).map_or(0, |n| 1 << n);
    let classes = [tag.id, tag.role, tag.classes]
        .into_iter()
        .fold(0, |bits, text| if text.is_empty() { bits } else { bits | class_groups(text) });
    let sum = sums.of(first, end);
    Measured { parent: element.parent, first, end, classes, name, sum, ..Measured::default() }
}

/// Equal for elements of one name and the same classes.
fn signature(outline: &Outline, element: &Element) -> u64 {
    let tag = outline.tag(element);
    // Classes that only say which of many an element is differ by a number.
    let plain: String = tag.classes.chars().filter(|c| !c.is_ascii_digit()).collect();
    word_hash(tag.name) ^ word_hash(&plain).rotate_left(7)
}

/// The element that most likely holds the main content: the innermost with most of the page's
/// prose.
pub(super) fn body(elements: &[Measured], share: f32) -> Option<usize> {
    let whole = elements.first()?.sum.prose;
    if whole <= 0.0 {
        return None;
    }
    elements.iter().rposition(|element| element.sum.prose >= share * whole)
}

/// The run of blocks in which prose outweighs the rest: the greatest sum of what each block
/// gives or takes.
pub(super) fn run(blocks: &[Own]) -> (usize, usize) {
    let (mut best, mut run) = ((0, 0), (0, 0));
    let (mut best_sum, mut sum) = (0.0_f32, 0.0_f32);
    for (n, own) in blocks.iter().enumerate() {
        let gives = if own.is_prose() { own.words } else { 0.0 };
        if sum <= 0.0 {
            (run, sum) = ((n, n), 0.0);
        }
        sum += gives - own.link_words * 1.5 - 4.0;
        run.1 = n + 1;
        if sum > best_sum {
            (best, best_sum) = (run, sum);
        }
    }
    best
}
