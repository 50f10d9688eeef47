//! What axum itself puts into the extensions of a request.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, MatchedPath};
use http::Extensions;

pub(super) fn template(extensions: &Extensions) -> Option<String> {
    extensions.get().map(|matched: &MatchedPath| matched.as_str().to_owned())
}

pub(super) fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    extensions.get().map(|ConnectInfo(peer)| *peer)
}
