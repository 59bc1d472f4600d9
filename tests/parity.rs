//! Presets pinned to datatrove 0.10.1 and dolma 1.2.1 agree with what those programs said.
//!
//! `tests/data/parity/README.md` says how the values were recorded. With `TAMIS_PARITY=FILE` the
//! same tests run over another recording of the same form.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use tamis::document::{Format, Info};
use tamis::outcome::Decision;
use tamis::signals::{self, PageView};
use tamis::verdict::DecidedBy;
use tamis::{Cleaner, Outcome, Record, RuleSet, Survey};

/// What the originals said of one document.
struct Recorded {
    id: String,
    text: String,
    datatrove: Value,
    dolma: Value,
}

fn recorded() -> Vec<Recorded> {
    let own =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/parity/datatrove-dolma.jsonl");
    let path = std::env::var_os("TAMIS_PARITY").map_or(own, PathBuf::from);
    let lines = std::fs::read_to_string(&path).unwrap();
    let all: Vec<Recorded> = lines
        .lines()
        .map(|line| {
            let mut value: Value = serde_json::from_str(line).unwrap();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            Recorded {
                id: text(&value["id"]),
                text: text(&value["text"]),
                datatrove: value["datatrove"].take(),
                dolma: value["dolma"].take(),
            }
        })
        .collect();
    assert!(all.len() >= 80, "{} documents in {}", all.len(), path.display());
    all
}

/// The values of all signals of a whole text whose names begin so.
fn measured(text: &str, prefix: &str) -> BTreeMap<&'static str, Option<f64>> {
    let info = Info::new("id", Format::Text);
    let survey = Survey::none();
    let view = PageView::new(text, &[], &info, &survey);
    let target = view.page();
    signals::all()
        .iter()
        .filter(|signal| signal.name.starts_with(prefix))
        .filter(|signal| signal.scopes.contains(&tamis::document::Scope::Page))
        .map(|signal| (signal.name, target.value(signals::by_name(signal.name).unwrap())))
        .collect()
}

fn cleaner(preset: &str) -> Cleaner {
    Cleaner::new(RuleSet::load([preset]).unwrap(), Survey::none()).unwrap()
}

fn clean(cleaner: &Cleaner, document: &Recorded) -> Outcome {
    cleaner.clean(Record::text(&*document.id, &*document.text)).unwrap()
}

/// The name of the rule that dropped a document, without its set, and the first value behind it.
fn reason(outcome: &Outcome, cleaner: &Cleaner) -> Option<(String, Option<f64>)> {
    let verdict = outcome.drop_verdict()?;
    let DecidedBy::Action(rule) = verdict.by else { panic!("{:?}", verdict.by) };
    let hit = verdict.hits.iter().find(|hit| hit.rule == rule).unwrap();
    let name = &cleaner.rules().rule(rule).name;
    let short = name.rsplit('/').next().unwrap().to_owned();
    Some((short, hit.evidence.first().and_then(|evidence| evidence.value)))
}

/// Gathers what differs, so that one run shows all of it.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn hold<T: PartialEq + std::fmt::Debug>(&mut self, id: &str, what: &str, ours: &T, theirs: &T) {
        if ours != theirs {
            self.0.push(format!("{id}: {what}: ours {ours:?}, theirs {theirs:?}"));
        }
    }

    fn hold_number(&mut self, id: &str, what: &str, ours: Option<f64>, theirs: Option<f64>) {
        let same = match (ours, theirs) {
            (Some(ours), Some(theirs)) => (ours - theirs).abs() <= 1e-6,
            (ours, theirs) => ours == theirs,
        };
        if !same {
            self.0.push(format!("{id}: {what}: ours {ours:?}, theirs {theirs:?}"));
        }
    }
}

impl Drop for Differences {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(self.0.is_empty(), "{} differences:\n{}", self.0.len(), self.0.join("\n"));
        }
    }
}

#[test]
fn dolmas_gopher_attributes() {
    let mut differences = Differences::default();
    for document in recorded() {
        let ours = measured(&document.text, "dolma_");
        for version in ["v1", "v2"] {
            let theirs = &document.dolma[format!("gopher_{version}")];
            let mut hold = |signal: &str, attribute: &str| {
                let value = theirs[attribute].as_f64();
                differences.hold_number(&document.id, attribute, ours[signal], value);
            };
            hold("dolma_character_count", "character_count");
            hold("dolma_word_count", "word_count");
            hold("dolma_median_word_length", "median_word_length");
            hold("dolma_symbol_word_ratio", "symbol_to_word_ratio");
            hold("dolma_alphabetic_word_ratio", "fraction_of_words_with_alpha_character");
            hold("dolma_required_word_count", "required_word_count");
            hold(
                &format!("dolma_{version}_bullet_line_ratio"),
                "fraction_of_lines_starting_with_bullet_point",
            );
            hold(
                &format!("dolma_{version}_ellipsis_line_ratio"),
                "fraction_of_lines_ending_with_ellipsis",
            );
            hold(&format!("dolma_{version}_duplicate_line_ratio"), "fraction_of_duplicate_lines");
            hold("dolma_duplicate_line_char_share", "fraction_of_characters_in_duplicate_lines");
            for n in 2..=4 {
                hold(
                    &format!("dolma_top_{n}gram_char_share"),
                    &format!("fraction_of_characters_in_most_common_{n}grams"),
                );
            }
            for n in 5..=10 {
                hold(
                    &format!("dolma_duplicate_{n}gram_char_ratio"),
                    &format!("fraction_of_characters_in_duplicate_{n}grams"),
                );
            }
        }
    }
}

/// The spans of a kind that c4_v2 gave, in characters.
fn spans(document: &Recorded, kind: &str) -> Vec<(usize, usize)> {
    let number = |value: &Value| value.as_u64().unwrap() as usize;
    let spans = document.dolma["c4_v2"].as_array().unwrap().iter();
    spans.filter(|span| span[0] == kind).map(|span| (number(&span[1]), number(&span[2]))).collect()
}

#[test]
fn dolmas_c4_attributes() {
    let mut differences = Differences::default();
    for document in recorded() {
        let ours = measured(&document.text, "dolma_c4_");
        let mut hold = |signal: &str, theirs: f64| {
            differences.hold_number(&document.id, signal, ours[signal], Some(theirs));
        };
        let spans = |kind| spans(&document, kind);
        hold("dolma_c4_unended_line_count", spans("lines_with_no_ending_punctuation").len() as f64);
        hold("dolma_c4_few_word_line_count", spans("lines_with_too_few_words").len() as f64);
        hold("dolma_c4_naughty_word", spans("has_naughty_word").len() as f64);
        let lines = document.dolma["c4_v2"].as_array().unwrap().iter();
        let count = lines.filter(|span| span[0] == "line_count").find_map(|span| span[3].as_f64());
        hold("dolma_c4_line_count", count.unwrap());
    }
}

#[test]
fn dolmas_c4_lines_and_pages() {
    let cleaner = cleaner("c4-dolma");
    let mut differences = Differences::default();
    for document in recorded() {
        let outcome = clean(&cleaner, &document);
        // The first in the order of our rules.
        let drops = [
            ("has_curly_brace", "curly-brace"),
            ("has_lorem_ipsum", "lorem-ipsum"),
            ("has_javascript", "javascript"),
            ("has_naughty_word", "naughty-word"),
        ];
        let theirs = drops.iter().find(|(kind, _)| !spans(&document, kind).is_empty());
        let ours = reason(&outcome, &cleaner).map(|(name, _)| name);
        let theirs = theirs.map(|(_, rule)| (*rule).to_owned());
        differences.hold(&document.id, "dropped", &ours, &theirs);
        if ours.is_some() {
            continue;
        }
        // What is left is the lines that no span covers, blank lines aside.
        let gone: Vec<(usize, usize)> =
            ["lines_with_no_ending_punctuation", "lines_with_too_few_words"]
                .into_iter()
                .flat_map(|kind| spans(&document, kind))
                .collect();
        let characters = document.text.chars().enumerate();
        let left: String = characters
            .filter(|(at, _)| !gone.iter().any(|(from, to)| (*from..*to).contains(at)))
            .map(|(_, c)| c)
            .collect();
        let lines = |text: &str| -> Vec<String> {
            text.split('\n')
                .map(|line| line.trim().to_owned())
                .filter(|line| !line.is_empty())
                .collect()
        };
        differences.hold(&document.id, "left", &lines(outcome.text().unwrap()), &lines(&left));
    }
}

#[test]
fn datatroves_numbers() {
    let mut differences = Differences::default();
    for document in recorded() {
        if document.text.is_empty() {
            continue;
        }
        let ours = measured(&document.text, "datatrove_");
        let theirs = &document.datatrove["values"];
        let mut hold = |signal: &str, value: &str| {
            differences.hold_number(&document.id, value, ours[signal], theirs[value].as_f64());
        };
        hold("datatrove_token_count", "tokens");
        hold("datatrove_duplicate_paragraph_ratio", "dup_para_frac");
        hold("datatrove_duplicate_paragraph_char_ratio", "dup_para_char_frac");
        hold("datatrove_duplicate_line_ratio", "dup_line_frac");
        hold("datatrove_duplicate_line_char_ratio", "dup_line_char_frac");
        for n in 2..=4 {
            hold(&format!("datatrove_top_{n}gram_char_share"), &format!("top_{n}_gram"));
        }
        for n in 5..=10 {
            hold(&format!("datatrove_duplicate_{n}gram_char_ratio"), &format!("dup_{n}_gram"));
        }
    }
}

/// The rule for a reason of datatrove.
fn rule_of(reason: &str) -> String {
    match reason {
        "gopher_short_doc" | "gopher_long_doc" => "word-count".to_owned(),
        "gopher_below_avg_threshold" | "gopher_above_avg_threshold" => {
            "mean-word-length".to_owned()
        }
        "gopher_too_many_hashes" => "hashes".to_owned(),
        "gopher_too_many_ellipsis" => "ellipses".to_owned(),
        "gopher_too_many_bullets" => "bullet-lines".to_owned(),
        "gopher_too_many_end_ellipsis" => "ellipsis-lines".to_owned(),
        "gopher_below_alpha_threshold" => "few-alphabetic".to_owned(),
        "gopher_enough_stop_words" => "few-stop-words".to_owned(),
        "too_few_sentences" => "few-sentences".to_owned(),
        reason => reason.replace('_', "-"),
    }
}

#[track_caller]
fn hold_decisions(preset: &str, filter: &str) {
    let cleaner = cleaner(preset);
    let mut differences = Differences::default();
    for document in recorded() {
        let outcome = clean(&cleaner, &document);
        let theirs = document.datatrove["decisions"][filter].as_str();
        let ours = reason(&outcome, &cleaner);
        let name = ours.as_ref().map(|(name, _)| name.clone());
        differences.hold(&document.id, filter, &name, &theirs.map(rule_of));
        // Where one rule stands for two reasons, its value tells which.
        let below = match theirs {
            Some("gopher_short_doc") => 50.0,
            Some("gopher_below_avg_threshold") => 3.0,
            _ => continue,
        };
        let value = ours.and_then(|(_, value)| value);
        differences.hold(&document.id, filter, &value.map(|value| value < below), &Some(true));
    }
}

#[test]
fn datatroves_gopher_repetition() {
    hold_decisions("gopher-repetition-datatrove", "gopher_repetition");
}

#[test]
fn datatroves_gopher_quality() {
    hold_decisions("gopher-quality-datatrove", "gopher_quality");
}

#[test]
fn datatroves_c4() {
    hold_decisions("c4-datatrove", "c4");
}

#[test]
fn datatroves_fineweb() {
    hold_decisions("fineweb-datatrove", "fineweb");
}

#[test]
fn datatroves_c4_leaves_the_same_text() {
    let cleaner = cleaner("c4-datatrove");
    let mut differences = Differences::default();
    let mut left = 0;
    for document in recorded() {
        let outcome = clean(&cleaner, &document);
        let Some(theirs) = document.datatrove["c4_text"].as_str() else { continue };
        left += 1;
        let ours = outcome.text().unwrap_or("(dropped)");
        differences.hold(&document.id, "c4_text", &ours, &theirs);
        if ours == document.text {
            assert_eq!(outcome.decision, Decision::Kept);
        }
    }
    assert!(left > 20);
}

#[test]
fn datatroves_chain_of_fineweb() {
    let cleaner = cleaner("fineweb");
    let mut differences = Differences::default();
    for document in recorded() {
        let Some(theirs) = document.datatrove.get("chain") else { continue };
        let outcome = clean(&cleaner, &document);
        let ours = reason(&outcome, &cleaner).map(|(name, _)| name);
        let theirs_reason = theirs["reason"].as_str().map(rule_of);
        differences.hold(&document.id, "chain", &ours, &theirs_reason);
        if let (Some(ours), Some(theirs)) = (outcome.text(), theirs["text"].as_str()) {
            differences.hold(&document.id, "text", &ours, &theirs);
        }
    }
}
