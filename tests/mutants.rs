//! Damaged pages: the seeds with bytes flipped, cut, spliced and repeated. Nothing panics, nothing
//! takes long, nothing is lost.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use tamis::document::{Block, Format};
use tamis::edit::put_back;
use tamis::outcome::{Decision, Outcome};
use tamis::{Cleaner, Record, RuleSet, Survey};

/// Mutants made of each seed.
const EACH: usize = 10;

/// For one mutant of a few kilobytes, in an unoptimised build on a busy machine.
const LIMIT: Duration = Duration::from_secs(10);

/// Numbers that look random and are the same in every run (xorshift64*).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Below `end`; 0 if that is 0.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length);
        let most = (length - start).min(600);
        start..start + self.below(most + 1)
    }
}

/// Pieces that readers, segmenters and rules trip over.
const ODD: &[&str] = &[
    "\0",
    "\u{1b}[2J",
    "\r",
    "\r\n\r\n",
    "\u{feff}",
    "\u{202e}",
    "\u{200b}\u{200d}",
    "\u{301}\u{301}",
    "```",
    "~~~",
    "|||||",
    "[[[[",
    "](",
    "](((",
    "<",
    "<!--",
    "</div>",
    "<script>",
    "&#x0;",
    "\u{fffd}",
    "\n\n\n\n",
    "\t\t\t",
    "#",
    "* * * *",
    "1. ",
    "• ",
    ">>>>",
    "Bio : ",
    "http://",
    "\\",
    "\"",
    "İ",
    "ß",
    "\u{2028}",
    "\u{85}",
    "\u{a0}",
    "[1] [2] [3]",
    "Leave a comment below! ",
];

fn mutate(seed: &[u8], other: &[u8], draw: &mut Draw) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..1 + draw.below(6) {
        let at = draw.below(bytes.len() + 1);
        match draw.below(8) {
            0 if !bytes.is_empty() => {
                let at = at.min(bytes.len() - 1);
                bytes[at] ^= 1 << draw.below(8);
            }
            1 => bytes.truncate(at),
            2 => {
                let range = draw.range(bytes.len());
                bytes.drain(range);
            }
            3 => {
                let piece = other[draw.range(other.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => {
                let piece = bytes[draw.range(bytes.len())].repeat(1 + draw.below(8));
                bytes.splice(at..at, piece);
            }
            5 => {
                let odd = ODD[draw.below(ODD.len())].repeat(1 + draw.below(40));
                bytes.splice(at..at, odd.into_bytes());
            }
            6 => {
                let control = (draw.next() % 32) as u8;
                bytes.insert(at, control);
            }
            _ => {
                let breaks = draw.below(2) == 0;
                for byte in &mut bytes {
                    if breaks && *byte == b' ' && draw.below(12) == 0 {
                        *byte = b'\n';
                    } else if !breaks && *byte == b'\n' {
                        *byte = b' ';
                    }
                }
            }
        }
    }
    bytes
}

fn seeds() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let mut seeds: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .expect("seeds")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(&path).expect("a seed"))
        })
        .collect();
    seeds.sort();
    seeds
}

fn check_blocks(text: &str, blocks: &[Block]) -> Result<(), String> {
    let mut at = 0;
    for block in blocks {
        let gap = text.get(at..block.span.start).ok_or("a block out of order")?;
        if !gap.trim().is_empty() {
            return Err(format!("lost between blocks: {gap:?}"));
        }
        if block.span.of(text).trim().is_empty() {
            return Err("an empty block".to_owned());
        }
        at = block.span.end;
    }
    match text.get(at..) {
        Some(rest) if rest.trim().is_empty() => Ok(()),
        rest => Err(format!("lost after the last block: {rest:?}")),
    }
}

fn check(outcome: &Outcome) -> Result<(), String> {
    check_blocks(&outcome.page.text, &outcome.page.blocks)?;
    check_blocks(&outcome.cleaned.text, &outcome.cleaned.blocks)?;
    if (outcome.decision == Decision::Cut) == outcome.removals().is_empty() {
        return Err("what is cut and what was decided do not agree".to_owned());
    }
    let removed = outcome.removals().iter().map(|r| (r.span.start, r.span.of(&outcome.page.text)));
    if put_back(&outcome.cleaned.text, removed).as_deref() != Some(&outcome.page.text) {
        return Err("the removals do not put the page back".to_owned());
    }
    if outcome.scores().iter().any(|score| !(0.0..=1.0).contains(score)) {
        return Err("a score is no share".to_owned());
    }
    Ok(())
}

#[test]
fn damaged_pages_are_cleaned_or_refused() {
    let rules = RuleSet::default_preset().expect("the default preset is right");
    let cleaner = Cleaner::new(rules, Survey::none()).expect("no survey is needed");
    let seeds = seeds();
    let mut draw = Draw(0x7461_6D69_7321);
    let (mut wrong, mut ran, mut cut) = (Vec::new(), 0, 0);
    for (number, (name, seed)) in seeds.iter().enumerate() {
        for round in 0..EACH {
            let (_, other) = &seeds[draw.below(seeds.len())];
            let bytes = mutate(seed, other, &mut draw);
            let format = match (number + round) % 4 {
                0 => Format::Markdown,
                1 => Format::Html,
                _ => Format::Text,
            };
            let record = Record::bytes(name.as_str(), format, bytes.clone());
            let began = Instant::now();
            let result = catch_unwind(AssertUnwindSafe(|| cleaner.clean(record)));
            let took = began.elapsed();
            ran += 1;
            let fault = match result {
                Err(_) => Some("panics".to_owned()),
                Ok(Ok(outcome)) => {
                    cut += usize::from(outcome.decision == Decision::Cut);
                    check(&outcome).err()
                }
                Ok(Err(_)) => None,
            };
            let fault = fault.or_else(|| (took > LIMIT).then(|| format!("takes {took:?}")));
            if let Some(fault) = fault {
                let path = std::env::temp_dir().join(format!("mutant-{number}-{round}"));
                fs::write(&path, &bytes).expect("a file");
                wrong.push(format!("{name} as {format:?}: {fault}: see {}", path.display()));
            }
        }
    }
    assert!(ran >= 300, "{ran} mutants are too few");
    assert!(cut > 40, "{cut} mutants were cut: the test does not test cutting");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
