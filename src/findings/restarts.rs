//! Restarts: they explain a gap in a log, a new store, a refused connection.

use super::{Kind, Said, documents};
use crate::correlate::{Seen, World};
use crate::counts;
use crate::documents::{Container, Document, Inspect};
use crate::summary::places;

pub const SERVER_RESTARTED: Kind =
    Kind { id: "server-restarted", title: "DataStorage was started more than once", find: server_restarted };

pub const CONTAINER_ENDED: Kind =
    Kind { id: "container-ended", title: "a container ended, was restarted or does not run", find: containers };

fn server_restarted(world: &World) -> Vec<Said> {
    let restarts: Vec<Seen> =
        world.servers.iter().flat_map(|server| server.listening.iter().skip(1).copied()).collect();
    if restarts.is_empty() {
        return Vec::new();
    }
    let text = format!("DataStorage was restarted {}", counts::times(restarts.len() as u64));
    vec![(text, places(world, &restarts))]
}

/// Containers that did not simply run: a restart explains a gap in a log, a new store and a refused connection.
fn containers(world: &World) -> Vec<Said> {
    let mut findings = Vec::new();
    for (document, place) in documents(world) {
        let said: Vec<String> = match document {
            Document::Inspect(all) => all.iter().filter_map(inspected).collect(),
            Document::Pods(pods) => pods
                .iter()
                .flat_map(|pod| pod.containers.iter().filter_map(|container| of_pod(&pod.name, container)))
                .collect(),
            Document::Metadata(_) | Document::Config(_) => continue,
        };
        findings.extend(said.into_iter().map(|text| (text, vec![place.clone()])));
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
        (restarts, _) => Some(format!("the container {name} was restarted {}{killed}", counts::times(restarts))),
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
    let times = counts::times(container.restarts);
    Some(format!("{name} was restarted {times}; it had ended with status {status}: {reason}"))
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
            Some("the container ds of datastorage-7d9f was restarted twice; it had ended with status 137: OOMKilled")
        );
    }
}
