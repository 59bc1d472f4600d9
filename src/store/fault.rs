//! What goes wrong with stores, said in a line.

use std::io;

use object_store::Error;

use super::Address;

/// Longest message of a server that is handed on, in characters.
const LONGEST: usize = 400;

/// Codes of answers to whoever may not ask.
const DENIED: [&str; 5] =
    ["AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"];

/// An error of a store, without where it happened.
pub(super) fn fault(error: &Error, address: &Address) -> io::Error {
    use io::ErrorKind;
    let what = said(error, address);
    let (kind, what) = match error {
        _ if what.contains("NoSuchBucket") => {
            (ErrorKind::NotFound, format!("there is no bucket `{}`", address.bucket))
        }
        Error::NotFound { .. } => (ErrorKind::NotFound, "no such object".to_owned()),
        Error::PermissionDenied { .. } => {
            (ErrorKind::PermissionDenied, format!("access denied: {what}"))
        }
        // Of a listing that is refused the crate says no more than that it failed.
        _ if DENIED.iter().any(|code| what.starts_with(code)) => {
            (ErrorKind::PermissionDenied, format!("access denied: {what}"))
        }
        Error::Unauthenticated { .. } => {
            (ErrorKind::PermissionDenied, format!("the credentials are not accepted: {what}"))
        }
        Error::NotSupported { .. } | Error::NotImplemented { .. } => (ErrorKind::Unsupported, what),
        _ if what.contains("169.254.169.254") || what.contains("metadata.google.internal") => {
            let what = format!(
                "no credentials: none in the environment, and this machine has none of its own \
                 ({what})"
            );
            (ErrorKind::PermissionDenied, what)
        }
        _ if what.contains("URL scheme is not allowed") || what.contains("scheme not allowed") => {
            let what = "the endpoint is http:// and that has to be allowed: AWS_ALLOW_HTTP=true";
            (ErrorKind::PermissionDenied, what.to_owned())
        }
        _ => (ErrorKind::Other, what),
    };
    io::Error::new(kind, what)
}

/// What the error and all beneath it say, once each, in a line of bounded length, without what
/// follows the `?` of an address: there can be a signature.
fn said(error: &Error, address: &Address) -> String {
    let mut all = String::new();
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if !all.contains(&text) {
            if !all.is_empty() {
                all.push_str(": ");
            }
            all.push_str(&text);
        }
        next = error.source();
    }
    if let Some(query) = &address.query {
        all = all.replace(query, "…");
    }
    let told = answer(&all).unwrap_or_else(|| without_store(&all).to_owned());
    let line: String = told.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// Without the crate's own beginning, which says no more than the address.
fn without_store(text: &str) -> &str {
    let rest = text.strip_prefix("Generic ").and_then(|rest| rest.split_once(" error: "));
    rest.map_or(text, |(_, rest)| rest)
}

/// Code and message of an answer in XML, as S3 and Azure give it.
fn answer(text: &str) -> Option<String> {
    let inside = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(inside, _)| inside)
    };
    let code = inside("Code")?;
    Some(match inside("Message") {
        Some(message) => format!("{code}: {message}"),
        None => code.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(error: &Error, address: &str) -> String {
        fault(error, &Address::parse(address).unwrap()).to_string()
    }

    fn generic(source: &str) -> Error {
        Error::Generic { store: "S3", source: source.into() }
    }

    #[test]
    fn an_answer_in_xml_is_told_by_its_code_and_message() {
        let body = "status 403: <Error>\n<Code>SignatureDoesNotMatch</Code>\n<Message>Check \
                    your key.</Message>\n<RequestId>7</RequestId></Error>";
        let denied = Error::PermissionDenied { path: "k".into(), source: body.into() };
        assert_eq!(
            told(&denied, "s3://b/k"),
            "access denied: SignatureDoesNotMatch: Check your key."
        );
        let gone = generic("<Code>NoSuchBucket</Code>");
        assert_eq!(told(&gone, "s3://b/k"), "there is no bucket `b`");
    }

    #[test]
    fn what_may_be_secret_is_not_told() {
        let error = generic("cannot reach https://host/a?sig=hidden&x=1 in time");
        let told = told(&error, "https://host/a?sig=hidden&x=1");
        assert!(!told.contains("hidden") && told.contains("https://host/a?… in time"), "{told}");
    }

    #[test]
    fn a_long_page_of_an_error_becomes_a_line() {
        let told = told(&generic(&"<p>\nü ".repeat(1000)), "s3://b/k");
        assert!(!told.contains('\n') && told.chars().count() == LONGEST + 1, "{told}");
    }
}
