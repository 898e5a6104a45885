//! Stream: what one container printed over its life, though it lies in several files: rotated logs (`x.log.1`,
//! `0.log.20260114-193512.gz`), and the log of the instance before the last restart (`previous.log`). Told by the label
//! alone, and so no more than a guess: who joins the files asks their stamps.

/// One file of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The same for all files of the stream.
    pub stream: String,
    /// Its place in the stream, as its name says it: the oldest is the smallest.
    pub turn: Turn,
}

/// Place of a file in its stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn {
    /// Which life of the container: each begins as a new process.
    pub life: Life,
    /// How old the file is within that life.
    pub age: Age,
}

/// Which life of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Life {
    /// Counted by the kubelet, from 0.
    Number(u32),
    /// `previous.log`.
    Previous,
    /// `current.log`, and any file whose name says nothing of it.
    Current,
}

/// How old a file is, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// Rotated at a time: its digits.
    At(String),
    /// Rotated so many times; as a negative number.
    Times(i32),
    /// The file that is being written.
    Newest,
}

const PACKED: [&str; 5] = [".gz", ".zst", ".xz", ".bz2", ".zip"];
const TEXT: [&str; 3] = [".log", ".txt", ".out"];

/// The stream that a file belongs to, and its place in it.
pub fn part(label: &str) -> Part {
    let label = PACKED.iter().find_map(|packed| label.strip_suffix(packed)).unwrap_or(label);
    let (folder, name) = label.rfind(['/', '!']).map_or(("", label), |at| label.split_at(at + 1));
    let (name, age) = rotated(name).unwrap_or((name, Age::Newest));
    let stem = name.strip_suffix(".log").unwrap_or(name);
    let life = match stem {
        "current" | "current.insecure" => Some(Life::Current),
        "previous" | "previous.insecure" => Some(Life::Previous),
        number if number.len() < 10 && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            number.parse().ok().map(Life::Number)
        }
        _ => None,
    };
    if let (Some(life), true) = (life, stem.len() < name.len()) {
        // The folder is the container's, or one in it for what was rotated.
        let folder = folder.strip_suffix("rotated/").unwrap_or(folder);
        return Part { stream: folder.to_owned(), turn: Turn { life, age } };
    }
    let before = ["_previous", "-previous", ".previous"].iter().find_map(|before| stem.strip_suffix(before));
    match before.filter(|_| stem.len() < name.len()) {
        Some(stem) => Part { stream: format!("{folder}{stem}.log"), turn: Turn { life: Life::Previous, age } },
        None => Part { stream: format!("{folder}{name}"), turn: Turn { life: Life::Current, age } },
    }
}

/// The name before it was rotated, and how old the file is: `x.log.1`, `x.log-20260114`, `0.log.20260114-193512`.
fn rotated(name: &str) -> Option<(&str, Age)> {
    let end = TEXT.iter().filter_map(|text| Some(name.rfind(text)? + text.len())).max()?;
    let (base, rest) = name.split_at(end);
    let rest = rest.strip_prefix(['.', '-'])?;
    if matches!(rest, "old" | "bak") {
        return Some((base, Age::Times(-1)));
    }
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    let is_number = rest.starts_with(|first: char| first.is_ascii_digit())
        && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '_' | ':' | '.' | 'T' | 'Z'));
    match digits.len() {
        _ if !is_number => None,
        1..=4 if digits == rest => Some((base, Age::Times(-rest.parse::<i32>().ok()?))),
        6..=20 => Some((base, Age::At(digits))),
        _ => None,
    }
}

/// What in a label may name a container or its pod: the parts of the path that are long enough to be told apart by
/// chance no more. Two files of one container share one of them.
pub fn container(label: &str) -> impl Iterator<Item = &str> {
    const SHORTEST: usize = 8;
    const GENERAL: [&str; 8] = [
        "containers",
        "namespaces",
        "previous.insecure",
        "current.insecure",
        "previous",
        "collection",
        "kubernaut-system",
        "kubernaut-must-gather",
    ];
    let parts = label.split(['/', '!', '_']);
    let names =
        parts.map(|part| PACKED.iter().chain(&TEXT).fold(part, |part, end| part.strip_suffix(end).unwrap_or(part)));
    names.filter(|name| name.len() >= SHORTEST && !GENERAL.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The labels are in the order of their ages.
    #[track_caller]
    fn one_stream(labels: &[&str]) {
        let parts: Vec<Part> = labels.iter().map(|label| part(label)).collect();
        for (pair, labels) in parts.windows(2).zip(labels.windows(2)) {
            assert_eq!(pair[0].stream, pair[1].stream, "{labels:?}");
            assert!(pair[0].turn < pair[1].turn, "{labels:?}: {pair:?}");
        }
    }

    #[test]
    fn rotated_logs_are_one_stream_from_the_oldest_to_the_newest() {
        one_stream(&["a/x.log.12.gz", "a/x.log.2.gz", "a/x.log.1", "a/x.log"]);
        one_stream(&["x.log-20260113.gz", "x.log-20260114", "x.log"]);
        one_stream(&["suite.txt.1", "suite.txt"]);
        one_stream(&["x.log.old", "x.log"]);
    }

    #[test]
    fn the_files_of_the_kubelet_are_one_stream_over_all_lives() {
        one_stream(&[
            "pods/ns_ds-0_uid/ds/0.log.20260114-193512.gz",
            "pods/ns_ds-0_uid/ds/0.log.20260114-203512",
            "pods/ns_ds-0_uid/ds/0.log",
            "pods/ns_ds-0_uid/ds/1.log",
            "pods/ns_ds-0_uid/ds/10.log",
        ]);
        one_stream(&[
            "ns/pods/p/c/c/logs/rotated/0.log.20260114-193512.gz",
            "ns/pods/p/c/c/logs/previous.log",
            "ns/pods/p/c/c/logs/current.log",
        ]);
        one_stream(&["ns/p_c_previous.log", "ns/p_c.log"]);
    }

    #[test]
    fn names_that_only_look_alike_are_streams_of_their_own() {
        let all = [
            "a/current.log",
            "b/current.log",
            "a!current.log",
            "x.log",
            "y/x.log",
            "x-1.log",
            "run-20260114-193512.log",
            "x.log.txt",
            "x.log.12345",
            "x.log.v1",
            "x.json.1",
            "current.json",
            "0",
            "",
        ];
        let streams: std::collections::BTreeSet<String> = all.iter().map(|label| part(label).stream).collect();
        assert_eq!(streams.len(), all.len(), "{streams:?}");
    }

    #[test]
    fn a_container_is_named_alike_in_every_layout() {
        let shared = |one: &str, other: &str| container(one).any(|name| container(other).any(|other| name == other));
        let inspect =
            "namespaces/kubernaut-system/pods/datastorage-7d9f-x2x4z/datastorage/datastorage/logs/current.log";
        assert!(shared(inspect, "logs/datastorage-7d9f-x2x4z.log"));
        assert!(shared(inspect, "pods/kubernaut-system_datastorage-7d9f-x2x4z_0f3a/datastorage/0.log"));
        assert!(shared("t1/datastorage.log", "t2/datastorage.log.gz"));
        assert!(!shared("namespaces/kubernaut-system/pods/redis-0/c.log", "namespaces/kubernaut-system/pods/b/c.log"));
        assert!(!shared("a/b/current.log", "c/d/current.log"));
    }
}
