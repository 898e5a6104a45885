//! Zip from its begin: member by member by their local headers, for a zip that is cut, or too large to be held.
//!
//! Second choice, as the directory at the end is the truth: a local header does not tell a link, and a stored member of
//! unknown length cannot be left again.

use super::compression::{Told, inflate};
use super::descent::Descent;
use super::kind::Packing;
use super::label::{Top, clean};
use super::limits::{Exactly, Metered, message, stop};
use super::{Found, Reader};
use flate2::bufread::DeflateDecoder;
use rawzip::CompressionMethod;
use std::io::{self, BufRead, BufReader, Read};

const MEMBER: [u8; 4] = *b"PK\x03\x04";
const DIRECTORY: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";

/// Longest record between a member and the next header.
const DESCRIPTOR: usize = 24;

/// Reads members until the directory; then `Ok`. The members are given in any case.
pub(super) fn read<R: Reader>(
    descent: &Descent<'_, R>,
    input: &mut dyn Read,
    label: &str,
    level: u32,
) -> (Vec<Found<R::Output>>, io::Result<()>) {
    let mut input = BufReader::with_capacity(64 << 10, input);
    let (mut found, mut top) = (Vec::new(), Top::default());
    let end = loop {
        match member(descent, &mut input, label, level, &mut top, &mut found) {
            Ok(true) => {}
            Ok(false) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    top.strip(&mut found);
    (found, end)
}

/// A local header.
struct Head {
    name: Vec<u8>,
    method: CompressionMethod,
    encrypted: bool,
    /// Compressed bytes, where they are told before the data.
    packed: Option<u64>,
}

fn member<R: Reader>(
    descent: &Descent<'_, R>,
    input: &mut BufReader<&mut dyn Read>,
    label: &str,
    level: u32,
    top: &mut Top,
    found: &mut Vec<Found<R::Output>>,
) -> io::Result<bool> {
    if !next_header(input)? {
        return Ok(false);
    }
    let head = head(input)?;
    let name = clean(&head.name);
    let is_folder = head.name.ends_with(b"/");
    top.note(&name, is_folder);
    if !is_folder {
        descent.budget.member()?;
    }
    let read = |data: &mut dyn BufRead| -> Vec<Found<R::Output>> {
        if is_folder {
            return Vec::new();
        }
        if name.is_empty() {
            return vec![Found::fault("unnamed: expected the name of a member, found none; not read")];
        }
        if head.encrypted {
            return vec![
                Found::fault("encrypted: expected a zip without a password, found one; not read").named(&name),
            ];
        }
        let raw: Box<dyn Read + '_> = match head.method {
            CompressionMethod::STORE => Box::new(data),
            CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(data)),
            // Gives back no byte behind its frame, so only where the length is known.
            CompressionMethod::ZSTD if head.packed.is_some() => match inflate(Packing::Zstd, data) {
                Ok(inflated) => Box::new(inflated),
                Err(error) => return vec![Found::fault(message(&error)).named(&name)],
            },
            other => {
                let said = format!("packed: expected stored, deflate or zstd, found {other}; not read");
                return vec![Found::fault(said).named(&name)];
            }
        };
        let mut metered = Metered::new(Told::new(raw, "zip member's"), &descent.budget);
        let mut read = descent.member(&mut metered, label, &name, level);
        // What the layers inside left unread stands between here and the next member.
        if let (Err(error), false) = (super::descent::drain(&mut metered), read.iter().any(|one| one.incomplete)) {
            read.push(Found::fault(message(&error)).named(&name));
        }
        read
    };
    if let Some(packed) = head.packed {
        let mut data = BufReader::new(Exactly::new(&mut *input, packed));
        found.extend(read(&mut data));
        data.into_inner().skip()?;
    } else if head.method == CompressionMethod::DEFLATE && !head.encrypted {
        found.extend(read(input));
    } else {
        let said = "packed: expected a length before the member, found none; the rest of the zip was not read";
        found.push(Found::fault(said).named(&name));
        return Err(stop(said));
    }
    Ok(true)
}

/// Goes to the next local header, past the record that may lie before it; false at the directory.
fn next_header(input: &mut impl Read) -> io::Result<bool> {
    let mut window = [0; 4];
    exact(input, &mut window)?;
    for _ in 0..=DESCRIPTOR {
        match window {
            MEMBER => return Ok(true),
            DIRECTORY | END => return Ok(false),
            _ => {}
        }
        window.rotate_left(1);
        exact(input, &mut window[3..])?;
    }
    Err(stop("broken: expected a member of the zip, found something else; the rest was not read"))
}

/// Reads a local header behind its signature.
fn head(input: &mut impl Read) -> io::Result<Head> {
    let mut fixed = [0; 26];
    exact(input, &mut fixed)?;
    let short = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
    let flags = short(2);
    let sizes = (long(&fixed, 14), long(&fixed, 18));
    let mut name = vec![0; usize::from(short(22))];
    exact(input, &mut name)?;
    let mut extra = vec![0; usize::from(short(24))];
    exact(input, &mut extra)?;
    let packed = match sizes {
        (u32::MAX, _) => wide_size(&extra, sizes.1 == u32::MAX),
        (packed, _) => Some(u64::from(packed)),
    };
    // With a descriptor behind the data, the sizes here are zero.
    let unknown = flags & 8 != 0 && packed.is_none_or(|packed| packed == 0);
    Ok(Head {
        name,
        method: CompressionMethod::from(short(4)),
        encrypted: flags & 1 != 0,
        packed: packed.filter(|_| !unknown),
    })
}

fn long(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The compressed size in the zip64 field.
fn wide_size(mut extra: &[u8], after_other: bool) -> Option<u64> {
    while let [a, b, c, d, rest @ ..] = extra {
        let length = usize::from(u16::from_le_bytes([*c, *d]));
        let field = rest.get(..length)?;
        if u16::from_le_bytes([*a, *b]) == 1 {
            let at = if after_other { 8 } else { 0 };
            return Some(u64::from_le_bytes(field.get(at..at + 8)?.try_into().ok()?));
        }
        extra = &rest[length..];
    }
    None
}

fn exact(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<()> {
    input.read_exact(buffer).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => stop("cut: expected the zip's next member or its directory, found its end"),
        _ => error,
    })
}
