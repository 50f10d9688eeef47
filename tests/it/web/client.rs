//! A client that writes exactly the bytes it is told to.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// How long an answer may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// One connection.
pub(crate) struct Client(TcpStream);

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(stream)
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    /// Sends to a server that may close the connection before it has taken everything.
    pub(crate) fn send_what_is_taken(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes);
    }

    /// Reads until the server closes the connection, which need not be polite either.
    pub(crate) fn read_to_end(&mut self) -> String {
        let mut bytes = Vec::new();
        match self.0.read_to_end(&mut bytes) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Reads something, at least one byte.
    pub(crate) fn read_some(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; 4096];
        let length = self.0.read(&mut bytes).unwrap();
        bytes.truncate(length);
        bytes
    }

    /// Reads on until what was read ends so.
    pub(crate) fn read_until(&mut self, end: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(end) {
            let more = self.read_some();
            assert!(!more.is_empty(), "closed after {:?}", String::from_utf8_lossy(&bytes));
            bytes.extend(more);
        }
        bytes
    }

    /// True if nothing comes for as long.
    pub(crate) fn hears_nothing_for(&mut self, time: Duration) -> bool {
        self.0.set_read_timeout(Some(time)).unwrap();
        let silent = self.0.peek(&mut [0]).is_err();
        self.0.set_read_timeout(Some(PATIENCE)).unwrap();
        silent
    }

    /// Says that nothing more will be sent (FIN), and stays.
    pub(crate) fn finish_sending(&self) {
        self.0.shutdown(Shutdown::Write).unwrap();
    }

    /// Tears the connection down (RST): closing with unread input does that.
    pub(crate) fn reset(self) {
        socket2::SockRef::from(&self.0).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

/// Sends one request of this method and path, with these further header lines, and reads the
/// whole answer.
pub(crate) fn request(address: SocketAddr, line: &str, headers: &[&str], body: &str) -> String {
    let mut client = Client::connect(address);
    client.send(head(line, headers, body.len()).as_bytes());
    client.send(body.as_bytes());
    client.read_to_end()
}

/// The head of a request that wants the connection closed after it.
pub(crate) fn head(line: &str, headers: &[&str], body_bytes: usize) -> String {
    let mut head = format!("{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    if body_bytes > 0 {
        head.push_str(&format!("content-length: {body_bytes}\r\n"));
    }
    head + "\r\n"
}

/// The status of an answer; 0 if there is none.
pub(crate) fn status(answer: &str) -> u16 {
    let code = answer.split(' ').nth(1);
    code.map_or(0, |code| code.parse().unwrap())
}

/// The value of a header of an answer.
pub(crate) fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let lines = answer.lines().take_while(|line| !line.is_empty());
    let mut pairs = lines.filter_map(|line| line.split_once(": "));
    let (_, value) = pairs.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(value)
}
