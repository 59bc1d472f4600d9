//! The documents of `seeds/` against `tests/seeds.labels.jsonl`, by the default preset: what has to
//! go goes, everything else stays. `seeds/README` says what the labels mean.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use tamis::document::{Format, Location, Span};
use tamis::outcome::Outcome;
use tamis::pipeline::prints;
use tamis::{Cleaner, Record, RuleSet, Survey};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Label {
    id: String,
    doc_label: String,
    remove: Vec<Piece>,
    #[serde(default)]
    either: Vec<[String; 2]>,
    #[serde(default)]
    flag: bool,
    about: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Piece {
    text: String,
    category: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn record(id: &str) -> Record {
    let folder = root().join("seeds");
    let Some((file, name)) = id.split_once(':') else {
        let bytes = fs::read(folder.join(id)).unwrap_or_else(|error| panic!("{id}: {error}"));
        let format = match Path::new(id).extension().and_then(|e| e.to_str()) {
            Some("md") => Format::Markdown,
            Some("html") => Format::Html,
            _ => Format::Text,
        };
        return Record::bytes(id, format, bytes);
    };
    let lines = fs::read_to_string(folder.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    let text = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
        .find(|record| record["id"] == name)
        .unwrap_or_else(|| panic!("no record {name} in {file}"));
    Record::text(id, text["text"].as_str().expect("a text"))
}

/// For each byte of the page's text: true if it was cut.
fn gone(outcome: &Outcome) -> Vec<bool> {
    let dropped = outcome.text().is_none();
    let mut gone = vec![dropped; outcome.page.text.len()];
    for removal in outcome.removals() {
        gone[removal.span.start..removal.span.end].fill(true);
    }
    gone
}

/// The share of a span's characters, white space aside, that went.
fn share(text: &str, span: Span, gone: &[bool]) -> f64 {
    let solid: Vec<bool> = span
        .of(text)
        .char_indices()
        .filter(|(_, c)| !c.is_whitespace())
        .map(|(at, _)| gone[span.start + at])
        .collect();
    solid.iter().filter(|gone| **gone).count() as f64 / solid.len().max(1) as f64
}

/// The places of a piece in a text, white space being equal to any white space.
fn places(text: &str, piece: &str) -> Vec<Span> {
    let wanted: Vec<char> = piece.chars().filter(|c| !c.is_whitespace()).collect();
    let solid: Vec<(usize, char)> =
        text.char_indices().filter(|(_, c)| !c.is_whitespace()).collect();
    solid
        .windows(wanted.len())
        .filter(|window| window.iter().map(|(_, c)| c).eq(&wanted))
        .map(|window| {
            let (last, c) = window[window.len() - 1];
            Span::new(window[0].0, last + c.len_utf8())
        })
        .collect()
}

/// Runs of characters that went and are not in `allowed`.
fn lost(text: &str, gone: &[bool], allowed: &[Span]) -> Vec<String> {
    let mut runs: Vec<String> = Vec::new();
    let mut open = false;
    for (at, c) in text.char_indices() {
        let free = allowed.iter().any(|span| span.start <= at && at < span.end);
        let is_lost = gone[at] && !free;
        if is_lost && !open {
            runs.push(String::new());
        }
        if let (true, Some(run)) = (is_lost, runs.last_mut()) {
            run.push(c);
        }
        open = is_lost;
    }
    // Marks that the page's text has and the labels' pieces have not: bullets of HTML lists.
    runs.retain(|run| run.chars().any(|c| !c.is_whitespace() && !matches!(c, '-' | '•' | '*')));
    runs
}

fn start(text: &str) -> String {
    text.chars().take(70).collect::<String>().replace('\n', "⏎")
}

fn faults(label: &Label, outcome: &Outcome) -> Vec<String> {
    let text = &outcome.page.text;
    let mut faults = Vec::new();
    let dropped = outcome.text().is_none();
    if dropped != (label.doc_label == "drop") {
        faults.push(if dropped { "is dropped" } else { "is not dropped" }.to_owned());
        return faults;
    }
    if label.flag && !outcome.is_flagged() {
        faults.push("is not flagged".to_owned());
    }
    if dropped {
        return faults;
    }
    let gone = gone(outcome);
    let mut allowed = Vec::new();
    for piece in &label.remove {
        let [place] = places(text, &piece.text)[..] else {
            faults.push(format!("the label does not occur once: “{}”", start(&piece.text)));
            continue;
        };
        allowed.push(place);
        let share = share(text, place, &gone);
        if share < 1.0 {
            let went = share * 100.0;
            faults.push(format!(
                "{went:.0} % of a {} went: “{}”",
                piece.category,
                start(&piece.text)
            ));
        }
    }
    for [one, other] in &label.either {
        let mut copies = places(text, one);
        copies.extend(places(text, other));
        copies.sort_unstable();
        copies.dedup();
        let shares: Vec<f64> = copies.iter().map(|span| share(text, *span, &gone)).collect();
        let whole = shares.iter().filter(|share| **share == 1.0).count();
        let none = shares.iter().filter(|share| **share == 0.0).count();
        if (shares.len(), whole, none) != (2, 1, 1) {
            faults.push(format!("of two copies {whole} went and {none} stayed: “{}”", start(one)));
        }
        allowed.extend(copies);
    }
    for run in lost(text, &gone, &allowed) {
        faults.push(format!("{} bytes that should stay went: “{}”", run.len(), start(&run)));
    }
    faults
}

fn labels() -> Vec<Label> {
    let labels =
        fs::read_to_string(root().join("tests/seeds.labels.jsonl")).expect("the labels are there");
    labels.lines().map(|line| serde_json::from_str(line).expect("a label")).collect()
}

#[test]
fn every_seed_is_cleaned_as_labelled() {
    let rules = RuleSet::default_preset().expect("the default preset is right");
    let cleaner = Cleaner::new(rules, Survey::none()).expect("no survey is needed");
    let mut failures = Vec::new();
    let labels = labels();
    for label in &labels {
        let outcome = cleaner.clean(record(&label.id)).expect("a seed is text");
        let faults = faults(label, &outcome);
        if !faults.is_empty() {
            failures.push(format!("{} ({})\n  {}", label.id, label.about, faults.join("\n  ")));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} seeds:\n{}",
        failures.len(),
        labels.len(),
        failures.join("\n")
    );
}

#[test]
fn every_seed_has_a_label() {
    let known: Vec<String> =
        labels().iter().map(|l| l.id.split(':').next().unwrap_or_default().to_owned()).collect();
    for entry in fs::read_dir(root().join("seeds")).expect("seeds") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(name == "README" || known.contains(&name), "{name} has no label");
    }
}

/// What must go from the documents of `seeds/copies.jsonl`, and no more, once they are surveyed:
/// how a piece begins and how it ends; `None` for all of it.
const COPIES: &[(&str, Option<(&str, &str)>)] = &[
    ("ice-winter", Some(("", ""))),
    ("lamp-keepers", Some(("About this magazine", "of each month."))),
    ("ferry", Some(("About this magazine", "of each month."))),
    ("post-roads", Some(("In the winter of the great ice", "was dear that year."))),
    ("quoted", Some(("", ""))),
    ("reprint", None),
    ("tide-gauge", Some(("", ""))),
];

#[test]
fn copies_across_seeds_go_and_the_first_stays() {
    let rules = RuleSet::default_preset().expect("the default preset is right");
    let settings = rules.survey_settings();
    let records: Vec<Record> = (0..)
        .zip(labels())
        .map(|(ordinal, label)| {
            let mut record = record(&label.id);
            record.location = Location { source: "seeds".into(), ordinal };
            record
        })
        .collect();
    let pages =
        records.iter().map(|record| prints(record.clone(), &settings).expect("a seed is text"));
    let survey = Survey::over(settings.clone(), pages).expect("memory");
    let alone = Cleaner::new(rules.clone(), Survey::none()).expect("no survey is needed");
    let together = Cleaner::new(rules, survey).expect("the survey is of blocks");
    let mut seen = 0;
    for record in records {
        let id = record.id.clone();
        let expected = COPIES.iter().find(|(name, _)| id.ends_with(&format!(":{name}")));
        let alone = alone.clean(record.clone()).expect("a seed is text");
        let together = together.clean(record).expect("a seed is text");
        let text = &together.page.text;
        let mut wanted = gone(&alone);
        match expected {
            Some((_, None)) => wanted.fill(true),
            Some((_, Some((start, end)))) if !start.is_empty() => {
                let start = text.find(start).expect("it begins");
                let end = start + text[start..].find(end).expect("it ends") + end.len();
                wanted[start..end].fill(true);
            }
            _ => {}
        }
        seen += usize::from(expected.is_some());
        let found = gone(&together);
        let wrong: String = text
            .char_indices()
            .filter(|(at, c)| !c.is_whitespace() && found[*at] != wanted[*at])
            .map(|(_, c)| c)
            .collect();
        assert!(wrong.is_empty(), "{id}: {}", start(&wrong));
    }
    assert_eq!(seen, COPIES.len());
}
