//! An event in the making: everything but its outcome.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use audit_journal::{EventId, Timestamp};

use super::redactor::redacting;
use super::{
    Actor, Arguments, Authenticated, Category, ChangeSet, Code, CorrelationId, Durability, Event,
    Http, Operation, Origin, Outcome, Reason, Severity, Target, TraceContext, Withheld,
};
use audit_redact::Redact;

/// An event without an outcome; [`Event`] shows how one begins.
#[derive(Clone, Debug)]
#[must_use = "a draft records nothing: give it an outcome and pass it to `record`"]
pub struct Draft {
    // Boxed, because every call of the chain moves it.
    pub(crate) event: Box<Event>,
}

impl Draft {
    pub(crate) fn new(category: Category, action: Cow<'static, str>) -> Self {
        let time = Timestamp::now();
        let event = Event {
            id: EventId::new(time),
            time,
            duration: None,
            category,
            action,
            name: None,
            operation: None,
            phase: None,
            intent: None,
            unseen: false,
            is_unproven: false,
            is_blocked: false,
            outcome: Outcome::Unknown,
            description: None,
            sentence: &[],
            reason: None,
            error_type: None,
            severity: None,
            retention: None,
            actor: None,
            authenticated: None,
            session: None,
            decision: (category == Category::Authorization).then(Box::default),
            targets: Vec::new(),
            changes: None,
            arguments: Arguments::inputs(),
            extras: Arguments::extras(),
            origin: None,
            http: None,
            code: None,
            trace: None,
            correlation_id: None,
            causation_id: None,
            durability: None,
        };
        Self { event: Box::new(event) }
    }

    /// Names the action where the category's own name does not fit: `Logout`, `ResetPassword`.
    pub fn action(mut self, action: impl Into<Cow<'static, str>>) -> Self {
        self.event.action = action.into();
        self.event.name = None;
        self
    }

    /// Says what the action does to its target.
    pub fn operation(mut self, operation: Operation) -> Self {
        self.event.operation = Some(operation);
        self
    }

    /// Overrides the severity that follows from the outcome.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.event.severity = Some(severity);
        self
    }

    /// Names the class that decides how long the record is kept, where that is not its category:
    /// `[retention]` in `audited.toml` has the days of each. At most 64 bytes, then cut.
    pub fn retention(mut self, class: impl Into<Cow<'static, str>>) -> Self {
        self.event.retention = Some(class.into());
        self
    }

    /// Adds a sentence for people. It is recorded as it stands, so it must not repeat user input.
    pub fn description(mut self, sentence: impl Into<Cow<'static, str>>) -> Self {
        self.event.description = Some(sentence.into());
        self
    }

    /// Says who did it, where the context does not know or is wrong.
    pub fn actor(mut self, actor: Actor) -> Self {
        self.event.actor = Some(Arc::new(actor));
        self
    }

    /// Adds a further factor of an authentication, such as `totp` or `webauthn`.
    pub fn factor(mut self, factor: impl Into<Cow<'static, str>>) -> Self {
        if let Some(how) = self.event.authenticated.take() {
            self.event.authenticated = Some(Box::new(how.factor(factor)));
        }
        self
    }

    /// Names the session; the record holds a keyed hash of it.
    pub fn session(mut self, session: impl Into<String>) -> Self {
        self.event.session = Some(Withheld::new(session.into()));
        self
    }

    /// Adds a target; the first eight are recorded.
    pub fn target(mut self, target: Target) -> Self {
        self.event.add_target(target);
        self
    }

    /// Names the policy that decided.
    pub fn policy(mut self, policy: impl Into<Cow<'static, str>>) -> Self {
        self.event.decision.get_or_insert_default().policy = Some(policy.into());
        self
    }

    /// Names a rule that determined the decision.
    pub fn determined_by(mut self, rule: impl Into<Cow<'static, str>>) -> Self {
        let decision = self.event.decision.get_or_insert_default();
        decision.determined_by.push(rule.into());
        self
    }

    /// Adds an input of the action in its redacted form, which the running task's recorder gives it;
    /// without one, whatever is sensitive is hidden.
    pub fn field<T: Redact>(mut self, name: &'static str, value: &T) -> Self {
        redacting(&mut |how| self.event.arguments.push(name, value, how));
        self
    }

    /// Adds an extra under a name with a namespace, such as `acme.shard`, in its redacted form.
    pub fn extra<T: Redact>(mut self, name: &'static str, value: &T) -> Self {
        redacting(&mut |how| self.event.extras.push(name, value, how));
        self
    }

    /// Adds what it changed: a [`ChangeSet`], or a [`Bulk`](super::Bulk).
    pub fn changes(mut self, changes: impl Into<ChangeSet>) -> Self {
        self.event.add_changes(changes.into());
        self
    }

    /// Says from where it came, where the context does not know.
    pub fn origin(mut self, origin: Origin) -> Self {
        self.event.origin = Some(Arc::new(origin));
        self
    }

    /// Adds the request that it came with.
    pub fn http(mut self, http: Http) -> Self {
        self.event.http = Some(Box::new(http));
        self
    }

    /// Joins it to other records.
    pub fn correlation_id(mut self, id: CorrelationId) -> Self {
        self.event.correlation_id = Some(id);
        self
    }

    /// Joins it to a trace.
    pub fn trace(mut self, trace: TraceContext) -> Self {
        self.event.trace = Some(trace);
        self
    }

    /// Names the event that led to this one.
    pub fn caused_by(mut self, cause: EventId) -> Self {
        self.event.causation_id = Some(cause);
        self
    }

    /// Says when it happened, if that is not now.
    pub fn time(mut self, time: Timestamp) -> Self {
        self.event.time = time;
        self
    }

    /// Says how long it took.
    pub fn duration(mut self, duration: Duration) -> Self {
        self.event.duration = Some(duration);
        self
    }

    /// Overrides when the recording call goes on.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.event.durability = Some(durability);
        self
    }

    /// It was done.
    pub fn succeeded(self) -> Event {
        self.ended(Outcome::Success)
    }

    /// It was allowed: the same as [`succeeded`](Self::succeeded), in the words of authorization.
    pub fn allowed(self) -> Event {
        self.ended(Outcome::Success)
    }

    /// It was rejected: a wrong password, bad input.
    pub fn failed(self, reason: impl Into<Reason>) -> Event {
        self.reason(reason.into()).ended(Outcome::Failure)
    }

    /// It was not allowed.
    pub fn denied(self, reason: impl Into<Reason>) -> Event {
        self.reason(reason.into()).ended(Outcome::Denied)
    }

    /// It broke, with an error of this type. The type's name is recorded, never the error's text.
    pub fn broke(mut self, error_type: impl Into<Cow<'static, str>>) -> Event {
        self.event.error_type = Some(error_type.into());
        self.ended(Outcome::Error)
    }

    /// It ended in any of the ways that there are.
    pub fn ended(mut self, outcome: Outcome) -> Event {
        self.event.outcome = outcome;
        *self.event
    }

    /// Says why it ended as it did.
    pub fn reason(mut self, reason: impl Into<Reason>) -> Self {
        self.event.reason = Some(reason.into());
        self
    }

    pub(crate) fn name(mut self, name: &'static str) -> Self {
        self.event.name = Some(name);
        self
    }

    pub(super) fn authenticated_by(mut self, method: Cow<'static, str>) -> Self {
        self.event.authenticated = Some(Box::new(Authenticated::by(method)));
        self
    }

    pub(crate) fn code(mut self, code: Code) -> Self {
        self.event.code = Some(code);
        self
    }
}
