use super::*;
use crate::source::compression::tests::compress;

/// A folder with these files, each with its own name as content.
fn tree(paths: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for path in paths {
        put(folder.path(), path, path.as_bytes());
    }
    folder
}

fn put(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn inputs(root: &Path, paths: &[&str]) -> Vec<String> {
    paths.iter().map(|path| root.join(path).display().to_string()).collect()
}

fn found(root: &Path, paths: &[&str]) -> Found {
    find(&inputs(root, paths), &FindOptions::default()).unwrap()
}

fn failure(root: &Path, paths: &[&str]) -> FindError {
    find(&inputs(root, paths), &FindOptions::default()).unwrap_err()
}

fn names(found: &Found) -> Vec<&str> {
    found.sources.iter().map(|source| &*source.name).collect()
}

fn skipped(root: &Path, found: &Found) -> Vec<String> {
    found
        .skipped
        .iter()
        .map(|skip| {
            let path = skip.path.strip_prefix(root).unwrap();
            format!("{}: {}", path.display(), skip.reason)
        })
        .collect()
}

#[test]
fn a_folder_is_searched_for_known_files() {
    let folder = tree(&[
        "b/x.jsonl.zst",
        "a.TXT",
        "b/c/p.html",
        "n.md.gz",
        "image.png",
        "data.json",
        ".hidden.txt",
        ".git/config.txt",
        "b/_tamis/removed.jsonl",
    ]);
    let found = found(folder.path(), &["."]);
    assert_eq!(names(&found), ["a.TXT", "b/c/p.html", "b/x.jsonl.zst", "n.md.gz"]);
    let found = find(&inputs(folder.path(), &[""]), &FindOptions::default()).unwrap();
    assert_eq!(
        skipped(folder.path(), &found),
        [
            "b/_tamis: a run's own records",
            "data.json: not a known extension",
            "image.png: not a known extension",
        ]
    );
    assert!(found.skipped.iter().all(|skip| !skip.reason.is_fault()));
}

#[test]
fn a_given_format_takes_every_file() {
    let folder = tree(&["a.json", "b.html", ".c"]);
    let options =
        FindOptions { format: Some(FormatOption::Jsonl), exclude: None, ..FindOptions::default() };
    let found = find(&inputs(folder.path(), &[""]), &options).unwrap();
    assert_eq!(names(&found), ["a.json", "b.html"]);
    assert!(found.sources.iter().all(|source| source.container == Container::Jsonl));
}

#[test]
fn a_named_file_is_taken_for_what_it_holds() {
    let folder = tree(&[]);
    let root = folder.path();
    put(root, "lines", b"{\"text\":\"a\"}\n");
    put(root, "page.tmp", b"<!doctype html><p>");
    put(root, "notes.log", b"plain");
    put(root, "packed", &compress(b"{}\n", Compression::Zst));
    put(root, "not.txt.gz", b"plain");
    put(root, "empty.gz", b"");
    let found =
        found(root, &["lines", "page.tmp", "notes.log", "packed", "not.txt.gz", "empty.gz"]);
    let all: Vec<_> = found
        .sources
        .iter()
        .map(|source| (&*source.name, source.container, source.compression))
        .collect();
    assert_eq!(
        all,
        [
            ("empty.gz", Container::File(Format::Text), Compression::Gz),
            ("lines", Container::Jsonl, Compression::None),
            ("not.txt.gz", Container::File(Format::Text), Compression::None),
            ("notes.log", Container::File(Format::Text), Compression::None),
            ("packed", Container::Jsonl, Compression::Zst),
            ("page.tmp", Container::File(Format::Html), Compression::None),
        ]
    );
}

#[test]
fn the_order_and_number_of_mentions_do_not_matter() {
    let folder = tree(&["a/x.txt", "a/y.txt", "b/x.txt"]);
    let one = found(folder.path(), &["a", "b", "a/y.txt", "b/../a"]);
    let two = found(folder.path(), &["b", "a/y.txt", "a", "a"]);
    assert_eq!(names(&one), ["a/x.txt", "a/y.txt", "b/x.txt"]);
    assert_eq!(names(&one), names(&two));
}

#[test]
fn the_wider_folder_names_a_file() {
    let folder = tree(&["a/b/x.txt", "z.txt"]);
    assert_eq!(names(&found(folder.path(), &["a/b/x.txt", "", "a"])), ["a/b/x.txt", "z.txt"]);
}

#[test]
fn a_pattern_is_expanded_unless_such_a_file_exists() {
    let folder = tree(&["a/x.txt", "b/x.txt", "b/y.md", "c[1].txt"]);
    assert_eq!(names(&found(folder.path(), &["*/x.txt"])), ["a/x.txt", "b/x.txt"]);
    assert_eq!(names(&found(folder.path(), &["c[1].txt"])), ["c[1].txt"]);
    assert_eq!(names(&found(folder.path(), &["[b]"])), ["x.txt", "y.md"]);
    assert_eq!(names(&found(folder.path(), &["**/*.md", "**/x.txt"])).len(), 3);
}

#[test]
fn all_bad_inputs_are_named_at_once_with_the_nearest_name() {
    let folder = tree(&["part-01.jsonl", "x.txt"]);
    let error =
        failure(folder.path(), &["part-10.jsonl", "x.txt", "*.none", "a/b", "[", "x.txt/y"]);
    let message = error.to_string();
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines.len(), 5, "{message}");
    assert!(lines[0].contains("part-10.jsonl`: no such file or folder; did you mean `"));
    assert!(lines[0].ends_with("part-01.jsonl`?"));
    assert!(lines[1].ends_with("no file or folder matches this pattern"));
    assert!(lines[2].ends_with("no such file or folder"));
    assert!(lines[3].contains("not a pattern"));
    assert!(lines[4].contains("no such file or folder"));
    assert!(matches!(failure(folder.path(), &["a\0b"]), FindError::Inputs(_)));
}

#[test]
fn nothing_found_says_what_was_looked_for() {
    let folder = tree(&["a.png", "b.gif"]);
    let message = failure(folder.path(), &[""]).to_string();
    assert!(message.contains(".jsonl"), "{message}");
    assert!(message.contains("2 files with other extensions"), "{message}");
    let message = find(&[], &FindOptions::default()).unwrap_err().to_string();
    assert!(message.starts_with("no input"));
}

#[test]
fn the_output_folder_is_not_read() {
    let folder = tree(&["x.txt", "out/x.txt"]);
    let root = folder.path();
    let options = FindOptions { exclude: Some(root.join("./out")), ..FindOptions::default() };
    let found = find(&inputs(root, &[""]), &options).unwrap();
    assert_eq!(names(&found), ["x.txt"]);
    assert_eq!(skipped(root, &found), ["out: the output folder"]);
    let found = find(&inputs(root, &["*"]), &options).unwrap();
    assert_eq!(names(&found), ["x.txt"]);
    for inside in ["out", "out/x.txt"] {
        let error = find(&inputs(root, &[inside]), &options).unwrap_err();
        assert!(error.to_string().contains("output folder"), "{error}");
    }
    let same = FindOptions { exclude: Some(root.to_owned()), ..FindOptions::default() };
    assert!(find(&inputs(root, &[""]), &same).is_err());
    let unmade = FindOptions { exclude: Some(root.join("later")), ..FindOptions::default() };
    assert!(find(&inputs(root, &["x.txt"]), &unmade).is_ok());
}

#[test]
fn sources_that_cannot_be_told_apart_are_named() {
    let folder = tree(&["p.html", "p.html.txt"]);
    let message = failure(folder.path(), &[""]).to_string();
    assert!(message.contains("p.html` and `") && message.contains("p.html.txt`"), "{message}");
}

#[cfg(unix)]
#[test]
fn links_and_pipes_in_folders_are_skipped_and_named_links_are_followed() {
    let folder = tree(&["real/x.txt"]);
    let root = folder.path();
    std::os::unix::fs::symlink(root, root.join("real/loop")).unwrap();
    std::os::unix::fs::symlink(root.join("real/x.txt"), root.join("real/y.txt")).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(root.join("real/s.txt")).unwrap();
    let folder_found = found(root, &["real"]);
    assert_eq!(names(&folder_found), ["x.txt"]);
    assert_eq!(
        skipped(root, &folder_found),
        [
            "real/loop: a symbolic link",
            "real/s.txt: not a regular file",
            "real/y.txt: a symbolic link",
        ]
    );
    assert_eq!(names(&found(root, &["real/y.txt"])), ["y.txt"]);
    assert!(failure(root, &["real/s.txt"]).to_string().contains("not a regular file"));
    assert!(failure(root, &["/dev/null"]).to_string().contains("not a regular file"));
    drop(socket);
    std::os::unix::fs::symlink(root.join("gone"), root.join("dangling.txt")).unwrap();
    let found = found(root, &["*.txt", "real"]);
    assert_eq!(names(&found), ["x.txt"]);
    assert!(found.skipped.iter().any(|skip| skip.reason.is_fault()));
}

#[cfg(unix)]
#[test]
fn odd_names_become_safe_ones() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tree(&["a\\..\\b.txt", "ключ.txt"]);
    let bad = std::ffi::OsStr::from_bytes(b"caf\xe9.txt");
    fs::write(folder.path().join(bad), "x").unwrap();
    let found = found(folder.path(), &[""]);
    assert_eq!(names(&found), ["a_.._b.txt", "caf\u{fffd}.txt", "ключ.txt"]);
}

#[test]
fn standard_input_is_told_by_its_head() {
    let jsonl = |compression| (Container::Jsonl, compression);
    assert_eq!(recognise_head(b"{\"a\":".to_vec(), None), jsonl(Compression::None));
    let packed = compress(b"{\"a\":1}\n", Compression::Gz);
    assert_eq!(recognise_head(packed.clone(), None), jsonl(Compression::Gz));
    assert_eq!(
        recognise_head(packed, Some(FormatOption::Html)),
        (Container::File(Format::Html), Compression::Gz)
    );
    assert_eq!(
        recognise_head(Vec::new(), None),
        (Container::File(Format::Text), Compression::None)
    );
}

#[test]
fn a_format_has_a_word() {
    assert_eq!(
        FormatOption::ALL.map(FormatOption::name),
        ["text", "markdown", "html", "jsonl", "parquet", "warc", "csv", "tsv"]
    );
}
