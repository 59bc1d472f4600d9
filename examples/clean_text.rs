//! Cleans one text with the default preset and says what went and why.
//!
//! `cargo run --example clean_text` does it for a text of its own, `… -- FILE` for a file.

use std::error::Error;

use tamis::{Cleaner, Outcome, Record, RuleSet, Survey};

const PAGE: &str = "\
The tide mill at the mouth of the creek ground its last corn in the spring of 1957. Its wheel
turned twice a day, when the pond behind the dam emptied into the ebb.

Share your thoughts in the comments below!

Name : Ondina Farwell
Username : ofarwell
Job : Gear Hobber
Bio : Aut vel nihil est quia laudantium. Repellat voluptas dolorem et asperiores sit.
";

fn main() -> Result<(), Box<dyn Error>> {
    let text = match std::env::args().nth(1) {
        Some(path) => std::fs::read_to_string(path)?,
        None => PAGE.to_owned(),
    };
    // Made once; it can be shared between threads and cloned cheaply.
    let cleaner = Cleaner::new(RuleSet::default_preset()?, Survey::none())?;
    let outcome = cleaner.clean(Record::text("page", text))?;
    match outcome.text() {
        Some(text) => println!("{text}"),
        None => println!("(dropped)"),
    }
    for line in reasons(&outcome, cleaner.rules()) {
        println!("{line}");
    }
    Ok(())
}

/// For each removal: where it stood, the rule that it is laid to, and its beginning.
fn reasons(outcome: &Outcome, rules: &RuleSet) -> Vec<String> {
    outcome
        .removals()
        .iter()
        .map(|removal| {
            let verdict = removal.verdict(&outcome.on_blocks);
            let rule = verdict.leading().map_or(verdict.by.name(), |id| &rules.rule(id).name);
            let removed = removal.span.of(&outcome.page.text).trim();
            let start: String = removed.chars().take(40).collect();
            format!("{}..{} {rule}: {start:?}", removal.span.start, removal.span.end)
        })
        .collect()
}
