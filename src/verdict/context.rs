//! The context pass: what points leave open is settled by its neighbours, after jusText
//! (`justext/core.py`, `revise_paragraph_classification`), and a heading goes with what it heads.
//!
//! Where this differs from jusText: only the end of the page counts as boilerplate, not its start,
//! for a title stands there; a run of short blocks goes only if it is not longer than
//! `context-reach` and at least one of its neighbours was really removed; tables and code stay, and
//! so does a short block that is a sentence.
//!
//! What goes only because another document of the corpus has it is no evidence about its
//! neighbours: a copied passage can stand amid text of the page's own, under its own heading.

use super::{BlockVerdict, BlockVerdicts, DecidedBy, SentenceVerdict, Verdict};
use crate::document::{Block, BlockKind, Page};
use crate::rules::{Action, Decide, Effect, RuleSet, Status};

/// How a block stands after points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// It stays.
    Good,
    /// It goes.
    Bad,
    /// It goes, but only as a copy of what another document has.
    Copied,
    /// There is evidence against it, but not enough alone.
    Leaning,
    /// It is too short to tell, and no sentence.
    Short,
    /// A heading: it goes with what it heads.
    Heading,
}

fn settle(verdict: &mut Verdict, by: DecidedBy) {
    verdict.action = Action::Remove;
    verdict.by = by;
}

/// True for what goes by rules that need a survey alone: without one it would stay.
fn is_copy(verdict: &Verdict, rules: &RuleSet) -> bool {
    let DecidedBy::Action(by) = verdict.by else { return false };
    let speaks = |id| {
        let rule = rules.rule(id);
        rule.surveyed.is_none()
            && rule.status != Status::Preview
            && matches!(rule.effect, Effect::Action(Action::Remove | Action::Drop))
    };
    rules.rule(by).surveyed.is_some()
        && verdict.points.total < rules.decide().remove_block_at - 1e-9
        && !verdict.hits.iter().any(|hit| speaks(hit.rule))
}

/// True for a block that goes as a copy, whole or sentence by sentence.
fn is_copied_block(block: &BlockVerdict, rules: &RuleSet) -> bool {
    match block.verdict.by {
        DecidedBy::Sentences => block.sentences.iter().all(|s| is_copy(&s.verdict, rules)),
        _ => is_copy(&block.verdict, rules),
    }
}

/// Sentences with evidence against them go if the sentence before or after them goes.
pub(super) fn settle_sentences(sentences: &mut [SentenceVerdict], rules: &RuleSet) {
    let decide = rules.decide();
    let goes = |v: &Verdict| v.removes() && !is_copy(v, rules);
    let leans = |v: &Verdict| {
        !v.removes() && !v.is_protected() && v.points.total >= decide.unsure_from - 1e-9
    };
    for n in 1..sentences.len() {
        if goes(&sentences[n - 1].verdict) && leans(&sentences[n].verdict) {
            settle(&mut sentences[n].verdict, DecidedBy::Context);
        }
    }
    for n in (1..sentences.len()).rev() {
        if goes(&sentences[n].verdict) && leans(&sentences[n - 1].verdict) {
            settle(&mut sentences[n - 1].verdict, DecidedBy::Context);
        }
    }
}

/// Settles the unsure blocks of a page, then its headings.
pub(super) fn settle_blocks(verdicts: &mut BlockVerdicts, page: &Page, rules: &RuleSet) {
    let decide = rules.decide();
    let blocks = &mut verdicts.blocks;
    if !blocks.iter().any(|block| block.verdict.removes()) {
        return;
    }
    let mut classes: Vec<Class> = blocks
        .iter()
        .zip(&page.blocks)
        .map(|(verdict, block)| class_of(verdict, block, page, rules))
        .collect();
    settle_leaning(blocks, &mut classes);
    settle_short(blocks, &mut classes, page, decide);
    settle_headings(blocks, &classes, page);
}

fn class_of(verdict: &BlockVerdict, block: &Block, page: &Page, rules: &RuleSet) -> Class {
    let own = &verdict.verdict;
    let decide = rules.decide();
    if own.removes() {
        return if is_copied_block(verdict, rules) { Class::Copied } else { Class::Bad };
    }
    if own.is_protected() || matches!(block.kind, BlockKind::Table | BlockKind::Code) {
        return Class::Good;
    }
    if own.points.total >= decide.unsure_from - 1e-9 {
        return Class::Leaning;
    }
    if block.kind == BlockKind::Heading {
        return Class::Heading;
    }
    let text = block.span.of(&page.text);
    let length = text.chars().take(decide.short_below).count();
    if length < decide.short_below && !is_sentence(text) { Class::Short } else { Class::Good }
}

/// True for four words or more that end as a sentence does: short, but somebody says something.
fn is_sentence(text: &str) -> bool {
    let closing =
        |c: char| matches!(c, '"' | '\'' | '”' | '’' | '»' | '«' | '“' | ')' | '」' | '』');
    let ends =
        text.trim_end_matches(closing).ends_with(['.', '!', '?', '…', '。', '！', '？', '।']);
    // Scripts without spaces have no words to count here.
    ends && (text.split_whitespace().nth(3).is_some() || text.ends_with(['。', '！', '？']))
}

/// A leaning block goes if a block beside it goes.
fn settle_leaning(blocks: &mut [BlockVerdict], classes: &mut [Class]) {
    let mut go = |n: usize, classes: &mut [Class]| {
        classes[n] = Class::Bad;
        settle(&mut blocks[n].verdict, DecidedBy::Context);
    };
    for n in 1..classes.len() {
        if classes[n] == Class::Leaning && classes[n - 1] == Class::Bad {
            go(n, classes);
        }
    }
    for n in (1..classes.len()).rev() {
        if classes[n - 1] == Class::Leaning && classes[n] == Class::Bad {
            go(n - 1, classes);
        }
    }
}

/// A run of short blocks goes if it stands between two removed ones, or between a removed one
/// and the end of the page.
fn settle_short(blocks: &mut [BlockVerdict], classes: &mut [Class], page: &Page, decide: &Decide) {
    let open = |class: Class| matches!(class, Class::Short | Class::Leaning | Class::Heading);
    let mut n = 0;
    while n < classes.len() {
        if !open(classes[n]) {
            n += 1;
            continue;
        }
        let from = n;
        while n < classes.len() && open(classes[n]) {
            n += 1;
        }
        let before = from > 0 && classes[from - 1] == Class::Bad;
        let after = classes.get(n).is_none_or(|class| *class == Class::Bad);
        if !(before && after) {
            continue;
        }
        let characters: usize = page.blocks[from..n]
            .iter()
            .map(|block| block.span.of(&page.text).chars().count())
            .sum();
        if characters <= decide.context_reach {
            for k in from..n {
                classes[k] = Class::Bad;
                settle(&mut blocks[k].verdict, DecidedBy::Context);
            }
        }
    }
}

/// A heading goes if something under it went (not only copies) and nothing under it stays.
fn settle_headings(blocks: &mut [BlockVerdict], classes: &[Class], page: &Page) {
    // The nearest later block that stays; all between it and the heading went.
    let mut next_kept: Option<usize> = None;
    // Whether some of that went otherwise than as a copy.
    let mut gone = false;
    for n in (0..blocks.len()).rev() {
        let own = &page.blocks[n];
        let verdict = &blocks[n].verdict;
        if verdict.removes() {
            gone |= classes.get(n) != Some(&Class::Copied);
            continue;
        }
        let stays = next_kept.is_some_and(|k| {
            let next = &page.blocks[k];
            next.kind != BlockKind::Heading || next.level > own.level
        });
        if own.kind == BlockKind::Heading && gone && !stays && !verdict.is_protected() {
            settle(&mut blocks[n].verdict, DecidedBy::Heading);
            gone = true;
        } else {
            next_kept = Some(n);
            gone = false;
        }
    }
}
