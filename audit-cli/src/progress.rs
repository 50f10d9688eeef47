//! How far long work is, on standard error: in one place of a terminal, in lines where they are asked for.

use std::cell::Cell;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use audit_runtime::journal::Progress;

/// Work that ends before is not worth a word.
const SILENCE: Duration = Duration::from_secs(2);
/// Between one word and the next.
const PAUSE: Duration = Duration::from_secs(1);
/// To the start of the line, and nothing behind it.
const CLEAR: &str = "\r\u{1b}[K";

pub(crate) struct Meter {
    begun: Instant,
    told: Cell<Option<Instant>>,
    manner: Option<Manner>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    InPlace,
    Lines,
}

impl Meter {
    pub(crate) fn new(is_asked: bool) -> Self {
        let in_place = || io::stderr().is_terminal().then_some(Manner::InPlace);
        let manner = if is_asked { Some(Manner::Lines) } else { in_place() };
        Self { begun: Instant::now(), told: Cell::new(None), manner }
    }

    /// False if nobody would see it.
    pub(crate) fn is_wanted(&self) -> bool {
        self.manner.is_some()
    }

    pub(crate) fn tell(&self, progress: Progress) {
        let is_soon = |told: Instant| told.elapsed() < PAUSE;
        if self.begun.elapsed() < SILENCE || self.told.get().is_some_and(is_soon) {
            return;
        }
        self.told.set(Some(Instant::now()));
        self.print(&text(progress, self.begun.elapsed()));
    }

    /// Says in a line how long it took, or leaves the terminal as it was.
    pub(crate) fn finish(&self, records: u64) {
        let seconds = self.begun.elapsed().as_secs_f64();
        if self.manner == Some(Manner::Lines) {
            self.print(&format!("verify: {records} records in {seconds:.1} s"));
        }
    }

    fn print(&self, text: &str) {
        let mut out = io::stderr().lock();
        // Nothing can be said if standard error is closed, and the work goes on.
        _ = match self.manner {
            Some(Manner::InPlace) => write!(out, "{CLEAR}{text}").and_then(|()| out.flush()),
            Some(Manner::Lines) => writeln!(out, "{text}"),
            None => Ok(()),
        };
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if self.manner == Some(Manner::InPlace) && self.told.get().is_some() {
            self.print("");
        }
    }
}

fn text(progress: Progress, elapsed: Duration) -> String {
    let Progress { lines, bytes, bytes_all } = progress;
    // A journal that is written grows meanwhile.
    let share = (bytes as f64 / bytes_all.max(1) as f64).min(1.0);
    let (rate, left) = match elapsed.as_secs_f64() {
        seconds if seconds > 0.0 && share > 0.0 => {
            (lines as f64 / seconds, seconds / share - seconds)
        }
        _ => return "verify: begun".to_owned(),
    };
    let (percent, megabytes) = (share * 100.0, bytes_all / 1_000_000);
    format!(
        "verify: {lines} records, {percent:.0} % of {megabytes} MB, {rate:.0} records/s, {left:.0} s left"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_how_much_is_done_and_how_long_the_rest_takes() {
        let of = |lines, bytes| Progress { lines, bytes, bytes_all: 5_000_000_000 };
        let ten = Duration::from_secs(10);
        assert_eq!(
            text(of(2_000_000, 1_250_000_000), ten),
            "verify: 2000000 records, 25 % of 5000 MB, 200000 records/s, 30 s left"
        );
        assert_eq!(
            text(of(9_000_000, 6_000_000_000), ten),
            "verify: 9000000 records, 100 % of 5000 MB, 900000 records/s, 0 s left"
        );
        assert_eq!(text(of(0, 0), ten), "verify: begun");
    }
}
