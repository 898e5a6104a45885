//! whylate: why an audit test failed. (A stub of the library: fixtures stand in for the analysis.)
pub mod causes;
pub mod instant;
pub mod render;
pub mod report;
pub mod sighting;
pub mod source;
pub mod timeline;

#[allow(dead_code)]
#[path = "render/fixture.rs"]
mod stub;

use std::path::PathBuf;

/// How to analyse.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How to read.
    pub source: source::Options,
    /// Zone of stamps without a zone, seconds east.
    pub input_tz: Option<i32>,
    /// Keep the large tables.
    pub tables: bool,
}

/// What came out.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// The report.
    pub report: report::Report,
    /// The timeline.
    pub timeline: timeline::Timeline,
}

/// Analyses PATHs as one bundle.
pub fn analyze(paths: &[PathBuf], _options: &Options) -> anyhow::Result<Analysis> {
    let name = paths[0].to_string_lossy().into_owned();
    let report = match name.as_str() {
        "@one" => stub::one(),
        "@many" => stub::many(),
        "@undetermined" => stub::undetermined(),
        "@healthy" => stub::healthy(),
        "@hostile" => stub::hostile(),
        "@broken" => stub::broken(),
        "@panic" => panic!("a panic of the library"),
        other => anyhow::bail!("expected a file or folder at {other}, found nothing"),
    };
    Ok(Analysis { timeline: stub::timeline(), report })
}
