//! Reading a TOML value against a [`Shape`]: every departure is reported at its place, and what
//! is right can then be picked out without further checks.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{At, FileNo, Mark, Problems, RuleError, printable, quoted};
use super::schema::{Key, PARTS, Shape, leaf_keys};
use crate::document::Span;

/// The mark of a span in a file.
pub(crate) fn mark(file: FileNo, span: std::ops::Range<usize>) -> Mark {
    Mark { file, span: Span::new(span.start, span.end) }
}

/// Checks a table of a file against the keys it may hold. `at` marks its heading.
///
/// The depth of the walk is that of the shapes, not of the input.
pub(crate) fn check_table(
    problems: &mut Problems,
    at: Mark,
    table: &DeTable<'_>,
    what: &str,
    keys: &[&Key],
) {
    for (name, value) in table.iter() {
        let here = mark(at.file, name.span());
        match keys.iter().find(|key| key.name == name.get_ref().as_ref()) {
            Some(key) => check(problems, here, key.name, value, &key.shape),
            None => {
                let names = || keys.iter().map(|key| key.name);
                let error = RuleError::new(format!(
                    "unknown key `{}` in {what}",
                    printable(name.get_ref())
                ))
                .expected(format!("one of {}", quoted(names())))
                .nearest(name.get_ref(), names());
                problems.error(here, error);
            }
        }
    }
    for key in keys.iter().filter(|key| key.required) {
        if !table.contains_key(key.name) {
            let error = RuleError::new(format!("no `{}` in {what}", key.name))
                .expected(format!("`{}`: {}", key.name, key.about));
            problems.error(at, error);
        }
    }
}

/// Checks a value against its shape. `at` marks its key, `name` is the key's name.
pub(crate) fn check(
    problems: &mut Problems,
    at: Mark,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    shape: &Shape,
) {
    let here = mark(at.file, value.span());
    match shape {
        Shape::Text | Shape::Signal => {
            if value.get_ref().as_str().is_none() {
                wrong_type(problems, here, name, value, "a string");
            }
        }
        Shape::Texts => check_items(problems, here, name, value, "strings", &Shape::Text),
        Shape::TextOrTexts => {
            if value.get_ref().as_str().is_none() {
                check_items(problems, here, name, value, "strings", &Shape::Text);
            }
        }
        Shape::Flag => {
            if value.get_ref().as_bool().is_none() {
                wrong_type(problems, here, name, value, "`true` or `false`");
            }
        }
        Shape::Number { least, most } => check_number(problems, here, name, value, *least, *most),
        Shape::Whole { least, most } => {
            let expected = || match most {
                most if least == most => format!("{least}"),
                _ => format!("a whole number from {least} to {most}"),
            };
            match integer(value.get_ref()) {
                Some(number) if (*least..=*most).contains(&number) => {}
                Some(number) => {
                    let error =
                        RuleError::new(format!("`{name}` is {number}")).expected(expected());
                    problems.error(here, error);
                }
                None => wrong_type(problems, here, name, value, &expected()),
            }
        }
        Shape::Pair => match value.get_ref().as_array() {
            Some(items) if items.len() == 2 => {
                for item in items.iter() {
                    let here = mark(at.file, item.span());
                    check_number(problems, here, name, item, f64::MIN, f64::MAX);
                }
            }
            Some(items) => {
                let error = RuleError::new(format!("`{name}` has {} entries", items.len()))
                    .expected("a list of two numbers");
                problems.error(here, error);
            }
            None => wrong_type(problems, here, name, value, "a list of two numbers"),
        },
        Shape::Choice(words) => check_word(problems, here, name, value, words),
        Shape::Choices(words) => {
            check_items(problems, here, name, value, "words", &Shape::Choice(words));
        }
        Shape::Table { what, keys } => match value.get_ref().as_table() {
            Some(table) => {
                let keys: Vec<&Key> = keys.iter().collect();
                check_table(problems, at, table, what, &keys);
            }
            None => wrong_type(problems, here, name, value, "a table"),
        },
        Shape::Names { what, values } => match value.get_ref().as_table() {
            Some(table) => {
                for (name, value) in table.iter() {
                    let at = mark(at.file, name.span());
                    check_named(problems, at, what, name.get_ref(), value, values);
                }
            }
            None => wrong_type(problems, here, name, value, "a table"),
        },
        Shape::Condition { parts } => check_condition(problems, at, name, value, *parts),
    }
}

/// Checks a value that stands under a name of the writer's choosing.
fn check_named(
    problems: &mut Problems,
    at: Mark,
    what: &str,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    shape: &Shape,
) {
    match shape {
        Shape::Table { keys, .. } if value.get_ref().is_table() => {
            if let Some(table) = value.get_ref().as_table() {
                let keys: Vec<&Key> = keys.iter().collect();
                check_table(problems, at, table, &format!("{what} `{}`", printable(name)), &keys);
            }
        }
        Shape::Number { .. } if value.get_ref().is_table() => {
            let error = RuleError::new(format!("`{name}` is a table")).expected(
                "a number; an address with dots stands in quotes: \"dense.above\" = 0.75",
            );
            problems.error(at, error);
        }
        _ => check(problems, at, name, value, shape),
    }
}

fn check_condition(
    problems: &mut Problems,
    at: Mark,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    parts: bool,
) {
    let Some(table) = value.get_ref().as_table() else {
        let here = mark(at.file, value.span());
        wrong_type(
            problems,
            here,
            name,
            value,
            "a condition such as { signal = \"…\", above = 1 }",
        );
        return;
    };
    let what = if parts { "a condition" } else { "a part of a condition" };
    let joins = PARTS.map(|part| Key {
        name: part,
        shape: Shape::Names { what: "part", values: &Shape::Condition { parts: false } },
        about: "",
        required: false,
    });
    let mut keys: Vec<&Key> = leaf_keys().collect();
    if parts {
        keys.extend(&joins);
    }
    check_table(problems, at, table, what, &keys);
}

fn check_items(
    problems: &mut Problems,
    here: Mark,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    what: &str,
    shape: &Shape,
) {
    let Some(items) = value.get_ref().as_array() else {
        wrong_type(problems, here, name, value, &format!("a list of {what}"));
        return;
    };
    for item in items.iter() {
        check(problems, mark(here.file, item.span()), name, item, shape);
    }
}

fn check_number(
    problems: &mut Problems,
    here: Mark,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    least: f64,
    most: f64,
) {
    let bounded = least > f64::MIN;
    let expected =
        || if bounded { format!("a number from {least} to {most}") } else { "a number".to_owned() };
    if !matches!(value.get_ref(), DeValue::Integer(_) | DeValue::Float(_)) {
        wrong_type(problems, here, name, value, &expected());
        return;
    }
    match number(value.get_ref()) {
        Some(number) if (least..=most).contains(&number) => {}
        _ => {
            let written = problems.written(here);
            let error = RuleError::new(format!("`{name}` is {written}")).expected(expected());
            problems.error(here, error);
        }
    }
}

fn check_word(
    problems: &mut Problems,
    here: Mark,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    words: &[&'static str],
) {
    let expected = || format!("one of {}", quoted(words.iter().copied()));
    match value.get_ref().as_str() {
        Some(word) if words.contains(&word) => {}
        Some(word) => {
            let error = RuleError::new(format!("`{name}` cannot be `{}`", printable(word)))
                .expected(expected())
                .nearest(word, words.iter().copied());
            problems.error(here, error);
        }
        None => wrong_type(problems, here, name, value, &expected()),
    }
}

fn wrong_type(
    problems: &mut Problems,
    here: Mark,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    expected: &str,
) {
    let kind = match value.get_ref() {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    problems.error(here, RuleError::new(format!("`{name}` is {kind}")).expected(expected));
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// The finite number that an integer or a float stands for.
pub(crate) fn number(value: &DeValue<'_>) -> Option<f64> {
    let number = match value {
        DeValue::Integer(_) => integer(value)? as f64,
        DeValue::Float(float) => float.as_str().parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

/// A table of a file whose keys have been checked: what is wrong reads as absent.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) file: FileNo,
    pub(crate) table: &'a DeTable<'a>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: FileNo, table: &'a DeTable<'a>) -> Self {
        Self { file, table }
    }

    fn get(&self, name: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(name)
    }

    fn at<T>(&self, value: T, spanned: &Spanned<DeValue<'_>>) -> At<T> {
        At::new(value, mark(self.file, spanned.span()))
    }

    /// The place of a key.
    pub(crate) fn key_mark(&self, name: &str) -> Option<Mark> {
        self.table.get_key_value(name).map(|(key, _)| mark(self.file, key.span()))
    }

    pub(crate) fn text(&self, name: &str) -> Option<At<String>> {
        let value = self.get(name)?;
        Some(self.at(value.get_ref().as_str()?.to_owned(), value))
    }

    pub(crate) fn texts(&self, name: &str) -> Option<Vec<At<String>>> {
        let items = self.get(name)?.get_ref().as_array()?;
        let text =
            |item: &Spanned<DeValue<'_>>| Some(self.at(item.get_ref().as_str()?.to_owned(), item));
        Some(items.iter().filter_map(text).collect())
    }

    pub(crate) fn flag(&self, name: &str) -> Option<At<bool>> {
        let value = self.get(name)?;
        Some(self.at(value.get_ref().as_bool()?, value))
    }

    pub(crate) fn number(&self, name: &str) -> Option<At<f64>> {
        let value = self.get(name)?;
        Some(self.at(number(value.get_ref())?, value))
    }

    /// The numbers of a list; none if it holds anything else.
    pub(crate) fn numbers(&self, name: &str) -> Option<Vec<At<f64>>> {
        let items = self.get(name)?.get_ref().as_array()?;
        items.iter().map(|item| Some(self.at(number(item.get_ref())?, item))).collect()
    }

    pub(crate) fn table(&self, name: &str) -> Option<Reader<'a>> {
        Some(Self::new(self.file, self.get(name)?.get_ref().as_table()?))
    }

    /// All entries that are tables, in the order of the file.
    pub(crate) fn tables(&self) -> Vec<(At<String>, Reader<'a>)> {
        let mut entries: Vec<_> = self
            .table
            .iter()
            .filter_map(|(key, value)| {
                let name = At::new(key.get_ref().to_string(), mark(self.file, key.span()));
                Some((name, Self::new(self.file, value.get_ref().as_table()?)))
            })
            .collect();
        entries.sort_by_key(|(name, _)| name.mark);
        entries
    }

    /// All names of the table, in the order of the file.
    pub(crate) fn names(&self) -> Vec<At<String>> {
        let mut names: Vec<_> = self
            .table
            .keys()
            .map(|key| At::new(key.get_ref().to_string(), mark(self.file, key.span())))
            .collect();
        names.sort_by_key(|name| name.mark);
        names
    }
}
