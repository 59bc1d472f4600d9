//! Signals of links: how many, how much of the text, where they lead, what they say.
//!
//! Lengths are in letters and digits, so that list marks, separators and the targets of
//! Markdown links weigh nothing.

use super::words::HashedMap;
use super::{BLOCK, Measured, Signal, TEXT, Unit, count, lines, ratio};
use crate::document::{Link, Span};
use crate::text::lists;
use crate::text::words::word_hash;

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[
    &Signal {
        name: "link_count",
        unit: Unit::Count,
        scopes: TEXT,
        needs: &[],
        about: "Links",
        source: "ours",
        measure: |t| count(links(t).count()),
    },
    &Signal {
        name: "link_density",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Letters and digits in links divided by letters and digits, those in the targets of Markdown links not counted; undefined without letters and digits",
        source: "jusText, links_density",
        measure: |t| {
            let linked: usize =
                links(t).map(|link| alphanumeric(t, clip(link.anchor, t.span))).sum();
            let all = alphanumeric(t, t.span);
            ratio(linked.min(all), all)
        },
    },
    &Signal {
        name: "link_relevance",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Distinct content words of its anchors that also occur in the page's text outside links or in its title, divided by the anchors' distinct content words, inflection aside; bare URLs are no anchors; undefined without links or content words in them",
        source: "ours",
        measure: relevance,
    },
    &Signal {
        name: "anchor_link_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Links to a place on the same page (their target starts with #, or with the page's address and #) divided by links; undefined without links",
        source: "ours",
        measure: |t| {
            let page = t.page.info.url.as_deref();
            let same = |link: &&Link| {
                let rest = page.and_then(|page| link.target.strip_prefix(page));
                link.target.starts_with('#') || rest.is_some_and(|rest| rest.starts_with('#'))
            };
            ratio(links(t).filter(same).count(), links(t).count())
        },
    },
    &Signal {
        name: "off_site_ratio",
        unit: Unit::Ratio,
        scopes: TEXT,
        needs: &[],
        about: "Links to another host than the page's (`www.` aside) divided by links; undefined without links, or without the page's address",
        source: "ours",
        measure: |t| {
            let own = host(t.page.info.url.as_deref()?)?;
            let off =
                |link: &&Link| host(&link.target).is_some_and(|h| !h.eq_ignore_ascii_case(own));
            ratio(links(t).filter(off).count(), links(t).count())
        },
    },
    &Signal {
        name: "url_count",
        unit: Unit::Count,
        scopes: TEXT,
        needs: &[],
        about: "Bare URLs in the text (http://, https:// or www.), those in the targets of Markdown links not counted",
        source: "after web-docs-scorer, URLs per 2,400 letters",
        measure: |t| count(t.page.visible(t.span).map(|piece| urls(piece).count()).sum()),
    },
    &Signal {
        name: "email_count",
        unit: Unit::Count,
        scopes: TEXT,
        needs: &[],
        about: "E-mail addresses in the text",
        source: "ours",
        measure: |t| count(t.page.visible(t.span).map(emails).sum()),
    },
    &Signal {
        name: "social_link_count",
        unit: Unit::Count,
        scopes: TEXT,
        needs: &[],
        about: "Links and bare URLs that lead to a social network (list social-networks), a URL that is a link counted once",
        source: "ours",
        measure: |t| count(hosts(t).filter(|host| lists::social_networks().has_host(host)).count()),
    },
    &Signal {
        name: "distinct_host_count",
        unit: Unit::Count,
        scopes: TEXT,
        needs: &[],
        about: "Different hosts (`www.` aside) that links and bare URLs name",
        source: "ours",
        measure: |t| {
            let distinct: HashedMap<()> = hosts(t).map(|host| (word_hash(host), ())).collect();
            count(distinct.len())
        },
    },
    &Signal {
        name: "linked_item_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Items of a list (lines of another block) whose letters and digits all stand in links, divided by items; undefined without items",
        source: "ours",
        measure: linked_items,
    },
];

/// The links whose anchors lie in the target, or reach into it.
fn links<'a>(t: &Measured<'a>) -> impl Iterator<Item = &'a Link> {
    let page = t.page;
    let blocks = match t.block {
        Some(number) => page.blocks.get(number..=number).unwrap_or(&[]),
        None => &page.blocks,
    };
    let span = t.span;
    blocks.iter().flat_map(move |block| links_in(&block.links, span))
}

/// Of links in order, those whose anchors reach into a span.
fn links_in(links: &[Link], span: Span) -> &[Link] {
    let from = links.partition_point(|link| link.anchor.end <= span.start);
    let to = links.partition_point(|link| link.anchor.start < span.end);
    links.get(from..to.max(from)).unwrap_or(&[])
}

/// The part of `span` inside `bounds`.
fn clip(span: Span, bounds: Span) -> Span {
    Span::new(span.start.max(bounds.start), span.end.min(bounds.end))
}

/// Letters and digits of a span that a reader sees.
fn alphanumeric(t: &Measured<'_>, span: Span) -> usize {
    let of = |piece: &str| piece.chars().filter(|c| c.is_alphanumeric()).count();
    t.page.visible(span).map(of).sum()
}

fn relevance(t: &Measured<'_>) -> Option<f64> {
    let topic = t.page.page_topic();
    let mut known: HashedMap<()> = HashedMap::default();
    let mut relevant = 0;
    for link in links(t) {
        let anchor = clip(link.anchor, t.span);
        if urls(anchor.of(t.page.text)).next().is_some() {
            continue;
        }
        for term in topic.terms_in(anchor) {
            if known.insert(term.hash, ()).is_none() {
                relevant += usize::from(topic.is_outside_links(t.page, term));
            }
        }
    }
    ratio(relevant, known.len())
}

fn linked_items(t: &Measured<'_>) -> Option<f64> {
    let block = t.own_block()?;
    let items = lines::items(t);
    let linked = items.iter().filter(|item| {
        let inside: usize = links_in(&block.links, **item)
            .iter()
            .map(|link| alphanumeric(t, clip(link.anchor, **item)))
            .sum();
        inside > 0 && inside >= alphanumeric(t, text_of_item(t, **item))
    });
    ratio(linked.count(), items.len())
}

/// An item without its mark: the number of `1. Home` is not its text.
fn text_of_item(t: &Measured<'_>, item: Span) -> Span {
    Span::new(item.start + super::parts::mark_length(item.of(t.page.text)), item.end)
}

/// The bare URLs in a text.
fn urls(text: &str) -> impl Iterator<Item = &str> {
    // Most texts have none, and this look is much cheaper than cutting them into words.
    let text = if text.contains("://") || text.contains("www.") { text } else { "" };
    text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '(' | ')' | '[' | ']'))
        .filter_map(|word| {
            let word = word.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
            let at =
                ["http://", "https://", "www."].iter().filter_map(|start| find_start(word, start));
            word.get(at.min()?..)
        })
}

/// Where a URL's beginning stands in a word, also after `:` or `=`.
fn find_start(word: &str, start: &str) -> Option<usize> {
    let at = word.find(start)?;
    let before = word.get(..at)?.chars().next_back();
    (before.is_none_or(|c| !c.is_alphanumeric())).then_some(at)
}

/// E-mail addresses in a text: something, `@`, and a name with a point in it.
fn emails(text: &str) -> usize {
    text.match_indices('@').filter(|(at, _)| is_email(text, *at)).count()
}

fn is_email(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|local| local.chars().next_back());
    let after = text.get(at + 1..).unwrap_or("");
    let in_name = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
    let length = after.find(|c| !in_name(c)).unwrap_or(after.len());
    let name = after.get(..length).unwrap_or("").trim_end_matches(['.', '-']);
    let (site, top) = name.rsplit_once('.').unwrap_or(("", ""));
    before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '.'))
        && site.starts_with(char::is_alphanumeric)
        && top.len() >= 2
        && top.chars().all(char::is_alphabetic)
}

/// The hosts that links and bare URLs name, a URL that is a link once.
fn hosts<'a>(t: &Measured<'a>) -> impl Iterator<Item = &'a str> {
    let page = t.page;
    let of_links = links(t).filter_map(|link| host(&link.target));
    let mut anchors = links(t).peekable();
    let start = page.text.as_ptr() as usize;
    let bare = page.visible(t.span).flat_map(urls).filter_map(move |url| {
        // Pieces are parts of the page's text, so their place follows from their address.
        let at = (url.as_ptr() as usize).saturating_sub(start);
        while anchors.peek().is_some_and(|link| link.anchor.end <= at) {
            anchors.next();
        }
        let linked = anchors.peek().is_some_and(|link| link.anchor.start <= at);
        if linked { None } else { host(url) }
    });
    of_links.chain(bare)
}

/// The host of a URL without `www.`, user and port; `None` for a relative one.
fn host(url: &str) -> Option<&str> {
    let url = url.trim();
    let rest = match url.find("//") {
        Some(0) => url.get(2..)?,
        Some(at) if url.get(..at)?.ends_with(':') && at <= 7 => url.get(at + 2..)?,
        _ if url.starts_with("www.") => url,
        _ => return None,
    };
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let authority = rest.get(..end)?;
    let host = authority.rsplit('@').next()?;
    let host = host.split(':').next()?.trim_end_matches(['.', ',', ';', '!']);
    let host = host.strip_prefix("www.").unwrap_or(host);
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::BlockKind;
    use crate::signals::tests::{Fixture, same};

    #[test]
    fn density_is_the_share_of_letters_in_links() {
        let list = Fixture::of("* [Home](/index.html)\n* [Shop](/shop.html)")
            .kind(BlockKind::List)
            .one_block()
            .link("Home", "/index.html")
            .link("Shop", "/shop.html");
        same(list.block(0, "link_density"), 1.0);
        assert_eq!(list.block(0, "link_count"), Some(2.0));
        same(list.block(0, "linked_item_ratio"), 1.0);
        same(list.sentence(0, "* [Shop](/shop.html)", "link_count"), 1.0);
        let prose = Fixture::of("See the map here").link("the map", "/map");
        same(prose.block(0, "link_density"), 6.0 / 13.0);
        same(prose.document("link_density"), 6.0 / 13.0);
        same(prose.block(0, "linked_item_ratio"), 0.0);
        assert_eq!(Fixture::of("--").block(0, "link_density"), None);
        assert_eq!(Fixture::of("no").block(0, "link_density"), Some(0.0));
    }

    #[test]
    fn the_number_of_an_item_is_not_its_text() {
        let page = Fixture::of("1. Home\n2. Shop and more")
            .kind(BlockKind::List)
            .one_block()
            .link("Home", "/")
            .link("Shop", "/shop");
        same(page.block(0, "linked_item_ratio"), 0.5);
    }

    #[test]
    fn relevance_is_what_anchors_share_with_the_text() {
        let page = Fixture::of("Windmills ground barley.\nHistory of windmills\nCelebrity diets")
            .language("en")
            .link("History of windmills", "/h")
            .link("Celebrity diets", "/c");
        same(page.block(1, "link_relevance"), 0.5);
        same(page.block(2, "link_relevance"), 0.0);
        assert_eq!(page.block(0, "link_relevance"), None);
        same(page.document("link_relevance"), 0.25);
        let titled = page.titled("A celebrity");
        same(titled.block(2, "link_relevance"), 0.5);
        let bare = Fixture::of("https://a.org/windmill")
            .link("https://a.org/windmill", "https://a.org/windmill");
        assert_eq!(bare.block(0, "link_relevance"), None);
    }

    #[test]
    fn targets_tell_the_same_page_the_same_site_and_others() {
        let page = Fixture::of("one two three four")
            .at("https://www.a.org/x")
            .link("one", "#one")
            .link("two", "https://a.org/y")
            .link("three", "//b.org/")
            .link("four", "https://www.a.org/x#four");
        same(page.block(0, "anchor_link_ratio"), 0.5);
        same(page.block(0, "off_site_ratio"), 0.25);
        assert_eq!(page.block(0, "distinct_host_count"), Some(2.0));
        assert_eq!(Fixture::of("one").link("one", "/").block(0, "off_site_ratio"), None);
        assert_eq!(Fixture::of("one").at("https://a.org").block(0, "off_site_ratio"), None);
    }

    #[test]
    fn urls_and_addresses_in_the_text_are_counted() {
        let page = Fixture::of("url : https://a.org/b (www.c.org) mail jo.doe@d.co.uk, @jo, a@b");
        assert_eq!(page.document("url_count"), Some(2.0));
        assert_eq!(page.document("email_count"), Some(1.0));
        assert_eq!(page.document("distinct_host_count"), Some(2.0));
        let hidden = Fixture::of("[map](https://a.org/)").link("map", "https://a.org/");
        assert_eq!(hidden.document("url_count"), Some(0.0));
        assert_eq!(Fixture::of("").document("url_count"), Some(0.0));
    }

    #[test]
    fn social_networks_are_known_by_their_hosts() {
        let bare = Fixture::of("https://instagram.com/jo and https://instagram.example.org/");
        assert_eq!(bare.document("social_link_count"), Some(1.0));
        let linked = Fixture::of("https://www.tiktok.com/@jo")
            .link("https://www.tiktok.com/@jo", "https://www.tiktok.com/@jo");
        assert_eq!(linked.document("social_link_count"), Some(1.0));
        let words = Fixture::of("Find us there").link("there", "https://de-de.facebook.com/x");
        assert_eq!(words.document("social_link_count"), Some(1.0));
    }

    #[test]
    fn hosts_are_found_in_any_url() {
        for (url, found) in [
            ("https://www.A.org:80/x?y#z", Some("A.org")),
            ("ftp://u:p@a.org", Some("a.org")),
            ("//a.org/x", Some("a.org")),
            ("www.a.org.", Some("a.org")),
            ("/x//y", None),
            ("mailto:jo@a.org", None),
            ("https://", None),
            ("", None),
        ] {
            assert_eq!(host(url), found, "{url}");
        }
    }
}
