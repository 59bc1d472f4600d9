//! Copies across documents: what a survey of the corpus says of a block, a sentence or a page.
//!
//! All of it is undefined without a survey. A document's own copies are the family *Repeats*: here
//! a block is *first* wherever the document is the first that holds it, however often it stands
//! there, so that rules of both families together never remove every copy.

use std::cell::OnceCell;

use super::lines::is_verse;
use super::repeats::sentences_of;
use super::{
    BLOCK, DOCUMENT, Measured, Need, PageView, SENTENCE_AND_BLOCK, Signal, Unit, count, parts,
    ratio,
};
use crate::document::{Block, BlockKind, Location, Scope, Span};
use crate::survey::{
    Known, Part, Place, SENTENCE_CHARACTERS, Window, is_prose, sentence_print, windows,
};
use crate::text::print_of;

const SENTENCE: &[Scope] = &[Scope::Sentence];
const PAGE: &[Scope] = &[Scope::Page];
const ANY: &[Scope] = &[Scope::Page, Scope::Sentence, Scope::Block, Scope::Document];
const BLOCKS: &[Need] = &[Need::Survey(Part::Blocks)];
const GROUPS: &[Need] = &[Need::Survey(Part::Groups)];
const SENTENCES: &[Need] = &[Need::Survey(Part::Sentences)];
const WINDOWS: &[Need] = &[Need::Survey(Part::Windows)];
const TEXTS: &[Need] = &[Need::Survey(Part::Texts)];
const NEAR_BLOCKS: &[Need] = &[Need::Survey(Part::NearBlocks)];
const NEAR_DOCUMENTS: &[Need] = &[Need::Survey(Part::NearDocuments)];

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[
    &Signal {
        name: "block_document_frequency",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: BLOCKS,
        about: "Documents of the survey that hold a block with the same fingerprint; undefined for a block without letters and digits",
        source: "after NeMo Curator, exact duplicates of paragraphs",
        measure: |t| of_block(t, |block| f64::from(block.documents)),
    },
    &Signal {
        name: "block_corpus_copies",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: BLOCKS,
        about: "Blocks of all documents of the survey with the same fingerprint; undefined for a block without letters and digits",
        source: "ours",
        measure: |t| of_block(t, |block| f64::from(block.copies)),
    },
    &Signal {
        name: "block_is_first",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: BLOCKS,
        about: "1 if no other document of the survey holds the block before this one (by name of source, then by number of record), 0 if one does; undefined for a block without letters and digits",
        source: "ours",
        measure: |t| of_block(t, |block| f64::from(u8::from(!block.is_elsewhere))),
    },
    &Signal {
        name: "sentence_document_frequency",
        unit: Unit::Count,
        scopes: SENTENCE,
        needs: SENTENCES,
        about: "Documents of the survey that hold a sentence (item, line of fields) with the same fingerprint; undefined for one of fewer than 40 characters, or without letters and digits",
        source: "after C4, three-sentence spans",
        measure: |t| of_sentence(t, documents),
    },
    &Signal {
        name: "sentence_is_first",
        unit: Unit::Count,
        scopes: SENTENCE,
        needs: SENTENCES,
        about: "1 if no other document of the survey holds the sentence before this one, 0 if one does; undefined for one of fewer than 40 characters, or without letters and digits",
        source: "ours",
        measure: |t| of_sentence(t, |known| f64::from(u8::from(!is_elsewhere(t.page, known)))),
    },
    &Signal {
        name: "corpus_copied_run_characters",
        unit: Unit::Count,
        scopes: SENTENCE_AND_BLOCK,
        needs: SENTENCES,
        about: "Characters of the longest run of copied blocks and sentences (another document of the survey holds each before this one) that the target lies in; tables, code, verse (`is_verse`) and what has fewer than 40 characters neither count nor break a run, and belong to its ends only if the document that has the neighbour first has them first too; 0 outside runs, and for a short block that no other document holds",
        source: "after C4, three-sentence spans",
        measure: run,
    },
    &Signal {
        name: "page_corpus_copied_ratio",
        unit: Unit::Ratio,
        scopes: SENTENCE_AND_BLOCK,
        needs: SENTENCES,
        about: "Characters of the page's copied blocks and sentences (another document of the survey holds each before this one) divided by those of all its blocks and sentences, tables, code, verse and what has fewer than 40 characters left out of both; undefined where nothing is left",
        source: "ours",
        measure: |t| t.page.corpus().and_then(|corpus| ratio(corpus.copied, corpus.all)),
    },
    &Signal {
        name: "block_document_share",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: BLOCKS,
        about: "Documents of the survey that hold a block with the same fingerprint, divided by all its documents; undefined for a block without letters and digits",
        source: "ours",
        measure: |t| {
            let held = of_block(t, |block| f64::from(block.documents))?;
            share(held, t.page.survey.documents())
        },
    },
    &Signal {
        name: "block_head_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: BLOCKS,
        about: "Of the documents of the survey that hold the block, the share that has it in its first fifth (by bytes); undefined for a block that fewer than two hold",
        source: "after finepdfs' running heads",
        measure: |t| at_edge(t, |known| known.head),
    },
    &Signal {
        name: "block_tail_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: BLOCKS,
        about: "Of the documents of the survey that hold the block, the share that has it in its last fifth (by bytes); undefined for a block that fewer than two hold",
        source: "after finepdfs' running feet",
        measure: |t| at_edge(t, |known| known.tail),
    },
    &Signal {
        name: "block_hosts",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: GROUPS,
        about: "Hosts (or other groups) whose documents hold the block; undefined for a block without letters and digits",
        source: "ours",
        measure: |t| of_block(t, |block| f64::from(block.groups)),
    },
    &Signal {
        name: "block_host_frequency",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: GROUPS,
        about: "Documents of the page's host (or other group) that hold the block; undefined for a page of no group",
        source: "ours",
        measure: in_group,
    },
    &Signal {
        name: "block_host_share",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: GROUPS,
        about: "Documents of the page's host (or other group) that hold the block, divided by all documents of the host; undefined for a page of no group, or of one that the survey does not know",
        source: "after tale, paragraphs on more than half of a domain's pages",
        measure: |t| in_group(t).and_then(|held| share(held, of_group(t)?)),
    },
    &Signal {
        name: "host_documents",
        unit: Unit::Count,
        scopes: ANY,
        needs: GROUPS,
        about: "Documents of the page's host (or other group) in the survey; undefined for a page of no group",
        source: "ours",
        measure: |t| Some(of_group(t)? as f64),
    },
    &Signal {
        name: "block_near_document_frequency",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: NEAR_BLOCKS,
        about: "Documents of the survey that hold the block or a near copy of it (one that holds two of them counts twice); undefined for headings, tables, code and what has no letters and digits",
        source: "ours",
        measure: |t| of_near(t, documents),
    },
    &Signal {
        name: "block_near_is_first",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: NEAR_BLOCKS,
        about: "1 if no other document of the survey holds the block or a near copy of it before this one, 0 if one does; undefined for headings, tables, code and what has no letters and digits",
        source: "ours",
        measure: |t| of_near(t, |known| f64::from(u8::from(!is_elsewhere(t.page, known)))),
    },
    &Signal {
        name: "window_document_frequency",
        unit: Unit::Count,
        scopes: SENTENCE,
        needs: WINDOWS,
        about: "The most documents of the survey that hold one of the spans of three sentences (or as many as `window` says) that the sentence is part of; undefined for a sentence that is part of none",
        source: "after C4, three-sentence spans (Raffel et al. 2020)",
        measure: |t| t.page.windows()?.of(t.span).map(|(held, _)| held),
    },
    &Signal {
        name: "window_is_first",
        unit: Unit::Count,
        scopes: SENTENCE,
        needs: WINDOWS,
        about: "0 if another document of the survey holds one of the spans of three sentences (or as many as `window` says) that the sentence is part of before this one, otherwise 1; undefined for a sentence that is part of none",
        source: "after C4, three-sentence spans (Raffel et al. 2020)",
        measure: |t| t.page.windows()?.of(t.span).map(|(_, first)| f64::from(u8::from(first))),
    },
    &Signal {
        name: "page_document_frequency",
        unit: Unit::Count,
        scopes: PAGE,
        needs: TEXTS,
        about: "Documents of the survey whose whole text has the page's fingerprint; undefined for a page without letters and digits",
        source: "exact duplicates",
        measure: |t| of_page(t, documents),
    },
    &Signal {
        name: "page_is_first",
        unit: Unit::Count,
        scopes: PAGE,
        needs: TEXTS,
        about: "1 if no other document of the survey has the page's whole text before this one (by name of source, then by number of record), 0 if one has; undefined for a page without letters and digits",
        source: "exact duplicates",
        measure: |t| of_page(t, |known| f64::from(u8::from(!is_elsewhere(t.page, known)))),
    },
    &Signal {
        name: "page_near_duplicates",
        unit: Unit::Count,
        scopes: DOCUMENT,
        needs: NEAR_DOCUMENTS,
        about: "Documents of the survey in the page's cluster of near duplicates, itself among them; 1 if it has none",
        source: "MinHash with banding (Broder 1997; Leskovec et al., Mining of Massive Datasets, 3.4)",
        measure: |t| of_cluster(t, |known| known.map_or(1.0, |known| f64::from(known.documents))),
    },
    &Signal {
        name: "page_is_kept",
        unit: Unit::Count,
        scopes: DOCUMENT,
        needs: NEAR_DOCUMENTS,
        about: "1 if the page is the one of its cluster of near duplicates that stays, or has none, 0 if another one stays",
        source: "MinHash with banding (Broder 1997; Leskovec et al., Mining of Massive Datasets, 3.4)",
        measure: |t| of_cluster(t, |known| f64::from(u8::from(!is_elsewhere(t.page, known)))),
    },
];

fn of_block(t: &Measured<'_>, value: impl Fn(&Looked) -> f64) -> Option<f64> {
    t.page.looked_up(t.block?).map(value)
}

/// What came of looking up a block.
#[derive(Clone, Copy, Debug, Default)]
struct Looked {
    documents: u32,
    copies: u32,
    groups: u32,
    /// True if another document is the first that holds it.
    is_elsewhere: bool,
    first: Option<Place>,
}

fn documents(known: Option<Known<'_>>) -> f64 {
    known.map_or(0.0, |known| f64::from(known.documents))
}

/// A part of a number of documents; `None` of none.
fn share(part: f64, all: u64) -> Option<f64> {
    (all > 0).then(|| part / all as f64)
}

fn at_edge(t: &Measured<'_>, at: impl Fn(&Known<'_>) -> u32) -> Option<f64> {
    let known = t.page.survey.block(print_of(t.text())?, &t.page.info.location)?;
    share(f64::from(at(&known)), u64::from(known.documents)).filter(|_| known.documents >= 2)
}
/// Documents of the page's group.
fn of_group(t: &Measured<'_>) -> Option<u64> {
    let survey = t.page.survey;
    let name = t.page.group().filter(|_| survey.is_present())?;
    Some(u64::from(survey.group_documents(name)))
}

/// Documents of the page's group that hold a block.
fn in_group(t: &Measured<'_>) -> Option<f64> {
    let survey = t.page.survey;
    let name = t.page.group().filter(|_| survey.is_present())?;
    let print = print_of(t.text())?;
    Some(f64::from(survey.block_in_group(print, name, &t.page.info.location)))
}

/// What is known of a block and its near copies; of one that has none, what is known of itself.
fn of_near(t: &Measured<'_>, value: impl Fn(Option<Known<'_>>) -> f64) -> Option<f64> {
    let survey = t.page.survey;
    if !survey.is_present() || !t.kind().is_some_and(is_prose) {
        return None;
    }
    let print = print_of(t.text())?;
    let alone = || survey.block(print, &t.page.info.location);
    Some(value(survey.near_copies(print).or_else(alone)))
}

fn of_page(t: &Measured<'_>, value: impl Fn(Option<Known<'_>>) -> f64) -> Option<f64> {
    let survey = t.page.survey;
    if !survey.is_present() {
        return None;
    }
    Some(value(survey.text(print_of(t.text())?, &t.page.info.location)))
}

fn of_cluster(t: &Measured<'_>, value: impl Fn(Option<Known<'_>>) -> f64) -> Option<f64> {
    let survey = t.page.survey;
    survey.is_present().then(|| value(survey.near_duplicates(&t.page.info.location)))
}

fn of_sentence(t: &Measured<'_>, value: impl Fn(Option<Known<'_>>) -> f64) -> Option<f64> {
    let survey = t.page.survey;
    if !survey.is_present() {
        return None;
    }
    Some(value(survey.sentence(sentence_print(t.text())?, &t.page.info.location)))
}

fn run(t: &Measured<'_>) -> Option<f64> {
    let corpus = t.page.corpus()?;
    // A short block of the page's own between two copied ones is known to be no copy.
    let is_block = t.own_block().is_some_and(|block| block.span == t.span);
    if is_block && t.text().chars().nth(SENTENCE_CHARACTERS - 1).is_none() {
        let known =
            print_of(t.text()).and_then(|print| t.page.survey.block(print, &t.page.info.location));
        if !is_elsewhere(t.page, known) {
            return Some(0.0);
        }
    }
    count(corpus.run(t.span))
}

/// True if another document is the first that holds it.
fn is_elsewhere(page: &PageView<'_>, known: Option<Known<'_>>) -> bool {
    known.is_some_and(|known| !known.is_first(&page.info.location))
}

/// The first document that holds it, if that is another one.
fn elsewhere<'s>(page: &PageView<'_>, known: Option<Known<'s>>) -> Option<First<'s>> {
    let known = known.filter(|known| !known.is_first(&page.info.location))?;
    Some((known.source, known.ordinal))
}

/// What a survey says of a page as a whole.
#[derive(Default)]
pub(crate) struct PageCorpus {
    /// For each block; `None` for one without letters and digits.
    blocks: OnceCell<Vec<Option<Looked>>>,
    found: OnceCell<Corpus>,
    windows: OnceCell<PageWindows>,
    group: OnceCell<Option<String>>,
}

/// Sentences in a row of a page, with what is known of them.
struct PageWindows {
    /// In order; each with the documents that hold it, and whether this one is the first.
    found: Vec<(Window, f64, bool)>,
}

impl PageWindows {
    fn new(page: &PageView<'_>) -> Self {
        let survey = page.survey;
        let found = windows(page.text, page.blocks.iter(), survey.window_sentences())
            .into_iter()
            .map(|window| {
                let known = survey.window(window.print, &page.info.location);
                (window, documents(known), !is_elsewhere(page, known))
            })
            .collect();
        Self { found }
    }

    /// Of the windows that a sentence is part of, the most documents, and whether all are first.
    fn of(&self, span: Span) -> Option<(f64, bool)> {
        self.parts(span)
            .map(|(_, held, first)| (*held, *first))
            .reduce(|(most, all), (held, first)| (most.max(held), all && first))
    }

    /// The windows that a sentence is part of.
    fn around(&self, span: Span) -> impl Iterator<Item = &Window> {
        self.parts(span).map(|(window, ..)| window)
    }

    fn parts(&self, span: Span) -> impl Iterator<Item = &(Window, f64, bool)> {
        let from = self.found.partition_point(|(window, ..)| window.span.end < span.end);
        let own = self.found.iter().skip(from);
        own.take_while(move |(window, ..)| window.span.start <= span.start)
    }
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
        // Where the last run was taken from, if it goes on.
        let mut open: Option<First<'_>> = None;
        // The short copied pieces right before the next run: where they begin, and their source.
        let mut lead: Option<(usize, First<'_>)> = None;
        for Piece { span, first, counts } in
            page.blocks.iter().flat_map(|block| pieces(page, block))
        {
            let characters = span.of(page.text).chars().count();
            if !counts || characters < SENTENCE_CHARACTERS {
                // Not enough to tell a copy from chance: amid a run it goes along, at its ends only
                // if it was taken from the same document.
                match corpus.runs.last_mut() {
                    Some((run, _)) if first.is_some() && first == open => run.end = span.end,
                    _ => {
                        lead = first.map(|first| match lead {
                            Some((start, before)) if before == first => (start, first),
                            _ => (span.start, first),
                        });
                    }
                }
                continue;
            }
            corpus.all += characters;
            if let Some(first) = first {
                corpus.copied += characters;
                match corpus.runs.last_mut() {
                    Some((run, sum)) if open.is_some() => {
                        run.end = span.end;
                        *sum += characters;
                    }
                    _ => {
                        let own = lead.filter(|(_, before)| *before == first);
                        let start = own.map_or(span.start, |(start, _)| start);
                        corpus.runs.push((Span::new(start, span.end), characters));
                    }
                }
            }
            lead = None;
            open = first;
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

/// A document, by its source and its number there.
type First<'s> = (&'s str, u64);

/// A part of a block.
struct Piece<'s> {
    span: Span,
    /// The first document that holds it, if that is another one.
    first: Option<First<'s>>,
    /// False for tables, code and verse, which are alike in many documents for good reasons.
    counts: bool,
}

/// What of a block is looked up: the whole; if that is no copy, its sentences.
fn pieces<'s>(page: &'s PageView<'_>, block: &Block) -> Vec<Piece<'s>> {
    let survey = page.survey;
    let (span, at) = (block.span, &page.info.location);
    let whole = print_of(span.of(page.text)).and_then(|print| survey.block(print, at));
    let counts =
        !matches!(block.kind, BlockKind::Table | BlockKind::Code) && !is_verse(page.text, block);
    let whole = Piece { span, first: elsewhere(page, whole), counts };
    let sentences = match block.kind {
        _ if whole.first.is_some() => return vec![whole],
        BlockKind::Paragraph | BlockKind::Quote | BlockKind::Other => sentences_of(page.text, span),
        BlockKind::List => parts::items(page.text, block.kind, span)
            .into_iter()
            .flat_map(|item| sentences_of(page.text, item))
            .collect(),
        BlockKind::Fields => parts::items(page.text, block.kind, span),
        BlockKind::Heading | BlockKind::Table | BlockKind::Code => return vec![whole],
    };
    let looked_up = |span: Span| {
        let known = sentence_print(span.of(page.text));
        let known = known.and_then(|print| survey.sentence(print, at));
        Piece { span, first: elsewhere(page, known), counts }
    };
    sentences.into_iter().map(looked_up).collect()
}

/// Tells the documents that what goes is copied from.
pub(crate) struct Originals<'v, 'p> {
    view: &'v PageView<'p>,
}

impl<'v, 'p> Originals<'v, 'p> {
    /// For what goes from a page: what judging has looked up is not looked up again.
    pub(crate) fn new(view: &'v PageView<'p>) -> Self {
        Self { view }
    }

    /// The first document that holds a block, or (`near`) that or a near copy of it, if it is another
    /// one.
    pub(crate) fn of_block(&self, number: usize, near: bool) -> Option<Location> {
        let survey = self.view.survey;
        if near {
            let block = self.view.blocks.get(number)?;
            let alike = survey.near_copies(print_of(block.span.of(self.view.text))?);
            // A block without near copies may still have exact ones.
            if alike.is_some() {
                return self.another(alike);
            }
        }
        let looked_up = self.view.looked_up(number).filter(|block| block.is_elsewhere)?;
        survey.location(looked_up.first?)
    }

    /// The first document that holds a sentence, or sentences in a row that it is part of, if it is
    /// another one.
    pub(crate) fn of_sentence(&self, span: Span) -> Option<Location> {
        let (survey, at) = (self.view.survey, &self.view.info.location);
        let print = sentence_print(span.of(self.view.text));
        let alone = print.and_then(|print| self.another(survey.sentence(print, at)));
        alone.or_else(|| {
            let mut around = self.view.windows()?.around(span);
            around.find_map(|window| self.another(survey.window(window.print, at)))
        })
    }

    /// The document that stays of those that have the page's text, or are near duplicates of it, if
    /// it is another one.
    pub(crate) fn of_page(&self) -> Option<Location> {
        let (survey, at) = (self.view.survey, &self.view.info.location);
        let print = print_of(self.view.text);
        let exact = print.and_then(|print| self.another(survey.text(print, at)));
        exact.or_else(|| self.another(survey.near_duplicates(at)))
    }

    fn another(&self, known: Option<Known<'_>>) -> Option<Location> {
        let known = known.filter(|known| !known.is_first(&self.view.info.location))?;
        Some(Location { source: known.source.clone(), ordinal: known.ordinal })
    }
}

impl PageView<'_> {
    /// What the survey says of a block; `None` without a survey, and for a block without letters and
    /// digits.
    fn looked_up(&self, number: usize) -> Option<&Looked> {
        if !self.survey.is_present() {
            return None;
        }
        let page = self.corpus.get_or_init(PageCorpus::default);
        page.blocks.get_or_init(|| self.look_up_blocks()).get(number)?.as_ref()
    }

    fn look_up_blocks(&self) -> Vec<Option<Looked>> {
        let print = |block: &Block| print_of(block.span.of(self.text));
        let prints: Vec<Option<u64>> = self.blocks.iter().map(print).collect();
        let asked: Vec<u64> = prints.iter().copied().flatten().collect();
        let mut answers = self.survey.blocks(&asked, &self.info.location).into_iter();
        let read = |known: Option<Known<'_>>| match known {
            None => Looked::default(),
            Some(known) => Looked {
                documents: known.documents,
                copies: known.copies,
                groups: known.groups,
                is_elsewhere: is_elsewhere(self, Some(known)),
                first: known.place,
            },
        };
        // An answer for each that was asked for.
        let answer = |print: Option<u64>| print.and_then(|_| answers.next()).map(read);
        prints.into_iter().map(answer).collect()
    }

    fn corpus(&self) -> Option<&Corpus> {
        let page =
            self.survey.is_present().then(|| self.corpus.get_or_init(PageCorpus::default))?;
        Some(page.found.get_or_init(|| Corpus::new(self)))
    }

    fn windows(&self) -> Option<&PageWindows> {
        let page =
            self.survey.is_present().then(|| self.corpus.get_or_init(PageCorpus::default))?;
        Some(page.windows.get_or_init(|| PageWindows::new(self)))
    }

    /// The group of documents that the page belongs to, found once.
    fn group(&self) -> Option<&str> {
        let page = self.corpus.get_or_init(PageCorpus::default);
        page.group.get_or_init(|| self.info.group()).as_deref()
    }
}

#[cfg(test)]
mod tests;
