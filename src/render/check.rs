//! What became of a document's *claims*: for a terminal, for a pull request, and for programs.

use std::io::{self, Write};

use serde::Serialize;

use super::Style;
use super::document::Document;
use super::escape::terminal;
use super::layout::{Paint, wrap, wrap_at_most};
use super::places::Places;
use crate::check::{Checked, Claim, Outcome, Source};

/// Version of the JSON form.
const SCHEMA_VERSION: u32 = 1;

/// Claims with the same contradiction are said once, with all their lines.
struct Group<'a> {
    claim: &'a Claim,
    lines: Vec<u32>,
}

fn groups(checked: &Checked) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for claim in checked.contradictions() {
        let same =
            groups.iter_mut().find(|group| group.claim.kind == claim.kind && group.claim.outcome == claim.outcome);
        match same {
            Some(group) if group.lines.contains(&claim.line) => {}
            Some(group) => group.lines.push(claim.line),
            None => groups.push(Group { claim, lines: vec![claim.line] }),
        }
    }
    groups
}

fn lines(numbers: &[u32]) -> String {
    let shown: Vec<String> = numbers.iter().map(u32::to_string).collect();
    format!("line{} {}", if shown.len() == 1 { "" } else { "s" }, shown.join(", "))
}

fn by(sources: &[Source], places: &Places) -> String {
    let own: Vec<u32> =
        sources.iter().filter_map(|source| if let Source::Line(line) = source { Some(*line) } else { None }).collect();
    let others = sources.iter().filter_map(|source| match source {
        Source::Line(_) => None,
        Source::Place(place) => Some(places.name(place)),
        Source::Field(field) => Some(format!("{field} of the JSON report")),
    });
    let own = (!own.is_empty()).then(|| format!("{} of the document", lines(&own)));
    own.into_iter().chain(others).collect::<Vec<_>>().join(", ")
}

/// `7 contradicted, 31 hold, 4 cannot be checked; 60 lines of prose were not checked.`
fn summary(checked: &Checked) -> String {
    let (hold, contradicted, unchecked) = checked.counts();
    let bundle = if checked.with_bundle { "" } else { " Without a bundle, only against each other." };
    format!(
        "{} claims: {contradicted} contradicted, {hold} hold, {unchecked} cannot be checked. {} lines of prose were not checked.{bundle}",
        checked.claims.len(),
        checked.not_checked.len()
    )
}

/// Text for a terminal.
pub fn text(checked: &Checked, name: &str, places: &Places, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint { on: style.color };
    let width = style.width.max(40);
    let groups = groups(checked);
    let verdict = match groups.len() {
        0 => format!("{name}: no contradiction found."),
        1 => format!("{name}: 1 contradiction."),
        more => format!("{name}: {more} contradictions."),
    };
    for line in wrap(&terminal(&verdict), width) {
        writeln!(out, "{}", paint.strong(&line))?;
    }
    for line in wrap(&summary(checked), width) {
        writeln!(out, "{line}")?;
    }
    for group in &groups {
        let Outcome::Contradicted { expected, found, by: sources } = &group.claim.outcome else { continue };
        let numbers = lines(&group.lines);
        writeln!(out)?;
        for line in
            wrap_at_most(&format!("{numbers} ({}): {}", group.claim.kind, terminal(&group.claim.said)), width, 2)
        {
            writeln!(out, "{}", paint.strong(&line))?;
        }
        for (label, value) in [("expected", expected.as_str()), ("found", found), ("by", &by(sources, places))] {
            labelled(label, &terminal(value), width, out)?;
        }
    }
    if style.verbose {
        rest(checked, places, width, out)?;
    }
    Ok(())
}

fn labelled(label: &str, value: &str, width: usize, out: &mut dyn Write) -> io::Result<()> {
    for (at, line) in wrap_at_most(value, width - 12, 4).iter().enumerate() {
        writeln!(out, "  {:<8}  {line}", if at == 0 { label } else { "" })?;
    }
    Ok(())
}

/// What holds, what cannot be checked, and what was not recognised.
fn rest(checked: &Checked, places: &Places, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let one = |line: u32, text: &str, note: &str, out: &mut dyn Write| {
        for (at, part) in wrap_at_most(&format!("{} {note}", terminal(text)), width - 8, 3).iter().enumerate() {
            let number = if at == 0 { line.to_string() } else { String::new() };
            writeln!(out, "  {number:>4}  {part}")?;
        }
        io::Result::Ok(())
    };
    writeln!(out, "\nhold")?;
    for claim in &checked.claims {
        if let Outcome::Holds { by: sources } = &claim.outcome {
            one(claim.line, &claim.said, &format!("[{}: {}]", claim.kind, by(sources, places)), out)?;
        }
    }
    writeln!(out, "\ncannot be checked")?;
    for claim in &checked.claims {
        if let Outcome::Unchecked { because } = &claim.outcome {
            one(claim.line, &claim.said, &format!("[{}: {because}]", claim.kind), out)?;
        }
    }
    writeln!(out, "\nnot checked")?;
    checked.not_checked.iter().try_for_each(|(line, text)| one(*line, text, "", out))
}

/// Markdown for a review.
pub fn markdown(checked: &Checked, name: &str, places: Places, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let groups = groups(checked);
    let rows: Vec<Vec<String>> = groups
        .iter()
        .filter_map(|group| {
            let Outcome::Contradicted { expected, found, by: sources } = &group.claim.outcome else { return None };
            let numbers: Vec<String> = group.lines.iter().map(u32::to_string).collect();
            Some(vec![
                numbers.join(", "),
                Document::text(&group.claim.said),
                Document::text(expected),
                Document::text(found),
                Document::text(&by(sources, &places)),
            ])
        })
        .collect();
    let mut doc = Document::new(places);
    doc.raw(format!("**{}: {} contradictions**", Document::text(name), rows.len()));
    doc.gap();
    doc.raw(summary(checked));
    if !rows.is_empty() {
        doc.table(&["line", "claim", "expected", "found", "by"], &rows, usize::MAX, "");
    }
    if style.verbose {
        doc.heading(2, "Not checked");
        for (line, text) in &checked.not_checked {
            doc.raw(format!("- line {line}: {}", Document::text(text)));
        }
    }
    doc.write(usize::MAX, style.max_bytes.unwrap_or(usize::MAX), out)
}

/// JSON: every claim, and every line that was not checked.
pub fn json(checked: &Checked, name: &str, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Whole<'a> {
        schema_version: u32,
        document: &'a str,
        contradicted: usize,
        hold: usize,
        unchecked: usize,
        #[serde(flatten)]
        checked: &'a Checked,
    }
    let (hold, contradicted, unchecked) = checked.counts();
    let whole = Whole { schema_version: SCHEMA_VERSION, document: name, contradicted, hold, unchecked, checked };
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    writeln!(out)
}
