//! Filler vocabulary and profile shapes: what generators of fake text and unfilled templates leave.

use std::sync::LazyLock;

use super::repeats::sentences_of;
use super::words::HashedMap;
use super::{
    BLOCK, Measured, Need, PageView, SENTENCE_AND_BLOCK, Signal, TEXT, Unit, characters, count,
    flag, labels, lines, parts, ratio, words,
};
use crate::document::{BlockKind, Scope, Span};
use crate::text::lists;
use crate::text::words::word_hash;
use crate::text::{Word, fingerprint, print_of};

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[
    &Signal {
        name: "filler_word_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Words of the 182 Latin words of filler generators (list filler-latin) divided by words with a letter; undefined without such words",
        source: "word lists of the Faker libraries",
        measure: |t| filler(t, words::FILLER),
    },
    &Signal {
        name: "filler_wide_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Words of the 999 Latin words of @faker-js/faker (list filler-latin-wide) divided by words with a letter; undefined without such words",
        source: "word lists of the Faker libraries",
        measure: |t| filler(t, words::WIDE),
    },
    &Signal {
        name: "filler_template_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Words of template text (lists filler-latin and filler-lorem) divided by words with a letter; undefined without such words",
        source: "Lorem ipsum passages and their generators",
        measure: |t| filler(t, words::TEMPLATE),
    },
    &Signal {
        name: "profile_label_kinds",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Different labels of author profiles (list profile-labels), at line starts as in `Name : Jo`, in cells, tags and JSON, or inside a line before a colon",
        source: "ours",
        measure: |t| kinds(t, |print| lists::profile_labels().contains(print)),
    },
    &Signal {
        name: "social_label_kinds",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "How many of the labels url, username, bio, followers, following it has, in the places where `profile_label_kinds` looks",
        source: "ours",
        measure: |t| kinds(t, |print| SOCIAL_LABELS.contains(&print)),
    },
    &Signal {
        name: "field_line_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Lines of the form `label: value`, with a label of one to four words and at most 30 characters, divided by lines; undefined without lines",
        source: "ours",
        measure: |t| lines::share(t, |line| parts::field(line).is_some()),
    },
    &Signal {
        name: "empty_field_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Lines of the form `label:` without a value divided by lines of the form `label: value`; undefined without such lines",
        source: "ours",
        measure: |t| {
            let empty = fields(t).filter(|(_, value)| value.is_empty()).count();
            ratio(empty, fields(t).count())
        },
    },
    &Signal {
        name: "network_label",
        unit: Unit::Count,
        scopes: SENTENCE_AND_BLOCK,
        needs: &[],
        about: "1 if the text is the name of a social network (list social-networks) with or without a colon and nothing else, else 0",
        source: "ours",
        measure: |t| {
            let name = parts::unmarked(t.text());
            // No name has so many letters, and most texts have.
            let start = name.as_bytes().get(..NETWORK_BYTES).unwrap_or(&[]);
            let letters = start.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
            if letters > lists::LONGEST_NETWORK || !lists::social_networks().may_name(name) {
                return flag(false);
            }
            if t.own_block()?.span.len() == name.len() {
                // The fingerprint of a whole block is known.
                return flag(lists::social_networks().has_name(t.page.block_print(t.block?)));
            }
            let mut letters = name.chars().filter(|c| c.is_alphanumeric());
            if letters.nth(lists::LONGEST_NETWORK).is_some() {
                return flag(false);
            }
            let print = print_of(name);
            flag(print.is_some_and(|print| lists::social_networks().has_name(print)))
        },
    },
    &Signal {
        name: "template_mark_count",
        unit: Unit::Count,
        scopes: TEXT,
        needs: &[],
        about: "Marks of an unfilled template, such as {{name}}, ${name}, {name}, %NAME%, [Your name], <insert text>, `lorem ipsum` or `your text here`; none in blocks of code",
        source: "ours",
        measure: template_marks,
    },
    &Signal {
        name: "persona_list",
        unit: Unit::Count,
        scopes: SENTENCE_AND_BLOCK,
        needs: &[],
        about: "1 if the text, after a label such as `Bio :` or a name and a dash, is two to four lower-case items of one to three words with commas between (or two words such as `vision fan`), with or without an emoji at the end, and no end mark, else 0",
        source: "@faker-js/faker, person.bio",
        measure: |t| flag(is_persona(t.text())),
    },
    &Signal {
        name: "salad_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[Need::StopWords],
        about: "Sentences of three to nine words that start upper case, end with a full stop, have no mark inside and fewer than 30 % stop words, divided by sentences; undefined without sentences, in scripts without spaces, or without a list of stop words for the language",
        source: "ours, after the sentences of the Faker libraries",
        measure: salad,
    },
];

/// Bytes at the start of a text in which letters are counted before it is looked up as a name.
const NETWORK_BYTES: usize = 64;

/// The share of the words with a letter that have a mark.
fn filler(t: &Measured<'_>, mark: u8) -> Option<f64> {
    let seen = || t.marks().iter().fold(0, |seen, marks| seen | marks);
    if t.page.marks_of_all() & mark == 0 || *t.seen_marks.get_or_init(seen) & mark == 0 {
        // Most texts have no such word, and then one with a letter is all that is looked for.
        return t.has_lettered_word().then_some(0.0);
    }
    ratio(t.marked_words(mark), t.marked_words(words::LETTER))
}

/// Labels of the social blocks that profile generators print, as fingerprints.
static SOCIAL_LABELS: LazyLock<[u64; 5]> =
    LazyLock::new(|| ["url", "username", "bio", "followers", "following"].map(fingerprint));

/// Phrases that templates leave, as word hashes.
static PHRASES: LazyLock<HashedMap<Vec<Vec<u64>>>> = LazyLock::new(|| {
    let mut found: HashedMap<Vec<Vec<u64>>> = HashedMap::default();
    for phrase in [
        "lorem ipsum",
        "your text here",
        "your text goes here",
        "your name here",
        "your title here",
        "your content here",
        "your content goes here",
        "insert text here",
        "insert title here",
        "insert name here",
        "type your text",
        "enter your text here",
        "add your text here",
        "placeholder text",
        "sample text goes here",
        "text goes here",
        "dummy text goes here",
    ] {
        let words: Vec<u64> = phrase.split(' ').map(word_hash).collect();
        if let Some(first) = words.first() {
            found.entry(*first).or_default().push(words);
        }
    }
    found
});

/// The labels and values of the target's lines.
fn fields<'a>(t: &Measured<'a>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let text = t.page.text;
    parts::lines(text, t.span).filter_map(|line| parts::field(line.of(text)))
}

/// How many different labels of a kind the target has.
fn kinds(t: &Measured<'_>, is_known: impl Fn(u64) -> bool) -> Option<f64> {
    let mut known: Vec<u64> = t.labels().iter().copied().filter(|l| is_known(*l)).collect();
    known.sort_unstable();
    known.dedup();
    count(known.len())
}

impl Measured<'_> {
    /// The fingerprints of what may be labels in the target's lines, made once.
    fn labels(&self) -> &[u64] {
        self.labels.get_or_init(|| {
            // Without one of these, and the wide colon's first byte, nothing is a label.
            let bytes = self.text().as_bytes();
            if memchr::memchr3(b':', b'\t', b'|', bytes).is_none()
                && memchr::memchr2(b'<', 0xEF, bytes).is_none()
            {
                return Vec::new();
            }
            let lines = parts::lines(self.page.text, self.span);
            lines.flat_map(|line| labels::labels(line.of(self.page.text))).collect()
        })
    }
}

fn template_marks(t: &Measured<'_>) -> Option<f64> {
    let spans: Vec<Span> = match t.block {
        Some(_) if t.kind() == Some(BlockKind::Code) => Vec::new(),
        Some(_) => vec![t.span],
        None => {
            let prose = t.page.blocks.iter().filter(|block| block.kind != BlockKind::Code);
            prose.map(|block| block.span).collect()
        }
    };
    let of = |span: &Span| marks_in(span.of(t.page.text)) + phrases_among(t.page.words_in(*span));
    count(spans.iter().map(of).sum())
}

/// True if there may be a template mark somewhere on a page.
pub(super) fn has_template_marks(page: &PageView<'_>) -> bool {
    has_signs(page.text) || phrases_among(page.words()) > 0
}

/// Longest name inside a template mark, in bytes.
const LONGEST_NAME: usize = 40;

/// Template marks such as `{{name}}` in a text.
fn marks_in(text: &str) -> usize {
    let mut found = 0;
    // Most texts have none of these, and this look is cheaper.
    if !has_signs(text) {
        return 0;
    }
    let mut at = 0;
    while let Some(open) = text.get(at..).and_then(|rest| rest.find(['{', '[', '<', '%'])) {
        let start = at + open;
        let rest = text.get(start..).unwrap_or("");
        let length = mark_length(rest);
        found += usize::from(length.is_some());
        at = start + length.unwrap_or(1);
    }
    found
}

/// True if a sign that a template mark starts with stands in a text.
fn has_signs(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr3(b'{', b'[', b'<', bytes).is_some() || memchr::memchr(b'%', bytes).is_some()
}

/// The length of the template mark that a text starts with.
fn mark_length(text: &str) -> Option<usize> {
    let (open, close) = match text.as_bytes() {
        [b'{', b'{', ..] => ("{{", "}}"),
        [b'{', b'%', ..] => ("{%", "%}"),
        [b'{', ..] => ("{", "}"),
        [b'[', b'%', ..] => ("[%", "%]"),
        [b'[', ..] => ("[", "]"),
        [b'<', ..] => ("<", ">"),
        _ => ("%", "%"),
    };
    let inner = text.get(open.len()..)?;
    let mut limit = inner.len().min(LONGEST_NAME);
    while !inner.is_char_boundary(limit) {
        limit -= 1;
    }
    let end = inner.get(..limit)?.find(close)?;
    let name = inner.get(..end)?.trim();
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '|');
    let fits = match open {
        "{" => name.starts_with(char::is_alphabetic) && name.chars().all(is_name) && name.len() > 1,
        "%" => {
            name.len() > 2
                && name.starts_with(char::is_uppercase)
                && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        }
        "[" | "<" => is_request(name),
        _ => !name.is_empty(),
    };
    fits.then_some(open.len() + end + close.len())
}

/// True for what a template asks for in brackets: `your name`, `insert date here`.
fn is_request(name: &str) -> bool {
    let first = name.split([' ', '_', '-']).next().unwrap_or("");
    let asks = ["your", "insert", "enter", "placeholder"];
    name.len() > first.len() && asks.iter().any(|ask| first.eq_ignore_ascii_case(ask))
}

/// Phrases of templates among some words.
fn phrases_among(words: &[Word]) -> usize {
    let mut found = 0;
    let mut at = 0;
    while let Some(rest) = words.get(at..).filter(|rest| !rest.is_empty()) {
        let phrases = rest.first().and_then(|word| PHRASES.get(&word.hash));
        let stands = |phrase: &&Vec<u64>| {
            phrase.len() <= rest.len()
                && phrase.iter().zip(rest).all(|(own, word)| *own == word.hash)
        };
        let phrase = phrases.and_then(|phrases| phrases.iter().find(stands));
        found += usize::from(phrase.is_some());
        at += phrase.map_or(1, Vec::len);
    }
    found
}

/// Most characters that are looked at for a list of roles.
const LONGEST_PERSONA: usize = 120;

/// What people are of things, in the one-item texts of @faker-js/faker ("vision fan").
const SUPPORTERS: [&str; 6] = ["advocate", "devotee", "enthusiast", "fan", "lover", "supporter"];

/// True for texts such as "foodie, entrepreneur, developer 🍕".
pub(super) fn is_persona(text: &str) -> bool {
    let text = text.trim();
    if text.len() > LONGEST_PERSONA * 4 {
        return false;
    }
    let text = parts::field(text).map_or_else(|| parts::unmarked(text), |(_, value)| value);
    // "Jo Doe — foodie, developer"
    let text = text.rsplit_once(" — ").map_or(text, |(_, after)| after);
    let bare = text.trim_end_matches(|c: char| {
        characters::is_emoji(c)
            || c.is_whitespace()
            || matches!(c, '\u{200D}' | '\u{FE00}'..='\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}')
    });
    let mut items = 0;
    for item in bare.split(',') {
        items += 1;
        let words = item.split_whitespace().count();
        let lower =
            |c: char| (c.is_alphabetic() && !c.is_uppercase()) || matches!(c, ' ' | '-' | '\'');
        if !(1..=3).contains(&words) || !item.chars().all(lower) {
            return false;
        }
    }
    let mut words = bare.split_whitespace();
    let supporter = words.next().is_some()
        && words.next().is_some_and(|word| SUPPORTERS.contains(&word))
        && words.next().is_none();
    (2..=4).contains(&items) || items == 1 && supporter
}

/// Words of a sentence that can be salad, and the share of stop words below which it is.
const SALAD_WORDS: std::ops::RangeInclusive<usize> = 3..=9;
const SALAD_STOP_WORDS: f64 = 0.3;

/// Prose in a language of its list has a stop word in two or three of its words; sentences
/// drawn from a vocabulary have one in five to ten, and no marks inside.
fn salad(t: &Measured<'_>) -> Option<f64> {
    let stop = t.stop_words()?;
    let (mut part, mut whole) = (0, 0);
    for block in salad_spans(t) {
        let sentences = match t.scope {
            Scope::Sentence => vec![block],
            _ => sentences_of(t.page.text, block),
        };
        for sentence in sentences {
            let words = t.page.words_in(sentence);
            if words.is_empty() {
                continue;
            }
            // Scripts without spaces have words of one character here.
            let characters = sentence.of(t.page.text).chars().count();
            if characters < words.len() * 2 {
                return None;
            }
            whole += 1;
            let stops = words.iter().filter(|word| stop.contains(word.hash)).count();
            let few = (stops as f64) < SALAD_STOP_WORDS * words.len() as f64;
            let sized = SALAD_WORDS.contains(&words.len());
            part +=
                usize::from(few && sized && is_plain_sentence(value_of(sentence.of(t.page.text))));
        }
    }
    ratio(part, whole)
}

/// The blocks of a document that have sentences; any other target as it is.
fn salad_spans(t: &Measured<'_>) -> Vec<Span> {
    match t.block {
        Some(_) => vec![t.span],
        None => {
            let kinds = [BlockKind::Paragraph, BlockKind::Quote];
            let blocks = t.page.blocks.iter().filter(|block| kinds.contains(&block.kind));
            blocks.map(|block| block.span).collect()
        }
    }
}

/// A sentence without the label of the line it starts.
fn value_of(sentence: &str) -> &str {
    parts::field(sentence).map_or_else(|| parts::unmarked(sentence), |(_, value)| value)
}

/// True for a sentence that starts upper case, ends with a full stop and has no mark inside.
fn is_plain_sentence(sentence: &str) -> bool {
    let Some(inside) = sentence.trim().strip_suffix('.') else { return false };
    let mark = |c: char| !(c.is_alphabetic() || c == ' ' || c == '\'' || c == '’' || c == '-');
    inside.starts_with(char::is_uppercase) && !inside.contains(mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::tests::{Fixture, same};

    fn value(text: &str, name: &str) -> Option<f64> {
        Fixture::of(text).one_block().block(0, name)
    }

    #[test]
    fn filler_is_a_share_of_words() {
        same(value("Qui provident vel atque.", "filler_word_ratio"), 1.0);
        same(value("The mill burned down.", "filler_word_ratio"), 0.0);
        same(value("Qui provident vel atque 12 34", "filler_wide_ratio"), 1.0);
        assert_eq!(value("12 34", "filler_word_ratio"), None);
    }

    #[test]
    fn labels_of_profiles_are_counted_once_each() {
        let text = "• Name : Jo Doe\n• Email : jo@a.org\nname: Jo\n• Weather : fine\n• Job :";
        assert_eq!(value(text, "profile_label_kinds"), Some(3.0));
        same(value(text, "field_line_ratio"), 1.0);
        same(value(text, "empty_field_ratio"), 0.2);
        assert_eq!(value("Just a line", "empty_field_ratio"), None);
        assert_eq!(value("", "field_line_ratio"), None);
        let social = "url : https://a.org/jo\nusername : jo\nfollowers : 12\nfollowers : 13";
        assert_eq!(value(social, "social_label_kinds"), Some(3.0));
    }

    #[test]
    fn a_networks_name_alone_is_a_label() {
        assert_eq!(value("tiktok:", "network_label"), Some(1.0));
        assert_eq!(value("## Instagram", "network_label"), Some(1.0));
        assert_eq!(value("Instagram is down", "network_label"), Some(0.0));
        assert_eq!(value(":", "network_label"), Some(0.0));
    }

    #[test]
    fn unfilled_templates_leave_marks() {
        for text in [
            "Dear {{ first_name }},",
            "Hello ${name}",
            "Hi {user.name}!",
            "%COMPANY_NAME% since",
            "[Your Name] writes",
            "<insert date here>",
            "LOREM ipsum dolor",
            "Your text here",
            "{% block title %}",
            "Lorem Ipsum",
        ] {
            assert_eq!(value(text, "template_mark_count"), Some(1.0), "{text}");
        }
        for text in [
            "[1] see <b>this</b>",
            "50% of 30%",
            "{ }",
            "your text",
            "[edit]",
            "",
            "100% A %",
            "{x}",
        ] {
            assert_eq!(value(text, "template_mark_count"), Some(0.0), "{text}");
        }
        let code = Fixture::of("print(f\"{name}\")").kind(BlockKind::Code);
        assert_eq!(code.block(0, "template_mark_count"), Some(0.0));
        assert_eq!(code.document("template_mark_count"), Some(0.0));
    }

    #[test]
    fn a_persona_is_a_short_list_of_roles() {
        for text in [
            "foodie, entrepreneur, developer 🍕",
            "Bio : hat fan, creator 👨‍👩‍👧",
            "musician, patriot",
            "Jo Doe — poet, gamer",
            "\"bio\": \"vision fan 💪🏾\"",
            "hat lover",
        ] {
            assert_eq!(value(text, "persona_list"), Some(1.0), "{text}");
        }
        for text in [
            "foodie",
            "a great fan",
            "salt, pepper, flour, eggs, milk",
            "Paris, Rome",
            "He left, she stayed.",
            "it was cold that day, dark",
            "",
            ",",
            "a, b.",
            "2 eggs, milk",
        ] {
            assert_eq!(value(text, "persona_list"), Some(0.0), "{text}");
        }
    }

    #[test]
    fn salad_is_told_by_its_lack_of_function_words() {
        let english = |text: &str| Fixture::of(text).language("en");
        let salad = english("River window paper quickly green teacher.");
        let text = "River window paper quickly green teacher.";
        same(salad.sentence(0, text, "salad_ratio"), 1.0);
        let prose = "The teacher has put the paper in the window.";
        same(english(prose).sentence(0, prose, "salad_ratio"), 0.0);
        let listed = "River, window, paper, green teacher.";
        same(english(listed).sentence(0, listed, "salad_ratio"), 0.0);
        assert_eq!(Fixture::of(text).sentence(0, text, "salad_ratio"), None);
        let chinese = Fixture::of("老师把纸放在窗上。").language("en");
        assert_eq!(chinese.sentence(0, "老师把纸放在窗上。", "salad_ratio"), None);
        assert_eq!(english("").document("salad_ratio"), None);
    }
}
