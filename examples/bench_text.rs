//! Prints the text that the benches use as JSON Lines: a file for `benches/run.sh` where no real
//! text is at hand.
//!
//! `cargo run --release --example bench_text -- 20 3 > FILE`: 20 MB, of which 3 in a hundred parts
//! are menus (3: nearly all of it is kept by the published filters; 35: pages copied whole). A
//! third number is the length of each document in bytes; without it they are of 1 to 30 KB.

use std::error::Error;
use std::io::{BufWriter, Write as _};

#[path = "../benches/common/corpus.rs"]
mod corpus;
#[path = "../benches/common/text.rs"]
mod text;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let megabytes: usize = arguments.next().as_deref().unwrap_or("20").parse()?;
    let furniture: usize = arguments.next().as_deref().unwrap_or("3").parse()?;
    let bytes = megabytes * 1_000_000;
    let texts = match arguments.next() {
        None => corpus::documents(bytes, furniture),
        Some(length) => {
            let length: usize = length.parse()?;
            let count = (bytes / length.max(1)).max(1) as u64;
            (1..=count).map(|seed| text::document(seed, length, furniture)).collect()
        }
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    for (number, text) in texts.iter().enumerate() {
        let record = serde_json::json!({ "id": number.to_string(), "text": text });
        writeln!(out, "{record}")?;
    }
    out.flush()?;
    Ok(())
}
