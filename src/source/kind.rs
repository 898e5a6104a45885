//! Kind: what a stream holds, told by its first bytes and never by its name.

use super::limits::fill;
use super::limits::stop;
use std::io::{self, Read};

/// What a stream holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Packed(Packing),
    Tar,
    Zip,
    Plain,
}

/// How a stream is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
    Xz,
    Bzip2,
}

impl Packing {
    /// The usual ending of a file name.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Gzip => "gz",
            Self::Zstd => "zst",
            Self::Xz => "xz",
            Self::Bzip2 => "bz2",
        }
    }

    /// The usual word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
        }
    }
}

/// Length of the head that [`Peeked`] looks at: enough for a tar header, and for a fair sample of text.
const HEAD: usize = 8 << 10;

/// Size of a tar block.
const TAR_BLOCK: usize = 512;

impl Kind {
    /// Tells the kind by the first bytes.
    pub fn of(head: &[u8]) -> Self {
        if head.starts_with(&[0x1f, 0x8b, 8]) {
            return Self::Packed(Packing::Gzip);
        }
        if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            return Self::Packed(Packing::Zstd);
        }
        // A zstd file may begin with a skippable frame.
        if head.len() >= 4 && head[0] & 0xf0 == 0x50 && head[1..4] == [0x2a, 0x4d, 0x18] {
            return Self::Packed(Packing::Zstd);
        }
        if head.starts_with(&[0xfd, b'7', b'z', b'X', b'Z', 0]) {
            return Self::Packed(Packing::Xz);
        }
        if head.starts_with(b"BZh") && head.len() >= 10 {
            let block = &head[4..10];
            if block == [0x31, 0x41, 0x59, 0x26, 0x53, 0x59] || block == [0x17, 0x72, 0x45, 0x38, 0x50, 0x90] {
                return Self::Packed(Packing::Bzip2);
            }
        }
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            return Self::Zip;
        }
        if is_tar(head) { Self::Tar } else { Self::Plain }
    }
}

/// A tar has no magic number at its begin: the newer ones have a word at 257, the old ones only their checksum.
fn is_tar(head: &[u8]) -> bool {
    if head.len() < TAR_BLOCK || head[0] == 0 {
        return false;
    }
    head[257..262] == *b"ustar" || checksum_holds(&head[..TAR_BLOCK])
}

/// True when a block's checksum is the one that it states.
pub(super) fn checksum_holds(block: &[u8]) -> bool {
    let stated = block[148..156].iter().copied().filter(u8::is_ascii_digit).fold(0, |sum, digit| {
        // At most eight octal digits: no overflow.
        sum * 8 + u32::from(digit - b'0')
    });
    let found: u32 =
        block.iter().enumerate().map(|(i, byte)| if (148..156).contains(&i) { 32 } else { u32::from(*byte) }).sum();
    found == stated
}

/// A stream whose first bytes were looked at and are handed out again.
pub(super) struct Peeked<R> {
    head: Vec<u8>,
    at: usize,
    /// An error that came while peeking, handed out after the head.
    fault: Option<io::Error>,
    inner: R,
}

impl<R: Read> Peeked<R> {
    /// Looks at the first bytes of `inner`.
    pub fn new(mut inner: R) -> Self {
        let mut head = vec![0; HEAD];
        let (filled, fault) = fill(&mut inner, &mut head);
        head.truncate(filled);
        Self { head, at: 0, fault, inner }
    }

    /// The first bytes.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// The kind by these bytes.
    pub fn kind(&self) -> Kind {
        Kind::of(&self.head)
    }
}

impl<R: Read> Read for Peeked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at < self.head.len() {
            let count = buffer.len().min(self.head.len() - self.at);
            buffer[..count].copy_from_slice(&self.head[self.at..self.at + count]);
            self.at += count;
            return Ok(count);
        }
        match &self.fault {
            // Kept, as a reader may ask again after an error.
            Some(error) => Err(stop(super::limits::message(error))),
            None => self.inner.read(buffer),
        }
    }
}
