//! Bad input through the program: the run goes on, says so, and gives everything back.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn tamis(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tamis"))
        .args(args)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

fn said(output: &Output) -> String {
    format!(
        "{:?}\n{}\n{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

fn report(folder: &Path) -> Value {
    let text = fs::read(folder.join("out/_tamis/report.json")).expect("a report");
    serde_json::from_slice(&text).expect("JSON")
}

/// Cleans `in` to `out`, restores it to `back`, and holds every file against its input.
fn round(folder: &Path, code: i32, more: &[&str]) -> Value {
    let mut args = vec!["clean", "in", "-o", "out"];
    args.extend(more);
    let done = tamis(folder, &args);
    assert_eq!(done.status.code(), Some(code), "{}", said(&done));
    let back = tamis(folder, &["restore", "out", "-o", "back"]);
    assert_eq!(back.status.code(), Some(0), "{}", said(&back));
    report(folder)
}

fn assert_same(folder: &Path, name: &str) {
    let before = fs::read(folder.join("in").join(name)).expect("the input");
    let after = fs::read(folder.join("back").join(name))
        .unwrap_or_else(|error| panic!("{name} is not restored: {error}"));
    assert!(before == after, "{name} differs: {} and {} bytes", before.len(), after.len());
}

const GOOD: &str =
    "The last mill stands there still, and its wheel has not turned for sixty years.\n";

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn bad_lines_are_set_aside_with_their_reasons() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let lines: &[&[u8]] = &[
        br#"{"text": "The first mill stood on the mud of the creek and nobody knows who built it."}"#,
        b"{\"text\": \"caf\xe9 \xff\xfe\"}",
        br#"{"text": "broken"#,
        br#"{"nothing": 1}"#,
        br#"{"text": null}"#,
        br#"{"text": ["a"]}"#,
        br#"["text"]"#,
        b"\x00\x00\x00",
        br#"{"text": "half \ud83d of a pair"}"#,
        br#"{"text": "once", "text": "twice"}"#,
        b"",
        b"   \t\r",
        br#"{"text": "NUL \u0000 inside a text that goes on for a while after it, as texts do."}"#,
        br#"{"text": ""}"#,
        br#"{"text": "The last one, without a line break at its end, is a record like the others."}"#,
    ];
    write(folder, "in/a.jsonl", &lines.join(&b'\n'));
    write(folder, "in/b.txt", GOOD.as_bytes());
    let report = round(folder, 3, &[]);
    assert_same(folder, "a.jsonl");
    assert_same(folder, "b.txt");
    let reasons = &report["unreadable"];
    for (reason, records) in
        [("invalid-utf8", 1), ("broken-json", 5), ("missing-text", 1), ("text-not-string", 2)]
    {
        assert_eq!(reasons[reason]["records"], records, "{reason}: {reasons:#}");
    }
    assert_eq!(report["totals"]["blank_lines"], 2);
    let kept = fs::read_to_string(folder.join("out/b.txt")).expect("the good file");
    assert_eq!(kept, GOOD);
}

#[test]
fn files_that_break_off_are_named_and_what_was_read_comes_back() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let mut lines = String::new();
    for n in 0..500 {
        let text = format!("Mill number {n} stood on the mud of the creek, {} feet wide.", n * n);
        lines.push_str(&serde_json::json!({ "text": text, "n": n }).to_string());
        lines.push('\n');
    }
    let gz = gz(lines.as_bytes());
    let zst = zstd::encode_all(lines.as_bytes(), 3).expect("memory");
    let mut cases = Vec::new();
    for (ending, whole) in [("gz", &gz), ("zst", &zst)] {
        for part in [0, 1, 4, 12, whole.len() / 3, whole.len() - 9, whole.len() - 1] {
            let name = format!("{ending}-{part}.jsonl.{ending}");
            write(folder, &format!("in/{name}"), &whole[..part]);
            cases.push(name);
        }
    }
    let mut broken = gz.clone();
    let middle = broken.len() / 2;
    broken[middle] ^= 0xff;
    write(folder, "in/flipped.jsonl.gz", &broken);
    write(folder, "in/good.txt", GOOD.as_bytes());
    let done = tamis(folder, &["clean", "in", "-o", "out"]);
    assert_eq!(done.status.code(), Some(3), "{}", said(&done));
    let report = report(folder);
    let errors = String::from_utf8_lossy(&done.stderr).into_owned();
    for name in &cases {
        // Without a byte there is no stream to break off.
        if name.contains("-0.") {
            continue;
        }
        assert!(errors.contains(name.as_str()), "{name} is not named:\n{errors}");
        assert!(!report["sources"][name]["error"].is_null(), "{name}");
    }
    assert_eq!(fs::read_to_string(folder.join("out/good.txt")).expect("kept"), GOOD);

    let back = tamis(folder, &["restore", "out", "-o", "back"]);
    assert_eq!(back.status.code(), Some(0), "{}", said(&back));
    for name in &cases {
        let Ok(file) = fs::File::open(folder.join("back").join(name)) else { continue };
        let mut bytes = Vec::new();
        if name.ends_with("gz") {
            std::io::copy(&mut flate2::read::MultiGzDecoder::new(file), &mut bytes).expect("gzip");
        } else {
            std::io::copy(&mut zstd::Decoder::new(file).expect("zstd"), &mut bytes).expect("zstd");
        }
        assert!(lines.as_bytes().starts_with(&bytes), "{name}: not the start of the input");
        let whole: u64 = report["sources"][name]["kept"].as_u64().unwrap_or(0);
        assert!(bytes.iter().filter(|b| **b == b'\n').count() as u64 >= whole, "{name}");
    }
}

#[test]
fn empty_files_binary_files_and_odd_names_come_back() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let binary: Vec<u8> = (0..4096u32).map(|n| (n * n % 251) as u8).collect();
    let files: [(&str, &[u8]); 12] = [
        ("a/empty.txt", b""),
        ("a/empty.md", b""),
        ("a/empty.html", b""),
        ("a/break.txt", b"\n"),
        ("a/nul.txt", b"\0\0\0\0\0\0\0\0"),
        ("a/some-nul.txt", b"A text with one NUL \0 in it, which goes on for quite a while after."),
        ("a/binary.txt", &binary),
        ("a/bom.txt", b"\xef\xbb\xbfThe mill stood idle through the winter.\r\nIt was cold.\r\n"),
        ("a/utf16.txt", b"\xff\xfeT\0h\0e\0 \0m\0i\0l\0l\0.\0"),
        ("a/latin.txt", b"Le caf\xe9 est ferm\xe9 pendant l'\xe9t\xe9, et la for\xeat est loin.\n"),
        ("a b/\u{e9} [1].txt", GOOD.as_bytes()),
        ("a/blank.jsonl", b"\n\n \n"),
    ];
    for (name, bytes) in files {
        write(folder, &format!("in/{name}"), bytes);
    }
    write(folder, "in/a/empty.jsonl", b"");
    let report = round(folder, 3, &[]);
    for (name, _) in files {
        assert_same(folder, name);
    }
    assert_same(folder, "a/empty.jsonl");
    assert!(report["unreadable"]["not-text"]["records"].as_u64() >= Some(1), "{report:#}");
}

#[cfg(unix)]
#[test]
fn what_cannot_be_opened_is_named_and_the_rest_is_cleaned() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    write(folder, "in/good.txt", GOOD.as_bytes());
    fs::create_dir_all(folder.join("in/folder.txt")).expect("a folder");
    symlink("nowhere.txt", folder.join("in/dangling.txt")).expect("a link");
    symlink(".", folder.join("in/loop")).expect("a link");
    symlink("good.txt", folder.join("in/linked.txt")).expect("a link");
    let report = round(folder, 0, &[]);
    assert_eq!(report["totals"]["read"]["documents"], 1, "links inside a folder are not followed");
    assert_same(folder, "good.txt");

    // A link that is named itself is an input that cannot be used.
    let done = tamis(folder, &["clean", "in/dangling.txt", "-o", "out2"]);
    assert_eq!(done.status.code(), Some(2), "{}", said(&done));
    assert!(!folder.join("out2").exists(), "nothing is written for wrong use");
    let done = tamis(folder, &["clean", "in/linked.txt", "-o", "out3"]);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
}

#[test]
fn an_output_inside_the_input_is_not_read_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    write(folder, "in/good.txt", GOOD.as_bytes());
    for more in [&[][..], &["--overwrite"]] {
        let mut args = vec!["clean", "in", "-o", "in/out"];
        args.extend(more);
        let done = tamis(folder, &args);
        assert_eq!(done.status.code(), Some(0), "{}", said(&done));
        assert!(folder.join("in/out/good.txt").is_file());
        assert!(!folder.join("in/out/out").exists(), "the output was read");
    }
    let done = tamis(folder, &["clean", "in", "-o", "in"]);
    assert_eq!(done.status.code(), Some(2), "{}", said(&done));
    assert_eq!(fs::read_to_string(folder.join("in/good.txt")).expect("kept"), GOOD);
}

#[test]
fn replacing_a_run_leaves_files_that_are_not_its_own() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    write(folder, "in/one.txt", GOOD.as_bytes());
    write(folder, "in/two.txt", GOOD.as_bytes());
    assert_eq!(tamis(folder, &["clean", "in", "-o", "out"]).status.code(), Some(0));
    write(folder, "out/mine.txt", b"not the run's");
    fs::remove_file(folder.join("in/two.txt")).expect("a file");
    let again = tamis(folder, &["clean", "in", "-o", "out"]);
    assert_eq!(again.status.code(), Some(2), "{}", said(&again));
    assert!(folder.join("out/two.txt").exists(), "nothing is touched without --overwrite");
    let again = tamis(folder, &["clean", "in", "-o", "out", "--overwrite"]);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert!(!folder.join("out/two.txt").exists(), "the earlier run's file is gone");
    assert_eq!(fs::read(folder.join("out/mine.txt")).expect("kept"), b"not the run's");
}

/// Lines joined anew by a published set, white space and odd line breaks and all, come back.
#[test]
fn lines_that_were_joined_anew_are_restored() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    fs::create_dir_all(&input).unwrap();
    let lines = "  The mill stands still.\n\n \nHome\nThe tide goes out.[2] \r\n\nNobody asks why.\n\
                 The boats lie dry.\u{2028}The wheel is old.\n\nThe lamp is lit...\n";
    let record = |id: usize, text: &str| serde_json::json!({ "id": id, "text": text }).to_string();
    let plain = lines.replace('\u{2028}', "\n");
    let jsonl =
        format!("{}\n{}\n{}\n", record(0, lines), record(1, &plain), record(2, "One line."));
    fs::write(input.join("a.jsonl"), jsonl).unwrap();
    fs::write(input.join("b.txt"), lines).unwrap();
    fs::write(input.join("c.txt"), plain).unwrap();
    for preset in ["c4-datatrove", "fineweb", "c4-dolma"] {
        let output = folder.path().join("out");
        let done = tamis(folder.path(), &["clean", "in", "-o", "out", "--rules", preset, "-q"]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let back = tamis(folder.path(), &["restore", "out", "-o", "back"]);
        assert!(back.status.success(), "{preset}: {}", String::from_utf8_lossy(&back.stderr));
        for name in ["a.jsonl", "b.txt", "c.txt"] {
            let (old, new) = (input.join(name), folder.path().join("back").join(name));
            assert_eq!(fs::read(old).unwrap(), fs::read(new).unwrap(), "{preset}: {name}");
        }
        if preset == "c4-datatrove" {
            let kept = fs::read_to_string(output.join("b.txt")).unwrap();
            assert_eq!(
                kept,
                "The mill stands still.\nThe tide goes out.\nNobody asks why.\nThe boats lie dry.\n\
                 The wheel is old."
            );
        }
        fs::remove_dir_all(output).unwrap();
        fs::remove_dir_all(folder.path().join("back")).unwrap();
    }
}

#[test]
fn a_run_that_was_changed_is_not_restored_wrongly() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let text = format!("{GOOD}\nShare your thoughts in the comments below.\n\n{GOOD}");
    write(folder, "in/a.txt", text.as_bytes());
    assert_eq!(tamis(folder, &["clean", "in", "-o", "out"]).status.code(), Some(0));
    let cleaned = fs::read_to_string(folder.join("out/a.txt")).expect("cleaned");
    assert_ne!(cleaned, text);
    write(folder, "out/a.txt", b"short");
    let back = tamis(folder, &["restore", "out", "-o", "back"]);
    assert_eq!(back.status.code(), Some(2), "{}", said(&back));
    assert!(said(&back).contains("a.txt"), "{}", said(&back));
    fs::remove_file(folder.join("out/a.txt")).expect("a file");
    let back = tamis(folder, &["restore", "out", "-o", "back2"]);
    assert_eq!(back.status.code(), Some(2), "{}", said(&back));
    let state = folder.join("out/_tamis/run.json");
    let running = fs::read_to_string(&state).expect("run.json").replace("\"done\"", "\"running\"");
    fs::write(&state, running).expect("run.json");
    let back = tamis(folder, &["restore", "out", "-o", "back3"]);
    assert!(said(&back).contains("has not ended"), "{}", said(&back));
}
