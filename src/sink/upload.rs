//! Outputs that go up to an object store when they are complete.
//!
//! A run for a store is written in a folder of this machine, the work folder, as any run is. An
//! output that is complete goes up while the next ones are written, and goes from the work folder
//! once a saved state does without it; the records beside the documents go up at the end, and that
//! the run is done is said last.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::files::{SinkError, TEMPORARY_PREFIX};
use super::lock::LOCK;
use super::restore::{RestoreError, read_run};
use super::state::{FOLDER, PLANNED, PROGRESS, Planned, SOURCES, is_inside, outputs_named};
use crate::source::Compression;
use crate::source::compression::decoder;
use crate::store::{Address, Pending, Settings, Store, Stores};

/// Outputs that may be on their way up at once.
const GOING: usize = 16;

/// How long passes until it is looked again whether an upload is done.
const STEP: Duration = Duration::from_millis(2);

/// Bytes that are copied at a time.
const PIECE: usize = 256 << 10;

/// What says of a run whether it is done.
const RUN: &str = "run.json";

/// A folder in an object store that a run writes to.
#[derive(Clone, Debug)]
pub struct RemoteFolder {
    store: Store,
    address: Address,
}

/// What stands in a folder of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Nothing,
    /// A run; its `run.json`, if that is there.
    Run(Option<Vec<u8>>),
    /// Something else.
    Other,
}

impl RemoteFolder {
    /// The folder of an address. Nothing is asked of the store yet.
    ///
    /// # Errors
    /// If it is no address that can be written to.
    pub fn open(text: &str, settings: &Settings) -> io::Result<Self> {
        use crate::store::Scheme;
        let address = Address::parse(text)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        if address.scheme == Scheme::Http {
            let what = "https:// is read only; write to s3://, gs:// or az://";
            return Err(io::Error::new(io::ErrorKind::Unsupported, what));
        }
        let store = Stores::new(settings.clone()).open(&address)?;
        Ok(Self { store, address })
    }

    /// The address of a file in it, as a path to be shown.
    pub fn path(&self, name: &str) -> PathBuf {
        self.address.join(name).to_string().into()
    }

    fn key(&self, name: &str) -> String {
        self.address.join(name).key
    }

    fn at(&self, name: &str, error: io::Error) -> SinkError {
        SinkError::new(self.path(name), error)
    }

    /// What stands in it.
    ///
    /// # Errors
    /// If the store cannot be asked or refuses.
    pub fn standing(&self) -> io::Result<Standing> {
        let side = format!("{FOLDER}/{RUN}");
        if let Some(run) = self.store.get(&self.key(&side))? {
            return Ok(Standing::Run(Some(run)));
        }
        if self.store.holds_any(&self.key(FOLDER))? {
            return Ok(Standing::Run(None));
        }
        let is_free = !self.store.holds_any(&self.address.key)?;
        Ok(if is_free { Standing::Nothing } else { Standing::Other })
    }

    /// Writes a small file of `_tamis/` at once.
    ///
    /// # Errors
    /// If the store cannot be asked or refuses.
    pub fn put_side(&self, name: &str, bytes: Vec<u8>) -> Result<(), SinkError> {
        let name = format!("{FOLDER}/{name}");
        self.store.put(&self.key(&name), bytes).map_err(|error| self.at(&name, error))
    }

    /// A run is about to be written: what it means to write, and that it is not done.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub fn begin(&self, root: &Path) -> Result<(), SinkError> {
        for name in [PLANNED, RUN] {
            let path = root.join(FOLDER).join(name);
            let bytes = fs::read(&path).map_err(|error| SinkError::new(&path, error))?;
            self.put_side(name, bytes)?;
        }
        Ok(())
    }

    /// All is there but that the run is done: says so.
    ///
    /// # Errors
    /// If the store cannot be asked or refuses.
    pub fn end(&self, run: Vec<u8>) -> Result<(), SinkError> {
        self.put_side(RUN, run)?;
        let planned = format!("{FOLDER}/{PLANNED}");
        self.store.delete(&[self.key(&planned)]).map_err(|error| self.at(&planned, error))
    }

    /// Frees the folder of an earlier run: removes the outputs that the run names, then its records.
    /// What is not the run's stays.
    ///
    /// # Errors
    /// If the store cannot be asked or refuses.
    pub fn clear(&self) -> Result<(), SinkError> {
        let side = |name: &str| format!("{FOLDER}/{name}");
        let get =
            |name: String| self.store.get(&self.key(&name)).map_err(|error| self.at(&name, error));
        let mut outputs: Vec<String> = Vec::new();
        let planned = get(side(PLANNED))?.unwrap_or_default();
        for line in planned.split(|&byte| byte == b'\n') {
            outputs.extend(serde_json::from_slice::<Planned>(line).ok().map(|of| of.output));
        }
        if let Some(bytes) = get(side(SOURCES))? {
            let named = named(bytes).map_err(|error| self.at(&side(SOURCES), error))?;
            outputs.extend(named);
        }
        outputs.retain(|name| is_inside(name));
        let outputs: Vec<String> = outputs.iter().map(|name| self.key(name)).collect();
        self.store.delete(&outputs).map_err(|error| self.at("", error))?;
        let records = self.store.list(&self.key(FOLDER)).map_err(|error| self.at(FOLDER, error))?;
        let records: Vec<String> =
            records.iter().map(|record| record.address().key.clone()).collect();
        self.store.delete(&records).map_err(|error| self.at(FOLDER, error))
    }

    /// Copies a run into a folder of this machine: its records and the outputs that it names. Of one
    /// that cannot be restored only what says so.
    ///
    /// # Errors
    /// If there is none, the store refuses, or a file cannot be written.
    pub fn fetch(&self, root: &Path) -> Result<(), RestoreError> {
        let read = |name: &str, error| RestoreError::Read { path: self.path(name), error };
        let state = format!("{FOLDER}/{RUN}");
        // Whether there is a bucket only the answer to this says.
        let bytes = self.store.get(&self.key(&state)).map_err(|error| read(&state, error))?;
        let bytes = bytes.ok_or_else(|| read(&state, gone()))?;
        let at = |error| SinkError::new(root.join(&state), error);
        fs::create_dir_all(root.join(FOLDER)).map_err(at)?;
        fs::write(root.join(&state), bytes).map_err(at)?;
        if !read_run(root).is_ok_and(|state| !state.no_originals) {
            return Ok(());
        }
        let records = self.store.list(&self.key(FOLDER)).map_err(|error| read(FOLDER, error))?;
        let above = self.key("");
        for record in records {
            let name = record.address().key.strip_prefix(&above).unwrap_or_default();
            if is_inside(name) && name != state {
                self.copy(name, root)?;
            }
        }
        let sources = format!("{FOLDER}/{SOURCES}");
        let bytes = fs::read(root.join(&sources)).map_err(|error| read(&sources, error))?;
        let outputs: BTreeSet<String> =
            named(bytes).map_err(|error| read(&sources, error))?.into_iter().collect();
        for name in outputs.iter().filter(|name| is_inside(name)) {
            self.copy(name, root)?;
        }
        Ok(())
    }

    /// Copies one file of it.
    fn copy(&self, name: &str, root: &Path) -> Result<(), RestoreError> {
        let read = |error| RestoreError::Read { path: self.path(name), error };
        let object = self.store.object(&self.key(name)).map_err(read)?;
        let object = object.ok_or_else(|| read(gone()))?;
        let path = root.join(name);
        let at = |error| SinkError::new(&path, error);
        fs::create_dir_all(path.parent().unwrap_or(root)).map_err(at)?;
        let mut file = fs::File::create(&path).map_err(at)?;
        let mut reader = object.reader(0);
        let mut piece = vec![0; PIECE];
        loop {
            let length = reader.read(&mut piece).map_err(read)?;
            let Some(piece) = piece.get(..length).filter(|piece| !piece.is_empty()) else {
                return Ok(());
            };
            file.write_all(piece).map_err(at)?;
        }
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "no such object")
}

/// The outputs that a run's list of sources names.
fn named(bytes: Vec<u8>) -> io::Result<Vec<String>> {
    outputs_named(decoder(io::Cursor::new(bytes), Compression::Zst)?).collect()
}

/// A folder in a folder, for the copy of a run; it goes when it is dropped.
///
/// # Errors
/// If it cannot be made.
pub fn room_for_copy(beside: &Path) -> Result<tempfile::TempDir, SinkError> {
    let at = |error| SinkError::new(beside, error);
    fs::create_dir_all(beside).map_err(at)?;
    tempfile::Builder::new().prefix(".tamis-copy-").tempdir_in(beside).map_err(at)
}

type IsOver = Box<dyn Fn() -> bool + Send + Sync>;

/// The outputs of a run that are on their way up.
pub(super) struct Uploads {
    to: RemoteFolder,
    /// The work folder.
    root: PathBuf,
    /// Whether somebody wants an end.
    is_over: IsOver,
    going: VecDeque<(String, Pending)>,
    /// Outputs that are up, and stand in the work folder still: the last saved state may need them.
    up: Vec<String>,
    /// Those of them that the next saved state does without.
    unneeded: Vec<String>,
}

impl Uploads {
    pub(super) fn new(to: RemoteFolder, root: &Path, is_over: IsOver) -> Self {
        let (going, up, unneeded) = (VecDeque::new(), Vec::new(), Vec::new());
        Self { to, root: root.to_owned(), is_over, going, up, unneeded }
    }

    /// An output is complete.
    pub(super) fn begin(&mut self, name: &str) -> Result<(), SinkError> {
        while self.going.len() >= GOING {
            self.wait_for_first()?;
        }
        let pending = self.to.store.upload(&self.root.join(name), &self.to.key(name));
        self.going.push_back((name.to_owned(), pending));
        Ok(())
    }

    fn wait_for_first(&mut self) -> Result<(), SinkError> {
        while let Some((name, pending)) = self.going.front()
            && !pending.is_done()
        {
            if (self.is_over)() {
                // All are given up together where this is dropped.
                let error = io::Error::new(io::ErrorKind::Interrupted, "the upload was given up");
                return Err(self.to.at(name, error));
            }
            std::thread::sleep(STEP);
        }
        let Some((name, pending)) = self.going.pop_front() else { return Ok(()) };
        pending.wait().map_err(|error| self.to.at(&name, error))?;
        self.up.push(name);
        Ok(())
    }

    /// An epoch ends: the outputs that are complete and not up yet.
    pub(super) fn mark(&mut self) -> Result<Vec<String>, SinkError> {
        while self.going.front().is_some_and(|(_, pending)| pending.is_done()) {
            self.wait_for_first()?;
        }
        self.unneeded.append(&mut self.up);
        Ok(self.going.iter().map(|(name, _)| name.clone()).collect())
    }

    /// The state at the last mark is saved.
    pub(super) fn saved(&mut self) -> Result<(), SinkError> {
        for name in self.unneeded.drain(..) {
            super::part::remove(&self.root.join(name))?;
        }
        Ok(())
    }

    /// All outputs are complete: waits for them, then sends up the records beside them.
    pub(super) fn finish(mut self) -> Result<(), SinkError> {
        while !self.going.is_empty() {
            self.wait_for_first()?;
        }
        let side = self.root.join(FOLDER);
        let mut folders = vec![(side, FOLDER.to_owned())];
        while let Some((folder, below)) = folders.pop() {
            let at = |error| SinkError::new(&folder, error);
            for entry in fs::read_dir(&folder).map_err(at)? {
                let entry = entry.map_err(at)?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let key = format!("{below}/{name}");
                // What is this machine's alone, and what is said last.
                let own = [LOCK, PLANNED, PROGRESS, RUN, "survey.parquet"];
                let is_own = below == FOLDER && own.contains(&name.as_str());
                if entry.file_type().map_err(at)?.is_dir() {
                    folders.push((entry.path(), key));
                } else if !is_own && !name.starts_with(TEMPORARY_PREFIX) {
                    self.begin(&key)?;
                }
            }
        }
        while !self.going.is_empty() {
            self.wait_for_first()?;
        }
        Ok(())
    }
}

impl Drop for Uploads {
    fn drop(&mut self) {
        // All are told before any is waited for.
        for (_, pending) in &mut self.going {
            pending.give_up();
        }
    }
}
