//! The written form of an event: the members of its line, in a fixed order, each within its cap.

mod parts;

use std::borrow::Cow;

use audit_journal::{encode, encode::Object};

use super::actor::Identity;
use super::origin::{Method, Route};
use super::{Arguments, Category, Event, Outcome, Scrubber, Severity, end, name, sentence};
use audit_redact::HashKey;
pub(super) use parts::texts;
use parts::{
    write_actor, write_authenticated, write_http, write_origin, write_principals, write_target,
};

/// Caps in bytes of escaped JSON; together they keep any event under the journal's line limit.
mod cap {
    pub(super) const WORD: usize = 64;
    pub(super) const NAME: usize = 128;
    pub(super) const ID: usize = 256;
    pub(super) const SENTENCE: usize = 1024;
}

/// Caps on the number of elements of a list.
pub(super) const TARGETS_MAX: usize = 8;
const ROLES_MAX: usize = 16;
const FACTORS_MAX: usize = 4;
const RULES_MAX: usize = 8;
pub(super) const DELEGATION_MAX: usize = 4;
const HIDDEN_MAX: usize = 64;

/// What the recorder knows and an event does not.
pub(crate) struct Stamp<'a> {
    /// The key of the hashes that stand for withheld values.
    pub(crate) key: &'a HashKey,
    /// The service, as a JSON object.
    pub(crate) service: &'a [u8],
    /// The hash of the build's catalogue of actions.
    pub(crate) catalog: &'a str,
}

impl Event {
    /// Appends the members of the event's line: the interior of a JSON object.
    ///
    /// Free texts go through the guard; what it caught, there and in captured values, is returned.
    pub(crate) fn write(&self, out: &mut Vec<u8>, stamp: &Stamp<'_>) -> Scrubber {
        let mut line = Line {
            object: Object::members(out),
            key: stamp.key,
            cut: Vec::new(),
            hashed: false,
            scrubber: Scrubber::default(),
        };
        line.what(self);
        line.who(self);
        line.with(self);
        line.from(self);
        line.close(self, stamp)
    }
}

/// The line being written, and what must be confessed at its end.
struct Line<'a> {
    object: Object<'a>,
    key: &'a HashKey,
    cut: Vec<&'static str>,
    hashed: bool,
    scrubber: Scrubber,
}

impl Line<'_> {
    fn what(&mut self, event: &Event) {
        let object = &mut self.object;
        object.id("id", event.id);
        object.time("time", event.time);
        if let Some(duration) = event.duration {
            let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
            object.number("duration_ns", nanos);
        }
        object.plain("category", event.category.as_str());
        self.text("action", &event.action, cap::NAME);
        match event.name {
            Some(name) => self.object.plain("name", name),
            None => self.text("name", &name::dotted(&event.action), cap::NAME),
        }
        if let Some(operation) = event.operation {
            self.object.plain("op", operation.as_str());
        }
        if let Some(phase) = event.phase {
            self.object.plain("phase", phase.as_str());
        }
        if let Some(intent) = event.intent {
            self.object.id("intent_id", intent);
        }
        if event.unseen {
            self.object.plain("completed_by", end::RECORDER);
        }
        self.object.plain("outcome", event.outcome.as_str());
        match &event.description {
            Some(description) => self.text("description", description, cap::SENTENCE),
            None if event.sentence.is_empty() => {}
            None => {
                self.text("description", &sentence::render(event.sentence, event), cap::SENTENCE)
            }
        }
        if let Some(reason) = &event.reason {
            let (scrubber, mut cut) = (&mut self.scrubber, false);
            self.object.object("reason", |object| {
                cut |= scrubber.text(object, "reason", "code", &reason.code, cap::WORD);
                if let Some(message) = &reason.message {
                    cut |= scrubber.text(object, "reason", "message", message, cap::SENTENCE);
                }
            });
            self.confess("reason", cut);
        }
        if let Some(error_type) = &event.error_type {
            let (scrubber, mut cut) = (&mut self.scrubber, false);
            self.object.object("error", |object| {
                cut = scrubber.text(object, "error", "type", error_type, cap::ID);
            });
            self.confess("error.type", cut);
        }
        let severity = event.severity.unwrap_or(Severity::of(event.outcome));
        self.object.number("severity", severity.as_number().into());
        if let Some(retention) = &event.retention {
            let mut cut = false;
            self.object.object("class", |class| {
                cut = class.text("retention", retention, cap::WORD);
            });
            self.confess("class.retention", cut);
        }
    }

    fn who(&mut self, event: &Event) {
        if let Some(actor) = &event.actor {
            let key = self.key;
            let (scrubber, mut cut) = (&mut self.scrubber, false);
            self.object.object("actor", |object| {
                cut = write_actor(object, actor, key, scrubber);
                let how = event.authenticated.as_deref().or(actor.authenticated.as_ref());
                cut |= how.is_some_and(|how| write_authenticated(object, how, scrubber));
                cut |= write_principals(object, &actor.on_behalf_of, key, scrubber);
            });
            let mut named = std::iter::once(&**actor).chain(&actor.on_behalf_of);
            self.hashed |= named.any(|actor| matches!(actor.identity, Identity::Unknown(_)));
            self.confess("actor", cut);
        }
        if let Some(session) = &event.session {
            self.hashed = true;
            let hash = self.key.pseudonym("session", session.0.as_bytes());
            self.object.plain("session", &hash);
        }
        if let Some(decision) = &event.decision {
            let allowed = event.outcome == Outcome::Success;
            let (scrubber, mut cut) = (&mut self.scrubber, false);
            self.object.object("authz", |object| {
                object.plain("decision", if allowed { "allow" } else { "deny" });
                if let Some(policy) = &decision.policy {
                    cut |= scrubber.text(object, "authz", "policy", policy, cap::NAME);
                }
                let rules = &decision.determined_by;
                cut |= texts(object, "authz", "determined_by", rules, RULES_MAX, scrubber);
            });
            self.confess("authz", cut);
        }
    }

    fn with(&mut self, event: &Event) {
        if !event.targets.is_empty() {
            let mut cut = event.targets.len() > TARGETS_MAX;
            let targets = event.targets.iter().take(TARGETS_MAX);
            let (key, scrubber) = (self.key, &mut self.scrubber);
            self.object.array("targets", targets, |out, target| {
                out.push(b'{');
                cut |= write_target(&mut Object::members(out), target, key, scrubber);
                out.push(b'}');
            });
            self.confess("targets", cut);
        }
        if let Some(changes) = &event.changes {
            let cut = &mut self.cut;
            changes.write(&mut self.object, &mut self.scrubber, |what| cut.push(what));
        }
        self.arguments("args", &event.arguments);
        self.arguments("ext", &event.extras);
    }

    fn from(&mut self, event: &Event) {
        if let Some(origin) = &event.origin {
            let (scrubber, mut cut) = (&mut self.scrubber, false);
            self.object.object("origin", |object| {
                cut = write_origin(object, origin, scrubber);
            });
            self.confess("origin.user_agent", cut);
        }
        if let Some(http) = &event.http {
            let key = self.key;
            let (scrubber, mut cut) = (&mut self.scrubber, false);
            self.object.object("http", |object| {
                cut = write_http(object, http, key, scrubber);
            });
            self.hashed |=
                matches!(http.route, Route::Unrouted(_)) || matches!(http.method, Method::Other(_));
            self.confess("http", cut);
        }
    }

    fn close(mut self, event: &Event, stamp: &Stamp<'_>) -> Scrubber {
        self.object.raw("service", stamp.service);
        if let Some(code) = &event.code {
            let mut cut = false;
            self.object.object("code", |object| {
                cut |= object.text("function", code.function, cap::ID);
                cut |= object.text("file", code.file, cap::ID);
                object.number("line", code.line.into());
                if code.version > 1 {
                    object.number("version", code.version.into());
                }
            });
            self.confess("code", cut);
        }
        if let Some(trace) = &event.trace {
            self.object.plain("trace_id", &trace.trace_id);
            self.object.plain("span_id", &trace.span_id);
        }
        match &event.correlation_id {
            None => {}
            Some(id) if id.is_own() => self.object.plain("correlation_id", id.as_str()),
            Some(id) => {
                let (key, scrubber) = (self.key, &mut self.scrubber);
                let cut =
                    scrubber.id(&mut self.object, "", "correlation_id", id.as_str(), cap::ID, key);
                self.confess("correlation_id", cut);
            }
        }
        if let Some(cause) = event.causation_id {
            self.object.id("causation_id", cause);
        }
        // Most lines hide nothing.
        if self.hashed || !self.scrubber.is_idle() || scrubbers(event).next().is_some() {
            self.redaction(event);
            scrubbers(event).for_each(|other| self.scrubber.join(other));
        }
        if !self.cut.is_empty() {
            let cut = std::mem::take(&mut self.cut);
            self.object.array("truncated", cut, encode::text);
        }
        if event.category != Category::Journal {
            self.object.plain("catalog", stamp.catalog);
        }
        self.scrubber
    }

    /// Proof inside the record: which paths were hidden or hold marks, and by which key.
    #[inline(never)]
    fn redaction(&mut self, event: &Event) {
        let paths = hidden_paths(event).map(|(root, inner)| Cow::Owned(format!("{root}{inner}")));
        let scrubbers = std::iter::once(&self.scrubber).chain(scrubbers(event));
        let caught = scrubbers.flat_map(Scrubber::paths).map(Cow::Borrowed);
        let mut paths = paths.chain(caught).peekable();
        let any = paths.peek().is_some();
        let hashed = self.hashed || self.scrubber.is_hashed();
        if !any && !hashed {
            return;
        }
        let key_id = hashed.then(|| self.key.id());
        self.object.object("redaction", |object| {
            if any {
                object.array(
                    "fields",
                    paths.by_ref().take(HIDDEN_MAX),
                    |out, path: Cow<'_, str>| {
                        encode::text_capped(out, &path, cap::NAME);
                    },
                );
            }
            if let Some(key_id) = key_id {
                object.plain("key_id", key_id);
            }
        });
        let more = paths.next().is_some();
        drop(paths);
        self.confess("redaction", more);
    }

    fn arguments(&mut self, key: &'static str, arguments: &Arguments) {
        if !arguments.members().is_empty() {
            let members = |object: &mut Object<'_>| object.raw_members(arguments.members());
            self.object.object(key, members);
        }
        self.confess(key, arguments.cut());
    }

    fn text(&mut self, key: &'static str, text: &str, cap: usize) {
        let cut = self.scrubber.text(&mut self.object, "", key, text, cap);
        self.confess(key, cut);
    }

    fn confess(&mut self, what: &'static str, cut: bool) {
        if cut {
            self.cut.push(what);
        }
    }
}

/// What the guard caught before the line was written.
fn scrubbers(event: &Event) -> impl Iterator<Item = &Scrubber> {
    let captured = event.arguments.scrubber().into_iter().chain(event.extras.scrubber());
    captured.chain(event.changes.iter().map(|changes| changes.scrubber()))
}

/// The paths that were hidden, each with the member of the line that it begins in.
fn hidden_paths(event: &Event) -> impl Iterator<Item = (&'static str, &str)> {
    let captured = event.arguments.hidden().iter().map(|path| ("args.", path.as_str()));
    let changed = event.changes.iter().flat_map(|changes| changes.hidden());
    let captured = captured.chain(changed.map(|path| ("changes.", path)));
    captured.chain(event.extras.hidden().iter().map(|path| ("ext.", path.as_str())))
}

#[cfg(test)]
mod tests;
