//! Makes a large bundle out of a scenario (`testdata/scenarios/NAME/bundle`), with verdicts that stay known.
//!
//!     cargo run --release --example corpus -- BUNDLE OUT SIZE_MB SHARE_PERCENT
//!
//! Its run is multiplied, each one day after the one before, with stores, ids, namespaces and connections of its own;
//! the lines of unrelated pods are mixed in until the run's lines have the wanted share of all lines. OUT's ending
//! chooses the packing: a folder, `.tar`, `.tar.gz`, `.tar.zst` or `.zip`. Beside it stands `OUT.manifest.json`: how
//! many runs, and which causes each has when BUNDLE has a `verdict.json` beside it.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::{Days, NaiveDate};
use regex::Regex;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bundle, out, size, share] = arguments.as_slice() else {
        return Err("expected BUNDLE OUT SIZE_MB SHARE_PERCENT".into());
    };
    let (bundle, out) = (Path::new(bundle), Path::new(out));
    let (size, share) = (size.parse::<u64>()? << 20, share.parse::<u64>()?.clamp(1, 100));
    let files = templates(bundle)?;

    // Noise lines are as long as the others, near enough: the share of lines is the share of bytes.
    let of_run: u64 = files.iter().map(|file| file.bytes).sum();
    let runs = (size * share / 100 / of_run.max(1)).clamp(1, 20_000);
    let noise = size.saturating_sub(runs * of_run);

    let mut packed = Packed::create(out)?;
    for file in &files {
        packed.member(&file.name, runs * file.bytes, |to| (0..runs).try_for_each(|run| file.write(run, to)))?;
    }
    let pods = noise.div_ceil(POD_BYTES);
    for pod in 0..pods {
        let bytes = if pod + 1 == pods { noise - pod * POD_BYTES } else { POD_BYTES };
        let name = format!("pods/tenant-{}_worker-{pod}/main.log", pod % 7);
        packed.member(&name, bytes, |to| noise_lines(pod, bytes, to))?;
    }
    packed.finish()?;

    let truth =
        bundle.parent().map(|folder| folder.join("verdict.json")).and_then(|path| fs::read_to_string(path).ok());
    let causes: Vec<String> = truth
        .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
        .and_then(|truth| Some(truth["failures"].as_array()?.iter().map(|one| one["cause"].to_string()).collect()))
        .unwrap_or_default();
    let causes: Vec<String> = causes.iter().map(|cause| cause.trim_matches('"').to_lowercase()).collect();
    let manifest = serde_json::json!({
        "runs": runs, "bytes_of_runs": runs * of_run, "bytes_of_noise": noise, "causes_of_each_run": causes,
    });
    let name = format!("{}.manifest.json", out.display());
    fs::write(name, serde_json::to_string_pretty(&manifest)?)?;
    Ok(())
}

/// One file of the bundle, cut where a run differs from the next.
struct Template {
    name: String,
    bytes: u64,
    parts: Vec<Part>,
}

enum Part {
    Same(String),
    /// A date and how it is written.
    Date(NaiveDate, &'static str),
    /// Hexadecimal digits of an id.
    Id(String),
    /// The address of a local client, before its port.
    Address,
}

fn templates(bundle: &Path) -> Result<Vec<Template>> {
    let varies = Regex::new(
        r"(?P<iso>\d{4}-\d\d-\d\d)T\d\d:|(?P<us>\d\d/\d\d/\d\d) \d\d:|(?P<address>127\.0\.0\.1):\d{5}|[a-z]-(?P<id>[0-9a-f]{3,})\b",
    )?;
    let mut paths = Vec::new();
    walk(bundle, &mut paths)?;
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        let name = path.strip_prefix(bundle)?.to_string_lossy().into_owned();
        let (mut parts, mut from, mut bytes) = (Vec::new(), 0, 0);
        for found in varies.captures_iter(&text) {
            let (group, part) = if let Some(date) = found.name("iso") {
                (date, NaiveDate::parse_from_str(date.as_str(), "%Y-%m-%d").ok().map(|at| Part::Date(at, "%Y-%m-%d")))
            } else if let Some(date) = found.name("us") {
                (date, NaiveDate::parse_from_str(date.as_str(), "%m/%d/%y").ok().map(|at| Part::Date(at, "%m/%d/%y")))
            } else if let Some(address) = found.name("address") {
                (address, Some(Part::Address))
            } else {
                let id = found.name("id").ok_or("expected one of the groups")?;
                (id, Some(Part::Id(id.as_str().to_owned())))
            };
            let Some(part) = part else { continue };
            bytes += group.start() - from + if matches!(part, Part::Address) { ADDRESS } else { group.len() };
            parts.push(Part::Same(text[from..group.start()].to_owned()));
            parts.push(part);
            from = group.end();
        }
        parts.push(Part::Same(text[from..].to_owned()));
        bytes += text.len() - from;
        if !text.ends_with('\n') {
            parts.push(Part::Same("\n".to_owned()));
            bytes += 1;
        }
        // A document is one value, and doubling it makes none.
        if path.extension().is_some_and(|ending| ending == "log") {
            files.push(Template { name, bytes: bytes as u64, parts });
        }
    }
    Ok(files)
}

/// Length of `10.100.100.100`: all runs have one length.
const ADDRESS: usize = 14;

impl Template {
    fn write(&self, run: u64, to: &mut dyn Write) -> io::Result<()> {
        for part in &self.parts {
            match part {
                Part::Same(text) => to.write_all(text.as_bytes())?,
                Part::Date(at, layout) => {
                    let at = at.checked_add_days(Days::new(run)).unwrap_or(*at);
                    write!(to, "{}", at.format(layout))?;
                }
                Part::Id(digits) => {
                    for (place, digit) in digits.bytes().enumerate() {
                        let value = (digit as char).to_digit(16).unwrap_or(0);
                        let turn = run >> (4 * (place % 5));
                        let turned = (u64::from(value) + turn) % 16;
                        to.write_all(&[b"0123456789abcdef"[usize::try_from(turned).unwrap_or(0)]])?;
                    }
                }
                Part::Address => write!(to, "10.{}.{}.{}", 100 + run / 10_000, 100 + run / 100 % 100, 100 + run % 100)?,
            }
        }
        Ok(())
    }
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { walk(&path, paths)? } else { paths.push(path) }
    }
    Ok(())
}

const POD_BYTES: u64 = 16 << 20;

/// Lines of pods that have nothing to do with the run, in the formats that a cluster has.
fn noise_lines(pod: u64, bytes: u64, to: &mut dyn Write) -> io::Result<()> {
    let (mut state, mut left, mut line) = (pod + 1, bytes, Vec::new());
    while left > 0 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (a, b) = (state >> 40, state >> 20 & 0xffff);
        line.clear();
        let (minutes, seconds) = (b % 60, a % 60);
        match a % 5 {
            0 => writeln!(
                line,
                r#"{{"level":"info","ts":"2026-11-24T18:{minutes:02}:{seconds:02}.{b:05}Z","logger":"controller.workqueue","msg":"Reconciled resource","resource":"deployments/app-{a}","duration":{b},"queue_length":{seconds},"requeue":false,"trace":"{state:016x}"}}"#
            )?,
            1 => writeln!(
                line,
                "I1124 18:{minutes:02}:{seconds:02}.{b:06}       1 httplog.go:132] \"HTTP\" verb=\"GET\" URI=\"/apis/apps/v1/namespaces/tenant/deployments?limit=500\" latency=\"{b}µs\" resp=200 srcIP=\"10.0.{seconds}.{minutes}:{b}\""
            )?,
            2 => writeln!(
                line,
                "2026-11-24T18:{minutes:02}:{seconds:02}Z\tINFO\tscheduler\tPod bound to node\t{{\"pod\": \"tenant/worker-{a}\", \"node\": \"node-{seconds}\", \"evaluated\": {minutes}, \"feasible\": {seconds}, \"uid\": \"{state:016x}\"}}"
            )?,
            3 => writeln!(
                line,
                "10.0.{seconds}.{minutes} - - [24/Nov/2026:18:{minutes:02}:{seconds:02} +0000] \"GET /healthz?id={state:x} HTTP/1.1\" 200 {b} \"-\" \"kube-probe/1.31\""
            )?,
            _ => writeln!(
                line,
                "2026-11-24 18:{minutes:02}:{seconds:02},{b:03} worker[{a}] DEBUG fetched {minutes} of {seconds} records from topic orders-{b} at offset {state} without lag"
            )?,
        }
        let count = (line.len() as u64).min(left);
        to.write_all(&line[..usize::try_from(count).unwrap_or(line.len())])?;
        left -= count;
    }
    Ok(())
}

/// The bundle while it is written.
enum Packed {
    Folder(PathBuf),
    Tar(tar::Builder<Box<dyn Finish>>),
    Zip(rawzip::ZipArchiveWriter<BufWriter<File>>),
}

/// A writer that has last words.
trait Finish: Write {
    fn finish(self: Box<Self>) -> io::Result<()>;
}

impl Finish for BufWriter<File> {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.flush()
    }
}

impl Finish for flate2::write::GzEncoder<BufWriter<File>> {
    fn finish(self: Box<Self>) -> io::Result<()> {
        (*self).finish()?.flush()
    }
}

impl Finish for zstd::stream::write::Encoder<'static, BufWriter<File>> {
    fn finish(self: Box<Self>) -> io::Result<()> {
        (*self).finish()?.flush()
    }
}

impl Packed {
    fn create(out: &Path) -> Result<Self> {
        let name = out.to_string_lossy();
        let file = || File::create(out).map(|file| BufWriter::with_capacity(1 << 20, file));
        let tar = |to: Box<dyn Finish>| Ok(Self::Tar(tar::Builder::new(to)));
        if name.ends_with(".tar") {
            tar(Box::new(file()?))
        } else if name.ends_with(".tar.gz") {
            tar(Box::new(flate2::write::GzEncoder::new(file()?, flate2::Compression::default())))
        } else if name.ends_with(".tar.zst") {
            tar(Box::new(zstd::stream::write::Encoder::new(file()?, 3)?))
        } else if name.ends_with(".zip") {
            Ok(Self::Zip(rawzip::ZipArchiveWriter::new(file()?)))
        } else {
            Ok(Self::Folder(out.to_owned()))
        }
    }

    fn member(&mut self, name: &str, bytes: u64, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                fs::create_dir_all(path.parent().unwrap_or(folder))?;
                let mut to = BufWriter::with_capacity(1 << 20, File::create(path)?);
                write(&mut to)?;
                to.flush()?;
            }
            Self::Tar(tar) => {
                let mut header = tar::Header::new_ustar();
                header.set_path(name)?;
                header.set_size(bytes);
                header.set_mode(0o644);
                header.set_cksum();
                let to = tar.get_mut();
                to.write_all(header.as_bytes())?;
                write(to)?;
                let padding = usize::try_from(bytes.wrapping_neg() % 512)?;
                to.write_all(&[0; 512][..padding])?;
            }
            Self::Zip(zip) => {
                let (mut entry, config) =
                    zip.new_file(name).compression_method(rawzip::CompressionMethod::DEFLATE).start()?;
                let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
                let mut writer = config.wrap(encoder);
                write(&mut writer)?;
                let (encoder, descriptor) = writer.finish()?;
                encoder.finish()?;
                entry.finish(descriptor)?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        match self {
            Self::Folder(_) => {}
            Self::Tar(tar) => Finish::finish(tar.into_inner()?)?,
            Self::Zip(zip) => zip.finish()?.flush()?,
        }
        Ok(())
    }
}
