//! The shape of a rules file as one table of keys. The reader checks files against it, messages
//! list its names, and the JSON schema for editors is made from it, so that none can drift.

use serde_json::{Map, Value, json};

use super::conditions::{pattern, phrases, rule, signal};
use crate::signals;

/// A key that a table may hold.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    /// What it says, one line.
    pub(crate) about: &'static str,
    pub(crate) required: bool,
}

/// What a value may be.
#[derive(Debug)]
pub(crate) enum Shape {
    /// A string.
    Text,
    /// A list of strings.
    Texts,
    /// `true` or `false`.
    Flag,
    /// A number within bounds, both included.
    Number { least: f64, most: f64 },
    /// A whole number within bounds, both included.
    Whole { least: i64, most: i64 },
    /// A list of two numbers.
    Pair,
    /// One word of a list.
    Choice(&'static [&'static str]),
    /// A list of words of a list.
    Choices(&'static [&'static str]),
    /// The name of a signal.
    Signal,
    /// A string, or a list of strings.
    TextOrTexts,
    /// A table with known keys.
    Table { what: &'static str, keys: &'static [Key] },
    /// A table with names of the writer's choosing; `what` says what a name stands for.
    Names { what: &'static str, values: &'static Shape },
    /// A leaf of a condition, or (`parts`) also `all`, `any` and `none` of named leaves.
    Condition { parts: bool },
}

/// Names of the scopes, in the order in which they are judged.
pub(crate) const SCOPES: &[&str] = &["source", "page", "area", "sentence", "block", "document"];
/// Names of the block kinds.
pub(crate) const KINDS: &[&str] =
    &["paragraph", "heading", "list", "fields", "table", "code", "quote", "other"];
/// Names of the categories.
pub(crate) const CATEGORIES: &[&str] =
    &["spam", "repeats", "placeholder", "links", "boilerplate", "quality"];
/// Names of the actions.
pub(crate) const ACTIONS: &[&str] = &["keep", "flag", "cut", "remove", "drop", "part"];
/// Names of the stages of a rule's life.
pub(crate) const STATUSES: &[&str] = &["stable", "preview", "deprecated"];
/// What becomes of a rule that needs a survey where there is none.
pub(crate) const WITHOUT_SURVEY: &[&str] = &["error", "skip"];
/// Names of the units that a text is cut into.
pub(crate) const UNITS: &[&str] = &["block", "line", "plain-line", "feed-line"];
/// Ways to settle unsure blocks.
pub(crate) const CONTEXTS: &[&str] = &["justext", "none"];
/// What the guard does.
pub(crate) const GUARD_ACTIONS: &[&str] = &["drop", "flag", "none"];

/// What becomes of the white space around blocks.
pub(crate) const LAYOUTS: &[&str] = &["keep", "lines"];

/// A number of points.
const POINTS: Shape = Shape::Number { least: 0.0, most: 1_000.0 };
/// A number of characters.
const CHARACTERS: Shape = Shape::Whole { least: 0, most: 1_000_000_000 };
/// A weight.
const WEIGHT: Shape = Shape::Number { least: -1.0, most: 1.0 };

/// A key that may be left out.
pub(crate) const fn key(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, about, required: false }
}

/// A key that must stand.
pub(crate) const fn required(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, about, required: true }
}

/// A rules file.
pub(crate) const FILE: Shape = Shape::Table { what: "a rules file", keys: FILE_KEYS };

const FILE_KEYS: &[Key] = &[
    required("format", Shape::Whole { least: 1, most: 1 }, "Version of this format: 1"),
    key("about", Shape::Text, "What the file is for, one line"),
    key("source", Shape::Text, "Paper, project or issue that its rules follow"),
    key("language", Shape::Texts, "Languages (ISO 639-1) that its rules are for; all if absent"),
    key("category", Shape::Choice(CATEGORIES), "Category of its rules that name none"),
    key(
        "extends",
        Shape::Texts,
        "Files it builds on: a bare name is built in, `./` is a file beside this one",
    ),
    key("segment", Shape::Table { what: "[segment]", keys: SEGMENT_KEYS }, "How texts are cut up"),
    key(
        "survey",
        Shape::Table { what: "[survey]", keys: SURVEY_KEYS },
        "What a survey counts for these rules",
    ),
    key("decide", Shape::Table { what: "[decide]", keys: DECIDE_KEYS }, "How points decide"),
    key(
        "limits",
        Shape::Table { what: "[limits]", keys: LIMITS_KEYS },
        "When a run is stopped or warned of",
    ),
    key("groups", Shape::Names { what: "group", values: &GROUP }, "Groups of rules"),
    key("rules", Shape::Names { what: "rule", values: &RULE }, "The rules it defines"),
    key("override", Shape::Names { what: "rule", values: &OVERRIDE }, "What it changes in others"),
    key(
        "renamed",
        Shape::Names { what: "former rule", values: &Shape::Text },
        "Former names of rules: \"set/old\" = \"set/new\"",
    ),
];

const SEGMENT_KEYS: &[Key] =
    &[key("unit", Shape::Choice(UNITS), "What rules of scope `block` judge")];

/// Which of several near duplicates stays.
pub(crate) const KEEPS: &[&str] = &["first", "longest"];

const SURVEY_KEYS: &[Key] = &[
    key(
        "near-documents",
        Shape::Text,
        "How near duplicates are found: `fineweb` (if absent) or another preset, or parameters such as `5 words, 14 bands of 8`",
    ),
    key("keep", Shape::Choice(KEEPS), "Which of several near duplicates stays; `first` if absent"),
    key("window", Shape::Whole { least: 1, most: 20 }, "Sentences of a window; 3 if absent"),
];

const DECIDE_KEYS: &[Key] = &[
    key("remove-block-at", POINTS, "A block with so many points or more is removed"),
    key("drop-document-at", POINTS, "A document with so many points or more is dropped"),
    key(
        "flag-document-at",
        POINTS,
        "A document with so many points or more in one category is flagged",
    ),
    key("unsure-from", POINTS, "A block with so many points or more is unsure"),
    key("short-below", CHARACTERS, "A block shorter than this is unsure even without points"),
    key("context-reach", CHARACTERS, "Longest run of unsure blocks that its neighbours may settle"),
    key("context", Shape::Choice(CONTEXTS), "How unsure blocks are settled"),
    key(
        "guard-share",
        Shape::Number { least: 0.0, most: 1.0 },
        "The guard trips when more than this share of a document would go",
    ),
    key(
        "guard-spares",
        CHARACTERS,
        "The guard does not trip when so many characters would be left",
    ),
    key("guard-action", Shape::Choice(GUARD_ACTIONS), "What the guard does with the document"),
    key("layout", Shape::Choice(LAYOUTS), "What becomes of the white space around kept blocks"),
];

const LIMITS_KEYS: &[Key] = &[
    key(
        "least-documents",
        Shape::Whole { least: 0, most: 1_000_000_000_000 },
        "Records from which on a running job is held against the limits; 1000 if absent",
    ),
    key(
        "stop",
        Shape::Table { what: "[limits.stop]", keys: BOUND_KEYS },
        "Limits that end the run with exit code 1",
    ),
    key(
        "warn",
        Shape::Table { what: "[limits.warn]", keys: BOUND_KEYS },
        "Limits that are told when they are passed",
    ),
];

/// A share.
const SHARE: Shape = Shape::Number { least: 0.0, most: 1.0 };

const BOUND_KEYS: &[Key] = &[
    key("dropped-documents", SHARE, "Most documents dropped, as a share of those read"),
    key("removed-bytes", SHARE, "Most text cut out or dropped, as a share of its bytes"),
    key("unreadable-records", SHARE, "Most records that cannot be read, as a share of all"),
    key("rule-dropped-documents", SHARE, "Most documents that any one rule drops"),
    key("rule-removed-bytes", SHARE, "Most text that any one rule cuts out or drops"),
    key("difference", SHARE, "Greatest distance of a share from that of the report compared with"),
    key(
        "rules",
        Shape::Names { what: "rule", values: &SHARE },
        "By rule: most text that it cuts out or drops, in place of the limits for any rule",
    ),
];

const GROUP: Shape = Shape::Table {
    what: "a group",
    keys: &[required("max-weight", POINTS, "The most points its rules can give together")],
};

const RULE: Shape = Shape::Table { what: "a rule", keys: RULE_KEYS };

const RULE_KEYS: &[Key] = &[
    required("about", Shape::Text, "What it finds, one line, no full stop"),
    key("why", Shape::Text, "Why that is unwanted, and what would be wrongly found without care"),
    key("source", Shape::Text, "Paper, project or issue that it follows"),
    required("scope", Shape::Choice(SCOPES), "What it looks at"),
    key("on", Shape::Choices(KINDS), "Block kinds it looks at; all if absent"),
    required("when", Shape::Condition { parts: true }, "The condition"),
    key("weight", WEIGHT, "Points of a full hit; 1.0 is enough alone"),
    key("action", Shape::Choice(ACTIONS), "An action that settles the matter"),
    key("group", Shape::Text, "Shares a cap with the group's other rules"),
    key("replaces", Shape::Texts, "Rules whose points its hit takes away"),
    key("status", Shape::Choice(STATUSES), "How finished it is; stable if absent"),
    key(
        "without-survey",
        Shape::Choice(WITHOUT_SURVEY),
        "Where there is no survey: stop before the first record, or leave the rule out; `error` if absent",
    ),
    key("since", Shape::Text, "Version or date that brought it"),
    key("category", Shape::Choice(CATEGORIES), "Its category; the file's if absent"),
    key("language", Shape::Texts, "Languages (ISO 639-1) it is for; the file's if absent"),
    key("hits", Shape::Texts, "Texts on which it must fire"),
    key("misses", Shape::Texts, "Texts on which it must not fire"),
    key("hit-seeds", Shape::Texts, "Labelled seeds, `file:id`, on which it must fire"),
    key("miss-seeds", Shape::Texts, "Labelled seeds, `file:id`, on which it must not fire"),
];

const OVERRIDE: Shape = Shape::Table { what: "an override", keys: OVERRIDE_KEYS };

const OVERRIDE_KEYS: &[Key] = &[
    key(
        "thresholds",
        Shape::Names { what: "number", values: &Shape::Number { least: f64::MIN, most: f64::MAX } },
        "New numbers by their address: \"dense.above\" = 0.75",
    ),
    key("weight", WEIGHT, "Its new weight"),
    key("action", Shape::Choice(ACTIONS), "Its new action"),
    key("status", Shape::Choice(STATUSES), "Its new status"),
    key("enabled", Shape::Flag, "`false` takes the rule out"),
];

/// The three ways to join named leaves.
pub(crate) const PARTS: [&str; 3] = ["all", "any", "none"];

/// The keys of a condition's leaf, of all kinds.
pub(crate) fn leaf_keys() -> impl Iterator<Item = &'static Key> {
    let mut seen = Vec::new();
    [signal::KEYS, pattern::KEYS, phrases::KEYS, rule::KEYS].into_iter().flatten().filter(
        move |key| {
            let new = !seen.contains(&key.name);
            seen.push(key.name);
            new
        },
    )
}

/// The JSON schema (2020-12) of a rules file, for completion and checks in editors.
///
/// Taplo and the editors built on it read it by a first line such as `#:schema schema.json`.
pub fn schema_json() -> String {
    let leaf = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties(leaf_keys()),
        "oneOf": kinds(),
    });
    let mut with_parts = properties(leaf_keys());
    for part in PARTS {
        let about = match part {
            "all" => "All of these must hold",
            "any" => "One of these must hold",
            _ => "None of these may hold",
        };
        with_parts.insert(
            part.into(),
            json!({
                "type": "object",
                "description": about,
                "additionalProperties": { "$ref": "#/$defs/leaf" },
            }),
        );
    }
    let parts: Vec<Value> = PARTS.iter().map(|part| json!({ "required": [part] })).collect();
    let condition = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": with_parts,
        "anyOf": [{ "oneOf": kinds() }, { "anyOf": parts }],
    });
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rules of tamis",
    });
    if let (Some(root), Value::Object(file)) = (schema.as_object_mut(), shape_schema(&FILE)) {
        root.extend(file);
        root.insert("$defs".into(), json!({ "leaf": leaf, "condition": condition }));
    }
    let mut text = format!("{schema:#}");
    text.push('\n');
    text
}

/// One alternative for each kind of leaf: just one of the naming keys may stand.
fn kinds() -> Vec<Value> {
    super::conditions::KINDS.iter().map(|kind| json!({ "required": [kind] })).collect()
}

fn properties<'a>(keys: impl IntoIterator<Item = &'a Key>) -> Map<String, Value> {
    keys.into_iter()
        .map(|key| {
            let mut schema = shape_schema(&key.shape);
            if let Some(schema) = schema.as_object_mut() {
                schema.insert("description".into(), key.about.into());
            }
            (key.name.to_owned(), schema)
        })
        .collect()
}

fn shape_schema(shape: &Shape) -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    match shape {
        Shape::Text => json!({ "type": "string" }),
        Shape::Texts => texts,
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Number { least, most } if *least > f64::MIN => {
            json!({ "type": "number", "minimum": least, "maximum": most })
        }
        Shape::Number { .. } => json!({ "type": "number" }),
        Shape::Whole { least, most } => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Shape::Pair => {
            json!({ "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2 })
        }
        Shape::Choice(words) => json!({ "enum": words }),
        Shape::Choices(words) => json!({ "type": "array", "items": { "enum": words } }),
        Shape::Signal => {
            let names: Vec<&str> = signals::all().iter().map(|signal| signal.name).collect();
            json!({ "enum": names })
        }
        Shape::TextOrTexts => json!({ "anyOf": [{ "type": "string" }, texts] }),
        Shape::Table { keys, .. } => {
            let needed: Vec<&str> =
                keys.iter().filter(|key| key.required).map(|key| key.name).collect();
            json!({
                "type": "object",
                "additionalProperties": false,
                "properties": properties(*keys),
                "required": needed,
            })
        }
        Shape::Names { values, .. } => {
            json!({ "type": "object", "additionalProperties": shape_schema(values) })
        }
        Shape::Condition { parts: true } => json!({ "$ref": "#/$defs/condition" }),
        Shape::Condition { parts: false } => json!({ "$ref": "#/$defs/leaf" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{BlockKind, Scope};
    use crate::rules::Category;

    #[test]
    fn the_lists_of_names_are_those_of_the_types() {
        assert_eq!(SCOPES, Scope::ALL.map(Scope::name));
        assert_eq!(KINDS, BlockKind::ALL.map(BlockKind::name));
        assert_eq!(CATEGORIES, Category::ALL.map(Category::name));
    }

    #[test]
    fn every_field_of_decide_has_a_key() {
        let keys: Vec<&str> = DECIDE_KEYS.iter().map(|key| key.name).collect();
        let debug = format!("{:?}", crate::rules::Decide::default());
        let fields = debug.matches(": ").count();
        assert_eq!(keys.len(), fields);
        for key in keys {
            assert!(debug.contains(&format!("{}:", key.replace('-', "_"))), "{key}");
        }
    }

    #[test]
    fn every_measure_has_a_key() {
        let names: Vec<&str> = BOUND_KEYS.iter().map(|key| key.name).collect();
        let mut measures = crate::rules::Measure::ALL.map(crate::rules::Measure::name).to_vec();
        measures.push("rules");
        assert_eq!(names, measures);
    }

    #[test]
    fn keys_are_in_kebab_case_and_unique() {
        for keys in
            [FILE_KEYS, SURVEY_KEYS, DECIDE_KEYS, LIMITS_KEYS, BOUND_KEYS, RULE_KEYS, OVERRIDE_KEYS]
        {
            let mut names: Vec<&str> = keys.iter().map(|key| key.name).collect();
            for name in &names {
                assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{name}");
            }
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(count, names.len());
        }
    }

    #[test]
    fn the_schema_is_json_and_knows_every_key() {
        let schema: Value = serde_json::from_str(&schema_json()).unwrap();
        for key in FILE_KEYS {
            assert!(schema["properties"][key.name].is_object(), "{}", key.name);
        }
        let rule = &schema["properties"]["rules"]["additionalProperties"];
        for key in RULE_KEYS {
            assert!(rule["properties"][key.name].is_object(), "{}", key.name);
        }
        assert_eq!(rule["required"], json!(["about", "scope", "when"]));
        let leaf = &schema["$defs"]["leaf"]["properties"];
        for name in ["signal", "above", "ramp", "pattern", "unicode", "phrases", "at-least", "rule"]
        {
            assert!(leaf[name].is_object(), "{name}");
        }
    }
}
