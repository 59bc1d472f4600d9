//! `tamis config show`: every setting with its value and origin.

use std::ffi::OsString;
use std::io::Write as _;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::{COMMANDS, Resolved, Surroundings, resolve};
use crate::cli::terminal::{self, FAINT, STRONG, sanitise, written};
use crate::cli::{DONE, Failure};

#[derive(Args)]
#[command(after_help = "Settings are from arguments, then from the environment (TAMIS_RULES, \
    TAMIS_HTML_OUTPUT, …; lists parted by commas), then from tamis.toml, which is looked for in the \
    working folder and those above it, up to the root of a repository or your own folder:\n\n\
    [clean]\n\
    rules       = [\"web\", \"./house.toml\"]\n\
    html-output = \"markdown\"\n\n\
    [survey]\n\
    memory = \"4GiB\"")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Show,
}

#[derive(Subcommand)]
enum Show {
    /// Print every setting of `clean` and `survey` with its value and where it is from
    Show {
        /// As JSON
        #[arg(long)]
        json: bool,
        /// A command with its arguments, to see what it would run with: `-- clean pages --threads 2`
        #[arg(last = true, value_name = "COMMAND")]
        line: Vec<OsString>,
    },
}

pub(crate) fn run(arguments: &Arguments, typed: &[OsString]) -> Result<u8, Failure> {
    let Show::Show { json, line } = &arguments.command;
    let surroundings = Surroundings::own();
    let shared = shared(typed);
    let mut shown: Vec<(String, Resolved)> = Vec::new();
    if line.is_empty() {
        for name in COMMANDS {
            let words = ["tamis".into(), name.into()].into_iter().chain(shared.clone());
            shown.push((name.to_owned(), resolve(words.collect(), &surroundings)?));
        }
    } else {
        let words = std::iter::once("tamis".into()).chain(shared).chain(line.iter().cloned());
        let resolved = resolve(words.collect(), &surroundings)?;
        if resolved.settings.is_empty() {
            let names = COMMANDS.join(" and ");
            return Err(Failure(format!("only {names} have settings, and the line must be right")));
        }
        let name = line.first().map(|name| name.to_string_lossy().into_owned());
        shown.push((name.unwrap_or_default(), resolved));
    }
    if *json { print_json(&shown) } else { print(&shown) }
}

/// The options that say where settings are from, as they were typed before `--`.
fn shared(typed: &[OsString]) -> Vec<OsString> {
    let mut found = Vec::new();
    let mut words = typed.iter().take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        if text == "--config" {
            found.push(word.clone());
            found.extend(words.next().cloned());
        } else if text == "--no-config" || text.starts_with("--config=") {
            found.push(word.clone());
        }
    }
    found
}

fn print(shown: &[(String, Resolved)]) -> Result<u8, Failure> {
    let mut out = terminal::out();
    let file = shown.iter().find_map(|(_, resolved)| resolved.file.as_ref());
    let file = file.map_or("none".to_owned(), |file| sanitise(&file.display().to_string()));
    written(writeln!(out, "{FAINT}# file: {file}{FAINT:#}"))?;
    for (name, resolved) in shown {
        written(writeln!(out, "\n{STRONG}[{name}]{STRONG:#}"))?;
        for setting in &resolved.settings {
            let value = match setting.json() {
                Value::Null => "(not set)".to_owned(),
                value => value.to_string(),
            };
            let origin = sanitise(&setting.origin.to_string());
            let value = sanitise(&value);
            let key = &setting.key;
            written(writeln!(out, "{key:<20} = {value:<24} {FAINT}# {origin}{FAINT:#}"))?;
        }
    }
    written(out.flush())?;
    Ok(DONE)
}

fn print_json(shown: &[(String, Resolved)]) -> Result<u8, Failure> {
    let mut all = Map::new();
    for (name, resolved) in shown {
        let entry = |setting: &super::Setting| {
            let origin = setting.origin.to_string();
            (setting.key.clone(), json!({ "value": setting.json(), "origin": origin }))
        };
        let entries: Map<String, Value> = resolved.settings.iter().map(entry).collect();
        all.insert(name.clone(), Value::Object(entries));
    }
    let mut out = terminal::out();
    written(writeln!(out, "{:#}", Value::Object(all)))?;
    written(out.flush())?;
    Ok(DONE)
}
