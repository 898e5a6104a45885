//! Hand-made bundles with hand-written verdicts (`testdata/scenarios`), and real ones with their recorded truth
//! (`testdata/bundles`): the library must reach the same answers. All of them run; the mismatches come out as one list.

mod session;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use session::{entries, testdata};

/// Every scenario: its name, its folder, its verdict.
fn scenarios() -> Vec<(String, PathBuf, Value)> {
    let with_verdict = |folder: PathBuf| {
        let verdict = folder.join("verdict.json");
        let name = folder.file_name()?.to_string_lossy().into_owned();
        verdict.exists().then(|| (name, folder, read(&verdict)))
    };
    entries(&testdata("scenarios")).into_iter().filter_map(with_verdict).collect()
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn analyze(bundle: &Path) -> Result<Value, String> {
    let analysis = whylate::analyze(&[bundle.to_path_buf()], &whylate::Options::default())
        .map_err(|error| format!("{error:#}"))?;
    serde_json::to_value(&analysis.report).map_err(|error| error.to_string())
}

/// A code as the report writes it.
fn code(value: &Value) -> Option<String> {
    value.as_str().map(str::to_lowercase)
}

fn codes(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(code).collect()
}

fn failures(of: &Value) -> &[Value] {
    of["failures"].as_array().map_or(&[], Vec::as_slice)
}

fn rank(confidence: &Value) -> usize {
    let order = ["unknown", "possible", "likely", "proven"];
    order.iter().position(|known| Some(*known) == confidence.as_str()).unwrap_or(0)
}

/// What differs between a failure of the report and the verdict written for it.
fn differences(expected: &Value, found: &Value) -> Vec<String> {
    let mut said = Vec::new();
    let cause = code(&found["cause"]);
    let wanted = code(&expected["cause"]);
    let accepted = cause == wanted || cause.as_ref().is_some_and(|cause| codes(&expected["also"]).contains(cause));
    if !accepted {
        let shown = |cause: &Option<String>| cause.clone().unwrap_or_else(|| "null".to_owned());
        said.push(format!("expected cause {}, found {}", shown(&wanted), shown(&cause)));
    }
    let confidence = &found["confidence"];
    // A failure without a cause states no confidence in one.
    if cause.is_some() && rank(confidence) > rank(&expected["at_most"]) {
        said.push(format!("expected at most {}, found {confidence}", expected["at_most"]));
    }
    if cause == wanted && expected["at_least"].is_string() && rank(confidence) < rank(&expected["at_least"]) {
        said.push(format!("expected at least {}, found {confidence}", expected["at_least"]));
    }
    let accused = codes(&expected["not"]);
    let first = cause
        .clone()
        .or_else(|| code(&found["ranked"][0]["cause"]).filter(|_| rank(confidence) > rank(&"possible".into())));
    if let Some(first) = first.filter(|first| accused.contains(first)) {
        said.push(format!("expected anything but {first} in the first place"));
    }
    if let Some(then) = expected.get("then") {
        let ranked = found["ranked"].as_array().map_or(&[][..], Vec::as_slice);
        let with_evidence =
            ranked.iter().skip(1).filter(|one| one["for"].as_array().is_some_and(|all| !all.is_empty()));
        let behind: Vec<String> = with_evidence.filter_map(|one| code(&one["cause"])).collect();
        if behind != codes(then) {
            said.push(format!("expected {then} behind it, found {behind:?}"));
        }
    }
    if expected["collateral"].as_bool().unwrap_or(false) != found["collateral"].as_bool().unwrap_or(false) {
        said.push(format!("expected collateral {}, found {}", expected["collateral"], found["collateral"]));
    }
    if let Some(helps) = expected.get("wait_helps").filter(|helps| **helps != found["wait"]["helps"]) {
        said.push(format!("expected that a wait helps: {helps}, found {}", found["wait"]["helps"]));
    }
    said
}

/// The findings of a report by id, each once, in order.
fn findings(report: &Value) -> Vec<String> {
    let ids = report["findings"].as_array().into_iter().flatten().filter_map(|finding| code(&finding["id"]));
    ids.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Holds a report against expected failures; each line names what differs.
fn compare(name: &str, outcome: &str, expected: &[Value], report: &Value) -> Vec<String> {
    let mut said = Vec::new();
    if report["verdict"]["outcome"] != outcome {
        said.push(format!("{name}: expected outcome {outcome}, found {}", report["verdict"]["outcome"]));
    }
    let matches = |expected: &Value, found: &Value| {
        let (Some(part), Some(spec)) = (expected["spec"].as_str(), found["spec"].as_str()) else { return false };
        spec.contains(part)
    };
    for expected in expected {
        match failures(report).iter().find(|found| matches(expected, found)) {
            None => said.push(format!("{name}: expected the failure of {}, found none", expected["spec"])),
            Some(found) => {
                let sentence = found["sentence"].as_str().unwrap_or_default();
                said.extend(
                    differences(expected, found).into_iter().map(|said| format!("{name}: {said} ({sentence})")),
                );
            }
        }
    }
    for found in failures(report) {
        if !expected.iter().any(|expected| matches(expected, found)) {
            said.push(format!("{name}: expected no failure of {}, found one", found["spec"]));
        }
    }
    said
}

fn assert_none(what: &str, checked: usize, mismatches: &[String]) {
    let mut list = String::new();
    for line in mismatches {
        let _ = writeln!(list, "  {line}");
    }
    assert!(mismatches.is_empty(), "{} mismatches in {checked} {what}:\n{list}", mismatches.len());
}

#[test]
fn every_scenario_gets_its_verdict() {
    let scenarios = scenarios();
    assert!(!scenarios.is_empty(), "expected scenarios, found none");
    let mut mismatches = Vec::new();
    for (name, folder, verdict) in &scenarios {
        match analyze(&folder.join("bundle")) {
            Err(error) => mismatches.push(format!("{name}: expected a report, found the error '{error}'")),
            Ok(report) => {
                let outcome = verdict["outcome"].as_str().unwrap_or_default();
                mismatches.extend(compare(name, outcome, failures(verdict), &report));
                let found = findings(&report);
                if verdict.get("findings").is_some_and(|expected| codes(expected) != found) {
                    mismatches.push(format!("{name}: expected the findings {}, found {found:?}", verdict["findings"]));
                }
            }
        }
    }
    assert_none("scenarios", scenarios.len(), &mismatches);
}

/// A near miss without its scenario proves nothing, nor does one with the same answer.
#[test]
fn every_near_miss_differs_from_its_scenario() {
    let answers = |verdict: &Value| {
        let answer = |failure: &Value| (code(&failure["cause"]), failure["collateral"] == true);
        let mut causes: Vec<_> = failures(verdict).iter().map(answer).collect();
        causes.sort();
        (verdict["outcome"].clone(), causes, codes(&verdict["findings"]))
    };
    let scenarios = scenarios();
    for (name, _, near) in &scenarios {
        let Some(of) = name.strip_suffix("-near") else { continue };
        let found = scenarios.iter().find(|(name, ..)| name == of);
        let (_, _, verdict) = found.unwrap_or_else(|| panic!("{name}: expected a scenario {of}, found none"));
        assert_ne!(answers(near), answers(verdict), "{name} has the verdict of its scenario");
    }
}

/// Every cause is the answer of a scenario.
#[test]
fn every_cause_has_a_scenario() {
    let answered: Vec<String> = scenarios()
        .iter()
        .flat_map(|(_, _, verdict)| failures(verdict).to_vec())
        .filter_map(|failure| code(&failure["cause"]))
        .collect();
    let all = whylate::causes::ALL.iter().map(|cause| cause.code);
    let missing: Vec<_> = all.filter(|cause| !answered.iter().any(|answer| answer == cause)).collect();
    assert!(missing.is_empty(), "causes without a scenario: {missing:?}");
}

/// A failure of a real bundle's truth in the words of a scenario's verdict.
fn expected_of(failure: &Value, not: &Value) -> Value {
    let interrupted = failure["interrupted"] == true;
    let cause = if interrupted { Value::Null } else { failure["cause"].clone() };
    let at_most =
        if failure["confidence_max"].is_string() { failure["confidence_max"].clone() } else { "proven".into() };
    // The bundles kept here show every link of their failure.
    let at_least = if interrupted { Value::Null } else { at_most.clone() };
    serde_json::json!({
        "spec": failure["spec"], "cause": cause, "also": failure["also"], "at_least": at_least, "at_most": at_most,
        "collateral": interrupted, "not": not,
    })
}

/// `<name>.tar.gz` or `.zip` with `<name>.truth.json` beside it.
#[test]
fn every_real_bundle_gets_its_truth() {
    let mut mismatches = Vec::new();
    let mut checked = 0;
    for archive in entries(&testdata("bundles")) {
        let file = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(name) = file.strip_suffix(".tar.gz").or_else(|| file.strip_suffix(".zip")) else { continue };
        checked += 1;
        let truth = read(&archive.with_file_name(format!("{name}.truth.json")));
        let mut expected: Vec<Value> =
            failures(&truth).iter().map(|failure| expected_of(failure, &truth["not"])).collect();
        let mut outcome = if expected.is_empty() { "healthy" } else { "failed" };
        if name.ends_with("-containers-only") {
            // Its test output is missing: nothing can fail in it.
            (outcome, expected) = ("undetermined", Vec::new());
        }
        match analyze(&archive) {
            Err(error) => mismatches.push(format!("{name}: expected a report, found the error '{error}'")),
            Ok(report) => mismatches.extend(compare(name, outcome, &expected, &report)),
        }
    }
    assert_eq!(checked, 5);
    assert_none("bundles", checked, &mismatches);
}
