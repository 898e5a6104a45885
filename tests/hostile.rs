//! Logs that no healthy system writes: clocks that step, torn lines, absurd numbers, and far too much of everything.
//! The whole pipeline must answer, without a panic, and at ten times the input too.

use std::fmt::Write as _;

use whylate::report::{Report, RunOutcome};

/// What was printed for a bundle of these files, or why there is no report.
fn analyze(files: &[(&str, &[u8])]) -> Result<Report, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).expect("a file in it");
    }
    let analysis = whylate::analyze(&[folder.path().to_path_buf()], &whylate::Options::default())
        .map_err(|error| format!("{error:#}"))?;
    // Every table and the timeline are made too: they reckon with the same times.
    let _ = analysis.timeline();
    Ok(analysis.report)
}

fn log(text: &str) -> Report {
    analyze(&[("a.log", text.as_bytes())]).unwrap_or_else(|error| panic!("expected a report, found {error}"))
}

/// Lines of one store in a container's log, second by second.
#[derive(Default)]
struct Store {
    text: String,
    total: u64,
    ticks: u64,
}

impl Store {
    fn line(&mut self, ts: &str, msg: &str, fields: &str) {
        let _ = writeln!(self.text, r#"{{"level":"info","ts":"{ts}","logger":"audit-store","msg":"{msg}",{fields}}}"#);
    }

    fn start(&mut self, ts: &str) {
        self.line(
            ts,
            "Audit background writer started",
            &format!(r#""flush_interval":1,"batch_size":1000,"buffer_size":10000,"start_time":"{ts}""#),
        );
        (self.total, self.ticks) = (0, 0);
    }

    fn event(&mut self, ts: &str, id: &str) {
        self.total += 1;
        let name = format!(r#""event_type":"gateway.signal.received","correlation_id":"{id}""#);
        self.line(ts, "StoreAudit called", &name);
        let total = self.total;
        self.line(ts, "Validation passed, attempting to buffer event", r#""event_type":"gateway.signal.received""#);
        self.line(
            ts,
            "Event buffered successfully",
            &format!(r#"{name},"buffer_size_after":1,"total_buffered":{total}"#),
        );
    }

    fn tick(&mut self, ts: &str, size: &str, actual: &str) {
        self.ticks += 1;
        let number = self.ticks;
        self.line(
            ts,
            "Timer tick received",
            &format!(
                r#""tick_number":{number},"batch_size_before_flush":{size},"buffer_utilization":0,"expected_interval":1,"actual_interval":{actual},"drift":0,"tick_time":"{ts}""#
            ),
        );
    }
}

fn second(at: u64) -> String {
    let (hours, minutes, seconds) = (at / 3600 % 24, at / 60 % 60, at % 60);
    format!("2026-01-{:02}T{hours:02}:{minutes:02}:{seconds:02}.250Z", 10 + at / 86_400 % 20)
}

/// A server's line for a batch.
fn post(text: &mut String, ts: &str, remote: &str, size: &str, duration: &str) {
    let _ = writeln!(
        text,
        r#"{{"level":"info","ts":"{ts}","logger":"datastorage","msg":"Batch audit events created successfully","count":{size},"duration_seconds":0.01}}"#
    );
    let _ = writeln!(
        text,
        r#"{{"level":"info","ts":"{ts}","logger":"datastorage","msg":"HTTP request","request_id":"h/x-1","method":"POST","path":"/api/v1/audit/events/batch","remote_addr":"{remote}","status":201,"bytes":103,"duration":{duration}}}"#
    );
}

/// A store that lives for `seconds`, with an event a second, and the server that it writes to.
fn healthy(seconds: u64) -> (String, String) {
    let (mut store, mut server) = (Store::default(), String::new());
    store.start(&second(0));
    for at in 1..seconds {
        store.event(&second(at), &format!("rr-{at}"));
        store.tick(&second(at), "1", "1.0");
        post(&mut server, &second(at), "10.0.0.1:4711", "1", "0.002");
    }
    (store.text, server)
}

#[test]
fn clocks_that_step_and_years_that_end() {
    let days = [
        ("a step of an hour back and forth", ["2026-01-10T10:00:00Z", "2026-01-10T09:00:00Z", "2026-01-10T11:00:00Z"]),
        ("a year's end", ["2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"]),
        ("daylight saving", ["2026-03-29T01:59:59+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T03:00:01+02:00"]),
        (
            "the hour that comes twice",
            ["2026-10-25T02:59:59+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T02:00:01+01:00"],
        ),
        ("a leap second", ["2016-12-31T23:59:59Z", "2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"]),
        ("the borders of what is believed", ["1990-01-01T00:00:00Z", "2099-12-31T23:59:59Z", "1990-01-01T00:00:00Z"]),
    ];
    for (what, stamps) in days {
        let mut store = Store::default();
        let mut server = String::new();
        store.start(stamps[0]);
        for round in 0..4 {
            for ts in stamps {
                store.event(ts, &format!("rr-{round}"));
                store.tick(ts, "1", "1.0");
                post(&mut server, ts, "10.0.0.1:4711", "1", "0.002");
            }
        }
        let report = analyze(&[("a.log", store.text.as_bytes()), ("b.log", server.as_bytes())]);
        let report = report.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(report.verdict.outcome, RunOutcome::Undetermined, "{what}");
        assert!(!report.events.is_empty(), "{what}: expected events, found none");
    }
}

#[test]
fn years_that_no_run_has_are_no_times() {
    for year in ["1500", "1677", "1969", "2200", "2262", "9999", "0000"] {
        let mut store = Store::default();
        store.start(&second(0));
        store.event(&second(1), "rr-1");
        let ts = format!("{year}-01-10T00:00:02.250Z");
        store.event(&ts, "rr-2");
        store.tick(&ts, "1", "1.0");
        let report = log(&store.text);
        assert!(report.events.len() == 2 && report.ticks.len() == 1, "{year}: expected the lines, found {report:?}");
        let said = serde_json::to_string(&report).expect("a report in JSON");
        assert!(!said.contains(&format!("{year}-01-1")), "{year}: expected no time of that year, found one");
    }
    for epoch in ["1e300", "-1e18", "0", "99999999999999999999", "4102444801"] {
        let line = format!(
            "{{\"level\":\"info\",\"ts\":{epoch},\"logger\":\"audit-store\",\"msg\":\"Explicit flush requested\"}}\n"
        );
        let _ = analyze(&[("a.log", line.as_bytes())]);
    }
}

/// Each number of each line, in turn, becomes each absurd value: a claim is compared and printed, or not recognised.
#[test]
fn absurd_numbers_are_claims() {
    let values = [
        "0",
        "1",
        "-1",
        "1000000000000",
        "9007199254740992",
        "9007199254740993",
        "9223372036854775807",
        "18446744073709551615",
        "18446744073709551616",
        "1e308",
        "-1e308",
        "1e-308",
        "NaN",
        "\"1e308s\"",
        "null",
        "34560000",
        "-34560000",
        "\"9600h0m0s\"",
        "1.5",
        "\"\"",
        "{}",
        "[1]",
        "\"2562047h47m16.854775807s\"",
    ];
    let (store, server) = healthy(8);
    let close = r#"{"level":"info","ts":"2026-01-10T00:00:09Z","logger":"audit-store","msg":"Audit store closed","buffered_count":7,"written_count":7,"dropped_count":0,"failed_batch_count":0}
{"level":"info","ts":"2026-01-10T00:00:09Z","logger":"audit-store","msg":"Wrote audit batch","batch_size":1,"attempt":1,"write_duration":0.1}
{"level":"info","ts":"2026-01-10T00:00:09Z","logger":"audit-store","msg":"Drained buffer channel into batch","drained_count":1,"batch_size_after_drain":1,"buffer_size_after_drain":0}
{"level":"info","ts":"2026-01-10T00:00:09Z","logger":"audit-store","msg":"Timer-based flush triggered","batch_size":1,"buffer_utilization":0}
{"level":"info","ts":"2026-01-10T00:00:09Z","logger":"audit-store","msg":"Failed to write audit batch","attempt":1,"batch_size":1,"error":"x"}
{"level":"info","ts":"2026-01-10T00:00:09Z","logger":"audit-store","msg":"Audit background writer stopped","total_runtime":8,"total_ticks":7}
"#;
    let text = format!("{store}{close}");
    let keys = [
        "flush_interval",
        "batch_size",
        "buffer_size",
        "total_buffered",
        "tick_number",
        "batch_size_before_flush",
        "buffer_utilization",
        "expected_interval",
        "actual_interval",
        "write_duration",
        "attempt",
        "drained_count",
        "batch_size_after_drain",
        "buffered_count",
        "written_count",
        "failed_batch_count",
        "total_runtime",
        "total_ticks",
        "count",
        "duration",
        "bytes",
        "status",
    ];
    for key in keys {
        for value in values {
            let (text, server) = (with(&text, key, value), with(&server, key, value));
            let report = analyze(&[("a.log", text.as_bytes()), ("b.log", server.as_bytes())]);
            assert!(report.is_ok(), "{key} = {value}: {report:?}");
        }
    }
}

/// The text with every value of a key replaced.
fn with(text: &str, key: &str, value: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let needle = format!("\"{key}\":");
    let mut rest = text;
    while let Some(at) = rest.find(&needle) {
        let (before, after) = rest.split_at(at + needle.len());
        done.push_str(before);
        done.push_str(value);
        rest = &after[after.find([',', '}']).unwrap_or(after.len())..];
    }
    done + rest
}

#[test]
fn lines_out_of_order_torn_and_doubled() {
    let (store, server) = healthy(40);
    let lines: Vec<&str> = store.lines().collect();
    let reversed: Vec<&str> = lines.iter().rev().copied().collect();
    let doubled: Vec<String> = lines.iter().flat_map(|line| [(*line).to_owned(), (*line).to_owned()]).collect();
    let torn: Vec<String> =
        lines.chunks(2).map(|pair| format!("{}{}", &pair[0][..pair[0].len() / 2], pair[pair.len() - 1])).collect();
    let halved = &store[store.len() / 2..store.len() - 30];
    let twice = format!("{store}{store}");
    for (what, text) in [
        ("reversed", reversed.join("\n")),
        ("doubled", doubled.join("\n")),
        ("torn", torn.join("\n")),
        ("begins and ends in the middle", halved.to_owned()),
        ("restarted in the middle", twice),
    ] {
        let report = analyze(&[("a.log", text.as_bytes()), ("b.log", server.as_bytes())]);
        let report = report.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(report.coverage.recognised > 0, "{what}");
    }
    let report = analyze(&[("a.log", format!("{store}{store}").as_bytes())]).expect("a report");
    assert_eq!(report.stores.len(), 2, "expected two stores, as the second start says");
}

#[test]
fn bytes_that_are_hardly_text() {
    let (store, _) = healthy(5);
    let expected = log(&store).coverage.recognised;
    assert_eq!(expected, 17, "expected the start, and four times an event of three lines and a tick");
    let utf16 = |little: bool| -> Vec<u8> {
        let marked = format!("\u{feff}{store}");
        marked.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    };
    let with_bom = format!("\u{feff}{store}").into_bytes();
    let crlf = store.replace('\n', "\r\n").into_bytes();
    let nuls = store.replace("\"level\"", "\0\"level\"").into_bytes();
    let mut broken = store.clone().into_bytes();
    broken.extend_from_slice(b"\xff\xfe\x00\xd8 half a character \xc3\n\xf0\x9f\n");
    for (what, bytes) in [
        ("UTF-16 little", utf16(true)),
        ("UTF-16 big", utf16(false)),
        ("byte order mark", with_bom),
        ("CRLF", crlf),
        ("NUL bytes", nuls),
        ("broken UTF-8", broken),
    ] {
        let report = analyze(&[("a.log", &bytes)]).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(report.coverage.recognised, expected, "{what}");
    }
    // A lone CR ends no line: all is one, which is torn.
    let _ = analyze(&[("a.log", store.replace('\n', "\r").as_bytes())]);
    let empty_ids = with(&store, "correlation_id", "\"\"");
    assert_eq!(log(&empty_ids).events.len(), 4);
    let without_stamp = store.replace("\"ts\":", "\"at\":");
    assert_eq!(log(&without_stamp).coverage.recognised, expected);
}

/// A test output whose specs all fail, each waiting for an event of its own.
fn failing(specs: usize) -> String {
    let mut text = String::from(
        "Running Suite: Gateway Integration Suite - /src/test\nRandom Seed: 1\nWill run 9 of 9 specs\nRunning in parallel across 4 processes\n------------------------------\n",
    );
    let mut store = Store::default();
    for spec in 0..specs {
        store.text.clear();
        let ts = second(spec as u64 % 80_000);
        store.event(&ts, &format!("rr-{spec}"));
        store.tick(&ts, "1", "1.0");
        let stamp = format!("01/10/26 {}", &ts[11..19]);
        let _ = write!(
            text,
            "• [FAILED] [1.500 seconds]\nGateway audit [It] finds event number {spec} [integration]\n/src/test/gateway_test.go:{}\n\n  Timeline >>\n{}  ⏳ No events yet for gateway.signal.received (correlation_id=rr-{spec})\n  [FAILED] Timed out after 1.000s.\n  Expected\n      <int>: 0\n  to equal\n      <int>: 1\n  In [It] at: /src/test/gateway_test.go:99 @ {stamp}\n  << Timeline\n------------------------------\n",
            100 + spec % 50,
            store.text,
        );
    }
    text
}

/// At ten times the size a cube would not end, and a square would be felt. No time is asserted: machines are noisy.
fn at_ten_times(small: usize, run: impl Fn(usize)) {
    run(small);
    run(small * 10);
}

#[test]
fn many_failing_specs() {
    at_ten_times(200, |specs| {
        let report = log(&failing(specs));
        assert_eq!(report.failures.len(), specs);
    });
}

#[test]
fn many_events_of_one_store() {
    at_ten_times(1_500, |seconds| {
        let (store, server) = healthy(seconds as u64);
        let report = analyze(&[("a.log", store.as_bytes()), ("b.log", server.as_bytes())]).expect("a report");
        assert_eq!(report.events.len() + 1, seconds);
    });
}

/// A call whose end never comes stays open: nothing may search through all of them.
#[test]
fn many_calls_without_an_end() {
    at_ten_times(2_000, |calls| {
        let mut store = Store::default();
        store.start(&second(0));
        for call in 0..calls {
            let name = format!(r#""event_type":"a.b","correlation_id":"rr-{call}""#);
            store.line(&second(1), "StoreAudit called", &name);
            store.line(&second(1), "Validation passed, attempting to buffer event", r#""event_type":"c.d""#);
            store.line(
                &second(1),
                "Event buffered successfully",
                r#""event_type":"a.b","correlation_id":"other","buffer_size_after":1,"total_buffered":7"#,
            );
        }
        assert!(log(&store.text).coverage.recognised > calls as u64);
    });
}

#[test]
fn many_ticks_of_one_size_in_one_second() {
    at_ten_times(1_500, |ticks| {
        let (mut store, mut server) = (Store::default(), String::new());
        store.start("2026-01-10T00:00:00Z");
        for _ in 0..ticks {
            store.tick("2026-01-10T00:00:01Z", "5", "1.0");
            post(&mut server, "2026-01-10T00:00:01Z", "10.0.0.1:4711", "5", "0.002");
        }
        let report = analyze(&[("a.log", store.text.as_bytes()), ("b.log", server.as_bytes())]).expect("a report");
        assert_eq!(report.batches.len(), ticks);
    });
}

#[test]
fn many_stores() {
    at_ten_times(300, |stores| {
        let mut store = Store::default();
        for at in 0..stores {
            store.start(&second(at as u64));
            store.event(&second(at as u64), &format!("rr-{at}"));
            store.tick(&second(at as u64), "1", "1.0");
        }
        assert_eq!(log(&store.text).stores.len(), stores);
    });
}

/// Writes of connections that belong to no known store.
#[test]
fn many_connections() {
    at_ten_times(1_000, |connections| {
        let (store, mut server) = healthy(200);
        for at in 0..connections {
            post(&mut server, &second(at as u64 % 200), &format!("10.0.{}.{}:{at}", at / 250, at % 250), "1", "0.002");
        }
        let report = analyze(&[("a.log", store.as_bytes()), ("b.log", server.as_bytes())]).expect("a report");
        assert!(report.requests.len() > connections);
    });
}

/// Lines that wait for a request that never comes.
#[test]
fn many_handler_lines_without_a_request() {
    at_ten_times(3_000, |lines| {
        let mut server = String::new();
        for _ in 0..lines {
            server.push_str(r#"{"level":"info","ts":"2026-01-10T00:00:01Z","logger":"datastorage","msg":"Batch audit events created successfully","count":3,"duration_seconds":0.01}"#);
            server.push('\n');
            server.push_str(r#"{"level":"info","ts":"2026-01-10T00:00:01Z","logger":"datastorage","msg":"HTTP request","request_id":"h/x-1","method":"POST","path":"/api/v1/audit/events/batch","remote_addr":"1.2.3.4:5","status":201,"bytes":5,"duration":0.01}"#);
            server.push('\n');
            server.push_str(r#"{"level":"info","ts":"2026-01-10T00:00:01Z","logger":"datastorage","msg":"Batch validation failed","error":"x"}"#);
            server.push('\n');
            server.push_str(r#"{"level":"info","ts":"2026-01-10T00:00:01Z","logger":"datastorage","msg":"Batch audit events created successfully","count":4,"duration_seconds":0.01}"#);
            server.push('\n');
        }
        assert!(log(&server).coverage.recognised > 0);
    });
}

/// A line of any length costs the memory of its head. A gigabyte is the same, only longer.
#[test]
fn one_line_of_many_megabytes() {
    use whylate::source::Reader as _;
    struct Endless(usize);
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = buffer.len().min(self.0);
            buffer[..count].fill(b'x');
            self.0 -= count;
            Ok(count)
        }
    }
    let parser = whylate::reading::Parser::default();
    let read = parser.read("a.log", &mut Endless(200 << 20));
    assert_eq!((read.lines, read.cut_lines, read.recognised), (1, 1, 0));
}

/// Parts of a line that a runtime cut are one line, and its limit holds.
#[test]
fn one_line_of_many_parts() {
    use whylate::source::Reader as _;
    let part = format!("2026-11-24T18:44:38.709823532Z stderr P {}\n", "x".repeat(1000));
    let text = part.repeat(10_000);
    let parser = whylate::reading::Parser { longest_line: 1 << 16, ..Default::default() };
    let read = parser.read("a.log", &mut text.as_bytes());
    assert_eq!((read.lines, read.cut_lines), (10_000, 1));
}
