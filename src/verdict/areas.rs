//! What rules of scope `area` leave of a page, for the scopes after them.
//!
//! A menu, an advert or a hidden copy of the text is not to be seen by rules that compare blocks
//! with one another, so what is left is put together as a page of its own, and what is decided
//! there is brought back.

use super::{BlockVerdict, BlockVerdicts, Notes, Verdict};
use crate::document::{Moves, Page};

/// A page without the blocks that went.
#[derive(Debug)]
pub struct Rest {
    /// The page, without elements: only rules of scope `area` ask for them.
    pub page: Page,
    /// Where its blocks stand in the whole page.
    pub moves: Moves,
}

impl Rest {
    /// What is left of a page; `None` if nothing went.
    pub fn of(page: &Page, verdicts: &[Verdict]) -> Option<Self> {
        if !verdicts.iter().any(Verdict::removes) {
            return None;
        }
        let mut rest = Self {
            page: Page {
                title: page.title.clone(),
                ..Page::new(page.info.clone(), String::new(), Vec::new())
            },
            moves: Moves::default(),
        };
        for (number, (block, verdict)) in page.blocks.iter().zip(verdicts).enumerate() {
            if verdict.removes() {
                continue;
            }
            let text = &mut rest.page.text;
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            let start = text.len();
            text.push_str(block.span.of(&page.text));
            rest.page.blocks.push(block.clone().moved(start));
            rest.moves.push(number, start, block.span.start);
        }
        Some(rest)
    }

    /// Brings what was decided on the rest back to the whole page, between the verdicts on what
    /// went before.
    pub fn merge(
        &self,
        areas: Vec<Verdict>,
        on_rest: BlockVerdicts,
        notes: &mut Notes,
        near_from: usize,
    ) -> BlockVerdicts {
        let before = |verdict: Verdict| BlockVerdict { verdict, sentences: Vec::new() };
        let mut blocks: Vec<BlockVerdict> = areas.into_iter().map(before).collect();
        for ((number, here, there), mut on_block) in self.moves.iter().zip(on_rest.blocks) {
            move_matches(&mut on_block.verdict, here, there);
            for sentence in &mut on_block.sentences {
                sentence.span = sentence.span.moved(here, there);
                move_matches(&mut sentence.verdict, here, there);
            }
            if let Some(block) = blocks.get_mut(number) {
                *block = on_block;
            }
        }
        for near in notes.near.iter_mut().skip(near_from) {
            near.span = self.moves.span(near.span);
        }
        BlockVerdicts { blocks }
    }
}

fn move_matches(verdict: &mut Verdict, from: usize, to: usize) {
    for span in verdict.hits.iter_mut().flat_map(|hit| &mut hit.matches) {
        *span = span.moved(from, to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Block, BlockKind, Format, Info, Link, Span};
    use crate::rules::{Action, Hit, RuleId};
    use crate::verdict::{DecidedBy, SentenceVerdict};

    fn page() -> Page {
        let text = "Menu\n\nThe mill stood. It fell.\n\nFooter\n\nLast words.".to_owned();
        let info = Info::new("id", Format::Html);
        let block = |part: &str| {
            let start = text.find(part).unwrap();
            Block::new(BlockKind::Paragraph, Span::new(start, start + part.len()))
        };
        let mut blocks: Vec<Block> =
            ["Menu", "The mill stood. It fell.", "Footer", "Last words."].map(block).into();
        blocks[3].links = vec![Link { anchor: blocks[3].span, target: "/last".into() }];
        Page::new(info, text, blocks)
    }

    fn gone() -> Verdict {
        Verdict { action: Action::Remove, by: DecidedBy::Action(RuleId(0)), ..Verdict::nothing() }
    }

    #[test]
    fn what_is_left_stands_alone_and_comes_back_to_its_place() {
        let page = page();
        let areas = vec![gone(), Verdict::nothing(), gone(), Verdict::nothing()];
        let rest = Rest::of(&page, &areas).unwrap();
        assert_eq!(rest.page.text, "The mill stood. It fell.\n\nLast words.");
        let anchor = rest.page.blocks[1].links[0].anchor;
        assert_eq!(anchor.of(&rest.page.text), "Last words.");

        let hit =
            |span| Hit { rule: RuleId(1), strength: 1.0, evidence: vec![], matches: vec![span] };
        let cut =
            |span| Verdict { hits: vec![hit(span)], action: Action::Cut, ..Verdict::nothing() };
        let fell = Span::new(16, 24);
        assert_eq!(fell.of(&rest.page.text), "It fell.");
        let last = Span::new(26, 30);
        assert_eq!(last.of(&rest.page.text), "Last");
        let on_rest = BlockVerdicts {
            blocks: vec![
                BlockVerdict {
                    verdict: Verdict::nothing(),
                    sentences: vec![SentenceVerdict { span: fell, verdict: cut(fell) }],
                },
                BlockVerdict { verdict: cut(last), sentences: vec![] },
            ],
        };
        let merged = rest.merge(areas, on_rest, &mut Notes::default(), 0);
        assert_eq!(merged.blocks.len(), 4);
        assert!(merged.blocks[0].verdict.removes() && merged.blocks[2].verdict.removes());
        let sentence = &merged.blocks[1].sentences[0];
        assert_eq!(sentence.span.of(&page.text), "It fell.");
        assert_eq!(sentence.verdict.hits[0].matches[0].of(&page.text), "It fell.");
        assert_eq!(merged.blocks[3].verdict.hits[0].matches[0].of(&page.text), "Last");
    }

    #[test]
    fn where_nothing_went_nothing_is_put_together() {
        let stays = vec![Verdict::nothing(); 4];
        assert!(Rest::of(&page(), &stays).is_none());
        assert!(Rest::of(&page(), &[]).is_none());
    }
}
