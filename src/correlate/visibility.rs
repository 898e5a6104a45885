//! What a store's log can show at all.
//!
//! Levels moved the hot-path lines from Info to V(1) to V(2) between April and May 2026 (`3171d3621`, `8e34ea96d`,
//! `0dc1ef14b`), and a log names no version. So a kind of line is observable where a line of that kind occurs.

use crate::reading::LogFile;
use crate::sighting::{StoreEvent, What};

use super::stores::Store;

/// Kinds of lines that occur.
#[allow(clippy::struct_excessive_bools, reason = "five independent facts, read by name")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Visible {
    /// "`StoreAudit` called", "Event buffered".
    pub calls: bool,
    /// "Timer tick received".
    pub ticks: bool,
    /// "Explicit flush requested", "Timer-based flush triggered".
    pub flushes: bool,
    /// "Wrote audit batch".
    pub writes: bool,
    /// Anything at all: start lines and errors are printed at every level.
    pub any: bool,
}

impl Visible {
    /// What one store shows.
    pub fn of(files: &[LogFile], store: &Store) -> Self {
        let mut visible = Self::default();
        for segment in &store.segments {
            for index in &segment.lines {
                let What::Store(line) = &files[segment.file].sightings[*index].what else { continue };
                visible.any = true;
                match &line.event {
                    // "Validation passed" names no id, so it shows no call.
                    StoreEvent::Called { .. } | StoreEvent::Buffered { .. } => visible.calls = true,
                    StoreEvent::Tick(_) => visible.ticks = true,
                    StoreEvent::FlushRequested | StoreEvent::FlushProcessing { .. } | StoreEvent::FlushBegan { .. } => {
                        visible.flushes = true;
                    }
                    StoreEvent::Wrote { .. } => visible.writes = true,
                    _ => {}
                }
            }
        }
        visible
    }

    /// What any of several shows: stores of one suite print at one level.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            calls: self.calls || other.calls,
            ticks: self.ticks || other.ticks,
            flushes: self.flushes || other.flushes,
            writes: self.writes || other.writes,
            any: self.any || other.any,
        }
    }
}
