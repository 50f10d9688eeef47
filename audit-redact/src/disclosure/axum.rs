//! A disclosed response of axum.

use axum_core::response::{IntoResponse, Response};

use super::{Disclosed, disclose};

impl<R: IntoResponse> IntoResponse for Disclosed<R> {
    fn into_response(self) -> Response {
        disclose(|| self.0.into_response())
    }
}
