//! The part of the page that needs no script: the verdict, each failing spec with its stages, causes and evidence, and
//! what the answer rests on.

use super::writer::Html;
use crate::render::times::{length, time};
use crate::render::{Style, exclusions, looks, passing, rows, words};
use crate::report::{Awaited, Failure, Ranked, Report, State};

/// Rows of a list on the page.
const ROWS: usize = 200;

/// The verdict and the failing specs.
pub fn answer(html: &mut Html<'_>, report: &Report, style: &Style) {
    html.element("h1", &words::verdict(report)).raw("\n");
    let main = words::main(report);
    if let Some(main) = main {
        if !report.verdict.sentence.contains(&main.sentence) {
            html.element("p", &words::failure(main));
        }
        spec(html, main);
    } else {
        writes(html, report);
    }
    let others: Vec<&Failure> =
        report.failures.iter().filter(|failure| main.is_none_or(|main| !std::ptr::eq(*failure, main))).collect();
    if !others.is_empty() {
        html.raw("<h2>Also failed</h2>\n");
    }
    for failure in others.iter().take(ROWS) {
        html.raw(if style.verbose { "<details open><summary>" } else { "<details><summary>" });
        html.element("strong", &tag(failure)).text(" ").text(&failure.spec).raw("</summary>\n");
        html.element("p", &words::failure(failure));
        spec(html, failure);
        html.raw("</details>\n");
    }
    more(html, "p", others.len(), ROWS, "failing spec");
}

/// How many of a list are not shown.
fn more(html: &mut Html<'_>, element: &'static str, all: usize, shown: usize, noun: &str) {
    if all > shown {
        html.element(element, &format!("{}: in the JSON report", words::more(all - shown, noun)));
    }
}

fn tag(failure: &Failure) -> String {
    match failure.cause {
        _ if failure.collateral => "collateral".to_owned(),
        Some(cause) => format!("{cause}, {}", words::confidence(failure.confidence)),
        None => words::family(failure.family).to_owned(),
    }
}

fn spec(html: &mut Html<'_>, of: &Failure) {
    let looked: Vec<_> = of.looks.iter().flat_map(|look| look.places.iter().cloned()).collect();
    let process = of.process.map(|n| format!("{} in process {n}", words::outcome(of.outcome)));
    html.raw("<dl>\n");
    html.row("Failing spec", Some(&of.spec), of.location.as_slice());
    html.row("Outcome", Some(process.as_deref().unwrap_or(words::outcome(of.outcome))), &of.places);
    for awaited in of.awaited.iter().take(ROWS) {
        html.row("Waited for", Some(&words::waited(awaited)), &[]);
    }
    html.row("Looked", looks::looked(&of.looks).as_deref(), &looked);
    let passing = of.passing.as_ref();
    html.row("Passing", passing.and_then(passing::passing).as_deref(), passing.map_or(&[], |known| &known.places));
    let decisive = words::decisive(of);
    html.row("Journey", decisive.and_then(words::journey).as_deref(), &[]);
    html.row(
        "Change",
        of.fix.as_ref().map(|fix| fix.text.as_str()),
        of.fix.as_ref().map_or(&[], |f| f.place.as_slice()),
    );
    html.row("Would have helped", words::helped(&of.wait).as_deref(), &of.wait.places);
    html.raw("</dl>\n");
    if let Some(awaited) = decisive {
        stages(html, awaited);
    }
    causes(html, of);
    if !of.awaited.is_empty() {
        html.raw("<details><summary>Links of the journey</summary>\n");
        of.awaited.iter().take(ROWS).for_each(|awaited| links(html, awaited));
        html.raw("</details>\n");
    }
    if !of.message.is_empty() {
        html.raw("<details><summary>Message of the failure</summary><pre>");
        for line in of.message.lines().take(100) {
            html.text(line).raw("\n");
        }
        html.raw("</pre></details>\n");
    }
}

fn stages(html: &mut Html<'_>, of: &Awaited) {
    if of.stages.is_empty() {
        return;
    }
    html.raw("<div class=\"wide\"><table><thead><tr><th scope=\"col\">Stage</th><th scope=\"col\">Span</th>");
    html.raw("<th scope=\"col\" class=\"n\">Took</th><th scope=\"col\" class=\"n\">Limit</th>");
    html.raw("<th scope=\"col\">Seen at</th></tr></thead><tbody>\n");
    for stage in &of.stages {
        html.raw("<tr>").element("td", words::stage(stage.stage));
        html.raw("<td class=\"faint\">").text(words::stage_span(stage.stage)).raw("</td>");
        html.raw(if stage.guilty { "<td class=\"n guilty\">" } else { "<td class=\"n\">" });
        html.text(&length(stage.took));
        if let Some(judged) = rows::judged(stage) {
            html.raw(", ").raw(judged);
        }
        html.raw("</td>");
        html.raw("<td class=\"n\">")
            .text(&rows::limit(stage))
            .raw("</td><td>")
            .places(&stage.places)
            .raw("</td></tr>\n");
    }
    html.raw("</tbody></table></div>\n");
}

fn causes(html: &mut Html<'_>, of: &Failure) {
    for (at, ranked) in of.ranked.iter().enumerate() {
        html.raw("<h3>").text(ranked.cause).raw(" <span class=\"faint\">");
        html.text(words::confidence(ranked.confidence)).raw("</span></h3>\n");
        evidence(html, ranked, if at == 0 { ROWS } else { 3 });
    }
    if of.ruled_out.is_empty() {
        return;
    }
    html.raw("<details><summary>Ruled out: ");
    let exclusions = exclusions::of(of);
    html.text(&exclusions.iter().map(|one| one.name).collect::<Vec<_>>().join(", ")).raw("</summary>\n<dl>\n");
    for one in exclusions.iter().take(ROWS) {
        html.raw("<dt>").text(one.name).raw("</dt><dd>");
        for by in one.by.iter().take(ROWS) {
            html.raw("<div>").statement(by).raw("</div>");
        }
        more(html, "div", one.by.len(), ROWS, "statement");
        html.raw("</dd>\n");
    }
    html.raw("</dl>\n</details>\n");
}

fn evidence(html: &mut Html<'_>, ranked: &Ranked, limit: usize) {
    html.raw("<ul>\n");
    for one in ranked.supporting.iter().take(limit) {
        html.raw("<li>").statement(one).lines(one).raw("</li>\n");
    }
    for one in ranked.against.iter().take(limit) {
        html.raw("<li>against: ").statement(one).lines(one).raw("</li>\n");
    }
    more(html, "li", ranked.supporting.len().max(ranked.against.len()), limit, "statement");
    html.raw("</ul>\n");
}

fn links(html: &mut Html<'_>, of: &Awaited) {
    html.element("p", &words::waited(of));
    html.raw("<dl>\n");
    for link in &of.journey {
        let at = link.at.as_ref().map(time);
        let text = match (link.state, at, &link.because) {
            (State::Seen, Some(at), _) => at,
            (state, _, Some(because)) => format!("{}: {because}", words::state(state)),
            (state, ..) => words::state(state).to_owned(),
        };
        html.row(words::link(link.link), Some(&text), &link.places);
    }
    html.raw("</dl>\n");
}

/// Writes by service.
pub fn writes(html: &mut Html<'_>, report: &Report) {
    let written = report.services.iter().filter(|service| service.writes.count > 0);
    let rows: Vec<Vec<String>> = written.take(ROWS).map(|service| rows::writes(service).to_vec()).collect();
    html.table(&["Writes of", "Count", "2xx", "p50", "p95", "Slowest"], &rows, 1);
}

/// What was noticed, what the stages took, and what the answer rests on.
pub fn rest(html: &mut Html<'_>, report: &Report) {
    if !report.findings.is_empty() {
        html.raw("<h2>Noticed</h2>\n<ul>\n");
        for finding in report.findings.iter().take(ROWS) {
            html.raw("<li>").text(&finding.text).places(&finding.places).raw("</li>\n");
        }
        more(html, "li", report.findings.len(), ROWS, "finding");
        html.raw("</ul>\n");
    }
    html.raw("<h2>Figures</h2>\n");
    if !report.failures.is_empty() {
        writes(html, report);
    }
    let shown = report.stages.iter().filter(|stage| stage.spread.count > 0);
    let rows: Vec<Vec<String>> = shown.map(|stage| rows::spread(stage).to_vec()).collect();
    html.table(&["Stage", "Events", "p50", "p95", "Longest"], &rows, 1);
    ledger(html, report);
    html.raw("<h2>What the answer rests on</h2>\n<dl>\n");
    html.row("Run", words::run(report).as_deref(), &[]);
    let complete = if report.complete { "" } else { "; not everything was read" };
    html.row("Read", Some(&format!("{}{complete}", words::coverage(report))), &[]);
    for (path, why) in words::left_unread(report).take(ROWS) {
        let text = format!("{}: {why}", html.name(path));
        html.row("Not read", Some(&text), &[]);
    }
    for hidden in report.not_observable.iter().take(ROWS) {
        html.row("Not shown by the logs", Some(&words::hidden(hidden)), &[]);
    }
    html.raw("</dl>\n");
}

fn ledger(html: &mut Html<'_>, report: &Report) {
    let count = |n: Option<u64>| n.map_or_else(|| "not shown".to_owned(), words::grouped);
    let row = |s: &crate::report::Store| {
        let mut row = vec![s.id.clone(), s.service.clone().unwrap_or_default()];
        row.extend([s.emitted, s.buffered, s.batched, s.written, s.lost, s.queued].map(count));
        row
    };
    let rows: Vec<Vec<String>> = report.stores.iter().take(ROWS).map(row).collect();
    if rows.is_empty() {
        return;
    }
    html.raw("<details><summary>Ledger of each store</summary>\n");
    html.table(&["Store", "Service", "Emitted", "Buffered", "Batched", "Written", "Lost", "Queued"], &rows, 2);
    more(html, "p", report.stores.len(), ROWS, "store");
    html.raw("</details>\n");
}
