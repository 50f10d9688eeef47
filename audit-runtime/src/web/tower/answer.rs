//! The answer to a request: the service's future, run in its context, with its end recorded.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;

use super::RouteTemplate;
use super::body::AuditBody;
use crate::event::Outcome;
use crate::scope::Verdict;
use crate::web::exchange::{Exchange, Receipts};

pin_project! {
    /// The future of a recorded response.
    ///
    /// Fields are dropped in order: what runs inside ends, and is recorded, before the request.
    pub struct Answer<F: Future> {
        // `None` where the request does not reach the service.
        #[pin]
        future: Option<F>,
        answered: Option<(F::Output, Receipts)>,
        access: Option<Exchange>,
        method: Method,
    }
}

impl<F: Future> Answer<F> {
    /// The answer of `future` to a request of this method.
    pub(super) fn new(future: F, access: Exchange, method: Method) -> Self {
        Self { future: Some(future), answered: None, access: Some(access), method }
    }

    /// The answer to a request that does not reach the service.
    pub(super) fn refused(access: Exchange) -> Self {
        Self { future: None, answered: None, access: Some(access), method: Method::default() }
    }

    /// The answer of `future` to a request that somebody else records.
    pub(super) fn unrecorded(future: F) -> Self {
        Self { future: Some(future), answered: None, access: None, method: Method::default() }
    }
}

impl<F, B, E> Future for Answer<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<AuditBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(access) = this.access else {
            let Some(future) = this.future.as_pin_mut() else { return Poll::Pending };
            let answer = ready!(future.poll(task));
            return Poll::Ready(answer.map(|response| response.map(AuditBody::unrecorded)));
        };
        let Some(future) = this.future.as_pin_mut() else {
            return Poll::Ready(Ok(refusal(access)));
        };
        let (answer, mut receipts) = match this.answered.take() {
            Some(answered) => answered,
            None => {
                let answer = ready!(access.run(|| future.poll(task)));
                let receipts = take_note(&answer, access);
                (answer, receipts)
            }
        };
        if receipts.poll(task).is_pending() {
            *this.answered = Some((answer, receipts));
            return Poll::Pending;
        }
        if receipts.unrecorded().is_some() && answer.is_ok() {
            return Poll::Ready(Ok(refusal(access)));
        }
        Poll::Ready(match answer {
            Ok(mut response) => {
                echo(&mut response, access.correlation());
                Ok(AuditBody::wrap(response, this.access.take(), this.method.as_str()))
            }
            Err(error) => {
                access.end();
                Err(error)
            }
        })
    }
}

/// Ends the actions that left their outcome to the answer.
fn take_note<B, E>(answer: &Result<Response<B>, E>, access: &mut Exchange) -> Receipts {
    match answer {
        Ok(response) => {
            let template = response.extensions().get::<RouteTemplate>();
            let template = template.map(|RouteTemplate(template)| template.to_string());
            access.answered(response.status().as_u16(), template)
        }
        Err(_) => access.unanswered(Verdict::of(Outcome::Error)),
    }
}

/// What is sent in place of an answer: nothing but that the service cannot act now.
fn refusal<B>(access: &Exchange) -> Response<AuditBody<B>> {
    let mut response = Response::new(AuditBody::empty());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    echo(&mut response, access.correlation());
    response
}

fn echo<B>(response: &mut Response<B>, (name, id): (&str, &str)) {
    if let (Ok(name), Ok(id)) = (HeaderName::try_from(name), HeaderValue::try_from(id)) {
        response.headers_mut().insert(name, id);
    }
}
