//! Files that go up while other work goes on.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use object_store::path::Path as Location;
use object_store::{MultipartUpload, ObjectStoreExt as _, PutPayload};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::fault::fault;
use super::remote::{Net, Store};
use super::unsupported;

/// A file of up to so many bytes goes up in one piece; parts of larger ones have this size.
const PART: u64 = 8 << 20;

/// Parts that an upload may have; S3 takes 10 000.
const MOST_PARTS: u64 = 9_000;

/// Parts of one file that are on their way at once.
const AT_ONCE: usize = 3;

/// How long an upload that is given up has for taking back what it sent.
const GRACE: Duration = Duration::from_secs(1);

/// An upload that goes on. Under its name the object appears whole or not at all. One that is dropped
/// is given up, and what was sent of it is taken back.
pub struct Pending {
    net: Arc<Net>,
    going: Option<JoinHandle<io::Result<()>>>,
    give_up: Option<oneshot::Sender<()>>,
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pending").field("is_done", &self.is_done()).finish_non_exhaustive()
    }
}

impl Store {
    /// Begins to upload a file, in place of what may be there.
    pub fn upload(&self, file: &Path, key: &str) -> Pending {
        let (give_up, given_up) = oneshot::channel();
        let (store, file, key) = (self.clone(), file.to_owned(), key.to_owned());
        let work = async move {
            let location = store.location(&key)?;
            upload(&store, file, &location, given_up).await
        };
        let going = self.net.runtime().map(|runtime| runtime.spawn(work));
        Pending { net: self.net.clone(), going, give_up: Some(give_up) }
    }
}

impl Pending {
    /// True once waiting would not take time.
    pub fn is_done(&self) -> bool {
        self.going.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Tells the upload to end without an object.
    pub fn give_up(&mut self) {
        if let Some(give_up) = self.give_up.take() {
            let _ = give_up.send(());
        }
    }

    /// Waits for the end of the upload.
    ///
    /// # Errors
    /// If the file cannot be read, or the store cannot be asked or refuses; nothing is left there
    /// then, as far as it can be reached.
    pub fn wait(mut self) -> io::Result<()> {
        let Some(going) = self.going.take() else {
            return Err(unsupported("the network is closed"));
        };
        self.net.wait(async { going.await.unwrap_or_else(|error| Err(io::Error::other(error))) })
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.give_up();
        let Some(mut going) = self.going.take().filter(|going| !going.is_finished()) else {
            return;
        };
        let _ = self.net.wait(async {
            let _ = tokio::time::timeout(GRACE, &mut going).await;
            Ok(())
        });
        going.abort();
    }
}

async fn upload(
    store: &Store,
    file: PathBuf,
    location: &Location,
    given_up: oneshot::Receiver<()>,
) -> io::Result<()> {
    let size = std::fs::metadata(&file)?.len();
    let at = |error: object_store::Error| fault(&error, &store.address);
    if size <= PART {
        let _permit = store.net.parts.acquire().await.map_err(io::Error::other)?;
        let bytes = part(file, 0..size).await?;
        let put = std::pin::pin!(store.client.put(location, bytes));
        return match select(put, given_up).await {
            Either::Left((put, _)) => put.map(|_| ()).map_err(at),
            Either::Right(_) => Err(io::Error::other("given up")),
        };
    }
    let mut parts = store.client.put_multipart(location).await.map_err(at)?;
    let sent = {
        let sending = std::pin::pin!(send(store, file, size, &mut *parts));
        match select(sending, given_up).await {
            Either::Left((sent, _)) => sent,
            Either::Right(_) => Err(io::Error::other("given up")),
        }
    };
    let error = match sent {
        Ok(()) => match parts.complete().await {
            Ok(_) => return Ok(()),
            Err(error) => at(error),
        },
        Err(error) => error,
    };
    // That it cannot be taken back does not matter beside why.
    let _ = parts.abort().await;
    Err(error)
}

/// Sends all parts.
async fn send(
    store: &Store,
    file: PathBuf,
    size: u64,
    parts: &mut dyn MultipartUpload,
) -> io::Result<()> {
    let length = PART.max(size.div_ceil(MOST_PARTS));
    // Tasks of their own, which get on while this one waits for a permit that others hold.
    let mut going = JoinSet::new();
    let mut start = 0;
    while start < size {
        if going.len() >= AT_ONCE {
            one_sent(&mut going, store).await?;
        }
        let permit = store.net.parts.clone().acquire_owned().await.map_err(io::Error::other)?;
        let end = size.min(start.saturating_add(length));
        let sending = parts.put_part(part(file.clone(), start..end).await?);
        going.spawn(async move {
            let sent = sending.await;
            drop(permit);
            sent
        });
        start = end;
    }
    while !going.is_empty() {
        one_sent(&mut going, store).await?;
    }
    Ok(())
}

async fn one_sent(going: &mut JoinSet<object_store::Result<()>>, store: &Store) -> io::Result<()> {
    match going.join_next().await {
        Some(Ok(sent)) => sent.map_err(|error| fault(&error, &store.address)),
        Some(Err(error)) => Err(io::Error::other(error)),
        None => Ok(()),
    }
}

/// Bytes of a file, read on a thread that may wait for a disk.
async fn part(file: PathBuf, range: std::ops::Range<u64>) -> io::Result<PutPayload> {
    let read = move || {
        let mut file = File::open(&file)?;
        file.seek(SeekFrom::Start(range.start))?;
        let length = range.end - range.start;
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        file.take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != length {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter"));
        }
        Ok(PutPayload::from(bytes))
    };
    tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
}
