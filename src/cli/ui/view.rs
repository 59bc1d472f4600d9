//! Outcomes as the page shows them: places in UTF-16 units, rules by name.

use super::api;
use tamis::document::{Page, Span};
use tamis::outcome::{Decision, Guard, Outcome};
use tamis::rules::{Hit, RuleSet};
use tamis::tune::Judged;
use tamis::verdict::{BlockVerdict, Verdict};

/// Characters that are not white space, as eval and the guard count.
pub(super) fn solid(text: &str) -> u64 {
    text.chars().filter(|c| !c.is_whitespace()).count() as u64
}

/// What goes of a text, in order; all of it for a dropped document.
pub(super) fn gone(outcome: &Outcome) -> Vec<Span> {
    if outcome.decision == Decision::Dropped {
        return vec![Span::new(0, outcome.page.text.len())];
    }
    outcome.removals().iter().map(|removal| removal.span).collect()
}

/// What is in one list of spans and not in another; both in order and without overlap.
pub(super) fn without(one: &[Span], other: &[Span]) -> Vec<Span> {
    let mut out = Vec::new();
    let mut others = other.iter().peekable();
    for span in one {
        let mut at = span.start;
        while let Some(next) = others.peek() {
            if next.start >= span.end {
                break;
            }
            if next.start > at {
                out.push(Span::new(at, next.start));
            }
            at = at.max(next.end);
            if next.end >= span.end {
                break;
            }
            others.next();
        }
        if at < span.end {
            out.push(Span::new(at, span.end));
        }
    }
    out
}

/// Sum of the characters in some spans.
pub(super) fn solid_in(spans: &[Span], text: &str) -> u64 {
    spans.iter().map(|span| solid(span.of(text))).sum()
}

/// Bytes to UTF-16 units, for places asked in any order.
struct Units {
    /// For each start of a stretch of bytes the units before it.
    known: Vec<(usize, usize)>,
    is_ascii: bool,
}

impl Units {
    /// Bytes between two places that are kept.
    const STRETCH: usize = 256;

    fn new(text: &str) -> Self {
        if text.is_ascii() {
            return Self { known: Vec::new(), is_ascii: true };
        }
        let (mut known, mut units, mut next) = (Vec::new(), 0, 0);
        for (at, c) in text.char_indices() {
            if at >= next {
                known.push((at, units));
                next = at + Self::STRETCH;
            }
            units += c.len_utf16();
        }
        Self { known, is_ascii: false }
    }

    fn at(&self, text: &str, byte: usize) -> usize {
        if self.is_ascii {
            return byte;
        }
        let place = self.known.partition_point(|(at, _)| *at <= byte);
        let (from, units) = place.checked_sub(1).map_or((0, 0), |n| self.known[n]);
        let rest = text.get(from..byte).unwrap_or("");
        units + rest.chars().map(char::len_utf16).sum::<usize>()
    }

    fn range(&self, text: &str, span: Span) -> api::Range {
        (self.at(text, span.start), self.at(text, span.end))
    }
}

/// An outcome with the rules that its numbers belong to.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    outcome: &'a Outcome,
    rules: &'a RuleSet,
}

impl<'a> Side<'a> {
    pub(super) fn new(outcome: &'a Outcome, rules: &'a RuleSet) -> Self {
        Self { outcome, rules }
    }
}

impl<'a> From<&'a Judged> for Side<'a> {
    fn from(judged: &'a Judged) -> Self {
        Self { outcome: &judged.outcome, rules: &judged.rules }
    }
}

/// A document before and now. `label` says what is known of a block.
pub(super) fn document(
    number: usize,
    revision: u64,
    base: Side<'_>,
    now: Side<'_>,
    label: impl Fn(usize) -> Option<api::Label>,
) -> api::DocumentView {
    let page = &now.outcome.page;
    let units = Units::new(&page.text);
    let ranges = |judged: Side<'_>| -> Vec<api::Range> {
        gone(judged.outcome).iter().map(|span| units.range(&page.text, *span)).collect()
    };
    let blocks = page.blocks.iter().enumerate().map(|(place, block)| {
        let verdict = |judged: Side<'_>| {
            judged.outcome.on_blocks.blocks.get(place).map(|of| verdict(&of.verdict, judged.rules))
        };
        let (start, end) = units.range(&page.text, block.span);
        api::Block {
            start,
            end,
            kind: block.kind.name(),
            path: page.path(block).map(|path| path.to_string()),
            before: verdict(base).unwrap_or_else(nothing),
            now: verdict(now).unwrap_or_else(nothing),
            sentences: sentences(place, base, now, page, &units),
            label: label(place),
        }
    });
    let info = now.outcome.info();
    api::DocumentView {
        document: number,
        revision,
        id: info.id.clone(),
        url: info.url.clone(),
        language: info.language.clone(),
        source: info.location.source.to_string(),
        record: info.location.ordinal + 1,
        format: info.format,
        blocks: blocks.collect(),
        before: whole(base),
        now: whole(now),
        removed_before: ranges(base),
        removed_now: ranges(now),
        text: page.text.clone(),
    }
}

/// The sentences of a block that a rule hit before or now.
fn sentences(
    block: usize,
    base: Side<'_>,
    now: Side<'_>,
    page: &Page,
    units: &Units,
) -> Vec<api::Sentence> {
    fn of(judged: Side<'_>, block: usize) -> &[tamis::verdict::SentenceVerdict] {
        let known = judged.outcome.on_blocks.blocks.get(block);
        known.map_or(&[], |verdicts: &BlockVerdict| verdicts.sentences.as_slice())
    }
    let (before, after) = (of(base, block), of(now, block));
    let mut spans: Vec<Span> = before.iter().chain(after).map(|sentence| sentence.span).collect();
    spans.sort_unstable();
    spans.dedup();
    let find = |list: &[tamis::verdict::SentenceVerdict], span: Span, rules: &RuleSet| {
        let found = list.iter().find(|sentence| sentence.span == span);
        found.map(|sentence| verdict(&sentence.verdict, rules))
    };
    let one = |span: Span| {
        let (start, end) = units.range(&page.text, span);
        let before = find(before, span, base.rules);
        let now = find(after, span, now.rules);
        api::Sentence { start, end, before, now }
    };
    spans.into_iter().map(one).collect()
}

fn nothing() -> api::Verdict {
    verdict(&Verdict::nothing(), &RuleSet::default())
}

fn verdict(verdict: &Verdict, rules: &RuleSet) -> api::Verdict {
    let name = |id| rules.rule(id).name.clone();
    let hit = |(place, hit): (usize, &Hit)| api::Hit {
        rule: name(hit.rule),
        strength: hit.strength,
        points: verdict.points.each.get(place).copied().unwrap_or(0.0),
        evidence: hit.evidence.iter().map(evidence).collect(),
    };
    api::Verdict {
        action: verdict.action,
        by: verdict.by.name(),
        rule: verdict.leading().map(name),
        points: verdict.points.total,
        hits: verdict.hits.iter().enumerate().map(hit).collect(),
    }
}

fn evidence(seen: &tamis::rules::Evidence) -> api::Evidence {
    api::Evidence {
        condition: seen.condition.to_string(),
        asked: seen.asked.to_string(),
        value: seen.value,
        bound: seen.bound.to_string(),
        strength: seen.strength,
    }
}

fn whole(judged: Side<'_>) -> api::Whole {
    let outcome = judged.outcome;
    let verdicts = ["source", "page", "document"].into_iter().zip(outcome.wholes());
    let tells = |of: &Verdict| !of.hits.is_empty() || of.removes();
    let verdicts = verdicts
        .filter(|(_, of)| tells(of))
        .map(|(scope, of)| api::WholeVerdict { scope, verdict: verdict(of, judged.rules) });
    api::Whole {
        decision: outcome.decision,
        guard: match outcome.guard {
            Guard::Quiet => "quiet",
            Guard::Dropped => "dropped",
            Guard::Left => "left",
        },
        rule: outcome.drop_leader().map(|id| judged.rules.rule(id).name.clone()),
        category: outcome.drop_category().map(|category| category.name()),
        verdicts: verdicts.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places, written shortly.
    type Places = &'static [(usize, usize)];

    fn spans(of: &[(usize, usize)]) -> Vec<Span> {
        of.iter().map(|(start, end)| Span::new(*start, *end)).collect()
    }

    #[test]
    fn what_is_in_one_list_alone_is_told_to_the_byte() {
        let cases: &[(Places, Places, Places)] = &[
            (&[], &[(0, 3)], &[]),
            (&[(0, 3)], &[], &[(0, 3)]),
            (&[(0, 9)], &[(2, 4), (6, 7)], &[(0, 2), (4, 6), (7, 9)]),
            (&[(2, 4), (6, 8)], &[(0, 9)], &[]),
            (&[(0, 4), (6, 8)], &[(2, 7)], &[(0, 2), (7, 8)]),
            (&[(0, 4)], &[(4, 6)], &[(0, 4)]),
        ];
        for (one, other, left) in cases {
            assert_eq!(without(&spans(one), &spans(other)), spans(left), "{one:?} {other:?}");
        }
    }

    #[test]
    fn places_are_counted_as_javascript_counts() {
        let text = "aé😀z".repeat(200);
        let units = Units::new(&text);
        let mut expected = 0;
        for (at, c) in text.char_indices() {
            assert_eq!(units.at(&text, at), expected);
            expected += c.len_utf16();
        }
        assert_eq!(units.at(&text, text.len()), expected);
        assert_eq!(Units::new("abc").at("abc", 2), 2);
        assert_eq!(Units::new("").at("", 0), 0);
    }

    #[test]
    fn characters_are_counted_without_white_space() {
        assert_eq!(solid(" a\u{a0}é\n"), 2);
        assert_eq!(solid_in(&spans(&[(0, 1), (2, 3)]), "abc"), 2);
    }
}
