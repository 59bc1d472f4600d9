//! Checking rules files: `tamis rules check`. All mistakes and warnings of a file, with its
//! examples run.

use super::error::{Mark, Place, Problems, RuleError, Warning};
use super::load::{Loader, Merged};
use super::{Compiled, Evaluation, Evidence, RuleErrors, RuleId, RuleSet, Strengths};
use super::{builtin, compile, demands};
use crate::decode::decode;
use crate::document::{Block, BlockKind, Location, Page, Record, Scope, Span};
use crate::segment;
use crate::signals::{Measured, PageView};
use crate::survey::{Prints, Survey};

/// What checking a rules file found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The file, as it was named.
    pub file: String,
    /// Mistakes, in order, but for examples that fail. For a built-in file, warnings are mistakes,
    /// but for those about speed.
    pub errors: Vec<RuleError>,
    /// What is odd and not wrong, in order.
    pub warnings: Vec<Warning>,
    /// Number of rules in force; 0 if the file does not load.
    pub rules: usize,
    /// Number of example texts that were run.
    pub examples: usize,
    /// The examples that do not come out as they say, in order.
    pub failures: Vec<Failure>,
}

/// An example that does not come out as it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The rule's full name.
    pub rule: String,
    /// Where the example stands.
    pub place: Place,
    /// True for a hit, on which the rule must fire.
    pub must_fire: bool,
    /// The example.
    pub text: String,
    /// The part of it that the rule looked at: where it fired, or where it came nearest to it.
    /// Empty if there was none.
    pub target: String,
    /// The leaves of its condition, in order.
    pub leaves: Vec<LeafSeen>,
}

/// A leaf of a condition on a target.
#[derive(Clone, Debug, PartialEq)]
pub struct LeafSeen {
    /// How it takes part: in `all`, `any` or `none`.
    pub join: &'static str,
    /// What it saw.
    pub evidence: Evidence,
    /// The texts that it matched, for patterns and phrases.
    pub matches: Vec<String>,
}

impl LeafSeen {
    /// True if it is as the rule needs it to fire, in part included.
    pub fn is_met(&self) -> bool {
        match self.join {
            "none" => self.evidence.strength.is_some_and(|strength| strength < 1.0),
            _ => self.evidence.strength.is_some_and(|strength| strength > 0.0),
        }
    }
}

impl Report {
    /// True if nothing is wrong; warnings may remain.
    pub fn is_good(&self) -> bool {
        self.errors.is_empty() && self.failures.is_empty()
    }

    /// All mistakes, examples that fail among them.
    pub fn mistakes(&self) -> Vec<RuleError> {
        let of_examples = self.failures.iter().map(|failure| {
            let place = Some(failure.place.clone());
            RuleError { place, ..failure.mistake() }
        });
        of_examples.chain(self.errors.iter().cloned()).collect()
    }
}

impl Failure {
    /// The failure as a mistake in its file, without its place.
    fn mistake(&self) -> RuleError {
        let name = &self.rule;
        let (message, expected) = match self.must_fire {
            true => (
                format!("rule `{name}` does not fire on this hit"),
                "a text on which the rule fires",
            ),
            false => (
                format!("rule `{name}` fires on this miss"),
                "a text on which the rule does not fire",
            ),
        };
        let seen: Vec<String> = self.leaves.iter().map(|leaf| seen(&leaf.evidence)).collect();
        RuleError::new(format!("{message}; it saw {}", seen.join(", "))).expected(expected)
    }
}

/// Checks rules files and runs their examples, each by itself with what it extends: names as in
/// [`RuleSet::load`].
pub fn check<I, S>(names: I) -> Vec<Report>
where
    I: IntoIterator<Item = S>,
    S: AsRef<str>,
{
    let one = |name: S| {
        let mut loader = Loader::default();
        loader.read_named(name.as_ref());
        report(loader, name.as_ref().to_owned(), false)
    };
    names.into_iter().map(one).collect()
}

/// Checks the text of a rules file, and runs its examples, as if it stood in a file of that name.
pub fn check_text(name: &str, text: &str) -> Report {
    let mut loader = Loader::default();
    loader.read_text(name, text);
    report(loader, name.to_owned(), false)
}

/// Checks all built-in rules files, each by itself. Their warnings are mistakes.
pub fn check_builtin() -> Vec<Report> {
    let files = builtin::files();
    files
        .iter()
        .map(|file| {
            let mut loader = Loader::default();
            loader.read_named(file.path.strip_suffix(".toml").unwrap_or(file.path));
            report(loader, format!("rules/{}", file.path), true)
        })
        .collect()
}

/// Puts the files read together and compiles them; examples of the user's own rules are run.
pub(super) fn finish(mut loader: Loader) -> Result<RuleSet, RuleErrors> {
    let (set, ran) = compiled(&mut loader, false);
    ran.tell(&mut loader.problems);
    settled(loader, set)
}

/// As [`finish`], with an overlay read last: examples have been run, and what is looked for is
/// compiled already, if it is the same.
pub(super) fn finish_overlay(mut loader: Loader, base: &RuleSet) -> Result<RuleSet, RuleErrors> {
    let merged = loader.merge();
    let complete = loader.is_complete();
    let bank = Some(&base.inner.bank);
    let set = compile::compile(&mut loader.problems, &merged, complete, bank);
    settled(loader, set)
}

/// The rules, or all mistakes.
fn settled(mut loader: Loader, set: Option<Compiled>) -> Result<RuleSet, RuleErrors> {
    let warnings = loader.problems.take_warnings(false);
    match (loader.problems.take_errors(), set) {
        (None, Some(set)) => Ok(with_warnings(set, warnings)),
        (Some(errors), _) => Err(errors),
        (None, None) => {
            loader.problems.error_outside(RuleError::new("rules that cannot be compiled"));
            match loader.problems.take_errors() {
                Some(errors) => Err(errors),
                None => Ok(RuleSet::default()),
            }
        }
    }
}

fn with_warnings(mut compiled: Compiled, warnings: Vec<Warning>) -> RuleSet {
    compiled.warnings = warnings;
    RuleSet { inner: std::sync::Arc::new(compiled), without_survey: false }
}

fn report(mut loader: Loader, file: String, strict: bool) -> Report {
    let (set, ran) = compiled(&mut loader, true);
    let examples = ran.count;
    let failures = ran.failed.into_iter().map(|failed| failed.failure).collect();
    let rules = set.map_or(0, |set| set.rules.len());
    let mut warnings = loader.problems.take_warnings(true);
    // What a built-in file extends is checked by itself; it need not be reported again.
    warnings.retain(|warning| !strict || warning.place.file == file);
    let mut errors =
        loader.problems.take_errors().map_or_else(Vec::new, |all| all.errors().to_vec());
    if strict {
        let (cost, wrong) = warnings.into_iter().partition(|warning| warning.about_cost);
        warnings = cost;
        errors.extend(wrong.into_iter().map(|warning: Warning| {
            let mut error = RuleError::new(warning.message);
            error.place = Some(warning.place);
            error
        }));
    }
    Report { file, errors, warnings, rules, examples, failures }
}

/// Merges and compiles what was read, and runs examples: of the user's own rules, or of all.
/// Also what came of the examples.
fn compiled(loader: &mut Loader, all_examples: bool) -> (Option<Compiled>, Examples) {
    let merged = loader.merge();
    demands::check(&mut loader.problems, &merged);
    let complete = loader.is_complete();
    let Some(compiled) = compile::compile(&mut loader.problems, &merged, complete, None) else {
        return (None, Examples::default());
    };
    let set = with_warnings(compiled, Vec::new());
    let ran = run_examples(&mut loader.problems, &merged, &set, all_examples);
    (std::sync::Arc::into_inner(set.inner), ran)
}

/// What came of examples.
#[derive(Default)]
struct Examples {
    /// How many were run.
    count: usize,
    failed: Vec<Failed>,
}

/// An example that failed, and where it stands.
struct Failed {
    mark: Mark,
    failure: Failure,
}

impl Examples {
    /// Counts failures as mistakes.
    fn tell(self, problems: &mut Problems) {
        for Failed { mark, failure } in self.failed {
            problems.error(mark, failure.mistake());
        }
    }
}

/// An example that has been run.
struct Ran {
    rule: RuleId,
    /// The target with what the rule saw there, if it did not do what the example says.
    failure: Option<(String, Vec<LeafSeen>)>,
    /// Rules of the same scope that fired on it.
    fired: Vec<RuleId>,
}

fn run_examples(problems: &mut Problems, merged: &Merged, set: &RuleSet, all: bool) -> Examples {
    let mut hits: Vec<Ran> = Vec::new();
    let mut examples = Examples::default();
    for rule in &merged.rules {
        let own = !problems.source(rule.name.mark.file).builtin;
        // A built-in file's examples are run by the project's tests.
        if !(all || own) || rule.overridden {
            continue;
        }
        let Some(id) = set.by_name(&rule.name.value) else { continue };
        for (texts, wanted) in [(&rule.hits, true), (&rule.misses, false)] {
            for text in texts {
                examples.count += 1;
                let ran = run(set, id, &text.value, wanted);
                if let Some((target, leaves)) = &ran.failure {
                    let failure = Failure {
                        rule: set.rule(id).name.clone(),
                        place: problems.place(text.mark),
                        must_fire: wanted,
                        text: text.value.clone(),
                        target: target.clone(),
                        leaves: leaves.clone(),
                    };
                    examples.failed.push(Failed { mark: text.mark, failure });
                }
                if wanted {
                    hits.push(ran);
                }
            }
        }
    }
    examples.failed.sort_by_key(|failed| (failed.mark.file, failed.mark.span.start));
    if all {
        warn_of_overlaps(problems, merged, set, &hits);
    }
    examples
}

/// A leaf's finding: `dense: link_density 0.5 (above 0.6)`.
fn seen(evidence: &Evidence) -> String {
    let mut out = String::new();
    if !evidence.condition.is_empty() {
        out.push_str(&evidence.condition);
        out.push_str(": ");
    }
    out.push_str(&evidence.asked);
    match evidence.value {
        Some(value) => out.push_str(&format!(" {value}")),
        None => out.push_str(" undefined"),
    }
    if !evidence.bound.is_empty() {
        out.push_str(&format!(" ({})", evidence.bound));
    }
    out
}

/// Warns of a rule all of whose hits are hits of another rule of its group. A group that may give
/// more than 1.0 is meant to add up evidence that comes together, and is left out.
fn warn_of_overlaps(problems: &mut Problems, merged: &Merged, set: &RuleSet, hits: &[Ran]) {
    for written in &merged.rules {
        let Some(id) = set.by_name(&written.name.value) else { continue };
        let rule = set.rule(id);
        let own: Vec<&Ran> = hits.iter().filter(|ran| ran.rule == id).collect();
        let (Some(group), Some((first, rest))) = (rule.group, own.split_first()) else { continue };
        if set.groups().get(usize::from(group.0)).is_some_and(|group| group.max_weight > 1.0) {
            continue;
        }
        let always = |other: &&RuleId| {
            **other != id
                && set.rule(**other).group == Some(group)
                && rest.iter().all(|ran| ran.fired.contains(other))
        };
        if let Some(other) = first.fired.iter().find(always) {
            let message = format!(
                "all hits of `{}` are also hits of `{}` in the same group",
                rule.name,
                set.rule(*other).name
            );
            problems.warn(written.name.mark, message);
        }
    }
}

/// Runs one example of a rule. A hit must fire on a target of the text as it is segmented, or on
/// the text taken as one block (or sentence); a miss must fire on no segmented target.
fn run(set: &RuleSet, id: RuleId, text: &str, wanted: bool) -> Ran {
    let rule = set.rule(id);
    let language = rule.languages.first().map_or("en", String::as_str);
    let mut ran = Ran { rule: id, failure: None, fired: Vec::new() };
    // What areas of a page are is told by its markup.
    let is_area = rule.scope == Scope::Area;
    let record =
        if is_area { Record::html("example", text) } else { Record::text("example", text) };
    let record = record.in_language(language);
    // Text that is not binary is always decoded; anything else could not stand in TOML.
    let Ok(mut document) = decode(record) else { return ran };
    document.info.group = Some(EARLIER_GROUP.to_owned());
    let mut pages = vec![set.cut(document)];
    let kinds = match rule.on.as_slice() {
        [] => &[BlockKind::Paragraph],
        kinds => kinds,
    };
    let needs_whole = pages.iter().all(|page| page.blocks.is_empty());
    if (wanted || needs_whole) && !is_area {
        let wholes: Vec<Page> =
            pages.iter().flat_map(|page| kinds.iter().map(|kind| whole(page, *kind))).collect();
        pages.extend(wholes);
    }
    // Of several targets the one that comes nearest to what the rule needs, or fires first.
    let mut nearest: Option<(usize, String, Vec<LeafSeen>)> = None;
    let mut fired = false;
    for (n, page) in pages.iter().enumerate() {
        let survey = match rule.surveyed {
            Some(_) => stood_elsewhere(page, set),
            None => Survey::none(),
        };
        each_target(set, page, &survey, n > 0, |target, earlier| {
            if target.scope != rule.scope {
                return;
            }
            let done = set.evaluate(rule.scope, target, earlier);
            let fires = done.hits.iter().any(|hit| hit.rule == id);
            ran.fired.extend(done.hits.iter().map(|hit| hit.rule));
            if fires != wanted && (wanted || !fired) {
                let seen = set.explain(id, target, earlier, &done);
                let matched = set.matched(id, target);
                let leaves = seen.into_iter().zip(matched).map(|(evidence, (join, spans))| {
                    let text = |span: Span| span.of(target.page.text).to_owned();
                    LeafSeen { join, evidence, matches: spans.into_iter().map(text).collect() }
                });
                let leaves: Vec<LeafSeen> = leaves.collect();
                let met = leaves.iter().filter(|leaf| leaf.is_met()).count();
                if nearest.as_ref().is_none_or(|(most, ..)| met > *most) {
                    nearest = Some((met, target.text().to_owned(), leaves));
                }
            }
            fired |= fires;
        });
    }
    if !wanted && fired || wanted && !fired {
        let (_, target, leaves) = nearest.unwrap_or_default();
        ran.failure = Some((target, leaves));
    }
    ran.fired.sort_unstable();
    ran.fired.dedup();
    ran
}

/// The text of a page as one block.
fn whole(page: &Page, kind: BlockKind) -> Page {
    let text = &page.text;
    let start = text.len() - text.trim_start().len();
    let span = Span::new(start, text.trim_end().len().max(start));
    Page { blocks: vec![Block::new(kind, span)], ..page.clone() }
}

/// Documents in which an example of a rule that needs a survey is said to have stood.
const EARLIER_DOCUMENTS: u64 = 10;
/// The group that they and the example belong to.
const EARLIER_GROUP: &str = "example.org";

/// A survey of a page, and of other documents of its group that hold all of it and come before it.
fn stood_elsewhere(page: &Page, set: &RuleSet) -> Survey {
    let settings = set.survey_settings();
    let own = Prints::of(page, &settings).in_group(EARLIER_GROUP);
    let earlier = (0..EARLIER_DOCUMENTS)
        .map(|ordinal| own.clone().at(Location { source: "earlier documents".into(), ordinal }));
    let all: Vec<Prints> = earlier.chain([own.clone()]).collect();
    // Few documents in memory: there is nothing that could fail.
    Survey::over(settings, all).unwrap_or_default()
}

/// Calls `take` with every target of a page, each with what earlier scopes came to on it. With
/// `as_one`, each block is also a sentence.
fn each_target(
    set: &RuleSet,
    page: &Page,
    survey: &Survey,
    as_one: bool,
    mut take: impl FnMut(&Measured<'_>, &Strengths),
) {
    let view = PageView::of(page, survey);
    let judge = |scope: Scope, target: &Measured<'_>, earlier: &Strengths| -> Evaluation {
        if set.has_scope(scope) {
            set.evaluate(scope, target, earlier)
        } else {
            Evaluation::default()
        }
    };
    let mut on_source = Strengths::default();
    take(&view.source(), &on_source);
    on_source.add(&judge(Scope::Source, &view.source(), &Strengths::default()).hits);
    take(&view.page(), &on_source);
    on_source.add(&judge(Scope::Page, &view.page(), &on_source).hits);
    for number in 0..page.blocks.len() {
        take(&view.area(number), &on_source);
    }
    let mut on_document = on_source.clone();
    for (n, block) in page.blocks.iter().enumerate() {
        let mut on_block = on_source.clone();
        let mut sentences = segment::sentences(&page.text, block);
        if as_one {
            sentences.push(block.span);
        }
        for span in sentences {
            let target = view.sentence(n, span);
            take(&target, &on_source);
            let hits = judge(Scope::Sentence, &target, &on_source).hits;
            on_block.add(&hits);
            on_document.add(&hits);
        }
        let target = view.block(n);
        take(&target, &on_block);
        on_document.add(&judge(Scope::Block, &target, &on_block).hits);
    }
    take(&view.document(), &on_document);
}
