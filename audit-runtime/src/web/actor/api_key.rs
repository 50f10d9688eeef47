//! Actors by the API key that a request carries.

use std::fmt;
use std::sync::Once;

use audit_redact::Sensitive;

use crate::event::{Actor, Authenticated};
use crate::say;
use crate::web::settings::{InvalidHeader, is_header_name};

/// Who an API key belongs to, by a lookup of the application.
///
/// The lookup gets the key as a secret, and answers with the key's id, never the key, and its owner. Where the
/// two are the same, the id is left out of the record, with a warning. A request with more than one such header
/// is one of nobody.
///
/// ```
/// use audit_runtime::{Actor, ActorMiddleware, ApiKeyActor, Sensitive};
/// # async fn find(digest: &[u8]) -> Option<(u64, String)> { None }
/// # fn digest(key: &str) -> [u8; 32] { [0; 32] }
///
/// let source = ApiKeyActor::header("x-api-key", |key: Sensitive<String>| async move {
///     let (id, owner) = find(&digest(key.expose())).await?;
///     Some((id.to_string(), Actor::service(owner)))
/// })?;
/// # drop(ActorMiddleware::new(source));
/// # Ok::<(), audit_runtime::InvalidHeader>(())
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
    ///
    /// # Errors
    /// Fails when `name` is no header name: nobody would ever be known by it.
    pub fn header<F>(name: &'static str, lookup: L) -> Result<Self, InvalidHeader>
    where
        L: Fn(Sensitive<String>) -> F,
        F: Future<Output = Option<(String, Actor)>>,
    {
        match is_header_name(name) {
            true => Ok(Self { header: name, is_bearer: false, lookup }),
            false => Err(InvalidHeader::api_key(name)),
        }
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

    /// The key in the one value of the header: of two, nobody can say which one was meant.
    pub(super) fn key<'a>(
        &self,
        mut values: impl Iterator<Item = &'a [u8]>,
    ) -> Option<Sensitive<String>> {
        let (Some(value), None) = (values.next(), values.next()) else {
            return None;
        };
        let text = std::str::from_utf8(value).ok()?;
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
        let owner = (self.lookup)(key.clone());
        async move {
            let (id, owner) = owner.await?;
            let proof = Authenticated::by("api_key");
            Some(owner.authenticated(match is_secret(&id, &key) {
                true => proof,
                false => proof.credential_id(id),
            }))
        }
    }
}

/// True, with a warning once, if a key is said to be its own id.
fn is_secret(id: &str, key: &Sensitive<String>) -> bool {
    static WARNED: Once = Once::new();
    let is_secret = Sensitive::from(id.to_owned()) == *key;
    if is_secret {
        WARNED.call_once(|| {
            say::warning(format_args!(
                "a lookup answered an API key with the key itself in the place of its id, which is \
                 not recorded: answer with the id that the key has in your table of keys"
            ));
        });
    }
    is_secret
}

impl<L> fmt::Debug for ApiKeyActor<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeyActor").field("header", &self.header).finish_non_exhaustive()
    }
}
