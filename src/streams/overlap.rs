//! Overlap: lines of one container that were collected twice (`kubectl logs` at two times, or once by name and once by
//! the node) are counted once.
//!
//! The later file begins with lines that the earlier one holds, up to the end of one of the two. What is compared is
//! what the lines say, with their stamps: two files that say the same from there on are one log. Two processes can
//! print equal lines by chance, so a copy needs lines that are like no others: a few where the labels name one
//! container, many where they do not.

use std::collections::{HashMap, HashSet};

use super::append;
use crate::instant::{Nanos, SECOND};
use crate::reading::LogFile;
use crate::report::{Finding, Place};
use crate::sighting::{ServerLine, Sighting, StoreEvent, What};
use crate::source;

/// Lines that are like no others, by which a copy is told where the labels name one container.
const FEW: usize = 3;
/// The same where they do not.
const MANY: usize = 50;
/// First sightings among which the first stamp is looked for.
const HEAD: usize = 16;
/// Files that begin with the same stamp, and places in one file where another may begin: beyond, a file stays what it
/// is, so that the cost stays linear.
const TRIES: usize = 16;

/// Lines of one file that another begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shared {
    /// The file that holds them too.
    earlier: usize,
    /// Its first sighting of them.
    from: usize,
    /// How many sightings.
    count: usize,
    /// The earlier file was cut in the middle of its last sighting.
    cut: bool,
    /// The whole later file is in the earlier one.
    whole: bool,
}

/// Takes out of every file what another file holds, and joins those that go on from each other.
pub(super) fn count_once(
    files: Vec<LogFile>,
    elsewhere: &mut Vec<(String, String)>,
    findings: &mut Vec<Finding>,
) -> Vec<LogFile> {
    let shared = shared(&files);
    if shared.is_empty() {
        return files;
    }
    let is_whole = |at: usize| shared.get(&at).is_some_and(|shared| shared.whole);
    let mut next: HashMap<usize, usize> = HashMap::new();
    for later in 0..files.len() {
        let Some(shared) = shared.get(&later) else { continue };
        let (before, after) = (&files[shared.earlier], &files[later]);
        if !shared.whole {
            if is_whole(shared.earlier) || next.contains_key(&shared.earlier) {
                continue;
            }
            next.insert(shared.earlier, later);
        }
        let last = after.sightings[shared.count - 1].line;
        let at = before.place(before.sightings[shared.from].line);
        let lines = if shared.whole { "all its lines".to_owned() } else { format!("lines 1 to {last}") };
        findings.push(Finding {
            id: "read-once",
            text: format!("{} was collected twice: {lines} are in {} too, and were counted once", after.label, at.file),
            places: vec![Place { file: after.label.clone(), line: 1, to_line: Some(last) }, at],
        });
        elsewhere.push((after.label.clone(), format!("same content as {}: {lines}, counted there", before.label)));
    }
    let follows: HashSet<usize> = next.values().copied().collect();
    let mut files: Vec<Option<LogFile>> = files.into_iter().map(Some).collect();
    let mut logs = Vec::with_capacity(files.len());
    for first in 0..files.len() {
        if is_whole(first) {
            files[first] = None;
        }
        if follows.contains(&first) {
            continue;
        }
        let Some(mut log) = files[first].take() else { continue };
        let mut last = first;
        while let Some(later) = next.get(&last)
            && let Some(file) = files[*later].take()
        {
            let Shared { count, cut, .. } = shared[later];
            if u32::try_from(log.lines.saturating_add(file.lines)).is_err() {
                logs.push(file);
                break;
            }
            if cut {
                log.sightings.pop();
            }
            append(&mut log, file, count, false);
            last = *later;
        }
        logs.push(log);
    }
    // A ring of files has no first: each stays what it is.
    logs.extend(files.into_iter().flatten());
    logs
}

/// For each file the best one that holds its beginning.
fn shared(files: &[LogFile]) -> HashMap<usize, Shared> {
    let mut best: HashMap<usize, Shared> = HashMap::new();
    let mut heads: HashMap<Nanos, Vec<(usize, usize)>> = HashMap::new();
    for (at, file) in files.iter().enumerate().filter(|(_, file)| file.document.is_none()) {
        let first = file.sightings.iter().take(HEAD).position(|sighting| sighting.stamp.is_some());
        if let Some(first) = first
            && let Some(stamp) = file.sightings[first].stamp
        {
            let same = heads.entry(stamp.at).or_default();
            if same.len() < TRIES {
                same.push((at, first));
            }
        }
    }
    for (earlier, file) in files.iter().enumerate() {
        let mut tries: HashMap<usize, usize> = HashMap::new();
        for (index, sighting) in file.sightings.iter().enumerate() {
            let Some(same) = sighting.stamp.and_then(|stamp| heads.get(&stamp.at)) else { continue };
            for (later, first) in same {
                let Some(from) = index.checked_sub(*first).filter(|_| *later != earlier) else { continue };
                if !same_line(sighting, &files[*later].sightings[*first]) {
                    continue;
                }
                let tried = tries.entry(*later).or_default();
                *tried += 1;
                if *tried > TRIES {
                    continue;
                }
                let Some(found) = begins(files, earlier, from, *later) else { continue };
                let better = best.get(later).is_none_or(|known| {
                    (found.whole, found.count, file.sightings.len())
                        > (known.whole, known.count, files[known.earlier].sightings.len())
                });
                if better {
                    best.insert(*later, found);
                }
            }
        }
    }
    best
}

/// What the later file has in common with the earlier one from a sighting on, if that makes it a copy.
fn begins(files: &[LogFile], earlier: usize, from: usize, later: usize) -> Option<Shared> {
    let (before, after) = (&files[earlier], &files[later]);
    let rest = &before.sightings[from..];
    let count = rest.iter().zip(&after.sightings).take_while(|(one, other)| same_line(one, other)).count();
    let whole = count == after.sightings.len();
    // The end of a file cuts its last line, or a failure's message.
    let last = rest.last().map_or(0, |last| last.line);
    let cut = !whole
        && count + 1 == rest.len()
        && (u64::from(last) == before.lines || before.edges.open_line() == Some(last));
    if !(whole || cut || count == rest.len()) {
        return None;
    }
    // Of two that are wholly the same, the first is kept.
    if whole && count == before.sightings.len() && earlier > later {
        return None;
    }
    let same_container =
        source::container(&before.label).any(|name| source::container(&after.label).any(|other| name == other));
    let needed = if same_container { FEW } else { MANY };
    let told = rest[..count].iter().filter(|sighting| is_like_no_other(sighting)).take(needed).count();
    (told == needed).then_some(Shared { earlier, from, count, cut, whole })
}

/// Two prints of one line: when a runtime read it depends on who was asked.
fn same_line(one: &Sighting, other: &Sighting) -> bool {
    one.stamp == other.stamp && one.what == other.what
}

/// Nothing else prints the same: it names an id or counts, or has a stamp finer than a second.
fn is_like_no_other(sighting: &Sighting) -> bool {
    if sighting.stamp.is_some_and(|stamp| Nanos::from(stamp.precision) < SECOND) {
        return true;
    }
    match &sighting.what {
        What::Server(ServerLine::Request(request)) => !request.id.is_empty(),
        What::Store(line) => match &line.event {
            StoreEvent::Buffered { .. } => true,
            StoreEvent::Tick(tick) => tick.fired.is_some(),
            StoreEvent::Started { start_time, .. } => start_time.is_some(),
            _ => false,
        },
        _ => false,
    }
}
