//! `whylate explain`: the manual of a cause, which lives in the cause's own file.

use whylate::causes;
use whylate::render::explain;

use crate::Status;
use crate::cli::Explain;
use crate::output;

/// Shows one cause, or lists all.
pub fn run(args: &Explain) -> anyhow::Result<Status> {
    let cause = args.cause.as_ref().and_then(|code| causes::ALL.iter().find(|c| c.code.eq_ignore_ascii_case(code)));
    output::to_stdout(|out| match cause {
        Some(cause) => explain::page(cause, out),
        None => explain::list(causes::ALL, out),
    })?;
    Ok(Status::Done)
}
