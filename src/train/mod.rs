//! Training of the model of main content from labelled pages.

mod align;

use std::io::Write;
use std::path::Path;

use crate::document::{Format, Record};
use crate::outline::Outline;
use crate::signals::{PageView, main_content};
use crate::survey::Survey;
use crate::{decode, segment, text};

/// Temporary: writes tables for exploring.
pub fn dump(folder: &Path, out: &Path) -> std::io::Result<()> {
    let labels = std::fs::read_to_string(folder.join("gt.jsonl"))?;
    let mut rows = std::io::BufWriter::new(std::fs::File::create(out.with_extension("f32"))?);
    let mut meta = std::io::BufWriter::new(std::fs::File::create(out.with_extension("jsonl"))?);
    let survey = Survey::none();
    let mut named = false;
    for line in labels.lines() {
        let Ok(label) = serde_json::from_str::<serde_json::Value>(line) else { continue };
        let Some(id) = label["id"].as_str() else { continue };
        let Some(gold) = label["text"].as_str() else { continue };
        let bytes = std::fs::read(folder.join("html").join(format!("{id}.html")))?;
        let Ok(document) = decode::decode(Record::bytes(id, Format::Html, bytes)) else { continue };
        let page = segment::segment_to(document, segment::html::Extent::All);
        let view = PageView::new(&page.text, &page.blocks, &page.info, &survey)
            .with_title(page.title.as_deref())
            .with_outline(&page.outline);
        if !named && !page.blocks.is_empty() {
            named = true;
            let names = main_content::feature_names(&view);
            std::fs::write(out.with_extension("names"), names.join("\n"))?;
        }
        let gold: Vec<u64> = text::words(gold).iter().map(|word| word.hash).collect();
        let hashes: Vec<u64> = view.words().iter().map(|word| word.hash).collect();
        let found = align::aligned(&hashes, &gold);
        let mut blocks = Vec::new();
        main_content::each_block(&view, |number, row| {
            for value in row {
                let _ = rows.write_all(&value.to_le_bytes());
            }
            let span = page.blocks[number].span;
            let words = view.words();
            let from = words.partition_point(|w| (w.start as usize) < span.start);
            let to = words.partition_point(|w| (w.end as usize) <= span.end);
            let hits =
                found.get(from..to.max(from)).unwrap_or(&[]).iter().filter(|hit| **hit).count();
            blocks.push(serde_json::json!([to - from, hits, span.of(&page.text)]));
        });
        writeln!(
            meta,
            "{}",
            serde_json::json!({"id": id, "type": label["type"], "url": label["url"], "gold": gold.len(), "blocks": blocks})
        )?;
    }
    let _ = Outline::default();
    Ok(())
}
