//! A visit: somebody who is not the service adds a record to a journal that its service has closed.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::error::Error;
use super::holder;
use super::options::{OnDamage, Options};
use super::redo;
use super::segment;
use super::storage::{Access, Storage};
use super::watermark;

/// How long a writer waits for one that is there for a visit, or has not said yet what for.
const VISIT_MAX: Duration = Duration::from_secs(5);

/// A visitor begins no segment, because only the service knows what is open. It keeps no reserve, and
/// sets nothing aside.
pub(super) fn options(options: Options) -> Options {
    Options {
        segment_bytes_max: u64::MAX,
        segment_age_max: Duration::MAX,
        reserve_bytes: 0,
        on_damage: OnDamage::Refuse,
        // A failed sync begins one all the same: its header says that it does not know.
        open: Arc::new(|| b"null".to_vec()),
        ..options
    }
}

/// How long to wait at least for the holder of the lock that names itself so.
pub(super) fn patience(holder: &str) -> Duration {
    if holder::is_visitor(holder) { VISIT_MAX } else { Duration::ZERO }
}

/// Refuses a journal that recovery would change. The lock must be held.
pub(super) fn check_closed(storage: &dyn Storage) -> Result<(), Error> {
    if is_closed(storage)? {
        return Ok(());
    }
    let journal = storage.describe();
    let reason = format!(
        "the journal in {journal} was not closed in order, and what that needs is left to its \
         service: nothing was changed; start the service"
    );
    Err(Error::Unclean { reason })
}

/// True if the last record is that of an orderly end, durable and with nothing behind it.
fn is_closed(storage: &dyn Storage) -> Result<bool, Error> {
    let Some(last) = segment::list(storage)?.pop() else {
        return Ok(false);
    };
    let name = segment::name(last);
    let tail = storage.open(&name, Access::Read).and_then(|file| segment::tail(&*file, None));
    let tail = tail.map_err(Error::io(storage, "read", &name))?;
    let published = watermark::read(storage);
    let published = published.map_err(Error::io(storage, "read", watermark::NAME))?.ok();
    let redo = match storage.open(redo::NAME, Access::Read).and_then(|file| file.len()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        length => length.map_err(Error::io(storage, "read", redo::NAME))?,
    };
    let is_last = |seq: u64| published == seq.checked_add(1);
    Ok(redo == 0 && tail.is_some_and(|tail| tail.stopped && is_last(tail.seq)))
}
