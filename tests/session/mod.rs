//! A *session* is one run of the program, as a terminal sees it: what was typed, both outputs, the exit status.

#![allow(dead_code, reason = "every test file uses its own part")]

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Ended {
    /// Exit status; -1 when a signal ended it.
    pub status: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ended {
    /// Nothing on standard output, status 2, and this on standard error.
    #[track_caller]
    pub fn refused(&self, with: &str) {
        assert_eq!((self.status, self.out.as_str()), (2, ""), "{}", self.err);
        assert!(self.err.contains(with), "expected {with:?}, found {:?}", self.err);
        self.calm();
    }

    /// Status 0 and nothing on standard error.
    #[track_caller]
    pub fn clean(&self) -> &str {
        assert_eq!((self.status, self.err.as_str()), (0, ""));
        &self.out
    }

    /// The report, when the output is JSON.
    #[track_caller]
    pub fn report(&self) -> serde_json::Value {
        assert_eq!(self.status, 0, "{}", self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("expected JSON, found {error}: {}", self.out))
    }

    /// No panic, whatever else happened.
    #[track_caller]
    pub fn calm(&self) {
        assert!(!self.err.contains("internal error") && !self.err.contains("panicked"), "{}", self.err);
        assert!((0..=2).contains(&self.status), "status {}: {}", self.status, self.err);
    }
}

/// The program in a folder of its own, with an environment that says nothing about terminals.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whylate"));
    command.current_dir(folder).stdin(Stdio::null());
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "TERM", "COLUMNS", "GITHUB_STEP_SUMMARY"] {
        command.env_remove(name);
    }
    command
}

/// Runs it to its end.
pub fn whylate<S: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = S>) -> Ended {
    ended(command(folder).args(args).output().expect("the program starts"))
}

/// Runs it to its end with these bytes on standard input.
pub fn whylate_reading<S: AsRef<OsStr>>(input: &[u8], folder: &Path, args: impl IntoIterator<Item = S>) -> Ended {
    let mut command = command(folder);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || pipe.write_all(&input));
    let output = child.wait_with_output().expect("it ends");
    let _ = writer.join();
    ended(output)
}

fn ended(output: std::process::Output) -> Ended {
    Ended {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// A file or folder of `testdata`.
pub fn testdata(path: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(path);
    assert!(path.exists(), "{} is missing", path.display());
    path
}

/// The bundle of a scenario.
pub fn scenario(name: &str) -> PathBuf {
    testdata(&format!("scenarios/{name}/bundle"))
}

/// What a folder holds, in the order of names.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    paths
}

/// Every file below a folder, in the order of names.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let of = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries(folder).into_iter().flat_map(of).collect()
}
