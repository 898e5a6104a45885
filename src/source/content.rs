//! Content: the bytes of one log file on their way to the reader: counted, hashed, and turned into UTF-8.

use super::limits::{message, stop, within};
use super::{Found, Reader};
use std::io::{self, Read};
use xxhash_rust::xxh3::Xxh3;

/// Bytes of the head that is looked at to tell text from binary.
const SAMPLE: usize = 4 << 10;

/// Hands one file's bytes to the reader. `head` are its first bytes, which `input` gives again.
pub(super) fn read<R: Reader>(
    reader: &R,
    head: &[u8],
    input: &mut dyn Read,
    label: &str,
    limit: u64,
) -> Found<R::Output> {
    let sample = &head[..head.len().min(SAMPLE)];
    let encoding = Encoding::of(sample);
    if let (Encoding::Utf8, Some(found)) = (encoding, binary(sample)) {
        return Found { skipped: Some(format!("binary: expected text, found {found}")), ..Found::default() };
    }
    let mut content = Content { input, limit, bytes: 0, hash: Xxh3::new(), fault: None };
    let output = match encoding {
        Encoding::Utf8 => reader.read(label, &mut Marked::new(&mut content)),
        Encoding::Utf16 { little } => reader.read(label, &mut Utf16::new(&mut content, little)),
    };
    content.drain();
    Found {
        bytes: content.bytes,
        incomplete: content.fault.is_some(),
        skipped: content.fault,
        hash: Some(content.hash.digest128()),
        output: Some(output),
        ..Found::default()
    }
}

/// Counts and hashes. Never fails: an error is noted and the stream ends there.
struct Content<'a> {
    input: &'a mut dyn Read,
    limit: u64,
    bytes: u64,
    hash: Xxh3,
    fault: Option<String>,
}

impl Content<'_> {
    /// Reads what the reader left, so that the hash is of the whole file.
    fn drain(&mut self) {
        let mut block = vec![0; 64 << 10];
        while matches!(self.read(&mut block), Ok(1..)) {}
    }

    fn fetch(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match within(self.input, buffer, self.limit.saturating_sub(self.bytes)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(Some(count)) => return Ok(count),
                Ok(None) => {
                    return Err(stop(format!("limit: expected at most {} bytes in one file, found more", self.limit)));
                }
            }
        }
    }
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.fault.is_some() || buffer.is_empty() {
            return Ok(0);
        }
        match self.fetch(buffer) {
            Ok(count) => {
                self.bytes += count as u64;
                self.hash.update(&buffer[..count]);
                Ok(count)
            }
            Err(error) => {
                self.fault = Some(message(&error));
                Ok(0)
            }
        }
    }
}

/// How text is encoded. What has no mark is taken for UTF-8, with or without errors.
#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    Utf16 { little: bool },
}

impl Encoding {
    fn of(head: &[u8]) -> Self {
        match head {
            [0xff, 0xfe, ..] => Self::Utf16 { little: true },
            [0xfe, 0xff, ..] => Self::Utf16 { little: false },
            _ => Self::Utf8,
        }
    }
}

/// What is binary in a head of which a tenth or more is control characters. Some are allowed: colours, and the NUL
/// bytes that a crash leaves.
fn binary(head: &[u8]) -> Option<String> {
    let control = head.iter().filter(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127)).count();
    (control * 10 > head.len()).then(|| format!("{control} control bytes in the first {}", head.len()))
}

/// UTF-8 without its mark.
struct Marked<'a, 'b> {
    content: &'a mut Content<'b>,
    /// The first bytes, until they are handed out.
    first: Option<Vec<u8>>,
}

impl<'a, 'b> Marked<'a, 'b> {
    fn new(content: &'a mut Content<'b>) -> Self {
        let mut first = Vec::with_capacity(3);
        // Cannot fail: an error is noted in the content and ends it.
        let _ = content.by_ref().take(3).read_to_end(&mut first);
        if first == [0xef, 0xbb, 0xbf] {
            first.clear();
        }
        Self { content, first: Some(first).filter(|first| !first.is_empty()) }
    }
}

impl Read for Marked<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(first) = &mut self.first {
            let count = first.len().min(buffer.len());
            buffer[..count].copy_from_slice(&first[..count]);
            first.drain(..count);
            if first.is_empty() {
                self.first = None;
            }
            // A short read is allowed, but some callers take blocks: fill the rest.
            return Ok(count + self.content.read(&mut buffer[count..])?);
        }
        self.content.read(buffer)
    }
}

/// UTF-16 turned into UTF-8 as it passes.
struct Utf16<'a, 'b> {
    content: &'a mut Content<'b>,
    little: bool,
    /// Bytes that do not yet make a unit, or a pair of units.
    rest: Vec<u8>,
    text: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<'a, 'b> Utf16<'a, 'b> {
    fn new(content: &'a mut Content<'b>, little: bool) -> Self {
        let mut mark = Vec::new();
        // Cannot fail: an error is noted in the content and ends it.
        let _ = content.by_ref().take(2).read_to_end(&mut mark);
        Self { content, little, rest: Vec::new(), text: Vec::new(), at: 0, ended: false }
    }

    fn refill(&mut self) -> io::Result<()> {
        let kept = self.rest.len();
        self.rest.resize(kept + (32 << 10), 0);
        let count = self.content.read(&mut self.rest[kept..])?;
        self.rest.truncate(kept + count);
        self.ended = count == 0;
        let mut units: Vec<u16> = self
            .rest
            .chunks_exact(2)
            .map(|pair| {
                let pair = [pair[0], pair[1]];
                if self.little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
            })
            .collect();
        // The first half of a pair waits for its second.
        if !self.ended && units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
            units.pop();
        }
        self.rest.drain(..units.len() * 2);
        self.text.clear();
        self.at = 0;
        for character in char::decode_utf16(units) {
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }
}

impl Read for Utf16<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() && !self.ended {
            self.refill()?;
        }
        let count = buffer.len().min(self.text.len() - self.at);
        buffer[..count].copy_from_slice(&self.text[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
