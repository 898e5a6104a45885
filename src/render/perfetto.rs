//! The report as a trace in Chrome's JSON format, for ui.perfetto.dev: failing specs with their looks, stores with their
//! ticks and batches, the server's requests, and each event's stages as asynchronous slices.
//!
//! A trace knows only points in time. A slice is drawn from the earliest begin to the latest end that the logs allow;
//! what is known of both stands in its arguments in nanoseconds. Drawn so wide, neighbours can overlap; a track shows
//! only slices that follow or contain each other, so the others stand in further lanes, and each stage of an event has
//! an id of its own. Times count from `otherData.epoch_ns`, so that they keep their digits. What lies on a clock with an
//! unknown offset stands in processes of its own.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::json::write_value;
use super::{Style, looks, words};
use crate::instant::Nanos;
use crate::report::{Instant, Report};

/// The rows of the trace's screen, from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Specs,
    Stores,
    Events,
    Requests,
}

impl Group {
    const fn name(self) -> &'static str {
        match self {
            Self::Specs => "failing specs",
            Self::Stores => "stores",
            Self::Events => "events",
            Self::Requests => "requests",
        }
    }

    /// The category of its events: not every reader takes one without.
    const fn category(self) -> &'static str {
        match self {
            Self::Specs => "spec",
            Self::Stores => "store",
            Self::Events => "event",
            Self::Requests => "request",
        }
    }
}

/// The category of the names of tracks.
const METADATA: &str = "__metadata";

#[derive(Serialize)]
struct Slice<'a> {
    ph: &'static str,
    name: &'a str,
    cat: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    pid: usize,
    tid: usize,
    ts: Micros,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<Micros>,
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    args: Map<String, Value>,
}

/// Microseconds from a number of nanoseconds, exact to the nanosecond for a hundred days.
#[derive(Serialize)]
struct Micros(f64);

impl From<Nanos> for Micros {
    fn from(nanos: Nanos) -> Self {
        Self(nanos as f64 / 1000.0)
    }
}

struct Trace<'a> {
    out: &'a mut dyn Write,
    epoch: Nanos,
    first: bool,
    /// Process and thread numbers by their names.
    processes: BTreeMap<(Group, Option<String>), usize>,
    threads: BTreeMap<(usize, String), usize>,
    /// Where the last slice of each lane of a track ends.
    lanes: BTreeMap<(usize, String), Vec<Nanos>>,
}

/// Writes the trace.
pub fn render(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let epoch = instants(report).filter_map(|at| at.lo.or(at.hi)).min().unwrap_or(0);
    write!(out, "{{\"displayTimeUnit\": \"ms\", \"otherData\": ")?;
    let unread: Map<String, Value> = words::unread(report).map(|(path, why)| (path.to_owned(), why.into())).collect();
    let about = json!({
        "tool": report.tool, "schema_version": report.schema_version, "epoch_ns": epoch, "bundle": report.bundle.id,
        "verdict": words::verdict(report), "complete": report.complete, "read": words::coverage(report),
        "not_read": unread, "tables": style.tables,
    });
    write_value(&about, out)?;
    write!(out, ", \"traceEvents\": [")?;
    let mut trace =
        Trace { out, epoch, first: true, processes: BTreeMap::new(), threads: BTreeMap::new(), lanes: BTreeMap::new() };
    specs(&mut trace, report)?;
    stores(&mut trace, report)?;
    if style.tables {
        events(&mut trace, report)?;
        requests(&mut trace, report)?;
    }
    writeln!(trace.out, "\n]}}")
}

fn instants(report: &Report) -> impl Iterator<Item = &Instant> {
    let failures = report
        .failures
        .iter()
        .flat_map(|f| [&f.started, &f.deadline, &f.trigger].into_iter().chain(f.looks.iter().map(|look| &look.at)));
    let ticks = report.ticks.iter().map(|t| &t.at);
    let batches = report.batches.iter().flat_map(|b| [&b.flushed, &b.written]);
    let requests = report.requests.iter().map(|r| &r.at);
    let events = report.events.iter().flat_map(|e| [&e.emitted, &e.buffered, &e.flushed, &e.written, &e.visible]);
    failures.chain(ticks).chain(batches).chain(requests).chain(events).flatten()
}

impl Trace<'_> {
    fn write(&mut self, event: &impl Serialize) -> io::Result<()> {
        self.out.write_all(if self.first { b"\n " } else { b",\n " })?;
        self.first = false;
        write_value(event, self.out)
    }

    /// The process of a group on a clock, named when it is first used.
    fn process(&mut self, group: Group, clock: Option<&str>) -> io::Result<usize> {
        let key = (group, clock.map(str::to_owned));
        if let Some(pid) = self.processes.get(&key) {
            return Ok(*pid);
        }
        let pid = self.processes.len() + 1;
        let name = match clock {
            Some(clock) => format!("{} ({clock} clock, offset not known)", group.name()),
            None => group.name().to_owned(),
        };
        self.processes.insert(key, pid);
        self.write(
            &json!({"ph": "M", "cat": METADATA, "name": "process_name", "pid": pid, "tid": 0, "args": {"name": name}}),
        )?;
        let order = json!({"sort_index": group as usize});
        self.write(
            &json!({"ph": "M", "cat": METADATA, "name": "process_sort_index", "pid": pid, "tid": 0, "args": order}),
        )?;
        Ok(pid)
    }

    fn thread(&mut self, group: Group, clock: Option<&str>, name: &str) -> io::Result<(usize, usize)> {
        let pid = self.process(group, clock)?;
        let next = self.threads.len() + 1;
        if let Some(tid) = self.threads.get(&(pid, name.to_owned())) {
            return Ok((pid, *tid));
        }
        self.threads.insert((pid, name.to_owned()), next);
        self.write(&json!({"ph": "M", "cat": METADATA, "name": "thread_name", "pid": pid, "tid": next, "args": {"name": name}}))?;
        Ok((pid, next))
    }

    /// A point on a track; nothing when neither end is known.
    fn point(&mut self, group: Group, track: &str, name: &str, at: Option<&Instant>, args: Value) -> io::Result<()> {
        let Some(at) = at else { return Ok(()) };
        let Some(ts) = at.lo.or(at.hi) else { return Ok(()) };
        let (pid, tid) = self.thread(group, at.clock.as_deref(), track)?;
        let args = with_ends(args, &[("at", Some(at))]);
        let ts = ts.saturating_sub(self.epoch).into();
        let cat = group.category();
        self.write(&Slice { ph: "i", name, cat, id: None, pid, tid, ts, dur: None, s: Some("t"), args })
    }

    /// The first lane of a track that is free at a slice's begin. The slices of a track come in the order of their
    /// begins.
    fn lane(&mut self, group: Group, clock: Option<&str>, track: &str, begin: Nanos, end: Nanos) -> io::Result<String> {
        let pid = self.process(group, clock)?;
        let lanes = self.lanes.entry((pid, track.to_owned())).or_default();
        let free = lanes.iter().position(|last| *last <= begin).unwrap_or(lanes.len());
        if free == lanes.len() {
            lanes.push(end);
        } else {
            lanes[free] = end;
        }
        Ok(if free == 0 { track.to_owned() } else { format!("{track} ({})", free + 1) })
    }

    /// A slice on a track, from the earliest begin to the latest end; nothing when one of them is open.
    fn slice(
        &mut self,
        group: Group,
        track: &str,
        name: &str,
        from: &Instant,
        to: &Instant,
        args: Value,
    ) -> io::Result<()> {
        let (Some(begin), Some(end)) = (from.lo.or(from.hi), to.hi.or(to.lo)) else { return Ok(()) };
        if from.clock != to.clock {
            return Ok(());
        }
        let end = end.max(begin);
        let track = self.lane(group, from.clock.as_deref(), track, begin, end)?;
        let (pid, tid) = self.thread(group, from.clock.as_deref(), &track)?;
        let args = with_ends(args, &[("begin", Some(from)), ("end", Some(to))]);
        let cat = group.category();
        let (ts, dur) = (begin.saturating_sub(self.epoch).into(), Some(end.saturating_sub(begin).into()));
        self.write(&Slice { ph: "X", name, cat, id: None, pid, tid, ts, dur, s: None, args })
    }

    /// An asynchronous slice of one event: its begin and its end, one after the other.
    fn stage(
        &mut self,
        id: &str,
        name: &str,
        from: Option<&Instant>,
        to: Option<&Instant>,
        args: Value,
    ) -> io::Result<()> {
        let (Some(from), Some(to)) = (from, to) else { return Ok(()) };
        let (Some(begin), Some(end)) = (from.lo.or(from.hi), to.hi.or(to.lo)) else { return Ok(()) };
        if from.clock != to.clock {
            return Ok(());
        }
        let pid = self.process(Group::Events, from.clock.as_deref())?;
        let args = with_ends(args, &[("begin", Some(from)), ("end", Some(to))]);
        let id = format!("{id} {name}");
        let (cat, id) = (Group::Events.category(), Some(id.as_str()));
        let ts = begin.saturating_sub(self.epoch).into();
        self.write(&Slice { ph: "b", name, cat, id, pid, tid: 0, ts, dur: None, s: None, args })?;
        let ts = end.max(begin).saturating_sub(self.epoch).into();
        self.write(&Slice { ph: "e", name, cat, id, pid, tid: 0, ts, dur: None, s: None, args: Map::new() })
    }
}

/// In the order in which they are drawn.
fn in_order<T>(rows: &[T], begin: fn(&T) -> Option<&Instant>) -> Vec<&T> {
    let mut rows: Vec<&T> = rows.iter().collect();
    rows.sort_by_key(|row| begin(row).and_then(|at| at.lo.or(at.hi)));
    rows
}

/// The arguments, with both ends of each instant.
fn with_ends(args: Value, instants: &[(&str, Option<&Instant>)]) -> Map<String, Value> {
    let mut args = match args {
        Value::Object(args) => args,
        _ => Map::new(),
    };
    for (name, at) in instants {
        args.insert(format!("{name}_lo_ns"), at.and_then(|at| at.lo).into());
        args.insert(format!("{name}_hi_ns"), at.and_then(|at| at.hi).into());
    }
    args
}

fn specs(to: &mut Trace<'_>, report: &Report) -> io::Result<()> {
    for failure in in_order(&report.failures, |failure| failure.started.as_ref()) {
        let track = &failure.spec;
        let about = json!({"verdict": words::failure(failure), "location": failure.location});
        if let (Some(begin), Some(end)) = (&failure.started, &failure.deadline) {
            to.slice(Group::Specs, track, "spec", begin, end, about)?;
        }
        to.point(Group::Specs, track, "trigger", failure.trigger.as_ref(), Value::Null)?;
        for look in &failure.looks {
            let about = json!({"answer": looks::answer(look), "asked": look.asked, "places": look.places});
            to.point(Group::Specs, track, "look", look.at.as_ref(), about)?;
        }
    }
    Ok(())
}

fn stores(to: &mut Trace<'_>, report: &Report) -> io::Result<()> {
    for tick in &report.ticks {
        let about = json!({"number": tick.number, "size": tick.size, "expected": tick.expected, "actual": tick.actual,
            "blocked": tick.blocked, "place": tick.place});
        to.point(Group::Stores, &tick.store, "tick", tick.at.as_ref(), about)?;
    }
    for batch in in_order(&report.batches, |batch| batch.flushed.as_ref()) {
        let about = json!({"id": batch.id, "size": batch.size, "trigger": words::trigger(batch.trigger),
            "attempts": batch.attempts, "request": batch.request, "places": batch.places});
        if let (Some(begin), Some(end)) = (&batch.flushed, &batch.written) {
            to.slice(Group::Stores, &batch.store, "batch", begin, end, about)?;
        } else {
            to.point(Group::Stores, &batch.store, "batch not seen written", batch.flushed.as_ref(), about)?;
        }
    }
    Ok(())
}

fn events(to: &mut Trace<'_>, report: &Report) -> io::Result<()> {
    for event in &report.events {
        let about = || {
            json!({"event_type": event.event_type, "correlation_id": event.correlation_id,
            "store": event.store, "batch": event.batch, "places": event.places})
        };
        let stages = [
            ("buffer", &event.emitted, &event.buffered),
            ("flush wait", &event.buffered, &event.flushed),
            ("write", &event.flushed, &event.written),
        ];
        for (name, begin, end) in stages {
            to.stage(&event.id, name, begin.as_ref(), end.as_ref(), about())?;
        }
    }
    Ok(())
}

fn requests(to: &mut Trace<'_>, report: &Report) -> io::Result<()> {
    for request in in_order(&report.requests, |request| request.at.as_ref()) {
        let Some(at) = &request.at else { continue };
        let track = request.remote.as_deref().unwrap_or("client not known");
        let name = format!("{} {}", request.method, request.status);
        let about = json!({"id": request.id, "path": request.path, "bytes": request.bytes, "size": request.size,
            "duration": request.duration, "place": request.place});
        to.slice(Group::Requests, track, &name, at, at, about)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::Value;

    use crate::render::{Style, fixture, tests::rendered};
    use crate::report::{EventRow, Instant};

    fn trace() -> Value {
        serde_json::from_str(&rendered(&fixture::one(), &Style::default(), "perfetto")).expect("JSON")
    }

    #[test]
    fn stages_are_asynchronous_slices_with_their_uncertainty() {
        let trace = trace();
        let events = trace["traceEvents"].as_array().expect("an array");
        let begin = events.iter().find(|e| e["ph"] == "b" && e["name"] == "buffer").expect("a stage");
        let end = events.iter().find(|e| e["ph"] == "e" && e["name"] == "buffer").expect("its end");
        assert_eq!((&begin["id"], &begin["cat"]), (&end["id"], &end["cat"]));
        // From 0.2 s at the earliest to 0.469 s at the latest after T; the trace begins at the batch, 10 s before.
        assert_eq!((begin["ts"].as_f64(), end["ts"].as_f64()), (Some(10_200_000.0), Some(10_469_000.0)));
        assert_eq!(begin["args"]["begin_hi_ns"], 1_768_416_401_400_000_000_i64);
    }

    #[test]
    fn every_begin_has_its_end_and_no_slice_of_a_track_cuts_another() {
        let mut report = fixture::large(300);
        // Two requests of one connection, each of which may have ended when the other had begun.
        let mut other = report.requests[0].clone();
        other.id = "req-other".to_owned();
        let later = |end: Option<i64>| end.map(|end| end + 5_000_000);
        other.at = other.at.map(|at| Instant { lo: later(at.lo), hi: later(at.hi), ..at });
        report.requests.push(other);
        let trace: Value = serde_json::from_str(&rendered(&report, &Style::default(), "perfetto")).expect("JSON");
        let events = trace["traceEvents"].as_array().expect("an array");
        let ts = |event: &Value| event["ts"].as_f64().expect("a time");
        let mut open: HashMap<(String, String), f64> = HashMap::new();
        let mut tracks: HashMap<(u64, u64), Vec<(f64, f64)>> = HashMap::new();
        let (mut stages, mut slices) = (0, 0);
        for event in events {
            let key = || (event["cat"].to_string(), event["id"].to_string());
            match event["ph"].as_str() {
                Some("b") => assert_eq!(open.insert(key(), ts(event)), None, "{event} begins twice"),
                Some("e") => {
                    let begun = open.remove(&key()).unwrap_or_else(|| panic!("{event} ends without a begin"));
                    assert!(begun <= ts(event), "{event} ends before {begun}");
                    stages += 1;
                }
                Some("X") => {
                    let track = (event["pid"].as_u64().expect("a number"), event["tid"].as_u64().expect("a number"));
                    let end = ts(event) + event["dur"].as_f64().expect("a length");
                    tracks.entry(track).or_default().push((ts(event), end));
                    slices += 1;
                }
                _ => {}
            }
        }
        assert!(open.is_empty(), "{open:?} never end");
        for slices in tracks.values_mut() {
            slices.sort_by(|one, other| one.0.total_cmp(&other.0));
            let cut = slices.windows(2).find(|pair| pair[1].0 < pair[0].1);
            assert_eq!(cut, None);
        }
        let timed = |ends: [&Option<Instant>; 2]| usize::from(ends.iter().all(|end| end.is_some()));
        let of = |event: &EventRow| {
            let (buffered, flushed) = (&event.buffered, &event.flushed);
            timed([&event.emitted, buffered]) + timed([buffered, flushed]) + timed([flushed, &event.written])
        };
        assert_eq!(stages, report.events.iter().map(of).sum::<usize>());
        let batches = report.batches.iter().map(|batch| timed([&batch.flushed, &batch.written])).sum::<usize>();
        let requests = report.requests.iter().filter(|request| request.at.is_some()).count();
        let specs = report.failures.iter().map(|spec| timed([&spec.started, &spec.deadline])).sum::<usize>();
        assert_eq!(slices, batches + requests + specs);
        let names = |name: &str| events.iter().filter(|event| event["args"]["name"] == name).count();
        let track = report.requests[0].remote.clone().expect("a client");
        assert_eq!((names(&track), names(&format!("{track} (2)"))), (1, 1));
    }

    #[test]
    fn every_track_is_named_and_every_slice_has_its_length() {
        let trace = trace();
        let events = trace["traceEvents"].as_array().expect("an array");
        for event in events {
            let named = |kind: &str, key: &str| {
                events.iter().any(|e| e["ph"] == "M" && e["name"] == kind && e[key] == event[key])
            };
            assert!(named("process_name", "pid"));
            // Chrome's own reader of traces takes no event without them.
            assert!(event["cat"].is_string() && event["args"].is_object(), "{event}");
            assert!(matches!(event["ph"].as_str(), Some("M" | "i" | "X" | "b" | "e")));
            assert!(event["ph"] != "X" || event["dur"].as_f64().is_some_and(|dur| dur >= 0.0));
            assert!(!matches!(event["ph"].as_str(), Some("X" | "i")) || named("thread_name", "tid"));
        }
        assert_eq!(events.iter().filter(|e| e["name"] == "look").count(), 6);
        assert_eq!(trace["otherData"]["tool"]["name"], "whylate");
    }
}
