//! Checks the current epoch, and whether the older ones are still what the journal says they were.

use std::io;

use serde::{Deserialize, Serialize};

use super::manifest::{self, Earlier, Epoch, Link, Manifest, NAME};
use super::parts;
use crate::error::Error;
use crate::line;
use crate::lines::Piece;
use crate::pruned;
use crate::segment;
use crate::signed;
use crate::storage::{Access, Storage};
use crate::verify::{self, Effort, Finding, Trust, Verification};

const OTHER_MANIFEST: &str = "its EPOCH is not the one that the journal names";

/// How many changed files are named.
const NAMED_MAX: usize = 8;

/// An older epoch of a journal, compared with what the journal says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OlderEpoch {
    /// Its number, from 0.
    pub epoch: u64,
    /// Where it lies or lay, relative to the journal's directory.
    pub directory: String,
    /// Whether it is still what it was.
    pub state: EpochState,
    /// What is not as it was, as a sentence's end; `None` if it is unchanged.
    pub change: Option<String>,
    /// How it was when it was set aside, if what tells of that can be trusted.
    pub stated: Option<Epoch>,
}

/// What has become of an older epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum EpochState {
    /// Every byte is as it was when it was set aside, damaged or not.
    Unchanged,
    /// Files were changed, removed or added since.
    Changed,
    /// It is not there any more.
    Missing,
    /// It is there, and nothing in the journal names it.
    Unnamed,
}

impl EpochState {
    /// The name in `--json` and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Unnamed => "unnamed",
        }
    }
}

/// Checks every line, its hash and its place, beside a live writer or without one.
///
/// Damage does not end the check: it goes on behind it and lists all of it.
///
/// # Errors
/// [`Error::NoJournal`] if there is nothing to check; else it fails only when the storage does.
pub fn verify(storage: &dyn Storage) -> Result<Verification, Error> {
    verify_with(storage, None, Effort::default())
}

/// Checks the same, and that the records are those which trusted keys have signed, up to the newest
/// checkpoint that is there or was kept elsewhere.
///
/// # Errors
/// [`Error::Unsigned`] if nothing is signed, and no checkpoint that was kept elsewhere says that it was; else as [`verify`].
pub fn verify_signed(storage: &dyn Storage, trust: &Trust) -> Result<Verification, Error> {
    verify_with(storage, Some(trust), Effort::default())
}

/// Does either, the one or the other by `trust`, on several threads, or telling how far it is.
///
/// # Errors
/// As [`verify`] and [`verify_signed`].
pub fn verify_with(
    storage: &dyn Storage,
    trust: Option<&Trust>,
    effort: Effort<'_>,
) -> Result<Verification, Error> {
    super::within_one(storage, || {
        refuse_half(storage)?;
        pruned::between_prunings(storage, || verify::verify_beside(storage, trust, effort))
    })
}

/// A crash may have left an epoch set aside in part, which is no damage.
fn refuse_half(storage: &dyn Storage) -> Result<(), Error> {
    let Some((number, false)) = super::age(storage)? else { return Ok(()) };
    let is_locked = || storage.is_locked().map_err(Error::io(storage, "look at", "LOCK"));
    if !manifest::has_draft(storage, number)? || is_locked()? {
        return Ok(());
    }
    let journal = storage.describe();
    let reason = format!(
        "a part of the journal in {journal} has been set aside as epoch {number}, and the rest was not: the next start \
         of the service, or `audited repair`, does that"
    );
    Err(Error::Unsigned { reason })
}

/// Compares the older epochs of a journal with what its first record says of them, the newest first.
///
/// Each epoch names the one before it by the digest of its `EPOCH`, which names all of its files by
/// theirs. The records in them are not checked: [`verify`] on the older
/// directory does that.
///
/// # Errors
/// [`Error::Closed`] if the directory is that of an older epoch itself; else it fails only when the storage does.
pub fn verify_epochs(storage: &dyn Storage) -> Result<Vec<OlderEpoch>, Error> {
    // An older epoch's own first record names what lies beside it, not below it.
    if storage.open(NAME, Access::Read).is_ok() {
        return Err(Error::Closed { journal: storage.describe() });
    }
    super::within_one(storage, || pruned::between_prunings(storage, || compare(storage)))
}

/// Holds an older epoch, whose directory is `storage`, against the checkpoints that were kept elsewhere of it;
/// `None` if there are none. The places of findings are relative to the directory of `journal`.
///
/// What is damaged in the very way that was written down when it was set aside is no finding; whatever else is
/// other than it was signed is one.
///
/// # Errors
/// As [`verify_signed`].
pub fn verify_epoch(
    journal: &dyn Storage,
    storage: &dyn Storage,
    older: &OlderEpoch,
    trust: &Trust,
) -> Result<Option<Verification>, Error> {
    let origin = origin_of(base(journal)?.unwrap_or_default().as_str(), older.epoch);
    let anchors = verify::anchors(storage, trust, &origin)?;
    if anchors.is_empty() {
        return Ok(None);
    }
    let trust = Trust { origin: Some(origin), ..trust.clone() };
    let mut checked = match verify_signed(storage, &trust) {
        Err(Error::Unsigned { .. } | Error::NoJournal { .. }) => verify::gone(&anchors, &trust),
        checked => checked?,
    };
    if !checked.is_intact() {
        let stated = stated(storage, older)?;
        checked.findings.retain(|finding| !verify::is_stated(finding, &stated));
    }
    for finding in &mut checked.findings {
        finding.segment = format!("{}/{}", older.directory, finding.segment);
    }
    Ok(Some(checked))
}

/// What was damaged when the epoch was set aside. EPOCH is written by whoever sets it aside, who may have changed more than
/// that: so what only the signatures tell is none of it.
fn stated(storage: &dyn Storage, older: &OlderEpoch) -> Result<Vec<Finding>, Error> {
    let Some(Epoch { places, damage, .. }) = &older.stated else { return Ok(Vec::new()) };
    let mut found = match verify(storage) {
        Err(Error::NoJournal { .. }) => return Ok(Vec::new()),
        found => found?.findings,
    };
    found.retain(|finding| !finding.kind.is_warning());
    // Of very many not all are written down one by one.
    let are_all = *damage > places.len() as u64 && found.len() as u64 == *damage;
    found.retain(|finding| are_all || verify::is_stated(finding, places));
    Ok(found)
}

/// The name of the journal, without the number of the epoch that is current; `None` if no header can be read.
fn base(journal: &dyn Storage) -> Result<Option<String>, Error> {
    let current = pruned::origin(journal, &segment::list(journal)?)?;
    let end = format!("#{}", number(journal)?);
    Ok(current.map(|it| it.strip_suffix(&end).unwrap_or(&it).to_owned()))
}

/// The name of an epoch of the journal `base`.
fn origin_of(base: &str, epoch: u64) -> String {
    if epoch == 0 { base.to_owned() } else { super::origin(base, epoch) }
}

fn compare(storage: &dyn Storage) -> Result<Vec<OlderEpoch>, Error> {
    let mut present = parts::set_aside_numbers(storage)?;
    let mut link = read_link(storage, published(storage)?)?;
    if link.is_none() && !present.is_empty() && !has_begun(storage)? {
        // What the next start will write into the first record, unless it cannot be read.
        link = super::link(storage).ok().flatten();
    }
    let mut named = link.as_ref().map(Link::earlier);
    // The journal says itself what the newest one was.
    let mut stated = link.map(Link::into_previous);
    let base = base(storage)?;
    let mut found = Vec::new();
    while let Some(Earlier { epoch, sha256 }) = named.take() {
        present.retain(|number| *number != epoch);
        let (mut checked, earlier) = check(storage, epoch, &sha256)?;
        let said = stated.take();
        checked.stated = checked.stated.or(said);
        checked.check_name(base.as_deref());
        found.push(checked);
        // Numbers that do not fall would go on for ever.
        named = earlier.filter(|earlier| earlier.epoch < epoch);
    }
    let unnamed = |epoch| {
        let reason = "neither the journal's first record nor an epoch after it names it";
        OlderEpoch::new(epoch, EpochState::Unnamed, Some(reason.to_owned()), None)
    };
    found.extend(present.into_iter().rev().map(unnamed));
    Ok(found)
}

/// False if a crash has come between an epoch that was set aside and the first record of the next one.
fn has_begun(storage: &dyn Storage) -> Result<bool, Error> {
    match verify::verify_beside(storage, None, Effort::default()) {
        Err(Error::NoJournal { .. }) => signed::is_signed(storage),
        checked => checked.map(|checked| checked.records > 0 || !checked.is_intact()),
    }
}

impl OlderEpoch {
    fn new(epoch: u64, state: EpochState, change: Option<String>, stated: Option<Epoch>) -> Self {
        let directory = manifest::directory(epoch);
        Self { epoch, directory, state, change, stated }
    }

    /// An epoch of another name is none of this journal's.
    fn check_name(&mut self, base: Option<&str>) {
        let origin = self.stated.as_ref().and_then(|stated| stated.origin.as_deref());
        let Some((origin, base)) = origin.zip(base) else { return };
        let due = origin_of(base, self.epoch);
        if origin != due && self.state == EpochState::Unchanged {
            self.change = Some(format!("its {NAME} names `{origin}`, which is not `{due}`"));
            self.state = EpochState::Changed;
        }
    }
}

#[derive(Deserialize)]
struct FirstRecord {
    journal: FirstHeader,
}

#[derive(Deserialize)]
struct FirstHeader {
    epoch: Option<Link>,
}

/// What the first record of the journal says of the epoch before it; where that is pruned, the record
/// of this says the same, if it stands before the record `below`.
pub(super) fn read_link(storage: &dyn Storage, below: u64) -> Result<Option<Link>, Error> {
    let firsts = segment::list(storage)?;
    if firsts.first() != Some(&0) {
        return pruned::epoch(storage, &firsts, below);
    }
    let mut lines = segment::lines(storage, 0)?;
    let piece = lines.next().map_err(Error::io(storage, "read", &segment::name(0)))?;
    let Piece::Line(range) = piece else {
        return Ok(None);
    };
    let bytes = lines.bytes(&range);
    let is_header =
        line::parse(bytes).is_ok_and(|parsed| segment::header(bytes, &parsed).is_some());
    let record = || serde_json::from_slice::<FirstRecord>(bytes).ok()?.journal.epoch;
    Ok(is_header.then(record).flatten())
}

/// The number of the epoch that is current.
pub(crate) fn number(storage: &dyn Storage) -> Result<u64, Error> {
    Ok(read_link(storage, published(storage)?)?.map_or(0, |link| link.number))
}

/// How many records are durable, as far as that is published; where no writer is at work all count that are there.
pub(super) fn published(storage: &dyn Storage) -> Result<u64, Error> {
    let is_live = storage.is_locked().map_err(Error::io(storage, "look at", "LOCK"))?;
    Ok(super::published(storage)?.filter(|_| is_live).unwrap_or(u64::MAX))
}

/// Compares one epoch; returns also what it says of the one before it.
fn check(
    storage: &dyn Storage,
    epoch: u64,
    sha256: &str,
) -> Result<(OlderEpoch, Option<Earlier>), Error> {
    let alone = |state, change: String| (OlderEpoch::new(epoch, state, Some(change), None), None);
    let manifest = match manifest::read(storage, &manifest::path(epoch, NAME)) {
        Ok((manifest, found)) if found == sha256 => manifest,
        Ok(_) => return Ok(alone(EpochState::Changed, OTHER_MANIFEST.to_owned())),
        // One that the journal does not name may say anything.
        Err(Error::Newer { .. }) if manifest::digest(storage, epoch)? != sha256 => {
            return Ok(alone(EpochState::Changed, OTHER_MANIFEST.to_owned()));
        }
        Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Ok(alone(EpochState::Missing, format!("there is no {NAME} in it")));
        }
        Err(Error::Io { source, .. })
            if [io::ErrorKind::UnexpectedEof, io::ErrorKind::InvalidData]
                .contains(&source.kind()) =>
        {
            let change = format!("its {NAME} cannot be read any more");
            return Ok(alone(EpochState::Changed, change));
        }
        Err(error) => return Err(error),
    };
    let change = changes(storage, &manifest::path(epoch, ""), &manifest)?;
    let state = if change.is_some() { EpochState::Changed } else { EpochState::Unchanged };
    let Manifest { epoch: stated, earlier, .. } = manifest;
    Ok((OlderEpoch::new(epoch, state, change, Some(stated)), earlier))
}

/// Which files are not what they were, in words.
fn changes(
    storage: &dyn Storage,
    prefix: &str,
    manifest: &Manifest,
) -> Result<Option<String>, Error> {
    let mut changed = Vec::new();
    for stated in &manifest.files {
        let path = format!("{prefix}{}", stated.file);
        match manifest::state_of(storage, &path, stated.file.clone()) {
            Ok(found) if found == *stated => {}
            Ok(_) => changed.push(format!("{} was changed", stated.file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                changed.push(format!("{} is gone", stated.file));
            }
            Err(error) => return Err(Error::io(storage, "read", &path)(error)),
        }
    }
    for name in parts::files(storage, prefix)? {
        if !manifest.files.iter().any(|stated| stated.file == name) {
            changed.push(format!("{name} was added"));
        }
    }
    let more = changed.len().saturating_sub(NAMED_MAX);
    changed.truncate(NAMED_MAX);
    if more > 0 {
        changed.push(format!("and {more} more"));
    }
    Ok((!changed.is_empty()).then(|| changed.join(", ")))
}
