//! Paths of elements: `html/body/div#main.post/p`.

use html5ever::local_name;
use scraper::node::Element;

use super::visible::attribute;

/// Bytes of a path, the `…/` for what is left out included.
const PATH_BYTES_MAX: usize = 200;
/// Bytes of an element's name, an id or a class.
const NAME_BYTES_MAX: usize = 40;
/// Classes of an element.
const CLASSES_MAX: usize = 2;
/// Stands for the outer elements of a path that is too long.
const CUT: &str = "…/";

/// The path of elements given from the innermost to the root.
///
/// Each is its name, then its id after `#` and its first two classes after `.`, with what is
/// not a letter, digit, `_` or `-` of ASCII replaced by `-`. Outer elements are left out where
/// the path would be too long.
pub(super) fn of<'a>(innermost_first: impl Iterator<Item = &'a Element>) -> Box<str> {
    let mut parts: Vec<String> = Vec::new();
    let mut bytes = 0;
    let mut is_cut = false;
    for element in innermost_first {
        let part = part(element);
        if bytes + part.len() + 1 + CUT.len() > PATH_BYTES_MAX {
            is_cut = true;
            break;
        }
        bytes += part.len() + 1;
        parts.push(part);
    }
    parts.reverse();
    let mut path = String::with_capacity(bytes + CUT.len());
    if is_cut {
        path.push_str(CUT);
    }
    path.push_str(&parts.join("/"));
    path.into_boxed_str()
}

fn part(element: &Element) -> String {
    let mut part = String::new();
    push_name(&mut part, &element.name.local);
    if let Some(id) = attribute(element, &local_name!("id")).map(str::trim)
        && !id.is_empty()
    {
        part.push('#');
        push_name(&mut part, id);
    }
    let classes = attribute(element, &local_name!("class")).unwrap_or("");
    for class in classes.split_ascii_whitespace().take(CLASSES_MAX) {
        part.push('.');
        push_name(&mut part, class);
    }
    part
}

fn push_name(part: &mut String, name: &str) {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    part.extend(name.chars().take(NAME_BYTES_MAX).map(plain));
}
