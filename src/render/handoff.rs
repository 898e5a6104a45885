//! The whole analysis as a document in Markdown: what people write by hand after a failing run, with true sections only.
//!
//! A section that the report has nothing for is left out, or says that the logs do not show it. Every number is one of
//! the JSON report's, at most rounded; every statement has its place, or names the field of the JSON report that it is
//! read from.

mod figures;
mod spec;

use std::io::{self, Write};

use super::document::Document;
use super::places::Places;
use super::times::{day, time};
use super::{Style, escape, words};
use crate::report::{Failure, Report};

/// A document of more than a megabyte is opened by no forge.
const BYTES: usize = 1_000_000;
/// Rows of a table in the document.
const ROWS: usize = 200;
/// Where the rest of a table is.
const ELSEWHERE: &str = "`--format json` has all of them";

/// Writes the document.
pub fn render(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut doc = Document::new(Places::of(report));
    let chosen = chosen(report);
    title(&mut doc, report);
    answer(&mut doc, report, &chosen);
    figures::findings(&mut doc, report);
    for (at, failure) in chosen.iter().enumerate() {
        let number = if chosen.len() == 1 { String::new() } else { format!(" {}", at + 1) };
        spec::timeline(&mut doc, failure, &number);
        spec::why(&mut doc, failure, &number);
        spec::ruled_out(&mut doc, failure, &number);
    }
    figures::writes(&mut doc, report, style);
    pass_rate(&mut doc, report);
    change(&mut doc, &chosen);
    figures::checklist(&mut doc, report);
    figures::performance(&mut doc, report);
    actions(&mut doc, report, &chosen);
    rests_on(&mut doc, report);
    reproduce(&mut doc, report);
    doc.write(usize::MAX, style.max_bytes.unwrap_or(BYTES), out)
}

/// One failing spec for each cause, the bundle's first: the sections about a spec are written for these.
fn chosen(report: &Report) -> Vec<&Failure> {
    let mut chosen: Vec<&Failure> = Vec::new();
    for failure in words::main(report).into_iter().chain(report.failures.iter().filter(|f| !f.collateral)) {
        if chosen.iter().all(|other| (other.cause, other.family) != (failure.cause, failure.family)) {
            chosen.push(failure);
        }
    }
    chosen
}

fn title(doc: &mut Document, report: &Report) {
    let subject = report.bundle.suite.as_deref().or(report.bundle.service.as_deref()).unwrap_or("a must-gather");
    let date = report.bundle.started.as_ref().and_then(|at| at.lo.or(at.hi)).map(|at| format!(", {}", day(at)));
    doc.raw(format!("# Audit timing of {}{}", Document::text(subject), date.unwrap_or_default()));
    doc.gap();
}

fn answer(doc: &mut Document, report: &Report, chosen: &[&Failure]) {
    doc.heading(2, "Answer");
    doc.raw(format!("**{}**", Document::text(&words::verdict(report))));
    doc.gap();
    for (at, failure) in chosen.iter().enumerate() {
        let label = if chosen.len() == 1 { "Spec".to_owned() } else { format!("Spec {}", at + 1) };
        let place = doc.at(failure.location.as_slice());
        doc.item(&label, &format!("{}{place}", Document::code(&failure.spec)));
        if chosen.len() > 1 || !report.verdict.sentence.contains(&failure.sentence) {
            doc.item("Answer", &Document::text(&words::failure(failure)));
        }
        if let Some(cause) = failure.cause {
            doc.item("Cause", &format!("`{cause}`, {}", words::confidence(failure.confidence)));
        }
        if let Some(helped) = words::helped(&failure.wait) {
            doc.item(
                "Would have helped",
                &format!("{}{}", Document::text(&helped), figures::read_from(doc, &failure.wait.places, "wait")),
            );
        }
    }
}

fn pass_rate(doc: &mut Document, report: &Report) {
    let Some(run) = words::run(report) else { return };
    doc.heading(2, "Pass rate");
    doc.raw(format!("{run} (`run` in the JSON report)."));
    doc.gap();
    let row = |failure: &Failure| {
        let tag =
            if failure.collateral { "collateral" } else { failure.cause.unwrap_or(words::family(failure.family)) };
        vec![
            Document::code(&failure.spec),
            tag.to_owned(),
            words::confidence(failure.confidence).to_owned(),
            doc.names(failure.location.as_slice()),
        ]
    };
    // The worst first: what is nobody's victim, and of that what is surest.
    let mut failures: Vec<&Failure> = report.failures.iter().collect();
    failures.sort_by_key(|failure| (failure.collateral, std::cmp::Reverse(failure.confidence)));
    let rows: Vec<_> = failures.into_iter().map(row).collect();
    if !rows.is_empty() {
        doc.table(&["failing spec", "cause", "confidence", "at"], &rows, ROWS, ELSEWHERE);
    }
    let normal = report.stages.iter().filter(|stage| stage.spread.count > 0);
    let rows: Vec<_> = normal.map(figures::spread_row).collect();
    if !rows.is_empty() && !report.failures.is_empty() {
        doc.raw("What the stages took over all events, those of the specs that passed included:");
        doc.table(&figures::SPREAD, &rows, ROWS, ELSEWHERE);
    }
}

fn change(doc: &mut Document, chosen: &[&Failure]) {
    if chosen.iter().all(|failure| failure.fix.is_none()) {
        return;
    }
    doc.heading(2, "Recommended change");
    for failure in chosen {
        let Some(fix) = &failure.fix else { continue };
        let setting =
            fix.setting.as_ref().map(|name| format!(", setting {}", Document::code(name))).unwrap_or_default();
        let place = doc.at(fix.place.as_slice());
        doc.raw(format!("- {}{place}{setting}", Document::text(&fix.text)));
        if let Some(helped) = words::helped(&failure.wait) {
            let places = figures::read_from(doc, &failure.wait.places, "wait");
            doc.raw(format!("  - What would have let the spec pass: {}{places}", Document::text(&helped)));
        }
    }
}

fn actions(doc: &mut Document, report: &Report, chosen: &[&Failure]) {
    let mut actions: Vec<String> = Vec::new();
    for fix in chosen.iter().filter_map(|failure| failure.fix.as_ref()) {
        actions.push(format!("{}{}", Document::text(&fix.text), doc.at(fix.place.as_slice())));
    }
    for setting in report.settings.iter().filter(|s| s.expected.as_ref().is_some_and(|expected| *expected != s.value)) {
        let expected = setting.expected.as_deref().unwrap_or_default();
        let name = Document::code(&format!("{} {}", setting.source, setting.name));
        let values =
            format!("it was started with {}, expected {}", Document::code(&setting.value), Document::code(expected));
        actions.push(format!("Apply the setting {name}: {values}{}", doc.at(&setting.places)));
    }
    for hidden in &report.not_observable {
        let text = format!("To see {}: {}", hidden.what, hidden.enable_with);
        actions.push(format!("{} (`not_observable` in the JSON report)", Document::text(&text)));
    }
    if actions.is_empty() {
        return;
    }
    doc.heading(2, "Action items");
    for (at, action) in actions.iter().enumerate() {
        doc.raw(format!("{}. {action}", at + 1));
    }
}

fn rests_on(doc: &mut Document, report: &Report) {
    doc.heading(2, "What the answer rests on");
    doc.raw(format!("Read: {} (`coverage` in the JSON report).", words::coverage(report)));
    // What was not read comes first.
    let mut files: Vec<_> = report.coverage.files.iter().collect();
    files.sort_by_key(|file| file.skipped.is_none());
    let rows: Vec<_> = files
        .iter()
        .map(|file| {
            let state = file.skipped.as_ref().map_or("read".to_owned(), |why| Document::text(why));
            vec![Document::code(&file.path), words::grouped(file.lines), words::grouped(file.recognised), state]
        })
        .collect();
    doc.table(&["file", "lines", "recognised", "state"], &rows, ROWS, ELSEWHERE);
    for clock in words::clocks(report) {
        let places = figures::read_from(doc, &clock.places, "clocks");
        doc.raw(format!("- {}{places}", Document::text(&words::clock(clock))));
    }
    doc.heading(2, "What the logs could not show");
    if report.not_observable.is_empty() {
        doc.raw("Nothing that the answer depends on (`not_observable` in the JSON report is empty).");
    }
    for hidden in &report.not_observable {
        doc.raw(format!("- {}", Document::text(&words::hidden(hidden))));
    }
}

fn reproduce(doc: &mut Document, report: &Report) {
    doc.heading(2, "Reproduce");
    // A name that looks like an option is given as a path.
    let path = |path: &str| match path {
        "-" => "-".to_owned(),
        path if path.starts_with('-') => escape::shell(&format!("./{path}")),
        path => escape::shell(path),
    };
    let paths: Vec<String> = report.inputs.iter().map(|input| path(&input.path)).collect();
    let command = format!("whylate {} --format handoff", paths.join(" "));
    let longest = command.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    doc.raw(format!("{fence}sh\n{command}\n{fence}"));
    doc.gap();
    let collected = report.bundle.collected.as_ref().map(|at| format!(", collected {}", time(at))).unwrap_or_default();
    let version = report.tool.version;
    let id = Document::code(&report.bundle.id);
    doc.raw(format!("Bundle {id}{}, whylate {version}. All times are UTC.", Document::text(&collected)));
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use crate::render::{Style, fixture, tests::rendered};
    use crate::report::Instant;

    #[test]
    fn every_section_stands_where_the_report_has_something_for_it() {
        let text = rendered(&fixture::one(), &Style::default(), "handoff");
        let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(
            headings,
            [
                "Answer",
                "Key findings",
                "Timeline of the failing spec",
                "Why the spec failed",
                "Ruled out",
                "Server writes",
                "Pass rate",
                "Recommended change",
                "Validation checklist",
                "Performance figures",
                "Action items",
                "What the answer rests on",
                "What the logs could not show",
                "Reproduce",
            ]
        );
        assert!(text.starts_with("# Audit timing of SignalProcessing Integration Suite, 2026-01-14\n"), "{text}");
        assert!(text.contains("| 18:46:41.46 | buffered | `suite.log:1204` |\n"), "{text}");
        assert!(text.contains("```sh\nwhylate bundle.tar.gz --format handoff\n```\n"), "{text}");
        assert!(text.contains("- [x] all writes of signalprocessing were answered with 2xx: 201: 31"), "{text}");
        assert!(text.contains("- [ ] store-3 flush_interval is 30s, expected 100ms (`suite.log:311`)"), "{text}");
    }

    #[test]
    fn looks_keep_their_order_in_the_timeline() {
        let mut report = fixture::one();
        // A look that is known to lie between its neighbours, and no better.
        let (first, last) = (report.failures[0].looks[0].at.clone(), report.failures[0].looks[5].at.clone());
        let wide = first.zip(last).map(|(first, last)| Instant { hi: last.hi, ..first });
        report.failures[0].looks[3].at = wide;
        let text = rendered(&report, &Style::default(), "handoff");
        let looks: Vec<&str> =
            text.lines().filter_map(|line| line.split("| look ").nth(1)?.split(':').next()).collect();
        assert_eq!(looks, ["1", "2", "3", "4", "5", "6"]);
    }

    #[test]
    fn a_bundle_without_failures_has_no_section_about_a_spec() {
        for report in [fixture::healthy(), fixture::undetermined()] {
            let text = rendered(&report, &Style::default(), "handoff");
            assert!(!text.contains("## Why the spec failed") && !text.contains("## Ruled out"), "{text}");
            assert!(text.contains("## Server writes"), "{text}");
        }
    }

    #[test]
    fn hostile_text_stays_text() {
        let text = rendered(&fixture::hostile(), &Style::default(), "handoff");
        let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
        let (mut headings, mut blocks, mut tasks) = (0, 0, 0);
        for event in Parser::new_ext(&text, options) {
            match event {
                Event::Html(html) | Event::InlineHtml(html) => panic!("HTML: {html}"),
                Event::Start(Tag::Link { .. } | Tag::Image { .. }) => panic!("{event:?}"),
                Event::Start(Tag::Heading { .. }) => headings += 1,
                Event::Start(Tag::CodeBlock(_)) => blocks += 1,
                Event::TaskListMarker(_) => tasks += 1,
                _ => {}
            }
        }
        let lines = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
        assert_eq!((headings, blocks), (lines("#"), 1));
        assert_eq!(tasks, lines("- ["));
        let bounded = rendered(&fixture::hostile(), &Style { max_bytes: Some(3000), ..Style::default() }, "handoff");
        assert!(bounded.len() <= 3000 && bounded.contains("Cut here: "), "{bounded}");
    }
}
