//! Poll loops, where no test output shows the looks themselves.

use std::collections::BTreeMap;

use super::{Kind, Said};
use crate::correlate::World;
use crate::correlate::requests::About;
use crate::counts;
use crate::instant::spoken;
use crate::summary::places;

pub const POLL_LOOP: Kind =
    Kind { id: "poll-loop", title: "one connection asked the same again and again", find: loops };

/// Long runs of equal queries from one connection: a poll loop, and what it returned.
fn loops(world: &World) -> Vec<Said> {
    const LONG: usize = 8;
    if !world.output.suites.is_empty() {
        return Vec::new();
    }
    let mut by_connection: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
    for (index, request) in world.requests.iter().enumerate().filter(|(_, request)| request.about == About::Query) {
        by_connection.entry((request.server, request.connection().unwrap_or_default())).or_default().push(index);
    }
    let mut findings = Vec::new();
    for ((_, connection), queries) in by_connection {
        for run in queries.chunk_by(|one, other| world.requests[*one].line.bytes == world.requests[*other].line.bytes) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            if run.len() < LONG {
                continue;
            }
            let (first, last) = (&world.requests[*first], &world.requests[*last]);
            let took = last.end.lo().unwrap_or(0) - first.begin.lo().unwrap_or(0);
            let rows = last.rows.map_or_else(
                || format!("{} bytes", last.line.bytes),
                |(count, total, _)| match total {
                    0 => "no row".to_owned(),
                    total if total == count => counts::of(total, "row"),
                    total => format!("{count} of {total} rows"),
                },
            );
            let text =
                format!("{} equal queries from {connection} in {}, each returned {rows}", run.len(), spoken(took));
            findings.push((text, places(world, &[first.at, last.at])));
        }
    }
    findings.sort_by(|(_, one), (_, other)| one.cmp(other));
    findings.truncate(20);
    findings
}
