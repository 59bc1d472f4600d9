//! Author profiles that a generator made: runs of labelled lines across blocks, and cards of
//! a name, a post and a biography.
//!
//! A profile comes as lines, as JSON, as a table, as tags or between tabs, and what kind of
//! block each of its lines is depends on that. So lines are looked at, not blocks. A *profile
//! run* is a maximal sequence of lines with known labels (list profile-labels); between them
//! may stand lines without letters and up to two short lines that go on with an address.
//!
//! What tells an invented biography: it is filler Latin, or a list of roles as @faker-js/faker
//! prints them, or *word salad*: short sentences without marks inside, with too few function
//! words for any language.

use std::cell::OnceCell;
use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

use super::placeholder::is_persona;
use super::{BLOCK, Measured, PageView, Signal, Unit, count, flag, labels, parts, words};
use crate::document::{BlockKind, Span};
use crate::text::lists::{self, PrintSet};
use crate::text::sentences;

/// Longest line that may belong to a profile, in bytes.
const LONGEST_LINE: usize = 2000;
/// Longest line that may go on with the value above it, in bytes, and most of them in a row.
const CONTINUATION: usize = 60;
const CONTINUATIONS: usize = 2;

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[
    &Signal {
        name: "profile_run_labels",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Different labels of author profiles (list profile-labels) in the run of labelled lines that all its lines stand in, also across blocks; 0 if they stand in none",
        source: "ours",
        measure: |t| count(run(t).map_or(0, |run| run.labels)),
    },
    &Signal {
        name: "profile_fake_signs",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Signs that the run of labelled lines it stands in was generated: filler Latin as biography (2), word salad (1; 2 from three sentences of four words on), a list of roles (1; 2 with an emoji); an address at example.com and its kin, a user name with a birth date, employer and job with either, a heading of profiles above (1 each); 0 if the biography is none of these, or without a run",
        source: "ours, after the Faker libraries",
        measure: |t| count(run(t).map_or(0, |run| run.signs)),
    },
    &Signal {
        name: "salad_sentence_count",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Sentences of a paragraph that is word salad: short sentences without marks inside, fewer than 36 % of its words function words of any language; in scripts without spaces, sentences that end in a Latin point or have a space behind theirs; else 0",
        source: "ours, after the Faker libraries",
        measure: |t| match t.kind() {
            Some(BlockKind::Paragraph) => count(salad_sentences(t.page, t.span)),
            _ => count(0),
        },
    },
    &Signal {
        name: "author_card",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 if it is part of an invented author's card: below a heading of profiles a name, a dash and an invented biography; or three lines with a name, a post `at` a firm and an invented biography; else 0",
        source: "ours, after the Faker libraries",
        measure: |t| {
            let cards = &found(t.page).cards;
            let n = cards.partition_point(|card| card.end < t.span.end);
            flag(cards.get(n).is_some_and(|card| card.start <= t.span.start))
        },
    },
];

static HEADINGS: LazyLock<PrintSet> =
    LazyLock::new(|| PrintSet::new(lists::entries_of("profile-headings")));

/// What a page with a profile that matters says somewhere.
static HINTS: LazyLock<[Finder<'static>; 5]> =
    LazyLock::new(|| ["bio", "birth", "username", "user name", "@example."].map(Finder::new));

/// Labels that stand for one thing, as fingerprints.
struct Kinds {
    user: PrintSet,
    birth: PrintSet,
    firm: PrintSet,
    job: PrintSet,
}

static KINDS: LazyLock<Kinds> = LazyLock::new(|| Kinds {
    user: PrintSet::new(["username", "user name", "login name", "screen name", "handle", "nick"]),
    birth: PrintSet::new(["birthdate", "birth date", "birthday", "date of birth", "dob"]),
    firm: PrintSet::new(["company", "company name", "employer"]),
    job: PrintSet::new(["job", "job title", "occupation", "profession"]),
});

/// A run of labelled lines.
#[derive(Clone, Copy, Debug)]
struct Run {
    span: Span,
    labels: usize,
    signs: usize,
}

/// What is measured of a page as a whole for this family.
#[derive(Default)]
pub(crate) struct PageProfiles {
    found: OnceCell<Found>,
}

#[derive(Default)]
struct Found {
    /// In order.
    runs: Vec<Run>,
    /// Places of cards, in order.
    cards: Vec<Span>,
}

fn found<'a>(page: &'a PageView<'_>) -> &'a Found {
    page.profiles.found.get_or_init(|| {
        let mut lines: Vec<Span> = Vec::with_capacity(page.blocks.len());
        for (number, block) in page.blocks.iter().enumerate() {
            match block.kind {
                BlockKind::List => lines.extend(parts::lines(page.text, block.span)),
                _ => lines.extend(page.items_of(number)),
            }
        }
        let hinted = HINTS.iter().any(|hint| hint.find(page.lower()).is_some());
        let runs = if hinted { runs(page, &lines) } else { Vec::new() };
        Found { runs, cards: cards(page, &lines) }
    })
}

/// True if a page has a run of labelled lines.
pub(super) fn has_runs(page: &PageView<'_>) -> bool {
    !found(page).runs.is_empty()
}

/// True if a page has an author's card.
pub(super) fn has_cards(page: &PageView<'_>) -> bool {
    !found(page).cards.is_empty()
}

/// The run in which a block lies.
fn run(t: &Measured<'_>) -> Option<Run> {
    let runs = &found(t.page).runs;
    let n = runs.partition_point(|run| run.span.end < t.span.end);
    runs.get(n).copied().filter(|run| run.span.start <= t.span.start)
}

/// A run while its lines are read.
#[derive(Default)]
struct Open {
    span: Option<Span>,
    heading: bool,
    labels: Vec<u64>,
    mail: bool,
    bios: Vec<Span>,
    /// Lines since the last label, and the place of those without letters before the first.
    since: usize,
    lead: Option<usize>,
}

fn runs(page: &PageView<'_>, lines: &[Span]) -> Vec<Run> {
    let mut found = Vec::new();
    let mut open = Open::default();
    let mut heading = false;
    for line in lines {
        let text = line.of(page.text);
        let headed = HEADINGS.has(text);
        let known = if headed { Vec::new() } else { known_labels(text) };
        if !known.is_empty() {
            let start = open.lead.take().unwrap_or(line.start);
            let span = open.span.get_or_insert(Span::new(start, line.end));
            span.end = line.end;
            open.heading |= heading;
            open.mail |= has_reserved_mail(text);
            open.bios.extend(
                value_of_bio(text).map(|(from, to)| Span::new(line.start + from, line.start + to)),
            );
            open.labels.extend(known);
            open.since = 0;
            continue;
        }
        let worded = text.contains(char::is_alphabetic);
        if open.span.is_some() && !worded {
            // A closing bracket belongs to the run even as its last line.
            if let Some(span) = open.span.as_mut().filter(|_| open.since == 0) {
                span.end = line.end;
            }
            continue;
        }
        open.since += 1;
        let goes_on = text.len() <= CONTINUATION && open.since <= CONTINUATIONS && !headed;
        if open.span.is_some() && goes_on {
            continue;
        }
        let lead = open.lead;
        close(page, std::mem::take(&mut open), &mut found);
        // The head of a table and the rule below it, an opening bracket.
        let opens = !worded || is_table_head(text);
        heading = headed || heading && opens;
        open.lead = opens.then_some(lead.unwrap_or(line.start));
    }
    close(page, open, &mut found);
    found
}

fn close(page: &PageView<'_>, mut open: Open, found: &mut Vec<Run>) {
    let Some(span) = open.span else { return };
    open.labels.sort_unstable();
    open.labels.dedup();
    let has = |set: &PrintSet| open.labels.iter().any(|label| set.contains(*label));
    let private = usize::from(has(&KINDS.user)) + usize::from(has(&KINDS.birth));
    let employed = has(&KINDS.firm) && has(&KINDS.job);
    let told: Vec<usize> = open.bios.iter().map(|bio| invented(page, *bio)).collect();
    // One true biography is enough to spare the profile.
    let signs = if told.contains(&0) {
        0
    } else {
        told.iter().max().copied().unwrap_or(0)
            + usize::from(open.mail)
            + usize::from(private == 2)
            + usize::from(employed && private > 0)
            + usize::from(open.heading)
    };
    found.push(Run { span, labels: open.labels.len(), signs });
}

/// The known labels of a line.
fn known_labels(line: &str) -> Vec<u64> {
    if line.len() > LONGEST_LINE {
        return Vec::new();
    }
    let mut found = labels::labels(line);
    found.retain(|label| lists::profile_labels().contains(*label));
    found
}

/// True for `| Field | Value |`.
fn is_table_head(line: &str) -> bool {
    line.starts_with('|') && line.len() <= 40
}

/// Domains that are kept free for examples (RFC 2606).
fn has_reserved_mail(line: &str) -> bool {
    line.match_indices("@example.").any(|(at, _)| {
        let top = line.get(at + "@example.".len()..).unwrap_or("");
        ["com", "net", "org"].iter().any(|known| top.starts_with(known))
    })
}

/// Where the value behind the label of a biography stands in a line; `None` if it has none.
fn value_of_bio(line: &str) -> Option<(usize, usize)> {
    let lower = line.to_ascii_lowercase();
    let bytes = lower.as_bytes();
    let (mut at, label) = ["biography", "about me", "bio"].iter().find_map(|label| {
        let stands = |&(at, _): &(usize, &str)| {
            let before = at.checked_sub(1).and_then(|n| bytes.get(n));
            let after = bytes.get(at + label.len());
            before.is_none_or(|b| !b.is_ascii_alphanumeric())
                && after.is_some_and(|b| b" :\t\"'|>*\xc2\xef".contains(b))
        };
        lower.match_indices(label).find(stands).map(|(at, _)| (at, label.len()))
    })?;
    at += label;
    let rest = line.get(at..)?;
    let marks =
        |c: char| c.is_whitespace() || matches!(c, ':' | '：' | '"' | '\'' | '|' | '>' | '*');
    let value = rest.trim_start_matches(marks);
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '|' | '}' | ',' | '*');
    // In JSON on one line other labels may follow.
    let quoted = rest.get(..rest.len() - value.len()).is_some_and(|before| before.ends_with('"'));
    let end = if quoted { value.find('"') } else { value.find("</") };
    let cut = value.get(..end.unwrap_or(value.len())).unwrap_or(value);
    let from = at + rest.len() - value.len();
    let to = from + cut.trim_end_matches(ends).len();
    (from < to).then_some((from, to))
}

/// Signs that a biography is invented; 0 for one that may be true.
fn invented(page: &PageView<'_>, bio: Span) -> usize {
    let text = bio.of(page.text);
    if is_latin(page, bio) {
        return 2;
    }
    if is_persona(text) || is_role(text) {
        let emoji = text.chars().next_back().is_some_and(super::characters::is_emoji);
        return if emoji { 2 } else { 1 };
    }
    let sentences = salad_sentences(page, bio);
    // "Writer. Mother. Lives in Oslo." is terse, not salad.
    let full = sentences > 2 && page.words_in(bio).len() >= SALAD_MEAN * sentences;
    usize::from(sentences > 0) + usize::from(full)
}

/// One lower-case word, or one of a script without case and spaces.
fn is_role(text: &str) -> bool {
    !text.is_empty()
        && text.chars().nth(24).is_none()
        && text.chars().all(|c| c.is_alphabetic() && !c.is_uppercase())
}

fn is_latin(page: &PageView<'_>, span: Span) -> bool {
    let marks = page.word_marks().get(page.word_range(span)).unwrap_or(&[]);
    let of = |mark: u8| marks.iter().filter(|marks| **marks & mark != 0).count();
    let letters = of(words::LETTER);
    letters > 1 && (of(words::FILLER) * 10 >= letters * 5 || of(words::WIDE) * 10 >= letters * 7)
}

/// Most words of a sentence of salad, and most characters in scripts without spaces.
const SALAD_WORDS: usize = 14;
const SALAD_CHARACTERS: usize = 40;
/// Salad has a smaller share of function words than that, in every language.
/// One sentence alone must have fewer.
const FUNCTION_WORDS: f64 = 0.36;
const FUNCTION_WORDS_OF_ONE: f64 = 0.30;
/// Fewest words to a sentence, on average, of a salad that needs hardly another sign.
const SALAD_MEAN: usize = 4;

/// The sentences of a text that is word salad; 0 for any other.
fn salad_sentences(page: &PageView<'_>, span: Span) -> usize {
    let text = span.of(page.text);
    let ends = |c: char| matches!(c, '.' | '。' | '।' | '۔');
    let mark = |c: char| {
        c.is_ascii_punctuation() && !matches!(c, '\'' | '-' | '.')
            || !c.is_ascii() && "、，；：（）「」“”«»—–…？！".contains(c)
    };
    // Most text has a comma, and this is the cheap way to see it.
    let ascii_mark = |b: &u8| b.is_ascii_punctuation() && !matches!(b, b'\'' | b'-' | b'.');
    if !text.trim_end().ends_with(ends)
        || memchr::memchr(b',', text.as_bytes()).is_some()
        || text.as_bytes().iter().any(ascii_mark)
        || text.contains(mark)
    {
        return 0;
    }
    let characters = text.chars().count();
    if text.chars().filter(|c| is_unspaced(*c)).count() * 2 > characters {
        // Those who write these scripts write a point of their own, and no space behind it.
        let foreign_point = text.contains('.') || text.contains("。 ");
        let parts = text.split(ends).map(str::trim).filter(|part| !part.is_empty());
        let short = |part: &str| part.chars().nth(SALAD_CHARACTERS).is_none();
        return if foreign_point && parts.clone().all(short) { parts.count() } else { 0 };
    }
    let sentences: Vec<&str> =
        sentences(text).into_iter().map(|s| s.of(text).trim_end_matches(ends)).collect();
    let words = page.words_in(span);
    let short =
        |part: &&str| !part.contains(ends) && part.split_whitespace().nth(SALAD_WORDS).is_none();
    if !sentences.iter().all(short) || words.len() < 3 * sentences.len().min(2) {
        return 0;
    }
    let function = |stop: &lists::WordSet| words.iter().filter(|w| stop.contains(w.hash)).count();
    let most = lists::all_stop_words().map(function).max().unwrap_or(0);
    let share = if sentences.len() > 1 { FUNCTION_WORDS } else { FUNCTION_WORDS_OF_ONE };
    if (most as f64) < share * words.len() as f64 { sentences.len() } else { 0 }
}

fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{0E00}'..='\u{0E7F}')
}

/// Longest name and longest post of a card, in characters.
const NAME: usize = 50;
const POST: usize = 110;
/// Longest line that a name and a biography, or a post, may stand in, in bytes.
const LONGEST_CARD_LINE: usize = 600;

fn cards(page: &PageView<'_>, lines: &[Span]) -> Vec<Span> {
    let mut found = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        if line.len() > LONGEST_CARD_LINE {
            continue;
        }
        let text = line.of(page.text);
        let before = n.checked_sub(1).and_then(|n| lines.get(n));
        let dash =
            if text.is_ascii() { None } else { memmem::find(text.as_bytes(), " — ".as_bytes()) };
        if let (Some(at), Some(heading)) = (dash, before) {
            let bio = Span::new(line.start + at + " — ".len(), line.end);
            let named = is_name(text.get(..at).unwrap_or(""));
            let headed = HEADINGS.has(heading.of(page.text));
            if named && headed && invented(page, bio) > 0 {
                found.push(*line);
            }
            continue;
        }
        let (Some(name), Some(bio)) = (before, lines.get(n + 1)) else { continue };
        if is_post(text) && is_name(name.of(page.text)) && is_card_bio(page, *bio) {
            found.push(Span::new(name.start, bio.end));
        }
    }
    found
}

/// True for `Baker at Doe and Sons`.
fn is_post(line: &str) -> bool {
    if line.len() > POST * 4 {
        return false;
    }
    let at = " at ";
    let Some(place) = memmem::find(line.as_bytes(), at.as_bytes()) else { return false };
    if line.chars().nth(POST).is_some() {
        return false;
    }
    let (post, firm) = (place > 0, line.get(place + at.len()..).unwrap_or(""));
    post && firm.chars().next().is_some_and(|c| c.is_alphabetic() && !c.is_lowercase())
        && !line.ends_with(['!', '?', ':', ','])
}

/// True for one to six words without marks that a name does not have.
fn is_name(line: &str) -> bool {
    let line = line.trim();
    let starts = line.chars().next().is_some_and(|c| c.is_alphabetic() && !c.is_lowercase());
    starts
        && line.chars().nth(NAME).is_none()
        && line.split_whitespace().nth(6).is_none()
        && !line.contains(['!', '?', ':', ',', '|', '/', '"'])
}

/// A biography with no label needs a plainer sign than one with.
fn is_card_bio(page: &PageView<'_>, bio: Span) -> bool {
    is_latin(page, bio) || is_persona(bio.of(page.text)) || salad_sentences(page, bio) > 1
}

#[cfg(test)]
mod tests {
    use crate::signals::tests::Fixture;

    fn signs(text: &str) -> [Option<f64>; 2] {
        let page = Fixture::of(text).language("en");
        let last = page.blocks.len() - 1;
        [page.block(last, "profile_run_labels"), page.block(last, "profile_fake_signs")]
    }

    #[test]
    fn a_profile_is_one_run_in_every_shape() {
        for text in [
            "Author details\nName : Jo Roe\nUsername : jo\nDate of birth : 1990-01-01\nBio : foodie, baker",
            "Author details\n{\n\"name\": \"Jo Roe\",\n\"username\": \"jo\",\n\"dob\": \"1990-01-01\",\n\"bio\": \"foodie, baker\"\n}",
            "Author details\n| Field | Value |\n|---|---|\n| Name | Jo Roe |\n| Username | jo |\n| DOB | 1990 |\n| Bio | foodie, baker |",
            "Author details\nName\tJo Roe\n<username>jo</username>\nDOB\t1990\nBio\tfoodie, baker",
            "Author details\nName: Jo Roe Username: jo Birthdate: 1990-01-01 Bio: foodie, baker",
        ] {
            assert_eq!(signs(text), [Some(4.0), Some(3.0)], "{text}");
        }
    }

    #[test]
    fn a_biography_that_says_something_spares_the_profile() {
        let text = "Name : Ada Roe\nUsername : ada\nBirthdate : 1815-12-10\nBio : She wrote the first program, which nobody could run, and knew it.";
        assert_eq!(signs(text), [Some(4.0), Some(0.0)]);
        assert_eq!(signs("Username : ada\nEmail : ada@roe.org"), [Some(2.0), Some(0.0)]);
    }

    #[test]
    fn salad_is_known_in_every_language() {
        let bio = |text: &str| {
            let [_, signs] = signs(&format!("Bio : {text}"));
            signs.unwrap_or(-1.0)
        };
        assert_eq!(bio("Writer. Mother. Lives in Oslo."), 0.0);
        assert_eq!(
            bio("River window paper quickly. Green teacher stone often. Ship wide north lamp."),
            2.0
        );
        assert_eq!(bio("Fenster Papier schnell Lehrer grün. Stein Schiff weit."), 1.0);
        assert_eq!(bio("窗户纸快老师绿. 石头船宽北方."), 1.0);
        assert_eq!(bio("Er lebt in Berlin. Er schreibt seit Jahren über das Meer."), 0.0);
        assert_eq!(bio("她住在北京，写关于海的书。"), 0.0);
        assert_eq!(bio("Vive en Sevilla con su familia y tres gatos."), 0.0);
    }

    #[test]
    fn an_address_may_go_on_in_the_next_lines() {
        let text = "Name : Jo Roe\nAddress : 12 Quay Row\nFlat 3\nHarwich\nUsername : jo";
        assert_eq!(signs(text)[0], Some(3.0));
    }

    #[test]
    fn cards_have_a_name_a_post_and_an_invented_biography() {
        let page =
            Fixture::of("He left.\nJo Roe\nBaker at Doe and Sons\nfoodie, musician 🧺\nHe left.");
        let cards: Vec<_> = (0..5).map(|n| page.block(n, "author_card")).collect();
        assert_eq!(cards, [0.0, 1.0, 1.0, 1.0, 0.0].map(Some));
        let dashed = Fixture::of("About the author\nJo Roe — foodie, musician");
        assert_eq!(dashed.block(1, "author_card"), Some(1.0));
        for text in [
            "Jo Roe\nBaker at Doe and Sons\nShe bakes bread, cakes and pies.",
            "Jo Roe — foodie, musician",
            "We met\nat noon\nfoodie, musician",
            "",
        ] {
            let page = Fixture::of(text);
            let cards = (0..page.blocks.len()).filter_map(|n| page.block(n, "author_card"));
            assert!(cards.into_iter().all(|card| card == 0.0), "{text}");
        }
    }
}
