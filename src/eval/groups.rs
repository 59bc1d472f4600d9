//! Groups of copies: one stays, the others go, whichever.

use std::collections::BTreeMap;

use super::labels::LabelAction;
use super::score::Scored;

/// The surplus copy of something that stands in several documents.
const ACROSS: &str = "repeated_cross";
/// The surplus copy of something that stands in one document, if no member says what it is.
const WITHIN: &str = "repeated_exact";

/// A group's name, and the document it lies in unless it spans documents.
type Key<'a> = (Option<usize>, &'a str);
/// A part by the numbers of its document and of itself.
type Member = (usize, usize);

/// Gives the members of each group their labels, by what became of them.
///
/// One member stays: the one that lost the fewest characters, the first of equals, so that a tool
/// is free to choose. It is labelled as a good member is; where all members are labelled to be
/// removed, either is right for it. All others have to go, as surplus copies. A group of one is
/// no group.
pub fn settle(documents: &mut [Scored]) {
    let mut groups: BTreeMap<Key<'_>, Vec<Member>> = BTreeMap::new();
    for (d, document) in documents.iter().enumerate() {
        for (p, part) in document.parts.iter().enumerate() {
            let Some(group) = part.label.group.as_deref() else { continue };
            let scope = (!group.starts_with("x:")).then_some(d);
            groups.entry((scope, group)).or_default().push((d, p));
        }
    }
    let groups: Vec<(bool, Vec<Member>)> =
        groups.into_iter().map(|((scope, _), members)| (scope.is_none(), members)).collect();
    for (is_across, members) in groups.into_iter().filter(|(_, members)| members.len() > 1) {
        settle_group(documents, is_across, &members);
    }
}

fn settle_group(documents: &mut [Scored], is_across: bool, members: &[Member]) {
    let parts = || members.iter().filter_map(|(d, p)| documents.get(*d)?.parts.get(*p));
    let first = |test: &dyn Fn(&super::score::ScoredPart) -> bool| {
        parts().find(|part| test(part)).map(|part| part.label.category.clone())
    };
    let surplus = if is_across {
        ACROSS.to_owned()
    } else {
        first(&|part| part.label.category.starts_with("repeated"))
            .unwrap_or_else(|| WITHIN.to_owned())
    };
    let good = first(&|part| part.label.action == LabelAction::Keep);
    let is_junk = parts().all(|part| part.label.action == LabelAction::Remove);
    let stays = members
        .iter()
        .filter_map(|(d, p)| Some(((*d, *p), documents.get(*d)?.parts.get(*p)?)))
        .min_by_key(|(_, part)| part.counted.removed())
        .map(|(member, _)| member);
    for &(d, p) in members {
        let Some(part) = documents.get_mut(d).and_then(|document| document.parts.get_mut(p)) else {
            continue;
        };
        let (action, category) = match (Some((d, p)) == stays, is_junk) {
            (false, _) => (LabelAction::Remove, surplus.clone()),
            (true, true) => (LabelAction::Flag, surplus.clone()),
            (true, false) => {
                (LabelAction::Keep, good.clone().unwrap_or_else(|| "content".to_owned()))
            }
        };
        part.label.action = action;
        part.label.category = category;
    }
}
