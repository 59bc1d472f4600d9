//! Titles of other pages: runs of them that speak of other things than the page does.
//!
//! In plain text a list of links is a list of titles, on lines of their own or as items, often with
//! a site's name behind each. A *title* is a line or item of two words or more and at most 110
//! characters, without a full stop, comma, colon or semicolon at its end, in title case or with a
//! site's name behind it. A title is *foreign* if half of its content words or fewer (weighed as
//! for `topic_overlap`, the site's name left out) occur in the page's prose or title; right before
//! prose, where a heading stands, without a site's name, only if it is of five words or more and
//! hardly any do. A *run of titles* is a maximal sequence of foreign titles in blocks that are not
//! prose; addresses between them belong to it. A page on which no site is named behind a line has
//! no such runs.

use std::cell::OnceCell;
use std::sync::LazyLock;

use super::words::HashedMap;
use super::{
    BLOCK_AND_DOCUMENT, Measured, PageView, SENTENCE_AND_BLOCK, Signal, Unit, count, parts, ratio,
    words,
};
use crate::document::{Block, BlockKind, Span};
use crate::text::lists::{self, PrintSet};
use crate::text::print_of;

/// Longest title, in characters.
const LONGEST: usize = 110;
/// Largest share of a title's points that the page may speak of.
const FOREIGN: f64 = 0.5;
/// The same for a line right before prose without a site's name, and the fewest words it has.
const FOREIGN_HEADING: f64 = 0.15;
const HEADING_WORDS: usize = 5;

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[
    &Signal {
        name: "title_run_items",
        unit: Unit::Count,
        scopes: SENTENCE_AND_BLOCK,
        needs: &[],
        about: "Different titles in the run of foreign titles it stands in; 0 if it is no foreign title and no address between such, or a block not all of whose lines are",
        source: "ours",
        measure: |t| count(run(t).map_or(0, |run| run.items)),
    },
    &Signal {
        name: "title_run_overlap",
        unit: Unit::Ratio,
        scopes: SENTENCE_AND_BLOCK,
        needs: &[],
        about: "As `topic_overlap`, for the run of foreign titles it stands in, without the names of sites; undefined if it stands in none, or without prose on the page",
        source: "ours",
        measure: |t| run(t)?.overlap,
    },
    &Signal {
        name: "title_run_site_ratio",
        unit: Unit::Ratio,
        scopes: SENTENCE_AND_BLOCK,
        needs: &[],
        about: "Titles with a site's name behind them divided by titles in the run of foreign titles it stands in; undefined if it stands in none",
        source: "ours",
        measure: |t| run(t).and_then(|run| ratio(run.sites, run.titles)),
    },
    &Signal {
        name: "site_title_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK_AND_DOCUMENT,
        needs: &[],
        about: "Lines that end in a dash or a bar and the name of a site (list title-sites, or a name with .com and its kin), divided by lines that are no addresses; undefined without such lines",
        source: "ours",
        measure: |t| {
            let lines = || super::lines::lines(t).map(|line| line.of(t.page.text));
            let is_sited = |line: &&str| site_of(line).is_some_and(|tail| tail.known);
            // Most pages name no site, and then one line is all that is looked for.
            if !lines().any(|line| is_sited(&line)) {
                return lines().any(|line| !is_address(line)).then_some(0.0);
            }
            let titled = || lines().filter(|line| !is_address(line));
            ratio(titled().filter(is_sited).count(), titled().count())
        },
    },
];

/// Fingerprints of the names of sites.
static SITES: LazyLock<PrintSet> =
    LazyLock::new(|| PrintSet::new(lists::entries_of("title-sites")));

/// A run of foreign titles.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    /// All titles, those that differ, and those with a site's name.
    titles: usize,
    items: usize,
    sites: usize,
    overlap: Option<f64>,
}

/// What is measured of a page as a whole for this family.
#[derive(Default)]
pub(crate) struct PageTitles {
    names_sites: OnceCell<bool>,
    most_items: OnceCell<usize>,
    found: OnceCell<Found>,
}

/// No run of foreign titles of a page has more items than this: they are no more than the titles
/// that stand in a row.
pub(super) fn most_items(page: &PageView<'_>) -> usize {
    *page.titles.most_items.get_or_init(|| most_in_a_row(page))
}

fn most_in_a_row(page: &PageView<'_>) -> usize {
    if !names_sites(page) {
        return 0;
    }
    let (mut most, mut row) = (0, 0);
    for (number, block) in page.blocks.iter().enumerate() {
        if !is_titled(page, number, block) {
            row = 0;
            continue;
        }
        for item in parts::items(page.text, block.kind, block.span) {
            match role(page, item) {
                Role::Title { .. } => row += 1,
                Role::Address => {}
                Role::Other => row = 0,
            }
            most = most.max(row);
        }
    }
    most
}

/// True for a block in which titles may stand.
fn is_titled(page: &PageView<'_>, number: usize, block: &Block) -> bool {
    let kinds = [BlockKind::Paragraph, BlockKind::Heading, BlockKind::List];
    kinds.contains(&block.kind) && !page.page_structure().is_prose(number)
}

/// True if a site is named behind a line where titles may stand. Most pages name none, and this is
/// the cheap way to see it.
fn names_sites(page: &PageView<'_>) -> bool {
    *page.titles.names_sites.get_or_init(|| finds_sites(page))
}

fn finds_sites(page: &PageView<'_>) -> bool {
    page.blocks.iter().enumerate().any(|(number, block)| {
        is_titled(page, number, block)
            && parts::lines(page.text, block.span).any(|line| site_of(line.of(page.text)).is_some())
    })
}

#[derive(Default)]
struct Found {
    /// Places of lines and items in runs, in order, with the numbers of their runs.
    lines: Vec<(Span, usize)>,
    /// For each block the run that all of its lines stand in.
    blocks: Vec<Option<usize>>,
    runs: Vec<Run>,
}

/// The run that a block or sentence stands in.
fn run(t: &Measured<'_>) -> Option<Run> {
    let found = t.page.titles.found.get_or_init(|| Found::new(t.page));
    let number = t.block?;
    let run = if t.own_block()?.span == t.span {
        (*found.blocks.get(number)?)?
    } else {
        let at = found.lines.partition_point(|(line, _)| line.end <= t.span.start);
        let (line, run) = found.lines.get(at)?;
        // A title that prose was pasted to is cut from it by nobody here.
        (line.start <= t.span.start && t.span.end <= line.end).then_some(*run)?
    };
    found.runs.get(run).copied()
}

/// What a line is to a run of titles.
enum Role {
    Title { sited: bool, end: usize },
    Address,
    Other,
}

impl Found {
    fn new(page: &PageView<'_>) -> Self {
        let mut found = Self { blocks: vec![None; page.blocks.len()], ..Self::default() };
        if !names_sites(page) {
            return found;
        }
        let mut open = Open::default();
        for (number, block) in page.blocks.iter().enumerate() {
            if !is_titled(page, number, block) {
                found.close(page, &mut open);
                continue;
            }
            let mut first = None;
            let mut whole = true;
            // What stands right before prose may head it.
            let heads = block.kind != BlockKind::List && page.page_structure().is_prose(number + 1);
            for item in parts::items(page.text, block.kind, block.span) {
                let role = role(page, item);
                match role {
                    Role::Title { sited, end }
                        if is_foreign(page, Span::new(item.start, end), heads && !sited) =>
                    {
                        open.sites += usize::from(sited);
                        open.titles.push(Span::new(item.start, end));
                    }
                    Role::Address => {}
                    _ => {
                        found.close(page, &mut open);
                        whole = false;
                        continue;
                    }
                }
                let run = found.runs.len();
                found.lines.push((item, run));
                whole &= *first.get_or_insert(run) == run;
            }
            if let Some(slot) = found.blocks.get_mut(number) {
                *slot = first.filter(|_| whole);
            }
        }
        found.close(page, &mut open);
        found
    }

    /// Ends the open run.
    fn close(&mut self, page: &PageView<'_>, open: &mut Open) {
        let open = std::mem::take(open);
        let mut known: HashedMap<()> = HashedMap::default();
        known.extend(open.titles.iter().filter_map(|t| Some((print_of(t.of(page.text))?, ()))));
        self.runs.push(Run {
            titles: open.titles.len(),
            items: known.len(),
            sites: open.sites,
            overlap: page.overlap_of(&open.titles),
        });
    }
}

/// The titles of the run that is not ended yet.
#[derive(Default)]
struct Open {
    titles: Vec<Span>,
    sites: usize,
}

fn is_foreign(page: &PageView<'_>, title: Span, may_head: bool) -> bool {
    let most = if may_head { FOREIGN_HEADING } else { FOREIGN };
    let long = !may_head || page.words_in(title).len() >= HEADING_WORDS;
    long && page.overlap_of(&[title]).is_none_or(|overlap| overlap <= most)
}

fn role(page: &PageView<'_>, item: Span) -> Role {
    let line = item.of(page.text);
    if is_address(line) {
        return Role::Address;
    }
    let bare = parts::unmarked(line);
    let fits = bare.len() <= LONGEST * 4
        && bare.chars().nth(LONGEST).is_none()
        && !bare.contains('\n')
        && !bare.ends_with(['.', '。', ':', '：', ';', ','])
        && page.words_in(item).len() >= 2;
    if !fits {
        return Role::Other;
    }
    match site_of(line) {
        Some(tail) => {
            // A name that is not known to be a site's still needs a title before it.
            let end = item.start + tail.start;
            let title = Span::new(item.start, end);
            let sited = tail.known || words::is_title_case(page, title);
            if sited { Role::Title { sited, end } } else { Role::Other }
        }
        None if words::is_title_case(page, item) => Role::Title { sited: false, end: item.end },
        None => Role::Other,
    }
}

/// True for a line that is only an address.
fn is_address(line: &str) -> bool {
    let line = parts::unmarked(line);
    (line.starts_with("http://") || line.starts_with("https://") || line.starts_with("www."))
        && !line.contains(char::is_whitespace)
}

/// A site's name at the end of a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tail {
    /// Where the dash or bar before it stands in the line.
    start: usize,
    /// True if it is in the list or is a host; else a bar stands before it.
    known: bool,
}

/// Longest name of a site, in bytes and words.
const NAME_BYTES: usize = 40;
const NAME_WORDS: usize = 4;

/// The name of a site behind the last dash or bar of a line.
fn site_of(line: &str) -> Option<Tail> {
    let line = line.trim_end();
    let mut from = line.len().saturating_sub(NAME_BYTES + 4);
    while !line.is_char_boundary(from) {
        from += 1;
    }
    let end = line.get(from..)?;
    let bytes = end.as_bytes();
    if bytes.is_ascii() && !bytes.contains(&b'-') && !bytes.contains(&b'|') {
        return None;
    }
    let (at, sign) = end.char_indices().rev().find(|&(at, c)| {
        matches!(c, '-' | '–' | '—' | '|' | '·')
            && end.get(..at).is_some_and(|before| before.ends_with(char::is_whitespace))
            && end
                .get(at + c.len_utf8()..)
                .is_some_and(|after| after.starts_with(char::is_whitespace))
    })?;
    let name = end.get(at + sign.len_utf8()..)?.trim();
    let start = from + at;
    // Something must be said before the name, a list's sign aside.
    if name.is_empty() || parts::unmarked(line.get(..start)?).is_empty() {
        return None;
    }
    let known = is_host(name) || SITES.has(name);
    let like_name = name.split_whitespace().nth(NAME_WORDS).is_none()
        && name.starts_with(char::is_uppercase)
        && !name.ends_with(['.', '?', '!']);
    (known || sign == '|' && like_name).then_some(Tail { start, known })
}

/// True for a name such as `Example.com`.
fn is_host(name: &str) -> bool {
    const TOPS: [&str; 8] = [".com", ".org", ".net", ".co.uk", ".de", ".ru", ".io", ".info"];
    !name.contains(char::is_whitespace)
        && TOPS.iter().any(|top| {
            name.len() > top.len()
                && name
                    .get(name.len() - top.len()..)
                    .is_some_and(|end| end.eq_ignore_ascii_case(top))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::tests::{Fixture, same};

    const PROSE: &str = "The old windmill near the harbour ground barley for local bakers.";

    #[test]
    fn a_site_stands_behind_the_last_dash_or_bar() {
        for (line, found) in [
            ("Seven Ways to Lace a Boot - YouTube", Some((26, true))),
            ("Seven Ways – Example.com", Some((11, true))),
            ("Seven Ways | Lindholm Weekly", Some((11, false))),
            ("Seven Ways - Lindholm Weekly", None),
            ("well-known ways", None),
            ("- YouTube", None),
            ("", None),
        ] {
            assert_eq!(site_of(line).map(|tail| (tail.start, tail.known)), found, "{line}");
        }
    }

    #[test]
    fn foreign_titles_are_counted_once_across_blocks_and_addresses() {
        let page = Fixture::of(&format!(
            "{PROSE}\nCelebrity Diet Secrets - YouTube\nCelebrity Diet Secrets - YouTube\nhttps://example.com/x\nPrinter Ink Compared | Yelp\n{PROSE}"
        ))
        .language("en");
        for block in 1..5 {
            assert_eq!(page.block(block, "title_run_items"), Some(2.0), "{block}");
        }
        same(page.block(1, "title_run_overlap"), 0.0);
        same(page.block(1, "title_run_site_ratio"), 1.0);
        assert_eq!(page.block(0, "title_run_items"), Some(0.0));
        same(page.block(1, "site_title_ratio"), 1.0);
        same(page.document("site_title_ratio"), 3.0 / 5.0);
    }

    #[test]
    fn titles_on_the_topic_and_sentences_end_a_run() {
        let page = Fixture::of(&format!(
            "{PROSE}\nPrinter Ink Compared - Reddit\nThe Windmills of the Harbour\nCelebrity Diet Secrets\nso he said"
        ))
        .language("en");
        assert_eq!(page.block(1, "title_run_items"), Some(1.0));
        assert_eq!(page.block(2, "title_run_items"), Some(0.0));
        assert_eq!(page.block(4, "title_run_items"), Some(0.0));
        assert_eq!(page.block(4, "title_run_site_ratio"), None);
    }

    #[test]
    fn an_item_of_a_list_is_looked_at_alone() {
        let list = "* The windmill and its bakers\n* Printer Ink Compared | Yelp\n* Celebrity Diet Secrets";
        let mut page = Fixture::of(&format!("{PROSE}\n{list}")).language("en").join(1, 3);
        page.blocks[1].kind = BlockKind::List;
        assert_eq!(page.block(1, "title_run_items"), Some(0.0));
        assert_eq!(page.sentence(1, "* Printer Ink Compared | Yelp", "title_run_items"), Some(2.0));
    }

    #[test]
    fn a_page_without_titles_has_no_runs() {
        assert_eq!(Fixture::of("").document("site_title_ratio"), None);
        assert_eq!(Fixture::of(PROSE).block(0, "title_run_overlap"), None);
    }
}
