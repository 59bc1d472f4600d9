//! `tamis tune`: what rules do to labelled documents, and better numbers for them.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::eval::labelled;
use super::survey::Choice;
use super::terminal::{self, STRONG, written};
use super::{DONE, FOUND, Failure, on_this_machine};
use tamis::Record;
use tamis::rules::overlay::{BaseRules, Overlay};
use tamis::tune::{
    Address, Aim, Cross, Fit, FitOptions, LabelDesk, Part, RuleHits, Suggestion, Sweep, Worth,
    candidates, cross_fit, fit, rule_hits, suggest, sweep,
};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show of each rule how right it is, what it decides alone, and which other rule says the same
    Hits(HitsArguments),
    /// Show what other values of one number of a rule would find and lose
    Sweep(SweepArguments),
    /// Look for numbers that find more junk at a stated cost in good text
    Suggest(SuggestArguments),
    /// Learn weights from labels, and write them as a rules file
    Fit(FitArguments),
}

/// Which labelled documents, by which rules.
#[derive(Args)]
struct Labels {
    /// Label files in JSON Lines, plain, .gz or .zst, or - for standard input; docs/labels.md has
    /// the format
    #[arg(required = true, value_name = "LABELS")]
    labels: Vec<String>,

    /// A built-in rule set or preset by its name, or a rules file by its path; may be repeated
    #[arg(long, short, visible_alias = "preset", value_name = "NAME|FILE", default_value = "web")]
    rules: Vec<String>,

    #[command(flatten)]
    survey: Choice,

    /// Write all figures to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Threads that clean; by default one for each core, or what RAYON_NUM_THREADS says
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,
}

#[derive(Args)]
struct HitsArguments {
    #[command(flatten)]
    labels: Labels,

    /// Show rules that never fired too
    #[arg(long)]
    all: bool,
}

#[derive(Args)]
struct SweepArguments {
    /// The number: a rule's full name and the number's address, as
    /// links/unrelated-titles:run.at-least (`tamis rules show` has them)
    #[arg(value_name = "RULE:NUMBER")]
    number: Address,

    #[command(flatten)]
    labels: Labels,

    /// Values to try, with commas between; by default some that are seen in the documents
    #[arg(long, value_name = "VALUES", value_delimiter = ',')]
    values: Vec<f64>,
}

/// What is held back, and what is written.
#[derive(Args)]
struct Learning {
    #[command(flatten)]
    labels: Labels,

    /// The share of the documents that nothing is learned from, to see what it is worth
    #[arg(long, value_name = "SHARE", default_value_t = 0.3)]
    hold_back: f64,

    /// Only rules whose full name starts so, as links/ or links/menu; may be repeated
    #[arg(long, value_name = "START")]
    only: Vec<String>,

    /// A rule must matter in so many documents for its numbers to be learned
    #[arg(long, value_name = "N", default_value_t = 5)]
    documents: u64,

    /// Write the changes to this rules file, which extends the rules given
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Args)]
struct SuggestArguments {
    #[command(flatten)]
    learning: Learning,

    /// Good characters that may go, in a million, by all rules together
    #[arg(long, value_name = "N")]
    cost: f64,

    /// Most numbers that are changed
    #[arg(long, value_name = "N", default_value_t = 10)]
    most: usize,
}

#[derive(Args)]
struct FitArguments {
    #[command(flatten)]
    learning: Learning,

    /// Good characters that may go, in a million, by cross-validation: most junk is found for that.
    /// Without it the best F1
    #[arg(long, value_name = "N")]
    cost: Option<f64>,

    /// Hold back nothing from what is written, and say what it is worth by dividing the documents
    /// into N parts: each part is judged by weights learned from the others
    #[arg(long, value_name = "N", conflicts_with = "hold_back",
          value_parser = clap::value_parser!(u64).range(2..=100))]
    cross: Option<u64>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    match &arguments.command {
        Command::Hits(arguments) => hits(arguments),
        Command::Sweep(arguments) => one_number(arguments),
        Command::Suggest(arguments) => suggestion(arguments),
        Command::Fit(arguments) => weights(arguments),
    }
}

impl Labels {
    /// The labelled documents, judged; a share of them held back.
    fn desk(&self, hold_back: f64) -> Result<LabelDesk, Failure> {
        let base = BaseRules::load(&self.rules)?;
        let labelled = labelled(&self.labels)?;
        let records: Vec<&Record> = labelled.iter().map(|one| &one.record).collect();
        let survey = self.survey.survey_of(&records, base.rules(), self.threads)?;
        for warning in base.rules().warnings() {
            terminal::note(&warning.to_string());
        }
        let desk = LabelDesk::new(base, labelled, survey, self.threads, hold_back)?;
        for one in desk.desk().unjudged() {
            terminal::note(&format!("{} is left out: {}", one.id, one.reason));
        }
        Ok(desk)
    }

    fn write_json(&self, figures: &impl Serialize) -> Result<(), Failure> {
        let Some(path) = &self.json else { return Ok(()) };
        let mut json = serde_json::to_vec_pretty(figures)?;
        json.push(b'\n');
        std::fs::write(path, json).map_err(|error| Failure(format!("{}: {error}", path.display())))
    }
}

/// A share in percent.
fn percent(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = terminal::out();
    written(write!(out, "{text}"))?;
    written(out.flush())
}

fn hits(arguments: &HitsArguments) -> Result<u8, Failure> {
    let desk = arguments.labels.desk(0.0)?;
    let mut figures = rule_hits(&desk, Part::All);
    figures.sort_by(|a, b| (b.junk + b.good).cmp(&(a.junk + a.good)).then(b.hits.cmp(&a.hits)));
    arguments.labels.write_json(&figures)?;
    let mut text = format!(
        "{STRONG}{:<38}{:>9}{:>7}{:>7}{:>7}  {:<12}{:>7}  {:<12}{}{STRONG:#}\n",
        "rule",
        "effect",
        "hits",
        "right",
        "wrong",
        "precision",
        "recall",
        "alone r/w",
        "most often with"
    );
    let shown = figures.iter().filter(|one| arguments.all || one.hits > 0);
    shown.for_each(|one| text.push_str(&hits_line(one)));
    let silent = figures.iter().filter(|one| one.hits == 0).count();
    if silent > 0 && !arguments.all {
        text.push_str(&format!("{silent} rules never fired (--all shows them)\n"));
    }
    text.push_str(
        "precision: right of right and wrong hits, with Wilson's interval at 95 %; recall: of the \
         characters that have to go, those it fired on, in percent\n",
    );
    print(&text)?;
    Ok(DONE)
}

fn hits_line(one: &RuleHits) -> String {
    let precision = match (one.precision, one.interval) {
        (Some(p), Some((low, high))) => {
            format!("{:>3.0} {:>3.0}-{:.0}", p * 100.0, low * 100.0, high * 100.0)
        }
        _ => "  -".to_owned(),
    };
    let with = one.overlap.as_ref();
    let with = with.map(|(rule, times)| format!("{rule} ({times})")).unwrap_or_default();
    format!(
        "{:<38}{:>9}{:>7}{:>7}{:>7}  {:<12}{:>7}  {:<12}{}\n",
        terminal::sanitise(&one.rule),
        one.effect,
        one.hits,
        one.right,
        one.wrong,
        precision,
        if one.junk + one.good > 0 { percent(one.recall) } else { "-".to_owned() },
        format!("{}/{}", one.alone_right, one.alone_wrong),
        terminal::sanitise(&with),
    )
}

fn one_number(arguments: &SweepArguments) -> Result<u8, Failure> {
    /// Values tried by themselves.
    const VALUES: usize = 15;
    let mut desk = arguments.labels.desk(0.0)?;
    let (rule, number) = tamis::tune::find(&desk, &arguments.number)?;
    let mut values = arguments.values.clone();
    if values.is_empty() {
        values = candidates(&desk, rule, number, VALUES);
    } else {
        values.push(number.value);
        values.sort_by(f64::total_cmp);
        values.dedup();
    }
    let signal = number.signal.map_or("matches", |signal| signal.signal().name);
    let head = format!("{}: {signal} {}\n\n", arguments.number, number.bound);
    let curve = sweep(&mut desk, &arguments.number, &values, Part::All)?;
    arguments.labels.write_json(&curve)?;
    print(&format!("{}{}", terminal::sanitise(&head), curve_text(&curve)))?;
    for (value, why) in &curve.refused {
        terminal::note(&format!("{value} is left out: {why}"));
    }
    Ok(DONE)
}

fn curve_text(curve: &Sweep) -> String {
    const WIDTH: f64 = 24.0;
    let current = curve.points.iter().find(|point| point.is_current).map(|point| point.worth);
    let most = curve.points.iter().map(|point| point.worth.recall()).fold(0.0, f64::max);
    let least = curve.points.iter().map(|point| point.worth.recall()).fold(1.0, f64::min);
    let mut text = format!(
        "{STRONG}  {:>10}{:>9}{:>11}{:>15}{:>9}  {:<26}{}{STRONG:#}\n",
        "value", "recall", "precision", "lost / million", "changed", "junk found", "against now"
    );
    for point in &curve.points {
        let worth = &point.worth;
        let of = (worth.recall() - least) / (most - least).max(f64::MIN_POSITIVE);
        let bar = "#".repeat((of * WIDTH).round() as usize);
        let against = current.filter(|_| !point.is_current).map(|now| {
            let junk = worth.junk_found as i64 - now.junk_found as i64;
            let good = worth.good_lost as i64 - now.good_lost as i64;
            format!("junk {junk:+}, good lost {good:+}")
        });
        text.push_str(&format!(
            "{} {:>10}{:>9}{:>11}{:>15.0}{:>9}  {bar:<26}{}\n",
            if point.is_current { ">" } else { " " },
            point.value,
            percent(worth.recall()),
            percent(worth.precision()),
            worth.cost(),
            point.changed,
            against.unwrap_or_else(|| "in force".to_owned()),
        ));
    }
    text
}

/// Two lines of figures: before and after.
fn before_and_after(title: &str, (before, after): &(Worth, Worth)) -> String {
    let line = |what: &str, worth: &Worth| {
        format!(
            "  {what:<10}{:>9}{:>11}{:>7}{:>16.0}{:>10}{:>10}\n",
            percent(worth.recall()),
            percent(worth.precision()),
            percent(worth.f1()),
            worth.cost(),
            format!("{}/{}", worth.dropped_rightly, worth.to_drop),
            worth.dropped_wrongly,
        )
    };
    format!(
        "{STRONG}{title:<12}{:>9}{:>11}{:>7}{:>16}{:>10}{:>10}{STRONG:#}\n{}{}",
        "recall",
        "precision",
        "F1",
        "lost / million",
        "dropped",
        "wrongly",
        line("before", before),
        line("after", after)
    )
}

impl Learning {
    fn desk(&self, hold_back: f64) -> Result<LabelDesk, Failure> {
        if !(0.0..1.0).contains(&hold_back) {
            return Err(Failure("--hold-back takes a share from 0 to below 1".to_owned()));
        }
        if let Some(output) = &self.output {
            on_this_machine(output)?;
            if output.exists() {
                let path = output.display();
                return Err(Failure(format!("{path} is there already: name another file")));
            }
        }
        self.labels.desk(hold_back)
    }

    fn wants(&self, rule: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|start| rule.starts_with(start.as_str()))
    }

    /// Writes the changes, with what they were learned from.
    fn write(
        &self,
        desk: &LabelDesk,
        overlay: &Overlay,
        what: &str,
        figures: &str,
    ) -> Result<(), Failure> {
        let Some(path) = &self.output else {
            terminal::note("nothing is written: -o FILE writes the changes as a rules file");
            return Ok(());
        };
        let extends: Vec<String> =
            self.labels.rules.iter().map(|name| beside(name, path)).collect();
        let ids = desk.labels().iter().map(|label| label.id.as_str());
        let comment = format!(
            "{what}\nCommand: {}\nData: {} documents of {}; xxh3 of their ids and labels {:016x}\n\n{figures}",
            typed_command(),
            ids.clone().count(),
            self.labels.labels.join(", "),
            fingerprint(desk),
        );
        let text = overlay.to_toml("Tuned to labelled documents", &extends, &comment);
        std::fs::write(path, text)
            .map_err(|error| Failure(format!("{}: {error}", path.display())))?;
        terminal::note(&format!("{} is written; -r {} uses it", path.display(), path.display()));
        Ok(())
    }
}

/// The command as it was typed, the program's path aside.
fn typed_command() -> String {
    let word = |word: String| {
        let is_plain = |c: char| c.is_alphanumeric() || "-_./:,=@+%".contains(c);
        if !word.is_empty() && word.chars().all(is_plain) { word } else { format!("'{word}'") }
    };
    let rest = std::env::args_os().skip(1).map(|word_| word(word_.to_string_lossy().into_owned()));
    std::iter::once("tamis".to_owned()).chain(rest).collect::<Vec<_>>().join(" ")
}

/// A hash of labels: of which documents, and what they say.
fn fingerprint(desk: &LabelDesk) -> u64 {
    let mut text = String::new();
    for label in desk.labels() {
        text.push_str(&label.id);
        text.push_str(label.doc_label.name());
        for part in &label.spans {
            text.push_str(&format!(
                " {}-{} {}",
                part.span.start,
                part.span.end,
                part.action.name()
            ));
        }
        text.push('\n');
    }
    tamis::text::words::word_hash(&text)
}

/// How a rules file is named from the folder of another: built-in ones by their names, files by
/// their paths.
fn beside(name: &str, path: &Path) -> String {
    if !name.ends_with(".toml") && !Path::new(name).is_file() {
        return name.to_owned();
    }
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (file, folder) = (absolute(Path::new(name)), absolute(path));
    let folder = folder.parent().map(Path::to_owned).unwrap_or_default();
    let common = file.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let mut out = PathBuf::from(".");
    folder.components().skip(common).for_each(|_| out.push(".."));
    file.components().skip(common).for_each(|part| out.push(part));
    out.to_string_lossy().replace('\\', "/")
}

fn suggestion(arguments: &SuggestArguments) -> Result<u8, Failure> {
    /// Values tried of each number.
    const VALUES: usize = 9;
    let learning = &arguments.learning;
    if arguments.cost.is_nan() || arguments.cost < 0.0 {
        return Err(Failure("--cost takes a number of characters in a million".to_owned()));
    }
    let mut desk = learning.desk(learning.hold_back)?;
    let aim = Aim {
        cost: arguments.cost,
        values: VALUES,
        documents: learning.documents,
        most: arguments.most,
    };
    let found = suggest(&mut desk, &aim, &|rule| learning.wants(rule), &mut |_, _| {})?;
    learning.labels.write_json(&found)?;
    let shown = suggestion_text(&found, arguments.cost);
    print(&shown)?;
    if found.steps.is_empty() {
        terminal::note("no number is found that does better");
        return Ok(FOUND);
    }
    let what =
        format!("Thresholds for at most {} good characters lost in a million", arguments.cost);
    learning.write(&desk, &found.overlay, &what, &plain(&shown))?;
    Ok(DONE)
}

fn suggestion_text(found: &Suggestion, cost: f64) -> String {
    let mut text = String::new();
    for step in &found.steps {
        text.push_str(&format!(
            "{:<58}{:>9} -> {:<9} recall {:>5}, lost {:>6.0} in a million, {} documents changed\n",
            terminal::sanitise(&step.address.to_string()),
            step.from,
            step.to,
            percent(step.worth.recall()),
            step.worth.cost(),
            step.changed,
        ));
    }
    text.push('\n');
    text.push_str(&before_and_after("learned", &found.learned));
    text.push_str(&before_and_after("held back", &found.held_back));
    if !found.is_reached {
        text.push_str(&format!("the cost of {cost} is not reached by thresholds alone\n"));
    }
    text
}

/// What `--json` writes of a fit.
#[derive(Serialize)]
struct FitFigures<'f> {
    #[serde(flatten)]
    fit: Option<&'f Fit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cross: Option<&'f Cross>,
}

fn weights(arguments: &FitArguments) -> Result<u8, Failure> {
    let learning = &arguments.learning;
    let hold_back = if arguments.cross.is_some() { 0.0 } else { learning.hold_back };
    let desk = learning.desk(hold_back)?;
    let options = FitOptions { cost: arguments.cost, documents: learning.documents as usize };
    let wanted = |rule: &str| learning.wants(rule);
    let cross = arguments.cross.map(|folds| cross_fit(&desk, &options, &wanted, folds));
    let cross = cross.transpose()?;
    let found = fit(&desk, &options, &wanted);
    let figures = FitFigures { fit: found.as_ref().ok(), cross: cross.as_ref() };
    if figures.fit.is_some() || figures.cross.is_some() {
        learning.labels.write_json(&figures)?;
    }
    let mut shown = found.as_ref().map(fit_text).unwrap_or_default();
    if let Some(cross) = &cross {
        shown.push_str(&cross_text(cross));
    }
    print(&shown)?;
    let found = found?;
    learning.write(&desk, &found.overlay, "Weights learned by `tamis tune fit`", &plain(&shown))?;
    Ok(DONE)
}

fn cross_text(cross: &Cross) -> String {
    let (better, worse) = cross.better_and_worse;
    let (low, high) = cross.interval;
    format!(
        "{}  each of {} documents judged by weights that never saw it, in {} parts of {} families; \
         weights were found for {} of the parts\n  {better} documents come out better, {worse} \
         worse; F1 {:+.2} points, at 95 % {:+.2} to {:+.2}\n",
        before_and_after("unseen", &cross.unseen),
        cross.documents,
        cross.folds,
        cross.families,
        cross.found,
        cross.gain * 100.0,
        low * 100.0,
        high * 100.0,
    )
}

fn fit_text(found: &Fit) -> String {
    let mut text = format!(
        "{STRONG}{:<44}{:>8}{:>9}{:>11}{STRONG:#}\n",
        "rule", "before", "learned", "documents"
    );
    for one in &found.weights {
        text.push_str(&format!(
            "{:<44}{:>8.2}{:>9.2}{:>11}\n",
            terminal::sanitise(&one.rule),
            one.from,
            one.to,
            one.documents
        ));
    }
    let (better, worse) = found.better_and_worse;
    text.push_str(&format!(
        "\n{} targets; chosen by cross-validation: ridge {}, 1 point stands for a likelihood of {}, \
         {} of the way from the weights in force; there recall {}, {:.0} lost in a million, F1 \
         {:+.2} points with a standard error of {:.2}\n\n",
        found.targets,
        found.ridge,
        found.likelihood,
        found.share,
        percent(found.validated.recall()),
        found.validated.cost(),
        found.gain.0 * 100.0,
        found.gain.1 * 100.0,
    ));
    text.push_str(&before_and_after("learned", &found.learned));
    // With --cross nothing is held back.
    if found.held_back.0 != Worth::default() {
        text.push_str(&before_and_after("held back", &found.held_back));
        text.push_str(&format!(
            "  of the documents held back {better} come out better, {worse} worse\n"
        ));
    }
    text
}

/// A text without its colours.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
