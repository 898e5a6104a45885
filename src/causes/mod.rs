//! Causes: one a file, each with its evidence, its fix and its manual. A cause knows one case, and no other cause.
//!
//! To add one: a file here, and two lines below (`mod`, `ALL`). Where it stands among the others is for `verdict`.

mod assert;
mod buffer_full;
mod data_interference;
mod dlq_202;
mod emit_dup;
mod emit_late;
mod emit_never;
mod flush_delay;
mod flush_order;
mod infra_down;
mod query_early;
mod query_err;
mod query_filter;
mod query_page;
mod query_slow;
mod query_window;
mod reject_4xx;
mod send_loss;
mod server_5xx;
mod store_closed;
mod validate_drop;
mod write_dup;
mod write_slow;

pub use assert::ASSERT;
pub use buffer_full::BUFFER_FULL;
pub use data_interference::DATA_INTERFERENCE;
pub use dlq_202::DLQ_202;
pub use emit_dup::EMIT_DUP;
pub use emit_late::EMIT_LATE;
pub use emit_never::EMIT_NEVER;
pub use flush_delay::FLUSH_DELAY;
pub use flush_order::FLUSH_ORDER;
pub use infra_down::INFRA_DOWN;
pub use query_early::QUERY_EARLY;
pub use query_err::QUERY_ERR;
pub use query_filter::QUERY_FILTER;
pub use query_page::QUERY_PAGE;
pub use query_slow::QUERY_SLOW;
pub use query_window::QUERY_WINDOW;
pub use reject_4xx::REJECT_4XX;
pub use send_loss::SEND_LOSS;
pub use server_5xx::SERVER_5XX;
pub use store_closed::STORE_CLOSED;
pub use validate_drop::VALIDATE_DROP;
pub use write_dup::WRITE_DUP;
pub use write_slow::WRITE_SLOW;

use crate::correlate::journeys::Case;
use crate::report::{Evidence, Family};

/// Something that makes an audit test fail.
pub struct Cause {
    /// Its code in kebab-case, as in every output.
    pub code: &'static str,
    /// Its answer to "write latency, flush delay or query timing?".
    pub family: Family,
    /// A few words.
    pub title: &'static str,
    /// The page that `explain` prints; the section "What to do" feeds the report's `fix`.
    pub manual: &'static str,
    /// What the case's lines say for and against it.
    pub examine: fn(&Case<'_>) -> Examined,
    /// What happened, in one sentence without the cause's name.
    pub sentence: fn(&Case<'_>) -> String,
    /// What to do, and the setting to change.
    pub fix: fn(&Case<'_>) -> (String, Option<&'static str>),
}

impl std::fmt::Debug for Cause {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.code)
    }
}

/// Evidence about one cause.
#[derive(Debug, Default)]
pub struct Examined {
    /// What speaks for it.
    pub supporting: Vec<Evidence>,
    /// What speaks against it.
    pub against: Vec<Evidence>,
    /// What excludes it.
    pub excluding: Vec<Evidence>,
}

/// Every cause, in the order of the pipeline.
pub static ALL: &[&Cause] = &[
    &INFRA_DOWN,
    &EMIT_NEVER,
    &EMIT_LATE,
    &EMIT_DUP,
    &VALIDATE_DROP,
    &BUFFER_FULL,
    &STORE_CLOSED,
    &FLUSH_DELAY,
    &FLUSH_ORDER,
    &SEND_LOSS,
    &REJECT_4XX,
    &SERVER_5XX,
    &DLQ_202,
    &WRITE_SLOW,
    &WRITE_DUP,
    &QUERY_EARLY,
    &QUERY_WINDOW,
    &QUERY_SLOW,
    &QUERY_FILTER,
    &QUERY_PAGE,
    &QUERY_ERR,
    &ASSERT,
    &DATA_INTERFERENCE,
];

/// The cause with a code.
pub fn named(code: &str) -> Option<&'static Cause> {
    ALL.iter().copied().find(|cause| cause.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registry_and_folder_agree() {
        let mut files: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/causes"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(".rs", "").replace('_', "-"))
            .filter(|name| name != "mod")
            .collect();
        let mut codes: Vec<&str> = ALL.iter().map(|cause| cause.code).collect();
        files.sort_unstable();
        codes.sort_unstable();
        assert_eq!(files, codes);
    }
}
