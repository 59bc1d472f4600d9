//! Literals that every match of a pattern must contain, for a walk that finds which patterns are
//! worth trying at all.
//!
//! The method is that of RE2's prefilter: bottom up, each part of a pattern has either the small
//! set of all texts it matches, or a set of which every match contains at least one, or nothing.

use regex_syntax::hir::{self, Class, Hir, HirKind, Visitor};

/// Literals shorter than this (bytes) stand everywhere and select nothing.
pub(crate) const SHORTEST: usize = 3;
/// Longer literals select no better.
const LONGEST: usize = 24;
/// Most texts that a sequence of parts may stand for before it is cut.
const MOST_CROSSED: usize = 32;
/// Most texts of an alternation.
const MOST_JOINED: usize = 400;
/// Most characters of a class that counts as a few texts.
const MOST_IN_CLASS: usize = 8;

/// Texts in ASCII lower case.
type Texts = Vec<Vec<u8>>;

/// What is known of a part of a pattern.
#[derive(Clone, Debug, Default)]
struct Part {
    /// All texts that it matches.
    exact: Option<Texts>,
    /// Texts of which every match contains one.
    required: Option<Texts>,
}

impl Part {
    fn exact(texts: Texts) -> Self {
        Self { exact: Some(texts), required: None }
    }

    /// The better of what it matches and what it requires.
    fn best(self) -> Option<Texts> {
        better(self.exact, self.required)
    }
}

/// The literals of a pattern in ASCII lower case, each of [`SHORTEST`] bytes or more or a rare mark:
/// every match contains one of them when ASCII case is ignored. `None` if there are no such
/// literals.
pub(crate) fn required(pattern: &Hir) -> Option<Vec<Vec<u8>>> {
    let root = hir::visit(pattern, Walk::default()).unwrap_or_default();
    let mut texts = root.best()?;
    if texts.iter().any(|text| worth(text) < SHORTEST) {
        return None;
    }
    for text in &mut texts {
        text.truncate(LONGEST);
    }
    texts.sort();
    texts.dedup();
    Some(texts)
}

/// Visits a pattern in constant stack space, children before parents.
#[derive(Default)]
struct Walk {
    done: Vec<Part>,
}

impl Visitor for Walk {
    type Output = Part;
    type Err = std::convert::Infallible;

    fn finish(mut self) -> Result<Part, Self::Err> {
        Ok(self.done.pop().unwrap_or_default())
    }

    fn visit_post(&mut self, hir: &Hir) -> Result<(), Self::Err> {
        let children = self.done.split_off(self.done.len() - hir.kind().subs().len());
        let part = match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Part::exact(vec![Vec::new()]),
            HirKind::Literal(literal) => Part::exact(vec![literal.0.to_ascii_lowercase()]),
            HirKind::Class(class) => of_class(class),
            HirKind::Repetition(repetition) => {
                let child = children.into_iter().next().unwrap_or_default();
                of_repetition(repetition.min, repetition.max, child)
            }
            HirKind::Capture(_) => children.into_iter().next().unwrap_or_default(),
            HirKind::Concat(_) => of_sequence(children),
            HirKind::Alternation(_) => of_alternation(children),
        };
        self.done.push(part);
        Ok(())
    }
}

fn of_class(class: &Class) -> Part {
    let count = match class {
        Class::Unicode(class) => class.ranges().iter().map(|range| range.len()).sum::<usize>(),
        Class::Bytes(class) => class.ranges().iter().map(|range| range.len()).sum(),
    };
    if count == 0 || count > MOST_IN_CLASS {
        return Part::default();
    }
    let mut texts: Texts = match class {
        Class::Unicode(class) => class
            .iter()
            .flat_map(|range| range.start()..=range.end())
            .map(|c| c.to_ascii_lowercase().to_string().into_bytes())
            .collect(),
        Class::Bytes(class) => class
            .iter()
            .flat_map(|range| range.start()..=range.end())
            .map(|byte| vec![byte.to_ascii_lowercase()])
            .collect(),
    };
    texts.sort();
    texts.dedup();
    Part::exact(texts)
}

fn of_repetition(min: u32, max: Option<u32>, child: Part) -> Part {
    match (min, max) {
        (1, Some(1)) => child,
        (0, Some(1)) => match child.exact {
            Some(mut texts) => {
                texts.push(Vec::new());
                Part::exact(texts)
            }
            None => Part::default(),
        },
        (0, _) => Part::default(),
        _ => Part { exact: None, required: child.best() },
    }
}

fn of_alternation(children: Vec<Part>) -> Part {
    let all_exact = children.iter().all(|child| child.exact.is_some());
    let mut joined = Texts::new();
    for child in children {
        let texts = if all_exact { child.exact } else { child.best() };
        let Some(texts) = texts else { return Part::default() };
        joined.extend(texts);
        if joined.len() > MOST_JOINED {
            return Part::default();
        }
    }
    joined.sort();
    joined.dedup();
    if all_exact { Part::exact(joined) } else { Part { exact: None, required: Some(joined) } }
}

fn of_sequence(children: Vec<Part>) -> Part {
    let mut run: Texts = vec![Vec::new()];
    let mut all_exact = true;
    let mut required: Option<Texts> = None;
    for child in children {
        match child.exact {
            Some(texts) if texts.len() * run.len() <= MOST_CROSSED.max(texts.len()) => {
                run = cross(&run, &texts);
            }
            Some(texts) => {
                all_exact = false;
                required = better(required, Some(std::mem::replace(&mut run, texts)));
            }
            None => {
                all_exact = false;
                required = better(required, Some(std::mem::replace(&mut run, vec![Vec::new()])));
                required = better(required, child.required);
            }
        }
    }
    if all_exact {
        return Part::exact(run);
    }
    Part { exact: None, required: better(required, Some(run)) }
}

fn cross(heads: &Texts, tails: &Texts) -> Texts {
    let mut texts: Texts = heads
        .iter()
        .flat_map(|head| tails.iter().map(move |tail| [head.as_slice(), tail.as_slice()].concat()))
        .collect();
    texts.sort();
    texts.dedup();
    texts
}

/// How well a literal selects: its length, and more if it has a mark that is rare in any text.
fn worth(text: &[u8]) -> usize {
    let is_rare = |c: char| {
        let common = ".,:;!?'\"’“”-–()/";
        !c.is_alphanumeric() && !c.is_whitespace() && !common.contains(c)
    };
    let rare = std::str::from_utf8(text).is_ok_and(|text| text.contains(is_rare));
    text.len() + if rare { SHORTEST - 1 } else { 0 }
}

/// The set that selects better: longer shortest text, then fewer texts.
fn better(a: Option<Texts>, b: Option<Texts>) -> Option<Texts> {
    let rank = |texts: &Texts| {
        let shortest = texts.iter().map(|text| worth(text)).min().unwrap_or(0);
        (shortest.min(8), std::cmp::Reverse(texts.len()))
    };
    match (a, b) {
        (Some(a), Some(b)) => Some(if rank(&b) > rank(&a) { b } else { a }),
        (a, b) => a.or(b),
    }
    .filter(|texts| texts.iter().all(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literals(pattern: &str) -> Option<Vec<String>> {
        let hir = regex_syntax::parse(pattern).unwrap();
        Some(required(&hir)?.into_iter().map(|text| String::from_utf8(text).unwrap()).collect())
    }

    #[test]
    fn a_plain_text_is_its_own_literal() {
        assert_eq!(literals("read more"), Some(vec!["read more".into()]));
        assert_eq!(literals("(?:Read) (?:More)"), Some(vec!["read more".into()]));
    }

    #[test]
    fn a_rare_mark_is_a_literal_however_short() {
        assert_eq!(literals(r"©[a-z]|(?:19|20)\d\d ?©"), Some(vec![" ©".into(), "©".into()]));
        assert_eq!(literals(r"[ \t]*\[\d{1,3}\]"), Some(vec!["[".into()]));
        assert_eq!(literals(r"\d+,\d+"), None, "others stand everywhere");
    }

    #[test]
    fn an_alternation_needs_a_literal_in_every_branch() {
        assert_eq!(literals("buy|order"), Some(vec!["buy".into(), "order".into()]));
        assert_eq!(literals("buy|[0-9]+"), None);
        assert_eq!(literals("buy|x"), None);
    }

    #[test]
    fn the_best_part_of_a_sequence_is_taken() {
        assert_eq!(literals(r"[a-z]+ (?:unsubscribe) [0-9]*"), Some(vec![" unsubscribe ".into()]));
        assert_eq!(literals(r"a.*bcd.*ef"), Some(vec!["bcd".into()]));
    }

    #[test]
    fn optional_parts_require_nothing() {
        assert_eq!(literals("(?:cookies)?"), None);
        assert_eq!(literals("(?:cookies)*x"), None);
        assert_eq!(literals("(?:cookies)+x"), Some(vec!["cookies".into()]));
        let mut both = literals("colou?r").unwrap();
        both.sort();
        assert_eq!(both, ["color", "colour"]);
    }

    #[test]
    fn letters_that_fold_to_others_are_taken_with_them() {
        // `(?i)k` also matches the Kelvin sign, `(?i)s` the long s.
        let found = literals("(?i)ask").unwrap();
        assert!(found.contains(&"ask".into()) && found.contains(&"a\u{17f}\u{212a}".into()));
    }

    #[test]
    fn letters_that_fold_in_ascii_alone_are_one() {
        assert_eq!(literals("(?i-u)use|ask"), Some(vec!["ask".into(), "use".into()]));
    }

    #[test]
    fn other_scripts_have_literals_too() {
        let found = literals("(?i)подпишитесь").unwrap();
        assert!(found.len() <= MOST_CROSSED && found.iter().all(|text| text.len() >= 6));
    }

    #[test]
    fn short_and_absent_literals_are_none() {
        for pattern in ["ab", r"[a-z]{5}", ".+", "a|bcd", "^$"] {
            assert_eq!(literals(pattern), None, "{pattern}");
        }
    }
}
