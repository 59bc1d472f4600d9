//! Whether a chunk is an address by spaCy's pattern: scheme, user, host or IPv4 address, port, path.

use super::classes::{Classes, DIGIT, LOWER, WORD};

/// Whether the whole of `piece` (no white space in it) is an address.
pub(super) fn is_address(piece: &str, classes: &Classes) -> bool {
    if !piece.contains('.') {
        return false;
    }
    if host_and_rest(piece, classes) {
        return true;
    }
    if let Some((scheme, rest)) = piece.split_once("://")
        && is_scheme(scheme, classes)
        && host_and_rest(rest, classes)
    {
        return true;
    }
    // A name before `@` has at least one character. No host holds an `@`, so each try ends before
    // the next one starts.
    let after_first = piece.chars().next().map_or(0, char::len_utf8);
    piece
        .match_indices('@')
        .filter(|&(at, _)| at >= after_first)
        .any(|(at, _)| piece.get(at + 1..).is_some_and(|rest| host_and_rest(rest, classes)))
}

fn is_scheme(scheme: &str, classes: &Classes) -> bool {
    scheme.chars().nth(1).is_some()
        && scheme.chars().all(|c| matches!(c, '+' | '-' | '.') || classes.of(c) & WORD != 0)
}

fn host_and_rest(text: &str, classes: &Classes) -> bool {
    let ends_well = |rest: &str| port_and_path(rest, classes);
    ip_address(text, classes).is_some_and(ends_well) || host(text, classes).is_some_and(ends_well)
}

/// An optional port, an optional path, and the end.
fn port_and_path(rest: &str, classes: &Classes) -> bool {
    let after_port = rest.strip_prefix(':').and_then(|port| {
        let (digits, after) = Digits::split(port, classes);
        (2..=5).contains(&digits.count).then_some(after)
    });
    let rest = after_port.unwrap_or(rest);
    rest.is_empty() || rest.starts_with(['/', '?', '#'])
}

/// Digits at the front of a text: the first few, and how many there are if that is few.
struct Digits {
    first: [char; Digits::MOST],
    count: usize,
}

impl Digits {
    /// More than any number in an address has.
    const MOST: usize = 6;

    /// The digits at the front of `text`, and what follows them.
    fn split<'a>(text: &'a str, classes: &Classes) -> (Self, &'a str) {
        let mut digits = Digits { first: ['\0'; Digits::MOST], count: 0 };
        let mut bytes = 0;
        let found = text.chars().take_while(|&c| classes.of(c) & DIGIT != 0);
        for (slot, c) in digits.first.iter_mut().zip(found) {
            *slot = c;
            digits.count += 1;
            bytes += c.len_utf8();
        }
        (digits, text.get(bytes..).unwrap_or_default())
    }

    fn chars(&self) -> &[char] {
        self.first.get(..self.count).unwrap_or_default()
    }
}

/// What follows an IPv4 address of a public network.
fn ip_address<'a>(text: &'a str, classes: &Classes) -> Option<&'a str> {
    let (first, rest) = Digits::split(text, classes);
    let (second, rest) = Digits::split(rest.strip_prefix('.')?, classes);
    let (third, rest) = Digits::split(rest.strip_prefix('.')?, classes);
    let (fourth, rest) = Digits::split(rest.strip_prefix('.')?, classes);
    let first_fits = matches!(
        first.chars(),
        ['1'..='9'] | ['1'..='9', _] | ['1', _, _] | ['2', '0' | '1', _] | ['2', '2', '0'..='3']
    );
    let middle_fits = |octet: &Digits| {
        matches!(
            octet.chars(),
            [_] | [_, _] | ['1', _, _] | ['2', '0'..='4', _] | ['2', '5', '0'..='5']
        )
    };
    let fourth_fits = matches!(
        fourth.chars(),
        ['1'..='9'] | ['1'..='9', _] | ['1', _, _] | ['2', '0'..='4', _] | ['2', '5', '0'..='4']
    );
    let private = matches!(
        (first.chars(), second.chars()),
        (['1', '0'] | ['1', '2', '7'], _)
            | (['1', '6', '9'], ['2', '5', '4'])
            | (['1', '9', '2'], ['1', '6', '8'])
            | (['1', '7', '2'], ['1', '6'..='9'] | ['2', _] | ['3', '0' | '1'])
    );
    let fits = first_fits && middle_fits(&second) && middle_fits(&third) && fourth_fits;
    (fits && !private).then_some(rest)
}

/// What follows a host name: labels that each end in a full stop, then a top-level domain.
fn host<'a>(text: &'a str, classes: &Classes) -> Option<&'a str> {
    const LONGEST_LABEL: usize = 64;
    const TOP_LEVEL: std::ops::RangeInclusive<usize> = 2..=63;
    let mut rest = text;
    let mut labels = 0_usize;
    loop {
        let mut length = 0_usize;
        let (mut first, mut last) = (None, None);
        let mut end = rest.len();
        for (at, c) in rest.char_indices() {
            if !is_host_char(c) && !matches!(c, '_' | '-') {
                end = at;
                break;
            }
            first.get_or_insert(c);
            last = Some(c);
            length += 1;
        }
        let (label, after) = rest.split_at_checked(end)?;
        let Some(after) = after.strip_prefix('.') else { break };
        if label.is_empty()
            || length > LONGEST_LABEL
            || !first.is_some_and(is_host_char)
            || !last.is_some_and(is_host_char)
        {
            return None;
        }
        labels += 1;
        rest = after;
    }
    if labels == 0 {
        return None;
    }
    let top = rest.chars().take_while(|&c| classes.of(c) & LOWER != 0);
    let (count, bytes) = top.fold((0, 0), |(count, bytes), c| (count + 1, bytes + c.len_utf8()));
    if TOP_LEVEL.contains(&count) { rest.get(bytes..) } else { None }
}

fn is_host_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || ('\u{a1}'..='\u{ffff}').contains(&c)
}
