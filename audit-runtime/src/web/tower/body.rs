//! A response's body that records the end of its request when it ends, or is dropped before.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf as _;
use http::Response;
use http::header::CONTENT_LENGTH;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::event::Outcome;
use crate::scope::Verdict;
use crate::web::exchange::{Exchange, may_have_body};

pin_project! {
    /// A body that knows whose end it is.
    pub struct AuditBody<B> {
        // `None` of a response in place of the service's.
        #[pin]
        body: Option<B>,
        // `None` if somebody else records the request.
        access: Option<Exchange>,
        // How many bytes the server still asks for, where the head of the response has told.
        left: Option<u64>,
    }
}

impl<B> AuditBody<B> {
    /// The body of a response in place of the service's.
    pub(super) fn empty() -> Self {
        Self { body: None, access: None, left: None }
    }
}

impl<B: Body> AuditBody<B> {
    /// The body of a request that somebody else records.
    pub(super) fn unrecorded(body: B) -> Self {
        Self { body: Some(body), access: None, left: None }
    }

    /// Lets the body of `response` end `access`; at once, if there is nothing to send.
    pub(super) fn wrap(
        response: Response<B>,
        mut access: Option<Exchange>,
        method: &str,
    ) -> Response<Self> {
        let mut left = None;
        if let Some(access) = &mut access {
            let has_ended;
            (left, has_ended) = access.run(|| (length(&response), response.body().is_end_stream()));
            let status = response.status().as_u16();
            if !may_have_body(method, status) || left == Some(0) || has_ended {
                access.end();
            }
        }
        response.map(|body| Self { body: Some(body), access, left })
    }
}

impl<B: Body> Body for AuditBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let Some(mut body) = this.body.as_pin_mut() else { return Poll::Ready(None) };
        let Some(access) = this.access else {
            return body.poll_frame(task);
        };
        let (frame, has_ended) = ready!(access.run(|| {
            let polled = body.as_mut().poll_frame(task);
            polled.map(|frame| (frame, body.is_end_stream()))
        }));
        match &frame {
            Some(Ok(frame)) => {
                let sent = frame.data_ref().map_or(0, |part| part.remaining() as u64);
                *this.left = this.left.map(|left| left.saturating_sub(sent));
                // Servers do not ask for an end that they know of.
                if *this.left == Some(0) || has_ended {
                    access.end();
                }
            }
            Some(Err(_)) => access.end_as(Verdict::of(Outcome::Error)),
            None => access.end(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

/// How long the body will be, as the server reads it.
fn length<B: Body>(response: &Response<B>) -> Option<u64> {
    let told = response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    told.and_then(|length| length.parse().ok()).or_else(|| response.body().size_hint().exact())
}
