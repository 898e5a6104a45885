//! More failing specs than anybody reads: the first thousand are told in full, the others in brief, and it is said.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

/// A thousand and two specs, each of which looks once and finds nothing; the suite says so in its last line.
fn log() -> String {
    let mut log =
        "Running Suite: SignalProcessing Controller Integration Suite (ENVTEST) - /src/test/signalprocessing\n\
                   Random Seed: 1\n\nWill run 1002 of 1002 specs\nRunning in parallel across 2 processes\n"
            .to_owned();
    for number in 0..1002 {
        let (minute, second) = (number / 60, number % 60);
        let at = format!("01/14/26 14:{minute:02}:{second:02}.5");
        let _ = write!(
            log,
            "------------------------------\n• [FAILED] [0.500 seconds]\nAudit trail [It] should record the event \
             {number} [integration]\n/src/test/signalprocessing/audit_test.go:10\n\n  Timeline >>\n  \
             {{\"level\":\"info\",\"ts\":\"2026-01-14T14:{minute:02}:{second:02}-05:00\",\"logger\":\"audit-store\",\
             \"msg\":\"🔍 StoreAudit called\",\"event_type\":\"signalprocessing.enrichment.completed\",\
             \"event_action\":\"enrichment\",\"correlation_id\":\"rr-{number}\",\"buffer_capacity\":100,\
             \"buffer_current_size\":0}}\n  ⏳ No events yet for signalprocessing.enrichment.completed \
             (correlation_id=rr-{number})\n  [FAILED] in [It] - /src/test/signalprocessing/audit_test.go:30 @ {at}\n  \
             << Timeline\n\n  [FAILED] Expected exactly 1 signalprocessing.enrichment.completed event(s) for \
             correlation_id rr-{number}\n  Expected\n      <int>: 0\n  to equal\n      <int>: 1\n  In [It] at: \
             /src/test/signalprocessing/audit_test.go:30 @ {at}\n"
        );
    }
    log + "------------------------------\n\nRan 1002 of 1002 Specs in 1002.000 seconds\nFAIL! -- 0 Passed | 1002 Failed \
           | 0 Pending | 0 Skipped\n"
}

#[test]
fn the_last_of_very_many_failures_are_told_in_brief() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("integration-signalprocessing.log");
    fs::write(&path, log()).expect("writable");
    let analysis = whylate::analyze(&[path], &whylate::Options::default()).expect("a report");
    let report = serde_json::to_value(&analysis.report).expect("JSON");
    let failures = report["failures"].as_array().expect("failures");
    assert_eq!(failures.len(), 1002);
    let length = |failure: &Value, name: &str| failure[name].as_array().map_or(0, Vec::len);
    for (number, failure) in failures.iter().enumerate() {
        let full = number < 1000;
        for part in ["awaited", "looks", "ruled_out"] {
            assert_eq!(length(failure, part) > 0, full, "{part} of failure {number}");
        }
        assert!(length(failure, "ranked") <= 1 || full, "failure {number}");
        assert!(failure["sentence"].as_str().is_some_and(|sentence| !sentence.is_empty()), "failure {number}");
    }
    let said: Vec<&Value> = report["findings"].as_array().expect("findings").iter().collect();
    let [said] = said.as_slice() else { panic!("expected one finding, found {said:?}") };
    assert_eq!(said["id"], "told-in-brief");
    // The first that is told in brief: five lines of the head, seventeen of each spec before, its message the twelfth.
    assert_eq!(said["places"][0]["line"], 5 + 17 * 1000 + 12);
    assert!(said["text"].as_str().is_some_and(|text| text.starts_with("1002 specs failed: the first 1000 ")), "{said}");
}
