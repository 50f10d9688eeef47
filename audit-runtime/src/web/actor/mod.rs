//! Who made a request: asked of what the application authenticates with, inside its middleware.

#[cfg(feature = "actix")]
mod actix;
mod api_key;
#[cfg(feature = "mtls")]
mod certificate;
mod claims;
#[cfg(feature = "axum-login")]
mod login;
#[cfg(feature = "actix-session")]
mod session;
#[cfg(feature = "tower")]
mod tower;

use std::future::{Ready, ready};
use std::sync::Arc;

use crate::context;
use crate::event::Actor;

pub use api_key::ApiKeyActor;
#[cfg(feature = "mtls")]
pub use certificate::{CertificateActor, PeerCertificate};
pub use claims::ClaimsActor;
#[cfg(feature = "axum-login")]
pub use login::LoginActor;
#[cfg(feature = "actix-session")]
pub use session::SessionActor;
#[cfg(feature = "tower")]
pub use tower::ActorLayer;

/// Tells who made a request, from what the middleware around it has found out.
///
/// Requests are `actix_web::HttpRequest` in actix-web and `http::request::Parts` in axum and tower. A closure
/// from either to an `Option<Actor>` is a source. One that has to wait is a type with a method:
///
/// ```
/// use std::pin::Pin;
///
/// use audit_runtime::{Actor, ActorSource};
/// # type Request = String;
/// # async fn owner_of(ticket: &str) -> Option<String> { Some(ticket.to_owned()) }
///
/// struct Tickets;
///
/// impl ActorSource<Request> for Tickets {
///     type Answer = Pin<Box<dyn Future<Output = Option<Actor>> + Send>>;
///
///     fn actor(&self, request: &Request) -> Self::Answer {
///         let ticket = request.clone();
///         Box::pin(async move { owner_of(&ticket).await.map(Actor::user) })
///     }
/// }
/// ```
///
/// It runs in the request's context, so it may call [`set_session`](crate::set_session) as well.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell who made a `{R}`",
    label = "no source of actors for this framework's requests",
    note = "a closure is one: `|request: &HttpRequest| -> Option<Actor>` for actix-web, \
            `|request: &Parts| -> Option<Actor>` for axum"
)]
pub trait ActorSource<R>: 'static {
    /// Who it was; nobody, where nothing is known. It borrows nothing of the request.
    type Answer: Future<Output = Option<Actor>> + 'static;

    /// Asks who made `request`.
    fn actor(&self, request: &R) -> Self::Answer;

    /// Whether a handler may make somebody known to this source, by a login. Then a request of nobody
    /// is asked about a second time, once its handler has answered.
    fn sees_logins(&self) -> bool {
        false
    }
}

// Hidden from the compiler's advice, which would speak of closures and not of sources.
#[diagnostic::do_not_recommend]
impl<R, F> ActorSource<R> for F
where
    F: Fn(&R) -> Option<Actor> + 'static,
{
    type Answer = Ready<Option<Actor>>;

    fn actor(&self, request: &R) -> Self::Answer {
        ready(self(request))
    }
}

/// Asks an [`ActorSource`] who made each request, and names that actor in the request's records.
///
/// It stands right inside the middleware that authenticates, and [`AuditMiddleware`](crate::AuditMiddleware)
/// stands outside both. Where the source knows nobody, nothing changes. Of several that know somebody the innermost
/// counts.
///
/// A request that begins anonymous may log somebody in. A source that [sees logins](ActorSource::sees_logins) is
/// asked again once the handler has answered; until then the audited calls right inside the request wait with
/// their records, so that `LogIn` names who logged in. What the application sets itself, by
/// [`set_actor`](crate::set_actor), stays, but for the name that somebody typed: a handler may begin with
/// [`Actor::unknown_user`], and the records name who that was once the login has succeeded.
#[derive(Debug)]
#[must_use = "middleware names nobody until it is passed to `wrap` or `layer`"]
pub struct ActorMiddleware<A> {
    source: Arc<A>,
}

impl<A> ActorMiddleware<A> {
    /// Middleware that asks `source`.
    pub fn new(source: A) -> Self {
        Self { source: Arc::new(source) }
    }
}

impl<A> Clone for ActorMiddleware<A> {
    fn clone(&self) -> Self {
        Self { source: Arc::clone(&self.source) }
    }
}

/// Names whom the source knows before the handler runs; true if it is to be asked again after that.
fn name_before(known: Option<Actor>, sees_logins: bool) -> bool {
    if let Some(actor) = known {
        context::set_actor(actor);
        return false;
    }
    let ask_again = sees_logins && context::is_anonymous();
    if ask_again {
        context::await_actor();
    }
    ask_again
}

/// Names who has logged in, unless the handler has said itself who acts.
fn name_after(known: Option<Actor>) {
    if let Some(actor) = known
        && context::is_anonymous()
    {
        context::set_actor(actor);
    }
}
