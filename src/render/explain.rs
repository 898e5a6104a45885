//! The manual pages of the causes, for a terminal.

use std::io::{self, Write};

use super::layout::width;
use crate::causes::Cause;
use crate::render::words;

/// All causes, a line each, by family.
pub fn list(causes: &[&Cause], out: &mut dyn Write) -> io::Result<()> {
    let columns = causes.iter().map(|cause| width(cause.code)).max().unwrap_or(0);
    let mut families: Vec<_> = causes.iter().map(|cause| cause.family).collect();
    families.sort_unstable();
    families.dedup();
    for family in families {
        writeln!(out, "{}", words::family(family))?;
        for cause in causes.iter().filter(|cause| cause.family == family) {
            writeln!(out, "  {:columns$}  {}", cause.code, cause.title)?;
        }
    }
    writeln!(out, "\nwhylate explain CAUSE shows what proves a cause, and what rules it out.")
}

/// One cause's page.
pub fn page(cause: &Cause, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", cause.manual.trim_end())
}
