//! What a run is made of.

use proptest::prelude::*;

/// Nanoseconds in a microsecond.
pub const MICRO: i64 = 1_000;
/// Nanoseconds in a millisecond.
pub const MILLI: i64 = 1_000_000;
/// Nanoseconds in a second.
pub const SECOND: i64 = 1_000_000_000;

/// Everything that decides a run.
#[derive(Debug, Clone)]
pub struct Params {
    /// Decides all delays.
    pub seed: u64,
    /// Test processes.
    pub processes: u32,
    /// Specs of each process.
    pub specs: usize,
    /// Goroutines that emit in one spec.
    pub callers: usize,
    /// Events of each goroutine.
    pub events: usize,
    /// How the audit store's lines are written.
    pub wording: Wording,
    /// A timer of 100 ms, as the suites with JSON lines have it, or of 1 s.
    pub interval: i64,
    /// Events in a full batch.
    pub batch: usize,
    /// Events that the channel holds.
    pub buffer: usize,
    /// The specs flush before they look.
    pub flush: bool,
    /// Ids and namespaces name the process.
    pub named: bool,
    /// More goroutines than cores.
    pub busy: bool,
    /// The logger drops lines that repeat too often.
    pub sampling: bool,
    /// One spec emits more events than the sampler lets through.
    pub burst: bool,
    /// The server's clock less the test host's, at the begin.
    pub offset: i64,
    /// How fast that grows, in parts per million.
    pub drift: i64,
    /// When after the begin that clock is set, and by how much.
    pub step: Option<(i64, i64)>,
    /// Zone of the test host: seconds east of UTC.
    pub zone: i64,
    /// What goes wrong in one spec.
    pub fault: Fault,
}

/// Where the suites differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    /// JSON lines at Info: no line of flushes and writes.
    Json,
    /// Console lines at Debug.
    Console,
}

/// What goes wrong in one spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The server holds the awaited event's batch for longer than the spec looks.
    SlowWrite,
    /// The timer is slower than the spec looks.
    FlushInterval,
    /// The process is stopped just after the event was buffered.
    Stall,
    /// One look, at once.
    QueryEarly,
    /// The window of looking is shorter than the timer.
    QueryWindow,
    /// The server refuses the batch.
    Reject,
    /// Three attempts fail on the way.
    Lost,
    /// The event is never emitted.
    Never,
}

/// All faults.
pub const FAULTS: [Fault; 9] = [
    Fault::None,
    Fault::SlowWrite,
    Fault::FlushInterval,
    Fault::Stall,
    Fault::QueryEarly,
    Fault::QueryWindow,
    Fault::Reject,
    Fault::Lost,
    Fault::Never,
];

/// Any run.
pub fn any_run() -> impl Strategy<Value = Params> {
    let shape = (any::<u64>(), 1..=12_u32, 1..=3_usize, 1..=3_usize, 1..=5_usize);
    let store = (
        prop_oneof![Just(Wording::Json), Just(Wording::Console)],
        prop_oneof![Just(100 * MILLI), Just(SECOND)],
        prop_oneof![4 => Just(1000_usize), 1 => Just(5_usize)],
        prop_oneof![6 => Just(10_000_usize), 1 => Just(10_usize)],
    );
    let flags = (any::<bool>(), any::<bool>(), prop::bool::weighted(0.3), any::<bool>(), prop::bool::weighted(0.05));
    let offset = prop_oneof![
        2 => -SECOND..=SECOND,
        1 => Just(0),
        1 => -5_000 * SECOND..=5_000 * SECOND,
    ];
    let clock = (
        offset,
        prop_oneof![3 => Just(0_i64), 1 => -20_i64..=20],
        prop_oneof![Just(0_i64), Just(-18_000), Just(7_200), Just(19_800)],
    );
    let fault = (0..FAULTS.len()).prop_map(|at| FAULTS[at]);
    (shape, store, flags, clock, fault).prop_map(|(shape, store, flags, clock, fault)| {
        let (seed, processes, specs, callers, events) = shape;
        let (wording, interval, batch, buffer) = store;
        let (flush, named, busy, sampling, burst) = flags;
        let (offset, drift, zone) = clock;
        let params = Params {
            seed,
            processes,
            specs,
            callers,
            events,
            wording,
            interval,
            batch,
            buffer,
            flush,
            named,
            busy,
            sampling,
            burst,
            offset,
            drift,
            step: None,
            zone,
            fault,
        };
        params.possible()
    })
}

impl Params {
    /// What cannot go together in a real run, put right.
    fn possible(mut self) -> Self {
        // A spec that waits for the timer must not wait for a slow one.
        if self.fault == Fault::FlushInterval {
            self.interval = 15 * SECOND;
            self.flush = true;
        }
        if self.fault == Fault::Lost || self.fault == Fault::Reject {
            // The store of the one failing spec, so that the others keep their events.
            self.batch = 1000;
        }
        // A block without a tick and without a name can belong to any of several processes: that no line tells.
        if self.processes > 1 {
            self.named = true;
        }
        // Console lines are not sampled.
        if self.wording == Wording::Console {
            self.sampling = false;
        }
        self
    }

    /// The process of which one spec fails.
    pub fn failing(&self) -> u32 {
        1 + u32::try_from(self.seed % u64::from(self.processes)).unwrap_or(0)
    }
}
