//! Limits: how much of a bundle is read before the answer is a partial one.
//!
//! A bundle may come from a stranger, so no number inside it is believed. What counts is what was really inflated.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much is read. All byte counts are of decompressed bytes, including those of members that are skipped on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all PATHs together. 32 GiB: three times the largest honest bundle we want to allow (10 GB), and about
    /// what one thread inflates in a minute.
    pub total: u64,
    /// Bytes of one file or archive member. 16 GiB: one honest log of 10 GB fits.
    pub member: u64,
    /// Files and archive members, each counted where it lies. 100 000: some ten times a large must-gather, and few
    /// enough that their labels fit into some ten megabytes.
    pub members: u64,
    /// Layers of packing around one file; a `tar.gz` counts two, `.gz` and `.tar`. 10: a CI zip, with a `tar.gz`, with a
    /// collector's `tar.gz`, with a rotated `.log.gz`, counts six.
    pub depth: u32,
    /// Bytes of a zip that is held in memory, because it lies inside an archive or comes from a pipe and a zip is read
    /// from its end. 64 MiB. A larger one is read from its begin, where a link cannot be told from a file.
    pub held: u64,
    /// Bytes of one line; what follows is skipped up to the newline and counted. 1 MiB. Not enforced here, as the
    /// source hands out bytes and not lines: the reader of lines holds it.
    pub line: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { total: 32 << 30, member: 16 << 30, members: 100_000, depth: 10, held: 64 << 20, line: 1 << 20 }
    }
}

/// Decompressed bytes for each byte of the packed file, past which it is a bomb. The repetitive logs of a polling
/// controller reach about 60 with gzip; deflate itself ends at 1032.
const RATIO: u64 = 200;

/// Below this no ratio is looked at: a gigabyte of anything is read within seconds, and short files can be extremely
/// repetitive.
const RATIO_FLOOR: u64 = 1 << 30;

/// Why reading ended early, in words for the user, travelling through decoders as an [`io::Error`].
#[derive(Debug)]
pub(super) struct Stop(pub String);

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Stop {}

/// An [`io::Error`] that carries its message for the user.
pub(super) fn stop(message: impl Into<String>) -> io::Error {
    io::Error::other(Stop(message.into()))
}

/// Fills a block as far as the input goes, and says what ended it before its end.
pub(super) fn fill(input: &mut (impl Read + ?Sized), block: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut filled = 0;
    while filled < block.len() {
        match input.read(&mut block[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (filled, Some(error)),
        }
    }
    (filled, None)
}

/// The message of an error, in the grammar of the report.
pub(super) fn message(error: &io::Error) -> String {
    match error.get_ref() {
        Some(inner) if inner.is::<Stop>() => inner.to_string(),
        _ => format!("unreadable: {error}"),
    }
}

/// What one file of a PATH may still cost. Each has its own, so that which file is cut does not depend on threads.
#[derive(Debug)]
pub(super) struct Budget {
    total: u64,
    members: u64,
    /// Size of the packed file; `None` for a pipe, where it is what was taken from it so far.
    packed: Option<u64>,
    taken: AtomicU64,
    spent: AtomicU64,
    seen: AtomicU64,
}

impl Budget {
    /// A fresh budget for a packed file of `packed` bytes.
    pub fn new(limits: &Limits, packed: Option<u64>) -> Self {
        let zero = || AtomicU64::new(0);
        Self { total: limits.total, members: limits.members, packed, taken: zero(), spent: zero(), seen: zero() }
    }

    /// A budget for one member of a zip, whose ratio is held over the zip as a whole.
    pub fn part(total: u64, members: u64) -> Self {
        let zero = || AtomicU64::new(0);
        Self { total, members, packed: Some(u64::MAX), taken: zero(), spent: zero(), seen: zero() }
    }

    /// Adds what a part has spent.
    pub fn charge(&self, bytes: u64, members: u64) {
        self.spent.fetch_add(bytes, Ordering::Relaxed);
        self.seen.fetch_add(members, Ordering::Relaxed);
    }

    /// Bytes inflated so far.
    pub fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    /// Members seen so far.
    pub fn seen(&self) -> u64 {
        self.seen.load(Ordering::Relaxed)
    }

    /// Bytes that may be inflated for a packed size.
    pub fn allowance(&self) -> u64 {
        let packed = self.packed.unwrap_or_else(|| self.taken.load(Ordering::Relaxed));
        self.total.min(packed.saturating_mul(RATIO).max(RATIO_FLOOR))
    }

    /// Bytes that may still be inflated.
    fn left(&self) -> u64 {
        self.allowance().saturating_sub(self.spent())
    }

    fn spend(&self, bytes: u64) {
        self.spent.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Says which limit was reached.
    fn reached(&self) -> io::Error {
        let allowed = self.allowance();
        if allowed == self.total {
            return stop(format!("limit: expected at most {allowed} decompressed bytes, found more"));
        }
        stop(format!(
            "limit: expected at most {RATIO} times its packed size ({allowed} bytes), found more: a decompression bomb"
        ))
    }

    /// Counts one member.
    pub fn member(&self) -> io::Result<()> {
        if self.seen.fetch_add(1, Ordering::Relaxed) < self.members {
            return Ok(());
        }
        Err(stop(format!("limit: expected at most {} members, found more; the rest was not read", self.members)))
    }
}

/// Reads at most `left` bytes; `None` when there are more than that.
pub(super) fn within(input: &mut dyn Read, buffer: &mut [u8], left: u64) -> io::Result<Option<usize>> {
    if left == 0 && !buffer.is_empty() {
        return input.read(&mut [0]).map(|count| (count == 0).then_some(0));
    }
    let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
    input.read(&mut buffer[..most]).map(Some)
}

/// Counts decompressed bytes against a budget.
pub(super) struct Metered<R> {
    inner: R,
    budget: Arc<Budget>,
}

impl<R: Read> Metered<R> {
    /// Puts a meter on `inner`.
    pub fn new(inner: R, budget: &Arc<Budget>) -> Self {
        Self { inner, budget: Arc::clone(budget) }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(count) = within(&mut self.inner, buffer, self.budget.left())? else {
            // What other parts add up must show that the limit was passed.
            self.budget.spend(1);
            return Err(self.budget.reached());
        };
        self.budget.spend(count as u64);
        Ok(count)
    }
}

/// Counts what was taken from a pipe, whose size nobody knows beforehand.
pub(super) struct Taken<R>(pub R, pub Arc<Budget>);

impl<R: Read> Read for Taken<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer)?;
        self.1.taken.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Exactly so many bytes of a stream; an earlier end is an error that says so.
pub(super) struct Exactly<R> {
    inner: R,
    size: u64,
    left: u64,
}

impl<R: Read> Exactly<R> {
    /// The next `size` bytes of `inner`.
    pub fn new(inner: R, size: u64) -> Self {
        Self { inner, size, left: size }
    }

    /// Reads and forgets what is left.
    pub fn skip(&mut self) -> io::Result<()> {
        io::copy(self, &mut io::sink()).map(|_| ())
    }
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let count = self.inner.read(&mut buffer[..most])?;
        if count == 0 {
            let found = self.size - self.left;
            return Err(stop(format!("cut: expected {} bytes, found {found}", self.size)));
        }
        self.left -= count as u64;
        Ok(count)
    }
}
