//! What rules cost by their number: patterns and phrases, from ten to a thousand, one rule each,
//! on a page on which hardly any of them fires.

use std::fmt::Write;

use divan::Bencher;
use divan::counter::BytesCount;
use tamis::document::Scope;
use tamis::rules::Strengths;
use tamis::signals::PageView;
use tamis::{Record, RuleSet, Survey, decode, segment};

const NUMBERS: [usize; 3] = [10, 100, 1000];

fn main() {
    divan::main();
}

/// A word that no page holds, another for each number.
fn word(mut number: usize) -> String {
    let mut word = String::new();
    for _ in 0..4 {
        word.push(char::from(b"bdfgklmnprstvz"[number % 14]));
        word.push(char::from(b"aeiou"[number / 14 % 5]));
        number = number / 70 + number * 31 % 97;
    }
    word
}

/// Rules of one kind; the first looks for something that is there.
fn rules(count: usize, condition: impl Fn(&str) -> String) -> RuleSet {
    let mut text = String::from("format = 1\nabout = 'Many'\ncategory = 'boilerplate'\n");
    for number in 0..count {
        let wanted =
            if number == 0 { "river".into() } else { format!("{} {number}", word(number)) };
        let when = condition(&wanted);
        let _ = write!(
            text,
            "[rules.r{number}]\nabout = 'R'\nwhy = 'R'\nscope = 'block'\naction = 'flag'\n\
             when = {{ {when} }}\nhits = ['{wanted}']\nmisses = ['nothing']\n"
        );
    }
    RuleSet::from_text("many", &text).expect("the rules are right")
}

fn evaluate(bencher: Bencher<'_, '_>, rules: &RuleSet) {
    let seed = include_str!("../seeds/flood-appeal.txt");
    let record = Record::text("page", [seed; 8].join("\n\n"));
    let page = segment::segment(decode::decode(record).expect("seeds are text"));
    let survey = Survey::none();
    bencher.counter(BytesCount::new(page.text.len())).bench_local(|| {
        let view = PageView::new(&page.text, &page.blocks, &page.info, &survey);
        let on_page = rules.on_page(&view);
        let of = |number| {
            on_page.evaluate(Scope::Block, &view.block(number), &Strengths::default()).hits.len()
        };
        (0..page.blocks.len()).map(of).sum::<usize>()
    });
}

#[divan::bench(args = NUMBERS, sample_count = 20)]
fn patterns(bencher: Bencher<'_, '_>, count: usize) {
    let rules = rules(count, |wanted| format!(r"pattern = '(?i)\b{wanted}\b'"));
    evaluate(bencher, &rules);
}

#[divan::bench(args = NUMBERS, sample_count = 20)]
fn phrases(bencher: Bencher<'_, '_>, count: usize) {
    let rules = rules(count, |wanted| format!("phrases = ['{wanted}']"));
    evaluate(bencher, &rules);
}

/// Loading: reading, checking the rules against their examples, compiling.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn load_default_preset(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| RuleSet::default_preset().expect("the preset loads").rules().len());
}
