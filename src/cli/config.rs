//! Settings of `clean` and `survey` from a file and the environment, and `tamis config show`.
//!
//! An argument goes before the environment, the environment before the file, the file before the
//! default. What there is to be set is read off the commands themselves: each option by its long
//! name. What is not said on the command line is added to it before it is parsed, so that a
//! setting means what the option means.

use std::any::TypeId;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Map, Value, json};

use super::{Failure, command};
use tamis::rules::settings::{SettingKind, SettingTable, WrittenSetting, read_settings};

mod show;

pub(crate) use show::{Arguments, run};

/// The file that is looked for.
const FILE: &str = "tamis.toml";

/// The commands that can be configured.
const COMMANDS: [&str; 2] = ["clean", "survey"];

/// Options that hold for all commands and can be configured too.
const SHARED: [&str; 2] = ["quiet", "color"];

/// Options that must be said where they are meant: one replaces what is there, the others say where
/// settings are from.
const NEVER: [&str; 5] = ["overwrite", "config", "no-config", "help", "version"];

/// Options on which nothing depends that comes out of a run, by their names or, with a hyphen at
/// the end, by how those begin: a run that is taken up again may have others.
const FREE: [&str; 14] = [
    "output",
    "memory",
    "temp-folder",
    "threads",
    "timings",
    "progress",
    "progress-interval",
    "metrics",
    "fail-on-",
    "compare",
    "limits-after",
    "resume",
    "quiet",
    "color",
];

/// Where a setting is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    /// A file and the line in it.
    File(PathBuf, usize),
    /// A variable of the environment.
    Environment(String),
    Argument,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => write!(f, "default"),
            Origin::File(path, line) => write!(f, "{}:{line}", path.display()),
            Origin::Environment(name) => write!(f, "environment, {name}"),
            Origin::Argument => write!(f, "argument"),
        }
    }
}

/// A setting with its origin.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setting {
    /// The option's long name.
    pub(crate) key: String,
    /// Its values; none if it is not set and has no default.
    pub(crate) values: Vec<String>,
    kind: SettingKind,
    pub(crate) origin: Origin,
}

impl Setting {
    /// As a value of JSON; `null` if it is not set.
    pub(crate) fn json(&self) -> Value {
        let number = |text: &String| serde_json::from_str::<serde_json::Number>(text).ok();
        match (self.kind, self.values.as_slice()) {
            (_, []) => Value::Null,
            (SettingKind::Flag, [value, ..]) => Value::Bool(value == "true"),
            (SettingKind::Texts, values) => json!(values),
            (SettingKind::Number, [value, ..]) => {
                number(value).map_or_else(|| json!(value), Value::Number)
            }
            (SettingKind::Text, [value, ..]) => json!(value),
        }
    }
}

/// The settings of a command, and the command line that they come to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolved {
    /// The command line, settings added.
    pub(crate) arguments: Vec<OsString>,
    /// In the order of the command's options; empty for commands that are not configured.
    pub(crate) settings: Vec<Setting>,
    /// The file that was read, if any.
    pub(crate) file: Option<PathBuf>,
}

impl Resolved {
    /// What is set and decides what comes out, by key: a run's record of it.
    pub(crate) fn record(&self) -> Map<String, Value> {
        let counts = |setting: &&Setting| {
            let key = setting.key.as_str();
            let is_free = FREE
                .iter()
                .any(|name| key == *name || name.ends_with('-') && key.starts_with(name));
            !setting.values.is_empty() && !is_free
        };
        self.settings
            .iter()
            .filter(counts)
            .map(|setting| (setting.key.clone(), setting.json()))
            .collect()
    }
}

/// Where settings are looked for.
pub(crate) struct Surroundings<'s> {
    /// Variables of the environment.
    pub(crate) variable: &'s dyn Fn(&str) -> Option<OsString>,
    /// The folder from which a file is looked for upward.
    pub(crate) folder: PathBuf,
    /// The user's own folder, above which none is looked for.
    pub(crate) home: Option<PathBuf>,
}

impl Surroundings<'static> {
    /// Those of this process.
    pub(crate) fn own() -> Self {
        Surroundings {
            variable: &|name| std::env::var_os(name),
            folder: std::env::current_dir().unwrap_or_default(),
            home: std::env::home_dir(),
        }
    }

    /// The variable of an option.
    fn name_of(key: &str) -> String {
        format!("TAMIS_{}", key.replace('-', "_").to_uppercase())
    }
}

/// Adds to a command line what the environment and the file say and it does not.
///
/// A command line that cannot be parsed comes back as it is: parsing it says why.
///
/// # Errors
/// If the file or a variable is wrong.
pub(crate) fn resolve(
    typed: Vec<OsString>,
    surroundings: &Surroundings<'_>,
) -> Result<Resolved, Failure> {
    let plain = |typed| Resolved { arguments: typed, ..Resolved::default() };
    let Ok(matches) = lenient().try_get_matches_from(&typed) else { return Ok(plain(typed)) };
    let Some((name, own)) = matches.subcommand() else { return Ok(plain(typed)) };
    // `survey merge` and the like have options of their own.
    if !COMMANDS.contains(&name) || own.subcommand().is_some() {
        return Ok(plain(typed));
    }
    let file = file_for(own, surroundings);
    let written = match &file {
        Some(path) => read_file(path)?,
        None => Vec::new(),
    };
    let mut settings = Vec::new();
    let mut added: Vec<OsString> = Vec::new();
    for option in options(name) {
        let setting = settle(&option, name, own, &written, file.as_deref(), surroundings)?;
        if !matches!(setting.origin, Origin::Default | Origin::Argument) {
            added.extend(as_arguments(&setting));
        }
        settings.push(setting);
    }
    let mut arguments = typed;
    let end = arguments.iter().position(|a| a == "--").unwrap_or(arguments.len());
    arguments.splice(end..end, added);
    Ok(Resolved { arguments, settings, file })
}

/// The commands with nothing required: the file may say it.
fn lenient() -> Command {
    COMMANDS.iter().fold(command(), |all, name| {
        all.mut_subcommand(name, |one| one.mut_args(|arg| arg.required(false)))
    })
}

/// An option that can be set.
struct Settable {
    key: String,
    id: String,
    kind: SettingKind,
    defaults: Vec<String>,
    /// Its values are paths.
    is_path: bool,
    is_hidden: bool,
}

/// What can be set for a command, in the order of its help.
fn options(name: &str) -> Vec<Settable> {
    let all = command();
    let Some(own) = all.find_subcommand(name) else { return Vec::new() };
    let shared =
        all.get_arguments().filter(|arg| arg.get_long().is_some_and(|l| SHARED.contains(&l)));
    own.get_arguments().chain(shared).filter_map(option).collect()
}

fn option(arg: &Arg) -> Option<Settable> {
    let key = arg.get_long().filter(|key| !NEVER.contains(key))?;
    let parser = arg.get_value_parser().type_id();
    let numbers =
        [TypeId::of::<usize>(), TypeId::of::<u64>(), TypeId::of::<u32>(), TypeId::of::<f64>()];
    let kind = match arg.get_action() {
        ArgAction::SetTrue => SettingKind::Flag,
        ArgAction::Append => SettingKind::Texts,
        ArgAction::Set if numbers.iter().any(|number| parser == *number) => SettingKind::Number,
        ArgAction::Set => SettingKind::Text,
        _ => return None,
    };
    let defaults = match kind {
        SettingKind::Flag => vec!["false".to_owned()],
        _ => arg.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect(),
    };
    Some(Settable {
        key: key.to_owned(),
        id: arg.get_id().to_string(),
        kind,
        defaults,
        is_path: parser == TypeId::of::<PathBuf>(),
        is_hidden: arg.is_hide_default_value_set(),
    })
}

/// One option's value, and who says it.
fn settle(
    option: &Settable,
    name: &str,
    typed: &ArgMatches,
    written: &[WrittenSetting],
    file: Option<&Path>,
    surroundings: &Surroundings<'_>,
) -> Result<Setting, Failure> {
    let setting =
        |values, origin| Setting { key: option.key.clone(), values, kind: option.kind, origin };
    if typed.value_source(&option.id) == Some(ValueSource::CommandLine) {
        let raw = typed.get_raw(&option.id);
        let values = match option.kind {
            SettingKind::Flag => vec!["true".to_owned()],
            _ => raw.into_iter().flatten().map(|v| v.to_string_lossy().into_owned()).collect(),
        };
        return Ok(setting(values, Origin::Argument));
    }
    let variable = Surroundings::name_of(&option.key);
    if let Some(value) = (surroundings.variable)(&variable).filter(|value| !value.is_empty()) {
        let values = from_variable(option, name, &variable, &value)?;
        return Ok(setting(values, Origin::Environment(variable)));
    }
    // The last one wins, as the file has each key once only.
    let said = written.iter().find(|said| said.table == name && said.key == option.key);
    if let (Some(said), Some(file)) = (said, file) {
        let folder = file.parent().unwrap_or(Path::new(""));
        let values = said.values.iter().map(|value| beside(value, option, folder)).collect();
        return Ok(setting(values, Origin::File(file.to_owned(), said.place.line)));
    }
    let defaults = if option.is_hidden { Vec::new() } else { option.defaults.clone() };
    Ok(setting(defaults, Origin::Default))
}

/// The value of a variable; lists are parted by commas.
fn from_variable(
    option: &Settable,
    name: &str,
    variable: &str,
    value: &OsStr,
) -> Result<Vec<String>, Failure> {
    let Some(value) = value.to_str() else {
        return Err(Failure(format!("{variable}: not UTF-8")));
    };
    let values = match option.kind {
        SettingKind::Flag => match value.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => vec!["true".to_owned()],
            "0" | "false" | "no" | "off" => vec!["false".to_owned()],
            _ => {
                let shown = super::terminal::sanitise(value);
                return Err(Failure(format!("{variable} is \"{shown}\": write true or false")));
            }
        },
        SettingKind::Texts => value.split(',').map(|part| part.trim().to_owned()).collect(),
        SettingKind::Number | SettingKind::Text => vec![value.to_owned()],
    };
    for value in &values {
        check(name, &option.key, value).map_err(|fault| Failure(format!("{variable}: {fault}")))?;
    }
    Ok(values)
}

/// A value of a file: paths in it are relative to its folder.
fn beside(value: &str, option: &Settable, folder: &Path) -> String {
    let is_relative = value.starts_with("./") || value.starts_with("../");
    let is_bare = option.is_path && value != "-" && !value.contains("://");
    if (is_relative || is_bare) && !folder.as_os_str().is_empty() {
        let path = value.strip_prefix("./").unwrap_or(value);
        return folder.join(path).to_string_lossy().into_owned();
    }
    value.to_owned()
}

fn as_arguments(setting: &Setting) -> Vec<OsString> {
    let key = &setting.key;
    match setting.kind {
        SettingKind::Flag if setting.values.iter().any(|value| value == "true") => {
            vec![format!("--{key}").into()]
        }
        SettingKind::Flag => Vec::new(),
        _ => setting.values.iter().map(|value| format!("--{key}={value}").into()).collect(),
    }
}

/// The file to be read, if there is one.
fn file_for(typed: &ArgMatches, surroundings: &Surroundings<'_>) -> Option<PathBuf> {
    if typed.get_flag("no_config") {
        return None;
    }
    if let Some(path) = typed.get_one::<PathBuf>("config") {
        return Some(path.clone());
    }
    if let Some(path) = (surroundings.variable)("TAMIS_CONFIG").filter(|path| !path.is_empty()) {
        return Some(PathBuf::from(path));
    }
    find(&surroundings.folder, surroundings.home.as_deref())
}

/// The file of a folder or of one above it, up to the root of a repository or the user's own
/// folder.
fn find(folder: &Path, home: Option<&Path>) -> Option<PathBuf> {
    for (depth, above) in folder.ancestors().enumerate() {
        let path = above.join(FILE);
        if path.is_file() {
            // In the working folder its bare name is enough.
            return Some(if depth == 0 { PathBuf::from(FILE) } else { path });
        }
        if above.join(".git").exists() || home == Some(above) {
            return None;
        }
    }
    None
}

fn read_file(path: &Path) -> Result<Vec<WrittenSetting>, Failure> {
    let shown = path.display();
    let text =
        std::fs::read_to_string(path).map_err(|error| Failure(format!("{shown}: {error}")))?;
    let tables: Vec<SettingTable> = COMMANDS
        .iter()
        .map(|name| SettingTable {
            name: (*name).to_owned(),
            keys: options(name).into_iter().map(|option| (option.key, option.kind)).collect(),
        })
        .collect();
    let found = read_settings(&shown.to_string(), &text, &tables, &check);
    found.map_err(|errors| Failure(errors.to_string().trim_end().to_owned()))
}

/// What the option says to a value.
fn check(name: &str, key: &str, value: &str) -> Result<(), String> {
    use clap::error::ErrorKind;
    let is_flag = matches!(value, "true" | "false")
        && options(name).iter().any(|o| o.key == key && o.kind == SettingKind::Flag);
    if is_flag {
        return Ok(());
    }
    let line = ["tamis".to_owned(), name.to_owned(), format!("--{key}={value}")];
    match lenient().try_get_matches_from(line) {
        Err(error)
            if matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation) =>
        {
            let text = error.to_string();
            let first = text.split("\n\n").next().unwrap_or_default();
            let words: Vec<&str> = first.split_whitespace().collect();
            Err(words.join(" ").trim_start_matches("error: ").to_owned())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
