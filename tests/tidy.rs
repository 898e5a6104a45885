//! The house rules: registries hold what their folders hold, one reader and one writer, files of a size to be read, no
//! machine's own paths, and no statement that points to a line which is not there.

mod session;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use session::{entries, files, testdata};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file of Rust below a folder, with its path from the root.
fn rust(folder: &str) -> Vec<(String, String)> {
    let all = files(&root().join(folder)).into_iter();
    all.filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .map(|path| (path.strip_prefix(root()).expect("below it").to_string_lossy().replace('\\', "/"), text(&path)))
        .collect()
}

/// The code of a file without its unit tests, comments and string contents on comment lines.
fn code(text: &str) -> String {
    let code = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

// Registries.

/// A folder with one member a file, the name of its registry, and the files that are no members.
struct Family {
    folder: &'static str,
    registry: &'static str,
    /// How the registry names a member.
    member: fn(&str) -> String,
    shared: &'static [&'static str],
}

const FAMILIES: &[Family] = &[
    Family {
        folder: "src/formats",
        registry: "static ALL",
        member: |name| format!("&{name}::"),
        shared: &["decimal", "fields", "json", "time"],
    },
    Family { folder: "src/prefixes", registry: "static ALL", member: |name| format!("{name}::"), shared: &[] },
    Family { folder: "src/findings", registry: "static ALL", member: |name| format!("&{name}::"), shared: &[] },
    Family { folder: "src/documents", registry: "static ALL", member: |name| format!("{name}::"), shared: &[] },
    Family {
        folder: "src/causes",
        registry: "static ALL",
        member: |name| format!("&{},", name.to_uppercase()),
        shared: &[],
    },
    Family {
        folder: "src/vocabulary",
        registry: "static WORDINGS",
        member: |name| format!("{name}::"),
        // Tried one after the other: they read free text, or messages that are in no table. `needles` finds the lines,
        // and `code_places` what ends as a place.
        shared: &["code_places", "controllers", "ginkgo", "looks", "needles", "postgresql", "python_store"],
    },
    Family {
        folder: "src/render",
        registry: "const ALL",
        member: |name| format!("{name}::render"),
        // What several outputs use, and the outputs of `timeline`, `explain`, `check` and `compare`.
        shared: &[
            "check",
            "compare",
            "document",
            "escape",
            "exclusions",
            "explain",
            "fixture",
            "layout",
            "looks",
            "page",
            "passing",
            "places",
            "rows",
            "tables",
            "timeline",
            "times",
            "words",
        ],
    },
    Family { folder: "src/check/claims", registry: "static ALL", member: str::to_uppercase, shared: &[] },
];

/// Names of the files and folders of a family, without their ending and without `mod`.
fn members(folder: &str) -> BTreeSet<String> {
    let named = |path: PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
    let mut names: BTreeSet<String> = entries(&root().join(folder)).into_iter().map(named).collect();
    names.remove("mod");
    names
}

#[test]
fn registries_hold_what_their_folders_hold() {
    let mut wrong = Vec::new();
    for family in FAMILIES {
        let module = text(format!("{}/mod.rs", family.folder));
        let registry = module.split_once(&format!("{}: ", family.registry)).expect("a registry").1;
        let registry = registry.split_once("];").expect("an end").0;
        for name in members(family.folder) {
            if !module.contains(&format!("mod {name};")) {
                wrong.push(format!("{}/{name} has no mod line", family.folder));
            }
            let registered = registry.contains(&(family.member)(&name));
            let shared = family.shared.contains(&name.as_str());
            if registered == shared {
                let expected = if shared { "no row" } else { "a row" };
                wrong.push(format!("{}/{name}: expected {expected} in {}", family.folder, family.registry));
            }
        }
        for name in family.shared.iter().filter(|name| !members(family.folder).contains(**name)) {
            wrong.push(format!("{}/{name} is listed as shared and does not exist", family.folder));
        }
    }
    assert_none("registries and folders differ", &wrong);
}

#[test]
fn every_command_is_a_file() {
    let module = text("src/commands/mod.rs");
    for name in members("src/commands") {
        assert!(module.contains(&format!("mod {name};")), "commands/{name} has no mod line");
    }
}

/// A file without a `mod` line is not compiled, and nobody notices.
#[test]
fn every_file_of_the_crate_is_in_it() {
    let roots = text("src/lib.rs") + &text("src/main.rs");
    for name in members("src").into_iter().filter(|name| name != "lib" && name != "main") {
        assert!(roots.contains(&format!("mod {name};")), "src/{name} has no mod line");
    }
}

#[test]
fn every_cause_has_its_line_in_the_manual_and_the_readme_links_it() {
    let manual = text("docs/causes.md");
    for cause in whylate::causes::ALL {
        assert!(manual.contains(&format!("| `{}` |", cause.code)), "docs/causes.md: {} is missing", cause.code);
    }
    assert!(text("README.md").contains("(docs/causes.md)"));
}

// One reader, one writer.

/// Files of tests only: one drives a browser, one holds the schema in `docs` against the types.
const TESTS: [&str; 2] = ["src/render/html/browser.rs", "src/render/json/schema.rs"];

#[test]
fn only_source_reads_and_only_output_writes() {
    // Files, streams, the network and the clock; `output` and `source` are what the others use.
    const WORDS: &[&str] = &[
        "fs::",
        "File::open",
        "File::create",
        "File::options",
        "OpenOptions",
        "stdin()",
        "stdout().lock",
        "stderr().lock",
        "net::",
        "TcpStream",
        "SystemTime",
        "time::Instant",
        "Utc::now",
        "Local::now",
        "Command::new",
        "tempfile::",
    ];
    let mut wrong = Vec::new();
    for (path, text) in rust("src") {
        if path.starts_with("src/source/") || path == "src/output.rs" || TESTS.contains(&path.as_str()) {
            continue;
        }
        for (number, line) in code(&text).lines().enumerate() {
            if let Some(word) = WORDS.iter().find(|word| line.contains(**word)) {
                wrong.push(format!("{path}, near line {}: {word}: {}", number + 1, line.trim()));
            }
        }
    }
    assert_none("only src/source reads, only src/output.rs writes, and nothing asks for the time", &wrong);
}

#[test]
fn only_output_and_main_print_or_exit() {
    let words = [
        "print!(",
        "println!(",
        "eprint!(",
        "eprintln!(",
        "dbg!(",
        "process::exit",
        "process::abort",
        "todo!(",
        "unimplemented!(",
    ];
    let mut wrong = Vec::new();
    for (path, text) in
        rust("src").into_iter().filter(|(path, _)| !matches!(path.as_str(), "src/output.rs" | "src/main.rs"))
    {
        for line in code(&text).lines().filter(|line| words.iter().any(|word| line.contains(word))) {
            wrong.push(format!("{path}: {}", line.trim()));
        }
    }
    assert_none("only output.rs and main.rs print or exit", &wrong);
}

#[test]
fn nothing_is_unsafe() {
    assert!(text("Cargo.toml").contains("unsafe_code = \"forbid\""));
    let mut found = Vec::new();
    for folder in ["src", "tests"] {
        let words = ["fn", "{", "impl"].map(|word| ["unsafe", word].join(" "));
        let lines = rust(folder).into_iter().filter(|(_, text)| words.iter().any(|word| code(text).contains(word)));
        found.extend(lines.map(|(path, _)| path));
    }
    assert_none("unsafe code", &found);
}

// Size and paths.

/// Longer than 500 lines, and why they are one thing.
const LONG: &[(&str, &str)] = &[
    ("src/correlate/replay.rs", "one queue, replayed line by line"),
    ("src/render/fixture.rs", "data: the reports that all renderers are shown"),
];

#[test]
fn files_are_of_a_size_to_be_read() {
    let mut wrong = Vec::new();
    for (path, text) in rust("src") {
        let lines = text.lines().count();
        let listed = LONG.iter().any(|(long, _)| *long == path);
        if lines > 500 && !listed {
            wrong.push(format!("{path} has {lines} lines and no reason in LONG"));
        }
    }
    for (path, _) in LONG {
        if !root().join(path).exists() || text(path).lines().count() <= 500 {
            wrong.push(format!("{path} is in LONG and is not long, or not there"));
        }
    }
    assert_none("past 500 lines ask whether a file is two things", &wrong);
}

#[test]
fn no_machine_s_own_paths() {
    // This file, which holds them, is left out.
    let paths = ["/home/", "/Users/", "/root/", "/work/", "C:\\Users", "../shared"];
    let mut checked: Vec<PathBuf> = ["src", "tests", "docs", "examples", "benches", "fuzz", ".ci", ".github"]
        .iter()
        .map(|folder| root().join(folder))
        .filter(|folder| folder.is_dir())
        .flat_map(|folder| files(&folder))
        .filter(|path| !path.ends_with("tests/tidy.rs"))
        .collect();
    let top = entries(root()).into_iter().filter(|path| path.is_file() && !path.ends_with(".git"));
    checked.extend(top);
    checked.extend([root().join("testdata/scenarios/README.md")]);
    let mut found = Vec::new();
    for path in checked {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            if let Some(machine) = paths.iter().find(|machine| line.contains(**machine)) {
                found.push(format!("{}:{}: {machine}", path.display(), number + 1));
            }
        }
    }
    assert_none("paths of one machine", &found);
}

#[test]
fn lines_of_the_documents_are_not_too_wide() {
    let mut wide = Vec::new();
    for path in ["README.md", "CHANGELOG.md"] {
        for (number, line) in text(path).lines().enumerate() {
            if line.chars().count() > 120 || (line.chars().count() > 100 && !line.starts_with('|')) {
                wide.push(format!("{path}:{}", number + 1));
            }
        }
    }
    assert_none("wider than 100 columns (tables: 120)", &wide);
}

// No statement without a place, and no place without a line.

#[test]
fn every_place_is_a_line_of_its_file() {
    let archives = entries(&testdata("bundles"));
    let is_bundle =
        |path: &PathBuf| path.to_string_lossy().ends_with(".tar.gz") || path.to_string_lossy().ends_with(".zip");
    let scenarios =
        entries(&testdata("scenarios")).into_iter().map(|path| path.join("bundle")).filter(|path| path.is_dir());
    let mut wrong = Vec::new();
    let mut places = 0;
    for bundle in archives.into_iter().filter(is_bundle).chain(scenarios) {
        let analysis = whylate::analyze(std::slice::from_ref(&bundle), &whylate::Options::default());
        let report = match analysis {
            Ok(analysis) => serde_json::to_value(&analysis.report).expect("JSON"),
            Err(error) => {
                wrong.push(format!("{}: {error:#}", bundle.display()));
                continue;
            }
        };
        let files = report["coverage"]["files"].as_array().expect("files");
        let mut lines: BTreeMap<&str, u64> = BTreeMap::new();
        for file in files {
            let path = file["path"].as_str().expect("a path");
            // What was read once because it is there twice has no lines of its own; a document is one statement.
            let known = file["lines"].as_u64().unwrap_or(0).max(1);
            // Of a folder the lines are counted again, by hand.
            let counted = fs::read(bundle.join(path)).map_or(known, |bytes| count(&bytes).max(1));
            if file["skipped"].is_null()
                && bundle.is_dir()
                && known != counted
                && path.rsplit('.').next() != Some("json")
            {
                wrong.push(format!("{}: {path} has {counted} lines, the report says {known}", bundle.display()));
            }
            lines.insert(path, counted);
        }
        walk(&report, &mut |place| {
            places += 1;
            let (file, line) = (place["file"].as_str().unwrap_or_default(), place["line"].as_u64().unwrap_or(0));
            let to = place["to_line"].as_u64().unwrap_or(line);
            let length = lines.get(file).copied();
            if length.is_none_or(|length| line == 0 || to < line || to > length) {
                wrong.push(format!("{}: {file}:{line} to {to}, of {length:?} lines", bundle.display()));
            }
        });
    }
    assert!(places > 1000, "only {places} places were seen");
    wrong.truncate(40);
    assert_none("places that are no line of a file of the bundle", &wrong);
}

/// Lines as an editor counts them; the last one need not end.
fn count(bytes: &[u8]) -> u64 {
    let ends = bytes.split(|byte| *byte == b'\n').count() as u64 - 1;
    ends + u64::from(bytes.last().is_some_and(|last| *last != b'\n'))
}

/// Every place of a report; where a spec stands in the source of its test is no place of the bundle.
fn walk(value: &Value, seen: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(object) if object.contains_key("file") && object.contains_key("line") => seen(value),
        Value::Object(object) => {
            for (key, value) in object {
                if !matches!(key.as_str(), "location" | "fix") {
                    walk(value, seen);
                }
            }
        }
        Value::Array(array) => array.iter().for_each(|value| walk(value, seen)),
        _ => {}
    }
}

/// "The lines that prove it": evidence for the first cause of every failure with one, and for what is ruled out.
#[test]
fn no_cause_without_a_place() {
    let mut wrong = Vec::new();
    for bundle in
        entries(&testdata("scenarios")).into_iter().map(|path| path.join("bundle")).filter(|path| path.is_dir())
    {
        let analysis = whylate::analyze(std::slice::from_ref(&bundle), &whylate::Options::default())
            .unwrap_or_else(|error| panic!("{}: {error:#}", bundle.display()));
        let report = serde_json::to_value(&analysis.report).expect("JSON");
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        for failure in list(&report["failures"]) {
            let first = &failure["ranked"][0];
            let placed = |evidence: &[Value]| {
                !evidence.is_empty() && evidence.iter().all(|one| !list(&one["places"]).is_empty())
            };
            let sure = matches!(failure["confidence"].as_str(), Some("proven" | "likely"));
            if sure && !placed(&list(&first["for"])) {
                wrong.push(format!(
                    "{}: {} has evidence without a place: {}",
                    bundle.display(),
                    failure["cause"],
                    first["for"]
                ));
            }
            for ruled in list(&failure["ruled_out"]).iter().filter(|ruled| !placed(&list(&ruled["by"]))) {
                wrong.push(format!("{}: not {}: {}", bundle.display(), ruled["cause"], ruled["by"]));
            }
        }
    }
    wrong.truncate(40);
    assert_none("statements without a place", &wrong);
}
