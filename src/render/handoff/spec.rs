//! The sections about one failing spec.

use super::super::document::Document;
use super::super::exclusions::{self, Exclusion};
use super::super::looks;
use super::super::markdown::stages;
use super::super::passing;
use super::super::times::time;
use super::super::words;
use super::{ELSEWHERE, ROWS};
use crate::instant::Nanos;
use crate::message;
use crate::report::{Failure, Instant, Place};

/// Times on a clock with an unknown offset cannot be sorted among the others: they follow.
type Key<'a> = (Option<&'a str>, Nanos);

/// Where a row stands. Links and looks keep their own order, however wide their intervals are.
fn key<'a>(at: &'a Instant, before: Option<Key<'a>>) -> Key<'a> {
    let own = (at.clock.as_deref(), at.lo.or(at.hi).unwrap_or(Nanos::MIN));
    match before {
        Some(before) if before.0 == own.0 => (own.0, own.1.max(before.1)),
        _ => own,
    }
}

/// What happened to the spec and its event, in order of time.
pub fn timeline(doc: &mut Document, failure: &Failure, number: &str) {
    let mut rows: Vec<(Key<'_>, &Instant, String, &[Place])> = Vec::new();
    let own = failure.places.as_slice();
    rows.extend(failure.started.as_ref().map(|at| (key(at, None), at, "spec started".to_owned(), own)));
    rows.extend(failure.trigger.as_ref().map(|at| (key(at, None), at, "trigger".to_owned(), own)));
    for awaited in &failure.awaited {
        let which = if failure.awaited.len() == 1 { String::new() } else { format!(": {}", words::waited(awaited)) };
        let mut before = None;
        for link in &awaited.journey {
            let Some(at) = &link.at else { continue };
            before = Some(key(at, before));
            let text = format!("{}{which}", words::link(link.link));
            rows.extend(before.map(|key| (key, at, text, &link.places[..])));
        }
    }
    let mut before = None;
    for (n, look) in failure.looks.iter().enumerate() {
        let Some(at) = &look.at else { continue };
        before = Some(key(at, before));
        let text = format!("look {}: {}", n + 1, looks::answer(look));
        rows.extend(before.map(|key| (key, at, text, &look.places[..])));
    }
    rows.extend(
        failure.deadline.as_ref().map(|at| (key(at, None), at, words::outcome(failure.outcome).to_owned(), own)),
    );
    if rows.is_empty() {
        return;
    }
    rows.sort_by_key(|(key, ..)| *key);
    doc.heading(2, &format!("Timeline of the failing spec{number}"));
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|(_, at, text, places)| vec![Document::text(&time(at)), Document::text(text), doc.names(places)])
        .collect();
    doc.table(&["UTC", "what", "at"], &rows, ROWS, ELSEWHERE);
}

/// The journey, the stages, the looks and the evidence.
pub fn why(doc: &mut Document, failure: &Failure, number: &str) {
    doc.heading(2, &format!("Why the spec failed{number}"));
    doc.raw(Document::text(&words::failure(failure)));
    doc.gap();
    if let Some(message) = message::in_one_line(&failure.message).as_deref() {
        doc.item("Message", &format!("{}{}", Document::text(message), doc.at(&failure.places)));
    }
    if let Some(looked) = looks::looked(&failure.looks) {
        let places: Vec<Place> = failure.looks.iter().flat_map(|look| look.places.iter().cloned()).collect();
        doc.item("Looked", &format!("{}{}", Document::text(&looked), doc.at(&places)));
    }
    if let Some((passing, text)) = failure.passing.as_ref().and_then(|of| Some((of, passing::passing(of)?))) {
        doc.item("Passing", &format!("{}{}", Document::text(&text), doc.at(&passing.places)));
    }
    if failure.awaited.is_empty() {
        doc.item("Waited for", "no event that the logs name");
    }
    for awaited in failure.awaited.iter().take(ROWS) {
        doc.gap();
        doc.item("Waited for", &Document::text(&words::waited(awaited)));
        let rows: Vec<Vec<String>> = awaited
            .journey
            .iter()
            .map(|link| {
                let when = link.at.as_ref().map(time).unwrap_or_default();
                vec![
                    words::link(link.link).to_owned(),
                    words::state(link.state).to_owned(),
                    Document::text(&when),
                    Document::text(link.because.as_deref().unwrap_or_default()),
                    doc.names(&link.places),
                ]
            })
            .collect();
        if !rows.is_empty() {
            doc.table(&["link", "state", "UTC", "because", "seen at"], &rows, ROWS, ELSEWHERE);
        }
        stages(doc, awaited);
    }
    doc.gap();
    for ranked in &failure.ranked {
        doc.raw(format!("- `{}`, {}", ranked.cause, words::confidence(ranked.confidence)));
        ranked
            .supporting
            .iter()
            .take(ROWS)
            .for_each(|evidence| doc.raw(format!("  - for: {}", doc.statement(evidence))));
        ranked
            .against
            .iter()
            .take(ROWS)
            .for_each(|evidence| doc.raw(format!("  - against: {}", doc.statement(evidence))));
    }
}

/// What the lines exclude.
pub fn ruled_out(doc: &mut Document, failure: &Failure, number: &str) {
    if failure.ruled_out.is_empty() {
        return;
    }
    doc.heading(2, &format!("Ruled out{number}"));
    let row = |one: &Exclusion<'_>| {
        let by: Vec<String> = one.by.iter().map(|evidence| doc.statement(evidence)).collect();
        vec![if one.family { one.name.to_owned() } else { format!("`{}`", one.name) }, by.join("; ")]
    };
    let rows: Vec<Vec<String>> = exclusions::of(failure).iter().map(row).collect();
    doc.table(&["what", "by"], &rows, ROWS, ELSEWHERE);
}
