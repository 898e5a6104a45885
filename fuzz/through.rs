//! What is done with the bytes of each fuzz target; `tests/replay.rs` does the same with the kept corpus.
//!
//! Nothing is asserted but what holds for any bytes: no panic, no overflow (debug assertions are on), and the few laws
//! named here.

#![allow(dead_code, reason = "each fuzz target uses one of these")]

use whylate::formats::{self, Format};
use whylate::prefixes::Layers;
use whylate::reading::{LogFile, Parser};
use whylate::source::{self, Reader as _};
use whylate::{documents, vocabulary};

/// A target: its name and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const ALL: &[Target] = &[
    ("zap_json", zap_json),
    ("zap_console", zap_console),
    ("postgresql", postgresql),
    ("prefixes", prefixes),
    ("documents", documents),
    ("wordings", wordings),
    ("controllers", controllers),
    ("ginkgo", ginkgo),
    ("python_store", python_store),
    ("archive", archive),
    ("pipeline", pipeline),
];

pub fn zap_json(bytes: &[u8]) {
    format("zap JSON", bytes);
}

pub fn zap_console(bytes: &[u8]) {
    format("zap console", bytes);
}

pub fn postgresql(bytes: &[u8]) {
    format("PostgreSQL", bytes);
}

/// One format on one line. A record's message is the one that was found first.
fn format(name: &str, bytes: &[u8]) {
    let format: &&dyn Format = formats::ALL.iter().find(|format| format.name() == name).expect("a format of that name");
    let line = String::from_utf8_lossy(bytes);
    let found = format.message(&line);
    if let Some(record) = format.record(&line) {
        assert!(found.is_some(), "a record without a message");
        for (key, _) in record.fields.iter() {
            let fields = &record.fields;
            let _ = (fields.text(key), fields.integer(key), fields.duration(key), fields.time(key), fields.object(key));
        }
    }
}

pub fn prefixes(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let layers = Layers::of(&text);
    for line in text.lines() {
        let mut scratch = String::new();
        assert!(layers.strip(line, &mut scratch).line.len() <= line.len());
    }
}

pub fn documents(bytes: &[u8]) {
    let _ = documents::recognise(bytes);
    parse(bytes);
}

/// The first byte chooses a message, the rest are its fields.
pub fn wordings(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let messages: Vec<&str> = vocabulary::messages().collect();
    let message = messages[usize::from(*first) % messages.len()];
    let fields = String::from_utf8_lossy(rest);
    parse(
        format!("{{\"level\":\"info\",\"ts\":\"2026-01-14T14:35:15Z\",\"msg\":\"{message}\",{fields}}}\n").as_bytes(),
    );
}

/// A record of a controller: its message and its fields.
pub fn controllers(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    parse(format!("2026-01-14T14:35:15Z\tERROR\tcontroller\t{text}").as_bytes());
}

/// Test output. Looks are read here too.
pub fn ginkgo(bytes: &[u8]) {
    let mut text = b"Running Suite: x - /y\n------------------------------\n".to_vec();
    text.extend_from_slice(bytes);
    whole(&text);
}

pub fn python_store(bytes: &[u8]) {
    let mut text = b"DD-AUDIT-002: ".to_vec();
    text.extend_from_slice(bytes);
    parse(&text);
}

/// Lines are counted, and none is recognised twice.
fn parse(mut bytes: &[u8]) -> LogFile {
    let read = Parser { longest_line: 1 << 12, ..Parser::default() }.read("a.log", &mut bytes);
    assert!(read.recognised <= read.lines, "{} of {} lines recognised", read.recognised, read.lines);
    read
}

/// Reads to the end and counts.
struct Bytes;
impl source::Reader for Bytes {
    type Output = u64;

    fn read(&self, _: &str, bytes: &mut dyn std::io::Read) -> u64 {
        std::io::copy(bytes, &mut std::io::sink()).expect("a reader's bytes never fail")
    }
}

/// Whatever the bytes pack: read through every layer, within small limits.
pub fn archive(bytes: &[u8]) {
    let file = written(bytes);
    let limits =
        source::Limits { total: 1 << 22, member: 1 << 20, members: 100, depth: 4, held: 1 << 16, line: 1 << 12 };
    let options = source::Options { limits: limits.clone(), threads: 1 };
    if let Ok(gathered) = source::gather(&[file.path().to_path_buf()], &options, &Bytes) {
        let total: u64 = gathered.files.iter().map(|file| file.bytes).sum();
        assert!(total <= limits.total + 1, "read {total} bytes of at most {}", limits.total);
    }
}

/// The answer to anything that is put into one file.
pub fn pipeline(bytes: &[u8]) {
    whole(bytes);
}

fn whole(bytes: &[u8]) {
    let file = written(bytes);
    let mut options = whylate::Options::default();
    options.source.threads = 1;
    options.source.limits.total = 1 << 22;
    if let Ok(analysis) = whylate::analyze(&[file.path().to_path_buf()], &options) {
        let _ = analysis.timeline();
    }
}

fn written(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), bytes).expect("its bytes");
    file
}
