//! Writes a first corpus for each target: `cargo run --example seeds` in this folder.

use std::fs;
use std::io;
use std::path::Path;

use tamis_fuzz::{CUT, RUN_FILES};

/// The largest file of the project that is taken as a seed, in bytes.
const SEED_MAX: u64 = 6 << 10;

/// Lines of a run's files.
const SIDE: &[(&str, &str)] = &[
    (
        "sources",
        concat!(
            r#"{"source":"a.jsonl","output":"a.jsonl","container":"jsonl","compression":"none","bytes":40,"#,
            r#""items":2,"kept":1,"cut":1,"dropped":0,"unreadable":0,"blank":0,"final_newline":true}"#,
            "\n",
            r#"{"source":"b.txt","output":"b.txt","container":{"file":"text"},"compression":"zst","bytes":9,"#,
            r#""items":1,"kept":0,"cut":1,"dropped":0,"unreadable":0,"blank":0,"final_newline":false}"#,
            "\n",
            r#"{"source":"c.csv","output":"c.csv","container":"csv","compression":"gz","bytes":9,"#,
            r#""items":2,"kept":0,"cut":1,"dropped":0,"unreadable":0,"blank":0,"final_newline":false}"#,
            "\n",
            r#"{"source":"d.warc","output":"d.warc","container":"warc","compression":"none","bytes":9,"#,
            r#""items":1,"kept":0,"cut":1,"dropped":0,"unreadable":0,"blank":0,"final_newline":false}"#,
            "\n",
        ),
    ),
    (
        "removed",
        concat!(
            r#"{"source":"a.jsonl","ordinal":1,"id":"1","start":4,"end":6,"char_start":4,"char_end":6,"#,
            r#""block":0,"kind":"paragraph","by":"points","points":1.0,"rules":[],"text":"XY","more":[[9," "]]}"#,
            "\n",
            r#"{"source":"b.txt","ordinal":0,"id":"1","start":0,"end":2,"char_start":0,"char_end":2,"#,
            r#""block":0,"kind":"paragraph","by":"layout","points":1.0,"rules":[],"text":"XY"}"#,
            "\n",
        ),
    ),
    (
        "dropped",
        concat!(
            r#"{"source":"a.jsonl","ordinal":0,"id":"1","by":"points","scores":{"spam":1.0},"rules":[],"#,
            r#""raw":"{\"text\":\"x\"}"}"#,
            "\n"
        ),
    ),
    (
        "unreadable",
        concat!(
            r#"{"source":"a.jsonl","ordinal":0,"part":1,"reason":"too-large","message":"m","#,
            r#""raw_base64":"/wA="}"#,
            "\n"
        ),
    ),
    ("originals", "{\"source\":\"c.csv\",\"ordinal\":0,\"alone\":true,\"raw\":\"id,text\\n\"}\n"),
];

const CSV: &str = "id,text,lang\n1,plain,en\n2,\"quoted, and \"\"so\"\"\non\",de\n\n3,=1+1,en\n";

const HTTP: &[&str] = &[
    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>The mill",
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<p>Th\r\n3;a=b\r\ne m\r\n0\r\n\r\n",
    "HTTP/1.0 404\r\nContent-Encoding: gzip, deflate\r\nContent-Type: text/plain\r\n\r\nx",
];

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = root.join("corpus");
    let put = |target: &str, name: &str, bytes: &[u8]| {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes)
    };
    for folder in ["seeds", "rules", "rules/presets", "tests/data"] {
        for entry in fs::read_dir(root.join("..").join(folder))?.flatten() {
            let (path, metadata) = (entry.path(), entry.metadata()?);
            if !metadata.is_file() || metadata.len() > SEED_MAX {
                continue;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            let bytes = fs::read(&path)?;
            match path.extension().and_then(|ending| ending.to_str()) {
                Some("toml") => put("rules", &name, &bytes)?,
                Some("html") => put("html", &name, &bytes)?,
                Some("jsonl") => {
                    for (number, line) in bytes.split(|byte| *byte == b'\n').take(8).enumerate() {
                        put("jsonl", &format!("{name}-{number}"), line)?;
                    }
                }
                _ => put("segment", &name, &bytes)?,
            }
        }
    }
    put(
        "jsonl",
        "plain",
        br#"{"id": 1, "text": "a\u00e9\n", "a": {"b": "c", "a.b": 1}, "lang": "en"}"#,
    )?;
    put("csv", "plain", CSV.as_bytes())?;
    put("csv", "tabs", CSV.replace(',', "\t").as_bytes())?;
    let mut web =
        String::from("WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 3\r\n\r\na: \r\n\r\n");
    for (number, response) in HTTP.iter().enumerate() {
        put("http", &number.to_string(), response.as_bytes())?;
        web.push_str("WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\n");
        web.push_str(
            "WARC-Target-URI: https://mill.example/\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n",
        );
        web.push_str("Content-Type: application/http; msgtype=response\r\n");
        web.push_str(&format!("Content-Length: {}\r\n\r\n{response}\r\n\r\n", response.len()));
    }
    put("warc", "responses", web.as_bytes())?;
    let wet = "WARC/1.0\r\nWARC-Type: conversion\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nThe mill.\r\n\r\n";
    put("warc", "conversion", wet.as_bytes())?;
    let packed = |bytes: &[u8], compression| -> io::Result<Vec<u8>> {
        let mut encoder = tamis::source::compression::Encoder::new(Vec::new(), compression)?;
        io::Write::write_all(&mut encoder, bytes)?;
        encoder.finish()
    };
    use tamis::source::Compression::{Gz, Zst};
    for (name, compression, coding) in [("gz", Gz, "gzip"), ("zst", Zst, "zstd")] {
        let one = packed(web.as_bytes(), compression)?;
        put("decompress", &format!("{name}-two"), &[&one[..], &one].concat())?;
        put("decompress", name, &one)?;
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: {coding}\r\n\r\n"
        );
        let body = packed(b"<p>The mill stands idle at low tide.", compression)?;
        put("http", coding, &[head.as_bytes(), &body].concat())?;
    }
    let mut run = Vec::new();
    for name in RUN_FILES {
        let lines = SIDE.iter().find(|(side, _)| *side == name).map_or("", |(_, lines)| lines);
        run.extend_from_slice(lines.as_bytes());
        run.push(CUT);
    }
    for output in ["{\"text\":\"abcdefgh\"}\n", "abc", CSV, wet] {
        run.extend_from_slice(output.as_bytes());
        run.push(CUT);
    }
    put("restore", "run", &run)?;
    put(
        "config",
        "plain",
        b"[clean]\nquiet = true\nthreads = 2\nformat = 'jsonl'\nrules = ['a', 'b']\n",
    )?;
    // Tables of Parquet are binary, and no file of the project; what else is given, is copied.
    for (number, given) in std::env::args().skip(1).enumerate() {
        let bytes = fs::read(&given)?;
        put("parquet", &format!("given-{number}"), &bytes)?;
        put("survey", &format!("given-{number}"), &bytes)?;
    }
    let model = br#"{"format":"tamis-trees","version":1,"about":"","data":"","figures":{},"options":{"trees":1,
"leaves":2,"depth":1,"learning_rate":0.1,"l2":1.0,"min_hessian":0.1,"min_rows":1,"min_gain":0.0,"bins":255,
"feature_share":1.0,"row_share":1.0,"seed":1},"features":["by_word.words"],"base":0.5,"tree_count":1,"trees":[
{"node":[0],"feature":[0],"threshold":[1.0],"gain":[1.0],"value":[0.0,1.0,-1.0]}]}"#;
    let head = br#"{"format":"tamis-main-content","version":1,"kinds":{"article":"#;
    put("model", "whole", &[head, &model[..], br#"},"blocks":"#, model, b"}"].concat())?;
    put("model", "small", br#"{"format":"x","version":1,"kinds":{},"blocks":{}}"#)
}
