//! A hand walker for one JSON object on one line.
//!
//! It borrows keys and values and decodes neither. The outer object is checked; a nested one is only skipped by its
//! brackets, and checked by whoever opens it. It takes more than JSON allows: bare words such as `[REDACTED]` and
//! `********` that a sanitiser leaves, and control characters in strings. Every object that `serde_json` takes, it
//! takes (a property test holds it to that), duplicate keys included, since zap prints them.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::{memchr2, memmem};

/// Deepest nesting that is skipped; `serde_json` stops at the same depth.
const DEPTH: u32 = 127;

/// Calls `pair` with each key and raw value of the object that `text` is; `None` when `text` is no whole object.
///
/// `pair` may have been called before the object proves to be torn. A key is given as printed, escapes and all.
pub fn walk<'a>(text: &'a str, mut pair: impl FnMut(&'a str, &'a str)) -> Option<()> {
    let bytes = text.as_bytes();
    let mut at = after(bytes, blanks(bytes, 0), b'{')?;
    at = blanks(bytes, at);
    if bytes.get(at) == Some(&b'}') {
        return (blanks(bytes, at + 1) == bytes.len()).then_some(());
    }
    loop {
        let key = after(bytes, blanks(bytes, at), b'"')?;
        let key_end = string_end(bytes, key)?;
        let value = blanks(bytes, after(bytes, blanks(bytes, key_end + 1), b':')?);
        let value_end = value_end(bytes, value)?;
        pair(text.get(key..key_end)?, text.get(value..value_end)?);
        at = blanks(bytes, value_end);
        match bytes.get(at)? {
            b',' => at += 1,
            b'}' => return (blanks(bytes, at + 1) == bytes.len()).then_some(()),
            _ => return None,
        }
    }
}

/// The raw value of the first `"msg"` in an object, without its quotes; found by search, so only nearly exact.
///
/// Inside a string the quotes of a `"msg"` are escaped and cannot match. Inside a nested object they can, but zap
/// prints the message before every field.
pub fn message(line: &str) -> Option<&str> {
    const KEY: &str = "\"msg\"";
    // Made once: to prepare the search costs as much as the search.
    static FINDER: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(KEY));
    let bytes = line.as_bytes();
    let mut from = 0;
    loop {
        let key = from + FINDER.find(&bytes[from..])?;
        from = key + KEY.len();
        if matches!(bytes.get(key.wrapping_sub(1)), Some(b',' | b'{' | b' ' | b'\t' | b'\r' | b'\n'))
            && let Some(value) = after(bytes, blanks(bytes, from), b':')
            && let Some(value) = after(bytes, blanks(bytes, value), b'"')
        {
            return line.get(value..string_end(bytes, value)?);
        }
    }
}

/// Decodes the inside of a JSON string; text with an escape that JSON does not know is given back as it is.
pub fn unescaped(inside: &str) -> Cow<'_, str> {
    if !inside.as_bytes().contains(&b'\\') {
        return Cow::Borrowed(inside);
    }
    match serde_json::from_str(&format!("\"{inside}\"")) {
        Ok(text) => Cow::Owned(text),
        Err(_) => Cow::Borrowed(inside),
    }
}

fn blanks(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

fn after(bytes: &[u8], at: usize, expected: u8) -> Option<usize> {
    (*bytes.get(at)? == expected).then_some(at + 1)
}

/// Where the string that began before `at` has its closing quote.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// Where the value that begins at `at` ends.
fn value_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => string_end(bytes, at + 1).map(|quote| quote + 1),
        b'{' | b'[' => nested_end(bytes, at),
        _ => {
            let length = bytes[at..].iter().take_while(|byte| is_bare(**byte)).count();
            (length > 0).then_some(at + length)
        }
    }
}

fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.' | b'*')
}

fn nested_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    // One bit a level, 1 for an object: the brackets must close in their order.
    let (mut levels, mut depth) = (0u128, 0);
    loop {
        match bytes.get(at)? {
            open @ (b'{' | b'[') => {
                if depth == DEPTH {
                    return None;
                }
                levels = levels << 1 | u128::from(*open == b'{');
                depth += 1;
            }
            close @ (b'}' | b']') => {
                if levels & 1 != u128::from(*close == b'}') {
                    return None;
                }
                levels >>= 1;
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' => at = string_end(bytes, at + 1)?,
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn pairs(text: &str) -> Option<Vec<(&str, &str)>> {
        let mut pairs = Vec::new();
        walk(text, |key, value| pairs.push((key, value)))?;
        Some(pairs)
    }

    #[test]
    fn spacing_nesting_and_duplicates_are_taken() {
        // Uneven spacing and repeated keys in one line, as controllers print them.
        let text = r#"{"controller": "rr", "RemediationRequest": {"name":"x","namespace":"y"}, "a":1 , "a": "}\"" }"#;
        assert_eq!(
            pairs(text).unwrap(),
            [
                ("controller", r#""rr""#),
                ("RemediationRequest", r#"{"name":"x","namespace":"y"}"#),
                ("a", "1"),
                ("a", r#""}\"""#)
            ]
        );
        assert_eq!(pairs("{}").unwrap(), []);
        assert_eq!(pairs(r#"{"token":[REDACTED],"n":4********450}"#).unwrap().len(), 2);
    }

    #[test]
    fn torn_objects_are_refused() {
        for text in [
            "",
            "{",
            r#"{"a""#,
            r#"{"a":"#,
            r#"{"a":"x}"#,
            r#"{"a":1"#,
            r#"{"a":1,"#,
            r#"{"a":{]}"#,
            r#"{"a":1}x"#,
            r#"{"a":1{"level":"info"}"#,
            r#"{"a":1,}"#,
            r#"{"a":"\"#,
            "[1]",
        ] {
            assert_eq!(pairs(text), None, "{text}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(500), "]".repeat(500));
        assert_eq!(pairs(&deep), None);
    }

    #[test]
    fn the_message_is_not_taken_from_a_string() {
        let line =
            r#"{"level":"info","caller":"msg","error":"{\"msg\":\"inner\"}","msg":"outer \"x\"","a":{"msg":"no"}}"#;
        assert_eq!(message(line), Some(r#"outer \"x\""#));
        assert_eq!(message(r#"{"msg": "spaced"}"#), Some("spaced"));
        assert_eq!(message(r#"{"msg":"torn"#), None);
        assert_eq!(message(r#"{"msg":5}"#), None);
    }

    #[test]
    fn escapes_are_decoded_and_unknown_ones_left() {
        assert_eq!(unescaped(r"a\n\u00b5\ud83d\ude80"), "a\nµ🚀");
        assert_eq!(unescaped(r"C:\x"), r"C:\x");
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_serde_takes_is_taken_and_means_the_same(
            map in prop::collection::hash_map(any::<String>(), value(), 0..8), pretty in any::<bool>(),
        ) {
            let object = Value::Object(map.into_iter().collect());
            let text = if pretty { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) };
            let text = text.unwrap();
            let walked: serde_json::Map<String, Value> = pairs(&text).expect("walked").into_iter()
                .map(|(key, raw)| (unescaped(key).into_owned(), serde_json::from_str(raw).unwrap())).collect();
            prop_assert_eq!(Value::Object(walked), object);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[{}\\[\\]\",:\\\\msgµ 0-9e.*-]{0,60}") {
            let _ = (pairs(&text), message(&text), unescaped(&text));
        }
    }
}
