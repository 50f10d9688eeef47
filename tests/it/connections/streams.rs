//! Server-sent events of actix-web and axum: each stream is a connection.

use std::fmt;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{self, Bytes, ServiceConfig};
use audit_runtime::{Actor, Connection, audited, deny, set_actor};
use axum::Router;
use axum::extract::Path;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use futures_util::{Stream, StreamExt, stream};

use super::{FRAMEWORKS, Framework, Routes, actor, closing, end, one, served};
use crate::support::{Trail, block_on};
use crate::web::client::{Client, head, request};

#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken")
    }
}

impl std::error::Error for Broken {}

/// Three events, and then what `how` says.
fn events(how: String) -> impl Stream<Item = Result<String, Broken>> {
    stream::unfold((how, 0), async |(how, count)| {
        let item = match (how.as_str(), count) {
            (_, 0..3) => Ok("tick".to_owned()),
            ("ends", _) => return None,
            ("denies", _) => {
                set_actor(Actor::user("7"));
                deny("expired");
                return None;
            }
            ("breaks", 3) => Err(Broken),
            ("breaks", _) => return None,
            ("panics", _) => panic!("of the stream"),
            _ => {
                tokio::time::sleep(Duration::from_millis(5)).await;
                Ok("tick".to_owned())
            }
        };
        Some((item, (how, count + 1)))
    })
}

#[audited(action = "OpenFeed", target(Feed, id = how), on_unrecorded = fail_open)]
async fn feed_actix(how: web::Path<String>) -> HttpResponse {
    let events = events(how.into_inner());
    let events = events.map(|event| Ok(Bytes::from(format!("data: {}\n\n", event?))));
    let feed = Connection::opened("CloseFeed").try_stream::<_, Bytes, Broken>(events);
    let feed = feed.sized_by(|event| event.as_ref().map_or(0, Bytes::len));
    HttpResponse::Ok().content_type("text/event-stream").streaming(feed)
}

#[audited(action = "OpenFeed", target(Feed, id = how), on_unrecorded = fail_open)]
async fn feed_axum(Path(how): Path<String>) -> Sse<impl Stream<Item = Result<Event, Broken>>> {
    let events = events(how).map(|event| Ok(Event::default().data(event?)));
    Sse::new(Connection::opened("CloseFeed").try_stream(events))
}

fn actix(config: &mut ServiceConfig) {
    config.route("/feeds/{how}", web::get().to(feed_actix));
}

fn axum() -> Router {
    Router::new().route("/feeds/{how}", get(feed_axum))
}

const ROUTES: Routes = (actix, axum);

/// A client that has heard an event of a stream without end.
fn listening(address: SocketAddr) -> Client {
    let mut client = Client::connect(address);
    client.send(head("GET /feeds/stays", &[], 0).as_bytes());
    let mut heard = String::new();
    while !heard.contains("data: tick") {
        heard += &String::from_utf8(client.read_some()).unwrap();
    }
    client
}

#[test]
fn a_stream_is_closed_as_it_ends() {
    let broken = format!("error: {}", std::any::type_name::<Broken>());
    for (how, expected) in [
        ("ends", "success"),
        ("denies", "denied: expired"),
        ("breaks", broken.as_str()),
        ("panics", "panic"),
    ] {
        for framework in FRAMEWORKS {
            let records = served(ROUTES, framework, Trail::new(), |address| {
                let heard = request(address, &format!("GET /feeds/{how}"), &[], "");
                // What was not sent yet when it broke never is.
                let ended = expected == "success" || expected.starts_with("denied");
                assert!(!ended || heard.matches("data: tick").count() == 3, "{heard}");
            });
            let closing = closing(&records, "OpenFeed", "CloseFeed");
            assert_eq!(end(closing), expected, "{framework:?}: {closing}");
            assert_eq!(closing["args"]["sent_items"], 3, "{framework:?} {how}");
            assert_eq!(records.len(), 3, "{framework:?}: {records:#?}");
            let who = if how == "denies" { "7" } else { "anonymous" };
            assert_eq!(actor(closing), who);
            assert_eq!(actor(one(&records, "HttpRequest")), "anonymous");
            if let Framework::Actix = framework {
                assert_eq!(closing["args"]["sent_bytes"], 3 * "data: tick\n\n".len());
            }
        }
    }
}

#[test]
fn a_client_that_leaves_cancels_the_stream() {
    for framework in FRAMEWORKS {
        for leave in [Client::reset, drop] {
            let records =
                served(ROUTES, framework, Trail::new(), |address| leave(listening(address)));
            let closing = closing(&records, "OpenFeed", "CloseFeed");
            assert_eq!(end(closing), "cancelled", "{framework:?}");
            assert!(closing["args"]["sent_items"].as_u64() >= Some(3));
        }
    }
}

#[test]
fn a_shutdown_closes_an_open_stream_as_unknown() {
    for framework in FRAMEWORKS {
        let trail = Trail::new();
        let recorder = trail.recorder.clone();
        let records = served(ROUTES, framework, trail, |address| {
            let client = listening(address);
            recorder.shutdown(Duration::from_secs(20)).unwrap();
            client.reset();
        });
        let closing = closing(&records, "OpenFeed", "CloseFeed");
        assert_eq!(
            (end(closing), &closing["completed_by"]),
            ("unknown".into(), &"recorder".into())
        );
    }
}

#[test]
fn a_stream_whose_length_is_known_is_over_with_its_last_item() {
    let trail = Trail::new();
    let stream = trail
        .recorder
        .enter(|| Connection::opened("CloseList").stream(stream::iter([1, 2, 3])).sized_by(|_| 4));
    let mut stream = std::pin::pin!(stream);
    assert_eq!(stream.size_hint(), (3, Some(3)));
    let taken = block_on(stream.by_ref().take(3).collect::<Vec<_>>());
    assert_eq!(taken, [1, 2, 3]);
    let records = trail.records();
    assert_eq!(end(one(&records, "CloseList")), "success");
    assert_eq!(records[0]["args"]["sent_bytes"], 12);
}

#[test]
fn a_panic_beside_the_stream_is_one_of_the_connection() {
    struct Sizeless;
    impl Stream for Sizeless {
        type Item = u8;
        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
            Poll::Ready(Some(1))
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            panic!("of a hint")
        }
    }
    for is_of_size in [true, false] {
        let trail = Trail::new();
        let opened = || trail.recorder.enter(|| Connection::opened("CloseList"));
        let mut stream: Pin<Box<dyn Stream<Item = u8>>> = match is_of_size {
            true => Box::pin(opened().stream(stream::iter([1])).sized_by(|_| panic!("of a size"))),
            false => Box::pin(opened().stream(Sizeless)),
        };
        let polled = AssertUnwindSafe(|| block_on(stream.next()));
        assert!(catch_unwind(polled).is_err());
        drop(stream);
        assert_eq!(end(one(&trail.records(), "CloseList")), "panic", "{is_of_size}");
    }
}
