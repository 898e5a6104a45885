//! Rates: a fraction and its percentage agree, and one pass rate is the same everywhere.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{Case, Kind, Said, Source};

/// Rates.
pub static RATES: Kind = Kind { name: "rates", about: "fractions, percentages and pass counts agree", examine };

static FRACTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^\w/.:-])(?P<a>\d{1,6}) ?(?:/| of ) ?(?P<b>\d{1,6})(?:[^\w/:-]|$)").expect("a constant")
});
static PERCENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|[^\w.])(?P<n>\d{1,3})(?:\.(?P<f>\d{1,4}))? ?%").expect("a constant"));
static FAILING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?P<n>\d{1,6}) (?:tests?|specs?) (?:fail|failed|failing)\b").expect("a constant")
});
static COUNTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?P<a>\d{1,6}) passed(?P<rest>(?:, \d{1,6} \w+)+) of (?P<b>\d{1,6})\b").expect("a constant")
});
static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(\d+) (\w+)").expect("a constant"));

/// A percentage as it was written: in parts of its last digit.
struct Percent {
    units: u64,
    digits: u32,
}

impl Percent {
    fn of(found: &Captures<'_>) -> Option<Self> {
        let fraction = found.name("f").map_or("", |f| f.as_str());
        let digits = u32::try_from(fraction.len()).ok()?;
        Some(Self { units: format!("{}{fraction}", &found["n"]).parse().ok()?, digits })
    }

    /// Whether the fraction, rounded or cut to the digits written, is this.
    fn is(&self, (a, b): (u64, u64)) -> bool {
        let scale = 100 * 10_u64.pow(self.digits);
        let (low, exact) = (a * scale / b, a * scale % b);
        self.units == low || (exact * 2 >= b && self.units == low + 1)
    }

    fn shown(&self) -> String {
        format!("{:.*} %", self.digits as usize, self.units as f64 / 10_f64.powi(self.digits.cast_signed()))
    }
}

fn fraction(found: &Captures<'_>) -> Option<(u64, u64)> {
    let (a, b) = (found["a"].parse().ok()?, found["b"].parse().ok()?);
    (b > 0).then_some((a, b))
}

fn examine(case: &Case<'_>) -> Vec<Said> {
    let mut all = Vec::new();
    let mut passing: Vec<(u64, u64, u32)> = Vec::new();
    let mut loose: Vec<(u32, Percent)> = Vec::new();
    let lines: Vec<_> = case.lines().filter(|line| line.says() && !line.of_another(case.document.title)).collect();
    for line in &lines {
        let text = line.plain();
        let context = format!("{} {text}", line.header.unwrap_or_default()).to_lowercase();
        let pass = context.contains("pass") && !context.contains("coverage");
        // More than all is a mistake where tests are counted, and a pair of other numbers elsewhere.
        let fractions = FRACTION.captures_iter(&text).filter_map(|found| fraction(&found));
        let fractions: Vec<_> = fractions.filter(|(a, b)| a <= b || pass).collect();
        let percents: Vec<_> = PERCENT.captures_iter(&text).filter_map(|found| Percent::of(&found)).collect();
        if let ([(a, b)], [percent]) = (fractions.as_slice(), percents.as_slice()) {
            let said = format!("{a}/{b}, {}", percent.shown());
            let by = vec![Source::Line(line.number)];
            all.push(if percent.is((*a, *b)) {
                Said::holds(line.number, said, by)
            } else {
                let right = format!("{:.*} %", percent.digits as usize, *a as f64 * 100.0 / *b as f64);
                Said::contradicted(line.number, said, format!("{right} of {a}/{b}"), percent.shown(), by)
            });
        } else if pass {
            loose.extend(percents.into_iter().map(|percent| (line.number, percent)));
        }
        if pass {
            passing.extend(fractions.into_iter().map(|(a, b)| (a, b, line.number)));
        }
        all.extend(COUNTED.captures(&text).and_then(|found| counted(line.number, &found)));
    }
    if let Some((a, b, at)) = passing.first().copied() {
        for (line, percent) in loose {
            let held = passing.iter().find(|(a, b, _)| percent.is((*a, *b)));
            all.push(if let Some((.., at)) = held {
                Said::holds(line, percent.shown(), vec![Source::Line(*at)])
            } else {
                let right = format!("{:.1} % of {a}/{b}", a as f64 * 100.0 / b as f64);
                Said::contradicted(line, percent.shown(), right, percent.shown(), vec![Source::Line(at)])
            });
        }
        for line in &lines {
            let Some(number) = FAILING.captures(&line.plain()).and_then(|found| found["n"].parse::<u64>().ok()) else {
                continue;
            };
            let said = format!("{number} failed");
            let held = passing.iter().find(|(a, b, _)| b.checked_sub(*a) == Some(number));
            all.push(if let Some((.., at)) = held {
                Said::holds(line.number, said, vec![Source::Line(*at)])
            } else {
                let expected = format!("{} of {b}, {a} passed", b.saturating_sub(a));
                Said::contradicted(line.number, said, expected, number.to_string(), vec![Source::Line(at)])
            });
        }
    }
    all.extend(against_run(case, &passing));
    all
}

/// `16 passed, 1 failed of 17`.
fn counted(line: u32, found: &Captures<'_>) -> Option<Said> {
    let (passed, total): (u64, u64) = (found["a"].parse().ok()?, found["b"].parse().ok()?);
    let rest = NUMBER
        .captures_iter(&found["rest"])
        .filter_map(|part| Some((part[1].parse::<u64>().ok()?, part[2].to_owned())));
    let rest: Vec<(u64, String)> = rest.collect();
    let all: u64 = passed + rest.iter().map(|(number, _)| number).sum::<u64>();
    let of = |name: &str| rest.iter().filter(|(_, word)| word == name).map(|(number, _)| number).sum::<u64>();
    let by = vec![Source::Line(line)];
    // Specs that passed after a retry are among the passed; after an interruption, or a failed set-up, many never ran.
    let ran_all = of("interrupted") == 0 && passed > 0;
    Some(if total == all || total == all - of("flaky") || (total > all && !ran_all) {
        Said::holds(line, &found[0], by)
    } else {
        Said::contradicted(line, &found[0], format!("{all} in all"), total.to_string(), by)
    })
}

/// The pass counts of the document against the suite's.
fn against_run(case: &Case<'_>, passing: &[(u64, u64, u32)]) -> Vec<Said> {
    let Some(run) = case.bundle.and_then(|(bundle, _)| bundle.report.run.as_ref()) else { return Vec::new() };
    let (passed, ran) =
        (u64::from(run.passed), [run.passed, run.failed, run.interrupted].into_iter().map(u64::from).sum::<u64>());
    let by = || vec![Source::Field("run")];
    let judge = |(a, b, line): &(u64, u64, u32)| {
        let said = format!("{a}/{b} passed");
        if *a == passed && (*b == ran || *b == u64::from(run.total)) {
            Said::holds(*line, said, by())
        } else {
            Said::contradicted(*line, said, format!("{passed}/{ran} passed"), format!("{a}/{b}"), by())
        }
    };
    passing.iter().map(judge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_may_be_rounded_or_cut() {
        let percent = |text: &str| Percent::of(&PERCENT.captures(text).expect("a percentage")).expect("a number");
        assert!(percent("97.7%").is((85, 87)) && percent("97%").is((85, 87)) && percent("98%").is((85, 87)));
        assert!(!percent("97.7%").is((29, 30)) && percent("100%").is((133, 133)));
    }
}
