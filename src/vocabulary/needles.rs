//! Needles: short texts of which every line that says something holds one, so that a search through a whole chunk finds
//! these lines and all others are never taken apart.
//!
//! A needle may stand in a line that says nothing; the other way round it must not be. Tests hold that for every
//! message of the tables and for recorded lines. Who adds a wording, or free text, looks here.

use std::sync::LazyLock;

use aho_corasick::packed::{Config, MatchKind, Searcher};

/// Tails and middles of words, for the search knows a place by four bytes first, and by rare ones it is seldom wrong.
/// It lays those in one column together, in which each byte may be of any of them: so a column holds what is alike.
/// In other text of logs and manuals one place in three hundred was looked at twice.
#[rustfmt::skip]
const NEEDLES: &[&str] = &[
    "ent(s)", "anic", "ta Storage", "[Process ", "Query ", "dout P", "Batch e", "FAIL",
    "TTP ", "tamps", "nt event not", "ror\t", "PED]", "r max", "kipping", " seconds",

    "ING]", "hutdown ", "----------------------------", "R BUG", "buffer", "TED]", "fatal", "TEP: ",
    "DLQ ", "RROR", "ng events on shutdown", "flush ", "Invalid ", "r tick received", "dit_e", "y_event",

    "l run ", "ejecting ", "dom Seed: ", "QL connection established", "Running ", "Audit", "UDIT", "ts (",
    "SUCCESS!", "iner logs to ", "ailed", "ANIC", "Summarizing ", "FATAL", "tderr P", "HAPI FLUSH",

    "OUT]", "lerKind", "LAKEY TEST", "] at: ", "\"error\"", "audit ", "g Data", "ts yet",
    "Created ",
];

static SEARCH: LazyLock<Option<Searcher>> = LazyLock::new(|| {
    // The limit is of a general purpose: these needles are many and rare.
    let mut config = Config::new();
    config.match_kind(MatchKind::LeftmostFirst).heuristic_pattern_limits(false);
    config.builder().extend(NEEDLES).build()
});

/// The first needle of `bytes` from `at` on.
#[derive(Clone, Copy)]
pub struct Needles(&'static Searcher);

impl Needles {
    /// `None` on a processor that has no fast way to search for many texts at once: then every line is read.
    pub fn new() -> Option<Self> {
        SEARCH.as_ref().map(Self)
    }

    /// Where the first needle begins, not before `at`.
    pub fn find(self, bytes: &[u8], at: usize) -> Option<usize> {
        Some(self.0.find_in(bytes, (at..bytes.len()).into())?.start())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_holds_a_needle() {
        let without: Vec<&str> =
            super::super::messages().filter(|message| !NEEDLES.iter().any(|needle| message.contains(needle))).collect();
        assert_eq!(without, Vec::<&str>::new());
    }

    #[test]
    fn no_needle_is_too_short_or_holds_another() {
        for needle in NEEDLES {
            assert!(needle.len() >= 4, "{needle}");
            let within: Vec<_> = NEEDLES.iter().filter(|other| *other != needle && needle.contains(**other)).collect();
            assert!(within.is_empty(), "{needle} is found by {within:?}");
        }
    }
}
