//! Does a block speak of what its page speaks of?
//!
//! Content words are compared as terms, so that inflected words meet; see
//! `terms.rs` for what they are. What prose and a run are, says
//! [`structure`](super::structure).

use std::cell::OnceCell;

use super::repeats::sentences_of;
use super::structure::Run;
use super::terms::{self, Term};
use super::words::HashedMap;
use super::{BLOCK, DOCUMENT, Measured, PageView, SENTENCE_AND_BLOCK, Signal, Unit, parts, ratio};
use crate::document::{Block, BlockKind, Span};
use crate::text::{self, print_of};

/// Longest line that may be a heading without saying so, in characters.
const HEADING_CHARACTERS: usize = 100;
/// Fewest content words of a target that is compared with the page.
const FEWEST_TERMS: usize = 2;
/// Fewest content words of a sentence that may jump.
const FEWEST_IN_SENTENCE: usize = 3;
/// A word is telling if it stands in at most so many sentences, or in one of so many.
const TELLING_SENTENCES: usize = 6;
const TELLING_SHARE: usize = 20;

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[
    &Signal {
        name: "topic_overlap",
        unit: Unit::Ratio,
        scopes: SENTENCE_AND_BLOCK,
        needs: &[],
        about: "Of its distinct content words, each weighing as many points as it has characters (at most eight), the share of points of those that also occur in the prose of other blocks or in the title, inflection aside; undefined with fewer than two content words or without other prose",
        source: "ours",
        measure: own_overlap,
    },
    &Signal {
        name: "run_topic_overlap",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "As `topic_overlap`, for the whole run of short blocks it stands in; for a block that is not short the same as `topic_overlap`",
        source: "ours",
        measure: run_overlap,
    },
    &Signal {
        name: "title_overlap",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Distinct content words that also occur in the page's title or first heading (if that is another block) divided by its distinct content words, inflection aside; undefined without content words, or without a title and a heading",
        source: "ours",
        measure: title_overlap,
    },
    &Signal {
        name: "heading_echo_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Items of a list, or lines of the run of short blocks it stands in, that say the same as a heading in another block (a heading, or a short line right before prose), divided by items; undefined without items",
        source: "ours",
        measure: heading_echo,
    },
    &Signal {
        name: "topic_jump_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "Of the prose sentences with three or more content words, the first aside, the share that has no telling content word (one that stands in at most six of these sentences, or one in twenty) in common with the two such sentences before it; undefined with fewer than two such sentences",
        source: "ours",
        measure: |t| t.page.page_topic().sentences(t.page).jumps(),
    },
    &Signal {
        name: "single_sentence_word_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "Distinct content words that stand in only one of the prose sentences with three or more content words divided by distinct content words of these sentences; undefined without such sentences",
        source: "ours",
        measure: |t| t.page.page_topic().sentences(t.page).single(),
    },
];

/// What is measured of a page as a whole for this family.
pub(crate) struct PageTopic {
    /// All terms of the text, in order.
    terms: Vec<Term>,
    /// For each term the number of prose blocks that hold it, and the last of them.
    prose: HashedMap<(u32, u32)>,
    /// Number of prose blocks with terms.
    prose_blocks: u32,
    /// Terms of the title.
    title: HashedMap<()>,
    /// The first heading.
    first_heading: Option<usize>,
    /// Terms outside links, and of the title.
    unlinked: OnceCell<HashedMap<()>>,
    /// Fingerprints of headings, with the first and the last block that has each.
    headings: OnceCell<HashedMap<(usize, usize)>>,
    run_overlaps: OnceCell<Vec<Option<f64>>>,
    run_echoes: OnceCell<Vec<Option<f64>>>,
    sentences: OnceCell<Sentences>,
}

impl PageTopic {
    fn new(page: &PageView<'_>) -> Self {
        let terms = terms::terms(page.text, page.words(), page.stop_words());
        let mut title = HashedMap::default();
        if let Some(text) = page.title {
            let found = terms::terms(text, &text::words(text), page.stop_words());
            title.extend(found.into_iter().map(|term| (term.hash, ())));
        }
        let mut prose: HashedMap<(u32, u32)> =
            HashedMap::with_capacity_and_hasher(terms.len() / 2, Default::default());
        let mut prose_blocks = 0;
        for (number, block) in page.blocks.iter().enumerate() {
            let own = slice(&terms, block.span);
            if own.is_empty() || !page.page_structure().is_prose(number) {
                continue;
            }
            prose_blocks += 1;
            let number = number as u32;
            for term in own {
                let known = prose.entry(term.hash).or_insert((1, number));
                if known.1 != number {
                    *known = (known.0 + 1, number);
                }
            }
        }
        Self {
            terms,
            prose,
            prose_blocks,
            title,
            first_heading: page.blocks.iter().position(|b| b.kind == BlockKind::Heading),
            unlinked: OnceCell::new(),
            headings: OnceCell::new(),
            run_overlaps: OnceCell::new(),
            run_echoes: OnceCell::new(),
            sentences: OnceCell::new(),
        }
    }

    /// The terms whose words start inside a span.
    pub(super) fn terms_in(&self, span: Span) -> &[Term] {
        slice(&self.terms, span)
    }

    /// True if a term occurs outside links or in the title.
    pub(super) fn is_outside_links(&self, page: &PageView<'_>, term: &Term) -> bool {
        let unlinked = self.unlinked.get_or_init(|| {
            let mut found = self.title.clone();
            let mut links = page.blocks.iter().flat_map(|block| &block.links).peekable();
            for term in &self.terms {
                while links.peek().is_some_and(|link| link.anchor.end <= term.start) {
                    links.next();
                }
                if links.peek().is_none_or(|link| term.start < link.anchor.start) {
                    found.insert(term.hash, ());
                }
            }
            found
        });
        unlinked.contains_key(&term.hash)
    }

    /// The weighted share of terms that occur in prose outside the blocks `own`, or in the title.
    fn overlap(
        &self,
        page: &PageView<'_>,
        terms: &[Term],
        own: std::ops::Range<usize>,
    ) -> Option<f64> {
        // A single block can be prose; a run never is.
        let own_prose = u32::from(own.len() == 1 && page.page_structure().is_prose(own.start));
        if self.prose_blocks <= own_prose {
            return None;
        }
        let mut known = Distinct::new(terms.len());
        let (mut part, mut whole) = (0u64, 0u64);
        for term in terms {
            if !known.is_new(term.hash) {
                continue;
            }
            let blocks = self.prose.get(&term.hash).map_or(0, |(blocks, _)| *blocks);
            let found = blocks > own_prose || self.title.contains_key(&term.hash);
            whole += u64::from(term.weight);
            part += if found { u64::from(term.weight) } else { 0 };
        }
        (known.len() >= FEWEST_TERMS && whole > 0).then(|| part as f64 / whole as f64)
    }

    fn sentences(&self, page: &PageView<'_>) -> &Sentences {
        self.sentences.get_or_init(|| Sentences::new(page, self))
    }

    fn headings(&self, page: &PageView<'_>) -> &HashedMap<(usize, usize)> {
        self.headings.get_or_init(|| {
            let mut found = HashedMap::default();
            for (number, block) in page.blocks.iter().enumerate() {
                if !is_heading(page, number, block) {
                    continue;
                }
                if let Some(print) = item_print(page, block.span) {
                    found.entry(print).or_insert((number, number)).1 = number;
                }
            }
            found
        })
    }

    /// Items that say what a heading in another block says, and all items.
    fn echoes(&self, page: &PageView<'_>, number: usize) -> (usize, usize) {
        let Some(block) = page.blocks.get(number) else { return (0, 0) };
        let items = parts::items(page.text, block.kind, block.span);
        let echo = |item: &&Span| {
            let print = item_print(page, **item);
            let places = print.and_then(|print| self.headings(page).get(&print));
            places.is_some_and(|(first, last)| *first != number || *last != number)
        };
        (items.iter().filter(echo).count(), items.len())
    }
}

/// Few hashes are told apart faster by looking at all of them.
const FEW: usize = 16;

/// The different hashes of a row.
enum Distinct {
    Few([u64; FEW], usize),
    Many(HashedMap<()>),
}

impl Distinct {
    /// None yet, with room for so many.
    fn new(most: usize) -> Self {
        match most {
            0..=FEW => Self::Few([0; FEW], 0),
            _ => Self::Many(HashedMap::with_capacity_and_hasher(most, Default::default())),
        }
    }

    /// True if a hash was not there yet; then it is.
    fn is_new(&mut self, hash: u64) -> bool {
        match self {
            Self::Few(known, length) => {
                let new = !known.iter().take(*length).any(|own| *own == hash);
                if let Some(slot) = known.get_mut(*length).filter(|_| new) {
                    *slot = hash;
                    *length += 1;
                }
                new
            }
            Self::Many(known) => known.insert(hash, ()).is_none(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Few(_, length) => *length,
            Self::Many(known) => known.len(),
        }
    }
}

impl PageView<'_> {
    /// The page's terms and topic, made once.
    pub(super) fn page_topic(&self) -> &PageTopic {
        self.topic.get_or_init(|| PageTopic::new(self))
    }
}

impl PageView<'_> {
    /// As [`PageTopic::overlap`], for titles, which are no prose themselves.
    pub(super) fn overlap_of(&self, titles: &[Span]) -> Option<f64> {
        let topic = self.page_topic();
        let terms: Vec<Term> =
            titles.iter().flat_map(|title| topic.terms_in(*title)).copied().collect();
        topic.overlap(self, &terms, 0..0)
    }
}

/// The terms whose words start inside a span.
fn slice(terms: &[Term], span: Span) -> &[Term] {
    let from = terms.partition_point(|term| term.start < span.start);
    let to = terms.partition_point(|term| term.start < span.end);
    terms.get(from..to.max(from)).unwrap_or(&[])
}

/// True for a heading, and for a short line right before prose.
fn is_heading(page: &PageView<'_>, number: usize, block: &Block) -> bool {
    if block.kind == BlockKind::Heading {
        return true;
    }
    let structure = page.page_structure();
    block.kind == BlockKind::Paragraph
        && structure.is_prose(number + 1)
        && structure.run_number(number).is_some()
        && block.span.len() <= HEADING_CHARACTERS * 4
        && parts::lines(page.text, block.span).nth(1).is_none()
}

/// The fingerprint of what an item or heading says, without marks and link targets.
fn item_print(page: &PageView<'_>, span: Span) -> Option<u64> {
    let said: String = page.visible(span).collect();
    print_of(parts::unmarked(&said))
}

fn own_overlap(t: &Measured<'_>) -> Option<f64> {
    let (page, number) = (t.page, t.block?);
    let overlap = || {
        let topic = page.page_topic();
        topic.overlap(page, topic.terms_in(t.span), number..number + 1)
    };
    *t.overlap.get_or_init(overlap)
}

fn run_overlap(t: &Measured<'_>) -> Option<f64> {
    let (page, number) = (t.page, t.block?);
    let structure = page.page_structure();
    let Some(run) = structure.run_number(number) else {
        return own_overlap(t);
    };
    let topic = page.page_topic();
    let overlaps = topic.run_overlaps.get_or_init(|| {
        let overlap = |run: &Run| {
            let first = page.blocks.get(run.first)?.span.start;
            let last = page.blocks.get(run.last)?.span.end;
            topic.overlap(page, topic.terms_in(Span::new(first, last)), run.first..run.last + 1)
        };
        structure.runs().iter().map(overlap).collect()
    });
    overlaps.get(run).copied().flatten()
}

fn title_overlap(t: &Measured<'_>) -> Option<f64> {
    let topic = t.page.page_topic();
    let heading = topic.first_heading.filter(|first| Some(*first) != t.block);
    if t.page.title.is_none() && heading.is_none() {
        return None;
    }
    let mut said = topic.title.clone();
    if let Some(block) = heading.and_then(|first| t.page.blocks.get(first)) {
        said.extend(topic.terms_in(block.span).iter().map(|term| (term.hash, ())));
    }
    let own: HashedMap<()> = topic.terms_in(t.span).iter().map(|term| (term.hash, ())).collect();
    ratio(own.keys().filter(|term| said.contains_key(term)).count(), own.len())
}

fn heading_echo(t: &Measured<'_>) -> Option<f64> {
    let (page, number) = (t.page, t.block?);
    let topic = page.page_topic();
    let structure = page.page_structure();
    let run = structure.run_number(number).filter(|_| t.kind() != Some(BlockKind::List));
    let Some(run) = run else {
        let (echoes, items) = topic.echoes(page, number);
        return ratio(echoes, items);
    };
    let echoes = topic.run_echoes.get_or_init(|| {
        let echo = |run: &Run| {
            let counts = (run.first..=run.last).map(|number| topic.echoes(page, number));
            let (part, whole) = counts.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            ratio(part, whole)
        };
        structure.runs().iter().map(echo).collect()
    });
    echoes.get(run).copied().flatten()
}

/// How the prose sentences of a page hang together.
#[derive(Default)]
struct Sentences {
    /// Sentences after the first, and those that share no telling word with the two before.
    pairs: usize,
    jumps: usize,
    /// Distinct content words, and those that stand in one sentence only.
    words: usize,
    single: usize,
}

impl Sentences {
    fn new(page: &PageView<'_>, topic: &PageTopic) -> Self {
        let structure = page.page_structure();
        let blocks = page.blocks.iter().enumerate().filter(|(n, _)| structure.is_prose(*n));
        let sentences: Vec<&[Term]> = blocks
            .flat_map(|(_, block)| sentences_of(page.text, block.span))
            .map(|sentence| topic.terms_in(sentence))
            .filter(|terms| terms.len() >= FEWEST_IN_SENTENCE)
            .collect();
        // In how many sentences each word stands, and the last of them.
        let mut known: HashedMap<(usize, usize)> = HashedMap::default();
        for (number, sentence) in sentences.iter().enumerate() {
            for term in *sentence {
                let places = known.entry(term.hash).or_insert((0, usize::MAX));
                if places.1 != number {
                    *places = (places.0 + 1, number);
                }
            }
        }
        let widest = TELLING_SENTENCES.max(sentences.len() / TELLING_SHARE);
        let mut found = Self {
            words: known.len(),
            single: known.values().filter(|(sentences, _)| *sentences == 1).count(),
            ..Self::default()
        };
        let mut last: HashedMap<usize> = HashedMap::default();
        for (number, sentence) in sentences.iter().enumerate() {
            let mut joined = false;
            for term in *sentence {
                let telling = known.get(&term.hash).is_some_and(|(count, _)| *count <= widest);
                let before = last.insert(term.hash, number);
                // What stands twice in this sentence was put there by this walk.
                joined |= telling && before.is_some_and(|at| at < number && at + 2 >= number);
            }
            if number > 0 {
                found.pairs += 1;
                found.jumps += usize::from(!joined);
            }
        }
        found
    }

    fn jumps(&self) -> Option<f64> {
        ratio(self.jumps, self.pairs)
    }

    fn single(&self) -> Option<f64> {
        ratio(self.single, self.words)
    }
}

#[cfg(test)]
mod tests {
    use crate::document::BlockKind;
    use crate::signals::tests::{Fixture, same};
    use crate::text;

    const PROSE: &str = "The old windmill near the harbour ground barley for local bakers.\n\
        Bakers in the harbour paid the millers with bread and barley.";

    #[test]
    fn a_block_on_the_topic_overlaps_and_another_does_not() {
        let page =
            Fixture::of(&format!("{PROSE}\nThe windmills of the harbour\nCelebrity diet secrets"))
                .language("en");
        same(page.block(2, "topic_overlap"), 1.0);
        same(page.block(3, "topic_overlap"), 0.0);
    }

    #[test]
    fn a_prose_block_is_compared_with_the_others_only() {
        let page = Fixture::of(PROSE).language("en");
        let first = page.block(0, "topic_overlap").unwrap_or(0.0);
        assert!(first > 0.2 && first < 0.9, "{first}");
        let alone = Fixture::of("The old windmill ground barley for local bakers.").language("en");
        assert_eq!(alone.block(0, "topic_overlap"), None);
        assert_eq!(page.sentence(0, "The", "topic_overlap"), None, "too few content words");
    }

    #[test]
    fn the_title_belongs_to_the_topic() {
        let page =
            Fixture::of(&format!("{PROSE}\nZeppelin hangars")).titled("A zeppelin and its hangar");
        same(page.block(2, "topic_overlap"), 1.0);
        same(page.block(2, "title_overlap"), 1.0);
        assert_eq!(Fixture::of(PROSE).block(0, "title_overlap"), None);
    }

    #[test]
    fn the_first_heading_stands_for_the_title_but_not_for_itself() {
        let mut page =
            Fixture::of("Harbour windmills\nWindmills bakery\nThe and of").language("en");
        page.blocks[0].kind = BlockKind::Heading;
        same(page.block(1, "title_overlap"), 0.5);
        assert_eq!(page.block(0, "title_overlap"), None);
        assert_eq!(page.block(2, "title_overlap"), None, "no content words");
    }

    #[test]
    fn a_run_is_judged_as_a_whole() {
        let page =
            Fixture::of(&format!("{PROSE}\nWindmill harbour\nCelebrity secrets")).language("en");
        let run = page.block(2, "run_topic_overlap");
        assert_eq!(run, page.block(3, "run_topic_overlap"));
        same(run, 0.5);
    }

    #[test]
    fn overlap_works_in_other_scripts() {
        let russian = Fixture::of("Старая мельница у реки молола зерно для деревни.\nМельницы и зерно\nЗвёзды шоу-бизнеса")
            .language("ru");
        same(russian.block(1, "topic_overlap"), 1.0);
        same(russian.block(2, "topic_overlap"), 0.0);
        let chinese = Fixture::of("这家大学的研究人员发现了一种新的药物。\n大学研究\n明星减肥")
            .language("zh");
        assert!(chinese.block(1, "topic_overlap") > chinese.block(2, "topic_overlap"));
    }

    #[test]
    fn a_table_of_contents_echoes_the_headings() {
        let text =
            "* [Early Days](#a)\n* [Later](#b)\n* [Else](#c)\nEarly days\nPROSE\n## Later\nPROSE";
        let text = text.replace("PROSE", "It was a long time before anyone noticed it.");
        let mut page = Fixture::of(&text).join(0, 3);
        page.blocks[0].kind = BlockKind::List;
        page.blocks[3].kind = BlockKind::Heading;
        for (anchor, target) in [("Early Days", "#a"), ("Later", "#b"), ("Else", "#c")] {
            page = page.link(anchor, target);
        }
        same(page.block(0, "heading_echo_ratio"), 2.0 / 3.0);
        assert_eq!(page.block(3, "heading_echo_ratio"), Some(0.0), "not of itself");
    }

    #[test]
    fn sentences_that_share_no_word_jump() {
        let steady = "The mill ground barley corn. The barley harvest filled village barns. Village barns burned twice yearly.";
        let soup = "The mill ground barley corn. Celebrity diets promise slender figures. Mortgage brokers fear winter elections.";
        assert_eq!(text::sentences(steady).len(), 3);
        same(Fixture::of(steady).language("en").document("topic_jump_ratio"), 0.0);
        same(Fixture::of(soup).language("en").document("topic_jump_ratio"), 1.0);
        same(Fixture::of(soup).language("en").document("single_sentence_word_ratio"), 1.0);
        assert!(Fixture::of(steady).document("single_sentence_word_ratio") < Some(0.8));
        assert_eq!(Fixture::of("Home").document("topic_jump_ratio"), None);
        assert_eq!(Fixture::of("").document("single_sentence_word_ratio"), None);
    }
}
