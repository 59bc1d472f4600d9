//! What a run writes of each source: the shape of its records, the file they go to, and how that
//! is compressed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::files::output_name;
use crate::render::HtmlOutput;
use crate::source::names::{name_part, with_compression};
use crate::source::{Compression, Container, Source};

/// Uncompressed bytes after which the next file of gathered documents is begun.
pub const GATHERED_BYTES: u64 = 256 << 20;

/// What records are written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// As they came.
    #[default]
    Same,
    /// JSON Lines with `text`, `id`, `url` and `metadata`.
    Jsonl,
    /// CSV with these columns.
    Csv,
    /// The same, separated by tabs.
    Tsv,
    /// WARC records of type `conversion`.
    Wet,
    /// Parquet with the columns `text`, `id`, `url` and `metadata`.
    Parquet,
    /// JSON Lines of what would go: attributes as the Dolma toolkit has them. The documents
    /// themselves are not written.
    Attributes,
}

impl Shape {
    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Shape::Same => "same",
            Shape::Jsonl => "jsonl",
            Shape::Csv => "csv",
            Shape::Tsv => "tsv",
            Shape::Wet => "wet",
            Shape::Parquet => "parquet",
            Shape::Attributes => "attributes",
        }
    }

    /// The extension of a file; none for one that has its source's.
    fn extension(self) -> Option<&'static str> {
        match self {
            Shape::Same => None,
            Shape::Attributes | Shape::Jsonl => Some("jsonl"),
            Shape::Csv | Shape::Tsv | Shape::Wet | Shape::Parquet => Some(self.name()),
        }
    }

    /// What every file begins with.
    pub fn head(self) -> &'static str {
        match self {
            Shape::Csv => "text,id,url,metadata\r\n",
            Shape::Tsv => "text\tid\turl\tmetadata\r\n",
            _ => "",
        }
    }
}

/// What a run writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outputs {
    /// How cleaned HTML is written.
    pub html: HtmlOutput,
    /// What records are written as.
    pub shape: Shape,
    /// How files are compressed, where not as their source.
    pub compression: Option<Compression>,
    /// What cannot be made again is kept beside the output.
    pub originals: bool,
}

impl Default for Outputs {
    fn default() -> Self {
        Self { html: HtmlOutput::Text, shape: Shape::Same, compression: None, originals: true }
    }
}

/// Where the records of a source go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// To a file of this name, relative to the run's folder.
    Own(String),
    /// To files that it shares with the sources before and after it, in their order. Each is
    /// named with its number, of five digits or more, between these two.
    Shared {
        /// What comes before the number.
        before: String,
        /// What comes after it.
        after: String,
    },
}

impl Target {
    /// True if several sources share the files.
    pub fn is_shared(&self) -> bool {
        matches!(self, Target::Shared { .. })
    }

    /// The name of a file.
    pub fn name(&self, number: u64) -> String {
        match self {
            Target::Own(name) => name.clone(),
            Target::Shared { before, after } => format!("{before}{number:05}{after}"),
        }
    }
}

impl Outputs {
    /// What the records of a source are written as. What is made of a WARC file is WET anyway.
    pub fn shape(&self, source: &Source) -> Shape {
        match (self.shape, source.container) {
            (Shape::Wet, Container::Warc) => Shape::Same,
            (shape, _) => shape,
        }
    }

    /// How the output of a source is compressed. Files that gather several have no source's
    /// compression to take: they are gzip.
    pub fn compression(&self, source: &Source) -> Compression {
        if self.is_table(source) {
            // It is compressed inside.
            return Compression::None;
        }
        let usual = if self.gathers(source) { Compression::Gz } else { source.compression };
        self.compression.unwrap_or(usual)
    }

    /// True if what is kept of a source is compressed when it is rendered: in WARC every record
    /// is a member of its own, so that programs can read one without those before it.
    pub fn is_encoded(&self, source: &Source) -> bool {
        let is_warc = match self.shape(source) {
            Shape::Same => source.container == Container::Warc,
            shape => shape == Shape::Wet,
        };
        is_warc && self.compression(source) == Compression::Gz
    }

    /// True for a source whose output is Parquet.
    fn is_table(&self, source: &Source) -> bool {
        match self.shape(source) {
            Shape::Same => source.container == Container::Parquet,
            shape => shape == Shape::Parquet,
        }
    }

    /// True for a source that is one document, where that is not written as it came.
    fn gathers(&self, source: &Source) -> bool {
        self.shape != Shape::Same && matches!(source.container, Container::File(_))
    }

    /// Where what is kept of a source goes.
    pub fn target(&self, source: &Source) -> Target {
        let compression = self.compression(source);
        let Some(extension) = self.shape(source).extension() else {
            let name = output_name(source, self.html);
            return Target::Own(match self.compression {
                Some(compression) if !self.is_table(source) => with_compression(&name, compression),
                _ => name,
            });
        };
        let is_beside = self.shape == Shape::Attributes;
        if self.gathers(source) {
            let before = if is_beside { "attributes/tamis/documents-" } else { "documents-" };
            return Target::Shared {
                before: before.to_owned(),
                after: with_compression(&format!(".{extension}"), compression),
            };
        }
        let stem = name_part(&source.name);
        let is_so =
            stem.rsplit_once('.').is_some_and(|(_, own)| own.eq_ignore_ascii_case(extension));
        let name = if is_so { stem.to_owned() } else { format!("{stem}.{extension}") };
        let folder = if is_beside { "attributes/tamis/" } else { "" };
        Target::Own(with_compression(&format!("{folder}{name}"), compression))
    }

    /// Two sources whose outputs would be one file, or would be in each other's way.
    pub fn clash<'s>(&self, sources: impl IntoIterator<Item = &'s Source>) -> Option<[String; 2]> {
        let mut names: BTreeMap<String, &str> = BTreeMap::new();
        let mut shared = None;
        for source in sources {
            match self.target(source) {
                Target::Own(name) => {
                    if let Some(other) = names.insert(name.to_lowercase(), &source.name) {
                        return Some([other.to_owned(), source.name.to_string()]);
                    }
                }
                target => shared = Some((target, &*source.name)),
            }
        }
        for (name, source) in &names {
            for (end, _) in name.match_indices('/') {
                if let Some(other) = name.get(..end).and_then(|folder| names.get(folder)) {
                    return Some([(*other).to_owned(), (*source).to_owned()]);
                }
            }
            if let Some((Target::Shared { before, .. }, other)) = &shared
                && name.starts_with(before.as_str())
            {
                return Some([(*other).to_owned(), (*source).to_owned()]);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Format;
    use crate::source::Origin;

    fn source(name: &str, container: Container, compression: Compression) -> Source {
        Source { name: name.into(), origin: Origin::File(name.into()), container, compression }
    }

    fn name(shape: Shape, source: &Source) -> String {
        Outputs { shape, ..Outputs::default() }.target(source).name(7)
    }

    #[test]
    fn a_converted_file_is_named_for_its_source_and_what_it_is() {
        let warc = source("a/x.warc.gz", Container::Warc, Compression::Gz);
        let jsonl = source("x.jsonl.zst", Container::Jsonl, Compression::Zst);
        let page = source("p.html", Container::File(Format::Html), Compression::None);
        for (shape, names) in [
            (Shape::Same, ["a/x.warc.wet.gz", "x.jsonl.zst", "p.html.txt"]),
            (Shape::Jsonl, ["a/x.warc.jsonl.gz", "x.jsonl.zst", "documents-00007.jsonl.gz"]),
            (Shape::Csv, ["a/x.warc.csv.gz", "x.jsonl.csv.zst", "documents-00007.csv.gz"]),
            (Shape::Wet, ["a/x.warc.wet.gz", "x.jsonl.wet.zst", "documents-00007.wet.gz"]),
            (Shape::Parquet, ["a/x.warc.parquet", "x.jsonl.parquet", "documents-00007.parquet"]),
            (
                Shape::Attributes,
                [
                    "attributes/tamis/a/x.warc.jsonl.gz",
                    "attributes/tamis/x.jsonl.zst",
                    "attributes/tamis/documents-00007.jsonl.gz",
                ],
            ),
        ] {
            assert_eq!([&warc, &jsonl, &page].map(|source| name(shape, source)), names);
        }
        let outputs = Outputs { compression: Some(Compression::None), ..Outputs::default() };
        assert_eq!(outputs.target(&warc).name(0), "a/x.warc.wet");
        assert!(!outputs.is_encoded(&warc) && Outputs::default().is_encoded(&warc));
    }

    #[test]
    fn outputs_that_would_be_one_file_are_told() {
        let none = Compression::None;
        let clash = |shape, names: [(&str, Container); 2]| {
            let sources = names.map(|(name, container)| source(name, container, none));
            Outputs { shape, ..Outputs::default() }.clash(&sources)
        };
        let (jsonl, csv) = (Container::Jsonl, Container::Csv);
        let text = Container::File(Format::Text);
        assert!(clash(Shape::Jsonl, [("a.csv", csv), ("A.CSV.jsonl", jsonl)]).is_some());
        assert!(clash(Shape::Jsonl, [("a.csv", csv), ("a.csv.jsonl/b", jsonl)]).is_some());
        assert!(clash(Shape::Jsonl, [("documents-1.csv", csv), ("b.txt", text)]).is_some());
        assert!(clash(Shape::Jsonl, [("a.txt", text), ("b.txt", text)]).is_none());
        assert!(clash(Shape::Same, [("a.csv", csv), ("a.csv.jsonl", jsonl)]).is_none());
    }
}
