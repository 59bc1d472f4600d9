//! From a checked TOML table to a condition as it was written.

use std::path::Path;

use super::{
    Asks, Join, KINDS, ListName, Threshold, Written, WrittenLeaf, pattern, phrases, signal,
};
use crate::document::Span;
use crate::rules::error::{At, FileNo, Mark, Problems, RuleError, Source, printable, quoted};
use crate::rules::load::read_text;
use crate::rules::reader::Reader;
use crate::text::lists;

/// Where a rules file was read from: what its `./` means.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Home<'a> {
    /// The folder of the file; `None` for built-in files and for texts.
    pub(crate) folder: Option<&'a Path>,
    /// True for a file that belongs to the program.
    pub(crate) builtin: bool,
}

/// Reads the condition under `when`. `None` if none of it can be used.
pub(crate) fn condition(
    problems: &mut Problems,
    home: Home<'_>,
    when: Reader<'_>,
    at: Mark,
) -> Option<Written> {
    let mut leaves = Vec::new();
    let kinds = KINDS.iter().filter(|kind| when.key_mark(kind).is_some()).count();
    let joins = [Join::All, Join::Any, Join::None];
    let joined = joins.iter().any(|join| when.key_mark(join.name()).is_some());
    if !joined {
        leaves.extend(leaf(problems, home, when, Join::All, None, at));
    } else if kinds > 0 {
        let error = RuleError::new("a condition that is a leaf and has named leaves too")
            .expected("either one leaf, or `all`, `any` and `none` of named leaves");
        problems.error(at, error);
    }
    for join in joins {
        let Some(part) = when.table(join.name()) else { continue };
        let named = part.tables();
        if named.is_empty() && part.names().is_empty() {
            let error = RuleError::new(format!("`{}` of nothing", join.name()))
                .expected(format!("named leaves: when.{}.NAME = {{ … }}", join.name()));
            problems.error(when.key_mark(join.name()).unwrap_or(at), error);
        }
        for (name, reader) in named {
            check_name(problems, &name, "a condition's name");
            let here = name.mark;
            leaves.extend(leaf(problems, home, reader, join, Some(name), here));
        }
    }
    leaves.sort_by_key(|leaf| leaf.mark);
    for (n, leaf) in leaves.iter().enumerate() {
        let Some(name) = &leaf.name else { continue };
        let same =
            |other: &&WrittenLeaf| other.name.as_ref().is_some_and(|o| o.value == name.value);
        if leaves.iter().take(n).any(|other| same(&other)) {
            let error = RuleError::new(format!("two conditions named `{}`", name.value))
                .expected("a name of its own: numbers are addressed by it");
            problems.error(name.mark, error);
        }
    }
    (!leaves.is_empty()).then_some(Written { leaves })
}

/// Reports a name that is not in kebab-case.
pub(crate) fn check_name(problems: &mut Problems, name: &At<String>, what: &str) {
    let well_formed = name.value.split('-').all(|word| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    });
    if !well_formed {
        let error = RuleError::new(format!("`{}` is no name", printable(&name.value)))
            .expected(format!("{what} in kebab-case: `unrelated-link-list`"));
        problems.error(name.mark, error);
    }
}

fn leaf(
    problems: &mut Problems,
    home: Home<'_>,
    reader: Reader<'_>,
    join: Join,
    name: Option<At<String>>,
    mark: Mark,
) -> Option<WrittenLeaf> {
    let kinds: Vec<&str> =
        KINDS.into_iter().filter(|kind| reader.key_mark(kind).is_some()).collect();
    let [kind] = kinds.as_slice() else {
        let message = match kinds.as_slice() {
            [] => "a condition that asks nothing".to_owned(),
            several => {
                format!("a condition that asks {} together", quoted(several.iter().copied()))
            }
        };
        let error = RuleError::new(message).expected(format!("exactly one of {}", quoted(KINDS)));
        problems.error(mark, error);
        return None;
    };
    check_foreign_keys(problems, reader, kind);
    let mut thresholds = Vec::new();
    let asks = match *kind {
        "signal" => {
            thresholds = signal::read(problems, reader, mark);
            let name = reader.text("signal")?;
            let id = signal::resolve(problems, &name);
            Asks::Signal { name, id }
        }
        "pattern" => {
            let text = reader.text("pattern")?;
            let unicode = reader.flag("unicode").is_some_and(|flag| flag.value);
            let compiled = compile_pattern(problems, &text, unicode);
            Asks::Pattern { text, unicode, compiled }
        }
        "phrases" => read_phrases(problems, home, reader)?,
        _ => Asks::Rule { name: reader.text("rule")? },
    };
    if matches!(*kind, "pattern" | "phrases") {
        let value = reader.number("at-least").unwrap_or_else(|| At::new(1.0, mark));
        check_matches(problems, &value);
        thresholds.push(Threshold { bound: "at-least", value });
    }
    Some(WrittenLeaf { join, name, asks, thresholds, mark })
}

/// Reports a number of matches that is none.
pub(crate) fn check_matches(problems: &mut Problems, value: &At<f64>) {
    if !(value.value >= 1.0 && value.value.fract() == 0.0) {
        let error = RuleError::new(format!("`at-least` is {}", value.value))
            .expected("a whole number of matches, 1 or more");
        problems.error(value.mark, error);
    }
}

/// Reports keys that belong to another kind of leaf.
fn check_foreign_keys(problems: &mut Problems, reader: Reader<'_>, kind: &str) {
    let keys = match kind {
        "signal" => signal::KEYS,
        "pattern" => pattern::KEYS,
        "phrases" => phrases::KEYS,
        _ => super::rule::KEYS,
    };
    let own = || keys.iter().map(|key| key.name);
    for name in reader.names() {
        let known = crate::rules::schema::leaf_keys().any(|key| key.name == name.value);
        if known && !own().any(|own| own == name.value) {
            let error = RuleError::new(format!("`{}` does not go with `{kind}`", name.value))
                .expected(format!("one of {}", quoted(own())));
            problems.error(name.mark, error);
        }
    }
}

fn compile_pattern(
    problems: &mut Problems,
    text: &At<String>,
    unicode: bool,
) -> Option<pattern::Pattern> {
    match pattern::compile(&text.value, unicode) {
        Ok(compiled) => {
            if let Some(slip) = &compiled.slip {
                problems.warn(text.mark, slip.clone());
            }
            if compiled.literals.is_empty() {
                problems.warn_of_cost(
                    text.mark,
                    "slow pattern: no text of 3 bytes or more stands in every match, \
                     so it must be tried everywhere",
                );
            }
            Some(compiled)
        }
        Err(fault) => {
            let mark = fault.span.and_then(|span| inside(problems, text, span));
            let mut error = RuleError::new(fault.message);
            error.expected = fault.expected.map(str::to_owned);
            problems.error(mark.unwrap_or(text.mark), error);
            None
        }
    }
}

/// The mark of a part of a string, where the string stands in the file as it is.
fn inside(problems: &Problems, text: &At<String>, part: std::ops::Range<usize>) -> Option<Mark> {
    let start = text.mark.span.start + problems.written(text.mark).find(&text.value)?;
    let span = Span::new(start + part.start, start + part.end);
    Some(Mark { file: text.mark.file, span })
}

fn read_phrases(problems: &mut Problems, home: Home<'_>, reader: Reader<'_>) -> Option<Asks> {
    if let Some(written) = reader.texts("phrases") {
        let here = reader.key_mark("phrases")?;
        let entries = entries_of(problems, written.into_iter(), here);
        return Some(Asks::Phrases { list: At::new(ListName::Here, here), entries });
    }
    let name = reader.text("phrases")?;
    let (list, texts) = if name.value.starts_with("./") || name.value.starts_with("../") {
        let text = read_list(problems, home, &name)?;
        (ListName::File(name.value.clone()), vec![text])
    } else {
        let found = lists::select(&name.value, &lists::names());
        if found.is_empty() {
            let error = RuleError::new(format!("no built-in list `{}`", printable(&name.value)))
                .expected("the name of a built-in list, or `./` and a file beside this one")
                .nearest(&name.value, lists::names());
            problems.error(name.mark, error);
            return None;
        }
        let texts = found
            .into_iter()
            .filter_map(|list| {
                let source = Source {
                    name: format!("rules/lists/{list}.txt"),
                    text: lists::builtin(list)?.to_owned(),
                    builtin: true,
                };
                Some(problems.add_source(source))
            })
            .collect();
        (ListName::Builtin(name.value.clone()), texts)
    };
    let mut written = Vec::new();
    for file in texts {
        let text = &problems.source(file).text;
        for entry in lists::entries(text) {
            let start = entry.as_ptr() as usize - text.as_ptr() as usize;
            let mark = Mark { file, span: Span::new(start, start + entry.len()) };
            written.push(At::new(entry.to_owned(), mark));
        }
    }
    let entries = entries_of(problems, written.into_iter(), name.mark);
    Some(Asks::Phrases { list: At::new(list, name.mark), entries })
}

/// Bytes of a list; the longest that people publish have some hundred million.
const LIST_BYTES_MAX: u64 = 1 << 30;

fn read_list(problems: &mut Problems, home: Home<'_>, name: &At<String>) -> Option<FileNo> {
    let Some(folder) = home.folder else {
        let error = RuleError::new(format!("no file can stand beside this text: `{}`", name.value))
            .expected("the name of a built-in list, or the phrases themselves");
        problems.error(name.mark, error);
        return None;
    };
    let path = folder.join(&name.value);
    match read_text(&path, LIST_BYTES_MAX) {
        Ok(text) => {
            let name = path.display().to_string();
            Some(problems.add_source(Source { name, text, builtin: home.builtin }))
        }
        Err(fault) => {
            let error = RuleError::new(format!("cannot read `{}`: {fault}", path.display()))
                .expected("a UTF-8 text with one phrase a line");
            problems.error(name.mark, error);
            None
        }
    }
}

fn entries_of(
    problems: &mut Problems,
    written: impl Iterator<Item = At<String>>,
    list: Mark,
) -> Vec<phrases::Phrase> {
    let mut entries = Vec::new();
    let mut count = 0;
    for entry in written {
        count += 1;
        match phrases::Phrase::new(&entry.value) {
            Some(phrase) => entries.push(phrase),
            None => {
                let error = RuleError::new("a phrase in which nothing counts")
                    .expected("a phrase with a visible character");
                problems.error(entry.mark, error);
            }
        }
    }
    if count == 0 {
        let error = RuleError::new("a list without phrases").expected("one or more phrases");
        problems.error(list, error);
    }
    entries.sort_by(|a, b| a.text.cmp(&b.text));
    entries.dedup();
    entries
}
