//! A small HTTP client: one connection for each request, and nothing hidden.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// A request in the making.
pub(crate) struct Request {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The token of a new session, if the reply has one.
    pub(crate) session: Option<String>,
}

impl Request {
    pub(crate) fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: String::new() }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn session(self, token: &str) -> Self {
        self.header("Authorization", format!("Bearer {token}"))
    }

    pub(crate) fn json(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self.header("Content-Type", "application/json")
    }

    /// Sends the request and reads the whole reply; none if the server hangs up without one.
    pub(crate) fn send(&self, server: SocketAddr) -> io::Result<Option<Reply>> {
        let mut stream = self.start(server)?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        Ok(Reply::parse(&String::from_utf8_lossy(&bytes)))
    }

    /// Sends the request, reads the reply's first bytes and hangs up.
    pub(crate) fn send_and_hang_up(&self, server: SocketAddr) -> io::Result<Option<Reply>> {
        let mut stream = self.start(server)?;
        let mut bytes = [0; 512];
        let count = stream.read(&mut bytes)?;
        Ok(Reply::parse(&String::from_utf8_lossy(&bytes[..count])))
    }

    fn start(&self, server: SocketAddr) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect(server)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!(
            "Host: {server}\r\nUser-Agent: users_api-drive/1\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{}",
            self.body.len(),
            self.body
        ));
        stream.write_all(text.as_bytes())?;
        Ok(stream)
    }
}

impl Reply {
    fn parse(text: &str) -> Option<Self> {
        let status = text.split(' ').nth(1)?.parse().ok()?;
        let session = text.split_once(r#""token":""#).and_then(|(_, rest)| {
            let (token, _) = rest.split_once('"')?;
            Some(token.to_owned())
        });
        Some(Self { status, session })
    }
}
