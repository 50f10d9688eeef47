//! Actors by the sessions of actix-session.

use std::future::{Ready, ready};

use actix_session::{Session, SessionExt};
use actix_web::HttpRequest;
use serde_json::Value;

use super::ActorSource;
use crate::event::{Actor, Authenticated};

/// Who is logged in, by a session of actix-session.
///
/// ```
/// use actix_session::SessionMiddleware;
/// use actix_session::storage::SessionStore;
/// use actix_web::{App, cookie::Key};
/// use audit_runtime::{ActorMiddleware, AuditMiddleware, SessionActor};
///
/// # fn app(store: impl SessionStore + 'static, key: Key) {
/// let app = App::new()
///     .wrap(ActorMiddleware::new(SessionActor::key("user_id")))
///     .wrap(SessionMiddleware::new(store, key))
///     .wrap(AuditMiddleware::new());
/// # }
/// ```
///
/// A session's id is not recorded: actix-session tells it to nobody.
#[derive(Clone, Debug)]
pub struct SessionActor<F> {
    of: F,
}

impl SessionActor<()> {
    /// A user, whose id stands in the session under `key`, as a text or a number.
    pub fn key(key: &'static str) -> SessionActor<impl Fn(&Session) -> Option<Actor>> {
        SessionActor::by(move |session: &Session| match session.get(key).ok()?? {
            Value::String(id) if !id.is_empty() => Some(Actor::user(id)),
            Value::Number(id) => Some(Actor::user(id.to_string())),
            _ => None,
        })
    }

    /// The user of actix-identity; with an `id_key` of its own that is [`key`](Self::key).
    ///
    /// It stands inside `IdentityMiddleware`, which ends logins that are too old.
    pub fn identity() -> SessionActor<impl Fn(&Session) -> Option<Actor>> {
        Self::key("actix_identity.user_id")
    }
}

impl<F: Fn(&Session) -> Option<Actor>> SessionActor<F> {
    /// Whom `actor_of` reads from the session.
    pub fn by(actor_of: F) -> Self {
        Self { of: actor_of }
    }
}

impl<F: Fn(&Session) -> Option<Actor> + 'static> ActorSource<HttpRequest> for SessionActor<F> {
    type Answer = Ready<Option<Actor>>;

    fn actor(&self, request: &HttpRequest) -> Self::Answer {
        let actor = (self.of)(&request.get_session());
        ready(actor.map(|actor| actor.authenticated_else(Authenticated::by("session"))))
    }

    fn sees_logins(&self) -> bool {
        true
    }
}
