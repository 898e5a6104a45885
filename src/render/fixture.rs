//! Hand-made reports: one per kind of answer, and one full of hostile text.

use crate::instant::{MILLISECOND as MS, Nanos, SECOND};
use crate::report::{
    Awaited, BatchRow, Bundle, Clock, Confidence, Coverage, Duration, EventRow, Evidence, Failure, Family,
    FileCoverage, Finding, Fix, Gap, Input, Instant, Link, LinkState, LookRow, NotObservable, Passing, Place, Quote,
    Ranked, Report, RequestRow, RuledOut, Run, RunOutcome, SCHEMA_VERSION, Service, Setting, Spread, Stage, StageRow,
    StageSpread, State, Store, TickRow, Tool, Verdict, Wait,
};
use crate::sighting::{Outcome, Trigger};
use crate::timeline::{Row, Timeline};

/// 2026-01-14T18:46:41Z.
pub const T: Nanos = 1_768_416_401 * SECOND;
const SUITE: &str = "run/suite.log";
const SERVER: &str = "must-gather/signalprocessing_datastorage_test.log";

pub fn at(lo: Nanos, hi: Nanos) -> Option<Instant> {
    Some(Instant { lo: Some(T + lo * MS), hi: Some(T + hi * MS), clock: None })
}

pub fn took(lo: Nanos, hi: Nanos) -> Duration {
    Duration { lo_ns: Some(lo * MS), hi_ns: Some(hi * MS) }
}

pub fn place(file: &str, line: u32) -> Place {
    Place { file: file.to_owned(), line, to_line: None }
}

pub fn evidence(text: &str, file: &str, line: u32) -> Evidence {
    Evidence { text: text.to_owned(), places: vec![place(file, line)] }
}

fn spread(count: u64, min: Nanos, p50: Nanos, p95: Nanos, max: Nanos) -> Spread {
    let of = |ms: Nanos| Some(Duration::exact(ms * MS));
    Spread { count, min: of(min), p50: of(p50), p95: of(p95), p99: of(max), max: of(max) }
}

fn link(link: Link, state: State, at: Option<Instant>, because: Option<&str>) -> LinkState {
    let places = if state == State::Seen { vec![place(SUITE, 1204)] } else { Vec::new() };
    let between = places.clone();
    LinkState { link, state, at, places, between, because: because.map(str::to_owned) }
}

fn file(path: &str, bytes: u64, lines: u64, recognised: u64, skipped: Option<&str>) -> FileCoverage {
    FileCoverage { path: path.to_owned(), bytes, lines, recognised, skipped: skipped.map(str::to_owned) }
}

fn look(seconds: Nanos, line: u32) -> LookRow {
    LookRow {
        at: at(1_500 + seconds * 1000, 1_510 + seconds * 1000),
        asked: Some("event_type=classification.decision&correlation_id=rr-severity-12".to_owned()),
        status: Some(200),
        found: Some(0),
        returned: Some(0),
        total: Some(0),
        places: vec![place(SUITE, line)],
    }
}

fn journey() -> Awaited {
    Awaited {
        event_type: Some("classification.decision".to_owned()),
        correlation_id: Some("rr-severity-12".to_owned()),
        expected: Some(1),
        found: Some(0),
        event: Some("event-107".to_owned()),
        journey: vec![
            link(Link::Emitted, State::Seen, at(200, 400), None),
            link(Link::Validated, State::Seen, at(200, 465), None),
            link(Link::Buffered, State::Seen, at(460, 469), None),
            link(Link::Flushed, State::Pending, None, Some("no tick after line 1204")),
            link(Link::Sent, State::Pending, None, None),
            link(Link::Created, State::Pending, None, None),
        ],
        stages: vec![
            StageRow {
                stage: Stage::Buffer,
                took: took(213, 398),
                limit: Some(Duration::exact(SECOND)),
                guilty: false,
                saves: None,
                places: vec![place(SUITE, 1204)],
            },
            StageRow {
                stage: Stage::FlushWait,
                took: Duration { lo_ns: Some(9_712 * MS), hi_ns: None },
                limit: Some(Duration::exact(100 * MS)),
                guilty: true,
                saves: Some(Duration { lo_ns: Some(9_612 * MS), hi_ns: None }),
                places: vec![place(SUITE, 1204), place(SUITE, 1391)],
            },
            StageRow {
                stage: Stage::Write,
                took: took(12, 20),
                limit: Some(Duration::exact(SECOND)),
                guilty: false,
                saves: None,
                places: vec![place(SERVER, 88)],
            },
        ],
    }
}

fn failure() -> Failure {
    Failure {
        key: "test/integration/signalprocessing/audit_integration_test.go: records the classification decision".to_owned(),
        spec: "BR-SP-090: SignalProcessing → Data Storage Audit Integration records the classification decision for the standard target".to_owned(),
        location: Some(place("/src/kubernaut/test/integration/signalprocessing/audit_integration_test.go", 266)),
        node: "It".to_owned(),
        outcome: Outcome::Failed,
        collateral: false,
        process: Some(3),
        store: Some("store-3".to_owned()),
        message: "Timed out after 10.000s.\nExpected\n    <int>: 0\nto equal\n    <int>: 1".to_owned(),
        places: vec![Place { file: SUITE.to_owned(), line: 1188, to_line: Some(1402) }],
        started: at(-1_000, -1),
        deadline: at(11_500, 11_510),
        trigger: at(0, 999),
        last_look: at(11_500, 11_510),
        cause: Some("flush-delay"),
        family: Family::FlushDelay,
        confidence: Confidence::Proven,
        sentence: "the event was buffered at once, but the store flushes every 30 s; the test stopped looking after 10 s."
            .to_owned(),
        fix: Some(Fix {
            text: "Set the flush interval of the suite's store to 0.1 s.".to_owned(),
            place: Some(place("/src/kubernaut/test/integration/signalprocessing/suite_test.go", 412)),
            setting: Some("flush_interval".to_owned()),
        }),
        ranked: vec![
            Ranked {
                cause: "flush-delay",
                confidence: Confidence::Proven,
                supporting: vec![
                    evidence("the store was started with a flush interval of 30 s", SUITE, 311),
                    evidence("no tick of store-3 between the buffering and the end of the spec", SUITE, 1391),
                ],
                against: Vec::new(),
            },
            Ranked {
                cause: "query-window",
                confidence: Confidence::Possible,
                supporting: vec![evidence("the window of looking was 10 s", SUITE, 1391)],
                against: vec![evidence("flush and write may take 1.1 s together", SUITE, 311)],
            },
        ],
        ruled_out: vec![
            RuledOut { cause: "write-slow", by: vec![evidence("31 writes, slowest 20 ms", SERVER, 88)] },
            RuledOut {
                cause: "query-window",
                by: vec![evidence("looked 10 s; flush and write may take 1.1 s", SUITE, 1391)],
            },
        ],
        awaited: vec![journey()],
        looks: (0..6).map(|n| look(n * 2, 1210 + u32::try_from(n).unwrap_or(0) * 30)).collect(),
        wait: Wait {
            helps: Some(true),
            extra: Some(took(19_930, 20_130)),
            timeout: Some(Duration::exact(32 * SECOND)),
            flush_interval: Some(Duration::exact(9_500 * MS)),
            places: vec![place(SUITE, 311)],
        },
        passing: Some(Passing {
            event_type: "classification.decision".to_owned(),
            specs: 4,
            at_first_look: 3,
            looked: spread(4, 0, 20, 510, 510),
            since_emission: Some(spread(4, 60, 90, 570, 570)),
            window: Some(Duration::exact(10 * SECOND)),
            last_look: Some(took(11_100, 11_310)),
            places: vec![place(SUITE, 902)],
        }),
    }
}

fn store() -> Store {
    Store {
        id: "store-3".to_owned(),
        service: Some("signalprocessing".to_owned()),
        process: Some(3),
        started: at(-60_000, -59_001),
        flush_interval: Some(Duration::exact(30 * SECOND)),
        batch_size: Some(100),
        buffer_size: Some(10_000),
        emitted: Some(108),
        refused: Some(0),
        dropped: Some(0),
        buffered: Some(108),
        batched: Some(107),
        batches: Some(31),
        written: Some(107),
        lost: Some(0),
        parked: None,
        queued: Some(1),
        first_gap: None,
    }
}

/// One failure with everything.
pub fn one() -> Report {
    Report {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: "whylate", version: "0.1.0" },
        inputs: vec![Input { path: "bundle.tar.gz".to_owned(), kind: "tar.gz".to_owned() }],
        complete: true,
        bundle: Bundle {
            id: "5d41402abc4b2a76".to_owned(),
            suite: Some("SignalProcessing Integration Suite".to_owned()),
            service: Some("signalprocessing".to_owned()),
            seed: Some(1_768_416_000),
            processes: Some(12),
            started: at(-60_000, -59_001),
            collected: None,
        },
        verdict: Verdict {
            outcome: RunOutcome::Failed,
            cause: Some("flush-delay"),
            family: Some(Family::FlushDelay),
            confidence: Some(Confidence::Proven),
            sentence: failure().sentence,
        },
        run: Some(Run { passed: 86, failed: 1, interrupted: 0, flaky: 0, skipped: 0, pending: 2, total: 89 }),
        failures: vec![failure()],
        findings: vec![Finding {
            id: "setting-not-applied",
            text: "the pool was configured with 100 connections, the server started with 25".to_owned(),
            places: vec![place(SERVER, 3)],
        }],
        stages: vec![StageSpread {
            stage: Stage::FlushWait,
            service: Some("signalprocessing".to_owned()),
            spread: spread(107, 3, 52, 99, 29_900),
        }],
        services: vec![Service {
            name: "signalprocessing".to_owned(),
            writes: spread(31, 4, 9, 18, 20),
            statuses: [(201, 31)].into(),
            passed: Some(86),
            failed: Some(1),
        }],
        settings: vec![
            Setting {
                source: "store-3".to_owned(),
                name: "flush_interval".to_owned(),
                value: "30s".to_owned(),
                expected: Some("100ms".to_owned()),
                places: vec![place(SUITE, 311)],
            },
            Setting {
                source: "datastorage".to_owned(),
                name: "max_open_conns".to_owned(),
                value: "25".to_owned(),
                expected: Some("100".to_owned()),
                places: vec![place(SERVER, 3)],
            },
        ],
        stores: vec![store()],
        ticks: vec![TickRow {
            store: "store-3".to_owned(),
            number: 59,
            at: at(-10_000, -10_000),
            expected: Duration::exact(30 * SECOND),
            actual: Duration::exact(30 * SECOND),
            size: 9,
            blocked: None,
            write: Some(took(12, 20)),
            place: place(SUITE, 1100),
        }],
        batches: vec![BatchRow {
            id: "batch-31".to_owned(),
            store: "store-3".to_owned(),
            trigger: Trigger::Tick,
            size: 9,
            flushed: at(-10_000, -9_999),
            written: at(-9_988, -9_980),
            attempts: Some(1),
            request: Some("req-88".to_owned()),
            alternatives: Vec::new(),
            places: vec![place(SUITE, 1100)],
        }],
        requests: vec![RequestRow {
            id: "req-88".to_owned(),
            method: "POST".to_owned(),
            path: "/api/v1/audit/events/batch".to_owned(),
            status: 201,
            at: at(-9_995, -9_985),
            duration: Duration::exact(9 * MS),
            bytes: 415,
            size: Some(9),
            remote: Some("127.0.0.1:40112".to_owned()),
            place: place(SERVER, 88),
        }],
        events: vec![EventRow {
            id: "event-107".to_owned(),
            event_type: "classification.decision".to_owned(),
            correlation_id: "rr-severity-12".to_owned(),
            store: "store-3".to_owned(),
            ordinal: Some(108),
            batch: None,
            emitted: at(200, 400),
            buffered: at(460, 469),
            flushed: None,
            written: None,
            visible: None,
            places: vec![place(SUITE, 1204)],
        }],
        clocks: vec![Clock {
            name: "datastorage".to_owned(),
            reference: "test-host".to_owned(),
            offset: Some(took(-3, 4)),
            from: None,
            to: None,
            assumed: false,
            pairs: 31,
            places: vec![place(SERVER, 88)],
        }],
        coverage: Coverage {
            files: vec![file(SUITE, 310_000, 1_402, 1_180, None), file(SERVER, 90_000, 610, 610, None)],
            bytes: 400_000,
            lines: 2_012,
            recognised: 1_790,
        },
        not_observable: vec![NotObservable {
            what: "the text of the queries".to_owned(),
            because: "the server ran at level info".to_owned(),
            enable_with: "LOG_LEVEL=debug for datastorage".to_owned(),
        }],
        quotes: vec![Quote {
            place: place(SUITE, 311),
            text: r#"{"msg":"Audit background writer started","flush_interval":30}"#.to_owned(),
        }],
    }
}

/// A failure among so many events, in batches of a hundred, one batch in 40 ms.
pub fn large(events: usize) -> Report {
    let mut report = one();
    let (stores, each) = (12, 100);
    report.stores = (0..stores).map(|n| Store { id: format!("store-{n}"), ..store() }).collect();
    report.batches.clear();
    report.requests.clear();
    report.events.clear();
    for number in 0..events.div_ceil(each) {
        let ms = Nanos::try_from(number).unwrap_or(0) * 40;
        let line = u32::try_from(number * 130).unwrap_or(u32::MAX);
        let request = format!("req-{number}");
        report.batches.push(BatchRow {
            id: format!("batch-{number}"),
            store: format!("store-{}", number % stores),
            flushed: at(ms, ms + 1),
            written: at(ms + 12, ms + 18),
            size: 100,
            request: Some(request.clone()),
            places: vec![place(SUITE, line + 120)],
            ..one().batches.remove(0)
        });
        report.requests.push(RequestRow {
            id: request,
            at: at(ms + 4, ms + 14),
            place: place(SERVER, line / 100),
            ..one().requests.remove(0)
        });
        for n in 0..each.min(events - number * each) {
            let late = Nanos::try_from(n).unwrap_or(0);
            report.events.push(EventRow {
                id: format!("event-{}", number * each + n),
                event_type: format!("signalprocessing.step.{}", n % 17),
                correlation_id: format!("rr-{:08x}-{:04x}-0123456789ab", number * 31 + n / 4, n),
                store: format!("store-{}", number % stores),
                ordinal: Some(n as u64),
                batch: Some(format!("batch-{number}")),
                emitted: at(ms - 100 + late / 2, ms - 99 + late),
                buffered: at(ms - 98 + late / 2, ms - 97 + late),
                flushed: at(ms, ms + 1),
                written: at(ms + 12, ms + 18),
                visible: at(ms + 5, ms + 14),
                places: vec![place(SUITE, line + u32::try_from(n).unwrap_or(0))],
            });
        }
    }
    report.failures[0].awaited[0].event = Some("event-107".to_owned());
    report.failures[0].store = Some("store-1".to_owned());
    report
}

/// Four failures of two causes, one of them collateral.
pub fn many() -> Report {
    let mut report = one();
    let mut rejected = broken().failures.remove(0);
    rejected.spec = "BR-SP-110: keeps the audit trail of a rejected signal".to_owned();
    let mut again = failure();
    again.spec = "BR-SP-091: records the enrichment".to_owned();
    let mut victim = failure();
    victim.spec = "BR-SP-092: records the categorisation".to_owned();
    victim.outcome = Outcome::Interrupted;
    victim.collateral = true;
    victim.cause = None;
    victim.family = Family::Other;
    victim.confidence = Confidence::Unknown;
    victim.sentence = "interrupted by the failure of another process.".to_owned();
    report.failures.extend([rejected, again, victim]);
    report.verdict.sentence =
        format!("{} So 2 of 4 failures; 1 is reject-4xx, 1 is collateral.", report.verdict.sentence);
    report.run = Some(Run { passed: 83, failed: 3, interrupted: 1, flaky: 0, skipped: 0, pending: 2, total: 89 });
    report
}

/// A failure with a broken link.
pub fn broken() -> Report {
    let mut report = one();
    let mut of = failure();
    of.cause = Some("reject-4xx");
    of.family = Family::Other;
    of.confidence = Confidence::Proven;
    of.sentence = "the server refused the event's batch with 400, and the store dropped it.".to_owned();
    of.wait = Wait { helps: Some(false), ..Wait::default() };
    of.fix = None;
    of.ranked = vec![Ranked {
        cause: "reject-4xx",
        confidence: Confidence::Proven,
        supporting: vec![evidence("status 400: event_outcome must be one of success, failure, pending", SUITE, 1230)],
        against: Vec::new(),
    }];
    of.ruled_out.truncate(1);
    let awaited = &mut of.awaited[0];
    awaited.stages.clear();
    awaited.journey = vec![
        link(Link::Emitted, State::Seen, at(200, 400), None),
        link(Link::Validated, State::Seen, at(200, 465), None),
        link(Link::Buffered, State::Seen, at(460, 469), None),
        link(Link::Flushed, State::Seen, at(560, 562), None),
        link(Link::Sent, State::Absent, None, Some("the only attempt was refused with 400")),
        link(Link::Created, State::Absent, None, None),
    ];
    report.stores[0].lost = Some(9);
    report.stores[0].written = Some(98);
    report.stores[0].first_gap = Some(Gap { edge: "batched = written".to_owned(), missing: 9 });
    report.verdict = Verdict {
        outcome: RunOutcome::Failed,
        cause: of.cause,
        family: Some(of.family),
        confidence: Some(of.confidence),
        sentence: of.sentence.clone(),
    };
    report.failures = vec![of];
    report
}

/// Container logs only.
pub fn undetermined() -> Report {
    let mut report = one();
    report.verdict = Verdict {
        outcome: RunOutcome::Undetermined,
        cause: None,
        family: None,
        confidence: None,
        sentence: "there is no test output, so nothing says which spec failed; write latency is excluded.".to_owned(),
    };
    report.run = None;
    report.failures = Vec::new();
    report.bundle.suite = None;
    report.bundle.processes = None;
    report.stores = Vec::new();
    report.events = Vec::new();
    report.batches = Vec::new();
    report.ticks = Vec::new();
    report.stages = Vec::new();
    report.settings.remove(0);
    report.services[0].passed = None;
    report.services[0].failed = None;
    report.findings = vec![
        Finding {
            id: "query-loop",
            text: "6 equal GETs from 127.0.0.1:40114 in 10.0 s, each returned 0 rows".to_owned(),
            places: vec![place(SERVER, 402)],
        },
        report.findings[0].clone(),
    ];
    report.coverage.files.remove(0);
    report.coverage.files.push(file(
        "must-gather/notes.bin",
        12_000,
        0,
        0,
        Some("binary: neither text nor an archive"),
    ));
    report.coverage.lines = 610;
    report.coverage.recognised = 610;
    report.complete = false;
    report.not_observable = vec![NotObservable {
        what: "flush delay and query timing".to_owned(),
        because: "the stores print into the test output".to_owned(),
        enable_with: "give the output of `make test-integration-*` as a second PATH".to_owned(),
    }];
    report
}

/// Nothing failed.
pub fn healthy() -> Report {
    let mut report = one();
    report.verdict = Verdict {
        outcome: RunOutcome::Healthy,
        cause: None,
        family: None,
        confidence: None,
        sentence: "all 87 specs that ran passed.".to_owned(),
    };
    report.run = Some(Run { passed: 87, failed: 0, interrupted: 0, flaky: 0, skipped: 0, pending: 2, total: 89 });
    report.failures = Vec::new();
    report.findings = Vec::new();
    report.services[0].passed = Some(87);
    report.services[0].failed = Some(0);
    report.not_observable = Vec::new();
    report
}

/// Text that some output would act upon, in every field that a bundle fills.
pub const HOSTILE: &str = "::error::pwn %0A|`x`|**b** <img src=x onerror=alert(1)><!-- </script> ![i](http://e.vil/x) \
     [l](javascript:alert(1)) @team #123 =cmd() \x1b[31mred\x1b]0;t\x07 \u{202e}rtl\u{2066} \u{2028}ls\u{0}\u{9b}31m\r\n\
     ::warning::w\n# heading\n- [ ] task\n```\n";

/// The report of a hostile bundle.
pub fn hostile() -> Report {
    let mut report = one();
    let evil = || HOSTILE.to_owned();
    let evil_place = || Place { file: format!("a/{HOSTILE}.log"), line: 7, to_line: None };
    report.inputs[0].path = evil();
    report.bundle.suite = Some(evil());
    report.bundle.service = Some(evil());
    report.verdict.sentence = evil();
    let of = &mut report.failures[0];
    of.spec = evil();
    of.location = Some(evil_place());
    of.message = HOSTILE.repeat(4000);
    of.sentence = evil();
    of.store = Some(evil());
    of.fix = Some(Fix { text: evil(), place: Some(evil_place()), setting: Some(evil()) });
    of.ranked[0].supporting[0] = Evidence { text: evil(), places: vec![evil_place()] };
    of.ruled_out[0].by[0] = Evidence { text: evil(), places: vec![evil_place()] };
    of.awaited[0].event_type = Some(evil());
    of.awaited[0].correlation_id = Some(evil());
    of.awaited[0].journey[3].because = Some(evil());
    of.looks[0].asked = Some(evil());
    if let Some(passing) = &mut of.passing {
        passing.event_type = evil();
        passing.places = vec![evil_place()];
    }
    report.findings[0].text = evil();
    report.services[0].name = evil();
    report.settings[0].source = evil();
    report.settings[0].name = evil();
    report.settings[0].value = evil();
    report.stores[0].id = evil();
    report.stores[0].service = Some(evil());
    report.requests[0].path = evil();
    report.requests[0].remote = Some(evil());
    report.events[0].event_type = evil();
    report.events[0].correlation_id = evil();
    report.events[0].id = evil();
    report.batches[0].id = evil();
    report.clocks[0].name = evil();
    report.coverage.files[0].path = evil_place().file;
    report.coverage.files[0].skipped = Some(evil());
    report.not_observable[0].what = evil();
    report.not_observable[0].because = evil();
    report.not_observable[0].enable_with = evil();
    report.quotes[0] = Quote { place: evil_place(), text: evil() };
    report
}

/// A few rows.
pub fn timeline() -> Timeline {
    let row = |raw: &str, at: Option<Instant>, source: &str, text: &str, file: &str, line: u32| Row {
        raw: raw.to_owned(),
        at,
        source: source.to_owned(),
        store: if source == "suite" { "store-3".to_owned() } else { String::new() },
        text: text.to_owned(),
        place: place(file, line),
        event_type: text.contains("classification").then(|| "classification.decision".to_owned()),
        correlation_id: text.contains("rr-severity-12").then(|| "rr-severity-12".to_owned()),
        failure: text.contains("rr-severity-12").then_some(0),
    };
    Timeline {
        rows: vec![
            row("2026-01-14T13:46:31-05:00", at(-10_000, -9_001), "suite", "tick 59, 9 events", SUITE, 1100),
            row("2026-01-14T18:46:31.010Z", at(-9_995, -9_985), "datastorage", "POST 201, 9 ms", SERVER, 88),
            row(
                "2026-01-14T13:46:41-05:00",
                at(460, 469),
                "suite",
                "buffered classification.decision for rr-severity-12",
                SUITE,
                1204,
            ),
            row("", None, "suite", "spec failed", SUITE, 1402),
        ],
    }
}
