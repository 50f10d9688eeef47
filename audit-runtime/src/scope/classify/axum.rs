//! The outcome of what axum's handlers return: the status of a response or of an error.

use std::any::type_name;
use std::borrow::Cow;

use axum::body::Bytes;
use axum::http::{Response, StatusCode};
use axum::response::{Html, IntoResponse, Redirect};

use super::{Basis, Classified, Returned, Verdict};
use crate::event::Outcome;
use audit_redact::Disclosed;

/// What can be said of one of axum's responses before a response is made of it.
pub trait Known {
    /// How the call ended that returned it.
    fn judged(&self) -> Verdict;
}

impl<B> Known for Response<B> {
    fn judged(&self) -> Verdict {
        Verdict::of_status(self.status().as_u16())
    }
}

impl Known for StatusCode {
    fn judged(&self) -> Verdict {
        Verdict::of_status(self.as_u16())
    }
}

impl<A> Known for (StatusCode, A) {
    fn judged(&self) -> Verdict {
        self.0.judged()
    }
}

impl<A, B> Known for (StatusCode, A, B) {
    fn judged(&self) -> Verdict {
        self.0.judged()
    }
}

impl<R: Known> Known for Disclosed<R> {
    fn judged(&self) -> Verdict {
        self.0.judged()
    }
}

/// Values that are responses only by the way, and then good ones; more often a step's result.
macro_rules! plain {
    ($($value:ty),* $(,)?) => {
        $(impl Known for $value {
            fn judged(&self) -> Verdict {
                Verdict::assumed()
            }
        })*
    };
}

plain! {
    (), String, &str, Cow<'_, str>, Vec<u8>, &[u8], Bytes, Box<str>, Html<String>, Html<&str>, Redirect,
}

// Known responses on both sides.
impl<T: Known, E: Known> Classified for &&&&&&&&&&&&&&&Returned<'_, Result<T, E>> {
    fn verdict(&self) -> Verdict {
        match self.0 {
            Ok(answer) => answer.judged(),
            Err(error) => of_known_error(error),
        }
    }
}

// An error that is a known response, and any other response.
impl<T, E: Known> Classified for &&&&&&&&&&&&&&Returned<'_, Result<T, E>>
where
    Result<T, E>: IntoResponse,
{
    fn verdict(&self) -> Verdict {
        match self.0 {
            Ok(_) => Verdict::left_to_the_response(),
            Err(error) => of_known_error(error),
        }
    }
}

// A known response, and an error that makes one. Nothing is asked of the whole result: that it makes
// a response would demand of a borrowed text that it lives forever.
impl<T: Known, E: IntoResponse> Classified for &&&&&&&&&&&&&Returned<'_, Result<T, E>> {
    fn verdict(&self) -> Verdict {
        match self.0 {
            Ok(answer) => answer.judged(),
            Err(_) => Verdict::error_left_to_the_response::<E>(),
        }
    }
}

// Anything that makes a response.
impl<T, E> Classified for &&&&&&&&&&&&Returned<'_, Result<T, E>>
where
    Result<T, E>: IntoResponse,
{
    fn verdict(&self) -> Verdict {
        match self.0 {
            Ok(_) => Verdict::left_to_the_response(),
            Err(_) => Verdict::error_left_to_the_response::<E>(),
        }
    }
}

// A known response.
impl<T: Known> Classified for &&&Returned<'_, T> {
    fn verdict(&self) -> Verdict {
        self.0.judged()
    }
}

// Any other response: what it will say is its own affair.
impl<T: IntoResponse> Classified for &&Returned<'_, T> {
    fn verdict(&self) -> Verdict {
        Verdict::left_to_the_response()
    }
}

/// A text says no status, and as an error it is none that the client was told of.
fn of_known_error<E: Known>(error: &E) -> Verdict {
    let verdict = match error.judged() {
        told if told.basis == Basis::Told => told,
        _ => Verdict::of(Outcome::Error),
    };
    Verdict { error_type: Some(type_name::<E>()), ..verdict }
}

#[cfg(test)]
#[allow(clippy::needless_borrow, reason = "the references choose the rule, as in macro output")]
mod tests {
    use super::*;

    macro_rules! verdict {
        ($output:expr) => {
            (&&&&&&&&&&&&&&&&Returned(&$output)).verdict()
        };
    }

    /// A response, or an error that makes one, of which the library has never heard.
    #[derive(Debug)]
    struct Teapot;

    impl IntoResponse for Teapot {
        fn into_response(self) -> axum::response::Response {
            StatusCode::IM_A_TEAPOT.into_response()
        }
    }

    #[test]
    fn statuses_tell_the_outcome_wherever_they_stand() {
        type Written = Result<&'static str, (StatusCode, String)>;
        let denied: Written = Err((StatusCode::FORBIDDEN, "secret text".into()));
        let other: Result<Teapot, StatusCode> = Err(StatusCode::UNAUTHORIZED);
        let written: Result<(StatusCode, &str), Teapot> = Ok((StatusCode::CONFLICT, "there"));
        assert_eq!(verdict!(denied).outcome, Outcome::Denied);
        assert!(verdict!(denied).error_type.is_some_and(|name| name.contains("StatusCode")));
        assert_eq!(verdict!(other).outcome, Outcome::Failure);
        assert_eq!(verdict!(written).outcome, Outcome::Failure);
        assert_eq!(verdict!(StatusCode::GATEWAY_TIMEOUT).outcome, Outcome::Timeout);
        assert_eq!(verdict!((StatusCode::GONE, [("a", "b")], "gone")).outcome, Outcome::Failure);
        assert_eq!(verdict!(Disclosed(StatusCode::FORBIDDEN)).outcome, Outcome::Denied);
    }

    #[test]
    fn responses_without_a_readable_status_are_left_to_the_response() {
        let fine: Result<Teapot, Teapot> = Ok(Teapot);
        let broken: Result<Teapot, Teapot> = Err(Teapot);
        let alias: axum::response::Result<Teapot> = Err(Teapot.into());
        for verdict in [verdict!(Teapot), verdict!(fine), verdict!(broken), verdict!(alias)] {
            assert!(verdict.is_left_to_the_response(), "{verdict:?}");
        }
        assert_eq!(verdict!(broken).outcome, Outcome::Error);
        assert!(verdict!(broken).error_type.is_some());
    }

    #[test]
    fn a_borrowed_text_need_not_live_forever() {
        fn end(text: &str) -> Outcome {
            let borrowed: Result<&str, Teapot> = Ok(text);
            verdict!(borrowed).outcome
        }
        assert_eq!(end(&String::from("short")), Outcome::Success);
    }

    #[test]
    fn plain_values_end_as_they_are_returned() {
        let text: Result<String, Teapot> = Ok("fine".into());
        let unit: Result<(), Teapot> = Ok(());
        let number: Result<u64, Teapot> = Ok(5);
        for verdict in [verdict!(()), verdict!("fine"), verdict!(5), verdict!(text), verdict!(unit)]
        {
            assert_eq!((verdict.outcome, verdict.basis), (Outcome::Success, Basis::Assumed));
        }
        assert!(!verdict!(number).is_left_to_the_response());
        let failed: Result<String, String> = Err("no".into());
        assert_eq!(verdict!(failed).outcome, Outcome::Error);
    }
}
