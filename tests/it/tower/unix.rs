//! axum on a Unix socket: whom the records name, behind a proxy and without one.

use std::path::PathBuf;
use std::sync::mpsc;

use actix_web::rt;
use audit_runtime::{AuditLayer, Peer, TrustedProxies};
use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::oneshot;

use crate::support::Trail;
use crate::web::client::{request, status};
use crate::web::server::Records;
use crate::web::unix::ask;

const CHAIN: &str = "x-forwarded-for: 6.6.6.6, 203.0.113.9, 10.0.0.9";

/// How a server is told of its peers.
#[derive(Clone, Copy)]
enum Told {
    Peer,
    Nothing,
}

/// The origin of a request to a server on a Unix socket; null if its record has none.
fn origin(proxies: &[&str], told: Told, headers: &[&str]) -> Value {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("http.sock");
    let trail = Trail::new();
    let app = router(&trail, proxies);
    let (ready, stop, thread) = serve(app, told, socket.clone());
    ready.recv().unwrap();
    assert_eq!(status(&ask(&socket, headers)), 200);
    stop.send(()).unwrap();
    thread.join().unwrap();
    Records(trail.records()).access().get("origin").cloned().unwrap_or_default()
}

fn router(trail: &Trail, proxies: &[&str]) -> Router {
    let proxies = TrustedProxies::parse(proxies.iter().copied()).unwrap();
    let audit = AuditLayer::new().trusted_proxies(proxies).recorder(&trail.recorder);
    Router::new().route("/", get(|| async { "here" })).layer(audit)
}

fn serve(
    app: Router,
    told: Told,
    socket: PathBuf,
) -> (mpsc::Receiver<()>, oneshot::Sender<()>, std::thread::JoinHandle<()>) {
    let (tell, ready) = mpsc::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = std::thread::spawn(move || {
        rt::System::new().block_on(async move {
            let listener = UnixListener::bind(socket).unwrap();
            tell.send(()).unwrap();
            let stopped = async { stopped.await.unwrap_or_default() };
            match told {
                Told::Peer => {
                    let app = app.into_make_service_with_connect_info::<Peer>();
                    axum::serve(listener, app).with_graceful_shutdown(stopped).await.unwrap();
                }
                Told::Nothing => {
                    axum::serve(listener, app).with_graceful_shutdown(stopped).await.unwrap();
                }
            }
        });
    });
    (ready, stop, thread)
}

#[test]
fn a_request_over_a_unix_socket_says_so_and_names_no_address() {
    let unix = json!({ "transport": "unix", "trust": "peer" });
    assert_eq!(origin(&[], Told::Peer, &[CHAIN]), unix);
    assert_eq!(origin(&["0.0.0.0/0", "::/0"], Told::Peer, &[CHAIN]), unix);
    assert_eq!(origin(&["unix"], Told::Peer, &[]), unix);
}

#[test]
fn behind_a_trusted_proxy_on_a_unix_socket_the_client_is_the_last_untrusted_hop() {
    let behind = json!({
        "ip": "203.0.113.9", "via": ["10.0.0.9"], "transport": "unix", "trust": "trusted_proxy",
    });
    assert_eq!(origin(&["unix", "10.0.0.0/8"], Told::Peer, &[CHAIN]), behind);
}

#[test]
fn a_connection_that_nobody_tells_of_is_no_trusted_proxy() {
    assert_eq!(origin(&["unix"], Told::Nothing, &[CHAIN]), Value::Null);
}

#[test]
fn the_same_information_names_the_addresses_of_the_network() {
    let trail = Trail::new();
    let app = router(&trail, &["unix"]).into_make_service_with_connect_info::<Peer>();
    let (tell, told) = mpsc::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = std::thread::spawn(move || {
        rt::System::new().block_on(async move {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            let stopped = async { stopped.await.unwrap_or_default() };
            axum::serve(listener, app).with_graceful_shutdown(stopped).await.unwrap();
        });
    });
    assert_eq!(status(&request(told.recv().unwrap(), "GET /", &[CHAIN], "")), 200);
    stop.send(()).unwrap();
    thread.join().unwrap();
    let records = Records(trail.records());
    let origin = &records.access()["origin"];
    assert_eq!((&origin["ip"], &origin["trust"]), (&json!("127.0.0.1"), &json!("peer")));
    assert!(origin["port"].is_number() && origin.get("transport").is_none());
}
