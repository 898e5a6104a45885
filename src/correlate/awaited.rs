//! What a failing spec waited for: type, id and number of events, from the best source there is.

use crate::sighting::{StoreEvent, TestLine, Text, What};
use crate::vocabulary::parameter;

use super::World;
use super::looks::Looking;
use super::replay::Event;
use super::specs::Failed;

/// Where the knowledge of what was awaited comes from, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The spec's printed looks, or a message that names type and id.
    Printed,
    /// The query's text, in an error or at the server's debug level.
    Query,
    /// A type in the failure message, with the ids emitted in its block.
    Quoted,
    /// A type in the spec's text only: never enough to say that something did not happen.
    Hint,
}

/// An event that a spec waited for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Full type; a printed tail is completed by the types of the bundle.
    pub event_type: Option<Text>,
    /// The id that the spec asked for.
    pub correlation_id: Option<Text>,
    /// How many; `None` when one is enough.
    pub expected: Option<u64>,
    /// Whether more than expected fails too.
    pub exactly: bool,
    /// How many the last look found.
    pub found: Option<u64>,
    /// Where this comes from.
    pub source: Source,
}

/// What a failure message says about numbers and values.
#[allow(clippy::struct_excessive_bools, reason = "what one message says, read by name")]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claim {
    /// `Expected <int>: found to equal <int>: expected`.
    pub found: Option<u64>,
    /// See `found`.
    pub expected: Option<u64>,
    /// "exactly", "to equal", "to have length": more is wrong too.
    pub exactly: bool,
    /// The assertion compares a value that is no number of events.
    pub value: bool,
    /// The value is nil or empty.
    pub nothing: bool,
    /// The assertion is of a condition, true or false: it says nothing of what was found.
    pub condition: bool,
    /// `to contain element matching <string>: type`.
    pub missing: Option<String>,
    /// Types that did come back, from a printed list.
    pub listed: Vec<String>,
}

/// First words of audit event types (`pkg/*/audit`): a dotted token that begins so names a type.
const CATEGORIES: &[&str] = &[
    "signalprocessing",
    "aianalysis",
    "workflowexecution",
    "orchestrator",
    "notification",
    "gateway",
    "webhook",
    "authwebhook",
    "remediation",
    "remediationrequest",
    "remediationapproval",
    "approval",
    "datastorage",
    "workflow",
    "effectiveness",
    "effectivenessmonitor",
    "kubernautagent",
    "apifrontend",
    "holmesgpt",
    "llm",
];

/// Dotted tokens that name event types.
pub fn event_types_in<'a>(text: &'a str, known: &dyn Fn(&str) -> bool) -> Vec<&'a str> {
    let mut types = Vec::new();
    for token in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_' || c == '-')) {
        let token = token.trim_matches(['.', '-']);
        let mut parts = token.split('.');
        let first = parts.next().unwrap_or_default();
        let dotted = token.contains('.') && token.split('.').all(|part| !part.is_empty());
        let lower = token
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'_' | b'-') || byte.is_ascii_digit());
        if dotted && lower && (CATEGORIES.contains(&first) || known(token)) && !types.contains(&token) {
            types.push(token);
        }
    }
    types
}

/// The id that a message names: the word itself can stand before it in prose ("for this
/// `correlation_id`, but …").
fn id_in(message: &str) -> Option<&str> {
    const WORDS: [&str; 2] = ["correlation_id", "correlation ID"];
    let mut rest = message;
    while let Some(at) = WORDS.iter().filter_map(|word| rest.find(word)).min() {
        rest = &rest[at + WORDS[0].len()..];
        let named = rest.trim_start_matches([':', '=', ' ', '"']);
        if named.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            let ends = |c: char| c.is_whitespace() || matches!(c, ')' | ',' | '"' | ';');
            return named.split(ends).next().map(|id| id.trim_end_matches('.'));
        }
    }
    None
}

/// Reads gomega's words (`Expected … to equal …`, format of `gomega/format`).
pub fn claim(message: &str) -> Claim {
    let lines: Vec<&str> = message.lines().map(str::trim).collect();
    let mut claim = Claim::default();
    let expected_at = lines.iter().position(|line| *line == "Expected");
    let relation_at = expected_at.and_then(|at| {
        lines[at..].iter().position(|line| line.starts_with("to ") || line.starts_with("not to ")).map(|n| n + at)
    });
    let integer = |line: Option<&&str>| -> Option<u64> {
        let line = line?;
        let typed = line.strip_prefix('<')?;
        let (kind, value) = typed.split_once(">: ")?;
        (kind.contains("int") || kind.contains("float")).then(|| value.trim().parse().ok()).flatten()
    };
    // A message whose value is missing claims nothing.
    if let Some((at, relation)) = expected_at.zip(relation_at).filter(|(at, relation)| relation - at > 1) {
        let words = lines[relation];
        claim.found = integer(lines.get(at + 1));
        claim.expected = integer(lines.get(relation + 1));
        claim.exactly = words.starts_with("to equal") || words.starts_with("to be equivalent");
        if words.starts_with("to contain element") {
            claim.missing = lines
                .get(relation + 1)
                .and_then(|line| line.split_once(">: "))
                .map(|(_, value)| value.trim_matches('"').to_owned());
            claim.listed = lines[at + 1..relation]
                .iter()
                .filter_map(|line| line.strip_prefix('"')?.split('"').next().map(str::to_owned))
                .collect();
        } else if words.starts_with("to have length") || words.starts_with("to have len") {
            claim.expected = words.rsplit(' ').next().and_then(|n| n.parse().ok()).or(claim.expected);
            claim.found = claim.found.or_else(|| length(lines.get(at + 1)));
            claim.exactly = true;
        } else if words == "not to be empty" || words == "not to be zero" {
            claim.expected = Some(1);
            claim.found = Some(length(lines.get(at + 1)).unwrap_or(0));
        } else if lines.get(at + 1).is_some_and(|line| line.starts_with("<bool>")) {
            claim.condition = true;
        } else if claim.found.is_none() || (claim.expected.is_none() && !words.starts_with("to be")) {
            claim.value = true;
            claim.nothing = lines.get(at + 1).is_none_or(|line| line.contains("nil") || line.trim_end().ends_with(':'));
        }
        if claim.expected.is_none() {
            // `to be >= \n <int>: 1`, `to be > \n <int>: 0`
            claim.expected = words.rsplit(' ').next().and_then(|n| n.parse().ok());
        }
        if words.starts_with("to be >") && !words.starts_with("to be >=") {
            claim.expected = claim.expected.map(|n| n.saturating_add(1));
        }
    }
    let head = lines.first().copied().unwrap_or_default();
    for line in lines.iter().take(4) {
        if let Some(rest) = line.split("xactly ").nth(1) {
            claim.exactly = true;
            claim.expected = claim.expected.or_else(|| rest.split(' ').next()?.parse().ok());
        }
        if let Some(rest) = line.split("but found ").nth(1) {
            claim.found = claim.found.or_else(|| rest.split(' ').next()?.parse().ok());
        }
    }
    if head.is_empty() { Claim::default() } else { claim }
}

/// `<[]string | len:2, cap:2>: [`
fn length(line: Option<&&str>) -> Option<u64> {
    let rest = line?.split("len:").nth(1)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

impl World {
    /// Whether any event of the bundle has this type.
    pub fn emits(&self, event_type: &str) -> bool {
        self.index.by_type.contains_key(event_type)
    }

    /// What a failing spec waited for; empty when nothing says so.
    pub fn wanted(&self, failed: &Failed, looking: &Looking) -> Vec<Wanted> {
        let claim = claim(&failed.message);
        let known = |name: &str| self.emits(name);
        let last = looking.looks.iter().rev().find(|look| !look.timed_out());
        let looked = last.and_then(|look| look.found(&self.requests));
        let found = if claim.value { looked } else { claim.found.or(looked) };
        let printed = looking.looks.iter().rev().find_map(|look| {
            let printed = look.printed.as_ref()?;
            (printed.event_type.is_some() || printed.correlation_id.is_some()).then_some(printed)
        });
        let in_message = event_types_in(&failed.message, &known);
        let message_type = claim.missing.as_deref().filter(|name| name.contains('.')).or(in_message.first().copied());
        let message_id = id_in(&failed.message);
        let expected = claim.expected.or_else(|| printed.and_then(|look| look.expected));

        let mut wanted = Wanted {
            event_type: None,
            correlation_id: None,
            expected,
            exactly: claim.exactly || printed.is_some_and(|look| look.expected.is_some()),
            found,
            source: Source::Printed,
        };
        if let Some(missing) = &claim.missing {
            // The look was content with any row; the assertion wants one type among them.
            wanted.event_type = Some(Text::from(missing.as_str()));
            wanted.correlation_id =
                printed.and_then(|look| look.correlation_id.clone()).or_else(|| message_id.map(Text::from));
            wanted.expected = Some(1);
            wanted.exactly = false;
            wanted.found = Some(claim.listed.iter().filter(|name| *name == missing).count() as u64);
            wanted.source = Source::Quoted;
        } else if let Some(printed) = printed {
            wanted.event_type = printed.event_type.clone().or_else(|| message_type.map(Text::from));
            wanted.correlation_id = printed.correlation_id.clone().or_else(|| message_id.map(Text::from));
        } else if message_type.is_some() && message_id.is_some() {
            wanted.event_type = message_type.map(Text::from);
            wanted.correlation_id = message_id.map(Text::from);
        } else if let Some(query) = self.query_text(looking) {
            wanted.event_type = parameter(query, "event_type").map(Text::from).or_else(|| message_type.map(Text::from));
            wanted.correlation_id = parameter(query, "correlation_id").map(Text::from);
            wanted.source = Source::Query;
        } else {
            let in_text = event_types_in(&failed.text, &known);
            wanted.event_type = message_type.or(in_text.first().copied()).map(Text::from);
            wanted.correlation_id = message_id.map(Text::from);
            wanted.source = if message_type.is_some() { Source::Quoted } else { Source::Hint };
        }
        if wanted.correlation_id.is_none() {
            wanted.correlation_id = self.id_of_block(failed.block, wanted.event_type.as_deref());
            if wanted.source == Source::Printed {
                wanted.source = Source::Quoted;
            }
        }
        wanted.event_type = wanted.event_type.map(|tail| self.full_type(&tail, failed));
        if wanted.event_type.is_none() && wanted.correlation_id.is_none() {
            return Vec::new();
        }
        vec![wanted]
    }

    fn query_text<'a>(&'a self, looking: &'a Looking) -> Option<&'a str> {
        looking.looks.iter().rev().find_map(|look| {
            let by_error = look.printed.as_ref().and_then(|printed| printed.query.as_deref());
            by_error.or_else(|| self.requests[look.request?].query.as_deref())
        })
    }

    /// A printed tail such as `classification.decision`, completed.
    fn full_type(&self, name: &Text, failed: &Failed) -> Text {
        if self.emits(name) || CATEGORIES.iter().any(|category| name.starts_with(&format!("{category}."))) {
            return name.clone();
        }
        let ends = |full: &str| full.ends_with(&format!(".{name}"));
        let known = |_: &str| false;
        if let Some(full) = event_types_in(&failed.text, &known).into_iter().find(|full| ends(full)) {
            return Text::from(full);
        }
        let full = self.index.by_type.iter().filter(|(full, _)| ends(full)).min_by_key(|(_, events)| events.first());
        full.map_or_else(|| name.clone(), |(full, _)| full.clone())
    }

    /// The id under which a block's own process emitted the type, else the only id that it emitted under.
    fn id_of_block(&self, block: usize, event_type: Option<&str>) -> Option<Text> {
        let range = &self.output.blocks[block].range;
        let file = self.output.blocks[block].file;
        let mut ids: Vec<Text> = Vec::new();
        let mut exact: Option<Text> = None;
        for sighting in &self.files[file].sightings[range.clone()] {
            let What::Store(line) = &sighting.what else { continue };
            if let StoreEvent::Called { event_type: name, correlation_id }
            | StoreEvent::Buffered { event_type: name, correlation_id, .. } = &line.event
            {
                if Some(&**name) == event_type {
                    exact = Some(correlation_id.clone());
                }
                if !ids.contains(correlation_id) {
                    ids.push(correlation_id.clone());
                }
            }
        }
        exact.or_else(|| if ids.len() == 1 { ids.pop() } else { None })
    }

    /// Events of a type and id, in the order of their emission.
    pub fn emissions(&self, event_type: Option<&str>, correlation_id: Option<&str>) -> Vec<usize> {
        let fits = |event: &Event| {
            event_type.is_none_or(|name| &*event.event_type == name)
                && correlation_id.is_none_or(|id| &*event.correlation_id == id)
                && !self.is_self_audit(event.store)
        };
        let by_id = correlation_id.map(|id| self.index.by_id.get(id));
        let by_type = event_type.map(|name| self.index.by_type.get(name));
        let mut found: Vec<usize> = match by_id.or(by_type) {
            Some(events) => events.into_iter().flatten().copied().collect(),
            None => (0..self.events.len()).collect(),
        };
        found.retain(|index| fits(&self.events[*index]));
        found.sort_by_key(|index| (self.events[*index].times.emitted.key(), *index));
        found
    }

    /// Text of a step or a flush that the spec's own block printed.
    pub fn spec_lines(&self, block: usize) -> impl Iterator<Item = (super::Seen, &TestLine)> {
        let block = &self.output.blocks[block];
        block.range.clone().filter_map(move |index| match &self.files[block.file].sightings[index].what {
            What::Test(line) => Some((super::Seen { file: block.file, index }, line)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_is_too_small() {
        let claim = claim(
            "Timed out after 2.8s.\nShould have exactly 1 a.b event(s) for this correlation_id, but found 0 events (correlation_id: x)\nExpected\n    <int>: 0\nto equal\n    <int>: 1",
        );
        assert_eq!((claim.found, claim.expected, claim.exactly, claim.value), (Some(0), Some(1), true, false));
    }

    #[test]
    fn an_id_is_told_from_the_word_before_it() {
        let id = "test-x-rr-17955458";
        for message in [
            format!("Should have exactly 1 a.b event for this correlation_id (correlation_id: {id})\nExpected"),
            format!("Should have 1 event for this correlation_id, but found 0 events (correlation_id: {id})"),
            format!("Expected exactly 1 a.b event(s) for correlation_id {id}\nExpected"),
            format!("no event for correlation ID={id}."),
        ] {
            assert_eq!(id_in(&message), Some(id), "{message}");
        }
        assert_eq!(id_in("Should have exactly 1 event for this correlation_id\nExpected"), None);
    }

    #[test]
    fn a_message_without_its_value_claims_nothing() {
        let cut = claim("Timed out after 6.0s.\nShould be there\nExpected\nto equal");
        assert!(!cut.value && cut.found.is_none() && cut.expected.is_none());
        let condition = claim("Expected\n    <bool>: false\nto be true");
        assert!(condition.condition && !condition.value);
    }

    #[test]
    fn a_value_that_differs_is_no_count() {
        assert!(
            claim("Outcome should be pending\nExpected\n    <string>: success\nto equal\n    <string>: pending").value
        );
        assert!(claim("Expected\n    <nil>: nil\nto equal\n    <string>: 1.0").value);
    }

    #[test]
    fn a_list_that_lacks_a_type() {
        let claim = claim(
            "must hold the final event\nExpected\n    <[]string | len:1, cap:2>: [\n        \"workflowexecution.selection.completed\",\n    ]\nto contain element matching\n    <string>: workflowexecution.workflow.completed",
        );
        assert_eq!(claim.missing.as_deref(), Some("workflowexecution.workflow.completed"));
        assert_eq!(claim.listed, ["workflowexecution.selection.completed"]);
        assert!(!claim.value);
    }

    #[test]
    fn lower_bounds() {
        assert_eq!(claim("Expected\n    <int>: 0\nto be >=\n    <int>: 1").expected, Some(1));
        assert_eq!(claim("Expected\n    <int>: 0\nto be >\n    <int>: 0").expected, Some(1));
        assert_eq!(claim("Expected\n    <[]x | len:0, cap:0>: []\nnot to be empty").found, Some(0));
    }

    #[test]
    fn types_and_ids_in_prose() {
        let text = "Expected exactly 1 orchestrator.lifecycle.created event(s) for correlation_id rr-p3-1e1a58e0-0d64";
        assert_eq!(event_types_in(text, &|_| false), ["orchestrator.lifecycle.created"]);
        assert_eq!(id_in(text), Some("rr-p3-1e1a58e0-0d64"));
        assert!(event_types_in("see helpers_test.go and v1.2.3 at example.com", &|_| false).is_empty());
    }
}
