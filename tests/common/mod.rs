//! What several tests of the program need.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// All files under a folder with their bytes, but for those of a run that may differ: `run.json`
/// holds the arguments, the lock the number of a process, and a line of the page the times that were
/// taken.
pub(crate) fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if !["run.json", "timings.json", "lock"].iter().any(|own| path.ends_with(own)) {
                let name = path.strip_prefix(folder).expect("inside").to_owned();
                let bytes = fs::read(&path).expect("a file");
                found.insert(name, timeless(&path, bytes));
            }
        }
    }
    found
}

/// A file of a run; of a page, without the line that holds times, and without saying that there is
/// one.
pub(crate) fn timeless(path: &Path, bytes: Vec<u8>) -> Vec<u8> {
    if !path.ends_with("_tamis/report.html") {
        return bytes;
    }
    let page =
        String::from_utf8_lossy(&bytes).replacen("\"timings\":true}", "\"timings\":false}", 1);
    let is_time = |line: &&str| line.contains("class=\"data-part\">{\"timings\":");
    page.lines().filter(|line| !is_time(line)).collect::<Vec<_>>().join("\n").into_bytes()
}
