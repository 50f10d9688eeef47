//! What watches the stream of events, the engine or one of your own.

use std::fmt;

use super::finding::Finding;
use super::observed::Observed;

/// Watches events one by one and says what it finds.
///
/// Whoever runs it shows it every event in the order of the journal, keeps its snapshots, and restores
/// the last one after a restart. Events are delivered at least once: one whose number is below what was
/// seen already must change nothing. What it finds may depend on the events alone, not on the clock on
/// the wall, so that a restart finds the same.
///
/// One by hand, which finds logins at an address that nobody should log in from:
///
/// ```
/// use audit_consumers::detect::{
///     Attempt, Detector, Finding, Observed, Restored, SnapshotError,
/// };
/// use audit_runtime::{Category, Digest, Outcome, Severity};
///
/// #[derive(Default)]
/// struct Honeypot {
///     next_seq: u64,
/// }
///
/// impl Detector for Honeypot {
///     fn name(&self) -> &str {
///         "honeypot"
///     }
///
///     fn observe(&mut self, event: &Observed<'_>, findings: &mut Vec<Finding>) {
///         if event.seq < self.next_seq {
///             return;
///         }
///         self.next_seq = event.seq + 1;
///         let from = event.address.as_ref().map(|address| &*address.text);
///         let is_login = event.category == Some(Category::Authentication);
///         if is_login && event.outcome == Some(Outcome::Success) && from == Some("192.0.2.66") {
///             let mut finding = Finding::new("honeypot", Digest::of(b"version 1"), 0, event);
///             finding.title = "Somebody uses the account that nobody has.".into();
///             finding.severity = Severity::Critical;
///             findings.push(finding);
///         }
///     }
///
///     fn snapshot(&self) -> Vec<u8> {
///         self.next_seq.to_le_bytes().to_vec()
///     }
///
///     fn restore(&mut self, snapshot: &[u8]) -> Result<Restored, SnapshotError> {
///         let bytes = snapshot.try_into().map_err(|_| SnapshotError::Damaged)?;
///         self.next_seq = u64::from_le_bytes(bytes);
///         Ok(Restored { next_seq: self.next_seq, fresh: Vec::new() })
///     }
/// }
///
/// let line = br#"{"ts":"2026-01-01T00:00:00Z","outcome":"success","user":"oscar","ip":"192.0.2.66"}"#;
/// let attempt = Attempt::parse(7, line)?;
/// let (mut honeypot, mut findings) = (Honeypot::default(), Vec::new());
/// honeypot.observe(&attempt.event, &mut findings);
/// assert_eq!((findings.len(), findings[0].seq), (1, 7));
///
/// let mut restarted = Honeypot::default();
/// assert_eq!(restarted.restore(&honeypot.snapshot())?.next_seq, 8);
/// restarted.observe(&attempt.event, &mut findings);
/// assert_eq!(findings.len(), 1, "an event that comes again is not found again");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Detector: Send {
    /// What its snapshots are kept under: it stays the same from start to start.
    fn name(&self) -> &str;

    /// Looks at the next event, and adds what it shows.
    fn observe(&mut self, event: &Observed<'_>, findings: &mut Vec<Finding>);

    /// Everything that is needed to go on behind the last event.
    fn snapshot(&self) -> Vec<u8>;

    /// Goes on where a snapshot was taken, in place of whatever was seen before.
    ///
    /// # Errors
    /// Fails if it is no snapshot that can be used; then nothing has changed.
    fn restore(&mut self, snapshot: &[u8]) -> Result<Restored, SnapshotError>;
}

/// How far a snapshot reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// The number of the event that comes next.
    pub next_seq: u64,
    /// The rules that begin without any event, since they are new or other than they were.
    pub fresh: Vec<String>,
}

/// Why a snapshot cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SnapshotError {
    /// It was made by a version that writes another form.
    Version,
    /// It was made with another key, so no hash in it means anything.
    Key,
    /// It is cut off or changed.
    Damaged,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => {
                "the snapshot of a detector has a form that this version does not know"
            }
            Self::Key => "the snapshot of a detector was made with another key of hashes",
            Self::Damaged => "the snapshot of a detector is damaged",
        })?;
        f.write_str("; begin afresh, with the events of the longest window")
    }
}

impl std::error::Error for SnapshotError {}
