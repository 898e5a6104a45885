//! Tests of the source. Archives are made in memory, and written to a temporary folder to be PATHs.

mod doubles;
mod hostile;
mod layouts;
mod text;

use super::{Gathered, Limits, Options, Reader, gather};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// A reader that keeps everything.
pub(super) struct Keep;

impl Reader for Keep {
    type Output = Vec<u8>;

    fn read(&self, _: &str, bytes: &mut dyn Read) -> Vec<u8> {
        let mut all = Vec::new();
        bytes.read_to_end(&mut all).expect("bytes never fail");
        all
    }
}

/// A small must-gather: label and content.
pub(super) const FILES: [(&str, &str); 4] = [
    ("e2e.log", "one\ntwo\n"),
    ("logs/kubernaut-system/datastorage-0/current.log", "2026-01-01 served\n"),
    ("logs/kubernaut-system/datastorage-0/previous.log", "2026-01-01 before\n"),
    ("collection-metadata.json", "{}\n"),
];

pub(super) type Members<'a> = &'a [(&'a str, &'a [u8])];

pub(super) fn files() -> Vec<(&'static str, &'static [u8])> {
    FILES.iter().map(|(name, text)| (*name, text.as_bytes())).collect()
}

pub(super) fn under<'a>(top: &str, files: Members<'a>) -> Vec<(String, &'a [u8])> {
    files.iter().map(|(name, bytes)| (format!("{top}{name}"), *bytes)).collect()
}

pub(super) fn tar<N: AsRef<str>, B: AsRef<[u8]>>(members: &[(N, B)]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(bytes.as_ref().len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name.as_ref(), bytes.as_ref()).expect("in memory");
    }
    builder.into_inner().expect("in memory")
}

pub(super) fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

pub(super) fn zip<N: AsRef<str>, B: AsRef<[u8]>>(members: &[(N, B)], method: rawzip::CompressionMethod) -> Vec<u8> {
    let mut output = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut output);
    for (name, bytes) in members {
        let bytes = bytes.as_ref();
        let (mut entry, config) =
            archive.new_file(name.as_ref()).compression_method(method).start().expect("in memory");
        let descriptor = if method == rawzip::CompressionMethod::DEFLATE {
            let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast());
            let mut writer = config.wrap(encoder);
            writer.write_all(bytes).expect("in memory");
            let (encoder, descriptor) = writer.finish().expect("in memory");
            encoder.finish().expect("in memory");
            descriptor
        } else if method == rawzip::CompressionMethod::ZSTD {
            let encoder = zstd::stream::write::Encoder::new(&mut entry, 1).expect("in memory");
            let mut writer = config.wrap(encoder);
            writer.write_all(bytes).expect("in memory");
            let (encoder, descriptor) = writer.finish().expect("in memory");
            encoder.finish().expect("in memory");
            descriptor
        } else {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(bytes).expect("in memory");
            writer.finish().expect("in memory").1
        };
        entry.finish(descriptor).expect("in memory");
    }
    archive.finish().expect("in memory");
    output
}

/// A temporary folder with PATHs in it.
pub(super) struct Place(tempfile::TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a folder");
        std::fs::write(&path, bytes).expect("a file");
        path
    }

    pub fn folder<N: AsRef<str>, B: AsRef<[u8]>>(&self, name: &str, members: &[(N, B)]) -> PathBuf {
        for (member, bytes) in members {
            self.file(&format!("{name}/{}", member.as_ref()), bytes.as_ref());
        }
        self.path(name)
    }
}

pub(super) fn options(threads: usize) -> Options {
    Options { limits: Limits::default(), threads }
}

pub(super) fn read(paths: &[PathBuf]) -> Gathered<Vec<u8>> {
    gather(paths, &options(2), &Keep).expect("readable")
}

pub(super) fn limited(path: &Path, limits: Limits) -> Gathered<Vec<u8>> {
    gather(&[path.to_owned()], &Options { limits, threads: 2 }, &Keep).expect("readable")
}

pub(super) fn labels<T>(gathered: &Gathered<T>) -> Vec<&str> {
    gathered.files.iter().map(|file| file.label.as_str()).collect()
}

/// Label, reason, and text.
pub(super) fn seen(gathered: &Gathered<Vec<u8>>) -> Vec<(String, Option<String>, Option<String>)> {
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
    gathered.files.iter().map(|f| (f.label.clone(), f.skipped.clone(), f.output.as_ref().map(text))).collect()
}
