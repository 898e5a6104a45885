//! x
use super::Style;
use crate::report::Report;
use std::io::{self, Write};
/// x
pub fn render(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    super::markdown::render(report, style, out)
}
