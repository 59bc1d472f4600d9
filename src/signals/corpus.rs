//! Copies across documents: what a survey of the corpus says of a block or sentence.
//!
//! All of it is undefined without a survey. A document's own copies are the family *Repeats*: here
//! a block is *first* wherever the document is the first that holds it, however often it stands
//! there, so that rules of both families together never remove every copy.

use std::cell::OnceCell;

use super::repeats::sentences_of;
use super::{
    BLOCK, Measured, Need, PageView, SENTENCE_AND_BLOCK, Signal, SignalId, Unit, count, parts,
    ratio,
};
use crate::document::{Block, BlockKind, Scope, Span};
use crate::survey::{Known, SENTENCE_CHARACTERS, sentence_print};
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
        measure: |t| of_block(t, |block| f64::from(block.documents)),
    },
    &Signal {
        name: "block_corpus_copies",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: SURVEY,
        about: "Blocks of all documents of the survey with the same fingerprint; undefined for a block without letters and digits",
        source: "ours",
        measure: |t| of_block(t, |block| f64::from(block.copies)),
    },
    &Signal {
        name: "block_is_first",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: SURVEY,
        about: "1 if no other document of the survey holds the block before this one (by name of source, then by number of record), 0 if one does; undefined for a block without letters and digits",
        source: "ours",
        measure: |t| of_block(t, |block| f64::from(u8::from(!block.is_elsewhere))),
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
        about: "Characters of the longest run of copied blocks and sentences (another document of the survey holds each before this one) that the target lies in; tables, code and what has fewer than 40 characters neither count nor break a run; 0 outside runs, and for a short block that no other document holds",
        source: "after C4, three-sentence spans",
        measure: run,
    },
    &Signal {
        name: "page_corpus_copied_ratio",
        unit: Unit::Ratio,
        scopes: SENTENCE_AND_BLOCK,
        needs: SURVEY,
        about: "Characters of the page's copied blocks and sentences (another document of the survey holds each before this one) divided by those of all its blocks and sentences, tables, code and what has fewer than 40 characters left out of both; undefined where nothing is left",
        source: "ours",
        measure: |t| t.page.corpus().and_then(|corpus| ratio(corpus.copied, corpus.all)),
    },
];

/// The signals that look up sentences.
const OF_SENTENCES: [&str; 4] = [
    "sentence_document_frequency",
    "sentence_is_first",
    "corpus_copied_run_characters",
    "page_corpus_copied_ratio",
];

impl SignalId {
    /// True if it is undefined, or another, with a survey that does not count sentences.
    pub fn asks_for_sentence_counts(self) -> bool {
        OF_SENTENCES.contains(&self.signal().name)
    }
}

fn of_block(t: &Measured<'_>, value: impl Fn(&Looked) -> f64) -> Option<f64> {
    t.page.looked_up(t.block?).map(value)
}

/// What came of looking up a block.
#[derive(Clone, Copy, Debug, Default)]
struct Looked {
    documents: u32,
    copies: u32,
    is_elsewhere: bool,
}

fn of_sentence(t: &Measured<'_>, value: impl Fn(Option<Known<'_>>) -> f64) -> Option<f64> {
    let survey = t.page.survey;
    if !survey.is_present() {
        return None;
    }
    Some(value(survey.sentence(sentence_print(t.text())?)))
}

fn run(t: &Measured<'_>) -> Option<f64> {
    let corpus = t.page.corpus()?;
    // A short block of the page's own between two copied ones is known to be no copy.
    let is_block = t.own_block().is_some_and(|block| block.span == t.span);
    if is_block && t.text().chars().nth(SENTENCE_CHARACTERS - 1).is_none() {
        let known = print_of(t.text()).and_then(|print| t.page.survey.block(print));
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

/// What a survey says of a page as a whole.
#[derive(Default)]
pub(crate) struct PageCorpus {
    /// For each block; `None` for one without letters and digits.
    blocks: OnceCell<Vec<Option<Looked>>>,
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
        // Whether the last run goes on, and where the short copied pieces before the next one began.
        let mut open = false;
        let mut lead: Option<usize> = None;
        for Piece { span, copied, counts } in
            page.blocks.iter().enumerate().flat_map(|(n, block)| pieces(page, n, block))
        {
            let characters = span.of(page.text).chars().count();
            if !counts || characters < SENTENCE_CHARACTERS {
                // Not enough to tell a copy from chance: it goes along, if it is one.
                match corpus.runs.last_mut() {
                    Some((run, _)) if open && copied => run.end = span.end,
                    _ if copied => lead = lead.or(Some(span.start)),
                    _ => lead = None,
                }
                continue;
            }
            corpus.all += characters;
            if copied {
                corpus.copied += characters;
            }
            match corpus.runs.last_mut() {
                Some((run, sum)) if open && copied => {
                    run.end = span.end;
                    *sum += characters;
                }
                _ if copied => {
                    let start = lead.unwrap_or(span.start);
                    corpus.runs.push((Span::new(start, span.end), characters));
                }
                _ => {}
            }
            lead = None;
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

/// A part of a block, and whether another document is the first that holds it.
struct Piece {
    span: Span,
    copied: bool,
    /// False for tables and code, which are alike in many documents for good reasons.
    counts: bool,
}

/// What of a block is looked up: the whole; if that is no copy, its sentences.
fn pieces(page: &PageView<'_>, number: usize, block: &Block) -> Vec<Piece> {
    let survey = page.survey;
    let span = block.span;
    let counts = !matches!(block.kind, BlockKind::Table | BlockKind::Code);
    let copied = page.looked_up(number).is_some_and(|block| block.is_elsewhere);
    let whole = Piece { span, copied, counts };
    let sentences = match block.kind {
        _ if whole.copied => return vec![whole],
        BlockKind::Paragraph | BlockKind::Quote | BlockKind::Other => sentences_of(page.text, span),
        BlockKind::List => parts::items(page.text, block.kind, span)
            .into_iter()
            .flat_map(|item| sentences_of(page.text, item))
            .collect(),
        BlockKind::Fields => parts::items(page.text, block.kind, span),
        BlockKind::Heading | BlockKind::Table | BlockKind::Code => return vec![whole],
    };
    let looked_up = |span: Span| {
        let known = sentence_print(span.of(page.text)).and_then(|print| survey.sentence(print));
        Piece { span, copied: is_elsewhere(page, known), counts }
    };
    sentences.into_iter().map(looked_up).collect()
}

impl PageView<'_> {
    fn corpus(&self) -> Option<&Corpus> {
        self.survey.is_present().then(|| {
            let page = self.corpus.get_or_init(PageCorpus::default);
            page.found.get_or_init(|| Corpus::new(self))
        })
    }

    /// What the survey says of a block; `None` without a survey, and for a block without letters and
    /// digits.
    fn looked_up(&self, number: usize) -> Option<&Looked> {
        if !self.survey.is_present() {
            return None;
        }
        let page = self.corpus.get_or_init(PageCorpus::default);
        page.blocks.get_or_init(|| self.look_up_blocks()).get(number)?.as_ref()
    }

    /// All blocks at once. Each is looked up somewhere else in a table that no cache holds, and while
    /// the processor waits for one it can be after the next.
    fn look_up_blocks(&self) -> Vec<Option<Looked>> {
        let print = |block: &Block| print_of(block.span.of(self.text));
        let prints: Vec<Option<u64>> = self.blocks.iter().map(print).collect();
        let look_up = |print| match self.survey.block(print) {
            None => Looked::default(),
            Some(known) => Looked {
                documents: known.documents,
                copies: known.copies,
                is_elsewhere: is_elsewhere(self, Some(known)),
            },
        };
        prints.into_iter().map(|print| print.map(look_up)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::document::{BlockKind, Location};
    use crate::signals::tests::{Fixture, same};
    use crate::survey::{Prints, Settings, Survey};

    const ELM: &str =
        "The wheel of the upper mill was built of elm and turned for a hundred years.";
    const BOOK: &str =
        "Its miller kept a book in which he wrote each morning the height of the stream.";
    const NEW: &str =
        "This sentence stands in no other document of the corpus, and is long enough.";

    /// A survey of pages that come before the test's own page (source `test`, record 0).
    fn survey(pages: &[&str], source: &str) -> Survey {
        let mut survey = Survey::new(Settings::default());
        for (ordinal, text) in (0..).zip(pages) {
            let page = Fixture::of(text).page();
            let location = Location { source: source.into(), ordinal };
            survey.add(&Prints::of(&page, Settings::default()).at(location));
        }
        survey
    }

    #[test]
    fn without_a_survey_all_is_undefined() {
        let page = Fixture::of(ELM);
        for name in ["block_document_frequency", "block_is_first", "page_corpus_copied_ratio"] {
            assert_eq!(page.block(0, name), None, "{name}");
        }
        assert_eq!(page.sentence(0, ELM, "sentence_is_first"), None);
        assert_eq!(page.sentence(0, ELM, "corpus_copied_run_characters"), None);
    }

    #[test]
    fn documents_and_copies_are_those_of_the_survey() {
        let twice = format!("{ELM}\n{ELM}");
        let page =
            Fixture::of(&format!("{ELM}\n{NEW}\n***")).surveyed(survey(&[&twice, ELM], "earlier"));
        assert_eq!(page.block(0, "block_document_frequency"), Some(2.0));
        assert_eq!(page.block(0, "block_corpus_copies"), Some(3.0));
        assert_eq!(page.block(0, "block_is_first"), Some(0.0));
        assert_eq!(page.block(1, "block_document_frequency"), Some(0.0));
        assert_eq!(page.block(1, "block_is_first"), Some(1.0), "nobody has it");
        assert_eq!(page.block(2, "block_is_first"), None, "marks alone are no copies");
    }

    #[test]
    fn a_block_is_first_wherever_its_document_is() {
        // The page is record 0 of `test`: the first of these, and again in itself.
        let twice = format!("{ELM}\n{ELM}");
        let page = Fixture::of(&twice).surveyed(survey(&[&twice, ELM], "test"));
        assert_eq!(page.block(0, "block_is_first"), Some(1.0));
        assert_eq!(page.block(1, "block_is_first"), Some(1.0));
        assert_eq!(page.block(0, "block_document_frequency"), Some(2.0));
    }

    #[test]
    fn short_sentences_are_undefined() {
        let page =
            Fixture::of("Nobody knows why.").surveyed(survey(&["Nobody knows why."], "earlier"));
        assert_eq!(page.sentence(0, "Nobody knows why.", "sentence_is_first"), None);
        assert_eq!(page.block(0, "block_is_first"), Some(0.0));
        assert_eq!(page.block(0, "page_corpus_copied_ratio"), None, "nothing can be looked up");
    }

    #[test]
    fn runs_go_over_blocks_and_short_lines_and_end_at_what_is_new() {
        let text = format!("A mill\n{ELM}\nNobody knows why.\n{BOOK}\n{NEW}\n{ELM}");
        let earlier = format!("A mill\n{ELM}\nNobody knows why.\n{BOOK}");
        let page = Fixture::of(&text).surveyed(survey(&[&earlier], "earlier"));
        let run = |n| page.block(n, "corpus_copied_run_characters").unwrap();
        let (elm, both) = (ELM.len() as f64, (ELM.len() + BOOK.len()) as f64);
        assert_eq!([run(0), run(1), run(2), run(3)], [both; 4], "the heading goes along");
        assert_eq!((run(4), run(5)), (0.0, elm));
        let all = both + elm + NEW.len() as f64;
        same(page.block(0, "page_corpus_copied_ratio"), (both + elm) / all);
    }

    #[test]
    fn a_short_block_of_the_pages_own_is_part_of_no_run() {
        let page = Fixture::of(&format!("{ELM}\nBut is that so?\n{BOOK}"))
            .surveyed(survey(&[&format!("{ELM}\n{BOOK}")], "earlier"));
        let own = "But is that so?";
        assert_eq!(page.sentence(1, own, "corpus_copied_run_characters"), Some(0.0));
        assert_eq!(page.block(1, "corpus_copied_run_characters"), Some(0.0));
        let both = (ELM.len() + BOOK.len()) as f64;
        assert_eq!(page.block(2, "corpus_copied_run_characters"), Some(both));
    }

    #[test]
    fn sentences_are_found_in_blocks_that_are_no_copies() {
        let text = format!("{NEW} {ELM} {BOOK}");
        let earlier = format!("{ELM} {BOOK}");
        let page = Fixture::of(&text).surveyed(survey(&[&earlier], "earlier"));
        assert_eq!(page.block(0, "block_is_first"), Some(1.0));
        assert_eq!(page.last_sentence(0, ELM, "sentence_is_first"), Some(0.0));
        assert_eq!(page.last_sentence(0, ELM, "sentence_document_frequency"), Some(1.0));
        assert_eq!(page.sentence(0, NEW, "corpus_copied_run_characters"), Some(0.0));
        let both = (ELM.len() + BOOK.len()) as f64;
        assert_eq!(page.last_sentence(0, BOOK, "corpus_copied_run_characters"), Some(both));
    }

    #[test]
    fn tables_and_code_make_no_run() {
        let code = Fixture::of(ELM).kind(BlockKind::Code);
        let page = code.surveyed(survey(&[ELM], "earlier"));
        assert_eq!(page.block(0, "block_is_first"), Some(0.0));
        assert_eq!(page.block(0, "corpus_copied_run_characters"), Some(0.0));
    }
}
