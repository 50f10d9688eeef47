//! The answer to a request: the application's future, run in its context, with its end recorded.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{Error, HttpResponse, ResponseError};
use pin_project_lite::pin_project;

use super::body::AuditBody;
use crate::recorder::Unrecorded;
use crate::web::exchange::{Exchange, Receipts};

pin_project! {
    /// The future of a recorded response.
    ///
    /// Fields are dropped in order: what runs inside ends, and is recorded, before the request.
    pub struct Answer<F, B> {
        #[pin]
        future: Option<F>,
        answered: Option<Answered<B>>,
        access: Option<Exchange>,
        refusal: Option<Error>,
    }
}

/// The application's answer, held back until the actions that led to it are recorded.
struct Answered<B> {
    answer: Result<ServiceResponse<B>, Error>,
    receipts: Receipts,
}

impl<F, B> Answer<F, B> {
    /// The answer of `future`; without `access`, somebody else records it.
    pub(super) fn new(future: F, access: Option<Exchange>) -> Self {
        Self { future: Some(future), answered: None, access, refusal: None }
    }

    /// The answer to a request that does not reach the application.
    pub(super) fn refused(why: Unrecorded, access: &Exchange) -> Self {
        let refusal = Some(correlated(why.into(), correlation(access)));
        Self { future: None, answered: None, access: None, refusal }
    }
}

impl<F, B> Future for Answer<F, B>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<AuditBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(refusal) = this.refusal.take() {
            return Poll::Ready(Err(refusal));
        }
        let Some(future) = this.future.as_pin_mut() else { return Poll::Pending };
        let Some(access) = this.access else {
            let answer = ready!(future.poll(task));
            return Poll::Ready(answer.map(|response| AuditBody::wrap(response, None)));
        };
        let mut answered = match this.answered.take() {
            Some(answered) => answered,
            None => {
                let answer = ready!(access.run(|| future.poll(task)));
                Answered::new(answer, access)
            }
        };
        if answered.receipts.poll(task).is_pending() {
            *this.answered = Some(answered);
            return Poll::Pending;
        }
        if let Some(why) = answered.receipts.unrecorded() {
            return Poll::Ready(Err(correlated(why.into(), correlation(access))));
        }
        match answered.answer {
            Ok(mut response) => {
                if let Some((name, value)) = correlation(access) {
                    response.headers_mut().insert(name, value);
                }
                Poll::Ready(Ok(AuditBody::wrap(response, this.access.take())))
            }
            Err(error) => {
                access.end();
                Poll::Ready(Err(correlated(error, correlation(access))))
            }
        }
    }
}

impl<B> Answered<B> {
    fn new(answer: Result<ServiceResponse<B>, Error>, access: &mut Exchange) -> Self {
        let (status, template) = match &answer {
            // The router has matched by now, and knows better than a guess by path.
            Ok(response) => (response.status(), response.request().match_pattern()),
            Err(error) => {
                let status = access.run(|| error.as_response_error().status_code());
                (status, None)
            }
        };
        Self { answer, receipts: access.answered(status.as_u16(), template) }
    }
}

/// The header that echoes the correlation id.
fn correlation(access: &Exchange) -> Option<(HeaderName, HeaderValue)> {
    let (name, id) = access.correlation();
    Some((HeaderName::try_from(name).ok()?, HeaderValue::from_str(id).ok()?))
}

/// The error of other middleware, with the correlation header in the response that is made of it.
fn correlated(error: Error, header: Option<(HeaderName, HeaderValue)>) -> Error {
    match header {
        Some((name, value)) => Correlated { error, name, value }.into(),
        None => error,
    }
}

/// An error that answers as the one inside, and adds a header.
struct Correlated {
    error: Error,
    name: HeaderName,
    value: HeaderValue,
}

impl fmt::Debug for Correlated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.error, f)
    }
}

impl fmt::Display for Correlated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl ResponseError for Correlated {
    fn status_code(&self) -> StatusCode {
        self.error.as_response_error().status_code()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = self.error.error_response();
        let headers = response.headers_mut();
        headers.insert(self.name.clone(), self.value.clone());
        response
    }
}
