//! Real ways out of a process, each read back as text: subscribers, loggers, panics, streams.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::process::Command;
use std::sync::{Arc, Mutex, Once, PoisonError};

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use super::canary;
use super::table::parts;

/// What the subscriber of `tracing` writes while `work` runs: events, and spans as they open and
/// close.
pub(super) fn traced(work: impl FnOnce()) -> String {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, work);
    written.text()
}

/// The same, written as JSON.
pub(super) fn traced_as_json(work: impl FnOnce()) -> String {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(LevelFilter::TRACE)
        .with_span_events(FmtSpan::FULL)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, work);
    written.text()
}

thread_local! {
    /// What a logger or the panic hook, of which a process has one, wrote for the test on this
    /// thread; nothing while the test does not listen.
    static HEARD: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What the logger of `log` is given while `work` runs.
pub(super) fn logged(work: impl FnOnce()) -> String {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Listening).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
    heard(work)
}

/// What a panic in `work` says: to the hook, and in its payload.
pub(super) fn panicked(work: impl FnOnce()) -> String {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |told| {
            if !tell(told) {
                usual(told);
            }
        }));
    });
    heard(|| {
        let payload = panic::catch_unwind(AssertUnwindSafe(work)).expect_err("the row panics");
        let text = payload.downcast_ref::<String>().map(String::as_str);
        hear(format_args!("{}", text.or(payload.downcast_ref::<&str>().copied()).unwrap()));
    })
}

/// What a logger of `slog` is given while `work` uses it, values with their keys.
pub(super) fn slogged(work: impl FnOnce(&slog::Logger)) -> String {
    let written = Written::default();
    let logger = slog::Logger::root(Draining(written.clone()), slog::o!());
    work(&logger);
    written.text()
}

/// What this test's binary writes to both its streams when it is started again for one row.
pub(super) fn streamed(row: &str) -> String {
    parts(started(row, &[]))
}

/// What it writes when it is told to read a variable that is no Unicode and holds the secret.
pub(super) fn streamed_variable(row: &str) -> String {
    let value = [canary::TEXT.as_bytes(), &[0xff]].concat();
    started(row, &[(VARIABLE, OsStr::from_bytes(&value))]).concat()
}

/// The variable that is no Unicode.
pub(super) const VARIABLE: &str = "AUDIT_TEST_LEAK_VARIABLE";

/// What it writes when its environment asks for all that could turn redaction off.
pub(super) fn streamed_with_switches(row: &str) -> String {
    let off = [
        "AUDITED_REDACT",
        "AUDITED_REDACTION",
        "AUDIT_REDACT",
        "AUDIT_REDACTION",
        "AUDITED_SENSITIVE",
        "REDACT",
        "REDACTION",
    ];
    let all = off.map(|name| (name, OsStr::new("off")));
    let on = ["AUDITED_SHOW_SENSITIVE", "AUDIT_UNSAFE_LOG", "DEBUG"];
    let all = all.into_iter().chain(on.map(|name| (name, OsStr::new("1"))));
    parts(started(row, &all.chain([("RUST_LOG", OsStr::new("trace"))]).collect::<Vec<_>>()))
}

/// The standard output and the standard error of the process.
fn started(row: &str, variables: &[(&str, &OsStr)]) -> [String; 2] {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([STREAMS, "--exact", "--nocapture", "--test-threads=1"])
        .env(ROW, row)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "the process of the row {row} failed");
    [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
}

const ROW: &str = "AUDIT_TEST_LEAK_ROW";
const STREAMS: &str = "leaks::streams";

/// The row that this process was started for.
pub(super) fn asked_for() -> Option<String> {
    std::env::var(ROW).ok()
}

fn heard(work: impl FnOnce()) -> String {
    HEARD.set(Some(String::new()));
    work();
    HEARD.take().unwrap_or_default()
}

fn hear(text: fmt::Arguments<'_>) -> bool {
    HEARD.with_borrow_mut(|heard| match heard {
        Some(heard) => heard.write_fmt(format_args!("{text}\n")).is_ok(),
        None => false,
    })
}

fn tell(told: &PanicHookInfo<'_>) -> bool {
    hear(format_args!("{told}"))
}

struct Listening;

impl log::Log for Listening {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        hear(format_args!("{}", record.args()));
    }

    fn flush(&self) {}
}

struct Draining(Written);

impl slog::Drain for Draining {
    type Ok = ();
    type Err = slog::Never;

    fn log(
        &self,
        record: &slog::Record<'_>,
        values: &slog::OwnedKVList,
    ) -> Result<(), slog::Never> {
        use slog::KV as _;

        let mut pairs = Pairs(self.0.clone());
        pairs.0.push(&format!("{} ", record.msg()));
        _ = record.kv().serialize(record, &mut pairs);
        _ = values.serialize(record, &mut pairs);
        Ok(())
    }
}

struct Pairs(Written);

impl slog::Serializer for Pairs {
    fn emit_arguments(&mut self, key: slog::Key, value: &fmt::Arguments<'_>) -> slog::Result {
        self.0.push(&format!("{key}={value} "));
        Ok(())
    }
}

/// A buffer that a test reads while a subscriber owns it.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<String>>);

impl Written {
    fn push(&self, text: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
    }

    fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
