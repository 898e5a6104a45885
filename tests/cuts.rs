//! A log that was cut at either end: whatever is left, no verdict is proven and wrong. The bundles are those with a
//! verdict written by hand (`testdata/scenarios`); each of their logs is cut at several bytes, also within a line.

mod session;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use session::{entries, files, testdata};
use whylate::analyze;

/// Cuts of each log; the script that found the mended ones made eight of each.
const CUTS: usize = 4;

/// The causes that are right for some failure of a scenario.
fn right(verdict: &Value) -> BTreeSet<String> {
    let failures = verdict["failures"].as_array().expect("failures");
    let codes = failures.iter().flat_map(|failure| {
        let also = failure["also"].as_array().into_iter().flatten();
        std::iter::once(&failure["cause"]).chain(also)
    });
    codes.filter_map(Value::as_str).map(str::to_lowercase).collect()
}

/// Causes that are proven in a folder and are none of these.
fn proven_and_wrong(folder: &Path, right: &BTreeSet<String>) -> Vec<String> {
    let options = whylate::Options { tables: false, ..whylate::Options::default() };
    // A bundle of which nothing is left has no report.
    let Ok(analysis) = analyze(&[folder.to_owned()], &options) else { return Vec::new() };
    let proven = analysis.report.failures.iter().filter(|failure| {
        failure.confidence == whylate::report::Confidence::Proven
            && failure.cause.is_some_and(|cause| !right.contains(cause))
    });
    proven.map(|failure| failure.sentence.clone()).collect()
}

#[test]
fn no_cut_of_a_log_is_proven_and_wrong() {
    let mut wrong = Vec::new();
    let mut cuts = 0;
    for scenario in entries(&testdata("scenarios")) {
        let Ok(verdict) = std::fs::read(scenario.join("verdict.json")) else { continue };
        let right = right(&serde_json::from_slice(&verdict).expect("JSON"));
        let bundle = scenario.join("bundle");
        let copy = tempfile::tempdir().expect("a folder");
        let inside = |path: &Path| copy.path().join(path.strip_prefix(&bundle).expect("inside the bundle"));
        let all = files(&bundle);
        for path in &all {
            std::fs::create_dir_all(inside(path).parent().expect("a folder")).expect("a folder");
            std::fs::copy(path, inside(path)).expect("a copy");
        }
        for path in all.iter().filter(|path| path.extension().is_some_and(|ending| ending == "log")) {
            let bytes = std::fs::read(path).expect("readable");
            for cut in 1..=CUTS {
                let at = bytes.len() * cut / (CUTS + 1);
                for (what, left) in [("head", &bytes[..at]), ("tail", &bytes[at..])] {
                    std::fs::write(inside(path), left).expect("writable");
                    cuts += 1;
                    for said in proven_and_wrong(copy.path(), &right) {
                        wrong.push(format!("{} cut at {at}, its {what}: {said}", path.display()));
                    }
                }
            }
            std::fs::write(inside(path), &bytes).expect("writable");
        }
    }
    assert!(cuts > 500, "expected logs to cut, found {cuts} cuts");
    assert!(wrong.is_empty(), "{} of {cuts} cuts:\n{}", wrong.len(), wrong.join("\n"));
}
