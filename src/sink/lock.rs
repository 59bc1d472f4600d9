//! One run at a time in an output folder.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::files::SinkError;
use super::state::FOLDER;

/// Name of the file in `_tamis/` that a run holds locked.
pub(super) const LOCK: &str = "lock";

/// The right to write to an output folder. The system gives it back when the process ends, however
/// it ends; the file stays, and says who had it last.
#[derive(Debug)]
pub struct RunLock {
    root: PathBuf,
    file: File,
    /// What was made for the lock's sake, the outermost first.
    made: Vec<PathBuf>,
    kept: bool,
}

/// Why a folder cannot be written to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another run holds it.
    #[error("{}: another run is writing to this folder ({holder}); wait for it, or name another folder with -o", root.display())]
    Held {
        /// The folder.
        root: PathBuf,
        /// What the other run says of itself.
        holder: String,
    },
    /// The lock cannot be made.
    #[error(transparent)]
    Sink(#[from] SinkError),
}

impl RunLock {
    /// Takes the lock of a folder, which is made if it is missing. Until it is
    /// [kept](RunLock::keep), what was made goes again when the lock is dropped.
    ///
    /// # Errors
    /// If another run holds it, or the folder cannot be written to.
    pub fn take(root: &Path) -> Result<Self, LockError> {
        let side = root.join(FOLDER);
        let mut made: Vec<PathBuf> = side
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
            .map(Path::to_owned)
            .collect();
        made.reverse();
        fs::create_dir_all(&side).map_err(|error| SinkError::new(&side, error))?;
        let path = side.join(LOCK);
        let at = |error| SinkError::new(&path, error);
        let mut open = OpenOptions::new();
        let mut file =
            open.read(true).write(true).create(true).truncate(false).open(&path).map_err(at)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who it is is said for convenience only.
                let _ = io::Read::take(&mut file, 200).read_to_string(&mut holder);
                let holder = if holder.is_empty() { "unknown".to_owned() } else { holder };
                return Err(LockError::Held { root: root.to_owned(), holder });
            }
            // Some network file systems know no locks; then nobody is kept out.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(at(error).into()),
        }
        let note = format!("process {}", std::process::id());
        file.set_len(0).and_then(|()| file.rewind()).map_err(at)?;
        file.write_all(note.as_bytes()).map_err(at)?;
        Ok(Self { root: root.to_owned(), file, made, kept: false })
    }

    /// The run begins: the folder stays.
    pub fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // The system would do it when the file is closed; a process that was started meanwhile may
        // hold it open longer.
        let _ = self.file.unlock();
        if self.kept {
            return;
        }
        let side = self.root.join(FOLDER);
        if self.made.contains(&side) {
            let _ = fs::remove_file(side.join(LOCK));
        }
        // Only what is empty goes.
        for folder in self.made.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_one_runs_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("a/b");
        let mut first = RunLock::take(&root).unwrap();
        first.keep();
        let refused = RunLock::take(&root).unwrap_err().to_string();
        let own = format!("process {}", std::process::id());
        assert!(refused.contains(&own) && refused.contains("a/b"), "{refused}");
        drop(first);
        RunLock::take(&root).unwrap();
        assert!(root.join(FOLDER).join(LOCK).exists());
    }

    #[test]
    fn a_run_that_does_not_begin_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        drop(RunLock::take(&folder.path().join("a/b")).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        // What was there stays.
        let root = folder.path().join("c");
        fs::create_dir(&root).unwrap();
        drop(RunLock::take(&root).unwrap());
        assert!(root.exists() && fs::read_dir(&root).unwrap().next().is_none());
    }
}
