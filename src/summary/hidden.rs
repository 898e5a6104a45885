//! What the logs *cannot show*, and the setting that would.

use crate::correlate::World;
use crate::correlate::visibility::Visible;
use crate::report::NotObservable;

pub(super) fn not_observable(world: &World) -> Vec<NotObservable> {
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
    let visible =
        clients.map(|store| Visible::of(&world.files, &world.stores[store])).fold(Visible::default(), Visible::or);
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
