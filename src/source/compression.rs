//! Compression: one stream inflated to another, with an end that says whether it was the real one.

use super::kind::Packing;
use super::limits::{Stop, stop};
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, BufReader, Read};

/// Largest dictionary that an xz stream may ask for, in KiB. `xz -9` asks for 64 MiB.
const XZ_MEMORY_KIB: u32 = 100 << 10;

/// Largest window that a zstd stream may ask for, as a power of two: 64 MiB. `zstd -19` asks for 8 MiB.
const ZSTD_WINDOW_LOG: u32 = 26;

/// Bytes read at once from a packed stream.
const PACKED_BLOCK: usize = 64 << 10;

/// A stream whose errors say what was expected and what was found, and keep saying it.
pub(super) struct Told<R> {
    inner: R,
    word: &'static str,
    given: u64,
    failed: Option<String>,
}

impl<R: Read> Told<R> {
    /// Wraps a decoder of `word`, as in "the gzip stream".
    pub fn new(inner: R, word: &'static str) -> Self {
        Self { inner, word, given: 0, failed: None }
    }

    /// Says in words what ended the stream early.
    fn say(&self, error: &io::Error) -> String {
        if error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Stop>) {
            return error.to_string();
        }
        let Self { word, given, .. } = self;
        if error.kind() == io::ErrorKind::UnexpectedEof {
            format!("cut: expected the rest of the {word} stream, found its end after {given} decompressed bytes")
        } else {
            format!("broken: expected a {word} stream, found damage after {given} decompressed bytes ({error})")
        }
    }
}

impl<R: Read> Read for Told<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(message) = &self.failed {
            return Err(stop(message.clone()));
        }
        match self.inner.read(buffer) {
            Ok(count) => {
                self.given += count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let message = self.say(&error);
                self.failed = Some(message.clone());
                Err(stop(message))
            }
        }
    }
}

/// A decoder of one of the packings.
pub(super) enum Decoder<R: Read> {
    Gzip(Gzip<BufReader<R>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, BufReader<R>>>),
    Xz(Box<lzma_rust2::XzReader<BufReader<R>>>),
    Bzip2(Box<bzip2::bufread::MultiBzDecoder<BufReader<R>>>),
}

/// Inflates `input`.
pub(super) fn inflate<R: Read>(packing: Packing, input: R) -> io::Result<Told<Decoder<R>>> {
    let input = BufReader::with_capacity(PACKED_BLOCK, input);
    let decoder = match packing {
        Packing::Gzip => Decoder::Gzip(Gzip(GzipState::Inside(Box::new(GzDecoder::new(input))))),
        Packing::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Decoder::Zstd(Box::new(decoder))
        }
        Packing::Xz => Decoder::Xz(Box::new(lzma_rust2::XzReader::new_mem_limit(input, true, XZ_MEMORY_KIB))),
        Packing::Bzip2 => Decoder::Bzip2(Box::new(bzip2::bufread::MultiBzDecoder::new(input))),
    };
    Ok(Told::new(decoder, packing.word()))
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(decoder) => decoder.read(buffer),
            Self::Zstd(decoder) => decoder.read(buffer),
            Self::Xz(decoder) => decoder.read(buffer),
            Self::Bzip2(decoder) => decoder.read(buffer),
        }
    }
}

/// Several gzip members in a row are one stream, as `gzip -d` reads them. Zeros after the last are padding.
pub(super) struct Gzip<R: BufRead>(GzipState<R>);

enum GzipState<R: BufRead> {
    Inside(Box<GzDecoder<R>>),
    Ended,
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let GzipState::Inside(decoder) = &mut self.0 else { return Ok(0) };
            let count = decoder.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let GzipState::Inside(decoder) = std::mem::replace(&mut self.0, GzipState::Ended) else { return Ok(0) };
            let mut rest = decoder.into_inner();
            if !after_padding(&mut rest)? {
                return Ok(0);
            }
            self.0 = GzipState::Inside(Box::new(GzDecoder::new(rest)));
        }
    }
}

/// Skips zeros; true when something else follows.
fn after_padding(input: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            return Ok(false);
        }
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        let more = zeros < bytes.len();
        input.consume(zeros);
        if more {
            return Ok(true);
        }
    }
}
