//! Addresses of objects and of the folders that their names make.

use std::fmt;

/// Which kind of store an address leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// S3, and whatever speaks as it does: `s3://bucket/key`, `s3a://…`.
    S3,
    /// Google Cloud Storage: `gs://bucket/key`.
    Gs,
    /// Azure Blob Storage: `az://container/key`, `abfs://…`, `abfss://…`.
    Az,
    /// A web server, to read single objects from: `https://host/path`, `http://…`.
    Http,
}

/// Schemes as they are written.
const SCHEMES: [(&str, Scheme); 8] = [
    ("s3", Scheme::S3),
    ("s3a", Scheme::S3),
    ("gs", Scheme::Gs),
    ("az", Scheme::Az),
    ("abfs", Scheme::Az),
    ("abfss", Scheme::Az),
    ("https", Scheme::Http),
    ("http", Scheme::Http),
];

/// An address, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Which kind of store it leads to.
    pub scheme: Scheme,
    /// The scheme as written, in lower case.
    pub word: &'static str,
    /// Bucket, container or host.
    pub bucket: String,
    /// What comes after the bucket's `/`: the object's name as the store has it. On the web the path
    /// as written, without what follows a `?` or `#`.
    pub key: String,
    /// What follows `?` in an address of the web. It may hold a signature, so it is never shown.
    pub query: Option<String>,
}

/// Why something that begins as an address does is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadAddress {
    /// A scheme that is not known.
    #[error("`{0}://` is not known: give a path, or an address of s3://, gs://, az:// or https://")]
    Scheme(String),
    /// No bucket or host.
    #[error("the address names no bucket, container or host")]
    NoBucket,
}

/// True if this is an address and not a path: `word://…`.
pub fn is_address(text: &str) -> bool {
    text.split_once("://").is_some_and(|(word, _)| {
        // A single letter is a drive.
        word.len() > 1
            && word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    })
}

/// An input as it can be shown and kept: of an address what may be secret is left out, its query
/// and a password.
pub fn shown(text: &str) -> String {
    match Address::parse(text) {
        Ok(address) if is_address(text) => address.to_string(),
        _ => text.to_owned(),
    }
}

impl Address {
    /// Takes an address apart.
    ///
    /// # Errors
    /// [`BadAddress`] if the scheme is not known or there is no bucket.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let (word, rest) = text.split_once("://").unwrap_or(("", text));
        let known = SCHEMES.into_iter().find(|(known, _)| word.eq_ignore_ascii_case(known));
        let Some((word, scheme)) = known else { return Err(BadAddress::Scheme(word.to_owned())) };
        let (rest, query) = match scheme {
            Scheme::Http => {
                let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
                rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)))
            }
            // In a key they are letters as others.
            Scheme::S3 | Scheme::Gs | Scheme::Az => (rest, None),
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(BadAddress::NoBucket);
        }
        Ok(Self {
            scheme,
            word,
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            query: query.map(str::to_owned),
        })
    }

    /// The address of another key in the same bucket.
    pub fn with_key(&self, key: impl Into<String>) -> Self {
        Self { key: key.into(), query: None, ..self.clone() }
    }

    /// The address of something below this one, taken as a folder.
    pub fn join(&self, name: &str) -> Self {
        let folder = self.key.trim_end_matches('/');
        self.with_key(if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") })
    }

    /// The last part of the key; the host where there is none.
    pub fn name(&self) -> &str {
        let last = self.key.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        if last.is_empty() { self.host() } else { last }
    }

    /// The host of an address of the web, without user, password and port.
    pub fn host(&self) -> &str {
        let host = self.bucket.rsplit_once('@').map_or(self.bucket.as_str(), |(_, host)| host);
        if let Some((inside, _)) = host.strip_prefix('[').and_then(|host| host.split_once(']')) {
            return inside;
        }
        host.split_once(':').map_or(host, |(host, _)| host)
    }

    /// True if the host is this machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bucket = match (self.scheme, self.bucket.rsplit_once('@')) {
            // User and password. In Azure's addresses it is the container.
            (Scheme::Http, Some((_, host))) => host,
            _ => &self.bucket,
        };
        write!(f, "{}://{}", self.word, bucket)?;
        if self.key.is_empty() { Ok(()) } else { write!(f, "/{}", self.key) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let address = Address::parse("s3://corpus/a/b c?.txt").unwrap();
        assert_eq!((address.scheme, &*address.bucket), (Scheme::S3, "corpus"));
        assert_eq!((&*address.key, address.name()), ("a/b c?.txt", "b c?.txt"));
        assert_eq!(address.to_string(), "s3://corpus/a/b c?.txt");
        assert_eq!(Address::parse("gs://corpus").unwrap().key, "");
        assert_eq!(
            Address::parse("abfss://box/a/").unwrap().join("x").to_string(),
            "abfss://box/a/x"
        );
        assert_eq!(
            Address::parse("S3A://corpus/").unwrap().join("x").to_string(),
            "s3a://corpus/x"
        );
    }

    #[test]
    fn what_may_be_secret_is_not_shown() {
        let text = "https://me:word@files.example:8443/a/page.html?signature=abc#top";
        let address = Address::parse(text).unwrap();
        assert_eq!(address.query.as_deref(), Some("signature=abc"));
        assert_eq!((address.name(), address.host()), ("page.html", "files.example"));
        assert_eq!(address.to_string(), "https://files.example:8443/a/page.html");
        assert_eq!(shown(text), address.to_string());
        assert_eq!(shown("a/page?.html"), "a/page?.html");
        assert_eq!(shown("ftp://host/a"), "ftp://host/a");
    }

    #[test]
    fn paths_are_no_addresses() {
        for (text, is) in [
            ("s3://a/b", true),
            ("ftp://a", true),
            ("a/b.txt", false),
            ("a/b://c", false),
            ("c://a", false),
            ("://a", false),
            ("-", false),
        ] {
            assert_eq!(is_address(text), is, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said() {
        assert_eq!(Address::parse("ftp://a/b"), Err(BadAddress::Scheme("ftp".into())));
        assert_eq!(Address::parse("s3:///b"), Err(BadAddress::NoBucket));
        assert_eq!(Address::parse("https://?a"), Err(BadAddress::NoBucket));
    }

    #[test]
    fn this_machine_is_told_from_others() {
        for (text, is) in [
            ("http://localhost:80/a", true),
            ("http://127.0.0.1/a", true),
            ("http://[::1]:80/a", true),
            ("http://127.0.0.1.example/a", false),
            ("http://localhost@host.example/a", false),
        ] {
            assert_eq!(Address::parse(text).unwrap().is_loopback(), is, "{text}");
        }
    }
}
