//! The line, from a record to its outcome ([`clean`]), and the parallel driver around it ([`run`]).

use std::sync::Arc;
use std::sync::mpsc::sync_channel;

pub use rayon::ThreadPoolBuildError;
use rayon::prelude::*;

use crate::decode::{DecodeError, decode};
use crate::document::{Info, Page, Record};
use crate::edit::{self, Cleaned};
use crate::outcome::{Decision, Guard, Outcome};
use crate::rules::{Clock, GuardAction, RuleSet, SegmentUnit, Strengths};
use crate::segment::{into_lines, plain_lines, segment};
use crate::signals::PageView;
use crate::survey::{Prints, Settings, Survey};
use crate::text::words::word_hash;
use crate::verdict::{
    BlockVerdicts, Notes, TIMED_ONE_IN, Verdict, judge_blocks, judge_document, judge_page,
    judge_source,
};

/// All that cleaning a record depends on beside the record.
#[derive(Debug)]
pub struct Context {
    /// The rules.
    pub rules: RuleSet,
    /// Counts over the corpus.
    pub survey: Survey,
    /// Stop judging a document at the first rule that drops it.
    pub fast: bool,
    /// Leave out the evidence of hits.
    pub brief: bool,
    /// Takes the time of rules on one document in [`TIMED_ONE_IN`].
    pub clock: Option<Clock>,
}

/// Cleans records by a rule set. Cheap to clone; one can serve many threads.
///
/// ```
/// use tamis::{Cleaner, Record, RuleSet, Survey};
///
/// let cleaner = Cleaner::new(RuleSet::default_preset()?, Survey::none())?;
/// let outcome = cleaner.clean(Record::text("id-1", "The mill stands idle at low tide."))?;
/// assert_eq!(outcome.text(), Some("The mill stands idle at low tide."));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Cleaner {
    context: Arc<Context>,
}

/// Why a cleaner cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CleanerError {
    /// A rule needs counts over the corpus and there are none.
    #[error(
        "rule \"{rule}\" needs a survey of the corpus for its signal `{signal}`, and none was given: \
         `tamis survey INPUT -o FILE` makes one, `--survey FILE` takes it"
    )]
    NoSurvey {
        /// The rule's full name.
        rule: String,
        /// The signal's name.
        signal: &'static str,
    },
    /// The survey is of other targets than those that the rules judge.
    #[error(
        "the survey counts {survey}s, and the rules judge {rules}s: make it with the same rules"
    )]
    OtherUnit {
        /// What the survey counts: `block` or `line`.
        survey: &'static str,
        /// What the rules judge.
        rules: &'static str,
    },
}

impl Cleaner {
    /// A cleaner. Without a survey, the rules that say they can do without are off; see
    /// [`RuleSet::off`].
    ///
    /// # Errors
    /// If another rule needs a survey and there is none (it could never fire), or if the survey
    /// counts lines where the rules judge blocks, or the other way round.
    pub fn new(rules: RuleSet, survey: Survey) -> Result<Self, CleanerError> {
        let rules = if survey.is_present() {
            rules
        } else if let Some((rule, signal)) = rules.needs_survey() {
            let rule = rules.rule(rule).name.clone();
            return Err(CleanerError::NoSurvey { rule, signal: signal.signal().name });
        } else {
            rules.without_survey()
        };
        if survey.is_present() && survey.settings() != survey_settings(&rules) {
            let counted = match survey.settings().lines {
                true => SegmentUnit::Line,
                false => SegmentUnit::Block,
            };
            let (survey, rules) = (counted.name(), rules.unit().name());
            return Err(CleanerError::OtherUnit { survey, rules });
        }
        let context = Context { rules, survey, fast: false, brief: false, clock: None };
        Ok(Self { context: Arc::new(context) })
    }

    /// The same cleaner, stopping at the first rule that drops a document: faster, and the report
    /// no longer knows every rule that would have fired.
    #[must_use]
    pub fn fast(self) -> Self {
        self.with(true, self.context.brief, self.context.clock)
    }

    /// The same cleaner, leaving out [`crate::rules::Hit::evidence`], the values behind each hit,
    /// where nobody will look at it.
    #[must_use]
    pub fn brief(self) -> Self {
        self.with(self.context.fast, true, self.context.clock)
    }

    /// The same cleaner, taking the time of each rule on one document in [`TIMED_ONE_IN`].
    /// What it decides does not depend on the clock.
    #[must_use]
    pub fn timed(self, clock: Clock) -> Self {
        self.with(self.context.fast, self.context.brief, Some(clock))
    }

    fn with(&self, fast: bool, brief: bool, clock: Option<Clock>) -> Self {
        let Context { rules, survey, .. } = &*self.context;
        let context = Context { rules: rules.clone(), survey: survey.clone(), fast, brief, clock };
        Self { context: Arc::new(context) }
    }

    /// The counts over the corpus.
    pub fn survey(&self) -> &Survey {
        &self.context.survey
    }

    /// The rules in force.
    pub fn rules(&self) -> &RuleSet {
        &self.context.rules
    }

    /// Cleans one record. The outcome depends on the record, the rules and the survey alone.
    ///
    /// # Errors
    /// If the record's body is not text.
    pub fn clean(&self, record: Record) -> Result<Outcome, DecodeError> {
        clean(record, &self.context)
    }
}

/// How pages are to be cut up for a survey that serves these rules.
pub fn survey_settings(rules: &RuleSet) -> Settings {
    Settings { lines: rules.unit() != SegmentUnit::Block }
}

/// What a survey counts of one record: decoded and cut up as for cleaning.
///
/// # Errors
/// If the record's body is not text.
pub fn prints(record: Record, settings: Settings) -> Result<Prints, DecodeError> {
    let page = segment(decode(record)?);
    Ok(Prints::of(&if settings.lines { into_lines(page) } else { page }))
}

/// Cleans one record. Pure: the outcome depends on the record and the context only.
///
/// # Errors
/// If the record's body is not text.
pub fn clean(record: Record, cx: &Context) -> Result<Outcome, DecodeError> {
    let document = decode(record)?;
    let mut notes = Notes::default();
    let mut strengths = Strengths::default();
    let view = PageView::new(&document.text, &[], &document.info, &cx.survey);
    let on_source = judge_source(&view, &cx.rules, &mut strengths, &mut notes);
    drop(view);

    let page = match cx.rules.unit() {
        SegmentUnit::Block => segment(document),
        SegmentUnit::Line => into_lines(segment(document)),
        SegmentUnit::PlainLine => plain_lines(document),
    };
    if on_source.drops() {
        let before = [on_source, Verdict::nothing()];
        return Ok(dropped(page, before, BlockVerdicts::default(), notes, Guard::Quiet));
    }
    let view = PageView::new(&page.text, &page.blocks, &page.info, &cx.survey)
        .with_title(page.title.as_deref());
    let clock = cx.clock.filter(|_| word_hash(&page.info.id).is_multiple_of(TIMED_ONE_IN));
    let haste = !is_noted(&page.info) && clock.is_none();
    let rules_on = |view| {
        cx.rules.on_page(view).timed(clock).in_haste(haste).with_evidence(!(cx.brief && haste))
    };
    let on_page = rules_on(&view);
    let on_whole = judge_page(&view, &on_page, &mut strengths, &mut notes);
    let protected = on_source.is_protected() || on_whole.is_protected();
    let before = [on_source, on_whole];
    if before[1].drops() && !protected {
        return Ok(dropped(page, before, BlockVerdicts::default(), notes, Guard::Quiet));
    }
    // What cannot be dropped is judged to its end.
    let fast = cx.fast && !protected;
    let on_blocks = judge_blocks(&view, &page, &on_page, &mut strengths, &mut notes, fast);
    if on_blocks.drops() && !protected {
        return Ok(dropped(page, before, on_blocks, notes, Guard::Quiet));
    }

    let cleaned = edit::cut(&page, &on_blocks, cx.rules.decide().layout);
    let (cleaned, on_blocks, guard) = match guard(&page, &cleaned, &cx.rules) {
        Guard::Dropped if !protected => {
            return Ok(dropped(page, before, on_blocks, notes, Guard::Dropped));
        }
        Guard::Quiet => (cleaned, on_blocks, Guard::Quiet),
        _ => (untouched(&page), on_blocks, Guard::Left),
    };

    let on_document = if cleaned.removals.is_empty() {
        // What has been measured of the page holds for what is left of it.
        judge_document(&view, &on_page, &strengths, &mut notes)
    } else {
        let view = PageView::new(&cleaned.text, &cleaned.blocks, &page.info, &cx.survey)
            .with_title(page.title.as_deref())
            .with_removed(page.text.len() - cleaned.text.len());
        let on_cleaned = rules_on(&view);
        judge_document(&view, &on_cleaned, &strengths, &mut notes)
    };
    if on_document.drops() && !protected {
        let mut outcome = dropped(page, before, on_blocks, notes, guard);
        outcome.on_document = on_document;
        return Ok(outcome);
    }
    let decision = if cleaned.removals.is_empty() { Decision::Kept } else { Decision::Cut };
    let [on_source, on_page] = before;
    Ok(Outcome {
        decision,
        page,
        cleaned,
        on_source,
        on_page,
        on_blocks,
        on_document,
        guard,
        notes,
    })
}

/// Of each source, the values that rules ask for are noted on so many documents at its start.
const NOTED_FIRST: u64 = 100;
/// Of the documents after them they are noted on one in so many, drawn by a hash of the id.
const NOTED_ONE_IN: u64 = 64;

/// True for a document on which all that rules ask for is measured, for the report's quantiles.
fn is_noted(info: &Info) -> bool {
    info.location.ordinal < NOTED_FIRST || word_hash(&info.id).is_multiple_of(NOTED_ONE_IN)
}

/// Trips when more of a document would go than `guard-share` of its characters, and fewer than
/// `guard-spares` would be left.
fn guard(page: &Page, cleaned: &Cleaned, rules: &RuleSet) -> Guard {
    let decide = rules.decide();
    let solid = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
    if cleaned.removals.is_empty() || decide.guard_action == GuardAction::None {
        return Guard::Quiet;
    }
    let gone: usize =
        cleaned.removals.iter().map(|removal| solid(removal.span.of(&page.text))).sum();
    let whole = solid(&page.text);
    if gone as f64 <= decide.guard_share * whole as f64 || whole - gone >= decide.guard_spares {
        return Guard::Quiet;
    }
    match decide.guard_action {
        GuardAction::Drop => Guard::Dropped,
        GuardAction::Flag => Guard::Left,
        GuardAction::None => Guard::Quiet,
    }
}

fn untouched(page: &Page) -> Cleaned {
    Cleaned { text: page.text.clone(), blocks: page.blocks.clone(), removals: Vec::new() }
}

fn dropped(
    page: Page,
    [on_source, on_page]: [Verdict; 2],
    on_blocks: BlockVerdicts,
    notes: Notes,
    guard: Guard,
) -> Outcome {
    let cleaned = untouched(&page);
    let on_document = Verdict::nothing();
    let decision = Decision::Dropped;
    Outcome { decision, page, cleaned, on_source, on_page, on_blocks, on_document, guard, notes }
}

/// Batches on their way at once, between two stages.
const WAITING_BATCHES: usize = 2;

/// Runs `work` over the items of `batches` on `threads` threads (0: as many as there are cores, or
/// as `RAYON_NUM_THREADS` says) and hands the results to `each` in the order of the input. Beside
/// them one thread reads, and the caller's thread takes the results.
///
/// What `each` is given does not depend on the number of threads. If `each` fails, reading and
/// working stop and its error is returned.
///
/// # Errors
/// The first error of `each`; or that threads could not be started.
pub fn run<I, T, E>(
    threads: usize,
    batches: impl Iterator<Item = Vec<I>> + Send,
    work: impl Fn(I) -> T + Sync + Send,
    mut each: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E>
where
    I: Send,
    T: Send,
    E: From<ThreadPoolBuildError>,
{
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    std::thread::scope(|scope| {
        let (to_work, from_reader) = sync_channel::<Vec<I>>(WAITING_BATCHES);
        let (to_caller, from_work) = sync_channel::<Vec<T>>(WAITING_BATCHES);
        scope.spawn(move || {
            for batch in batches {
                if to_work.send(batch).is_err() {
                    return;
                }
            }
        });
        let work = &work;
        scope.spawn(move || {
            for batch in from_reader {
                let done: Vec<T> =
                    pool.install(|| batch.into_par_iter().with_max_len(1).map(work).collect());
                if to_caller.send(done).is_err() {
                    return;
                }
            }
        });
        for batch in from_work {
            for result in batch {
                each(result)?;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Debug, PartialEq)]
    enum Fault {
        Stop(u32),
        Threads,
    }

    impl From<ThreadPoolBuildError> for Fault {
        fn from(_: ThreadPoolBuildError) -> Self {
            Fault::Threads
        }
    }

    fn numbers(batches: u32, size: u32) -> impl Iterator<Item = Vec<u32>> + Send {
        (0..batches).map(move |n| (n * size..(n + 1) * size).collect())
    }

    #[test]
    fn results_come_in_the_order_of_the_input() {
        for threads in [1, 2, 5] {
            let mut seen = Vec::new();
            let slow_when_even = |n: u32| {
                if n.is_multiple_of(2) {
                    std::thread::sleep(std::time::Duration::from_micros(u64::from(n % 50)));
                }
                n * 10
            };
            let done = run(threads, numbers(20, 37), slow_when_even, |n| {
                seen.push(n);
                Ok::<(), Fault>(())
            });
            assert_eq!(done, Ok(()));
            assert_eq!(seen, (0..740).map(|n| n * 10).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_survey_must_count_what_the_rules_judge() {
        let lines = RuleSet::from_text("t", "format = 1\nsegment.unit = 'line'\n").unwrap();
        let survey = Survey::new(Settings::default());
        let error = Cleaner::new(lines.clone(), survey).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the survey counts blocks, and the rules judge lines: make it with the same rules"
        );
        assert!(Cleaner::new(lines.clone(), Survey::new(survey_settings(&lines))).is_ok());
    }

    #[test]
    fn lines_are_counted_where_lines_are_judged() {
        let blocks = |lines| {
            let settings = Settings { lines };
            let mut survey = Survey::new(settings);
            survey.add(&prints(Record::text("id", "- One item\n- Another"), settings).unwrap());
            survey.blocks()
        };
        assert_eq!((blocks(false), blocks(true)), (1, 2));
    }

    #[test]
    fn nothing_is_no_work() {
        let done = run(2, std::iter::empty::<Vec<u32>>(), |n| n, |_| Err(Fault::Threads));
        assert_eq!(done, Ok(()));
        let done = run(2, vec![Vec::<u32>::new(); 9].into_iter(), |n| n, |_| Err(Fault::Threads));
        assert_eq!(done, Ok(()));
    }

    #[test]
    fn the_first_error_stops_reading_and_working() {
        let read = AtomicUsize::new(0);
        let endless = std::iter::repeat_with(|| {
            read.fetch_add(1, Ordering::Relaxed);
            vec![1u32; 8]
        });
        let mut taken = 0;
        let done = run(
            2,
            endless,
            |n| n,
            |_| {
                taken += 1;
                if taken == 20 { Err(Fault::Stop(taken)) } else { Ok(()) }
            },
        );
        assert_eq!(done, Err(Fault::Stop(20)));
        assert!(read.load(Ordering::Relaxed) < 20, "reading went on");
    }

    #[test]
    fn a_fault_in_the_work_ends_the_run_and_hangs_nothing() {
        let result = std::panic::catch_unwind(|| {
            run(2, numbers(50, 10), |n| assert_ne!(n, 77), |()| Ok::<(), Fault>(()))
        });
        assert!(result.is_err());
    }
}
