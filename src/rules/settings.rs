//! The program's configuration file, read with the care that rules files get: every mistake at
//! once, each with its place and the nearest right name. What there is to be set is the caller's.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Mark, Place, Problems, RuleError, RuleErrors, Source, printable, quoted};
use super::reader::{mark, number};

/// What a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// `true` or `false`.
    Flag,
    /// A number, or a string where numbers may have units.
    Number,
    /// A string.
    Text,
    /// A string, or a list of strings.
    Texts,
}

/// A table of settings: its name and what it may hold.
#[derive(Clone, Debug)]
pub struct SettingTable {
    /// The table's name.
    pub name: String,
    /// Its keys.
    pub keys: Vec<(String, SettingKind)>,
}

/// A setting as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct WrittenSetting {
    /// The name of its table.
    pub table: String,
    /// Its key.
    pub key: String,
    /// Its values as text; a flag is `true` or `false`.
    pub values: Vec<String>,
    /// Where its value stands.
    pub place: Place,
}

/// Reads a configuration file. `check` says what is wrong with a value of the right type, given
/// table, key and value. Settings come in the order of the file.
///
/// # Errors
/// All mistakes in the file.
pub fn read_settings(
    file: &str,
    text: &str,
    tables: &[SettingTable],
    check: &dyn Fn(&str, &str, &str) -> Result<(), String>,
) -> Result<Vec<WrittenSetting>, RuleErrors> {
    let mut problems = Problems::default();
    let source = Source { name: file.to_owned(), text: text.to_owned(), builtin: false };
    let no = problems.add_source(source);
    let (root, faults) = DeTable::parse_recoverable(text);
    for fault in &faults {
        let at = mark(no, fault.span().unwrap_or(0..0));
        problems.error(at, RuleError::new(format!("not TOML: {}", fault.message())));
    }
    let mut found: Vec<(Mark, WrittenSetting)> = Vec::new();
    if faults.is_empty() {
        for (name, value) in root.get_ref().iter() {
            let at = mark(no, name.span());
            let Some(table) = tables.iter().find(|table| table.name == name.get_ref().as_ref())
            else {
                let names = || tables.iter().map(|table| table.name.as_str());
                let shown = printable(name.get_ref());
                let error = RuleError::new(format!("unknown table `{shown}` in the configuration"))
                    .expected(format!("one of {}", quoted(names())))
                    .nearest(name.get_ref(), names());
                problems.error(at, error);
                continue;
            };
            let Some(entries) = value.get_ref().as_table() else {
                let error = RuleError::new(format!("`{}` is no table", table.name))
                    .expected(format!("[{}]", table.name));
                problems.error(at, error);
                continue;
            };
            for (key, value) in entries.iter() {
                let at = mark(no, key.span());
                let here = mark(no, value.span());
                let key = key.get_ref().as_ref();
                let Some(values) = read_value(&mut problems, at, here, table, key, value) else {
                    continue;
                };
                for value in &values {
                    if let Err(fault) = check(&table.name, key, value) {
                        problems.error(here, RuleError::new(fault));
                    }
                }
                let place = problems.place(here);
                let (table, key) = (table.name.clone(), key.to_owned());
                found.push((here, WrittenSetting { table, key, values, place }));
            }
        }
    }
    match problems.take_errors() {
        Some(errors) => Err(errors.of("the configuration")),
        None => {
            found.sort_by_key(|(at, _)| *at);
            Ok(found.into_iter().map(|(_, setting)| setting).collect())
        }
    }
}

/// A value as text; `None` if it is wrong, which is then reported.
fn read_value(
    problems: &mut Problems,
    at: Mark,
    here: Mark,
    table: &SettingTable,
    key: &str,
    value: &Spanned<DeValue<'_>>,
) -> Option<Vec<String>> {
    let Some((_, kind)) = table.keys.iter().find(|(name, _)| name == key) else {
        let names = || table.keys.iter().map(|(name, _)| name.as_str());
        let error = RuleError::new(format!("unknown key `{}` in [{}]", printable(key), table.name))
            .expected(format!("one of {}", quoted(names())))
            .nearest(key, names());
        problems.error(at, error);
        return None;
    };
    let value = value.get_ref();
    let text = |value: &DeValue<'_>| value.as_str().map(str::to_owned);
    let (read, expected) = match kind {
        SettingKind::Flag => {
            (value.as_bool().map(|flag| vec![flag.to_string()]), "`true` or `false`")
        }
        SettingKind::Number => {
            let digits = number(value).map(|_| plain(problems.written(here)));
            (text(value).or(digits).map(|value| vec![value]), "a number")
        }
        SettingKind::Text => (text(value).map(|value| vec![value]), "a string"),
        SettingKind::Texts => {
            let list = || value.as_array()?.iter().map(|item| text(item.get_ref())).collect();
            (text(value).map(|value| vec![value]).or_else(list), "a string or a list of strings")
        }
    };
    if read.is_none() {
        let error = RuleError::new(format!("`{key}` is {}", kind_of(value))).expected(expected);
        problems.error(here, error);
    }
    read
}

/// A number as programs read it: TOML allows `1_000`.
fn plain(written: &str) -> String {
    written.replace('_', "")
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list of other things",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables() -> Vec<SettingTable> {
        let key = |name: &str, kind| (name.to_owned(), kind);
        vec![SettingTable {
            name: "clean".to_owned(),
            keys: vec![
                key("rules", SettingKind::Texts),
                key("threads", SettingKind::Number),
                key("annotate", SettingKind::Flag),
                key("text-field", SettingKind::Text),
            ],
        }]
    }

    fn read(text: &str) -> Result<Vec<WrittenSetting>, RuleErrors> {
        read_settings("tamis.toml", text, &tables(), &|_, key, value| match (key, value) {
            ("threads", "0") => Err("`threads` cannot be 0".to_owned()),
            _ => Ok(()),
        })
    }

    #[test]
    fn settings_come_in_the_order_of_the_file_with_their_places() {
        let text = "[clean]\nthreads = 1_0\nrules = [\"web\", \"./mine.toml\"]\nannotate = true\n";
        let found = read(text).unwrap();
        let shown: Vec<(&str, Vec<&str>, usize)> = found
            .iter()
            .map(|s| (s.key.as_str(), s.values.iter().map(String::as_str).collect(), s.place.line))
            .collect();
        assert_eq!(
            shown,
            [
                ("threads", vec!["10"], 2),
                ("rules", vec!["web", "./mine.toml"], 3),
                ("annotate", vec!["true"], 4)
            ]
        );
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn every_mistake_is_listed_with_its_place_and_the_nearest_name() {
        let text = "[claen]\n[clean]\nthread = 3\nannotate = \"yes\"\nrules = [1]\nthreads = 0\n";
        let shown = read(text).unwrap_err().to_string();
        for piece in [
            "tamis.toml:1:2: unknown table `claen`",
            "did you mean `clean`?",
            "tamis.toml:3:1: unknown key `thread` in [clean]",
            "did you mean `threads`?",
            "tamis.toml:4:12: `annotate` is a string",
            "tamis.toml:5:9: `rules` is a list of other things",
            "tamis.toml:6:11: `threads` cannot be 0",
            "5 mistakes in the configuration",
        ] {
            assert!(shown.contains(piece), "{piece} is not in:\n{shown}");
        }
        assert!(read("[clean\n").unwrap_err().to_string().contains("tamis.toml:1:"));
        assert!(read("clean = 1\n").unwrap_err().to_string().contains("`clean` is no table"));
    }
}
