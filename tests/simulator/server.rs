//! The server: one request after the other on each connection, its own clock, its own log.

use super::params::{MICRO, MILLI, Params};
use super::random::Random;

/// The moment at which all runs begin, on the test host's clock: 2026-01-14T19:35:09Z.
pub const BEGIN: i64 = 1_768_419_309_000_000_000;

/// One request, on the test host's clock.
#[derive(Debug, Clone)]
pub struct Request {
    /// Client: sent.
    pub sent: i64,
    /// Server: handler entered.
    pub begin: i64,
    /// Server: handler left, and its line printed.
    pub end: i64,
    /// Client: answer read.
    pub response: i64,
    /// Committed, for a 201.
    pub committed: Option<i64>,
    /// Client's port.
    pub port: u32,
    /// Status.
    pub status: u16,
    /// Events of a POST; rows of a GET.
    pub size: usize,
    /// A POST of a batch, else a query.
    pub write: bool,
    /// Its id's number, given when the log is put together.
    pub number: usize,
    /// The batch that it carried: index in its process.
    pub batch: Option<usize>,
}

/// Server's clock less test host's at a moment of the test host's clock.
pub fn offset_at(params: &Params, at: i64) -> i64 {
    let set = params.step.filter(|(after, _)| at - BEGIN >= *after).map_or(0, |(_, by)| by);
    params.offset + (at - BEGIN) / 1_000_000 * params.drift + set
}

/// A request of a client: on its way, handled, back. Most writes take 3 to 15 ms, and so they were measured.
pub fn request(random: &mut Random, busy: bool, sent: i64, write: bool, held: i64) -> Request {
    let begin = sent + random.between(80 * MICRO, 300 * MICRO) + late(random, busy);
    let handler = if write {
        random.between(2_500 * MICRO, 9 * MILLI) + if random.permille(50) { random.between(0, 60 * MILLI) } else { 0 }
    } else {
        random.between(1_500 * MICRO, 5 * MILLI)
    };
    let end = begin + handler + held;
    let response = end + random.between(100 * MICRO, 500 * MICRO) + late(random, busy);
    let committed = write.then(|| end - random.between(200 * MICRO, 1_500 * MICRO));
    Request {
        sent,
        begin,
        end,
        response,
        committed,
        port: 0,
        status: if write { 201 } else { 200 },
        size: 0,
        write,
        number: 0,
        batch: None,
    }
}

/// How long something that could run has to wait for a core, beyond the usual.
pub fn late(random: &mut Random, busy: bool) -> i64 {
    if busy && random.permille(30) { random.between(MILLI, 12 * MILLI) } else { 0 }
}
