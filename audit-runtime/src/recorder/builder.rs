//! The settings of a recorder.

mod anchors;
mod opening;
mod signing;
mod witness;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use audit_journal::{Clock, MemoryStorage, OnDamage, Options, Storage, SystemClock};

use super::floods::Measure;
use super::mirror::Mirror;
use super::service::Service;
use super::signing::Apart;
use audit_redact::{HashKey, Keys, Tightness};
use audit_tlog::Signer;

/// Settings of a [`Recorder`](crate::Recorder); every one has a default that suits a service.
#[must_use = "settings record nothing: call `open` or `install`"]
pub struct RecorderBuilder {
    place: Place,
    origin: Option<String>,
    service: Service,
    segment_bytes_max: u64,
    segment_age_max: Duration,
    queue_bytes_max: usize,
    wait_ms_max: u64,
    heartbeat_ms: u64,
    scopes_max: usize,
    floods: Measure,
    mirror: Option<Mirror>,
    key: Option<HashKey>,
    key_file: Option<PathBuf>,
    keys: Option<Keys>,
    /// The journal is gone with its process: it has keys of its own, and no checkpoint in the log.
    is_ephemeral: bool,
    signer: Option<Arc<dyn Signer>>,
    older_signers: Vec<Arc<dyn Signer>>,
    signing_key_file: Option<PathBuf>,
    classes: BTreeMap<String, Tightness>,
    group: Option<u32>,
    lock_wait_ms: u64,
    on_damage: OnDamage,
    retention_days_min: u32,
    anchors: anchors::Anchors,
    clock: Arc<dyn Clock>,
}

enum Place {
    Directory(PathBuf),
    Storage(Arc<dyn Storage>),
}

impl RecorderBuilder {
    pub(super) fn directory(path: &Path) -> Self {
        Self::new(Place::Directory(path.to_owned()))
    }

    pub(super) fn over(storage: Arc<dyn Storage>) -> Self {
        Self::new(Place::Storage(storage))
    }

    pub(super) fn in_memory(storage: MemoryStorage) -> Self {
        Self { is_ephemeral: true, ..Self::over(Arc::new(storage)) }
    }

    fn new(place: Place) -> Self {
        let journal = Options::default();
        Self {
            place,
            origin: None,
            service: Service::default(),
            segment_bytes_max: journal.segment_bytes_max,
            segment_age_max: journal.segment_age_max,
            queue_bytes_max: 16 << 20,
            wait_ms_max: 5000,
            heartbeat_ms: 60_000,
            scopes_max: 65_536,
            floods: Measure { source_max: 100, total_max: 10_000, with_logins: false },
            mirror: None,
            key: None,
            key_file: None,
            keys: None,
            is_ephemeral: false,
            signer: None,
            older_signers: Vec::new(),
            signing_key_file: None,
            classes: BTreeMap::new(),
            group: None,
            lock_wait_ms: 0,
            on_damage: OnDamage::Refuse,
            retention_days_min: journal.retention_days_min,
            anchors: anchors::Anchors::default(),
            clock: Arc::new(SystemClock),
        }
    }

    /// The journal's own name, which its chain starts from: `example.com/users-api/eu-1`. By
    /// default a random one is made with the journal.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// The name and version of the service, written into every record.
    pub fn service(
        self,
        name: impl Into<Cow<'static, str>>,
        version: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.service_name(name.into()).service_version(version.into())
    }

    pub(super) fn service_name(mut self, name: Cow<'static, str>) -> Self {
        self.service.name = Some(name);
        self
    }

    pub(super) fn service_version(mut self, version: Cow<'static, str>) -> Self {
        self.service.version = Some(version);
        self
    }

    /// Which of several instances of the service this is.
    pub fn instance(mut self, instance: impl Into<Cow<'static, str>>) -> Self {
        self.service.instance = Some(instance.into());
        self
    }

    /// A segment is closed once it has this many bytes; 64 MiB by default.
    pub fn segment_bytes_max(mut self, bytes: u64) -> Self {
        self.segment_bytes_max = bytes;
        self
    }

    /// A segment is closed once it is this old; 24 hours by default.
    pub fn segment_age_max(mut self, age: Duration) -> Self {
        self.segment_age_max = age;
        self
    }

    /// How many bytes of encoded events may wait for the disk; 16 MiB by default. Events that are
    /// merely `queued` get half of it.
    pub fn queue_bytes_max(mut self, bytes: usize) -> Self {
        self.queue_bytes_max = bytes;
        self
    }

    /// How long a call waits for its receipt, in milliseconds; 5,000 by default. A disk that does not
    /// answer for so long turns the health red, and `fail_closed` actions are refused until it does.
    pub fn wait_ms_max(mut self, millis: u64) -> Self {
        self.wait_ms_max = millis;
        self
    }

    /// So many days old a segment's newest record must be before the segment may be pruned, whoever
    /// asks for it; 365 by default, the 12 months of PCI DSS 4.0.1, requirement 10.5.1. 0 sets no
    /// minimum.
    pub fn retention_days_min(mut self, days: u32) -> Self {
        self.retention_days_min = days;
        self
    }

    /// After so many milliseconds without a record, one says that the writer lives and saw nothing;
    /// 60,000 by default. It is looked at once a second. 0 is refused; `u64::MAX` stands for never.
    pub fn heartbeat_ms(mut self, millis: u64) -> Self {
        self.heartbeat_ms = millis;
        self
    }

    /// How many audited calls and requests the recorder keeps account of at once; 65,536 by default.
    /// Beyond that `fail_closed` actions are refused, and others not recorded by a shutdown.
    pub fn scopes_max(mut self, scopes: usize) -> Self {
        self.scopes_max = scopes;
        self
    }

    /// How many requests of one stranger's address have an access record each in ten seconds; 100 by
    /// default, 32 at the least. Further ones are counted, and one record tells of them: `AccessFlood`. A
    /// request whose actor is known always has its record. `u64::MAX` stands for all of them.
    pub fn flood_source_max(mut self, records: u64) -> Self {
        self.floods.source_max = records;
        self
    }

    /// The same of the requests of all strangers together, but for 32 of each address; 10,000 by default.
    pub fn flood_total_max(mut self, records: u64) -> Self {
        self.floods.total_max = records;
        self
    }

    /// Counts failed logins in the same way, with `LoginFlood`; by default each has its record. Rules of
    /// detection see those that have one.
    pub fn summarise_logins(mut self, summarise: bool) -> Self {
        self.floods.with_logins = summarise;
        self
    }

    /// Copies every durable line to standard output or to `tracing`. A reader that does not keep up
    /// loses lines, which the health counts; it never holds up the journal.
    pub fn mirror(mut self, mirror: Mirror) -> Self {
        self.mirror = Some(mirror);
        self
    }

    /// Where the key of the keyed hashes lies: by default beside the journal, with `.key` appended
    /// to its path. It is made if it is missing. Over other storage than a directory the key is
    /// random unless it is given.
    pub fn key_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.key_file = Some(path.into());
        self
    }

    /// The key of the keyed hashes itself, for services that keep their keys elsewhere.
    pub fn hash_key(mut self, key: HashKey) -> Self {
        self.key = Some(key);
        self
    }

    /// The keys that seal fields marked `#[sensitive(encrypt)]`. By default they lie beside the
    /// journal: see [`Keys::beside`].
    pub fn keys(mut self, keys: Keys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Where the keys that sign the journal's checkpoints lie: by default beside the journal, with
    /// `.signing` appended to its path. The file is made if it is missing. See
    /// [`SigningKeys`](crate::SigningKeys).
    pub fn signing_key_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.signing_key_file = Some(path.into());
        self
    }

    /// What signs the journal's checkpoints, for services that keep their keys elsewhere: a
    /// [`SigningKey`](audit_tlog::SigningKey), or a system that signs and gives no key away. It is asked on a
    /// thread of its own, for one signature at a time, and no record waits for it.
    pub fn signer(mut self, signer: impl Signer + 'static) -> Self {
        self.signer = Some(Arc::new(Apart::of(signer)));
        self
    }

    /// What has signed before [`signer`](Self::signer), the newest last: it vouches for the new one in the record
    /// of the change, and its seals are known. One that cannot sign any more does the latter.
    pub fn older_signer(mut self, signer: impl Signer + 'static) -> Self {
        self.older_signers.push(Arc::new(Apart::of(signer)));
        self
    }

    /// How tightly fields of the class `name` are redacted at the least: `#[sensitive(class = pii)]`.
    /// Where their source redacts them more tightly, that holds.
    pub fn class(mut self, name: impl Into<String>, tightness: Tightness) -> Self {
        self.classes.insert(name.into(), tightness);
        self
    }

    /// Lets the Unix group with this id read the journal: modes 0750 and 0640 instead of 0700 and
    /// 0600.
    pub fn group(mut self, id: u32) -> Self {
        self.group = Some(id);
        self
    }

    /// How long to wait for another writer of the journal to end, in milliseconds; 0 by default. For
    /// deployments that start the new process before the old one has stopped. [`open`](Self::open)
    /// blocks its thread meanwhile.
    pub fn lock_wait_ms(mut self, millis: u64) -> Self {
        self.lock_wait_ms = millis;
        self
    }

    /// What to do about a journal that is damaged or has lost acknowledged records: by default it is
    /// refused. With [`OnDamage::NewEpoch`] it is set aside as it is, a new one that names it begins
    /// in its place, and the health is red for as long as this recorder lives.
    pub fn on_damage(mut self, on_damage: OnDamage) -> Self {
        self.on_damage = on_damage;
        self
    }

    /// Replaces the system's clock, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The journal's directory, if it lies in one.
    pub(super) fn journal(&self) -> Option<&Path> {
        match &self.place {
            Place::Directory(path) => Some(path),
            Place::Storage(_) => None,
        }
    }
}

/// Shows the settings, and of the keys only that there are some.
impl fmt::Debug for RecorderBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecorderBuilder")
            .field("origin", &self.origin)
            .field("service", &self.service)
            .field("segment_bytes_max", &self.segment_bytes_max)
            .field("segment_age_max", &self.segment_age_max)
            .field("queue_bytes_max", &self.queue_bytes_max)
            .field("wait_ms_max", &self.wait_ms_max)
            .field("heartbeat_ms", &self.heartbeat_ms)
            .field("scopes_max", &self.scopes_max)
            .field("floods", &self.floods)
            .field("lock_wait_ms", &self.lock_wait_ms)
            .field("on_damage", &self.on_damage)
            .field("retention_days_min", &self.retention_days_min)
            .field("mirror", &self.mirror)
            .field("has_key", &self.key.is_some())
            .field("key_file", &self.key_file)
            .field("keys", &self.keys)
            .field("signer", &self.signer.as_ref().map(|signer| signer.verifier()))
            .field("older_signers", &self.older_signers.len())
            .field("signing_key_file", &self.signing_key_file)
            .field("classes", &self.classes)
            .field("group", &self.group)
            .field("anchors", &self.anchors)
            .finish_non_exhaustive()
    }
}
