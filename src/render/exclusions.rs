//! An *exclusion* is what a failing spec's lines rule out: a whole family, or one cause.

use crate::causes;
use crate::report::{Evidence, Failure, Family};

use super::words;

/// One family or cause, and what rules it out.
pub struct Exclusion<'a> {
    /// The family's words, or the cause's code.
    pub name: &'a str,
    /// Whether it is a family, each cause of which is ruled out.
    pub family: bool,
    /// The lines.
    pub by: Vec<&'a Evidence>,
}

/// What was asked: which of these it was.
const TIMING: [Family; 3] = [Family::WriteLatency, Family::FlushDelay, Family::QueryTiming];

/// The three timing families first, then the single causes: of these too the timing ones first.
pub fn of(failure: &Failure) -> Vec<Exclusion<'_>> {
    let mut exclusions = Vec::new();
    let mut said: Vec<&str> = Vec::new();
    for family in TIMING {
        let codes = || causes::ALL.iter().filter(|cause| cause.family == family).map(|cause| cause.code);
        if !codes().all(|code| is_out(failure, code)) {
            continue;
        }
        let out = failure.ruled_out.iter().filter(|out| codes().any(|code| code == out.cause));
        exclusions.push(Exclusion { name: words::family(family), family: true, by: out.flat_map(|o| &o.by).collect() });
        said.extend(codes());
    }
    let timing = |code: &str| causes::ALL.iter().any(|cause| cause.code == code && TIMING.contains(&cause.family));
    let mut single: Vec<_> = failure.ruled_out.iter().filter(|out| !said.contains(&out.cause)).collect();
    single.sort_by_key(|out| !timing(out.cause));
    exclusions.extend(single.into_iter().map(|out| Exclusion {
        name: out.cause,
        family: false,
        by: out.by.iter().collect(),
    }));
    exclusions
}

/// Whether the cause is ruled out.
pub fn is_out(failure: &Failure, cause: &str) -> bool {
    failure.ruled_out.iter().any(|out| out.cause == cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    #[test]
    fn a_family_is_excluded_when_each_of_its_causes_is() {
        let mut failure = fixture::one().failures.remove(0);
        let names =
            |failure: &Failure| of(failure).iter().map(|one| (one.name.to_owned(), one.family)).collect::<Vec<_>>();
        // The other causes of query timing are still possible.
        let expected = [("write latency".to_owned(), true), ("query-window".to_owned(), false)];
        assert_eq!(names(&failure), expected);
        let mut other = failure.ruled_out[0].clone();
        other.cause = "infra-down";
        failure.ruled_out.insert(0, other);
        let with_other = [&expected[..], &[("infra-down".to_owned(), false)]].concat();
        assert_eq!(names(&failure), with_other, "what was asked comes first");
        failure.ruled_out.retain(|out| out.cause != "write-slow");
        assert_eq!(names(&failure), with_other[1..]);
    }
}
