//! A line of text as Markdown: links, code and emphasis, and what would be read as Markdown
//! escaped.

use crate::document::Span;
use crate::structure::{Inline, InlineKind};

use super::target;

/// What sets a part of a line off.
pub(super) enum Format {
    /// A link: where its text stands, and where it leads.
    Link(Span, String),
    /// Something else.
    Inline(Inline),
}

impl Format {
    fn span(&self) -> Span {
        match self {
            Format::Link(anchor, _) => *anchor,
            Format::Inline(inline) => inline.span,
        }
    }
}

/// Where a line is written.
pub(super) struct Line<'p> {
    /// The page's text.
    pub(super) text: &'p str,
    /// It is a cell of a table.
    pub(super) in_table: bool,
}

/// Text that is set off in one way.
struct Atom<'f> {
    text: String,
    /// Where the text of the link that it is in stands, and where that leads.
    link: Option<(Span, &'f str)>,
    is_code: bool,
    is_strong: bool,
    is_emphasised: bool,
}

/// A run of atoms that is strong or emphasised.
struct Run {
    first: usize,
    last: usize,
    mark: &'static str,
}

impl Line<'_> {
    /// Writes the pieces of a line, which are in order, as those formats say that stand in it. Of
    /// links none overlaps another, and of each kind of formats none another of that kind.
    pub(super) fn write(&self, pieces: &[Span], formats: &[Format]) -> String {
        let mut atoms = atoms(self.text, pieces, formats);
        trim(&mut atoms);
        let runs = runs(&atoms);
        let mut out = Out { text: String::new(), in_table: self.in_table, last_code: None };
        let mut next = 0;
        // Last atoms of the runs that are open.
        let mut open: Vec<&Run> = Vec::new();
        // The link that is open: where it leads, and one past its last atom.
        let mut link: Option<(&str, usize)> = None;
        for (at, atom) in atoms.iter().enumerate() {
            if link.is_none()
                && let Some((_, target)) = atom.link
            {
                let same = |other: &&Atom<'_>| other.link == atom.link;
                let end = at + atoms.iter().skip(at).take_while(same).count();
                let begins_here = |run: &&Run| run.first == at;
                while let Some(run) = runs.get(next).filter(begins_here).filter(|r| r.last >= end) {
                    out.text.push_str(run.mark);
                    open.push(run);
                    next += 1;
                }
                let is_bare = end == at + 1
                    && runs.get(next).is_none_or(|run| run.first != at)
                    && open.last().is_none_or(|run| run.last != at);
                if is_bare && is_address(atom, target) {
                    out.text.push_str(&["<", target, ">"].concat());
                    continue;
                }
                out.open_link();
                link = Some((target, end));
            }
            while let Some(run) = runs.get(next).filter(|run| run.first == at) {
                out.text.push_str(run.mark);
                open.push(run);
                next += 1;
            }
            out.atom(atom);
            let is_last = link.as_ref().is_some_and(|(_, end)| *end == at + 1);
            let mut close = |out: &mut Out, inside: bool| {
                let is_inside = |run: &Run| atom.link.is_some() && starts_in(&atoms, run, atom);
                while let Some(run) = open.pop_if(|run| run.last == at && is_inside(run) == inside)
                {
                    out.text.push_str(run.mark);
                }
            };
            close(&mut out, true);
            if is_last && let Some((target, _)) = link.take() {
                out.close_link(target);
            }
            close(&mut out, false);
        }
        out.text
    }
}

/// True if a run begins in the link of an atom.
fn starts_in(atoms: &[Atom<'_>], run: &Run, atom: &Atom<'_>) -> bool {
    atoms.get(run.first).is_some_and(|first| first.link == atom.link)
}

/// The pieces cut up where their formats change.
fn atoms<'f>(text: &str, pieces: &[Span], formats: &'f [Format]) -> Vec<Atom<'f>> {
    let mut cuts: Vec<(usize, bool, usize)> = Vec::with_capacity(2 * formats.len());
    for (number, format) in formats.iter().enumerate() {
        let span = format.span();
        cuts.push((span.start, true, number));
        cuts.push((span.end, false, number));
    }
    // At one place ends come first.
    cuts.sort_unstable();
    let mut cuts = cuts.into_iter().peekable();
    let mut state = Atom {
        text: String::new(),
        link: None,
        is_code: false,
        is_strong: false,
        is_emphasised: false,
    };
    let mut atoms: Vec<Atom<'f>> = Vec::new();
    for piece in pieces {
        let mut at = piece.start;
        while at < piece.end {
            while let Some((_, begins, number)) = cuts.next_if(|(place, ..)| *place <= at) {
                match formats.get(number) {
                    Some(Format::Link(anchor, target)) => {
                        state.link = begins.then_some((*anchor, target.as_str()));
                    }
                    Some(Format::Inline(inline)) => match inline.kind {
                        InlineKind::Code => state.is_code = begins,
                        InlineKind::Strong => state.is_strong = begins,
                        InlineKind::Emphasis => state.is_emphasised = begins,
                    },
                    None => {}
                }
            }
            let end = cuts.peek().map_or(piece.end, |(place, ..)| piece.end.min(*place));
            let part = Span::new(at, end).of(text);
            at = end;
            match atoms.last_mut().filter(|last| last.is_like(&state)) {
                Some(last) => last.text.push_str(part),
                None => atoms.push(Atom { text: part.to_owned(), ..state.like() }),
            }
        }
    }
    atoms
}

impl<'f> Atom<'f> {
    fn is_like(&self, other: &Atom<'_>) -> bool {
        self.link == other.link
            && self.is_code == other.is_code
            && self.is_strong == other.is_strong
            && self.is_emphasised == other.is_emphasised
    }

    /// Another one that is set off as this one, without text.
    fn like(&self) -> Atom<'f> {
        Atom { text: String::new(), ..*self }
    }
}

/// Takes white space away at both ends. A link of nothing but white space is
/// none; nor is such code.
fn trim(atoms: &mut Vec<Atom<'_>>) {
    for atom in atoms.iter_mut().filter(|atom| atom.text.trim().is_empty()) {
        atom.is_code = false;
    }
    let anchors: Vec<Option<Span>> = atoms.iter().map(|atom| Some(atom.link?.0)).collect();
    let mut at = 0;
    for same in anchors.chunk_by(|a, b| a == b) {
        let link = atoms.get_mut(at..at + same.len()).unwrap_or_default();
        at += same.len();
        if link.iter().all(|atom| atom.text.trim().is_empty()) {
            link.iter_mut().for_each(|atom| atom.link = None);
        }
    }
    while atoms.last().is_some_and(|last| last.text.trim().is_empty()) {
        atoms.pop();
    }
    let blank = atoms.iter().take_while(|atom| atom.text.trim().is_empty()).count();
    atoms.drain(..blank);
    if let Some(first) = atoms.first_mut() {
        first.text = first.text.trim_start().to_owned();
    }
    if let Some(last) = atoms.last_mut() {
        last.text.truncate(last.text.trim_end().len());
    }
}

/// The runs that a parser is sure to see as such: they begin and end beside what lets them
/// (CommonMark, 6.2), none begins or ends beside another's mark, and none reaches over one end of
/// a link.
fn runs(atoms: &[Atom<'_>]) -> Vec<Run> {
    let (mut strong, mut emphasised) = (Vec::new(), Vec::new());
    collect(atoms, |atom| atom.is_strong, "**", &mut strong);
    collect(atoms, |atom| atom.is_emphasised, "*", &mut emphasised);
    // Runs of one kind are apart; of two kinds the strong ones come first.
    let mut edges = vec![false; atoms.len() + 1];
    for edge in strong.iter().flat_map(|run| [run.first, run.last + 1]) {
        if let Some(edge) = edges.get_mut(edge) {
            *edge = true;
        }
    }
    let touches =
        |run: &Run| [run.first, run.last + 1].iter().any(|&edge| edges.get(edge) == Some(&true));
    emphasised.retain(|run| !touches(run) && !crosses(&strong, run));
    let mut runs = strong;
    runs.append(&mut emphasised);
    // In the order in which they are opened.
    runs.sort_unstable_by_key(|run| (run.first, std::cmp::Reverse(run.last)));
    runs
}

/// True if a run overlaps one of those, which are in order and apart, in part.
fn crosses(strong: &[Run], run: &Run) -> bool {
    let at = |place: usize| {
        let number = strong.partition_point(|known| known.last < place);
        strong.get(number).filter(|known| known.first <= place).map(|known| known.first)
    };
    // Both ends in the same strong run or in none.
    at(run.first) != at(run.last)
}

fn collect(
    atoms: &[Atom<'_>],
    is_in: impl Fn(&Atom<'_>) -> bool,
    mark: &'static str,
    runs: &mut Vec<Run>,
) {
    let mut at = 0;
    while at < atoms.len() {
        let run = atoms.iter().skip(at).take_while(|atom| is_in(atom)).count();
        if run > 0 {
            let (first, last) = (at, at + run - 1);
            if can_stand(atoms, first, last) {
                runs.push(Run { first, last, mark });
            }
        }
        at += run.max(1);
    }
}

/// True if marks before and behind these atoms are read as such.
fn can_stand(atoms: &[Atom<'_>], first: usize, last: usize) -> bool {
    let link = |at: usize| atoms.get(at).and_then(|atom| atom.link).map(|link| link.0);
    let before = |at: usize| at.checked_sub(1).and_then(link);
    // A link begins or ends at the edge, or goes on over it.
    let [opens, goes_on_before] = edge(before(first), link(first));
    let [closes, goes_on_behind] = edge(link(last + 1), link(last));
    // A run in a link, or with whole links in it.
    if (goes_on_before || goes_on_behind) && link(first) != link(last) {
        return false;
    }
    let is_whole_link = link(first).is_some() && link(first) == link(last);
    let (Some(head), Some(tail)) = (atoms.get(first), atoms.get(last)) else { return false };
    let inner_first = inner(head, head.text.chars().next(), opens && !is_whole_link);
    let inner_last = inner(tail, tail.text.chars().next_back(), closes && !is_whole_link);
    let outer_before = match first.checked_sub(1).and_then(|at| atoms.get(at)) {
        // In a link, behind its `[`; else at the start of the line.
        None => Beside::Free,
        Some(_) if is_whole_link && opens => Beside::Free,
        Some(atom) => outer(atom, atom.text.chars().next_back()),
    };
    let outer_behind = match atoms.get(last + 1) {
        None => Beside::Free,
        Some(_) if is_whole_link && closes => Beside::Free,
        Some(atom) => outer(atom, atom.text.chars().next()),
    };
    let fits = |inner: Beside, outer: Beside| match inner {
        Beside::Letter => true,
        Beside::Mark => outer == Beside::Free,
        Beside::Free => false,
    };
    fits(inner_first, outer_before) && fits(inner_last, outer_behind)
}

/// Of the links on both sides of a place, outside and inside: whether that inside begins or ends
/// there, and whether one goes on over it.
fn edge(outside: Option<Span>, inside: Option<Span>) -> [bool; 2] {
    [inside.is_some() && outside != inside, inside.is_some() && outside == inside]
}

/// What stands beside a mark.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Letter,
    /// Punctuation, or what may be.
    Mark,
    /// White space, the end of the line; outside a run also what is surely punctuation.
    Free,
}

fn inner(atom: &Atom<'_>, c: Option<char>, beside_link: bool) -> Beside {
    match c {
        None => Beside::Free,
        Some(c) if c.is_whitespace() => Beside::Free,
        Some(c) if is_letter(c) && !atom.is_code && !beside_link => Beside::Letter,
        _ => Beside::Mark,
    }
}

fn outer(atom: &Atom<'_>, c: Option<char>) -> Beside {
    match c {
        Some(c) if atom.is_code || c.is_whitespace() || c.is_ascii_punctuation() => Beside::Free,
        None => Beside::Free,
        _ => Beside::Letter,
    }
}

/// True for a letter or digit that CommonMark takes for no symbol: circled letters are some.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && !matches!(c, '\u{2460}'..='\u{24ff}' | '\u{1f100}'..='\u{1f1ff}')
}

struct Out {
    text: String,
    in_table: bool,
    last_code: Option<LastCode>,
}

/// Code that was written last.
struct LastCode {
    start: usize,
    end: usize,
    code: String,
}

impl Out {
    fn atom(&mut self, atom: &Atom<'_>) {
        if atom.is_code {
            self.code(&atom.text);
        } else {
            self.escaped(&atom.text);
        }
    }

    fn code(&mut self, text: &str) {
        let code = text.trim_end();
        let behind = text.get(code.len()..).unwrap_or("");
        let code = code.trim_start();
        let before = text.get(..text.len() - behind.len() - code.len()).unwrap_or("");
        // Of two with nothing between them the backticks would be read as one mark.
        let mut whole = String::new();
        if let Some(last) = self.last_code.take()
            && before.is_empty()
            && last.end == self.text.len()
        {
            self.text.truncate(last.start);
            whole = last.code;
        }
        whole.push_str(code);
        self.text.push_str(before);
        let start = self.text.len();
        let fence = "`".repeat(longest_run(&whole, '`') + 1);
        let pad = if whole.starts_with('`') || whole.ends_with('`') { " " } else { "" };
        let escaped = if self.in_table { whole.replace('|', "\\|") } else { whole.clone() };
        for part in [&fence, pad, &escaped, pad, &fence] {
            self.text.push_str(part);
        }
        self.last_code = Some(LastCode { start, end: self.text.len(), code: whole });
        self.text.push_str(behind);
    }

    fn escaped(&mut self, text: &str) {
        let mut before = None;
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, c)| *c);
            let is_mark = match c {
                '\\' | '`' | '*' | '[' | ']' | '<' | '~' => true,
                '_' => !(before.is_some_and(is_letter) && next.is_some_and(is_letter)),
                '|' => self.in_table,
                '&' => is_entity(text.get(at..).unwrap_or("")),
                _ => false,
            };
            if is_mark {
                self.text.push('\\');
            }
            self.text.push(if matches!(c, '\n' | '\r') { ' ' } else { c });
            before = Some(c);
        }
    }

    fn open_link(&mut self) {
        // A picture has a `!` before it.
        if self.text.ends_with('!') {
            self.text.pop();
            self.text.push_str("\\!");
        }
        self.text.push('[');
    }

    fn close_link(&mut self, target: &str) {
        self.text.push_str("](");
        self.text.push_str(&target::written(target, self.in_table));
        self.text.push(')');
    }
}

/// True if a link's text is where it leads, so that it can be written as an address alone.
fn is_address(atom: &Atom<'_>, target: &str) -> bool {
    let is_safe = |c: char| !c.is_whitespace() && !c.is_control() && !"<>\\|&`\"".contains(c);
    !atom.is_code
        && atom.text == target
        && crate::address::is_web(target)
        && target.chars().all(is_safe)
}

/// True if a text begins with what is read as a character: `&amp;`, `&#65;`.
pub(super) fn is_entity(text: &str) -> bool {
    let name = text.get(1..).unwrap_or("").trim_start_matches('#');
    let length = name.bytes().take(ENTITY_BYTES_MAX).take_while(u8::is_ascii_alphanumeric).count();
    length > 0 && name.as_bytes().get(length) == Some(&b';')
}

/// Bytes of the longest entity's name, and more.
const ENTITY_BYTES_MAX: usize = 40;

/// The most of a character in a row.
pub(super) fn longest_run(text: &str, wanted: char) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// A line of Markdown so that it begins nothing else than text where it begins a line.
pub(super) fn line_start(line: String) -> String {
    let first = line.chars().next();
    let followed = |at: usize| {
        let next = line.get(at..).unwrap_or("").chars().next();
        next.is_none_or(char::is_whitespace)
    };
    let run = |wanted: &[char]| line.trim_start_matches(wanted);
    let at = match first {
        Some('>') => Some(0),
        Some('-' | '+') if followed(1) => Some(0),
        Some('#') => {
            let count = line.len() - run(&['#']).len();
            (count <= 6 && followed(count)).then_some(0)
        }
        // The line under a heading, or under the header of a table.
        Some('-' | '=' | ':' | '|') => run(&['-', '=', ':', '|', ' ']).is_empty().then_some(0),
        Some('0'..='9') => {
            let count = line.bytes().take_while(u8::is_ascii_digit).count();
            let is_mark = matches!(line.as_bytes().get(count), Some(b'.' | b')'));
            (is_mark && followed(count + 1)).then_some(count)
        }
        _ => None,
    };
    match at {
        Some(at) => {
            let (before, behind) = line.split_at(at);
            [before, "\\", behind].concat()
        }
        None => line,
    }
}

/// A line of Markdown so that no `#` at its end is taken for the end of a heading.
pub(super) fn heading(line: String) -> String {
    let bare = line.trim_end_matches('#');
    if bare.len() == line.len() || !(bare.is_empty() || bare.ends_with(char::is_whitespace)) {
        return line;
    }
    let (before, last) = line.split_at(line.len() - 1);
    [before, "\\", last].concat()
}
