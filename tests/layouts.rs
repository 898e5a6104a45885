//! The same files give the same report, however they are packed, in whatever order they are named, and with any number
//! of threads.

mod packing;
mod session;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use session::testdata;
use whylate::{Options, source};

const BUNDLES: [&str; 2] = ["bundles/write-slow-lock-sp.tar.gz", "bundles/query-filter-corr-we.tar.gz"];

/// The report without the names that the caller gave.
fn report(paths: &[PathBuf], threads: usize) -> Value {
    let options = Options { source: source::Options { threads, ..source::Options::default() }, ..Options::default() };
    let analysis = whylate::analyze(paths, &options).unwrap_or_else(|error| panic!("{error:#}"));
    let mut report = serde_json::to_value(&analysis.report).expect("JSON");
    let inputs = report.as_object_mut().expect("an object").remove("inputs").expect("inputs");
    assert_eq!(inputs.as_array().map(Vec::len), Some(paths.len()));
    report
}

/// Two reports, compared field by field so that a difference can be read.
#[track_caller]
fn assert_same(what: &str, one: &Value, other: &Value) {
    if let (Some(one), Some(other)) = (one.as_object(), other.as_object()) {
        assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "{what}");
        for (key, value) in one {
            assert_eq!(value, &other[key], "{what}: {key}");
        }
    }
    assert_eq!(one, other, "{what}");
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("writable");
    path
}

#[test]
fn folder_tar_tar_gz_and_zip_are_one() {
    for bundle in BUNDLES {
        let files = packing::unpacked(&testdata(bundle));
        let home = tempfile::tempdir().expect("a folder");
        packing::folder(&files, home.path());
        let tar = packing::tar(&files);
        let layouts = [
            ("tar", write(home.path(), "a.tar", &tar)),
            ("tar.gz", write(home.path(), "a.tar.gz", &packing::gzip(&tar))),
            ("zip", write(home.path(), "a.zip", &packing::zip(&files))),
            ("tar.gz of testdata", testdata(bundle)),
        ];
        let folder = report(&[home.path().join("bundle")], 1);
        assert_eq!(folder["complete"], true);
        for (name, path) in layouts {
            assert_same(&format!("{bundle} as {name}"), &folder, &report(&[path], 1));
        }
    }
}

#[test]
fn an_archive_is_told_by_its_content() {
    let files = packing::unpacked(&testdata(BUNDLES[1]));
    let home = tempfile::tempdir().expect("a folder");
    let right = report(&[write(home.path(), "a.zip", &packing::zip(&files))], 1);
    let wrong = report(&[write(home.path(), "a.log", &packing::zip(&files))], 1);
    assert_same("a zip that is named .log", &right, &wrong);
}

#[test]
fn the_order_of_files_and_paths_does_not_matter() {
    let mut files = packing::unpacked(&testdata(BUNDLES[1]));
    let home = tempfile::tempdir().expect("a folder");
    let tar = write(home.path(), "a.tar", &packing::tar(&files));
    files.reverse();
    let reversed = write(home.path(), "b.tar", &packing::tar(&files));
    assert_same("members of a tar, reversed", &report(&[tar], 1), &report(&[reversed], 1));

    packing::folder(&files, home.path());
    let mut paths = session::files(&home.path().join("bundle"));
    let one = report(&paths, 1);
    paths.reverse();
    assert_same("PATHs, reversed", &one, &report(&paths, 1));
    paths.rotate_left(3);
    assert_same("PATHs, rotated", &one, &report(&paths, 1));
}

#[test]
fn one_thread_and_several_give_the_same() {
    for bundle in BUNDLES {
        let files = packing::unpacked(&testdata(bundle));
        let home = tempfile::tempdir().expect("a folder");
        packing::folder(&files, home.path());
        let folder = [home.path().join("bundle")];
        let one = report(&folder, 1);
        for threads in [0, 2, 7] {
            assert_same(&format!("{bundle} with {threads} threads"), &one, &report(&folder, threads));
        }
    }
}

/// The must-gather and the test output usually lie apart.
#[test]
fn two_paths_are_one_bundle() {
    for bundle in BUNDLES {
        let files = packing::unpacked(&testdata(bundle));
        let home = tempfile::tempdir().expect("a folder");
        packing::folder(&files, home.path());
        let whole = report(&[home.path().join("bundle")], 1);
        let (folders, logs): (Vec<PathBuf>, Vec<PathBuf>) =
            session::entries(&home.path().join("bundle")).into_iter().partition(|path| path.is_dir());
        let apart: Vec<PathBuf> = logs.into_iter().chain(folders).collect();
        assert_eq!(apart.len(), 2, "{apart:?}");
        let apart = report(&apart, 1);
        for key in ["verdict", "run", "failures", "stores", "stages", "services", "complete"] {
            let (whole, apart) = (without_files(&whole[key]), without_files(&apart[key]));
            assert_eq!(whole, apart, "{bundle}: {key}");
        }
    }
}

/// A must-gather can hold two runs (an older one's folder was not cleaned), each with a server of its own.
#[test]
fn two_runs_in_one_bundle_are_told_apart() {
    let told = |report: &Value| -> Vec<Value> {
        let failures = report["failures"].as_array().expect("failures").iter();
        let mut told: Vec<Value> = failures
            .map(|failure| json!([failure["key"], failure["cause"], failure["confidence"], failure["wait"]["helps"]]))
            .chain(report["clocks"].as_array().expect("clocks").iter().map(|clock| json!([clock["offset"]])))
            .collect();
        told.sort_by_key(Value::to_string);
        told
    };
    let paired = |report: &Value| {
        let batches = report["batches"].as_array().expect("batches");
        batches.iter().filter(|batch| !batch["request"].is_null()).count()
    };
    for [one, other] in [["write-slow-lock-sp", "healthy-sp"], ["query-filter-corr-we", "write-slow-lock-sp"]] {
        let [one, other] = [one, other].map(|name| testdata(&format!("bundles/{name}.tar.gz")));
        let (alone, beside) = (report(std::slice::from_ref(&one), 1), report(std::slice::from_ref(&other), 1));
        let together = report(&[one, other], 1);
        let mut apart = [told(&alone), told(&beside)].concat();
        apart.sort_by_key(Value::to_string);
        assert!(apart.len() > 2, "{apart:?}");
        assert_eq!(told(&together), apart);
        assert_eq!(paired(&together), paired(&alone) + paired(&beside));
    }
}

/// The folder of a file's name is that of the PATH it came from.
fn without_files(value: &Value) -> Value {
    match value {
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| match (key.as_str(), value.as_str()) {
                ("file", Some(file)) => (key.clone(), file.rsplit('/').next().unwrap_or(file).into()),
                _ => (key.clone(), without_files(value)),
            })
            .collect(),
        Value::Array(array) => array.iter().map(without_files).collect(),
        other => other.clone(),
    }
}
