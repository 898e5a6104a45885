//! The *story* of a failing test as a document tells it: when the event was buffered, when the flush was done, how the
//! test looked, and when it failed. What it is needs no bundle: a document's own numbers can refute its conclusion.

use std::sync::LazyLock;

use regex::Regex;

use super::document::{Document, Line, Part};
use super::quantity::Length;
use super::stamp::{self, Local, Stamp};
use crate::instant::Nanos;

/// Something that the document says happened at a time.
#[derive(Debug, Clone)]
pub struct Moment {
    /// Line of the document.
    pub line: u32,
    /// When.
    pub stamp: Stamp,
    /// What, with the lines that go on with it.
    pub text: String,
    /// The block it stands in: one timeline.
    pub block: u32,
    /// Where it stands.
    pub part: Part,
}

/// A loop of looks: so long, one every so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Line of the document.
    pub line: u32,
    /// In nanoseconds.
    pub timeout: Nanos,
    /// In nanoseconds.
    pub poll: Nanos,
}

/// What the document tells.
#[derive(Debug)]
pub struct Story {
    /// Every stamp.
    pub stamps: Vec<Stamp>,
    /// The zone of those without one.
    pub local: Local,
    /// Stamped statements, in the document's order.
    pub moments: Vec<Moment>,
    /// The awaited event was buffered.
    pub buffered: Option<Moment>,
    /// The last statement that a flush or a write was done, between buffering and failure.
    pub flushed: Option<Moment>,
    /// The test failed.
    pub failed: Option<Moment>,
    /// How the test looked for audit events.
    pub window: Option<Window>,
}

static BUFFERED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\bevent (was )?(buffered|emitted|created)|\bbuffered\b.*event").expect("a constant")
});
static FLUSHED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)flush (triggered|completed?|done)|flushed|batch written|wrote .*batch|buffer empty")
        .expect("a constant")
});
static FAILED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\btest (has )?(fail|timed out|times out)|\[FAILED\]|\bspec failed|timeout after")
        .expect("a constant")
});
static EVENTUALLY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#""(?P<timeout>\d+(?:ms|s))",\s*"(?P<poll>\d+(?:ms|s))"\s*\)"#).expect("a constant"));
static AUDIT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)audit|events").expect("a constant"));
static EVERY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:poll|look|quer)\w*.*\bevery (?P<poll>\d+ ?(?:ms|s)).*\bfor (?P<timeout>\d+ ?(?:ms|s))")
        .expect("a constant")
});

impl Story {
    /// As the document tells it.
    pub fn of(document: &Document<'_>) -> Self {
        let stamps = stamp::all(document);
        let local = Local::of(document, &stamps);
        let moments = moments(document, &stamps);
        let zone = local.seconds();
        let first = |what: &Regex| moments.iter().find(|moment| what.is_match(&moment.text)).cloned();
        let (buffered, failed) = (first(&BUFFERED), first(&FAILED));
        let between = |moment: &&Moment| {
            buffered.as_ref().is_none_or(|from| !moment.stamp.before(&from.stamp, zone))
                && failed.as_ref().is_none_or(|to| moment.stamp.before(&to.stamp, zone))
        };
        let done = |moment: &&Moment| FLUSHED.is_match(&moment.text) && !FAILED.is_match(&moment.text);
        let flushed = moments.iter().rev().filter(between).find(done).cloned();
        Self { window: window(document), stamps, local, moments, buffered, flushed, failed }
    }

    /// How long the test waited: the failure says it, else the loop.
    pub fn waited(&self) -> Option<(Nanos, u32)> {
        let failed = self.failed.as_ref().and_then(|failed| {
            let text = &failed.text;
            let after = text.to_lowercase().find("after ").and_then(|at| text.get(at..))?;
            Some((Length::all(after).first()?.lo, failed.line))
        });
        failed.or(self.window.map(|window| (window.timeout, window.line)))
    }

    /// How many looks surely fell after the flush: of a grid of looks, all between it and the failure.
    pub fn looks_after_flush(&self) -> Option<(Nanos, &Moment)> {
        let (flushed, failed, window) = (self.flushed.as_ref()?, self.failed.as_ref()?, self.window?);
        let left = flushed.stamp.until(&failed.stamp, self.local.seconds()).min(window.timeout);
        (window.poll > 0 && left > 0).then(|| (left / window.poll, flushed))
    }
}

fn moments(document: &Document<'_>, stamps: &[Stamp]) -> Vec<Moment> {
    let mut moments: Vec<Moment> = Vec::new();
    for line in document.lines.iter().filter(|line| line.says()) {
        // The tables of this tool give intervals: they are checked as its statements.
        if line.header.is_some_and(|header| header.contains("| UTC |")) {
            continue;
        }
        match stamps.iter().find(|stamp| stamp.line == line.number && stamp.leads) {
            Some(stamp) => {
                let text = line.plain().get(stamp.end..).unwrap_or_default().to_owned();
                let (block, part) = (line.block, line.part);
                moments.push(Moment { line: line.number, stamp: stamp.clone(), text, block, part });
            }
            None => continued(&mut moments, line),
        }
    }
    moments
}

fn continued(moments: &mut [Moment], line: &Line<'_>) {
    if let Some(last) = moments.last_mut().filter(|last| last.block == line.block && line.part == Part::Quote) {
        last.text.push(' ');
        last.text.push_str(line.text.trim());
    }
}

/// The loop that looks for audit events. A loop for something else stands in many documents beside it.
fn window(document: &Document<'_>) -> Option<Window> {
    let length = |text: &str| Length::all(text).first().map(|length| length.lo);
    let of = |line: u32, found: &regex::Captures<'_>| {
        Some(Window { line, timeout: length(&found["timeout"])?, poll: length(&found["poll"])? })
    };
    let told = document.lines.iter().filter(|line| line.says());
    let mut told = told.filter_map(|line| of(line.number, &EVERY.captures(&line.plain())?));
    let mut body = String::new();
    let mut coded = document.lines.iter().filter_map(|line| {
        if line.text.contains("Eventually(") || line.part == Part::Blank {
            body.clear();
        }
        body.push_str(line.text);
        EVENTUALLY.captures(line.text).filter(|_| AUDIT.is_match(&body)).and_then(|found| of(line.number, &found))
    });
    // What happened says more than what the code asks for.
    told.next().or_else(|| coded.next())
}
