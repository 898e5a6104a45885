//! whylate: why an audit test failed.
pub mod instant;
pub mod report;
pub mod sighting;
pub mod source;
