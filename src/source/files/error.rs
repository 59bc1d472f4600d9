//! Why no sources were found, said so that the user can put it right.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::super::names::RUN_FOLDER;
use super::super::sniff::{COMPRESSED, EXTENSIONS};
use super::{SkipReason, Skipped};
use crate::store::{BadAddress, shown};

/// Names in a folder that are looked at for the nearest one.
const NEAREST_AMONG: usize = 10_000;

/// Why there is nothing that could be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FindError {
    /// Inputs that cannot be used: all of them, in the order given.
    #[error("{}", lines(.0))]
    Inputs(Vec<BadInput>),
    /// No file was found, or no input was given.
    #[error("{}", nothing(.inputs, .skipped))]
    Nothing {
        /// The inputs as given.
        inputs: Vec<String>,
        /// What was met in them.
        skipped: Vec<Skipped>,
    },
    /// Sources whose outputs would be one file.
    #[error("{}", lines(.0))]
    Clashes(Vec<Clash>),
}

/// An input that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("`{}`: {fault}", shown(.input))]
pub struct BadInput {
    /// The input as given.
    pub input: String,
    /// What is wrong with it.
    pub fault: InputFault,
}

/// What is wrong with an input.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputFault {
    /// There is no such file or folder; perhaps there is one of a similar name.
    #[error("no such file or folder{}", hint(.0.as_deref()))]
    Missing(Option<PathBuf>),
    /// It is a pattern and nothing matches it.
    #[error("no file or folder matches this pattern")]
    NoMatch,
    /// It is not a pattern although it looks like one.
    #[error("no such file or folder, and not a pattern: {0}")]
    Pattern(#[source] glob::PatternError),
    /// It is a pipe, a socket or a device.
    #[error("not a regular file; give a pipe as standard input: `-`")]
    NotAFile,
    /// It is the output folder or lies in it.
    #[error("lies in the output folder, which is not read")]
    Output,
    /// The system refuses it.
    #[error("cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// It begins as an address does and is none.
    #[error(transparent)]
    Address(#[from] BadAddress),
    /// The store cannot be opened or asked, or refuses.
    #[error("{0}")]
    Store(#[source] io::Error),
    /// There is no object of this name.
    #[error("no such object")]
    NoObject,
    /// There is no object of this name, but there are some below it.
    #[error("no such object; to read all below it, end the address with `/`")]
    FolderWithoutSlash,
    /// There is no object below this name.
    #[error("no objects below this address")]
    NothingBelow,
}

/// Two sources whose outputs would be one file. Standard input has no path.
#[derive(Debug)]
pub struct Clash {
    /// The one.
    pub first: Option<PathBuf>,
    /// The other; the same again if it would be written over the run's own records.
    pub second: Option<PathBuf>,
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |path: &Option<PathBuf>| match path {
            Some(path) => path.display().to_string(),
            None => "-".to_owned(),
        };
        let (first, second) = (name(&self.first), name(&self.second));
        if first == second {
            return write!(f, "`{first}`: its output would lie in the run's own `{RUN_FOLDER}`");
        }
        write!(
            f,
            "`{first}` and `{second}`: their outputs would be one file, at least where upper \
             and lower case are not told apart; clean them in two runs"
        )
    }
}

/// The first ten lines, and how many more there are.
fn lines(all: &[impl fmt::Display]) -> String {
    const SHOWN: usize = 10;
    let mut lines: Vec<String> = all.iter().take(SHOWN).map(ToString::to_string).collect();
    if all.len() > SHOWN {
        lines.push(format!("… and {} more", all.len() - SHOWN));
    }
    lines.join("\n")
}

fn hint(nearest: Option<&Path>) -> String {
    nearest.map_or(String::new(), |path| format!("; did you mean `{}`?", path.display()))
}

fn nothing(inputs: &[String], skipped: &[Skipped]) -> String {
    if inputs.is_empty() {
        return "no input: give files, folders, patterns, or `-` for standard input".into();
    }
    let list = |names: &mut dyn Iterator<Item = &str>| {
        names.map(|name| format!(".{name}")).collect::<Vec<_>>().join(" ")
    };
    let mut message = format!(
        "nothing to read in {}: looked for {} (also with {})",
        inputs.iter().map(|input| format!("`{}`", shown(input))).collect::<Vec<_>>().join(", "),
        list(&mut EXTENSIONS.iter().map(|(name, _)| *name)),
        list(&mut COMPRESSED.iter().map(|(name, _)| *name)),
    );
    let others = skipped.iter().filter(|skip| matches!(skip.reason, SkipReason::Extension)).count();
    if others > 0 {
        message += &format!(
            "; {others} files with other extensions were passed over (`--format` takes them all)"
        );
    }
    for skip in skipped.iter().filter(|skip| !matches!(skip.reason, SkipReason::Extension)).take(3)
    {
        message += &format!("; `{}`: {}", skip.path.display(), skip.reason);
    }
    message
}

/// The path beside a missing one whose name is most like it, if any is.
pub(super) fn nearest(path: &Path) -> Option<PathBuf> {
    let wanted = path.file_name()?.to_string_lossy().into_owned();
    let folder = path.parent()?;
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let allowed = (wanted.chars().count() / 4).clamp(1, 3);
    std::fs::read_dir(here)
        .ok()?
        .take(NEAREST_AMONG)
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .map(|name| (strsim::damerau_levenshtein(&wanted, &name), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, name)| folder.join(name))
}
