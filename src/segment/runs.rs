//! The segmenter of plain text and Markdown: runs of lines become blocks.
//!
//! One walk over the lines; at each, what a line looks like decides which run is tried. Every
//! run looks ahead only over lines that it takes, or remembers how far it looked in vain, so
//! that the walk is linear.

use super::collapsed::Splitter;
use super::headings::mark_headings;
use super::labels::{Labelled, labelled};
use super::lines::{Line, lines};
use super::links::{LinkFinder, definition};
use super::marks::{
    Bullet, bullet, cells, closes_fence, ends_sentence, fence, heading_level, is_blank_of_words,
    is_break, is_code_like, is_quote, is_short, is_table_rule, underline_level,
};
use super::wrapped::Joiner;
use crate::document::{Block, BlockKind, Span};

/// The blocks of a text. With `markdown`, its headings, definitions and collapsed lines count.
pub(crate) fn blocks(text: &str, markdown: bool) -> Vec<Block> {
    let lines = lines(text);
    let mut walk = Walk {
        text,
        lines: &lines,
        joiner: Joiner::new(text, &lines),
        splitter: markdown.then(|| Splitter::new(text)),
        blocks: Vec::new(),
        no_fields_before: 0,
        no_code_before: 0,
        unclosed: 0,
    };
    let mut at = 0;
    while at < lines.len() {
        at = walk.step(at).max(at + 1);
    }
    let mut blocks = walk.blocks;
    mark_headings(text, &mut blocks);
    let links = LinkFinder::new(text, &lines);
    for block in &mut blocks {
        block.links = links.links(block.kind, block.span);
    }
    blocks
}

struct Walk<'a> {
    text: &'a str,
    lines: &'a [Line],
    joiner: Joiner<'a>,
    splitter: Option<Splitter<'a>>,
    blocks: Vec<Block>,
    no_fields_before: usize,
    no_code_before: usize,
    /// One bit for each sort of fence that is known not to be closed further down.
    unclosed: u64,
}

/// Most lines without a label that may stand between two with one.
const FIELD_CONTINUATIONS: usize = 2;
/// Blank lines apart, longer items are paragraphs with numbers.
const LOOSE_ITEM_COLUMNS: u32 = 200;

impl<'a> Walk<'a> {
    /// Appends the blocks that begin at line `at`; returns the first line behind them.
    fn step(&mut self, at: usize) -> usize {
        let body = self.body(at);
        if let Some(end) = self.fenced(at, body) {
            return self.push(BlockKind::Code, at, end);
        }
        if let Some(end) = self.markdown(at, body) {
            return end;
        }
        if let Some(end) = self.table(at, body) {
            return self.push(BlockKind::Table, at, end);
        }
        if let Some(end) = self.underlined(at, body) {
            return end;
        }
        let sign = bullet(body).filter(|_| !is_break(body));
        if sign.is_none() && is_blank_of_words(body) && !is_code_like(body) {
            return self.push(BlockKind::Other, at, at + 1);
        }
        if is_quote(body) {
            let end = self.end_of(at, |walk, n| is_quote(walk.body(n)));
            return self.push(BlockKind::Quote, at, end);
        }
        if let Some(end) = self.code(at) {
            return self.push(BlockKind::Code, at, end);
        }
        if let Some(end) = self.fields(at) {
            return self.push(BlockKind::Fields, at, end);
        }
        if let Some(end) = sign.and_then(|sign| self.list(at, sign)) {
            // Signs without items are what is left of a menu of icons.
            let empty = (at..end).all(|n| is_blank_of_words(self.body(n)));
            return self.push(if empty { BlockKind::Other } else { BlockKind::List }, at, end);
        }
        let end = self.joiner.paragraph_end(at);
        let kind = if is_blank_of_words(body) && end == at + 1 {
            BlockKind::Other
        } else {
            BlockKind::Paragraph
        };
        self.push(kind, at, end)
    }

    fn body(&self, at: usize) -> &'a str {
        self.lines.get(at).map_or("", |line| line.span.of(self.text))
    }

    /// Appends a block of lines `from..to`; returns `to`.
    fn push(&mut self, kind: BlockKind, from: usize, to: usize) -> usize {
        if let (Some(first), Some(last)) = (self.lines.get(from), self.lines.get(to - 1)) {
            self.blocks.push(Block::new(kind, Span::new(first.span.start, last.span.end)));
        }
        to
    }

    /// The line right behind `at`, if no blank line is between.
    fn next(&self, at: usize) -> Option<&'a Line> {
        self.lines.get(at + 1).filter(|line| line.breaks == 1)
    }

    /// One past the last line of the run without blank lines from `at` on for which `fits`.
    fn end_of(&self, at: usize, fits: impl Fn(&Self, usize) -> bool) -> usize {
        let mut end = at + 1;
        while self.next(end - 1).is_some() && fits(self, end) {
            end += 1;
        }
        end
    }

    /// Fenced code, to the closing fence; to the next blank line if there is none.
    fn fenced(&mut self, at: usize, body: &str) -> Option<usize> {
        let (sign, length) = fence(body)?;
        let bit = 1u64 << (length + if sign == b'~' { 32 } else { 0 });
        if self.unclosed & bit == 0 {
            let close =
                (at + 1..self.lines.len()).find(|&n| closes_fence(self.body(n), sign, length));
            if let Some(close) = close {
                return Some(close + 1);
            }
            self.unclosed |= bit;
        }
        Some(self.end_of(at, |_, _| true))
    }

    /// What only Markdown has: `#` headings, collapsed lines, link definitions.
    fn markdown(&mut self, at: usize, body: &str) -> Option<usize> {
        let splitter = self.splitter.as_ref()?;
        let line = self.lines.get(at)?;
        if splitter.split(line.span, &mut self.blocks) {
            return Some(at + 1);
        }
        if let Some(level) = heading_level(body) {
            self.push(BlockKind::Heading, at, at + 1);
            if let Some(block) = self.blocks.last_mut() {
                block.level = level;
            }
            return Some(at + 1);
        }
        definition(body)?;
        let end = self.end_of(at, |walk, n| definition(walk.body(n)).is_some());
        Some(self.push(BlockKind::Other, at, end))
    }

    /// A heading with a line of `=` or `-` under it.
    fn underlined(&mut self, at: usize, body: &str) -> Option<usize> {
        let level = underline_level(self.next(at)?.span.of(self.text))?;
        let plain = is_short(body) && !is_blank_of_words(body) && !is_quote(body);
        if !plain || bullet(body).is_some() || body.ends_with(['.', ',', ';']) {
            return None;
        }
        self.push(BlockKind::Heading, at, at + 2);
        if let Some(block) = self.blocks.last_mut().filter(|_| self.splitter.is_some()) {
            block.level = level;
        }
        Some(at + 2)
    }

    /// Rows with the same number of tabs or bars: two rows of three cells, three of fewer. (A bar
    /// before every line is what is left of a table of one column; a bar inside every line makes a
    /// table only with a row of dashes.)
    fn table(&self, at: usize, body: &str) -> Option<usize> {
        let next = self.next(at)?.span.of(self.text);
        let shape = cells(body)?;
        let ruled = is_table_rule(next);
        let fits = |n: usize| {
            let body = self.body(n);
            cells(body) == Some(shape) || (ruled && (body.contains('|') || is_table_rule(body)))
        };
        let (mut end, mut rows) = (at + 1, 1);
        while self.next(end - 1).is_some() {
            if fits(end) {
                rows += 1;
                end += 1;
                continue;
            }
            // A line that names the rows under it.
            let many = rows > 1 || (shape.sign == b'\t' && shape.count > 1);
            let caption = many && self.lines.get(end).is_some_and(|line| line.columns <= 40);
            if !(caption && self.next(end).is_some() && cells(self.body(end + 1)) == Some(shape)) {
                break;
            }
            end += 1;
        }
        // One bar inside each line is what separates a title from its site.
        let titles = shape.sign == b'|' && shape.count == 1 && !body.starts_with('|');
        let enough = ruled || (!titles && rows >= if shape.count > 1 { 2 } else { 3 });
        (enough && rows > 1).then_some(end)
    }

    /// Lines of code without a fence: at least three, half of them or more unlike prose.
    fn code(&mut self, at: usize) -> Option<usize> {
        if at < self.no_code_before {
            return None;
        }
        let indented = |n: usize| self.lines.get(n).is_some_and(|line| line.indent >= 4);
        let likely = is_code_like(self.body(at));
        let opening = (indented(at) || opens_code(self.body(at))) && self.next(at).is_some();
        if !(likely || opening && is_code_like(self.body(at + 1))) {
            return None;
        }
        let (mut hits, mut misses, mut end, mut n) = (0, 0, at, at);
        while let Some(line) = self.lines.get(n) {
            let hit = is_code_like(self.body(n));
            let apart =
                n > at && (line.breaks > 2 || line.after_blank() && !hit && line.indent < 2);
            let prose = !hit && line.columns > 60 && ends_sentence(self.body(n));
            if apart || prose || misses > 3 {
                break;
            }
            if hit {
                (hits, misses, end) = (hits + 1, 0, n + 1);
            } else if line.indent >= 2 && line.columns <= 120 {
                misses += 1;
                end = n + 1;
            } else {
                misses += 1;
            }
            n += 1;
        }
        let least = if self.splitter.is_some() && indented(at) { 1 } else { 3 };
        if hits >= least && hits * 2 >= end - at {
            return Some(end);
        }
        self.no_code_before = n;
        None
    }

    /// A run of label–value lines.
    fn fields(&mut self, at: usize) -> Option<usize> {
        if at < self.no_fields_before {
            return None;
        }
        let first = labelled(self.body(at))?;
        let mut run = FieldRun::new(first);
        let (mut n, mut end) = (at, at);
        while let Some(line) = self.lines.get(n) {
            let last = self.lines.get(n + 1).is_none_or(|next| next.after_blank());
            match labelled(self.body(n)).filter(|field| run.takes(field)) {
                Some(field) => {
                    let apart = line.after_blank() && n > at;
                    let loose = apart && (line.breaks > 2 || !run.takes_apart(&field));
                    // With a blank line behind it, a label without a value heads what follows.
                    let heads = field.value.is_empty() && last && (apart || n == at);
                    if loose || heads || (n == at && self.heads_fields(at, &field)) {
                        break;
                    }
                    run.add(field);
                    n += 1;
                    end = n;
                }
                None if n > at && self.continues_field(n) => {
                    let labels = (n + 1..=n + FIELD_CONTINUATIONS).find(|&next| {
                        self.lines.get(next).is_some_and(|line| line.breaks == 1)
                            && labelled(self.body(next)).is_some_and(|field| run.takes(&field))
                    });
                    let Some(next) = labels
                        .filter(|&next| (n + 1..next).all(|between| self.continues_field(between)))
                    else {
                        break;
                    };
                    n = next;
                }
                None => break,
            }
        }
        let in_list = run.bulleted
            && self.lines.get(end).is_some_and(|line| line.breaks == 1)
            && bullet(self.body(end)).is_some();
        if end > at && run.is_fields(in_list) {
            return Some(end);
        }
        self.no_fields_before = end;
        None
    }

    /// True for an empty label that stands right over a run of labels with values.
    fn heads_fields(&self, at: usize, field: &Labelled<'_>) -> bool {
        let below = self.next(at).and_then(|line| labelled(line.span.of(self.text)));
        field.value.is_empty()
            && below.is_some_and(|below| {
                !below.value.is_empty() && (!field.known || below.bulleted != field.bulleted)
            })
    }

    /// True for a short line that can go on with the value above it.
    fn continues_field(&self, at: usize) -> bool {
        let body = self.body(at);
        self.lines.get(at).is_some_and(|line| line.breaks == 1 && line.columns <= 60)
            && bullet(body).is_none()
            && !is_blank_of_words(body)
            && !(ends_sentence(body) && body.split_whitespace().nth(5).is_some())
    }

    /// A list: its items, their continuations, and single blank lines between like items.
    fn list(&self, at: usize, first: Bullet) -> Option<usize> {
        let origin = self.lines.get(at)?;
        if first.sign == '–' && ends_sentence(self.body(at)) {
            return None;
        }
        let (mut item, mut sign, mut items) = (origin, first, 1);
        let mut end = at + 1;
        while let Some(line) = self.lines.get(end) {
            let body = self.body(end);
            if let Some(next) = bullet(body).filter(|_| !is_break(body)) {
                let deeper = line.indent > origin.indent;
                let fits = if line.after_blank() {
                    line.breaks == 2
                        && (next.like(first) || next.like(sign))
                        && !(first.ordered && line.columns.max(item.columns) > LOOSE_ITEM_COLUMNS)
                } else {
                    next.ordered == first.ordered || deeper || next.ordered == sign.ordered
                };
                if !fits {
                    break;
                }
                (item, sign) = (line, next);
                items += 1;
            } else {
                let hanging = line.indent >= item.indent + 2;
                let loose = line.breaks == 2 && self.splitter.is_some() && hanging;
                let tight = line.breaks == 1 && (hanging || self.joiner.continues(end - 1));
                if !(loose || tight) {
                    break;
                }
            }
            end += 1;
        }
        (items > 1 || !first.weak).then_some(end)
    }
}

/// True for a line that begins like a declaration.
fn opens_code(body: &str) -> bool {
    const WORDS: &[&str] = &[
        "def ",
        "function ",
        "import ",
        "class ",
        "public ",
        "private ",
        "const ",
        "var ",
        "let ",
        "#include",
        "package ",
        "fn ",
        "use ",
        "SELECT ",
        "<?php",
        "#!/",
    ];
    WORDS.iter().any(|word| body.starts_with(word))
}

/// What is known of a run of label–value lines.
struct FieldRun<'a> {
    bulleted: bool,
    count: usize,
    known: usize,
    terse: usize,
    brief: usize,
    empty: usize,
    repeats: usize,
    stems: [&'a str; 2],
    last_known: bool,
}

impl<'a> FieldRun<'a> {
    fn new(first: Labelled<'a>) -> Self {
        Self {
            bulleted: first.bulleted,
            count: 0,
            known: 0,
            terse: 0,
            brief: 0,
            empty: 0,
            repeats: 0,
            stems: [""; 2],
            last_known: first.known,
        }
    }

    /// True if a line can belong to the run. Prose behind an unknown label cannot, as in
    /// `Note: do not …`; in a list the run as a whole decides.
    fn takes(&self, field: &Labelled<'a>) -> bool {
        field.bulleted == self.bulleted && (self.bulleted || field.known || !field.is_prose())
    }

    /// True if a line can belong to the run with a blank line before it.
    fn takes_apart(&self, field: &Labelled<'a>) -> bool {
        self.bulleted || (field.known && self.last_known)
    }

    fn add(&mut self, field: Labelled<'a>) {
        let stem = field.stem();
        self.count += 1;
        self.known += usize::from(field.known);
        self.terse += usize::from(field.is_terse());
        self.brief += usize::from(field.is_brief());
        self.empty += usize::from(field.value.is_empty());
        self.repeats += usize::from(self.stems.contains(&stem));
        self.stems = [stem, self.stems[0]];
        self.last_known = field.known;
    }

    /// True if the run is a profile, a contact block or a table of facts, and not a list of
    /// statements, numbered chapters or a dialogue.
    fn is_fields(&self, in_list: bool) -> bool {
        if self.count < 2 || self.repeats * 2 >= self.count {
            return false;
        }
        if self.known * 2 >= self.count {
            return true;
        }
        let most = |n: usize| n * 3 >= self.count * 2;
        let filled = self.empty * 2 < self.count;
        !in_list && filled && most(self.brief) && (!self.bulleted || most(self.terse))
    }
}
