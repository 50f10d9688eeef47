//! The parts that this program plays in processes of its own.

use std::fmt;
use std::hint::black_box;
use std::io::Read as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use audit_runtime::Recorder;
use sha2::{Digest as _, Sha256};

use crate::lines::Lines;
use crate::users::Users;
use crate::{actix, axum};

/// Tells this program to be a server: its framework, what it does, and the directory that it may use.
pub(crate) const ROLE: &str = "AUDIT_BENCH_ROLE";
/// How long a server's end may take.
const GRACE: Duration = Duration::from_secs(10);
/// How much a handler hashes for an answer: some 15 µs, as to check a token.
const WORK_BYTES: usize = 16 << 10;
/// Room for what comes while another process keeps the disk busy: a lost record costs less than a written one.
const QUEUE_BYTES_MAX: usize = 256 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framework {
    Actix,
    Axum,
}

/// What a server does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// It answers.
    Plain,
    /// It answers, and leaves a `queued` access record and a `queued` activity record.
    Queued,
    /// It answers, and encodes and hashes the lines of two such records; nothing else.
    Encoded,
    /// It answers when its activity record is on disk.
    Synced,
    /// It reads a user from SQLite, as `users_api` does.
    Read,
    /// The same, with both records `queued`.
    ReadQueued,
    /// The same with `users_api`'s durability, which is the default: the answer waits for its record.
    ReadSynced,
}

/// One server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) framework: Framework,
    pub(crate) side: Side,
}

impl Framework {
    pub(crate) const ALL: [Self; 2] = [Self::Actix, Self::Axum];
}

impl Side {
    const ALL: [Self; 7] = [
        Self::Plain,
        Self::Queued,
        Self::Encoded,
        Self::Synced,
        Self::Read,
        Self::ReadQueued,
        Self::ReadSynced,
    ];

    /// How many records each request leaves.
    pub(crate) fn records(self) -> u64 {
        match self {
            Self::Plain | Self::Encoded | Self::Read => 0,
            Self::Queued | Self::Synced | Self::ReadQueued | Self::ReadSynced => 2,
        }
    }

    /// The request that `wrk` sends again and again.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Read | Self::ReadQueued | Self::ReadSynced => "/users/2",
            Self::Plain | Self::Queued | Self::Encoded | Self::Synced => "/accounts/4711",
        }
    }
}

impl Role {
    /// What this process is told to be.
    pub(crate) fn of_this_process() -> Option<Self> {
        let told = std::env::var(ROLE).ok()?;
        let frameworks = Framework::ALL.into_iter();
        let mut all =
            frameworks.flat_map(|framework| Side::ALL.map(|side| Self { framework, side }));
        all.find(|role| role.to_string() == told)
    }

    /// Serves until standard input ends, and then says how many records are durable and how many are not.
    pub(crate) fn play(self) {
        let place = PathBuf::from(std::env::args().next_back().unwrap());
        let recorder = (self.side.records() > 0).then(|| {
            let builder = Recorder::builder(journal(&place))
                .service("accounts", "1.4.2")
                // wrk is one stranger, whose every request is measured.
                .flood_source_max(u64::MAX)
                .flood_total_max(u64::MAX);
            builder.queue_bytes_max(QUEUE_BYTES_MAX).install().unwrap()
        });
        let work = Work::prepare(self.side, &place);
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let looped_ns = work.lines.as_ref().map_or(0, Lines::looped_ns);
        println!("{} {looped_ns}", listener.local_addr().unwrap());
        match self.framework {
            Framework::Actix => actix::serve(self.side, work, listener),
            Framework::Axum => axum::serve(self.side, work, listener),
        }
        let Some(recorder) = recorder else { return println!("0 0") };
        recorder.shutdown(GRACE).unwrap();
        let health = recorder.health();
        println!("{} {}", health.durable, health.lost + health.unrecorded + health.scopes_unlisted);
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.framework, self.side)
    }
}

/// What the handlers need.
#[derive(Clone)]
pub(crate) struct Work {
    pub(crate) users: Option<Users>,
    pub(crate) lines: Option<Lines>,
}

impl Work {
    fn prepare(side: Side, place: &Path) -> Self {
        let reads = matches!(side, Side::Read | Side::ReadQueued | Side::ReadSynced);
        Self {
            users: reads.then(|| Users::open(&place.join("users.sqlite")).unwrap()),
            lines: (side == Side::Encoded).then(|| Lines::load(place)),
        }
    }
}

/// Where a server's journal lies in its directory.
pub(crate) fn journal(place: &Path) -> PathBuf {
    place.join("journal")
}

/// Waits for the end of standard input.
pub(crate) fn until_end() {
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// What the servers answer about an account, after a little work.
///
/// So the client waits for the server on every side. One that is never done with reading needs no waking, and
/// the server that keeps it so busy would seem to be cheaper than it is.
pub(crate) fn answer(id: u64) -> String {
    black_box(Sha256::digest(black_box([0; WORK_BYTES])));
    format!("account {id}: quota 250\n")
}
