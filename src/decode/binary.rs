//! Telling binary data from text.

/// What binary formats begin with. A format whose mark is plain ASCII is here only if no text
/// would begin so.
const MARKS: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"\0\0\x01\0", "an icon"),
    (b"%PDF-", "a PDF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"\x1f\x8b\x08", "gzip data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "an ELF program"),
    (b"\0asm", "a WebAssembly program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"SQLite format 3\0", "a database"),
    (b"ID3\x02", "audio"),
    (b"ID3\x03", "audio"),
    (b"ID3\x04", "audio"),
    (b"fLaC\0", "audio"),
    (b"OggS\0", "audio or video"),
    (b"\x1a\x45\xdf\xa3", "video"),
    (b"wOFF\0", "a font"),
    (b"wOF2\0", "a font"),
    (b"\0\x01\0\0\0", "a font"),
];

/// Bytes at the start of a body that are looked at.
const SAMPLE_BYTES: usize = 4096;
/// Control characters below which a body is text.
const CONTROLS_MIN: usize = 8;

/// The binary format of a body without byte-order mark; `None` if it is text.
///
/// Text may hold control characters, but not a quarter of it, or a twentieth of what is not
/// UTF-8 either: random bytes have a ninth, and no character set uses them for letters (escape
/// apart, with which ISO-2022-JP changes alphabets).
pub(super) fn kind(bytes: &[u8]) -> Option<&'static str> {
    if let Some((_, kind)) = MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Some(kind);
    }
    if let (Some(b"RIFF"), Some(b"WEBP" | b"WAVE" | b"AVI ")) = (bytes.get(..4), bytes.get(8..12)) {
        return Some("an image, audio or video");
    }
    if let (Some([0, 0, _, _]), Some(b"ftyp")) = (bytes.get(..4), bytes.get(4..8)) {
        return Some("audio or video");
    }
    let sample = bytes.get(..SAMPLE_BYTES).unwrap_or(bytes);
    let controls = sample.iter().filter(|&&byte| is_control(byte)).count();
    if controls < CONTROLS_MIN {
        return None;
    }
    // A character cut at the sample's end is no mistake.
    let is_utf8 = std::str::from_utf8(sample).map_or_else(|e| e.error_len().is_none(), |_| true);
    let share_of = if is_utf8 { 4 } else { 20 };
    (controls * share_of > sample.len()).then_some("control characters")
}

fn is_control(byte: u8) -> bool {
    (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)) || byte == 0x7f
}
