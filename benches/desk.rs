//! How long a change to the rules takes on documents in memory (`tamis ui`, `tamis tune`).
//!
//! `cargo bench --bench desk -- [FILE.jsonl] [RULES]`: the first 1,000 documents of a file, or the
//! project's seeds again and again; one rule in four. Printed: the documents judged anew for each change, and the
//! milliseconds, the least of three.

use std::path::Path;
use std::time::Instant;

use tamis::rules::Action;
use tamis::rules::overlay::{BaseRules, Overlay};
use tamis::tune::Desk;
use tamis::{Record, Survey};

const DOCUMENTS: usize = 1_000;

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
    let mut all = Vec::new();
    for (name, thresholds) in rules.into_iter().step_by(4) {
        let mut changes = vec![];
        for threshold in thresholds {
            let mut overlay = Overlay::default();
            overlay.rule(&name).thresholds.insert(threshold.address.clone(), threshold.value * 0.8);
            changes.push((threshold.address, overlay));
        }
        let mut off = Overlay::default();
        off.rule(&name).action = Some(Action::Flag);
        changes.push(("flag".to_owned(), off));
        for (what, overlay) in changes {
            let mut least = f64::INFINITY;
            let mut judged = 0;
            let mut is_refused = false;
            for _ in 0..3 {
                let begin = Instant::now();
                match desk.apply(overlay.clone()) {
                    Ok(n) => judged = n,
                    Err(_) => is_refused = true,
                }
                least = least.min(begin.elapsed().as_secs_f64() * 1e3);
                desk.apply(Overlay::default()).expect("no change");
            }
            if !is_refused {
                all.push((least, judged, format!("{name}:{what}")));
            }
        }
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let of =
        |share: f64| all.get(((all.len() - 1) as f64 * share) as usize).map_or(0.0, |one| one.0);
    println!(
        "{} changes: median {:.0} ms, 5 % above {:.0} ms, 1 % above {:.0} ms",
        all.len(),
        of(0.5),
        of(0.05),
        of(0.01)
    );
    for (ms, judged, what) in all.iter().take(12) {
        println!("{ms:8.0} ms  {judged:5} judged  {what}");
    }
}
