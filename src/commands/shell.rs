//! `whylate completions` and `whylate man`: made from the same arguments as the help.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::Status;
use crate::cli::Cli;
use crate::output;

/// A completion script.
pub fn completions(shell: Shell) -> anyhow::Result<Status> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "whylate", &mut script);
    output::to_stdout(|out| out.write_all(&script))?;
    Ok(Status::Done)
}

/// The manual page.
pub fn man() -> anyhow::Result<Status> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    output::to_stdout(|out| out.write_all(&page))?;
    Ok(Status::Done)
}
