//! Websockets of actix-ws and of axum, spoken with by a client of its own make.

use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, rt};
use audit_runtime::{Actor, Connection, Outcome, audited, deny, fail, set_actor};
use axum::Router;
use axum::extract::Path;
use axum::extract::ws::{Message as AxumMessage, WebSocket, WebSocketUpgrade};
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::Value;
use tungstenite::Message;

use super::{FRAMEWORKS, Framework, Routes, actor, all, closing, end, one, served};
use crate::support::Trail;
use crate::web::client::{request, status};

#[audited(action = "PostMessage", on_unrecorded = fail_open)]
async fn post() {}

/// Does what a client tells it to; false if that is all.
async fn obey(chat: &Connection, order: &str) -> bool {
    match order.split_once(' ').unwrap_or((order, "")) {
        ("login", user) => set_actor(Actor::user(user.to_owned())),
        ("post", _) => post().await,
        ("deny", _) => {
            deny("banned");
            return false;
        }
        ("fail", _) => {
            fail("bad_frame");
            return false;
        }
        ("wait", _) => {
            chat.close(Outcome::Timeout);
            return false;
        }
        ("panic", _) => panic!("of the service"),
        _ => {}
    }
    true
}

#[audited(action = "OpenChat", target(Room, id = room))]
async fn open_actix(
    request: HttpRequest,
    stream: Payload,
    room: web::Path<u32>,
) -> actix_web::Result<HttpResponse> {
    let (response, mut session, mut messages) = actix_ws::handle(&request, stream)?;
    let chat = Connection::opened("CloseChat");
    rt::spawn(async move {
        let talk = async {
            loop {
                match messages.recv().await {
                    Some(Ok(actix_ws::Message::Text(order))) => {
                        chat.received(order.len());
                        if !obey(&chat, &order).await {
                            return;
                        }
                        chat.sent(2);
                        session.text("ok").await.unwrap();
                    }
                    Some(Ok(actix_ws::Message::Close(_))) => return,
                    Some(Ok(_)) => {}
                    None | Some(Err(_)) => return chat.close(Outcome::Cancelled),
                }
            }
        };
        chat.run(talk).await;
    });
    Ok(response)
}

#[audited(action = "OpenChat", target(Room, id = room))]
async fn open_axum(upgrade: WebSocketUpgrade, Path(room): Path<u32>) -> impl IntoResponse {
    let chat = Connection::opened("CloseChat");
    upgrade.on_upgrade(async move |socket| chat.run(talk(&chat, socket)).await)
}

async fn talk(chat: &Connection, mut socket: WebSocket) {
    loop {
        match socket.recv().await {
            Some(Ok(AxumMessage::Text(order))) => {
                chat.received(order.len());
                if !obey(chat, &order).await {
                    return;
                }
                chat.sent(2);
                socket.send("ok".into()).await.unwrap();
            }
            Some(Ok(AxumMessage::Close(_))) => return,
            Some(Ok(_)) => {}
            None | Some(Err(_)) => return chat.close(Outcome::Cancelled),
        }
    }
}

fn actix(config: &mut ServiceConfig) {
    config.route("/rooms/{room}", web::get().to(open_actix));
}

fn axum() -> Router {
    Router::new().route("/rooms/{room}", get(open_axum))
}

const ROUTES: Routes = (actix, axum);

/// A client of the crate tungstenite.
struct Chat(tungstenite::WebSocket<TcpStream>);

impl Chat {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let (socket, response) = tungstenite::client("ws://localhost/rooms/5", stream).unwrap();
        assert_eq!(response.status(), 101);
        Self(socket)
    }

    /// Says something that is answered.
    fn say(&mut self, order: &str) {
        self.order(order);
        assert_eq!(self.0.read().unwrap(), Message::text("ok"));
    }

    fn order(&mut self, order: &str) {
        self.0.send(Message::text(order)).unwrap();
    }

    /// Says what the server ends with.
    fn end_with(mut self, order: &str) {
        self.order(order);
        while self.0.read().is_ok() {}
    }

    /// Tears the connection down (RST).
    fn reset(self) {
        socket2::SockRef::from(self.0.get_ref()).set_linger(Some(Duration::ZERO)).unwrap();
    }

    fn close(mut self) {
        self.0.close(None).unwrap();
        while self.0.read().is_ok() {}
    }
}

fn chatted(framework: Framework, talk: impl FnOnce(Chat)) -> Vec<Value> {
    served(ROUTES, framework, Trail::new(), |address| talk(Chat::connect(address)))
}

#[test]
fn whatever_ends_it_a_websocket_leaves_one_opening_and_one_closing() {
    type Ending = fn(Chat);
    let endings: [(Ending, &str); 7] = [
        (Chat::close, "success"),
        (Chat::reset, "cancelled"),
        (|chat| chat.0.get_ref().shutdown(Shutdown::Both).unwrap(), "cancelled"),
        (|chat| chat.end_with("panic"), "panic"),
        (|chat| chat.end_with("deny"), "denied: banned"),
        (|chat| chat.end_with("fail"), "failure: bad_frame"),
        (|chat| chat.end_with("wait"), "timeout"),
    ];
    for framework in FRAMEWORKS {
        for (ending, expected) in endings {
            let records = chatted(framework, |mut chat| {
                chat.say("hello");
                ending(chat);
            });
            let closing = closing(&records, "OpenChat", "CloseChat");
            assert_eq!(end(closing), expected, "{framework:?}: {closing}");
            assert_eq!(records.len(), 3, "{framework:?}: {records:#?}");
            let access = one(&records, "HttpRequest");
            assert!(access["seq"].as_u64() < closing["seq"].as_u64(), "{framework:?}");
            assert_eq!(closing["correlation_id"], access["correlation_id"]);
            assert_eq!((actor(closing), &closing["origin"]), ("anonymous", &access["origin"]));
            assert_eq!(closing["targets"][0]["id"], "5");
        }
    }
}

#[test]
fn messages_are_counted() {
    for framework in FRAMEWORKS {
        let records = chatted(framework, |mut chat| {
            chat.say("hello");
            chat.say("again");
            chat.say("and again");
            chat.close();
        });
        let expected = serde_json::json!({
            "sent_items": 3, "sent_bytes": 6, "received_items": 3, "received_bytes": 19,
        });
        assert_eq!(one(&records, "CloseChat")["args"], expected, "{framework:?}");
    }
}

#[test]
fn who_logs_in_by_a_message_acts_from_there_on() {
    for framework in FRAMEWORKS {
        let records = chatted(framework, |mut chat| {
            for order in ["post", "login 7", "post", "login 8", "post"] {
                chat.say(order);
            }
            chat.close();
        });
        let opening = one(&records, "OpenChat");
        let posts = all(&records, "PostMessage");
        let actors: Vec<_> = posts.iter().copied().map(actor).collect();
        assert_eq!(actors, ["anonymous", "7", "8"], "{framework:?}");
        assert_eq!(actor(one(&records, "CloseChat")), "8");
        assert_eq!(actor(opening), "anonymous");
        assert_eq!(actor(one(&records, "HttpRequest")), "anonymous");
        for post in posts {
            assert_eq!(post["causation_id"], opening["id"]);
            assert_eq!(post["correlation_id"], opening["correlation_id"]);
        }
    }
}

#[test]
fn a_shutdown_closes_what_is_open_as_unknown_and_nothing_closes_it_again() {
    for framework in FRAMEWORKS {
        let trail = Trail::new();
        let recorder = trail.recorder.clone();
        let records = served(ROUTES, framework, trail, |address| {
            let mut chat = Chat::connect(address);
            chat.say("login 7");
            recorder.shutdown(Duration::from_secs(20)).unwrap();
            chat.say("again");
            chat.close();
        });
        let closing = closing(&records, "OpenChat", "CloseChat");
        assert_eq!(end(closing), "unknown", "{framework:?}");
        assert_eq!((&closing["completed_by"], actor(closing)), (&"recorder".into(), "7"));
        assert_eq!(closing["args"]["received_items"], 1);
    }
}

#[test]
fn where_nothing_can_be_recorded_no_websocket_opens() {
    let upgrade = [
        "upgrade: websocket",
        "sec-websocket-version: 13",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    let trail = Trail::new();
    trail.recorder.shutdown(Duration::from_secs(20)).unwrap();
    let records = served(ROUTES, Framework::Actix, trail, |address| {
        let answer = request(address, "GET /rooms/5", &upgrade, "");
        assert_eq!(status(&answer), 503, "{answer}");
    });
    assert!(records.is_empty(), "{records:?}");
}
