//! Ginkgo's indent: the lines of a block stand two blanks in, deeper ones for what a spec indents itself.

use super::{Prefix, Stripped};

/// Blanks only: a TAB at the beginning belongs to the line (a stack trace, `PostgreSQL`'s continuation).
pub struct Indent;

impl Prefix for Indent {
    fn strip(&self, seen: &mut Stripped<'_>) {
        let line = seen.line.trim_start_matches(' ');
        seen.indent = seen.line.len() - line.len();
        seen.line = line;
    }
}

#[cfg(test)]
mod tests {
    use crate::prefixes::Layers;

    #[test]
    fn blanks_are_counted_and_tabs_stay() {
        let mut scratch = String::new();
        let seen = Layers::default().strip("  \t/src/kubernaut/pkg/audit/store.go:588", &mut scratch);
        assert_eq!((seen.line, seen.indent), ("\t/src/kubernaut/pkg/audit/store.go:588", 2));
        let mut scratch = String::new();
        let seen = Layers::default().strip("\x1b[38;5;243m  ", &mut scratch);
        assert_eq!((seen.line, seen.indent), ("", 2));
    }
}
