//! `tamis rules test`: examples and seeds, and what came out otherwise than they say.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use clap::Args;

use crate::cli::terminal::{self, FAINT, GONE, LOOK, STAYS, STRONG, sanitise, shown, written};
use crate::cli::{DONE, FOUND, Failure};
use tamis::document::{Body, Span};
use tamis::eval::{DocLabel, Label, LabelAction, read_labels};
use tamis::outcome::{Decision, Outcome};
use tamis::rules::check::{self, LeafSeen};
use tamis::rules::{RuleId, builtin_names};
use tamis::source::{
    Container, Event, FindOptions, FormatOption, ReadOptions, Reader, Source, find, parse, passes,
};
use tamis::text::counts::counted;
use tamis::{Cleaner, Record, RuleSet, Survey};

/// Characters shown of a text.
const SHOWN: usize = 200;
/// A run of fewer letters and digits is no difference: marks and bullets beside a label.
const LEAST: usize = 3;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Rules files by path, or built-in sets by name; all built-in ones if none is given
    #[arg(value_name = "FILES")]
    names: Vec<String>,

    /// Labelled documents (docs/labels.md has the format), or a folder of such files and of
    /// documents that rules name as seeds; may be repeated
    #[arg(long, value_name = "FOLDER|LABELS")]
    seeds: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let builtin: Vec<String> = builtin_names().into_iter().map(str::to_owned).collect();
    let is_builtin = arguments.names.is_empty();
    let names = if is_builtin { &builtin } else { &arguments.names };
    let seeds = Seeds::read(&arguments.seeds)?;
    let mut out = terminal::out();
    let mut sums = Sums::default();
    // Rules whose examples fail do not load.
    let mut is_broken = false;
    for report in check::check(names) {
        for error in &report.errors {
            sums.failed += 1;
            written(writeln!(out, "{}", sanitise(&error.to_string())))?;
        }
        for failure in &report.failures {
            sums.failed += 1;
            written(example(&mut out, failure))?;
        }
        sums.examples += report.examples;
        is_broken |= !report.is_good();
        if report.is_good() {
            named_seeds(&mut out, &report.file, &seeds, &mut sums)?;
        }
    }
    if is_broken && !arguments.seeds.is_empty() {
        terminal::note("seeds are run with rules whose examples are good");
    } else if !seeds.labelled.is_empty() {
        let rules = if is_builtin { RuleSet::default_preset()? } else { RuleSet::load(names)? };
        let cleaner = cleaner(rules)?;
        for (record, label) in &seeds.labelled {
            sums.seeds += 1;
            let mut failed = false;
            written(labelled(&mut out, record, label, &cleaner, &mut failed))?;
            sums.failed += usize::from(failed);
        }
    }
    let Sums { examples, seeds: run, failed, left_out } = sums;
    let verdict = match failed {
        0 => format!("{STAYS}all good{STAYS:#}"),
        failed => format!("{GONE}{failed} failed{GONE:#}"),
    };
    written(writeln!(
        out,
        "{STRONG}{}, {}{STRONG:#}: {verdict}",
        counted(examples as u64, "example"),
        counted(run as u64, "seed")
    ))?;
    written(out.flush())?;
    if left_out > 0 {
        let left_out = counted(left_out as u64, "seed");
        terminal::note(&format!(
            "{left_out} named by rules not found: --seeds says where they are"
        ));
    }
    Ok(if failed > 0 { FOUND } else { DONE })
}

#[derive(Default)]
struct Sums {
    examples: usize,
    seeds: usize,
    failed: usize,
    /// Seeds that rules name and that were not found.
    left_out: usize,
}

/// Rules in force without a survey: those that need one are off.
fn cleaner(rules: RuleSet) -> Result<Cleaner, Failure> {
    Ok(Cleaner::new(rules.without_survey(), Survey::none())?.in_full())
}

/// What may be named as seeds, and what is labelled.
#[derive(Default)]
struct Seeds {
    /// By the name that a rule gives: `file:id`.
    named: Vec<(String, Record)>,
    labelled: Vec<(Record, Label)>,
}

impl Seeds {
    fn read(paths: &[String]) -> Result<Self, Failure> {
        let mut seeds = Self::default();
        for path in paths {
            if Path::new(path).is_dir() {
                seeds.read_folder(path)?;
            } else {
                seeds.read_labels(path)?;
            }
        }
        Ok(seeds)
    }

    fn read_labels(&mut self, path: &str) -> Result<(), Failure> {
        let format = Some(FormatOption::Jsonl);
        let found = find(&[path.to_owned()], &FindOptions { format, ..FindOptions::default() })?;
        if let Some(skipped) = found.skipped.iter().find(|skipped| skipped.reason.is_fault()) {
            return Err(Failure(format!("{}: {}", skipped.path.display(), skipped.reason)));
        }
        let file = stem(path);
        for document in read_labels(Reader::new(found.sources, ReadOptions::default()))? {
            let name = format!("{file}:{}", document.record.id);
            self.named.push((name, document.record.clone()));
            self.labelled.push((document.record, document.label));
        }
        Ok(())
    }

    /// All of a folder: files of labels are labels, the rest can be named.
    fn read_folder(&mut self, folder: &str) -> Result<(), Failure> {
        let found = find(&[folder.to_owned()], &FindOptions::default())?;
        if let Some(skipped) = found.skipped.iter().find(|skipped| skipped.reason.is_fault()) {
            return Err(Failure(format!("{}: {}", skipped.path.display(), skipped.reason)));
        }
        let absolute = std::fs::canonicalize(folder)?;
        let own = absolute.file_name().map(|name| name.to_string_lossy().into_owned());
        for source in found.sources {
            let path = Path::new(folder).join(&*source.name);
            if source.container == Container::Jsonl && holds_labels(&source) {
                self.read_labels(&path.to_string_lossy())?;
                continue;
            }
            let is_file = matches!(source.container, Container::File(_));
            let file = match is_file {
                true => own.clone().unwrap_or_default(),
                false => stem(&source.name),
            };
            for record in records(source.clone()) {
                let id = if is_file { source.name.to_string() } else { record.id.clone() };
                self.named.push((format!("{file}:{id}"), record));
            }
        }
        Ok(())
    }
}

/// The name of a file up to its first dot.
fn stem(path: &str) -> String {
    let name = Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_default().split('.').next().unwrap_or_default().to_owned()
}

fn records(source: std::sync::Arc<Source>) -> impl Iterator<Item = Record> {
    let options = ReadOptions::default();
    Reader::new(vec![source], options.clone()).filter_map(move |event| match event {
        Event::Item(item) if passes(&item).is_none() && item.refused.is_none() => {
            parse(&item, &options).ok().map(|parsed| parsed.record)
        }
        _ => None,
    })
}

/// True if the first record of a file of JSON Lines is labelled.
fn holds_labels(source: &std::sync::Arc<Source>) -> bool {
    let mut reader = Reader::new(vec![source.clone()], ReadOptions::default());
    let first = reader.find_map(|event| match event {
        Event::Item(item) if passes(&item).is_none() => Some(item),
        _ => None,
    });
    let value = first.and_then(|item| serde_json::from_slice::<serde_json::Value>(&item.raw).ok());
    value.is_some_and(|value| value.get("doc_label").is_some() && value.get("text").is_some())
}

/// An example that failed: what each leaf saw.
fn example(out: &mut impl Write, failure: &check::Failure) -> io::Result<()> {
    let what = match failure.must_fire {
        true => "does not fire on a hit",
        false => "fires on a miss",
    };
    let place = &failure.place;
    writeln!(out, "{GONE}FAIL{GONE:#} {STRONG}{}{STRONG:#} {what}", failure.rule)?;
    writeln!(
        out,
        "     {FAINT}{}:{}:{}{FAINT:#}",
        sanitise(&place.file),
        place.line,
        place.column
    )?;
    writeln!(out, "     text    “{}”", shown(&failure.text, SHOWN))?;
    if failure.target.is_empty() {
        return writeln!(out, "     there is no target of the rule's scope and kind in it\n");
    }
    if failure.target.trim() != failure.text.trim() {
        let word = if failure.must_fire { "nearest" } else { "fired" };
        writeln!(out, "     {word:<7} “{}”", shown(&failure.target, SHOWN))?;
    }
    for leaf in &failure.leaves {
        leaf_line(out, leaf, failure.must_fire)?;
    }
    writeln!(out)
}

/// A leaf: whether it is as the rule needs it, its value against its bound, and what it matched.
fn leaf_line(out: &mut impl Write, leaf: &LeafSeen, must_fire: bool) -> io::Result<()> {
    let met = leaf.is_met();
    let (mark, style) = match (met, must_fire) {
        (true, true) => ("ok  ", STAYS),
        (false, true) => ("no  ", GONE),
        (true, false) => ("met ", LOOK),
        (false, false) => ("not ", FAINT),
    };
    let evidence = &leaf.evidence;
    let name = match (leaf.join, &*evidence.condition) {
        (_, "") => String::new(),
        (join, name) => format!("{join}.{name}: "),
    };
    let value = evidence.value.map_or("undefined".to_owned(), |value| {
        if value.fract() == 0.0 { format!("{value}") } else { format!("{value:.3}") }
    });
    let bound =
        if evidence.bound.is_empty() { String::new() } else { format!(" ({})", evidence.bound) };
    let line = format!("{name}{} {value}{bound}", evidence.asked);
    writeln!(out, "     {style}{mark}{style:#} {}", sanitise(&line))?;
    for text in leaf.matches.iter().take(3) {
        writeln!(out, "            matched “{}”", shown(text, SHOWN))?;
    }
    Ok(())
}

/// Seeds that the rules of a file name.
fn named_seeds(
    out: &mut impl Write,
    file: &str,
    seeds: &Seeds,
    sums: &mut Sums,
) -> Result<(), Failure> {
    let rules = RuleSet::load([file])?;
    // A file that extends others tests the seeds of its own rules only.
    let stem = Path::new(file).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let own = stem.map(|stem| format!("{stem}/")).unwrap_or_default();
    let mut with_seeds = (0..)
        .map(RuleId)
        .zip(rules.rules())
        .filter(|(_, rule)| rule.name.starts_with(&own))
        .filter(|(_, rule)| !rule.hit_seeds.is_empty() || !rule.miss_seeds.is_empty())
        .peekable();
    if with_seeds.peek().is_none() {
        return Ok(());
    }
    let cleaner = cleaner(rules.clone())?;
    for (id, rule) in with_seeds {
        for (names, must_fire) in [(&rule.hit_seeds, true), (&rule.miss_seeds, false)] {
            for name in names {
                let Some((_, record)) = seeds.named.iter().find(|(known, _)| known == name) else {
                    sums.left_out += 1;
                    continue;
                };
                sums.seeds += 1;
                let Some(outcome) = judged(&cleaner, record) else {
                    sums.failed += 1;
                    written(writeln!(
                        out,
                        "{GONE}FAIL{GONE:#} seed {}: it cannot be read\n",
                        sanitise(name)
                    ))?;
                    continue;
                };
                let fired = fired_on(&outcome, id);
                if fired.is_empty() == must_fire {
                    sums.failed += 1;
                    let what = if must_fire { "does not fire on seed" } else { "fires on seed" };
                    let rule = &rule.name;
                    written(writeln!(
                        out,
                        "{GONE}FAIL{GONE:#} {STRONG}{rule}{STRONG:#} {what} {}",
                        sanitise(name)
                    ))?;
                    for span in fired.iter().take(3) {
                        let text = shown(span.of(&outcome.page.text), SHOWN);
                        written(writeln!(out, "     {LOOK}fired{LOOK:#}   “{text}”"))?;
                    }
                    written(writeln!(out))?;
                }
            }
        }
    }
    Ok(())
}

fn judged(cleaner: &Cleaner, record: &Record) -> Option<Outcome> {
    catch_unwind(AssertUnwindSafe(|| cleaner.clean(record.clone()))).ok()?.ok()
}

/// Where a rule fired in a document.
fn fired_on(outcome: &Outcome, id: RuleId) -> Vec<Span> {
    let mut spans = Vec::new();
    let whole = Span::new(0, outcome.page.text.len());
    for verdict in outcome.wholes() {
        spans.extend(verdict.hits.iter().filter(|hit| hit.rule == id).map(|_| whole));
    }
    for (block, verdict) in outcome.page.blocks.iter().zip(&outcome.on_blocks.blocks) {
        let of_block = verdict.verdict.hits.iter().filter(|hit| hit.rule == id);
        spans.extend(of_block.map(|_| block.span));
        for sentence in &verdict.sentences {
            let of_sentence = sentence.verdict.hits.iter().filter(|hit| hit.rule == id);
            spans.extend(of_sentence.map(|_| sentence.span));
        }
    }
    spans
}

/// A labelled document of which something else came than its label says: `failed` is set. Lines with `-` are
/// what the output holds and must not, lines with `+` what it lacks.
fn labelled(
    out: &mut impl Write,
    record: &Record,
    label: &Label,
    cleaner: &Cleaner,
    failed: &mut bool,
) -> io::Result<()> {
    let Body::Text(_) = &record.body else { return Ok(()) };
    let Some(outcome) = judged(cleaner, record) else {
        *failed = true;
        return writeln!(
            out,
            "{GONE}FAIL{GONE:#} seed {}: it cannot be read\n",
            sanitise(&record.id)
        );
    };
    let rules = cleaner.rules();
    let text = &outcome.page.text;
    let dropped = outcome.decision == Decision::Dropped;
    let leader = outcome.drop_leader().map_or("the guard", |id| &*rules.rule(id).name);
    let whole = Span::new(0, text.len());
    let mut lines: Vec<(char, String, String)> = Vec::new();
    match label.doc_label {
        DocLabel::Drop if !dropped => {
            lines.push(('-', text.clone(), "the whole document must be dropped".to_owned()));
        }
        DocLabel::Drop => {}
        DocLabel::Keep | DocLabel::Clean if dropped && !label.is_copy => {
            lines.push(('+', text.clone(), format!("the whole document was dropped by {leader}")));
        }
        DocLabel::Keep | DocLabel::Clean if dropped => {}
        DocLabel::Keep => {
            for (span, by) in went(&outcome, whole, rules) {
                lines.push(('+', span.of(text).to_owned(), format!("went by {by}, and must stay")));
            }
        }
        DocLabel::Clean => {
            for part in &label.spans {
                match part.action {
                    LabelAction::Keep => {
                        for (span, by) in went(&outcome, part.span, rules) {
                            let said = format!("went by {by}, and must stay");
                            lines.push(('+', span.of(text).to_owned(), said));
                        }
                    }
                    LabelAction::Remove => {
                        for span in stayed(&outcome, part.span) {
                            let said = format!("stays, and must go: {}", part.category);
                            lines.push(('-', span.of(text).to_owned(), said));
                        }
                    }
                    LabelAction::Flag => {}
                }
            }
        }
    }
    lines.retain(|(_, text, _)| text.chars().filter(|c| c.is_alphanumeric()).count() >= LEAST);
    if lines.is_empty() {
        return Ok(());
    }
    *failed = true;
    let place = &label.location;
    writeln!(out, "{GONE}FAIL{GONE:#} {STRONG}seed {}{STRONG:#}", sanitise(&record.id))?;
    let record = place.ordinal.saturating_add(1);
    writeln!(out, "     {FAINT}{}, record {record}{FAINT:#}", sanitise(&place.source))?;
    for (sign, text, said) in lines {
        let style = if sign == '-' { GONE } else { STAYS };
        writeln!(out, "     {}", sanitise(&said))?;
        writeln!(out, "     {style}{sign} {}{style:#}", shown(&text, SHOWN))?;
    }
    writeln!(out)
}

/// The parts of a span that went, with who took them.
fn went<'o>(outcome: &'o Outcome, span: Span, rules: &'o RuleSet) -> Vec<(Span, &'o str)> {
    let inside = outcome.removals().iter().filter_map(|removal| {
        let start = removal.span.start.max(span.start);
        let end = removal.span.end.min(span.end);
        let verdict = removal.verdict(&outcome.on_blocks);
        let by = verdict.leading().map_or(verdict.by.name(), |id| &*rules.rule(id).name);
        (start < end).then_some((Span::new(start, end), by))
    });
    inside.collect()
}

/// The parts of a span that are left.
fn stayed(outcome: &Outcome, span: Span) -> Vec<Span> {
    let kept = outcome.cleaned.kept(outcome.page.text.len()).into_iter().filter_map(|kept| {
        let (start, end) = (kept.start.max(span.start), kept.end.min(span.end));
        (start < end).then_some(Span::new(start, end))
    });
    kept.collect()
}
