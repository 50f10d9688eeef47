//! Clients that send work as fast as it is accepted, until the service is gone.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;

/// What a client was told of a piece of work.
#[derive(Debug)]
pub(super) struct Acknowledged {
    pub(super) work: String,
    pub(super) seq: u64,
}

/// What all clients of a round came to.
#[derive(Default)]
pub(super) struct Round {
    /// How many clients reached the service before it was gone.
    pub(super) connected: usize,
    pub(super) acknowledged: Vec<Acknowledged>,
}

/// Clients at work.
pub(super) struct Clients(Vec<JoinHandle<Option<Vec<Acknowledged>>>>);

impl Clients {
    pub(super) fn start(address: SocketAddr, count: usize, round: u64) -> Self {
        let start = |client| std::thread::spawn(move || work(address, round, client));
        Self((0..count).map(start).collect())
    }

    /// Waits until every client has lost the service, and gives what they were told.
    pub(super) fn join(self) -> Round {
        let mut round = Round::default();
        for client in self.0 {
            if let Some(acknowledged) = client.join().unwrap() {
                round.connected += 1;
                round.acknowledged.extend(acknowledged);
            }
        }
        round
    }
}

/// The whole answer to one request on a connection of its own; empty if there is none.
pub(super) fn ask(address: SocketAddr, path: &str) -> String {
    let mut answer = Vec::new();
    let mut asked = || -> std::io::Result<()> {
        let mut stream = TcpStream::connect(address)?;
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        stream.read_to_end(&mut answer).map(drop)
    };
    // A connection that is reset has no answer, either.
    let _ = asked();
    String::from_utf8(answer).unwrap()
}

/// What the client was told; `None` if it never reached the service.
fn work(address: SocketAddr, round: u64, client: usize) -> Option<Vec<Acknowledged>> {
    let mut stream = TcpStream::connect(address).ok()?;
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let work = format!("{round}-{client}-{number}");
        let request = format!("POST /jobs/{work} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        let Some(answer) = exchange(&mut stream, request.as_bytes()) else {
            break;
        };
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        let (_, rest) = answer.split_once("\r\nx-seq: ").unwrap();
        let (seq, _) = rest.split_once("\r\n").unwrap();
        let seq = seq.parse().unwrap();
        acknowledged.push(Acknowledged { work, seq });
    }
    Some(acknowledged)
}

/// The answer's head, which is all there is; `None` once the service is gone.
fn exchange(stream: &mut TcpStream, request: &[u8]) -> Option<String> {
    stream.write_all(request).ok()?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut bytes = [0; 1024];
        let length = stream.read(&mut bytes).ok().filter(|length| *length > 0)?;
        answer.extend_from_slice(&bytes[..length]);
    }
    Some(String::from_utf8(answer).unwrap())
}
