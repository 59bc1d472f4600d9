//! Inputs to sources: files, folders, patterns and standard input, each found once and named.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::WalkDir;

use super::names::{Candidate, RUN_FOLDER, assign, parts};
use super::{Compression, Container, Origin, Source, compression, pattern, sniff};
use crate::document::Format;

mod error;

pub use error::{BadInput, Clash, FindError, InputFault};

/// What the user said about finding.
#[derive(Clone, Debug, Default)]
pub struct FindOptions {
    /// What all files are, whatever their names and contents say.
    pub format: Option<FormatOption>,
    /// The output folder: it is never read.
    pub exclude: Option<PathBuf>,
    /// Cleaned HTML is to come out as Markdown: sources are named so that no two of their outputs
    /// are named alike.
    pub html_to_markdown: bool,
}

/// What a file is, as the user says it (`--format`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatOption {
    /// A text a file.
    Text,
    /// A Markdown text a file.
    Markdown,
    /// A page of HTML a file.
    Html,
    /// A JSON object a line.
    Jsonl,
    /// A table, a document a row.
    Parquet,
    /// Records of a web archive, or the texts made of them (WET).
    Warc,
    /// Comma-separated values.
    Csv,
    /// Values separated by tabs.
    Tsv,
}

impl FormatOption {
    /// All of them.
    pub const ALL: [FormatOption; 8] = [
        FormatOption::Text,
        FormatOption::Markdown,
        FormatOption::Html,
        FormatOption::Jsonl,
        FormatOption::Parquet,
        FormatOption::Warc,
        FormatOption::Csv,
        FormatOption::Tsv,
    ];

    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            FormatOption::Text => "text",
            FormatOption::Markdown => "markdown",
            FormatOption::Html => "html",
            FormatOption::Jsonl => "jsonl",
            FormatOption::Parquet => "parquet",
            FormatOption::Warc => "warc",
            FormatOption::Csv => "csv",
            FormatOption::Tsv => "tsv",
        }
    }

    /// How records are stored in such a file.
    pub fn container(self) -> Container {
        match self {
            FormatOption::Text => Container::File(Format::Text),
            FormatOption::Markdown => Container::File(Format::Markdown),
            FormatOption::Html => Container::File(Format::Html),
            FormatOption::Jsonl => Container::Jsonl,
            FormatOption::Parquet => Container::Parquet,
            FormatOption::Warc => Container::Warc,
            FormatOption::Csv => Container::Csv,
            FormatOption::Tsv => Container::Tsv,
        }
    }
}

/// What was found.
#[derive(Debug)]
pub struct Found {
    /// The sources, sorted by name; never empty.
    pub sources: Vec<Arc<Source>>,
    /// What was met and not taken, sorted by path. Hidden files and folders are not listed.
    pub skipped: Vec<Skipped>,
}

/// A file or folder that was met and not taken.
#[derive(Debug)]
pub struct Skipped {
    /// Where it is.
    pub path: PathBuf,
    /// Why it was not taken.
    pub reason: SkipReason,
}

/// Why something in a folder was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SkipReason {
    /// The name does not say what the file is.
    #[error("not a known extension")]
    Extension,
    /// A pipe, a socket or a device.
    #[error("not a regular file")]
    NotAFile,
    /// A symbolic link; links are followed only where they are named.
    #[error("a symbolic link")]
    Link,
    /// The output folder.
    #[error("the output folder")]
    Output,
    /// What a run keeps beside its output.
    #[error("a run's own records")]
    RunFolder,
    /// A folder that could not be read: what is in it is not known.
    #[error("cannot be read: {0}")]
    Unreadable(#[source] io::Error),
}

impl SkipReason {
    /// True if input may be missing for it, so that the run is not complete.
    pub fn is_fault(&self) -> bool {
        matches!(self, SkipReason::Unreadable(_))
    }
}

/// Finds the sources that the inputs name.
///
/// - A file is taken whatever its name; where its extension is not known, its first bytes tell
///   what it is.
/// - A folder is searched to the bottom, links not followed, hidden files passed over, for files
///   of a known extension (`.txt`, `.text`, `.md`, `.markdown`, `.html`, `.htm`, `.xhtml`,
///   `.jsonl`, `.ndjson`, `.warc`, `.wet`, `.csv`, `.tsv`, `.tab`, each also with `.gz`, `.zst`,
///   `.zstd`; `.parquet`); with a format given, for all.
/// - A path that does not exist and has `*`, `?` or `[` is a pattern.
/// - `-` is standard input; what it is, the first bytes in its pipe tell.
///
/// How a file is compressed is told by its first bytes. A file met twice is read once. The
/// result does not depend on the order of the inputs.
///
/// # Errors
/// [`FindError`] if any input cannot be used, with all of those; if there is nothing to read; if
/// two sources would have the same output.
pub fn find(inputs: &[String], options: &FindOptions) -> Result<Found, FindError> {
    let mut search = Search {
        format: options.format,
        exclude: options.exclude.as_ref().and_then(|path| fs::canonicalize(path).ok()),
        html_to_markdown: options.html_to_markdown,
        stdin: false,
        files: BTreeMap::new(),
        skipped: BTreeMap::new(),
        bad: Vec::new(),
    };
    for input in inputs {
        if let Err(fault) = search.input(input) {
            search.bad.push(BadInput { input: input.clone(), fault });
        }
    }
    search.finish(inputs)
}

/// A file, and under which folder it was found.
struct Hit {
    path: PathBuf,
    root: PathBuf,
    relative: PathBuf,
}

struct Search {
    format: Option<FormatOption>,
    exclude: Option<PathBuf>,
    html_to_markdown: bool,
    stdin: bool,
    /// By canonical path, so that a file is read once however often it is named.
    files: BTreeMap<PathBuf, Hit>,
    skipped: BTreeMap<PathBuf, Skipped>,
    bad: Vec<BadInput>,
}

impl Search {
    fn input(&mut self, input: &str) -> Result<(), InputFault> {
        if input == "-" {
            self.stdin = true;
            return Ok(());
        }
        let path = Path::new(input);
        match fs::metadata(path) {
            // A pipe has no canonical path, so what it is comes first.
            Ok(metadata) if !metadata.is_dir() && !metadata.is_file() => Err(InputFault::NotAFile),
            Ok(_) => {
                if self.is_output(&fs::canonicalize(path).map_err(InputFault::Unreadable)?) {
                    return Err(InputFault::Output);
                }
                self.named(path)
            }
            Err(_) if pattern::is_pattern(input) => self.take_matches(input),
            Err(error) if is_missing(&error) => Err(InputFault::Missing(error::nearest(path))),
            Err(error) => Err(InputFault::Unreadable(error)),
        }
    }

    fn is_output(&self, canonical: &Path) -> bool {
        self.exclude.as_ref().is_some_and(|exclude| canonical.starts_with(exclude))
    }

    fn take_matches(&mut self, pattern: &str) -> Result<(), InputFault> {
        let matches = pattern::expand(pattern).map_err(InputFault::Pattern)?;
        if matches.paths.is_empty() && matches.unreadable.is_empty() {
            return Err(InputFault::NoMatch);
        }
        for (path, error) in matches.unreadable {
            self.skip(path.clone(), path, SkipReason::Unreadable(error));
        }
        for path in matches.paths {
            let canonical = match fs::canonicalize(&path) {
                Ok(canonical) => canonical,
                Err(error) => {
                    self.skip(path.clone(), path, SkipReason::Unreadable(error));
                    continue;
                }
            };
            if self.is_output(&canonical) {
                self.skip(canonical, path, SkipReason::Output);
            } else if let Err(fault) = self.named(&path) {
                match fault {
                    InputFault::Unreadable(error) => {
                        self.skip(canonical, path, SkipReason::Unreadable(error));
                    }
                    _ => self.skip(canonical, path, SkipReason::NotAFile),
                }
            }
        }
        Ok(())
    }

    /// Takes a file or folder that was named.
    fn named(&mut self, path: &Path) -> Result<(), InputFault> {
        let canonical = fs::canonicalize(path).map_err(InputFault::Unreadable)?;
        let metadata = fs::metadata(path).map_err(InputFault::Unreadable)?;
        if metadata.is_dir() {
            self.folder(path, &canonical);
            return Ok(());
        }
        if !metadata.is_file() {
            return Err(InputFault::NotAFile);
        }
        let Some(name) = path.file_name() else { return Err(InputFault::NotAFile) };
        // The folder of the name, not of what a link leads to.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let root =
            fs::canonicalize(folder.unwrap_or(Path::new("."))).map_err(InputFault::Unreadable)?;
        let hit = Hit { path: path.to_owned(), root, relative: name.into() };
        self.take(canonical, hit);
        Ok(())
    }

    fn folder(&mut self, folder: &Path, canonical: &Path) {
        let exclude = self.exclude.clone();
        let mut passed_over = Vec::new();
        let walk = WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(|entry| {
            if entry.depth() == 0 {
                return true;
            }
            let name = entry.file_name().to_string_lossy();
            if name.starts_with('.') {
                return false;
            }
            if !entry.file_type().is_dir() {
                return true;
            }
            let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            let real = canonical.join(relative);
            let reason = if exclude.as_ref() == Some(&real) {
                SkipReason::Output
            } else if name.eq_ignore_ascii_case(RUN_FOLDER) {
                SkipReason::RunFolder
            } else {
                return true;
            };
            passed_over.push((real, entry.path().to_owned(), reason));
            false
        });
        let mut entries = Vec::new();
        for entry in walk {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => entries.push(entry),
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    let error = error
                        .into_io_error()
                        .unwrap_or_else(|| io::Error::other("a loop of folders"));
                    self.skip(path.clone(), path, SkipReason::Unreadable(error));
                }
            }
        }
        for (real, path, reason) in passed_over {
            self.skip(real, path, reason);
        }
        for entry in entries {
            let path = entry.path();
            let relative = path.strip_prefix(folder).unwrap_or(path);
            let real = canonical.join(relative);
            let known = || sniff::by_name(&entry.file_name().to_string_lossy()).0.is_some();
            if entry.file_type().is_symlink() {
                self.skip(real, path.to_owned(), SkipReason::Link);
            } else if !entry.file_type().is_file() {
                self.skip(real, path.to_owned(), SkipReason::NotAFile);
            } else if self.format.is_none() && !known() {
                self.skip(real, path.to_owned(), SkipReason::Extension);
            } else {
                let (root, relative) = (canonical.to_owned(), relative.to_owned());
                self.take(real, Hit { path: path.to_owned(), root, relative });
            }
        }
    }

    fn skip(&mut self, real: PathBuf, path: PathBuf, reason: SkipReason) {
        self.skipped.entry(real).or_insert(Skipped { path, reason });
    }

    /// Takes a file; of two ways to name it, the one that says more of its folders.
    fn take(&mut self, canonical: PathBuf, hit: Hit) {
        let rank = |hit: &Hit| {
            let depth = hit.relative.components().count();
            (std::cmp::Reverse(depth), hit.relative.clone(), hit.path.clone())
        };
        match self.files.get(&canonical) {
            Some(known) if rank(known) <= rank(&hit) => {}
            _ => {
                self.files.insert(canonical, hit);
            }
        }
    }

    fn finish(mut self, inputs: &[String]) -> Result<Found, FindError> {
        if !self.bad.is_empty() {
            return Err(FindError::Inputs(self.bad));
        }
        self.skipped.retain(|real, _| !self.files.contains_key(real));
        let mut skipped: Vec<Skipped> = self.skipped.into_values().collect();
        skipped.sort_by(|a, b| a.path.cmp(&b.path));
        if self.files.is_empty() && !self.stdin {
            return Err(FindError::Nothing { inputs: inputs.to_vec(), skipped });
        }

        let mut roots: BTreeMap<PathBuf, usize> = BTreeMap::new();
        let mut above = Vec::new();
        let mut origins = Vec::new();
        let mut candidates = Vec::new();
        for hit in self.files.into_values() {
            let root = *roots.entry(hit.root).or_insert_with_key(|root| {
                above.push(parts(root));
                above.len() - 1
            });
            let (container, compression) = recognise(&hit.path, self.format);
            let parts = parts(&hit.relative);
            candidates.push(Candidate { root, parts, is_file: true, container, compression });
            origins.push(Origin::File(hit.path));
        }
        if self.stdin {
            let (container, compression) = recognise_stdin(self.format);
            let parts = vec!["stdin".to_owned()];
            candidates.push(Candidate { root: 0, parts, is_file: false, container, compression });
            origins.push(Origin::Stdin);
        }
        let names = assign(&candidates, &above, self.html_to_markdown).map_err(|pairs| {
            let path = |number: usize| match origins.get(number) {
                Some(Origin::File(path)) => Some(path.clone()),
                Some(Origin::Stdin) | None => None,
            };
            let clash = |(first, second)| Clash { first: path(first), second: path(second) };
            FindError::Clashes(pairs.into_iter().map(clash).collect())
        })?;
        let mut sources: Vec<Arc<Source>> = names
            .into_iter()
            .zip(origins)
            .zip(candidates)
            .map(|((name, origin), Candidate { container, compression, .. })| {
                Arc::new(Source { name: name.into(), origin, container, compression })
            })
            .collect();
        sources.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Found { sources, skipped })
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// What a regular file is. One that cannot be opened is what its name says; reading it will
/// say that it cannot be opened.
fn recognise(path: &Path, format: Option<FormatOption>) -> (Container, Compression) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (named_format, named) = sniff::by_name(&name);
    let compression = match File::open(path) {
        Ok(file) => sniff::compression(&sniff::head(io::Read::take(file, 4)), named),
        Err(_) => named,
    };
    let format = format.or(named_format).unwrap_or_else(|| {
        compression::open_file(path, compression)
            .map_or(FormatOption::Text, |reader| sniff::format(&sniff::head(reader)))
    });
    (format.container(), compression)
}

/// What standard input is, by the bytes that its first read gives; they stay in its buffer.
fn recognise_stdin(format: Option<FormatOption>) -> (Container, Compression) {
    let head = io::stdin().lock().fill_buf().map(<[u8]>::to_vec).unwrap_or_default();
    recognise_head(head, format)
}

fn recognise_head(head: Vec<u8>, format: Option<FormatOption>) -> (Container, Compression) {
    let compression = sniff::compression(&head, Compression::None);
    let format = format.unwrap_or_else(|| {
        compression::decoder(io::Cursor::new(head), compression)
            .map_or(FormatOption::Text, |reader| sniff::format(&sniff::head(reader)))
    });
    (format.container(), compression)
}

#[cfg(test)]
mod tests;
