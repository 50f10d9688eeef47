//! The outcome of what actix-web's handlers return: the status of a response or of an error.

use std::borrow::Cow;

use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, BytesMut, Form, Html, Json, Redirect};
use actix_web::{
    CustomizeResponder, Either, HttpResponse, HttpResponseBuilder, Responder, ResponseError,
};

use super::{Classified, Returned, Verdict};
use audit_redact::Disclosed;

/// What can be said of one of actix-web's responders before a response is made of it.
pub trait Answer {
    /// How the call ended that returned it.
    fn judged(&self) -> Verdict;
}

impl<B> Answer for HttpResponse<B> {
    fn judged(&self) -> Verdict {
        Verdict::of_status(self.status().as_u16())
    }
}

/// What a function between the requests and their handlers passes on.
impl<B> Answer for ServiceResponse<B> {
    fn judged(&self) -> Verdict {
        Verdict::of_status(self.status().as_u16())
    }
}

impl<R> Answer for (R, StatusCode) {
    fn judged(&self) -> Verdict {
        Verdict::of_status(self.1.as_u16())
    }
}

impl Answer for HttpResponseBuilder {
    fn judged(&self) -> Verdict {
        Verdict::left_to_the_response()
    }
}

impl<R> Answer for CustomizeResponder<R> {
    fn judged(&self) -> Verdict {
        Verdict::left_to_the_response()
    }
}

impl<R: Answer> Answer for Option<R> {
    fn judged(&self) -> Verdict {
        match self {
            Some(answer) => answer.judged(),
            // As a response it is a 404; as a step's value it may be what was hoped for.
            None => Verdict::left_to_the_response(),
        }
    }
}

impl<L: Answer, R: Answer> Answer for Either<L, R> {
    fn judged(&self) -> Verdict {
        match self {
            Self::Left(left) => left.judged(),
            Self::Right(right) => right.judged(),
        }
    }
}

impl<T> Answer for Json<T> {
    fn judged(&self) -> Verdict {
        Verdict::assumed()
    }
}

impl<T> Answer for Form<T> {
    fn judged(&self) -> Verdict {
        Verdict::assumed()
    }
}

impl<R: Answer> Answer for Disclosed<R> {
    fn judged(&self) -> Verdict {
        self.0.judged()
    }
}

/// Values that are responses only by the way, and then good ones; more often a step's result.
macro_rules! plain {
    ($($value:ty),* $(,)?) => {
        $(impl Answer for $value {
            fn judged(&self) -> Verdict {
                Verdict::assumed()
            }
        })*
    };
}

plain! {
    String, &String, &str, Cow<'_, str>, Vec<u8>, &[u8], Bytes, BytesMut, Html, Redirect,
}

// A known responder, or actix-web's own error.
impl<T: Answer> Classified for &&&&&&&&&&&Returned<'_, Result<T, actix_web::Error>> {
    fn verdict(&self) -> Verdict {
        match self.0 {
            Ok(answer) => answer.judged(),
            Err(error) => of_actix_error(error),
        }
    }
}

// A known responder, or an error that makes a response.
impl<T: Answer, E: ResponseError> Classified for &&&&&&&&&&Returned<'_, Result<T, E>> {
    fn verdict(&self) -> Verdict {
        match self.0 {
            Ok(answer) => answer.judged(),
            Err(error) => of_response_error(error),
        }
    }
}

// Any other responder, or actix-web's own error.
impl<T: Responder> Classified for &&&&&&&&&Returned<'_, Result<T, actix_web::Error>> {
    fn verdict(&self) -> Verdict {
        match self.0 {
            Ok(_) => Verdict::left_to_the_response(),
            Err(error) => of_actix_error(error),
        }
    }
}

// Any other responder, or an error that makes a response.
impl<T: Responder, E: ResponseError> Classified for &&&&&&&&Returned<'_, Result<T, E>> {
    fn verdict(&self) -> Verdict {
        match self.0 {
            Ok(_) => Verdict::left_to_the_response(),
            Err(error) => of_response_error(error),
        }
    }
}

// Anything, or actix-web's own error.
impl<T> Classified for &&&&&&&Returned<'_, Result<T, actix_web::Error>> {
    fn verdict(&self) -> Verdict {
        match self.0 {
            Ok(_) => Verdict::assumed(),
            Err(error) => of_actix_error(error),
        }
    }
}

// Anything, or an error that makes a response.
impl<T, E: ResponseError> Classified for &&&&&&Returned<'_, Result<T, E>> {
    fn verdict(&self) -> Verdict {
        match self.0 {
            Ok(_) => Verdict::assumed(),
            Err(error) => of_response_error(error),
        }
    }
}

// A known responder.
impl<T: Answer> Classified for &&&&&Returned<'_, T> {
    fn verdict(&self) -> Verdict {
        self.0.judged()
    }
}

// Any other responder: what it will answer is its own affair.
impl<T: Responder> Classified for &&&&Returned<'_, T> {
    fn verdict(&self) -> Verdict {
        Verdict::left_to_the_response()
    }
}

fn of_actix_error(error: &actix_web::Error) -> Verdict {
    let status = error.as_response_error().status_code();
    Verdict::of_error::<actix_web::Error>(status.as_u16())
}

fn of_response_error<E: ResponseError>(error: &E) -> Verdict {
    Verdict::of_error::<E>(error.status_code().as_u16())
}

#[cfg(test)]
#[allow(clippy::needless_borrow, reason = "the references choose the rule, as in macro output")]
mod tests {
    use super::*;
    use crate::event::Outcome;

    #[derive(Debug)]
    struct Forbidden;

    impl std::fmt::Display for Forbidden {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("secret text")
        }
    }

    impl ResponseError for Forbidden {
        fn status_code(&self) -> StatusCode {
            StatusCode::FORBIDDEN
        }
    }

    macro_rules! verdict {
        ($output:expr) => {
            (&&&&&&&&&&&&&&&&Returned(&$output)).verdict()
        };
    }

    #[test]
    fn responses_and_errors_tell_their_status() {
        type Alias<T> = Result<T, actix_web::Error>;
        let denied: Alias<HttpResponse> = Err(actix_web::error::ErrorForbidden("no"));
        let broken: Alias<HttpResponse> = Ok(HttpResponse::BadGateway().finish());
        let own: Result<HttpResponse, Forbidden> = Err(Forbidden);
        let text: Alias<String> = Err(actix_web::error::ErrorNotFound("no"));
        let own_text: Result<&str, Forbidden> = Err(Forbidden);
        let either: Either<HttpResponse, HttpResponse> =
            Either::Right(HttpResponse::Unauthorized().finish());
        assert_eq!(verdict!(denied).outcome, Outcome::Denied);
        assert_eq!(verdict!(broken).outcome, Outcome::Error);
        assert_eq!(verdict!(own).outcome, Outcome::Denied);
        assert_eq!(verdict!(text).outcome, Outcome::Failure);
        assert_eq!(verdict!(own_text).outcome, Outcome::Denied);
        assert_eq!(verdict!(either).outcome, Outcome::Failure);
        assert!(verdict!(own).error_type.unwrap().ends_with("Forbidden"));
    }

    /// A responder that the library has never heard of.
    struct Page;

    impl Responder for Page {
        type Body = actix_web::body::BoxBody;

        fn respond_to(self, _: &actix_web::HttpRequest) -> HttpResponse {
            HttpResponse::ImATeapot().finish()
        }
    }

    #[test]
    fn responders_without_a_readable_status_are_left_to_the_response() {
        type Actix<T> = Result<T, actix_web::Error>;
        let page: Actix<Page> = Ok(Page);
        let own_page: Result<Page, Forbidden> = Ok(Page);
        let nothing: Option<HttpResponse> = None;
        let mixed: Either<HttpResponse, HttpResponseBuilder> =
            Either::Right(HttpResponse::ImATeapot());
        let foreign: Either<HttpResponse, Page> = Either::Right(Page);
        for verdict in [
            verdict!(HttpResponse::ImATeapot()),
            verdict!("fine".customize()),
            verdict!(Page),
            verdict!(Some(Page)),
            verdict!(page),
            verdict!(own_page),
            verdict!(nothing),
            verdict!(mixed),
            verdict!(foreign),
            verdict!(Disclosed(Page)),
            verdict!(Disclosed(Err::<&str, _>(Forbidden))),
        ] {
            assert!(verdict.is_left_to_the_response());
        }
    }

    #[test]
    fn responders_with_a_readable_status_are_not_left_to_the_response() {
        let tuple = ("gone", StatusCode::GONE);
        let response = Some(HttpResponse::Gone().finish());
        let mixed: Either<Json<u8>, HttpResponse> = Either::Right(HttpResponse::Gone().finish());
        let disclosed = Disclosed((Json(5), StatusCode::GONE));
        for verdict in [verdict!(tuple), verdict!(response), verdict!(mixed), verdict!(disclosed)] {
            assert_eq!(verdict, Verdict::of(Outcome::Failure));
        }
    }

    #[test]
    fn plain_values_end_as_they_are_returned() {
        let text: Result<String, actix_web::Error> = Ok("fine".into());
        let unit: Result<(), Forbidden> = Ok(());
        let plain: Result<String, String> = Ok("fine".into());
        for verdict in [
            verdict!(()),
            verdict!("fine"),
            verdict!(String::new()),
            verdict!(Json(5)),
            verdict!(Disclosed(Json(5))),
            verdict!(Some("fine")),
            verdict!(Some(5)),
            verdict!(None::<u8>),
            verdict!(text),
            verdict!(unit),
            verdict!(plain),
        ] {
            assert_eq!(verdict.outcome, Outcome::Success);
            assert!(!verdict.is_left_to_the_response());
        }
    }

    #[test]
    fn a_signature_that_says_responder_leaves_to_the_response_what_the_value_does_not_tell() {
        assert!(verdict!(Json(5)).or_response().is_left_to_the_response());
        let told = HttpResponse::Gone().finish();
        assert!(!verdict!(told).or_response().is_left_to_the_response());
    }
}
