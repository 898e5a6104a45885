//! "Too early": no look came after the event was visible.

use std::sync::LazyLock;

use regex::Regex;

use super::super::document::{Line, Part};
use super::super::quantity::spoken;
use super::{Case, Kind, NO_BUNDLE, Said, Source};
use crate::instant::{MILLISECOND, Nanos};
use crate::report::Family;

/// Queries that came too early.
pub static TOO_EARLY: Kind = Kind { name: "too-early", about: "\"too early\" has no look after visibility", examine };

static EARLY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:too early|before (?:the )?(?:audit )?(?:flush|write)(?:es)?\b|quer\w+ during (?:the )?flush)")
        .expect("a constant")
});
static ONCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\bquer\w*\b.*(?:\bimmediately\b|T\+0(?:ms)?\b)|\bimmediately\b.*\bquer").expect("a constant")
});
static LOOKS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)quer|test|poll|look|timing|❌").expect("a constant"));
static NOT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:not|n't|never|nor)\b[^.]{0,20}too early|should be|no longer").expect("a constant")
});
static VISIBLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\bvisible\b.*?(?:T\+|within |in |after |until )(?:\d+-)?(?P<ms>\d{1,6}) ?ms").expect("a constant")
});

/// Between the start of looking and the event a test does this much for other reasons.
const AT_ONCE: Nanos = 500 * MILLISECOND;

fn examine(case: &Case<'_>) -> Vec<Said> {
    let mut all = Vec::new();
    for line in
        case.lines().filter(|line| (line.says() || line.part == Part::Code) && !line.of_another(case.document.title))
    {
        let text = line.plain();
        if NOT.is_match(&text) || !LOOKS.is_match(&text) {
            continue;
        }
        if ONCE.is_match(&text) {
            all.extend(at_once(case, line));
        } else if EARLY.is_match(&text) {
            all.push(too_early(case, line));
        }
    }
    all
}

/// "The test queries at once": the failure's stamp less the time-out says when looking began.
fn at_once(case: &Case<'_>, line: &Line<'_>) -> Option<Said> {
    let story = &case.story;
    let (event, failed) = (story.buffered.as_ref()?, story.failed.as_ref()?);
    let (waited, at) = story.waited()?;
    let gap = event.stamp.until(&failed.stamp, story.local.seconds()) - waited;
    let mut by = vec![Source::Line(event.line), Source::Line(failed.line)];
    if at != failed.line {
        by.push(Source::Line(at));
    }
    let said = line.plain();
    if gap <= AT_ONCE {
        return Some(Said::holds(line.number, said, by));
    }
    let expected = format!(
        "{} of looking before {}, so it began {} after the event was buffered",
        spoken(waited),
        failed.stamp.text,
        spoken(gap)
    );
    Some(Said::contradicted(line.number, said, expected, "at once", by))
}

fn too_early(case: &Case<'_>, line: &Line<'_>) -> Said {
    let said = line.plain();
    if let Some(judged) = by_bundle(case, line.number, &said) {
        return judged;
    }
    let story = &case.story;
    if let (Some((looks, flushed)), Some(window)) = (story.looks_after_flush(), story.window) {
        let by = vec![Source::Line(flushed.line), Source::Line(window.line)];
        if looks > 0 {
            let expected = format!("no look after the flush at {}", flushed.stamp.text);
            let found = format!("about {looks} looks after it, one every {}", spoken(window.poll));
            return Said::contradicted(line.number, said, expected, found, by);
        }
        return Said::holds(line.number, said, by);
    }
    let visible = case.document.lines.iter().filter(|line| line.says()).find_map(|line| {
        let millis: Nanos = VISIBLE.captures(line.text)?["ms"].parse().ok()?;
        Some((millis * MILLISECOND, line.number))
    });
    match (visible, story.window) {
        (Some((visible, at)), Some(window)) if window.timeout > visible + window.poll => {
            let expected = format!("no look later than {}", spoken(visible));
            let found = format!("looks every {} for {}", spoken(window.poll), spoken(window.timeout));
            Said::contradicted(line.number, said, expected, found, vec![Source::Line(at), Source::Line(window.line)])
        }
        _ if case.bundle.is_some() => {
            Said::unchecked(line.number, said, "the logs do not tell when the event was visible")
        }
        _ => Said::unchecked(line.number, said, NO_BUNDLE),
    }
}

/// By the analysis of the failing specs.
fn by_bundle(case: &Case<'_>, line: u32, said: &str) -> Option<Said> {
    let (bundle, _) = case.bundle?;
    if bundle.failures().any(|failure| failure.family == Family::QueryTiming) {
        return Some(Said::holds(line, said, vec![Source::Field("failures")]));
    }
    bundle.failures().find_map(|failure| {
        let out = failure.ruled_out.iter().find(|out| out.cause == "query-early")?;
        let by = out.by.first()?;
        let places = by.places.iter().take(3).cloned().map(Source::Place).collect();
        Some(Said::contradicted(line, said, by.text.clone(), "too early", places))
    })
}
