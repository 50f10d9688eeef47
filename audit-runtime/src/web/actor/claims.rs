//! Actors by the claims of a token (JWT) that the application has verified.

use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde_json::Value;

use crate::context;
use crate::event::{Actor, Authenticated};

/// How many parties of a chain of delegation are read.
const ACTS_MAX: usize = 8;

/// Who a token speaks for, by the claims of type `T` that a middleware has left in the request's extensions.
///
/// Verifying the token is the application's affair, and the token itself is not looked at.
///
/// ```
/// use audit_runtime::{Actor, ActorMiddleware, ClaimsActor};
/// # #[derive(serde::Serialize)] struct Claims { sub: String, team: String }
///
/// let by_their_names = ClaimsActor::<Claims>::registered();
/// let by_hand = ClaimsActor::by(|claims: &Claims| {
///     Some(Actor::user(claims.sub.clone()).tenant(claims.team.clone()))
/// });
/// # drop((ActorMiddleware::new(by_their_names), ActorMiddleware::new(by_hand)));
/// ```
pub struct ClaimsActor<T, F = fn(&T) -> Option<Actor>> {
    of: F,
    claims: PhantomData<fn(&T)>,
}

impl<T: Serialize> ClaimsActor<T> {
    /// Reads the registered claims, from whatever type they serialize:
    ///
    /// | claim | in the record |
    /// |---|---|
    /// | `sub` | the actor: a service where it is the `client_id` (RFC 9068), else a user; without it nobody is known |
    /// | `name`, or `preferred_username` | its name |
    /// | `roles`, or without them `scope` | its roles |
    /// | `amr` | the factors of its authentication by `jwt` |
    /// | `jti` | the id of the credential |
    /// | `sid` | the session, as a keyed hash |
    /// | `act` (RFC 8693) | who acts in fact, on behalf of the subject and of whom the inner `act`s name; without a `sub` the service of its `client_id`, else an agent without an id |
    pub fn registered() -> Self {
        Self::by(|claims| registered(&serde_json::to_value(claims).ok()?))
    }
}

impl<T, F: Fn(&T) -> Option<Actor>> ClaimsActor<T, F> {
    /// Whom `actor_of` reads from the claims; authenticated by `jwt`, unless it says otherwise.
    pub fn by(actor_of: F) -> Self {
        Self { of: actor_of, claims: PhantomData }
    }

    pub(super) fn of(&self, claims: &T) -> Option<Actor> {
        Some((self.of)(claims)?.authenticated_else(Authenticated::by("jwt")))
    }
}

impl<T, F> fmt::Debug for ClaimsActor<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimsActor").finish_non_exhaustive()
    }
}

fn registered(claims: &Value) -> Option<Actor> {
    let client = text(claims, "client_id");
    let mut subject = party(claims, client)?;
    for role in roles(claims) {
        subject = subject.role(role.to_owned());
    }
    if let Some(session) = text(claims, "sid") {
        context::set_session(session);
    }
    let credential = match text(claims, "jti") {
        Some(id) => Authenticated::by("jwt").credential_id(id.to_owned()),
        None => Authenticated::by("jwt"),
    };
    let factors = texts(&claims["amr"]);
    // The factors are those of the subject, whoever uses the token.
    let proof = factors.fold(credential.clone(), |proof, factor| proof.factor(factor.to_owned()));
    let subject = subject.authenticated(proof);
    let mut acting = acting(claims, client);
    let Some(actor) = acting.next() else {
        return Some(subject);
    };
    let actor = actor.authenticated(credential).on_behalf_of(subject);
    Some(acting.fold(actor, Actor::on_behalf_of))
}

/// The parties that `act` names, from who acts now to who did first.
fn acting<'a>(claims: &'a Value, client: Option<&'a str>) -> impl Iterator<Item = Actor> + 'a {
    let act = |claims: &'a Value| claims.get("act").filter(|act| !act.is_null());
    std::iter::successors(act(claims), move |inner| act(inner)).take(ACTS_MAX).map(move |act| {
        let own = text(act, "client_id");
        let named = party(act, own.or(client));
        // Somebody acts, and that is not the subject.
        named.or_else(|| Some(Actor::service(own?.to_owned()))).unwrap_or_else(Actor::some_agent)
    })
}

fn party(claims: &Value, client: Option<&str>) -> Option<Actor> {
    let id = text(claims, "sub")?;
    let party = if client == Some(id) { Actor::service } else { Actor::user };
    let party = party(id.to_owned());
    let name = text(claims, "name").or_else(|| text(claims, "preferred_username"));
    Some(match name {
        Some(name) => party.named(name.to_owned()),
        None => party,
    })
}

fn roles(claims: &Value) -> Vec<&str> {
    let roles: Vec<_> = texts(&claims["roles"]).collect();
    if roles.is_empty() { texts(&claims["scope"]).collect() } else { roles }
}

/// The texts of a list, or the words of a text.
fn texts(claim: &Value) -> impl Iterator<Item = &str> {
    let items = claim.as_array().into_iter().flatten().filter_map(Value::as_str);
    items.chain(claim.as_str().into_iter().flat_map(str::split_whitespace))
}

fn text<'a>(claims: &'a Value, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str().filter(|text| !text.is_empty())
}
