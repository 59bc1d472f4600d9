//! The language of a document: given, declared or detected.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::markup;
use crate::document::Format;
use crate::text::{self, lists};

/// Characters that detection looks at.
const SAMPLE_CHARS: usize = 2_000;
/// Words from which on the share of function words tells that a text is English.
const ENGLISH_WORDS_MIN: usize = 50;
/// Share of function words from which on it is: English prose has 0.45, what is
/// written in other languages, their English quotations included, 0.2 and less.
const ENGLISH_SHARE: f64 = 0.33;
/// Share of bytes outside ASCII up to which it is: another script may stand beside it.
const FOREIGN_SHARE: f64 = 0.03;
/// Letters below which nothing is detected.
const LETTERS_MIN: usize = 40;
/// Letters from which on what a page's text is in outweighs what its `<html lang>` says.
const LETTERS_OUTWEIGH: usize = 600;
/// Bytes of a page that are searched for text.
const SEARCH_BYTES: usize = 8 << 10;
/// Places of a long page at which it is searched, evenly spread: its start is often scripts.
const PLACES: usize = 8;
/// Bytes at the start of a page in which `<html lang>` counts.
const DECLARATION_BYTES: usize = 2 << 10;
/// Letters of a piece of text between two tags below which it is likelier a menu or a script.
const PIECE_LETTERS_MIN: usize = 15;

/// Codes of three letters with those of two: the languages of the detector, then the other
/// large ones. ISO 639-2 (both forms), 639-3 and 639-1; Bokmål is Norwegian here.
const CODES: &str = "\
    epo=eo eng=en rus=ru cmn=zh spa=es por=pt ita=it ben=bn fra=fr deu=de ukr=uk kat=ka ara=ar \
    hin=hi jpn=ja heb=he yid=yi pol=pl amh=am jav=jv kor=ko nob=no dan=da swe=sv fin=fi tur=tr \
    nld=nl hun=hu ces=cs ell=el bul=bg bel=be mar=mr kan=kn ron=ro slv=sl hrv=hr srp=sr mkd=mk \
    lit=lt lav=lv est=et tam=ta vie=vi urd=ur tha=th guj=gu uzb=uz pan=pa aze=az ind=id tel=te \
    pes=fa mal=ml ori=or mya=my nep=ne sin=si khm=km tuk=tk aka=ak zul=zu sna=sn afr=af lat=la \
    slk=sk cat=ca tgl=tl hye=hy cym=cy ger=de fre=fr dut=nl chi=zh zho=zh cze=cs slo=sk rum=ro \
    gre=el per=fa fas=fa nor=no nno=nn geo=ka arm=hy mac=mk bur=my wel=cy alb=sq sqi=sq ice=is \
    isl=is baq=eu eus=eu may=ms msa=ms zsm=ms arb=ar glg=gl gle=ga bos=bs kaz=kk swa=sw swh=sw \
    fil=tl mlt=mt mon=mn ltz=lb som=so lao=lo tgk=tg kir=ky nb=no iw=he in=id ji=yi jw=jv mo=ro";

/// The ISO 639-1 code of a language tag (`en-US`, `eng`, `eng_Latn`); the code of another kind
/// in lower case where the language has none of two letters; `None` if the tag names no
/// language.
pub(super) fn normalised(tag: &str) -> Option<String> {
    let code = tag.trim().split(['-', '_', ';', ',']).next()?.to_ascii_lowercase();
    let is_code = matches!(code.len(), 2 | 3) && code.bytes().all(|b| b.is_ascii_lowercase());
    // "Undetermined", "multiple", "no linguistic content", "uncoded".
    if !is_code || matches!(code.as_str(), "und" | "mul" | "zxx" | "mis" | "xx" | "un") {
        return None;
    }
    Some(shorter(&code).map_or(code.clone(), str::to_owned))
}

fn shorter(code: &str) -> Option<&'static str> {
    static SHORT: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
        CODES.split_ascii_whitespace().filter_map(|pair| pair.split_once('=')).collect()
    });
    SHORT.get(code).copied()
}

/// The language of a text: declared by the markup, or detected.
pub(super) fn of(text: &str, format: Format) -> Option<String> {
    if format != Format::Html {
        let end = text.char_indices().nth(SAMPLE_CHARS).map_or(text.len(), |(end, _)| end);
        return detected(text.get(..end)?);
    }
    let prose = prose(text);
    // A declaration is often what the page's template came with; much text outweighs it.
    match declared(text) {
        Some(declared) if letters(&prose, LETTERS_OUTWEIGH) < LETTERS_OUTWEIGH => Some(declared),
        declared => detected(&prose).or(declared),
    }
}

/// The language that `<html lang>` gives.
fn declared(markup: &str) -> Option<String> {
    let head = markup.as_bytes();
    let head = head.get(..DECLARATION_BYTES).unwrap_or(head);
    let attributes: Vec<_> = markup::tags(head, "html").next()?.collect();
    [&b"lang"[..], b"xml:lang"].iter().find_map(|wanted| {
        let (_, value) = attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        normalised(std::str::from_utf8(value).ok()?)
    })
}

/// The language a text is certainly in: the detector's own bound of confidence, 0.9, and
/// enough letters.
fn detected(text: &str) -> Option<String> {
    if letters(text, LETTERS_MIN) < LETTERS_MIN {
        return None;
    }
    if is_plainly_english(text) {
        return Some("en".to_owned());
    }
    let info = whatlang::detect(text).filter(whatlang::Info::is_reliable)?;
    shorter(info.lang().code()).map(str::to_owned)
}

/// True for a text that has as many English function words as only English has: no detector
/// need be asked, which costs as much as all else that is done to a short page.
fn is_plainly_english(text: &str) -> bool {
    let Some(stop) = lists::stop_words("en") else { return false };
    let words = text::words(text);
    let found = words.iter().filter(|word| stop.contains(word.hash)).count();
    let foreign = text.bytes().filter(|byte| !byte.is_ascii()).count();
    words.len() >= ENGLISH_WORDS_MIN
        && found as f64 >= ENGLISH_SHARE * words.len() as f64
        && foreign as f64 <= FOREIGN_SHARE * text.len() as f64
}

/// Letters in a text, counted up to `most`.
fn letters(text: &str, most: usize) -> usize {
    text.chars().filter(|c| c.is_alphabetic()).take(most).count()
}

/// Text of a page that reads like prose, roughly: what stands between tags and is no code.
fn prose(markup: &str) -> String {
    let mut text = String::new();
    let mut chars = 0;
    for place in places(markup) {
        // What is before the first tag's end and after the last one's start may be anything.
        for piece in place.split('<').filter_map(|tag| tag.split_once('>')) {
            let (tag, piece) = piece;
            let is_code = starts_code(tag)
                || piece.contains(['{', '}', '=', '\\'])
                || piece.contains("\":")
                || piece.contains("//");
            if is_code || letters(piece, PIECE_LETTERS_MIN) < PIECE_LETTERS_MIN {
                continue;
            }
            for c in piece.chars().take(SAMPLE_CHARS - chars) {
                text.push(c);
                chars += 1;
            }
            text.push(' ');
        }
    }
    text
}

fn starts_code(tag: &str) -> bool {
    ["script", "style"]
        .iter()
        .any(|name| tag.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
}

/// The parts of a page that are searched: all of a short one.
fn places(markup: &str) -> impl Iterator<Item = &str> {
    let is_short = markup.len() <= SEARCH_BYTES;
    let count = if is_short { 1 } else { PLACES };
    (1..=count).filter_map(move |place| {
        if is_short {
            return Some(markup);
        }
        let from = markup.len() / (PLACES + 1) * place;
        let boundary = |at: usize| (at..markup.len()).find(|&at| markup.is_char_boundary(at));
        let from = boundary(from)?;
        markup.get(from..boundary(from + SEARCH_BYTES / PLACES)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_codes_of_two_letters_where_there_is_one() {
        for (tag, code) in [
            ("en", "en"),
            ("en-US", "en"),
            ("EN_us", "en"),
            (" eng ", "en"),
            ("eng_Latn", "en"),
            ("ger", "de"),
            ("nb-NO", "no"),
            ("iw", "he"),
            ("yue", "yue"),
        ] {
            assert_eq!(normalised(tag).as_deref(), Some(code), "{tag}");
        }
        for tag in ["", "-", "und", "english", "x", "e1", "日本"] {
            assert_eq!(normalised(tag), None, "{tag}");
        }
    }

    #[test]
    fn every_language_of_the_detector_has_a_code() {
        for language in whatlang::Lang::all() {
            assert!(shorter(language.code()).is_some(), "{language}");
        }
    }

    #[test]
    fn english_is_known_by_its_function_words_and_others_are_not_taken_for_it() {
        let english = "It is not that the mill was old, but that nobody had thought of what to do \
            with it when the river was low and there was no corn to be had from any of the farms \
            that stood above it on the hill, so they let it be until the year was over.";
        assert!(is_plainly_english(english));
        assert_eq!(whatlang::detect(english).map(|info| info.lang()), Some(whatlang::Lang::Eng));
        let dutch = "Het is niet dat de molen oud was, maar dat niemand had bedacht wat er mee te \
            doen was in een droog jaar, want we zijn van de heuvel en over het water is er niets \
            of was er ooit iets in die tijd, en toen had men het wel over wat er met haar was.";
        assert!(!is_plainly_english(dutch));
        assert!(!is_plainly_english("It is what it was."), "too short to be sure");
    }

    #[test]
    fn prose_is_found_between_scripts_and_menus() {
        let page = "<script>var long_enough_to_count = 1</script><a>Home</a>\
            <p>The sieve was hung on the wall.</p><style>body is a long enough rule</style>";
        assert_eq!(prose(page).trim(), "The sieve was hung on the wall.");
    }
}
