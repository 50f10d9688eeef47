//! The people on duty: a receiver of webhooks over TLS that believes no alert without a signature.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use audit_consumers::alert::Alert;
use audit_runtime::{Sensitive, Timestamp};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde::Deserialize;
use sha2::Sha256;

use crate::Failure;

/// The certificate, which the sender trusts and no other. Its key is public: it is for this example only.
pub(crate) const CERTIFICATE: &[u8] = include_bytes!("certificates/receiver.pem");
const KEY: &[u8] = include_bytes!("certificates/receiver.key");

/// A signature that is older is refused, so that nobody can send a message again later.
const AGE_SECONDS_MAX: u64 = 300;
const HEAD_BYTES_MAX: u64 = 16 << 10;
const BODY_BYTES_MAX: u64 = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(10);

/// A receiver on a free port of this machine.
pub(crate) struct Receiver {
    pub(crate) url: String,
    /// The key that sender and receiver share, as Standard Webhooks writes it.
    pub(crate) key: Sensitive<String>,
    pub(crate) alerts: mpsc::Receiver<Vec<Alert>>,
}

#[derive(Deserialize)]
struct Body {
    data: Content,
}

#[derive(Deserialize)]
struct Content {
    alerts: Vec<Alert>,
}

impl Receiver {
    /// Starts it, with a key that it makes.
    pub(crate) fn start() -> Result<Self, Failure> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let certificate = CertificateDer::from_pem_slice(CERTIFICATE)?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], PrivateKeyDer::from_pem_slice(KEY)?)?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("https://localhost:{}/alerts", listener.local_addr()?.port());
        let (tell, alerts) = mpsc::channel();
        let config = Arc::new(config);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // A sender that breaks off tries again.
                _ = serve(stream, Arc::clone(&config), &key, &tell);
            }
        });
        let key = Sensitive::new(format!("whsec_{}", BASE64_STANDARD.encode(key)));
        Ok(Self { url, key, alerts })
    }
}

/// Reads one request and answers it: 204 once its alerts are passed on, 401 if the signature is wrong.
fn serve(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    key: &[u8],
    tell: &mpsc::Sender<Vec<Alert>>,
) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut reader = BufReader::new(StreamOwned::new(connection, stream));
    let (headers, body) = read(&mut reader)?;
    let told = believed(&headers, &body, key).and_then(|alerts| tell.send(alerts).ok());
    let status = if told.is_some() { "204 No Content" } else { "401 Unauthorized" };
    let stream = reader.get_mut();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn read(reader: &mut impl BufRead) -> io::Result<(HashMap<String, String>, Vec<u8>)> {
    let mut headers = HashMap::new();
    for line in reader.by_ref().take(HEAD_BYTES_MAX).lines() {
        let line = line?;
        match line.split_once(':') {
            Some((name, value)) => _ = headers.insert(name.to_lowercase(), value.trim().to_owned()),
            None if line.is_empty() => break,
            None => {}
        }
    }
    let length: u64 = headers.get("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
    let mut body = Vec::new();
    reader.take(length.min(BODY_BYTES_MAX)).read_to_end(&mut body)?;
    Ok((headers, body))
}

/// As Standard Webhooks describes: the signature is over `id.timestamp.body`, and not old.
fn believed(headers: &HashMap<String, String>, body: &[u8], key: &[u8]) -> Option<Vec<Alert>> {
    let (id, seconds) = (headers.get("webhook-id")?, headers.get("webhook-timestamp")?);
    let signature = headers.get("webhook-signature")?.strip_prefix("v1,")?;
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    mac.verify_slice(&BASE64_STANDARD.decode(signature).ok()?).ok()?;
    let now = Timestamp::now().unix_nanos().div_euclid(1_000_000_000);
    let is_new = now.abs_diff(seconds.parse().ok()?) <= AGE_SECONDS_MAX;
    let body: Body = serde_json::from_slice(body).ok()?;
    is_new.then_some(body.data.alerts)
}
