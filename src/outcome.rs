//! What became of one record, and why: all that sinks and reports need.

use std::collections::BTreeMap;

use crate::document::{Charset, Info, Location, Page, Span};
use crate::edit::{Cleaned, Removal};
use crate::rules::{Action, Category, RuleId, RuleSet};
use crate::signals::{Need, PageView, SignalId, corpus};
use crate::survey::{Part, Survey};
use crate::verdict::{BlockVerdict, BlockVerdicts, DecidedBy, Notes, Scores, Verdict};

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

impl Decision {
    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Decision::Kept => "kept",
            Decision::Cut => "cut",
            Decision::Dropped => "dropped",
        }
    }
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
    /// The kept text as Markdown, for HTML and where the cleaner was asked for it.
    pub markdown: Option<String>,
    /// Verdict on what is known before the text.
    pub on_source: Verdict,
    /// Verdict on the whole text before cutting.
    pub on_page: Verdict,
    /// Verdicts on the blocks.
    pub on_blocks: BlockVerdicts,
    /// Verdict on what editing left.
    pub on_document: Verdict,
    /// What the guard did.
    pub guard: Guard,
    /// For the report.
    pub notes: Notes,
    /// Where a survey was asked: the documents that hold what went before this one does.
    pub originals: Originals,
}

/// The documents that hold what went from another one before it, as far as a rule that asks a
/// survey took it away. Empty without a survey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Originals {
    /// For each removal.
    pub of_removals: Vec<Option<Location>>,
    /// For a document that was dropped.
    pub of_document: Option<Location>,
}

impl Originals {
    /// Of what was cut from a page.
    pub(crate) fn of_removals(
        view: &PageView<'_>,
        removals: &[Removal],
        verdicts: &BlockVerdicts,
        rules: &RuleSet,
    ) -> Self {
        let looked_up = corpus::Originals::new(view);
        let of_removal = |removal: &Removal| {
            let copy = Copy::of(removal.verdict(verdicts), rules)?;
            let block = verdicts.blocks.get(removal.block)?;
            match removal.sentence.and_then(|n| block.sentences.get(n)) {
                Some(sentence) => looked_up.of_sentence(sentence.span),
                None => looked_up.of_block(removal.block, copy == Copy::Near),
            }
        };
        let of_removals = removals.iter().map(of_removal).collect();
        Self { of_removals, of_document: None }
    }

    /// Of a document that was dropped.
    pub(crate) fn of_dropped(outcome: &Outcome, rules: &RuleSet, survey: &Survey) -> Self {
        let copy = outcome.drop_verdict().and_then(|verdict| Copy::of(verdict, rules));
        let of_document = copy.and_then(|copy| {
            let view = PageView::of(&outcome.page, survey);
            let looked_up = corpus::Originals::new(&view);
            // A block can drop the document: then its text is no copy as a whole.
            let mut blocks = 0..outcome.page.blocks.len();
            let of_blocks = || blocks.find_map(|n| looked_up.of_block(n, copy == Copy::Near));
            looked_up.of_page().or_else(of_blocks)
        });
        Self { of_removals: Vec::new(), of_document }
    }
}

/// How something is a copy by the rules that decided.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copy {
    Exact,
    Near,
}

impl Copy {
    /// `None` where no rule asked a survey.
    fn of(verdict: &Verdict, rules: &RuleSet) -> Option<Self> {
        let near = Need::Survey(Part::NearBlocks);
        let asked = verdict.hits.iter().filter_map(|hit| rules.rule(hit.rule).surveyed);
        let is_near = |is: bool, signal: SignalId| is || signal.signal().needs.contains(&near);
        let asked = asked.fold(None, |is, signal| Some(is_near(is.unwrap_or(false), signal)));
        asked.map(|is_near| if is_near { Copy::Near } else { Copy::Exact })
    }
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

    /// The cleaned document as it is to be written: as Markdown, where the cleaner was asked for
    /// that, else its [`text`](Outcome::text).
    pub fn output(&self) -> Option<&str> {
        let text = self.text()?;
        Some(self.markdown.as_deref().unwrap_or(text))
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
            *score = self.wholes().map(|verdict| verdict.points.scores[n]).fold(0.0, f64::max);
        }
        for (score, share) in scores.iter_mut().zip(self.shares()) {
            *score = score.max(share);
        }
        if let Some(category) = self.drop_category() {
            scores[category as usize] = 1.0;
        }
        scores
    }

    /// The share of the page's bytes that went in each category, or that would have gone if the
    /// guard had not tripped.
    fn shares(&self) -> Scores {
        let whole = self.page.text.len().max(1) as f64;
        let mut shares = Scores::default();
        let mut add = |verdict: &Verdict, span: Span| {
            if let Some(n) = strongest(&verdict.points.scores) {
                shares[n] = (shares[n] + span.len() as f64 / whole).min(1.0);
            }
        };
        if self.guard == Guard::Quiet {
            for removal in &self.cleaned.removals {
                add(removal.verdict(&self.on_blocks), removal.span);
            }
            return shares;
        }
        self.each_to_go(add);
        shares
    }

    /// Each part of the page that goes, or would have gone if the guard had not tripped.
    fn each_to_go(&self, mut take: impl FnMut(&Verdict, Span)) {
        for (block, verdicts) in self.page.blocks.iter().zip(&self.on_blocks.blocks) {
            if verdicts.verdict.removes() && verdicts.verdict.by != DecidedBy::Sentences {
                take(&verdicts.verdict, block.span);
                continue;
            }
            for sentence in verdicts.sentences.iter().filter(|s| s.verdict.removes()) {
                take(&sentence.verdict, sentence.span);
            }
        }
    }

    /// The category that the document was dropped for: that of the rules that dropped it, or what
    /// most of it would have gone for if the guard did. `None` if it stays.
    pub fn drop_category(&self) -> Option<Category> {
        if self.decision != Decision::Dropped {
            return None;
        }
        match self.drop_verdict() {
            Some(verdict) => category(verdict),
            None => strongest(&self.shares()).map(|n| Category::ALL[n]),
        }
    }

    /// The verdict that dropped the document, if one did (the guard may have instead).
    pub fn drop_verdict(&self) -> Option<&Verdict> {
        if self.decision != Decision::Dropped {
            return None;
        }
        [Some(&self.on_source), Some(&self.on_page), self.on_blocks.drop(), Some(&self.on_document)]
            .into_iter()
            .flatten()
            .find(|verdict| verdict.drops())
    }

    /// The rule that the drop is laid to: the one that led the verdict, or the one that led most of
    /// what would have gone if the guard dropped the document. `None` if it stays.
    pub fn drop_leader(&self) -> Option<RuleId> {
        if self.decision != Decision::Dropped {
            return None;
        }
        if let Some(verdict) = self.drop_verdict() {
            return verdict.leading();
        }
        let mut led: BTreeMap<RuleId, usize> = BTreeMap::new();
        self.each_to_go(|verdict, span| {
            if let Some(rule) = verdict.leading() {
                *led.entry(rule).or_default() += span.len();
            }
        });
        // Of equals the first.
        led.into_iter().rev().max_by_key(|(_, bytes)| *bytes).map(|(rule, _)| rule)
    }

    /// The verdicts on the whole document, in the order of judging.
    pub fn wholes(&self) -> impl Iterator<Item = &Verdict> {
        [&self.on_source, &self.on_page, &self.on_document].into_iter()
    }

    /// True if a rule or the guard wants the document looked at.
    pub fn is_flagged(&self) -> bool {
        self.guard == Guard::Left || self.flags().next().is_some()
    }

    /// The verdicts that flag the document or a part of it.
    pub fn flags(&self) -> impl Iterator<Item = &Verdict> {
        let may = |block: &&BlockVerdict| {
            block.verdict.action == Action::Flag || !block.sentences.is_empty()
        };
        let parts = self.on_blocks.blocks.iter().filter(may).flat_map(|block| {
            std::iter::once(&block.verdict).chain(block.sentences.iter().map(|s| &s.verdict))
        });
        self.wholes().chain(parts).filter(|verdict| verdict.action == Action::Flag)
    }

    /// The rules that flagged the document or decided to drop it, with their points.
    pub fn document_hits(&self) -> impl Iterator<Item = (RuleId, f64)> {
        self.wholes().flat_map(|verdict| {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cleaner, Record, RuleSet, Survey};

    fn clean(text: &str) -> Outcome {
        let rules = RuleSet::from_text(
            "t",
            "format = 1\nabout = 'T'\n\
             [rules.out]\nabout='X'\nscope='block'\ncategory='links'\naction='remove'\n\
             when={phrases=['alpha']}\n\
             [rules.off]\nabout='X'\nscope='document'\ncategory='spam'\naction='drop'\n\
             when={phrases=['beta']}\n\
             [rules.look]\nabout='X'\nscope='sentence'\ncategory='quality'\naction='flag'\n\
             when={phrases=['gamma']}\n",
        );
        let cleaner = Cleaner::new(rules.unwrap(), Survey::none()).unwrap();
        cleaner.clean(Record::text("id", text).in_language("en")).unwrap()
    }

    const LONG: &str =
        "The mill at the mouth of the creek ground its last corn in the spring of 1957.";

    #[test]
    fn a_score_is_the_share_that_went() {
        let text = format!("alpha {LONG}\n\n{LONG}");
        let outcome = clean(&text);
        let share = outcome.removals()[0].span.len() as f64 / text.len() as f64;
        let scores = outcome.scores();
        assert!((scores[Category::Links as usize] - share).abs() < 1e-9);
        assert_eq!(scores.iter().filter(|score| **score > 0.0).count(), 1);
        assert_eq!((outcome.drop_category(), outcome.text()), (None, Some(LONG)));
    }

    #[test]
    fn a_dropped_document_scores_full_for_its_reason_and_has_no_text() {
        let outcome = clean(&format!("{LONG} And beta."));
        assert_eq!(outcome.drop_category(), Some(Category::Spam));
        assert_eq!(outcome.scores()[Category::Spam as usize], 1.0);
        assert_eq!((outcome.text(), outcome.removals().len()), (None, 0));
        assert!(outcome.drop_verdict().is_some());
    }

    #[test]
    fn the_guard_drops_for_what_would_have_gone() {
        let outcome = clean(&format!("alpha {LONG}"));
        assert_eq!(outcome.guard, Guard::Dropped);
        assert_eq!(outcome.drop_category(), Some(Category::Links));
        assert_eq!(outcome.scores()[Category::Links as usize], 1.0);
        assert!(outcome.drop_verdict().is_none());
    }

    #[test]
    fn a_flag_anywhere_flags_the_document() {
        let outcome = clean(&format!("{LONG} See gamma."));
        assert!(outcome.is_flagged());
        assert_eq!((outcome.decision, outcome.flags().count()), (Decision::Kept, 1));
        assert!(!clean("").is_flagged());
        assert!(clean("").scores().iter().all(|score| *score == 0.0));
    }

    #[test]
    fn the_first_of_equal_scores_is_the_strongest() {
        assert_eq!(strongest(&Scores::default()), None);
        assert_eq!(strongest(&[0.0, 0.5, 0.5, 0.2, 0.0, 0.0]), Some(1));
    }
}
