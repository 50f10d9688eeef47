//! Rows in which a whole value is shown: printed, logged, recorded in a span, told by a panic.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::instrument;

use super::forms::{Bare, Form, Plain, Wrapped};
use super::outputs::{logged, panicked, slogged, streamed, traced, traced_as_json};
use super::table::{Layer, Row, parts, runs};

/// One function of the form, run with the types of each form.
macro_rules! row {
    ($id:literal, $path:literal, $code:literal, $run:ident) => {
        Row {
            id: $id,
            path: $path,
            code: $code,
            wrapped: runs(Layer::Types, $run::<Wrapped>, $run::<Bare>),
            plain: runs(Layer::Derive, $run::<Plain>, $run::<Bare>),
        }
    };
}

pub(super) const ROWS: &[Row] = &[
    row!("debug", "printed with `Debug`", r#"format!("{login:?}")"#, debug),
    row!("debug-pretty", "printed over several lines", r#"format!("{login:#?}")"#, debug_pretty),
    row!(
        "debug-padded",
        "printed with width and precision",
        r#"format!("{login:60.60?}")"#,
        debug_padded
    ),
    row!("dbg", "left over from debugging", "dbg!(&login)", dbg_on_stderr),
    row!("in-a-list", "in a `Vec`", r#"format!("{:?}", vec![login])"#, in_a_list),
    row!("in-an-option", "in an `Option`", r#"format!("{:?}", Some(login))"#, in_an_option),
    row!(
        "in-a-lock",
        "in an `Arc<Mutex<_>>`",
        r#"format!("{:?}", Arc::new(Mutex::new(login)))"#,
        in_a_lock
    ),
    row!(
        "in-an-envelope",
        "in a generic type of one's own",
        r#"format!("{:?}", Envelope { id, body: login })"#,
        in_an_envelope
    ),
    row!(
        "enum-variants",
        "in variants with and without field names",
        r#"format!("{:?}", Method::Token(token))"#,
        enum_variants
    ),
    row!(
        "option-and-list-fields",
        "fields that are an `Option` and a `Vec`",
        r#"format!("{account:?}")"#,
        account_fields
    ),
    row!(
        "in-an-outer-type",
        "in a type whose `Debug` is the standard one",
        r#"#[derive(Debug)] struct Outer { login: Login }"#,
        in_an_outer_type
    ),
    row!("trace-debug", "recorded by a log macro with `?`", "info!(?login)", trace_debug),
    row!(
        "trace-argument",
        "recorded as the argument of a span",
        "#[instrument] fn log_in(login: &Login)",
        trace_argument
    ),
    row!(
        "trace-returned",
        "recorded as what a function returns",
        "#[instrument(ret)] fn find() -> Login",
        trace_returned
    ),
    row!(
        "error-debug",
        "as a variant of an error",
        r#"error!("{:?}", Failure::Refused { user, password })"#,
        error_debug
    ),
    row!("unwrap", "told by the panic of `unwrap`", "Err::<(), _>(login).unwrap()", unwrap),
    row!(
        "unwrap-err",
        "told by the panic of `unwrap_err`",
        "Ok::<_, ()>(login).unwrap_err()",
        unwrap_err
    ),
];

fn debug<F: Form>() -> String {
    format!("{:?}", F::login())
}

fn debug_pretty<F: Form>() -> String {
    format!("{:#?}", F::login())
}

fn debug_padded<F: Form>() -> String {
    format!("{:60.60?} {:8.8?} {:#3.20?}", F::login(), F::login(), F::failure())
}

fn dbg_on_stderr<F: Form>() -> String {
    streamed(F::NAME)
}

/// What the process does that is started for a form.
pub(super) fn write_to_streams<F: Form>() {
    // The macro itself under another name: under its own it is taken for work left undone.
    use std::dbg as show;

    #[expect(clippy::dbg_macro, reason = "what is left over from debugging is this row")]
    let _ = show!(F::login());
    println!("{:?}", F::login());
    eprintln!("{:?}", F::login());
}

fn in_a_list<F: Form>() -> String {
    format!("{:?}", vec![F::login()])
}

fn in_an_option<F: Form>() -> String {
    format!("{:?} {:?}", Some(F::login()), Some(Box::new(F::login())))
}

fn in_a_lock<F: Form>() -> String {
    format!("{:?}", Arc::new(Mutex::new(F::login())))
}

fn in_an_envelope<F: Form>() -> String {
    format!("{:?}", F::envelope())
}

fn enum_variants<F: Form>() -> String {
    // Each variant on its own, so that one which leaks is not hidden by the other's evidence.
    parts(F::methods().map(|method| format!("{method:?}")))
}

fn account_fields<F: Form>() -> String {
    format!("{:?}", F::account())
}

fn in_an_outer_type<F: Form>() -> String {
    #[derive(Debug)]
    struct Outer<L> {
        #[expect(dead_code, reason = "read by the derived `Debug`")]
        login: L,
    }
    format!("{:?}", Outer { login: F::login() })
}

fn trace_debug<F: Form>() -> String {
    let login = F::login();
    let work = || {
        tracing::info!(?login);
        tracing::warn!(target: "audit", who = ?login, "again: {login:?}");
        let _span = tracing::info_span!("span", ?login).entered();
    };
    parts([
        traced(work),
        traced_as_json(work),
        logged(|| log::info!("{login:?}")),
        slogged(|log| slog::info!(log, "login"; "login" => ?login)),
    ])
}

fn trace_argument<F: Form>() -> String {
    #[instrument]
    fn log_in<L: Debug>(login: &L) {}
    traced(|| log_in(&F::login()))
}

fn trace_returned<F: Form>() -> String {
    #[instrument(ret)]
    fn find<F: Form>() -> F::Login {
        F::login()
    }
    traced(|| drop(find::<F>()))
}

fn error_debug<F: Form>() -> String {
    parts([
        traced(|| tracing::error!("{:?}", F::failure())),
        format!("{:?}", anyhow::anyhow!("{:?}", F::failure()).context("log in")),
    ])
}

/// Gives a result whose sign the compiler does not know.
fn refused<T, E>(result: Result<T, E>) -> Result<T, E> {
    std::hint::black_box(result)
}

fn unwrap<F: Form>() -> String {
    panicked(|| refused(Err::<(), _>(F::login())).unwrap())
}

fn unwrap_err<F: Form>() -> String {
    panicked(|| refused(Ok::<_, ()>(F::login())).unwrap_err())
}
