//! Tests of the rules engine as a whole: mistakes and their places, loading, evaluating.

mod errors;
mod evaluating;
mod loading;
mod planning;
mod properties;
mod surveyed;

use super::{Evaluation, RuleErrors, RuleSet, Strengths};
use crate::decode::decode;
use crate::document::{Block, BlockKind, Page, Record, Scope, Span};
use crate::signals::PageView;
use crate::survey::Survey;

/// The head of a rules file that has nothing wrong.
const HEAD: &str = "format = 1\nabout = 'Test'\ncategory = 'quality'\n";

/// A set of one file named `t`, with [`HEAD`] put before its text.
fn set(rules: &str) -> RuleSet {
    match RuleSet::from_text("t", &format!("{HEAD}{rules}")) {
        Ok(set) => set,
        Err(errors) => panic!("{errors}"),
    }
}

/// The mistakes of a file named `t`.
fn errors(text: &str) -> RuleErrors {
    RuleSet::from_text("t", text).expect_err("a mistake")
}

/// A page of one block.
fn page(kind: BlockKind, text: &str, language: Option<&str>) -> Page {
    let mut record = Record::text("id", text);
    record.language = language.map(str::to_owned);
    let document = decode(record).unwrap();
    let blocks = vec![Block::new(kind, Span::new(0, document.text.len()))];
    Page::new(document.info, document.text, blocks)
}

/// What a set's rules of a scope come to on a text as one block.
fn evaluate_as(
    set: &RuleSet,
    scope: Scope,
    kind: BlockKind,
    text: &str,
    language: Option<&str>,
    earlier: &Strengths,
) -> Evaluation {
    let page = page(kind, text, language);
    let survey = Survey::none();
    let view = PageView::new(&page.text, &page.blocks, &page.info, &survey);
    match scope {
        Scope::Source => set.evaluate(scope, &view.source(), earlier),
        Scope::Page => set.evaluate(scope, &view.page(), earlier),
        Scope::Sentence => {
            set.evaluate(scope, &view.sentence(0, Span::new(0, text.len())), earlier)
        }
        Scope::Area => set.evaluate(scope, &view.area(0), earlier),
        Scope::Block => set.evaluate(scope, &view.block(0), earlier),
        Scope::Document => set.evaluate(scope, &view.document(), earlier),
    }
}

/// What a set's block rules come to on an English paragraph.
fn evaluate(set: &RuleSet, text: &str) -> Evaluation {
    let none = Strengths::default();
    evaluate_as(set, Scope::Block, BlockKind::Paragraph, text, Some("en"), &none)
}

/// The short names of the rules that fired.
fn fired(set: &RuleSet, done: &Evaluation) -> Vec<String> {
    let short = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    done.hits.iter().map(|hit| short(&set.rule(hit.rule).name)).collect()
}

/// A block rule with nothing wrong but what is added.
fn rule(name: &str, rest: &str) -> String {
    format!("[rules.{name}]\nabout = 'X'\nscope = 'block'\n{rest}\n")
}
