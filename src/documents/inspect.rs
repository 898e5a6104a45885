//! `podman inspect` and `docker inspect`: when a container started, whether and how it ended, and its settings.
//!
//! Both tools print a list with the same names. The file of a container that still ran says when it started, which
//! bounds how far its log can reach back.

use serde_json::Value;

use super::{Document, list, stamp, text};
use crate::instant::Nanos;
use crate::secrets;

/// One container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspect {
    /// Its name, without docker's leading slash.
    pub name: String,
    /// Its last start; UTC.
    pub started: Option<Nanos>,
    /// Its last end; none while it never ended.
    pub finished: Option<Nanos>,
    /// Status of the last end; 0 also while it runs.
    pub exit_code: Option<i64>,
    /// The kernel killed it for memory.
    pub oom_killed: bool,
    /// It ran when it was inspected.
    pub running: bool,
    /// How often it was restarted.
    pub restarts: Option<u64>,
    /// Its environment in its order; no variable that looks like a secret is kept.
    pub settings: Vec<(String, String)>,
}

pub(super) fn recognise(value: &Value) -> Option<Document> {
    let containers: Vec<_> = value.as_array()?.iter().filter_map(container).collect();
    (!containers.is_empty()).then_some(Document::Inspect(containers))
}

fn container(value: &Value) -> Option<Inspect> {
    let state = value.get("State")?;
    // A network or an image is inspected too, and has no state or no start.
    state.get("StartedAt")?;
    let flag = |key| state.get(key).and_then(Value::as_bool).unwrap_or(false);
    Some(Inspect {
        name: text(value, "Name")?.trim_start_matches('/').to_owned(),
        started: stamp(state, "StartedAt"),
        finished: stamp(state, "FinishedAt"),
        exit_code: state.get("ExitCode").and_then(Value::as_i64),
        oom_killed: flag("OOMKilled"),
        running: flag("Running"),
        restarts: value.get("RestartCount").and_then(Value::as_u64),
        settings: value.get("Config").map(settings).unwrap_or_default(),
    })
}

fn settings(config: &Value) -> Vec<(String, String)> {
    list(config, "Env")
        .filter_map(|entry| entry.as_str()?.split_once('='))
        .filter(|(key, _)| !secrets::is_secret_name(key))
        .map(|(key, value)| (key.to_owned(), secrets::masked(value).into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::recognise;

    fn only(text: &str) -> Inspect {
        match recognise(text.as_bytes()) {
            Some(Document::Inspect(mut found)) if found.len() == 1 => found.remove(0),
            other => panic!("expected one container, found {other:?}"),
        }
    }

    #[test]
    fn a_running_container_of_podman() {
        let found = only(
            r#"[
     {
          "Id": "9869fa228d7244d3d0a89f39613bb6181e9eb8a1773d645fec583e7227f5554f",
          "Created": "2026-11-24T18:54:27.064915000Z",
          "State": {
               "Status": "running",
               "Running": true,
               "Paused": false,
               "OOMKilled": false,
               "Pid": 16760,
               "ExitCode": 0,
               "StartedAt": "2026-11-24T18:54:27.064919000Z",
               "FinishedAt": "0001-01-01T00:00:00Z"
          },
          "Name": "remediationorchestrator_datastorage_test",
          "RestartCount": 0
     }
]"#,
        );
        assert_eq!(found.name, "remediationorchestrator_datastorage_test");
        assert_eq!(found.started, Some(1_795_546_467_064_919_000));
        assert_eq!((found.finished, found.running, found.exit_code), (None, true, Some(0)));
    }

    #[test]
    fn a_killed_container_of_docker_without_its_secrets() {
        let found = only(
            r#"[{"Name":"/pg","State":{"Running":false,"OOMKilled":true,"ExitCode":137,
                "StartedAt":"2026-11-24T13:54:27.064919-05:00","FinishedAt":"2026-11-24T18:55:00Z"},
                "Config":{"Env":["CONN_MAX_LIFETIME=30m","POSTGRES_PASSWORD=hunter2","NOVALUE",
                "DATABASE_URL=postgres://slm:hunter2@pg:5432/db","REDIS_AUTH_TOKEN=x"]}}]"#,
        );
        assert_eq!((found.name.as_str(), found.exit_code, found.oom_killed), ("pg", Some(137), true));
        assert_eq!(found.started, Some(1_795_546_467_064_919_000));
        let url = "postgres://slm:********@pg:5432/db";
        assert_eq!(found.settings, [("CONN_MAX_LIFETIME".into(), "30m".into()), ("DATABASE_URL".into(), url.into())]);
    }
}
