//! Middleware for tower's services, axum's among them.

mod answer;
mod body;
#[cfg(feature = "axum")]
mod extensions;
#[cfg(not(feature = "axum"))]
#[path = "extensions_plain.rs"]
mod extensions;
mod head;

use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::exchange::{Exchange, IsRecorded};
use super::settings::AuditMiddleware;
use answer::Answer;
use body::AuditBody;
use head::RequestHead;

/// [`AuditMiddleware`] under the name that tower has for it.
pub type AuditLayer = AuditMiddleware;

/// The route that a request matched, as its template: `/users/{id}`.
///
/// Routers other than axum's put it into the request's extensions before the layer is called, or into
/// the response's: without it the record has only a keyed hash of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTemplate(pub Arc<str>);

impl<S> Layer<S> for AuditMiddleware {
    type Service = AuditService<S>;

    fn layer(&self, service: S) -> Self::Service {
        AuditService { service, settings: Arc::new(self.clone()) }
    }
}

/// A service with each of its requests recorded.
#[derive(Clone)]
pub struct AuditService<S> {
    service: S,
    // Shared, as axum clones the service for each request.
    settings: Arc<AuditMiddleware>,
}

impl<S, I, O> Service<Request<I>> for AuditService<S>
where
    S: Service<Request<I>, Response = Response<O>>,
    O: Body,
{
    type Response = Response<AuditBody<O>>;
    type Error = S::Error;
    type Future = Answer<S::Future>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<I>) -> Self::Future {
        if request.extensions_mut().insert(IsRecorded).is_some() {
            return Answer::unrecorded(self.service.call(request));
        }
        let head = RequestHead(&request);
        let mut access = Exchange::begin(&self.settings, &head);
        if access.refusal().is_some() {
            return Answer::refused(access);
        }
        let method = request.method().clone();
        // Other middleware runs, and may panic, in here already.
        let future = access.run(|| self.service.call(request));
        Answer::new(future, access, method)
    }
}
