//! The leaf `pattern`: a regular expression.
//!
//! `\b`, `\w`, `\d`, `\s` and their opposites mean ASCII unless the rule says `unicode = true`:
//! the Unicode forms make a set of a hundred patterns a thousand times slower. Literals, `.` and
//! `(?i)` are Unicode always.

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use regex_syntax::ast::{self, Ast, ClassPerlKind, ClassSetItem};
use regex_syntax::hir::translate::Translator;

use super::literals;
use crate::rules::schema::{Key, Shape, key};

/// The keys of this kind of leaf.
pub(crate) const KEYS: &[Key] = &[
    key("pattern", Shape::Text, "A regular expression (the syntax of the Rust crate `regex`)"),
    key("unicode", Shape::Flag, "True: \\b, \\w, \\d and \\s are Unicode, not ASCII; slower"),
    key("at-least", MATCHES, "So many matches; 1 if absent"),
];

/// A number of matches.
pub(crate) const MATCHES: Shape = Shape::Number { least: 1.0, most: 1_000_000.0 };

/// Largest compiled pattern, in bytes.
const SIZE_LIMIT: usize = 4 << 20;
/// Largest cache of a pattern's automaton, in bytes.
const DFA_SIZE_LIMIT: usize = 8 << 20;
/// Deepest nesting of groups in a pattern.
const NEST_LIMIT: u32 = 60;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(crate) regex: Regex,
    /// Literals of which every match contains one, when ASCII case is ignored; empty if unknown.
    pub(crate) literals: Vec<Vec<u8>>,
    /// True if `\b` and the like are Unicode.
    pub(crate) unicode: bool,
    /// The rule writer's probable slip, if there is one.
    pub(crate) slip: Option<String>,
}

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PatternError {
    pub(crate) message: String,
    pub(crate) expected: Option<&'static str>,
    /// The bytes of the pattern that are at fault, where that is known.
    pub(crate) span: Option<Range<usize>>,
}

impl PatternError {
    fn new(message: impl Into<String>, span: Option<Range<usize>>) -> Self {
        Self { message: message.into(), expected: None, span }
    }
}

/// Bytes of a pattern. To find out that one of a megabyte is too large takes seconds.
const PATTERN_BYTES_MAX: usize = 64 << 10;

/// Compiles a pattern.
pub(crate) fn compile(pattern: &str, unicode: bool) -> Result<Pattern, PatternError> {
    if pattern.len() > PATTERN_BYTES_MAX {
        let mut error = PatternError::new("the pattern is longer than 64 KiB", None);
        error.expected = Some("a list of phrases, or several patterns");
        return Err(error);
    }
    let parsed =
        ast::parse::ParserBuilder::new().nest_limit(NEST_LIMIT).build().parse(pattern).map_err(
            |error| PatternError::new(error.kind().to_string(), Some(range(error.span()))),
        )?;
    let (text, slip) =
        if unicode { (pattern.to_owned(), None) } else { in_ascii(pattern, &parsed) };
    // Places of mistakes must be those of the pattern as written.
    Translator::new()
        .translate(pattern, &parsed)
        .map_err(|error| PatternError::new(error.kind().to_string(), Some(range(error.span()))))?;
    let hir = regex_syntax::ParserBuilder::new()
        .nest_limit(NEST_LIMIT * 2)
        .build()
        .parse(&text)
        .map_err(|_| PatternError::new("the pattern is nested too deeply", None))?;
    match hir.properties().minimum_len() {
        Some(0) => {
            let mut error = PatternError::new("the pattern matches the empty text", None);
            error.expected = Some("a pattern whose every match holds a character");
            return Err(error);
        }
        None => return Err(PatternError::new("the pattern can match nothing", None)),
        Some(_) => {}
    }
    let regex = RegexBuilder::new(&text)
        .size_limit(SIZE_LIMIT)
        .dfa_size_limit(DFA_SIZE_LIMIT)
        .nest_limit(NEST_LIMIT * 2)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(limit) => PatternError::new(
                format!("the pattern is larger than {} MiB when compiled", limit >> 20),
                None,
            ),
            other => PatternError::new(other.to_string(), None),
        })?;
    Ok(Pattern { regex, literals: literals::required(&hir).unwrap_or_default(), unicode, slip })
}

fn range(span: &ast::Span) -> Range<usize> {
    span.start.offset..span.end.offset
}

/// The pattern with its escapes spelled out in ASCII, and the likely slip of one that puts them
/// beside other letters.
fn in_ascii(pattern: &str, parsed: &Ast) -> (String, Option<String>) {
    let rewrite = match ast::visit(parsed, Rewrite::new(pattern)) {
        Ok(rewrite) => rewrite,
        Err(never) => match never {},
    };
    let mut text = String::with_capacity(pattern.len() * 2);
    let mut done = 0;
    for (span, replacement) in &rewrite.replacements {
        text.push_str(pattern.get(done..span.start).unwrap_or(""));
        text.push_str(replacement);
        done = span.end;
    }
    text.push_str(pattern.get(done..).unwrap_or(""));
    let slip = match (rewrite.word_escape, rewrite.foreign_edge) {
        (Some(escape), Some(letter)) => Some(format!(
            "`{}` means ASCII here and takes `{letter}` for no letter; say unicode = true",
            pattern.get(escape).unwrap_or("\\b")
        )),
        _ => None,
    };
    (text, slip)
}

/// Collects the escapes of a pattern and what stands in their place.
struct Rewrite<'p> {
    pattern: &'p str,
    replacements: Vec<(Range<usize>, String)>,
    /// The first escape that speaks of word characters.
    word_escape: Option<Range<usize>>,
    /// A letter outside ASCII at the edge of a literal word.
    foreign_edge: Option<char>,
    /// The literal letter seen last, and where it ends.
    last: Option<(char, usize)>,
}

impl<'p> Rewrite<'p> {
    fn new(pattern: &'p str) -> Self {
        Self {
            pattern,
            replacements: Vec::new(),
            word_escape: None,
            foreign_edge: None,
            last: None,
        }
    }

    fn letter(&mut self, literal: &ast::Literal) {
        let follows = self.last.filter(|(_, end)| *end == literal.span.start.offset);
        if follows.is_none_or(|(c, _)| !c.is_alphanumeric()) {
            self.edge(literal.c);
            self.close();
        } else if !literal.c.is_alphanumeric() {
            self.close();
        }
        self.last = Some((literal.c, literal.span.end.offset));
    }

    /// Ends the literal word that was read last.
    fn close(&mut self) {
        if let Some((c, _)) = self.last.take() {
            self.edge(c);
        }
    }

    fn edge(&mut self, c: char) {
        if !c.is_ascii() && c.is_alphanumeric() {
            self.foreign_edge = self.foreign_edge.or(Some(c));
        }
    }

    fn escape(&mut self, class: &ast::ClassPerl, in_brackets: bool) {
        let set = match class.kind {
            ClassPerlKind::Digit => "0-9",
            ClassPerlKind::Space => r"\t\n\x0B\x0C\r\x20",
            ClassPerlKind::Word => "0-9A-Za-z_",
        };
        if class.kind == ClassPerlKind::Word {
            self.word_escape.get_or_insert(range(&class.span));
        }
        let not = if class.negated { "^" } else { "" };
        // Case must not be folded: the long s would become a word character.
        let text = match in_brackets {
            true => format!("[{not}{set}]"),
            false => format!("(?-i:[{not}{set}])"),
        };
        self.replacements.push((range(&class.span), text));
    }
}

impl ast::Visitor for Rewrite<'_> {
    type Output = Self;
    type Err = std::convert::Infallible;

    fn finish(mut self) -> Result<Self, Self::Err> {
        self.close();
        Ok(self)
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        match ast {
            Ast::Literal(literal) => self.letter(literal),
            Ast::ClassPerl(class) => self.escape(class, false),
            Ast::Assertion(assertion) => match assertion.kind {
                ast::AssertionKind::StartLine
                | ast::AssertionKind::EndLine
                | ast::AssertionKind::StartText
                | ast::AssertionKind::EndText => {}
                _ => {
                    self.word_escape.get_or_insert(range(&assertion.span));
                    let written = self.pattern.get(range(&assertion.span)).unwrap_or("");
                    let text = format!("(?-u:{written})");
                    self.replacements.push((range(&assertion.span), text));
                }
            },
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Self::Err> {
        if let ClassSetItem::Perl(class) = item {
            self.escape(class, true);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, unicode: bool, text: &str) -> bool {
        compile(pattern, unicode).unwrap().regex.is_match(text)
    }

    #[test]
    fn escapes_are_ascii_unless_the_rule_says_otherwise() {
        let cases = [
            (r"a\wb", "aéb"),
            (r"a\db", "a٣b"),
            (r"a\sb", "a\u{a0}b"),
            (r"[\w-]{3}", "é-é"),
            (r"\bдальше\b", "Читать дальше."),
        ];
        for (pattern, text) in cases {
            assert!(!matches(pattern, false, text), "{pattern}");
            assert!(matches(pattern, true, text), "{pattern}");
        }
        for (pattern, text) in [(r"a\Wb", "aéb"), (r"a\Db", "a٣b"), (r"a\Sb", "a\u{a0}b")] {
            assert!(matches(pattern, false, text), "{pattern}");
            assert!(!matches(pattern, true, text), "{pattern}");
        }
    }

    #[test]
    fn ascii_escapes_match_what_they_name() {
        for (pattern, text) in [
            (r"^\w+\s\d+$", "Read_me 12"),
            (r"\bcookie\b", "a cookie, please"),
            (r"[^\W\d]{2}", "1ab2"),
            (r"(?x) \w+ [\s] \d # words", "ab 1"),
            (r"a\Bb", "ab"),
            (r"\b{start}ab\b{end}", "x ab y"),
            (r"\<ab\>", "x ab y"),
        ] {
            assert!(matches(pattern, false, text), "{pattern}");
        }
    }

    #[test]
    fn letters_and_case_are_unicode_always() {
        assert!(matches("(?i)подпишитесь", false, "ПОДПИШИТЕСЬ"));
        assert!(matches("caf.$", false, "café"));
        assert!(matches(r"\p{Han}{2}", false, "東京"));
        // Folding does not leak into the ASCII classes: the long s is no word character.
        assert!(!matches(r"(?i)a\wb", false, "a\u{17f}b"));
    }

    #[test]
    fn a_pattern_that_matches_nothing_or_the_empty_text_is_refused() {
        for pattern in ["", "a*", r"\b", "(?:x|)", "^$"] {
            assert!(
                compile(pattern, false).unwrap_err().message.contains("empty text"),
                "{pattern}"
            );
        }
        assert!(compile(r"[a&&b]", false).unwrap_err().message.contains("match nothing"));
    }

    #[test]
    fn mistakes_have_their_place_in_the_pattern_as_written() {
        for (pattern, span) in [
            (r"\w+ (open", 4..5),
            (r"a\q", 1..3),
            (r"\w[z-a]", 3..6),
            (r"\w\p{Nothing}", 2..13),
            ("é(", 2..3),
        ] {
            assert_eq!(compile(pattern, false).unwrap_err().span, Some(span), "{pattern}");
        }
    }

    #[test]
    fn hostile_patterns_are_refused() {
        for pattern in ["(a{0,1000}){0,1000}", r"\w{1000}{100}", &"(".repeat(100_000)] {
            assert!(compile(pattern, true).is_err());
        }
        let deep = format!("{}a{}", "(".repeat(300), ")".repeat(300));
        assert!(compile(&deep, false).is_err());
    }

    #[test]
    fn an_ascii_boundary_beside_another_letter_is_a_slip() {
        assert!(compile(r"\bдальше", false).unwrap().slip.is_some());
        assert!(compile(r"\bcafé\b", false).unwrap().slip.is_some());
        assert!(compile(r"\bcafé\b", true).unwrap().slip.is_none());
        assert!(compile(r"дальше", false).unwrap().slip.is_none());
        assert!(compile(r"\bnaïve\b", false).unwrap().slip.is_none());
    }
}
