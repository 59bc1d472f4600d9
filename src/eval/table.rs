//! An evaluation as text for a person.

use std::fmt::{self, Write as _};

use super::figures::{CategoryFigures, Figures};
use super::{DeciderFigures, Evaluation, HitFigures, Trait};

/// What of an evaluation is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// Tell documents apart by this.
    pub by: Option<Trait>,
    /// Most documents shown that lost good text.
    pub worst: usize,
}

/// Characters shown of a value that tells documents apart.
const LONGEST_VALUE: usize = 48;

/// A share as a percentage; `-` where it is undefined.
struct Percent(Option<f64>);

impl fmt::Display for Percent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            // `pad` keeps the width that is asked for.
            Some(share) => formatter.pad(&format!("{:.1} %", share * 100.0)),
            None => formatter.pad("-"),
        }
    }
}

/// The figures, the tables by category and rule, and the worst documents. Lines end with `\n`.
pub fn table(evaluation: &Evaluation, options: TableOptions) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_all(&mut text, evaluation, options);
    text
}

fn write_all(text: &mut String, evaluation: &Evaluation, options: TableOptions) -> fmt::Result {
    write_sums(text, &evaluation.total)?;
    if !evaluation.unjudged.is_empty() {
        writeln!(
            text,
            "not judged   {} documents, counted as left alone: {}",
            evaluation.unjudged.len(),
            evaluation.unjudged.join(", ")
        )?;
    }
    write_categories(text, evaluation)?;
    write_rules(text, &evaluation.rules)?;
    if let Some(hits) = &evaluation.hits {
        write_hits(text, hits)?;
    }
    if let Some(by) = options.by {
        write_by(text, evaluation, by)?;
    }
    let worst = evaluation.worst();
    if !worst.is_empty() && options.worst > 0 {
        let many = worst.len();
        let shown = options.worst.min(many);
        writeln!(text, "\ndocuments that lose good text ({shown} of {many})")?;
        for document in worst.into_iter().take(options.worst) {
            let lost = Percent(document.content_lost);
            let by = document.first_lost_by.as_deref().unwrap_or_default();
            let sample = document.first_lost.as_deref().unwrap_or_default();
            writeln!(text, "  {lost:>8}  {}  {by}\n            {sample}", document.id)?;
        }
    }
    Ok(())
}

fn write_sums(text: &mut String, figures: &Figures) -> fmt::Result {
    let Figures { documents, characters: c, drops: d } = figures;
    writeln!(text, "{documents} labelled documents")?;
    writeln!(
        text,
        "characters   precision {}   recall {}   F1 {}   good text lost {} ({} of {})",
        Percent(c.precision),
        Percent(c.recall),
        Percent(c.f1),
        Percent(c.content_lost),
        c.good_removed,
        c.good
    )?;
    writeln!(
        text,
        "             lost by document, mean {}; {} of {} documents lose more than 5 %",
        Percent(c.content_lost_mean),
        c.documents_badly_hurt,
        c.documents_with_good
    )?;
    writeln!(
        text,
        "dropped      precision {}   recall {}   F1 {}   (tp {} fp {} fn {} tn {})",
        Percent(d.precision),
        Percent(d.recall),
        Percent(d.f1),
        d.true_positives,
        d.false_positives,
        d.false_negatives,
        d.true_negatives
    )?;
    write!(
        text,
        "             {} of {} good, {} of {} repairable",
        d.good_dropped, d.good, d.repairable_dropped, d.repairable
    )?;
    match d.copies {
        0 => writeln!(text),
        copies => writeln!(text, "; {copies} in sets of copies not counted"),
    }
}

fn write_categories(text: &mut String, evaluation: &Evaluation) -> fmt::Result {
    let heads = [
        ("remove", "has to go", "removed"),
        ("keep", "has to stay", "lost"),
        ("flag", "neutral", "removed"),
    ];
    for (action, head, share) in heads {
        let rows: Vec<&CategoryFigures> =
            evaluation.categories.iter().filter(|row| row.action == action).collect();
        let unlabelled = evaluation.total.characters.unlabelled;
        let has_rest = action == "flag" && unlabelled > 0;
        if rows.is_empty() && !has_rest {
            continue;
        }
        writeln!(text, "\n{head:<28}{:>9}{:>12}{share:>10}", "spans", "characters")?;
        for row in rows {
            let CategoryFigures { category, spans, characters, .. } = row;
            let share = Percent(row.share);
            writeln!(text, "  {category:<26}{spans:>9}{characters:>12}{share:>10}")?;
        }
        if has_rest {
            let removed = evaluation.total.characters.unlabelled_removed;
            let share = Percent(super::share(removed, unlabelled));
            writeln!(text, "  {:<26}{:>9}{unlabelled:>12}{share:>10}", "(no label)", "")?;
        }
    }
    Ok(())
}

fn write_rules(text: &mut String, rules: &[DeciderFigures]) -> fmt::Result {
    if rules.is_empty() {
        return Ok(());
    }
    writeln!(
        text,
        "\n{:<42}{:>8}{:>11}{:>9}{:>9}{:>11}{:>15}",
        "decided by", "pieces", "removable", "good", "neutral", "precision", "dropped ✓ / ✗"
    )?;
    for row in rules {
        let dropped = match (row.dropped_rightly, row.dropped_wrongly) {
            (0, 0) => String::new(),
            (right, wrong) => format!("{right} / {wrong}"),
        };
        let precision = Percent(row.precision);
        let line = format!(
            "  {:<40}{:>8}{:>11}{:>9}{:>9}{precision:>11}{dropped:>15}",
            row.rule,
            row.pieces,
            row.removable,
            row.good,
            row.neutral + row.unlabelled,
        );
        writeln!(text, "{}", line.trim_end())?;
    }
    Ok(())
}

fn write_hits(text: &mut String, hits: &[HitFigures]) -> fmt::Result {
    writeln!(text, "\n{:<49}{:>29}{:>29}", "", "fired on", "enough alone on")?;
    writeln!(
        text,
        "{:<42}{:>7}{:>10}{:>9}{:>10}{:>10}{:>9}{:>10}{:>16}",
        "by rule, whoever decided",
        "hits",
        "removable",
        "good",
        "share",
        "removable",
        "good",
        "share",
        "drop / other"
    )?;
    for row in hits {
        let documents = match row.scope {
            "document" | "source" => format!("{} / {}", row.documents_drop, row.documents_other),
            _ => String::new(),
        };
        let (precision, alone) = (Percent(row.precision), Percent(row.alone_precision));
        let line = format!(
            "  {:<40}{:>7}{:>10}{:>9}{precision:>10}{:>10}{:>9}{alone:>10}{documents:>16}",
            row.rule, row.hits, row.removable, row.good, row.alone_removable, row.alone_good
        );
        writeln!(text, "{}", line.trim_end())?;
    }
    Ok(())
}

fn write_by(text: &mut String, evaluation: &Evaluation, by: Trait) -> fmt::Result {
    let Some(sets) = evaluation.by.get(by.name()) else { return Ok(()) };
    let width = sets.keys().map(|value| value.chars().count()).max().unwrap_or(0);
    let width = width.clamp(20, LONGEST_VALUE);
    let head = format!("by {}", by.name());
    writeln!(
        text,
        "\n{head:<width$}  {:>10}{:>11}{:>9}{:>9}{:>11}{:>11}",
        "documents", "precision", "recall", "lost", "dropped ✓", "dropped ✗"
    )?;
    for (value, figures) in sets {
        let Figures { documents, characters: c, drops: d } = figures;
        let (precision, recall) = (Percent(c.precision), Percent(c.recall));
        let lost = Percent(c.content_lost);
        let (right, wrong) = (d.true_positives, d.false_positives);
        let value = match value.char_indices().nth(LONGEST_VALUE - 1) {
            Some((end, c)) if value.len() > end + c.len_utf8() => {
                format!("{}…", value.get(..end).unwrap_or_default())
            }
            _ => value.clone(),
        };
        writeln!(
            text,
            "  {value:<width$}{documents:>10}{precision:>11}{recall:>9}{lost:>9}{right:>11}{wrong:>11}"
        )?;
    }
    Ok(())
}
