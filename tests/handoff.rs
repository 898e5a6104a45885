//! The handoff document beside the JSON report: every number of the one is in the other, raw or rounded as
//! `render/times.rs` says, and every claim has a place or names the field that it is read from.
//!
//! The small bundle of `tests/bundle` and the scenarios are always walked; with `HANDOFF_BUNDLES=FOLDER` every bundle
//! below it as well.

mod bundle;
mod session;

use std::collections::{BTreeSet, HashSet};
use std::env;
use std::path::PathBuf;

use bundle::Words;
use chrono::DateTime;
use serde_json::Value;
use whylate::render::{Form, Style, find};
use whylate::report::Report;
use whylate::{Options, analyze};

fn rendered(report: &Report, name: &str) -> String {
    let Form::Document(render) = find(name).expect("a registered name").form else { panic!("a document") };
    let mut out = Vec::new();
    render(report, &Style::default(), &mut out).expect("a Vec takes everything");
    String::from_utf8(out).expect("UTF-8")
}

/// All that a document may draw upon.
#[derive(Default)]
struct Known {
    integers: HashSet<i64>,
    lengths: BTreeSet<i64>,
    times: BTreeSet<i64>,
    words: HashSet<String>,
    strings: Vec<String>,
    keys: HashSet<String>,
    places: Vec<(String, i64, Option<i64>)>,
}

/// The marks around a word in a sentence.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| {
        matches!(c, '(' | ')' | ',' | ';' | ':' | '*' | '|' | '[' | ']' | '"' | '\'' | '.' | '?')
    })
}

impl Known {
    fn of(json: &Value) -> Self {
        let mut known = Self::default();
        known.take(json);
        for failure in json["failures"].as_array().into_iter().flatten() {
            known.looks(&failure["looks"]);
        }
        for clock in json["clocks"].as_array().into_iter().flatten() {
            // Two clocks agree within the larger of both ends.
            known.lengths.extend(clock["offset"]["lo_ns"].as_i64().map(|lo| -lo));
        }
        // The limit of a normal write, of the checklist; the rules say where it comes from.
        known.lengths.insert(1_000_000_000);
        known
    }

    fn take(&mut self, value: &Value) {
        match value {
            Value::Number(number) => self.integers.extend(number.as_i64()),
            Value::String(text) => {
                self.words.extend(text.split_whitespace().map(|word| bare(word).to_owned()));
                self.times.extend(DateTime::parse_from_rfc3339(text).ok().and_then(|at| at.timestamp_nanos_opt()));
                self.strings.push(text.clone());
            }
            Value::Array(rows) => {
                self.integers.extend(i64::try_from(rows.len()));
                for row in rows {
                    self.take(row);
                }
            }
            Value::Object(fields) => {
                for end in ["lo_ns", "hi_ns"] {
                    self.lengths.extend(fields.get(end).and_then(Value::as_i64));
                }
                if let (Some(file), Some(line)) = (fields.get("file"), fields.get("line")) {
                    let file = file.as_str().expect("a name").to_owned();
                    let to = fields.get("to_line").and_then(Value::as_i64);
                    self.places.push((file, line.as_i64().expect("a line"), to));
                }
                for (key, value) in fields {
                    self.keys.insert(key.clone());
                    self.words.insert(key.clone());
                    self.take(value);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// What is summed up of the looks: from the first to the last, how many, and how many places they have.
    fn looks(&mut self, looks: &Value) {
        let looks = looks.as_array().expect("an array");
        let ends = |look: Option<&Value>| -> Vec<i64> {
            let of = |end: &str| DateTime::parse_from_rfc3339(look?["at"][end].as_str()?).ok()?.timestamp_nanos_opt();
            [of("lo"), of("hi")].into_iter().flatten().collect()
        };
        for from in ends(looks.first()) {
            self.lengths.extend(ends(looks.last()).into_iter().map(|to| to - from));
        }
        self.integers.extend((0..=looks.len()).filter_map(|count| i64::try_from(count).ok()));
        let places: usize = looks.iter().map(|look| look["places"].as_array().map_or(0, Vec::len)).sum();
        self.integers.extend(i64::try_from(places));
    }

    fn place(&self, name: &str) -> bool {
        let Some((file, lines)) = name.rsplit_once(':') else { return false };
        let (line, to) = lines.split_once('-').map_or((lines, None), |(line, to)| (line, to.parse().ok()));
        let Ok(line) = line.parse::<i64>() else { return false };
        self.places.iter().any(|(of, from, end)| of.ends_with(file) && *from == line && (to.is_none() || *end == to))
    }

    /// A code span: a place, something that the report says, a field of it, or a command.
    fn code(&self, span: &str) -> bool {
        let span = span.trim();
        let said = |text: &str| self.strings.iter().any(|string| string.contains(text));
        // A setting is named by its component.
        let both = span.split_once(' ').is_some_and(|(source, name)| said(source) && said(name));
        self.place(span) || self.keys.contains(span) || span.starts_with("--") || said(span) || both
    }
}

/// A decimal number as a multiple of its last digit, and how many digits are after the point.
fn decimal(text: &str) -> Option<(i128, u32)> {
    let text = text.replace(',', "");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = u32::try_from(fraction.len()).ok()?;
    format!("{whole}{fraction}").parse().ok().map(|number| (number, digits))
}

/// `end` of a range is rounded outwards to tens or hundreds where the range is that wide.
fn is_length(known: &Known, number: &str, unit: &str, end: bool) -> bool {
    let nanos: i128 = match unit {
        "s" => 1_000_000_000,
        "ms" => 1_000_000,
        "µs" => 1_000,
        "ns" => 1,
        _ => return false,
    };
    let Some((number, digits)) = decimal(number) else { return false };
    let scale = 10_i128.pow(digits);
    let step = [100, 10].into_iter().find(|step| end && digits == 0 && number % step == 0).unwrap_or(1);
    // Rounded up, down or to the nearest: less than one step away.
    known.lengths.iter().any(|length| (i128::from(*length) * scale - number * nanos).abs() < nanos * step)
}

/// `18:46:41.2` or `18:46:41.2–41.9`.
fn is_time(known: &Known, word: &str) -> bool {
    let (from, to) = word.split_once('–').map_or((word, None), |(from, to)| (from, Some(to)));
    let to = to.map(|to| match from.find('.').unwrap_or(from.len()).checked_sub(to.find('.').unwrap_or(to.len())) {
        Some(missing) => format!("{}{to}", &from[..missing]),
        None => to.to_owned(),
    });
    [Some(from.to_owned()), to].into_iter().flatten().all(|time| {
        let mut parts = time.splitn(3, ':');
        let (Some(hours), Some(minutes), Some(seconds)) = (parts.next(), parts.next(), parts.next()) else {
            return false;
        };
        let (Some((hours, 0)), Some((minutes, 0)), Some((seconds, digits))) =
            (decimal(hours), decimal(minutes), decimal(seconds))
        else {
            return false;
        };
        let scale = 10_i128.pow(digits);
        let shown = (hours * 3600 + minutes * 60) * scale + seconds;
        let day = 86_400 * 1_000_000_000_i128;
        known
            .times
            .iter()
            .any(|at| (i128::from(*at).rem_euclid(day) * scale - shown * 1_000_000_000).abs() < 1_000_000_000)
    })
}

/// The numbers of a line that the report does not have.
fn unknown<'a>(known: &Known, prose: &'a str) -> Vec<&'a str> {
    let words: Vec<&str> = prose.split_whitespace().collect();
    let mut wrong = Vec::new();
    for (at, raw) in words.iter().enumerate() {
        let word = bare(raw);
        if !word.contains(|c: char| c.is_ascii_digit()) || known.words.contains(word) || word == "2xx" {
            continue;
        }
        let after = |n: usize| words.get(at + n).map_or("", |word| bare(word));
        let number = |text: &str| decimal(text).is_some();
        let range: Vec<&str> = word.split('–').collect();
        // A range has one unit; a negative one is written with a word in between.
        let unit = if after(1) == "to" { after(3) } else { after(1) };
        let good = if range.iter().all(|end| number(end)) && ["s", "ms", "µs", "ns"].contains(&unit) {
            range.iter().all(|end| is_length(known, end, unit, range.len() > 1))
        } else if word.contains(':') {
            is_time(known, word)
        } else if let Some((count, 0)) = decimal(word) {
            let count = i64::try_from(count).expect("a count");
            // A list that is cut says how many are left: after 3, 20 or 200.
            let left = after(1) == "more" && [3, 20, 200].iter().any(|shown| known.integers.contains(&(count + shown)));
            known.integers.contains(&count) || left
        } else {
            known.strings.iter().any(|string| string.starts_with(word))
        };
        if !good {
            wrong.push(word);
        }
    }
    wrong
}

/// Code spans, and the text without them and without Markdown's escapes.
fn split(line: &str) -> (Vec<String>, String) {
    let plain = line.replace('\u{200b}', "").replace("&lt;", "").replace("&gt;", "").replace("&amp;", "&");
    let (mut spans, mut prose, mut rest) = (Vec::new(), String::new(), plain.as_str());
    while let Some(start) = rest.find('`').filter(|at| !rest[..*at].ends_with('\\')) {
        let fence = rest[start..].chars().take_while(|c| *c == '`').count();
        let inner = &rest[start + fence..];
        let Some(end) = inner.find(&"`".repeat(fence)) else { break };
        prose.push_str(&rest[..start]);
        prose.push(' ');
        spans.push(inner[..end].to_owned());
        rest = &inner[end + fence..];
    }
    prose.push_str(rest);
    (spans, prose.replace('\\', ""))
}

/// What a line is missing.
fn objections(known: &Known, document: &str) -> Vec<String> {
    let mut objections = Vec::new();
    let (mut section, mut code, mut head) = ("", false, true);
    for line in document.lines() {
        if line.starts_with("```") {
            code = !code;
        }
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        }
        // The command that reproduces the document holds a PATH, which is the caller's.
        if code || line.starts_with('#') || section == "Reproduce" {
            continue;
        }
        let item = line.trim_start().starts_with("- ");
        let numbered = line.split_once(". ").filter(|(number, _)| number.parse::<u32>().is_ok());
        let (spans, prose) = split(numbered.map_or(line, |(_, text)| text));
        objections.extend(spans.iter().filter(|span| !known.code(span)).map(|span| format!("`{span}` in: {line}")));
        objections.extend(unknown(known, &prose).iter().map(|number| format!("{number} in: {line}")));

        let row = line.starts_with('|') && !head && !line.starts_with("| --- |");
        head = !line.starts_with('|');
        let placed = spans.iter().any(|span| known.place(span) || known.keys.contains(span))
            || line.contains("in the JSON report");
        // What is awaited and how sure a cause is are told with the evidence below; a link that was not seen has none.
        let said = ["- **Waited for:**", "- **Cause:**", "- **Answer:**"].iter().any(|label| line.starts_with(label))
            || (line.starts_with("- `")
                && ["proven", "likely", "possible", "unknown"].iter().any(|sure| line.ends_with(sure)))
            || ["absent", "cannot be seen", "not by the end of the log"]
                .iter()
                .any(|state| line.contains(&format!("| {state} |")));
        let listed = matches!(
            section,
            "What the answer rests on" | "What the logs could not show" | "Pass rate" | "Server writes"
        );
        if (item || row || numbered.is_some()) && !placed && !said && !listed {
            objections.push(format!("no place in {section}: {line}"));
        }
    }
    objections
}

fn walk(paths: &[PathBuf]) -> (Known, String, Vec<String>) {
    let report = analyze(paths, &Options::default()).expect("a bundle that is recognised").report;
    let json: Value = serde_json::from_str(&rendered(&report, "json")).expect("JSON");
    let (known, document) = (Known::of(&json), rendered(&report, "handoff"));
    let objections = objections(&known, &document);
    (known, document, objections)
}

#[test]
fn every_number_is_in_the_report_and_every_claim_has_a_place() {
    let below = tempfile::tempdir().expect("a folder");
    let (_, document, objections) = walk(&[bundle::write(below.path(), &Words::default())]);
    assert!(document.contains("## Why the spec failed"), "{document}");
    assert_eq!(objections, Vec::<String>::new(), "{document}");
}

#[test]
fn a_false_number_and_a_claim_without_a_place_are_found() {
    let below = tempfile::tempdir().expect("a folder");
    let (known, _, _) = walk(&[bundle::write(below.path(), &Words::default())]);
    for wrong in [
        "- **Write:** slowest 777 ms (`services` in the JSON report)",
        "- **Write:** 31,415 writes (`services` in the JSON report)",
        "| 19:43:20.1–20.9 | flushed | `services` |",
        "- seen at (`integration-signalprocessing.log:4711`)",
        "- the server was slow",
    ] {
        assert_ne!(objections(&known, &format!("## Key findings\n\n{wrong}\n")), Vec::<String>::new(), "{wrong}");
    }
    let right = "- 1 write, slowest 56.8 ms, at 18:43:15.8 (`services` in the JSON report)";
    assert_eq!(objections(&known, &format!("## Key findings\n\n{right}\n")), Vec::<String>::new());
}

#[test]
fn every_scenario_holds_too() {
    let mut folders = vec![PathBuf::from("testdata/scenarios")];
    folders.extend(env::var_os("HANDOFF_BUNDLES").map(PathBuf::from));
    let (mut wrong, mut walked) = (Vec::new(), 0);
    for entry in folders.iter().flat_map(|folder| session::entries(folder)) {
        let names = ["bundle", "bundle.zip", "bundle.tar.gz"].map(|name| entry.join(name));
        let Some(path) = names.into_iter().find(|path| path.exists()) else { continue };
        let (_, _, objections) = walk(&[path]);
        wrong.extend(objections.into_iter().map(|text| format!("{}: {text}", entry.display())));
        walked += 1;
    }
    assert!(walked > 80, "{walked} bundles");
    assert_eq!(wrong, Vec::<String>::new(), "{} objections", wrong.len());
}
