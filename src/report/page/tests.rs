//! What stands in a page, and that nothing in a text can leave its place there.

use serde_json::Value;

use super::*;
use crate::report::Tally;
use crate::report::limits::Trip;
use crate::{Cleaner, Record, RuleSet, Survey};

const HOSTILE: &str = "</script><script>alert(1)</script><!-- \u{2028}\u{202e}";

/// A report of a few documents, hostile ones among them.
fn report() -> Report {
    let cleaner = Cleaner::new(RuleSet::default_preset().unwrap(), Survey::none()).unwrap();
    let mut tally = Tally::new();
    for text in [
        "The mill stood idle through the winter, and the miller mended his nets by the fire.",
        "The mill stood idle, and the miller mended his nets.\n\nLeave a comment below!",
        &format!("The mill stood idle, and the miller slept. {HOSTILE}\n\nLeave a comment below!"),
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor \
         incididunt ut labore et dolore magna aliqua. Ut enim ad minim veniam, quis nostrud.",
    ] {
        let mut record = Record::text("a", text);
        record.url = Some(format!("https://www.example.org/{HOSTILE}"));
        tally.add(&cleaner.clean(record).unwrap(), cleaner.rules());
    }
    let place = crate::document::Location { source: HOSTILE.into(), ordinal: 0 };
    let refusal = crate::source::Refusal::BrokenJson(HOSTILE.to_owned());
    tally.add_unreadable(&place, &refusal, HOSTILE.as_bytes());
    tally.report(cleaner.rules())
}

fn page(report: &Report, timings: Option<&TimingsFile>) -> String {
    let mut page = Vec::new();
    write(&mut page, report, &["web".to_owned(), HOSTILE.to_owned()], timings).unwrap();
    String::from_utf8(page).unwrap()
}

/// The data of a page: its head, then its parts.
fn data(page: &str) -> Vec<Value> {
    let elements = page.split("<script type=\"application/json\" ").skip(1);
    let json = elements.map(|element| {
        let (_, rest) = element.split_once('>').unwrap();
        rest.split_once("</script>").unwrap().0
    });
    json.map(|json| serde_json::from_str(json).unwrap()).collect()
}

#[test]
fn figures_come_first_and_every_sample_follows_once() {
    let report = report();
    let data = data(&page(&report, None));
    let [head, samples] = data.as_slice() else { panic!("{} elements", data.len()) };
    assert_eq!(head["report"]["totals"], serde_json::to_value(report.totals).unwrap());
    assert_eq!(head["report"]["rules"][0]["samples"], Value::Array(Vec::new()));
    assert_eq!(head["timings"], false);
    let samples = samples["samples"].as_array().unwrap();
    let lists =
        |entry: &RuleEntry| entry.samples.len() + entry.near_hits.len() + entry.near_misses.len();
    let of_rules: usize = report.rules.iter().map(lists).sum();
    assert_eq!(
        (head["samples"].as_u64(), samples.len()),
        (Some(of_rules as u64 + 1), of_rules + 1)
    );
    let of = |kind: &str| samples.iter().filter(|sample| sample["of"] == kind).count();
    assert!(of("hit") >= 3, "two comment calls and a dropped page");
    assert_eq!(of("unreadable"), 1);
    // What a rule hit is to be found under its place in the report.
    for sample in samples.iter().filter(|sample| sample["of"] == "hit") {
        let rule = &report.rules[sample["rule"].as_u64().unwrap() as usize];
        assert!(rule.samples.iter().any(|own| own.text == sample["text"]), "{sample}");
    }
}

#[test]
fn a_report_reads_back_as_it_was_and_gives_the_same_page() {
    let mut report = report();
    report.limits = vec![Trip {
        level: crate::rules::Level::Warn,
        limit: crate::rules::Measure::Difference,
        rule: None,
        of: Some("the share of text removed".into()),
        value: 0.5,
        bound: 0.1,
    }];
    let json = serde_json::to_vec_pretty(&report).unwrap();
    let read = Report::read(&json).unwrap();
    assert_eq!(serde_json::to_vec_pretty(&read).unwrap(), json);
    assert_eq!(page(&read, None), page(&report, None));
}

#[test]
fn a_report_of_an_earlier_program_can_be_drawn() {
    let mut value = serde_json::to_value(report()).unwrap();
    let fields = value.as_object_mut().unwrap();
    for name in ["by_host", "by_language", "overlaps"] {
        assert!(fields.remove(name).is_some(), "{name}");
    }
    for rule in fields["rules"].as_array_mut().unwrap() {
        rule.as_object_mut().unwrap().remove("thresholds");
        for sample in rule["samples"].as_array_mut().unwrap() {
            sample.as_object_mut().unwrap().remove("fate");
        }
    }
    let read = Report::read(value.to_string().as_bytes()).unwrap();
    assert!(read.by_host.amounts.is_empty());
    assert!(page(&read, None).ends_with("</html>\n"));
}

#[test]
fn what_is_no_report_is_refused() {
    let refused = |json: &str| Report::read(json.as_bytes()).unwrap_err().to_string();
    assert!(refused("{}").starts_with("not a report of a run"));
    assert!(refused("<html>").starts_with("not a report of a run"));
    assert!(refused(r#"{"format":1}"#).starts_with("not a report of a run"));
    assert_eq!(refused(r#"{"format":2}"#), "a report of version 2; this program reads version 1");
}

#[test]
fn no_text_leaves_its_place() {
    let page = page(&report(), None);
    // Two of data, one that runs.
    assert_eq!(page.matches("<script").count(), 3);
    assert_eq!(page.matches("<!--").count(), 0);
    assert!(!page.contains('\u{2028}'));
    assert!(page.contains("\\u003c/script\\u003e\\u003cscript\\u003ealert(1)"));
}

#[test]
fn times_stand_on_a_line_of_their_own() {
    let time = super::super::RuleTime {
        rule: "a/b".to_owned(),
        nanoseconds: 5,
        evaluations: 1,
        share: 1.0,
    };
    let timings =
        TimingsFile { format: 1, one_document_in: 16, documents: 1, bytes: 9, rules: vec![time] };
    let report = report();
    let (with, without) = (page(&report, Some(&timings)), page(&report, None));
    let is_time = |line: &&str| line.contains("data-part\">{\"timings\":");
    let lines: Vec<&str> = with.lines().filter(|line| !is_time(line)).collect();
    let expected = without.replacen("\"timings\":false", "\"timings\":true", 1);
    assert_eq!(lines, expected.lines().collect::<Vec<_>>());
    assert_eq!(with.lines().filter(is_time).count(), 1);
}

#[test]
fn sources_with_an_error_are_listed_before_large_ones() {
    let mut report = report();
    let source = |bytes, error: Option<&str>| SourceAmount {
        bytes,
        error: error.map(str::to_owned),
        ..SourceAmount::default()
    };
    report.sources = (0..20_000u64)
        .map(|n| (format!("s{n:05}"), source(n, (n == 7).then_some("torn"))))
        .collect();
    let data = data(&page(&report, None));
    let listed = data[0]["report"]["sources"].as_object().unwrap();
    assert_eq!((listed.len(), data[0]["sources"].as_u64()), (LISTED_SOURCES, Some(20_000)));
    assert_eq!(listed["s00007"]["error"], "torn");
    assert!(listed.contains_key("s19999") && !listed.contains_key("s10000"));
}

#[test]
fn samples_in_the_page_are_told_in_parts() {
    let mut report = report();
    let sample = Sample { text: "x".to_owned(), ..Sample::default() };
    report.rules[0].samples = vec![sample; 2 * PART_SAMPLES + 1];
    let parts = data(&page(&report, None));
    let told: usize = parts[1..].iter().map(|p| p["samples"].as_array().unwrap().len()).sum();
    assert_eq!(parts[0]["samples"].as_u64(), Some(told as u64));
    assert!(
        parts[1..].iter().all(|part| part["samples"].as_array().unwrap().len() <= PART_SAMPLES)
    );
    assert_eq!(parts.len(), 4);
}
