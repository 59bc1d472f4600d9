//! The page `docs/signals.md`, made from the list of signals.

use std::fmt::Write;

use super::{Need, Signal, all};

const OPENING: &str = "\
# Signals

Generated from the list of signals (`UPDATE_DOCS=1 cargo test signals` rewrites this page).

A signal is a number measured on a sentence, a block or a document when a rule first asks for it.
*Undefined* is a value of its own: a rule whose condition is undefined does not fire.
A signal never changes its meaning under its name; another definition is another signal.

- A **count** is a whole number, 0 or more; questions of yes and no are counts of 1 and 0.
- A **ratio** lies between 0 and 1. Its divisor stands in its definition; where that is nothing, it is undefined.
- A **number** is 0 or more, without a natural upper bound.

A **word** is what UAX 29 calls one, if it has a letter or a digit. A **line** ends at a line
break; blank ones do not count. **Characters** are code points. A **content word** has a letter
and is no stop word of the document's language; without a list for the language it has at least
four characters. Two content words are the same, **inflection aside**, if they begin alike: six
letters (five outside ASCII), without a plural's `s`; in scripts without spaces (Chinese, Thai)
pairs of neighbouring characters are compared. The **fingerprint** of a text is of its letters in
lower case and its digits as `0`. Targets of Markdown links are no part of words, link density
or the lengths in *Structure*.

**Prose** is a paragraph or quotation that ends with an end mark and has four or more words, or
has 80 or more characters; titles (title case, no full stop) are not prose. A **short** block is a
paragraph, heading or list that is not prose, of whose items none is longer than 100 characters and
at most half end with a full stop. A **run** is a maximal sequence of short blocks; a heading
right before prose is a run of its own.

A **body** block is a paragraph, quotation or list whose items end with end marks and have eight
words or more, or have 140 characters or more and not mostly capitals. A **stretch** is a maximal
sequence of blocks that are not body; a body block is a stretch of its own. An item bears a **mark
of page furniture** if it, or a part of it between `|`, `·` and the like, is an entry of the lists
of menus, share bars and headings of related links, if two to four of its words in a row are an
entry of those or of the lists of calls, notices and legal footers, or if it has a copyright sign;
items of more than 14 words bear none.
";

/// The families in the order of the page, with their headings and lists.
pub fn families() -> Vec<(&'static str, &'static [&'static Signal])> {
    vec![
        ("Source", super::source::ALL),
        ("Words", super::words::ALL),
        ("Characters", super::characters::ALL),
        ("Lines and items", super::lines::ALL),
        ("Repeats", super::repeats::ALL),
        ("Copies across documents", super::corpus::ALL),
        ("Links", super::links::ALL),
        ("Placeholders", super::placeholder::ALL),
        ("Profiles", super::profiles::ALL),
        ("Topic", super::topic::ALL),
        ("Titles", super::titles::ALL),
        ("Structure", super::structure::ALL),
        ("Stitched text", super::stitched::ALL),
        ("Furniture", super::furniture::ALL),
        ("Surroundings", super::surroundings::ALL),
        ("Main content of HTML", super::main_content::ALL),
        ("Removed", super::removed::ALL),
        ("datatrove 0.10.1", super::published::datatrove::ALL),
        ("dolma 1.2.1", super::published::dolma::ALL),
        ("DCLM", super::published::dclm::ALL),
        ("NeMo Curator 1.4.0", super::published::nemo::ALL),
        ("data-juicer 1.6.1", super::published::juicer::ALL),
        ("C4 of TensorFlow Datasets 4.9.10", super::published::c4_tfds::ALL),
        ("RefinedWeb's line filters in DCLM", super::published::refinedweb::ALL),
        ("RedPajama-V2", super::published::redpajama::ALL),
    ]
}

/// The page `docs/signals.md`: every signal with unit, scopes, needs, definition and source.
///
/// ```
/// assert!(tamis::signals::docs().contains("### `word_count`"));
/// ```
pub fn docs() -> String {
    let mut page = String::from(OPENING);
    let _ = writeln!(page, "\nThere are {} signals.", all().len());
    for (name, signals) in families() {
        let _ = writeln!(page, "\n## {name}");
        for signal in signals {
            // Writing to a string cannot fail.
            let _ = write!(page, "\n### `{}`\n\n{}.\n\n", signal.name, signal.about);
            let _ = writeln!(page, "- Unit: {}", signal.unit.name());
            let scopes: Vec<&str> = signal.scopes.iter().map(|scope| scope.name()).collect();
            let _ = writeln!(page, "- Scopes: {}", scopes.join(", "));
            let needs: Vec<&str> = signal.needs.iter().map(need).collect();
            if !needs.is_empty() {
                let _ = writeln!(page, "- Needs: {}", needs.join(", "));
            }
            let _ = writeln!(page, "- Source: {}", signal.source);
        }
    }
    page
}

fn need(need: &Need) -> &'static str {
    match need {
        Need::StopWords => "stop words of the document's language",
        Need::Survey(part) => part.described(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_is_in_one_family() {
        let listed: usize = families().iter().map(|(_, signals)| signals.len()).sum();
        assert_eq!(listed, all().len());
    }

    #[test]
    fn the_page_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/signals.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).unwrap();
            std::fs::write(path, docs()).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == docs(), "stale: run UPDATE_DOCS=1 cargo test signals");
    }
}
