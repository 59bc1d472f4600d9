//! A bound on the attributes of a tag, set before the tokenizer sees the markup.
//!
//! The tokenizer compares each attribute with all earlier ones of its tag, so 200,000 of them
//! take half a minute. Which bytes are tags cannot be known without tokenizer and tree builder
//! together (scripts, comments and quotes hide them), so every `<letter` is followed as if it
//! began a tag; readings that reach the same state are one from there on, so there are never
//! more than eight. Whatever the tokenizer takes for a tag is one of them.

use std::borrow::Cow;

/// Attributes a tag may have. Real tags have a few dozen at most.
const ATTRIBUTES_MAX: u32 = 512;

/// Ends a tag that has too many attributes and begins another for the rest of them. An empty
/// element that may stand anywhere and has no text; inside a script or comment it does no harm.
const CUT: &str = "><link ";

/// The markup with every tag's attributes bounded; unchanged and not copied for real pages.
/// Linear in the markup.
pub(super) fn bounded(markup: &str) -> Cow<'_, str> {
    let bytes = markup.as_bytes();
    let mut readings = Readings::default();
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    loop {
        if readings.before == Before::Other {
            at += bytes.iter().skip(at).take_while(|&&byte| readings.stay_at(byte)).count();
        }
        let Some(&byte) = bytes.get(at) else { break };
        if readings.begin_too_many(byte)
            && let Some(part) = markup.get(copied..at)
        {
            out.push_str(part);
            out.push_str(CUT);
            copied = at;
            for byte in CUT.bytes() {
                readings.step(byte);
            }
        }
        readings.step(byte);
        at += 1;
    }
    if copied == 0 {
        return Cow::Borrowed(markup);
    }
    out.push_str(markup.get(copied..).unwrap_or(""));
    Cow::Owned(out)
}

/// The tokenizer's states inside a tag, as far as they differ in what may follow.
#[derive(Clone, Copy, PartialEq)]
enum State {
    TagName,
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    DoubleQuoted,
    SingleQuoted,
    Unquoted,
}

const STATES: [State; 8] = [
    State::TagName,
    State::BeforeName,
    State::Name,
    State::AfterName,
    State::BeforeValue,
    State::DoubleQuoted,
    State::SingleQuoted,
    State::Unquoted,
];

/// For each byte a bit for each state that it ends.
const ENDS: [u8; 256] = {
    let mut ends = [0; 256];
    let mut byte = 0;
    while byte < ends.len() {
        let mut state = 0;
        while state < STATES.len() {
            match next(STATES[state], byte as u8) {
                Some(to) if to as usize == state => {}
                _ => ends[byte] |= 1 << state,
            }
            state += 1;
        }
        byte += 1;
    }
    ends
};

/// States in which an ordinary byte begins an attribute.
const BEGINNING: [State; 2] = [State::BeforeName, State::AfterName];

fn bit(state: State) -> u8 {
    1 << state as u8
}

/// What stood before a byte, as far as it may begin a tag.
#[derive(Clone, Copy, Default, PartialEq)]
enum Before {
    #[default]
    Other,
    Less,
    LessSlash,
}

/// All readings of the markup so far, by state.
#[derive(Default)]
struct Readings {
    /// A bit for each state that a reading is in.
    live: u8,
    /// The most attributes of a reading in the state.
    counts: [u32; STATES.len()],
    before: Before,
}

impl Readings {
    fn is_live(&self, state: State) -> bool {
        self.live & bit(state) != 0
    }

    /// True if `byte` changes nothing where no tag can begin.
    fn stay_at(&self, byte: u8) -> bool {
        byte != b'<' && self.live & ENDS[usize::from(byte)] == 0
    }

    /// True if `byte` would begin an attribute more than a tag may have.
    fn begin_too_many(&self, byte: u8) -> bool {
        self.live & (bit(State::BeforeName) | bit(State::AfterName)) != 0
            && BEGINNING.iter().any(|&state| {
                self.is_live(state)
                    && self.counts[state as usize] >= ATTRIBUTES_MAX
                    && matches!(next(state, byte), Some(State::Name))
            })
    }

    fn step(&mut self, byte: u8) {
        if self.live & ENDS[usize::from(byte)] != 0 {
            self.move_all(byte);
        }
        if self.before != Before::Other && byte.is_ascii_alphabetic() {
            self.live |= bit(State::TagName);
        }
        self.before = match (self.before, byte) {
            (_, b'<') => Before::Less,
            (Before::Less, b'/') => Before::LessSlash,
            _ => Before::Other,
        };
    }

    fn move_all(&mut self, byte: u8) {
        let mut live = 0;
        let mut counts = [0; STATES.len()];
        for state in STATES {
            if !self.is_live(state) {
                continue;
            }
            let Some(to) = next(state, byte) else { continue };
            let begins = to == State::Name && state != State::Name;
            let count = self.counts[state as usize] + u32::from(begins);
            live |= bit(to);
            counts[to as usize] = count.max(counts[to as usize]);
        }
        self.live = live;
        self.counts = counts;
    }
}

/// The state after a byte; `None` at the end of the tag.
/// After the HTML standard, 13.2.5.8 and 13.2.5.32 to 13.2.5.40.
const fn next(state: State, byte: u8) -> Option<State> {
    let space = matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c);
    Some(match (state, byte) {
        (State::DoubleQuoted, b'"') | (State::SingleQuoted, b'\'') => State::BeforeName,
        (State::DoubleQuoted | State::SingleQuoted, _) => state,
        (_, b'>') => return None,
        (State::BeforeValue, b'"') => State::DoubleQuoted,
        (State::BeforeValue, b'\'') => State::SingleQuoted,
        (State::BeforeValue, _) if space => State::BeforeValue,
        (State::BeforeValue, _) => State::Unquoted,
        (State::Unquoted, _) if space => State::BeforeName,
        (State::Unquoted, _) => State::Unquoted,
        (State::Name | State::AfterName, b'=') => State::BeforeValue,
        (_, b'/') => State::BeforeName,
        (State::Name | State::AfterName, _) if space => State::AfterName,
        (_, _) if space => State::BeforeName,
        (State::TagName, _) => State::TagName,
        (State::BeforeName | State::Name | State::AfterName, _) => State::Name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(range: std::ops::Range<u32>) -> String {
        range.map(|n| format!(" a{n}=\"{n}\"")).collect()
    }

    #[test]
    fn an_ordinary_page_is_not_copied() {
        let page = "<p class=a id='b' title=\"x > y\">1 < 2 <b>c</b> if(a<b){}</p>";
        assert!(matches!(bounded(page), Cow::Borrowed(same) if same == page));
        assert!(matches!(bounded(""), Cow::Borrowed("")));
    }

    #[test]
    fn as_many_attributes_as_allowed_stay_one_tag() {
        let tag = format!("<p{}>text", attributes(0..ATTRIBUTES_MAX));
        assert_eq!(bounded(&tag), tag);
    }

    #[test]
    fn one_attribute_more_begins_another_tag() {
        let tag = format!("<p{}>text", attributes(0..ATTRIBUTES_MAX + 1));
        let expected = format!(
            "<p{} {CUT}a{ATTRIBUTES_MAX}=\"{ATTRIBUTES_MAX}\">text",
            attributes(0..ATTRIBUTES_MAX)
        );
        assert_eq!(bounded(&tag), expected);
    }

    #[test]
    fn a_quote_left_open_in_a_script_hides_nothing() {
        let tag = format!("<script>'<a b=\"'</script><p{}>", attributes(0..2 * ATTRIBUTES_MAX));
        assert!(bounded(&tag).contains(CUT));
        let end_tag = format!("</p{}>", attributes(0..2 * ATTRIBUTES_MAX));
        assert!(bounded(&end_tag).contains(CUT));
    }

    #[test]
    fn names_outside_ascii_are_not_split() {
        let tag: String = (0..2_000).map(|n| format!(" é{n}")).collect();
        let tag = format!("<p{tag}>");
        assert_eq!(bounded(&tag).replace(CUT, ""), tag);
    }
}
