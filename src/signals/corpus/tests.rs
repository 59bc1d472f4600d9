use crate::document::{BlockKind, Location};
use crate::signals::tests::{Fixture, same};
use crate::survey::{Keep, MinHash, Part, Prints, Settings, Survey, Ways};

const ELM: &str = "The wheel of the upper mill was built of elm and turned for a hundred years.";
const BOOK: &str =
    "Its miller kept a book in which he wrote each morning the height of the stream.";
const NEW: &str = "This sentence stands in no other document of the corpus, and is long enough.";

/// A survey of pages that come before the test's own page (source `test`, record 0).
fn survey(pages: &[&str], source: &str) -> Survey {
    let settings = Settings::default();
    let pages = (0..).zip(pages).map(|(ordinal, text)| {
        let location = Location { source: source.into(), ordinal };
        Prints::of(&Fixture::of(text).page(), &settings).at(location)
    });
    Survey::over(settings.clone(), pages).unwrap()
}

#[test]
fn without_a_survey_all_is_undefined() {
    let page = Fixture::of(ELM);
    for name in ["block_document_frequency", "block_is_first", "page_corpus_copied_ratio"] {
        assert_eq!(page.block(0, name), None, "{name}");
    }
    assert_eq!(page.sentence(0, ELM, "sentence_is_first"), None);
    assert_eq!(page.sentence(0, ELM, "corpus_copied_run_characters"), None);
}

#[test]
fn documents_and_copies_are_those_of_the_survey() {
    let twice = format!("{ELM}\n{ELM}");
    let page =
        Fixture::of(&format!("{ELM}\n{NEW}\n***")).surveyed(survey(&[&twice, ELM], "earlier"));
    assert_eq!(page.block(0, "block_document_frequency"), Some(2.0));
    assert_eq!(page.block(0, "block_corpus_copies"), Some(3.0));
    assert_eq!(page.block(0, "block_is_first"), Some(0.0));
    assert_eq!(page.block(1, "block_document_frequency"), Some(0.0));
    assert_eq!(page.block(1, "block_is_first"), Some(1.0), "nobody has it");
    assert_eq!(page.block(2, "block_is_first"), None, "marks alone are no copies");
}

#[test]
fn a_block_is_first_wherever_its_document_is() {
    // The page is record 0 of `test`: the first of these, and again in itself.
    let twice = format!("{ELM}\n{ELM}");
    let page = Fixture::of(&twice).surveyed(survey(&[&twice, ELM], "test"));
    assert_eq!(page.block(0, "block_is_first"), Some(1.0));
    assert_eq!(page.block(1, "block_is_first"), Some(1.0));
    assert_eq!(page.block(0, "block_document_frequency"), Some(2.0));
}

#[test]
fn short_sentences_are_undefined() {
    let page = Fixture::of("Nobody knows why.").surveyed(survey(&["Nobody knows why."], "earlier"));
    assert_eq!(page.sentence(0, "Nobody knows why.", "sentence_is_first"), None);
    assert_eq!(page.block(0, "block_is_first"), Some(0.0));
    assert_eq!(page.block(0, "page_corpus_copied_ratio"), None, "nothing can be looked up");
}

#[test]
fn runs_go_over_blocks_and_short_lines_and_end_at_what_is_new() {
    let text = format!("A mill\n{ELM}\nNobody knows why.\n{BOOK}\n{NEW}\n{ELM}");
    let earlier = format!("A mill\n{ELM}\nNobody knows why.\n{BOOK}");
    let page = Fixture::of(&text).surveyed(survey(&[&earlier], "earlier"));
    let run = |n| page.block(n, "corpus_copied_run_characters").unwrap();
    let (elm, both) = (ELM.len() as f64, (ELM.len() + BOOK.len()) as f64);
    assert_eq!([run(0), run(1), run(2), run(3)], [both; 4], "the heading goes along");
    assert_eq!((run(4), run(5)), (0.0, elm));
    let all = both + elm + NEW.len() as f64;
    same(page.block(0, "page_corpus_copied_ratio"), (both + elm) / all);
}

#[test]
fn a_short_block_at_the_end_of_a_run_is_part_of_it_if_it_was_taken_with_it() {
    // "Not at all." is what many say; "A mill" and "So it is." stand with the passage.
    let passage = format!("A mill\n{ELM}\nNot at all.\n{BOOK}\nSo it is.");
    let text = format!("Not at all.\n{passage}\nNot at all.\n{NEW}");
    let page = Fixture::of(&text).surveyed(survey(&["Not at all.", &passage], "earlier"));
    let run = |n| page.block(n, "corpus_copied_run_characters").unwrap();
    let both = (ELM.len() + BOOK.len()) as f64;
    assert_eq!([run(0), run(6)], [0.0; 2], "chance");
    assert_eq!([run(1), run(2), run(3), run(4), run(5)], [both; 5]);
}

#[test]
fn a_short_block_of_the_pages_own_is_part_of_no_run() {
    let page = Fixture::of(&format!("{ELM}\nBut is that so?\n{BOOK}"))
        .surveyed(survey(&[&format!("{ELM}\n{BOOK}")], "earlier"));
    let own = "But is that so?";
    assert_eq!(page.sentence(1, own, "corpus_copied_run_characters"), Some(0.0));
    assert_eq!(page.block(1, "corpus_copied_run_characters"), Some(0.0));
    let both = (ELM.len() + BOOK.len()) as f64;
    assert_eq!(page.block(2, "corpus_copied_run_characters"), Some(both));
}

#[test]
fn sentences_are_found_in_blocks_that_are_no_copies() {
    let text = format!("{NEW} {ELM} {BOOK}");
    let earlier = format!("{ELM} {BOOK}");
    let page = Fixture::of(&text).surveyed(survey(&[&earlier], "earlier"));
    assert_eq!(page.block(0, "block_is_first"), Some(1.0));
    assert_eq!(page.last_sentence(0, ELM, "sentence_is_first"), Some(0.0));
    assert_eq!(page.last_sentence(0, ELM, "sentence_document_frequency"), Some(1.0));
    assert_eq!(page.sentence(0, NEW, "corpus_copied_run_characters"), Some(0.0));
    let both = (ELM.len() + BOOK.len()) as f64;
    assert_eq!(page.last_sentence(0, BOOK, "corpus_copied_run_characters"), Some(both));
}

#[test]
fn tables_and_code_make_no_run() {
    let code = Fixture::of(ELM).kind(BlockKind::Code);
    let page = code.surveyed(survey(&[ELM], "earlier"));
    assert_eq!(page.block(0, "block_is_first"), Some(0.0));
    assert_eq!(page.block(0, "corpus_copied_run_characters"), Some(0.0));
}

/// A survey of documents that come before the test's own, and of that one last if it is counted.
struct Earlier {
    settings: Settings,
    prints: Vec<Prints>,
}

impl Earlier {
    fn counting(parts: &[Part]) -> Self {
        Self::in_ways(parts, Ways::default())
    }

    fn in_ways(parts: &[Part], ways: Ways) -> Self {
        let settings = Settings::of_parts(parts.iter().copied(), ways);
        Self { settings, prints: Vec::new() }
    }

    fn and(self, pages: &[&str]) -> Self {
        pages.iter().fold(self, |all, text| all.and_page(&Fixture::of(text)))
    }

    fn and_page(mut self, page: &Fixture) -> Self {
        let ordinal = self.prints.len() as u64;
        let location = Location { source: "earlier".into(), ordinal };
        self.prints.push(Prints::of(&page.page(), &self.settings).at(location));
        self
    }

    /// All the pages so far are of a host.
    fn on(mut self, host: &str) -> Self {
        self.prints = self.prints.into_iter().map(|prints| prints.in_group(host)).collect();
        self
    }

    /// The page with this survey, in which it is counted.
    fn then(mut self, page: Fixture) -> Fixture {
        self.prints.push(Prints::of(&page.page(), &self.settings));
        self.without(page)
    }

    /// The page with this survey, which does not know it.
    fn without(self, page: Fixture) -> Fixture {
        page.surveyed(Survey::over(self.settings, self.prints).unwrap())
    }
}

#[test]
fn verse_makes_no_run_and_goes_along_amid_one() {
    let stanza = "The mill has ground its final sack,\nThe ferry leaves and won't come back,\n\
                  The herons stand along the weir\nAnd wait for eels the whole long year.";
    let passage = format!("{ELM}\n{stanza}\n{BOOK}");
    let page = |text: &str, verse| Fixture::of(text).join(verse, verse + 4);
    let counting = || Earlier::counting(&[Part::Sentences]).and_page(&page(&passage, 1));
    let alone = counting().then(page(&format!("{NEW}\n{stanza}\n{NEW}"), 1));
    assert_eq!(alone.block(1, "block_is_first"), Some(0.0));
    assert_eq!(alone.block(1, "corpus_copied_run_characters"), Some(0.0));
    assert_eq!(alone.block(1, "page_corpus_copied_ratio"), Some(0.0));
    let amid = counting().then(page(&format!("{passage}\n{NEW}"), 1));
    let both = (ELM.len() + BOOK.len()) as f64;
    assert_eq!(amid.block(1, "corpus_copied_run_characters"), Some(both));
}

const ON_MILLS: &str = "https://www.mills.example/tide";

#[test]
fn shares_are_of_the_documents_of_the_corpus_and_of_the_host() {
    let of_host = Earlier::counting(&[Part::Groups]).and(&[ELM, ELM, BOOK]).on("mills.example");
    let page = of_host.and(&[ELM]).then(Fixture::of(&format!("{ELM}\n{NEW}")).at(ON_MILLS));
    // Five documents, four of the host; the one without an address is of no host.
    assert_eq!(page.block(0, "block_document_frequency"), Some(4.0));
    same(page.block(0, "block_document_share"), 0.8);
    assert_eq!(page.block(0, "block_host_frequency"), Some(3.0));
    same(page.block(0, "block_host_share"), 0.75);
    assert_eq!(page.block(0, "block_hosts"), Some(1.0));
    assert_eq!(page.block(0, "host_documents"), Some(4.0));
    assert_eq!(page.document("host_documents"), Some(4.0));
    assert_eq!(page.block(1, "block_host_frequency"), Some(1.0), "its own");
    same(page.block(1, "block_host_share"), 0.25);
}

#[test]
fn a_block_that_stands_twice_in_a_page_counts_once_for_the_host() {
    let twice = format!("{ELM}\n{ELM}");
    let earlier = Earlier::counting(&[Part::Groups]).and(&[&twice, BOOK]).on("mills.example");
    let page = earlier.then(Fixture::of(&twice).at(ON_MILLS));
    assert_eq!(page.block(1, "block_host_frequency"), Some(2.0));
    assert_eq!(page.block(1, "block_corpus_copies"), Some(4.0));
    same(page.block(1, "block_host_share"), 2.0 / 3.0);
}

#[test]
fn a_page_without_an_address_has_no_host() {
    let page = Earlier::counting(&[Part::Groups]).and(&[ELM]).then(Fixture::of(ELM));
    for name in ["block_host_frequency", "block_host_share", "host_documents"] {
        assert_eq!(page.block(0, name), None, "{name}");
    }
    assert_eq!(page.block(0, "block_hosts"), Some(0.0), "its documents are of no host");
    same(page.block(0, "block_document_share"), 1.0);
}

#[test]
fn of_a_host_that_was_not_counted_shares_are_undefined() {
    let earlier = Earlier::counting(&[Part::Groups]).and(&[ELM]).on("ferries.example");
    let page = earlier.without(Fixture::of(ELM).at(ON_MILLS));
    assert_eq!(page.block(0, "host_documents"), Some(0.0));
    assert_eq!(page.block(0, "block_host_frequency"), Some(0.0));
    assert_eq!(page.block(0, "block_host_share"), None);
    assert_eq!(page.block(0, "block_hosts"), Some(1.0));
}

#[test]
fn of_a_survey_of_nothing_shares_are_undefined() {
    let page = Earlier::counting(&[Part::Groups]).without(Fixture::of(ELM));
    assert_eq!(page.block(0, "block_document_share"), None);
    assert_eq!(page.block(0, "block_document_frequency"), Some(0.0));
    assert_eq!(page.block(0, "block_is_first"), Some(1.0));
}

#[test]
fn edges_are_the_first_and_the_last_fifth() {
    let long = format!("{BOOK}\n{NEW}\n{BOOK}\n{NEW}\n{BOOK}\n{NEW}");
    let earlier = Earlier::counting(&[Part::Blocks])
        .and(&[&format!("{ELM}\n{long}"), &format!("{long}\n{ELM}")]);
    let page = earlier.then(Fixture::of(&format!("{long}\n{ELM}\n{long}\n{ELM}\nA mill")));
    // Three documents: at the head of the first, at the foot of the second and of the page.
    same(page.block(6, "block_head_ratio"), 1.0 / 3.0);
    same(page.block(6, "block_tail_ratio"), 2.0 / 3.0);
    assert_eq!(page.block(14, "block_head_ratio"), None, "one document says nothing of places");
}

#[test]
fn a_page_of_one_block_has_it_at_both_edges() {
    let page = Earlier::counting(&[Part::Blocks]).and(&[ELM]).then(Fixture::of(ELM));
    assert_eq!(page.block(0, "block_head_ratio"), Some(1.0));
    assert_eq!(page.block(0, "block_tail_ratio"), Some(1.0));
}

const ORDERS: &str = "Orders that reach the shop of the mill before noon on 12 May are packed on the same day and leave the harbour by the evening ferry.";

/// [`ORDERS`] with another month.
fn changed() -> String {
    ORDERS.replace("May", "July")
}

#[test]
fn near_copies_are_those_of_other_documents() {
    let earlier = Earlier::counting(&[Part::NearBlocks]).and(&[ORDERS, BOOK]);
    let page = earlier.then(Fixture::of(&format!("{}\n{NEW}\n{BOOK}", changed())));
    assert_eq!(page.block(0, "block_is_first"), Some(1.0), "no copy");
    assert_eq!(page.block(0, "block_near_is_first"), Some(0.0));
    assert_eq!(page.block(0, "block_near_document_frequency"), Some(2.0));
    assert_eq!(page.block(1, "block_near_is_first"), Some(1.0));
    assert_eq!(page.block(1, "block_near_document_frequency"), Some(1.0));
    assert_eq!(page.block(2, "block_near_is_first"), Some(0.0), "copies are near copies");
    assert_eq!(page.block(2, "block_near_document_frequency"), Some(2.0));
}

#[test]
fn a_page_is_the_first_to_hold_its_own_near_copies() {
    let both = format!("{ORDERS}\n{}", changed());
    let page = Earlier::counting(&[Part::NearBlocks]).and(&[NEW]).then(Fixture::of(&both));
    assert_eq!(page.block(0, "block_near_is_first"), Some(1.0));
    assert_eq!(page.block(1, "block_near_is_first"), Some(1.0));
    assert_eq!(page.block(1, "block_near_document_frequency"), Some(2.0), "it counts twice");
}

#[test]
fn near_copies_are_of_prose_and_of_eight_words() {
    let earlier = Earlier::counting(&[Part::NearBlocks]).and(&[ORDERS]);
    let page = earlier.then(Fixture::of(&changed()).kind(BlockKind::Table));
    assert_eq!(page.block(0, "block_near_is_first"), None);
    let earlier =
        Earlier::counting(&[Part::NearBlocks]).and(&["The ferry leaves at noon, in May."]);
    let page = earlier.then(Fixture::of("The ferry leaves at noon, in July."));
    assert_eq!(page.block(0, "block_near_is_first"), Some(1.0));
}

#[test]
fn a_near_copy_is_known_only_if_the_block_was_counted() {
    let page =
        Earlier::counting(&[Part::NearBlocks]).and(&[ORDERS]).without(Fixture::of(&changed()));
    assert_eq!(page.block(0, "block_near_is_first"), Some(1.0));
    assert_eq!(page.block(0, "block_near_document_frequency"), Some(0.0));
}

/// Every sentence of a page's block, with the signal.
fn of_windows(page: &Fixture, block: usize, sentences: &[&str]) -> Vec<Option<f64>> {
    let value = |sentence: &&str| page.sentence(block, sentence, "window_is_first");
    sentences.iter().map(value).collect()
}

#[test]
fn sentences_of_a_copied_window_are_found() {
    let [one, two, three, own] =
        ["It was elm.", "Who cut it?", "Nobody says.", "The village has grown."];
    let earlier = Earlier::counting(&[Part::Windows]).and(&[&format!("{one} {two} {three}")]);
    let page = earlier.then(Fixture::of(&format!("{own} {one} {two} {three} But why?")));
    let found = of_windows(&page, 0, &[own, one, two, three, "But why?"]);
    assert_eq!(found, [Some(1.0), Some(0.0), Some(0.0), Some(0.0), Some(1.0)]);
    assert_eq!(page.sentence(0, two, "window_document_frequency"), Some(2.0));
    assert_eq!(page.sentence(0, own, "window_document_frequency"), Some(1.0));
}

#[test]
fn windows_go_over_blocks_and_past_what_has_no_letters() {
    let earlier =
        Earlier::counting(&[Part::Windows]).and(&["It was elm. Who cut it? Nobody says."]);
    let page = earlier.then(Fixture::of("It was elm. Who cut it?\n***\nNobody says.\nBut why?"));
    assert_eq!(of_windows(&page, 0, &["It was elm.", "Who cut it?"]), [Some(0.0), Some(0.0)]);
    assert_eq!(page.sentence(2, "Nobody says.", "window_is_first"), Some(0.0));
    assert_eq!(page.sentence(3, "But why?", "window_is_first"), Some(1.0));
}

#[test]
fn a_sentence_of_a_page_of_two_is_in_no_window() {
    let text = "It was elm. Who cut it?";
    let page = Earlier::counting(&[Part::Windows]).and(&[text]).then(Fixture::of(text));
    assert_eq!(of_windows(&page, 0, &["It was elm.", "Who cut it?"]), [None, None]);
    assert_eq!(page.sentence(0, "Who cut it?", "window_document_frequency"), None);
}

#[test]
fn windows_that_a_page_says_twice_are_its_own() {
    let twice = "It was elm. Who cut it? Nobody says. It was elm. Who cut it? Nobody says.";
    let page = Earlier::counting(&[Part::Windows]).and(&[NEW]).then(Fixture::of(twice));
    assert_eq!(page.last_sentence(0, "Who cut it?", "window_is_first"), Some(1.0));
    assert_eq!(page.last_sentence(0, "Who cut it?", "window_document_frequency"), Some(1.0));
}

#[test]
fn windows_are_as_long_as_the_rules_file_says() {
    let ways = Ways { window: 2, ..Ways::default() };
    let earlier = Earlier::in_ways(&[Part::Windows], ways).and(&["It was elm. Who cut it?"]);
    let page = earlier.then(Fixture::of("It was elm. Who cut it? Nobody says."));
    let found = of_windows(&page, 0, &["It was elm.", "Who cut it?", "Nobody says."]);
    assert_eq!(found, [Some(0.0), Some(0.0), Some(1.0)]);
}

#[test]
fn copies_are_found_in_scripts_without_spaces() {
    let parts = [Part::Blocks, Part::Sentences, Part::Windows, Part::NearBlocks];
    let text = "水車小屋は川の下にあり、村の人々は毎朝そこへ麦を運んで粉にしていたと古い帳面に書いてある。誰が書いたのか。今は誰も知らない。";
    let near = text.replace("麦", "米");
    let earlier = Earlier::counting(&parts).and(&[text]);
    let page = earlier.then(Fixture::of(&format!("{text}\n{near}")));
    assert_eq!(page.block(0, "block_is_first"), Some(0.0));
    assert_eq!(page.sentence(0, "誰が書いたのか。", "window_is_first"), Some(0.0));
    assert_eq!(page.sentence(0, "誰が書いたのか。", "sentence_is_first"), None, "short");
    assert_eq!(page.block(1, "block_is_first"), Some(1.0));
    assert_eq!(page.block(1, "block_near_is_first"), Some(0.0));
}

#[test]
fn whole_texts_are_copies_whatever_their_marks() {
    let earlier = Earlier::counting(&[Part::Texts]).and(&["The ferry leaves at NOON", BOOK]);
    let page = earlier.then(Fixture::of("The ferry leaves at noon."));
    assert_eq!(page.page_value("page_is_first"), Some(0.0));
    assert_eq!(page.page_value("page_document_frequency"), Some(2.0));
    let page = Earlier::counting(&[Part::Texts]).and(&[BOOK]).then(Fixture::of("***"));
    assert_eq!(page.page_value("page_is_first"), None);
    let page = Earlier::counting(&[Part::Texts]).and(&[BOOK]).without(Fixture::of(ELM));
    assert_eq!(page.page_value("page_is_first"), Some(1.0));
    assert_eq!(page.page_value("page_document_frequency"), Some(0.0));
}

#[test]
fn of_near_duplicates_one_is_kept() {
    let text = format!("{ORDERS} {ELM} {BOOK} {NEW}");
    let other = format!("{} {ELM} {BOOK} {NEW}", changed());
    let counting = || Earlier::counting(&[Part::NearDocuments]);
    let page = counting().and(&[&text]).then(Fixture::of(&other));
    assert_eq!(page.page_value("page_near_duplicates"), Some(2.0));
    assert_eq!(page.page_value("page_is_kept"), Some(0.0));
    let page = counting().and(&[ELM]).then(Fixture::of(&other));
    assert_eq!(page.page_value("page_near_duplicates"), Some(1.0));
    assert_eq!(page.page_value("page_is_kept"), Some(1.0));
    let page = counting().and(&[&text]).without(Fixture::of(&other));
    assert_eq!(page.page_value("page_near_duplicates"), Some(1.0), "it was not counted");
    assert_eq!(page.page_value("page_is_kept"), Some(1.0));
}

#[test]
fn of_near_duplicates_the_longest_is_kept_if_the_rules_file_says_so() {
    let text = format!("{ELM} {BOOK} {NEW} {ELM} {BOOK}");
    let longer = format!("{text} The end.");
    let near_documents = MinHash::named("zyda");
    let kept = |keep| {
        let ways = Ways { near_documents: near_documents.clone(), keep, ..Ways::default() };
        let earlier = Earlier::in_ways(&[Part::NearDocuments], ways).and(&[&text]);
        earlier.then(Fixture::of(&longer)).page_value("page_is_kept")
    };
    assert_eq!(kept(Keep::First), Some(0.0));
    assert_eq!(kept(Keep::Longest), Some(1.0));
}

#[test]
fn without_a_survey_the_signals_of_pages_and_hosts_are_undefined_too() {
    let page = Fixture::of(ELM).at(ON_MILLS);
    let of_blocks = ["block_host_share", "block_head_ratio", "block_near_is_first", "block_hosts"];
    for name in of_blocks {
        assert_eq!(page.block(0, name), None, "{name}");
    }
    for name in ["page_is_first", "page_is_kept", "page_near_duplicates", "host_documents"] {
        assert_eq!(page.page_value(name), None, "{name}");
    }
    assert_eq!(page.sentence(0, ELM, "window_is_first"), None);
}
