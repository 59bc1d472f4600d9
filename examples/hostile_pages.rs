//! Writes pages that are meant to make a parser slow or fat, in sizes from 1 to 10 MB, to see that
//! time and memory grow with the size: `cargo run --release --example hostile_pages -- FOLDER`.
//!
//! `benches/hostile.sh FOLDER` cleans them one by one and prints the table of
//! `docs/performance.md`.

use std::error::Error;
use std::path::PathBuf;

const MEGABYTES: [usize; 4] = [1, 2, 5, 10];

/// A name, what stands before, and a piece that is repeated with its number for `#`.
const PAGES: [(&str, &str, &str); 26] = [
    ("nested div", "", "<div>"),
    ("formatting left open", "", "<b><i><font size=#>x"),
    ("links left open", "", "<p><a href=#>x"),
    ("paragraphs in an open link", "<a href=x>", "<p>y"),
    ("nested tables", "", "<table><tr><td>x"),
    ("links and tables", "", "<a href=x>t<table>u"),
    ("nested svg", "", "<svg>"),
    ("nested math", "", "<math><mi>"),
    ("framesets", "", "<frameset><frame src=x>"),
    ("attributes of one tag", "<p", " a#=#"),
    ("ids and classes", "", "<div class='c# d#' id=i#>w</div>"),
    ("element names", "", "<x-name-#>"),
    ("entities", "", "&amp;"),
    ("entities without end", "", "&notit &#65 &#x42;"),
    ("less-than signs", "", "<"),
    ("a comment never closed", "<p>x<!--", "a -- b ->"),
    ("null characters", "<p>text", "words and \0 more"),
    ("one text", "", "a"),
    ("empty elements", "", "<i></i>"),
    ("line breaks", "", "<br>"),
    ("list items", "", "<li>a"),
    ("metadata", "", "<meta name=author content='Ann #'>"),
    ("marked elements", "", "<b itemprop=author><i>x</i> # "),
    ("code and links", "", "<code>a<a href=#.html>b|`</a></code><i>c</i>"),
    ("ragged tables", "<table><tr><th>a", "<th>b</th><tr><td># *"),
    (
        "structured data",
        "<script type='application/ld+json'>[",
        "{\"@type\":\"Answer\",\"text\":\"The mill # stands idle, and the miller mends nets.\"},",
    ),
];

/// A broken character set: bytes that are no UTF-8.
const BROKEN: &[u8] = b"<p>caf\xe9 \xff\xfe ";

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("which folder?")?.into();
    std::fs::create_dir_all(&folder)?;
    for megabytes in MEGABYTES {
        let bytes = megabytes * 1_000_000;
        let write = |name: &str, page: &[u8]| {
            let name = format!("{}-{megabytes}.html", name.replace(' ', "-"));
            std::fs::write(folder.join(name), page)
        };
        for (name, before, piece) in PAGES {
            let mut page = before.to_owned();
            for number in 0.. {
                if page.len() >= bytes {
                    break;
                }
                page.push_str(&piece.replace('#', &number.to_string()));
            }
            write(name, page.as_bytes())?;
        }
        write("broken characters", &BROKEN.repeat(bytes / BROKEN.len()))?;
    }
    Ok(())
}
