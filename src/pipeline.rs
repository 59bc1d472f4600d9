//! The line, from a record to its outcome ([`clean`]), and the parallel driver around it ([`run`]).

use std::sync::Arc;
use std::sync::mpsc::sync_channel;

pub use rayon::ThreadPoolBuildError;
use rayon::prelude::*;

use crate::decode::{DecodeError, decode};
use crate::document::{Page, Record};
use crate::edit::{self, Cleaned};
use crate::outcome::{Decision, Guard, Outcome};
use crate::rules::{GuardAction, RuleSet, Strengths};
use crate::segment::segment;
use crate::signals::{PageView, SignalId};
use crate::survey::Survey;
use crate::verdict::{BlockVerdicts, Notes, Verdict, judge_blocks, judge_document, judge_source};

/// All that cleaning a record depends on beside the record.
#[derive(Debug)]
pub struct Context {
    /// The rules.
    pub rules: RuleSet,
    /// Counts over the corpus.
    pub survey: Survey,
    /// Stop judging a document at the first rule that drops it.
    pub fast: bool,
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
        "rule \"{rule}\" needs a survey of the corpus for its signal `{signal}`, and none was given"
    )]
    NoSurvey {
        /// The rule's full name.
        rule: String,
        /// The signal's name.
        signal: &'static str,
    },
}

impl Cleaner {
    /// A cleaner.
    ///
    /// # Errors
    /// If a rule needs a survey and there is none: the rule could never fire.
    pub fn new(rules: RuleSet, survey: Survey) -> Result<Self, CleanerError> {
        if !survey.is_present()
            && let Some((rule, signal)) = rules.needs_survey()
        {
            let rule = rules.rule(rule).name.clone();
            return Err(CleanerError::NoSurvey { rule, signal: signal_name(signal) });
        }
        Ok(Self { context: Arc::new(Context { rules, survey, fast: false }) })
    }

    /// The same cleaner, stopping at the first rule that drops a document: faster, and the report
    /// no longer knows every rule that would have fired.
    #[must_use]
    pub fn fast(self) -> Self {
        let Context { rules, survey, .. } = &*self.context;
        let context = Context { rules: rules.clone(), survey: survey.clone(), fast: true };
        Self { context: Arc::new(context) }
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

fn signal_name(signal: SignalId) -> &'static str {
    signal.signal().name
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

    let page = segment(document);
    if on_source.drops() {
        return Ok(dropped(page, on_source, BlockVerdicts::default(), notes, Guard::Quiet));
    }
    let view = PageView::new(&page.text, &page.blocks, &page.info, &cx.survey)
        .with_title(page.title.as_deref());
    let on_page = cx.rules.on_page(&view);
    let on_blocks = judge_blocks(&view, &page, &on_page, &mut strengths, &mut notes, cx.fast);
    let protected = on_source.is_protected();
    if on_blocks.drops() && !protected {
        return Ok(dropped(page, on_source, on_blocks, notes, Guard::Quiet));
    }

    let cleaned = edit::cut(&page, &on_blocks);
    let (cleaned, on_blocks, guard) = match guard(&page, &cleaned, &cx.rules) {
        Guard::Dropped if !protected => {
            return Ok(dropped(page, on_source, on_blocks, notes, Guard::Dropped));
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
        judge_document(&view, &cx.rules.on_page(&view), &strengths, &mut notes)
    };
    if on_document.drops() && !protected {
        let mut outcome = dropped(page, on_source, on_blocks, notes, guard);
        outcome.on_document = on_document;
        return Ok(outcome);
    }
    let decision = if cleaned.removals.is_empty() { Decision::Kept } else { Decision::Cut };
    Ok(Outcome { decision, page, cleaned, on_source, on_blocks, on_document, guard, notes })
}

/// Trips when more of a document would go than `guard-share` of its characters.
fn guard(page: &Page, cleaned: &Cleaned, rules: &RuleSet) -> Guard {
    let decide = rules.decide();
    let solid = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
    if cleaned.removals.is_empty() || decide.guard_action == GuardAction::None {
        return Guard::Quiet;
    }
    let gone: usize =
        cleaned.removals.iter().map(|removal| solid(removal.span.of(&page.text))).sum();
    let whole = solid(&page.text);
    if gone as f64 <= decide.guard_share * whole as f64 {
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
    on_source: Verdict,
    on_blocks: BlockVerdicts,
    notes: Notes,
    guard: Guard,
) -> Outcome {
    let cleaned = untouched(&page);
    let on_document = Verdict::nothing();
    let decision = Decision::Dropped;
    Outcome { decision, page, cleaned, on_source, on_blocks, on_document, guard, notes }
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
