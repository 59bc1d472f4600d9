//! Boosted trees: a row scored alone, rows of a page scored together, a score taken apart, and
//! training. 150 trees over 200 features, most of which are 0 for most rows, as counts are.

use divan::Bencher;
use divan::counter::ItemsCount;
use tamis::trees::{Model, Options, Table, train};

/// Features of a row.
const WIDTH: usize = 200;
/// Rows that are scored: a page's.
const ROWS: usize = 300;

fn main() {
    divan::main();
}

/// Rows that depend on a few hidden numbers, always the same.
fn table(rows: usize) -> Table {
    let mut table = Table::new((0..WIDTH).map(|n| format!("feature-{n}")).collect());
    let mut state = 1u64;
    let mut random = move || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    for _ in 0..rows {
        let hidden: [f32; 8] = std::array::from_fn(|_| random());
        let row: Vec<f32> = (0..WIDTH)
            .map(|n| {
                let value = 0.7 * hidden[n % 8] + 0.3 * random();
                match n % 4 {
                    0 => value,
                    1 => (value * 100.0).floor(),
                    2 => (value - 0.6).max(0.0),
                    _ => f32::from(value > 0.8),
                }
            })
            .collect();
        let odds = hidden[0] * hidden[1] + (hidden[2] - hidden[3]).abs() + 0.5 * random();
        table.push(&row, f32::from(odds > 0.8), 1.0);
    }
    table
}

fn model(leaves: usize) -> Model {
    let options = Options { trees: 150, leaves, depth: 8, ..Options::default() };
    train(&table(5_000), &options).expect("the table is well formed")
}

#[divan::bench(args = [2, 16, 31])]
fn alone(bencher: Bencher<'_, '_>, leaves: usize) {
    let (model, table) = (model(leaves), table(ROWS));
    bencher
        .counter(ItemsCount::new(ROWS))
        .bench_local(|| table.values.chunks(WIDTH).map(|row| model.score(row)).sum::<f32>());
}

#[divan::bench(args = [2, 16, 31])]
fn together(bencher: Bencher<'_, '_>, leaves: usize) {
    let (model, table) = (model(leaves), table(ROWS));
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| model.scores(&table.values));
}

#[divan::bench(args = [31])]
fn taken_apart(bencher: Bencher<'_, '_>, leaves: usize) {
    let (model, table) = (model(leaves), table(ROWS));
    let mut parts = vec![0.0; WIDTH];
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        let rows = table.values.chunks(WIDTH);
        rows.map(|row| model.contributions(row, &mut parts)).sum::<f32>()
    });
}

/// Ten trees over 20,000 rows.
#[divan::bench(sample_count = 3)]
fn training(bencher: Bencher<'_, '_>) {
    let table = table(20_000);
    let options = Options { trees: 10, ..Options::default() };
    bencher
        .counter(ItemsCount::new(table.len() * 10))
        .bench_local(|| train(&table, &options).expect("the table is well formed"));
}
