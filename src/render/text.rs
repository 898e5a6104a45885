//! The report on one screen: the answer in one sentence, then what it rests on. With several failures the first is
//! shown in full, the first of each other cause in short, all others in a line each.

mod failure;

use std::io::{self, Write};

use super::layout::clip_front;
use super::page::Page;
use super::places::Places;
use super::times::day;
use super::{Style, rows, words};
use crate::report::{Failure, Report, RunOutcome, Stage};
use failure::{full, short};

/// Columns of the labels above the stage table, and below it.
const LABEL: usize = 9;
const LONG_LABEL: usize = 19;
/// Lists on one screen end after so many entries; `--verbose` shows them whole.
const FEW: usize = 3;
const MANY: usize = 8;

/// Writes the report as text.
pub fn render(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    for line in lines(report, style) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn lines(report: &Report, style: &Style) -> Vec<String> {
    let mut page = Page::new(style.width, style.color, Places::of(report));
    page.headline(&words::verdict(report), 6);
    page.gap();
    match report.failures.as_slice() {
        [] => {}
        [one] => {
            if !report.verdict.sentence.contains(&one.sentence) {
                page.headline(&words::failure(one), 4);
                page.gap();
            }
            full(&mut page, report, one, style);
        }
        several => failures(&mut page, report, several, style),
    }
    page.gap();
    if report.verdict.outcome != RunOutcome::Failed || style.verbose {
        services(&mut page, report);
        spreads(&mut page, report);
    }
    footer(&mut page, report, style);
    page.finish()
}

fn failures(page: &mut Page, report: &Report, failures: &[Failure], style: &Style) {
    let Some(main) = words::main(report) else { return };
    let mut seen = vec![(main.cause, main.family)];
    if !report.verdict.sentence.contains(&main.sentence) {
        page.headline(&words::failure(main), 4);
        page.gap();
    }
    full(page, report, main, style);
    let mut others = Vec::new();
    for failure in failures.iter().filter(|f| !std::ptr::eq(*f, main)) {
        if style.verbose {
            page.gap();
            page.headline(&words::failure(failure), 4);
            page.gap();
            full(page, report, failure, style);
        } else if failure.collateral || seen.contains(&(failure.cause, failure.family)) {
            others.push(failure);
        } else if seen.len() <= FEW {
            seen.push((failure.cause, failure.family));
            short(page, failure);
        } else {
            others.push(failure);
        }
    }
    if others.is_empty() {
        return;
    }
    page.gap();
    page.row("also failed", LONG_LABEL, "", &[], 1);
    let rest = page.rest(LONG_LABEL + 6);
    let rows: Vec<Vec<String>> = others.iter().take(MANY).map(|f| vec![tag(f), clip_front(&f.spec, rest)]).collect();
    page.table(&["cause", "spec"], &rows, &[]);
    if others.len() > MANY {
        let more = format!("and {} more: --verbose, or --format markdown", others.len() - MANY);
        page.row("", 0, &more, &[], 1);
    }
}

fn tag(failure: &Failure) -> String {
    if failure.collateral {
        return "collateral".to_owned();
    }
    failure.cause.unwrap_or(words::family(failure.family)).to_owned()
}

fn services(page: &mut Page, report: &Report) {
    if report.services.iter().all(|service| service.writes.count == 0) {
        return;
    }
    let cells: Vec<Vec<String>> = report.services.iter().map(|service| rows::writes(service).to_vec()).collect();
    page.table(&rows::WRITES, &cells, &[1, 2, 3, 4, 5]);
    page.gap();
}

fn spreads(page: &mut Page, report: &Report) {
    // Writes have their own table.
    let shown = report.stages.iter().filter(|s| s.spread.count > 0 && s.stage != Stage::Write);
    let cells: Vec<Vec<String>> = shown.map(|stage| rows::spread(stage).to_vec()).collect();
    if cells.is_empty() {
        return;
    }
    page.table(&rows::SPREADS, &cells, &[1, 2, 3, 4]);
    page.gap();
}

fn hidden(page: &mut Page, report: &Report, few: usize) {
    for (at, hidden) in report.not_observable.iter().take(few).enumerate() {
        page.row(if at == 0 { "not shown" } else { "" }, LONG_LABEL, &words::hidden(hidden), &[], 3);
    }
    if report.not_observable.len() > few {
        page.row("", LONG_LABEL, &format!("and {} more", report.not_observable.len() - few), &[], 1);
    }
}

fn footer(page: &mut Page, report: &Report, style: &Style) {
    let few = if style.verbose { usize::MAX } else { FEW };
    if report.failures.is_empty() {
        let undetermined = report.verdict.outcome == RunOutcome::Undetermined;
        let findings = if undetermined && !style.verbose { MANY } else { few };
        finding(page, report, findings);
        // What is well needs no setting to be changed.
        if style.verbose || report.verdict.outcome != RunOutcome::Healthy {
            hidden(page, report, few);
        }
    } else {
        finding(page, report, if style.verbose { usize::MAX } else { 2 });
    }
    page.gap();
    if let Some(run) = words::run(report) {
        page.row("run", LABEL, &run, &[], 1);
    }
    let mut about: Vec<String> = report.bundle.suite.iter().cloned().collect();
    about.extend(report.bundle.processes.map(|n| format!("{n} processes")));
    if let Some(day) = report.bundle.started.as_ref().and_then(|at| at.lo.or(at.hi)).map(day) {
        about.push(format!("{day} UTC"));
    }
    if !about.is_empty() {
        page.row("suite", LABEL, &about.join(", "), &[], 2);
    }
    // What lies far apart makes the stamps of the files disagree; a reader who opens them has to know.
    let far = words::clocks(report).filter(|clock| style.verbose || words::is_far(clock));
    for (at, clock) in far.enumerate() {
        page.row(if at == 0 { "clocks" } else { "" }, LABEL, &words::clock(clock), &clock.places, 2);
    }
    let complete = if report.complete { "" } else { "; not everything was read" };
    page.row("read", LABEL, &format!("{}{complete}", words::coverage(report)), &[], 1);
    let strange: Vec<&str> = words::unrecognised(report).collect();
    for path in strange.iter().take(FEW) {
        let said = "no line recognised in ";
        let name = clip_front(page.places.file(path), page.rest(LABEL + 2 + said.len()));
        page.row("", LABEL, &format!("{said}{name}"), &[], 1);
    }
    if strange.len() > FEW {
        page.row("", LABEL, &words::more(strange.len() - FEW, "file"), &[], 1);
    }
    let unread: Vec<_> = words::left_unread(report).collect();
    for (path, why) in unread.iter().take(few) {
        let text = format!("{}: {why}", page.places.file(path));
        page.row("not read", LABEL, &text, &[], 2);
    }
    if unread.len() > few {
        page.row("", LABEL, &words::more(unread.len() - few, "file"), &[], 1);
    }
}

fn finding(page: &mut Page, report: &Report, few: usize) {
    for (at, finding) in report.findings.iter().take(few).enumerate() {
        page.row(if at == 0 { "noticed" } else { "" }, LONG_LABEL, &finding.text, &finding.places, 2);
    }
    if report.findings.len() > few {
        page.row(
            "",
            LONG_LABEL,
            &format!("{}: --verbose", words::more(report.findings.len() - few, "finding")),
            &[],
            1,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::layout::width;
    use crate::render::{fixture, tests::rendered};

    fn text(report: &Report) -> String {
        rendered(report, &Style::default(), "text")
    }

    #[test]
    fn one_failure_fits_a_screen() {
        let expected = "\
flush delay (proven): the event was buffered at once, but the store flushes
every 30 s; the test stopped looking after 10 s.

  spec     BR-SP-090: SignalProcessing → Data Storage Audit Integration records
           the classification decision for the standard target
           audit_integration_test.go:266, process 3
  cause    flush-delay (whylate explain flush-delay)
  waited   classification.decision for rr-severity-12: 1 expected, 0 found
  looked   6 times in 10.0 s, each found 0  suite.log:1360
  passing  the slowest of 4 specs found this type 570 ms after its emission;
           here the last look came 11.1–11.4 s after it  suite.log:902
  journey  buffered 18:46:41.46; flushed not by the end of the log: no tick
           after line 1204
  because  the store was started with a flush interval of 30 s  suite.log:311
           no tick of store-3 between the buffering and the end of the spec
           suite.log:1391

  stage       took               limit   seen at
  buffer      210–400 ms         1 s     suite.log:1204
  flush wait  > 9.71 s too long  100 ms  suite.log:1204 (+1)
  write       12–20 ms           1 s     …cessing_datastorage_test.log:88

  not write latency  31 writes, slowest 20 ms
                     signalprocessing_datastorage_test.log:88
";
        let page = text(&fixture::one());
        assert_eq!(page.lines().take(24).collect::<Vec<_>>(), expected.lines().take(24).collect::<Vec<_>>());
    }

    #[test]
    fn several_failures_fit_a_screen_too() {
        let page = text(&fixture::many());
        assert!(
            page.contains("\nreject-4xx (proven, not timing): the server refused the event's batch with 400,\n"),
            "{page}"
        );
        assert!(page.contains("  flush-delay  BR-SP-091: records the enrichment\n"), "{page}");
        assert!(page.contains("  collateral   BR-SP-092: records the categorisation\n"), "{page}");
        assert!(page.lines().count() <= 50, "{page}");
    }

    #[test]
    fn a_bundle_without_test_output_answers_the_stages_and_names_the_missing_file() {
        let page = text(&fixture::undetermined());
        assert!(page.contains("  signalprocessing     31  all  9 ms  18 ms    20 ms\n"), "{page}");
        assert!(page.contains("  not shown          flush delay and query timing: "), "{page}");
        assert!(page.contains("  not read notes.bin: binary: neither text nor an archive\n"), "{page}");
    }

    #[test]
    fn files_are_named_for_what_was_not_recognised_but_doubles_only_once() {
        let mut report = fixture::healthy();
        report.coverage.files[1].recognised = 0;
        report.coverage.files[0].skipped = Some("same content as b.log, read there".to_owned());
        let page = text(&report);
        let server = "signalprocessing_datastorage_test.log";
        assert!(page.contains(&format!("           no line recognised in {server}\n")), "{page}");
        assert!(page.contains("same content as b.log"), "{page}");
        let text_of = "suite.log was not read: same content as b.log".to_owned();
        report.findings = vec![crate::report::Finding { id: "read-once", text: text_of, places: Vec::new() }];
        assert!(!text(&report).contains("not read suite.log"));
    }

    #[test]
    fn a_healthy_bundle_is_short() {
        let mut report = fixture::healthy();
        report.not_observable = fixture::one().not_observable;
        assert!(!text(&report).contains("not shown"));
        let verbose = rendered(&report, &Style { verbose: true, ..Style::default() }, "text");
        assert!(verbose.contains("not shown"), "{verbose}");
        let page = text(&fixture::healthy());
        assert!(page.starts_with("healthy: all 87 specs that ran passed.\n"), "{page}");
        assert!(page.lines().count() <= 14, "{page}");
    }

    #[test]
    fn no_line_is_wider_than_asked_and_hostile_text_stays_on_the_screen() {
        let reports =
            [fixture::one(), fixture::many(), fixture::undetermined(), fixture::healthy(), fixture::hostile()];
        for columns in [60, 80, 120] {
            for report in &reports {
                let style = Style { width: columns, ..Style::default() };
                let page = rendered(report, &style, "text");
                let widest = page.lines().map(width).max().unwrap_or(0);
                assert!(widest <= columns, "{widest} columns of {columns}:\n{page}");
                assert!(page.lines().count() <= 70, "{page}");
            }
        }
    }

    #[test]
    fn colour_changes_no_word() {
        let style = Style { color: true, ..Style::default() };
        let colored = rendered(&fixture::one(), &style, "text");
        assert!(colored.contains("\x1b[1m"));
        let plain = colored.replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[0m", "");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&plain), words(&text(&fixture::one())));
    }
}
