use proptest::prelude::*;

use super::*;

/// Documents as (source, ordinal, blocks): few names and few blocks, so that copies are many.
fn corpus() -> impl Strategy<Value = Vec<(u8, Vec<u8>)>> {
    prop::collection::vec((0u8..4, prop::collection::vec(0u8..12, 0..6)), 0..24)
}

fn prints(number: usize, (source, blocks): &(u8, Vec<u8>)) -> Prints {
    let location = Location { source: format!("s{source}").into(), ordinal: number as u64 };
    let mut page = Prints::none(location);
    for block in blocks {
        page.blocks.push(u64::from(*block));
        page.sentences.push(u64::from(*block % 5));
    }
    page.blocks.sort_unstable();
    page.sentences.sort_unstable();
    page
}

fn survey<'a>(pages: impl IntoIterator<Item = &'a Prints>) -> Survey {
    let mut survey = Survey::new(Settings::default());
    pages.into_iter().for_each(|page| survey.add(page));
    survey
}

fn saved(survey: &Survey) -> Vec<u8> {
    let mut bytes = Vec::new();
    survey.save(&mut bytes).unwrap();
    bytes
}

proptest! {
    #[test]
    fn parts_merged_in_any_order_are_one_pass(documents in corpus(), cut in 0usize..24, other in 0usize..24) {
        let pages: Vec<Prints> =
            documents.iter().enumerate().map(|(n, document)| prints(n, document)).collect();
        let whole = survey(&pages);
        let backwards = survey(pages.iter().rev());
        prop_assert_eq!(saved(&whole), saved(&backwards));

        let (low, high) = (cut.min(other).min(pages.len()), cut.max(other).min(pages.len()));
        let parts =
            [survey(&pages[..low]), survey(&pages[low..high]), survey(&pages[high..])];
        let merged = |order: [usize; 3]| {
            let mut sum = Survey::new(Settings::default());
            order.iter().for_each(|n| sum.merge(&parts[*n]).unwrap());
            sum
        };
        prop_assert_eq!(saved(&merged([0, 1, 2])), saved(&whole));
        prop_assert_eq!(saved(&merged([2, 0, 1])), saved(&whole));
        // (a + b) + c = a + (b + c)
        let mut late = parts[1].clone();
        late.merge(&parts[2]).unwrap();
        let mut sum = parts[0].clone();
        sum.merge(&late).unwrap();
        prop_assert_eq!(saved(&sum), saved(&whole));
        prop_assert_eq!(sum.checksum(), whole.checksum());
    }

    #[test]
    fn what_is_saved_loads_again(documents in corpus()) {
        let pages: Vec<Prints> =
            documents.iter().enumerate().map(|(n, document)| prints(n, document)).collect();
        let whole = survey(&pages);
        let bytes = saved(&whole);
        let loaded = Survey::load(bytes.as_slice()).unwrap();
        prop_assert_eq!(saved(&loaded), bytes);
        prop_assert_eq!(loaded.documents(), whole.documents());
        prop_assert_eq!(loaded.checksum(), whole.checksum());
    }

    #[test]
    fn a_damaged_file_is_refused_and_nothing_breaks(at in 0usize..4000, bit in 0u8..8) {
        let documents: Vec<(u8, Vec<u8>)> = (0..20).map(|n| (n % 3, vec![n % 7, n % 5])).collect();
        let pages: Vec<Prints> =
            documents.iter().enumerate().map(|(n, document)| prints(n, document)).collect();
        let mut bytes = saved(&survey(&pages));
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        // A bit of a zstd frame's head can be without meaning; then the contents are the same.
        if let Ok(loaded) = Survey::load(bytes.as_slice()) {
            prop_assert_eq!(loaded.checksum(), survey(&pages).checksum());
        }
        let whole = saved(&survey(&pages));
        prop_assert!(Survey::load(&whole[..at]).is_err());
    }
}

fn place(source: &str, ordinal: u64) -> Location {
    Location { source: source.into(), ordinal }
}

fn page(source: &str, ordinal: u64, blocks: &[&str]) -> Prints {
    let mut page = Prints::none(place(source, ordinal));
    page.blocks.extend(blocks.iter().filter_map(|block| print_of(block)));
    page.blocks.sort_unstable();
    page
}

#[test]
fn documents_are_counted_once_and_copies_each_time() {
    let survey = survey(&[
        page("b", 0, &["Read more", "READ MORE!", "Other"]),
        page("a", 7, &["read more"]),
        page("a", 12, &["read more", "***"]),
    ]);
    let known = survey.block(print_of("Read more").unwrap()).unwrap();
    assert_eq!(known, Known { documents: 3, copies: 4, source: "a", ordinal: 7 });
    assert!(known.is_first(&place("a", 7)));
    assert!(!known.is_first(&place("a", 12)));
    assert!(!known.is_first(&place("b", 7)));
    assert_eq!(survey.block(print_of("unknown").unwrap()), None);
    assert_eq!((survey.documents(), survey.blocks()), (3, 2));
    assert!(survey.has_source("b") && !survey.has_source("c"));
}

#[test]
fn short_sentences_are_not_counted() {
    assert_eq!(sentence_print("The answer appears to be yes."), None);
    assert_eq!(sentence_print(&"é".repeat(39)), None);
    assert!(sentence_print(&"é".repeat(40)).is_some());
    assert_eq!(sentence_print(&"-".repeat(80)), None);
}

#[test]
fn no_survey_counts_nothing_and_knows_nothing() {
    let mut none = Survey::none();
    none.add(&page("a", 0, &["Read more"]));
    assert!(!none.is_present());
    assert_eq!((none.documents(), none.checksum()), (0, None));
    none.merge(&survey(&[page("a", 0, &["Read more"])])).unwrap();
    assert_eq!(none.documents(), 1, "merging into nothing is taking the other");
}

#[test]
fn surveys_of_lines_and_of_blocks_do_not_mix() {
    let mut lines = Survey::new(Settings { unit: Unit::Line, ..Settings::default() });
    let error = lines.merge(&survey(&[])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the surveys do not count the same: blocks or lines, with sentences or without"
    );
}

/// A file with this first line and nothing else.
fn file(header: &str) -> Vec<u8> {
    zstd::stream::encode_all(format!("{header}\n").as_bytes(), 3).unwrap()
}

#[test]
fn other_files_are_refused_by_name() {
    let refused = |bytes: &[u8]| Survey::load(bytes).unwrap_err().to_string();
    assert_eq!(refused(b"{\"text\": \"a\"}\n"), "not a survey of tamis");
    assert_eq!(refused(b""), "not a survey of tamis");
    assert_eq!(refused(&file("{\"text\": \"a\"}")), "not a survey of tamis");
    assert_eq!(
        refused(&file("{\"kind\": \"tamis survey\", \"format\": 9}")),
        "a survey of format 9; this version reads format 1"
    );
    assert_eq!(
        refused(&file("{\"kind\": \"tamis survey\", \"format\": 1}")),
        "the survey is damaged: its first line lacks a field"
    );
    let mut longer = saved(&survey(&[page("a", 0, &["Read more"])]));
    longer.extend(zstd::stream::encode_all(&b"more"[..], 3).unwrap());
    assert_eq!(refused(&longer), "the survey is damaged: it goes on behind its end");
}

#[test]
fn places_beyond_the_last_are_held_to_it() {
    let far = Place::new(u32::MAX, u64::MAX);
    assert_eq!((far.source() as u64, far.ordinal()), (LAST_SOURCE, LAST_ORDINAL));
}
