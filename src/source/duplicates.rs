//! Duplicates: what lies in a bundle several times is read once, and said.

use super::folder::{Origin, Unit};
use super::label::PRE_SANITIZE;
use super::{Double, Found, SourceFile, Twin};
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, Read};
use xxhash_rust::xxh3::Xxh3;

/// Smaller is better: kind's `containers/` holds copies of `pods/`, and only the latter tells the restart; then the
/// shortest label, so that a folder goes before the archive beside it.
fn rank(label: &str) -> (bool, usize, &str) {
    (label.split(['/', '!']).any(|part| part == "containers"), label.len(), label)
}

/// Says of the links in an archive or folder whether they lead to something that is read anyway.
pub(super) fn links<T>(found: &mut [Found<T>]) {
    links_among(found, std::iter::empty());
}

/// The same, with the labels of what will be read later.
pub(super) fn links_among<'a, T>(found: &mut [Found<T>], later: impl Iterator<Item = &'a str>) {
    if found.iter().all(|one| one.link.is_none()) {
        return;
    }
    let read = found.iter().filter(|one| one.link.is_none()).filter_map(|one| one.segments.first().cloned());
    let known: BTreeSet<String> = read.chain(later.map(str::to_owned)).collect();
    for one in found {
        let Some(target) = one.link.take() else { continue };
        let folder = format!("{target}/");
        let is_folder = known.range(folder.clone()..).next().is_some_and(|label| label.starts_with(&folder));
        if target.is_empty() || is_folder || known.contains(&target) {
            one.twin = Some(Twin { input: None, label: target, why: "link to" });
        } else {
            one.skipped = Some(format!("link: expected its target {target} beside it, found none"));
            one.incomplete = true;
        }
    }
}

/// Files of folders with equal content: which of them need not be read, each with the label of the one that is.
///
/// Only files of equal size are hashed, first their heads. Those inside archives are found after reading.
pub(super) fn before_reading(units: &[Unit]) -> HashMap<usize, usize> {
    let mut by_size: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, unit) in units.iter().enumerate() {
        if unit.size > 0 && matches!(unit.origin, Origin::File(_)) {
            by_size.entry(unit.size).or_default().push(at);
        }
    }
    let mut doubles = HashMap::new();
    for same_size in by_size.into_values().filter(|group| group.len() > 1) {
        for same_head in split(&same_size, units, HEAD) {
            for mut same in split(&same_head, units, u64::MAX) {
                same.sort_by_key(|at| (rank(&units[*at].label), units[*at].input));
                doubles.extend(same[1..].iter().map(|at| (*at, same[0])));
            }
        }
    }
    doubles
}

/// Bytes that tell most files of equal size apart.
const HEAD: u64 = 16 << 10;

/// Splits a group by the hash of its first bytes; only groups of several are given.
fn split(group: &[usize], units: &[Unit], bytes: u64) -> Vec<Vec<usize>> {
    let mut by_hash: HashMap<u128, Vec<usize>> = HashMap::new();
    for at in group {
        if let Origin::File(path) = &units[*at].origin
            && let Ok(hash) = File::open(path).and_then(|file| hash(file.take(bytes)))
        {
            by_hash.entry(hash).or_default().push(*at);
        }
    }
    by_hash.into_values().filter(|group| group.len() > 1).collect()
}

fn hash(mut input: impl Read) -> io::Result<u128> {
    let mut hash = Xxh3::new();
    let mut block = vec![0; 64 << 10];
    loop {
        match input.read(&mut block)? {
            0 => return Ok(hash.digest128()),
            count => hash.update(&block[..count]),
        }
    }
}

/// Takes out what was read twice after all, because it lay in archives. `hashes` go with `files`.
pub(super) fn after_reading<T>(files: &mut [SourceFile<T>], hashes: &[Option<u128>]) -> Vec<Double> {
    let mut by_content: HashMap<(u128, u64), Vec<usize>> = HashMap::new();
    for (at, (file, hash)) in files.iter().zip(hashes).enumerate() {
        if let (Some(hash), 1.., Some(_)) = (hash, file.bytes, &file.output) {
            by_content.entry((*hash, file.bytes)).or_default().push(at);
        }
    }
    let mut doubles = Vec::new();
    for mut same in by_content.into_values().filter(|group| group.len() > 1) {
        // A copy that was read to its end goes before one that was cut.
        same.sort_by(|a, b| {
            let key = |at: usize| (files[at].skipped.is_some(), rank(&files[at].label), files[at].input);
            key(*a).cmp(&key(*b))
        });
        let kept = files[same[0]].label.clone();
        for at in &same[1..] {
            let file = &mut files[*at];
            file.output = None;
            file.skipped = Some(format!("same content as {kept}, read there"));
            doubles.push(Double { kept: kept.clone(), skipped: file.label.clone(), why: "same content as".to_owned() });
        }
    }
    doubles
}

/// The originals from before the sanitiser, as far as the sanitised file is there.
pub(super) fn originals<T>(files: &[SourceFile<T>]) -> Vec<Double> {
    let labels: BTreeSet<&str> = files.iter().map(|file| file.label.as_str()).collect();
    files
        .iter()
        .filter_map(|file| {
            let kept = file.label.strip_suffix(PRE_SANITIZE).filter(|kept| labels.contains(kept))?;
            let why = "original of".to_owned();
            Some(Double { kept: kept.to_owned(), skipped: file.label.clone(), why })
        })
        .collect()
}
