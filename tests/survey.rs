//! `tamis survey` and what `clean` does with it, through the program.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

fn program(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
    command.args(args).current_dir(folder).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    let output = program(folder, args).output().expect("the program starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {errors}");
    output
}

fn read(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Records of a file of the run that is compressed JSON Lines.
fn records(folder: &Path, name: &str) -> Vec<Value> {
    let text = zstd::stream::decode_all(&read(folder, name)[..]).expect("zstd");
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).expect("JSON")).collect()
}

const WORDS: [&str; 16] = [
    "mill", "tide", "creek", "wheel", "barge", "grain", "stone", "flood", "spring", "harbour",
    "rope", "net", "lamp", "ferry", "island", "winter",
];

/// A sentence of a number's own.
fn sentence(number: u64) -> String {
    let mut seed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut words = Vec::new();
    for _ in 0..14 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        words.push(WORDS[(seed >> 60) as usize]);
    }
    format!("The {} stood idle.", words.join(" "))
}

fn record(id: u64, paragraphs: &[String]) -> String {
    let text = paragraphs.join("\n\n");
    let url = format!("https://www.site{}.example/page{id}", id % 3);
    serde_json::json!({ "id": id.to_string(), "url": url, "text": text }).to_string() + "\n"
}

/// Three files of pages: each of its own paragraphs, with one that three pages in four share, and
/// every tenth a reprint of another.
fn corpus(folder: &Path) {
    fs::create_dir_all(folder.join("in")).expect("a folder");
    for file in 0..3u64 {
        let pages = (0..40u64).map(|n| {
            let id = file * 40 + n;
            let own = if n % 10 == 9 { 5 } else { id };
            let mut paragraphs: Vec<String> = (0..4)
                .map(|k| sentence(own * 10 + k) + " " + &sentence(own * 10 + k + 5))
                .collect();
            if n % 4 > 0 {
                let notice = "This page belongs to the archive of the old mill, and its keepers \
                              welcome letters and photographs of the harbour.";
                paragraphs.push(notice.to_owned());
            }
            record(id, &paragraphs)
        });
        let name = format!("in/{}.jsonl", ["a", "b", "c"][file as usize]);
        fs::write(folder.join(name), pages.collect::<String>()).expect("a file");
    }
}

/// Rules that ask for all that a survey counts.
const ALL: [&str; 8] =
    ["-r", "copies", "-r", "near-copies", "-r", "sentence-windows", "-r", "duplicate-documents"];

#[test]
fn a_survey_depends_on_the_documents_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    corpus(folder);
    let survey = |output: &str, more: &[&str]| {
        let args: Vec<&str> =
            ["survey", "-q", "-o", output].iter().chain(&ALL).chain(more).copied().collect();
        run(folder, &args);
        read(folder, output)
    };
    let whole = survey("1.parquet", &["in", "--threads", "1"]);
    assert!(whole == survey("2.parquet", &["in", "--threads", "4"]), "threads");
    assert!(whole == survey("3.parquet", &["in", "--memory", "16MiB"]), "memory");
    survey("c.parquet", &["in/c.jsonl"]);
    survey("a.parquet", &["in/a.jsonl"]);
    survey("b.parquet", &["in/b.jsonl"]);
    run(folder, &["survey", "merge", "c.parquet", "a.parquet", "b.parquet", "-o", "m.parquet"]);
    // Files that are named alone have the same names as those that were found in a folder.
    assert!(whole == read(folder, "m.parquet"), "merged");
    survey("late.parquet", &["in/b.jsonl", "--add", "c.parquet", "--add", "a.parquet"]);
    assert!(whole == read(folder, "late.parquet"), "added");
}

#[test]
fn what_is_a_copy_names_the_document_that_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    corpus(folder);
    let clean = |output: &str, more: &[&str]| {
        let args: Vec<&str> =
            ["clean", "in", "-q", "-o", output].iter().chain(more).copied().collect();
        run(folder, &args);
    };
    clean("out", &["-r", "copies", "--survey", "auto"]);
    let removed = records(folder, "out/_tamis/removed.jsonl.zst");
    let notices: Vec<&Value> = removed
        .iter()
        .filter(|record| record["text"].as_str().is_some_and(|text| text.contains("keepers")))
        .collect();
    assert!(notices.len() > 50, "{}", notices.len());
    for record in notices {
        assert_eq!(record["copy_of"], serde_json::json!({ "source": "a.jsonl", "ordinal": 1 }));
    }
    run(folder, &["restore", "out", "-o", "back"]);

    clean("dropped", &["-r", "duplicate-documents"]);
    let dropped = records(folder, "dropped/_tamis/dropped.jsonl.zst");
    assert_eq!(dropped.len(), 12, "each tenth page is a reprint of the sixth");
    for record in &dropped {
        let stays = &record["copy_of"];
        assert_eq!(stays, &serde_json::json!({ "source": "a.jsonl", "ordinal": 5 }), "{record}");
    }
    run(folder, &["restore", "dropped", "-o", "back2"]);
    for name in ["a", "b", "c"] {
        for back in ["back", "back2"] {
            let restored = read(folder, &format!("{back}/{name}.jsonl"));
            assert!(restored == read(folder, &format!("in/{name}.jsonl")), "{name}");
        }
    }
}

#[test]
fn clusters_and_the_most_repeated_are_listed_with_samples() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    corpus(folder);
    run(folder, &["survey", "in", "-q", "-o", "s.parquet", "-r", "duplicate-documents"]);
    let lines = |args: &[&str]| -> Vec<Value> {
        let output = run(folder, args).stdout;
        let lines = output.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).expect("JSON")).collect()
    };
    let clusters = lines(&["survey", "clusters", "s.parquet", "in", "--json"]);
    assert_eq!(
        clusters[0],
        serde_json::json!({ "clusters": 1, "documents": 13, "sizes": {"13": 1} })
    );
    assert_eq!(clusters[1]["kept"], serde_json::json!({ "source": "a.jsonl", "ordinal": 5 }));
    assert_eq!(clusters[1]["members"].as_array().map(Vec::len), Some(13));
    assert!(clusters[1]["sample"].as_str().is_some_and(|sample| sample.starts_with("The ")));

    let top = lines(&["survey", "top", "s.parquet", "in", "--json", "-n", "2"]);
    assert_eq!(top.len(), 2);
    assert_eq!((&top[0]["documents"], &top[0]["groups"]), (&90.into(), &3.into()));
    assert!(top[0]["sample"].as_str().is_some_and(|sample| sample.contains("keepers")));
    let shown =
        String::from_utf8(run(folder, &["survey", "top", "s.parquet"]).stdout).expect("text");
    assert!(shown.contains("90 documents, 90 copies; first a.jsonl:2"), "{shown}");
    assert!(shown.contains("on 3 hosts: site"), "{shown}");
}

#[test]
fn another_field_can_group_documents() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let lines = (0..4).map(|n| {
        let text = "The ferry runs daily from the quay to the island, and back at noon.";
        serde_json::json!({ "text": text, "crawl": { "site": format!("s{}", n % 2) } }).to_string()
            + "\n"
    });
    fs::write(folder.join("a.jsonl"), lines.collect::<String>()).expect("a file");
    run(folder, &["survey", "a.jsonl", "-q", "-o", "s.parquet", "--group-by", "crawl.site"]);
    let top = run(folder, &["survey", "top", "s.parquet", "--json"]).stdout;
    let top: Value = serde_json::from_slice(&top).expect("JSON");
    assert_eq!(top["most"], serde_json::json!([["s0", 2], ["s1", 2]]));
    let rules = "format = 1\nabout = 'T'\ncategory = 'repeats'\n[rules.x]\nabout = 'X'\n\
                 scope = 'block'\naction = 'remove'\n\
                 when = { signal = 'block_host_share', above = 0.5 }\n";
    fs::write(folder.join("own.toml"), rules).expect("a file");
    let args = ["clean", "a.jsonl", "-r", "own.toml", "--survey", "s.parquet", "-q", "-o"];
    let refused = program(folder, &[&args[..], &["out"]].concat()).output().expect("it starts");
    let errors = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2));
    assert!(errors.contains("it counts documents by `crawl.site`"), "{errors}");
    run(folder, &[&args[..], &["out", "--group-by", "crawl.site"]].concat());
}

/// What does not fit into memory is in files without names: however the program ends, nothing of
/// it is left.
#[test]
fn a_survey_that_is_killed_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::create_dir(folder.join("temporary")).expect("a folder");
    let mut text = String::new();
    for id in 0..30_000u64 {
        let paragraphs: Vec<String> = (0..20).map(|k| sentence(id * 20 + k)).collect();
        text += &record(id, &paragraphs);
    }
    fs::write(folder.join("a.jsonl"), text).expect("a file");
    let args = ["survey", "a.jsonl", "-q", "-o", "s.parquet", "--memory", "16MiB"];
    let args = [&args[..], &["--temp-folder", "temporary"]].concat();
    let mut child = program(folder, &args).spawn().expect("the program starts");
    std::thread::sleep(Duration::from_millis(1500));
    // On a fast machine it may be done; then nothing may be left either.
    let _ = child.kill();
    let killed = child.wait().expect("a child");
    let left = fs::read_dir(folder.join("temporary")).expect("a folder").count();
    assert_eq!(left, 0);
    let began_with = |name: &str| {
        let entries = fs::read_dir(folder).expect("a folder");
        entries
            .filter(|e| e.as_ref().is_ok_and(|e| e.file_name().to_string_lossy().starts_with(name)))
            .count()
    };
    assert_eq!(
        began_with("s.parquet"),
        usize::from(killed.success()),
        "it is there when it is complete"
    );
}
