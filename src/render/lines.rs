//! Lines of Markdown in the containers they stand in: what is put before each of them.

use super::containers::Container;
use crate::outline::ElementId;

/// Lists in a list that are written as such; what is nested deeper stands in the innermost.
const DEPTH_MAX: usize = 32;
/// Numbers of items that CommonMark reads.
const NUMBERS: std::ops::RangeInclusive<i64> = 0..=999_999_999;

/// The lines of a page.
#[derive(Default)]
pub(super) struct Lines {
    text: String,
    /// The containers that are open.
    open: Vec<Open>,
    /// What stands before the next line, and before those after it.
    first: Option<String>,
    rest: String,
    /// At each level, the list that was written last there and which of two marks it has: lists
    /// with the same mark would be read as one.
    last: Vec<Option<(Listed, bool)>>,
    /// Number of lists that are blocks.
    lists: u32,
}

struct Open {
    container: Container,
    /// Bytes of `rest` before it.
    before: usize,
}

/// A list among its neighbours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Listed {
    /// Of items that are containers.
    Element(ElementId),
    /// A block.
    Block(u32),
}

impl Lines {
    /// A block begins in these containers.
    pub(super) fn begin(&mut self, around: &[Container], is_list: bool) {
        let same = self.open.iter().zip(around).take_while(|(open, own)| open.container == **own);
        let common = same.count();
        if let Some(closed) = self.open.get(common) {
            self.rest.truncate(closed.before);
        }
        self.open.truncate(common);
        self.last.truncate(common + 1);
        if !self.text.is_empty() {
            self.blank();
        }
        let mut first = self.rest.clone();
        for (level, &container) in around.iter().enumerate().skip(common) {
            self.open.push(Open { container, before: self.rest.len() });
            match container {
                Container::Quote(_) => {
                    self.note(level, None);
                    first.push_str("> ");
                    self.rest.push_str("> ");
                }
                Container::Item { list, number, .. } => {
                    let other = self.note(level, Some(Listed::Element(list)));
                    let mark = mark(number.map(i64::from), other);
                    first.push_str(&mark);
                    self.rest.push_str(&" ".repeat(mark.len()));
                }
            }
        }
        self.first = Some(first);
        let list = is_list.then(|| {
            self.lists += 1;
            Listed::Block(self.lists)
        });
        self.note(around.len(), list);
    }

    /// Notes what is written at a level; true if a list there must have the other mark.
    fn note(&mut self, level: usize, list: Option<Listed>) -> bool {
        if self.last.len() <= level {
            self.last.resize(level + 1, None);
        }
        let Some(last) = self.last.get_mut(level) else { return false };
        let other = match (*last, list) {
            (Some((known, other)), Some(list)) => other != (known != list),
            _ => false,
        };
        *last = list.map(|list| (list, other));
        other
    }

    /// True if the list at hand has the other mark.
    fn is_other(&self) -> bool {
        self.last.get(self.open.len()).copied().flatten().is_some_and(|(_, other)| other)
    }

    /// Writes a line.
    pub(super) fn put(&mut self, line: &str) {
        let prefix = self.first.take();
        let prefix = prefix.as_deref().unwrap_or(&self.rest);
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        if line.is_empty() {
            self.text.push_str(prefix.trim_end());
        } else {
            self.text.push_str(prefix);
            self.text.push_str(line);
        }
    }

    /// Writes an empty line.
    fn blank(&mut self) {
        self.first = None;
        self.put("");
    }

    /// All that was written, without a line break at its end.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// What stands before an item.
fn mark(number: Option<i64>, other: bool) -> String {
    match (number.filter(|number| NUMBERS.contains(number)), other) {
        (Some(number), false) => format!("{number}. "),
        (Some(number), true) => format!("{number}) "),
        (None, false) => "- ".to_owned(),
        (None, true) => "* ".to_owned(),
    }
}

/// The items of a list that are open, outermost first.
#[derive(Default)]
pub(super) struct List {
    open: Vec<OpenItem>,
}

struct OpenItem {
    depth: usize,
    is_ordered: bool,
    /// White space before its further lines.
    indent: usize,
}

impl List {
    /// Writes an item.
    pub(super) fn item(
        &mut self,
        lines: &mut Lines,
        depth: usize,
        number: Option<i64>,
        line: &str,
    ) {
        let depth = depth.min(DEPTH_MAX);
        let is_first = self.open.is_empty();
        let mut before = None;
        while let Some(last) = self.open.pop_if(|open| open.depth >= depth) {
            before = Some(last);
        }
        let number = number.filter(|number| NUMBERS.contains(number));
        let is_ordered = number.is_some();
        // A list that does not begin with 1 is read as text where it follows text.
        let goes_on = before.is_some_and(|before| before.depth == depth && before.is_ordered);
        if !is_first && number.is_some_and(|number| number != 1) && !goes_on {
            lines.blank();
        }
        let outer = self.open.last().map_or(0, |open| open.indent);
        let mark = mark(number, lines.is_other());
        lines.put(&[&" ".repeat(outer), mark.as_str(), line].concat());
        self.open.push(OpenItem { depth, is_ordered, indent: outer + mark.len() });
    }

    /// Writes more of the item at a depth, behind a list in it.
    pub(super) fn rest(&mut self, lines: &mut Lines, depth: usize, line: &str) {
        let depth = depth.min(DEPTH_MAX);
        while self.open.pop_if(|open| open.depth > depth).is_some() {}
        match self.open.last().filter(|open| open.depth == depth) {
            Some(open) => {
                let indent = " ".repeat(open.indent);
                lines.blank();
                lines.put(&[&indent, line].concat());
            }
            None => self.item(lines, depth, None, line),
        }
    }
}
