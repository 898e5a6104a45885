//! Noise: error lines that are known to be harmless, said so that nobody follows them.

use super::{Kind, Said};
use crate::correlate::stores::Store;
use crate::correlate::{Seen, World};
use crate::counts;
use crate::instant::{MILLISECOND, Nanos};
use crate::sighting::{CallerLine, StoreEvent, What};
use crate::summary::places;

pub const TIMER_ALARM: Kind =
    Kind { id: "timer-alarm", title: "the flush timer raised its alarm: a process stood still", find: timer_alarm };

pub const NOISE: Kind = Kind { id: "noise", title: "error lines that explain no failure", find: noise };

/// Places that are shown of many.
const SHOWN: usize = 8;

/// "TIMER BUG DETECTED" means a process that was not scheduled, not a slow server.
fn timer_alarm(world: &World) -> Vec<Said> {
    let seen: Vec<Seen> = alarms(world).filter(|(_, jitter)| !jitter).map(|(seen, _)| seen).collect();
    let text = format!(
        "the flush timer raised its alarm {}: the process was not scheduled; a slow write does not raise it",
        counts::times(seen.len() as u64)
    );
    told(world, text, &seen).into_iter().collect()
}

fn noise(world: &World) -> Vec<Said> {
    let jitter: Vec<Seen> = alarms(world).filter(|(_, jitter)| *jitter).map(|(seen, _)| seen).collect();
    let teardown = in_teardown(world);
    let echoes: Vec<Seen> = world.requests.iter().filter(|one| one.is_echo()).map(|one| one.at).collect();
    let so_many = |seen: &[Seen], noun| counts::of(seen.len() as u64, noun);
    let said = [
        (
            format!(
                "{} of the flush timer: jitter of the scheduler, its interval is so short",
                so_many(&jitter, "alarm")
            ),
            jitter,
        ),
        (format!("{} while the suite was taken down, when no spec was running", so_many(&teardown, "error")), teardown),
        (
            format!(
                "{} of DataStorage to clients that had left before (context canceled)",
                so_many(&echoes, "late answer")
            ),
            echoes,
        ),
    ];
    said.into_iter().filter_map(|(text, seen)| told(world, text, &seen)).collect()
}

fn told(world: &World, text: String, seen: &[Seen]) -> Option<Said> {
    (!seen.is_empty()).then(|| (text, places(world, &seen[..seen.len().min(SHOWN)])))
}

/// Alarms of all stores, each with whether it is mere jitter. Until `8e34ea96d` an interval twice as long raised it,
/// since then one of five times; with a tenth of a second any scheduler does the first now and then.
fn alarms(world: &World) -> impl Iterator<Item = (Seen, bool)> {
    world.stores.iter().flat_map(move |store| alarms_of(world, store))
}

fn alarms_of<'a>(world: &'a World, store: &'a Store) -> impl Iterator<Item = (Seen, bool)> + 'a {
    const SHORT: Nanos = 200 * MILLISECOND;
    let short = store.interval().filter(|interval| *interval <= SHORT);
    store.segments.iter().flat_map(move |segment| {
        segment.lines.iter().filter_map(move |index| match &world.files[segment.file].sightings[*index].what {
            What::Store(line) => match line.event {
                StoreEvent::TimerBug { actual } => {
                    let jitter = short.is_some_and(|interval| actual <= 5 * interval);
                    Some((Seen { file: segment.file, index: *index }, jitter))
                }
                _ => None,
            },
            _ => None,
        })
    })
}

/// Errors in the blocks of the nodes that take the suite down. (A refused connection there is the server that was
/// stopped first.)
fn in_teardown(world: &World) -> Vec<Seen> {
    let is_error = |what: &What| match what {
        What::Caller(line) => matches!(line, CallerLine::Error { .. } | CallerLine::AuditFailed { .. }),
        What::Store(line) => matches!(
            line.event,
            StoreEvent::WriteFailed { .. } | StoreEvent::LostBatch { .. } | StoreEvent::DroppedBatch { .. }
        ),
        _ => false,
    };
    let mut seen = Vec::new();
    for block in &world.output.blocks {
        let node = block.header.as_ref().map_or("", |header| &*header.node);
        if node.contains("AfterSuite") || node.contains("DeferCleanup") {
            let errors = block.range.clone().filter(|index| is_error(&world.files[block.file].sightings[*index].what));
            seen.extend(errors.map(|index| Seen { file: block.file, index }));
        }
    }
    seen
}
