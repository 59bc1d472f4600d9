//! What models learn, that they explain themselves, and that files are read with care.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// Numbers 0 to 1, the same in every run.
fn noise(count: usize, seed: u64) -> impl Iterator<Item = f32> {
    (0..count as u64).map(move |n| {
        let mut x = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed.wrapping_mul(0xff51_afd7);
        x = (x ^ (x >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        x = (x ^ (x >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        (x >> 40) as f32 / (1u64 << 24) as f32
    })
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("feature-{n}")).collect()
}

/// Rows of noise, labelled by a function of them.
fn table(rows: usize, width: usize, label: impl Fn(&[f32]) -> f32) -> Table {
    let mut table = Table::new(names(width));
    let values: Vec<f32> = noise(rows * width, 1).collect();
    for row in values.chunks(width) {
        table.push(row, label(row), 1.0);
    }
    table
}

fn xor(row: &[f32]) -> f32 {
    f32::from((row[0] > 0.5) != (row[1] > 0.5))
}

fn mixed(row: &[f32]) -> f32 {
    (0.7 * row[0] + 0.5 * (row[1] - row[2]).abs()).clamp(0.0, 1.0)
}

fn small() -> Options {
    Options { trees: 20, leaves: 8, min_rows: 1, ..Options::default() }
}

fn model() -> Model {
    let mut model = train(&table(500, 4, mixed), &small()).unwrap();
    model.card.about = "whether \"it\" is".to_owned();
    model.card.figures.insert("loss".to_owned(), 0.25);
    model
}

fn close(a: f32, b: f32) -> bool {
    (a - b).abs() <= 1e-4 * (1.0 + a.abs().max(b.abs()))
}

fn right(model: &Model, table: &Table) -> usize {
    (0..table.len())
        .filter(|&row| (model.score(table.row(row)) > 0.0) == (table.labels[row] > 0.5))
        .count()
}

#[test]
fn either_or_is_learnt_with_four_leaves_and_not_with_two() {
    let table = table(1000, 2, xor);
    let deep = train(&table, &Options { leaves: 4, depth: 2, ..small() }).unwrap();
    assert!(right(&deep, &table) > 960, "{}", right(&deep, &table));
    let flat = train(&table, &Options { leaves: 2, ..small() }).unwrap();
    assert!(right(&flat, &table) < 700);
    assert!(deep.steps().is_none() && flat.steps().is_some());
}

#[test]
fn a_label_that_is_a_share_is_the_likelihood_learnt() {
    let label = |row: &[f32]| if row[0] > 0.5 { 0.8 } else { 0.3 };
    let table = table(1000, 1, label);
    let model = train(&table, &Options { trees: 200, ..small() }).unwrap();
    for value in [0.1, 0.4, 0.6, 0.9] {
        assert!((model.likelihood(&[value]) - label(&[value])).abs() < 0.01, "{value}");
    }
}

#[test]
fn a_weight_counts_as_that_many_rows() {
    let mut weighted = Table::new(names(1));
    let mut repeated = Table::new(names(1));
    for (n, value) in noise(200, 3).enumerate() {
        let (label, times) = (f32::from(value + (n % 5) as f32 * 0.1 > 0.7), n % 4);
        weighted.push(&[value], label, times as f32);
        (0..times).for_each(|_| repeated.push(&[value], label, 1.0));
    }
    let (a, b) = (train(&weighted, &small()).unwrap(), train(&repeated, &small()).unwrap());
    for value in noise(100, 4) {
        assert!((a.score(&[value]) - b.score(&[value])).abs() < 0.05, "{value}");
    }
}

#[test]
fn rows_of_weight_0_are_as_if_they_were_not_there() {
    let full = table(300, 3, mixed);
    let mut held_out = full.clone();
    let mut left = Table::new(full.names.clone());
    for row in 0..full.len() {
        if row % 3 == 0 {
            held_out.weights[row] = 0.0;
        } else {
            left.push(full.row(row), full.labels[row], 1.0);
        }
    }
    let options = Options { row_share: 0.7, ..small() };
    assert_eq!(train(&held_out, &options).unwrap(), train(&left, &options).unwrap());
}

#[test]
fn without_anything_to_tell_rows_apart_the_base_is_the_answer() {
    let equal = |rows: usize, values: &[f32]| {
        let mut table = Table::new(names(values.len()));
        (0..rows).for_each(|row| table.push(values, f32::from(row % 4 == 0), 1.0));
        train(&table, &small()).unwrap()
    };
    for model in [equal(100, &[1.0, -0.0]), equal(4, &[7.0]), equal(8, &[])] {
        assert_eq!(model.trees(), 0);
        assert!(close(model.likelihood(&[3.0, 4.0]), 0.25));
    }
    // One row, and rows of one label, leave the likelihood short of certain.
    assert!(equal(1, &[1.0]).score(&[1.0]) > 10.0);
    assert!(equal(1, &[1.0]).score(&[1.0]).is_finite());
}

#[test]
fn leaves_depth_and_rows_are_bounded() {
    let table = table(2000, 4, mixed);
    let model = train(&table, &Options { leaves: 31, depth: 3, ..small() }).unwrap();
    assert!(model.trees.iter().all(|tree| tree.depths().into_iter().all(|depth| depth <= 3)));
    assert!(model.trees.iter().any(|tree| tree.splits.len() == 7));
    let model = train(&table, &Options { leaves: 5, depth: 30, ..small() }).unwrap();
    assert!(model.trees.iter().all(|tree| tree.splits.len() == 4));
    let options = Options { leaves: 31, min_rows: 500, trees: 1, ..small() };
    let model = train(&table, &options).unwrap();
    let forest = super::forest::Forest::new(&model.trees);
    let mut rows = std::collections::BTreeMap::new();
    for row in 0..table.len() {
        *rows.entry(forest.sum(table.row(row)).to_bits()).or_insert(0) += 1;
    }
    assert!(rows.len() > 1 && rows.values().all(|&count| count >= 500), "{rows:?}");
}

#[test]
fn what_is_drawn_depends_on_the_seed_alone() {
    let table = table(500, 10, mixed);
    let options = Options { feature_share: 0.5, row_share: 0.5, ..small() };
    let one = train(&table, &options).unwrap();
    assert_eq!(one, train(&table, &options).unwrap());
    assert_ne!(one.trees, train(&table, &Options { seed: 1, ..options.clone() }).unwrap().trees);
    assert!(one.trees.iter().all(|tree| {
        let mut used: Vec<u16> = tree.splits.iter().map(|split| split.feature).collect();
        used.sort_unstable();
        used.dedup();
        used.len() <= 5
    }));
}

#[test]
fn threads_do_not_change_a_byte() {
    let table = table(3000, 20, mixed);
    let options = Options { feature_share: 0.8, row_share: 0.8, ..small() };
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| train(&table, &options).unwrap().write().unwrap())
    };
    assert_eq!(with(1), with(2));
    assert_eq!(with(1), with(7));
}

#[test]
fn importance_is_with_the_features_that_tell() {
    let model = train(&table(1000, 5, xor), &small()).unwrap();
    let shares = model.importance();
    assert!(close(shares.iter().sum(), 1.0));
    assert!(shares[0] + shares[1] > 0.9, "{shares:?}");
    let none = model.first(0);
    assert_eq!(none.importance(), [0.0; 5]);
    assert_eq!(none.uses(), [false; 5]);
}

#[test]
fn the_first_trees_are_what_training_would_have_ended_with() {
    let table = table(500, 4, mixed);
    let all = train(&table, &small()).unwrap();
    let some = train(&table, &Options { trees: 7, ..small() }).unwrap();
    assert_eq!(all.first(7).trees, some.trees);
    assert_eq!(all.first(1000), all);
}

#[test]
fn what_a_row_lacks_goes_left_as_what_is_not_a_number_does() {
    let model = model();
    let lowest = [f32::NEG_INFINITY; 4];
    for row in [&[][..], &[f32::NAN; 4], &[f32::NAN, f32::MIN]] {
        assert_eq!(model.score(row), model.score(&lowest));
    }
    assert_eq!(model.scores(&[f32::NAN; 6]), [model.score(&lowest); 2]);
    assert!(model.score(&[f32::INFINITY; 9]).is_finite());
}

#[test]
fn trees_beyond_the_bits_of_a_mask_are_scored_one_row_at_a_time() {
    let table = table(2000, 4, mixed);
    for (trees, leaves) in [(3, 32), (3, 33), (300, 4), (9, 100), (0, 2)] {
        let options = Options { trees, leaves, depth: 100, min_hessian: 0.0, ..small() };
        let model = train(&table, &options).unwrap();
        assert!(model.trees.iter().all(|tree| tree.splits.len() == leaves - 1));
        let scores = model.scores(&table.values);
        assert_eq!(scores.len(), table.len());
        for (row, score) in scores.into_iter().enumerate() {
            assert_eq!(score, model.score(table.row(row)), "{trees} × {leaves}, row {row}");
        }
    }
}

#[test]
fn bad_tables_and_options_are_told() {
    type Change<'a> = &'a dyn Fn(&mut Table, &mut Options);
    let message = |change: Change<'_>| {
        let (mut table, mut options) = (table(10, 2, xor), small());
        change(&mut table, &mut options);
        train(&table, &options).map(|_| ()).unwrap_err().to_string()
    };
    let cases: &[(Change<'_>, &str)] = &[
        (&|t, _| t.values[5] = f32::NAN, "row 2: \"feature-1\" is not a finite number"),
        (&|t, _| t.values[4] = f32::INFINITY, "row 2: \"feature-0\" is not a finite number"),
        (&|t, _| t.labels[3] = 1.5, "row 3: the label 1.5 is not between 0 and 1"),
        (&|t, _| t.labels[3] = f32::NAN, "row 3: the label NaN is not between 0 and 1"),
        (&|t, _| t.weights[0] = -1.0, "row 0: the weight -1 is not a finite number from 0"),
        (&|t, _| t.weights.fill(0.0), "no row has a weight above 0"),
        (&|t, _| *t = Table::new(names(2)), "no row has a weight above 0"),
        (&|t, _| t.names[1] = "feature-0".to_owned(), "the feature \"feature-0\" is named twice"),
        (
            &|t, _| t.push(&[1.0], 1.0, 1.0),
            "the table has 2 names, 21 values, 11 labels and 11 weights",
        ),
        (&|_, o| o.leaves = 1, "option \"leaves\" is 1; it must be 2 to 4096"),
        (&|_, o| o.leaves = 4097, "option \"leaves\" is 4097; it must be 2 to 4096"),
        (&|_, o| o.bins = 256, "option \"bins\" is 256; it must be 2 to 255"),
        (&|_, o| o.row_share = 0.0, "option \"row_share\" is 0; it must be above 0 and at most 1"),
        (&|_, o| o.l2 = f32::NAN, "option \"l2\" is NaN; it must be a number from 0"),
        (
            &|_, o| (o.l2, o.min_hessian) = (0.0, 0.0),
            "option \"min_hessian\" is 0; it must be a number from 0, and above 0 if l2 is 0",
        ),
    ];
    for (change, expected) in cases {
        assert_eq!(message(change), *expected);
    }
}

#[test]
fn a_file_reads_back_as_the_same_model() {
    let model = model();
    let text = model.write().unwrap();
    let again = Model::read(&text).unwrap();
    assert_eq!(again, model);
    assert_eq!(again.write().unwrap(), text);
    let lines = text.lines().filter(|line| line.starts_with("{\"node\"")).count();
    assert_eq!(lines, model.trees());
    let empty = model.first(0);
    assert_eq!(Model::read(&empty.write().unwrap()).unwrap(), empty);
}

#[test]
fn two_hundred_trees_of_31_leaves_are_less_than_400_kb() {
    let options = Options { trees: 200, leaves: 31, ..small() };
    let model = train(&table(1000, 25, mixed), &options).unwrap();
    let text = model.write().unwrap();
    assert!(model.trees.iter().all(|tree| tree.splits.len() == 30));
    assert!(text.len() < 300_000, "{}", text.len());
}

#[test]
fn a_figure_that_is_no_number_is_not_written() {
    let mut model = model();
    model.card.figures.insert("f1".to_owned(), f64::NAN);
    assert_eq!(model.write().unwrap_err().to_string(), "the figure \"f1\" is not a finite number");
}

#[test]
fn a_model_is_bound_by_names() {
    let model = model();
    let row = [0.9, 0.2, 0.4, 0.7];
    let turned = ["feature-3", "other", "feature-2", "feature-1", "feature-0"];
    let bound = model.clone().bind(&turned).unwrap();
    assert_eq!(bound.score(&[0.7, 9.0, 0.4, 0.2, 0.9]), model.score(&row));
    assert_eq!(bound.features()[1], "other");
    let error = model.clone().bind(&["feature-0", "feature-2"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the model uses the feature \"feature-1\", which is not computed"
    );
    assert!(matches!(model.bind(&["a", "a"]), Err(TreesError::NamedTwice(_))));
    // What no tree asks for need not be computed.
    let options = Options { leaves: 2, trees: 1, ..small() };
    let narrow = train(&table(500, 4, |row| f32::from(row[2] > 0.5)), &options).unwrap();
    assert!(narrow.bind(&["feature-2"]).is_ok());
}

/// A file of two features and one tree with two splits, changed.
fn changed(change: impl Fn(&mut Value)) -> String {
    let mut file = json!({
        "format": "tamis-trees", "version": 1, "about": "", "data": "", "figures": {},
        "options": {}, "features": ["a", "b"], "base": 0.5, "tree_count": 1,
        "trees": [{
            "node": [0, 2], "feature": [0, 1], "threshold": [0.5, 1], "gain": [9, 8],
            "value": [0, -0.25, 0.5, 0.125, 1],
        }],
    });
    change(&mut file);
    file.to_string()
}

#[test]
fn a_written_file_is_scored_as_it_says() {
    let model = Model::read(&changed(|_| {})).unwrap();
    assert_eq!(model.score(&[0.5, 2.0]), 0.5 - 0.25);
    assert_eq!(model.score(&[0.75, 1.0]), 0.5 + 0.125);
    assert_eq!(model.score(&[0.75, 1.5]), 0.5 + 1.0);
    let mut parts = [7.0; 2];
    assert_eq!(model.contributions(&[0.75, 1.5], &mut parts), 0.5);
    assert_eq!(parts, [0.5, 0.5]);
}

#[test]
fn a_bad_file_is_told_by_tree_and_node() {
    let tree = |name: &'static str, at: usize, value: Value| {
        changed(move |file| file["trees"][0][name][at] = value.clone())
    };
    let cases = [
        (tree("node", 0, json!(1)), "tree 0: split 0: node 1 does not exist before it"),
        (tree("node", 1, json!(3)), "tree 0: split 1: node 3 does not exist before it"),
        (tree("node", 1, json!(70_000)), "tree 0: split 1: node 70000 does not exist before it"),
        (tree("node", 1, json!(0)), "tree 0: split 1: node 0 was split before"),
        (tree("feature", 1, json!(2)), "tree 0: node 2: feature 2 does not exist"),
        (tree("feature", 1, json!(65_538)), "tree 0: node 2: feature 65538 does not exist"),
        (tree("threshold", 1, json!(1e39)), "tree 0: node 2: its threshold is not a finite number"),
        (tree("gain", 0, json!(-1e39)), "tree 0: node 0: its gain is not a finite number"),
        (tree("value", 3, json!(1e39)), "tree 0: node 3: its value is not a finite number"),
        (
            changed(|file| file["trees"][0]["value"] = json!([1])),
            "tree 0: 2 split nodes, 2 features, 2 thresholds, 2 gains and 1 values do not make a tree",
        ),
        (
            changed(|file| file["trees"][0]["gain"] = json!([])),
            "tree 0: 2 split nodes, 2 features, 2 thresholds, 0 gains and 5 values do not make a tree",
        ),
        (
            changed(|file| file["format"] = json!("else")),
            "not a model file: its format is \"else\"",
        ),
        (
            changed(|file| (file["version"], file["more"]) = (json!(2), json!(1))),
            "a model file of version 2; this program reads version 1",
        ),
        (changed(|file| file["tree_count"] = json!(3)), "the file names 3 trees and has 1"),
        (changed(|file| file["base"] = json!(-1e300)), "the base value is not a finite number"),
        (changed(|file| file["features"] = json!(["a", "a"])), "the feature \"a\" is named twice"),
        (
            changed(|file| file["options"] = json!({ "bins": 1 })),
            "option \"bins\" is 1; it must be 2 to 255",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(Model::read(&text).unwrap_err().to_string(), expected);
    }
    let json = [
        String::new(),
        "[]".to_owned(),
        "{}".to_owned(),
        "[".repeat(100_000),
        tree("value", 0, json!("NaN")),
        tree("value", 0, json!(null)),
        tree("node", 0, json!(-1)),
        changed(|file| file["trees"] = json!(7)),
        changed(|file| file["unknown"] = json!(7)),
        changed(|_| {}).replace("0.25", "1e999"),
    ];
    for text in json {
        let error = Model::read(&text).unwrap_err();
        assert!(matches!(error, TreesError::Json(_)), "{error}");
    }
}

#[test]
fn a_tree_beyond_the_evaluator_is_told() {
    let grown = |splits: usize| {
        changed(|file| {
            file["trees"][0] = json!({
                "node": (0..splits).collect::<Vec<_>>(), "feature": vec![0; splits],
                "threshold": vec![0; splits], "gain": vec![0; splits],
                "value": vec![1; 2 * splits + 1],
            });
        })
    };
    assert_eq!(Model::read(&grown(4095)).unwrap().score(&[1.0]), 1.5);
    let error = Model::read(&grown(4096)).unwrap_err();
    assert_eq!(error.to_string(), "tree 0: 4096 splits are too many");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever the table and the options: contributions and the expected value add up to the
    /// score, files read back, rows together score as rows alone, and steps as the model.
    #[test]
    fn a_model_agrees_with_itself(
        rows in prop::collection::vec((prop::array::uniform3(-4i8..4), 0u8..=4, 0u8..3), 1..120),
        scale in prop_oneof![Just(1.0f32), Just(1e-30), Just(1e30), Just(0.1)],
        leaves in 2usize..40,
        depth in 1usize..12,
        shares in (1u8..=4, 1u8..=4),
        probes in prop::collection::vec(prop::array::uniform3(-5.0f32..5.0), 1..40),
    ) {
        let mut table = Table::new(names(3));
        for (values, label, weight) in &rows {
            let row = values.map(|value| f32::from(value) * scale);
            table.push(&row, f32::from(*label) / 4.0, f32::from(*weight));
        }
        let options = Options {
            trees: 12,
            leaves,
            depth,
            min_rows: 1,
            feature_share: f32::from(shares.0) / 4.0,
            row_share: f32::from(shares.1) / 4.0,
            ..Options::default()
        };
        let model = match train(&table, &options) {
            Ok(model) => model,
            Err(error) => {
                prop_assert!(matches!(error, TreesError::NoRows));
                prop_assert!(table.weights.iter().all(|&weight| weight == 0.0));
                return Ok(());
            }
        };
        let again = Model::read(&model.write().unwrap()).unwrap();
        prop_assert_eq!(&again, &model);
        let probes: Vec<f32> = probes.iter().flatten().map(|value| value * scale).collect();
        let additive = model.steps();
        prop_assert_eq!(additive.is_some(), model.trees.iter().all(|tree| tree.splits.len() == 1));
        for (row, together) in probes.chunks(3).zip(again.scores(&probes)) {
            let score = model.score(row);
            prop_assert_eq!(score, together);
            let mut parts = [f32::NAN; 3];
            let base = model.contributions(row, &mut parts);
            prop_assert_eq!(base, model.expected());
            prop_assert!(close(base + parts.iter().sum::<f32>(), score), "{:?} {}", parts, score);
            if let Some(additive) = &additive {
                prop_assert!(close(additive.score(row), score));
                for (steps, part) in additive.steps.iter().zip(parts) {
                    prop_assert_eq!(steps.values.len(), steps.thresholds.len() + 1);
                    let value = row[model.features().iter().position(|n| *n == steps.feature).unwrap()];
                    prop_assert!(close(steps.value(value), part));
                }
            }
        }
    }

    /// Every finite number is written so that it reads back.
    #[test]
    fn a_number_reads_back_exactly(bits: u32) {
        let value = f32::from_bits(bits);
        prop_assume!(value.is_finite());
        let text = super::file::number(value);
        prop_assert_eq!(serde_json::from_str::<f32>(&text).unwrap().to_bits(), bits);
    }

    /// Bytes of a file changed anywhere: an error or a model, never a panic.
    #[test]
    fn a_damaged_file_is_an_error_or_a_model(at in 0usize..2000, byte in 32u8..127) {
        let mut text = changed(|_| {}).into_bytes();
        let length = text.len();
        text[at % length] = byte;
        if let Ok(model) = Model::read(&String::from_utf8(text).unwrap()) {
            let mut parts = [0.0; 2];
            model.contributions(&[0.6, 2.0], &mut parts);
            model.scores(&[0.6, 2.0, 0.4, 0.3]);
        }
    }
}
