//! Stub.
use crate::report::Family;
/// Stub.
#[derive(Debug)]
pub struct Cause {
    /// Stub.
    pub code: &'static str,
    /// Stub.
    pub family: Family,
    /// Stub.
    pub title: &'static str,
    /// Stub.
    pub manual: &'static str,
}
static WRITE_SLOW: Cause = Cause {
    code: "write-slow",
    family: Family::WriteLatency,
    title: "A write took too long",
    manual: "# write-slow\n\nThe write took too long.\n",
};
static FLUSH_DELAY: Cause = Cause {
    code: "flush-delay",
    family: Family::FlushDelay,
    title: "The flush came too late",
    manual: "# flush-delay\n\nThe flush came too late.\n",
};
static REJECT: Cause = Cause {
    code: "reject-4xx",
    family: Family::Other,
    title: "The server refused the batch",
    manual: "# reject-4xx\n\nRefused.\n",
};
/// Stub.
pub static ALL: &[&Cause] = &[&WRITE_SLOW, &FLUSH_DELAY, &REJECT];
