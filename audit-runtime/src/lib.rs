//! Compile-time audit logging: annotated calls become redacted events in a tamper-evident journal.

pub mod catalog;
mod context;
mod event;
pub mod guard;
#[cfg(feature = "rusqlite")]
pub mod outbox;
pub mod record;
mod recorder;
mod say;
mod scope;
pub mod testing;
#[cfg(any(feature = "actix", feature = "tower"))]
mod web;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

/// What keeps a journal's checkpoints elsewhere, a crate of its own.
pub use audit_anchor as anchor;
/// The journal, a crate of its own.
pub use audit_journal as journal;
pub use audit_journal::{Clock, Digest, EventId, OnDamage, SystemClock, Timestamp};
pub use audit_macros::{Redact, audited, deny_leaks, wrap_sensitive};
/// Redaction, a crate of its own.
pub use audit_redact as redact;
pub use audit_redact::{
    Diff, Disclosed, HashKey, HiddenPaths, Keys, ParseError, Plain, Public, Redact, Redacted,
    Redaction, Secret, Sensitive, Tightness, Wire, allow_leak, disclose, parse, public, sealed,
    wire, wire_plain, withheld,
};
/// What signs a journal, and the public keys that check it.
pub use audit_tlog::{Signer, SigningKey, VerifierKey};
pub use context::{
    Context, changed, deny, enter_as, fail, run_as, set_actor, set_changes, set_session, set_target,
};
pub use event::{
    Actor, ActorKind, Authenticated, Bulk, Category, ChangeSet, CorrelationId, Draft, Durability,
    Event, Http, InvalidNetwork, OnUnrecorded, Operation, Origin, Outcome, Part, Peer, Phase,
    Reason, Severity, Signal, Target, TraceContext, Trust, TrustedProxies,
};
#[cfg(feature = "rusqlite")]
pub use outbox::{OutboxError, Relay, record_in};
pub use record::{Record, RecordError};
pub use recorder::control;
#[cfg(feature = "config")]
pub use recorder::{Config, ConfigError};
pub use recorder::{
    Error, Health, Mirror, Receipt, Recorded, Recorder, RecorderBuilder, RedAlarm, SigningKeys,
    Status, Unrecorded, alert, health, open, record,
};
pub use scope::Connection;
#[cfg(feature = "stream")]
pub use scope::Streamed;
#[cfg(feature = "axum-login")]
pub use web::LoginActor;
#[cfg(feature = "actix-session")]
pub use web::SessionActor;
#[cfg(feature = "tower")]
pub use web::{ActorLayer, AuditLayer, RouteTemplate};
#[cfg(any(feature = "actix", feature = "tower"))]
pub use web::{
    ActorMiddleware, ActorSource, ApiKeyActor, AuditMiddleware, ClaimsActor, ForwardingHeader,
    InvalidHeader, InvalidRoute,
};
#[cfg(all(feature = "mtls", any(feature = "actix", feature = "tower")))]
pub use web::{CertificateActor, PeerCertificate};
#[cfg(feature = "actix")]
pub use web::{form_config, json_config, note_peer, path_config, query_config};

/// The examples of the README, compiled as they stand there.
#[cfg(all(doctest, feature = "actix"))]
#[doc = include_str!("../../README.md")]
struct Readme;

/// The examples of the operator's page.
#[cfg(all(doctest, feature = "config", feature = "rusqlite"))]
#[doc = include_str!("../../docs/operations.md")]
struct Operations;

/// The examples of the page on actors.
#[cfg(all(doctest, feature = "actix-session", feature = "axum-login", feature = "mtls"))]
#[doc = include_str!("../../docs/actors.md")]
struct Actors;

/// The examples of the page on work beside the request.
#[cfg(all(doctest, feature = "actix"))]
#[doc = include_str!("../../docs/background.md")]
struct Background;

/// The examples of the page on changes.
#[cfg(all(doctest, feature = "actix"))]
#[doc = include_str!("../../docs/changes.md")]
struct Changes;

/// The examples of the page on what is left unaudited.
#[cfg(all(doctest, feature = "actix"))]
#[doc = include_str!("../../docs/coverage.md")]
struct Coverage;

/// The examples of the page on users' own tests.
#[cfg(all(doctest, feature = "actix"))]
#[doc = include_str!("../../docs/testing.md")]
struct Testing;

/// The examples of the guide for newcomers.
#[cfg(all(doctest, feature = "actix"))]
#[doc = include_str!("../../docs/getting-started.md")]
struct GettingStarted;
