//! whylate: why an audit test failed.
pub mod correlate;
pub mod documents;
pub mod formats;
pub mod instant;
pub mod prefixes;
pub mod reading;
pub mod report;
pub mod secrets;
pub mod sighting;
pub mod source;
pub mod vocabulary;
