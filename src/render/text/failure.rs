//! The part of the screen that is about one failing spec.

use super::super::layout::{clip_front, wrap};
use super::super::page::Page;
use super::super::times::{Unit, length_in};
use super::super::{Style, words};
use super::{FEW, LABEL, LONG_LABEL, hidden};
use crate::causes;
use crate::report::{Awaited, Confidence, Failure, Family, Report};
use crate::sighting::Outcome;

fn spec(page: &mut Page, failure: &Failure, text: &str, limit: usize) {
    page.row("spec", LABEL, text, &[], limit);
    let place = failure.location.as_ref().map(|place| page.places.name(place));
    let process = failure.process.map(|process| format!("process {process}"));
    let outcome = (failure.outcome != Outcome::Failed).then(|| words::outcome(failure.outcome).to_owned());
    let at = [place, process, outcome].into_iter().flatten().collect::<Vec<_>>().join(", ");
    if !at.is_empty() {
        page.row("", LABEL, &at, &[], 1);
    }
}

/// A failure of another cause: what, where, and the first reason.
pub fn short(page: &mut Page, failure: &Failure) {
    page.gap();
    page.headline(&words::failure(failure), 3);
    // The containers are often the same: the end tells the specs apart.
    spec(page, failure, &clip_front(&failure.spec, page.rest(LABEL + 2)), 1);
    if let Some(best) = failure.ranked.first() {
        page.evidence("because", LABEL, &best.supporting, 1);
    }
    if let Some(fix) = &failure.fix {
        page.row("change", LABEL, &fix.text, fix.place.as_slice(), 2);
    }
}

/// A failure with everything that fits.
pub fn full(page: &mut Page, report: &Report, failure: &Failure, style: &Style) {
    let few = if style.verbose { usize::MAX } else { FEW };
    spec(page, failure, &failure.spec, 3);
    if let Some(cause) = failure.cause {
        page.row("cause", LABEL, &format!("{cause} (whylate explain {cause})"), &[], 1);
    }
    for (at, awaited) in failure.awaited.iter().take(few).enumerate() {
        page.row(if at == 0 { "waited" } else { "" }, LABEL, &words::waited(awaited), &[], 2);
    }
    if failure.awaited.len() > few {
        page.row("", LABEL, &words::more(failure.awaited.len() - few, "event"), &[], 1);
    } else if failure.awaited.is_empty() {
        let first = failure.message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no message");
        page.row("message", LABEL, first, &failure.places, 2);
    }
    if let Some(looked) = words::looked(&failure.looks) {
        let last = failure.looks.last().map_or(&[][..], |look| &look.places);
        page.row("looked", LABEL, &looked, last, 2);
    }
    if let Some(awaited) = words::decisive(failure)
        && let Some(journey) = words::journey(awaited)
    {
        page.row("journey", LABEL, &journey, &[], 3);
    }
    if let Some(best) = failure.ranked.first() {
        page.evidence("because", LABEL, &best.supporting, few);
        page.evidence("against", LABEL, &best.against, if style.verbose { usize::MAX } else { 1 });
    }
    if let Some(awaited) = words::decisive(failure) {
        stages(page, awaited);
    }
    page.gap();
    ruled_out(page, failure, few);
    for other in failure.ranked.iter().skip(1).filter(|r| !is_out(failure, r.cause)).take(few) {
        let label = format!("or {}", other.cause);
        let sure = words::confidence(other.confidence);
        let why = other.supporting.first().map(|e| e.text.as_str()).unwrap_or_default();
        let places = other.supporting.first().map_or(&[][..], |e| &e.places);
        page.row(&label, LONG_LABEL, format!("{sure}: {why}").trim_end_matches([':', ' ']), places, 2);
    }
    if let Some(fix) = &failure.fix {
        page.row("change", LONG_LABEL, &fix.text, fix.place.as_slice(), 3);
    }
    if let Some(helped) = words::helped(&failure.wait) {
        page.row("would have helped", LONG_LABEL, &helped, &[], 3);
    }
    if failure.confidence != Confidence::Proven || failure.awaited.is_empty() || style.verbose {
        hidden(page, report, few);
    }
}

fn is_out(failure: &Failure, cause: &str) -> bool {
    failure.ruled_out.iter().any(|out| out.cause == cause)
}

fn stages(page: &mut Page, awaited: &Awaited) {
    if awaited.stages.is_empty() {
        return;
    }
    page.gap();
    let unit = Unit::of(awaited.stages.iter().flat_map(|s| [Some(&s.took), s.limit.as_ref()]).flatten());
    let rest = page.rest(48);
    let rows: Vec<Vec<String>> = awaited
        .stages
        .iter()
        .map(|s| {
            let took = length_in(s.took, unit);
            vec![
                words::stage(s.stage).to_owned(),
                if s.guilty { format!("{took} {}", words::blamed(s)) } else { took },
                s.limit.map_or_else(|| "none".to_owned(), |limit| length_in(limit, unit)),
                clip_front(&page.places.first(&s.places), rest),
            ]
        })
        .collect();
    page.table(&["stage", "took", "limit", "seen at"], &rows, &[]);
}

/// The three timing families first, as that is what was asked; a family is excluded when each of its causes is.
fn ruled_out(page: &mut Page, failure: &Failure, few: usize) {
    let mut said: Vec<&str> = Vec::new();
    for family in [Family::WriteLatency, Family::FlushDelay, Family::QueryTiming] {
        let codes: Vec<&str> = causes::ALL.iter().filter(|c| c.family == family).map(|c| c.code).collect();
        if codes.is_empty() || !codes.iter().all(|code| is_out(failure, code)) {
            continue;
        }
        let by: Vec<_> =
            failure.ruled_out.iter().filter(|out| codes.contains(&out.cause)).flat_map(|o| &o.by).collect();
        if let Some(first) = by.first() {
            page.row(&format!("not {}", words::family(family)), LONG_LABEL, &first.text, &first.places, 2);
        }
        said.extend(codes);
    }
    let rest: Vec<_> = failure.ruled_out.iter().filter(|out| !said.contains(&out.cause)).collect();
    for out in rest.iter().take(few) {
        let (text, places) = out.by.first().map_or(("", &[][..]), |e| (e.text.as_str(), &e.places));
        page.row(&format!("not {}", out.cause), LONG_LABEL, text, places, 2);
    }
    if rest.len() > few {
        let names: Vec<&str> = rest[few..].iter().map(|out| out.cause).collect();
        page.row("nor", LONG_LABEL, &fitting(&names, page.rest(LONG_LABEL + 2)), &[], 2);
    }
}

/// As many names as two lines hold, and how many more there are.
fn fitting(names: &[&str], columns: usize) -> String {
    let text = |count: usize| match names.len() - count {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..count].join(", ")),
    };
    let fits = |count: &usize| wrap(&text(*count), columns).len() <= 2;
    text((1..=names.len()).rev().find(fits).unwrap_or(names.len()))
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn a_list_of_names_ends_between_two_of_them() {
        assert_eq!(fitting(&["one", "two", "three"], 20), "one, two, three");
        assert_eq!(fitting(&["emit-late", "emit-never", "send-loss"], 12), "emit-late and 2 more");
    }
}
