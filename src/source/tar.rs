//! Tar: a stream of members, read once from front to back.
//!
//! Only the header's layout is taken from the `tar` crate. Its iterator holds a long name whole in memory, as long as
//! the archive claims it to be; here a name has a limit.

use super::descent::{Descent, drain};
use super::kind::checksum_holds;
use super::label::{Top, clean, link_target};
use super::limits::{Exactly, fill, message, stop};
use super::{Found, Reader};
use std::io::{self, Read};
use tar::{EntryType, Header};

const BLOCK: usize = 512;

/// Longest extended header that is read; a longer one is skipped.
const EXTENDED: u64 = 64 << 10;

/// Reads every member of a tar.
pub(super) fn read<R: Reader>(
    descent: &Descent<'_, R>,
    input: &mut dyn Read,
    label: &str,
    level: u32,
) -> Vec<Found<R::Output>> {
    let mut found = Vec::new();
    let mut top = Top::default();
    let mut members = Members { input, names: Names::default() };
    loop {
        match member(descent, &mut members, label, level, &mut top, &mut found) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                // A member that was cut has said so itself.
                let said = message(&error);
                if found.last().is_none_or(|last: &Found<_>| last.skipped.as_ref() != Some(&said)) {
                    found.push(Found::fault(said));
                }
                break;
            }
        }
    }
    top.strip(&mut found);
    super::duplicates::links(&mut found);
    found
}

/// Reads one member; false at the end of the archive.
fn member<R: Reader>(
    descent: &Descent<'_, R>,
    members: &mut Members<'_>,
    label: &str,
    level: u32,
    top: &mut Top,
    found: &mut Vec<Found<R::Output>>,
) -> io::Result<bool> {
    let Some(head) = members.next()? else { return Ok(false) };
    let name = clean(&head.name);
    top.note(&name, head.kind.is_dir() || head.name.ends_with(b"/"));
    let mut data = Exactly::new(&mut *members.input, head.size);
    let is_file = matches!(head.kind, EntryType::Regular | EntryType::Continuous) && !head.name.ends_with(b"/");
    if !head.kind.is_dir() {
        descent.budget.member()?;
    }
    if head.sparse {
        found.push(Found::fault("sparse: expected a plain member, found one with holes; not read").named(&name));
    } else if is_file && !name.is_empty() {
        found.extend(descent.member(&mut data, label, &name, level));
    } else if is_file {
        found.push(Found::fault("unnamed: expected the name of a member, found none; not read"));
    } else if head.kind.is_symlink() || head.kind.is_hard_link() {
        let from = if head.kind.is_hard_link() { "" } else { name.as_str() };
        found.push(Found::linked(link_target(from, &head.link)).named(&name));
    } else if !head.kind.is_dir() {
        found.push(Found::aside(format!("not a file: expected a file, found {}", word(head.kind))).named(&name));
    }
    data.skip()?;
    let padding = (BLOCK as u64 - head.size % BLOCK as u64) % BLOCK as u64;
    Exactly::new(&mut *members.input, padding).skip()?;
    Ok(true)
}

fn word(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Fifo => "a FIFO",
        EntryType::Block | EntryType::Char => "a device",
        _ => "a special member",
    }
}

/// A member's header, with what the extended headers before it said.
struct Head {
    name: Vec<u8>,
    link: Vec<u8>,
    size: u64,
    kind: EntryType,
    sparse: bool,
}

#[derive(Default)]
struct Names {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

struct Members<'a> {
    input: &'a mut dyn Read,
    names: Names,
}

impl Members<'_> {
    /// The next member's header; `None` at the end mark.
    fn next(&mut self) -> io::Result<Option<Head>> {
        loop {
            let block = self.block()?;
            if block.iter().all(|byte| *byte == 0) {
                drain(self.input)?;
                return Ok(None);
            }
            if !checksum_holds(&block) {
                return Err(stop("broken: expected a tar header, found something else; the rest was not read"));
            }
            let header = Header::from_byte_slice(&block);
            let Ok(size) = header.entry_size() else {
                return Err(stop("broken: expected a size in a tar header, found none; the rest was not read"));
            };
            let kind = header.entry_type();
            match kind {
                EntryType::GNULongName => self.names.name = Some(trimmed(self.extended(size)?)),
                EntryType::GNULongLink => self.names.link = Some(trimmed(self.extended(size)?)),
                EntryType::XHeader => {
                    let records = self.extended(size)?;
                    self.names.note(&records);
                }
                EntryType::XGlobalHeader => drop(self.extended(size)?),
                kind => {
                    let mut sparse = kind == EntryType::GNUSparse;
                    // The map of holes may go on in blocks of its own, before the data.
                    let mut extended = sparse && header.as_gnu().is_some_and(tar::GnuHeader::is_extended);
                    let names = std::mem::take(&mut self.names);
                    sparse |= names.sparse;
                    let head = Head {
                        name: names.name.unwrap_or_else(|| header.path_bytes().into_owned()),
                        link: names.link.or_else(|| header.link_name_bytes().map(Into::into)).unwrap_or_default(),
                        // Links and folders have no data, whatever their header says.
                        size: if has_data(kind) { names.size.unwrap_or(size) } else { 0 },
                        kind,
                        sparse,
                    };
                    while extended {
                        extended = self.block()?[504] == 1;
                    }
                    return Ok(Some(head));
                }
            }
        }
    }

    fn block(&mut self) -> io::Result<[u8; BLOCK]> {
        let mut block = [0; BLOCK];
        match fill(self.input, &mut block) {
            (BLOCK, _) => {}
            (_, Some(error)) => return Err(error),
            (_, None) => return Err(stop("cut: expected the next member or the end mark of the tar, found its end")),
        }
        Ok(block)
    }

    /// The data of an extended header; empty when it is too long to be one.
    fn extended(&mut self, size: u64) -> io::Result<Vec<u8>> {
        let Some(padded) = size.checked_next_multiple_of(BLOCK as u64) else {
            return Err(stop(
                "broken: expected the size of a tar header, found a number without sense; the rest was not read",
            ));
        };
        let mut data = Exactly::new(&mut *self.input, padded);
        let mut bytes = Vec::new();
        if size <= EXTENDED {
            data.read_to_end(&mut bytes)?;
            bytes.truncate(usize::try_from(size).unwrap_or(0));
        }
        data.skip()?;
        Ok(bytes)
    }
}

fn has_data(kind: EntryType) -> bool {
    !matches!(
        kind,
        EntryType::Link
            | EntryType::Symlink
            | EntryType::Char
            | EntryType::Block
            | EntryType::Directory
            | EntryType::Fifo
    )
}

/// Without the NUL at its end.
fn trimmed(mut name: Vec<u8>) -> Vec<u8> {
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    name.truncate(end);
    name
}

impl Names {
    /// Notes the records of a PAX header: `length key=value\n`.
    fn note(&mut self, mut records: &[u8]) {
        while let Some((record, rest)) = first_record(records) {
            records = rest;
            let Some(equals) = record.iter().position(|byte| *byte == b'=') else { continue };
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            match key {
                b"path" => self.name = Some(value.to_vec()),
                b"linkpath" => self.link = Some(value.to_vec()),
                b"size" => self.size = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok()),
                b"GNU.sparse.name" => {
                    self.name = Some(value.to_vec());
                    self.sparse = true;
                }
                key => self.sparse |= key.starts_with(b"GNU.sparse."),
            }
        }
    }
}

fn first_record(records: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = records.iter().position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
    let record = records.get(space + 1..length)?;
    Some((record.strip_suffix(b"\n")?, &records[length..]))
}
