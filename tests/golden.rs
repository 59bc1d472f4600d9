//! Whole runs: the pages of `tests/golden/in` come out as those of `tests/golden/out`, with these
//! sums in the report; those of `tests/golden/html/in` as Markdown, by the rules that a folder
//! beside it is named for, with what they state of themselves. `UPDATE_GOLDEN=1 cargo test --test
//! golden` writes what came out; read the difference before you commit it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tamis::source::Compression;
use tamis::source::compression::open_file;

fn golden() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("text"))
        })
        .collect()
}

/// The part of a report that a reader can check by eye: sums, and what each rule removed.
fn excerpt(report: &Value) -> Value {
    let rules: BTreeMap<&str, Value> = report["rules"]
        .as_array()
        .expect("rules")
        .iter()
        .filter(|rule| rule["acted"].as_u64() > Some(0))
        .map(|rule| {
            let texts: Vec<&Value> =
                rule["samples"].as_array().expect("samples").iter().map(|s| &s["text"]).collect();
            let name = rule["rule"].as_str().expect("a name");
            (name, json!({ "acted": rule["acted"], "bytes": rule["bytes"], "samples": texts }))
        })
        .collect();
    json!({
        "totals": report["totals"],
        "categories": report["categories"],
        "decided_by": report["decided_by"],
        "unreadable": report["unreadable"],
        "rules": rules,
    })
}

#[test]
fn whole_pages_come_out_as_they_should() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("out");
    let done = Command::new(env!("CARGO_BIN_EXE_tamis"))
        .arg("clean")
        .arg(golden().join("in"))
        .arg("-o")
        .arg(&output)
        .args(["--annotate", "--quiet"])
        .output()
        .expect("the program starts");
    assert_eq!(done.status.code(), Some(3), "{}", String::from_utf8_lossy(&done.stderr));
    let report = fs::read(output.join("_tamis/report.json")).expect("a report");
    let report: Value = serde_json::from_slice(&report).expect("JSON");
    assert_sums(&report);
    let mut found = files(&output);
    found.insert("report-excerpt.json".to_owned(), format!("{:#}\n", excerpt(&report)));

    assert_files(&golden().join("out"), &found);
}

#[test]
fn pages_in_html_come_out_as_markdown() {
    // Rules that do not depend on what a model was trained on.
    as_markdown("boilerplate");
}

#[test]
fn of_pages_in_html_the_main_content_stays() {
    // Some of the pages are shown in `docs/accuracy.md`.
    as_markdown("web-html");
}

fn as_markdown(rules: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("out");
    let pages = golden().join("html/in");
    let run = |arguments: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_tamis"))
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .expect("the program starts");
        assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let clean = |to: &str, more: &[&str]| {
        let pages = pages.to_str().expect("Unicode");
        run(&[&["clean", pages, "-o", to, "--quiet", "-r", rules], more].concat());
    };
    clean("out", &["--html-output", "markdown"]);
    let mut found = files(&output);
    let metadata = output.join("_tamis/metadata.jsonl.zst");
    let mut lines = String::new();
    let mut reader = open_file(&metadata, Compression::Zst).expect("metadata");
    reader.read_to_string(&mut lines).expect("text");
    found.insert("metadata.jsonl".to_owned(), lines);
    assert_files(&golden().join("html").join(rules), &found);

    run(&["restore", "out", "-o", "back"]);
    assert_eq!(files(&folder.path().join("back")), files(&pages));
    // The text that was judged is the same as where it comes out.
    clean("text", &[]);
    let ledger = |run: &str| fs::read(folder.path().join(run).join("_tamis/removed.jsonl.zst"));
    assert_eq!(ledger("out").expect("a ledger"), ledger("text").expect("a ledger"));
}

/// What was found is what is kept in the folder, or takes its place there.
fn assert_files(kept: &Path, found: &BTreeMap<String, String>) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let _ = fs::remove_dir_all(kept);
        fs::create_dir_all(kept).expect("a folder");
        for (name, text) in found {
            fs::write(kept.join(name), text).expect("a file");
        }
    }
    let expected = files(kept);
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, text) in found {
        assert_eq!(text, &expected[name], "{name} (UPDATE_GOLDEN=1 cargo test --test golden)");
    }
}

/// The sums of the report add up, as `docs/report.md` says.
fn assert_sums(report: &Value) {
    let totals = &report["totals"];
    let count = |value: &Value| value.as_u64().expect("a count");
    for what in ["bytes", "characters"] {
        let parts = ["kept", "removed", "dropped"].map(|part| count(&totals[part][what]));
        assert_eq!(count(&totals["read"][what]), parts.iter().sum::<u64>(), "{what}");
    }
    let documents = ["kept", "dropped"].map(|part| count(&totals[part]["documents"]));
    assert_eq!(count(&totals["read"]["documents"]), documents.iter().sum::<u64>());
    let categories = report["categories"].as_object().expect("categories");
    let removed: u64 = categories.values().map(|amount| count(&amount["bytes"])).sum();
    assert_eq!(removed, count(&totals["removed"]["bytes"]), "every removal has a category");
    let dropped: u64 = categories.values().map(|amount| count(&amount["dropped"])).sum();
    assert_eq!(dropped, count(&totals["dropped"]["documents"]), "every drop has a category");
    let decided = report["decided_by"].as_object().expect("who decided");
    let removals: u64 = categories.values().map(|amount| count(&amount["removals"])).sum();
    assert_eq!(decided.values().map(count).sum::<u64>(), removals);
}
