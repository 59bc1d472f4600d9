//! Hard-wrapped text: which lines were one paragraph before something broke them.

use super::lines::{Line, columns};
use super::marks::{bullet, ends_sentence, fence, heading_level, is_break, is_quote, starts_lower};
use crate::text::sentences::is_wide;

/// Lines over this many columns were not wrapped.
const WIDEST: u32 = 130;
/// Text is not wrapped narrower than this; verse, menus and addresses are.
const NARROWEST: u32 = 45;
/// Columns by which a line may miss the margin: wrappers count differently.
const SLACK: u32 = 3;

/// Joins the lines of hard-wrapped paragraphs.
///
/// A wrapper breaks a line where the next word would not have fitted. So the first word of
/// every line but a paragraph's first must be too long for the line before; in verse and menus
/// it nearly never is. A run of such lines is a paragraph if some of them begin in lower case
/// (or in a script without case), or if the document is known to be wrapped at that width.
pub(crate) struct Joiner<'a> {
    text: &'a str,
    lines: &'a [Line],
    /// Width at which the document is wrapped, from its longest paragraph that shows it.
    width: Option<u32>,
    group: Group,
}

/// Consecutive lines without marks and without a blank line between them.
#[derive(Clone, Copy, Default)]
struct Group {
    end: usize,
    /// Columns of the longest line with its indent; 0 if the group does not look wrapped.
    width: u32,
    /// No line before this one begins a paragraph of several lines at the group's own width.
    single_until: usize,
}

impl<'a> Joiner<'a> {
    /// A joiner for the lines of a text.
    pub(crate) fn new(text: &'a str, lines: &'a [Line]) -> Self {
        let mut joiner = Self { text, lines, width: None, group: Group::default() };
        joiner.width = joiner.document_width();
        joiner
    }

    /// One past the last line of the paragraph that begins with line `at`.
    pub(crate) fn paragraph_end(&mut self, at: usize) -> usize {
        if at >= self.group.end {
            self.group = self.group(at);
        }
        if let Some(width) = self.width {
            let end = self.piece_end(at, self.group.end, width);
            if end > at + 1 {
                return end;
            }
        }
        if self.group.width == 0 || at < self.group.single_until {
            return at + 1;
        }
        let end = self.piece_end(at, self.group.end, self.group.width);
        if self.runs_on(at, end) {
            return end;
        }
        self.group.single_until = end;
        at + 1
    }

    /// True if line `at + 1` goes on where line `at`, an item of a list, was broken.
    pub(crate) fn continues(&self, at: usize) -> bool {
        let (Some(this), Some(next)) = (self.lines.get(at), self.lines.get(at + 1)) else {
            return false;
        };
        let broken = this.columns >= NARROWEST
            && this.columns <= WIDEST
            && !ends_sentence(this.span.of(self.text))
            && starts_lower(next.span.of(self.text));
        next.breaks == 1
            && (broken || self.width.is_some_and(|width| self.fits(at, width)))
            && !self.is_marked(at + 1)
    }

    fn document_width(&self) -> Option<u32> {
        let (mut best, mut width) = (2, None);
        let mut at = 0;
        while at < self.lines.len() {
            let group = self.group(at);
            while group.width > 0 && at < group.end {
                let end = self.piece_end(at, group.end, group.width);
                if end - at > best && self.runs_on(at, end) {
                    best = end - at;
                    width = Some(group.width);
                }
                at = end;
            }
            at = group.end.max(at + 1);
        }
        width
    }

    fn group(&self, at: usize) -> Group {
        let (mut end, mut width) = (at, 0);
        while let Some(line) = self.lines.get(end) {
            let apart = end > at && (line.breaks != 1 || self.is_marked(end));
            if apart || line.columns > WIDEST {
                break;
            }
            width = width.max(edge(line));
            end += 1;
        }
        let pairs = end.saturating_sub(at + 1);
        // The longest entry of a menu always "fits"; three quarters of a wrapped text do. The
        // first line may be a heading.
        let full = |from: usize| (from..at + pairs).filter(|&n| self.fits(n, width)).count();
        let mostly = |full: usize, pairs: usize| pairs > 0 && full * 4 >= pairs * 3;
        let wrapped = width >= NARROWEST
            && (mostly(full(at), pairs) || pairs > 1 && mostly(full(at + 1), pairs - 1));
        Group { end: end.max(at + 1), width: if wrapped { width } else { 0 }, single_until: 0 }
    }

    fn piece_end(&self, at: usize, limit: usize, width: u32) -> usize {
        let mut end = at + 1;
        while end < limit && self.fits(end - 1, width) {
            end += 1;
        }
        end
    }

    /// True if the first word of line `at + 1` would not have fitted on line `at`.
    fn fits(&self, at: usize, width: u32) -> bool {
        let (Some(this), Some(next)) = (self.lines.get(at), self.lines.get(at + 1)) else {
            return false;
        };
        let body = this.span.of(self.text);
        let indented = next.indent >= this.indent + 2 && ends_sentence(body);
        let edge = edge(this);
        !indented
            && edge <= width + SLACK
            && edge + first_word(next.span.of(self.text)) + SLACK >= width
    }

    /// True if at least a quarter of the lines behind the first go on with a sentence.
    fn runs_on(&self, at: usize, end: usize) -> bool {
        let pairs = end - at - 1;
        let going = (at + 1..end).filter(|&n| {
            let (Some(line), Some(before)) = (self.lines.get(n), self.lines.get(n - 1)) else {
                return false;
            };
            let body = line.span.of(self.text);
            // A list of addresses is full of long lines that begin in lower case.
            let address = body.starts_with("http") || body.starts_with("www.");
            starts_lower(body) && !address
                || body.starts_with(is_wide) && !ends_sentence(before.span.of(self.text))
        });
        let going = going.count();
        going > 0 && going * 4 >= pairs
    }

    fn is_marked(&self, at: usize) -> bool {
        let Some(line) = self.lines.get(at) else { return false };
        let body = line.span.of(self.text);
        bullet(body).is_some_and(|bullet| !bullet.weak)
            || is_quote(body)
            || is_break(body)
            || fence(body).is_some()
            || heading_level(body).is_some()
    }
}

fn edge(line: &Line) -> u32 {
    line.columns.saturating_add(line.indent)
}

/// Columns that the first word of a line takes, with the space before it.
fn first_word(text: &str) -> u32 {
    if text.starts_with(is_wide) {
        return 2;
    }
    let word = text.split(char::is_whitespace).next().unwrap_or("");
    columns(word).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    /// Numbers of lines of the paragraphs.
    fn paragraphs(text: &str) -> Vec<usize> {
        let lines = lines(text);
        let mut joiner = Joiner::new(text, &lines);
        let (mut at, mut found) = (0, Vec::new());
        while at < lines.len() {
            let end = joiner.paragraph_end(at);
            found.push(end - at);
            at = end;
        }
        found
    }

    const WRAPPED: &str = "\
The mill stood by the river for longer than anyone could say, and when
it was taken down the stones went into the new bridge. Some of them
have a mark that no mason in the valley owns to; my grandfather used
to say that it was a fish.

The bridge is narrow. Carts wait at either end, and on market days the
wait is long.
";

    #[test]
    fn hard_wrapped_paragraphs_are_joined() {
        assert_eq!(paragraphs(WRAPPED), [4, 2]);
    }

    #[test]
    fn a_heading_right_above_stays_apart() {
        assert_eq!(paragraphs(&format!("The Mill\n{WRAPPED}")), [1, 4, 2]);
    }

    #[test]
    fn verse_and_menus_are_left_alone() {
        let verse = "The boats went out at break of day\nWith all their sails set white\nAnd none was there who cared to say\nWhich would be home by night\n";
        assert_eq!(paragraphs(verse), [1, 1, 1, 1]);
        let menu = "cheap flights to the islands of the northern sea\nbest socks\nused cars near me for sale by owner under 5000\nhow to\n";
        assert_eq!(paragraphs(menu), [1, 1, 1, 1]);
    }

    #[test]
    fn a_paragraph_a_line_stays_a_paragraph_a_line() {
        let line = "word ".repeat(40);
        assert_eq!(paragraphs(&format!("{line}\n{line}\n{line}")), [1, 1, 1]);
    }

    #[test]
    fn lines_of_a_script_without_spaces_are_joined_when_they_are_full() {
        let line = "漢".repeat(30);
        assert_eq!(paragraphs(&format!("{line}\n{line}\n漢漢。\n")), [3]);
    }

    #[test]
    fn an_empty_text_has_no_paragraphs() {
        assert!(paragraphs("").is_empty());
    }
}
