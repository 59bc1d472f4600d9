//! Signals of characters: shares of digits, upper case, punctuation; marks that are counted.
//!
//! Shares are of the characters that are not white space, unless said otherwise.

use super::{Measured, PageView, Signal, TEXT, Unit, count, flag, parts, ratio};
use crate::document::Span;
use crate::text::count_bytes;

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[
    &Signal {
        name: "char_count",
        unit: Unit::Count,
        scopes: TEXT,
        needs: &[],
        about: "Characters without the white space at both ends",
        source: "jusText, length",
        measure: |t| count(t.text().trim().chars().count()),
    },
    &Signal {
        name: "digit_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Digits divided by characters that are not white space; undefined without such characters",
        source: "RefinedWeb, line-wise corrections",
        measure: |t| ratio(t.characters().digits, t.characters().seen),
    },
    &Signal {
        name: "upper_case_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Upper-case letters divided by letters; undefined without letters",
        source: "RefinedWeb, line-wise corrections",
        measure: |t| ratio(t.characters().upper, t.characters().letters),
    },
    &Signal {
        name: "symbol_word_ratio",
        unit: Unit::Number,
        scopes: TEXT,
        needs: &[],
        about: "Marks # and ellipses (`...` or `…`) divided by words; undefined without words",
        source: "Gopher, Rae et al. 2021, A.1.1; both kinds summed, as DCLM does",
        measure: |t| ratio(t.characters().symbols, t.words().len()),
    },
    &Signal {
        name: "punctuation_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Punctuation marks divided by characters that are not white space; undefined without such characters",
        source: "after web-docs-scorer, punctuation score",
        measure: |t| ratio(t.characters().punctuation, t.characters().seen),
    },
    &Signal {
        name: "end_mark",
        unit: Unit::Count,
        scopes: TEXT,
        needs: &[],
        about: "1 if the text ends with a mark that ends sentences (of any script), closing quotes, brackets and note numbers after it aside, else 0",
        source: "C4, line rule; marks after FineWeb",
        measure: |t| flag(ends_with_mark(t.text())),
    },
    &Signal {
        name: "question_mark_count",
        unit: Unit::Count,
        scopes: TEXT,
        needs: &[],
        about: "Question marks, full-width and Arabic ones included",
        source: "ours",
        measure: |t| count(questions(t)),
    },
    &Signal {
        name: "exclamation_mark_count",
        unit: Unit::Count,
        scopes: TEXT,
        needs: &[],
        about: "Exclamation marks, full-width ones included",
        source: "ours",
        measure: |t| count(t.characters().exclamation),
    },
    &Signal {
        name: "separator_count",
        unit: Unit::Count,
        scopes: TEXT,
        needs: &[],
        about: "Marks | » › · • ‹ « / → that stand inside a line with white space on both sides; a pair « » is a quotation and does not count",
        source: "after monocleaner, breadcrumbs",
        measure: |t| count(separators(t)),
    },
    &Signal {
        name: "emoji_count",
        unit: Unit::Count,
        scopes: TEXT,
        needs: &[],
        about: "Emoji; a sequence that shows as one counts once",
        source: "ours",
        measure: |t| count(t.characters().emoji),
    },
    &Signal {
        name: "bracket_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Round, square, curly and angle brackets divided by characters that are not white space; undefined without such characters",
        source: "NeMo Curator, ParenthesesFilter",
        measure: |t| ratio(t.characters().brackets, t.characters().seen),
    },
    &Signal {
        name: "curly_bracket_count",
        unit: Unit::Count,
        scopes: TEXT,
        needs: &[],
        about: "Curly brackets, opening and closing",
        source: "C4, page rule",
        measure: |t| count(t.characters().curly),
    },
    &Signal {
        name: "replacement_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Replacement characters (U+FFFD) divided by characters that are not white space; undefined without such characters",
        source: "ours",
        measure: |t| {
            // Most texts have none, and this look is cheaper than counting.
            match t.text().contains('\u{FFFD}') {
                true => ratio(t.characters().replacement, t.characters().seen),
                false => t.text().contains(|c: char| !c.is_whitespace()).then_some(0.0),
            }
        },
    },
    &Signal {
        name: "control_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Control characters other than tab and line ends divided by all characters; undefined for an empty text",
        source: "ours",
        measure: |t| match may_have_controls(t.text()) {
            true => ratio(t.characters().controls, t.characters().all),
            false => (!t.text().is_empty()).then_some(0.0),
        },
    },
    &Signal {
        name: "non_letter_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Characters that are neither letters nor white space divided by characters that are not white space; undefined without such characters",
        source: "ungoliant, noisy",
        measure: |t| {
            let counts = t.characters();
            ratio(counts.seen.saturating_sub(counts.letters), counts.seen)
        },
    },
];

/// What one walk over a target's characters counts.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Counts {
    /// All characters.
    all: usize,
    /// Characters that are not white space.
    seen: usize,
    letters: usize,
    upper: usize,
    digits: usize,
    punctuation: usize,
    symbols: usize,
    exclamation: usize,
    emoji: usize,
    brackets: usize,
    curly: usize,
    replacement: usize,
    controls: usize,
}

/// One ASCII character of each class that [`Counts::add`] tells apart.
const CLASSES: [char; 12] = ['\0', ' ', 'a', 'A', '0', '.', '#', '?', '!', '(', '{', '\u{B}'];

/// For each ASCII character its class.
const CLASS_OF: [u8; 128] = {
    let mut table = [0u8; 128];
    let mut at = 0;
    while at < table.len() {
        table[at] = match at as u8 {
            b' ' | b'\t' | b'\n' | b'\r' => 1,
            0xB | 0xC => 11,
            b'a'..=b'z' => 2,
            b'A'..=b'Z' => 3,
            b'0'..=b'9' => 4,
            b'#' => 6,
            b'?' => 7,
            b'!' => 8,
            b'(' | b')' | b'[' | b']' | b'<' | b'>' => 9,
            b'{' | b'}' => 10,
            b'"'..=b'~' => 5,
            _ => 0,
        };
        at += 1;
    }
    table
};

impl Measured<'_> {
    /// The counts of the target's characters, made once.
    pub(super) fn characters(&self) -> &Counts {
        self.characters.get_or_init(|| Counts::of(self.text()))
    }
}

impl Counts {
    fn of(text: &str) -> Self {
        let mut counts = Self::default();
        // ASCII is counted by byte first and each class added once at the end.
        let mut seen = [0usize; 256];
        let mut emoji = Emoji::default();
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if byte.is_ascii() {
                seen[usize::from(byte)] += 1;
                at += 1;
                continue;
            }
            let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
            // Nothing in ASCII belongs to an emoji.
            if at.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(u8::is_ascii) {
                emoji = Emoji::default();
            }
            at += c.len_utf8();
            counts.add(c, 1);
            if c.is_alphabetic() || c.is_whitespace() {
                emoji = Emoji::default();
            } else {
                counts.emoji += usize::from(emoji.starts(c));
            }
        }
        if seen[usize::from(b'.')] > 2 {
            counts.symbols += ellipses(bytes);
        }
        let mut ascii = [0usize; CLASSES.len()];
        for (class, times) in CLASS_OF.iter().zip(seen) {
            if let Some(slot) = ascii.get_mut(usize::from(*class)) {
                *slot += times;
            }
        }
        for (c, times) in CLASSES.into_iter().zip(ascii).filter(|(_, times)| *times > 0) {
            counts.add(c, times);
        }
        counts
    }

    /// Counts a character that stands `times` times in the text.
    fn add(&mut self, c: char, times: usize) {
        self.all += times;
        if c.is_control() && !matches!(c, '\t' | '\n' | '\r') {
            self.controls += times;
        }
        if c.is_whitespace() {
            return;
        }
        self.seen += times;
        if c.is_alphabetic() {
            self.letters += times;
            self.upper += if c.is_uppercase() { times } else { 0 };
            return;
        }
        self.digits += if c.is_numeric() { times } else { 0 };
        self.punctuation += if is_punctuation(c) { times } else { 0 };
        match c {
            '#' | '…' => self.symbols += times,
            '!' | '！' => self.exclamation += times,
            '(' | ')' | '[' | ']' | '<' | '>' => self.brackets += times,
            '{' | '}' => {
                self.brackets += times;
                self.curly += times;
            }
            '\u{FFFD}' => self.replacement += times,
            _ => {}
        }
    }
}

/// Runs of three full stops or more.
fn ellipses(bytes: &[u8]) -> usize {
    let (mut found, mut stops) = (0, 0usize);
    for byte in bytes {
        stops = if *byte == b'.' { stops + 1 } else { 0 };
        found += usize::from(stops == 3);
    }
    found
}

/// False only for a text without control characters other than tab and line ends.
fn may_have_controls(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Those outside ASCII start with 0xC2 and end below 0xA0. All are looked at: that is faster
    // than stopping at the first.
    let is_control =
        |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r') || byte == 0x7F;
    let is_wide = |at: usize| bytes.get(at + 1).is_some_and(|next| *next < 0xA0);
    count_bytes(bytes, is_control) > 0 || memchr::memchr_iter(0xC2, bytes).any(is_wide)
}

/// Where the question marks of a text stand.
fn question_marks(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut found: Vec<usize> = memchr::memchr_iter(b'?', bytes).collect();
    for mark in ["？", "؟"] {
        found.extend(memchr::memmem::find_iter(bytes, mark));
    }
    found.sort_unstable();
    found
}

/// True if a page has a question mark.
pub(super) fn has_questions(page: &PageView<'_>) -> bool {
    !page.question_marks().is_empty()
}

impl PageView<'_> {
    /// Where the question marks of the text stand, found once.
    fn question_marks(&self) -> &[usize] {
        self.questions.get_or_init(|| question_marks(self.text))
    }
}

/// Question marks of a target.
fn questions(t: &Measured<'_>) -> usize {
    let places = t.page.question_marks();
    let from = places.partition_point(|at| *at < t.span.start);
    places.partition_point(|at| *at < t.span.end).saturating_sub(from)
}

/// ASCII punctuation, and the marks of other scripts that ungoverned text holds.
fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c, '\u{00A1}' | '\u{00A7}' | '\u{00AB}' | '\u{00B6}' | '\u{00B7}' | '\u{00BB}' | '\u{00BF}'
            | '\u{037E}' | '\u{0387}' | '\u{055A}'..='\u{055F}' | '\u{0589}' | '\u{058A}'
            | '\u{05BE}' | '\u{05C0}' | '\u{05C3}' | '\u{05F3}' | '\u{05F4}'
            | '\u{060C}' | '\u{060D}' | '\u{061B}' | '\u{061E}' | '\u{061F}' | '\u{066A}'..='\u{066D}'
            | '\u{06D4}' | '\u{0964}' | '\u{0965}' | '\u{0E4F}' | '\u{0E5A}' | '\u{104A}'..='\u{104F}'
            | '\u{1361}'..='\u{1368}' | '\u{17D4}'..='\u{17DA}'
            | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}'
            | '\u{2E00}'..='\u{2E7F}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}'
            | '\u{3014}'..='\u{301F}' | '\u{30FB}' | '\u{FE10}'..='\u{FE19}' | '\u{FE30}'..='\u{FE6B}'
            | '\u{FF01}'..='\u{FF0F}' | '\u{FF1A}'..='\u{FF20}' | '\u{FF3B}'..='\u{FF40}'
            | '\u{FF5B}'..='\u{FF65}')
}

/// Counts emoji, a joined sequence or a flag as one.
#[derive(Default)]
struct Emoji {
    joined: bool,
    half_flag: bool,
}

impl Emoji {
    /// True if an emoji starts with this character.
    fn starts(&mut self, c: char) -> bool {
        match c {
            '\u{200D}' => {
                self.joined = true;
                return false;
            }
            // Variation selectors and skin tones belong to what they follow.
            '\u{FE00}'..='\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}' => return false,
            _ => {}
        }
        let joined = std::mem::take(&mut self.joined);
        let half_flag = std::mem::take(&mut self.half_flag);
        match c {
            '\u{1F1E6}'..='\u{1F1FF}' => {
                self.half_flag = !half_flag;
                !half_flag
            }
            _ => is_emoji(c) && !joined,
        }
    }
}

/// Characters that show as emoji; plain ticks, crosses and arrows in text style not among them.
pub(super) fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1F300}'..='\u{1F5FF}' | '\u{1F600}'..='\u{1F64F}' | '\u{1F680}'..='\u{1F6FF}'
        | '\u{1F7E0}'..='\u{1F7EB}' | '\u{1F900}'..='\u{1F9FF}' | '\u{1FA70}'..='\u{1FAFF}'
        | '\u{2600}'..='\u{2604}' | '\u{260E}' | '\u{2611}' | '\u{2614}' | '\u{2615}' | '\u{2618}'
        | '\u{261D}' | '\u{263A}' | '\u{2648}'..='\u{2653}' | '\u{2660}'..='\u{2668}'
        | '\u{267B}' | '\u{267F}' | '\u{2692}'..='\u{26FF}' | '\u{2702}' | '\u{2705}'
        | '\u{2708}'..='\u{270F}' | '\u{2728}' | '\u{2744}' | '\u{274C}' | '\u{274E}'
        | '\u{2753}'..='\u{2755}' | '\u{2757}' | '\u{2763}' | '\u{2764}' | '\u{2795}'..='\u{2797}'
        | '\u{2B50}' | '\u{2B55}' | '\u{1F0CF}' | '\u{1F004}' | '\u{1F170}'..='\u{1F19A}')
}

/// Marks that end a sentence.
fn is_end_mark(c: char) -> bool {
    matches!(
        c,
        '.' | '!'
            | '?'
            | '…'
            | '‼'
            | '⁇'
            | '⁈'
            | '⁉'
            | '。'
            | '．'
            | '！'
            | '？'
            | '｡'
            | '؟'
            | '۔'
            | '।'
            | '॥'
            | '։'
            | '።'
            | '፧'
            | '။'
            | '។'
            | '៕'
            | '᠃'
            | '\u{37E}'
    )
}

/// True if a text ends with a mark that ends sentences; closing quotes, brackets, emphasis
/// and a note number (`[12]`) after it do not matter.
pub(super) fn ends_with_mark(text: &str) -> bool {
    let mut text = trim_closing(text);
    while let Some(rest) = text.strip_suffix(|c: char| c.is_ascii_digit()) {
        let rest = rest.trim_end_matches(|c: char| c.is_ascii_digit());
        match rest.strip_suffix('[') {
            Some(before) => text = trim_closing(before),
            None => break,
        }
    }
    text.ends_with(is_end_mark)
}

/// A text without the white space, quotes, brackets and emphasis at its end.
fn trim_closing(text: &str) -> &str {
    text.trim_end_matches(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '"' | '\''
                    | '”'
                    | '’'
                    | '“'
                    | '»'
                    | '›'
                    | ')'
                    | ']'
                    | '}'
                    | '*'
                    | '_'
                    | '」'
                    | '』'
                    | '）'
                    | '】'
                    | '》'
                    | '`'
            )
    })
}

/// Separators inside the lines of a target.
fn separators(t: &Measured<'_>) -> usize {
    parts::lines(t.page.text, t.span).map(|line| separators_in(t.page.text, line)).sum()
}

/// False if certainly no separator is in a line.
fn may_separate(line: &[u8]) -> bool {
    if memchr::memchr2(b'|', b'/', line).is_some() {
        return true;
    }
    // The first bytes of those outside ASCII.
    memchr::memchr3_iter(0xC2, 0xE2, 0xEF, line).any(|at| {
        matches!(
            line.get(at..),
            Some(
                // « · »
                [0xC2, 0xAB | 0xB7 | 0xBB, ..]
                    // • ‹ › → ｜
                    | [0xE2, 0x80, 0xA2 | 0xB9 | 0xBA, ..]
                    | [0xE2, 0x86, 0x92, ..]
                    | [0xEF, 0xBD, 0x9C, ..]
            )
        )
    })
}

fn separators_in(text: &str, line: Span) -> usize {
    // Most lines have none, and this look is cheaper.
    if !may_separate(line.of(text).as_bytes()) {
        return 0;
    }
    let (mut found, mut left, mut right) = (0usize, 0usize, 0usize);
    // A line is trimmed, so a mark that starts or ends it has no white space on one side.
    let mut before = '\0';
    let mut chars = line.of(text).chars().peekable();
    while let Some(c) = chars.next() {
        let apart = before.is_whitespace() && chars.peek().is_some_and(|next| next.is_whitespace());
        before = c;
        match c {
            '«' => left += 1,
            '»' => right += 1,
            _ => {}
        }
        if apart && matches!(c, '|' | '»' | '›' | '·' | '•' | '‹' | '«' | '/' | '→' | '｜')
        {
            found += 1;
        }
    }
    found.saturating_sub(2 * left.min(right))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::tests::{Fixture, same};

    fn value(text: &str, name: &str) -> Option<f64> {
        Fixture::of(text).document(name)
    }

    #[test]
    fn every_ascii_character_is_counted_as_its_class_is() {
        for c in '\0'..='\u{7F}' {
            let mut plainly = Counts::default();
            plainly.add(c, 1);
            assert_eq!(Counts::of(&c.to_string()), plainly, "{c:?}");
        }
    }

    #[test]
    fn characters_are_counted_between_the_white_space() {
        assert_eq!(value("  Ёлка и\n", "char_count"), Some(6.0));
        assert_eq!(value("", "char_count"), Some(0.0));
    }

    #[test]
    fn shares_have_their_own_divisors() {
        same(value("A1 b2", "digit_ratio"), 0.5);
        same(value("A1 b2", "upper_case_ratio"), 0.5);
        same(value("ab, c.", "punctuation_ratio"), 0.4);
        same(value("你好。", "punctuation_ratio"), 1.0 / 3.0);
        same(value("f(x) {}", "bracket_ratio"), 4.0 / 6.0);
        same(value("a1!", "non_letter_ratio"), 2.0 / 3.0);
        same(value("a\u{FFFD}", "replacement_ratio"), 0.5);
        same(value("a\u{1}\tb", "control_ratio"), 0.25);
        for name in ["digit_ratio", "punctuation_ratio", "bracket_ratio", "non_letter_ratio"] {
            assert_eq!(value(" \n", name), None, "{name}");
        }
        assert_eq!(value("123", "upper_case_ratio"), None);
        assert_eq!(value("", "control_ratio"), None);
        assert_eq!(value("{a} {b", "curly_bracket_count"), Some(3.0));
    }

    #[test]
    fn an_ellipsis_is_one_symbol_however_it_is_written() {
        same(value("one... two… #three four.....", "symbol_word_ratio"), 1.0);
        assert_eq!(value("...", "symbol_word_ratio"), None);
    }

    #[test]
    fn end_marks_of_many_scripts_are_known() {
        for text in [
            "Yes.",
            "Yes!\"",
            "(Yes?)",
            "Yes…",
            "是的。",
            "「是。」",
            "نعم؟",
            "हाँ।",
            "So it is. [12]",
            "**Bold.**",
            "so it is.[1][2]",
        ] {
            assert!(ends_with_mark(text), "{text}");
        }
        for text in ["", "No", "No,", "Name :", "[12]", "in 1999", "- ", "…and so on"] {
            assert!(!ends_with_mark(text), "{text}");
        }
    }

    #[test]
    fn questions_and_exclamations_are_counted_in_any_width() {
        assert_eq!(value("Why? なぜ？ لماذا؟", "question_mark_count"), Some(3.0));
        assert_eq!(value("Wow!! 好！", "exclamation_mark_count"), Some(3.0));
    }

    #[test]
    fn separators_stand_between_words() {
        assert_eq!(value("Home » Shop » Chairs", "separator_count"), Some(2.0));
        assert_eq!(value("Home | About | Contact", "separator_count"), Some(2.0));
        assert_eq!(value("• one\n• two", "separator_count"), Some(0.0));
        assert_eq!(value("Il dit « bonjour » et sort", "separator_count"), Some(0.0));
        assert_eq!(value("and/or, 1/2", "separator_count"), Some(0.0));
    }

    #[test]
    fn an_emoji_made_of_several_characters_is_one() {
        assert_eq!(value("👩‍🍳 and 👍🏽", "emoji_count"), Some(2.0));
        assert_eq!(value("🇩🇪🇫🇷", "emoji_count"), Some(2.0));
        assert_eq!(value("☕️!", "emoji_count"), Some(1.0));
        assert_eq!(value("→ © ½", "emoji_count"), Some(0.0));
    }
}
