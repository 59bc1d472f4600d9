//! Input that means harm, through the program: bombs, names that lead elsewhere, escape sequences,
//! things in a folder that are no files, rules of absurd size. What is merely broken or large is in
//! `robust.rs` and `large.rs`; damage at every byte in `damage.rs`.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

#[path = "common/memory.rs"]
mod memory;

use memory::watched;

/// No run here may take longer, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(240);

const GOOD: &str =
    "The last mill stands there still, and its wheel has not turned for sixty years.\n";

fn program(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command
}

fn tamis(folder: &Path, args: &[&str]) -> Output {
    program(folder, args).output().expect("the program starts")
}

fn said(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said));
    format!("{:?}\n{out}\n{err}", output.status.code())
}

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

fn report(folder: &Path) -> Value {
    let text = fs::read(folder.join("out/_tamis/report.json")).expect("a report");
    serde_json::from_slice(&text).expect("JSON")
}

/// Everything under a folder, links not followed.
fn tree(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).expect("a folder").flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(entry.path());
            }
            found.insert(entry.path());
        }
    }
    found
}

/// Runs the program to its end, fed with what `feed` writes: its exit code and peak memory.
fn measured(
    folder: &Path,
    args: &[&str],
    feed: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send,
) -> (Option<i32>, u64) {
    let mut child = program(folder, args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let stdin = child.stdin.take();
    thread::scope(|scope| {
        scope.spawn(move || {
            let Some(mut stdin) = stdin else { return };
            // A program that has ended reads no more.
            let _ = feed(&mut stdin);
        });
        watched(child)
    })
}

/// Ends within the time that is given, or fails.
fn within(most: Duration, folder: &Path, args: &[&str]) -> Output {
    let began = Instant::now();
    let mut child = program(folder, args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    while child.try_wait().expect("a child").is_none() {
        if began.elapsed() > most {
            let _ = child.kill();
            panic!("{args:?} does not end within {most:?}");
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().expect("a child")
}

/// Bytes of a bomb: more than the memory that a run may take here in all. That is little, so that
/// bombs can be small.
const BOMB: u64 = 128 << 20;

/// What is packed a thousandfold, before it and behind it.
fn bomb(out: &mut dyn Write, before: &str, behind: &str) -> io::Result<()> {
    out.write_all(before.as_bytes())?;
    let many = [b'A'; 1 << 16];
    for _ in 0..BOMB / many.len() as u64 {
        out.write_all(&many)?;
    }
    out.write_all(behind.as_bytes())
}

fn gz(out: impl Write, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    let mut encoder = flate2::write::GzEncoder::new(out, flate2::Compression::fast());
    fill(&mut encoder).and_then(|()| encoder.finish()).expect("disk");
}

fn zst(out: impl Write, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    let mut encoder = zstd::Encoder::new(out, 1).expect("memory");
    fill(&mut encoder).and_then(|()| encoder.finish().map(drop)).expect("disk");
}

/// Memory that a run takes on two threads where a record is over the limit: what the program is and
/// holds besides, and what it holds of such a record. docs/reliability.md states both.
const BASE: u64 = 96 << 20;
const TIMES_MAX_BYTES: u64 = 8;
/// Largest record that is asked for.
const MAX_BYTES: u64 = 2 << 20;
const MOST: u64 = BASE + TIMES_MAX_BYTES * MAX_BYTES;
const _: () = assert!(MOST < BOMB, "a bomb that is held must be seen");

#[test]
fn bombs_are_set_aside_in_bounded_memory() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let head = "WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http\r\n";
    let http = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n";
    type Made<'m> = (&'m str, u64, Box<dyn Fn(fs::File) + 'm>);
    let cases: [Made<'_>; 7] = [
        (
            "line.jsonl.gz",
            1,
            Box::new(|file| {
                gz(file, |out| bomb(out, r#"{"text": ""#, "\"}\n"));
            }),
        ),
        (
            "line.jsonl.zst",
            1,
            Box::new(|file| {
                zst(file, |out| bomb(out, r#"{"text": ""#, "\"}\n"));
            }),
        ),
        ("page.html.zst", 1, Box::new(|file| zst(file, |out| bomb(out, "<p>", "")))),
        ("page.txt.gz", 1, Box::new(|file| gz(file, |out| bomb(out, "A", "")))),
        (
            "cell.csv.zst",
            1,
            Box::new(|file| {
                zst(file, |out| bomb(out, "id,text\n1,\"", "\"\n"));
            }),
        ),
        (
            "record.warc.gz",
            1,
            Box::new(|file| {
                let head = format!("{head}Content-Length: {BOMB}\r\n\r\n");
                gz(file, |out| bomb(out, &head, "\r\n\r\n"));
            }),
        ),
        (
            "body.warc.zst",
            1,
            Box::new(|file| {
                let mut body = http.as_bytes().to_vec();
                gz(&mut body, |out| bomb(out, "<p>", ""));
                let head = format!("{head}Content-Length: {}\r\n\r\n", body.len());
                zst(file, |out| out.write_all(&[head.as_bytes(), &body, b"\r\n\r\n"].concat()));
            }),
        ),
    ];
    for (name, records, make) in cases {
        let path = folder.join(name);
        make(fs::File::create(&path).expect("a file"));
        assert!(fs::metadata(&path).expect("a file").len() < 2 << 20, "{name} is no bomb");
        let _ = fs::remove_dir_all(folder.join("out"));
        let limit = MAX_BYTES.to_string();
        let args = ["clean", name, "-o", "out", "-q", "--threads", "2", "--max-bytes", &limit];
        let (code, most) = measured(folder, &args, |_| Ok(()));
        eprintln!("{name}: {} MiB at most", most >> 20);
        assert_eq!(code, Some(3), "{name}");
        assert_eq!(report(folder)["unreadable"]["too-large"]["records"], records, "{name}");
        assert!(most < MOST, "{name}: {most} bytes of memory");
        fs::remove_file(path).expect("a file");
    }
}

#[test]
fn a_bomb_of_lines_is_read_line_by_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    for (name, line, lines) in
        [("blank.jsonl.zst", "\n", 1 << 20), ("none.jsonl.gz", "{}\n", 1 << 19)]
    {
        let file = fs::File::create(folder.join(name)).expect("a file");
        let thousand = line.repeat(1024);
        let fill = |out: &mut dyn Write| {
            (0..lines / 1024).try_for_each(|_| out.write_all(thousand.as_bytes()))
        };
        if name.ends_with("gz") {
            gz(file, fill)
        } else {
            zst(file, fill)
        }
        let _ = fs::remove_dir_all(folder.join("out"));
        let (code, most) =
            measured(folder, &["clean", name, "-o", "out", "-q", "--threads", "2"], |_| Ok(()));
        eprintln!("{name}: {} MiB at most", most >> 20);
        let report = report(folder);
        if line == "\n" {
            assert_eq!((code, &report["totals"]["blank_lines"]), (Some(0), &json!(lines)));
        } else {
            assert_eq!(
                (code, &report["unreadable"]["missing-text"]["records"]),
                (Some(3), &json!(lines))
            );
        }
        assert!(most < BASE, "{name}: {most} bytes of memory");
    }
}

#[test]
fn a_line_without_end_through_a_pipe_does_not_fill_the_memory() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    // A gigabyte, but where the program was built without care for speed.
    let length = if cfg!(debug_assertions) { BOMB } else { 1 << 30 };
    let limit = MAX_BYTES.to_string();
    let args = ["clean", "-", "--format", "jsonl", "-o", "out", "-q"];
    let args = [&args[..], &["--threads", "2", "--max-bytes", &limit]].concat();
    let (code, most) = measured(folder, &args, |out| {
        let words = "The mill stood idle. ".repeat(50_000);
        out.write_all(br#"{"text": ""#)?;
        for _ in 0..length / words.len() as u64 {
            out.write_all(words.as_bytes())?;
        }
        out.write_all(format!("\"}}\n{}\n", json!({ "text": GOOD })).as_bytes())
    });
    eprintln!("{} MiB at most", most >> 20);
    assert_eq!(code, Some(3));
    let report = report(folder);
    assert_eq!(report["totals"]["kept"]["documents"], 1);
    assert_eq!(report["unreadable"]["too-large"]["records"], 1);
    assert!(most < MOST, "{most} bytes of memory");
}

/// Ids and addresses that are paths, names of files that are not what they seem: nothing is
/// written outside the output folder.
#[test]
fn no_name_or_id_leads_out_of_the_output_folder() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let work = folder.path().join("work");
    let evil = ["../../escaped", "/tmp/escaped-tamis", "..", "a/../../escaped", "C:\\x", "a\u{0}b"];
    let mut lines = String::new();
    let mut web = String::new();
    let mut table = String::from("id,text\n");
    for id in evil {
        lines.push_str(&format!("{}\n", json!({ "id": id, "url": id, "text": GOOD })));
        table.push_str(&format!("{},\"{}\"\n", id.replace('\0', ""), GOOD.trim()));
        web.push_str(&format!(
            "WARC/1.0\r\nWARC-Type: resource\r\nWARC-Record-ID: {id}\r\nWARC-Target-URI: {id}\r\n\
             WARC-Filename: {id}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{GOOD}\r\n\r\n",
            GOOD.len()
        ));
    }
    write(&work, "in/a.jsonl", &lines);
    write(&work, "in/b.warc", &web);
    write(&work, "in/c.csv", &table);
    let names: [&[u8]; 6] = [
        b"..\\..\\escaped.txt",
        b"new\nline.txt",
        b"esc\x1b[31m.txt",
        b"not-utf8-\xff.txt",
        b"_tamis",
        b"...txt",
    ];
    for name in names {
        let path = work.join("in").join(std::ffi::OsStr::from_bytes(name));
        fs::write(path, GOOD).expect("a file");
    }
    write(&work, "in/_tamis.d/report.json.txt", GOOD);
    let before = tree(folder.path());
    for more in [&[][..], &["--output-format", "jsonl"], &["--output-format", "attributes"]] {
        let _ = fs::remove_dir_all(work.join("out"));
        let done = tamis(&work, &[&["clean", "in", "-o", "out"][..], more].concat());
        assert!(matches!(done.status.code(), Some(0 | 3)), "{}", said(&done));
        assert!(!said(&done).contains('\u{1b}'), "{:?}", said(&done));
        let outside = |path: &&PathBuf| !path.starts_with(work.join("out"));
        let after: BTreeSet<PathBuf> =
            tree(folder.path()).iter().filter(outside).cloned().collect();
        assert_eq!(after, before, "written outside the output folder");
        if more.is_empty() {
            let back = tamis(&work, &["restore", "out", "-o", "out/back"]);
            assert_eq!(back.status.code(), Some(0), "{}", said(&back));
        }
    }
    assert!(!Path::new("/tmp/escaped-tamis").exists());
}

/// The files of a run that somebody else made may say anything.
#[test]
fn a_run_that_names_places_elsewhere_is_not_restored_there() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let work = folder.path().join("work");
    write(&work, "in/a.txt", GOOD);
    assert_eq!(tamis(&work, &["clean", "in", "-o", "out"]).status.code(), Some(0));
    let sources = work.join("out/_tamis/sources.jsonl.zst");
    let own = fs::read(&sources).expect("the sources");
    let own = String::from_utf8(zstd::decode_all(&*own).expect("zstd")).expect("UTF-8");
    let before = tree(folder.path());
    for name in ["../escaped.txt", "/tmp/escaped-tamis.txt", "..", "", "a/../../../escaped"] {
        for field in ["source", "output"] {
            let mut entry: Value = serde_json::from_str(&own).expect("JSON");
            entry[field] = json!(name);
            let packed = zstd::encode_all(entry.to_string().as_bytes(), 1).expect("memory");
            fs::write(&sources, packed).expect("disk");
            let back = tamis(&work, &["restore", "out", "-o", "back"]);
            assert_eq!(back.status.code(), Some(2), "{field} {name:?}: {}", said(&back));
            let _ = fs::remove_dir_all(work.join("back"));
            assert_eq!(tree(folder.path()), before, "{field} {name:?}");
        }
    }
    assert!(!Path::new("/tmp/escaped-tamis.txt").exists());
}

#[test]
fn pipes_sockets_loops_and_locked_folders_do_not_hold_up_a_run() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    write(folder, "in/good.txt", GOOD);
    write(folder, "in/locked/lost.txt", GOOD);
    symlink("..", folder.join("in/up")).expect("a link");
    symlink("loop.jsonl", folder.join("in/loop.jsonl")).expect("a link");
    symlink("/dev/zero", folder.join("in/zero.txt")).expect("a link");
    let _socket = std::os::unix::net::UnixListener::bind(folder.join("in/socket.jsonl"));
    let fifo = folder.join("in/pipe.jsonl");
    let made = Command::new("mkfifo").arg(&fifo).status().expect("mkfifo is there");
    assert!(made.success());
    let locked = folder.join("in/locked");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).expect("rights");
    let done = within(PATIENCE, folder, &["clean", "in", "-o", "out"]);
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).expect("rights");
    assert!(matches!(done.status.code(), Some(0 | 3)), "{}", said(&done));
    // Who may read everything finds the file in the locked folder too.
    let read = report(folder)["totals"]["read"]["documents"].as_u64();
    assert!(matches!(read, Some(1 | 2)), "{}", said(&done));
    // What is named itself is refused, and not waited for.
    for name in ["in/pipe.jsonl", "in/socket.jsonl", "in/loop.jsonl", "/dev/zero"] {
        let done = within(PATIENCE, folder, &["clean", name, "-o", "out2"]);
        assert_eq!(done.status.code(), Some(2), "{name}: {}", said(&done));
        assert!(!folder.join("out2").exists(), "{name}");
    }
    // Rules and settings are not read from what never ends.
    for flag in ["--rules", "--config"] {
        let args = ["clean", "in/good.txt", "-o", "out3", flag, "/dev/zero"];
        let done = within(PATIENCE, folder, &args);
        assert_eq!(done.status.code(), Some(2), "{flag}: {}", said(&done));
    }
}

const ESCAPES: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}";

#[test]
fn no_escape_sequence_of_the_input_reaches_the_terminal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let junk = format!("{ESCAPES} Share your thoughts in the comments below. {ESCAPES}");
    let text = format!("{GOOD}\n\n{junk}\n\n{GOOD}");
    let mut lines = String::new();
    for id in [ESCAPES, "../\u{1b}[31m", "plain"] {
        let line = json!({ "id": id, "url": format!("https://{ESCAPES}/"), "text": text });
        lines.push_str(&format!("{line}\n"));
    }
    lines.push_str(&format!("{{\"text\": {ESCAPES}}}\n"));
    write(folder, &format!("in/{ESCAPES}.jsonl"), &lines);
    let page = format!("<title>{ESCAPES}</title><h1>{ESCAPES}</h1><p>{GOOD}<p>{junk}");
    write(folder, &format!("in/{ESCAPES}.html"), page);
    write(folder, &format!("in/{ESCAPES}.csv"), format!("id,{ESCAPES}\n1,x\n"));
    write(folder, &format!("in/{ESCAPES}.warc"), format!("WARC/1.0\r\n{ESCAPES}: x\r\n\r\n"));
    write(folder, &format!("in/{ESCAPES}.txt.gz"), "\u{1f}\u{8b}");
    write(
        folder,
        "rules.toml",
        format!("format = 1\nabout = \"\\u001b[31m\"\n[rules.{ESCAPES:?}]\n"),
    );
    let name = format!("in/{ESCAPES}.jsonl");
    let (option, share) = (format!("--{ESCAPES}"), format!("{ESCAPES}=2"));
    let commands: &[&[&str]] = &[
        &["clean", "in", "-o", "out"],
        &["clean", "in", "-o", "out", "--overwrite", "-v", "--progress", "plain"],
        &["clean", "in", "-o", "out", "--overwrite", "--progress", "json"],
        &["clean", "in", "-o", "out"],
        &["clean", "in", "-o", "out", "--resume"],
        &["explain", "in"],
        &["explain", &name],
        &["explain", "in", "--id", ESCAPES],
        &["clean", "in", "-o", "out4", "-r", "rules.toml"],
        &["rules", "check", "rules.toml"],
        &["clean", ESCAPES, "-o", "out4"],
        &["clean", "in", "-o", "out4", "--text-field", ESCAPES],
        &["clean", "in", "-o", &name],
        &["clean", "in", "-o", "out4", "--survey", &name],
        &["survey", "in", "-o", "survey.parquet"],
        &["restore", "out", "-o", "back"],
        &["restore", ESCAPES, "-o", "back"],
        &["rules", "show", ESCAPES],
        &[ESCAPES],
        &["help", ESCAPES],
        &["clean", "in", "-o", "out5", &option],
        &["clean", "in", "-o", "out5", "--threads", ESCAPES],
        &["clean", "in", "-o", "out5", "--output-format", ESCAPES],
        &["clean", "in", "-o", "out5", "--fail-on-rule", &share],
        &["clean", "in", "-o", "out5", "--progress", ESCAPES],
        &["--color", ESCAPES, "signals"],
        &["completions", ESCAPES],
    ];
    for args in commands {
        let done = tamis(folder, args);
        for said in [&done.stdout, &done.stderr] {
            let said = String::from_utf8_lossy(said);
            let bad = |c: char| c.is_control() && c != '\n' && c != '\t';
            let bad = |c: char| bad(c) || c == '\u{202e}';
            assert!(!said.contains(bad), "{args:?} says {said:?}");
        }
    }
    // In colour too there are no sequences but those of the program itself.
    for args in [&[ESCAPES][..], &["clean", "in", "-o", "out5", &option]] {
        let done = program(folder, args).env("CLICOLOR_FORCE", "1").output().expect("it starts");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(said.contains("\u{1b}["), "{args:?} has no colour: {said:?}");
        let bad = ["\u{1b}]", "\u{1b}[2J", "\u{7}", "\u{9b}", "\u{202e}"];
        assert!(!bad.iter().any(|bad| said.contains(bad)), "{args:?} says {said:?}");
    }
}

#[test]
fn rules_of_absurd_size_are_refused_soon() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let patterns = [
        ("powers", "(a{0,1000}){0,1000}".to_owned()),
        ("more powers", "((((a{0,100}){0,100}){0,100}){0,100}){0,100}".to_owned()),
        ("classes", "\\\\pL{0,1000}\\\\pN{0,1000}\\\\w{1,1000}".to_owned()),
        ("a megabyte", "[a-z]b".repeat(1 << 18)),
        ("deep", format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000))),
    ];
    let head = "format = 1\nabout = 'X'\n[rules.x]\nabout = 'X'\nwhy = 'X'\nscope = 'block'\n\
                category = 'spam'\nweight = 1.0\n";
    // Nothing is said of how long what is loaded may take on a machine that does much else.
    let most = Duration::from_secs(30);
    for (name, pattern) in patterns {
        write(folder, "rules.toml", format!("{head}when = {{ pattern = \"{pattern}\" }}\n"));
        let began = Instant::now();
        let done = within(most, folder, &["rules", "check", "rules.toml"]);
        eprintln!("{name}: {:?} {:?}", began.elapsed(), done.status.code());
        assert_eq!(done.status.code(), Some(1), "{name}: {:.2000}", said(&done));
        assert!(said(&done).len() < 20_000, "{name}: the message is {} bytes", said(&done).len());
    }
    let deep_conditions =
        format!("{}{{ words = 1 }}{}", "{ not = ".repeat(20_000), "}".repeat(20_000));
    let files = [
        ("deep arrays", format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000))),
        ("deep keys", format!("a{} = 1", ".a".repeat(100_000))),
        ("deep tables", format!("[a{}]", ".a".repeat(100_000))),
        ("deep conditions", format!("{head}when = {deep_conditions}\n")),
        (
            "50 megabytes",
            format!("{head}when = {{ phrases = [{}] }}\n", "\"x y\",".repeat(8 << 20)),
        ),
        ("a long string", format!("format = 1\nabout = '{}'\n", "x".repeat(50 << 20))),
        ("zeros", "\0".repeat(1 << 20)),
    ];
    for (name, text) in files {
        write(folder, "rules.toml", text);
        let began = Instant::now();
        let done = within(most, folder, &["rules", "check", "rules.toml"]);
        eprintln!("{name}: {:?} {:?}", began.elapsed(), done.status.code());
        assert_eq!(done.status.code(), Some(1), "{name}: {:.2000}", said(&done));
        assert!(said(&done).len() < 20_000, "{name}: the message is {} bytes", said(&done).len());
    }
}

#[test]
fn what_is_cut_out_of_csv_leaves_no_formula() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let call = "Share your thoughts in the comments below.";
    let mut table = String::from("id,text\n");
    let formulas = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "＝1+1"];
    for (id, formula) in formulas.iter().enumerate() {
        table.push_str(&format!("{id},\"{call}\n\n{formula} {GOOD}\n\n{GOOD}\"\n"));
    }
    write(folder, "in/a.csv", &table);
    let done = tamis(folder, &["clean", "in", "-o", "out"]);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let cleaned = fs::read_to_string(folder.join("out/a.csv")).expect("a table");
    assert!(!cleaned.contains(call), "nothing was cut: {cleaned}");
    for formula in formulas {
        assert!(cleaned.contains(&format!("\"'{formula}")), "{formula} in {cleaned}");
    }
    let back = tamis(folder, &["restore", "out", "-o", "back"]);
    assert_eq!(back.status.code(), Some(0), "{}", said(&back));
    assert_eq!(fs::read_to_string(folder.join("back/a.csv")).expect("restored"), table);
}
