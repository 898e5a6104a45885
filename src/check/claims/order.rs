//! Order: evidence lies between the event and the failure, and a timeline goes forward.

use std::sync::LazyLock;

use regex::Regex;

use super::super::quantity::spoken;
use super::super::stamp::Local;
use super::super::story::Moment;
use super::{Case, Kind, Said, Source};

/// Order in time.
pub static ORDER: Kind = Kind { name: "order", about: "evidence lies between the event and the failure", examine };

static EVIDENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\bPOST\b|\bstatus\b|\bwrote\b|\bwritten\b|batch .*created|created successfully")
        .expect("a constant")
});
static DATED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d{4}-\d\d-\d\d").expect("a constant"));

fn examine(case: &Case<'_>) -> Vec<Said> {
    let story = &case.story;
    let zone = story.local.seconds();
    let mut all = Vec::new();
    let mut last: Option<&Moment> = None;
    for moment in &story.moments {
        let short = case.document.lines.get(moment.line as usize - 1).is_some_and(|line| !DATED.is_match(line.text));
        if !short {
            continue;
        }
        if let Some(before) = last.filter(|last| last.block == moment.block) {
            let by = vec![Source::Line(before.line)];
            let said = format!("{} after {}", moment.stamp.text, before.stamp.text);
            if moment.stamp.before(&before.stamp, zone) {
                let expected = format!("not before {}", before.stamp.text);
                all.push(Said::contradicted(moment.line, said, expected, moment.stamp.text.clone(), by));
            } else {
                all.push(Said::holds(moment.line, said, by));
            }
        }
        last = Some(moment);
    }
    let Some(event) = &story.buffered else { return all };
    let timelines = [Some(event.block), story.failed.as_ref().map(|failed| failed.block)];
    // Without a common zone nothing lies before anything.
    let comparable = |moment: &Moment| story.local != Local::Unknown || moment.stamp.zone == event.stamp.zone;
    let evidence = story.moments.iter().filter(|moment| EVIDENCE.is_match(&moment.text) && comparable(moment));
    for moment in evidence.filter(|moment| !timelines.contains(&Some(moment.block))) {
        all.push(judge(case, event, moment, zone));
    }
    all
}

fn judge(case: &Case<'_>, event: &Moment, moment: &Moment, zone: i32) -> Said {
    let text: Vec<&str> = moment.text.split_whitespace().collect();
    let said = format!("{} {}", moment.stamp.text, text.join(" "));
    if moment.stamp.before(&event.stamp, zone) {
        let early = moment.stamp.until(&event.stamp, zone);
        let expected = format!("evidence from after the event was buffered at {}", event.stamp.text);
        let found = format!("a line from {} before it", spoken(early));
        return Said::contradicted(moment.line, said, expected, found, vec![Source::Line(event.line)]);
    }
    match &case.story.failed {
        Some(failed) if failed.stamp.before(&moment.stamp, zone) => {
            let late = failed.stamp.until(&moment.stamp, zone);
            let expected = format!("evidence from before the failure at {}", failed.stamp.text);
            let found = format!("a line from {} after it", spoken(late));
            Said::contradicted(moment.line, said, expected, found, vec![Source::Line(failed.line)])
        }
        _ => Said::holds(moment.line, said, vec![Source::Line(event.line)]),
    }
}
