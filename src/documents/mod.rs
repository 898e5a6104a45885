//! A *document* is a small file that is read whole: it has no lines, and says one thing.
//!
//! To add one: a file here, and below its `mod` line, its variant of [`Document`] and its row in [`ALL`]. What a document
//! says is a claim like any line, and what it does not say stays `None`.

mod config;
mod inspect;
mod metadata;
mod pods;

use memchr::memchr;
use serde_json::Value;

pub use config::{Configurable, Configured};
pub use inspect::Inspect;
pub use metadata::Metadata;
pub use pods::{Container, Ending, Pod};

use crate::formats::{Fields, time};
use crate::instant::{Nanos, believed};

/// Largest file that is read as a document. Pod lists of a whole cluster have a few MiB.
pub const LARGEST: usize = 16 << 20;

/// What a whole file turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    /// Configuration of services: what they print of it when they start.
    Config(Vec<Configured>),
    /// `podman inspect` or `docker inspect`: one container, seldom more.
    Inspect(Vec<Inspect>),
    /// `collection-metadata.json` of the production must-gather.
    Metadata(Metadata),
    /// `kubectl get pods -o json`.
    Pods(Vec<Pod>),
}

/// Makes a document of a whole file, or says that it is none of its kind.
#[derive(Clone, Copy)]
pub enum Recognise {
    /// Of parsed JSON.
    Json(fn(&Value) -> Option<Document>),
    /// Of text.
    Yaml(fn(&str) -> Option<Document>),
}

/// Every kind of document, with its name.
pub static ALL: &[(&str, Recognise)] = &[
    ("config", Recognise::Yaml(config::recognise)),
    ("inspect", Recognise::Json(inspect::recognise)),
    ("metadata", Recognise::Json(metadata::recognise)),
    ("pods", Recognise::Json(pods::recognise)),
];

/// Reads a whole file; `None` when it is neither JSON nor YAML, too large, or none of the kinds.
pub fn recognise(bytes: &[u8]) -> Option<Document> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.len() > LARGEST {
        return None;
    }
    if matches!(bytes.trim_ascii_start().first()?, b'[' | b'{') {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        return ALL.iter().find_map(|(_, recognise)| match recognise {
            Recognise::Json(recognise) => recognise(&value),
            Recognise::Yaml(_) => None,
        });
    }
    let text = std::str::from_utf8(bytes).ok()?;
    ALL.iter().find_map(|(_, recognise)| match recognise {
        Recognise::Yaml(recognise) => recognise(text),
        Recognise::Json(_) => None,
    })
}

/// Whether a file that begins so can be a document: YAML by its first line and not large, or it begins with a bracket,
/// and its first line is no object by itself with another line after it, as in a log.
pub fn may_be(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    if !matches!(head.first(), None | Some(b'[' | b'{')) {
        return head.len() <= config::LARGEST && config::may_be(head);
    }
    let Some(end) = memchr(b'\n', head) else { return true };
    let first = std::str::from_utf8(&head[..end]).ok().and_then(Fields::parse);
    first.is_none() || head[end..].trim_ascii().is_empty()
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

/// A stamp in RFC 3339; Go's zero time `0001-01-01T00:00:00Z` is out of range and thus none.
fn stamp(value: &Value, key: &str) -> Option<Nanos> {
    Some(time::rfc3339(value.get(key)?.as_str()?)?.at).filter(|at| believed(*at))
}

/// The elements of a list, or none.
fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn other_files_are_not_recognised() {
        for text in [
            "",
            "[]",
            "[1]",
            "{}",
            "{\"items\": 7}",
            "[{\"State\": 5}]",
            "kind v0.30.0 go1.25.1 linux/amd64",
            r#"{"data":[],"pagination":{"limit":50,"offset":0,"total":0,"has_more":false}}"#,
            r#"{"level":"info","ts":"2026-01-14T14:35:15-05:00","msg":"Audit store initialized"}"#,
        ] {
            assert_eq!(recognise(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), cut in 0usize..600) {
            let whole = br#"[{"Name":"/x","State":{"StartedAt":"2026-11-24T18:54:27Z","ExitCode":-1},"Config":{"Env":["A=B","C",7]}}]"#;
            let yaml = b"items:\n- data:\n    c: |\n      datastorage:\n        buffer:\n          flushInterval: \"1s\"\n  metadata:\n    name: \xc3\xa4\n";
            let cut = |text: &[u8]| recognise(&text[..cut.min(text.len())]);
            let _ = (recognise(&bytes), cut(whole), cut(yaml));
        }
    }
}
