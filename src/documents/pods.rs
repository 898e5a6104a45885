//! `pod_status.json`, `kubectl get pods -o json`: which containers restarted, and how they ended before.
//!
//! Fields of `core/v1` `PodStatus`. A restart explains a gap in a log, a new store and a connection that was refused.

use serde_json::Value;

use super::{Document, list, stamp, text};
use crate::instant::Nanos;

/// One pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pod {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `Running`, `Failed` and so on.
    pub phase: String,
    /// When the kubelet took it up; UTC, whole seconds.
    pub started: Option<Nanos>,
    /// Its containers, init containers first.
    pub containers: Vec<Container>,
}

/// One container of a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// It passed its readiness probe.
    pub ready: bool,
    /// How often it was restarted.
    pub restarts: u64,
    /// When it started, while it runs.
    pub running_since: Option<Nanos>,
    /// Why it does not run yet (`CrashLoopBackOff`, `ImagePullBackOff`).
    pub waiting: Option<String>,
    /// How it ended, when it does not run any more.
    pub ended: Option<Ending>,
    /// How it ended the time before (`lastState`).
    pub ended_before: Option<Ending>,
}

/// How a container ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ending {
    /// Exit status; 137 is SIGKILL.
    pub exit_code: Option<i64>,
    /// `OOMKilled`, `Error`, `Completed`.
    pub reason: Option<String>,
    /// When it had started.
    pub started: Option<Nanos>,
    /// When it ended.
    pub finished: Option<Nanos>,
}

pub(super) fn recognise(value: &Value) -> Option<Document> {
    let pods: Vec<_> = match value.get("kind")?.as_str()? {
        "Pod" => pod(value).into_iter().collect(),
        "List" | "PodList" => list(value, "items").filter_map(pod).collect(),
        _ => return None,
    };
    (!pods.is_empty()).then_some(Document::Pods(pods))
}

fn pod(value: &Value) -> Option<Pod> {
    // The items of a PodList do not repeat their kind.
    if value.get("kind").and_then(Value::as_str).is_some_and(|kind| kind != "Pod") {
        return None;
    }
    let (metadata, status) = (value.get("metadata")?, value.get("status")?);
    let containers: Vec<_> =
        list(status, "initContainerStatuses").chain(list(status, "containerStatuses")).filter_map(container).collect();
    Some(Pod {
        namespace: text(metadata, "namespace").unwrap_or_default(),
        name: text(metadata, "name")?,
        phase: text(status, "phase")?,
        started: stamp(status, "startTime"),
        containers,
    })
}

fn container(value: &Value) -> Option<Container> {
    let state = |key| value.get("state").and_then(|state| state.get(key));
    Some(Container {
        name: text(value, "name")?,
        ready: value.get("ready").and_then(Value::as_bool).unwrap_or(false),
        restarts: value.get("restartCount").and_then(Value::as_u64).unwrap_or(0),
        running_since: state("running").and_then(|running| stamp(running, "startedAt")),
        waiting: state("waiting").and_then(|waiting| text(waiting, "reason")),
        ended: state("terminated").map(ending),
        ended_before: value.get("lastState").and_then(|last| last.get("terminated")).map(ending),
    })
}

fn ending(value: &Value) -> Ending {
    Ending {
        exit_code: value.get("exitCode").and_then(Value::as_i64),
        reason: text(value, "reason"),
        started: stamp(value, "startedAt"),
        finished: stamp(value, "finishedAt"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::recognise;

    #[test]
    fn a_restarted_container_says_how_it_ended_before() {
        let text = r#"{"apiVersion":"v1","kind":"List","items":[{"kind":"Service","metadata":{"name":"s"},"status":{}},
            {"kind":"Pod","metadata":{"name":"datastorage-7d9f8c6b5-x2k4p","namespace":"kubernaut-system"},
             "status":{"phase":"Running","startTime":"2026-11-24T18:44:30Z","containerStatuses":[{"name":"datastorage",
              "ready":true,"restartCount":2,"state":{"running":{"startedAt":"2026-11-24T18:46:00Z"}},
              "lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled","startedAt":"2026-11-24T18:44:31Z",
              "finishedAt":"2026-11-24T18:45:58Z"}}}]}}]}"#;
        let Some(Document::Pods(pods)) = recognise(text.as_bytes()) else { panic!("expected pods") };
        assert_eq!(pods.len(), 1);
        let container = &pods[0].containers[0];
        assert_eq!((container.restarts, container.ready, &container.waiting), (2, true, &None));
        let before = container.ended_before.as_ref().unwrap();
        assert_eq!((before.exit_code, before.reason.as_deref()), (Some(137), Some("OOMKilled")));
        assert_eq!(before.finished, Some(1_795_545_958_000_000_000));
    }
}
