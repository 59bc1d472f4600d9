//! A model trained on a few pages tells menus from text on another.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use tamis::signals::main_content::ContentModel;
use tamis::train::{Settings, TrainError, train};
use tamis::trees::Options;
use tamis::{Cleaner, Record, RuleSet, Survey};

const SENTENCES: [&str; 6] = [
    "The miller kept a book in which he wrote the height of the water each morning.",
    "Twice a day the sea filled the pond behind the wall and was let out through the wheel.",
    "When the railway came, flour from the city was cheaper than flour from the creek.",
    "The boats that carried the corn were built in a yard that stands no more.",
    "Nobody has found the stone that the mason is said to have signed with his name.",
    "In the cold spring of the flood the lower wheel broke and was never set right again.",
];

/// A page with a menu, paragraphs and a footer; and its main text.
fn page(number: usize) -> (String, String) {
    let paragraphs: Vec<String> = (0..4 + number % 3)
        .map(|n| {
            let first = SENTENCES[(number + n) % SENTENCES.len()];
            let second = SENTENCES[(number + 2 * n + 1) % SENTENCES.len()];
            format!("{first} {second}")
        })
        .collect();
    let title = format!("Mill number {number}");
    let html = format!(
        "<title>{title}</title><div class=nav><ul><li><a href=/>Home</a><li><a href=/a>Mills</a>\
         <li><a href=/b>Boats</a></ul></div><div class=content><h1>{title}</h1>{}</div>\
         <div class=footer><p><a href=/p>Privacy policy</a></p><p><a href=/t>Terms of use</a></p></div>",
        paragraphs.iter().map(|p| format!("<p>{p}</p>")).collect::<String>()
    );
    (html, format!("{title}\n\n{}", paragraphs.join("\n\n")))
}

/// A labelled folder of so many pages, each of its own site.
fn labelled(folder: &Path, pages: usize) {
    fs::create_dir_all(folder.join("html")).expect("a folder");
    let mut labels = String::new();
    for number in 0..pages {
        let (html, text) = page(number);
        fs::write(folder.join(format!("html/p{number}.html")), html).expect("a page");
        labels += &serde_json::json!({
            "id": format!("p{number}"),
            "type": if number % 2 == 0 { "article" } else { "product" },
            "url": format!("https://www.mill-{number}.com/a"),
            "text": text,
            "with": ["flour from the city"],
            "without": ["Privacy policy"],
        })
        .to_string();
        labels.push('\n');
    }
    fs::write(folder.join("gt.jsonl"), labels).expect("labels");
}

fn settings(folds: usize) -> Settings {
    let options = Options { trees: 20, leaves: 4, min_rows: 5, ..Options::default() };
    Settings { options, folds, kinds: true, data: "pages of this test".to_owned() }
}

#[test]
fn a_model_learns_from_labelled_pages_and_cleans_by_them() {
    let folder = tempfile::tempdir().expect("a folder");
    labelled(folder.path(), 24);
    let folders = [folder.path().to_owned()];
    let (model, figures) = train(&folders, &settings(3)).expect("a model");
    let all = &figures["all"];
    assert_eq!(all.pages, 24);
    assert_eq!(figures["article"].pages + figures["product"].pages, 24);
    assert!(all.f1 > 0.95, "{all:?}");
    assert_eq!((all.failed, all.leaked), (0.0, Some(0.0)));
    // Nothing tells the two kinds apart, so that one may be taken for the other.
    assert!(all.kind.is_some_and(|share| (0.0..=1.0).contains(&share)));
    assert_eq!(model.card().data, "pages of this test");
    assert_eq!(model.card().figures["all pages"], 24.0);

    // The kinds that the labels name are told apart, and the blocks ask for them.
    let names = model.blocks().features();
    assert!(names.ends_with(&["page_kind.article".to_owned(), "page_kind.product".to_owned()]));

    // Its file is read back, and serves to clean.
    let model = ContentModel::read(&model.write().expect("a file")).expect("a model");
    let rules = RuleSet::load(["main-content"]).expect("rules");
    let cleaner =
        Cleaner::new(rules, Survey::none()).expect("a cleaner").with_model(Arc::new(model));
    let (html, text) = page(100);
    let outcome = cleaner.clean(Record::html("new", html)).expect("an outcome");
    assert_eq!(outcome.text().map(str::trim), Some(text.as_str()));
}

#[test]
fn kinds_of_page_are_told_apart_only_where_there_are_two_and_they_are_wanted() {
    let folder = tempfile::tempdir().expect("a folder");
    labelled(folder.path(), 12);
    let folders = [folder.path().to_owned()];
    let unasked = Settings { kinds: false, ..settings(2) };
    assert_eq!(train(&folders, &unasked).expect("a model").1["all"].kind, None);
    let features = |settings: &Settings| {
        train(&folders, settings).expect("a model").0.blocks().features().len()
    };
    let without = features(&Settings { kinds: false, ..settings(0) });
    assert_eq!(features(&settings(0)), without + 2);
    let labels = fs::read_to_string(folder.path().join("gt.jsonl")).expect("labels");
    fs::write(folder.path().join("gt.jsonl"), labels.replace("product", "article"))
        .expect("labels");
    assert_eq!(features(&settings(0)), without);
}

#[test]
fn training_is_the_same_each_time() {
    let folder = tempfile::tempdir().expect("a folder");
    labelled(folder.path(), 8);
    let folders = [folder.path().to_owned()];
    let file = || train(&folders, &settings(0)).expect("a model").0.write().expect("a file");
    assert_eq!(file(), file());
}

#[test]
fn what_is_wrong_with_the_labels_is_said_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let folders = [folder.path().to_owned()];
    let error = |folds| train(&folders, &settings(folds)).expect_err("nothing to learn from");
    assert!(matches!(error(0), TrainError::Read { .. }));
    fs::write(folder.path().join("gt.jsonl"), "\n{\"id\": 3}\n").expect("labels");
    assert!(error(0).to_string().ends_with("gt.jsonl, line 2: not a label"), "{}", error(0));
    fs::write(folder.path().join("gt.jsonl"), "{\"id\": \"a\", \"text\": \"b\"}\n")
        .expect("labels");
    assert!(matches!(error(0), TrainError::Read { path, .. } if path.ends_with("html/a.html")));
    fs::write(folder.path().join("gt.jsonl"), "{\"id\": \"a\", \"text\": null}\n").expect("labels");
    assert!(matches!(error(0), TrainError::Nothing));
    assert!(matches!(error(1), TrainError::Folds(1)));
}
