//! Lines: what the lines of one file said so far, and what the next one has to be read with.

use std::num::NonZeroI64;

use memchr::{memchr, memchr_iter, memchr2, memrchr};

use super::LogFile;
use crate::documents;
use crate::formats::{self, Level, Record};
use crate::instant::{Nanos, believed};
use crate::prefixes::Layers;
use crate::sighting::Sighting;
use crate::streams::{believable, free_text};
use crate::vocabulary::{self, Ginkgo, NEAR, Names, Needles};

/// How all lines of a file are read.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// Told by the head of the file.
    pub layers: Layers,
    /// Longest line that is kept whole, in bytes.
    pub longest_line: usize,
    /// What the file's first lines leave open was noted.
    pub begun: bool,
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
    /// Where in a chunk the lines begin that the reader of test output has not seen.
    unseen: usize,
    /// It was shown a line of text.
    shown: bool,
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
            unseen: 0,
            shown: false,
        }
    }

    /// Before a later line, without what stands before it.
    pub fn later(manner: Manner, names: Names) -> Self {
        let mut later = Self { names, ginkgo: Ginkgo::later(), ..Self::new("", manner) };
        if manner.begun {
            later.file.edges.settle();
        }
        later
    }

    /// How the lines after these are read.
    pub fn manner(&self) -> Manner {
        Manner { begun: !self.file.edges.is_open(self.number()), ..self.manner }
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
        // Whether a terminal left its marks in a chunk is asked once and not line by line. A mark can stand in the middle
        // of a needle.
        let clean = memchr2(0x1b, 0, chunk).is_none();
        match Needles::new().filter(|_| clean) {
            Some(needles) => self.sift(chunk, needles),
            None => self.every(chunk, clean),
        }
    }

    /// Reads every line.
    pub(super) fn every(&mut self, chunk: &[u8], clean: bool) {
        let mut at = 0;
        while at < chunk.len() {
            at = self.line_at(chunk, at, clean);
        }
    }

    /// Reads the lines that may say something, and passes over all others.
    fn sift(&mut self, chunk: &[u8], needles: Needles) {
        (self.unseen, self.shown) = (0, false);
        let (mut at, mut hit) = (0, needles.find(chunk, 0));
        while at < chunk.len() {
            if self.hangs_on_each() {
                at = self.sifted(chunk, at);
                continue;
            }
            if hit.is_some_and(|hit| hit < at) {
                hit = needles.find(chunk, at);
            }
            let begin = hit.map_or(chunk.len(), |hit| memrchr(b'\n', &chunk[at..hit]).map_or(at, |end| at + end + 1));
            at = self.pass_over(chunk, at, begin);
            if at < chunk.len() {
                at = self.sifted(chunk, at);
            }
        }
        self.recall(chunk, chunk.len(), self.number());
    }

    /// Whether the next line can say something by what stands before it.
    fn hangs_on_each(&self) -> bool {
        self.ginkgo.open_line().is_some() || self.is_cut() || self.file.edges.is_open(self.number())
    }

    /// A runtime cut the line.
    fn is_cut(&self) -> bool {
        self.parts.iter().any(|parts| !parts.text.is_empty())
    }

    /// Passes over the lines from `at` to `to`, none of which holds a needle; returns where it ended: at `to`, or at a
    /// line that may be a location.
    fn pass_over(&mut self, chunk: &[u8], at: usize, to: usize) -> usize {
        let mut begin = at;
        let open = (to > at && chunk[to - 1] != b'\n').then_some(to - at);
        for feed in memchr_iter(b'\n', &chunk[at..to]).chain(open) {
            if vocabulary::may_be_place(&chunk[begin..at + feed]) {
                return begin;
            }
            self.file.lines += 1;
            begin = (at + feed + 1).min(to);
        }
        to
    }

    /// Reads a line among others that were passed over; returns where the next begins.
    fn sifted(&mut self, chunk: &[u8], at: usize) -> usize {
        let (before, was_cut) = (self.number(), self.is_cut());
        if vocabulary::may_be_place(without_feed(&chunk[at..line_end(chunk, at)])) {
            self.recall(chunk, at, before);
        }
        let end = self.line_at(chunk, at, true);
        // A part cannot be told from a whole line when it is looked back at.
        if self.is_cut() && !was_cut {
            self.recall(chunk, at, before);
        }
        if std::mem::take(&mut self.shown) || self.is_cut() || was_cut {
            self.unseen = end;
        }
        end
    }

    /// Shows the reader of test output the last line of free text before `to`, if it has not seen it: a location can
    /// follow. That line's number is `number` or less.
    fn recall(&mut self, chunk: &[u8], to: usize, mut number: u32) {
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut end = to;
        for _ in 0..NEAR {
            if end <= self.unseen {
                break;
            }
            let text = without_feed(&chunk[self.unseen..end]);
            let begin = memrchr(b'\n', text).map_or(self.unseen, |feed| self.unseen + feed + 1);
            let text = String::from_utf8_lossy(without_feed(&chunk[begin..end]));
            let line = self.manner.layers.clean(true).strip(&text, &mut scratch).line;
            if !line.trim_end().is_empty() && formats::ALL.iter().all(|format| format.message(line).is_none()) {
                self.ginkgo.pass(line, number);
                break;
            }
            (end, number) = (begin, number.saturating_sub(1));
        }
        self.unseen = to;
        self.scratch = scratch;
    }

    /// Reads the line at `at`; returns where the next begins.
    fn line_at(&mut self, chunk: &[u8], at: usize, clean: bool) -> usize {
        let end = line_end(chunk, at);
        let bytes = without_feed(&chunk[at..end]);
        match std::str::from_utf8(bytes) {
            Ok(text) => self.line(text, clean),
            Err(_) => self.line(&String::from_utf8_lossy(bytes), clean),
        }
        end
    }

    fn number(&self) -> u32 {
        u32::try_from(self.file.lines).unwrap_or(u32::MAX)
    }

    /// Adds what was read of the next chunk without what stands before it. False, and nothing is added, where that
    /// would have mattered.
    pub fn join(&mut self, next: Self) -> bool {
        let cut = self.is_cut();
        let before = self.number();
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
        let number = self.number();
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
                let read_at = read_at.and_then(NonZeroI64::new);
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
        self.shown |= !line.trim_end().is_empty();
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
        let lines = self.number();
        self.file.edges.close(&self.ginkgo, &self.file.sightings, lines);
        self.ginkgo.finish(&mut self.names, &mut self.file.sightings);
        // A failure's message is complete only after its last line, and stands where it began. Sorting takes room.
        if !self.file.sightings.is_sorted_by_key(|sighting| sighting.line) {
            self.file.sightings.sort_by_key(|sighting| sighting.line);
        }
        self.file.document = document.filter(|head| self.may_be_document(head)).and_then(documents::recognise);
        if self.file.document.is_some() {
            self.file.recognised = self.file.lines;
        }
        self.file
    }
}

/// Where the line that begins at `at` ends, its line feed included.
fn line_end(chunk: &[u8], at: usize) -> usize {
    memchr(b'\n', &chunk[at..]).map_or(chunk.len(), |feed| at + feed + 1)
}

fn without_feed(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Path;

    /// What every line says, and the lines that are passed over left out.
    fn both(chunks: &[&[u8]]) -> [String; 2] {
        let head = String::from_utf8_lossy(chunks[0]).into_owned();
        [false, true].map(|sifted| {
            let manner = Manner { layers: Layers::of(&head), longest_line: 1 << 20, begun: true };
            let mut lines = Lines::new("x", manner);
            lines.file.edges.settle();
            for chunk in chunks {
                let needles = Needles::new().expect("a processor with a fast search");
                if sifted { lines.sift(chunk, needles) } else { lines.every(chunk, false) }
            }
            let LogFile { sightings, lines, recognised, unreadable, cut_lines, .. } = lines.finish(None, 0);
            format!("{lines} {recognised} {unreadable} {cut_lines} {sightings:#?}")
        })
    }

    fn recorded() -> Vec<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
        let mut folders = vec![root.join("scenarios"), root.join("formats")];
        let mut texts = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(text) = std::fs::read_to_string(&path) {
                    texts.push(text);
                }
            }
        }
        assert!(texts.len() > 50, "found {} files", texts.len());
        texts
    }

    #[test]
    fn recorded_lines_say_the_same_when_others_are_passed_over() {
        for text in recorded() {
            let plain = crate::prefixes::without_colour(&text);
            let [every, sifted] = both(&[plain.as_bytes()]);
            assert_eq!(every, sifted, "{text}");
        }
    }

    /// Lines that hang together, and some that say nothing.
    const LINES: &[&str] = &[
        "Suite A should record the event\n",
        "/src/a_test.go:306\n",
        "  /src/a_test.go:+307 \n",
        "------------------------------\n",
        "• [FAILED] [1.234 seconds]\n",
        "[FAILED] Timed out after 2.801s.\n",
        "Expected\n",
        "In [It] at: /src/a_test.go:306 @ 11/24/26 13:46:44.215\n",
        "Summarizing 2 Failures:\n",
        "Running Suite: B - /src/b\n",
        "\n",
        "   \n",
        "GET /healthz HTTP/1.1 200\n",
        "{\"level\":\"info\",\"ts\":1795546402.405649,\"msg\":\"of no interest\"}\n",
        "{\"level\":\"info\",\"ts\":1795546402.405649,\"msg\":\"Explicit flush requested\"}\n",
        "{\"level\":\"error\",\"ts\":1795546402.405649,\"msg\":\"some error\"}\n",
        "{\"level\":\"info\",\"msg\":\"Audit store closed\"\n",
        "2026-11-24T18:44:38.7Z stdout P Suite A sh\n",
        "2026-11-24T18:44:38.7Z stdout F ould record\n",
        "2026-11-24T18:44:38.7Z stdout F /src/a_test.go:306\n",
        "2026-11-24T18:44:38.7Z stderr P {\"level\":\"info\",\"ts\":1795546402.405649,\"msg\":\"Explicit flu\n",
        "2026-11-24T18:44:38.7Z stderr F sh requested\"}\n",
    ];

    proptest! {
        #[test]
        fn lines_in_any_order_say_the_same(picked in prop::collection::vec(0..LINES.len() + 20, 2..60), cut in 0usize..60) {
            // The last kinds stand for many lines without a word.
            let line = |at: &usize| LINES.get(*at).map_or_else(|| "nothing\n".repeat(at - LINES.len()), ToString::to_string);
            let text = |from: usize, to: usize| picked[from..to].iter().map(line).collect::<String>();
            let cut = cut.min(picked.len());
            let [every, sifted] = both(&[text(0, cut).as_bytes(), text(cut, picked.len()).as_bytes()]);
            prop_assert_eq!(every, sifted);
        }
    }
}
