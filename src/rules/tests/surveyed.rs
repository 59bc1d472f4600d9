//! Rules that need a survey: what becomes of them without one, and their examples.

use super::super::WithoutSurvey;
use super::{Evaluation, HEAD, RuleSet, evaluate};

/// A rule on copies across documents, with or without a word on what becomes of it.
fn surveyed(said: &str) -> String {
    format!(
        "{HEAD}[rules.copy]\nabout='X'\nwhy='Y'\nscope='block'\naction='remove'\n{said}\n\
         when.all.elsewhere={{signal='block_is_first',below=1}}\n\
         when.all.long={{signal='char_count',at-least=30}}\n\
         hits=['The mill at the mouth of the creek stands idle.']\nmisses=['The mill stands idle.']\n"
    )
}

fn load(text: &str) -> RuleSet {
    RuleSet::from_text("t", text).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn a_rule_says_what_becomes_of_it_without_a_survey() {
    let strict = load(&surveyed(""));
    let (rule, signal) = strict.needs_survey().unwrap();
    assert_eq!(
        (strict.rule(rule).name.as_str(), signal.signal().name),
        ("t/copy", "block_is_first")
    );
    assert!(!strict.effective_toml().contains("without-survey"));
    let lenient = load(&surveyed("without-survey='skip'"));
    assert_eq!(lenient.needs_survey(), None);
    assert_eq!(lenient.rules()[0].without_survey, WithoutSurvey::Skip);
    let text = lenient.effective_toml();
    assert!(text.contains("without-survey = \"skip\"\n"), "{text}");
    assert_eq!(RuleSet::from_text("r", &text).unwrap().hash(), lenient.hash());
    assert_ne!(lenient.hash(), strict.hash());
    assert_eq!(lenient.off().count(), 0, "nobody said that there is no survey");
    let off = lenient.without_survey();
    assert_eq!(off.off().map(|rule| rule.name.as_str()).collect::<Vec<_>>(), ["t/copy"]);
}

#[test]
fn examples_of_a_rule_that_needs_a_survey_have_stood_in_other_documents() {
    let turned = surveyed("")
        .replace("hits=", "swap=")
        .replace("misses=", "hits=")
        .replace("swap=", "misses=");
    let errors = RuleSet::from_text("t", &turned).unwrap_err();
    assert_eq!(errors.errors().len(), 2, "{errors}");
}

#[test]
fn a_rule_that_is_off_is_undefined_for_the_rules_that_name_it() {
    let text = surveyed("without-survey='skip'")
        + "[rules.names-it]\nabout='X'\nscope='block'\nweight=0.5\nwhen.none.copy={rule='copy'}\n\
           [rules.page-of-it]\nabout='X'\nscope='document'\nweight=0.5\nwhen.none.copy={rule='copy'}\n";
    let rules = load(&text).without_survey();
    let names = |evaluation: &Evaluation| {
        let names = evaluation.undefined.iter().map(|id| rules.rule(*id).name.clone());
        (evaluation.hits.len(), names.collect::<Vec<_>>())
    };
    let block = evaluate(&rules, "The mill at the mouth of the creek stands idle.");
    assert_eq!(names(&block), (0, vec!["t/names-it".to_owned()]));
}
