//! Crew: the chunks of one big file read by several threads, and joined in their order.
//!
//! A chunk is read without what stands before it. That tells nearly always; where it does not (a failure's message or a
//! line that a runtime cut runs over the border), the chunk is read again after what stands before it. So the result is
//! that of one thread.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, TrySendError, channel, sync_channel};

use super::chunks::{Buffer, Buffers, Chunks};
use super::lines::{Lines, Manner};
use crate::vocabulary::Names;

/// Chunks that wait for a helper.
const WAITING: usize = 4;
/// Chunks that wait for one before them: a helper can be held up.
const UNJOINED: usize = 64;

/// A chunk, by its place in the file.
struct Job {
    at: usize,
    bytes: Buffer,
}

/// A chunk that was read.
struct Done {
    job: Job,
    said: Lines,
}

/// Reads what is left of `chunks` after `lines`, with so many threads beside this one.
pub(super) fn read(chunks: &mut Chunks<'_>, lines: Lines, helpers: usize, buffers: &Buffers) -> Lines {
    let manner = lines.manner();
    let (jobs, waiting) = sync_channel(WAITING);
    let (done, results) = channel();
    let waiting = Mutex::new(waiting);
    let mut joined = Joined { lines, next: 0, early: BTreeMap::new(), buffers };
    std::thread::scope(|scope| {
        for _ in 0..helpers {
            let (waiting, done) = (&waiting, done.clone());
            scope.spawn(move || help(manner, waiting, &done));
        }
        drop(done);
        let mut names = Names::default();
        for at in 0.. {
            let mut bytes = buffers.take();
            if !chunks.next(&mut bytes) {
                buffers.give_back(bytes);
                break;
            }
            // All are busy: then this thread reads it.
            if let Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) = jobs.try_send(Job { at, bytes }) {
                joined.take(read_alone(job, manner, &mut names));
            }
            while let Ok(result) = results.try_recv() {
                joined.take(result);
            }
            while joined.early.len() > UNJOINED {
                let Ok(result) = results.recv() else { break };
                joined.take(result);
            }
        }
        drop(jobs);
        help_out(manner, &waiting, &mut names, &mut joined);
        for result in &results {
            joined.take(result);
        }
    });
    joined.lines
}

/// Reads chunks until no more come.
fn help(manner: Manner, waiting: &Mutex<Receiver<Job>>, done: &Sender<Done>) {
    let mut names = Names::default();
    loop {
        let job = waiting.lock().ok().and_then(|waiting| waiting.recv().ok());
        let Some(job) = job else { return };
        if done.send(read_alone(job, manner, &mut names)).is_err() {
            return;
        }
    }
}

/// Takes the last chunks that no helper took.
fn help_out(manner: Manner, waiting: &Mutex<Receiver<Job>>, names: &mut Names, joined: &mut Joined<'_>) {
    // A helper that waits holds the lock, and then none is left.
    while let Some(job) = waiting.try_lock().ok().and_then(|waiting| waiting.try_recv().ok()) {
        joined.take(read_alone(job, manner, names));
    }
}

/// Reads a chunk without what stands before it.
fn read_alone(job: Job, manner: Manner, names: &mut Names) -> Done {
    let mut said = Lines::later(manner, std::mem::take(names));
    said.chunk(&job.bytes);
    *names = said.take_names();
    Done { job, said }
}

/// What is known of the file so far.
struct Joined<'a> {
    lines: Lines,
    next: usize,
    early: BTreeMap<usize, Done>,
    buffers: &'a Buffers,
}

impl Joined<'_> {
    fn take(&mut self, done: Done) {
        self.early.insert(done.job.at, done);
        while let Some(Done { job, said }) = self.early.remove(&self.next) {
            if !self.lines.join(said) {
                self.lines.chunk(&job.bytes);
            }
            self.next += 1;
            self.buffers.give_back(job.bytes);
        }
    }
}
