//! The library as its documentation shows it: records of every kind, outcomes, the example.

use std::process::Command;

use tamis::document::{BlockKind, Format, Location};
use tamis::edit::put_back;
use tamis::outcome::Decision;
use tamis::pipeline::prints;
use tamis::render::{HtmlOutput, Links};
use tamis::report::{Tally, summary_of};
use tamis::{Cleaner, Record, RuleSet, Survey};

fn cleaner() -> Cleaner {
    let rules = RuleSet::default_preset().expect("the default preset is right");
    Cleaner::new(rules, Survey::none()).expect("no survey is needed")
}

const PROSE: &str = "The tide mill at the mouth of the creek ground its last corn in the spring of \
                     1957, and nobody has lived there since.";

#[test]
fn a_record_is_cleaned_and_its_removals_put_it_back() {
    let last = "The pond is a meadow now, and cows stand where the barges lay.";
    let text = format!("{PROSE}\n\nShare your thoughts in the comments below!\n\n{last}\n");
    let outcome = cleaner().clean(Record::text("id-1", text.as_str())).expect("text");
    assert_eq!(outcome.decision, Decision::Cut);
    let kept = outcome.text().expect("it stays");
    assert_eq!(kept, format!("{PROSE}\n\n{last}\n"));
    let removed = outcome.removals().iter().map(|r| (r.span.start, r.span.of(&outcome.page.text)));
    assert_eq!(put_back(kept, removed).as_deref(), Some(text.as_str()));
    let rule = outcome.removals()[0].verdict(&outcome.on_blocks).leading().expect("a rule");
    assert_eq!(cleaner().rules().rule(rule).name, "boilerplate/comment-call");
}

#[test]
fn every_kind_of_record_can_be_cleaned() {
    let cleaner = cleaner();
    let heading = |record: Record| {
        let outcome = cleaner.clean(record).expect("text");
        outcome.page.blocks.first().map(|block| block.kind)
    };
    let markdown = format!("# Mills\n\n{PROSE}\n");
    let html = format!("<h1>Mills</h1><p>{PROSE}</p>");
    assert_eq!(heading(Record::markdown("a", markdown)), Some(BlockKind::Heading));
    assert_eq!(heading(Record::html("b", html.as_str())), Some(BlockKind::Heading));
    let bytes = Record::bytes("c", Format::Html, html.into_bytes());
    assert_eq!(heading(bytes), Some(BlockKind::Heading));
    assert_eq!(heading(Record::text("d", "")), None);
    assert!(cleaner.clean(Record::bytes("e", Format::Text, vec![0; 64])).is_err());
}

#[test]
fn html_comes_out_as_text_or_markdown_and_says_what_it_states() {
    let page = format!(
        "<html lang=en-GB><link rel=canonical href=/mill><meta name=author content='Ann Miller'>\
         <h2>Mills</h2><p>{PROSE}</p><p>Share your thoughts in the comments below!</p>\
         <ul><li><a href=weir>The weir</a> is new.<li>The <b>sluice</b> is old.</ul>"
    );
    let record = || Record::html("id", page.as_str()).at_url("https://example.org/a/b");
    let text = cleaner().clean(record()).expect("text");
    assert_eq!(text.output(), text.text());
    assert_eq!(text.decision, Decision::Cut);
    for (links, link) in
        [(Links::Markdown, "[The weir](https://example.org/a/weir)"), (Links::Text, "The weir")]
    {
        let cleaner = cleaner().with_html_output(HtmlOutput::Markdown(links));
        let outcome = cleaner.clean(record()).expect("text");
        let expected = format!("## Mills\n\n{PROSE}\n\n- {link} is new.\n- The **sluice** is old.");
        assert_eq!(outcome.output(), Some(expected.as_str()));
        assert_eq!(outcome.text(), text.text(), "what is judged and cut is the same");
        assert_eq!(outcome.removals(), text.removals());
        // Text and Markdown come out as what they are.
        let outcome = cleaner.clean(Record::text("id", PROSE)).expect("text");
        assert_eq!(outcome.output(), Some(PROSE));
    }
    let stated = &text.page.metadata;
    assert_eq!(stated.authors, ["Ann Miller"]);
    assert_eq!(stated.language.as_deref(), Some("en-GB"));
    assert_eq!(stated.canonical_url.as_deref(), Some("https://example.org/mill"));
}

/// Where rules judge lines, what is left of a list or table is one still.
#[test]
fn markdown_is_whole_where_lines_are_judged() {
    let rules = RuleSet::load(["c4-datatrove"]).expect("a preset");
    let cleaner = Cleaner::new(rules, Survey::none())
        .expect("no survey is needed")
        .with_html_output(HtmlOutput::Markdown(Links::Markdown));
    let lines: String = (0..6)
        .map(|n| format!("<li>The <b>mill</b> number {n} stands idle at low tide."))
        .collect();
    let page = format!(
        "<ul><li>Too short{lines}</ul><table><tr><th>A mill that is old.<td>{PROSE}<tr><td>{PROSE}<td>b.</table>"
    );
    let outcome = cleaner.clean(Record::html("id", page)).expect("text");
    let output = outcome.output().expect("it stays");
    assert!(
        output.starts_with("- The **mill** number 0 stands idle at low tide.\n- The"),
        "{output}"
    );
    assert!(!output.contains("Too short"), "{output}");
    assert!(
        output.contains("\n\n|  |  |\n| --- | --- |\n| A mill that is old. | The tide"),
        "{output}"
    );
}

#[test]
fn what_is_known_of_a_record_can_be_said() {
    let record = Record::text("id", PROSE).at_url("https://example.org/mill").in_language("en");
    let outcome = cleaner().clean(record).expect("text");
    assert_eq!(outcome.info().url.as_deref(), Some("https://example.org/mill"));
    assert_eq!(outcome.info().language.as_deref(), Some("en"));
    assert!(outcome.scores().iter().all(|score| *score == 0.0));
    assert!(!outcome.is_flagged());
}

#[test]
fn own_rules_extend_a_preset_and_tallies_count_outcomes() {
    let rules = RuleSet::from_text(
        "mine",
        r#"
        format   = 1
        about    = "Nothing about mills"
        category = "quality"
        extends  = ["web"]

        [rules.mill]
        about  = "A page about mills"
        why    = "We have enough of them."
        scope  = "document"
        action = "drop"
        when   = { phrases = ["tide mill"] }
        hits   = ["A tide mill."]
        misses = ["A wind mill."]
        "#,
    )
    .expect("the rules are right");
    let cleaner = Cleaner::new(rules, Survey::none()).expect("no survey is needed");
    let mut tally = Tally::new();
    for text in [PROSE, "The ferry runs daily from the quay to the island, and back at noon."] {
        tally.add(&cleaner.clean(Record::text("id", text)).expect("text"), cleaner.rules());
    }
    let report = tally.report(cleaner.rules());
    assert_eq!((report.totals.kept.documents, report.totals.dropped.documents), (1, 1));
    assert_eq!(report.categories["quality"].dropped, 1);
    assert!(summary_of(&report).starts_with("2 documents from 1 source: 1 kept"));
}

#[test]
fn a_copy_across_documents_goes_and_the_first_stays() {
    let rules = RuleSet::default_preset().expect("the default preset is right");
    let records = || {
        (0..3).map(|ordinal| {
            let own = format!("Page number {ordinal} has a sentence that no other page has in it.");
            let mut record = Record::text("id", format!("{own}\n\n{PROSE}\n"));
            record.location = Location { source: "pages".into(), ordinal };
            record
        })
    };
    let settings = rules.survey_settings();
    let pages = records().map(|record| prints(record, &settings).expect("text"));
    let survey = Survey::over(settings.clone(), pages).expect("memory");
    let cleaner = Cleaner::new(rules.clone(), survey).expect("the survey is of blocks");
    let kept: Vec<bool> = records()
        .map(|record| {
            let outcome = cleaner.clean(record).expect("text");
            outcome.text().is_some_and(|text| text.contains(PROSE))
        })
        .collect();
    assert_eq!(kept, [true, false, false]);
    let without = Cleaner::new(rules, Survey::none()).expect("these rules can do without");
    assert!(without.rules().off().any(|rule| rule.name == "copies/copied-block"));
    assert!(records().all(|record| without.clean(record).expect("text").removals().is_empty()));
}

#[test]
fn the_example_runs() {
    let done = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--example", "clean_text"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    let out = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(out.starts_with("The tide mill at the mouth of the creek"), "{out}");
    assert!(out.contains("boilerplate/comment-call: \"Share your thoughts"), "{out}");
}
