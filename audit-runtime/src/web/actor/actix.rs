//! Actors of actix-web's requests.

use std::future::{Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::{Error, HttpMessage, HttpRequest};
use audit_redact::Sensitive;

#[cfg(feature = "mtls")]
use super::certificate::{CertificateActor, PeerCertificate};
use super::{ActorMiddleware, ActorSource, ApiKeyActor, ClaimsActor, name_after, name_before};
use crate::event::Actor;

type Later<T> = Pin<Box<dyn Future<Output = T>>>;

impl<A, S, B> Transform<S, ServiceRequest> for ActorMiddleware<A>
where
    A: ActorSource<HttpRequest>,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform = ActorService<A, S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let source = Arc::clone(&self.source);
        ready(Ok(ActorService { service: Rc::new(service), source }))
    }
}

/// The application's service, with the actor of each request named.
pub struct ActorService<A, S> {
    service: Rc<S>,
    source: Arc<A>,
}

impl<A, S, B> Service<ServiceRequest> for ActorService<A, S>
where
    A: ActorSource<HttpRequest>,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = Later<Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (service, source) = (Rc::clone(&self.service), Arc::clone(&self.source));
        Box::pin(async move {
            // The answer is dropped before the routes are looked at: a clone of the request in it would
            // keep actix-web from noting there which one matched.
            let known = source.actor(request.request()).await;
            let ask_again = name_before(known, source.sees_logins());
            let response = service.call(request).await?;
            if ask_again {
                name_after(source.actor(response.request()).await);
            }
            Ok(response)
        })
    }
}

impl<T, F> ActorSource<HttpRequest> for ClaimsActor<T, F>
where
    T: 'static,
    F: Fn(&T) -> Option<Actor> + 'static,
{
    type Answer = Ready<Option<Actor>>;

    fn actor(&self, request: &HttpRequest) -> Self::Answer {
        ready(request.extensions().get().and_then(|claims| self.of(claims)))
    }
}

impl<L, F> ActorSource<HttpRequest> for ApiKeyActor<L>
where
    L: Fn(Sensitive<String>) -> F + 'static,
    F: Future<Output = Option<(String, Actor)>> + 'static,
{
    type Answer = Later<Option<Actor>>;

    fn actor(&self, request: &HttpRequest) -> Self::Answer {
        let values = request.headers().get_all(self.header_name());
        let owner = self.key(values.map(|value| value.as_bytes())).map(|key| self.owner(key));
        Box::pin(async move { owner?.await })
    }
}

#[cfg(feature = "mtls")]
impl ActorSource<HttpRequest> for CertificateActor {
    type Answer = Ready<Option<Actor>>;

    fn actor(&self, request: &HttpRequest) -> Self::Answer {
        ready(request.conn_data().map(PeerCertificate::actor))
    }
}
