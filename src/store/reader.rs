//! The bytes of an object, asked for in ranges.
//!
//! One long request would have to stay open for as long as the bytes are worked on, which neither
//! servers nor what stands between like. A range that breaks off is asked for again, and each must be
//! of the object that was asked for first.

use std::io::{self, Read};
use std::ops::Range;
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes};
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::Object;
use super::fault::fault;
use super::remote::{get, version};

/// Bytes asked for at a time. Smaller ranges wait longer for their first byte than for the rest.
const RANGE: u64 = 8 << 20;

/// Ranges that are on their way at once. With the one that is read and one that waits a reader holds
/// two more.
const AHEAD: usize = 2;

/// Wait before a range that broke off is asked for again; it doubles each time.
const PAUSE: Duration = Duration::from_millis(100);

/// The bytes of an object. An error is given once; after it there is nothing more.
pub struct ObjectReader {
    arriving: Receiver<io::Result<Bytes>>,
    current: Bytes,
    /// Bytes that must still arrive.
    left: u64,
}

impl std::fmt::Debug for ObjectReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectReader").field("left", &self.left).finish_non_exhaustive()
    }
}

impl ObjectReader {
    pub(super) fn start(object: &Object, from: u64) -> Self {
        let (arrived, arriving) = channel(1);
        let left = object.size().saturating_sub(from);
        let object = object.clone();
        let net = object.0.store.net.clone();
        if let Some(runtime) = net.runtime() {
            runtime.spawn(async move { fetch_all(&object, from, &arrived).await });
        }
        Self { arriving, current: Bytes::new(), left }
    }
}

impl Read for ObjectReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        while self.current.is_empty() {
            match self.arriving.blocking_recv() {
                Some(Ok(bytes)) => {
                    self.left = self.left.saturating_sub(bytes.len() as u64);
                    self.current = bytes;
                }
                Some(Err(error)) => {
                    self.left = 0;
                    self.arriving.close();
                    return Err(error);
                }
                None if self.left > 0 => {
                    self.left = 0;
                    return Err(broken_off());
                }
                None => return Ok(0),
            }
        }
        let read = self.current.len().min(out.len());
        if let Some(out) = out.get_mut(..read) {
            self.current.copy_to_slice(out);
        }
        Ok(read)
    }
}

fn broken_off() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the store broke off")
}

/// The object is not what it was.
fn changed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the object was changed while it was read")
}

/// Sends all from a place on, until nobody wants it.
async fn fetch_all(object: &Object, from: u64, arrived: &Sender<io::Result<Bytes>>) {
    let size = object.size();
    let starts = (from..size).step_by(usize::try_from(RANGE).unwrap_or(usize::MAX));
    let mut ranges = stream::iter(starts)
        .map(|start| async move {
            let range = start..size.min(start.saturating_add(RANGE));
            (start, fetch(object, range).await)
        })
        .buffered(AHEAD);
    while let Some((start, fetched)) = ranges.next().await {
        let is_first = start == from;
        match fetched {
            Err(error) if is_first && error.kind() == io::ErrorKind::Unsupported => {
                drop(ranges);
                stream_all(object, from, arrived).await;
                return;
            }
            fetched => {
                let is_last = fetched.is_err();
                if arrived.send(fetched).await.is_err() || is_last {
                    return;
                }
            }
        }
    }
}

/// The bytes of a range, in one piece.
async fn fetch(object: &Object, range: Range<u64>) -> io::Result<Bytes> {
    let known = &object.0;
    let began = Instant::now();
    let mut pause = PAUSE;
    loop {
        // What fails before there is an answer has been tried again already.
        let result = get(&known.store.client, &known.location, Some(range.clone()))
            .await
            .map_err(|error| fault(&error, &known.address))?;
        if result.meta.size != known.size || version(&result.meta) != known.version {
            return Err(changed());
        }
        let error = match result.bytes().await {
            Ok(bytes) if bytes.len() as u64 == range.end - range.start => return Ok(bytes),
            Ok(_) => broken_off(),
            Err(error) => fault(&error, &known.address),
        };
        if began.elapsed() + pause > known.store.settings.retry_for {
            return Err(error);
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

/// Sends all from a place on, of a server that knows no ranges: from the beginning, and what breaks
/// off cannot be taken up.
async fn stream_all(object: &Object, from: u64, arrived: &Sender<io::Result<Bytes>>) {
    let known = &object.0;
    let result = match get(&known.store.client, &known.location, None).await {
        Ok(result) => result,
        Err(error) => {
            let _ = arrived.send(Err(fault(&error, &known.address))).await;
            return;
        }
    };
    if result.meta.size != known.size || version(&result.meta) != known.version {
        let _ = arrived.send(Err(changed())).await;
        return;
    }
    let mut skip = from;
    let mut pieces = result.into_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map(|mut piece| {
            let skipped = usize::try_from(skip).unwrap_or(usize::MAX).min(piece.len());
            skip -= skipped as u64;
            piece.advance(skipped);
            piece
        });
        let is_last = piece.is_err();
        if matches!(&piece, Ok(piece) if piece.is_empty()) {
            continue;
        }
        let piece = piece.map_err(|error| fault(&error, &known.address));
        if arrived.send(piece).await.is_err() || is_last {
            return;
        }
    }
}

/// The first bytes of an object.
pub(super) async fn head(object: &Object, bytes: u64) -> io::Result<Vec<u8>> {
    let end = object.size().min(bytes);
    if end == 0 {
        return Ok(Vec::new());
    }
    match fetch(object, 0..end).await {
        Ok(bytes) => Ok(bytes.to_vec()),
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            let known = &object.0;
            let result = get(&known.store.client, &known.location, None)
                .await
                .map_err(|error| fault(&error, &known.address))?;
            let mut head = Vec::new();
            let mut pieces = result.into_stream();
            while let Some(piece) = pieces.next().await {
                head.extend_from_slice(&piece.map_err(|error| fault(&error, &known.address))?);
                if head.len() as u64 >= end {
                    break;
                }
            }
            head.truncate(usize::try_from(end).unwrap_or(usize::MAX));
            Ok(head)
        }
        Err(error) => Err(error),
    }
}
