//! What the connections of axum's servers tell of their other end.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use http::Extensions;
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use crate::event::Peer;

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
