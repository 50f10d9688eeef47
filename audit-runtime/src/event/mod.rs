//! The vocabulary: what an audit event says, typed, and the expressions that build one.

mod actor;
mod arguments;
mod changes;
mod correlation;
mod draft;
mod end;
mod line;
mod name;
mod origin;
mod peer;
mod redactor;
mod scrubber;
mod sentence;
mod signal;
mod stranger;
mod target;
mod vocabulary;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use audit_journal::{EventId, Timestamp};

pub use actor::{Actor, Authenticated};
pub use changes::{Bulk, ChangeSet};
pub use correlation::{CorrelationId, TraceContext};
pub use draft::Draft;
pub use origin::{Http, Origin};
pub use peer::{InvalidNetwork, Peer, TrustedProxies};
pub use sentence::Part;
pub use signal::Signal;
pub use target::{Reason, Target};
pub use vocabulary::{
    ActorKind, Category, Durability, OnUnrecorded, Operation, Outcome, Phase, Severity, Trust,
};

pub(crate) use arguments::Arguments;
pub(crate) use end::{unseen_end, without_intent};
pub(crate) use line::Stamp;
#[cfg(any(feature = "actix", feature = "tower"))]
pub(crate) use origin::{HOPS_MAX, METHODS, USER_AGENT_BYTES_MAX};
pub(crate) use redactor::redact_by;
pub(crate) use scrubber::{Place, Scrubber};
pub(crate) use stranger::{BLOCKED, DRILL_MARK, Flood, Source};

/// Something that happened, complete but not yet ordered: category, action, time and outcome are
/// always there.
///
/// It begins as a [`Draft`], and only an outcome makes an event of a draft:
///
/// ```
/// use audit_runtime::{Actor, Event, Target};
///
/// Event::authentication("password").factor("totp").actor(Actor::user("42")).succeeded();
/// Event::authentication("password").actor(Actor::unknown_user("adda")).failed("unknown_user");
/// Event::authorization(Target::new("Invoice", 7), "DeleteInvoice")
///     .policy("billing/admins-only")
///     .denied("role_missing");
/// Event::activity("ExportReport").target(Target::new("Report", 7)).succeeded();
/// Event::security("CsrfTokenMismatch").failed("csrf");
/// ```
#[derive(Clone, Debug)]
pub struct Event {
    pub(crate) id: EventId,
    pub(crate) time: Timestamp,
    pub(crate) duration: Option<Duration>,
    pub(crate) category: Category,
    pub(crate) action: Cow<'static, str>,
    pub(crate) name: Option<&'static str>,
    pub(crate) operation: Option<Operation>,
    pub(crate) phase: Option<Phase>,
    /// The intent that this is the end of.
    pub(crate) intent: Option<EventId>,
    /// Nobody saw the end, and the recorder wrote it.
    pub(crate) unseen: bool,
    /// The last login of its context has failed: the actor may have been claimed only.
    pub(crate) is_unproven: bool,
    /// The action never began, and a denial before it is told: of these there may be a flood.
    pub(crate) is_blocked: bool,
    pub(crate) outcome: Outcome,
    pub(crate) description: Option<Cow<'static, str>>,
    pub(crate) sentence: &'static [Part],
    pub(crate) reason: Option<Reason>,
    pub(crate) error_type: Option<Cow<'static, str>>,
    pub(crate) severity: Option<Severity>,
    pub(crate) retention: Option<Cow<'static, str>>,
    // Shared with the context that knew it, so that completing an event copies little.
    pub(crate) actor: Option<Arc<Actor>>,
    // What few events have is boxed: an event is moved by each call that completes it.
    pub(crate) authenticated: Option<Box<Authenticated>>,
    pub(crate) session: Option<Withheld>,
    pub(crate) decision: Option<Box<Decision>>,
    pub(crate) targets: Vec<Target>,
    pub(crate) changes: Option<Box<ChangeSet>>,
    pub(crate) arguments: Arguments,
    pub(crate) extras: Arguments,
    pub(crate) origin: Option<Arc<Origin>>,
    pub(crate) http: Option<Box<Http>>,
    pub(crate) code: Option<Code>,
    pub(crate) trace: Option<TraceContext>,
    pub(crate) correlation_id: Option<CorrelationId>,
    pub(crate) causation_id: Option<EventId>,
    pub(crate) durability: Option<Durability>,
}

impl Event {
    /// Somebody proved, or failed to prove, who they are, by a method such as `password`.
    pub fn authentication(method: impl Into<Cow<'static, str>>) -> Draft {
        Draft::new(Category::Authentication, "Login".into()).authenticated_by(method.into())
    }

    /// Somebody was allowed, or not allowed, to do `action` to `resource`.
    pub fn authorization(resource: Target, action: impl Into<Cow<'static, str>>) -> Draft {
        Draft::new(Category::Authorization, action.into()).target(resource)
    }

    /// Something was done to a target: an entry of the audit trail.
    pub fn activity(action: impl Into<Cow<'static, str>>) -> Draft {
        Draft::new(Category::Activity, action.into())
    }

    /// A request reached an API.
    pub fn access(http: Http) -> Draft {
        Draft::new(Category::Access, "HttpRequest".into()).name("http.request").http(http)
    }

    /// A signal that somebody may be attacking, or that a safeguard took hold.
    pub fn security(signal: impl Into<Cow<'static, str>>) -> Draft {
        Draft::new(Category::Security, signal.into())
    }

    /// A signal that OWASP's Logging Vocabulary has a term for, with its own name and severity;
    /// `docs/owasp-vocabulary.md` has a call for each of the terms.
    ///
    /// ```
    /// use audit_runtime::{Event, Signal};
    ///
    /// Event::signal(Signal::RateLimitExceeded).field("limit", &100_u32).denied("too_many_requests");
    /// ```
    pub fn signal(signal: Signal) -> Draft {
        Self::security(signal.action()).name(signal.name()).severity(signal.severity())
    }

    /// Something was done with the journal itself, such as an export.
    pub fn journal(action: impl Into<Cow<'static, str>>) -> Draft {
        Draft::new(Category::Journal, action.into())
    }

    /// What identifies this event for ever.
    pub fn id(&self) -> EventId {
        self.id
    }

    /// How it ended.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Adds a target. One more than a record holds is kept, so that the record tells of the cut.
    pub(crate) fn add_target(&mut self, target: Target) {
        if self.targets.len() <= line::TARGETS_MAX {
            self.targets.push(target);
        }
    }

    /// Adds what it changed to what it has changed by then.
    pub(crate) fn add_changes(&mut self, changes: ChangeSet) {
        self.changes.get_or_insert_default().join(changes);
    }

    /// The event that records the intent of this one's action, before there is anything to claim.
    pub(crate) fn as_intent(&self) -> Self {
        let severity = self.severity.unwrap_or(Severity::Informational);
        let phase = Some(Phase::Intent);
        Self { phase, decision: None, severity: Some(severity), ..self.clone() }
    }

    /// When the call that records this event goes on.
    pub fn durability(&self) -> Durability {
        self.durability.unwrap_or(self.category.durability())
    }
}

/// What an authorization decided, and which policies determined it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decision {
    pub(crate) policy: Option<Cow<'static, str>>,
    pub(crate) determined_by: Vec<Cow<'static, str>>,
}

/// Where in the source an event was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Code {
    pub(crate) function: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    /// That of what the record holds; 1 is not written.
    pub(crate) version: u32,
}

/// A text that a record names by keyed hash only.
#[derive(Clone)]
pub(crate) struct Withheld(String);

impl Withheld {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[withheld]")
    }
}
