//! Rows and what became of them, rendered on the workers.

use super::KeptRow;
use crate::document::{CharsetOrigin, Format};
use crate::outcome::{Decision, Outcome};
use crate::rules::RuleSet;
use crate::sink::ledger::{self, Spelling};
use crate::sink::render::{RenderOptions, Rendered, annotation};
use crate::source::parquet::Row;

/// A row that is kept. `raw` is its text as it stood.
pub(crate) fn take_row(
    outcome: &Outcome,
    rules: &RuleSet,
    row: Row,
    raw: Vec<u8>,
    options: &RenderOptions,
    rendered: &mut Rendered,
) {
    let is_html = outcome.info().format == Format::Html;
    let is_changed = outcome.decision == Decision::Cut || is_html;
    if is_changed {
        ledger::write_removed(outcome, rules, Spelling::Utf8, &mut rendered.removed);
        let is_again = !is_html
            && outcome.charset().origin == CharsetOrigin::Given
            && !outcome.cleaned.is_rewritten
            && outcome.page.text.as_bytes() == raw;
        if !is_again {
            rendered.originals = options.original(&outcome.info().location, raw, false);
        }
    }
    let text = is_changed.then(|| outcome.output().unwrap_or_default().to_owned());
    let note = options.annotate.then(|| annotation(outcome, rules));
    rendered.rows.kept.push(KeptRow { row, text, note });
}

/// A row that is not kept, or not as a row.
pub(crate) fn take_aside(rendered: &mut Rendered, row: Option<Row>) {
    rendered.rows.aside.extend(row);
}
