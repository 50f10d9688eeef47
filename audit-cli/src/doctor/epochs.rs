//! The epochs: which one is current, and what has become of those that were set aside.

use std::io;
use std::path::Path;

use audit_runtime::Record;
use audit_runtime::journal::{
    Access, Cause, DirectoryStorage, Epoch, Error, Reader, Storage, StorageFile,
};

use super::report::{Report, as_the_service};
use crate::notice::Notice;

const CHECK: &str = "epochs";
const DIR: &str = "epochs";
/// What tells of an epoch, once all of it has been set aside.
const NAME: &str = "EPOCH";
/// What it is called until then.
const DRAFT: &str = "MOVING";
/// What is moved before that is there.
const PARTS: [&str; 4] = ["WATERMARK", "REDO", "quarantine", "seg"];
/// What is read of one: it names damaged places, up to 1,000, and all files.
const BYTES_MAX: u64 = 64 << 20;
/// How many are told of, the newest first.
const TOLD_MAX: usize = 5;

/// An epoch beside the current one.
struct Older {
    number: u64,
    state: State,
}

enum State {
    /// Set aside whole, as its `EPOCH` tells, or why that cannot be read.
    Whole(Result<Epoch, io::Error>),
    /// Only a part of it has been moved.
    Unfinished,
    /// What was written down about it is gone.
    Untold,
}

/// False, and a word on it, if the directory is an older epoch itself, in which nothing may change.
pub(super) fn is_current(journal: &Path, report: &mut Report) -> bool {
    let storage = DirectoryStorage::read_only(journal);
    if storage.open(NAME, Access::Read).is_err() {
        return true;
    }
    report.journal_error(CHECK, &Error::Closed { journal: storage.describe() });
    false
}

/// Checks what lies in `epochs/` against what the journal's first record says. Of the epochs
/// themselves nothing is read but `EPOCH`. True if there are any.
pub(super) fn check(journal: &Path, report: &mut Report) -> bool {
    let storage = DirectoryStorage::read_only(journal);
    match older(&storage) {
        Ok(older) => {
            tell(&older, &first(journal), report);
            return !older.is_empty();
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            report.warning(CHECK, as_the_service(&format!("cannot look into {DIR}/"), &error));
        }
        Err(error) => {
            report.failure(CHECK, format!("cannot look into {DIR}/: {error}; look at the disk"));
        }
    }
    true
}

/// What the journal itself says of its epoch.
enum First {
    /// Its first record is that of this epoch.
    Of(u64),
    /// It has no record yet.
    Nothing,
    /// It cannot be read here, which another check tells.
    Unknown,
}

fn first(journal: &Path) -> First {
    let reader = match Reader::open(journal) {
        Ok(reader) => reader,
        Err(Error::NoJournal { .. }) => return First::Nothing,
        Err(_) => return First::Unknown,
    };
    if reader.first_seq().is_ok_and(|first| first > 0) {
        return reader.epoch().map_or(First::Unknown, First::Of);
    }
    let read = || reader.cursor(0)?.next();
    match read() {
        Ok(Some(line)) => match Record::parse(&line).as_ref().map(Notice::of) {
            Ok(Some(Notice::Epoch { number, .. })) => First::Of(number),
            _ => First::Of(0),
        },
        Ok(None) | Err(_) => First::Unknown,
    }
}

/// The older epochs, the newest first.
fn older(storage: &dyn Storage) -> io::Result<Vec<Older>> {
    let names = storage.list(DIR)?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| name.parse().ok()).collect();
    numbers.sort_unstable_by(|one, other| other.cmp(one));
    let mut older = Vec::new();
    for number in numbers {
        let names = storage.list(&format!("{DIR}/{number}"))?;
        let has = |wanted: &str| names.iter().any(|name| name == wanted);
        if has(NAME) {
            let stated = read(storage, &format!("{DIR}/{number}/{NAME}"));
            older.push(Older { number, state: State::Whole(stated) });
        } else if PARTS.into_iter().any(has) {
            let state = if has(DRAFT) { State::Unfinished } else { State::Untold };
            older.push(Older { number, state });
        }
        // A mere intention to set one aside binds nobody.
    }
    Ok(older)
}

fn read(storage: &dyn Storage, name: &str) -> io::Result<Epoch> {
    let file = storage.open(name, Access::Read)?;
    let length = file.len()?;
    if length > BYTES_MAX {
        return Err(io::Error::other("it is larger than any that was written"));
    }
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    let filled = fill(&*file, &mut bytes)?;
    Ok(serde_json::from_slice(&bytes[..filled])?)
}

fn fill(file: &dyn StorageFile, bytes: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(filled as u64, &mut bytes[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

fn tell(older: &[Older], first: &First, report: &mut Report) {
    tell_current(older, first, report);
    for Older { number, state } in older.iter().take(TOLD_MAX) {
        match state {
            State::Whole(Ok(stated)) => tell_stated(*number, stated, report),
            State::Whole(Err(error)) => report.failure(
                CHECK,
                format!(
                    "{DIR}/{number}/{NAME} cannot be read ({error}): it is not as it was written; \
                     restore it from a backup"
                ),
            ),
            State::Untold => report.damage(
                CHECK,
                format!(
                    "{DIR}/{number} holds an older journal, and its {NAME}, which tells how it was, is \
                     gone: put it back just as it was, or find out who removed it"
                ),
            ),
            State::Unfinished => report.warning(
                CHECK,
                format!(
                    "{DIR}/{number} holds a part of the journal only: setting it aside was \
                     interrupted; start the service, or run the same command again, which \
                     finishes it"
                ),
            ),
        }
    }
    let more = older.len().saturating_sub(TOLD_MAX);
    if more > 0 {
        report.ok(CHECK, format!("and {more} older ones; `audited verify` tells of all"));
    }
}

fn tell_current(older: &[Older], first: &First, report: &mut Report) {
    let whole = |older: &&Older| matches!(older.state, State::Whole(_));
    let newest = older.iter().find(whole).map(|newest| newest.number);
    match (first, newest) {
        (First::Of(0) | First::Nothing, None) if older.is_empty() => {
            report.ok(CHECK, "this is the first epoch: no journal was set aside here");
        }
        (First::Of(current), _) => {
            let is_there = |number: &u64| older.iter().any(|older| older.number == *number);
            for missing in (0..*current).filter(|number| !is_there(number)).take(TOLD_MAX) {
                let message = format!(
                    "{DIR}/{missing} is not there, although the journal went on from it: put it \
                     back just as it was, or find out who removed it"
                );
                report.damage(CHECK, message);
            }
            for unnamed in older.iter().filter(|older| older.number >= *current && whole(older)) {
                let message = format!(
                    "{DIR}/{} is there, and nothing in the journal names it: find out who put it \
                     there, or whether DIR was replaced by an older copy",
                    unnamed.number
                );
                report.damage(CHECK, message);
            }
            let message = format!("epoch {current} is current; older ones are in {DIR}/");
            report.ok(CHECK, message);
        }
        (First::Nothing, Some(newest)) => report.warning(
            CHECK,
            format!(
                "epoch {newest} was set aside, and the one behind it has no record yet: start the \
                 service, which begins it"
            ),
        ),
        (First::Unknown | First::Nothing, _) => {}
    }
}

/// Why an epoch was set aside. What no person decided, somebody must look into.
fn tell_stated(number: u64, stated: &Epoch, report: &mut Report) {
    let Epoch { cause, reason, time, damage, .. } = stated;
    let by = match cause {
        Cause::Damage => "by a start of the service",
        Cause::Repaired => "by `audited repair`",
        _ => "by `audited adopt`",
    };
    let told = format!(
        "epoch {number} was set aside in {DIR}/{number} {by} at {time}, damaged places {damage}: \
         {reason}"
    );
    if *cause == Cause::Damage {
        let advice = "the health was red until the next start";
        let message = format!(
            "{told}; look at the places with `audited verify --epoch {number}`, find out how that \
             came about, and keep {DIR}/{number} as it is; {advice}"
        );
        report.warning(CHECK, message);
    } else {
        report.ok(CHECK, told);
    }
}
