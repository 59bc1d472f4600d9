//! Parts of a target: its lines, the items of a list, and the words of what is left of a text.

use crate::document::{BlockKind, Span};
use crate::text::Word;
use crate::text::words::shaped_words;

/// The part of `span` without white space at its ends.
pub(super) fn trim(text: &str, span: Span) -> Span {
    let whole = span.of(text);
    // Most are trimmed already.
    if let [0x21..=0x7E, .., 0x21..=0x7E] = whole.as_bytes() {
        return span;
    }
    let left = whole.trim_start();
    let start = span.start + (whole.len() - left.len());
    Span::new(start, start + left.trim_end().len())
}

/// The end of the line that starts at `at`, and where the next one starts.
fn line_end(bytes: &[u8], mut at: usize) -> (usize, usize) {
    while let Some(rest) = bytes.get(at..) {
        // The first bytes of what ends a line.
        let Some(next) = memchr::memchr3(b'\n', b'\r', 0xE2, rest) else { break };
        at += next;
        match bytes.get(at..) {
            Some([b'\n' | b'\r', ..]) => return (at, at + 1),
            Some([0xE2, 0x80, 0xA8 | 0xA9, ..]) => return (at, at + 3),
            _ => at += 1,
        }
    }
    (bytes.len(), bytes.len())
}

/// The lines of a span that are not blank, without the white space around them.
pub(super) fn lines(text: &str, span: Span) -> impl Iterator<Item = Span> {
    let bytes = span.of(text).as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let start = at;
            let (end, next) = line_end(bytes, at);
            at = next;
            let found = trim(text, Span::new(span.start + start, span.start + end));
            if !found.is_empty() {
                return Some(found);
            }
        }
        None
    })
}

/// The last of the [`lines`] of a span, found from its end.
pub(super) fn last_line(text: &str, span: Span) -> Option<Span> {
    let whole = trim(text, span);
    // It starts right behind the last break before its own end.
    let bytes = whole.of(text).as_bytes();
    let mut end = bytes.len();
    let start = loop {
        let before = bytes.get(..end).unwrap_or(&[]);
        let Some(at) = memchr::memrchr3(b'\n', b'\r', 0xE2, before) else { break 0 };
        match bytes.get(at..) {
            Some([b'\n' | b'\r', ..]) => break at + 1,
            Some([0xE2, 0x80, 0xA8 | 0xA9, ..]) => break at + 3,
            _ => end = at,
        }
    };
    let line = trim(text, Span::new(whole.start + start, whole.end));
    (!line.is_empty()).then_some(line)
}

/// Marks that start an item.
pub(super) fn is_bullet(c: char) -> bool {
    matches!(
        c,
        '*' | '-'
            | '+'
            | '•'
            | '·'
            | '●'
            | '○'
            | '◦'
            | '▪'
            | '▫'
            | '■'
            | '□'
            | '‣'
            | '⁃'
            | '–'
            | '—'
            | '➤'
            | '►'
            | '✓'
            | '✔'
    )
}

/// The length in bytes of the item mark a line starts with, white space after it included:
/// a bullet, or a number or letter with `.` or `)`. 0 where there is none.
pub(super) fn mark_length(line: &str) -> usize {
    let trimmed = line.trim_start();
    let indent = line.len() - trimmed.len();
    let Some(first) = trimmed.chars().next() else { return 0 };
    let after = if is_bullet(first) {
        trimmed.get(first.len_utf8()..).unwrap_or("")
    } else {
        let number = trimmed.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = trimmed.len() - number.len();
        if digits == 0 || digits > 3 {
            return 0;
        }
        match number.strip_prefix(['.', ')']) {
            Some(after) => after,
            None => return 0,
        }
    };
    let text = after.trim_start();
    if text.len() == after.len() && !after.is_empty() {
        return 0;
    }
    indent + (trimmed.len() - text.len())
}

/// A text without the marks in front of it: `## `, `* `, `1. `, `> `, `**`.
pub(super) fn unmarked(text: &str) -> &str {
    let text = text.trim_start_matches(|c: char| c == '#' || c == '>' || c.is_whitespace());
    let text = text.get(mark_length(text)..).unwrap_or("");
    text.trim_matches(|c: char| c == '*' || c == '_' || c == '#' || c.is_whitespace())
}

/// The items of a list, marks included; the lines of anything else.
///
/// A line without a mark goes on with the item before it, unless no line has a mark.
/// A list on one line (`* one * two`) is cut before each ` * ` or ` • `; one with `-` only
/// where a link follows, because a dash also stands inside sentences.
pub(super) fn items(text: &str, kind: BlockKind, span: Span) -> Vec<Span> {
    let mut found = Vec::new();
    each_item(text, kind, span, &mut found);
    found
}

/// Adds the [`items`] of a span.
pub(super) fn each_item(text: &str, kind: BlockKind, span: Span, items: &mut Vec<Span>) {
    let marked = |line: &Span| mark_length(line.of(text)) > 0;
    if kind != BlockKind::List || !lines(text, span).any(|line| marked(&line)) {
        items.extend(lines(text, span));
        return;
    }
    let from = items.len();
    for line in lines(text, span) {
        match items.get_mut(from..).and_then(<[Span]>::last_mut) {
            Some(last) if !marked(&line) => last.end = line.end,
            _ => split_collapsed(text, line, items),
        }
    }
}

/// Cuts a line that holds several items.
fn split_collapsed(text: &str, line: Span, items: &mut Vec<Span>) {
    let content = line.of(text);
    let separator = match content.chars().next() {
        Some('*') => " * ",
        Some('•') => " • ",
        Some('-') => " - [",
        Some('+') => " + [",
        _ => return items.push(line),
    };
    let mut start = line.start;
    for (at, _) in content.match_indices(separator) {
        let item = trim(text, Span::new(start, line.start + at));
        items.extend((!item.is_empty()).then_some(item));
        start = line.start + at + 1;
    }
    let last = trim(text, Span::new(start, line.end));
    items.extend((!last.is_empty()).then_some(last));
}

/// The words, with their shapes, of a text that is what was kept of another, whose words are known.
///
/// Words are found in each stretch between white space in ASCII by itself. So only those that
/// touch a seam are cut anew.
pub(super) fn words_left(
    left: &str,
    whole: &str,
    (words, shapes): &(Vec<Word>, Vec<u8>),
    kept: &[Span],
) -> (Vec<Word>, Vec<u8>) {
    let mut found = (Vec::with_capacity(words.len()), Vec::with_capacity(words.len()));
    let anew = seams(left, whole, kept);
    let mut pieces = kept.iter().scan(0, |end, piece| {
        let start = *end;
        *end += piece.len();
        Some((start, *piece))
    });
    let mut open = pieces.next();
    let mut at = 0;
    for cut in anew.iter().copied().chain([Span::new(left.len(), left.len())]) {
        // What stands before it stands in the other text too.
        while let Some((start, piece)) = open
            && start < cut.start
        {
            let from = piece.start + at.max(start) - start;
            let to = piece.start + (cut.start - start).min(piece.len());
            let first = words.partition_point(|word| (word.start as usize) < from);
            let known = words.iter().zip(shapes).skip(first);
            for (word, shape) in known.take_while(|(word, _)| word.end as usize <= to) {
                let moved = |at: u32| (at as usize - piece.start + start) as u32;
                let (start, end) = (moved(word.start), moved(word.end));
                found.0.push(Word { start, end, hash: word.hash });
                found.1.push(*shape);
            }
            if start + piece.len() > cut.start {
                break;
            }
            open = pieces.next();
        }
        let (words, shapes) = shaped_words(cut.of(left));
        let moved = |at: u32| at + cut.start as u32;
        found.0.extend(words.into_iter().map(|word| Word {
            start: moved(word.start),
            end: moved(word.end),
            ..word
        }));
        found.1.extend(shapes);
        at = cut.end;
    }
    found
}

/// The stretches without white space of what is left of a text that touch a seam.
fn seams(left: &str, whole: &str, kept: &[Span]) -> Vec<Span> {
    let bytes = left.as_bytes();
    let mut found: Vec<Span> = Vec::new();
    let mut end = 0;
    let starts = kept.iter().map(|piece| {
        let start = end;
        end += piece.len();
        (start, piece.start > 0)
    });
    let is_cut = kept.last().is_some_and(|last| last.end < whole.len());
    let seams: Vec<(usize, bool)> = starts.chain([(left.len(), is_cut)]).collect();
    for (seam, _) in seams.into_iter().filter(|(_, is_cut)| *is_cut) {
        let done = found.last().map_or(0, |last| last.end);
        if seam < done {
            continue;
        }
        let is_word = |byte: &&u8| !byte.is_ascii_whitespace();
        let before = bytes.get(done..seam).unwrap_or(&[]);
        let from = seam - before.iter().rev().take_while(is_word).count();
        let behind = bytes.get(seam..).unwrap_or(&[]);
        let to = seam + behind.iter().take_while(is_word).count();
        match found.last_mut() {
            Some(last) if last.end == from && from > 0 => last.end = to,
            _ if from < to => found.push(Span::new(from, to)),
            _ => {}
        }
    }
    found
}

/// A line of the form `Label : value`, also `"label": "value",`, cut in two; both without
/// marks, quotation marks of JSON and white space.
///
/// The label has one to four words and at most 30 characters, starts with a letter and
/// is followed by white space or nothing after its colon.
pub(super) fn field(line: &str) -> Option<(&str, &str)> {
    let line = unmarked(line).trim_start_matches(['{', ' ']);
    let quoted = line.starts_with('"');
    let line = line.trim_start_matches('"');
    let at = line.char_indices().take(40).find(|(_, c)| *c == ':' || *c == '：');
    let (at, colon) = at?;
    let label =
        line.get(..at)?.trim_end_matches(|c: char| c == '*' || c == '"' || c.is_whitespace());
    let value = line.get(at + colon.len_utf8()..)?;
    let value = value.trim_start_matches('*');
    if colon == ':' && !value.is_empty() && !value.starts_with(char::is_whitespace) {
        return None;
    }
    let fits = label.starts_with(char::is_alphabetic)
        && label.chars().count() <= 30
        && label.split_whitespace().count() <= 4
        && !label.contains(['.', '!', '?', ';', ',']);
    let value = if quoted { value.trim_end_matches(['}', ',']) } else { value };
    let value = if quoted { value.trim().trim_matches('"') } else { value };
    fits.then(|| (label, value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str, spans: Vec<Span>) -> Vec<&str> {
        spans.into_iter().map(|s| s.of(text)).collect()
    }

    fn list(text: &str) -> Vec<&str> {
        of(text, items(text, BlockKind::List, Span::new(0, text.len())))
    }

    #[test]
    fn blank_lines_are_no_lines_and_every_break_counts() {
        let text = "one\r\n\r\n two \u{2028}three\n";
        let found: Vec<Span> = lines(text, Span::new(0, text.len())).collect();
        assert_eq!(of(text, found), ["one", "two", "three"]);
    }

    #[test]
    fn the_last_line_is_the_last_of_the_lines() {
        for text in ["", " \n", "one", "one\ntwo \r\n\n", "one\u{2028} two\u{2029}", "a\n—\n"] {
            let span = Span::new(0, text.len());
            assert_eq!(last_line(text, span), lines(text, span).last(), "{text:?}");
        }
    }

    #[test]
    fn a_line_without_a_mark_continues_the_item() {
        assert_eq!(list("- one\n  more\n- two"), ["- one\n  more", "- two"]);
        assert_eq!(list("one\ntwo"), ["one", "two"]);
    }

    #[test]
    fn a_list_on_one_line_is_cut_at_its_marks() {
        assert_eq!(list("* [A](#a) * [B](#b)"), ["* [A](#a)", "* [B](#b)"]);
        assert_eq!(list("- pro - and con"), ["- pro - and con"]);
        assert_eq!(list("• один • два"), ["• один", "• два"]);
    }

    #[test]
    fn marks_are_bullets_and_small_numbers() {
        for (line, length) in
            [("* a", 2), ("12) a", 4), ("  • a", 6), ("1999. a", 0), ("-a", 0), ("", 0), ("-", 1)]
        {
            assert_eq!(mark_length(line), length, "{line:?}");
        }
    }

    #[test]
    fn a_field_is_a_short_label_a_colon_and_a_value() {
        assert_eq!(field("  • Name : Jo Doe"), Some(("Name", "Jo Doe")));
        assert_eq!(field("**Job:** baker"), Some(("Job", "baker")));
        assert_eq!(field("tiktok:"), Some(("tiktok", "")));
        assert_eq!(field("Имя： Анна"), Some(("Имя", "Анна")));
        assert_eq!(field("\"job\": \"baker\","), Some(("job", "baker")));
        assert_eq!(field("https://a.org"), None);
        assert_eq!(field("at 10:30 we left"), None);
        assert_eq!(field("He said, laughing: no"), None);
        assert_eq!(field(""), None);
    }

    proptest! {
        #[test]
        fn words_of_what_is_left_are_those_of_its_text(
            text in "[abA1 \n'.\u{2019}é\u{301}東\u{a0}-]{0,40}", cuts in any::<[u8; 6]>()
        ) {
            let ends: Vec<usize> =
                text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let mut places = cuts.map(|cut| ends[usize::from(cut) % ends.len()]);
            places.sort_unstable();
            let [a, b, c, d, e, f] = places;
            let kept = [(a, b), (c, d), (e, f)].map(|(from, to)| Span::new(from, to));
            let left: String = kept.iter().map(|piece| piece.of(&text)).collect();
            let found = words_left(&left, &text, &shaped_words(&text), &kept);
            prop_assert_eq!(found, shaped_words(&left));
        }
    }
}
