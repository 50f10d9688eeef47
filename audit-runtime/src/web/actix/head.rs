//! The head of a request as actix-web has it.

use std::net::SocketAddr;

use actix_web::dev::ServiceRequest;

use crate::web::head::Head;

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

    fn peer(&self) -> Option<SocketAddr> {
        self.peer_addr()
    }

    fn header(&self, name: &str) -> Option<&[u8]> {
        Some(self.headers().get(name)?.as_bytes())
    }

    fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers().get_all(name).map(|value| value.as_bytes())
    }
}
