//! The page, as built from `src/web/app`: three files, embedded, so that nothing is read from disk
//! and building the program needs no Node.

/// A file of the page.
pub(super) struct Asset {
    /// Its name below the token; the page itself has none.
    pub(super) name: &'static str,
    /// Its type.
    pub(super) kind: &'static str,
    /// Its bytes.
    pub(super) bytes: &'static [u8],
}

/// All files of the page.
pub(super) const PAGE: [Asset; 3] = [
    Asset {
        name: "",
        kind: "text/html; charset=utf-8",
        bytes: include_bytes!("../../web/dist/index.html"),
    },
    Asset {
        name: "app.js",
        kind: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../web/dist/app.js"),
    },
    Asset {
        name: "app.css",
        kind: "text/css; charset=utf-8",
        bytes: include_bytes!("../../web/dist/app.css"),
    },
];
