//! No verdict is `proven` by a line that is not among its evidence: take the lines of an item away, and unless other
//! lines state the same, the answer is weaker. It is never another `proven` one, and accuses nobody new.
//!
//! Two items are *independent* when the report that is left after the first is gone is still `proven` by the same cause
//! and cites lines that are still there. To be sure that those lines carry it, they are taken away in their turn, again
//! and again, until the answer is weaker; an answer that outlives all its evidence stands on lines that it hides.

mod session;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;
use session::{entries, testdata};
use whylate::report::{Confidence, Evidence, Failure, Family, Report};
use whylate::source::{self, Reader};
use whylate::{Options, analyze, causes};

/// A bundle as lines, by label.
type Lines = BTreeMap<String, Vec<Vec<u8>>>;

/// Keeps what it reads.
struct Keep;

impl Reader for Keep {
    type Output = Vec<Vec<u8>>;

    fn read(&self, _: &str, bytes: &mut dyn Read) -> Self::Output {
        let mut all = Vec::new();
        bytes.read_to_end(&mut all).expect("a stream that never fails");
        all.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    }
}

fn lines(bundle: &Path) -> Lines {
    let gathered = source::gather(&[bundle.to_path_buf()], &source::Options::default(), &Keep).expect("readable");
    gathered.files.into_iter().filter_map(|file| Some((file.label, file.output?))).collect()
}

/// Writes a bundle below a folder, and analyses it. Labels in archives become paths; what they end with stays.
fn report(lines: &Lines, below: &Path) -> Report {
    for (label, lines) in lines {
        let path = below.join(label);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, lines.join(&b'\n')).expect("writable");
    }
    analyze(&[below.to_path_buf()], &Options { tables: false, ..Options::default() }).expect("a report").report
}

/// A bundle and what must not be said of it.
struct Known {
    name: String,
    bundle: PathBuf,
    /// Timing causes that are false here, of any failure.
    not: Vec<String>,
    /// The right causes of each failure, by a part of its spec's text.
    right: Vec<(String, Vec<String>)>,
}

fn known(name: &str, bundle: PathBuf, truth: &Value) -> Known {
    let code = |value: &Value| value.as_str().map(str::to_lowercase);
    let codes = |value: &Value| value.as_array().into_iter().flatten().filter_map(code).collect::<Vec<_>>();
    let failures = truth["failures"].as_array().map_or(&[][..], Vec::as_slice);
    let right = failures.iter().map(|failure| {
        let causes = code(&failure["cause"]).into_iter().chain(codes(&failure["also"])).collect();
        (failure["spec"].as_str().unwrap_or_default().to_owned(), causes)
    });
    Known { name: name.to_owned(), bundle, not: codes(&truth["not"]), right: right.collect() }
}

/// Every scenario and every real bundle.
fn all() -> Vec<Known> {
    let read = |path: &Path| -> Value {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let mut all = Vec::new();
    for folder in entries(&testdata("scenarios")).into_iter().filter(|folder| folder.join("verdict.json").exists()) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        all.push(known(&name, folder.join("bundle"), &read(&folder.join("verdict.json"))));
    }
    for archive in entries(&testdata("bundles")) {
        let file = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(name) = file.strip_suffix(".tar.gz").or_else(|| file.strip_suffix(".zip")) else { continue };
        all.push(known(name, archive.clone(), &read(&archive.with_file_name(format!("{name}.truth.json")))));
    }
    all
}

/// What must not be said of a failure, whatever is missing: another cause as proven, another family of timing at all.
fn wrong(known: &Known, failure: &Failure) -> Option<String> {
    let cause = failure.cause?;
    let (_, right) = known.right.iter().find(|(spec, _)| failure.spec.contains(spec.as_str()))?;
    let is_right = right.iter().any(|right| right == cause);
    let timing = !matches!(failure.family, Family::Other | Family::Unknown);
    let of_family = |right: &String| causes::named(right).is_some_and(|one| one.family == failure.family);
    let accused = !is_right && (known.not.iter().any(|not| not == cause) || (timing && !right.iter().any(of_family)));
    let said = match (is_right, accused) {
        (false, _) if failure.confidence == Confidence::Proven => "proven wrong",
        (_, true) => "accused",
        _ => return None,
    };
    Some(format!("{said}: {cause} ({})", failure.sentence))
}

/// The evidence that the first cause stands on.
fn evidence(failure: &Failure) -> &[Evidence] {
    failure.ranked.first().map_or(&[], |first| first.supporting.as_slice())
}

/// Empties the lines at the places of some evidence, so that all others keep their numbers.
fn without(lines: &Lines, evidence: &[Evidence]) -> Lines {
    let mut left = lines.clone();
    for place in evidence.iter().flat_map(|one| &one.places) {
        let file = left.get_mut(&place.file).unwrap_or_else(|| panic!("expected a file {}, found none", place.file));
        for line in place.line..=place.to_line.unwrap_or(place.line) {
            file[line as usize - 1].clear();
        }
    }
    left
}

/// A proven verdict with some evidence gone: weaker, or carried by what is left.
fn weakened(known: &Known, lines: &Lines, key: &str, item: &[Evidence]) -> Result<(), String> {
    /// A loop that looks for two minutes holds its looks in four places each.
    const ROUNDS: usize = 12;
    let mut left = without(lines, item);
    let mut gone: BTreeSet<String> = BTreeSet::new();
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir().expect("a folder");
        let report = report(&left, folder.path());
        if let Some(said) = report.failures.iter().filter(|one| !one.collateral).find_map(|one| wrong(known, one)) {
            return Err(said);
        }
        let Some(failure) = report.failures.iter().find(|failure| failure.key == key) else { return Ok(()) };
        if failure.confidence != Confidence::Proven {
            return Ok(());
        }
        let cited = evidence(failure);
        for place in cited.iter().flat_map(|one| &one.places) {
            let line = &left[&place.file][place.line as usize - 1];
            if line.is_empty() {
                return Err(format!("still proven by {}:{}, which is gone", place.file, place.line));
            }
        }
        left = without(&left, cited);
        gone.extend(cited.iter().map(|one| one.text.clone()));
    }
    Err(format!("still proven without {gone:?}"))
}

#[test]
fn no_verdict_outlives_its_evidence() {
    let mut said = Vec::new();
    let mut items = 0;
    for known in all() {
        let lines = lines(&known.bundle);
        let folder = tempfile::tempdir().expect("a folder");
        let whole = report(&lines, folder.path());
        for failure in whole.failures.iter().filter(|failure| failure.confidence == Confidence::Proven) {
            if evidence(failure).is_empty() {
                said.push(format!("{}: proven by nothing: {}", known.name, failure.sentence));
            }
            for item in evidence(failure).chunks(1) {
                items += 1;
                if let Err(why) = weakened(&known, &lines, &failure.key, item) {
                    said.push(format!("{}: without '{}': {why}", known.name, item[0].text));
                }
            }
        }
    }
    assert!(items > 40, "expected the evidence of all proven verdicts, found {items} items");
    assert!(said.is_empty(), "{} of {items} items:\n  {}", said.len(), said.join("\n  "));
}

/// The message of a log line, or the words of a printed one without its numbers and names: lines of one kind.
fn kind_of(line: &[u8]) -> Option<String> {
    let line = String::from_utf8_lossy(line);
    let text = line.trim();
    if let Some((_, rest)) = text.split_once("\"msg\":\"") {
        return rest.split('"').next().map(str::to_owned);
    }
    let columns: Vec<&str> = text.split('\t').collect();
    if columns.len() > 2 {
        let fields = columns.last().is_some_and(|last| last.starts_with('{'));
        return columns.get(columns.len() - 1 - usize::from(fields)).map(|message| (*message).to_owned());
    }
    // Looks, steps, failure messages: their first words tell them apart.
    let plain = |word: &&str| !word.bytes().any(|byte| byte.is_ascii_digit());
    let words: Vec<&str> = text.split_whitespace().filter(plain).take(4).collect();
    let header = text.starts_with('•') || text.contains("m•");
    (words.len() > 2 && !header).then(|| words.join(" "))
}

/// Hidden bundles have levels, wordings and holes that no bundle here has: whatever kind of line is missing, nothing
/// wrong is proven, and no timing is blamed that is not to blame. Each bundle is tried without every sixth kind; with
/// `EVERY_KIND` set without each.
#[test]
fn no_kind_of_line_is_missed_into_a_wrong_verdict() {
    let bundles: Vec<Known> =
        all().into_iter().filter(|known| known.bundle.is_dir() && !known.right.is_empty()).collect();
    let (one, other) = bundles.split_at(bundles.len() / 2);
    let (first, second) = std::thread::scope(|scope| {
        let first = scope.spawn(|| without_each_kind(one));
        (without_each_kind(other), first.join().expect("no panic"))
    });
    let (tried, said) = (first.0 + second.0, [first.1, second.1].concat());
    assert!(tried > 300, "expected kinds of lines, found {tried}");
    assert!(said.is_empty(), "{} of {tried}:\n  {}", said.len(), said.join("\n  "));
}

/// How many bundles were tried, and what was wrong with them.
fn without_each_kind(bundles: &[Known]) -> (usize, Vec<String>) {
    let mut known_kinds: BTreeMap<String, bool> = BTreeMap::new();
    let (mut tried, mut said) = (0, Vec::new());
    for known in bundles {
        let lines = lines(&known.bundle);
        let mut kinds: BTreeMap<String, &[u8]> = BTreeMap::new();
        for line in lines.values().flatten() {
            kinds.extend(kind_of(line).map(|kind| (kind, line.as_slice())));
        }
        let every = if std::env::var_os("EVERY_KIND").is_some() { 1 } else { 6 };
        for (kind, example) in kinds.into_iter().skip(known.name.len() % every).step_by(every) {
            if !*known_kinds.entry(kind.clone()).or_insert_with(|| is_read(example)) {
                continue;
            }
            tried += 1;
            let mut left = lines.clone();
            for line in left.values_mut().flatten().filter(|line| kind_of(line).as_ref() == Some(&kind)) {
                line.clear();
            }
            let folder = tempfile::tempdir().expect("a folder");
            let report = report(&left, folder.path());
            let real = report.failures.iter().filter(|failure| !failure.collateral);
            let why = real.filter_map(|failure| wrong(known, failure));
            said.extend(why.map(|why| format!("{} without '{kind}': {why}", known.name)));
        }
    }
    (tried, said)
}

/// Whether a line alone says anything: what is not read cannot be missed. A failure's message goes on over lines that
/// are read only together.
fn is_read(line: &[u8]) -> bool {
    let plain = !line.contains(&b'\t') && !line.contains(&b'{');
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.log"), line).expect("writable");
    plain && line.starts_with(b"  ") || analyze(&[folder.path().to_path_buf()], &Options::default()).is_ok()
}
