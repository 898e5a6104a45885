//! Makes a log with very many of one thing, for `docs/scale.md`.
//!
//!     cargo run --release --example many -- specs|stores|ticks COUNT FILE
//!
//! `specs` fail one a second, each by an event that was emitted too late. `stores` begin one after the other in a
//! container's log, each with one event. `ticks` of one store all fall into one second, each with a request of the
//! server: no stamp tells them apart.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufWriter, Write};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, count, file] = arguments.as_slice() else {
        return Err("expected specs, stores or ticks, a COUNT and a FILE".into());
    };
    let count: u64 = count.parse()?;
    let mut to = BufWriter::with_capacity(1 << 20, File::create(file)?);
    match what.as_str() {
        "specs" => specs(count, &mut to)?,
        "stores" => (0..count).try_for_each(|at| start(&stamp(at), &mut to).and_then(|()| event(at, 1, &mut to)))?,
        "ticks" => ticks(count, &mut to)?,
        other => return Err(format!("expected specs, stores or ticks, found {other}").into()),
    }
    Ok(to.flush()?)
}

fn stamp(second: u64) -> String {
    let (days, hours, minutes) = (second / 86_400 % 20, second / 3600 % 24, second / 60 % 60);
    format!("2026-01-{:02}T{hours:02}:{minutes:02}:{:02}.250Z", 10 + days, second % 60)
}

fn line(ts: &str, logger: &str, message: &str, fields: &str, to: &mut dyn Write) -> io::Result<()> {
    writeln!(to, r#"{{"level":"info","ts":"{ts}","logger":"{logger}","msg":"{message}",{fields}}}"#)
}

fn start(ts: &str, to: &mut dyn Write) -> io::Result<()> {
    let settings = format!(r#""flush_interval":1,"batch_size":1000,"buffer_size":10000,"start_time":"{ts}""#);
    line(ts, "audit-store", "Audit background writer started", &settings, to)
}

/// The event of a second, and the tick that takes it.
fn event(second: u64, number: u64, to: &mut dyn Write) -> io::Result<()> {
    let ts = stamp(second);
    let name = format!(r#""event_type":"gateway.signal.received","correlation_id":"rr-{second}""#);
    line(&ts, "audit-store", "StoreAudit called", &name, to)?;
    let buffered = format!(r#"{name},"buffer_size_after":1,"total_buffered":{number}"#);
    line(&ts, "audit-store", "Event buffered successfully", &buffered, to)?;
    tick(&ts, number, 1, to)
}

fn tick(ts: &str, number: u64, size: u64, to: &mut dyn Write) -> io::Result<()> {
    let fields = format!(
        r#""tick_number":{number},"batch_size_before_flush":{size},"buffer_utilization":0,"expected_interval":1,"actual_interval":1.0,"tick_time":"{ts}""#
    );
    line(ts, "audit-store", "Timer tick received", &fields, to)
}

fn specs(count: u64, to: &mut dyn Write) -> io::Result<()> {
    const DELIMITER: &str = "------------------------------";
    write!(
        to,
        "Running Suite: Gateway Integration Suite - /src/test\nRandom Seed: 1\nWill run {count} of {count} specs\n"
    )?;
    writeln!(to, "Running in parallel across 4 processes\n{DELIMITER}")?;
    for at in 0..count {
        writeln!(to, "• [FAILED] [1.500 seconds]\nGateway audit [It] finds event number {at} [integration]")?;
        writeln!(to, "/src/test/gateway_test.go:100\n\n  Timeline >>")?;
        event(at, at + 1, to)?;
        writeln!(to, "  ⏳ No events yet for gateway.signal.received (correlation_id=rr-{at})")?;
        writeln!(to, "  [FAILED] Timed out after 1.000s.\n  Expected\n      <int>: 0\n  to equal\n      <int>: 1")?;
        let (date, time) = (10 + at / 86_400 % 20, stamp(at));
        writeln!(to, "  In [It] at: /src/test/gateway_test.go:99 @ 01/{date}/26 {}", &time[11..19])?;
        writeln!(to, "  << Timeline\n{DELIMITER}")?;
    }
    Ok(())
}

fn ticks(count: u64, to: &mut dyn Write) -> io::Result<()> {
    const TS: &str = "2026-01-10T00:00:01Z";
    start("2026-01-10T00:00:00Z", to)?;
    for number in 1..=count {
        tick(TS, number, 5, to)?;
        let request = r#""request_id":"h/x-1","method":"POST","path":"/api/v1/audit/events/batch","remote_addr":"10.0.0.1:4711","status":201,"bytes":259,"duration":0.002"#;
        line(TS, "datastorage", "HTTP request", request, to)?;
    }
    Ok(())
}
