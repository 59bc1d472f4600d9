//! JSON Lines: a record a line, its fields found without building the object.
//!
//! Only the fields that are asked for are decoded. All others are checked for syntax and left
//! where they are, so that [`splice()`] can put a new text into the line and every other byte of
//! it stays: white space, order, spelling of numbers, duplicate keys.
//!
//! A field's name may be a path: `meta.url` is `url` in the object `meta`. A key that is
//! literally `meta.url` comes first.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Item, Parsed, ReadOptions, Refusal};
use crate::document::{Body, Format, Location, Record, Span};

mod scan;
mod splice;

pub use splice::{
    JsonStyle, add_field, encode, encode_to, json_style, splice, strip_field, style_of,
};

/// True if a line holds nothing but white space; also if it is empty.
pub fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

/// Reads a line as a record.
///
/// The text is what `text_field` names. The id is a string or a number (as it is written), or
/// else the line's place, `source:line`, lines counted from 1. The language is a string in
/// `language` or `lang` that starts with a code of two letters. A byte-order mark before the
/// first line is passed over.
///
/// # Errors
/// [`Refusal`] if the line is not UTF-8, not one JSON object and nothing more, has no text
/// field or two of it, or one that is not a string or holds half of a surrogate pair.
pub fn parse(item: &Item, options: &ReadOptions) -> Result<Parsed, Refusal> {
    let line = std::str::from_utf8(&item.raw)
        .map_err(|error| Refusal::InvalidUtf8(error.valid_up_to()))?;
    let object = match line.strip_prefix('\u{feff}') {
        Some(rest) if item.ordinal == 0 => rest,
        _ => line,
    };
    let offset = line.len() - object.len();
    if !object.trim_ascii_start().starts_with('{') {
        let what = if is_blank(object.as_bytes()) { "blank line" } else { "not an object" };
        return Err(Refusal::BrokenJson(what.into()));
    }

    let mut slots = Slots::new(options);
    let decoded = match scan::members(object, &options.text_field, |k, v| slots.offer(k, v)) {
        Some(decoded) => decoded,
        None => {
            slots = Slots::new(options);
            each_member(object, |key, value| slots.offer(key, value))
                .map_err(|error| Refusal::BrokenJson(describe(&error, offset)))?;
            None
        }
    };
    let Slots { text, id, url, group, language, lang } = slots;

    let token = match text.settle() {
        Ok(Some(value)) => value,
        Ok(None) => return Err(Refusal::MissingText(options.text_field.clone())),
        Err(Repeated(name)) => {
            return Err(Refusal::BrokenJson(format!("duplicate field `{name}`")));
        }
    };
    if !token.starts_with('"') {
        return Err(Refusal::TextNotString(options.text_field.clone()));
    }
    // The token is a part of the line.
    let start = (token.as_ptr() as usize).saturating_sub(line.as_ptr() as usize);
    let text = match decoded {
        Some((at, text)) if at.start + offset == start => text,
        _ => serde_json::from_str::<String>(token).map_err(|error| {
            // Syntax was checked when the value was passed over; only surrogates were not.
            let column = start + error.column();
            let name = &options.text_field;
            Refusal::BrokenJson(format!("half of a surrogate pair in `{name}` at column {column}"))
        })?,
    };

    let location = Location { source: item.source.name.clone(), ordinal: item.ordinal };
    let id = id
        .last()
        .and_then(|value| string(value).or_else(|| number(value)))
        .unwrap_or_else(|| format!("{}:{}", location.source, item.ordinal.saturating_add(1)));
    let record = Record {
        id,
        location,
        url: url.last().and_then(string),
        group: group.and_then(Slot::last).and_then(|value| string(value).or_else(|| number(value))),
        language: [language, lang]
            .into_iter()
            .find_map(|slot| language_code(&string(slot.last()?)?)),
        format: options.text_format.unwrap_or(Format::Text),
        body: Body::Text(text),
    };
    Ok(Parsed { record, text_at: Some(Span::new(start, start + token.len())) })
}

/// The members of an object, the values as they are written, but for those of known names.
/// Nothing if it is not an object.
pub(crate) fn other_members<'a>(object: &'a str, known: &[&str]) -> Vec<(String, &'a str)> {
    let mut others = Vec::new();
    let object = object.trim_start_matches('\u{feff}');
    let read = each_member(object, |name, value| {
        if !known.contains(&name) {
            others.push((name.to_owned(), value));
        }
    });
    if read.is_err() {
        others.clear();
    }
    others
}

/// A string that is not empty.
fn string(token: &str) -> Option<String> {
    let string: String = serde_json::from_str(token).ok()?;
    (!string.is_empty()).then_some(string)
}

/// A number as it is written.
fn number(token: &str) -> Option<String> {
    token.starts_with(|c: char| c == '-' || c.is_ascii_digit()).then(|| token.to_owned())
}

/// The two letters of `en`, `EN`, `en-GB`, `en_US`; `None` for names and longer codes.
pub(super) fn language_code(value: &str) -> Option<String> {
    let primary = value.trim().split(['-', '_']).next()?;
    let two_letters = primary.len() == 2 && primary.bytes().all(|b| b.is_ascii_alphabetic());
    two_letters.then(|| primary.to_ascii_lowercase())
}

/// The parser's message with the column alone, moved by `offset`.
fn describe(error: &serde_json::Error, offset: usize) -> String {
    let message = error.to_string();
    let what = message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what);
    format!("{what} at column {}", error.column() + offset)
}

/// Calls `each` with every member of an object, the key decoded.
///
/// Values are checked for syntax without recursion, however deep they nest. A key that cannot
/// be decoded (half of a surrogate pair) is nobody's and passed over.
fn each_member<'a>(
    object: &'a str,
    mut each: impl FnMut(&str, &'a str),
) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(object);
    deserializer.deserialize_map(Members(|key: &'a RawValue, value: &'a RawValue| {
        if let Some(key) = decode_key(key.get()) {
            each(&key, value.get());
        }
    }))?;
    deserializer.end()
}

fn decode_key(token: &str) -> Option<Cow<'_, str>> {
    if token.contains('\\') {
        return serde_json::from_str(token).ok().map(Cow::Owned);
    }
    token.strip_prefix('"')?.strip_suffix('"').map(Cow::Borrowed)
}

struct Members<F>(F);

impl<'a, F: FnMut(&'a RawValue, &'a RawValue)> Visitor<'a> for Members<F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((key, value)) = map.next_entry()? {
            (self.0)(key, value);
        }
        Ok(())
    }
}

/// The fields that are looked for.
struct Slots<'a, 'o> {
    text: Slot<'a, 'o>,
    id: Slot<'a, 'o>,
    url: Slot<'a, 'o>,
    group: Option<Slot<'a, 'o>>,
    language: Slot<'a, 'o>,
    lang: Slot<'a, 'o>,
}

impl<'a, 'o> Slots<'a, 'o> {
    fn new(options: &'o ReadOptions) -> Self {
        Self {
            text: Slot::new(&options.text_field),
            id: Slot::new(options.id_field.as_deref().unwrap_or("id")),
            url: Slot::new(options.url_field.as_deref().unwrap_or("url")),
            group: options.group_field.as_deref().map(Slot::new),
            language: Slot::new("language"),
            lang: Slot::new("lang"),
        }
    }

    fn offer(&mut self, key: &str, value: &'a str) {
        let Self { text, id, url, group, language, lang } = self;
        for slot in [text, id, url, language, lang].into_iter().chain(group) {
            slot.offer(key, value);
        }
    }
}

/// A field that is looked for: the last value of its whole name, and of its path's first part.
struct Slot<'a, 'o> {
    name: &'o str,
    /// The path's first part and the rest, if the name is a path.
    path: Option<(&'o str, &'o str)>,
    whole: Option<&'a str>,
    whole_repeated: bool,
    head: Option<&'a str>,
    head_repeated: bool,
}

/// A key on the way to a field stands there twice.
struct Repeated<'o>(&'o str);

impl<'a, 'o> Slot<'a, 'o> {
    fn new(name: &'o str) -> Self {
        let path = name.split_once('.');
        Self { name, path, whole: None, whole_repeated: false, head: None, head_repeated: false }
    }

    fn offer(&mut self, key: &str, value: &'a str) {
        if key == self.name {
            self.whole_repeated |= self.whole.replace(value).is_some();
        } else if self.path.is_some_and(|(head, _)| head == key) {
            self.head_repeated |= self.head.replace(value).is_some();
        }
    }

    /// The field's value, sought along its path.
    fn settle(mut self) -> Result<Option<&'a str>, Repeated<'o>> {
        loop {
            if self.whole_repeated {
                return Err(Repeated(self.name));
            }
            if self.whole.is_some() {
                return Ok(self.whole);
            }
            let (Some((head, rest)), Some(object)) = (self.path, self.head) else {
                return Ok(None);
            };
            if self.head_repeated {
                return Err(Repeated(head));
            }
            if !object.starts_with('{') {
                return Ok(None);
            }
            let mut inner = Slot::new(rest);
            // Its syntax was checked with the object around it.
            if each_member(object, |key, value| inner.offer(key, value)).is_err() {
                return Ok(None);
            }
            self = inner;
        }
    }

    /// The field's value if it is not in doubt.
    fn last(self) -> Option<&'a str> {
        self.settle().ok().flatten()
    }
}

#[cfg(test)]
mod tests;
