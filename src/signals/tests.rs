//! Tests that walk the list of signals, and the pages that all families' tests are made on.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::document::{Format, Link, Location, Page};
use crate::survey::{Prints, Settings};

/// A page made for a test: a paragraph for each line that is not blank.
pub(super) struct Fixture {
    pub(super) text: String,
    pub(super) blocks: Vec<Block>,
    info: Info,
    title: Option<String>,
    removed: usize,
    survey: Survey,
}

impl Fixture {
    pub(super) fn of(text: &str) -> Self {
        let lines = parts::lines(text, Span::new(0, text.len()));
        let blocks = lines.map(|line| Block::new(BlockKind::Paragraph, line)).collect();
        let info = Info::new("test", Format::Text);
        Self { text: text.into(), blocks, info, title: None, removed: 0, survey: Survey::none() }
    }

    pub(super) fn language(mut self, code: &str) -> Self {
        self.info.language = Some(code.into());
        self
    }

    pub(super) fn at(mut self, url: &str) -> Self {
        self.info.url = Some(url.into());
        self
    }

    pub(super) fn titled(mut self, title: &str) -> Self {
        self.title = Some(title.into());
        self
    }

    pub(super) fn removed(mut self, bytes: usize) -> Self {
        self.removed = bytes;
        self
    }

    pub(super) fn surveyed(mut self, survey: Survey) -> Self {
        self.survey = survey;
        self
    }

    /// The page that it is a view of.
    pub(super) fn page(&self) -> Page {
        let (info, text, blocks) = (self.info.clone(), self.text.clone(), self.blocks.clone());
        Page { title: self.title.clone(), ..Page::new(info, text, blocks) }
    }

    /// All blocks become of a kind.
    pub(super) fn kind(mut self, kind: BlockKind) -> Self {
        self.blocks.iter_mut().for_each(|block| block.kind = kind);
        self
    }

    /// All lines become one block, of the kind of the first.
    pub(super) fn one_block(self) -> Self {
        let end = self.blocks.len();
        if end == 0 {
            return Fixture {
                blocks: vec![Block::new(BlockKind::Paragraph, Span::default())],
                ..self
            };
        }
        self.join(0, end)
    }

    /// Blocks `from..to` become one, of the kind of the first.
    pub(super) fn join(mut self, from: usize, to: usize) -> Self {
        let span = Span::new(self.blocks[from].span.start, self.blocks[to - 1].span.end);
        let kind = self.blocks[from].kind;
        self.blocks.splice(from..to, [Block::new(kind, span)]);
        self
    }

    /// The first place of `anchor` becomes a link.
    pub(super) fn link(mut self, anchor: &str, target: &str) -> Self {
        let start = self.text.find(anchor).expect("the anchor stands in the text");
        let anchor = Span::new(start, start + anchor.len());
        let block = self.blocks.iter_mut().find(|block| block.span.contains(anchor));
        let block = block.expect("the anchor stands in a block");
        block.links.push(Link { anchor, target: target.into() });
        self
    }

    pub(super) fn with<T>(&self, measure: impl FnOnce(&PageView<'_>) -> T) -> T {
        let view = PageView::new(&self.text, &self.blocks, &self.info, &self.survey)
            .with_title(self.title.as_deref())
            .with_removed(self.removed);
        measure(&view)
    }

    pub(super) fn document(&self, name: &str) -> Option<f64> {
        let id = by_name(name).expect("a signal's name");
        self.with(|view| view.document().value(id))
    }

    /// Measures the whole text, before cutting.
    pub(super) fn page_value(&self, name: &str) -> Option<f64> {
        let id = by_name(name).expect("a signal's name");
        self.with(|view| view.page().value(id))
    }

    pub(super) fn source(&self, name: &str) -> Option<f64> {
        let id = by_name(name).expect("a signal's name");
        self.with(|view| view.source().value(id))
    }

    pub(super) fn block(&self, index: usize, name: &str) -> Option<f64> {
        let id = by_name(name).expect("a signal's name");
        self.with(|view| view.block(index).value(id))
    }

    /// Measures the first place of `sentence` in a block.
    pub(super) fn sentence(&self, index: usize, sentence: &str, name: &str) -> Option<f64> {
        let block = self.blocks[index].span;
        let start = block.start + block.of(&self.text).find(sentence).expect("a sentence");
        self.sentence_at(index, Span::new(start, start + sentence.len()), name)
    }

    /// Measures the last place of `sentence` in a block.
    pub(super) fn last_sentence(&self, index: usize, sentence: &str, name: &str) -> Option<f64> {
        let block = self.blocks[index].span;
        let start = block.start + block.of(&self.text).rfind(sentence).expect("a sentence");
        self.sentence_at(index, Span::new(start, start + sentence.len()), name)
    }

    fn sentence_at(&self, index: usize, span: Span, name: &str) -> Option<f64> {
        let id = by_name(name).expect("a signal's name");
        self.with(|view| view.sentence(index, span).value(id))
    }
}

/// Asserts that a value is defined and as good as equal to a number.
#[track_caller]
pub(super) fn same(value: Option<f64>, number: f64) {
    assert!(value.is_some_and(|v| (v - number).abs() < 1e-9), "{value:?} is not {number}");
}

#[test]
fn a_signal_that_heeds_no_language_is_the_same_in_each() {
    let text = "The mill at the creek was the last of them, and it ground corn.\n\n\
        - Die Mühle am Bach\n- Buy this! Read more...\n\nName: Jo\n\nIt ground corn for the valley.";
    let values = |language: Option<&str>, id: SignalId| {
        let mut page = Fixture::of(text);
        page.info.language = language.map(str::to_owned);
        let survey = Survey::none();
        let view = PageView::new(&page.text, &page.blocks, &page.info, &survey);
        let mut values =
            vec![view.source().value(id), view.page().value(id), view.document().value(id)];
        for (n, block) in page.blocks.iter().enumerate() {
            values.push(view.block(n).value(id));
            values.push(view.sentence(n, block.span).value(id));
        }
        values
    };
    let mut heedless = 0;
    for id in (0..all().len()).map(|n| SignalId(n as u16)).filter(|id| !id.heeds_language()) {
        heedless += 1;
        let unknown = values(None, id);
        for language in ["en", "de", "zh"] {
            assert_eq!(values(Some(language), id), unknown, "{}", id.signal().name);
        }
    }
    assert!(heedless > 20);
}

#[test]
fn names_are_unique_and_in_snake_case() {
    let mut known = HashSet::new();
    for signal in all() {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(signal.name.chars().all(fits), "{}", signal.name);
        assert!(signal.name.starts_with(|c: char| c.is_ascii_lowercase()), "{}", signal.name);
        assert!(known.insert(signal.name), "{} twice", signal.name);
        assert_eq!(by_name(signal.name).map(|id| id.signal().name), Some(signal.name));
    }
    assert_eq!(by_name("no_such_signal"), None);
}

#[test]
fn all_signals_fit_into_the_memory_of_a_target() {
    assert!(all().len() <= MOST_SIGNALS, "{} signals: raise MOST_SIGNALS", all().len());
    assert!(u16::try_from(MOST_SIGNALS).is_ok(), "places in `Values` are of 16 bits");
}

#[test]
fn every_signal_is_documented_in_one_sentence() {
    for signal in all() {
        assert!(signal.about.len() >= 5, "{}", signal.name);
        assert!(!signal.about.ends_with('.'), "{}: the page adds the full stop", signal.name);
        assert!(!signal.about.contains(". "), "{}: more than one sentence", signal.name);
        assert!(!signal.about.contains('\n'), "{}", signal.name);
        assert!(!signal.source.is_empty(), "{}", signal.name);
        assert!(!signal.scopes.is_empty(), "{}", signal.name);
        assert!(signal.scopes.is_sorted(), "{}", signal.name);
        let ratio = signal.name.ends_with("_ratio") && signal.name != "symbol_word_ratio";
        assert!(!ratio || signal.unit == Unit::Ratio, "{}", signal.name);
        let says = signal.about.contains("undefined") || signal.about.starts_with("As `");
        assert!(signal.unit != Unit::Ratio || says, "{}: when is it undefined?", signal.name);
    }
}

#[test]
fn a_signal_is_measured_only_on_its_scopes() {
    let page = Fixture::of("Some text. And more.");
    assert_eq!(page.block(0, "kept_ratio"), None);
    assert_eq!(page.sentence(0, "Some text.", "line_count"), None);
    assert_eq!(page.document("block_position"), None);
}

#[test]
fn words_are_those_inside_a_span() {
    let page = Fixture::of("one two three");
    page.with(|view| {
        assert_eq!(view.words().len(), 3);
        assert_eq!(view.words_in(Span::new(4, 7)).len(), 1);
        assert_eq!(view.words_in(Span::new(1, 7)).len(), 1, "not the half word");
        assert_eq!(view.words_in(Span::new(9, 2)).len(), 0);
    });
}

/// Every signal on every target of a page has a value that fits its unit.
fn check(page: &Fixture) -> Result<(), TestCaseError> {
    page.with(|view| {
        let mut targets = vec![view.source(), view.document()];
        for (index, block) in view.blocks.iter().enumerate() {
            targets.push(view.block(index));
            let lines = parts::lines(view.text, block.span);
            targets.extend(lines.map(|line| view.sentence(index, line)));
        }
        for target in &targets {
            for (number, signal) in all().iter().enumerate() {
                let Some(value) = target.value(SignalId(number as u16)) else { continue };
                prop_assert!(value.is_finite() && value >= 0.0, "{}: {value}", signal.name);
                prop_assert!(
                    signal.unit != Unit::Ratio || value <= 1.0,
                    "{}: {value}",
                    signal.name
                );
                prop_assert!(signal.unit != Unit::Count || value.fract() == 0.0, "{}", signal.name);
            }
        }
        Ok(())
    })
}

#[test]
fn odd_pages_measure_well() {
    for text in
        ["", " \n\n", "a", ".", "#", "* ", "::", "[](", "[a](b", "{{", "\u{FEFF}", "e\u{301}", "…"]
    {
        for kind in BlockKind::ALL {
            check(&Fixture::of(text).kind(kind)).expect("values fit their units");
            check(&Fixture::of(text).one_block().kind(kind)).expect("values fit their units");
        }
    }
}

/// Texts with what the signals look for: words of several scripts, marks, links, fields.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[a-z]{1,8} ",
        1 => "[A-ZÀ-Ý][a-zà-ý]{1,9} ",
        1 => "[а-я]{1,8} ",
        1 => "[一-鿆]{1,4}",
        1 => "[ا-ي]{1,6} ",
        2 => Just("\n".to_owned()),
        1 => Just("* ".to_owned()),
        1 => Just("Name : ".to_owned()),
        1 => Just("instagram:\n".to_owned()),
        1 => Just("the same few words come again and again ".to_owned()),
        1 => "https?://[a-z.]{0,8}/[a-z@]{0,3} ",
        1 => "\\[[a-z ]{0,5}\\]\\([a-z/#]{0,5}\\)",
        2 => "[-.,;:!?…|»«#{}%<>@'’\"()\\[\\]0-9 ]{1,5}",
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn kinds() -> impl Strategy<Value = Vec<(BlockKind, u8, bool)>> {
    let kind = prop::sample::select(BlockKind::ALL.to_vec());
    prop::collection::vec((kind, 0u8..7, any::<bool>()), 1..12)
}

/// Links over the page's blocks, some of them out of order or outside their block.
fn link_places() -> impl Strategy<Value = Vec<(usize, usize, usize, String)>> {
    prop::collection::vec((0usize..40, 0usize..300, 0usize..20, "[#a-z:/.]{0,12}"), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn arbitrary_pages_measure_well(
        text in texts(),
        kinds in kinds(),
        links in link_places(),
        language in prop::option::of(prop::sample::select(vec!["en", "ru", "zh", "xx"])),
        url in prop::option::of("[a-z:/.0-9-]{0,20}"),
        title in prop::option::of(texts()),
        removed in prop_oneof![Just(0usize), any::<usize>()],
    ) {
        let mut page = Fixture::of(&text);
        for (block, (kind, level, join)) in page.blocks.iter_mut().zip(kinds.iter().cycle()) {
            block.kind = *kind;
            block.level = *level;
            let _ = join;
        }
        let mut at = 0;
        for (_, _, join) in kinds.iter().cycle().take(page.blocks.len()) {
            if *join && at + 1 < page.blocks.len() {
                page = page.join(at, at + 2);
            } else {
                at += 1;
            }
        }
        for (block, start, length, target) in links {
            let blocks = page.blocks.len();
            let Some(block) = page.blocks.get_mut(block.checked_rem(blocks).unwrap_or(0)) else { break };
            let start = block.span.start + start.checked_rem(block.span.len() + 1).unwrap_or(0);
            let anchor = Span::new(start, (start + length).min(text.len()));
            block.links.push(Link { anchor, target: target.into() });
        }
        if let Some(code) = language { page = page.language(code); }
        if let Some(url) = url { page = page.at(&url); }
        if let Some(title) = title { page = page.titled(&title); }
        let page = page.removed(removed);
        check(&page)?;
        // Half of it has stood elsewhere.
        let half = text.chars().take(text.chars().count() / 2).collect::<String>();
        let earlier = Location { source: "earlier".into(), ordinal: 0 };
        let settings = Settings { window: 3, texts: true, near_blocks: true, ..Settings::default() };
        let prints = Prints::of(&Fixture::of(&half).page(), &settings).at(earlier);
        check(&page.surveyed(Survey::over(settings, [prints]).unwrap()))?;
    }

    #[test]
    fn measuring_in_another_order_gives_the_same_values(text in texts()) {
        let page = Fixture::of(&text).language("en");
        let ids: Vec<SignalId> = (0..all().len() as u16).map(SignalId).collect();
        let values = |ids: &mut dyn Iterator<Item = &SignalId>| page.with(|view| {
            let target = view.document();
            let mut found: Vec<_> = ids.map(|id| (*id, target.value(*id))).collect();
            found.sort_by_key(|(id, _)| *id);
            found
        });
        prop_assert_eq!(values(&mut ids.iter()), values(&mut ids.iter().rev()));
    }
}

/// Measures every signal without the memory of the target, which has nothing to do with their cost.
fn measure_all(target: &Measured<'_>) {
    for signal in all().iter().filter(|signal| signal.scopes.contains(&target.scope)) {
        let _ = (signal.measure)(target);
    }
}

/// Measures every signal on every line of a block and returns the time that took.
fn time_sentences(page: &Fixture, block: usize) -> Duration {
    let start = Instant::now();
    page.with(|view| {
        for line in parts::lines(view.text, view.blocks[block].span) {
            measure_all(&view.sentence(block, line));
        }
    });
    start.elapsed()
}

/// Measures every signal on every block and returns the time that took.
fn time_all(page: &Fixture) -> Duration {
    let start = Instant::now();
    page.with(|view| {
        for index in 0..view.blocks.len() {
            measure_all(&view.block(index));
        }
        measure_all(&view.document());
    });
    start.elapsed()
}

/// Blocks of a shape that a signal could be slow on; each a line.
fn many(blocks: usize, line: impl Fn(usize) -> String) -> Fixture {
    let text: String = (0..blocks).map(|n| line(n) + "\n").collect();
    Fixture::of(&text).language("en")
}

#[test]
fn cost_is_linear_in_the_number_of_blocks() {
    let limit = Duration::from_secs(60);
    let tiny = many(100_000, |n| format!("Item {}", n % 1000));
    let mut headings = many(20_000, |_| "Heading".into()).kind(BlockKind::Heading);
    for (n, block) in headings.blocks.iter_mut().enumerate() {
        block.level = (n % 7) as u8;
    }
    let alike = many(5_000, |n| format!("The mill by the river was built by hand in spring {n}."));
    for page in [tiny, headings, alike] {
        let time = time_all(&page);
        assert!(time < limit, "{} blocks took {time:?}", page.blocks.len());
    }
}

#[test]
fn cost_is_linear_in_the_number_of_sentences() {
    let mut page = Fixture::of(&"* [a](b) c\n".repeat(20_000)).kind(BlockKind::List).one_block();
    page.blocks[0].links = (0..20_000)
        .map(|n| Link { anchor: Span::new(n * 11 + 3, n * 11 + 4), target: "b".into() })
        .collect();
    let time = time_sentences(&page, 0);
    assert!(time < Duration::from_secs(30), "{time:?}");
}

#[test]
fn cost_of_a_sentence_does_not_grow_with_the_blocks_beside_its_own() {
    let long = "a mill ".repeat(200_000);
    let lines = "A mill stood here.\n".repeat(20_000);
    let page = Fixture::of(&format!("{long}\n{lines}{long}")).language("en").join(1, 20_001);
    let time = time_sentences(&page, 1);
    assert!(time < Duration::from_secs(20), "{time:?}");
}

#[test]
fn cost_is_linear_in_the_size_of_a_block() {
    let limit = Duration::from_secs(30);
    let links = "* [a](b) ".repeat(20_000);
    let mut list = Fixture::of(&links).kind(BlockKind::List);
    list.blocks[0].links = (0..20_000)
        .map(|n| Link { anchor: Span::new(n * 9 + 3, n * 9 + 4), target: "b".into() })
        .collect();
    let pages = [
        list,
        Fixture::of(&"{".repeat(200_000)),
        Fixture::of(&"a@".repeat(100_000)),
        Fixture::of(&"ha ".repeat(100_000)).language("en"),
        Fixture::of(&"[".repeat(100_000)),
        Fixture::of(&"[1]".repeat(50_000)),
        Fixture::of(&"x".repeat(300_000)),
        Fixture::of(&"Name: ".repeat(50_000)),
    ];
    for page in pages {
        let time = time_all(&page);
        assert!(
            time < limit,
            "{:?}… took {time:?}",
            page.text.chars().take(10).collect::<String>()
        );
    }
}
