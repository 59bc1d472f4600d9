//! How far a run is: a bar on a terminal, lines in a log, objects for machines, and a file of
//! metrics. What comes out of a run never depends on it.
//!
//! The reader and the consumer add to a few counters; a thread of its own looks at them now and
//! then and prints.

use std::fs::File;
use std::io::{self, BufRead as _, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::metrics::{MetricsFile, State};
use super::session::Session;
use super::terminal;
use tamis::report::limits::Totals;
use tamis::sink::render::Counts;
use tamis::source::compression::decoder;
use tamis::source::{Compression, Container, Event, Item, Origin, Place, Source};

mod meter;

use meter::Meter;
pub(crate) use meter::{Snapshot, shown};

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// A bar on a terminal, lines elsewhere
    Auto,
    /// A bar that is drawn anew
    Bar,
    /// A line now and then
    Plain,
    /// An object a line, for programs
    Json,
    /// Not at all
    None,
}

/// Options of commands that read whole corpora.
#[derive(Args, Clone, Debug)]
pub(crate) struct ProgressArguments {
    /// How progress is shown on standard error
    #[arg(long, value_name = "HOW", default_value = "auto")]
    progress: Mode,

    /// Seconds between two lines of progress, and two writings of --metrics
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    progress_interval: u64,
}

/// How often a bar is drawn.
const DRAWN_EVERY: Duration = Duration::from_millis(200);

/// What counters know.
struct Shared {
    phase: &'static str,
    started: Instant,
    kept: AtomicU64,
    cut: AtomicU64,
    dropped: AtomicU64,
    unreadable: AtomicU64,
    sources_failed: AtomicU64,
    reading: Mutex<Reading>,
    totals: Mutex<Option<Totals>>,
}

/// How far reading is.
struct Reading {
    /// Bytes of each source where it is stored; `None` where that is not known.
    sizes: Vec<Option<u64>>,
    /// Sum of the sizes, if all are known.
    whole: Option<u64>,
    /// Sources begun and ended.
    begun: usize,
    ended: usize,
    /// Decompressed bytes read.
    bytes: u64,
    /// Stored bytes of the sources that have ended.
    stored: u64,
    /// Bytes of the next source that were read before the pass began.
    skipped: u64,
    /// Of compressed sources that have ended: decompressed and stored bytes.
    learned: (u64, u64),
    current: Option<Current>,
    /// True once a size had to be guessed from what was decompressed.
    is_estimate: bool,
}

/// The source that is being read.
struct Current {
    bytes: u64,
    compression: Compression,
    /// True if it has more bytes than its file.
    is_packed: bool,
    path: Option<PathBuf>,
    /// Decompressed bytes for each stored one, once it was looked into.
    ratio: Option<f64>,
}

/// True if a source has more bytes than its file: a table is compressed inside.
fn is_packed(source: &Source) -> bool {
    source.compression != Compression::None || source.container == Container::Parquet
}

/// Stored bytes of a compressed source from which on it is worth looking into, whatever others came
/// to.
const LARGE: u64 = 64 << 20;

/// Bytes of an item in its source: with its line end, more or less.
pub(crate) fn bytes_of(item: &Item) -> u64 {
    item.raw.len() as u64 + 1
}

/// What text is taken to be compressed to where nothing is known yet.
const USUAL_RATIO: f64 = 4.0;

impl Reading {
    fn new(sources: &[Arc<Source>]) -> Self {
        let size = |source: &Arc<Source>| match &source.origin {
            Origin::File(path) => std::fs::metadata(path).ok().map(|file| file.len()),
            _ => None,
        };
        let sizes: Vec<Option<u64>> = sources.iter().map(size).collect();
        let whole = sizes.iter().copied().sum();
        let is_estimate = sources.iter().any(|source| is_packed(source));
        Self {
            sizes,
            whole,
            begun: 0,
            ended: 0,
            bytes: 0,
            stored: 0,
            skipped: 0,
            learned: (0, 0),
            current: None,
            is_estimate,
        }
    }

    /// As it is where reading begins at a place.
    fn skip(mut self, place: Place) -> Self {
        let sources = usize::try_from(place.sources).unwrap_or(usize::MAX).min(self.sizes.len());
        self.stored = self.sizes.iter().take(sources).flatten().sum();
        (self.begun, self.ended) = (sources, sources);
        self.skipped = place.inside.map_or(0, |inside| inside.bytes);
        self
    }

    fn take(&mut self, event: &Event) {
        match event {
            Event::Start(source) => self.begin(source),
            Event::Item(item) => self.items(&item.source, bytes_of(item)),
            Event::End(_) => self.end(),
        }
    }

    fn items(&mut self, source: &Source, bytes: u64) {
        // A reader that begins inside a source has begun it before.
        if self.current.is_none() {
            self.begin(source);
        }
        self.bytes += bytes;
        if let Some(current) = &mut self.current {
            current.bytes += bytes;
        }
    }

    fn end(&mut self) {
        let stored = self.size();
        self.ended += 1;
        self.stored += stored;
        if let Some(current) = self.current.take()
            && current.is_packed
        {
            self.learned.0 += current.bytes;
            self.learned.1 += stored;
        }
    }

    fn begin(&mut self, source: &Source) {
        self.begun += 1;
        let bytes = std::mem::take(&mut self.skipped);
        let path = match &source.origin {
            Origin::File(path) => Some(path.clone()),
            _ => None,
        };
        let (compression, is_packed) = (source.compression, is_packed(source));
        self.current = Some(Current { bytes, compression, is_packed, path, ratio: None });
    }

    /// Stored bytes of the source that was begun last.
    fn size(&self) -> u64 {
        let last = self.begun.checked_sub(1).and_then(|n| self.sizes.get(n));
        last.copied().flatten().unwrap_or(0)
    }

    /// Stored bytes read so far; of a compressed source that is being read, as guessed from what
    /// others came to.
    fn stored_so_far(&self) -> u64 {
        let Some(current) = &self.current else { return self.stored };
        let ratio = match (current.is_packed, current.ratio, self.learned) {
            (false, ..) => return self.stored + current.bytes.min(self.size()),
            (_, Some(ratio), _) => ratio,
            (.., (bytes, stored)) if stored > 0 && bytes > 0 => bytes as f64 / stored as f64,
            _ => USUAL_RATIO,
        };
        let guessed = (current.bytes as f64 / ratio) as u64;
        // A guess is not to say that it is done.
        self.stored + guessed.min(self.size() - self.size() / 100)
    }

    /// The source that is being read, if it must be looked into to say how far it is.
    fn unknown(&self) -> Option<(PathBuf, Compression)> {
        let current = self.current.as_ref().filter(|current| current.ratio.is_none())?;
        let is_known = self.learned.1 > 0 && self.size() < LARGE;
        if current.compression == Compression::None || is_known {
            return None;
        }
        Some((current.path.clone()?, current.compression))
    }

    /// What looking into the source that is being read came to.
    fn learn(&mut self, path: &Path, ratio: f64) {
        if let Some(current) = &mut self.current
            && current.path.as_deref() == Some(path)
        {
            current.ratio = Some(ratio);
        }
    }
}

/// Where a pass begins: a run that is taken up has done a part of it before.
#[derive(Clone, Debug, Default)]
pub(crate) struct At {
    pub(crate) place: Place,
    pub(crate) totals: Totals,
}

/// A run's progress while it goes on. Ended with [`finish`](Progress::finish); if it is dropped
/// before, the run has failed.
pub(crate) struct Progress {
    shared: Arc<Shared>,
    bar: Option<ProgressBar>,
    /// Tells the printing thread that the run has ended.
    end: Option<Sender<State>>,
    thread: Option<JoinHandle<()>>,
}

impl ProgressArguments {
    /// Begins to show how far a pass over the sources is.
    pub(crate) fn start(
        &self,
        session: &Session,
        phase: &'static str,
        sources: &[Arc<Source>],
        metrics: Option<MetricsFile>,
        at: At,
    ) -> Progress {
        let mode = match self.progress {
            Mode::Auto if session.quiet => Mode::None,
            Mode::Auto if session.has_terminal() && !session.is_logging => Mode::Bar,
            Mode::Auto => Mode::Plain,
            mode => mode,
        };
        let shared = Arc::new(Shared {
            phase,
            started: Instant::now(),
            kept: AtomicU64::new(at.totals.kept),
            cut: AtomicU64::new(at.totals.cut),
            dropped: AtomicU64::new(at.totals.dropped),
            unreadable: AtomicU64::new(at.totals.unreadable_count()),
            sources_failed: AtomicU64::new(0),
            reading: Mutex::new(Reading::new(sources).skip(at.place)),
            totals: Mutex::new(Some(at.totals).filter(|totals| !totals.rules.is_empty())),
        });
        if mode == Mode::None && metrics.is_none() {
            return Progress { shared, bar: None, end: None, thread: None };
        }
        let (end, ended) = channel();
        let interval = Duration::from_secs(self.progress_interval);
        let mut printer = Printer::new(shared.clone(), mode, interval, metrics);
        let bar = printer.bar.clone();
        let wait = if mode == Mode::Bar { DRAWN_EVERY } else { interval };
        let thread = std::thread::Builder::new().name("progress".to_owned()).spawn(move || {
            let state = loop {
                match ended.recv_timeout(wait) {
                    Ok(state) => break state,
                    Err(RecvTimeoutError::Disconnected) => break State::Failed,
                    Err(RecvTimeoutError::Timeout) => printer.tick(),
                }
            };
            printer.end(state);
        });
        // Where no thread can be had, the run is worth more than its progress.
        Progress { shared, bar, end: Some(end), thread: thread.ok() }
    }
}

impl Progress {
    /// Events were read, where nobody says what was written of them.
    pub(crate) fn read(&self, events: &[Event]) {
        let mut reading = locked(&self.shared.reading);
        events.iter().for_each(|event| reading.take(event));
    }

    /// A source is begun.
    pub(crate) fn source_started(&self, source: &Source) {
        locked(&self.shared.reading).begin(source);
    }

    /// Items of a source were written, so many bytes of it.
    pub(crate) fn wrote(&self, source: &Source, bytes: u64, counts: Counts) {
        locked(&self.shared.reading).items(source, bytes);
        self.took(counts);
    }

    /// Records were dealt with.
    pub(crate) fn took(&self, counts: Counts) {
        let Shared { kept, cut, dropped, unreadable, .. } = &*self.shared;
        kept.fetch_add(counts.kept, Relaxed);
        cut.fetch_add(counts.cut, Relaxed);
        dropped.fetch_add(counts.dropped, Relaxed);
        unreadable.fetch_add(counts.unreadable, Relaxed);
    }

    /// A source has ended.
    pub(crate) fn source_ended(&self, has_failed: bool) {
        locked(&self.shared.reading).end();
        self.shared.sources_failed.fetch_add(u64::from(has_failed), Relaxed);
    }

    /// Does what may print, with no bar in the way.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// What the rules have come to so far, for metrics.
    pub(crate) fn totals(&self, totals: Totals) {
        *locked(&self.shared.totals) = Some(totals);
    }

    /// The run has ended; a bar is gone when this returns.
    pub(crate) fn finish(mut self, state: State) {
        self.close(state);
    }

    fn close(&mut self, state: State) {
        if let Some(end) = self.end.take() {
            // It fails only if the thread is gone already.
            let _ = end.send(state);
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.close(State::Failed);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn snapshot(&self) -> Snapshot {
        let reading = locked(&self.reading);
        Snapshot {
            phase: self.phase,
            elapsed: self.started.elapsed(),
            sources: reading.sizes.len() as u64,
            sources_done: reading.ended as u64,
            sources_failed: self.sources_failed.load(Relaxed),
            bytes: reading.bytes,
            stored: reading.stored_so_far(),
            whole: reading.whole,
            is_estimate: reading.is_estimate,
            kept: self.kept.load(Relaxed),
            cut: self.cut.load(Relaxed),
            dropped: self.dropped.load(Relaxed),
            unreadable: self.unreadable.load(Relaxed),
            bytes_per_second: 0.0,
            seconds_left: None,
        }
    }
}

/// What the thread prints with.
struct Printer {
    shared: Arc<Shared>,
    mode: Mode,
    interval: Duration,
    meter: Meter,
    bar: Option<ProgressBar>,
    metrics: Option<MetricsFile>,
    /// When metrics are due.
    due: Duration,
}

impl Printer {
    fn new(
        shared: Arc<Shared>,
        mode: Mode,
        interval: Duration,
        metrics: Option<MetricsFile>,
    ) -> Self {
        let bar = (mode == Mode::Bar).then(|| {
            let whole = shared.snapshot().whole;
            let bar = ProgressBar::with_draw_target(whole, ProgressDrawTarget::stderr());
            let template = match whole {
                Some(_) => "{prefix} [{bar:20}] {wide_msg}",
                None => "{prefix} {spinner} {wide_msg}",
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_prefix(shared.phase);
            bar
        });
        let meter = Meter::begin(&shared.snapshot());
        Self { shared, mode, interval, meter, bar, metrics, due: interval }
    }

    fn snapshot(&mut self) -> Snapshot {
        let mut snapshot = self.shared.snapshot();
        self.meter.measure(&mut snapshot);
        snapshot
    }

    fn tick(&mut self) {
        let unknown = locked(&self.shared.reading).unknown();
        if let Some((path, compression)) = unknown {
            let ratio = ratio(&path, compression).unwrap_or(USUAL_RATIO);
            locked(&self.shared.reading).learn(&path, ratio);
        }
        let snapshot = self.snapshot();
        match self.mode {
            Mode::Plain => eprint_line(&shown(&snapshot)),
            Mode::Json => eprint_line(&event("progress", &snapshot)),
            _ => {}
        }
        if let Some(bar) = &self.bar {
            bar.set_position(snapshot.stored);
            bar.set_message(meter::brief(&snapshot));
            bar.tick();
        }
        if snapshot.elapsed >= self.due {
            self.due = snapshot.elapsed + self.interval;
            self.write_metrics(&snapshot, State::Running);
        }
    }

    fn end(&mut self, state: State) {
        let snapshot = self.snapshot();
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if self.mode == Mode::Json {
            eprint_line(&event(state.name(), &snapshot));
        }
        self.write_metrics(&snapshot, state);
    }

    /// Metrics are beside the matter: that they cannot be written is said once.
    fn write_metrics(&mut self, snapshot: &Snapshot, state: State) {
        let Some(metrics) = &self.metrics else { return };
        let totals = locked(&self.shared.totals).clone();
        if let Err(error) = metrics.write(snapshot, totals.as_ref(), state) {
            terminal::error(&format!("metrics: {error}"));
            self.metrics = None;
        }
    }
}

/// Bytes that a start of a file is looked at for its ratio: decompressed, and stored.
const LOOKED_AT: (usize, u64) = (64 << 20, 4 << 20);

/// How many bytes a stored one of a compressed file comes to, by its start. `None` if it cannot be
/// read: whoever reads it all will say why.
fn ratio(path: &Path, compression: Compression) -> Option<f64> {
    struct Counted(File, Arc<AtomicU64>);
    impl Read for Counted {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let read = self.0.read(out)?;
            self.1.fetch_add(read as u64, Relaxed);
            Ok(read)
        }
    }
    let stored = Arc::new(AtomicU64::new(0));
    let file = Counted(File::open(path).ok()?, stored.clone());
    let mut reader = decoder(file, compression).ok()?;
    let mut bytes = 0;
    while bytes < LOOKED_AT.0 && stored.load(Relaxed) < LOOKED_AT.1 {
        let read = reader.fill_buf().ok()?.len();
        if read == 0 {
            break;
        }
        reader.consume(read);
        bytes += read;
    }
    let stored = stored.load(Relaxed);
    (stored > 0 && bytes > 0).then(|| bytes as f64 / stored as f64)
}

/// A line on standard error, written at once so that it is not torn.
fn eprint_line(line: &str) {
    use std::io::Write as _;
    // Nothing is left to say it to if standard error is gone.
    let _ = std::io::stderr().lock().write_all(format!("{line}\n").as_bytes());
}

/// An object for machines.
fn event(name: &str, snapshot: &Snapshot) -> String {
    let tenths = |seconds: f64| (seconds * 10.0).round() / 10.0;
    json!({
        "event": name,
        "phase": snapshot.phase,
        "elapsed": tenths(snapshot.elapsed.as_secs_f64()),
        "sources": snapshot.sources,
        "sources_done": snapshot.sources_done,
        "sources_failed": snapshot.sources_failed,
        "bytes": snapshot.bytes,
        "documents": snapshot.documents(),
        "kept": snapshot.kept,
        "cut": snapshot.cut,
        "dropped": snapshot.dropped,
        "unreadable": snapshot.unreadable,
        "bytes_per_second": snapshot.bytes_per_second.round(),
        "share": snapshot.share(),
        "eta": snapshot.seconds_left.map(f64::round),
        "estimated": snapshot.is_estimate,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tamis::document::Format;
    use tamis::source::End;

    fn source(name: &str, compression: Compression) -> Arc<Source> {
        Arc::new(Source {
            name: name.into(),
            origin: Origin::Stdin,
            container: Container::File(Format::Text),
            compression,
        })
    }

    fn read(reading: &mut Reading, source: &Arc<Source>, bytes: usize, end: bool) {
        if reading.current.is_none() {
            reading.take(&Event::Start(source.clone()));
        }
        let raw = vec![b'x'; bytes - 1];
        reading.take(&Event::Item(Item {
            source: source.clone(),
            ordinal: 0,
            raw,
            refused: None,
            columns: None,
            row: None,
        }));
        if end {
            let source = source.clone();
            let (bytes, items) = (bytes as u64, 1);
            let end = End { source, bytes, items, final_newline: true, error: None, table: None };
            reading.take(&Event::End(end));
        }
    }

    #[test]
    fn plain_sources_count_as_they_are_stored() {
        let one = source("one", Compression::None);
        let mut reading = Reading::new(&[one.clone(), one.clone()]);
        assert_eq!(reading.whole, None, "the size of standard input is not known");
        reading.sizes = vec![Some(100), Some(50)];
        assert!(!reading.is_estimate);
        read(&mut reading, &one, 60, false);
        assert_eq!(reading.stored_so_far(), 60);
        read(&mut reading, &one, 41, true);
        assert_eq!((reading.stored_so_far(), reading.ended), (100, 1));
        read(&mut reading, &one, 70, false);
        assert_eq!(reading.stored_so_far(), 150, "no more than there is");
    }

    #[test]
    fn a_pass_may_begin_inside_a_source() {
        let one = source("one", Compression::None);
        let mut reading = Reading::new(&[one.clone(), one.clone()]);
        reading.sizes = vec![Some(100), Some(50)];
        let inside = Some(tamis::source::Inside { items: 3, bytes: 20 });
        let mut reading = reading.skip(Place { sources: 1, inside });
        assert_eq!((reading.stored_so_far(), reading.ended), (100, 1));
        let raw = vec![b'x'; 9];
        reading.take(&Event::Item(Item {
            source: one,
            ordinal: 3,
            raw,
            refused: None,
            columns: None,
            row: None,
        }));
        assert_eq!((reading.stored_so_far(), reading.bytes), (130, 10));
    }

    #[test]
    fn compressed_sources_are_guessed_and_the_guess_is_learned() {
        let one = source("one", Compression::Gz);
        let mut reading = Reading::new(&[one.clone(), one.clone()]);
        assert!(reading.is_estimate);
        reading.sizes = vec![Some(100), Some(100)];
        read(&mut reading, &one, 80, false);
        assert_eq!(reading.stored_so_far(), 20);
        read(&mut reading, &one, 920, true);
        assert_eq!(reading.stored_so_far(), 100);
        read(&mut reading, &one, 500, false);
        assert_eq!(reading.stored_so_far(), 150, "ten to one was learned");
        read(&mut reading, &one, 5_000, false);
        assert_eq!(reading.stored_so_far(), 199, "a guess does not say that it is done");
    }

    #[test]
    fn a_compressed_file_is_looked_into() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.zst");
        let mut file = tamis::sink::files::OutputFile::create(&path, Compression::Zst).unwrap();
        let text = "the mill stands idle at low tide\n".repeat(100_000);
        file.write(text.as_bytes()).unwrap();
        file.finish().unwrap();
        let stored = std::fs::metadata(&path).unwrap().len();
        let found = ratio(&path, Compression::Zst).unwrap();
        assert_eq!(found, text.len() as f64 / stored as f64);
        assert_eq!(ratio(&folder.path().join("none"), Compression::Gz), None);
        let origin = Origin::File(path.clone());
        let one = Arc::new(Source { origin, ..(*source("x", Compression::Zst)).clone() });
        let mut reading = Reading::new(std::slice::from_ref(&one));
        read(&mut reading, &one, text.len() / 2, false);
        assert_eq!(reading.unknown(), Some((path.clone(), Compression::Zst)));
        reading.learn(&path, found);
        assert_eq!((reading.unknown(), reading.stored_so_far()), (None, stored / 2));
    }
}
