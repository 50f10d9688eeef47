//! The syslog of another host, or what passes it on (RFC 5424).

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use audit_journal::{Storage, Timestamp};
use audit_tlog::{Checkpoint, Note};

use crate::Anchor;
use crate::anchor::told;
use crate::platform;

/// Facility 13, log audit, and severity 6, informational.
const PRIORITY: u8 = 13 * 8 + 6;
const PORT: u16 = 514;
/// How long each step may take: to connect, to send, to be read.
const STEP: Duration = Duration::from_secs(3);
/// How long a refusal of a datagram is waited for.
const REFUSAL: Duration = Duration::from_millis(100);

/// A syslog server. What it writes is read by `audited verify --anchor`.
///
/// TCP confirms: a connection has one message, counted as RFC 6587 has it, and the other side closes it behind that, which is
/// a sign that it has read it, and no proof. Datagrams confirm nothing. None of them is encrypted: a checkpoint is signed and no secret.
#[derive(Debug)]
pub struct Syslog {
    place: Place,
    name: String,
}

#[derive(Debug)]
enum Place {
    /// A socket of this host, such as `/dev/log`.
    Path(PathBuf),
    Udp(String, u16),
    Tcp(String, u16),
}

impl Syslog {
    /// The server at `address`: `tcp://HOST:PORT`, `udp://HOST:PORT` or `unix:PATH`; the port is 514 if it is missing.
    ///
    /// # Errors
    /// Says what an address is like.
    pub fn at(address: &str) -> Result<Self, &'static str> {
        let place = Place::parse(address)
            .ok_or("write \"tcp://HOST:PORT\", \"udp://HOST:PORT\" or \"unix:PATH\"")?;
        Ok(Self { place, name: format!("syslog {address}") })
    }
}

impl Place {
    fn parse(address: &str) -> Option<Self> {
        if let Some(path) = address.strip_prefix("unix:") {
            return Path::new(path).is_absolute().then(|| Self::Path(path.into()));
        }
        let (scheme, authority) = address.split_once("://")?;
        let (host, port) = match authority.rsplit_once(':') {
            // The colons of an address of version 6 stand in brackets.
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (authority, PORT),
        };
        let is_bare = |host: &str| !host.is_empty() && !host.contains(['/', '@', '[', ']', ' ']);
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(inner) => inner,
            None if host.contains(':') => return None,
            None => host,
        };
        let host = Some(host).filter(|host| is_bare(host))?.to_owned();
        match scheme {
            "udp" => Some(Self::Udp(host, port)),
            "tcp" => Some(Self::Tcp(host, port)),
            _ => None,
        }
    }

    fn send(&self, message: &str) -> io::Result<()> {
        match self {
            Self::Path(path) => platform::send_to(path, message.as_bytes(), STEP),
            Self::Udp(host, port) => send_datagram(first(host, *port)?, message),
            Self::Tcp(host, port) => send_framed(first(host, *port)?, message),
        }
    }
}

impl Anchor for Syslog {
    fn name(&self) -> &str {
        &self.name
    }

    fn confirms(&self) -> bool {
        matches!(self.place, Place::Tcp(..))
    }

    fn keep(&mut self, _: &Checkpoint, note: &Note, _: &Arc<dyn Storage>) -> io::Result<()> {
        let message = message(note, Timestamp::now());
        self.place.send(&message).map_err(|error| told("cannot send to it", &error))
    }
}

fn first(host: &str, port: u16) -> io::Result<SocketAddr> {
    let unknown = || io::Error::new(io::ErrorKind::NotFound, "no address is known of that host");
    (host, port).to_socket_addrs()?.next().ok_or_else(unknown)
}

fn send_datagram(to: SocketAddr, message: &str) -> io::Result<()> {
    let any: SocketAddr = if to.is_ipv4() { ([0; 4], 0).into() } else { ([0; 16], 0).into() };
    let socket = UdpSocket::bind(any)?;
    socket.connect(to)?;
    socket.set_write_timeout(Some(STEP))?;
    socket.send(message.as_bytes())?;
    // A host without a server there may say so; nobody says that there is one.
    socket.set_read_timeout(Some(REFUSAL))?;
    match socket.recv(&mut [0]) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Err(error),
        _ => Ok(()),
    }
}

fn send_framed(to: SocketAddr, message: &str) -> io::Result<()> {
    send_over(TcpStream::connect_timeout(&to, STEP)?, message)
}

fn send_over(mut stream: TcpStream, message: &str) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    if matches!(stream.peek(&mut [0]), Ok(0)) {
        return Err(io::Error::other("it closes the connection before anything is sent"));
    }
    stream.set_nonblocking(false)?;
    stream.set_write_timeout(Some(STEP))?;
    stream.set_read_timeout(Some(STEP))?;
    stream.write_all(format!("{} {message}", message.len()).as_bytes())?;
    // Who closes in turn has most likely read it: bytes that nobody has read end it with an error.
    stream.shutdown(Shutdown::Write)?;
    match stream.read(&mut [0]) {
        Ok(0) => Ok(()),
        Ok(_) => Err(io::Error::other("it answers, as no syslog server does")),
        Err(error) => Err(told("it has not said that it has read the message", &error)),
    }
}

/// One line of ASCII, as far as the journal's name is, which no server has a reason to change.
fn message(note: &Note, now: Timestamp) -> String {
    // It has nine digits of a second; RFC 5424 allows six.
    let now = now.to_string();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let is_word =
        |host: &&str| !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic());
    let host = Some(host.trim()).filter(is_word).unwrap_or("-");
    let process = std::process::id();
    let note = note.to_string().replace('\n', "\\n").replace('\u{2014}', "\\u2014");
    format!("<{PRIORITY}>1 {now:.26}Z {host} audited {process} checkpoint - checkpoint=\"{note}\"")
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_server_that_has_closed_before_it_was_sent_anything_confirms_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        // It would still take what is sent, and read none of it.
        server.shutdown(Shutdown::Write).unwrap();
        assert_eq!(stream.peek(&mut [0]).unwrap(), 0);
        let told = send_over(stream, "message").unwrap_err().to_string();
        assert!(told.contains("before anything is sent"), "{told}");
    }

    #[test]
    fn addresses_are_read_and_what_is_none_is_told() {
        let name = |address| Syslog::at(address).map(|syslog| format!("{:?}", syslog.place));
        for (address, place) in [
            ("unix:/dev/log", "Path(\"/dev/log\")"),
            ("udp://logs.example.com", "Udp(\"logs.example.com\", 514)"),
            ("tcp://10.0.0.1:6514", "Tcp(\"10.0.0.1\", 6514)"),
            ("tcp://[::1]:601", "Tcp(\"::1\", 601)"),
            ("udp://[::1]", "Udp(\"::1\", 514)"),
        ] {
            assert_eq!(name(address).as_deref(), Ok(place));
        }
        for none in [
            "",
            "/dev/log",
            "unix:dev/log",
            "tcp://",
            "tcp://:1",
            "tls://a:1",
            "tcp://a:b",
            "udp://a/b",
            "tcp://::1:2",
        ] {
            assert!(name(none).is_err(), "{none}");
        }
    }
}
