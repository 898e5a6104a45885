//! The merged timeline of a bundle: every sighting with its raw stamp and its derived instant, in one order that does
//! not depend on the order of reading.

use crate::correlate::{Seen, World};
use crate::instant::{Stamp, Zone, rfc3339};
use crate::report::{Instant, Place, Report};
use crate::sighting::{CallerLine, ServerLine, StoreEvent, TestLine, What};
use crate::summary::store_id;

/// All rows, in order of their derived instants.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    /// The rows.
    pub rows: Vec<Row>,
}

/// One sighting.
#[derive(Debug, Clone)]
pub struct Row {
    /// The stamp with the digits that it has, as UTC (`Z`) or as the local text where it names no zone; empty when the
    /// line has none.
    pub raw: String,
    /// The derived instant.
    pub at: Option<Instant>,
    /// `test`, `store`, `datastorage`, `postgresql`, `controller`.
    pub source: String,
    /// The store, for a store's line or its request.
    pub store: String,
    /// What happened.
    pub text: String,
    /// Line.
    pub place: Place,
    /// Type of the event that the line is about.
    pub event_type: Option<String>,
    /// Its id.
    pub correlation_id: Option<String>,
    /// Index in `report.failures` of the failure whose journey or looks the line belongs to.
    pub failure: Option<usize>,
}

/// Makes the timeline of a world. `report` tells which lines belong to a failure.
pub fn timeline(world: &World, report: &Report) -> Timeline {
    let owners = Owners::new(world, report);
    let mut rows: Vec<(i64, Seen, Row)> = Vec::new();
    for (file, log) in world.files.iter().enumerate() {
        for (index, sighting) in log.sightings.iter().enumerate() {
            let seen = Seen { file, index };
            let Some(said) = said(&sighting.what) else { continue };
            let (at, clock) = owners.instant(world, seen, &sighting.what);
            let raw = sighting.stamp.map_or_else(String::new, raw_stamp);
            let place = world.place(seen);
            let failure = owners.failure(&place);
            let row = Row {
                raw,
                at: Instant::on(at, clock),
                source: said.source.to_owned(),
                store: owners.store(world, seen),
                text: said.text,
                place,
                event_type: said.event_type,
                correlation_id: said.correlation_id,
                failure,
            };
            rows.push((at.key(), seen, row));
        }
    }
    rows.sort_by_key(|(at, seen, _)| (*at, *seen));
    Timeline { rows: rows.into_iter().map(|(.., row)| row).collect() }
}

/// The stamp with as many digits as it shows: UTC where its zone is known, else the local text.
fn raw_stamp(stamp: Stamp) -> String {
    let digits = 9 - stamp.precision.max(1).ilog10() as usize;
    let full = rfc3339(stamp.at);
    let (seconds, fraction) = full.trim_end_matches('Z').split_once('.').unwrap_or((&full, ""));
    let fraction = &fraction[..digits.min(fraction.len())];
    let text = if fraction.is_empty() { seconds.to_owned() } else { format!("{seconds}.{fraction}") };
    match stamp.zone {
        Zone::Known => format!("{text}Z"),
        Zone::Local => text,
        Zone::TimeOfDay => text.split_once('T').map_or_else(|| text.clone(), |(_, time)| time.to_owned()),
    }
}

/// Which store and which failure a line belongs to.
#[derive(Default)]
struct Owners {
    stores: std::collections::HashMap<Seen, usize>,
    requests: std::collections::HashMap<Seen, usize>,
    failures: std::collections::HashMap<Place, usize>,
}

impl Owners {
    fn new(world: &World, report: &Report) -> Self {
        let mut owners = Self::default();
        for (number, store) in world.stores.iter().enumerate() {
            for segment in &store.segments {
                owners
                    .stores
                    .extend(segment.lines.iter().map(|index| (Seen { file: segment.file, index: *index }, number)));
            }
        }
        for (index, request) in world.requests.iter().enumerate() {
            owners.requests.insert(request.at, index);
            if let Some(store) = request.store {
                owners.stores.insert(request.at, store);
            }
        }
        for (index, failure) in report.failures.iter().enumerate() {
            let journeys =
                failure.awaited.iter().flat_map(|awaited| awaited.journey.iter().flat_map(|link| &link.places));
            let looks = failure.looks.iter().flat_map(|look| &look.places);
            for place in journeys.chain(looks) {
                owners.failures.entry(place.clone()).or_insert(index);
            }
        }
        owners
    }

    fn failure(&self, place: &Place) -> Option<usize> {
        self.failures.get(place).copied()
    }

    fn store(&self, world: &World, seen: Seen) -> String {
        self.stores.get(&seen).map_or_else(String::new, |store| store_id(world, *store))
    }

    /// A server's line on the reference clock where its offset is known, else on its own.
    fn instant(&self, world: &World, seen: Seen, what: &What) -> (crate::instant::Instant, Option<&'static str>) {
        if let Some(request) = self.requests.get(&seen) {
            let ended = world.ended(*request);
            return if ended.is_unknown() {
                (world.requests[*request].end, Some("datastorage"))
            } else {
                (ended, None)
            };
        }
        let printed = world.printed.of(seen);
        match world.servers.iter().position(|server| server.file == seen.file) {
            Some(server) if matches!(what, What::Server(_)) => match world.offsets.at(server, seen) {
                Some(offset) => (printed + offset, None),
                None => (printed, Some("datastorage")),
            },
            _ => (printed, None),
        }
    }
}

/// A line in a few words.
struct Said {
    source: &'static str,
    text: String,
    event_type: Option<String>,
    correlation_id: Option<String>,
}

fn plain(source: &'static str, text: impl Into<String>) -> Said {
    Said { source, text: text.into(), event_type: None, correlation_id: None }
}

fn about(source: &'static str, text: impl Into<String>, event_type: &str, correlation_id: &str) -> Said {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Said { source, text: text.into(), event_type: some(event_type), correlation_id: some(correlation_id) }
}

fn said(what: &What) -> Option<Said> {
    Some(match what {
        What::Store(line) => store_line(&line.event),
        What::Server(line) => server_line(line)?,
        What::Test(line) => test_line(line)?,
        What::Caller(line) => caller_line(line),
        What::Database { message } => plain("postgresql", message.to_string()),
    })
}

fn store_line(event: &StoreEvent) -> Said {
    let store = |text: String| plain("store", text);
    match event {
        StoreEvent::Initialized { service, config } => store(format!(
            "store of {service} initialised, flush interval {}",
            crate::instant::spoken(config.flush_interval)
        )),
        StoreEvent::Started { .. } => store("writer started".to_owned()),
        StoreEvent::Called { event_type, correlation_id } => {
            about("store", format!("called: {event_type}"), event_type, correlation_id)
        }
        StoreEvent::Refused { error } => {
            store(format!("refused by validation: {}", error.lines().next().unwrap_or_default()))
        }
        StoreEvent::Validated { event_type } => about("store", format!("validated: {event_type}"), event_type, ""),
        StoreEvent::Buffered { event_type, correlation_id, total, .. } => {
            about("store", format!("buffered: {event_type} (number {total})"), event_type, correlation_id)
        }
        StoreEvent::DroppedFull { event_type, correlation_id, .. } => {
            about("store", format!("dropped, buffer full: {event_type}"), event_type, correlation_id)
        }
        StoreEvent::DroppedClosed { event_type, correlation_id } => {
            about("store", format!("dropped, store closed: {event_type}"), event_type, correlation_id)
        }
        StoreEvent::Tick(tick) => store(format!("tick {}, batch of {}", tick.number, tick.size)),
        StoreEvent::TimerBug { actual } => {
            store(format!("timer alarm: {} since the last flush", crate::instant::spoken(*actual)))
        }
        StoreEvent::FlushBegan { size, .. } => store(format!("flush begins, batch of {size}")),
        StoreEvent::FlushEnded { size, .. } => store(format!("flush ended, batch of {size}, written or dropped")),
        StoreEvent::FlushRequested => store("flush requested".to_owned()),
        StoreEvent::FlushProcessing { size, waiting } => {
            store(format!("flush taken up, batch of {size}, {waiting} waiting"))
        }
        StoreEvent::Drained { drained, .. } => store(format!("{drained} events drained into the batch")),
        StoreEvent::ExplicitEnded { size, waiting } => store(format!("flush of {size} ended, {waiting} left waiting")),
        StoreEvent::ExplicitReturned { nothing } => {
            store(if *nothing { "flush found nothing" } else { "flush returned" }.to_owned())
        }
        StoreEvent::Wrote { size, duration, .. } => store(format!(
            "wrote a batch of {size}{}",
            duration.map_or_else(String::new, |took| format!(" in {}", crate::instant::spoken(took)))
        )),
        StoreEvent::SlowWrite { size, duration } => {
            store(format!("slow write of a batch of {size}: {}", crate::instant::spoken(*duration)))
        }
        StoreEvent::WriteFailed { attempt, size, error } => {
            store(format!("attempt {attempt} to write a batch of {size} failed: {error}"))
        }
        StoreEvent::DroppedBatch { size } => store(format!("batch of {size} dropped: not retried")),
        StoreEvent::LostBatch { size, .. } => store(format!("batch of {size} dropped after its last attempt")),
        StoreEvent::Closing => store("closing".to_owned()),
        StoreEvent::ShutdownFlush { size } => store(format!("shutdown flush, batch of {size}")),
        StoreEvent::Stopped { .. } => store("writer stopped".to_owned()),
        StoreEvent::Closed { buffered, written, dropped, failed_batches } => store(format!(
            "closed: {buffered} buffered, {written} written, {dropped} dropped, {failed_batches} batches failed"
        )),
        StoreEvent::CloseTimeout => store("gave up waiting for the writer".to_owned()),
    }
}

#[allow(clippy::unnecessary_wraps, reason = "of one shape with the readers beside it")]
fn server_line(line: &ServerLine) -> Option<Said> {
    let server = |text: String| plain("datastorage", text);
    Some(match line {
        ServerLine::Request(request) => server(format!(
            "{} {} {} in {}, {} bytes",
            request.method,
            request.path,
            request.status,
            crate::instant::spoken(request.duration),
            request.bytes
        )),
        ServerLine::BatchCreated { count, .. } => server(format!("batch of {count} committed")),
        ServerLine::EventCreated { event_type, correlation_id } => {
            about("datastorage", format!("committed: {event_type}"), event_type, correlation_id)
        }
        ServerLine::Refused { reason } => server(format!("refused: {reason}")),
        ServerLine::DatabaseFailed { error, query, .. } => {
            server(format!("{} failed: {error}", if *query { "query" } else { "write" }))
        }
        ServerLine::Parked { count } => server(format!(
            "parked in the dead-letter queue{}",
            count.map_or_else(String::new, |count| format!(": {count} events"))
        )),
        ServerLine::Replayed => server("a parked event was written".to_owned()),
        ServerLine::ParkFailed { error } => server(format!("parking failed: {error}")),
        ServerLine::Queried { count, total, .. } => server(format!("query returned {count} of {total} rows")),
        ServerLine::QueryText { query, .. } => server(format!("query: {query}")),
        ServerLine::QueryFilters { event_type, correlation_id, .. } => {
            about("datastorage", "query filters", event_type, correlation_id)
        }
        ServerLine::Pool { open, idle } => server(format!("connection pool of {open}, {idle} idle")),
        ServerLine::Listening => server("listening".to_owned()),
        ServerLine::Starting => server("starting".to_owned()),
        ServerLine::ConnectFailed { error } => server(format!("not connected: {error}")),
        ServerLine::ShutdownBegan => server("shutting down".to_owned()),
        ServerLine::Panicked => server("a handler panicked".to_owned()),
        ServerLine::Rejected { reason, .. } => server(format!("rejected: {reason}")),
    })
}

fn test_line(line: &TestLine) -> Option<Said> {
    let test = |text: String| plain("test", text);
    Some(match line {
        TestLine::SuiteStarted { name } => test(format!("suite: {name}")),
        TestLine::Step { text } => test(format!("step: {text}")),
        TestLine::FailedIn { node, .. } => test(format!("failed in {node}")),
        TestLine::Look(look) => {
            let count = match (&look.found, &look.returned, &look.error) {
                (Some(found), ..) => format!("look found {found}"),
                (None, Some(returned), _) => format!("look returned {returned} rows"),
                (None, None, Some(error)) => format!("look failed: {error}"),
                (None, None, None) => "look".to_owned(),
            };
            about(
                "test",
                count,
                look.event_type.as_deref().unwrap_or_default(),
                look.correlation_id.as_deref().unwrap_or_default(),
            )
        }
        TestLine::Created { name } => test(format!("the spec created {name}")),
        TestLine::SpecFlushed => test("the spec flushed its store".to_owned()),
        TestLine::ServerUnreachable { error } => test(format!("server not reached: {error}")),
        TestLine::SpecText { text, .. } => test(format!("spec: {text}")),
        _ => return None,
    })
}

fn caller_line(line: &CallerLine) -> Said {
    match line {
        CallerLine::Reconciling { kind, namespace, name, message } => {
            plain("controller", format!("{message} ({kind} {namespace}/{name})"))
        }
        CallerLine::AuditFailed { message, error } => {
            plain("controller", format!("{message}: {}", error.lines().next().unwrap_or_default()))
        }
        CallerLine::AuditSkipped { message } => plain("controller", message.to_string()),
        CallerLine::Error { message, error } => {
            plain("controller", format!("error: {message}: {}", error.lines().next().unwrap_or_default()))
        }
        CallerLine::Panic { message } => plain("controller", format!("panic: {message}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::{MILLISECOND, SECOND};

    #[test]
    fn a_raw_stamp_shows_no_more_than_was_printed() {
        let at = 1_795_528_004_215 * MILLISECOND;
        assert_eq!(raw_stamp(Stamp::utc(at, 1_000_000)), "2026-11-24T13:46:44.215Z");
        assert_eq!(raw_stamp(Stamp::utc(at, 1_000_000_000)), "2026-11-24T13:46:44Z");
        let local = Stamp { zone: Zone::Local, ..Stamp::utc(at, 1_000_000) };
        assert_eq!(raw_stamp(local), "2026-11-24T13:46:44.215");
        let time = 13 * 3600 * SECOND + 46 * 60 * SECOND + 41_416 * MILLISECOND;
        assert_eq!(raw_stamp(Stamp { at: time, precision: 1_000_000, zone: Zone::TimeOfDay }), "13:46:41.416");
    }
}
