//! What became of one record, and why: all that sinks and reports need.

use crate::document::{Charset, Info, Page};
use crate::edit::{Cleaned, Removal};
use crate::rules::{Action, Category, RuleId};
use crate::verdict::{BlockVerdicts, Notes, Scores, Verdict};

/// What became of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It stays as it was.
    Kept,
    /// It stays, with something cut out.
    Cut,
    /// It is dropped whole.
    Dropped,
}

/// What the guard against removing too much did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// It did not trip.
    Quiet,
    /// Too much would have gone: the document is dropped.
    Dropped,
    /// Too much would have gone: the document is left as it was, and flagged.
    Left,
}

/// What became of one record.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Kept, cut or dropped.
    pub decision: Decision,
    /// The page as it was.
    pub page: Page,
    /// The kept text and what was cut; the page's text unchanged for a dropped document.
    pub cleaned: Cleaned,
    /// Verdict on what is known before the text.
    pub on_source: Verdict,
    /// Verdicts on the blocks.
    pub on_blocks: BlockVerdicts,
    /// Verdict on what editing left.
    pub on_document: Verdict,
    /// What the guard did.
    pub guard: Guard,
    /// For the report.
    pub notes: Notes,
}

impl Outcome {
    /// What is known of the document beside its text.
    pub fn info(&self) -> &Info {
        &self.page.info
    }

    /// The cleaned text; `None` if the document was dropped.
    pub fn text(&self) -> Option<&str> {
        (self.decision != Decision::Dropped).then_some(self.cleaned.text.as_str())
    }

    /// What was cut, in order; empty for a dropped document.
    pub fn removals(&self) -> &[Removal] {
        &self.cleaned.removals
    }

    /// The document's score in each category: the greatest of its own, its source's, and the
    /// share of its bytes that went in that category.
    pub fn scores(&self) -> Scores {
        let mut scores = Scores::default();
        for (n, score) in scores.iter_mut().enumerate() {
            *score = self.on_document.points.scores[n].max(self.on_source.points.scores[n]);
        }
        let whole = self.page.text.len().max(1) as f64;
        let mut shares = Scores::default();
        // By what the blocks' verdicts say, so that a document which the guard dropped has them too.
        for (block, judged) in self.page.blocks.iter().zip(&self.on_blocks.blocks) {
            if judged.verdict.removes() {
                add_share(&mut shares, &judged.verdict, block.span.len());
                continue;
            }
            for sentence in judged.sentences.iter().filter(|s| s.verdict.removes()) {
                add_share(&mut shares, &sentence.verdict, sentence.span.len());
            }
        }
        for share in &mut shares {
            *share /= whole;
        }
        for (score, share) in scores.iter_mut().zip(shares) {
            *score = score.max(share.min(1.0));
        }
        if let Some(drop) = self.drop_verdict()
            && let Some(n) = strongest(&drop.points.scores)
        {
            scores[n] = 1.0;
        }
        scores
    }

    /// The verdict that dropped the document, if one did (the guard may have instead).
    pub fn drop_verdict(&self) -> Option<&Verdict> {
        if self.decision != Decision::Dropped {
            return None;
        }
        [Some(&self.on_source), self.on_blocks.drop(), Some(&self.on_document)]
            .into_iter()
            .flatten()
            .find(|verdict| verdict.drops())
    }

    /// The category that a dropped document is counted under: the dropping verdict's, or for the
    /// guard the one with the most text.
    pub fn drop_category(&self) -> Option<Category> {
        match self.drop_verdict() {
            Some(verdict) => category(verdict),
            None if self.decision == Decision::Dropped => {
                strongest(&self.scores()).map(|n| Category::ALL[n])
            }
            None => None,
        }
    }

    /// True if a rule or the guard wants the document looked at.
    pub fn is_flagged(&self) -> bool {
        self.guard == Guard::Left
            || self.on_source.action == Action::Flag
            || self.on_document.action == Action::Flag
            || self.on_blocks.blocks.iter().any(|b| b.verdict.action == Action::Flag)
    }

    /// The rules that flagged the document or decided to drop it, with their points.
    pub fn document_hits(&self) -> impl Iterator<Item = (RuleId, f64)> {
        [&self.on_source, &self.on_document].into_iter().flat_map(|verdict| {
            verdict
                .hits
                .iter()
                .enumerate()
                .map(|(n, hit)| (hit.rule, verdict.points.each.get(n).copied().unwrap_or(0.0)))
        })
    }

    /// The character set the document came in.
    pub fn charset(&self) -> Charset {
        self.page.info.charset
    }
}

/// Adds a removed target's bytes to the category that its verdict is counted under.
fn add_share(shares: &mut Scores, verdict: &Verdict, bytes: usize) {
    if let Some(n) = strongest(&verdict.points.scores) {
        shares[n] += bytes as f64;
    }
}

/// Number of the category with the greatest score above 0; the first of equals.
pub fn strongest(scores: &Scores) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (n, score) in scores.iter().enumerate() {
        if *score > 0.0 && best.is_none_or(|b| *score > scores[b]) {
            best = Some(n);
        }
    }
    best
}

/// The category that a verdict is counted under.
pub fn category(verdict: &Verdict) -> Option<Category> {
    strongest(&verdict.points.scores).map(|n| Category::ALL[n])
}
