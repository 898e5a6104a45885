//! What specs print about their queries, suite by suite: free text, told apart by its first words.

use super::{Names, bare};
use crate::formats::time;
use crate::instant::Stamp;
use crate::sighting::{Look, LookPart, TestLine, Text};

/// A line about a look, or about the flush before it.
pub fn read(text: &str, names: &mut Names) -> Option<(Option<Stamp>, TestLine)> {
    if text.as_bytes().first() == Some(&b'[') {
        return stamped(text, names);
    }
    let said = bare(text);
    let by_word = || ["DEBUG ", "Found ", "Query error"].iter().any(|word| said.starts_with(word));
    if said.len() == text.len() && !(matches!(said.as_bytes().first(), Some(b'D' | b'F' | b'Q')) && by_word()) {
        // Every other wording begins with an emoji; most lines of a log do not.
        return None;
    }
    if said.starts_with("Audit store flushed successfully") || said.starts_with("Audit store flushed before querying") {
        return Some((None, TestLine::SpecFlushed));
    }
    let look = no_events_yet(said, names)
        .or_else(|| found(said, names))
        .or_else(|| query_successful(said, names))
        .or_else(|| query_failed(said, names))
        .or_else(|| querying(said, names))
        .or_else(|| namespace_filter(said, names))?;
    Some((None, TestLine::Look(Box::new(look))))
}

/// `[14:35:16.012] classification.decision audit events found: 0 (expected: 1, correlation_id: x)` (signalprocessing,
/// aianalysis; since 4316a340e).
fn stamped(text: &str, names: &mut Names) -> Option<(Option<Stamp>, TestLine)> {
    let (clock, rest) = text.strip_prefix('[')?.split_once("] ")?;
    let stamp = time::clock(clock)?;
    let (event_type, rest) = rest.split_once(" audit events found: ")?;
    let (found, rest) = rest.split_once(" (expected: ")?;
    let (expected, rest) = rest.split_once(", correlation_id: ")?;
    let look = Look {
        event_type: Some(names.text(event_type)),
        correlation_id: Some(names.text(rest.strip_suffix(')')?)),
        found: Some(found.parse().ok()?),
        // "1", or ">0" and the like: then one is enough.
        expected: expected.parse().ok(),
        part: LookPart::Stamped,
        ..Look::default()
    };
    Some((Some(stamp), TestLine::Look(Box::new(look))))
}

/// `No events yet for <type> (correlation_id=<id>)`, `No <type> events yet`.
fn no_events_yet(said: &str, names: &mut Names) -> Option<Look> {
    let rest = said.strip_prefix("No ")?;
    if let Some(rest) = rest.strip_prefix("events yet for ") {
        let (event_type, id) = type_and_id(rest, names)?;
        return Some(Look {
            event_type: Some(event_type),
            correlation_id: Some(id),
            found: Some(0),
            ..Look::default()
        });
    }
    let event_type = rest.strip_suffix(" events yet")?;
    Some(Look { event_type: Some(names.text(event_type)), found: Some(0), ..Look::default() })
}

/// `Found 1 event(s) for <type> (correlation_id=<id>)`, `Found 1 <type> event(s)`,
/// `Found 2 <type> events (expected 1) for correlation_id=<id>`.
fn found(said: &str, names: &mut Names) -> Option<Look> {
    let (count, rest) = said.strip_prefix("Found ")?.split_once(' ')?;
    let found = Some(count.parse().ok()?);
    if let Some(rest) = rest.strip_prefix("event(s) for ") {
        let (event_type, id) = type_and_id(rest, names)?;
        return Some(Look { event_type: Some(event_type), correlation_id: Some(id), found, ..Look::default() });
    }
    if let Some(event_type) = rest.strip_suffix(" event(s)") {
        return Some(Look { event_type: Some(names.text(event_type)), found, ..Look::default() });
    }
    let (event_type, rest) = rest.split_once(" events (expected ")?;
    let (expected, id) = rest.split_once(") for correlation_id=")?;
    Some(Look {
        event_type: Some(names.text(event_type)),
        correlation_id: Some(names.text(id)),
        found,
        expected: expected.parse().ok(),
        ..Look::default()
    })
}

/// `Query successful: found 0 events (correlation=<id>, type=<type>)` (remediationorchestrator).
fn query_successful(said: &str, names: &mut Names) -> Option<Look> {
    let rest = said.strip_prefix("Query successful: found ")?;
    let (count, rest) = rest.split_once(" events (correlation=")?;
    let (id, event_type) = rest.strip_suffix(')')?.rsplit_once(", type=")?;
    Some(Look {
        event_type: Some(names.text(event_type)),
        correlation_id: Some(names.text(id)),
        found: Some(count.parse().ok()?),
        ..Look::default()
    })
}

/// `Failed to query Data Storage: …`, `Query error for <type> (correlation_id=<id>): …`, `Query error: …`,
/// `No data in response from Data Storage (…)`.
fn query_failed(said: &str, names: &mut Names) -> Option<Look> {
    let mut look = Look::default();
    let error = if let Some(error) = said.strip_prefix("Failed to query Data Storage: ") {
        error
    } else if let Some(rest) = said.strip_prefix("Query error for ") {
        let (about, error) = rest.split_once("): ")?;
        let (event_type, id) = type_and_id(&format!("{about})"), names)?;
        look.event_type = Some(event_type);
        look.correlation_id = Some(id);
        error
    } else if let Some(error) = said.strip_prefix("Query error: ") {
        error
    } else {
        said.strip_prefix("No data in response from Data Storage").map(|_| said)?
    };
    if let Some(query) = query_of(error) {
        let parameter = |name: &str| parameter(query, name).map(|value| names_text(names, value));
        let mut parameter = parameter;
        look.correlation_id = look.correlation_id.or_else(|| parameter("correlation_id"));
        look.event_type = look.event_type.or_else(|| parameter("event_type"));
        look.query = Some(names.prose(query));
    }
    look.error = Some(names.prose(error));
    Some(look)
}

fn names_text(names: &mut Names, value: &str) -> Text {
    names.text(value)
}

/// `Querying audit events for correlation_id=<id>` (aianalysis): the result follows.
fn querying(said: &str, names: &mut Names) -> Option<Look> {
    let id = said.strip_prefix("Querying audit events for correlation_id=")?;
    Some(Look { correlation_id: Some(names.text(id)), part: LookPart::Asked, ..Look::default() })
}

/// `DEBUG queryAuditEvents: eventType=…, namespace=…, total_returned=50`, then `… after namespace filter, filtered=0`.
fn namespace_filter(said: &str, names: &mut Names) -> Option<Look> {
    let rest = said.strip_prefix("DEBUG queryAuditEvents: ")?;
    if let Some(filtered) = rest.strip_prefix("after namespace filter, filtered=") {
        return Some(Look { found: Some(filtered.parse().ok()?), ..Look::default() });
    }
    let (event_type, rest) = rest.strip_prefix("eventType=")?.split_once(", namespace=")?;
    let (_, returned) = rest.split_once(", total_returned=")?;
    Some(Look {
        event_type: Some(names.text(event_type)),
        returned: Some(returned.parse().ok()?),
        part: LookPart::Asked,
        ..Look::default()
    })
}

/// `<type> (correlation_id=<id>)`
fn type_and_id(text: &str, names: &mut Names) -> Option<(Text, Text)> {
    let (event_type, id) = text.split_once(" (correlation_id=")?;
    Some((names.text(event_type), names.text(id.strip_suffix(')')?)))
}

/// The query text of a URL that an error quotes.
pub fn query_of(error: &str) -> Option<&str> {
    let rest = &error[error.find("/audit/events?")? + "/audit/events?".len()..];
    rest.split(['"', ' ']).next()
}

/// One parameter of a query text; values are ids and types, which need no percent-decoding.
pub fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(text: &str) -> Look {
        match read(text, &mut Names::default()) {
            Some((_, TestLine::Look(look))) => *look,
            other => panic!("no look: {other:?}"),
        }
    }

    #[test]
    fn an_error_that_quotes_the_url_gives_the_query() {
        let said = look(
            "❌ Failed to query Data Storage: do request: Get \"http://127.0.0.1:18140/api/v1/audit/events?correlation_id=rr-1&event_category=orchestration&event_type=a.b\": net/http: request canceled",
        );
        assert_eq!(said.correlation_id.as_deref(), Some("rr-1"));
        assert_eq!(said.event_type.as_deref(), Some("a.b"));
        assert_eq!(said.found, None);
    }

    #[test]
    fn wordings_of_each_suite() {
        assert_eq!(look("⏳ No events yet for a.b (correlation_id=x)").found, Some(0));
        assert_eq!(
            look("⏳ No aianalysis.rego.evaluation events yet").event_type.as_deref(),
            Some("aianalysis.rego.evaluation")
        );
        assert_eq!(look("✅ Found 2 event(s) for a.b (correlation_id=x)").found, Some(2));
        assert_eq!(look("✅ Query successful: found 4 events (correlation=test-rr, type=a.b)").found, Some(4));
        assert_eq!(look("[13:46:41.416] a.b audit events found: 0 (expected: 1, correlation_id: x)").expected, Some(1));
        assert_eq!(look("DEBUG queryAuditEvents: eventType=a.b, namespace=n, total_returned=50").returned, Some(50));
        assert_eq!(look("DEBUG queryAuditEvents: after namespace filter, filtered=0").found, Some(0));
    }

    #[test]
    fn other_lines_are_not_looks() {
        for line in ["Found a bug", "[FAILED] Timed out after 2.801s.", "✅ Created RemediationRequest: a/b"] {
            assert!(read(line, &mut Names::default()).is_none(), "{line}");
        }
    }
}
