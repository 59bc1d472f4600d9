//! The rules files under `rules/`, embedded in the program.

use include_dir::Dir;

use crate::embedded;

/// A built-in rules file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Builtin {
    /// Path under `rules/`, such as `presets/web.toml`.
    pub(crate) path: &'static str,
    pub(crate) text: &'static str,
}

/// All built-in rules files, by path.
pub(crate) fn files() -> Vec<Builtin> {
    let mut found = Vec::new();
    let mut folders: Vec<&'static Dir<'static>> = vec![&embedded::RULES];
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        for file in folder.files() {
            let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8()) else {
                continue;
            };
            if path.ends_with(".toml") {
                found.push(Builtin { path, text });
            }
        }
    }
    found.sort_by_key(|file| file.path);
    found
}

/// The built-in file of a name: `boilerplate`, `presets/web`, or `web` for the latter.
pub(crate) fn find(name: &str) -> Option<Builtin> {
    let files = files();
    let of = |path: String| files.iter().find(|file| file.path == path).copied();
    of(format!("{name}.toml")).or_else(|| of(format!("presets/{name}.toml")))
}

/// The names of all built-in files, presets with and without their folder.
pub(crate) fn names() -> Vec<&'static str> {
    let mut names = Vec::new();
    for file in files() {
        let name = file.path.strip_suffix(".toml").unwrap_or(file.path);
        names.extend(name.strip_prefix("presets/"));
        names.push(name);
    }
    names
}
