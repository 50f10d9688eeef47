//! Which recorder a task has: its own, else the process's.

use std::pin::Pin;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::task::{self, Poll};

use pin_project_lite::pin_project;

use super::{Shared, Unrecorded, alarm};
use crate::context::{Overriding, has_own_recorder, own_recorder};
use audit_redact::Redaction;

pub(super) static INSTALLED: OnceLock<Arc<Shared>> = OnceLock::new();
pub(super) static WITHOUT_RECORDER: AtomicU64 = AtomicU64::new(0);

/// True if the process has a recorder of its own.
pub(super) fn is_installed() -> bool {
    INSTALLED.get().is_some()
}

/// The running task's recorder: its own, else the process's.
pub(crate) fn current() -> Option<Arc<Shared>> {
    let own = own_recorder().and_then(|own| own.downcast().ok());
    own.or_else(|| INSTALLED.get().cloned())
}

/// Calls `work` with what the running task's recorder redacts with.
pub(super) fn redacting(work: &mut dyn FnMut(Redaction<'_>)) {
    match current() {
        Some(shared) => work(Redaction::with(shared.redactor())),
        None => work(Redaction::full()),
    }
}

/// Counts an action that has no record, with its recorder, else with the running task's, and says so.
pub(crate) fn count_unrecorded(recorder: Option<&Shared>, action: &str, why: &Unrecorded) {
    if let Some(recorder) = recorder {
        return recorder.count_unrecorded(action, why);
    }
    match current() {
        Some(shared) => shared.count_unrecorded(action, why),
        None => alarm::count(&WITHOUT_RECORDER, action, why),
    }
}

/// Calls `work` with `recorder` as the running task's own, if there is one. The process's, which is found
/// without that, need not be.
pub(crate) fn enter<R>(recorder: Option<&Arc<Shared>>, work: impl FnOnce() -> R) -> R {
    let is_found = |it: &Arc<Shared>| {
        !has_own_recorder() && INSTALLED.get().is_some_and(|installed| Arc::ptr_eq(it, installed))
    };
    let own = recorder.filter(|it| !is_found(it));
    let _overriding = own.map(|recorder| Overriding::begin(recorder.clone()));
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
        enter(Some(this.recorder), || this.future.poll(task))
    }
}
