//! What stands in a text that is left of another, from what stands in that one.
//!
//! What was found in the whole text stands in what is left of it too, unless it lies near a seam:
//! there a cut can have taken a part of it, changed what stands beside it, or joined two halves. So
//! only the surroundings of seams are searched again.

use super::conditions::phrases::is_invisible;
use crate::document::Span;

/// A text that was left of another.
#[derive(Debug)]
pub(super) struct Left<'t> {
    text: &'t str,
    /// The parts of the other text that are left, in order, with where each stands now.
    pieces: Vec<(usize, Span)>,
    /// Where to search again: in order, without overlaps.
    zones: Vec<Span>,
}

impl<'t> Left<'t> {
    /// A text of the kept parts of another, which had so many bytes. A zone reaches so many visible
    /// characters to either side of a seam.
    pub(super) fn new(text: &'t str, bytes: usize, kept: &[Span], reach: usize) -> Self {
        let mut end = 0;
        let place = |piece: &Span| {
            let start = end;
            end += piece.len();
            (start, *piece)
        };
        let pieces: Vec<(usize, Span)> = kept.iter().map(place).collect();
        let is_cut = kept.last().is_some_and(|last| last.end < bytes);
        let seams = pieces.iter().filter(|(_, piece)| piece.start > 0).map(|(start, _)| *start);
        let mut zones: Vec<Span> = Vec::new();
        for seam in seams.chain(is_cut.then_some(text.len())) {
            let done = zones.last().map_or(0, |zone| zone.end);
            let start = before(text, done, seam.max(done), reach);
            let end = behind(text, seam.max(done), reach);
            match zones.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => zones.push(Span::new(start, end)),
            }
        }
        Self { text, pieces, zones }
    }

    /// What stands in it, in no order: `known`, what stands in the whole text in the order of the
    /// places that `span_of` gives, and what `find` finds in a part that begins at a place.
    pub(super) fn found<T>(
        &self,
        known: &[T],
        span_of: impl Fn(&T) -> Span,
        moved: impl Fn(&T, usize, usize) -> T,
        mut find: impl FnMut(Span) -> Vec<T>,
    ) -> Vec<T> {
        let mut found = Vec::with_capacity(known.len());
        let mut zones = self.zones.iter().peekable();
        for (start, piece) in &self.pieces {
            let from = known.partition_point(|one| span_of(one).start < piece.start);
            let own = known.iter().skip(from).take_while(|one| span_of(one).start < piece.end);
            for one in own.filter(|one| span_of(one).end <= piece.end) {
                let one = moved(one, piece.start, *start);
                let span = span_of(&one);
                while zones.peek().is_some_and(|zone| zone.end <= span.start) {
                    zones.next();
                }
                if zones.peek().is_none_or(|zone| !zone.contains(span)) {
                    found.push(one);
                }
            }
        }
        for zone in &self.zones {
            // One visible character more on either side: what a word goes on with.
            let start = before(self.text, 0, zone.start, 1);
            let end = behind(self.text, zone.end, 1);
            let again = find(Span::new(start, end)).into_iter().map(|one| moved(&one, 0, start));
            found.extend(again.filter(|one| zone.contains(span_of(one))));
        }
        found
    }

    /// True if less than half of the text is searched again.
    pub(super) fn is_worth_it(&self) -> bool {
        self.zones.iter().map(|zone| zone.len()).sum::<usize>() < self.text.len() / 2
    }
}

fn is_visible(c: char) -> bool {
    !c.is_whitespace() && !is_invisible(c)
}

/// Where so many visible characters before a place begin, or the part that begins at `least`.
fn before(text: &str, least: usize, place: usize, reach: usize) -> usize {
    let part = text.get(least..place).unwrap_or("");
    let mut visible = part.char_indices().rev().filter(|(_, c)| is_visible(*c));
    visible.nth(reach.saturating_sub(1)).map_or(least, |(at, _)| least + at)
}

/// Where so many visible characters behind a place end, or the text.
fn behind(text: &str, place: usize, reach: usize) -> usize {
    let part = text.get(place..).unwrap_or("");
    let mut visible = part.char_indices().filter(|(_, c)| is_visible(*c));
    let last = visible.nth(reach.saturating_sub(1));
    last.map_or(text.len(), |(at, c)| place + at + c.len_utf8())
}
