//! Signals: numbers measured on a sentence, a block or a document when a rule first asks.
//!
//! A family is one file with a list `ALL`; [`all`] joins the lists. To add a signal, write its
//! entry in its family's `ALL`, its function and its tests in the same file, and renew
//! `docs/signals.md` (`UPDATE_DOCS=1 cargo test signals`).

use std::cell::{OnceCell, RefCell};
use std::ops::Range;
use std::sync::LazyLock;

use crate::document::{Block, BlockKind, Format, Info, Page, Scope, Span};
use crate::outline::Outline;
use crate::survey::{Part, Survey};
use crate::text::lists::{self, WordSet};
use crate::text::{self, Word};
use main_content::ContentModel;

pub mod characters;
pub mod corpus;
mod docs;
pub mod furniture;
mod labels;
pub mod lines;
pub mod links;
pub mod main_content;
mod markup;
mod ngrams;
mod parts;
pub mod placeholder;
pub mod profiles;
pub mod published;
pub(crate) mod ranges;
pub mod removed;
pub mod repeats;
mod similar;
pub mod source;
pub mod stitched;
pub mod structure;
pub mod surroundings;
mod terms;
#[cfg(test)]
mod tests;
pub mod titles;
pub mod topic;
pub mod words;

pub use docs::{docs, families};

/// The scopes that have a text of their own.
const TEXT: &[Scope] = &[Scope::Page, Scope::Sentence, Scope::Block, Scope::Document];
/// A block, or the whole text before and after cutting.
const BLOCK_AND_DOCUMENT: &[Scope] = &[Scope::Page, Scope::Block, Scope::Document];
/// A sentence or a block.
const SENTENCE_AND_BLOCK: &[Scope] = &[Scope::Sentence, Scope::Block];
/// A block only.
const BLOCK: &[Scope] = &[Scope::Block];
/// A block of the whole page.
const AREA: &[Scope] = &[Scope::Area];
/// The whole text, before and after cutting.
const DOCUMENT: &[Scope] = &[Scope::Page, Scope::Document];

/// What a signal's number is; it bounds the numbers a rule may compare it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A whole number of things, 0 or more.
    Count,
    /// A share, 0 to 1.
    Ratio,
    /// A mean or another number, 0 or more, without a natural upper bound.
    Number,
}

impl Unit {
    /// The name in documentation.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Count => "count",
            Unit::Ratio => "ratio (0 to 1)",
            Unit::Number => "number",
        }
    }
}

/// Side data that a signal cannot be measured without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A list of stop words for the document's language; undefined without one.
    StopWords,
    /// A survey that counts this; undefined without one, and a rule on the signal is an error at
    /// start unless it says `without-survey = "skip"`.
    Survey(Part),
}

/// A number that can be measured on a text.
pub struct Signal {
    /// Name in rules files and columns: snake_case, never given to another definition.
    pub name: &'static str,
    /// What the number is.
    pub unit: Unit,
    /// The scopes it can be measured on.
    pub scopes: &'static [Scope],
    /// What it needs beside the text.
    pub needs: &'static [Need],
    /// One sentence that defines it, with its divisor; says when it is undefined.
    pub about: &'static str,
    /// The paper or program the definition follows; `ours` where there is none.
    pub source: &'static str,
    /// Measures it. `None` is *undefined*, a value of its own; never `NaN`.
    pub measure: fn(&Measured<'_>) -> Option<f64>,
}

impl std::fmt::Debug for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Signal").field(&self.name).finish()
    }
}

impl Signal {
    /// True if it can be measured on a scope. An area is a block.
    pub fn is_for(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || scope == Scope::Area && self.scopes.contains(&Scope::Block)
    }
}

/// Number of a signal in [`all`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignalId(pub u16);

impl SignalId {
    /// The signal.
    pub fn signal(self) -> &'static Signal {
        ALL[usize::from(self.0)]
    }
}

static ALL: LazyLock<Vec<&'static Signal>> = LazyLock::new(|| {
    [
        source::ALL,
        words::ALL,
        characters::ALL,
        lines::ALL,
        repeats::ALL,
        corpus::ALL,
        links::ALL,
        placeholder::ALL,
        profiles::ALL,
        topic::ALL,
        titles::ALL,
        structure::ALL,
        stitched::ALL,
        furniture::ALL,
        surroundings::ALL,
        main_content::ALL,
        removed::ALL,
        published::dolma::ALL,
        published::datatrove::ALL,
        published::dclm::ALL,
        published::nemo::ALL,
        published::juicer::ALL,
        published::c4_tfds::ALL,
        published::refinedweb::ALL,
        published::redpajama::ALL,
    ]
    .concat()
});

/// All signals, in the order of their families; a [`SignalId`] is a place in it.
pub fn all() -> &'static [&'static Signal] {
    &ALL
}

/// The signal of a name.
pub fn by_name(name: &str) -> Option<SignalId> {
    ALL.iter().position(|signal| signal.name == name).map(|n| SignalId(n as u16))
}

impl SignalId {
    /// True if the signal may depend on the document's language; where none of a run's does, it
    /// need not be detected. A family that is not named here is taken to.
    pub fn heeds_language(self) -> bool {
        let heedless = [
            source::ALL,
            words::ALL,
            characters::ALL,
            lines::ALL,
            corpus::ALL,
            removed::ALL,
            published::dolma::ALL,
            published::datatrove::ALL,
            published::dclm::ALL,
            published::c4_tfds::ALL,
            published::refinedweb::ALL,
            published::nemo::ALL,
            published::juicer::ALL,
        ];
        let signal = self.signal();
        signal.name == "language_known"
            || signal.needs.contains(&Need::StopWords)
            || !heedless.into_iter().flatten().any(|known| known.name == signal.name)
    }
}

/// Of a page without elements.
static NO_OUTLINE: LazyLock<Outline> = LazyLock::new(Outline::default);

/// A page's blocks: cut already, or cut when something first asks for them.
#[derive(Clone, Copy)]
pub enum Blocks<'a> {
    /// Cut.
    Cut(&'a [Block]),
    /// Not cut before somebody looks at them.
    Uncut(&'a Uncut<'a>),
}

/// A text that is cut into blocks at the first ask. Most signals of whole documents never do.
pub struct Uncut<'a> {
    text: &'a str,
    format: Format,
    cut: fn(Format, &str) -> Vec<Block>,
    blocks: OnceCell<Vec<Block>>,
}

impl<'a> Uncut<'a> {
    /// A text, its format, and how it is cut.
    pub fn new(text: &'a str, format: Format, cut: fn(Format, &str) -> Vec<Block>) -> Self {
        Self { text, format, cut, blocks: OnceCell::new() }
    }

    /// The blocks, if anybody asked for them.
    pub fn into_blocks(self) -> Option<Vec<Block>> {
        self.blocks.into_inner()
    }
}

impl std::ops::Deref for Blocks<'_> {
    type Target = [Block];

    fn deref(&self) -> &[Block] {
        match self {
            Blocks::Cut(blocks) => blocks,
            Blocks::Uncut(uncut) => {
                uncut.blocks.get_or_init(|| (uncut.cut)(uncut.format, uncut.text))
            }
        }
    }
}

/// A page (or what is left of it) with whatever has been measured of it as a whole.
///
/// Shared by all blocks and sentences of the page, so that each view is made once.
pub struct PageView<'a> {
    /// The whole text.
    pub text: &'a str,
    /// Its blocks, in order.
    pub blocks: Blocks<'a>,
    /// What is known beside the text.
    pub info: &'a Info,
    /// The page's title, where the format has one outside the text.
    pub title: Option<&'a str>,
    /// The elements around the blocks, where the format has such.
    pub outline: &'a Outline,
    /// Counts over the corpus.
    pub survey: &'a Survey,
    /// Bytes that editing has taken away so far; 0 before it.
    pub removed_bytes: usize,
    /// What it was cut out of.
    cut: Option<Cut<'a>>,
    stop_words: Option<&'static WordSet>,
    /// The words and their shapes.
    words: OnceCell<(Vec<Word>, Vec<u8>)>,
    /// For each block the numbers of its words: from, to.
    block_words: OnceCell<Vec<(u32, u32)>>,
    word_marks: OnceCell<Vec<u8>>,
    /// The marks that any word has.
    marks_of_all: OnceCell<u8>,
    /// The text in ASCII lower case.
    lower: OnceCell<String>,
    lines: OnceCell<Vec<Span>>,
    hidden: OnceCell<Vec<Span>>,
    items: OnceCell<Items>,
    /// Where the question marks of the text stand.
    questions: OnceCell<Vec<usize>>,
    pub(crate) repeats: OnceCell<repeats::PageRepeats>,
    pub(crate) corpus: OnceCell<corpus::PageCorpus>,
    pub(crate) topic: OnceCell<topic::PageTopic>,
    pub(crate) titles: titles::PageTitles,
    pub(crate) profiles: profiles::PageProfiles,
    pub(crate) structure: OnceCell<structure::PageStructure>,
    pub(crate) stitched: OnceCell<stitched::PageStitched>,
    /// For each block the lists of furniture of which it is wholly an entry.
    entries: OnceCell<Vec<u8>>,
    pub(crate) furniture: OnceCell<furniture::PageFurniture>,
    pub(crate) surroundings: OnceCell<surroundings::PageSurroundings>,
    pub(crate) published: published::PagePublished,
    main_content: OnceCell<Option<Vec<main_content::Judged>>>,
    main_content_additive: OnceCell<Option<Vec<main_content::Judged>>>,
    model: Option<&'a ContentModel>,
}

impl<'a> PageView<'a> {
    /// A view of a text and its blocks.
    pub fn new(text: &'a str, blocks: &'a [Block], info: &'a Info, survey: &'a Survey) -> Self {
        Self::over(text, Blocks::Cut(blocks), info, survey)
    }

    /// A view of a page.
    pub fn of(page: &'a Page, survey: &'a Survey) -> Self {
        Self {
            title: page.title.as_deref(),
            outline: &page.outline,
            ..Self::new(&page.text, &page.blocks, &page.info, survey)
        }
    }

    /// A view of a text whose blocks need not be cut yet.
    pub fn over(text: &'a str, blocks: Blocks<'a>, info: &'a Info, survey: &'a Survey) -> Self {
        Self {
            text,
            blocks,
            info,
            title: None,
            outline: &NO_OUTLINE,
            survey,
            removed_bytes: 0,
            cut: None,
            stop_words: info.language.as_deref().and_then(lists::stop_words),
            words: OnceCell::new(),
            block_words: OnceCell::new(),
            word_marks: OnceCell::new(),
            marks_of_all: OnceCell::new(),
            lower: OnceCell::new(),
            lines: OnceCell::new(),
            hidden: OnceCell::new(),
            items: OnceCell::new(),
            questions: OnceCell::new(),
            repeats: OnceCell::new(),
            corpus: OnceCell::new(),
            topic: OnceCell::new(),
            titles: titles::PageTitles::default(),
            profiles: profiles::PageProfiles::default(),
            structure: OnceCell::new(),
            stitched: OnceCell::new(),
            entries: OnceCell::new(),
            furniture: OnceCell::new(),
            surroundings: OnceCell::new(),
            published: published::PagePublished::default(),
            main_content: OnceCell::new(),
            main_content_additive: OnceCell::new(),
            model: None,
        }
    }

    /// The same view with the page's title.
    #[must_use]
    pub fn with_title(mut self, title: Option<&'a str>) -> Self {
        self.title = title;
        self
    }

    /// The same view with another model of main content than the program's own.
    #[must_use]
    pub fn with_model(mut self, model: Option<&'a ContentModel>) -> Self {
        self.model = model;
        self
    }

    /// The model of main content.
    fn model(&self) -> Option<&'a ContentModel> {
        match self.model {
            Some(model) => Some(model),
            None => main_content::builtin(),
        }
    }

    /// What the model makes of each block; `None` for formats other than HTML.
    fn main_content(&self) -> Option<&[main_content::Judged]> {
        let judge = || self.judged_by(self.model());
        self.main_content.get_or_init(judge).as_deref()
    }

    /// What the additive model makes of each block; `None` for formats other than HTML.
    fn main_content_additive(&self) -> Option<&[main_content::Judged]> {
        let judge = || self.judged_by(main_content::builtin_additive());
        self.main_content_additive.get_or_init(judge).as_deref()
    }

    fn judged_by(&self, model: Option<&ContentModel>) -> Option<Vec<main_content::Judged>> {
        match self.info.format {
            Format::Html => Some(main_content::judge(self, model?)),
            Format::Text | Format::Markdown => None,
        }
    }

    /// The same view, saying how many bytes editing took away.
    #[must_use]
    pub fn with_removed(mut self, bytes: usize) -> Self {
        self.removed_bytes = bytes;
        self
    }

    /// The same view of what editing left of a page: of its text these pieces in order, and nothing
    /// else. What the page's view knows is not found out again.
    #[must_use]
    pub fn left_of(mut self, page: &'a PageView<'a>, kept: Vec<Span>) -> Self {
        self.removed_bytes = page.text.len() - self.text.len();
        self.cut = Some(Cut { page, kept });
        self
    }

    /// All words of the text that a reader sees, in order: words in the targets of Markdown
    /// links are left out.
    pub fn words(&self) -> &[Word] {
        &self.shaped_words().0
    }

    fn shaped_words(&self) -> &(Vec<Word>, Vec<u8>) {
        self.words.get_or_init(|| match &self.cut {
            Some(cut) if cut.page.has_words() && self.hidden().is_empty() => {
                parts::words_left(self.text, cut.page.text, cut.page.shaped_words(), &cut.kept)
            }
            _ => markup::visible_words(text::words::shaped_words(self.text), self.hidden()),
        })
    }

    /// True if the words are known and there are no others in the text.
    fn has_words(&self) -> bool {
        self.words.get().is_some() && self.hidden().is_empty()
    }

    /// Where the marks and targets of Markdown links stand, in order.
    fn hidden(&self) -> &[Span] {
        self.hidden.get_or_init(|| match markup::may_hide(self.text) {
            true => markup::hidden(self.text, &self.blocks),
            false => Vec::new(),
        })
    }

    /// The parts of a span that a reader sees, without the marks and targets of Markdown links.
    fn visible(&'a self, span: Span) -> impl Iterator<Item = &'a str> {
        markup::visible(self.text, self.hidden(), span)
    }

    /// The words that lie wholly inside a span.
    pub fn words_in(&self, span: Span) -> &[Word] {
        self.words().get(self.word_range(span)).unwrap_or(&[])
    }

    /// Numbers of the words that lie wholly inside a span.
    fn word_range(&self, span: Span) -> Range<usize> {
        range_in(self.words(), 0, span)
    }

    /// Numbers of the words of a block.
    fn block_word_range(&self, block: usize) -> Range<usize> {
        let ranges = self.block_words.get_or_init(|| {
            let words = self.words();
            let mut at = 0;
            let range = |block: &Block| {
                // Blocks are in order: the words of one are behind those of the one before.
                let rest = words.get(at..).unwrap_or(&[]).iter();
                at += rest.take_while(|word| (word.start as usize) < block.span.start).count();
                let rest = words.get(at..).unwrap_or(&[]).iter();
                let own = rest.take_while(|word| word.end as usize <= block.span.end).count();
                let from = at;
                at += own;
                (from as u32, at as u32)
            };
            self.blocks.iter().map(range).collect()
        });
        let (from, to) = ranges.get(block).copied().unwrap_or_default();
        from as usize..to as usize
    }

    /// Numbers of the words of a part of a block.
    fn word_range_in(&self, block: usize, span: Span) -> Range<usize> {
        let own = self.block_word_range(block);
        if self.blocks.get(block).is_some_and(|known| known.span == span) {
            return own;
        }
        range_in(self.words().get(own.clone()).unwrap_or(&[]), own.start, span)
    }

    /// The lines of a block, or the items of a list; see [`parts::items`].
    fn items_of(&self, block: usize) -> &[Span] {
        let items = self.items.get_or_init(|| Items::new(self));
        let range = items.ends.get(block).map(|(from, to)| *from as usize..*to as usize);
        range.and_then(|range| items.spans.get(range)).unwrap_or(&[])
    }

    /// For each word the bits of [`words::marks`], made once.
    fn word_marks(&self) -> &[u8] {
        self.word_marks.get_or_init(|| {
            let (words, shapes) = self.shaped_words();
            words::marks(words, shapes)
        })
    }

    /// The marks that any word of the text has.
    fn marks_of_all(&self) -> u8 {
        let all = || self.word_marks().iter().fold(0, |all, marks| all | marks);
        *self.marks_of_all.get_or_init(all)
    }

    /// True if any word of the text has a mark.
    fn has_mark(&self, mark: u8) -> bool {
        self.marks_of_all() & mark != 0
    }

    /// The lines of the text, found once.
    fn lines(&self) -> &[Span] {
        let whole = Span::new(0, self.text.len());
        self.lines.get_or_init(|| parts::lines(self.text, whole).collect())
    }

    /// The text in ASCII lower case, made once.
    fn lower(&self) -> &[u8] {
        self.lower.get_or_init(|| self.text.to_ascii_lowercase()).as_bytes()
    }

    /// Stop words of the document's language; `None` where it is unknown or has no list.
    pub fn stop_words(&self) -> Option<&'static WordSet> {
        self.stop_words
    }

    /// The whole text as the target.
    pub fn document(&'a self) -> Measured<'a> {
        self.target(Scope::Document, Span::new(0, self.text.len()), None)
    }

    /// The whole text before cutting as the target.
    pub fn page(&'a self) -> Measured<'a> {
        self.target(Scope::Page, Span::new(0, self.text.len()), None)
    }

    /// What is known before the text is looked at, as the target.
    pub fn source(&'a self) -> Measured<'a> {
        self.target(Scope::Source, Span::new(0, self.text.len()), None)
    }

    /// Block `index` as the target.
    pub fn block(&'a self, index: usize) -> Measured<'a> {
        self.target(Scope::Block, self.blocks[index].span, Some(index))
    }

    /// Block `index` as the target of rules that judge the page before the others.
    pub fn area(&'a self, index: usize) -> Measured<'a> {
        self.target(Scope::Area, self.blocks[index].span, Some(index))
    }

    /// A sentence of block `index` as the target.
    pub fn sentence(&'a self, index: usize, span: Span) -> Measured<'a> {
        self.target(Scope::Sentence, span, Some(index))
    }

    fn target(&'a self, scope: Scope, span: Span, block: Option<usize>) -> Measured<'a> {
        Measured {
            page: self,
            scope,
            span,
            block,
            word_range: OnceCell::new(),
            seen_marks: OnceCell::new(),
            characters: OnceCell::new(),
            word_counts: OnceCell::new(),
            labels: OnceCell::new(),
            overlap: OnceCell::new(),
            values: RefCell::new(Values { places: [0; MOST_SIGNALS], known: Vec::new() }),
        }
    }
}

/// Of some words, the first of which has the number `first`, the numbers of those that lie wholly
/// inside a span.
fn range_in(words: &[Word], first: usize, span: Span) -> Range<usize> {
    let from = words.partition_point(|w| (w.start as usize) < span.start);
    let rest = words.get(from..).unwrap_or(&[]);
    // A word has a byte or more: no more words than bytes end inside the span.
    let near = rest.get(..rest.len().min(span.len() + 1)).unwrap_or(rest);
    let count = near.partition_point(|w| (w.end as usize) <= span.end);
    first + from..first + from + count
}

/// What a view of a cut page was cut out of.
struct Cut<'a> {
    page: &'a PageView<'a>,
    /// The parts of the page's text that are left, in order.
    kept: Vec<Span>,
}

/// The items of all blocks of a page.
struct Items {
    spans: Vec<Span>,
    /// For each block where its items begin and end.
    ends: Vec<(u32, u32)>,
}

impl Items {
    fn new(page: &PageView<'_>) -> Self {
        let mut spans = Vec::with_capacity(page.blocks.len());
        let mut ends = Vec::with_capacity(page.blocks.len());
        for block in page.blocks.iter() {
            let from = spans.len() as u32;
            parts::each_item(page.text, block.kind, block.span, &mut spans);
            ends.push((from, spans.len() as u32));
        }
        Self { spans, ends }
    }
}

/// A target with whatever has been measured of it so far.
pub struct Measured<'a> {
    /// The page it belongs to.
    pub page: &'a PageView<'a>,
    /// What the target is.
    pub scope: Scope,
    /// Where it stands in the page's text.
    pub span: Span,
    /// Number of the block it is, or lies in; `None` for a whole document.
    pub block: Option<usize>,
    /// Numbers of its words among those of the page.
    word_range: OnceCell<Range<usize>>,
    /// The marks that any of its words has.
    seen_marks: OnceCell<u8>,
    characters: OnceCell<characters::Counts>,
    word_counts: OnceCell<words::Counts>,
    labels: OnceCell<Vec<u64>>,
    /// What `topic_overlap` is.
    overlap: OnceCell<Option<f64>>,
    values: RefCell<Values>,
}

/// Most signals that there can be.
const MOST_SIGNALS: usize = 448;
/// Signals that one target is usually asked for; room for them is little enough for allocators to
/// keep it at hand.
const USUAL_SIGNALS: usize = 40;

/// The values measured so far, in the order of the asking.
struct Values {
    /// For each signal one more than its place in `known`; 0 for one not asked for yet.
    places: [u16; MOST_SIGNALS],
    known: Vec<(SignalId, Option<f64>)>,
}

impl Values {
    fn get(&self, id: SignalId) -> Option<Option<f64>> {
        let place = usize::from(*self.places.get(usize::from(id.0))?);
        self.known.get(place.checked_sub(1)?).map(|(_, value)| *value)
    }

    fn put(&mut self, id: SignalId, value: Option<f64>) {
        if self.known.is_empty() {
            self.known.reserve(USUAL_SIGNALS);
        }
        self.known.push((id, value));
        if let Some(place) = self.places.get_mut(usize::from(id.0)) {
            *place = self.known.len() as u16;
        }
    }
}

impl<'a> Measured<'a> {
    /// The target's text.
    pub fn text(&self) -> &'a str {
        self.span.of(self.page.text)
    }

    /// The target's words; their spans are places in the *page's* text.
    pub fn words(&self) -> &'a [Word] {
        self.page.words().get(self.word_range()).unwrap_or(&[])
    }

    /// Numbers of the target's words among those of the page, found once.
    fn word_range(&self) -> Range<usize> {
        let range = || match self.block {
            None => 0..self.page.words().len(),
            Some(block) => self.page.word_range_in(block, self.span),
        };
        self.word_range.get_or_init(range).clone()
    }

    /// How many of the target's words have a mark.
    fn marked_words(&self, mark: u8) -> usize {
        text::count_bits(self.marks(), mark, mark)
    }

    /// The marks of the target's words.
    fn marks(&self) -> &[u8] {
        self.page.word_marks().get(self.word_range()).unwrap_or(&[])
    }

    /// True if it has a word with a letter.
    pub(crate) fn has_lettered_word(&self) -> bool {
        self.marks().iter().any(|marks| marks & words::LETTER != 0)
    }

    /// The block that the target is or lies in.
    pub fn own_block(&self) -> Option<&'a Block> {
        self.block.map(|index| &self.page.blocks[index])
    }

    /// Kind of the block that the target is or lies in.
    pub fn kind(&self) -> Option<BlockKind> {
        self.own_block().map(|block| block.kind)
    }

    /// Stop words of the document's language.
    pub fn stop_words(&self) -> Option<&'static WordSet> {
        self.page.stop_words()
    }

    /// The value of a signal: measured at the first ask, remembered for later ones.
    /// `None` where it is undefined, or cannot be measured on this scope.
    pub fn value(&self, id: SignalId) -> Option<f64> {
        let known = self.values.borrow().get(id);
        known.unwrap_or_else(|| self.measure(id))
    }

    fn measure(&self, id: SignalId) -> Option<f64> {
        let signal = id.signal();
        let value = if signal.is_for(self.scope) { (signal.measure)(self) } else { None };
        debug_assert!(!value.is_some_and(f64::is_nan), "signal {} is NaN", signal.name);
        self.values.borrow_mut().put(id, value);
        value
    }

    /// Calls `take` with each signal measured so far, in the order of the asking.
    pub fn each_measured(&self, mut take: impl FnMut(SignalId, Option<f64>)) {
        for (id, value) in &self.values.borrow().known {
            take(*id, *value);
        }
    }
}

/// 1 for yes, 0 for no.
fn flag(yes: bool) -> Option<f64> {
    Some(f64::from(u8::from(yes)))
}

/// A count of things.
fn count(things: usize) -> Option<f64> {
    Some(things as f64)
}

/// `part / whole`; undefined where there is nothing to divide by.
pub fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
