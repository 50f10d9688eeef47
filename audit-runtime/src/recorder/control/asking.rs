//! What is asked of a journal's writer if that lives, and else done alone.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use audit_journal::{self as journal, Appended};

use super::{Client, Entry, Error, append_alone};

/// How long a service may hold the lock without listening, when it starts and when it ends.
const BETWEEN_MAX: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(20);

/// Has `entry` appended to the journal in the directory `journal`: by the service that writes it, which
/// has until `deadline` to answer, or where none lives by this process.
///
/// # Errors
/// Fails as [`Client::append`] does, or as [`append_alone`] where no service can be asked.
/// [`Error::may_be_recorded`] tells whether the record may be there all the same.
pub fn append(
    journal: impl AsRef<Path>,
    entry: &Entry,
    deadline: Duration,
) -> Result<Appended, Error> {
    let journal = journal.as_ref();
    let alone = || append_alone(journal, entry);
    ask_or(journal, deadline, |service| service.append(entry), alone)
}

/// Asks the service that writes the journal in the directory `journal`, which has until `deadline` to
/// answer; where none does, this process does the same `alone`.
///
/// # Errors
/// Fails as `ask` does, or as `alone` where no service can be asked.
pub fn ask_or<T>(
    journal: impl AsRef<Path>,
    deadline: Duration,
    ask: impl Fn(&mut Client) -> Result<T, Error>,
    alone: impl Fn() -> Result<T, Error>,
) -> Result<T, Error> {
    let due = Instant::now() + BETWEEN_MAX;
    loop {
        let asked = Client::connect(&journal, deadline).and_then(|mut service| ask(&mut service));
        let unasked = match asked {
            Err(unasked @ Error::NoWriter { .. }) => unasked,
            Err(Error::Refused { code, message }) if code == "stopped" => {
                Error::Refused { code, message }
            }
            answered => return answered,
        };
        match alone() {
            // A service is about to listen, or does so no more and still holds the lock.
            Err(Error::Journal(journal::Error::InUse { .. })) if Instant::now() < due => {
                thread::sleep(PAUSE);
            }
            Err(Error::Journal(journal::Error::InUse { .. })) => return Err(unasked),
            done => return done,
        }
    }
}
