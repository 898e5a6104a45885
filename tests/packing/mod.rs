//! *Packing*: the same files as a folder, a tar, a tar.gz and a zip, made in memory or beside a test.

#![allow(dead_code, reason = "every test file uses its own part")]

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::{Compression, Crc, write::DeflateEncoder, write::GzEncoder};

/// A file's path, with slashes, and what it holds.
pub type File = (String, Vec<u8>);

/// The files of an archive of `testdata/bundles`.
pub fn unpacked(archive: &Path) -> Vec<File> {
    let bytes = fs::File::open(archive).unwrap_or_else(|error| panic!("{}: {error}", archive.display()));
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes));
    let mut files = Vec::new();
    for entry in archive.entries().expect("a tar") {
        let mut entry = entry.expect("an entry");
        if entry.header().entry_type().is_file() {
            let path = entry.path().expect("a path").to_string_lossy().into_owned();
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut bytes).expect("readable");
            files.push((path, bytes));
        }
    }
    files
}

/// Writes the files below a folder.
pub fn folder(files: &[File], below: &Path) {
    for (path, bytes) in files {
        let path = below.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("writable");
    }
}

/// A tar.
pub fn tar(files: &[File]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, bytes.as_slice()).expect("a Vec takes everything");
    }
    builder.into_inner().expect("a Vec takes everything")
}

/// The same, gzipped.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("a Vec takes everything");
    encoder.finish().expect("a Vec takes everything")
}

/// A zip with deflated members and nothing that the format does not ask for.
pub fn zip(files: &[File]) -> Vec<u8> {
    let mut zip = Vec::new();
    let mut directory = Vec::new();
    for (path, bytes) in files {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).expect("a Vec takes everything");
        let packed = encoder.finish().expect("a Vec takes everything");
        let mut crc = Crc::new();
        crc.update(bytes);
        let offset = u32::try_from(zip.len()).expect("a small zip");
        // Version, flags, deflate, time, date, checksum, both sizes, lengths of name and extra.
        let mut fields = Vec::new();
        for short in [20_u16, 0, 8, 0, 0x21] {
            fields.extend(short.to_le_bytes());
        }
        for long in [crc.sum(), u32::try_from(packed.len()).expect("small"), u32::try_from(bytes.len()).expect("small")]
        {
            fields.extend(long.to_le_bytes());
        }
        fields.extend(u16::try_from(path.len()).expect("a short name").to_le_bytes());
        fields.extend(0_u16.to_le_bytes());
        zip.extend(b"PK\x03\x04");
        zip.extend(&fields);
        zip.extend(path.as_bytes());
        zip.extend(packed);
        directory.extend(b"PK\x01\x02");
        directory.extend(20_u16.to_le_bytes());
        directory.extend(&fields);
        // Comment, disk, both attributes, then where the member begins.
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(path.as_bytes());
    }
    let count = u16::try_from(files.len()).expect("few files").to_le_bytes();
    let (begin, size) = (zip.len(), directory.len());
    zip.extend(directory);
    zip.extend(b"PK\x05\x06\0\0\0\0");
    zip.extend(count);
    zip.extend(count);
    zip.extend(u32::try_from(size).expect("small").to_le_bytes());
    zip.extend(u32::try_from(begin).expect("small").to_le_bytes());
    zip.extend([0; 2]);
    zip
}
