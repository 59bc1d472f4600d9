//! `tamis rules new`: a rule with a hit and a miss, at the end of a file or in a new one.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::terminal::{self, written};
use crate::cli::{DONE, Failure, on_this_machine};
use tamis::RuleSet;
use tamis::document::Scope;
use tamis::rules::scaffold::NewRule;
use tamis::rules::{Action, Category, Effect, check, schema_json};
use tamis::sink::files::OutputFile;
use tamis::source::Compression;

/// The schema that is written beside a new file, for editors.
const SCHEMA: &str = "rules.schema.json";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ScopeArgument {
    Page,
    Area,
    Sentence,
    Block,
    Document,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ActionArgument {
    Keep,
    Flag,
    Cut,
    Remove,
    Drop,
    Part,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CategoryArgument {
    Spam,
    Repeats,
    Placeholder,
    Links,
    Boilerplate,
    Quality,
}

#[derive(Args)]
pub(crate) struct Arguments {
    /// The rule's full name; the set is the file's name without `.toml`
    #[arg(value_name = "SET/NAME")]
    name: String,

    /// What it looks at
    #[arg(long, value_name = "SCOPE", default_value = "block")]
    scope: ScopeArgument,

    /// What it does by itself [default: remove; flag for page and document]
    #[arg(long, value_name = "ACTION", conflicts_with = "weight")]
    action: Option<ActionArgument>,

    /// Points of a full hit in place of an action, -1 to 1
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    weight: Option<f64>,

    /// Its category
    #[arg(long, value_name = "CATEGORY", default_value = "boilerplate")]
    category: CategoryArgument,

    /// The rules file, made if there is none [default: SET.toml]
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// A text on which it must fire; its condition is made of the words
    #[arg(long, value_name = "TEXT")]
    hit: Option<String>,

    /// A text on which it must not fire
    #[arg(long, value_name = "TEXT")]
    miss: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let (set, name) = arguments.name.split_once('/').ok_or_else(|| {
        Failure(format!("\"{}\" is no full name: SET/NAME is, such as mine/notice", arguments.name))
    })?;
    let path = arguments.file.clone().unwrap_or_else(|| PathBuf::from(format!("{set}.toml")));
    on_this_machine(&path)?;
    let shown = path.display().to_string();
    if path.file_stem().and_then(|stem| stem.to_str()) != Some(set)
        || path.extension().is_none_or(|end| end != "toml")
    {
        return Err(Failure(format!(
            "the rules of {shown} are called by its name without `.toml`, and not \"{set}/…\": \
             name the rule so, or write it to {set}.toml"
        )));
    }
    let rule = arguments.rule(set, name);
    let text = rule.written()?;
    let full = format!("{set}/{name}");
    let earlier = match std::fs::read_to_string(&path) {
        Ok(earlier) => Some(earlier),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Failure(format!("{shown}: {error}"))),
    };
    if earlier.is_some() {
        let named =
            path.to_str().ok_or_else(|| Failure(format!("{shown}: not a name in UTF-8")))?;
        let named = if named.contains('/') { named.to_owned() } else { format!("./{named}") };
        // A file with mistakes is not added to: nobody could say whether the rule is good in it.
        let known = RuleSet::load([&named])?;
        if known.rules().iter().any(|known| known.name == full) {
            return Err(Failure(format!("{shown}: rule \"{full}\" is there already")));
        }
    }
    let whole = match &earlier {
        Some(earlier) => format!("{}\n\n{text}", earlier.trim_end()),
        None => format!("{}\n{text}", rule.head(Some(&format!("./{SCHEMA}")))),
    };
    write(&path, &whole)?;
    let report = check::check([path.to_string_lossy()]);
    if let Some(error) = report.iter().flat_map(|report| report.mistakes()).next() {
        // What it stands among makes it wrong: the file is as it was.
        match &earlier {
            Some(earlier) => write(&path, earlier)?,
            None => std::fs::remove_file(&path)?,
        }
        return Err(Failure(error.to_string()));
    }
    let schema = path.with_file_name(SCHEMA);
    if earlier.is_none() && !schema.exists() {
        write(&schema, &schema_json())?;
    }
    let mut out = terminal::out();
    written(writeln!(out, "{full} is in {}", terminal::sanitise(&shown)))?;
    written(writeln!(
        out,
        "next: write its `about`, `why` and condition, then `tamis rules test {}`",
        terminal::sanitise(&shown)
    ))?;
    written(out.flush())?;
    Ok(DONE)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let mut file = OutputFile::create(path, Compression::None)?;
    file.write(text.as_bytes())?;
    file.finish()?;
    Ok(())
}

impl Arguments {
    fn rule(&self, set: &str, name: &str) -> NewRule {
        let scope = match self.scope {
            ScopeArgument::Page => Scope::Page,
            ScopeArgument::Area => Scope::Area,
            ScopeArgument::Sentence => Scope::Sentence,
            ScopeArgument::Block => Scope::Block,
            ScopeArgument::Document => Scope::Document,
        };
        let action = self.action.map(|action| match action {
            ActionArgument::Keep => Action::Keep,
            ActionArgument::Flag => Action::Flag,
            ActionArgument::Cut => Action::Cut,
            ActionArgument::Remove => Action::Remove,
            ActionArgument::Drop => Action::Drop,
            ActionArgument::Part => Action::Part,
        });
        let effect = match (self.weight, action) {
            (Some(weight), _) => Effect::Weight(weight),
            (None, Some(action)) => Effect::Action(action),
            (None, None) => NewRule::usual_effect(scope),
        };
        let category = match self.category {
            CategoryArgument::Spam => Category::Spam,
            CategoryArgument::Repeats => Category::Repeats,
            CategoryArgument::Placeholder => Category::Placeholder,
            CategoryArgument::Links => Category::Links,
            CategoryArgument::Boilerplate => Category::Boilerplate,
            CategoryArgument::Quality => Category::Quality,
        };
        NewRule {
            set: set.to_owned(),
            name: name.to_owned(),
            scope,
            effect,
            category,
            hit: self.hit.clone(),
            miss: self.miss.clone(),
        }
    }
}
