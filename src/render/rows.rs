//! *Rows* of figures, the same in every output for people: plain cells, which the renderer escapes.

use super::times::{length, length_if_known};
use super::words;
use crate::report::{Service, StageRow, StageSpread};

/// Head of the table of writes.
pub const WRITES: [&str; 6] = ["writes of", "count", "2xx", "p50", "p95", "slowest"];

/// The writes of one service.
pub fn writes(of: &Service) -> [String; 6] {
    let (good, all) = words::successes(&of.statuses);
    let [p50, p95, max] = [of.writes.p50, of.writes.p95, of.writes.max].map(length_if_known);
    let good = if good == all { "all".to_owned() } else { format!("{good} of {all}") };
    [of.name.clone(), words::grouped(of.writes.count), good, p50, p95, max]
}

/// Head of the table of stages over all events.
pub const SPREADS: [&str; 5] = ["stage", "events", "p50", "p95", "longest"];

/// One stage over all events.
pub fn spread(of: &StageSpread) -> [String; 5] {
    let name = format!("{}, {}", words::stage(of.stage), of.service.as_deref().unwrap_or("all"));
    let [p50, p95, max] = [of.spread.p50, of.spread.p95, of.spread.max].map(length_if_known);
    [name, words::grouped(of.spread.count), p50, p95, max]
}

/// The limit of a stage.
pub fn limit(of: &StageRow) -> String {
    of.limit.map_or_else(|| "none".to_owned(), length)
}

/// What is to be said of how long a stage took. A flush that left the event behind may have been no longer than normal,
/// and what was longer may still not be what the test failed for.
pub fn judged(of: &StageRow) -> Option<&'static str> {
    let over = of.took.lo_ns.zip(of.limit.and_then(|limit| limit.hi_ns)).is_some_and(|(took, limit)| took > limit);
    match (of.guilty, over) {
        (true, true) => Some("too long"),
        (true, false) => Some("too late"),
        (false, true) => Some("over the limit"),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::MILLISECOND as MS;
    use crate::render::fixture;
    use crate::report::Duration;

    #[test]
    fn only_what_surely_exceeds_its_limit_is_too_long() {
        let mut row = fixture::one().failures[0].awaited[0].stages[1].clone();
        let mut of = |lo: i64, guilty| {
            row.took = Duration { lo_ns: Some(lo), hi_ns: Some(900 * MS) };
            row.limit = Some(Duration::exact(100 * MS));
            row.guilty = guilty;
            judged(&row)
        };
        assert_eq!((of(101 * MS, true), of(100 * MS, true)), (Some("too long"), Some("too late")));
        assert_eq!((of(101 * MS, false), of(100 * MS, false)), (Some("over the limit"), None));
    }
}
