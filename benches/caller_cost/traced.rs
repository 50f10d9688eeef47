//! The same fields through tracing-subscriber's JSON formatter, into nothing.

use std::io;

use tracing::Dispatch;

use crate::event::{CORRELATION_ID, Input, USER_AGENT};

pub(crate) fn sink() -> Dispatch {
    Dispatch::new(tracing_subscriber::fmt().json().with_writer(io::sink).finish())
}

pub(crate) fn log(input: &Input) {
    tracing::info!(
        target: "audit",
        category = "activity",
        action = "UpdateAccount",
        name = "account.update",
        op = "update",
        outcome = "success",
        severity = 1,
        actor.kind = "user",
        actor.id = "42",
        actor.name = "ada",
        actor.role = "admin",
        target.kind = "Account",
        target.id = input.account,
        account = input.account,
        quota = input.quota,
        active = input.active,
        balance = input.balance,
        ratio = input.ratio,
        currency = input.currency,
        region = input.region,
        reference = input.reference,
        note = input.note,
        login.email = input.login.email,
        login.password = "[redacted]",
        origin.ip = "203.0.113.9",
        origin.port = 49_152,
        origin.trust = "peer",
        origin.user_agent = USER_AGENT,
        service.name = "accounts",
        service.version = "1.4.2",
        trace_id = "0af7651916cd43dd8448eb211c80319c",
        span_id = "b7ad6b7169203331",
        correlation_id = CORRELATION_ID,
    );
}
