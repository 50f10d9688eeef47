//! Without axum nobody but the router and the server put anything there.

use std::net::SocketAddr;

use http::Extensions;

pub(super) fn template(_: &Extensions) -> Option<String> {
    None
}

pub(super) fn peer(_: &Extensions) -> Option<SocketAddr> {
    None
}
