//! What the running action says it changed.

use std::sync::atomic::AtomicU64;

use audit_redact::Diff;

use super::with_running;
use crate::event::ChangeSet;

/// Adds what differs between two values to the innermost running action.
///
/// Call it where both are at hand, once the change is made. It is recorded whatever the action
/// returns then, since the action has said that it was made.
///
/// ```
/// # use audit_runtime::{Redact, audited};
/// #[derive(Redact, Clone)]
/// #[redact(diff)]
/// struct Invoice {
///     total: u64,
/// }
///
/// #[audited(action = "UpdateInvoice", on_unrecorded = fail_open)]
/// fn update(invoice: &mut Invoice, total: u64) {
///     let before = invoice.clone();
///     invoice.total = total;
///     audit_runtime::changed(&before, invoice);
/// }
/// # update(&mut Invoice { total: 1 }, 2);
/// ```
pub fn changed<T: Diff + ?Sized>(before: &T, after: &T) {
    set_changes(ChangeSet::between(before, after));
}

/// Adds changes to the innermost running action, as [`changed`] does: a [`ChangeSet`], or a
/// [`Bulk`](crate::Bulk).
pub fn set_changes(changes: impl Into<ChangeSet>) {
    static UNSAID: AtomicU64 = AtomicU64::new(0);
    let changes = changes.into();
    let attempt = ("say what an action changed", &UNSAID);
    with_running(attempt, |open| open.draft.event.add_changes(changes));
}
