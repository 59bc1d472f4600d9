//! The tokenizer of the HTML standard (13.2.5), for a page that is all there.
//!
//! `html5ever`'s own takes markup in pieces, character by character, which costs more than all
//! else that is done to a page, and says nothing of where a token stood. This one looks for the
//! few bytes that matter, copies no text, and passes over what nobody reads: comments, the
//! content of scripts (unless it is JSON-LD) and styles, attributes outside [`READ_ATTRIBUTES`]. It gives the same trees
//! (tested against the other one), in time linear in the markup.

use crate::places::Piece;
use std::collections::HashMap;

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Doctype, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::{Attribute, LocalName, QualName, TokenizerResult, local_name, ns};
use memchr::{memchr, memchr2, memchr3};

/// Attributes that the tree builder or the segmenter reads; there are no others in the tree.
const READ_ATTRIBUTES: [LocalName; 10] = [
    local_name!("class"),
    local_name!("hidden"),
    local_name!("href"),
    local_name!("id"),
    local_name!("open"),
    local_name!("role"),
    local_name!("shadowrootmode"),
    local_name!("start"),
    local_name!("style"),
    local_name!("type"),
];

/// Attributes that are read beside them, by tag: what a page says of itself.
const READ_OF_HTML: [LocalName; 1] = [local_name!("lang")];
const READ_OF_META: [LocalName; 5] = [
    local_name!("content"),
    local_name!("http-equiv"),
    local_name!("itemprop"),
    local_name!("name"),
    local_name!("property"),
];
const READ_OF_LINK: [LocalName; 1] = [local_name!("rel")];
const READ_OF_TIME: [LocalName; 2] = [local_name!("datetime"), local_name!("itemprop")];
const READ_OF_A: [LocalName; 2] = [local_name!("itemprop"), local_name!("rel")];
const READ_OF_OTHERS: [LocalName; 1] = [local_name!("itemprop")];

/// Also read on `<time>`: a name that the tables of the standard have forgotten.
pub(super) const PUBDATE: &str = "pubdate";

/// Values of `itemprop` and `rel` on elements with text that say something of the page; others are
/// not in the tree.
const TELLING: [&[u8]; 4] = [b"author", b"name", b"datePublished", b"dateModified"];

/// The type of scripts whose content is kept.
const DATA_TYPE: &str = "application/ld+json";

/// Bytes of the longest entity that needs no semicolon (`&thetasym` does, `&frac12` does not).
const BARE_ENTITY_BYTES_MAX: usize = 6;
/// Bytes of the longest entity's name.
const ENTITY_BYTES_MAX: usize = 32;

/// Takes tokens in.
pub(super) trait Tokens {
    /// A tag; says how what follows is to be read.
    fn tag(&self, tag: Tag) -> Reading;
    /// Text without null characters, and what its pieces were written as.
    fn text(&self, text: StrTendril, pieces: &[Piece]);
    /// A null character in markup, at a byte.
    fn null(&self, at: usize);
    /// A `<!DOCTYPE …>`.
    fn doctype(&self, markup: &str);
    /// True inside SVG and MathML, where `<![CDATA[` begins text.
    fn is_foreign(&self) -> bool;
    fn end(&self);
}

/// How the tokenizer is to go on after a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Markup,
    /// Up to the end tag, without tags.
    Raw(RawKind),
    /// To the end of the page.
    Plain,
}

/// Reads a page's markup into `sink`.
pub(super) fn read(markup: &str, sink: &impl Tokens) {
    let (markup, base) = match markup.strip_prefix('\u{feff}') {
        Some(rest) => (rest, markup.len() - rest.len()),
        None => (markup, 0),
    };
    let shared = u32::try_from(markup.len()).map(|_| StrTendril::from_slice(markup));
    let mut reader = Reader {
        markup,
        bytes: markup.as_bytes(),
        base,
        shared: shared.ok(),
        pieces: Vec::new(),
        at: 0,
        names: Names::default(),
        last_start: None,
        is_data: false,
        is_in_noscript: false,
        sink,
    };
    let mut reading = Reading::Markup;
    while reader.at < markup.len() {
        reading = match reading {
            Reading::Markup => reader.markup(),
            Reading::Raw(kind) => reader.raw(kind),
            Reading::Plain => {
                reader.put(reader.at, markup.len(), Entities::None);
                reader.at = markup.len();
                Reading::Plain
            }
        };
    }
    sink.end();
}

/// Whether `&` begins an entity.
#[derive(Clone, Copy, PartialEq)]
enum Entities {
    None,
    InText,
    /// One without a semicolon is none where a letter, digit or `=` follows.
    InAttribute,
}

struct Reader<'a, Sink> {
    markup: &'a str,
    bytes: &'a [u8],
    /// Where it begins in the page: behind a byte-order mark.
    base: usize,
    /// Pieces of the text at hand.
    pieces: Vec<Piece>,
    /// The markup again, in a form that text can be cut from without copying it.
    shared: Option<StrTendril>,
    at: usize,
    names: Names,
    /// The name of the last start tag: what ends a raw element.
    last_start: Option<LocalName>,
    /// It is a script of data, not of code.
    is_data: bool,
    /// A `<noscript>` is open.
    is_in_noscript: bool,
    sink: &'a Sink,
}

impl<Sink: Tokens> Reader<'_, Sink> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    fn slice(&self, from: usize, to: usize) -> &[u8] {
        self.bytes.get(from..to).unwrap_or_default()
    }

    /// The first place from `from` on of what `found` looks for; else the end.
    fn find(&self, from: usize, found: impl Fn(&[u8]) -> Option<usize>) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        found(rest).map_or(self.bytes.len(), |at| from + at)
    }

    fn tendril(&self, from: usize, to: usize) -> StrTendril {
        let cut = self.shared.as_ref().and_then(|shared| {
            let (from, bytes) = (u32::try_from(from).ok()?, u32::try_from(to - from).ok()?);
            shared.try_subtendril(from, bytes).ok()
        });
        cut.unwrap_or_else(|| StrTendril::from_slice(self.markup.get(from..to).unwrap_or("")))
    }

    /// Markup up to the next tag.
    fn markup(&mut self) -> Reading {
        loop {
            let start = self.at;
            let open = self.find(start, |rest| memchr(b'<', rest));
            let Some(next) = self.byte(open + 1) else {
                // Also a `<` at the very end.
                self.text(start, self.bytes.len(), Entities::InText);
                self.at = self.bytes.len();
                return Reading::Markup;
            };
            self.at = open + 2;
            match next {
                b'a'..=b'z' | b'A'..=b'Z' => {
                    self.text(start, open, Entities::InText);
                    return self.tag(TagKind::StartTag, open + 1);
                }
                b'/' => match self.byte(open + 2) {
                    Some(b'a'..=b'z' | b'A'..=b'Z') => {
                        self.text(start, open, Entities::InText);
                        return self.tag(TagKind::EndTag, open + 2);
                    }
                    None => {
                        self.text(start, self.bytes.len(), Entities::InText);
                        return Reading::Markup;
                    }
                    Some(b'>') => {
                        self.text(start, open, Entities::InText);
                        self.at = open + 3;
                    }
                    Some(_) => {
                        self.text(start, open, Entities::InText);
                        self.at = self.after_bogus(open + 2);
                    }
                },
                b'!' => {
                    self.text(start, open, Entities::InText);
                    self.declaration(open + 2);
                }
                b'?' => {
                    self.text(start, open, Entities::InText);
                    self.at = self.after_bogus(open + 1);
                }
                _ => {
                    self.text(start, open + 1, Entities::InText);
                    self.at = open + 1;
                }
            }
        }
    }

    fn after_bogus(&self, from: usize) -> usize {
        self.find(from, |rest| memchr(b'>', rest)) + 1
    }

    /// What begins with `<!`, from behind that.
    fn declaration(&mut self, from: usize) {
        let rest = self.bytes.get(from..).unwrap_or_default();
        let begins = |mark: &[u8]| {
            rest.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark))
        };
        if rest.starts_with(b"--") {
            self.at = self.after_comment(from);
        } else if begins(b"doctype") {
            self.at = self.after_bogus(from);
            let end = self.at.min(self.bytes.len());
            self.sink.doctype(self.markup.get(from - 2..end).unwrap_or(""));
        } else if rest.starts_with(b"[CDATA[") && self.sink.is_foreign() {
            let start = from + b"[CDATA[".len();
            let end = self.find(start, |rest| memchr::memmem::find(rest, b"]]>"));
            self.text(start, end, Entities::None);
            self.at = end + 3;
        } else {
            self.at = self.after_bogus(from);
        }
    }

    /// Behind a comment whose `--` stands at `from`. It may end with these very dashes.
    fn after_comment(&self, from: usize) -> usize {
        let mut at = from + 2;
        loop {
            at = self.find(at, |rest| memchr(b'>', rest)) + 1;
            let ends = |mark: &[u8], from| self.slice(from, at).ends_with(mark);
            if at > self.bytes.len() || ends(b"-->", from) || ends(b"--!>", from + 2) {
                return at;
            }
        }
    }

    /// Text of markup: a null character in it is a token of its own.
    fn text(&mut self, from: usize, to: usize, entities: Entities) {
        let mut from = from;
        while let Some(at) = memchr(b'\0', self.slice(from, to)) {
            self.put(from, from + at, entities);
            self.sink.null(self.base + from + at);
            from += at + 1;
        }
        self.put(from, to, entities);
    }

    fn put(&mut self, from: usize, to: usize, entities: Entities) {
        if from < to {
            let mut pieces = std::mem::take(&mut self.pieces);
            pieces.clear();
            self.sink.text(self.decoded(from, to, entities, &mut pieces), &pieces);
            self.pieces = pieces;
        }
    }

    /// What is written from `from` to `to`, with entities, line breaks and null characters
    /// replaced.
    fn decoded(
        &self,
        from: usize,
        to: usize,
        entities: Entities,
        pieces: &mut Vec<Piece>,
    ) -> StrTendril {
        let special = |at| {
            let rest = self.slice(at, to);
            let found = match entities {
                Entities::None => memchr2(b'\0', b'\r', rest),
                _ => memchr3(b'&', b'\0', b'\r', rest),
            };
            found.map(|found| at + found)
        };
        let mut add = |text: usize, end: usize, source: usize, source_end: usize| {
            let number = |n| u32::try_from(n).unwrap_or(u32::MAX);
            if source < source_end {
                let (len, source_len) = (number(end - text), number(source_end - source));
                let (text, source) = (number(text), number(self.base + source));
                let piece = Piece { text, len, source, source_len };
                if !pieces.last_mut().is_some_and(|last| last.join(piece, 0)) {
                    pieces.push(piece);
                }
            }
        };
        let Some(first) = special(from) else {
            add(0, to - from, from, to);
            return self.tendril(from, to);
        };
        let mut text = StrTendril::new();
        let (mut copied, mut found) = (from, Some(first));
        while let Some(at) = found {
            let start = text.len();
            text.push_slice(self.markup.get(copied..at).unwrap_or(""));
            add(start, text.len(), copied, at);
            let start = text.len();
            copied = at + 1;
            match self.byte(at) {
                Some(b'&') => match entity(self.slice(at + 1, to), entities) {
                    Some((characters, bytes)) => {
                        characters.into_iter().flatten().for_each(|c| text.push_char(c));
                        copied += bytes;
                    }
                    None => text.push_char('&'),
                },
                // A line break once, however it is written.
                Some(b'\r') if self.byte(at + 1) == Some(b'\n') => {}
                Some(b'\r') => text.push_char('\n'),
                _ => text.push_char('\u{fffd}'),
            }
            add(start, text.len(), at, copied);
            found = special(copied);
        }
        let start = text.len();
        text.push_slice(self.markup.get(copied..to).unwrap_or(""));
        add(start, text.len(), copied, to);
        text
    }

    /// A tag whose name begins at `from`.
    fn tag(&mut self, kind: TagKind, from: usize) -> Reading {
        let name_end = self.find(from, |rest| rest.iter().position(|&b| ends_name(b)));
        let name = self.names.get(self.markup.get(from..name_end).unwrap_or(""));
        self.at = name_end;
        let Some((attrs, self_closing)) = self.attributes(&name) else {
            self.at = self.bytes.len();
            return Reading::Markup;
        };
        if name == local_name!("noscript") {
            self.is_in_noscript = kind == TagKind::StartTag;
        }
        if kind == TagKind::StartTag {
            self.is_data = name == local_name!("script") && is_data(&attrs);
            self.last_start = Some(name.clone());
        }
        let had_duplicate_attributes = false;
        self.sink.tag(Tag { kind, name, self_closing, attrs, had_duplicate_attributes })
    }

    /// Attributes from `at` to the end of a tag, and whether it closes itself; `None` if the page
    /// ends before it does.
    fn attributes(&mut self, tag: &LocalName) -> Option<(Vec<Attribute>, bool)> {
        let mut attributes: Vec<Attribute> = Vec::new();
        loop {
            let at = self.at;
            match self.byte(at)? {
                b'>' => {
                    self.at = at + 1;
                    return Some((attributes, false));
                }
                b'/' => {
                    self.at = at + 1;
                    if self.byte(at + 1)? == b'>' {
                        self.at = at + 2;
                        return Some((attributes, true));
                    }
                    continue;
                }
                byte if is_space(byte) => {
                    self.at = at + 1;
                    continue;
                }
                _ => {}
            }
            // A name may begin with `=`.
            let rest = self.bytes.get(at + 1..)?;
            let name_end = at + 1 + rest.iter().position(|&b| ends_name(b) || b == b'=')?;
            let name = read_name(self.slice(at, name_end), tag);
            self.at = name_end + self.spaces(name_end);
            let (mut from, mut to) = (0, 0);
            if self.byte(self.at)? == b'=' {
                self.at += 1;
                self.at += self.spaces(self.at);
                let rest = self.bytes.get(self.at + 1..)?;
                (from, to) = match self.byte(self.at)? {
                    quote @ (b'"' | b'\'') => {
                        let from = self.at + 1;
                        let to = from + memchr(quote, rest)?;
                        self.at = to + 1;
                        (from, to)
                    }
                    b'>' => (0, 0),
                    _ => {
                        let from = self.at;
                        let ends = |b: &u8| is_space(*b) || *b == b'>';
                        self.at = from + 1 + rest.iter().position(ends)?;
                        (from, self.at)
                    }
                };
            }
            if let Some(name) = name
                && tells(&name, tag, self.slice(from, to))
                && attributes.iter().all(|attribute| attribute.name.local != name)
            {
                let name = QualName::new(None, ns!(), name);
                attributes.push(Attribute {
                    name,
                    value: self.decoded(from, to, Entities::InAttribute, &mut Vec::new()),
                });
            }
        }
    }

    fn spaces(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        rest.iter().take_while(|&&byte| is_space(byte)).count()
    }

    /// An element without markup in it, up to and with its end tag.
    ///
    /// In a `<noscript>` it ends where that does, at the latest: browsers, which run scripts, never
    /// see it, so pages leave out the end tag (`<iframe … />`) and nobody notices.
    fn raw(&mut self, kind: RawKind) -> Reading {
        let Some(name) = self.last_start.clone() else { return Reading::Markup };
        let start = self.at;
        let end = match kind {
            RawKind::ScriptData => self.script_end(start),
            _ => {
                let mut end = start;
                loop {
                    end = self.find(end, |rest| memchr(b'<', rest));
                    let is_over = || self.is_in_noscript && self.is_end_tag(end, "noscript");
                    if end == self.bytes.len() || self.is_end_tag(end, &name) || is_over() {
                        break end;
                    }
                    end += 1;
                }
            }
        };
        match name {
            local_name!("script") if self.is_data => self.put(start, end, Entities::None),
            local_name!("script")
            | local_name!("style")
            | local_name!("iframe")
            | local_name!("noembed")
            | local_name!("noframes") => {}
            _ if kind == RawKind::Rcdata => self.put(start, end, Entities::InText),
            _ => self.put(start, end, Entities::None),
        }
        self.at = end;
        if end == self.bytes.len() {
            return Reading::Raw(kind);
        }
        if !self.is_end_tag(end, &name) {
            let (kind, attrs) = (TagKind::EndTag, Vec::new());
            let had_duplicate_attributes = false;
            let tag = Tag { kind, name, self_closing: false, attrs, had_duplicate_attributes };
            return self.sink.tag(tag);
        }
        self.tag(TagKind::EndTag, end + 2)
    }

    /// True if an end tag of this name begins at `at`.
    fn is_end_tag(&self, at: usize, name: &str) -> bool {
        self.byte(at + 1) == Some(b'/') && self.is_name(at + 2, name)
    }

    /// True if a tag's name stands at `from`, and no longer one.
    fn is_name(&self, from: usize, name: &str) -> bool {
        self.slice(from, from + name.len()).eq_ignore_ascii_case(name.as_bytes())
            && self.byte(from + name.len()).is_some_and(ends_name)
    }

    /// Where the end tag of a script begins: one behind `<!--` is not, as long as a `<script` is
    /// open there.
    fn script_end(&self, from: usize) -> usize {
        #[derive(PartialEq)]
        enum Escaped {
            No,
            Yes,
            Twice,
        }
        let mut escaped = Escaped::No;
        // Where the comment's dashes begin.
        let mut dashes = from;
        let mut at = from;
        loop {
            at = match escaped {
                Escaped::No => self.find(at, |rest| memchr(b'<', rest)),
                _ => self.find(at, |rest| memchr2(b'<', b'>', rest)),
            };
            match self.byte(at) {
                None => return self.bytes.len(),
                Some(b'>') if self.slice(dashes, at).ends_with(b"--") => escaped = Escaped::No,
                Some(b'>') => {}
                _ if self.is_end_tag(at, "script") => match escaped {
                    Escaped::Twice => escaped = Escaped::Yes,
                    _ => return at,
                },
                _ if escaped == Escaped::No && self.slice(at, at + 4) == b"<!--" => {
                    escaped = Escaped::Yes;
                    dashes = at + 2;
                }
                _ if escaped == Escaped::Yes && self.is_name(at + 1, "script") => {
                    escaped = Escaped::Twice;
                }
                _ => {}
            }
            at += 1;
        }
    }
}

/// True for the attributes of a script that holds structured data.
fn is_data(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let value = attribute.value.trim().split(';').next().unwrap_or("");
        attribute.name.local == local_name!("type")
            && value.trim_end().eq_ignore_ascii_case(DATA_TYPE)
    })
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

/// True for what ends a tag's name.
fn ends_name(byte: u8) -> bool {
    is_space(byte) || matches!(byte, b'/' | b'>')
}

/// The name of an attribute, if it is read on this tag.
fn read_name(name: &[u8], tag: &LocalName) -> Option<LocalName> {
    let first = name.first()?.to_ascii_lowercase();
    let of_tag: &[LocalName] = match *tag {
        local_name!("html") => &READ_OF_HTML,
        local_name!("meta") => &READ_OF_META,
        local_name!("link") => &READ_OF_LINK,
        local_name!("time") => &READ_OF_TIME,
        local_name!("a") => &READ_OF_A,
        _ => &READ_OF_OTHERS,
    };
    READ_ATTRIBUTES
        .iter()
        .chain(of_tag)
        .find(|read| {
            read.as_bytes().first() == Some(&first) && read.as_bytes().eq_ignore_ascii_case(name)
        })
        .cloned()
        .or_else(|| {
            let is_read =
                *tag == local_name!("time") && name.eq_ignore_ascii_case(PUBDATE.as_bytes());
            is_read.then(|| LocalName::from(PUBDATE))
        })
}

/// True unless an attribute of this name is of use on this tag for some values alone, and has
/// another.
fn tells(name: &LocalName, tag: &LocalName, value: &[u8]) -> bool {
    let is_aside = matches!(*tag, local_name!("meta") | local_name!("link"));
    if is_aside || !matches!(*name, local_name!("itemprop") | local_name!("rel")) {
        return true;
    }
    let mut words = value.split(|&byte| is_space(byte));
    words.any(|word| TELLING.iter().any(|telling| telling.eq_ignore_ascii_case(word)))
}

/// True for an attribute that comes into the tree.
#[cfg(test)]
pub(super) fn is_read(name: &LocalName, tag: &LocalName, value: &str) -> bool {
    read_name(name.as_bytes(), tag).as_ref() == Some(name) && tells(name, tag, value.as_bytes())
}

/// Names of elements met lately; making a name looks it up in a table of all.
struct Names {
    lately: Vec<LocalName>,
    /// Names that are no element's and longer than [`INLINE_NAME_BYTES`], as far as there is room.
    unknown: HashMap<Box<str>, LocalName>,
}

/// Places for names met lately.
const LATELY: usize = 64;
/// Unknown names that a page may have: their table, which all threads share, is a small one, and
/// slow when it is full. No page has a tenth as many.
const UNKNOWN_MAX: usize = 2_000;
/// Bytes of a name that takes no place in that table.
const INLINE_NAME_BYTES: usize = 7;
/// Bytes of an unknown name that are kept.
const UNKNOWN_BYTES_MAX: usize = 1_000;

impl Default for Names {
    fn default() -> Self {
        Self { lately: vec![local_name!(""); LATELY], unknown: HashMap::new() }
    }
}

impl Names {
    /// The name of an element, in lower case; of one unknown name too many `x-unknown`.
    fn get(&mut self, name: &str) -> LocalName {
        let bytes = name.as_bytes();
        if bytes.iter().any(|b| b.is_ascii_uppercase() || *b == 0) {
            return self.get(&name.to_ascii_lowercase().replace('\0', "\u{fffd}"));
        }
        let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
            return local_name!("");
        };
        let place = (usize::from(first) * 7 + usize::from(last) * 3 + bytes.len()) % LATELY;
        if let Some(known) = self.lately.get(place)
            && **known == *name
        {
            return known.clone();
        }
        let made = self.make(name);
        if let Some(known) = self.lately.get_mut(place) {
            *known = made.clone();
        }
        made
    }

    fn make(&mut self, name: &str) -> LocalName {
        if name.len() <= INLINE_NAME_BYTES {
            return LocalName::from(name);
        }
        if let Some(known) = LocalName::try_static(name) {
            return known;
        }
        if let Some(known) = self.unknown.get(name) {
            return known.clone();
        }
        if self.unknown.len() >= UNKNOWN_MAX || name.len() > UNKNOWN_BYTES_MAX {
            return LocalName::from("x-unknown");
        }
        let made = LocalName::from(name);
        self.unknown.insert(name.into(), made.clone());
        made
    }
}

/// The characters of an entity, from behind its `&`, and how many bytes it has there.
fn entity(bytes: &[u8], entities: Entities) -> Option<([Option<char>; 2], usize)> {
    if bytes.first() == Some(&b'#') {
        return numeric(bytes.get(1..)?).map(|(c, length)| ([Some(c), None], length + 1));
    }
    let name = bytes.iter().take(ENTITY_BYTES_MAX).take_while(|b| b.is_ascii_alphanumeric());
    let length = name.count();
    let known = |length: usize| {
        let name = std::str::from_utf8(bytes.get(..length)?).ok()?;
        let (one, two) = NAMED_ENTITIES.get(name).copied().filter(|(one, _)| *one != 0)?;
        let two = char::from_u32(two).filter(|_| two != 0);
        Some(([Some(char::from_u32(one)?), two], length))
    };
    if length == 0 {
        return None;
    }
    if bytes.get(length) == Some(&b';')
        && let Some(found) = known(length + 1)
    {
        return Some(found);
    }
    let found = (1..=length.min(BARE_ENTITY_BYTES_MAX)).rev().find_map(known)?;
    let next = bytes.get(found.1);
    let goes_on = next.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'=');
    (entities != Entities::InAttribute || !goes_on).then_some(found)
}

/// The character of a numeric entity, from behind its `#`, and how many bytes it has there.
fn numeric(bytes: &[u8]) -> Option<(char, usize)> {
    let (base, marks) = match bytes.first() {
        Some(b'x' | b'X') => (16, 1),
        _ => (10, 0),
    };
    let mut number = 0_u32;
    let mut length = marks;
    while let Some(digit) = bytes.get(length).and_then(|&b| char::from(b).to_digit(base)) {
        number = number.saturating_mul(base).saturating_add(digit);
        length += 1;
    }
    if length == marks {
        return None;
    }
    length += usize::from(bytes.get(length) == Some(&b';'));
    let c = match number {
        0 => None,
        0x80..=0x9f => C1_REPLACEMENTS
            .get(number as usize - 0x80)
            .copied()
            .flatten()
            .or(char::from_u32(number)),
        _ => char::from_u32(number),
    };
    Some((c.unwrap_or('\u{fffd}'), length))
}

/// What a `<!DOCTYPE …>` says. It decides whether a table ends a paragraph.
pub(super) fn doctype(markup: &str) -> Doctype {
    /// Takes the token.
    #[derive(Default)]
    struct Taken(std::cell::RefCell<Doctype>);
    impl TokenSink for Taken {
        type Handle = ();
        fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
            if let Token::DoctypeToken(doctype) = token {
                self.0.replace(doctype);
            }
            TokenSinkResult::Continue
        }
    }
    let tokenizer = Tokenizer::new(Taken::default(), TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(markup));
    while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink.0.take()
}

#[cfg(test)]
pub(super) mod tests;
