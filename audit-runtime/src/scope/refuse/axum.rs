//! Refusals as axum's responses: 503 Service Unavailable.

use axum::Json;
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

#[diagnostic::do_not_recommend]
impl Refuse for StatusCode {
    fn refuse(unrecorded: Unrecorded) -> Self {
        unrecorded.into()
    }
}

#[diagnostic::do_not_recommend]
impl<T> Refuse for (StatusCode, T)
where
    Self: From<Unrecorded>,
{
    fn refuse(unrecorded: Unrecorded) -> Self {
        unrecorded.into()
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

/// The refusal where errors are answered as JSON: of the body's type, or as text in a `Value`.
impl<E: From<Unrecorded>> From<Unrecorded> for (StatusCode, Json<E>) {
    fn from(unrecorded: Unrecorded) -> Self {
        (unrecorded.clone().into(), Json(unrecorded.into()))
    }
}

/// `{"error": "…"}`, which tells the client nothing of the journal.
impl From<Unrecorded> for serde_json::Value {
    fn from(_: Unrecorded) -> Self {
        serde_json::json!({ "error": REFUSED })
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
