//! Rows beyond the value: addresses, arguments of spans, what follows `expose`, memory, switches.

use super::forms::{Bare, Form, Plain, Wrapped};
use super::open as found;
use super::outputs::streamed_with_switches;
use super::table::{Layer, Row, open, refused, runs, tested};

const REQUEST: &str = "the address of a request is no field of a marked type";
const ARGUMENT: &str = "the argument is a `&str`, and no longer the field";
const METHOD: &str = "`record` is a method, and takes any text";
const COMMAND: &str = "the command is another type, and takes any text";
const DRIVER: &str = "the driver is given the value, and prints it";
const ERROR: &str = "the error is another type, and takes any text";

/// Scans of all memory of a process, and the same with an allocator that wipes what it takes back.
const OWNED: &str = "tests/heap/main.rs";
const WIPED: &str = "tests/heap/zeroizing.rs";

/// Memory that `Sensitive` wipes itself, and that of a plain value, which only an allocator wipes.
macro_rules! heap_row {
    ($id:literal, $path:literal, $code:literal, $wrapped:literal, $plain:literal) => {
        Row {
            id: $id,
            path: $path,
            code: $code,
            wrapped: tested(Layer::Types, OWNED, $wrapped),
            plain: tested(Layer::Allocator, WIPED, $plain),
        }
    };
}

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "uri",
        path: "the address of a request, with a token in its query",
        code: "info!(%uri)",
        wrapped: open(REQUEST, found::uri),
        plain: open(REQUEST, found::uri),
    },
    Row {
        id: "trace-raw-argument",
        path: "a `&str` that is the argument of a span",
        code: "#[instrument] fn log_in(password: &str)",
        wrapped: open(ARGUMENT, found::wrapped::argument),
        plain: open(ARGUMENT, found::plain::argument),
    },
    Row {
        id: "exposed-format",
        path: "formatted, once it is exposed",
        code: r#"format!("{}", login.password.expose())"#,
        wrapped: refused(Layer::Probe, "wrapped/exposed.rs"),
        plain: refused(Layer::Probe, "plain/converted.rs"),
    },
    Row {
        id: "exposed-record",
        path: "recorded in a span, once it is exposed",
        code: r#"Span::current().record("password", …)"#,
        wrapped: open(METHOD, found::wrapped::record),
        plain: open(METHOD, found::plain::record),
    },
    Row {
        id: "exposed-command",
        path: "the argument of a `Command` that is printed with `Debug`",
        code: r#"Command::new("psql").arg(…)"#,
        wrapped: open(COMMAND, found::wrapped::command),
        plain: open(COMMAND, found::plain::command),
    },
    Row {
        id: "exposed-error",
        path: "turned into a boxed error",
        code: "Err(login.password.….into())",
        wrapped: open(ERROR, found::wrapped::boxed_error),
        plain: open(ERROR, found::plain::boxed_error),
    },
    Row {
        id: "statement",
        path: "bound to a statement of rusqlite, which prints itself",
        code: "statement.expanded_sql()",
        wrapped: open(DRIVER, found::wrapped::statement),
        plain: open(DRIVER, found::plain::statement),
    },
    heap_row!(
        "heap-drop",
        "its memory, after it is dropped",
        "drop(login)",
        "dropped",
        "dropped_plain"
    ),
    heap_row!(
        "heap-clone",
        "the memory of a clone",
        "drop(login.clone())",
        "cloned",
        "cloned_plain"
    ),
    heap_row!(
        "heap-debug",
        "copies that `Debug` makes",
        r#"format!("{login:?}")"#,
        "printed",
        "printed_plain"
    ),
    heap_row!(
        "heap-log",
        "copies that the log serializer makes",
        "serde_json::to_string(&login.redacted())",
        "logged",
        "logged_plain"
    ),
    heap_row!(
        "heap-read",
        "copies that reading makes",
        "serde_json::from_slice::<Login>(bytes)",
        "read",
        "read_plain"
    ),
    Row {
        id: "heap-scratch",
        path: "the buffer in which serde puts a text together",
        code: "serde_json::from_reader::<_, Login>(reader)",
        wrapped: tested(Layer::Allocator, WIPED, "read_with_an_escape"),
        plain: tested(Layer::Allocator, WIPED, "read_plain"),
    },
    Row {
        id: "switch",
        path: "a switch that turns redaction off",
        code: "AUDITED_REDACT=off RUST_LOG=trace",
        wrapped: runs(Layer::Types, switched::<Wrapped>, switched::<Bare>),
        plain: runs(Layer::Derive, switched::<Plain>, switched::<Bare>),
    },
];

fn switched<F: Form>() -> String {
    streamed_with_switches(F::NAME)
}
