//! How long a change to the rules takes on documents in memory (`tamis ui`, `tamis tune`).
//!
//! `cargo bench --bench desk -- [FILE.jsonl] [RULES]`: the first 1,000 documents of a file, or the
//! project's seeds again and again. The changes: of one rule in four each number and the action; each
//! rule switched off; many weights at once, as `fit` changes them. Printed: the documents judged
//! anew for each change, and the milliseconds, the least of three.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use tamis::rules::overlay::{BaseRules, Overlay};
use tamis::rules::{Action, Effect, RuleId};
use tamis::tune::Desk;
use tamis::{Record, Survey};

const DOCUMENTS: usize = 1_000;
/// So many weights are changed at once, of the rules that fire most.
const WEIGHTS: [usize; 2] = [30, 100];

fn records(path: Option<&str>) -> Vec<Record> {
    let mut texts: Vec<String> = Vec::new();
    match path {
        Some(path) => {
            let lines = std::fs::read_to_string(path).expect("the file can be read");
            texts.extend(lines.lines().filter_map(|line| {
                let value: serde_json::Value = serde_json::from_str(line).ok()?;
                Some(value.get("text")?.as_str()?.to_owned())
            }));
        }
        None => {
            let folder = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds"));
            let mut paths: Vec<_> =
                folder.expect("seeds").filter_map(|entry| Some(entry.ok()?.path())).collect();
            paths.sort();
            let is_text = |path: &&std::path::PathBuf| path.extension().is_some_and(|e| e == "txt");
            texts.extend(
                paths.iter().filter(is_text).filter_map(|p| std::fs::read_to_string(p).ok()),
            );
        }
    }
    let all = texts.iter().cycle().take(DOCUMENTS);
    all.enumerate().map(|(n, text)| Record::text(format!("d{n}"), text)).collect()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let records = records(arguments.first().map(String::as_str));
    let preset = arguments.get(1).map_or("web", String::as_str);
    let size = |record: &Record| match &record.body {
        tamis::document::Body::Text(text) => text.len(),
        _ => 0,
    };
    let bytes: usize = records.iter().map(size).sum();
    let begin = Instant::now();
    let base = BaseRules::load([preset]).expect("rules");
    println!("rules loaded in {:.0} ms", begin.elapsed().as_secs_f64() * 1e3);
    let begin = Instant::now();
    let count = records.len();
    let mut desk = Desk::new(base, records, Survey::none(), 0).expect("a desk");
    let took = begin.elapsed().as_secs_f64() * 1e3;
    println!("{count} documents, {bytes} bytes, judged in {took:.0} ms");
    let rules: Vec<_> =
        desk.rules().rules().iter().map(|r| (r.name.clone(), r.thresholds.clone())).collect();
    let (mut one, mut off) = (Vec::new(), Vec::new());
    for (place, (name, thresholds)) in rules.into_iter().enumerate() {
        let mut overlay = Overlay::default();
        overlay.rule(&name).enabled = Some(false);
        off.extend(timed(&mut desk, format!("{name}:off"), &overlay));
        if place % 4 != 0 {
            continue;
        }
        for threshold in thresholds {
            let mut overlay = Overlay::default();
            overlay.rule(&name).thresholds.insert(threshold.address.clone(), threshold.value * 0.8);
            one.extend(timed(&mut desk, format!("{name}:{}", threshold.address), &overlay));
        }
        let mut overlay = Overlay::default();
        overlay.rule(&name).action = Some(Action::Flag);
        one.extend(timed(&mut desk, format!("{name}:flag"), &overlay));
    }
    print("numbers and actions", one);
    print("switches", off);
    let mut many = Vec::new();
    for count in WEIGHTS {
        let overlay = weights(&desk, count);
        many.extend(timed(&mut desk, format!("{} weights", overlay.rules.len()), &overlay));
    }
    print("many at once", many);
}

/// A change as it was timed.
struct Timed {
    what: String,
    milliseconds: f64,
    /// Documents judged anew.
    judged: usize,
}

/// The time of a change; `None` if it is refused.
fn timed(desk: &mut Desk, what: String, overlay: &Overlay) -> Option<Timed> {
    let mut least = Timed { what, milliseconds: f64::INFINITY, judged: 0 };
    for _ in 0..3 {
        let begin = Instant::now();
        least.judged = desk.apply(overlay.clone()).ok()?;
        least.milliseconds = least.milliseconds.min(begin.elapsed().as_secs_f64() * 1e3);
        desk.apply(Overlay::default()).expect("no change");
    }
    Some(least)
}

/// Other weights for those rules with a weight that fire on the most documents.
fn weights(desk: &Desk, count: usize) -> Overlay {
    let mut documents: BTreeMap<RuleId, usize> = BTreeMap::new();
    for document in desk.documents() {
        let outcome = &document.base.outcome;
        let sentences =
            outcome.on_blocks.blocks.iter().flat_map(|block| &block.sentences).map(|s| &s.verdict);
        let parts = outcome.on_blocks.blocks.iter().map(|block| &block.verdict).chain(sentences);
        let hits = outcome.wholes().chain(parts).flat_map(|verdict| &verdict.hits);
        let fired: BTreeSet<RuleId> = hits.map(|hit| hit.rule).collect();
        fired.into_iter().for_each(|id| *documents.entry(id).or_default() += 1);
    }
    let mut most: Vec<(usize, RuleId)> = documents.into_iter().map(|(id, n)| (n, id)).collect();
    most.sort_by_key(|(documents, id)| (std::cmp::Reverse(*documents), *id));
    let rules = desk.base().rules();
    let weighed = most.iter().filter_map(|(_, id)| match rules.rule(*id).effect {
        Effect::Weight(weight) => Some((rules.rule(*id).name.as_str(), weight)),
        Effect::Action(_) => None,
    });
    let mut overlay = Overlay::default();
    for (name, weight) in weighed.take(count) {
        overlay.rule(name).weight = Some(weight * 0.9);
    }
    overlay
}

fn print(title: &str, mut all: Vec<Timed>) {
    all.sort_by(|a, b| b.milliseconds.total_cmp(&a.milliseconds));
    let of = |share: f64| {
        let place = (all.len().saturating_sub(1)) as f64 * share;
        all.get(place as usize).map_or(0.0, |one| one.milliseconds)
    };
    println!(
        "{title}: {} changes: median {:.0} ms, 5 % above {:.0} ms, 1 % above {:.0} ms",
        all.len(),
        of(0.5),
        of(0.05),
        of(0.01)
    );
    for Timed { what, milliseconds, judged } in all.iter().take(8) {
        println!("{milliseconds:8.0} ms  {judged:5} judged  {what}");
    }
}
