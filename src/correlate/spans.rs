//! Spans: what holds for the lines of a server from one line on. A clock that steps has another offset after the step;
//! the server's lines stand in the order in which they were printed, whatever its clock showed.

use super::Seen;
use super::requests::Request;

/// A value for each stretch of each server's log.
#[derive(Debug, Clone)]
pub struct Spans<T> {
    /// By server: the sighting from which on a value holds, in order, the first one at 0.
    servers: Vec<Vec<(usize, Option<T>)>>,
}

impl<T: Copy> Spans<T> {
    /// Nothing is known of any of so many servers.
    pub fn unknown(servers: usize) -> Self {
        Self { servers: vec![Vec::new(); servers] }
    }

    /// Sets what holds for a server: from which sighting on, in their order. The first value holds from the beginning.
    pub fn set(&mut self, server: usize, spans: Vec<(usize, Option<T>)>) {
        self.servers[server] = spans;
    }

    /// What holds for a line of a server.
    pub fn at(&self, server: usize, line: Seen) -> Option<T> {
        let spans = &self.servers[server];
        let after = spans.partition_point(|(from, _)| *from <= line.index);
        spans.get(after.saturating_sub(1)).and_then(|(_, value)| *value)
    }

    /// What holds for a request.
    pub fn of(&self, request: &Request) -> Option<T> {
        self.at(request.server, request.at)
    }

    /// What holds first.
    pub fn first(&self, server: usize) -> Option<T> {
        self.servers[server].iter().find_map(|(_, value)| *value)
    }
}
