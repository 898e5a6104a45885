//! The report as flat *tables*: the same columns in every output that knows only rows (CSV, later Parquet).
//!
//! An instant `x` becomes `x_lo_ns`, `x_hi_ns` (Unix time) and `x_clock`, a length of time `x_lo_ns` and `x_hi_ns`, a
//! place `file` and `line`, several places one field `places`. Empty is unknown, never 0.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::instant::Nanos;
use crate::report::{Duration, Instant, Place, Report, Spread};

/// One field of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// Unknown.
    Null,
    /// From the bundle: not escaped.
    Text(Cow<'a, str>),
    /// A count or a number.
    Count(u64),
    /// Nanoseconds: since the epoch, or a length.
    Nanos(Nanos),
    /// Yes or no.
    Flag(bool),
}

/// One table: a name, its columns, and its rows one by one.
#[derive(Debug)]
pub struct Table {
    /// Name, as in `--table NAME`.
    pub name: &'static str,
    /// Whether it may have very many rows: those are left out with `--no-tables`.
    pub large: bool,
    /// Names of the columns, with a blank between two.
    pub columns: &'static str,
    /// Hands each row to `each`.
    pub rows: fn(&Report, each: Each<'_>),
}

/// What is done with each row.
pub type Each<'a> = &'a mut dyn FnMut(Vec<Value<'_>>);

/// All tables.
pub static ALL: &[&Table] = &[
    &FAILURES,
    &JOURNEYS,
    &STAGES,
    &LOOKS,
    &FINDINGS,
    &SPREADS,
    &SERVICES,
    &SETTINGS,
    &STORES,
    &TICKS,
    &BATCHES,
    &REQUESTS,
    &EVENTS,
    &CLOCKS,
    &COVERAGE,
    &NOT_OBSERVABLE,
];

/// The table of that name.
pub fn find(name: &str) -> Option<&'static Table> {
    ALL.iter().find(|table| table.name == name).copied()
}

/// A row in the making.
struct Row<'a>(Vec<Value<'a>>);

impl<'a> Row<'a> {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn text(mut self, text: &'a str) -> Self {
        self.0.push(Value::Text(text.into()));
        self
    }

    fn maybe(mut self, text: Option<&'a str>) -> Self {
        self.0.push(text.map_or(Value::Null, |text| Value::Text(text.into())));
        self
    }

    /// A value of a closed set: the JSON report's word for it.
    fn code(mut self, of: impl Serialize) -> Self {
        let code = serde_json::to_value(of).ok().and_then(|value| value.as_str().map(str::to_owned));
        self.0.push(code.map_or(Value::Null, |code| Value::Text(code.into())));
        self
    }

    fn count(mut self, count: impl Into<Option<u64>>) -> Self {
        self.0.push(count.into().map_or(Value::Null, Value::Count));
        self
    }

    fn small(self, count: Option<u32>) -> Self {
        self.count(count.map(u64::from))
    }

    fn flag(mut self, flag: impl Into<Option<bool>>) -> Self {
        self.0.push(flag.into().map_or(Value::Null, Value::Flag));
        self
    }

    fn nanos(mut self, nanos: Option<Nanos>) -> Self {
        self.0.push(nanos.map_or(Value::Null, Value::Nanos));
        self
    }

    fn at(self, at: Option<&'a Instant>) -> Self {
        self.nanos(at.and_then(|at| at.lo)).nanos(at.and_then(|at| at.hi)).maybe(at.and_then(|at| at.clock.as_deref()))
    }

    fn took(self, took: impl Into<Option<Duration>>) -> Self {
        let took = took.into();
        self.nanos(took.and_then(|took| took.lo_ns)).nanos(took.and_then(|took| took.hi_ns))
    }

    fn spread(self, spread: &Spread) -> Self {
        let row = self.count(spread.count).took(spread.min).took(spread.p50).took(spread.p95);
        row.took(spread.p99).took(spread.max)
    }

    fn place(self, place: Option<&'a Place>) -> Self {
        self.maybe(place.map(|place| place.file.as_str())).small(place.map(|place| place.line))
    }

    fn places(mut self, places: &[Place]) -> Self {
        let names: Vec<String> = places.iter().map(|place| format!("{}:{}", place.file, place.line)).collect();
        self.0.push(Value::Text(names.join(" ").into()));
        self
    }
}

static FAILURES: Table = Table {
    name: "failures",
    large: false,
    columns: "key spec file line node outcome collateral process store cause family confidence sentence \
              started_lo_ns started_hi_ns started_clock deadline_lo_ns deadline_hi_ns deadline_clock \
              trigger_lo_ns trigger_hi_ns trigger_clock last_look_lo_ns last_look_hi_ns last_look_clock \
              wait_helps wait_extra_lo_ns wait_extra_hi_ns wait_timeout_lo_ns wait_timeout_hi_ns \
              wait_flush_interval_lo_ns wait_flush_interval_hi_ns",
    rows: |report, each| {
        for f in &report.failures {
            let row = Row::new().text(&f.key).text(&f.spec).place(f.location.as_ref()).text(&f.node);
            let row = row.code(f.outcome).flag(f.collateral).small(f.process).maybe(f.store.as_deref());
            let row = row.maybe(f.cause).code(f.family).code(f.confidence);
            let row = row.text(&f.sentence).at(f.started.as_ref()).at(f.deadline.as_ref()).at(f.trigger.as_ref());
            let row = row.at(f.last_look.as_ref()).flag(f.wait.helps).took(f.wait.extra).took(f.wait.timeout);
            each(row.took(f.wait.flush_interval).0);
        }
    },
};

static JOURNEYS: Table = Table {
    name: "journeys",
    large: false,
    columns: "failure event_type correlation_id event link state at_lo_ns at_hi_ns at_clock because places",
    rows: |report, each| {
        for (f, a) in report.failures.iter().flat_map(|f| f.awaited.iter().map(move |a| (f, a))) {
            for l in &a.journey {
                let row = Row::new().text(&f.key).maybe(a.event_type.as_deref()).maybe(a.correlation_id.as_deref());
                let row = row.maybe(a.event.as_deref()).code(l.link).code(l.state);
                each(row.at(l.at.as_ref()).maybe(l.because.as_deref()).places(&l.places).0);
            }
        }
    },
};

static STAGES: Table = Table {
    name: "stages",
    large: false,
    columns: "failure event_type correlation_id event stage took_lo_ns took_hi_ns limit_lo_ns limit_hi_ns \
              guilty saves_lo_ns saves_hi_ns places",
    rows: |report, each| {
        for (f, a) in report.failures.iter().flat_map(|f| f.awaited.iter().map(move |a| (f, a))) {
            for s in &a.stages {
                let row = Row::new().text(&f.key).maybe(a.event_type.as_deref()).maybe(a.correlation_id.as_deref());
                let row = row.maybe(a.event.as_deref()).code(s.stage).took(s.took).took(s.limit);
                each(row.flag(s.guilty).took(s.saves).places(&s.places).0);
            }
        }
    },
};

static LOOKS: Table = Table {
    name: "looks",
    large: false,
    columns: "failure at_lo_ns at_hi_ns at_clock asked status found returned total places",
    rows: |report, each| {
        for (f, l) in report.failures.iter().flat_map(|f| f.looks.iter().map(move |l| (f, l))) {
            let row = Row::new().text(&f.key).at(l.at.as_ref()).maybe(l.asked.as_deref());
            let row = row.count(l.status.map(u64::from)).count(l.found).count(l.returned).count(l.total);
            each(row.places(&l.places).0);
        }
    },
};

static FINDINGS: Table = Table {
    name: "findings",
    large: false,
    columns: "id text places",
    rows: |report, each| {
        report.findings.iter().for_each(|f| each(Row::new().text(f.id).text(&f.text).places(&f.places).0));
    },
};

static SPREADS: Table = Table {
    name: "spreads",
    large: false,
    columns: "stage service count min_lo_ns min_hi_ns p50_lo_ns p50_hi_ns p95_lo_ns p95_hi_ns p99_lo_ns \
              p99_hi_ns max_lo_ns max_hi_ns",
    rows: |report, each| {
        for s in &report.stages {
            each(Row::new().code(s.stage).maybe(s.service.as_deref()).spread(&s.spread).0);
        }
    },
};

static SERVICES: Table = Table {
    name: "services",
    large: false,
    columns: "name passed failed statuses writes min_lo_ns min_hi_ns p50_lo_ns p50_hi_ns p95_lo_ns p95_hi_ns \
              p99_lo_ns p99_hi_ns max_lo_ns max_hi_ns",
    rows: |report, each| {
        for s in &report.services {
            let mut row = Row::new().text(&s.name).small(s.passed).small(s.failed);
            row.0.push(Value::Text(statuses(&s.statuses).into()));
            each(row.spread(&s.writes).0);
        }
    },
};

/// `201: 31, 400: 2`.
pub(super) fn statuses(of: &BTreeMap<u16, u64>) -> String {
    of.iter().map(|(status, count)| format!("{status}: {count}")).collect::<Vec<_>>().join(", ")
}

static SETTINGS: Table = Table {
    name: "settings",
    large: false,
    columns: "source name value expected places",
    rows: |report, each| {
        for s in &report.settings {
            let row = Row::new().text(&s.source).text(&s.name).text(&s.value).maybe(s.expected.as_deref());
            each(row.places(&s.places).0);
        }
    },
};

static STORES: Table = Table {
    name: "stores",
    large: false,
    columns: "id service process started_lo_ns started_hi_ns started_clock flush_interval_lo_ns \
              flush_interval_hi_ns batch_size buffer_size emitted refused dropped buffered batched batches \
              written lost parked queued first_gap_edge first_gap_missing",
    rows: |report, each| {
        for s in &report.stores {
            let row = Row::new().text(&s.id).maybe(s.service.as_deref()).small(s.process).at(s.started.as_ref());
            let row = row.took(s.flush_interval).count(s.batch_size).count(s.buffer_size).count(s.emitted);
            let row = row.count(s.refused).count(s.dropped).count(s.buffered).count(s.batched).count(s.batches);
            let row = row.count(s.written).count(s.lost).count(s.parked).count(s.queued);
            let gap = s.first_gap.as_ref();
            each(row.maybe(gap.map(|gap| gap.edge.as_str())).count(gap.map(|gap| gap.missing)).0);
        }
    },
};

static TICKS: Table = Table {
    name: "ticks",
    large: true,
    columns: "store number at_lo_ns at_hi_ns at_clock expected_lo_ns expected_hi_ns actual_lo_ns actual_hi_ns \
              size blocked_lo_ns blocked_hi_ns write_lo_ns write_hi_ns file line",
    rows: |report, each| {
        for t in &report.ticks {
            let row = Row::new().text(&t.store).count(t.number).at(t.at.as_ref()).took(t.expected).took(t.actual);
            each(row.count(t.size).took(t.blocked).took(t.write).place(Some(&t.place)).0);
        }
    },
};

static BATCHES: Table = Table {
    name: "batches",
    large: true,
    columns: "id store trigger size flushed_lo_ns flushed_hi_ns flushed_clock written_lo_ns written_hi_ns \
              written_clock attempts request alternatives places",
    rows: |report, each| {
        for b in &report.batches {
            let row = Row::new().text(&b.id).text(&b.store).code(b.trigger).count(b.size);
            let row = row.at(b.flushed.as_ref()).at(b.written.as_ref()).count(b.attempts).maybe(b.request.as_deref());
            let mut row = row;
            row.0.push(Value::Text(b.alternatives.join(" ").into()));
            each(row.places(&b.places).0);
        }
    },
};

static REQUESTS: Table = Table {
    name: "requests",
    large: true,
    columns: "id method path status at_lo_ns at_hi_ns at_clock duration_lo_ns duration_hi_ns bytes size remote \
              file line",
    rows: |report, each| {
        for r in &report.requests {
            let row = Row::new().text(&r.id).text(&r.method).text(&r.path).count(u64::from(r.status));
            let row = row.at(r.at.as_ref()).took(r.duration).count(r.bytes).count(r.size).maybe(r.remote.as_deref());
            each(row.place(Some(&r.place)).0);
        }
    },
};

static EVENTS: Table = Table {
    name: "events",
    large: true,
    columns: "id event_type correlation_id store ordinal batch emitted_lo_ns emitted_hi_ns emitted_clock \
              buffered_lo_ns buffered_hi_ns buffered_clock flushed_lo_ns flushed_hi_ns flushed_clock \
              written_lo_ns written_hi_ns written_clock visible_lo_ns visible_hi_ns visible_clock places",
    rows: |report, each| {
        for e in &report.events {
            let row = Row::new().text(&e.id).text(&e.event_type).text(&e.correlation_id).text(&e.store);
            let row = row.count(e.ordinal).maybe(e.batch.as_deref()).at(e.emitted.as_ref()).at(e.buffered.as_ref());
            let row = row.at(e.flushed.as_ref()).at(e.written.as_ref()).at(e.visible.as_ref());
            each(row.places(&e.places).0);
        }
    },
};

static CLOCKS: Table = Table {
    name: "clocks",
    large: false,
    columns: "name reference offset_lo_ns offset_hi_ns pairs places from_lo_ns from_hi_ns from_clock to_lo_ns \
              to_hi_ns to_clock assumed",
    rows: |report, each| {
        for c in &report.clocks {
            let row = Row::new().text(&c.name).text(&c.reference).took(c.offset).count(c.pairs).places(&c.places);
            each(row.at(c.from.as_ref()).at(c.to.as_ref()).flag(c.assumed).0);
        }
    },
};

static COVERAGE: Table = Table {
    name: "coverage",
    large: false,
    columns: "path bytes lines recognised skipped",
    rows: |report, each| {
        for f in &report.coverage.files {
            let row = Row::new().text(&f.path).count(f.bytes).count(f.lines).count(f.recognised);
            each(row.maybe(f.skipped.as_deref()).0);
        }
    },
};

static NOT_OBSERVABLE: Table = Table {
    name: "not-observable",
    large: false,
    columns: "what because enable_with",
    rows: |report, each| {
        for n in &report.not_observable {
            each(Row::new().text(&n.what).text(&n.because).text(&n.enable_with).0);
        }
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    #[test]
    fn every_row_fits_its_columns() {
        let report = fixture::one();
        for table in ALL {
            let mut rows = 0;
            let columns: Vec<&str> = table.columns.split(' ').collect();
            (table.rows)(&report, &mut |row| {
                assert_eq!(row.len(), columns.len(), "{}", table.name);
                for (value, column) in row.iter().zip(&columns) {
                    let nanos = matches!(value, Value::Nanos(_));
                    assert!(!nanos || column.ends_with("_ns"), "{}.{column} = {value:?}", table.name);
                    assert!(nanos || *value == Value::Null || !column.ends_with("_ns"), "{}.{column}", table.name);
                }
                rows += 1;
            });
            assert!(rows > 0, "the fixture has no row of {}", table.name);
        }
    }

    /// Who joins a table with the JSON report compares these.
    #[test]
    fn codes_are_those_of_the_json_report() {
        let report = fixture::one();
        let first = |name: &str, column: &str| {
            let table = find(name).expect("a table");
            let at = table.columns.split(' ').position(|known| known == column).expect("a column");
            let mut found = None;
            (table.rows)(&report, &mut |row| {
                if let (None, Value::Text(text)) = (&found, &row[at]) {
                    found = Some(text.clone().into_owned());
                }
            });
            found.expect("a row")
        };
        assert_eq!(first("failures", "family"), "flush-delay");
        assert_eq!((first("failures", "outcome"), first("failures", "confidence")), ("failed".into(), "proven".into()));
        assert_eq!((first("journeys", "link"), first("journeys", "state")), ("emitted".into(), "seen".into()));
        assert_eq!((first("stages", "stage"), first("spreads", "stage")), ("buffer".into(), "flush-wait".into()));
        assert_eq!(first("batches", "trigger"), "tick");
    }
}
