//! The little that has to be known of markup before it can be parsed: attributes of its first
//! tags.

/// The tags of a name in markup whose characters are at least ASCII, without comments.
///
/// A simple form of the "prescan" of the HTML standard (13.2.3.2). Linear in the markup.
pub(super) fn tags<'a>(markup: &'a [u8], name: &'static str) -> impl Iterator<Item = Tag<'a>> {
    let mut rest = markup;
    std::iter::from_fn(move || {
        loop {
            let at = rest.iter().position(|&byte| byte == b'<')?;
            rest = rest.get(at + 1..)?;
            if let Some(comment) = rest.strip_prefix(b"!--") {
                rest = after(comment, b"-->");
                continue;
            }
            let (found, attributes) = rest.split_at_checked(name.len())?;
            let ends = attributes.first().is_some_and(|b| b.is_ascii_whitespace() || *b == b'/');
            if ends && found.eq_ignore_ascii_case(name.as_bytes()) {
                return Some(Tag { rest: attributes });
            }
        }
    })
}

fn after<'a>(bytes: &'a [u8], mark: &[u8]) -> &'a [u8] {
    let at = bytes.windows(mark.len()).position(|window| window == mark);
    at.and_then(|at| bytes.get(at + mark.len()..)).unwrap_or(&[])
}

/// A tag's attributes, read from the front.
pub(super) struct Tag<'a> {
    rest: &'a [u8],
}

impl<'a> Tag<'a> {
    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        let to = self.rest.iter().position(|&byte| !skipped(byte)).unwrap_or(self.rest.len());
        self.rest = self.rest.get(to..).unwrap_or(&[]);
    }

    fn take(&mut self, taken: impl Fn(u8) -> bool) -> &'a [u8] {
        let all = self.rest;
        self.skip(taken);
        all.get(..all.len() - self.rest.len()).unwrap_or(&[])
    }
}

/// Names and values; values are empty where there are none.
impl<'a> Iterator for Tag<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.skip(|byte| byte.is_ascii_whitespace() || byte == b'/');
        if matches!(self.rest.first(), None | Some(b'>')) {
            return None;
        }
        let name =
            self.take(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'=' | b'>' | b'/'));
        self.skip(|byte| byte.is_ascii_whitespace());
        let Some((b'=', after)) = self.rest.split_first() else {
            return (!name.is_empty()).then_some((name, b""));
        };
        self.rest = after;
        self.skip(|byte| byte.is_ascii_whitespace());
        let value = match self.rest.split_first() {
            Some((&quote @ (b'"' | b'\''), after)) => {
                self.rest = after;
                let value = self.take(|byte| byte != quote);
                self.rest = self.rest.get(1..).unwrap_or(&[]);
                value
            }
            _ => self.take(|byte| !byte.is_ascii_whitespace() && byte != b'>'),
        };
        Some((name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(markup: &str) -> Vec<(String, String)> {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        tags(markup.as_bytes(), "meta").flatten().map(|(n, v)| (text(n), text(v))).collect()
    }

    #[test]
    fn attributes_are_read_in_every_way_of_writing_them() {
        let found = attributes("<META a=1 b = '2 3' c=\"4>\"/d e/><meta f=>");
        let expected = [("a", "1"), ("b", "2 3"), ("c", "4>"), ("d", ""), ("e", ""), ("f", "")];
        assert_eq!(found, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn comments_and_longer_names_are_passed_over() {
        assert!(attributes("<!-- <meta a=1> --><metal b=2><meta>").is_empty());
        assert!(attributes("<!-- <meta a=1>").is_empty());
        assert_eq!(attributes("<<meta a=1").len(), 1);
    }
}
