//! Who did it: the actor, how it proved its identity, and for whom it acts.

use std::borrow::Cow;

use super::Withheld;
use super::line::DELEGATION_MAX;
use super::vocabulary::ActorKind;

/// Who did it.
///
/// ```
/// use audit_runtime::{Actor, Authenticated};
///
/// let ada = Actor::user("42")
///     .named("ada")
///     .role("admin")
///     .authenticated(Authenticated::by("password").factor("totp"));
/// ```
#[derive(Clone, Debug)]
pub struct Actor {
    pub(super) kind: ActorKind,
    pub(super) identity: Identity,
    pub(super) name: Option<Cow<'static, str>>,
    pub(super) tenant: Option<Cow<'static, str>>,
    pub(super) roles: Vec<Cow<'static, str>>,
    pub(super) authenticated: Option<Authenticated>,
    pub(super) on_behalf_of: Vec<Actor>,
}

/// How an actor is named in a record.
#[derive(Clone, Debug)]
pub(super) enum Identity {
    None,
    Known(Cow<'static, str>),
    /// What somebody typed as a user name; it may be a mistyped password.
    Unknown(Withheld),
}

impl Actor {
    /// A person, by the stable id of the account.
    pub fn user(id: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ActorKind::User, Identity::Known(id.into()))
    }

    /// Somebody who gave a user name that no account has.
    ///
    /// The record holds a keyed hash of the name and `known: false`, never the name: people type
    /// their password into the wrong field.
    pub fn unknown_user(typed: impl Into<String>) -> Self {
        let typed = Withheld::new(typed.into());
        Self::new(ActorKind::User, Identity::Unknown(typed))
    }

    /// Another service.
    pub fn service(id: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ActorKind::Service, Identity::Known(id.into()))
    }

    /// A program that acts for a person.
    pub fn agent(id: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ActorKind::Agent, Identity::Known(id.into()))
    }

    /// A program of which nobody knows the id.
    #[cfg(any(feature = "actix", feature = "tower"))]
    pub(crate) fn some_agent() -> Self {
        Self::new(ActorKind::Agent, Identity::None)
    }

    /// This service itself.
    pub fn system() -> Self {
        Self::new(ActorKind::System, Identity::None)
    }

    /// Nobody in particular.
    pub fn anonymous() -> Self {
        Self::new(ActorKind::Anonymous, Identity::None)
    }

    /// Adds a readable name.
    pub fn named(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds the tenant or organisation that the actor belongs to.
    pub fn tenant(mut self, tenant: impl Into<Cow<'static, str>>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// Adds a role that the actor holds; the first 16 are recorded.
    pub fn role(mut self, role: impl Into<Cow<'static, str>>) -> Self {
        self.roles.push(role.into());
        self
    }

    /// Says how the actor proved its identity.
    pub fn authenticated(mut self, how: Authenticated) -> Self {
        self.authenticated = Some(how);
        self
    }

    /// Says for whom the actor acts; call it once for each link of a chain of delegation.
    pub fn on_behalf_of(mut self, principal: Actor) -> Self {
        self.on_behalf_of.push(principal);
        self
    }

    /// Says so where nothing was said of that yet.
    #[cfg(any(feature = "actix", feature = "tower"))]
    pub(crate) fn authenticated_else(mut self, how: Authenticated) -> Self {
        self.authenticated.get_or_insert(how);
        self
    }

    /// False for nobody in particular, and for a name that somebody typed.
    #[cfg(any(feature = "actix", feature = "tower"))]
    pub(crate) fn is_known(&self) -> bool {
        self.kind != ActorKind::Anonymous && !matches!(self.identity, Identity::Unknown(_))
    }

    /// What kind of party this is.
    pub fn kind(&self) -> ActorKind {
        self.kind
    }

    /// The same in the stead of `around`: who is somebody there, and nobody here yet, is one for whom
    /// this one acts. One more than a record holds is kept, so that it tells of the cut. Where both are the
    /// same, what proved the identity there still does.
    pub(crate) fn in_stead_of(mut self, around: &Self) -> Self {
        if self.authenticated.is_none() && self.is(around) {
            self.authenticated.clone_from(&around.authenticated);
        }
        for principal in std::iter::once(around).chain(&around.on_behalf_of) {
            let is_new =
                !self.is(principal) && !self.on_behalf_of.iter().any(|it| it.is(principal));
            let fits = self.on_behalf_of.len() <= DELEGATION_MAX;
            if is_new && fits && !matches!(principal.identity, Identity::None) {
                self.on_behalf_of.push(Self { on_behalf_of: Vec::new(), ..principal.clone() });
            }
        }
        self
    }

    fn is(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.tenant == other.tenant
            && match (&self.identity, &other.identity) {
                (Identity::None, Identity::None) => true,
                (Identity::Known(one), Identity::Known(other)) => one == other,
                (Identity::Unknown(one), Identity::Unknown(other)) => one.0 == other.0,
                _ => false,
            }
    }

    pub(super) fn label(&self) -> &str {
        match (&self.name, &self.identity) {
            (Some(name), _) => name,
            (None, Identity::Known(id)) => id,
            (None, Identity::Unknown(_)) => "unknown user",
            (None, Identity::None) => self.kind.as_str(),
        }
    }

    fn new(kind: ActorKind, identity: Identity) -> Self {
        Self {
            kind,
            identity,
            name: None,
            tenant: None,
            roles: Vec::new(),
            authenticated: None,
            on_behalf_of: Vec::new(),
        }
    }
}

/// How an actor proved its identity.
#[derive(Clone, Debug)]
pub struct Authenticated {
    pub(super) method: Cow<'static, str>,
    pub(super) factors: Vec<Cow<'static, str>>,
    pub(super) credential_id: Option<Cow<'static, str>>,
}

impl Authenticated {
    /// By a method such as `password`, `oidc`, `mtls` or `api_key`.
    pub fn by(method: impl Into<Cow<'static, str>>) -> Self {
        Self { method: method.into(), factors: Vec::new(), credential_id: None }
    }

    /// Adds a further factor such as `totp` or `webauthn`.
    pub fn factor(mut self, factor: impl Into<Cow<'static, str>>) -> Self {
        self.factors.push(factor.into());
        self
    }

    /// Names the credential that was used: an API key's id or a certificate's serial number, never
    /// the credential itself.
    pub fn credential_id(mut self, id: impl Into<Cow<'static, str>>) -> Self {
        self.credential_id = Some(id.into());
        self
    }
}
