//! What the classes and ids of elements, and short texts of pages, are about.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::text::words::word_hash;

/// A group of words by its name.
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) words: &'static [&'static str],
}

const fn group(name: &'static str, words: &'static [&'static str]) -> Group {
    Group { name, words }
}

/// What classes, ids and roles of elements are about: they hold one of the pieces.
pub(super) const CLASSES: &[Group] = &[
    group("nav", &["nav", "menu", "tabs", "sitemap"]),
    group("crumbs", &["breadcrumb", "crumb"]),
    group("paging", &["pagination", "pager", "paging", "page-numbers", "prev-next"]),
    group("header", &["header", "masthead", "topbar", "top-bar", "banner"]),
    group("footer", &["footer", "foot-", "bottom", "copyright", "colophon"]),
    group("side", &["sidebar", "aside", "side-", "widget", "rail", "secondary", "complementary"]),
    group("advert", &["advert", "sponsor", "promo", "ad-", "-ad", "ads", "outbrain", "taboola"]),
    group("social", &["social", "share", "sharing", "follow", "facebook", "twitter"]),
    group("related", &["related", "recommend", "similar", "also", "more-", "read-next", "upsell"]),
    group("popular", &["popular", "trending", "latest", "recent", "most-"]),
    group("comments", &["comment", "disqus", "respond", "discussion"]),
    group("reply", &["reply", "replies"]),
    group("forum", &["thread", "topic", "message", "forum", "answer", "question", "quote"]),
    group("post", &["post"]),
    group("consent", &["cookie", "consent", "gdpr", "privacy", "onetrust"]),
    group(
        "modal",
        &["modal", "popup", "pop-up", "overlay", "dialog", "lightbox", "drawer", "canvas"],
    ),
    group("letter", &["newsletter", "subscribe", "signup", "sign-up", "optin", "subscription"]),
    group("author", &["author", "byline", "bio", "avatar", "profile", "user"]),
    group("meta", &["meta", "date", "time", "posted", "published"]),
    group("tags", &["tag", "categor", "label", "badge"]),
    group(
        "content",
        &[
            "content",
            "body",
            "entry",
            "prose",
            "rte",
            "richtext",
            "rich-text",
            "markdown",
            "wysiwyg",
        ],
    ),
    group("main", &["main", "primary"]),
    group("article", &["article", "story", "blog", "single"]),
    group("text", &["text", "paragraph", "copy", "editor"]),
    group("describe", &["description", "desc", "detail", "summary", "excerpt", "overview"]),
    group("intro", &["intro", "lead", "hero", "jumbotron", "subtitle", "standfirst"]),
    group("product", &["product", "item-page", "goods"]),
    group(
        "price",
        &["price", "cart", "sku", "variant", "quantity", "shipping", "stock", "checkout", "swatch"],
    ),
    group("spec", &["spec", "attribute", "feature", "ingredient"]),
    group("review", &["review", "rating", "testimonial", "stars"]),
    group("card", &["card", "tile", "teaser", "thumb"]),
    group("grid", &["grid", "collection", "listing", "results", "archive", "feed"]),
    group("slider", &["carousel", "slider", "swiper", "slick", "slide"]),
    group("list", &["list", "item"]),
    group("title", &["title", "heading", "headline"]),
    group("caption", &["caption", "credit", "figure", "gallery", "image", "photo", "video"]),
    group("faq", &["faq", "accordion", "collaps", "toggle", "expand"]),
    group("panel", &["panel", "pane", "tab-"]),
    group("unseen", &["hidden", "hide", "sr-only", "screen-reader", "skip", "d-none", "visually"]),
    group("sign-in", &["login", "log-in", "signin", "sign-in", "account", "register"]),
    group("search", &["search", "filter", "facet", "sort", "refine"]),
    group("contents", &["toc", "table-of-contents", "outline", "jump"]),
    group("button", &["btn", "button", "cta", "call-to-action"]),
    group("alert", &["alert", "notice", "notification", "warning", "message", "toast"]),
    group("code", &["code", "highlight", "example", "snippet"]),
    group("language", &["lang", "locale", "country", "currency", "region"]),
    group("contact", &["contact", "address", "location", "store", "map", "phone"]),
    group("section", &["section", "block", "module", "component"]),
    group("wrapper", &["wrap", "container", "row", "col-", "layout", "inner"]),
];

/// What short texts are about: they hold one of the words.
pub(super) const WORDS: &[Group] = &[
    group(
        "share",
        &[
            "share",
            "tweet",
            "facebook",
            "twitter",
            "linkedin",
            "pinterest",
            "whatsapp",
            "instagram",
            "youtube",
            "teilen",
            "partager",
            "compartir",
            "follow",
        ],
    ),
    group(
        "related",
        &[
            "related",
            "similar",
            "recommended",
            "recommendations",
            "trending",
            "popular",
            "latest",
            "recent",
            "also",
            "may",
            "ähnliche",
            "weitere",
        ],
    ),
    group(
        "comments",
        &[
            "comment",
            "comments",
            "reply",
            "replies",
            "respond",
            "kommentar",
            "kommentare",
            "commentaires",
            "comentarios",
        ],
    ),
    group(
        "subscribe",
        &[
            "subscribe",
            "newsletter",
            "signup",
            "email",
            "inbox",
            "updates",
            "abonnieren",
            "unsubscribe",
        ],
    ),
    group("cookies", &["cookie", "cookies", "consent", "gdpr", "preferences", "einwilligung"]),
    group(
        "legal",
        &[
            "privacy",
            "terms",
            "rights",
            "reserved",
            "copyright",
            "policy",
            "disclaimer",
            "trademarks",
            "impressum",
            "datenschutz",
            "agb",
            "conditions",
        ],
    ),
    group(
        "account",
        &[
            "login",
            "log",
            "sign",
            "register",
            "account",
            "password",
            "anmelden",
            "registrieren",
            "username",
            "member",
            "members",
        ],
    ),
    group("search", &["search", "filter", "sort", "suche", "results", "refine", "showing"]),
    group(
        "menu",
        &[
            "home", "about", "contact", "menu", "faq", "help", "support", "careers", "jobs",
            "press", "blog", "news", "kontakt", "sitemap", "shop", "skip",
        ],
    ),
    group(
        "paging",
        &["previous", "next", "older", "newer", "prev", "page", "back", "zurück", "weiter", "top"],
    ),
    group(
        "tags",
        &[
            "tags",
            "tag",
            "categories",
            "category",
            "filed",
            "tagged",
            "topics",
            "archives",
            "kategorien",
        ],
    ),
    group(
        "more",
        &[
            "more", "read", "view", "learn", "see", "show", "all", "continue", "discover",
            "explore", "mehr", "click", "here",
        ],
    ),
    group(
        "buy",
        &[
            "buy",
            "cart",
            "price",
            "shipping",
            "checkout",
            "basket",
            "stock",
            "wishlist",
            "quantity",
            "delivery",
            "returns",
            "sale",
            "order",
            "free",
            "warenkorb",
        ],
    ),
    group(
        "by",
        &[
            "by",
            "author",
            "posted",
            "published",
            "written",
            "updated",
            "von",
            "par",
            "editor",
            "staff",
        ],
    ),
    group(
        "advert",
        &[
            "advertisement",
            "sponsored",
            "advertising",
            "promoted",
            "ad",
            "ads",
            "anzeige",
            "affiliate",
        ],
    ),
    group(
        "review",
        &[
            "review",
            "reviews",
            "rating",
            "ratings",
            "stars",
            "star",
            "rated",
            "customer",
            "customers",
            "testimonials",
        ],
    ),
    group(
        "app",
        &["app", "download", "install", "browser", "javascript", "enable", "print", "pdf"],
    ),
    group(
        "minutes",
        &[
            "min", "mins", "minutes", "minute", "ago", "hours", "days", "read", "views", "likes",
            "votes", "points", "months", "weeks", "years",
        ],
    ),
    group(
        "month",
        &[
            "january",
            "february",
            "march",
            "april",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
            "jan",
            "feb",
            "mar",
            "apr",
            "jun",
            "jul",
            "aug",
            "sep",
            "oct",
            "nov",
            "dec",
        ],
    ),
    group(
        "media",
        &["photo", "image", "video", "credit", "getty", "courtesy", "caption", "watch", "play"],
    ),
    group(
        "donate",
        &["donate", "donation", "support", "sponsor", "membership", "join", "volunteer"],
    ),
    group(
        "describe",
        &[
            "description",
            "details",
            "specifications",
            "features",
            "overview",
            "specs",
            "ingredients",
            "materials",
            "dimensions",
            "beschreibung",
            "specification",
        ],
    ),
    group(
        "question",
        &["question", "questions", "answer", "answers", "what", "how", "why", "faqs"],
    ),
    group(
        "forum",
        &[
            "post",
            "posts",
            "thread",
            "threads",
            "joined",
            "messages",
            "reputation",
            "forum",
            "forums",
            "quote",
            "topic",
            "replied",
            "wrote",
            "op",
        ],
    ),
    group("person", &["i", "my", "me", "we", "our", "you", "your", "ich", "wir", "je", "nous"]),
];

/// Pieces of class names, with the group of each.
static PIECES: LazyLock<Option<(AhoCorasick, Vec<u8>)>> = LazyLock::new(|| {
    let numbered = CLASSES.iter().zip(0u8..);
    let pieces: Vec<(&str, u8)> =
        numbered.flat_map(|(group, n)| group.words.iter().map(move |word| (*word, n))).collect();
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::DFA))
        .build(pieces.iter().map(|(piece, _)| piece))
        .ok()?;
    Some((automaton, pieces.into_iter().map(|(_, group)| group).collect()))
});

/// A bit for each group of [`CLASSES`] that the text holds a piece of.
pub(super) fn class_groups(text: &str) -> u64 {
    let Some((automaton, groups)) = PIECES.as_ref() else { return 0 };
    let found = automaton.find_overlapping_iter(text);
    found.filter_map(|hit| groups.get(hit.pattern().as_usize())).fold(0, |bits, n| bits | 1 << n)
}

/// Words by their hashes, sorted, with the bits of their groups.
static WORD_GROUPS: LazyLock<Vec<(u64, u32)>> = LazyLock::new(|| {
    let numbered = WORDS.iter().zip(0u32..);
    let mut all: Vec<(u64, u32)> = numbered
        .flat_map(|(group, n)| group.words.iter().map(move |word| (word_hash(word), 1 << n)))
        .collect();
    all.sort_unstable();
    let mut merged: Vec<(u64, u32)> = Vec::with_capacity(all.len());
    for (hash, bit) in all {
        match merged.last_mut() {
            Some(last) if last.0 == hash => last.1 |= bit,
            _ => merged.push((hash, bit)),
        }
    }
    merged
});

/// A bit for each group of [`WORDS`] that the word with this hash is in.
pub(super) fn word_groups(hash: u64) -> u32 {
    let all = &*WORD_GROUPS;
    let at = all.binary_search_by_key(&hash, |(known, _)| *known);
    at.ok().and_then(|at| all.get(at)).map_or(0, |(_, bits)| *bits)
}
