//! whylate: why an audit test failed.
pub mod documents;
pub mod formats;
pub mod instant;
pub mod prefixes;
pub mod report;
pub mod secrets;
pub mod sighting;
pub mod source;
