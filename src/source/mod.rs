//! Sources: files, folders and standard input, opened, decompressed and cut into items.
//!
//! Reading is sequential and cheap (a line, a file); parsing an item is left to [`parse`],
//! which runs on the workers.

use std::path::PathBuf;
use std::sync::Arc;

use crate::document::{Body, Format, Location, Record, Span};
use crate::store::Object;
use crate::text::count_bytes;

pub mod compression;
pub mod csv;
mod cut;
pub mod epochs;
pub mod files;
mod http;

pub mod jsonl;
pub mod names;
pub mod parquet;
mod pattern;
mod prefetch;
pub mod read;
mod remote;
mod sniff;
pub mod warc;

pub use epochs::{Batch, EPOCH_BYTES, Epochs, Inside, Place};
pub use files::{FindError, FindOptions, FormatOption, Found, SkipReason, Skipped, find};
pub use jsonl::is_blank;
pub use read::{BATCH_BYTES, Batches, Reader, batches};

/// How a source's records are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Container {
    /// The whole file is one record, written in this format.
    File(Format),
    /// JSON Lines: a record a line.
    Jsonl,
    /// Parquet: a record a row.
    Parquet,
    /// WARC or WET: records of a web archive.
    Warc,
    /// Comma-separated values: a record a row, under a header.
    Csv,
    /// The same, separated by tabs.
    Tsv,
}

/// How a source is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, one or many members.
    Gz,
    /// Zstandard, one or many frames.
    Zst,
}

/// Where a source's bytes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Standard input, which can be read once only.
    Stdin,
    /// A file.
    File(PathBuf),
    /// An object in a store or on the web.
    Remote(Object),
}

/// A source: where it is and how it is read.
#[derive(Clone, Debug)]
pub struct Source {
    /// Name relative to the input it was found under, with `/`; unique in a run, also where case
    /// does not count. Joined to a folder it stays inside. `sink::files::output_name` makes the
    /// output's name of it.
    pub name: Arc<str>,
    /// Where its bytes come from.
    pub origin: Origin,
    /// How its records are stored.
    pub container: Container,
    /// How it is compressed.
    pub compression: Compression,
}

/// What reading yields, in order: `Start`, any number of `Item`s, `End`; then the next source.
#[derive(Debug)]
pub enum Event {
    /// A source is about to be read (or could not be opened: its `End` says so).
    Start(Arc<Source>),
    /// An item of it.
    Item(Item),
    /// The source has ended.
    End(End),
}

/// An item as it stands in its source.
#[derive(Debug)]
pub struct Item {
    /// The source.
    pub source: Arc<Source>,
    /// Number in the source, from 0. Parts of one over-large item share it.
    pub ordinal: u64,
    /// Its bytes: a line without its `\n`, a record of WARC with the line breaks after it, a
    /// row of CSV with its line break, a row's text, or the whole (decompressed) file.
    pub raw: Vec<u8>,
    /// Set if it cannot be a record whatever it holds: too large, cut off.
    pub refused: Option<Refusal>,
    /// The columns of its source, for CSV.
    pub columns: Option<Arc<csv::Columns>>,
    /// The row, of Parquet.
    pub row: Option<parquet::Row>,
}

impl Item {
    /// Bytes that it takes in memory, about.
    pub fn weight(&self) -> usize {
        self.raw.len().saturating_add(self.row.as_ref().map_or(0, parquet::Row::bytes_beside))
    }
}

/// Why an item cannot be read as a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Longer than the limit. `part` counts its pieces from 0; `last` marks the last, and
    /// there always is one, also where reading broke off inside.
    #[error("too large: more than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
        /// Which piece of the item this is.
        part: u32,
        /// True for the last piece.
        last: bool,
    },
    /// Its text has more lines than the limit.
    #[error("too large: more than {limit} lines")]
    TooManyLines {
        /// The limit, in lines.
        limit: usize,
    },
    /// The stream ended or broke inside it.
    #[error("cut off: {0}")]
    CutOff(String),
    /// The line or cell is not valid UTF-8; the byte offset of the first bad byte in it.
    #[error("invalid UTF-8 at byte {0}")]
    InvalidUtf8(usize),
    /// The line is not JSON.
    #[error("broken JSON: {0}")]
    BrokenJson(String),
    /// The text field is missing.
    #[error("no field `{0}`")]
    MissingText(String),
    /// The text field is not a string.
    #[error("field `{0}` is not a string")]
    TextNotString(String),
    /// It is not a whole record of its container.
    #[error("broken record: {0}")]
    BrokenRecord(String),
    /// The response of a server in it cannot be read.
    #[error("broken HTTP response: {0}")]
    BrokenHttp(String),
    /// The body could not be decoded.
    #[error(transparent)]
    Decode(#[from] crate::decode::DecodeError),
    /// A fault of the program, caught.
    #[error("internal fault while cleaning: {0}")]
    Internal(String),
}

impl Refusal {
    /// A short fixed name for counting: `too-large`, `cut-off`, `invalid-utf8`, …
    pub fn name(&self) -> &'static str {
        match self {
            Refusal::TooLarge { .. } | Refusal::TooManyLines { .. } => "too-large",
            Refusal::CutOff(_) => "cut-off",
            Refusal::InvalidUtf8(_) => "invalid-utf8",
            Refusal::BrokenJson(_) => "broken-json",
            Refusal::MissingText(_) => "missing-text",
            Refusal::TextNotString(_) => "text-not-string",
            Refusal::BrokenRecord(_) => "broken-record",
            Refusal::BrokenHttp(_) => "broken-http",
            Refusal::Decode(_) => "not-text",
            Refusal::Internal(_) => "internal",
        }
    }
}

/// How a source ended.
#[derive(Debug)]
pub struct End {
    /// The source.
    pub source: Arc<Source>,
    /// Decompressed bytes read, line ends included.
    pub bytes: u64,
    /// Items read (ordinals used).
    pub items: u64,
    /// JSON Lines: true if the last line ended with `\n`; false if there is no line.
    pub final_newline: bool,
    /// Why reading stopped early, if it did: could not be opened, truncated, corrupt.
    pub error: Option<String>,
    /// Parquet: what all of its rows have in common, if that could be read.
    pub table: Option<Arc<parquet::Table>>,
}

/// What the user said about fields and limits.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// JSON field or column that holds the text; dots go into objects and structures.
    pub text_field: String,
    /// JSON field that holds the id; the default tries `id`.
    pub id_field: Option<String>,
    /// JSON field that holds the page's address; the default tries `url`.
    pub url_field: Option<String>,
    /// JSON field that names the group of documents a record belongs to; without one the
    /// registered domain of its address does.
    pub group_field: Option<String>,
    /// Largest item in bytes; a larger one is refused in pieces of this size.
    pub max_bytes: usize,
    /// How the text field of JSON Lines is written; the default is [`Format::Text`], in which
    /// Markdown is recognised too.
    pub text_format: Option<Format>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            text_field: "text".into(),
            id_field: None,
            url_field: None,
            group_field: None,
            max_bytes: 64 << 20,
            text_format: None,
        }
    }
}

/// A parsed item.
#[derive(Debug)]
pub struct Parsed {
    /// The record.
    pub record: Record,
    /// Where the text stands in the item, if it is replaced there: the text field's JSON string
    /// (quotes included) in a line of JSON Lines, the cell in CSV, the block of a record in WET.
    pub text_at: Option<Span>,
}

/// Why an item is no record, though nothing is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// A blank line, or line breaks between records.
    Blank,
    /// About the records, and good beside cleaned ones too: the header of CSV; the `warcinfo`,
    /// `request` and `metadata` of WARC.
    Through,
    /// Something that is no document and that has no place beside cleaned ones: an image, a page
    /// of an error, a redirect.
    Aside,
}

/// Why an item is passed over; `None` if it is a record, or cannot be one. It costs no more than
/// a look at its header.
pub fn passes(item: &Item) -> Option<Pass> {
    if item.refused.is_some() {
        return None;
    }
    match item.source.container {
        Container::File(_) | Container::Parquet => None,
        Container::Jsonl => is_blank(&item.raw).then_some(Pass::Blank),
        Container::Warc => warc::passes(&item.raw),
        Container::Csv | Container::Tsv => match item.ordinal {
            0 => Some(Pass::Through),
            _ => csv::is_blank(&item.raw).then_some(Pass::Blank),
        },
    }
}

/// Lines that a text may have in any case, and bytes of [`ReadOptions::max_bytes`] for each one
/// beyond. A line can be a block, and a block takes up to 700 bytes where it is judged: without a
/// bound a text of nothing but line breaks would take some hundred times its length.
const LINES_FREE: usize = 100_000;
const LINE_BYTES: usize = 64;

/// Lines that a text may have.
fn lines_max(options: &ReadOptions) -> usize {
    LINES_FREE.saturating_add(options.max_bytes / LINE_BYTES)
}

/// What ends lines in a text or, nearly, in one of another character set.
fn line_ends(bytes: &[u8]) -> usize {
    // With `\r\n` the two are as many, and end each line together.
    let feeds = count_bytes(bytes, |byte| matches!(byte, b'\n' | 0x0b | 0x0c | 0x1c..=0x1e));
    let returns = count_bytes(bytes, |byte| byte == b'\r');
    let of = |end: &str| memchr::memmem::find_iter(bytes, end).count();
    let others: usize = ["\u{85}", "\u{2028}", "\u{2029}"].into_iter().map(of).sum();
    feeds.max(returns).saturating_add(others)
}

/// Reads an item as a record.
///
/// A file is a record of bytes whose id is the source's name. A line of JSON Lines is a record
/// of text, and so is a row of Parquet; see [`jsonl`] and [`parquet`] for their fields. A record of
/// [`warc`] is a record of bytes, a row of [`csv`] one of text. Some items are not records: ask
/// [`passes`] first.
///
/// # Errors
/// [`Refusal`] if the item was refused when it was read, is not a record, or its text has more lines
/// than one of `max_bytes` may have.
pub fn parse(item: &Item, options: &ReadOptions) -> Result<Parsed, Refusal> {
    let parsed = parse_any(item, options)?;
    let body = match &parsed.record.body {
        Body::Text(text) => text.as_bytes(),
        Body::Bytes(bytes) | Body::Labelled(bytes, _) => bytes,
    };
    let limit = lines_max(options);
    // Markup has a bound of its own.
    let is_text = parsed.record.format != Format::Html;
    if is_text && body.len() > limit && line_ends(body) > limit {
        return Err(Refusal::TooManyLines { limit });
    }
    Ok(parsed)
}

fn parse_any(item: &Item, options: &ReadOptions) -> Result<Parsed, Refusal> {
    if let Some(refusal) = &item.refused {
        return Err(refusal.clone());
    }
    let format = match item.source.container {
        Container::File(format) => format,
        Container::Jsonl => return jsonl::parse(item, options),
        Container::Parquet => {
            let missing = || Refusal::MissingText(options.text_field.clone());
            return parquet::parse(item, item.row.as_ref().ok_or_else(missing)?, options);
        }
        Container::Warc => return warc::parse(item, options),
        Container::Csv | Container::Tsv => return csv::parse(item, options),
    };
    let record = Record {
        id: item.source.name.to_string(),
        location: Location { source: item.source.name.clone(), ordinal: item.ordinal },
        url: None,
        group: None,
        language: None,
        format,
        body: Body::Bytes(item.raw.clone()),
    };
    Ok(Parsed { record, text_at: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(container: Container, raw: &[u8], refused: Option<Refusal>) -> Item {
        let source = Source {
            name: "a/page.html".into(),
            origin: Origin::Stdin,
            container,
            compression: Compression::None,
        };
        Item {
            source: Arc::new(source),
            ordinal: 0,
            raw: raw.to_vec(),
            refused,
            columns: None,
            row: None,
        }
    }

    #[test]
    fn a_file_is_a_record_of_bytes_named_as_its_source() {
        let page = item(Container::File(Format::Html), b"<p>caf\xe9", None);
        let parsed = parse(&page, &ReadOptions::default()).unwrap();
        assert_eq!(parsed.record.id, "a/page.html");
        assert_eq!(&*parsed.record.location.source, "a/page.html");
        assert_eq!(parsed.record.format, Format::Html);
        assert!(matches!(parsed.record.body, Body::Bytes(bytes) if bytes == b"<p>caf\xe9"));
        assert_eq!(parsed.text_at, None);
    }

    #[test]
    fn a_text_of_more_lines_than_its_limit_allows_is_too_large() {
        let options = ReadOptions { max_bytes: 1 << 20, ..ReadOptions::default() };
        let limit = lines_max(&options);
        let parsed = |format, text: &str| {
            parse(&item(Container::File(format), text.as_bytes(), None), &options).map(drop)
        };
        for end in ["\n", "\r\n", "\r", "\u{c}", "\u{85}", "\u{2028}"] {
            assert_eq!(parsed(Format::Text, &end.repeat(limit)), Ok(()), "{end:?}");
            let more = end.repeat(limit + 1);
            let refused = Err(Refusal::TooManyLines { limit });
            assert_eq!(parsed(Format::Text, &more), refused, "{end:?}");
            assert_eq!(parsed(Format::Html, &more), Ok(()));
        }
        assert_eq!(Refusal::TooManyLines { limit }.name(), "too-large");
    }

    #[test]
    fn an_item_refused_when_read_is_refused_when_parsed() {
        let why = Refusal::CutOff("truncated gzip data".into());
        let page = item(Container::Jsonl, br#"{"text":"whole"}"#, Some(why.clone()));
        assert_eq!(parse(&page, &ReadOptions::default()).unwrap_err(), why);
    }
}
