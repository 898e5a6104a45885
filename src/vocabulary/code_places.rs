//! Places in Go code, as a line of test output or a frame of a stack ends with them.

use super::Names;
use crate::sighting::CodePlace;

/// `/path/to/file.go:123`, alone.
pub fn code_place(text: &str, names: &mut Names) -> Option<CodePlace> {
    // Most lines fail at the first of these.
    if !text.as_bytes().last()?.is_ascii_digit() {
        return None;
    }
    let (file, line) = text.rsplit_once(':')?;
    let is_path =
        file.rsplit_once('.').is_some_and(|(_, ending)| ending == "go") && !file.contains(' ') && file.contains('/');
    if !is_path {
        return None;
    }
    Some(CodePlace { file: names.text(file), line: line.parse().ok()? })
}

/// `/src/kubernaut/pkg/audit/store.go:203 +0x47d`
pub fn frame(text: &str, names: &mut Names) -> Option<CodePlace> {
    let (place, offset) =
        text.trim_start_matches('\t').rsplit_once(" +0x").filter(|(place, _)| place.starts_with('/'))?;
    offset.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| code_place(place, names))?
}

/// Whether a line of a chunk may end as a location or a frame does; nothing else in free text can say something without
/// a word that is known.
#[inline]
pub fn may_be_place(line: &[u8]) -> bool {
    match line.last() {
        Some(b'0'..=b'9' | b'a'..=b'f') => ends_as_place(line) || ends_as_frame(line),
        // A blank, or what may be one.
        Some(b' ' | b'\t' | b'\r' | 0x0b | 0x0c | 0x80..) => {
            let text = String::from_utf8_lossy(line);
            let line = text.trim_end().as_bytes();
            ends_as_place(line) || ends_as_frame(line)
        }
        _ => false,
    }
}

/// `….go:123`
fn ends_as_place(line: &[u8]) -> bool {
    let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = &line[..line.len() - digits];
    digits > 0 && rest.strip_suffix(b"+").unwrap_or(rest).ends_with(b".go:")
}

/// `… +0x47d`
fn ends_as_frame(line: &[u8]) -> bool {
    let digits = line.iter().rev().take_while(|byte| byte.is_ascii_hexdigit()).count();
    digits > 0 && line[..line.len() - digits].ends_with(b" +0x")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_and_a_location_are_places_and_prose_is_not() {
        for line in ["/src/test/a_test.go:12", "\t/src/pkg/audit/store.go:203 +0x47d", "\t/src/a.go:3 +0x1b \r"] {
            assert!(may_be_place(line.as_bytes()), "{line}");
        }
        for line in ["took 12", "a name that ends in feed", "a.go:12 was read", ""] {
            assert!(!may_be_place(line.as_bytes()), "{line}");
        }
    }
}
