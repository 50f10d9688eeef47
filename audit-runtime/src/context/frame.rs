//! What a task knows of itself while it runs, swapped in around each poll.

use std::any::Any;
use std::cell::RefCell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use audit_journal::EventId;
use pin_project_lite::pin_project;

use super::{Context, Running};

/// What is swapped in while a task runs: its context and its innermost action.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame {
    pub(crate) context: Option<Context>,
    pub(crate) running: Option<Running>,
}

impl Frame {
    /// Calls `work` inside this frame.
    pub(crate) fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        self.clone().lend(work)
    }

    /// Calls `work` inside this frame, which is gone meanwhile: for whoever polls again and again.
    pub(crate) fn lend<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let _lent = Lent::begin(self);
        work()
    }
}

/// The recorder that is a task's own, which this floor passes on without knowing it.
pub(crate) type OwnRecorder = Arc<dyn Any + Send + Sync>;

thread_local! {
    static FRAME: RefCell<Frame> = const { RefCell::new(Frame { context: None, running: None }) };
    static RECORDER: RefCell<Option<OwnRecorder>> = const { RefCell::new(None) };
}

/// The running task's own recorder, if it has one.
pub(crate) fn own_recorder() -> Option<OwnRecorder> {
    // A thread that is ending may have lost it already.
    RECORDER.try_with(|own| own.borrow().clone()).ok().flatten()
}

/// True if the running task has a recorder of its own.
pub(crate) fn has_own_recorder() -> bool {
    RECORDER.try_with(|own| own.borrow().is_some()).unwrap_or(false)
}

/// A recorder as the running task's own; the outer one is put back also when this is left by a panic.
pub(crate) struct Overriding(Option<OwnRecorder>);

impl Overriding {
    #[must_use = "it ends as this is dropped"]
    pub(crate) fn begin(recorder: OwnRecorder) -> Self {
        Self(RECORDER.try_with(|own| own.replace(Some(recorder))).ok().flatten())
    }
}

impl Drop for Overriding {
    fn drop(&mut self) {
        let _ = RECORDER.try_with(|own| own.replace(self.0.take()));
    }
}

/// What the running task's frame holds; nothing where the thread is ending and its memory is gone.
pub(super) fn look<R>(what: impl FnOnce(&Frame) -> R) -> Option<R> {
    FRAME.try_with(|frame| what(&frame.borrow())).ok()
}

/// The action that a record made now comes from: the running one, or the one that this task was
/// started from.
pub(crate) fn cause() -> Option<EventId> {
    let started_from = |frame: &Frame| frame.context.as_ref()?.taken.as_ref()?.cause;
    let running = Running::innermost().map(|running| running.event());
    running.or_else(|| look(started_from).flatten())
}

/// A frame in the place of the running one, until this is dropped, also by a panic.
struct Lent<'a>(&'a mut Frame);

impl<'a> Lent<'a> {
    fn begin(frame: &'a mut Frame) -> Self {
        exchange(frame);
        Self(frame)
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        exchange(self.0);
    }
}

// No part of what is inlined around each poll.
#[inline(never)]
fn exchange(frame: &mut Frame) {
    // A thread that is ending has no frame.
    let _ = FRAME.try_with(|running| std::mem::swap(&mut *running.borrow_mut(), frame));
}

pin_project! {
    /// A future that runs in a context.
    ///
    /// Which action is running is asked at each poll and not kept: a task of its own that is
    /// spawned with the future must not speak for the action that spawned it.
    pub(super) struct InContext<F> {
        pub(super) context: Context,
        #[pin]
        pub(super) future: F,
    }
}

impl<F: Future> Future for InContext<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut std::task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.context.enter(|| this.future.poll(task))
    }
}
