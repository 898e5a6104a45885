//! The same bundle in each layout gives the same labels, contents and id.

use super::*;
use rawzip::CompressionMethod;

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::fast());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

/// "hello\n" by `xz`, as the crate is built here without its encoder.
const XZ: &[u8] = include_bytes!("hello.xz");

#[test]
fn folder_and_archives_are_the_same() {
    let place = Place::new();
    let plain = files();
    let topped = under("bundle/", &plain);
    let folder = read(&[place.folder("folder", &plain)]);
    assert_eq!(folder.files.len(), 4);
    assert!(folder.complete);
    let archives = [
        ("a", "tar", tar(&plain)),
        ("b", "tar", tar(&topped)),
        ("c", "tar", tar(&under("./", &plain))),
        ("d", "tar.gz", gz(&tar(&topped))),
        ("e", "tar.zst", zstd::encode_all(&tar(&topped)[..], 1).expect("in memory")),
        ("f", "tar.bz2", bzip2(&tar(&topped))),
        ("g", "zip", zip(&topped, CompressionMethod::DEFLATE)),
        ("h", "zip", zip(&plain, CompressionMethod::STORE)),
        ("i", "zip", zip(&topped, CompressionMethod::ZSTD)),
    ];
    for (name, kind, bytes) in archives {
        let path = place.file(name, &bytes);
        for threads in [1, 2, 5] {
            let archive = gather(std::slice::from_ref(&path), &options(threads), &Keep).expect("readable");
            assert_eq!(archive.inputs[0].kind, kind, "{name}");
            assert_eq!(seen(&archive), seen(&folder), "{name}");
            assert_eq!((&archive.id, archive.complete), (&folder.id, true), "{name}");
        }
    }
}

#[test]
fn an_archive_in_a_zip_is_named_after_it() {
    let place = Place::new();
    let inner = gz(&tar(&under("kubernaut-must-gather/", &files())));
    let members: [(&str, &[u8]); 2] = [("must-gather.tar.gz", &inner), ("suite.log", b"suite\n")];
    let path = place.file("ci.zip", &zip(&members, CompressionMethod::STORE));
    let gathered = read(&[path]);
    assert_eq!(gathered.inputs[0].kind, "zip");
    assert_eq!(
        labels(&gathered),
        [
            "must-gather.tar.gz!collection-metadata.json",
            "must-gather.tar.gz!e2e.log",
            "must-gather.tar.gz!logs/kubernaut-system/datastorage-0/current.log",
            "must-gather.tar.gz!logs/kubernaut-system/datastorage-0/previous.log",
            "suite.log"
        ]
    );
    // In a folder the zip has a name, and inside an archive it is held in memory.
    let packed = zip(&members, CompressionMethod::DEFLATE);
    let folder = read(&[place.folder("f", &[("ci.zip", &packed[..])])]);
    let archive = read(&[place.file("f.tar", &tar(&[("f/ci.zip", &packed[..])]))]);
    assert_eq!(folder.files[0].label, "ci.zip!must-gather.tar.gz!collection-metadata.json");
    assert_eq!(seen(&folder), seen(&archive));
    assert_eq!(folder.id, gathered.id);
}

#[test]
fn a_single_file_is_named_by_its_name() {
    let place = Place::new();
    for (name, kind, bytes) in [
        ("suite.log", "file", b"hello\n".to_vec()),
        ("suite.log.gz", "file.gz", gz(b"hello\n")),
        ("x", "file.xz", XZ.to_vec()),
        ("two", "file.gz", [gz(b"hel"), gz(b"lo\n"), vec![0; 9]].concat()),
        ("gg", "file.gz.gz", gz(&gz(b"hello\n"))),
    ] {
        let gathered = read(&[place.file(name, &bytes)]);
        assert_eq!(seen(&gathered), [(name.to_owned(), None, Some("hello\n".to_owned()))]);
        assert_eq!(gathered.inputs[0].kind, kind);
        assert!(gathered.complete);
    }
}

#[test]
fn equal_labels_get_the_name_of_their_path() {
    let place = Place::new();
    let a = place.folder("a", &[("x.log", "a\n"), ("y.log", "y\n")]);
    let b = place.file("b.tar", &tar(&[("x.log", "b\n")]));
    let one = read(&[a.clone(), b.clone()]);
    assert_eq!(labels(&one), ["a/x.log", "b.tar/x.log", "y.log"]);
    assert_eq!(seen(&one), seen(&read(&[b, a])));
    let files = [place.file("p/s.log", b"1\n"), place.file("q/s.log", b"2\n")];
    let labels: Vec<_> = read(&files).files.into_iter().map(|file| file.label).collect();
    assert!(labels[0].ends_with("p/s.log") && labels[1].ends_with("q/s.log"), "{labels:?}");
}

#[test]
fn long_names_and_pax_are_read() {
    let place = Place::new();
    let long = format!("{}/x.log", "deep/".repeat(40).trim_end_matches('/'));
    let mut builder = ::tar::Builder::new(Vec::new());
    let mut header = ::tar::Header::new_gnu();
    header.set_size(5);
    builder.append_data(&mut header, format!("b/{long}"), &b"long\n"[..]).expect("in memory");
    let pax = [("path", "b/pax.log".as_bytes()), ("size", b"4")];
    builder.append_pax_extensions(pax).expect("in memory");
    let mut header = ::tar::Header::new_ustar();
    header.set_size(4);
    builder.append_data(&mut header, "short", &b"pax\n"[..]).expect("in memory");
    let gathered = read(&[place.file("t", &builder.into_inner().expect("in memory"))]);
    assert_eq!(labels(&gathered), [long.as_str(), "pax.log"]);
    assert!(gathered.complete);
}
