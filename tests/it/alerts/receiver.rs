//! A receiver of webhooks over TLS, which answers as it is told to and keeps what it was sent.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

/// What it does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A status, and more lines of the head.
    Status(u16, String),
    /// Nothing, with the connection open.
    Stall,
    /// Nothing, with the connection closed.
    Close,
    /// One byte of a head that never ends, now and then.
    Drip,
    /// A success with a body that never ends.
    Flood,
}

/// What it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

pub(crate) struct Receiver {
    port: u16,
    seen: Arc<Mutex<Vec<Request>>>,
    connections: Arc<Mutex<u32>>,
}

impl Receiver {
    /// Answers the request of number `n` (from 0) with `answer(n)`.
    pub(crate) fn start(answer: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, connections) = (Arc::default(), Arc::default());
        let receiver =
            Self { port, seen: Arc::clone(&seen), connections: Arc::clone(&connections) };
        let (answer, config) = (Arc::new(answer), Arc::new(config()));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                *connections.lock().unwrap() += 1;
                let (answer, config, seen) =
                    (Arc::clone(&answer), Arc::clone(&config), Arc::clone(&seen));
                thread::spawn(move || serve(stream, config, &seen, &*answer));
            }
        });
        receiver
    }

    /// One that takes everything.
    pub(crate) fn kind() -> Self {
        Self::start(|_| ok())
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}/hook", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> u32 {
        *self.connections.lock().unwrap()
    }

    /// The ids of all alerts that it was sent, in their order.
    pub(crate) fn alerts(&self) -> Vec<String> {
        let seen = self.seen();
        seen.iter().flat_map(Request::alerts).collect()
    }
}

impl Request {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn alerts(&self) -> Vec<String> {
        let body = self.json();
        let alerts = body["data"]["alerts"].as_array().unwrap();
        alerts.iter().map(|alert| alert["id"].as_str().unwrap().to_owned()).collect()
    }
}

pub(crate) fn ok() -> Answer {
    Answer::Status(200, String::new())
}

fn config() -> ServerConfig {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("certificates/server.pem"));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("certificates/server.key"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.unwrap()], key.unwrap())
        .unwrap()
}

/// Serves one request; a client that goes away ends it.
fn serve(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    seen: &Mutex<Vec<Request>>,
    answer: &(dyn Fn(usize) -> Answer + Send + Sync),
) -> Option<()> {
    let connection = ServerConnection::new(config).unwrap();
    let mut reader = BufReader::new(StreamOwned::new(connection, stream));
    let request = read(&mut reader)?;
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(request);
        seen.len() - 1
    };
    let stream = reader.get_mut();
    match answer(number) {
        Answer::Status(status, head) => {
            let text = format!("HTTP/1.1 {status} Told\r\n{head}Content-Length: 2\r\n\r\nok");
            stream.write_all(text.as_bytes()).ok()?;
            stream.conn.send_close_notify();
            stream.flush().ok()?;
        }
        Answer::Close => {}
        Answer::Stall => thread::sleep(Duration::from_secs(120)),
        Answer::Drip => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nX: ").ok()?;
            drip(stream, b"x", Duration::from_millis(50));
        }
        Answer::Flood => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").ok()?;
            drip(stream, b"4\r\nmore\r\n", Duration::ZERO);
        }
    }
    Some(())
}

fn drip(stream: &mut impl std::io::Write, bytes: &[u8], pause: Duration) {
    while stream.write_all(bytes).and_then(|()| stream.flush()).is_ok() {
        thread::sleep(pause);
    }
}

fn read(reader: &mut BufReader<StreamOwned<ServerConnection, TcpStream>>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).unwrap();
    Some(Request { line: line.trim_end().to_owned(), headers, body })
}
