//! Patterns of paths that the shell did not expand: `data/**/*.jsonl`.
//!
//! The `glob` crate matches the names; the walk is ours, since its own follows symbolic links
//! under `**`, and two that lead back to their folder keep it walking for ever.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf, is_separator};

use glob::{MatchOptions, Pattern, PatternError};

/// True if a path has a character that a pattern may have.
pub(super) fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// What a pattern matches, and the folders that could not be read.
#[derive(Default)]
pub(super) struct Matches {
    pub(super) paths: BTreeSet<PathBuf>,
    pub(super) unreadable: Vec<(PathBuf, io::Error)>,
}

/// Files and folders that match, sorted.
///
/// `*` and `?` stay within a name, `**` is any number of folders; none of them matches a hidden
/// name, and `**` does not follow symbolic links.
///
/// # Errors
/// If the pattern is not one.
pub(super) fn expand(pattern: &str) -> Result<Matches, PatternError> {
    let relative = pattern.trim_start_matches(is_separator);
    let mut steps = Vec::new();
    for step in relative.split(is_separator).filter(|step| !step.is_empty()) {
        steps.push((step, Pattern::new(step)?));
    }
    let mut matches = Matches::default();
    // The root of an absolute pattern; for a relative one an empty path.
    let root = PathBuf::from(&pattern[..usize::from(relative.len() < pattern.len())]);
    let mut found = BTreeSet::from([root]);
    let last = steps.len().saturating_sub(1);
    for (number, (step, pattern)) in steps.iter().enumerate() {
        let mut next = BTreeSet::new();
        for folder in found {
            if *step == "**" {
                next.extend(folders_below(folder, &mut matches));
            } else if is_pattern(step) {
                for (path, name) in children(&folder, &mut matches) {
                    if pattern.matches_with(&name, OPTIONS) && (number == last || path.is_dir()) {
                        next.insert(path);
                    }
                }
            } else {
                let path = folder.join(step);
                if path.exists() {
                    next.insert(path);
                }
            }
        }
        found = next;
    }
    matches.paths = found;
    Ok(matches)
}

const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// The folder and all folders below it that are not hidden and not links.
fn folders_below(folder: PathBuf, matches: &mut Matches) -> Vec<PathBuf> {
    if !folder.as_os_str().is_empty() && !folder.is_dir() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut waiting = vec![folder];
    while let Some(folder) = waiting.pop() {
        for (path, name) in children(&folder, matches) {
            if !name.starts_with('.') && !path.is_symlink() && path.is_dir() {
                waiting.push(path);
            }
        }
        found.push(folder);
    }
    found
}

/// Paths and names in a folder, in no order.
fn children(folder: &Path, matches: &mut Matches) -> Vec<(PathBuf, String)> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = match fs::read_dir(here) {
        Ok(entries) => entries,
        Err(error) => {
            matches.unreadable.push((here.to_owned(), error));
            return Vec::new();
        }
    };
    let mut children = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => {
                let name = entry.file_name();
                children.push((folder.join(&name), name.to_string_lossy().into_owned()));
            }
            Err(error) => matches.unreadable.push((here.to_owned(), error)),
        }
    }
    children
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(root: &Path, pattern: &str) -> Vec<String> {
        let pattern = format!("{}/{pattern}", root.display());
        expand(&pattern)
            .unwrap()
            .paths
            .iter()
            .map(|path| path.strip_prefix(root).unwrap().display().to_string())
            .collect()
    }

    #[test]
    fn patterns_match_as_in_a_shell() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for path in ["a/x.txt", "a/b/y.txt", "a/b/.z.txt", ".h/x.txt", "x.txt", "[1].txt"] {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), "").unwrap();
        }
        assert_eq!(expanded(root, "*.txt"), ["[1].txt", "x.txt"]);
        assert_eq!(expanded(root, "?.txt"), ["x.txt"]);
        assert_eq!(expanded(root, "[[]*"), ["[1].txt"]);
        assert_eq!(expanded(root, "*/*.txt"), ["a/x.txt"]);
        assert_eq!(expanded(root, "*"), ["[1].txt", "a", "x.txt"]);
        assert_eq!(expanded(root, ".*/x.txt"), [".h/x.txt"]);
        assert_eq!(expanded(root, "**/*.txt"), ["[1].txt", "a/b/y.txt", "a/x.txt", "x.txt"]);
        assert_eq!(expanded(root, "a/**/y.txt"), ["a/b/y.txt"]);
        assert_eq!(expanded(root, "**"), ["", "a", "a/b"]);
        assert_eq!(expanded(root, "*/../a//x.t*"), ["a/../a/x.txt"]);
        assert!(expanded(root, "n*/x.txt").is_empty());
    }

    #[test]
    fn a_broken_pattern_is_an_error() {
        assert!(expand("a/[").is_err());
        assert!(expand("a**b/c").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_back_do_not_loop() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for link in ["one", "two", "three"] {
            std::os::unix::fs::symlink(root, root.join(link)).unwrap();
        }
        fs::write(root.join("x.txt"), "").unwrap();
        assert_eq!(expanded(root, "**/*.txt"), ["x.txt"]);
        assert_eq!(expanded(root, "one/*.txt"), ["one/x.txt"]);
    }

    #[test]
    fn odd_patterns_do_not_panic() {
        for pattern in ["*", "", "/", "//", "\0*", "é*/\u{301}?", "nowhere/*/..", "./?nowhere"] {
            let _ = expand(pattern);
        }
    }
}
