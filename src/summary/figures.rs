//! The *figures* over all events and writes, and the settings and clocks that they were got with.

use std::collections::BTreeMap;

use super::names::{places, service, store_service};
use crate::correlate::World;
use crate::correlate::replay::Fate;
use crate::correlate::requests::About;
use crate::correlate::stages::quantile;
use crate::instant::{self, Nanos, spoken};
use crate::report::{Clock, Instant, Run, Service, Setting, Spread, Stage, StageSpread};

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
            from: clock.from.and_then(|step| Instant::known(step.at)),
            to: clock.to.and_then(|step| Instant::known(step.at)),
            assumed: clock.assumed,
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
