//! Large and deep input: bounded memory, bounded time, no stack overflow.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

#[path = "common/memory.rs"]
mod memory;

use memory::watched;

fn program(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
    command.args(args).current_dir(folder).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    program(folder, args).output().expect("the program starts")
}

fn assert_code(output: &Output, code: i32) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{errors}");
}

fn report(folder: &Path) -> Value {
    let text = fs::read(folder.join("out/_tamis/report.json")).expect("a report");
    serde_json::from_slice(&text).expect("JSON")
}

const GOOD: &str =
    r#"{"text": "The mill stood idle through the winter, and the miller mended nets."}"#;

#[test]
fn a_line_over_the_limit_is_set_aside_in_pieces() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let long = format!(r#"{{"text": "{}"}}"#, "The mill. ".repeat(2_000));
    let input = format!("{GOOD}\n{long}\n{GOOD}\n\n{long}");
    fs::create_dir(folder.join("in")).expect("a folder");
    fs::write(folder.join("in/a.jsonl"), &input).expect("a file");
    fs::write(folder.join("in/b.txt"), "One word and another. ".repeat(500)).expect("a file");
    assert_code(&run(folder, &["clean", "in", "-o", "out", "--max-bytes", "1000"]), 3);
    let report = report(folder);
    assert_eq!(report["unreadable"]["too-large"]["records"], 3);
    assert_eq!(report["totals"]["kept"]["documents"], 2);
    assert_code(&run(folder, &["restore", "out", "-o", "back"]), 0);
    for name in ["a.jsonl", "b.txt"] {
        let before = fs::read(folder.join("in").join(name)).expect("the input");
        assert!(fs::read(folder.join("back").join(name)).expect("restored") == before, "{name}");
    }
}

#[test]
fn a_line_of_200_megabytes_does_not_fill_the_memory() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let file = fs::File::create(folder.join("a.jsonl")).expect("a file");
    let mut out = BufWriter::new(file);
    let chunk = "The mill stood idle. ".repeat(50_000);
    writeln!(out, "{GOOD}").expect("disk");
    write!(out, r#"{{"text": ""#).expect("disk");
    let mut length = 0;
    while length < 200_000_000 {
        out.write_all(chunk.as_bytes()).expect("disk");
        length += chunk.len();
    }
    writeln!(out, "\"}}\n{GOOD}").expect("disk");
    out.into_inner().expect("disk").sync_all().expect("disk");

    let child = program(folder, &["clean", "a.jsonl", "-o", "out", "--quiet"])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let (code, most) = watched(child);
    assert_eq!(code, Some(3));
    assert!(most < 600_000_000, "{most} bytes of memory");
    let report = report(folder);
    assert_eq!(report["totals"]["kept"]["documents"], 2);
    assert_eq!(report["unreadable"]["too-large"]["records"], 1);
}

#[test]
fn deep_markup_overflows_no_stack() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let deep = |tag: &str| {
        let open = format!("<{tag}>").repeat(100_000);
        let close = format!("</{tag}>").repeat(100_000);
        format!("<html><body>{open}The mill stood idle through the winter.{close}</body></html>")
    };
    fs::create_dir(folder.join("in")).expect("a folder");
    for tag in ["div", "b", "table", "ul"] {
        fs::write(folder.join(format!("in/{tag}.html")), deep(tag)).expect("a file");
    }
    let brackets = format!("{{\"text\": {}1{}}}\n", "[".repeat(100_000), "]".repeat(100_000));
    fs::write(folder.join("in/deep.jsonl"), brackets).expect("a file");
    let quotes = format!("{} deep\n\n{} * item\n", ">".repeat(100_000), "  ".repeat(100_000));
    fs::write(folder.join("in/deep.md"), quotes).expect("a file");
    let done = run(folder, &["clean", "in", "-o", "out"]);
    assert_code(&done, 3);
    assert_code(&run(folder, &["restore", "out", "-o", "back"]), 0);
    for entry in fs::read_dir(folder.join("in")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let back = folder.join("back").join(path.file_name().expect("a name"));
        assert!(fs::read(&path).expect("input") == fs::read(&back).expect("restored"), "{path:?}");
    }
}

/// Ten times the lines may take ten times as long, not a hundred.
#[test]
fn the_time_grows_with_the_length() {
    use tamis::{Cleaner, Record, RuleSet, Survey};
    let rules = RuleSet::default_preset().expect("the default preset is right");
    let cleaner = Cleaner::new(rules, Survey::none()).expect("no survey is needed");
    let time = |text: &str| {
        let record = Record::text("id", text).in_language("en");
        let began = Instant::now();
        cleaner.clean(record).expect("text");
        began.elapsed()
    };
    let kinds: &[(&str, &str)] = &[
        ("tiny lines", "a\n"),
        ("tiny paragraphs", "a\n\n"),
        ("marks", "It was cold [4] [5] that year. "),
        ("calls", "Share your thoughts in the comments below. "),
        ("items", "* [a](#a)\n"),
        ("fields", "Name : x\n"),
        ("headings", "# A\n"),
        ("brackets", "[("),
    ];
    for (name, piece) in kinds {
        let short = time(&piece.repeat(2_000));
        let long = time(&piece.repeat(20_000));
        let most = short * 40 + Duration::from_millis(300);
        assert!(long < most, "{name}: {short:?} for one part, {long:?} for ten");
    }
}
