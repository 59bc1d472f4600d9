//! What editing left of a document.

use super::{DOCUMENT, Measured, Signal, Unit, ratio};

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[
    &Signal {
        name: "kept_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "Bytes that editing left divided by bytes before it; undefined for an empty document",
        source: "after the word-removal ratio of DCLM",
        measure: |t| ratio(t.page.text.len(), before(t)),
    },
    &Signal {
        name: "removed_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "Bytes that editing removed divided by bytes before it; undefined for an empty document",
        source: "after the word-removal ratio of DCLM",
        measure: |t| ratio(t.page.removed_bytes, before(t)),
    },
];

/// Bytes of the text before editing.
fn before(t: &Measured<'_>) -> usize {
    t.page.text.len().saturating_add(t.page.removed_bytes)
}

#[cfg(test)]
mod tests {
    use crate::signals::tests::Fixture;

    #[test]
    fn what_was_kept_and_what_was_removed_make_one() {
        let page = Fixture::of("kept").removed(12);
        assert_eq!(page.document("kept_ratio"), Some(0.25));
        assert_eq!(page.document("removed_ratio"), Some(0.75));
    }

    #[test]
    fn a_document_of_which_all_is_gone_kept_nothing() {
        assert_eq!(Fixture::of("").removed(3).document("kept_ratio"), Some(0.0));
        assert_eq!(Fixture::of("").document("kept_ratio"), None);
    }
}
