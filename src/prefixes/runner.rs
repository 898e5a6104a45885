//! The CI runner of GitHub Actions: `2026-01-24T04:13:02.6701234Z `, always seven fraction digits, UTC.
//!
//! The first line of a file can begin with a byte order mark, and `gh run view --log` puts job and step before it, each
//! with a TAB. Commands such as `##[group]` belong to the line.

use memchr::memchr;

use super::{Prefix, Stripped, stamped};

/// The step of seven digits, in nanoseconds.
pub const PRECISION: u32 = 100;

/// The runner stamps when it *prints*. A parallel Ginkgo run prints a block when its spec has ended, so the stamp says
/// nothing about the time of a line.
pub struct Runner;

impl Prefix for Runner {
    fn strip(&self, seen: &mut Stripped<'_>) {
        if let [0xef, 0xbb, 0xbf, ..] = seen.line.as_bytes() {
            seen.line = &seen.line[3..];
        }
        let bare = stamped(seen.line);
        let found = if bare.is_some() { bare.filter(|_| !seen.layers.no_runner) } else { after_job(seen.line) };
        if let Some((_, rest)) = found.filter(|(stamp, _)| stamp.precision == PRECISION) {
            seen.line = rest;
        }
    }
}

/// The stamp after `job⇥step⇥`.
fn after_job(line: &str) -> Option<(crate::instant::Stamp, &str)> {
    const NAMES: usize = 300;
    // No job is named like a stamp or an indented line, which spares nearly all lines the search.
    if matches!(line.as_bytes().first()?, b'0'..=b'9' | b' ' | b'\t' | b'{') {
        return None;
    }
    let head = &line.as_bytes()[..line.len().min(NAMES)];
    let job = memchr(b'\t', head)?;
    let step = job + 1 + memchr(b'\t', &head[job + 1..])?;
    let rest = &line[step + 1..];
    stamped(rest.strip_prefix('\u{feff}').unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use crate::prefixes::Layers;

    fn stripped(line: &str) -> String {
        let mut scratch = String::new();
        let seen = Layers::default().strip(line, &mut scratch);
        assert_eq!(seen.read_at, None);
        seen.line.to_owned()
    }

    #[test]
    fn with_a_mark_and_with_job_and_step() {
        for head in ["", "\u{feff}", "integration (signalprocessing)\tRun tests\t", "build\tUNKNOWN STEP\t\u{feff}"] {
            let line = format!("{head}2026-01-24T04:13:02.6701234Z ##[group]Run make test");
            assert_eq!(stripped(&line), "##[group]Run make test", "{head}");
        }
    }

    #[test]
    fn other_lines_with_tabs_are_left_alone() {
        for line in [
            "a\tb\tc",
            "github.com/jordigilh/kubernaut\t2026-01-24T04:13:02.6701234Z x",
            "2026-01-24T04:13:02.6701234Z\tINFO\tx",
        ] {
            assert_eq!(stripped(line), line);
        }
    }
}
