use std::io::Write;

use super::*;

fn body(head: &str, body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let bytes = [format!("HTTP/1.1 200 OK\r\n{head}\r\n").as_bytes(), body].concat();
    Response::read(&bytes).unwrap().body(1_000).map(Cow::into_owned)
}

fn packed(text: &[u8], zlib: Option<bool>) -> Vec<u8> {
    let level = flate2::Compression::default();
    match zlib {
        None => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        Some(true) => {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), level);
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        Some(false) => {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), level);
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
    }
}

#[test]
fn fields_are_read_in_any_case_and_folded_ones_on_one_line() {
    let head =
        b"HTTP/1.1 200 OK\r\nA: 1\r\nlong:\tone\r\n  two\r\n\tthree \r\nno field\r\na: 2\n\r\n";
    assert_eq!(field(head, "a").as_deref(), Some("1"));
    assert_eq!(field(head, "LONG").as_deref(), Some("one two three"));
    assert_eq!(field(head, "b"), None);
    assert_eq!(fields(head).count(), 3);
}

#[test]
fn a_header_ends_at_its_blank_line_with_either_line_break() {
    for bytes in [&b"a: 1\r\n\r\nrest\n\n"[..], b"a: 1\n\nrest\n\n", b"a: 1\n\r\nrest\n\n"] {
        assert_eq!(split_head(bytes).unwrap().1, b"rest\n\n");
    }
    for bytes in [&b""[..], b"a: 1\r\n", b"a: 1\r\n\r", b"\r\n"] {
        assert!(split_head(bytes).is_none());
    }
}

#[test]
fn the_status_line_is_read() {
    let status = |line: &str| Response::read(line.as_bytes()).map(|response| response.status);
    assert_eq!(status("HTTP/1.0 404\r\n\r\n"), Some(404));
    assert_eq!(status("HTTP/2  200 \n\n"), Some(200));
    for line in ["", "HTTP/1.1", "HTTP/1.1 x", "200 OK", "HTTP", "HTTP/1.1 99999"] {
        assert_eq!(status(line), None, "{line}");
    }
}

#[test]
fn media_types_say_what_is_a_document() {
    let read = |value| {
        let MediaType { format, charset } = MediaType::read(value);
        (format, charset.unwrap_or_default())
    };
    assert_eq!(read("Text/HTML; a=b; Charset=\"koi8-r\""), (Some(Format::Html), "koi8-r".into()));
    assert_eq!(read("application/xhtml+xml"), (Some(Format::Html), String::new()));
    assert_eq!(read("text/plain;charset="), (Some(Format::Text), String::new()));
    assert_eq!(read("text/css; charset=utf-8").0, None);
    assert_eq!(read("").0, None);
}

#[test]
fn chunks_are_joined_and_a_body_without_them_is_taken_as_it_is() {
    let head = "Transfer-Encoding: chunked\r\n";
    assert_eq!(body(head, b"4\r\nmill\r\n6;x=y\r\n stands\r\n0\r\n\r\n").unwrap(), b"mill stand");
    assert_eq!(body(head, b"4\r\nmill\r\n6\r\n stands\r\n0\r\n\r\n").unwrap(), b"mill stand");
    assert_eq!(body(head, b"<p>a mill").unwrap(), b"<p>a mill");
    // A connection that broke, and sizes that lie.
    assert_eq!(body(head, b"ff\r\nmill").unwrap(), b"mill");
    assert_eq!(body(head, b"ffffffffffffffff\r\nmill").unwrap(), b"mill");
    assert_eq!(body(head, b"4\r\nmill\r\nfffffffffffffffff\r\n").unwrap(), b"mill");
    assert_eq!(body(head, b"-4\r\nmill").unwrap(), b"-4\r\nmill");
    assert_eq!(body(head, b"").unwrap(), b"");
}

#[test]
fn content_codings_are_taken_off_last_first() {
    let text = b"The mill stands idle.";
    assert_eq!(body("Content-Encoding: gzip\r\n", &packed(text, None)).unwrap(), text);
    assert_eq!(body("Content-Encoding: deflate\r\n", &packed(text, Some(true))).unwrap(), text);
    assert_eq!(body("Content-Encoding: deflate\r\n", &packed(text, Some(false))).unwrap(), text);
    let zst = zstd::stream::encode_all(&text[..], 1).unwrap();
    assert_eq!(body("Content-Encoding: zstd\r\n", &zst).unwrap(), text);
    let twice = packed(&packed(text, Some(true)), None);
    assert_eq!(body("Content-Encoding: deflate, x-gzip\r\n", &twice).unwrap(), text);
    // Crawlers that take the coding off and leave its name.
    assert_eq!(body("Content-Encoding: gzip\r\n", text).unwrap(), text);
    assert_eq!(body("Content-Encoding: br\r\n", b"<html>").unwrap(), b"<html>");
}

#[test]
fn what_cannot_be_decoded_says_why() {
    let message = |head: &str, bytes: &[u8]| body(head, bytes).unwrap_err().to_string();
    let whole = packed(b"The mill stands idle.", None);
    let gzip = "Content-Encoding: gzip\r\n";
    assert!(message(gzip, &whole[..whole.len() - 3]).ends_with("is cut off"));
    let mut flipped = whole.clone();
    flipped[12] ^= 0x55;
    assert!(message(gzip, &flipped).contains("`gzip`, is c"));
    assert!(message("Content-Encoding: br\r\n", b"\x0b\x02").contains("`br` is not supported"));
    let many = "Content-Encoding: gzip, gzip\r\nContent-Encoding: gzip, gzip\r\n";
    assert!(message(many, &whole).contains("more content codings"));
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    let bomb = packed(&vec![b'a'; 50 << 20], None);
    assert!(bomb.len() < 100 << 10);
    let refusal = body("Content-Encoding: gzip\r\n", &bomb).unwrap_err();
    assert_eq!(refusal, Refusal::TooLarge { limit: 1_000, part: 0, last: true });
    assert_eq!(body("", &[b'a'; 1_001]).unwrap_err(), refusal);
    assert_eq!(body("", &[b'a'; 1_000]).unwrap().len(), 1_000);
}
