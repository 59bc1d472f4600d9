//! Runs that are killed, interrupted or run out of disk, and are taken up again: what comes of them
//! is byte for byte what an undisturbed run writes.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

mod common;

use common::contents;

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A few rules that cut and drop, quick enough for many runs.
const RULES: &str = include_str!("data/share-rules.toml");

/// Documents of which some are cut, some are broken and some go, in files of several kinds; in the
/// same bytes each time.
fn write_corpus(folder: &Path, megabytes: usize) {
    fs::create_dir_all(folder.join("pages")).unwrap();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    let words = ["mill", "creek", "stands", "idle", "when", "tides", "are", "low", "and", "salt"];
    let mut text = |least: u64| {
        let mut text = String::new();
        for _ in 0..least + random(200) {
            text.push_str(words[random(10) as usize]);
            text.push_str(if random(12) == 0 { ".\\n\\n" } else { " " });
        }
        if random(3) == 0 {
            text.push_str("\\n\\nShare this page with your friends");
        }
        text
    };
    let plain = fs::File::create(folder.join("plain.jsonl")).unwrap();
    let zst = fs::File::create(folder.join("packed.jsonl.zst")).unwrap();
    let mut outputs: [Box<dyn std::io::Write>; 2] = [
        Box::new(std::io::BufWriter::new(plain)),
        Box::new(zstd::stream::write::Encoder::new(zst, 1).unwrap().auto_finish()),
    ];
    for output in &mut outputs {
        let mut written = 0;
        let mut number = 0;
        while written < megabytes << 19 {
            let line = match number % 97 {
                13 => "{\"text\": \"cut off\n".to_owned(),
                14 => "\n".to_owned(),
                _ => format!("{{\"id\":\"{number}\",\"text\":\"{}\"}}\n", text(300)),
            };
            output.write_all(line.as_bytes()).unwrap();
            written += line.len();
            number += 1;
        }
    }
    for number in 0..40 {
        let page = format!("<p>{}</p>", text(50).replace("\\n\\n", "</p>\n<p>"));
        fs::write(folder.join(format!("pages/{number}.html")), page).unwrap();
    }
}

struct Runs {
    folder: tempfile::TempDir,
    /// What an undisturbed run wrote, and how long that took.
    wanted: Files,
    took: Duration,
}

impl Runs {
    fn new(megabytes: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_corpus(&folder.path().join("in"), megabytes);
        fs::write(folder.path().join("rules.toml"), RULES).unwrap();
        let mut runs = Self { folder, wanted: BTreeMap::new(), took: Duration::ZERO };
        let began = Instant::now();
        assert_eq!(runs.start("wanted", &[]).wait().unwrap().code(), Some(3));
        runs.took = began.elapsed();
        runs.wanted = runs.written("wanted");
        assert!(runs.wanted.len() > 45);
        runs
    }

    fn command(&self, output: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
        command.current_dir(self.folder.path());
        command.args(["clean", "in", "-q", "-r", "rules.toml", "-o", output]).args(more);
        command.arg("--no-config");
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    fn start(&self, output: &str, more: &[&str]) -> Child {
        self.command(output, more).spawn().unwrap()
    }

    /// Its exit code and what it said.
    fn run(&self, output: &str, more: &[&str]) -> (Option<i32>, String) {
        let done = self.command(output, more).output().unwrap();
        (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
    }

    fn written(&self, output: &str) -> Files {
        contents(&self.folder.path().join(output))
    }

    /// A run in `stopped` that was killed when it had just begun.
    fn half(&self) {
        let output = self.folder.path().join("stopped");
        let _ = fs::remove_dir_all(&output);
        let mut child = self.start("stopped", &[]);
        while !output.join("_tamis/run.json").exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn check(&self, output: &str) {
        let found = self.written(output);
        assert!(found.keys().eq(self.wanted.keys()), "{:?}", found.keys());
        for (name, bytes) in &found {
            assert!(*bytes == self.wanted[name], "{} differs", name.display());
        }
    }
}

/// Waits for a child, or sends it a signal when its time is up; how it ended, and how long it took
/// after the signal.
fn end(child: &mut Child, after: Duration, signal: &str) -> (ExitStatus, Option<Duration>) {
    let until = Instant::now() + after;
    while Instant::now() < until {
        if let Some(status) = child.try_wait().unwrap() {
            return (status, None);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let sent = Instant::now();
    let id = child.id().to_string();
    let _ = Command::new("kill").args(["-s", signal, &id]).stderr(Stdio::null()).status();
    (child.wait().unwrap(), Some(sent.elapsed()))
}

#[test]
fn fifty_kills_at_any_moment_change_nothing() {
    let runs = Runs::new(40);
    let (mut kills, mut seed) = (0, 7_u64);
    let mut finished = 0;
    while kills < 50 {
        let mut child = runs.start("killed", &["--resume"]);
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let share = (seed >> 33) as f64 / (1_u64 << 31) as f64;
        let (status, _) = end(&mut child, runs.took.mul_f64(share), "KILL");
        if status.code().is_none() {
            kills += 1;
            continue;
        }
        assert_eq!(status.code(), Some(3));
        runs.check("killed");
        finished += 1;
        fs::remove_dir_all(runs.folder.path().join("killed")).unwrap();
    }
    assert_eq!(runs.run("killed", &["--resume"]).0, Some(3));
    runs.check("killed");
    println!("{finished} runs came to their end between the kills");
}

#[test]
fn a_signal_ends_a_run_within_two_seconds_with_its_state_saved() {
    let runs = Runs::new(40);
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        for share in [0.05, 0.5] {
            let mut child = runs.start("stopped", &["--resume"]);
            let (status, after) = end(&mut child, runs.took.mul_f64(share), signal);
            assert_eq!(status.code(), Some(code), "{signal} at {share}");
            assert!(after.unwrap() < Duration::from_secs(2), "{signal}: {after:?}");
            let state = runs.folder.path().join("stopped/_tamis/run.json");
            assert!(!fs::read_to_string(state).is_ok_and(|state| state.contains("\"done\"")));
            assert_eq!(runs.run("stopped", &["--resume"]).0, Some(3));
            runs.check("stopped");
            fs::remove_dir_all(runs.folder.path().join("stopped")).unwrap();
        }
    }
}

#[test]
fn work_that_was_saved_is_not_done_again() {
    let runs = Runs::new(64);
    let mut child = runs.start("stopped", &[]);
    let (status, _) = end(&mut child, runs.took.mul_f64(0.8), "INT");
    assert_eq!(status.code(), Some(130));
    let progress = runs.folder.path().join("stopped/_tamis/progress.json");
    let progress: serde_json::Value = serde_json::from_slice(&fs::read(progress).unwrap()).unwrap();
    let read = progress["counts"]["tally"]["read"]["bytes"].as_u64().unwrap();
    assert!(read > 16 << 20, "{read} bytes at 0.8 of the run");
    // What is done again would show in the counts and in the files.
    assert_eq!(runs.run("stopped", &["--resume"]).0, Some(3));
    runs.check("stopped");
}

#[test]
fn a_run_is_taken_up_only_as_it_was_begun() {
    let runs = Runs::new(8);
    let side = runs.folder.path().join("stopped/_tamis");
    runs.half();
    let (code, said) = runs.run("stopped", &[]);
    assert_eq!(code, Some(2));
    assert!(said.contains("--resume") && said.contains("--overwrite"), "{said}");
    for (more, named) in [
        (&["--max-bytes", "1000"][..], "max_bytes: 67108864 then, 1000 now"),
        (&["--annotate"], "annotate: false then, true now"),
        (&["--fast"], "fast: false then, true now"),
        (&["--text-field", "body"], "text_field: \"text\" then, \"body\" now"),
    ] {
        let (code, said) = runs.run("stopped", &[&["--resume"], more].concat());
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(named), "{said}");
    }
    let rules = runs.folder.path().join("rules.toml");
    fs::write(&rules, RULES.replace("weight = 1.0", "weight = 0.9")).unwrap();
    let (code, said) = runs.run("stopped", &["--resume"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("`weight = 1.0` then, `weight = 0.9` now"), "{said}");
    fs::write(&rules, RULES).unwrap();
    let state = fs::read_to_string(side.join("run.json")).unwrap();
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(state.contains(&version));
    fs::write(side.join("run.json"), state.replace(&version, "\"version\": \"0.0.0\"")).unwrap();
    let (code, said) = runs.run("stopped", &["--resume"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("version: \"0.0.0\" then"), "{said}");
}

#[test]
fn a_survey_that_was_made_for_a_run_is_not_made_again() {
    let runs = Runs::new(8);
    let output = runs.folder.path().join("stopped");
    let more = ["-r", "exact-lines", "--survey", "auto"];
    assert_eq!(runs.run("whole", &more).0, Some(3));
    let wanted = runs.written("whole");
    // Killed in every part of the run: while it counts, and while it cleans.
    for (file, wait) in [("run.json", 0), ("run.json", 5), ("survey.parquet", 0)] {
        let mut child = runs.start("stopped", &more);
        while !output.join("_tamis").join(file).exists() {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it wrote {file}");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        let survey = output.join("_tamis/survey.parquet");
        let made = fs::metadata(&survey).and_then(|made| made.modified()).ok();
        assert!(made.is_some() || file == "run.json");
        let (code, said) =
            runs.run("stopped", &[&more[..], &["--resume", "--max-bytes", "999"]].concat());
        assert!(code == Some(2) && said.contains("999 now"), "{said}");
        assert_eq!(fs::metadata(&survey).and_then(|made| made.modified()).ok(), made);
        assert_eq!(runs.run("stopped", &[&more[..], &["--resume"]].concat()).0, Some(3));
        assert!(!survey.exists(), "it was for the run alone");
        let found = runs.written("stopped");
        assert!(found.keys().eq(wanted.keys()) && found.values().eq(wanted.values()));
        fs::remove_dir_all(&output).unwrap();
    }
}

#[test]
fn a_run_is_not_taken_up_on_other_inputs() {
    let runs = Runs::new(4);
    let input = runs.folder.path().join("in");
    let refused = |what: &str| {
        let (code, said) = runs.run("stopped", &["--resume"]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(what), "{said}");
    };
    runs.half();
    let mut plain = fs::OpenOptions::new().append(true).open(input.join("plain.jsonl")).unwrap();
    plain.write_all(b"{\"text\":\"more\"}\n").unwrap();
    refused("`plain.jsonl` has changed since");
    runs.half();
    fs::rename(input.join("pages/7.html"), input.join("pages/7b.html")).unwrap();
    refused("`pages/7.html` was read where");
    runs.half();
    fs::write(input.join("zzz.txt"), "new").unwrap();
    refused("`zzz.txt` is new");
    runs.half();
    fs::remove_file(input.join("zzz.txt")).unwrap();
    refused("`zzz.txt` is missing");
}

#[test]
fn two_runs_cannot_write_to_one_folder() {
    let runs = Runs::new(40);
    let mut first = runs.start("shared", &[]);
    while !runs.folder.path().join("shared/_tamis/run.json").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    for more in ["--resume", "--overwrite"] {
        let (code, said) = runs.run("shared", &[more]);
        assert_eq!(code, Some(2), "{said}");
        let holder = format!("process {}", first.id());
        assert!(said.contains("another run") && said.contains(&holder), "{said}");
    }
    // A lock that a kill leaves behind holds nobody up.
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(runs.run("shared", &["--resume"]).0, Some(3));
    runs.check("shared");
}

/// Runs a script in a shell, as root of a name space of its own if need be.
fn with_mounts(script: &str, folder: &Path) -> Option<ExitStatus> {
    let mut tried = ["-m", "-rm"].into_iter().map(|how| {
        let mut command = Command::new("unshare");
        command.args([how, "sh", "-c", "mount -t tmpfs none /mnt"]);
        (how, command.stderr(Stdio::null()).status())
    });
    let (how, _) = tried.find(|(_, status)| status.as_ref().is_ok_and(ExitStatus::success))?;
    let mut command = Command::new("unshare");
    command.args([how, "sh", "-c", script]).current_dir(folder);
    command.env("TAMIS", env!("CARGO_BIN_EXE_tamis"));
    Some(command.status().unwrap())
}

#[test]
fn a_full_disk_stops_a_run_and_with_more_room_it_goes_on() {
    let runs = Runs::new(8);
    let script = r#"
        set -u
        clean() { "$TAMIS" clean in -q -r rules.toml -o full "$@" 2> said; echo $? > code; }
        mkdir full && mount -t tmpfs -o size=1m none full || exit 9
        clean
        [ "$(cat code)" = 2 ] || exit 10
        grep -q 'cannot write `full.*No space left on device' said || exit 11
        grep -q -- '--resume' said || exit 12
        # What has its final name is complete.
        for name in plain.jsonl packed.jsonl.zst; do
            [ ! -e full/$name ] || cmp full/$name wanted/$name || exit 13
        done
        clean --resume
        [ "$(cat code)" = 2 ] || exit 14
        mount -o remount,size=100m full || exit 15
        clean --resume
        [ "$(cat code)" = 3 ] || exit 16
        diff -r --exclude lock full wanted || exit 17
    "#;
    let Some(status) = with_mounts(script, runs.folder.path()) else {
        // Where nothing may be mounted a limit on the size of files must do.
        return limited(&runs);
    };
    assert_eq!(status.code(), Some(0));
    limited(&runs);
}

/// As on a disk with a quota.
fn limited(runs: &Runs) {
    let script = r#"
        ulimit -f 2000
        exec "$TAMIS" clean in -q -r rules.toml -o limited
    "#;
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(runs.folder.path());
    command.env("TAMIS", env!("CARGO_BIN_EXE_tamis"));
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert!(said.contains("cannot write `limited") && said.contains("File too large"), "{said}");
    assert!(!runs.folder.path().join("limited/plain.jsonl").exists());
    assert_eq!(runs.run("limited", &["--resume"]).0, Some(3));
    runs.check("limited");
}

#[test]
fn a_folder_that_cannot_be_written_to_is_told_before_anything_is_read() {
    let runs = Runs::new(1);
    fs::write(runs.folder.path().join("file"), "").unwrap();
    let (code, said) = runs.run("file/out", &[]);
    assert_eq!(code, Some(2));
    assert!(said.contains("file/out"), "{said}");
    let script = r#"
        mkdir sealed && mount -t tmpfs -o ro none sealed || exit 9
        "$TAMIS" clean in -q -r rules.toml -o sealed/out 2> said
        [ $? = 2 ] || exit 10
        grep -q 'sealed/out.*Read-only file system' said || exit 11
    "#;
    if let Some(status) = with_mounts(script, runs.folder.path()) {
        assert_eq!(
            status.code(),
            Some(0),
            "{:?}",
            fs::read_to_string(runs.folder.path().join("said"))
        );
    }
}
