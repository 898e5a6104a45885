//! Queue: many files read by several threads, with a result that does not depend on how many.

use super::Found;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// What reading one file or member gave, and what it cost.
pub(super) struct Done<T> {
    pub found: Vec<Found<T>>,
    pub bytes: u64,
    pub members: u64,
}

/// What all jobs together may cost.
#[derive(Clone, Copy)]
pub(super) struct Allowed {
    pub bytes: u64,
    pub members: u64,
}

impl Allowed {
    fn said(self) -> String {
        format!("limit: expected at most {} decompressed bytes and {} members, found more", self.bytes, self.members)
    }
}

/// Does all jobs and gives their results in the order of the jobs.
///
/// The limit is on the sum. Threads reach it at different files each time, so each job has the whole limit for itself,
/// no new job begins once the sum is reached, and afterwards results are kept in the order of the jobs as far as the
/// limit allows.
pub(super) fn run<J: Sync, T: Send>(
    jobs: &[J],
    threads: usize,
    allowed: Allowed,
    work: impl Fn(&J) -> Done<T> + Sync,
) -> Vec<Done<T>> {
    let results: Mutex<Vec<Option<Done<T>>>> = Mutex::new(jobs.iter().map(|_| None).collect());
    let (next, bytes, members) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let worker = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(at) else { return };
            if bytes.load(Ordering::Relaxed) > allowed.bytes || members.load(Ordering::Relaxed) > allowed.members {
                return;
            }
            let done = work(job);
            bytes.fetch_add(done.bytes, Ordering::Relaxed);
            members.fetch_add(done.members, Ordering::Relaxed);
            if let Ok(mut results) = results.lock() {
                results[at] = Some(done);
            }
        }
    };
    if threads <= 1 || jobs.len() <= 1 {
        worker();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..threads.min(jobs.len()) {
                scope.spawn(worker);
            }
        });
    }
    let results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    trim(results, allowed)
}

/// Keeps what the limit allows, in order.
fn trim<T>(results: Vec<Option<Done<T>>>, allowed: Allowed) -> Vec<Done<T>> {
    let (mut bytes, mut members) = (0_u64, 0_u64);
    let mut kept = Vec::with_capacity(results.len());
    for result in results {
        let mut done =
            result.unwrap_or_else(|| Done { found: vec![Found::fault(allowed.said())], bytes: 0, members: 0 });
        let fits = bytes + done.bytes <= allowed.bytes && members + done.members <= allowed.members;
        // The first job has ended itself where the limit is.
        if !fits && bytes + members > 0 {
            let (mut left, mut left_members) =
                (allowed.bytes.saturating_sub(bytes), allowed.members - members.min(allowed.members));
            for found in &mut done.found {
                if found.bytes > left || left_members == 0 {
                    (left, left_members) = (0, 0);
                    found.output = None;
                    found.hash = None;
                    found.incomplete = true;
                    found.skipped = Some(allowed.said());
                } else {
                    left -= found.bytes;
                    left_members -= 1;
                }
            }
        }
        bytes = bytes.saturating_add(done.bytes);
        members = members.saturating_add(done.members);
        kept.push(done);
    }
    kept
}
