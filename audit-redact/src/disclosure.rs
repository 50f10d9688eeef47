//! The disclosure scope: the one stretch of code in which the wire form of a secret is the secret.

#[cfg(feature = "actix")]
mod actix;
#[cfg(feature = "axum")]
mod axum;

use std::cell::Cell;
use std::marker::PhantomData;

/// Calls `work` with leave to serialize secrets as they are, where their fields say so with
/// [`wire`](fn@crate::wire) or [`wire_plain`](crate::wire_plain).
///
/// It is the door for what must leave the service in clear, and easy to search for. Everywhere else
/// such fields are written as `[redacted]`, also into a cache, a queue or the request to another
/// service; so serialize in here what goes out, and nothing more:
///
/// ```
/// use audit_runtime::disclose;
///
/// #[derive(serde::Serialize)]
/// struct NewKey {
///     id: u64,
///     #[serde(serialize_with = "audit_runtime::wire_plain")]
///     api_key: String,
/// }
///
/// let key = NewKey { id: 7, api_key: "k-93f1".into() };
/// assert_eq!(serde_json::to_string(&key)?, r#"{"id":7,"api_key":"[redacted]"}"#);
/// let body = disclose(|| serde_json::to_string(&key))?;
/// assert_eq!(body, r#"{"id":7,"api_key":"k-93f1"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// The leave ends when `work` returns or panics. It is this thread's alone: other threads and tasks
/// that `work` starts have none, and a future or a stream that it returns runs without it. Since
/// `work` cannot wait for one, nothing else runs in the meantime, unless it blocks on an executor.
/// The log form of a value has no leave either, not even in here: what is
/// [redacted](crate::Redact::redacted) stays so.
pub fn disclose<R>(work: impl FnOnce() -> R) -> R {
    match scope() {
        // A log's writer may not give itself the leave that it was not given.
        Scope::Log => work(),
        Scope::Outside | Scope::Disclosure => within(Scope::Disclosure, work),
    }
}

/// A response whose secrets may reach the client: it is made inside [`disclose`].
///
/// As a responder of actix-web (feature `actix`) or a response of axum (feature `axum`) it answers as
/// the value inside does, `Json`, `Option`, `Result` and `(Json, StatusCode)` included, with the
/// fields written in clear that say [`wire`](fn@crate::wire). The handler's own code runs outside, so
/// what it logs stays redacted. Without it the client sees `[redacted]`.
///
/// A body is disclosed only as far as it is made at once. The items of a streaming body are
/// serialized later: serialize each in a [`disclose`] of its own.
/// [`HttpResponse::json`](https://docs.rs/actix-web/4/actix_web/struct.HttpResponseBuilder.html#method.json)
/// is too early instead, as it serializes where it is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "a response discloses nothing until the handler returns it"]
pub struct Disclosed<R>(pub R);

/// Where the running code is, as far as the wire form goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Outside,
    /// Inside [`disclose`].
    Disclosure,
    /// A log form is being written.
    Log,
}

thread_local! {
    static SCOPE: Cell<Scope> = const { Cell::new(Scope::Outside) };
}

/// Where the running code is; outside, where the thread is ending and its memory is gone.
#[inline]
pub(crate) fn scope() -> Scope {
    SCOPE.try_with(Cell::get).unwrap_or(Scope::Outside)
}

/// Calls `work`, which writes a log form, without leave to write secrets.
#[inline]
pub(crate) fn for_log<R>(work: impl FnOnce() -> R) -> R {
    match scope() {
        // The forms of parts are written inside those of their wholes.
        Scope::Log => work(),
        Scope::Outside | Scope::Disclosure => within(Scope::Log, work),
    }
}

fn within<R>(scope: Scope, work: impl FnOnce() -> R) -> R {
    let _outer = Outer(SCOPE.try_with(|own| own.replace(scope)).ok());
    work()
}

/// Puts the outer scope back, also when the inner one is left by a panic.
struct Outer(Option<Scope>);

impl Drop for Outer {
    fn drop(&mut self) {
        if let Some(outer) = self.0.take() {
            _ = SCOPE.try_with(|own| own.set(outer));
        }
    }
}

/// The leave to write clear values, which exists inside [`disclose`] only and cannot leave its thread.
#[derive(Clone, Copy, Debug)]
pub struct Leave<'a>(PhantomData<(&'a (), *const ())>);

impl Leave<'_> {
    /// The leave, where there is one.
    pub(crate) fn given() -> Option<Self> {
        (scope() == Scope::Disclosure).then_some(Self(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn scopes_nest_and_end() {
        assert_eq!(scope(), Scope::Outside);
        disclose(|| {
            disclose(|| assert_eq!(scope(), Scope::Disclosure));
            assert_eq!(scope(), Scope::Disclosure);
            for_log(|| {
                assert_eq!(scope(), Scope::Log);
                disclose(|| assert_eq!(scope(), Scope::Log));
            });
            assert_eq!(scope(), Scope::Disclosure);
        });
        assert_eq!(scope(), Scope::Outside);
    }

    #[test]
    fn a_panic_ends_its_own_scope_and_no_other() {
        disclose(|| {
            let inner = catch_unwind(|| for_log(|| std::panic::resume_unwind(Box::new(()))));
            assert!(inner.is_err());
            assert_eq!(scope(), Scope::Disclosure);
        });
        let outer = catch_unwind(|| disclose(|| std::panic::resume_unwind(Box::new(()))));
        assert!(outer.is_err());
        assert_eq!(scope(), Scope::Outside);
    }

    #[test]
    fn other_threads_have_no_leave() {
        let seen = disclose(|| std::thread::spawn(scope).join());
        assert_eq!(seen.ok(), Some(Scope::Outside));
        let seen = disclose(|| std::thread::scope(|all| all.spawn(scope).join()));
        assert_eq!(seen.ok(), Some(Scope::Outside));
    }

    struct Ending;

    impl Drop for Ending {
        fn drop(&mut self) {
            disclose(|| for_log(|| _ = scope()));
        }
    }

    thread_local! {
        static ENDING: Ending = const { Ending };
    }

    #[test]
    fn a_thread_whose_memory_is_going_can_still_ask() {
        // A panic in there would abort the process.
        assert!(std::thread::spawn(|| ENDING.with(|_| ())).join().is_ok());
    }
}
