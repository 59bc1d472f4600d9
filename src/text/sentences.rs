//! Sentences of a running text, by rules: end marks of all scripts, abbreviations, line breaks.

use std::sync::LazyLock;

use super::lists::WordSet;
use super::words::word_hash;
use crate::document::Span;

/// The sentences of a text, in order; spans without the white space around them.
///
/// A sentence ends at an end mark (`.` `!` `?` `…` `。` `؟` `।` and their kin) with the quotation
/// marks, brackets and citation numbers (`[3]`) that close it, where white space and a plausible
/// start follow; scripts that write no spaces need none. It also ends at a blank line, and at a
/// line break after an end mark. Abbreviations, initials, ordinals, decimals and addresses end
/// none. A text without end marks is one sentence; one without anything but white space has none.
/// Every character that is not white space is in exactly one sentence. Cost is linear.
///
/// ```
/// let text = "Dr. Ito paid $3.50. \"Why?\" she asked.";
/// let found: Vec<&str> = tamis::text::sentences(text).into_iter().map(|s| s.of(text)).collect();
/// assert_eq!(found, ["Dr. Ito paid $3.50.", "\"Why?\" she asked."]);
/// ```
pub fn sentences(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    each_sentence(text, Span::new(0, text.len()), |sentence| found.push(sentence));
    found
}

/// Calls `take` with the [`sentences`] of a part of a text, as places in the text.
pub(crate) fn each_sentence(text: &str, part: Span, mut take: impl FnMut(Span)) {
    let offset = part.start;
    let text = part.of(text);
    let mut push = |start: usize, end: usize| {
        if let Some(span) = trimmed(text, start, end) {
            take(Span::new(offset + span.start, offset + span.end));
        }
    };
    let bytes = text.as_bytes();
    let mut start = white_space(text, 0).end;
    let mut at = start;
    while let Some(rest) = bytes.get(at..) {
        let Some(next) = rest.iter().position(|byte| STOPS[usize::from(*byte)]) else { break };
        at += next;
        if line_break(bytes, at) > 0 {
            let gap = white_space(text, at);
            if gap.breaks > 1 {
                push(start, at);
                start = gap.end;
            }
            at = gap.end;
            continue;
        }
        let Some(mark) = end_mark(bytes, at) else {
            at += 1;
            continue;
        };
        let run = mark_run(text, at, mark);
        if ends(text, start, at, &run) {
            push(start, run.end);
            start = white_space(text, run.end).end;
            at = start;
        } else {
            at = run.end;
        }
    }
    push(start, text.len());
}

/// True for a capitalised word that often opens a sentence and seldom stands inside a name or a
/// title, such as `The`, `However`, `Der`. Knows English, German, French, Spanish, Italian,
/// Portuguese and Dutch.
pub(crate) fn opens_sentences(word: &str) -> bool {
    word.len() <= OPENER_BYTES
        && word.starts_with(char::is_uppercase)
        && OPENER_SET.contains(word_hash(word))
}

/// Length in bytes of the line break at `at`; 0 if there is none. `\r\n` is one break; so are
/// the vertical tab, the form feed, NEL, and Unicode's line and paragraph separators.
pub(crate) fn line_break(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => 2,
        Some(b'\n' | b'\r' | 0x0b | 0x0c) => 1,
        Some(0xc2) if bytes.get(at + 1) == Some(&0x85) => 2,
        Some(0xe2)
            if bytes.get(at + 1) == Some(&0x80)
                && matches!(bytes.get(at + 2), Some(0xa8 | 0xa9)) =>
        {
            3
        }
        _ => 0,
    }
}

/// True for characters of the scripts that write no space between words or sentences.
pub(crate) fn is_wide(c: char) -> bool {
    matches!(u32::from(c),
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x20000..=0x3fffd)
}

/// Bytes at which something may end: end marks, line breaks, first bytes of those outside ASCII.
static STOPS: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b".!?\n\r\x0b\x0c\xc2\xd6\xd8\xdb\xe0\xe1\xe2\xe3\xef";
    let mut n = 0;
    while n < bytes.len() {
        table[bytes[n] as usize] = true;
        n += 1;
    }
    table
};

/// What sort of end mark a character is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// `.`, which also ends abbreviations.
    Point,
    /// `…`, or more than one point.
    Ellipsis,
    /// `!` or `?`.
    Loud,
    /// A mark of a script that uses it for nothing else; nothing need follow it.
    Full,
}

/// The end mark that begins at `at`, with its length in bytes.
fn end_mark(bytes: &[u8], at: usize) -> Option<(Mark, usize)> {
    let rest = bytes.get(at..)?;
    match rest {
        [b'.', ..] => Some((Mark::Point, 1)),
        [b'!' | b'?', ..] => Some((Mark::Loud, 1)),
        // U+2026 …, U+203C ‼, U+2047–2049 ⁇⁈⁉
        [0xe2, 0x80, 0xa6, ..] => Some((Mark::Ellipsis, 3)),
        [0xe2, 0x80, 0xbc, ..] | [0xe2, 0x81, 0x87..=0x89, ..] => Some((Mark::Loud, 3)),
        // 。 ！ ． ？ ｡
        [0xe3, 0x80, 0x82, ..] | [0xef, 0xbc, 0x81 | 0x8e | 0x9f, ..] | [0xef, 0xbd, 0xa1, ..] => {
            Some((Mark::Full, 3))
        }
        // Arabic ؟, Urdu ۔, Armenian ։
        [0xd8, 0x9f, ..] | [0xdb, 0x94, ..] | [0xd6, 0x89, ..] => Some((Mark::Full, 2)),
        // Devanagari । and ॥, Myanmar ၊ is a comma and ။ ends, Ethiopic ። ፧ ፨, Khmer ។
        [0xe0, 0xa5, 0xa4 | 0xa5, ..]
        | [0xe1, 0x81, 0x8b, ..]
        | [0xe1, 0x8d, 0xa2 | 0xa7 | 0xa8, ..]
        | [0xe1, 0x9f, 0x94, ..] => Some((Mark::Full, 3)),
        _ => None,
    }
}

/// An end mark with those that follow it and whatever closes the sentence behind them.
struct Run {
    /// The first mark, an ellipsis if there are several points; `Full` if any is.
    mark: Mark,
    /// One past the last byte.
    end: usize,
    /// True if the run is one mark and nothing else.
    bare: bool,
}

fn mark_run(text: &str, at: usize, (mut mark, length): (Mark, usize)) -> Run {
    let bytes = text.as_bytes();
    let first = at + length;
    let mut end = first;
    while let Some((next, length)) = end_mark(bytes, end) {
        mark = match (mark, next) {
            (_, Mark::Full) | (Mark::Full, _) => Mark::Full,
            (_, Mark::Loud) | (Mark::Loud, _) => Mark::Loud,
            _ => Mark::Ellipsis,
        };
        end += length;
    }
    loop {
        let rest = text.get(end..).unwrap_or("");
        let Some(c) = rest.chars().next() else { break };
        if is_closer(c) {
            end += c.len_utf8();
        } else if let Some(length) = citation(rest.as_bytes()) {
            end += length;
        } else {
            break;
        }
    }
    Run { mark, end, bare: end == first }
}

fn is_closer(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | ')'
            | ']'
            | '}'
            | '*'
            | '_'
            | '”'
            | '’'
            | '»'
            | '›'
            | '«'
            | '」'
            | '』'
            | '）'
            | '】'
            | '》'
            | '〉'
            | '＂'
            | '″'
    )
}

/// Length of a citation number such as `[12]` at the start; `None` if there is none.
fn citation(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_prefix(b"[")?;
    let digits = rest.iter().take(4).take_while(|b| b.is_ascii_digit()).count();
    (digits > 0 && digits < 4 && rest.get(digits) == Some(&b']')).then_some(digits + 2)
}

/// True for what may stand before the first letter of a sentence.
fn is_opener(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '('
            | '['
            | '{'
            | '*'
            | '_'
            | '“'
            | '‘'
            | '„'
            | '‚'
            | '«'
            | '»'
            | '‹'
            | '›'
            | '–'
            | '—'
            | '-'
            | '~'
            | '¿'
            | '¡'
            | '「'
            | '『'
            | '（'
            | '【'
            | '《'
    )
}

/// A stretch of white space.
struct Gap {
    end: usize,
    breaks: usize,
}

fn white_space(text: &str, at: usize) -> Gap {
    let bytes = text.as_bytes();
    let mut gap = Gap { end: at, breaks: 0 };
    while let Some(c) = text.get(gap.end..).and_then(|rest| rest.chars().next()) {
        let length = line_break(bytes, gap.end);
        if length > 0 {
            // A paragraph separator is as good as a blank line.
            gap.breaks += if c == '\u{2029}' { 2 } else { 1 };
            gap.end += length;
        } else if c.is_whitespace() {
            gap.end += c.len_utf8();
        } else {
            break;
        }
    }
    gap
}

/// True if the end mark at `at`, in a sentence that began at `start`, ends that sentence.
fn ends(text: &str, start: usize, at: usize, run: &Run) -> bool {
    let gap = white_space(text, run.end);
    let rest = text.get(gap.end..).unwrap_or("");
    let Some(next) = rest.chars().next() else { return true };
    if run.mark == Mark::Full {
        return true;
    }
    if gap.end == run.end {
        return run.mark != Mark::Point && is_wide(next) && next.is_alphanumeric();
    }
    let opening = rest.trim_start_matches(is_opener);
    if run.mark == Mark::Point && run.bare && is_abbreviation(text, start, at, opening) {
        return false;
    }
    gap.breaks > 0 || !opening.chars().next().is_some_and(char::is_lowercase)
}

/// Longest word that is looked up as an abbreviation, in bytes.
const ABBREVIATION_BYTES: usize = 16;

/// True if the word before the point at `at` is one that a point does not end a sentence after.
fn is_abbreviation(text: &str, start: usize, at: usize, next: &str) -> bool {
    let Some(word) = word_before(text, start, at) else { return false };
    let next_word = next.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    let next_is_number = next.starts_with(|c: char| c.is_ascii_digit() || c == '#');
    if word.bytes().all(|b| b.is_ascii_digit()) {
        // A number alone is an item's mark; `3. Oktober` is a date.
        let alone = text.get(start..at).is_some_and(|s| s.trim_start() == word);
        return alone
            || (word.len() <= 2
                && ORDINAL_NOUNS.split_ascii_whitespace().any(|noun| noun == next_word));
    }
    let mut letters = word.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        // `J. Ruiz` and `p. 12`, but not `vitamin C. The`.
        return (letter.is_uppercase() && !opens_sentences(next_word))
            || (letter.is_lowercase() && next_is_number);
    }
    let short = |part: &str| part.chars().count() <= 2 && part.chars().all(char::is_alphabetic);
    if word.contains('.') && word.split('.').all(short) {
        // `e.g.`, `U.S.`, `z.B.`, `Ph.D.`, `p.m.`; not `3.5`
        let endable = word.starts_with(char::is_uppercase) || matches!(word, "a.m" | "p.m");
        return !(endable && opens_sentences(next_word));
    }
    let is = |list: &[&str]| list.iter().any(|known| word.eq_ignore_ascii_case(known));
    is(NEVER_END)
        || (is(BEFORE_NUMBERS) && next_is_number)
        || (is(BEFORE_NAMES) && !opens_sentences(next_word))
}

/// The word before a point, without brackets and quotation marks; `None` if it is too long.
fn word_before(text: &str, start: usize, at: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    let mut from = at;
    while from > start && at - from <= ABBREVIATION_BYTES {
        let byte = *bytes.get(from - 1)?;
        if byte.is_ascii_whitespace()
            || matches!(byte, b'(' | b'[' | b'"' | b'\'' | b'*' | b'_' | b'/')
        {
            break;
        }
        from -= 1;
    }
    let word = text.get(from..at)?;
    // A no-break space or a dash may stand where no ASCII white space does.
    let word = word.rsplit(|c: char| {
        c.is_whitespace() || matches!(c, '–' | '—' | '“' | '„' | '«' | '»' | '‘')
    });
    word.into_iter().next().filter(|w| !w.is_empty() && w.len() <= ABBREVIATION_BYTES)
}

/// The part of a text without the white space at its ends; `None` if it is nothing else.
fn trimmed(text: &str, start: usize, end: usize) -> Option<Span> {
    let raw = text.get(start..end)?;
    // Most are trimmed already.
    if let [0x21..=0x7E, .., 0x21..=0x7E] = raw.as_bytes() {
        return Some(Span::new(start, end));
    }
    let trimmed = raw.trim_start();
    let from = end - trimmed.len();
    let to = from + trimmed.trim_end().len();
    (from < to).then_some(Span::new(from, to))
}

/// Abbreviations that stand before something, whatever it is.
const NEVER_END: &[&str] = &[
    "dr", "mr", "mrs", "ms", "prof", "st", "ste", "messrs", "mme", "mlle", "gen", "col", "lt",
    "sgt", "capt", "cmdr", "rev", "hon", "gov", "sen", "pres", "mt", "ft", "vs", "cf", "viz",
    "approx", "hr", "fr", "dipl", "ing", "bzw", "vgl", "ggf", "evtl", "sog", "bspw", "inkl",
    "zzgl", "bzgl", "ca", "sr", "sra", "srta", "dott", "sig", "dña", "ud", "uds", "mgr", "tzn",
    "tzv", "np", "ul", "mag", "drs", "dhr", "mevr", "ex",
];

/// Abbreviations only where a number follows: "no." is a word as well.
const BEFORE_NUMBERS: &[&str] = &[
    "no", "nos", "nr", "núm", "num", "fig", "figs", "eq", "vol", "vols", "pp", "pag", "pág", "art",
    "abs", "sec", "ch", "chap", "tab", "bd", "kap", "str", "tel", "op", "cap", "ed", "jan", "feb",
    "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "okt", "dez", "abb",
];

/// Abbreviations that also end sentences: the next word tells.
const BEFORE_NAMES: &[&str] =
    &["inc", "ltd", "co", "corp", "jr", "al", "bros", "dept", "univ", "ave", "blvd"];

/// Nouns that a German ordinal number stands before.
const ORDINAL_NOUNS: &str = "\
    Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember
    Jahrhundert Jahrhunderts Auflage Klasse Platz Band";

/// Length of the longest of [`OPENERS`], in bytes.
const OPENER_BYTES: usize = 13;

/// The words of [`opens_sentences`].
const OPENERS: &str = "
    A Aan Aber About According Accordingly Additionally Además After Again Ainda Al Algunos All
    Alla Alors Als Also Although Always Além Am Amid Among An Anche And Another Ante Antes Any
    Ao Aos Après Após Are As Assim Así At Até Au Auch Auf Aujourd Aunque Aus Aussi Aux Avant
    Avec Back Bajo Based Because Before Behind Bei Beim Being Below Beneath Besides Between
    Beyond Bij Bis Both But By Cada Can Car Ce Ceci Cela Ces Cet Cette Chaque Che Chez Chi
    Choosing Ci Com Come Comme Comment Como Compared Con Consequently Consider Considering
    Contrary Così Could Cuando Cómo Da Dabei Daher Dal Dalla Damit Dann Dans Das Dat Dazu De
    Degli Dei Del Della Delle Dem Den Denn Depending Depois Depuis Der Des Desde Deshalb Despite
    Después Deze Di Did Die Dies Diese Dieser Dieses Dit Do Doch Does Donc Door Dopo Dort Dos
    Dove Du Durante Durch During Dus Dès E Each Ecco Een Ein Eine Einem Einen Einer Either El
    Ela Ele Ella Elle Elles Ellos Em En Enfin Enquanto Ensuite Entonces Entre Er Era Erst Es
    Especially Essa Esse Est Esta Estas Este Esto Estos Está Estás Et Eu Even Every Everyone
    Everything Few Finally First Foi For Fortunately From Further Furthermore Für Gegen
    Generally Given Gli Ha Hace Hacia Has Hasta Have Having Hay He Hence Her Here Het Heute Hier
    Hij His Ho Hoe How However Há I Ich If Ihr Ik Il Ils Im Imagine In Indeed Infatti Initially
    Inoltre Instead Io Is Isso Ist Isto It Its Ja Je Jede Jeder Jedes Jetzt Just Já Kan Kein
    Keine Können L La Las Last Lastly Later Le Les Let Leur Like Lo Lors Lorsque Los Luego Ma
    Maar Mais Malgré Man Manche Many Mas Maybe Meanwhile Mehr Mein Mentre Met Mientras Mit
    Modern Molti Mon More Moreover Most Much Muchos Muitos Muy My Más Même Na Naar Nach Nachdem
    Nas Ne Nearly Neben Nei Neither Nel Nella Nesta Neste Nevertheless Next Nicht Niet Ningún No
    Nobody Noch Nog Noi Non None Nonetheless Nor Nos Not Nothing Notre Nous Now Nu Nuestra
    Nuestro Nun Nur Não O Ob Obwohl Oder Of Often Ogni Ohne Om On Once One Only Ook Op Or
    Originally Os Other Others Otherwise Ou Our Out Over Overall Où Par Para Parce Pela Pelo
    Pendant Per Perché Perhaps Pero Però Più Please Plus Plusieurs Pode Poi Por Porque Porém
    Pour Pourquoi Presently Prima Primero Puede Pues Puis Qu Quand Quando Que Quel Quem Questa
    Questi Questo Qui Quien Qué Rather Recent Recently Regardless Remember Sans Schon Se Second
    Secondo Segundo Según Sein Seine Seit Selon Sem Senza Ser Seu Several She Should Si Sich Sie
    Similarly Simply Sin Since Sind So Sobald Sobre Sollte Some Someone Sometimes Son Sono Soon
    Sous Sowohl Still Su Sua Such Suddenly Sul Sulla Sur Surely Sus São También Também Tanto Te
    That The Their Them Then There Therefore These They Think This Those Though Through
    Throughout Thus To Today Todo Todos Together Too Tot Tous Tout Toute Toutefois Toward Tra
    Traditionally Tras Trotz Tu Tutti Two Typically Uit Ultimately Um Uma Un Una Und Under
    Understanding Une Unfortunately Unless Unlike Uno Unos Unser Unsere Unter Until Up Upon
    Using Usted Usually Van Veel Vers Very Viele Você Voici Volgens Vom Von Voor Vor Votre Vous
    Waar Waarom Wann Wanneer Want War Warum Was Wat We Weil Welche Wenn Wer Were What Whatever
    When Whenever Where Whereas Whether Which While Who Whoever Why Wie Wij Will Wir Wird With
    Within Without Wo Would Y Ya Yes Yet You Your Zij Zo Zonder Zu Zudem Zuerst Zum Zur Zwischen
    À È Über
";

static OPENER_SET: LazyLock<WordSet> =
    LazyLock::new(|| WordSet::new(OPENERS.split_ascii_whitespace()));

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(|span| span.of(text)).collect()
    }

    #[test]
    fn sentences_end_at_marks_before_a_capital() {
        assert_eq!(split("One. Two! Three? Four"), ["One.", "Two!", "Three?", "Four"]);
    }

    #[test]
    fn closing_marks_belong_to_the_sentence_before() {
        assert_eq!(
            split("(It is.) \"Go!\" “Now.” End."),
            ["(It is.)", "\"Go!\"", "“Now.”", "End."]
        );
        assert_eq!(split("It is so.[3][12] Or is it?"), ["It is so.[3][12]", "Or is it?"]);
    }

    #[test]
    fn a_lower_case_word_starts_no_sentence() {
        assert_eq!(
            split("“Why?” he asked. And so on... and on."),
            ["“Why?” he asked.", "And so on... and on."]
        );
    }

    #[test]
    fn abbreviations_end_no_sentence() {
        for text in [
            "Dr. Ng met Mrs. Roe in St. Ives, i.e. Cornwall, vs. Prof. Day.",
            "See No. 5 and Fig. 2, p. 12, e.g. Table 3.",
            "J. R. R. Ode and John F. Doe live in the U.S. Virgin Islands.",
            "Das gilt z.B. Montag bzw. Dienstag, vgl. Nr. 3 vom 3. Oktober.",
            "Pi is 3.14 at www.example.org/a.b in v1.2.",
        ] {
            assert_eq!(split(text), [text]);
        }
    }

    #[test]
    fn what_can_be_an_abbreviation_may_still_end_a_sentence() {
        assert_eq!(split("She said no. Then she left."), ["She said no.", "Then she left."]);
        assert_eq!(
            split("He moved to the U.S. He liked it."),
            ["He moved to the U.S.", "He liked it."]
        );
        assert_eq!(
            split("It is vitamin C. The rest is not."),
            ["It is vitamin C.", "The rest is not."]
        );
        assert_eq!(split("Pens, ink, etc. Paper too."), ["Pens, ink, etc.", "Paper too."]);
        assert_eq!(
            split("It cost $3.50. It rose 2.5. So."),
            ["It cost $3.50.", "It rose 2.5.", "So."]
        );
    }

    #[test]
    fn an_items_number_is_not_a_sentence() {
        assert_eq!(
            split("1. Delivery is free. 2. Returns are not."),
            ["1. Delivery is free.", "2. Returns are not."]
        );
    }

    #[test]
    fn other_scripts_have_their_own_marks() {
        assert_eq!(
            split("今日は。元気？「はい。」では"),
            ["今日は。", "元気？", "「はい。」", "では"]
        );
        assert_eq!(split("好!下一句?是"), ["好!", "下一句?", "是"]);
        assert_eq!(split("هل هذا؟ نعم."), ["هل هذا؟", "نعم."]);
        assert_eq!(split("यह है। वह था।"), ["यह है।", "वह था।"]);
        assert_eq!(split("Это так. Правда?"), ["Это так.", "Правда?"]);
    }

    #[test]
    fn a_line_break_is_white_space_unless_a_mark_or_a_blank_line_is_there() {
        assert_eq!(
            split("One\ntwo. Three.\nfour\n \nfive"),
            ["One\ntwo.", "Three.", "four", "five"]
        );
        assert_eq!(split("One\r\ntwo\r\n\r\nthree"), ["One\r\ntwo", "three"]);
        assert_eq!(split("One\u{2029}two"), ["One", "two"]);
    }

    #[test]
    fn a_text_without_marks_is_one_sentence_and_an_empty_one_none() {
        assert_eq!(split("  no marks here "), ["no marks here"]);
        assert!(split("").is_empty());
        assert!(split(" \n\u{a0}").is_empty());
        assert_eq!(split("..."), ["..."]);
    }

    #[test]
    fn openers_are_capitalised_words_of_several_languages() {
        for word in ["The", "However", "Über", "À", "Gli", "Het"] {
            assert!(opens_sentences(word), "{word}");
        }
        assert!(!opens_sentences("the"));
        assert!(!opens_sentences("Norway"));
        assert!(OPENERS.split_ascii_whitespace().all(|word| word.len() <= OPENER_BYTES));
    }

    proptest! {
        #[test]
        fn every_character_is_in_exactly_one_sentence(
            parts in prop::collection::vec(
                prop_oneof![
                    Just(".".to_owned()), Just("!?".to_owned()), Just("。".to_owned()),
                    Just("\n".to_owned()), Just("\r\n".to_owned()), Just(" ".to_owned()),
                    Just("”".to_owned()), Just("[1]".to_owned()), Just("Dr".to_owned()),
                    Just("\u{2028}".to_owned()), Just("\u{feff}".to_owned()), ".{0,6}",
                ],
                0..40,
            )
        ) {
            let text = parts.concat();
            let mut at = 0;
            for span in sentences(&text) {
                prop_assert!(at <= span.start && !span.is_empty());
                prop_assert!(text[at..span.start].trim().is_empty());
                let body = &text[span.start..span.end];
                prop_assert_eq!(body.trim(), body);
                at = span.end;
            }
            prop_assert!(text[at..].trim().is_empty());
        }
    }
}
