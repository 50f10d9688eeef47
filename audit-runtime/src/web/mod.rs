//! Web frameworks: one access record per request, and the context for the handlers inside.

#[cfg(feature = "actix")]
mod actix;
mod actor;
mod coverage;
mod exchange;
#[cfg(feature = "actix")]
mod extractors;
mod head;
mod settings;
#[cfg(feature = "tower")]
mod tower;

#[cfg(feature = "actix")]
pub use actix::note_peer;
#[cfg(feature = "tower")]
pub use actor::ActorLayer;
#[cfg(feature = "axum-login")]
pub use actor::LoginActor;
#[cfg(feature = "actix-session")]
pub use actor::SessionActor;
pub use actor::{ActorMiddleware, ActorSource, ApiKeyActor, ClaimsActor};
#[cfg(feature = "mtls")]
pub use actor::{CertificateActor, PeerCertificate};
#[cfg(feature = "actix")]
pub use extractors::{form_config, json_config, path_config, query_config};
pub use settings::{AuditMiddleware, ForwardingHeader, InvalidHeader};
#[cfg(feature = "tower")]
pub use tower::{AuditLayer, RouteTemplate};
