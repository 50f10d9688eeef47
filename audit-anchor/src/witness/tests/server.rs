//! A server on loopback that answers as a test says, whatever it is asked.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use super::{KEY, Witness};

/// What a server answers to the body of a request.
pub(super) type Reply = Box<dyn Fn(&str) -> Vec<u8> + Send>;

/// Answers one request after the other, and tells the body of each.
pub(super) fn serve(replies: Vec<Reply>) -> (Witness, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/w1/", listener.local_addr().unwrap());
    let (told, bodies) = channel();
    thread::spawn(move || {
        for reply in replies {
            let (mut stream, _) = listener.accept().unwrap();
            let body = read(&mut stream);
            let _ = stream.write_all(&reply(&body));
            let _ = told.send(body);
        }
    });
    (Witness::new(&url, KEY.parse().unwrap()).unwrap(), bodies)
}

/// Reads a request, and returns its body.
pub(super) fn read(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        let length = stream.read(&mut part).unwrap();
        assert!(length > 0, "the request is cut");
        bytes.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        assert!(head.starts_with("POST /w1/add-checkpoint HTTP/1.1\r\n"), "{head}");
        let head = head.to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if body.len() == length.parse::<usize>().unwrap() {
            return body.to_owned();
        }
    }
}

pub(super) fn answer(status: u16, kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

pub(super) fn says(status: u16, kind: &'static str, body: impl Into<String>) -> Reply {
    let body = body.into();
    Box::new(move |_| answer(status, kind, &body))
}

pub(super) fn has(size: u64) -> Reply {
    says(409, "text/x.tlog.size", format!("{size}\n"))
}
