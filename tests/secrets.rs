//! What must not leave a bundle: a password in an inspect file, a connection string and a token in lines of errors. No
//! output shows them, in no form.

mod session;

use std::fs;
use std::path::Path;

use session::{files, scenario, whylate};
use whylate::render::{ALL, Form, Style, tables};

const SECRETS: [&str; 5] =
    ["hunter2-pg", "hunter3-env", "sk-proj-AbCdEfGhIjKlMnOpQrStUvWx", "hunter4-arg", "hunter5-test"];

/// A scenario with secrets where real bundles hold them.
fn bundle(below: &Path) {
    let from = scenario("server-5xx-partition");
    for file in files(&from) {
        let to = below.join(file.strip_prefix(&from).expect("below it"));
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        let mut text = fs::read_to_string(&file).expect("UTF-8");
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        if name.ends_with("_inspect.json") {
            let mut value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            value[0]["Config"] = serde_json::json!({
                "Env": ["PATH=/bin", "POSTGRES_PASSWORD=hunter3-env", "DATABASE_URL=postgres://slm:hunter2-pg@pg:5432/db",
                        "FLUSH_INTERVAL=1s"],
                "Cmd": ["--requirepass", "hunter4-arg", "--password=hunter4-arg"],
            });
            value[0]["Args"] = serde_json::json!(["--password", "hunter4-arg"]);
            text = value.to_string();
        } else {
            // Every error carries them, whatever line it is quoted from.
            let secret = "dial postgres://slm:hunter2-pg@pg:5432/db password=hunter2-pg token=sk-proj-AbCdEfGhIjKlMnOpQrStUvWx: ";
            let head = if name.contains("datastorage") { "\"error\": \"" } else { "status 500: " };
            text = text.replace(head, &format!("{head}{secret}"));
            text =
                text.replace("Timed out after 8.001s.", "Timed out after 8.001s.\n  login with password: hunter5-test");
        }
        fs::write(to, text).expect("writable");
    }
}

#[track_caller]
fn assert_silent(what: &str, text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what} shows {secret}");
    }
}

#[test]
fn no_output_shows_a_secret() {
    let home = tempfile::tempdir().expect("a folder");
    bundle(home.path());
    let all: String = files(home.path()).iter().map(|file| fs::read_to_string(file).expect("UTF-8")).collect();
    for secret in SECRETS {
        assert!(all.contains(secret), "{secret} is not in the bundle, so nothing is tested");
    }
    let analysis = whylate::analyze(&[home.path().to_owned()], &whylate::Options::default()).expect("a bundle");
    let report = &analysis.report;
    assert!(!report.failures.is_empty());
    let style = Style { verbose: true, ..Style::default() };
    let mut shown = String::new();
    for renderer in ALL {
        let mut out = Vec::new();
        match renderer.form {
            Form::Document(render) => render(report, &style, &mut out).expect("a Vec takes everything"),
            Form::Tables(render, _) => {
                for table in tables::ALL {
                    render(table, report, &mut out).expect("a Vec takes everything");
                }
            }
        }
        let text = String::from_utf8(out).expect("UTF-8");
        assert_silent(renderer.name, &text);
        shown.push_str(&text);
    }
    // The errors are quoted, only without what is secret in them.
    assert!(shown.contains("********"), "no quoted error was masked, so nothing is tested");
}

/// A document may quote a line as an output printed it, without its secret, or with what somebody made of it.
#[test]
fn neither_does_a_check_nor_a_comparison() {
    let home = tempfile::tempdir().expect("a folder");
    let gather = home.path().join("gather");
    bundle(&gather);
    let lines: Vec<String> = files(&gather)
        .iter()
        .flat_map(|file| fs::read_to_string(file).expect("UTF-8").lines().map(str::to_owned).collect::<Vec<_>>())
        .filter(|line| line.contains("hunter2-pg") && line.contains("status 500"))
        .collect();
    let line = lines.first().expect("a line with a secret in it");
    let masked = whylate::secrets::masked(line).into_owned();
    assert_ne!(*line, masked);
    let other = line.replace("hunter2-pg", "letmein-1").replace("sk-proj-Ab", "sk-proj-Zz").replace("500", "503");
    fs::write(home.path().join("notes.md"), format!("# Notes\n\n```\n{masked}\n```\n\n```\n{other}\n```\n"))
        .expect("writable");
    for args in [
        vec!["check", "notes.md", "gather"],
        vec!["check", "notes.md", "gather", "-f", "json"],
        vec!["compare", "gather", "gather", "-f", "json"],
    ] {
        let ended = whylate(home.path(), &args);
        ended.calm();
        assert!(!ended.out.is_empty(), "{}", ended.err);
        assert_silent("standard output", &ended.out);
        assert_silent("standard error", &ended.err);
    }
    // The masked quote is true of the bundle, and the wrong status is not.
    let checked = whylate(home.path(), ["check", "notes.md", "gather", "-f", "json"]);
    assert_eq!(checked.status, 1, "{}", checked.out);
    assert!(checked.out.contains("503"), "{}", checked.out);
}

#[test]
fn neither_does_the_timeline_nor_a_message() {
    let home = tempfile::tempdir().expect("a folder");
    bundle(home.path());
    for args in [vec!["timeline", "."], vec!["timeline", ".", "--test", "."], vec![".", "-v"]] {
        let ended = whylate(home.path(), &args);
        ended.calm();
        assert_eq!(ended.status, 0, "{}", ended.err);
        assert!(!ended.out.is_empty());
        assert_silent("standard output", &ended.out);
        assert_silent("standard error", &ended.err);
    }
}
