//! What the workers of `tamis clean` do with a batch, and what they hand on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::cli::progress::{Progress as Shown, bytes_of};
use tamis::Cleaner;
use tamis::document::{Location, Span};
use tamis::outcome::Outcome;
use tamis::panics;
use tamis::pipeline::InFlight;
use tamis::report::{DEFAULT_SAMPLES, Tally, Timings};
use tamis::sink::files::SinkError;
use tamis::sink::render::{RenderOptions, Rendered, render, render_passed, render_unreadable};
use tamis::sink::run::RunDir;
use tamis::source::{
    BATCH_BYTES, Batch, Container, End, Event, Item, Pass, Place, ReadOptions, Refusal, Source,
    parse, passes,
};

/// How many bytes of items are on their way at once.
pub(super) const IN_FLIGHT: InFlight = InFlight { most: 8 << 20, for_each_thread: 2 << 20 };

/// Most buffers that are kept to be used again.
const MOST_BUFFERS: usize = 32;

/// What an event weighs beside the bytes of its item.
const EVENT_BYTES: usize = 256;

/// What a batch weighs while it is on its way: its bytes, and a little for each event.
pub(super) fn weight(batch: &Batch) -> usize {
    let bytes = |event: &Event| match event {
        Event::Item(item) => item.weight(),
        Event::Start(_) | Event::End(_) => 0,
    };
    batch.events.iter().map(|event| bytes(event) + EVENT_BYTES).sum()
}

/// What the workers hand on of a batch.
pub(super) struct Worked {
    done: Vec<Done>,
    epoch: u64,
    /// Where the epoch ends, if it ends with this batch.
    pub(super) ends: Option<Place>,
}

/// What has become of events, in order.
enum Done {
    Start(Arc<Source>),
    /// Items of a source, and how many bytes of it they were.
    Items(Arc<Source>, u64, Box<Rendered>),
    End(End),
}

/// Sums over records.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Counter {
    pub(super) tally: Tally,
    pub(super) timings: Timings,
}

impl Counter {
    /// Nothing yet, with so many samples to be kept.
    pub(super) fn of(samples: usize) -> Self {
        Self { tally: Tally::with_samples(samples), timings: Timings::default() }
    }

    fn merge(&mut self, other: Counter) {
        self.tally.merge(other.tally);
        self.timings.merge(&other.timings);
    }
}

/// Where what has become of records goes.
pub(super) trait Sink {
    /// Why it cannot be written.
    type Error;
    fn start(&mut self, source: &Source);
    fn write(&mut self, rendered: &Rendered) -> Result<(), Self::Error>;
    fn end(&mut self, end: End) -> Result<(), Self::Error>;
}

impl Sink for RunDir {
    type Error = SinkError;

    fn start(&mut self, source: &Source) {
        RunDir::start(self, source);
    }

    fn write(&mut self, rendered: &Rendered) -> Result<(), SinkError> {
        RunDir::write(self, rendered)
    }

    fn end(&mut self, end: End) -> Result<(), SinkError> {
        RunDir::end(self, end).map(drop)
    }
}

/// All that working on a record depends on, and what the workers have in common.
pub(super) struct Workshop<'c> {
    cleaner: &'c Cleaner,
    options: &'c ReadOptions,
    render: RenderOptions,
    shown: &'c Shown,
    samples: usize,
    /// What the records of an epoch came to. Each worker takes one of its epoch that lies idle, or
    /// begins one; their sum does not depend on who counted what.
    counters: Mutex<Vec<(u64, Counter)>>,
    /// Buffers that were written out. Room that is used again need not be handed out and cleared
    /// by the system again.
    buffers: Mutex<Vec<Vec<u8>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'c> Workshop<'c> {
    pub(super) fn new(
        cleaner: &'c Cleaner,
        options: &'c ReadOptions,
        render: RenderOptions,
        shown: &'c Shown,
    ) -> Self {
        let (counters, buffers) = (Mutex::default(), Mutex::default());
        let samples = DEFAULT_SAMPLES;
        Self { cleaner, options, render, shown, samples, counters, buffers }
    }

    /// Keeps so many samples for each rule.
    pub(super) fn with_samples(self, samples: usize) -> Self {
        Self { samples, ..self }
    }

    /// A batch on a worker: its records are worked on, one after the other, and what comes of them
    /// is joined as far as they are of one source.
    pub(super) fn work(&self, batch: Batch) -> Worked {
        let Batch { events, epoch, ends } = batch;
        let mut counter = self.counter(epoch);
        let mut done = Vec::new();
        for event in events {
            match event {
                Event::Start(source) => done.push(Done::Start(source)),
                Event::End(end) => done.push(Done::End(end)),
                Event::Item(item) => {
                    let (source, own) = (item.source.clone(), bytes_of(&item));
                    let is_line = !matches!(source.container, Container::File(_));
                    let rendered = self.item(item, &mut counter);
                    match done.last_mut() {
                        Some(Done::Items(_, bytes, items)) => {
                            *bytes += own;
                            items.append(rendered);
                        }
                        _ if is_line => {
                            let rendered = Box::new(rendered.within(self.buffer()));
                            done.push(Done::Items(source, own, rendered));
                        }
                        _ => done.push(Done::Items(source, own, Box::new(rendered))),
                    }
                }
            }
        }
        for done in &mut done {
            if let Done::Items(.., rendered) = done {
                rendered.rows.gather(self.render.annotate);
            }
        }
        locked(&self.counters).push((epoch, counter));
        Worked { done, epoch, ends }
    }

    fn counter(&self, epoch: u64) -> Counter {
        let mut counters = locked(&self.counters);
        let at = counters.iter().position(|(of, _)| *of == epoch);
        at.map_or_else(|| Counter::of(self.samples), |at| counters.swap_remove(at).1)
    }

    fn buffer(&self) -> Vec<u8> {
        locked(&self.buffers).pop().unwrap_or_default()
    }

    /// Takes back a buffer that was written out, unless a large record has blown it up or there are
    /// enough: of sources that are one document more come back than are taken.
    fn give_back(&self, buffer: Vec<u8>) {
        let mut buffers = locked(&self.buffers);
        if buffer.capacity() <= 4 * BATCH_BYTES && buffers.len() < MOST_BUFFERS {
            buffers.push(buffer);
        }
    }

    /// A record is parsed, cleaned, counted and rendered.
    fn item(&self, item: Item, counter: &mut Counter) -> Rendered {
        if let Some(pass) = passes(&item) {
            match pass {
                Pass::Blank => counter.tally.add_blank(),
                Pass::Through | Pass::Aside => counter.tally.add_passed(),
            }
            return render_passed(item, pass, &self.render);
        }
        let rules = self.cleaner.rules();
        match self.judge(&item) {
            Ok((outcome, text_at)) => {
                counter.tally.add(&outcome, rules);
                counter.timings.add(&outcome);
                render(&outcome, rules, item, text_at, &self.render)
            }
            Err(refusal) => {
                let location = Location { source: item.source.name.clone(), ordinal: item.ordinal };
                counter.tally.add_unreadable(&location, &refusal, &item.raw);
                render_unreadable(item, &refusal, &self.render)
            }
        }
    }

    /// Cleans an item. A fault of the program in one record must not end the run.
    fn judge(&self, item: &Item) -> Result<(Outcome, Option<Span>), Refusal> {
        if let Some(refusal) = &item.refused {
            return Err(refusal.clone());
        }
        let parsed = parse(item, self.options)?;
        let text_at = parsed.text_at;
        let outcome = catch_unwind(AssertUnwindSafe(|| self.cleaner.clean(parsed.record)))
            .map_err(|panic| Refusal::Internal(panics::message(&*panic)))??;
        Ok((outcome, text_at))
    }

    /// Writes what has become of a batch, in the order of the input. At the end of an epoch all that
    /// was counted in it is added to the sum.
    pub(super) fn take<S: Sink>(
        &self,
        worked: Worked,
        run: &mut S,
        sum: &mut Counter,
    ) -> Result<(), S::Error> {
        for done in worked.done {
            match done {
                Done::Start(source) => {
                    self.shown.source_started(&source);
                    run.start(&source);
                }
                Done::Items(source, bytes, rendered) => {
                    run.write(&rendered)?;
                    self.shown.wrote(&source, bytes, rendered.counts);
                    rendered.kept.into_iter().for_each(|buffer| self.give_back(buffer));
                }
                Done::End(end) => {
                    sum.tally.add_source(&end.source.name, end.error.as_deref());
                    self.shown.source_ended(end.error.is_some());
                    run.end(end)?;
                }
            }
        }
        if worked.ends.is_some() {
            // All batches of the epoch have been taken, so all its counters lie idle.
            let mut counters = locked(&self.counters);
            let (of_epoch, others) =
                std::mem::take(&mut *counters).into_iter().partition(|(of, _)| *of == worked.epoch);
            *counters = others;
            drop(counters);
            let of_epoch: Vec<(u64, Counter)> = of_epoch;
            of_epoch.into_iter().for_each(|(_, counter)| sum.merge(counter));
        }
        Ok(())
    }
}

/// Nanoseconds since the first call.
pub(super) fn nanoseconds() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
