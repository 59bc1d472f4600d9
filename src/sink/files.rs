//! Output files that appear only when they are complete.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::render::HtmlOutput;
use crate::source::compression::Encoder;
use crate::source::{Compression, Origin, Source, names};

/// How temporary files begin; one that is left over is from a run that was killed.
pub const TEMPORARY_PREFIX: &str = ".tamis-";
/// How those end that are written in one go; no run takes them up.
pub(super) const TEMPORARY_SUFFIX: &str = ".tmp";

/// Size of the buffer before the encoder, and of all that it is given at a time, in bytes.
const BUFFER: usize = 256 << 10;

/// Why an output file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: {error}", path.display())]
pub struct SinkError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the system says.
    #[source]
    pub error: io::Error,
}

impl SinkError {
    /// An error at a path.
    pub fn new(path: impl Into<PathBuf>, error: io::Error) -> Self {
        Self { path: path.into(), error }
    }
}

/// The relative name of a source's output, with `/` between folders.
///
/// The source's own, except for HTML, whose output is text (`page.html.txt`) or Markdown
/// (`page.html.md`), and standard input (`stdin.jsonl`). It keeps the source's compression,
/// whatever the name says of it.
pub fn output_name(source: &Source, html: HtmlOutput) -> String {
    let Source { name, origin, container, compression } = source;
    let html_to_markdown = html != HtmlOutput::Text;
    names::output_name(name, *origin != Origin::Stdin, *container, *compression, html_to_markdown)
}

/// A file that is being written.
///
/// It is written beside its final name and takes that name, in place of what may stand there,
/// when it is [finished](OutputFile::finish). If it is dropped before, nothing of it is left.
/// Its bytes depend on what is written alone.
pub struct OutputFile {
    path: PathBuf,
    writer: Pieces<Encoder<NamedTempFile>>,
}

impl OutputFile {
    /// Begins a file; folders on the way to it are made.
    ///
    /// # Errors
    /// If a folder or the temporary file cannot be made.
    pub fn create(
        path: impl Into<PathBuf>,
        compression: Compression,
    ) -> Result<OutputFile, SinkError> {
        let is_compressed = compression != Compression::None;
        Self::begin(path.into(), is_compressed, |file| Encoder::new(file, compression))
    }

    fn begin(
        path: PathBuf,
        is_compressed: bool,
        encoder: impl FnOnce(NamedTempFile) -> io::Result<Encoder<NamedTempFile>>,
    ) -> Result<OutputFile, SinkError> {
        let folder = folder_of(&path);
        fs::create_dir_all(folder).map_err(|error| SinkError::new(folder, error))?;
        match temporary(folder).and_then(encoder) {
            Ok(encoder) => Ok(OutputFile { writer: Pieces::new(encoder, is_compressed), path }),
            Err(error) => Err(SinkError::new(path, error)),
        }
    }

    /// Its final name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes all of the bytes.
    ///
    /// # Errors
    /// If the disk is full or fails. The file cannot be used after that; drop it.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.writer.write_all(bytes).map_err(|error| SinkError::new(&self.path, error))
    }

    /// Completes the file and gives it its name; after that it survives a power cut.
    ///
    /// # Errors
    /// If it cannot be completed or named; what stood under its name is untouched then.
    pub fn finish(self) -> Result<(), SinkError> {
        let OutputFile { path, writer } = self;
        complete(writer, &path).map_err(|error| SinkError::new(path, error))
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Hands on what is written in pieces of one size: what an encoder makes of its input depends on
/// how that is cut up, and the file must depend on its contents alone.
struct Pieces<W> {
    inner: W,
    buffer: Vec<u8>,
    /// False if the size does not matter: then what is larger than the buffer goes past it.
    exact: bool,
}

impl<W: Write> Pieces<W> {
    fn new(inner: W, exact: bool) -> Self {
        Self { inner, buffer: Vec::new(), exact }
    }

    fn hand_on(&mut self) -> io::Result<()> {
        let done = self.inner.write_all(&self.buffer);
        self.buffer.clear();
        done
    }

    fn into_inner(mut self) -> io::Result<W> {
        self.hand_on()?;
        Ok(self.inner)
    }
}

impl<W: Write> Write for Pieces<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.exact && self.buffer.len() + bytes.len() > BUFFER {
            self.hand_on()?;
            if bytes.len() >= BUFFER {
                self.inner.write_all(bytes)?;
                return Ok(bytes.len());
            }
        }
        let room = BUFFER - self.buffer.len();
        let fits = bytes.get(..room).unwrap_or(bytes);
        self.buffer.extend_from_slice(fits);
        if self.buffer.len() == BUFFER {
            self.hand_on()?;
        }
        Ok(fits.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_on()?;
        self.inner.flush()
    }
}

fn complete(writer: Pieces<Encoder<NamedTempFile>>, path: &Path) -> io::Result<()> {
    let temporary = writer.into_inner()?.finish()?;
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|error| error.error)?;
    sync_folder(folder_of(path))
}

pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX).suffix(TEMPORARY_SUFFIX);
    // Temporary files are private by default and would stay so under their final name.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Makes a new name in a folder last.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    match fs::File::open(folder)?.sync_all() {
        // Some file systems cannot do it, and have nothing to do.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        result => result,
    }
}

/// Folders cannot be synchronised here; the system sees to it.
#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::document::Format;
    use crate::source::{Container, compression};

    fn names_in(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_when_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/x.txt");
        let mut file = OutputFile::create(&path, Compression::None).unwrap();
        file.write(b"one ").unwrap();
        file.write(b"two").unwrap();
        assert_eq!(file.path(), path);
        assert!(!path.exists());
        let names = names_in(path.parent().unwrap());
        assert!(names.len() == 1 && names[0].starts_with(TEMPORARY_PREFIX));
        file.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one two");
        assert_eq!(names_in(path.parent().unwrap()), ["x.txt"]);
    }

    #[test]
    fn a_file_dropped_unfinished_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.txt.gz");
        fs::write(&path, "old").unwrap();
        let mut file = OutputFile::create(&path, Compression::Gz).unwrap();
        file.write(b"new").unwrap();
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names_in(folder.path()), ["x.txt.gz"]);
    }

    #[test]
    fn a_finished_file_replaces_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.txt");
        fs::write(&path, "old").unwrap();
        OutputFile::create(&path, Compression::None).unwrap().finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"");
    }

    #[test]
    fn a_file_depends_on_its_contents_and_not_on_how_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let line = |n: u64| format!("{:x} and some words\n", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let bytes: Vec<u8> = (0..40_000).flat_map(|n| line(n).into_bytes()).collect();
        for compression in [Compression::None, Compression::Gz, Compression::Zst] {
            let written = |size: usize| {
                let path = folder.path().join("x");
                let mut file = OutputFile::create(&path, compression).unwrap();
                for piece in bytes.chunks(size) {
                    file.write(piece).unwrap();
                }
                file.finish().unwrap();
                fs::read(&path).unwrap()
            };
            let whole = written(bytes.len());
            for size in [77, 8_000, BUFFER - 1, BUFFER, BUFFER + 1] {
                assert!(written(size) == whole, "{compression:?}, {size} bytes at a time");
            }
        }
    }

    #[test]
    fn compressed_files_are_whole_and_the_same_each_time() {
        let folder = tempfile::tempdir().unwrap();
        for compression in [Compression::Gz, Compression::Zst] {
            let write = |name: &str| {
                let path = folder.path().join(name);
                let mut file = OutputFile::create(&path, compression).unwrap();
                for _ in 0..100_000 {
                    file.write("ligne répétée\n".as_bytes()).unwrap();
                }
                file.finish().unwrap();
                path
            };
            let (one, two) = (write("one"), write("two"));
            assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());
            let mut text = String::new();
            let mut reader = compression::open_file(&one, compression).unwrap();
            reader.read_to_string(&mut text).unwrap();
            assert_eq!(text.lines().count(), 100_000);
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_mode_is_that_of_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ours");
        OutputFile::create(&path, Compression::None).unwrap().finish().unwrap();
        fs::write(folder.path().join("theirs"), "").unwrap();
        let mode = |name| fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode("ours"), mode("theirs"));
    }

    #[test]
    fn an_error_names_the_path() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let path = folder.path().join("file/x.txt");
        let error = OutputFile::create(&path, Compression::None).err().unwrap();
        assert!(error.to_string().contains("file`: "), "{error}");

        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        let error = OutputFile::create(&taken, Compression::None).unwrap().finish().unwrap_err();
        assert_eq!(error.path, taken);
        assert_eq!(names_in(folder.path()), ["file", "taken"]);
    }

    #[test]
    fn outputs_are_named_for_what_they_hold() {
        let source = |name: &str, container, compression| Source {
            name: name.into(),
            origin: Origin::File(name.into()),
            container,
            compression,
        };
        let html = Container::File(Format::Html);
        let page = source("a/page.html.gz", html, Compression::Gz);
        assert_eq!(output_name(&page, HtmlOutput::Text), "a/page.html.txt.gz");
        let markdown = HtmlOutput::Markdown(crate::render::Links::Text);
        assert_eq!(output_name(&page, markdown), "a/page.html.md.gz");
        let stdin =
            Source { origin: Origin::Stdin, ..source("stdin", Container::Jsonl, Compression::Zst) };
        assert_eq!(output_name(&stdin, markdown), "stdin.jsonl.zst");
    }
}
