//! The [`Outline`] of an HTML page: the elements around its blocks.

use crate::places::Places;

/// Bytes of a path, the `…/` for what is left out included.
const PATH_BYTES_MAX: usize = 200;
/// Bytes of an element's name, an id or a class in a path.
const NAME_BYTES_MAX: usize = 40;
/// Classes of an element in a path.
const CLASSES_MAX: usize = 2;
/// Stands for the outer elements of a path that is too long.
const CUT: &str = "…/";

/// Number of an element in its [`Outline`].
pub type ElementId = u32;

/// The elements that hold blocks, outer before inner. Empty for formats other than HTML.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    elements: Vec<Element>,
    /// Names, ids and classes of all elements.
    text: String,
    /// Where the page's text stands in its markup.
    pub places: Places,
    /// What the page says it is, in words such as `product`: types of its structured data and
    /// its declared kind (`og:type`), in the order of the markup, lower-case.
    pub types: Vec<Box<str>>,
}

/// An element that holds at least one block.
#[derive(Clone, Debug)]
pub struct Element {
    /// The element around it.
    pub parent: Option<ElementId>,
    /// The first block in it.
    pub first_block: u32,
    /// One past the last block in it.
    pub end_block: u32,
    /// It is not shown, or one around it is not.
    pub is_hidden: bool,
    name: (u32, u32),
    id: (u32, u32),
    role: (u32, u32),
    classes: (u32, u32),
}

/// What markup says of an element.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tag<'a> {
    /// Its name: `div`.
    pub name: &'a str,
    /// The attribute `id`, empty if there is none.
    pub id: &'a str,
    /// The attribute `role`.
    pub role: &'a str,
    /// The attribute `class`.
    pub classes: &'a str,
    /// It is not shown.
    pub is_hidden: bool,
}

impl Outline {
    /// Adds an element that begins before block `first_block`.
    pub fn push(
        &mut self,
        parent: Option<ElementId>,
        tag: Tag<'_>,
        first_block: usize,
    ) -> ElementId {
        let is_hidden = tag.is_hidden || self.get(parent).is_some_and(|outer| outer.is_hidden);
        let [name, id, role, classes] =
            [tag.name, tag.id, tag.role, tag.classes].map(|part| self.keep(part));
        let first_block = first_block as u32;
        let end_block = first_block;
        let element =
            Element { parent, first_block, end_block, is_hidden, name, id, role, classes };
        self.elements.push(element);
        (self.elements.len() - 1) as ElementId
    }

    fn keep(&mut self, part: &str) -> (u32, u32) {
        let start = self.text.len();
        self.text.push_str(part);
        (start as u32, self.text.len() as u32)
    }

    /// Says before which block an element ends.
    pub fn end(&mut self, id: ElementId, end_block: usize) {
        if let Some(element) = self.elements.get_mut(id as usize) {
            element.end_block = end_block as u32;
        }
    }

    /// All elements, outer before inner.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// An element.
    pub fn get(&self, id: Option<ElementId>) -> Option<&Element> {
        self.elements.get(id? as usize)
    }

    /// An element and those around it, innermost first.
    pub fn around(&self, id: Option<ElementId>) -> impl Iterator<Item = (ElementId, &Element)> {
        let first = id.and_then(|id| Some((id, self.get(Some(id))?)));
        std::iter::successors(first, |(_, element)| {
            // Outer elements come first, so this ends.
            let outer = element.parent?;
            Some((outer, self.get(Some(outer))?))
        })
    }

    fn part(&self, (start, end): (u32, u32)) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or("")
    }

    /// What markup says of an element.
    pub fn tag(&self, element: &Element) -> Tag<'_> {
        Tag {
            name: self.part(element.name),
            id: self.part(element.id),
            role: self.part(element.role),
            classes: self.part(element.classes),
            is_hidden: element.is_hidden,
        }
    }

    /// The path of an element from the root: `html/body/div#main.post/p`.
    ///
    /// Each is its name, then its id after `#` and its first two classes after `.`, with what is
    /// not a letter, digit, `_` or `-` of ASCII replaced by `-`. Outer elements are left out where
    /// the path would be too long.
    pub fn path(&self, id: ElementId) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut bytes = 0;
        let mut path = String::new();
        for (_, element) in self.around(Some(id)) {
            let part = step(self.tag(element));
            if bytes + part.len() + 1 + CUT.len() > PATH_BYTES_MAX {
                path.push_str(CUT);
                break;
            }
            bytes += part.len() + 1;
            parts.push(part);
        }
        parts.reverse();
        path.push_str(&parts.join("/"));
        path
    }
}

fn step(tag: Tag<'_>) -> String {
    let mut step = String::new();
    push_name(&mut step, tag.name);
    let id = tag.id.trim();
    if !id.is_empty() {
        step.push('#');
        push_name(&mut step, id);
    }
    for class in tag.classes.split_ascii_whitespace().take(CLASSES_MAX) {
        step.push('.');
        push_name(&mut step, class);
    }
    step
}

fn push_name(step: &mut String, name: &str) {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    step.extend(name.chars().take(NAME_BYTES_MAX).map(plain));
}
