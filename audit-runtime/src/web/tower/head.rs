//! The head of a request as the crate `http` has it.

use http::Request;

use super::{RouteTemplate, extensions};
use crate::event::Peer;
use crate::web::head::Head;

pub(super) struct RequestHead<'a, B>(pub(super) &'a Request<B>);

impl<B> Head for RequestHead<'_, B> {
    fn method(&self) -> &str {
        self.0.method().as_str()
    }

    fn path(&self) -> &str {
        self.0.uri().path()
    }

    fn template(&self) -> Option<String> {
        let extensions = self.0.extensions();
        let own = || extensions.get().map(|RouteTemplate(template)| template.to_string());
        extensions::template(extensions).or_else(own)
    }

    fn peer(&self) -> Option<Peer> {
        let extensions = self.0.extensions();
        extensions::peer(extensions).or_else(|| extensions.get::<Peer>().copied())
    }

    fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let headers = self.0.headers().iter().filter(move |(known, _)| known.as_str() == name);
        headers.map(|(_, value)| value.as_bytes())
    }
}
