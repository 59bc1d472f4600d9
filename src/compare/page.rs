//! The differences as a page for a person, in one file that opens anywhere.

use std::io::Write;

use serde::Serialize;

use super::{Differences, Names};
use crate::web_page::{BASE_SCRIPT, BASE_STYLE, WebPage, WebPageError};

const WITHOUT_SCRIPT: &str = "This page draws its tables with a script of its own, and scripts are \
    switched off here. `tamis diff` prints the same, and --json writes it as text.";

#[derive(Serialize)]
struct Data<'d> {
    old: &'d str,
    new: &'d str,
    differences: &'d Differences,
}

/// Writes the page. The same differences give the same page.
///
/// # Errors
/// If what is written to fails.
pub fn write(
    to: &mut impl Write,
    differences: &Differences,
    names: Names<'_>,
) -> Result<(), WebPageError> {
    let page = WebPage {
        language: "en",
        title: "tamis: what other rules change",
        styles: &[BASE_STYLE, include_str!("page/diff.css")],
        scripts: &[BASE_SCRIPT, include_str!("page/diff.js")],
        body: "",
        without_script: WITHOUT_SCRIPT,
    };
    let data = Data { old: names.old, new: names.new, differences };
    page.write(to, &data, std::iter::empty::<()>())
}
