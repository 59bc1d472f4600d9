//! What is visible of a page to text and blocks.
//!
//! White space is collapsed as a browser does, no-break spaces too; blocks stand apart by an
//! empty line. A single `<br>` is a line break in its block, two in a row end it.

use html5ever::local_name;
use scraper::node::Element;

use super::guard::NodeId;
use super::inner::Inner;
use super::visible::{Open, Role, Shape, Step, Text, attribute};
use crate::document::{Block, BlockKind, Link, Span};
use crate::outline::{ElementId, Outline, Tag};
use crate::places::Piece;
use crate::structure::{Begins, Structure};

/// What is written of a page.
pub(super) struct Written {
    pub(super) text: String,
    pub(super) blocks: Vec<Block>,
    pub(super) outline: Outline,
    /// How the blocks are built inside, if that was asked for.
    pub(super) structure: Option<Structure>,
}

/// Writes the text of a page and its blocks.
pub(super) fn write(steps: &[Step<'_>], with_structure: bool) -> Written {
    let inner = with_structure.then(Inner::default);
    let mut writer = Writer { inner, ..Writer::default() };
    for step in steps {
        match step {
            Step::Open(open) => writer.open(open),
            Step::Text(text) => writer.text(text),
            Step::Close => writer.close(),
        }
    }
    writer.end_block();
    let structure = writer.inner.map(|inner| inner.structure);
    Written { text: writer.text, blocks: writer.blocks, outline: writer.outline, structure }
}

/// How text is written where the walk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Each run of text is a block of this kind and level.
    Free { kind: BlockKind, level: u8 },
    /// As it is.
    Verbatim,
    /// Into lines of a list.
    List,
    /// Into lines of labels and values.
    Fields,
    /// Into rows of cells.
    Table,
}

impl Default for Mode {
    fn default() -> Self {
        Mode::Free { kind: BlockKind::Paragraph, level: 0 }
    }
}

impl Mode {
    fn kind(self) -> BlockKind {
        match self {
            Mode::Free { kind, .. } => kind,
            Mode::Verbatim => BlockKind::Code,
            Mode::List => BlockKind::List,
            Mode::Fields => BlockKind::Fields,
            Mode::Table => BlockKind::Table,
        }
    }

    /// The mode in a container of blocks: quotations go on in it, headings do not.
    fn inside(self) -> Self {
        match self {
            Mode::Free { kind: BlockKind::Heading, .. } => Mode::default(),
            other => other,
        }
    }
}

/// White space between what is written and what comes next in the block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Space,
    Line,
}

/// An open element.
struct Frame<'a> {
    element: &'a Element,
    role: Role,
    is_hidden: bool,
    /// The mode outside it.
    outside: Mode,
    /// Its number in the outline, once it holds a block.
    id: Option<ElementId>,
}

/// A list whose items are being written.
struct ListLevel {
    /// Number of the next item, for an ordered list.
    next: Option<i64>,
    /// Length of the page's text where the list began.
    from: usize,
    /// What was to be written before the next text there.
    outer: Option<Marker>,
}

/// What to write before the next text of a list, after the line break.
#[derive(Clone, Copy)]
struct Marker {
    /// Levels of indentation.
    indent: usize,
    /// The item's number, for an ordered list.
    number: Option<i64>,
}

/// A link that is open.
struct OpenLink<'a> {
    target: &'a str,
    /// Where its text in the current block begins.
    start: Option<usize>,
}

/// The block being written.
struct OpenBlock {
    kind: BlockKind,
    level: u8,
    /// Length of the page's text before the block and the space above it.
    before: usize,
    start: usize,
    links: Vec<Link>,
    element: Option<ElementId>,
}

#[derive(Default)]
struct Writer<'a> {
    text: String,
    blocks: Vec<Block>,
    outline: Outline,
    block: Option<OpenBlock>,
    mode: Mode,
    gap: Gap,
    frames: Vec<Frame<'a>>,
    links: Vec<OpenLink<'a>>,
    lists: Vec<ListLevel>,
    marker: Option<Marker>,
    /// In a table or fields: the next text begins a line.
    new_line: bool,
    /// In a table: cells begun in the row, and those of them without a mark before them yet.
    cells: usize,
    unmarked_cells: usize,
    /// In fields: the next text is the value of the label just written.
    value: bool,
    /// The pieces of the text at hand that have not been written.
    source: &'a [(NodeId, Piece)],
    /// In verbatim text: white space before the first character of the block's first line.
    indentation: String,
    /// Notes how the blocks are built inside, if somebody asks for it.
    inner: Option<Inner>,
}

impl<'a> Writer<'a> {
    fn open(&mut self, open: &Open<'a>) {
        self.frames.push(Frame {
            element: open.element,
            role: open.role,
            is_hidden: open.is_hidden,
            outside: self.mode,
            id: None,
        });
        match open.role {
            Role::Inline => {
                if let Some(inner) = &mut self.inner {
                    inner.open(open.element, self.frames.len());
                }
                return;
            }
            Role::Break => return self.line_break(),
            Role::Link => {
                if let Some(target) = attribute(open.element, &local_name!("href")) {
                    self.end_anchor();
                    self.links.push(OpenLink { target, start: None });
                }
                return;
            }
            _ => {}
        }
        match self.mode {
            Mode::Verbatim => self.gap = self.gap.max(Gap::Line),
            Mode::Free { .. } => self.open_free(open),
            Mode::List => self.open_in_list(open),
            Mode::Fields => self.open_in_fields(open.role),
            Mode::Table => self.open_in_table(open.role),
        }
    }

    fn close(&mut self) {
        let depth = self.frames.len();
        let Some(frame) = self.frames.pop() else { return };
        if let Some(inner) = self.inner.as_mut().filter(|_| frame.role == Role::Inline) {
            inner.close(depth, &self.text);
        }
        self.close_role(&frame);
        if let Some(id) = frame.id {
            self.outline.end(id, self.blocks.len() + usize::from(self.block.is_some()));
        }
    }

    fn close_role(&mut self, frame: &Frame<'a>) {
        match frame.role {
            Role::Inline | Role::Break => return,
            Role::Link => {
                if attribute(frame.element, &local_name!("href")).is_some() {
                    self.end_anchor();
                    self.links.pop();
                }
                return;
            }
            _ => {}
        }
        match self.mode {
            Mode::Verbatim if frame.outside == Mode::Verbatim => self.gap = self.gap.max(Gap::Line),
            Mode::List if frame.outside == Mode::List => self.close_in_list(frame.role),
            Mode::Fields if frame.outside == Mode::Fields => {
                self.value |= frame.role == Role::Term;
                self.gap = self.gap.max(Gap::Space);
            }
            Mode::Table if frame.outside == Mode::Table => self.gap = self.gap.max(Gap::Space),
            _ if !frame.role.is_block() || self.is_kept_together(frame.role, frame.outside) => {
                self.gap = self.gap.max(Gap::Space);
            }
            _ => {
                self.end_block();
                self.lists.clear();
                if let Some(inner) = self.inner.as_mut().filter(|_| self.mode == Mode::Verbatim) {
                    inner.close_verbatim();
                }
            }
        }
        self.mode = frame.outside;
    }

    /// True for a container in a heading, which does not end it.
    fn is_kept_together(&self, role: Role, outside: Mode) -> bool {
        let in_heading = matches!(outside, Mode::Free { kind: BlockKind::Heading, .. });
        in_heading && self.mode == outside && matches!(role, Role::Container)
    }

    fn open_free(&mut self, open: &Open<'a>) {
        if !open.role.is_block() || self.is_kept_together(open.role, self.mode) {
            self.gap = self.gap.max(Gap::Space);
            return;
        }
        self.end_block();
        let inside = self.mode.inside();
        self.mode = match (open.role, open.shape) {
            (Role::Heading(level), _) => Mode::Free { kind: BlockKind::Heading, level },
            (Role::Quote, _) => Mode::Free { kind: BlockKind::Quote, level: 0 },
            (Role::Verbatim, _) => {
                if let Some(inner) = &mut self.inner {
                    inner.open_verbatim(self.frames.iter().rev().map(|frame| frame.element));
                }
                Mode::Verbatim
            }
            (Role::List { .. } | Role::Descriptions, Shape::Lines) => {
                self.open_list(open);
                Mode::List
            }
            (Role::Descriptions, Shape::Fields) => Mode::Fields,
            (Role::Table, Shape::Lines) => Mode::Table,
            _ => inside,
        };
    }

    fn open_list(&mut self, open: &Open<'_>) {
        let ordered = matches!(open.role, Role::List { ordered: true });
        let first = attribute(open.element, &local_name!("start"))
            .and_then(|start| start.trim().parse::<i64>().ok())
            .unwrap_or(1);
        self.lists.push(ListLevel {
            next: ordered.then_some(first),
            from: self.text.len(),
            outer: self.marker,
        });
        // Text before the first item is an item too.
        self.marker = Some(Marker { indent: self.lists.len() - 1, number: None });
    }

    fn open_in_list(&mut self, open: &Open<'_>) {
        let indent = self.lists.len().saturating_sub(1);
        match open.role {
            Role::List { .. } | Role::Descriptions => self.open_list(open),
            Role::Item => {
                let next = self.lists.last_mut().and_then(|list| list.next.as_mut());
                let number = next.map(|next| {
                    let number = *next;
                    *next = number.saturating_add(1);
                    number
                });
                self.marker = Some(Marker { indent, number });
            }
            Role::Term => self.marker = Some(Marker { indent, number: None }),
            Role::Description => {
                self.marker = Some(Marker { indent: indent + 1, number: None });
            }
            _ => {
                let outer = self.frames.iter().rev().nth(1).map(|frame| frame.role);
                if open.role.is_block() && matches!(outer, Some(Role::List { .. })) {
                    self.marker = Some(Marker { indent, number: None });
                }
                self.gap = self.gap.max(Gap::Space);
            }
        }
    }

    fn close_in_list(&mut self, role: Role) {
        match role {
            Role::List { .. } | Role::Descriptions => {
                let Some(list) = self.lists.pop() else { return };
                if list.from == self.text.len() {
                    self.marker = list.outer;
                } else {
                    self.marker = None;
                    self.gap = Gap::Line;
                }
            }
            Role::Item | Role::Term | Role::Description => {
                let indent = self.lists.len().saturating_sub(1);
                self.marker = Some(Marker { indent, number: None });
            }
            _ => self.gap = self.gap.max(Gap::Space),
        }
    }

    fn open_in_fields(&mut self, role: Role) {
        if role == Role::Term {
            self.new_line = true;
            self.value = false;
        }
        self.gap = self.gap.max(Gap::Space);
    }

    fn open_in_table(&mut self, role: Role) {
        match role {
            Role::Row => {
                self.new_line = true;
                self.cells = 0;
                self.unmarked_cells = 0;
            }
            Role::Cell => {
                self.unmarked_cells += usize::from(self.cells > 0);
                self.cells += 1;
            }
            Role::Caption => {
                self.end_block();
                self.mode = Mode::default();
            }
            _ => {}
        }
        self.gap = self.gap.max(Gap::Space);
    }

    fn line_break(&mut self) {
        match self.mode {
            Mode::Verbatim if self.block.is_some() => {
                self.source = &[];
                self.verbatim("\n");
            }
            Mode::Free { kind, .. } if kind != BlockKind::Heading => {
                if self.gap == Gap::Line {
                    self.end_block();
                } else if self.block.is_some() {
                    self.gap = Gap::Line;
                }
            }
            _ => self.gap = self.gap.max(Gap::Space),
        }
    }

    fn text(&mut self, text: &Text<'a>) {
        self.source = text.pieces;
        if self.mode == Mode::Verbatim {
            return self.verbatim(text.text);
        }
        let text = text.text;
        let mut at = 0;
        loop {
            let word = text.get(at..).unwrap_or("");
            let (end, space) = next_space(word);
            if let Some(word) = word.get(..end).filter(|word| !word.is_empty()) {
                self.word(word, at);
            }
            if space == 0 {
                return;
            }
            self.gap = self.gap.max(Gap::Space);
            at += end + space;
        }
    }

    /// Writes a word that stands at a byte of its text.
    fn word(&mut self, word: &str, at: usize) {
        if self.block.is_none() {
            // Spaces of other kinds (ideographic indentation) stay inside a block only.
            let first = word.trim_start();
            if first.is_empty() {
                return;
            }
            self.begin_block();
            self.mark_line(self.text.len());
            self.put(first, at + word.len() - first.len());
        } else {
            self.fill_gap();
            self.put(word, at);
        }
    }

    /// Writes text of the current block, link or not, that stands at a byte of its text.
    fn put(&mut self, text: &str, at: usize) {
        if let Some(link) = self.links.last_mut()
            && link.start.is_none()
        {
            link.start = Some(self.text.len());
        }
        let written = self.text.len();
        if let Some(inner) = &mut self.inner {
            inner.begin(written);
        }
        self.text.push_str(text);
        self.put_places(written, at, text.len());
    }

    /// Notes where the bytes of the text at hand from `at` on, written at `written`, come from.
    fn put_places(&mut self, written: usize, at: usize, len: usize) {
        let (Ok(written), Ok(at), Ok(len)) =
            (u32::try_from(written), u32::try_from(at), u32::try_from(len))
        else {
            return;
        };
        while let Some((piece, rest)) = self.source.split_first().map(|((_, p), rest)| (p, rest)) {
            if let Some(piece) = piece.cut(at, at + len) {
                self.outline.places.push(Piece { text: written + (piece.text - at), ..piece });
            }
            if piece.end() > at + len {
                return;
            }
            self.source = rest;
        }
    }

    /// Writes what stands between the block's text so far and its next word.
    fn fill_gap(&mut self) {
        let is_line = self.new_line || self.marker.is_some() || self.unmarked_cells > 0;
        if is_line || self.value {
            self.end_line();
        }
        let from = self.text.len();
        if self.marker.is_some() || self.new_line {
            self.text.push('\n');
            self.mark_line(from);
            return;
        }
        if self.unmarked_cells > 0 {
            let skipped = self.unmarked_cells - 1;
            for _ in 0..std::mem::take(&mut self.unmarked_cells) {
                self.text.push_str(" |");
            }
            self.text.push(' ');
            self.note(from, |is_header| Begins::Cell { skipped, is_header });
        } else if std::mem::take(&mut self.value) {
            self.text.push_str(if self.text.ends_with([':', '：']) { " " } else { ": " });
        } else {
            match self.gap {
                Gap::None => {}
                Gap::Space => self.text.push(' '),
                Gap::Line => {
                    self.end_line();
                    self.text.push('\n');
                    if self.mode == Mode::List {
                        self.indent(self.lists.len());
                        let depth = self.lists.len().saturating_sub(1);
                        self.note(from, |_| Begins::Rest { depth });
                    }
                }
            }
        }
        self.gap = Gap::None;
    }

    /// Writes the mark at the beginning of a list's, table's or fields' line, whose white space
    /// begins at `from`.
    fn mark_line(&mut self, from: usize) {
        let (marker, skipped) = (self.marker, self.unmarked_cells);
        if let Some(marker) = self.marker.take() {
            if self.block.as_ref().is_some_and(|block| block.start < self.text.len()) {
                self.indent(marker.indent);
            }
            match marker.number {
                Some(number) => self.text.push_str(&format!("{number}. ")),
                None => self.text.push_str("- "),
            }
        }
        for _ in 0..std::mem::take(&mut self.unmarked_cells) {
            self.text.push_str("| ");
        }
        match marker {
            Some(Marker { indent: depth, number }) => {
                self.note(from, |_| Begins::Item { depth, number });
            }
            None if self.mode == Mode::Table => {
                self.note(from, |is_header| Begins::Row { skipped, is_header });
            }
            None => {}
        }
        self.new_line = false;
        self.value = false;
        self.gap = Gap::None;
    }

    /// Notes what begins behind what has been written from `from` on; of a cell, whether it is
    /// one of a header.
    fn note(&mut self, from: usize, begins: impl FnOnce(bool) -> Begins) {
        let Some(inner) = &mut self.inner else { return };
        let mut near = self.frames.iter().rev().take(TABLE_FRAMES_MAX);
        let is_header = near.any(|frame| {
            let name = &frame.element.name.local;
            matches!(*name, local_name!("th") | local_name!("thead"))
        });
        inner.mark(from, self.text.len(), begins(is_header));
    }

    fn indent(&mut self, levels: usize) {
        for _ in 0..levels {
            self.text.push_str("  ");
        }
    }

    fn verbatim(&mut self, text: &str) {
        let mut at = 0;
        if self.block.is_none() {
            let first = text.trim_start();
            at = text.len() - first.len();
            let space = text.get(..at).unwrap_or("").replace('\u{a0}', " ");
            match space.rsplit_once('\n') {
                Some((_, last)) => self.indentation = last.to_owned(),
                None => self.indentation.push_str(&space),
            }
            if first.is_empty() {
                return;
            }
            self.begin_block();
        } else if self.gap == Gap::Line && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.gap = Gap::None;
        for (number, part) in text.get(at..).unwrap_or("").split('\u{a0}').enumerate() {
            if number > 0 {
                self.put(" ", at);
                at += '\u{a0}'.len_utf8();
            }
            if !part.is_empty() {
                self.put(part, at);
            }
            at += part.len();
        }
    }

    fn begin_block(&mut self) {
        let before = self.text.len();
        if before > 0 {
            self.text.push_str("\n\n");
        }
        self.text.push_str(&std::mem::take(&mut self.indentation));
        self.gap = Gap::None;
        let level = match self.mode {
            Mode::Free { level, .. } => level,
            _ => 0,
        };
        let element = self.element();
        self.block = Some(OpenBlock {
            kind: self.mode.kind(),
            level,
            before,
            start: self.text.len(),
            links: Vec::new(),
            element,
        });
    }

    /// The element that the current block stands in, with those around it put in the outline. For
    /// a list or table that is the whole of it, not an item or cell.
    fn element(&mut self) -> Option<ElementId> {
        let mode = self.mode;
        let is_part = |frame: &Frame<'_>| {
            matches!(frame.outside, Mode::List | Mode::Fields | Mode::Table | Mode::Verbatim)
                && frame.outside == mode
        };
        let is_step =
            |frame: &Frame<'_>| frame.role.is_block() || frame.element.name.local.contains('-');
        let end = self.frames.iter().rposition(|frame| !is_part(frame)).map_or(0, |at| at + 1);
        let frames = self.frames.get_mut(..end)?;
        let known = frames.iter().rposition(|frame| frame.id.is_some());
        let mut last = known.and_then(|at| frames.get(at)).and_then(|frame| frame.id);
        for frame in frames.iter_mut().skip(known.map_or(0, |at| at + 1)) {
            if !is_step(frame) {
                continue;
            }
            let of = |name| attribute(frame.element, &name).unwrap_or("");
            let tag = Tag {
                name: &frame.element.name.local,
                id: of(local_name!("id")),
                role: of(local_name!("role")),
                classes: of(local_name!("class")),
                is_hidden: frame.is_hidden,
            };
            last = Some(self.outline.push(last, tag, self.blocks.len()));
            frame.id = last;
        }
        last
    }

    /// Ends what cannot reach into the next line or cell.
    fn end_line(&mut self) {
        self.end_anchor();
        if let Some(inner) = &mut self.inner {
            inner.end_line(&self.text);
        }
    }

    fn end_anchor(&mut self) {
        let Some(link) = self.links.last_mut() else { return };
        let (Some(start), Some(block)) = (link.start.take(), self.block.as_mut()) else { return };
        let anchor = Span::new(start, self.text.len()).of(&self.text);
        let trimmed = anchor.trim();
        if trimmed.is_empty() {
            return;
        }
        let start = start + anchor.len() - anchor.trim_start().len();
        block.links.push(Link {
            anchor: Span::new(start, start + trimmed.len()),
            target: Box::from(link.target),
        });
    }

    fn end_block(&mut self) {
        self.end_line();
        self.gap = Gap::None;
        self.marker = None;
        self.new_line = false;
        self.value = false;
        self.unmarked_cells = 0;
        self.indentation.clear();
        let Some(mut block) = self.block.take() else { return };
        let written = self.text.get(block.start..).unwrap_or("");
        if written.chars().all(is_invisible) {
            self.text.truncate(block.before);
            self.outline.places.truncate(block.before);
            if let Some(inner) = &mut self.inner {
                inner.end_block(None);
            }
            return;
        }
        self.text.truncate(block.start + written.trim_end().len());
        self.outline.places.truncate(self.text.len());
        block.links.retain(|link| link.anchor.end <= self.text.len());
        // Most blocks have few, and room is taken for four.
        block.links.shrink_to_fit();
        self.blocks.push(Block {
            kind: block.kind,
            span: Span::new(block.start, self.text.len()),
            level: block.level,
            links: block.links,
            element: block.element,
        });
        if let Some(inner) = &mut self.inner {
            inner.end_block(self.blocks.last());
        }
    }
}

/// Elements around a cell's text that are asked whether it is one of a header: `<thead>` stands
/// above row and cell, and a link or two may stand in it.
const TABLE_FRAMES_MAX: usize = 8;

/// Where the first white space of a text begins, and its bytes; 0 if there is none.
fn next_space(text: &str) -> (usize, usize) {
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0c => return (at, 1),
            // The first byte of the no-break space.
            0xc2 if matches!(bytes.next(), Some((_, 0xa0))) => return (at, 2),
            _ => {}
        }
    }
    (text.len(), 0)
}

/// White space, and characters of no width that pages put into empty elements.
fn is_invisible(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}
