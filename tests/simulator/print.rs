//! The wordings: what the store, the server, the controllers and Ginkgo print.

use chrono::{DateTime, FixedOffset};

use super::params::{Params, Wording};

/// A field of a store's line.
#[derive(Debug, Clone)]
pub enum Field {
    /// A number.
    Int(i64),
    /// A text.
    Text(String),
    /// A length of time in nanoseconds.
    Span(i64),
    /// A factor.
    Float(f64),
}

/// Level of a store's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Always printed.
    Info,
    /// Not printed by the JSON logger.
    Debug,
    /// With a stack trace.
    Error,
}

/// A stamp of the test host.
pub fn local(params: &Params, at: i64) -> DateTime<FixedOffset> {
    let zone = FixedOffset::east_opt(i32::try_from(params.zone).unwrap_or(0)).expect("a zone of the list");
    DateTime::from_timestamp_nanos(at).with_timezone(&zone)
}

/// RFC 3339, whole seconds; UTC prints `Z`.
pub fn seconds(params: &Params, at: i64) -> String {
    let zone = if params.zone == 0 { "Z".to_owned() } else { local(params, at).format("%:z").to_string() };
    format!("{}{zone}", local(params, at).format("%Y-%m-%dT%H:%M:%S"))
}

/// RFC 3339 with nanoseconds, trailing zeros cut, as Go prints it.
pub fn nanos(params: &Params, at: i64) -> String {
    let zone = if params.zone == 0 { "Z".to_owned() } else { local(params, at).format("%:z").to_string() };
    let fraction = format!("{:09}", at.rem_euclid(1_000_000_000));
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}{zone}", local(params, at).format("%Y-%m-%dT%H:%M:%S"))
}

/// Ginkgo's stamp: milliseconds, trailing zeros cut, no zone.
pub fn ginkgo(params: &Params, at: i64) -> String {
    let millis = format!("{:03}", at.rem_euclid(1_000_000_000) / 1_000_000);
    let millis = millis.trim_end_matches('0');
    let point = if millis.is_empty() { "" } else { "." };
    format!("{}{point}{millis}", local(params, at).format("%m/%d/%y %H:%M:%S"))
}

/// Time of day with milliseconds, as the look lines have it.
pub fn of_day(params: &Params, at: i64) -> String {
    format!("{}.{:03}", local(params, at).format("%H:%M:%S"), at.rem_euclid(1_000_000_000) / 1_000_000)
}

/// A duration as Go's `String` prints it (below one minute).
pub fn go(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let abs = nanos.unsigned_abs();
    let (unit, digits, whole) = match abs {
        0 => return "0s".to_owned(),
        1..1_000 => return format!("{sign}{abs}ns"),
        1_000..1_000_000 => ("µs", 3, 1_000),
        1_000_000..1_000_000_000 => ("ms", 6, 1_000_000),
        _ => ("s", 9, 1_000_000_000),
    };
    let fraction = format!("{:0digits$}", abs % whole);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}{unit}", abs / whole)
}

/// A duration as the JSON encoder prints it: seconds, no exponent.
pub fn float_seconds(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let abs = nanos.unsigned_abs();
    let fraction = format!("{:09}", abs % 1_000_000_000);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", abs / 1_000_000_000)
}

const STACK: &str = "github.com/jordigilh/kubernaut/pkg/audit.(*BufferedAuditStore).writeBatchWithRetry";

/// A store's line, as its suite writes it.
pub fn store_line(params: &Params, at: i64, level: Level, root: bool, msg: &str, fields: &[(&str, Field)]) -> String {
    let json = params.wording == Wording::Json;
    let value = |field: &Field| match field {
        Field::Int(value) => value.to_string(),
        Field::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        Field::Span(span) if json => float_seconds(*span),
        Field::Span(span) => format!("\"{}\"", go(*span)),
        Field::Float(value) => value.to_string(),
    };
    let (colon, comma) = if json { (":", ",") } else { (": ", ", ") };
    let fields: Vec<String> = fields.iter().map(|(key, field)| format!("\"{key}\"{colon}{}", value(field))).collect();
    let fields = fields.join(comma);
    if json {
        let name = match level {
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Error => "error",
        };
        let logger = if root { "" } else { "\"logger\":\"audit-store\"," };
        let more = if fields.is_empty() { String::new() } else { format!(",{fields}") };
        let stack = if level == Level::Error {
            format!(",\"stacktrace\":\"{STACK}\\n\\t/src/kubernaut/pkg/audit/store.go:533\"")
        } else {
            String::new()
        };
        let stamp = seconds(params, at);
        return format!("{{\"level\":\"{name}\",\"ts\":\"{stamp}\",{logger}\"msg\":\"{msg}\"{more}{stack}}}");
    }
    let name = match level {
        Level::Info => "INFO",
        Level::Debug => "DEBUG",
        Level::Error => "ERROR",
    };
    let logger = if root { "audit" } else { "audit.audit-store" };
    let more = if fields.is_empty() { String::new() } else { format!("\t{{{fields}}}") };
    let stack = if level == Level::Error {
        format!("\n  {STACK}\n  \t/src/kubernaut/pkg/audit/store.go:533")
    } else {
        String::new()
    };
    format!("{}\t{name}\t{logger}\t{msg}{more}{stack}", seconds(params, at))
}

/// The controller's line before an emission.
pub fn reconciling(params: &Params, at: i64, namespace: &str, name: &str, reconcile: u64) -> String {
    let (level, msg, controller, kind) = match params.wording {
        Wording::Json => ("DEBUG", "Reconciling SignalProcessing", "signalprocessing", "SignalProcessing"),
        Wording::Console => {
            ("INFO", "Initializing new RemediationRequest", "remediationorchestrator", "RemediationRequest")
        }
    };
    format!(
        "{}\t{level}\t{msg}\t{{\"controller\": \"{controller}\", \"controllerGroup\": \"kubernaut.ai\", \
         \"controllerKind\": \"{kind}\", \"{kind}\": {{\"name\":\"{name}\",\"namespace\":\"{namespace}\"}}, \
         \"namespace\": \"{namespace}\", \"name\": \"{name}\", \
         \"reconcileID\": \"2697ecc5-e291-4c1a-a5d5-{reconcile:012x}\"}}",
        seconds(params, at)
    )
}

/// A server's line.
pub fn server_line(at: i64, caller: &str, msg: &str, fields: &str) -> String {
    let stamp = DateTime::from_timestamp_nanos(at).format("%Y-%m-%dT%H:%M:%S");
    let millis = at.rem_euclid(1_000_000_000) / 1_000_000;
    let fields = if fields.is_empty() { String::new() } else { format!("\t{{{fields}}}") };
    format!("{stamp}.{millis:03}Z\t\u{1b}[34mINFO\u{1b}[0m\tdatastorage\t{caller}\t{msg}{fields}\n")
}
