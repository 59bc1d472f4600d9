//! What must hold for any rules file and any text.

use proptest::prelude::*;

use super::super::check;
use super::{HEAD, RuleSet, evaluate};

const GOOD: &str = r#"
language = ["en"]
[decide]
context = "none"
[groups.g]
max-weight = 0.5
[rules.a-part]
about = "A"
scope = "sentence"
action = "part"
when = { pattern = '''(?i)\b(?:buy|order)\b''', at-least = 2 }
[rules.whole]
about = "W"
scope = "block"
on = ["list", "paragraph"]
weight = 0.5
group = "g"
when.all.a = { signal = "char_count", outside = [3, 70] }
when.any.r = { signal = "word_count", ramp = [3, 1] }
when.any.b = { rule = "a-part" }
when.none.c = { phrases = ["Read  more", "don’t"] }
hits = ["ab"]
misses = ["read more"]
[override."t/whole"]
thresholds = { "a.outside.low" = 4 }
[renamed]
"t/gone" = "t/whole"
"#;

proptest! {
    #[test]
    fn any_text_as_a_rules_file_does_no_harm(text in any::<String>()) {
        let _ = RuleSet::from_text("t", &text);
    }

    #[test]
    fn any_bytes_as_a_rules_file_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = RuleSet::from_text("t", &String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_small_edit_of_a_good_file_does_no_harm(
        edits in proptest::collection::vec((0usize..1_200, 0usize..8, "[\\x20-\\x7eé’\n\"'{}\\[\\].=]{0,4}"), 1..4)
    ) {
        let mut text: Vec<char> = format!("{HEAD}{GOOD}").chars().collect();
        for (at, cut, put) in edits {
            let at = at.min(text.len());
            let end = (at + cut).min(text.len());
            text.splice(at..end, put.chars());
        }
        let text: String = text.into_iter().collect();
        match RuleSet::from_text("t", &text) {
            Ok(set) => {
                let effective = set.effective_toml();
                let again = RuleSet::from_text("u", &effective);
                prop_assert!(again.is_ok(), "{}\n{}", effective, again.unwrap_err());
                prop_assert_eq!(again.map(|again| again.hash()).ok(), Some(set.hash()));
            }
            Err(errors) => {
                prop_assert!(!errors.errors().is_empty());
                prop_assert!(!errors.to_string().is_empty());
            }
        }
    }

    #[test]
    fn any_pattern_is_compiled_or_refused(pattern in "[\\x20-\\x26\\x28-\\x7eéя]{0,12}", unicode in any::<bool>()) {
        let rules = format!(
            "{HEAD}[rules.x]\nabout='X'\nscope='block'\nweight=1\nwhen={{pattern='{pattern}', unicode={unicode}}}\n"
        );
        if let Ok(set) = RuleSet::from_text("t", &rules) {
            let _ = evaluate(&set, &pattern);
        }
    }

    #[test]
    fn any_text_can_be_judged(text in any::<String>()) {
        let report = check::check_text("t", &format!("{HEAD}{GOOD}"));
        prop_assert!(report.is_good(), "{:?}", report.errors);
        let set = RuleSet::from_text("t", &format!("{HEAD}{GOOD}")).unwrap();
        for hit in evaluate(&set, &text).hits {
            prop_assert!(hit.strength > 0.0 && hit.strength <= 1.0);
            for span in hit.matches {
                prop_assert!(text.get(span.start..span.end).is_some());
            }
        }
    }
}
