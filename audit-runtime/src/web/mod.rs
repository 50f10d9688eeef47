//! Web frameworks: one access record per request, and the context for the handlers inside.

mod actix;

pub use actix::{AuditMiddleware, ForwardingHeader, InvalidHeader};
