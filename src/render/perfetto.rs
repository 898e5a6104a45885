//! The report as a trace in Chrome's JSON format, for ui.perfetto.dev: failing specs with their looks, stores with their
//! ticks and batches, the server's requests, and each event's stages as asynchronous slices.
//!
//! A trace knows only points in time. A slice is drawn from the earliest begin to the latest end that the logs allow;
//! what is known of both stands in its arguments in nanoseconds. Times count from `otherData.epoch_ns`, so that they
//! keep their digits. What lies on a clock with an unknown offset stands in processes of its own.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::json::write_value;
use super::{Style, words};
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
}

#[derive(Serialize)]
struct Slice<'a> {
    ph: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cat: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    pid: usize,
    tid: usize,
    ts: Micros,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<Micros>,
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
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
    let mut trace = Trace { out, epoch, first: true, processes: BTreeMap::new(), threads: BTreeMap::new() };
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
        self.write(&json!({"ph": "M", "name": "process_name", "pid": pid, "tid": 0, "args": {"name": name}}))?;
        let order = json!({"sort_index": group as usize});
        self.write(&json!({"ph": "M", "name": "process_sort_index", "pid": pid, "tid": 0, "args": order}))?;
        Ok(pid)
    }

    fn thread(&mut self, group: Group, clock: Option<&str>, name: &str) -> io::Result<(usize, usize)> {
        let pid = self.process(group, clock)?;
        let next = self.threads.len() + 1;
        if let Some(tid) = self.threads.get(&(pid, name.to_owned())) {
            return Ok((pid, *tid));
        }
        self.threads.insert((pid, name.to_owned()), next);
        self.write(&json!({"ph": "M", "name": "thread_name", "pid": pid, "tid": next, "args": {"name": name}}))?;
        Ok((pid, next))
    }

    /// A point on a track; nothing when neither end is known.
    fn point(&mut self, group: Group, track: &str, name: &str, at: Option<&Instant>, args: Value) -> io::Result<()> {
        let Some(at) = at else { return Ok(()) };
        let Some(ts) = at.lo.or(at.hi) else { return Ok(()) };
        let (pid, tid) = self.thread(group, at.clock.as_deref(), track)?;
        let args = with_ends(args, &[("at", Some(at))]);
        let ts = ts.saturating_sub(self.epoch).into();
        self.write(&Slice { ph: "i", name, cat: None, id: None, pid, tid, ts, dur: None, s: Some("t"), args })
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
        let (pid, tid) = self.thread(group, from.clock.as_deref(), track)?;
        let args = with_ends(args, &[("begin", Some(from)), ("end", Some(to))]);
        let (ts, dur) = (begin.saturating_sub(self.epoch).into(), Some(end.saturating_sub(begin).max(0).into()));
        self.write(&Slice { ph: "X", name, cat: None, id: None, pid, tid, ts, dur, s: None, args })
    }

    /// An asynchronous slice of one event.
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
        let (cat, id) = (Some("event"), Some(id));
        let ts = begin.saturating_sub(self.epoch).into();
        self.write(&Slice { ph: "b", name, cat, id, pid, tid: 0, ts, dur: None, s: None, args })?;
        let ts = end.max(begin).saturating_sub(self.epoch).into();
        self.write(&Slice { ph: "e", name, cat, id, pid, tid: 0, ts, dur: None, s: None, args: Map::new() })
    }
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
    for failure in &report.failures {
        let track = &failure.spec;
        let about = json!({"verdict": words::failure(failure), "location": failure.location});
        if let (Some(begin), Some(end)) = (&failure.started, &failure.deadline) {
            to.slice(Group::Specs, track, "spec", begin, end, about)?;
        }
        to.point(Group::Specs, track, "trigger", failure.trigger.as_ref(), Value::Null)?;
        for look in &failure.looks {
            let about = json!({"answer": words::answer(look), "asked": look.asked, "places": look.places});
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
    for batch in &report.batches {
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
    for request in &report.requests {
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
    use serde_json::Value;

    use crate::render::{Style, fixture, tests::rendered};

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
    fn every_track_is_named_and_every_slice_has_its_length() {
        let trace = trace();
        let events = trace["traceEvents"].as_array().expect("an array");
        for event in events {
            let named = |kind: &str, key: &str| {
                events.iter().any(|e| e["ph"] == "M" && e["name"] == kind && e[key] == event[key])
            };
            assert!(named("process_name", "pid"));
            assert!(matches!(event["ph"].as_str(), Some("M" | "i" | "X" | "b" | "e")));
            assert!(event["ph"] != "X" || event["dur"].as_f64().is_some_and(|dur| dur >= 0.0));
            assert!(!matches!(event["ph"].as_str(), Some("X" | "i")) || named("thread_name", "tid"));
        }
        assert_eq!(events.iter().filter(|e| e["name"] == "look").count(), 6);
        assert_eq!(trace["otherData"]["tool"]["name"], "whylate");
    }
}
