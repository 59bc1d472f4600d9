//! What a block stands in: quotations, and items of lists whose items are blocks of their own.

use crate::document::{BlockKind, Page};
use crate::outline::{Element, ElementId, Outline};

/// Containers in containers that are written; what is nested deeper stands in the innermost.
const LEVELS_MAX: usize = 8;

/// A container around a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    /// A quotation.
    Quote(ElementId),
    /// An item of a list.
    Item {
        /// The item's element.
        item: ElementId,
        /// The list's element.
        list: ElementId,
        /// Its number, in an ordered list.
        number: Option<u32>,
    },
}

/// The containers of a page's elements.
#[derive(Default)]
pub(super) struct Containers {
    /// For each element what it is itself, and the innermost container that it is or stands in.
    own: Vec<Option<Container>>,
    nearest: Vec<Option<ElementId>>,
}

impl Containers {
    /// Finds them, in time linear in the elements and blocks.
    pub(super) fn of(page: &Page) -> Self {
        let outline = &page.outline;
        let count = outline.elements().len();
        let mut found = Self::default();
        let mut levels = vec![0_usize; count];
        // Items of each list so far.
        let mut items = vec![0_u32; count];
        let with_heading = with_heading(page);
        for (id, element) in outline.elements().iter().enumerate() {
            let outer = element.parent.map(|outer| outer as usize);
            let level = outer.and_then(|outer| levels.get(outer)).copied().unwrap_or(0);
            let near = outer.and_then(|outer| found.nearest.get(outer)).copied().flatten();
            let id = id as ElementId;
            let own = match outline.tag(element).name {
                "blockquote" => Some(Container::Quote(id)),
                "li" => item(outline, id, element, &mut items, &with_heading),
                _ => None,
            };
            let own = own.filter(|_| level < LEVELS_MAX);
            if let Some(place) = levels.get_mut(id as usize) {
                *place = level + usize::from(own.is_some());
            }
            found.own.push(own);
            found.nearest.push(if own.is_some() { Some(id) } else { near });
        }
        found.up(outline)
    }

    /// Makes `nearest` of a container the one around it, so that they can be followed upwards.
    fn up(mut self, outline: &Outline) -> Self {
        let around: Vec<Option<ElementId>> = outline
            .elements()
            .iter()
            .map(|element| *self.nearest.get(element.parent? as usize)?)
            .collect();
        self.nearest = self
            .nearest
            .iter()
            .zip(&self.own)
            .zip(around)
            .map(|((near, own), around)| if own.is_some() { around } else { *near })
            .collect();
        self
    }

    /// The containers around a block in an element, outermost first.
    pub(super) fn around(&self, element: Option<ElementId>) -> Vec<Container> {
        let mut found = Vec::new();
        let mut at = element;
        while let Some(id) = at.filter(|_| found.len() <= LEVELS_MAX) {
            found.extend(self.own.get(id as usize).copied().flatten());
            at = self.nearest.get(id as usize).copied().flatten();
        }
        found.reverse();
        found
    }
}

/// For each number of blocks from the page's start how many headings are among them.
fn with_heading(page: &Page) -> Vec<u32> {
    let Some(structure) = &page.structure else { return Vec::new() };
    let mut count = 0;
    let mut sums = vec![0];
    sums.extend(structure.parts.iter().map(|part| {
        count += u32::from(part.kind == BlockKind::Heading);
        count
    }));
    sums
}

/// The item of a list that an element is, unless headings stand in it: then the list arranges
/// sections.
fn item(
    outline: &Outline,
    id: ElementId,
    element: &Element,
    items: &mut [u32],
    headings: &[u32],
) -> Option<Container> {
    let list = element.parent?;
    let is_ordered = match outline.tag(outline.get(Some(list))?).name {
        "ol" => true,
        "ul" | "menu" | "dir" => false,
        _ => return None,
    };
    let number = items.get_mut(list as usize)?;
    *number += 1;
    let until = |block: u32| headings.get(block as usize).copied();
    let is_section = until(element.first_block) != until(element.end_block);
    (!is_section).then_some(Container::Item {
        item: id,
        list,
        number: is_ordered.then_some(*number),
    })
}
