//! *Findings*: what a bundle shows and its reader should know. A finding is never the cause of a failure: no spec is
//! explained by it, and it stands in no ranked list.

use std::collections::BTreeMap;

use crate::correlate::requests::About;
use crate::correlate::stores::Segment;
use crate::correlate::{Seen, World};
use crate::documents::{Container, Document, Inspect};
use crate::instant::{self, spoken};
use crate::report::{Finding, Instant, Place};
use crate::sighting::{StoreEvent, What};
use crate::summary::{places, store_id};

/// Everything worth knowing, by kind.
pub fn findings(world: &World) -> Vec<Finding> {
    let mut findings = Vec::new();
    if world.output.suites.len() > 1 {
        let names: Vec<String> =
            world.output.suites.iter().map(|suite| suite.name.as_deref().unwrap_or("a suite").to_owned()).collect();
        let at = world
            .output
            .suites
            .iter()
            .map(|suite| {
                let file = &world.files[suite.file];
                file.place(file.sightings.get(suite.range.start).map_or(1, |first| first.line))
            })
            .collect();
        findings.push(Finding {
            id: "several-runs",
            text: format!("the bundle holds {} runs: {}", names.len(), names.join(", ")),
            places: at,
        });
    }
    for clock in world.clocks.iter().filter(|clock| !clock.excluded.is_empty() && clock.offset.is_none()) {
        findings.push(Finding {
            id: "clock-step",
            text: format!("the pairs of requests contradict each other about the offset of the {} clock", clock.name),
            places: places(world, &clock.excluded),
        });
    }
    for (store, seen, text) in &world.disagreements {
        findings.push(Finding {
            id: "replay-disagrees",
            text: format!("{}: {text}", store_id(world, *store)),
            places: places(world, &[*seen]),
        });
    }
    let restarts: Vec<Seen> =
        world.servers.iter().flat_map(|server| server.listening.iter().skip(1).copied()).collect();
    if !restarts.is_empty() {
        findings.push(Finding {
            id: "server-restarted",
            text: format!("DataStorage was started {} times", restarts.len() + 1),
            places: places(world, &restarts),
        });
    }
    findings.extend(shared_clock(world));
    findings.extend(containers(world));
    findings.extend(collection(world));
    findings.extend(timer_bugs(world));
    findings.extend(loops(world));
    findings
}

/// No pair of lines bounds the clock of a service that runs in a pod: it is taken for that of the test host, as kind's
/// nodes share it.
fn shared_clock(world: &World) -> Option<Finding> {
    if world.output.suites.is_empty() {
        return None;
    }
    let pods = world.stores.iter().enumerate().filter(|(number, _)| !world.is_self_audit(*number));
    let pods = pods.filter(|(_, store)| store.suite.is_none()).map(|(_, store)| store);
    let first = |segment: &Segment| segment.lines.first().map(|index| Seen { file: segment.file, index: *index });
    let seen: Vec<Seen> = pods.filter_map(|store| first(store.segments.first()?)).collect();
    (!seen.is_empty()).then(|| Finding {
        id: "clock-assumed",
        text:
            "the clock of the emitting pods is taken for the test host's, as on kind: no line tells how far they lie \
               apart"
                .to_owned(),
        places: places(world, &seen[..seen.len().min(8)]),
    })
}

/// "TIMER BUG DETECTED" means a process that was not scheduled, not a slow server.
fn timer_bugs(world: &World) -> Option<Finding> {
    let mut seen = Vec::new();
    for store in &world.stores {
        for segment in &store.segments {
            for index in &segment.lines {
                if let What::Store(line) = &world.files[segment.file].sightings[*index].what
                    && matches!(line.event, StoreEvent::TimerBug { .. })
                {
                    seen.push(Seen { file: segment.file, index: *index });
                }
            }
        }
    }
    (!seen.is_empty()).then(|| Finding {
        id: "timer-alarm",
        text: format!(
            "the flush timer raised its alarm (lines: {}): the process was not scheduled; a slow write does not raise it",
            seen.len()
        ),
        places: places(world, &seen[..seen.len().min(8)]),
    })
}

/// Long runs of equal queries from one connection: a poll loop, and what it returned.
fn loops(world: &World) -> Vec<Finding> {
    const LONG: usize = 8;
    if !world.output.suites.is_empty() {
        return Vec::new();
    }
    let mut by_connection: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
    for (index, request) in world.requests.iter().enumerate().filter(|(_, request)| request.about == About::Query) {
        by_connection.entry((request.server, request.connection().unwrap_or_default())).or_default().push(index);
    }
    let mut findings = Vec::new();
    for ((_, connection), queries) in by_connection {
        for run in queries.chunk_by(|one, other| world.requests[*one].line.bytes == world.requests[*other].line.bytes) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            if run.len() < LONG {
                continue;
            }
            let (first, last) = (&world.requests[*first], &world.requests[*last]);
            let took = last.end.lo().unwrap_or(0) - first.begin.lo().unwrap_or(0);
            let rows = last.rows.map_or_else(
                || format!("{} bytes", last.line.bytes),
                |(count, total, _)| format!("{count} of {total} rows"),
            );
            findings.push(Finding {
                id: "poll-loop",
                text: format!(
                    "{} equal queries from {connection} in {}, each returned {rows}",
                    run.len(),
                    spoken(took)
                ),
                places: places(world, &[first.at, last.at]),
            });
        }
    }
    findings.sort_by(|one, other| one.places.cmp(&other.places));
    findings.truncate(20);
    findings
}

/// Documents of the bundle with their places; they are read whole, so the first line stands for all.
fn documents(world: &World) -> impl Iterator<Item = (&Document, Place)> {
    world.files.iter().filter_map(|file| {
        let place = Place { file: file.label.clone(), line: 1, to_line: None };
        Some((file.document.as_ref()?, place))
    })
}

/// Containers that did not simply run: a restart explains a gap in a log, a new store and a refused connection.
fn containers(world: &World) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (document, place) in documents(world) {
        let said: Vec<String> = match document {
            Document::Inspect(all) => all.iter().filter_map(inspected).collect(),
            Document::Pods(pods) => pods
                .iter()
                .flat_map(|pod| pod.containers.iter().filter_map(|container| of_pod(&pod.name, container)))
                .collect(),
            Document::Metadata(_) => continue,
        };
        let finding = |text| Finding { id: "container-ended", text, places: vec![place.clone()] };
        findings.extend(said.into_iter().map(finding));
    }
    findings
}

fn inspected(container: &Inspect) -> Option<String> {
    let name = &container.name;
    let killed = if container.oom_killed { "; the kernel killed it for memory" } else { "" };
    match (container.restarts.unwrap_or(0), container.exit_code) {
        (0, Some(code)) if container.oom_killed || (!container.running && code != 0) => {
            Some(format!("the container {name} ended with status {code}{killed}"))
        }
        (0, _) => None,
        (restarts, _) => Some(format!("the container {name} was restarted (times: {restarts}){killed}")),
    }
}

fn of_pod(pod: &str, container: &Container) -> Option<String> {
    let name = format!("the container {} of {pod}", container.name);
    if let Some(waiting) = &container.waiting {
        return Some(format!("{name} does not run: {waiting}"));
    }
    let before = container.ended_before.as_ref()?;
    let reason = before.reason.as_deref().unwrap_or("no reason given");
    let status = before.exit_code.map_or_else(|| "unknown".to_owned(), |code| code.to_string());
    Some(format!("{name} was restarted (times: {}); it had ended with status {status}: {reason}", container.restarts))
}

/// What the collector says of its own work.
fn collection(world: &World) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (document, place) in documents(world) {
        let Document::Metadata(metadata) = document else { continue };
        if !metadata.errors.is_empty() {
            let text = format!("the collection of the must-gather failed in part: {}", metadata.errors.join(", "));
            findings.push(Finding { id: "collection-error", text, places: vec![place.clone()] });
        }
        if metadata.sanitized {
            let text = "a sanitiser went over the files; numbers and ids in them can be masked".to_owned();
            findings.push(Finding { id: "sanitized", text, places: vec![place] });
        }
    }
    findings
}

/// When the must-gather was collected, as its metadata say: whole seconds.
pub fn collected(world: &World) -> Option<Instant> {
    let at = documents(world).find_map(|(document, _)| match document {
        Document::Metadata(metadata) => metadata.collected,
        _ => None,
    })?;
    Instant::known(instant::Instant::between(at, at + instant::SECOND - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::Ending;

    #[test]
    fn a_container_that_simply_runs_is_no_finding() {
        let running = Inspect { name: "redis".into(), exit_code: Some(0), running: true, ..Inspect::default() };
        assert_eq!(inspected(&running), None);
        assert_eq!(of_pod("p", &Container { name: "c".into(), ready: true, ..Container::default() }), None);
    }

    #[test]
    fn an_end_and_a_restart_are_said_with_their_reason() {
        let killed =
            Inspect { name: "datastorage".into(), exit_code: Some(137), oom_killed: true, ..Inspect::default() };
        assert_eq!(
            inspected(&killed).as_deref(),
            Some("the container datastorage ended with status 137; the kernel killed it for memory")
        );
        let before = Ending { exit_code: Some(137), reason: Some("OOMKilled".into()), ..Ending::default() };
        let restarted =
            Container { name: "ds".into(), restarts: 2, ended_before: Some(before), ..Container::default() };
        assert_eq!(
            of_pod("datastorage-7d9f", &restarted).as_deref(),
            Some(
                "the container ds of datastorage-7d9f was restarted (times: 2); it had ended with status 137: OOMKilled"
            )
        );
    }
}
