//! Source: from the PATHs of the command line to the bytes of the log files in them. The only reader.
//!
//! A PATH is a folder, an archive, a log file, plain or compressed, or `-`. What it is, is told by its content. Nothing
//! is unpacked to disk, names are labels and never paths, and whatever cannot be read is said and the rest goes on.

mod beside;
mod compression;
mod content;
mod descent;
mod duplicates;
mod folder;
mod kind;
mod label;
mod limits;
mod naming;
mod open;
mod queue;
mod stream;
mod tar;
#[cfg(test)]
mod tests;
mod zip;
mod zip_stream;

pub use limits::Limits;
pub use stream::{Age, Life, Part, Turn, container, part};

use anyhow::{Result, bail};
use std::path::PathBuf;

/// Turns the bytes of one logical file into something; called from several threads.
pub trait Reader: Sync {
    /// What a file is turned into.
    type Output: Send;

    /// Reads one file.
    ///
    /// `bytes` never fails. It ends early when the input is broken or a limit is reached; that is noted by the source,
    /// not seen here. It is UTF-8, with errors where the file has them.
    ///
    /// `label` is what is known while reading. It ends as the file's final label does, in [`SourceFile`], but may have
    /// more in front: that an archive has a single top folder is known only at its end. So decide by its last parts at
    /// most, and keep the final label.
    fn read(&self, label: &str, bytes: &mut dyn std::io::Read) -> Self::Output;
}

/// How to read.
#[derive(Debug, Clone)]
pub struct Options {
    /// How much.
    pub limits: Limits,
    /// By how many threads; the result is the same.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { limits: Limits::default(), threads }
    }
}

/// One file of the bundle.
#[derive(Debug)]
pub struct SourceFile<T> {
    /// Name in the report, relative to its PATH; `outer.zip!inner.tar.gz!a/b.log` inside archives.
    pub label: String,
    /// Index of the PATH that it came from.
    pub input: usize,
    /// Decompressed bytes that were read.
    pub bytes: u64,
    /// Why it was skipped or cut, if it was.
    pub skipped: Option<String>,
    /// What the reader made of it; `None` when it was not read, or is a double.
    pub output: Option<T>,
}

/// What was read once though it is there twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Double {
    /// Label of what was read.
    pub kept: String,
    /// Label of what was not.
    pub skipped: String,
    /// `same content as`, `link to`, `original of`: read as "skipped, why, kept".
    pub why: String,
}

/// All files of all PATHs.
#[derive(Debug)]
pub struct Gathered<T> {
    /// The PATHs, as given, in their order.
    pub inputs: Vec<crate::report::Input>,
    /// The files, by label.
    pub files: Vec<SourceFile<T>>,
    /// False when anything that may be a log was left unread or cut.
    pub complete: bool,
    /// Hash of the set of contents: the same for a folder and its archive, and in any order.
    pub id: String,
    /// What was read once though it is there several times, by label.
    pub doubles: Vec<Double>,
}

/// What is read in place of a copy.
struct Twin {
    /// Index of its PATH, if it need not be the same.
    input: Option<usize>,
    /// Its label there; that of a link's target lacks the names of the archives around it.
    label: String,
    /// `same content as` or `link to`.
    why: &'static str,
}

/// A file while its label is still being made.
struct Found<T> {
    /// Names from the outside in; empty for the stream itself.
    segments: Vec<String>,
    bytes: u64,
    skipped: Option<String>,
    incomplete: bool,
    /// Hash of the content as far as it was read.
    hash: Option<u128>,
    output: Option<T>,
    /// Where a link leads, until it is known whether that is read.
    link: Option<String>,
    /// What this is a copy of.
    twin: Option<Twin>,
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self {
            segments: Vec::new(),
            bytes: 0,
            skipped: None,
            incomplete: false,
            hash: None,
            output: None,
            link: None,
            twin: None,
        }
    }
}

impl<T> Found<T> {
    /// Something that could not be read.
    fn fault(said: impl Into<String>) -> Self {
        Self { skipped: Some(said.into()), incomplete: true, ..Self::default() }
    }

    /// Something that need not be read.
    fn aside(said: impl Into<String>) -> Self {
        Self { skipped: Some(said.into()), ..Self::default() }
    }

    /// A link to something inside, or out of it.
    fn linked(target: Option<String>) -> Self {
        match target {
            Some(target) => Self { link: Some(target), ..Self::default() },
            None => Self::fault("link: expected a target inside, found one outside; not followed"),
        }
    }

    fn named(mut self, name: &str) -> Self {
        self.segments.insert(0, name.to_owned());
        self
    }
}

/// Reads all PATHs as one bundle.
///
/// # Errors
/// A PATH that does not exist, or that holds no file at all. What is merely broken is said in the result.
pub fn gather<R: Reader>(paths: &[PathBuf], options: &Options, reader: &R) -> Result<Gathered<R::Output>> {
    if paths.is_empty() {
        bail!("expected at least one PATH, found none; give a must-gather folder, an archive, a log file, or -");
    }
    let plan = open::plan(paths, &options.limits)?;
    let read = open::read(plan, options, reader)?;
    Ok(naming::finish(paths, read))
}
