//! Pages of the findings that have a name of their own, in the form of the causes' manuals.
//!
//! A finding is something that a bundle shows and that its reader should know. It is never the cause of a failure: no
//! spec is explained by it, and it stands in no ranked list. `explain` prints these pages beside those of the causes.

/// Lines that look like a failure and are none: teardown, interrupted specs, false alarms of the flush timer.
pub const NOISE: &str = r#"# noise

Lines that look like a failure and are none. A finding, never a cause.

## What happened
The bundle holds errors or alarms that belong to no failing spec: refusals
after the suite was over, specs that another process's failure interrupted,
alarms of a timer that was only a little late.

## How it is told
- Refused connections and lost batches whose first error lies in the second
  of [AfterSuite] or later, with no spec failing before it. The server was
  stopped first; the stores flushed into nothing.
- "Interrupted by Other Ginkgo Process", and blocks that only repeat another
  process's suite node: victims of one failure, not failures of their own.
- "TIMER BUG DETECTED" with a drift of a few intervals. Until 19 April 2026
  the alarm was raised at twice the interval, since then at five times. With
  an interval of 100 ms the scheduler's jitter is enough.

## What rules it out
- The first error comes before the first failure.
- An awaited event whose own batch is among the lost ones.

## What it is confused with
- `send-loss`: there the attempts belong to the awaited event's batch.
- `infra-down`: there the server was away while a spec needed it.
- `flush-delay`: an alarm whose gap kept the awaited event is no noise. A slow
  write does not raise the alarm; a process that was not scheduled does.

## What to do
In the test: close the stores before the server is stopped. Read the first
failure by time, not the last lines of the log.
In the service: nothing.
In the server: nothing.

## An example
    17:44:20 … [AfterSuite] …
    17:44:20 … Failed to write audit batch … "attempt": 1 … connection refused
The first refusal stands in the second of the teardown; every spec passed.

## What would overturn it
A failing spec that waited for an event of one of those batches.
"#;

/// A setting that was given and not applied.
pub const CONFIG_IGNORED: &str = r#"# config-ignored

A setting was given and not applied. A finding, never a cause.

## What happened
A value in the configuration differs from the one that the process says it
uses: a pool size, a flush interval, a log level. The code has the value
built in, or reads another key.

## How it is told
A line of the start names the value in use: "PostgreSQL connection
established" with `max_open_conns` and `max_idle_conns`, "Audit store
initialized" or "Audit background writer started" with `flush_interval`. It is
held against the configuration, where the bundle has it. Some start lines
print defaults instead of the values in use: of two lines, the one that the
store itself prints counts.

## What rules it out
- The values are equal, or the bundle does not hold the configuration.

## What it is confused with
- `flush-delay`: an interval that was not applied can be why a flush came
  late. Then the late flush is the cause, and this finding says why.
- `write-slow`: a small pool is a reason for a slow write only where the
  event's own write was slow. A real bug is usually not the failure's cause.

## What to do
In the test: write down the value that the process prints at its start.
In the service: read the setting; print the value in use at the start.
In the server: likewise.

## An example
    … PostgreSQL connection established {"max_open_conns": 25,
      "max_idle_conns": 5}
The configuration said 100 and 50. The bug was mended; the specs still failed.

## What would overturn it
A configuration that the process did not load, such as that of another pod.
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn pages_have_the_sections_of_a_manual() {
        for (code, page) in [("noise", NOISE), ("config-ignored", CONFIG_IGNORED)] {
            assert_eq!(page.lines().next(), Some(format!("# {code}").as_str()));
            assert!(page.lines().all(|line| line.width() <= 78), "{code}: a line is too wide");
            let sections = page.lines().filter(|line| line.starts_with("## ")).count();
            assert_eq!(sections, 7, "{code}");
        }
    }
}
