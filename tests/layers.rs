//! Who may import whom: the table in ARCHITECTURE.md, held against every `use crate::` of `src/`.

use std::fs;
use std::path::{Path, PathBuf};

/// The layer of each module of the library; the program (`main.rs`, `cli/`) stands above them all.
const LAYERS: &[(&str, u8)] = &[
    ("address", 0),
    ("document", 0),
    ("embedded", 0),
    ("metadata", 0),
    ("outline", 0),
    ("panics", 0),
    ("places", 0),
    ("store", 0),
    ("structure", 0),
    ("table_file", 0),
    ("text", 0),
    ("trees", 0),
    ("web_page", 0),
    ("survey", 1),
    ("source", 1),
    ("decode", 1),
    ("segment", 1),
    ("signals", 1),
    ("rules", 2),
    ("render", 2),
    ("verdict", 3),
    ("edit", 3),
    ("outcome", 3),
    ("pipeline", 4),
    ("sink", 4),
    ("report", 4),
    ("eval", 4),
    ("train", 4),
    ("batch", 5),
    ("tune", 5),
    ("compare", 5),
    ("measure", 5),
];

/// Imports inside one layer that are meant.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("text", "document"),
    ("document", "address"),
    ("document", "metadata"),
    ("document", "outline"),
    ("document", "structure"),
    ("structure", "document"),
    ("structure", "outline"),
    ("outline", "places"),
    ("places", "document"),
    ("text", "embedded"),
    ("signals", "survey"),
    ("survey", "segment"), // what is counted is cut up as it is judged
    ("source", "decode"),  // a refusal can be a decoding error
    ("edit", "verdict"),
    ("outcome", "edit"),
    ("outcome", "verdict"),
];

/// Outside crates and the places that may name them.
const HOMES: &[(&str, &[&str])] = &[
    ("aho_corasick", &["rules", "segment", "signals"]),
    ("anstream", &["cli"]),
    ("anstyle", &["cli"]),
    ("arrow_array", &["source", "sink", "measure", "batch"]),
    ("arrow_buffer", &["batch"]),
    ("arrow_json", &["sink"]),
    ("arrow_schema", &["source", "sink", "measure", "batch"]),
    ("arrow_select", &["sink"]),
    ("axum", &["cli"]),
    ("base64", &["sink", "web_page"]),
    ("bytes", &["store", "table_file"]),
    ("chardetng", &["decode"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("encoding_rs", &["decode"]),
    ("flate2", &["source"]),
    ("futures_util", &["store"]),
    ("getrandom", &["cli"]),
    ("glob", &["source"]),
    ("html5ever", &["segment"]),
    ("memchr", &["source", "sink", "rules", "segment", "signals", "text"]),
    ("indicatif", &["cli"]),
    ("include_dir", &["embedded", "rules"]),
    ("object_store", &["store"]),
    ("parquet", &["survey", "source", "sink", "table_file", "measure"]),
    ("psl", &["address"]),
    ("pulp", &["survey"]),
    ("rayon", &["pipeline", "train", "trees", "tune"]),
    ("regex", &["rules"]),
    ("rustls", &["store"]),
    ("regex_syntax", &["rules", "text"]),
    ("scraper", &["segment"]),
    ("sha2", &["web_page"]),
    ("strsim", &["rules", "source", "cli"]),
    ("tempfile", &["sink", "source", "survey", "measure"]),
    ("tokio", &["cli", "store"]),
    ("toml", &["rules"]), // the program's settings are read there too, with the same care
    ("tracing", &["cli", "pipeline", "sink", "source", "survey"]),
    ("tracing_subscriber", &["cli"]),
    ("unicode_segmentation", &["text"]),
    ("walkdir", &["source"]),
    ("whatlang", &["decode"]),
    ("xxhash_rust", &["text", "rules", "report", "signals", "sink", "survey", "compare"]),
    ("zstd", &["source"]),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("src is there") {
        let path = entry.expect("src can be listed").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The module of the library that a file belongs to: the first name under `src/`.
fn module(path: &Path) -> String {
    let inside = path.strip_prefix("src").expect("a file of src");
    let first = inside.components().next().expect("a name").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

fn layer(module: &str) -> Option<u8> {
    LAYERS.iter().find(|(name, _)| *name == module).map(|(_, layer)| *layer)
}

/// A file of unit tests alone.
fn is_test(path: &Path) -> bool {
    path.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs")))
}

/// A file's lines without comments and without its unit tests, which may reach further.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = text.find("#[cfg(test)]").unwrap_or(text.len());
    text[..end]
        .lines()
        .enumerate()
        .map(|(n, line)| (n + 1, line.trim()))
        .filter(|(_, line)| !line.starts_with("//"))
}

#[test]
fn modules_import_from_lower_layers_only() {
    let mut wrong = Vec::new();
    for path in sources(Path::new("src")) {
        let own = module(&path);
        if matches!(own.as_str(), "lib" | "main" | "cli") || is_test(&path) {
            continue;
        }
        let own_layer = layer(&own).unwrap_or_else(|| panic!("{own} has no layer: add it"));
        let text = fs::read_to_string(&path).expect("a file of src");
        for (number, line) in code(&text) {
            for (at, _) in line.match_indices("crate::") {
                let rest = &line[at + "crate::".len()..];
                let other: String =
                    rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let Some(other_layer) = layer(&other) else { continue };
                let meant = EXCEPTIONS.contains(&(own.as_str(), other.as_str()));
                if other != own && other_layer >= own_layer && !meant {
                    wrong.push(format!("{}:{number}: {own} imports {other}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports against the layers:\n{}", wrong.join("\n"));
}

#[test]
fn every_dependency_stays_in_its_home() {
    let mut wrong = Vec::new();
    for path in sources(Path::new("src")) {
        if is_test(&path) {
            continue;
        }
        let own = module(&path);
        let text = fs::read_to_string(&path).expect("a file of src");
        for (number, line) in code(&text) {
            for (name, homes) in HOMES {
                let named = line.starts_with(&format!("use {name}::"))
                    || line.starts_with(&format!("use {name}:"))
                    || line.starts_with(&format!("pub use {name}::"))
                    || line.match_indices(&format!("{name}::")).any(|(at, _)| {
                        !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                    });
                if named && !homes.contains(&own.as_str()) {
                    wrong.push(format!("{}:{number}: {own} names {name}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "dependencies outside their homes:\n{}", wrong.join("\n"));
}

#[test]
fn the_library_never_prints_and_never_exits() {
    let mut wrong = Vec::new();
    for path in sources(Path::new("src")) {
        if matches!(module(&path).as_str(), "main" | "cli") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a file of src");
        for (number, line) in code(&text) {
            for call in ["println!(", "print!(", "dbg!(", "process::exit("] {
                if line.contains(call) {
                    wrong.push(format!("{}:{number}: {call}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "the library prints or exits:\n{}", wrong.join("\n"));
}
