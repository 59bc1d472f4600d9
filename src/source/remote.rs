//! Inputs in object stores and on the web to objects.

use std::collections::BTreeMap;
use std::path::PathBuf;

use glob::{MatchOptions, Pattern};

use super::files::{FormatOption, InputFault, SkipReason};
use super::names::{RUN_FOLDER, parts};
use super::{Compression, Container, compression, sniff};
use crate::store::{Address, Object, Scheme, Settings, Store, Stores, heads};

/// Bytes that tell how an object is compressed.
const MARK_BYTES: u64 = 4;

/// Bytes asked for where a name does not tell what the object holds: enough for a block of
/// Zstandard, of which nothing can be read before its end.
const CONTENT_BYTES: u64 = 160 << 10;

/// The objects that inputs name.
pub(super) struct Remotes {
    stores: Stores,
    /// Take objects whatever their extension.
    all: bool,
    /// The run's own output.
    exclude: Option<Address>,
    /// By address, so that an object is read once however often it is named.
    pub(super) hits: BTreeMap<String, RemoteHit>,
    /// What was met and not taken, by address.
    pub(super) skipped: BTreeMap<String, SkipReason>,
}

/// An object, and under which folder it was found.
pub(super) struct RemoteHit {
    pub(super) object: Object,
    /// The folders above, as parts of a name.
    pub(super) root: Vec<String>,
    pub(super) relative: Vec<String>,
}

impl Remotes {
    pub(super) fn new(settings: Settings, all: bool, exclude: Option<&str>) -> Self {
        let exclude = exclude.and_then(|text| Address::parse(text).ok());
        let (hits, skipped) = (BTreeMap::new(), BTreeMap::new());
        Self { stores: Stores::new(settings), all, exclude, hits, skipped }
    }

    /// Takes what an address names: an object, all below a folder, or what matches a pattern.
    pub(super) fn input(&mut self, input: &str) -> Result<(), InputFault> {
        let address = Address::parse(input)?;
        let store = self.stores.open(&address).map_err(InputFault::Store)?;
        if address.scheme != Scheme::Http && address.key.contains('*') {
            return self.matches(&store, &address);
        }
        let is_folder = address.key.is_empty() || address.key.ends_with('/');
        if address.scheme != Scheme::Http && is_folder {
            return self.folder(&store, &address);
        }
        if self.is_output(&address) {
            return Err(InputFault::Output);
        }
        let Some(object) = store.object(&address.key).map_err(InputFault::Store)? else {
            let below = address.scheme != Scheme::Http
                && store.holds_any(&address.key).map_err(InputFault::Store)?;
            return Err(if below { InputFault::FolderWithoutSlash } else { InputFault::NoObject });
        };
        let folder = match address.key.trim_end_matches('/').rsplit_once('/') {
            Some((folder, _)) => folder,
            None => "",
        };
        let root = above(&address.with_key(folder));
        let relative = vec![address.name().to_owned()];
        self.take(RemoteHit { object, root, relative });
        Ok(())
    }

    fn is_output(&self, address: &Address) -> bool {
        self.exclude.as_ref().is_some_and(|output| {
            let folder = output.key.trim_end_matches('/');
            let below = match address.key.strip_prefix(folder) {
                Some(rest) => folder.is_empty() || rest.is_empty() || rest.starts_with('/'),
                None => false,
            };
            below && (output.scheme, &output.bucket) == (address.scheme, &address.bucket)
        })
    }

    fn folder(&mut self, store: &Store, folder: &Address) -> Result<(), InputFault> {
        let prefix = folder.key.trim_end_matches('/');
        let objects = store.list(prefix).map_err(InputFault::Store)?;
        if objects.is_empty() {
            return Err(InputFault::NothingBelow);
        }
        self.listed(objects, prefix, folder);
        Ok(())
    }

    fn matches(&mut self, store: &Store, wanted: &Address) -> Result<(), InputFault> {
        let pattern = Pattern::new(&wanted.key).map_err(InputFault::Pattern)?;
        let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
        let fixed = wanted.key.split(['*', '?', '[']).next().unwrap_or_default();
        let prefix = fixed.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut objects = store.list(prefix).map_err(InputFault::Store)?;
        objects.retain(|object| pattern.matches_with(&object.address().key, options));
        if objects.is_empty() {
            return Err(InputFault::NoMatch);
        }
        self.listed(objects, prefix, wanted);
        Ok(())
    }

    /// Takes of a listing what folders of files give.
    fn listed(&mut self, objects: Vec<Object>, prefix: &str, wanted: &Address) {
        let root = above(&wanted.with_key(prefix));
        for object in objects {
            let address = object.address();
            let key = address.key.as_str();
            let relative = key.strip_prefix(prefix).unwrap_or(key).trim_start_matches('/');
            let relative = parts(std::path::Path::new(relative));
            let name = relative.last().map_or("", String::as_str);
            if relative.iter().any(|part| part.starts_with('.')) {
                continue;
            }
            let reason = if self.is_output(address) {
                SkipReason::Output
            } else if relative.iter().any(|part| part.eq_ignore_ascii_case(RUN_FOLDER)) {
                SkipReason::RunFolder
            } else if !self.all && sniff::by_name(name).0.is_none() {
                SkipReason::Extension
            } else {
                self.take(RemoteHit { object, root: root.clone(), relative });
                continue;
            };
            self.skipped.insert(address.to_string(), reason);
        }
    }

    /// Takes an object; of two ways to name it, the one that says more of its folders.
    fn take(&mut self, hit: RemoteHit) {
        // Two addresses of the web may differ in what is not shown of them.
        let query = hit.object.address().query.as_deref().unwrap_or_default();
        let address = format!("{}?{query}", hit.object.address());
        let deeper = |known: &RemoteHit| known.relative.len() >= hit.relative.len();
        if !self.hits.get(&address).is_some_and(deeper) {
            self.hits.insert(address, hit);
        }
    }

    /// Objects that were passed over, as paths.
    pub(super) fn skipped(&mut self) -> Vec<(PathBuf, SkipReason)> {
        let taken: Vec<String> =
            self.hits.values().map(|hit| hit.object.address().to_string()).collect();
        let skipped = std::mem::take(&mut self.skipped).into_iter();
        skipped.filter(|(of, _)| !taken.contains(of)).map(|(of, why)| (of.into(), why)).collect()
    }
}

/// An address as parts of a name.
fn above(address: &Address) -> Vec<String> {
    let host = address.bucket.replace(['\\', ':', '@'], "_");
    let mut all = vec![address.word.to_owned(), host];
    all.extend(parts(std::path::Path::new(&address.key)));
    all
}

/// What objects are, by name and first bytes. One that cannot be read is what its name says; reading
/// it will say that it cannot be read.
pub(super) fn recognise(
    objects: &[&Object],
    format: Option<FormatOption>,
) -> Vec<(Container, Compression)> {
    let by_name = |object: &Object| sniff::by_name(object.address().name());
    let is_told = |object: &&Object| format.is_some() || by_name(object).0.is_some();
    let asked = objects.iter().map(|object| {
        let bytes = if is_told(object) { MARK_BYTES } else { CONTENT_BYTES };
        ((*object).clone(), bytes)
    });
    let marks = heads(asked.collect());
    let told = |(object, head): (&&Object, std::io::Result<Vec<u8>>)| {
        let (named_format, named) = by_name(object);
        let head = head.ok();
        let mark = head.as_deref().map(|head| head.get(..MARK_BYTES as usize).unwrap_or(head));
        let compression = mark.map_or(named, |mark| sniff::compression(mark, named));
        let format = format.or(named_format).unwrap_or_else(|| {
            let head = std::io::Cursor::new(head.unwrap_or_default());
            compression::decoder(head, compression)
                .map_or(FormatOption::Text, |reader| sniff::format(&sniff::head(reader)))
        });
        (format.container(), compression)
    };
    objects.iter().zip(marks).map(told).collect()
}
