//! Web frameworks: one access record per request, and the context for the handlers inside.

mod actix;
mod extractors;

pub use actix::{AuditMiddleware, ForwardingHeader, InvalidHeader};
pub use extractors::{form_config, json_config, path_config, query_config};
