//! Sums: `100ms + 50-200ms = 150-300ms` adds up.

use std::sync::LazyLock;

use regex::Regex;

use super::super::document::Part;
use super::super::quantity::{Length, count, spoken_range};
use super::{Case, Kind, Said, Source};
use crate::instant::Nanos;

/// Sums.
pub static SUMS: Kind = Kind { name: "sums", about: "written sums add up", examine };

static COUNT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?:^|[\s(*~])(\d[\d,]{0,12})\b").expect("a constant"));

fn examine(case: &Case<'_>) -> Vec<Said> {
    let lines = case.lines().filter(|line| line.says() || line.part == Part::Code);
    lines.filter_map(|line| judge(line.number, line.part, &line.plain())).collect()
}

fn judge(line: u32, part: Part, text: &str) -> Option<Said> {
    // In code only what a comment says.
    let text = if part == Part::Code { text.split_once("//")?.1 } else { text };
    let (left, right) = text.split_once(" = ")?;
    let (sum, total) = if left.contains(" + ") { (left, right) } else { (right, left) };
    let total_text = if left.contains(" + ") { right } else { total };
    if !sum.contains(" + ") || total_text.contains(" + ") || right.contains(" = ") {
        return None;
    }
    let parts: Vec<&str> = sum.split(" + ").collect();
    let lengths: Vec<Vec<Length>> = parts.iter().map(|part| Length::all(part)).collect();
    if let (true, [total, ..]) = (lengths.iter().all(|part| part.len() == 1), Length::all(total_text).as_slice()) {
        let parts: Vec<&Length> = lengths.iter().flatten().collect();
        let (lo, hi) = (parts.iter().map(|part| part.lo).sum(), parts.iter().map(|part| part.hi).sum());
        // What is added is exact as written; only a total with fewer digits may be rounded.
        let finer = parts.iter().any(|part| part.step < total.step);
        let slack = if total.loose { total.hi / 4 } else { Nanos::from(finer) * (total.step - 1) };
        let near = |a: Nanos, b: Nanos| (a - b).abs() <= slack;
        let held = near(lo, total.lo) && near(hi, total.hi);
        return Some(of(line, text, held, &spoken_range(lo, hi), &spoken_range(total.lo, total.hi)));
    }
    if lengths.iter().any(|part| !part.is_empty()) {
        return None;
    }
    let one = |text: &str| {
        let mut found = COUNT.captures_iter(text);
        let first = found.next().and_then(|found| count(&found[1]));
        first.filter(|_| found.next().is_none())
    };
    let sum: Option<u64> = parts.iter().map(|part| one(part)).sum();
    let (sum, total) = (sum?, one(total_text)?);
    Some(of(line, text, sum == total, &sum.to_string(), &total.to_string()))
}

fn of(line: u32, text: &str, held: bool, expected: &str, found: &str) -> Said {
    let by = vec![Source::Line(line)];
    let said = text.trim();
    if held { Said::holds(line, said, by) } else { Said::contradicted(line, said, expected, found, by) }
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::*;

    fn held(text: &str) -> Option<bool> {
        Some(matches!(judge(1, Part::Prose, text)?.outcome, Outcome::Holds { .. }))
    }

    #[test]
    fn ends_of_ranges_are_added() {
        assert_eq!(held("100ms (flush) + 50-200ms (write) = 150-300ms minimum"), Some(true));
        assert_eq!(held("(100ms interval + 200ms safety = 350ms)"), Some(false));
        assert_eq!(held("72 buffered = 70 written + 2 lost"), Some(true));
        assert_eq!(held("72 buffered = 70 written + 3 lost"), Some(false));
        assert_eq!(held("a = b"), None);
    }
}
