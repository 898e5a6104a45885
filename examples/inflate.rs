//! Inflates a bundle and does nothing with it: what `whylate` is measured against in `benches/compare.sh`.
//!
//!     cargo run --release --example inflate -- PATH

use std::error::Error;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use whylate::source;

/// Reads a file's bytes and drops them.
struct Drop;

impl source::Reader for Drop {
    type Output = ();

    fn read(&self, _: &str, bytes: &mut dyn Read) {
        let mut block = vec![0; 256 << 10];
        while matches!(bytes.read(&mut block), Ok(1..)) {}
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let gathered = source::gather(&paths, &source::Options::default(), &Drop)?;
    let bytes: u64 = gathered.files.iter().map(|file| file.bytes).sum();
    Ok(writeln!(io::stdout(), "{} files, {bytes} bytes", gathered.files.len())?)
}
