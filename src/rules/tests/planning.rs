//! Judging in haste comes to what judging plainly does.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{page, set};
use crate::document::{BlockKind, Scope};
use crate::rules::{Evaluation, Hit, RuleSet, Strengths};
use crate::signals::PageView;
use crate::survey::Survey;

/// What leaves may ask for: cheap and dear, defined and undefined, with and without literals.
const LEAVES: [&str; 12] = [
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
    let rule = (proptest::collection::vec(leaf, 1..5), 0usize..5);
    proptest::collection::vec(rule, 1..6).prop_map(|rules| {
        let mut text = String::new();
        for (n, (leaves, manner)) in rules.iter().enumerate() {
            let effect = ["weight = 0.5", "weight = 0.2", "action = 'cut'"][manner % 3];
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
                let asks = if *manner == 2 && place == 0 { LEAVES[7].to_owned() } else { asks };
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

fn said(done: Evaluation) -> Said {
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
                found.push(said(on_page.evaluate(Scope::Sentence, &target, &none)));
            }
            found.push(said(on_page.evaluate(Scope::Block, &view.block(number), &none)));
        }
        found.push(said(on_page.evaluate(Scope::Document, &view.document(), &none)));
        found
    })
}

proptest! {
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
