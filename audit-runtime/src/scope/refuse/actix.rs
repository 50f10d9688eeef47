//! Refusals as actix-web responses: 503 Service Unavailable.

use actix_web::body::{BoxBody, EitherBody};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Form, Html, Json};
use actix_web::{Either, HttpRequest, HttpResponse, Responder, ResponseError};

use super::{REFUSED, Refusable, Refuse};
use crate::recorder::Unrecorded;

#[diagnostic::do_not_recommend]
impl Refuse for HttpResponse {
    fn refuse(unrecorded: Unrecorded) -> Self {
        unrecorded.error_response()
    }
}

#[diagnostic::do_not_recommend]
impl<L: Refuse, R> Refuse for Either<L, R> {
    fn refuse(unrecorded: Unrecorded) -> Self {
        Self::Left(L::refuse(unrecorded))
    }
}

/// Of what can say nothing else than how well it went, the other side says it.
macro_rules! refused_on_the_right {
    ($($left:ty $([$parameter:ident])?),* $(,)?) => {
        $(#[diagnostic::do_not_recommend]
        impl<$($parameter,)? R: Refuse> Refuse for Either<$left, R> {
            fn refuse(unrecorded: Unrecorded) -> Self {
                Self::Right(R::refuse(unrecorded))
            }
        })*
    };
}

refused_on_the_right! { Json<T> [T], Form<T> [T], String, &'static str, Bytes, Html }

/// An error with a response of its own says it as its cause does, with a 503.
impl<E: From<Unrecorded>> From<Unrecorded> for InternalError<E> {
    fn from(unrecorded: Unrecorded) -> Self {
        let response = unrecorded.error_response();
        Self::from_response(unrecorded.into(), response)
    }
}

/// The response tells the client nothing of the journal but that the service cannot act now.
impl ResponseError for Unrecorded {
    fn status_code(&self) -> StatusCode {
        StatusCode::SERVICE_UNAVAILABLE
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code())
            .content_type("text/plain; charset=utf-8")
            .body(REFUSED)
    }
}

impl<R: Responder> Responder for Refusable<R> {
    type Body = EitherBody<BoxBody, R::Body>;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse<Self::Body> {
        match self {
            Self::Refused(unrecorded) => unrecorded.error_response().map_into_left_body(),
            Self::Ran(responder) => responder.respond_to(request).map_into_right_body(),
        }
    }
}
