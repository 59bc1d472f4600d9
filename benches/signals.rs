//! All signals of a family on every block of a page and on the page, each page seen anew. The
//! time is that of the family and of what it measures the page as a whole for (words, runs).
//! Bytes are those of the text. Where the rate is R MB/s, the cost is 1,000,000 / R ns per KB.

use divan::Bencher;
use divan::counter::BytesCount;
use tamis::document::{Format, Page};
use tamis::segment::{into_lines, segment};
use tamis::signals::{PageView, SignalId, by_name, families};
use tamis::text::{sentences, spacy_en, words};
use tamis::{Record, Survey, decode};

#[path = "common/corpus.rs"]
mod corpus;
#[path = "common/text.rs"]
mod text;

/// Bytes of text, about: a few long pages' worth, less than the processor's second cache.
const BYTES: usize = 100_000;

fn main() {
    divan::main();
}

/// One page of generated text, a third of it menus; or the texts of the file given.
fn page(cut: fn(Page) -> Page) -> Page {
    let text = corpus::documents(BYTES, 35).join("\n\n");
    cut(segment(decode::decode(Record::text("page", text)).expect("bench texts are text")))
}

fn names() -> Vec<&'static str> {
    families().iter().map(|(name, _)| *name).collect()
}

fn measure(bencher: Bencher<'_, '_>, page: &Page, signals: &[SignalId]) {
    let survey = Survey::none();
    bencher.counter(BytesCount::new(page.text.len())).bench_local(|| {
        let view = PageView::new(&page.text, &page.blocks, &page.info, &survey);
        let mut sum = 0.0;
        if signals.iter().any(|id| id.signal().scopes.contains(&tamis::document::Scope::Block)) {
            for number in 0..page.blocks.len() {
                let block = view.block(number);
                sum += signals.iter().filter_map(|id| block.value(*id)).sum::<f64>();
            }
        }
        let document = view.document();
        sum + signals.iter().filter_map(|id| document.value(*id)).sum::<f64>()
    });
}

/// Each family, blocks being paragraphs, lists and headings.
#[divan::bench(args = names(), sample_count = 10)]
fn family(bencher: Bencher<'_, '_>, family: &str) {
    let known = families().into_iter().find(|(name, _)| *name == family);
    let signals: Vec<SignalId> = known
        .iter()
        .flat_map(|(_, signals)| signals.iter())
        .filter_map(|signal| by_name(signal.name))
        .collect();
    measure(bencher, &page(|page| page), &signals);
}

/// What is counted together when the first of its signals is asked for: one signal of each.
#[divan::bench(
    args = [
        "datatrove_token_count",
        "datatrove_word_count",
        "datatrove_ended_line_ratio",
        "datatrove_top_2gram_char_share",
        "datatrove_c4_sentence_count",
        "dolma_word_count",
        "dolma_top_2gram_char_share",
        "dolma_c4_line_count",
        "dclm_word_count",
        "dclm_top_2gram_char_share",
        "nemo_word_count",
        "nemo_top_2gram_char_ratio",
        "juicer_word_count",
        "juicer_char_repetition_ratio",
        "c4_tfds_sentence_count",
        "refinedweb_removed_word_ratio",
        "rpv2_word_count",
        "rpv2_frac_chars_top_2gram",
        "duplicate_5gram_ratio",
    ],
    sample_count = 10
)]
fn first_of(bencher: Bencher<'_, '_>, signal: &str) {
    let signals: Vec<SignalId> = by_name(signal).into_iter().collect();
    assert!(!signals.is_empty(), "there is no signal {signal}");
    measure(bencher, &page(into_lines), &signals);
}

/// What signals are measured on: words and sentences, blocks, lines.
#[divan::bench(
    args = ["words (UAX 29)", "tokens (spaCy)", "sentences", "blocks", "lines"],
    sample_count = 10
)]
fn parts(bencher: Bencher<'_, '_>, what: &str) {
    let page = page(|page| page);
    let text = page.text.as_str();
    let count = || match what {
        "words (UAX 29)" => words(text).len(),
        "tokens (spaCy)" => spacy_en::tokens(text).len(),
        "sentences" => sentences(text).len(),
        "blocks" => tamis::rules::SegmentUnit::Block.cutter()(Format::Text, text).len(),
        _ => tamis::rules::SegmentUnit::PlainLine.cutter()(Format::Text, text).len(),
    };
    bencher.counter(BytesCount::new(text.len())).bench_local(count);
}
