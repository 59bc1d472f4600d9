//! A made-up forum and labels for a part of it, to follow docs/tuning.md with:
//! `cargo run --example forum -- FOLDER` writes `FOLDER/corpus/forum.jsonl` and `FOLDER/labels.jsonl`.
//!
//! The same bytes on every machine. Every page has the footer of its posts, which no built-in rule
//! knows; some have calls to comment, or links to other threads; and some have good text that looks
//! like these.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::json;

/// Threads in the forum.
const THREADS: usize = 400;
/// Of so many threads one is labelled.
const LABELLED_ONE_IN: usize = 4;

/// splitmix64, the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 33) as usize % limit
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

const THINGS: [&str; 12] = [
    "sluice gate",
    "mill wheel",
    "grain hoist",
    "tide gauge",
    "ferry ramp",
    "quay wall",
    "millstone",
    "leat",
    "rope walk",
    "harbour lamp",
    "weir",
    "drying loft",
];
const PEOPLE: [&str; 8] = [
    "the miller",
    "my neighbour",
    "the harbour master",
    "a joiner from the next village",
    "the old ferryman",
    "our parish clerk",
    "the smith",
    "a diver from the club",
];
const DOINGS: [&str; 10] = [
    "greased the pins before the frost came",
    "found that the oak had swollen by an inch",
    "measured the water twice a day for a month",
    "took the whole thing apart on the meadow",
    "wrote down every figure in a blue book",
    "said that larch lasts longer than oak below water",
    "would not hear of paint where tar had served",
    "carried the beams down on two carts",
    "could not say who had built it or when",
    "mended it with a strap from a barge",
];
const NAMES: [&str; 8] = [
    "wheelwright",
    "ebb_and_flow",
    "maren",
    "tar-brush",
    "old quay",
    "lockkeeper",
    "Ida K",
    "sounder",
];
const OFF_TOPIC: [&str; 8] = [
    "Ten Phones You Should Buy This Spring",
    "The Best Pillows Of The Year, Tested",
    "Cheap Flights For The Long Weekend",
    "What Your Dentist Will Not Tell You",
    "Seven Soups For Cold Evenings",
    "Why Everybody Talks About This Lamp",
    "How To Fold A Shirt In Two Seconds",
    "Garden Hoses Compared",
];

fn sentence(random: &mut Random) -> String {
    let thing = random.of(&THINGS);
    let (person, doing) = (random.of(&PEOPLE), random.of(&DOINGS));
    match random.below(4) {
        0 => format!("When the {thing} stuck last winter, {person} {doing}."),
        1 => format!("It was {person} who {doing}, and the {thing} has held since."),
        2 => format!("Of the {thing} I only know that {person} {doing}."),
        _ => format!("In the year of the flood {person} {doing} because of the {thing}."),
    }
}

/// Paragraphs of a thread with what has to become of each.
fn thread(random: &mut Random) -> Vec<(String, &'static str, &'static str)> {
    let mut parts = vec![(format!("Help with a {}", random.of(&THINGS)), "keep", "heading")];
    for post in 0..1 + random.below(3) {
        let paragraphs = 1 + random.below(3);
        for _ in 0..paragraphs {
            let sentences: Vec<String> =
                (0..2 + random.below(3)).map(|_| sentence(random)).collect();
            parts.push((sentences.join(" "), "keep", "content"));
        }
        if random.below(5) == 0 {
            let text = format!(
                "Report of {}: {} posts of oak, all sound, seen on the {} of May.",
                random.of(&NAMES),
                2 + random.below(30),
                1 + random.below(28)
            );
            parts.push((text, "keep", "content"));
        }
        let footer = format!(
            "{} » {} posts » Report this post » #{}",
            random.of(&NAMES),
            3 + random.below(4000),
            post + 1
        );
        parts.push((footer, "remove", "nav"));
    }
    if random.below(3) == 0 {
        let call =
            random.of(&["Log in or register to reply to this thread.", "Leave a comment below!"]);
        parts.push((call.to_owned(), "remove", "cta"));
    }
    if random.below(4) == 0 {
        parts.push(("You may also like".to_owned(), "remove", "link_list_related"));
        for _ in 0..4 {
            parts.push((random.of(&OFF_TOPIC).to_owned(), "remove", "link_list_related"));
        }
    }
    parts
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("a folder to write to is expected")?);
    std::fs::create_dir_all(folder.join("corpus"))?;
    let mut random = Random(1957);
    let (mut corpus, mut labels) = (String::new(), String::new());
    for n in 0..THREADS {
        let (mut text, mut spans) = (String::new(), Vec::new());
        for (part, action, category) in thread(&mut random) {
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            let start = text.chars().count();
            text.push_str(&part);
            let end = text.chars().count();
            spans.push(json!({"start": start, "end": end, "action": action, "category": category}));
        }
        let id = format!("thread-{n:03}");
        let url = format!("https://tide-mills.example/t/{n}");
        writeln!(corpus, "{}", json!({"id": id, "url": url, "text": text}))?;
        if n % LABELLED_ONE_IN == 0 {
            let label = json!({
                "id": id, "url": url, "text": text, "doc_label": "clean", "spans": spans,
            });
            writeln!(labels, "{label}")?;
        }
    }
    std::fs::write(folder.join("corpus/forum.jsonl"), corpus)?;
    std::fs::write(folder.join("labels.jsonl"), labels)?;
    Ok(())
}
