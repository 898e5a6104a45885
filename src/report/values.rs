//! How the report writes a *time*, a *length of time*, a *place* and what stands on places.

use serde::{Serialize, Serializer};

use crate::instant::{self, Nanos, rfc3339};

/// A time interval for the report: RFC 3339 in UTC, null for an open end.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Instant {
    /// Not before.
    #[serde(serialize_with = "stamp")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub lo: Option<Nanos>,
    /// Not after.
    #[serde(serialize_with = "stamp")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub hi: Option<Nanos>,
    /// Name of the clock, only when it is not the reference clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
}

#[allow(clippy::ref_option, reason = "serde's signature")]
fn stamp<S: Serializer>(at: &Option<Nanos>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.serialize_str(&rfc3339(*at)),
        None => serializer.serialize_none(),
    }
}

impl Instant {
    /// On the reference clock; `None` when both ends are open or the interval is a contradiction.
    pub fn known(of: instant::Instant) -> Option<Self> {
        Self::on(of, None)
    }

    /// On a named clock whose offset is not known.
    pub fn on(of: instant::Instant, clock: Option<&str>) -> Option<Self> {
        (!of.is_unknown() && !of.is_contradiction()).then(|| Self {
            lo: of.lo(),
            hi: of.hi(),
            clock: clock.map(str::to_owned),
        })
    }

    /// The interval without its clock.
    pub fn interval(&self) -> instant::Instant {
        let lo = self.lo.map_or(instant::Instant::UNKNOWN, instant::Instant::not_before);
        lo.and(self.hi.map_or(instant::Instant::UNKNOWN, instant::Instant::not_after))
    }
}

/// A length of time in nanoseconds; `hi_ns` null means "at least `lo_ns`".
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Duration {
    /// Not shorter.
    pub lo_ns: Option<Nanos>,
    /// Not longer.
    pub hi_ns: Option<Nanos>,
}

impl From<instant::Duration> for Duration {
    fn from(of: instant::Duration) -> Self {
        Self { lo_ns: of.lo(), hi_ns: of.hi() }
    }
}

impl Duration {
    /// Exactly so long.
    pub const fn exact(nanos: Nanos) -> Self {
        Self { lo_ns: Some(nanos), hi_ns: Some(nanos) }
    }
}

/// Where a line stands.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// Relative to the PATH it came from; `outer.zip!inner.tar.gz!a/b.log` inside archives.
    pub file: String,
    /// First line, from 1.
    pub line: u32,
    /// Last line of a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_line: Option<u32>,
}

/// A statement with the places that prove it.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// One sentence.
    pub text: String,
    /// The lines that prove it; never empty.
    pub places: Vec<Place>,
}

/// Quantiles of durations.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// How many.
    pub count: u64,
    /// Smallest.
    pub min: Option<Duration>,
    /// Median.
    pub p50: Option<Duration>,
    /// 95 %.
    pub p95: Option<Duration>,
    /// 99 %.
    pub p99: Option<Duration>,
    /// Largest.
    pub max: Option<Duration>,
}
