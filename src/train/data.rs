//! Labelled pages: a folder with `gt.jsonl` and `html/ID.html`.

use crate::address::registered_domain;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::TrainError;

/// What a labelled page's line says; other keys are passed over.
#[derive(Clone, Debug, Deserialize)]
pub struct Labelled {
    /// Name of the page: its markup is `html/ID.html`.
    pub id: String,
    /// Kind of page: `article`, `product`, ….
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Its address.
    #[serde(default)]
    pub url: Option<String>,
    /// The main text; `null` where only snippets are labelled.
    #[serde(default)]
    pub text: Option<String>,
    /// Snippets that must be in the output.
    #[serde(default)]
    pub with: Vec<String>,
    /// Snippets that must not be.
    #[serde(default)]
    pub without: Vec<String>,
    /// Where the markup stands.
    #[serde(skip)]
    pub markup: PathBuf,
}

impl Labelled {
    /// Pages of one group are never on both sides of a fold: the registered domain of the
    /// address, or the page itself where there is none.
    pub fn group(&self) -> String {
        let domain = self.url.as_deref().and_then(registered_domain);
        domain.unwrap_or_else(|| self.id.clone())
    }
}

/// Reads the labels of a folder, in the order of the file.
///
/// # Errors
/// If the file is not there, or a line is not a label; says which.
pub(super) fn read(folder: &Path) -> Result<Vec<Labelled>, TrainError> {
    let path = folder.join("gt.jsonl");
    let text = fs::read_to_string(&path)
        .map_err(|error| TrainError::Read { path: path.clone(), error })?;
    let mut pages = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let mut page: Labelled = serde_json::from_str(line).map_err(|error| TrainError::Label {
            path: path.clone(),
            line: number + 1,
            error,
        })?;
        page.markup = folder.join("html").join(format!("{}.html", page.id));
        pages.push(page);
    }
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(url: Option<&str>) -> String {
        let line = serde_json::json!({"id": "page-7", "url": url});
        serde_json::from_value::<Labelled>(line).expect("a label").group()
    }

    #[test]
    fn pages_of_one_registered_domain_are_one_group() {
        assert_eq!(group(Some("https://shop.example.co.uk/a?b#c")), "example.co.uk");
        assert_eq!(group(Some("http://user@WWW.Example.co.uk:8080")), "example.co.uk");
    }

    #[test]
    fn a_page_without_an_address_is_its_own_group() {
        assert_eq!(group(None), "page-7");
        assert_eq!(group(Some("")), "page-7");
        assert_eq!(group(Some("not an address")), "page-7");
    }
}
