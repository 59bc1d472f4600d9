//! The result depends on the input and the rules alone: not on threads, not on the order of files.

use std::fs;
use std::path::Path;
use std::process::Command;

mod common;

use common::contents;

fn clean(folder: &Path, inputs: &[&str], output: &str, threads: &str) {
    let done = Command::new(env!("CARGO_BIN_EXE_tamis"))
        .arg("clean")
        .args(inputs)
        .args(["-o", output, "--threads", threads, "--quiet"])
        .args((output == "seven").then_some("--timings"))
        .current_dir(folder)
        .output()
        .expect("the program starts");
    let code = done.status.code();
    assert!(matches!(code, Some(0 | 3)), "{code:?}: {}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn threads_and_file_order_do_not_change_a_byte() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(&seeds).expect("seeds") {
        let path = entry.expect("an entry").path();
        if path.is_file() && path.extension().is_some() {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            fs::copy(&path, folder.path().join(&name)).expect("a copy");
            names.push(name);
        }
    }
    // Enough records that several batches and threads have work, some of them broken.
    let mut lines = String::new();
    for round in 0..400 {
        for name in &names {
            let text = fs::read(folder.path().join(name)).expect("a seed");
            let text = String::from_utf8_lossy(&text);
            lines.push_str(
                &serde_json::json!({"id": format!("{name}-{round}"), "text": text}).to_string(),
            );
            lines.push('\n');
            if round % 50 == 0 {
                lines.push_str("{\"text\": broken\n");
            }
        }
        if lines.len() > 12_000_000 {
            break;
        }
    }
    fs::write(folder.path().join("many.jsonl"), lines).expect("a file");
    names.push("many.jsonl".to_owned());
    names.sort();
    let forward: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut shuffled = forward.clone();
    shuffled.reverse();
    shuffled.swap(0, forward.len() / 2);

    clean(folder.path(), &forward, "one", "1");
    let expected = contents(&folder.path().join("one"));
    for name in ["many.jsonl", "recipe.md", "_tamis/removed.jsonl.zst"] {
        assert!(expected.get(Path::new(name)).is_some_and(|bytes| !bytes.is_empty()), "{name}");
    }
    // Taking the time changes nothing but the file of times.
    for (output, inputs, threads) in
        [("two", &forward, "2"), ("seven", &forward, "7"), ("shuffled", &shuffled, "2")]
    {
        clean(folder.path(), inputs, output, threads);
        let found = contents(&folder.path().join(output));
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (name, bytes) in &found {
            assert!(*bytes == expected[name], "{output}: {} differs", name.display());
        }
    }
    // A survey does not depend on them either, nor what is cleaned with one.
    let surveys: Vec<Vec<u8>> = [(&forward, "1"), (&forward, "7"), (&shuffled, "2")]
        .into_iter()
        .map(|(inputs, threads)| {
            let done = Command::new(env!("CARGO_BIN_EXE_tamis"))
                .arg("survey")
                .args(inputs)
                .args(["-o", "survey", "--threads", threads, "--quiet", "--overwrite"])
                .current_dir(folder.path())
                .status()
                .expect("the program starts");
            assert_eq!(done.code(), Some(3), "some records are broken");
            fs::read(folder.path().join("survey")).expect("a survey")
        })
        .collect();
    assert!(surveys.iter().all(|survey| *survey == surveys[0]), "surveys differ");
    let times = fs::read(folder.path().join("seven/_tamis/timings.json")).expect("times");
    let times: serde_json::Value = serde_json::from_slice(&times).expect("JSON");
    assert!(times["documents"].as_u64() > Some(0), "{times}");
    assert!(times["rules"].as_array().is_some_and(|rules| !rules.is_empty()), "{times}");
}
