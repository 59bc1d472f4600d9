use proptest::prelude::*;

use super::*;
use crate::Survey;

const HEAD: &str = "format = 1\ncategory = 'boilerplate'\n";

fn rule(name: &str, scope: &str, action: &str, phrase: &str) -> String {
    format!(
        "[rules.{name}]\nabout = 'X'\nscope = '{scope}'\naction = '{action}'\n\
         when = {{ phrases = ['{phrase}'] }}\n"
    )
}

fn cleaner(rules: &str) -> Cleaner {
    let rules = match rules.contains('\n') {
        true => RuleSet::from_text("t", rules).unwrap(),
        false => RuleSet::load([rules]).unwrap(),
    };
    Cleaner::new(rules, Survey::none()).unwrap()
}

fn compared(old: &str, new: &str, records: &[Record]) -> Differences {
    let comparer = Comparer::new(cleaner(old), cleaner(new), 3);
    let mut all = comparer.nothing();
    records.iter().for_each(|record| all.merge(comparer.compare(record.clone()).unwrap()));
    all
}

const MILL: &str = "The mill at the mouth of the creek ground its last corn in the spring of 1957.";

#[test]
fn what_one_set_removes_alone_is_counted_on_its_side() {
    let none = HEAD.to_owned();
    let out = format!("{HEAD}{}", rule("out", "block", "remove", "alpha"));
    let text = format!("{MILL}\n\nalpha ähnlich\n\n{MILL}");
    let records = [Record::text("one", text.clone()), Record::text("two", MILL)];
    let all = compared(&none, &out, &records);
    let expected = Amount { documents: 1, spans: 1, bytes: 16, characters: 15 };
    assert_eq!((all.documents, all.changed, all.removed.amount), (2, 1, expected));
    assert_eq!(all.removed.categories["boilerplate"], expected);
    let of_rule = &all.removed.rules["t/out"];
    assert_eq!((of_rule.category, of_rule.amount), (Some(Category::Boilerplate), expected));
    let sample = of_rule.samples.iter().next().unwrap();
    assert_eq!(sample.text.trim(), "alpha ähnlich");
    assert!(sample.before.trim_end().ends_with("1957.") && sample.after.contains("The mill"));
    assert_eq!((all.restored.amount, all.restored.rules.len()), (Amount::default(), 0));
    assert_eq!(all.decided(Decision::Kept, Decision::Cut), 1);

    let back = compared(&out, &none, &records);
    assert_eq!((back.restored, back.removed), (all.removed, all.restored));
    assert!(!compared(&out, &out, &records).are_any());
}

#[test]
fn of_spans_that_overlap_only_the_difference_counts() {
    let sentence = format!("{HEAD}{}", rule("one", "sentence", "remove", "alpha"));
    let block = format!("{HEAD}{}", rule("all", "block", "remove", "alpha"));
    let text = format!("{MILL}\n\nIt stood. Alpha is gone. It fell.\n\n{MILL}");
    let all = compared(&sentence, &block, &[Record::text("id", text.clone())]);
    assert_eq!((all.removed.amount.spans, all.restored.amount.spans), (1, 0));
    let alone = "It stood. Alpha is gone. It fell.\n\n".len() - "Alpha is gone. ".len();
    assert_eq!(all.removed.amount.bytes, alone as u64);
}

#[test]
fn a_document_that_one_set_drops_is_told_with_what_went_alone() {
    let cut = format!("{HEAD}{}", rule("out", "block", "remove", "alpha"));
    let drop = format!("{HEAD}{}", rule("off", "document", "drop", "1957"));
    let text = format!("{MILL}\n\nalpha\n\n{MILL}");
    let all = compared(&cut, &drop, &[Record::text("id", text.clone())]);
    assert_eq!(all.decided(Decision::Cut, Decision::Dropped), 1);
    let expected = Amount {
        documents: 1,
        spans: 1,
        bytes: (text.len() - "alpha\n\n".len()) as u64,
        characters: (text.len() - "alpha\n\n".len()) as u64,
    };
    assert_eq!(all.removed.rules["t/off"].amount, expected);
    assert_eq!(all.removed.dropped.iter().count(), 1);
    assert_eq!(all.restored.amount.spans, 0);
    // Also where there is no byte to lose.
    let drop_all = format!(
        "{HEAD}[rules.x]\nabout='X'\nscope='document'\naction='drop'\n\
         when={{signal='word_count',below=5}}\n"
    );
    let all = compared(&cut, &drop_all, &[Record::text("id", "")]);
    assert_eq!(
        (all.changed, all.removed.amount.spans, all.removed.dropped.iter().count()),
        (1, 0, 1)
    );
}

#[test]
fn pages_read_differently_are_compared_by_line() {
    let shown = format!("{HEAD}{}", rule("out", "block", "remove", "alpha"));
    let area = format!(
        "{HEAD}[rules.nav]\nabout = 'X'\nscope = 'area'\naction = 'remove'\n\
         when = {{ phrases = ['beta'] }}\n"
    );
    let page = format!(
        "<p>{MILL}</p><p>alpha</p><p>beta here</p><p style='display:none'>Not to be seen.</p><p>{MILL}</p>"
    );
    let all = compared(&shown, &area, &[Record::html("id", page)]);
    assert_eq!((all.read_differently, all.changed), (1, 1));
    let removed: Vec<&str> = all.removed.rules.keys().map(String::as_str).collect();
    assert_eq!(removed, ["t/nav"]);
    let restored: Vec<&str> = all.restored.rules.keys().map(String::as_str).collect();
    assert_eq!(restored, ["not shown", "t/out"]);
    assert_eq!(all.restored.rules["t/out"].samples.iter().next().unwrap().text, "alpha");
}

#[test]
fn other_line_breaks_are_a_change_of_their_own() {
    let keep = HEAD.to_owned();
    let lines = format!("{HEAD}[decide]\nlayout = 'lines'\n");
    let all = compared(&keep, &lines, &[Record::text("id", format!("{MILL}\r\n{MILL}"))]);
    assert_eq!(all.changed, 1);
    assert!(all.rewritten == 1 || all.removed.amount.spans > 0);
}

#[test]
fn sums_and_samples_do_not_depend_on_order_or_parts() {
    let none = HEAD.to_owned();
    let out = format!("{HEAD}{}", rule("out", "block", "remove", "alpha"));
    let records: Vec<Record> = (0..40)
        .map(|n| Record::text(format!("id-{n}"), format!("{MILL}\n\nalpha {n}\n\n{MILL}")))
        .collect();
    let whole = compared(&none, &out, &records);
    assert_eq!(whole.removed.rules["t/out"].samples.iter().count(), 3);
    let mut reversed: Vec<Record> = records.clone();
    reversed.reverse();
    assert_eq!(compared(&none, &out, &reversed), whole);
    let (one, other) = records.split_at(13);
    let mut merged = compared(&none, &out, other);
    merged.merge(compared(&none, &out, one));
    assert_eq!(merged, whole);
}

#[test]
fn the_text_fits_into_eighty_columns_and_says_both_directions() {
    let old = format!("{HEAD}{}", rule("old", "block", "remove", "alpha"));
    let new = format!("{HEAD}{}", rule("new", "block", "remove", "beta"));
    let text = format!("{MILL}\n\nalpha {MILL} {MILL}\n\nbeta\n\n{MILL}");
    let all = compared(&old, &new, &[Record::text("id", text)]);
    let shown = table(&all, Names { old: "old.toml", new: "new.toml" });
    for piece in ["1 (100.0 %)", "t/new", "t/old", "    - beta", "    + alpha The mill", "old.toml"]
    {
        assert!(shown.contains(piece), "{piece}:\n{shown}");
    }
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    let nothing = table(&Differences::new(3), Names { old: "a", new: "b" });
    assert!(nothing.contains("0 documents") && nothing.contains("nothing"), "{nothing}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Bytes that go alone on either side, byte by byte.
    #[test]
    fn bytes_are_those_of_the_intervals(words in prop::collection::vec(
        prop::sample::select(vec!["alpha", "beta", "müde", "\n\n", ". ", " "]), 0..60)
    ) {
        let old = format!("{HEAD}[decide]\nguard-action = 'none'\n{}{}",
            rule("a", "block", "remove", "alpha"), rule("c", "sentence", "cut", "beta"));
        let new = format!("{HEAD}[decide]\nguard-action = 'none'\n{}{}",
            rule("b", "block", "remove", "beta"), rule("d", "sentence", "remove", "alpha"));
        let text = words.concat();
        let record = Record::text("id", text.clone());
        let all = compared(&old, &new, std::slice::from_ref(&record));
        let goes = |rules: &str| {
            let outcome = cleaner(rules).clean(record.clone()).unwrap();
            let mut gone = vec![outcome.decision == Decision::Dropped; text.len()];
            for removal in outcome.removals() {
                gone[removal.span.start..removal.span.end].fill(true);
            }
            gone
        };
        let (by_old, by_new) = (goes(&old), goes(&new));
        let alone = |a: &[bool], b: &[bool]| a.iter().zip(b).filter(|(a, b)| **a && !**b).count() as u64;
        prop_assert_eq!(all.removed.amount.bytes, alone(&by_new, &by_old));
        prop_assert_eq!(all.restored.amount.bytes, alone(&by_old, &by_new));
    }
}

#[test]
fn the_page_holds_hostile_text_as_text() {
    let none = HEAD.to_owned();
    let out = format!("{HEAD}{}", rule("out", "block", "remove", "alpha"));
    let text = format!("{MILL}\n\nalpha </script><script>alert(1)</script>\n\n{MILL}");
    let all = compared(&none, &out, &[Record::text("<b>id</b>", text)]);
    let names = Names { old: "<i>old</i>", new: "new" };
    let (mut page, mut again) = (Vec::new(), Vec::new());
    page::write(&mut page, &all, names).unwrap();
    page::write(&mut again, &all, names).unwrap();
    assert_eq!(page, again);
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("alert(1)") && page.contains("Content-Security-Policy"));
    for hostile in ["<script>alert", "</script><script>alert", "<b>id", "<i>old"] {
        assert!(!page.contains(hostile), "{hostile}");
    }
}
