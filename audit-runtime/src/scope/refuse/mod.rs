//! How a function says that its action was refused because it could not be recorded.

#[cfg(feature = "actix")]
mod actix;
#[cfg(feature = "axum")]
mod axum;

use std::marker::PhantomData;

use crate::recorder::Unrecorded;

/// What the client of a refused action reads.
#[cfg(any(feature = "actix", feature = "axum"))]
const REFUSED: &str = "the action was refused because it cannot be recorded";

/// A return type that can say "refused".
///
/// `Result` can when its error can be made from [`Unrecorded`], and so can actix-web's
/// `HttpResponse` and axum's `Response`, as 503. Where the error of a `Result` cannot, its value may: macros
/// ask by [`Refusing`], which finds out.
pub trait Refuse {
    /// The value that stands for the refusal.
    fn refuse(unrecorded: Unrecorded) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E: From<Unrecorded>> Refuse for Result<T, E> {
    fn refuse(unrecorded: Unrecorded) -> Self {
        Err(unrecorded.into())
    }
}

/// A return type of which it is not known yet how it says "refused".
///
/// The macros write `<R as RefuseBy<_>>::refuse_by((&&&Refusing::<R>::NEW).way(), unrecorded)`. Method lookup
/// takes the first of the ways below whose bounds the type meets: as the type says it itself, which for a
/// `Result` is by its error; else, where its value can, by that, as a response with a 503.
pub struct Refusing<R>(PhantomData<fn() -> R>);

impl<R> Refusing<R> {
    /// The question.
    pub const NEW: Self = Self(PhantomData);
}

/// The way in which a type says "refused", on each level of references another.
pub trait Way {
    /// The way.
    type Way: Default;

    /// The way.
    fn way(&self) -> Self::Way {
        Self::Way::default()
    }
}

/// As the type says it itself.
#[derive(Default)]
pub struct ByItself;
/// By the value of a `Result`.
#[derive(Default)]
pub struct ByValue;

impl<R: Refuse> Way for &&Refusing<R> {
    type Way = ByItself;
}

impl<T: Refuse, E> Way for &Refusing<Result<T, E>> {
    type Way = ByValue;
}

// It cannot, and the compiler says so once it is asked to.
impl<R> Way for Refusing<R> {
    type Way = ByItself;
}

/// A return type that can say "refused" in this way.
#[diagnostic::on_unimplemented(
    message = "an action that must be recorded cannot be refused through `{Self}`",
    label = "this return type has no room for \"refused, because it could not be recorded\"",
    note = "return a `Result` whose error implements `From<audit_runtime::Unrecorded>`; in actix-web \
            also `HttpResponse`, `impl Responder`, `actix_web::Result<T>` or `Result<HttpResponse, E>`, in axum \
            also `Response`, `impl IntoResponse`, `Result<Response, E>`, or an error `StatusCode` or \
            `(StatusCode, String)`",
    note = "or write `on_unrecorded = fail_open` in `#[audited(...)]`: the action then proceeds \
            without a record, is counted, and the health tells of it"
)]
pub trait RefuseBy<W> {
    /// The value that stands for the refusal.
    fn refuse_by(way: W, unrecorded: Unrecorded) -> Self;
}

// Where a way to refuse is missing, the notes above say more than the bounds and names of impls.
#[diagnostic::do_not_recommend]
impl<R: Refuse> RefuseBy<ByItself> for R {
    fn refuse_by(_: ByItself, unrecorded: Unrecorded) -> Self {
        R::refuse(unrecorded)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Refuse, E> RefuseBy<ByValue> for Result<T, E> {
    fn refuse_by(_: ByValue, unrecorded: Unrecorded) -> Self {
        Ok(T::refuse(unrecorded))
    }
}

/// What a handler that returns `impl Responder` or `impl IntoResponse` returns once it can be refused.
pub enum Refusable<R> {
    /// The action was refused.
    Refused(Unrecorded),
    /// The body ran.
    Ran(R),
}
