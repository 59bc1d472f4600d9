//! What a good rules file owes its readers. Of built-in files all of it is demanded; in a user's
//! file a lack is a warning.

use super::conditions::{Asks, Written};
use super::error::{At, Problems};
use super::file::WrittenRule;
use super::load::Merged;
use super::{Action, Effect};

/// Longest `about`, in characters.
const ABOUT_CHARS: usize = 80;

/// Warns of all that is lacking.
pub(crate) fn check(problems: &mut Problems, merged: &Merged) {
    for rule in merged.rules.iter().filter(|rule| !rule.generated) {
        check_rule(problems, rule);
    }
}

fn check_rule(problems: &mut Problems, rule: &WrittenRule) {
    let short = rule.name.value.rsplit('/').next().unwrap_or("");
    if ["no-", "not-", "disallow-"].iter().any(|start| short.starts_with(start)) {
        problems.warn(rule.name.mark, "a rule's name says what is found, not what to do about it");
    }
    if let Some(about) = &rule.about {
        let chars = about.value.chars().count();
        if chars > ABOUT_CHARS {
            let message = format!("`about` has {chars} characters; {ABOUT_CHARS} are enough");
            problems.warn(about.mark, message);
        }
        if about.value.trim().is_empty() {
            problems.warn(about.mark, "`about` says nothing");
        }
        if about.value.contains('\n') || about.value.trim_end().ends_with('.') {
            problems.warn(about.mark, "`about` is one line without a full stop");
        }
    }
    let Some(At { value: effect, .. }) = rule.effect else { return };
    let takes_away = matches!(effect, Effect::Action(Action::Cut | Action::Remove | Action::Drop));
    if takes_away && rule.why.is_none() {
        problems.warn(rule.name.mark, "no `why` in a rule that takes text away");
    }
    if let Effect::Action(action) = effect
        && action != Action::Part
        && let Some(mark) = rule.when.as_ref().and_then(ramp)
    {
        let message = "`ramp` in a rule with an action: an action has no strength between 0 and 1";
        problems.warn(mark, message);
    }
    if rule.hits.is_empty() && rule.hit_seeds.is_empty() {
        problems
            .warn(rule.name.mark, "no example on which the rule must fire (`hits`, `hit-seeds`)");
    }
    if rule.misses.is_empty() && rule.miss_seeds.is_empty() {
        let message = "no example on which the rule must not fire (`misses`, `miss-seeds`)";
        problems.warn(rule.name.mark, message);
    }
}

fn ramp(when: &Written) -> Option<super::error::Mark> {
    let numbers = when
        .leaves
        .iter()
        .filter(|leaf| matches!(leaf.asks, Asks::Signal { .. }))
        .flat_map(|leaf| &leaf.thresholds);
    numbers.into_iter().find(|number| number.bound == "ramp.from").map(|number| number.value.mark)
}
