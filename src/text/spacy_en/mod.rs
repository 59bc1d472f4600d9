//! Words and sentences as spaCy's blank English pipeline cuts them.
//!
//! Follows spaCy 3.8.18 (`spacy.blank("en")` with its `sentencizer`, Unicode 14.0 as in Python
//! 3.11) as datatrove 0.10.1 uses it: tokens that are white space only are left out, and so are
//! sentences. Not for languages other than English; `super::words` follows Unicode's own rules.
//!
//! Known to differ: spaCy loses the string `IS_ALPHA`, which is a name inside it, in ways that
//! depend on what it read before; here it is a word like any other.

mod affixes;
mod classes;
mod exceptions;
mod rejoin;
mod sentences;
#[cfg(test)]
mod tests;
mod url;

use affixes::Piece;
use classes::{ASCII, Classes, SPACE, classes};
use exceptions::{Special, Specials, specials};
use rejoin::{Pairs, pairs};

use super::eights::{self, hash as hash_span, load};

pub use sentences::sentence_count;

/// A word, number, mark or symbol of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Hash of the exact text; the one [`hash()`] gives.
    pub hash: u64,
    /// First byte.
    pub start: u32,
    /// First byte after it.
    pub end: u32,
    /// Unicode characters.
    pub char_count: u32,
    /// Whether it consists of ASCII letters only; says nothing of other letters.
    pub ascii_letters: bool,
}

impl Token {
    /// The token's text in the text that was cut.
    pub fn text<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// The hash that a token with this text has, on every machine.
///
/// ```
/// let text = "Stop it.";
/// let tokens = tamis::text::spacy_en::tokens(text);
/// assert_eq!(tokens[1].hash, tamis::text::spacy_en::hash("it"));
/// ```
pub fn hash(token: &str) -> u64 {
    hash_span(token.as_bytes(), 0, token.len())
}

/// The tokens of `text` in order, without those that are white space; they cover everything else.
///
/// Linear in the text. Of a text beyond 4 GiB, only the start is cut.
///
/// ```
/// let text = "Don't (ever) pay $5.";
/// let tokens = tamis::text::spacy_en::tokens(text);
/// let words: Vec<&str> = tokens.iter().map(|token| token.text(text)).collect();
/// assert_eq!(words, ["Do", "n't", "(", "ever", ")", "pay", "$", "5", "."]);
/// ```
pub fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    tokens_into(text, &mut out);
    out
}

/// As [`tokens`], into a list whose memory is used again; what it held is dropped.
pub fn tokens_into(text: &str, out: &mut Vec<Token>) {
    out.clear();
    // A guess at English: most texts then grow the list at most once.
    out.reserve(text.len() / 5);
    let mut cutter = Cutter::new(text, out);
    let end = cutter.text.len();
    let mut at = cutter.skip_space(0);
    while at < end {
        at = cutter.chunk(at);
        at = cutter.skip_space(at);
    }
    if cutter.rejoin {
        rejoin::rejoin(text, out);
    }
}

/// How many [`tokens`] a text has.
///
/// ```
/// assert_eq!(tamis::text::spacy_en::token_count("Don't (ever) pay $5."), 9);
/// ```
pub fn token_count(text: &str) -> usize {
    let mut out = Vec::new();
    let mut cutter = Cutter::new(text, &mut out);
    let end = cutter.text.len();
    let mut count = 0;
    let mut at = cutter.skip_space(0);
    while at < end {
        at = cutter.chunk(at);
        count += cutter.out.len();
        cutter.out.clear();
        at = cutter.skip_space(at);
    }
    if cutter.rejoin { tokens(text).len() } else { count }
}

/// The tokens that the patterns alone would make of one chunk.
fn without_exceptions(chunk: &str) -> Vec<Token> {
    static NO_SPECIALS: Specials = Specials::none();
    static NO_PAIRS: Pairs = Pairs::none();
    let mut out = Vec::new();
    let mut cutter = Cutter {
        text: chunk,
        classes: classes(),
        specials: &NO_SPECIALS,
        pairs: &NO_PAIRS,
        out: &mut out,
        suffixes: Vec::new(),
        rejoin: false,
    };
    cutter.any_chunk(0, chunk.len());
    out
}

/// Cuts the chunks between white space.
struct Cutter<'a, 'out> {
    text: &'a str,
    classes: &'static Classes,
    specials: &'static Specials,
    pairs: &'static Pairs,
    out: &'out mut Vec<Token>,
    /// Where the suffixes start that were split off the chunk at hand, the last one first.
    suffixes: Vec<usize>,
    /// Whether some tokens make up an exception that was not seen as one; see `rejoin`.
    rejoin: bool,
}

impl<'a, 'out> Cutter<'a, 'out> {
    fn new(text: &'a str, out: &'out mut Vec<Token>) -> Self {
        let longest = text.len().min(u32::MAX as usize);
        let end = (0..=longest).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        Cutter {
            text: text.get(..end).unwrap_or_default(),
            classes: classes(),
            specials: specials(),
            pairs: pairs(),
            out,
            suffixes: Vec::new(),
            rejoin: false,
        }
    }

    #[inline]
    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    #[inline]
    fn skip_space(&self, mut at: usize) -> usize {
        while let Some(length) = self.space_at(at) {
            at += length;
        }
        at
    }

    /// The bytes of the white space character at `at`.
    #[inline]
    fn space_at(&self, at: usize) -> Option<usize> {
        match *self.bytes().get(at)? {
            byte @ 0..0x80 => (ASCII[usize::from(byte)] & SPACE != 0).then_some(1),
            // The first bytes of all other white space there is.
            0xc2 | 0xe1..=0xe3 => {
                let c = self.text.get(at..)?.chars().next()?;
                (self.classes.of(c) & SPACE != 0).then_some(c.len_utf8())
            }
            _ => None,
        }
    }

    /// Cuts the chunk that starts at `start`; gives its end.
    #[inline]
    fn chunk(&mut self, start: usize) -> usize {
        match self.plain_chunk(start) {
            Some(end) => end,
            None => {
                let end = self.chunk_end(start);
                self.any_chunk(start, end);
                end
            }
        }
    }

    /// Cuts a chunk of ASCII letters or of digits, perhaps with one mark before and one after them,
    /// or of one mark. Nothing is done with any other chunk.
    #[inline]
    fn plain_chunk(&mut self, start: usize) -> Option<usize> {
        let bytes = self.bytes();
        let opened = matches!(bytes.get(start), Some(b'(' | b'[' | b'"'));
        let word = start.wrapping_add(usize::from(opened));
        let mut end = word;
        let mut state = 0;
        loop {
            let eight = load(bytes, end);
            let letters = leading_letters(eight);
            if letters == 0 {
                break;
            }
            state = eights::mix(state, eight & eights::lowest(letters));
            end = end.wrapping_add(letters);
            if letters < 8 {
                break;
            }
        }
        if end == word {
            return self.plain_number(start, word, opened);
        }
        let hash = eights::finish(state, end.wrapping_sub(word));
        let special = self.specials.find_hash(hash, bytes, word, end);
        if self.ends_at(end)? {
            if opened {
                self.push_mark(start);
            }
            match special {
                Some(special) => self.push_special(special, word),
                None => self.push_ascii(hash, word, end, true),
            }
            return Some(end);
        }
        // The last token of an exception and the mark can make up another one.
        let after = end + 1;
        if special.is_some() || !self.ends_at(after)? {
            return None;
        }
        match bytes.get(end)? {
            b',' | b';' | b'!' | b'?' | b')' | b']' | b'"' => {}
            // `(o:` is an exception.
            b':' if !opened => {}
            b'.' => {
                if let Some(special) = self.specials.find(bytes, word, after) {
                    if opened {
                        self.push_mark(start);
                    }
                    self.push_special(special, word);
                    return Some(after);
                }
                let last = bytes.get(end - 1)?;
                let before = bytes.get(end.wrapping_sub(2)).filter(|_| end - word > 1);
                if last.is_ascii_uppercase() && !before.is_some_and(u8::is_ascii_uppercase) {
                    return None;
                }
            }
            _ => return None,
        }
        if opened {
            self.push_mark(start);
        }
        self.push_ascii(hash, word, end, true);
        self.push_mark(end);
        Some(after)
    }

    /// The same for a chunk without letters, which may hold digits from `number` on.
    #[inline]
    fn plain_number(&mut self, start: usize, number: usize, opened: bool) -> Option<usize> {
        let bytes = self.bytes();
        let rest = bytes.get(number..).unwrap_or_default();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            let is_alone = bytes.get(start)?.is_ascii() && self.ends_at(start + 1)?;
            return is_alone.then(|| {
                self.push_mark(start);
                start + 1
            });
        }
        let end = number + digits;
        let marked = !self.ends_at(end)?;
        let after = end + usize::from(marked);
        if marked {
            match bytes.get(end)? {
                b',' | b';' | b':' | b'!' | b'?' | b'.' | b'%' | b']' | b'"' => {}
                // `8)` is an exception.
                b')' if digits > 1 => {}
                _ => return None,
            }
            if !self.ends_at(after)? {
                return None;
            }
        }
        if opened {
            self.push_mark(start);
        }
        self.push_ascii(hash_span(bytes, number, end), number, end, false);
        if marked {
            self.push_mark(end);
        }
        Some(after)
    }

    /// Whether a chunk ends at `at`; nothing where a character beyond ASCII stands there, which
    /// may be white space.
    #[inline]
    fn ends_at(&self, at: usize) -> Option<bool> {
        match self.bytes().get(at) {
            Some(0x80..) => None,
            Some(&byte) => Some(ASCII[usize::from(byte)] & SPACE != 0),
            None => Some(true),
        }
    }

    #[inline]
    fn push_ascii(&mut self, hash: u64, start: usize, end: usize, ascii_letters: bool) {
        self.out.push(Token {
            hash,
            start: start as u32,
            end: end as u32,
            char_count: end.wrapping_sub(start) as u32,
            ascii_letters,
        });
    }

    /// A mark of one byte.
    #[inline]
    fn push_mark(&mut self, at: usize) {
        let end = at.wrapping_add(1);
        let byte = self.bytes().get(at).copied().unwrap_or_default();
        self.push_ascii(eights::finish(eights::mix(0, u64::from(byte)), 1), at, end, false);
    }

    fn push(&mut self, start: usize, end: usize) {
        let bytes = self.bytes().get(start..end).unwrap_or_default();
        let is_first = |byte: &&u8| !(0x80..0xc0).contains(*byte);
        self.out.push(Token {
            hash: hash_span(self.bytes(), start, end),
            start: start as u32,
            end: end as u32,
            char_count: bytes.iter().filter(is_first).count() as u32,
            ascii_letters: bytes.iter().all(u8::is_ascii_alphabetic),
        });
    }

    fn push_special(&mut self, special: &Special, start: usize) {
        let mut from = start;
        for &end in &special.ends {
            let end = start + end as usize;
            self.push(from, end);
            from = end;
        }
    }

    fn chunk_end(&self, start: usize) -> usize {
        let mut at = start;
        while at < self.text.len() && self.space_at(at).is_none() {
            at += 1;
        }
        at
    }

    /// Cuts any chunk: affixes from both ends until an exception or nothing more is found, then an
    /// address or infixes in what is left.
    fn any_chunk(&mut self, chunk_start: usize, chunk_end: usize) {
        let bytes = self.bytes();
        let first_token = self.out.len();
        let (mut start, mut end) = (chunk_start, chunk_end);
        let mut special = None;
        self.suffixes.clear();
        while start < end {
            special = self.specials.find(bytes, start, end);
            if special.is_some() {
                break;
            }
            let prefix = self.piece(start, end).prefix();
            let after_prefix = start + prefix;
            if prefix > 0 && after_prefix < end {
                special = self.specials.find(bytes, after_prefix, end);
                if special.is_some() {
                    self.push(start, after_prefix);
                    start = after_prefix;
                    break;
                }
            }
            let suffix = self.piece(after_prefix, end).suffix();
            let before_suffix = end - suffix;
            if suffix > 0 && before_suffix > start {
                special = self.specials.find(bytes, start, before_suffix);
                if special.is_some() {
                    self.suffixes.push(before_suffix);
                    end = before_suffix;
                    break;
                }
            }
            if prefix == 0 && suffix == 0 {
                break;
            }
            if prefix > 0 {
                self.push(start, after_prefix);
                start = after_prefix;
            }
            if suffix > 0 {
                self.suffixes.push(before_suffix);
                end = before_suffix;
            }
        }
        match special {
            Some(special) => self.push_special(special, start),
            None if start < end => self.middle(start, end),
            None => {}
        }
        while let Some(suffix) = self.suffixes.pop() {
            let suffix_end = self.suffixes.last().copied().unwrap_or(chunk_end);
            self.push(suffix, suffix_end);
        }
        let made = self.out.get(first_token..).unwrap_or_default();
        self.rejoin = self.rejoin || self.pairs.hold_exception(self.text, made);
    }

    fn piece(&self, start: usize, end: usize) -> Piece<'a> {
        Piece { text: self.text, classes: self.classes, start, end }
    }

    /// What is left between the affixes.
    fn middle(&mut self, start: usize, end: usize) {
        let whole = self.text.get(start..end).unwrap_or_default();
        if url::is_address(whole, self.classes) {
            self.push(start, end);
            return;
        }
        let piece = self.piece(start, end);
        let mut from = start;
        let mut search = start;
        while let Some(infix) = piece.infix(search) {
            search = infix.end;
            // spaCy leaves an infix at the very start where it is.
            if infix.start == start {
                continue;
            }
            if infix.start > from {
                self.push(from, infix.start);
            }
            self.push(infix.start, infix.end);
            from = infix.end;
        }
        if from < end {
            self.push(from, end);
        }
    }
}

/// How many of the eight bytes, from the lowest on, are ASCII letters.
#[inline]
fn leading_letters(word: u64) -> usize {
    eights::first(!eights::letters(word) & eights::HIGH)
}
