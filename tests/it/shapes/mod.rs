//! Handlers as people write them: thirty shapes of actix-web and axum, annotated and otherwise unchanged.
//!
//! `docs/shapes.md` lists them by number. Each is served by a real server and called over a real
//! connection. A shape whose action is refused when it cannot be recorded also refuses here.

mod actix;
mod axum;

use std::net::SocketAddr;
use std::time::Duration;

use ::axum::Router;
use actix_web::web::ServiceConfig;
use audit_runtime::{AuditLayer, AuditMiddleware};
use serde_json::Value;

use crate::support::Trail;
use crate::tower::server::Server as AxumServer;
use crate::web::client::{request, status};
use crate::web::server::{Records, Server as ActixServer};

/// What a service sends as a form.
const FORM: &str = "content-type: application/x-www-form-urlencoded";
/// What a service sends as JSON.
const JSON: &str = "content-type: application/json";
/// The user behind a request, where a shape has one.
const ADA: &str = "x-user: 7";

/// How a service is made, anew for every request.
#[derive(Clone, Copy)]
enum Service {
    Actix(fn(&mut ServiceConfig)),
    Axum(fn() -> Router),
}

/// What one request left.
struct Seen {
    answer: String,
    /// The records of actions, in the order of their ends.
    actions: Vec<Value>,
    access: Value,
}

impl Service {
    /// Sends one request and reads what it left.
    #[track_caller]
    fn ask(self, line: &str, headers: &[&str], body: &str) -> Seen {
        let (answer, records) =
            self.serve(Trail::new(), |address| request(address, line, headers, body));
        Seen::new(answer, &records)
    }

    /// Sends one request while nothing can be recorded: it must be refused before it does anything.
    #[track_caller]
    fn refuses(self, line: &str, headers: &[&str], body: &str) {
        let answer = self.unrecorded(line, headers, body);
        assert_eq!(status(&answer), 503, "{line}: {answer}");
    }

    /// The answer to a request while nothing can be recorded.
    #[track_caller]
    fn unrecorded(self, line: &str, headers: &[&str], body: &str) -> String {
        let trail = Trail::new();
        trail.recorder.shutdown(Duration::from_secs(20)).unwrap();
        let (answer, records) = self.serve(trail, |address| request(address, line, headers, body));
        assert!(records.0.is_empty(), "{line}: {:?}", records.0);
        answer
    }

    /// Lets `talk` speak with a server that records in `trail`.
    fn serve<T>(self, trail: Trail, talk: impl FnOnce(SocketAddr) -> T) -> (T, Records) {
        match self {
            Self::Actix(routes) => {
                let server = ActixServer::recording(trail, AuditMiddleware::new(), routes);
                (talk(server.address), server.finish())
            }
            Self::Axum(routes) => {
                let server = AxumServer::recording(trail, AuditLayer::new(), routes());
                (talk(server.address), server.finish())
            }
        }
    }
}

impl Seen {
    /// Checks that every action belongs to the request and is done by the same actor.
    #[track_caller]
    fn new(answer: String, records: &Records) -> Self {
        let access = records.access().clone();
        let is_action = |record: &&Value| record["category"] != "access";
        let actions: Vec<Value> = records.0.iter().filter(is_action).cloned().collect();
        for action in &actions {
            assert_eq!(action["correlation_id"], access["correlation_id"]);
            assert_eq!(action["actor"], access["actor"]);
            assert!(action["code"]["line"].is_u64(), "{action}");
        }
        Self { answer, actions, access }
    }

    /// The status, and of each action in the order of their ends: name, outcome, actor, targets.
    fn told(&self) -> String {
        let actions = self.actions.iter().map(told_of);
        std::iter::once(status(&self.answer).to_string())
            .chain(actions)
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// True if `text` stands anywhere in a record.
    fn records_say(&self, text: &str) -> bool {
        self.actions.iter().chain([&self.access]).any(|record| record.to_string().contains(text))
    }
}

fn told_of(action: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let mut words = vec![text(&action["action"]), text(&action["outcome"])];
    let actor = &action["actor"];
    words.push(
        actor["id"].as_str().map_or(text(&actor["type"]), |id| text(&actor["type"]) + ":" + id),
    );
    for target in action["targets"].as_array().into_iter().flatten() {
        words.push(text(&target["type"]) + ":" + &text(&target["id"]));
    }
    words.join(" ")
}
