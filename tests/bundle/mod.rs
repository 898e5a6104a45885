//! A small bundle for tests of the outputs: one store that flushes every 30 s, one spec that looks three times and
//! fails, one request. Its wording is that of real runs; the words that a run fills in are the caller's.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

/// What a run fills in.
pub struct Words<'a> {
    /// Text of the spec.
    pub spec: &'a str,
    /// Type of the awaited event.
    pub event_type: &'a str,
    /// Its correlation id.
    pub id: &'a str,
    /// Name of the service.
    pub service: &'a str,
    /// What the failure says.
    pub message: &'a str,
    /// Address of the client.
    pub remote: &'a str,
    /// Name of the folder and of the files, without the ending.
    pub file: &'a str,
}

impl Default for Words<'_> {
    fn default() -> Self {
        Self {
            spec: "should keep 'signalprocessing.enrichment.completed' for the second policy",
            event_type: "signalprocessing.enrichment.completed",
            id: "test-rr-1795545800114698908",
            service: "signalprocessing",
            message: "Should have exactly 1 event for this correlation_id",
            remote: "127.0.0.1:59334",
            file: "signalprocessing",
        }
    }
}

/// Writes the bundle below a folder and gives its path.
pub fn write(below: &Path, words: &Words<'_>) -> PathBuf {
    let folder = below.join(words.file);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(format!("integration-{}.log", words.file)), suite(words)).expect("writable");
    fs::write(folder.join(format!("{}_datastorage_test.log", words.file)), server(words)).expect("writable");
    fs::write(folder.join(format!("{}.bin", words.file)), [0_u8, 159, 146, 150, 0, 1, 2].repeat(40)).expect("writable");
    folder
}

fn suite(words: &Words<'_>) -> String {
    let ts = |second: u32| format!("2026-11-24T13:43:{second:02}-05:00");
    let (kind, id) = (words.event_type, words.id);
    let store = |second: u32, message: &str, more: serde_json::Value| {
        let mut line = json!({"level": "info", "ts": ts(second), "logger": "audit-store", "msg": message});
        line.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        format!("  {line}\n")
    };
    let mut log = String::from(
        "Running Suite: SignalProcessing Controller Integration Suite (ENVTEST) - /src/kubernaut/test/integration/sp\n\
         ===================\nRandom Seed: 1795545795\n\nWill run 2 of 2 specs\n------------------------------\n\
         [SynchronizedBeforeSuite] PASSED [0.125 seconds]\n[SynchronizedBeforeSuite] \n\
         /src/kubernaut/test/integration/signalprocessing/suite_test.go:167\n\n  Timeline >>\n",
    );
    let started = json!({"flush_interval": 30, "batch_size": 1000, "buffer_size": 10000,
        "start_time": "2026-11-24T13:43:15.512456840-05:00"});
    log += &store(15, "🚀 Audit background writer started", started);
    let made = json!({"service": words.service, "buffer_size": 10000, "batch_size": 1000, "flush_interval": 30,
        "max_retries": 3});
    log += &store(15, "Audit store initialized", made);
    log += "  << Timeline\n------------------------------\n• [FAILED] [6.109 seconds]\n";
    let spec = words.spec.replace(['\n', '\r'], " ");
    log.extend([format!("SignalProcessing → Audit [It] {spec} [integration, audit]\n")]);
    log += "/src/kubernaut/test/integration/signalprocessing/audit_integration_test.go:251\n\n  Timeline >>\n";
    let called = json!({"event_type": kind, "event_action": "enrichment", "correlation_id": id,
        "buffer_capacity": 10000, "buffer_current_size": 0});
    log += &store(20, "🔍 StoreAudit called", called);
    let valid = json!({"event_type": kind, "buffer_size_before": 0});
    log += &store(20, "✅ Validation passed, attempting to buffer event", valid);
    let buffered = json!({"event_type": kind, "correlation_id": id, "buffer_size_after": 0, "total_buffered": 1});
    log += &store(20, "✅ Event buffered successfully", buffered);
    for _ in 0..3 {
        log.extend([format!("  ⏳ No events yet for {kind} (correlation_id={id})\n")]);
    }
    let at = "/src/kubernaut/test/integration/signalprocessing/audit_integration_test.go:259 @ 11/24/26 13:43:26.223";
    log.extend([format!("  [FAILED] in [It] - {at}\n  << Timeline\n\n  [FAILED] {}\n", words.message)]);
    log.extend([format!("  Expected\n      <int>: 0\n  to equal\n      <int>: 1\n  In [It] at: {at}\n")]);
    log += "------------------------------\n• [3.138 seconds]\n------------------------------\n\n\
            Ran 2 of 2 Specs in 8.090 seconds\nFAIL! -- 1 Passed | 1 Failed | 0 Pending | 0 Skipped\n";
    log
}

fn server(words: &Words<'_>) -> String {
    let line = |ms: u32, place: &str, message: &str, more: serde_json::Value| {
        format!("2026-11-24T18:43:{:02}.{:03}Z\tINFO\tdatastorage\t{place}\t{message}\t{more}\n", ms / 1000, ms % 1000)
    };
    let mut log = String::new();
    let pool = json!({"maxOpenConns": 100, "maxIdleConns": 50, "connMaxLifetime": "5m", "connMaxIdleTime": "10m"});
    log += &line(15_084, "server/server.go:157", "PostgreSQL connection established", pool);
    let made = json!({"count": 1, "duration_seconds": 0.056_152_201});
    let place = "server/audit_events_batch_handler.go:188";
    log += &line(15_888, place, "Batch audit events created successfully", made);
    let wrote = json!({"request_id": format!("{}/a-000002", words.id), "method": "POST",
        "path": "/api/v1/audit/events/batch", "remote_addr": words.remote, "status": 201, "bytes": 103,
        "duration": "56.706871ms"});
    log += &line(15_888, "server/handlers.go:119", "HTTP request", wrote);
    for (n, ms) in [20_222, 22_222, 24_222].into_iter().enumerate() {
        let count = json!({"count": 0, "total": 0, "limit": 50, "offset": 0});
        let place = "server/audit_events_handler.go:359";
        log += &line(ms, place, "Audit events queried successfully", count);
        let asked = json!({"request_id": format!("{}/a-{n}", words.id), "method": "GET",
            "path": format!("/api/v1/audit/events?correlation_id={}", words.id), "remote_addr": words.remote,
            "status": 200, "bytes": 76, "duration": "1.100154ms"});
        log += &line(ms, "server/handlers.go:119", "HTTP request", asked);
    }
    log
}
