//! What the fuzz targets do with their input: it goes through a decoder, and what must hold of every
//! input is asserted.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Once};

use tamis::document::{Block, Body, Format};
use tamis::outcome::Outcome;
use tamis::render::{HtmlOutput, Links};
use tamis::rules::settings::{SettingKind, SettingTable, read_settings};
use tamis::signals::main_content::ContentModel;
use tamis::sink::restore::restore as restore_run;
use tamis::source::jsonl::{JsonStyle, add_field, encode, splice, strip_field, style_of};
use tamis::source::{
    Compression, Container, Event, Item, Origin, Place, ReadOptions, Reader, Source, compression,
    csv as rows, parse, passes,
};
use tamis::survey::{Memory, SurveyFile, Wanted};
use tamis::{Cleaner, Record, RuleSet, Survey, segment as segments};

/// Largest record: small, so that what is over it is reached.
const MAX_BYTES: usize = 2048;

/// Most bytes that are taken out of a compressed stream.
const DECOMPRESSED_MAX: u64 = 16 << 20;

/// A folder of this process, in memory where the system has one for that.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let root = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let folder = root.join(format!("tamis-fuzz-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for files");
    folder
});

static CLEANER: LazyLock<Cleaner> = LazyLock::new(|| {
    let rules = RuleSet::default_preset().expect("the default preset is right");
    Cleaner::new(rules, Survey::none())
        .expect("the default preset needs no survey")
        .with_html_output(HtmlOutput::Markdown(Links::Markdown))
        .in_full()
});

fn options() -> ReadOptions {
    ReadOptions { max_bytes: MAX_BYTES, ..ReadOptions::default() }
}

fn source(origin: Origin, container: Container) -> Arc<Source> {
    let compression = Compression::None;
    Arc::new(Source { name: "fuzz".into(), origin, container, compression })
}

fn item(container: Container, raw: &[u8]) -> Item {
    let source = source(Origin::Stdin, container);
    Item { source, ordinal: 0, raw: raw.to_vec(), refused: None, columns: None, row: None }
}

/// A file with these bytes.
fn file(name: &str, data: &[u8]) -> PathBuf {
    let path = FOLDER.join(name);
    fs::write(&path, data).expect("a file");
    path
}

/// Items of a container, cut from a place on, and the places between them.
fn items(path: &Path, container: Container, place: Place) -> (Vec<Item>, Vec<Place>) {
    let sources = vec![source(Origin::File(path.to_owned()), container)];
    let mut reader = Reader::from_place(sources, options(), place);
    let (mut items, mut places) = (Vec::new(), Vec::new());
    while let Some(event) = reader.next() {
        if let Event::Item(item) = event {
            places.extend(reader.place().filter(|place| place.inside.is_some()));
            items.push(item);
        }
    }
    (items, places)
}

/// The items of a container are its bytes, and reading on from the middle gives the same.
fn cut(data: &[u8], container: Container) -> Vec<Item> {
    let path = file("input", data);
    let (all, places) = items(&path, container, Place::default());
    let raws = |items: &[Item]| items.iter().map(|item| item.raw.clone()).collect::<Vec<_>>();
    let joined = raws(&all).concat();
    let is_whole = all.iter().all(|item| item.columns.is_some() || container == Container::Warc);
    if is_whole && !all.is_empty() {
        assert!(joined == data, "items joined are not the file");
    }
    if let Some(place) = places.get(places.len() / 2) {
        let (rest, _) = items(&path, container, *place);
        let first = place.inside.map_or(0, |inside| inside.items);
        let wanted: Vec<Item> = all.into_iter().filter(|item| item.ordinal >= first).collect();
        assert!(raws(&rest) == raws(&wanted), "cut otherwise from the middle on");
        return items(&path, container, Place::default()).0;
    }
    all
}

/// A line of JSON Lines: parsed, its text replaced and put back.
pub fn jsonl(data: &[u8]) {
    let line: Vec<u8> = data.iter().copied().filter(|byte| *byte != b'\n').collect();
    let paths = ReadOptions { text_field: "a.b".into(), ..options() };
    for options in [options(), paths] {
        let item = item(Container::Jsonl, &line);
        let _ = passes(&item);
        let Ok(parsed) = parse(&item, &options) else { continue };
        let line = std::str::from_utf8(&line).expect("what is parsed is UTF-8");
        let at = parsed.text_at.expect("a text stands in its line");
        let Body::Text(text) = &parsed.record.body else { panic!("JSON holds text") };
        let style = style_of(at.of(line));
        if style != JsonStyle::Raw {
            assert_eq!(splice(line, at, &encode(text, style)), line, "spelled otherwise");
        }
        let other = "another \"text\"\\\u{0}\u{2028}\u{10ffff}";
        let changed = splice(line, at, &encode(other, style));
        let again = crate::item(Container::Jsonl, changed.as_bytes());
        let again = parse(&again, &options).expect("a line with another text is a record");
        assert!(matches!(&again.record.body, Body::Text(text) if text == other));
        assert_eq!(again.record.url, parsed.record.url);
        let noted = add_field(line, "_note", r#"{"a":[1,"}"]}"#);
        if noted != line {
            assert_eq!(strip_field(&noted, "_note").as_deref(), Some(line));
        }
    }
}

/// A stream of WARC: cut and parsed.
pub fn warc(data: &[u8]) {
    for item in cut(data, Container::Warc) {
        if passes(&item).is_none() {
            let _ = parse(&item, &options());
        }
    }
}

/// A response of a server: its body taken out of its codings.
pub fn http(data: &[u8]) {
    let head = "WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http\r\n";
    let head = format!("{head}Content-Length: {}\r\n\r\n", data.len());
    let item = item(Container::Warc, &[head.as_bytes(), data, b"\r\n\r\n"].concat());
    if passes(&item).is_some() {
        return;
    }
    let options = ReadOptions { max_bytes: 1 << 20, ..ReadOptions::default() };
    if let Ok(parsed) = parse(&item, &options) {
        let (Body::Bytes(body) | Body::Labelled(body, _)) = &parsed.record.body else {
            panic!("a response holds bytes")
        };
        assert!(body.len() <= options.max_bytes, "longer than the limit");
    }
}

/// CSV and TSV: cut, parsed, a cell replaced and put back.
pub fn csv(data: &[u8]) {
    for container in [Container::Csv, Container::Tsv] {
        let separator = rows::separator(container).expect("it has one");
        for item in cut(data, container) {
            if passes(&item).is_some() {
                continue;
            }
            let Ok(parsed) = parse(&item, &options()) else { continue };
            let raw = std::str::from_utf8(&item.raw).expect("what is parsed is UTF-8");
            let at = parsed.text_at.expect("a text stands in its row");
            let Body::Text(text) = &parsed.record.body else { panic!("CSV holds text") };
            for other in ["plain", "a \"quoted\", one\tof\r\ntwo lines", "=1+1", ""] {
                let (changed, again) = rows::with_text(raw, at, other, separator);
                let row = Item { raw: changed.clone().into_bytes(), ..copy(&item) };
                let new = parse(&row, &options()).expect("a row with another text is a record");
                assert_eq!(new.record.id, parsed.record.id);
                let place = new.text_at.expect("a text stands in its row");
                if again {
                    let old = rows::with_text_again(&changed, place, text, separator);
                    assert_eq!(old, raw, "not put back");
                }
            }
        }
    }
}

fn copy(item: &Item) -> Item {
    Item {
        source: item.source.clone(),
        ordinal: item.ordinal,
        raw: Vec::new(),
        refused: item.refused.clone(),
        columns: item.columns.clone(),
        row: None,
    }
}

/// gzip and Zstandard: the stream ends, with an error or without.
pub fn decompress(data: &[u8]) {
    for compression in [Compression::Gz, Compression::Zst] {
        let input = std::io::Cursor::new(data.to_vec());
        let Ok(mut decoder) = compression::decoder(input, compression) else { continue };
        let mut out = Vec::new();
        let _ = decoder.by_ref().take(DECOMPRESSED_MAX).read_to_end(&mut out);
    }
}

/// Blocks lie in order on character boundaries, and between them is white space only.
fn assert_blocks(text: &str, blocks: &[Block]) {
    let mut at = 0;
    for block in blocks {
        assert!(block.span.start >= at && !block.span.is_empty(), "out of order, or empty");
        let gap = text.get(at..block.span.start).expect("a block starts inside a character");
        assert!(gap.chars().all(char::is_whitespace), "lost between blocks: {gap:?}");
        assert!(text.get(block.span.start..block.span.end).is_some(), "inside a character");
        for span in segments::sentences(text, block) {
            assert!(block.span.contains(span), "a sentence outside its block");
            assert!(text.get(span.start..span.end).is_some(), "inside a character");
        }
        at = block.span.end;
    }
    let rest = text.get(at..).expect("a block ends inside a character");
    assert!(rest.chars().all(char::is_whitespace), "lost after the last block: {rest:?}");
}

/// What is kept and what was removed make up the page.
fn assert_adds_up(outcome: &Outcome) {
    let text = &outcome.page.text;
    let removed: Vec<(usize, &str)> =
        outcome.removals().iter().map(|r| (r.span.start, r.span.of(text))).collect();
    let again = tamis::edit::put_back(&outcome.cleaned.text, removed);
    assert_eq!(again.as_deref(), Some(text.as_str()), "kept and removed are not the page");
}

/// A page: decoded, cut into blocks, cleaned by the default rules, written as Markdown.
pub fn html(data: &[u8]) {
    let record = Record { body: Body::Bytes(data.to_vec()), ..Record::html("id", "") };
    if let Ok(outcome) = CLEANER.clean(record) {
        assert_blocks(&outcome.page.text, &outcome.page.blocks);
        assert_adds_up(&outcome);
        let _ = outcome.output();
    }
}

/// Text and Markdown: cut into blocks and lines, cleaned by the default rules.
pub fn segment(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for format in [Format::Text, Format::Markdown] {
        assert_blocks(&text, &segments::blocks(format, &text));
        assert_blocks(&text, &segments::line_blocks(format, &text));
    }
    if let Ok(outcome) = CLEANER.clean(Record::text("id", &*text)) {
        assert_eq!(outcome.page.text, text);
        assert_adds_up(&outcome);
    }
}

/// A file of rules, and a text that they are tried on.
pub fn rules(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match RuleSet::from_text("fuzz.toml", &text) {
        Err(errors) => {
            let said = errors.to_string();
            assert!(!said.is_empty() && !said.contains('\u{1b}'), "{said:?}");
        }
        Ok(rules) => {
            let again = rules.effective_toml();
            let loaded = RuleSet::from_text("again.toml", &again);
            assert!(
                loaded.is_ok(),
                "rules in force cannot be read: {}\n{again}",
                loaded.unwrap_err()
            );
            if let Ok(cleaner) = Cleaner::new(rules, Survey::none()) {
                let page = "# Mills\n\nThe mill stands idle. Share this page.\n\n* one\n* two\n";
                if let Ok(outcome) = cleaner.clean(Record::text("id", page)) {
                    assert_adds_up(&outcome);
                }
            }
        }
    }
}

/// Files of a run directory that the input is cut into, at bytes that no UTF-8 holds.
pub const RUN_FILES: [&str; 5] = ["sources", "removed", "dropped", "unreadable", "originals"];

/// The byte that the input of [`restore`] is cut at.
pub const CUT: u8 = 0xff;

/// What a run says of itself.
pub const RUN: &str = r#"{"format":1,"version":"0","rules_hash":"","rules":[],"inputs":[],
"text_field":"text","id_field":null,"url_field":null,"max_bytes":1048576,"annotate":false,
"state":"done"}"#;

/// A run directory whose files hold anything: restored, or refused, and nothing is written outside
/// the folder.
pub fn restore(data: &[u8]) {
    let run = FOLDER.join("run");
    let (side, back) = (run.join("_tamis"), FOLDER.join("out/back"));
    let _ = fs::remove_dir_all(FOLDER.join("out"));
    fs::create_dir_all(&side).expect("a folder");
    fs::create_dir_all(&back).expect("a folder");
    let mut parts = data.split(|byte| *byte == CUT);
    for name in RUN_FILES {
        let part = parts.next().unwrap_or_default();
        let packed = zstd::encode_all(part, 1).expect("memory");
        fs::write(side.join(format!("{name}.jsonl.zst")), packed).expect("a file");
    }
    for name in ["a.jsonl", "b.txt", "c.csv", "d.warc"] {
        fs::write(run.join(name), parts.next().unwrap_or_default()).expect("a file");
    }
    fs::write(side.join("run.json"), RUN).expect("a file");
    if let Err(error) = restore_run(&run, &back) {
        assert!(!error.to_string().is_empty(), "no reason");
    }
    let names = |folder: &Path| {
        let entries = fs::read_dir(folder).expect("a folder").flatten();
        entries.map(|entry| entry.file_name()).collect::<Vec<_>>()
    };
    assert_eq!(names(&FOLDER.join("out")), ["back"], "written outside the folder");
    assert_eq!(names(&run).len(), 5, "written into the run");
}

/// A survey's file. The reader of Parquet may panic; that is caught where it is called.
pub fn survey(data: &[u8]) {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let path = file("survey.parquet", data);
    let Ok(survey) = SurveyFile::open(&path) else { return };
    let settings = survey.description().settings().clone();
    let wanted = Wanted { settings: &settings, groups: true, sources: &["a.jsonl".into()] };
    let memory = Memory { bytes: 64 << 20, folder: FOLDER.clone() };
    let _ = Survey::open(&survey, &wanted, &memory);
}

/// A model of main content, and a page that it is tried on.
pub fn model(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(model) = ContentModel::read(&text) {
        let cleaner = CLEANER.clone().with_model(Arc::new(model));
        let page = "<nav><a href=/>Home</a></nav><main><p>The mill stands idle.</main>";
        let _ = cleaner.clean(Record::html("id", page));
    }
}

/// A file of Parquet: rows read and parsed. Its reader may panic, as that of a survey.
pub fn parquet(data: &[u8]) {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let path = file("rows.parquet", data);
    for item in items(&path, Container::Parquet, Place::default()).0 {
        let _ = passes(&item);
        let _ = parse(&item, &options());
    }
}

/// A file of settings.
pub fn config(data: &[u8]) {
    let kinds = [SettingKind::Flag, SettingKind::Number, SettingKind::Text, SettingKind::Texts];
    let names = ["quiet", "threads", "format", "rules"];
    let keys = names.iter().zip(kinds).map(|(name, kind)| ((*name).to_owned(), kind)).collect();
    let tables = [SettingTable { name: "clean".into(), keys }];
    let text = String::from_utf8_lossy(data);
    let check = |_: &str, _: &str, value: &str| match value.len() {
        0..60 => Ok(()),
        _ => Err(value.to_owned()),
    };
    if let Err(errors) = read_settings("tamis.toml", &text, &tables, &check) {
        let said = errors.to_string();
        assert!(!said.is_empty() && !said.contains('\u{1b}'), "{said:?}");
    }
}
