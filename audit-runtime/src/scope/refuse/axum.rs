//! Refusals as axum's responses: 503 Service Unavailable.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{REFUSED, Refusable, Refuse};
use crate::recorder::Unrecorded;

#[diagnostic::do_not_recommend]
impl Refuse for Response {
    fn refuse(unrecorded: Unrecorded) -> Self {
        unrecorded.into_response()
    }
}

/// The response tells the client nothing of the journal but that the service cannot act now.
impl IntoResponse for Unrecorded {
    fn into_response(self) -> Response {
        (StatusCode::SERVICE_UNAVAILABLE, REFUSED).into_response()
    }
}

/// The status of a refusal.
impl From<Unrecorded> for StatusCode {
    fn from(_: Unrecorded) -> Self {
        Self::SERVICE_UNAVAILABLE
    }
}

/// The refusal as handlers write their errors by hand.
impl From<Unrecorded> for (StatusCode, String) {
    fn from(unrecorded: Unrecorded) -> Self {
        (unrecorded.into(), REFUSED.to_owned())
    }
}

/// The refusal as handlers write their errors by hand.
impl From<Unrecorded> for (StatusCode, &'static str) {
    fn from(unrecorded: Unrecorded) -> Self {
        (unrecorded.into(), REFUSED)
    }
}

impl<R: IntoResponse> IntoResponse for Refusable<R> {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(unrecorded) => unrecorded.into_response(),
            Self::Ran(response) => response.into_response(),
        }
    }
}
