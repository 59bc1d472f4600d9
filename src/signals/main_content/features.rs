//! The features of a block: numbers that say whether it is of a page's main content.

use super::blocks::{self, Own, Sum, Sums, share};
use super::elements::{self, Measured, NAMES};
use super::vocabulary::{CLASSES, WORDS};
use crate::document::BlockKind;
use crate::signals::PageView;

/// Takes features in their order.
pub(super) trait Take {
    /// One feature: its name is `group` and `name` together.
    fn take(&mut self, group: &str, name: &str, value: f32);
}

impl Take for Vec<f32> {
    fn take(&mut self, _: &str, _: &str, value: f32) {
        self.push(value);
    }
}

impl Take for Vec<String> {
    fn take(&mut self, group: &str, name: &str, _: f32) {
        self.push(if group.is_empty() { name.to_owned() } else { format!("{group}.{name}") });
    }
}

/// Kinds of page that structured data names, by pieces of the words it uses.
const TYPES: &[(&str, &[&str])] = &[
    ("article", &["article", "newsarticle", "blogposting", "reportage"]),
    ("product", &["product", "productgroup", "offer"]),
    ("list", &["itemlist", "collectionpage", "searchresultspage"]),
    ("forum", &["discussionforumposting", "qapage", "question"]),
    ("faq", &["faqpage"]),
    ("business", &["localbusiness", "service", "professionalservice", "store"]),
    ("site", &["website"]),
    ("job", &["jobposting", "event", "course", "recipe"]),
];

/// How many elements around a block, each with more blocks than the one before, are looked at.
const LEVELS: usize = 5;
/// How many blocks on either side are looked at one by one.
const NEIGHBOURS: usize = 3;

/// What the features of all blocks of a page are made of.
pub(super) struct Features<'a> {
    page: &'a PageView<'a>,
    own: Vec<Own>,
    sums: Sums,
    elements: Vec<Measured>,
    /// For each block: the last heading before it, and that of a higher level before that one.
    headings: Vec<(Option<usize>, Option<usize>)>,
    /// The block with the page's main heading.
    main_heading: Option<usize>,
    run: (usize, usize),
    body: Option<usize>,
    wide_body: Option<usize>,
    /// For each block, blocks and words to the prose before and after it.
    prose: Vec<[f32; 4]>,
    types: Vec<f32>,
    most_alike: f32,
}

impl<'a> Features<'a> {
    pub(super) fn new(page: &'a PageView<'a>) -> Self {
        let own = blocks::measure(page);
        let sums = Sums::new(&own);
        let elements = elements::measure(page.outline, &sums);
        let prose = to_prose(&own);
        let is_type = |names: &[&str]| {
            page.outline.types.iter().any(|kind| names.iter().any(|name| **kind == **name))
        };
        let types = TYPES.iter().map(|(_, names)| f32::from(u8::from(is_type(names)))).collect();
        let most_alike = elements
            .iter()
            .filter(|e| e.alike >= 3.0)
            .map(|e| share(e.alike_sum.words, sums.all().words))
            .fold(0.0, f32::max);
        Self {
            headings: headings(&own),
            main_heading: main_heading(&own),
            run: elements::run(&own),
            body: elements::body(&elements, 0.6),
            wide_body: elements::body(&elements, 0.9),
            page,
            own,
            sums,
            elements,
            prose,
            types,
            most_alike,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.own.len()
    }

    fn element(&self, block: usize) -> Option<u32> {
        self.page.blocks.get(block)?.element
    }

    fn around(&self, block: usize) -> impl Iterator<Item = &Measured> {
        let get = |id: u32| self.elements.get(id as usize);
        let first = self.element(block).and_then(get);
        std::iter::successors(first, move |element| element.parent.and_then(get))
    }

    /// Gives the features of a block.
    pub(super) fn give(&self, block: usize, out: &mut impl Take) {
        let empty = Own::default();
        let own = self.own.get(block).unwrap_or(&empty);
        self.give_own(own, out);
        self.give_place(block, own, out);
        self.give_around(block, own, out);
        self.give_headings(block, out);
        self.give_neighbours(block, out);
        self.give_page(out);
    }

    fn give_own(&self, own: &Own, out: &mut impl Take) {
        let mut put = |name: &str, value: f32| out.take("", name, value);
        put("words", own.words.ln_1p());
        put("word_length", share(own.characters, own.words).min(20.0));
        put("links", own.links.min(50.0));
        put("link_share", own.link_share());
        put("stop_share", share(own.stop_words, own.words));
        put("stops", own.stops.min(20.0));
        put("words_per_stop", share(own.words, own.stops).min(60.0));
        put("comma_share", share(own.commas, own.words));
        put("digit_share", share(own.digits, own.characters));
        put("capital_share", share(own.capitals, own.words));
        put("lines", own.lines.min(60.0));
        put("words_per_line", share(own.words, own.lines).min(60.0));
        put("links_per_line", share(own.links, own.lines).min(4.0));
        put("anchors", share(own.anchors, own.links));
        put("money", own.money.min(10.0));
        put("marks", own.marks.min(10.0));
        put("ends_sentence", f32::from(u8::from(own.ends_sentence)));
        put("level", f32::from(own.level));
        put("hidden", f32::from(u8::from(own.is_hidden)));
        put("copies_before", own.copies_before.min(10.0));
        put("copies", own.copies.min(20.0));
        put("title_words", own.title_words);
        put("grouped", share(own.grouped, own.words));
        for kind in BlockKind::ALL {
            out.take("kind", kind.name(), f32::from(u8::from(own.kind == Some(kind))));
        }
        for (n, group) in WORDS.iter().enumerate() {
            out.take("word", group.name, f32::from(u8::from(own.groups >> n & 1 == 1)));
        }
    }

    fn give_place(&self, block: usize, own: &Own, out: &mut impl Take) {
        let all = self.sums.all();
        let before = self.sums.of(0, block);
        let at = block as f32;
        let mut put = |name: &str, value: f32| out.take("place", name, value);
        put("blocks", share(at, all.blocks));
        put("number", at.ln_1p());
        put("left", (all.blocks - at).ln_1p());
        put("words", share(before.words, all.words));
        put("prose", share(before.prose, all.prose));
        put("words_share", share(own.words, all.words));
        let (from, to) = self.run;
        put("in_run", f32::from(u8::from((from..to).contains(&block))));
        put("before_run", (from as f32 - at).max(0.0).ln_1p());
        put("after_run", (at - to as f32).max(0.0).ln_1p());
        let [before_blocks, before_words, after_blocks, after_words] =
            self.prose.get(block).copied().unwrap_or_default();
        put("prose_before", before_blocks.ln_1p());
        put("prose_before_words", before_words.ln_1p());
        put("prose_after", after_blocks.ln_1p());
        put("prose_after_words", after_words.ln_1p());
        for (name, body) in [("body", self.body), ("wide_body", self.wide_body)] {
            let Some(body) = body.and_then(|body| self.elements.get(body)) else {
                out.take(name, "in", 0.0);
                out.take(name, "levels", 20.0);
                out.take(name, "before", 0.0);
                out.take(name, "after", 0.0);
                continue;
            };
            let is_in = (body.first..body.end).contains(&block);
            out.take(name, "in", f32::from(u8::from(is_in)));
            // Levels up from the body to the element that holds both.
            let shared = self
                .around(block)
                .find(|e| e.first <= body.first && body.end <= e.end && e.depth <= body.depth);
            let levels = match shared {
                Some(_) if is_in => 0.0,
                Some(shared) => (body.depth - shared.depth) as f32 + 1.0,
                None => 20.0,
            };
            out.take(name, "levels", levels.min(20.0));
            out.take(name, "before", (body.first as f32 - at).max(0.0).ln_1p());
            out.take(name, "after", (at - body.end as f32).max(0.0).ln_1p());
        }
    }

    fn give_around(&self, block: usize, own: &Own, out: &mut impl Take) {
        let all = self.sums.all();
        let at = block as f32;
        // How near the next element with a class or name is: 1 for the innermost.
        let mut near_class = [0.0_f32; 64];
        let mut near_name = [0.0_f32; 32];
        let mut depth = 0.0;
        let mut repeated: Option<(usize, &Measured)> = None;
        let mut article: Option<&Measured> = None;
        for (level, element) in self.around(block).enumerate() {
            let near = 1.0 / (1.0 + level as f32);
            let mut bits = element.classes;
            while bits != 0 {
                let n = bits.trailing_zeros() as usize;
                bits &= bits - 1;
                if let Some(slot) = near_class.get_mut(n) {
                    *slot = slot.max(near);
                }
            }
            if element.name != 0
                && let Some(slot) = near_name.get_mut(element.name.trailing_zeros() as usize)
            {
                *slot = slot.max(near);
                if NAMES.get(element.name.trailing_zeros() as usize) == Some(&"article") {
                    article = Some(element);
                }
            }
            depth += 1.0;
            let is_repeated = element.alike >= 3.0 && element.sum.words > 0.0;
            if is_repeated
                && repeated.is_none_or(|(_, r)| r.alike_sum.words < element.alike_sum.words)
            {
                repeated = Some((level, element));
            }
        }
        for (group, near) in CLASSES.iter().zip(near_class) {
            out.take("class", group.name, near);
        }
        for (name, near) in NAMES.iter().zip(near_name) {
            out.take("in", name, near);
        }
        out.take("", "depth", depth);
        let first = self.around(block).next();
        let alone = Measured::default();
        let first = first.unwrap_or(&alone);
        out.take("parent", "alike", first.alike.ln_1p());
        out.take("parent", "blocks", first.sum.blocks.ln_1p());
        let (level, again) = repeated.map_or((20, &alone), |(level, element)| (level, element));
        let mut put = |name: &str, value: f32| out.take("repeated", name, value);
        put("level", level as f32);
        put("count", again.alike.ln_1p());
        put("nth", again.nth.ln_1p());
        put("words", share(again.alike_sum.words, again.alike).ln_1p());
        put("own_words", again.sum.words.ln_1p());
        put("link_share", share(again.alike_sum.link_words, again.alike_sum.words));
        put("prose", share(again.alike_sum.prose, again.alike_sum.words));
        put("headings", share(again.alike_sum.headings, again.alike).min(3.0));
        put("stop_share", share(again.alike_sum.stop_words, again.alike_sum.words));
        put("share", share(again.alike_sum.words, all.words));
        put("prose_share", share(again.alike_sum.prose, all.prose));
        out.take("article", "share", article.map_or(0.0, |a| share(a.sum.words, all.words)));
        out.take("article", "alike", article.map_or(0.0, |a| a.alike.ln_1p()));
        let mut level = 0;
        let mut last = 1.0;
        let mut around = self.around(block);
        while level < LEVELS {
            let (sum, first, alike) = match around.next() {
                Some(element) if element.sum.blocks <= last => continue,
                Some(element) => (element.sum, element.first as f32, element.alike),
                None => (all, 0.0, 1.0),
            };
            last = sum.blocks;
            let group = ["up1", "up2", "up3", "up4", "up5"].get(level).copied().unwrap_or("up");
            level += 1;
            give_sum(&sum, &all, group, out);
            out.take(group, "place", share(at - first, sum.blocks));
            out.take(group, "alike", alike.ln_1p());
            out.take(group, "own_share", share(own.words, sum.words));
        }
    }

    fn give_headings(&self, block: usize, out: &mut impl Take) {
        let (last, above) = self.headings.get(block).copied().unwrap_or_default();
        for (group, heading) in [("heading", last), ("heading2", above)] {
            let own = heading.and_then(|at| self.own.get(at));
            let blocks = heading.map_or(60.0, |at| (block - at) as f32);
            out.take(group, "blocks", blocks.ln_1p());
            out.take(group, "level", own.map_or(0.0, |own| f32::from(own.level)));
            out.take(group, "words", own.map_or(0.0, |own| own.words.min(20.0)));
            out.take(group, "title_words", own.map_or(0.0, |own| own.title_words));
            out.take(group, "link_share", own.map_or(0.0, Own::link_share));
            let groups = own.map_or(0, |own| own.groups);
            for (n, words) in WORDS.iter().enumerate() {
                if group == "heading" {
                    out.take("heading.word", words.name, f32::from(u8::from(groups >> n & 1 == 1)));
                } else if matches!(
                    words.name,
                    "related" | "comments" | "review" | "subscribe" | "more" | "describe"
                ) {
                    out.take(
                        "heading2.word",
                        words.name,
                        f32::from(u8::from(groups >> n & 1 == 1)),
                    );
                }
            }
        }
        let from = self.main_heading.map_or(0.0, |main| block as f32 - main as f32);
        out.take("main_heading", "blocks", from.signum() * from.abs().ln_1p());
        out.take("main_heading", "there", f32::from(u8::from(self.main_heading.is_some())));
        let words = self
            .main_heading
            .map_or(0.0, |main| self.sums.of(main.min(block), main.max(block)).words.ln_1p());
        out.take("main_heading", "words", words);
        // Whether an element holds both that is not the whole page.
        let together = self.main_heading.map_or(0.0, |main| {
            let shared = self.around(block).find(|e| (e.first..e.end).contains(&main));
            shared.map_or(0.0, |e| share(e.sum.words, self.sums.all().words))
        });
        out.take("main_heading", "together", together);
    }

    fn give_neighbours(&self, block: usize, out: &mut impl Take) {
        let parent = self.element(block);
        let nothing = Own::default();
        for distance in 1..=NEIGHBOURS {
            for (side, at) in [
                (["prev1", "prev2", "prev3"], block.checked_sub(distance)),
                (["next1", "next2", "next3"], Some(block + distance)),
            ] {
                let group = side.get(distance - 1).copied().unwrap_or("");
                let own = at.and_then(|at| self.own.get(at)).unwrap_or(&nothing);
                out.take(group, "words", own.words.ln_1p());
                out.take(group, "link_share", own.link_share());
                out.take(group, "heading", f32::from(u8::from(own.is_heading)));
                out.take(group, "stop_share", share(own.stop_words, own.words));
                out.take(group, "ends_sentence", f32::from(u8::from(own.ends_sentence)));
                out.take(group, "hidden", f32::from(u8::from(own.is_hidden)));
                out.take(group, "grouped", share(own.grouped, own.words));
                let same = at.is_some_and(|at| parent.is_some() && self.element(at) == parent);
                out.take(group, "same_parent", f32::from(u8::from(same)));
            }
        }
        for (group, reach) in [("near5", 5), ("near12", 12)] {
            let sides = [
                self.sums.of(block.saturating_sub(reach), block),
                self.sums.of(block + 1, block + 1 + reach),
            ];
            for (side, sum) in ["before", "after"].into_iter().zip(sides) {
                let names: [&str; 4] = match side {
                    "before" => {
                        ["before.words", "before.link_share", "before.prose", "before.stop_share"]
                    }
                    _ => ["after.words", "after.link_share", "after.prose", "after.stop_share"],
                };
                out.take(group, names[0], sum.words.ln_1p());
                out.take(group, names[1], share(sum.link_words, sum.words));
                out.take(group, names[2], sum.prose.ln_1p());
                out.take(group, names[3], share(sum.stop_words, sum.words));
            }
        }
    }

    fn give_page(&self, out: &mut impl Take) {
        let all = self.sums.all();
        let mut put = |name: &str, value: f32| out.take("page", name, value);
        put("words", all.words.ln_1p());
        put("blocks", all.blocks.ln_1p());
        put("link_share", share(all.link_words, all.words));
        put("prose", all.prose.ln_1p());
        put("prose_share", share(all.prose, all.words));
        put("prose_words", share(all.prose, all.prose_blocks));
        put("hidden", share(all.hidden, all.blocks));
        put("headings", share(all.headings, all.blocks));
        put("money", all.money.ln_1p());
        put("most_alike", self.most_alike);
        let (from, to) = self.run;
        put("run", share((to - from) as f32, all.blocks));
        put("run_prose", share(self.sums.of(from, to).prose, all.prose));
        for ((name, _), value) in TYPES.iter().zip(&self.types) {
            out.take("type", name, *value);
        }
    }
}

fn give_sum(sum: &Sum, all: &Sum, group: &str, out: &mut impl Take) {
    out.take(group, "words", sum.words.ln_1p());
    out.take(group, "blocks", sum.blocks.ln_1p());
    out.take(group, "share", share(sum.words, all.words));
    out.take(group, "prose_share", share(sum.prose, all.prose));
    out.take(group, "link_share", share(sum.link_words, sum.words));
    out.take(group, "prose", share(sum.prose, sum.words));
    out.take(group, "stop_share", share(sum.stop_words, sum.words));
    out.take(group, "words_per_block", share(sum.words, sum.blocks).min(200.0));
    out.take(group, "stops", share(sum.stops, sum.words));
    out.take(group, "commas", share(sum.commas, sum.words));
    out.take(group, "headings", share(sum.headings, sum.blocks));
}

/// For each block the last heading before it, and the last one of a higher level before that.
fn headings(own: &[Own]) -> Vec<(Option<usize>, Option<usize>)> {
    let mut last_of: [Option<usize>; 8] = [None; 8];
    let mut last: Option<usize> = None;
    let mut found = Vec::with_capacity(own.len());
    for (at, block) in own.iter().enumerate() {
        let above = last.and_then(|last| {
            let level = usize::from(own.get(last)?.level).min(7);
            last_of.get(..level)?.iter().copied().flatten().max()
        });
        found.push((last, above));
        if block.is_heading {
            let level = usize::from(block.level).min(7);
            last = Some(at);
            for (n, slot) in last_of.iter_mut().enumerate() {
                if n == level {
                    *slot = Some(at);
                } else if n > level {
                    *slot = None;
                }
            }
        }
    }
    found
}

/// The heading that is most like the title, the first of the highest level among equals.
fn main_heading(own: &[Own]) -> Option<usize> {
    let mut best: Option<(f32, usize)> = None;
    for (at, block) in own.iter().enumerate() {
        if !block.is_heading || block.is_hidden {
            continue;
        }
        let bonus = match block.level {
            1 => 0.5,
            2 => 0.1,
            _ => 0.0,
        };
        let score = block.title_words + bonus;
        if best.is_none_or(|(known, _)| score > known) {
            best = Some((score, at));
        }
    }
    best.map(|(_, at)| at)
}

/// For each block, blocks and words to the prose before and after it, at most 200 blocks.
fn to_prose(own: &[Own]) -> Vec<[f32; 4]> {
    let mut found = vec![[200.0, 5000.0, 200.0, 5000.0]; own.len()];
    let walk = |blocks: &mut dyn Iterator<Item = (&Own, &mut [f32; 4])>, slot: usize| {
        let (mut far, mut words) = (200.0_f32, 5000.0_f32);
        for (block, out) in blocks {
            if let [first, second] = &mut out[slot..slot + 2] {
                *first = far.min(200.0);
                *second = words.min(5000.0);
            }
            if block.is_prose() {
                (far, words) = (0.0, 0.0);
            } else {
                far += 1.0;
                words += block.words;
            }
        }
    };
    walk(&mut own.iter().zip(found.iter_mut()), 0);
    walk(&mut own.iter().zip(found.iter_mut()).rev(), 2);
    found
}
