//! What a page states of itself, from JSON-LD, `<meta>`s, links and marked elements: where each
//! field of [`Metadata`] comes from is said there.
//!
//! Nothing here takes more time than there is markup, and texts are looked at up to a bound.

use std::borrow::Cow;

use html5ever::{LocalName, local_name};
use scraper::node::Element;
use serde_json::{Map, Value};

use super::tokens::PUBDATE;
use super::visible::{Said, Step, attribute};
use super::{blocks, collapsed, guard, visible};
use crate::address;
use crate::document::Info;
use crate::metadata::Metadata;

/// Objects of JSON-LD that a page may be about: of more, the first are looked at.
const OBJECTS_MAX: usize = 2_000;
/// Authors that are kept, and objects that are asked for the names of authors.
const AUTHORS_MAX: usize = 16;
/// Bytes that a title, an address, and a name of a person, site or kind may have.
const TITLE_BYTES_MAX: usize = 1_000;
const ADDRESS_BYTES_MAX: usize = 2_000;
const NAME_BYTES_MAX: usize = 150;
/// Bytes of a date-time.
const DATE_BYTES_MAX: usize = 40;
/// Steps into an element that are looked at for the name in it.
const NAME_STEPS_MAX: usize = 200;

/// Puts together what a page states; `title` is that of its `<title>`.
pub(super) fn metadata(
    info: &Info,
    title: Option<&str>,
    said: &Said<'_>,
    steps: &[Step<'_>],
    facts: Facts,
) -> Metadata {
    let Facts { thing, site, people, .. } = facts;
    let metas = Metas::of(said);
    let own = thing.map(|(_, thing)| thing).unwrap_or_default();
    let clues = Clues::of(said, steps);

    let canonical = said.canonical.into_iter().chain(metas.all(&["og:url"]));
    let record = info.url.as_deref().unwrap_or("");
    let canonical_url = canonical.filter_map(|url| web(record, url)).next();
    let start = if address::is_web(record) { Some(record) } else { canonical_url.as_deref() };
    let start = start.filter(|start| start.len() <= ADDRESS_BYTES_MAX);
    let base_url = said.base.and_then(|base| web(start.unwrap_or(""), base));
    let base_url = base_url.or_else(|| start.map(str::to_owned));

    let titles = own.headline.into_iter().chain(metas.texts(&TITLES, TITLE_BYTES_MAX));
    let titles = titles.chain(title.and_then(|title| text(title, TITLE_BYTES_MAX)));
    let mut authors = Names::default();
    for author in own.authors {
        let name = match author {
            Author::Named(name) => Some(name),
            Author::Known(id) => people.iter().find(|(known, _)| *known == id).map(|p| p.1.clone()),
        };
        name.into_iter().for_each(|name| authors.add(&name));
    }
    if authors.0.is_empty() {
        metas.texts(&AUTHORS, NAME_BYTES_MAX).for_each(|name| authors.add(&name));
    }
    if authors.0.is_empty() {
        clues.author.iter().for_each(|name| authors.add(name));
    }
    let published = own.published.into_iter().chain(metas.all(&PUBLISHED).filter_map(date));
    let modified = own.modified.into_iter().chain(metas.all(&MODIFIED).filter_map(date));
    let languages = said.language.into_iter().chain(metas.all(&["content-language"]));
    let languages = languages.chain(metas.all(&["og:locale"])).filter_map(language);
    let sites = metas.texts(&["og:site_name", "application-name"], NAME_BYTES_MAX);
    let kinds = own.kind.into_iter().chain(metas.texts(&["og:type"], NAME_BYTES_MAX));
    Metadata {
        title: { titles }.next(),
        authors: authors.0,
        published: published.chain(clues.published).next(),
        modified: modified.chain(clues.modified).next(),
        language: languages.chain(own.language).next(),
        canonical_url,
        site_name: sites.chain(site).chain(own.publisher).next(),
        kind: { kinds }.next(),
        base_url,
    }
}

/// `<meta>`s with a title, in this order.
const TITLES: [&str; 8] = [
    "og:title",
    "citation_title",
    "dc.title",
    "dcterms.title",
    "parsely-title",
    "headline",
    "twitter:title",
    "title",
];
const AUTHORS: [&str; 7] = [
    "author",
    "citation_author",
    "dc.creator",
    "dcterms.creator",
    "parsely-author",
    "sailthru.author",
    "article:author",
];
const PUBLISHED: [&str; 18] = [
    "article:published_time",
    "og:published_time",
    "datepublished",
    "citation_publication_date",
    "citation_date",
    "dcterms.issued",
    "dc.date.issued",
    "parsely-pub-date",
    "sailthru.date",
    "publishdate",
    "publish_date",
    "publish-date",
    "publication_date",
    "pubdate",
    "dc.date",
    "dcterms.date",
    "dcterms.created",
    "date",
];
const MODIFIED: [&str; 5] = [
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "dcterms.modified",
    "last-modified",
];

/// The `<meta>`s of a page that have a name in one of the lists.
struct Metas<'a>(Vec<(String, &'a str)>);

impl<'a> Metas<'a> {
    fn of(said: &Said<'a>) -> Self {
        let others = ["content-language", "og:locale", "og:url", "og:type"];
        let sites = ["og:site_name", "application-name"];
        let lists: [&[&str]; 6] = [&TITLES, &AUTHORS, &PUBLISHED, &MODIFIED, &others, &sites];
        let is_known = |name: &str| lists.iter().any(|list| list.contains(&name));
        let lower = said.metas.iter().map(|(name, content)| (name.trim(), *content));
        let lower = lower.filter(|(name, _)| name.len() <= NAME_BYTES_MAX);
        let lower = lower.map(|(name, content)| (name.to_ascii_lowercase(), content));
        Self(lower.filter(|(name, _)| is_known(name)).collect())
    }

    /// The contents of all that have one of these names: by name, then in the order of the page.
    fn all<'m>(&'m self, names: &'m [&str]) -> impl Iterator<Item = &'a str> + 'm {
        let of = |name: &'m &str| self.0.iter().filter(move |(own, _)| own == name);
        names.iter().flat_map(of).map(|(_, content)| *content)
    }

    /// As [`all`](Metas::all), those of their contents that are text of so many bytes at most.
    fn texts<'m>(&'m self, names: &'m [&str], bytes: usize) -> impl Iterator<Item = String> + 'm {
        self.all(names).filter_map(move |content| text(content, bytes))
    }
}

/// Names of people, each once.
#[derive(Default)]
struct Names(Vec<String>);

impl Names {
    /// Adds what is a name.
    fn add(&mut self, name: &str) {
        let name =
            name.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ':' | ';' | '|'));
        let name = match name.get(..3) {
            Some(by) if by.eq_ignore_ascii_case("by ") => name.get(3..).unwrap_or("").trim(),
            _ => name,
        };
        let is_name = !name.is_empty() && !name.contains("://");
        let same = |known: &String| known.eq_ignore_ascii_case(name);
        if is_name && self.0.len() < AUTHORS_MAX && !self.0.iter().any(same) {
            self.0.push(name.to_owned());
        }
    }
}

/// What marked elements say of the page.
#[derive(Default)]
struct Clues {
    author: Option<String>,
    published: Option<String>,
    modified: Option<String>,
}

impl Clues {
    fn of(said: &Said<'_>, steps: &[Step<'_>]) -> Self {
        let mut clues = Self::default();
        // The author named by `itemprop` before the one linked to.
        let mut linked = None;
        for (at, &(step, element)) in said.clues.iter().enumerate() {
            let value = || attribute(element, &local_name!("datetime"));
            let found = || value().and_then(date).or_else(|| date(&name_at(steps, step)?));
            if clues.published.is_none() && is_date(element, "datePublished", &PUBLISHED_CLASSES) {
                clues.published = found();
            }
            if clues.modified.is_none() && is_date(element, "dateModified", &MODIFIED_CLASSES) {
                clues.modified = found();
            }
            if clues.author.is_none() && has_word(element, &local_name!("itemprop"), "author") {
                let end = end_of(steps, step);
                let mut inner = said.clues.get(at + 1..).unwrap_or_default().iter();
                let name = inner.find(|(inner, element)| {
                    *inner < end && has_word(element, &local_name!("itemprop"), "name")
                });
                clues.author = name_at(steps, name.map_or(step, |(inner, _)| *inner));
            }
            if linked.is_none() && has_word(element, &local_name!("rel"), "author") {
                linked = name_at(steps, step);
            }
        }
        clues.author = clues.author.or(linked);
        clues
    }
}

/// Classes of `<time>`s of microformats.
const PUBLISHED_CLASSES: [&str; 3] = ["published", "entry-date", "dt-published"];
const MODIFIED_CLASSES: [&str; 2] = ["updated", "dt-updated"];

/// True for an element whose date is that of the page: marked as such, or a `<time>` of one of
/// these classes.
fn is_date(element: &Element, property: &str, classes: &[&str]) -> bool {
    let is_time = element.name.local == local_name!("time");
    let by_class = || classes.iter().any(|class| has_word(element, &local_name!("class"), class));
    let is_pubdate =
        || property == "datePublished" && attribute(element, &LocalName::from(PUBDATE)).is_some();
    has_word(element, &local_name!("itemprop"), property) || is_time && (is_pubdate() || by_class())
}

fn has_word(element: &Element, name: &LocalName, word: &str) -> bool {
    let value = attribute(element, name).unwrap_or("");
    value.split_ascii_whitespace().any(|own| own.eq_ignore_ascii_case(word))
}

/// The step that ends an element; one that is near, if it ends later.
fn end_of(steps: &[Step<'_>], step: usize) -> usize {
    let mut depth = 0_usize;
    for (at, step) in steps.iter().enumerate().skip(step).take(NAME_STEPS_MAX) {
        match step {
            Step::Open(_) => depth += 1,
            Step::Close => depth = depth.saturating_sub(1),
            Step::Text(_) => {}
        }
        if depth == 0 {
            return at;
        }
    }
    step + NAME_STEPS_MAX
}

/// The text in an element, if it is short enough for a name.
fn name_at(steps: &[Step<'_>], step: usize) -> Option<String> {
    let inner = steps.get(step..end_of(steps, step).min(steps.len()))?;
    let mut name = String::new();
    for step in inner {
        match step {
            Step::Text(text) if text.text.len() <= NAME_BYTES_MAX => name.push_str(text.text),
            Step::Text(text) => name.push_str(&collapsed(text.text)),
            Step::Open(open) if open.role.is_block() => name.push(' '),
            Step::Open(_) | Step::Close => {}
        }
        if name.len() > 4 * NAME_BYTES_MAX {
            return None;
        }
    }
    text(&name, NAME_BYTES_MAX)
}

/// What the JSON-LD of a page says of what it is about.
#[derive(Default)]
pub(super) struct Facts {
    /// What the page is about, and how surely.
    thing: Option<(Rank, Thing)>,
    /// The name of the site.
    site: Option<String>,
    /// Names of people and organizations by their ids.
    people: Vec<(String, String)>,
    objects: usize,
}

/// How surely a thing is what the page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// The page itself.
    Page,
    /// A thing of some kind.
    Thing,
    Article,
}

#[derive(Default)]
struct Thing {
    headline: Option<String>,
    authors: Vec<Author>,
    published: Option<String>,
    modified: Option<String>,
    language: Option<String>,
    publisher: Option<String>,
    kind: Option<String>,
}

/// An author by name, or by the id of an object that has it.
enum Author {
    Named(String),
    Known(String),
}

impl Facts {
    /// Reads one script.
    pub(super) fn read(&mut self, value: &Value) {
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            self.objects += 1;
            if self.objects > OBJECTS_MAX {
                return;
            }
            match value {
                Value::Array(values) => {
                    open.extend(values.iter().take(OBJECTS_MAX).rev());
                }
                Value::Object(object) => {
                    self.consider(object);
                    let inner: &[&str] = match kind_of(object) {
                        // Each of many questions.
                        Some(kind) if kind.eq_ignore_ascii_case("FAQPage") => &["@graph"],
                        _ => &["mainEntity", "mainEntityOfPage", "@graph"],
                    };
                    open.extend(inner.iter().filter_map(|key| object.get(*key)));
                }
                _ => {}
            }
        }
    }

    fn consider(&mut self, object: &Map<String, Value>) {
        let Some(kind) = kind_of(object) else { return };
        let name = || string(object.get("name"), NAME_BYTES_MAX);
        let rank = match Sort::of(kind) {
            Sort::Site => {
                self.site = self.site.take().or_else(name);
                return;
            }
            Sort::Maker => {
                let id = object.get("@id").and_then(Value::as_str);
                if let (Some(id), Some(name)) = (id, name())
                    && self.people.len() < AUTHORS_MAX
                {
                    self.people.push((id.to_owned(), name));
                }
                return;
            }
            Sort::Part => return,
            Sort::Ranked(rank) => rank,
        };
        if self.thing.as_ref().is_some_and(|(known, _)| *known >= rank) {
            return;
        }
        let first = |keys: [&str; 2]| keys.iter().find_map(|key| object.get(*key));
        let when = |value: Option<&Value>| date(value?.as_str()?);
        let headline = object.get("headline").filter(|_| rank == Rank::Article);
        let language = object.get("inLanguage").and_then(|value| match value {
            Value::Object(language) => language.get("alternateName").or(language.get("name")),
            other => Some(other),
        });
        let publisher = object.get("publisher").and_then(|value| value.get("name"));
        let thing = Thing {
            headline: string(headline, TITLE_BYTES_MAX),
            authors: each(first(["author", "creator"])).filter_map(author).collect(),
            published: when(first(["datePublished", "uploadDate"])),
            modified: when(object.get("dateModified")),
            language: language.and_then(Value::as_str).and_then(self::language),
            publisher: string(publisher, NAME_BYTES_MAX),
            kind: text(kind, NAME_BYTES_MAX),
        };
        self.thing = Some((rank, thing));
    }
}

/// The first type of an object.
fn kind_of(object: &Map<String, Value>) -> Option<&str> {
    each(object.get("@type")).find_map(Value::as_str)
}

/// What a type of JSON-LD is to a page.
enum Sort {
    Site,
    /// A person or organization.
    Maker,
    /// A part of the page, or of what it is about.
    Part,
    Ranked(Rank),
}

impl Sort {
    fn of(kind: &str) -> Self {
        let kind = kind.rsplit(['/', ':']).next().unwrap_or(kind).to_ascii_lowercase();
        match kind.as_str() {
            "website" => Sort::Site,
            "person" | "organization" | "newsmediaorganization" => Sort::Maker,
            "breadcrumblist"
            | "itemlist"
            | "imageobject"
            | "searchaction"
            | "comment"
            | "sitenavigationelement"
            | "wpheader"
            | "wpfooter"
            | "wpsidebar"
            | "aggregaterating"
            | "offer"
            | "postaladdress"
            | "listitem"
            | "answer" => Sort::Part,
            "report" => Sort::Ranked(Rank::Article),
            kind if kind.ends_with("article") => Sort::Ranked(Rank::Article),
            kind if kind.ends_with("posting") && kind != "jobposting" => {
                Sort::Ranked(Rank::Article)
            }
            kind if kind.ends_with("page") => Sort::Ranked(Rank::Page),
            kind if kind.ends_with("business") || kind.ends_with("organization") => Sort::Maker,
            _ => Sort::Ranked(Rank::Thing),
        }
    }
}

/// A value, or those of an array.
fn each(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let values = match value {
        Some(Value::Array(values)) => values.as_slice(),
        Some(value) => std::slice::from_ref(value),
        None => &[],
    };
    values.iter().take(AUTHORS_MAX)
}

fn author(value: &Value) -> Option<Author> {
    let Value::Object(object) = value else {
        return string(Some(value), NAME_BYTES_MAX).map(Author::Named);
    };
    // Some give all names in one object.
    let name = each(object.get("name")).next();
    match string(name, NAME_BYTES_MAX) {
        Some(name) => Some(Author::Named(name)),
        None => Some(Author::Known(object.get("@id")?.as_str()?.to_owned())),
    }
}

/// A value that is a text of so many bytes at most. Entities, which many write where none belong,
/// are read.
fn string(value: Option<&Value>, bytes: usize) -> Option<String> {
    let value = value?.as_str().filter(|value| value.len() <= 4 * bytes)?;
    let plain = if value.contains('&') {
        let html = guard::parse(value);
        Cow::Owned(blocks::write(&visible::flatten(&html, false).steps, false).text)
    } else {
        Cow::Borrowed(value)
    };
    text(&plain, bytes)
}

/// A text on one line, if it has any and not more bytes than that.
fn text(text: &str, bytes: usize) -> Option<String> {
    // Of a long one no more is looked at than could be white space.
    let text = Some(text).filter(|text| text.len() <= 4 * bytes).map(collapsed)?;
    let is_fault = FAULTS.iter().any(|fault| text.eq_ignore_ascii_case(fault))
        || ["{{", "{%", "[object "].iter().any(|mark| text.contains(mark));
    (!text.is_empty() && text.len() <= bytes && !is_fault).then_some(text)
}

/// What templates write where they have nothing to write.
const FAULTS: [&str; 4] = ["undefined", "null", "none", "n/a"];

/// An absolute address of the web that a page at `base` gives.
fn web(base: &str, target: &str) -> Option<String> {
    if target.len() > ADDRESS_BYTES_MAX || base.len() > ADDRESS_BYTES_MAX {
        return None;
    }
    let target = address::trimmed(target);
    let resolved = if target.is_empty() { target } else { address::resolve(base, &target) };
    address::is_web(&resolved).then_some(resolved)
}

/// A language tag, as stated.
fn language(tag: &str) -> Option<String> {
    let tag = tag.trim();
    let first = tag.split(['-', '_']).next().unwrap_or("");
    let is_first = matches!(first.len(), 2 | 3) && first.bytes().all(|b| b.is_ascii_alphabetic());
    let is_tag = tag.len() <= 35
        && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    (is_first && is_tag).then(|| tag.to_owned())
}

/// A date or date-time of ISO 8601; of one with a time that is written otherwise the date.
fn date(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = |from: usize, to: usize| {
        let part = text.get(from..to)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u32>().ok())?
    };
    let year = digits(0, 4)?;
    let mark = text.as_bytes().get(4).copied();
    if mark.is_none() {
        return (year > 0).then(|| text.to_owned());
    }
    if text.len() == 8
        && let (Some(month), Some(day)) = (digits(4, 6), digits(6, 8))
    {
        return is_day(month, day).then(|| format!("{year:04}-{month:02}-{day:02}"));
    }
    let month = digits(5, 7).filter(|_| matches!(mark, Some(b'-' | b'/')))?;
    if text.len() == 7 {
        return is_day(month, 1).then(|| format!("{year:04}-{month:02}"));
    }
    let day = digits(8, 10).filter(|_| text.as_bytes().get(7).copied() == mark)?;
    if !is_day(month, day) || year == 0 {
        return None;
    }
    let time = text.get(10..)?;
    let is_time = matches!(time.as_bytes().first(), Some(b'T' | b't' | b' '))
        && time.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
        && time.len() <= DATE_BYTES_MAX
        && time.bytes().skip(1).all(|byte| {
            byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b',' | b'+' | b'-' | b'Z' | b'z')
        });
    let time = if is_time { time } else { "" };
    // A longer number is no date.
    let goes_on = text.as_bytes().get(10).is_some_and(u8::is_ascii_digit);
    (!goes_on).then(|| format!("{year:04}-{month:02}-{day:02}{time}"))
}

fn is_day(month: u32, day: u32) -> bool {
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

#[cfg(test)]
mod tests;
