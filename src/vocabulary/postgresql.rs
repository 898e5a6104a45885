//! PostgreSQL's own log: only its complaints are of interest.

use super::Names;
use crate::formats::{Level, Record};
use crate::sighting::What;

/// An error of the database.
pub fn read(record: &Record<'_>, names: &mut Names) -> Option<What> {
    if record.logger != "postgresql" || record.level < Level::Error {
        return None;
    }
    Some(What::Database { message: names.prose(record.message) })
}
