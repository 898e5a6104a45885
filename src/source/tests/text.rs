//! Encodings and binary files.

use super::*;

fn of(bytes: &[u8]) -> (Option<String>, Option<Vec<u8>>, bool) {
    let place = Place::new();
    let mut gathered = read(&[place.file("x", bytes)]);
    let file = gathered.files.remove(0);
    (file.skipped, file.output, gathered.complete)
}

#[test]
fn marks_are_taken_off_and_utf16_becomes_utf8() {
    assert_eq!(of(b"\xef\xbb\xbfone\n").1.as_deref(), Some(&b"one\n"[..]));
    assert_eq!(of(b"").1.as_deref(), Some(&b""[..]));
    assert_eq!(of(b"a").1.as_deref(), Some(&b"a"[..]));
    let text = "⏱️ tick 😀\n".repeat(20_000);
    let little: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    assert_eq!(of(&little).1.as_deref(), Some(text.as_bytes()));
    assert_eq!(of(&big).1.as_deref(), Some(text.as_bytes()));
    assert_eq!(of(b"\xff\xfea\0\x00\xd8").1.as_deref(), Some("a\u{fffd}".as_bytes()));
}

#[test]
fn binary_files_are_skipped_and_some_control_bytes_are_not() {
    let (skipped, output, complete) = of(&[0; 5000]);
    assert_eq!(skipped.as_deref(), Some("binary: expected text, found 4096 control bytes in the first 4096"));
    assert!(output.is_none() && complete);
    assert!(of("\x1b[31mred\x1b[0m\n".as_bytes()).1.is_some());
    assert!(of(b"a line that a crash has torn \0\0\0\n").1.is_some());
}
