//! Folder: the files of a PATH, found by walking it; nothing is opened here.

use super::Found;
use super::label::{clean, left_aside};
use super::limits::Limits;
use std::fs::FileType;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// One file to be read.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// Index of the PATH.
    pub input: usize,
    /// Label relative to the PATH; empty for a PATH that is a file itself, until its kind is known.
    pub label: String,
    pub origin: Origin,
    /// Size when it was found.
    pub size: u64,
}

/// Where a file's bytes come from.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    File(PathBuf),
    Stdin,
}

/// Walks a folder: the files to be read, and what is there and will not be.
pub(super) fn walk<T>(root: &Path, input: usize, limits: &Limits) -> (Vec<Unit>, Vec<Found<T>>) {
    let mut units = Vec::new();
    let mut others = Vec::new();
    // Links are judged by where they really lead.
    let real = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let mut seen = 0_u64;
    // The PATH itself may be a link: the user named it. Links below it are another matter.
    for entry in WalkDir::new(&real).follow_links(false).sort_by_file_name().min_depth(1) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let label = error.path().map(|path| relative(path, &real)).unwrap_or_default();
                let said = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                others.push(Found::fault(format!("unreadable: {said}")).named(&label));
                continue;
            }
        };
        let kind = entry.file_type();
        if kind.is_dir() {
            continue;
        }
        seen += 1;
        if seen > limits.members {
            let said = format!("limit: expected at most {} files, found more; the rest was not read", limits.members);
            others.push(Found::fault(said).named("."));
            break;
        }
        let label = relative(entry.path(), &real);
        if kind.is_symlink() {
            others.push(link(entry.path(), &real).named(&label));
        } else if !kind.is_file() {
            others.push(Found::aside(format!("not a file: expected a file, found {}", word(kind))).named(&label));
        } else if let Some(why) = left_aside(&label) {
            others.push(Found::aside(why).named(&label));
        } else {
            let size = entry.metadata().map_or(0, |metadata| metadata.len());
            units.push(Unit { input, label, origin: Origin::File(entry.into_path()), size });
        }
    }
    super::duplicates::links_among(&mut others, units.iter().map(|unit| unit.label.as_str()));
    (units, others)
}

fn relative(path: &Path, root: &Path) -> String {
    clean(path.strip_prefix(root).unwrap_or(path).as_os_str().as_encoded_bytes())
}

/// A link inside the root is the same file twice; one that leads out is not followed.
fn link<T>(path: &Path, root: &Path) -> Found<T> {
    match path.canonicalize() {
        Ok(target) => {
            Found::linked(target.strip_prefix(root).ok().map(|inner| clean(inner.as_os_str().as_encoded_bytes())))
        }
        Err(error) => Found::fault(format!("link: expected its target, found none ({error})")),
    }
}

#[cfg(unix)]
fn word(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_fifo() {
        "a FIFO"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn word(_: FileType) -> &'static str {
    "something else"
}

/// In words what a path is, for a message.
pub(super) fn describe(kind: FileType) -> &'static str {
    if kind.is_file() { "a file" } else { word(kind) }
}
