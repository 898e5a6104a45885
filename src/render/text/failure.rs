//! The part of the screen that is about one failing spec.

use super::super::layout::{clip_front, wrap};
use super::super::page::Page;
use super::super::times::{length, time};
use super::super::{Style, exclusions, looks, passing, rows, words};
use super::{FEW, LABEL, LONG_LABEL, hidden};
use crate::message;
use crate::report::{Awaited, Confidence, Evidence, Failure, Report, StageRow};
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
        page.row(
            "message",
            LABEL,
            message::in_one_line(&failure.message).as_deref().unwrap_or("no message"),
            &failure.places,
            2,
        );
    }
    if let Some(looked) = looks::looked(&failure.looks) {
        let last = failure.looks.last().map_or(&[][..], |look| &look.places);
        page.row("looked", LABEL, &looked, last, 2);
    }
    if let Some((passing, text)) = failure.passing.as_ref().and_then(|of| Some((of, passing::passing(of)?))) {
        page.row("passing", LABEL, &text, &passing.places, 3);
    }
    if let Some(journey) = words::decisive(failure).and_then(words::journey) {
        page.row("journey", LABEL, shortened(&journey, failure), &[], 3);
    }
    if let Some(best) = failure.ranked.first() {
        page.evidence("because", LABEL, &unsaid(&failure.sentence, &best.supporting), few);
        page.evidence("against", LABEL, &best.against, if style.verbose { usize::MAX } else { 1 });
    }
    if let Some(awaited) = words::decisive(failure) {
        stages(page, awaited);
    }
    if let Some(awaited) = words::decisive(failure).filter(|_| style.verbose) {
        bounding_lines(page, awaited);
    }
    page.gap();
    ruled_out(page, failure, few);
    let others: Vec<_> = words::others(failure).collect();
    for other in others.iter().take(few) {
        let sure = words::confidence(other.confidence);
        let (why, places) = other.supporting.first().map_or((words::NOT_OUT, &[][..]), |e| (&e.text, &e.places));
        page.row(&format!("or {}", other.cause), LONG_LABEL, &format!("{sure}: {why}"), places, 2);
    }
    if others.len() > few {
        let more = words::more(others.len() - few, "possible cause");
        page.row("", LONG_LABEL, &format!("{more}: --verbose"), &[], 1);
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

/// The journey without the reason of its last link, where the evidence below says that.
fn shortened<'a>(journey: &'a str, failure: &Failure) -> &'a str {
    let said = |reason: &str| {
        let mut evidence = failure.ranked.first().into_iter().flat_map(|best| &best.supporting);
        evidence.any(|one| one.text.contains(reason))
    };
    journey.split_once(": ").filter(|(_, reason)| said(reason)).map_or(journey, |(links, _)| links)
}

/// What the sentence says word for word is not said again; its places stand alone.
fn unsaid(sentence: &str, evidence: &[Evidence]) -> Vec<Evidence> {
    let text = |one: &Evidence| if sentence.contains(&one.text) { String::new() } else { one.text.clone() };
    evidence.iter().map(|one| Evidence { text: text(one), places: one.places.clone() }).collect()
}

fn bounding_lines(page: &mut Page, awaited: &Awaited) {
    page.gap();
    for link in awaited.journey.iter().filter(|link| !link.between.is_empty()) {
        let Some(at) = &link.at else { continue };
        let text = match link.between.len() {
            1 => format!("{}: this line's stamp bounds it", time(at)),
            _ => format!("{}: its line was printed between these", time(at)),
        };
        page.row(words::link(link.link), LABEL, &text, &link.between, 2);
    }
}

fn stages(page: &mut Page, awaited: &Awaited) {
    if awaited.stages.is_empty() {
        return;
    }
    page.gap();
    let rest = page.rest(48);
    let row = |stage: &StageRow| {
        let took = length(stage.took);
        let took = rows::judged(stage).map_or(took.clone(), |judged| format!("{took} {judged}"));
        let places = clip_front(&page.places.first(&stage.places), rest);
        vec![words::stage(stage.stage).to_owned(), took, rows::limit(stage), places]
    };
    let cells: Vec<Vec<String>> = awaited.stages.iter().map(row).collect();
    page.table(&["stage", "took", "limit", "seen at"], &cells, &[]);
}

/// The timing families are always shown; of the other causes the first few with their lines, the rest by name.
fn ruled_out(page: &mut Page, failure: &Failure, few: usize) {
    let exclusions = exclusions::of(failure);
    let shown = exclusions.iter().filter(|one| one.family).count().saturating_add(few).min(exclusions.len());
    for one in &exclusions[..shown] {
        let (text, places) = one.by.first().map_or(("", &[][..]), |e| (e.text.as_str(), &e.places));
        page.row(&format!("not {}", one.name), LONG_LABEL, text, places, 2);
    }
    if let rest @ [_, ..] = &exclusions[shown..] {
        let names: Vec<&str> = rest.iter().map(|one| one.name).collect();
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
    use super::{fitting, shortened, unsaid};
    use crate::render::fixture;

    #[test]
    fn nothing_is_said_twice() {
        let mut failure = fixture::one().failures.remove(0);
        let journey = "emitted absent: no call for it";
        assert_eq!(shortened(journey, &failure), journey);
        failure.ranked[0].supporting[0].text = "it was never handed over: no call for it".to_owned();
        assert_eq!(shortened(journey, &failure), "emitted absent");
        let evidence = &failure.ranked[0].supporting;
        let left = unsaid("never: it was never handed over: no call for it.", evidence);
        assert_eq!((left[0].text.as_str(), &left[0].places), ("", &evidence[0].places));
        assert_eq!(left[1], evidence[1]);
    }

    #[test]
    fn a_list_of_names_ends_between_two_of_them() {
        assert_eq!(fitting(&["one", "two", "three"], 20), "one, two, three");
        assert_eq!(fitting(&["emit-late", "emit-never", "send-loss"], 12), "emit-late and 2 more");
    }
}
