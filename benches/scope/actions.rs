//! The actions that are measured, each as audited, as its record alone, in a `tracing` span, and bare.

use std::future::pending;
use std::hint::black_box;

use audit_runtime::{Connection, Durability, Event, Operation, Target, audited, set_target};

/// An action whose body does nothing.
#[audited(
    action = "UpdateAccount",
    target(Account, id = account),
    durability = queued,
    on_unrecorded = fail_open
)]
pub(crate) fn audited(account: u64) {
    black_box(account);
}

/// Only what is recorded of it.
pub(crate) fn recorded(account: u64) {
    let event = Event::activity("UpdateAccount")
        .operation(Operation::Update)
        .target(Target::new("Account", black_box(account)))
        .durability(Durability::Queued);
    drop(audit_runtime::record(event.succeeded()));
}

/// The same in a span, whose end is a line.
pub(crate) fn traced(account: u64) {
    span(account).in_scope(|| _ = black_box(account));
}

/// A span with what the action's record says of it.
pub(crate) fn span(account: u64) -> tracing::Span {
    tracing::info_span!(
        "UpdateAccount",
        category = "activity",
        op = "update",
        target.kind = "Account",
        target.id = account
    )
}

/// An action that waits for something that never comes, such as the next message of a socket.
#[audited(
    action = "UpdateAccount",
    target(Account, id = account),
    durability = queued,
    on_unrecorded = fail_open
)]
pub(crate) async fn audited_wait(account: u64) {
    bare_wait(account).await;
}

/// A connection that is open, and on which nothing happens.
pub(crate) async fn connected_wait(account: u64) {
    let connection = Connection::opened("CloseAccount");
    connection.enter(|| set_target("Account", account));
    connection.run(bare_wait(account)).await;
}

/// The wait itself.
pub(crate) async fn bare_wait(account: u64) {
    black_box(account);
    pending().await
}
