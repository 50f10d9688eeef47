//! The mirror: the exact lines of the journal, copied out after they are durable.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{self, SyncSender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::health::Counters;
use crate::say;

/// How many batches may wait for a slow reader of the mirror.
const BATCHES_MAX: usize = 1024;
/// How many bytes of lines may wait for it, but for a single batch that is larger.
const BYTES_MAX: usize = 8 << 20;
/// What a pipe takes in one piece: lines that are no longer stand whole between those that the
/// service prints, even if the reader is slow.
const PIECE_BYTES_MAX: usize = 4096;
/// How long a shutdown waits for it.
const FINISH_DEADLINE: Duration = Duration::from_secs(1);

/// Where the lines of the journal are copied to, for hosts whose disks do not last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mirror {
    /// Standard output, byte for byte: `audited verify -` can check them. A reader that stops
    /// reading fills the pipe, and then `println!` waits as it always does; the mirror keeps no lock
    /// meanwhile. Lines of more than 4 KiB can be interrupted there by what the service prints.
    Stdout,
    /// One `tracing` event of target `audit` for each line.
    Tracing,
}

/// The thread that copies; a reader that does not keep up loses lines, and they are counted.
pub(super) struct Copying {
    batches: SyncSender<Vec<u8>>,
    thread: JoinHandle<()>,
    waiting: Arc<AtomicUsize>,
    counters: Arc<Counters>,
}

impl Copying {
    /// Starts the thread.
    ///
    /// # Errors
    /// Fails when the operating system gives no thread, or when there is no standard output.
    pub(super) fn start(mirror: Mirror, counters: Arc<Counters>) -> io::Result<Self> {
        let (batches, received) = mpsc::sync_channel::<Vec<u8>>(BATCHES_MAX);
        let waiting = Arc::new(AtomicUsize::new(0));
        let (missed, passed) = (Arc::clone(&counters), Arc::clone(&waiting));
        let mut output = Output::of(mirror)?;
        let copy = move || {
            for lines in received {
                missed.mirror_lost.fetch_add(output.pass_on(&lines), Relaxed);
                passed.fetch_sub(lines.len(), Relaxed);
            }
        };
        let thread = std::thread::Builder::new().name("audit-mirror".into()).spawn(copy)?;
        Ok(Self { batches, thread, waiting, counters })
    }

    /// Passes durable lines on without waiting.
    pub(super) fn send(&self, lines: Vec<u8>) {
        let (bytes, records) = (lines.len(), count(&lines));
        let before = self.waiting.fetch_add(bytes, Relaxed);
        let fits = before == 0 || before + bytes <= BYTES_MAX;
        if !fits || self.batches.try_send(lines).is_err() {
            self.waiting.fetch_sub(bytes, Relaxed);
            self.counters.mirror_lost.fetch_add(records, Relaxed);
        }
    }

    /// Waits until everything that was sent is passed on, but not for ever: a reader that has
    /// stopped reading must not keep the process.
    pub(super) fn finish(self) {
        drop(self.batches);
        let due = Instant::now() + FINISH_DEADLINE;
        while !self.thread.is_finished() {
            if Instant::now() >= due {
                say::warning(format_args!("the mirror's reader does not read; lines are lost"));
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Where lines go.
enum Output {
    /// Standard output, past the lock that everyone who prints waits for.
    Stdout(File),
    Tracing,
}

impl Output {
    fn of(mirror: Mirror) -> io::Result<Self> {
        match mirror {
            Mirror::Stdout => duplicate::stdout().map(Self::Stdout),
            Mirror::Tracing => Ok(Self::Tracing),
        }
    }

    /// Copies one batch; returns the number of lines that did not get through.
    fn pass_on(&mut self, mut lines: &[u8]) -> u64 {
        match self {
            Self::Stdout(file) => {
                while !lines.is_empty() {
                    let (piece, rest) = lines.split_at(piece(lines));
                    if file.write_all(piece).is_err() {
                        return count(lines);
                    }
                    lines = rest;
                }
            }
            Self::Tracing => {
                for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                    tracing::info!(target: "audit", "{}", String::from_utf8_lossy(line));
                }
            }
        }
        0
    }
}

/// The length of the lines that are written next: as many as a pipe takes in one piece, or one.
fn piece(lines: &[u8]) -> usize {
    let is_end = |byte: &u8| *byte == b'\n';
    let fitting = &lines[..lines.len().min(PIECE_BYTES_MAX)];
    let end = fitting.iter().rposition(is_end).or_else(|| lines.iter().position(is_end));
    end.map_or(lines.len(), |end| end + 1)
}

fn count(lines: &[u8]) -> u64 {
    lines.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(unix)]
mod duplicate {
    //! A file of our own for standard output, on Unix.

    use std::fs::File;
    use std::io;
    use std::os::fd::AsFd as _;

    pub(super) fn stdout() -> io::Result<File> {
        io::stdout().as_fd().try_clone_to_owned().map(File::from)
    }
}

#[cfg(windows)]
mod duplicate {
    //! A file of our own for standard output, on Windows.

    use std::fs::File;
    use std::io;
    use std::os::windows::io::AsHandle as _;

    pub(super) fn stdout() -> io::Result<File> {
        io::stdout().as_handle().try_clone_to_owned().map(File::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_whole_lines_that_a_pipe_takes_at_once() {
        let line = |bytes: usize| [vec![b'x'; bytes - 1], vec![b'\n']].concat();
        let lines = [line(4000), line(96), line(1), line(5000), line(7)].concat();
        let mut pieces = Vec::new();
        let mut rest = &*lines;
        while !rest.is_empty() {
            pieces.push(piece(rest));
            rest = &rest[piece(rest)..];
        }
        assert_eq!(pieces, [4096, 1, 5000, 7]);
    }
}
