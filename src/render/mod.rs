//! What is kept of a page, as Markdown.
//!
//! Rules judge plain text, and the ledger counts in it; this is made after the verdict, from the
//! page's [`Structure`] and the parts of its text that stay. It is CommonMark with the tables of
//! GitHub. A parser of it reads the words of the plain text again, in the same order: what would
//! be read as Markdown is escaped, and where text cannot be set off it is not.
//!
//! Cost is linear in the page.
//!
//! [`Structure`]: crate::structure::Structure

use crate::document::{Block, BlockKind, Link, Page, Span};
use crate::structure::{Begins, Part};
use containers::Containers;
use inline::{Format, Line};
use lines::Lines;

mod containers;
mod inline;
mod lines;
mod target;

#[cfg(test)]
mod tests;

/// How cleaned HTML is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HtmlOutput {
    /// As plain text.
    #[default]
    Text,
    /// As Markdown.
    Markdown(Links),
}

/// How links are written in Markdown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Links {
    /// As links: `[text](https://a.org/)`.
    #[default]
    Markdown,
    /// As their text.
    Text,
}

/// The parts `kept` of a page's text, which are in order, as Markdown; empty if the page has no
/// [`Page::structure`].
///
/// - Headings by their level (`##`), paragraphs with their line breaks, code fenced, with its
///   language where the markup says it.
/// - Lists with their nesting and numbers; also those whose items are blocks of their own (a step
///   with code under it), unless headings are among these.
/// - Tables of data with a row of headers, which is empty where the first row is none; tables that
///   only arrange are taken apart, as in the text.
/// - Quotations with `>` before each line, nested as they are, with what stands in them.
/// - Fields (`Label: value`) each on a line.
/// - Code, strong and emphasised text inside blocks is set off, as far as a parser is sure to see
///   it so.
/// - Links as `links` says, relative ones from where [`Metadata::base_url`] says, if it is known.
///   Those without a letter or digit (`¶`) and those to nowhere (`javascript:`, `#`) are text.
///
/// [`Metadata::base_url`]: crate::metadata::Metadata::base_url
pub fn markdown(page: &Page, kept: &[Span], links: Links) -> String {
    let Some(structure) = &page.structure else { return String::new() };
    let mut writer = Writer {
        page,
        kept: Kept { pieces: kept, at: 0 },
        links: LinksOf::new(page, links),
        containers: Containers::of(page),
        lines: Lines::default(),
    };
    for part in &structure.parts {
        writer.part(part);
    }
    writer.lines.finish()
}

struct Writer<'p> {
    page: &'p Page,
    kept: Kept<'p>,
    links: LinksOf<'p>,
    containers: Containers,
    lines: Lines,
}

impl<'p> Writer<'p> {
    fn part(&mut self, part: &'p Part) {
        let inner = Inner::new(part);
        match part.kind {
            BlockKind::Code => self.code(part),
            BlockKind::Table => self.table(part, inner),
            BlockKind::List => self.list(part, inner),
            BlockKind::Heading => self.heading(part, inner),
            _ => self.paragraph(part, inner),
        }
    }

    /// What is kept of a stretch of the text, with what sets it off.
    fn line(&mut self, stretch: Span, inner: &mut Inner<'p>, in_table: bool) -> String {
        let pieces = self.kept.of(stretch);
        if pieces.iter().all(|piece| piece.of(&self.page.text).trim().is_empty()) {
            return String::new();
        }
        let mut formats: Vec<Format> = self.links.of(stretch);
        formats.extend(inner.of(stretch));
        Line { text: &self.page.text, in_table }.write(&pieces, &formats)
    }

    /// Goes to where a part stands, among containers.
    fn begin(&mut self, part: &Part) {
        let around = self.containers.around(part.element);
        self.lines.begin(&around, part.kind == BlockKind::List);
    }

    fn heading(&mut self, part: &'p Part, mut inner: Inner<'p>) {
        let line = self.line(part.span, &mut inner, false);
        if !line.is_empty() {
            self.begin(part);
            let marks = "#".repeat(usize::from(part.level.clamp(1, 6)));
            self.lines.put(&format!("{marks} {}", inline::heading(line)));
        }
    }

    fn paragraph(&mut self, part: &'p Part, mut inner: Inner<'p>) {
        let text = part.span.of(&self.page.text);
        let mut written: Vec<String> = Vec::new();
        let mut at = part.span.start;
        for line in text.split('\n') {
            let line_span = Span::new(at, at + line.len());
            at += line.len() + 1;
            let line = self.line(line_span, &mut inner, false);
            if !line.is_empty() {
                written.push(inline::line_start(line));
            }
        }
        let Some(last) = written.len().checked_sub(1) else { return };
        self.begin(part);
        for (number, line) in written.iter().enumerate() {
            // Two spaces make a break of a line break.
            let line_break = if number < last { "  " } else { "" };
            self.lines.put(&[line.as_str(), line_break].concat());
        }
    }

    fn code(&mut self, part: &'p Part) {
        let text = &self.page.text;
        let mut code = String::new();
        let mut at = part.span.start;
        for line in part.span.of(text).split('\n') {
            let pieces = self.kept.of(Span::new(at, at + line.len()));
            let is_gone = pieces.is_empty() && !line.is_empty();
            if at == part.span.start && !is_gone {
                // The first line's own white space stands before the block.
                let before = text.get(..at).unwrap_or("");
                code.push_str(before.rsplit('\n').next().unwrap_or(""));
            }
            at += line.len() + 1;
            if !is_gone {
                pieces.iter().for_each(|piece| code.push_str(piece.of(text)));
                code.push('\n');
            }
        }
        if code.trim().is_empty() {
            return;
        }
        let fence = "`".repeat(inline::longest_run(&code, '`').max(2) + 1);
        self.begin(part);
        self.lines.put(&[&fence, part.language.as_deref().unwrap_or("")].concat());
        for line in code.trim_end().split('\n') {
            self.lines.put(line);
        }
        self.lines.put(&fence);
    }

    /// The stretches of a part that begin with its marks.
    fn stretches(part: &'p Part) -> impl Iterator<Item = (Begins, Span)> + 'p {
        let ends = part.marks.iter().skip(1).map(|mark| mark.span.start).chain([part.span.end]);
        let stretch = |(mark, end): (&crate::structure::Mark, usize)| {
            (mark.begins, Span::new(mark.span.end, end.max(mark.span.end)))
        };
        part.marks.iter().zip(ends).map(stretch)
    }

    fn list(&mut self, part: &'p Part, mut inner: Inner<'p>) {
        let mut list = lines::List::default();
        let mut has_begun = false;
        for (begins, stretch) in Self::stretches(part) {
            let line = self.line(stretch, &mut inner, false);
            if line.is_empty() {
                continue;
            }
            if !std::mem::replace(&mut has_begun, true) {
                self.begin(part);
            }
            let line = inline::line_start(line);
            match begins {
                Begins::Item { depth, number } => list.item(&mut self.lines, depth, number, &line),
                Begins::Rest { depth } => list.rest(&mut self.lines, depth, &line),
                Begins::Row { .. } | Begins::Cell { .. } => {}
            }
        }
    }

    fn table(&mut self, part: &'p Part, mut inner: Inner<'p>) {
        let mut rows: Vec<(bool, Vec<String>)> = Vec::new();
        // Text in front of all rows is one.
        let first = part.marks.first().map_or(part.span.end, |mark| mark.span.start);
        let head = (first > part.span.start).then(|| {
            let begins = Begins::Row { skipped: 0, is_header: false };
            (begins, Span::new(part.span.start, first))
        });
        for (begins, stretch) in head.into_iter().chain(Self::stretches(part)) {
            let text = self.line(stretch, &mut inner, true);
            let (skipped, is_header) = match begins {
                Begins::Row { skipped, is_header } => {
                    rows.push((true, Vec::new()));
                    (skipped, is_header)
                }
                Begins::Cell { skipped, is_header } => (skipped, is_header),
                Begins::Item { .. } | Begins::Rest { .. } => continue,
            };
            let Some((is_all_header, row)) = rows.last_mut() else { continue };
            row.extend(std::iter::repeat_n(String::new(), skipped));
            *is_all_header &= is_header;
            row.push(text);
        }
        rows.retain(|(_, row)| row.iter().any(|cell| !cell.is_empty()));
        let Some(columns) = rows.iter().map(|(_, row)| row.len()).max() else { return };
        self.begin(part);
        let has_header = rows.first().is_some_and(|(is_header, _)| *is_header);
        let mut rows = rows.into_iter().map(|(_, row)| row);
        // A row may have fewer cells than the header, never more. Of a table that is not wide all
        // have as many.
        let mut header = if has_header { rows.next().unwrap_or_default() } else { Vec::new() };
        header.resize(columns, String::new());
        self.row(&header);
        self.row(&vec!["---".to_owned(); columns]);
        for mut row in rows {
            if columns <= FILLED_COLUMNS_MAX {
                row.resize(columns, String::new());
            }
            self.row(&row);
        }
    }

    fn row(&mut self, cells: &[String]) {
        self.lines.put(&format!("| {} |", cells.join(" | ")));
    }
}

/// Columns of a table whose rows are filled up with empty cells.
const FILLED_COLUMNS_MAX: usize = 32;

/// The kept parts of a text, asked for in order.
struct Kept<'p> {
    pieces: &'p [Span],
    at: usize,
}

impl Kept<'_> {
    /// What is kept of a stretch that does not begin before the one asked for last.
    fn of(&mut self, stretch: Span) -> Vec<Span> {
        let mut found = Vec::new();
        while let Some(piece) = self.pieces.get(self.at) {
            let (start, end) = (piece.start.max(stretch.start), piece.end.min(stretch.end));
            if start < end {
                found.push(Span::new(start, end));
            }
            if piece.end > stretch.end {
                break;
            }
            self.at += 1;
        }
        found
    }
}

/// The links of a page, asked for in order.
struct LinksOf<'p> {
    text: &'p str,
    base: Option<&'p str>,
    blocks: &'p [Block],
    /// Number of the block and of the link in it that come next.
    at: (usize, usize),
    wanted: Links,
}

impl<'p> LinksOf<'p> {
    fn new(page: &'p Page, wanted: Links) -> Self {
        let base = target::base(page.metadata.base_url.as_deref());
        Self { text: &page.text, base, blocks: &page.blocks, at: (0, 0), wanted }
    }

    fn next(&mut self) -> Option<&'p Link> {
        loop {
            let block = self.blocks.get(self.at.0)?;
            match block.links.get(self.at.1) {
                Some(link) => return Some(link),
                None => self.at = (self.at.0 + 1, 0),
            }
        }
    }

    /// Those that stand in a stretch that does not begin before the one asked for last.
    fn of(&mut self, stretch: Span) -> Vec<Format> {
        let mut found = Vec::new();
        if self.wanted == Links::Text {
            return found;
        }
        while let Some(link) = self.next().filter(|link| link.anchor.start < stretch.end) {
            let target = target::resolved(&link.target, self.base);
            // A `¶` leads to the heading that it stands behind.
            let has_words = || link.anchor.of(self.text).contains(char::is_alphanumeric);
            if let Some(target) = target.filter(|_| stretch.contains(link.anchor) && has_words()) {
                found.push(Format::Link(link.anchor, target));
            }
            self.at.1 += 1;
        }
        found
    }
}

/// What sets text off in a part, asked for in order.
struct Inner<'p> {
    inlines: std::iter::Peekable<std::slice::Iter<'p, crate::structure::Inline>>,
}

impl<'p> Inner<'p> {
    fn new(part: &'p Part) -> Self {
        Self { inlines: part.inlines.iter().peekable() }
    }

    fn of(&mut self, stretch: Span) -> impl Iterator<Item = Format> {
        let mut found = Vec::new();
        // None reaches from one stretch into the next.
        while let Some(inline) = self.inlines.next_if(|inline| inline.span.start < stretch.end) {
            if stretch.contains(inline.span) {
                found.push(Format::Inline(*inline));
            }
        }
        found.into_iter()
    }
}
