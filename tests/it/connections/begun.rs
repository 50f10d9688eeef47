//! Connections that are opened by hand: what they are refused for, who closes them, what they keep.

use std::sync::Arc;
use std::task::{Context as TaskContext, Waker};
use std::time::Duration;

use actix_web::rt::time::timeout;
use audit_runtime::{
    Actor, Connection, Context, Durability, Event, Operation, Outcome, Recorder, Target,
    Unrecorded, audited, deny, set_target,
};

use super::{actor, closing, end, one};
use crate::stalling::Stalling;
use crate::support::{Trail, block_on, run, summary};

fn subscribe() -> audit_runtime::Draft {
    Event::activity("Subscribe").target(Target::new("Topic", 5))
}

#[test]
fn a_connection_without_a_request_has_records_of_its_own() {
    let trail = Trail::new();
    let mut topic = None;
    block_on(trail.recorder.scope(async {
        let opening = subscribe().actor(Actor::service("7")).durability(Durability::Queued);
        let connection = Connection::open(opening, "Unsubscribe").await.unwrap();
        connection.run(async { set_target("Message", 1) }).await;
        connection.close(Outcome::Error);
        topic = Some(connection);
    }));
    drop(topic);
    let records = trail.records();
    assert_eq!(summary(&records), ["Subscribe success", "Unsubscribe success"]);
    let unsubscribed = one(&records, "Unsubscribe");
    assert_eq!(unsubscribed["causation_id"], records[0]["id"]);
    assert_eq!((actor(unsubscribed), actor(&records[0])), ("7", "7"));
    assert_eq!(unsubscribed["correlation_id"], records[0]["correlation_id"]);
    assert_eq!(unsubscribed["targets"][0], records[0]["targets"][0]);
    assert_eq!(unsubscribed["targets"][1]["type"], "Message");
    assert!(unsubscribed["args"].is_null(), "nothing was counted");
}

#[test]
fn a_thread_opens_enters_and_leaves_one() {
    let trail = Trail::new();
    trail.recorder.enter(|| {
        let connection = Connection::open_blocking(subscribe(), "Unsubscribe").unwrap();
        connection.enter(|| audit_runtime::set_actor(Actor::user("7")));
        let panicked = std::panic::AssertUnwindSafe(|| connection.enter(|| panic!("of a message")));
        assert!(std::panic::catch_unwind(panicked).is_err());
        connection.close(Outcome::Success);
    });
    let records = trail.records();
    let closing = closing(&records, "Subscribe", "Unsubscribe");
    assert_eq!((end(closing), actor(closing)), ("panic".into(), "7"));
}

#[test]
fn a_connection_that_is_silent_for_too_long_is_told_so() {
    let trail = Trail::new();
    block_on(trail.recorder.scope(async {
        let connection = Connection::open(subscribe(), "Unsubscribe").await.unwrap();
        let silence = connection.run(std::future::pending::<()>());
        if timeout(Duration::from_millis(5), silence).await.is_err() {
            connection.close(Outcome::Timeout);
        }
    }));
    let records = trail.records();
    assert_eq!(end(closing(&records, "Subscribe", "Unsubscribe")), "timeout");
}

#[test]
fn a_task_that_is_aborted_cancels_its_connection() {
    let trail = Trail::new();
    block_on(trail.recorder.scope(async {
        let connection = Connection::open(subscribe(), "Unsubscribe").await.unwrap();
        let (tell, told) = tokio::sync::oneshot::channel();
        let task = tokio::spawn(async move {
            let stay = async {
                tell.send(()).unwrap();
                std::future::pending::<()>().await;
            };
            connection.run(stay).await;
        });
        told.await.unwrap();
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    }));
    let records = trail.records();
    assert_eq!(end(closing(&records, "Subscribe", "Unsubscribe")), "cancelled");
}

#[test]
fn what_a_connection_returned_is_how_it_ended() {
    struct Torn;
    let broken = format!("error: {}", std::any::type_name::<Torn>());
    for (ends, expected) in [(Ok(1), "success"), (Err(Torn), broken.as_str())] {
        let (_, records) = run(async {
            let connection = Connection::open(subscribe(), "Unsubscribe").await.unwrap();
            connection.try_run(async { ends }).await.map(drop)
        });
        assert_eq!(end(one(&records, "Unsubscribe")), expected);
    }
    let (_, records) = run(async {
        let connection = Connection::open(subscribe(), "Unsubscribe").await.unwrap();
        let body = async {
            deny("expired");
            Err::<(), _>(Torn)
        };
        connection.try_run(body).await
    });
    assert_eq!(end(one(&records, "Unsubscribe")), "denied: expired");
}

#[test]
fn what_cannot_be_recorded_is_not_opened_unless_it_reads() {
    let open = |opening| async { Connection::open(opening, "Unsubscribe").await };
    let refused = block_on(open(subscribe())).err();
    assert_eq!(refused, Some(Unrecorded::NoRecorder));
    assert!(block_on(open(subscribe().operation(Operation::Read))).is_ok());
    let trail = Trail::with(|settings| settings.scopes_max(1));
    let recorder = &trail.recorder;
    let first = block_on(recorder.scope(open(subscribe()))).unwrap();
    let second = block_on(recorder.scope(open(subscribe()))).err();
    assert_eq!(second, Some(Unrecorded::TooManyScopes));
    assert_eq!(recorder.health().unrecorded, 1);
    drop(block_on(recorder.scope(open(subscribe().operation(Operation::Read)))).unwrap());
    assert_eq!(recorder.enter(|| Connection::open_blocking(subscribe(), "U").err()), second);
    drop(first);
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    let stopped = block_on(recorder.scope(open(subscribe()))).err();
    assert_eq!(stopped, Some(Unrecorded::Stopped));
    let records = trail.records();
    let expected = [
        "Subscribe success",
        "Subscribe success",
        "Unsubscribe cancelled",
        "Unsubscribe cancelled",
    ];
    assert_eq!(summary(&records), expected);
}

#[test]
fn a_connection_given_up_while_its_opening_becomes_durable_is_cancelled() {
    let storage = Stalling::default();
    let recorder = Recorder::over(Arc::new(storage.clone())).wait_ms_max(50).open().unwrap();
    storage.stall(true);
    {
        let opening = recorder.scope(Connection::open(subscribe(), "Unsubscribe"));
        let mut opening = std::pin::pin!(opening);
        let mut task = TaskContext::from_waker(Waker::noop());
        assert!(opening.as_mut().poll(&mut task).is_pending());
    }
    // One that hears that its opening may or may not be there.
    let unknown = recorder.enter(|| Connection::open_blocking(subscribe(), "Unsubscribe").err());
    assert!(matches!(unknown, Some(Unrecorded::DeadlineExpired(_))), "{unknown:?}");
    assert_eq!(recorder.health().open_scopes, 0);
    storage.stall(false);
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    let mut found = summary(&Trail::read(storage));
    found.sort();
    let (subscribed, unsubscribed) = ("Subscribe success", "Unsubscribe cancelled");
    assert_eq!(found, [subscribed, subscribed, unsubscribed, unsubscribed]);
}

#[audited(action = "OpenTopic", target(Topic, id = 5), durability = queued, on_unrecorded = fail_open)]
async fn open_topic() -> Connection {
    Connection::opened("CloseTopic")
}

/// Each generation is opened on the one before it, and outlives it.
#[test]
fn a_connection_keeps_nothing_of_the_one_it_was_opened_on() {
    const GENERATIONS: usize = 100_000;
    let trail = Trail::with(|settings| settings.queue_bytes_max(256 << 20));
    block_on(trail.recorder.scope(async {
        let mut connection = Connection::opened("CloseTopic");
        for _ in 0..GENERATIONS {
            let mut next = None;
            connection.run(async { next = Some(open_topic().await) }).await;
            connection = next.unwrap();
        }
    }));
    assert_eq!(trail.recorder.health().open_scopes, 0);
}

#[test]
fn the_context_of_a_connection_is_its_own() {
    let trail = Trail::new();
    let around = Context::new().actor(Actor::user("7"));
    block_on(trail.recorder.scope(around.scope(async {
        let connection = open_topic().await;
        connection.run(async { audit_runtime::set_actor(Actor::user("8")) }).await;
        drop(open_topic().await);
    })));
    let records = trail.records();
    let told: Vec<_> = records.iter().map(actor).collect();
    assert_eq!(summary(&records)[1], "CloseTopic success");
    assert_eq!(told, ["7", "8", "7", "7"]);
}
