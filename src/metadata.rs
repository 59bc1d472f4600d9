//! What a page says of itself beside its text: [`Metadata`].

/// What the markup of a page states of it: nothing here is guessed from the text. All is empty
/// for text and Markdown, and where a page does not say.
///
/// Each field is the first of its sources, in this order, that has something usable; white space
/// is collapsed, and what is too long to be what it claims to be is passed over. *Article* is a
/// thing of JSON-LD that the page is about, at its top, in `@graph` or under `mainEntity`, of a
/// type such as `NewsArticle` or `BlogPosting`; *thing* also one of another type (`Product`,
/// `Recipe`, …), or else the `WebPage`.
///
/// | Field | Sources |
/// |---|---|
/// | `title` | `headline` of the article; `<meta>` `og:title`, `citation_title`, `dc.title`, `dcterms.title`, `parsely-title`, `headline` (itemprop), `twitter:title`, `title`; `<title>` |
/// | `authors` | names under `author`, else `creator`, of the thing; `<meta>` `author`, `citation_author`, `dc.creator`, `dcterms.creator`, `parsely-author`, `sailthru.author`, `article:author`; elements with `itemprop="author"`; links with `rel="author"` |
/// | `published` | `datePublished`, else `uploadDate`, of the thing; `<meta>` `article:published_time`, `og:published_time`, `datePublished` (itemprop), `citation_publication_date`, `citation_date`, `dcterms.issued`, `dc.date.issued`, `parsely-pub-date`, `sailthru.date`, `publishdate`, `publish_date`, `publish-date`, `publication_date`, `pubdate`, `dc.date`, `dcterms.date`, `dcterms.created`, `date`; elements with `itemprop="datePublished"`; `<time>` with `pubdate` or the class `published`, `entry-date` or `dt-published` |
/// | `modified` | `dateModified` of the thing; `<meta>` `article:modified_time`, `og:updated_time`, `dateModified` (itemprop), `dcterms.modified`, `last-modified`; elements with `itemprop="dateModified"`; `<time>` with the class `updated` or `dt-updated` |
/// | `language` | `<html lang>`; `<meta http-equiv="content-language">` with one language; `<meta>` `og:locale`; `inLanguage` of the thing |
/// | `canonical_url` | `<link rel="canonical">`; `<meta>` `og:url` |
/// | `site_name` | `<meta>` `og:site_name`, `application-name`; `name` of the `WebSite` in JSON-LD; name of the thing's `publisher` |
/// | `kind` | `@type` of the thing; `<meta>` `og:type` |
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The title of what is on the page.
    pub title: Option<String>,
    /// Who wrote it, in the order of the page, each once. Addresses are not names.
    pub authors: Vec<String>,
    /// When it was published: a date or date-time of ISO 8601, as stated (`2024-03-05`,
    /// `2024-03-05T09:00:00+01:00`; also `2024-03` or `2024`). `2024/03/05` and `20240305` come
    /// with dashes; dates written otherwise are passed over.
    pub published: Option<String>,
    /// When it was last changed, in the same form.
    pub modified: Option<String>,
    /// Its language as stated (`en-GB`, `pt_BR`); [`Info::language`] is what was given or
    /// detected.
    ///
    /// [`Info::language`]: crate::document::Info::language
    pub language: Option<String>,
    /// The address under which the page wants to be known: absolute, `http` or `https`.
    pub canonical_url: Option<String>,
    /// The name of the site.
    pub site_name: Option<String>,
    /// What the page says it is, as spelled there: `NewsArticle`, `website`.
    pub kind: Option<String>,
    /// The address that its relative links start from: `<base href>`, else the record's, else the
    /// canonical one. It is `None` where none of them is known.
    pub base_url: Option<String>,
}

impl Metadata {
    /// True if the page states nothing of itself. Where its links start from does not count.
    pub fn is_empty(&self) -> bool {
        let Self { title, authors, published, modified, language, .. } = self;
        let Self { canonical_url, site_name, kind, .. } = self;
        let texts = [title, published, modified, language, canonical_url, site_name, kind];
        authors.is_empty() && texts.iter().all(|text| text.is_none())
    }
}
