//! From the world to the report: the decisions of `verdict`, and the tables.

use std::collections::{BTreeMap, HashMap};

use crate::causes::{self, Cause};
use crate::correlate::journeys::{self, Case, Journey};
use crate::correlate::ledger;
use crate::correlate::links::Fact;
use crate::correlate::replay::Fate;
use crate::correlate::requests::About;
use crate::correlate::specs::Suite;
use crate::correlate::stages::{StageFact, quantile};
use crate::correlate::{Seen, World};
use crate::findings;
use crate::instant::{self, Nanos, SECOND, spoken};
use crate::passing::{PassingWaits, passing_waits};
use crate::report::{
    Awaited, BatchRow, Bundle, Clock, Confidence, EventRow, Evidence, Failure, Family, Finding, Fix, Gap, Instant,
    LinkState, LookRow, NotObservable, Place, Ranked, RequestRow, RuledOut, Run, RunOutcome, Service, Setting, Spread,
    Stage, StageRow, StageSpread, Store, TickRow, Verdict,
};
use crate::sighting::{CodePlace, Outcome, StoreEvent, What};
use crate::verdict::{self, Decision, examine};
use crate::wait;

/// The parts of the report that come from the world alone.
pub struct Summary {
    /// The answer.
    pub verdict: Verdict,
    /// What the bundle is; its id is filled in by the caller.
    pub bundle: Bundle,
    /// Counts of the suites.
    pub run: Option<Run>,
    /// Failures.
    pub failures: Vec<Failure>,
    /// Findings.
    pub findings: Vec<Finding>,
    /// What is hidden.
    pub not_observable: Vec<NotObservable>,
}

/// Failing specs whose evidence is kept. It takes some 15 kB each, and nobody reads that of a thousand.
const TOLD_IN_FULL: usize = 1000;

/// Keeps the answer, and the evidence for it.
fn in_brief(failure: Failure) -> Failure {
    let Failure { mut ranked, .. } = failure;
    ranked.truncate(1);
    for cause in &mut ranked {
        cause.against = Vec::new();
        cause.supporting.truncate(1);
        cause.supporting.shrink_to_fit();
    }
    ranked.shrink_to_fit();
    Failure { ranked, ruled_out: Vec::new(), awaited: Vec::new(), looks: Vec::new(), passing: None, ..failure }
}

/// Decides every failure and sums up.
pub fn summarise(world: &World) -> Summary {
    let count = world.output.failed.len();
    let waits = if count > 0 { passing_waits(world) } else { PassingWaits::default() };
    let told = |index: usize| {
        let failure = failure(world, index, &waits);
        if index < TOLD_IN_FULL { failure } else { in_brief(failure) }
    };
    let failures: Vec<Failure> = (0..count).map(told).collect();
    let run = run(world, &failures);
    let not_observable = not_observable(world);
    let mut findings = findings::findings(world);
    if let Some(first) = failures.get(TOLD_IN_FULL) {
        findings.push(Finding {
            id: "told-in-brief",
            text: format!(
                "{count} specs failed: the first {TOLD_IN_FULL} are told in full, of the others what was ruled out, the \
                 journey and the looks are left out"
            ),
            places: first.places.clone(),
        });
    }
    Summary {
        verdict: bundle_verdict(world, &failures, run.as_ref()),
        bundle: bundle(world),
        run,
        failures,
        findings,
        not_observable,
    }
}

fn failure(world: &World, index: usize, waits: &PassingWaits) -> Failure {
    let case = journeys::case(world, index);
    let decision = verdict::decide(&case);
    let failed = case.failed;
    let block = &world.output.blocks[failed.block];
    let location = failed.location.as_ref().map(code_place);
    let file_name = failed.location.as_ref().map_or("", |at| at.file.rsplit('/').next().unwrap_or_default());
    let wait = wait::would_have_helped(&case, &decision);
    Failure {
        key: format!("{file_name}: {}", failed.text),
        spec: failed.text.clone(),
        node: failed.node.to_string(),
        outcome: failed.outcome,
        collateral: failed.collateral,
        process: block.process,
        store: case.store.map(|store| store_id(world, store)),
        message: failed.message.to_string(),
        places: vec![case.failure_place()],
        started: failed.took.and_then(|took| {
            // The duration covers clean-up after the failure, so the start lies a little later than this.
            let deadline = failed.deadline?;
            let first = block.span.map(|(first, _)| first)?;
            let lo = deadline.lo()? - took;
            Instant::known(instant::Instant::between(lo.min(first + SECOND), (first + SECOND).max(lo)))
        }),
        deadline: failed.deadline.and_then(Instant::known),
        trigger: case.trigger().and_then(Instant::known),
        last_look: case.last_look().and_then(|look| look.at).and_then(Instant::known),
        cause: decision.cause.map(|cause| cause.code),
        family: decision.family,
        confidence: decision.confidence,
        sentence: decision.sentence.clone(),
        fix: decision.cause.map(|cause| fix(cause, &case)),
        ranked: decision
            .ranked
            .iter()
            .map(|(cause, confidence)| ranked(cause, *confidence, &case, &decision))
            .collect(),
        ruled_out: ruled_out(&case, &decision),
        awaited: case.journeys.iter().map(|journey| awaited(&case, journey, &decision)).collect(),
        looks: looks(&case),
        passing: waits.beside(&case),
        wait,
        location,
    }
}

fn code_place(at: &CodePlace) -> Place {
    Place { file: at.file.to_string(), line: at.line, to_line: None }
}

fn fix(cause: &Cause, case: &Case<'_>) -> Fix {
    let (text, setting) = (cause.fix)(case);
    Fix { text, place: case.failed.nearest.as_ref().map(code_place), setting: setting.map(str::to_owned) }
}

fn ranked(cause: &'static Cause, confidence: Confidence, case: &Case<'_>, decision: &Decision) -> Ranked {
    let examined = examine(cause, case);
    let chosen = decision.cause.is_some_and(|chosen| chosen.code == cause.code);
    let mut supporting: Vec<Evidence> = decision.by.iter().filter(|_| chosen).cloned().collect();
    supporting.extend(examined.supporting);
    let layers = decision.layers.iter().filter(|(behind, _)| behind.code == cause.code);
    supporting.extend(layers.map(|(_, evidence)| evidence.clone()));
    Ranked { cause: cause.code, confidence, supporting, against: [examined.against, examined.excluding].concat() }
}

/// Causes that a line excludes, other than those that are ranked.
fn ruled_out(case: &Case<'_>, decision: &Decision) -> Vec<RuledOut> {
    if case.failed.collateral || case.journeys.is_empty() {
        return Vec::new();
    }
    causes::ALL
        .iter()
        .filter(|cause| decision.ranked.iter().all(|(ranked, _)| ranked.code != cause.code))
        .filter_map(|cause| {
            let examined = examine(cause, case);
            let excluded = !examined.excluding.is_empty() && examined.supporting.is_empty();
            excluded.then_some(RuledOut { cause: cause.code, by: examined.excluding })
        })
        .collect()
}

fn awaited(case: &Case<'_>, journey: &Journey, decision: &Decision) -> Awaited {
    let world = case.world;
    Awaited {
        event_type: journey.wanted.event_type.as_ref().map(ToString::to_string),
        correlation_id: journey.wanted.correlation_id.as_ref().map(ToString::to_string),
        expected: journey.wanted.expected,
        found: journey.wanted.found,
        event: journey.event.map(event_id),
        journey: journey.links.iter().map(|fact| link_state(world, fact)).collect(),
        stages: journey.stages.iter().map(|stage| stage_row(case, stage, decision)).collect(),
    }
}

/// The places of sightings, each once.
pub fn places(world: &World, seen: &[Seen]) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for place in seen.iter().map(|seen| world.place(*seen)) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

fn link_state(world: &World, fact: &Fact) -> LinkState {
    LinkState {
        link: fact.link,
        state: fact.state,
        at: Instant::known(fact.at),
        places: places(world, &fact.seen),
        because: fact.because.clone(),
    }
}

fn stage_row(case: &Case<'_>, stage: &StageFact, decision: &Decision) -> StageRow {
    let guilty = decision.guilty.contains(&stage.stage);
    let saves = stage.limit.and_then(|limit| {
        let excess = stage.took.lo()? - limit;
        let most = stage.took.hi().map_or(Nanos::MAX, |hi| hi - limit);
        (excess > 0).then(|| instant::Duration::between(excess, most).into())
    });
    StageRow {
        stage: stage.stage,
        took: stage.took.into(),
        limit: stage.limit.map(crate::report::Duration::exact),
        guilty,
        saves,
        places: places(case.world, &stage.seen),
    }
}

fn looks(case: &Case<'_>) -> Vec<LookRow> {
    let requests = &case.world.requests;
    case.looking
        .looks
        .iter()
        .map(|look| {
            let printed = look.printed.as_ref();
            let asked = printed.and_then(|printed| {
                let parts: Vec<String> = [&printed.event_type, &printed.correlation_id]
                    .into_iter()
                    .flatten()
                    .map(ToString::to_string)
                    .collect();
                (!parts.is_empty()).then(|| parts.join(" for "))
            });
            let request = look.request.map(|request| requests[request].at);
            LookRow {
                at: look.at.and_then(Instant::known),
                asked,
                status: look.request.map(|request| requests[request].line.status),
                found: look.found(requests),
                returned: look.returned(requests),
                total: look.total(requests),
                places: places(case.world, &look.lines.iter().copied().chain(request).collect::<Vec<_>>()),
            }
        })
        .collect()
}

fn run(world: &World, failures: &[Failure]) -> Option<Run> {
    let suites = &world.output.suites;
    let mut run = Run { passed: 0, failed: 0, interrupted: 0, flaky: 0, skipped: 0, pending: 0, total: 0 };
    let mut any = false;
    for (number, suite) in suites.iter().enumerate() {
        let of_suite = |failure: &&Failure, index: usize| {
            world.output.blocks[world.output.failed[index].block].suite == Some(number) && !failure.spec.is_empty()
        };
        let own: Vec<&Failure> = failures
            .iter()
            .enumerate()
            .filter(|(index, failure)| of_suite(failure, *index))
            .map(|(_, failure)| failure)
            .collect();
        let victims = u32::try_from(own.iter().filter(|failure| failure.collateral).count()).unwrap_or(u32::MAX);
        let real = u32::try_from(own.len()).unwrap_or(u32::MAX) - victims;
        any = true;
        run.interrupted += victims;
        run.failed += real;
        run.total += suite.planned.unwrap_or(0);
        if let Some(totals) = suite.totals {
            run.passed += totals.passed;
            run.flaky += totals.flaked;
            run.pending += totals.pending;
            run.skipped += totals.skipped;
        } else {
            let outcomes = world.output.blocks.iter().filter(|block| block.suite == Some(number));
            for header in outcomes.filter_map(|block| block.header.as_ref()).filter(|header| header.node.is_empty()) {
                match header.outcome {
                    Outcome::Passed => run.passed += 1,
                    Outcome::Flaky => run.flaky += 1,
                    Outcome::Skipped => run.skipped += 1,
                    Outcome::Pending => run.pending += 1,
                    _ => {}
                }
            }
        }
    }
    any.then_some(run)
}

fn bundle_verdict(world: &World, failures: &[Failure], run: Option<&Run>) -> Verdict {
    let real: Vec<&Failure> = failures.iter().filter(|failure| !failure.collateral).collect();
    let outcome = if !failures.is_empty() || world.output.suites.iter().any(|suite| suite.node_failed) {
        RunOutcome::Failed
    } else if run.is_some() && world.output.suites.iter().any(finished_green) {
        RunOutcome::Healthy
    } else {
        RunOutcome::Undetermined
    };
    let none = |outcome, sentence: String| Verdict { outcome, cause: None, family: None, confidence: None, sentence };
    match outcome {
        RunOutcome::Healthy => {
            let run = run.expect("a healthy run was counted");
            none(outcome, format!("{} specs passed and none failed.", run.passed))
        }
        RunOutcome::Undetermined => none(outcome, undetermined_sentence(world)),
        RunOutcome::Failed => {
            let Some(main) = main_failure(&real) else {
                return none(outcome, "specs failed, and none of them by itself.".to_owned());
            };
            let same = real.iter().filter(|failure| failure.cause == main.cause).count();
            let others = real.len() - same;
            let mut sentence = main.sentence.clone();
            if same > 1 && main.cause.is_some() {
                sentence = format!("{sentence} {same} specs failed by this cause.");
            }
            if others > 0 {
                let word = if others == 1 { "failure has another cause" } else { "failures have other causes" };
                sentence = format!("{sentence} {others} {word}.");
            }
            let known = main.cause.is_some();
            Verdict {
                outcome,
                cause: main.cause,
                family: Some(main.family),
                confidence: Some(main.confidence).filter(|_| known || main.family != Family::Other),
                sentence,
            }
        }
    }
}

/// The cause of most failures, ties by the first.
fn main_failure<'a>(real: &[&'a Failure]) -> Option<&'a Failure> {
    let mut counts: HashMap<Option<&str>, usize> = HashMap::new();
    for failure in real {
        *counts.entry(failure.cause).or_default() += 1;
    }
    let count = |failure: &Failure| counts.get(&failure.cause).copied().unwrap_or(0);
    let mut best: Option<&Failure> = None;
    for failure in real {
        let better = best.is_none_or(|best| {
            let named = (failure.cause.is_some(), count(failure));
            named > (best.cause.is_some(), count(best))
        });
        if better {
            best = Some(failure);
        }
    }
    best
}

/// A suite says that it passed in its totals; without them its log was cut.
fn finished_green(suite: &Suite) -> bool {
    suite.totals.is_some_and(|totals| totals.failed == 0 && totals.passed > 0)
}

/// Answers each stage on its own.
fn undetermined_sentence(world: &World) -> String {
    let mut writes: Vec<Nanos> = world
        .requests
        .iter()
        .filter(|request| request.about == About::Write)
        .map(|request| request.line.duration)
        .collect();
    writes.sort_unstable();
    let head = if world.output.suites.is_empty() {
        "there is no test output, so nothing says which spec failed"
    } else {
        "the test output does not say whether the suite passed"
    };
    match (quantile(&writes, 50), writes.last()) {
        (Some(median), Some(slowest)) if *slowest < SECOND => {
            format!(
                "{head}; {} writes took {} in the median and at most {}, so write latency is excluded.",
                writes.len(),
                spoken(median),
                spoken(*slowest)
            )
        }
        (Some(median), Some(slowest)) => {
            let slow = writes.iter().filter(|took| **took >= SECOND).count();
            format!(
                "{head}; of {} writes {slow} took a second or longer (median {}, slowest {}).",
                writes.len(),
                spoken(median),
                spoken(*slowest)
            )
        }
        _ => format!("{head}; no write was logged either."),
    }
}

fn bundle(world: &World) -> Bundle {
    let suite = world.output.suites.first();
    let started = world
        .output
        .blocks
        .iter()
        .filter(|block| block.suite.is_some())
        .filter_map(|block| block.span)
        .map(|(first, _)| first)
        .min();
    let by_server = world.servers.iter().filter_map(|server| server.span).map(|(first, _)| first).min();
    let clock = started.is_none().then_some("datastorage");
    Bundle {
        id: String::new(),
        suite: suite.and_then(|suite| suite.name.as_ref()).map(ToString::to_string),
        service: service(world),
        seed: suite.and_then(|suite| suite.seed),
        processes: suite.and_then(|suite| suite.processes),
        started: started.or(by_server).and_then(|at| Instant::on(instant::Instant::between(at, at + SECOND), clock)),
        collected: findings::collected(world),
    }
}

/// The service under test: what most stores of the suite, else of pods, call themselves.
fn service(world: &World) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, store) in world.stores.iter().enumerate() {
        if let Some(service) = store.service.as_deref().filter(|_| !world.is_self_audit(number)) {
            *counts.entry(service).or_default() += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(name, count)| (*count, std::cmp::Reverse(*name)))?;
    Some(most.0.to_owned())
}

/// Identifier of a store in the report.
pub fn store_id(world: &World, store: usize) -> String {
    let service = store_service(world, store).unwrap_or_else(|| "store".to_owned());
    format!("{service}-{}", store + 1)
}

/// Identifiers of all stores: a table names the same few stores in each row.
fn store_ids(world: &World) -> Vec<String> {
    (0..world.stores.len()).map(|store| store_id(world, store)).collect()
}

/// Service of a store; the stores of one suite are of one service, also those whose first line is missing.
fn store_service(world: &World, number: usize) -> Option<String> {
    let store = &world.stores[number];
    let own = store.service.as_ref().map(ToString::to_string);
    own.or_else(|| {
        let same = world.stores.iter().find(|other| {
            other.suite == store.suite
                && store.suite.is_some()
                && other.logger == store.logger
                && other.service.is_some()
        });
        same.and_then(|other| other.service.as_ref()).map(ToString::to_string)
    })
}

fn event_id(event: usize) -> String {
    format!("event-{}", event + 1)
}

fn batch_id(batch: usize) -> String {
    format!("batch-{}", batch + 1)
}

/// Statistics and settings.
pub fn stores(world: &World) -> Vec<Store> {
    let counts = ledger::count(world);
    let row = |(number, counts): (usize, ledger::Counts)| {
        let store = &world.stores[number];
        Store {
            id: store_id(world, number),
            service: store_service(world, number),
            process: store.process,
            started: store.start_time.and_then(|at| Instant::known(instant::Instant::exact(at))),
            flush_interval: store.interval().map(crate::report::Duration::exact),
            batch_size: store.config.map(|config| config.batch_size),
            buffer_size: store.config.map(|config| config.buffer_size),
            emitted: counts.emitted,
            refused: counts.refused,
            dropped: counts.dropped,
            buffered: counts.buffered,
            batched: counts.batched,
            batches: counts.batches,
            written: counts.written,
            lost: counts.lost,
            parked: counts.parked,
            queued: counts.queued,
            first_gap: counts.first_gap().map(|gap| Gap { edge: gap.edge.to_owned(), missing: gap.missing }),
        }
    };
    counts.into_iter().enumerate().map(row).collect()
}

/// Ticks that flushed something, or came much later than expected.
pub fn ticks(world: &World) -> Vec<TickRow> {
    let mut rows = Vec::new();
    let shown = world.batches.iter().enumerate().filter(|(_, batch)| !batch.hidden);
    let batch_at: HashMap<Seen, usize> = shown.rev().map(|(index, batch)| (batch.at, index)).collect();
    for (number, store) in world.stores.iter().enumerate() {
        let id = store_id(world, number);
        for segment in &store.segments {
            for index in &segment.lines {
                let What::Store(line) = &world.files[segment.file].sightings[*index].what else { continue };
                let StoreEvent::Tick(tick) = &line.event else { continue };
                let late = tick.actual > tick.expected * 2;
                if tick.size == 0 && !late {
                    continue;
                }
                let seen = Seen { file: segment.file, index: *index };
                let printed = world.printed.of(seen);
                let blocked = tick.fired.map(|fired| (printed - instant::Instant::exact(fired)).not_negative());
                let batch = batch_at.get(&seen).copied();
                rows.push(TickRow {
                    store: id.clone(),
                    number: tick.number,
                    at: Instant::known(tick.fired.map_or(printed, instant::Instant::exact)),
                    expected: crate::report::Duration::exact(tick.expected),
                    actual: crate::report::Duration::exact(tick.actual),
                    size: tick.size,
                    blocked: blocked.map(Into::into),
                    write: batch.map(|batch| world.write_time(batch).into()),
                    place: world.place(seen),
                });
            }
        }
    }
    rows
}

/// Batches.
pub fn batches(world: &World) -> Vec<BatchRow> {
    let id = |request: &usize| world.requests[*request].line.id.to_string();
    let stores = store_ids(world);
    let row = |(index, batch): (usize, &crate::correlate::replay::Batch)| BatchRow {
        id: batch_id(index),
        store: stores[batch.store].clone(),
        trigger: batch.trigger,
        size: batch.size,
        flushed: Instant::known(batch.flushed),
        written: Instant::known(batch.written),
        attempts: (!batch.failures.is_empty() || !batch.requests.is_empty())
            .then(|| batch.failures.len().max(batch.requests.len()) as u64),
        request: batch.requests.last().map(id),
        alternatives: batch.alternatives.iter().map(id).collect(),
        places: places(world, &[batch.at]),
    };
    world.batches.iter().enumerate().map(row).collect()
}

/// Requests about audit events.
pub fn requests(world: &World) -> Vec<RequestRow> {
    let row = |(index, request): (usize, &crate::correlate::requests::Request)| {
        let known = world.offsets[request.server].is_some();
        let (begin, end) = if known { (world.began(index), world.ended(index)) } else { (request.begin, request.end) };
        let span = begin
            .lo()
            .map_or(instant::Instant::UNKNOWN, instant::Instant::not_before)
            .and(end.hi().map_or(instant::Instant::UNKNOWN, instant::Instant::not_after));
        RequestRow {
            id: request.line.id.to_string(),
            method: request.line.method.to_string(),
            path: request.line.path.to_string(),
            status: request.line.status,
            at: Instant::on(span, (!known).then_some("datastorage")),
            duration: crate::report::Duration::exact(request.line.duration),
            bytes: request.line.bytes,
            size: request.size,
            remote: (!request.line.remote.is_empty()).then(|| request.line.remote.to_string()),
            place: world.place(request.at),
        }
    };
    world.requests.iter().enumerate().filter(|(_, request)| request.about != About::Other).map(row).collect()
}

/// Events that were buffered, and those that were refused or dropped.
pub fn events(world: &World) -> Vec<EventRow> {
    let stores = store_ids(world);
    let row = |(index, event): (usize, &crate::correlate::replay::Event)| EventRow {
        id: event_id(index),
        event_type: event.event_type.to_string(),
        correlation_id: event.correlation_id.to_string(),
        store: stores[event.store].clone(),
        ordinal: event.ordinal,
        batch: event.batch.map(batch_id),
        emitted: Instant::known(event.times.emitted),
        buffered: Instant::known(event.times.buffered),
        flushed: Instant::known(event.times.flushed),
        written: Instant::known(event.times.written),
        visible: Instant::known(event.times.visible),
        places: places(world, &event.called.into_iter().chain(event.ended).collect::<Vec<_>>()),
    };
    world.events.iter().enumerate().filter(|(_, event)| event.fate == Fate::Buffered).map(row).collect()
}

/// Clocks against the reference.
pub fn clocks(world: &World) -> Vec<Clock> {
    let reference = if world.output.suites.is_empty() { "datastorage" } else { "test-host" };
    world
        .clocks
        .iter()
        .filter(|clock| clock.server.is_none_or(|server| world.is_served(server)))
        .map(|clock| Clock {
            name: clock.name.to_owned(),
            reference: reference.to_owned(),
            offset: clock.offset.map(Into::into),
            pairs: clock.pairs as u64,
            places: places(world, &clock.deciding),
        })
        .collect()
}

impl World {
    /// The server has requests of this bundle's run; an older run's log has none that pair.
    fn is_served(&self, server: usize) -> bool {
        self.servers.len() == 1
            || self.requests.iter().any(|request| request.server == server && request.store.is_some())
    }
}

/// Quantiles of each stage over all events. Events that never became visible are censored, not missing.
pub fn stages(world: &World) -> Vec<StageSpread> {
    let mut rows = Vec::new();
    for stage in [Stage::Buffer, Stage::FlushWait, Stage::Write] {
        let mut took: Vec<instant::Duration> = Vec::new();
        for event in
            world.events.iter().filter(|event| event.fate == Fate::Buffered && !world.is_self_audit(event.store))
        {
            let times = &event.times;
            let (from, to) = match stage {
                Stage::Buffer => (times.emitted, times.buffered),
                Stage::FlushWait => (times.buffered, times.flushed),
                // What the server committed, the client can have given up on: then it is written when it is visible.
                _ => (times.flushed, if times.written.is_unknown() { times.visible } else { times.written }),
            };
            if !from.is_unknown() && !to.is_unknown() {
                took.push((to - from).not_negative());
            }
        }
        if !took.is_empty() {
            rows.push(StageSpread { stage, service: None, spread: spread(&took) });
        }
    }
    rows
}

/// Quantiles of intervals: each end by itself, which bounds the true quantile.
pub fn spread(took: &[instant::Duration]) -> Spread {
    let mut lows: Vec<Nanos> = took.iter().map(|one| one.lo().unwrap_or(0)).collect();
    let mut highs: Vec<Nanos> = took.iter().map(|one| one.hi().unwrap_or(Nanos::MAX)).collect();
    lows.sort_unstable();
    highs.sort_unstable();
    let at = |percent: usize| {
        let lo = quantile(&lows, percent.max(1))?;
        let hi = quantile(&highs, percent.max(1)).filter(|hi| *hi != Nanos::MAX);
        Some(crate::report::Duration { lo_ns: Some(lo), hi_ns: hi })
    };
    let first = lows
        .first()
        .zip(highs.first())
        .map(|(lo, hi)| crate::report::Duration { lo_ns: Some(*lo), hi_ns: Some(*hi).filter(|hi| *hi != Nanos::MAX) });
    Spread { count: took.len() as u64, min: first, p50: at(50), p95: at(95), p99: at(99), max: at(100) }
}

/// Writes by service.
pub fn services(world: &World, run: Option<&Run>) -> Vec<Service> {
    let mut by_service: BTreeMap<String, (Vec<instant::Duration>, BTreeMap<u16, u64>)> = BTreeMap::new();
    let main = service(world);
    for request in world.requests.iter().filter(|request| request.about == About::Write) {
        let own = request.store.and_then(|store| store_service(world, store));
        let Some(name) = own.or_else(|| main.clone()).or_else(|| Some("all".to_owned())) else { continue };
        let (took, statuses) = by_service.entry(name).or_default();
        took.push(instant::Duration::exact(request.line.duration));
        *statuses.entry(request.line.status).or_default() += 1;
    }
    by_service
        .into_iter()
        .map(|(name, (took, statuses))| {
            let counts = run.filter(|_| main.as_deref() == Some(name.as_str()));
            Service {
                writes: spread(&took),
                statuses,
                passed: counts.map(|run| run.passed),
                failed: counts.map(|run| run.failed),
                name,
            }
        })
        .collect()
}

/// Settings that the logs print.
pub fn settings(world: &World) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    for (number, store) in world.stores.iter().enumerate() {
        let (Some(config), Some(at)) = (store.config, store.config_at) else { continue };
        let source = store_service(world, number).unwrap_or_else(|| "store".to_owned());
        let limit = world.flush_limit(Some(number));
        let expected = (config.flush_interval > limit).then(|| spoken(limit));
        let rows = [
            ("flush_interval", spoken(config.flush_interval), expected),
            ("batch_size", config.batch_size.to_string(), None),
            ("buffer_size", config.buffer_size.to_string(), None),
        ];
        for (name, value, expected) in rows {
            if !settings.iter().any(|known| known.source == source && known.name == name && known.value == value) {
                settings.push(Setting {
                    source: source.clone(),
                    name: name.to_owned(),
                    value,
                    expected,
                    places: places(world, &[at]),
                });
            }
        }
    }
    for server in &world.servers {
        if let Some((open, idle, at)) = server.pool {
            for (name, value) in [("max_open_conns", open), ("max_idle_conns", idle)] {
                settings.push(Setting {
                    source: "datastorage".to_owned(),
                    name: name.to_owned(),
                    value: value.to_string(),
                    expected: None,
                    places: places(world, &[at]),
                });
            }
        }
    }
    settings
}

fn not_observable(world: &World) -> Vec<NotObservable> {
    let mut hidden = Vec::new();
    let mut add = |what: &str, because: &str, enable_with: &str| {
        hidden.push(NotObservable {
            what: what.to_owned(),
            because: because.to_owned(),
            enable_with: enable_with.to_owned(),
        });
    };
    if world.output.suites.is_empty() {
        add(
            "which specs failed, flush delay and query timing",
            "the bundle holds no test output, and the stores of the test processes print there",
            "give the output of the test run as a second PATH (it is never inside the must-gather folder)",
        );
    }
    if world.servers.is_empty() {
        add("writes and queries", "the bundle holds no DataStorage log", "add the must-gather folder of the same run");
    }
    let clients = (0..world.stores.len()).filter(|store| !world.is_self_audit(*store));
    let visible = clients
        .map(|store| crate::correlate::visibility::Visible::of(&world.files, &world.stores[store]))
        .fold(crate::correlate::visibility::Visible::default(), crate::correlate::visibility::Visible::or);
    if visible.any && !visible.calls {
        add(
            "emitted, buffered",
            "calls to the store are printed at V(1) since April 2026 and at V(2) since May 2026",
            "run the service with log level -2 (debug shows V(1) only)",
        );
    }
    if visible.any && !visible.ticks {
        add(
            "flushed",
            "timer ticks are printed at V(1) since April 2026 and at V(2) since May 2026",
            "run the service with log level -2",
        );
    }
    if visible.any && !visible.writes {
        add(
            "sent",
            "\"Wrote audit batch\" is printed at V(1), since May 2026 at V(2)",
            "run the store's logger at debug level (-1, since May 2026 -2)",
        );
    }
    if !world.servers.is_empty() && world.requests.iter().all(|request| request.query.is_none()) {
        add(
            "what the queries asked for",
            "the server prints query texts at debug level only",
            "run DataStorage at log level debug",
        );
    }
    hidden
}
