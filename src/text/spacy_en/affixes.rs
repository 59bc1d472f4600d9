//! What spaCy's prefix, suffix and infix patterns split off, without patterns: each question looks
//! at a fixed number of characters, or at a run that is then split off whole.

use super::classes::{
    ALPHA, ASCII, BEFORE_STOP, CURRENCY, Classes, LEFT_OF_STOP, PREFIX, RIGHT_OF_STOP, SUFFIX,
    SYMBOL, UPPER,
};

/// A chunk, or what is left of it, within its text.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) classes: &'static Classes,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A part of a piece that an infix pattern matches.
pub(super) struct Infix {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Piece<'_> {
    #[inline]
    fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The byte at `at` if that is inside the piece.
    #[inline]
    fn byte(&self, at: usize) -> Option<u8> {
        if at < self.end { self.bytes().get(at).copied() } else { None }
    }

    #[inline]
    fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..self.end)?.chars().next()
    }

    #[inline]
    fn char_before(&self, at: usize) -> Option<char> {
        self.text.get(self.start..at)?.chars().next_back()
    }

    /// The bits of the character at `at`; none at the end.
    #[inline]
    fn bits_at(&self, at: usize) -> u16 {
        match self.byte(at) {
            Some(byte) if byte < 0x80 => ASCII[usize::from(byte)],
            Some(_) => self.char_at(at).map_or(0, |c| self.classes.of(c)),
            None => 0,
        }
    }

    /// The bits of the character that ends at `at`; none at the start.
    #[inline]
    fn bits_before(&self, at: usize) -> u16 {
        if at <= self.start {
            return 0;
        }
        match self.bytes().get(at - 1) {
            Some(&byte) if byte < 0x80 => ASCII[usize::from(byte)],
            Some(_) => self.char_before(at).map_or(0, |c| self.classes.of(c)),
            None => 0,
        }
    }

    #[inline]
    fn digit_before(&self, at: usize) -> bool {
        at > self.start && self.bytes().get(at - 1).is_some_and(u8::is_ascii_digit)
    }

    fn starts_with(&self, at: usize, what: &str) -> bool {
        self.bytes().get(at..self.end).is_some_and(|rest| rest.starts_with(what.as_bytes()))
    }

    fn ends_with(&self, at: usize, what: &str) -> bool {
        self.bytes().get(self.start..at).is_some_and(|rest| rest.ends_with(what.as_bytes()))
    }

    /// The end of the run of full stops that starts at `at`.
    fn stops_end(&self, at: usize) -> usize {
        let rest = self.bytes().get(at..self.end).unwrap_or_default();
        at + rest.iter().take_while(|&&byte| byte == b'.').count()
    }

    /// Bytes that the prefix patterns split off, or 0.
    pub(super) fn prefix(&self) -> usize {
        let Some(first) = self.byte(self.start) else { return 0 };
        let next = self.byte(self.start + 1);
        match first {
            b'+' if next.is_some_and(|byte| byte.is_ascii_digit()) => 0,
            b'.' if next == Some(b'.') => self.stops_end(self.start) - self.start,
            b'U' if self.starts_with(self.start, "US$") => 3,
            b'A' | b'C' if next == Some(b'$') => 2,
            0..0x80 => usize::from(ASCII[usize::from(first)] & PREFIX),
            _ => self
                .char_at(self.start)
                .map_or(0, |c| if self.classes.of(c) & PREFIX != 0 { c.len_utf8() } else { 0 }),
        }
    }

    /// Bytes that the suffix patterns split off, or 0: the longest that one of them matches.
    pub(super) fn suffix(&self) -> usize {
        let Some(before) = self.end.checked_sub(1) else { return 0 };
        if before < self.start {
            return 0;
        }
        let Some(last) = self.byte(before) else { return 0 };
        match last {
            b'.' => self.stop_suffix(before),
            b's' | b'S' if self.ends_with(before, "'") => 2,
            b's' | b'S' if self.ends_with(before, "’") => 4,
            b'+' => usize::from(self.digit_before(before)),
            b'$' => self.dollar_suffix(before),
            0..0x80 if ASCII[usize::from(last)] & SUFFIX != 0 => 1,
            0..0x80 => self.unit(),
            _ => {
                let Some(last) = self.char_before(self.end) else { return 0 };
                let length = last.len_utf8();
                let bits = self.classes.of(last);
                if last == '…' && self.ends_with(self.end - length, "…") {
                    2 * length
                } else if bits & SUFFIX != 0
                    || bits & CURRENCY != 0 && self.digit_before(self.end - length)
                {
                    length
                } else {
                    self.unit()
                }
            }
        }
    }

    /// Full stops at the end; `before` is where the last one stands.
    fn stop_suffix(&self, before: usize) -> usize {
        let body = self.bytes().get(self.start..before).unwrap_or_default();
        let more = body.iter().rev().take_while(|&&byte| byte == b'.').count();
        if more > 0 {
            return more + 1;
        }
        let bits = self.bits_before(before);
        let splits = bits & BEFORE_STOP != 0
            || bits & UPPER != 0
                && self.char_before(before).is_some_and(|c| {
                    let earlier = before - c.len_utf8();
                    self.bits_before(earlier) & UPPER != 0
                        || matches!(c, 'F' | 'C' | 'K') && self.ends_with(earlier, "°")
                });
        usize::from(splits)
    }

    fn dollar_suffix(&self, before: usize) -> usize {
        for (country, length) in [("US", 2), ("C", 1), ("A", 1)] {
            if self.ends_with(before, country) && self.digit_before(before - length) {
                return length + 1;
            }
        }
        usize::from(self.digit_before(before))
    }

    /// A unit of measure after a digit.
    fn unit(&self) -> usize {
        // No unit has more than five characters.
        let rest = self.text.get(self.start..self.end).unwrap_or_default();
        for (at, c) in rest.char_indices().rev().take(6) {
            if c.is_ascii_digit() {
                let tail = rest.get(at + 1..).unwrap_or_default();
                return if is_unit(tail) { tail.len() } else { 0 };
            }
        }
        0
    }

    /// The first infix at `from` or later.
    pub(super) fn infix(&self, from: usize) -> Option<Infix> {
        let mut at = from;
        while let Some(byte) = self.byte(at) {
            if byte >= 0x80 {
                let c = self.char_at(at)?;
                let bits = self.classes.of(c);
                if bits & SYMBOL != 0 {
                    return Some(Infix { start: at, end: at + c.len_utf8() });
                }
                if matches!(c, '–' | '—')
                    && let Some(end) = self.hyphen(at)
                {
                    return Some(Infix { start: at, end });
                }
                at += c.len_utf8();
                continue;
            }
            if let Some(end) = self.ascii_infix(byte, at) {
                return Some(Infix { start: at, end });
            }
            at += 1;
        }
        None
    }

    #[inline]
    fn ascii_infix(&self, byte: u8, at: usize) -> Option<usize> {
        let next = at + 1;
        let splits = match byte {
            b'.' if self.byte(next) == Some(b'.') => return Some(self.stops_end(at)),
            b'.' => {
                self.bits_before(at) & LEFT_OF_STOP != 0 && self.bits_at(next) & RIGHT_OF_STOP != 0
            }
            b',' => self.bits_before(at) & ALPHA != 0 && self.bits_at(next) & ALPHA != 0,
            b':' | b'<' | b'>' | b'=' | b'/' => {
                self.alpha_or_digit_before(at) && self.bits_at(next) & ALPHA != 0
            }
            b'+' | b'*' | b'^' => self.between_digits(at),
            b'-' if self.between_digits(at) => true,
            b'-' | b'~' => return self.hyphen(at),
            _ => false,
        };
        splits.then_some(next)
    }

    fn between_digits(&self, at: usize) -> bool {
        self.digit_before(at)
            && self.byte(at + 1).is_some_and(|byte| byte.is_ascii_digit() || byte == b'-')
    }

    fn alpha_or_digit_before(&self, at: usize) -> bool {
        self.digit_before(at) || self.bits_before(at) & ALPHA != 0
    }

    /// The end of a hyphen or dash at `at` that stands between letters, or after a digit.
    fn hyphen(&self, at: usize) -> Option<usize> {
        if !self.alpha_or_digit_before(at) {
            return None;
        }
        ["-", "–", "—", "--", "---", "——", "~"].into_iter().find_map(|hyphen| {
            let end = at + hyphen.len();
            (self.starts_with(at, hyphen) && self.bits_at(end) & ALPHA != 0).then_some(end)
        })
    }
}

#[rustfmt::skip]
fn is_unit(tail: &str) -> bool {
    matches!(
        tail,
        "km" | "km²" | "km³" | "m" | "m²" | "m³" | "dm" | "dm²" | "dm³" | "cm" | "cm²" | "cm³"
        | "mm" | "mm²" | "mm³" | "ha" | "µm" | "nm" | "yd" | "in" | "ft" | "kg" | "g" | "mg" | "µg"
        | "t" | "lb" | "oz" | "m/s" | "km/h" | "kmh" | "mph" | "hPa" | "Pa" | "mbar" | "mb" | "MB"
        | "kb" | "KB" | "gb" | "GB" | "tb" | "TB" | "T" | "G" | "M" | "K" | "%"
        | "км" | "км²" | "км³" | "м" | "м²" | "м³" | "дм" | "дм²" | "дм³" | "см" | "см²" | "см³"
        | "мм" | "мм²" | "мм³" | "нм" | "кг" | "г" | "мг" | "м/с" | "км/ч" | "кПа" | "Па" | "мбар"
        | "Кб" | "КБ" | "кб" | "Мб" | "МБ" | "мб" | "Гб" | "ГБ" | "гб" | "Тб" | "ТБ"
        // Two units in spaCy, were there a space between them.
        | "тбكم"
        | "كم²" | "كم³" | "م" | "م²" | "م³" | "سم" | "سم²" | "سم³" | "مم" | "مم²" | "مم³" | "كم"
        | "غرام" | "جرام" | "جم" | "كغ" | "ملغ" | "كوب" | "اكواب"
    )
}
