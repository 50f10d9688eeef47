//! What a writer may choose about its journal.

use std::sync::Arc;
use std::time::Duration;

use audit_tlog::{Signer, VerifierKey};

use crate::id::EventId;
use crate::time::{Clock, SystemClock, Timestamp};

/// Twelve months.
const RETENTION_DAYS_MIN: u32 = 365;

/// How a [`Journal`](super::Journal) is written; `Options::default()` suits a service.
#[derive(Clone)]
pub struct Options {
    /// The journal's name for ever, which the first hash is made of; by default `audited/` and
    /// sixteen random hexadecimal digits. An existing journal refuses any but its own.
    pub origin: Option<String>,
    /// A segment that has reached this many bytes is followed by a new one (64 MiB). The batch that
    /// reaches it is still written whole.
    pub segment_bytes_max: u64,
    /// A segment of this age is followed by a new one when the next record comes (24 hours).
    pub segment_age_max: Duration,
    /// How many bytes are kept free, in a file of their own, to record that the disk is full (1 MiB);
    /// 0 keeps none.
    pub reserve_bytes: u64,
    /// After so long without a record, [`tick`](super::Journal::tick) stages one that says so (one
    /// minute).
    pub heartbeat: Duration,
    /// How long to wait for a writer that holds the lock, before it is named and the journal is
    /// refused; by default not at all. For deployments that overlap.
    pub lock_wait: Duration,
    /// So many days old the newest record of a segment must be before the segment may be pruned; 0
    /// sets no minimum. The default of 365 is the 12 months for which PCI DSS 4.0.1, requirement
    /// 10.5.1, has audit trails kept.
    pub retention_days_min: u32,
    /// What to do about a journal that is damaged or has lost acknowledged records.
    pub on_damage: OnDamage,
    /// Where times come from.
    pub clock: Arc<dyn Clock>,
    /// What the header of a new segment says in `open`: a JSON array of what the writer has begun in
    /// durable records and not ended. It is asked for when a header is made (by default `[]`).
    pub open: Arc<dyn Fn() -> Vec<u8> + Send + Sync>,
    /// How the writer names itself to a second one and in its start record: name and version.
    pub writer: String,
    /// The key that signs the journal; by default there is none. With one, a Merkle tree over the lines is
    /// kept, its checkpoints and the seals of segments are signed, and
    /// [`unsigned`](super::Journal::unsigned) tells of trouble with that. The writer waits for it: one that
    /// would take long fails with [`WouldBlock`](std::io::ErrorKind::WouldBlock) until it has the signature, or
    /// with [`TimedOut`](std::io::ErrorKind::TimedOut) if that is late, and is asked for the same again.
    pub signer: Option<Arc<dyn Signer>>,
    /// The keys that have signed the journal before, the newest last. If one of them has signed the newest
    /// checkpoint, a record says that `signer` takes its place, signed by both. Their seals are trusted as well.
    pub older_signers: Vec<Arc<dyn Signer>>,
    /// Where ids come from; replaced only by tests of the exact bytes.
    #[doc(hidden)]
    pub entropy: Arc<dyn Entropy>,
}

/// What a start does with a journal that is damaged or has lost acknowledged records.
///
/// That another writer lives, that modes are too wide or that the disk fails is not damage, and is
/// refused in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDamage {
    /// Refuses it, and changes nothing.
    #[default]
    Refuse,
    /// Sets it aside in `epochs/` as it is, and goes on with a new, empty epoch that names it.
    NewEpoch,
}

impl Options {
    /// All keys by which the journal's own signatures are known.
    pub(crate) fn verifiers(&self) -> Vec<VerifierKey> {
        let signers =
            self.signer.iter().flat_map(|signer| [signer].into_iter().chain(&self.older_signers));
        signers.map(|signer| signer.verifier().clone()).collect()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            origin: None,
            segment_bytes_max: 64 * 1024 * 1024,
            segment_age_max: Duration::from_secs(24 * 60 * 60),
            reserve_bytes: 1024 * 1024,
            heartbeat: Duration::from_secs(60),
            lock_wait: Duration::ZERO,
            retention_days_min: RETENTION_DAYS_MIN,
            on_damage: OnDamage::Refuse,
            clock: Arc::new(SystemClock),
            open: Arc::new(|| b"[]".to_vec()),
            writer: concat!("audit-runtime ", env!("CARGO_PKG_VERSION")).to_owned(),
            signer: None,
            older_signers: Vec::new(),
            entropy: Arc::new(SystemEntropy),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("origin", &self.origin)
            .field("segment_bytes_max", &self.segment_bytes_max)
            .field("segment_age_max", &self.segment_age_max)
            .field("reserve_bytes", &self.reserve_bytes)
            .field("heartbeat", &self.heartbeat)
            .field("lock_wait", &self.lock_wait)
            .field("retention_days_min", &self.retention_days_min)
            .field("on_damage", &self.on_damage)
            .field("writer", &self.writer)
            .field("signer", &self.signer.as_ref().map(|signer| signer.verifier().to_string()))
            .finish_non_exhaustive()
    }
}

/// Where the journal's random bits come from.
#[doc(hidden)]
pub trait Entropy: Send + Sync {
    /// Sixty-four bits that no other start or journal has.
    fn bits(&self) -> u64;

    /// The id of a record that the journal writes about itself.
    fn id(&self, time: Timestamp) -> EventId;
}

/// The operating system's random source.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn bits(&self) -> u64 {
        // The random half of an id serves, and an id is made even where the system has no
        // random bytes to give.
        let id = EventId::new(Timestamp::now()).to_string();
        let digest = crate::digest::Digest::of(id.as_bytes());
        u64::from_be_bytes(std::array::from_fn(|place| digest.as_bytes()[place]))
    }

    fn id(&self, time: Timestamp) -> EventId {
        EventId::new(time)
    }
}
