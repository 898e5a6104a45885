//! In what one bundle differs from another: slow, fast, missing, extra, new errors, other settings.

use std::collections::BTreeMap;

use super::{Difference, Kind, Side};
use crate::instant::{MILLISECOND, Nanos};
use crate::render::times::length;
use crate::render::words;
use crate::report::{Duration, EventRow, Instant, Place, Report, RequestRow, Spread, Stage};

/// Half as long again, and at least this much longer: less is what two healthy runs differ by.
const FLOOR: Nanos = 20 * MILLISECOND;
/// Places on one side; the JSON report of the bundle has all of them.
const PLACES: usize = 3;

/// A bundle's name and its report.
type Named<'a> = (&'a str, &'a Report);

/// All differences, by kind.
pub fn between(passing: Named<'_>, other: Named<'_>) -> Vec<Difference> {
    let mut all = Vec::new();
    for stage in [Stage::EmitWait, Stage::Buffer, Stage::FlushWait, Stage::Write, Stage::LookWait] {
        all.extend(of_stage(stage, passing, other));
    }
    all.extend(of_writes(passing, other));
    event_types(passing, other, &mut all);
    errors(passing, other, &mut all);
    settings(passing, other, &mut all);
    all.sort_by_key(|difference| difference.kind);
    all
}

fn difference(kind: Kind, what: String, passing: Side, other: Side) -> Difference {
    Difference { kind, what, passing, other }
}

fn side(of: Named<'_>, text: String, places: &[Place]) -> Side {
    Side { bundle: of.0.to_owned(), text, places: places.iter().take(PLACES).cloned().collect() }
}

/// Whether `long` is surely and notably longer than `short`.
fn longer(long: Option<Duration>, short: Option<Duration>) -> bool {
    let (Some(at_least), Some(at_most)) = (long.and_then(|d| d.lo_ns), short.and_then(|d| d.hi_ns)) else {
        return false;
    };
    at_least > at_most.saturating_add(FLOOR) && at_least / 3 > at_most / 2
}

/// Slow or fast, by the 95 % quantile and by the longest.
fn spreads(passing: &Spread, other: &Spread) -> Option<Kind> {
    let pairs = [(passing.p95, other.p95), (passing.max, other.max)];
    if pairs.iter().any(|(passing, other)| longer(*other, *passing)) {
        return Some(Kind::Slow);
    }
    // One lucky run has no long outlier: to be fast, the bulk has to be.
    longer(passing.p95, other.p95).then_some(Kind::Fast)
}

fn spread(of: &Spread) -> String {
    let known = |d: Option<Duration>| d.map_or_else(|| "not known".to_owned(), length);
    format!("p95 {}, longest {} of {}", known(of.p95), known(of.max), words::grouped(of.count))
}

fn of_stage(stage: Stage, passing: Named<'_>, other: Named<'_>) -> Option<Difference> {
    let of = |report: &'_ Report| {
        let own = |s: &&crate::report::StageSpread| {
            s.stage == stage && s.spread.count > 0 && (s.service.is_none() || s.service == report.bundle.service)
        };
        report.stages.iter().find(own).map(|s| s.spread.clone())
    };
    let (here, there) = (of(passing.1)?, of(other.1)?);
    let kind = spreads(&here, &there)?;
    let what = format!("stage {} ({})", words::stage(stage), words::stage_span(stage));
    let side = |named: Named<'_>, of: &Spread| side(named, spread(of), &longest(named.1, stage));
    Some(difference(kind, what, side(passing, &here), side(other, &there)))
}

/// The lines of the event that was surely the longest in a stage.
fn longest(report: &Report, stage: Stage) -> Vec<Place> {
    let ends = |event: &EventRow| -> Option<(Instant, Instant)> {
        let pair = match stage {
            Stage::Buffer => (&event.emitted, &event.buffered),
            Stage::FlushWait => (&event.buffered, &event.flushed),
            Stage::Write => (&event.flushed, &event.written),
            Stage::EmitWait | Stage::LookWait => return None,
        };
        pair.0.clone().zip(pair.1.clone()).filter(|(from, to)| from.clock == to.clock)
    };
    let took = |event: &EventRow| {
        let (from, to) = ends(event)?;
        (to.interval() - from.interval()).not_negative().lo()
    };
    let slowest = report.events.iter().filter_map(|event| Some((took(event)?, event))).max_by_key(|(took, _)| *took);
    let Some((_, event)) = slowest else {
        // Of these two stages only the failing specs tell.
        let rows = report.failures.iter().flat_map(|f| &f.awaited).flat_map(|a| &a.stages);
        return rows.filter(|row| row.stage == stage).flat_map(|row| row.places.clone()).take(PLACES).collect();
    };
    let batch = event.batch.as_ref().and_then(|id| report.batches.iter().find(|batch| batch.id == *id));
    let flushed = batch.filter(|_| stage != Stage::Buffer).map(|batch| batch.places.clone()).unwrap_or_default();
    event.places.iter().take(1).cloned().chain(flushed).collect()
}

fn is_write(request: &RequestRow) -> bool {
    request.method == "POST"
}

/// The service under test, by its writes as the server measured them.
fn of_writes(passing: Named<'_>, other: Named<'_>) -> Option<Difference> {
    let of = |report: &'_ Report| {
        let own = |s: &&crate::report::Service| Some(&s.name) == report.bundle.service.as_ref();
        report.services.iter().find(own).or(report.services.first()).map(|s| s.writes.clone())
    };
    let (here, there) = (of(passing.1)?, of(other.1)?);
    let kind = spreads(&here, &there)?;
    let side = |named: Named<'_>, of: &Spread| {
        let writes = named.1.requests.iter().filter(|request| is_write(request));
        let slowest = writes.max_by_key(|request| request.duration.lo_ns);
        side(named, spread(of), slowest.map(|request| request.place.clone()).as_slice())
    };
    Some(difference(
        kind,
        "write requests, as the server measured them".to_owned(),
        side(passing, &here),
        side(other, &there),
    ))
}

/// Event types that only one side has; of two runs of one service only, since each service has its own.
fn event_types(passing: Named<'_>, other: Named<'_>, all: &mut Vec<Difference>) {
    if passing.1.bundle.service != other.1.bundle.service {
        return;
    }
    let types = |report: &'_ Report| {
        let mut types: BTreeMap<String, (usize, Vec<Place>)> = BTreeMap::new();
        for event in &report.events {
            let (count, places) = types.entry(event.event_type.clone()).or_default();
            *count += 1;
            if places.is_empty() {
                places.extend(event.places.first().cloned());
            }
        }
        types
    };
    let (here, there) = (types(passing.1), types(other.1));
    if here.is_empty() || there.is_empty() {
        return;
    }
    let seen = |(count, _): &(usize, Vec<Place>)| format!("{} seen", words::grouped(*count as u64));
    for (name, of) in here.iter().filter(|(name, _)| !there.contains_key(*name)) {
        let (passing, other) = (side(passing, seen(of), &of.1), side(other, "none seen".to_owned(), &[]));
        all.push(difference(Kind::Missing, format!("events of type {name}"), passing, other));
    }
    for (name, of) in there.iter().filter(|(name, _)| !here.contains_key(*name)) {
        let (passing, other) = (side(passing, "none seen".to_owned(), &[]), side(other, seen(of), &of.1));
        all.push(difference(Kind::Extra, format!("events of type {name}"), passing, other));
    }
}

/// Answers of 400 and more, batches sent again, and what else was noticed, where the passing bundle has none of it.
fn errors(passing: Named<'_>, other: Named<'_>, all: &mut Vec<Difference>) {
    let path = |request: &RequestRow| request.path.split('?').next().unwrap_or_default().to_owned();
    let mut found: BTreeMap<(String, String, u16), (u64, Vec<Place>)> = BTreeMap::new();
    for request in other.1.requests.iter().filter(|request| request.status >= 400) {
        let (count, places) = found.entry((request.method.clone(), path(request), request.status)).or_default();
        *count += 1;
        places.push(request.place.clone());
    }
    for ((method, asked, status), (count, places)) in found {
        let same = || passing.1.requests.iter().filter(|r| r.method == method && path(r) == asked);
        if same().any(|request| request.status == status) {
            continue;
        }
        let good = || same().filter(|request| request.status < 400);
        let text = format!("{} answered with less than 400", words::grouped(good().count() as u64));
        let example: Vec<Place> = good().take(1).map(|request| request.place.clone()).collect();
        let (passing, other) =
            (side(passing, text, &example), side(other, format!("{} times", words::grouped(count)), &places));
        all.push(difference(Kind::NewError, format!("status {status} to {method} {asked}"), passing, other));
    }
    let again = |report: &'_ Report| -> Vec<Place> {
        let again = report.batches.iter().filter(|batch| batch.attempts.is_some_and(|attempts| attempts > 1));
        again.filter_map(|batch| batch.places.first().cloned()).collect()
    };
    let (here, there) = (again(passing.1), again(other.1));
    if here.is_empty() && !there.is_empty() {
        let text = format!("{} batches", words::grouped(there.len() as u64));
        let what = "batches that needed more than one attempt".to_owned();
        all.push(difference(
            Kind::NewError,
            what,
            side(passing, "none seen".to_owned(), &[]),
            side(other, text, &there),
        ));
    }
    for finding in other.1.findings.iter().filter(|finding| finding.id != "noise") {
        if passing.1.findings.iter().all(|same| same.id != finding.id) {
            let other = side(other, finding.text.clone(), &finding.places);
            let passing = side(passing, "nothing of the kind".to_owned(), &[]);
            all.push(difference(Kind::NewError, finding.id.to_owned(), passing, other));
        }
    }
}

/// Settings with another value. Those of the service under test have the same name in each bundle.
fn settings(passing: Named<'_>, other: Named<'_>, all: &mut Vec<Difference>) {
    let source = |report: &'_ Report, source: &str| {
        if Some(source) == report.bundle.service.as_deref() { "the service".to_owned() } else { source.to_owned() }
    };
    for setting in &other.1.settings {
        let of = source(other.1, &setting.source);
        let same = |s: &&crate::report::Setting| s.name == setting.name && source(passing.1, &s.source) == of;
        let values = || passing.1.settings.iter().filter(same);
        let Some(known) = values().next() else { continue };
        if values().all(|s| s.value != setting.value) {
            let (passing, other) = (
                side(passing, known.value.clone(), &known.places),
                side(other, setting.value.clone(), &setting.places),
            );
            all.push(difference(Kind::Setting, format!("{} of {of}", setting.name), passing, other));
        }
    }
}
