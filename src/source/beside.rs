//! Beside: a stream that a thread of its own reads ahead, so that inflating and parsing run side by side.

use super::limits::{message, stop};
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, sync_channel};

/// Bytes of one block handed from the inflating thread to the reading one.
const BLOCK: usize = 256 << 10;

/// Blocks under way between the two threads: enough to smooth, few enough that memory stays at some megabytes.
const BLOCKS: usize = 8;

/// A stream read by a thread of its own, so that inflating and parsing run side by side.
pub(super) struct Beside {
    blocks: Receiver<io::Result<Vec<u8>>>,
    block: Vec<u8>,
    at: usize,
    failed: Option<String>,
}

impl Beside {
    /// Begins to read `input` ahead. The thread ends with the stream, or when the reading side is dropped.
    pub fn new(mut input: impl Read + Send + 'static) -> Self {
        let (sender, blocks) = sync_channel(BLOCKS);
        std::thread::spawn(move || {
            loop {
                let mut block = vec![0; BLOCK];
                let (filled, error) = fill(&mut input, &mut block);
                block.truncate(filled);
                let ended = filled < BLOCK;
                if sender.send(Ok(block)).is_err() {
                    return;
                }
                if let Some(error) = error {
                    // A reading side that has gone needs no error.
                    let _ = sender.send(Err(error));
                    return;
                }
                if ended {
                    return;
                }
            }
        });
        Self { blocks, block: Vec::new(), at: 0, failed: None }
    }
}

/// Fills a block as far as the input goes.
fn fill(input: &mut impl Read, block: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut filled = 0;
    while filled < block.len() {
        match input.read(&mut block[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (filled, Some(error)),
        }
    }
    (filled, None)
}

impl Read for Beside {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.block.len() {
            if let Some(message) = &self.failed {
                return Err(stop(message.clone()));
            }
            match self.blocks.recv() {
                Ok(Ok(block)) => (self.block, self.at) = (block, 0),
                Ok(Err(error)) => self.failed = Some(message(&error)),
                Err(_) => return Ok(0),
            }
        }
        let count = buffer.len().min(self.block.len() - self.at);
        buffer[..count].copy_from_slice(&self.block[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
