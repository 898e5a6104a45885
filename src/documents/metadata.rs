//! `collection-metadata.json` of kubernaut's production must-gather (`cmd/must-gather`): when it was taken, of which
//! versions, and what went wrong.

use serde_json::Value;

use super::{Document, list, text};
use crate::formats::time;
use crate::instant::Nanos;

/// What the collector said about its own run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// When the collection ran, whole seconds.
    pub collected: Option<Nanos>,
    /// Version of kubernaut.
    pub kubernaut_version: Option<String>,
    /// Version of the collector.
    pub collector_version: Option<String>,
    /// Version of Kubernetes.
    pub kubernetes_version: Option<String>,
    /// Name of the cluster.
    pub cluster: Option<String>,
    /// Namespaces that were collected.
    pub namespaces: Vec<String>,
    /// A sanitiser went over the files and may have damaged lines.
    pub sanitized: bool,
    /// Errors of the collection.
    pub errors: Vec<String>,
}

pub(super) fn recognise(value: &Value) -> Option<Document> {
    value.get("must_gather_version").or_else(|| value.get("kubernaut_version"))?;
    let texts = |key| list(value, key).filter_map(|entry| entry.as_str().map(str::to_owned)).collect();
    Some(Document::Metadata(Metadata {
        collected: collected(value),
        kubernaut_version: text(value, "kubernaut_version"),
        collector_version: text(value, "must_gather_version"),
        kubernetes_version: text(value, "kubernetes_version"),
        cluster: text(value, "cluster_name"),
        namespaces: texts("namespaces_collected"),
        sanitized: value.get("sanitization_enabled").and_then(Value::as_bool).unwrap_or(false),
        errors: texts("errors"),
    }))
}

/// `date --rfc-3339=seconds` puts a blank where RFC 3339 has a `T`.
fn collected(value: &Value) -> Option<Nanos> {
    Some(time::rfc3339(&value.get("collection_time")?.as_str()?.replacen(' ', "T", 1))?.at)
        .filter(|at| crate::instant::believed(*at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::recognise;

    #[test]
    fn a_collection_with_an_error() {
        let text = r#"{"collection_time":"2026-01-24 23:41:53-05:00","kubernaut_version":"v1.0.0","must_gather_version":"1.0.0",
            "kubernetes_version":"v1.34.0","cluster_name":"kind-x","collection_duration_seconds":12,
            "namespaces_collected":["kubernaut-system"],"sanitization_enabled":true,"collection_flags":[],"errors":["metrics"]}"#;
        let Some(Document::Metadata(found)) = recognise(text.as_bytes()) else { panic!("expected metadata") };
        assert_eq!(found.collected, Some(1_769_316_113_000_000_000));
        assert_eq!(found.namespaces, ["kubernaut-system"]);
        assert_eq!((found.sanitized, found.errors.len()), (true, 1));
    }
}
