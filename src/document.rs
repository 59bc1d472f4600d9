//! The nouns that travel along the line: [`Record`], [`Document`], [`Page`], [`Block`].
//!
//! Nothing here reads files or judges text; every other module builds on these types.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address;
use crate::metadata::Metadata;
use crate::outline::{ElementId, Outline};
use crate::structure::Structure;

/// A half-open byte range, always on character boundaries of the text it belongs to.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes from `start` up to `end`.
    #[inline]
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Length in bytes.
    #[inline]
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// True if the span holds no byte.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// True if `other` lies wholly inside.
    #[inline]
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The same span of a text in which what started at `from` starts at `to`.
    #[must_use]
    pub fn moved(self, from: usize, to: usize) -> Self {
        let place = |at: usize| at.saturating_sub(from) + to;
        Self::new(place(self.start), place(self.end))
    }

    /// The text of the span; empty if the span does not fit `text`.
    #[inline]
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or("")
    }
}

/// Where the blocks of a text that was put together from those of a page stand in that page.
#[derive(Clone, Debug, Default)]
pub struct Moves {
    /// For each block its number in the page, and where it starts here and there.
    blocks: Vec<(usize, usize, usize)>,
}

impl Moves {
    /// Adds a block: its number in the page, where it starts here and there; in order.
    pub fn push(&mut self, number: usize, here: usize, there: usize) {
        self.blocks.push((number, here, there));
    }

    /// For each block its number in the page, and where it starts here and there.
    pub fn iter(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        self.blocks.iter().copied()
    }

    /// The number that a block has in the page; its own if it is none of these.
    pub fn block(&self, here: usize) -> usize {
        self.blocks.get(here).map_or(here, |(number, ..)| *number)
    }

    /// Where a span of a block stands in the page.
    pub fn span(&self, span: Span) -> Span {
        let at = self.blocks.partition_point(|(_, here, _)| *here <= span.start);
        match at.checked_sub(1).and_then(|at| self.blocks.get(at)) {
            Some(&(_, here, there)) => span.moved(here, there),
            None => span,
        }
    }
}

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Plain text. Markdown marks in it are recognised too.
    Text,
    /// Markdown, also collapsed onto one line.
    Markdown,
    /// HTML markup.
    Html,
}

impl Format {
    /// The name used in arguments and files.
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Markdown => "markdown",
            Format::Html => "html",
        }
    }
}

/// Where a record comes from: a source's name and the record's number in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// Name of the file, relative to the input it was found under, with `/` between folders.
    pub source: Arc<str>,
    /// Number of the record in its source, from 0; for JSON Lines the line's number.
    pub ordinal: u64,
}

/// One item of input as it came, undecoded.
#[derive(Clone, Debug)]
pub struct Record {
    /// The record's name: its id field, or its place.
    pub id: String,
    /// Where it stands.
    pub location: Location,
    /// Address of the page, if the record says.
    pub url: Option<String>,
    /// The group of documents that it belongs to, if a field of the record says; otherwise the
    /// registered domain of its address is.
    pub group: Option<String>,
    /// ISO 639-1 code, if the record says; detected otherwise.
    pub language: Option<String>,
    /// How the body is written.
    pub format: Format,
    /// The body.
    pub body: Body,
}

/// A record's body: text, or bytes in a character set that has to be found out.
#[derive(Clone, Debug)]
pub enum Body {
    /// Text that is known to be Unicode (a JSON string).
    Text(String),
    /// Bytes in a character set to be detected.
    Bytes(Vec<u8>),
    /// Bytes, and the label of the character set that they were sent with.
    Labelled(Vec<u8>, String),
}

impl Record {
    /// A record of plain text.
    ///
    /// ```
    /// let record = tamis::Record::text("id-1", "Hello there.");
    /// assert_eq!(record.id, "id-1");
    /// ```
    pub fn text(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self::with(id, Format::Text, Body::Text(text.into()))
    }

    /// A record of Markdown.
    pub fn markdown(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self::with(id, Format::Markdown, Body::Text(text.into()))
    }

    /// A record of HTML.
    pub fn html(id: impl Into<String>, markup: impl Into<String>) -> Self {
        Self::with(id, Format::Html, Body::Text(markup.into()))
    }

    /// A record of bytes whose character set is not known.
    pub fn bytes(id: impl Into<String>, format: Format, bytes: impl Into<Vec<u8>>) -> Self {
        Self::with(id, format, Body::Bytes(bytes.into()))
    }

    fn with(id: impl Into<String>, format: Format, body: Body) -> Self {
        let id = id.into();
        Self {
            location: Location { source: Arc::from(id.as_str()), ordinal: 0 },
            id,
            url: None,
            group: None,
            language: None,
            format,
            body,
        }
    }

    /// The same record with its page's address.
    #[must_use]
    pub fn at_url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// The same record with its language (ISO 639-1).
    #[must_use]
    pub fn in_language(mut self, code: impl Into<String>) -> Self {
        self.language = Some(code.into());
        self
    }
}

/// How a document's character set was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CharsetOrigin {
    /// The body was Unicode text already.
    Given,
    /// A byte-order mark.
    Bom,
    /// What the server said (the `Content-Type` of a response).
    Transport,
    /// A `<meta>` declaration in the markup.
    Meta,
    /// All bytes are valid UTF-8.
    Valid,
    /// Guessed from the bytes.
    Guess,
}

/// The character set a document was decoded from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Charset {
    /// Name in the WHATWG Encoding Standard, such as `UTF-8` or `windows-1252`.
    pub name: &'static str,
    /// How it was found.
    pub origin: CharsetOrigin,
    /// True if bytes were not valid in it and became U+FFFD.
    pub malformed: bool,
}

impl Charset {
    /// Text that came as Unicode.
    pub const GIVEN: Charset =
        Charset { name: "UTF-8", origin: CharsetOrigin::Given, malformed: false };
}

/// What is known of a document beside its text.
#[derive(Clone, Debug)]
pub struct Info {
    /// The record's id.
    pub id: String,
    /// Where the record stands.
    pub location: Location,
    /// Address of the page, if known.
    pub url: Option<String>,
    /// The group that the record says; see [`Info::group`].
    pub group: Option<String>,
    /// ISO 639-1 code, given or detected; `None` where neither is certain.
    pub language: Option<String>,
    /// How it is written.
    pub format: Format,
    /// The character set it came in.
    pub charset: Charset,
}

impl Info {
    /// Of a document of its own, of which nothing else is known.
    pub fn new(id: &str, format: Format) -> Self {
        Self {
            id: id.to_owned(),
            location: Location { source: Arc::from(id), ordinal: 0 },
            url: None,
            group: None,
            language: None,
            format,
            charset: Charset::GIVEN,
        }
    }

    /// The group of documents that it belongs to: what the record says or, if it says nothing, the
    /// registered domain of its address. `None` where neither is known.
    pub fn group(&self) -> Option<String> {
        let of_address = || address::registered_domain(self.url.as_deref()?);
        self.group.clone().or_else(of_address)
    }
}

/// A decoded record: text or markup in Unicode.
#[derive(Clone, Debug)]
pub struct Document {
    /// What is known beside the text.
    pub info: Info,
    /// Text, or markup for HTML.
    pub text: String,
}

/// A document's plain text, cut into blocks.
///
/// Blocks are in order and do not overlap; with the gaps between them (white space only)
/// they make up all of `text`. For text and Markdown, `text` is the input unchanged.
#[derive(Clone, Debug)]
pub struct Page {
    /// What is known beside the text.
    pub info: Info,
    /// Title of the page, where the format has one outside the text (`<title>` of HTML).
    pub title: Option<String>,
    /// What the page states of itself, for HTML.
    pub metadata: Metadata,
    /// The plain text.
    pub text: String,
    /// The blocks, in order.
    pub blocks: Vec<Block>,
    /// The elements around them, for HTML.
    pub outline: Outline,
    /// How the blocks are built inside, for HTML and where it was asked for.
    pub structure: Option<Box<Structure>>,
}

impl Page {
    /// A page of which no more is known than its text and blocks.
    pub fn new(info: Info, text: String, blocks: Vec<Block>) -> Self {
        let (metadata, outline) = (Metadata::default(), Outline::default());
        Self { info, title: None, metadata, text, blocks, outline, structure: None }
    }

    /// Path of elements from the root to a block (`html/body/div.post/p`), for HTML.
    pub fn path(&self, block: &Block) -> Option<String> {
        block.element.map(|element| self.outline.path(element))
    }

    /// Where a part of the text stands in the markup, for HTML; `None` if none of it does.
    pub fn markup(&self, span: Span) -> Option<Markup> {
        let span = self.outline.places.of(span)?;
        let charset = self.info.charset;
        if charset.name != Charset::GIVEN.name || charset.malformed {
            return Some(Markup { span, is_decoded: true });
        }
        let mark = if charset.origin == CharsetOrigin::Bom { '\u{feff}'.len_utf8() } else { 0 };
        let span = Span::new(span.start + mark, span.end + mark);
        Some(Markup { span, is_decoded: false })
    }
}

/// Where a part of an HTML page's text stands in its markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Markup {
    /// From the first byte of what is written there to the last, with the tags between them.
    pub span: Span,
    /// The bytes are those of the markup as decoded, in UTF-8. Otherwise they are those of the
    /// record's body as it came.
    pub is_decoded: bool,
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlockKind {
    /// Running text, or a line of it.
    Paragraph,
    /// A heading.
    Heading,
    /// A run of list items.
    List,
    /// A run of label–value lines such as `Name : Jo`.
    Fields,
    /// A table.
    Table,
    /// Code.
    Code,
    /// A quotation.
    Quote,
    /// Anything else.
    Other,
}

impl BlockKind {
    /// All kinds, in order.
    pub const ALL: [BlockKind; 8] = [
        BlockKind::Paragraph,
        BlockKind::Heading,
        BlockKind::List,
        BlockKind::Fields,
        BlockKind::Table,
        BlockKind::Code,
        BlockKind::Quote,
        BlockKind::Other,
    ];

    /// The name used in rules files and reports.
    pub fn name(self) -> &'static str {
        match self {
            BlockKind::Paragraph => "paragraph",
            BlockKind::Heading => "heading",
            BlockKind::List => "list",
            BlockKind::Fields => "fields",
            BlockKind::Table => "table",
            BlockKind::Code => "code",
            BlockKind::Quote => "quote",
            BlockKind::Other => "other",
        }
    }
}

/// The unit that rules judge and that is removed whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Where it stands in the page's text, its marks (`#`, `*`) included, white space around it not.
    pub span: Span,
    /// Level of a heading, 1 to 6; 0 where the format does not say, and for other kinds.
    pub level: u8,
    /// The links in it, in order.
    pub links: Vec<Link>,
    /// The innermost element around it in the page's outline, for HTML.
    pub element: Option<ElementId>,
}

impl Block {
    /// The same block of a text in which it starts elsewhere.
    #[must_use]
    pub fn moved(mut self, start: usize) -> Self {
        let from = self.span.start;
        self.span = self.span.moved(from, start);
        for link in &mut self.links {
            link.anchor = link.anchor.moved(from, start);
        }
        self
    }

    /// A block without links or path.
    pub fn new(kind: BlockKind, span: Span) -> Self {
        Self { kind, span, level: 0, links: Vec::new(), element: None }
    }
}

/// A link in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The anchor text's place in the page's text. For Markdown the text between `[` and `]`,
    /// for a bare URL the URL itself.
    pub anchor: Span,
    /// Where it leads, as written.
    pub target: Box<str>,
}

/// What a rule or signal looks at.
///
/// Ordered as they are judged: a rule may refer to rules of its own scope or an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// What is known before the text is cut into blocks: URL, language, size.
    Source,
    /// The whole text as it came, before anything of it is cut.
    Page,
    /// A block of the whole page, before sentences and blocks are judged: what goes here is out
    /// of sight of the scopes after it.
    Area,
    /// A sentence of a block; an item of a list; a line of fields.
    Sentence,
    /// A block.
    Block,
    /// What editing left of the document.
    Document,
}

impl Scope {
    /// All scopes, in the order in which they are judged.
    pub const ALL: [Scope; 6] =
        [Scope::Source, Scope::Page, Scope::Area, Scope::Sentence, Scope::Block, Scope::Document];

    /// The name used in rules files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Source => "source",
            Scope::Page => "page",
            Scope::Area => "area",
            Scope::Sentence => "sentence",
            Scope::Block => "block",
            Scope::Document => "document",
        }
    }
}
