//! What is there several times is read once.

use super::*;

fn kept(gathered: &Gathered<Vec<u8>>) -> Vec<&str> {
    gathered.files.iter().filter(|file| file.output.is_some()).map(|file| file.label.as_str()).collect()
}

#[test]
fn pods_go_before_containers() {
    let place = Place::new();
    let members = [
        ("node/containers/ds.log", "served\n"),
        ("node/pods/kubernaut-system_ds_1/datastorage/0.log", "served\n"),
        ("node/empty.log", ""),
        ("node/other.log", ""),
    ];
    let folder = read(&[place.folder("f", &members)]);
    assert_eq!(
        kept(&folder),
        ["node/empty.log", "node/other.log", "node/pods/kubernaut-system_ds_1/datastorage/0.log"]
    );
    assert_eq!(folder.doubles.len(), 1);
    assert_eq!(folder.doubles[0].skipped, "node/containers/ds.log");
    assert!(folder.complete);
    let archive = read(&[place.file("t", &tar(&under("top/", &members.map(|(n, t)| (n, t.as_bytes())))))]);
    assert_eq!(seen(&folder), seen(&archive));
    assert_eq!((folder.doubles, folder.id), (archive.doubles, archive.id));
}

#[test]
fn a_folder_beside_its_archive_is_read_once() {
    let place = Place::new();
    let archive = gz(&tar(&under("mg/", &files())));
    let folder = place.folder("f/mg", &files()).parent().expect("f").to_owned();
    place.file("f/mg.tar.gz", &archive);
    let gathered = read(&[folder]);
    assert_eq!(kept(&gathered).len(), 4);
    assert!(kept(&gathered).iter().all(|label| label.starts_with("mg/")));
    assert_eq!(gathered.doubles.len(), 4);
    assert_eq!(gathered.id, read(&[place.path("f/mg")]).id);
    let both = read(&[place.path("f/mg"), place.path("f/mg.tar.gz")]);
    assert_eq!(both.files.iter().filter(|file| file.output.is_some()).count(), 4);
}

#[test]
fn originals_and_metadata_are_left_aside() {
    let place = Place::new();
    let members =
        [("x.log", "x"), ("x.log.pre-sanitize", "password"), ("._x.log", "mac"), ("__MACOSX/b/._x.log", "mac")];
    let folder = read(&[place.folder("f", &members)]);
    let archive = read(&[place.file("t", &tar(&members))]);
    assert_eq!(kept(&folder), ["x.log"]);
    assert_eq!(folder.doubles[0].skipped, "x.log.pre-sanitize");
    assert!(folder.complete);
    assert_eq!(seen(&folder), seen(&archive));
}

#[test]
fn the_same_file_twice_is_read_once() {
    let place = Place::new();
    let (a, b) = (place.file("a/s.log", b"1\n"), place.file("b/s.log", b"1\n"));
    let gathered = read(&[a, b]);
    assert_eq!(kept(&gathered).len(), 1);
    let double = &gathered.doubles[0];
    assert!(double.kept.ends_with("a/s.log") && double.skipped.ends_with("b/s.log"), "{double:?}");
}

#[cfg(unix)]
#[test]
fn links_inside_are_doubles_and_links_outside_are_not_followed() {
    use std::os::unix::fs::symlink;
    let place = Place::new();
    let folder = place.folder("f", &[("pods/x.log", "x\n")]);
    place.file("secret", b"secret\n");
    symlink("x.log", folder.join("pods/link.log")).expect("a link");
    symlink("pods", folder.join("all")).expect("a link");
    symlink("../secret", folder.join("out")).expect("a link");
    symlink("nowhere", folder.join("broken")).expect("a link");
    symlink(".", folder.join("round")).expect("a link");
    let link = |builder: &mut ::tar::Builder<Vec<u8>>, name: &str, target: &str| {
        let mut header = ::tar::Header::new_gnu();
        header.set_entry_type(::tar::EntryType::Symlink);
        header.set_size(0);
        builder.append_link(&mut header, name, target).expect("in memory");
    };
    let gathered = read(&[folder]);
    assert_eq!(kept(&gathered), ["pods/x.log"]);
    assert!(!gathered.complete);
    let skipped: Vec<_> = gathered.doubles.iter().map(|d| (d.skipped.as_str(), d.kept.as_str())).collect();
    assert_eq!(skipped, [("round", "."), ("all", "pods"), ("pods/link.log", "pods/x.log")]);
    let mut builder = ::tar::Builder::new(Vec::new());
    let mut header = ::tar::Header::new_gnu();
    header.set_size(2);
    builder.append_data(&mut header, "f/pods/x.log", &b"x\n"[..]).expect("in memory");
    link(&mut builder, "f/pods/link.log", "x.log");
    link(&mut builder, "f/all", "pods");
    link(&mut builder, "f/out", "../../secret");
    link(&mut builder, "f/broken", "nowhere");
    link(&mut builder, "f/round", ".");
    let archive = read(&[place.file("t", &builder.into_inner().expect("in memory"))]);
    assert_eq!(archive.doubles, gathered.doubles);
    assert_eq!(labels(&archive), labels(&gathered));
    assert!(!archive.complete);
}
