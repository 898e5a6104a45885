//! "Timer bug": a tick comes late as well when the writer before it was slow.

use std::sync::LazyLock;

use regex::Regex;

use super::super::quantity::{Length, spoken};
use super::{Case, Kind, NO_BUNDLE, Said, Source};
use crate::instant::SECOND;
use crate::report::TickRow;

/// Timer bugs.
pub static TIMER_BUG: Kind =
    Kind { name: "timer-bug", about: "a \"timer bug\" is not explained by a slow write", examine };

static BUG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\btime?r bug\b|\btimer (?:is|was|does|did) (?:broken|stuck|late|not|n't)|\bticker bug\b")
        .expect("a constant")
});
static NOT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:no|not an?|0|zero|without) (?:timer|ticker) bug|TIMER BUG DETECTED").expect("a constant")
});
static SLOW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)slow audit batch write|write_duration["':= ]+[1-9]|\bwrite (?:took|lasted)|\bslow writes?\b"#)
        .expect("a constant")
});

fn examine(case: &Case<'_>) -> Vec<Said> {
    let slow = case.document.lines.iter().filter(|line| line.says() && SLOW.is_match(line.text)).find(|line| {
        line.text.contains("write_duration") || Length::all(&line.plain()).iter().any(|length| length.lo >= SECOND)
    });
    let claims = case.lines().filter(|line| line.says() && BUG.is_match(line.text) && !NOT.is_match(line.text));
    claims
        .map(|line| match (by_bundle(case, line.number, &line.plain()), slow) {
            (Some(judged), _) => judged,
            (None, Some(slow)) => {
                let found = format!("a slow write: {}", slow.plain().chars().take(60).collect::<String>());
                let expected = "a late tick without a slow write before it";
                Said::contradicted(line.number, line.plain(), expected, found, vec![Source::Line(slow.number)])
            }
            (None, None) => Said::unchecked(line.number, line.plain(), NO_BUNDLE),
        })
        .collect()
}

fn by_bundle(case: &Case<'_>, line: u32, said: &str) -> Option<Said> {
    let (bundle, _) = case.bundle?;
    let ticks = &bundle.report.ticks;
    if ticks.is_empty() {
        return Some(Said::unchecked(line, said, "the bundle shows no ticks"));
    }
    let excess = |tick: &TickRow| Some(tick.actual.lo_ns? - 2 * tick.expected.hi_ns?).filter(|excess| *excess > 0);
    let mut late = ticks.iter().filter_map(|tick| Some((tick, excess(tick)?)));
    let Some(_) = late.clone().next() else {
        let found = format!("none of {} ticks is that late", ticks.len());
        let expected = "a tick later than twice its interval";
        return Some(Said::contradicted(line, said, expected, found, vec![Source::Field("ticks")]));
    };
    // A timer at fault has a late tick that nothing explains.
    let explained = |tick: &TickRow, excess| {
        let ends = [tick.write, tick.blocked].into_iter().flatten().filter_map(|took| took.hi_ns.or(took.lo_ns));
        ends.max().is_some_and(|took| took * 2 >= excess)
    };
    match late.clone().find(|(tick, excess)| !explained(tick, *excess)) {
        Some((tick, _)) => {
            let by = format!("tick {} of {} is late, and no slow write explains it", tick.number, tick.store);
            Some(Said::unchecked(line, said, by))
        }
        None => late.next().map(|(tick, excess)| {
            let expected = "a late tick without a slow write before it";
            let found = format!("a write that kept the writer for about {}", spoken(excess));
            Said::contradicted(line, said, expected, found, vec![Source::Place(tick.place.clone())])
        }),
    }
}
