//! The same types in three forms: unprotected, with the derive, and with wrapped fields.

use std::fmt::Debug;

use audit_runtime::{Redact, Sensitive, wrap_sensitive};

use super::canary;

/// The types of one form, and values of them that hold the secrets.
pub(super) trait Form: 'static {
    /// Tells a process which form it is started for.
    const NAME: &'static str;

    /// One secret by itself.
    type Secret: Debug + Clone + PartialEq + 'static;
    type Login: Debug + Clone + PartialEq + 'static;
    type Account: Debug + 'static;
    type Method: Debug + 'static;
    type Envelope: Debug + 'static;
    type Failure: Debug + 'static;

    fn secret() -> Self::Secret;
    fn login() -> Self::Login;
    fn account() -> Self::Account;
    fn methods() -> [Self::Method; 2];
    fn envelope() -> Self::Envelope;
    fn failure() -> Self::Failure;

    /// Types with one secret of another kind.
    fn bytes() -> Box<dyn Debug>;
    fn borrowed() -> Box<dyn Debug>;
    fn number() -> Box<dyn Debug>;
    fn symbols() -> Box<dyn Debug>;
}

/// Writes the types of one form in a module: the type of a secret by itself, what stands above
/// a type without and with secret fields, on such a field and on one that anybody may see.
macro_rules! form {
    ($(#[$says:meta])* $name:ident in $module:ident, $kept:ty, [$($derive:tt)*], [$($above:tt)*], [$($secret:tt)*], [$($public:tt)*]) => {
        $(#[$says])*
        pub(super) struct $name;

        #[allow(dead_code, reason = "what is hidden is read by nobody")]
        pub(super) mod $module {
            use super::*;

            $($above)*
            #[derive(Clone, PartialEq)]
            pub(in super::super) struct Login {
                $($public)* pub(in super::super) user: String,
                $($secret)* pub(in super::super) password: String,
            }

            $($above)*
            pub(in super::super) struct Account {
                $($public)* pub(in super::super) user: String,
                $($secret)* pub(in super::super) recovery: Option<String>,
                $($secret)* pub(in super::super) tokens: Vec<String>,
            }

            $($above)*
            pub(in super::super) struct Bytes($($secret)* pub(in super::super) Vec<u8>, pub(in super::super) u32);

            $($above)*
            pub(in super::super) struct Borrowed<'a> {
                $($secret)* pub(in super::super) text: &'a str,
            }

            $($above)*
            pub(in super::super) struct Number {
                $($secret)* pub(in super::super) balance: u64,
            }

            $($above)*
            pub(in super::super) struct Symbols {
                $($secret)* pub(in super::super) phrase: String,
            }

            $($above)*
            pub(in super::super) enum Method {
                Token($($secret)* String),
                Basic { $($public)* user: String, $($secret)* password: String },
            }

            $($derive)*
            pub(in super::super) struct Envelope<T> {
                pub(in super::super) id: u32,
                pub(in super::super) body: T,
            }

            $($above)*
            pub(in super::super) enum Failure {
                Refused { $($public)* user: String, $($secret)* password: String },
            }
        }

        impl Form for $name {
            const NAME: &'static str = stringify!($module);

            type Secret = $kept;
            type Login = $module::Login;
            type Account = $module::Account;
            type Method = $module::Method;
            type Envelope = $module::Envelope<$module::Login>;
            type Failure = $module::Failure;

            fn secret() -> Self::Secret {
                text().into()
            }

            fn login() -> Self::Login {
                $module::Login { user: "ada".into(), password: text().into() }
            }

            fn account() -> Self::Account {
                $module::Account {
                    user: "ada".into(),
                    recovery: Some(text()).into(),
                    tokens: vec![text()].into(),
                }
            }

            fn methods() -> [Self::Method; 2] {
                let basic = $module::Method::Basic { user: "ada".into(), password: text().into() };
                [$module::Method::Token(text().into()), basic]
            }

            fn envelope() -> Self::Envelope {
                $module::Envelope { id: 1, body: Self::login() }
            }

            fn failure() -> Self::Failure {
                $module::Failure::Refused { user: "ada".into(), password: text().into() }
            }

            fn bytes() -> Box<dyn Debug> {
                Box::new($module::Bytes(text().into_bytes().into(), 1))
            }

            fn borrowed() -> Box<dyn Debug> {
                Box::new($module::Borrowed { text: canary::TEXT.into() })
            }

            fn number() -> Box<dyn Debug> {
                Box::new($module::Number { balance: canary::NUMBER.into() })
            }

            fn symbols() -> Box<dyn Debug> {
                Box::new($module::Symbols { phrase: canary::SYMBOLS.to_owned().into() })
            }
        }
    };
}

form! {
    /// Nothing is protected: what every row must show, so that its search is known to find.
    Bare in bare, String, [#[derive(Debug)]], [#[derive(Debug)]], [], []
}

form! {
    /// Plain fields, marked for the derive.
    Plain in plain, String, [#[derive(Redact)]], [#[derive(Redact)]], [#[sensitive]], [#[public]]
}

fn text() -> String {
    canary::TEXT.to_owned()
}

form! {
    /// Wrapped fields: the standard `Debug` is all that is derived.
    Wrapped in wrapped, Sensitive<String>,
    [#[derive(Debug)]], [#[wrap_sensitive] #[derive(Debug)]], [#[sensitive]], []
}
