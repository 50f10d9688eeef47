//! Who acts, as the crates know it that services authenticate with: real servers, and one request after the other.

mod certificates;
mod claims;
mod identities;
mod keys;
mod logins;
mod own;
mod sessions;

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::ServiceConfig;
use audit_runtime::journal::{MemoryStorage, Reader};
use audit_runtime::{AuditLayer, AuditMiddleware, audited, deny};
use axum::Router;
use axum::http::StatusCode;
use serde_json::Value;

use crate::support::Trail;
use crate::tower::server::Server as AxumServer;
use crate::web::client::{header, request, status};
use crate::web::server::Server as ActixServer;

/// How the routes of a service are made, with what authenticates around them.
enum Routes {
    Actix(fn(&mut ServiceConfig)),
    Axum(Router),
}

impl Routes {
    /// Lets `talk` speak with a server that records each request around these routes.
    fn serve(self, talk: impl FnOnce(&Client)) -> Journal {
        let trail = Trail::new();
        let storage = trail.storage.clone();
        let records = match self {
            Self::Actix(routes) => {
                let server = ActixServer::recording(trail, AuditMiddleware::new(), routes);
                talk(&Client(server.address));
                server.finish()
            }
            Self::Axum(routes) => {
                let server = AxumServer::recording(trail, AuditLayer::new(), routes);
                talk(&Client(server.address));
                server.finish()
            }
        };
        Journal { records: records.0, storage }
    }
}

struct Client(SocketAddr);

impl Client {
    /// Asks, with these header lines, and expects a status.
    #[track_caller]
    fn ask(&self, line: &str, headers: &[&str], expected: u16) -> String {
        self.send(line, headers, "", expected)
    }

    #[track_caller]
    fn send(&self, line: &str, headers: &[&str], body: &str, expected: u16) -> String {
        let answer = request(self.0, line, headers, body);
        assert_eq!(status(&answer), expected, "{line}: {answer}");
        answer
    }
}

/// The cookie that an answer sets, as the header line that sends it back, and its secret part.
#[track_caller]
fn cookie(answer: &str) -> (String, String) {
    let cookie = header(answer, "set-cookie").expect("a cookie is set");
    let pair = cookie.split(';').next().unwrap();
    let (_, secret) = pair.split_once('=').unwrap();
    assert!(secret.len() > 20, "{cookie}");
    (format!("cookie: {pair}"), secret.to_owned())
}

/// What a service recorded.
struct Journal {
    records: Vec<Value>,
    storage: MemoryStorage,
}

impl Journal {
    /// Of each record in its order: what was done, how it ended, by whom.
    fn told(&self) -> Vec<String> {
        self.records.iter().map(told).collect()
    }

    /// The record of this action, which is there once.
    #[track_caller]
    fn of(&self, action: &str) -> &Value {
        let own: Vec<_> = self.records.iter().filter(|it| it["action"] == action).collect();
        assert_eq!(own.len(), 1, "{action}: {:?}", self.told());
        own[0]
    }

    /// True if `text` stands anywhere in the journal, in its records about itself too.
    fn says(&self, text: &str) -> bool {
        let mut cursor = Reader::over(Arc::new(self.storage.clone())).cursor(0).unwrap();
        let mut found = false;
        while let Some(line) = cursor.next().unwrap() {
            found |= line.bytes().windows(text.len()).any(|part| part == text.as_bytes());
        }
        found
    }
}

fn told(record: &Value) -> String {
    let action = match record["http"]["status"].as_u64() {
        Some(status) => status.to_string(),
        None => record["action"].as_str().unwrap().to_owned(),
    };
    let actor = &record["actor"];
    let kind = actor["type"].as_str().unwrap();
    let id = actor["id"].as_str().map(|id| format!(":{id}")).unwrap_or_default();
    format!("{action} {} {kind}{id}", record["outcome"].as_str().unwrap())
}

/// What anybody may do.
#[audited(action = "ListBooks")]
async fn list_books() -> HttpResponse {
    HttpResponse::Ok().finish()
}

/// What nobody may do.
#[audited(action = "BurnBooks")]
async fn burn_books() -> HttpResponse {
    deny("nobody may");
    HttpResponse::Forbidden().finish()
}

/// The same in axum.
#[audited(action = "ListBooks")]
async fn list_books_in_axum() -> StatusCode {
    StatusCode::OK
}

#[audited(action = "BurnBooks")]
async fn burn_books_in_axum() -> StatusCode {
    deny("nobody may");
    StatusCode::FORBIDDEN
}

/// The routes for both in actix-web.
fn books(config: &mut ServiceConfig) {
    use actix_web::web::{delete, get};
    config.route("/books", get().to(list_books)).route("/books", delete().to(burn_books));
}

/// The routes for both in axum.
fn books_in_axum() -> Router {
    use axum::routing::get;
    Router::new().route("/books", get(list_books_in_axum).delete(burn_books_in_axum))
}
