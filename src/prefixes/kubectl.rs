//! `kubectl logs --timestamps`: the runtime's stamp and one blank, `2026-01-24T04:13:02.670123456Z <line>`.
//!
//! The production must-gather collects pod logs so. The fraction has nine digits, or fewer where zeros were trimmed.

use super::{Prefix, Stripped, stamped};

/// The CRI's stamp without its stream. A stamp that is followed by a TAB is the line's own.
pub struct Kubectl;

impl Prefix for Kubectl {
    fn strip(&self, seen: &mut Stripped<'_>) {
        if seen.read_at.is_some() {
            return;
        }
        if let Some((stamp, rest)) = stamped(seen.line) {
            seen.read_at = Some(stamp.at);
            seen.line = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::prefixes::Layers;

    fn read(line: &str) -> (String, Option<i64>) {
        let mut scratch = String::new();
        let seen = Layers::default().strip(line, &mut scratch);
        (seen.line.to_owned(), seen.read_at)
    }

    #[test]
    fn stamps_of_any_length() {
        let at = 1_769_227_982_000_000_000;
        let line = "2026-01-24T04:13:02Z\tINFO\tsetup\tx";
        assert_eq!(read(&format!("2026-01-24T04:13:02.670123456Z {line}")), (line.to_owned(), Some(at + 670_123_456)));
        assert_eq!(read(&format!("2026-01-24T04:13:02Z {line}")), (line.to_owned(), Some(at)));
        assert_eq!(read("2026-01-24T04:13:02.67Z "), (String::new(), Some(at + 670_000_000)));
    }
}
