//! The script: honest logins, then the attacks, and what must be found of each.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::json;

use crate::typed::{ACCOUNTS, GUESSES, MISTYPED, SPRAYED, SPRAYED_NAMES, secrets};

const PATIENCE: Duration = Duration::from_secs(30);

const OFFICE: &str = "192.0.2.10";
/// From where ada's password is guessed.
const GUESSER: &str = "203.0.113.66";
/// From where one password is tried with many names.
pub(crate) const SPRAYER: &str = "198.51.100.23";

/// A rule, and the user or address that it must be found for.
pub(crate) type Expected = (&'static str, &'static str);

/// One part of the script.
pub(crate) struct Act {
    pub(crate) title: &'static str,
    pub(crate) what: &'static str,
    pub(crate) play: fn(&mut Stage) -> io::Result<()>,
    /// What must be found of it.
    pub(crate) expected: &'static [Expected],
}

pub(crate) const ACTS: [Act; 4] = [
    Act {
        title: "An honest morning",
        what: "From 192.0.2.10 ada mistypes her password once and logs in; bob types his password\n\
               where his name belongs, then logs in and reads his order. Nothing is to be found.",
        play: honest,
        expected: &[],
    },
    Act {
        title: "Somebody guesses ada's password",
        what: "From 203.0.113.66 seven wrong passwords are tried for ada, one after the other. The\n\
               eighth is right.",
        play: guess,
        expected: &[
            ("bf_ip", GUESSER),
            ("bf_user", "ada"),
            ("bf_user_ip", "ada from 203.0.113.66"),
            ("compromise_ip", GUESSER),
        ],
    },
    Act {
        title: "Somebody sprays one password",
        what: "From 198.51.100.23 one password is tried with six names, once each, so that no\n\
               account is locked. Two of the names exist.",
        play: spray,
        expected: &[("bf_ip", SPRAYER), ("spray_ip", SPRAYER)],
    },
    Act {
        title: "The taken account is used",
        what: "With ada's session 203.0.113.66 asks for the orders 100 to 111. None of them is hers.",
        play: probe,
        expected: &[("authz_probe", "ada")],
    },
];

/// What the script needs on its way, and what it leaves.
pub(crate) struct Stage {
    server: SocketAddr,
    pub(crate) requests: usize,
    /// What must not be written anywhere: what is typed, and the sessions' tokens.
    pub(crate) secrets: Vec<String>,
    token: String,
    pub(crate) surprises: Vec<String>,
}

fn honest(stage: &mut Stage) -> io::Result<()> {
    let [(ada, adas, _), (bob, bobs, order), _] = ACCOUNTS;
    stage.log_in(OFFICE, ada, MISTYPED, 401)?;
    stage.log_in(OFFICE, ada, adas, 200)?;
    stage.log_in(OFFICE, bobs, bobs, 401)?;
    stage.log_in(OFFICE, bob, bobs, 200)?;
    stage.read_order(OFFICE, order, 200)
}

fn guess(stage: &mut Stage) -> io::Result<()> {
    let [(ada, adas, _), ..] = ACCOUNTS;
    GUESSES.iter().try_for_each(|guess| stage.log_in(GUESSER, ada, guess, 401))?;
    stage.log_in(GUESSER, ada, adas, 200)
}

fn spray(stage: &mut Stage) -> io::Result<()> {
    SPRAYED_NAMES.iter().try_for_each(|name| stage.log_in(SPRAYER, name, SPRAYED, 401))
}

fn probe(stage: &mut Stage) -> io::Result<()> {
    (100..112).try_for_each(|id| stage.read_order(GUESSER, id, 403))
}

impl Stage {
    pub(crate) fn new(server: SocketAddr) -> Self {
        let secrets = secrets().map(str::to_owned).collect();
        let (token, surprises) = (String::new(), Vec::new());
        Self { server, requests: 0, secrets, token, surprises }
    }

    fn log_in(&mut self, from: &str, name: &str, password: &str, status: u16) -> io::Result<()> {
        let body = json!({ "name": name, "password": password }).to_string();
        self.send(from, "POST /login", &body, status)
    }

    fn read_order(&mut self, from: &str, id: u32, status: u16) -> io::Result<()> {
        self.send(from, &format!("GET /orders/{id}"), "", status)
    }

    /// Sends a request as a proxy would that forwards it, in the session of the last login.
    fn send(&mut self, from: &str, line: &str, body: &str, expected: u16) -> io::Result<()> {
        let (server, token, length) = (self.server, &self.token, body.len());
        let mut stream = TcpStream::connect(server)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "{line} HTTP/1.1\r\nHost: {server}\r\nX-Forwarded-For: {from}\r\n\
             Authorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let token = answer.split_once(r#""token":""#).and_then(|(_, rest)| rest.split_once('"'));
        if let Some((token, _)) = token {
            self.token = token.to_owned();
            self.secrets.push(token.to_owned());
        }
        self.requests += 1;
        let status = answer.split(' ').nth(1).unwrap_or("nothing");
        if status != expected.to_string() {
            let number = self.requests;
            self.surprises.push(format!("request {number} was answered {status}, not {expected}"));
        }
        Ok(())
    }
}
