//! The requests that the drive sends, and the trail that they must leave.

use std::io::{self, Write};
use std::net::SocketAddr;

use crate::client::{Reply, Request};
use crate::planted::{
    API_KEY, BROKEN_BODY, COOKIE, EMAIL, MISTYPED_PASSWORD, NEW_PASSWORD, PASSWORD_AS_NAME,
    QUERY_TOKEN, REPORT_NAME, SPOOFED_ADDRESS, UNROUTED_TOKEN,
};
use crate::users::{ACCOUNTS, FAILURES_MAX};

/// What the requests must leave beside their access records, in this order: the action, how it
/// ended, and to whom. An event inside an action stands before it.
pub(crate) const EXPECTED: [&str; 23] = [
    "Login success User 1",
    "Login failure User 2",
    "Login failure unknown user",
    "Login failure User 3",
    "Login failure User 3",
    "Login failure User 3",
    "Login failure User 3",
    "AccountLocked success User 3",
    "Login failure User 3",
    "Login failure User 3",
    "Login success User 2",
    "ReadProfile success User 2",
    "UpdateUser success User 2",
    "ChangeRole denied User 2",
    "UpdateUser denied User 2",
    "DeleteUser denied User 1",
    "DeleteUser denied User 1",
    "DeleteUser success User 3",
    "ReadReport panic",
    "ExportUsers success",
    // Nobody may read a profile without a session: blocked before the handler.
    "ReadProfile denied",
    "Logout success",
    "ReadProfile denied",
];

/// What the service answered.
#[derive(Default)]
pub(crate) struct Played {
    pub(crate) requests: usize,
    pub(crate) surprises: Vec<String>,
    pub(crate) sessions: Vec<String>,
}

/// Sends all requests, one after the other.
///
/// # Errors
/// Fails when the service cannot be reached.
pub(crate) fn play(server: SocketAddr, out: &mut impl Write) -> io::Result<Played> {
    let mut stage = Stage { server, out, played: Played::default() };
    let ada = stage.log_in()?;
    let bob = stage.act_as_bob()?;
    stage.act_as_ada(&ada)?;
    stage.leave(&bob)?;
    Ok(stage.played)
}

struct Stage<'a, W> {
    server: SocketAddr,
    out: &'a mut W,
    played: Played,
}

impl<W: Write> Stage<'_, W> {
    fn log_in(&mut self) -> io::Result<String> {
        let [(_, _, ada), _, (_, _, carol)] = ACCOUNTS;
        let session = self.login("ada logs in", "ada", ada, 200)?;
        self.login("bob mistypes his password", "bob", MISTYPED_PASSWORD, 401)?;
        self.login("somebody types a password as the name", PASSWORD_AS_NAME, "x", 401)?;
        for attempt in 1..=FAILURES_MAX {
            let what = format!("somebody guesses carol's password, time {attempt}");
            self.login(&what, "carol", &format!("guess-{attempt}"), 401)?;
        }
        self.login("carol has it right, but is locked out", "carol", carol, 423)?;
        Ok(session)
    }

    fn act_as_bob(&mut self) -> io::Result<String> {
        let [_, (_, _, password), _] = ACCOUNTS;
        let bob = self.login("bob logs in", "bob", password, 200)?;
        let profile = Request::new("GET", format!("/me?access_token={QUERY_TOKEN}"))
            .session(&bob)
            .header("Cookie", format!("remember_me={COOKIE}"))
            .header("X-Api-Key", API_KEY)
            .header("X-Forwarded-For", SPOOFED_ADDRESS);
        self.call("bob reads his profile; secrets in headers and query", &profile, 200)?;
        let change = format!(
            r#"{{"display_name":"Bob","email":"{EMAIL}","new_password":"{NEW_PASSWORD}"}}"#
        );
        let change = Request::new("PUT", "/users/2").session(&bob).json(change);
        self.call("bob changes himself; secrets in the body", &change, 200)?;
        let promotion = Request::new("PUT", "/users/2").session(&bob);
        let promotion = promotion.json(r#"{"role":"admin"}"#);
        self.call("bob makes himself an administrator", &promotion, 403)?;
        let deletion = Request::new("DELETE", "/users/1").session(&bob);
        self.call("bob deletes ada", &deletion, 403)?;
        Ok(bob)
    }

    fn act_as_ada(&mut self, ada: &str) -> io::Result<()> {
        let deletion = Request::new("DELETE", "/users/3").session(ada);
        self.call("ada deletes carol", &deletion, 204)?;
        let report = Request::new("GET", format!("/reports/{REPORT_NAME}")).session(ada);
        let reply = report.send(self.server)?;
        self.note("ada reads a report, and its handler panics", reply.as_ref(), None)?;
        let export = Request::new("GET", "/export").session(ada);
        let reply = export.send_and_hang_up(self.server)?;
        self.note("ada exports all users, and hangs up", reply.as_ref(), Some(200))
    }

    fn leave(&mut self, bob: &str) -> io::Result<()> {
        let broken = Request::new("PUT", "/users/2").session(bob);
        let broken = broken.json(format!(r#"{{"role":"{BROKEN_BODY}"}}"#));
        self.call("bob sends a body that is refused", &broken, 400)?;
        let nowhere = Request::new("GET", format!("/reset/{UNROUTED_TOKEN}"));
        self.call("somebody asks for a path that is not there", &nowhere, 404)?;
        self.call("somebody reads a profile without a session", &Request::new("GET", "/me"), 401)?;
        let logout = Request::new("POST", "/logout").session(bob);
        self.call("bob logs out", &logout, 204)?;
        let late = Request::new("GET", "/me").session(bob);
        self.call("somebody uses bob's old session", &late, 401)?;
        Ok(())
    }

    fn login(&mut self, what: &str, name: &str, password: &str, status: u16) -> io::Result<String> {
        let body = format!(r#"{{"name":"{name}","password":"{password}"}}"#);
        let reply = self.call(what, &Request::new("POST", "/login").json(body), status)?;
        let session = reply.and_then(|reply| reply.session).unwrap_or_default();
        if !session.is_empty() {
            self.played.sessions.push(session.clone());
        }
        Ok(session)
    }

    fn call(&mut self, what: &str, request: &Request, status: u16) -> io::Result<Option<Reply>> {
        let reply = request.send(self.server)?;
        self.note(what, reply.as_ref(), Some(status))?;
        Ok(reply)
    }

    /// Prints what happened, and keeps it if it is not what was expected.
    fn note(&mut self, what: &str, reply: Option<&Reply>, expected: Option<u16>) -> io::Result<()> {
        let status = reply.map(|reply| reply.status);
        let shown = |status: Option<u16>| status.map_or("none".into(), |status| status.to_string());
        self.played.requests += 1;
        if status != expected {
            let surprise =
                format!("{what}: the answer was {}, not {}", shown(status), shown(expected));
            self.played.surprises.push(surprise);
        }
        writeln!(self.out, "  {:>4}  {what}", shown(status))
    }
}
