//! A simulator of test runs that knows the truth.
//!
//! Up to twelve test processes, each with its audit store, run against one server, with one fault or none. What they
//! would print is printed in the real wordings; what happened is kept beside it, to the nanosecond. Everything follows
//! from [`Params`], so that a failing run can be made again from its `Debug` form, and shrinks.
//!
//! It models what the lines do not say: a line is written after what it reports and by another goroutine than the one
//! that handles it; the writer's `select` may take the tick while events wait; the ticker holds one tick; an explicit
//! flush prints nothing at Info; Ginkgo prints a block when its spec ends and loses what is printed between specs.
#![allow(dead_code, reason = "each test crate uses its part")]
#![allow(clippy::struct_excessive_bools, clippy::struct_field_names, reason = "the switches of a run")]

pub mod bundle;
pub mod params;
pub mod print;
pub mod process;
#[path = "../random/mod.rs"]
pub mod random;
pub mod server;

use params::Params;
use proptest::test_runner::{Config, RngSeed};

pub use process::Truth;

/// What one run left behind, and what it was.
#[derive(Debug)]
pub struct Run {
    /// The test output.
    pub output: String,
    /// The server's log.
    pub server: String,
    /// What happened in each process.
    pub processes: Vec<Truth>,
    /// When its last block ended, on the test host's clock.
    pub end: i64,
}

/// How many runs a property is tried with: the same ones each time, others with `PROPTEST_RNG_SEED`, more with
/// `PROPTEST_CASES`.
pub fn cases(cases: u32, seed: u64) -> Config {
    let set = |name: &str| std::env::var(name).ok()?.parse().ok();
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
    let rng_seed = RngSeed::Fixed(set("PROPTEST_RNG_SEED").unwrap_or(seed));
    Config { cases, rng_seed, failure_persistence: None, ..Config::default() }
}

/// Runs one simulation.
pub fn run(params: &Params) -> Run {
    let mut processes: Vec<process::Process> = Vec::new();
    for number in 1..=params.processes {
        let mut process = process::Process::new(params, number);
        process.run();
        processes.push(process);
    }
    bundle::put_together(params, processes)
}
