//! The chunks that spaCy's English tokeniser splits, or keeps whole, against its own patterns.
//!
//! The spellings are facts of spaCy 3.8.18 (MIT), made here from stems and endings.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::text::eights::hash as hash_span;

/// One exception: its tokens, which joined are the chunk.
pub(super) type Parts = Vec<String>;

/// Every exception with its tokens, by its text. Those that are white space are left out: white
/// space makes no token here.
pub(super) fn exceptions() -> BTreeMap<String, Parts> {
    let mut list = List::default();
    contractions(&mut list);
    for stem in ["doin", "goin", "nothin", "nuthin", "ol", "somethin", "lovin", "havin"] {
        for form in both_cases(stem) {
            list.add(&[&form]);
            list.add(&[&format!("{form}'")]);
        }
    }
    for stem in ["em", "ll", "nuff"] {
        list.add(&[stem]);
        list.add(&[&format!("'{stem}")]);
    }
    for hour in 1..=12 {
        for half in ["a.m.", "am", "p.m.", "pm"] {
            list.add(&[&hour.to_string(), half]);
        }
    }
    for degree in ["c", "f", "k", "C", "F", "K"] {
        list.add(&["°", degree, "."]);
    }
    for letter in ('a'..='z').chain(['ä', 'ö', 'ü']) {
        list.add(&[&format!("{letter}.")]);
    }
    for whole in WHOLE.split_whitespace().chain(EMOTICONS.split_whitespace()) {
        list.add(&[whole]);
    }
    for parts in SPLIT {
        list.add(parts);
    }
    for word in NOT_SPLIT {
        list.found.remove(*word);
    }
    let curly: Vec<Parts> = list
        .found
        .values()
        .filter(|parts| parts.iter().any(|part| part.contains('\'')))
        .map(|parts| parts.iter().map(|part| part.replace('\'', "’")).collect())
        .collect();
    for parts in curly {
        list.found.insert(parts.concat(), parts);
    }
    list.found
}

#[derive(Default)]
struct List {
    found: BTreeMap<String, Parts>,
}

impl List {
    fn add(&mut self, parts: &[&str]) {
        self.found.insert(parts.concat(), parts.iter().map(|part| (*part).to_owned()).collect());
    }

    /// A stem in both cases with each ending, once with its apostrophes and once without.
    fn add_endings(&mut self, stem: &str, endings: &[&[&str]]) {
        for form in both_cases(stem) {
            for ending in endings {
                let mut parts = vec![form.as_str()];
                parts.extend_from_slice(ending);
                self.add(&parts);
                let bare: Vec<String> = ending.iter().map(|part| part.replace('\'', "")).collect();
                parts.truncate(1);
                parts.extend(bare.iter().map(String::as_str));
                self.add(&parts);
            }
        }
    }
}

fn both_cases(stem: &str) -> [String; 2] {
    let mut title = stem.to_owned();
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    [stem.to_owned(), title]
}

fn contractions(list: &mut List) {
    const WILL_WOULD: &[&[&str]] = &[&["'ll"], &["'ll", "'ve"], &["'d"], &["'d", "'ve"]];
    list.add_endings("i", &[&["'m"], &["'m", "a"]]);
    for pronoun in ["i", "you", "he", "she", "it", "we", "they"] {
        list.add_endings(pronoun, WILL_WOULD);
    }
    for pronoun in ["i", "you", "we", "they"] {
        list.add_endings(pronoun, &[&["'ve"]]);
    }
    for pronoun in ["you", "we", "they"] {
        list.add_endings(pronoun, &[&["'re"]]);
    }
    for pronoun in ["he", "she", "it"] {
        list.add_endings(pronoun, &[&["'s"]]);
    }
    for word in ["who", "what", "when", "where", "why", "how", "there"] {
        list.add_endings(word, WILL_WOULD);
        list.add_endings(word, &[&["'s"], &["'re"], &["'ve"]]);
    }
    for word in ["that", "this"] {
        list.add_endings(word, WILL_WOULD);
        list.add_endings(word, &[&["'s"]]);
    }
    for word in ["these", "those"] {
        list.add_endings(word, WILL_WOULD);
        list.add_endings(word, &[&["'re"], &["'ve"]]);
    }
    for verb in [
        "ca", "could", "do", "does", "did", "had", "may", "might", "must", "need", "ought", "sha",
        "should", "wo", "would",
    ] {
        list.add_endings(verb, &[&["n't"], &["n't", "'ve"]]);
    }
    for verb in ["could", "might", "must", "should", "would"] {
        list.add_endings(verb, &[&["'ve"]]);
    }
    for verb in ["ai", "are", "is", "was", "were", "have", "has", "dare"] {
        list.add_endings(verb, &[&["n't"]]);
    }
    list.add_endings("not", &[&["'ve"]]);
}

/// Made by the endings above, but words of their own.
const NOT_SPLIT: &[&str] = &[
    "Ill", "ill", "Its", "its", "Hell", "hell", "Shell", "shell", "Shed", "shed", "were", "Were",
    "Well", "well", "Whore", "whore",
];

const SPLIT: &[&[&str]] = &[
    &["y'", "all"],
    &["y", "all"],
    &["how", "'d", "'y"],
    &["How", "'d", "'y"],
    &["can", "not"],
    &["Can", "not"],
    &["gon", "na"],
    &["Gon", "na"],
    &["got", "ta"],
    &["Got", "ta"],
    &["let", "'s"],
    &["Let", "'s"],
    &["c'm", "on"],
    &["C'm", "on"],
];

const WHOLE: &str = r#"
    \t \n — ' \") <space> '' C++ 'S 's ‘S ‘s 'd 're and/or w/o 'Cause 'cause 'cos 'Cos 'coz 'Coz
    'cuz 'Cuz 'bout ma'am Ma'am o'clock O'clock
    Ak. Ala. Ariz. Ark. Calif. Colo. Conn. Del. Fla. Ga. Ia. Id. Ill. Ind. Kan. Kans. Ky. La. Mass.
    Md. Mich. Minn. Miss. Mo. Mont. N.C. N.D. N.H. N.J. N.M. N.Y. Neb. Nebr. Nev. Okla. Ore. Pa.
    S.C. Tenn. Va. Wash. Wis. D.C. Mt. St.
    Jan. Feb. Mar. Apr. Jun. Jul. Aug. Sep. Sept. Oct. Nov. Dec.
    a.m. p.m. e.g. E.g. E.G. i.e. I.e. I.E. vs. v.s. Adm. Bros. co. Co. Corp. Dr. Gen. Gov. Inc. Jr.
    Ltd. Messrs. Mr. Mrs. Ms. Ph.D. Prof. Rep. Rev. Sen.
"#;

const EMOTICONS: &str = r"
    :) :-) :)) :-)) :))) :-))) (: (-: =) (= :] :-] [: [-: [= =] :o) (o: :} :-} 8) 8-) (-8 ;) ;-) (;
    (-; :( :-( :(( :-(( :((( :-((( ): )-: =( >:( :') :'-) :'( :'-( :/ :-/ =/ =| :| :-| ]= =[ :1 :P
    :-P :p :-p :O :-O :o :-o :0 :-0 :() >:o :* :-* :3 :-3 =3 :> :-> :X :-X :x :-x :D :-D ;D ;-D =D
    xD XD xDD XDD 8D 8-D ^_^ ^__^ ^___^ >.< >.> <.< ._. ;_; -_- -__- v.v V.V v_v V_V o_o o_O O_o O_O
    0_o o_0 0_0 o.O O.o O.O o.o 0.0 o.0 0.o @_@ <3 <33 <333 </3 (^_^) (-_-) (._.) (>_<) (*_*) (¬_¬)
    ಠ_ಠ ಠ︵ಠ (ಠ_ಠ) ¯\(ツ)/¯ (╯°□°）╯︵┻━┻ ><(((*>
";

/// The exceptions, ready to be asked about a piece of a text.
pub(super) struct Specials {
    /// Shapes (length, first and last byte) that some exception has, a bit each.
    shapes: [u64; 64],
    /// Hashes that some exception has, a bit each.
    hashes: [u64; 512],
    /// Open addressing by hash; a slot holds the hash of an entry and names it, or `EMPTY`.
    slots: Vec<(u64, u16)>,
    entries: Vec<Special>,
    longest: usize,
}

/// One exception with the bytes at which its tokens end.
pub(super) struct Special {
    text: String,
    pub(super) ends: Vec<u32>,
}

const EMPTY: u16 = u16::MAX;

static SPECIALS: LazyLock<Specials> = LazyLock::new(Specials::new);

/// The table; fetch it once for a text.
pub(super) fn specials() -> &'static Specials {
    &SPECIALS
}

impl Specials {
    pub(super) const fn none() -> Self {
        Specials {
            shapes: [0; 64],
            hashes: [0; 512],
            slots: Vec::new(),
            entries: Vec::new(),
            longest: 0,
        }
    }

    fn new() -> Self {
        let mut table = Specials { slots: vec![(0, EMPTY); 4096], ..Specials::none() };
        for (text, parts) in exceptions() {
            let hash = hash_span(text.as_bytes(), 0, text.len());
            table.longest = table.longest.max(text.len());
            set(&mut table.shapes, shape(text.as_bytes(), 0, text.len()));
            set(&mut table.hashes, hash);
            let mut slot = hash as usize % table.slots.len();
            while table.slots[slot].1 != EMPTY {
                slot = (slot + 1) % table.slots.len();
            }
            table.slots[slot] = (hash, table.entries.len() as u16);
            let mut end = 0;
            let ends = parts.iter().map(|part| {
                end += part.len() as u32;
                end
            });
            table.entries.push(Special { ends: ends.collect(), text });
        }
        table
    }

    /// The exception that the bytes from `start` to `end` spell.
    #[inline]
    pub(super) fn find(&self, bytes: &[u8], start: usize, end: usize) -> Option<&Special> {
        let shape = shape(bytes, start, end);
        if !has(&self.shapes, shape) || end.wrapping_sub(start) > self.longest {
            return None;
        }
        self.find_hash(hash_span(bytes, start, end), bytes, start, end)
    }

    /// As `find`, where the hash is already known.
    #[inline]
    pub(super) fn find_hash(
        &self,
        hash: u64,
        bytes: &[u8],
        start: usize,
        end: usize,
    ) -> Option<&Special> {
        if !has(&self.hashes, hash) {
            return None;
        }
        self.look_up(hash, bytes.get(start..end)?)
    }

    fn look_up(&self, hash: u64, text: &[u8]) -> Option<&Special> {
        let mut slot = hash as usize % self.slots.len();
        // Most slots are free, so the search is short.
        for _ in 0..self.slots.len() {
            let &(known, entry) = self.slots.get(slot)?;
            if known == hash || entry == EMPTY {
                let entry = self.entries.get(usize::from(entry))?;
                return (entry.text.as_bytes() == text).then_some(entry);
            }
            slot = (slot + 1) % self.slots.len();
        }
        None
    }
}

#[inline]
fn shape(bytes: &[u8], start: usize, end: usize) -> u64 {
    let first = bytes.get(start).copied().unwrap_or_default();
    let last = bytes.get(end.wrapping_sub(1)).copied().unwrap_or_default();
    let shape =
        u64::from(first) << 16 | u64::from(last) << 8 | (end.wrapping_sub(start) & 0xff) as u64;
    shape.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40
}

/// Whether the bit that a hash names is set.
#[inline]
pub(super) fn has<const WORDS: usize>(bits: &[u64; WORDS], hash: u64) -> bool {
    bits[(hash >> 6) as usize % WORDS] >> (hash & 63) & 1 == 1
}

/// Sets the bit that a hash names.
#[inline]
pub(super) fn set<const WORDS: usize>(bits: &mut [u64; WORDS], hash: u64) {
    bits[(hash >> 6) as usize % WORDS] |= 1 << (hash & 63);
}
