//! `whylate check`: what a handoff document claims, held against the bundle and against itself.

use whylate::check::{self, Bundle, Document};
use whylate::render::check as shown;
use whylate::render::places::Places;

use super::{analysis, notes, strict, style};
use crate::Status;
use crate::cli::{Check, CheckFormat};
use crate::output;

/// Checks one document; a contradiction is a gate.
pub fn run(args: &Check) -> anyhow::Result<Status> {
    let text = check::read(&args.document)?;
    let document = Document::parse(&text);
    let bundle = if args.reading.paths.is_empty() {
        None
    } else {
        let analysis = analysis(&args.reading, true, &args.to.terminal)?;
        strict(&analysis.report, args.to.strict)?;
        notes(&analysis.report, args.to.terminal.quiet);
        let bundle = Bundle::new(analysis.report);
        let found = bundle.look_up(&document, &args.reading.paths, &args.reading.how.source())?;
        Some((bundle, found))
    };
    let checked = check::check(&document, bundle.as_ref().map(|(bundle, found)| (bundle, found)));
    let places = bundle.as_ref().map(|(bundle, _)| Places::of(&bundle.report)).unwrap_or_default();
    let name = args.document.display().to_string();
    let style = style(&args.to.terminal, args.to.file().is_none());
    let mut out = Vec::new();
    match args.format {
        CheckFormat::Text => shown::text(&checked, &name, &places, &style, &mut out)?,
        CheckFormat::Markdown => shown::markdown(&checked, &name, places, &style, &mut out)?,
        CheckFormat::Json => shown::json(&checked, &name, &mut out)?,
    }
    output::put(args.to.file(), |to| to.write_all(&out))?;
    Ok(if checked.contradictions().next().is_some() { Status::Gate } else { Status::Done })
}
