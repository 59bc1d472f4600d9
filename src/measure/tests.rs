use super::file::{Description, Table, TableReader};
use super::stats::{By, Stats, TableOptions, bounds, table};
use super::*;
use crate::survey::{Counting, Survey};
use crate::{pipeline, signals};

/// A target that is kept.
#[derive(Clone, Debug, PartialEq)]
struct Kept {
    scope: Scope,
    block: Option<usize>,
    span: Span,
    at: (u64, u64),
    characters: usize,
    text: String,
    action: Action,
    points: f64,
    removed: bool,
    fired: Vec<RuleId>,
    values: Vec<Option<f64>>,
}

fn measurer(rules: &str, scopes: &[Scope]) -> Measurer {
    let rules = match rules.contains('\n') {
        true => RuleSet::from_text("t", rules).unwrap(),
        false => RuleSet::load([rules]).unwrap(),
    };
    let wanted = Wanted::of_those_that_fit(scopes, &all_signals(false), 40);
    Measurer::new(Cleaner::new(rules, Survey::none()).unwrap(), wanted)
}

fn measured(measurer: &Measurer, record: Record) -> Vec<Kept> {
    let targets = measurer.measure(record).unwrap();
    let mut all = Vec::new();
    let each = targets.each(measurer.wanted(), |target| {
        all.push(Kept {
            scope: target.scope,
            block: target.block,
            span: target.span,
            at: target.characters_at,
            characters: target.characters,
            text: target.text.to_owned(),
            action: target.action,
            points: target.points,
            removed: target.removed,
            fired: target.fired.to_vec(),
            values: target.values.to_vec(),
        });
        Ok::<(), io::Error>(())
    });
    each.unwrap();
    all
}

fn value(measurer: &Measurer, kept: &Kept, signal: &str) -> Option<f64> {
    let id = signals::by_name(signal).unwrap();
    let place = measurer.wanted().signals().iter().position(|known| *known == id).unwrap();
    kept.values[place]
}

fn seeds() -> Vec<Record> {
    let mut paths: Vec<_> =
        std::fs::read_dir("seeds").unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let text = |path: &std::path::PathBuf| std::fs::read_to_string(path);
    let is_text = |path: &&std::path::PathBuf| path.extension().is_some_and(|end| end == "txt");
    let texts = paths.iter().filter(is_text);
    texts.map(|path| Record::text(path.to_string_lossy(), text(path).unwrap())).collect()
}

const PAGE: &str = "<title>The mill</title><nav><a href='/'>Home</a> <a href='/a'>About</a></nav>\
    <main><h1>The mill at the creek</h1><p>The mill at the mouth of the creek ground its last corn \
    in the spring of 1957, and nobody has been up to the loft since then but for the owls.</p>\
    <p>Share this: <a href='/x'>X</a></p><p>Its wheel was sold to a brewer in the north, who had it \
    carried over the hill on two carts, and the axle broke on the way down.</p></main>\
    <footer><p>© 2019 The mill. All rights reserved.</p></footer>";

/// What hits saw must stand in the row of their target.
fn assert_as_seen(rules: &str, records: Vec<Record>) -> usize {
    let measurer = measurer(rules, &Scope::ALL);
    let cleaner = Cleaner::new(measurer.rules().clone(), Survey::none()).unwrap();
    let mut seen = 0;
    for record in records {
        let outcome = cleaner.clean(record.clone()).unwrap();
        let rows = measured(&measurer, record);
        let of_blocks = outcome.on_blocks.blocks.iter().enumerate();
        let of_blocks = of_blocks.flat_map(|(n, block)| {
            let sentences = block.sentences.iter().map(|s| (Some(s.span), &s.verdict));
            [(None, &block.verdict)].into_iter().chain(sentences).map(move |(s, v)| (Some(n), s, v))
        });
        let wholes = outcome.wholes().map(|verdict| (None, None, verdict));
        for (block, sentence, verdict) in of_blocks.chain(wholes) {
            for hit in &verdict.hits {
                let rule = cleaner.rules().rule(hit.rule);
                let is_it = |row: &&Kept| {
                    row.scope == rule.scope
                        && row.block == block
                        && sentence.is_none_or(|span| row.span == span)
                };
                let row = rows.iter().find(is_it).unwrap();
                for evidence in hit.evidence.iter() {
                    let Some(id) = signals::by_name(&evidence.asked) else { continue };
                    assert_eq!(
                        value(&measurer, row, id.signal().name),
                        evidence.value,
                        "{} of {} on {:?}",
                        evidence.asked,
                        rule.name,
                        row.text
                    );
                    seen += 1;
                }
            }
        }
    }
    seen
}

#[test]
fn values_are_those_that_rules_see() {
    assert!(assert_as_seen("web", seeds()) > 1000);
    assert!(assert_as_seen("fineweb", seeds()) > 10);
    assert!(assert_as_seen("web-html", vec![Record::html("page", PAGE)]) > 0);
}

#[test]
fn a_document_is_measured_on_what_is_left_and_its_page_on_what_was_there() {
    let rules = "format = 1\ncategory = 'links'\n[rules.out]\nabout = 'X'\nscope = 'block'\n\
        action = 'remove'\nwhen = { phrases = ['share this'] }\n";
    let measurer = measurer(rules, &Scope::ALL);
    let rows = measured(&measurer, Record::text("id", "Der Müller säte.\n\nShare this now"));
    let of = |scope| rows.iter().filter(|row| row.scope == scope).collect::<Vec<_>>();
    assert_eq!(value(&measurer, of(Scope::Page)[0], "word_count"), Some(6.0));
    let document = of(Scope::Document)[0];
    assert_eq!(value(&measurer, document, "word_count"), Some(3.0));
    assert_eq!((document.span, document.at), (Span::new(0, 34), (0, 32)));
    assert_eq!((document.characters, document.text.as_str()), (16, "Der Müller säte."));
    let blocks = of(Scope::Block);
    assert_eq!([blocks[0].removed, blocks[1].removed, document.removed], [false, true, false]);
    assert_eq!((blocks[1].span, blocks[1].at), (Span::new(20, 34), (18, 32)));
    assert_eq!((blocks[1].action, blocks[1].points), (Action::Remove, 0.0));
    assert_eq!(blocks[1].fired, [RuleId(0)]);
    assert_eq!(value(&measurer, blocks[1], "kept_ratio"), None);
    assert_eq!(of(Scope::Sentence).len(), 2);
}

#[test]
fn all_of_a_document_that_is_dropped_early_is_measured_as_if_it_were_not() {
    let out = "[rules.out]\nabout = 'X'\nscope = 'block'\naction = 'remove'\n\
        when = { phrases = ['share this'] }\n";
    let text = "A long tale of the mill.\n\nShare this now\n\nThe end of it.";
    let usual = measurer(&format!("format = 1\ncategory = 'links'\n{out}"), &Scope::ALL);
    let usual = measured(&usual, Record::text("id", text));
    for scope in ["source", "page", "block", "sentence", "document"] {
        let condition = match scope {
            "source" => "signal = 'source_bytes', at-least = 0",
            _ => "signal = 'char_count', at-least = 0",
        };
        let rules = format!(
            "format = 1\ncategory = 'links'\n{out}\n[rules.drop]\nabout = 'X'\nscope = '{scope}'\n\
             action = 'drop'\nwhen = {{ {condition} }}\n"
        );
        let measurer = measurer(&rules, &Scope::ALL);
        let rows = measured(&measurer, Record::text("id", text));
        assert_eq!(rows.len(), usual.len(), "{scope}");
        assert!(rows.iter().all(|row| row.removed), "{scope}");
        for (row, usual) in rows.iter().zip(&usual) {
            // A rule that drops for each sentence or block also takes all of them away.
            if matches!(scope, "source" | "page" | "document") || row.scope != Scope::Document {
                assert_eq!(row.values, usual.values, "{scope}");
            }
        }
    }
}

#[test]
fn areas_are_measured_on_the_whole_page_and_blocks_on_what_areas_left() {
    let scopes = [Scope::Area, Scope::Block];
    let measurer = measurer("web-html", &scopes);
    let rows = measured(&measurer, Record::html("page", PAGE));
    let of = |scope| rows.iter().filter(move |row| row.scope == scope);
    let gone: Vec<usize> = of(Scope::Area)
        .filter(|row| row.action == Action::Remove)
        .map(|row| row.block.unwrap())
        .collect();
    assert!(!gone.is_empty() && gone.len() < of(Scope::Area).count());
    for row in of(Scope::Area) {
        let is_gone = gone.contains(&row.block.unwrap());
        assert_eq!(of(Scope::Block).any(|block| block.block == row.block), !is_gone);
        assert!(row.removed || !is_gone);
        // What a block is called and where it stands is the same on both.
        for block in of(Scope::Block).filter(|block| block.block == row.block) {
            assert_eq!((block.span, block.at, &block.text), (row.span, row.at, &row.text));
        }
    }
    let first = of(Scope::Block).next().unwrap();
    assert_eq!(value(&measurer, first, "block_position"), Some(0.0));
    let same = of(Scope::Area).find(|row| row.block == first.block).unwrap();
    assert_ne!(value(&measurer, same, "block_position"), Some(0.0));
}

#[test]
fn who_watches_changes_nothing() {
    // Blocks are settled by their neighbours, if any was asked about; there is no rule for one.
    let rules = "format = 1\ncategory = 'links'\n[decide]\nshort-below = 10000\n\
        context-reach = 10000\nguard-action = 'none'\n[rules.x]\nabout = 'X'\nscope = 'sentence'\n\
        weight = 0.5\nwhen = { phrases = ['zzz'] }\n";
    for rules in [rules, "web", "fineweb", "format = 1\n"] {
        let measurer = measurer(rules, &Scope::ALL);
        let cleaner = Cleaner::new(measurer.rules().clone(), Survey::none()).unwrap().in_full();
        for record in seeds() {
            let plain = cleaner.clean(record.clone()).unwrap();
            let watcher = Watcher::new(measurer.wanted());
            let watched = cleaner.clean_watched(record, &watcher).unwrap();
            assert_eq!(watched.decision, plain.decision);
            assert_eq!(watched.cleaned.text, plain.cleaned.text);
            assert_eq!(watched.removals(), plain.removals());
        }
    }
}

#[test]
fn nothing_is_one_document_without_blocks() {
    for record in [Record::text("id", ""), Record::text("id", " \n\n "), Record::html("id", "")] {
        let measurer = measurer("web", &Scope::ALL);
        let rows = measured(&measurer, record);
        let scopes: Vec<Scope> = rows.iter().map(|row| row.scope).collect();
        assert_eq!(scopes, [Scope::Source, Scope::Page, Scope::Document]);
    }
}

#[test]
fn a_signal_that_no_scope_has_is_refused_by_name() {
    let place = signals::by_name("block_position").unwrap();
    let error = Wanted::new(&[Scope::Page, Scope::Document], &[place], 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "signal `block_position` is not measured on page, document: it is for area, block"
    );
    assert_eq!(Wanted::new(&[], &[place], 0).unwrap_err(), WantedError::NoScope);
    assert!(Wanted::of_those_that_fit(&[Scope::Page], &[place], 0).signals().is_empty());
}

#[test]
fn a_survey_gives_its_signals_too() {
    let rules = RuleSet::load(["copies"]).unwrap();
    let mut counting = Counting::new(rules.survey_settings());
    let text = "The mill stands idle at low tide and has done so for years.";
    for id in ["one", "two"] {
        let prints = pipeline::prints(Record::text(id, text), counting.settings()).unwrap();
        counting.add(&prints).unwrap();
    }
    let cleaner = Cleaner::new(rules, counting.survey().unwrap()).unwrap();
    let wanted = Wanted::of_those_that_fit(&[Scope::Block], &all_signals(true), 0);
    let measurer = Measurer::new(cleaner, wanted);
    let rows = measured(&measurer, Record::text("two", text));
    assert_eq!(value(&measurer, &rows[0], "block_document_frequency"), Some(2.0));
}

fn written(measurer: &Measurer, records: Vec<Record>) -> Vec<u8> {
    let rules = measurer.rules();
    let about = Description::new(&["t".to_owned()], rules, measurer.wanted(), None);
    let mut out = Table::new(Vec::new(), measurer.wanted(), rules, &about).unwrap();
    for record in records {
        let targets = measurer.measure(record).unwrap();
        targets.each(measurer.wanted(), |target| out.add(target)).unwrap();
    }
    out.finish().unwrap()
}

#[test]
fn no_column_of_a_signal_has_the_name_of_another_column() {
    let wanted = Wanted::of_those_that_fit(&Scope::ALL, &all_signals(true), 10);
    let schema = file::schema(&wanted);
    let mut names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(wanted.signals().len(), signals::all().len());
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn a_table_is_read_back_and_says_the_same_as_the_targets() {
    let measurer = measurer("web", &usual_scopes(&RuleSet::default()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    std::fs::write(&path, written(&measurer, seeds())).unwrap();
    let reader = TableReader::open(&path).unwrap();
    assert_eq!(reader.signals(), measurer.wanted().signals());
    assert_eq!(reader.description().rules, ["t"]);
    let names = ["link_density", "word_count", "kept_ratio", "mean_word_length"];
    let asked: Vec<SignalId> = names.map(|name| signals::by_name(name).unwrap()).into();
    let of_rules = || bounds(measurer.rules());
    let mut of_table = Stats::new(&asked, of_rules(), Some(By::Kind));
    let read = reader.each(&asked, Some("kind"), |row| {
        let scope = Scope::ALL.into_iter().find(|scope| scope.name() == row.scope).unwrap();
        of_table.add(scope, row.group, row.values);
    });
    read.unwrap();
    let mut of_targets = Stats::new(&asked, of_rules(), Some(By::Kind));
    for record in seeds() {
        let targets = measurer.measure(record).unwrap();
        let each = targets.each(measurer.wanted(), |target| {
            let place = |id| measurer.wanted().signals().iter().position(|known| *known == id);
            let values: Vec<_> =
                asked.iter().map(|id| target.values[place(*id).unwrap()]).collect();
            of_targets.add(target.scope, target.kind.map(BlockKind::name), &values);
            Ok::<(), io::Error>(())
        });
        each.unwrap();
    }
    let options = TableOptions { in_full: true, groups: 5 };
    let shown = table(&of_table, options);
    assert_eq!(shown, table(&of_targets, options));
    assert!(shown.contains("link_density") && shown.contains("paragraph"), "{shown}");
    assert!(shown.contains("links/unrelated-link-list"), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    let of_kept = |scope| of_table.cell(asked[2], scope).map(|cell| cell.spread.count());
    assert_eq!(of_kept(Scope::Block), None);
    assert!(of_kept(Scope::Document) > Some(10));
}

#[test]
fn what_is_no_table_is_refused_and_damage_is_told() {
    let measurer = measurer("format = 1\n", &[Scope::Block]);
    let whole = written(&measurer, vec![Record::text("id", "The mill.\n\nIt stands.")]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let signals: Vec<SignalId> = measurer.wanted().signals().to_vec();
    let mut refused = 0;
    for at in (0..whole.len()).step_by(211) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        std::fs::write(&path, &damaged).unwrap();
        // It is read, or refused: it never panics.
        let read = TableReader::open(&path).and_then(|reader| reader.each(&signals, None, |_| {}));
        refused += usize::from(read.is_err());
        std::fs::write(&path, &damaged[..at]).unwrap();
        assert!(TableReader::open(&path).is_err());
    }
    assert!(refused > 0);
}

#[test]
fn groups_are_told_apart_up_to_a_number_and_the_rest_is_counted_together() {
    let id = signals::by_name("word_count").unwrap();
    let mut stats = Stats::new(&[id], Vec::new(), Some(By::Host));
    for (host, times) in [("b.example", 2), ("a.example", 2), ("c.example", 5)] {
        (0..times).for_each(|n| stats.add(Scope::Block, Some(host), &[Some(f64::from(n))]));
    }
    stats.add(Scope::Block, None, &[None]);
    let groups = stats.groups(id, Scope::Block, 2);
    let counts: Vec<(&str, u64, u64)> = groups
        .iter()
        .map(|(name, cell)| (*name, cell.spread.count(), cell.spread.undefined()))
        .collect();
    assert_eq!(counts, [("c.example", 5, 0), ("a.example", 2, 0), ("(others)", 2, 1)]);
    assert_eq!(stats.groups(id, Scope::Document, 2).len(), 0);
}
