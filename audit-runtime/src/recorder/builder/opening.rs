//! Opens what the settings describe: the journal under its lock, the key, and the threads.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use audit_anchor::Shipping;
use audit_journal::{DirectoryStorage, Journal, Modes, Options, Storage};

use super::anchors::say_doubt;
use super::{Place, RecorderBuilder};
use crate::catalog;
use crate::context::OpenScopes;
use crate::event;
use crate::recorder::deadline::Deadlines;
use crate::recorder::floods::{Floods, Measure, WRITTEN_MIN};
use crate::recorder::health::Counters;
use crate::recorder::intents::Intents;
use crate::recorder::mirror::Copying;
use crate::recorder::pruning::Pruning;
use crate::recorder::queue::Queue;
use crate::recorder::unfinished::{self, LeftOpen};
use crate::recorder::{Error, Recorder, Shared, committer, control, lookup, metrics};
use crate::say;
use audit_redact::keys::file as key_file;
use audit_redact::{HashKey, Keys, RedactedType, Redactor, Tightness};

/// The key of the keyed hashes, as far as there is one.
enum Key {
    Known(HashKey),
    Missing(PathBuf),
}

impl RecorderBuilder {
    /// Locks and opens the journal and starts the recorder.
    ///
    /// # Errors
    /// Fails when the journal cannot be opened (another writer, wrong modes, damage), the key cannot
    /// be read or made, or a setting is not usable. Nothing is changed then, but for a directory and a
    /// key that signs, which were made.
    pub fn open(mut self) -> Result<Recorder, Error> {
        if self.heartbeat_ms == 0 {
            let reason = "0 would record nothing else; give the milliseconds between two heartbeats, \
                          or `u64::MAX` for none";
            return Err(Error::Setting { name: "heartbeat_ms", reason });
        }
        let Measure { source_max, total_max, .. } = self.floods;
        for (name, most) in [("flood_source_max", source_max), ("flood_total_max", total_max)] {
            if most < WRITTEN_MIN {
                let reason = "fewer than 32 would hide from detection what it looks for; give 32 or more, or \
                              `u64::MAX` for all";
                return Err(Error::Setting { name, reason });
            }
        }
        let (anchors, anchor_age_max) = self.take_anchors()?;
        let service = self.service.encode();
        let writer = self.service.writer();
        let (storage, directory) = self.place.open(Modes { group: self.group })?;
        // Before the journal is opened, because opening it leaves a record.
        let is_new = storage.list("seg").is_ok_and(|segments| segments.is_empty());
        let owner = key_file::owner(self.journal());
        let known_key = self.known_key(owner)?;
        let redactor = self.redactor()?;
        self.refuse_unkeyed(&redactor)?;
        let intents = Arc::new(Intents::default());
        let open = Arc::clone(&intents);
        let signing = self.signing(&storage, owner, is_new)?;
        let options = Options {
            origin: self.origin.clone().or_else(|| signing.origin.clone()),
            segment_bytes_max: self.segment_bytes_max,
            segment_age_max: self.segment_age_max,
            heartbeat: Duration::from_millis(self.heartbeat_ms),
            lock_wait: Duration::from_millis(self.lock_wait_ms),
            retention_days_min: self.retention_days_min,
            on_damage: self.on_damage,
            clock: Arc::clone(&self.clock),
            open: Arc::new(move || open.list()),
            writer,
            signer: signing.signer.clone(),
            older_signers: signing.older.clone(),
            ..Options::default()
        };
        let journal = Journal::open(Arc::clone(&storage), options)?;
        let key = match known_key {
            Key::Known(key) => Ok(key),
            // A journal that is refused has no new key beside it.
            Key::Missing(path) => make_key(path, owner, is_new),
        };
        let (journal, key) = or_close(journal, key)?;
        signing.publish(self.journal());
        let place = self.journal().map(Path::to_owned);
        let started =
            Shipping::start(anchors, &storage, &journal, anchor_age_max, place, say_doubt);
        let (journal, anchors) = or_close(journal, started.map_err(Error::System))?;
        let (journal, left) = or_close(journal, unfinished::find(storage).map_err(Error::from))?;
        let redactor = redactor.with_origin(journal.origin()).with_hash_key(key.clone());
        let shared = self.share(&journal, intents, redactor, key, service, anchors);
        let (journal, shared) = or_close(journal, shared)?;
        if let Some(flaw) = signing.flaw {
            shared.counters.signing.report_keyless(flaw);
        }
        if let Some(anew) = journal.signed_anew() {
            shared.counters.signing.report_anew(anew);
        }
        self.start(shared, journal, left, directory)
    }

    /// Opens the recorder and makes it the process's own, which every audited action finds.
    ///
    /// # Errors
    /// Fails as [`open`](Self::open) does, and when the process has a recorder already.
    pub fn install(self) -> Result<Recorder, Error> {
        // Before the journal is opened, because opening it leaves records.
        if lookup::is_installed() {
            return Err(Error::AlreadyInstalled);
        }
        let recorder = self.open()?;
        recorder.install()?;
        Ok(recorder)
    }

    /// The key, or the place where it is to be made.
    fn known_key(&self, owner: Option<u32>) -> Result<Key, Error> {
        if let Some(key) = &self.key {
            return Ok(Key::Known(key.clone()));
        }
        let path = match (&self.key_file, &self.place) {
            (Some(path), _) => path.clone(),
            (None, Place::Directory(journal)) => key_file::beside(journal, ".key")
                .map_err(|cause| Error::KeyFile { path: journal.clone(), cause })?,
            (None, Place::Storage(_)) => {
                return HashKey::random().map(Key::Known).map_err(Error::System);
            }
        };
        match key_file::read(&path, owner) {
            Ok(Some(key)) => Ok(Key::Known(HashKey::from_bytes(*key))),
            Ok(None) => Ok(Key::Missing(path)),
            Err(cause) => Err(Error::KeyFile { path, cause }),
        }
    }

    /// The keys that seal values: those that were given, else what lies beside the journal.
    fn known_keys(&self) -> Result<Keys, Error> {
        let keys = match (self.keys.clone(), self.journal()) {
            (Some(keys), Some(journal)) => keys.for_journal(journal),
            (None, Some(journal)) => Keys::beside(journal),
            (Some(keys), None) => Ok(keys),
            (None, None) if self.is_ephemeral => Keys::ephemeral(),
            (None, None) => Ok(Keys::default()),
        };
        keys.map_err(Error::Keys)
    }

    /// Refuses to start a service that would hide what it is to seal.
    fn refuse_unkeyed(&self, redactor: &Redactor) -> Result<(), Error> {
        let unmet = redactor.unmet(&RedactedType::all()).map_err(Error::Keys)?;
        let Some(unmet) = unmet.into_iter().next() else { return Ok(()) };
        let file = self.journal().and_then(|journal| key_file::beside(journal, ".keys").ok());
        Err(Error::Unkeyed { unmet, file })
    }

    /// What values are redacted with; the journal's name and the key of the hashes are known later.
    fn redactor(&self) -> Result<Redactor, Error> {
        let redactor = Redactor::default().with_keys(self.known_keys()?);
        let classes = self.classes.iter();
        let with = |redactor: Redactor, (name, tightness): (&String, &Tightness)| {
            redactor.with_class(name, *tightness)
        };
        Ok(classes.fold(redactor, with))
    }

    fn share(
        &self,
        journal: &Journal,
        intents: Arc<Intents>,
        redactor: Redactor,
        key: HashKey,
        service: Vec<u8>,
        anchors: Shipping,
    ) -> Result<Arc<Shared>, Error> {
        event::redact_by(lookup::redacting);
        let limit = Duration::from_millis(self.wait_ms_max);
        Ok(Arc::new(Shared {
            queue: Queue::new(self.queue_bytes_max),
            scopes: OpenScopes::new(self.scopes_max),
            intents,
            counters: Arc::new(Counters::new(limit)),
            deadlines: Deadlines::start(limit).map_err(Error::System)?,
            floods: Floods::new(self.floods),
            key,
            redactor,
            service,
            catalog: catalog::hash(),
            told: Default::default(),
            routes: Default::default(),
            commits: Arc::default(),
            pruning: Pruning::default(),
            anchors,
            reader: journal.reader(),
            origin: journal.origin().to_owned(),
        }))
    }

    fn start(
        self,
        shared: Arc<Shared>,
        journal: Journal,
        left: LeftOpen,
        directory: Option<Arc<DirectoryStorage>>,
    ) -> Result<Recorder, Error> {
        shared.counters.show_durable(journal.last());
        shared.counters.signing.show(&journal);
        if let Some(error) = journal.failed_sync() {
            shared.counters.tell_failed_sync(error);
        }
        if let Some(epoch) = journal.set_aside() {
            shared.counters.report_set_aside(epoch);
        }
        if let Some(flaw) = journal.reserve_flaw() {
            say::warning(format_args!(
                "no room could be kept for the day on which the disk is full: {flaw}"
            ));
        }
        let copy = |mirror| Copying::start(mirror, Arc::clone(&shared.counters));
        let copying = self.mirror.map(copy).transpose();
        let copying = copying.and_then(|copying| metrics::start(&shared).map(|()| copying));
        let (journal, copying) = or_close(journal, copying.map_err(Error::System))?;
        let (control, socket) = control::start(directory, &shared).unzip();
        let committing = Arc::clone(&shared);
        let committer = std::thread::Builder::new()
            .name("audit-committer".into())
            .spawn(move || committer::run(&committing, journal, socket, copying, left));
        match committer {
            Ok(committer) => Ok(Recorder::new(shared, committer, control)),
            Err(error) => {
                control.iter().for_each(control::Control::close);
                Err(Error::System(error))
            }
        }
    }
}

type Opened = (Arc<dyn Storage>, Option<Arc<DirectoryStorage>>);

impl Place {
    /// The storage, and the directory if it is one.
    fn open(&self, modes: Modes) -> Result<Opened, Error> {
        match self {
            Self::Directory(path) => {
                let directory = Arc::new(DirectoryStorage::open(path, modes)?);
                Ok((Arc::clone(&directory) as Arc<dyn Storage>, Some(directory)))
            }
            Self::Storage(storage) => Ok((Arc::clone(storage), None)),
        }
    }
}

/// Closes the journal in order if something else could not be made: nobody has died.
fn or_close<T>(journal: Journal, made: Result<T, Error>) -> Result<(Journal, T), Error> {
    match made {
        Ok(made) => Ok((journal, made)),
        Err(error) => {
            journal.close()?;
            Err(error)
        }
    }
}

fn make_key(path: PathBuf, owner: Option<u32>, journal_is_new: bool) -> Result<HashKey, Error> {
    if !journal_is_new {
        say::warning(format_args!(
            "the key file {} is missing, so a new key is made: hashes of sessions, unknown users \
             and unrouted paths no longer match those of earlier records; restore the file to \
             join them again",
            path.display()
        ));
    }
    let made = key_file::create(&path, owner).map(|key| HashKey::from_bytes(*key));
    made.map_err(|cause| Error::KeyFile { path, cause })
}
