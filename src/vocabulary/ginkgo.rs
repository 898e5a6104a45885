//! Test output as Ginkgo's default reporter prints it (v2.27 to v2.32), parallel blocks and serial stream.
//!
//! The reporter's text is the only one that needs the lines before: a spec's text stands above its location, and a
//! failure's message has several lines. The state is small and ends at each delimiter.

use std::sync::LazyLock;

use memchr::memmem;

use super::code_places::{code_place, frame};
use super::{Names, bare, looks};
use crate::formats::time;
use crate::instant::{Nanos, SECOND, Stamp, believed_length};
use crate::sighting::{CodePlace, Header, Outcome, Sighting, TestLine, Text, What};

/// Reads test output line by line.
#[derive(Debug, Clone, Default)]
pub struct Ginkgo {
    previous: String,
    /// Number of that line.
    previous_line: u32,
    body: Option<Body>,
    in_summary: bool,
    unknown: Unknown,
}

/// What is not known in the midst of a file.
#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "four independent facts, read by name")]
struct Unknown {
    /// The line before.
    previous: bool,
    /// What a line says hung on it.
    previous_asked: bool,
    /// Whether a summary is being printed; taken for none.
    in_summary: bool,
    /// What a line says hung on it.
    in_summary_asked: bool,
}

/// A failure's message, while it is being printed.
#[derive(Debug, Clone)]
struct Body {
    line: u32,
    outcome: Outcome,
    text: String,
    lines: usize,
}

/// Lines above a location in which the text of its spec is looked for. Nothing is printed between the two, unless a
/// container writes to the same terminal.
pub const NEAR: u32 = 16;
/// A message can quote a whole response; what a reader needs stands first.
const BODY_LINES: usize = 60;
const BODY_BYTES: usize = 64 << 10;
/// What a line that no server answered says. Searched for in every line that is nothing else, so by the word they share.
const UNREACHABLE: [&str; 2] = ["Connection failed (Get ", "health check failed for "];
static FAILED: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("failed "));

const DELIMITER: &str = "------------------------------";

impl Ginkgo {
    /// In the midst of a file, without the lines before.
    pub fn later() -> Self {
        Self { unknown: Unknown { previous: true, in_summary: true, ..Unknown::default() }, ..Self::default() }
    }

    /// Goes on to the end of `next`, which was read without the lines before; its first line is number `before` + 1.
    /// False, and nothing is changed, where these lines would have mattered.
    pub fn join(&mut self, next: Self, before: u32) -> bool {
        let wrong = next.unknown.previous_asked || (self.in_summary && next.unknown.in_summary_asked);
        if self.body.is_some() || wrong {
            return false;
        }
        if !next.unknown.previous {
            self.previous = next.previous;
            self.previous_line = next.previous_line.saturating_add(before);
            self.unknown.previous = false;
        }
        if !next.unknown.in_summary {
            self.in_summary = next.in_summary;
            self.unknown.in_summary = false;
        }
        self.body = next.body.map(|body| Body { line: body.line.saturating_add(before), ..body });
        true
    }

    fn in_summary(&mut self) -> bool {
        self.unknown.in_summary_asked |= self.unknown.in_summary;
        self.in_summary
    }

    fn set_in_summary(&mut self, in_summary: bool) {
        self.in_summary = in_summary;
        self.unknown.in_summary = false;
    }

    /// Reads one line without colour and indent; returns whether it was recognised.
    pub fn read(&mut self, line: &str, number: u32, names: &mut Names, found: &mut Vec<Sighting>) -> bool {
        let text = line.trim_end();
        if self.continue_body(text, names, found) {
            return true;
        }
        let before = found.len();
        self.recognise(text, number, names, found);
        self.pass(text, number);
        found.len() > before || self.body.is_some()
    }

    /// Notes a line that says nothing by itself: a location can follow.
    pub fn pass(&mut self, line: &str, number: u32) {
        let text = line.trim_end();
        if !text.is_empty() {
            self.previous.clear();
            self.previous.push_str(text);
            self.previous_line = number;
            self.unknown.previous = false;
        }
    }

    /// So many lines stand before the file that this read.
    pub fn move_down(&mut self, lines: u32) {
        self.previous_line = self.previous_line.saturating_add(lines);
        if let Some(body) = &mut self.body {
            body.line = body.line.saturating_add(lines);
        }
    }

    /// Line of the failure whose message is still being printed.
    pub fn open_line(&self) -> Option<u32> {
        self.body.as_ref().map(|body| body.line)
    }

    /// After this line nothing hangs on the lines before it.
    pub fn settles(line: &str) -> bool {
        line.trim_end() == DELIMITER
    }

    /// Ends what the end of the file cut.
    pub fn finish(&mut self, names: &mut Names, found: &mut Vec<Sighting>) {
        self.end_body(names, found);
    }

    /// True when the line belongs to the failure message that is being read.
    fn continue_body(&mut self, text: &str, names: &mut Names, found: &mut Vec<Sighting>) -> bool {
        let Some(body) = &mut self.body else { return false };
        let ends = text == DELIMITER || text.starts_with("In [") || text == "Full Stack Trace";
        if ends {
            let panicked = body.outcome == Outcome::Panicked && text.starts_with("In [");
            if !panicked {
                self.end_body(names, found);
            }
            return false;
        }
        if text == "<< Timeline" || text == "Timeline >>" || text.starts_with("There were additional failures") {
            self.end_body(names, found);
            return false;
        }
        if body.lines < BODY_LINES && body.text.len() < BODY_BYTES && !text.is_empty() {
            body.text.push('\n');
            body.text.push_str(text);
            body.lines += 1;
        }
        true
    }

    fn end_body(&mut self, names: &mut Names, found: &mut Vec<Sighting>) {
        if let Some(body) = self.body.take() {
            let message = names.prose(&body.text);
            let said = TestLine::Failure { outcome: body.outcome, message };
            found.push(Sighting { line: body.line, stamp: None, read_at: None, what: What::Test(said) });
        }
    }

    fn recognise(&mut self, text: &str, number: u32, names: &mut Names, found: &mut Vec<Sighting>) {
        let mut add = |stamp: Option<Stamp>, said: TestLine| {
            found.push(Sighting { line: number, stamp, read_at: None, what: What::Test(said) });
        };
        if let Some((stamp, look)) = looks::read(text, names) {
            return add(stamp, look);
        }
        let Some(first) = text.chars().next() else { return };
        match first {
            '-' if text == DELIMITER => add(None, TestLine::Delimiter),
            '•' | '↺' | 'S' | 'P' | '[' if header(text).is_some() => {
                let (node, outcome, took) = header(text).expect("checked by the guard");
                add(None, TestLine::Header(Header { node: names.text(node), outcome, took }));
            }
            'S' if text.starts_with("STEP: ") => {
                let (said, stamp) = stamped(&text["STEP: ".len()..]);
                add(stamp, TestLine::Step { text: names.prose(said) });
            }
            'S' if text.starts_with("Summarizing ") => self.set_in_summary(true),
            'I' if text.starts_with("In [") => {
                if let Some((node, at, stamp)) = failure_at(text, names) {
                    add(stamp, TestLine::FailureAt { node, at });
                }
            }
            '[' => {
                if let Some((outcome, rest)) = outcome_tag(text) {
                    if let Some((node, at, stamp)) = failed_in(rest, names) {
                        add(stamp, TestLine::FailedIn { outcome, node, at });
                    } else if self.in_summary() {
                        add(None, TestLine::Summary { outcome, text: names.prose(rest) });
                    } else {
                        let mut message = rest.to_owned();
                        if message.is_empty() {
                            message.push_str("(no message)");
                        }
                        self.body = Some(Body { line: number, outcome, text: message, lines: 1 });
                    }
                } else if let Some(process) = text.strip_prefix("[Process ").and_then(|rest| rest.split(']').next())
                    && let Ok(process) = process.trim().parse()
                {
                    add(None, TestLine::Process(process));
                }
            }
            _ => {
                if let Some(said) = self.other(text, number, names) {
                    add(None, said);
                }
            }
        }
    }

    fn other(&mut self, text: &str, number: u32, names: &mut Names) -> Option<TestLine> {
        if let Some(at) = frame(text, names) {
            return Some(TestLine::Frame { at });
        }
        if let Some(place) = code_place(text, names) {
            self.unknown.previous_asked |= self.unknown.previous;
            let far = number.saturating_sub(self.previous_line) > NEAR;
            if self.in_summary() || self.previous.is_empty() || self.previous == DELIMITER || far {
                return None;
            }
            return Some(TestLine::SpecText { text: names.prose(&self.previous), place });
        }
        let said = bare(text);
        // Most lines fail at their first letter.
        if !matches!(said.as_bytes().first(), Some(b'R' | b'W' | b'F' | b'S' | b'C')) {
            return unreachable(text, names);
        }
        if let Some(name) = text.strip_prefix("Running Suite: ") {
            self.set_in_summary(false);
            return Some(TestLine::SuiteStarted { name: names.text(name.split(" - ").next().unwrap_or(name)) });
        }
        if let Some(seed) = text.strip_prefix("Random Seed: ") {
            return seed.split(' ').next()?.parse().ok().map(TestLine::Seed);
        }
        if let Some(rest) = text.strip_prefix("Running in parallel across ") {
            return rest.split(' ').next()?.parse().ok().map(TestLine::Processes);
        }
        if let Some(rest) = text.strip_prefix("Will run ") {
            return rest.split(" of ").nth(1)?.split(' ').next()?.parse().ok().map(|total| TestLine::WillRun { total });
        }
        if text.starts_with("Ran ") && text.contains(" Specs in ") {
            return ran(text);
        }
        if text.starts_with("FAIL!") || text.starts_with("SUCCESS!") {
            return totals(text, names);
        }
        if let Some((_, object)) = said.strip_prefix("Created ").and_then(|rest| rest.split_once(": ")) {
            let (_, name) = object.split_once('/')?;
            return (!name.contains(' ')).then(|| TestLine::Created { name: names.text(name) });
        }
        if let Some(folder) = said.strip_prefix("Collecting container logs to ") {
            let folder = folder.trim_end_matches(['.', '/']);
            return Some(TestLine::MustGather { folder: names.text(folder) });
        }
        unreachable(text, names)
    }
}

fn unreachable(text: &str, names: &mut Names) -> Option<TestLine> {
    FAILED.find(text.as_bytes())?;
    let refused = UNREACHABLE.iter().any(|said| text.contains(said));
    refused.then(|| TestLine::ServerUnreachable { error: names.prose(bare(text)) })
}

/// `[FAILED]` and its kin at the start of a line, and what follows.
fn outcome_tag(text: &str) -> Option<(Outcome, &str)> {
    let (tag, rest) = text.strip_prefix('[')?.split_once(']')?;
    Some((outcome(tag)?, rest.trim_start()))
}

fn outcome(tag: &str) -> Option<Outcome> {
    Some(match tag {
        "FAILED" | "FAIL" => Outcome::Failed,
        "INTERRUPTED" => Outcome::Interrupted,
        "TIMEDOUT" => Outcome::TimedOut,
        "PANICKED" | "PANICKED!" => Outcome::Panicked,
        "ABORTED" => Outcome::Aborted,
        "SKIPPED" => Outcome::Skipped,
        "PENDING" => Outcome::Pending,
        _ => return None,
    })
}

/// A block's header: node (empty for a spec), outcome, duration.
fn header(text: &str) -> Option<(&str, Outcome, Option<Nanos>)> {
    if let Some(rest) = text.strip_prefix("↺ [FLAKEY TEST") {
        return Some(("", Outcome::Flaky, took(rest.split_once("] ")?.1)));
    }
    if let Some(rest) = text.strip_prefix("• ") {
        let rest = rest.trim_start();
        return match outcome_tag(rest) {
            Some((outcome, rest)) => Some(("", outcome, took(rest))),
            None => took(rest).map(|took| ("", Outcome::Passed, Some(took))),
        };
    }
    if let Some(rest) = text.strip_prefix("S [SKIPPED]") {
        return Some(("", Outcome::Skipped, took(rest.trim_start())));
    }
    if text.starts_with("P [PENDING]") {
        return Some(("", Outcome::Pending, None));
    }
    let (node, rest) = text.strip_prefix('[')?.split_once("] ")?;
    if let Some(rest) = rest.strip_prefix("PASSED ") {
        return Some((node, Outcome::Passed, Some(took(rest)?)));
    }
    let (outcome, rest) = outcome_tag(rest)?;
    Some((node, outcome, Some(took(rest)?)))
}

/// `[31.972 seconds]`
fn took(text: &str) -> Option<Nanos> {
    decimal_seconds(text.strip_prefix('[')?.strip_suffix(" seconds]")?)
}

/// Seconds with up to nine decimals, exactly.
pub(super) fn decimal_seconds(text: &str) -> Option<Nanos> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: Nanos = whole.parse().ok().filter(|whole| *whole >= 0)?;
    if fraction.len() > 9 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let nanos: Nanos = format!("{fraction:0<9}").parse().ok()?;
    whole.checked_mul(SECOND)?.checked_add(nanos).filter(|nanos| believed_length(*nanos))
}

/// Splits `text @ 01/14/26 14:35:15.8`.
fn stamped(text: &str) -> (&str, Option<Stamp>) {
    match text.rsplit_once(" @ ") {
        Some((said, stamp)) => match time::ginkgo(stamp.trim()) {
            Some(stamp) => (said, Some(stamp)),
            None => (text, None),
        },
        None => (text, None),
    }
}

/// `in [It] - path:line @ stamp`
fn failed_in(rest: &str, names: &mut Names) -> Option<(Text, CodePlace, Option<Stamp>)> {
    let (node, rest) = rest.strip_prefix("in [")?.split_once("] - ")?;
    let (place, stamp) = stamped(rest);
    Some((names.text(node), code_place(place, names)?, stamp))
}

/// `In [It] at: path:line @ stamp`
fn failure_at(text: &str, names: &mut Names) -> Option<(Text, CodePlace, Option<Stamp>)> {
    let (node, rest) = text.strip_prefix("In [")?.split_once("] at: ")?;
    let (place, stamp) = stamped(rest);
    Some((names.text(node), code_place(place, names)?, stamp))
}

/// `Ran 87 of 92 Specs in 95.838 seconds`
fn ran(text: &str) -> Option<TestLine> {
    let mut words = text.split(' ');
    let ran = words.nth(1)?.parse().ok()?;
    let of = words.nth(1)?.parse().ok()?;
    let seconds = decimal_seconds(words.nth(2)?)?;
    Some(TestLine::Ran { ran, of, seconds })
}

/// `FAIL! - Suite Timeout Elapsed -- 85 Passed | 2 Failed | 2 Pending | 3 Skipped`
fn totals(text: &str, names: &mut Names) -> Option<TestLine> {
    if text.contains("node failed so all tests were skipped") {
        return Some(TestLine::SuiteNodeFailed);
    }
    let (head, counts) = text.split_once(" -- ")?;
    let note = head.split_once(" - ").map_or("", |(_, note)| note);
    let count =
        |name: &str| counts.split('|').find_map(|part| part.trim().strip_suffix(name)?.trim().parse::<u32>().ok());
    Some(TestLine::Totals {
        passed: count("Passed")?,
        failed: count("Failed")?,
        flaked: count("Flaked").unwrap_or(0),
        pending: count("Pending").unwrap_or(0),
        skipped: count("Skipped").unwrap_or(0),
        note: names.text(note),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::MILLISECOND;

    fn read(lines: &str) -> Vec<TestLine> {
        let (mut ginkgo, mut names, mut found) = (Ginkgo::default(), Names::default(), Vec::new());
        for (line, number) in lines.lines().zip(1..) {
            ginkgo.read(line.trim_start(), number, &mut names, &mut found);
        }
        ginkgo.finish(&mut names, &mut found);
        found
            .into_iter()
            .map(|sighting| match sighting.what {
                What::Test(said) => said,
                other => panic!("not test output: {other:?}"),
            })
            .collect()
    }

    #[test]
    fn headers_of_specs_and_suite_nodes() {
        assert_eq!(header("• [0.301 seconds]"), Some(("", Outcome::Passed, Some(301 * MILLISECOND))));
        assert_eq!(header("• [FAILED] [31.972 seconds]"), Some(("", Outcome::Failed, Some(31_972 * MILLISECOND))));
        assert_eq!(
            header("[SynchronizedBeforeSuite] [FAILED] [60.061 seconds]"),
            Some(("SynchronizedBeforeSuite", Outcome::Failed, Some(60_061 * MILLISECOND)))
        );
        assert_eq!(header("[SynchronizedBeforeSuite] "), None);
        assert_eq!(header("[FAILED] Timed out after 2.801s."), None);
    }

    #[test]
    fn a_failure_of_several_lines_is_one_message() {
        let said = read(
            "[FAILED] Timed out after 2.801s.\nExpected\n    <int>: 0\nto equal\n    <int>: 1\n\
             In [It] at: /src/a_test.go:306 @ 11/24/26 13:46:44.215",
        );
        let [TestLine::Failure { message, .. }, TestLine::FailureAt { at, .. }] = said.as_slice() else {
            panic!("{said:?}")
        };
        assert!(message.starts_with("Timed out after 2.801s.\nExpected\n"));
        assert_eq!(at.line, 306);
    }

    #[test]
    fn a_panic_names_its_reason_after_its_location() {
        let said = read(
            "[PANICKED] Test Panicked\nIn [It] at: /usr/local/go/src/runtime/panic.go:860 @ 11/24/26 13:52:05.877\n\n\
             send on closed channel\n\nFull Stack Trace\npanic({0x1bc25c0?, 0x1f81380?})\n\
             \t/usr/local/go/src/runtime/panic.go:860 +0x13a\n\
             github.com/jordigilh/kubernaut/pkg/audit.(*BufferedAuditStore).StoreAudit(0x1b25300dc420)\n\
             \t/src/kubernaut/pkg/audit/store.go:203 +0x47d\n",
        );
        let Some(TestLine::Failure { message, .. }) = said.iter().find(|said| matches!(said, TestLine::Failure { .. }))
        else {
            panic!("{said:?}")
        };
        assert!(message.ends_with("send on closed channel"), "{message}");
        let frames = said.iter().filter_map(|said| match said {
            TestLine::Frame { at } => Some((&*at.file, at.line)),
            _ => None,
        });
        let expected = [("/usr/local/go/src/runtime/panic.go", 860), ("/src/kubernaut/pkg/audit/store.go", 203)];
        assert_eq!(frames.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn totals_with_a_note() {
        let said = read("FAIL! - Suite Timeout Elapsed -- 10 Passed | 5 Failed | 0 Pending | 3 Skipped");
        let [TestLine::Totals { passed: 10, failed: 5, skipped: 3, note, .. }] = said.as_slice() else {
            panic!("{said:?}")
        };
        assert_eq!(&**note, "Suite Timeout Elapsed");
    }
}
