//! Was the server there? What a case's lines say of it between the first attempt and the last look.

use crate::instant::{Instant, Nanos, SECOND};
use crate::sighting::TestLine;

use super::Seen;
use super::journeys::Case;

impl Case<'_> {
    /// Lines of the failing block that say that the server could not be reached.
    pub fn unreachable_lines(&self) -> Vec<Seen> {
        self.world
            .spec_lines(self.failed.block)
            .filter(|(_, line)| matches!(line, TestLine::ServerUnreachable { .. }))
            .map(|(seen, _)| seen)
            .collect()
    }

    /// The failure says that it needed the server: it speaks of health, of the infrastructure, or of `DataStorage`.
    pub fn needed_the_server(&self) -> bool {
        let said = format!("{} {}", self.failed.text, self.failed.message).to_ascii_lowercase();
        ["health", "infrastructure", "data storage", "datastorage", "audit"].iter().any(|word| said.contains(word))
    }

    /// Start of the time in which the server was needed: the first attempt of the batch, else the window's start.
    fn needed_from(&self) -> Option<Nanos> {
        let batch = self.batch().filter(|batch| !batch.failures.is_empty()).or_else(|| self.lost_batch_of_window());
        // Where the flush is hidden the first attempt's own line stands for it.
        let attempt = batch.and_then(|batch| {
            let line = batch.failures.first().and_then(|(seen, _)| self.world.printed.of(*seen).lo());
            batch.flushed.lo().or(line)
        });
        let span = self.world.output.blocks[self.failed.block].span.map(|(first, _)| first);
        let took = self.failed.took.zip(self.failed.deadline.and_then(Instant::lo)).map(|(took, end)| end - took);
        attempt.or_else(|| self.looking.start.and_then(Instant::lo)).or(took).or(span)
    }

    /// Whether the server's log shows no answer from the first attempt to the last look. A clock that no pair bounds is
    /// taken for the test host's where the server's log begins within the suite's own time.
    pub fn server_was_silent(&self) -> bool {
        if self.world.requests.is_empty() {
            return !self.world.servers.is_empty();
        }
        let server = self.world.server_of(self.store).or_else(|| self.world.server_of(None));
        server.is_some_and(|server| self.rough_offset(server).is_some())
            && self.served_between_attempt_and_last_look().is_empty()
    }

    fn rough_offset(&self, server: usize) -> Option<Nanos> {
        const NEAR: Nanos = 300 * SECOND;
        // Of a clock that stepped the first offset is as rough as any.
        if let Some(offset) = self.world.offsets.first(server) {
            return offset.lo();
        }
        let (begins, _) = self.world.servers[server].span?;
        let suite = self.world.output.blocks[self.failed.block].suite;
        let (first, last) = self.world.index.spans.get(&suite).copied()?;
        (first - NEAR..=last).contains(&begins).then_some(0)
    }

    /// Requests that the server answered from the first attempt to the last look, as far as its clock is known.
    pub fn served_between_attempt_and_last_look(&self) -> Vec<usize> {
        let Some(from) = self.needed_from() else { return Vec::new() };
        let to = self.last_look_at().and_then(Instant::hi).or_else(|| self.failed.deadline.and_then(Instant::hi));
        let Some(to) = to else { return Vec::new() };
        let mut served: Vec<usize> = Vec::new();
        for (server, answered) in self.world.index.answered.iter().enumerate() {
            let Some(offset) = self.rough_offset(server) else { continue };
            let first = answered.partition_point(|(end, _)| end.saturating_add(offset) < from);
            let inside = answered[first..].iter().take_while(|(end, _)| end.saturating_add(offset) <= to);
            served.extend(inside.map(|(_, index)| *index));
        }
        served.sort_unstable();
        served
    }

    /// The server's last request, when it lies before the last look.
    pub fn server_end(&self) -> Option<(String, Seen)> {
        let server = self.world.server_of(self.store).or_else(|| self.world.server_of(None))?;
        let offset = self.rough_offset(server)?;
        let last = &self.world.requests[self.world.index.last_of_server[server]?];
        let look = self.last_look_at().or(self.failed.deadline)?;
        let ends_before = last.end.lo()?.saturating_add(offset) < look.lo()?;
        ends_before.then(|| ("the server's last answer lies before the last look".to_owned(), last.at))
    }
}
