//! A *secret* is what must not leave a bundle through a report: passwords, tokens, keys.
//!
//! Everything that is quoted from a bundle goes through [`masked`]. It masks by what stands around a value (a name, a
//! scheme, a header), and by a few shapes that are secrets by themselves. It is a second net: the bundles of kubernaut
//! have passed a sanitiser, which misses `"password":"x"` and `postgres://`. Correlation ids, durations, stamps and
//! file names have none of these surroundings and survive.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What stands in the place of a secret; kubernaut's sanitiser writes the same.
pub const MASK: &str = "********";

// Case is folded for ASCII only, `(?i-u:…)`: the names are ASCII, and the tables for the rest are not compiled in.

/// A name that ends in one of these has a secret as its value.
const NAMES: &str = "(?i-u:passwords?|passwd|passphrase|pwd|secrets?|token|api[_-]?keys?|credentials?\
                     |(?:access|private|secret|signing|encryption)[_-]?keys?)";

/// Nothing is masked in a text without one of these, and most texts have none.
static HINT: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i-u:passw|passphrase|pwd|secret|token|api[_-]?key|(?:access|private|signing|encryption)[_-]?key|credential|bearer|authorization|requirepass|private key)|://[^\s@]*:[^\s@]*@|sk-|gh[pousr]_|github_pat_|AKIA|eyJ",
    )
});

/// A private key from its `BEGIN` to its `END`, or to the end of the text; newlines may be escaped.
static PEM: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)"));

/// The password in `scheme://user:password@host`. In the schemes of databases it may have a slash in it.
static URL: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?P<head>(?i-u:postgres(?:ql)?|mysql|mongodb(?:\+srv)?|rediss?|amqps?)://[^\s/@:"']*:)[^\s"'<>]+@|(?P<other>(?i-u:[a-z][a-z0-9+.-]*)://[^\s/@:"']*:)[^\s"'/<>]+@"#,
    )
});

/// `Authorization: <scheme> <value>`, also as JSON and as Go prints a header map.
static HEADER: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?P<head>(?i-u:authorization)\\?["']?\s*[:=]\s*\[?\\?["']?(?:(?i-u:bearer|basic|token)\s+)?)[^\s"'\\,\]]+"#,
    )
});

/// `Bearer <value>` anywhere; prose such as "bearer authentication" has no digit in it.
static BEARER: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?P<head>\b(?i-u:bearer)\s+)(?P<value>[A-Za-z0-9._~+/=-]{8,})"));

/// A name and its value: `name=value`, `name: value`, `"name":"value"`, `\"name\":\"value\"`, `--name value`.
static PAIR: LazyLock<Regex> = LazyLock::new(|| {
    let quoted = r#"\\"(?:[^"\\]|\\[^"])*|"(?:[^"\\]|\\.)*|'[^']*"#;
    let bare = r#"[^\s"'\\,;&)\]}]+"#;
    regex(&format!(
        r#"(?P<head>{NAMES}\\?["']?\s*[=:]\s*|--{NAMES}\s+|\b(?i-u:requirepass)\s+)(?P<value>{quoted}|{bare})"#
    ))
});

/// Secrets by their shape: keys of `OpenAI`, GitHub and AWS, and JSON web tokens.
static SHAPE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?P<head>^|[^A-Za-z0-9_-])(?:sk-[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|AKIA[0-9A-Z]{16}|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)?)",
    )
});

fn regex(expression: &str) -> Regex {
    Regex::new(expression).unwrap_or_else(|error| unreachable!("the expressions are constants and tested: {error}"))
}

/// The text with every secret in it as [`MASK`]; borrowed, and looked over once, when there is none.
///
/// Masking twice changes nothing more.
pub fn masked(text: &str) -> Cow<'_, str> {
    if !HINT.is_match(text) {
        return Cow::Borrowed(text);
    }
    let steps: [fn(&str) -> Cow<'_, str>; 6] = [
        |text| PEM.replace_all(text, MASK),
        |text| URL.replace_all(text, "$head$other********@"),
        |text| HEADER.replace_all(text, "$head********"),
        |text| BEARER.replace_all(text, bearer),
        |text| PAIR.replace_all(text, pair),
        |text| SHAPE.replace_all(text, "$head********"),
    ];
    let mut text = Cow::Borrowed(text);
    for step in steps {
        let changed = match step(&text) {
            Cow::Owned(changed) => changed,
            Cow::Borrowed(_) => continue,
        };
        text = Cow::Owned(changed);
    }
    text
}

/// A variable or key of this name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    static NAME: LazyLock<Regex> = LazyLock::new(|| regex(&format!("(?:{NAMES}|(?i-u:pass|dsn|auth))$")));
    NAME.is_match(name)
}

fn bearer(found: &Captures<'_>) -> String {
    let value = &found["value"];
    if value.bytes().any(|byte| byte.is_ascii_digit()) || value.len() >= 24 {
        format!("{}{MASK}", &found["head"])
    } else {
        found[0].to_owned()
    }
}

fn pair(found: &Captures<'_>) -> String {
    let value = &found["value"];
    let bare = value.trim_start_matches(['\\', '"', '\'']);
    // `PWD=/src` is a folder, and an empty value or a flag gives nothing away.
    let harmless = bare.is_empty()
        || bare.starts_with(['/', '['])
        || matches!(bare, "true" | "false" | "null" | "nil" | "<nil>" | "none")
        || bare.starts_with(MASK);
    if harmless {
        return found[0].to_owned();
    }
    format!("{}{}{MASK}", &found["head"], &value[..value.len() - bare.len()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn secrets_are_masked_in_all_their_surroundings() {
        for (text, expected) in [
            ("postgres://slm_user:p@ss/w0rd@pg:5432/db?x=1", "postgres://slm_user:********@pg:5432/db?x=1"),
            ("dial postgresql://u:p@h: refused", "dial postgresql://u:********@h: refused"),
            ("redis://:hunter2@redis:6379", "redis://:********@redis:6379"),
            ("https://user:abc@example.org/x", "https://user:********@example.org/x"),
            (r#"{"user":"x","password":"a\"b c","n":1}"#, r#"{"user":"x","password":"********","n":1}"#),
            (r#"{"body":"{\"password\":\"abc d\",\"n\":1}"}"#, r#"{"body":"{\"password\":\"********\",\"n\":1}"}"#),
            ("host=pg password=hunter2 sslmode=disable", "host=pg password=******** sslmode=disable"),
            ("POSTGRES_PASSWORD=hunter2", "POSTGRES_PASSWORD=********"),
            ("password='a b' x", "password='********' x"),
            ("api_key: sk-proj-0123456789", "api_key: ********"),
            ("Authorization: Bearer abc.def", "Authorization: Bearer ********"),
            (r#"{"Authorization":["Bearer abc"]}"#, r#"{"Authorization":["Bearer ********"]}"#),
            ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ********"),
            ("sent bearer 0123456789abcdef", "sent bearer ********"),
            ("using sk-0123456789abcdefghijkl now", "using ******** now"),
            ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_-1 x", "jwt ******** x"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nx", "********\nx"),
            ("-----BEGIN PRIVATE KEY-----\\nMIIE torn", "********"),
            ("redis-server --requirepass hunter2", "redis-server --requirepass ********"),
            ("login --password hunter2 --x", "login --password ******** --x"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }

    #[test]
    fn evidence_is_not_damaged() {
        for text in [
            r#"{"level":"info","ts":"2026-01-14T14:35:15-05:00","msg":"StoreAudit called","correlation_id":"test-rr-1737763995123456789"}"#,
            r#"Post "http://127.0.0.1:18094/api/v1/audit/events/batch": dial tcp 127.0.0.1:18094: connect: connection refused"#,
            "Loading secrets from mounted files (ADR-030 Section 6)",
            r#"{"database_host": "host.containers.internal", "database_port": 15435, "redis_addr": "host.containers.internal:16381"}"#,
            "  STEP: rotating the token @ 11/24/26 13:54:27.691",
            r#"request_id: "9f2c1ab34d5e/Xk3pQ9aZbT-000123", "duration": "169.412615ms""#,
            "duplicate key value violates unique constraint \"audit_events_pkey\"",
            "PWD=/src/kubernaut",
            "\"password\":\"\"",
            "token: null",
            "bearer authentication failed",
            "secretName: datastorage-db",
            "rr-task-sk-1",
            "signalprocessing_signalprocessing_datastorage_test_inspect.json",
            "password=********",
            "prompt_tokens=1200",
            "see https://example.org/a@b",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn names_of_secrets() {
        for name in ["POSTGRES_PASSWORD", "REDIS_AUTH_TOKEN", "apiKey", "PGPASS", "DATABASE_DSN", "OPENAI_API_KEY"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["CONN_MAX_LIFETIME", "SECRET_NAME", "KEYS", "PATH", "POSTGRES_USER", "TOKEN_TTL"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn masking_again_changes_nothing(text in any::<String>(), near in r#"(password|token|Bearer|://u:|[=:"'\\ @/{}a-z0-9µ]){0,30}"#) {
            for text in [&text, &near] {
                let once = masked(text).into_owned();
                prop_assert_eq!(&masked(&once), &once);
            }
        }
    }
}
