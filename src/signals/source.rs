//! Signals known before the text is cut into blocks: its size, language, character set, address.

use super::{Signal, Unit, count, flag, ratio};
use crate::document::Scope;

const SCOPES: &[Scope] = &[Scope::Source, Scope::Page, Scope::Document];

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[
    &Signal {
        name: "source_bytes",
        unit: Unit::Count,
        scopes: SCOPES,
        needs: &[],
        about: "Bytes of the decoded text (UTF-8); in scope document, of what editing left of it",
        source: "ours",
        measure: |t| count(t.page.text.len()),
    },
    &Signal {
        name: "language_known",
        unit: Unit::Count,
        scopes: SCOPES,
        needs: &[],
        about: "1 if the document's language is given or was detected with certainty, else 0",
        source: "ours",
        measure: |t| flag(t.page.info.language.is_some()),
    },
    &Signal {
        name: "charset_malformed",
        unit: Unit::Count,
        scopes: SCOPES,
        needs: &[],
        about: "1 if bytes were not valid in the document's character set and became U+FFFD, else 0",
        source: "ours",
        measure: |t| flag(t.page.info.charset.malformed),
    },
    &Signal {
        name: "url_known",
        unit: Unit::Count,
        scopes: SCOPES,
        needs: &[],
        about: "1 if the page's address is known, else 0",
        source: "ours",
        measure: |t| flag(t.page.info.url.is_some()),
    },
    &Signal {
        name: "url_hyphen_count",
        unit: Unit::Count,
        scopes: SCOPES,
        needs: &[],
        about: "Hyphens in the page's address; undefined without an address",
        source: "ours",
        measure: |t| count(t.page.info.url.as_ref()?.matches('-').count()),
    },
    &Signal {
        name: "url_digit_ratio",
        unit: Unit::Ratio,
        scopes: SCOPES,
        needs: &[],
        about: "Digits in the page's address divided by its characters; undefined without an address",
        source: "ours",
        measure: |t| {
            let url = t.page.info.url.as_ref()?;
            ratio(url.chars().filter(|c| c.is_numeric()).count(), url.chars().count())
        },
    },
];

#[cfg(test)]
mod tests {
    use crate::signals::tests::{Fixture, same};

    #[test]
    fn an_address_is_measured_where_it_is_known() {
        let known = Fixture::of("Text.").at("https://a-b.org/x-9");
        assert_eq!(known.document("url_known"), Some(1.0));
        assert_eq!(known.document("url_hyphen_count"), Some(2.0));
        same(known.document("url_digit_ratio"), 1.0 / 19.0);
        let unknown = Fixture::of("Text.");
        assert_eq!(unknown.document("url_known"), Some(0.0));
        assert_eq!(unknown.document("url_hyphen_count"), None);
        assert_eq!(Fixture::of("").at("").document("url_digit_ratio"), None);
    }

    #[test]
    fn size_is_in_bytes_and_language_is_known_or_not() {
        let page = Fixture::of("Ёлка").language("ru");
        assert_eq!(page.source("source_bytes"), Some(8.0));
        assert_eq!(page.source("language_known"), Some(1.0));
        assert_eq!(page.source("charset_malformed"), Some(0.0));
        assert_eq!(Fixture::of("").source("language_known"), Some(0.0));
        assert_eq!(page.source("word_count"), None, "text signals have no source scope");
    }
}
