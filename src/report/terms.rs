//! The *terms* of the report: closed sets of words, the same in code, JSON and manual.

use serde::Serialize;

/// How sure a verdict is. There is no percentage.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// What is missing, and which setting would show it, is said instead.
    Unknown,
    /// Compatible with the lines.
    Possible,
    /// Positive evidence; some alternative is only unobservable.
    Likely,
    /// Positive evidence, and every alternative in front is ruled out.
    Proven,
}

/// A cause's answer to the question "write latency, flush delay or query timing?".
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// The write took too long.
    WriteLatency,
    /// The flush came too late.
    FlushDelay,
    /// The query came too early, or looked too briefly.
    QueryTiming,
    /// None of the three.
    Other,
    /// The logs do not tell.
    Unknown,
}

/// The links of an event's journey, in order.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// `StoreAudit` was entered.
    Emitted,
    /// The client's validation accepted it.
    Validated,
    /// The channel send returned.
    Buffered,
    /// The first attempt to send its batch began.
    Flushed,
    /// The client got a 2xx.
    Sent,
    /// The server committed it; it is visible from then on.
    Created,
}

/// What the logs say of a link.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A line proves it, or a later link was seen.
    Seen,
    /// Lost, or surely not happened.
    Absent,
    /// Not by the end of the log.
    Pending,
    /// Nothing can be said.
    Unobservable,
}

/// The stages between the links.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Trigger to emitted.
    EmitWait,
    /// Emitted to buffered.
    Buffer,
    /// Buffered to flushed.
    FlushWait,
    /// Flushed to written.
    Write,
    /// Visible to the next look.
    LookWait,
}
