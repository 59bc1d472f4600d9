//! Mistakes in rules files: all of them at once, each with its place, the marked text, what was
//! expected, and the nearest right name.

use std::fmt;

use crate::document::Span;

/// Where in a rules file something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The part of the line to show, without control characters.
    excerpt: String,
    /// Characters of the excerpt before the mark.
    indent: usize,
    /// Characters under the mark, 1 or more.
    width: usize,
}

/// Most characters of a line that are shown.
const EXCERPT_CHARS: usize = 120;
/// Characters shown before the mark in a line that is too long to show whole.
const EXCERPT_BEFORE: usize = 40;

impl Place {
    /// The place of a span in a file's text. A span past the end is the end.
    pub(crate) fn new(file: &str, text: &str, span: Span) -> Self {
        let start = floor(text, span.start);
        let end = floor(text, span.end.max(start));
        let head = text.get(..start).unwrap_or("");
        let line_start = head.rfind('\n').map_or(0, |at| at + 1);
        let line_end =
            text.get(start..).and_then(|t| t.find('\n')).map_or(text.len(), |n| start + n);
        let before = text.get(line_start..start).unwrap_or("");
        let marked = text.get(start..end.min(line_end)).unwrap_or("");
        let column = before.chars().count() + 1;
        let skip = if column + marked.len() > EXCERPT_CHARS {
            column.saturating_sub(EXCERPT_BEFORE + 1)
        } else {
            0
        };
        let line = text.get(line_start..line_end).unwrap_or("");
        let excerpt: String =
            line.trim_end_matches('\r').chars().skip(skip).take(EXCERPT_CHARS).map(shown).collect();
        let indent = column - 1 - skip;
        let room = excerpt.chars().count().saturating_sub(indent).max(1);
        Self {
            file: file.to_owned(),
            line: head.matches('\n').count() + 1,
            column,
            excerpt,
            indent,
            width: marked.chars().count().clamp(1, room),
        }
    }

    /// The line with carets under the marked text: three lines, each ended.
    pub fn excerpt(&self) -> String {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let indent = " ".repeat(self.indent);
        let carets = "^".repeat(self.width);
        format!("{gutter} |\n{number} | {}\n{gutter} | {indent}{carets}\n", self.excerpt)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", printable(&self.file), self.line, self.column)
    }
}

/// The greatest character boundary at or before a place.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A message without control characters: names in it may be of any kind.
fn clean(text: &str) -> String {
    text.chars().map(shown).collect()
}

/// A character as an error message shows it: a terminal must not obey what stands in a file.
fn shown(c: char) -> char {
    match c {
        '\t' => ' ',
        '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => '\u{FFFD}',
        c if c.is_control() => '\u{FFFD}',
        c => c,
    }
}

/// A text as an error message shows it: without control characters, and not too long.
pub(crate) fn printable(text: &str) -> String {
    let mut out: String = text.chars().take(EXCERPT_CHARS).map(shown).collect();
    if text.chars().nth(EXCERPT_CHARS).is_some() {
        out.push('…');
    }
    out
}

/// A mistake in the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleError {
    /// Where it stands; `None` for what was named on the command line or by the caller.
    pub place: Option<Place>,
    /// What is wrong: a lower-case fragment that names the thing.
    pub message: String,
    /// What was expected there.
    pub expected: Option<String>,
    /// The nearest right name.
    pub nearest: Option<String>,
}

impl RuleError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { place: None, message: clean(&message.into()), expected: None, nearest: None }
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(clean(&expected.into()));
        self
    }

    /// Adds the nearest of the right names, if one is near.
    pub(crate) fn nearest<'a>(
        mut self,
        wrong: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        self.nearest = nearest(wrong, names).map(clean);
        self
    }

    fn order(&self) -> (Option<(usize, usize)>, &str) {
        (self.place.as_ref().map(|place| (place.line, place.column)), &self.message)
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}\n{}", self.message, place.excerpt())?,
            None => writeln!(f, "{}", self.message)?,
        }
        if let Some(expected) = &self.expected {
            writeln!(f, "  = expected {expected}")?;
        }
        if let Some(nearest) = &self.nearest {
            writeln!(f, "  = did you mean `{nearest}`?")?;
        }
        Ok(())
    }
}

/// The name that a wrong one was most likely meant to be.
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer names are no slips of the finger, and comparing them costs their product.
    if wrong.len() > 80 {
        return None;
    }
    let wrong_chars = wrong.chars().count();
    names
        .into_iter()
        .filter(|name| *name != wrong)
        .map(|name| (strsim::osa_distance(wrong, name), name))
        .filter(|(distance, name)| *distance <= (name.chars().count().max(wrong_chars) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Something in a rules file that works and is probably not meant so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where it stands.
    pub place: Place,
    /// True if it is about speed alone.
    pub about_cost: bool,
    /// What is odd: a lower-case fragment that names the thing.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n{}", self.place, self.message, self.place.excerpt())
    }
}

/// All mistakes in all rules files that were read, in the order of files and lines. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleErrors {
    errors: Vec<RuleError>,
    /// How many more there are than are listed.
    more: usize,
    /// What they stand in.
    what: &'static str,
}

/// Most mistakes that are listed, and most warnings: a file with more is no rules file.
const MOST_LISTED: usize = 500;

impl RuleErrors {
    /// The mistakes, in order.
    pub fn errors(&self) -> &[RuleError] {
        &self.errors
    }

    /// The same mistakes, in something else than rules.
    pub(crate) fn of(self, what: &'static str) -> Self {
        Self { what, ..self }
    }
}

impl fmt::Display for RuleErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, error) in self.errors.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        let count = self.errors.len() + self.more;
        if count > 1 {
            write!(f, "\n{count} mistakes in {}", self.what)?;
        }
        Ok(())
    }
}

impl std::error::Error for RuleErrors {}

/// Number of a text that was read while loading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileNo(pub(crate) u32);

/// A place in one of the texts that were read while loading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    pub(crate) file: FileNo,
    pub(crate) span: Span,
}

/// A value with the place it was written at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) mark: Mark,
}

impl<T> At<T> {
    pub(crate) fn new(value: T, mark: Mark) -> Self {
        Self { value, mark }
    }
}

/// A text that was read while loading: a rules file or a phrase list.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// The name shown.
    pub(crate) name: String,
    pub(crate) text: String,
    /// Built-in texts are checked by the project's tests, so their warnings are not shown.
    pub(crate) builtin: bool,
}

/// What loading has read and found wrong so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Problems {
    sources: Vec<Source>,
    errors: Vec<(FileNo, RuleError)>,
    /// Mistakes beyond those listed.
    more: usize,
    warnings: Vec<(FileNo, Warning)>,
}

impl Problems {
    pub(crate) fn add_source(&mut self, source: Source) -> FileNo {
        self.sources.push(source);
        FileNo((self.sources.len() - 1) as u32)
    }

    pub(crate) fn source(&self, file: FileNo) -> &Source {
        &self.sources[file.0 as usize]
    }

    /// The text under a mark.
    pub(crate) fn written(&self, mark: Mark) -> &str {
        mark.span.of(&self.source(mark.file).text)
    }

    pub(crate) fn place(&self, mark: Mark) -> Place {
        let source = self.source(mark.file);
        Place::new(&source.name, &source.text, mark.span)
    }

    pub(crate) fn error(&mut self, mark: Mark, mut error: RuleError) {
        if self.errors.len() >= MOST_LISTED {
            self.more += 1;
            return;
        }
        error.place = Some(self.place(mark));
        self.errors.push((mark.file, error));
    }

    /// A mistake that stands in no file.
    pub(crate) fn error_outside(&mut self, error: RuleError) {
        self.errors.push((FileNo::default(), error));
    }

    pub(crate) fn warn(&mut self, mark: Mark, message: impl Into<String>) {
        self.push_warning(mark, &message.into(), false);
    }

    /// A warning about speed alone; the rule is right.
    pub(crate) fn warn_of_cost(&mut self, mark: Mark, message: impl Into<String>) {
        self.push_warning(mark, &message.into(), true);
    }

    fn push_warning(&mut self, mark: Mark, message: &str, about_cost: bool) {
        if self.warnings.len() >= MOST_LISTED {
            return;
        }
        let warning = Warning { place: self.place(mark), about_cost, message: clean(message) };
        self.warnings.push((mark.file, warning));
    }

    pub(crate) fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// The mistakes, in the order of files and lines, each once.
    pub(crate) fn take_errors(&mut self) -> Option<RuleErrors> {
        let mut errors = std::mem::take(&mut self.errors);
        errors.sort_by(|(file_a, a), (file_b, b)| (file_a, a.order()).cmp(&(file_b, b.order())));
        let mut errors: Vec<RuleError> = errors.into_iter().map(|(_, error)| error).collect();
        errors.dedup();
        let (more, what) = (self.more, "the rules");
        (!errors.is_empty()).then_some(RuleErrors { errors, more, what })
    }

    /// The warnings in order, each once; those of built-in files only if asked for.
    pub(crate) fn take_warnings(&mut self, of_builtin: bool) -> Vec<Warning> {
        let mut warnings = std::mem::take(&mut self.warnings);
        warnings.retain(|(file, _)| of_builtin || !self.source(*file).builtin);
        warnings.sort_by(|(file_a, a), (file_b, b)| {
            (file_a, a.place.line, a.place.column).cmp(&(file_b, b.place.line, b.place.column))
        });
        let mut warnings: Vec<Warning> = warnings.into_iter().map(|(_, warning)| warning).collect();
        warnings.dedup();
        warnings
    }
}

/// A list of names as messages show it: `` `a`, `b`, `c` ``.
pub(crate) fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let text = "a = 1\nñ = 'x'\n";
        let place = Place::new("f", text, Span::new(11, 14));
        assert_eq!((place.line, place.column), (2, 5));
        assert_eq!(place.excerpt(), "  |\n2 | ñ = 'x'\n  |     ^^^\n");
    }

    #[test]
    fn a_place_past_the_end_or_inside_a_character_is_moved() {
        let place = Place::new("f", "é", Span::new(1, 900));
        assert_eq!((place.line, place.column), (1, 1));
        let place = Place::new("f", "", Span::new(7, 3));
        assert_eq!((place.line, place.column), (1, 1));
        assert_eq!(place.excerpt(), "  |\n1 | \n  | ^\n");
    }

    #[test]
    fn a_long_line_is_shown_around_its_mark() {
        let text = format!("{}here{}", "x".repeat(5_000), "y".repeat(5_000));
        let place = Place::new("f", &text, Span::new(5_000, 5_004));
        assert_eq!(place.column, 5_001);
        assert!(place.excerpt().len() < 500);
        let lines: Vec<String> = place.excerpt().lines().map(str::to_owned).collect();
        assert_eq!(lines[1].find("here"), lines[2].find("^^^^"));
    }

    #[test]
    fn control_and_direction_characters_are_not_shown() {
        let place = Place::new("f\u{1b}[31m", "a\u{1b}[31m\u{202e}b", Span::new(0, 1));
        assert!(!place.excerpt().contains(['\u{1b}', '\u{202e}']));
        assert!(!place.to_string().contains('\u{1b}'));
    }

    #[test]
    fn a_mark_over_several_lines_ends_with_its_first() {
        let place = Place::new("f", "ab\ncd\n", Span::new(1, 5));
        assert_eq!(place.excerpt(), "  |\n1 | ab\n  |  ^\n");
    }

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(nearest("weigth", ["about", "weight"]), Some("weight"));
        assert_eq!(nearest("colour", ["about", "weight"]), None);
        assert_eq!(nearest("", ["on"]), None);
        assert_eq!(nearest(&"w".repeat(10_000), ["weight"]), None);
    }
}
