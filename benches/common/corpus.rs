//! Documents for benches: generated, or those of a file named by `TAMIS_BENCH_FILE`.

use std::io::{BufRead as _, BufReader};

use super::text::document;

/// About that many bytes of documents of 1 to 30 KB, `furniture` of a hundred parts of each being
/// menus. If `TAMIS_BENCH_FILE` names a JSON Lines file, the `text` of its first records instead.
pub(crate) fn documents(bytes: usize, furniture: usize) -> Vec<String> {
    let mut sum = 0;
    let has_room = |text: &String| {
        let had_room = sum < bytes;
        sum += text.len();
        had_room
    };
    if let Some(path) = std::env::var_os("TAMIS_BENCH_FILE") {
        let file = std::fs::File::open(&path).expect("TAMIS_BENCH_FILE can be opened");
        let text = |line: std::io::Result<String>| {
            let record: serde_json::Value = serde_json::from_str(&line.ok()?).ok()?;
            Some(record.get("text")?.as_str()?.to_owned())
        };
        return BufReader::new(file).lines().filter_map(text).take_while(has_room).collect();
    }
    // Many short documents and few long ones, as on the web.
    let length = |seed: u64| 1_000 + (seed * 7_919 % 171).pow(2) as usize;
    (1..).map(|seed| document(seed, length(seed), furniture)).take_while(has_room).collect()
}
