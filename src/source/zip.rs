//! Zip: members found by the directory at the end, each read on its own.
//!
//! The directory is walked with a fixed buffer, up to the limit of members; what it claims is never allocated for.

use super::compression::{Told, inflate};
use super::descent::Descent;
use super::kind::Packing;
use super::label::{Top, clean, link_target};
use super::limits::{Budget, Metered, message};
use super::queue::{Allowed, Done, run};
use super::{Found, Reader, zip_stream};
use flate2::bufread::DeflateDecoder;
use rawzip::{
    CompressionMethod, FileReader, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, RangeReader, ReaderAt, ZipArchive,
    ZipArchiveEntryWayfinder, ZipLocator,
};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::Arc;

/// Longest target of a symbolic link that is read.
const LINK: u64 = 4 << 10;

/// Bytes of a member read at once.
const PACKED_BLOCK: usize = 64 << 10;

/// Reads a zip that is a file of its own.
pub(super) fn from_file<R: Reader>(descent: &Descent<'_, R>, file: File, label: &str) -> Vec<Found<R::Output>> {
    match file.metadata() {
        Ok(metadata) => read(descent, FileReader::from(file), metadata.len(), label, 1),
        Err(error) => vec![Found::fault(message(&error))],
    }
}

/// Reads a zip that comes as a stream: held in memory as far as the limit allows, a larger one from its begin.
pub(super) fn from_stream<R: Reader>(
    descent: &Descent<'_, R>,
    input: &mut dyn Read,
    label: &str,
    level: u32,
) -> Vec<Found<R::Output>> {
    let limit = descent.limits.held;
    let mut bytes = Vec::new();
    let read_all = (&mut *input).take(limit.saturating_add(1)).read_to_end(&mut bytes);
    if bytes.len() as u64 > limit {
        let (mut found, end) = zip_stream::read(descent, &mut io::Cursor::new(bytes).chain(input), label, level);
        found.extend(end.err().map(|error| Found::fault(message(&error))));
        return found;
    }
    let size = bytes.len() as u64;
    let mut found = read(descent, bytes, size, label, level);
    if let Err(error) = read_all {
        found.push(Found::fault(message(&error)));
    }
    found
}

/// A member as the directory tells it.
struct Entry {
    name: String,
    is_link: bool,
    is_encrypted: bool,
    method: CompressionMethod,
    place: ZipArchiveEntryWayfinder,
}

fn read<R: Reader, S: ReaderAt + Sync>(
    descent: &Descent<'_, R>,
    source: S,
    size: u64,
    label: &str,
    level: u32,
) -> Vec<Found<R::Output>> {
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let archive = match ZipLocator::new().locate_in_reader(source, &mut buffer, size) {
        Ok(archive) => archive,
        Err((source, error)) => {
            let (mut found, end) = zip_stream::read(descent, &mut RangeReader::new(source, 0..size), label, level);
            let said = match end {
                Err(error) => message(&error),
                Ok(()) => format!("cut: expected the end record of the zip, found none ({error})"),
            };
            // A member that was cut has said so itself.
            if found.last().is_none_or(|last| !last.incomplete) {
                found.push(Found::fault(said));
            }
            return found;
        }
    };
    let mut top = Top::default();
    let (entries, fault) = directory(descent, &archive, size, &mut buffer, &mut top);
    let used = descent.budget.spent();
    let allowed = Allowed {
        bytes: descent.budget.allowance().saturating_sub(used),
        members: descent.limits.members.saturating_sub(descent.budget.seen()).max(entries.len() as u64),
    };
    let work = |entry: &Entry| {
        let budget = Arc::new(Budget::part(allowed.bytes, allowed.members));
        let inner = Descent { reader: descent.reader, limits: descent.limits, budget: Arc::clone(&budget), threads: 1 };
        let found = member(&inner, &archive, entry, label, level);
        Done { found, bytes: budget.spent(), members: budget.seen() }
    };
    let mut found = Vec::new();
    for (done, entry) in run(&entries, descent.threads, allowed, work).into_iter().zip(&entries) {
        descent.budget.charge(done.bytes, done.members);
        found.extend(
            done.found.into_iter().map(|one| if one.segments.is_empty() { one.named(&entry.name) } else { one }),
        );
    }
    found.extend(fault.map(Found::fault));
    top.strip(&mut found);
    super::duplicates::links(&mut found);
    found
}

/// The members by the directory, and what is wrong with it.
fn directory<R: Reader, S: ReaderAt>(
    descent: &Descent<'_, R>,
    archive: &ZipArchive<S>,
    size: u64,
    buffer: &mut [u8],
    top: &mut Top,
) -> (Vec<Entry>, Option<String>) {
    let mut entries = Vec::new();
    let stated = archive.entries_hint();
    let most = descent.limits.members.saturating_sub(descent.budget.seen());
    let over = (stated > most)
        .then(|| format!("limit: expected at most {most} members, found {stated} by the zip's end record"));
    let mut packed = 0_u64;
    let mut walk = archive.entries(buffer);
    loop {
        let record = match walk.next_entry() {
            Ok(Some(record)) => record,
            Ok(None) => return (entries, over),
            Err(error) => {
                return (
                    entries,
                    Some(format!("broken: expected a directory record of the zip, found damage ({error})")),
                );
            }
        };
        let name = clean(record.file_path().as_bytes());
        top.note(&name, record.is_dir());
        if record.is_dir() {
            continue;
        }
        if descent.budget.member().is_err() {
            let said = format!("limit: expected at most {most} members, found more; the rest was not read");
            return (entries, over.or(Some(said)));
        }
        // Members that share their bytes inflate a small zip without bound.
        packed = packed.saturating_add(record.compressed_size_hint());
        if packed > size {
            let said = "broken: expected the zip's members side by side, found them overlapping; the rest was not read";
            return (entries, Some(said.to_owned()));
        }
        entries.push(Entry {
            name,
            is_link: record.mode().is_symlink(),
            is_encrypted: record.flags().is_encrypted(),
            method: record.compression_method(),
            place: record.wayfinder(),
        });
    }
}

fn member<R: Reader, S: ReaderAt>(
    descent: &Descent<'_, R>,
    archive: &ZipArchive<S>,
    entry: &Entry,
    label: &str,
    level: u32,
) -> Vec<Found<R::Output>> {
    let fault = |said: String| vec![Found::fault(said).named(&entry.name)];
    if entry.is_encrypted {
        return fault("encrypted: expected a zip without a password, found one; not read".to_owned());
    }
    let place = match archive.get_entry(entry.place) {
        Ok(place) => place,
        Err(error) => return fault(format!("broken: expected the member's header in the zip, found none ({error})")),
    };
    let packed = BufReader::with_capacity(PACKED_BLOCK, place.reader());
    let raw: Box<dyn Read + '_> = match entry.method {
        CompressionMethod::STORE => Box::new(packed),
        CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(packed)),
        CompressionMethod::ZSTD => match inflate(Packing::Zstd, packed) {
            Ok(inflated) => Box::new(inflated),
            Err(error) => return fault(message(&error)),
        },
        other => return fault(format!("packed: expected stored, deflate or zstd, found {other}; not read")),
    };
    let told = Told::new(place.verifying_reader(raw), "zip member's");
    let mut input = Metered::new(told, &descent.budget);
    if entry.is_link {
        let mut target = Vec::new();
        return match input.take(LINK).read_to_end(&mut target) {
            Ok(_) => vec![Found::linked(link_target(&entry.name, &target)).named(&entry.name)],
            Err(error) => fault(message(&error)),
        };
    }
    descent.member(&mut input, label, &entry.name, level)
}
