//! Notes how blocks are built inside, while they are written, for [`Structure`].

use html5ever::{LocalName, local_name};
use scraper::node::Element;

use super::visible::attribute;
use crate::document::{Block, BlockKind, Span};
use crate::structure::{Begins, Inline, InlineKind, Mark, Part, Structure};

/// Bytes of the name of a language of code.
const LANGUAGE_BYTES_MAX: usize = 30;

/// The attribute under which a formatting element that has lost its name keeps it.
pub(super) const FORMAT: LocalName = local_name!("alt");

/// The names that are kept; see [`FORMAT`].
pub(super) fn format_name(name: &LocalName) -> Option<&'static str> {
    match *name {
        local_name!("code") | local_name!("tt") => Some("code"),
        local_name!("b") | local_name!("strong") => Some("strong"),
        local_name!("em") | local_name!("i") => Some("em"),
        _ => None,
    }
}

fn inline_kind(element: &Element) -> Option<InlineKind> {
    if let local_name!("kbd") | local_name!("samp") = element.name.local {
        return Some(InlineKind::Code);
    }
    match attribute(element, &FORMAT)? {
        "code" => Some(InlineKind::Code),
        "strong" => Some(InlineKind::Strong),
        "em" => Some(InlineKind::Emphasis),
        _ => None,
    }
}

/// Notes of the page, and of the block at hand.
#[derive(Default)]
pub(super) struct Inner {
    pub(super) structure: Structure,
    marks: Vec<Mark>,
    inlines: Vec<Inline>,
    open: Vec<OpenInline>,
    language: Option<Box<str>>,
}

/// Text that is being set off.
struct OpenInline {
    kind: InlineKind,
    /// How many elements are open with it.
    depth: usize,
    /// Where its text in the current line begins.
    start: Option<usize>,
}

impl Inner {
    /// An element without lines of its own begins, as the `depth`th of those open.
    pub(super) fn open(&mut self, element: &Element, depth: usize) {
        let Some(kind) = inline_kind(element) else { return };
        if self.language.is_none() {
            self.language = language(element);
        }
        // In the same once more it changes nothing.
        if !self.open.iter().any(|open| open.kind == kind) {
            self.open.push(OpenInline { kind, depth, start: None });
        }
    }

    /// The `depth`th of the open elements ends; `text` is the page's so far.
    pub(super) fn close(&mut self, depth: usize, text: &str) {
        if self.open.last().is_none_or(|open| open.depth != depth) {
            return;
        }
        if let Some(OpenInline { kind, start: Some(start), .. }) = self.open.pop() {
            self.push(kind, start, text);
        }
    }

    /// Text is written at a byte of the page's.
    pub(super) fn begin(&mut self, at: usize) {
        for open in self.open.iter_mut().rev() {
            if open.start.is_some() {
                return;
            }
            open.start = Some(at);
        }
    }

    /// A line, cell or block ends; what is set off goes on in the next.
    pub(super) fn end_line(&mut self, text: &str) {
        for at in (0..self.open.len()).rev() {
            let Some(open) = self.open.get_mut(at) else { continue };
            let kind = open.kind;
            if let Some(start) = open.start.take() {
                self.push(kind, start, text);
            }
        }
    }

    fn push(&mut self, kind: InlineKind, start: usize, text: &str) {
        let written = text.get(start..).unwrap_or("");
        let end = start + written.trim_end().len();
        let start = text.len() - written.trim_start().len();
        if start < end {
            self.inlines.push(Inline { span: Span::new(start, end), kind });
        }
    }

    /// Something begins; what stands for it was written from `start` to `end`.
    pub(super) fn mark(&mut self, start: usize, end: usize, begins: Begins) {
        self.marks.push(Mark { span: Span::new(start, end), begins });
    }

    /// Verbatim text begins, in these elements, innermost first.
    pub(super) fn open_verbatim<'a>(&mut self, elements: impl Iterator<Item = &'a Element>) {
        self.language = elements.take(LANGUAGE_ELEMENTS_MAX).find_map(language);
    }

    /// Verbatim text ends.
    pub(super) fn close_verbatim(&mut self) {
        self.language = None;
    }

    /// The block at hand ends; `None` if nothing is left of it.
    pub(super) fn end_block(&mut self, block: Option<&Block>) {
        let (marks, inlines) = (std::mem::take(&mut self.marks), std::mem::take(&mut self.inlines));
        let Some(block) = block else { return };
        let is_code = block.kind == BlockKind::Code;
        self.structure.parts.push(Part {
            kind: block.kind,
            level: block.level,
            span: block.span,
            element: block.element,
            marks,
            inlines: if is_code { Vec::new() } else { inlines },
            language: self.language.clone().filter(|_| is_code),
        });
    }
}

/// Elements around code whose classes may say its language.
const LANGUAGE_ELEMENTS_MAX: usize = 4;

/// The language that the classes of an element around code say: `language-rust`, `lang-rust`,
/// `highlight-source-rust` (GitHub), `highlight-rust` (Sphinx), `brush: rust`.
fn language(element: &Element) -> Option<Box<str>> {
    let classes = attribute(element, &local_name!("class"))?;
    let mut words = classes.split([' ', '\t', '\n', ';']).filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let prefixes = ["language-", "lang-", "highlight-source-", "highlight-"];
        let name = match word.strip_prefix("brush:") {
            Some("") => words.next(),
            Some(name) => Some(name),
            None => prefixes.iter().find_map(|prefix| word.strip_prefix(prefix)),
        };
        if let Some(name) = name.filter(|name| is_language(name)) {
            return Some(name.to_ascii_lowercase().into());
        }
    }
    None
}

/// True for what can be the name of a language, and says that it is one.
fn is_language(name: &str) -> bool {
    let none = ["none", "default", "plain", "plaintext", "text", "nohighlight", "auto", "wrapper"];
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+#.-_".contains(&byte);
    (1..=LANGUAGE_BYTES_MAX).contains(&name.len())
        && name.bytes().all(is_plain)
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && !none.iter().any(|none| none.eq_ignore_ascii_case(name))
}
