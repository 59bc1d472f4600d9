//! Names of sources and of their outputs: relative, safe to join to a folder, no two alike.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use super::sniff::split_compression;
use super::{Compression, Container};
use crate::document::Format;

/// The folder in which a run keeps its own files; no output may lie there.
pub const RUN_FOLDER: &str = "_tamis";

/// The relative name of the output of a source of this name.
///
/// The name itself, but cleaned HTML is text: `page.html` gives `page.html.txt`,
/// `page.html.gz` gives `page.html.txt.gz`; as Markdown it is `page.html.md`. The text of a WARC file
/// is a WET file: `a.warc.gz` gives `a.warc.wet.gz`. Standard input, which has no file's name, gets
/// the extensions of what it is: `stdin.jsonl.gz`.
pub fn output_name(
    name: &str,
    is_file: bool,
    container: Container,
    compression: Compression,
    html_to_markdown: bool,
) -> String {
    let (stem, suffix) = if is_file {
        let (stem, _) = split_compression(name);
        (stem.to_owned(), &name[stem.len()..])
    } else {
        let extension = match container {
            Container::Jsonl => "jsonl",
            Container::Parquet => "parquet",
            Container::Warc => "warc",
            Container::Csv => "csv",
            Container::Tsv => "tsv",
            Container::File(Format::Text) => "txt",
            Container::File(Format::Markdown) => "md",
            Container::File(Format::Html) => "html",
        };
        let suffix = match compression {
            Compression::None => "",
            Compression::Gz => ".gz",
            Compression::Zst => ".zst",
        };
        (format!("{name}.{extension}"), suffix)
    };
    let extension = if html_to_markdown { ".md" } else { ".txt" };
    if container == Container::File(Format::Html) && !stem.to_ascii_lowercase().ends_with(extension)
    {
        return format!("{stem}{extension}{suffix}");
    }
    // What is cleaned of a WARC file is what Common Crawl calls a WET file, and so it is named.
    if container == Container::Warc && !stem.to_ascii_lowercase().ends_with(".wet") {
        return format!("{stem}.wet{suffix}");
    }
    stem + suffix
}

/// A name without the extension of its compression.
pub(crate) fn name_part(name: &str) -> &str {
    split_compression(name).0
}

/// A name with the extension of a compression in the place of what it has.
pub(crate) fn with_compression(name: &str, compression: Compression) -> String {
    let extension = match compression {
        Compression::None => "",
        Compression::Gz => ".gz",
        Compression::Zst => ".zst",
    };
    format!("{}{extension}", name_part(name))
}

/// The folders and the file of a path as parts of a name.
///
/// Only what is a name of its own counts: no root, drive, `.` or `..`. A backslash, which some
/// systems take for a separator, and a NUL become `_`; what is not Unicode becomes U+FFFD.
pub fn parts(path: &Path) -> Vec<String> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(part) => Some(part.to_string_lossy().replace(['\\', '\0', '/'], "_")),
            _ => None,
        })
        .collect()
}

/// What is to be named.
pub(super) struct Candidate {
    /// The folder it was found under, by its number.
    pub(super) root: usize,
    /// Its path from there; for standard input its fixed name.
    pub(super) parts: Vec<String>,
    /// False for standard input.
    pub(super) is_file: bool,
    pub(super) container: Container,
    pub(super) compression: Compression,
}

/// Names for all candidates, in their order, or the pairs that cannot be told apart.
///
/// A name is the path from its root. Where two are alike (also if only case tells them apart,
/// if their outputs are alike, or if one would be the other's folder), all names of the roots
/// concerned are prefixed with one more of the folders above, until no two are. The result does
/// not depend on the order of the candidates.
pub(super) fn assign(
    candidates: &[Candidate],
    roots: &[Vec<String>],
    html_to_markdown: bool,
) -> Result<Vec<String>, Vec<(usize, usize)>> {
    let mut depth = vec![0; roots.len()];
    loop {
        let names: Vec<String> =
            candidates.iter().map(|candidate| name(candidate, roots, &depth)).collect();
        let clashes = clashes(candidates, &names, html_to_markdown);
        if clashes.is_empty() {
            return Ok(names);
        }
        let concerned: BTreeSet<usize> = clashes
            .iter()
            .flat_map(|&(first, second)| [first, second])
            .filter_map(|number| candidates.get(number))
            .filter(|candidate| candidate.is_file)
            .map(|candidate| candidate.root)
            .collect();
        let mut grown = false;
        for root in concerned {
            if let (Some(depth), Some(above)) = (depth.get_mut(root), roots.get(root))
                && *depth < above.len()
            {
                *depth += 1;
                grown = true;
            }
        }
        if !grown {
            return Err(clashes);
        }
    }
}

fn name(candidate: &Candidate, roots: &[Vec<String>], depth: &[usize]) -> String {
    let above: &[String] = match (roots.get(candidate.root), depth.get(candidate.root)) {
        (Some(above), Some(&depth)) if candidate.is_file => {
            above.get(above.len().saturating_sub(depth)..).unwrap_or_default()
        }
        _ => &[],
    };
    let all: Vec<&str> = above.iter().chain(&candidate.parts).map(String::as_str).collect();
    all.join("/")
}

/// Pairs of candidates that stand in each other's way; one that stands in the run's own way is
/// paired with itself.
fn clashes(
    candidates: &[Candidate],
    names: &[String],
    html_to_markdown: bool,
) -> Vec<(usize, usize)> {
    let mut by_name = BTreeMap::new();
    let mut by_output = BTreeMap::new();
    let mut clashes = Vec::new();
    for (number, (candidate, name)) in candidates.iter().zip(names).enumerate() {
        let Candidate { is_file, container, compression, .. } = *candidate;
        let output = output_name(name, is_file, container, compression, html_to_markdown);
        let output = output.to_lowercase();
        let first = output.split('/').next().unwrap_or("");
        if first == RUN_FOLDER {
            clashes.push((number, number));
        }
        let same_name = by_name.insert(name.to_lowercase(), number);
        let same_output = by_output.insert(output, number);
        if let Some(other) = same_name.or(same_output) {
            clashes.push((other, number));
        }
    }
    for (output, &number) in &by_output {
        for (end, _) in output.match_indices('/') {
            if let Some(&other) = output.get(..end).and_then(|folder| by_output.get(folder)) {
                clashes.push((other, number));
            }
        }
    }
    clashes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: Container = Container::File(Format::Text);
    const HTML: Container = Container::File(Format::Html);

    fn output(name: &str, container: Container, compression: Compression) -> String {
        output_name(name, true, container, compression, false)
    }

    #[test]
    fn an_output_is_named_as_its_source_but_html_becomes_text() {
        let none = Compression::None;
        assert_eq!(output("a/x.jsonl", Container::Jsonl, none), "a/x.jsonl");
        assert_eq!(output("x.jsonl.gz", Container::Jsonl, Compression::Gz), "x.jsonl.gz");
        assert_eq!(output("x.jsonl", Container::Jsonl, Compression::Gz), "x.jsonl");
        assert_eq!(output("a/p.html", HTML, none), "a/p.html.txt");
        assert_eq!(output("a/p.HTM.gz", HTML, Compression::Gz), "a/p.HTM.txt.gz");
        assert_eq!(output("p", HTML, none), "p.txt");
        assert_eq!(output("p.txt", HTML, none), "p.txt");
        assert_eq!(output("p.html", TEXT, none), "p.html");
        let markdown = |name| output_name(name, true, HTML, Compression::Gz, true);
        assert_eq!(markdown("a/p.html.gz"), "a/p.html.md.gz");
        assert_eq!(markdown("p.MD"), "p.MD");
        assert_eq!(output_name("x.txt", true, TEXT, none, true), "x.txt");
    }

    #[test]
    fn the_text_of_a_warc_file_is_a_wet_file() {
        for (name, expected) in [
            ("a.warc.gz", "a.warc.wet.gz"),
            ("a.warc.wet.gz", "a.warc.wet.gz"),
            ("a.WET", "a.WET"),
            ("crawl", "crawl.wet"),
        ] {
            assert_eq!(output(name, Container::Warc, Compression::Gz), expected);
        }
    }

    #[test]
    fn standard_input_is_named_for_what_it_is() {
        let stdin =
            |container, compression| output_name("stdin", false, container, compression, false);
        assert_eq!(stdin(Container::Jsonl, Compression::Zst), "stdin.jsonl.zst");
        assert_eq!(stdin(TEXT, Compression::None), "stdin.txt");
        assert_eq!(stdin(Container::File(Format::Markdown), Compression::Gz), "stdin.md.gz");
        assert_eq!(stdin(HTML, Compression::None), "stdin.html.txt");
    }

    /// Files as `(root, path from it)`; roots as paths.
    fn assigned(
        files: &[(usize, &str)],
        roots: &[&str],
    ) -> Result<Vec<String>, Vec<(usize, usize)>> {
        let candidates: Vec<Candidate> = files
            .iter()
            .map(|&(root, path)| Candidate {
                root,
                parts: parts(Path::new(path)),
                is_file: true,
                container: if path.ends_with("html") { HTML } else { Container::Jsonl },
                compression: Compression::None,
            })
            .collect();
        let roots: Vec<_> = roots.iter().map(|root| parts(Path::new(root))).collect();
        assign(&candidates, &roots, false)
    }

    #[test]
    fn names_that_do_not_clash_are_left_alone() {
        let names = assigned(&[(0, "x.jsonl"), (1, "sub/x.jsonl")], &["/d/a", "/d/b"]).unwrap();
        assert_eq!(names, ["x.jsonl", "sub/x.jsonl"]);
    }

    #[test]
    fn all_names_of_clashing_folders_are_prefixed() {
        let files = [(0, "x.jsonl"), (0, "y.jsonl"), (1, "x.jsonl"), (2, "z.jsonl")];
        let names = assigned(&files, &["/d/a", "/d/b", "/d/c"]).unwrap();
        assert_eq!(names, ["a/x.jsonl", "a/y.jsonl", "b/x.jsonl", "z.jsonl"]);
    }

    #[test]
    fn as_many_folders_are_prefixed_as_it_takes() {
        let names = assigned(&[(0, "x.jsonl"), (1, "x.jsonl")], &["/p/a/s", "/p/b/s"]).unwrap();
        assert_eq!(names, ["a/s/x.jsonl", "b/s/x.jsonl"]);
    }

    #[test]
    fn case_outputs_and_folders_clash_too() {
        let names = assigned(&[(0, "X.jsonl"), (1, "x.jsonl")], &["/a", "/b"]).unwrap();
        assert_eq!(names, ["a/X.jsonl", "b/x.jsonl"]);
        let names = assigned(&[(0, "p.html"), (1, "p.html.txt")], &["/a", "/b"]).unwrap();
        assert_eq!(names, ["a/p.html", "b/p.html.txt"]);
        let names = assigned(&[(0, "d.jsonl"), (1, "d.jsonl/x.jsonl")], &["/a", "/b"]).unwrap();
        assert_eq!(names, ["a/d.jsonl", "b/d.jsonl/x.jsonl"]);
    }

    #[test]
    fn the_runs_own_folder_is_kept_free() {
        let names = assigned(&[(0, "_Tamis/x.jsonl")], &["/d/a"]).unwrap();
        assert_eq!(names, ["a/_Tamis/x.jsonl"]);
        assert_eq!(assigned(&[(0, "_tamis/x.jsonl")], &["/"]), Err(vec![(0, 0)]));
    }

    #[test]
    fn what_cannot_be_told_apart_is_named() {
        assert_eq!(assigned(&[(0, "X.jsonl"), (0, "x.jsonl")], &["/d/a"]), Err(vec![(0, 1)]));
    }

    fn folders(path: &Path) -> bool {
        path.components().all(|part| matches!(part, Component::Normal(_)))
    }

    proptest! {
        #[test]
        fn a_name_joined_to_a_folder_stays_inside(
            path in "(\\.\\./|/|\\./|[a-zA-Z]:|\\\\|\\x00|_tamis/|[^/]{1,5}){0,6}",
            html in any::<bool>(),
        ) {
            let name = parts(Path::new(&path)).join("/");
            let container = if html { HTML } else { Container::Jsonl };
            let output = output(&name, container, Compression::None);
            prop_assert!(folders(Path::new(&name)));
            prop_assert!(folders(Path::new(&output)));
            prop_assert!(!name.contains(['\\', '\0']));
            prop_assert!(Path::new("out").join(&output).starts_with("out"));
        }

        #[test]
        fn names_do_not_depend_on_the_order(
            files in prop::collection::btree_set((0usize..3, "[ab]/[xX]|[xy]"), 1..7),
        ) {
            let roots = ["/p/a/s", "/p/b/s", "/q/b/s"];
            let forward: Vec<(usize, &str)> =
                files.iter().map(|(root, path)| (*root, path.as_str())).collect();
            let backward: Vec<(usize, &str)> = forward.iter().rev().copied().collect();
            let first = assigned(&forward, &roots).ok();
            let mut second = assigned(&backward, &roots).ok();
            if let Some(names) = &mut second {
                names.reverse();
            }
            prop_assert_eq!(&first, &second);
            if let Some(names) = first {
                let distinct: BTreeSet<String> = names.iter().map(|n| n.to_lowercase()).collect();
                prop_assert_eq!(distinct.len(), names.len());
            }
        }
    }
}
