//! Files that grow while a run goes on and take their names when they are complete.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

use super::files::{SinkError, TEMPORARY_PREFIX, folder_of, sync_folder};

/// A file that is being written, beside its final name. What was written stays when a run is
/// killed, and a run that is taken up again goes on behind any length that it knows of.
#[derive(Debug)]
pub struct PartFile {
    path: PathBuf,
    part: PathBuf,
    file: File,
    length: u64,
    /// Length up to which the file survives a power cut.
    synced: u64,
}

/// The name under which a file is written until it is complete: known from its own, so that it is
/// found again, and never too long for a file system.
pub fn part_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    let hash = xxh3_64(name.as_encoded_bytes());
    path.with_file_name(format!("{TEMPORARY_PREFIX}{hash:016x}.part"))
}

impl PartFile {
    /// Begins a file; folders on the way to it are made. What an earlier run left of it goes.
    ///
    /// # Errors
    /// If a folder or the file cannot be made.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, SinkError> {
        let path = path.into();
        let folder = folder_of(&path);
        fs::create_dir_all(folder).map_err(|error| SinkError::new(folder, error))?;
        let part = part_path(&path);
        // A link that was put there must not be followed.
        remove(&part)?;
        match OpenOptions::new().write(true).create_new(true).open(&part) {
            Ok(file) => Ok(Self { path, part, file, length: 0, synced: 0 }),
            Err(error) => Err(SinkError::new(path, error)),
        }
    }

    /// Takes up a file at a length that it once had; what was written behind it is forgotten. A
    /// file that was completed in the meantime is taken back.
    ///
    /// # Errors
    /// If the file is gone or shorter, or cannot be changed.
    pub fn reopen(path: impl Into<PathBuf>, length: u64) -> Result<Self, SinkError> {
        let path = path.into();
        let part = part_path(&path);
        let at = |error| SinkError::new(&path, error);
        if !part.exists() && path.exists() {
            fs::rename(&path, &part).map_err(at)?;
        }
        let mut file = OpenOptions::new().write(true).open(&part).map_err(at)?;
        let found = file.metadata().map_err(at)?.len();
        if found < length {
            let what =
                format!("it had {length} bytes when the run was interrupted, and has {found}");
            return Err(at(io::Error::new(io::ErrorKind::InvalidData, what)));
        }
        file.set_len(length).map_err(at)?;
        file.seek(SeekFrom::Start(length)).map_err(at)?;
        Ok(Self { path, part, file, length, synced: length })
    }

    /// Its final name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes written.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Writes all of the bytes.
    ///
    /// # Errors
    /// If the disk is full or fails.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.file.write_all(bytes).map_err(|error| SinkError::new(&self.path, error))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Sees that what was written survives a power cut.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn sync(&mut self) -> Result<(), SinkError> {
        if self.synced < self.length {
            self.file.sync_data().map_err(|error| SinkError::new(&self.path, error))?;
            self.synced = self.length;
        }
        Ok(())
    }

    /// Gives the file its name, in place of what may stand there.
    ///
    /// # Errors
    /// If it cannot be completed or named; what stood under its name is untouched then.
    pub fn publish(self) -> Result<(), SinkError> {
        let named = self
            .file
            .sync_all()
            .and_then(|()| fs::rename(&self.part, &self.path))
            .and_then(|()| sync_folder(folder_of(&self.path)));
        named.map_err(|error| SinkError::new(self.path, error))
    }
}

/// Removes a file that need not be there.
pub(super) fn remove(path: &Path) -> Result<(), SinkError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(SinkError::new(path, error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(path: &Path) -> Option<String> {
        fs::read_to_string(path).ok()
    }

    #[test]
    fn a_file_appears_when_it_is_published_and_what_is_left_of_a_killed_run_is_taken_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.txt");
        let mut file = PartFile::create(&path).unwrap();
        file.append(b"one ").unwrap();
        let length = file.length();
        file.append(b"lost").unwrap();
        drop(file);
        assert_eq!(contents(&path), None);
        assert_eq!(contents(&part_path(&path)).as_deref(), Some("one lost"));

        let mut file = PartFile::reopen(&path, length).unwrap();
        file.append(b"two").unwrap();
        file.publish().unwrap();
        assert_eq!(contents(&path).as_deref(), Some("one two"));
        assert!(!part_path(&path).exists());
    }

    #[test]
    fn a_file_that_was_completed_is_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.txt");
        let mut file = PartFile::create(&path).unwrap();
        file.append(b"one two").unwrap();
        file.publish().unwrap();
        let mut file = PartFile::reopen(&path, 4).unwrap();
        assert!(!path.exists());
        file.append(b"three").unwrap();
        file.publish().unwrap();
        assert_eq!(contents(&path).as_deref(), Some("one three"));
    }

    #[test]
    fn a_file_that_has_lost_bytes_or_is_gone_is_not_taken_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.txt");
        PartFile::create(&path).unwrap().append(b"one").unwrap();
        let error = PartFile::reopen(&path, 4).unwrap_err().to_string();
        assert!(error.contains("b.txt") && error.contains("4 bytes"), "{error}");
        assert!(PartFile::reopen(folder.path().join("c.txt"), 0).is_err());
    }

    #[test]
    fn a_new_file_takes_the_place_of_what_a_killed_run_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.txt");
        PartFile::create(&path).unwrap().append(b"a long line of before").unwrap();
        let mut file = PartFile::create(&path).unwrap();
        file.append(b"new").unwrap();
        file.publish().unwrap();
        assert_eq!(contents(&path).as_deref(), Some("new"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_its_place_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, precious) = (folder.path().join("b.txt"), folder.path().join("precious"));
        fs::write(&precious, "keep").unwrap();
        std::os::unix::fs::symlink(&precious, part_path(&path)).unwrap();
        let mut file = PartFile::create(&path).unwrap();
        file.append(b"new").unwrap();
        file.publish().unwrap();
        assert_eq!(contents(&precious).as_deref(), Some("keep"));
    }

    #[test]
    fn names_of_all_lengths_have_a_part_beside_them() {
        let long = format!("{}.txt", "ü".repeat(120));
        let part = part_path(Path::new("a").join(&long).as_path());
        assert_eq!(part.parent(), Some(Path::new("a")));
        assert!(part.file_name().unwrap().len() < 40);
        assert_ne!(part_path(Path::new("a/x")), part_path(Path::new("a/y")));
    }
}
