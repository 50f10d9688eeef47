//! Which recorder a task has: its own, else the process's.

use std::cell::RefCell;
use std::pin::Pin;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::task::{self, Poll};

use pin_project_lite::pin_project;

use super::{Shared, Unrecorded, alarm};
use audit_redact::Redaction;

thread_local! {
    static OVERRIDE: RefCell<Option<Arc<Shared>>> = const { RefCell::new(None) };
}

pub(super) static INSTALLED: OnceLock<Arc<Shared>> = OnceLock::new();
pub(super) static WITHOUT_RECORDER: AtomicU64 = AtomicU64::new(0);

/// True if the process has a recorder of its own.
pub(super) fn is_installed() -> bool {
    INSTALLED.get().is_some()
}

/// The running task's recorder: its own, else the process's.
pub(crate) fn current() -> Option<Arc<Shared>> {
    // A thread that is ending may have lost its own recorder already.
    let own = OVERRIDE.try_with(|own| own.borrow().clone()).ok().flatten();
    own.or_else(|| INSTALLED.get().cloned())
}

/// Calls `work` with what the running task's recorder redacts with.
pub(super) fn redacting(work: &mut dyn FnMut(Redaction<'_>)) {
    match current() {
        Some(shared) => work(Redaction::with(shared.redactor())),
        None => work(Redaction::full()),
    }
}

/// Counts an action that has no record, with or without a recorder, and says so.
pub(crate) fn count_unrecorded(action: &str, why: &Unrecorded) {
    match current() {
        Some(shared) => shared.count_unrecorded(action, why),
        None => alarm::count(&WITHOUT_RECORDER, action, why),
    }
}

/// Puts the outer recorder back, also when the inner one is left by a panic.
struct Overridden(Option<Arc<Shared>>);

impl Drop for Overridden {
    fn drop(&mut self) {
        let _ = OVERRIDE.try_with(|own| own.replace(self.0.take()));
    }
}

/// Calls `work` with `recorder` as the running task's own.
pub(crate) fn enter<R>(recorder: Arc<Shared>, work: impl FnOnce() -> R) -> R {
    let outer = OVERRIDE.try_with(|own| own.replace(Some(recorder)));
    let _outer = Overridden(outer.ok().flatten());
    work()
}

pin_project! {
    /// A future that runs with a recorder of its own.
    pub(super) struct InRecorder<F> {
        pub(super) recorder: Arc<Shared>,
        #[pin]
        pub(super) future: F,
    }
}

impl<F: Future> Future for InRecorder<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        enter(Arc::clone(this.recorder), || this.future.poll(task))
    }
}
