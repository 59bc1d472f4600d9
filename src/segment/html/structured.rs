//! What a page says of itself in structured data: JSON-LD, and the kind in its `<meta>`s.

use serde_json::Value;

/// Bytes of a script of structured data that are looked at, and of all of a page's.
const BYTES_MAX: usize = 1 << 20;
/// Values of structured data that are looked at.
const VALUES_MAX: usize = 50_000;
/// Types of a page that are kept.
const TYPES_MAX: usize = 64;
/// Texts that are kept: each is looked for in all of the page.
const TEXTS_MAX: usize = 64;
/// Bytes from which on a text in structured data may be worth reading.
const TEXT_BYTES_MIN: usize = 40;

/// What the structured data of a page says.
#[derive(Default)]
pub(super) struct Structured {
    /// Types of things, lower-case, in order, each once.
    pub(super) types: Vec<Box<str>>,
    /// Long texts, with the type of the thing and the key they stand under.
    pub(super) texts: Vec<Text>,
    /// Bytes of scripts that have been read.
    bytes: usize,
}

/// A text in structured data. It may be markup.
pub(super) struct Text {
    pub(super) of: String,
    pub(super) key: &'static str,
    pub(super) text: String,
}

/// Keys of texts that a page may show, and show by script only.
const KEYS: [(&str, &[&str]); 3] = [
    (
        "description",
        &["product", "productgroup", "individualproduct", "jobposting", "event", "course"],
    ),
    ("articleBody", &["article", "newsarticle", "blogposting"]),
    ("text", &["answer"]),
];

impl Structured {
    /// Reads one script of JSON-LD, and shows it to `also`; what is not JSON is passed over.
    pub(super) fn read(&mut self, script: &str, also: impl FnOnce(&Value)) {
        self.bytes = self.bytes.saturating_add(script.len());
        if self.bytes > BYTES_MAX {
            return;
        }
        let script = script.trim().trim_end_matches(';');
        let Ok(value) = serde_json::from_str::<Value>(script) else { return };
        also(&value);
        let mut open = vec![(String::new(), &value)];
        let mut seen = 0;
        while let Some((outer, value)) = open.pop() {
            seen += 1;
            if seen > VALUES_MAX {
                return;
            }
            match value {
                Value::Array(values) => {
                    open.extend(values.iter().rev().map(|value| (outer.clone(), value)));
                }
                Value::Object(object) => {
                    let own = match object.get("@type") {
                        Some(Value::String(kind)) => kind.to_ascii_lowercase(),
                        Some(Value::Array(kinds)) => kinds
                            .first()
                            .and_then(Value::as_str)
                            .unwrap_or_default()
                            .to_ascii_lowercase(),
                        _ => String::new(),
                    };
                    self.add_type(&own);
                    for (key, types) in KEYS {
                        if types.contains(&own.as_str())
                            && let Some(Value::String(text)) = object.get(key)
                            && text.len() >= TEXT_BYTES_MIN
                            && self.texts.len() < TEXTS_MAX
                        {
                            self.texts.push(Text { of: own.clone(), key, text: text.clone() });
                        }
                    }
                    let inner =
                        object.iter().filter(|(_, value)| value.is_object() || value.is_array());
                    open.extend(inner.map(|(_, value)| (own.clone(), value)));
                }
                _ => {}
            }
        }
    }

    /// Takes in what `<meta property="og:type">` says.
    pub(super) fn add_type(&mut self, kind: &str) {
        let kind = kind.trim();
        if !kind.is_empty()
            && kind.len() < 60
            && self.types.len() < TYPES_MAX
            && !self.types.iter().any(|known| **known == *kind)
        {
            self.types.push(kind.into());
        }
    }
}
