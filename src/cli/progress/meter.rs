//! Rates and what is left, and how a person reads them.

use std::collections::VecDeque;
use std::time::Duration;

/// How far a pass is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    /// What is being done: `clean`, `survey`.
    pub(crate) phase: &'static str,
    pub(crate) elapsed: Duration,
    pub(crate) sources: u64,
    pub(crate) sources_done: u64,
    pub(crate) sources_failed: u64,
    /// Decompressed bytes read.
    pub(crate) bytes: u64,
    /// Bytes read as they are stored.
    pub(crate) stored: u64,
    /// All bytes as they are stored, if that is known.
    pub(crate) whole: Option<u64>,
    /// True if `stored` is a guess.
    pub(crate) is_estimate: bool,
    pub(crate) kept: u64,
    pub(crate) cut: u64,
    pub(crate) dropped: u64,
    pub(crate) unreadable: u64,
    /// Decompressed bytes a second, of late.
    pub(crate) bytes_per_second: f64,
    pub(crate) seconds_left: Option<f64>,
}

impl Snapshot {
    /// Documents that could be read.
    pub(crate) fn documents(&self) -> u64 {
        self.kept + self.cut + self.dropped
    }

    /// The share of what is stored that was read.
    pub(crate) fn share(&self) -> Option<f64> {
        let whole = self.whole.filter(|whole| *whole > 0)?;
        Some((self.stored as f64 / whole as f64).min(1.0))
    }
}

/// Over how long a rate is taken.
const WINDOW: Duration = Duration::from_secs(60);

/// Measures rates over the last minute.
#[derive(Debug)]
pub(crate) struct Meter {
    /// Time, decompressed and stored bytes, the oldest first.
    samples: VecDeque<(Duration, u64, u64)>,
}

impl Meter {
    /// A meter from where a pass begins.
    pub(crate) fn begin(snapshot: &Snapshot) -> Self {
        Self { samples: [(snapshot.elapsed, snapshot.bytes, snapshot.stored)].into() }
    }

    /// Fills in the rate and what is left. Call it in the order of time.
    pub(crate) fn measure(&mut self, snapshot: &mut Snapshot) {
        self.samples.push_back((snapshot.elapsed, snapshot.bytes, snapshot.stored));
        // The oldest may be older than the window, the next may not.
        while self.samples.len() > 2
            && self.samples.get(1).is_some_and(|(at, ..)| *at + WINDOW < snapshot.elapsed)
        {
            self.samples.pop_front();
        }
        let Some((at, bytes, stored)) = self.samples.front().copied() else { return };
        let seconds = snapshot.elapsed.saturating_sub(at).as_secs_f64();
        if seconds <= 0.0 {
            return;
        }
        let rate = |now: u64, then: u64| now.saturating_sub(then) as f64 / seconds;
        snapshot.bytes_per_second = rate(snapshot.bytes, bytes);
        let stored_rate = rate(snapshot.stored, stored);
        snapshot.seconds_left = snapshot
            .whole
            .filter(|_| stored_rate > 0.0)
            .map(|whole| whole.saturating_sub(snapshot.stored) as f64 / stored_rate);
    }
}

/// A line for a log.
pub(crate) fn shown(snapshot: &Snapshot) -> String {
    let Snapshot { phase, kept, cut, dropped, unreadable, sources, sources_done, .. } = snapshot;
    let documents = snapshot.documents();
    format!(
        "{phase}: {}, {documents} documents ({kept} kept, {cut} cut, {dropped} dropped), \
         {unreadable} unreadable, {sources_done} of {sources} sources{}",
        read(snapshot),
        left(snapshot)
    )
}

/// The same beside a bar.
pub(crate) fn brief(snapshot: &Snapshot) -> String {
    let Snapshot { cut, dropped, unreadable, .. } = snapshot;
    let documents = snapshot.documents();
    let unreadable =
        if *unreadable == 0 { String::new() } else { format!(", {unreadable} unreadable") };
    let about = if snapshot.is_estimate { "about " } else { "" };
    let share = snapshot.share().map_or_else(
        || size(snapshot.bytes as f64),
        // Only the end is 100 %.
        |share| format!("{about}{:.0} %", (share * 100.0).floor()),
    );
    let rate = size(snapshot.bytes_per_second);
    // The most telling first: a narrow terminal cuts the rest.
    format!(
        "{share}{}, {rate}/s, {documents} docs, {cut} cut, {dropped} dropped{unreadable}",
        left(snapshot)
    )
}

fn read(snapshot: &Snapshot) -> String {
    let about = if snapshot.is_estimate { "about " } else { "" };
    let share = snapshot.share().map_or_else(String::new, |share| {
        // Only the end is 100 %.
        format!("{about}{:.0} % read, ", (share * 100.0).floor())
    });
    let (bytes, rate) = (size(snapshot.bytes as f64), size(snapshot.bytes_per_second));
    format!("{share}{bytes} at {rate}/s")
}

fn left(snapshot: &Snapshot) -> String {
    let Some(seconds) = snapshot.seconds_left else { return String::new() };
    let about = if snapshot.is_estimate { "roughly " } else { "" };
    format!(", {about}{} left", time(seconds))
}

/// `12 s`, `4 min`, `3 h 10 min`, `2 d 4 h`.
fn time(seconds: f64) -> String {
    let seconds = seconds.min(1e9) as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds.div_ceil(60)),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// Bytes for a person: `812 B`, `4.2 kB`, `1.3 GB`.
fn size(bytes: f64) -> String {
    let mut value = bytes;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 999.5 {
            let digits = usize::from(unit != "B");
            return format!("{value:.digits$} {unit}");
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64, bytes: u64) -> Snapshot {
        Snapshot {
            phase: "clean",
            elapsed: Duration::from_secs(seconds),
            bytes,
            stored: bytes,
            whole: Some(10_000),
            ..Snapshot::default()
        }
    }

    #[test]
    fn rates_are_those_of_the_last_minute() {
        let mut meter = Meter::begin(&at(0, 0));
        let mut measured = |mut snapshot: Snapshot| {
            meter.measure(&mut snapshot);
            (snapshot.bytes_per_second, snapshot.seconds_left)
        };
        assert_eq!(measured(at(0, 0)), (0.0, None));
        assert_eq!(measured(at(10, 1_000)), (100.0, Some(90.0)));
        // A slow start is forgotten.
        assert_eq!(measured(at(100, 1_000)).0, 0.0);
        assert_eq!(measured(at(161, 7_100)).0, 100.0);
        assert_eq!(measured(at(162, 10_000)).1, Some(0.0));
    }

    #[test]
    fn a_line_says_how_far_it_is_and_whether_that_is_a_guess() {
        let mut snapshot = at(30, 4_199);
        (snapshot.kept, snapshot.cut, snapshot.dropped, snapshot.sources) = (5, 2, 1, 3);
        snapshot.seconds_left = Some(125.0);
        snapshot.bytes_per_second = 84_250_000.0;
        assert_eq!(
            shown(&snapshot),
            "clean: 41 % read, 4.2 kB at 84.2 MB/s, 8 documents (5 kept, 2 cut, 1 dropped), \
             0 unreadable, 0 of 3 sources, 3 min left"
        );
        snapshot.is_estimate = true;
        assert!(shown(&snapshot).starts_with("clean: about 41 % read"));
        assert!(brief(&snapshot).starts_with("about 41 %, roughly 3 min left, 84.2 MB/s, 8 docs"));
        snapshot.whole = None;
        snapshot.seconds_left = None;
        assert!(shown(&snapshot).starts_with("clean: 4.2 kB at"));
    }

    #[test]
    fn times_read_well() {
        assert_eq!(time(0.0), "0 s");
        assert_eq!(time(59.9), "59 s");
        assert_eq!(time(61.0), "2 min");
        assert_eq!(time(11_400.0), "3 h 10 min");
        assert_eq!(time(f64::INFINITY), "11574 d 1 h");
    }
}
