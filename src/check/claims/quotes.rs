//! Quoted log lines: in a fence, or a field or a message between backticks.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::super::document::{Line, Part};
use super::super::search::{Hit, Quote, words};
use super::super::stamp::Stamp;
use super::{Case, Kind, NO_BUNDLE, Said, Source};

/// Quoted log lines.
pub static QUOTES: Kind = Kind { name: "quotes", about: "quoted log lines are in the bundle as quoted", examine };

static LOG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^\{"|"msg":|^\d{4}-\d\d-\d\d[T ]\d\d:\d\d|^(?:• )?\[(?:FAILED|TIMEDOUT|PANICKED|INTERRUPTED)\]|^Timed out after"#)
        .expect("a constant")
});
static SHORT_STAMP: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\d\d:\d\d(?::\d\d)?\b").expect("a constant"));
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#""?\b(?P<name>[a-z]+(?:_[a-z]+)*)"?[:=] ?"?(?P<value>\d[\w.]*)"#).expect("a constant")
});
static TICK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)\btick (?:number )?#?(\d+)").expect("a constant"));
static SPAN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"`([^`]+)`").expect("a constant"));

/// What a document quotes.
pub fn wanted(lines: &[&Line<'_>]) -> Vec<Quote> {
    let mut quotes = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let text = line.text.trim();
        match line.part {
            Part::Quote if LOG.is_match(text) => {
                let mut whole = text.to_owned();
                while let Some(next) = lines.get(at).filter(|next| goes_on(line, next)) {
                    whole.push(' ');
                    whole.push_str(next.text.trim());
                    at += 1;
                }
                quotes.extend(Quote::of(line.number, whole.trim_end_matches(['…', '.']), true));
            }
            Part::Quote => {
                let mut whole = text.to_owned();
                while let Some(next) = lines.get(at).filter(|next| SHORT_STAMP.is_match(text) && goes_on(line, next)) {
                    whole.push(' ');
                    whole.push_str(next.text.trim());
                    at += 1;
                }
                let stamp = Stamp::all(line.number, text).into_iter().find(|stamp| stamp.leads);
                quotes.extend(fields(line.number, &whole).map(|quote| quote.stamped(stamp)));
            }
            Part::Prose | Part::Row => {
                let ticks = TICK.captures_iter(line.text);
                let ticks = ticks.filter_map(|tick| {
                    Some(Quote::of(line.number, &format!("tick_number:{}", &tick[1]), false)?.shown_as(&tick[0]))
                });
                quotes.extend(ticks);
                for span in SPAN.captures_iter(line.text) {
                    quotes.extend(spanned(line.number, &span[1]));
                }
            }
            _ => {}
        }
    }
    quotes
}

/// A line that belongs to the one above: indented, and no quote of its own.
fn goes_on(first: &Line<'_>, next: &Line<'_>) -> bool {
    let text = next.text.trim_start();
    next.block == first.block
        && next.part == first.part
        && text.len() < next.text.len()
        && !LOG.is_match(text)
        && !SHORT_STAMP.is_match(text)
}

/// The fields of a line that is put in the author's own words.
fn fields(line: u32, text: &str) -> Option<Quote> {
    let tick = TICK.captures(text).map(|tick| format!("tick_number:{}", &tick[1]));
    let fields = FIELD.captures_iter(text).filter(|field| field["name"].contains('_') || is_known(&field["name"]));
    let fields: Vec<String> =
        tick.into_iter().chain(fields.map(|field| format!("{}:{}", &field["name"], &field["value"]))).collect();
    if fields.is_empty() {
        return None;
    }
    Some(Quote::of(line, &fields.join(", "), false)?.shown_as(text))
}

/// Names of fields that are one word.
fn is_known(name: &str) -> bool {
    matches!(name, "status" | "duration" | "count" | "total" | "limit" | "offset" | "attempt" | "drift")
}

/// A span of code that can be a field or a message.
fn spanned(line: u32, span: &str) -> Option<Quote> {
    let letters = span.split_whitespace().filter(|word| word.chars().all(char::is_alphabetic)).count();
    if letters >= 4 && !span.contains(['{', ';', '/']) {
        return Quote::of(line, span.trim_end_matches(['…', '.']), false);
    }
    let whole =
        FIELD.captures(span).is_some_and(|field| field.get(0).is_some_and(|f| f.len() + 2 >= span.trim().len()));
    whole.then(|| fields(line, span)).flatten()
}

fn examine(case: &Case<'_>) -> Vec<Said> {
    let Some((_, found)) = case.bundle else {
        let lines: Vec<_> = case.lines().collect();
        return wanted(&lines).into_iter().map(|quote| Said::unchecked(quote.line, quote.text, NO_BUNDLE)).collect();
    };
    found.quotes.iter().map(|(quote, hit)| judge(quote, hit, found.complete)).collect()
}

fn judge(quote: &Quote, hit: &Hit, complete: bool) -> Said {
    let said = quote.text.clone();
    if !hit.places.is_empty() {
        return Said::holds(quote.line, said, hit.places.iter().cloned().map(Source::Place).collect());
    }
    if let Some((_, place, text)) = &hit.nearest {
        let (mut expected, mut found) = difference(&quote.words, text);
        if found.is_empty() {
            // All words are there, at another time.
            let stamps: Vec<String> = Stamp::all(0, text).into_iter().map(|stamp| stamp.text).collect();
            (expected, found) = (stamps.join(" or "), "another time".to_owned());
        }
        return Said::contradicted(quote.line, said, expected, found, vec![Source::Place(place.clone())]);
    }
    match (quote.log, complete) {
        (true, true) => {
            let by = vec![Source::Field("coverage")];
            Said::contradicted(quote.line, said, "a line of the bundle", "no line like it", by)
        }
        (true, false) => Said::unchecked(quote.line, said, "not everything of the bundle was read"),
        (false, _) => {
            Said::unchecked(quote.line, said, "no line of the bundle has it, and it may be the author's own words")
        }
    }
}

/// The words that the bundle's line has instead.
fn difference(quoted: &[String], line: &str) -> (String, String) {
    let line: Vec<String> = words(line).collect();
    let has: HashSet<&String> = line.iter().collect();
    let other: HashSet<&String> = quoted.iter().collect();
    let missing: Vec<&String> = quoted.iter().filter(|word| !has.contains(word)).collect();
    let mut instead = line.iter().filter(|word| !other.contains(word));
    let expected: Vec<&str> = missing
        .iter()
        .take(3)
        .filter_map(|word| {
            let name = word.split_once(':').map(|(name, _)| name);
            let same = |other: &&String| name.is_some() && other.split_once(':').map(|(name, _)| name) == name;
            line.iter().find(same).or_else(|| instead.next()).map(String::as_str)
        })
        .collect();
    let found: Vec<&str> = missing.into_iter().take(3).map(String::as_str).collect();
    (expected.join(", "), found.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::super::document::Document;
    use super::*;

    #[test]
    fn lines_that_go_on_are_one_quote() {
        let text = "```\n2026-01-14T19:35:11.946Z INFO POST /x\n  status: 201, duration: 169ms\n```\n\n```\n14:35:15.989 - Timer tick 59\n   batch_size_before_flush:9\n```\n";
        let document = Document::parse(text);
        let lines: Vec<_> = document.lines.iter().collect();
        let quotes = wanted(&lines);
        assert_eq!(quotes.len(), 2);
        assert_eq!(quotes[0].words.last().map(String::as_str), Some("duration:169ms"));
        assert_eq!(quotes[1].words, ["tick_number:59", "batch_size_before_flush:9"]);
    }
}
