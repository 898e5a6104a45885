//! How a *place* is named on a screen: `file:line`, with as little of the file's path as tells it from the others.

use std::collections::{BTreeSet, HashMap};

use crate::report::{Place, Report};

/// The short names of one report's files.
#[derive(Debug, Default)]
pub struct Places {
    short: HashMap<String, String>,
}

impl Places {
    /// From all files that were read.
    pub fn of(report: &Report) -> Self {
        Self::new(report.coverage.files.iter().map(|file| file.path.as_str()))
    }

    /// From labels of files.
    pub fn new<'a>(files: impl IntoIterator<Item = &'a str>) -> Self {
        let files: BTreeSet<&str> = files.into_iter().collect();
        // How many files end in each tail: `x.log`, `pod/x.log`, …
        let mut tails: HashMap<&str, u32> = HashMap::new();
        for tail in files.iter().flat_map(|file| tails_of(file)) {
            *tails.entry(tail).or_default() += 1;
        }
        let short = files.iter().map(|file| {
            let tail = tails_of(file).find(|tail| tails.get(tail) == Some(&1)).unwrap_or(file);
            ((*file).to_owned(), tail.to_owned())
        });
        Self { short: short.collect() }
    }

    /// The short name of a file; of a file that is not in the bundle (code under test) the base name.
    pub fn file<'a>(&'a self, file: &'a str) -> &'a str {
        self.short.get(file).map_or_else(|| tails_of(file).next().unwrap_or(file), String::as_str)
    }

    /// `x.log:12` or `x.log:12-14`.
    pub fn name(&self, place: &Place) -> String {
        let file = self.file(&place.file);
        match place.to_line {
            Some(to) if to > place.line => format!("{file}:{}-{to}", place.line),
            _ => format!("{file}:{}", place.line),
        }
    }

    /// The first place, and how many there are besides.
    pub fn first(&self, places: &[Place]) -> String {
        match places {
            [] => String::new(),
            [one] => self.name(one),
            [one, others @ ..] => format!("{} (+{})", self.name(one), others.len()),
        }
    }
}

/// The base name, then with one folder more each time, up to the whole.
fn tails_of(file: &str) -> impl Iterator<Item = &str> {
    let starts = file.char_indices().rev().filter(|(_, c)| matches!(c, '/' | '!')).map(|(at, _)| at + 1);
    starts.chain([0]).map(move |at| &file[at..]).filter(|tail| !tail.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_name_is_used_when_it_is_unique() {
        let places = Places::new(["run/suite.log", "pods/a/0.log", "pods/b/0.log", "x.zip!y/c.log"]);
        assert_eq!(places.file("run/suite.log"), "suite.log");
        assert_eq!(places.file("pods/b/0.log"), "b/0.log");
        assert_eq!(places.file("x.zip!y/c.log"), "c.log");
        assert_eq!(places.file("/src/test/integration/audit_test.go"), "audit_test.go");
        let range = Place { file: "run/suite.log".to_owned(), line: 12, to_line: Some(14) };
        assert_eq!(places.name(&range), "suite.log:12-14");
        assert_eq!(places.first(&[range.clone(), range]), "suite.log:12-14 (+1)");
    }
}
