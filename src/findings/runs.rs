//! Several runs in one bundle: each failure belongs to its own.

use super::Kind;
use crate::correlate::World;
use crate::report::Place;

pub const SEVERAL_RUNS: Kind =
    Kind { id: "several-runs", title: "the bundle holds the output of several runs", find: several_runs };

fn several_runs(world: &World) -> Vec<super::Said> {
    let suites = &world.output.suites;
    if suites.len() < 2 {
        return Vec::new();
    }
    let names: Vec<&str> = suites.iter().map(|suite| suite.name.as_deref().unwrap_or("a suite")).collect();
    let place = |suite: &crate::correlate::specs::Suite| Place {
        file: world.files[suite.file].label.clone(),
        line: world.files[suite.file].sightings.get(suite.range.start).map_or(1, |first| first.line),
        to_line: None,
    };
    let text = format!("the bundle holds {} runs: {}", names.len(), names.join(", "));
    vec![(text, suites.iter().map(place).collect())]
}
