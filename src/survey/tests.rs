use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use proptest::prelude::*;

use super::row::LAST_SOURCE;
use super::*;
use crate::text::print_of;

/// A document as (source, group, blocks): few of each, so that copies are many.
type Written = (u8, Option<u8>, Vec<u8>);

fn corpus() -> impl Strategy<Value = Vec<Written>> {
    let blocks = prop::collection::vec(0u8..12, 0..6);
    prop::collection::vec((0u8..4, prop::option::of(0u8..3), blocks), 0..24)
}

/// Fingerprints differ in all bits, as hashes do.
fn print(number: u8) -> u64 {
    xxhash_rust::xxh3::xxh3_64(&[number])
}

fn all() -> Settings {
    Settings { window: 3, texts: true, ..Settings::default() }
}

fn prints(number: usize, (source, group, blocks): &Written) -> Prints {
    let location = Location { source: format!("s{source}").into(), ordinal: number as u64 };
    let mut page = Prints::none(location);
    page.group = group.map(|group| format!("g{group}").into());
    for (place, block) in (0..).zip(blocks) {
        let at = (place == 0, place + 1 == blocks.len());
        page.count(Table::Block, print(*block), at);
        page.count(Table::Sentence, print(*block % 5), at);
        page.count(Table::Window, print(*block % 3), at);
    }
    let text = blocks.iter().fold(7u8, |sum, block| sum.wrapping_mul(31).wrapping_add(*block));
    page.count(Table::Text, print(text), (true, true));
    page.join();
    page
}

fn pages(documents: &[Written]) -> Vec<Prints> {
    documents.iter().enumerate().map(|(n, document)| prints(n, document)).collect()
}

fn counting<'a>(pages: impl IntoIterator<Item = &'a Prints>) -> Counting {
    within(Memory::default(), pages)
}

fn within<'a>(memory: Memory, pages: impl IntoIterator<Item = &'a Prints>) -> Counting {
    let mut counting = Counting::within(all(), memory);
    pages.into_iter().for_each(|page| counting.add(page).unwrap());
    counting
}

fn saved(counting: Counting) -> Vec<u8> {
    let mut bytes = Vec::new();
    counting.save(&mut bytes).unwrap();
    bytes
}

fn on_disk(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    file
}

fn opened(bytes: &[u8]) -> SurveyFile {
    SurveyFile::of(on_disk(bytes)).unwrap()
}

/// Reads a survey that counts [`all`], in so much memory.
fn survey(bytes: &[u8], sources: &[Arc<str>], memory: usize) -> Survey {
    let settings = all();
    let wanted = Wanted { settings: &settings, groups: true, sources };
    Survey::open(&opened(bytes), &wanted, &Memory::new(memory, &std::env::temp_dir())).unwrap()
}

/// All that can be asked of a survey for these documents.
fn answers(survey: &Survey, documents: &[Written]) -> Vec<String> {
    let mut answers = Vec::new();
    for (page, (_, group, _)) in pages(documents).iter().zip(documents) {
        let at = &page.location;
        // Only what a document holds is asked for it.
        let own = documents.get(at.ordinal as usize).map(|(.., blocks)| blocks.clone());
        let own = own.unwrap_or_default();
        for number in own.iter().copied() {
            // The edge of a page is known of what several documents hold.
            let known = |known: Option<Known<'_>>| {
                known.map(|known| match known.documents {
                    1 => (1, 0, String::new(), 0, 0),
                    documents => {
                        let Known { copies, groups, head, .. } = known;
                        (documents, copies, known.source.to_string(), groups, head)
                    }
                })
            };
            answers.push(format!("{:?}", known(survey.block(print(number), at))));
            answers.push(format!("{:?}", known(survey.sentence(print(number % 5), at))));
            answers.push(format!("{:?}", known(survey.window(print(number % 3), at))));
        }
        for (block, group) in own.into_iter().zip(group.iter().cycle()) {
            let name = format!("g{group}");
            let held = survey.block_in_group(print(block), &name, at);
            answers.push(format!("{held} of {}", survey.group_documents(&name)));
        }
    }
    answers
}

proptest! {
    #[test]
    fn parts_merged_in_any_order_are_one_pass(
        documents in corpus(), cut in 0usize..24, other in 0usize..24
    ) {
        let pages = pages(&documents);
        let whole = saved(counting(&pages));
        prop_assert_eq!(&saved(counting(pages.iter().rev())), &whole);

        let (low, high) = (cut.min(other).min(pages.len()), cut.max(other).min(pages.len()));
        let parts = [&pages[..low], &pages[low..high], &pages[high..]];
        let parts = parts.map(|part| opened(&saved(counting(part))));
        let merged = |order: &[usize]| {
            let mut sum = Counting::new(all());
            order.iter().for_each(|n| sum.merge(&parts[*n]).unwrap());
            saved(sum)
        };
        prop_assert_eq!(&merged(&[0, 1, 2]), &whole);
        prop_assert_eq!(&merged(&[2, 0, 1]), &whole);
        // (a + b) + c = a + (b + c), and counting goes on where merging has begun.
        let late = opened(&merged(&[1, 2]));
        let mut sum = counting(&pages[..low]);
        sum.merge(&late).unwrap();
        prop_assert_eq!(&saved(sum), &whole);
    }

    #[test]
    fn what_is_asked_does_not_depend_on_where_it_is_kept(documents in corpus()) {
        let pages = pages(&documents);
        let bytes = saved(counting(&pages));
        let names: Vec<Arc<str>> = pages.iter().map(|page| page.location.source.clone()).collect();
        let stranger: [Arc<str>; 1] = ["another".into()];
        let expected = answers(&counting(&pages).survey().unwrap(), &documents);
        // All of it, and what several documents hold; in memory, with an index there, on disk.
        for sources in [&names[..], &stranger] {
            for memory in [1 << 20, 700, 0] {
                prop_assert_eq!(&answers(&survey(&bytes, sources, memory), &documents), &expected);
            }
        }
    }

    #[test]
    fn a_damaged_file_is_refused_and_nothing_breaks(at in 0usize..9000, bit in 0u8..8) {
        let documents: Vec<Written> =
            (0..20).map(|n| (n % 3, Some(n % 2), vec![n % 7, n % 5])).collect();
        let whole = saved(counting(&pages(&documents)));
        let mut bytes = whole.clone();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        let settings = all();
        let wanted = Wanted { settings: &settings, groups: true, sources: &[] };
        let open = |bytes: &[u8]| -> Result<Survey, SurveyError> {
            Survey::open(&SurveyFile::of(on_disk(bytes))?, &wanted, &Memory::default())
        };
        // A bit may be without meaning: statistics, the name of the writer.
        let expected = answers(&open(&whole).unwrap(), &documents);
        if let Ok(survey) = open(&bytes) {
            prop_assert_eq!(answers(&survey, &documents), expected);
        }
        prop_assert!(open(&whole[..at]).is_err());
    }
}

#[test]
fn what_does_not_fit_into_memory_is_sorted_on_disk() {
    let documents: Vec<Written> = (0..4000u32)
        .map(|n| (n as u8 % 4, Some(n as u8 % 3), vec![n as u8, (n >> 3) as u8, (n >> 5) as u8]))
        .collect();
    let mut pages = pages(&documents);
    for (n, page) in (0u32..).zip(&mut pages) {
        // Fingerprints of their own, so that joining makes no room.
        page.count(Table::Block, xxhash_rust::xxh3::xxh3_64(&n.to_le_bytes()), (false, false));
        page.join();
    }
    let small = within(Memory::new(0, &std::env::temp_dir()), &pages);
    assert!(small.spilled() > 50_000, "{}", small.spilled());
    assert!(saved(small) == saved(counting(&pages)));
}

fn place(source: &str, ordinal: u64) -> Location {
    Location { source: source.into(), ordinal }
}

fn page(source: &str, ordinal: u64, blocks: &[&str]) -> Prints {
    let mut page = Prints::none(place(source, ordinal));
    for block in blocks {
        print_of(block).into_iter().for_each(|p| page.count(Table::Block, p, (false, true)));
    }
    page.join();
    page
}

#[test]
fn documents_are_counted_once_and_copies_each_time() {
    let pages = [
        page("b", 0, &["Read more", "READ MORE!", "Other"]),
        page("a", 7, &["read more"]).in_group("a.org"),
        page("a", 12, &["read more", "***"]).in_group("b.org"),
    ];
    let survey = Survey::over(Settings::default(), pages).unwrap();
    let own = place("a", 12);
    let known = survey.block(print_of("Read more").unwrap(), &own).unwrap();
    let counts = (known.documents, known.copies, known.groups, known.head, known.tail);
    assert_eq!(counts, (3, 4, 2, 0, 3));
    assert_eq!((&**known.source, known.ordinal), ("a", 7));
    assert!(known.is_first(&place("a", 7)));
    assert!(!known.is_first(&place("a", 12)));
    assert!(!known.is_first(&place("b", 7)));
    assert_eq!(survey.block(print_of("unknown").unwrap(), &own), None);
    assert_eq!(survey.documents(), 3);
    assert!(survey.has_source("b") && !survey.has_source("c"));
    assert_eq!((survey.group_documents("a.org"), survey.group_documents("c.org")), (1, 0));
}

#[test]
fn what_one_document_holds_need_not_be_kept() {
    let pages = [page("a", 0, &["Read more", "Mine"]), page("a", 1, &["Read more"])];
    let mut counting = Counting::new(Settings::default());
    pages.iter().for_each(|page| counting.add(page).unwrap());
    let file = opened(&saved(counting));
    let settings = Settings::default();
    let ask = |names: &[Arc<str>], at: &Location| {
        let wanted = Wanted { settings: &settings, groups: false, sources: names };
        let survey = Survey::open(&file, &wanted, &Memory::default()).unwrap();
        let known = |text| survey.block(print_of(text).unwrap(), at).map(|known| known.documents);
        (known("Read more"), known("Mine"), known("Nobody's"))
    };
    // What a document of the survey holds stands in one document at least.
    assert_eq!(ask(&["a".into()], &place("a", 0)), (Some(2), Some(1), Some(1)));
    assert_eq!(ask(&["b".into()], &place("b", 0)), (Some(2), Some(1), None));
}

#[test]
fn short_sentences_are_not_counted() {
    assert_eq!(sentence_print("The answer appears to be yes."), None);
    assert_eq!(sentence_print(&"é".repeat(39)), None);
    assert!(sentence_print(&"é".repeat(40)).is_some());
    assert_eq!(sentence_print(&"-".repeat(80)), None);
}

#[test]
fn no_survey_knows_nothing() {
    let none = Survey::none();
    assert!(!none.is_present());
    assert_eq!((none.documents(), none.checksum()), (0, None));
    assert_eq!(none.block(print_of("Read more").unwrap(), &place("a", 0)), None);
}

#[test]
fn surveys_of_other_things_do_not_mix() {
    let lines = Settings { unit: crate::segment::Unit::Line, ..Settings::default() };
    let blocks = opened(&saved(Counting::new(Settings::default())));
    let error = Counting::new(lines).merge(&blocks).unwrap_err();
    assert_eq!(error.to_string(), "one survey counts units of `line`, the other units of `block`");
}

#[test]
fn a_survey_that_lacks_what_rules_need_is_refused() {
    let file = opened(&saved(Counting::new(Settings::default())));
    let refused = |settings: Settings, groups: bool| {
        let wanted = Wanted { settings: &settings, groups, sources: &[] };
        let opened = Survey::open(&file, &wanted, &Memory::default());
        opened.map(|_| ()).map_err(|error| error.to_string())
    };
    let told = |counts: &str, needs: &str| {
        Err(format!(
            "it counts {counts}, and the rules need {needs}: make it again with `tamis survey` and \
             the same --rules (and --group-by)"
        ))
    };
    let base = Settings::default;
    assert_eq!(refused(base(), true), Ok(()));
    assert_eq!(refused(Settings { sentences: false, ..base() }, true), Ok(()), "more than needed");
    assert_eq!(
        refused(Settings { window: 3, ..base() }, false),
        told("no sentences in a row", "3 sentences in a row")
    );
    assert_eq!(
        refused(Settings { texts: true, ..base() }, false),
        told("no whole texts", "whole texts")
    );
    let by_site = || Settings { group_by: "site".to_owned(), ..base() };
    assert_eq!(refused(by_site(), false), Ok(()), "nobody asks for groups");
    assert_eq!(refused(by_site(), true), told("documents by `host`", "documents by `site`"));
}

/// The survey of one page as a file, with one word of its description changed.
fn described(from: &str, to: &str) -> String {
    let mut counting = Counting::new(Settings::default());
    counting.add(&page("a", 0, &["Read more"])).unwrap();
    let bytes = saved(counting);
    let (from, to) = (from.as_bytes(), to.as_bytes());
    assert_eq!(from.len(), to.len(), "lengths are part of the file");
    let at = bytes.windows(from.len()).position(|part| part == from).expect("it says so");
    let mut bytes = bytes;
    bytes[at..at + from.len()].copy_from_slice(to);
    SurveyFile::of(on_disk(&bytes)).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn other_files_are_refused_by_name() {
    let refused =
        |bytes: &[u8]| SurveyFile::of(on_disk(bytes)).map(|_| ()).unwrap_err().to_string();
    assert_eq!(refused(b"{\"text\": \"a\"}\n"), "not a survey of tamis");
    assert_eq!(refused(b""), "not a survey of tamis");
    assert_eq!(described("tamis survey", "tamis oracle"), "not a survey of tamis");
    assert_eq!(
        described("\"format\":3", "\"format\":9"),
        "a survey of format 9; this version reads format 3: make it again"
    );
    assert_eq!(
        described("digits as 0", "digits as 1"),
        "its fingerprints are defined otherwise (xxh3-64, lower case, digits as 1, runs of other \
         characters as a space): make it again"
    );
    assert_eq!(
        described("\"documents\"", "\"dokuments\""),
        "the survey is damaged: its description lacks a field"
    );
}

#[test]
fn the_checksum_is_of_the_counts() {
    let of = |pages: &[Prints]| {
        let mut counting = Counting::new(Settings::default());
        pages.iter().for_each(|page| counting.add(page).unwrap());
        let mut bytes = Vec::new();
        counting.save(&mut bytes).unwrap().checksum()
    };
    let (one, two) = (page("a", 0, &["Read more"]), page("a", 1, &["Read on"]));
    assert_eq!(of(&[one.clone(), two.clone()]), of(&[two.clone(), one.clone()]));
    assert_ne!(of(&[one.clone(), two]), of(std::slice::from_ref(&one)));
    assert_ne!(of(&[one]), of(&[page("b", 0, &["Read more"])]), "the place counts");
}

#[test]
fn what_is_listed_stands_in_most_documents() {
    let mut counting = Counting::new(Settings::default());
    for n in 0..5 {
        let own = format!("Mine is {}", ["a", "b", "c", "d", "e"][n]);
        let blocks: &[&str] = if n < 2 { &["All", "Two", &own] } else { &["All", &own] };
        let group = if n < 3 { "a.org" } else { "b.org" };
        counting.add(&page("s", n as u64, blocks).in_group(group)).unwrap();
    }
    let file = opened(&saved(counting));
    let listed = file.top(Listed::Blocks, 9).unwrap();
    let shown: Vec<_> = listed
        .iter()
        .map(|top| (top.documents, top.groups, top.most.clone(), top.first.ordinal, top.tail))
        .collect();
    let (a, b) = ("a.org".to_owned(), "b.org".to_owned());
    assert_eq!(shown, [(5, 2, vec![(a.clone(), 3), (b, 2)], 0, 5), (2, 1, vec![(a, 2)], 0, 2)]);
    assert_eq!(file.top(Listed::Blocks, 1).unwrap(), listed[..1]);
    assert_eq!(file.top(Listed::Texts, 9).unwrap(), []);
    assert!(file.clusters(9).is_err(), "none were counted");
}

#[test]
fn places_beyond_the_last_are_held_to_it() {
    let far = Place::new(u32::MAX, u64::MAX);
    assert_eq!((far.source() as u64, far.ordinal()), (LAST_SOURCE, LAST_ORDINAL));
}

#[test]
fn the_file_is_parquet_that_others_can_read() {
    let mut counting = Counting::new(Settings::default());
    counting.add(&page("a", 0, &["Read more"])).unwrap();
    let mut file = on_disk(&saved(counting));
    let mut mark = [0u8; 4];
    file.read_exact(&mut mark).unwrap();
    assert_eq!(&mark, b"PAR1");
}
