//! What stands for object stores in a program that was built without them: types of which there is
//! no value, and one error.

use std::convert::Infallible;
use std::io::{self, Read};
use std::path::Path;

use super::{Address, Settings, unsupported};

/// Opens stores.
#[derive(Clone, Debug, Default)]
pub struct Stores(());

impl Stores {
    /// Nothing is opened yet.
    pub fn new(_: Settings) -> Self {
        Self(())
    }

    /// Opens the store of an address.
    ///
    /// # Errors
    /// Always: this program was built without object stores.
    pub fn open(&self, _: &Address) -> io::Result<Store> {
        Err(unsupported(
            "this tamis was built without object stores; build it with them: \
             `cargo install tamis --features cloud`",
        ))
    }
}

/// A bucket; here there is none.
#[derive(Clone, Debug)]
pub struct Store(Infallible);

/// An object; here there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object(Infallible);

/// The bytes of an object; here there are none.
#[derive(Debug)]
pub struct ObjectReader(Infallible);

/// An upload that goes on; here there is none.
#[derive(Debug)]
pub struct Pending(Infallible);

/// As in a program with object stores.
#[expect(clippy::missing_errors_doc, reason = "none can be met: there is no value to call them on")]
impl Store {
    /// See the feature `cloud`.
    pub fn object(&self, _: &str) -> io::Result<Option<Object>> {
        match self.0 {}
    }

    /// See the feature `cloud`.
    pub fn list(&self, _: &str) -> io::Result<Vec<Object>> {
        match self.0 {}
    }

    /// See the feature `cloud`.
    pub fn holds_any(&self, _: &str) -> io::Result<bool> {
        match self.0 {}
    }

    /// See the feature `cloud`.
    pub fn get(&self, _: &str) -> io::Result<Option<Vec<u8>>> {
        match self.0 {}
    }

    /// See the feature `cloud`.
    pub fn put(&self, _: &str, _: Vec<u8>) -> io::Result<()> {
        match self.0 {}
    }

    /// See the feature `cloud`.
    pub fn delete(&self, _: &[String]) -> io::Result<()> {
        match self.0 {}
    }

    /// See the feature `cloud`.
    pub fn upload(&self, _: &Path, _: &str) -> Pending {
        match self.0 {}
    }
}

/// The first bytes of objects; here there are none.
pub fn heads(objects: Vec<(Object, u64)>) -> Vec<io::Result<Vec<u8>>> {
    objects.into_iter().map(|(object, _)| match object.0 {}).collect()
}

impl Object {
    /// Its address.
    pub fn address(&self) -> &Address {
        match self.0 {}
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        match self.0 {}
    }

    /// What tells its contents from others of the same name.
    pub fn version(&self) -> &str {
        match self.0 {}
    }

    /// Its bytes.
    pub fn reader(&self, _: u64) -> ObjectReader {
        match self.0 {}
    }
}

impl Read for ObjectReader {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match self.0 {}
    }
}

#[expect(clippy::missing_errors_doc, reason = "none can be met: there is no value to call them on")]
impl Pending {
    /// See the feature `cloud`.
    pub fn is_done(&self) -> bool {
        match self.0 {}
    }

    /// See the feature `cloud`.
    pub fn give_up(&mut self) {
        match self.0 {}
    }

    /// See the feature `cloud`.
    pub fn wait(self) -> io::Result<()> {
        match self.0 {}
    }
}
