//! Labels of fields in the shapes that profiles come in: `Name : Jo`, `Name<tab>Jo`,
//! `"name": "Jo"`, `| Name | Jo |`, `<name>Jo</name>`, `Name: Jo Job: baker`.

use super::parts;
use crate::text::fingerprint;

/// Most characters and words of a label.
const CHARACTERS: usize = 30;
const WORDS: usize = 3;

/// The fingerprints of what may be labels in a line: what stands at its start before a
/// separator, and the one to three words before each colon inside it.
///
/// Words inside a line start upper case or stand in quotation marks: `his name: Jo` is prose.
pub(super) fn labels(line: &str) -> Vec<u64> {
    // Without one of these, and the wide colon's first byte, nothing is a label.
    let bytes = line.as_bytes();
    if memchr::memchr3(b':', b'\t', b'|', bytes).is_none()
        && memchr::memchr2(b'<', 0xEF, bytes).is_none()
    {
        return Vec::new();
    }
    let mut found: Vec<u64> = first_label(line).map(fingerprint).into_iter().collect();
    // Most lines have no colon; the wide one starts with this byte.
    if !line.bytes().any(|b| b == b':' || b == 0xEF) {
        return found;
    }
    for (at, _) in line.match_indices([':', '：']) {
        let before = line.get(..at).unwrap_or("").trim_end_matches(['*', ' ']);
        let bare = before.trim_end_matches(['"', '\'']);
        let quoted = bare.len() < before.len();
        let in_label = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '_');
        let start = bare.char_indices().rev().take(CHARACTERS + 10);
        let start = start.take_while(|(_, c)| in_label(*c)).last().map_or(bare.len(), |(at, _)| at);
        let words = bare.get(start..).unwrap_or("");
        for word in words.split_whitespace().rev().take(WORDS) {
            let from = word.as_ptr() as usize - words.as_ptr() as usize;
            let label = words.get(from..).unwrap_or("");
            if quoted || !label.starts_with(char::is_lowercase) {
                found.push(fingerprint(label));
            }
        }
    }
    found
}

/// What stands at the start of a line before a colon, a tab, or the end of its cell or tag.
fn first_label(line: &str) -> Option<&str> {
    let line = parts::unmarked(line);
    let (line, ends): (&str, &[char]) = match line.chars().next()? {
        '|' => (line.get(1..)?, &['|']),
        '<' => (line.get(1..)?, &['>']),
        _ => (line.trim_start_matches(['{', '"', '\'', ' ']), &[':', '：', '\t']),
    };
    let (end, _) = line.char_indices().take(CHARACTERS + 2).find(|(_, c)| ends.contains(c))?;
    let label =
        line.get(..end)?.trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '"' | '\''));
    (!label.is_empty()).then_some(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(line: &str, label: &str) -> bool {
        labels(line).contains(&fingerprint(label))
    }

    #[test]
    fn labels_are_found_in_every_shape() {
        for line in [
            "  • Job : baker",
            "- **Job:** baker",
            "Job\tbaker",
            "| Job | baker |",
            "<job>baker</job>",
            "{\"job\": \"baker\"",
            "\"name\": \"Jo\", \"job\": \"baker\"",
            "Name: Jo Job: baker",
            "JOB：パン屋",
        ] {
            assert!(has(line, "job"), "{line}");
        }
        assert!(has("Name: Jo Date of birth: 1999", "date of birth"));
        assert!(has("Имя : Анна", "имя"));
    }

    #[test]
    fn words_in_prose_are_no_labels() {
        for line in ["He knew the job: baking.", "job", "The job | the pay", "", ":", "::", "→ : ←"]
        {
            assert!(!has(line, "job"), "{line}");
        }
    }
}
