//! What clients send and receive; each type says which of its fields a log may show.

use audit_runtime::{Redact, Sensitive, wrap_sensitive};
use serde::{Deserialize, Serialize};

/// What a user may do.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize, Redact)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Everything.
    Admin,
    /// Read and change itself.
    Member,
}

impl Role {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }
}

/// A login. The name is hidden too: people type their password into the wrong field.
#[wrap_sensitive]
#[derive(Deserialize, Redact)]
pub(crate) struct Login {
    #[sensitive]
    pub(crate) name: String,
    #[sensitive]
    pub(crate) password: String,
}

/// The answer to a login, the only one that shows a token.
#[wrap_sensitive]
#[derive(Serialize, Redact)]
pub(crate) struct NewSession {
    #[sensitive]
    #[serde(serialize_with = "audit_runtime::wire")]
    pub(crate) token: String,
    /// How long it holds.
    pub(crate) seconds: i64,
}

/// What shall change of a user; what is absent stays.
///
/// Records name an e-mail address by a keyed hash: `audited pseudonym - --field email` tells which.
#[wrap_sensitive]
#[derive(Deserialize, Redact)]
#[serde(deny_unknown_fields)]
pub(crate) struct Changes {
    pub(crate) role: Option<Role>,
    #[public]
    pub(crate) display_name: Option<String>,
    #[sensitive(pseudonym)]
    pub(crate) email: Option<String>,
    pub(crate) new_password: Option<Sensitive<String>>,
}

/// What a user is shown of itself.
#[wrap_sensitive]
#[derive(Serialize, Redact)]
pub(crate) struct Profile {
    pub(crate) id: i64,
    #[public]
    pub(crate) name: String,
    #[public]
    pub(crate) display_name: Option<String>,
    #[sensitive(pseudonym)]
    #[serde(serialize_with = "audit_runtime::wire")]
    pub(crate) email: Option<String>,
    pub(crate) role: Role,
}
