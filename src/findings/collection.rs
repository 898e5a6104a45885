//! The collector's own words about its work.

use super::{Kind, Said, documents};
use crate::correlate::World;
use crate::documents::{Document, Metadata};
use crate::instant;
use crate::report::{Instant, Place};

pub const COLLECTION_ERROR: Kind =
    Kind { id: "collection-error", title: "the must-gather was collected in part", find: failed_in_part };

pub const SANITIZED: Kind = Kind { id: "sanitized", title: "a sanitiser went over the files", find: sanitized };

/// What the collector says of its own work.
fn collections(world: &World) -> impl Iterator<Item = (&Metadata, Place)> {
    documents(world).filter_map(|(document, place)| match document {
        Document::Metadata(metadata) => Some((metadata, place)),
        _ => None,
    })
}

fn failed_in_part(world: &World) -> Vec<Said> {
    let failed = collections(world).filter(|(metadata, _)| !metadata.errors.is_empty());
    let said = |(metadata, place): (&Metadata, Place)| {
        (format!("the collection of the must-gather failed in part: {}", metadata.errors.join(", ")), vec![place])
    };
    failed.map(said).collect()
}

fn sanitized(world: &World) -> Vec<Said> {
    let masked = collections(world).filter(|(metadata, _)| metadata.sanitized);
    let text = "a sanitiser went over the files; numbers and ids in them can be masked";
    masked.map(|(_, place)| (text.to_owned(), vec![place])).collect()
}

/// When the must-gather was collected, as its metadata say: whole seconds.
pub fn collected(world: &World) -> Option<Instant> {
    let at = collections(world).find_map(|(metadata, _)| metadata.collected)?;
    Instant::known(instant::Instant::between(at, at + instant::SECOND - 1))
}
