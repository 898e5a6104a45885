//! Rows that the ledger does not expect: written twice, or by nobody whose log is here.

use std::collections::{BTreeMap, BTreeSet};

use super::{Kind, Said};
use crate::correlate::requests::{About, Request};
use crate::correlate::{Seen, World};
use crate::counts;
use crate::summary::{places, store_id};

pub const CREATED_TWICE: Kind =
    Kind { id: "created-twice", title: "a batch was written again after it had been committed", find: created_twice };

pub const CREATED_BY_NOBODY: Kind = Kind {
    id: "created-by-nobody",
    title: "rows were created on a connection of no store that the logs show",
    find: created_by_nobody,
};

/// Findings of one kind that are told; a suite that writes everything twice says so as well by these.
const MOST: usize = 8;

/// The client timed out after the server's commit, and sent the batch again: its rows are there twice.
fn created_twice(world: &World) -> Vec<Said> {
    let mut said = Vec::new();
    for batch in &world.batches {
        let created = batch.requests.iter().filter(|request| world.requests[**request].created());
        let lines: Vec<Seen> = created.map(|request| world.requests[*request].at).collect();
        if lines.len() > 1 && said.len() < MOST {
            let attempts: Vec<Seen> =
                batch.failures.iter().map(|(seen, _)| *seen).chain(lines.iter().copied()).collect();
            let text = format!(
                "a batch of {} of {} was created {}: an attempt that the client gave up had been committed",
                batch.size,
                store_id(world, batch.store),
                counts::times(lines.len() as u64)
            );
            said.push((text, places(world, &attempts)));
        }
    }
    said
}

/// A store keeps its connection until an error, and the next attempt opens another. Where the batches of the others were
/// found on theirs, a connection without any is somebody else's, unless a batch of that size found no answer elsewhere.
fn created_by_nobody(world: &World) -> Vec<Said> {
    let answered = |request: &usize| world.requests[*request].created();
    let unanswered = world.batches.iter().filter(|batch| !batch.requests.iter().any(answered));
    let sizes: BTreeSet<u64> = unanswered.map(|batch| batch.size).collect();
    let of_store = |request: &&Request| request.batch.is_some() || request.store.is_some();
    let paired: BTreeSet<usize> = world.requests.iter().filter(of_store).map(|request| request.server).collect();
    let mut strangers: BTreeMap<(usize, &str), (u64, Vec<Seen>)> = BTreeMap::new();
    for request in &world.requests {
        let batch = request.about == About::Write && request.created() && request.line.path.ends_with("/batch");
        let stranger = batch && !of_store(&request) && paired.contains(&request.server);
        let (true, Some(connection), Some(size)) = (stranger, request.connection(), request.size) else { continue };
        if sizes.contains(&size) {
            continue;
        }
        let (rows, lines) = strangers.entry((request.server, connection)).or_default();
        *rows = rows.saturating_add(size);
        lines.push(request.at);
    }
    let said = |((_, connection), (rows, lines)): ((usize, &str), (u64, Vec<Seen>))| {
        let text = format!(
            "{} came on the connection {connection}, in {}; no store that the logs show sent them",
            counts::of(rows, "row"),
            counts::of(lines.len() as u64, "write")
        );
        (text, places(world, &lines[..lines.len().min(MOST)]))
    };
    strangers.into_iter().take(MOST).map(said).collect()
}
