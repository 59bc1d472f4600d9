//! A tree to what a reader sees of it, in reading order, with lists and tables looked over.
//!
//! Left out: scripts, styles, `<head>` (but its title is found), SVG, frames and media with
//! their fallbacks, form controls' values, MathML annotations, closed `<dialog>`s, elements
//! with `hidden` or an inline `display: none`. Kept, because text that is shown often stands
//! there: closed `<details>`, `visibility: hidden`, `aria-hidden`, `hidden="until-found"`, parts
//! that scripts put in their place, and `<noscript>`, which is all the text of some pages; the
//! root and the body, which some pages hide until a script has run.

use html5ever::{LocalName, local_name, ns};
use scraper::node::{Element, Node};

use super::guard::{NodeId, Parsed};
use super::origins::Placed;
use crate::places::Piece;

/// Bytes of text from which on a table cell holds prose rather than data.
const CELL_BYTES_MAX: usize = 600;
/// Bytes of text that a label in a description list may have.
const LABEL_BYTES_MAX: usize = 60;
/// Bytes of text that a value in a description list may have.
const VALUE_BYTES_MAX: usize = 300;

/// A step of the walk through what is visible.
pub(super) enum Step<'a> {
    /// An element begins.
    Open(Open<'a>),
    /// Text as written, white space and all.
    Text(Text<'a>),
    /// The innermost open element ends.
    Close,
}

/// Elements that are asked who wrote a page and when: its own come first.
const CLUES_MAX: usize = 64;

/// Text as written.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    /// Where its words stand in the markup.
    pub(super) pieces: &'a [(NodeId, Piece)],
}

/// An element that begins.
pub(super) struct Open<'a> {
    pub(super) element: &'a Element,
    pub(super) role: Role,
    /// For lists, tables and description lists: how to write them.
    pub(super) shape: Shape,
    /// It is not shown.
    pub(super) is_hidden: bool,
}

/// What an element does to the text in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing.
    Inline,
    /// Keeps words apart.
    Spaced,
    /// A line break.
    Break,
    /// A rule between blocks.
    Rule,
    /// A link, if it has an address.
    Link,
    /// A container with text of its own.
    Container,
    /// A container that is a part of its own where it stands in a list or table.
    Section,
    Paragraph,
    Heading(u8),
    Quote,
    /// Text kept as it is.
    Verbatim,
    List {
        ordered: bool,
    },
    Item,
    Table,
    Caption,
    Row,
    Cell,
    Descriptions,
    Term,
    Description,
}

impl Role {
    /// True if the element stands on lines of its own.
    pub(super) fn is_block(self) -> bool {
        !matches!(self, Role::Inline | Role::Spaced | Role::Break | Role::Link)
    }
}

/// How a list or table is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shape {
    /// It only arranges blocks, each of which is written for itself.
    #[default]
    Layout,
    /// One block of lines.
    Lines,
    /// One block of label–value lines.
    Fields,
}

/// What a reader sees of a page.
pub(super) struct Visible<'a> {
    pub(super) steps: Vec<Step<'a>>,
    /// Text of the first `<title>`, as written.
    pub(super) title: Option<&'a str>,
    /// Scripts of JSON-LD, as written.
    pub(super) data: Vec<Text<'a>>,
    /// What the page says of itself elsewhere.
    pub(super) said: Said<'a>,
}

/// What a page says of itself beside its title and its structured data, as written.
#[derive(Default)]
pub(super) struct Said<'a> {
    /// Names and contents of `<meta>`s.
    pub(super) metas: Vec<(&'a str, &'a str)>,
    /// Its language.
    pub(super) language: Option<&'a str>,
    /// The first `<base href>`.
    pub(super) base: Option<&'a str>,
    /// The first `<link rel="canonical">`.
    pub(super) canonical: Option<&'a str>,
    /// Elements that may say who wrote it and when, each with the number of its step.
    pub(super) clues: Vec<(usize, &'a Element)>,
}

/// Walks a tree; with hidden blocks, if they are wanted.
pub(super) fn flatten(parsed: &Parsed, with_hidden: bool) -> Visible<'_> {
    let Parsed { html, placed } = parsed;
    let mut walk = Walk { with_hidden, ..Walk::default() };
    // An element is two steps, a text one.
    walk.steps.reserve(2 * html.tree.nodes().len());
    let mut next_place = 0;
    let mut node = html.tree.root();
    loop {
        let entering = match node.value() {
            Node::Text(text) => {
                let text: &str = text;
                walk.enter_text(text, || placed.of(node.id(), &mut next_place));
                false
            }
            other => walk.enter(other),
        };
        let mut entered = entering;
        if entered {
            if let Some(child) = node.first_child() {
                node = child;
                continue;
            }
        } else if is_named(node.value(), &local_name!("head")) {
            for child in node.children() {
                let first = child.first_child().map(|first| (first.id(), first.value()));
                walk.enter_aside(child.value(), text_of(first, placed, &mut next_place));
            }
        } else {
            let first = node.first_child().map(|first| (first.id(), first.value()));
            walk.enter_aside(node.value(), text_of(first, placed, &mut next_place));
        }
        // Up and on to the next node that has not been visited.
        loop {
            if entered && let Node::Element(element) = node.value() {
                walk.leave(element);
            }
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            let Some(parent) = node.parent() else {
                let Walk { steps, title, data, said, .. } = walk;
                return Visible { steps, title, data, said };
            };
            node = parent;
            entered = true;
        }
    }
}

/// The text in a node of text.
fn text_of<'a>(
    node: Option<(NodeId, &'a Node)>,
    placed: &'a Placed,
    next_place: &mut usize,
) -> Option<Text<'a>> {
    let (id, node) = node?;
    let text: &str = node.as_text()?;
    Some(Text { text, pieces: placed.of(id, next_place) })
}

fn is_named(node: &Node, name: &LocalName) -> bool {
    node.as_element()
        .is_some_and(|element| element.name.local == *name && element.name.ns == ns!(html))
}

#[derive(Default)]
struct Walk<'a> {
    with_hidden: bool,
    data: Vec<Text<'a>>,
    said: Said<'a>,
    steps: Vec<Step<'a>>,
    title: Option<&'a str>,
    /// The roles of the open elements.
    open: Vec<Role>,
    /// The open elements whose contents are counted.
    counted: Vec<Counted>,
}

/// What is in an open list, table or part of one.
#[derive(Default)]
struct Counted {
    /// Place of the element's step.
    step: usize,
    /// Bytes of text, white space at the ends of each piece not counted.
    bytes: usize,
    /// `<p>`s with text.
    paragraphs: usize,
    /// It holds what has to be a block of its own.
    has_parts: bool,
    /// It holds a list.
    has_list: bool,
    /// For a row: its cells with text; for a table: the most of a row.
    cells: usize,
    /// For a table: its rows with text.
    rows: usize,
    has_header: bool,
    /// For a description list: terms, and descriptions, with text.
    terms: usize,
    descriptions: usize,
    /// For a description list: a term or description does not look like a label or its value.
    has_prose: bool,
}

impl<'a> Walk<'a> {
    /// Takes a text in.
    fn enter_text(&mut self, text: &'a str, pieces: impl FnOnce() -> &'a [(NodeId, Piece)]) {
        let bytes = text.trim().len();
        if let Some(counted) = self.counted.last_mut() {
            counted.bytes += bytes;
        }
        let pieces = if bytes > 0 { pieces() } else { &[] };
        self.steps.push(Step::Text(Text { text, pieces }));
    }

    /// Takes a node in; true if its children are visible.
    fn enter(&mut self, node: &'a Node) -> bool {
        match node {
            Node::Document | Node::Fragment => true,
            Node::Element(element) => match role(element, self.with_hidden) {
                Some((role, is_hidden)) => {
                    if is_counted(role) {
                        self.counted.push(Counted { step: self.steps.len(), ..Counted::default() });
                    }
                    self.open.push(role);
                    if element.name.local == local_name!("html") {
                        self.said.language = attribute(element, &local_name!("lang"));
                    } else if self.said.clues.len() < CLUES_MAX && is_clue(element) {
                        self.said.clues.push((self.steps.len(), element));
                    }
                    self.steps.push(Step::Open(Open {
                        element,
                        role,
                        shape: Shape::Layout,
                        is_hidden,
                    }));
                    true
                }
                None => {
                    if is_replaced(&element.name.local) {
                        self.steps.push(Step::Text(Text { text: " ", pieces: &[] }));
                    }
                    false
                }
            },
            _ => false,
        }
    }

    /// Takes in an element that shows nothing but may say something of the page.
    fn enter_aside(&mut self, node: &'a Node, text: Option<Text<'a>>) {
        let Some(element) = node.as_element() else { return };
        if element.name.ns != ns!(html) {
            return;
        }
        let of = |name: &LocalName| attribute(element, name);
        match element.name.local {
            local_name!("title") if self.title.is_none() => {
                self.title = text.map(|text| text.text);
            }
            local_name!("script") => {
                let kind = of(&local_name!("type")).unwrap_or("").trim();
                if kind.eq_ignore_ascii_case("application/ld+json") {
                    self.data.extend(text);
                }
            }
            local_name!("meta") => {
                let name = of(&local_name!("property"))
                    .or_else(|| of(&local_name!("name")))
                    .or_else(|| of(&local_name!("itemprop")))
                    .or_else(|| of(&local_name!("http-equiv")));
                if let (Some(name), Some(content)) = (name, of(&local_name!("content"))) {
                    self.said.metas.push((name, content));
                }
            }
            local_name!("base") if self.said.base.is_none() => {
                self.said.base = of(&local_name!("href"));
            }
            local_name!("link") if self.said.canonical.is_none() => {
                let rel = of(&local_name!("rel")).unwrap_or("");
                if rel.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("canonical")) {
                    self.said.canonical = of(&local_name!("href"));
                }
            }
            _ => {}
        }
    }

    fn leave(&mut self, element: &Element) {
        let Some(role) = self.open.pop() else { return };
        self.steps.push(Step::Close);
        if !is_counted(role) {
            return;
        }
        let Some(counted) = self.counted.pop() else { return };
        let shape = match role {
            Role::List { .. } if !counted.has_parts => Shape::Lines,
            Role::Table if is_data(&counted, element) => Shape::Lines,
            Role::Descriptions if counted.has_parts => Shape::Layout,
            Role::Descriptions if looks_like_fields(&counted) => Shape::Fields,
            Role::Descriptions => Shape::Lines,
            _ => Shape::Layout,
        };
        if let Some(Step::Open(open)) = self.steps.get_mut(counted.step) {
            open.shape = shape;
        }
        if let Some(outer) = self.counted.last_mut() {
            outer.take_in(&counted, role, element);
        }
    }
}

impl Counted {
    /// Adds what an inner element held.
    fn take_in(&mut self, inner: &Counted, role: Role, element: &Element) {
        let has_text = inner.bytes > 0;
        self.bytes += inner.bytes;
        self.has_list |= inner.has_list;
        self.has_parts |= inner.has_parts;
        match role {
            Role::Paragraph => self.paragraphs += usize::from(has_text),
            Role::Heading(_) | Role::Verbatim | Role::Quote | Role::Section | Role::Table => {
                self.has_parts |= has_text;
            }
            Role::List { .. } | Role::Descriptions => self.has_list |= has_text,
            Role::Item => self.has_parts |= inner.paragraphs > 1,
            Role::Cell => {
                self.cells += usize::from(has_text);
                self.has_header |= element.name.local == local_name!("th");
                self.has_parts |= inner.paragraphs > 1 || inner.bytes > CELL_BYTES_MAX;
            }
            Role::Row => {
                self.rows += usize::from(has_text);
                self.cells = self.cells.max(inner.cells);
                self.has_header |= inner.has_header;
            }
            Role::Term => {
                self.terms += usize::from(has_text);
                self.has_prose |=
                    inner.bytes > LABEL_BYTES_MAX || self.terms > self.descriptions + 1;
            }
            Role::Description => {
                self.descriptions += usize::from(has_text);
                self.has_prose |= inner.bytes > VALUE_BYTES_MAX || self.descriptions > self.terms;
                self.has_parts |= inner.paragraphs > 1;
            }
            _ => self.paragraphs += inner.paragraphs,
        }
    }
}

/// True for roles whose contents decide how a list or table is written.
fn is_counted(role: Role) -> bool {
    !matches!(
        role,
        Role::Inline | Role::Spaced | Role::Break | Role::Rule | Role::Link | Role::Container
    )
}

/// A table of data: more than one column and row, and no prose or parts in its cells.
fn is_data(table: &Counted, element: &Element) -> bool {
    let by_role = matches!(attribute(element, &local_name!("role")), Some("presentation" | "none"));
    let has_rows = table.rows > 1 || table.has_header;
    !by_role && has_rows && table.cells > 1 && !table.has_parts && !table.has_list
}

fn looks_like_fields(list: &Counted) -> bool {
    list.terms == list.descriptions && list.terms > 0 && !list.has_prose && !list.has_list
}

/// The value of an attribute without a namespace.
pub(super) fn attribute<'a>(element: &'a Element, name: &LocalName) -> Option<&'a str> {
    let (_, value) = element.attrs.iter().find(|(attribute, _)| attribute.local == *name)?;
    Some(value)
}

/// What an element does to its text, and whether it is hidden; `None` if it is to be left out.
fn role(element: &Element, with_hidden: bool) -> Option<(Role, bool)> {
    let name = &element.name.local;
    if element.name.ns != ns!(html) {
        let is_text = element.name.ns == ns!(mathml)
            && !matches!(*name, local_name!("annotation") | local_name!("annotation-xml"));
        return is_text.then_some((Role::Inline, false));
    }
    let role = html_role(name)?;
    if let local_name!("html") | local_name!("body") = *name {
        return Some((role, false));
    }
    let is_closed_dialog =
        *name == local_name!("dialog") && attribute(element, &local_name!("open")).is_none();
    let is_hidden = is_closed_dialog || is_hidden(element);
    (!is_hidden || (with_hidden && role.is_block())).then_some((role, is_hidden))
}

fn is_hidden(element: &Element) -> bool {
    element.attrs.iter().any(|(name, value)| match name.local {
        local_name!("hidden") => {
            !value.eq_ignore_ascii_case("until-found") && !is_streamed(element)
        }
        local_name!("style") => displays_nothing(value),
        _ => false,
    })
}

/// True for parts of a page that come late, hidden, and are put in their place by a script:
/// React numbers them `S:0`, `S:1`, ….
fn is_streamed(element: &Element) -> bool {
    attribute(element, &local_name!("id")).is_some_and(|id| id.starts_with("S:"))
}

/// True if the last `display` among the declarations is `none`.
fn displays_nothing(style: &str) -> bool {
    let mut declarations = style.rsplit(';').filter_map(|declaration| declaration.split_once(':'));
    let last = declarations.find(|(name, _)| name.trim().eq_ignore_ascii_case("display"));
    last.is_some_and(|(_, value)| {
        value.split_ascii_whitespace().next().is_some_and(|word| {
            word.split('!').next().is_some_and(|word| word.eq_ignore_ascii_case("none"))
        })
    })
}

/// True for an element that may say who wrote the page or when.
fn is_clue(element: &Element) -> bool {
    element.name.local == local_name!("time")
        || element
            .attrs
            .iter()
            .any(|(name, _)| matches!(name.local, local_name!("itemprop") | local_name!("rel")))
}

/// Elements that show something that is not text: words on both sides do not touch.
fn is_replaced(name: &LocalName) -> bool {
    !matches!(
        *name,
        local_name!("script")
            | local_name!("style")
            | local_name!("link")
            | local_name!("meta")
            | local_name!("head")
            | local_name!("title")
            | local_name!("base")
            | local_name!("span")
    )
}

/// The role of an HTML element by its name; `None` if it never shows text.
fn html_role(name: &LocalName) -> Option<Role> {
    Some(match *name {
        local_name!("a") => Role::Link,
        local_name!("span") => Role::Inline,
        local_name!("br") => Role::Break,
        local_name!("p") => Role::Paragraph,
        local_name!("div")
        | local_name!("html")
        | local_name!("body")
        | local_name!("address")
        | local_name!("aside")
        | local_name!("center")
        | local_name!("details")
        | local_name!("dialog")
        | local_name!("fieldset")
        | local_name!("figcaption")
        | local_name!("figure")
        | local_name!("footer")
        | local_name!("header")
        | local_name!("hgroup")
        | local_name!("legend")
        | local_name!("main")
        | local_name!("nav")
        | local_name!("search")
        | local_name!("summary")
        | local_name!("optgroup")
        | local_name!("thead")
        | local_name!("tbody")
        | local_name!("tfoot") => Role::Container,
        local_name!("article") | local_name!("section") | local_name!("form") => Role::Section,
        local_name!("h1") => Role::Heading(1),
        local_name!("h2") => Role::Heading(2),
        local_name!("h3") => Role::Heading(3),
        local_name!("h4") => Role::Heading(4),
        local_name!("h5") => Role::Heading(5),
        local_name!("h6") => Role::Heading(6),
        local_name!("blockquote") => Role::Quote,
        local_name!("pre")
        | local_name!("listing")
        | local_name!("xmp")
        | local_name!("plaintext") => Role::Verbatim,
        local_name!("ul") | local_name!("menu") | local_name!("dir") => {
            Role::List { ordered: false }
        }
        local_name!("ol") => Role::List { ordered: true },
        local_name!("li") => Role::Item,
        local_name!("table") => Role::Table,
        local_name!("caption") => Role::Caption,
        local_name!("tr") => Role::Row,
        local_name!("td") | local_name!("th") => Role::Cell,
        local_name!("dl") => Role::Descriptions,
        local_name!("dt") => Role::Term,
        local_name!("dd") => Role::Description,
        local_name!("hr") => Role::Rule,
        local_name!("button") => Role::Spaced,
        local_name!("head")
        | local_name!("title")
        | local_name!("base")
        | local_name!("link")
        | local_name!("meta")
        | local_name!("script")
        | local_name!("style")
        | local_name!("noframes")
        | local_name!("noembed")
        | local_name!("template")
        | local_name!("iframe")
        | local_name!("canvas")
        | local_name!("embed")
        | local_name!("audio")
        | local_name!("video")
        | local_name!("img")
        | local_name!("area")
        | local_name!("input")
        | local_name!("select")
        | local_name!("option")
        | local_name!("datalist")
        | local_name!("textarea") => return None,
        // Custom elements usually stand for a box.
        _ if name.contains('-') => Role::Spaced,
        _ => Role::Inline,
    })
}
