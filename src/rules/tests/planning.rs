//! Judging in haste comes to what judging plainly does, and what it rests on holds.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{page, set};
use crate::document::{BlockKind, Scope};
use crate::rules::{Evaluation, Hit, RuleSet, Strengths};
use crate::signals::PageView;
use crate::survey::Survey;

/// What leaves may ask for: cheap and dear, defined and undefined, with and without literals.
const LEAVES: [&str; 20] = [
    "signal = 'link_count', at-least = 1",
    "signal = 'filler_word_ratio', above = 0.3",
    "signal = 'near_copy_ratio', ramp = [0.5, 0.8]",
    "signal = 'title_run_items', at-least = 1",
    "signal = 'page_marks', ramp = [0, 2]",
    "signal = 'page_body_characters', ramp = [60, 0]",
    "signal = 'run_items', at-least = 2",
    "signal = 'word_count', at-least = 8, at-most = 20",
    "signal = 'char_count', ramp = [4, 30]",
    "signal = 'word_count', at-least = 3",
    "signal = 'stop_word_ratio', above = 0.2",
    "signal = 'stuffed_word_ratio', below = 0.1",
    "signal = 'topic_overlap', ramp = [1.0, 0.0]",
    "signal = 'end_mark', at-least = 1",
    "signal = 'block_earlier_copies', at-least = 1",
    "pattern = '(?i)read more'",
    "pattern = '[0-9]{2}'",
    "pattern = 'mill|barley', at-least = 2",
    "phrases = ['read more', 'the mill']",
    "phrases = ['barley'], at-least = 2",
];

/// Rules of which each may name the one before it.
fn rules() -> impl Strategy<Value = String> {
    let leaf = (0..LEAVES.len() + 2, 0usize..3);
    let rule = (proptest::collection::vec(leaf, 1..5), 0usize..9);
    proptest::collection::vec(rule, 1..9).prop_map(|rules| {
        let mut text = String::new();
        for (n, (leaves, manner)) in rules.iter().enumerate() {
            let effect = [
                "weight = 0.5",
                "weight = 0.2",
                "action = 'cut'",
                "weight = 0.3",
                "weight = -0.4",
                "weight = 0.3\ngroup = 'g'",
                "weight = -0.4\ngroup = 'g'",
                "weight = 0.2\ngroup = 'h'",
                "weight = -0.5\ngroup = 'h'",
            ][*manner];
            let language = if *manner == 3 { "language = ['de']\n" } else { "" };
            let on = if *manner == 4 { "on = ['list']\n" } else { "" };
            text.push_str(&format!(
                "[rules.r{n}]\nabout='X'\nscope='block'\n{effect}\n{language}{on}"
            ));
            for (place, (leaf, join)) in leaves.iter().enumerate() {
                let join = ["all", "any", "none"][*join];
                let asks = match LEAVES.get(*leaf) {
                    Some(asks) => (*asks).to_owned(),
                    None if n > 0 => format!("rule = 'r{}'", n - 1),
                    None => "signal = 'char_count', above = 2".to_owned(),
                };
                // A cut needs something that is matched.
                let asks = if *manner == 2 && place == 0 { LEAVES[15].to_owned() } else { asks };
                let join = if *manner == 2 && place == 0 { "all" } else { join };
                text.push_str(&format!("when.{join}.l{place} = {{ {asks} }}\n"));
            }
        }
        text
    })
}

/// Texts in which the rules' phrases and patterns are likely.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("Read more "),
        Just("the mill "),
        Just("barley "),
        Just("of it. "),
        Just("12 "),
        Just("é "),
        Just("\n"),
        Just("mill"),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

static PRESET: LazyLock<RuleSet> =
    LazyLock::new(|| RuleSet::default_preset().unwrap().without_survey());

/// Hits, rules that were undefined, rules that were skipped.
type Said = (Vec<Hit>, Vec<u16>, Vec<u16>);

fn said(rules: &RuleSet, mut done: Evaluation) -> Said {
    // Of a group that is outweighed nothing is left, however much of it was asked.
    rules.forget_outweighed(&mut done);
    let ids = |rules: &[crate::rules::RuleId]| rules.iter().map(|id| id.0).collect();
    (done.hits.clone(), ids(&done.undefined), ids(&done.skipped))
}

/// What comes of the blocks and sentences of a text, plainly and in haste.
fn both(rules: &RuleSet, kind: BlockKind, text: &str, language: Option<&str>) -> [Vec<Said>; 2] {
    let mut page = page(kind, text, language);
    page.blocks = crate::segment::plain::segment(text);
    page.blocks.iter_mut().for_each(|block| block.kind = kind);
    let survey = Survey::none();
    [false, true].map(|haste| {
        let view = PageView::new(&page.text, &page.blocks, &page.info, &survey);
        let on_page = rules.on_page(&view).in_haste(haste);
        let none = Strengths::default();
        let mut found = Vec::new();
        for (number, block) in page.blocks.iter().enumerate() {
            for span in crate::segment::sentences(&page.text, block) {
                let target = view.sentence(number, span);
                found.push(said(rules, on_page.evaluate(Scope::Sentence, &target, &none)));
            }
            found.push(said(rules, on_page.evaluate(Scope::Block, &view.block(number), &none)));
        }
        found.push(said(rules, on_page.evaluate(Scope::Document, &view.document(), &none)));
        found
    })
}

/// Pieces of pages: prose and furniture, copies and near copies, links, profiles, fillers.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("Home | About us | Contact"),
        Just("Related posts"),
        Just("Contents"),
        Just("Share"),
        Just("Name : Jo Doe\nUsername : jo\nBirthdate : 1990\nJob : Baker\nBio : foodie"),
        Just("© 2024 Lindholm. All rights reserved."),
        Just("Qui provident vel atque. Lorem ipsum dolor sit 12 34."),
        Just("The mill stood by the river for years, and nobody minded. The mill is gone."),
        Just("The mill stood by the river for years, and somebody minded. It is gone?"),
        Just("The mill stood by the river for years. The mill stood by the river for years."),
        Just("* Ten Diets of the Stars - YouTube\n* Printer Ink Compared | Yelp\n* Old Mills"),
        Just("See [the mill](/mill) and [the lock](/lock), [here](#a) too."),
        Just("Hello {{name}}, insert text here."),
        Just("Mill wheels turn, mill wheels creak, mill wheels stop, mill wheels rot, mill wheels"),
        Just("12 34"),
        Just("***"),
        Just("東京へ行く。"),
        Just("ah ah"),
    ];
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.join("\n\n"))
}

proptest! {
    #[test]
    fn every_signal_is_in_its_range_and_defined(
        text in pieces(),
        kind in 0usize..3,
        english in any::<bool>(),
        words in 0usize..20,
    ) {
        let kind = [None, Some(BlockKind::List), Some(BlockKind::Paragraph)][kind];
        let mut page = page(BlockKind::Other, &text, english.then_some("en"));
        page.blocks = crate::segment::plain::segment(&text);
        page.blocks.iter_mut().for_each(|block| block.kind = kind.unwrap_or(block.kind));
        let survey = Survey::none();
        let view = PageView::new(&page.text, &page.blocks, &page.info, &survey);
        let mut targets = vec![view.document()];
        for (number, block) in page.blocks.iter().enumerate() {
            let sentences = crate::segment::sentences(&page.text, block);
            targets.extend(sentences.into_iter().map(|span| view.sentence(number, span)));
            targets.push(view.block(number));
        }
        for target in &targets {
            let prose = matches!(target.kind(), Some(BlockKind::Paragraph | BlockKind::Quote));
            for id in (0..crate::signals::all().len() as u16).map(crate::signals::SignalId) {
                let Some(ranged) = id.ranged(target.scope) else { continue };
                let words = words.max(ranged.words);
                if !target.has_lettered_word()
                    || target.words().len() < words
                    || target.scope == Scope::Sentence && !prose && !ranged.everywhere
                {
                    continue;
                }
                let (range, value) = (ranged.range(&view, words), target.value(id));
                prop_assert!(
                    value.is_some_and(|value| value >= range.least && value <= range.most),
                    "{} of {:?}: {value:?} in {range:?}", id.signal().name, target.text(),
                );
            }
        }
    }

    #[test]
    fn random_rules_come_to_the_same_in_haste(
        rules in rules(),
        text in text(),
        english in any::<bool>(),
        list in any::<bool>(),
    ) {
        let kind = if list { BlockKind::List } else { BlockKind::Paragraph };
        let [plain, haste] = both(&set(&rules), kind, &text, english.then_some("en"));
        prop_assert_eq!(plain, haste, "{}", rules);
    }

    #[test]
    fn the_preset_comes_to_the_same_in_haste(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("Home | About us | Contact"), Just("Related posts"), Just("Share this"),
                Just("Name : Jo Doe\nJob : Baker\nBio : foodie"), Just("Read more »"),
                Just("© 2024 Lindholm. All rights reserved."), Just("Qui provident vel atque."),
                Just("This site uses cookies to give you the best experience."),
                Just("The mill stood by the river for years, and nobody minded."),
                Just("* Ten Diets of the Stars - YouTube\n* Printer Ink Compared | Yelp"),
                Just("Lorem ipsum dolor sit amet"), Just("buy hats, cheap hats, best hats, hats pdf"),
                Just("Did you like it?"), Just("Subscribe to our newsletter"), Just("東京へ行く。"),
            ],
            0..14,
        ),
        english in any::<bool>(),
    ) {
        let rules = &*PRESET;
        let text = pieces.join("\n\n");
        let [plain, haste] =
            both(rules, BlockKind::Paragraph, &text, english.then_some("en"));
        prop_assert_eq!(plain, haste);
    }
}
