//! A survey as a file: one zstd stream of a header line, the sources' names, two sorted tables and
//! a checksum. `docs/survey.md` describes each field.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::segment::Unit;

use super::{Counts, Entry, Place, SENTENCE_CHARACTERS, Settings, Sources, Survey, Table};

/// Version of the file's shape.
pub const FORMAT: u32 = 1;

/// What the first line says the file is.
const KIND: &str = "tamis survey";
/// The definition of fingerprints that the file's counts are of.
const FINGERPRINT: &str = "xxh3-64, lower case, digits as 0, runs of other characters as a space";
/// Longest header, and longest name of a source, in bytes.
const LONGEST_LINE: u64 = 1 << 20;
/// Bytes of a table's row: fingerprint, documents, copies, source, ordinal.
const ROW: usize = 28;

/// Why a survey cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SurveyError {
    /// It cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("not a survey of tamis")]
    NotASurvey,
    /// Another version of the file's shape.
    #[error("a survey of format {0}; this version reads format {FORMAT}")]
    OtherFormat(u32),
    /// Its fingerprints, or the sentences that it counts, are defined otherwise.
    #[error("a survey whose fingerprints are defined otherwise; make it again")]
    OtherFingerprint,
    /// What the file says does not fit together.
    #[error("the survey is damaged: {0}")]
    Damaged(&'static str),
    /// One survey counts other things than the other: blocks or lines, with sentences or without.
    #[error("the surveys do not count the same: blocks or lines, with sentences or without")]
    OtherUnit,
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    kind: String,
    format: u32,
    /// Of the program that made it.
    version: String,
    fingerprint: String,
    /// [`Unit::name`].
    unit: Unit,
    /// True if sentences were counted.
    counts_sentences: bool,
    sentence_characters: usize,
    documents: u64,
    sources: u64,
    blocks: u64,
    sentences: u64,
}

/// What only tells whether the rest of the first line can be read.
#[derive(Deserialize)]
struct Kind {
    kind: String,
    format: u32,
}

impl Survey {
    /// Writes the survey. The bytes under the compression depend on what was counted alone.
    ///
    /// # Errors
    /// If writing fails. Of [`Survey::none`] nothing is written.
    pub fn save(&self, to: impl Write) -> Result<(), SurveyError> {
        let Some(counts) = &self.counts else { return Ok(()) };
        let mut encoder = zstd::stream::write::Encoder::new(to, 3)?;
        encoder.include_checksum(true)?;
        let mut out = Hashed { inner: BufWriter::new(encoder), hash: Xxh3::new() };
        counts.write(&mut out)?;
        let digest = out.hash.digest128();
        let mut inner = out.inner;
        inner.write_all(&digest.to_le_bytes())?;
        let encoder = inner.into_inner().map_err(io::IntoInnerError::into_error)?;
        encoder.finish()?.flush()?;
        Ok(())
    }

    /// Reads a survey that [`Survey::save`] wrote.
    ///
    /// # Errors
    /// If it is none, of another format, or damaged.
    pub fn load(from: impl Read) -> Result<Self, SurveyError> {
        let decoder = zstd::stream::read::Decoder::new(from)?;
        let mut input = Hashed { inner: BufReader::new(decoder), hash: Xxh3::new() };
        let header = header(&mut input)?;
        let sources = sources(&mut input, header.sources)?;
        let blocks = table(&mut input, header.blocks, sources.names.len())?;
        let sentences = table(&mut input, header.sentences, sources.names.len())?;
        let digest = input.hash.digest128();
        let mut said = [0u8; 16];
        input.inner.read_exact(&mut said).map_err(cut_off)?;
        if u128::from_le_bytes(said) != digest {
            return Err(SurveyError::Damaged("its checksum is another"));
        }
        if !input.inner.fill_buf().map_err(cut_off)?.is_empty() {
            return Err(SurveyError::Damaged("it goes on behind its end"));
        }
        let settings = Settings { unit: header.unit, sentences: header.counts_sentences };
        let documents = header.documents;
        let read_from = Some(digest);
        let counts = Counts { settings, documents, sources, blocks, sentences, read_from };
        Ok(Self { counts: Some(Arc::new(counts)) })
    }

    /// The checksum that tells surveys apart: xxh3-128 in hexadecimal digits of what
    /// [`Survey::save`] writes, before compression. `None` where there is no survey.
    pub fn checksum(&self) -> Option<String> {
        let counts = self.counts.as_ref()?;
        let digest = match counts.read_from {
            Some(digest) => digest,
            None => {
                let mut out = Hashed { inner: io::sink(), hash: Xxh3::new() };
                // A sink takes everything.
                counts.write(&mut out).ok()?;
                out.hash.digest128()
            }
        };
        Some(format!("{digest:032x}"))
    }
}

impl Counts {
    /// Writes everything but the checksum.
    fn write(&self, out: &mut impl Write) -> Result<(), SurveyError> {
        let header = Header {
            kind: KIND.to_owned(),
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            fingerprint: FINGERPRINT.to_owned(),
            unit: self.settings.unit,
            counts_sentences: self.settings.sentences,
            sentence_characters: SENTENCE_CHARACTERS,
            documents: self.documents,
            sources: self.sources.names.len() as u64,
            blocks: self.blocks.0.len() as u64,
            sentences: self.sentences.0.len() as u64,
        };
        serde_json::to_writer(&mut *out, &header).map_err(io::Error::from)?;
        out.write_all(b"\n")?;
        // Numbers of sources are given in the order in which they came; in the file they are
        // places in a sorted list.
        let mut order: Vec<usize> = (0..self.sources.names.len()).collect();
        order.sort_unstable_by_key(|number| self.sources.name(*number));
        let mut ranks = vec![0u32; order.len()];
        for (rank, number) in (0..).zip(&order) {
            serde_json::to_writer(&mut *out, self.sources.name(*number))
                .map_err(io::Error::from)?;
            out.write_all(b"\n")?;
            if let Some(place) = ranks.get_mut(*number) {
                *place = rank;
            }
        }
        for table in [&self.blocks, &self.sentences] {
            let mut rows: Vec<(&u64, &Entry)> = table.0.iter().collect();
            rows.sort_unstable_by_key(|(print, _)| **print);
            for (print, entry) in rows {
                let source = ranks.get(entry.first.source()).copied().unwrap_or(u32::MAX);
                let mut row = [0u8; ROW];
                let fields: [&[u8]; 5] = [
                    &print.to_le_bytes(),
                    &entry.documents.to_le_bytes(),
                    &entry.copies.to_le_bytes(),
                    &source.to_le_bytes(),
                    &entry.first.ordinal().to_le_bytes(),
                ];
                for (to, from) in row.iter_mut().zip(fields.into_iter().flatten()) {
                    *to = *from;
                }
                out.write_all(&row)?;
            }
        }
        Ok(())
    }
}

/// A stream that is hashed on its way.
struct Hashed<T> {
    inner: T,
    hash: Xxh3,
}

impl<T: Write> Write for Hashed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: BufRead> Hashed<T> {
    /// A line without its end; an error if there is none, or one far too long.
    fn line(&mut self) -> Result<Vec<u8>, SurveyError> {
        let mut line = Vec::new();
        let mut part = (&mut self.inner).take(LONGEST_LINE);
        part.read_until(b'\n', &mut line).map_err(cut_off)?;
        self.hash.update(&line);
        match line.pop() {
            Some(b'\n') => Ok(line),
            _ => Err(SurveyError::Damaged("a line has no end")),
        }
    }
}

/// What a failure to read means: the stream ends early, or is no zstd stream any more.
fn cut_off(error: io::Error) -> SurveyError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => SurveyError::Damaged("it is cut off"),
        io::ErrorKind::Other | io::ErrorKind::InvalidData => {
            SurveyError::Damaged("it cannot be decompressed")
        }
        _ => SurveyError::Io(error),
    }
}

fn header(input: &mut Hashed<impl BufRead>) -> Result<Header, SurveyError> {
    // What is not even compressed, or not a line of JSON, is something else rather than damaged.
    let line = match input.line() {
        Ok(line) => line,
        Err(SurveyError::Io(error)) => return Err(SurveyError::Io(error)),
        Err(_) => return Err(SurveyError::NotASurvey),
    };
    let kind: Kind = serde_json::from_slice(&line).map_err(|_| SurveyError::NotASurvey)?;
    if kind.kind != KIND {
        return Err(SurveyError::NotASurvey);
    }
    if kind.format != FORMAT {
        return Err(SurveyError::OtherFormat(kind.format));
    }
    let damaged = |_| SurveyError::Damaged("its first line lacks a field");
    let header: Header = serde_json::from_slice(&line).map_err(damaged)?;
    if header.fingerprint != FINGERPRINT || header.sentence_characters != SENTENCE_CHARACTERS {
        return Err(SurveyError::OtherFingerprint);
    }
    Ok(header)
}

fn sources(input: &mut Hashed<impl BufRead>, count: u64) -> Result<Sources, SurveyError> {
    let mut names: Vec<Arc<str>> = Vec::new();
    let mut numbers = HashMap::new();
    for _ in 0..count {
        let line = input.line()?;
        let damaged = |_| SurveyError::Damaged("the name of a source is no text");
        let name: String = serde_json::from_slice(&line).map_err(damaged)?;
        let name: Arc<str> = name.into();
        if names.last().is_some_and(|last| *last >= name) {
            return Err(SurveyError::Damaged("its sources are not in order"));
        }
        numbers.insert(name.clone(), u32::try_from(names.len()).unwrap_or(u32::MAX));
        names.push(name);
    }
    Ok(Sources { names, numbers })
}

fn table(
    input: &mut Hashed<impl BufRead>,
    count: u64,
    sources: usize,
) -> Result<Table, SurveyError> {
    let mut table = Table::default();
    // A false number must not take all memory before it is found out.
    table.0.reserve(usize::try_from(count).unwrap_or(usize::MAX).min(1 << 20));
    let mut last = None;
    for _ in 0..count {
        let mut row = [0u8; ROW];
        input.inner.read_exact(&mut row).map_err(cut_off)?;
        input.hash.update(&row);
        let mut rest = row.as_slice();
        let mut number = |bytes: usize| {
            let (field, behind) = rest.split_at_checked(bytes).unwrap_or((rest, &[]));
            rest = behind;
            field.iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte))
        };
        let print = number(8);
        let documents = number(4) as u32;
        let copies = number(4) as u32;
        let source = number(4) as u32;
        let first = Place::new(source, number(8));
        if last.is_some_and(|last| last >= print) {
            return Err(SurveyError::Damaged("its fingerprints are not in order"));
        }
        if documents == 0 || copies < documents || source as usize >= sources {
            return Err(SurveyError::Damaged("a count in it cannot be"));
        }
        last = Some(print);
        table.0.insert(print, Entry { documents, copies, first });
    }
    Ok(table)
}
