//! Signals of lines, and of the items of a list.
//!
//! Blank lines do not count. A line's length is its characters without the white space around it.

use std::borrow::Cow;

use super::{BLOCK_AND_DOCUMENT, Measured, Signal, Unit, characters, count, parts, ratio};
use crate::document::{BlockKind, Scope, Span};

/// Longest short line, in characters (FineWeb).
const SHORT: usize = 30;

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[
    &Signal {
        name: "line_count",
        unit: Unit::Count,
        scopes: BLOCK_AND_DOCUMENT,
        needs: &[],
        about: "Lines that are not blank",
        source: "ours",
        measure: |t| count(lines(t).count()),
    },
    &Signal {
        name: "bullet_line_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK_AND_DOCUMENT,
        needs: &[],
        about: "Lines that start with a bullet divided by lines; undefined without lines",
        source: "Gopher, Rae et al. 2021, A.1.1",
        measure: |t| share(t, |line| line.starts_with(parts::is_bullet)),
    },
    &Signal {
        name: "ellipsis_line_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK_AND_DOCUMENT,
        needs: &[],
        about: "Lines that end with `...` or `…` divided by lines; undefined without lines",
        source: "Gopher, Rae et al. 2021, A.1.1",
        measure: |t| share(t, |line| line.ends_with("...") || line.ends_with('…')),
    },
    &Signal {
        name: "short_line_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK_AND_DOCUMENT,
        needs: &[],
        about: "Lines of at most 30 characters divided by lines; undefined without lines",
        source: "FineWeb, short_line_thr",
        measure: |t| share(t, |line| line.chars().nth(SHORT).is_none()),
    },
    &Signal {
        name: "end_mark_line_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK_AND_DOCUMENT,
        needs: &[],
        about: "Lines that end as `end_mark` says divided by lines; undefined without lines",
        source: "FineWeb, line_punct_thr",
        measure: |t| share(t, characters::ends_with_mark),
    },
    &Signal {
        name: "mean_line_length",
        unit: Unit::Number,
        scopes: BLOCK_AND_DOCUMENT,
        needs: &[],
        about: "Characters of lines divided by lines; undefined without lines",
        source: "data-juicer, average_line_length_filter",
        measure: |t| {
            let characters = lines(t).map(|line| line.of(t.page.text).chars().count()).sum();
            ratio(characters, lines(t).count())
        },
    },
    &Signal {
        name: "code_line_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK_AND_DOCUMENT,
        needs: &[],
        about: "Lines that look like code (they end or start as statements do, or hold an operator such as => or ::) divided by lines; undefined without lines",
        source: "ours",
        measure: |t| share(t, is_code),
    },
    &Signal {
        name: "item_count",
        unit: Unit::Count,
        scopes: super::BLOCK,
        needs: &[],
        about: "Items of a list, also of one on a single line; lines of any other block",
        source: "ours",
        measure: |t| count(items(t).len()),
    },
    &Signal {
        name: "mean_item_words",
        unit: Unit::Number,
        scopes: super::BLOCK,
        needs: &[],
        about: "Words divided by items (see `item_count`); undefined without items",
        source: "ours",
        measure: |t| ratio(t.words().len(), items(t).len()),
    },
];

/// The target's lines.
pub(super) fn lines<'t>(t: &'t Measured<'_>) -> impl Iterator<Item = Span> + 't {
    // Those of the whole text are known.
    let known = if t.block.is_none() { t.page.lines() } else { &[] };
    let own = t.block.map(|_| parts::lines(t.page.text, t.span));
    known.iter().copied().chain(own.into_iter().flatten())
}

/// The target's items.
pub(super) fn items<'t>(t: &'t Measured<'_>) -> Cow<'t, [Span]> {
    match t.block {
        Some(block) if matches!(t.scope, Scope::Block | Scope::Area) => {
            t.page.items_of(block).into()
        }
        _ => parts::items(t.page.text, t.kind().unwrap_or(BlockKind::Other), t.span).into(),
    }
}

/// The share of the target's lines for which something holds.
pub(super) fn share(t: &Measured<'_>, mut holds: impl FnMut(&str) -> bool) -> Option<f64> {
    let (mut some, mut all) = (0, 0);
    for line in lines(t) {
        all += 1;
        some += usize::from(holds(line.of(t.page.text)));
    }
    ratio(some, all)
}

/// True for a line that prose does not write.
fn is_code(line: &str) -> bool {
    const STARTS: &[&str] = &[
        "//",
        "/*",
        "#include",
        "#!/",
        "import ",
        "from __",
        "def ",
        "class ",
        "return ",
        "const ",
        "let ",
        "var ",
        "function ",
        "public ",
        "private ",
        "static ",
        "fn ",
        "use ",
        "</",
        "<?",
        "$ ",
        ">>> ",
        "@media",
        "SELECT ",
        "INSERT INTO ",
    ];
    const OPERATORS: &[&str] =
        &["=>", "==", "!=", "&&", "||", "::", "->", "+=", "();", "/>", "</", " := ", "${", "(){"];
    if line.ends_with(['{', '}']) || OPERATORS.iter().any(|mark| line.contains(mark)) {
        return true;
    }
    // Prose has semicolons too: in code they follow a bracket, a quote or an assignment.
    let statement = line.strip_suffix(';').is_some_and(|before| {
        before.ends_with([')', ']', '}', '"', '\'', '>']) || before.contains(" = ")
    });
    // "Let us go." and "use of it." are prose: code has marks that prose lacks.
    statement
        || STARTS.iter().any(|start| line.starts_with(start))
            && line.contains(['(', '=', '{', ';', '<', '"', '/', '$', ':'])
            && !line.ends_with(['.', '!', '?', ','])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::tests::{Fixture, same};

    fn value(text: &str, name: &str) -> Option<f64> {
        Fixture::of(text).document(name)
    }

    #[test]
    fn blank_lines_are_not_lines() {
        assert_eq!(value("one\n\n \ntwo\n", "line_count"), Some(2.0));
        assert_eq!(value("", "line_count"), Some(0.0));
        for name in ["bullet_line_ratio", "short_line_ratio", "mean_line_length"] {
            assert_eq!(value("\n\n", name), None, "{name}");
        }
    }

    #[test]
    fn kinds_of_lines_are_shares_of_all_lines() {
        let text = "• one\n- two\nMore to come...\nAnd so we went home.";
        same(value(text, "bullet_line_ratio"), 0.5);
        same(value(text, "ellipsis_line_ratio"), 0.25);
        same(value(text, "end_mark_line_ratio"), 0.5);
        same(value(text, "short_line_ratio"), 1.0);
    }

    #[test]
    fn a_short_line_has_thirty_characters_at_most() {
        same(value(&"я".repeat(30), "short_line_ratio"), 1.0);
        same(value(&"я".repeat(31), "short_line_ratio"), 0.0);
        same(value("ab\nabcd", "mean_line_length"), 3.0);
    }

    #[test]
    fn code_is_told_from_prose_with_semicolons() {
        for line in ["let x = f(y);", "if (a && b) {", "}", "import os.path as p; x()", "x => y"] {
            assert!(is_code(line), "{line}");
        }
        for line in
            ["Let us go.", "the tenant pays the rent;", "Use of the lift: ask.", "", "He left"]
        {
            assert!(!is_code(line), "{line}");
        }
    }

    #[test]
    fn items_are_counted_in_lists_and_lines_elsewhere() {
        let list = Fixture::of("* one two * three").kind(BlockKind::List);
        assert_eq!(list.block(0, "item_count"), Some(2.0));
        same(list.block(0, "mean_item_words"), 1.5);
        assert_eq!(Fixture::of("one\ntwo").one_block().block(0, "item_count"), Some(2.0));
        assert_eq!(list.document("item_count"), None);
    }
}
