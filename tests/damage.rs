//! Damaged files of every format: cut off at each byte, and with bits flipped. Through the program:
//! the run ends as it should, what stands before the damage is kept, and `restore` gives back what
//! could be read, byte for byte.
//!
//! `TAMIS_FLIPS=100000` flips that many bits in place of the usual few thousand.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, Cursor, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde_json::Value;
use tamis::source::compression::{Encoder, decoder};
use tamis::source::{Compression, Container};

/// Files of one run; more are put into the next.
const FILES: usize = 6_000;

/// Bits flipped in all formats together.
const FLIPS: usize = 3_000;

const RULES: &str = include_str!("data/share-rules.toml");

#[path = "common/memory.rs"]
mod memory;

const COMPRESSIONS: [(&str, Compression); 3] =
    [("", Compression::None), (".gz", Compression::Gz), (".zst", Compression::Zst)];

/// A file of each format, small, with something to cut; and where its records end, but for the
/// last one.
fn samples() -> Vec<(&'static str, Vec<u8>, Vec<usize>)> {
    let text = |n: usize| {
        format!("The mill {n} is idle.\n\nShare this page with your friends.\n\nIt’s “low” tide.")
    };
    let joined = |parts: Vec<String>| {
        let mut ends = Vec::new();
        let mut all = Vec::new();
        for part in parts {
            all.extend_from_slice(part.as_bytes());
            ends.push(all.len());
        }
        (all, ends)
    };
    let line = |n| format!("{}\n", serde_json::json!({ "id": n, "text": text(n) }));
    let row = |n, separator: &str| format!("{n}{separator}\"{}\"\r\n", text(n));
    let record = |kind: &str, media: &str, block: String| {
        let length = block.len();
        format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{length}>\r\n\
             Content-Type: {media}\r\nContent-Length: {length}\r\n\r\n{block}\r\n\r\n"
        )
    };
    let http = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n";
    let page = |n| text(n).replace("\n\n", "<p>");
    let response = |n| {
        let page = page(n);
        let body = format!("{http}{:x}\r\n{page}\r\n0\r\n\r\n", page.len());
        record("response", "application/http", body)
    };
    let rows = |separator: &str| {
        let head = format!("id{separator}text\r\n");
        let (all, mut ends) = joined(vec![head, row(1, separator), row(2, separator)]);
        ends.remove(0);
        (all, ends)
    };
    let wet = |n| record("conversion", "text/plain", text(n));
    let (jsonl, lines) = joined((1..4).map(line).collect());
    let (csv, csv_rows) = rows(",");
    let (tsv, tsv_rows) = rows("\t");
    let (warc, responses) = joined((1..3).map(response).collect());
    let (wet, conversions) = joined((1..3).map(wet).collect());
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(1..4));
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((1..4).map(text)));
    let rows = RecordBatch::try_from_iter([("id", ids), ("text", texts)]).expect("a table");
    let mut table = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut table, rows.schema(), None).expect("a table");
    writer.write(&rows).expect("memory");
    writer.close().expect("memory");
    vec![
        ("a.parquet", table, Vec::new()),
        ("a.jsonl", jsonl, lines),
        ("a.txt", text(1).into_bytes(), Vec::new()),
        ("a.md", format!("# Mills\n\n{}\n", text(1)).into_bytes(), Vec::new()),
        ("a.html", format!("<title>A</title><p>{}", page(1)).into_bytes(), Vec::new()),
        ("a.csv", csv, csv_rows),
        ("a.tsv", tsv, tsv_rows),
        ("a.warc", warc, responses),
        ("a.warc.wet", wet, conversions),
    ]
}

fn packed(bytes: &[u8], compression: Compression) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new(), compression).expect("memory");
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// What a reader can have of a stream before it breaks off. Of a frame of Zstandard whose checksum is
/// wrong it has all but what comes with the checksum.
fn unpacked(bytes: &[u8], compression: Compression) -> Vec<u8> {
    let mut out = Vec::new();
    if let Ok(mut decoder) = decoder(Cursor::new(bytes.to_vec()), compression) {
        while let Ok(piece) = decoder.fill_buf() {
            let length = piece.len();
            if length == 0 {
                break;
            }
            out.extend_from_slice(piece);
            decoder.consume(length);
        }
    }
    out
}

fn tamis(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tamis"))
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

/// True for what is compressed inside and never as a whole.
fn is_plain_only(name: &str, compression: Compression) -> bool {
    name.ends_with(".parquet") && compression != Compression::None
}

/// A damaged file.
struct Damaged {
    name: String,
    bytes: Vec<u8>,
    compression: Compression,
    /// Records that must have been read, whatever came behind them.
    least: u64,
}

/// The lines of a file of a run.
fn side(folder: &Path, name: &str) -> Vec<Value> {
    let file = fs::File::open(folder.join("out/_tamis").join(name)).expect("a file of the run");
    let text = zstd::decode_all(file).expect("zstd");
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).expect("JSON")).collect()
}

/// Cleans and restores damaged files, and holds all that must be so against them.
fn check(files: &[Damaged]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    fs::write(folder.join("rules.toml"), RULES).expect("a file");
    for file in files {
        let path = folder.join("in").join(&file.name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, &file.bytes).expect("a file");
    }
    let done = tamis(folder, &["clean", "in", "-o", "out", "-q", "-r", "rules.toml"]);
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(matches!(done.status.code(), Some(0 | 3)), "{:?} {errors}", done.status.code());
    assert!(!errors.contains("panicked"), "{errors}");
    let back = tamis(folder, &["restore", "out", "-o", "back"]);
    let errors = String::from_utf8_lossy(&back.stderr);
    assert!(back.status.success() && !errors.contains("panicked"), "{errors}");

    let entries: BTreeMap<String, Value> = side(folder, "sources.jsonl.zst")
        .into_iter()
        .map(|entry| (entry["source"].as_str().unwrap_or_default().to_owned(), entry))
        .collect();
    assert_eq!(entries.len(), files.len(), "a source was lost");
    for unreadable in side(folder, "unreadable.jsonl.zst") {
        assert_ne!(unreadable["reason"], "internal", "{unreadable}");
    }
    for file in files {
        let name = &file.name;
        let entry = &entries[name];
        let of = |field: &str| entry[field].as_u64().unwrap_or_default();
        let read = of("kept") + of("cut") + of("dropped");
        assert!(read >= file.least, "{name}: {read} records read, {} are whole", file.least);
        if name.ends_with(".parquet") {
            // Put back row by row, not byte by byte; what does not open has no rows.
            continue;
        }
        let wanted = unpacked(&file.bytes, file.compression);
        let found = match fs::read(folder.join("back").join(name)) {
            Ok(found) => unpacked(&found, file.compression),
            Err(_) => Vec::new(),
        };
        // Of a table without its columns nothing can be read, and so nothing is kept aside.
        let is_table = name.contains(".csv") || name.contains(".tsv");
        if is_table && found.is_empty() && !entry["error"].is_null() {
            continue;
        }
        assert!(found == wanted, "{name}: {} bytes restored of {}", found.len(), wanted.len());
    }
}

fn check_all(files: impl Iterator<Item = Damaged>) -> usize {
    let mut batch = Vec::new();
    let mut checked = 0;
    for file in files {
        batch.push(file);
        checked += 1;
        if batch.len() == FILES {
            check(&batch);
            batch.clear();
        }
    }
    check(&batch);
    checked
}

#[test]
fn a_file_may_break_off_at_any_byte() {
    let mut files = Vec::new();
    for (name, bytes, ends) in samples() {
        for (suffix, compression) in COMPRESSIONS {
            if is_plain_only(name, compression) {
                continue;
            }
            let whole = packed(&bytes, compression);
            for cut in 0..=whole.len() {
                let (stem, extension) = name.split_once('.').expect("an extension");
                let start = &whole[..cut];
                let had = unpacked(start, compression).len();
                files.push(Damaged {
                    name: format!("{extension}{suffix}/{stem}{cut}.{extension}{suffix}"),
                    bytes: start.to_vec(),
                    compression,
                    least: ends.iter().filter(|end| **end <= had).count() as u64,
                });
            }
        }
    }
    eprintln!("{} cuts", check_all(files.into_iter()));
}

#[test]
fn bits_may_flip_anywhere() {
    let flips: usize =
        std::env::var("TAMIS_FLIPS").ok().and_then(|flips| flips.parse().ok()).unwrap_or(FLIPS);
    let mut originals = Vec::new();
    for (name, bytes, _) in samples() {
        for (suffix, compression) in COMPRESSIONS {
            if !is_plain_only(name, compression) {
                originals.push((name, suffix, compression, packed(&bytes, compression)));
            }
        }
    }
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below.max(1) as u64) as usize
    };
    let damaged = (0..flips).map(move |number| {
        let (name, suffix, compression, whole) = &originals[number % originals.len()];
        let mut bytes = whole.clone();
        // One bit mostly, sometimes several.
        for _ in 0..1 + random(4) * random(2) {
            let at = random(bytes.len());
            bytes[at] ^= 1 << random(8);
        }
        let (stem, extension) = name.split_once('.').expect("an extension");
        Damaged {
            name: format!("{extension}{suffix}/{stem}{number}.{extension}{suffix}"),
            bytes,
            compression: *compression,
            least: 0,
        }
    });
    eprintln!("{} damaged files", check_all(damaged));
}

/// The crate that reads Parquet panics at lengths below zero, which are a bit away from those above:
/// that is caught, told as what is wrong with the file, and not told twice.
#[test]
fn where_the_reader_of_parquet_panics_nothing_but_an_error_is_printed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    fs::write(folder.join("rules.toml"), RULES).expect("a file");
    fs::create_dir(folder.join("in")).expect("a folder");
    let tables = samples().into_iter().filter(|(name, ..)| *name == "a.parquet");
    for (_, whole, _) in tables {
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(folder.join(format!("in/{at}.parquet")), bytes).expect("a file");
        }
    }
    let done = tamis(folder, &["clean", "in", "-o", "out", "-q", "-r", "rules.toml"]);
    let errors = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(3), "{errors}");
    let caught = |line: &&str| line.ends_with(": corrupt Parquet data: it cannot be read");
    assert!(errors.lines().any(|line| caught(&line)), "nothing panics any more: {errors}");
    assert!(errors.lines().all(|line| line.starts_with("error: ")), "{errors}");
}

/// A page's header may say that some thousand million numbers follow that nobody knows the meaning
/// of. The reader of Parquet skips them one by one, also behind the end of the file.
#[test]
fn a_table_that_never_ends_is_given_up_at_its_end() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let tables = samples().into_iter().filter(|(name, ..)| *name == "a.parquet");
    for (name, mut bytes, _) in tables {
        // Field 15: a list of 2,147,483,647 numbers of eight bytes, as the first page begins.
        bytes[4..11].copy_from_slice(&[0xf9, 0xf7, 0xff, 0xff, 0xff, 0xff, 0x07]);
        fs::write(folder.join(name), bytes).expect("a file");
    }
    let child = Command::new(env!("CARGO_BIN_EXE_tamis"))
        .args(["clean", "a.parquet", "-o", "out", "-q"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let (code, _) = memory::watched(child.expect("the program starts"));
    assert_eq!(code, Some(3));
}

/// Every kind of container is among the samples.
#[test]
fn no_format_is_left_out() {
    let names: Vec<&str> = samples().iter().map(|(name, ..)| *name).collect();
    let is_there = |container: Container| match container {
        Container::Jsonl => names.contains(&"a.jsonl"),
        Container::Csv => names.contains(&"a.csv"),
        Container::Tsv => names.contains(&"a.tsv"),
        Container::Parquet => names.contains(&"a.parquet"),
        Container::Warc => names.contains(&"a.warc"),
        Container::File(_) => names.contains(&"a.txt"),
    };
    let all =
        [Container::Jsonl, Container::Csv, Container::Tsv, Container::Warc, Container::Parquet];
    assert!(all.into_iter().all(is_there));
}
