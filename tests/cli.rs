//! What a user meets at a terminal: exit status, standard output and standard error.

mod packing;
mod session;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use session::{command, files, scenario, testdata, whylate, whylate_reading};

/// Flush delay, one failing spec.
const FLUSH_DELAY: &str = "flush-delay-interval";
/// Nothing failed.
const HEALTHY: &str = "healthy-sp";

fn home() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The scenario's bundle as a tar.gz.
fn packed(name: &str) -> Vec<u8> {
    let bundle = scenario(name);
    let file = |path: PathBuf| {
        let label = path.strip_prefix(&bundle).expect("below it").to_string_lossy().replace('\\', "/");
        (format!("bundle/{label}"), fs::read(path).expect("readable"))
    };
    packing::gzip(&packing::tar(&files(&bundle).into_iter().map(file).collect::<Vec<_>>()))
}

/// A copy of the scenario's bundle below a folder, to be damaged.
fn copied(name: &str, below: &Path) -> PathBuf {
    let (from, to) = (scenario(name), below.join("bundle"));
    for file in files(&from) {
        let target = to.join(file.strip_prefix(&from).expect("below it"));
        fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
        fs::copy(file, target).expect("writable");
    }
    to
}

/// The test output of a bundle.
fn suite_log(bundle: &Path) -> PathBuf {
    let is_log = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "log");
    session::entries(bundle).into_iter().find(is_log).expect("a test output")
}

#[test]
fn the_verdict_stands_in_the_first_line() {
    let home = home();
    let ended = whylate(home.path(), [scenario(FLUSH_DELAY)]);
    let out = ended.clean();
    assert!(out.starts_with("flush delay ("), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    assert_eq!(ended, whylate(home.path(), [Path::new("analyze"), &scenario(FLUSH_DELAY)]));
    assert!(whylate(home.path(), [scenario(HEALTHY)]).clean().starts_with("healthy: "));
}

#[test]
fn a_real_bundle_is_read_in_one_command() {
    let home = home();
    let out = whylate(home.path(), [testdata("bundles/query-filter-corr-we.tar.gz")]);
    assert!(out.clean().starts_with("query-filter ("), "{}", out.out);
}

// Bad input.

#[test]
fn without_a_path_the_usage_is_shown() {
    whylate(home().path(), [""; 0]).refused("Usage: whylate");
}

#[test]
fn a_missing_path_is_named() {
    let home = home();
    whylate(home.path(), ["nowhere"]).refused("whylate: nowhere: expected");
    // The others are not analysed as if they were all.
    whylate(home.path(), [Path::new("nowhere"), &scenario(FLUSH_DELAY)]).refused("nowhere");
}

#[test]
fn a_mistyped_command_is_proposed() {
    let home = home();
    whylate(home.path(), ["timelin", "."]).refused("did you mean the command timeline?");
    whylate(home.path(), ["--quiet", "timeline", "."]).refused("expected the command before its options");
}

#[test]
fn an_empty_folder_is_named() {
    let home = home();
    fs::create_dir(home.path().join("empty")).expect("a folder");
    whylate(home.path(), ["empty"]).refused("whylate: empty: expected log files");
}

#[test]
fn nothing_recognisable_is_said() {
    let home = home();
    fs::write(home.path().join("notes.txt"), "buy milk\ncall home\n").expect("writable");
    whylate(home.path(), ["notes.txt"]).refused("in notes.txt, found 2 lines and recognised none");
    fs::write(home.path().join("nothing.log"), "").expect("writable");
    whylate(home.path(), ["nothing.log"]).refused("nothing.log");
}

#[test]
fn of_a_truncated_archive_the_good_part_is_analysed() {
    let home = home();
    let whole = packed(FLUSH_DELAY);
    fs::write(home.path().join("cut.tar.gz"), &whole[..whole.len() * 3 / 4]).expect("writable");
    let ended = whylate(home.path(), ["cut.tar.gz", "--format", "json"]);
    assert!(ended.err.contains("was not read in full: "), "{}", ended.err);
    let report = ended.report();
    assert_eq!(report["complete"], false);
    assert!(report["coverage"]["recognised"].as_u64() > Some(0));
    let text = whylate(home.path(), ["cut.tar.gz"]);
    assert_eq!(text.status, 0);
    assert!(text.out.contains("not everything was read"), "{}", text.out);
    whylate(home.path(), ["cut.tar.gz", "--strict"]).refused("expected to read everything (--strict)");
    // Quiet is quiet on standard error, and only there.
    assert_eq!(whylate(home.path(), ["cut.tar.gz", "-q"]).err, "");
    // Cut within its first bytes, nothing is left of it.
    fs::write(home.path().join("stub.tar.gz"), &whole[..30]).expect("writable");
    whylate(home.path(), ["stub.tar.gz"]).refused("stub.tar.gz");
}

#[test]
fn a_binary_file_is_counted_and_changes_nothing() {
    let home = home();
    let bytes: Vec<u8> = (0..4000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    fs::write(home.path().join("core.bin"), bytes).expect("writable");
    whylate(home.path(), ["core.bin"]).refused("core.bin");
    let alone = whylate(home.path(), [&scenario(FLUSH_DELAY), Path::new("--format"), Path::new("json")]).report();
    let args = [&scenario(FLUSH_DELAY), Path::new("core.bin"), Path::new("--format"), Path::new("json")];
    let both = whylate(home.path(), args).report();
    assert_eq!(both["verdict"], alone["verdict"]);
    let files = both["coverage"]["files"].as_array().expect("files");
    let core = files.iter().find(|file| file["path"].as_str().is_some_and(|path| path.ends_with("core.bin")));
    let core = core.expect("it is listed");
    assert_eq!(core["recognised"], 0);
    assert!(!core["skipped"].is_null() || core["lines"].as_u64() > Some(0), "{core}");
}

#[test]
fn a_log_cut_inside_a_line_is_read_to_there() {
    let home = home();
    let bundle = copied(FLUSH_DELAY, home.path());
    let log = suite_log(&bundle);
    let text = fs::read(&log).expect("readable");
    for tenth in 1..10 {
        let end = text.len() * tenth / 10 + 7;
        fs::write(&log, &text[..end]).expect("writable");
        let ended = whylate(home.path(), ["bundle", "--format", "json"]);
        let report = ended.report();
        assert!(report["coverage"]["lines"].as_u64() > Some(0));
        ended.calm();
    }
}

#[cfg(unix)]
#[test]
#[allow(clippy::print_stderr, reason = "a test that is left out says so")]
fn a_file_without_permission_is_named_and_the_rest_read() {
    use std::os::unix::fs::PermissionsExt;
    let home = home();
    let bundle = copied(FLUSH_DELAY, home.path());
    let locked = bundle.join("locked.log");
    fs::write(&locked, "secret\n").expect("writable");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).expect("its owner may");
    if fs::read(&locked).is_ok() {
        eprintln!("skipped: this user may read everything (root)");
        return;
    }
    let ended = whylate(home.path(), ["bundle", "--format", "json"]);
    assert!(ended.err.contains("locked.log"), "{}", ended.err);
    let report = ended.report();
    assert_eq!((&report["complete"], &report["verdict"]["outcome"]), (&false.into(), &"failed".into()));
    whylate(home.path(), ["bundle", "--strict"]).refused("locked.log");
    whylate(home.path(), ["bundle/locked.log"]).refused("locked.log");
}

// Gates.

#[test]
fn a_gate_trips_on_its_cause_its_family_or_any() {
    let home = home();
    let (failing, healthy) = (scenario(FLUSH_DELAY), scenario(HEALTHY));
    for (bundle, gate, status) in [
        (&failing, "flush-delay", 1),
        (&failing, "FLUSH-DELAY", 1),
        (&failing, "family:flush-delay", 1),
        (&failing, "any", 1),
        (&failing, "write-slow", 0),
        (&failing, "family:query-timing", 0),
        (&healthy, "any", 0),
    ] {
        let ended = whylate(home.path(), [bundle.as_path(), Path::new("--fail-on"), Path::new(gate)]);
        assert_eq!((ended.status, ended.err.as_str()), (status, ""), "{gate}");
        assert!(!ended.out.is_empty(), "a gate does not hide the answer");
    }
    let several = [&failing, Path::new("--fail-on=write-slow"), Path::new("--fail-on=flush-delay")];
    assert_eq!(whylate(home.path(), several).status, 1);
}

#[test]
fn a_mistyped_gate_proposes() {
    let home = home();
    let bundle = scenario(FLUSH_DELAY);
    let gate = |gate: &str| whylate(home.path(), [&bundle, Path::new("--fail-on"), Path::new(gate)]);
    gate("flush-dealy").refused("'flush-delay'");
    gate("family:flush").refused("family:flush-delay");
    gate("").refused("--fail-on");
}

// Outputs.

#[test]
fn a_closed_pipe_ends_quietly() {
    let home = home();
    let mut run = command(home.path());
    run.arg(scenario(FLUSH_DELAY)).args(["--format", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = run.spawn().expect("the program starts");
    // The reader leaves before the first byte.
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()));
}

#[test]
fn an_output_file_holds_what_the_screen_would() {
    let home = home();
    let bundle = scenario(FLUSH_DELAY);
    let screen = whylate(home.path(), [bundle.as_path(), Path::new("--format"), Path::new("markdown")]);
    let args = ["--format", "markdown", "-o", "answer.md"].map(Path::new);
    let ended = whylate(home.path(), [&bundle].map(PathBuf::as_path).into_iter().chain(args));
    assert_eq!(ended.clean(), "");
    assert_eq!(fs::read_to_string(home.path().join("answer.md")).expect("written"), screen.clean());
    // Neither a folder nor a place without one is written to, and nothing reaches the screen.
    fs::create_dir(home.path().join("folder")).expect("a folder");
    let into = |path: &str| whylate(home.path(), [&bundle, Path::new("-o"), Path::new(path)]);
    into("folder").refused("folder: expected a file to write");
    into("none/answer.txt").refused("expected an existing folder");
    // No temporary file is left behind.
    assert_eq!(session::entries(home.path()).len(), 2);
}

#[test]
fn several_formats_come_from_one_run() {
    let home = home();
    let bundle = scenario(FLUSH_DELAY);
    let run =
        |args: &[&str]| whylate(home.path(), [&bundle].into_iter().cloned().chain(args.iter().map(PathBuf::from)));
    let ended = run(&["--format", "json=report.json", "--format", "markdown=answer.md", "--format", "text"]);
    assert!(ended.clean().starts_with("flush delay ("));
    let written = fs::read_to_string(home.path().join("report.json")).expect("written");
    assert_eq!(written, run(&["--format", "json"]).out);
    assert!(home.path().join("answer.md").exists());
    run(&["--format", "json", "--format", "markdown"]).refused("expected a place of its own for each output");
    run(&["--format", "json=a", "--format", "text=a"]).refused("expected a place of its own for each output");
    run(&["--format", "json=a", "--format", "text=b", "-o", "c"]).refused("expected one --format with -o");
    run(&["--format", "jsn"]).refused("did you mean json?");
    run(&["--format", "csv"]).refused("--format csv=FOLDER or --format csv --table TABLE");
    // What cannot be meant is told before the bundle is read.
    let nowhere = |args: &[&str]| whylate(home.path(), ["nowhere"].iter().chain(args));
    nowhere(&["--format", "csv"]).refused("expected a folder or one table");
    nowhere(&["--table", "events"]).refused("expected --format csv with --table events, found no output of tables");
    nowhere(&["--format", "csv", "--table", "events", "--no-tables"]).refused("expected a table that is kept");
    nowhere(&["--width", "59"]).refused("expected 60 to 160, found 59");
    let events = run(&["--format", "csv", "--table", "events"]);
    assert!(events.clean().lines().count() > 2, "{}", events.out);
}

#[test]
fn every_format_has_something_to_say() {
    let home = home();
    for renderer in whylate::render::ALL {
        let target = format!("{}=out-{}", renderer.name, renderer.name);
        let ended = whylate(home.path(), [scenario(FLUSH_DELAY), "--format".into(), target.into()]);
        assert_eq!(ended.clean(), "", "{}", renderer.name);
        let path = home.path().join(format!("out-{}", renderer.name));
        let files = if path.is_dir() { files(&path) } else { vec![path] };
        assert!(!files.is_empty() && files.iter().all(|file| file.metadata().expect("written").len() > 0));
    }
}

#[test]
fn arrays_of_the_report_are_never_null() {
    const TOP: &[&str] = &[
        "inputs",
        "failures",
        "findings",
        "stages",
        "services",
        "settings",
        "stores",
        "ticks",
        "batches",
        "requests",
        "events",
        "clocks",
        "not_observable",
    ];
    const NESTED: &[&str] = &[
        "ranked",
        "ruled_out",
        "awaited",
        "looks",
        "journey",
        "places",
        "for",
        "against",
        "by",
        "files",
        "alternatives",
    ];
    fn walk(value: &serde_json::Value, seen: &mut std::collections::BTreeSet<&'static str>) {
        match value {
            serde_json::Value::Object(object) => {
                for (key, value) in object {
                    if let Some(name) = NESTED.iter().find(|name| *name == key) {
                        assert!(value.is_array(), "{key} is {value}");
                        seen.insert(name);
                    }
                    walk(value, seen);
                }
            }
            serde_json::Value::Array(array) => array.iter().for_each(|value| walk(value, seen)),
            _ => {}
        }
    }
    let home = home();
    let mut seen = std::collections::BTreeSet::new();
    for name in [FLUSH_DELAY, HEALTHY, "containers-only", "infra-down-health"] {
        for more in [&[][..], &["--no-tables"][..]] {
            let args = [scenario(name), "--format".into(), "json".into()].into_iter();
            let report = whylate(home.path(), args.chain(more.iter().map(PathBuf::from))).report();
            for name in TOP {
                assert!(report[*name].is_array(), "{name} is {}", report[*name]);
            }
            walk(&report, &mut seen);
        }
    }
    // Each of them was met at least once, so that a renamed field does not go unnoticed.
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), {
        let mut all = NESTED.to_vec();
        all.sort_unstable();
        all
    });
}

#[test]
fn tables_are_left_out_and_it_is_said() {
    let home = home();
    let run =
        |args: &[&str]| whylate(home.path(), [scenario(FLUSH_DELAY)].into_iter().chain(args.iter().map(PathBuf::from)));
    let (with, without) = (run(&["--format", "json"]).report(), run(&["--format", "json", "--no-tables"]).report());
    for table in ["ticks", "batches", "requests", "events"] {
        assert_ne!(with[table].as_array().map(Vec::len), Some(0), "{table}");
        assert_eq!(without[table].as_array().map(Vec::len), Some(0), "{table}");
    }
    assert_eq!(with["verdict"], without["verdict"]);
    assert_ne!(with.get("tables"), without.get("tables"), "it is not said");
    run(&["--format", "csv", "--table", "events", "--no-tables"]).refused("--no-tables");
}

// Reading.

#[test]
fn a_bundle_comes_through_a_pipe() {
    let home = home();
    let piped = whylate_reading(&packed(FLUSH_DELAY), home.path(), ["-", "--format", "json"]).report();
    let read = whylate(home.path(), [scenario(FLUSH_DELAY), "--format".into(), "json".into()]).report();
    assert_eq!((&piped["verdict"], &piped["bundle"]), (&read["verdict"], &read["bundle"]));
    whylate_reading(b"", home.path(), ["-"]).refused("-");
    whylate_reading(b"nothing to see\n", home.path(), ["-"]).refused("recognised none");
}

#[test]
fn the_zone_of_bare_stamps_can_be_given() {
    let home = home();
    let bundle = scenario(FLUSH_DELAY);
    let run = |zone: &str| whylate(home.path(), [bundle.as_path(), Path::new("--input-tz"), Path::new(zone)]);
    for zone in ["UTC", "Z", "+00:00", "-0500", "+02:00", "+05"] {
        assert_eq!(run(zone).status, 0, "{zone}");
    }
    for zone in ["Berlin", "02:00", "+99:00", "+02:99", ""] {
        run(zone).refused("expected an offset such as +02:00, -0500 or UTC");
    }
    // The log's own zone, given by hand, changes nothing.
    assert_eq!(run("UTC").out, whylate(home.path(), [&bundle]).out);
}

#[test]
fn what_is_there_twice_is_said_in_one_line() {
    let home = home();
    let bundle = home.path().join("bundle");
    for copy in ["one", "two", "three"] {
        let log = "2026-11-24T13:46:44.215Z\tINFO\tcontroller\thello\n";
        fs::create_dir_all(bundle.join(copy)).expect("writable");
        fs::write(bundle.join(copy).join("copied.log"), log).expect("writable");
    }
    let run = scenario(FLUSH_DELAY);
    let ended = whylate(home.path(), [bundle.as_path(), run.as_path()]);
    assert_eq!(ended.err, "whylate: 2 files are there twice and were read once\n");
    assert!(!ended.out.contains("  not read "), "{}", ended.out);
    let quiet = whylate(home.path(), [bundle.as_path(), run.as_path(), Path::new("--quiet")]);
    assert_eq!(quiet.err, "");
}

#[test]
fn limits_are_kept_and_said() {
    let home = home();
    let bundle = scenario(FLUSH_DELAY);
    let ended = whylate(home.path(), [bundle.as_path(), Path::new("--limit-member"), Path::new("20K")]);
    assert_eq!(ended.status, 0, "{}", ended.err);
    assert!(ended.err.contains("was not read in full"), "{}", ended.err);
    assert!(ended.out.contains("not everything was read"), "{}", ended.out);
    whylate(home.path(), [bundle.as_path(), Path::new("--limit-total"), Path::new("much")]).refused("expected a size");
}

// The other commands.

#[test]
fn the_timeline_is_narrowed() {
    let home = home();
    let bundle = scenario(FLUSH_DELAY);
    let run = |args: &[&str]| {
        let args = args.iter().map(PathBuf::from);
        whylate(home.path(), [PathBuf::from("timeline"), bundle.clone()].into_iter().chain(args))
    };
    let whole = run(&[]);
    let rows = whole.clean().lines().count();
    assert!(rows > 100, "{}", whole.out);

    let test = run(&["--test", "for the primary policy"]);
    assert!(test.clean().starts_with("flush delay ("), "{}", test.out);
    assert!(test.out.contains("\n  looks") || test.out.contains("\n  look "), "{}", test.out);
    assert!(test.out.lines().count() < rows);
    run(&["--test", "no such spec"]).refused("expected a failing spec that matches no such spec, found only: ");
    run(&["--test", "("]).refused("expected a regular expression");

    let id = run(&["--correlation-id", "rr-p2-f103f3b0-a14a"]);
    assert!(id.clean().contains("orchestrator.lifecycle.transitioned"), "{}", id.out);
    assert!(id.out.lines().count() < rows / 2);
    let kind = run(&["--event-type", "orchestrator.lifecycle.created"]);
    assert!(kind.clean().contains("orchestrator.lifecycle.created"), "{}", kind.out);
    assert!(!kind.out.contains("orchestrator.lifecycle.transitioned"), "{}", kind.out);

    let none = run(&["--correlation-id", "nobody"]);
    assert_eq!((none.status, none.err.as_str()), (0, "whylate: no row of the timeline matches\n"));
    assert_eq!(run(&["-o", "rows.txt"]).clean(), "");
    assert_eq!(fs::read_to_string(home.path().join("rows.txt")).expect("written"), whole.out);
}

#[test]
fn explain_lists_and_shows() {
    let home = home();
    let list = whylate(home.path(), ["explain"]);
    for cause in whylate::causes::ALL {
        assert!(list.clean().contains(cause.code), "{} is not listed", cause.code);
        let page = whylate(home.path(), ["explain", cause.code]);
        assert!(page.clean().contains(cause.code), "{}", page.out);
        assert_eq!(page.out, whylate(home.path(), ["explain", &cause.code.to_uppercase()]).out);
    }
    whylate(home.path(), ["explain", "flush-dealy"]).refused("'flush-delay'");
}

#[test]
fn help_version_and_completions_go_to_standard_output() {
    let home = home();
    for args in [&["--help"][..], &["-h"], &["--version"], &["timeline", "--help"], &["completions", "bash"], &["man"]]
    {
        let ended = whylate(home.path(), args);
        assert!(!ended.clean().is_empty(), "{args:?}");
        assert!(args[0] != "--help" || ended.out.contains("Exit status"), "{}", ended.out);
    }
}

#[test]
fn every_limit_of_reading_is_taken() {
    let home = home();
    let bundle = testdata("bundles/query-early-sp.tar.gz");
    let limits = ["--limit-total=1G", "--limit-member=1G", "--limit-members=99", "--limit-depth=4", "--limit-held=5M"];
    for limit in limits.into_iter().chain(["--limit-line=6K"]) {
        let ended = whylate(home.path(), [bundle.to_str().expect("UTF-8"), limit]);
        assert_eq!(ended.status, 0, "{limit}: {}", ended.err);
        assert!(ended.out.starts_with("query timing (proven)"), "{limit}: {}", ended.out);
    }
}
