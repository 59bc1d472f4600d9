//! CSV and TSV: a header that names the columns, then a record a row, as RFC 4180 has it.
//!
//! A cell that begins with `"` goes on to the next `"` that is not doubled, over line breaks
//! too. Everything else is taken as it stands. The text's cell alone is replaced in a record;
//! all other bytes stay as they came. (Crates that read CSV give the contents of cells, but not
//! their places, which that needs.)

use std::borrow::Cow;
use std::sync::Arc;

use memchr::{memchr, memchr2};

use super::cut::{AHEAD, Cutter, Taken};
use super::jsonl::{language_code, splice};
use super::{Container, Item, Parsed, ReadOptions, Refusal};
use crate::document::{Body, Format, Location, Record, Span};

/// Columns that are named in a message.
const NAMED_MAX: usize = 20;

/// What stands between cells; `None` for a container that has none.
pub fn separator(container: Container) -> Option<u8> {
    match container {
        Container::Csv => Some(b','),
        Container::Tsv => Some(b'\t'),
        _ => None,
    }
}

/// The columns of a file, as its header names them.
#[derive(Debug)]
pub struct Columns {
    names: Vec<String>,
    separator: u8,
    text: usize,
    id: Option<usize>,
    url: Option<usize>,
    group: Option<usize>,
    language: Option<usize>,
}

impl Columns {
    /// Reads a header.
    ///
    /// # Errors
    /// A message, if it is not UTF-8, or a column that was asked for is not there.
    pub(super) fn read(
        header: &[u8],
        separator: u8,
        options: &ReadOptions,
    ) -> Result<Arc<Self>, String> {
        let header = std::str::from_utf8(header).map_err(|_| "the header is not UTF-8")?;
        let header = header.strip_prefix('\u{feff}').unwrap_or(header);
        let names = cells(header.as_bytes(), separator)
            .map(|cell| cell.map(|cell| decoded(cell.of(header)).trim().to_owned()))
            .collect::<Option<Vec<String>>>()
            .ok_or("a quotation mark in the header is not closed")?;
        let find = |name: &str| names.iter().position(|column| column == name);
        let wanted = |name: &str| {
            find(name).ok_or_else(|| {
                let shown: Vec<&str> = names.iter().take(NAMED_MAX).map(String::as_str).collect();
                let more = if names.len() > NAMED_MAX { ", …" } else { "" };
                format!("no column `{name}`; there are: {}{more}", shown.join(", "))
            })
        };
        // A column that was not named need not be there.
        let asked = |name: &Option<String>, usual: &str| match name {
            Some(name) => wanted(name).map(Some),
            None => Ok(find(usual)),
        };
        Ok(Arc::new(Self {
            text: wanted(&options.text_field)?,
            id: asked(&options.id_field, "id")?,
            url: asked(&options.url_field, "url")?,
            group: options.group_field.as_deref().map(wanted).transpose()?,
            language: find("language").or_else(|| find("lang")),
            names,
            separator,
        }))
    }

    /// What stands between cells.
    pub fn separator(&self) -> u8 {
        self.separator
    }

    /// The cells of a record beside its text, id and address, with the names of their columns.
    pub fn others<'a>(&'a self, raw: &'a str) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        let cells = cells(raw.as_bytes(), self.separator).flatten().enumerate();
        cells.zip(&self.names).filter_map(|((number, cell), name)| {
            let known = [Some(self.text), self.id, self.url].contains(&Some(number));
            (!known).then(|| (name.as_str(), decoded(cell.of(raw))))
        })
    }
}

/// The places of a record's cells, quotation marks included; `None` in the place of one that is
/// not closed.
fn cells(raw: &[u8], separator: u8) -> impl Iterator<Item = Option<Span>> {
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let start = next?;
        let mut at = start;
        if raw.get(start) == Some(&b'"') {
            at += 1;
            loop {
                let Some(quote) = memchr(b'"', raw.get(at..).unwrap_or_default()) else {
                    next = None;
                    return Some(None);
                };
                at += quote + 1;
                if raw.get(at) != Some(&b'"') {
                    break;
                }
                at += 1;
            }
        }
        let rest = raw.get(at..).unwrap_or_default();
        let end = match memchr(separator, rest) {
            Some(more) => {
                next = Some(at + more + 1);
                at + more
            }
            None => {
                next = None;
                let rest = rest.strip_suffix(b"\n").unwrap_or(rest);
                at + rest.strip_suffix(b"\r").unwrap_or(rest).len()
            }
        };
        Some(Some(Span::new(start, end)))
    })
}

/// What a cell says.
fn decoded(cell: &str) -> Cow<'_, str> {
    let Some(quoted) = cell.strip_prefix('"') else { return Cow::Borrowed(cell) };
    // Behind the mark that closes it more may stand, which is a mistake, but is text.
    match quoted.strip_suffix('"') {
        Some(inner) if !inner.contains('"') => Cow::Borrowed(inner),
        _ => {
            let mut text = String::with_capacity(quoted.len());
            let mut rest = quoted;
            while let Some((before, after)) = rest.split_once('"') {
                text.push_str(before);
                if let Some(after) = after.strip_prefix('"') {
                    text.push('"');
                    rest = after;
                } else {
                    rest = "";
                    text.push_str(after);
                }
            }
            text.push_str(rest);
            Cow::Owned(text)
        }
    }
}

/// A text as a cell: between quotation marks if it was, or if it has to be.
pub fn encode(text: &str, is_quoted: bool, separator: u8) -> Cow<'_, str> {
    let special = |byte: u8| byte == separator || matches!(byte, b'"' | b'\r' | b'\n');
    if !is_quoted && !text.bytes().any(special) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(["\"", &text.replace('"', "\"\""), "\""].concat())
}

/// A text that a spreadsheet does not take for a formula: with `'` before it, if it begins as one
/// and what stood in its place (`before`) did not.
///
/// OWASP, "CSV Injection", names the characters.
pub fn without_formula<'t>(text: &'t str, before: &str) -> Cow<'t, str> {
    let is_formula = |text: &str| {
        text.starts_with([
            '=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
        ])
    };
    if is_formula(text) && !is_formula(before) {
        return Cow::Owned(["'", text].concat());
    }
    Cow::Borrowed(text)
}

/// A record with another text in its cell: the record, and whether [`with_text_again`] makes the
/// old one of it. `at` is the cell.
pub fn with_text(raw: &str, at: Span, text: &str, separator: u8) -> (String, bool) {
    let cell = at.of(raw);
    let is_quoted = cell.starts_with('"');
    let before = decoded(cell);
    let safe = without_formula(text, &before);
    let new = encode(&safe, is_quoted, separator);
    let again = matches!(safe, Cow::Borrowed(_))
        && new.starts_with('"') == is_quoted
        && encode(&before, is_quoted, separator) == cell;
    (splice(raw, at, &new), again)
}

/// A record that [`with_text`] made, with the text that it had before.
pub fn with_text_again(raw: &str, at: Span, text: &str, separator: u8) -> String {
    let is_quoted = at.of(raw).starts_with('"');
    splice(raw, at, &encode(text, is_quoted, separator))
}

/// True if an item is a line break and nothing else.
pub(super) fn is_blank(raw: &[u8]) -> bool {
    raw.iter().all(|byte| matches!(byte, b'\r' | b'\n'))
}

/// Reads a record.
///
/// The text is in the column that `text_field` names. The id is that in `id` or else the
/// record's place, `source:number`, the header being number 1.
///
/// # Errors
/// [`Refusal`] if it is not UTF-8, a quotation mark is not closed, or it has not as many cells as
/// the header.
pub(super) fn parse(item: &Item, options: &ReadOptions) -> Result<Parsed, Refusal> {
    let broken = |what: String| Refusal::BrokenRecord(what);
    let columns = item.columns.as_ref().ok_or_else(|| broken("no header".into()))?;
    let raw = std::str::from_utf8(&item.raw)
        .map_err(|error| Refusal::InvalidUtf8(error.valid_up_to()))?;
    let cells = cells(raw.as_bytes(), columns.separator)
        .collect::<Option<Vec<Span>>>()
        .ok_or_else(|| broken("a quotation mark is not closed".into()))?;
    if cells.len() != columns.names.len() {
        let (cells, names) = (cells.len(), columns.names.len());
        return Err(broken(format!("{cells} cells, where the header names {names}")));
    }
    let cell = |number: usize| cells.get(number).map(|cell| decoded(cell.of(raw)));
    let filled = |number: Option<usize>| {
        let value = cell(number?)?.into_owned();
        (!value.is_empty()).then_some(value)
    };
    let at = cells.get(columns.text).copied();
    let at = at.ok_or_else(|| Refusal::MissingText(options.text_field.clone()))?;
    let location = Location { source: item.source.name.clone(), ordinal: item.ordinal };
    let place = || format!("{}:{}", location.source, item.ordinal.saturating_add(1));
    let record = Record {
        id: filled(columns.id).unwrap_or_else(place),
        url: filled(columns.url),
        group: filled(columns.group),
        language: filled(columns.language).and_then(|value| language_code(&value)),
        location,
        format: options.text_format.unwrap_or(Format::Text),
        body: Body::Text(decoded(at.of(raw)).into_owned()),
    };
    Ok(Parsed { record, text_at: Some(at) })
}

/// Cuts a stream into records, each with its line break.
///
/// A quotation mark that is never closed takes what follows into its record, but no more than the
/// limit of an item: then the record ends with its line, and the next line begins one.
pub(super) struct RowCutter {
    separator: u8,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the start of a cell.
    Cell,
    /// In one that is not quoted.
    Plain,
    /// Between quotation marks.
    Quoted,
    /// Behind a quotation mark, which closes the cell if no other follows.
    Quote,
    /// Over the limit.
    Lost,
}

impl RowCutter {
    pub(super) fn new(separator: u8) -> Self {
        Self { separator, state: State::Cell }
    }
}

impl Cutter for RowCutter {
    fn take(&mut self, bytes: &[u8], most: usize) -> Taken {
        let view = bytes.get(..most).unwrap_or(bytes);
        let mut at = 0;
        while let Some(&first) = view.get(at) {
            let rest = view.get(at..).unwrap_or_default();
            let (found, next) = match self.state {
                State::Cell if first == b'"' => (Some(0), State::Quoted),
                State::Cell => {
                    self.state = State::Plain;
                    continue;
                }
                State::Quote if first == b'"' => (Some(0), State::Quoted),
                State::Quote => {
                    self.state = State::Plain;
                    continue;
                }
                State::Quoted => (memchr(b'"', rest), State::Quote),
                State::Plain => (memchr2(self.separator, b'\n', rest), State::Cell),
                State::Lost => (memchr(b'\n', rest), State::Cell),
            };
            let Some(found) = found else {
                return Taken { bytes: view.len(), ends: false };
            };
            self.state = next;
            at += found + 1;
            if next == State::Cell && rest.get(found) == Some(&b'\n') {
                return Taken { bytes: at, ends: true };
            }
        }
        Taken { bytes: at, ends: false }
    }

    fn may_end(&self) -> bool {
        false
    }

    fn give_up(&mut self) {
        self.state = State::Lost;
    }
}

/// The columns of a source, read from its beginning; for reading that begins in its middle.
///
/// # Errors
/// As [`Columns::read`], or if the source cannot be opened or has no whole header.
pub(super) fn columns_of(
    input: &mut dyn std::io::BufRead,
    separator: u8,
    options: &ReadOptions,
) -> Result<Arc<Columns>, String> {
    let mut cutter = RowCutter::new(separator);
    let mut header = Vec::new();
    loop {
        let buffer = input.fill_buf().map_err(|error| error.to_string())?;
        let taken = cutter.take(buffer, options.max_bytes.saturating_sub(header.len()).max(AHEAD));
        header.extend_from_slice(buffer.get(..taken.bytes).unwrap_or_default());
        let is_over = buffer.is_empty();
        input.consume(taken.bytes);
        if taken.ends || is_over {
            return Columns::read(&header, separator, options);
        }
        if header.len() > options.max_bytes {
            return Err("the header is longer than a record may be".to_owned());
        }
    }
}

#[cfg(test)]
mod tests;
