//! Where a block stands among its neighbours: before and after prose, in a run of short lines.
//!
//! *Prose* is a paragraph or quotation that ends with an end mark and has four or more words,
//! or has 80 or more characters; titles (title case, and no full stop) are not prose.
//! A *short* block is a paragraph, heading or list that is not prose, of whose items none is
//! longer than 100 characters and at most half end with a full stop. A *run* is a maximal
//! sequence of short blocks; a heading right before prose is a run of its own. Targets of Markdown links do not count in any length here.

use std::cell::OnceCell;

use super::{
    BLOCK, DOCUMENT, Measured, PageView, Signal, Unit, characters, count, flag, ratio, words,
};
use crate::document::{Block, BlockKind, Span};

/// Shortest prose without an end mark, in characters.
const PROSE_CHARACTERS: usize = 80;
/// Shortest prose with an end mark, in words.
const PROSE_WORDS: usize = 4;
/// Longest item of a short block, in characters.
const SHORT_CHARACTERS: usize = 100;

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[
    &Signal {
        name: "block_position",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Characters of the blocks before it divided by characters of all blocks; undefined if all are empty",
        source: "ours",
        measure: |t| {
            let sums = &t.page.page_structure().sums;
            ratio(sums.get(t.block?)?.characters, sums.last()?.characters)
        },
    },
    &Signal {
        name: "blocks_after",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Blocks after it",
        source: "ours",
        measure: |t| count(t.page.blocks.len().checked_sub(t.block? + 1)?),
    },
    &Signal {
        name: "prose_before",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Characters of the prose blocks before it",
        source: "ours",
        measure: |t| count(t.page.page_structure().sums.get(t.block?)?.prose),
    },
    &Signal {
        name: "prose_after",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Characters of the prose blocks after it",
        source: "ours",
        measure: |t| count(t.page.page_structure().prose_after(t.block?)?),
    },
    &Signal {
        name: "prose_before_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Characters of the prose blocks before it divided by those of all prose blocks but itself; undefined without other prose",
        source: "ours",
        measure: |t| {
            let structure = t.page.page_structure();
            let before = structure.sums.get(t.block?)?.prose;
            ratio(before, before + structure.prose_after(t.block?)?)
        },
    },
    &Signal {
        name: "run_blocks",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Blocks in the run of short blocks it stands in; 0 if it is not short",
        source: "ours",
        measure: |t| run(t, |run| run.last - run.first + 1),
    },
    &Signal {
        name: "run_items",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Lines and list items in the run of short blocks it stands in; 0 if it is not short",
        source: "ours",
        measure: |t| run(t, |run| run.items),
    },
    &Signal {
        name: "run_characters",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Characters in the run of short blocks it stands in; 0 if it is not short",
        source: "ours",
        measure: |t| run(t, |run| run.characters),
    },
    &Signal {
        name: "run_title_case_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Lines and items in title case divided by those in the run of short blocks it stands in; undefined if it is not short",
        source: "ours",
        measure: |t| {
            let run = t.page.page_structure().run_of(t.block?)?;
            ratio(run.title_case, run.items)
        },
    },
    &Signal {
        name: "run_after_prose",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 if it is short, there is prose before its run and none after it, else 0",
        source: "after boilerpipe, ListAtEndFilter",
        measure: |t| {
            let structure = t.page.page_structure();
            let last = structure.run_of(t.block?).is_some_and(|run| {
                structure.prose_after(run.last) == Some(0)
                    && structure.sums.get(run.first).is_some_and(|sums| sums.prose > 0)
            });
            flag(last)
        },
    },
    &Signal {
        name: "section_characters",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "For a heading the characters of the blocks up to the next heading of the same or a higher level (any heading, if its level is unknown); undefined for other blocks",
        source: "ours",
        measure: |t| {
            let structure = t.page.page_structure();
            let number = t.block?;
            let end = (*structure.section_ends().get(number)?)?;
            let from = structure.sums.get(number + 1)?.characters;
            count(structure.sums.get(end)?.characters.saturating_sub(from))
        },
    },
    &Signal {
        name: "previous_kind_heading",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 if the block before it is a heading, else 0",
        source: "ours",
        measure: |t| {
            let before = t.block?.checked_sub(1).and_then(|n| t.page.blocks.get(n));
            flag(before.is_some_and(|block| block.kind == BlockKind::Heading))
        },
    },
    &Signal {
        name: "is_first_block",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 for the first block of the document, else 0",
        source: "ours",
        measure: |t| flag(t.block? == 0),
    },
    &Signal {
        name: "is_last_block",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 for the last block of the document, else 0",
        source: "ours",
        measure: |t| flag(t.block? + 1 == t.page.blocks.len()),
    },
    &Signal {
        name: "block_count",
        unit: Unit::Count,
        scopes: DOCUMENT,
        needs: &[],
        about: "Blocks of the document",
        source: "ours",
        measure: |t| count(t.page.blocks.len()),
    },
    &Signal {
        name: "prose_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "Characters of prose blocks divided by characters of blocks; undefined if all are empty",
        source: "after ungoliant, long lines",
        measure: |t| {
            let all = t.page.page_structure().sums.last()?;
            ratio(all.prose, all.characters)
        },
    },
    &Signal {
        name: "heading_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "Characters of headings divided by characters of blocks; undefined if all are empty",
        source: "ours",
        measure: |t| kind_ratio(t, BlockKind::Heading),
    },
    &Signal {
        name: "list_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "Characters of lists divided by characters of blocks; undefined if all are empty",
        source: "ours",
        measure: |t| kind_ratio(t, BlockKind::List),
    },
];

/// Characters before a block.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    characters: usize,
    prose: usize,
}

/// A maximal sequence of short blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// Its first block.
    pub(super) first: usize,
    /// Its last block.
    pub(super) last: usize,
    items: usize,
    characters: usize,
    title_case: usize,
}

/// What is measured of a page as a whole for this family.
pub(crate) struct PageStructure {
    /// For each block the sums before it; one more at the end for all.
    sums: Vec<Sums>,
    /// For each block the number of its run.
    run_numbers: Vec<Option<u32>>,
    runs: Vec<Run>,
    /// For each block its kind and level, kept for [`PageStructure::section_ends`].
    headings: Vec<Option<u8>>,
    section_ends: OnceCell<Vec<Option<usize>>>,
}

/// What one block adds to the structure.
struct Shape {
    characters: usize,
    prose: bool,
    /// Items and those in title case, if it is a short block.
    short: Option<(usize, usize)>,
}

impl PageStructure {
    fn new(page: &PageView<'_>) -> Self {
        let mut sums = vec![Sums::default()];
        let mut at = Sums::default();
        let mut run_numbers = Vec::with_capacity(page.blocks.len());
        let mut runs: Vec<Run> = Vec::new();
        let mut open = false;
        let shapes: Vec<Shape> =
            page.blocks.iter().enumerate().map(|(n, block)| shape(page, n, block)).collect();
        for (number, (block, shape)) in page.blocks.iter().zip(&shapes).enumerate() {
            // A heading right before prose heads it: it is no part of a menu before it.
            let heads = block.kind == BlockKind::Heading
                && shapes.get(number + 1).is_some_and(|next| next.prose);
            open &= !heads;
            at.characters += shape.characters;
            at.prose += if shape.prose { shape.characters } else { 0 };
            sums.push(at);
            let Some((items, title_case)) = shape.short else {
                open = false;
                run_numbers.push(None);
                continue;
            };
            if !open {
                runs.push(Run {
                    first: number,
                    last: number,
                    items: 0,
                    characters: 0,
                    title_case: 0,
                });
                open = true;
            }
            if let Some(run) = runs.last_mut() {
                run.last = number;
                run.items += items;
                run.characters += shape.characters;
                run.title_case += title_case;
            }
            run_numbers.push(Some((runs.len() - 1) as u32));
        }
        let heading = |block: &Block| (block.kind == BlockKind::Heading).then_some(block.level);
        let headings = page.blocks.iter().map(heading).collect();
        Self { sums, run_numbers, runs, headings, section_ends: OnceCell::new() }
    }

    /// The run a block stands in.
    pub(super) fn run_of(&self, block: usize) -> Option<&Run> {
        self.runs.get(self.run_number(block)?)
    }

    /// The number of the run a block stands in.
    pub(super) fn run_number(&self, block: usize) -> Option<usize> {
        self.run_numbers.get(block).copied().flatten().map(|n| n as usize)
    }

    /// All runs, in order.
    pub(super) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Items of the run that has most of them.
    pub(super) fn most_items(&self) -> usize {
        self.runs.iter().map(|run| run.items).max().unwrap_or(0)
    }

    /// Characters of all prose blocks.
    pub(super) fn prose(&self) -> usize {
        self.sums.last().map_or(0, |sums| sums.prose)
    }

    /// True if a block is prose.
    pub(super) fn is_prose(&self, block: usize) -> bool {
        let before = self.sums.get(block).map_or(0, |sums| sums.prose);
        self.sums.get(block + 1).is_some_and(|sums| sums.prose > before)
    }

    /// Characters of the prose blocks after a block.
    fn prose_after(&self, block: usize) -> Option<usize> {
        Some(self.sums.last()?.prose.saturating_sub(self.sums.get(block + 1)?.prose))
    }

    /// For each heading the number of the block that ends its section; one walk from the end.
    fn section_ends(&self) -> &[Option<usize>] {
        self.section_ends.get_or_init(|| {
            let mut ends = vec![None; self.headings.len()];
            // Headings to the right that can still end a section, levels rising towards the left.
            let mut open: Vec<(u8, usize)> = Vec::new();
            let mut next = self.headings.len();
            for (number, heading) in self.headings.iter().enumerate().rev() {
                let Some(level) = *heading else { continue };
                let end = if level == 0 {
                    next
                } else {
                    while open.last().is_some_and(|(other, _)| *other > level) {
                        open.pop();
                    }
                    open.last().map_or(self.headings.len(), |(_, end)| *end)
                };
                if let Some(slot) = ends.get_mut(number) {
                    *slot = Some(end);
                }
                while open.last().is_some_and(|(other, _)| *other >= level) {
                    open.pop();
                }
                open.push((level, number));
                next = number;
            }
            ends
        })
    }
}

impl PageView<'_> {
    /// The page's structure, made once.
    pub(super) fn page_structure(&self) -> &PageStructure {
        self.structure.get_or_init(|| PageStructure::new(self))
    }

    /// Characters of a span, targets of Markdown links not counted.
    pub(super) fn visible_characters(&self, span: Span) -> usize {
        if self.hidden().is_empty() {
            return span.of(self.text).chars().count();
        }
        self.visible(span).map(|piece| piece.chars().count()).sum()
    }
}

fn shape(page: &PageView<'_>, number: usize, block: &Block) -> Shape {
    let characters = page.visible_characters(block.span);
    let prose = is_prose(page, block, characters);
    let short = if prose { None } else { short_items(page, number, block) };
    Shape { characters, prose, short }
}

fn is_prose(page: &PageView<'_>, block: &Block, characters: usize) -> bool {
    if !matches!(block.kind, BlockKind::Paragraph | BlockKind::Quote) {
        return false;
    }
    let text = block.span.of(page.text);
    let ended = characters::ends_with_mark(text) && page.words_in(block.span).len() >= PROSE_WORDS;
    let stopped = text.trim_end_matches(['"', '”', ')', '*', '_', ' ']).ends_with(['.', '。']);
    (ended || characters >= PROSE_CHARACTERS)
        && (ended && stopped || !words::is_title_case(page, block.span))
}

/// The items of a short block and those in title case; `None` for a block that is not short.
fn short_items(page: &PageView<'_>, number: usize, block: &Block) -> Option<(usize, usize)> {
    if !matches!(block.kind, BlockKind::Paragraph | BlockKind::Heading | BlockKind::List) {
        return None;
    }
    let items = page.items_of(number);
    let (mut title_case, mut stopped) = (0, 0);
    for item in items {
        if page.visible_characters(*item) > SHORT_CHARACTERS {
            return None;
        }
        stopped += usize::from(item.of(page.text).ends_with(['.', '。']));
        title_case += usize::from(words::is_title_case(page, *item));
    }
    (stopped * 2 <= items.len()).then_some((items.len(), title_case))
}

fn run(t: &Measured<'_>, measure: impl Fn(&Run) -> usize) -> Option<f64> {
    count(t.page.page_structure().run_of(t.block?).map_or(0, measure))
}

fn kind_ratio(t: &Measured<'_>, kind: BlockKind) -> Option<f64> {
    let structure = t.page.page_structure();
    let of_kind = t.page.blocks.iter().zip(structure.sums.windows(2));
    let part = of_kind.filter(|(block, _)| block.kind == kind).map(|(_, pair)| match pair {
        [before, after] => after.characters - before.characters,
        _ => 0,
    });
    ratio(part.sum(), structure.sums.last()?.characters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::tests::{Fixture, same};

    const PROSE: &str = "The mill stood by the river for years.";

    fn column(page: &Fixture, name: &str) -> Vec<Option<f64>> {
        (0..page.blocks.len()).map(|n| page.block(n, name)).collect()
    }

    #[test]
    fn positions_are_shares_of_characters() {
        let page = Fixture::of("ab\ncdef\ngh");
        assert_eq!(column(&page, "block_position"), [Some(0.0), Some(0.25), Some(0.75)]);
        assert_eq!(column(&page, "blocks_after"), [Some(2.0), Some(1.0), Some(0.0)]);
        assert_eq!(column(&page, "is_first_block"), [Some(1.0), Some(0.0), Some(0.0)]);
        assert_eq!(column(&page, "is_last_block"), [Some(0.0), Some(0.0), Some(1.0)]);
    }

    #[test]
    fn prose_is_counted_before_and_after() {
        let page = Fixture::of(&format!("Menu\n{PROSE}\nMore\n{PROSE}"));
        let length = PROSE.len() as f64;
        assert_eq!(page.block(2, "prose_before"), Some(length));
        assert_eq!(page.block(2, "prose_after"), Some(length));
        same(page.block(2, "prose_before_ratio"), 0.5);
        assert_eq!(page.block(1, "prose_before_ratio"), Some(0.0));
        assert_eq!(Fixture::of("Menu").block(0, "prose_before_ratio"), None);
        same(page.document("prose_ratio"), 2.0 * length / (2.0 * length + 8.0));
    }

    #[test]
    fn prose_is_told_from_titles() {
        for (text, prose) in [
            (PROSE, true),
            ("Barack Obama met Angela Merkel.", true),
            ("What Is the Best Way to Clean an Oven?", false),
            ("Home", false),
            ("Wait.", false),
            ("我们去了东京的大学。", true),
            ("Он пришёл домой поздно вечером.", true),
        ] {
            let page = Fixture::of(text);
            assert_eq!(page.document("prose_ratio"), Some(f64::from(u8::from(prose))), "{text}");
        }
    }

    #[test]
    fn a_run_is_as_long_as_short_lines_follow_one_another() {
        let page = Fixture::of(&format!(
            "{PROSE}\nRelated Stories Here\nhome\nAbout Our Shop\n{PROSE}\nEnd"
        ));
        assert_eq!(column(&page, "run_blocks"), [0.0, 3.0, 3.0, 3.0, 0.0, 1.0].map(Some));
        assert_eq!(page.block(2, "run_items"), Some(3.0));
        assert_eq!(page.block(2, "run_characters"), Some(38.0));
        same(page.block(2, "run_title_case_ratio"), 2.0 / 3.0);
        assert_eq!(page.block(0, "run_title_case_ratio"), None);
        assert_eq!(column(&page, "run_after_prose"), [0.0, 0.0, 0.0, 0.0, 0.0, 1.0].map(Some));
        assert_eq!(Fixture::of("Home").block(0, "run_after_prose"), Some(0.0));
    }

    #[test]
    fn a_heading_before_prose_is_no_part_of_the_menu_above() {
        let mut page = Fixture::of(&format!("Home\nShop\nThe Old Mill\n{PROSE}"));
        assert_eq!(page.block(0, "run_blocks"), Some(3.0));
        page.blocks[2].kind = BlockKind::Heading;
        assert_eq!(column(&page, "run_blocks"), [2.0, 2.0, 1.0, 0.0].map(Some));
    }

    #[test]
    fn a_list_of_short_items_is_part_of_a_run_and_one_of_sentences_is_not() {
        let titles = Fixture::of("* One\n* Two").kind(BlockKind::List).one_block();
        assert_eq!(titles.block(0, "run_items"), Some(2.0));
        let sentences =
            Fixture::of("* One is here.\n* Two is not.").kind(BlockKind::List).one_block();
        assert_eq!(sentences.block(0, "run_blocks"), Some(0.0));
    }

    #[test]
    fn a_section_ends_at_the_next_heading_of_its_level() {
        let mut page = Fixture::of("A\nxx\nB\nyyy\nC\nzzzz");
        for (n, level) in [(0, 1), (2, 2), (4, 1)] {
            page.blocks[n].kind = BlockKind::Heading;
            page.blocks[n].level = level;
        }
        let values = column(&page, "section_characters");
        assert_eq!(values, [Some(6.0), None, Some(3.0), None, Some(4.0), None]);
        assert_eq!(page.block(1, "previous_kind_heading"), Some(1.0));
        assert_eq!(page.block(0, "previous_kind_heading"), Some(0.0));
        page.blocks[0].level = 0;
        assert_eq!(page.block(0, "section_characters"), Some(2.0), "an unknown level: any heading");
    }

    #[test]
    fn an_empty_heading_has_an_empty_section() {
        let mut page = Fixture::of("Table of Contents\nHistory\ntext");
        page.blocks[0].kind = BlockKind::Heading;
        page.blocks[1].kind = BlockKind::Heading;
        assert_eq!(page.block(0, "section_characters"), Some(0.0));
        same(page.document("heading_ratio"), 24.0 / 28.0);
        same(page.document("list_ratio"), 0.0);
        assert_eq!(page.document("block_count"), Some(3.0));
        assert_eq!(Fixture::of("").document("heading_ratio"), None);
    }
}
