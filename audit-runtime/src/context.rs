//! The task's context: who acts, from where and in which request, and what the running action
//! says of itself.

mod frame;
mod made;
mod open;

use std::fmt::Display;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::event::{
    Actor, CorrelationId, Draft, Event, Origin, Outcome, Phase, Reason, Target, TraceContext,
    Withheld,
};
use crate::say;

use audit_journal::{EventId, Timestamp};
pub(crate) use frame::{Frame, cause};
use frame::{InContext, look};
use made::Made;
pub(crate) use open::{OpenScopes, Unlisted};

/// Who acts, from where and in which request: what a task knows without being told at each call.
///
/// Middleware sets it for the handlers inside; a job sets it by hand:
///
/// ```
/// use audit_runtime::{Actor, Context};
///
/// Context::new().actor(Actor::service("nightly-report")).enter(|| {
///     // Everything recorded here is attributed to the service.
/// });
/// ```
///
/// Clones share their content, so an actor that is set inside a handler is known to the middleware
/// around it.
///
/// A spawned task starts without a context: give it one with `Context::current().scope(future)`. So
/// does a closure on another thread, such as that of actix-web's `web::block`: take
/// `Context::current()` outside, move it in, and [`enter`](Self::enter) it there. Otherwise what is
/// audited inside is attributed to the system and joined to no request. A recorder that is the
/// task's own does not follow, either; one that was installed is found everywhere.
///
/// What is audited in such a task names the action that it was started from as its cause. It cannot
/// speak for that action, which may have ended by then: `deny`, `fail` and `set_target` are for the
/// actions of the task itself.
#[derive(Clone, Debug, Default)]
pub struct Context {
    known: Arc<Mutex<Known>>,
    /// The action that was running when this was taken with [`current`](Self::current).
    cause: Option<EventId>,
}

#[derive(Debug, Default)]
struct Known {
    actor: Option<Arc<Actor>>,
    session: Option<Withheld>,
    origin: Option<Arc<Origin>>,
    correlation_id: Option<CorrelationId>,
    trace: Option<TraceContext>,
    deferred: Option<Deferred>,
    made: Made,
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

    /// The running task's context, or a new one.
    pub fn current() -> Self {
        let context = look(|frame| frame.context.clone()).flatten().unwrap_or_default();
        Self { cause: cause(), ..context }
    }

    /// Sets who acts.
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
        Frame { context: Some(self.clone()), running: Running::innermost() }.enter(work)
    }

    /// Lets the actions right inside `request` leave their outcome to whoever sees its response.
    #[cfg_attr(not(any(feature = "actix", feature = "tower")), allow(dead_code))]
    pub(crate) fn defers(self, request: &Running) -> Self {
        self.known().deferred =
            Some(Deferred { request: request.event(), actions: Vec::new(), all: false });
        self
    }

    /// Leaves `running` to whoever sees the response; false if nobody will.
    ///
    /// An action inside another one is a step whose value is used there: it ended as it returned,
    /// whatever the response tells of the whole. One whose outcome is `told` is left only while it is awaited
    /// who acts.
    pub(crate) fn defer(&self, running: &Running, told: Option<Outcome>) -> bool {
        let mut known = self.known();
        let Some(deferred) = &mut known.deferred else {
            return false;
        };
        let around = running.outer().map(Running::event);
        let fits = around == Some(deferred.request)
            && deferred.actions.len() < DEFERRED_MAX
            && (told.is_none() || deferred.all);
        if fits {
            running.change(|open| open.told = told);
            deferred.actions.push(running.clone());
        }
        fits
    }

    /// Takes the actions that left their outcome; from now on none can.
    pub(crate) fn take_deferred(&self) -> Vec<Running> {
        let deferred = self.known().deferred.take();
        deferred.map(|deferred| deferred.actions).unwrap_or_default()
    }

    /// Fills in what `event` does not say itself.
    pub(crate) fn complete(&self, event: &mut Event) {
        let known = self.known();
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
    with_running(|open| open.draft.event.add_target(target));
}

/// Says that the innermost running action was not allowed, whatever it returns.
pub fn deny(reason: impl Into<Reason>) {
    let reason = reason.into();
    with_running(|open| open.verdict = Some((Outcome::Denied, reason)));
}

/// Says that the innermost running action was rejected, whatever it returns.
pub fn fail(reason: impl Into<Reason>) {
    let reason = reason.into();
    with_running(|open| open.verdict = Some((Outcome::Failure, reason)));
}

/// An action whose body is running: shared by the body, whoever finishes it, and the actions inside.
#[derive(Clone, Debug)]
pub(crate) struct Running(Arc<Action>);

#[derive(Debug)]
struct Action {
    event: EventId,
    outer: Option<Running>,
    open: Mutex<Option<Open>>,
}

/// What is known of an action before its end.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) draft: Draft,
    pub(crate) started: Instant,
    pub(crate) verdict: Option<(Outcome, Reason)>,
    /// The type of the error that it returned, where its end is left to the response.
    pub(crate) error_type: Option<&'static str>,
    /// How it ended, where only who acted is left to the response.
    pub(crate) told: Option<Outcome>,
    /// The alarm was raised for it already, and one action is counted once.
    pub(crate) is_alarmed: bool,
    /// Its place in the recorder's account, which is free again once this is dropped.
    slot: Option<open::Slot>,
}

impl Open {
    /// The event of its intent; what is left becomes the end of that.
    pub(crate) fn split_intent(&mut self) -> Event {
        let event = &mut self.draft.event;
        let intent = event.as_intent();
        event.id = EventId::new(Timestamp::now());
        event.phase = Some(Phase::End);
        event.intent = Some(intent.id);
        intent
    }

    /// Takes back that it has an intent, which is known not to be recorded; false if it has none.
    pub(crate) fn rejoin_intent(&mut self) -> bool {
        let event = &mut self.draft.event;
        let Some(intent) = event.intent.take() else {
            return false;
        };
        event.id = intent;
        event.phase = None;
        true
    }

    /// Its place in the account, to be kept until its record is queued: a shutdown waits for that.
    pub(crate) fn take_slot(&mut self) -> Option<open::Slot> {
        self.slot.take()
    }

    /// The event of its end.
    pub(crate) fn ended(self, outcome: Outcome, context: &Context) -> Event {
        let mut event = self.draft.duration(self.started.elapsed()).ended(outcome);
        context.complete(&mut event);
        event
    }

    /// The event of an end that nobody saw, whatever its body had said by then.
    pub(crate) fn unseen(self, context: &Context) -> Event {
        Event { unseen: true, ..self.ended(Outcome::Unknown, context) }
    }
}

impl Running {
    /// The action that `draft` will record, inside the one that is running now.
    pub(crate) fn begin(draft: Draft) -> Self {
        Self(Arc::new(Action {
            event: draft.event.id,
            outer: Self::innermost(),
            open: Mutex::new(Some(Open {
                draft,
                started: Instant::now(),
                verdict: None,
                error_type: None,
                told: None,
                is_alarmed: false,
                slot: None,
            })),
        }))
    }

    /// The innermost action that is running now.
    pub(crate) fn innermost() -> Option<Self> {
        look(|frame| frame.running.clone()).flatten()
    }

    /// The action around this one.
    pub(crate) fn outer(&self) -> Option<&Self> {
        self.0.outer.as_ref()
    }

    /// The id of the event that will record it.
    pub(crate) fn event(&self) -> EventId {
        self.0.event
    }

    /// Ends it. Whoever takes it first records it; everyone after finds nothing.
    pub(crate) fn take(&self) -> Option<Open> {
        self.open().take()
    }

    /// Changes what is known of it, unless it has ended: then `None`.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut Open) -> R) -> Option<R> {
        self.open().as_mut().map(change)
    }

    fn open(&self) -> MutexGuard<'_, Option<Open>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn with_context(change: impl FnOnce(&mut Known)) {
    match look(|frame| frame.context.clone()).flatten() {
        Some(context) => change(&mut context.known()),
        None => outside("set an actor or a session", &UNSET),
    }
}

fn with_running(change: impl FnOnce(&mut Open)) {
    match Running::innermost() {
        Some(running) => _ = running.change(change),
        None => outside("judge an action or set its target", &UNJUDGED),
    }
}

static UNSET: AtomicU64 = AtomicU64::new(0);
static UNJUDGED: AtomicU64 = AtomicU64::new(0);

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
