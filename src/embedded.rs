//! The project's `rules/` folder, embedded in the program.

use include_dir::{Dir, include_dir};

/// The folder `rules/` as it was when the program was built.
pub(crate) static RULES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");
