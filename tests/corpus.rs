//! Three small sites made by a fixed rule: what of them repeats goes, what each page alone says
//! stays, every removal names its rule, and neither threads nor the order of files matter.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

mod common;

use common::contents;

const SITES: [&str; 3] = ["ferries", "mills", "tides"];
const PAGES: usize = 20;
/// The page of each site that has a reprinted article, if any.
const REPRINTS: [Option<usize>; 3] = [None, Some(7), Some(3)];

const MENUS: [&str; 3] =
    ["Ships, Quays, Fares, Crew", "Wheels, Stones, Grain, Shop", "Charts, Moons, Gauges, Maps"];
const FOOTERS: [&str; 3] = [
    "The harbour company runs four ferries, and is owned by the people of the islands since 1921.",
    "This trust keeps three mills in repair; its friends help on the first Saturday of a month.",
    "All heights are above the old mark on the church wall, which a storm has moved by a hand.",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const QUESTION: &str = "Does one have to pay?";
const ANSWER: &str = "No, one does not.";

/// A notice of a site, with the month of its page.
fn notice(site: usize, page: usize) -> String {
    let month = MONTHS[page % 12];
    match site {
        0 => format!(
            "Because of work on the eastern quay no ship will call there between the third and \
             the last Friday of {month}; a bus goes round by the bridge and takes bicycles too."
        ),
        1 => format!(
            "Our members meet again on the second evening of {month} in the long room above the \
             granary, where there will be soup, and a talk on how millstones are dressed."
        ),
        _ => format!(
            "The gauge in the inner basin was out of use for some days in {month}, and what is \
             given here for those days was worked out from the two gauges further up the coast."
        ),
    }
}

/// A paragraph that no other number gives.
fn paragraph(number: usize) -> String {
    const WHO: [&str; 9] = [
        "The keeper",
        "A widow",
        "My uncle",
        "One sailor",
        "The carpenter",
        "Their cook",
        "An old pilot",
        "The smith",
        "A boy from the hill",
    ];
    const DID: [&str; 11] = [
        "mended",
        "painted",
        "carried away",
        "could not find",
        "sold",
        "drew",
        "counted",
        "hid",
        "asked for",
        "wrote about",
        "stepped over",
    ];
    const WHAT: [&str; 13] = [
        "the ropes",
        "eleven barrels",
        "a broken oar",
        "the north door",
        "her letters",
        "that lantern",
        "some bread",
        "the geese",
        "a map of the shoals",
        "two anchors",
        "the ladder",
        "his boots",
        "a box of nails",
    ];
    const WHEN: [&str; 7] = [
        "before dawn",
        "in the rain",
        "while others slept",
        "after the fair",
        "on a Sunday",
        "without a word",
        "as snow fell",
    ];
    let mut state = number as u64 + 1;
    let mut of = |words: &[&'static str]| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        words[(state >> 33) as usize % words.len()]
    };
    let sentences: Vec<String> = (0..4)
        .map(|_| {
            let (one, two) = (of(&WHAT), of(&WHAT));
            format!("{} {} {one} {}, and {} {two}.", of(&WHO), of(&DID), of(&WHEN), of(&DID))
        })
        .collect();
    sentences.join(" ")
}

/// The paragraphs that a page alone has.
fn own(site: usize, page: usize) -> Vec<String> {
    (0..4).map(|n| paragraph((site * PAGES + page) * 4 + n)).collect()
}

/// The reprinted article; the later copy has one word changed in its middle paragraph.
fn reprint(site: usize) -> Vec<String> {
    let mut article: Vec<String> = (900..903).map(paragraph).collect();
    if site == 2 {
        let changed = article[1].replacen(", and ", ", or ", 1);
        assert_ne!(changed, article[1]);
        article[1] = changed;
    }
    article
}

fn page(site: usize, page: usize) -> Vec<String> {
    let mut blocks = vec![MENUS[site].to_owned()];
    let own = own(site, page);
    blocks.extend_from_slice(&own[..2]);
    blocks.extend([QUESTION.to_owned(), ANSWER.to_owned()]);
    if REPRINTS[site] == Some(page) {
        blocks.extend(reprint(site));
    }
    blocks.extend_from_slice(&own[2..]);
    blocks.extend([notice(site, page), FOOTERS[site].to_owned()]);
    blocks
}

fn write_sites(folder: &Path) {
    for (site, name) in SITES.iter().enumerate() {
        let lines: String = (0..PAGES)
            .map(|number| {
                let text = page(site, number).join("\n\n");
                let url = format!("https://www.{name}.example/{number}");
                let id = format!("{name}-{number}");
                format!("{}\n", json!({"id": id, "url": url, "text": text}))
            })
            .collect();
        fs::write(folder.join(format!("{name}.jsonl")), lines).expect("a file");
    }
}

fn tamis(folder: &Path, arguments: &[&str]) {
    let program = env!("CARGO_BIN_EXE_tamis");
    let done =
        Command::new(program).args(arguments).current_dir(folder).output().expect("it starts");
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Cleans the three sites with a survey made on the way.
fn clean(folder: &Path, rules: &[&str], files: [usize; 3], threads: &str, output: &str) {
    let names = files.map(|n| format!("{}.jsonl", SITES[n]));
    let mut arguments = vec!["clean", &*names[0], &*names[1], &*names[2]];
    for name in rules {
        arguments.extend(["-r", *name]);
    }
    arguments.extend(["--survey", "auto", "--threads", threads, "--quiet", "-o", output]);
    tamis(folder, &arguments);
}

fn records(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a record")).collect()
}

/// The blocks that are left of each page, by its id. A page that was dropped is not there.
fn kept(output: &Path) -> BTreeMap<String, Vec<String>> {
    let mut pages = BTreeMap::new();
    for name in SITES {
        let text = fs::read_to_string(output.join(format!("{name}.jsonl"))).expect("a file");
        for record in records(&text) {
            let blocks = record["text"].as_str().expect("a text").split("\n\n");
            let blocks = blocks.map(|block| block.trim().to_owned()).collect();
            pages.insert(record["id"].as_str().expect("an id").to_owned(), blocks);
        }
    }
    pages
}

fn ledger(output: &Path, name: &str) -> Vec<Value> {
    let packed = fs::read(output.join("_tamis").join(name)).expect("a ledger");
    let text = zstd::decode_all(&*packed).expect("zstd");
    records(&String::from_utf8(text).expect("UTF-8"))
}

#[test]
fn what_repeats_goes_and_what_a_page_alone_says_stays() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_sites(folder.path());
    clean(folder.path(), &["near-copies", "site-furniture"], [0, 1, 2], "2", "out");
    let pages = kept(&folder.path().join("out"));
    assert_eq!(pages.len(), SITES.len() * PAGES, "no page is dropped");
    for (site, name) in SITES.iter().enumerate() {
        for number in 0..PAGES {
            let mut expected = own(site, number);
            expected.splice(2..2, [QUESTION.to_owned(), ANSWER.to_owned()]);
            // The later reprint goes, also the paragraph with a word changed.
            if (site, Some(number)) == (1, REPRINTS[1]) {
                expected.splice(4..4, reprint(site));
            }
            // The site's first notice stays; another month makes no other notice.
            if number == 0 {
                expected.push(notice(site, number));
            }
            assert_eq!(pages[&format!("{name}-{number}")], expected, "{name} {number}");
        }
    }
}

#[test]
fn every_removal_names_its_rule_and_can_be_undone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_sites(folder.path());
    clean(folder.path(), &["near-copies", "site-furniture"], [0, 1, 2], "2", "out");
    let removed = ledger(&folder.path().join("out"), "removed.jsonl.zst");
    let mut by_rule: BTreeMap<String, usize> = BTreeMap::new();
    for record in &removed {
        let rules = record["rules"].as_array().expect("rules");
        assert!(!rules.is_empty(), "{record}");
        let first = rules[0]["rule"].as_str().expect("a name").to_owned();
        *by_rule.entry(first).or_default() += 1;
        let site = SITES.iter().position(|name| record["id"].as_str().unwrap().starts_with(name));
        let text = record["text"].as_str().expect("a text").trim();
        let own = MENUS[site.unwrap()] == text || FOOTERS[site.unwrap()] == text;
        let of_site = |rule: &Value| {
            rule["rule"].as_str().is_some_and(|name| name.starts_with("site-furniture/"))
        };
        assert_eq!(own, rules.iter().any(of_site), "{record}");
        if !own {
            let place = |at: &Value| (at["source"].to_string(), at["ordinal"].as_u64());
            assert!(place(&record["copy_of"]) < place(record), "{record}");
            assert!(record["copy_of"]["ordinal"].is_u64(), "{record}");
        }
    }
    let pages = SITES.len() * PAGES;
    // A menu and a footer of each page, a notice of all but the first page of a site, three
    // paragraphs that were reprinted.
    assert_eq!(by_rule.values().sum::<usize>(), pages * 3 - SITES.len() + 3, "{by_rule:?}");

    tamis(folder.path(), &["restore", "out", "-o", "back"]);
    for name in SITES.map(|name| format!("{name}.jsonl")) {
        let before = fs::read(folder.path().join(&name)).expect("a file");
        assert!(fs::read(folder.path().join("back").join(&name)).expect("a file") == before);
    }
}

#[test]
fn without_the_set_for_furniture_the_first_copy_stays() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_sites(folder.path());
    clean(folder.path(), &["copies"], [0, 1, 2], "2", "out");
    let pages = kept(&folder.path().join("out"));
    for (site, footer) in FOOTERS.iter().enumerate() {
        for number in 0..PAGES {
            let blocks = &pages[&format!("{}-{number}", SITES[site])];
            assert_eq!(blocks.iter().any(|block| block == footer), number == 0, "{blocks:?}");
            assert!(blocks.iter().any(|block| block == MENUS[site]), "short blocks stay");
            assert!(blocks.contains(&notice(site, number)) || number >= 12, "near copies stay");
        }
    }
}

/// Of one page, a copy, one with a word changed and one of another site: the published
/// parameters of FineWeb, and those that want more in common.
#[test]
fn duplicate_documents_are_dropped_by_the_presets() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = (0..40).map(paragraph).collect::<Vec<_>>().join("\n\n");
    let changed = text.replacen(", and ", ", or ", 1);
    let half =
        format!("{}\n\n{}", &text[..text.len() / 2], (40..60).map(paragraph).collect::<String>());
    let texts = [("one", &text), ("copy", &text), ("near", &changed), ("half", &half)];
    let lines = texts.map(|(id, text)| format!("{}\n", json!({"id": id, "text": text})));
    fs::write(folder.path().join("a.jsonl"), lines.concat()).expect("a file");
    let presets = [
        ("minhash-fineweb", vec!["one", "half"]),
        ("minhash-redpajama-0.7", vec!["one", "half"]),
        ("minhash-redpajama-0.8", vec!["one", "half"]),
        ("minhash-nemo", vec!["one", "half"]),
        ("duplicate-documents", vec!["one", "half"]),
    ];
    for (name, expected) in presets {
        tamis(
            folder.path(),
            &["clean", "a.jsonl", "-r", name, "--survey", "auto", "-o", name, "--quiet"],
        );
        let left = fs::read_to_string(folder.path().join(name).join("a.jsonl")).expect("a file");
        let left: Vec<String> = records(&left)
            .iter()
            .map(|record| record["id"].as_str().expect("an id").to_owned())
            .collect();
        assert_eq!(left, expected, "{name}");
        let dropped = ledger(&folder.path().join(name), "dropped.jsonl.zst");
        assert_eq!(dropped.len(), 2, "{name}");
    }
}

#[test]
fn sentence_windows_cut_passages_out_of_paragraphs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let passage = "It was elm. Who cut it? Nobody says so.";
    let texts = [passage.to_owned(), format!("{} {passage} {}", paragraph(1), paragraph(2))];
    let lines = texts.map(|text| format!("{}\n", json!({"text": text})));
    fs::write(folder.path().join("a.jsonl"), lines.concat()).expect("a file");
    tamis(
        folder.path(),
        &["clean", "a.jsonl", "-r", "sentence-windows", "--survey", "auto", "-o", "out", "-q"],
    );
    let left = fs::read_to_string(folder.path().join("out/a.jsonl")).expect("a file");
    let left: Vec<Value> = records(&left).iter().map(|record| record["text"].clone()).collect();
    assert_eq!(left, [json!(passage), json!(format!("{} {}", paragraph(1), paragraph(2)))]);
}

#[test]
fn threads_and_the_order_of_files_do_not_matter() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_sites(folder.path());
    let rules = ["near-copies", "site-furniture", "minhash-fineweb", "sentence-windows"];
    clean(folder.path(), &rules, [0, 1, 2], "1", "one");
    let expected = contents(&folder.path().join("one"));
    let names: BTreeSet<String> =
        expected.keys().map(|path| path.to_string_lossy().into_owned()).collect();
    assert!(names.contains("mills.jsonl"), "{names:?}");
    for (order, threads, output) in
        [([2, 0, 1], "1", "turned"), ([1, 2, 0], "2", "two"), ([2, 1, 0], "5", "five")]
    {
        clean(folder.path(), &rules, order, threads, output);
        let found = contents(&folder.path().join(output));
        for (name, bytes) in &expected {
            assert!(found.get(name) == Some(bytes), "{output}: {}", name.display());
        }
        assert_eq!(found.len(), expected.len());
    }
}
