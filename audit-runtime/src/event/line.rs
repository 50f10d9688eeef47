//! The written form of an event: the members of its line, in a fixed order, each within its cap.

use std::borrow::Cow;

use audit_journal::{encode, encode::Object};

use super::actor::Identity;
use super::origin::{Method, Route, USER_AGENT_BYTES_MAX};
use super::{
    Actor, Arguments, Authenticated, Category, Event, Http, Origin, Outcome, Severity, Target, end,
    name, sentence,
};
use audit_redact::HashKey;

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
const DELEGATION_MAX: usize = 4;
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
    pub(crate) fn write(&self, out: &mut Vec<u8>, stamp: &Stamp<'_>) {
        let mut line =
            Line { object: Object::members(out), key: stamp.key, cut: Vec::new(), hashed: false };
        line.what(self);
        line.who(self);
        line.with(self);
        line.from(self);
        line.close(self, stamp);
    }
}

/// The line being written, and what must be confessed at its end.
struct Line<'a> {
    object: Object<'a>,
    key: &'a HashKey,
    cut: Vec<&'static str>,
    hashed: bool,
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
            let mut cut = false;
            self.object.object("reason", |object| {
                cut |= object.text("code", &reason.code, cap::WORD);
                if let Some(message) = &reason.message {
                    cut |= object.text("message", message, cap::SENTENCE);
                }
            });
            self.confess("reason", cut);
        }
        if let Some(error_type) = &event.error_type {
            let mut cut = false;
            self.object.object("error", |object| {
                cut = object.text("type", error_type, cap::ID);
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
            let mut cut = false;
            self.object.object("actor", |object| {
                cut = write_actor(object, actor, key);
                let how = event.authenticated.as_deref().or(actor.authenticated.as_ref());
                cut |= how.is_some_and(|how| write_authenticated(object, how));
                cut |= write_principals(object, &actor.on_behalf_of, key);
            });
            self.hashed |= matches!(actor.identity, Identity::Unknown(_));
            self.confess("actor", cut);
        }
        if let Some(session) = &event.session {
            self.hashed = true;
            let hash = self.key.pseudonym("session", session.0.as_bytes());
            self.object.plain("session", &hash);
        }
        if let Some(decision) = &event.decision {
            let allowed = event.outcome == Outcome::Success;
            let mut cut = false;
            self.object.object("authz", |object| {
                object.plain("decision", if allowed { "allow" } else { "deny" });
                if let Some(policy) = &decision.policy {
                    cut |= object.text("policy", policy, cap::NAME);
                }
                cut |= texts(object, "determined_by", &decision.determined_by, RULES_MAX);
            });
            self.confess("authz", cut);
        }
    }

    fn with(&mut self, event: &Event) {
        if !event.targets.is_empty() {
            let mut cut = event.targets.len() > TARGETS_MAX;
            let targets = event.targets.iter().take(TARGETS_MAX);
            self.object.array("targets", targets, |out, target| {
                out.push(b'{');
                cut |= write_target(&mut Object::members(out), target);
                out.push(b'}');
            });
            self.confess("targets", cut);
        }
        self.arguments("args", &event.arguments);
        self.arguments("ext", &event.extras);
    }

    fn from(&mut self, event: &Event) {
        if let Some(origin) = &event.origin {
            let mut cut = false;
            self.object.object("origin", |object| {
                cut = write_origin(object, origin);
            });
            self.confess("origin.user_agent", cut);
        }
        if let Some(http) = &event.http {
            let key = self.key;
            let mut cut = false;
            self.object.object("http", |object| {
                cut = write_http(object, http, key);
            });
            self.hashed |=
                matches!(http.route, Route::Unrouted(_)) || matches!(http.method, Method::Other(_));
            self.confess("http", cut);
        }
    }

    fn close(mut self, event: &Event, stamp: &Stamp<'_>) {
        self.object.raw("service", stamp.service);
        if let Some(code) = &event.code {
            let mut cut = false;
            self.object.object("code", |object| {
                cut |= object.text("function", code.function, cap::ID);
                cut |= object.text("file", code.file, cap::ID);
                object.number("line", code.line.into());
            });
            self.confess("code", cut);
        }
        if let Some(trace) = &event.trace {
            self.object.plain("trace_id", &trace.trace_id);
            self.object.plain("span_id", &trace.span_id);
        }
        let correlation_id = event.correlation_id.as_ref().map(|id| id.as_str());
        self.optional("correlation_id", correlation_id, cap::ID);
        if let Some(cause) = event.causation_id {
            self.object.id("causation_id", cause);
        }
        self.redaction(event);
        if !self.cut.is_empty() {
            let cut = std::mem::take(&mut self.cut);
            self.object.array("truncated", cut, encode::text);
        }
        if event.category != Category::Journal {
            self.object.plain("catalog", stamp.catalog);
        }
    }

    /// Proof inside the record: which paths were hidden, and by which key.
    fn redaction(&mut self, event: &Event) {
        let any = hidden_paths(event).next().is_some();
        if !any && !self.hashed {
            return;
        }
        let key_id = self.hashed.then(|| self.key.id());
        let mut path = String::new();
        self.object.object("redaction", |object| {
            if any {
                let fields = hidden_paths(event).take(HIDDEN_MAX);
                object.array("fields", fields, |out, (root, inner)| {
                    path.clear();
                    path.push_str(root);
                    path.push_str(inner);
                    encode::text_capped(out, &path, cap::NAME);
                });
            }
            if let Some(key_id) = key_id {
                object.plain("key_id", key_id);
            }
        });
        self.confess("redaction", hidden_paths(event).nth(HIDDEN_MAX).is_some());
    }

    fn arguments(&mut self, key: &'static str, arguments: &Arguments) {
        if !arguments.members().is_empty() {
            let members = |object: &mut Object<'_>| object.raw_members(arguments.members());
            self.object.object(key, members);
        }
        self.confess(key, arguments.cut());
    }

    fn text(&mut self, key: &'static str, text: &str, cap: usize) {
        let cut = self.object.text(key, text, cap);
        self.confess(key, cut);
    }

    fn optional(&mut self, key: &'static str, text: Option<&str>, cap: usize) {
        if let Some(text) = text {
            self.text(key, text, cap);
        }
    }

    fn confess(&mut self, what: &'static str, cut: bool) {
        if cut {
            self.cut.push(what);
        }
    }
}

fn write_actor(object: &mut Object<'_>, actor: &Actor, key: &HashKey) -> bool {
    let mut cut = false;
    object.plain("type", actor.kind.as_str());
    match &actor.identity {
        Identity::None => {}
        Identity::Known(id) => cut |= object.text("id", id, cap::ID),
        Identity::Unknown(typed) => {
            object.plain("id", &key.pseudonym("actor", typed.0.as_bytes()));
            object.flag("known", false);
        }
    }
    for (key, text) in [("name", &actor.name), ("tenant", &actor.tenant)] {
        if let Some(text) = text {
            cut |= object.text(key, text, cap::ID);
        }
    }
    cut |= texts(object, "roles", &actor.roles, ROLES_MAX);
    cut
}

fn write_authenticated(object: &mut Object<'_>, how: &Authenticated) -> bool {
    let mut cut = false;
    object.object("auth", |object| {
        cut |= object.text("method", &how.method, cap::WORD);
        cut |= texts(object, "mfa", &how.factors, FACTORS_MAX);
        if let Some(id) = &how.credential_id {
            cut |= object.text("credential_id", id, cap::NAME);
        }
    });
    cut
}

/// Writes for whom the actor acts, each principal without principals of its own.
fn write_principals(object: &mut Object<'_>, principals: &[Actor], key: &HashKey) -> bool {
    let mut cut = principals.len() > DELEGATION_MAX;
    if !principals.is_empty() {
        let first = principals.iter().take(DELEGATION_MAX);
        object.array("on_behalf_of", first, |out, principal| {
            out.push(b'{');
            let mut object = Object::members(out);
            cut |= write_actor(&mut object, principal, key);
            let how = principal.authenticated.as_ref();
            cut |= how.is_some_and(|how| write_authenticated(&mut object, how));
            out.push(b'}');
        });
    }
    cut
}

fn write_target(object: &mut Object<'_>, target: &Target) -> bool {
    let mut cut = object.text("type", &target.kind, cap::NAME);
    cut |= object.text("id", &target.id, cap::ID);
    let rest = [("name", &target.name), ("role", &target.role), ("version", &target.version)];
    for (key, text) in rest {
        if let Some(text) = text {
            cut |= object.text(key, text, cap::NAME);
        }
    }
    cut
}

fn write_origin(object: &mut Object<'_>, origin: &Origin) -> bool {
    object.ip("ip", origin.ip);
    if let Some(port) = origin.port {
        object.number("port", port.into());
    }
    if !origin.via.is_empty() {
        object.array("via", &origin.via, |out, hop| {
            encode::ip(out, *hop);
        });
    }
    object.plain("trust", origin.trust.as_str());
    match &origin.user_agent {
        Some(user_agent) => object.text("user_agent", user_agent, USER_AGENT_BYTES_MAX),
        None => false,
    }
}

fn write_http(object: &mut Object<'_>, http: &Http, key: &HashKey) -> bool {
    let mut cut = false;
    match &http.method {
        Method::Known(word) => object.plain("method", word),
        Method::Other(word) => {
            object.plain("method", "(other)");
            object.plain("method_hash", &key.pseudonym("method", word.0.as_bytes()));
        }
    }
    match &http.route {
        Route::Template(template) => cut |= object.text("route", template, cap::ID),
        Route::Unrouted(path) => {
            object.plain("path_hash", &key.pseudonym("path", path.0.as_bytes()));
            object.number("path_length", path.0.len() as u64);
        }
    }
    if let Some(status) = http.status {
        object.number("status", status.into());
    }
    if let Some(id) = &http.request_id {
        cut |= object.text("request_id", id, cap::NAME);
    }
    if http.client_gone {
        object.flag("client_gone", true);
    }
    cut
}

/// Writes a list of words, if there are any; true if a word or the list was cut.
fn texts(object: &mut Object<'_>, key: &str, words: &[Cow<'_, str>], most: usize) -> bool {
    let mut cut = words.len() > most;
    if !words.is_empty() {
        object.array(key, words.iter().take(most), |out, word| {
            cut |= encode::text_capped(out, word, cap::WORD);
        });
    }
    cut
}

/// The paths that were hidden, each with the member of the line that it begins in.
fn hidden_paths(event: &Event) -> impl Iterator<Item = (&'static str, &str)> {
    let captured = event.arguments.hidden().iter().map(|path| ("args.", path.as_str()));
    captured.chain(event.extras.hidden().iter().map(|path| ("ext.", path.as_str())))
}

#[cfg(test)]
mod tests;
