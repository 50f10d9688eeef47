//! The parts of a record: who, what to, why, from where and in which request.

use serde::Deserialize;

use super::Word;
use crate::event::{ActorKind, Trust};

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Actor {
    /// What kind of party.
    #[serde(rename = "type")]
    pub kind: Word<ActorKind>,
    /// The stable id of the account; a keyed hash if `known` is `Some(false)`.
    pub id: Option<String>,
    /// `Some(false)` if no account has the name that was given.
    pub known: Option<bool>,
    /// A readable name.
    pub name: Option<String>,
    /// The tenant or organisation.
    pub tenant: Option<String>,
    /// The roles held.
    #[serde(default)]
    pub roles: Vec<String>,
    /// How the actor proved its identity.
    pub auth: Option<Authentication>,
    /// For whom it acts, the nearest principal first.
    #[serde(default)]
    pub on_behalf_of: Vec<Actor>,
}

/// How an actor proved its identity.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Authentication {
    /// The method, such as `password`.
    pub method: String,
    /// Further factors, such as `totp`.
    #[serde(default)]
    pub mfa: Vec<String>,
    /// Which credential was used.
    pub credential_id: Option<String>,
}

/// What an authorization decided.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Decision {
    /// `allow` or `deny`.
    pub decision: String,
    /// The policy that decided.
    pub policy: Option<String>,
    /// The rules that determined the decision.
    #[serde(default)]
    pub determined_by: Vec<String>,
}

/// What it was done to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Target {
    /// The type, such as `User`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The id.
    pub id: String,
    /// A readable name.
    pub name: Option<String>,
    /// The part it plays where there are many.
    pub role: Option<String>,
    /// The version that was acted on.
    pub version: Option<String>,
}

/// Why it ended as it did.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Reason {
    /// A code from the application's closed set.
    pub code: String,
    /// A sentence for people.
    pub message: Option<String>,
}

/// From where it came.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Origin {
    /// The client's address, as text: it need not be in clear. `None` for a Unix socket that no
    /// trusted proxy forwards over.
    pub ip: Option<String>,
    /// The client's port, if it was the connection's peer.
    pub port: Option<u16>,
    /// The proxies it came through, the nearest first.
    #[serde(default)]
    pub via: Vec<String>,
    /// `unix` if the connection itself is a Unix socket's; `None` if it has an address.
    pub transport: Option<String>,
    /// How far the address can be believed.
    pub trust: Word<Trust>,
    /// What the client says it is.
    pub user_agent: Option<String>,
}

impl Origin {
    /// The address, or else the transport: what there is to tell of the place in a word.
    pub fn place(&self) -> Option<&str> {
        self.ip.as_deref().or(self.transport.as_deref())
    }
}

/// The request it came with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Http {
    /// The method, or `(other)` for one that HTTP does not know.
    pub method: String,
    /// The keyed hash of such a method.
    pub method_hash: Option<String>,
    /// The route's template; `None` if no route matched.
    pub route: Option<String>,
    /// The keyed hash of the path that no route matched.
    pub path_hash: Option<String>,
    /// The length of that path in bytes.
    pub path_length: Option<u64>,
    /// The status of the response.
    pub status: Option<u16>,
    /// The id that the client or a proxy gave the request.
    pub request_id: Option<String>,
    /// True if the client was gone before it had the whole response; a server that stops, or
    /// middleware that gives the request up, may have dropped it instead.
    #[serde(default)]
    pub client_gone: bool,
}

/// The service that recorded it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Service {
    /// Its name.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Which of several instances it is.
    pub instance: Option<String>,
    /// The machine it runs on.
    pub host: Option<String>,
}

/// Where in the source it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Code {
    /// The function's path.
    pub function: String,
    /// The file.
    pub file: String,
    /// The line in it, from 1.
    pub line: u32,
    /// The version of what the action's records hold, as `#[audited(version = …)]` says it.
    #[serde(default = "first")]
    pub version: u32,
}

fn first() -> u32 {
    1
}

/// What the record withholds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Redaction {
    /// The paths that were hidden.
    #[serde(default)]
    pub fields: Vec<String>,
    /// The key of the record's keyed hashes, if it has any.
    pub key_id: Option<String>,
}
