//! Markup to a tree, in time linear in the markup whatever it holds.
//!
//! `html5ever`'s tree builder takes time in the square of the nesting depth, of the open
//! formatting elements and of the attributes of a tag. This stands between the tokenizer and the
//! tree builder and takes those three away (the attributes are gone already, see `tokens`); text
//! is never dropped with a tag.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{Doctype, Tag, TagKind, Token, TokenSink, TokenSinkResult};
use html5ever::tree_builder::{
    ElementFlags, NodeOrText, QuirksMode, TreeBuilder, TreeBuilderOpts, TreeSink,
};
use html5ever::{Attribute, LocalName, QualName, local_name, ns};
use scraper::{Html, HtmlTreeSink};

use super::inner::{FORMAT, format_name};
use super::origins::{Origins, Placed};
use super::tokens::{self, Reading, Tokens};
use crate::places::Piece;

/// Levels of the tree from which on start tags are dropped. Browsers stop at 512 too; the
/// deepest of 1,500 real pages has 56.
const DEPTH_MAX: usize = 512;

/// Nodes of a tree that any page may have, and bytes of markup for each one beyond. From there on
/// tags are dropped, to bound memory: a node and what is made of it take up to 400 bytes. Of 1,300
/// real pages none has more than 35,000 nodes; the densest of the larger ones has 37 bytes for each.
const NODES_FREE: usize = 100_000;
const NODE_BYTES: usize = 40;

/// Levels that one tag and the text after it can add at most (implied `tbody` and `tr`, an
/// open link begun again, the adoption agency's eight turns), rounded up.
const GROWTH_MAX: usize = 16;

/// The line that tokens are said to stand in; nobody asks.
const LINE: u64 = 1;

/// A node of the tree being built.
type Handle = <HtmlTreeSink as TreeSink>::Handle;

/// A node of a tree.
pub(super) type NodeId = Handle;

/// Parses markup as a browser would, but for tags dropped beyond bounds that no real page meets.
///
/// Comments, the content of scripts (unless it is JSON-LD), of styles and of `<template>` (unless
/// it declares a shadow root) and attributes that nobody reads are left out; formatting tags
/// (`<b>`, `<font>`, …) come out as `<span>`, `<object>` as `<canvas>`, `<marquee>` as `<div>`,
/// framesets as an ordinary body.
pub(super) fn parse(markup: &str) -> Parsed {
    parse_to(markup, false)
}

/// As [`parse`]; with `formats`, those of the formatting tags whose kind [`format_name`] knows keep
/// it in an attribute.
pub(super) fn parse_to(markup: &str, formats: bool) -> Parsed {
    let guard = Guard { formats, ..Guard::new(markup.len()) };
    tokens::read(markup, &guard);
    let Sink { tree, origins, .. } = guard.builder.sink;
    Parsed { html: tree.finish(), placed: origins.into_inner().finish() }
}

/// A tree, and where its text stands in the markup.
pub(super) struct Parsed {
    pub(super) html: Html,
    pub(super) placed: Placed,
}

/// Nodes that the tree of a page of so many bytes may have.
fn nodes_max(bytes: usize) -> usize {
    NODES_FREE.max(bytes / NODE_BYTES)
}

/// Passes tokens on to the tree builder, without those that would make it slow.
struct Guard {
    builder: TreeBuilder<Handle, Sink>,
    /// Tags for which depth need not be looked at, because it cannot have reached the bound.
    unwatched: Cell<usize>,
    /// True from when depth reached the bound until a tag may have lowered it.
    deep: Cell<bool>,
    /// Start tags dropped for depth whose end tags are still to come.
    dropped: RefCell<HashMap<LocalName, usize>>,
    /// Nodes that the tree may have.
    nodes_max: usize,
    /// Formatting tags keep their kind.
    formats: bool,
    /// Templates open around the current token; tokens in them are dropped.
    templates: Cell<usize>,
    has_doctype: Cell<bool>,
    /// True in an element that was dropped and whose text is not shown.
    mute: Cell<bool>,
}

impl Guard {
    /// For a page of so many bytes.
    fn new(bytes: usize) -> Self {
        let sink = Sink::new(nodes_max(bytes));
        Self {
            // A crawler runs no scripts, and some pages have all their text in `<noscript>`.
            builder: TreeBuilder::new(
                sink,
                TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() },
            ),
            unwatched: Cell::new(0),
            deep: Cell::new(false),
            dropped: RefCell::default(),
            nodes_max: nodes_max(bytes),
            formats: false,
            templates: Cell::new(0),
            has_doctype: Cell::new(false),
            mute: Cell::new(false),
        }
    }

    fn any_tag(&self, mut tag: Tag) -> TokenSinkResult<Handle> {
        self.mute.set(false);
        if let local_name!("template") = tag.name {
            return self.template(&tag);
        }
        if self.templates.get() > 0 {
            return match raw_kind(&tag.name) {
                Some(kind) if tag.kind == TagKind::StartTag => TokenSinkResult::RawData(kind),
                _ => TokenSinkResult::Continue,
            };
        }
        if let local_name!("frameset") | local_name!("frame") = tag.name {
            return TokenSinkResult::Continue;
        }
        if self.formats
            && tag.kind == TagKind::StartTag
            && let Some(format) = format_name(&tag.name)
        {
            let name = QualName::new(None, ns!(), FORMAT);
            tag.attrs.push(Attribute { name, value: StrTendril::from_slice(format) });
        }
        tag.name = plain_name(tag.name);
        match tag.kind {
            TagKind::StartTag => self.start(tag),
            TagKind::EndTag => self.end_tag(tag),
        }
    }

    /// Templates leave markers in the builder's list of formatting elements, which it searches
    /// from end to end; their content is not shown anyway.
    fn template(&self, tag: &Tag) -> TokenSinkResult<Handle> {
        let open = self.templates.get();
        match tag.kind {
            TagKind::EndTag => self.templates.set(open.saturating_sub(1)),
            TagKind::StartTag => {
                let shadow = tag.attrs.iter().any(|a| &*a.name.local == "shadowrootmode");
                if open > 0 || !(shadow || tag.self_closing) {
                    self.templates.set(open + 1);
                }
            }
        }
        TokenSinkResult::Continue
    }

    fn start(&self, tag: Tag) -> TokenSinkResult<Handle> {
        // A raw element's content would be read as markup without its start tag, and such
        // elements do not nest, except in SVG.
        let bound = match tag.name {
            _ if raw_kind(&tag.name).is_some() => 2 * DEPTH_MAX,
            _ if self.is_full() => 0,
            _ if is_void(&tag.name) => usize::MAX,
            _ => DEPTH_MAX,
        };
        if let Some(kind) = raw_kind(&tag.name).filter(|_| self.is_full()) {
            self.mute.set(tag.name != local_name!("xmp"));
            *self.dropped.borrow_mut().entry(tag.name).or_default() += 1;
            return TokenSinkResult::RawData(kind);
        }
        if bound == 0 || (bound < usize::MAX && self.is_at(bound)) {
            if !is_void(&tag.name) {
                *self.dropped.borrow_mut().entry(tag.name).or_default() += 1;
            }
            return self.space();
        }
        self.pass(tag)
    }

    fn end_tag(&self, tag: Tag) -> TokenSinkResult<Handle> {
        // `</p>` and `</br>` make elements where there is nothing to end.
        if let local_name!("p") | local_name!("br") = tag.name
            && self.is_full()
        {
            return self.space();
        }
        if let Some(count) = self.dropped.borrow_mut().get_mut(&tag.name)
            && *count > 0
        {
            *count -= 1;
            return self.space();
        }
        self.deep.set(false);
        self.unwatched.set(self.unwatched.get().saturating_sub(1));
        self.pass(tag)
    }

    /// True if the tree has as many nodes as it may.
    fn is_full(&self) -> bool {
        self.builder.sink.tree.0.borrow().tree.nodes().len() >= self.nodes_max
    }

    /// True if the current element is `bound` or more levels deep.
    fn is_at(&self, bound: usize) -> bool {
        if self.deep.get() && bound == DEPTH_MAX {
            return true;
        }
        let unwatched = self.unwatched.get();
        if unwatched > 0 {
            self.unwatched.set(unwatched - 1);
            return false;
        }
        let depth = self.depth();
        self.deep.set(depth >= DEPTH_MAX);
        self.unwatched.set(DEPTH_MAX.saturating_sub(depth) / GROWTH_MAX);
        if depth < DEPTH_MAX {
            // The element that held the dropped ones is closed, and they with it.
            self.dropped.borrow_mut().clear();
        }
        depth >= bound
    }

    /// Levels of the current element, counted no further than needed.
    fn depth(&self) -> usize {
        let sink = &self.builder.sink;
        sink.asked.set(None);
        // The builder keeps its stack to itself, but looks up the current node's name here.
        let _ = self.builder.adjusted_current_node_present_but_not_in_html_namespace();
        let Some(current) = sink.asked.get() else { return 0 };
        let html = sink.tree.0.borrow();
        html.tree.get(current).map_or(0, |node| node.ancestors().take(2 * DEPTH_MAX).count())
    }

    /// Passes a tag on.
    fn pass(&self, tag: Tag) -> TokenSinkResult<Handle> {
        let result = self.builder.process_token(Token::TagToken(tag), LINE);
        self.builder.sink.origins.borrow_mut().settle();
        result
    }

    /// White space in place of a dropped tag, so that words stay apart.
    fn space(&self) -> TokenSinkResult<Handle> {
        self.give(StrTendril::from_char(' '), &[]);
        TokenSinkResult::Continue
    }

    /// Passes text on.
    fn give(&self, text: StrTendril, pieces: &[Piece]) {
        self.builder.sink.origins.borrow_mut().give(&text, pieces);
        let _ = self.builder.process_token(Token::CharacterTokens(text), LINE);
    }
}

impl Tokens for Guard {
    fn tag(&self, tag: Tag) -> Reading {
        let result = self.any_tag(tag);
        match result {
            TokenSinkResult::RawData(kind) => Reading::Raw(kind),
            TokenSinkResult::Plaintext => Reading::Plain,
            // Nobody runs scripts, and the character set has been found before.
            TokenSinkResult::Continue
            | TokenSinkResult::Script(_)
            | TokenSinkResult::EncodingIndicator(_) => Reading::Markup,
        }
    }

    fn text(&self, text: StrTendril, pieces: &[Piece]) {
        if self.templates.get() == 0 && !self.mute.get() {
            self.give(text, pieces);
        }
    }

    fn null(&self, at: usize) {
        if self.templates.get() == 0 {
            // Into the tree it comes as this, or not at all.
            if self.is_foreign() {
                let text = StrTendril::from_char('\u{fffd}');
                let source = u32::try_from(at).unwrap_or(u32::MAX);
                let piece = Piece { text: 0, len: text.len32(), source, source_len: 1 };
                self.builder.sink.origins.borrow_mut().give(&text, &[piece]);
            }
            let _ = self.builder.process_token(Token::NullCharacterToken, LINE);
        }
    }

    fn doctype(&self, markup: &str) {
        if self.templates.get() == 0 {
            // The builder heeds the first one at most.
            let is_first = !self.has_doctype.replace(true);
            let doctype = if is_first { tokens::doctype(markup) } else { Doctype::default() };
            let _ = self.builder.process_token(Token::DoctypeToken(doctype), LINE);
        }
    }

    fn is_foreign(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }

    fn end(&self) {
        let _ = self.builder.process_token(Token::EOFToken, LINE);
        self.builder.end();
    }
}

/// How the tokenizer reads an element whose content is not markup.
fn raw_kind(name: &LocalName) -> Option<RawKind> {
    match *name {
        local_name!("script") => Some(RawKind::ScriptData),
        local_name!("title") | local_name!("textarea") => Some(RawKind::Rcdata),
        local_name!("style")
        | local_name!("xmp")
        | local_name!("iframe")
        | local_name!("noembed")
        | local_name!("noframes") => Some(RawKind::Rawtext),
        _ => None,
    }
}

/// Elements that are closed as soon as they are open.
fn is_void(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("br")
            | local_name!("hr")
            | local_name!("img")
            | local_name!("input")
            | local_name!("link")
            | local_name!("meta")
            | local_name!("wbr")
            | local_name!("area")
            | local_name!("embed")
            | local_name!("source")
            | local_name!("track")
            | local_name!("col")
            | local_name!("base")
    )
}

/// The name of an element of the same text that costs the builder no list: formatting elements
/// are opened again in every block until they are closed, and scope markers are never removed
/// where a table cell ends first.
fn plain_name(name: LocalName) -> LocalName {
    match name {
        local_name!("b")
        | local_name!("big")
        | local_name!("code")
        | local_name!("em")
        | local_name!("font")
        | local_name!("i")
        | local_name!("nobr")
        | local_name!("s")
        | local_name!("small")
        | local_name!("strike")
        | local_name!("strong")
        | local_name!("tt")
        | local_name!("u") => local_name!("span"),
        local_name!("object") | local_name!("applet") => local_name!("canvas"),
        local_name!("marquee") => local_name!("div"),
        other => other,
    }
}

/// `scraper`'s tree, which node the builder asked about last, and where text comes from.
struct Sink {
    tree: HtmlTreeSink,
    asked: Cell<Option<Handle>>,
    origins: RefCell<Origins>,
}

impl Sink {
    /// For a tree of at most so many nodes.
    fn new(nodes: usize) -> Self {
        Self {
            tree: HtmlTreeSink::new(Html::new_document()),
            asked: Cell::new(None),
            origins: RefCell::new(Origins::within(nodes)),
        }
    }

    /// Notes where a text comes from while `put` puts it into the tree, at the end of the node that
    /// `place` then gives, with the bytes it has.
    fn put_text(
        &self,
        text: StrTendril,
        put: impl FnOnce(StrTendril),
        place: impl FnOnce(&Html) -> Option<(Handle, usize)>,
    ) {
        let len = text.len();
        let taken = self.origins.borrow_mut().take(&text);
        put(text);
        let html = self.tree.0.borrow();
        if let Some((node, whole)) = place(&html) {
            self.origins.borrow_mut().put(taken, node, whole.saturating_sub(len));
        }
    }
}

impl TreeSink for Sink {
    type Handle = Handle;
    type Output = Html;
    type ElemName<'a> = <HtmlTreeSink as TreeSink>::ElemName<'a>;

    fn finish(self) -> Html {
        self.tree.finish()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        self.tree.get_document()
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> Self::ElemName<'a> {
        self.asked.set(Some(*target));
        self.tree.elem_name(target)
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, flags: ElementFlags) -> Handle {
        self.tree.create_element(name, attrs, flags)
    }

    fn create_comment(&self, text: StrTendril) -> Handle {
        self.tree.create_comment(text)
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> Handle {
        self.tree.create_pi(target, data)
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        match child {
            NodeOrText::AppendNode(_) => self.tree.append(parent, child),
            NodeOrText::AppendText(text) => self.put_text(
                text,
                |text| self.tree.append(parent, NodeOrText::AppendText(text)),
                |html| {
                    let node = html.tree.get(*parent)?.last_child()?;
                    Some((node.id(), node.value().as_text()?.len()))
                },
            ),
        }
    }

    fn append_based_on_parent_node(
        &self,
        element: &Handle,
        prev_element: &Handle,
        child: NodeOrText<Handle>,
    ) {
        let has_parent =
            self.tree.0.borrow().tree.get(*element).is_some_and(|node| node.parent().is_some());
        if has_parent {
            self.append_before_sibling(element, child);
        } else {
            self.append(prev_element, child);
        }
    }

    fn append_doctype_to_document(&self, name: StrTendril, public: StrTendril, system: StrTendril) {
        self.tree.append_doctype_to_document(name, public, system);
    }

    fn get_template_contents(&self, target: &Handle) -> Handle {
        self.tree.get_template_contents(target)
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.tree.set_quirks_mode(mode);
    }

    fn append_before_sibling(&self, sibling: &Handle, node: NodeOrText<Handle>) {
        match node {
            NodeOrText::AppendNode(_) => self.tree.append_before_sibling(sibling, node),
            NodeOrText::AppendText(text) => self.put_text(
                text,
                |text| self.tree.append_before_sibling(sibling, NodeOrText::AppendText(text)),
                |html| {
                    let node = html.tree.get(*sibling)?.prev_sibling()?;
                    Some((node.id(), node.value().as_text()?.len()))
                },
            ),
        }
    }

    fn add_attrs_if_missing(&self, target: &Handle, attrs: Vec<Attribute>) {
        self.tree.add_attrs_if_missing(target, attrs);
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.tree.remove_from_parent(target);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        self.tree.reparent_children(node, new_parent);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use html5ever::TokenizerResult;
    use html5ever::tokenizer::{BufferQueue, Tokenizer, TokenizerOpts};

    use super::*;

    impl TokenSink for Guard {
        type Handle = Handle;

        fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Handle> {
            match token {
                Token::CommentToken(_) | Token::ParseError(_) => TokenSinkResult::Continue,
                Token::TagToken(mut tag) => {
                    let Tag { name, attrs, .. } = &mut tag;
                    attrs.retain(|a| tokens::is_read(&a.name.local, name, &a.value));
                    self.any_tag(tag)
                }
                Token::EOFToken => self.builder.process_token(Token::EOFToken, line),
                _ if self.templates.get() > 0 => TokenSinkResult::Continue,
                other => self.builder.process_token(other, line),
            }
        }

        fn end(&self) {
            self.builder.end();
        }

        fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
            self.is_foreign()
        }
    }

    /// The tree of a page as it comes out of the tokenizer that belongs to the tree builder.
    pub(in super::super) fn parse_by_html5ever(markup: &str) -> Html {
        let tokenizer = Tokenizer::new(Guard::new(markup.len()), TokenizerOpts::default());
        let queue = BufferQueue::default();
        queue.push_back(StrTendril::from_slice(markup));
        // It also stops at scripts and at `<meta charset>`, with input left.
        while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
        tokenizer.end();
        tokenizer.sink.builder.sink.finish()
    }

    /// Levels and nodes of the tree of a piece of markup many times over.
    fn size(piece: &str, count: usize) -> (usize, usize) {
        let Parsed { html, .. } = parse(&piece.repeat(count));
        let (mut levels, mut deepest, mut nodes) = (0_usize, 0, 0);
        let mut node = html.tree.root();
        loop {
            nodes += 1;
            if let Some(child) = node.first_child() {
                node = child;
                levels += 1;
                deepest = deepest.max(levels);
                continue;
            }
            while node.next_sibling().is_none() {
                let Some(parent) = node.parent() else { return (deepest, nodes) };
                node = parent;
                levels -= 1;
            }
            node = node.next_sibling().expect("looked at above");
        }
    }

    #[test]
    fn a_tree_is_never_much_deeper_than_its_bound() {
        for piece in [
            "<div>",
            "<b>",
            "<a><div>",
            "<div></x>",
            "<div></b></a>",
            "<table><tr><td>",
            "<table><div>",
            "<svg><style>",
            "<svg><title>",
            "<ruby><rt>",
            "<object><p><a>",
            "<template><div></template><section>",
            "<select><optgroup>",
            "<frameset>",
        ] {
            let (deepest, _) = size(piece, 5_000);
            // A raw element may stand in twice the depth, in SVG.
            assert!(deepest <= 2 * DEPTH_MAX + GROWTH_MAX, "{piece}: {deepest}");
        }
    }

    #[test]
    fn a_tree_has_few_nodes_for_each_tag() {
        for piece in ["<a href=x><p>x", "<b><i><u><p>x", "<font size=1><div>x", "<nobr><p>x</p>"] {
            let (_, nodes) = size(piece, 5_000);
            let tags = piece.matches('<').count();
            assert!(nodes <= 4 * tags * 5_000, "{piece}: {nodes}");
        }
    }

    #[test]
    fn a_tree_has_no_more_nodes_than_its_bytes_allow_and_all_of_the_text() {
        for piece in ["<li>a", "<b>a</b>", "<td>a", "<p>a</p>", "<xmp>a</xmp>", "a</p>"] {
            let count = 4_000_000 / piece.len();
            let markup = piece.repeat(count);
            let Parsed { html, .. } = parse(&markup);
            let most = nodes_max(markup.len()) + 2 * GROWTH_MAX;
            assert!(html.tree.nodes().len() <= most, "{piece}");
            let text = html.tree.values().filter_map(|node| node.as_text());
            assert_eq!(text.map(|text| text.matches('a').count()).sum::<usize>(), count, "{piece}");
        }
        let hidden = "<textarea>a</textarea><style>a</style>".repeat(100_000);
        let Parsed { html, .. } = parse(&format!("{hidden}<title>a</title>"));
        let text = html.tree.values().filter_map(|node| node.as_text());
        assert!(text.map(|text| text.matches('a').count()).sum::<usize>() < 100_000);
    }

    #[test]
    fn all_input_is_read_past_scripts_and_declarations() {
        let markup = "<script>a</script><meta charset=utf-8><p>b<script></script>".repeat(3);
        let Parsed { html, .. } = parse(&markup);
        let text: Vec<_> = html.root_element().text().collect();
        assert_eq!(text, ["b", "b", "b"]);
    }
}
