//! The same complete line as a plain type that serde_json serialises.

use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
pub(crate) struct Line {
    v: u8,
    seq: u64,
    observed: String,
    boot: String,
    mono: u64,
    id: String,
    time: String,
    category: String,
    action: String,
    name: String,
    op: String,
    outcome: String,
    severity: u8,
    actor: Actor,
    targets: Vec<Target>,
    args: Args,
    origin: Origin,
    service: Service,
    trace_id: String,
    span_id: String,
    correlation_id: String,
    redaction: Redaction,
    catalog: String,
    h: String,
}

#[derive(Deserialize, Serialize)]
struct Actor {
    r#type: String,
    id: String,
    name: String,
    roles: Vec<String>,
}

#[derive(Deserialize, Serialize)]
struct Target {
    r#type: String,
    id: String,
}

#[derive(Deserialize, Serialize)]
struct Args {
    account: u64,
    quota: u32,
    active: bool,
    balance: i64,
    ratio: f64,
    currency: String,
    region: String,
    reference: String,
    note: String,
    login: Login,
}

#[derive(Deserialize, Serialize)]
struct Login {
    email: String,
    password: String,
}

#[derive(Deserialize, Serialize)]
struct Origin {
    ip: String,
    port: u16,
    trust: String,
    user_agent: String,
}

#[derive(Deserialize, Serialize)]
struct Service {
    name: String,
    version: String,
    host: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct Redaction {
    fields: Vec<String>,
}

impl Line {
    /// Reads a line that the recorder wrote.
    ///
    /// # Panics
    /// If the type would not write exactly these bytes: it must do the same work.
    pub(crate) fn read(json: &str) -> Self {
        let line: Self = serde_json::from_str(json).unwrap_or_else(|e| panic!("{e} in {json}"));
        let mut written = Vec::new();
        line.write(&mut written);
        assert_eq!(String::from_utf8_lossy(&written), json, "the type mirrors the line");
        line
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        if let Err(error) = serde_json::to_writer(out, self) {
            panic!("a plain value was not serialised: {error}");
        }
    }
}
