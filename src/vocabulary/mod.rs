//! What a line says. A *vocabulary* is a table from messages to sightings; it knows nothing of how a line is written.
//!
//! Structured lines are found through one hash table over all exact messages. Free text (test output) is tried member
//! by member. To add a vocabulary of messages: a file here, and two lines below (`mod`, `WORDINGS`). A line without any
//! of the [`Needles`] is not read at all: what is added must hold one.

mod audit_store;
mod code_places;
mod controllers;
mod datastorage;
mod ginkgo;
mod looks;
mod needles;
mod postgresql;
mod python_store;

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::LazyLock;

pub use code_places::may_be_place;
pub use ginkgo::{Ginkgo, NEAR};
pub use looks::parameter;
pub use needles::Needles;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::formats::Record;
use crate::secrets::masked;
use crate::sighting::{Text, What};

/// Makes a sighting of a decoded record; `None` when a field that it needs is missing or absurd.
pub type Decode = fn(&Record<'_>, &mut Names) -> Option<What>;

/// One message and what it means.
pub struct Wording {
    /// The message without what stands before its first ASCII letter: the emoji of one year are gone in the next.
    pub message: &'static str,
    /// How its fields are read.
    pub decode: Decode,
}

/// Every table of exact messages.
static WORDINGS: &[&[Wording]] = &[audit_store::WORDINGS, datastorage::WORDINGS];

/// A hash for the messages above: every line is looked up, and nobody can choose what stands in the table.
#[derive(Default)]
struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }

    fn finish(&self) -> u64 {
        // The table takes its bits from both ends.
        self.0 ^ (self.0 >> 32)
    }
}

static BY_MESSAGE: LazyLock<HashMap<&'static str, Decode, BuildHasherDefault<Quick>>> =
    LazyLock::new(|| WORDINGS.iter().copied().flatten().map(|wording| (wording.message, wording.decode)).collect());

/// The texts of one file, each kept once.
#[derive(Debug)]
pub struct Names {
    /// By their hash, which nobody outside can foresee. Of two texts with one hash the second is not shared.
    known: HashMap<u64, Text, BuildHasherDefault<Hashed>>,
    seed: u64,
}

impl Default for Names {
    fn default() -> Self {
        Self { known: HashMap::default(), seed: RandomState::new().hash_one(0) }
    }
}

/// The hash of what is a hash.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Names {
    /// The shared copy of a name.
    pub fn text(&mut self, name: &str) -> Text {
        let known = self.known.entry(xxh3_64_with_seed(name.as_bytes(), self.seed));
        let known = known.or_insert_with(|| Text::from(name));
        if known.as_str() == name { known.clone() } else { Text::from(name) }
    }

    /// Free text from a log, with secrets masked and cut to a length that a report can print.
    pub fn prose(&mut self, text: &str) -> Text {
        const LONGEST: usize = 2000;
        let masked = masked(text);
        let cut = masked.char_indices().nth(LONGEST).map_or(masked.len(), |(at, _)| at);
        self.text(&masked[..cut])
    }
}

/// The message without its leading emoji and blanks.
pub fn bare(message: &str) -> &str {
    message.trim_start_matches(|c: char| !c.is_ascii() || c == ' ')
}

/// The decoder for a message, if any vocabulary knows it.
pub fn decoder(message: &str) -> Option<Decode> {
    BY_MESSAGE.get(bare(message)).copied()
}

/// Whether the decoder of a known message gave nothing because its fields are missing or absurd, and not because
/// another service prints the same words.
pub fn is_unreadable(record: &Record<'_>) -> bool {
    decoder(record.message).is_some() && !datastorage::is_foreign(record)
}

/// Every exact message, in no order that means anything.
pub fn messages() -> impl Iterator<Item = &'static str> {
    WORDINGS.iter().copied().flatten().map(|wording| wording.message)
}

/// Whether [`other`] may make something of a line that is no error: a cheap question before the line is decoded.
pub fn may_be_other(message: &str, line: &str) -> bool {
    controllers::may_say(message, line)
}

/// A record whose message no table knows: an object that a controller took up, an error, a database's complaint.
pub fn other(record: &Record<'_>, names: &mut Names) -> Option<What> {
    postgresql::read(record, names).or_else(|| controllers::read(record, names))
}

/// A line without a format, outside of test output: the Python store's plain text.
pub fn plain(line: &str, names: &mut Names) -> Option<What> {
    python_store::read(line, names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_and_variation_selectors_do_not_matter() {
        assert_eq!(bare("⏱️  Timer-based flush triggered"), "Timer-based flush triggered");
        assert_eq!(bare("⚠️ Audit store closed, dropping event"), "Audit store closed, dropping event");
        assert_eq!(bare("Event buffered successfully"), "Event buffered successfully");
    }

    #[test]
    fn no_message_stands_in_two_tables() {
        let all = WORDINGS.iter().copied().flatten().count();
        assert_eq!(BY_MESSAGE.len(), all);
    }

    #[test]
    fn every_vocabulary_file_is_registered() {
        let source = include_str!("mod.rs");
        for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/vocabulary")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let module = name.trim_end_matches(".rs");
            assert!(module == "mod" || source.contains(&format!("mod {module};")), "{name} is not registered");
        }
    }
}
