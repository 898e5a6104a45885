//! The container runtime interface's log format: `2026-01-10T14:15:24.289123456Z stderr F <line>`.
//!
//! Source: `kubernetes/cri-api` and containerd's logger. The stamp is `RFC3339Nano`, so trailing zeros are missing; the
//! tag is `F` for a full line and `P` for a part of a long one.

use super::{Prefix, Stripped, stamped};

/// Found in the pod logs of `kind export logs`.
pub struct Cri;

impl Prefix for Cri {
    fn strip(&self, seen: &mut Stripped<'_>) {
        let Some((stamp, rest)) = stamped(seen.line) else { return };
        let Some((stream, rest)) = rest.split_once(' ').filter(|(stream, _)| matches!(*stream, "stdout" | "stderr"))
        else {
            return;
        };
        // An empty line can have lost the blank after its tag. Further tags would follow a colon.
        let (tags, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let tag = tags.split(':').next();
        if matches!(tag, Some("F" | "P")) {
            seen.read_at = Some(stamp.at);
            seen.stream = Some(stream);
            seen.partial = tag == Some("P");
            seen.line = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::prefixes::Layers;

    #[test]
    fn full_lines_and_parts() {
        let mut scratch = String::new();
        let line =
            "2026-11-24T18:44:38.709823532Z stderr F 2026-11-24T18:44:38.709Z\t\x1b[34mINFO\x1b[0m\tdatastorage\tx";
        let seen = Layers::default().strip(line, &mut scratch);
        assert_eq!(seen.line, "2026-11-24T18:44:38.709Z\tINFO\tdatastorage\tx");
        assert_eq!((seen.read_at, seen.stream, seen.partial), (Some(1_795_545_878_709_823_532), Some("stderr"), false));

        let mut scratch = String::new();
        let seen = Layers::default().strip("2026-11-24T19:44:38.7+01:00 stdout P half a li", &mut scratch);
        assert_eq!((seen.line, seen.partial, seen.stream), ("half a li", true, Some("stdout")));
        assert_eq!(seen.read_at, Some(1_795_545_878_700_000_000));

        let mut scratch = String::new();
        assert_eq!(Layers::default().strip("2026-11-24T18:44:38.709823532Z stdout F", &mut scratch).line, "");
    }
}
