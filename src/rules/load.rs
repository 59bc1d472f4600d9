//! Finding and reading rules files, and putting them together: the second of the three stages.
//! Files extend one another, later ones win, overrides change what others define.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::conditions::read::{Home, check_matches};
use super::conditions::{Asks, Join, Written, WrittenLeaf};
use super::error::{At, Mark, Problems, RuleError, Source, printable};
use super::file::{
    self, Override, RuleFile, Setting, WrittenRule, WrittenSurvey, full_name, threshold_mut,
};
use super::limits::{LimitKey, WrittenLimit};
use super::{SegmentUnit, builtin};

/// Rules as they stand after extending and overriding, each value with the place it is from.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    /// The rules in the order of files and lines, those taken out included.
    pub(crate) rules: Vec<WrittenRule>,
    /// Values of `[decide]` by key.
    pub(crate) decide: BTreeMap<&'static str, At<Setting>>,
    /// Entries of `[limits]`.
    pub(crate) limits: BTreeMap<LimitKey, WrittenLimit>,
    /// Caps of groups by name.
    pub(crate) groups: BTreeMap<String, At<f64>>,
    pub(crate) unit: Option<At<SegmentUnit>>,
    pub(crate) survey: WrittenSurvey,
    /// Former names of rules and their names now.
    pub(crate) renamed: BTreeMap<String, At<String>>,
    /// What the set is for, from the file that was read last.
    pub(crate) about: Option<String>,
}

impl Merged {
    /// The present name of a rule that may be called by a former one.
    pub(crate) fn present_name<'n>(&'n self, name: &'n str) -> &'n str {
        let mut name = name;
        // A chain of renames has no more links than there are renames; a ring ends too.
        for _ in 0..=self.renamed.len() {
            match self.renamed.get(name) {
                Some(new) => name = &new.value,
                None => break,
            }
        }
        name
    }
}

/// What a rules file is known by: the same file reached twice is read once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    Builtin(&'static str),
    File(PathBuf),
    Text,
}

/// A file that is to be read.
struct Wanted {
    identity: Identity,
    /// The name shown.
    name: String,
    /// The name of its set.
    set: String,
    text: String,
    folder: Option<PathBuf>,
}

/// Rules files while they are read.
#[derive(Clone, Default)]
pub(crate) struct Loader {
    pub(crate) problems: Problems,
    files: Vec<RuleFile>,
    known: BTreeMap<Identity, State>,
    /// Numbers of the files in the order in which they take effect.
    order: Vec<usize>,
    /// True if a file could not be read: names may then be missing that are right.
    incomplete: bool,
}

/// Whether all that a file extends has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Done,
}

enum Step {
    Enter(Wanted, Option<Mark>),
    Leave(Identity, Option<usize>),
}

impl Loader {
    /// Reads all that a caller names; that nothing is named is a mistake.
    pub(crate) fn read_all<I, S>(names: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        let mut loader = Self::default();
        let mut names = names.into_iter().peekable();
        if names.peek().is_none() {
            let error = RuleError::new("no rules file is named");
            loader.problems.error_outside(error.expected("a path or the name of a built-in file"));
        }
        for name in names {
            loader.read_named(name.as_ref());
        }
        loader
    }

    /// Reads what a caller names, with all it extends: a path, or the name of a built-in file.
    pub(crate) fn read_named(&mut self, name: &str) {
        let looks_like_path = name.ends_with(".toml")
            || (name.contains(['/', std::path::MAIN_SEPARATOR]) && Path::new(name).is_file());
        let wanted = if looks_like_path { open(Path::new(name)) } else { find_builtin(name) };
        match wanted {
            Ok(wanted) => self.read(wanted),
            Err(error) => self.refuse(None, *error),
        }
    }

    /// Reads a text as if it were a file of that name, with the built-in files it extends.
    pub(crate) fn read_text(&mut self, name: &str, text: &str) {
        let wanted = Wanted {
            identity: Identity::Text,
            name: name.to_owned(),
            set: stem(Path::new(name)),
            text: text.to_owned(),
            folder: None,
        };
        self.read(wanted);
    }

    fn refuse(&mut self, mark: Option<Mark>, error: RuleError) {
        self.incomplete = true;
        match mark {
            Some(mark) => self.problems.error(mark, error),
            None => self.problems.error_outside(error),
        }
    }

    /// Reads a file and all it extends, what it extends first.
    fn read(&mut self, wanted: Wanted) {
        let mut steps = vec![Step::Enter(wanted, None)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Leave(identity, file) => {
                    self.known.insert(identity, State::Done);
                    self.order.extend(file);
                }
                Step::Enter(wanted, by) => match (self.known.get(&wanted.identity), by) {
                    (Some(State::Done), _) => {}
                    (Some(State::Open), by) => {
                        let name = printable(&wanted.name);
                        let error = RuleError::new(format!("`{name}` extends itself"))
                            .expected("files that extend one another in one direction");
                        self.refuse(by, error);
                    }
                    (None, _) => self.enter(wanted, &mut steps),
                },
            }
        }
    }

    fn enter(&mut self, wanted: Wanted, steps: &mut Vec<Step>) {
        self.known.insert(wanted.identity.clone(), State::Open);
        let builtin = matches!(wanted.identity, Identity::Builtin(_));
        let source = Source { name: wanted.name, text: wanted.text, builtin };
        let no = self.problems.add_source(source);
        let folder = wanted.folder.as_deref();
        let home = Home { folder, builtin };
        let Some(file) = file::read(&mut self.problems, no, &wanted.set, home) else {
            self.incomplete = true;
            steps.push(Step::Leave(wanted.identity, None));
            return;
        };
        let extends = file.extends.clone();
        self.files.push(file);
        steps.push(Step::Leave(wanted.identity, Some(self.files.len() - 1)));
        for name in extends.into_iter().rev() {
            match extended(&name.value, folder) {
                Ok(wanted) => steps.push(Step::Enter(wanted, Some(name.mark))),
                Err(error) => self.refuse(Some(name.mark), *error),
            }
        }
    }

    /// Puts the files together. Names that are not found are not reported where a file is missing.
    pub(crate) fn merge(&mut self) -> Merged {
        let mut merged = Merged::default();
        let order = std::mem::take(&mut self.order);
        let mut files: Vec<Option<RuleFile>> =
            std::mem::take(&mut self.files).into_iter().map(Some).collect();
        let mut files: Vec<RuleFile> =
            order.into_iter().filter_map(|n| files.get_mut(n)?.take()).collect();
        for file in &mut files {
            merged.rules.append(&mut file.rules);
            merged.decide.extend(file.decide.drain(..));
            for limit in file.limits.drain(..) {
                merged.limits.insert(limit.0.value.clone(), limit);
            }
            for (name, cap) in file.groups.drain(..) {
                if let Some(cap) = cap {
                    merged.groups.insert(name.value, cap);
                }
            }
            merged.unit = file.unit.clone().or(merged.unit);
            let (of_file, before) = (&file.survey, merged.survey);
            merged.survey = WrittenSurvey {
                near_documents: of_file.near_documents.clone().or(before.near_documents),
                keep: of_file.keep.clone().or(before.keep),
                window: of_file.window.clone().or(before.window),
            };
            merged.about = file.about.as_ref().map(|about| about.value.clone()).or(merged.about);
        }
        let names = self.index(&merged.rules);
        self.take_renames(&mut merged, &mut files, &names);
        for file in files {
            for change in file.overrides {
                self.apply(&mut merged, &names, change);
            }
        }
        self.take_limits(&mut merged, &names);
        forget_exceptions(&mut merged);
        for rule in &merged.rules {
            file::check_numbers(&mut self.problems, rule);
        }
        merged
    }

    /// True if all files could be read.
    pub(crate) fn is_complete(&self) -> bool {
        !self.incomplete
    }

    /// The rules by name; reports those defined twice.
    fn index(&mut self, rules: &[WrittenRule]) -> BTreeMap<String, usize> {
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        for (n, rule) in rules.iter().enumerate() {
            if let Some(first) = names.get(&rule.name.value).and_then(|&n| rules.get(n)) {
                let place = self.problems.place(first.name.mark);
                let name = &rule.name.value;
                let error =
                    RuleError::new(format!("rule `{name}` is defined twice, first at {place}"))
                        .expected(format!("[override.\"{name}\"] to change it, or another name"));
                self.problems.error(rule.name.mark, error);
                continue;
            }
            names.insert(rule.name.value.clone(), n);
        }
        names
    }

    fn take_renames(
        &mut self,
        merged: &mut Merged,
        files: &mut [RuleFile],
        names: &BTreeMap<String, usize>,
    ) {
        let mut former = Vec::new();
        for (old, new) in files.iter_mut().flat_map(|file| file.renamed.drain(..)) {
            if names.contains_key(&old.value) {
                let error = RuleError::new(format!("`{}` is renamed and still a rule", old.value))
                    .expected("a former name that no rule has any more");
                self.problems.error(old.mark, error);
                continue;
            }
            former.push(old.clone());
            merged.renamed.insert(old.value, new);
        }
        for old in former {
            let present = merged.present_name(&old.value);
            if !names.contains_key(present) && self.is_complete() {
                let error = RuleError::new(format!("`{}` is renamed to no rule", old.value))
                    .expected("the full name of a rule: \"set/old\" = \"set/new\"")
                    .nearest(present, names.keys().map(String::as_str));
                self.problems.error(old.mark, error);
            }
        }
    }

    /// Sees that limits are about rules that there are, and calls them by their present names.
    fn take_limits(&mut self, merged: &mut Merged, names: &BTreeMap<String, usize>) {
        let limits = std::mem::take(&mut merged.limits);
        for (key, limit) in limits {
            let LimitKey::Rule(level, name) = &key else {
                merged.limits.insert(key, limit);
                continue;
            };
            let present = merged.present_name(name).to_owned();
            if names.contains_key(&present) {
                merged.limits.insert(LimitKey::Rule(*level, present), limit);
            } else if self.is_complete() {
                let error = RuleError::new(format!("no rule `{}` to limit", printable(&present)))
                    .expected("the full name of a rule of this file or of one that it extends")
                    .nearest(&present, names.keys().map(String::as_str));
                self.problems.error(limit.0.mark, error);
            }
        }
    }

    fn apply(&mut self, merged: &mut Merged, names: &BTreeMap<String, usize>, change: Override) {
        let present = merged.present_name(&change.name.value).to_owned();
        let place = names.get(&present).copied();
        if present != change.name.value && place.is_some() {
            let message = format!("`{}` is now named `{present}`", change.name.value);
            self.problems.warn(change.name.mark, message);
        }
        let Some(rule) = place.and_then(|place| merged.rules.get_mut(place)) else {
            if self.is_complete() {
                let error =
                    RuleError::new(format!("no rule `{}` to override", printable(&present)))
                        .expected("the full name of a rule of a file that this one extends")
                        .nearest(&present, names.keys().map(String::as_str));
                self.problems.error(change.name.mark, error);
            }
            return;
        };
        rule.overridden = true;
        for (address, value) in change.thresholds {
            let Some(when) = &mut rule.when else { continue };
            match threshold_mut(when, &address.value) {
                Some(threshold) => threshold.value = value,
                None => {
                    let known = addresses(when);
                    let mut error = RuleError::new(format!(
                        "rule `{present}` has no number `{}`",
                        printable(&address.value)
                    ))
                    .nearest(&address.value, known.iter().map(String::as_str));
                    error.expected = Some(match known.as_slice() {
                        [] => "no threshold: its condition has no number".to_owned(),
                        known => {
                            let known = super::error::quoted(known.iter().map(String::as_str));
                            format!("one of {known}")
                        }
                    });
                    self.problems.error(address.mark, error);
                }
            }
        }
        for leaf in rule.when.iter().flat_map(|when| &when.leaves) {
            if matches!(leaf.asks, Asks::Pattern { .. } | Asks::Phrases { .. }) {
                for threshold in &leaf.thresholds {
                    check_matches(&mut self.problems, &threshold.value);
                }
            }
        }
        rule.effect = change.effect.or(rule.effect.take());
        rule.status = change.status.or(rule.status.take());
        if let Some(enabled) = change.enabled {
            rule.enabled = enabled.value;
        }
    }
}

/// A rule that is taken out holds nowhere, so what it kept others from is dropped from their
/// conditions, as long as something is left of them.
fn forget_exceptions(merged: &mut Merged) {
    let gone: BTreeSet<String> = merged
        .rules
        .iter()
        .filter(|rule| !rule.enabled)
        .map(|rule| rule.name.value.clone())
        .collect();
    if gone.is_empty() {
        return;
    }
    let mut rules = std::mem::take(&mut merged.rules);
    let renamed = &*merged;
    for rule in &mut rules {
        let Some(when) = &mut rule.when else { continue };
        let set = &rule.set;
        let is_gone = |leaf: &WrittenLeaf| match &leaf.asks {
            Asks::Rule { name } if leaf.join == Join::None => {
                let full = full_name(set, name.clone()).value;
                gone.contains(renamed.present_name(&full))
            }
            _ => false,
        };
        if !when.leaves.iter().all(is_gone) {
            let before = when.leaves.len();
            when.leaves.retain(|leaf| !is_gone(leaf));
            // Its examples were written for the whole condition.
            rule.overridden |= when.leaves.len() < before;
        }
    }
    merged.rules = rules;
}

fn addresses(when: &Written) -> Vec<String> {
    when.leaves
        .iter()
        .flat_map(|leaf| leaf.thresholds.iter().map(|threshold| leaf.address(threshold)))
        .collect()
}

/// The file that an entry of `extends` names.
fn extended(name: &str, folder: Option<&Path>) -> Result<Wanted, Box<RuleError>> {
    let is_path =
        name.starts_with("./") || name.starts_with("../") || Path::new(name).is_absolute();
    if !is_path {
        return find_builtin(name);
    }
    let Some(folder) = folder else {
        let message = format!("no file can stand beside this text: `{}`", printable(name));
        return Err(Box::new(RuleError::new(message).expected("the name of a built-in file")));
    };
    open(&folder.join(name))
}

fn find_builtin(name: &str) -> Result<Wanted, Box<RuleError>> {
    let Some(file) = builtin::find(name) else {
        let expected = match name.strip_suffix(".toml") {
            Some(_) => format!("`./{name}` for a file beside this one, or a built-in name"),
            None => "the name of a built-in file, or `./` and a file beside this one".to_owned(),
        };
        let error = RuleError::new(format!("no built-in rules file `{}`", printable(name)));
        return Err(Box::new(error.expected(expected).nearest(name, builtin::names())));
    };
    Ok(Wanted {
        identity: Identity::Builtin(file.path),
        name: format!("rules/{}", file.path),
        set: stem(Path::new(file.path)),
        text: file.text.to_owned(),
        folder: None,
    })
}

fn open(path: &Path) -> Result<Wanted, Box<RuleError>> {
    let name = path.display().to_string();
    let fault = |fault: std::io::Error| {
        let error = RuleError::new(format!("cannot read `{}`: {fault}", printable(&name)));
        Box::new(error.expected("a rules file in UTF-8"))
    };
    let identity = path.canonicalize().map_err(fault)?;
    let text = read_text(path, RULES_BYTES_MAX).map_err(fault)?;
    Ok(Wanted {
        identity: Identity::File(identity),
        set: stem(path),
        text,
        folder: Some(path.parent().unwrap_or(Path::new("")).to_owned()),
        name,
    })
}

/// Bytes of a rules file; those that people write have some ten thousand.
const RULES_BYTES_MAX: u64 = 16 << 20;

/// Reads a text of so many bytes at most. A device, or a pipe, may never end.
pub(super) fn read_text(path: &Path, most: u64) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(most.saturating_add(1)).read_to_string(&mut text)?;
    if text.len() as u64 > most {
        let message = format!("it is larger than {} MiB", most >> 20);
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, message));
    }
    Ok(text)
}

/// The name of a file's set: its name without folder and `.toml`.
fn stem(path: &Path) -> String {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("rules");
    name.strip_suffix(".toml").unwrap_or(name).to_owned()
}
