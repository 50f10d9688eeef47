//! What a living process meets: calls that do a part of their work, fail, or only seem to have failed.

use super::file::Cache;

/// What one call meets although its process lives on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An append takes a part of the bytes, and says so.
    Short,
    /// An append is interrupted before it takes anything.
    Interrupted,
    /// A change fails, half done.
    Change,
    /// A sync fails, and what it did not write counts as written.
    Sync(Cache),
    /// A name is made, and its directory cannot be synced.
    Name,
    /// Nothing can be seen.
    Look,
    /// There is no room for it. This one is met when there is none, and never planned.
    Room,
}

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Append,
    Write,
    Truncate,
    Sync,
    Create,
    Rename,
    Remove,
    Replace,
    Lock,
    Look,
}

impl Fault {
    /// True if whoever meets it need not notice.
    pub(crate) fn is_harmless(self) -> bool {
        matches!(self, Self::Short | Self::Interrupted)
    }

    fn suits(self, call: Call) -> bool {
        use Call::{Append, Create, Lock, Look, Remove, Rename, Replace, Sync, Truncate, Write};
        match self {
            Self::Short | Self::Interrupted => call == Append,
            Self::Change => {
                matches!(
                    call,
                    Append | Write | Truncate | Create | Rename | Remove | Replace | Lock
                )
            }
            Self::Sync(_) => matches!(call, Sync | Replace),
            Self::Name => matches!(call, Create | Rename | Remove | Replace | Lock),
            Self::Look => call == Look,
            Self::Room => false,
        }
    }
}

/// The faults to come, and those that were met.
#[derive(Default)]
pub(super) struct Faults {
    /// Each after so many calls that it could have hit.
    planned: Vec<(u32, Fault)>,
    pub(super) met: Vec<Fault>,
}

impl Faults {
    pub(super) fn plan(&mut self, calls: u32, fault: Fault) {
        self.planned.push((calls, fault));
    }

    pub(super) fn forget(&mut self) {
        self.planned.clear();
    }

    /// The fault that this call meets, if it does.
    pub(super) fn meet(&mut self, call: Call) -> Option<Fault> {
        let index = self.planned.iter_mut().position(|(calls, fault)| {
            let is_due = fault.suits(call) && *calls == 0;
            *calls = calls.saturating_sub(u32::from(fault.suits(call)));
            is_due
        })?;
        let (_, fault) = self.planned.remove(index);
        self.met.push(fault);
        Some(fault)
    }
}
