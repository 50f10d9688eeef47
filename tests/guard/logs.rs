//! An application's ordinary logs behind the guard: `tracing-subscriber` in text and JSON, and `log` with env_logger.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use audit_runtime::guard::Guarded;
use audit_runtime::journal::{MemoryStorage, Reader};
use audit_runtime::{Recorder, Sensitive};
use log::Log;
use serde_json::{Value, json};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

/// What was printed.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Printed {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

const MARK: &str = "[REDACTED:secret]";

/// What a service logs, with a secret in every place that a call has.
fn service() {
    let span = tracing::info_span!(
        "request",
        user.password = "a",
        session_token = tracing::field::Empty,
        id = 7
    );
    span.record("session_token", "b7");
    let _entered = span.enter();
    let error = io::Error::other("refused: password=hunter2");
    tracing::info!(
        password = "no",
        pin = 1234,
        tokens = 3,
        has_token = true,
        secret = ?Some("x y"),
        error = &error as &dyn std::error::Error,
        note = "line\nINFO forged \u{1b}[31m",
        "logged in with https://ada:hunter2@db.example/"
    );
}

#[test]
fn the_fields_of_json_are_redacted_by_their_names() {
    let printed = Printed::default();
    let layer = tracing_subscriber::fmt::layer().json().with_writer(printed.clone());
    let subscriber = tracing_subscriber::registry().with(Guarded::new(layer));
    tracing::subscriber::with_default(subscriber, service);
    let lines = printed.lines();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    let fields = json!({
        "message": "logged in with https://ada:[REDACTED:url_password]@db.example/",
        "password": MARK,
        "pin": MARK,
        "tokens": 3,
        "has_token": true,
        "secret": MARK,
        "error": "refused: password=[REDACTED:secret]",
        "note": r"line\nINFO forged \u{1b}[31m",
    });
    assert_eq!(line["fields"], fields);
    let span = json!({ "name": "request", "user.password": MARK, "session_token": MARK, "id": 7 });
    assert_eq!(line["span"], span);
    assert_eq!(line["spans"], json!([span]));
}

/// Filters stand about the guard, and a span's parent and an event's stay what they were.
#[test]
fn the_guard_changes_nothing_but_texts() {
    let run = |guarded: bool| {
        let printed = Printed::default();
        let layer =
            tracing_subscriber::fmt::layer().json().without_time().with_writer(printed.clone());
        let info = tracing_subscriber::filter::LevelFilter::INFO;
        let layer = if guarded {
            Guarded::new(layer).with_filter(info).boxed()
        } else {
            layer.with_filter(info).boxed()
        };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let outer = tracing::info_span!("outer", n = -1_i64, f = 0.5, big = u128::MAX);
            let inner = tracing::info_span!(parent: &outer, "inner", s = "text", d = ?(1, "two"));
            let _entered = tracing::info_span!(parent: None, "alone").entered();
            tracing::info!(parent: &inner, "in inner");
            tracing::info!(parent: None, "nowhere");
            tracing::warn!(empty = tracing::field::Empty, "in alone");
            tracing::info!({});
            tracing::debug!("filtered");
            inner.in_scope(log_of_many);
        });
        printed.text()
    };
    assert_eq!(run(true), run(false).replace("a=1\\nb", "a=1\\\\nb"));
}

/// As many fields as a call may have, and one to be written out.
fn log_of_many() {
    tracing::info!(
        a = 1,
        b = 2,
        c = 3,
        d = 4,
        e = 5,
        f = 6,
        g = 7,
        h = 8,
        i = 9,
        j = 10,
        k = 11,
        l = 12,
        m = 13,
        n = 14,
        o = 15,
        p = 16,
        q = 17,
        r = 18,
        s = 19,
        t = 20,
        u = 21,
        v = 22,
        w = 23,
        x = 24,
        y = 25,
        z = 26,
        aa = 27,
        ab = 28,
        ac = 29,
        ad = 30,
        ae = "a=1\nb",
        "many"
    );
}

/// Colours stand between a name and its value, and the writer sees through them and through JSON.
#[test]
fn the_guarded_writer_reads_every_format() {
    for format in ["coloured", "compact", "json"] {
        let printed = Printed::default();
        let fmt = tracing_subscriber::fmt().with_writer(Guarded::new(printed.clone()));
        let run = || {
            tracing::info!(
                password = "hunter2",
                api_key = "a8Zk20fjQ9x",
                body = r#"{"password":"hunter2"}"#,
                "in"
            );
        };
        match format {
            "coloured" => tracing::subscriber::with_default(fmt.with_ansi(true).finish(), run),
            "compact" => {
                tracing::subscriber::with_default(fmt.with_ansi(true).compact().finish(), run)
            }
            _ => tracing::subscriber::with_default(fmt.json().finish(), run),
        }
        let text = printed.text();
        assert_eq!(text.matches(MARK).count(), 3, "{format}: {text}");
        assert!(!text.contains("hunter2") && !text.contains("a8Zk20fjQ9x"), "{format}: {text}");
    }
}

/// A logger of the program's own: env_logger writing to a pipe.
fn of_env(printed: &Printed) -> env_logger::Logger {
    env_logger::Builder::new()
        .filter_level(log::LevelFilter::Info)
        .target(env_logger::Target::Pipe(Box::new(printed.clone())))
        .build()
}

#[test]
fn records_of_log_are_scrubbed_in_message_and_pairs() {
    let printed = Printed::default();
    let logger = Guarded::new(of_env(&printed));
    let (level, target, module) = (log::Level::Info, "db", Some("service::db"));
    let pairs =
        [("password", log::kv::Value::from("no")), ("pin", 1234.into()), ("tokens", 3.into())];
    logger.log(
        &log::Record::builder()
            .level(level)
            .target(target)
            .module_path(module)
            .key_values(&pairs)
            .args(format_args!("with password=hunter2\nINFO forged"))
            .build(),
    );
    logger.log(&log::Record::builder().level(log::Level::Debug).args(format_args!("no")).build());
    logger.flush();
    let text = printed.text();
    let message = format!(r"with password={MARK}\nINFO forged password={MARK} pin={MARK} tokens=3");
    assert!(text.ends_with(&format!("INFO  db] {message}\n")), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn what_was_caught_is_told_with_its_log_call() {
    let storage = MemoryStorage::new();
    let recorder = Recorder::in_memory(storage.clone()).open().unwrap();
    let layer = tracing_subscriber::fmt::layer().with_writer(io::sink);
    let subscriber = tracing_subscriber::registry().with(Guarded::new(layer));
    let logger = Guarded::new(of_env(&Printed::default()));
    recorder.enter(|| {
        tracing::subscriber::with_default(subscriber, || tracing::info!(password = "hunter2"));
        let record = log::Record::builder();
        logger.log(
            &{ record }
                .file(Some("src/db.rs"))
                .line(Some(9))
                .target("db")
                .args(format_args!("pin=1234"))
                .build(),
        );
    });
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    let mut cursor = Reader::over(Arc::new(storage)).cursor(0).unwrap();
    let mut places = Vec::new();
    while let Some(line) = cursor.next().unwrap() {
        let record: Value = serde_json::from_slice(line.bytes()).unwrap();
        if record["action"] == "SecretCaught" {
            assert_eq!(record["ext"]["kind"], "secret");
            places.push(record["targets"][0]["id"].as_str().unwrap().to_owned());
        }
    }
    let [layer, logger] = places.as_slice() else { panic!("{places:?}") };
    assert!(layer.contains("guard/logs.rs:"), "{layer}");
    assert_eq!(logger, "src/db.rs:9");
}

/// A value that no pattern knows is found by what the program holds.
#[test]
fn a_watched_secret_is_found_in_a_log() {
    let printed = Printed::default();
    let secret = Sensitive::from(String::from("plain words of a passphrase"));
    let _watch = secret.watch().unwrap();
    let layer = tracing_subscriber::fmt::layer().json().with_writer(Guarded::new(printed.clone()));
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || {
        tracing::info!("sent {}", secret.expose());
    });
    assert_eq!(printed.lines()[0]["fields"]["message"], "sent [REDACTED:live]");
}
