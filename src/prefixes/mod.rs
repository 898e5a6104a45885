//! What stands around a line. A *prefix* is a layer that a runtime, a collector or a CI service put before a line, and
//! that says nothing about what the line says: its stamp, the stream, an indent, colour.
//!
//! [`Layers::strip`] takes the layers off from the outside to the inside. To add one: a file here, and two lines below
//! (`mod`, `ALL`).

mod colour;
mod cri;
mod indent;
mod kubectl;
mod runner;

use crate::formats::time;
use crate::instant::{Nanos, Stamp};

/// A line without its layers, and what they said.
#[derive(Debug, Default)]
pub struct Stripped<'a> {
    /// What is left.
    pub line: &'a str,
    /// When a runtime read the line (CRI, `kubectl logs --timestamps`): nanoseconds, UTC.
    pub read_at: Option<Nanos>,
    /// The runtime cut a long line here: the next line of the same stream goes on (CRI's tag `P`). Who joins the parts
    /// puts [`Stripped::indent`] blanks back between them.
    pub partial: bool,
    /// `stdout` or `stderr`, where the layer says it.
    pub stream: Option<&'a str>,
    /// Blanks that stood before the line. Two are Ginkgo's; TABs are the line's own.
    pub indent: usize,
    layers: Layers,
    scratch: Option<&'a mut String>,
}

/// One layer around a line.
pub trait Prefix: Sync {
    /// Takes the layer off `seen.line`, where it is there, and notes what it said.
    fn strip(&self, seen: &mut Stripped<'_>);
}

/// Every prefix, from the outside to the inside. Colour is first: it can stand before and within the others.
pub static ALL: &[&dyn Prefix] = &[&colour::Colour, &runner::Runner, &cri::Cri, &kubectl::Kubectl, &indent::Indent];

/// What the beginning of a file tells about the layers of all its lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Layers {
    /// Its stamps do not all have seven fraction digits, so one that has is not the CI runner's.
    no_runner: bool,
    clean: bool,
}

impl Layers {
    /// Looks at the first lines of a file. One line cannot tell: a runtime's stamp, trimmed of two zeros, has seven
    /// fraction digits as the CI runner's always has.
    pub fn of(head: &str) -> Self {
        const LINES: usize = 100;
        let no_runner = head
            .lines()
            .take(LINES)
            .filter_map(|line| time::leading(line.trim_start_matches('\u{feff}')))
            .any(|(stamp, rest)| rest.starts_with(' ') && stamp.precision != runner::PRECISION);
        Self { no_runner, clean: false }
    }

    /// Whether it is known of the next line that it holds neither an escape nor a NUL.
    #[must_use]
    pub fn clean(self, clean: bool) -> Self {
        Self { clean, ..self }
    }

    /// Takes all layers off a line, without its line feed. `scratch` is only written when colour is taken out of the
    /// middle of the line.
    pub fn strip<'a>(self, line: &'a str, scratch: &'a mut String) -> Stripped<'a> {
        let mut seen = Stripped { line, layers: self, scratch: Some(scratch), ..Stripped::default() };
        for prefix in ALL {
            prefix.strip(&mut seen);
        }
        seen
    }
}

/// The line without the debris of terminals, its other layers left on.
pub fn without_colour(line: &str) -> String {
    let mut scratch = String::new();
    let mut seen = Stripped { line, scratch: Some(&mut scratch), ..Stripped::default() };
    colour::Colour.strip(&mut seen);
    seen.line.to_owned()
}

/// A stamp and one blank at the beginning of a line: the stamp, and what follows the blank.
fn stamped(line: &str) -> Option<(Stamp, &str)> {
    // Twenty bytes and a blank are the least; most lines fail at the first of these.
    let bytes = line.as_bytes();
    if bytes.len() < 21 || bytes[4] != b'-' || bytes[10] != b'T' {
        return None;
    }
    let (stamp, rest) = time::leading(line)?;
    Some((stamp, rest.strip_prefix(' ')?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Line, read at, indent.
    fn strip(line: &str) -> (String, Option<Nanos>, usize) {
        let mut scratch = String::new();
        let seen = Layers::default().strip(line, &mut scratch);
        (seen.line.to_owned(), seen.read_at, seen.indent)
    }

    #[test]
    fn lines_without_a_layer_are_left_alone() {
        for line in [
            "2026-11-24T18:44:38Z\tINFO\tsetup\tAudit store initialized successfully",
            "2026-01-23 16:34:51.169 UTC [63] ERROR:  duplicate key value",
            "{\"level\":\"info\",\"ts\":\"2026-01-14T14:35:15-05:00\",\"msg\":\"x\"}",
            "2026-11-24T18:44:38.123Z",
            "16735:C 24 Nov 2026 18:54:26.741 # Redis is starting",
            "\t/src/kubernaut/pkg/audit/store.go:588",
            "• [FAILED] [1.234 seconds]",
            "",
        ] {
            assert_eq!(strip(line), (line.to_owned(), None, 0));
        }
    }

    #[test]
    fn layers_are_taken_off_in_their_order() {
        let (line, read_at, indent) = strip(
            "\u{feff}2026-01-24T04:13:02.6701234Z \x1b[0m2026-01-24T04:13:01.5Z   2026-01-24T04:13:01Z\tINFO\tx\t{}\r",
        );
        assert_eq!(line, "2026-01-24T04:13:01Z\tINFO\tx\t{}");
        assert_eq!(read_at, Some(1_769_227_981_500_000_000));
        assert_eq!(indent, 2);
    }

    #[test]
    fn seven_digits_alone_are_not_the_runner_where_other_lines_have_nine() {
        let head = "2026-01-24T04:13:02.6701234Z a\n2026-01-24T04:13:02.670123456Z b\n";
        let mut scratch = String::new();
        let seen = Layers::of(head).strip("2026-01-24T04:13:02.6701234Z a", &mut scratch);
        assert_eq!((seen.line, seen.read_at), ("a", Some(1_769_227_982_670_123_400)));
        assert_eq!(Layers::of("\u{feff}2026-01-24T04:13:02.6701234Z a\nstray line\n"), Layers::default());
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(text in any::<String>(), near in "[\\x1b\\[m;0-9T:.Z\\t +stdouerFP\u{feff}\\x00-]{0,50}") {
            for line in [text, near.clone(), format!("2026-01-24T04:13:02.6701234Z {near}")] {
                let (left, ..) = strip(&line);
                prop_assert!(left.len() <= line.len());
            }
        }
    }
}
