//! Colour and other debris of terminals: ANSI sequences `ESC [ … letter`, NULs, a carriage return at the end.

use memchr::{memchr2, memchr2_iter};

use super::{Prefix, Stripped};

/// Ginkgo colours its own lines, kubernaut's `pkg/log` the level in the middle of a line. A colour can begin on one
/// line and end on another, so sequences are taken out one by one and never as pairs.
pub struct Colour;

impl Prefix for Colour {
    fn strip(&self, seen: &mut Stripped<'_>) {
        let line = match seen.line.as_bytes() {
            [.., b'\r'] => &seen.line[..seen.line.len() - 1],
            _ => seen.line,
        };
        seen.line = line;
        if seen.layers.clean || memchr2(0x1b, 0, line.as_bytes()).is_none() {
            return;
        }
        let Some(scratch) = seen.scratch.take() else { return };
        scratch.clear();
        let mut kept = 0;
        for at in memchr2_iter(0x1b, 0, line.as_bytes()) {
            let length = debris(&line.as_bytes()[at..]);
            // All bytes of a sequence are ASCII, so both ends are character borders; a lone ESC stays.
            if length > 0 && at >= kept {
                scratch.push_str(&line[kept..at]);
                kept = at + length;
            }
        }
        scratch.push_str(&line[kept..]);
        seen.line = scratch;
    }
}

/// Length of the NUL or the whole sequence that `bytes` begins with.
fn debris(bytes: &[u8]) -> usize {
    match bytes {
        [0, ..] => 1,
        [0x1b, b'[', rest @ ..] => {
            let parameters = rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
            if rest.get(parameters).is_some_and(u8::is_ascii_alphabetic) { parameters + 3 } else { 0 }
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use crate::prefixes::Layers;

    fn plain(line: &str) -> String {
        Layers::default().strip(line, &mut String::new()).line.to_owned()
    }

    #[test]
    fn sequences_are_taken_out_wherever_they_stand() {
        assert_eq!(
            plain("\x1b[38;5;10m\x1b[1mRan 41 of 44 Specs in 162.633 seconds\x1b[0m"),
            "Ran 41 of 44 Specs in 162.633 seconds"
        );
        assert_eq!(
            plain("2026-11-24T18:54:27.072Z\t\x1b[34mINFO\x1b[0m\tdatastorage\tµ"),
            "2026-11-24T18:54:27.072Z\tINFO\tdatastorage\tµ"
        );
        assert_eq!(plain("\x1b[38;5;9m[FAILED] Timed out after 30.001s."), "[FAILED] Timed out after 30.001s.");
    }

    #[test]
    fn nuls_go_and_what_is_no_sequence_stays() {
        assert_eq!(plain("a\0b\0\r"), "ab");
        assert_eq!(plain("\x1b \x1b[ \x1b[38;5"), "\x1b \x1b[ \x1b[38;5");
        assert_eq!(plain("\x1b[\x1b[1mx"), "\x1b[x");
    }
}
