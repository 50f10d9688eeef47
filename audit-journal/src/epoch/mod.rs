//! Epochs: a journal that cannot go on is set aside as it is, and a new one names it in its first record.
//!
//! `EPOCH` in the older directory is written, as `MOVING`, before anything is moved, and gets its
//! name when all is. So a crash in between leaves a change that the next start finishes.

mod change;
mod check;
mod manifest;
mod parts;

pub(super) use check::number;
pub use check::{
    EpochState, OlderEpoch, verify, verify_epoch, verify_epochs, verify_signed, verify_with,
};
pub use manifest::{Cause, Epoch};

pub(super) use manifest::Link;

use std::io;

use super::error::Error;
use super::newer;
use super::options::{OnDamage, Options};
use super::recovery::{self, Recovered};
use super::segment;
use super::signed;
use super::storage::{Access, Storage};
use super::watermark;

/// How many epochs may begin under one look before it is given up.
const EPOCHS_MET_MAX: usize = 4;

/// What a writer wants of the journal it opens.
pub(super) enum Wish {
    /// To go on with it, if it can.
    GoOn,
    /// To add to it what no service has to say.
    Visit,
    /// To leave it as it is, for a reason that a person gives.
    Adopt(String),
    /// To leave it as it is if it is damaged.
    Repair,
}

/// Recovers the journal, or begins a new epoch if that is asked for. The lock must be held.
pub(super) fn recover(
    storage: &dyn Storage,
    options: &Options,
    wish: Wish,
) -> Result<Option<Recovered>, Error> {
    if storage.open(manifest::NAME, Access::Read).is_ok() {
        return Err(Error::Closed { journal: storage.describe() });
    }
    let is_changed = change::finish(storage)? || is_about_to_begin(storage)?;
    match wish {
        // What was begun before a crash is what was asked for.
        _ if is_changed => {}
        Wish::GoOn | Wish::Visit => {
            let recovered = recover_records(storage, options);
            match recovered.as_ref().err().and_then(damage) {
                Some(reason) if options.on_damage == OnDamage::NewEpoch => {
                    change::set_aside(storage, options, Cause::Damage, &reason)?;
                }
                _ => return recovered,
            }
        }
        Wish::Adopt(reason) => change::set_aside(storage, options, Cause::Adopted, &reason)?,
        Wish::Repair => {
            let reason = "`audited repair` was asked to begin a new epoch behind the damage";
            change::set_aside(storage, options, Cause::Repaired, reason)?;
        }
    }
    recover_records(storage, options)
}

/// What is damaged, in words; `None` if the error tells of something else.
fn damage(error: &Error) -> Option<String> {
    match error {
        Error::Damaged { segment, line, offset, seq, reason, .. } => Some(format!(
            "it is damaged at seq {seq} ({segment}, line {line}, byte {offset}): {reason}"
        )),
        Error::Lost { found, acknowledged, .. } => Some(format!(
            "it ends after {found} records, but {acknowledged} were acknowledged as durable"
        )),
        _ => None,
    }
}

/// What the first header of a journal says of the epoch before it; `None` in the first epoch.
pub(super) fn link(storage: &dyn Storage) -> Result<Option<Link>, Error> {
    let Some(number) = parts::set_aside_numbers(storage)?.pop() else {
        return Ok(None);
    };
    let (manifest, sha256) = manifest::read(storage, &manifest::path(number, manifest::NAME))?;
    Ok(Some(Link::of(manifest.epoch, sha256)))
}

/// The name that the epoch behind the last one that was set aside is to have, as far as that can be told.
pub(super) fn due_origin(storage: &dyn Storage) -> Option<String> {
    let link = link(storage).ok()??;
    base_of(link.previous()).map(|base| origin(base, link.number))
}

/// The same of a journal that has begun, with so many durable records, as the JSON of a record,
/// whatever lies beside it.
pub(super) fn link_encoded(storage: &dyn Storage, durable: u64) -> Result<Option<Vec<u8>>, Error> {
    Ok(check::read_link(storage, durable)?.map(|link| link.encode()))
}

/// How many epochs have been set aside, half of one included: the number of the last one, and
/// whether all of it has been moved.
pub(super) type Age = Option<(u64, bool)>;

/// How many epochs have been set aside. As long as it stays the same, what was read is of one epoch.
pub(super) fn age(storage: &dyn Storage) -> Result<Age, Error> {
    parts::newest(storage)
}

/// Looks again if an epoch began meanwhile: what is set aside then looks as if it was lost.
pub(super) fn within_one<T>(
    storage: &dyn Storage,
    look: impl Fn() -> Result<T, Error>,
) -> Result<T, Error> {
    for _ in 0..EPOCHS_MET_MAX {
        let before = age(storage)?;
        let seen = look();
        if age(storage)? == before {
            return seen;
        }
    }
    Err(Error::io(storage, "check", "the epochs")(io::ErrorKind::Interrupted.into()))
}

/// Where the epoch lies, or is about to, that was current at an age.
pub(super) fn directory_of(age: Age) -> String {
    manifest::directory(match age {
        None => 0,
        Some((unfinished, false)) => unfinished,
        Some((last, true)) => last.saturating_add(1),
    })
}

/// The origin of the epoch `number` of a journal: it names the epoch.
pub(super) fn origin(base: &str, number: u64) -> String {
    format!("{base}#{number}")
}

/// The name that a journal of several epochs was given, without the number of the epoch.
pub(super) fn base(origin: &str) -> &str {
    match origin.rsplit_once('#') {
        Some((base, number)) if number.parse::<u64>().is_ok() => base,
        _ => origin,
    }
}

/// The name of the journal that an epoch is of, if it is known.
pub(super) fn base_of(epoch: &Epoch) -> Option<&str> {
    let origin = epoch.origin.as_deref()?;
    // The first epoch has no number, but a name may end like one.
    let number = (epoch.epoch > 0).then(|| format!("#{}", epoch.epoch));
    Some(number.and_then(|number| origin.strip_suffix(&number)).unwrap_or(origin))
}

/// True if a journal whose origin is `found` may be called `name`: that of a later epoch has its number behind it.
pub fn is_called(found: &str, name: &str) -> bool {
    found == name || base(found) == name
}

/// Refuses a journal of another name than the configured one.
pub(super) fn check_origin(
    storage: &dyn Storage,
    found: &str,
    configured: &str,
) -> Result<(), Error> {
    if is_called(found, configured) {
        return Ok(());
    }
    let journal = storage.describe();
    Err(Error::Origin {
        reason: format!(
            "the journal in {journal} has the origin {found}, but {configured} is configured: \
             configure its own origin, or give this service a directory of its own"
        ),
    })
}

/// True if an epoch was set aside and the one behind it has no record yet: nothing of it can be signed then.
fn is_about_to_begin(storage: &dyn Storage) -> Result<bool, Error> {
    let acknowledged = published(storage)?.unwrap_or(0);
    let is_empty = segment::list(storage)?.is_empty() && acknowledged == 0;
    Ok(is_empty && age(storage)?.is_some() && !signed::is_signed(storage)?)
}

/// Where the newest checkpoint stands: in this epoch, or else in the last one that was set aside.
pub(super) fn newest_checkpoint(storage: &dyn Storage) -> Option<String> {
    if storage.open(signed::CHECKPOINT, Access::Read).is_ok() {
        return Some(signed::CHECKPOINT.to_owned());
    }
    let last = parts::set_aside_numbers(storage).ok()?.pop()?;
    Some(manifest::path(last, signed::CHECKPOINT))
}

fn recover_records(storage: &dyn Storage, options: &Options) -> Result<Option<Recovered>, Error> {
    let recovered = recovery::recover(storage, published(storage)?, &options.verifiers());
    // What a later version has written must neither be set aside nor be cut.
    recovered.map_err(|error| newer::or_newer(storage, error))
}

fn published(storage: &dyn Storage) -> Result<Option<u64>, Error> {
    let read_error = Error::io(storage, "read", watermark::NAME);
    Ok(watermark::read(storage).map_err(read_error)?.ok())
}
