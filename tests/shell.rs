//! Manners among other programs: pipes that close, full devices, scripts for shells, metrics.
#![cfg(unix)]

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

fn tamis(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
    command.current_dir(folder).env("NO_COLOR", "1").env_remove("CLICOLOR_FORCE");
    command
}

/// So many records of some hundred bytes, all of them good.
fn corpus(folder: &Path, records: usize) {
    let mut file = File::create(folder.join("in.jsonl")).expect("a file");
    for n in 0..records {
        let text = format!(
            "The mill at the mouth of creek number {n} ground its last corn in the spring of 1957, \
             and the wheel was sold to a brewer in the north of the county."
        );
        writeln!(file, "{}", serde_json::json!({ "id": n, "text": text })).expect("room");
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_run_quietly() {
    let folder = tempfile::tempdir().expect("a folder");
    corpus(folder.path(), 20_000);
    let mut child = tamis(folder.path())
        .args(["clean", "in.jsonl", "-o", "-", "--quiet"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut first = String::new();
    let mut out = BufReader::with_capacity(64, child.stdout.take().expect("a pipe"));
    out.read_line(&mut first).expect("a line");
    drop(out);
    let mut said = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
    let code = child.wait().expect("it ends").code();
    assert!(first.starts_with("{\"id\":0,"), "{first}");
    assert_eq!((code, said.as_str()), (Some(0), ""));
}

#[test]
fn standard_output_that_is_full_is_an_error() {
    let Ok(full) = OpenOptions::new().write(true).open("/dev/full") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    corpus(folder.path(), 10);
    let done = tamis(folder.path())
        .args(["clean", "in.jsonl", "-o", "-", "--quiet"])
        .stdout(full)
        .output()
        .expect("the program runs");
    assert_eq!(done.status.code(), Some(2));
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains("standard output: "), "{said}");
}

#[test]
fn bash_reads_its_completions() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = tamis(folder.path()).args(["completions", "bash"]).output().expect("it runs");
    assert!(script.status.success() && !script.stdout.is_empty());
    fs::write(folder.path().join("script"), &script.stdout).expect("room");
    let checked = Command::new("bash").arg("-n").arg(folder.path().join("script")).output();
    // Without bash there is nothing to be checked.
    let Ok(checked) = checked else { return };
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn a_page_is_written_for_every_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let done = tamis(folder.path()).args(["man", "--output", "man"]).status().expect("it runs");
    assert!(done.success());
    for name in ["tamis.1", "tamis-clean.1", "tamis-config-show.1", "tamis-rules-list.1"] {
        let page = fs::read_to_string(folder.path().join("man").join(name)).expect(name);
        assert!(page.contains(".TH ") && page.contains(".SH NAME"), "{name}");
    }
}

#[test]
fn a_limit_stops_a_run_that_goes_on_under_a_wider_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    // More than an epoch, so that there is something left to be done.
    let mut file = File::create(root.join("in.jsonl")).expect("a file");
    let text = "The mill stands idle at low tide, and the miller reads the paper. ".repeat(1_200);
    for n in 0..400 {
        let call = if n < 300 { "Share your thoughts in the comments below!" } else { "" };
        let record = serde_json::json!({ "id": n, "text": format!("{text}{call}") });
        writeln!(file, "{record}").expect("room");
    }
    let rules = "format = 1\nabout = \"x\"\n[rules.call]\nabout = \"A call\"\nwhy = \"x\"\n\
                 category = \"spam\"\nscope = \"document\"\naction = \"drop\"\n\
                 when = { phrases = [\"in the comments below\"] }\nhits = [\"In the comments below.\"]\n\
                 misses = [\"No.\"]\n";
    fs::write(root.join("mine.toml"), rules).expect("room");
    let clean = |output: &str, more: &[&str]| {
        let line = ["clean", "in.jsonl", "-q", "-r", "mine.toml", "-o", output];
        tamis(root).args(line).args(more).output().expect("it runs")
    };
    let stopped = clean("out", &["--fail-on-dropped", "0.9", "--limits-after", "100"]);
    let said = String::from_utf8_lossy(&stopped.stderr).into_owned();
    assert_eq!(stopped.status.code(), Some(1), "{said}");
    assert!(said.contains("100 % of the documents were dropped, more than 90 %"), "{said}");
    // No output has its name, and a report says what was done until then.
    let path = root.join("out/_tamis/report.json");
    let report =
        || -> Value { serde_json::from_slice(&fs::read(&path).expect("a report")).expect("JSON") };
    for name in ["in.jsonl", "_tamis/dropped.jsonl.zst", "_tamis/sources.jsonl.zst"] {
        assert!(!root.join("out").join(name).exists(), "{name} is not complete");
    }
    assert_eq!(report()["unfinished"], true);
    assert_eq!(report()["limits"][0]["limit"], "dropped-documents");
    let dropped = report()["totals"]["dropped"]["documents"].clone();
    assert!(dropped.as_u64().is_some_and(|dropped| (100..300).contains(&dropped)), "{dropped}");
    assert_eq!(report()["rules"][0]["dropped"], dropped);
    // It is no measure for other runs.
    let compared = clean("other", &["--compare", "out/_tamis/report.json"]);
    assert_eq!(compared.status.code(), Some(2));
    // Stopped again, further on.
    let again = clean("out", &["--fail-on-dropped", "0.7", "--limits-after", "100", "--resume"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(report()["totals"]["dropped"]["documents"].as_u64() > dropped.as_u64());
    // Three quarters are dropped in the end.
    let resumed = clean("out", &["--fail-on-dropped", "0.9", "--limits-after", "401", "--resume"]);
    assert_eq!(resumed.status.code(), Some(0), "{}", String::from_utf8_lossy(&resumed.stderr));
    assert!(report()["unfinished"].is_null());
    let whole = clean("whole", &[]);
    assert_eq!(whole.status.code(), Some(0));
    for name in ["in.jsonl", "_tamis/dropped.jsonl.zst", "_tamis/report.json"] {
        let read = |output: &str| fs::read(root.join(output).join(name)).expect(name);
        assert!(read("out") == read("whole"), "{name} differs");
    }
}

#[test]
fn metrics_say_how_a_run_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    corpus(folder.path(), 50);
    let clean = |more: &[&str]| {
        let line = ["clean", "in.jsonl", "-q", "--overwrite", "-o", "out"];
        tamis(folder.path()).args(line).args(more).status().expect("it runs").code()
    };
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect(name);
    assert_eq!(clean(&["--metrics", "m.json"]), Some(0));
    let metrics: Value = serde_json::from_str(&read("m.json")).expect("JSON");
    assert_eq!(metrics["run_state"], "done");
    assert_eq!(metrics["documents"]["kept"], 50);
    assert_eq!(metrics["sources"]["done"], 1);
    let report: Value = serde_json::from_str(&read("out/_tamis/report.json")).expect("JSON");
    for entry in report["rules"].as_array().expect("rules") {
        let rule = entry["rule"].as_str().expect("a name");
        assert_eq!(metrics["rule_hits"][rule], entry["hits"], "{rule}");
    }
    assert_eq!(clean(&["--metrics", "m.prom"]), Some(0));
    assert!(read("m.prom").contains("tamis_run_state{state=\"done\"} 1\n"));
    assert!(read("m.prom").contains("tamis_documents_total{decision=\"kept\"} 50\n"));
}

#[test]
fn a_log_gets_lines_and_what_comes_out_does_not_depend_on_them() {
    let folder = tempfile::tempdir().expect("a folder");
    corpus(folder.path(), 100);
    let clean = |output: &str, how: &str| {
        let line = ["clean", "in.jsonl", "-q", "-o", output, "--progress", how];
        let done = tamis(folder.path()).args(line).output().expect("it runs");
        assert!(done.status.success());
        String::from_utf8_lossy(&done.stderr).into_owned()
    };
    assert_eq!(clean("none", "none"), "");
    assert_eq!(clean("plain", "plain"), "", "a short run needs no line");
    let last: Value = serde_json::from_str(clean("json", "json").trim()).expect("one object");
    assert_eq!(
        (&last["event"], &last["documents"], &last["share"]),
        (&"done".into(), &100.into(), &1.0.into())
    );
    for name in ["in.jsonl", "_tamis/run.json", "_tamis/report.json"] {
        let read = |output: &str| fs::read(folder.path().join(output).join(name)).expect(name);
        assert!(read("none") == read("json"), "{name} differs");
    }
}
