//! Where a page's text stands in its markup.

use crate::document::Span;

/// For the text of an HTML page, the places of its pieces in the decoded markup. Empty for other
/// formats, and for text that stands nowhere in the markup as such.
#[derive(Clone, Debug, Default)]
pub struct Places {
    pieces: Vec<Piece>,
}

/// A piece of text and what it was written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its first byte in the text.
    pub text: u32,
    /// Its bytes in the text.
    pub len: u32,
    /// Its first byte in the markup.
    pub source: u32,
    /// Its bytes in the markup. Where these are as many, each is the same byte (or both are one
    /// character: `&#0` and U+FFFD).
    pub source_len: u32,
}

impl Piece {
    /// True if the markup has the same bytes.
    pub fn is_same(&self) -> bool {
        self.len == self.source_len
    }

    /// One past its last byte in the text.
    pub fn end(&self) -> u32 {
        self.text.saturating_add(self.len)
    }

    /// Takes in the piece that follows, if that leaves it the same in text and markup. With `gap`
    /// one byte of white space may stand between them, here and there.
    pub fn join(&mut self, next: Piece, gap: u32) -> bool {
        let between = next.text.wrapping_sub(self.end());
        let joins = self.is_same()
            && next.is_same()
            && between <= gap
            && next.source.wrapping_sub(self.source.wrapping_add(self.source_len)) == between;
        if joins {
            self.len += between + next.len;
            self.source_len = self.len;
        }
        joins
    }

    /// Takes in the piece that follows and all that stands between them.
    pub fn cover(&mut self, next: Piece) {
        let end = |piece: &Piece| piece.source.saturating_add(piece.source_len);
        let last = end(self).max(end(&next));
        self.source = self.source.min(next.source);
        self.source_len = last - self.source;
        self.len = next.end().max(self.end()) - self.text;
    }

    /// The part of it that stands between two places of the text; `None` if that is nothing.
    pub fn cut(&self, from: u32, to: u32) -> Option<Piece> {
        let (text, end) = (self.text.max(from), self.end().min(to));
        if text >= end {
            return None;
        }
        let len = end - text;
        if !self.is_same() {
            return Some(Piece { text, len, ..*self });
        }
        Some(Piece { text, len, source: self.source + (text - self.text), source_len: len })
    }
}

impl Places {
    /// Adds a piece behind all others.
    pub fn push(&mut self, piece: Piece) {
        if let Some(last) = self.pieces.last_mut() {
            if last.join(piece, 1) {
                return;
            }
            // Parts of one piece, of which no more is known.
            let written = |piece: &Piece| (piece.source, piece.source_len);
            if !last.is_same() && !piece.is_same() && written(last) == written(&piece) {
                last.cover(piece);
                return;
            }
        }
        self.pieces.push(piece);
    }

    /// Forgets what stands from a place of the text on.
    pub fn truncate(&mut self, text: usize) {
        let text = u32::try_from(text).unwrap_or(u32::MAX);
        while let Some(last) = self.pieces.pop() {
            if let Some(left) = last.cut(0, text) {
                self.pieces.push(left);
                return;
            }
        }
    }

    /// Where a part of the text stands in the markup: from the first byte of what is written there
    /// to the last, with the tags and all else that stands between them. `None` if none of it does.
    ///
    /// Takes time in the pieces of that part.
    pub fn of(&self, span: Span) -> Option<Span> {
        let (from, to) = (u32::try_from(span.start).ok()?, u32::try_from(span.end).ok()?);
        let first = self.pieces.partition_point(|piece| piece.end() <= from);
        let pieces = self.pieces.get(first..)?.iter();
        let mut cuts = pieces.take_while(|piece| piece.text < to).filter_map(|p| p.cut(from, to));
        let end = |piece: &Piece| piece.source.saturating_add(piece.source_len);
        let first = cuts.next()?;
        // What stands in a table but not in its cells comes before it.
        let (start, end) = cuts.fold((first.source, end(&first)), |(start, last), piece| {
            (start.min(piece.source), last.max(end(&piece)))
        });
        Some(Span::new(start as usize, end as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: u32, len: u32, source: u32, source_len: u32) -> Piece {
        Piece { text, len, source, source_len }
    }

    fn places(pieces: &[Piece]) -> Places {
        let mut places = Places::default();
        pieces.iter().for_each(|&piece| places.push(piece));
        places
    }

    #[test]
    fn words_with_one_space_between_them_are_one_piece() {
        let places = places(&[piece(0, 3, 10, 3), piece(4, 5, 14, 5), piece(9, 2, 19, 2)]);
        assert_eq!(places.pieces, [piece(0, 11, 10, 11)]);
    }

    #[test]
    fn words_further_apart_in_the_markup_are_not() {
        let places = places(&[piece(0, 3, 10, 3), piece(4, 5, 20, 5), piece(9, 1, 25, 5)]);
        assert_eq!(places.pieces.len(), 3);
        assert_eq!(places.of(Span::new(1, 6)), Some(Span::new(11, 22)));
        assert_eq!(places.of(Span::new(3, 4)), None, "the space between them");
        assert_eq!(places.of(Span::new(8, 10)), Some(Span::new(24, 30)), "an entity whole");
        assert_eq!(places.of(Span::new(10, 12)), None);
    }

    #[test]
    fn what_is_written_elsewhere_is_in_the_range() {
        let places = places(&[piece(0, 3, 50, 3), piece(4, 3, 10, 3)]);
        assert_eq!(places.of(Span::new(0, 7)), Some(Span::new(10, 53)));
    }

    #[test]
    fn a_piece_that_covers_others_reaches_from_the_first_to_the_last() {
        let mut covering = piece(0, 3, 50, 3);
        covering.cover(piece(4, 3, 10, 3));
        assert_eq!(covering, piece(0, 7, 10, 43));
        let parts = [covering.cut(0, 3), covering.cut(4, 7)].map(Option::unwrap);
        assert_eq!(places(&parts).pieces, [covering]);
    }

    #[test]
    fn what_is_cut_off_is_forgotten() {
        let mut places = places(&[piece(0, 3, 10, 3), piece(4, 5, 20, 5)]);
        places.truncate(6);
        assert_eq!(places.pieces, [piece(0, 3, 10, 3), piece(4, 2, 20, 2)]);
        places.truncate(3);
        assert_eq!(places.pieces, [piece(0, 3, 10, 3)]);
        places.truncate(0);
        assert!(places.of(Span::new(0, 3)).is_none());
    }
}
