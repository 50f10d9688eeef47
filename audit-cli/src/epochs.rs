//! What `audited verify` says of the older epochs of a journal.

use std::io::Write;

use audit_runtime::journal::{Epoch, EpochState, OlderEpoch};

use crate::failure::Failure;
use crate::terminal;

/// How many damaged places of one epoch are shown.
const PLACES_SHOWN: usize = 8;

/// True if every older epoch is as it was when it was set aside.
pub(crate) fn are_unchanged(epochs: &[OlderEpoch]) -> bool {
    changed(epochs) == 0
}

/// How many older epochs are not as they were.
pub(crate) fn changed(epochs: &[OlderEpoch]) -> usize {
    epochs.iter().filter(|epoch| epoch.state != EpochState::Unchanged).count()
}

/// Tells of each older epoch whether it is unchanged, and how it was when it was set aside.
pub(crate) fn print(epochs: &[OlderEpoch], out: &mut impl Write) -> Result<(), Failure> {
    for older in epochs {
        let OlderEpoch { epoch, directory, state, change, stated, .. } = older;
        let state = state.name();
        match change {
            Some(change) => {
                let change = terminal::escape(change);
                writeln!(out, "TAMPER epoch {epoch} in {directory} {state}: {change}")?;
            }
            None => writeln!(out, "epoch {epoch} in {directory}: {state} since it was set aside")?,
        }
        if let Some(stated) = stated {
            print_stated(stated, out)?;
        }
    }
    Ok(())
}

/// How an epoch was when it was set aside.
pub(crate) fn print_stated(epoch: &Epoch, out: &mut impl Write) -> Result<(), Failure> {
    let Epoch { cause, reason, time, records, damage, .. } = epoch;
    let last = epoch.last_seq.map_or(String::new(), |last| format!(", the last seq {last}"));
    let (time, reason) = (terminal::escape(time), terminal::escape(reason));
    writeln!(out, "  {time} {}: {reason}", cause.name())?;
    writeln!(out, "  {records} records{last}, damaged places: {damage}")?;
    print_places(epoch, PLACES_SHOWN, out)
}

/// The damaged places, up to `most`.
pub(crate) fn print_places(
    epoch: &Epoch,
    most: usize,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let shown = epoch.places.len().min(most);
    for place in &epoch.places[..shown] {
        writeln!(out, "  DAMAGED {}", terminal::escape(&place.to_string()))?;
    }
    let more = epoch.damage.saturating_sub(shown as u64);
    if more > 0 {
        let number = epoch.epoch;
        writeln!(out, "  and {more} more: `audited verify --epoch {number}` lists them")?;
    }
    Ok(())
}
