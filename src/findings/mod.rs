//! *Findings*: what a bundle shows and its reader should know. A finding is never the cause of a failure: no spec is
//! explained by it, and it stands in no ranked list.
//!
//! To add one: a [`Kind`] in the file of its kin, or in one of its own, a line in `ALL` below, and a row in
//! `docs/causes.md`, which a test asks for.

mod clocks;
mod collection;
mod contradictions;
mod noise;
mod poll_loops;
mod restarts;
mod rows;
mod runs;
mod settings;

pub use collection::collected;

use crate::correlate::World;
use crate::documents::Document;
use crate::report::{Finding, Place};

/// Something to know about a bundle.
pub struct Kind {
    /// In kebab-case, as in every output.
    pub id: &'static str,
    /// What it says, in a few words.
    pub title: &'static str,
    /// Where the bundle shows it: what it says each time, and its places.
    find: fn(&World) -> Vec<Said>,
}

/// The text of a finding with its places.
type Said = (String, Vec<Place>);

/// Every kind, in the order in which findings are told: what bears on the whole bundle first, what is harmless last.
/// (Four more are found elsewhere, see `docs/causes.md`.)
pub static ALL: &[&Kind] = &[
    &runs::SEVERAL_RUNS,
    &clocks::CLOCK_STEP,
    &contradictions::REPLAY_DISAGREES,
    &restarts::SERVER_RESTARTED,
    &clocks::CLOCK_ASSUMED,
    &restarts::CONTAINER_ENDED,
    &collection::COLLECTION_ERROR,
    &collection::SANITIZED,
    &settings::SETTING_NOT_APPLIED,
    &rows::CREATED_TWICE,
    &rows::CREATED_BY_NOBODY,
    &noise::TIMER_ALARM,
    &poll_loops::POLL_LOOP,
    &noise::NOISE,
];

/// Everything worth knowing, by kind.
pub fn findings(world: &World) -> Vec<Finding> {
    let of = |kind: &&'static Kind| {
        let id = kind.id;
        (kind.find)(world).into_iter().map(move |(text, places)| Finding { id, text, places })
    };
    ALL.iter().flat_map(of).collect()
}

/// Documents of the bundle with their places; they are read whole, so the first line stands for all.
fn documents(world: &World) -> impl Iterator<Item = (&Document, Place)> {
    world.files.iter().filter_map(|file| {
        let place = Place { file: file.label.clone(), line: 1, to_line: None };
        Some((file.document.as_ref()?, place))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_lists_every_kind() {
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/causes.md"));
        let (_, table) = text.split_once("## Findings").expect("a section on findings");
        let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
        let documented: Vec<(&str, &str)> = rows.map(|(id, title)| (id, title.trim_end_matches(" |"))).collect();
        let known = ALL.iter().map(|kind| (kind.id, kind.title));
        // Found before or after the others: while files are read and put together, and when failures are told.
        let elsewhere = [
            ("read-once", "a file is there twice, and was read once"),
            ("logs-overlap", "parts of one log repeat lines of each other"),
            ("log-gap", "lines are missing between two parts of one log"),
            ("told-in-brief", "more specs failed than are told in full"),
        ];
        assert_eq!(documented, known.chain(elsewhere).collect::<Vec<_>>());
    }
}
