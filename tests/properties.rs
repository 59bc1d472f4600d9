//! What must hold for all input: nothing is lost, editing only cuts, nothing panics.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use proptest::prelude::*;
use tamis::document::{Block, BlockKind, Format, Page, Span};
use tamis::edit::{cut, put_back};
use tamis::outcome::Outcome;
use tamis::rules::{Action, Hit, Layout, RuleId};
use tamis::verdict::{BlockVerdict, BlockVerdicts, DecidedBy, SentenceVerdict, Verdict};
use tamis::{Cleaner, Record, RuleSet, Survey, segment};

static CLEANER: LazyLock<Cleaner> = LazyLock::new(|| {
    let rules = RuleSet::default_preset().expect("the default preset is right");
    Cleaner::new(rules, Survey::none()).expect("the default preset needs no survey")
});

/// Text of the kinds that rules look for, mixed with anything at all.
fn scraped() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("The mill stands idle at low tide, and the miller reads. ".to_owned()),
        Just("Share your thoughts in the comments below. ".to_owned()),
        Just("What do you think? ".to_owned()),
        Just("We use cookies to improve your experience. ".to_owned()),
        Just(
            "Name : Dr. Ann Other\nUsername : ann\nBio : Qui aut vel nihil est quia.\n".to_owned()
        ),
        Just(
            "Socials\n\ninstagram:\n\n  • url : https://instagram.com/a\n  • followers : 3\n"
                .to_owned()
        ),
        Just(" ## Table of Contents * [One](#one) * [Two](#two) ## One ".to_owned()),
        Just("Lorem ipsum dolor sit amet consectetur. ".to_owned()),
        Just("* item\n".to_owned()),
        Just("\n\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("# Heading\n".to_owned()),
        Just("| a | b |\n".to_owned()),
        Just("```\ncode {\n```\n".to_owned()),
        Just("[4] [5] ".to_owned()),
        Just("Мельница стоит. 东京很大。".to_owned()),
        "\\PC{0,40}",
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn formats() -> impl Strategy<Value = Format> {
    prop_oneof![Just(Format::Text), Just(Format::Markdown), Just(Format::Html)]
}

fn record(format: Format, text: &str) -> Record {
    match format {
        Format::Text => Record::text("id", text),
        Format::Markdown => Record::markdown("id", text),
        Format::Html => Record::html("id", text),
    }
}

fn clean(format: Format, text: &str) -> Outcome {
    CLEANER.clean(record(format, text).in_language("en")).expect("text can be decoded")
}

/// Blocks lie in order on character boundaries, and between them is white space only.
fn assert_blocks(text: &str, blocks: &[Block]) {
    let mut at = 0;
    for block in blocks {
        assert!(block.span.start >= at, "blocks overlap or are out of order");
        assert!(!block.span.is_empty(), "an empty block");
        let gap = text.get(at..block.span.start).expect("a block starts inside a character");
        assert!(gap.chars().all(char::is_whitespace), "lost between blocks: {gap:?}");
        assert!(text.get(block.span.start..block.span.end).is_some(), "inside a character");
        for link in &block.links {
            assert!(block.span.contains(link.anchor), "a link outside its block");
        }
        at = block.span.end;
    }
    let rest = text.get(at..).expect("a block ends inside a character");
    assert!(rest.chars().all(char::is_whitespace), "lost after the last block: {rest:?}");
}

fn removed_texts(outcome: &Outcome) -> Vec<(usize, &str)> {
    outcome.removals().iter().map(|r| (r.span.start, r.span.of(&outcome.page.text))).collect()
}

fn assert_adds_up(outcome: &Outcome) {
    let removed: usize = outcome.removals().iter().map(|r| r.span.len()).sum();
    assert_eq!(outcome.cleaned.text.len() + removed, outcome.page.text.len());
    let again = put_back(&outcome.cleaned.text, removed_texts(outcome));
    assert_eq!(again.as_deref(), Some(outcome.page.text.as_str()));
    let mut at = 0;
    for removal in outcome.removals() {
        assert!(removal.span.start >= at, "removals overlap");
        assert!(!removal.span.is_empty(), "an empty removal");
        at = removal.span.end;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn blocks_make_up_the_page(text in scraped(), format in formats()) {
        let outcome = clean(format, &text);
        if format != Format::Html {
            prop_assert_eq!(&outcome.page.text, &text);
        }
        assert_blocks(&outcome.page.text, &outcome.page.blocks);
        assert_blocks(&outcome.cleaned.text, &outcome.cleaned.blocks);
        for block in &outcome.page.blocks {
            let mut at = block.span.start;
            for sentence in segment::sentences(&outcome.page.text, block) {
                prop_assert!(sentence.start >= at && sentence.end <= block.span.end);
                prop_assert!(outcome.page.text.get(sentence.start..sentence.end).is_some());
                at = sentence.end;
            }
        }
    }

    #[test]
    fn what_is_kept_and_what_is_removed_make_up_the_text(text in scraped(), format in formats()) {
        assert_adds_up(&clean(format, &text));
    }

    #[test]
    fn scores_are_shares(text in scraped()) {
        let outcome = clean(Format::Text, &text);
        for score in outcome.scores() {
            prop_assert!((0.0..=1.0).contains(&score));
        }
    }

    #[test]
    fn a_verdict_does_not_depend_on_the_record_before(a in scraped(), b in scraped()) {
        let alone = clean(Format::Text, &b).cleaned.text;
        clean(Format::Text, &a);
        prop_assert_eq!(clean(Format::Text, &b).cleaned.text, alone);
    }

    #[test]
    fn any_bytes_are_cleaned_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400), format in formats()) {
        if let Ok(outcome) = CLEANER.clean(Record::bytes("id", format, bytes)) {
            assert_adds_up(&outcome);
        }
    }

    /// Whatever is decided, cutting only cuts and can be undone.
    #[test]
    fn any_decision_can_be_undone(text in scraped(), seed in any::<u64>()) {
        let page = clean(Format::Text, &text).page;
        let verdicts = decided(&page, seed);
        let cleaned = cut(&page, &verdicts, Layout::Keep);
        let removed: Vec<(usize, &str)> =
            cleaned.removals.iter().map(|r| (r.span.start, r.span.of(&page.text))).collect();
        prop_assert_eq!(put_back(&cleaned.text, removed), Some(page.text.clone()));
        let mut at = 0;
        for removal in &cleaned.removals {
            prop_assert!(removal.span.start >= at && !removal.span.is_empty());
            at = removal.span.end;
        }
        assert_blocks(&cleaned.text, &cleaned.blocks);
        // A kept block without cuts inside is there byte for byte.
        for (block, verdict) in page.blocks.iter().zip(&verdicts.blocks) {
            if verdict.verdict.action == Action::Keep && verdict.sentences.is_empty() {
                prop_assert!(cleaned.text.contains(block.span.of(&page.text)));
            }
        }
    }
}

/// Decisions drawn from a seed: blocks and sentences that go, and matches that are cut, some of
/// them across sentences and into one another.
fn decided(page: &Page, mut seed: u64) -> BlockVerdicts {
    let mut draw = |end: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % end.max(1)
    };
    let mut fate = |around: Span| {
        let mut verdict = Verdict::nothing();
        match draw(5) {
            0 => {
                verdict.action = Action::Remove;
                verdict.by = DecidedBy::Points;
            }
            1 => {
                verdict.action = Action::Cut;
                verdict.by = DecidedBy::Action(RuleId(0));
                let text = around.of(&page.text);
                let places: Vec<usize> =
                    text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
                for _ in 0..1 + draw(3) {
                    let from = draw(places.len());
                    let to = (from + draw(12)).min(places.len() - 1);
                    let matched = Span::new(around.start + places[from], around.start + places[to]);
                    let (strength, evidence) = (1.0, Vec::new());
                    verdict.hits.push(Hit {
                        rule: RuleId(0),
                        strength,
                        evidence,
                        matches: vec![matched],
                    });
                }
            }
            _ => {}
        }
        verdict
    };
    let blocks = page
        .blocks
        .iter()
        .map(|block| {
            let verdict = fate(block.span);
            let sentences = segment::sentences(&page.text, block)
                .into_iter()
                .map(|span| SentenceVerdict { span, verdict: fate(span) })
                .filter(|sentence| sentence.verdict.action != Action::Keep)
                .collect();
            BlockVerdict { verdict, sentences }
        })
        .collect();
    BlockVerdicts { blocks }
}

#[test]
fn no_heap_of_blank_lines_and_no_orphaned_bullet_is_left() {
    let text = "One stays here.\n\n* Two goes.\n\n\n\nThree goes too.\n\nFour stays here.\n";
    let at = |needle: &str| {
        let start = text.find(needle).expect("it is there");
        Span::new(start, start + needle.len())
    };
    let page = Page {
        outline: tamis::outline::Outline::default(),
        text: text.to_owned(),
        blocks: vec![
            Block::new(BlockKind::Paragraph, at("One stays here.")),
            Block::new(BlockKind::List, at("* Two goes.")),
            Block::new(BlockKind::Paragraph, at("Three goes too.")),
            Block::new(BlockKind::Paragraph, at("Four stays here.")),
        ],
        ..clean(Format::Text, "").page
    };
    let kept = |n: usize| {
        let mut verdict = Verdict::nothing();
        if n == 1 || n == 2 {
            verdict.action = Action::Remove;
            verdict.by = DecidedBy::Points;
        }
        BlockVerdict { verdict, sentences: Vec::new() }
    };
    let cleaned = cut(&page, &BlockVerdicts { blocks: (0..4).map(kept).collect() }, Layout::Keep);
    assert_eq!(cleaned.text, "One stays here.\n\nFour stays here.\n");
}

fn tamis(arguments: &[&str], folder: &Path) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_tamis"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program starts")
}

/// A line of JSON Lines: good, odd or broken.
fn json_line() -> impl Strategy<Value = Vec<u8>> {
    let good = (scraped(), any::<bool>()).prop_map(|(text, ascii)| {
        let value = serde_json::to_string(&text).expect("a string is JSON");
        let value = if ascii { escape(&text) } else { value };
        format!("{{\"n\": 1.0e2, \"text\" : {value},\"dup\":1,\"dup\":2}}").into_bytes()
    });
    prop_oneof![
        6 => good,
        1 => Just(b"".to_vec()),
        1 => Just(b" \t".to_vec()),
        1 => Just(br#"{"text": 7}"#.to_vec()),
        1 => Just(br#"{"nothing": "here"}"#.to_vec()),
        1 => Just(br#"{"text": "cut"#.to_vec()),
        1 => Just(b"{\"text\": \"\xff\xfe\"}".to_vec()),
        1 => Just(br#"{"text": "odd \/ spelling \u0041 Lorem ipsum dolor sit amet consectetur."}"#.to_vec()),
        1 => prop::collection::vec(any::<u8>().prop_filter("no break", |b| *b != b'\n'), 0..60),
    ]
}

/// JSON as Python's `json.dumps` spells it.
fn escape(text: &str) -> String {
    let plain = serde_json::to_string(text).expect("a string is JSON");
    let mut spelled = String::new();
    let mut units = [0u16; 2];
    for c in plain.chars() {
        if c.is_ascii() {
            spelled.push(c);
        } else {
            for unit in c.encode_utf16(&mut units) {
                spelled.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    spelled
}

/// A record of a web archive: good, odd or broken.
fn warc_record() -> impl Strategy<Value = Vec<u8>> {
    let record = |kind: &str, fields: &str, block: &[u8]| {
        let head = format!("WARC/1.0\r\nWARC-Type: {kind}\r\n{fields}Content-Length: ");
        let length = format!("{}\r\n\r\n", block.len());
        [head.as_bytes(), length.as_bytes(), block, b"\r\n\r\n"].concat()
    };
    let text = move |text: &[u8]| {
        let fields = "Content-Type: text/plain\r\nWARC-Block-Digest: sha1:ABC\r\nWARC-Record-ID: <urn:x>\r\n";
        record("conversion", fields, text)
    };
    let response = move |status: u16, body: &str| {
        let http = format!("HTTP/1.1 {status} X\r\nContent-Type: text/html\r\n\r\n{body}");
        record("response", "Content-Type: application/http\r\n", http.as_bytes())
    };
    prop_oneof![
        4 => scraped().prop_map(move |scraped| text(scraped.as_bytes())),
        2 => scraped().prop_map(move |scraped| response(200, &format!("<p>{scraped}</p>"))),
        1 => prop::collection::vec(any::<u8>(), 0..60).prop_map(move |bytes| text(&bytes)),
        1 => Just(response(404, "<p>not here")),
        1 => Just(record("warcinfo", "", b"software: x\r\n")),
        1 => Just(b"WARC/1.0\r\nContent-Length: 90000\r\n\r\nno".to_vec()),
        1 => Just(b"\r\n".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ]
}

/// A row of a table: good, odd or broken.
fn row() -> impl Strategy<Value = Vec<u8>> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    prop_oneof![
        6 => (scraped(), any::<bool>()).prop_map(move |(text, crlf)| {
            format!("1,{},x{}", quoted(&text), if crlf { "\r\n" } else { "\n" }).into_bytes()
        }),
        1 => Just(b"1,Share your thoughts in the comments below. =1,\n".to_vec()),
        1 => Just(b"1,not \"as\" usual. Share your thoughts in the comments below.,\n".to_vec()),
        1 => Just(b"\r\n".to_vec()),
        1 => Just(b"1,2\n".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_input_comes_back_byte_for_byte(
        lines in prop::collection::vec(json_line(), 0..8),
        records in prop::collection::vec(warc_record(), 0..6),
        rows in prop::collection::vec(row(), 0..6),
        last_break in any::<bool>(),
        text in scraped(),
        markup in scraped(),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        annotate in any::<bool>(),
        markdown in any::<bool>(),
        records_of_html in any::<bool>(),
        shape in prop::sample::select(vec!["same", "same", "jsonl", "csv", "wet"]),
        compression in prop::sample::select(vec!["same", "same", "gz", "none"]),
    ) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let inputs = folder.path().join("in");
        fs::create_dir_all(inputs.join("deep")).expect("a folder");
        let mut jsonl = lines.join(&b'\n');
        if last_break && !lines.is_empty() {
            jsonl.push(b'\n');
        }
        let html = format!("<!doctype html><title>T</title><p>{markup}</p>");
        let records = records.concat();
        let rows = [&b"id,text,\"other\"\r\n"[..], &rows.concat()].concat();
        let files: [(&str, &[u8]); 7] = [
            ("g.csv", &rows),
            ("f.warc", &records),
            ("a.jsonl", &jsonl),
            ("b.txt", text.as_bytes()),
            ("deep/c.md", text.as_bytes()),
            ("deep/d.html", html.as_bytes()),
            ("e.txt", &bytes),
        ];
        for (name, contents) in files {
            fs::write(inputs.join(name), contents).expect("a file");
        }
        let mut arguments = vec!["clean", "in", "-o", "out"];
        arguments.extend(["--output-format", shape, "--output-compression", compression]);
        if annotate {
            arguments.push("--annotate");
        }
        if markdown {
            arguments.extend(["--html-output", "markdown"]);
        }
        if records_of_html {
            arguments.extend(["--text-format", "html"]);
        }
        let done = tamis(&arguments, folder.path());
        prop_assert!(
            matches!(done.status.code(), Some(0 | 3)),
            "clean: {}", String::from_utf8_lossy(&done.stderr)
        );
        let done = tamis(&["restore", "out", "-o", "back"], folder.path());
        prop_assert!(done.status.success(), "restore: {}", String::from_utf8_lossy(&done.stderr));
        for (name, contents) in files {
            let back = fs::read(folder.path().join("back").join(name)).expect("a restored file");
            prop_assert_eq!(back, contents.to_vec(), "{} differs", name);
        }
    }
}
