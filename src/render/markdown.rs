//! The short document for a pull request or an issue: verdict, stages and evidence in at most `LINES` lines.

use std::io::{self, Write};

use super::document::Document;
use super::exclusions::Exclusion;
use super::places::Places;
use super::times::length;
use super::{Style, exclusions, looks, passing, rows, words};
use crate::message;
use crate::report::{Awaited, Failure, Report, StageRow};

/// A longer comment is not read.
const LINES: usize = 60;
/// What GitHub takes as a comment is 65,536 characters.
const BYTES: usize = 60_000;
const FEW: usize = 3;
const MANY: usize = 10;

/// Writes the report as a short Markdown document.
pub fn render(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut doc = Document::new(Places::of(report));
    doc.raw(format!("**{}**", Document::text(&words::verdict(report))));
    doc.gap();
    let main = words::main(report);
    if let Some(failure) = main {
        if !report.verdict.sentence.contains(&failure.sentence) {
            doc.raw(Document::text(&words::failure(failure)));
            doc.gap();
        }
        one(&mut doc, failure);
    } else {
        services(&mut doc, report);
    }
    others(&mut doc, report, main);
    doc.items("Noticed", &report.findings, FEW, "finding", |doc, finding| {
        format!("{}{}", Document::text(&finding.text), doc.at(&finding.places))
    });
    doc.items("Not shown by the logs", &report.not_observable, FEW, "point", |_, hidden| {
        Document::text(&words::hidden(hidden))
    });
    footer(&mut doc, report);
    doc.write(LINES, style.max_bytes.unwrap_or(BYTES), out)
}

fn one(doc: &mut Document, failure: &Failure) {
    let place = doc.at(failure.location.as_slice());
    let process = failure.process.map(|n| format!(", process {n}")).unwrap_or_default();
    doc.item("Spec", &format!("{}{place}{process}", Document::code(&failure.spec)));
    if let Some(cause) = failure.cause {
        doc.item("Cause", &format!("`{cause}`"));
    }
    doc.items("Waited for", &failure.awaited, FEW, "event", |_, awaited| Document::text(&words::waited(awaited)));
    if failure.awaited.is_empty() {
        let message = message::in_one_line(&failure.message).unwrap_or_else(|| "no message".to_owned());
        doc.item("Message", &format!("{}{}", Document::text(&message), doc.at(&failure.places)));
    }
    if let Some(looked) = looks::looked(&failure.looks) {
        let places = failure.looks.last().map_or(&[][..], |look| &look.places);
        doc.item("Looked", &format!("{}{}", Document::text(&looked), doc.at(places)));
    }
    if let Some((passing, text)) = failure.passing.as_ref().and_then(|of| Some((of, passing::passing(of)?))) {
        doc.item("Passing", &format!("{}{}", Document::text(&text), doc.at(&passing.places)));
    }
    if let Some(awaited) = words::decisive(failure) {
        if let Some(journey) = words::journey(awaited) {
            doc.item("Journey", &Document::text(&journey));
        }
        stages(doc, awaited);
    }
    doc.gap();
    if let Some(best) = failure.ranked.first() {
        doc.items("For", &best.supporting, FEW, "statement", Document::statement);
        doc.items("Against", &best.against, FEW, "statement", Document::statement);
    }
    ruled_out(doc, failure);
    let others: Vec<_> = words::others(failure).collect();
    for other in others.iter().take(FEW) {
        let why = other.supporting.first().map_or_else(|| words::NOT_OUT.to_owned(), |e| doc.statement(e));
        doc.item(&format!("Or `{}` ({})", other.cause, words::confidence(other.confidence)), &why);
    }
    if others.len() > FEW {
        doc.raw(format!("- {}: `--format json`", words::more(others.len() - FEW, "possible cause")));
    }
    if let Some(fix) = &failure.fix {
        doc.item("Change", &format!("{}{}", Document::text(&fix.text), doc.at(fix.place.as_slice())));
    }
    if let Some(helped) = words::helped(&failure.wait) {
        doc.item("Would have helped", &Document::text(&helped));
    }
}

/// The timing families and the first causes with a line each; the rest by name.
fn ruled_out(doc: &mut Document, failure: &Failure) {
    let exclusions = exclusions::of(failure);
    let name = |one: &Exclusion<'_>| if one.family { one.name.to_owned() } else { format!("`{}`", one.name) };
    for one in exclusions.iter().take(MANY) {
        if let Some(by) = one.by.first() {
            doc.item(&format!("Not {}", name(one)), &doc.statement(by));
        }
    }
    if let Some(rest @ [_, ..]) = exclusions.get(MANY..) {
        doc.item("Nor", &rest.iter().map(name).collect::<Vec<_>>().join(", "));
    }
}

/// The stages of one event against their limits.
pub(super) fn stages(doc: &mut Document, awaited: &Awaited) {
    if awaited.stages.is_empty() {
        return;
    }
    let row = |stage: &StageRow| {
        let took = Document::text(&length(stage.took));
        let took = match rows::judged(stage) {
            Some(judged) if stage.guilty => format!("**{took}, {judged}**"),
            Some(judged) => format!("{took}, {judged}"),
            None => took,
        };
        vec![words::stage(stage.stage).to_owned(), took, Document::text(&rows::limit(stage)), doc.names(&stage.places)]
    };
    let cells: Vec<Vec<String>> = awaited.stages.iter().map(row).collect();
    doc.table(&["stage", "took", "limit", "seen at"], &cells, MANY, "`--format json`");
}

/// Writes by service.
fn services(doc: &mut Document, report: &Report) {
    let written = report.services.iter().filter(|service| service.writes.count > 0);
    let cells: Vec<Vec<String>> =
        written.map(|service| rows::writes(service).iter().map(|cell| Document::text(cell)).collect()).collect();
    if !cells.is_empty() {
        doc.table(&rows::WRITES, &cells, MANY, "`--format json`");
    }
}

fn others(doc: &mut Document, report: &Report, main: Option<&Failure>) {
    let others = report.failures.iter().filter(|f| main.is_none_or(|main| !std::ptr::eq(*f, main)));
    let rows: Vec<Vec<String>> = others
        .map(|f| {
            let cause = if f.collateral { "collateral" } else { f.cause.unwrap_or(words::family(f.family)) };
            vec![
                cause.to_owned(),
                words::confidence(f.confidence).to_owned(),
                Document::code(&f.spec),
                doc.names(f.location.as_slice()),
            ]
        })
        .collect();
    if !rows.is_empty() {
        doc.table(&["also failed", "confidence", "spec", "at"], &rows, MANY, "`--format json`");
    }
}

/// What was run and read.
fn footer(doc: &mut Document, report: &Report) {
    doc.gap();
    let run = words::run(report).map(|run| format!("{run}. ")).unwrap_or_default();
    let complete = if report.complete { "" } else { " Not everything was read." };
    doc.raw(Document::text(&format!("{run}Read: {}.{complete}", words::coverage(report))));
    let unread: Vec<_> = words::left_unread(report).collect();
    for (path, why) in unread.iter().take(FEW) {
        doc.item("Not read", &format!("{}: {}", doc.file(path), Document::text(why)));
    }
    if unread.len() > FEW {
        doc.raw(format!("- {}", words::more(unread.len() - FEW, "file")));
    }
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use crate::render::{Style, fixture, tests::rendered};

    #[test]
    fn one_failure_is_a_short_document() {
        let text = rendered(&fixture::one(), &Style::default(), "markdown");
        assert!(text.starts_with(
            "**flush delay (proven): the event was buffered at once, but the store flushes every 30 s; the test stopped \
             looking after 10 s.**\n\n- **Spec:** `BR-SP-090: "
        ));
        assert!(
            text.contains("| flush wait | **&gt; 9.71 s, too long** | 100 ms | `suite.log:1204`, `suite.log:1391` |\n"),
            "{text}"
        );
        assert!(text.contains(
            "- **Not write latency:** 31 writes, slowest 20 ms (`signalprocessing_datastorage_test.log:88`)\n"
        ));
        assert!(text.lines().count() <= 60);
    }

    #[test]
    fn hostile_text_stays_text() {
        let mut report = fixture::hostile();
        report.failures = vec![report.failures[0].clone(); 50];
        let text = rendered(&report, &Style::default(), "markdown");
        assert!(
            text.lines().count() <= 60 && text.len() <= 60_000,
            "{} lines, {} bytes",
            text.lines().count(),
            text.len()
        );
        let mut prose = String::new();
        let mut code = false;
        for event in
            Parser::new_ext(&text, Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH)
        {
            match event {
                Event::Html(html) | Event::InlineHtml(html) => panic!("HTML: {html}"),
                Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Heading { .. } | Tag::CodeBlock(_)) => {
                    panic!("markup: {event:?}")
                }
                Event::TaskListMarker(_) => panic!("a task list"),
                Event::Text(text) if !code => prose.push_str(&text),
                _ => {}
            }
            code = false;
        }
        for dangerous in ["@team", "#123", "http://"] {
            assert!(!prose.contains(dangerous), "{dangerous} is looked for in the finished text by the forge");
        }
    }

    #[test]
    fn the_bound_in_bytes_holds() {
        let style = Style { max_bytes: Some(700), ..Style::default() };
        let text = rendered(&fixture::one(), &style, "markdown");
        assert!(text.len() <= 700 && text.contains("Cut here: "), "{text}");
    }
}
