//! `tamis explain`: a document block by block, with every rule that fires and the decision.

use std::io::{self, Write};

use clap::Args;

use super::input::Input;
use super::survey::{Choice, Work};
use super::terminal::{self, FAINT, GONE, LOOK, STAYS, STRONG, sanitise, shown, written};
use super::{DONE, FOUND, Failure};
use tamis::document::Markup;
use tamis::metadata::Metadata;
use tamis::outcome::{Decision, Guard, Outcome};
use tamis::rules::{Action, Category, Evidence, RuleSet};
use tamis::signals::PageView;
use tamis::signals::main_content::{self, BlockContributions, Explained};
use tamis::source::{Event, Reader, parse, passes};
use tamis::verdict::{DecidedBy, Verdict};
use tamis::{Cleaner, Survey};

/// Characters shown of a block.
const SHOWN: usize = 160;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    survey: Choice,

    /// Only the document with this id
    #[arg(long, value_name = "ID")]
    id: Option<String>,

    /// Most documents shown
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,

    /// Only blocks on which a rule fired or that go
    #[arg(long)]
    brief: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let found = arguments.input.sources(None)?;
    let rules = arguments.input.rules(&found.sources)?;
    let options = arguments.input.options()?;
    let work = Work { rules: &rules, options: &options, threads: 0, progress: None };
    let (survey, _) = if arguments.survey.is_auto(&rules, &found.sources)? {
        arguments.survey.made(&found.sources, &work, &std::env::temp_dir(), None)?
    } else {
        arguments.survey.opened(&found.sources, &work, &std::env::temp_dir())?
    };
    let mut cleaner = Cleaner::new(rules, survey)?.in_full();
    if let Some(model) = arguments.input.model()? {
        cleaner = model.within(cleaner);
    }
    let mut out = terminal::out();
    let mut shown = 0;
    for event in Reader::new(found.sources, options.clone()) {
        let item = match event {
            Event::Item(item) => item,
            Event::Start(_) => continue,
            Event::End(end) => {
                if let Some(error) = end.error {
                    terminal::error(&format!("{}: {error}", end.source.name));
                }
                continue;
            }
        };
        if passes(&item).is_some() {
            continue;
        }
        let place = format!("{}, record {}", item.source.name, item.ordinal + 1);
        let parsed = match item.refused.clone().map_or_else(|| parse(&item, &options), Err) {
            Ok(parsed) => parsed,
            Err(refusal) => {
                if arguments.id.is_none() {
                    terminal::error(&format!("{place}: {refusal}"));
                }
                continue;
            }
        };
        if arguments.id.as_ref().is_some_and(|id| *id != parsed.record.id) {
            continue;
        }
        match cleaner.clean(parsed.record) {
            Ok(outcome) => written(explain(&mut out, &outcome, &cleaner, arguments.brief))?,
            Err(error) => terminal::error(&format!("{place}: {error}")),
        }
        shown += 1;
        if shown == arguments.limit {
            terminal::note(&format!("{shown} documents shown; --limit shows more"));
            break;
        }
    }
    written(out.flush())?;
    if shown == 0 {
        let what = arguments
            .id
            .as_ref()
            .map_or("no document".to_owned(), |id| format!("no document with the id \"{id}\""));
        terminal::error(&format!("{what} in the input"));
        return Ok(FOUND);
    }
    Ok(DONE)
}

/// Features shown of each block: those that add most to its score, either way.
const FEATURES_SHOWN: usize = 6;

/// Kinds of page beside the likeliest are shown from this likelihood on.
const KIND_SHOWN: f32 = 0.1;

/// A line on what the model of main content makes of a block.
fn main_content(part: &BlockContributions<'_>) -> String {
    let shown = part.features.iter().take(FEATURES_SHOWN);
    let shown: Vec<String> =
        shown.map(|f| format!("{} {:.2}: {:+.2}", f.feature, f.value, f.adds)).collect();
    format!(
        "main content {:.2} ({:+.2} of itself; {})",
        part.likelihood,
        part.base,
        shown.join(", ")
    )
}

/// The kinds of page that are likely, with how likely each is.
fn kind(explained: &Explained<'_>) -> String {
    let kinds = explained.kinds.iter().enumerate();
    let shown = kinds.filter(|(n, (_, p))| *n == 0 || *p >= KIND_SHOWN);
    let shown: Vec<String> =
        shown.map(|(_, (name, p))| format!("{} {p:.2}", sanitise(name))).collect();
    shown.join(", ")
}

fn explain(
    out: &mut impl Write,
    outcome: &Outcome,
    cleaner: &Cleaner,
    brief: bool,
) -> io::Result<()> {
    let info = outcome.info();
    let rules = cleaner.rules();
    writeln!(out, "{STRONG}{}{STRONG:#}", sanitise(&info.id))?;
    writeln!(
        out,
        "  {} record {} · language {} · {} · {} blocks, {} bytes",
        sanitise(&info.location.source),
        info.location.ordinal + 1,
        sanitise(info.language.as_deref().unwrap_or("unknown")),
        info.charset.name,
        outcome.page.blocks.len(),
        outcome.page.text.len()
    )?;
    stated(out, &outcome.page.metadata)?;
    let survey = Survey::none();
    let view = PageView::of(&outcome.page, &survey);
    let explained = cleaner.model().map(|model| main_content::explain(&view, model));
    let explained = explained.unwrap_or_default();
    let kind = kind(&explained);
    if !kind.is_empty() {
        writeln!(out, "  kind of page, as the model of main content takes it: {kind}")?;
    }
    for (number, block) in outcome.page.blocks.iter().enumerate() {
        let Some(verdict) = outcome.on_blocks.blocks.get(number) else { break };
        let quiet = verdict.verdict.hits.is_empty() && !verdict.verdict.removes();
        if brief && quiet && verdict.sentences.is_empty() {
            continue;
        }
        let mark = match verdict.verdict.action {
            Action::Remove | Action::Drop => format!("{GONE}- {GONE:#}"),
            _ if verdict.sentences.iter().any(|s| s.verdict.removes()) => {
                format!("{LOOK}~ {LOOK:#}")
            }
            _ => format!("{STAYS}  {STAYS:#}"),
        };
        let path = outcome.page.path(block).map(|path| format!(" {path}")).unwrap_or_default();
        writeln!(
            out,
            "{mark}{FAINT}{number:>4} {}{}{}{FAINT:#} {}",
            block.kind.name(),
            sanitise(&path),
            place(outcome.page.markup(block.span)),
            shown(block.span.of(&outcome.page.text), SHOWN)
        )?;
        if let Some(part) = explained.blocks.get(number) {
            writeln!(out, "{FAINT}        {}{FAINT:#}", main_content(part))?;
        }
        explain_verdict(out, &verdict.verdict, rules, "        ")?;
        for sentence in &verdict.sentences {
            let mark = if sentence.verdict.removes() { "-" } else { " " };
            writeln!(out, "      {mark} “{}”", shown(sentence.span.of(&outcome.page.text), SHOWN))?;
            explain_verdict(out, &sentence.verdict, rules, "          ")?;
        }
    }
    for (what, verdict) in ["source", "page", "document"].into_iter().zip(outcome.wholes()) {
        if !verdict.hits.is_empty() {
            writeln!(out, "  {STRONG}{what}{STRONG:#}")?;
            explain_verdict(out, verdict, rules, "        ")?;
        }
    }
    let scores: Vec<String> = Category::ALL
        .iter()
        .zip(outcome.scores())
        .filter(|(_, score)| *score > 0.0)
        .map(|(category, score)| format!("{} {score:.2}", category.name()))
        .collect();
    let scores = if scores.is_empty() { "none".to_owned() } else { scores.join(", ") };
    let decision = match outcome.decision {
        Decision::Kept => format!("{STAYS}kept as it was{STAYS:#}"),
        Decision::Cut => format!("{LOOK}kept, {} spans cut{LOOK:#}", outcome.removals().len()),
        Decision::Dropped => format!("{GONE}dropped{GONE:#}"),
    };
    let guard = match outcome.guard {
        Guard::Quiet => "",
        Guard::Dropped => " (too much of it would have gone)",
        Guard::Left => " (too much of it would have gone, so nothing did)",
    };
    let flagged = if outcome.is_flagged() { ", flagged" } else { "" };
    writeln!(out, "  => {decision}{guard}{flagged}; scores: {scores}\n")
}

/// What a page states of itself, on a line, and its address on another.
fn stated(out: &mut impl Write, metadata: &Metadata) -> io::Result<()> {
    let Metadata { title, authors, published, modified, language, .. } = metadata;
    let Metadata { canonical_url, site_name, kind, .. } = metadata;
    let authors = (!authors.is_empty()).then(|| authors.join(", "));
    let facts = [
        ("title", title),
        ("by", &authors),
        ("published", published),
        ("modified", modified),
        ("language", language),
        ("site", site_name),
        ("type", kind),
    ];
    let facts: Vec<String> = facts
        .iter()
        .filter_map(|(name, value)| Some(format!("{name} {}", shown(value.as_deref()?, SHOWN))))
        .collect();
    if !facts.is_empty() {
        writeln!(out, "  states {}", facts.join(" · "))?;
    }
    match canonical_url {
        Some(url) => writeln!(out, "  states address {}", shown(url, SHOWN)),
        None => Ok(()),
    }
}

/// Where a block stands in its markup: ` @120-184`, with a `~` for bytes of the decoded markup.
fn place(markup: Option<Markup>) -> String {
    markup.map_or_else(String::new, |Markup { span, is_decoded }| {
        format!(" @{}{}-{}", if is_decoded { "~" } else { "" }, span.start, span.end)
    })
}

fn explain_verdict(
    out: &mut impl Write,
    verdict: &Verdict,
    rules: &RuleSet,
    indent: &str,
) -> io::Result<()> {
    if verdict.hits.is_empty() && !verdict.removes() {
        return Ok(());
    }
    for (n, hit) in verdict.hits.iter().enumerate() {
        let rule = rules.rule(hit.rule);
        let gave = match rule.effect {
            tamis::rules::Effect::Weight(_) => {
                format!("{:+.2}", verdict.points.each.get(n).copied().unwrap_or(0.0))
            }
            tamis::rules::Effect::Action(action) => action.name().to_owned(),
        };
        let seen: Vec<String> = hit.evidence.iter().map(evidence).collect();
        writeln!(
            out,
            "{indent}{LOOK}{}{LOOK:#} {gave}  {FAINT}{}{FAINT:#}",
            rule.name,
            sanitise(&seen.join("; "))
        )?;
    }
    let by = match verdict.by {
        DecidedBy::Default | DecidedBy::Layout => return Ok(()),
        DecidedBy::Action(rule) => {
            format!("{} by {}", verdict.action.name(), rules.rule(rule).name)
        }
        DecidedBy::Points => {
            format!("{} with {:.2} points", verdict.action.name(), verdict.points.total)
        }
        DecidedBy::Context => "removed with its neighbours".to_owned(),
        DecidedBy::Heading => "removed with what it heads".to_owned(),
        DecidedBy::Sentences => "removed, for all its sentences went".to_owned(),
    };
    writeln!(out, "{indent}=> {by}")
}

/// One leaf of a condition as text: `link_density 0.82 (above 0.6)`.
fn evidence(evidence: &Evidence) -> String {
    let value = evidence.value.map_or("undefined".to_owned(), |value| {
        if value.fract() == 0.0 { format!("{value}") } else { format!("{value:.3}") }
    });
    let bound =
        if evidence.bound.is_empty() { String::new() } else { format!(" ({})", evidence.bound) };
    format!("{} {value}{bound}", evidence.asked)
}
