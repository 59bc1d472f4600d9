//! Rows and what became of them, rendered on the workers.

use super::{KeptRow, Rows};
use crate::document::{CharsetOrigin, Format, Location};
use crate::outcome::{Decision, Outcome};
use crate::rules::RuleSet;
use crate::sink::ledger::{self, Spelling, original_line};
use crate::sink::render::{Counts, RenderOptions, Rendered, annotation, line, render_unreadable};
use crate::source::Refusal;
use crate::source::parquet::Row;

/// Renders the outcome of a row. `raw` is its text as it stood.
pub fn render_row(
    outcome: &Outcome,
    rules: &RuleSet,
    row: Row,
    raw: Vec<u8>,
    options: RenderOptions,
) -> Rendered {
    let mut rendered = Rendered { counts: Counts::of(outcome), ..Rendered::default() };
    let Some(text) = outcome.output() else {
        let dropped = ledger::Dropped { row: true, ..ledger::dropped(outcome, rules, raw) };
        rendered.dropped = line(&dropped);
        rendered.rows.aside.push(row);
        return rendered;
    };
    let is_html = outcome.info().format == Format::Html;
    if is_html {
        rendered.metadata = line(&ledger::metadata(outcome));
    }
    let is_changed = outcome.decision == Decision::Cut || is_html;
    if is_changed {
        ledger::write_removed(outcome, rules, Spelling::Utf8, &mut rendered.removed);
        let is_again = !is_html
            && outcome.charset().origin == CharsetOrigin::Given
            && !outcome.cleaned.is_rewritten
            && outcome.page.text.as_bytes() == raw;
        if !is_again {
            rendered.originals = original_line(&outcome.info().location, raw);
        }
    }
    let text = is_changed.then(|| text.to_owned());
    let note = options.annotate.then(|| annotation(outcome, rules));
    rendered.rows.kept.push(KeptRow { row, text, note });
    rendered
}

/// Renders a row that could not be read.
pub fn render_unreadable_row(
    location: &Location,
    refusal: &Refusal,
    row: Row,
    raw: Vec<u8>,
) -> Rendered {
    let unreadable = ledger::Unreadable { row: true, ..ledger::unreadable(location, refusal, raw) };
    Rendered {
        unreadable: line(&unreadable),
        rows: Rows { aside: vec![row], ..Rows::default() },
        ..render_unreadable(location, refusal, Vec::new())
    }
}
