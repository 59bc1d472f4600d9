//! Buckets and the objects in them.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt as _;
use futures_util::stream;
use object_store::client::HttpClient;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt as _};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

use super::fault::fault;
use super::reader::head;
use super::{Address, ObjectReader, Scheme, Settings, open, unsupported};

/// Threads that wait for the network.
const THREADS: usize = 2;

/// Small requests that are on their way at once.
const AT_ONCE: usize = 16;

/// Parts of uploads that are in memory at once.
const PARTS: usize = 8;

/// The runtime that all stores of a program share.
pub(super) struct Net {
    runtime: Option<Runtime>,
    /// One permit for each part of an upload.
    pub(super) parts: Arc<Semaphore>,
}

impl Net {
    fn start() -> io::Result<Self> {
        // Of several providers of cryptography the program has to say which; that it has been said
        // before is no fault.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("net")
            .enable_all()
            .build()?;
        Ok(Self { runtime: Some(runtime), parts: Arc::new(Semaphore::new(PARTS)) })
    }

    /// Waits for what is asked of the network.
    pub(super) fn wait<T>(&self, future: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        match &self.runtime {
            Some(runtime) => runtime.block_on(future),
            None => Err(unsupported("the network is closed")),
        }
    }

    pub(super) fn runtime(&self) -> Option<&Runtime> {
        self.runtime.as_ref()
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        // Whoever drops it must not wait for a server that does not answer.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Opens stores; each bucket once.
#[derive(Clone, Default)]
pub struct Stores {
    settings: Settings,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    net: Option<Arc<Net>>,
    /// By scheme and bucket.
    open: BTreeMap<String, Store>,
    web: Option<HttpClient>,
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Stores {
    /// Nothing is opened yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings, state: Arc::default() }
    }

    /// Opens the store of an address. What it needs beside it, credentials above all, comes from the
    /// environment. Nothing is asked of the network yet.
    ///
    /// # Errors
    /// If the environment does not do, or the address is not one of the store's.
    pub fn open(&self, address: &Address) -> io::Result<Store> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        let name = address.with_key("").to_string();
        if let Some(store) = state.open.get(&name) {
            return Ok(store.clone());
        }
        let net = match &state.net {
            Some(net) => net.clone(),
            None => state.net.insert(Arc::new(Net::start()?)).clone(),
        };
        let client = open::open(address, &self.settings, &mut state.web)?;
        let is_web = address.scheme == Scheme::Http;
        let address = if is_web { address.clone() } else { address.with_key("") };
        let store =
            Store { net, client, address: Arc::new(address), settings: self.settings.clone() };
        // On the web each object is a store of its own, and would only take room.
        if !is_web {
            state.open.insert(name, store.clone());
        }
        Ok(store)
    }
}

/// A bucket, or the one object that an address of the web leads to.
#[derive(Clone)]
pub struct Store {
    pub(super) net: Arc<Net>,
    pub(super) client: Arc<dyn ObjectStore>,
    pub(super) address: Arc<Address>,
    pub(super) settings: Settings,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The client knows credentials.
        write!(f, "Store({})", self.address)
    }
}

impl Store {
    pub(super) fn location(&self, key: &str) -> io::Result<Path> {
        if self.address.scheme == Scheme::Http {
            return Ok(Path::ROOT);
        }
        Path::parse(key).map_err(|error| {
            let what = format!("a name that cannot be asked for: {error}");
            io::Error::new(io::ErrorKind::InvalidInput, what)
        })
    }

    fn fault(&self, error: &object_store::Error) -> io::Error {
        fault(error, &self.address)
    }

    fn found(&self, key: &str, meta: ObjectMeta) -> Object {
        let address = match self.address.scheme {
            Scheme::Http => (*self.address).clone(),
            _ => self.address.with_key(key),
        };
        let (size, version) = (meta.size, version(&meta));
        let location = meta.location;
        Object(Arc::new(Known { store: self.clone(), address, location, size, version }))
    }

    /// The object of this name, if there is one.
    ///
    /// # Errors
    /// If the store cannot be asked or refuses, or does not say how large the object is.
    pub fn object(&self, key: &str) -> io::Result<Option<Object>> {
        let location = self.location(key)?;
        let found = self.net.wait(async {
            match self.client.head(&location).await {
                Ok(meta) => Ok(Some(meta)),
                // Some web servers answer to GET alone, and others that there is nothing.
                Err(error) if self.address.scheme == Scheme::Http => {
                    let mut got = get(&self.client, &location, Some(0..1)).await;
                    if let Err(object_store::Error::NotSupported { .. }) = got {
                        got = get(&self.client, &location, None).await;
                    }
                    match got {
                        Ok(got) => Ok(Some(got.meta)),
                        Err(object_store::Error::NotFound { .. }) => Ok(None),
                        Err(_) => Err(self.fault(&error)),
                    }
                }
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(self.fault(&error)),
            }
        })?;
        Ok(found.map(|meta| self.found(key, meta)))
    }

    /// All objects below a name taken as a folder, sorted by their names; of the whole bucket where
    /// it is empty.
    ///
    /// # Errors
    /// If the store cannot be asked or refuses; on the web, where nothing can be listed.
    pub fn list(&self, folder: &str) -> io::Result<Vec<Object>> {
        self.listed(folder, usize::MAX)
    }

    /// Whether there is any object below a name taken as a folder.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub fn holds_any(&self, folder: &str) -> io::Result<bool> {
        Ok(!self.listed(folder, 1)?.is_empty())
    }

    fn listed(&self, folder: &str, most: usize) -> io::Result<Vec<Object>> {
        if self.address.scheme == Scheme::Http {
            return Err(unsupported("folders cannot be listed on the web: name each object"));
        }
        let location = self.location(folder)?;
        let below = (!location.is_root()).then_some(&location);
        let metas = self.net.wait(async {
            let mut listing = self.client.list(below).take(most);
            let mut metas = Vec::new();
            while let Some(meta) = listing.next().await {
                metas.push(meta.map_err(|error| self.fault(&error))?);
            }
            Ok(metas)
        })?;
        let found = |meta: ObjectMeta| {
            let key = meta.location.clone();
            self.found(key.as_ref(), meta)
        };
        let mut objects: Vec<Object> = metas.into_iter().map(found).collect();
        objects.sort_by(|a, b| a.address().key.cmp(&b.address().key));
        Ok(objects)
    }

    /// A small object, whole; `None` if there is none of this name.
    ///
    /// # Errors
    /// If the store cannot be asked or refuses.
    pub fn get(&self, key: &str) -> io::Result<Option<Vec<u8>>> {
        let location = self.location(key)?;
        self.net.wait(async {
            let bytes = match self.client.get(&location).await {
                Ok(result) => result.bytes().await,
                Err(error) => Err(error),
            };
            match bytes {
                Ok(bytes) => Ok(Some(bytes.to_vec())),
                Err(object_store::Error::NotFound { source, .. })
                    if !source.to_string().contains("NoSuchBucket") =>
                {
                    Ok(None)
                }
                Err(error) => Err(self.fault(&error)),
            }
        })
    }

    /// Writes a small object, in place of what may be there.
    ///
    /// # Errors
    /// If the store cannot be asked or refuses.
    pub fn put(&self, key: &str, bytes: Vec<u8>) -> io::Result<()> {
        let location = self.location(key)?;
        self.net.wait(async {
            let put = self.client.put(&location, bytes.into()).await;
            put.map(|_| ()).map_err(|error| self.fault(&error))
        })
    }

    /// Removes objects that need not be there.
    ///
    /// # Errors
    /// If the store cannot be asked or refuses.
    pub fn delete(&self, keys: &[String]) -> io::Result<()> {
        let locations =
            keys.iter().map(|key| self.location(key)).collect::<io::Result<Vec<Path>>>()?;
        self.net.wait(async {
            let mut deleted = stream::iter(&locations)
                .map(|location| self.client.delete(location))
                .buffer_unordered(AT_ONCE);
            while let Some(done) = deleted.next().await {
                match done {
                    Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                    Err(error) => return Err(self.fault(&error)),
                }
            }
            Ok(())
        })
    }
}

/// Asks for bytes of an object.
pub(super) async fn get(
    client: &Arc<dyn ObjectStore>,
    location: &Path,
    range: Option<std::ops::Range<u64>>,
) -> object_store::Result<object_store::GetResult> {
    let range = range.map(GetRange::Bounded);
    client.get_opts(location, GetOptions { range, ..GetOptions::default() }).await
}

/// The first bytes of objects, for each as many as are said with it; several are asked for at once.
/// In their order.
pub fn heads(objects: Vec<(Object, u64)>) -> Vec<io::Result<Vec<u8>>> {
    let Some(net) = objects.first().map(|(object, _)| object.0.store.net.clone()) else {
        return Vec::new();
    };
    let heads =
        objects.into_iter().map(|(object, bytes)| async move { head(&object, bytes).await });
    net.wait(async { Ok(stream::iter(heads).buffered(AT_ONCE).collect().await) })
        .unwrap_or_default()
}

/// What tells an object's contents from others of its name: its entity tag, or else when it was
/// changed.
pub(super) fn version(meta: &ObjectMeta) -> String {
    match &meta.e_tag {
        // Azure has quotes around it in the answer to a request, and none in a listing.
        Some(tag) => tag.trim_matches('"').to_owned(),
        None => meta.last_modified.to_rfc3339(),
    }
}

/// An object, as it was when it was asked for.
#[derive(Clone)]
pub struct Object(pub(super) Arc<Known>);

pub(super) struct Known {
    pub(super) store: Store,
    pub(super) address: Address,
    pub(super) location: Path,
    pub(super) size: u64,
    pub(super) version: String,
}

impl Object {
    /// Its address.
    pub fn address(&self) -> &Address {
        &self.0.address
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.0.size
    }

    /// What tells its contents from others of the same name: its entity tag, or else when it was
    /// changed.
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// Its bytes from a place on. Reading ahead begins at once, so a reader can be made before it is
    /// needed.
    pub fn reader(&self, from: u64) -> ObjectReader {
        ObjectReader::start(self, from)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({}, {} bytes, {})", self.0.address, self.0.size, self.0.version)
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        let parts =
            |object: &Self| (object.0.address.clone(), object.0.size, object.0.version.clone());
        parts(self) == parts(other)
    }
}

impl Eq for Object {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_tag_is_the_same_with_quotes_and_without() {
        let of = |tag: Option<&str>| {
            let last_modified = Default::default();
            let (location, e_tag) = (Path::from("a"), tag.map(str::to_owned));
            version(&ObjectMeta { location, last_modified, size: 1, e_tag, version: None })
        };
        assert_eq!(of(Some("\"0x8D1\"")), of(Some("0x8D1")));
        assert_ne!(of(Some("\"0x8D1\"")), of(Some("0x8D2")));
        assert!(of(None).starts_with("1970"));
    }
}
