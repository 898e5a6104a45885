//! A *failure*: one failing spec, what it waited for, why it failed, and what would have helped.

use serde::Serialize;

use super::{Confidence, Duration, Evidence, Family, Instant, Link, Place, Spread, Stage, State};
use crate::sighting::Outcome;

/// One failing spec or suite node.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// Stable between runs: location file and spec text.
    pub key: String,
    /// Spec text, or the node's name.
    pub spec: String,
    /// Where the assertion stands in the code.
    pub location: Option<Place>,
    /// `It`, `BeforeEach`, `SynchronizedBeforeSuite`, …
    pub node: String,
    /// How it ended.
    pub outcome: Outcome,
    /// A victim of another failure, of the suite's time-out or of a signal.
    pub collateral: bool,
    /// Ginkgo process, when something names it.
    pub process: Option<u32>,
    /// Its store.
    pub store: Option<String>,
    /// The failure message.
    pub message: String,
    /// Where the block stands in the test output.
    pub places: Vec<Place>,
    /// Start of the spec.
    pub started: Option<Instant>,
    /// The failure stamp.
    pub deadline: Option<Instant>,
    /// What set the awaited event off, as far as the log says.
    pub trigger: Option<Instant>,
    /// The last look that began before the deadline.
    pub last_look: Option<Instant>,
    /// The cause, when one can be named.
    pub cause: Option<&'static str>,
    /// Its family.
    pub family: Family,
    /// How sure.
    pub confidence: Confidence,
    /// The answer in one sentence.
    pub sentence: String,
    /// What to do.
    pub fix: Option<Fix>,
    /// Causes with evidence, best first.
    pub ranked: Vec<Ranked>,
    /// Causes that a line excludes.
    pub ruled_out: Vec<RuledOut>,
    /// The events that it waited for.
    pub awaited: Vec<Awaited>,
    /// How it looked.
    pub looks: Vec<LookRow>,
    /// What would have helped.
    pub wait: Wait,
    /// How the passing specs fared that waited for the same type; null when none is known to have done so.
    pub passing: Option<Passing>,
}

/// What to change.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct Fix {
    /// One or two sentences.
    pub text: String,
    /// Where in the code.
    pub place: Option<Place>,
    /// The setting to change.
    pub setting: Option<String>,
}

/// A cause with its evidence.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct Ranked {
    /// Code in kebab-case.
    pub cause: &'static str,
    /// How sure.
    pub confidence: Confidence,
    /// What speaks for it.
    #[serde(rename = "for")]
    pub supporting: Vec<Evidence>,
    /// What speaks against it.
    pub against: Vec<Evidence>,
}

/// A cause that the logs exclude.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct RuledOut {
    /// Code in kebab-case.
    pub cause: &'static str,
    /// By which lines.
    pub by: Vec<Evidence>,
}

/// An event that the spec waited for, and its journey.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct Awaited {
    /// Type, when known.
    pub event_type: Option<String>,
    /// Id, when known.
    pub correlation_id: Option<String>,
    /// How many the spec wants.
    pub expected: Option<u64>,
    /// How many the last look found.
    pub found: Option<u64>,
    /// Row of `events`.
    pub event: Option<String>,
    /// The links.
    pub journey: Vec<LinkState>,
    /// The stages.
    pub stages: Vec<StageRow>,
}

/// A link and what the logs say of it.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct LinkState {
    /// Which.
    pub link: Link,
    /// What is known.
    pub state: State,
    /// When.
    pub at: Option<Instant>,
    /// Lines.
    pub places: Vec<Place>,
    /// The two lines whose times bound the time of its own line, from below and from above: an `emitted` or `buffered`
    /// event lies before its own line, and that line between these. One where a single line does both; empty where no
    /// line of a spec shows the link.
    pub between: Vec<Place>,
    /// Why the state is what it is, when it is not `seen`.
    pub because: Option<String>,
}

/// A stage against its limit.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct StageRow {
    /// Which.
    pub stage: Stage,
    /// How long.
    pub took: Duration,
    /// Upper bound of normal.
    pub limit: Option<Duration>,
    /// It kept the event from the look: it is surely in excess, or a flush left the event behind.
    pub guilty: bool,
    /// What the limit in its place would have saved.
    pub saves: Option<Duration>,
    /// Lines.
    pub places: Vec<Place>,
}

/// One look.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct LookRow {
    /// When its answer was fixed.
    pub at: Option<Instant>,
    /// What was asked, when known.
    pub asked: Option<String>,
    /// HTTP status.
    pub status: Option<u16>,
    /// Rows that the spec counted.
    pub found: Option<u64>,
    /// Rows that came back.
    pub returned: Option<u64>,
    /// Rows that match on the server.
    pub total: Option<u64>,
    /// Lines.
    pub places: Vec<Place>,
}

/// Whether waiting would have helped, and how long.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Default, Serialize)]
pub struct Wait {
    /// Null when the logs do not tell.
    pub helps: Option<bool>,
    /// Smallest extra wait: from the deadline of a loop, from the last look otherwise.
    pub extra: Option<Duration>,
    /// Smallest time-out that would have passed.
    pub timeout: Option<Duration>,
    /// Largest flush interval that would have passed.
    pub flush_interval: Option<Duration>,
    /// Lines.
    pub places: Vec<Place>,
}

/// How passing specs fared that waited for the same type of event, and what the failing one has to be set beside them.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Passing {
    /// The type.
    pub event_type: String,
    /// Passing specs that printed looks for it. A spec can wait for more than one event of a type.
    pub specs: u64,
    /// Waits that ended with their first look.
    pub at_first_look: u64,
    /// From the start of looking to the look that ended the wait.
    pub looked: Spread,
    /// From the event's emission to that look; null where no emission is seen.
    pub since_emission: Option<Spread>,
    /// How long the failing spec's loop looked; null when it was none.
    pub window: Option<Duration>,
    /// From the emission of the event that the failing spec waited for to its last look; null where no emission is
    /// seen, negative where it came later.
    pub last_look: Option<Duration>,
    /// The look that ended the longest of these waits.
    pub places: Vec<Place>,
}
