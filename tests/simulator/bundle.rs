//! The files of a run: blocks in the order of their ends, the server's log on the server's clock.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::Run;
use super::params::{MICRO, Params, Wording};
use super::print;
use super::process::{Block, Line, Process, Truth};
use super::server::{self, BEGIN, Request};

/// File of the specs.
pub fn spec_file(params: &Params) -> &'static str {
    match params.wording {
        Wording::Json => "/src/kubernaut/test/integration/signalprocessing/audit_integration_test.go",
        Wording::Console => {
            "/src/kubernaut/test/integration/remediationorchestrator/audit_emission_integration_test.go"
        }
    }
}

fn suite(params: &Params) -> &'static str {
    match params.wording {
        Wording::Json => "signalprocessing",
        Wording::Console => "remediationorchestrator",
    }
}

/// Prints everything.
pub fn put_together(params: &Params, processes: Vec<Process<'_>>) -> Run {
    let mut blocks: Vec<(Block, String)> = Vec::new();
    let mut truths: Vec<Truth> = Vec::new();
    for mut process in processes {
        process.lines.sort_by_key(|line| line.written);
        let mut sampler = Sampler::default();
        let lines: Vec<Line> =
            process.lines.drain(..).filter(|line| !params.sampling || sampler.keeps(&line.text)).collect();
        for block in &process.truth.blocks {
            let mut text = String::new();
            for line in lines.iter().filter(|line| (block.begin..=block.end).contains(&line.written)) {
                let _ = writeln!(text, "  {}", line.text);
                if let Some(event) = line.buffered {
                    process.truth.events[event].printed = true;
                }
            }
            blocks.push((block.clone(), text));
        }
        truths.push(process.truth);
    }
    blocks.sort_by_key(|(block, _)| (!block.title.starts_with("[SynchronizedB"), block.end));
    let output = output(params, &blocks);
    let server = server_log(params, &mut truths);
    let end = blocks.iter().map(|(block, _)| block.end).max().unwrap_or(BEGIN);
    Run { output, server, processes: truths, end }
}

/// zap's sampler: of the entries of one level and message in one second, the first hundred and then each hundredth.
#[derive(Debug, Default)]
struct Sampler(HashMap<(String, String), u32>);

impl Sampler {
    fn keeps(&mut self, line: &str) -> bool {
        let field = |key: &str| line.split_once(key).and_then(|(_, rest)| Some(rest.split_once('"')?.0.to_owned()));
        let (Some(second), Some(msg)) = (field("\"ts\":\""), field("\"msg\":\"")) else { return true };
        let count = self.0.entry((second, msg)).or_default();
        *count += 1;
        *count <= 100 || (*count - 100).is_multiple_of(100)
    }
}

const RULE: &str = "------------------------------";

fn output(params: &Params, blocks: &[(Block, String)]) -> String {
    let (suite, file) = (suite(params), spec_file(params));
    let specs = blocks.iter().filter(|(block, _)| !block.node).count();
    let failed: Vec<&Block> = blocks.iter().map(|(block, _)| block).filter(|block| block.failure.is_some()).collect();
    let mut out = format!(
        "Running Suite: {suite} Controller Integration Suite (ENVTEST) - /src/kubernaut/test/integration/{suite}\n\
         =====================================================\nRandom Seed: 1768419309\n\n\
         Will run {specs} of {specs} specs\nRunning in parallel across {} processes\n",
        params.processes
    );
    for (block, text) in blocks {
        let seconds = print::float_seconds((block.end - block.begin) / 1_000_000 * 1_000_000);
        let _ = writeln!(out, "{RULE}");
        if block.node {
            let _ = writeln!(out, "{} PASSED [{seconds} seconds]\n{} ", block.title, block.title);
            let _ = writeln!(out, "/src/kubernaut/test/integration/{suite}/suite_test.go:{}\n", block.line);
        } else {
            let (tag, it) = if block.failure.is_some() { ("[FAILED] ", "[It] ") } else { ("", "") };
            let _ = writeln!(out, "• {tag}[{seconds} seconds]\nAudit Integration {it}{} [audit]", block.title);
            let _ = writeln!(out, "{file}:{}\n", block.line);
        }
        let _ = writeln!(out, "  Timeline >>\n{text}  << Timeline");
        if let Some(failure) = &block.failure {
            let (event_type, id) = &failure.awaited;
            let said =
                format!("Should have exactly 1 {event_type} event(s) for this correlation_id, but found 0 events");
            let place = format!("{file}:{}", block.line + 78);
            let _ = match failure.after {
                Some(after) => writeln!(
                    out,
                    "\n  [FAILED] Timed out after {:.3}s.\n  The function passed to Eventually failed at {place} with:\n  \
                     {said} (correlation_id: {id})",
                    after as f64 / 1e9
                ),
                None => writeln!(out, "\n  [FAILED] {said} (correlation_id: {id})"),
            };
            let at = print::ginkgo(params, failure.at);
            let _ =
                writeln!(out, "  Expected\n      <int>: 0\n  to equal\n      <int>: 1\n  In [It] at: {place} @ {at}");
        }
    }
    let _ = writeln!(out, "{RULE}\n");
    if !failed.is_empty() {
        let _ = writeln!(out, "Summarizing {} Failure{}:", failed.len(), if failed.len() == 1 { "" } else { "s" });
        for block in &failed {
            let _ = writeln!(out, "  [FAIL] Audit Integration [It] {} [audit]", block.title);
            let _ = writeln!(out, "  {file}:{}\n", block.line + 78);
        }
    }
    let word = if failed.is_empty() { "SUCCESS!" } else { "FAIL!" };
    let _ = writeln!(
        out,
        "Ran {specs} of {specs} Specs in 8.820 seconds\n{word} -- {} Passed | {} Failed | 0 Pending | 0 Skipped\n\n\n\
         Ginkgo ran 1 suite in 8.944716674s\n{}",
        specs - failed.len(),
        failed.len(),
        if failed.is_empty() { "Test Suite Passed" } else { "\nTest Suite Failed" }
    );
    out
}

fn server_log(params: &Params, truths: &mut [Truth]) -> String {
    let mut requests: Vec<&mut Request> = truths.iter_mut().flat_map(|truth| &mut truth.requests).collect();
    requests.sort_by_key(|request| request.begin);
    // Each with the moment of the test host's clock at which it is printed: that is the order of the log.
    let shown = |host: i64| host + server::offset_at(params, host);
    let first = BEGIN - 700_000_000;
    let mut lines: Vec<(i64, String)> = vec![
        (
            first,
            print::server_line(
                shown(first),
                "server/server.go:174",
                "Redis connection established",
                "\"addr\": \"host.containers.internal:16382\"",
            ),
        ),
        (
            first + 200_000_000,
            print::server_line(
                shown(first + 200_000_000),
                "datastorage/main.go:176",
                "HTTP server listening",
                "\"addr\": \"0.0.0.0:18094\"",
            ),
        ),
    ];
    for (number, request) in requests.into_iter().enumerate() {
        request.number = number + 1;
        let mut put = |host: i64, caller: &str, msg: &str, fields: &str| {
            lines.push((host, print::server_line(shown(host), caller, msg, fields)));
        };
        let size = request.size;
        let bytes = match (request.write, request.status) {
            (true, 201) => 39 * size + size.to_string().len() + 63,
            (true, _) => 215,
            (false, _) => 76 + 891 * size,
        };
        let took = request.end - request.begin;
        if request.status == 201 {
            let handler = "server/audit_events_batch_handler.go:188";
            let fields =
                format!("\"count\": {size}, \"duration_seconds\": {}", print::float_seconds(took - 150 * MICRO));
            put(request.end - 20 * MICRO, handler, "Batch audit events created successfully", &fields);
        } else if !request.write {
            let fields = format!("\"count\": {size}, \"total\": {size}, \"limit\": 50, \"offset\": 0");
            put(
                request.end - 20 * MICRO,
                "server/audit_events_handler.go:359",
                "Audit events queried successfully",
                &fields,
            );
        } else {
            let fields = "\"index\": 0, \"error\": \"timestamp is older than 7 days\"";
            put(
                request.end - 20 * MICRO,
                "server/audit_events_batch_handler.go:120",
                "Batch validation failed",
                fields,
            );
        }
        let (method, path) =
            if request.write { ("POST", "/api/v1/audit/events/batch") } else { ("GET", "/api/v1/audit/events") };
        let fields = format!(
            "\"request_id\": \"{}\", \"method\": \"{method}\", \"path\": \"{path}\", \
             \"remote_addr\": \"127.0.0.1:{}\", \"status\": {}, \"bytes\": {bytes}, \"duration\": \"{}\"",
            request_id(request.number),
            request.port,
            request.status,
            print::go(took)
        );
        put(request.end, "server/handlers.go:119", "HTTP request", &fields);
    }
    lines.sort_by_key(|(at, _)| *at);
    lines.into_iter().map(|(_, line)| line).collect()
}

/// A request's id in the server's log.
pub fn request_id(number: usize) -> String {
    format!("7861c6524e44/RYbK4l3NWn-{number:06}")
}

/// Names of a run's files, as a must-gather has them.
pub fn names(params: &Params) -> [String; 2] {
    let suite = suite(params);
    [
        format!("integration-{suite}.log"),
        format!("kubernaut-must-gather/{suite}-integration-20260114-143544/{suite}_{suite}_datastorage_test.log"),
    ]
}

/// Writes a run as a folder; returns its files.
pub fn write(run: &Run, params: &Params, folder: &Path) -> [PathBuf; 2] {
    let [output, server] = names(params).map(|name| folder.join(name));
    fs::create_dir_all(server.parent().expect("a file in a folder")).expect("a folder that can be made");
    fs::write(&output, &run.output).expect("a file that can be written");
    fs::write(&server, &run.server).expect("a file that can be written");
    [output, server]
}
