//! The *texts* of a bundle: every file as the reader of a log would get it. For tests and benches.

use std::io::Read;
use std::path::PathBuf;

use whylate::source::{self, Reader};

struct Keep;

impl Reader for Keep {
    type Output = Vec<u8>;

    fn read(&self, _: &str, bytes: &mut dyn Read) -> Vec<u8> {
        let mut text = Vec::new();
        bytes.read_to_end(&mut text).map_or_else(|_| Vec::new(), |_| text)
    }
}

/// Every file below the PATHs that is text, with its label.
pub fn texts(paths: &[PathBuf]) -> Vec<(String, Vec<u8>)> {
    let gathered = source::gather(paths, &source::Options::default(), &Keep).expect("the test data is there");
    gathered.files.into_iter().filter_map(|file| Some((file.label, file.output?))).collect()
}
