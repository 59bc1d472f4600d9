//! Label–value lines such as `Name : Jo`.

use super::lines::columns;
use super::marks::{bullet, ends_sentence};

/// A line that is a label and a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Labelled<'a> {
    /// The label, without marks around it.
    pub(crate) label: &'a str,
    /// What stands behind the colon; may be empty.
    pub(crate) value: &'a str,
    /// True if an item's sign stands before the label.
    pub(crate) bulleted: bool,
    /// True if it is a label of profiles and contact blocks.
    pub(crate) known: bool,
}

const LABEL_COLUMNS: u32 = 30;
const LABEL_WORDS: usize = 4;
/// Longest label in bytes, with an item's sign and marks around it.
const LABEL_BYTES: usize = 160;

impl<'a> Labelled<'a> {
    /// True if the value reads like prose and not like a fact.
    pub(crate) fn is_prose(&self) -> bool {
        let words = self.value.split_whitespace().take(9).count();
        words > 8 || (words > 1 || !self.known) && ends_sentence(self.value)
    }

    /// True for a value of at most five words and forty columns that is not prose.
    pub(crate) fn is_brief(&self) -> bool {
        self.value.len() <= 160
            && columns(self.value) <= 40
            && self.value.split_whitespace().nth(5).is_none()
            && !self.is_prose()
    }

    /// True for a label of one or two words.
    pub(crate) fn is_terse(&self) -> bool {
        self.label.split_whitespace().nth(2).is_none()
    }

    /// The label without the number at its end: `Step 2` and `Step 3` are one label.
    pub(crate) fn stem(&self) -> &'a str {
        self.label.trim_end_matches(|c: char| c.is_numeric() || c.is_whitespace())
    }
}

/// Reads a trimmed line as label and value.
///
/// A label has at most four words and thirty columns and begins with a letter; white space or
/// nothing follows the colon, except behind a known label. An address (`https://…`) is no label.
pub(crate) fn labelled(line: &str) -> Option<Labelled<'_>> {
    // Most lines have no colon near their start, and this is the cheap way to see it.
    if !line.bytes().take(LABEL_BYTES).any(|b| b == b':' || b == 0xef) {
        return None;
    }
    let sign = bullet(line).filter(|bullet| !bullet.ordered && bullet.sign != 'o');
    let body = line.get(sign.map_or(0, |bullet| bullet.length)..)?.trim_start();
    let body = body.trim_start_matches(['*', '_']);
    let (at, colon) = body
        .char_indices()
        .take(LABEL_COLUMNS as usize + 4)
        .take_while(|(_, c)| !matches!(c, '.' | ',' | ';' | '!' | '?' | '"' | '“' | '|' | '\t'))
        .find(|(_, c)| matches!(c, ':' | '：'))
        // `Tel.: 1` and its kin.
        .or_else(|| body.bytes().take(14).position(|b| b == b':').map(|at| (at, ':')))?;
    let label = body.get(..at)?.trim_end_matches(['*', '_', ' ', '\u{a0}', '.']);
    let clean = !label.contains(['.', ',', ';', '!', '?', '"', '|', '\t']);
    if !clean
        || !label.starts_with(char::is_alphabetic)
        || columns(label) > LABEL_COLUMNS
        || label.split_whitespace().nth(LABEL_WORDS).is_some()
    {
        return None;
    }
    let behind = body.get(at + colon.len_utf8()..)?.trim_start_matches(['*', '_']);
    let known = is_known(label);
    let spaced = colon == '：' || behind.chars().next().is_none_or(char::is_whitespace);
    let fits = spaced || known && !behind.starts_with("//");
    fits.then(|| Labelled { label, value: behind.trim(), bulleted: sign.is_some(), known })
}

/// True for a label of profiles and contact blocks, in any case.
pub(crate) fn is_known(label: &str) -> bool {
    if label.is_ascii() {
        return KNOWN.iter().any(|known| known.eq_ignore_ascii_case(label));
    }
    KNOWN_ELSEWHERE.iter().any(|known| label.chars().flat_map(char::to_lowercase).eq(known.chars()))
}

const KNOWN: &[&str] = &[
    "name",
    "full name",
    "first name",
    "last name",
    "username",
    "user name",
    "nickname",
    "handle",
    "email",
    "e-mail",
    "mail",
    "email address",
    "phone",
    "phone number",
    "telephone",
    "tel",
    "mobile",
    "cell",
    "fax",
    "whatsapp",
    "telegram",
    "skype",
    "address",
    "street",
    "city",
    "state",
    "zip",
    "zip code",
    "postal code",
    "postcode",
    "country",
    "location",
    "hometown",
    "birthdate",
    "birthday",
    "birth date",
    "date of birth",
    "dob",
    "born",
    "age",
    "gender",
    "sex",
    "company",
    "employer",
    "organization",
    "organisation",
    "job",
    "job title",
    "occupation",
    "profession",
    "title",
    "position",
    "role",
    "department",
    "bio",
    "biography",
    "about",
    "about me",
    "url",
    "website",
    "web",
    "web site",
    "homepage",
    "site",
    "blog",
    "followers",
    "following",
    "posts",
    "likes",
    "joined",
    "member since",
    "hours",
    "opening hours",
    "contact",
    // German, French, Spanish, Italian, Portuguese, Dutch, Polish
    "vorname",
    "nachname",
    "telefon",
    "handy",
    "adresse",
    "anschrift",
    "firma",
    "beruf",
    "ort",
    "plz",
    "land",
    "nom",
    "ville",
    "pays",
    "site web",
    "nombre",
    "correo",
    "ciudad",
    "sitio web",
    "nome",
    "indirizzo",
    "telefono",
    "nome completo",
    "telefone",
    "cidade",
    "naam",
    "adres",
    "telefoon",
    "woonplaats",
    "imie",
    "nazwisko",
    "strona",
    "alamat",
    "telepon",
];

const KNOWN_ELSEWHERE: &[&str] = &[
    "öffnungszeiten",
    "straße",
    "prénom",
    "téléphone",
    "société",
    "teléfono",
    "móvil",
    "dirección",
    "código postal",
    "país",
    "endereço",
    "città",
    "età",
    "imię",
    "имя",
    "фамилия",
    "телефон",
    "адрес",
    "почта",
    "эл. почта",
    "город",
    "страна",
    "компания",
    "сайт",
    "姓名",
    "名字",
    "电话",
    "電話",
    "地址",
    "邮箱",
    "网址",
    "公司",
    "电子邮件",
    "住所",
    "名前",
    "電話番号",
    "メール",
    "이름",
    "전화",
    "주소",
    "이메일",
    "الاسم",
    "الهاتف",
    "العنوان",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_short_and_has_a_colon_behind_it() {
        let field = labelled("  • **Name** : Jo Roe".trim()).unwrap();
        assert_eq!((field.label, field.value), ("Name", "Jo Roe"));
        assert!(field.bulleted && field.known);
        assert_eq!(labelled("**Phone:** 1").unwrap().value, "1");
        assert_eq!(labelled("Tel.: 030 1").unwrap().label, "Tel");
        assert_eq!(labelled("电话：010").unwrap().value, "010");
        assert_eq!(labelled("tiktok:").unwrap().value, "");
    }

    #[test]
    fn addresses_times_and_sentences_are_no_labels() {
        for line in [
            "https://example.org",
            "12:30 noon",
            "He said, at once: go",
            "a:b",
            "url://x",
            ": x",
            "",
        ] {
            assert!(labelled(line).is_none(), "{line}");
        }
    }

    #[test]
    fn prose_is_told_from_facts() {
        assert!(labelled("Trade: Growth of exports, mainly of machines.").unwrap().is_prose());
        assert!(!labelled("Company : Roe, Doe and Sons").unwrap().is_prose());
        assert!(!labelled("Company : Roe Inc.").unwrap().is_brief());
    }
}
