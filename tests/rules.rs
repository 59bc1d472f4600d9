//! The built-in rules: every file is right, every example does what it says, the pages made from
//! them are fresh.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tamis::document::Format;
use tamis::outcome::Outcome;
use tamis::rules::{builtin_names, check, docs, schema_json};
use tamis::{Cleaner, Record, RuleSet, Survey};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares a generated file with the one that is kept, or rewrites it.
fn assert_fresh(name: &str, expected: &str) {
    let path = root().join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, expected).expect("a page");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == expected, "{name} is stale: run UPDATE_DOCS=1 cargo test --test rules");
}

#[test]
fn every_built_in_file_is_right_and_its_examples_too() {
    let mut wrong = Vec::new();
    let mut examples = 0;
    for report in check::check_builtin() {
        examples += report.examples;
        assert!(report.rules > 0, "{} has no rule", report.file);
        wrong.extend(report.mistakes().iter().map(ToString::to_string));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let rules: BTreeSet<String> = builtin_names()
        .into_iter()
        .flat_map(|name| {
            let set = RuleSet::load([name]).expect("it was checked");
            set.rules().iter().map(|rule| rule.name.clone()).collect::<Vec<_>>()
        })
        .collect();
    assert!(examples > rules.len(), "{examples} examples for {} rules", rules.len());
}

fn seed(name: &str) -> Record {
    let bytes = fs::read(root().join("seeds").join(name))
        .unwrap_or_else(|error| panic!("seeds/{name}: {error}"));
    let format = match Path::new(name).extension().and_then(|e| e.to_str()) {
        Some("md") => Format::Markdown,
        Some("html") => Format::Html,
        _ => Format::Text,
    };
    Record::bytes(name, format, bytes)
}

/// The full names of all rules that fired anywhere in a document.
fn fired(outcome: &Outcome, set: &RuleSet) -> BTreeSet<String> {
    let on_blocks = outcome.on_blocks.blocks.iter().flat_map(|block| {
        std::iter::once(&block.verdict).chain(block.sentences.iter().map(|s| &s.verdict))
    });
    [&outcome.on_source, &outcome.on_document]
        .into_iter()
        .chain(on_blocks)
        .flat_map(|verdict| &verdict.hits)
        .map(|hit| set.rule(hit.rule).name.clone())
        .collect()
}

/// A built-in file whose guard does not drop the document before its own rules see it.
fn unguarded(name: &str) -> RuleSet {
    let text = format!("format = 1\nextends = [\"{name}\"]\n[decide]\nguard-action = \"none\"\n");
    RuleSet::from_text("unguarded", &text).expect("a built-in file")
}

/// `hit-seeds` and `miss-seeds` name whole documents under `seeds/`: a rule must fire on the first
/// with the default preset, and not on the others, alone or with it.
#[test]
fn rules_fire_on_their_seeds_and_not_on_others() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for name in builtin_names().into_iter().filter(|name| !name.contains('/')) {
        let set = unguarded(name);
        let alone = set.clone().without_survey();
        let cleaner = Cleaner::new(alone, Survey::none()).expect("no survey is needed");
        for rule in set.rules() {
            let hits = if name == "web" { rule.hit_seeds.as_slice() } else { &[] };
            for (seeds, wanted) in [(hits, true), (&rule.miss_seeds, false)] {
                for place in seeds {
                    let file = place.strip_prefix("seeds:").unwrap_or_else(|| {
                        panic!("{}: `{place}` is not of the form seeds:FILE", rule.name)
                    });
                    let outcome = cleaner.clean(seed(file)).expect("a seed is text");
                    seen += 1;
                    if fired(&outcome, &set).contains(&rule.name) != wanted {
                        let what = if wanted { "does not fire" } else { "fires" };
                        wrong.push(format!("{} {what} on {file} ({name})", rule.name));
                    }
                }
            }
        }
    }
    assert!(seen > 0, "no rule names a seed");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_page_of_rules_is_fresh() {
    assert_fresh("docs/rules.md", &docs().expect("the built-in rules load"));
}

#[test]
fn the_schema_is_fresh() {
    assert_fresh("rules/schema.json", &schema_json());
}
