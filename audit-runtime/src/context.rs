//! The task's context: who acts, from where and in which request, and what the running action
//! says of itself.

mod acting;
mod changed;
mod frame;
mod made;
mod open;
mod running;
mod traffic;

use std::fmt::Display;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::event::{
    Actor, Category, CorrelationId, Event, Origin, Outcome, Phase, Reason, Target, TraceContext,
    Withheld,
};
use crate::say;

pub use acting::{enter_as, run_as};
use audit_journal::EventId;
pub use changed::{changed, set_changes};
pub(crate) use frame::{Frame, Overriding, OwnRecorder, cause, has_own_recorder, own_recorder};
use frame::{InContext, look};
use made::Made;
pub(crate) use open::{OpenScopes, Unlisted};
pub(crate) use running::{Open, Running, Told};

/// Who acts, from where and in which request: what a task knows without being told at each call.
///
/// Middleware sets it for the handlers inside; a job has [`run_as`]. Clones share their content, so
/// an actor that is set inside a handler is known to the middleware around it.
///
/// A task or a thread of its own starts without a context. Take the running one along, when it is
/// started:
///
/// ```
/// # use audit_runtime::Context;
/// # let send_receipt = || ();
/// # async fn charge() {}
/// # fn spawn<F: Future>(_: F) {}
/// spawn(Context::current().scope(charge())); // A task: any runtime's, `Send` or not.
/// std::thread::spawn(Context::current().bind(send_receipt)); // A closure: a thread's, a pool's.
/// ```
///
/// It brings the recorder, too, where that is the task's own and not the process's. Without it,
/// what is audited inside is attributed to the system and joined to no request.
///
/// What is audited in such a task names the action that it was started from as its cause. It cannot
/// speak for that action, which may have ended by then: `deny`, `fail` and `set_target` are for the
/// actions of the task itself.
#[derive(Clone, Debug, Default)]
pub struct Context {
    known: Arc<Mutex<Known>>,
    taken: Option<Arc<Taken>>,
}

/// What [`Context::current`] takes along beside what is known.
#[derive(Debug)]
struct Taken {
    /// The action that was running.
    cause: Option<EventId>,
    recorder: Option<OwnRecorder>,
}

// A recorder is whole after every statement, wherever a panic leaves it.
impl UnwindSafe for Taken {}
impl RefUnwindSafe for Taken {}

#[derive(Debug, Default)]
struct Known {
    actor: Option<Arc<Actor>>,
    session: Option<Withheld>,
    origin: Option<Arc<Origin>>,
    correlation_id: Option<CorrelationId>,
    trace: Option<TraceContext>,
    deferred: Option<Deferred>,
    /// The last login in it has not succeeded.
    is_unproven: bool,
    /// Shared with the contexts that were forked from this one: what they lead to, it has led to.
    made: Arc<Mutex<Made>>,
}

/// The actions of one request that left their outcome to its response.
#[derive(Debug)]
struct Deferred {
    request: EventId,
    actions: Vec<Running>,
    /// Also those whose outcome is known: who acts is not.
    all: bool,
}

/// How many actions of one request may leave their outcome to its response.
const DEFERRED_MAX: usize = 16;

impl Context {
    /// A context that knows nothing yet; its actor is the system.
    pub fn new() -> Self {
        Self::default()
    }

    /// The running task's context, or a new one, with what another task has to take along.
    pub fn current() -> Self {
        let taken = Taken { cause: cause(), recorder: own_recorder() };
        let is_any = taken.cause.is_some() || taken.recorder.is_some();
        Self { taken: is_any.then(|| Arc::new(taken)), ..Self::here() }
    }

    /// The running task's context for work that stays in it.
    pub(crate) fn here() -> Self {
        look(|frame| frame.context.clone()).flatten().unwrap_or_default()
    }

    /// The same for somebody else to change: what it knows now, and an id that joins its records.
    pub(crate) fn fork(&self) -> Self {
        let known = {
            let known = self.known();
            let Known {
                actor,
                session,
                origin,
                correlation_id,
                trace,
                deferred: _,
                is_unproven,
                made,
            } = &*known;
            Known {
                actor: actor.clone(),
                session: session.clone(),
                origin: origin.clone(),
                correlation_id: correlation_id.clone().or_else(|| Some(CorrelationId::random())),
                trace: trace.clone(),
                deferred: None,
                is_unproven: *is_unproven,
                made: Arc::clone(made),
            }
        };
        Self { known: Arc::new(Mutex::new(known)), taken: self.taken.clone() }
    }

    /// Sets who acts.
    ///
    /// In all clones of this context: on [`Context::current`] that is who makes the running request. For work
    /// as somebody else there is [`run_as`].
    pub fn actor(self, actor: Actor) -> Self {
        self.known().actor = Some(Arc::new(actor));
        self
    }

    /// Sets the session, which records name by keyed hash only.
    pub fn session(self, session: impl Into<String>) -> Self {
        self.known().session = Some(Withheld::new(session.into()));
        self
    }

    /// Sets from where it comes.
    pub fn origin(self, origin: Origin) -> Self {
        self.known().origin = Some(Arc::new(origin));
        self
    }

    /// Sets the id that joins the records of this piece of work.
    pub fn correlation_id(self, id: CorrelationId) -> Self {
        self.known().correlation_id = Some(id);
        self
    }

    /// Sets the trace that this piece of work belongs to.
    pub fn trace(self, trace: TraceContext) -> Self {
        self.known().trace = Some(trace);
        self
    }

    /// Runs `future` in this context.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        InContext { context: self.clone(), future }
    }

    /// Calls `work` in this context.
    pub fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        // Where an action is running around this call, it still is: only its context changes.
        let frame = Frame { context: Some(self.clone()), running: Running::innermost() };
        let recorder = self.taken.as_ref().and_then(|taken| taken.recorder.clone());
        let _overriding = recorder.map(Overriding::begin);
        frame.enter(work)
    }

    /// A closure that calls `work` in this context, to be handed to another thread.
    pub fn bind<R>(self, work: impl FnOnce() -> R) -> impl FnOnce() -> R {
        move || self.enter(work)
    }

    /// The context of `request`, of whoever makes it. The actions right inside may leave their outcome to whoever
    /// sees its response.
    #[cfg_attr(not(any(feature = "actix", feature = "tower")), allow(dead_code))]
    pub(crate) fn of_request(
        request: &Running,
        correlation_id: CorrelationId,
        origin: Option<Origin>,
        trace: Option<TraceContext>,
    ) -> Self {
        let deferred = Deferred { request: request.event(), actions: Vec::new(), all: false };
        let known = Known {
            actor: Some(Arc::new(Actor::anonymous())),
            origin: origin.map(Arc::new),
            correlation_id: Some(correlation_id),
            trace,
            deferred: Some(deferred),
            ..Known::default()
        };
        Self { known: Arc::new(Mutex::new(known)), taken: None }
    }

    /// Leaves `running` to whoever sees the response; false if nobody will.
    ///
    /// An action inside another one is a step whose value is used there: it ended as it returned,
    /// whatever the response tells of the whole. One whose outcome is told is left only while it is awaited
    /// who acts.
    pub(crate) fn defer(&self, running: &Running, returned: Told) -> bool {
        let mut known = self.known();
        let Some(deferred) = &mut known.deferred else {
            return false;
        };
        let around = running.outer().map(|outer| outer.event());
        let fits = around == Some(deferred.request)
            && deferred.actions.len() < DEFERRED_MAX
            && (returned.outcome.is_none() || deferred.all);
        if fits {
            running.change(|open| open.returned = Some(returned));
            deferred.actions.push(running.clone());
        }
        fits
    }

    /// Takes the actions that left their outcome; from now on none can.
    pub(crate) fn take_deferred(&self) -> Vec<Running> {
        let deferred = self.known().deferred.take();
        deferred.map(|deferred| deferred.actions).unwrap_or_default()
    }

    /// Knows what `event` says from now on.
    pub(crate) fn adopt(&self, event: &Event) {
        let mut known = self.known();
        known.actor = event.actor.clone();
        known.session = event.session.clone();
        known.origin = event.origin.clone();
        known.trace = event.trace.clone();
        known.correlation_id = event.correlation_id.clone();
    }

    /// Fills in what `event` does not say itself.
    pub(crate) fn complete(&self, event: &mut Event) {
        let mut known = self.known();
        let is_told = event.phase != Some(Phase::Intent) && !event.is_blocked;
        if is_told && event.category == Category::Authentication {
            known.is_unproven = !event.has_succeeded();
        }
        event.is_unproven = known.is_unproven;
        let actor = || known.actor.clone().unwrap_or_else(|| Arc::new(Actor::system()));
        event.actor.get_or_insert_with(actor);
        event.session = event.session.take().or_else(|| known.session.clone());
        event.origin = event.origin.take().or_else(|| known.origin.clone());
        event.trace = event.trace.take().or_else(|| known.trace.clone());
        let correlation_id = event.correlation_id.take();
        event.correlation_id = correlation_id.or_else(|| known.correlation_id.clone());
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // The content is whole after every statement, so a panic elsewhere cannot have broken it.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets who acts, for this record and all later ones of the running task's context.
///
/// Call it as soon as the identity is known. Outside any context there is nothing to set, and the
/// call has no effect.
pub fn set_actor(actor: Actor) {
    with_context(|known| known.actor = Some(Arc::new(actor)));
}

/// True where there is a context that knows nobody, or no more than the name that somebody typed.
#[cfg(any(feature = "actix", feature = "tower"))]
pub(crate) fn is_anonymous() -> bool {
    let context = look(|frame| frame.context.clone()).flatten();
    context.is_some_and(|context| context.known().actor.as_ref().is_some_and(|it| !it.is_known()))
}

/// Lets all actions right inside the request wait for its response: only then it is known who acts.
#[cfg(any(feature = "actix", feature = "tower"))]
pub(crate) fn await_actor() {
    if let Some(context) = look(|frame| frame.context.clone()).flatten()
        && let Some(deferred) = &mut context.known().deferred
    {
        deferred.all = true;
    }
}

/// Sets the session of the running task's context; records name it by keyed hash only.
pub fn set_session(session: impl Into<String>) {
    let session = Withheld::new(session.into());
    with_context(|known| known.session = Some(session));
}

/// Adds a target to the innermost running action, for ids that are known only inside its body.
pub fn set_target(kind: &'static str, id: impl Display) {
    let target = Target::new(kind, id);
    with_running(JUDGE, |open| open.draft.event.add_target(target));
}

/// Says that the innermost running action was not allowed, whatever it returns.
pub fn deny(reason: impl Into<Reason>) {
    let reason = reason.into();
    with_running(JUDGE, |open| open.verdict = Some((Outcome::Denied, reason)));
}

/// Says that the innermost running action was rejected, whatever it returns.
pub fn fail(reason: impl Into<Reason>) {
    let reason = reason.into();
    with_running(JUDGE, |open| open.verdict = Some((Outcome::Failure, reason)));
}

fn with_context(change: impl FnOnce(&mut Known)) {
    match look(|frame| frame.context.clone()).flatten() {
        Some(context) => change(&mut context.known()),
        None => outside("set an actor or a session", &UNSET),
    }
}

fn with_running((attempt, counter): Attempt, change: impl FnOnce(&mut Open)) {
    match Running::innermost() {
        Some(running) => _ = running.change(change),
        None => outside(attempt, counter),
    }
}

/// What is said of something outside any action, and how often it was.
type Attempt = (&'static str, &'static AtomicU64);

static UNSET: AtomicU64 = AtomicU64::new(0);
static UNJUDGED: AtomicU64 = AtomicU64::new(0);
// No constant: those of the oldest Rust may not refer to what changes.
static JUDGE: Attempt = ("judge an action or set its target", &UNJUDGED);

/// Says it now and then, because a service may do it in each request.
fn outside(attempt: &str, counter: &AtomicU64) {
    if let Some(count) = say::seldom(counter) {
        say::warning(format_args!(
            "an attempt to {attempt} outside any audited action or request has no effect \
             ({count} so far): let the middleware that makes it run inside `AuditMiddleware`, which \
             is wrapped last"
        ));
    }
}

#[cfg(test)]
mod tests;
