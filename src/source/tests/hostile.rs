//! Broken, cut, huge and hostile input: the good part is used, the rest is said.

use super::super::limits::{Budget, Metered};
use super::*;
use proptest::prelude::*;
use rawzip::CompressionMethod;
use std::sync::Arc;

fn said(gathered: &Gathered<Vec<u8>>) -> Vec<&str> {
    gathered.files.iter().filter_map(|file| file.skipped.as_deref()).collect()
}

fn long() -> Vec<u8> {
    (0..20_000).flat_map(|n| format!("line {n} {}\n", n * 7919 % 1013).into_bytes()).collect()
}

#[test]
fn a_cut_archive_gives_its_good_part() {
    let place = Place::new();
    let long = long();
    let members: [(&str, &[u8]); 2] = [("b/a.log", b"whole\n"), ("b/z.log", &long)];
    let plain = tar(&members);
    let path = place.file("t", &plain[..plain.len() / 2]);
    let gathered = read(&[path]);
    assert_eq!(labels(&gathered), ["a.log", "z.log"]);
    assert!(said(&gathered)[0].starts_with(&format!("cut: expected {} bytes, found ", long.len())), "{gathered:?}");
    assert!(!gathered.complete);
    assert!(!gathered.files[1].output.as_ref().expect("the good part").is_empty());

    let packed = gz(&plain);
    for threads in [1, 2] {
        let path = place.file("g", &packed[..packed.len() / 2]);
        let gathered = gather(&[path], &options(threads), &Keep).expect("readable");
        assert_eq!(labels(&gathered), ["a.log", "z.log"]);
        assert!(said(&gathered)[0].starts_with("cut: expected the rest of the gzip stream"), "{:?}", said(&gathered));
        let output = gathered.files[1].output.as_ref().expect("the good part");
        assert!(!output.is_empty() && long.starts_with(output));
    }
    // Only the end mark is missing.
    let gathered = read(&[place.file("m", &plain[..plain.len() - 1024])]);
    assert_eq!(labels(&gathered), ["a.log", "m", "z.log"]);
    assert!(!gathered.complete);
}

#[test]
fn a_damaged_gzip_is_said() {
    let place = Place::new();
    let mut packed = gz(&long());
    let half = packed.len() / 2;
    for byte in &mut packed[half..half + 40] {
        *byte ^= 0x55;
    }
    let gathered = read(&[place.file("x.log.gz", &packed)]);
    assert!(said(&gathered)[0].starts_with("broken: expected a gzip stream, found damage"), "{:?}", said(&gathered));
    assert!(!gathered.complete && gathered.files[0].output.is_some());
}

#[test]
fn a_cut_zip_is_said() {
    let place = Place::new();
    let long = long();
    let members: [(&str, &[u8]); 2] = [("b/a.log", b"whole\n"), ("b/z.log", &long)];
    for method in [CompressionMethod::DEFLATE, CompressionMethod::STORE] {
        let bytes = zip(&members, method);
        let gathered = read(&[place.file("z", &bytes[..bytes.len() / 2])]);
        assert!(!gathered.complete);
        assert!(said(&gathered)[0].starts_with("cut: ") || method == CompressionMethod::STORE, "{gathered:?}");
        if method == CompressionMethod::DEFLATE {
            assert_eq!(labels(&gathered), ["a.log", "z.log"]);
            let output = gathered.files[1].output.as_ref().expect("the good part");
            assert!(!output.is_empty() && long.starts_with(output));
        }
    }
}

#[test]
fn a_zip_too_large_to_be_held_is_read_from_its_begin() {
    let place = Place::new();
    let plain = files();
    let members = under("b/", &plain);
    let bytes = zip(&members, CompressionMethod::DEFLATE);
    let path = place.file("t.gz", &gz(&bytes));
    let held = limited(&path, Limits::default());
    let passed = limited(&path, Limits { held: 100, ..Limits::default() });
    assert_eq!(seen(&held), seen(&passed));
    assert!(passed.complete && passed.id == held.id);
}

#[test]
fn limits_give_the_partial_answer() {
    let place = Place::new();
    let long = long();
    let size = long.len() as u64;
    let members: [(&str, &[u8]); 3] = [("b/a.log", b"whole\n"), ("b/m.log", &long), ("b/z.log", b"last\n")];
    let paths = [
        place.folder("f", &under("", &members)),
        place.file("t", &tar(&members)),
        place.file("g", &gz(&tar(&members))),
        place.file("z", &zip(&members, CompressionMethod::DEFLATE)),
    ];
    for path in &paths {
        let member = limited(path, Limits { member: size - 1, ..Limits::default() });
        assert!(!member.complete);
        assert!(said(&member)[0].starts_with("limit: expected at most"), "{:?}", said(&member));
        assert_eq!(member.files.len(), 3);
        assert!(member.files[2].output.is_some(), "what follows is read");
        let total = limited(path, Limits { total: 10_000, ..Limits::default() });
        assert!(!total.complete);
        assert_eq!(total.files[0].output.as_deref(), Some(&b"whole\n"[..]));
        let few = limited(path, Limits { members: 2, ..Limits::default() });
        assert!(!few.complete);
        assert_eq!(few.files.iter().filter(|file| file.output.is_some()).count(), 2, "{:?}", seen(&few));
    }
}

#[test]
fn many_layers_end_at_the_limit() {
    let place = Place::new();
    let mut bytes = b"deep\n".to_vec();
    for layer in 0..100 {
        bytes = gz(&tar(&[(format!("a{layer}.tar.gz"), &bytes)]));
    }
    let gathered = read(&[place.file("t", &bytes)]);
    assert!(said(&gathered)[0].starts_with("limit: expected at most 10 layers"), "{:?}", said(&gathered));
    assert!(!gathered.complete);
}

#[test]
fn a_bomb_ends_by_its_ratio() {
    let budget = Arc::new(Budget::new(&Limits::default(), Some(1000)));
    let mut metered = Metered::new(std::io::repeat(b'a'), &budget);
    let mut block = vec![0; 1 << 20];
    let mut sum = 0;
    let error = loop {
        match metered.read(&mut block) {
            Ok(count) => sum += count,
            Err(error) => break error,
        }
    };
    assert_eq!(sum, 1 << 30);
    assert!(error.to_string().contains("a decompression bomb"), "{error}");
}

#[test]
fn names_are_labels_only() {
    let place = Place::new();
    let evil = ["../../etc/passwd", "/abs.log", "c\\d.log", "bell\u{7}\u{1b}[2J.log", "\u{202e}gol.x", "ok.log"];
    let members: Vec<(&str, String)> = evil.iter().map(|name| (*name, format!("{name}\n"))).collect();
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, text) in &members {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, text.as_bytes()).expect("in memory");
    }
    let gathered = read(&[place.file("t", &builder.into_inner().expect("in memory"))]);
    assert_eq!(
        labels(&gathered),
        ["%2E%2E/%2E%2E/etc/passwd", "\\u{202e}gol.x", "abs.log", "bell\\u{7}\\u{1b}[2J.log", "c/d.log", "ok.log"]
    );
}

#[cfg(unix)]
#[test]
fn special_files_are_not_opened() {
    let place = Place::new();
    let folder = place.folder("f", &[("x.log", "x\n")]);
    let made = std::process::Command::new("mkfifo").arg(folder.join("pipe")).status();
    let _socket = std::os::unix::net::UnixListener::bind(folder.join("socket")).expect("a socket");
    let gathered = read(std::slice::from_ref(&folder));
    if made.is_ok_and(|status| status.success()) {
        assert!(said(&gathered)[0].contains("found a FIFO"), "{:?}", said(&gathered));
        let error = gather(&[folder.join("pipe")], &options(1), &Keep).expect_err("not opened");
        assert!(error.to_string().contains("found a FIFO"), "{error}");
    }
    assert!(said(&gathered).last().expect("a socket").contains("found a socket"));
    assert!(gathered.complete);
}

#[test]
fn nothing_to_read_is_an_error_with_the_path() {
    let place = Place::new();
    std::fs::create_dir(place.path("empty")).expect("a folder");
    let tar = place.file("empty.tar", &tar::<&str, &str>(&[]));
    for (path, part) in [
        (place.path("missing"), "found nothing"),
        (place.path("empty"), "expected log files in the folder, found none"),
        (tar, "found"),
    ] {
        match gather(std::slice::from_ref(&path), &options(1), &Keep) {
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains(part) && text.contains(&path.display().to_string()), "{text}");
            }
            Ok(gathered) => assert!(gathered.files.iter().all(|file| file.output.is_none())),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(start in 0_usize..12, tail in prop::collection::vec(any::<u8>(), 0..2000), at in any::<prop::sample::Index>()) {
        let plain = files();
        let members = under("b/", &plain);
        let seeds = [
            Vec::new(), tar(&members), gz(&tar(&members)), zip(&members, CompressionMethod::DEFLATE),
            zip(&members, CompressionMethod::STORE), zip(&members, CompressionMethod::ZSTD),
            zstd::encode_all(&tar(&members)[..], 1).expect("in memory"), b"BZh91AY&SY".to_vec(),
            b"\xfd7zXZ\0".to_vec(), b"\xff\xfe".to_vec(), b"PK\x05\x06".to_vec(), gz(&zip(&members, CompressionMethod::STORE)),
        ];
        let mut bytes = seeds[start].clone();
        // Some bytes written over, or the whole put behind.
        let from = at.index(bytes.len() + 1);
        for (i, byte) in tail.iter().take(tail.len() % 20).enumerate() {
            if let Some(old) = bytes.get_mut(from + i) { *old = *byte; }
        }
        if tail.len() % 3 == 0 { bytes.truncate(from); }
        if tail.len() % 2 == 0 { bytes.extend(&tail); }
        let place = Place::new();
        let path = place.file("x", &bytes);
        let read = |threads| gather(std::slice::from_ref(&path), &options(threads), &Keep).map(|g| (seen(&g), g.id, g.complete)).map_err(|e| e.to_string());
        prop_assert_eq!(read(1), read(3));
    }
}
