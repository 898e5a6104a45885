//! Open: the PATHs looked at and their files read.

use super::descent::Descent;
use super::folder::{self, Origin, Unit};
use super::limits::{Budget, Exactly, Taken};
use super::queue::{Allowed, Done, run};
use super::{Found, Options, Reader, Twin, duplicates};
use crate::report::Input;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What is to be read.
pub(super) struct Plan<T> {
    inputs: Vec<Input>,
    units: Vec<Unit>,
    /// What is there and is not read, with the index of its PATH.
    others: Vec<(usize, Found<T>)>,
}

/// What was read, before labels are made unique.
pub(super) struct Contents<T> {
    pub inputs: Vec<Input>,
    pub found: Vec<(usize, Found<T>)>,
}

/// Looks at the PATHs.
pub(super) fn plan<T>(paths: &[PathBuf], limits: &super::Limits) -> Result<Plan<T>> {
    let mut plan = Plan { inputs: Vec::new(), units: Vec::new(), others: Vec::new() };
    for (input, path) in paths.iter().enumerate() {
        let shown = path.display().to_string();
        let kind = if shown == "-" {
            plan.units.push(Unit { input, label: String::new(), origin: Origin::Stdin, size: 0 });
            "stdin"
        } else {
            // Follows a link: this one the user has named.
            let metadata = std::fs::metadata(path).map_err(|error| {
                let found =
                    if error.kind() == io::ErrorKind::NotFound { "nothing".to_owned() } else { error.to_string() };
                anyhow::anyhow!("{shown}: expected a folder, an archive or a log file, found {found}; check the path")
            })?;
            if metadata.is_dir() {
                let (units, others) = folder::walk(path, input, limits);
                if units.is_empty() && others.is_empty() {
                    bail!("{shown}: expected log files in the folder, found none; give the folder that holds them");
                }
                plan.units.extend(units);
                plan.others.extend(others.into_iter().map(|one| (input, one)));
                "folder"
            } else if metadata.is_file() {
                let origin = Origin::File(path.clone());
                plan.units.push(Unit { input, label: String::new(), origin, size: metadata.len() });
                "file"
            } else {
                let found = folder::describe(metadata.file_type());
                bail!("{shown}: expected a folder, an archive or a log file, found {found}; pipe it in and give -");
            }
        };
        plan.inputs.push(Input { path: shown, kind: kind.to_owned() });
    }
    Ok(plan)
}

/// Reads what was planned.
pub(super) fn read<R: Reader>(plan: Plan<R::Output>, options: &Options, reader: &R) -> Result<Contents<R::Output>> {
    let Plan { mut inputs, units, others } = plan;
    let doubles = duplicates::before_reading(&units);
    let jobs: Vec<usize> = (0..units.len()).filter(|at| !doubles.contains_key(at)).collect();
    let threads = options.threads.max(1);
    let each = (threads / jobs.len().max(1)).max(1);
    let kinds = Mutex::new(vec![None; inputs.len()]);
    let work = |at: &usize| {
        let unit = &units[*at];
        let budget = Arc::new(Budget::new(&options.limits, packed_size(unit)));
        let descent = Descent { reader, limits: &options.limits, budget: Arc::clone(&budget), threads: each };
        let (kind, found) = one(&descent, unit, &inputs[unit.input].path);
        if let (Some(kind), true, Ok(mut kinds)) = (kind, unit.label.is_empty(), kinds.lock()) {
            kinds[unit.input] = Some(kind);
        }
        Done { found, bytes: budget.spent(), members: budget.seen() + 1 }
    };
    let allowed = Allowed { bytes: options.limits.total, members: options.limits.members.saturating_add(1) };
    let done = run(&jobs, threads, allowed, work);
    let mut found = others;
    for (at, done) in jobs.iter().zip(done) {
        let unit = &units[*at];
        if unit.label.is_empty() && done.found.is_empty() {
            let path = &inputs[unit.input].path;
            bail!("{path}: expected log files in the archive, found none; give the archive that holds them");
        }
        found.extend(done.found.into_iter().map(|one| (unit.input, placed(one, unit, &inputs[unit.input].path))));
    }
    for (at, kept) in doubles {
        let (unit, kept) = (&units[at], &units[kept]);
        let label = own_label(kept, &inputs[kept.input].path);
        let twin = Some(Twin { input: Some(kept.input), label, why: "same content as" });
        let one = Found { twin, bytes: unit.size, ..Found::default() };
        found.push((unit.input, placed(one, unit, &inputs[unit.input].path)));
    }
    let kinds = kinds.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    for (input, kind) in inputs.iter_mut().zip(kinds) {
        if let (Some(kind), "file") = (kind, input.kind.as_str()) {
            input.kind = kind;
        }
    }
    Ok(Contents { inputs, found })
}

/// Size by which the ratio of a packed file is judged; unknown for a pipe.
fn packed_size(unit: &Unit) -> Option<u64> {
    matches!(unit.origin, Origin::File(_)).then_some(unit.size)
}

/// Reads one file, and tells its kind.
fn one<R: Reader>(descent: &Descent<'_, R>, unit: &Unit, path: &str) -> (Option<String>, Vec<Found<R::Output>>) {
    let label = own_label(unit, path);
    let file = match &unit.origin {
        Origin::Stdin => {
            let input = Box::new(Taken(io::stdin(), Arc::clone(&descent.budget)));
            return (None, descent.root(input, None, &label).found);
        }
        Origin::File(path) => path,
    };
    match opened(file) {
        Ok((input, seekable, size)) => {
            let mut unfolded = descent.root(input, seekable, &label);
            if let Some(said) = changed(file, size) {
                let mut fault = Found::fault(said);
                // Said at the file itself when it is one.
                match unfolded.found.as_mut_slice() {
                    [only] if only.segments.is_empty() => {
                        only.incomplete = true;
                        only.skipped.get_or_insert(fault.skipped.take().unwrap_or_default());
                    }
                    _ => unfolded.found.push(fault),
                }
            }
            (Some(unfolded.kind), unfolded.found)
        }
        Err(error) => (None, vec![Found::fault(format!("unreadable: {error:#}"))]),
    }
}

/// The file as a stream, again for seeking, and its size.
type Opened = (Box<dyn Read + Send>, Option<File>, u64);

fn opened(path: &Path) -> Result<Opened> {
    let file = File::open(path).context("expected to open it")?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        bail!("expected a file, found that it became something else");
    }
    let again = file.try_clone().ok();
    let size = metadata.len();
    // Files of the kernel state no size and have bytes all the same.
    let input: Box<dyn Read + Send> = if size == 0 { Box::new(file) } else { Box::new(Exactly::new(file, size)) };
    Ok((input, again, size))
}

/// Says of a log that is still being written that only its first part was used.
fn changed(path: &Path, size: u64) -> Option<String> {
    let now = std::fs::metadata(path).map_or(size, |metadata| metadata.len());
    (size > 0 && now > size)
        .then(|| format!("growing: expected {size} bytes, found {now} at the end; the first were used"))
}

/// The label of a file of a PATH; of a PATH that is a file, its name.
fn own_label(unit: &Unit, path: &str) -> String {
    if !unit.label.is_empty() {
        return unit.label.clone();
    }
    let name = super::label::clean(path.as_bytes());
    name.rsplit('/').next().unwrap_or(&name).to_owned()
}

/// Puts a file's own label in front. An archive that is the PATH itself contributes nothing.
fn placed<T>(found: Found<T>, unit: &Unit, path: &str) -> Found<T> {
    if unit.label.is_empty() && !found.segments.is_empty() {
        return found;
    }
    found.named(&own_label(unit, path))
}
