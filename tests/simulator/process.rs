//! One test process: its specs, the goroutines that emit, its audit store with the writer's loop.
//!
//! A queue of steps in the order of their times. Each step is what one goroutine does until it waits, prints or
//! touches what others touch; so two goroutines interleave wherever they could in Go.

use std::collections::{BTreeMap, VecDeque};

use super::params::{Fault, MICRO, MILLI, Params, SECOND, Wording};
use super::print::{self, Field, Level};
use super::random::Random;
use super::server::{self, BEGIN, Request};

/// An event's own history.
#[derive(Debug, Clone)]
pub struct Event {
    /// Type.
    pub event_type: String,
    /// Correlation id.
    pub id: String,
    /// `StoreAudit` entered.
    pub emitted: i64,
    /// The send returned.
    pub buffered: Option<i64>,
    /// First attempt for its batch.
    pub flushed: Option<i64>,
    /// 2xx came back.
    pub written: Option<i64>,
    /// Committed.
    pub visible: Option<i64>,
    /// Its batch in this process.
    pub batch: Option<usize>,
    /// The count that its line printed.
    pub ordinal: Option<u64>,
    /// Its "buffered" line is in the output.
    pub printed: bool,
}

/// A batch's own history.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Events.
    pub members: Vec<usize>,
    /// First attempt.
    pub sent: i64,
    /// 2xx came back.
    pub written: Option<i64>,
}

/// One block of the test output.
#[derive(Debug, Clone)]
pub struct Block {
    /// Printed from here.
    pub begin: i64,
    /// To here.
    pub end: i64,
    /// Container, or the node's name.
    pub title: String,
    /// Line of the code.
    pub line: u32,
    /// A suite node.
    pub node: bool,
    /// How it failed.
    pub failure: Option<Failure>,
}

/// How a spec failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// When.
    pub at: i64,
    /// After how long of looking; none for a single look.
    pub after: Option<i64>,
    /// What it waited for.
    pub event: usize,
    /// Type and id, also where it was never emitted.
    pub awaited: (String, String),
}

/// What happened in one process.
#[derive(Debug, Default)]
pub struct Truth {
    /// Number from 1.
    pub number: u32,
    /// Events in the order of their calls.
    pub events: Vec<Event>,
    /// Batches in order.
    pub batches: Vec<Batch>,
    /// Requests in order.
    pub requests: Vec<Request>,
    /// Blocks in order.
    pub blocks: Vec<Block>,
    /// Times between a tick's fire and its handling.
    pub wakes: Vec<i64>,
}

/// One line of the output.
#[derive(Debug, Clone)]
pub struct Line {
    /// When it was written: the order in the output.
    pub written: i64,
    /// As printed.
    pub text: String,
    /// The event whose "buffered" line it is.
    pub buffered: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Event(usize),
    Tick(i64),
    Flush,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Fire(i64),
    Select,
    Handle(Case),
    Drain,
    Attempt,
    Answer,
    Call(usize),
    Validate(usize),
    Send(usize),
    Count(usize),
    SpecBegins,
    Look,
    Query,
    Read,
    Found,
    Fails,
    SpecEnds,
    Teardown,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trigger {
    Tick,
    Full,
    Flush,
    Shutdown,
}

#[derive(Debug)]
struct Caller {
    id: String,
    object: String,
    namespace: String,
    left: Vec<&'static str>,
    event: usize,
}

/// One process while it runs.
#[derive(Debug)]
pub struct Process<'a> {
    params: &'a Params,
    random: Random,
    queue: BTreeMap<(i64, u64), Step>,
    steps: u64,
    /// What was printed.
    pub lines: Vec<Line>,
    /// What happened.
    pub truth: Truth,
    done: bool,
    // The store.
    base: i64,
    channel: VecDeque<usize>,
    batch: Vec<usize>,
    last_flush: i64,
    tick: Option<i64>,
    ticks: i64,
    flush_asked: bool,
    idle: bool,
    closed: bool,
    total: u64,
    dropped: i64,
    written: i64,
    failed: i64,
    trigger: Trigger,
    attempt: i64,
    began: i64,
    drained: usize,
    post: u32,
    // The test.
    callers: Vec<Caller>,
    calling: usize,
    first_call: bool,
    awaited: Option<(String, String)>,
    looking_from: Option<i64>,
    window: i64,
    poll: i64,
    reader: Option<Request>,
    rows: usize,
    stop: Option<(i64, i64)>,
}

const SP_TYPES: [&str; 5] = [
    "signalprocessing.phase.transition",
    "signalprocessing.enrichment.completed",
    "signalprocessing.classification.decision",
    "signalprocessing.business.classified",
    "signalprocessing.signal.processed",
];
const RO_TYPES: [&str; 5] = [
    "orchestrator.lifecycle.started",
    "orchestrator.lifecycle.created",
    "orchestrator.lifecycle.transitioned",
    "orchestrator.approval.requested",
    "orchestrator.lifecycle.completed",
];

impl<'a> Process<'a> {
    /// A process before its suite's set-up.
    pub fn new(params: &'a Params, number: u32) -> Self {
        let mut random = Random::new(params.seed, u64::from(number));
        let setup = BEGIN + random.between(MILLI, 30 * MILLI);
        Self {
            params,
            queue: BTreeMap::new(),
            steps: 0,
            lines: Vec::new(),
            truth: Truth { number, ..Truth::default() },
            done: false,
            base: setup + random.between(MILLI, 3 * MILLI),
            channel: VecDeque::new(),
            batch: Vec::new(),
            last_flush: 0,
            tick: None,
            ticks: 0,
            flush_asked: false,
            idle: true,
            closed: false,
            total: 0,
            dropped: 0,
            written: 0,
            failed: 0,
            trigger: Trigger::Tick,
            attempt: 0,
            began: 0,
            drained: 0,
            post: 40_000 + number * 2,
            callers: Vec::new(),
            calling: 0,
            first_call: true,
            awaited: None,
            looking_from: None,
            window: 10 * SECOND,
            poll: 250 * MILLI,
            reader: None,
            rows: 0,
            stop: None,
            random,
        }
    }

    fn json(&self) -> bool {
        self.params.wording == Wording::Json
    }

    fn later(&mut self, at: i64, step: Step) {
        self.steps += 1;
        self.queue.insert((at, self.steps), step);
    }

    /// From set-up to teardown.
    pub fn run(&mut self) {
        self.set_up();
        while let Some(((at, _), step)) = self.queue.pop_first() {
            if let Some((_, resume)) = self.stop.filter(|(stop, resume)| (*stop..*resume).contains(&at)) {
                let at = resume + self.random.between(10 * MICRO, 300 * MICRO);
                self.later(at, step);
                continue;
            }
            self.step(at, step);
            if self.done {
                break;
            }
        }
    }

    fn set_up(&mut self) {
        let mut at = self.base - MILLI;
        let begin = at;
        self.say(&mut at, |params, at| {
            format!("STEP: Creating per-process audit store @ {}", print::ginkgo(params, at))
        });
        let (service, params) = (self.service(), self.params);
        let size = |of: usize| Field::Int(i64::try_from(of).unwrap_or(0));
        let settings = [
            ("service", Field::Text(service.to_owned())),
            ("buffer_size", size(params.buffer)),
            ("batch_size", size(params.batch)),
            ("flush_interval", Field::Span(params.interval)),
            ("max_retries", Field::Int(3)),
        ];
        let writer = [
            ("flush_interval", Field::Span(params.interval)),
            ("batch_size", size(params.batch)),
            ("buffer_size", size(params.buffer)),
            ("start_time", Field::Text(print::nanos(params, self.base))),
        ];
        let mut own = self.base;
        self.last_flush = self.base;
        if self.random.permille(500) {
            self.log_root(&mut own, "Audit store initialized", &settings);
            self.log(&mut own, Level::Info, "🚀 Audit background writer started", &writer);
        } else {
            self.log(&mut own, Level::Info, "🚀 Audit background writer started", &writer);
            self.log_root(&mut own, "Audit store initialized", &settings);
        }
        // The set-up can end before the writer's first line is out.
        let lost = self.random.permille(80);
        let end = if lost { own - 2 * MICRO } else { own + self.random.between(MILLI, 160 * MILLI) };
        self.truth.blocks.push(Block {
            begin,
            end,
            title: "[SynchronizedBeforeSuite]".to_owned(),
            line: 224,
            node: true,
            failure: None,
        });
        self.later(self.base + self.params.interval, Step::Fire(1));
        let gap = self.random.between(300 * MICRO, 6 * MILLI);
        self.later(end.max(own) + gap, Step::SpecBegins);
    }

    fn service(&self) -> &'static str {
        if self.json() { "signalprocessing" } else { "remediation-orchestrator" }
    }

    fn step(&mut self, at: i64, step: Step) {
        match step {
            Step::Fire(number) => self.fire(at, number),
            Step::Select => self.select(at),
            Step::Handle(case) => self.handle(at, case),
            Step::Drain => self.drain(at),
            Step::Attempt => self.try_to_send(at),
            Step::Answer => self.answer(at),
            Step::Call(caller) => self.call(at, caller),
            Step::Validate(caller) => self.validate(at, caller),
            Step::Send(caller) => self.send(at, caller),
            Step::Count(caller) => self.count(at, caller),
            Step::SpecBegins => self.spec_begins(at),
            Step::Look => self.look(at),
            Step::Query => self.query(at),
            Step::Read => self.read(at),
            Step::Found => self.found(at),
            Step::Fails => self.fails(at),
            Step::SpecEnds => self.spec_ends(at),
            Step::Teardown => self.teardown(at),
            Step::Closed => self.closed(at),
        }
    }

    // ---- printing: the stamp is taken first, then the line waits for the writer's lock.

    fn put(&mut self, at: &mut i64, text: impl FnOnce(&Params, i64) -> String) -> &mut Line {
        let stamp = *at + self.random.between(MICRO, 12 * MICRO);
        let lock = if self.params.busy && self.random.permille(10) { 800 * MICRO } else { 5 * MICRO };
        *at = stamp + self.random.between(MICRO, lock);
        let line = Line { written: *at, text: text(self.params, stamp), buffered: None };
        self.lines.push(line);
        self.lines.last_mut().expect("just pushed")
    }

    fn say(&mut self, at: &mut i64, text: impl FnOnce(&Params, i64) -> String) {
        self.put(at, text);
    }

    fn log(&mut self, at: &mut i64, level: Level, msg: &str, fields: &[(&str, Field)]) {
        if level == Level::Debug && self.json() {
            return;
        }
        self.put(at, |params, at| print::store_line(params, at, level, false, msg, fields));
    }

    fn log_root(&mut self, at: &mut i64, msg: &str, fields: &[(&str, Field)]) {
        self.put(at, |params, at| print::store_line(params, at, Level::Info, true, msg, fields));
    }

    fn soon(&mut self, lo: i64, hi: i64) -> i64 {
        self.random.between(lo, hi) + server::late(&mut self.random, self.params.busy)
    }

    // ---- the writer.

    fn fire(&mut self, at: i64, number: i64) {
        let interval = self.params.interval;
        let fired = self.base + number * interval + self.random.between(-2 * MICRO, 2 * MICRO);
        if self.idle {
            self.wake(at, Case::Tick(fired));
        } else if self.tick.is_none() {
            self.tick = Some(fired);
        }
        let next = (number + 1).max((at - self.base) / interval + 1);
        self.later(self.base + next * interval, Step::Fire(next));
    }

    /// Whatever arrives first at a waiting `select` is what it returns with.
    fn wake(&mut self, at: i64, case: Case) {
        self.idle = false;
        let after = match case {
            Case::Tick(_) => self.soon(40 * MICRO, 1_100 * MICRO),
            _ => self.soon(2 * MICRO, 60 * MICRO),
        };
        self.later(at + after, Step::Handle(case));
    }

    fn select(&mut self, at: i64) {
        let mut ready: Vec<Case> = Vec::new();
        if let Some(fired) = self.tick {
            ready.push(Case::Tick(fired));
        }
        if let Some(event) = self.channel.front() {
            ready.push(Case::Event(*event));
        } else if self.closed {
            ready.push(Case::Closed);
        }
        if self.flush_asked {
            ready.push(Case::Flush);
        }
        if ready.is_empty() {
            self.idle = true;
            return;
        }
        let case = ready[usize::try_from(self.random.next() % ready.len() as u64).unwrap_or(0)];
        match case {
            Case::Event(_) => drop(self.channel.pop_front()),
            Case::Tick(_) => self.tick = None,
            Case::Flush | Case::Closed => {}
        }
        self.handle(at, case);
    }

    fn again(&mut self, at: i64) {
        let after = self.random.between(300, 3 * MICRO);
        self.later(at + after, Step::Select);
    }

    fn handle(&mut self, at: i64, case: Case) {
        let mut own = at;
        let waiting = self.channel.len();
        let size = |of: usize| Field::Int(i64::try_from(of).unwrap_or(0));
        match case {
            Case::Event(event) => {
                self.batch.push(event);
                if self.batch.len() < self.params.batch {
                    return self.again(own);
                }
                let fields = [
                    ("batch_size", size(self.batch.len())),
                    ("buffer_utilization", size(waiting)),
                    ("time_since_last_flush", Field::Span(at - self.last_flush)),
                ];
                self.log(&mut own, Level::Debug, "📦 Batch-full flush triggered", &fields);
                self.begin_write(own, Trigger::Full);
            }
            Case::Tick(fired) => {
                self.truth.wakes.push(at - fired);
                self.handle_tick(own, fired, waiting);
            }
            Case::Flush => {
                self.flush_asked = false;
                let fields =
                    [("batch_size_before_drain", size(self.batch.len())), ("buffer_size_before_drain", size(waiting))];
                self.log(&mut own, Level::Debug, "🔄 Processing explicit flush request", &fields);
                let after = self.random.between(MICRO, 10 * MICRO);
                self.later(own + after, Step::Drain);
            }
            Case::Closed => {
                if self.batch.is_empty() {
                    self.stopped(own);
                } else {
                    let fields = [("batch_size", size(self.batch.len()))];
                    self.log(&mut own, Level::Debug, "🛑 Flushing remaining events on shutdown", &fields);
                    self.begin_write(own, Trigger::Shutdown);
                }
            }
        }
    }

    fn handle_tick(&mut self, at: i64, fired: i64, waiting: usize) {
        let mut own = at;
        let size = |of: usize| Field::Int(i64::try_from(of).unwrap_or(0));
        let expected = self.params.interval;
        let actual = at - self.last_flush;
        self.ticks += 1;
        let fields = [
            ("tick_number", Field::Int(self.ticks)),
            ("batch_size_before_flush", size(self.batch.len())),
            ("buffer_utilization", size(waiting)),
            ("expected_interval", Field::Span(expected)),
            ("actual_interval", Field::Span(actual)),
            ("drift", Field::Span(actual - expected)),
            ("tick_time", Field::Text(print::nanos(self.params, fired))),
        ];
        self.log(&mut own, Level::Info, "⏰ Timer tick received", &fields);
        if actual > 2 * expected {
            let fields = [
                ("expected_interval", Field::Span(expected)),
                ("actual_interval", Field::Span(actual)),
                ("drift", Field::Span(actual - expected)),
                ("drift_multiplier", Field::Float(actual as f64 / expected as f64)),
            ];
            let msg = "🚨 TIMER BUG DETECTED: Tick interval significantly exceeded expected";
            self.log(&mut own, Level::Error, msg, &fields);
        }
        if self.batch.is_empty() {
            self.last_flush = own;
            return self.again(own);
        }
        let fields = [
            ("batch_size", size(self.batch.len())),
            ("buffer_utilization", size(self.channel.len())),
            ("time_since_last_flush", Field::Span(actual)),
        ];
        self.log(&mut own, Level::Debug, "⏱️  Timer-based flush triggered", &fields);
        self.begin_write(own, Trigger::Tick);
    }

    fn drain(&mut self, at: i64) {
        let mut own = at;
        let size = |of: usize| Field::Int(i64::try_from(of).unwrap_or(0));
        self.drained = self.channel.len();
        self.batch.extend(self.channel.drain(..));
        if self.drained > 0 {
            let fields = [
                ("drained_count", size(self.drained)),
                ("batch_size_after_drain", size(self.batch.len())),
                ("buffer_size_after_drain", size(0)),
            ];
            self.log(&mut own, Level::Debug, "🔄 Drained buffer channel into batch", &fields);
        }
        if !self.batch.is_empty() {
            return self.begin_write(own, Trigger::Flush);
        }
        let fields = [("buffer_was_empty", Field::Text("true".to_owned()))];
        self.log(&mut own, Level::Debug, "✅ Explicit flush completed (no events to flush)", &fields);
        self.flush_returns(own);
        self.again(own);
    }

    fn flush_returns(&mut self, at: i64) {
        let after = self.soon(5 * MICRO, 50 * MICRO);
        self.later(at + after, Step::Query);
    }

    fn begin_write(&mut self, at: i64, trigger: Trigger) {
        self.trigger = trigger;
        self.attempt = 0;
        self.began = at;
        let members = std::mem::take(&mut self.batch);
        for event in &members {
            self.truth.events[*event].batch = Some(self.truth.batches.len());
        }
        self.truth.batches.push(Batch { members, sent: 0, written: None });
        let after = self.random.between(20 * MICRO, 120 * MICRO);
        self.later(at + after, Step::Attempt);
    }

    /// The batch that the spec under the fault waits for.
    fn holds_awaited(&self) -> bool {
        let Some((event_type, id)) = self.awaited.as_ref().filter(|_| self.at_fault()) else { return false };
        let members = self.truth.batches.last().map(|batch| batch.members.as_slice()).unwrap_or_default();
        members.iter().any(|event| {
            let event = &self.truth.events[*event];
            event.event_type == *event_type && event.id == *id
        })
    }

    fn try_to_send(&mut self, at: i64) {
        self.attempt += 1;
        let index = self.truth.batches.len() - 1;
        if self.attempt == 1 {
            // The attempts begin with the writer's call: a process that is stopped inside it has begun.
            self.truth.batches[index].sent = self.began;
            for event in self.truth.batches[index].members.clone() {
                self.truth.events[event].flushed = Some(self.began);
            }
        }
        let struck = self.holds_awaited();
        let fault = self.params.fault;
        if struck && fault == Fault::Lost {
            self.post += 100;
            let after = self.soon(300 * MICRO, 2 * MILLI);
            return self.later(at + after, Step::Answer);
        }
        let held = if struck && fault == Fault::SlowWrite { 4_300 * MILLI } else { 0 };
        let mut request = server::request(&mut self.random, self.params.busy, at, true, held);
        request.port = self.post;
        request.batch = Some(index);
        request.size = self.truth.batches[index].members.len();
        if struck && fault == Fault::Reject {
            request.status = 400;
            request.committed = None;
        }
        for event in self.truth.batches[index].members.clone() {
            self.truth.events[event].visible = request.committed;
        }
        self.later(request.response, Step::Answer);
        self.truth.requests.push(request);
    }

    fn answer(&mut self, at: i64) {
        let mut own = at;
        let index = self.truth.batches.len() - 1;
        let members = self.truth.batches[index].members.clone();
        let size = ("batch_size", Field::Int(i64::try_from(members.len()).unwrap_or(0)));
        let struck = self.holds_awaited();
        let attempt = ("attempt", Field::Int(self.attempt));
        if struck && matches!(self.params.fault, Fault::Lost | Fault::Reject) {
            let reject = self.params.fault == Fault::Reject;
            let error = if reject {
                "Data Storage Service returned status 400: HTTP 400 error: decode response: unexpected status code: 400"
            } else {
                "network error: do request: Post \"http://127.0.0.1:18094/api/v1/audit/events/batch\": \
                 read tcp 127.0.0.1:40002->127.0.0.1:18094: read: connection reset by peer"
            };
            let error = ("error", Field::Text(error.to_owned()));
            let fields = [attempt, size.clone(), error.clone()];
            self.log(&mut own, Level::Error, "Failed to write audit batch", &fields);
            if reject {
                let fields = [size, ("is_4xx_error", Field::Text("true".to_owned()))];
                let msg = "Dropping audit batch due to non-retryable error (invalid data)";
                self.log(&mut own, Level::Error, msg, &fields);
            } else if self.attempt < 3 {
                return self.later(own + self.attempt * self.attempt * SECOND, Step::Attempt);
            } else {
                let fields = [
                    size,
                    ("max_retries", Field::Int(3)),
                    ("error_type", Field::Text("transport_failure".to_owned())),
                    ("mitigation", Field::Text("check Data Storage".to_owned())),
                    error,
                ];
                let msg = "AUDIT DATA LOSS: Dropping batch after max retries (infrastructure unavailable)";
                self.log(&mut own, Level::Error, msg, &fields);
            }
            self.failed += 1;
            return self.end_write(own, members.len());
        }
        self.truth.batches[index].written = Some(at);
        for event in &members {
            self.truth.events[*event].written = Some(at);
        }
        self.written += i64::try_from(members.len()).unwrap_or(0);
        let took = ("write_duration", Field::Span(at - self.began));
        self.log(&mut own, Level::Debug, "✅ Wrote audit batch", &[size.clone(), attempt, took.clone()]);
        if at - self.began > 2 * SECOND {
            let fields = [size, took, ("warning", Field::Text("slow writes can delay timer-based flushes".to_owned()))];
            self.log(&mut own, Level::Error, "⚠️  Slow audit batch write detected", &fields);
        }
        self.end_write(own, members.len());
    }

    fn end_write(&mut self, at: i64, size: usize) {
        let mut own = at;
        self.last_flush = own;
        let of = |size: usize| Field::Int(i64::try_from(size).unwrap_or(0));
        let count = ("flushed_count", of(size));
        match self.trigger {
            Trigger::Tick | Trigger::Full => {
                let waiting = ("buffer_utilization_after_flush", of(self.channel.len()));
                let fields = [count, ("batch_size_after_flush", of(0)), waiting];
                let msg = if self.trigger == Trigger::Tick {
                    "✅ Timer-based flush completed"
                } else {
                    "✅ Batch-full flush completed"
                };
                self.log(&mut own, Level::Debug, msg, &fields);
            }
            Trigger::Flush => {
                let waiting = ("buffer_size_after", of(self.channel.len()));
                let fields = [count, ("drained_from_buffer", of(self.drained)), waiting];
                self.log(&mut own, Level::Debug, "✅ Explicit flush completed", &fields);
                self.flush_returns(own);
            }
            Trigger::Shutdown => {
                self.log(&mut own, Level::Info, "✅ Shutdown flush completed", &[count]);
                return self.stopped(own);
            }
        }
        self.again(own);
    }

    fn stopped(&mut self, at: i64) {
        let mut own = at;
        let fields = [("total_runtime", Field::Span(at - self.base)), ("total_ticks", Field::Int(self.ticks))];
        self.log(&mut own, Level::Info, "🛑 Audit background writer stopped", &fields);
        let after = self.random.between(5 * MICRO, 40 * MICRO);
        self.later(own + after, Step::Closed);
    }

    // ---- the goroutines that emit.

    fn call(&mut self, at: i64, caller: usize) {
        let mut own = at;
        let reconcile = self.random.next() >> 16;
        let (object, namespace) = (self.callers[caller].object.clone(), self.callers[caller].namespace.clone());
        self.say(&mut own, |params, at| print::reconciling(params, at, &namespace, &object, reconcile));
        own += self.random.between(5 * MICRO, 200 * MICRO);
        let event_type = self.callers[caller].left.remove(0);
        let id = self.callers[caller].id.clone();
        self.callers[caller].event = self.truth.events.len();
        let capacity = i64::try_from(self.params.buffer).unwrap_or(0);
        let fields = [
            ("event_type", Field::Text(event_type.to_owned())),
            ("event_action", Field::Text("done".to_owned())),
            ("correlation_id", Field::Text(id.clone())),
            ("buffer_capacity", Field::Int(capacity)),
            ("buffer_current_size", Field::Int(i64::try_from(self.channel.len()).unwrap_or(0))),
        ];
        self.truth.events.push(Event {
            event_type: event_type.to_owned(),
            id,
            emitted: own,
            buffered: None,
            flushed: None,
            written: None,
            visible: None,
            batch: None,
            ordinal: None,
            printed: false,
        });
        self.log(&mut own, Level::Info, "🔍 StoreAudit called", &fields);
        // The first validation of a process parses the schema.
        let first = std::mem::take(&mut self.first_call);
        let after =
            if first { self.random.between(55 * MILLI, 250 * MILLI) } else { self.soon(60 * MICRO, 220 * MICRO) };
        self.later(own + after, Step::Validate(caller));
    }

    fn validate(&mut self, at: i64, caller: usize) {
        let mut own = at;
        let event = &self.truth.events[self.callers[caller].event];
        let fields = [
            ("event_type", Field::Text(event.event_type.clone())),
            ("buffer_size_before", Field::Int(i64::try_from(self.channel.len()).unwrap_or(0))),
        ];
        self.log(&mut own, Level::Info, "✅ Validation passed, attempting to buffer event", &fields);
        let after = self.soon(MICRO, 5 * MICRO);
        self.later(own + after, Step::Send(caller));
    }

    fn send(&mut self, at: i64, caller: usize) {
        let event = self.callers[caller].event;
        if self.idle {
            self.wake(at, Case::Event(event));
        } else if self.channel.len() < self.params.buffer {
            self.channel.push_back(event);
        } else {
            let mut own = at;
            self.dropped += 1;
            let (of, id) = (self.truth.events[event].event_type.clone(), self.truth.events[event].id.clone());
            let fields = [
                ("event_type", Field::Text(of)),
                ("correlation_id", Field::Text(id)),
                ("buffered_count", Field::Int(i64::try_from(self.total).unwrap_or(0))),
                ("dropped_count", Field::Int(self.dropped)),
            ];
            self.log(&mut own, Level::Info, "Audit buffer full, event dropped", &fields);
            return self.call_returns(own, caller);
        }
        self.truth.events[event].buffered = Some(at);
        // Between the send and the count another goroutine may run.
        let after =
            if self.random.permille(30) { self.soon(0, 300 * MICRO) } else { self.random.between(200, 2 * MICRO) };
        self.later(at + after, Step::Count(caller));
    }

    fn count(&mut self, at: i64, caller: usize) {
        let mut own = at;
        self.total += 1;
        let event = self.callers[caller].event;
        self.truth.events[event].ordinal = Some(self.total);
        let (of, id) = (self.truth.events[event].event_type.clone(), self.truth.events[event].id.clone());
        let fields = [
            ("event_type", Field::Text(of.clone())),
            ("correlation_id", Field::Text(id.clone())),
            ("buffer_size_after", Field::Int(i64::try_from(self.channel.len()).unwrap_or(0))),
            ("total_buffered", Field::Int(i64::try_from(self.total).unwrap_or(0))),
        ];
        let msg = "✅ Event buffered successfully";
        self.put(&mut own, |params, at| print::store_line(params, at, Level::Info, false, msg, &fields)).buffered =
            Some(event);
        if self.at_fault() && self.awaited == Some((of, id)) {
            self.strike(own);
        }
        self.call_returns(own, caller);
    }

    fn call_returns(&mut self, at: i64, caller: usize) {
        if self.callers[caller].left.is_empty() {
            self.calling -= 1;
            return;
        }
        let after = if self.random.permille(300) {
            self.random.between(MICRO, 40 * MICRO)
        } else if self.random.permille(100) {
            self.random.between(0, 400 * MILLI)
        } else {
            self.random.between(0, 15 * MILLI)
        };
        self.later(at + after, Step::Call(caller));
    }

    // ---- the test.

    fn specs_begun(&self) -> usize {
        self.truth.blocks.iter().filter(|block| !block.node).count()
    }

    /// The running spec is the one that the fault strikes: the last one of the failing process.
    fn at_fault(&self) -> bool {
        self.params.fault != Fault::None
            && self.truth.number == self.params.failing()
            && self.specs_begun() == self.params.specs
    }

    /// What the fault does once the awaited event is buffered.
    fn strike(&mut self, at: i64) {
        match self.params.fault {
            Fault::Stall => {
                let stop = at + self.random.between(10 * MICRO, 60 * MICRO);
                self.stop = Some((stop, stop + 3_400 * MILLI));
                self.later(at, Step::Look);
            }
            Fault::QueryEarly | Fault::QueryWindow | Fault::SlowWrite | Fault::FlushInterval => {
                let after = self.random.between(50 * MICRO, 500 * MICRO);
                self.later(at + after, Step::Look);
            }
            _ => {}
        }
    }

    fn spec_begins(&mut self, at: i64) {
        let title = format!("should emit an audit event for case {:02}-{}", self.truth.number, self.specs_begun() + 1);
        let line = 200 + 7 * u32::try_from(self.specs_begun()).unwrap_or(0);
        let (begin, end) = (at, i64::MAX);
        self.truth.blocks.push(Block { begin, end, title, line, node: false, failure: None });
        let mut own = at;
        self.say(&mut own, |params, at| format!("STEP: Creating test namespace @ {}", print::ginkgo(params, at)));
        self.callers.clear();
        self.looking_from = None;
        self.window = 10 * SECOND;
        let fault = if self.at_fault() { self.params.fault } else { Fault::None };
        let types = if self.json() { SP_TYPES } else { RO_TYPES };
        let burst = self.params.burst && self.specs_begun() == 1;
        let callers = if burst { 30 } else { self.params.callers };
        for caller in 0..callers {
            let random = self.random.next() >> 32;
            let number = self.truth.number;
            let object = format!("test-{number}-{}-{caller}", self.specs_begun());
            let id = match (self.params.named, self.json()) {
                (true, false) => format!("rr-p{number}-{random:08x}-{:04x}", at % 65_536),
                (false, false) => format!("rr-{random:08x}-{:04x}", at % 65_536),
                (_, true) => format!("{object}-rr-{}", at + i64::try_from(caller).unwrap_or(0)),
            };
            let namespace = match (self.params.named, self.json()) {
                (true, true) => format!("sp-severity-{number}-{random:08x}"),
                (true, false) => format!("test-ro-{number}-{random:08x}"),
                (false, _) => format!("audit-test-{random:08x}"),
            };
            let count = if burst { 5 } else { self.params.events };
            let mut left: Vec<&'static str> = types[..count].to_vec();
            if caller == 0 {
                let event_type = left.last().copied().unwrap_or(types[0]);
                self.awaited = Some((event_type.to_owned(), id.clone()));
                if fault == Fault::Never {
                    left.pop();
                }
            }
            if left.is_empty() {
                continue;
            }
            self.callers.push(Caller { id, object, namespace, left, event: 0 });
            self.calling += 1;
            let after = self.random.between(100 * MICRO, 4 * MILLI);
            self.later(own + after, Step::Call(self.callers.len() - 1));
        }
        let looks_at = own + self.random.between(MILLI, 60 * MILLI);
        match fault {
            Fault::None => return self.later(looks_at, Step::Look),
            Fault::Reject | Fault::Lost | Fault::Never => {
                self.window = if fault == Fault::Lost { 8 * SECOND } else { 3 * SECOND };
                self.later(looks_at, Step::Look);
            }
            Fault::SlowWrite => self.window = self.params.interval + 2_500 * MILLI,
            Fault::FlushInterval | Fault::Stall => self.window = 2 * SECOND,
            Fault::QueryEarly => self.window = 0,
            Fault::QueryWindow => self.window = self.params.interval * 6 / 10,
        }
        self.poll = if fault == Fault::QueryWindow { self.params.interval / 10 } else { 250 * MILLI };
    }

    fn look(&mut self, at: i64) {
        let mut own = at;
        self.looking_from.get_or_insert(at);
        if !self.params.flush || self.at_fault() {
            return self.query(own);
        }
        self.log(&mut own, Level::Debug, "🔄 Explicit flush requested", &[]);
        self.flush_asked = true;
        if self.idle {
            self.wake(own, Case::Flush);
        }
    }

    fn query(&mut self, at: i64) {
        let mut own = at;
        if self.params.flush && !self.at_fault() {
            self.log(&mut own, Level::Debug, "✅ Explicit flush completed", &[]);
            if self.json() {
                self.say(&mut own, |_, _| "✅ Audit store flushed successfully".to_owned());
            }
        }
        let mut request = server::request(&mut self.random, self.params.busy, own, false, 0);
        request.port = 40_001 + self.truth.number * 2;
        self.later(request.begin + (request.end - request.begin) / 2, Step::Read);
        self.reader = Some(request);
    }

    fn read(&mut self, at: i64) {
        let Some(mut request) = self.reader.take() else { return };
        let Some((event_type, id)) = &self.awaited else { return };
        let matches = |event: &&Event| {
            event.event_type == *event_type && event.id == *id && event.visible.is_some_and(|visible| visible <= at)
        };
        self.rows = self.truth.events.iter().filter(matches).count();
        request.size = self.rows;
        // A stopped process reads its answer late.
        self.later(request.response.max(at), Step::Found);
        self.truth.requests.push(request);
    }

    fn found(&mut self, at: i64) {
        let mut own = at;
        let Some((event_type, id)) = self.awaited.clone() else { return };
        let (rows, json) = (self.rows, self.json());
        if json {
            let text = if rows == 0 {
                format!("⏳ No events yet for {event_type} (correlation_id={id})")
            } else {
                format!("✅ Found {rows} event(s) for {event_type} (correlation_id={id})")
            };
            self.say(&mut own, |_, _| text);
            let short = event_type.split_once('.').map_or(event_type.as_str(), |(_, rest)| rest).to_owned();
            self.say(&mut own, |params, at| {
                let at = print::of_day(params, at);
                format!("[{at}] {short} audit events found: {rows} (expected: 1, correlation_id: {id})")
            });
        } else {
            self.say(&mut own, |_, _| {
                format!("✅ Query successful: found {rows} events (correlation={id}, type={event_type})")
            });
        }
        if rows > 0 {
            let after = self.random.between(50 * MICRO, MILLI);
            return self.later(own + after, Step::SpecEnds);
        }
        let deadline = self.looking_from.unwrap_or(at) + self.window;
        if own >= deadline {
            self.later(own, Step::Fails);
        } else if own + self.poll > deadline {
            self.later(deadline, Step::Fails);
        } else {
            self.later(own + self.poll, Step::Look);
        }
    }

    fn fails(&mut self, at: i64) {
        let mut own = at;
        let line = 78 + self.truth.blocks.last().map_or(0, |block| block.line);
        let file = super::bundle::spec_file(self.params);
        self.say(&mut own, |params, _| format!("[FAILED] in [It] - {file}:{line} @ {}", print::ginkgo(params, at)));
        let after = (self.window > 0).then_some(at - self.looking_from.unwrap_or(at));
        let awaited = self.awaited.clone().unwrap_or_default();
        let is_awaited = |event: &Event| event.event_type == awaited.0 && event.id == awaited.1;
        let event = self.truth.events.iter().position(is_awaited).unwrap_or(usize::MAX);
        if let Some(block) = self.truth.blocks.last_mut() {
            block.failure = Some(Failure { at, after, event, awaited });
        }
        let after = self.random.between(50 * MICRO, MILLI);
        self.later(own + after, Step::SpecEnds);
    }

    fn spec_ends(&mut self, at: i64) {
        // A spec whose goroutines still emit waits for them (its teardown deletes the objects).
        if self.calling > 0 {
            return self.later(at + 5 * MILLI, Step::SpecEnds);
        }
        if let Some(block) = self.truth.blocks.last_mut() {
            block.end = at;
        }
        let long = self.random.permille(200);
        let gap =
            if long { self.random.between(MILLI, 400 * MILLI) } else { self.random.between(MILLI / 3, 6 * MILLI) };
        let next = if self.specs_begun() < self.params.specs { Step::SpecBegins } else { Step::Teardown };
        self.later(at + gap, next);
    }

    fn teardown(&mut self, at: i64) {
        let mut own = at;
        let title = "[SynchronizedAfterSuite]".to_owned();
        self.truth.blocks.push(Block { begin: at, end: i64::MAX, title, line: 284, node: true, failure: None });
        self.say(&mut own, |params, at| {
            format!("STEP: Tearing down per-process test environment @ {}", print::ginkgo(params, at))
        });
        self.log(&mut own, Level::Info, "Closing audit store, flushing remaining events", &[]);
        self.closed = true;
        if self.idle {
            self.wake(own, Case::Closed);
        }
    }

    fn closed(&mut self, at: i64) {
        let mut own = at;
        let fields = [
            ("buffered_count", Field::Int(i64::try_from(self.total).unwrap_or(0))),
            ("written_count", Field::Int(self.written)),
            ("dropped_count", Field::Int(self.dropped)),
            ("failed_batch_count", Field::Int(self.failed)),
        ];
        self.log(&mut own, Level::Info, "Audit store closed", &fields);
        if let Some(block) = self.truth.blocks.last_mut() {
            block.end = own + MILLI;
        }
        self.done = true;
    }
}
