//! What the head of a page says, before anything is decompressed on its word.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes of the longest head of which the sizes are the first fields.
const HEAD_BYTES: u64 = 64;

/// The bytes that the page at a place has when it is decompressed.
///
/// A page's head is a structure in Thrift's compact protocol: the kind of the page, its uncompressed
/// size, its compressed size, each a field of 32 bits in zigzag form (parquet-format, `PageHeader`).
pub(super) fn uncompressed_bytes(mut file: &File, at: u64) -> io::Result<usize> {
    file.seek(SeekFrom::Start(at))?;
    let mut head = Vec::new();
    file.take(HEAD_BYTES).read_to_end(&mut head)?;
    second_field(&head).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "corrupt Parquet data: a page without a head")
    })
}

fn second_field(head: &[u8]) -> Option<usize> {
    // The number is one above that of the field before, and the type is a whole number of 32 bits.
    const NEXT: u8 = 0x15;
    let mut bytes = head.iter().copied();
    let mut value = 0;
    for _ in 0..2 {
        if bytes.next()? != NEXT {
            return None;
        }
        value = 0u64;
        for shift in (0..35).step_by(7) {
            let byte = bytes.next()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
    }
    // Zigzag: a negative size is odd.
    if value % 2 == 0 { usize::try_from(value / 2).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_field_is_the_size() {
        assert_eq!(second_field(&[0x15, 4, 0x15, 0x80, 0x02, 0x15, 6]), Some(128));
        for broken in [&[0x15, 4, 0x15][..], &[], &[0x15, 4, 0x15, 3], &[0x25, 4, 0x15, 2]] {
            assert_eq!(second_field(broken), None, "{broken:?}");
        }
    }
}
