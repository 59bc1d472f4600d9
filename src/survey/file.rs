//! A survey as a file: one Parquet table of sources, groups and rows, sorted, with a description in
//! its metadata. `docs/survey.md` describes each column.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::reader::{ColumnReader, get_typed_column_reader};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::counting::{Counted, Group};
use super::row::{Place, Row, Table};
use super::{SENTENCE_CHARACTERS, Settings, SurveyError};
use crate::table_file::TableFile;

/// Version of the file's shape and of what its numbers mean.
pub const FORMAT: u32 = 3;

/// What the metadata say the file is.
const KIND: &str = "tamis survey";
/// The key of the description in the file's metadata.
const KEY: &str = "tamis";
/// Key of the description's own checksum, xxh3-128 in hexadecimal digits.
const CHECKSUM_KEY: &str = "tamis.xxh3";
/// The definition of fingerprints that the file's counts are of.
pub(super) const FINGERPRINT: &str =
    "xxh3-64, lower case, digits as 0, runs of other characters as a space";
/// Rows of a row group.
const GROUP_ROWS: usize = 1 << 18;
/// Bytes of rows that are hashed at a time.
const HASHED_AT_A_TIME: usize = 4096;
/// Rows that are read at a time.
const READ_ROWS: usize = 1 << 14;

const SCHEMA: &str = "message survey {
    REQUIRED BYTE_ARRAY table (UTF8);
    REQUIRED INT64 fingerprint;
    REQUIRED INT64 member;
    REQUIRED INT32 documents;
    REQUIRED INT32 copies;
    REQUIRED INT32 head;
    REQUIRED INT32 tail;
    REQUIRED INT32 source;
    REQUIRED INT64 ordinal;
    OPTIONAL BYTE_ARRAY name (UTF8);
}";

/// What the file says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Header {
    kind: String,
    format: u32,
    /// Of the program that made it.
    version: String,
    fingerprint: String,
    sentence_characters: usize,
    settings: Settings,
    documents: u64,
    sources: u64,
    groups: u64,
    /// xxh3-64 of the names of sources and of groups with their documents.
    names: String,
    tables: Vec<Extent>,
}

/// What only tells whether the rest can be read.
#[derive(Deserialize)]
struct Kind {
    kind: String,
    format: u32,
}

/// The rows of one table.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Extent {
    table: String,
    rows: u64,
    /// Different fingerprints.
    prints: u64,
    /// Fingerprints that stand more than once.
    shared: u64,
    /// First row group, and one past the last.
    row_groups: (usize, usize),
    /// xxh3-64 of the rows, in hexadecimal digits.
    checksum: String,
}

/// Sums over the rows of a table while they go by.
#[derive(Default)]
struct Sums {
    rows: u64,
    prints: u64,
    shared: u64,
    last: Option<(u64, u64)>,
    hash: Xxh3,
    /// Bytes of rows that are not hashed yet.
    waiting: Vec<u8>,
}

impl Sums {
    fn see(&mut self, row: &Row) {
        self.rows += 1;
        let copies = u64::from(row.copies);
        match &mut self.last {
            Some((print, sum)) if *print == row.print => {
                self.shared += u64::from(*sum <= 1 && *sum + copies > 1);
                *sum += copies;
            }
            last => {
                self.prints += 1;
                self.shared += u64::from(copies > 1);
                *last = Some((row.print, copies));
            }
        }
        for field in [row.print, row.member, row.place.0] {
            self.waiting.extend_from_slice(&field.to_le_bytes());
        }
        for field in [row.documents, row.copies, row.head, row.tail] {
            self.waiting.extend_from_slice(&field.to_le_bytes());
        }
        if self.waiting.len() >= HASHED_AT_A_TIME {
            self.hash.update(&self.waiting);
            self.waiting.clear();
        }
    }

    fn checksum(&self) -> String {
        let mut hash = self.hash.clone();
        hash.update(&self.waiting);
        format!("{:016x}", hash.digest())
    }
}

impl From<ParquetError> for SurveyError {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(error) => SurveyError::Io(*error),
                Err(_) => SurveyError::Damaged("it cannot be read"),
            },
            ParquetError::EOF(_) => SurveyError::Damaged("it is cut off"),
            _ => SurveyError::Damaged("it cannot be read"),
        }
    }
}

/// Writes all that was counted.
pub(super) fn write(
    mut counted: Counted,
    to: impl Write + Send,
) -> Result<Description, SurveyError> {
    let (settings, documents) = (counted.settings().clone(), counted.documents());
    let (sources, groups) = (counted.source_names(), counted.groups());
    let mut writing = Writing::begin(to, settings, documents, sources, groups)?;
    while let Some(row) = counted.next_row()? {
        writing.push(row)?;
    }
    writing.finish()
}

/// A survey's file while its rows come, in order.
pub(super) struct Writing<W: Write + Send> {
    out: Out<W>,
    header: Header,
    /// Rows of the table that is open, as many as are not written yet.
    rows: Vec<Row>,
    open: Option<(Table, usize, Sums)>,
}

impl<W: Write + Send> Writing<W> {
    /// Begins with the names: sources in order, groups in the order of their keys.
    pub(super) fn begin(
        to: W,
        settings: Settings,
        documents: u64,
        sources: &[Arc<str>],
        groups: &[(u64, Group)],
    ) -> Result<Self, SurveyError> {
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        let writer = SerializedFileWriter::new(to, schema, Arc::new(properties()?))?;
        let mut out = Out { writer, groups: 0 };
        let header = Header {
            kind: KIND.to_owned(),
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            fingerprint: FINGERPRINT.to_owned(),
            sentence_characters: SENTENCE_CHARACTERS,
            settings,
            documents,
            sources: sources.len() as u64,
            groups: groups.len() as u64,
            names: checksum_of_names(sources, groups),
            tables: Vec::new(),
        };
        out.names(sources, groups)?;
        Ok(Self { out, header, rows: Vec::new(), open: None })
    }

    /// Takes in the next row.
    pub(super) fn push(&mut self, row: Row) -> Result<(), SurveyError> {
        if self.open.as_ref().is_none_or(|(table, ..)| *table != row.table) {
            self.out.rows(&mut self.rows)?;
            self.header.tables.extend(self.open.take().map(|open| extent(&open, self.out.groups)));
            self.open = Some((row.table, self.out.groups, Sums::default()));
        }
        if let Some((.., sums)) = &mut self.open {
            sums.see(&row);
        }
        self.rows.push(row);
        if self.rows.len() >= GROUP_ROWS {
            self.out.rows(&mut self.rows)?;
        }
        Ok(())
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> Result<Description, SurveyError> {
        self.out.rows(&mut self.rows)?;
        self.header.tables.extend(self.open.map(|open| extent(&open, self.out.groups)));
        let text = serde_json::to_string(&self.header).map_err(io::Error::from)?;
        let checksum = checksum_of_text(&text);
        self.out.writer.append_key_value_metadata(KeyValue::new(KEY.to_owned(), text));
        self.out.writer.append_key_value_metadata(KeyValue::new(CHECKSUM_KEY.to_owned(), checksum));
        self.out.writer.close()?;
        Ok(Description { header: self.header })
    }
}

fn properties() -> Result<WriterProperties, SurveyError> {
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by(format!("tamis {}", env!("CARGO_PKG_VERSION")));
    // Sorted fingerprints are small steps; the others are either all different or nearly all 1.
    for (column, encoding) in [
        ("fingerprint", Encoding::DELTA_BINARY_PACKED),
        ("member", Encoding::PLAIN),
        ("ordinal", Encoding::DELTA_BINARY_PACKED),
    ] {
        let path = ColumnPath::from(column);
        builder = builder.set_column_dictionary_enabled(path.clone(), column == "member");
        if column != "member" {
            builder = builder.set_column_encoding(path, encoding);
        }
    }
    Ok(builder.build())
}

fn checksum_of_names(sources: &[Arc<str>], groups: &[(u64, Group)]) -> String {
    let mut hash = Xxh3::new();
    // No byte of UTF-8 is 255: names that are cut otherwise are others.
    for name in sources {
        hash.update(name.as_bytes());
        hash.update(&[u8::MAX]);
    }
    for (key, group) in groups {
        hash.update(&key.to_le_bytes());
        hash.update(&group.documents.to_le_bytes());
        hash.update(group.name.as_bytes());
        hash.update(&[u8::MAX]);
    }
    format!("{:016x}", hash.digest())
}

fn extent((table, first, sums): &(Table, usize, Sums), end: usize) -> Extent {
    Extent {
        table: table.name().to_owned(),
        rows: sums.rows,
        prints: sums.prints,
        shared: sums.shared,
        row_groups: (*first, end),
        checksum: sums.checksum(),
    }
}

/// The file that is being written.
struct Out<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    /// Row groups that stand in it.
    groups: usize,
}

impl<W: Write + Send> Out<W> {
    /// Sources in the order of their numbers, then groups.
    fn names(&mut self, sources: &[Arc<str>], groups: &[(u64, Group)]) -> Result<(), SurveyError> {
        let rows = (0..).zip(sources).map(|(rank, _)| Row {
            documents: 0,
            ..Row::new(Table::Text, 0, 0, Place::new(rank, 0))
        });
        let named = groups.iter().map(|(key, group)| Row {
            documents: group.documents,
            ..Row::new(Table::Text, *key, 0, Place::default())
        });
        let rows: Vec<Row> = rows.chain(named).collect();
        let kinds = std::iter::repeat_n("source", sources.len());
        let kinds: Vec<&str> = kinds.chain(std::iter::repeat_n("group", groups.len())).collect();
        let names = sources.iter().chain(groups.iter().map(|(_, group)| &group.name));
        let names: Vec<ByteArray> =
            names.map(|name| ByteArray::from(name.as_bytes().to_vec())).collect();
        if rows.is_empty() {
            return Ok(());
        }
        self.write(&rows, &kinds, &names)
    }

    /// Rows of one table, as a row group.
    fn rows(&mut self, rows: &mut Vec<Row>) -> Result<(), SurveyError> {
        let Some(first) = rows.first() else { return Ok(()) };
        let kinds = vec![first.table.name(); rows.len()];
        self.write(rows, &kinds, &[])?;
        rows.clear();
        Ok(())
    }

    fn write(
        &mut self,
        rows: &[Row],
        kinds: &[&str],
        names: &[ByteArray],
    ) -> Result<(), SurveyError> {
        let mut group = self.writer.next_row_group()?;
        let mut last: Option<(&str, ByteArray)> = None;
        let kinds = kinds.iter().map(|kind| match &last {
            Some((word, bytes)) if word == kind => bytes.clone(),
            _ => {
                let bytes = ByteArray::from(kind.as_bytes().to_vec());
                last = Some((kind, bytes.clone()));
                bytes
            }
        });
        let kinds: Vec<ByteArray> = kinds.collect();
        column::<ByteArrayType, _>(&mut group, &kinds, None)?;
        let long = |value: fn(&Row) -> u64| rows.iter().map(move |row| value(row).cast_signed());
        let short = |value: fn(&Row) -> u32| rows.iter().map(move |row| value(row).cast_signed());
        column::<Int64Type, _>(&mut group, &long(|row| row.print).collect::<Vec<_>>(), None)?;
        column::<Int64Type, _>(&mut group, &long(|row| row.member).collect::<Vec<_>>(), None)?;
        for value in [
            (|row| row.documents) as fn(&Row) -> u32,
            |row| row.copies,
            |row| row.head,
            |row| row.tail,
            |row| row.file_source(),
        ] {
            column::<Int32Type, _>(&mut group, &short(value).collect::<Vec<_>>(), None)?;
        }
        let ordinals = long(|row| row.file_ordinal());
        column::<Int64Type, _>(&mut group, &ordinals.collect::<Vec<_>>(), None)?;
        let present = vec![i16::from(!names.is_empty()); rows.len()];
        column::<ByteArrayType, _>(&mut group, names, Some(&present))?;
        group.close()?;
        self.groups += 1;
        Ok(())
    }
}

fn column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    present: Option<&[i16]>,
) -> Result<(), SurveyError> {
    let Some(mut column) = group.next_column()? else {
        return Err(SurveyError::Damaged("a column is missing"));
    };
    column.typed::<T>().write_batch(values, present, None)?;
    column.close()?;
    Ok(())
}

impl Row {
    /// The columns of the place. A sketch is no place: it stands in the second as it is.
    fn file_source(&self) -> u32 {
        if self.table == Table::Near { 0 } else { self.place.source() as u32 }
    }

    fn file_ordinal(&self) -> u64 {
        if self.table == Table::Near { self.place.0 } else { self.place.ordinal() }
    }
}

/// What a survey's file says of itself, and of each of its tables.
#[derive(Clone, Debug)]
pub struct Description {
    header: Header,
}

impl Description {
    /// What was counted.
    pub fn settings(&self) -> &Settings {
        &self.header.settings
    }

    /// Documents counted.
    pub fn documents(&self) -> u64 {
        self.header.documents
    }

    /// Sources that they came from.
    pub fn sources(&self) -> u64 {
        self.header.sources
    }

    /// Groups (hosts) that they belong to.
    pub fn groups(&self) -> u64 {
        self.header.groups
    }

    /// Different fingerprints of blocks, and how many of them stand more than once.
    pub fn blocks(&self) -> (u64, u64) {
        self.sums(Table::Block)
    }

    /// The same of sentences.
    pub fn sentences(&self) -> (u64, u64) {
        self.sums(Table::Sentence)
    }

    /// Documents that have near duplicates.
    pub fn near_duplicates(&self) -> u64 {
        self.extent(Table::Cluster).map_or(0, |extent| extent.rows)
    }

    /// The checksum that tells surveys apart: xxh3-128 in hexadecimal digits of what is counted.
    pub fn checksum(&self) -> String {
        let header = Header { version: String::new(), ..self.header.clone() };
        checksum_of_text(&serde_json::to_string(&header).unwrap_or_default())
    }

    /// Rows, different fingerprints, and those that stand more than once.
    pub(super) fn sums(&self, table: Table) -> (u64, u64) {
        self.extent(table).map_or((0, 0), |extent| (extent.prints, extent.shared))
    }

    fn extent(&self, table: Table) -> Option<&Extent> {
        self.header.tables.iter().find(|extent| extent.table == table.name())
    }
}

/// Sources in the order of their numbers, and groups by their keys.
type NamesOf = (Vec<Arc<str>>, Vec<(u64, Group)>);
/// What is done with a row, and with the name that it may have.
type TakeNamed<'t> = dyn FnMut(Row, Option<&str>) -> Result<(), SurveyError> + 't;

/// A survey's file that is open for reading.
pub struct SurveyFile {
    reader: SerializedFileReader<TableFile>,
    description: Description,
}

impl SurveyFile {
    /// Opens a file.
    ///
    /// # Errors
    /// If it cannot be read, is no survey, or one of another format or definition.
    pub fn open(path: &Path) -> Result<Self, SurveyError> {
        Self::of(File::open(path)?)
    }

    pub(super) fn of(file: File) -> Result<Self, SurveyError> {
        // What is no Parquet at all is something else rather than damaged.
        let opened =
            guarded(|| SerializedFileReader::new(TableFile::new(file)).map_err(SurveyError::from));
        let reader = opened.map_err(|error| match error {
            SurveyError::Io(error) => SurveyError::Io(error),
            _ => SurveyError::NotASurvey,
        })?;
        let metadata = reader.metadata().file_metadata();
        let pairs = metadata.key_value_metadata();
        let value = |key: &str| {
            let pair = pairs.into_iter().flatten().find(|pair| pair.key == key);
            pair.and_then(|pair| pair.value.as_deref())
        };
        let text = value(KEY).ok_or(SurveyError::NotASurvey)?;
        let kind: Kind = serde_json::from_str(text).map_err(|_| SurveyError::NotASurvey)?;
        if kind.kind != KIND {
            return Err(SurveyError::NotASurvey);
        }
        if kind.format != FORMAT {
            return Err(SurveyError::OtherFormat(kind.format));
        }
        let damaged = |_| SurveyError::Damaged("its description lacks a field");
        let header: Header = serde_json::from_str(text).map_err(damaged)?;
        if header.fingerprint != FINGERPRINT || header.sentence_characters != SENTENCE_CHARACTERS {
            return Err(SurveyError::OtherFingerprint(header.fingerprint));
        }
        // A table under another name would be none.
        if value(CHECKSUM_KEY) != Some(&checksum_of_text(text)) {
            return Err(SurveyError::Damaged("its description is not what was written"));
        }
        if metadata.schema_descr().root_schema() != &parse_message_type(SCHEMA)? {
            return Err(SurveyError::Damaged("its columns are others"));
        }
        Ok(Self { reader, description: Description { header } })
    }

    /// What it says of itself.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Names of sources in order, and groups by their keys.
    pub(super) fn names(&self) -> Result<NamesOf, SurveyError> {
        let header = &self.description.header;
        let (mut sources, mut groups) = (Vec::new(), Vec::new());
        let all = header.sources.saturating_add(header.groups);
        let first = header.tables.first().map(|table| table.row_groups.0);
        for number in 0..first.unwrap_or(self.reader.num_row_groups()) {
            self.read(number, &mut |row, name| {
                let name: Arc<str> = name.unwrap_or_default().into();
                if (sources.len() as u64) < header.sources {
                    if sources.last().is_some_and(|last| *last >= name) {
                        return Err(SurveyError::Damaged("its sources are not in order"));
                    }
                    sources.push(name);
                } else {
                    groups.push((row.print, Group { name, documents: row.documents }));
                }
                Ok(())
            })?;
        }
        if (sources.len() as u64).saturating_add(groups.len() as u64) != all {
            return Err(SurveyError::Damaged("it lacks names"));
        }
        if checksum_of_names(&sources, &groups) != header.names {
            return Err(SurveyError::Damaged("its names are others"));
        }
        Ok((sources, groups))
    }

    /// Calls `take` with each row of a table, in order.
    pub(super) fn rows(
        &self,
        table: Table,
        take: &mut dyn FnMut(Row) -> Result<(), SurveyError>,
    ) -> Result<(), SurveyError> {
        let Some(extent) = self.description.extent(table) else { return Ok(()) };
        let sources = self.description.header.sources;
        let mut sums = Sums::default();
        let mut last = None;
        let (first, end) = extent.row_groups;
        for number in first..end.min(self.reader.num_row_groups()) {
            self.read(number, &mut |row, _| {
                let row = Row { table, ..row };
                if table.has_places() && row.place.source() as u64 >= sources {
                    return Err(SurveyError::Damaged("a place in it cannot be"));
                }
                if last.is_some_and(|last| last >= row.key()) {
                    return Err(SurveyError::Damaged("its fingerprints are not in order"));
                }
                last = Some(row.key());
                sums.see(&row);
                take(row)
            })?;
        }
        if sums.rows != extent.rows || sums.checksum() != extent.checksum {
            return Err(SurveyError::Damaged("its checksum is another"));
        }
        Ok(())
    }

    /// All tables that are not worked out of others.
    pub(super) fn counts(
        &self,
        take: &mut dyn FnMut(Row) -> Result<(), SurveyError>,
    ) -> Result<(), SurveyError> {
        let counted = Table::ALL.into_iter().filter(|table| !table.is_derived());
        for table in counted {
            self.rows(table, take)?;
        }
        Ok(())
    }

    /// Reads a row group.
    fn read(&self, number: usize, take: &mut TakeNamed<'_>) -> Result<(), SurveyError> {
        guarded(|| {
            let group = self.reader.get_row_group(number)?;
            let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
            let mut columns = Columns::new(&*group)?;
            let mut left = rows;
            while left > 0 {
                let read = columns.read(left.min(READ_ROWS))?;
                if read == 0 {
                    return Err(SurveyError::Damaged("a row group is cut off"));
                }
                for n in 0..read {
                    let (row, name) = columns.row(n)?;
                    take(row, name)?;
                }
                left = left.saturating_sub(read);
            }
            Ok(())
        })
    }
}

fn checksum_of_text(text: &str) -> String {
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
}

/// Damaged pages can make the reader of Parquet panic; a survey that does so is damaged.
fn guarded<T>(work: impl FnOnce() -> Result<T, SurveyError>) -> Result<T, SurveyError> {
    crate::panics::caught(work).unwrap_or(Err(SurveyError::Damaged("it cannot be read")))
}

type Typed<T> = parquet::column::reader::ColumnReaderImpl<T>;

/// The columns of a row group, some rows at a time.
struct Columns {
    longs: Vec<(Typed<Int64Type>, Vec<i64>)>,
    shorts: Vec<(Typed<Int32Type>, Vec<i32>)>,
    names: Typed<ByteArrayType>,
    present: Vec<i16>,
    name: Vec<ByteArray>,
}

impl Columns {
    fn new(group: &dyn parquet::file::reader::RowGroupReader) -> Result<Self, SurveyError> {
        let column =
            |number| -> Result<ColumnReader, SurveyError> { Ok(group.get_column_reader(number)?) };
        let mut longs = Vec::new();
        for number in [1, 2, 8] {
            longs.push((get_typed_column_reader::<Int64Type>(column(number)?), Vec::new()));
        }
        let mut shorts = Vec::new();
        for number in 3..8 {
            shorts.push((get_typed_column_reader::<Int32Type>(column(number)?), Vec::new()));
        }
        let names = get_typed_column_reader::<ByteArrayType>(column(9)?);
        Ok(Self { longs, shorts, names, present: Vec::new(), name: Vec::new() })
    }

    /// Reads so many rows; how many there were.
    fn read(&mut self, rows: usize) -> Result<usize, SurveyError> {
        self.present.clear();
        self.name.clear();
        let names = &mut self.name;
        let (read, ..) = self.names.read_records(rows, Some(&mut self.present), None, names)?;
        for (reader, values) in &mut self.longs {
            values.clear();
            reader.read_records(rows, None, None, values)?;
        }
        for (reader, values) in &mut self.shorts {
            values.clear();
            reader.read_records(rows, None, None, values)?;
        }
        let all = self.longs.iter().map(|(_, values)| values.len());
        let all = all.chain(self.shorts.iter().map(|(_, values)| values.len()));
        if all.into_iter().any(|length| length != read) {
            return Err(SurveyError::Damaged("its columns differ in length"));
        }
        Ok(read)
    }

    fn row(&self, n: usize) -> Result<(Row, Option<&str>), SurveyError> {
        let long = |column: usize| {
            let values = self.longs.get(column).map_or(&[][..], |(_, values)| values);
            values.get(n).map_or(0, |value| value.cast_unsigned())
        };
        let short = |column: usize| {
            let values = self.shorts.get(column).map_or(&[][..], |(_, values)| values);
            values.get(n).map_or(0, |value| value.cast_unsigned())
        };
        let (source, ordinal) = (short(4), long(2));
        let row = Row {
            table: Table::Text,
            print: long(0),
            member: long(1),
            place: if source == 0 { Place(ordinal) } else { Place::new(source, ordinal) },
            documents: short(0),
            copies: short(1),
            head: short(2),
            tail: short(3),
        };
        // Names stand in rows of their own, at the start, one for each of them.
        let name = match self.present.get(n) {
            Some(1) => self.name.get(n),
            _ => None,
        };
        let name = name.map(|name| name.as_utf8().map_err(SurveyError::from)).transpose()?;
        Ok((row, name))
    }
}
