//! gzip and Zstandard, read and written: decoders that give up as late as they can, encoders
//! whose bytes depend on the data alone.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use flate2::write::GzEncoder;
use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{InBuffer, Operation as _, OutBuffer};

use super::{Compression, Origin};

/// Size of the buffers before and behind a decoder, in bytes.
const BUFFER: usize = 256 << 10;

/// Level of written gzip; `gzip` itself uses the same.
const GZ_LEVEL: u32 = 6;

/// Level of written Zstandard; `zstd` itself uses the same.
const ZST_LEVEL: i32 = 3;
/// Level of what is written beside the documents: it can be longer than they are, and is read
/// seldom.
const ZST_SIDE_LEVEL: i32 = 1;

/// Opens a source's bytes and decompresses them.
///
/// # Errors
/// If the file cannot be opened, is not a regular file (a pipe would block, a device may never
/// end), or holds no byte although it is compressed.
pub fn open(origin: &Origin, compression: Compression) -> io::Result<Box<dyn BufRead + Send>> {
    match origin {
        Origin::Stdin => decoder(io::stdin(), compression),
        Origin::File(path) => open_file(path, compression),
        Origin::Remote(object) => decoder(object.reader(0), compression),
    }
}

/// Opens a file and decompresses it.
///
/// # Errors
/// As [`open`].
pub fn open_file(path: &Path, compression: Compression) -> io::Result<Box<dyn BufRead + Send>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    decoder(File::open(path)?, compression)
}

/// Decompresses a stream: all members of gzip, all frames of Zstandard.
///
/// Where the stream is cut off or corrupt, everything decoded before that place is delivered
/// first, and then the error. Zero bytes after the last gzip member are padding and ignored;
/// anything else there is an error.
///
/// # Errors
/// If the stream is empty although it is compressed, or its first bytes cannot be read.
pub fn decoder(
    reader: impl Read + Send + 'static,
    compression: Compression,
) -> io::Result<Box<dyn BufRead + Send>> {
    let mut raw = BufReader::with_capacity(BUFFER, Patient(reader));
    if compression != Compression::None && raw.fill_buf()?.is_empty() {
        return Err(truncated(compression));
    }
    Ok(match compression {
        Compression::None => Box::new(raw),
        Compression::Gz => Box::new(BufReader::with_capacity(BUFFER, Gz::new(raw))),
        Compression::Zst => Box::new(BufReader::with_capacity(BUFFER, Zst::new(raw)?)),
    })
}

/// A reader that tries again when a signal interrupted it; the decoders would take that for
/// the end of the data.
struct Patient<R>(R);

impl<R: Read> Read for Patient<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(out) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}

fn truncated(compression: Compression) -> io::Error {
    let what = match compression {
        Compression::None => "truncated data",
        Compression::Gz => "truncated gzip data",
        Compression::Zst => "truncated zstd data",
    };
    io::Error::new(io::ErrorKind::UnexpectedEof, what)
}

fn corrupt(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

/// The members of a gzip file, one after the other.
///
/// `flate2`'s own readers stop at zero padding with an error, and where data is corrupt they
/// lose up to a buffer of what was decoded before it.
struct Gz<R> {
    input: R,
    member: Option<Decompress>,
    /// True from the end of the first member on.
    any: bool,
    /// True once padding was seen: only more of it may follow.
    padded: bool,
    /// An error that waits until the bytes before it are delivered.
    error: Option<io::Error>,
}

impl<R: BufRead> Gz<R> {
    fn new(input: R) -> Self {
        Self { input, member: None, any: false, padded: false, error: None }
    }

    /// Skips padding and starts the next member; false at the end of the file.
    fn start_member(&mut self) -> io::Result<bool> {
        loop {
            let buffer = self.input.fill_buf()?;
            let Some(&first) = buffer.first() else {
                return if self.any { Ok(false) } else { Err(truncated(Compression::Gz)) };
            };
            if self.any && first == 0 {
                let zeros = buffer.iter().take_while(|&&byte| byte == 0).count();
                self.input.consume(zeros);
                self.padded = true;
                continue;
            }
            if self.padded || (self.any && first != 0x1f) {
                return Err(corrupt("corrupt gzip data: other bytes after the last member"));
            }
            self.member = Some(Decompress::new_gzip(15));
            return Ok(true);
        }
    }
}

impl<R: BufRead> Read for Gz<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(error) = self.error.take() {
                return Err(error);
            }
            if self.member.is_none() && !self.start_member()? {
                return Ok(0);
            }
            let Some(member) = &mut self.member else { return Ok(0) };
            let buffer = self.input.fill_buf()?;
            let at_end = buffer.is_empty();
            let (read_before, written_before) = (member.total_in(), member.total_out());
            let status = member.decompress(buffer, out, FlushDecompress::None);
            let consumed = (member.total_in() - read_before) as usize;
            let written = (member.total_out() - written_before) as usize;
            self.input.consume(consumed);
            match status {
                Ok(Status::StreamEnd) => {
                    self.member = None;
                    self.any = true;
                }
                Ok(_) if written > 0 || consumed > 0 => {}
                Ok(_) if at_end => self.error = Some(truncated(Compression::Gz)),
                // No progress on more input must not become an endless loop.
                Ok(_) | Err(_) => self.error = Some(corrupt("corrupt gzip data")),
            }
            if written > 0 {
                return Ok(written);
            }
        }
    }
}

/// The frames of a Zstandard file, with errors that name what is wrong.
///
/// The decoder is given no more than it says it wants next, which is a block: what is wrong with one,
/// or with the checksum behind them, then costs nothing of those before it.
struct Zst<R> {
    input: R,
    frames: zstd::stream::raw::Decoder<'static>,
    /// Bytes that the decoder wants next; 0 between frames.
    wanted: usize,
    /// An error that waits until the bytes before it are delivered.
    error: Option<io::Error>,
}

/// Bytes by which the decoder knows a frame.
const FRAME_START: usize = 5;

impl<R: BufRead> Zst<R> {
    fn new(input: R) -> io::Result<Self> {
        let frames = zstd::stream::raw::Decoder::new()?;
        Ok(Self { input, frames, wanted: 0, error: None })
    }
}

impl<R: BufRead> Read for Zst<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(error) = self.error.take() {
                return Err(error);
            }
            let buffer = self.input.fill_buf()?;
            let (at_end, is_between) = (buffer.is_empty(), self.wanted == 0);
            if at_end && is_between {
                return Ok(0);
            }
            let most = if is_between { FRAME_START } else { self.wanted };
            let mut from = InBuffer::around(buffer.get(..most).unwrap_or(buffer));
            let mut to = OutBuffer::around(out);
            let done = self.frames.run(&mut from, &mut to);
            let (read, written) = (from.pos(), to.pos());
            self.input.consume(read);
            match done {
                Ok(wanted) => self.wanted = wanted,
                Err(error) => self.error = Some(zst_error(&error)),
            }
            if written > 0 {
                return Ok(written);
            }
            if read == 0 && self.error.is_none() && self.wanted > 0 {
                // No progress on more input must not become an endless loop.
                self.error = Some(match at_end {
                    true => truncated(Compression::Zst),
                    false => corrupt("corrupt zstd data"),
                });
            }
        }
    }
}

fn zst_error(error: &io::Error) -> io::Error {
    let what = error.to_string();
    if what.contains("too much memory") {
        // The decoder's own limit; a file made with `--long` beyond 27 exceeds it.
        return corrupt("zstd data needs a window of more than 128 MiB");
    }
    corrupt(format!("corrupt zstd data: {what}"))
}

/// A writer that compresses, or does not.
///
/// The bytes depend on what is written and on nothing else: gzip without name and time, level 6;
/// Zstandard level 3 with a checksum. [`finish`](Encoder::finish) must be called, or the end is missing.
pub enum Encoder<W: Write> {
    /// Bytes as they are.
    Plain(W),
    /// gzip, one member.
    Gz(GzEncoder<W>),
    /// Zstandard, one frame.
    Zst(zstd::stream::write::Encoder<'static, W>),
}

impl<W: Write> Encoder<W> {
    /// An encoder in front of `writer`.
    ///
    /// # Errors
    /// If the encoder cannot be set up (memory).
    pub fn new(writer: W, compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Encoder::Plain(writer),
            Compression::Gz => {
                Encoder::Gz(GzEncoder::new(writer, flate2::Compression::new(GZ_LEVEL)))
            }
            Compression::Zst => Self::zst(writer, ZST_LEVEL)?,
        })
    }

    fn zst(writer: W, level: i32) -> io::Result<Self> {
        let mut encoder = zstd::stream::write::Encoder::new(writer, level)?;
        encoder.include_checksum(true)?;
        Ok(Encoder::Zst(encoder))
    }

    /// Writes what is still held back and the end of the stream, and gives the writer back.
    ///
    /// # Errors
    /// If the writer fails.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Encoder::Plain(mut writer) => {
                writer.flush()?;
                Ok(writer)
            }
            Encoder::Gz(encoder) => encoder.finish(),
            Encoder::Zst(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Encoder::Plain(writer) => writer.write(bytes),
            Encoder::Gz(encoder) => encoder.write(bytes),
            Encoder::Zst(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Encoder::Plain(writer) => writer.flush(),
            Encoder::Gz(encoder) => encoder.flush(),
            Encoder::Zst(encoder) => encoder.flush(),
        }
    }
}

/// How pieces of an output are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Packing {
    /// Not at all.
    None,
    /// A member of gzip, level 6.
    Gz,
    /// A frame of Zstandard, level 3, with a checksum.
    Zst,
    /// The same, level 1: for records beside the documents.
    Side,
}

impl From<Compression> for Packing {
    fn from(compression: Compression) -> Self {
        match compression {
            Compression::None => Packing::None,
            Compression::Gz => Packing::Gz,
            Compression::Zst => Packing::Zst,
        }
    }
}

/// Compresses pieces that stand alone: joined they are a stream of many members or frames. A piece
/// depends on its bytes alone; what costs time to set up is kept from one to the next.
#[derive(Default)]
pub struct Packer {
    zst: Option<zstd::bulk::Compressor<'static>>,
    side: Option<zstd::bulk::Compressor<'static>>,
}

impl Packer {
    /// A piece, compressed.
    ///
    /// # Errors
    /// If the compressor cannot be set up (memory).
    pub fn pack(&mut self, bytes: Vec<u8>, packing: Packing) -> io::Result<Vec<u8>> {
        let (slot, level) = match packing {
            Packing::None => return Ok(bytes),
            Packing::Gz => {
                let room = Vec::with_capacity(bytes.len() / 2);
                let mut encoder = GzEncoder::new(room, flate2::Compression::new(GZ_LEVEL));
                encoder.write_all(&bytes)?;
                return encoder.finish();
            }
            Packing::Zst => (&mut self.zst, ZST_LEVEL),
            Packing::Side => (&mut self.side, ZST_SIDE_LEVEL),
        };
        let compressor = match slot {
            Some(compressor) => compressor,
            None => {
                let mut compressor = zstd::bulk::Compressor::new(level)?;
                compressor.include_checksum(true)?;
                slot.insert(compressor)
            }
        };
        compressor.compress(&bytes)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Cursor;

    use super::*;

    /// The bytes compressed in one go.
    pub(crate) fn compress(bytes: &[u8], compression: Compression) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new(), compression).unwrap();
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// What a decoder delivers, and the error at its end.
    fn decode(bytes: Vec<u8>, compression: Compression) -> (Vec<u8>, Option<String>) {
        let mut reader = match decoder(Cursor::new(bytes), compression) {
            Ok(reader) => reader,
            Err(error) => return (Vec::new(), Some(error.to_string())),
        };
        let mut out = Vec::new();
        let error = reader.read_to_end(&mut out).err().map(|error| error.to_string());
        (out, error)
    }

    /// Lines that do not compress too well, several blocks of them.
    fn sample() -> Vec<u8> {
        (0..40_000u64)
            .flat_map(|n| format!("{:x}\n", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).into_bytes())
            .collect()
    }

    const BOTH: [Compression; 2] = [Compression::Gz, Compression::Zst];

    #[test]
    fn what_was_compressed_comes_back() {
        for compression in [Compression::None, Compression::Gz, Compression::Zst] {
            for bytes in [b"".to_vec(), b"x".to_vec(), sample()] {
                let packed = compress(&bytes, compression);
                assert_eq!(decode(packed, compression), (bytes, None));
            }
        }
    }

    #[test]
    fn all_members_and_frames_are_read() {
        for compression in BOTH {
            let packed = [&b"one\n"[..], b"", b"two\n"]
                .iter()
                .flat_map(|part| compress(part, compression))
                .collect();
            assert_eq!(decode(packed, compression), (b"one\ntwo\n".to_vec(), None));
        }
    }

    #[test]
    fn a_piece_depends_on_its_bytes_alone() {
        let pieces = [sample(), b"x".to_vec(), Vec::new(), sample()];
        for packing in [Packing::None, Packing::Gz, Packing::Zst, Packing::Side] {
            let mut packer = Packer::default();
            let mut pack = |piece: &Vec<u8>| packer.pack(piece.clone(), packing).unwrap();
            let packed: Vec<Vec<u8>> = pieces.iter().map(&mut pack).collect();
            assert_eq!(packed[0], packed[3]);
            assert_eq!(packed[1], Packer::default().pack(b"x".to_vec(), packing).unwrap());
            let compression = match packing {
                Packing::None => Compression::None,
                Packing::Gz => Compression::Gz,
                Packing::Zst | Packing::Side => Compression::Zst,
            };
            assert_eq!(decode(packed.concat(), compression), (pieces.concat(), None));
        }
    }

    #[test]
    fn a_truncated_stream_is_delivered_up_to_the_cut() {
        for compression in BOTH {
            let bytes = sample();
            let packed = compress(&bytes, compression);
            let mut cuts: Vec<usize> = (1..packed.len()).step_by(20_011).collect();
            cuts.extend(packed.len() - 8..packed.len());
            let mut most = 0;
            for cut in cuts {
                let (out, error) = decode(packed[..cut].to_vec(), compression);
                assert!(bytes.starts_with(&out));
                assert!(error.unwrap().starts_with("truncated"), "cut at {cut}");
                assert!(out.len() >= most, "more input, less output");
                most = out.len();
            }
            assert_eq!(most, bytes.len(), "only the trailer is missing");
        }
    }

    #[test]
    fn an_empty_compressed_file_is_truncated() {
        for compression in BOTH {
            assert!(decode(Vec::new(), compression).1.unwrap().starts_with("truncated"));
        }
        assert_eq!(decode(Vec::new(), Compression::None), (Vec::new(), None));
    }

    #[test]
    fn zero_padding_after_gzip_is_ignored_and_anything_else_is_an_error() {
        let packed = compress(b"data\n", Compression::Gz);
        let with = |tail: &[u8]| decode([&packed[..], tail].concat(), Compression::Gz);
        assert_eq!(with(&[0; 100_000]), (b"data\n".to_vec(), None));
        for tail in [&b"junk"[..], b"\0\0junk", b"\x1fjunk", &[&[0, 0], &packed[..]].concat()] {
            let (out, error) = with(tail);
            assert_eq!(out, b"data\n");
            assert!(error.unwrap().starts_with("corrupt"));
        }
    }

    #[test]
    fn data_before_a_flaw_is_delivered() {
        let bytes = sample();
        let mut packed = compress(&bytes, Compression::Gz);
        let last = packed.len() - 8;
        packed[last] ^= 1; // the checksum
        let (out, error) = decode(packed.clone(), Compression::Gz);
        assert_eq!(out, bytes);
        assert_eq!(error.unwrap(), "corrupt gzip data");
        let middle = packed.len() / 2;
        packed[middle..middle + 64].fill(0xff);
        let (out, error) = decode(packed, Compression::Gz);
        assert!(out.len() > bytes.len() / 3);
        assert!(error.unwrap().starts_with("corrupt"));

        for bytes in [bytes, b"a few words".to_vec()] {
            let mut packed = compress(&bytes, Compression::Zst);
            let last = packed.len() - 1;
            packed[last] ^= 1;
            let (out, error) = decode(packed.clone(), Compression::Zst);
            assert!(error.unwrap().starts_with("corrupt zstd data"));
            assert!(out == bytes, "the checksum alone is wrong");
            let (out, error) = decode(packed[..last].to_vec(), Compression::Zst);
            assert!(error.unwrap().starts_with("truncated"));
            assert!(out == bytes, "the checksum alone is missing");
        }
    }

    #[test]
    fn bytes_that_are_not_compressed_are_an_error() {
        for compression in BOTH {
            let (out, error) = decode(b"plain text, no magic at all".to_vec(), compression);
            assert!(out.is_empty());
            assert!(error.unwrap().starts_with("corrupt"));
        }
    }

    #[test]
    fn a_frame_with_a_giant_window_is_refused() {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(30).unwrap();
        encoder.write_all(&sample()).unwrap();
        let packed = encoder.finish().unwrap();
        assert!(decode(packed, Compression::Zst).1.unwrap().contains("128 MiB"));
    }

    #[test]
    fn the_same_data_gives_the_same_bytes() {
        for compression in BOTH {
            assert_eq!(compress(b"again", compression), compress(b"again", compression));
        }
        let header = compress(b"", Compression::Gz);
        assert_eq!(header[3..8], [0; 5], "no name, no time");
    }

    #[test]
    fn a_reader_that_is_interrupted_is_read_on() {
        struct Nervous(Cursor<Vec<u8>>, bool);
        impl Read for Nervous {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                self.1 = !self.1;
                if self.1 {
                    return Err(io::ErrorKind::Interrupted.into());
                }
                let few = out.len().min(7);
                self.0.read(&mut out[..few])
            }
        }
        for compression in [Compression::None, Compression::Gz, Compression::Zst] {
            let packed = compress(b"calm\n", compression);
            let mut reader = decoder(Nervous(Cursor::new(packed), false), compression).unwrap();
            let mut out = String::new();
            reader.read_to_string(&mut out).unwrap();
            assert_eq!(out, "calm\n");
        }
    }

    #[test]
    fn a_folder_cannot_be_opened() {
        let error = open_file(&std::env::temp_dir(), Compression::None).err().unwrap();
        assert_eq!(error.to_string(), "not a regular file");
    }
}
