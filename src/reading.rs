//! From the bytes of one file to its sightings: prefix, format, vocabulary, line by line.
//!
//! What a file is, is told by its lines, never by its name: a line of any format is read wherever it stands.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use memchr::{memchr_iter, memchr2, memrchr};

use crate::documents::{self, Document};
use crate::formats::{self, Level, Record};
use crate::instant::{Nanos, Stamp, Zone, believed};
use crate::prefixes::Layers;
use crate::sighting::Sighting;
use crate::source;
use crate::vocabulary::{self, Ginkgo, Names};

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
    /// Lines longer than the limit: the head was kept.
    pub cut_lines: u64,
    /// A small whole file that is no log.
    pub document: Option<Document>,
}

/// Reads one file of a bundle.
pub struct Parser {
    /// Longest line that is kept whole, in bytes.
    pub longest_line: usize,
    /// Counts the bytes, over all files.
    pub bytes_read: Arc<AtomicU64>,
}

const BLOCK: usize = 256 << 10;

impl source::Reader for Parser {
    type Output = LogFile;

    fn read(&self, label: &str, bytes: &mut dyn Read) -> LogFile {
        let mut lines = Lines::new(label, self.longest_line);
        let mut pending = Vec::with_capacity(BLOCK);
        let mut block = vec![0; BLOCK];
        let mut head = Vec::new();
        let mut skipping = false;
        // A broken input ends early; the source says so.
        while let Ok(length @ 1..) = bytes.read(&mut block) {
            self.bytes_read.fetch_add(length as u64, Ordering::Relaxed);
            let mut rest = &block[..length];
            if lines.layers.is_none() {
                lines.layers = Some(Layers::of(&String::from_utf8_lossy(rest)));
            }
            // A byte more than the largest, which says that it was cut.
            if head.len() <= documents::LARGEST && lines.may_be_document(&head) {
                head.extend_from_slice(rest);
            }
            // Whether a block is text, and whether a terminal left its marks in it, is asked once and not line by line.
            let clean = memchr2(0x1b, 0, rest).is_none();
            let whole = memrchr(b'\n', rest).map_or(0, |last| last + 1);
            let text = std::str::from_utf8(&rest[..whole]).ok();
            let mut from = 0;
            for end in memchr_iter(b'\n', &rest[..whole]) {
                let line = from..end;
                from = end + 1;
                if std::mem::take(&mut skipping) {
                    continue;
                }
                if !pending.is_empty() {
                    pending.extend_from_slice(&rest[line]);
                    lines.bytes(&pending);
                    pending.clear();
                } else if let Some(text) = text {
                    lines.line(&text[line], clean);
                } else {
                    lines.bytes(&rest[line]);
                }
            }
            rest = &rest[whole..];
            if !skipping {
                pending.extend_from_slice(rest);
                if pending.len() > self.longest_line {
                    pending.truncate(self.longest_line);
                    lines.file.cut_lines += 1;
                    lines.bytes(&pending);
                    pending.clear();
                    skipping = true;
                }
            }
        }
        if !pending.is_empty() {
            lines.bytes(&pending);
        }
        lines.finish(&head)
    }
}

/// A time of day has no date yet, and takes that of a stamp that is believed.
fn believable(stamp: Stamp) -> bool {
    stamp.zone == Zone::TimeOfDay || believed(stamp.at)
}

/// The state of one file.
struct Lines {
    file: LogFile,
    names: Names,
    ginkgo: Ginkgo,
    /// Told by the head of the file.
    layers: Option<Layers>,
    scratch: String,
    longest_line: usize,
    /// Of standard output and of standard error, which a runtime cuts apart and mixes.
    parts: [Parts; 2],
}

/// The parts of a line that a runtime cut.
#[derive(Default)]
struct Parts {
    text: String,
    full: bool,
}

impl Lines {
    fn new(label: &str, longest_line: usize) -> Self {
        Self {
            longest_line,
            file: LogFile { label: label.to_owned(), ..LogFile::default() },
            names: Names::default(),
            ginkgo: Ginkgo::default(),
            layers: None,
            scratch: String::new(),
            parts: Default::default(),
        }
    }

    /// A document begins with a bracket and nothing in it is a log line.
    fn may_be_document(&self, head: &[u8]) -> bool {
        self.file.recognised == 0
            && head.iter().find(|byte| !byte.is_ascii_whitespace()).is_none_or(|first| matches!(first, b'{' | b'['))
    }

    fn bytes(&mut self, bytes: &[u8]) {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.line(text, false),
            Err(_) => self.line(&String::from_utf8_lossy(bytes), false),
        }
    }

    /// `clean`: no byte of it is an escape or a NUL.
    fn line(&mut self, text: &str, clean: bool) {
        self.file.lines += 1;
        let mut scratch = std::mem::take(&mut self.scratch);
        let stripped = self.layers.unwrap_or_default().clean(clean).strip(text, &mut scratch);
        let stream = usize::from(stripped.stream == Some("stderr"));
        let begun = !self.parts[stream].text.is_empty();
        if begun {
            self.join(stream, &" ".repeat(stripped.indent));
        }
        if begun || stripped.partial {
            self.join(stream, stripped.line);
        }
        if !stripped.partial {
            let whole = std::mem::take(&mut self.parts[stream]).text;
            self.content(if begun { &whole } else { stripped.line }, stripped.read_at);
        }
        self.scratch = scratch;
    }

    /// Adds a part to a line that a runtime cut. The limit of a line holds for the whole: a file of nothing but parts
    /// would be one line.
    fn join(&mut self, stream: usize, part: &str) {
        let parts = &mut self.parts[stream];
        let room = if parts.full { 0 } else { self.longest_line.saturating_sub(parts.text.len()) };
        let fits = (0..=room.min(part.len())).rev().find(|at| part.is_char_boundary(*at)).unwrap_or(0);
        if fits < part.len() && !std::mem::replace(&mut parts.full, true) {
            self.file.cut_lines += 1;
        }
        parts.text.push_str(&part[..fits]);
    }

    fn content(&mut self, line: &str, read_at: Option<Nanos>) {
        let read_at = read_at.filter(|at| believed(*at));
        let number = u32::try_from(self.file.lines).unwrap_or(u32::MAX);
        for format in formats::ALL {
            let Some(message) = format.message(line) else { continue };
            let decode = vocabulary::decoder(message).or_else(|| {
                let may_say = vocabulary::may_be_other(message, line) || format.level(line) >= Some(Level::Error);
                may_say.then_some(vocabulary::other as vocabulary::Decode)
            });
            let Some(decode) = decode else { return };
            let said = format
                .record(line)
                .and_then(|record: Record<'_>| Some((record.stamp, decode(&record, &mut self.names)?)));
            if let Some((stamp, what)) = said {
                self.file.recognised += 1;
                // A time that cannot be one is none; what the line says stands.
                let stamp = stamp.filter(|stamp| believable(*stamp));
                self.file.sightings.push(Sighting { line: number, stamp, read_at, what });
            }
            return;
        }
        let before = self.file.sightings.len();
        if self.ginkgo.read(line, number, &mut self.names, &mut self.file.sightings) {
            self.file.recognised += 1;
            for sighting in &mut self.file.sightings[before..] {
                sighting.stamp = sighting.stamp.filter(|stamp| believable(*stamp));
            }
        } else if let Some(what) = vocabulary::plain(line, &mut self.names) {
            self.file.recognised += 1;
            self.file.sightings.push(Sighting { line: number, stamp: None, read_at, what });
        }
    }

    fn finish(mut self, head: &[u8]) -> LogFile {
        // A log that was cut between two parts still has the first.
        for parts in std::mem::take(&mut self.parts) {
            if !parts.text.is_empty() {
                self.content(&parts.text, None);
            }
        }
        self.ginkgo.finish(&mut self.names, &mut self.file.sightings);
        // A failure's message is complete only after its last line, and stands where it began.
        self.file.sightings.sort_by_key(|sighting| sighting.line);
        if self.may_be_document(head) {
            self.file.document = documents::recognise(head);
        }
        if self.file.document.is_some() {
            self.file.recognised = self.file.lines;
        }
        self.file
    }
}
