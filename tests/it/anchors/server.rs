//! Syslog servers on this machine, which keep what they are sent.

use std::io::{self, Read as _};
use std::net::{TcpListener, UdpSocket};
#[cfg(unix)]
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use audit_tlog::Note;

const PAUSE: Duration = Duration::from_millis(1);

/// Takes one connection after the other, and closes each once it has read it to its end.
pub(super) struct Server {
    port: u16,
    received: Arc<Mutex<Vec<String>>>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// One at this port, or at any for 0.
    pub(super) fn start(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (received, ends) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicBool>::default());
        let (keeping, ending) = (Arc::clone(&received), Arc::clone(&ends));
        let serve = move || {
            while !ending.load(Ordering::Relaxed) {
                let Ok((mut stream, _)) = listener.accept() else {
                    std::thread::sleep(PAUSE);
                    continue;
                };
                let mut text = String::new();
                stream.set_nonblocking(false).unwrap();
                stream.read_to_string(&mut text).unwrap();
                keeping.lock().unwrap().push(text);
            }
        };
        Self { port, received, ends, thread: Some(std::thread::spawn(serve)) }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn address(&self) -> String {
        format!("tcp://127.0.0.1:{}", self.port)
    }

    /// What it was sent: each message behind its length.
    pub(super) fn checkpoints(&self) -> Vec<Note> {
        let received = self.received.lock().unwrap();
        let counted = received.iter().map(|text| {
            let (length, message) = text.split_once(' ').unwrap();
            assert_eq!(length.parse(), Ok(message.len()), "{text}");
            checkpoint(message)
        });
        counted.collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        _ = self.thread.take().map(JoinHandle::join);
    }
}

/// A socket that takes datagrams.
pub(super) enum Datagrams {
    Udp(UdpSocket),
    #[cfg(unix)]
    Unix(UnixDatagram, String),
}

impl Datagrams {
    pub(super) fn udp() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        Self::Udp(socket)
    }

    #[cfg(unix)]
    pub(super) fn unix(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self::Unix(socket, format!("unix:{}", path.display()))
    }

    pub(super) fn address(&self) -> String {
        match self {
            Self::Udp(socket) => format!("udp://{}", socket.local_addr().unwrap()),
            #[cfg(unix)]
            Self::Unix(_, address) => address.clone(),
        }
    }

    /// What it was sent.
    pub(super) fn checkpoints(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut message = [0; 4096];
        while let Ok(length) = self.receive(&mut message) {
            notes.push(checkpoint(std::str::from_utf8(&message[..length]).unwrap()));
        }
        notes
    }

    fn receive(&self, message: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Udp(socket) => socket.recv(message),
            #[cfg(unix)]
            Self::Unix(socket, _) => socket.recv(message),
        }
    }
}

/// The checkpoint in a message of RFC 5424.
fn checkpoint(message: &str) -> Note {
    let parts: Vec<&str> = message.splitn(8, ' ').collect();
    let [head, time, _, app, process, id, structured, text] = parts[..] else {
        panic!("{message}")
    };
    assert_eq!((head, app, id, structured), ("<110>1", "audited", "checkpoint", "-"));
    assert!(time.len() == 27 && time.ends_with('Z') && process.parse::<u32>().is_ok(), "{message}");
    assert!(message.bytes().all(|byte| (b' '..0x7f).contains(&byte)), "{message}");
    let quoted =
        text.strip_prefix("checkpoint=\"").and_then(|text| text.strip_suffix('"')).unwrap();
    Note::parse(&quoted.replace("\\n", "\n").replace("\\u2014", "\u{2014}")).unwrap()
}
