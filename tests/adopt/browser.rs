//! What a browser or a client of an API sends, and what it is answered.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Echoed by what is audited, and by nothing else.
const CORRELATION: &str = "x-correlation-id";

/// A client of one service, with the cookies that it was given and a token that it was told.
pub struct Browser {
    server: SocketAddr,
    cookies: BTreeMap<String, String>,
    token: Option<String>,
    seen: Vec<Exchange>,
    secrets: Vec<String>,
}

/// One request with its answer, but for what differs from one time to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    pub step: &'static str,
    pub status: u16,
    /// In the order of their names.
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The correlation id came back.
    pub echoed: bool,
}

impl Browser {
    pub fn new(server: SocketAddr) -> Self {
        Self {
            server,
            cookies: BTreeMap::new(),
            token: None,
            seen: Vec::new(),
            secrets: Vec::new(),
        }
    }

    pub fn get(&mut self, step: &'static str, path: &str) -> u16 {
        self.send(step, &format!("GET {path}"), "text/plain", "")
    }

    pub fn form(&mut self, step: &'static str, path: &str, body: &str) -> u16 {
        self.send(step, &format!("POST {path}"), "application/x-www-form-urlencoded", body)
    }

    pub fn json(&mut self, step: &'static str, line: &str, body: &str) -> u16 {
        self.send(step, line, "application/json", body)
    }

    /// Sends a request whose records have the name of this step as their correlation id.
    fn send(&mut self, step: &'static str, line: &str, kind: &str, body: &str) -> u16 {
        let mut request = format!(
            "{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nuser-agent: script/1\r\n\
             {CORRELATION}: {step}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n",
            body.len()
        );
        if !self.cookies.is_empty() {
            let cookies: Vec<_> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
            request += &format!("cookie: {}\r\n", cookies.join("; "));
        }
        if let Some(token) = &self.token {
            request += &format!("authorization: Bearer {token}\r\n");
        }
        let mut stream = TcpStream::connect(self.server).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(format!("{request}\r\n{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        self.take(step, &answer)
    }

    /// Keeps cookies and tokens, and notes the answer without them.
    fn take(&mut self, step: &'static str, answer: &str) -> u16 {
        let (head, body) = answer.split_once("\r\n\r\n").expect(step);
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            let name = name.to_ascii_lowercase();
            match name.as_str() {
                "date" => {}
                "set-cookie" => headers.push((name, self.keep_cookie(value))),
                _ => headers.push((name, value.to_owned())),
            }
        }
        let echo = (CORRELATION.to_owned(), step.to_owned());
        let count = headers.len();
        headers.retain(|header| *header != echo);
        let echoed = headers.len() < count;
        headers.sort();
        let body = self.keep_token(body);
        self.seen.push(Exchange { step, status, headers, body, echoed });
        status
    }

    /// The cookie without its value, which is kept; one that is taken back has none.
    fn keep_cookie(&mut self, cookie: &str) -> String {
        let (pair, attributes) = cookie.split_once("; ").unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').unwrap();
        let is_taken_back = value.is_empty();
        if is_taken_back {
            self.cookies.remove(name);
        } else {
            self.secrets.push(value.to_owned());
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let kept = if is_taken_back { "" } else { "(a value)" };
        // A time that counts from now may differ by a second.
        let lasting = attributes.split("; ").filter(|attribute| !attribute.starts_with("Expires="));
        format!("{name}={kept}; {}", lasting.collect::<Vec<_>>().join("; "))
    }

    /// The body without the token in it, which is kept.
    fn keep_token(&mut self, body: &str) -> String {
        let Some((before, rest)) = body.split_once(r#""token":""#) else {
            return body.to_owned();
        };
        let (token, after) = rest.split_once('"').unwrap();
        self.secrets.push(token.to_owned());
        self.token = Some(token.to_owned());
        format!(r#"{before}"token":"(a token)"{after}"#)
    }

    /// Goes on as somebody else: without cookies and token.
    pub fn forget(&mut self) -> Option<String> {
        self.cookies.clear();
        self.token.take()
    }

    /// Goes on with this token.
    pub fn with_token(&mut self, token: &str) {
        self.token = Some(token.to_owned());
    }

    /// What was answered, and the cookies and tokens among it.
    pub fn into_seen(self) -> (Vec<Exchange>, Vec<String>) {
        (self.seen, self.secrets)
    }
}
