//! Requests: what `DataStorage` served, with the lines that its handlers printed about each.
//!
//! The "HTTP request" line is logged after the handler and gives its duration, so a request has a begin and an end on
//! the server's clock. Handler lines carry no request id; each goes to the next request line that fits.

use std::collections::BTreeSet;

use crate::instant::{Instant, Nanos};
use crate::reading::LogFile;
use crate::sighting::{self, ServerLine, Text, What};

use super::Seen;

/// One `DataStorage` log.
#[derive(Debug, Clone, Default)]
pub struct Server {
    /// Its file.
    pub file: usize,
    /// "HTTP server listening" lines.
    pub listening: Vec<Seen>,
    /// Lines that say that it could not serve: no database, a shutdown.
    pub failing: Vec<Seen>,
    /// A complete log begins with the server's start.
    pub starts: bool,
    /// Connection pool.
    pub pool: Option<(u64, u64, Seen)>,
    /// First and last stamp, on its own clock.
    pub span: Option<(Nanos, Nanos)>,
}

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// `POST …/audit/events/batch` or `POST …/audit/events`.
    Write,
    /// `GET …/audit/events`.
    Query,
    /// Anything else: health, workflows.
    Other,
}

/// One request with what its handler said.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its server.
    pub server: usize,
    /// The "HTTP request" line.
    pub at: Seen,
    /// What it is about.
    pub about: About,
    /// The line's fields.
    pub line: sighting::Request,
    /// When it began, on the server's clock.
    pub begin: Instant,
    /// When its line was printed, on the server's clock.
    pub end: Instant,
    /// Events that it wrote or refused, when a line or the body length tells.
    pub size: Option<u64>,
    /// Rows returned, rows matching, page limit.
    pub rows: Option<(u64, u64, u64)>,
    /// Handler's words on a failure.
    pub trouble: Option<(Text, Seen)>,
    /// The events were parked.
    pub parked: bool,
    /// The query's text, at debug level.
    pub query: Option<Text>,
    /// The batch that it carried.
    pub batch: Option<usize>,
    /// The store whose connection it came on.
    pub store: Option<usize>,
}

impl Request {
    /// Port of the client's connection, the part that tells stores apart.
    pub fn connection(&self) -> Option<&str> {
        let remote = &*self.line.remote;
        remote.rsplit_once(':').map(|_| remote)
    }

    /// The client had left: what the server says of it then is only the echo.
    pub fn is_echo(&self) -> bool {
        self.line.status == 0 || self.trouble.as_ref().is_some_and(|(text, _)| text.contains("context canceled"))
    }

    /// A 2xx that made rows visible; a 202 only parks them.
    pub fn created(&self) -> bool {
        matches!(self.line.status, 200 | 201)
    }

    /// An answer that no version of the store retries (`store.go`: since 6 May 2026 a 401 or 403 is retried).
    pub fn refused(&self) -> bool {
        matches!(self.line.status, 400..=499) && !matches!(self.line.status, 401 | 403)
    }
}

/// Body of a 201 for a batch of `n`: 39·n + digits(n) + 63 bytes (`json.Encoder` over the response of the batch
/// handler; held for 5,062 of 5,062 requests). `None` when the length fits no size.
pub fn size_of_body(bytes: u64) -> Option<u64> {
    (1..=7).find_map(|digits| {
        let events = bytes.checked_sub(63 + digits)?;
        let size = events / 39;
        let fits = events % 39 == 0 && size > 0 && u64::from(size.ilog10()) + 1 == digits;
        fits.then_some(size)
    })
}

/// Body of a query that found no row: 76 bytes with a limit of two digits; a digit of limit or offset adds one.
pub const EMPTY_BODY: u64 = 79;

/// Reads the server logs of a bundle.
pub fn read(files: &[LogFile]) -> (Vec<Server>, Vec<Request>) {
    let mut servers = Vec::new();
    let mut requests = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let lines = file.sightings.iter().filter(|sighting| matches!(sighting.what, What::Server(_))).count();
        if lines > 0 {
            let server = read_one(servers.len(), index, file, &mut requests);
            servers.push(server);
        }
    }
    (servers, requests)
}

/// More handler lines than a server has handlers at once wait for nothing.
const LONGEST_WAIT: usize = 64;

/// Handler lines that wait for their request line.
#[derive(Default)]
struct Waiting {
    created: Vec<u64>,
    queried: Vec<(u64, u64, u64)>,
    trouble: Vec<(Text, Seen, bool)>,
    parked: Vec<Option<u64>>,
    query_texts: Vec<(Text, Text)>,
}

fn read_one(number: usize, index: usize, file: &LogFile, requests: &mut Vec<Request>) -> Server {
    let mut server = Server { file: index, ..Server::default() };
    let mut waiting = Waiting::default();
    let mut lives: BTreeSet<usize> = file.lives().map(|life| life.start).collect();
    for (at, sighting) in file.sightings.iter().enumerate() {
        let seen = Seen { file: index, index: at };
        // What a life of the container left unsaid, the next one does not say.
        if lives.remove(&at) {
            waiting = Waiting::default();
        }
        let What::Server(line) = &sighting.what else { continue };
        if let Some(at) = sighting.stamp.map(|stamp| stamp.at) {
            server.span = Some(server.span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        }
        match line {
            ServerLine::Request(line) => {
                if let Some(stamp) = sighting.stamp {
                    requests.push(waiting.request(number, seen, line, stamp.instant()));
                }
            }
            ServerLine::BatchCreated { count, .. } => waiting.created.push(*count),
            ServerLine::EventCreated { .. } => waiting.created.push(1),
            ServerLine::Queried { count, total, limit, .. } => waiting.queried.push((*count, *total, *limit)),
            ServerLine::DatabaseFailed { error, query, .. } => waiting.trouble.push((error.clone(), seen, *query)),
            ServerLine::Refused { reason: text }
            | ServerLine::Rejected { reason: text, .. }
            | ServerLine::ParkFailed { error: text } => waiting.trouble.push((text.clone(), seen, false)),
            ServerLine::Parked { count } => waiting.parked.push(*count),
            ServerLine::QueryText { query, remote } => waiting.query_texts.push((query.clone(), remote.clone())),
            ServerLine::Pool { open, idle } => server.pool = Some((*open, *idle, seen)),
            ServerLine::Listening => server.listening.push(seen),
            ServerLine::Starting => server.starts |= server.listening.is_empty() && at < 20,
            ServerLine::ConnectFailed { .. } | ServerLine::ShutdownBegan => server.failing.push(seen),
            ServerLine::QueryFilters { .. } | ServerLine::Replayed | ServerLine::Panicked => {}
        }
    }
    server
}

impl Waiting {
    fn request(&mut self, server: usize, at: Seen, line: &sighting::Request, end: Instant) -> Request {
        let about = match (&*line.method, &*line.path) {
            ("POST", "/api/v1/audit/events/batch" | "/api/v1/audit/events") => About::Write,
            ("GET", "/api/v1/audit/events") => About::Query,
            _ => About::Other,
        };
        let begin = end - crate::instant::Duration::exact(line.duration);
        let mut request = Request {
            server,
            at,
            about,
            line: line.clone(),
            begin,
            end,
            size: None,
            rows: None,
            trouble: None,
            parked: false,
            query: None,
            batch: None,
            store: None,
        };
        match about {
            About::Write => self.write(&mut request),
            About::Query => self.query(&mut request),
            About::Other => {}
        }
        self.forget();
        request
    }

    /// A line whose request never came to its end must not wait for ever; those of running requests are the last ones.
    fn forget(&mut self) {
        fn keep<T>(waiting: &mut Vec<T>) {
            waiting.drain(..waiting.len().saturating_sub(LONGEST_WAIT));
        }
        keep(&mut self.created);
        keep(&mut self.queried);
        keep(&mut self.trouble);
        keep(&mut self.parked);
        keep(&mut self.query_texts);
    }

    fn write(&mut self, request: &mut Request) {
        if request.created() {
            let single = !request.line.path.ends_with("/batch");
            let by_body = if single { Some(1) } else { size_of_body(request.line.bytes) };
            let said = self.created.iter().rposition(|count| by_body.is_none_or(|size| size == *count));
            let by_line = said.map(|at| self.created.remove(at));
            request.size = by_body.or(by_line);
        } else {
            let fits = self.trouble.iter().rposition(|(.., query)| !query);
            request.trouble = fits.map(|at| self.trouble.remove(at)).map(|(text, seen, _)| (text, seen));
        }
        request.parked = request.line.status == 202;
        if request.parked {
            request.size = self.parked.pop().flatten();
        }
    }

    fn query(&mut self, request: &mut Request) {
        if request.line.status == 200 {
            let empty = request.line.bytes <= EMPTY_BODY;
            let fits = self.queried.iter().rposition(|(count, ..)| (*count == 0) == empty);
            request.rows = fits.map(|at| self.queried.remove(at));
        } else if request.line.status >= 400 {
            let fits = self.trouble.iter().rposition(|(.., query)| *query);
            request.trouble = fits.map(|at| self.trouble.remove(at)).map(|(text, seen, _)| (text, seen));
        }
        let fits = self.query_texts.iter().position(|(_, remote)| *remote == request.line.remote);
        request.query = fits.map(|at| self.query_texts.remove(at).0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_of_a_201_gives_the_batch_size() {
        // 39·1+1+63, 39·8+1+63, 39·9+1+63, 39·10+2+63, 39·100+3+63
        for (bytes, size) in [(103, 1), (376, 8), (415, 9), (455, 10), (3966, 100)] {
            assert_eq!(size_of_body(bytes), Some(size));
        }
        for bytes in [0, 62, 64, 104, 454, u64::MAX] {
            assert_eq!(size_of_body(bytes), None, "{bytes}");
        }
    }
}
