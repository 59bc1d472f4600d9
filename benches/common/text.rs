//! Text for benches: pages made by a fixed generator, the same on every machine.
//!
//! It stands in for scraped text in what costs time: lengths of words, sentences, lines and
//! paragraphs, a vocabulary that grows with the text, menus that recur, some characters outside
//! ASCII. It says nothing about what rules find: for that, real text is needed.

const FUNCTION: [&str; 32] = [
    "the", "of", "and", "to", "in", "a", "that", "is", "with", "for", "it", "on", "was", "as",
    "by", "at", "from", "have", "be", "which", "are", "this", "but", "or", "had", "not", "their",
    "its", "when", "one", "been", "after",
];

const CONTENT: [&str; 72] = [
    "mill",
    "creek",
    "wheel",
    "harbour",
    "council",
    "winter",
    "village",
    "timber",
    "engine",
    "garden",
    "letter",
    "window",
    "market",
    "bridge",
    "museum",
    "teacher",
    "kitchen",
    "weather",
    "railway",
    "station",
    "morning",
    "evening",
    "question",
    "answer",
    "history",
    "machine",
    "measure",
    "surface",
    "problem",
    "example",
    "building",
    "children",
    "company",
    "service",
    "research",
    "student",
    "language",
    "material",
    "pressure",
    "repair",
    "water",
    "stone",
    "light",
    "paper",
    "field",
    "board",
    "price",
    "voice",
    "small",
    "early",
    "heavy",
    "narrow",
    "public",
    "local",
    "careful",
    "several",
    "possible",
    "important",
    "opened",
    "carried",
    "turned",
    "found",
    "written",
    "placed",
    "followed",
    "remained",
    "between",
    "quietly",
    "slowly",
    "nearly",
    "café",
    "naïve",
];

const MENU: [&str; 20] = [
    "Home",
    "About us",
    "Contact",
    "Shop",
    "Cart",
    "Sign in",
    "Newsletter",
    "Archive",
    "Search",
    "Events",
    "Team",
    "Prices",
    "Terms of use",
    "Privacy policy",
    "Help",
    "Follow us",
    "Share",
    "Next",
    "Previous",
    "All rights reserved",
];

const SYLLABLES: [&str; 20] = [
    "bel", "mo", "ra", "tin", "ka", "lo", "ver", "sa", "dun", "el", "ri", "cor", "na", "pe", "gal",
    "os", "wen", "ti", "mar", "du",
];

/// A linear congruential generator (Knuth's MMIX constants); its upper bits are the good ones.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    /// One of a list, the first ones more often: the lesser of two draws.
    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        let place = self.below(list.len()).min(self.below(list.len()));
        list[place]
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A word: every other one is a function word, one in twelve a name made of syllables.
fn word(draw: &mut Draw, text: &mut String) {
    if draw.one_in(12) {
        let mut name = String::new();
        for _ in 0..2 + draw.below(3) {
            name.push_str(SYLLABLES[draw.below(SYLLABLES.len())]);
        }
        text.push_str(&capital(&name));
    } else if draw.one_in(40) {
        text.push_str(&(1 + draw.below(2_000)).to_string());
    } else if draw.one_in(2) {
        text.push_str(draw.of(&FUNCTION));
    } else {
        text.push_str(draw.of(&CONTENT));
    }
}

fn sentence(draw: &mut Draw, text: &mut String) {
    text.push_str(&capital(draw.of(&FUNCTION)));
    for _ in 0..5 + draw.below(18) {
        if draw.one_in(11) {
            text.push(',');
        }
        text.push(' ');
        word(draw, text);
    }
    text.push_str(if draw.one_in(15) { "?" } else { "." });
}

fn paragraph(draw: &mut Draw) -> String {
    let mut text = String::new();
    for _ in 0..2 + draw.below(6) {
        if !text.is_empty() {
            text.push(' ');
        }
        sentence(draw, &mut text);
    }
    text
}

/// Short lines: a menu, or a list of headlines.
fn menu(draw: &mut Draw) -> String {
    let mut text = String::new();
    let are_headlines = draw.one_in(3);
    for _ in 0..4 + draw.below(9) {
        if !text.is_empty() {
            text.push('\n');
        }
        if are_headlines {
            for number in 0..3 + draw.below(5) {
                text.push_str(if number == 0 { "- " } else { " " });
                word(draw, &mut text);
            }
        } else {
            text.push_str(draw.of(&MENU));
        }
    }
    text
}

/// A page of about that many bytes. `furniture` of a hundred parts are menus and lists of
/// headlines, the others paragraphs, now and then under a heading; one in thirty comes twice.
pub(crate) fn document(seed: u64, bytes: usize, furniture: usize) -> String {
    let mut draw = Draw(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut text = String::with_capacity(bytes + 1_000);
    let mut last = String::new();
    while text.len() < bytes {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        if draw.below(100) < furniture {
            last = menu(&mut draw);
        } else if last.is_empty() || !draw.one_in(30) {
            if draw.one_in(6) {
                word(&mut draw, &mut text);
                text.push_str(" and ");
                word(&mut draw, &mut text);
                text.push_str("\n\n");
            }
            last = paragraph(&mut draw);
        }
        text.push_str(&last);
    }
    // Not by more than a word: lengths are what some benches compare.
    let end = text.char_indices().map(|(at, _)| at).find(|at| *at >= bytes).unwrap_or(text.len());
    text.truncate(end);
    text
}
