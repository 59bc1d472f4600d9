//! `docs/labels.md` against the program: its example is right, its session is what is printed, its
//! keys are those of the JSON; and an evaluation does not depend on threads or the order of files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde::Deserialize;
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn docs() -> String {
    fs::read_to_string(root().join("docs/labels.md")).expect("docs/labels.md")
}

/// What stands between two pieces of a text.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text.find(start).unwrap_or_else(|| panic!("no {start:?}")) + start.len();
    let length = text[from..].find(end).unwrap_or_else(|| panic!("no {end:?} after {start:?}"));
    &text[from..from + length]
}

#[derive(Deserialize)]
struct Case {
    files: BTreeMap<String, String>,
}

/// A folder with the labels and rules of `tests/cli/eval.toml`.
fn folder() -> tempfile::TempDir {
    let case = fs::read_to_string(root().join("tests/cli/eval.toml")).expect("the case");
    let case: Case = toml::from_str(&case).expect("the case is right");
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, contents) in &case.files {
        fs::write(folder.path().join(name), contents).expect("a file");
    }
    folder
}

fn eval(folder: &Path, args: &[&str]) -> Output {
    let done = Command::new(env!("CARGO_BIN_EXE_tamis"))
        .arg("eval")
        .args(args)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("the program starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    done
}

#[test]
fn the_example_of_the_documentation_is_right() {
    let docs = docs();
    let example = between(&docs, "```json\n", "```");
    let documents = serde_json::Deserializer::from_str(example).into_iter::<Value>();
    let lines: Vec<String> = documents.map(|value| value.expect("JSON").to_string()).collect();
    assert_eq!(lines.len(), 2);
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("l.jsonl"), lines.join("\n")).expect("a file");
    let done = eval(folder.path(), &["l.jsonl"]);
    assert!(String::from_utf8_lossy(&done.stdout).starts_with("2 labelled documents"));
}

#[test]
fn the_session_of_the_documentation_is_what_is_printed() {
    let docs = docs();
    let session = between(&docs, "$ tamis eval mills.jsonl -r mine.toml\n", "```");
    let done = eval(folder().path(), &["mills.jsonl", "-r", "mine.toml"]);
    assert_eq!(String::from_utf8_lossy(&done.stdout), session);
}

/// All keys of objects in a value, but for names that come from the data.
fn keys(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                found.push(key.clone());
                if !matches!(key.as_str(), "sources" | "by") {
                    keys(value, found);
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn the_documentation_has_every_key_of_the_json() {
    let folder = folder();
    eval(folder.path(), &["mills.jsonl", "-r", "mine.toml", "--hits", "--json", "out.json"]);
    let json = fs::read(folder.path().join("out.json")).expect("the JSON");
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(json["format"], 1);
    let mut found = Vec::new();
    keys(&json, &mut found);
    let docs = docs();
    let part = docs.split("## The JSON").nth(1).expect("the chapter");
    for key in found {
        assert!(
            part.contains(&format!("`{key}`"))
                || part.contains(&format!("`{key}[]`"))
                || key == "by",
            "{key}"
        );
    }
}

#[test]
fn an_evaluation_depends_on_labels_and_rules_alone() {
    let folder = folder();
    let lines = fs::read_to_string(folder.path().join("mills.jsonl")).expect("labels");
    let (first, rest) = lines.split_once('\n').expect("two lines");
    fs::write(folder.path().join("a.jsonl"), first).expect("a file");
    fs::write(folder.path().join("b.jsonl"), rest).expect("a file");
    let json = |args: &[&str]| {
        let all: Vec<&str> =
            args.iter().copied().chain(["-r", "mine.toml", "--json", "out.json"]).collect();
        let done = eval(folder.path(), &all);
        (done.stdout, fs::read(folder.path().join("out.json")).expect("the JSON"))
    };
    let one = json(&["a.jsonl", "b.jsonl", "--threads", "1"]);
    assert_eq!(one, json(&["b.jsonl", "a.jsonl", "--threads", "7"]));
    assert_eq!(one.0, json(&["mills.jsonl"]).0);
}
