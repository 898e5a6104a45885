//! Every argument with its help, and nothing else.

mod values;

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use whylate::{causes, render, source};

pub use values::{Budget, FAMILIES, Target, nearest};
use values::{budget, columns, offset, pattern, size, target};

/// Says why an audit test failed: write latency, flush delay, query timing, or something else, with the lines that
/// prove it.
///
/// `whylate PATH…` is short for `whylate analyze PATH…`. A PATH is a folder, a .tar, .tar.gz or .zip, one log file
/// (plain or gzipped), or `-`. Several PATHs are one bundle: give the must-gather and the test output together. A PATH
/// that is named like a command is written `./analyze`.
#[derive(Debug, Parser)]
#[command(name = "whylate", version, args_conflicts_with_subcommands = true, max_term_width = 100)]
#[command(
    after_help = "Exit status: 0 the analysis ran and no gate tripped; 1 a gate of --fail-on or --max tripped, or check \
                        found a contradiction; 2 it could not run. The result goes to standard output, everything else to standard error."
)]
pub struct Cli {
    /// What to do; without it, analyze.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// `whylate PATH…`.
    #[command(flatten)]
    pub analyze: Analyze,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Analyse a bundle: the verdict, and what it rests on
    Analyze(Analyze),
    /// The merged timeline over all files, clocks and zones
    Timeline(Timeline),
    /// Hold a handoff document against a bundle, and against itself
    Check(Check),
    /// Several bundles beside each other: figures, causes, and what differs from a passing one
    Compare(Compare),
    /// The manual of a cause: what proves it, what rules it out
    Explain(Explain),
    /// Completions for a shell, to standard output
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// The manual page in roff, to standard output
    Man,
}

/// What to read, and how.
#[derive(Debug, Args)]
pub struct Reading {
    /// Folder, archive, log file or `-`; several are one bundle
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// How.
    #[command(flatten)]
    pub how: How,
}

/// How to read.
#[derive(Debug, Clone, Args)]
pub struct How {
    /// Zone of stamps that carry none, as +02:00, -0500 or UTC; by default it is found in the log
    #[arg(long, value_name = "OFFSET", value_parser = offset, allow_hyphen_values = true)]
    pub input_tz: Option<i32>,
    /// Threads to read with; 0 for as many as there are processors
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub threads: usize,
    /// Bounds against hostile archives.
    #[command(flatten)]
    pub limits: Limits,
}

impl How {
    /// For the source.
    pub fn source(&self) -> source::Options {
        let default = source::Options::default();
        let threads = if self.threads == 0 { default.threads } else { self.threads };
        source::Options { limits: self.limits.over(&default.limits), threads }
    }
}

/// Bounds of what is read. What lies beyond is skipped and said. Sizes take K, M, G or KiB, MiB, GiB.
#[derive(Debug, Clone, Args)]
pub struct Limits {
    /// Bytes of everything, inflated
    #[arg(help_heading = "Limits of reading", long = "limit-total", value_name = "SIZE", value_parser = size)]
    pub total: Option<u64>,
    /// Bytes of one file or archive member, inflated
    #[arg(help_heading = "Limits of reading", long = "limit-member", value_name = "SIZE", value_parser = size)]
    pub member: Option<u64>,
    /// Files and archive members
    #[arg(help_heading = "Limits of reading", long = "limit-members", value_name = "N")]
    pub members: Option<u64>,
    /// Archives inside archives
    #[arg(help_heading = "Limits of reading", long = "limit-depth", value_name = "N")]
    pub depth: Option<u32>,
    /// Bytes held in memory for a zip that cannot be read as a stream
    #[arg(help_heading = "Limits of reading", long = "limit-held", value_name = "SIZE", value_parser = size)]
    pub held: Option<u64>,
    /// Bytes of one line
    #[arg(help_heading = "Limits of reading", long = "limit-line", value_name = "SIZE", value_parser = size)]
    pub line: Option<u64>,
}

impl Limits {
    /// The defaults of the library with these in their place.
    pub fn over(&self, defaults: &source::Limits) -> source::Limits {
        source::Limits {
            total: self.total.unwrap_or(defaults.total),
            member: self.member.unwrap_or(defaults.member),
            members: self.members.unwrap_or(defaults.members),
            depth: self.depth.unwrap_or(defaults.depth),
            held: self.held.unwrap_or(defaults.held),
            line: self.line.map_or(defaults.line, |line| usize::try_from(line).unwrap_or(usize::MAX)),
        }
    }
}

/// How it looks on a terminal.
#[derive(Debug, Args)]
pub struct Terminal {
    /// When to use weights and colours; `NO_COLOR` and `CLICOLOR_FORCE` are obeyed
    #[arg(help_heading = "Terminal", long, value_name = "WHEN", value_enum, default_value_t = When::Auto)]
    pub color: When,
    /// Columns of text, 60 to 160; by default those of the terminal, else 80
    #[arg(help_heading = "Terminal", long, value_name = "COLUMNS", value_parser = columns)]
    pub width: Option<usize>,
    /// No notes on standard error, only errors
    #[arg(help_heading = "Terminal", short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Every failure in full, and no shortened lists
    #[arg(help_heading = "Terminal", short, long)]
    pub verbose: bool,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// When standard output is a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// `whylate analyze`.
#[derive(Debug, Args)]
pub struct Analyze {
    /// What to read.
    #[command(flatten)]
    pub reading: Reading,
    #[arg(short, long = "format", value_name = "FORMAT[=FILE]", value_parser = target, help = formats())]
    #[allow(missing_docs, reason = "its help is made from the registry")]
    pub formats: Vec<Target>,
    /// Write to this file instead of standard output; with one --format only
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// With --format csv: only this table; without it, csv=FOLDER takes a file for each
    #[arg(long, value_name = "TABLE", hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(render::tables::ALL.iter().map(|table| table.name)))]
    pub table: Option<String>,
    /// Leave ticks, batches, requests and events out of the outputs, which say so
    #[arg(long)]
    pub no_tables: bool,
    /// Upper bound of a document, as 60K
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub max_bytes: Option<u64>,
    /// Exit with status 1 when a failure has this cause or family, or at any failure
    #[arg(long, value_name = "CAUSE|family:FAMILY|any", ignore_case = true, hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(gates()))]
    pub fail_on: Vec<String>,
    /// Exit with status 1 when a stage surely took longer (its p95 over all events), as flush-wait=500ms or write=1s
    #[arg(long, value_name = "STAGE=LENGTH", value_parser = budget)]
    pub max: Vec<Budget>,
    /// Exit with status 2 when any input was left unread or cut
    #[arg(long)]
    pub strict: bool,
    /// How it looks.
    #[command(flatten)]
    pub terminal: Terminal,
}

/// `whylate timeline`.
#[derive(Debug, Args)]
pub struct Timeline {
    /// What to read.
    #[command(flatten)]
    pub reading: Reading,
    /// Only what belongs to failing specs whose text matches; with one such spec, its journey and looks come first
    #[arg(long, value_name = "REGEX", value_parser = pattern)]
    pub test: Option<regex::Regex>,
    /// Only this correlation id
    #[arg(long, value_name = "ID")]
    pub correlation_id: Option<String>,
    /// Only this event type
    #[arg(long, value_name = "TYPE")]
    pub event_type: Option<String>,
    /// Where the result goes.
    #[command(flatten)]
    pub to: Destination,
}

/// Where the one result of a command goes, and how it looks there.
#[derive(Debug, Args)]
pub struct Destination {
    /// Exit with status 2 when any input was left unread or cut
    #[arg(long)]
    pub strict: bool,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// How it looks.
    #[command(flatten)]
    pub terminal: Terminal,
}

impl Destination {
    /// The file; `-` is standard output, as everywhere.
    pub fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| path.as_os_str() != "-")
    }
}

/// `whylate check`.
///
/// Quoted lines, counts, durations, statuses, rates, stamps and their order are checked; other prose is counted as not
/// checked. Exit status 1 when a claim is contradicted.
#[derive(Debug, Args)]
#[command(mut_arg("paths", |paths| paths.required(false)))]
pub struct Check {
    /// The document, in Markdown; `-` for standard input
    #[arg(value_name = "DOCUMENT")]
    pub document: PathBuf,
    /// What to read.
    #[command(flatten)]
    pub reading: Reading,
    /// What to write: text (for a terminal), json (every claim), markdown (for a review)
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = CheckFormat::Text, hide_possible_values = true)]
    pub format: CheckFormat,
    /// Where the result goes.
    #[command(flatten)]
    pub to: Destination,
}

/// `whylate compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// Folder, archive or log file; each is a bundle of its own
    #[arg(required = true, num_args = 2.., value_name = "BUNDLE")]
    pub bundles: Vec<PathBuf>,
    /// How to read.
    #[command(flatten)]
    pub how: How,
    /// What to write: text, markdown or json
    #[arg(short, long, value_name = "FORMAT", default_value = "text", hide_default_value = true)]
    #[arg(value_parser = PossibleValuesParser::new(render::compare::ALL.iter().map(|(name, _)| *name)))]
    pub format: String,
    /// Where the result goes.
    #[command(flatten)]
    pub to: Destination,
}

/// Outputs of `whylate check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For a terminal
    Text,
    /// Every claim
    Json,
    /// For a review
    Markdown,
}

/// `whylate explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The cause; without it, all of them in a line each
    #[arg(ignore_case = true, hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(causes::ALL.iter().map(|cause| cause.code)))]
    pub cause: Option<String>,
}

/// Values of `--fail-on`.
fn gates() -> Vec<&'static str> {
    let causes = causes::ALL.iter().map(|cause| cause.code);
    causes.chain(FAMILIES.iter().map(|(gate, _)| *gate)).chain(["any"]).collect()
}

/// The help of `--format`, from the registry.
fn formats() -> String {
    let formats = render::ALL.iter().map(|renderer| format!("{} ({})", renderer.name, renderer.about));
    let formats = formats.collect::<Vec<_>>().join(", ");
    format!("What to write, and where to; several outputs from one run with FORMAT=FILE. {formats}; text by default")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_path_alone_is_analysed() {
        let cli = Cli::try_parse_from(["whylate", "bundle", "suite.log", "--format", "json=out.json"]).expect("valid");
        assert!(cli.command.is_none());
        assert_eq!(cli.analyze.reading.paths.len(), 2);
        assert_eq!(cli.analyze.formats[0].file.as_deref(), Some(std::path::Path::new("out.json")));
        let cli = Cli::try_parse_from(["whylate", "timeline", "bundle", "--test", "records"]).expect("valid");
        assert!(matches!(cli.command, Some(Command::Timeline(_))));
        let cli = Cli::try_parse_from(["whylate", "./timeline"]).expect("valid");
        assert!(cli.command.is_none());
    }

    #[test]
    fn no_number_of_threads_is_that_of_the_processors() {
        let threads = |given: &[&str]| {
            let cli = Cli::try_parse_from(["whylate", "bundle"].iter().chain(given)).expect("valid");
            cli.analyze.reading.how.source().threads
        };
        assert_eq!(threads(&[]), std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
        assert_eq!(threads(&["--threads", "7"]), 7);
    }

    #[test]
    fn values_reach_their_arguments() {
        let cli = Cli::try_parse_from(["whylate", "--input-tz", "-05:00", "x"]).expect("valid");
        assert_eq!(cli.analyze.reading.how.input_tz, Some(-18_000));
        let error = Cli::try_parse_from(["whylate", "x", "--fail-on", "write-slwo"]).expect_err("not a cause");
        assert!(error.to_string().contains("'write-slow'"), "{error}");
    }
}
