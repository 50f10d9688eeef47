//! Rows in which a secret field is shown by itself, converted, copied or compared.

use std::fmt::Debug;

use tracing::instrument;

use super::forms::{Bare, Form, Plain, Wrapped};
use super::masks;
use super::open as found;
use super::outputs::{logged, panicked, slogged, traced, traced_as_json};
use super::table::{Cell, Layer, Row, open, parts, refused, runs};

const WRAPPED_SHOWN: Cell = refused(Layer::Types, "wrapped/shown.rs");
const WRAPPED_DERIVES: Cell = refused(Layer::Types, "wrapped/derives.rs");
const WRAPPED_CONVERTED: Cell = refused(Layer::Types, "wrapped/converted.rs");
const PLAIN_SHOWN: Cell = refused(Layer::Probe, "plain/shown.rs");
const WRAPPED_CAUSED: Cell = refused(Layer::Types, "wrapped/caused.rs");
const PLAIN_DERIVES: Cell = refused(Layer::Derive, "plain/derives.rs");
const PLAIN_CONVERTED: Cell = refused(Layer::Probe, "plain/converted.rs");

/// A wrapped field that may be printed, because its `Debug` is redacted, and a plain one that the
/// probe refuses.
macro_rules! debug_row {
    ($id:literal, $path:literal, $code:literal, $run:ident) => {
        Row {
            id: $id,
            path: $path,
            code: $code,
            wrapped: runs(Layer::Types, $run::<Wrapped>, $run::<Bare>),
            plain: PLAIN_SHOWN,
        }
    };
}

/// A field that is refused in both forms.
macro_rules! refused_row {
    ($id:literal, $path:literal, $code:literal, $wrapped:ident, $plain:ident) => {
        Row { id: $id, path: $path, code: $code, wrapped: $wrapped, plain: $plain }
    };
}

pub(super) const SHOWN: &[Row] = &[
    refused_row!(
        "println",
        "printed",
        r#"println!("{}", login.password)"#,
        WRAPPED_SHOWN,
        PLAIN_SHOWN
    ),
    refused_row!(
        "inline-capture",
        "named inside the text",
        r#"println!("{password}")"#,
        WRAPPED_SHOWN,
        PLAIN_SHOWN
    ),
    refused_row!(
        "trace-format",
        "an argument of a log macro",
        r#"info!("{}", login.password)"#,
        WRAPPED_SHOWN,
        PLAIN_SHOWN
    ),
    refused_row!(
        "trace-display",
        "a field of a log macro, with `%`",
        "info!(%password)",
        WRAPPED_SHOWN,
        PLAIN_SHOWN
    ),
    refused_row!(
        "trace-value",
        "a field of a log macro, as it is",
        "info!(password = login.password)",
        WRAPPED_SHOWN,
        PLAIN_SHOWN
    ),
    refused_row!(
        "panic",
        "told by a panic",
        r#"panic!("{}", login.password)"#,
        WRAPPED_SHOWN,
        PLAIN_SHOWN
    ),
    refused_row!(
        "lower-hex",
        "a number in hexadecimal",
        r#"format!("{:x}", account.number)"#,
        WRAPPED_SHOWN,
        PLAIN_SHOWN
    ),
    refused_row!(
        "arithmetic",
        "a number that goes into a sum",
        r#"info!("{}", account.number + 1)"#,
        WRAPPED_SHOWN,
        PLAIN_SHOWN
    ),
    debug_row!(
        "field-debug",
        "printed with `Debug`",
        r#"format!("{:?}", login.password)"#,
        field_debug
    ),
    debug_row!(
        "trace-field-debug",
        "a field of a log macro, with `?`",
        "info!(?password)",
        trace_field_debug
    ),
    debug_row!(
        "assert-eq-field",
        "compared in a test or a check",
        "assert_eq!(login.password, other)",
        assert_eq_field
    ),
    debug_row!("bytes", "bytes, which are no text", r#"format!("{:?}", account.key)"#, bytes),
    debug_row!("borrowed", "a borrowed `&str`", r#"format!("{:?}", session.token)"#, borrowed),
    Row {
        id: "assert-eq-whole",
        path: "its whole compared in a test or a check",
        code: "assert_eq!(login, other)",
        wrapped: runs(Layer::Types, assert_eq_whole::<Wrapped>, assert_eq_whole::<Bare>),
        plain: runs(Layer::Derive, assert_eq_whole::<Plain>, assert_eq_whole::<Bare>),
    },
    Row {
        id: "number",
        path: "a number, in its whole",
        code: r#"format!("{account:?}")"#,
        wrapped: runs(Layer::Types, number::<Wrapped>, number::<Bare>),
        plain: runs(Layer::Derive, number::<Plain>, number::<Bare>),
    },
    Row {
        id: "symbols",
        path: "of nothing but symbols, which no pattern finds",
        code: r#"format!("{phrase:?}")"#,
        wrapped: runs(Layer::Types, symbols::<Wrapped>, symbols::<Bare>),
        plain: runs(Layer::Derive, symbols::<Plain>, symbols::<Bare>),
    },
    Row {
        id: "short-mask",
        path: "of four to six digits, under a mask that keeps four",
        code: "#[sensitive(mask(last = 4))] pin: String",
        wrapped: runs(Layer::Derive, masks::wrapped, masks::control),
        plain: runs(Layer::Derive, masks::plain, masks::control),
    },
    Row {
        id: "trace-secret-argument",
        path: "the argument of a span",
        code: "#[instrument] fn check(password: …)",
        wrapped: runs(
            Layer::Types,
            trace_secret_argument::<Wrapped>,
            trace_secret_argument::<Bare>,
        ),
        plain: open("the argument is a `&str`, and no longer the field", found::plain::argument),
    },
    Row {
        id: "trace-secret-returned",
        path: "what a function returns, recorded",
        code: "#[instrument(ret)] fn token() -> …",
        wrapped: runs(
            Layer::Types,
            trace_secret_returned::<Wrapped>,
            trace_secret_returned::<Bare>,
        ),
        plain: open("what is returned is a `String`, and no longer the field", found::returned),
    },
    Row {
        id: "trace-err",
        path: "the error of a function, recorded",
        code: "#[instrument(err)] fn check() -> Result<(), …>",
        wrapped: WRAPPED_SHOWN,
        plain: open("what is returned is a `String`, and no longer the field", found::error),
    },
    Row {
        id: "builder",
        path: "in the builder of its type, whose `Debug` is the standard one",
        code: "#[derive(Debug)] struct LoginBuilder { password: Option<…> }",
        wrapped: runs(Layer::Types, builder::<Wrapped>, builder::<Bare>),
        plain: open("the builder is another type, with a `String`", found::builder),
    },
];

pub(super) const CONVERTED: &[Row] = &[
    refused_row!(
        "to-string",
        "made a `String`",
        "login.password.to_string()",
        WRAPPED_CONVERTED,
        PLAIN_CONVERTED
    ),
    refused_row!(
        "concatenation",
        "added to a text",
        r#"String::from("…") + &login.password"#,
        WRAPPED_CONVERTED,
        PLAIN_CONVERTED
    ),
    refused_row!(
        "into-string",
        "converted by `into`",
        "let text: String = login.password.into()",
        WRAPPED_CONVERTED,
        PLAIN_CONVERTED
    ),
    refused_row!(
        "as-ref",
        "borrowed by `as_ref`",
        "let text: &str = login.password.as_ref()",
        WRAPPED_CONVERTED,
        PLAIN_CONVERTED
    ),
    refused_row!(
        "coercion",
        "coerced to a `&str`",
        "let text: &str = &login.password",
        WRAPPED_CONVERTED,
        PLAIN_CONVERTED
    ),
    refused_row!(
        "auto-deref",
        "through a method of its type",
        r#"login.password.replace('a', "b")"#,
        WRAPPED_CONVERTED,
        PLAIN_CONVERTED
    ),
    refused_row!(
        "substring",
        "a part of it",
        "&login.password[..4]",
        WRAPPED_CONVERTED,
        PLAIN_CONVERTED
    ),
    refused_row!(
        "derive-display",
        "derive_more's `Display` of its type",
        r#"#[display("{password}")]"#,
        WRAPPED_DERIVES,
        PLAIN_DERIVES
    ),
    refused_row!(
        "thiserror",
        "thiserror's `Display` of its type",
        r##"#[error("{password}")]"##,
        WRAPPED_DERIVES,
        PLAIN_DERIVES
    ),
    refused_row!(
        "error-cause",
        "the cause of an error, which reporters print behind it",
        "#[source] cause: WrongPassword",
        WRAPPED_CAUSED,
        PLAIN_DERIVES
    ),
    Row {
        id: "display-by-hand",
        path: "a `Display` by hand",
        code: r#"write!(f, "{}", self.password)"#,
        wrapped: WRAPPED_DERIVES,
        plain: refused(Layer::Probe, "plain/derives.rs"),
    },
    Row {
        id: "copy",
        path: "copied into another type",
        code: "Copy { password: login.password.clone() }",
        wrapped: WRAPPED_CONVERTED,
        plain: open("the copy is another type, with a `String`", found::copied),
    },
    Row {
        id: "valuable",
        path: "valuable's derive",
        code: "#[derive(Valuable)]",
        wrapped: WRAPPED_DERIVES,
        plain: open("the other derive reads the field past the mark", found::valued),
    },
];

fn field_debug<F: Form>() -> String {
    let secret = F::secret();
    format!("{secret:?} {secret:#?} {secret:60.60?} {:?}", Some(&secret))
}

fn trace_field_debug<F: Form>() -> String {
    let password = F::secret();
    let work = || {
        tracing::info!(?password);
        tracing::error!(password = tracing::field::debug(&password), "{password:?}");
    };
    parts([
        traced(work),
        traced_as_json(work),
        logged(|| log::info!("{password:?}")),
        slogged(|log| slog::info!(log, "{:?}", password; "password" => ?password)),
    ])
}

fn assert_eq_field<F: Form>() -> String {
    panicked(|| assert_ne!(F::secret(), F::secret()))
}

fn assert_eq_whole<F: Form>() -> String {
    panicked(|| assert_ne!(F::login(), F::login(), "ada's logins"))
}

fn bytes<F: Form>() -> String {
    format!("{0:?} {0:#?} {0:02x?} {0:X?}", F::bytes())
}

fn borrowed<F: Form>() -> String {
    format!("{:?}", F::borrowed())
}

fn number<F: Form>() -> String {
    format!("{0:?} {0:x?}", F::number())
}

fn symbols<F: Form>() -> String {
    format!("{:?}", F::symbols())
}

fn trace_secret_argument<F: Form>() -> String {
    #[instrument]
    fn check<S: Debug>(password: &S, again: S) {}
    traced(|| check(&F::secret(), F::secret()))
}

fn trace_secret_returned<F: Form>() -> String {
    #[instrument(ret)]
    fn token<F: Form>() -> F::Secret {
        F::secret()
    }
    traced(|| drop(token::<F>()))
}

fn builder<F: Form>() -> String {
    #[derive(Debug)]
    struct LoginBuilder<S> {
        #[expect(dead_code, reason = "read by the derived `Debug`")]
        password: Option<S>,
    }
    format!("{:?}", LoginBuilder { password: Some(F::secret()) })
}
