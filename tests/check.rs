//! `whylate check`: documents with hand-listed claims, documents that whylate made itself, and mutations of both.

mod random;
mod session;

use std::collections::BTreeMap;
use std::path::PathBuf;

use random::Random;
use regex::Regex;
use session::testdata;
use whylate::check::{self, Bundle, Checked, Document, Outcome, Source};
use whylate::render::{self, Form, Style};
use whylate::{Options, analyze, source};

/// Bundles with their truth beside them; documents are made of each.
const BUNDLES: [&str; 3] = ["query-early-sp.tar.gz", "write-slow-lock-sp.tar.gz", "reject-4xx-sp-zip.zip"];

/// An analysed bundle and how to search it again.
struct Given {
    paths: Vec<PathBuf>,
    bundle: Bundle,
}

impl Given {
    fn of(name: &str) -> Self {
        let paths = vec![testdata(&format!("bundles/{name}"))];
        let analysis = analyze(&paths, &Options::default()).expect("a bundle");
        Self { paths, bundle: Bundle::new(analysis.report) }
    }

    fn document(&self, format: &str) -> String {
        let Some(Form::Document(write)) = render::find(format).map(|renderer| renderer.form) else {
            panic!("{format}")
        };
        let mut out = Vec::new();
        write(&self.bundle.report, &Style::default(), &mut out).expect("a Vec takes everything");
        String::from_utf8(out).expect("UTF-8")
    }

    fn check(&self, text: &str) -> Checked {
        let document = Document::parse(text);
        let found = self.bundle.look_up(&document, &self.paths, &source::Options::default()).expect("readable");
        check::check(&document, Some((&self.bundle, &found)))
    }
}

fn alone(text: &str) -> Checked {
    check::check(&Document::parse(text), None)
}

fn result(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Holds { .. } => "holds",
        Outcome::Contradicted { .. } => "contradicted",
        Outcome::Unchecked { .. } => "unchecked",
    }
}

/// The documents of `testdata/documents`: what is listed is found, and nothing else is contradicted.
#[test]
fn documents_have_their_hand_listed_claims() {
    for name in ["query-early-right", "reject-4xx-wrong", "write-slow-wrong", "alone"] {
        let text = std::fs::read_to_string(testdata(&format!("documents/{name}.md"))).expect("a document");
        let expected = std::fs::read_to_string(testdata(&format!("documents/{name}.expected"))).expect("its claims");
        let bundle = expected.lines().find_map(|line| line.strip_prefix("# bundle: "));
        let checked = bundle.map_or_else(|| alone(&text), |bundle| Given::of(bundle).check(&text));
        let mut listed: BTreeMap<String, i32> = BTreeMap::new();
        for line in expected.lines().filter(|line| !line.starts_with('#')) {
            *listed.entry(line.to_owned()).or_default() += 1;
        }
        for claim in &checked.claims {
            let key = format!("{} {} {}", claim.line, claim.kind, result(&claim.outcome));
            let contradicted = key.ends_with("contradicted");
            assert!(!contradicted || listed.contains_key(&key), "{name}: not listed: {claim:?}");
            listed.entry(key).and_modify(|count| *count -= 1);
        }
        let missing: Vec<_> = listed.iter().filter(|(_, count)| **count > 0).collect();
        assert!(missing.is_empty(), "{name}: not found: {missing:?}");
        for claim in &checked.claims {
            match &claim.outcome {
                Outcome::Holds { by } | Outcome::Contradicted { by, .. } => {
                    assert!(!by.is_empty(), "no place: {claim:?}");
                }
                Outcome::Unchecked { because } => assert!(!because.is_empty(), "no reason: {claim:?}"),
            }
        }
    }
}

#[test]
fn own_documents_are_not_contradicted() {
    for name in BUNDLES {
        let given = Given::of(name);
        for format in ["handoff", "markdown"] {
            let text = given.document(format);
            for checked in [given.check(&text), alone(&text)] {
                let wrong: Vec<_> = checked.contradictions().collect();
                assert!(wrong.is_empty(), "{name} as {format}: {wrong:#?}");
            }
            assert!(given.check(&text).counts().0 > 10);
        }
    }
}

/// Kinds of what is changed, each with what it looks like. A token belongs to the first that matches it.
const KINDS: [(&str, &str); 6] = [
    ("stamp", r"\d\d:\d\d:\d\d(?:\.\d+)?"),
    ("place", r"\.(?:log|json|go):\d+"),
    ("id", r"\b[a-z]+(?:-[a-z0-9]+)+-\d{6,}\b|\b[0-9a-f]{32}\b"),
    ("status", r"\b[2-5]\d\d: \d+|\bstatus:? [2-5]\d\d\b|\b(?:HTTP|status) [2-5]\d\d\b"),
    ("word", r"\b(?:passed|failed|seen|absent|likely|proven|contradicted)\b"),
    ("number", r"\d+(?:[.,]\d+)*"),
];

/// What can be changed: its kind, and where it stands.
type Token = (&'static str, std::ops::Range<usize>);

/// Every token that can be changed.
///
/// The sampling rule: all stamps, places, ids, statuses, counts and numbers of the document, whether or not a kind of
/// claim knows them, and the words above for a state; then first the kind is drawn, and then the token, so that the
/// rare kinds occur as often as the many numbers. Left out is only what says nothing about the bundle: code and
/// commands (`sh` fences), the number of an item in a list, the version of whylate, headers of tables and headings ("Why
/// the spec failed"), and lines that match `skip`.
fn tokens(text: &str, skip: &str, words: bool) -> Vec<Token> {
    let skip = Regex::new(skip).expect("a pattern");
    let kinds: Vec<(&str, Regex)> = KINDS
        .iter()
        .filter(|(name, _)| words || *name != "word")
        .map(|(name, p)| (*name, Regex::new(p).expect("a constant")))
        .collect();
    let ordinal = Regex::new(r"^\s*\d+\. |whylate \d+\.\d+\.\d+").expect("a constant");
    let document = Document::parse(text);
    let mut tokens = Vec::new();
    for line in &document.lines {
        let title = line.header == Some(line.text) || line.text.starts_with("## ");
        if title || !line.says() && !line.text.starts_with('#') || skip.is_match(line.text) {
            continue;
        }
        let start = line.text.as_ptr() as usize - text.as_ptr() as usize;
        let mut taken: Vec<std::ops::Range<usize>> = ordinal.find_iter(line.text).map(|found| found.range()).collect();
        for (kind, pattern) in &kinds {
            for found in pattern.find_iter(line.text) {
                if taken.iter().all(|other| found.end() <= other.start || found.start() >= other.end) {
                    taken.push(found.range());
                    tokens.push((*kind, start + found.start()..start + found.end()));
                }
            }
        }
    }
    tokens
}

/// One token changed: one digit into another, or one word into another of its kind.
fn mutate(text: &str, token: &std::ops::Range<usize>, random: &mut Random) -> String {
    let old = &text[token.clone()];
    let words = ["passed", "failed", "seen", "absent", "likely", "proven"];
    let new = if words.contains(&old) {
        let others: Vec<&str> = words.into_iter().filter(|word| *word != old).collect();
        others[random.below(others.len())].to_owned()
    } else {
        // Of a stamp the hour is left alone: 73:12:00 is no stamp any more.
        let digits: Vec<usize> = old.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).collect();
        let at = digits[random.below(digits.len())];
        let digit = old.as_bytes()[at] - b'0';
        let highest =
            if old.contains(':') && old.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit) { 6 } else { 10 };
        let mut other = u8::try_from(random.below(highest)).expect("a digit");
        if other == digit {
            other = (digit + 1) % u8::try_from(highest).expect("a digit");
        }
        format!("{}{other}{}", &old[..at], &old[at + 1..])
    };
    format!("{}{new}{}", &text[..token.start], &text[token.end..])
}

/// What came of some mutations.
#[derive(Default)]
struct Tally {
    made: usize,
    found: usize,
    alarms: usize,
    by_kind: BTreeMap<&'static str, (usize, usize)>,
    missed: Vec<String>,
}

impl Tally {
    /// A mutation counts as found when the changed line is contradicted, or another line is contradicted by it. Any other
    /// contradiction is a false alarm.
    fn mutation(&mut self, given: &Given, text: &str, tokens: &[Token], random: &mut Random) {
        let kinds: Vec<&str> =
            KINDS.iter().map(|(kind, _)| *kind).filter(|kind| tokens.iter().any(|t| t.0 == *kind)).collect();
        let kind = kinds[random.below(kinds.len())];
        let of_kind: Vec<_> = tokens.iter().filter(|token| token.0 == kind).collect();
        let (kind, token) = of_kind[random.below(of_kind.len())];
        let mutated = mutate(text, token, random);
        let number = u32::try_from(text[..token.start].lines().count()).expect("few lines");
        let number = number + u32::from(text[..token.start].ends_with('\n'));
        let checked = given.check(&mutated);
        let touches = |claim: &&check::Claim| {
            // A quote of several lines is named by its first.
            let near = claim.line == number || claim.line + 1 == number;
            near || matches!(&claim.outcome, Outcome::Contradicted { by, .. } if by.contains(&Source::Line(number)))
        };
        let (own, others): (Vec<_>, Vec<_>) = checked.contradictions().partition(touches);
        self.made += 1;
        self.found += usize::from(!own.is_empty());
        self.alarms += usize::from(!others.is_empty());
        let tally = self.by_kind.entry(kind).or_default();
        tally.0 += 1;
        tally.1 += usize::from(!own.is_empty());
        if own.is_empty() || !others.is_empty() {
            let end = mutated[token.start..].char_indices().nth(24).map_or(mutated.len(), |(at, _)| token.start + at);
            let others: Vec<_> = others.iter().map(|claim| (claim.line, claim.kind)).collect();
            self.missed.push(format!(
                "{kind} at {number}: {:?} -> {:?} {others:?}",
                &text[token.clone()],
                &mutated[token.start..end]
            ));
        }
    }

    fn shown(&self) -> String {
        format!(
            "{} made, {} found, {} false alarms {:?}\n{}",
            self.made,
            self.found,
            self.alarms,
            self.by_kind,
            self.missed.join("\n")
        )
    }
}

/// A hundred mutations of documents that whylate made of three bundles.
#[test]
fn mutations_of_own_documents_are_found() {
    let given: Vec<Given> = BUNDLES.iter().map(|name| Given::of(name)).collect();
    let texts: Vec<String> = given.iter().map(|given| given.document("handoff")).collect();
    let (mut tally, mut random) = (Tally::default(), Random::seeded(20_260_114));
    for at in 0..100 {
        let which = at % given.len();
        tally.mutation(&given[which], &texts[which], &tokens(&texts[which], "^$", true), &mut random);
    }
    assert!(tally.found * 100 >= tally.made * 95, "{}", tally.shown());
    assert!(tally.alarms * 100 <= tally.made * 2, "{}", tally.shown());
}

/// A hundred mutations of a document that a person wrote, in which no line is one of whylate's: here the kinds of claims
/// are alone. Left out are the title's date and the sentence that tells the zone, which nothing repeats, and the words for
/// a state: in a person's sentence another word makes no statement that could be held against anything.
#[test]
fn mutations_of_a_written_document_are_found() {
    let given = Given::of(BUNDLES[0]);
    let text = std::fs::read_to_string(testdata("documents/query-early-right.md")).expect("a document");
    let (mut tally, mut random) = (Tally::default(), Random::seeded(7));
    let tokens = tokens(&text, "^# |^Times are", false);
    for _ in 0..100 {
        tally.mutation(&given, &text, &tokens, &mut random);
    }
    assert!(tally.found * 100 >= tally.made * 95, "{}", tally.shown());
    assert!(tally.alarms * 100 <= tally.made * 2, "{}", tally.shown());
}
