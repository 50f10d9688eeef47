//! The scope of one audited call: whatever happens to the call, it leaves exactly one record.

mod abort;
#[cfg(any(feature = "actix", feature = "tower"))]
mod blocked;
mod changes;
pub mod classify;
mod connection;
mod intent;
pub(crate) mod refuse;
#[cfg(feature = "stream")]
mod stream;

use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll, ready};

use pin_project_lite::pin_project;

use crate::catalog::ActionSpec;
use crate::context::{self, Context, Frame, Open, Running};
use crate::event::{Arguments, Code, Draft, OnUnrecorded, Outcome, Target};
use crate::recorder::{self, Receipt, Shared, Unrecorded};
use audit_redact::{Redact, Redaction};

#[cfg(any(feature = "actix", feature = "tower"))]
pub(crate) use blocked::record_blocked;
pub use changes::{Ret, RetOfAny, RetOfResult};
pub(crate) use classify::Verdict;
pub use connection::Connection;
#[cfg(feature = "stream")]
pub use stream::Streamed;

/// One audited call, from before its body to the record of its end.
///
/// The macros enter it; dropping it without [`finish`](Self::finish) records a panic, if the body
/// was running, or a cancellation, if it was not.
#[must_use = "a scope that is dropped at once records a cancellation"]
pub struct Scope {
    running: Running,
    context: Context,
    recorder: Option<Arc<Shared>>,
    spec: &'static ActionSpec,
    body_runs: bool,
    finished: bool,
}

impl Scope {
    /// Enters a call of the action, unless it could not be recorded and must be.
    ///
    /// # Errors
    /// Refuses a `fail_closed` action when there is no recorder, its journal has failed, or it has no
    /// room to keep account of one more.
    pub fn enter(spec: &'static ActionSpec) -> Result<Self, Unrecorded> {
        let mut scope = Self::begin(spec);
        match list(scope.recorder.as_deref(), &scope.running, &scope.context) {
            Err(unrecorded) if spec.on_unrecorded == OnUnrecorded::FailClosed => {
                scope.leave();
                recorder::count_unrecorded(scope.recorder.as_deref(), spec.action, &unrecorded);
                Err(unrecorded)
            }
            _ => Ok(scope),
        }
    }

    /// Enters a call of a `fail_open` action, which proceeds in any case.
    pub fn enter_open(spec: &'static ActionSpec) -> Self {
        let scope = Self::begin(spec);
        // What has no place in the account is recorded by its end alone.
        if let Some(recorder) = &scope.recorder {
            let _ = recorder.list(&scope.running, &scope.context);
        }
        scope
    }

    fn begin(spec: &'static ActionSpec) -> Self {
        abort::record_panics();
        let context = Context::here();
        context.note_action(spec.action, spec.category);
        Self {
            running: Running::begin(draft(spec)),
            context,
            recorder: recorder::current(),
            spec,
            body_runs: false,
            finished: false,
        }
    }

    /// Counts the call as one without a record, and says so.
    fn alarm(&self, why: &Unrecorded) {
        self.running.change(|open| open.is_alarmed = true);
        recorder::count_unrecorded(self.recorder.as_deref(), self.spec.action, why);
    }

    /// Ends without a record: the call was refused before anything was done or written.
    fn leave(&mut self) {
        self.finished = true;
        drop(self.running.take());
    }

    /// Evaluates what the attribute captures; a panic in there is a panic of the call.
    pub fn capture(&mut self, capture: impl FnOnce(&mut Captures<'_>)) {
        self.body_runs = true;
        let (running, recorder) = (&self.running, self.recorder.as_deref());
        self.frame().lend(|| {
            let (targets, arguments) = (Vec::new(), Arguments::inputs());
            capture(&mut Captures { running, recorder, targets, arguments });
        });
        self.body_runs = false;
    }

    /// Runs an async body.
    pub fn drive<F: Future>(&mut self, body: F) -> impl Future<Output = F::Output> {
        let frame = self.frame();
        Drive { scope: self, frame, body }
    }

    /// Runs a sync body.
    pub fn call<R>(&mut self, body: impl FnOnce() -> R) -> R {
        self.body_runs = true;
        let output = self.frame().lend(body);
        self.body_runs = false;
        output
    }

    /// Records the end of the call, at once; the future is ready when the action's durability is
    /// reached or its deadline has passed.
    pub fn finish(mut self, verdict: Verdict) -> impl Future<Output = ()> + use<> {
        Finished(self.end_or_leave(verdict))
    }

    /// Like [`finish`](Self::finish), for queued actions: there is nothing to wait for.
    pub fn finish_queued(mut self, verdict: Verdict) {
        drop(self.end_or_leave(verdict));
    }

    /// Like [`finish`](Self::finish), for sync functions: blocks this thread. No response can wait
    /// in its stead, so the call ends as it returned.
    pub fn finish_blocking(mut self, verdict: Verdict) {
        if let Some(receipt) = self.end(verdict) {
            receipt.wait_unheard();
        }
    }

    /// Leaves the end to the response if that knows more, of the outcome or of the actor, and then waits
    /// for the receipt, too.
    fn end_or_leave(&mut self, verdict: Verdict) -> Option<Receipt> {
        if self.context.defer(&self.running, verdict.returned()) {
            self.finished = true;
            return None;
        }
        self.end(verdict)
    }

    fn end(&mut self, verdict: Verdict) -> Option<Receipt> {
        self.finished = true;
        let open = self.running.take()?;
        record_end(open, verdict, &self.context, self.recorder.as_deref())
    }

    fn frame(&self) -> Frame {
        Frame { context: Some(self.context.clone()), running: Some(self.running.clone()) }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        if let Some(open) = self.running.take() {
            let verdict = Verdict::of(match (self.body_runs, open.returned) {
                (true, _) => Outcome::Panic,
                // Only what it changed was still being found out.
                (false, Some(_)) => Outcome::Unknown,
                (false, None) => Outcome::Cancelled,
            });
            let recorder = self.recorder.as_deref();
            drop(record_end(open, verdict, &self.context, recorder));
        }
    }
}

/// Keeps account of what begins, unless it could not be recorded.
fn list(recorder: Option<&Shared>, running: &Running, context: &Context) -> Result<(), Unrecorded> {
    let recorder = recorder.ok_or(Unrecorded::NoRecorder)?;
    recorder.refusal().map_or(Ok(()), Err)?;
    recorder.list(running, context)
}

/// Records the end of an action; whoever took it from its [`Running`] calls this, once.
///
/// The receipt may be dropped: a failure after the body never turns a success into an error, and
/// raises the alarm in any case.
pub(crate) fn record_end(
    mut open: Open,
    verdict: Verdict,
    context: &Context,
    recorder: Option<&Shared>,
) -> Option<Receipt> {
    // A shutdown that comes now waits until the record is queued.
    let _slot = open.take_slot();
    let is_alarmed = open.is_alarmed;
    if let Some(error_type) = verdict.error_type {
        open.returned.get_or_insert_default().error_type = Some(error_type);
    }
    let event = open.completed(verdict.outcome, context);
    let Some(recorder) = recorder else {
        recorder::count_unrecorded(None, &event.action, &Unrecorded::NoRecorder);
        return None;
    };
    Some(recorder.record_end(&event, is_alarmed))
}

/// Makes sure that a panic is recorded also where nothing is dropped after it.
#[cfg(any(feature = "actix", feature = "tower"))]
pub(crate) fn record_panics() {
    abort::record_panics();
}

fn draft(spec: &'static ActionSpec) -> Draft {
    let mut draft = Draft::new(spec.category, spec.action.into())
        .operation(spec.operation)
        .durability(spec.durability)
        .code(Code {
            function: spec.function,
            file: spec.file,
            line: spec.line,
            version: spec.version,
        });
    draft.event.severity = spec.severity;
    draft.event.retention = spec.retention.map(Into::into);
    draft.event.sentence = spec.description;
    draft.event.causation_id = context::cause();
    draft
}

/// What the attribute captures at the beginning of a call.
///
/// Dropping it gives them to the action, so that those before a panic are recorded.
pub struct Captures<'a> {
    running: &'a Running,
    recorder: Option<&'a Shared>,
    targets: Vec<Target>,
    arguments: Arguments,
}

impl Drop for Captures<'_> {
    fn drop(&mut self) {
        self.running.change(|open| {
            let event = &mut open.draft.event;
            match event.targets.is_empty() {
                true => event.targets = std::mem::take(&mut self.targets),
                false => event.targets.append(&mut self.targets),
            }
            event.arguments = std::mem::replace(&mut self.arguments, Arguments::inputs());
        });
    }
}

impl Captures<'_> {
    /// A target of the action.
    pub fn target(&mut self, kind: &'static str, id: &impl Shown) {
        self.push(Target::new(kind, id));
    }

    /// A target with a readable name.
    pub fn named_target(&mut self, kind: &'static str, id: &impl Shown, name: &impl Shown) {
        self.push(Target::new(kind, id).named(name.to_string()));
    }

    fn push(&mut self, target: Target) {
        // The action may wait for long, and most have one target: no room for more is kept.
        self.targets.reserve_exact(1);
        self.targets.push(target);
    }

    /// An input of the action, in its redacted form.
    pub fn field<T: Captured>(&mut self, name: &'static str, value: &T) {
        let how =
            self.recorder.map_or(Redaction::full(), |shared| Redaction::with(shared.redactor()));
        self.arguments.push(name, value, how);
    }
}

/// What can be captured as an input, which is everything with a redaction rule.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is captured, but has no redaction rule",
    label = "nothing says whether a record may show this `{Self}`",
    note = "a type of your own gets its rule from `#[derive(Redact)]`, and a container has one if \
            all in it have",
    note = "free text has none: leave it out, or write `name = audit_runtime::public(&value)` to show \
            it, if it is no secret"
)]
pub trait Captured: Redact {}

// Hidden from the compiler's advice, which would list all types that have a rule.
#[diagnostic::do_not_recommend]
impl<T: Redact + ?Sized> Captured for T {}

/// What can be written as the id or the name of a target, which is everything with `Display`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the id or the name of a target: it has no `Display`",
    label = "this is to be written as text",
    note = "capture what identifies the target, such as `id = user.id` or `id = uuid.to_string()`"
)]
pub trait Shown: Display {}

// Hidden from the compiler's advice, which would speak of `Display` and not of targets.
#[diagnostic::do_not_recommend]
impl<T: Display + ?Sized> Shown for T {}

pin_project! {
    /// An async body, running inside its scope's frame.
    ///
    /// The flag around `poll` tells a panic from a cancellation exactly: a future that is dropped
    /// while its thread unwinds for another reason was not itself running.
    struct Drive<'a, F> {
        scope: &'a mut Scope,
        frame: Frame,
        #[pin]
        body: F,
    }
}

impl<F: Future> Future for Drive<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.scope.body_runs = true;
        let poll = this.frame.lend(|| this.body.poll(context));
        this.scope.body_runs = false;
        poll
    }
}

/// The wait for the record of an end.
struct Finished(Option<Receipt>);

impl Future for Finished {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<()> {
        if let Some(receipt) = &mut self.0 {
            let _ = ready!(receipt.poll_unheard(task));
            self.0 = None;
        }
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests;
