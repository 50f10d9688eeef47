//! The parts of a line that are objects and lists: who acted, on what, from where.

use std::borrow::Cow;

use audit_journal::{encode, encode::Object};

use super::super::actor::Identity;
use super::super::origin::{Method, Route, USER_AGENT_BYTES_MAX};
use super::super::{Actor, Authenticated, Http, Origin, Scrubber, Target};
use super::{DELEGATION_MAX, FACTORS_MAX, ROLES_MAX, cap};
use audit_redact::HashKey;

pub(super) fn write_actor(
    object: &mut Object<'_>,
    actor: &Actor,
    key: &HashKey,
    scrubber: &mut Scrubber,
) -> bool {
    let mut cut = false;
    object.plain("type", actor.kind.as_str());
    match &actor.identity {
        Identity::None => {}
        Identity::Known(id) => cut |= scrubber.id(object, "actor", "id", id, cap::ID, key),
        Identity::Unknown(typed) => {
            object.plain("id", &key.pseudonym("actor", typed.0.as_bytes()));
            object.flag("known", false);
        }
    }
    if let Some(name) = &actor.name {
        cut |= scrubber.text(object, "actor", "name", name, cap::ID);
    }
    if let Some(tenant) = &actor.tenant {
        cut |= scrubber.id(object, "actor", "tenant", tenant, cap::ID, key);
    }
    cut |= texts(object, "actor", "roles", &actor.roles, ROLES_MAX, scrubber);
    cut
}

pub(super) fn write_authenticated(
    object: &mut Object<'_>,
    how: &Authenticated,
    scrubber: &mut Scrubber,
) -> bool {
    let mut cut = false;
    object.object("auth", |object| {
        cut |= scrubber.text(object, "actor.auth", "method", &how.method, cap::WORD);
        cut |= texts(object, "actor.auth", "mfa", &how.factors, FACTORS_MAX, scrubber);
        // The id of a key is no key, and who looks for one needs it as it is.
        if let Some(id) = &how.credential_id {
            cut |= object.text("credential_id", id, cap::NAME);
        }
    });
    cut
}

/// Writes for whom the actor acts, each principal without principals of its own.
pub(super) fn write_principals(
    object: &mut Object<'_>,
    principals: &[Actor],
    key: &HashKey,
    scrubber: &mut Scrubber,
) -> bool {
    let mut cut = principals.len() > DELEGATION_MAX;
    if !principals.is_empty() {
        let first = principals.iter().take(DELEGATION_MAX);
        object.array("on_behalf_of", first, |out, principal| {
            out.push(b'{');
            let mut object = Object::members(out);
            cut |= write_actor(&mut object, principal, key, scrubber);
            let how = principal.authenticated.as_ref();
            cut |= how.is_some_and(|how| write_authenticated(&mut object, how, scrubber));
            out.push(b'}');
        });
    }
    cut
}

pub(super) fn write_target(
    object: &mut Object<'_>,
    target: &Target,
    key: &HashKey,
    scrubber: &mut Scrubber,
) -> bool {
    let part = "targets";
    let mut cut = scrubber.text(object, part, "type", &target.kind, cap::NAME);
    cut |= scrubber.id(object, part, "id", &target.id, cap::ID, key);
    let rest = [("name", &target.name), ("role", &target.role), ("version", &target.version)];
    for (key, text) in rest {
        if let Some(text) = text {
            cut |= scrubber.text(object, part, key, text, cap::NAME);
        }
    }
    cut
}

/// The word of OpenTelemetry's `network.transport`.
const UNIX: &str = "unix";

/// The transport is told only where it has no addresses.
pub(super) fn write_origin(
    object: &mut Object<'_>,
    origin: &Origin,
    scrubber: &mut Scrubber,
) -> bool {
    if let Some(ip) = origin.ip {
        object.ip("ip", ip);
    }
    if let Some(port) = origin.port {
        object.number("port", port.into());
    }
    if !origin.via.is_empty() {
        object.array("via", &origin.via, |out, hop| {
            encode::ip(out, *hop);
        });
    }
    if origin.over_unix {
        object.plain("transport", UNIX);
    }
    object.plain("trust", origin.trust.as_str());
    match &origin.user_agent {
        Some(user_agent) => {
            let (part, key, cap) = ("origin", "user_agent", USER_AGENT_BYTES_MAX);
            scrubber.text_once(object, part, key, user_agent, cap, &origin.is_clean)
        }
        None => false,
    }
}

pub(super) fn write_http(
    object: &mut Object<'_>,
    http: &Http,
    key: &HashKey,
    scrubber: &mut Scrubber,
) -> bool {
    let mut cut = false;
    object.plain("method", http.method.as_str());
    if let Method::Other(word) = &http.method {
        object.plain("method_hash", &key.pseudonym("method", word.0.as_bytes()));
    }
    match &http.route {
        Route::Template(template) => {
            cut |= scrubber.text(object, "http", "route", template, cap::ID)
        }
        Route::Unrouted(path) => {
            object.plain("path_hash", &key.pseudonym("path", path.0.as_bytes()));
            object.number("path_length", path.0.len() as u64);
        }
    }
    if let Some(status) = http.status {
        object.number("status", status.into());
    }
    if let Some(id) = &http.request_id {
        cut |= scrubber.id(object, "http", "request_id", id, cap::NAME, key);
    }
    if http.client_gone {
        object.flag("client_gone", true);
    }
    cut
}

/// Writes a list of words, if there are any; true if a word or the list was cut.
pub(in crate::event) fn texts(
    object: &mut Object<'_>,
    part: &str,
    key: &str,
    words: &[Cow<'_, str>],
    most: usize,
    scrubber: &mut Scrubber,
) -> bool {
    let mut cut = words.len() > most;
    if !words.is_empty() {
        object.array(key, words.iter().take(most), |out, word| {
            let changed = scrubber.change(part, key, word, cap::WORD);
            cut |= encode::text_capped(out, changed.as_deref().unwrap_or(word), cap::WORD);
        });
    }
    cut
}
