//! The sets pinned to DCLM, NeMo Curator, data-juicer and TensorFlow Datasets' C4, held against
//! what those programs said of a hundred documents (`tests/data/parity/peers/README.md`).
//!
//! `TAMIS_PARITY_PEERS` names another folder with files of the same form.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tamis::document::{Format, Info};
use tamis::outcome::{Decision, Outcome};
use tamis::signals::{self, PageView};
use tamis::{Cleaner, Record, RuleSet, Survey};

fn folder() -> PathBuf {
    std::env::var_os("TAMIS_PARITY_PEERS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/parity/peers")),
        PathBuf::from,
    )
}

fn lines(name: &str) -> Vec<Value> {
    let path = folder().join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn texts() -> BTreeMap<String, String> {
    let pair = |line: Value| {
        let of = |key: &str| line[key].as_str().expect("a text").to_owned();
        (of("id"), of("text"))
    };
    lines("docs.jsonl").into_iter().map(pair).collect()
}

/// What differs: the document, what of it, what the original said, what we say.
struct Differences(Vec<String>);

impl Differences {
    fn none(self, most: usize) {
        let shown: Vec<&String> = self.0.iter().take(60).collect();
        assert!(self.0.len() <= most, "{} differences:\n{shown:#?}", self.0.len());
    }
}

/// Compares the recorded signals of a text with ours, to 1e-6.
fn compare_signals(said: &Value, text: &str, differences: &mut Differences) {
    let info = Info::new("id", Format::Text);
    let survey = Survey::none();
    let view = PageView::new(text, &[], &info, &survey);
    for (name, theirs) in said["signals"].as_object().expect("signals") {
        if said["ties"].as_array().is_some_and(|ties| ties.iter().any(|tie| tie == name)) {
            continue;
        }
        let id = signals::by_name(name).unwrap_or_else(|| panic!("no signal {name}"));
        let scope = if name.starts_with("refinedweb") { view.page() } else { view.document() };
        let ours = scope.value(id);
        let same = match (ours, theirs.as_f64()) {
            (Some(ours), Some(theirs)) => (ours - theirs).abs() <= 1e-6,
            (ours, theirs) => ours.is_none() && theirs.is_none(),
        };
        if !same {
            let id = &said["id"];
            differences.0.push(format!("{id} {name}: theirs {theirs}, ours {ours:?}"));
        }
    }
}

fn names(list: &Value) -> BTreeSet<String> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn fired(outcome: &Outcome, rules: &RuleSet) -> BTreeSet<String> {
    let hits = outcome.wholes().flat_map(|verdict| &verdict.hits);
    let name = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    hits.map(|hit| name(&rules.rule(hit.rule).name)).collect()
}

fn cleaner(preset: &str) -> Cleaner {
    let rules = RuleSet::load([preset]).expect("a preset");
    Cleaner::new(rules, Survey::none()).expect("no survey is needed")
}

/// Every rule of a preset that drops fires where the original's filter of that name does.
fn drops_as_recorded(preset: &str, file: &str) {
    let texts = texts();
    let cleaner = cleaner(preset);
    let mut differences = Differences(Vec::new());
    for said in lines(file) {
        let id = said["id"].as_str().expect("an id");
        let text = &texts[id];
        compare_signals(&said, text, &mut differences);
        let outcome = cleaner.clean(Record::text(id, text)).expect("text");
        let (mut ours, mut theirs) = (fired(&outcome, cleaner.rules()), names(&said["drops"]));
        // Where the original stops with an error, we drop the document.
        let drops = !(ours.is_empty() && names(&said["raises"]).is_empty());
        for tie in names(&said["ties"]) {
            let rule = tie.replace("nemo_", "").replace("gram_char_ratio", "-gram");
            let rule = rule.replace('_', "-").replace("--", "-");
            ours.remove(&rule);
            theirs.remove(&rule);
        }
        if ours != theirs {
            differences.0.push(format!("{id}: theirs {theirs:?}, ours {ours:?}"));
        }
        if (outcome.decision == Decision::Dropped) != drops {
            differences.0.push(format!("{id}: decided {:?}", outcome.decision));
        }
    }
    differences.none(0);
}

#[test]
fn gopher_as_dclm_counts_it() {
    drops_as_recorded("gopher-dclm", "dclm.jsonl");
}

#[test]
fn the_heuristics_of_nemo_curator() {
    drops_as_recorded("nemo-heuristics", "nemo.jsonl");
}

#[test]
fn the_default_filters_of_data_juicer() {
    drops_as_recorded("data-juicer-default", "juicer.jsonl");
}

/// The lines of a text that are not blank, without the white space around them.
fn solid_lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

/// A preset that judges lines drops the pages that the original drops, and leaves the same lines
/// of the others, blank lines aside.
fn leaves_the_lines_recorded(preset: &str, file: &str, but_for: &[&str]) {
    let texts = texts();
    let cleaner = cleaner(preset);
    let mut differences = Differences(Vec::new());
    for said in lines(file) {
        let id = said["id"].as_str().expect("an id");
        let text = &texts[id];
        compare_signals(&said, text, &mut differences);
        let outcome = cleaner.clean(Record::text(id, text)).expect("text");
        let dropped = outcome.decision == Decision::Dropped;
        if but_for.contains(&id) {
            continue;
        }
        if dropped != (said["dropped"] == true) {
            differences.0.push(format!("{id}: {:?}, theirs {}", outcome.decision, said["reason"]));
            continue;
        }
        let theirs = said["text"].as_str().unwrap_or_default();
        let (ours, theirs) = (solid_lines(&outcome.cleaned.text), solid_lines(theirs));
        if !dropped && ours != theirs {
            let (one, other) =
                ours.iter().zip(&theirs).find(|(one, other)| one != other).unwrap_or((&"", &""));
            let lengths = (ours.len(), theirs.len());
            differences.0.push(format!("{id}: {lengths:?} lines, ours {one:?}, theirs {other:?}"));
        }
    }
    differences.none(0);
}

#[test]
fn c4_as_tensorflow_datasets_cleans_it() {
    leaves_the_lines_recorded("c4-tfds", "c4.jsonl", &[]);
}

#[test]
fn the_line_filters_of_refinedweb() {
    leaves_the_lines_recorded("refinedweb-lines", "refinedweb.jsonl", &[]);
}

#[test]
fn the_quality_signals_of_redpajama_v2() {
    let texts = texts();
    let mut differences = Differences(Vec::new());
    for said in lines("redpajama.jsonl") {
        compare_signals(&said, &texts[said["id"].as_str().expect("an id")], &mut differences);
    }
    differences.none(0);
}
