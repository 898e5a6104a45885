//! Chunks: a stream cut at newlines, so that each piece can be read by itself.

use std::io::Read;
use std::ops::Deref;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use memchr::{memchr, memchr_iter, memrchr};

use crate::documents;

/// Bytes by which the layers of a file are told: more than the hundred lines that are looked at.
const HEAD: usize = 64 << 10;

/// The bytes of a chunk. The room behind them is kept as it is: to clear it for each chunk takes a tenth of the time.
#[derive(Default)]
pub struct Buffer {
    room: Vec<u8>,
    length: usize,
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.room[..self.length]
    }
}

impl Buffer {
    fn put(&mut self, bytes: &[u8]) {
        let length = self.length + bytes.len();
        if self.room.len() < length {
            self.room.resize(length, 0);
        }
        self.room[self.length..length].copy_from_slice(bytes);
        self.length = length;
    }

    /// Takes away what stands before `at`.
    fn drop_head(&mut self, at: usize) {
        self.room.copy_within(at..self.length, 0);
        self.length -= at;
    }
}

/// Buffers that nothing uses at the moment, of all threads and files: to give each file its own costs the system more
/// than the reading.
#[derive(Default)]
pub struct Buffers(Mutex<Vec<Buffer>>);

impl Buffers {
    pub(super) fn take(&self) -> Buffer {
        self.0.lock().ok().and_then(|mut buffers| buffers.pop()).unwrap_or_default()
    }

    pub(super) fn give_back(&self, buffer: Buffer) {
        if let Ok(mut buffers) = self.0.lock() {
            buffers.push(buffer);
        }
    }
}

/// A stream and what was read of it ahead.
pub(super) struct Chunks<'a> {
    bytes: &'a mut dyn Read,
    bytes_read: &'a AtomicU64,
    size: usize,
    longest_line: usize,
    /// What was read and not handed out.
    rest: Vec<u8>,
    /// The rest of a line that is too long is passed over.
    skipping: bool,
    ended: bool,
    /// Lines that were cut.
    pub cut_lines: u64,
    /// The stream from its begin, as long as it may be a document.
    pub document: Option<Vec<u8>>,
}

impl<'a> Chunks<'a> {
    /// Cuts `bytes` into chunks of `size` bytes or less, longer ones only for a line that is.
    pub fn new(bytes: &'a mut dyn Read, size: usize, longest_line: usize, bytes_read: &'a AtomicU64) -> Self {
        let (rest, document) = (Vec::new(), Some(Vec::new()));
        let (skipping, ended, cut_lines) = (false, false, 0);
        let size = size.max(1);
        let mut chunks = Self { bytes, bytes_read, size, longest_line, rest, skipping, ended, cut_lines, document };
        let mut head = Buffer::default();
        chunks.fill(&mut head, HEAD);
        chunks.rest.extend_from_slice(&head);
        chunks
    }

    /// The begin of the stream, before its first chunk is taken.
    pub fn head(&self) -> &[u8] {
        &self.rest
    }

    /// Puts the next whole lines into `chunk`, in place of what it holds; false at the end. A line that is too long has
    /// only its head there; the last one can lack its newline.
    pub fn next(&mut self, chunk: &mut Buffer) -> bool {
        chunk.length = 0;
        chunk.put(&self.rest);
        self.rest.clear();
        let mut searched = 0;
        let mut target = self.size;
        loop {
            self.fill(chunk, target);
            if self.skipping {
                let end = memchr(b'\n', chunk);
                chunk.drop_head(end.map_or(chunk.len(), |end| end + 1));
                self.skipping = end.is_none();
                if self.ended && chunk.is_empty() {
                    return false;
                }
                continue;
            }
            let looked_at = chunk.len().min(target);
            if let Some(last) = memrchr(b'\n', &chunk[searched..looked_at]) {
                return self.give(chunk, searched + last + 1);
            }
            if self.ended && looked_at == chunk.len() {
                return !chunk.is_empty() && self.give(chunk, chunk.len());
            }
            if looked_at > self.longest_line {
                // The line goes on; what follows of it is not kept.
                self.rest.clear();
                self.rest.extend_from_slice(&chunk[looked_at..]);
                self.skipping = true;
                chunk.length = self.longest_line;
                chunk.put(b"\n");
                self.cut_lines += 1;
                return true;
            }
            (searched, target) = (looked_at, target + self.size);
        }
    }

    /// Hands out what stands before `end`.
    fn give(&mut self, chunk: &mut Buffer, end: usize) -> bool {
        self.rest.clear();
        self.rest.extend_from_slice(&chunk[end..]);
        chunk.length = end;
        if chunk.len() > self.longest_line {
            self.shorten(chunk);
        }
        true
    }

    /// Cuts the lines that are too long.
    fn shorten(&mut self, chunk: &mut Buffer) {
        let mut kept = Vec::with_capacity(chunk.len());
        let mut from = 0;
        for end in memchr_iter(b'\n', chunk).chain((chunk.last() != Some(&b'\n')).then_some(chunk.len())) {
            let line = &chunk[from..end];
            self.cut_lines += u64::from(line.len() > self.longest_line);
            kept.extend_from_slice(&line[..line.len().min(self.longest_line)]);
            kept.push(b'\n');
            from = end + 1;
        }
        *chunk = Buffer { length: kept.len(), room: kept };
    }

    /// Reads until `chunk` holds `target` bytes, or the stream ends.
    fn fill(&mut self, chunk: &mut Buffer, target: usize) {
        let mut filled = chunk.length;
        if self.ended || filled >= target {
            return;
        }
        if chunk.room.len() < target {
            chunk.room.resize(target, 0);
        }
        while filled < target {
            // A broken input ends early; the source says so.
            let Ok(length @ 1..) = self.bytes.read(&mut chunk.room[filled..target]) else {
                self.ended = true;
                break;
            };
            self.bytes_read.fetch_add(length as u64, Ordering::Relaxed);
            // A byte more than the largest says that it was cut.
            if let Some(document) = self.document.as_mut().filter(|document| document.len() <= documents::LARGEST) {
                document.extend_from_slice(&chunk.room[filled..filled + length]);
            }
            filled += length;
        }
        chunk.length = filled;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(text: &[u8], size: usize, longest: usize) -> (Vec<u8>, u64) {
        let (mut bytes, count) = (text, AtomicU64::new(0));
        let mut chunks = Chunks::new(&mut bytes, size, longest, &count);
        let (mut all, mut chunk) = (Vec::new(), Buffer::default());
        while chunks.next(&mut chunk) {
            assert!(!chunk.is_empty());
            all.extend_from_slice(&chunk);
        }
        assert_eq!(count.load(Ordering::Relaxed), text.len() as u64);
        (all, chunks.cut_lines)
    }

    #[test]
    fn a_line_that_is_too_long_has_only_its_head() {
        for size in 1..20 {
            assert_eq!(cut(b"abc\nabcdef\nabcd\n\nabcdefghijkl", size, 4), (b"abc\nabcd\nabcd\n\nabcd\n".to_vec(), 2));
        }
    }

    proptest! {
        #[test]
        fn no_byte_is_lost_and_lines_stay_whole(
            text in prop::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..300), size in 1usize..90,
        ) {
            prop_assert_eq!(cut(&text, size, 1000).0, text);
        }
    }
}
