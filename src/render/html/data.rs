//! What the page's script draws: failing specs in full, the large tables as [`columns`](super::columns).

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use serde_json::{Value, json};

use super::columns::{Dictionary, Instants, Places as PlaceColumn, Scale, Span, length};
use crate::render::places::Places;
use crate::render::times::length as text_of;
use crate::render::{Style, looks, rows, words};
use crate::report::{Awaited, BatchRow, EventRow, Failure, Instant, Place, Report, RequestRow, TickRow};

/// One text from a bundle is cut after so many characters.
const TEXT: usize = 400;

/// The document for the script.
#[derive(Serialize)]
pub struct Data {
    epoch: i64,
    strings: Vec<String>,
    clocks: Vec<String>,
    files: Vec<String>,
    short: Vec<String>,
    /// Raw lines: number of the file, line, text.
    quotes: Vec<(usize, u32, String)>,
    specs: Vec<Value>,
    main: Option<usize>,
    stores: Vec<Value>,
    ticks: Ticks,
    batches: Batches,
    requests: Requests,
    events: Events,
}

#[derive(Default, Serialize)]
struct Ticks {
    store: Vec<usize>,
    number: Vec<u64>,
    size: Vec<u64>,
    expected: Vec<Span>,
    actual: Vec<Span>,
    at: Instants,
    place: PlaceColumn,
}

#[derive(Default, Serialize)]
struct Batches {
    id: Vec<usize>,
    store: Vec<usize>,
    trigger: Vec<usize>,
    size: Vec<u64>,
    attempts: Vec<Option<u64>>,
    request: Vec<Option<usize>>,
    flushed: Instants,
    written: Instants,
    visible: Instants,
    place: PlaceColumn,
}

#[derive(Default, Serialize)]
struct Requests {
    method: Vec<usize>,
    path: Vec<usize>,
    status: Vec<u16>,
    size: Vec<Option<u64>>,
    took: Vec<Span>,
    at: Instants,
    place: PlaceColumn,
}

#[derive(Default, Serialize)]
struct Events {
    kind: Vec<usize>,
    id: Vec<usize>,
    store: Vec<usize>,
    batch: Vec<Option<usize>>,
    emitted: Instants,
    buffered: Instants,
    flushed: Instants,
    written: Instants,
    visible: Instants,
    place: PlaceColumn,
}

/// Which rows of the large tables are part of the page.
pub struct Chosen<'a> {
    ticks: Vec<&'a TickRow>,
    batches: Vec<&'a BatchRow>,
    requests: Vec<&'a RequestRow>,
    events: Vec<&'a EventRow>,
    /// Rows that are not.
    pub left_out: usize,
}

impl<'a> Chosen<'a> {
    /// At most so many rows of each table: what is awaited or lies in a failing spec's time first.
    pub fn of(report: &'a Report, style: &Style, limit: usize) -> Self {
        let limit = if style.tables { limit } else { 0 };
        let windows: Vec<(i64, i64)> = report.failures.iter().filter_map(window).collect();
        let near = |at: Option<&Instant>| {
            let known = at.and_then(|at| at.hi.or(at.lo));
            known.is_some_and(|known| windows.iter().any(|(from, to)| (*from..=*to).contains(&known)))
        };
        let awaited: BTreeSet<&str> =
            report.failures.iter().flat_map(|f| &f.awaited).filter_map(|a| a.event.as_deref()).collect();
        let events = some(&report.events, limit, |e| {
            awaited.contains(e.id.as_str()) || near(e.buffered.as_ref().or(e.emitted.as_ref()))
        });
        let held: BTreeSet<&str> = if events.len() == report.events.len() {
            BTreeSet::new()
        } else {
            events.iter().filter_map(|e| e.batch.as_deref()).collect()
        };
        let batches = some(&report.batches, limit, |b| held.contains(b.id.as_str()) || near(b.flushed.as_ref()));
        let ticks = some(&report.ticks, limit, |t| near(t.at.as_ref()));
        let requests = some(&report.requests, limit, |r| near(r.at.as_ref()));
        let all = report.ticks.len() + report.batches.len() + report.requests.len() + report.events.len();
        let left_out = all - ticks.len() - batches.len() - requests.len() - events.len();
        Self { ticks, batches, requests, events, left_out }
    }

    /// Rows of the largest table.
    pub fn most(&self) -> usize {
        self.ticks.len().max(self.batches.len()).max(self.requests.len()).max(self.events.len())
    }
}

/// The time of a failing spec.
fn window(of: &Failure) -> Option<(i64, i64)> {
    let end = of.deadline.as_ref().and_then(|at| at.hi.or(at.lo))?;
    let begin = of.started.as_ref().or(of.trigger.as_ref()).and_then(|at| at.lo.or(at.hi)).unwrap_or(end);
    Some((begin, end))
}

fn some<T>(rows: &[T], limit: usize, wanted: impl Fn(&T) -> bool) -> Vec<&T> {
    if rows.len() <= limit {
        return rows.iter().collect();
    }
    let (first, then): (Vec<usize>, Vec<usize>) = (0..rows.len()).partition(|at| wanted(&rows[*at]));
    let mut chosen: Vec<usize> = first.into_iter().chain(then).take(limit).collect();
    chosen.sort_unstable();
    chosen.into_iter().map(|at| &rows[at]).collect()
}

struct Making<'a> {
    scale: Scale,
    strings: Dictionary,
    clocks: Dictionary,
    files: Dictionary,
    stores: HashMap<&'a str, usize>,
    events: HashMap<&'a str, usize>,
    batches: HashMap<&'a str, usize>,
    requests: HashMap<&'a str, usize>,
}

/// Puts the report into columns.
pub fn data(report: &Report, chosen: &Chosen<'_>) -> Data {
    let mut making = Making {
        scale: Scale { epoch: epoch(report, chosen) },
        strings: Dictionary::default(),
        clocks: Dictionary::default(),
        files: Dictionary::default(),
        stores: HashMap::new(),
        events: chosen.events.iter().enumerate().map(|(at, event)| (event.id.as_str(), at)).collect(),
        batches: chosen.batches.iter().enumerate().map(|(at, batch)| (batch.id.as_str(), at)).collect(),
        requests: chosen.requests.iter().enumerate().map(|(at, request)| (request.id.as_str(), at)).collect(),
    };
    making.clocks.number("");
    // Rows may name stores that have no ledger.
    let named = chosen.events.iter().map(|e| &e.store).chain(chosen.batches.iter().map(|b| &b.store));
    let named = named.chain(chosen.ticks.iter().map(|t| &t.store));
    let mut ids: Vec<&str> = Vec::new();
    for id in report.stores.iter().map(|store| &store.id).chain(named) {
        if !making.stores.contains_key(id.as_str()) {
            making.stores.insert(id, ids.len());
            ids.push(id);
        }
    }
    let stores = ids.iter().map(|id| Making::store(report, id)).collect();
    let specs = report.failures.iter().map(|failure| making.spec(failure)).collect();
    let main = words::main(report).and_then(|main| report.failures.iter().position(|f| std::ptr::eq(f, main)));
    let (ticks, requests) = (making.ticks(chosen), making.requests(chosen));
    let (batches, events) = (making.batches(chosen), making.events(chosen));
    let quotes =
        report.quotes.iter().map(|q| (making.files.number(&q.place.file), q.place.line, q.text.clone())).collect();
    let places = Places::of(report);
    let short = making.files.strings.iter().map(|file| places.file(file).to_owned()).collect();
    Data {
        epoch: making.scale.epoch,
        strings: making.strings.strings,
        clocks: making.clocks.strings,
        files: making.files.strings,
        short,
        quotes,
        specs,
        main,
        stores,
        ticks,
        batches,
        requests,
        events,
    }
}

/// The earliest time on the page, in microseconds.
fn epoch(report: &Report, chosen: &Chosen<'_>) -> i64 {
    let specs = report.failures.iter().flat_map(|f| {
        let links = f.awaited.iter().flat_map(|a| &a.journey).map(|link| &link.at);
        [&f.started, &f.trigger, &f.deadline].into_iter().chain(f.looks.iter().map(|look| &look.at)).chain(links)
    });
    let ticks = chosen.ticks.iter().map(|t| &t.at);
    let batches = chosen.batches.iter().map(|b| &b.flushed);
    let requests = chosen.requests.iter().map(|r| &r.at);
    let events = chosen.events.iter().flat_map(|e| [&e.emitted, &e.buffered, &e.visible]);
    let all = specs.chain(ticks).chain(batches).chain(requests).chain(events).flatten();
    all.filter_map(|at| at.lo.or(at.hi)).min().unwrap_or(0).div_euclid(1_000)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

impl<'a> Making<'a> {
    fn at(&mut self, at: Option<&Instant>) -> Value {
        let Some(at) = at else { return Value::Null };
        let Span(lo, hi) = self.scale.span(at);
        json!([lo, hi, at.clock.as_deref().map_or(0, |clock| self.clocks.number(clock))])
    }

    fn places(&mut self, places: &[Place]) -> Value {
        places.iter().take(3).map(|place| json!([self.files.number(&place.file), place.line])).collect()
    }

    fn store(report: &Report, id: &str) -> Value {
        let Some(store) = report.stores.iter().find(|store| store.id == id) else {
            return json!({"id": cut(id), "about": []});
        };
        let mut about: Vec<String> = store.service.iter().map(|service| cut(service)).collect();
        about.extend(store.process.map(|n| format!("process {n}")));
        about.extend(store.flush_interval.map(|every| format!("flushes every {}", text_of(every))));
        json!({"id": cut(id), "about": about})
    }

    fn spec(&mut self, of: &Failure) -> Value {
        let looks: Vec<Value> = of
            .looks
            .iter()
            .map(|look| {
                let (at, places) = (self.at(look.at.as_ref()), self.places(&look.places));
                json!({"at": at, "text": looks::answer(look), "asked": look.asked.as_deref().map(cut),
                    "bad": look.status.is_some_and(|status| status >= 400), "places": places})
            })
            .collect();
        let awaited: Vec<Value> = of.awaited.iter().map(|awaited| self.awaited(awaited)).collect();
        json!({
            "name": cut(&of.spec), "answer": cut(&words::failure(of)), "outcome": words::outcome(of.outcome),
            "store": of.store.as_deref().and_then(|id| self.stores.get(id).copied()), "collateral": of.collateral,
            "started": self.at(of.started.as_ref()), "deadline": self.at(of.deadline.as_ref()),
            "trigger": self.at(of.trigger.as_ref()), "places": self.places(&of.places),
            "looks": looks, "awaited": awaited,
        })
    }

    fn awaited(&mut self, of: &Awaited) -> Value {
        let links: Vec<Value> = of
            .journey
            .iter()
            .map(|link| {
                let (at, places) = (self.at(link.at.as_ref()), self.places(&link.places));
                json!({"link": words::link(link.link), "state": words::state(link.state), "at": at,
                    "because": link.because.as_deref().map(cut), "places": places})
            })
            .collect();
        let stages: Vec<Value> = of
            .stages
            .iter()
            .map(|stage| {
                json!({"stage": words::stage(stage.stage), "took": text_of(stage.took), "judged": rows::judged(stage)})
            })
            .collect();
        json!({
            "text": cut(&words::waited(of)), "id": of.correlation_id.as_deref().map(cut),
            "event": of.event.as_deref().and_then(|id| self.events.get(id).copied()),
            "links": links, "stages": stages,
        })
    }

    fn ticks(&mut self, chosen: &Chosen<'_>) -> Ticks {
        let mut rows = Ticks::default();
        for tick in &chosen.ticks {
            rows.store.push(self.stores.get(tick.store.as_str()).copied().unwrap_or(0));
            rows.number.push(tick.number);
            rows.size.push(tick.size);
            rows.expected.push(length(tick.expected));
            rows.actual.push(length(tick.actual));
            rows.at.push(tick.at.as_ref(), None, self.scale, &mut self.clocks);
            rows.place.push(Some(&tick.place), &mut self.files);
        }
        rows
    }

    fn batches(&mut self, chosen: &Chosen<'a>) -> Batches {
        // Rows that became visible together are told so once.
        let mut visible: HashMap<&str, &Instant> = HashMap::new();
        for event in &chosen.events {
            if let (Some(batch), Some(at)) = (&event.batch, &event.visible) {
                visible.entry(batch).or_insert(at);
            }
        }
        let mut rows = Batches::default();
        for batch in &chosen.batches {
            rows.id.push(self.strings.number(&cut(&batch.id)));
            rows.store.push(self.stores.get(batch.store.as_str()).copied().unwrap_or(0));
            rows.trigger.push(self.strings.number(words::trigger(batch.trigger)));
            rows.size.push(batch.size);
            rows.attempts.push(batch.attempts);
            rows.request.push(batch.request.as_deref().and_then(|id| self.requests.get(id).copied()));
            rows.flushed.push(batch.flushed.as_ref(), None, self.scale, &mut self.clocks);
            rows.written.push(batch.written.as_ref(), None, self.scale, &mut self.clocks);
            rows.visible.push(visible.get(batch.id.as_str()).copied(), None, self.scale, &mut self.clocks);
            rows.place.push(batch.places.first(), &mut self.files);
        }
        rows
    }

    fn requests(&mut self, chosen: &Chosen<'_>) -> Requests {
        let mut rows = Requests::default();
        for request in &chosen.requests {
            rows.method.push(self.strings.number(&cut(&request.method)));
            rows.path.push(self.strings.number(&cut(&request.path)));
            rows.status.push(request.status);
            rows.size.push(request.size);
            rows.took.push(length(request.duration));
            rows.at.push(request.at.as_ref(), None, self.scale, &mut self.clocks);
            rows.place.push(Some(&request.place), &mut self.files);
        }
        rows
    }

    fn events(&mut self, chosen: &Chosen<'_>) -> Events {
        let mut visible: HashMap<usize, &Instant> = HashMap::new();
        let mut rows = Events::default();
        for event in &chosen.events {
            let number = event.batch.as_deref().and_then(|id| self.batches.get(id).copied());
            let batch = number.map(|number| chosen.batches[number]);
            if let (Some(number), Some(at)) = (number, &event.visible) {
                visible.entry(number).or_insert(at);
            }
            rows.kind.push(self.strings.number(&cut(&event.event_type)));
            rows.id.push(self.strings.number(&cut(&event.correlation_id)));
            rows.store.push(self.stores.get(event.store.as_str()).copied().unwrap_or(0));
            rows.batch.push(number);
            let of = |at: fn(&BatchRow) -> Option<&Instant>| batch.and_then(at);
            let seen = number.and_then(|number| visible.get(&number).copied());
            let (scale, clocks) = (self.scale, &mut self.clocks);
            rows.emitted.push(event.emitted.as_ref(), None, scale, clocks);
            rows.buffered.push(event.buffered.as_ref(), None, scale, clocks);
            rows.flushed.push(event.flushed.as_ref(), of(|b| b.flushed.as_ref()), scale, clocks);
            rows.written.push(event.written.as_ref(), of(|b| b.written.as_ref()), scale, clocks);
            rows.visible.push(event.visible.as_ref(), seen, scale, clocks);
            rows.place.push(event.places.first(), &mut self.files);
        }
        rows
    }
}
