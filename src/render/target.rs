//! Where a link leads, as Markdown writes it.

use crate::address;

/// Bytes of the address that relative links start from: it is written once for each.
const BASE_BYTES_MAX: usize = 256;
/// Bytes of a target that is worth writing.
const TARGET_BYTES_MAX: usize = 4_000;
/// Parentheses in parentheses that may stand in a target as they are.
const NESTED_MAX: usize = 8;

/// The address that relative links start from, if it is not too long.
pub(super) fn base(url: Option<&str>) -> Option<&str> {
    let url = url?;
    let bare = url.split(['?', '#']).next().unwrap_or(url);
    [url, bare].into_iter().find(|url| url.len() <= BASE_BYTES_MAX)
}

/// Where a link leads from a page; `None` if that is nowhere.
pub(super) fn resolved(target: &str, base: Option<&str>) -> Option<String> {
    if target.len() > TARGET_BYTES_MAX {
        return None;
    }
    let target = address::trimmed(target);
    let target = target.trim_end_matches('#');
    let scheme = address::scheme(target).unwrap_or("").to_ascii_lowercase();
    let is_nowhere =
        matches!(scheme.as_str(), "javascript" | "vbscript" | "data" | "about" | "blob");
    if target.is_empty() || is_nowhere {
        return None;
    }
    Some(address::resolve(base.unwrap_or(""), target))
}

/// A target as it stands between `(` and `)`; in a table no cell may end in it.
pub(super) fn written(target: &str, in_table: bool) -> String {
    let balanced = is_balanced(target);
    let mut written = String::with_capacity(target.len());
    for (at, c) in target.char_indices() {
        match c {
            '(' | ')' if !balanced => {
                written.push('\\');
                written.push(c);
            }
            '|' if in_table => written.push_str("%7C"),
            '&' if super::inline::is_entity(target.get(at..).unwrap_or("")) => {
                written.push_str("\\&");
            }
            '\\' | '<' | '>' | '`' | '"' => push_encoded(&mut written, c),
            _ if c.is_whitespace() || c.is_control() => push_encoded(&mut written, c),
            _ => written.push(c),
        }
    }
    written
}

fn push_encoded(written: &mut String, c: char) {
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        written.push_str(&format!("%{byte:02X}"));
    }
}

/// True if each parenthesis has its other one, and they do not nest deep.
fn is_balanced(target: &str) -> bool {
    let mut open = 0_usize;
    for byte in target.bytes() {
        match byte {
            b'(' => open += 1,
            b')' if open == 0 => return false,
            b')' => open -= 1,
            _ => {}
        }
        if open > NESTED_MAX {
            return false;
        }
    }
    open == 0
}
