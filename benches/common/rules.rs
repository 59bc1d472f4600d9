//! Rule sets by name, for benches.

use tamis::RuleSet;

/// A rule set: one of this folder's own, else a built-in one.
pub(crate) fn rules(name: &str) -> RuleSet {
    let own = match name {
        "empty" => include_str!("../rules/empty.toml"),
        "four-sets-uax29" => include_str!("../rules/four-sets-uax29.toml"),
        "four-sets-spaces" => include_str!("../rules/four-sets-spaces.toml"),
        built_in => return RuleSet::load([built_in]).expect("the preset loads"),
    };
    RuleSet::from_text(name, own).expect("the rules are right")
}
