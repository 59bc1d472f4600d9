//! Statistics of signals as text that fits into 80 columns.

use std::fmt::Write;

use super::{Bound, Cell, HistogramRow, Stats};
use crate::document::Scope;
use crate::signals::{SignalId, Unit};
use crate::text::counts::grouped;

/// What is shown.
#[derive(Clone, Copy, Debug)]
pub struct TableOptions {
    /// Each signal with its histogram; otherwise a line.
    pub in_full: bool,
    /// Groups shown of each signal.
    pub groups: usize,
}

/// Characters of the longest bar.
const BAR: usize = 30;
/// Characters of a name in a table.
const NAME: usize = 36;
/// Characters of a group's name.
const GROUP: usize = 28;

/// Statistics as text: for each scope a table of all signals, or each signal by itself.
pub fn table(stats: &Stats, options: TableOptions) -> String {
    let mut out = String::new();
    for (scope, targets) in stats.scopes() {
        let noun = if targets == 1 { "target" } else { "targets" };
        let signals: Vec<(SignalId, &Cell)> =
            stats.signals().iter().filter_map(|id| Some((*id, stats.cell(*id, scope)?))).collect();
        if signals.is_empty() {
            continue;
        }
        let _ = writeln!(out, "{}: {} {noun}\n", scope.name(), grouped(targets));
        if options.in_full || stats.by().is_some() {
            for (signal, cell) in signals {
                in_full(&mut out, stats, signal, scope, cell, options);
            }
        } else {
            let _ = writeln!(
                out,
                "{:NAME$} {:>6} {:>6} {:>6} {:>6} {:>7} {:>6}",
                "signal", "undef.", "p5", "median", "p95", "max", "rules"
            );
            for (signal, cell) in signals {
                line(&mut out, stats, signal, scope, cell);
            }
            out.push('\n');
        }
    }
    if out.is_empty() {
        out.push_str("no target that such a signal is measured on\n");
    }
    out
}

fn line(out: &mut String, stats: &Stats, signal: SignalId, scope: Scope, cell: &Cell) {
    let spread = &cell.spread;
    let undefined = match spread.undefined() {
        0 => "-".to_owned(),
        undefined => percent(undefined, spread.count() + undefined),
    };
    let at = |share| spread.quantile(share).map_or("-".to_owned(), short);
    let mut rules: Vec<&str> = stats.bounds_of(signal, scope).map(|bound| &*bound.rule).collect();
    rules.dedup();
    let rules = if rules.is_empty() { "-".to_owned() } else { rules.len().to_string() };
    let _ = writeln!(
        out,
        "{:NAME$} {undefined:>6} {:>6} {:>6} {:>6} {:>7} {rules:>6}",
        cut(signal.signal().name, NAME),
        at(0.05),
        at(0.5),
        at(0.95),
        at(1.0),
    );
}

fn in_full(
    out: &mut String,
    stats: &Stats,
    signal: SignalId,
    scope: Scope,
    cell: &Cell,
    options: TableOptions,
) {
    let spread = &cell.spread;
    let known = signal.signal();
    let _ = writeln!(out, "{}, {}", known.name, known.unit.name());
    let _ = writeln!(
        out,
        "  {} with a value, {} undefined",
        grouped(spread.count()),
        grouped(spread.undefined())
    );
    let quantiles = [
        ("min", 0.0),
        ("p5", 0.05),
        ("p25", 0.25),
        ("median", 0.5),
        ("p75", 0.75),
        ("p95", 0.95),
        ("max", 1.0),
    ];
    let quantiles = quantiles.iter().filter_map(|(name, share)| {
        spread.quantile(*share).map(|value| format!("{name} {}", short(value)))
    });
    let quantiles: Vec<String> = quantiles.collect();
    if !quantiles.is_empty() {
        let _ = writeln!(out, "  {}", quantiles.join("  "));
    }
    out.push('\n');
    bars(out, stats, signal, scope, cell);
    if stats.by().is_some() {
        groups(out, stats, signal, scope, options.groups);
    }
}

/// The histogram, with each threshold under the row that it lies in.
fn bars(out: &mut String, stats: &Stats, signal: SignalId, scope: Scope, cell: &Cell) {
    let rows = super::histogram(signal.signal().unit, &cell.spread);
    let most = rows.iter().map(|row| row.count).max().unwrap_or(0);
    let bounds: Vec<(&Bound, u64)> = stats
        .bounds_of(signal, scope)
        .enumerate()
        .map(|(n, bound)| (bound, cell.holds.get(n).copied().unwrap_or(0)))
        .collect();
    let mark = |out: &mut String, bound: &Bound, holds: u64| {
        let share = percent(holds, cell.spread.count());
        let shown = format!("{}  {} of values  {}", bound.text, share, bound.rule);
        let _ = writeln!(out, "{:>10} ┄┄ {shown}", "");
    };
    let first = rows.first().map_or(f64::INFINITY, |row| row.from);
    let last = rows.len().saturating_sub(1);
    let of_bound = |bound: &Bound| bound.numbers.first().copied().unwrap_or(0.0);
    let mut sorted = bounds;
    sorted.sort_by(|(a, _), (b, _)| of_bound(a).total_cmp(&of_bound(b)).then(a.rule.cmp(&b.rule)));
    for (bound, holds) in sorted.iter().filter(|(bound, _)| of_bound(bound) < first) {
        mark(out, bound, *holds);
    }
    let within = |bound: &Bound, n: usize, row: &HistogramRow| {
        let at = of_bound(bound);
        at >= row.from && (at < row.to || n == last)
    };
    let is_bare = |n: usize| {
        rows.get(n).is_some_and(|row| {
            row.count == 0 && !sorted.iter().any(|(bound, _)| within(bound, n, row))
        })
    };
    for (n, row) in rows.iter().enumerate() {
        // Of a gap the first row and the last are shown.
        if n > 0 && is_bare(n - 1) && is_bare(n) && is_bare(n + 1) {
            if !(n > 1 && is_bare(n - 2)) {
                let _ = writeln!(out, "  {:>16}", "…");
            }
            continue;
        }
        let is_count = signal.signal().unit == Unit::Count;
        let label = match (is_count, row.to - 1.0) {
            (true, last) if last <= row.from => short(row.from),
            (true, last) => format!("{} to {}", short(row.from), short(last)),
            (false, _) => format!("{} to {}", short(row.from), short(row.to)),
        };
        let bar = bar(row.count, most);
        let share = percent(row.count, cell.spread.count());
        let line = format!("  {label:>16}  {bar:BAR$}  {:>11} {share:>7}", grouped(row.count));
        let _ = writeln!(out, "{}", line.trim_end());
        for (bound, holds) in sorted.iter().filter(|(bound, _)| within(bound, n, row)) {
            mark(out, bound, *holds);
        }
    }
    if rows.is_empty() {
        for (bound, holds) in &sorted {
            mark(out, bound, *holds);
        }
    }
    out.push('\n');
}

fn groups(out: &mut String, stats: &Stats, signal: SignalId, scope: Scope, most: usize) {
    let by = stats.by().map_or("", super::By::column);
    let _ = writeln!(
        out,
        "  {by:GROUP$} {:>9} {:>6} {:>6} {:>6} {:>6} {:>6}",
        "values", "p5", "p25", "median", "p75", "p95"
    );
    for (name, cell) in stats.groups(signal, scope, most) {
        let at = |share| cell.spread.quantile(share).map_or("-".to_owned(), short);
        let _ = writeln!(
            out,
            "  {:GROUP$} {:>9} {:>6} {:>6} {:>6} {:>6} {:>6}",
            cut(name, GROUP),
            grouped(cell.spread.count()),
            at(0.05),
            at(0.25),
            at(0.5),
            at(0.75),
            at(0.95)
        );
    }
    out.push('\n');
}

/// A bar for a count: eighths of a character tell small ones apart.
fn bar(count: u64, most: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if count == 0 || most == 0 {
        return String::new();
    }
    let length = (count as f64 / most as f64 * (8 * BAR) as f64).round().max(1.0) as usize;
    let part = EIGHTHS.get(length % 8).copied().unwrap_or("");
    format!("{}{part}", "█".repeat(length / 8))
}

/// A share in hundredths: `3.1 %`.
fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let share = 100.0 * part as f64 / whole as f64;
    match share {
        _ if part == whole => "100 %".to_owned(),
        share if part > 0 && share < 0.05 => "<0.1 %".to_owned(),
        share => format!("{share:.1} %"),
    }
}

/// A number in few characters.
pub(super) fn short(value: f64) -> String {
    let size = value.abs();
    if value.fract() == 0.0 && size < 1e6 {
        return format!("{value:.0}");
    }
    match size {
        size if size >= 1e6 => format!("{value:.1e}"),
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 100.0 => trimmed(format!("{value:.1}")),
        size if size >= 10.0 => trimmed(format!("{value:.2}")),
        size if size >= 0.001 => trimmed(format!("{value:.3}")),
        _ => format!("{value:.0e}"),
    }
}

fn trimmed(number: String) -> String {
    number.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A name that is not longer than so many characters.
fn cut(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    let mut short: String = name.chars().take(most - 1).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_few_characters() {
        for (value, shown) in [
            (0.0, "0"),
            (12.0, "12"),
            (0.05, "0.05"),
            (0.123_456, "0.123"),
            (45.678, "45.68"),
            (123.45, "123.5"),
            (12345.6, "12346"),
            (2_500_000.0, "2.5e6"),
            (0.000_04, "4e-5"),
            (-0.5, "-0.5"),
        ] {
            assert_eq!(short(value), shown);
        }
    }

    #[test]
    fn a_share_that_is_not_all_and_not_nothing_does_not_look_so() {
        assert_eq!([percent(0, 9), percent(9, 9), percent(1, 9)], ["0.0 %", "100 %", "11.1 %"]);
        assert_eq!([percent(1, 1_000_000), percent(1, 0)], ["<0.1 %", "-"]);
    }

    #[test]
    fn a_bar_is_as_long_as_its_share_and_never_nothing_for_something() {
        assert_eq!(bar(0, 10), "");
        assert_eq!(bar(10, 10).chars().count(), BAR);
        assert_eq!(bar(1, 1_000_000), "▏");
    }
}
