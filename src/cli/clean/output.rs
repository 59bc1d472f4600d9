//! Where a run is written: a folder, or a folder in an object store by way of a work folder.

use std::path::{Path, PathBuf};

use super::Arguments;
use crate::cli::Failure;
use tamis::sink::state::RunFile;
use tamis::sink::upload::RemoteFolder;
use tamis::store::is_address;
use tamis::text::words::word_hash;

/// Where a run is written.
pub(super) struct Output {
    /// The folder that is worked in.
    pub(super) root: PathBuf,
    /// As it is to be shown: the folder or the address.
    pub(super) shown: PathBuf,
    /// Where what is complete goes.
    pub(super) remote: Option<RemoteFolder>,
}

impl Output {
    pub(super) fn of(arguments: &Arguments) -> Result<Self, Failure> {
        let Some(address) = address(&arguments.output) else {
            if arguments.work_folder.is_some() {
                return Err(Failure("--work-folder is for -o s3:// and the like".to_owned()));
            }
            let root = arguments.output.clone();
            return Ok(Self { shown: root.clone(), root, remote: None });
        };
        let about = |error: std::io::Error| Failure(format!("{address}: {error}"));
        let remote = RemoteFolder::open(address, &arguments.input.store()).map_err(about)?;
        let address = address.trim_end_matches('/');
        // Found again by the address alone, so that --resume needs to be told no more.
        let name = format!(".tamis-work-{:016x}", word_hash(address));
        let root = arguments.work_folder.as_deref().unwrap_or(Path::new(".")).join(name);
        Ok(Self { root, shown: address.into(), remote: Some(remote) })
    }

    /// The address, if it is one.
    pub(super) fn address(&self) -> Option<String> {
        self.remote.as_ref().map(|_| self.shown.display().to_string())
    }

    /// All of a run is written, and the lock given back: says in the store that it is done, and
    /// removes the work folder.
    pub(super) fn end(&self, state: &RunFile) -> Result<(), Failure> {
        let Some(remote) = &self.remote else { return Ok(()) };
        remote.end(serde_json::to_vec_pretty(state)?)?;
        std::fs::remove_dir_all(&self.root).map_err(|error| {
            Failure(format!("the run is done, but {}: {error}", self.root.display()))
        })
    }
}

/// An output that is an address.
fn address(output: &Path) -> Option<&str> {
    output.to_str().filter(|text| is_address(text))
}
