//! The *words* for what a report holds, the same in every output for people. What is returned here may contain text
//! from the bundle and is not escaped: the renderer that prints it does that.

use std::fmt::Write as _;

use super::exclusions;
use super::times::{enough, length, no_more_than, time};
use crate::instant::{MILLISECOND, Nanos};
use crate::report::{
    Awaited, Clock, Confidence, Duration, Failure, Family, Instant, Link, LinkState, NotObservable, Ranked, Report,
    RunOutcome, Stage, State, Wait,
};
use crate::sighting::{Outcome, Trigger};

/// The answer to "write latency, flush delay or query timing?".
pub const fn family(of: Family) -> &'static str {
    match of {
        Family::WriteLatency => "write latency",
        Family::FlushDelay => "flush delay",
        Family::QueryTiming => "query timing",
        Family::Other => "not timing",
        Family::Unknown => "unknown",
    }
}

/// How sure.
pub const fn confidence(of: Confidence) -> &'static str {
    match of {
        Confidence::Proven => "proven",
        Confidence::Likely => "likely",
        Confidence::Possible => "possible",
        Confidence::Unknown => "unknown",
    }
}

/// A stage's name.
pub const fn stage(of: Stage) -> &'static str {
    match of {
        Stage::EmitWait => "emit wait",
        Stage::Buffer => "buffer",
        Stage::FlushWait => "flush wait",
        Stage::Write => "write",
        Stage::LookWait => "look wait",
    }
}

/// From where to where a stage goes.
pub const fn stage_span(of: Stage) -> &'static str {
    match of {
        Stage::EmitWait => "trigger to emitted",
        Stage::Buffer => "emitted to buffered",
        Stage::FlushWait => "buffered to flushed",
        Stage::Write => "flushed to written",
        Stage::LookWait => "visible to the next look",
    }
}

/// A link's name.
pub const fn link(of: Link) -> &'static str {
    match of {
        Link::Emitted => "emitted",
        Link::Validated => "validated",
        Link::Buffered => "buffered",
        Link::Flushed => "flushed",
        Link::Sent => "sent",
        Link::Created => "created",
    }
}

/// What the logs say of a link.
pub const fn state(of: State) -> &'static str {
    match of {
        State::Seen => "seen",
        State::Absent => "absent",
        State::Pending => "not by the end of the log",
        State::Unobservable => "cannot be seen",
    }
}

/// How a spec ended.
pub const fn outcome(of: Outcome) -> &'static str {
    match of {
        Outcome::Passed => "passed",
        Outcome::Flaky => "passed after a retry",
        Outcome::Failed => "failed",
        Outcome::TimedOut => "timed out",
        Outcome::Panicked => "panicked",
        Outcome::Interrupted => "interrupted",
        Outcome::Aborted => "aborted",
        Outcome::Skipped => "skipped",
        Outcome::Pending => "pending",
    }
}

/// What made a store flush.
pub const fn trigger(of: Trigger) -> &'static str {
    match of {
        Trigger::Tick => "tick",
        Trigger::Full => "full",
        Trigger::Flush => "flush",
        Trigger::Shutdown => "shutdown",
    }
}

/// The answer in one sentence, with its family and how sure it is in front: `flush delay (proven): the event was …`.
/// A sentence that already says how sure it is stands as it is.
pub fn headline(cause: Option<&str>, of: Option<Family>, sure: Option<Confidence>, sentence: &str) -> String {
    let Some(of) = of else { return sentence.to_owned() };
    let sure = sure.unwrap_or(Confidence::Unknown);
    if sentence.contains(&format!("({})", confidence(sure))) {
        return sentence.to_owned();
    }
    match (of, cause, sure) {
        (Family::Unknown, ..) => format!("unknown: {sentence}"),
        (Family::Other, Some(cause), sure) => format!("{cause} ({}, not timing): {sentence}", confidence(sure)),
        (of, _, Confidence::Unknown) => format!("{}: {sentence}", family(of)),
        (of, _, sure) => format!("{} ({}): {sentence}", family(of), confidence(sure)),
    }
}

/// The bundle's headline.
pub fn verdict(report: &Report) -> String {
    let verdict = &report.verdict;
    match verdict.outcome {
        RunOutcome::Failed => headline(verdict.cause, verdict.family, verdict.confidence, &verdict.sentence),
        RunOutcome::Healthy | RunOutcome::Undetermined => {
            let word = if verdict.outcome == RunOutcome::Healthy { "healthy" } else { "undetermined" };
            if verdict.sentence.to_lowercase().contains(word) {
                verdict.sentence.clone()
            } else {
                format!("{word}: {}", verdict.sentence)
            }
        }
    }
}

/// A failure's headline.
pub fn failure(of: &Failure) -> String {
    if of.collateral {
        return format!("collateral: {}", of.sentence);
    }
    headline(of.cause, Some(of.family), Some(of.confidence), &of.sentence)
}

/// The event that was waited for: `classification.decision for rr-12: 1 expected, 0 found`.
pub fn waited(of: &Awaited) -> String {
    let mut text = of.event_type.clone().unwrap_or_else(|| "an event of unknown type".to_owned());
    if let Some(id) = &of.correlation_id {
        text.push_str(" for ");
        text.push_str(id);
    }
    let expected = of.expected.map(|count| format!("{count} expected"));
    let found = of.found.map(|count| format!("{count} found"));
    let counts: Vec<String> = expected.into_iter().chain(found).collect();
    if counts.is_empty() { text } else { format!("{text}: {}", counts.join(", ")) }
}

/// Up to where the event came: `buffered 19:35:15.4; flushed: not by the end of the log`, and why.
pub fn journey(of: &Awaited) -> Option<String> {
    let seen = of.journey.iter().rev().find(|link| link.state == State::Seen);
    let open = of.journey.iter().find(|link| link.state != State::Seen && after(seen, link));
    let seen = seen.map(|at| match &at.at {
        Some(instant) => format!("{} {}", link(at.link), time(instant)),
        None => format!("{} (time not known)", link(at.link)),
    });
    let open = open.map(|at| match &at.because {
        Some(because) => format!("{} {}: {because}", link(at.link), state(at.state)),
        None => format!("{} {}", link(at.link), state(at.state)),
    });
    match (seen, open) {
        (Some(seen), Some(open)) => Some(format!("{seen}; {open}")),
        (seen, open) => seen.or(open),
    }
}

fn after(seen: Option<&LinkState>, link: &LinkState) -> bool {
    seen.is_none_or(|seen| seen.link < link.link)
}

/// What stands second and further, and is not ruled out.
pub fn others(of: &Failure) -> impl Iterator<Item = &Ranked> {
    of.ranked.iter().skip(1).filter(|ranked| !exclusions::is_out(of, ranked.cause))
}

/// Said of a cause that nothing speaks for: it stands among the others because nothing speaks against it.
pub const NOT_OUT: &str = "no line rules it out";

/// Nobody waits a tenth of this longer.
const SHORT: Nanos = 10 * MILLISECOND;

/// What would have helped.
pub fn helped(of: &Wait) -> Option<String> {
    if of.helps == Some(false) {
        return Some("no wait: a longer one would have changed nothing".to_owned());
    }
    let interval = of.flush_interval.and_then(|d| d.hi_ns.or(d.lo_ns));
    let interval = interval.map(|most| format!("a flush interval of at most {}", no_more_than(most)));
    let timeout = of.timeout.map(|d| match (d.lo_ns, d.hi_ns) {
        (lo, Some(hi)) if lo != Some(hi) => format!("a timeout of up to {}", enough(hi)),
        (Some(lo), None) => format!("a timeout of more than {}", no_more_than(lo)),
        _ => format!("a timeout of {}", length(d)),
    });
    let extra = of.extra.map(|d| match (d.lo_ns, d.hi_ns) {
        (Some(Nanos::MIN..=0), Some(Nanos::MIN..=0)) => "one more look, without a longer wait".to_owned(),
        (_, Some(Nanos::MIN..SHORT)) => "under 10 ms more of waiting".to_owned(),
        (None | Some(Nanos::MIN..=0), Some(hi)) => format!("up to {} more of waiting", enough(hi)),
        _ => format!("{} more of waiting", length(d)),
    });
    let ways: Vec<String> = [extra, timeout, interval].into_iter().flatten().collect();
    if ways.is_empty() {
        return (of.helps == Some(true)).then(|| "a longer wait; how long, the logs do not tell".to_owned());
    }
    let text = ways.join(", or ");
    Some(if of.helps.is_none() { format!("{text}, if the query matches at all") } else { text })
}

/// The failure that the bundle's verdict speaks of.
pub fn main(report: &Report) -> Option<&Failure> {
    let own = || report.failures.iter().filter(|f| !f.collateral);
    own().find(|f| f.cause == report.verdict.cause).or_else(|| own().next()).or_else(|| report.failures.first())
}

/// The awaited event that the verdict speaks of: the one with a guilty stage, else the first that is not visible.
pub fn decisive(failure: &Failure) -> Option<&Awaited> {
    let guilty = |a: &&Awaited| a.stages.iter().any(|stage| stage.guilty);
    let missing = |a: &&Awaited| a.found < a.expected || a.found == Some(0);
    failure.awaited.iter().find(guilty).or(failure.awaited.iter().find(missing)).or(failure.awaited.first())
}

/// The suite's counts: `86 passed, 1 failed, 2 pending of 89`.
pub fn run(report: &Report) -> Option<String> {
    let run = report.run.as_ref()?;
    let mut text = format!("{} passed, {} failed", run.passed, run.failed);
    let rest =
        [(run.interrupted, "interrupted"), (run.flaky, "flaky"), (run.skipped, "skipped"), (run.pending, "pending")];
    for (count, word) in rest.into_iter().filter(|(count, _)| *count > 0) {
        let _ = write!(text, ", {count} {word}");
    }
    let _ = write!(text, " of {}", run.total);
    Some(text)
}

/// What was read and how much of it was recognised.
pub fn coverage(report: &Report) -> String {
    let coverage = &report.coverage;
    format!(
        "{} file{}, {} line{}, {} recognised",
        coverage.files.len(),
        if coverage.files.len() == 1 { "" } else { "s" },
        grouped(coverage.lines),
        if coverage.lines == 1 { "" } else { "s" },
        grouped(coverage.recognised)
    )
}

/// The files that were skipped or cut, and why: label and reason.
pub fn unread(report: &Report) -> impl Iterator<Item = (&str, &str)> {
    report.coverage.files.iter().filter_map(|file| Some((file.path.as_str(), file.skipped.as_deref()?)))
}

/// The files that were read without a line in them being recognised.
pub fn unrecognised(report: &Report) -> impl Iterator<Item = &str> {
    let files = report.coverage.files.iter();
    files.filter(|file| file.skipped.is_none() && file.lines > 0 && file.recognised == 0).map(|file| file.path.as_str())
}

/// The file lies in the bundle once more and was read there.
pub fn is_double(why: &str) -> bool {
    ["same content as ", "link to ", "original of "].iter().any(|double| why.starts_with(double))
}

/// [`unread`] without the files that were there twice, where a finding says so: their content was read.
pub fn left_unread(report: &Report) -> impl Iterator<Item = (&str, &str)> {
    let said = report.findings.iter().any(|finding| finding.id == "read-once");
    unread(report).filter(move |(_, why)| !(said && is_double(why)))
}

/// What the logs could not show, why, and what would show it.
pub fn hidden(of: &NotObservable) -> String {
    format!("{}: {}; to see it: {}", of.what, of.because, of.enable_with)
}

/// The clocks that are not the reference clock themselves.
pub fn clocks(report: &Report) -> impl Iterator<Item = &Clock> {
    report.clocks.iter().filter(|clock| clock.name != clock.reference)
}

/// Whether the clock surely differs so much that a reader notices, or nobody knows by how much it does.
pub fn is_far(clock: &Clock) -> bool {
    const NOTICED: Nanos = 100 * MILLISECOND;
    clock.offset.is_none_or(|offset| {
        offset.lo_ns.is_some_and(|lo| lo >= NOTICED) || offset.hi_ns.is_some_and(|hi| hi <= -NOTICED)
    })
}

/// The offset of a clock, or that it is not known.
pub fn clock(of: &Clock) -> String {
    let (name, reference) = (&of.name, &of.reference);
    let Some(offset) = of.offset else {
        return format!("the offset of the {name} clock from the {reference} clock is not known");
    };
    let negated = Duration { lo_ns: offset.hi_ns.map(|hi| -hi), hi_ns: offset.lo_ns.map(|lo| -lo) };
    let noun = if of.assumed { "look" } else { "pair" };
    let plural = if of.pairs == 1 { "" } else { "s" };
    let assumed = if of.assumed { "assumed from " } else { "" };
    let pairs = format!("{assumed}{} {noun}{plural}", grouped(of.pairs));
    let sentence = match (offset.lo_ns, offset.hi_ns) {
        (Some(lo), Some(hi)) if lo <= 0 && hi >= 0 => {
            let within = enough(hi.max(-lo));
            format!("the {name} clock agrees with the {reference} clock within {within} ({pairs})")
        }
        (_, Some(hi)) if hi < 0 => {
            format!("the {name} clock is {} ahead of the {reference} clock ({pairs})", length(negated))
        }
        _ => format!("the {name} clock is {} behind the {reference} clock ({pairs})", length(offset)),
    };
    let end = |word: &str, step: Option<&Instant>| step.map(|at| format!(", {word} {}", time(at))).unwrap_or_default();
    sentence + &end("from", of.from.as_ref()) + &end("until", of.to.as_ref())
}

/// `and 1 more file`, `and 12 more files`.
pub fn more(count: usize, noun: &str) -> String {
    format!("and {count} more {noun}{}", if count == 1 { "" } else { "s" })
}

/// `12,345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Writes that the server answered with 2xx, and all that it answered.
pub fn successes(statuses: &std::collections::BTreeMap<u16, u64>) -> (u64, u64) {
    let good = statuses.iter().filter(|(status, _)| (200..300).contains(*status)).map(|(_, n)| n).sum();
    (good, statuses.values().sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    #[test]
    fn the_headline_names_family_and_confidence_once() {
        let other =
            headline(Some("reject-4xx"), Some(Family::Other), Some(Confidence::Likely), "the batch was refused.");
        assert_eq!(other, "reject-4xx (likely, not timing): the batch was refused.");
        let said = "Flush delay (proven): the store stood still.";
        assert_eq!(headline(Some("flush-delay"), Some(Family::FlushDelay), Some(Confidence::Proven), said), said);
        let unknown = headline(None, Some(Family::Unknown), Some(Confidence::Unknown), "no test output.");
        assert_eq!(unknown, "unknown: no test output.");
    }

    #[test]
    fn the_journey_ends_at_the_first_link_that_is_not_seen() {
        let report = fixture::one();
        assert_eq!(
            journey(&report.failures[0].awaited[0]).as_deref(),
            Some("buffered 18:46:41.46; flushed not by the end of the log: no tick after line 1204")
        );
    }

    #[test]
    fn clocks_agree_or_lie_apart() {
        let mut of = fixture::one().clocks[0].clone();
        (of.name, of.reference, of.pairs) = ("datastorage".to_owned(), "test-host".to_owned(), 1);
        let mut said = |lo: Nanos, hi: Nanos| {
            of.offset = Some(Duration { lo_ns: Some(lo * MILLISECOND), hi_ns: Some(hi * MILLISECOND) });
            (clock(&of), is_far(&of))
        };
        let agrees = "the datastorage clock agrees with the test-host clock within 52 ms (1 pair)".to_owned();
        assert_eq!(said(-49, 52), (agrees, false));
        let ahead = "the datastorage clock is 1443 s ahead of the test-host clock (1 pair)".to_owned();
        assert_eq!(said(-1_443_400, -1_443_397), (ahead, true));
        let behind = "the datastorage clock is 98–104 ms behind the test-host clock (1 pair)".to_owned();
        assert_eq!(said(98, 104), (behind, false));
        of.assumed = true;
        of.offset = Some(Duration { lo_ns: Some(0), hi_ns: Some(MILLISECOND) });
        assert!(clock(&of).ends_with("within 1 ms (assumed from 1 look)"), "{}", clock(&of));
        of.offset = None;
        assert!(clock(&of).ends_with("is not known") && is_far(&of));
    }

    #[test]
    fn what_would_have_helped_is_said_in_ways() {
        let report = fixture::one();
        assert_eq!(
            helped(&report.failures[0].wait).as_deref(),
            Some("19.9–20.2 s more of waiting, or a timeout of 32 s, or a flush interval of at most 9.5 s")
        );
        assert_eq!(
            helped(&Wait { helps: Some(false), ..Wait::default() }).as_deref(),
            Some("no wait: a longer one would have changed nothing")
        );
        assert_eq!(helped(&Wait::default()), None);
        let bounds = |lo, hi| Some(Duration { lo_ns: lo, hi_ns: Some(hi) });
        let open = Wait {
            helps: Some(true),
            extra: bounds(Some(0), 4 * MILLISECOND),
            timeout: bounds(Some(0), 5_000 * MILLISECOND),
            flush_interval: bounds(None, 7_139_999_999),
            ..Wait::default()
        };
        assert_eq!(
            helped(&open).as_deref(),
            Some("under 10 ms more of waiting, or a timeout of up to 5 s, or a flush interval of at most 7.13 s")
        );
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!((grouped(0), grouped(999), grouped(1_234_567)), ("0".into(), "999".into(), "1,234,567".into()));
    }
}
