//! What axum itself puts into the extensions of a request: its route, and the other end of its connection.

use std::net::SocketAddr;

use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, MatchedPath};
use axum::serve::IncomingStream;
use http::Extensions;
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use crate::event::Peer;

pub(super) fn template(extensions: &Extensions) -> Option<String> {
    extensions.get().map(|matched: &MatchedPath| matched.as_str().to_owned())
}

/// `into_make_service_with_connect_info::<Peer>()`.
impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self::Address(*stream.remote_addr())
    }
}

/// The same on a Unix socket.
#[cfg(unix)]
impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(_: IncomingStream<'_, UnixListener>) -> Self {
        Self::Unix
    }
}

/// The peer, if the service was made with information of this kind.
pub(super) fn peer(extensions: &Extensions) -> Option<Peer> {
    let address =
        || extensions.get().map(|ConnectInfo(address): &ConnectInfo<SocketAddr>| *address);
    let peer = extensions.get().map(|ConnectInfo(peer): &ConnectInfo<Peer>| *peer);
    peer.or_else(|| address().map(Peer::Address))
}
