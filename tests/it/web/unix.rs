//! Requests over Unix sockets, as a proxy on the same machine sends them: whom their records name.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, rt, web};
use audit_runtime::{AuditMiddleware, TrustedProxies, note_peer};
use serde_json::{Value, json};

use super::client::{Client, head, request, status};
use super::server::Records;
use crate::support::Trail;

/// What proxies have written behind what a client has made up.
const CHAIN: &str = "x-forwarded-for: 6.6.6.6, 203.0.113.9, 10.0.0.9";

enum Listen {
    Unix(PathBuf),
    /// By its path, which tells nobody of the connections.
    Bound(PathBuf),
    Tcp(TcpListener),
}

/// Serves on `listen` while `work` runs, and gives the records of its requests.
fn served(proxies: &[&str], notes: bool, listen: Listen, work: impl FnOnce()) -> Vec<Value> {
    let trail = Trail::new();
    let proxies = TrustedProxies::parse(proxies.iter().copied()).unwrap();
    let audit = AuditMiddleware::new().trusted_proxies(proxies).recorder(&trail.recorder);
    let (tell, told) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        rt::System::new().block_on(async move {
            let app =
                move || App::new().route("/", web::get().to(HttpResponse::Ok)).wrap(audit.clone());
            let server = HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(10);
            let server = if notes { server.on_connect(note_peer) } else { server };
            let server = match listen {
                Listen::Unix(path) => server.listen_uds(UnixListener::bind(path).unwrap()).unwrap(),
                Listen::Bound(path) => server.bind_uds(path).unwrap(),
                Listen::Tcp(listener) => server.listen(listener).unwrap(),
            };
            let server = server.run();
            tell.send(server.handle()).unwrap();
            server.await.unwrap();
        });
    });
    let handle = told.recv().unwrap();
    work();
    rt::System::new().block_on(handle.stop(true));
    thread.join().unwrap();
    Records(trail.records()).accesses().into_iter().cloned().collect()
}

/// Asks over the socket of this path.
pub(crate) fn ask(socket: &Path, headers: &[&str]) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(head("GET /", headers, 0).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The origin of a request over a Unix socket that is noted; null if its record has none.
fn origin(proxies: &[&str], headers: &[&str]) -> Value {
    origin_at(Listen::Unix, proxies, true, headers)
}

fn origin_at(
    listen: fn(PathBuf) -> Listen,
    proxies: &[&str],
    notes: bool,
    headers: &[&str],
) -> Value {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("http.sock");
    let records = served(proxies, notes, listen(socket.clone()), || {
        assert_eq!(status(&ask(&socket, headers)), 200);
    });
    assert_eq!(records.len(), 1);
    records[0].get("origin").cloned().unwrap_or_default()
}

#[test]
fn a_request_over_a_unix_socket_says_so_and_names_no_address() {
    let unix = json!({ "transport": "unix", "trust": "peer" });
    assert_eq!(origin(&[], &[]), unix);
    assert_eq!(origin(&[], &[CHAIN]), unix);
    assert_eq!(origin(&["0.0.0.0/0", "::/0"], &[CHAIN]), unix);
    assert_eq!(origin(&["unix"], &[]), unix);
    let unix = json!({ "transport": "unix", "trust": "peer", "user_agent": "probe" });
    assert_eq!(origin(&[], &["user-agent: probe"]), unix);
}

#[test]
fn behind_a_trusted_proxy_on_a_unix_socket_the_client_is_the_last_untrusted_hop() {
    let nearest = json!({ "ip": "10.0.0.9", "transport": "unix", "trust": "trusted_proxy" });
    assert_eq!(origin(&["unix"], &[CHAIN]), nearest);
    let behind = json!({
        "ip": "203.0.113.9", "via": ["10.0.0.9"], "transport": "unix", "trust": "trusted_proxy",
    });
    assert_eq!(origin(&["unix", "10.0.0.0/8"], &[CHAIN]), behind);
}

#[test]
fn a_connection_that_nobody_tells_of_is_no_trusted_proxy() {
    assert_eq!(origin_at(Listen::Unix, &["unix"], false, &[CHAIN]), Value::Null);
    assert_eq!(origin_at(Listen::Bound, &["unix"], true, &[CHAIN]), Value::Null);
}

#[test]
fn a_client_on_the_network_is_no_unix_socket() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let records = served(&["unix"], true, Listen::Tcp(listener), || {
        assert_eq!(status(&request(address, "GET /", &[CHAIN], "")), 200);
    });
    let origin = &records[0]["origin"];
    assert_eq!((&origin["ip"], &origin["trust"]), (&json!("127.0.0.1"), &json!("peer")));
    assert!(origin.get("transport").is_none());
}

/// The system forgets the address of a connection that is reset before the server looks at it, and
/// hands over the request all the same.
#[test]
fn a_client_that_is_gone_before_it_is_accepted_is_no_unix_socket() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let mut gone = Client::connect(address);
    gone.send(head("GET /", &[CHAIN, "x-correlation-id: gone"], 0).as_bytes());
    gone.reset();
    let records = served(&["unix"], true, Listen::Tcp(listener), || {
        assert_eq!(status(&request(address, "GET /", &[], "")), 200);
    });
    let gone = records.iter().find(|record| record["correlation_id"] == "gone").unwrap();
    assert!(gone.get("origin").is_none(), "{gone}");
}
