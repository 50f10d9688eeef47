//! Actors of the requests of tower's services, axum's among them.

use std::future::{Ready, ready};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use audit_redact::Sensitive;
use http::Request;
use http::request::Parts;
use tower_layer::Layer;
use tower_service::Service;

#[cfg(feature = "mtls")]
use super::certificate::{CertificateActor, PeerCertificate};
use super::{ActorMiddleware, ActorSource, ApiKeyActor, ClaimsActor, name_after, name_before};
use crate::event::Actor;

/// [`ActorMiddleware`] under the name that tower has for it.
pub type ActorLayer<A> = ActorMiddleware<A>;

pub(super) type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<A, S> Layer<S> for ActorMiddleware<A> {
    type Service = ActorService<A, S>;

    fn layer(&self, service: S) -> Self::Service {
        ActorService { service, source: Arc::clone(&self.source) }
    }
}

/// A service with the actor of each request named.
pub struct ActorService<A, S> {
    service: S,
    source: Arc<A>,
}

impl<A, S: Clone> Clone for ActorService<A, S> {
    fn clone(&self) -> Self {
        Self { service: self.service.clone(), source: Arc::clone(&self.source) }
    }
}

impl<A, S, I> Service<Request<I>> for ActorService<A, S>
where
    A: ActorSource<Parts, Answer: Send> + Send + Sync,
    S: Service<Request<I>, Response: Send, Error: Send, Future: Send> + Clone + Send + 'static,
    I: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Later<Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(task)
    }

    fn call(&mut self, request: Request<I>) -> Self::Future {
        // The one that is ready is called, and its clone has to become so.
        let clone = self.service.clone();
        let mut service = mem::replace(&mut self.service, clone);
        let source = Arc::clone(&self.source);
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let asked = source.actor(&parts);
            let known = asked.await;
            let ask_again = name_before(known, source.sees_logins()).then(|| parts.clone());
            let response = service.call(Request::from_parts(parts, body)).await;
            if let Some(parts) = ask_again {
                let asked = source.actor(&parts);
                name_after(asked.await);
            }
            response
        })
    }
}

impl<T, F> ActorSource<Parts> for ClaimsActor<T, F>
where
    T: Send + Sync + 'static,
    F: Fn(&T) -> Option<Actor> + 'static,
{
    type Answer = Ready<Option<Actor>>;

    fn actor(&self, request: &Parts) -> Self::Answer {
        ready(request.extensions.get().and_then(|claims| self.of(claims)))
    }
}

impl<L, F> ActorSource<Parts> for ApiKeyActor<L>
where
    L: Fn(Sensitive<String>) -> F + 'static,
    F: Future<Output = Option<(String, Actor)>> + Send + 'static,
{
    type Answer = Later<Option<Actor>>;

    fn actor(&self, request: &Parts) -> Self::Answer {
        let values = request.headers.get_all(self.header_name());
        let owner =
            self.key(values.iter().map(|value| value.as_bytes())).map(|key| self.owner(key));
        Box::pin(async move { owner?.await })
    }
}

#[cfg(feature = "mtls")]
impl ActorSource<Parts> for CertificateActor {
    type Answer = Ready<Option<Actor>>;

    fn actor(&self, request: &Parts) -> Self::Answer {
        ready(request.extensions.get().map(PeerCertificate::actor))
    }
}
