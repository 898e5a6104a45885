//! What a file says does not hang on how it is cut into chunks, nor on how many threads read them.

mod texts;

use std::io::Cursor;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use whylate::reading::{LogFile, Parser};
use whylate::source::Reader as _;

/// The files of the test data that say something, each also as a container runtime prints it, its long lines cut.
static TEXTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let paths = ["scenarios", "bundles"].map(|folder| data.join(folder));
    let logs = texts::texts(&paths).into_iter().map(|(_, text)| text);
    let logs: Vec<Vec<u8>> = logs.filter(|text| read(text, 1, 1 << 20).recognised > 3).collect();
    let cut: Vec<Vec<u8>> = logs.iter().map(|text| as_runtime(text)).collect();
    logs.into_iter().chain(cut).collect()
});

/// Lines of more than 100 bytes in several parts, every third line on standard error.
fn as_runtime(text: &[u8]) -> Vec<u8> {
    let mut lines = String::new();
    for (number, line) in String::from_utf8_lossy(text).lines().take(400).enumerate() {
        let stream = if number % 3 == 0 { "stderr" } else { "stdout" };
        let mut rest = line;
        while let Some((at, _)) = rest.char_indices().nth(100) {
            lines.extend(["2026-11-24T18:44:38.709823532Z ", stream, " P ", &rest[..at], "\n"]);
            rest = &rest[at..];
        }
        lines.extend(["2026-11-24T18:44:38.709823532Z ", stream, " F ", rest, "\n"]);
    }
    lines.into_bytes()
}

fn read(text: &[u8], threads: usize, chunk: usize) -> LogFile {
    Parser { threads, chunk, ..Parser::default() }.read("a.log", &mut Cursor::new(text))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chunks_and_threads_change_nothing(which in any::<Index>(), from in any::<Index>(), threads in 1usize..5, chunk in 1usize..4000) {
        let text = which.get(&TEXTS);
        // Some kilobytes at a time: the file begins anywhere, as one that was rotated does.
        let from = from.index(text.len());
        let text = &text[from..text.len().min(from + 200 * chunk)];
        let (whole, cut) = (read(text, 1, text.len() + 1), read(text, threads, chunk));
        prop_assert_eq!((whole.lines, whole.recognised), (cut.lines, cut.recognised));
        prop_assert_eq!(whole.sightings.len(), cut.sightings.len());
        for (one, other) in whole.sightings.iter().zip(&cut.sightings) {
            prop_assert_eq!(format!("{one:?}"), format!("{other:?}"));
        }
    }
}

/// The cases that a border can hurt: each border of a text that has them.
#[test]
fn a_border_falls_anywhere() {
    let text = "Running Suite: A - /src\nRandom Seed: 1\n------------------------------\n• [FAILED] [1.5 seconds]\nA [It] b\n\
        /src/a_test.go:1\n\n  [FAILED] Timed out after 1.000s.\n  Expected\n      <int>: 0\n  to equal\n      <int>: 1\n  \
        In [It] at: /src/a_test.go:2 @ 01/10/26 00:00:00\n------------------------------\nSummarizing 1 Failure:\n  \
        [FAIL] A [It] b\n  /src/a_test.go:2\nRan 1 of 1 Specs in 1.0 seconds\nRunning Suite: B - /src\n[FAILED] again\n";
    let whole = read(text.as_bytes(), 1, 1 << 20);
    let said = |log: &LogFile| log.sightings.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>().join("\n");
    assert!(whole.sightings.len() > 9, "{}", said(&whole));
    for chunk in 1..text.len() {
        let cut = read(text.as_bytes(), 2, chunk);
        assert_eq!(said(&cut), said(&whole), "chunks of {chunk} bytes");
        assert_eq!(cut.lines, whole.lines);
    }
}
