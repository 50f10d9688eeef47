//! How a returned value tells the outcome of its call, decided by its type, not by its tokens.
//!
//! The macros write `(&&&&&&&&&&&&&&&&Returned(&output)).verdict_in(&mut scope)`. Method lookup takes the
//! first implementation, from the most references to none, whose bounds the type meets, so that
//! aliases, generics and foreign types are classified without an annotation. All are of one trait,
//! since the lookup tries every trait at every level. With no references to four stand what any value
//! tells and what one of axum's or actix-web's responses does; with six to eleven the results of
//! actix-web's handlers, and with twelve to fifteen those of axum's.

#[cfg(feature = "actix")]
mod actix;
#[cfg(feature = "axum")]
mod axum;
mod classifier;

use std::any::type_name;

use super::Scope;
use crate::context::Told;
use crate::event::Outcome;

#[cfg(feature = "actix")]
pub use actix::Answer;
#[cfg(feature = "axum")]
pub use axum::Known;

/// How a call ended, as far as its returned value tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub(crate) outcome: Outcome,
    pub(crate) error_type: Option<&'static str>,
    basis: Basis,
}

/// What a verdict rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Basis {
    /// The value told it.
    Told,
    /// The value tells nothing, and so no failure.
    Assumed,
    /// Nothing yet: the response that is made of the value will tell.
    Response,
}

impl Verdict {
    /// The outcome is known.
    pub(crate) const fn of(outcome: Outcome) -> Self {
        Self { outcome, error_type: None, basis: Basis::Told }
    }

    /// It broke, with an error of this type, whose text is never recorded.
    pub(super) fn of_broken<E>() -> Self {
        Self { error_type: Some(type_name::<E>()), ..Self::of(Outcome::Error) }
    }

    /// The outcome that a response's status tells.
    #[cfg_attr(not(any(feature = "actix", feature = "tower")), allow(dead_code))]
    pub(crate) const fn of_status(status: u16) -> Self {
        Self::of(outcome_of_status(status))
    }

    /// An error whose status is known; its type is recorded, never its text.
    #[cfg(feature = "actix")]
    fn of_error<E>(status: u16) -> Self {
        Self { error_type: Some(type_name::<E>()), ..Self::of_status(status) }
    }

    /// The call returned, and its value tells no more.
    const fn assumed() -> Self {
        Self { basis: Basis::Assumed, ..Self::of(Outcome::Success) }
    }

    /// A success, unless the response that is made of the value tells otherwise.
    const fn left_to_the_response() -> Self {
        Self { basis: Basis::Response, ..Self::of(Outcome::Success) }
    }

    /// An error whose response is yet to be made; its type is recorded, never its text.
    #[cfg(feature = "axum")]
    fn error_left_to_the_response<E>() -> Self {
        let error_type = Some(type_name::<E>());
        Self { outcome: Outcome::Error, error_type, basis: Basis::Response }
    }

    /// Of a function that returns `impl Responder` or `impl IntoResponse`: what its value does not tell, the response will.
    #[must_use]
    pub const fn or_response(self) -> Self {
        match self.basis {
            Basis::Assumed => Self::left_to_the_response(),
            Basis::Told | Basis::Response => self,
        }
    }

    const fn is_left_to_the_response(&self) -> bool {
        matches!(self.basis, Basis::Response)
    }

    /// What is known now, before the response.
    pub(super) fn returned(&self) -> Told {
        let outcome = (!self.is_left_to_the_response()).then_some(self.outcome);
        Told { outcome, error_type: self.error_type }
    }
}

/// What a status says of the request: who was not allowed was denied, who sent what cannot be
/// served failed, and what the server could not do is an error.
pub(crate) const fn outcome_of_status(status: u16) -> Outcome {
    match status {
        0..400 => Outcome::Success,
        403 => Outcome::Denied,
        408 => Outcome::Timeout,
        400..500 => Outcome::Failure,
        504 => Outcome::Timeout,
        _ => Outcome::Error,
    }
}

/// A returned value, to be classified.
pub struct Returned<'a, T: ?Sized>(pub &'a T);

/// A returned value that tells how its call ended, on each level of references by another rule.
pub trait Classified {
    /// How the call ended.
    fn verdict(&self) -> Verdict;

    /// The verdict, which may run its author's code: a panic in there is a panic of the call.
    ///
    /// The closure stands here, since one in each audited function would cost the compiler more.
    fn verdict_in(&self, scope: &mut Scope) -> Verdict {
        scope.call(|| self.verdict())
    }
}

// `Result` with an error of any type.
impl<T, E> Classified for &Returned<'_, Result<T, E>> {
    fn verdict(&self) -> Verdict {
        match self.0 {
            Ok(_) => Verdict::assumed(),
            Err(_) => Verdict::of_broken::<E>(),
        }
    }
}

// Anything else.
impl<T: ?Sized> Classified for Returned<'_, T> {
    fn verdict(&self) -> Verdict {
        Verdict::assumed()
    }
}

#[cfg(test)]
#[allow(clippy::needless_borrow, reason = "the references choose the rule, as in macro output")]
mod tests {
    use super::*;

    #[test]
    fn statuses_fall_into_outcomes() {
        let cases = [
            (200, Outcome::Success),
            (303, Outcome::Success),
            (400, Outcome::Failure),
            (401, Outcome::Failure),
            (403, Outcome::Denied),
            (404, Outcome::Failure),
            (408, Outcome::Timeout),
            (500, Outcome::Error),
            (503, Outcome::Error),
            (504, Outcome::Timeout),
        ];
        for (status, outcome) in cases {
            assert_eq!(outcome_of_status(status), outcome, "{status}");
        }
    }

    #[test]
    fn any_error_type_is_classified_and_only_its_type_is_told() {
        struct Opaque;
        let result: Result<(), Opaque> = Err(Opaque);
        let verdict = (&&&&&&&&&&&&&&&&Returned(&result)).verdict();
        assert_eq!(verdict.outcome, Outcome::Error);
        assert!(verdict.error_type.unwrap().ends_with("Opaque"));
        let any = (&&&&&&&&&&&&&&&&Returned(&5)).verdict();
        assert_eq!(any.outcome, Outcome::Success);
        assert!(!any.is_left_to_the_response());
    }
}
