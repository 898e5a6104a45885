//! Descent: from one stream down through its layers to the log files in it.

use super::beside::Beside;
use super::compression::inflate;
use super::kind::{Kind, Peeked};
use super::label::{self, inside};
use super::limits::{Budget, Limits, Metered, message};
use super::{Found, Reader, content, tar, zip};
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

/// What is needed on the way down.
pub(super) struct Descent<'a, R> {
    pub reader: &'a R,
    pub limits: &'a Limits,
    pub budget: Arc<Budget>,
    /// Threads that this file may use.
    pub threads: usize,
}

/// What a stream turned out to be, and the files in it.
pub(super) struct Unfolded<T> {
    /// `file`, `tar`, `tar.gz`, `zip`, …
    pub kind: String,
    pub found: Vec<Found<T>>,
}

impl<T> Unfolded<T> {
    fn new(kind: &str, found: Vec<Found<T>>) -> Self {
        Self { kind: kind.to_owned(), found }
    }

    fn one(kind: &str, found: Found<T>) -> Self {
        Self::new(kind, vec![found])
    }
}

impl<R: Reader> Descent<'_, R> {
    /// Reads a whole file or pipe. `seekable` is the same file again, for a zip, which is read from its end.
    pub fn root(&self, input: Box<dyn Read + Send>, seekable: Option<File>, label: &str) -> Unfolded<R::Output> {
        let mut input = Peeked::new(input);
        match (input.kind(), seekable) {
            (Kind::Zip, Some(file)) => Unfolded::new("zip", zip::from_file(self, file, label)),
            (Kind::Packed(packing), _) if self.threads > 1 => match inflate(packing, input) {
                Ok(inflated) => {
                    let mut ahead = Beside::new(Metered::new(inflated, &self.budget));
                    packed(packing.ending(), self.stream(&mut ahead, label, 1))
                }
                Err(error) => Unfolded::one("file", Found::fault(message(&error))),
            },
            (Kind::Packed(_), _) => self.unfold(&mut input, label, 0),
            _ => self.unfold(&mut Metered::new(input, &self.budget), label, 0),
        }
    }

    /// Reads a stream inside another, `level` layers deep.
    pub fn stream(&self, input: &mut dyn Read, label: &str, level: u32) -> Unfolded<R::Output> {
        self.unfold(input, label, level)
    }

    fn unfold(&self, input: &mut dyn Read, label: &str, level: u32) -> Unfolded<R::Output> {
        let mut input = Peeked::new(input);
        let kind = input.kind();
        if kind != Kind::Plain && level >= self.limits.depth {
            let depth = self.limits.depth;
            let said = format!("limit: expected at most {depth} layers of archives and compression, found more");
            return Unfolded::one("file", Found::fault(said));
        }
        match kind {
            Kind::Packed(packing) => match inflate(packing, input) {
                Ok(inflated) => {
                    let mut metered = Metered::new(inflated, &self.budget);
                    packed(packing.ending(), self.unfold(&mut metered, label, level + 1))
                }
                Err(error) => Unfolded::one("file", Found::fault(message(&error))),
            },
            Kind::Tar => Unfolded::new("tar", tar::read(self, &mut input, label, level + 1)),
            Kind::Zip => Unfolded::new("zip", zip::from_stream(self, &mut input, label, level + 1)),
            Kind::Plain => {
                let head = input.head().to_vec();
                Unfolded::one("file", content::read(self.reader, &head, &mut input, label, self.limits.member))
            }
        }
    }

    /// Reads a member of the archive that is called `outer`. Its `name` is clean.
    pub fn member(&self, input: &mut dyn Read, outer: &str, name: &str, level: u32) -> Vec<Found<R::Output>> {
        let mut found = match label::left_aside(name) {
            Some(why) => vec![Found::aside(why)],
            None => self.stream(input, &inside(outer, name), level).found,
        };
        for one in &mut found {
            one.segments.insert(0, name.to_owned());
        }
        found
    }
}

fn packed<T>(ending: &str, inner: Unfolded<T>) -> Unfolded<T> {
    Unfolded { kind: format!("{}.{ending}", inner.kind), found: inner.found }
}

/// Reads and forgets the rest, so that an end that is missing or damaged is noticed.
pub(super) fn drain(input: &mut dyn Read) -> io::Result<()> {
    io::copy(input, &mut io::sink()).map(|_| ())
}
