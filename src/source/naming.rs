//! Naming: final labels, doubles taken out, everything in one order.

use super::label::{INSIDE, clean};
use super::open::Contents;
use super::{Double, Found, Gathered, SourceFile, Twin, duplicates};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use xxhash_rust::xxh3::xxh3_128;

/// Makes the result of what was read.
pub(super) fn finish<T>(paths: &[PathBuf], contents: Contents<T>) -> Gathered<T> {
    let Contents { inputs, found } = contents;
    let complete = found.iter().all(|(_, one)| !one.incomplete);
    let id = id(found.iter().filter_map(|(_, one)| one.hash));
    let plain: Vec<String> = found.iter().map(|(_, one)| one.segments.join(INSIDE)).collect();
    let labels = labels(paths, &found, &plain);
    let mut by_plain = HashMap::new();
    for (((input, _), plain), label) in found.iter().zip(&plain).zip(&labels) {
        by_plain.entry((*input, plain.as_str())).or_insert(label.as_str());
    }
    let mut doubles = Vec::new();
    let mut files = Vec::with_capacity(found.len());
    let twins: Vec<Option<String>> =
        found.iter().map(|(input, one)| one.twin.as_ref().map(|twin| kept(*input, one, twin, &by_plain))).collect();
    for (((input, found), label), kept) in found.into_iter().zip(&labels).zip(twins) {
        let Found { bytes, mut skipped, hash, output, twin, .. } = found;
        if let (Some(kept), Some(Twin { why, .. })) = (kept, twin) {
            skipped = Some(format!("{why} {kept}, read there"));
            doubles.push(Double { kept, skipped: label.clone(), why: why.to_owned() });
        }
        files.push((hash, SourceFile { label: label.clone(), input, bytes, skipped, output }));
    }
    files.sort_by(|(_, a), (_, b)| (&a.label, a.input).cmp(&(&b.label, b.input)));
    let (hashes, mut files): (Vec<_>, Vec<_>) = files.into_iter().unzip();
    doubles.extend(duplicates::after_reading(&mut files, &hashes));
    doubles.extend(duplicates::originals(&files));
    doubles.sort();
    Gathered { inputs, files, complete, id, doubles }
}

/// The final label of what is read in place of a copy.
fn kept<T>(input: usize, copy: &Found<T>, twin: &Twin, by_plain: &HashMap<(usize, &str), &str>) -> String {
    let plain = match (twin.input, copy.segments.split_last()) {
        // A link names its target within its own archive.
        (None, Some((_, outer))) if !outer.is_empty() => format!("{}{INSIDE}{}", outer.join(INSIDE), twin.label),
        _ => twin.label.clone(),
    };
    if plain.is_empty() {
        // The whole folder.
        return ".".to_owned();
    }
    by_plain.get(&(twin.input.unwrap_or(input), plain.as_str())).map_or(plain.clone(), |label| (*label).to_owned())
}

/// Hash over the set of contents.
fn id(hashes: impl Iterator<Item = u128>) -> String {
    let mut hashes: Vec<u128> = hashes.collect();
    hashes.sort_unstable();
    hashes.dedup();
    let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.to_be_bytes()).collect();
    format!("{:032x}", xxh3_128(&bytes))
}

/// The labels; equal ones of two PATHs get the PATH's name in front, equal ones of one PATH a number behind.
fn labels<T>(paths: &[PathBuf], found: &[(usize, Found<T>)], plain: &[String]) -> Vec<String> {
    let mut owner: HashMap<&str, usize> = HashMap::new();
    let mut shared: HashSet<&str> = HashSet::new();
    for ((input, _), label) in found.iter().zip(plain) {
        if *owner.entry(label).or_insert(*input) != *input {
            shared.insert(label);
        }
    }
    let names = names(paths);
    let mut times: HashMap<String, usize> = HashMap::new();
    found
        .iter()
        .zip(plain)
        .map(|((input, _), label)| {
            let label = if shared.contains(label.as_str()) {
                let (name, of_itself) = &names[*input];
                if of_itself == label { name.clone() } else { format!("{name}/{label}") }
            } else {
                label.clone()
            };
            let time = times.entry(label.clone()).and_modify(|time| *time += 1).or_insert(1);
            if *time == 1 { label } else { format!("{label}#{time}") }
        })
        .collect()
}

/// A name for each PATH, with its last part: the last part where that tells them apart, otherwise the whole.
fn names(paths: &[PathBuf]) -> Vec<(String, String)> {
    let whole: Vec<String> = paths.iter().map(|path| clean(path.as_os_str().as_encoded_bytes())).collect();
    let last = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    whole
        .iter()
        .map(|name| {
            let own = last(name);
            let alike = whole.iter().filter(|other| last(other) == own).count();
            (if alike > 1 { name.clone() } else { own.clone() }, own)
        })
        .collect()
}
