//! The sections about the whole bundle: writes, stages, checks and figures.

use std::cmp::Reverse;
use std::fmt::Write as _;

use super::super::document::Document;
use super::super::tables::statuses;
use super::super::times::{length, length_if_known, time};
use super::super::{Style, words};
use super::{ELSEWHERE, ROWS};
use crate::instant::SECOND;
use crate::report::{Duration, Place, Report, Spread, StageSpread, Store};

/// Rows of the tables of the slowest: enough to see whether it is one or all.
const SLOWEST: usize = 20;
/// No write may take longer to count as normal.
const NORMAL_WRITE: Duration = Duration::exact(SECOND);

/// One statement for each stage and each finding.
pub fn findings(doc: &mut Document, report: &Report) {
    let measured = report.services.iter().any(|service| service.writes.count > 0);
    if !measured && report.stages.iter().all(|stage| stage.spread.count == 0) && report.findings.is_empty() {
        return;
    }
    doc.heading(2, "Key findings");
    for service in report.services.iter().filter(|service| service.writes.count > 0) {
        let text = format!(
            "{}: {} writes, {}; slowest {}",
            service.name,
            words::grouped(service.writes.count),
            statuses(&service.statuses),
            length_if_known(service.writes.max)
        );
        doc.item("Write", &format!("{} (`services` in the JSON report)", Document::text(&text)));
    }
    for stage in report.stages.iter().filter(|stage| stage.spread.count > 0) {
        let service = stage.service.as_deref().map(|name| format!(" of {name}")).unwrap_or_default();
        let text =
            format!("{} events{service}, {}", words::grouped(stage.spread.count), in_short(&stage.spread, "longest"));
        let label = format!("Stage {} ({})", words::stage(stage.stage), words::stage_span(stage.stage));
        doc.item(&label, &format!("{} (`stages` in the JSON report)", Document::text(&text)));
    }
    doc.items("Noticed", &report.findings, ROWS, "finding", |doc, finding| {
        format!("{}{}", Document::text(&finding.text), doc.at(&finding.places))
    });
}

/// Requests that wrote, the slowest first, and the settings of the pool.
pub fn writes(doc: &mut Document, report: &Report, style: &Style) {
    doc.heading(2, "Server writes");
    if report.services.iter().all(|service| service.writes.count == 0) {
        doc.raw("No write is in the logs (`services` in the JSON report).");
    }
    let rows: Vec<Vec<String>> = report
        .services
        .iter()
        .map(|service| {
            let mut row = vec![
                Document::text(&service.name),
                words::grouped(service.writes.count),
                Document::text(&statuses(&service.statuses)),
            ];
            row.extend(quantiles(&service.writes));
            row
        })
        .collect();
    if !rows.is_empty() {
        let head = ["writes of", "count", "statuses", "min", "p50", "p95", "p99", "max"];
        doc.table(&head, &rows, ROWS, ELSEWHERE);
    }
    let mut writes: Vec<_> = report.requests.iter().filter(|request| request.method == "POST").collect();
    writes.sort_by_key(|request| Reverse(request.duration.hi_ns.or(request.duration.lo_ns)));
    let rows: Vec<Vec<String>> = writes
        .iter()
        .map(|request| {
            vec![
                Document::text(&length(request.duration)),
                request.status.to_string(),
                request.size.map_or_else(|| "not known".to_owned(), |size| size.to_string()),
                request.at.as_ref().map(|at| Document::text(&time(at))).unwrap_or_default(),
                doc.names(std::slice::from_ref(&request.place)),
            ]
        })
        .collect();
    if !rows.is_empty() {
        doc.raw("The slowest:");
        doc.table(&["took", "status", "events", "UTC", "at"], &rows, SLOWEST, ELSEWHERE);
    } else if !style.tables {
        doc.raw("The single requests were left out (`--no-tables`).");
        doc.gap();
    }
    let rows: Vec<Vec<String>> = report
        .settings
        .iter()
        .map(|setting| {
            let expected = setting.expected.as_deref().map(Document::code).unwrap_or_default();
            let source = Document::text(&setting.source);
            vec![
                source,
                Document::code(&setting.name),
                Document::code(&setting.value),
                expected,
                doc.names(&setting.places),
            ]
        })
        .collect();
    if !rows.is_empty() {
        doc.raw("Settings, as the components printed them:");
        doc.table(&["component", "setting", "value", "expected", "at"], &rows, ROWS, ELSEWHERE);
    }
}

/// Checks that were made; a tick is a check that held.
pub fn checklist(doc: &mut Document, report: &Report) {
    doc.heading(2, "Validation checklist");
    let names = Document::new(super::Places::of(report));
    let mut check = |held: bool, text: &str, at: &str| {
        let tick = if held { 'x' } else { ' ' };
        doc.raw(format!("- [{tick}] {}{at}", Document::text(text)));
    };
    let services = " (`services` in the JSON report)";
    for service in report.services.iter().filter(|service| service.writes.count > 0) {
        let (good, all) = words::successes(&service.statuses);
        let statuses = statuses(&service.statuses);
        check(good == all, &format!("all writes of {} were answered with 2xx: {statuses}", service.name), services);
        if let Some(max) = service.writes.max {
            let held = max.hi_ns.is_some_and(|hi| Some(hi) <= NORMAL_WRITE.hi_ns);
            let text =
                format!("the slowest write of {} took {}, at most {}", service.name, length(max), length(NORMAL_WRITE));
            check(held, &text, services);
        }
    }
    for store in report.stores.iter().take(ROWS) {
        let (held, text) = ledger(store);
        check(held, &text, " (`stores` in the JSON report)");
    }
    if report.stores.len() > ROWS {
        check(false, &format!("{} not listed here", words::more(report.stores.len() - ROWS, "store")), "");
    }
    let settings: Vec<_> = report.settings.iter().filter_map(|s| Some((s, s.expected.as_ref()?))).collect();
    for (setting, expected) in settings {
        let text = format!("{} {} is {}, expected {expected}", setting.source, setting.name, setting.value);
        let at = names.at(&setting.places);
        check(*expected == setting.value, &text, &at);
    }
    for clock in words::clocks(report) {
        let at = read_from(&names, &clock.places, "clocks");
        check(clock.offset.is_some(), &words::clock(clock), &at);
    }
    check(report.complete, "everything that was given was read", " (`complete` in the JSON report)");
}

/// Whether a store's ledger adds up as far as the logs show it.
fn ledger(store: &Store) -> (bool, String) {
    let counts = [
        ("emitted", store.emitted),
        ("buffered", store.buffered),
        ("batched", store.batched),
        ("written", store.written),
        ("lost", store.lost),
        ("queued", store.queued),
    ];
    let shown: Vec<String> =
        counts.iter().filter_map(|(name, n)| n.map(|n| format!("{} {name}", words::grouped(n)))).collect();
    let hidden: Vec<&str> = counts.iter().filter(|(_, n)| n.is_none()).map(|(name, _)| *name).collect();
    if shown.is_empty() {
        return (false, format!("the ledger of {} is not in the logs", store.id));
    }
    let adds_up = match (&store.first_gap, hidden.is_empty()) {
        (Some(_), _) => "does not add up",
        (None, true) => "adds up",
        (None, false) => "adds up as far as the logs show it",
    };
    let mut text = format!("the ledger of {} {adds_up}: {}", store.id, shown.join(", "));
    if !hidden.is_empty() {
        let _ = write!(text, "; not shown: {}", hidden.join(", "));
    }
    if let Some(gap) = &store.first_gap {
        let _ = write!(text, "; {} missing at {}", words::grouped(gap.missing), gap.edge);
    }
    (store.first_gap.is_none() && hidden.is_empty(), text)
}

/// The first places of a statement in brackets; without any, the field of the JSON report that it is read from.
pub fn read_from(doc: &Document, places: &[Place], field: &str) -> String {
    if places.is_empty() { format!(" (`{field}` in the JSON report)") } else { doc.at(places) }
}

/// Head of the table of spreads.
pub const SPREAD: [&str; 7] = ["stage", "events", "min", "p50", "p95", "p99", "max"];

/// One row of the table of spreads.
pub fn spread_row(of: &StageSpread) -> Vec<String> {
    let service = of.service.as_deref().map(|name| format!(" of {name}")).unwrap_or_default();
    let name = Document::text(&format!("{}{service}", words::stage(of.stage)));
    let mut row = vec![name, words::grouped(of.spread.count)];
    row.extend(quantiles(&of.spread));
    row
}

fn quantiles(of: &Spread) -> [String; 5] {
    [of.min, of.p50, of.p95, of.p99, of.max].map(|quantile| Document::text(&length_if_known(quantile)))
}

fn in_short(of: &Spread, most: &str) -> String {
    let [median, p95, max] = [of.p50, of.p95, of.max].map(length_if_known);
    format!("median {median}, p95 {p95}, {most} {max}")
}

/// The figures that the first question is answered with.
pub fn performance(doc: &mut Document, report: &Report) {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for service in report.services.iter().filter(|service| service.writes.count > 0) {
        let figures = in_short(&service.writes, "slowest");
        let name = format!("writes of {}", service.name);
        rows.push(vec![Document::text(&name), Document::text(&figures), "`services`".to_owned()]);
    }
    for stage in report.stages.iter().filter(|stage| stage.spread.count > 0) {
        let figures = in_short(&stage.spread, "longest");
        let service = stage.service.as_deref().map(|name| format!(" of {name}")).unwrap_or_default();
        let name = format!("{}{service}", words::stage(stage.stage));
        rows.push(vec![Document::text(&name), Document::text(&figures), "`stages`".to_owned()]);
    }
    let mut intervals: Vec<Duration> = report.stores.iter().filter_map(|store| store.flush_interval).collect();
    intervals.sort_unstable();
    intervals.dedup();
    if !intervals.is_empty() {
        let intervals: Vec<String> = intervals.into_iter().map(length).collect();
        rows.push(vec!["flush interval".to_owned(), Document::text(&intervals.join(", ")), "`stores`".to_owned()]);
    }
    if let Some(run) = words::run(report) {
        rows.push(vec!["specs".to_owned(), run, "`run`".to_owned()]);
    }
    if !rows.is_empty() {
        doc.heading(2, "Performance figures");
        doc.table(&["figure", "value", "in the JSON report"], &rows, ROWS, ELSEWHERE);
    }
}
