//! Copies across documents: what a survey of the corpus says of a block or sentence.
//!
//! All of it is undefined without a survey. A document's own copies are the family *Repeats*: here
//! a block is *first* wherever the document is the first that holds it, however often it stands
//! there, so that rules of both families together never remove every copy.

use std::cell::OnceCell;

use super::repeats::sentences_of;
use super::{
    BLOCK, Measured, Need, PageView, SENTENCE_AND_BLOCK, Signal, Unit, count, parts, ratio,
};
use crate::document::{BlockKind, Scope, Span};
use crate::survey::{Known, sentence_print};
use crate::text::print_of;

const SENTENCE: &[Scope] = &[Scope::Sentence];
const SURVEY: &[Need] = &[Need::Survey];

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[
    &Signal {
        name: "block_document_frequency",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: SURVEY,
        about: "Documents of the survey that hold a block with the same fingerprint; undefined for a block without letters and digits",
        source: "after NeMo Curator, exact duplicates of paragraphs",
        measure: |t| of_block(t, |known| known.map_or(0.0, |known| f64::from(known.documents))),
    },
    &Signal {
        name: "block_corpus_copies",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: SURVEY,
        about: "Blocks of all documents of the survey with the same fingerprint; undefined for a block without letters and digits",
        source: "ours",
        measure: |t| of_block(t, |known| known.map_or(0.0, |known| f64::from(known.copies))),
    },
    &Signal {
        name: "block_is_first",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: SURVEY,
        about: "1 if no other document of the survey holds the block before this one (by name of source, then by number of record), 0 if one does; undefined for a block without letters and digits",
        source: "ours",
        measure: |t| of_block(t, |known| f64::from(u8::from(!is_elsewhere(t.page, known)))),
    },
    &Signal {
        name: "sentence_document_frequency",
        unit: Unit::Count,
        scopes: SENTENCE,
        needs: SURVEY,
        about: "Documents of the survey that hold a sentence (item, line of fields) with the same fingerprint; undefined for one of fewer than 40 characters, or without letters and digits",
        source: "after C4, three-sentence spans",
        measure: |t| of_sentence(t, |known| known.map_or(0.0, |known| f64::from(known.documents))),
    },
    &Signal {
        name: "sentence_is_first",
        unit: Unit::Count,
        scopes: SENTENCE,
        needs: SURVEY,
        about: "1 if no other document of the survey holds the sentence before this one, 0 if one does; undefined for one of fewer than 40 characters, or without letters and digits",
        source: "ours",
        measure: |t| of_sentence(t, |known| f64::from(u8::from(!is_elsewhere(t.page, known)))),
    },
    &Signal {
        name: "corpus_copied_run_characters",
        unit: Unit::Count,
        scopes: SENTENCE_AND_BLOCK,
        needs: SURVEY,
        about: "Characters of copied sentences, headings and tables (another document of the survey holds each before this one) in the longest run of them that the target lies in; sentences of fewer than 40 characters neither break a run nor count; 0 outside runs",
        source: "after C4, three-sentence spans",
        measure: |t| t.page.corpus().and_then(|corpus| count(corpus.run(t.span))),
    },
    &Signal {
        name: "page_corpus_copied_ratio",
        unit: Unit::Ratio,
        scopes: SENTENCE_AND_BLOCK,
        needs: SURVEY,
        about: "Characters of the page's copied sentences, headings and tables (another document of the survey holds each before this one) divided by characters of all that can be looked up; undefined for a page without any",
        source: "ours",
        measure: |t| t.page.corpus().and_then(|corpus| ratio(corpus.copied, corpus.all)),
    },
];

fn of_block(t: &Measured<'_>, value: impl Fn(Option<Known<'_>>) -> f64) -> Option<f64> {
    let survey = t.page.survey;
    if !survey.is_present() {
        return None;
    }
    Some(value(survey.block(print_of(t.text())?)))
}

fn of_sentence(t: &Measured<'_>, value: impl Fn(Option<Known<'_>>) -> f64) -> Option<f64> {
    let survey = t.page.survey;
    if !survey.is_present() {
        return None;
    }
    Some(value(survey.sentence(sentence_print(t.text())?)))
}

/// True if another document is the first that holds it.
fn is_elsewhere(page: &PageView<'_>, known: Option<Known<'_>>) -> bool {
    known.is_some_and(|known| !known.is_first(&page.info.location))
}

/// What a survey says of a page as a whole.
#[derive(Default)]
pub(crate) struct PageCorpus {
    found: OnceCell<Corpus>,
}

struct Corpus {
    /// Runs of copied pieces with the characters of those, in order.
    runs: Vec<(Span, usize)>,
    /// Characters of copied pieces, and of all that can be looked up.
    copied: usize,
    all: usize,
}

impl Corpus {
    fn new(page: &PageView<'_>) -> Self {
        let mut corpus = Corpus { runs: Vec::new(), copied: 0, all: 0 };
        let mut open = false;
        for (piece, is_sentence) in
            page.blocks.iter().flat_map(|block| pieces(page, block.kind, block.span))
        {
            let text = piece.of(page.text);
            let print = if is_sentence { sentence_print(text) } else { print_of(text) };
            let Some(print) = print else { continue };
            let survey = page.survey;
            let known = if is_sentence { survey.sentence(print) } else { survey.block(print) };
            let copied = is_elsewhere(page, known);
            let characters = text.chars().count();
            corpus.all += characters;
            if copied {
                corpus.copied += characters;
            }
            match corpus.runs.last_mut() {
                Some((run, sum)) if open && copied => {
                    run.end = piece.end;
                    *sum += characters;
                }
                _ if copied => corpus.runs.push((piece, characters)),
                _ => {}
            }
            open = copied;
        }
        corpus
    }

    /// Characters of the run that a span lies in or, for a block, of the longest that touches it.
    fn run(&self, span: Span) -> usize {
        let from = self.runs.partition_point(|(run, _)| run.end <= span.start);
        let touching = self.runs.iter().skip(from).take_while(|(run, _)| run.start < span.end);
        touching.map(|(_, characters)| *characters).max().unwrap_or(0)
    }
}

/// What of a block is looked up: its sentences, or the whole (marked `false`).
fn pieces(page: &PageView<'_>, kind: BlockKind, span: Span) -> Vec<(Span, bool)> {
    let spans = match kind {
        BlockKind::Paragraph | BlockKind::Quote | BlockKind::Other => sentences_of(page.text, span),
        BlockKind::List => parts::items(page.text, kind, span)
            .into_iter()
            .flat_map(|item| sentences_of(page.text, item))
            .collect(),
        BlockKind::Fields => parts::items(page.text, kind, span),
        BlockKind::Heading | BlockKind::Table | BlockKind::Code => return vec![(span, false)],
    };
    spans.into_iter().map(|span| (span, true)).collect()
}

impl PageView<'_> {
    fn corpus(&self) -> Option<&Corpus> {
        self.survey.is_present().then(|| {
            let page = self.corpus.get_or_init(PageCorpus::default);
            page.found.get_or_init(|| Corpus::new(self))
        })
    }
}
