//! From the bytes of one file to its sightings: prefix, format, vocabulary, line by line.
//!
//! What a file is, is told by its lines, never by its name: a line of any format is read wherever it stands.

mod chunks;
mod crew;
mod lines;

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

pub use chunks::Buffers;
use chunks::Chunks;
use lines::{Lines, Manner};

use crate::documents::{self, Document};
use crate::prefixes::Layers;
use crate::sighting::Sighting;
use crate::source;
use crate::streams::{Edges, Joined};

/// What one file said.
#[derive(Debug, Default)]
pub struct LogFile {
    /// Label of the file in every place.
    pub label: String,
    /// Sightings in the order of their lines.
    pub sightings: Vec<Sighting>,
    /// Lines read.
    pub lines: u64,
    /// Lines that a vocabulary recognised.
    pub recognised: u64,
    /// Lines of a known wording, torn or with fields that are missing or absurd: not recognised.
    pub unreadable: u64,
    /// Lines longer than the limit: the head was kept.
    pub cut_lines: u64,
    /// A small whole file that is no log.
    pub document: Option<Document>,
    /// What its text leaves open at both ends.
    pub edges: Edges,
    /// The files that it was joined from, in their order; empty for a single one.
    pub parts: Vec<Joined>,
}

/// Reads one file of a bundle.
pub struct Parser {
    /// Longest line that is kept whole, in bytes.
    pub longest_line: usize,
    /// Counts the bytes, over all files.
    pub bytes_read: Arc<AtomicU64>,
    /// Threads that may read one file; what is found is the same.
    pub threads: usize,
    /// Bytes that are read at once, at least 1.
    pub chunk: usize,
    /// Room for them.
    pub buffers: Buffers,
    /// Files that are being read. While there is one for each thread, none needs help.
    pub busy: AtomicUsize,
}

impl Default for Parser {
    fn default() -> Self {
        let (bytes_read, buffers, busy) = (Arc::default(), Buffers::default(), AtomicUsize::new(0));
        Self { longest_line: source::Limits::default().line, bytes_read, threads: 1, chunk: CHUNK, buffers, busy }
    }
}

/// Small enough that a chunk stays in the processor's cache until it is read.
const CHUNK: usize = 128 << 10;
/// Chunks from which on a file is worth several threads.
const BIG: usize = 8;

impl source::Reader for Parser {
    type Output = LogFile;

    fn read(&self, label: &str, bytes: &mut dyn Read) -> LogFile {
        let mut chunks = Chunks::new(bytes, self.chunk, self.longest_line, &self.bytes_read);
        let layers = Layers::of(&String::from_utf8_lossy(chunks.head()));
        let mut lines = Lines::new(label, Manner { layers, longest_line: self.longest_line, begun: false });
        self.busy.fetch_add(1, Ordering::Relaxed);
        let (mut chunk, mut count) = (self.buffers.take(), 0);
        while chunks.next(&mut chunk) {
            lines.chunk(&chunk);
            count += 1;
            let may_be = |document: &Vec<u8>| document.len() <= documents::LARGEST && lines.may_be_document(document);
            chunks.document = chunks.document.take().filter(may_be);
            let idle = self.threads.saturating_sub(self.busy.load(Ordering::Relaxed));
            if count >= BIG && idle > 0 && chunks.document.is_none() {
                lines = crew::read(&mut chunks, lines, idle, &self.buffers);
            }
        }
        self.busy.fetch_sub(1, Ordering::Relaxed);
        self.buffers.give_back(chunk);
        lines.finish(chunks.document.as_deref(), chunks.cut_lines)
    }
}
