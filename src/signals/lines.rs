//! Signals of lines, and of the items of a list.
//!
//! Blank lines do not count. A line's length is its characters without the white space around it.

use std::borrow::Cow;

use super::{BLOCK, BLOCK_AND_DOCUMENT, Measured, Signal, Unit, characters, count, parts, ratio};
use crate::document::{Block, BlockKind, Scope, Span};

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
        name: "is_verse",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 if a paragraph, quotation or other block has the look of verse, otherwise 0: three lines or more, 5 to 48 characters long in the mean; four in five begin with a capital or a letter without case, a third end with a mark and at most half with an end mark; no links, and at most one digit among 100 characters",
        source: "ours",
        measure: |t| count(usize::from(is_verse(t.page.text, t.own_block()?))),
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

/// Fewest lines of verse; the bounds of their mean length in characters.
const VERSE_LINES: usize = 3;
const VERSE_LENGTHS: std::ops::RangeInclusive<usize> = 5..=48;

/// True for a block that looks like verse. Menus and addresses have no marks at the ends of their
/// lines, wrapped prose begins them in the middle of a sentence, notes end all of them with one.
pub(super) fn is_verse(text: &str, block: &Block) -> bool {
    let prose = matches!(block.kind, BlockKind::Paragraph | BlockKind::Quote | BlockKind::Other);
    // Most paragraphs are one line: they need not be read.
    let is_long = || parts::lines(text, block.span).nth(VERSE_LINES - 1).is_some();
    if !prose || !block.links.is_empty() || !is_long() {
        return false;
    }
    let (mut lines, mut length, mut digits) = (0, 0, 0);
    let (mut begun, mut marked, mut ended) = (0, 0, 0);
    for line in parts::lines(text, block.span) {
        let line = line.of(text);
        lines += 1;
        for c in line.chars() {
            length += 1;
            digits += usize::from(c.is_numeric());
        }
        let first = line.chars().find(|c| c.is_alphanumeric());
        begun += usize::from(first.is_some_and(|c| c.is_alphabetic() && !c.is_lowercase()));
        let end = line.trim_end_matches(['"', '\'', '’', '”', '»', '_', '*']);
        let mark = [',', ';', ':', '-', '–', '—', '，', '、', '；'];
        let is_end = characters::ends_with_mark(end);
        ended += usize::from(is_end);
        marked += usize::from(is_end || end.ends_with(mark));
    }
    VERSE_LENGTHS.contains(&(length / lines))
        && begun * 5 >= lines * 4
        && marked * 3 >= lines
        && ended * 2 <= lines
        && digits * 100 <= length
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

    #[test]
    fn verse_has_short_lines_with_capitals_and_marks() {
        let is = |text: &str| Fixture::of(text).one_block().block(0, "is_verse");
        let stanza = "The mill has ground its final sack,\nThe ferry leaves and won't come back,\n\
                      The herons stand along the weir\nAnd wait for eels the whole long year.";
        assert_eq!(is(stanza), Some(1.0));
        assert_eq!(
            is("\"Row on,\" they sang,\n\"Row on, row on!\"\nThe tide was strong"),
            Some(1.0)
        );
        assert_eq!(is("床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。"), Some(1.0));
        let long = stanza.replace('\n', " and so it goes on and on, ");
        for other in [
            long.as_str(),
            "Row on,\nrow on.",
            "Opening hours of the mill\nHow to find it\nGuided tours\nThe shop",
            "The trust keeps mills.\nMembers help on Saturdays.\nWrite to us.",
            "The mill at the creek, they say,\nground its last corn in\nthe spring, and it\nhas stood.",
            "Tide Mill, Quay 12,\n4217 Lindholm,\nPhone 0815 4711,\nOpen at 10",
            "",
        ] {
            assert_eq!(is(other), Some(0.0), "{other}");
        }
        let table = Fixture::of(stanza).one_block().kind(BlockKind::Table);
        assert_eq!(table.block(0, "is_verse"), Some(0.0));
    }
}
