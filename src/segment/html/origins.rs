//! Where the text of a tree stands in the markup.
//!
//! The tokenizer knows the place of what it hands over, the tree builder does not: it cuts text
//! up, leaves some white space out, and keeps text in tables back until the next tag. It never
//! changes the order, so what comes out is told by comparing it with what went in.

use std::collections::VecDeque;

use html5ever::tendril::StrTendril;

use super::guard::NodeId;
use crate::places::Piece;

/// Text on its way through the tree builder, and the places of what is in the tree.
#[derive(Default)]
pub(super) struct Origins {
    waiting: VecDeque<Waiting>,
    /// The pieces of the text that waits.
    pieces: Vec<Piece>,
    placed: Vec<(NodeId, Piece)>,
    /// Pieces from which on those of a node are one, to bound memory.
    most: usize,
}

/// A text that the tree builder has been given and has not put into the tree.
struct Waiting {
    text: StrTendril,
    /// Bytes that are in the tree, or left out.
    done: usize,
    /// Its first and the end of its pieces.
    pieces: (usize, usize),
}

/// Pieces of a text that is going into the tree: which, and the place in their text at which it
/// begins.
#[derive(Clone, Copy, Default)]
pub(super) struct Taken {
    pieces: (usize, usize),
    from: usize,
    len: usize,
}

impl Origins {
    /// For a tree of at most so many nodes.
    pub(super) fn within(nodes: usize) -> Self {
        Self { most: nodes, ..Self::default() }
    }

    /// The tree builder is about to be given a text.
    pub(super) fn give(&mut self, text: &StrTendril, pieces: &[Piece]) {
        while self.waiting.front().is_some_and(|waiting| waiting.done == waiting.text.len()) {
            self.waiting.pop_front();
        }
        if self.waiting.is_empty() {
            self.pieces.clear();
        }
        let from = self.pieces.len();
        self.pieces.extend_from_slice(pieces);
        self.waiting.push_back(Waiting {
            text: text.clone(),
            done: 0,
            pieces: (from, self.pieces.len()),
        });
    }

    /// The tree builder has been given a tag: it keeps no text back.
    pub(super) fn settle(&mut self) {
        self.waiting.clear();
        self.pieces.clear();
    }

    /// The tree builder puts a text into the tree.
    pub(super) fn take(&mut self, text: &str) -> Taken {
        while let Some(waiting) = self.waiting.front_mut() {
            let rest = waiting.text.get(waiting.done..).unwrap_or("");
            if rest.starts_with(text) {
                let taken = Taken { pieces: waiting.pieces, from: waiting.done, len: text.len() };
                waiting.done += text.len();
                return if text.bytes().all(|byte| byte.is_ascii_whitespace()) {
                    Taken::default()
                } else {
                    taken
                };
            }
            // White space may have been left out, and null characters.
            if rest.starts_with(|c: char| c.is_ascii_whitespace()) {
                waiting.done += 1;
            } else {
                self.waiting.pop_front();
            }
        }
        Taken::default()
    }

    /// The text is in the tree now, in a node, from one of its bytes on.
    pub(super) fn put(&mut self, taken: Taken, node: NodeId, at: usize) {
        let pieces = self.pieces.get(taken.pieces.0..taken.pieces.1).unwrap_or_default();
        let (Ok(from), Ok(to), Ok(at)) =
            (u32::try_from(taken.from), u32::try_from(taken.from + taken.len), u32::try_from(at))
        else {
            return;
        };
        for piece in pieces.iter().filter_map(|piece| piece.cut(from, to)) {
            let piece = Piece { text: piece.text - from + at, ..piece };
            let is_full = self.placed.len() >= self.most;
            match self.placed.last_mut().filter(|(last, _)| *last == node) {
                Some((_, before)) if is_full => before.cover(piece),
                Some((_, before)) => {
                    if !before.join(piece, 0) {
                        self.placed.push((node, piece));
                    }
                }
                None => self.placed.push((node, piece)),
            }
        }
    }

    /// The tree is made.
    pub(super) fn finish(self) -> Placed {
        let mut all = self.placed;
        // Text that is moved out of a table joins an earlier node.
        all.sort_by_key(|(node, _)| *node);
        Placed { all }
    }
}

/// The places of a tree's text, by node.
#[derive(Default)]
pub(super) struct Placed {
    all: Vec<(NodeId, Piece)>,
}

impl Placed {
    /// The pieces of a node's text, in order. `next` is where they may be expected, for the nodes
    /// are mostly asked for in the order in which they were made.
    pub(super) fn of(&self, node: NodeId, next: &mut usize) -> &[(NodeId, Piece)] {
        if self.all.get(*next).is_none_or(|(found, _)| *found != node) {
            *next = self.all.partition_point(|(found, _)| *found < node);
        }
        let from = *next;
        let rest = self.all.get(from..).unwrap_or_default();
        let count = rest.iter().take_while(|(found, _)| *found == node).count();
        *next = from + count;
        rest.get(..count).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
