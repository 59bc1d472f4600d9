//! What the server works on: documents, changes and labels; an answer for every request.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::super::Failure;
use super::api::{self, What};
use super::labels::Labels;
use super::view::{self, Side};
use tamis::document::{Page, Scope};
use tamis::eval::Labelled;
use tamis::outcome::Decision;
use tamis::rules::overlay::Overlay;
use tamis::rules::{Effect, Rule};
use tamis::signals::Unit;
use tamis::sink::files::OutputFile;
use tamis::source::Compression;
use tamis::tune::{Desk, DeskError, Judged, OnDesk};
use tamis::verdict::Verdict;
use tamis::{Cleaner, Survey};

/// Characters of a document's title.
const TITLE: usize = 90;

/// Parts of a histogram.
const PARTS: usize = 48;

/// Share of the values left out of a histogram's range at its upper end: one value in a thousand
/// would press all others into its first part.
const TAIL: f64 = 0.002;

/// Paragraphs given at a time.
const MOST_QUEUED: usize = 200;

/// Why a request cannot be served.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It asks for what is not there.
    Missing(String),
    /// What it brings is not possible.
    Wrong(String),
    /// The program could not do it.
    Failed(String),
}

impl From<DeskError> for Refusal {
    fn from(error: DeskError) -> Self {
        Refusal::Wrong(error.to_string())
    }
}

impl From<Failure> for Refusal {
    fn from(Failure(message): Failure) -> Self {
        Refusal::Wrong(message)
    }
}

/// What one document adds to the sums.
struct Share {
    decision: Decision,
    removed: u64,
}

/// Labels, and what they are to be judged by.
pub(super) struct FitTask {
    pub(super) labelled: Vec<Labelled>,
    pub(super) names: Vec<String>,
    pub(super) overlay: Overlay,
    pub(super) survey: Survey,
    pub(super) threads: usize,
}

/// All that is worked on.
pub(super) struct Work {
    desk: Desk,
    /// Judges by the rules without changes.
    base_cleaner: Cleaner,
    names: Vec<String>,
    sample: api::Sample,
    rows: Vec<api::DocumentRow>,
    rules: Vec<api::Rule>,
    /// The place of a rule in `rules`.
    place: HashMap<String, usize>,
    base: api::Totals,
    base_counts: Vec<api::RuleCount>,
    applied: api::Applied,
    labels: Labels,
    overlay_file: Option<PathBuf>,
}

impl Work {
    pub(super) fn new(
        desk: Desk,
        names: Vec<String>,
        sample: api::Sample,
        labels: Labels,
        overlay_file: Option<PathBuf>,
    ) -> Self {
        let own = desk.base().rules();
        let place: HashMap<String, usize> =
            own.rules().iter().enumerate().map(|(n, rule)| (rule.name.clone(), n)).collect();
        let mut base_counts = vec![api::RuleCount::default(); own.rules().len()];
        let mut base = api::Totals::default();
        let mut rows = Vec::with_capacity(desk.documents().len());
        for document in desk.documents() {
            let outcome = &document.base.outcome;
            let share = share(&document.base);
            let page = &outcome.page;
            let characters = view::solid(&page.text);
            add(&mut base, &share);
            base.characters += characters;
            count(&document.base, &place, |rule, part| plus(rule, part, &mut base_counts));
            rows.push(api::DocumentRow {
                id: page.info.id.clone(),
                url: page.info.url.clone(),
                language: page.info.language.clone(),
                source: page.info.location.source.to_string(),
                title: title(page),
                characters,
                blocks: page.blocks.len(),
                decision: share.decision,
                removed: share.removed,
            });
        }
        let off =
            |n: usize| u16::try_from(n).is_ok_and(|n| desk.rules().is_off(tamis::rules::RuleId(n)));
        let rules = own.rules().iter().enumerate().zip(&base_counts);
        let rules = rules.map(|((n, rule), base)| describe(rule, off(n), *base)).collect();
        let applied = api::Applied {
            revision: 0,
            took: 0.0,
            totals: base,
            rules: base_counts.clone(),
            changed: Vec::new(),
        };
        Self {
            // Nothing is changed yet.
            base_cleaner: desk.cleaner().clone().in_full(),
            desk,
            names,
            sample,
            rows,
            rules,
            place,
            base,
            base_counts,
            applied,
            labels,
            overlay_file,
        }
    }

    /// Answers `GET api/session`.
    pub(super) fn session(&self) -> api::Session<'_> {
        let decide = self.desk.base().rules().decide();
        let shown = |path: &Path| path.display().to_string();
        api::Session {
            version: env!("CARGO_PKG_VERSION"),
            rules: &self.names,
            sample: &self.sample,
            documents: &self.rows,
            rule_list: &self.rules,
            decide: api::Decide {
                remove_block_at: decide.remove_block_at,
                drop_document_at: decide.drop_document_at,
                flag_document_at: decide.flag_document_at,
                unsure_from: decide.unsure_from,
            },
            base: self.base,
            overlay: self.desk.overlay(),
            applied: self.applied.clone(),
            labels: self.labels.state(),
            files: api::Files {
                labels: self.labels.file().map(shown),
                overlay: self.overlay_file.as_deref().map(shown),
            },
        }
    }

    /// Puts changes in force.
    pub(super) fn apply(&mut self, overlay: Overlay) -> Result<api::Applied, Refusal> {
        let begun = Instant::now();
        self.desk.apply(overlay)?;
        let mut totals = self.base;
        let mut counts = self.base_counts.clone();
        let mut changed = Vec::new();
        for (number, document) in self.desk.documents().iter().enumerate() {
            if std::sync::Arc::ptr_eq(&document.base, &document.now) {
                continue;
            }
            count(&document.base, &self.place, |rule, part| minus(rule, part, &mut counts));
            count(&document.now, &self.place, |rule, part| plus(rule, part, &mut counts));
            if !document.is_changed() {
                continue;
            }
            let now = share(&document.now);
            subtract(&mut totals, &share(&document.base));
            add(&mut totals, &now);
            changed.push(change(number, document, &now));
        }
        self.applied = api::Applied {
            revision: self.applied.revision + 1,
            took: begun.elapsed().as_secs_f64() * 1000.0,
            totals,
            rules: counts,
            changed,
        };
        Ok(self.applied.clone())
    }

    fn on_desk(&self, number: usize) -> Result<&OnDesk, Refusal> {
        let documents = self.desk.documents();
        documents.get(number).ok_or_else(|| {
            Refusal::Missing(format!("no document {number}: there are {}", documents.len()))
        })
    }

    /// Answers `GET api/documents/N`.
    pub(super) fn document(&self, number: usize) -> Result<api::DocumentView, Refusal> {
        let document = self.on_desk(number)?;
        let label = |block| self.labels.of(number, block);
        // The desk keeps no evidence, which is most of what there is to show of a hit.
        let anew = |cleaner: &Cleaner| {
            let record = document.record.clone();
            catch_unwind(AssertUnwindSafe(|| cleaner.clean(record))).ok().and_then(Result::ok)
        };
        let after = anew(&self.desk.cleaner().clone().in_full());
        let before = anew(&self.base_cleaner);
        let base = match &before {
            Some(outcome) => Side::new(outcome, self.base_cleaner.rules()),
            None => Side::from(&*document.base),
        };
        let now = match &after {
            Some(outcome) => Side::new(outcome, self.desk.rules()),
            None => Side::from(&*document.now),
        };
        Ok(view::document(number, self.applied.revision, base, now, label))
    }

    /// The documents that hold a text, whatever its case.
    pub(super) fn search(&self, query: &str) -> api::Found {
        let query = query.to_lowercase();
        let holds = |document: &OnDesk| {
            let info = document.base.outcome.info();
            info.id.to_lowercase().contains(&query)
                || document.base.outcome.page.text.to_lowercase().contains(&query)
        };
        let all = self.desk.documents().iter().enumerate();
        api::Found { documents: all.filter(|(_, one)| holds(one)).map(|(n, _)| n).collect() }
    }

    /// The values behind a rule's thresholds.
    pub(super) fn distributions(&self, name: &str) -> Result<api::Distributions, Refusal> {
        let rules = self.desk.base().rules();
        let missing = || Refusal::Missing(format!("no rule {name:?}"));
        let rule = rules.rule(rules.by_name(name).ok_or_else(missing)?);
        let of = rule.thresholds.iter().filter_map(|threshold| {
            let signal = threshold.signal?;
            let values: Vec<f64> = self.desk.values(rule.scope, signal).collect();
            let unit = signal.signal().unit;
            Some(distribution(&threshold.address, targets(rule.scope), unit, values))
        });
        Ok(api::Distributions { rule: name.to_owned(), of: of.collect() })
    }

    /// Takes down what is said of a paragraph.
    pub(super) fn label(&mut self, asked: &api::LabelRequest) -> Result<api::LabelState, Refusal> {
        let blocks = self.on_desk(asked.document)?.base.outcome.page.blocks.len();
        if asked.block >= blocks {
            let (document, block) = (asked.document, asked.block);
            let said = format!("no paragraph {block} in document {document}: there are {blocks}");
            return Err(Refusal::Missing(said));
        }
        self.labels.say(asked.document, asked.block, asked.label);
        Ok(self.labels.state())
    }

    /// Paragraphs to be labelled.
    pub(super) fn queue(&self, limit: usize) -> api::Queue {
        self.labels.queue(self.desk.documents(), limit.min(MOST_QUEUED))
    }

    /// True if labels would be lost.
    pub(super) fn unsaved(&self) -> u64 {
        let state = self.labels.state();
        if state.unsaved { state.keep + state.remove } else { 0 }
    }

    /// The labels as a file.
    pub(super) fn labels_file(&self) -> String {
        self.labels.to_jsonl(self.desk.documents())
    }

    /// The changes as a rules file that extends those they were made on; `folder` is where it is to
    /// lie, if that is known.
    pub(super) fn overlay_toml(&self, folder: Option<&Path>) -> String {
        let extends: Vec<String> = self.names.iter().map(|name| named_from(name, folder)).collect();
        let totals = self.applied.totals;
        let share =
            |totals: api::Totals| 100.0 * totals.removed as f64 / totals.characters.max(1) as f64;
        let comment = format!(
            "Made with tamis ui on {} documents: {} kept, {} cut, {} dropped, {:.1} % of the text removed;\n\
             without these changes {} kept, {} cut, {} dropped, {:.1} %.",
            self.rows.len(),
            totals.kept,
            totals.cut,
            totals.dropped,
            share(totals),
            self.base.kept,
            self.base.cut,
            self.base.dropped,
            share(self.base),
        );
        self.desk.overlay().to_toml("Changes made in tamis ui", &extends, &comment)
    }

    /// What is needed to learn weights, apart from what is worked on here.
    pub(super) fn fit_task(&self) -> Result<FitTask, Refusal> {
        let labelled = self.labels.labelled(self.desk.documents())?;
        if labelled.is_empty() {
            return Err(Refusal::Wrong("nothing is labelled yet".to_owned()));
        }
        Ok(FitTask {
            labelled,
            names: self.names.clone(),
            overlay: self.desk.overlay().clone(),
            survey: self.desk.cleaner().survey().clone(),
            threads: self.desk.pool().current_num_threads(),
        })
    }

    /// Writes labels or changes to the file named on the command line.
    pub(super) fn save(&mut self, what: What) -> Result<api::Saved, Refusal> {
        let (file, text) = match what {
            What::Labels => {
                let file = self.labels.file().ok_or_else(|| unnamed("--labels"))?.to_owned();
                (file, self.labels_file())
            }
            What::Overlay => {
                let file = self.overlay_file.clone().ok_or_else(|| unnamed("--overlay"))?;
                let text = self.overlay_toml(Some(folder_of(&file)));
                (file, text)
            }
        };
        let failed = |error: tamis::sink::files::SinkError| Refusal::Failed(error.to_string());
        let mut out = OutputFile::create(&file, Compression::None).map_err(failed)?;
        out.write(text.as_bytes()).map_err(failed)?;
        out.finish().map_err(failed)?;
        if what == What::Labels {
            self.labels.saved();
        }
        Ok(api::Saved { file: file.display().to_string(), labels: self.labels.state() })
    }
}

fn unnamed(option: &str) -> Refusal {
    Refusal::Wrong(format!("no file was named: start with {option} FILE, or download it"))
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// How `extends` names a rules file that was named on the command line: a built-in one as it was, a
/// file by where it lies, beside the new file if it does.
fn named_from(name: &str, folder: Option<&Path>) -> String {
    if tamis::rules::builtin_text(name).is_some() || tamis::rules::builtin_names().contains(&name) {
        return name.to_owned();
    }
    let Ok(path) = std::path::absolute(name) else { return name.to_owned() };
    let folder = folder.and_then(|folder| std::path::absolute(folder).ok());
    let beside = folder.and_then(|folder| Some(path.strip_prefix(folder).ok()?.to_owned()));
    match beside {
        Some(beside) => format!("./{}", beside.display()),
        None => path.display().to_string(),
    }
}

fn describe(rule: &Rule, off: bool, base: api::RuleCount) -> api::Rule {
    let (weight, action) = match rule.effect {
        Effect::Weight(weight) => (Some(weight), None),
        Effect::Action(action) => (None, Some(action)),
    };
    let threshold = |one: &tamis::rules::Threshold| api::Threshold {
        address: one.address.clone(),
        value: one.value,
        asked: one.signal.map_or("matches", |signal| signal.signal().name),
    };
    api::Rule {
        name: rule.name.clone(),
        about: rule.about.clone(),
        why: rule.why.clone(),
        category: rule.category.name(),
        scope: rule.scope.name(),
        on: rule.on.iter().map(|kind| kind.name()).collect(),
        weight,
        action,
        status: rule.status,
        languages: rule.languages.clone(),
        file: rule.file.clone(),
        off,
        thresholds: rule.thresholds.iter().map(threshold).collect(),
        base,
    }
}

/// The first words of a page.
fn title(page: &Page) -> String {
    let block = page.blocks.iter().map(|block| block.span.of(&page.text));
    let first = block.chain([page.text.as_str()]).find(|text| !text.trim().is_empty());
    let words: Vec<&str> = first.unwrap_or("").split_whitespace().take(TITLE).collect();
    words.join(" ").trim_start_matches(['#', '*', '-', ' ']).chars().take(TITLE).collect()
}

fn share(judged: &Judged) -> Share {
    let outcome = &judged.outcome;
    let removed = view::solid_in(&view::gone(outcome), &outcome.page.text);
    Share { decision: outcome.decision, removed }
}

fn slot(totals: &mut api::Totals, decision: Decision) -> &mut u64 {
    match decision {
        Decision::Kept => &mut totals.kept,
        Decision::Cut => &mut totals.cut,
        Decision::Dropped => &mut totals.dropped,
    }
}

fn add(totals: &mut api::Totals, share: &Share) {
    *slot(totals, share.decision) += 1;
    totals.removed += share.removed;
}

fn subtract(totals: &mut api::Totals, share: &Share) {
    let slot = slot(totals, share.decision);
    *slot = slot.saturating_sub(1);
    totals.removed = totals.removed.saturating_sub(share.removed);
}

fn change(number: usize, document: &OnDesk, now: &Share) -> api::ChangedRow {
    let (before, after) = (view::gone(&document.base.outcome), view::gone(&document.now.outcome));
    let text = &document.now.outcome.page.text;
    api::ChangedRow {
        document: number,
        decision: now.decision,
        removed: now.removed,
        newly_removed: view::solid_in(&view::without(&after, &before), text),
        newly_kept: view::solid_in(&view::without(&before, &after), text),
    }
}

fn plus(rule: usize, part: api::RuleCount, counts: &mut [api::RuleCount]) {
    if let Some(count) = counts.get_mut(rule) {
        count.hits += part.hits;
        count.decided += part.decided;
        count.characters += part.characters;
    }
}

fn minus(rule: usize, part: api::RuleCount, counts: &mut [api::RuleCount]) {
    if let Some(count) = counts.get_mut(rule) {
        count.hits = count.hits.saturating_sub(part.hits);
        count.decided = count.decided.saturating_sub(part.decided);
        count.characters = count.characters.saturating_sub(part.characters);
    }
}

/// What each rule did to a document, as counts to be summed, by the rule's place.
fn count(
    judged: &Judged,
    place: &HashMap<String, usize>,
    mut take: impl FnMut(usize, api::RuleCount),
) {
    let outcome = &judged.outcome;
    let mut of = |id, part: api::RuleCount| {
        if let Some(place) = place.get(&judged.rules.rule(id).name) {
            take(*place, part);
        }
    };
    let hit = api::RuleCount { hits: 1, ..api::RuleCount::default() };
    let mut fired = |verdict: &Verdict| verdict.hits.iter().for_each(|one| of(one.rule, hit));
    outcome.wholes().for_each(&mut fired);
    for block in &outcome.on_blocks.blocks {
        fired(&block.verdict);
        block.sentences.iter().for_each(|sentence| fired(&sentence.verdict));
    }
    let decided = |characters| api::RuleCount { hits: 0, decided: 1, characters };
    if outcome.decision == Decision::Dropped {
        if let Some(rule) = outcome.drop_leader() {
            of(rule, decided(view::solid(&outcome.page.text)));
        }
        return;
    }
    for removal in outcome.removals() {
        if let Some(rule) = removal.verdict(&outcome.on_blocks).leading() {
            of(rule, decided(view::solid(removal.span.of(&outcome.page.text))));
        }
    }
}

fn targets(scope: Scope) -> &'static str {
    match scope {
        Scope::Source | Scope::Page | Scope::Document => "documents",
        Scope::Area | Scope::Block => "blocks",
        Scope::Sentence => "sentences",
    }
}

/// Values counted by equal parts of their range, but for a tail of very large ones; of shares the
/// range is known.
fn distribution(
    address: &str,
    targets: &'static str,
    unit: Unit,
    mut values: Vec<f64>,
) -> api::Distribution {
    values.retain(|value| value.is_finite());
    values.sort_unstable_by(f64::total_cmp);
    let whole = unit != Unit::Ratio && values.iter().all(|value| value.fract() == 0.0);
    let mut own = api::Distribution {
        address: address.to_owned(),
        counts: Vec::new(),
        low: 0.0,
        high: 0.0,
        below: 0,
        above: 0,
        undefined: 0,
        whole,
        targets,
    };
    let (Some(&least), Some(&greatest)) = (values.first(), values.last()) else { return own };
    let last = ((values.len() as f64) * (1.0 - TAIL)) as usize;
    own.low = least.min(0.0);
    own.high = values.get(last).copied().unwrap_or(greatest).max(own.low);
    if unit == Unit::Ratio {
        own.high = 1.0;
    } else if own.high <= own.low {
        own.high = own.low + 1.0;
    }
    let range = own.high - own.low;
    // Whole numbers of a short range have a part each.
    let parts = if whole && range < PARTS as f64 { (range as usize + 1).max(1) } else { PARTS };
    if parts != PARTS {
        own.high = own.low + parts as f64;
    }
    let width = (own.high - own.low) / parts as f64;
    own.counts = vec![0; parts];
    for value in &values {
        own.above += u64::from(*value > own.high);
        let part = (((value - own.low) / width) as usize).min(parts - 1);
        if let Some(count) = own.counts.get_mut(part) {
            *count += 1;
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_of_a_short_range_have_a_part_each() {
        let own = distribution("above", "blocks", Unit::Count, vec![3.0, 1.0, 1.0, 0.0]);
        assert_eq!((own.counts, own.low, own.high, own.whole), (vec![1, 2, 0, 1], 0.0, 4.0, true));
    }

    #[test]
    fn a_far_value_does_not_press_the_others_together() {
        let mut values: Vec<f64> = (0..1000).map(|n| f64::from(n) / 1000.0).collect();
        values.push(1e9);
        values.push(f64::NAN);
        let own = distribution("above", "blocks", Unit::Number, values);
        assert!(own.high < 2.0 && own.above == 2 && !own.whole, "{own:?}");
        assert_eq!((own.counts.len(), own.counts.iter().sum::<u64>()), (PARTS, 1001));
    }

    #[test]
    fn of_no_values_and_of_one_there_is_something_to_draw() {
        assert!(distribution("above", "blocks", Unit::Number, Vec::new()).counts.is_empty());
        let own = distribution("above", "blocks", Unit::Number, vec![0.5]);
        assert!(own.high > own.low && own.counts.iter().sum::<u64>() == 1);
    }

    #[test]
    fn shares_are_drawn_from_0_to_1() {
        let own = distribution("above", "blocks", Unit::Ratio, vec![0.0, 0.0, 1.0, 0.2]);
        assert_eq!((own.low, own.high, own.whole, own.counts.len()), (0.0, 1.0, false, PARTS));
        assert_eq!((own.counts.first(), own.counts.last()), (Some(&2), Some(&1)));
    }

    #[test]
    fn built_in_rules_are_named_as_they_were() {
        assert_eq!(named_from("web", None), "web");
        let here = Path::new(".");
        assert_eq!(named_from("mine.toml", Some(here)), "./mine.toml");
        assert_eq!(named_from("sub/mine.toml", Some(here)), "./sub/mine.toml");
        assert!(Path::new(&named_from("mine.toml", None)).is_absolute());
        assert!(Path::new(&named_from("mine.toml", Some(Path::new("sub")))).is_absolute());
    }
}
