//! What can go wrong with a journal, each with the place and what to do about it.

use std::fmt;
use std::io;

use super::line::{BODY_BYTES_MAX, VERSION};
use super::storage::Storage;
use crate::time::Timestamp;

/// Why the journal could not be opened, written or read.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The storage failed.
    Io {
        /// What was being done, as in "cannot … the file".
        doing: &'static str,
        /// The file or directory, relative to the journal.
        name: String,
        /// Where the journal is.
        journal: String,
        /// What the storage said.
        source: io::Error,
    },
    /// Another writer holds the journal's lock.
    InUse {
        /// Where the journal is.
        journal: String,
        /// The writer that holds it, as it named itself.
        holder: String,
    },
    /// A file or directory of the journal is open to more users than it may be.
    Exposed {
        /// The file or directory.
        path: String,
        /// Its mode bits.
        mode: u32,
        /// The widest mode bits allowed.
        allowed: u32,
        /// The command that mends it.
        command: String,
    },
    /// A file or directory of the journal is another user's, or a symbolic link.
    Untrusted {
        /// The file or directory.
        path: String,
        /// What it is, and what to do, as a sentence's end.
        reason: String,
    },
    /// A directory that a journal may not be written in holds other things and no journal.
    Foreign {
        /// The directory.
        path: String,
    },
    /// There is no journal at this place.
    NoJournal {
        /// Where one was looked for.
        journal: String,
    },
    /// Nothing in the journal is signed, so that no key tells whether its records are those that were written.
    Unsigned {
        /// Where the journal is, and what to do.
        reason: String,
    },
    /// It cannot be proved that a record is in the journal.
    Unproven {
        /// Which one, why, and what to do.
        reason: String,
    },
    /// The configured origin cannot be written or is not the journal's own.
    Origin {
        /// What is wrong with it.
        reason: String,
    },
    /// A line is not what the journal wrote, so nothing may be appended behind it.
    Damaged {
        /// Where the journal is.
        journal: String,
        /// The segment, relative to the journal.
        segment: String,
        /// The line within the segment, from 1.
        line: u64,
        /// The byte within the segment at which the line starts.
        offset: u64,
        /// The sequence number that was due there.
        seq: u64,
        /// What is wrong with the line.
        reason: String,
    },
    /// A later version has written this, and only that or one after it can read it.
    Newer {
        /// Where the journal is.
        journal: String,
        /// The file, relative to the journal.
        name: String,
        /// The version of the format that it has.
        version: u64,
    },
    /// Records that were acknowledged as durable are gone from the end of the journal.
    Lost {
        /// Where the journal is.
        journal: String,
        /// How many records are there.
        found: u64,
        /// How many were acknowledged.
        acknowledged: u64,
    },
    /// The records that a cursor follows were set aside, and a new epoch has begun in their place.
    SetAside {
        /// Where the journal is.
        journal: String,
        /// Where the records lie now, relative to the journal.
        directory: String,
        /// The record that was to be read next.
        next_seq: u64,
    },
    /// The record that was to be read was pruned.
    Pruned {
        /// Where the journal is.
        journal: String,
        /// The first record that is kept.
        first_seq: u64,
    },
    /// A segment must stay, so that nothing was pruned.
    Kept {
        /// Where the journal is.
        journal: String,
        /// The segment, relative to the journal.
        segment: String,
        /// Why, as a sentence's end.
        reason: String,
    },
    /// The directory is that of an older epoch, which is not written to any more.
    Closed {
        /// The directory.
        journal: String,
    },
    /// The last writer has not closed the journal, and this one is not its service.
    Unclean {
        /// Where the journal is, and what to do.
        reason: String,
    },
    /// There is no damage that could be repaired.
    Intact {
        /// Where the journal is.
        journal: String,
    },
    /// The record cannot be written; the journal goes on.
    Refused(Refusal),
    /// The disk has no room. Nothing of the batch is recorded; the writer goes on when there is room again.
    Full {
        /// When that was found.
        since: Timestamp,
        /// The failure, as it was reported when it happened.
        cause: String,
    },
    /// A file that the writer has open is no longer found under its name.
    Displaced {
        /// Where the journal is.
        journal: String,
        /// The file, relative to the journal.
        name: String,
    },
    /// An earlier failure left it unknown what is on disk, so this writer takes nothing more.
    Poisoned {
        /// The failure, as it was reported when it happened.
        cause: String,
    },
}

/// Why one record was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The body has no bytes.
    Empty,
    /// The body is longer than [`BODY_BYTES_MAX`].
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The body has a byte that could break a line or a terminal.
    Control {
        /// The byte.
        byte: u8,
        /// Where it stands in the body.
        offset: usize,
    },
    /// The body is not the inside of one JSON object.
    NotMembers {
        /// Where it stops being that.
        offset: usize,
    },
    /// The body has a member of a name that the journal uses itself.
    Reserved {
        /// The name.
        name: &'static str,
    },
    /// The body is not UTF-8.
    NotUtf8 {
        /// The first byte that is not.
        offset: usize,
    },
}

impl Error {
    /// Wraps what the storage said about one file.
    pub(super) fn io<'a>(
        storage: &'a dyn Storage,
        doing: &'static str,
        name: &'a str,
    ) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Io { doing, name: name.to_owned(), journal: storage.describe(), source }
    }

    /// True if the storage had no room, so that it may have some later.
    pub(super) fn is_no_room(&self) -> bool {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let kind = match self {
            Self::Io { source, .. } => source.kind(),
            _ => return false,
        };
        matches!(kind, StorageFull | QuotaExceeded | FileTooLarge)
    }
}

impl Error {
    /// Says what was set aside, pruned or kept, and where it is.
    fn tell_kept(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetAside { journal, directory, next_seq } => write!(
                f,
                "the journal in {journal} has begun a new epoch, and what was read lies in \
                 {directory} now: read there from seq {next_seq} on, and then the journal from seq 0"
            ),
            Self::Pruned { journal, first_seq } => write!(
                f,
                "the journal in {journal} begins at seq {first_seq}: earlier records were pruned, as \
                 a record in it says; read from seq {first_seq} on"
            ),
            Self::Kept { journal, segment, reason } => write!(
                f,
                "nothing was pruned of the journal in {journal}: {segment} must stay, as {reason}"
            ),
            Self::Closed { journal } => write!(
                f,
                "{journal} is an older epoch of a journal, and is kept as it was when it was set \
                 aside: nothing was changed; name the journal's own directory (`audited verify --epoch NUMBER` checks an \
                 older epoch)"
            ),
            Self::Intact { journal } => write!(
                f,
                "the journal in {journal} has no damage: nothing was changed; to begin a new epoch \
                 all the same, use `audited adopt`"
            ),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, name, journal, source } => {
                let advice = advice(doing, source);
                write!(f, "cannot {doing} {name} of the journal in {journal}: {source}{advice}")
            }
            Self::InUse { journal, holder } => write!(
                f,
                "the journal in {journal} has a writer already: {holder}; stop it first, let \
                 this process wait for it (`lock_wait_ms`), or give it a directory of its own"
            ),
            Self::Exposed { path, mode, allowed, command } => write!(
                f,
                "{path} has mode {mode:04o}, wider than {allowed:04o}: others could read or change \
                 the audit trail; run: {command}"
            ),
            Self::Untrusted { path, reason } => write!(f, "{path} {reason}"),
            Self::Foreign { path } => write!(
                f,
                "{path} is not empty and holds no journal: name a directory of the journal's own, \
                 which is made if it is missing"
            ),
            Self::NoJournal { journal } => write!(
                f,
                "there is no journal in {journal}: check the path, or start the service that writes it"
            ),
            Self::Origin { reason }
            | Self::Unclean { reason }
            | Self::Unsigned { reason }
            | Self::Unproven { reason } => f.write_str(reason),
            Self::Damaged { journal, segment, line, offset, seq, reason } => write!(
                f,
                "the journal in {journal} is damaged at seq {seq} ({segment}, line {line}, byte {offset}): \
                 {reason}; nothing was changed, `audited verify` lists all damage; put back what is \
                 missing, or set it aside: `audited repair --quarantine {journal}`"
            ),
            Self::Lost { journal, found, acknowledged } => write!(
                f,
                "the journal in {journal} ends after {found} records, but {acknowledged} were acknowledged as \
                 durable: its end is missing; nothing was changed: put it back, or set the journal aside: `audited adopt --new-epoch REASON`"
            ),
            Self::Newer { journal, name, version } => write!(
                f,
                "{name} of the journal in {journal} has version {version} of the format, and this program knows \
                 version {VERSION}: nothing was changed; use the version of `audited` that wrote it, or a later one"
            ),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Full { since, cause } => {
                write!(f, "the journal has no room since {since} and goes on when it has: {cause}")
            }
            Self::Displaced { journal, name } => write!(
                f,
                "{name} of the journal in {journal} is no longer the file that this writer has \
                 open: somebody removed, moved or replaced it, and what is written now would be \
                 found by nobody; put it back as it was and restart the service"
            ),
            Self::Poisoned { cause } => write!(
                f,
                "the journal takes no more records since an earlier failure ({cause}): mend the \
                 cause and open the journal again, which keeps every acknowledged record"
            ),
            Self::SetAside { .. }
            | Self::Pruned { .. }
            | Self::Kept { .. }
            | Self::Closed { .. }
            | Self::Intact { .. } => self.tell_kept(f),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the record is empty: give it at least one field"),
            Self::TooLong { bytes } => write!(
                f,
                "the record has {bytes} bytes, more than the {BODY_BYTES_MAX} that fit a line: \
                 shorten its fields"
            ),
            Self::Control { byte, offset } => write!(
                f,
                "the record has the raw control byte 0x{byte:02x} at byte {offset}: escape it, a \
                 record is one line"
            ),
            Self::NotMembers { offset } => write!(
                f,
                "the record is not the inside of a JSON object at byte {offset}: give members with \
                 commas between them and without braces around them"
            ),
            Self::Reserved { name } => write!(
                f,
                "the record has a member `{name}`, a name that the journal uses itself: rename it"
            ),
            Self::NotUtf8 { offset } => write!(
                f,
                "the record is not UTF-8 at byte {offset}: encode its text before appending it"
            ),
        }
    }
}

/// What to do about a failure of the storage, where its kind tells.
fn advice(doing: &str, source: &io::Error) -> &'static str {
    match source.kind() {
        _ if doing == "sign" => "; mend what signs: it is asked again once a second",
        io::ErrorKind::NotFound => "; check the path: the directory above it must exist",
        io::ErrorKind::PermissionDenied => "; let the user of this process own the directory",
        io::ErrorKind::ReadOnlyFilesystem => "; mount the file system writable",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; free space there",
        io::ErrorKind::FileTooLarge => {
            "; raise the limit of this process (`ulimit -f`), or make `segment_bytes_max` smaller"
        }
        io::ErrorKind::NotADirectory => "; a file stands where a directory should be",
        _ if source.raw_os_error().is_some() => "; look at the disk and at the system's log",
        // Words of this crate's own say what to do themselves.
        _ => "",
    }
}
