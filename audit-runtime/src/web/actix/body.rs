//! A response's body that records the end of its request when it ends, or is dropped before.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::web::Bytes;
use pin_project_lite::pin_project;

use crate::event::Outcome;
use crate::scope::Verdict;
use crate::web::exchange::{Exchange, may_have_body};

pin_project! {
    /// A body that knows whose end it is.
    pub struct AuditBody<B> {
        #[pin]
        body: B,
        // `None` if somebody else records the request.
        access: Option<Exchange>,
    }
}

impl<B: MessageBody> AuditBody<B> {
    /// Lets the body of `response` end `access`; at once, if there is nothing to send.
    pub(super) fn wrap(
        response: ServiceResponse<B>,
        mut access: Option<Exchange>,
    ) -> ServiceResponse<Self> {
        if let Some(access) = &mut access
            && access.run(|| ends_with_its_head(&response))
        {
            access.end();
        }
        response.map_body(|_, body| Self { body, access })
    }
}

impl<B: MessageBody> MessageBody for AuditBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        let Some(access) = this.access else {
            return this.body.poll_next(task);
        };
        let part = ready!(access.run(|| this.body.poll_next(task)));
        match &part {
            Some(Ok(_)) => {}
            Some(Err(_)) => access.end_as(Verdict::of(Outcome::Error)),
            None => access.end(),
        }
        Poll::Ready(part)
    }
}

/// True for responses of which nothing is left to send.
fn ends_with_its_head<B: MessageBody>(response: &ServiceResponse<B>) -> bool {
    let method = response.request().method().as_str();
    response.response().body().size().is_eof() || !may_have_body(method, response.status().as_u16())
}
