//! The head of a request as actix-web has it.

use std::any::Any;

use actix_web::dev::{Extensions, ServiceRequest};

use crate::event::Peer;
use crate::web::head::Head;

/// Tells [`AuditMiddleware`](crate::AuditMiddleware) of connections over Unix sockets, for
/// `HttpServer::on_connect`. The socket goes to `listen_uds`; as of actix-web 4.18 `bind_uds` calls no such
/// function:
///
#[cfg_attr(
    unix,
    doc = r#"
```no_run
use std::os::unix::net::UnixListener;

use actix_web::{App, HttpServer};
use audit_runtime::{AuditMiddleware, TrustedProxies, note_peer};

# async fn serve() -> Result<(), Box<dyn std::error::Error>> {
let audit = AuditMiddleware::new().trusted_proxies(TrustedProxies::parse(["unix"])?);
let socket = UnixListener::bind("/run/users-api/http.sock")?;
let server = HttpServer::new(move || App::new().wrap(audit.clone())).on_connect(note_peer);
server.listen_uds(socket)?.run().await?;
# Ok(())
# }
```
"#
)]
///
/// From the request alone such a connection cannot be told: actix-web knows no peer of it, but no peer
/// either of a TCP connection that its client has reset at once, and such a client must not be taken for a
/// proxy. Without `note_peer` the record of a request over a Unix socket has no `origin`.
pub fn note_peer(connection: &dyn Any, extensions: &mut Extensions) {
    #[cfg(unix)]
    if connection.is::<actix_web::rt::net::UnixStream>() {
        extensions.insert(Peer::Unix);
    }
    #[cfg(not(unix))]
    let _ = (connection, extensions);
}

impl Head for ServiceRequest {
    fn method(&self) -> &str {
        self.method().as_str()
    }

    fn path(&self) -> &str {
        self.path()
    }

    fn template(&self) -> Option<String> {
        self.match_pattern()
    }

    fn peer(&self) -> Option<Peer> {
        let address = self.peer_addr().map(Peer::Address);
        address.or_else(|| self.conn_data::<Peer>().copied())
    }

    fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let headers = self.headers().iter().filter(move |(known, _)| known.as_str() == name);
        headers.map(|(_, value)| value.as_bytes())
    }
}
