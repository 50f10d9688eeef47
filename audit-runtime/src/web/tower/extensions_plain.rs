//! Without axum nobody but the router and the server put anything there.

use http::Extensions;

use crate::event::Peer;

pub(super) fn template(_: &Extensions) -> Option<String> {
    None
}

pub(super) fn peer(_: &Extensions) -> Option<Peer> {
    None
}
