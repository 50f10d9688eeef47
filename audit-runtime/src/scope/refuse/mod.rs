//! How a function says that its action was refused because it could not be recorded.

#[cfg(feature = "actix")]
mod actix;
#[cfg(feature = "axum")]
mod axum;

use crate::recorder::Unrecorded;

/// What the client of a refused action reads.
#[cfg(any(feature = "actix", feature = "axum"))]
const REFUSED: &str = "the action was refused because it cannot be recorded";

/// A return type that can say "refused".
///
/// `Result` can when its error can be made from [`Unrecorded`], and so can actix-web's
/// `HttpResponse` and axum's `Response`, as 503.
#[diagnostic::on_unimplemented(
    message = "an action that must be recorded cannot be refused through `{Self}`",
    label = "this return type has no room for \"refused, because it could not be recorded\"",
    note = "return a `Result` whose error implements `From<audit_runtime::Unrecorded>`; in actix-web \
            also `HttpResponse`, `impl Responder` or `actix_web::Result<T>`, in axum also `Response`, \
            `impl IntoResponse`, or an error `StatusCode` or `(StatusCode, String)`",
    note = "or write `on_unrecorded = fail_open` in `#[audited(...)]`: the action then proceeds \
            without a record, is counted, and the health tells of it"
)]
pub trait Refuse {
    /// The value that stands for the refusal.
    fn refuse(unrecorded: Unrecorded) -> Self;
}

// Where a way to refuse is missing, the notes above say more than the bounds and names of impls.
#[diagnostic::do_not_recommend]
impl<T, E: From<Unrecorded>> Refuse for Result<T, E> {
    fn refuse(unrecorded: Unrecorded) -> Self {
        Err(unrecorded.into())
    }
}

/// What a handler that returns `impl Responder` or `impl IntoResponse` returns once it can be refused.
pub enum Refusable<R> {
    /// The action was refused.
    Refused(Unrecorded),
    /// The body ran.
    Ran(R),
}
