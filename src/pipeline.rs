//! The line, from a record to its outcome ([`clean`]), and the parallel driver around it ([`run`]).

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use rayon::ThreadPoolBuildError;

use crate::decode::{DecodeError, decode, decode_text};
use crate::document::{Document, Format, Info, Page, Record};
use crate::edit::{self, Cleaned};
use crate::outcome::{Decision, Guard, Originals, Outcome};
use crate::render::{self, HtmlOutput};
use crate::rules::recall::Recall;
use crate::rules::{Beside, Clock, GuardAction, OnPage, RuleSet, Strengths, Watch};
use crate::segment::html::Extent;
use crate::signals::main_content::{self, ContentModel};
use crate::signals::{Blocks, PageView, Uncut, by_name};
use crate::survey::{Prints, Settings, Survey};
use crate::text::words::word_hash;
use crate::verdict::{
    BlockVerdicts, Notes, Rest, TIMED_ONE_IN, Verdict, judge_areas, judge_blocks, judge_document,
    judge_page, judge_source,
};

/// All that cleaning a record depends on beside the record.
#[derive(Clone, Debug)]
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
    /// Find out of every document what can be shown of it, also where no rule asks: its language,
    /// its blocks.
    pub in_full: bool,
    /// A model of main content in place of the program's own.
    pub model: Option<Arc<ContentModel>>,
    /// Of the documents at the start of each source, all that rules ask for is noted on one in
    /// so many.
    pub noted_one_in: u64,
    /// How cleaned HTML is written.
    pub html_output: HtmlOutput,
    /// No document is dropped: each is judged to its end.
    pub to_the_end: bool,
}

impl Context {
    fn needs_blocks(&self) -> bool {
        self.in_full || self.rules.needs_blocks()
    }

    fn needs_language(&self) -> bool {
        self.in_full || self.rules.needs_language()
    }

    /// A view of a page.
    fn view<'p>(&'p self, page: &'p Page) -> PageView<'p> {
        PageView::of(page, &self.survey).with_model(self.model.as_deref())
    }

    /// The rules on a page: the clock runs on one document in [`TIMED_ONE_IN`].
    fn on_page<'r, 'p>(&'r self, view: &PageView<'p>, beside: Beside<'r>) -> OnPage<'r, 'p> {
        let info = view.info;
        let clock = self.clock.filter(|_| word_hash(&info.id).is_multiple_of(TIMED_ONE_IN));
        let (is_watched, is_recalled) = (beside.watch.is_some(), beside.recall.is_some());
        let haste = !is_watched && (is_recalled || !is_noted(info, self.noted_one_in));
        let on_page = self.rules.on_page(view).timed(clock).in_haste(haste).beside(beside, view);
        on_page.with_evidence(!(self.brief && (haste || is_watched))).fast(self.fast)
    }
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
    /// The survey counts other things than those that the rules ask for.
    #[error("the survey does not fit the rules: {0}")]
    Unfit(String),
}

impl Cleaner {
    /// A cleaner. Without a survey, the rules that say they can do without are off; see
    /// [`RuleSet::off`].
    ///
    /// # Errors
    /// If another rule needs a survey and there is none (it could never fire), or if the survey
    /// does not count what the rules ask for.
    pub fn new(rules: RuleSet, survey: Survey) -> Result<Self, CleanerError> {
        let rules = if survey.is_present() {
            rules
        } else if let Some((rule, signal)) = rules.needs_survey() {
            let rule = rules.rule(rule).name.clone();
            return Err(CleanerError::NoSurvey { rule, signal: signal.signal().name });
        } else {
            rules.without_survey()
        };
        if survey.is_present() {
            survey.serves(&rules.survey_settings()).map_err(CleanerError::Unfit)?;
        }
        let (fast, brief, clock, in_full) = (false, false, None, false);
        let (model, noted_one_in) = (None, 1);
        let (html_output, to_the_end) = (HtmlOutput::Text, false);
        let context = Context {
            rules,
            survey,
            fast,
            brief,
            clock,
            in_full,
            model,
            noted_one_in,
            html_output,
            to_the_end,
        };
        Ok(Self { context: Arc::new(context) })
    }

    /// The same cleaner, stopping at the first rule that drops a document: faster, and the report
    /// no longer knows every rule that would have fired.
    #[must_use]
    pub fn fast(self) -> Self {
        self.with(|context| context.fast = true)
    }

    /// The same cleaner, leaving out [`crate::rules::Hit::evidence`], the values behind each hit,
    /// where nobody will look at it.
    #[must_use]
    pub fn brief(self) -> Self {
        self.with(|context| context.brief = true)
    }

    /// The same cleaner, taking the time of each rule on one document in [`TIMED_ONE_IN`].
    /// What it decides does not depend on the clock.
    #[must_use]
    pub fn timed(self, clock: Clock) -> Self {
        self.with(|context| context.clock = Some(clock))
    }

    /// The same cleaner, finding out of each document what can be shown of it. Otherwise
    /// [`Page::blocks`] is empty for a text of which no rule judges parts and no signal asked for
    /// them, and a language that the record does not give is unknown where no rule asks for it.
    /// What it decides does not depend on that.
    #[must_use]
    pub fn in_full(self) -> Self {
        self.with(|context| context.in_full = true)
    }

    /// The same cleaner, dropping no document: each is judged to its end, as one is that a rule
    /// keeps. Verdicts still say who wanted to drop it. For who wants to see of every document
    /// what rules would be asked about.
    #[must_use]
    pub fn to_the_end(self) -> Self {
        self.with(|context| context.to_the_end = true)
    }

    /// The same cleaner with another model of main content than the program's own; see
    /// [`ContentModel::read`].
    #[must_use]
    pub fn with_model(self, model: Arc<ContentModel>) -> Self {
        self.with(|context| context.model = Some(model))
    }

    /// The same cleaner, writing cleaned HTML as asked for: see [`Outcome::output`]. What it decides
    /// and cuts does not depend on that.
    ///
    /// ```
    /// use tamis::render::{HtmlOutput, Links};
    /// use tamis::{Cleaner, Record, RuleSet, Survey};
    ///
    /// let cleaner = Cleaner::new(RuleSet::default_preset()?, Survey::none())?
    ///     .with_html_output(HtmlOutput::Markdown(Links::Markdown));
    /// let page = "<h2>Mills</h2><p>The mill by <a href='https://example.org/'>the creek</a> stands idle.";
    /// let outcome = cleaner.clean(Record::html("id-1", page))?;
    /// let markdown = "## Mills\n\nThe mill by [the creek](https://example.org/) stands idle.";
    /// assert_eq!(outcome.output(), Some(markdown));
    /// assert_eq!(outcome.text(), Some("Mills\n\nThe mill by the creek stands idle."));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_html_output(self, html_output: HtmlOutput) -> Self {
        self.with(|context| context.html_output = html_output)
    }

    /// The same cleaner for so many sources. The report's quantiles and near misses rest on a
    /// sample: the first documents of each source and some of the others. Of many sources, such as
    /// a folder of pages, the first documents are not all taken. What it decides does not depend
    /// on that.
    #[must_use]
    pub fn for_sources(self, sources: usize) -> Self {
        self.with(|context| context.noted_one_in = (sources as u64).div_ceil(NOTED_SOURCES).max(1))
    }

    /// How cleaned HTML is written.
    pub fn html_output(&self) -> HtmlOutput {
        self.context.html_output
    }

    fn with(self, change: impl FnOnce(&mut Context)) -> Self {
        let mut context = Arc::unwrap_or_clone(self.context);
        change(&mut context);
        Self { context: Arc::new(context) }
    }

    /// The model of main content that its rules ask, if they ask one.
    pub fn model(&self) -> Option<&ContentModel> {
        let asks = |name: &str| {
            let wanted = by_name(name);
            wanted.is_some_and(|id| self.rules().signals().contains(&id))
        };
        if asks("is_main_content") || asks("main_content_likelihood") {
            self.context.model.as_deref().or_else(|| main_content::builtin())
        } else if asks("is_main_content_additive") || asks("main_content_additive_likelihood") {
            main_content::builtin_additive()
        } else {
            None
        }
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
        clean(record, &self.context, Beside::default())
    }

    /// As [`Cleaner::clean`], showing each target to somebody as it is judged.
    ///
    /// # Errors
    /// If the record's body is not text.
    pub fn clean_watched(&self, record: Record, watch: &dyn Watch) -> Result<Outcome, DecodeError> {
        clean(record, &self.context, Beside { watch: Some(watch), recall: None })
    }

    /// As [`Cleaner::clean`], asking only those rules that differ from others by which the same
    /// document was judged before.
    ///
    /// # Errors
    /// If the record's body is not text.
    pub fn clean_again(&self, record: Record, recall: Recall<'_>) -> Result<Outcome, DecodeError> {
        clean(record, &self.context, Beside { watch: None, recall: Some(recall) })
    }
}

/// What a survey counts of one record: decoded, and cut up as for cleaning.
///
/// # Errors
/// If the record's body is not text.
pub fn prints(record: Record, settings: &Settings) -> Result<Prints, DecodeError> {
    let page = settings.unit.cut(decode_text(record)?, Extent::Shown.into());
    Ok(Prints::of(&page, settings))
}

/// Cleans one record. Pure: the outcome depends on the record and the context only, not on
/// who takes part beside.
///
/// # Errors
/// If the record's body is not text.
pub fn clean(record: Record, cx: &Context, beside: Beside<'_>) -> Result<Outcome, DecodeError> {
    let mut outcome = judge(record, cx, beside)?;
    if cx.survey.is_present() && outcome.decision == Decision::Dropped {
        outcome.originals = Originals::of_dropped(&outcome, &cx.rules, &cx.survey);
    }
    Ok(outcome)
}

/// The line itself.
fn judge(record: Record, cx: &Context, beside: Beside<'_>) -> Result<Outcome, DecodeError> {
    let document = decoded(record, cx, beside.recall)?;
    let mut notes = Notes::default();
    let mut strengths = Strengths::default();
    let view = PageView::new(&document.text, &[], &document.info, &cx.survey);
    let on_source = judge_source(&view, &cx.rules, beside, &mut strengths, &mut notes);
    let drops = on_source.drops() && !cx.to_the_end;
    drop(view);

    if !cx.needs_blocks() && document.info.format != Format::Html && !drops {
        return Ok(clean_whole(document, on_source, strengths, notes, cx, beside));
    }
    let page = match beside.recall.and_then(|recall| recall.page()) {
        Some(page) if cx.html_output == HtmlOutput::Text => page.clone(),
        _ => cx.rules.cut_to(document, cx.html_output != HtmlOutput::Text),
    };
    if drops {
        let before = [on_source, Verdict::nothing()];
        return Ok(dropped(page, before, BlockVerdicts::default(), notes, Guard::Quiet));
    }
    let view = cx.view(&page);
    let on_page = cx.on_page(&view, beside);
    let on_whole = judge_page(&view, &on_page, &mut strengths, &mut notes);
    let protected = cx.to_the_end || on_source.is_protected() || on_whole.is_protected();
    let before = [on_source, on_whole];
    if before[1].drops() && !protected {
        return Ok(dropped(page, before, BlockVerdicts::default(), notes, Guard::Quiet));
    }
    // What cannot be dropped is judged to its end.
    let fast = cx.fast && !protected;
    let on_areas = judge_areas(&view, &on_page, &mut strengths, &mut notes);
    let gone: Vec<bool> = on_areas.iter().map(Verdict::removes).collect();
    let on_blocks = match Rest::of(&page, &on_areas) {
        None => judge_blocks(&view, &page, &on_page, &mut strengths, &mut notes, fast),
        Some(rest) => {
            let near = notes.near.len();
            let view = cx.view(&rest.page);
            let on_rest = cx.on_page(&view, beside);
            if let Some(watch) = beside.watch {
                watch.moved(Some(&rest.moves));
            }
            let on_blocks =
                judge_blocks(&view, &rest.page, &on_rest, &mut strengths, &mut notes, fast);
            if let Some(watch) = beside.watch {
                watch.moved(None);
            }
            rest.merge(on_areas, on_blocks, &mut notes, near)
        }
    };
    if on_blocks.drops() && !protected {
        return Ok(dropped(page, before, on_blocks, notes, Guard::Quiet));
    }

    let cleaned = edit::cut(&page, &on_blocks, cx.rules.decide().layout);
    let (cleaned, on_blocks, guard) = match guard(&page, &cleaned, &gone, &cx.rules) {
        Guard::Dropped if !protected => {
            return Ok(dropped(page, before, on_blocks, notes, Guard::Dropped));
        }
        Guard::Quiet => (cleaned, on_blocks, Guard::Quiet),
        _ => (untouched(&page), on_blocks, Guard::Left),
    };

    let on_document = if cleaned.is_untouched() {
        // What has been measured of the page holds for what is left of it.
        judge_document(&view, &on_page, &strengths, &mut notes)
    } else {
        let left = PageView::new(&cleaned.text, &cleaned.blocks, &page.info, &cx.survey)
            .with_title(page.title.as_deref());
        let kept = cleaned.kept(page.text.len());
        if cleaned.is_rewritten {
            let view = left.with_removed(page.text.len() - cleaned.text.len());
            judge_document(&view, &cx.on_page(&view, beside), &strengths, &mut notes)
        } else {
            let view = left.left_of(&view, kept.clone());
            let on_left = cx.on_page(&view, beside).left_of(&on_page, &kept);
            judge_document(&view, &on_left, &strengths, &mut notes)
        }
    };
    if on_document.drops() && !protected {
        return Ok(Outcome { on_document, ..dropped(page, before, on_blocks, notes, guard) });
    }
    let decision = if cleaned.is_untouched() { Decision::Kept } else { Decision::Cut };
    let originals = if cx.survey.is_present() {
        Originals::of_removals(&view, &cleaned.removals, &on_blocks, &cx.rules)
    } else {
        Originals::default()
    };
    let [on_source, on_page] = before;
    let markdown = match cx.html_output {
        HtmlOutput::Markdown(links) if page.structure.is_some() => {
            Some(render::markdown(&page, &cleaned.kept(page.text.len()), links))
        }
        _ => None,
    };
    Ok(Outcome {
        decision,
        page,
        cleaned,
        markdown,
        on_source,
        on_page,
        on_blocks,
        on_document,
        guard,
        notes,
        originals,
    })
}

/// A record's text, with its language if it is asked for.
fn decoded(
    record: Record,
    cx: &Context,
    recall: Option<Recall<'_>>,
) -> Result<Document, DecodeError> {
    if !cx.needs_language() {
        return decode_text(record);
    }
    let Some(known) = recall.and_then(|recall| recall.language()) else { return decode(record) };
    let mut document = decode_text(record)?;
    document.info.language = known.map(Into::into);
    Ok(document)
}

/// Cleans a document of which no part is judged by itself: it stays or goes whole. Its text is
/// cut into blocks only if a signal asks for them.
fn clean_whole(
    document: Document,
    on_source: Verdict,
    mut strengths: Strengths,
    mut notes: Notes,
    cx: &Context,
    beside: Beside<'_>,
) -> Outcome {
    let Document { info, text } = document;
    let uncut = Uncut::new(&text, info.format, cx.rules.unit().cutter());
    let view = PageView::over(&text, Blocks::Uncut(&uncut), &info, &cx.survey);
    let on_page = cx.on_page(&view, beside);
    let on_whole = judge_page(&view, &on_page, &mut strengths, &mut notes);
    let protected = cx.to_the_end || on_source.is_protected() || on_whole.is_protected();
    let on_document = if on_whole.drops() && !protected {
        Verdict::nothing()
    } else {
        judge_document(&view, &on_page, &strengths, &mut notes)
    };
    let blocks = uncut.into_blocks().unwrap_or_default();
    let drops = (on_whole.drops() || on_document.drops()) && !protected;
    let decision = if drops { Decision::Dropped } else { Decision::Kept };
    let (before, on_blocks) = ([on_source, on_whole], BlockVerdicts::default());
    let outcome = dropped(Page::new(info, text, blocks), before, on_blocks, notes, Guard::Quiet);
    Outcome { decision, on_document, ..outcome }
}

/// Of each source, the values that rules ask for are noted on so many documents at its start.
const NOTED_FIRST: u64 = 100;
/// Of more sources than this it is not all of them.
const NOTED_SOURCES: u64 = 100;
/// Of the documents after them they are noted on one in so many, drawn by a hash of the id.
const NOTED_ONE_IN: u64 = 64;

/// True for a document on which all that rules ask for is measured, for the report's quantiles.
fn is_noted(info: &Info, first_one_in: u64) -> bool {
    let one_in = if info.location.ordinal < NOTED_FIRST { first_one_in } else { NOTED_ONE_IN };
    word_hash(&info.id).is_multiple_of(one_in.min(NOTED_ONE_IN))
}

/// Trips when more of a document would go than `guard-share` of its characters, and fewer than
/// `guard-spares` would be left. What areas took away (`gone`, for each block) was never part of
/// it; if that is all there is, the guard trips.
fn guard(page: &Page, cleaned: &Cleaned, gone: &[bool], rules: &RuleSet) -> Guard {
    let decide = rules.decide();
    let solid = crate::text::solid_characters;
    if cleaned.removals.is_empty() || decide.guard_action == GuardAction::None {
        return Guard::Quiet;
    }
    let is_gone = |block: usize| gone.get(block) == Some(&true);
    let judged = cleaned.removals.iter().filter(|removal| !is_gone(removal.block));
    let cut: usize = judged.map(|removal| solid(removal.span.of(&page.text))).sum();
    let never = page.blocks.iter().enumerate().filter(|(number, _)| is_gone(*number));
    let never: usize = never.map(|(_, block)| solid(block.span.of(&page.text))).sum();
    let whole = solid(&page.text).saturating_sub(never);
    let is_little = cut as f64 <= decide.guard_share * whole as f64;
    if (is_little && whole > 0) || whole - cut.min(whole) >= decide.guard_spares {
        return Guard::Quiet;
    }
    match decide.guard_action {
        GuardAction::Drop => Guard::Dropped,
        GuardAction::Flag => Guard::Left,
        GuardAction::None => Guard::Quiet,
    }
}

fn untouched(page: &Page) -> Cleaned {
    let (text, blocks) = (page.text.clone(), page.blocks.clone());
    Cleaned { text, blocks, removals: Vec::new(), is_rewritten: false }
}

/// A page that goes, untouched, before it is judged as a document.
fn dropped(
    page: Page,
    [on_source, on_page]: [Verdict; 2],
    on_blocks: BlockVerdicts,
    notes: Notes,
    guard: Guard,
) -> Outcome {
    let cleaned = untouched(&page);
    let on_document = Verdict::nothing();
    let (decision, markdown) = (Decision::Dropped, None);
    Outcome {
        decision,
        page,
        cleaned,
        markdown,
        on_source,
        on_page,
        on_blocks,
        on_document,
        guard,
        notes,
        originals: Originals::default(),
    }
}

/// Batches that [`run`] has on their way at once, beside two for each thread.
const WAITING_BATCHES: usize = 4;

/// Runs `work` over the items of `batches` and hands the results to `each`, one by one in the order
/// of the input. A batch is one thread's work; otherwise as [`run_batches`].
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
    let in_flight = InFlight { most: WAITING_BATCHES, for_each_thread: 2 };
    run_batches(
        threads,
        in_flight,
        batches.map(|batch| (1, batch)),
        |batch| batch.into_iter().map(&work).collect::<Vec<T>>(),
        |done| done.into_iter().flatten().try_for_each(&mut each),
    )
}

/// How long [`run_batches`] waits for a result before it says that there is none yet.
pub const PATIENCE: Duration = Duration::from_millis(100);

/// How much may be on its way at once, from the reader to the end of `each`, in the unit that
/// batches are weighed in. One batch always may, however heavy it is.
#[derive(Clone, Copy, Debug)]
pub struct InFlight {
    /// So much in all cases,
    pub most: usize,
    /// and so much for each thread.
    pub for_each_thread: usize,
}

/// Runs `work` over weighed batches on `threads` threads (0: as many as there are cores, or as
/// `RAYON_NUM_THREADS` says) and hands the results to `each` in the order of the input. Beside them
/// one thread reads, and the caller's thread takes the results.
///
/// A slow batch holds up nobody but `each` until what is done behind it makes up all that may be
/// in flight. What `each` is given does not depend on the number of threads, but for a `None` now
/// and then: some time ([`PATIENCE`]) went by without a result, which the caller may have other
/// uses for. If `each` fails, reading and working stop and its error is returned.
///
/// # Errors
/// The first error of `each`; or that threads could not be started.
pub fn run_batches<B, T, E>(
    threads: usize,
    in_flight: InFlight,
    batches: impl Iterator<Item = (usize, B)> + Send,
    work: impl Fn(B) -> T + Sync + Send,
    mut each: impl FnMut(Option<T>) -> Result<(), E>,
) -> Result<(), E>
where
    B: Send,
    T: Send,
    E: From<ThreadPoolBuildError>,
{
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let threads = pool.current_num_threads();
    let gate =
        Gate::new(in_flight.most.saturating_add(threads.saturating_mul(in_flight.for_each_thread)));
    std::thread::scope(|scope| {
        // The gate bounds both channels. A batch has a channel of its own for its result, so that
        // the results are in order, and one that will never come is noticed.
        let (to_work, waiting) = channel::<(B, SyncSender<T>)>();
        let (to_caller, in_order) = channel::<(usize, Receiver<T>)>();
        let (gate, work) = (&gate, &work);
        scope.spawn(move || {
            for (weight, batch) in batches {
                let (done, result) = sync_channel(1);
                if !gate.enter(weight)
                    || to_caller.send((weight, result)).is_err()
                    || to_work.send((batch, done)).is_err()
                {
                    return;
                }
            }
        });
        scope.spawn(move || {
            let waiting = Mutex::new(waiting);
            pool.broadcast(|_| {
                while let Some((batch, done)) = next(&waiting).filter(|_| gate.is_open()) {
                    // Nobody waits for it after an error.
                    let _ = done.send(work(batch));
                }
            });
        });
        let _closing = Closing(gate);
        loop {
            let (weight, result) = match in_order.recv_timeout(PATIENCE) {
                Ok(next) => next,
                Err(RecvTimeoutError::Timeout) => {
                    each(None)?;
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            loop {
                match result.recv_timeout(PATIENCE) {
                    Ok(done) => break each(Some(done))?,
                    Err(RecvTimeoutError::Timeout) => each(None)?,
                    // Where `work` panicked, the panic goes on when its thread is joined.
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                }
            }
            gate.leave(weight);
        }
    })
}

/// The next batch; `None` when there are no more.
fn next<J>(waiting: &Mutex<Receiver<J>>) -> Option<J> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Lets so much weight in at once.
struct Gate {
    most: usize,
    inside: Mutex<Inside>,
    changed: Condvar,
}

struct Inside {
    weight: usize,
    closed: bool,
}

impl Gate {
    fn new(most: usize) -> Self {
        let inside = Mutex::new(Inside { weight: 0, closed: false });
        Self { most, inside, changed: Condvar::new() }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is room, or nothing inside; false if the gate is closed.
    fn enter(&self, weight: usize) -> bool {
        let full = |inside: &mut Inside| {
            inside.weight > 0 && inside.weight.saturating_add(weight) > self.most && !inside.closed
        };
        let waited = self.changed.wait_while(self.inside(), full);
        let mut inside = waited.unwrap_or_else(PoisonError::into_inner);
        inside.weight = inside.weight.saturating_add(weight);
        !inside.closed
    }

    fn leave(&self, weight: usize) {
        let mut inside = self.inside();
        inside.weight = inside.weight.saturating_sub(weight);
        self.changed.notify_one();
    }

    fn is_open(&self) -> bool {
        !self.inside().closed
    }
}

/// Closes the gate when the caller stops, for whatever reason.
struct Closing<'a>(&'a Gate);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.inside().closed = true;
        self.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests;
