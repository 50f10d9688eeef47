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
        let outer = FRAME.try_with(|frame| frame.replace(std::mem::take(self))).ok();
        let _lent = Lent { frame: self, outer };
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

/// Calls `work` with `recorder` as the running task's own.
pub(crate) fn with_recorder<R>(recorder: OwnRecorder, work: impl FnOnce() -> R) -> R {
    let outer = RECORDER.try_with(|own| own.replace(Some(recorder)));
    let _outer = Overridden(outer.ok().flatten());
    work()
}

/// Puts the outer recorder back, also when the inner one is left by a panic.
struct Overridden(Option<OwnRecorder>);

impl Drop for Overridden {
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

/// Puts both frames back where they were, also when the inner one is left by a panic.
struct Lent<'a> {
    frame: &'a mut Frame,
    outer: Option<Frame>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(outer) = self.outer.take()
            // A thread that ends meanwhile has no frame to put back.
            && let Ok(lent) = FRAME.try_with(|frame| frame.replace(outer))
        {
            *self.frame = lent;
        }
    }
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
