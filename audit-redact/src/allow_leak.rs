//! The exception to the probe: a value that may be shown, with the reason why.

/// Shows a value that is, or comes from, a field marked `#[sensitive]`, for a reason that is listed
/// with its place among the exceptions of the catalogue.
///
/// ```
/// use audit_runtime::{Redact, allow_leak, deny_leaks};
///
/// #[derive(Redact)]
/// struct Session {
///     #[sensitive]
///     token: String,
/// }
///
/// #[deny_leaks]
/// fn hand_over(session: &Session) {
///     println!("{}", allow_leak!(&session.token, "the caller asked for a token on standard output"));
/// }
/// # hand_over(&Session { token: String::new() });
/// ```
///
/// The value is passed through as it is: write `&value` where only a look at it is needed.
#[macro_export]
macro_rules! allow_leak {
    ($value:expr, "" $(,)?) => {
        ::core::compile_error!("the reason is empty: say why this value may be shown")
    };
    ($value:expr, $reason:literal $(,)?) => {
        match $value {
            __audit_value => {
                const _: () = ::core::assert!(
                    !$reason.trim_ascii().is_empty(),
                    "the reason is empty: say why this value may be shown"
                );
                $crate::__private::inventory::submit! {
                    $crate::__private::Exception {
                        kind: $crate::__private::ExceptionKind::AllowedLeak,
                        what: ::core::module_path!(),
                        reason: ::core::option::Option::Some($reason),
                        file: ::core::file!(),
                        line: ::core::line!(),
                    }
                }
                __audit_value
            }
        }
    };
    ($($other:tt)*) => {
        ::core::compile_error!("write `allow_leak!(value, \"why it may be shown\")`")
    };
}
