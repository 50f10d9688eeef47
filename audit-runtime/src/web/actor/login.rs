//! Actors by the logins of axum-login.

use std::fmt;
use std::future::ready;
use std::sync::Arc;

use axum_login::tower_sessions::Session;
use axum_login::{AuthSession, AuthUser, AuthnBackend, UserId};
use http::request::Parts;
use serde::Deserialize;
use serde_json::Value;

use super::ActorSource;
use super::tower::Later;
use crate::context;
use crate::event::{Actor, Authenticated};

/// Who is logged in, by axum-login with this backend.
///
/// ```
/// use audit_runtime::{Actor, ActorLayer, AuditLayer, LoginActor};
/// use axum::Router;
/// use axum_login::tower_sessions::SessionStore;
/// use axum_login::{AuthManagerLayer, AuthUser, AuthnBackend};
///
/// # fn app<Backend: AuthnBackend + 'static>(authentication: AuthManagerLayer<Backend, impl SessionStore + Clone>) {
/// let app: Router = Router::new()
///     .layer(ActorLayer::new(LoginActor::<Backend>::new()))
///     .layer(authentication)
///     .layer(AuditLayer::new());
/// # }
/// ```
///
/// The session's id is recorded, as a keyed hash.
pub struct LoginActor<B: AuthnBackend> {
    of: ActorOf<B>,
    key: &'static str,
}

type ActorOf<B> = Arc<dyn Fn(&<B as AuthnBackend>::User) -> Actor + Send + Sync>;

impl<B: AuthnBackend> LoginActor<B> {
    /// Names users by their id.
    pub fn new() -> Self {
        // Where axum-login keeps who is logged in, unless it is told otherwise.
        let key = "axum-login.data";
        Self { of: Arc::new(|user| Actor::user(user.id().to_string())), key }
    }

    /// Makes the actor of a user: with a name, a tenant, roles.
    pub fn by(self, actor_of: impl Fn(&B::User) -> Actor + Send + Sync + 'static) -> Self {
        Self { of: Arc::new(actor_of), ..self }
    }

    /// The key that the service has given to `AuthManagerLayerBuilder::with_data_key`.
    pub fn data_key(self, key: &'static str) -> Self {
        Self { key, ..self }
    }
}

impl<B: AuthnBackend> Default for LoginActor<B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B: AuthnBackend> fmt::Debug for LoginActor<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginActor").field("key", &self.key).finish_non_exhaustive()
    }
}

impl<B: AuthnBackend + 'static> ActorSource<Parts> for LoginActor<B> {
    type Answer = Later<Option<Actor>>;

    fn actor(&self, request: &Parts) -> Self::Answer {
        let Some(login) = request.extensions.get::<AuthSession<B>>() else {
            return Box::pin(ready(None));
        };
        if let Some(user) = &login.user {
            return Box::pin(ready(Some(named(&*self.of, user, &login.session))));
        }
        // A handler logs in with a clone of its own, of which only the session comes back.
        let (login, of, key) = (login.clone(), Arc::clone(&self.of), self.key);
        Box::pin(async move {
            let user = logged_in(&login.backend, &login.session, key).await?;
            Some(named(&*of, &user, &login.session))
        })
    }

    fn sees_logins(&self) -> bool {
        true
    }
}

fn named<User>(of: &dyn Fn(&User) -> Actor, user: &User, session: &Session) -> Actor {
    if let Some(id) = session.id() {
        context::set_session(id.to_string());
    }
    of(user).authenticated_else(Authenticated::by("session"))
}

/// The user whom a handler has logged in.
async fn logged_in<B: AuthnBackend>(backend: &B, session: &Session, key: &str) -> Option<B::User> {
    let kept: Value = session.get(key).await.ok()??;
    let id = UserId::<B>::deserialize(kept.get("user_id")?).ok()?;
    backend.get_user(&id).await.ok()?
}
