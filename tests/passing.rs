//! How near the passing specs were to failing: what is set beside a failing spec, from logs whose times are reckoned by
//! hand.

use std::fs;

use serde_json::{Value, json};

const TYPE: &str = "signalprocessing.classification.decision";

const HEAD: &str = "Running Suite: SignalProcessing Controller Integration Suite (ENVTEST) - /src/test/signalprocessing
Random Seed: 1

Will run 4 of 4 specs
Running in parallel across 2 processes
";

/// What a process prints when it hands an event of the type to its store, within that second.
fn emission(id: &str, second: u32, total: u32) -> String {
    let line = |text: &str, rest: &str| {
        format!(
            "  {{\"level\":\"info\",\"ts\":\"2026-01-14T14:35:{second}-05:00\",\"logger\":\"audit-store\",\
             \"msg\":\"{text}\",\"event_type\":\"{TYPE}\",{rest}}}\n"
        )
    };
    let called = format!(
        "\"event_action\":\"decided\",\"correlation_id\":\"{id}\",\"buffer_capacity\":100,\"buffer_current_size\":0"
    );
    let buffered = format!("\"correlation_id\":\"{id}\",\"buffer_size_after\":0,\"total_buffered\":{total}");
    line("🔍 StoreAudit called", &called) + &line("✅ Event buffered successfully", &buffered)
}

fn look(at: &str, found: u32, id: &str) -> String {
    format!("  [14:35:{at}] classification.decision audit events found: {found} (expected: 1, correlation_id: {id})\n")
}

fn block(header: &str, text: &str, begun: &str, lines: &str) -> String {
    format!(
        "------------------------------\n{header}\nAudit trail should record the {text} [integration]\n\
         /src/test/signalprocessing/audit_test.go:10\n\n  Timeline >>\n  STEP: Creating the object @ 01/14/26 14:35:{begun}\n\
         {lines}  << Timeline\n"
    )
}

/// Looks from 20.5 to 22.5, each empty; the loop began at 22.6 − 2.1 = 20.5.
fn failing() -> String {
    let looks: String = ["20.500", "21.000", "21.500", "22.000", "22.500"].map(|at| look(at, 0, "rr-c")).concat();
    let ended = "  [FAILED] in [It] - /src/test/signalprocessing/audit_test.go:30 @ 01/14/26 14:35:22.6\n";
    let body = "\n  [FAILED] Timed out after 2.100s.\n  Should have exactly 1 signalprocessing.classification.decision event\n  \
                Expected\n      <int>: 0\n  to equal\n      <int>: 1\n  In [It] at: \
                /src/test/signalprocessing/audit_test.go:30 @ 01/14/26 14:35:22.6\n";
    block("• [FAILED] [2.600 seconds]", "third", "20", &(emission("rr-c", 20, 3) + &looks + ended)) + body
}

/// Looks from 15.6; found at 16.1.
fn second_look() -> String {
    let lines = emission("rr-a", 15, 1) + &look("15.600", 0, "rr-a") + &look("16.100", 1, "rr-a");
    block("• [1.200 seconds]", "first", "15.1", &lines)
}

/// Found by its first look, at 17.35.
fn first_look(header: &str) -> String {
    block(header, "second", "17.3", &(emission("rr-b", 17, 2) + &look("17.350", 1, "rr-b")))
}

fn passing(blocks: &[String]) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("integration-signalprocessing.log");
    fs::write(&log, HEAD.to_owned() + &blocks.concat() + "------------------------------\n").expect("writable");
    let analysis = whylate::analyze(&[log], &whylate::Options::default()).expect("a report");
    let report = serde_json::to_value(&analysis.report).expect("JSON");
    assert_eq!(report["failures"].as_array().map(Vec::len), Some(1), "{report}");
    report["failures"][0]["passing"].clone()
}

/// Within the few milliseconds of a stamp's precision and of entering a call.
#[track_caller]
fn about(length: &Value, lo_ms: i64, hi_ms: i64) {
    const SLACK: i64 = 4;
    let end = |name: &str| length[name].as_i64().unwrap_or_else(|| panic!("{name} of {length}")) / 1_000_000;
    assert!((lo_ms - SLACK..=lo_ms).contains(&end("lo_ns")), "expected from {lo_ms} ms, found {length}");
    assert!((hi_ms..=hi_ms + SLACK).contains(&end("hi_ns")), "expected to {hi_ms} ms, found {length}");
}

#[test]
fn the_others_are_measured_from_their_emission_and_from_their_first_step() {
    let found = passing(&[second_look(), first_look("• [0.300 seconds]"), failing()]);
    assert_eq!(found["event_type"], TYPE);
    assert_eq!((&found["specs"], &found["at_first_look"]), (&json!(2), &json!(1)));
    // rr-a: emitted between its step and its first look, 15.1 to 15.6; found at 16.1: 0.5 to 1.0 s.
    about(&found["since_emission"]["max"], 500, 1_000);
    // rr-b: emitted between 17.3 and 17.35, when it was found: 0 to 0.05 s.
    about(&found["since_emission"]["min"], 0, 50);
    // It looked from 15.6 to 16.1 at least, and from its step at most.
    about(&found["looked"]["max"], 500, 1_000);
    // The failing one: emitted between 20.0 and 20.5, last look at 22.5: 2.0 to 2.5 s.
    about(&found["last_look"], 2_000, 2_500);
    assert_eq!(found["window"]["lo_ns"], 2_100_000_000_i64);
    // The look at 16.1: five lines of the head, seven of the block before it, two of the emission, a look.
    assert_eq!(found["places"], json!([{"file": "integration-signalprocessing.log", "line": 16}]));
}

#[test]
fn a_spec_that_needed_several_attempts_is_no_passing_one() {
    let flaky = first_look("↺ [FLAKEY TEST - TOOK 2 ATTEMPTS TO PASS] [0.300 seconds]");
    assert_eq!(passing(&[second_look(), flaky, failing()])["specs"], 1);
}

#[test]
fn nothing_is_said_where_no_look_is_printed() {
    let silent = block("• [0.300 seconds]", "second", "17.3", &emission("rr-b", 17, 2));
    assert_eq!(passing(&[silent, failing()]), Value::Null);
    // Looks for another type are no looks for this one.
    let other = second_look().replace("classification.decision", "enrichment.completed");
    assert_eq!(passing(&[other, failing()]), Value::Null);
}
