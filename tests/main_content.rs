//! Kinds of page on which extractors fail, each as a page of its own: text that only structured
//! data has, text that a page hides until it is asked for, posts that call themselves comments,
//! a text in many sections.

use tamis::{Cleaner, Record, RuleSet, Survey};

/// What the preset for HTML leaves of a page.
fn cleaned(markup: &str) -> String {
    let rules = RuleSet::load(["web-html"]).expect("a preset");
    let cleaner = Cleaner::new(rules, Survey::none()).expect("a cleaner");
    let outcome = cleaner.clean(Record::html("page", markup)).expect("a page");
    outcome.text().unwrap_or("").to_owned()
}

/// All that is to stay stands in the text, and nothing that is to go.
fn assert_left(markup: &str, stays: &[&str], goes: &[&str]) {
    let text = cleaned(markup);
    for piece in stays {
        assert!(text.contains(piece), "{piece:?} is to stay, left is:\n{text}");
    }
    for piece in goes {
        assert!(!text.contains(piece), "{piece:?} is to go, left is:\n{text}");
    }
}

/// A page with a menu before and a footer behind.
fn page(title: &str, head: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=en><head><title>{title}</title>{head}</head><body>\
         <header class=site-header><nav class=main-menu><ul><li><a href=/>Start page</a></li>\
         <li><a href=/mills>All mills</a></li><li><a href=/visits>Guided visits</a></li>\
         <li><a href=/contact>Contact form</a></li></ul></nav></header>{body}\
         <footer class=site-footer><ul><li><a href=/privacy>Privacy policy</a></li>\
         <li><a href=/imprint>Imprint</a></li></ul><p>© 2025 Friends of the Mill. All rights \
         reserved.</p></footer></body></html>"
    )
}

const AROUND: [&str; 5] =
    ["Start page", "Guided visits", "Contact form", "Privacy policy", "All rights reserved"];

#[test]
fn the_text_of_a_posting_that_only_structured_data_has_is_found() {
    let head = "<script type=application/ld+json>{\"@context\":\"https://schema.org\",\
        \"@type\":\"JobPosting\",\"title\":\"Carpenter for weir gates\",\
        \"description\":\"<p>The water board looks for a carpenter who builds and repairs the gates \
        of its eleven weirs. You work in a team of four, half of the time in the workshop and half \
        on the water.</p><h3>What you bring</h3><ul><li>A completed apprenticeship as a carpenter or \
        boat builder</li><li>Experience with oak and with large joints</li></ul><p>We offer \
        thirty days of leave, a workshop that was built last year, and a boat that you may use on \
        Sundays.</p>\"}</script>";
    let body = "<main id=app><div class=spinner></div></main>";
    let markup = page("Carpenter for weir gates", head, body);
    assert_left(
        &markup,
        &["looks for a carpenter who builds", "large joints", "thirty days of leave"],
        &AROUND,
    );
}

#[test]
fn tabs_and_accordions_that_hide_their_text_by_style_keep_it() {
    let body = "<main class=product><h1>Granite hand mill</h1>\
        <p>A small mill for the kitchen table. It grinds wheat, rye and spelt as fine as bread needs \
        it, and coarse enough for porridge. The stone is granite, the hopper is beech.</p>\
        <ul class=tab-list><li><a href=#tab-use>Use</a></li><li><a href=#tab-care>Care</a></li></ul>\
        <div class=tab-panel id=tab-use><h2>Use</h2><p>Screw the mill to the edge of a table, fill \
        the hopper, and turn the crank at about one turn a second. The first flour of the day is \
        a little coarse, since the stone has to warm up.</p></div>\
        <div class=tab-panel id=tab-care style='display:none'><h2>Care</h2><p>Brush the stone after \
        use and never wash it. Once a year the bearing wants a drop of oil that is fit for food, \
        which every pharmacy sells.</p></div></main>";
    assert_left(
        &page("Granite hand mill", "", body),
        &[
            "small mill for the kitchen table",
            "Screw the mill to the edge",
            "Brush the stone after",
        ],
        &AROUND,
    );
}

#[test]
fn posts_of_a_forum_stay_though_they_call_themselves_comments() {
    let post = |name: &str, text: &str| {
        format!(
            "<div class=comment><div class=comment-author><a href=/u/{name}>{name}</a></div>\
             <div class=comment-body><p>{text}</p></div>\
             <div class=comment-actions><a href=#r>Reply</a> <a href=#s>Report</a></div></div>"
        )
    };
    let posts = [
        (
            "sluicekeeper",
            "Every summer our race fills with weed within three weeks. We cut it by \
            hand from a punt, which takes two people a whole day. Has anybody tried a chain?",
        ),
        (
            "oldweir",
            "We dragged a chain between two horses for years, and it works, but it tears \
            the clay lining. A rake is better, two metres wide, with teeth of ash and not of iron.",
        ),
        (
            "millpond",
            "I can second the rake. Ours lasted nine summers. What broke in the end was \
            the beam, so make it thicker than the plans say, and keep a spare rope in the boat.",
        ),
        (
            "sluicekeeper",
            "Thank you both. The rake is built, and the first cut took us a morning \
            instead of a day. I shall write again when the second summer is over.",
        ),
    ];
    let thread: String = posts.iter().map(|(name, text)| post(name, text)).collect();
    let body = format!(
        "<div id=thread><h1>Weed in the mill race</h1><div class=comments>{thread}</div></div>"
    );
    let head = "<meta property=og:type content=website><script type=application/ld+json>\
        {\"@type\":\"DiscussionForumPosting\",\"headline\":\"Weed in the mill race\"}</script>";
    let firsts =
        ["fills with weed within", "between two horses", "Ours lasted nine", "Thank you both"];
    assert_left(&page("Weed in the mill race - Mill forum", head, &body), &firsts, &AROUND);
}

#[test]
fn a_service_page_keeps_all_of_its_sections() {
    let section = |name: &str, text: &str| {
        format!(
            "<section class='block {name}'><div class=container><h2>{name}</h2><p>{text}</p></div></section>"
        )
    };
    let sections = [
        (
            "Surveys",
            "We measure weirs, races and wheels, and tell you in writing what holds and \
            what does not. A survey takes two days on the water and a week at the desk.",
        ),
        (
            "Repairs",
            "Our carpenters and masons mend gates, linings and walls while the water runs, \
            so that a working mill does not have to stand still for longer than a night.",
        ),
        (
            "Permits",
            "Changing a weir needs the consent of the water board and of the neighbours. \
            We write the papers, speak to both, and are present when the board comes to look.",
        ),
        (
            "Training",
            "Twice a year we teach millers and owners how to keep a wheel in order. Six \
            people learn together on a mill that runs, and everybody takes the sluice once.",
        ),
    ];
    let body = format!(
        "<section class='hero'><h1>Help for water mills</h1><p>Since 1987 we have kept four hundred \
         mills running between the hills and the coast.</p></section>{}",
        sections.iter().map(|(name, text)| section(name, text)).collect::<String>()
    );
    let stays = [
        "weirs, races and wheels",
        "carpenters and masons",
        "consent of the water board",
        "how to keep a wheel in order",
    ];
    assert_left(&page("Help for water mills", "", &body), &stays, &AROUND);
}

#[test]
fn of_a_shell_that_a_script_fills_nothing_stays() {
    let body = "<div class=search><ul><li>I am looking for...</li></ul></div><div id=root></div>\
        <div class=popular><a href=/1>Popular</a> <a href=/2>Offers</a> <a href=/3>Sale</a></div>";
    assert_eq!(cleaned(&page("Shop", "", body)), "");
}
