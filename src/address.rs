//! Addresses of pages, and where a link on a page leads (RFC 3986, 5.2; the WHATWG's URL standard
//! for what pages write instead).
//!
//! Not a parser of addresses: nothing is normalised that need not be.

/// The scheme of an absolute address, as written: `https` of `https://a.org/`.
pub fn scheme(address: &str) -> Option<&str> {
    let (scheme, _) = address.split_once(':')?;
    let mut bytes = scheme.bytes();
    let begins = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let goes_on =
        bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    (begins && goes_on).then_some(scheme)
}

/// The registered domain of an absolute address (`example.co.uk` of `https://www.example.co.uk/a`),
/// by the public suffix list, in lower case; the host where it has none, such as an IP address.
pub fn registered_domain(address: &str) -> Option<String> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = match host.split_once(']') {
        Some((ip, _)) => ip.trim_start_matches('['),
        None => host.split(':').next()?,
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host.is_empty() {
        return None;
    }
    let is_number = host.parse::<std::net::IpAddr>().is_ok();
    let domain = psl::domain_str(&host).filter(|_| !is_number).map(str::to_owned);
    Some(domain.unwrap_or(host))
}

/// True for an absolute address of the web.
pub fn is_web(address: &str) -> bool {
    scheme(address).is_some_and(|scheme| {
        let rest = address.get(scheme.len() + 1..).unwrap_or("");
        (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
            && rest.strip_prefix("//").is_some_and(|rest| !rest.is_empty())
    })
}

/// A link's target as browsers read it: without the white space around it and without line breaks
/// and tabs in it.
pub fn trimmed(target: &str) -> String {
    let target = target.trim_matches(|c: char| c <= ' ');
    target.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect()
}

/// Where a target leads from a page at `base`: an absolute address. A target that is absolute is
/// returned as it is; so is every target if `base` is not an address of the web.
///
/// ```
/// use tamis::address::resolve;
/// assert_eq!(resolve("https://a.org/b/c.html?x#y", "../d"), "https://a.org/d");
/// assert_eq!(resolve("https://a.org/b/", "#end"), "https://a.org/b/#end");
/// assert_eq!(resolve("https://a.org/b/", "//c.org/"), "https://c.org/");
/// assert_eq!(resolve("", "../d"), "../d");
/// ```
pub fn resolve(base: &str, target: &str) -> String {
    if scheme(target).is_some() || !is_web(base) {
        return target.to_owned();
    }
    let whole = base.split('#').next().unwrap_or(base);
    let authority = whole.find("//").map_or(0, |at| at + 2);
    let rest = whole.get(authority..).unwrap_or("");
    let path = authority + rest.find(['/', '?']).unwrap_or(rest.len());
    let query = whole.find('?').unwrap_or(whole.len());
    let part = |from: usize, to: usize| whole.get(from..to.max(from)).unwrap_or("");
    match target.as_bytes() {
        [] => whole.to_owned(),
        [b'/', b'/', ..] => [part(0, authority.saturating_sub(2)), target].concat(),
        [b'#', ..] => [whole, target].concat(),
        [b'?', ..] => {
            let slash = if path == query { "/" } else { "" };
            [part(0, query), slash, target].concat()
        }
        [b'/', ..] => [part(0, path), &without_dots(target)].concat(),
        _ => {
            let folder = part(path, query);
            let folder = folder.get(..folder.rfind('/').map_or(0, |at| at + 1)).unwrap_or("");
            let folder = if folder.is_empty() { "/" } else { folder };
            [part(0, path), &without_dots(&[folder, target].concat())].concat()
        }
    }
}

/// A path, and what follows it, without `.` and `..` in the path.
fn without_dots(path: &str) -> String {
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let (path, rest) = path.split_at(end);
    if !path.contains("/.") {
        return [path, rest].concat();
    }
    let mut parts: Vec<&str> = Vec::new();
    let mut steps = path.split('/').skip(1).peekable();
    while let Some(step) = steps.next() {
        let is_last = steps.peek().is_none();
        match step {
            "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(step),
        }
        // A folder, as the path had it.
        if is_last && matches!(step, "." | "..") {
            parts.push("");
        }
    }
    ["/", &parts.join("/"), rest].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_examples_of_the_standard_are_resolved_as_it_says() {
        // RFC 3986, 5.4.
        let base = "http://a/b/c/d;p?q";
        for (target, expected) in [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("g#s", "http://a/b/c/g#s"),
            ("g?y#s", "http://a/b/c/g?y#s"),
            (";x", "http://a/b/c/;x"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            ("..g", "http://a/b/c/..g"),
            ("./g/.", "http://a/b/c/g/"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("g#s/../x", "http://a/b/c/g#s/../x"),
        ] {
            assert_eq!(resolve(base, target), expected, "{target}");
        }
    }

    #[test]
    fn an_address_without_a_path_has_one_in_what_starts_from_it() {
        assert_eq!(resolve("https://a.org", "b"), "https://a.org/b");
        assert_eq!(resolve("https://a.org?x", "b"), "https://a.org/b");
        assert_eq!(resolve("https://a.org?x", "?y"), "https://a.org/?y");
        assert_eq!(resolve("https://a.org", "/b"), "https://a.org/b");
        assert_eq!(resolve("https://a.org#x", "#y"), "https://a.org#y");
    }

    #[test]
    fn what_is_no_address_of_the_web_resolves_nothing() {
        for base in ["", "page.html", "/a/b", "file:///a/b", "https://", "mailto:a@b.org"] {
            assert_eq!(resolve(base, "c"), "c", "{base}");
        }
        assert!(!is_web("javascript:void(0)") && is_web("HTTP://a.org"));
        assert_eq!(scheme("1a:b"), None);
        assert_eq!(trimmed(" \n/a\n\tb "), "/ab");
    }

    proptest! {
        #[test]
        fn anything_is_resolved(base in "(https://[a-z.]{0,5}[/?#.]{0,4}.{0,9}|.{0,9})", target in ".{0,12}") {
            resolve(&base, &target);
        }
    }
}
