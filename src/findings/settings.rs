//! Settings that were not applied: what was configured is not what ran.

use super::{Kind, Said, documents};
use crate::correlate::stores::Store;
use crate::correlate::{Seen, World};
use crate::documents::{Configurable, Configured, Document};
use crate::instant::spoken;
use crate::report::Place;
use crate::sighting::{StoreConfig, StoreEvent, Tick, What};
use crate::summary::{places, store_id};

pub const SETTING_NOT_APPLIED: Kind =
    Kind { id: "setting-not-applied", title: "a setting is not the one that was at work", find: not_applied };

fn not_applied(world: &World) -> Vec<Said> {
    let mut said = by_ticks(world);
    said.extend(by_configuration(world));
    said
}

/// What a service's configuration says, and what the service said when it started.
fn by_configuration(world: &World) -> Vec<Said> {
    let mut said: Vec<Said> = Vec::new();
    for (document, place) in documents(world) {
        let Document::Config(all) = document else { continue };
        for configured in all {
            let differing = started(world)
                .filter(|(service, ..)| is_of(configured, &place.file, service))
                .find_map(|(service, started, at)| Some((service, differs(configured.setting, started)?, at)));
            if let Some((service, (what, wanted, found), at)) = differing {
                let line = Place { line: configured.line, ..place.clone() };
                let text = format!("{service} is configured with {what} of {wanted}, and started with {found}");
                said.push((text, std::iter::once(line).chain(places(world, &[at])).collect()));
            }
        }
    }
    said
}

/// What one line said at the start of a service.
#[derive(Clone, Copy)]
enum Started {
    Store(StoreConfig),
    Pool { open: u64, idle: u64 },
}

/// Every service that said how it started. The stores of test processes are set up by their suite's code and read no
/// file.
fn started(world: &World) -> impl Iterator<Item = (&str, Started, Seen)> {
    let of_pods = world.stores.iter().filter(|store| store.suite.is_none());
    let stores =
        of_pods.filter_map(|store| Some((store.service.as_deref()?, Started::Store(store.config?), store.config_at?)));
    let pools = world.servers.iter().filter_map(|server| server.pool);
    stores.chain(pools.map(|(open, idle, at)| ("datastorage", Started::Pool { open, idle }, at)))
}

/// What is set, to what, and what the service started with, where it is not the same.
fn differs(wanted: Configurable, found: Started) -> Option<(&'static str, String, String)> {
    let count =
        |what, wanted: u64, found: u64| (wanted != found).then(|| (what, wanted.to_string(), found.to_string()));
    match (wanted, found) {
        (Configurable::FlushInterval(interval), Started::Store(found)) => (interval != found.flush_interval)
            .then(|| ("a flush interval", spoken(interval), spoken(found.flush_interval))),
        (Configurable::BatchSize(size), Started::Store(found)) => count("a batch size", size, found.batch_size),
        (Configurable::BufferSize(size), Started::Store(found)) => count("a buffer size", size, found.buffer_size),
        (Configurable::OpenConnections(wanted), Started::Pool { open, .. }) => count("max_open_conns", wanted, open),
        (Configurable::IdleConnections(wanted), Started::Pool { idle, .. }) => count("max_idle_conns", wanted, idle),
        _ => None,
    }
}

/// Whether a setting is of a service: by the name of its `ConfigMap`, else by a folder or file that is named for it.
fn is_of(configured: &Configured, file: &str, service: &str) -> bool {
    let service = bare(service);
    match &configured.owner {
        Some(owner) => bare(owner) == service,
        None => file.split(['/', '!']).any(|part| bare(part.split('.').next().unwrap_or_default()) == service),
    }
}

/// `remediation-orchestrator`, `remediationorchestrator-controller` and `remediationorchestrator-config` are one name.
fn bare(name: &str) -> String {
    let mut bare: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    for ending in ["configmap", "config", "controller"] {
        bare.truncate(bare.strip_suffix(ending).unwrap_or(&bare).len());
    }
    bare
}

/// A store prints its flush interval when it starts, and the timer prints its own at each tick.
fn by_ticks(world: &World) -> Vec<Said> {
    let of_store = |(number, store): (usize, &Store)| {
        let (config, at) = (store.config?, store.config_at?);
        let (tick, seen) = first_tick(world, store)?;
        (tick.expected != config.flush_interval).then(|| {
            let text = format!(
                "{} was started with a flush interval of {}, and its timer fires every {}",
                store_id(world, number),
                spoken(config.flush_interval),
                spoken(tick.expected)
            );
            (text, places(world, &[at, seen]))
        })
    };
    world.stores.iter().enumerate().filter_map(of_store).collect()
}

fn first_tick<'a>(world: &'a World, store: &Store) -> Option<(&'a Tick, Seen)> {
    store.segments.iter().find_map(|segment| {
        segment.lines.iter().find_map(|index| match &world.files[segment.file].sightings[*index].what {
            What::Store(line) => match &line.event {
                StoreEvent::Tick(tick) => Some((&**tick, Seen { file: segment.file, index: *index })),
                _ => None,
            },
            _ => None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::SECOND;

    const STORE: Started = Started::Store(StoreConfig { flush_interval: SECOND, batch_size: 100, buffer_size: 10_000 });

    #[test]
    fn only_what_differs_is_said() {
        assert_eq!(differs(Configurable::FlushInterval(SECOND), STORE), None);
        let said = differs(Configurable::FlushInterval(SECOND / 10), STORE);
        assert_eq!(said, Some(("a flush interval", "100 ms".to_owned(), "1 s".to_owned())));
        let said = differs(Configurable::BatchSize(1), STORE);
        assert_eq!(said, Some(("a batch size", "1".to_owned(), "100".to_owned())));
        assert_eq!(differs(Configurable::BufferSize(10_000), STORE), None);
        let pool = Started::Pool { open: 25, idle: 5 };
        let said = differs(Configurable::OpenConnections(100), pool);
        assert_eq!(said, Some(("max_open_conns", "100".to_owned(), "25".to_owned())));
        assert_eq!(differs(Configurable::IdleConnections(5), pool), None);
        assert_eq!(differs(Configurable::IdleConnections(6), STORE), None);
    }

    #[test]
    fn a_setting_is_of_the_service_that_its_name_or_folder_says() {
        let of = |owner: Option<&str>, file: &str, service: &str| {
            let owner = owner.map(str::to_owned);
            is_of(&Configured { owner, setting: Configurable::BatchSize(1), line: 1 }, file, service)
        };
        assert!(of(Some("remediationorchestrator-config"), "x.yaml", "remediation-orchestrator"));
        assert!(of(Some("notification-controller-config"), "x.yaml", "notification-controller"));
        assert!(!of(Some("gateway-config"), "aianalysis/x.yaml", "aianalysis"));
        assert!(of(None, "a.tar.gz!configs/aianalysis/config.yaml", "aianalysis"));
        assert!(of(None, "aianalysis-config.yaml", "aianalysis"));
        assert!(!of(None, "config.yaml", "gateway"));
    }
}
