//! All signals of a family on every block of a page and on the page, each page seen anew. The
//! time is that of the family and of what it measures the page as a whole for (words, runs).
//! Bytes are those of the text; nanoseconds per KB are the time divided by the KB given below.

use divan::Bencher;
use divan::counter::BytesCount;
use tamis::document::Page;
use tamis::signals::{PageView, SignalId, by_name, families};
use tamis::{Record, Survey, decode, segment};

fn main() {
    divan::main();
}

/// A page made of a few seeds, one after the other: articles, lists, a profile. About 20 KB.
fn page() -> Page {
    let seeds = [
        include_str!("../seeds/flood-appeal.txt"),
        include_str!("../seeds/faq.txt"),
        include_str!("../seeds/related-posts.txt"),
        include_str!("../seeds/markdown-link-lists.md"),
        include_str!("../seeds/fakerjs-profile.txt"),
        include_str!("../seeds/song-refrain.txt"),
        include_str!("../seeds/keyword-stuffed.txt"),
        include_str!("../seeds/real-bio.txt"),
    ];
    let text = [seeds.as_slice(); 2].concat().join("\n\n");
    let record = Record::markdown("page", text);
    segment::segment(decode::decode(record).expect("seeds are text"))
}

fn names() -> Vec<&'static str> {
    families().iter().map(|(name, _)| *name).collect()
}

#[divan::bench(args = names(), sample_count = 20)]
fn family(bencher: Bencher<'_, '_>, family: &str) {
    let page = page();
    let survey = Survey::none();
    let known = families().into_iter().find(|(name, _)| *name == family);
    let signals: Vec<SignalId> = known
        .iter()
        .flat_map(|(_, signals)| signals.iter())
        .filter_map(|signal| by_name(signal.name))
        .collect();
    bencher.counter(BytesCount::new(page.text.len())).bench_local(|| {
        let view = PageView::new(&page.text, &page.blocks, &page.info, &survey);
        let mut sum = 0.0;
        for number in 0..page.blocks.len() {
            let block = view.block(number);
            sum += signals.iter().filter_map(|id| block.value(*id)).sum::<f64>();
        }
        let document = view.document();
        sum + signals.iter().filter_map(|id| document.value(*id)).sum::<f64>()
    });
}
