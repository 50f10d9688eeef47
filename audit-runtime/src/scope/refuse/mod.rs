//! How a function says that its action was refused because it could not be recorded.

#[cfg(feature = "actix")]
mod actix;

use crate::recorder::Unrecorded;

#[cfg(feature = "actix")]
pub use actix::Refusable;

/// A return type that can say "refused".
///
/// `Result` can when its error can be made from [`Unrecorded`], and so can actix-web's
/// `HttpResponse`, as 503.
#[diagnostic::on_unimplemented(
    message = "an action that must be recorded cannot be refused through `{Self}`",
    label = "this return type has no room for \"refused, because it could not be recorded\"",
    note = "return a `Result` whose error implements `From<audit_runtime::Unrecorded>`; in actix-web \
            also `HttpResponse`, `impl Responder` or `actix_web::Result<T>`",
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
