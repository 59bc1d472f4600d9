//! The memory of a run stays within what `docs/reliability.md` states: so much, so much for each
//! thread, and for each thread so many times the largest record that is let in.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

#[path = "common/memory.rs"]
mod memory;

const MIB: u64 = 1 << 20;

/// As `docs/reliability.md` has it.
const BASE: u64 = 64 * MIB;
/// Of text: for each thread, and times the record.
const TEXT: (u64, u64) = (16 * MIB, 75);
/// Of HTML, whose blocks are limited.
const HTML: (u64, u64) = (112 * MIB, 30);

/// `--max-bytes` here.
const RECORD: usize = 256 << 10;

/// Texts that take most memory for their size, as far as is known.
fn texts(folder: &Path, copies: usize, bytes: usize) {
    let word = |n: usize| format!("mill{n} idle{}", [", ", ".\n\n"][n % 2]);
    let prose: String = (0..bytes / 12).map(word).collect();
    let [han, dots] =
        [("水车磨坊潮汐。", 21), (". ", 2)].map(|(text, long)| text.repeat(bytes / long));
    for copy in 0..copies {
        for (name, text) in [("prose", &prose), ("han", &han), ("dots", &dots)] {
            let path = folder.join(format!("{copy}-{name}.txt"));
            fs::write(path, text.get(..bytes / 21 * 20).unwrap_or(text)).expect("disk");
        }
    }
}

/// The same of HTML.
fn pages(folder: &Path, copies: usize, bytes: usize) {
    for copy in 0..copies {
        fs::write(folder.join(format!("{copy}-p.html")), "<p>a".repeat(bytes / 4)).expect("disk");
        let rows = format!("<table>{}", "<tr><td>a".repeat(bytes / 9 - 1));
        fs::write(folder.join(format!("{copy}-t.html")), rows).expect("disk");
    }
}

/// Peak resident memory of a run to its end, in bytes, and its exit code.
fn run(folder: &Path, threads: u64) -> (Option<i32>, u64) {
    let limit = RECORD.to_string();
    let child = Command::new(env!("CARGO_BIN_EXE_tamis"))
        .args(["clean", "in", "-o", "out", "--overwrite", "--quiet", "--max-bytes", &limit])
        .args(["--threads", &threads.to_string()])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    memory::watched(child.expect("the program starts"))
}

/// Runs over records that are let in, and some that are too large: those take none of it.
fn keeps_to(stated: (u64, u64), write: impl Fn(&Path, usize, usize)) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let records = folder.path().join("in");
    let large = records.join("large");
    fs::create_dir_all(&large).expect("disk");
    write(&records, 2, RECORD);
    write(&large, 1, 8 * RECORD);
    for threads in [1, 3] {
        let (code, most) = run(folder.path(), threads);
        assert_eq!(code, Some(3), "the large ones are set aside");
        let (for_each_thread, times) = stated;
        let stated = BASE + threads * (for_each_thread + times * RECORD as u64);
        assert!(most > 0, "the system tells");
        assert!(most <= stated, "{threads} threads: {} of {} MiB", most / MIB, stated / MIB);
    }
}

#[test]
fn a_run_over_text_keeps_to_the_memory_that_is_stated() {
    keeps_to(TEXT, texts);
}

#[test]
fn a_run_over_html_keeps_to_the_memory_that_is_stated() {
    keeps_to(HTML, pages);
}
