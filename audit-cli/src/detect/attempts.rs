//! What the rules find in a file of login attempts, one JSON object on each line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::path::Path;

use audit_consumers::detect::{Attempt, AttemptError, Detector, LINE_BYTES_MAX};

use super::print::{Looked, Printer};
use crate::failure::{self, Exit, Failure};

/// How many lines that are no attempts are named; the others are counted.
const NAMED_MAX: u64 = 10;

/// The file's mark that its text is UTF-8, which some programs put before it.
const MARK: &[u8] = "\u{feff}".as_bytes();

pub(super) fn is_input(path: &Path) -> bool {
    path == Path::new("-")
}

pub(super) fn look(
    path: &Path,
    detector: &mut impl Detector,
    printer: &mut Printer<'_, impl Write>,
) -> Result<Exit, Failure> {
    let looked = if is_input(path) {
        follow(path, io::stdin().lock(), detector, printer)
    } else {
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        follow(path, BufReader::with_capacity(1 << 16, file), detector, printer)
    };
    let flushed = printer.finish(looked.as_ref().ok());
    let looked = looked?;
    flushed?;
    let (bad, name) = (looked.passed_over, name(path));
    match looked.at {
        _ if bad == 0 => Ok(Exit::Ok),
        0 => Err(Failure::Undecided(format!(
            "nothing was looked at: none of the {bad} lines of {name} is an attempt, which is a JSON object with \
             `ts`, `outcome`, `user` and `ip`; docs/detection.md describes it"
        ))),
        _ => Err(Failure::Undecided(format!(
            "{name} has {bad} lines that are no attempts, and were passed over: what they would have shown is \
             not known"
        ))),
    }
}

/// Looks at every line, and counts those that are attempts and those that are none.
fn follow(
    path: &Path,
    mut from: impl BufRead,
    detector: &mut impl Detector,
    printer: &mut Printer<'_, impl Write>,
) -> Result<Looked, Failure> {
    let (mut line, mut findings) = (Vec::new(), Vec::new());
    let mut looked = Looked { at: 0, passed_over: 0, what: "attempt" };
    for number in 1_u64.. {
        if !next(&mut from, &mut line).map_err(|error| unreadable(path, &error))? {
            break;
        }
        let text = if number == 1 { line.strip_prefix(MARK).unwrap_or(&line) } else { &line };
        if text.trim_ascii().is_empty() {
            continue;
        }
        match Attempt::parse(number, text) {
            Ok(attempt) => {
                looked.at += 1;
                detector.observe(&attempt.event, &mut findings);
                for finding in findings.drain(..) {
                    printer.of_attempt(&finding, &attempt.ts, attempt.line)?;
                }
            }
            Err(error) => {
                looked.passed_over += 1;
                complain(path, number, looked.passed_over, error);
            }
        }
    }
    Ok(looked)
}

/// Reads the next line without its end; of one that is too long, no more than it takes to see that.
fn next(from: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let read = from.by_ref().take(LINE_BYTES_MAX as u64 + 2).read_until(b'\n', line)?;
    if line.pop_if(|last| *last == b'\n').is_none() && line.len() > LINE_BYTES_MAX {
        from.skip_until(b'\n')?;
    }
    Ok(read > 0)
}

fn complain(path: &Path, number: u64, bad: u64, error: AttemptError) {
    if bad <= NAMED_MAX {
        failure::warn(&format!("{}:{number}: {error}", name(path)));
    }
    if bad == NAMED_MAX {
        failure::warn("further lines like this are counted, and not named");
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::Undecided(format!(
        "cannot read {}: {error}; name a file that this user can read",
        name(path)
    ))
}

fn name(path: &Path) -> String {
    if is_input(path) { "standard input".to_owned() } else { path.display().to_string() }
}
