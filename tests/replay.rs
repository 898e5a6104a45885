//! The kept corpus of the fuzz targets, and two hundred changed ones each, through the same functions (`fuzz/`).

mod random;
#[path = "../fuzz/through.rs"]
mod through;

use std::path::Path;

use random::Random;

/// Every kept input, by its target.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut inputs: Vec<(String, Vec<u8>)> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| {
            let path = entry.expect("an entry").path();
            (path.display().to_string(), std::fs::read(&path).expect("an input"))
        })
        .collect();
    inputs.sort();
    inputs
}

#[test]
fn every_kept_input_is_answered() {
    for (target, run) in through::ALL {
        let inputs = corpus(target);
        assert!(!inputs.is_empty(), "{target}: expected a corpus, found none");
        for (path, bytes) in inputs {
            std::panic::catch_unwind(|| run(&bytes)).unwrap_or_else(|_| panic!("{target}: {path} makes it panic"));
        }
    }
}

#[test]
fn every_target_is_registered() {
    let manifest = include_str!("../fuzz/Cargo.toml");
    let entries = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/targets")).expect("the targets");
    let mut files: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().replace(".rs", "")).collect();
    files.sort();
    let mut known: Vec<&str> = through::ALL.iter().map(|(name, _)| *name).collect();
    known.sort_unstable();
    assert_eq!(files, known);
    for name in known {
        assert!(manifest.contains(&format!("path = \"targets/{name}.rs\"")), "{name} is not in fuzz/Cargo.toml");
    }
}

/// Kept inputs with some bytes changed, cut, doubled or spliced. Not a fuzzer: it has no memory of what it reached.
#[test]
fn changed_inputs_are_answered() {
    for (target, run) in through::ALL {
        let inputs = corpus(target);
        let mut random = Random::seeded(7);
        for _ in 0..200 {
            let mut bytes = inputs[random.below(inputs.len())].1.clone();
            for _ in 0..=random.below(4) {
                let (at, to) = (random.below(bytes.len()), random.below(bytes.len()));
                let (from, until) = (at.min(to), at.max(to));
                match random.below(5) {
                    0 if !bytes.is_empty() => bytes[at] = random.next().to_le_bytes()[0],
                    1 => bytes.truncate(at),
                    2 => bytes.extend_from_within(from..until),
                    3 => drop(bytes.drain(from..until)),
                    _ => {
                        let other = &inputs[random.below(inputs.len())].1;
                        bytes.truncate(at);
                        bytes.extend_from_slice(&other[random.below(other.len())..]);
                    }
                }
            }
            run(&bytes);
        }
    }
}
