//! Middleware for actix-web 4.

mod answer;
mod body;
mod head;

use std::future::{Ready, ready};
use std::rc::Rc;

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::{Error, HttpMessage};

use super::exchange::{Exchange, IsRecorded};
use super::settings::AuditMiddleware;
use answer::Answer;
use body::AuditBody;

pub use head::note_peer;

impl<S, B> Transform<S, ServiceRequest> for AuditMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<AuditBody<B>>;
    type Error = Error;
    type Transform = AuditService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(AuditService { service, settings: Rc::new(self.clone()) }))
    }
}

/// The application's service, with each of its requests recorded.
pub struct AuditService<S> {
    service: S,
    settings: Rc<AuditMiddleware>,
}

impl<S, B> Service<ServiceRequest> for AuditService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<AuditBody<B>>;
    type Error = Error;
    type Future = Answer<S::Future, B>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        if request.extensions_mut().insert(IsRecorded).is_some() {
            return Answer::new(self.service.call(request), None);
        }
        let mut access = Exchange::begin(&self.settings, &request);
        if let Some(why) = access.refusal() {
            return Answer::refused(why, &access);
        }
        // Guards and the first parts of other middleware run, and may panic, in here already.
        let future = access.run(|| self.service.call(request));
        Answer::new(future, Some(access))
    }
}
