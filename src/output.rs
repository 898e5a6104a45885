//! The only writer: standard output, standard error, and files. A file is written whole or not at all; a pipe that the
//! reader has closed ends quietly; nothing reaches standard output before everything else has succeeded.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context;
use tempfile::NamedTempFile;

/// Writes a result to standard output. A closed pipe is no error: the reader had enough.
pub fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let written = write(&mut out).and_then(|()| out.flush());
    // What is left in the buffer would be written once more when it is dropped.
    let _ = out.into_parts();
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.context("standard output cannot be written"),
    }
}

/// Writes a result to a file, or to standard output without one.
pub fn put(file: Option<&Path>, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
    let Some(path) = file else { return to_stdout(write) };
    let mut files = Files::default();
    files.add(path, write)?;
    files.finish()
}

/// One line on standard error, prefixed with the program's name.
pub fn note(text: &str) {
    // Nobody is left to be told when standard error is closed.
    let _ = writeln!(io::stderr().lock(), "whylate: {}", whylate::render::escape::terminal(text));
}

/// A line on a terminal's standard error that says how many bytes were read, while that takes long.
pub struct Progress {
    done: Sender<()>,
    thread: Option<JoinHandle<()>>,
}

/// Work that takes less is not spoken of.
const LONG: Duration = Duration::from_secs(1);
const AGAIN: Duration = Duration::from_millis(200);

impl Progress {
    /// Shows the count until it is dropped; nothing when standard error is no terminal.
    pub fn start(bytes: &Arc<AtomicU64>) -> Option<Self> {
        let terminal = io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        terminal.then(|| Self::shown(Arc::clone(bytes), io::stderr()))
    }

    fn shown(bytes: Arc<AtomicU64>, mut to: impl Write + Send + 'static) -> Self {
        let (done, waits) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut next = LONG;
            while waits.recv_timeout(next) == Err(RecvTimeoutError::Timeout) {
                let megabytes = bytes.load(Ordering::Relaxed) / 1_000_000;
                let _ = write!(to, "\rwhylate: {megabytes} MB read").and_then(|()| to.flush());
                next = AGAIN;
            }
            if next == AGAIN {
                // The line is gone before anything else is written.
                let _ = write!(to, "\r\x1b[K").and_then(|()| to.flush());
            }
        });
        Self { done, thread: Some(thread) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let _ = self.done.send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Appends to a file that others write to as well, so that it stays below `limit` bytes. `make` is told how many are left.
pub fn append(path: &Path, limit: usize, make: impl FnOnce(usize) -> io::Result<Vec<u8>>) -> anyhow::Result<()> {
    let name = || format!("{} cannot be written", path.display());
    let mut file = File::options().append(true).create(true).open(path).with_context(name)?;
    let used = usize::try_from(file.metadata().with_context(name)?.len()).unwrap_or(usize::MAX);
    let left = limit.saturating_sub(used);
    let bytes = make(left.saturating_sub(1)).with_context(name)?;
    if bytes.is_empty() || bytes.len() > left {
        note(&format!("{}: expected room for a summary, found {used} bytes already there", path.display()));
        return Ok(());
    }
    file.write_all(&bytes).with_context(name)
}

/// Several files that appear together, once all of them are complete.
#[derive(Default)]
pub struct Files {
    waiting: Vec<(NamedTempFile, PathBuf)>,
}

impl Files {
    /// Writes one file beside its final place.
    pub fn add(&mut self, path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
        let name = || format!("{} cannot be written", path.display());
        if path.is_dir() {
            anyhow::bail!("{}: expected a file to write, found a folder", path.display());
        }
        // What a link points to is replaced, not the link; a device or a pipe is not replaced at all.
        let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let old = target.metadata().ok();
        if old.as_ref().is_some_and(|old| !old.is_file()) {
            let mut out = BufWriter::with_capacity(1 << 16, File::options().write(true).open(path).with_context(name)?);
            return write(&mut out).and_then(|()| out.flush()).with_context(name);
        }
        let folder = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            anyhow::bail!("{}: expected an existing folder, found none at {}", path.display(), folder.display());
        }
        let file = temporary(folder).with_context(name)?;
        let mut out = BufWriter::with_capacity(1 << 16, file);
        write(&mut out).and_then(|()| out.flush()).with_context(name)?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error).with_context(name)?;
        if let Some(old) = old {
            file.as_file().set_permissions(old.permissions()).with_context(name)?;
        }
        self.waiting.push((file, target));
        Ok(())
    }

    /// Writes one of the files of a folder that is made when it does not exist.
    pub fn add_in(
        &mut self,
        folder: &Path,
        path: &Path,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        self.add(path, write)
    }

    /// Puts all of them in place.
    pub fn finish(self) -> anyhow::Result<()> {
        for (file, path) in self.waiting {
            file.persist(&path)
                .map_err(|error| error.error)
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(())
    }
}

/// A file beside its final place, with the permissions of any new file: temporary ones are for their owner only.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".whylate-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.json");
        let mut files = Files::default();
        files.add(&path, |out| out.write_all(b"whole")).expect("writable");
        assert!(!path.exists());
        files.finish().expect("writable");
        assert_eq!(std::fs::read(&path).expect("readable"), b"whole");

        let mut files = Files::default();
        let failed = files.add(&path, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("the disk is full"))
        });
        assert_eq!(
            format!("{:#}", failed.expect_err("no half file")),
            format!("{} cannot be written: the disk is full", path.display())
        );
        drop(files);
        assert_eq!(std::fs::read(&path).expect("readable"), b"whole");
        assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 1);
    }

    #[derive(Clone, Default)]
    struct Screen(Arc<std::sync::Mutex<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn progress_is_shown_only_when_it_takes_long_and_leaves_no_trace() {
        let (bytes, quick, slow) = (Arc::new(AtomicU64::new(2_500_000)), Screen::default(), Screen::default());
        drop(Progress::shown(Arc::clone(&bytes), quick.clone()));
        assert_eq!(*quick.0.lock().expect("no panic"), b"");
        let progress = Progress::shown(bytes, slow.clone());
        thread::sleep(LONG + AGAIN / 2);
        drop(progress);
        assert_eq!(*slow.0.lock().expect("no panic"), b"\rwhylate: 2 MB read\r\x1b[K");
    }

    #[cfg(unix)]
    #[test]
    fn links_and_devices_stay_what_they_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, link) = (folder.path().join("report"), folder.path().join("link"));
        fs::write(&path, "old").expect("writable");
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        let mut files = Files::default();
        files.add(&link, |out| out.write_all(b"new")).expect("writable");
        files.add(Path::new("/dev/null"), |out| out.write_all(b"away")).expect("writable");
        files.finish().expect("writable");
        assert_eq!(fs::read(&path).expect("readable"), b"new");
        assert!(link.is_symlink() && !Path::new("/dev/null").is_file());
    }
}
