//! One *failure* of the report: its case decided, and what it rests on.

use super::names::{event_id, places, store_id};
use crate::causes::{self, Cause};
use crate::correlate::journeys::{self, Case, Journey};
use crate::correlate::links::Fact;
use crate::correlate::stages::StageFact;
use crate::correlate::{Seen, World};
use crate::instant::{self, Nanos, SECOND};
use crate::passing::PassingWaits;
use crate::report::{
    Awaited, Confidence, Evidence, Failure, Fix, Instant, Link, LinkState, LookRow, Place, Ranked, RuledOut, StageRow,
};
use crate::sighting::CodePlace;
use crate::verdict::{self, Decision, examine};
use crate::wait;

/// Keeps the answer, and the evidence for it.
pub(super) fn in_brief(failure: Failure) -> Failure {
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

pub(super) fn failure(world: &World, index: usize, waits: &PassingWaits) -> Failure {
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

fn link_state(world: &World, fact: &Fact) -> LinkState {
    let by_call = matches!(fact.link, Link::Emitted | Link::Buffered) && !fact.at.is_unknown();
    let between = fact.seen.first().filter(|_| by_call).and_then(|line| world.printed.made_by(*line));
    let mut between: Vec<Seen> = between.map(Vec::from).unwrap_or_default();
    between.dedup();
    LinkState {
        link: fact.link,
        state: fact.state,
        at: Instant::known(fact.at),
        places: places(world, &fact.seen),
        between: places(world, &between),
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
