//! Beside: a stream that a thread of its own reads ahead, so that inflating and parsing run side by side.

use super::limits::{fill, message, stop};
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

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
    thread: Option<JoinHandle<()>>,
}

impl Beside {
    /// Begins to read `input` ahead. The thread ends with the stream, or when the reading side is dropped.
    pub fn new(mut input: impl Read + Send + 'static) -> Self {
        let (sender, blocks) = sync_channel(BLOCKS);
        let thread = std::thread::spawn(move || {
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
        Self { blocks, block: Vec::new(), at: 0, failed: None, thread: Some(thread) }
    }
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
                // The thread is at its end: of the stream, or by a fault of the decoder.
                Err(_) => match self.thread.take().map(JoinHandle::join) {
                    Some(Err(_)) => {
                        let fault = "broken: expected the rest of the stream, found a fault of its decoder";
                        self.failed = Some(fault.to_owned());
                    }
                    _ => return Ok(0),
                },
            }
        }
        let count = buffer.len().min(self.block.len() - self.at);
        buffer[..count].copy_from_slice(&self.block[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
