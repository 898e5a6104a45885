//! Suites, blocks and specs of the test output.
//!
//! With several processes Ginkgo prints a *block* when a spec ends: one block is one process, its lines are in order,
//! and blocks stand in the order of their ends. In a serial run the same delimiters stand around a stream.

use std::ops::Range;

use crate::instant::{Instant, Nanos, SECOND, Stamp, Zone, believed_length};
use crate::reading::LogFile;
use crate::sighting::{CodePlace, Header, Outcome, Sighting, TestLine, Text, What};

use super::At;

/// One run of one suite.
#[derive(Debug, Clone, Default)]
pub struct Suite {
    /// File of the test output.
    pub file: usize,
    /// Its sightings.
    pub range: Range<usize>,
    /// "`SignalProcessing` Controller Integration Suite".
    pub name: Option<Text>,
    /// Random seed.
    pub seed: Option<u64>,
    /// Parallel processes; `None` in a serial run.
    pub processes: Option<u32>,
    /// Specs that were to run.
    pub planned: Option<u32>,
    /// The counts of the last line.
    pub totals: Option<Totals>,
    /// A suite node failed, so no spec ran.
    pub node_failed: bool,
    /// Specs named in the summary of failures.
    pub summary: Vec<(Outcome, Text, At)>,
    /// The must-gather folder that this run wrote.
    pub must_gather: Option<Text>,
    /// Seconds east of UTC of stamps without a zone.
    pub zone: Option<Nanos>,
}

/// The counts of the last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words of the line")]
pub struct Totals {
    pub passed: u32,
    pub failed: u32,
    pub flaked: u32,
    pub pending: u32,
    pub skipped: u32,
}

/// What stands between two delimiters; or what a container printed from its start to its end.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// Its file.
    pub file: usize,
    /// Its sightings.
    pub range: Range<usize>,
    /// Its suite; `None` for a container's log.
    pub suite: Option<usize>,
    /// The spec or suite node that it belongs to.
    pub header: Option<Header>,
    /// Line of the header.
    pub header_line: u32,
    /// Spec text and where the spec stands in the code.
    pub text: Option<(Text, CodePlace)>,
    /// Process, when the block names it.
    pub process: Option<u32>,
    /// Span of its stamps, on the test host's clock.
    pub span: Option<(Nanos, Nanos)>,
}

/// A failed spec or suite node, as the test output shows it.
#[derive(Debug, Clone)]
pub struct Failed {
    /// Its block.
    pub block: usize,
    /// How it ended.
    pub outcome: Outcome,
    /// `It`, `BeforeEach`, `SynchronizedBeforeSuite`, …
    pub node: Text,
    /// Spec text without node tags and labels, or the suite node's name.
    pub text: String,
    /// Where the assertion stands; for a panic, the line of Go's runtime that raised it.
    pub location: Option<CodePlace>,
    /// The line of the project's own code that is nearest to it.
    pub nearest: Option<CodePlace>,
    /// The message.
    pub message: Text,
    /// Line of the message.
    pub message_at: At,
    /// The failure stamp.
    pub deadline: Option<Instant>,
    /// "Timed out after …".
    pub timed_out_after: Option<Nanos>,
    /// How long the spec ran.
    pub took: Option<Nanos>,
    /// Only repeats the failure of another process, or was interrupted.
    pub collateral: bool,
    /// Repeats another process's suite-node failure.
    pub repeats: bool,
}

/// Everything that the test outputs of a bundle hold.
#[derive(Debug, Default)]
pub struct TestOutput {
    /// Suites, in the order of files.
    pub suites: Vec<Suite>,
    /// Blocks of test outputs; of any other file one for each life of its container.
    pub blocks: Vec<Block>,
    /// Failures in the order of their stamps.
    pub failed: Vec<Failed>,
}

/// Finds suites, blocks and failures. `input_zone` is seconds east of UTC for stamps that no line gives a zone.
pub fn read(files: &[LogFile], input_zone: Option<Nanos>) -> TestOutput {
    let mut output = TestOutput::default();
    for (index, file) in files.iter().enumerate() {
        let suites = suites_of(index, file);
        if suites.is_empty() {
            let lives = file.lives().map(|range| Block { file: index, range, ..Block::default() });
            output.blocks.extend(lives);
        }
        for mut suite in suites {
            let number = output.suites.len();
            let blocks = blocks_of(&file.sightings, &suite, number);
            suite.zone = input_zone.or_else(|| zone_of(&file.sightings, &blocks));
            output.blocks.extend(blocks);
            output.suites.push(suite);
        }
    }
    set_spans(files, &mut output);
    output.failed = failures(files, &output);
    output
}

/// When each block printed. One that prints times of day only, since its dated lines are hidden, has the day of the
/// blocks around it.
fn set_spans(files: &[LogFile], output: &mut TestOutput) {
    for block in &mut output.blocks {
        let zone = block.suite.and_then(|suite| output.suites[suite].zone);
        block.span = span(&files[block.file].sightings[block.range.clone()], zone, None);
    }
    for (number, suite) in output.suites.iter().enumerate() {
        let mut blocks: Vec<&mut Block> =
            output.blocks.iter_mut().filter(|block| block.suite == Some(number)).collect();
        let mut near = blocks.iter().find_map(|block| block.span);
        for block in &mut blocks {
            let lines = &files[block.file].sightings[block.range.clone()];
            block.span = block.span.or_else(|| span(lines, suite.zone, Some(near?.1)));
            near = block.span.or(near);
        }
    }
}

/// Cuts a file at each "Running Suite"; a test output whose head is missing is one suite too.
fn suites_of(index: usize, file: &LogFile) -> Vec<Suite> {
    let sightings = &file.sightings;
    let starts: Vec<usize> = (0..sightings.len())
        .filter(|at| matches!(sightings[*at].what, What::Test(TestLine::SuiteStarted { .. })))
        .collect();
    let delimiters =
        sightings.iter().filter(|sighting| matches!(sighting.what, What::Test(TestLine::Delimiter))).count();
    let headers = sightings.iter().filter(|sighting| matches!(sighting.what, What::Test(TestLine::Header(_)))).count();
    let starts = match starts.as_slice() {
        [] if delimiters > 0 && headers > 0 => vec![0],
        [] => return Vec::new(),
        [first, rest @ ..] if *first > 0 => std::iter::once(0).chain(rest.iter().copied()).collect(),
        all => all.to_vec(),
    };
    let ends = starts.iter().skip(1).copied().chain(std::iter::once(sightings.len()));
    starts.iter().zip(ends).map(|(start, end)| suite(index, sightings, *start..end)).collect()
}

fn suite(file: usize, sightings: &[Sighting], range: Range<usize>) -> Suite {
    let mut suite = Suite { file, range: range.clone(), ..Suite::default() };
    for sighting in &sightings[range] {
        let What::Test(line) = &sighting.what else { continue };
        match line {
            TestLine::SuiteStarted { name } => suite.name = suite.name.or_else(|| Some(name.clone())),
            TestLine::Seed(seed) => suite.seed = suite.seed.or(Some(*seed)),
            TestLine::Processes(count) => suite.processes = Some(*count),
            TestLine::WillRun { total } => suite.planned = Some(*total),
            TestLine::Totals { passed, failed, flaked, pending, skipped, .. } => {
                let (passed, failed, flaked) = (*passed, *failed, *flaked);
                suite.totals = Some(Totals { passed, failed, flaked, pending: *pending, skipped: *skipped });
            }
            TestLine::SuiteNodeFailed => suite.node_failed = true,
            TestLine::Summary { outcome, text } => {
                suite.summary.push((*outcome, text.clone(), At { file, line: sighting.line }));
            }
            TestLine::MustGather { folder } => suite.must_gather = Some(folder.clone()),
            _ => {}
        }
    }
    suite
}

fn blocks_of(sightings: &[Sighting], suite: &Suite, number: usize) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut start = suite.range.start;
    for at in suite.range.clone() {
        if matches!(sightings[at].what, What::Test(TestLine::Delimiter)) {
            push_block(&mut blocks, sightings, suite.file, start..at, number);
            start = at + 1;
        }
    }
    push_block(&mut blocks, sightings, suite.file, start..suite.range.end, number);
    blocks
}

fn push_block(blocks: &mut Vec<Block>, sightings: &[Sighting], file: usize, range: Range<usize>, suite: usize) {
    if range.is_empty() {
        return;
    }
    let mut block = Block { file, range: range.clone(), suite: Some(suite), ..Block::default() };
    for sighting in &sightings[range] {
        match &sighting.what {
            What::Test(TestLine::Header(header)) if block.header.is_none() => {
                block.header = Some(header.clone());
                block.header_line = sighting.line;
            }
            What::Test(TestLine::SpecText { text, place }) if block.text.is_none() => {
                block.text = Some((text.clone(), place.clone()));
            }
            What::Test(TestLine::Process(process)) => block.process = block.process.or(Some(*process)),
            _ => {}
        }
    }
    blocks.push(block);
}

/// The zone of stamps that carry none: they stand among stamps that do. Offsets are whole quarters of an hour.
fn zone_of(sightings: &[Sighting], blocks: &[Block]) -> Option<Nanos> {
    const QUARTER: Nanos = 900 * SECOND;
    let mut offsets = Vec::new();
    for block in blocks {
        let mut last_known: Option<Nanos> = None;
        for sighting in &sightings[block.range.clone()] {
            let Some(stamp) = sighting.stamp else { continue };
            match stamp.zone {
                Zone::Known => last_known = Some(stamp.at),
                Zone::Local => {
                    if let Some(known) = last_known {
                        let apart = stamp.at - known;
                        offsets.push((apart + QUARTER / 2).div_euclid(QUARTER) * QUARTER);
                    }
                }
                Zone::TimeOfDay => {}
            }
        }
    }
    offsets.sort_unstable();
    offsets.get(offsets.len() / 2).copied()
}

/// A stamp of the test output on the test host's clock, UTC. `near` gives the date of a time of day.
pub fn on_test_host(stamp: Stamp, zone: Option<Nanos>, near: Option<Nanos>) -> Option<Instant> {
    const DAY: Nanos = 86_400 * SECOND;
    match stamp.zone {
        Zone::Known => Some(stamp.instant()),
        Zone::Local => Some(Stamp { at: stamp.at.checked_sub(zone?)?, ..stamp }.instant()),
        Zone::TimeOfDay => {
            let near = near?;
            let midnight = (near.checked_add(zone?)?).div_euclid(DAY) * DAY;
            let at = [-DAY, 0, DAY]
                .into_iter()
                .filter_map(|shift| midnight.checked_add(shift)?.checked_add(stamp.at)?.checked_sub(zone?))
                .min_by_key(|at| (at - near).abs())?;
            Some(Stamp { at, ..stamp }.instant())
        }
    }
}

/// Sets the zone of a suite whose stamps carry none, and what hangs on it.
pub fn set_zone(files: &[LogFile], output: &mut TestOutput, suite: usize, zone: Nanos) {
    output.suites[suite].zone = Some(zone);
    set_spans(files, output);
    output.failed = failures(files, output);
}

fn span(sightings: &[Sighting], zone: Option<Nanos>, near: Option<Nanos>) -> Option<(Nanos, Nanos)> {
    let mut span: Option<(Nanos, Nanos)> = None;
    for stamp in sightings.iter().filter_map(|sighting| sighting.stamp) {
        let Some(at) = on_test_host(stamp, zone, near) else { continue };
        let (Some(lo), Some(hi)) = (at.lo(), at.hi()) else { continue };
        span = Some(span.map_or((lo, hi), |(first, last)| (first.min(lo), last.max(hi))));
    }
    span
}

fn failures(files: &[LogFile], output: &TestOutput) -> Vec<Failed> {
    let mut failed: Vec<Failed> = output
        .blocks
        .iter()
        .enumerate()
        .filter(|(_, block)| block.suite.is_some())
        .filter_map(|(index, block)| {
            let zone = block.suite.and_then(|suite| output.suites[suite].zone);
            failure(index, block, &files[block.file].sightings, zone)
        })
        .collect();
    failed.sort_by_key(|failed| (failed.collateral, failed.deadline.map_or(Nanos::MAX, Instant::key), failed.block));
    failed
}

/// Code of Go itself or of a module that the project uses. Packages of the standard library have no dot in their first
/// part, as the name of a host has.
fn is_foreign(at: &CodePlace) -> bool {
    let of_go = |root| {
        at.file
            .split_once(root)
            .is_some_and(|(_, package)| package.split('/').next().is_some_and(|part| !part.contains('.')))
    };
    at.file.contains("/pkg/mod/") || of_go("/go/src/") || of_go("/libexec/src/")
}

/// The innermost frame of a panic's stack that is of the project.
fn own_frame(lines: &[Sighting]) -> Option<CodePlace> {
    lines.iter().find_map(|sighting| match &sighting.what {
        What::Test(TestLine::Frame { at }) if !is_foreign(at) => Some(at.clone()),
        _ => None,
    })
}

fn failure(index: usize, block: &Block, sightings: &[Sighting], zone: Option<Nanos>) -> Option<Failed> {
    let lines = &sightings[block.range.clone()];
    let header = block.header.as_ref();
    let in_timeline = lines.iter().find_map(|sighting| match &sighting.what {
        What::Test(TestLine::FailedIn { outcome, node, at }) => Some((*outcome, node, at, sighting)),
        _ => None,
    });
    // A block whose header was cut off still shows that its spec failed.
    let outcome = header.map(|header| header.outcome).or(in_timeline.map(|(outcome, ..)| outcome))?;
    if matches!(outcome, Outcome::Passed | Outcome::Flaky | Outcome::Skipped | Outcome::Pending) {
        return None;
    }
    let body = lines.iter().find_map(|sighting| match &sighting.what {
        What::Test(TestLine::Failure { message, .. }) => Some((message, sighting.line)),
        _ => None,
    });
    // Where the message is missing, the line that says how the spec ended stands for it.
    let ended_at = header.map(|_| block.header_line).or(in_timeline.map(|(.., sighting)| sighting.line))?;
    let at_end = lines.iter().rev().find_map(|sighting| match &sighting.what {
        What::Test(TestLine::FailureAt { node, at }) => Some((node, at, sighting)),
        _ => None,
    });
    let suite_node = header.map(|header| &header.node).filter(|node| !node.is_empty());
    let stamp = in_timeline.and_then(|(.., sighting)| sighting.stamp).or(at_end.and_then(|(.., at)| at.stamp));
    let message = body.map_or_else(|| Text::from(""), |(message, _)| message.clone());
    let (name, text) = match (suite_node, &block.text) {
        (Some(node), _) => (node.clone(), format!("[{node}]")),
        (None, Some((text, _))) => (node_of(in_timeline.map(|(_, node, ..)| node), at_end, text), spec_text(text)),
        (None, None) => (Text::from("It"), String::new()),
    };
    let repeats = suite_node.is_some() && message.contains("failed on Ginkgo parallel process");
    let victim = matches!(outcome, Outcome::Interrupted | Outcome::Aborted)
        || (outcome == Outcome::TimedOut && message.contains("suite timeout"));
    let location = in_timeline.map(|(_, _, at, _)| at.clone()).or(at_end.map(|(_, at, _)| at.clone()));
    let nearest = location.clone().filter(|at| !is_foreign(at)).or_else(|| own_frame(lines));
    Some(Failed {
        block: index,
        outcome,
        node: name,
        text,
        location,
        nearest,
        timed_out_after: message
            .strip_prefix("Timed out after ")
            .and_then(|rest| crate::formats::time::go_duration(rest.split_whitespace().next()?.trim_end_matches('.')))
            .filter(|window| believed_length(*window)),
        message_at: At { file: block.file, line: body.map_or(ended_at, |(_, line)| line) },
        message,
        deadline: stamp.and_then(|stamp| on_test_host(stamp, zone, block.span.map(|(_, last)| last))),
        took: header.and_then(|header| header.took),
        collateral: victim || repeats,
        repeats,
    })
}

/// The node that failed: from the timeline, else from the location line, else from the tag in the spec text.
fn node_of(in_timeline: Option<&Text>, at_end: Option<(&Text, &CodePlace, &Sighting)>, text: &Text) -> Text {
    if let Some(node) = in_timeline.or(at_end.map(|(node, ..)| node)) {
        return node.clone();
    }
    let tagged = text.split('[').nth(1).and_then(|rest| rest.split(']').next());
    Text::from(tagged.unwrap_or("It"))
}

/// The spec's text without its node tag (`[It]`) and its labels at the end.
pub fn spec_text(text: &str) -> String {
    let without_labels = match text.rfind(" [") {
        Some(at) if text.ends_with(']') => &text[..at],
        _ => text,
    };
    let mut words = String::with_capacity(without_labels.len());
    for word in without_labels.split(' ') {
        let tag = word.strip_prefix('[').and_then(|word| word.strip_suffix(']'));
        let is_node = tag.is_some_and(|tag| {
            matches!(
                tag,
                "It" | "BeforeEach"
                    | "AfterEach"
                    | "BeforeAll"
                    | "AfterAll"
                    | "JustBeforeEach"
                    | "JustAfterEach"
                    | "DeferCleanup"
            )
        });
        if !is_node {
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(word);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::MILLISECOND;

    #[test]
    fn a_spec_text_loses_its_tag_and_its_labels() {
        let text = "Severity BR-SP-105: Audit [It] should emit 'a.b' with [both] parts [integration, audit]";
        assert_eq!(spec_text(text), "Severity BR-SP-105: Audit should emit 'a.b' with [both] parts");
    }

    #[test]
    fn a_time_of_day_takes_the_nearest_date() {
        // 23:59:59.900 in a zone five hours west, seen near 05:00:00.1 UTC of the next day.
        let stamp = Stamp { at: 86_399_900 * MILLISECOND, precision: 1_000_000, zone: Zone::TimeOfDay };
        let near = 1_768_453_200 * SECOND + 100 * MILLISECOND; // 2026-01-15T05:00:00.1Z
        let at = on_test_host(stamp, Some(-5 * 3600 * SECOND), Some(near)).unwrap();
        assert_eq!(at.lo(), Some(near - 200 * MILLISECOND));
    }
}
