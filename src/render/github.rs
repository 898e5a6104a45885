//! Workflow commands for GitHub Actions: an annotation for each failure, what was noticed, and what was not read. GitHub
//! shows at most ten annotations of each kind a step, so the tenth says how many more there are.
//!
//! The job summary is the short Markdown document; the command appends it to `$GITHUB_STEP_SUMMARY` when that is set.

use std::io::{self, Write};

use super::escape::{workflow_message, workflow_property};
use super::places::Places;
use super::{Style, looks, words};
use crate::report::{Failure, Place, Report, RunOutcome};

/// Annotations of one kind that GitHub shows for a step.
const LIMIT: usize = 10;
/// Bytes of one message: GitHub cuts at 64 KiB, and nobody reads that much beside a line of code.
const MESSAGE: usize = 4_000;

struct Annotation {
    kind: &'static str,
    place: Option<Place>,
    title: String,
    lines: Vec<String>,
}

/// Writes the annotations.
pub fn render(report: &Report, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let places = Places::of(report);
    let failures: Vec<_> = report.failures.iter().filter(|f| !f.collateral).map(|f| failure(f, &places)).collect();
    limited("error", &failures, out)?;
    limited("warning", &warnings(report), out)?;
    limited("notice", &notices(report, &places), out)
}

fn failure(of: &Failure, places: &Places) -> Annotation {
    let mut lines = vec![words::failure(of)];
    lines.extend(words::decisive(of).map(|awaited| format!("waited for {}", words::waited(awaited))));
    lines.extend(looks::looked(&of.looks).map(|looked| format!("looked {looked}")));
    if let Some(best) = of.ranked.first() {
        let because = best.supporting.iter().take(3);
        lines.extend(because.map(|e| format!("because {} ({})", e.text, places.first(&e.places))));
    }
    lines.extend(of.fix.iter().map(|fix| format!("change: {}", fix.text)));
    lines.extend(words::helped(&of.wait).map(|helped| format!("would have helped: {helped}")));
    // A panic is raised by Go's runtime, which is in no repository: what is to be changed is nearer.
    let known = [of.location.as_ref(), of.fix.as_ref().and_then(|fix| fix.place.as_ref())];
    let place = known.iter().flatten().find_map(|place| in_repository(place)).or(of.location.clone());
    Annotation { kind: "error", place, title: of.spec.clone(), lines }
}

/// The place as GitHub knows it: below the root of the repository. A runner prints absolute paths.
fn in_repository(place: &Place) -> Option<Place> {
    let roots = ["/test/", "/pkg/", "/internal/", "/cmd/"];
    if !place.file.starts_with('/') {
        return Some(place.clone());
    }
    let start = roots.iter().filter_map(|root| place.file.find(root)).min()? + 1;
    Some(Place { file: place.file[start..].to_owned(), ..place.clone() })
}

fn warnings(report: &Report) -> Vec<Annotation> {
    let unread = words::left_unread(report).map(|(path, why)| format!("{path}: {why}")).collect::<Vec<_>>();
    let mut warnings = Vec::new();
    if !report.complete || !unread.is_empty() {
        let lines = vec![format!("read: {}", words::coverage(report))].into_iter().chain(unread).collect();
        let what = if report.complete { "some files were not read" } else { "not everything was read" };
        let title = format!("whylate: {what}");
        warnings.push(Annotation { kind: "warning", place: None, title, lines });
    }
    warnings
}

fn notices(report: &Report, places: &Places) -> Vec<Annotation> {
    let mut notices = Vec::new();
    if report.verdict.outcome != RunOutcome::Failed || report.failures.iter().all(|f| f.collateral) {
        let lines = vec![words::verdict(report)];
        notices.push(Annotation { kind: "notice", place: None, title: "whylate".to_owned(), lines });
    }
    for finding in &report.findings {
        let lines = vec![format!("{} ({})", finding.text, places.first(&finding.places))];
        notices.push(Annotation { kind: "notice", place: None, title: format!("whylate: {}", finding.id), lines });
    }
    for hidden in &report.not_observable {
        let lines = vec![format!("{}; to see it: {}", hidden.because, hidden.enable_with)];
        notices.push(Annotation { kind: "notice", place: None, title: format!("not shown: {}", hidden.what), lines });
    }
    notices
}

fn limited(kind: &'static str, all: &[Annotation], out: &mut dyn Write) -> io::Result<()> {
    let more = all.len().saturating_sub(LIMIT - 1);
    let shown = if all.len() > LIMIT { LIMIT - 1 } else { all.len() };
    for annotation in &all[..shown] {
        write(annotation, out)?;
    }
    if all.len() > LIMIT {
        let lines = vec![format!("{more} more: see the summary of the step, or --format handoff")];
        write(&Annotation { kind, place: None, title: "whylate".to_owned(), lines }, out)?;
    }
    Ok(())
}

fn write(of: &Annotation, out: &mut dyn Write) -> io::Result<()> {
    let place = of.place.as_ref().map(|at| format!("file={},line={},", workflow_property(&at.file), at.line));
    let title: String = of.title.chars().take(200).collect();
    let lines = of.lines.iter().map(|line| workflow_message(&line.chars().take(MESSAGE / 4).collect::<String>()));
    let mut message = lines.collect::<Vec<_>>().join("%0A");
    if let Some((at, _)) = message.char_indices().nth(MESSAGE) {
        message.truncate(at);
        // Half an escape would be a stray percent sign.
        let tail = message.len().saturating_sub(2);
        if let Some(percent) = message.get(tail..).and_then(|end| end.find('%')) {
            message.truncate(tail + percent);
        }
        message.push('…');
    }
    let place = place.unwrap_or_default();
    writeln!(out, "::{} {place}title={}::{message}", of.kind, workflow_property(&title))
}

#[cfg(test)]
mod tests {
    use crate::render::{Style, fixture, tests::rendered};

    #[test]
    fn a_failure_is_annotated_where_it_stands() {
        let text = rendered(&fixture::one(), &Style::default(), "github");
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[0].starts_with(
                "::error file=test/integration/signalprocessing/audit_integration_test.go,line=266,title=BR-SP-090%3A \
             SignalProcessing → Data Storage Audit Integration records the classification decision for the standard \
             target::flush delay (proven): the event was buffered at once, but the store flushes every 30 s; the test \
             stopped looking after 10 s.%0Awaited for classification.decision for rr-severity-12: 1 expected, 0 found"
            ),
            "{text}"
        );
        assert_eq!(
            lines[1],
            "::notice title=whylate%3A setting-not-applied::the pool was configured with 100 connections, the server \
             started with 25 (signalprocessing_datastorage_test.log:3)"
        );
    }

    #[test]
    fn a_panic_of_the_runtime_is_annotated_where_the_project_is_nearest() {
        let mut report = fixture::one();
        report.failures[0].location = Some(fixture::place("/usr/local/go/src/runtime/panic.go", 860));
        report.failures[0].fix.as_mut().expect("a fix").place =
            Some(fixture::place("/src/kubernaut/pkg/audit/store.go", 203));
        let text = rendered(&report, &Style::default(), "github");
        assert!(text.starts_with("::error file=pkg/audit/store.go,line=203,"), "{text}");
    }

    #[test]
    fn there_are_at_most_ten_of_a_kind_and_each_is_one_line() {
        let mut report = fixture::hostile();
        report.failures = vec![report.failures[0].clone(); 25];
        let text = rendered(&report, &Style::default(), "github");
        assert_eq!(text.lines().filter(|line| line.starts_with("::error ")).count(), 10);
        assert!(text.contains("::error title=whylate::16 more: "), "{text}");
        assert!(text.lines().all(|line| line.starts_with("::") && line.len() < 20_000));
    }
}
