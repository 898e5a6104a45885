//! Lines: what the lines of one file said so far, and what the next one has to be read with.

use memchr::{memchr_iter, memchr2};

use super::LogFile;
use crate::documents;
use crate::formats::{self, Level, Record};
use crate::instant::{Nanos, believed};
use crate::prefixes::Layers;
use crate::sighting::Sighting;
use crate::streams::{believable, free_text};
use crate::vocabulary::{self, Ginkgo, Names};

/// How all lines of a file are read.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// Told by the head of the file.
    pub layers: Layers,
    /// Longest line that is kept whole, in bytes.
    pub longest_line: usize,
}

/// The lines of one file, or of one chunk of it.
pub(super) struct Lines {
    file: LogFile,
    names: Names,
    ginkgo: Ginkgo,
    manner: Manner,
    scratch: String,
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
    /// Before the first line of a file.
    pub fn new(label: &str, manner: Manner) -> Self {
        Self {
            file: LogFile { label: label.to_owned(), ..LogFile::default() },
            names: Names::default(),
            ginkgo: Ginkgo::default(),
            manner,
            scratch: String::new(),
            parts: Default::default(),
        }
    }

    /// Before a later line, without what stands before it.
    pub fn later(manner: Manner, names: Names) -> Self {
        Self { names, ginkgo: Ginkgo::later(), ..Self::new("", manner) }
    }

    /// How these lines are read.
    pub fn manner(&self) -> Manner {
        self.manner
    }

    /// The texts that were met, for the next chunk.
    pub fn take_names(&mut self) -> Names {
        std::mem::take(&mut self.names)
    }

    /// Nothing in a document is a log line.
    pub fn may_be_document(&self, head: &[u8]) -> bool {
        self.file.recognised == 0 && documents::may_be(head)
    }

    /// Reads whole lines; the last can lack its newline.
    pub fn chunk(&mut self, chunk: &[u8]) {
        // Whether a chunk is text, and whether a terminal left its marks in it, is asked once and not line by line.
        let clean = memchr2(0x1b, 0, chunk).is_none();
        let text = std::str::from_utf8(chunk).ok();
        let mut from = 0;
        let open = (chunk.last() != Some(&b'\n')).then_some(chunk.len());
        for end in memchr_iter(b'\n', chunk).chain(open) {
            match text {
                Some(text) => self.line(&text[from..end], clean),
                None => self.bytes(&chunk[from..end]),
            }
            from = end + 1;
        }
    }

    /// Adds what was read of the next chunk without what stands before it. False, and nothing is added, where that
    /// would have mattered.
    pub fn join(&mut self, next: Self) -> bool {
        let cut = self.parts.iter().any(|parts| !parts.text.is_empty());
        let before = u32::try_from(self.file.lines).unwrap_or(u32::MAX);
        if cut || !self.ginkgo.join(next.ginkgo, before) {
            return false;
        }
        self.parts = next.parts;
        let LogFile { sightings, lines, recognised, unreadable, cut_lines, edges, .. } = next.file;
        self.file.edges.join(edges, before);
        self.file.lines += lines;
        self.file.recognised += recognised;
        self.file.unreadable += unreadable;
        self.file.cut_lines += cut_lines;
        self.file.sightings.extend(
            sightings.into_iter().map(|sighting| Sighting { line: sighting.line.saturating_add(before), ..sighting }),
        );
        true
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
        let stripped = self.manner.layers.clean(clean).strip(text, &mut scratch);
        let stream = usize::from(stripped.stream == Some("stderr"));
        let begun = !self.parts[stream].text.is_empty();
        if begun {
            self.add_part(stream, &" ".repeat(stripped.indent));
        }
        if begun || stripped.partial {
            self.add_part(stream, stripped.line);
        }
        if !stripped.partial {
            let whole = std::mem::take(&mut self.parts[stream]).text;
            self.content(if begun { &whole } else { stripped.line }, stripped.read_at);
        }
        self.scratch = scratch;
    }

    /// Adds a part to a line that a runtime cut. The limit of a line holds for the whole: a file of nothing but parts
    /// would be one line.
    fn add_part(&mut self, stream: usize, part: &str) {
        let parts = &mut self.parts[stream];
        let room = if parts.full { 0 } else { self.manner.longest_line.saturating_sub(parts.text.len()) };
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
            let record: Option<Record<'_>> = format.record(line);
            let said = record.as_ref().and_then(|record| Some((record.stamp, decode(record, &mut self.names)?)));
            if let Some((stamp, what)) = said {
                self.file.recognised += 1;
                // A time that cannot be one is none; what the line says stands.
                let stamp = stamp.filter(|stamp| believable(*stamp));
                self.file.sightings.push(Sighting { line: number, stamp, read_at, what });
            } else if record.as_ref().map_or(vocabulary::decoder(message).is_some(), vocabulary::is_unreadable) {
                self.file.unreadable += 1;
            }
            return;
        }
        let (ginkgo, names) = (&mut self.ginkgo, &mut self.names);
        if free_text(ginkgo, names, line, number, read_at, &mut self.file.sightings) {
            self.file.recognised += 1;
        }
        self.file.edges.note(line, number, read_at);
    }

    /// At the end of a file: `document` are its bytes where it can be one, and `cut_lines` were too long.
    pub fn finish(mut self, document: Option<&[u8]>, cut_lines: u64) -> LogFile {
        self.file.cut_lines += cut_lines;
        // A log that was cut between two parts still has the first.
        for parts in std::mem::take(&mut self.parts) {
            if !parts.text.is_empty() {
                self.content(&parts.text, None);
            }
        }
        self.file.edges.close(&self.ginkgo, &self.file.sightings);
        self.ginkgo.finish(&mut self.names, &mut self.file.sightings);
        // A failure's message is complete only after its last line, and stands where it began.
        self.file.sightings.sort_by_key(|sighting| sighting.line);
        self.file.document = document.filter(|head| self.may_be_document(head)).and_then(documents::recognise);
        if self.file.document.is_some() {
            self.file.recognised = self.file.lines;
        }
        self.file
    }
}
