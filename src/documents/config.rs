//! Configuration of a service: a YAML file of its own, or a `ConfigMap` that holds one (`kubectl get configmap -o yaml`,
//! a Helm manifest). Only what a log prints at its start is read: how an audit store is to buffer and flush
//! (`datastorage.buffer` of the services in Go, `flush_interval_seconds` and its like before), and the server's pool.
//!
//! Read line by line, by indentation: the text of a `|` block is a mapping too, and nothing else of YAML is needed. A
//! value that is written in another way is not known.

use super::Document;
use crate::formats::time::go_duration;
use crate::instant::{Nanos, SECOND, believed_length};

/// One setting of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// Name of the `ConfigMap`, when it is one.
    pub owner: Option<String>,
    /// Which setting.
    pub setting: Configurable,
    /// Line, from 1.
    pub line: u32,
}

/// What a service says of itself when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Configurable {
    /// Flush interval in nanoseconds.
    FlushInterval(Nanos),
    /// Events a batch.
    BatchSize(u64),
    /// Channel capacity in events.
    BufferSize(u64),
    /// Largest number of open connections of `DataStorage` to its database.
    OpenConnections(u64),
    /// Largest number of idle ones.
    IdleConnections(u64),
}

/// Largest file that is read; a manifest of all services has a quarter of it.
pub(super) const LARGEST: usize = 1 << 20;

/// Whether a file that begins so can be YAML: its first line that is no comment is `---` or a key.
pub(super) fn may_be(head: &[u8]) -> bool {
    let lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let first = lines.into_iter().find(|line| !line.is_empty() && !line.starts_with(b"#"));
    first.is_none_or(|line| {
        line == b"---" || std::str::from_utf8(line).ok().and_then(key_and_value).is_some_and(|(key, _)| !key.is_empty())
    })
}

pub(super) fn recognise(text: &str) -> Option<Document> {
    let mut reader = Reader::default();
    for (number, line) in (1..).zip(text.lines()) {
        reader.line(number, line);
    }
    reader.end_of_item();
    (!reader.found.is_empty()).then_some(Document::Config(reader.found))
}

/// Where in the tree the reader is.
#[derive(Default)]
struct Reader<'a> {
    /// Keys above the line, each with its indentation.
    path: Vec<(usize, &'a str)>,
    found: Vec<Configured>,
    /// Settings of this object, whose name can stand after them.
    unnamed: usize,
    name: Option<&'a str>,
}

impl<'a> Reader<'a> {
    fn line(&mut self, number: u32, line: &'a str) {
        if line.trim_end() == "---" {
            self.end_of_item();
            self.path.clear();
            return;
        }
        let mut content = line.trim_start();
        let mut indent = line.len() - content.len();
        let item = content.starts_with("- ");
        while let Some(rest) = content.strip_prefix("- ") {
            indent += content.len() - rest.trim_start().len();
            content = rest.trim_start();
        }
        let Some((key, value)) = key_and_value(content).filter(|(key, _)| !key.starts_with('#')) else { return };
        self.path.retain(|(of, _)| *of < indent);
        if item && self.path.iter().all(|(_, key)| *key == "items") {
            self.end_of_item();
        }
        self.path.push((indent, key));
        let above = self.path.len().checked_sub(2).and_then(|at| self.path.get(at)).map_or("", |(_, key)| *key);
        if key == "name" && above == "metadata" {
            self.name = Some(value);
        } else if let Some(setting) = setting(above, key, value) {
            self.found.push(Configured { owner: None, setting, line: number });
        }
    }

    /// An object ends: its settings get its name.
    fn end_of_item(&mut self) {
        let name = self.name.take();
        for configured in &mut self.found[self.unnamed..] {
            configured.owner = name.map(str::to_owned);
        }
        self.unnamed = self.found.len();
    }
}

/// `key: value  # comment`, without quotes. A key of a service's configuration is one word.
fn key_and_value(content: &str) -> Option<(&str, &str)> {
    let (key, value) = content.split_once(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let value = value.split(" #").next().unwrap_or_default();
    (key.chars().all(plain) && (value.is_empty() || value.starts_with(' ')))
        .then(|| (key, value.trim().trim_matches(['"', '\''])))
}

fn setting(above: &str, key: &str, value: &str) -> Option<Configurable> {
    let count = || value.parse().ok();
    if above == "database" {
        return match key {
            "maxOpenConns" | "max_open_conns" => count().map(Configurable::OpenConnections),
            "maxIdleConns" | "max_idle_conns" => count().map(Configurable::IdleConnections),
            _ => None,
        };
    }
    if !matches!(above, "buffer" | "audit" | "datastorage") {
        return None;
    }
    match key {
        "flushInterval" | "flush_interval" => go_duration(value),
        "flushIntervalSeconds" | "flush_interval_seconds" => go_duration(&format!("{value}s")),
        "batchSize" | "batch_size" => return count().map(Configurable::BatchSize),
        "bufferSize" | "buffer_size" => return count().map(Configurable::BufferSize),
        _ => None,
    }
    .filter(|interval| believed_length(*interval) && (1..=86_400 * SECOND).contains(interval))
    .map(Configurable::FlushInterval)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::recognise;
    use crate::instant::MILLISECOND;

    fn found(text: &str) -> Vec<(Option<String>, Configurable, u32)> {
        match recognise(text.as_bytes()) {
            Some(Document::Config(all)) => all.into_iter().map(|one| (one.owner, one.setting, one.line)).collect(),
            None => Vec::new(),
            other => panic!("expected settings, found {other:?}"),
        }
    }

    #[test]
    fn a_file_of_one_service() {
        let text = "# of the agent\nruntime:\n  audit:\n    enabled: true\n    flush_interval_seconds: 0.5  # fast\n    \
                    batch_size: 50\n";
        let half = Configurable::FlushInterval(500 * MILLISECOND);
        assert_eq!(found(text), [(None, half, 5), (None, Configurable::BatchSize(50), 6)]);
    }

    #[test]
    fn config_maps_of_a_list_have_their_name_after_their_data() {
        let text = "apiVersion: v1\nitems:\n- apiVersion: v1\n  data:\n    config.yaml: |\n      datastorage:\n        \
                    url: \"http://datastorage:8080\"\n        buffer:\n          bufferSize: 20000\n          \
                    flushInterval: \"1s\"\n  kind: ConfigMap\n  metadata:\n    name: aianalysis-config\n    \
                    ownerReferences:\n    - name: somebody\n- apiVersion: v1\n  data:\n    config.yaml: |\n      \
                    datastorage:\n        buffer:\n          batchSize: 7\n  kind: ConfigMap\n  metadata:\n    \
                    name: gateway-config\nkind: List\n";
        let (first, second) = (Some("aianalysis-config".to_owned()), Some("gateway-config".to_owned()));
        let expected = [
            (first.clone(), Configurable::BufferSize(20_000), 9),
            (first, Configurable::FlushInterval(SECOND), 10),
            (second, Configurable::BatchSize(7), 21),
        ];
        assert_eq!(found(text), expected);
    }

    #[test]
    fn objects_of_a_manifest_are_kept_apart() {
        let text = "---\n# Source: kubernaut\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a-config\ndata:\n  \
                    config.yaml: |\n    datastorage:\n      buffer:\n        batchSize: 7\n---\nkind: Deployment\n\
                    metadata:\n  name: b\nspec:\n  buffer:\n    batchSize: many\n";
        assert_eq!(found(text), [(Some("a-config".to_owned()), Configurable::BatchSize(7), 11)]);
    }

    #[test]
    fn the_pool_of_the_server() {
        let text = "service:\n  name: data-storage\ndatabase:\n  host: pg\n  maxOpenConns: 100\n  max_idle_conns: 50\n";
        let (open, idle) = (Configurable::OpenConnections(100), Configurable::IdleConnections(50));
        assert_eq!(found(text), [(None, open, 5), (None, idle, 6)]);
    }

    #[test]
    fn other_files_are_none() {
        for text in [
            "batchSize: 7\n",
            "spec:\n  buffer:\n    flushInterval:\n      type: string\n",
            "datastorage:\n  buffer: {batchSize: 7}\n",
            "audit:\n  flush_interval_seconds: 1e9\n",
            "audit:\n  flushInterval: -1s\n",
            "2026-01-14T14:35:15Z audit: batchSize: 7\n",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
