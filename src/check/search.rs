//! *Search*: the second reading of a bundle, for what a document quotes. One pass; every line is compared only with
//! the quotes of which it holds a rare word.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{BufRead, BufReader, Read};

use memchr::memmem::Finder;

use super::quantity::Length;
use super::stamp::Stamp;
use crate::prefixes::Layers;
use crate::report::Place;
use crate::secrets::masked;
use crate::source;

/// Places kept of one quote.
const PLACES: usize = 3;
/// Words that a line and a quote need to share, in per cent, to be called near.
const NEAR: usize = 60;
/// Bytes of a line that are looked at.
const LINE: usize = 64 << 10;

/// Something that a document quotes: its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Its first line in the document.
    pub line: u32,
    /// As it stands.
    pub text: String,
    /// Its words, without marks.
    pub words: Vec<String>,
    /// It can be nothing but a line of a log: what is not in the bundle then did not happen there.
    pub log: bool,
    /// It is only fields, `total_buffered:107`: their names have to be in the bundle with these values.
    pub fields: bool,
    /// Words without digits, the longest first: a line without any of them is not compared.
    anchors: Vec<String>,
    /// The words whose value is a length of time, which may have been rounded.
    lengths: Vec<Option<(String, Length)>>,
    /// When the document says that it happened: one of the line's stamps has to be that time.
    stamp: Option<Stamp>,
}

impl Quote {
    /// `None` when there is nothing to search by.
    pub fn of(line: u32, text: &str, log: bool) -> Option<Self> {
        let text = &*masked(text);
        let words: Vec<String> = words(text).collect();
        let fields = words.iter().all(|word| word.split_once(':').is_some_and(|(name, _)| name.len() >= 4));
        // Of `total_buffered:107` the name is what stays when the number is wrong.
        let parts = words.iter().flat_map(|word| word.split(':'));
        let plain = |part: &&str| part.len() >= 4 && !part.bytes().any(|b| b.is_ascii_digit());
        let mut anchors: Vec<String> = parts.filter(plain).map(str::to_owned).collect();
        anchors.sort_by_key(|word| std::cmp::Reverse(word.len()));
        anchors.truncate(2);
        if anchors.is_empty() {
            anchors.extend(words.first().cloned());
        }
        let lengths = words.iter().map(|word| length(word)).collect();
        (!anchors.is_empty()).then(|| Self {
            line,
            text: text.trim().to_owned(),
            words,
            log,
            fields,
            anchors,
            lengths,
            stamp: None,
        })
    }

    /// The same, shown in the document's own words.
    pub fn shown_as(mut self, text: &str) -> Self {
        text.trim().clone_into(&mut self.text);
        self
    }

    /// The same, at a time that the document gives.
    pub fn stamped(mut self, stamp: Option<Stamp>) -> Self {
        self.stamp = stamp;
        self
    }

    /// Words of this quote, and its time.
    fn len(&self) -> usize {
        self.words.len() + usize::from(self.stamp.is_some())
    }

    /// Words of this quote that a line has; its time counts as one.
    fn shared(&self, line: &HashSet<String>, text: &str) -> usize {
        let has = |(word, length): &(&String, &Option<(String, Length)>)| {
            line.contains(*word)
                || length.as_ref().is_some_and(|(name, meant)| {
                    line.iter().any(|other| {
                        self::length(other).is_some_and(|(key, found)| key == *name && meant.rounds(found.lo))
                    })
                })
        };
        let words = self.words.iter().zip(&self.lengths).filter(has).count();
        let at = |stamp: &Stamp| Stamp::all(0, text).iter().any(|other| stamp.shows(other));
        words + usize::from(words == self.words.len() && self.stamp.as_ref().is_some_and(at))
    }
}

/// `duration:3.02ms` as its name and its length.
fn length(word: &str) -> Option<(String, Length)> {
    let (name, value) = word.split_once(':')?;
    Some((name.to_owned(), Length::all(value).into_iter().next()?))
}

/// The words of a line: quotation marks, brackets and emoji are none, `"key": 1` is `key:1`.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    let text = text.replace("\": ", ":").replace(['"', '`'], "").replace('=', ":");
    let text = colon(&text);
    let split: Vec<String> = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '{' | '}' | '[' | ']' | '(' | ')' | ';'))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '<' && c != '>'))
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .map(str::to_owned)
        .collect();
    split.into_iter()
}

/// The words of a line of the bundle: of `msg:Slow` the value counts as a word too, for it may be quoted alone.
fn line_words(text: &str) -> HashSet<String> {
    let mut all: HashSet<String> = words(text).collect();
    let values: Vec<String> = all
        .iter()
        .filter_map(|word| word.split_once(':'))
        .map(|(_, value)| value.trim_start_matches(|c: char| !c.is_alphanumeric()))
        .filter(|value| value.starts_with(char::is_alphabetic))
        .map(str::to_owned)
        .collect();
    all.extend(values);
    all
}

/// `status: 201` is `status:201`.
fn colon(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(": ") {
        out.push_str(before);
        out.push(':');
        let value = after.trim_start();
        let name = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        // Only before a value: `Message: some words` stays two.
        if name.is_empty() || !value.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            out.push(' ');
        }
        rest = value;
    }
    out.push_str(rest);
    out
}

/// What is searched for.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Quoted lines.
    pub quotes: Vec<Quote>,
    /// Times of day without their hour, from the minute to the second: `35:15`.
    pub seconds: BTreeSet<String>,
    /// Names: ids, types, code places.
    pub names: BTreeSet<String>,
    /// Places: the last parts of a file's name, and a line.
    pub places: BTreeSet<(String, u32)>,
}

/// What was found of one quote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hit {
    /// Lines that have all its words; the first few.
    pub places: Vec<Place>,
    /// The nearest other line: words shared, where, and what it says.
    pub nearest: Option<(usize, Place, String)>,
}

/// What a bundle has of a document.
#[derive(Debug, Default)]
pub struct Found {
    /// Quotes, with what was found of them.
    pub quotes: Vec<(Quote, Hit)>,
    /// `35:15` to the times of day with it as the lines print them, each with its first place.
    pub seconds: BTreeMap<String, BTreeMap<String, Place>>,
    /// Names to their first place.
    pub names: BTreeMap<String, Place>,
    /// Places to what their lines say; a name may be that of several files.
    pub places: BTreeMap<(String, u32), Vec<String>>,
    /// Whether everything was read.
    pub complete: bool,
}

/// Searches every file. To prepare a search costs as much as to search a line, so each is prepared once.
pub struct Searcher<'a> {
    wanted: &'a Wanted,
    /// Those of each quote's rare words.
    anchors: Vec<Vec<Finder<'a>>>,
    /// Names, each with its own.
    names: Vec<(&'a str, Finder<'a>)>,
}

/// What one file gave; its places have no label yet.
#[derive(Debug, Default)]
pub struct Hits {
    quotes: Vec<Hit>,
    seconds: BTreeMap<String, BTreeMap<String, Place>>,
    names: BTreeMap<String, Place>,
    places: BTreeMap<(String, u32), Vec<String>>,
}

impl<'a> Searcher<'a> {
    /// For these.
    pub fn new(wanted: &'a Wanted) -> Self {
        let of = |quote: &'a Quote| quote.anchors.iter().map(Finder::new).collect();
        let anchors = wanted.quotes.iter().map(of).collect();
        let names = wanted.names.iter().map(|name| (name.as_str(), Finder::new(name))).collect();
        Self { wanted, anchors, names }
    }

    /// Joins what the files gave, in their order.
    pub fn join(wanted: Wanted, gathered: source::Gathered<Hits>) -> Found {
        let mut found = Found { complete: gathered.complete, ..Found::default() };
        let mut joined = vec![Hit::default(); wanted.quotes.len()];
        for file in gathered.files {
            let Some(hits) = file.output else { continue };
            let label = |place: Place| Place { file: file.label.clone(), ..place };
            for (all, own) in joined.iter_mut().zip(hits.quotes) {
                let room = PLACES.saturating_sub(all.places.len());
                all.places.extend(own.places.into_iter().take(room).map(label));
                if let Some((shared, place, text)) = own.nearest
                    && all.nearest.as_ref().is_none_or(|(best, ..)| shared > *best)
                {
                    all.nearest = Some((shared, label(place), text));
                }
            }
            for (second, stamps) in hits.seconds {
                let all = found.seconds.entry(second).or_default();
                for (stamp, place) in stamps {
                    all.entry(stamp).or_insert_with(|| label(place));
                }
            }
            for (place, text) in hits.places {
                found.places.entry(place).or_default().extend(text);
            }
            for (name, place) in hits.names {
                found.names.entry(name).or_insert_with(|| label(place));
            }
        }
        found.quotes = wanted.quotes.into_iter().zip(joined).collect();
        found
    }

    fn line(&self, line: &str, number: u32, hits: &mut Hits) {
        let place = || Place { file: String::new(), line: number, to_line: None };
        let mut split = None;
        for ((quote, anchors), hit) in self.wanted.quotes.iter().zip(&self.anchors).zip(&mut hits.quotes) {
            if !anchors.iter().any(|anchor| anchor.find(line.as_bytes()).is_some()) {
                continue;
            }
            let split = split.get_or_insert_with(|| line_words(line));
            let shared = quote.shared(split, line);
            if shared == quote.len() {
                if hit.places.len() < PLACES {
                    hit.places.push(place());
                }
            } else if (quote.fields || shared * 100 >= quote.len() * NEAR)
                && hit.nearest.as_ref().is_none_or(|(best, ..)| shared > *best)
            {
                hit.nearest = Some((shared, place(), line.to_owned()));
            }
        }
        if !self.wanted.seconds.is_empty() {
            for stamp in Stamp::all(number, line) {
                let second = stamp.text.get(3..8).unwrap_or_default();
                if self.wanted.seconds.contains(second) {
                    hits.seconds.entry(second.to_owned()).or_default().entry(stamp.text).or_insert_with(place);
                }
            }
        }
        for (name, finder) in &self.names {
            if !hits.names.contains_key(*name) && whole(line, name, finder) {
                hits.names.insert((*name).to_owned(), place());
            }
        }
    }
}

/// Whether a name stands in a line and does not go on to either side.
fn whole(line: &str, name: &str, finder: &Finder<'_>) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    finder.find_iter(line.as_bytes()).any(|at| {
        line.get(..at).is_some_and(|before| !part(before.chars().next_back()))
            && line.get(at + name.len()..).is_some_and(|after| !part(after.chars().next()))
    })
}

impl source::Reader for Searcher<'_> {
    type Output = Hits;

    fn read(&self, label: &str, bytes: &mut dyn Read) -> Hits {
        let ends =
            |name: &str| label.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with(['/', '!']));
        let own: BTreeSet<&(String, u32)> = self.wanted.places.iter().filter(|(name, _)| ends(name)).collect();
        let mut hits = Hits { quotes: vec![Hit::default(); self.wanted.quotes.len()], ..Hits::default() };
        let mut reader = BufReader::with_capacity(256 << 10, bytes);
        // One line does not tell a runtime's stamp from a CI runner's; the head of the file does.
        let layers =
            reader.fill_buf().map_or_else(|_| Layers::default(), |head| Layers::of(&String::from_utf8_lossy(head)));
        let (mut line, mut scratch) = (Vec::new(), String::new());
        // What a runtime cut: the parts of a line, of standard output and of standard error.
        let mut parts = [String::new(), String::new()];
        for number in 1_u32.. {
            line.clear();
            // Longer than this is no line that anybody quotes; its head is looked at, and the rest passed over.
            match reader.by_ref().take(LINE as u64).read_until(b'\n', &mut line) {
                Ok(1..) => {}
                _ => break,
            }
            if line.len() == LINE && line.last() != Some(&b'\n') && reader.skip_until(b'\n').is_err() {
                break;
            }
            let text = String::from_utf8_lossy(&line);
            let stripped = layers.strip(text.trim_end(), &mut scratch);
            let part = &mut parts[usize::from(stripped.stream == Some("stderr"))];
            if stripped.partial {
                if part.len() < LINE {
                    part.extend(std::iter::repeat_n(' ', if part.is_empty() { 0 } else { stripped.indent }));
                    part.push_str(stripped.line);
                }
                continue;
            }
            let mut joined = std::mem::take(part);
            if !joined.is_empty() {
                joined.extend(std::iter::repeat_n(' ', stripped.indent));
                joined.push_str(stripped.line);
            }
            // What a claim is held against is printed beside it.
            let shown = masked(if joined.is_empty() { stripped.line } else { &joined });
            self.line(&shown, number, &mut hits);
            for place in own.iter().filter(|(_, line)| *line == number) {
                hits.places.entry((*place).clone()).or_default().push(shown.clone().into_owned());
            }
        }
        hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_in_json_and_in_prose() {
        let json: Vec<String> = words(r#"{"msg":"✅ Event buffered","total_buffered":107}"#).collect();
        assert_eq!(json, ["msg", "Event", "buffered", "total_buffered:107"]);
        let console: Vec<String> = words("HTTP request {\"status\": 201, \"duration\": \"169ms\"}").collect();
        assert_eq!(console, ["HTTP", "request", "status:201", "duration:169ms"]);
        let prose: Vec<String> = words("  status: 201, duration: 169ms").collect();
        assert_eq!(prose, ["status:201", "duration:169ms"]);
    }

    #[test]
    fn a_line_that_a_runtime_cut_is_one() {
        // Two zeros trimmed off a stamp leave seven digits, as the CI runner's always are.
        let log = "2026-01-24T04:13:02.6701234Z stderr P Slow audit batch write\n\
                   2026-01-24T04:13:02.670123412Z stdout F another line\n\
                   2026-01-24T04:13:02.670123456Z stderr F  detected {\"batch_size\": 7}\n";
        let quote = Quote::of(1, "Slow audit batch write detected batch_size=7", true).expect("has words");
        let names = BTreeSet::from(["batch_size".to_owned()]);
        let wanted = Wanted { quotes: vec![quote], names, ..Wanted::default() };
        let hits = source::Reader::read(&Searcher::new(&wanted), "a.log", &mut log.as_bytes());
        assert_eq!(hits.quotes[0].places.iter().map(|place| place.line).collect::<Vec<_>>(), [3]);
        assert_eq!(hits.names.len(), 1);
    }

    #[test]
    fn a_rounded_length_is_shared() {
        let quote = Quote::of(1, "status: 201, duration: 169ms", false).expect("has names");
        let line = |text: &str| line_words(text);
        assert_eq!(quote.shared(&line("\"status\": 201, \"duration\": \"169.31ms\""), ""), 2);
        assert_eq!(quote.shared(&line("\"status\": 201, \"duration\": \"196.31ms\""), ""), 1);
    }
}
