//! A websocket of axum, really spoken with (shape 16).

use audit_runtime::audited;
use axum::Router;
use axum::extract::Path;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::IntoResponse;
use axum::routing::get;

use super::super::{Seen, Service};
use crate::support::Trail;
use crate::web::client::{Client, header};

const SERVICE: Service = Service::Axum(routes);

/// The key of the handshake that RFC 6455 shows, section 1.3.
const KEY: &str = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
/// What the server must answer to it.
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

fn routes() -> Router {
    Router::new().route("/rooms/{room}", get(open_chat))
}

#[audited(action = "OpenChat", target(Room, id = room))]
async fn open_chat(upgrade: WebSocketUpgrade, Path(room): Path<u32>) -> impl IntoResponse {
    upgrade.on_upgrade(async |mut socket| {
        let _ = repeat(&mut socket).await;
    })
}

/// Says again what it is told.
async fn repeat(socket: &mut WebSocket) -> Result<(), axum::Error> {
    while let Some(message) = socket.recv().await {
        if let message @ Message::Text(_) = message? {
            socket.send(message).await?;
        }
    }
    Ok(())
}

/// A frame with a short payload, masked as a client must, with a mask of zeros.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    [&[0x80 | opcode, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

const TEXT: u8 = 1;
const CLOSE: u8 = 8;

#[test]
fn shape_16_a_websocket() {
    let upgrade = "GET /rooms/5 HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\n\
                   upgrade: websocket\r\nsec-websocket-version: 13\r\n";
    let (heard, records) = SERVICE.serve(Trail::new(), |address| {
        let mut client = Client::connect(address);
        client.send(format!("{upgrade}{KEY}\r\n\r\n").as_bytes());
        client.send(&frame(TEXT, b"hello"));
        let heard = client.read_until(b"\x81\x05hello");
        client.send(&frame(CLOSE, &[]));
        let end = client.read_to_end();
        String::from_utf8_lossy(&heard).into_owned() + &end
    });
    assert_eq!(header(&heard, "sec-websocket-accept"), Some(ACCEPT));
    let seen = Seen::new(heard, &records);
    assert_eq!(seen.told(), "101; OpenChat success anonymous Room:5");
    assert_eq!(seen.access["outcome"], "success", "{}", seen.access);
    // What is no upgrade is refused by the extractor.
    assert_eq!(SERVICE.ask("GET /rooms/5", &[], "").told(), "400");
}
