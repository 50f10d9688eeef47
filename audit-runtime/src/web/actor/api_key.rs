//! Actors by the API key that a request carries.

use std::fmt;

use audit_redact::Sensitive;

use crate::event::{Actor, Authenticated};

/// Who an API key belongs to, by a lookup of the application.
///
/// The lookup gets the key as a secret, and answers with the key's id, never the key, and its owner:
///
/// ```
/// use audit_runtime::{Actor, ActorMiddleware, ApiKeyActor, Sensitive};
/// # async fn find(digest: &[u8]) -> Option<(u64, String)> { None }
/// # fn digest(key: &str) -> [u8; 32] { [0; 32] }
///
/// let source = ApiKeyActor::header("x-api-key", |key: Sensitive<String>| async move {
///     let (id, owner) = find(&digest(key.expose())).await?;
///     Some((id.to_string(), Actor::service(owner)))
/// });
/// # drop(ActorMiddleware::new(source));
/// ```
///
/// A middleware that has looked the key up already is cheaper to ask: let it leave the owner in the request, and
/// read that with a closure.
pub struct ApiKeyActor<L> {
    header: &'static str,
    is_bearer: bool,
    lookup: L,
}

impl<L> ApiKeyActor<L> {
    /// The key is the value of this header.
    pub fn header<F>(name: &'static str, lookup: L) -> Self
    where
        L: Fn(Sensitive<String>) -> F,
        F: Future<Output = Option<(String, Actor)>>,
    {
        Self { header: name, is_bearer: false, lookup }
    }

    /// The key is the token of `Authorization: Bearer`.
    pub fn bearer<F>(lookup: L) -> Self
    where
        L: Fn(Sensitive<String>) -> F,
        F: Future<Output = Option<(String, Actor)>>,
    {
        Self { header: "authorization", is_bearer: true, lookup }
    }

    pub(super) fn header_name(&self) -> &'static str {
        self.header
    }

    /// The key in this value of the header.
    pub(super) fn key(&self, value: Option<&[u8]>) -> Option<Sensitive<String>> {
        let text = std::str::from_utf8(value?).ok()?;
        let key = match self.is_bearer {
            true => {
                let (scheme, token) = text.split_once(' ')?;
                scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())?
            }
            false => text,
        };
        (!key.is_empty()).then(|| Sensitive::from(key.to_owned()))
    }

    /// Looks up to whom `key` belongs.
    pub(super) fn owner<F>(
        &self,
        key: Sensitive<String>,
    ) -> impl Future<Output = Option<Actor>> + use<L, F>
    where
        L: Fn(Sensitive<String>) -> F,
        F: Future<Output = Option<(String, Actor)>>,
    {
        let owner = (self.lookup)(key);
        async move {
            let (id, owner) = owner.await?;
            Some(owner.authenticated(Authenticated::by("api_key").credential_id(id)))
        }
    }
}

impl<L> fmt::Debug for ApiKeyActor<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeyActor").field("header", &self.header).finish_non_exhaustive()
    }
}
