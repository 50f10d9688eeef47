//! What actix-web answers to input that does not fit, with the settings of this library and without.

use std::net::SocketAddr;

use actix_web::web::{self, Form, Json, Path, Query, ServiceConfig};
use audit_runtime::{form_config, json_config, path_config, query_config};
use serde::Deserialize;

use super::CANARY;
use crate::web::client::{request, status};
use crate::web::server::Server;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "the fields are there to be refused")]
struct Page {
    number: u32,
    #[serde(default)]
    order: Order,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    #[default]
    Newest,
}

fn echoing(config: &mut ServiceConfig) {
    config
        .route("/json", web::post().to(|_: Json<Page>| async { "here" }))
        .route("/form", web::post().to(|_: Form<Page>| async { "here" }))
        .route("/query", web::post().to(|_: Query<Page>| async { "here" }))
        .route("/path/{number}", web::post().to(|_: Path<u32>| async { "here" }));
}

fn withholding(config: &mut ServiceConfig) {
    config
        .app_data(json_config())
        .app_data(form_config())
        .app_data(query_config())
        .app_data(path_config());
    echoing(config);
}

const JSON: &str = "content-type: application/json";
const FORM: &str = "content-type: application/x-www-form-urlencoded";

/// Sends to both servers; they must give the same status, and the second no canary.
fn send(address: [SocketAddr; 2], path: &str, header: &str, body: &str) -> [String; 2] {
    let line = format!("POST {path}");
    let answers = address.map(|address| request(address, &line, &[header], body));
    let [echo, answer] = &answers;
    assert_eq!(status(answer), status(echo), "{path} {header}");
    assert!(!answer.contains(CANARY), "{answer}");
    answers
}

#[test]
fn input_that_does_not_fit_is_refused_without_a_word_of_it() {
    let servers = [Server::start(echoing), Server::start(withholding)];
    let address = [servers[0].address, servers[1].address];
    let cases = [
        ("/json", JSON, r#"{"number":"c4n4ry"}"#, 400, "line 1, column 18: a value is not"),
        ("/json", JSON, "{\n\"order\":\"c4n4ry\"}", 400, "line 2, column 16: a value is not"),
        ("/json", JSON, r#"{"c4n4ry":1}"#, 400, "line 1, column 9: a value is not"),
        ("/form", FORM, "number=1&order=c4n4ry", 400, "a value is not"),
        ("/form", FORM, "c4n4ry=1", 400, "a value is not"),
        ("/query?number=1&order=c4n4ry", JSON, "", 400, "a value is not"),
        ("/query?c4n4ry=1", JSON, "", 400, "a value is not"),
    ];
    for (path, header, body, code, told) in cases {
        let [echo, answer] = send(address, path, header, body);
        assert!(echo.contains(CANARY), "actix-web no longer echoes: {echo}");
        assert_eq!(status(&answer), code, "{answer}");
        assert!(answer.contains(told), "{answer}");
    }
    // These are never echoed, and keep their status; so does what fits.
    let large = format!(r#"{{"number":1,"more":"{}"}}"#, CANARY.repeat(400_000));
    for (path, header, body, code) in [
        ("/json", JSON, "c4n4ry", 400),
        ("/json", FORM, "c4n4ry", 400),
        ("/json", JSON, &large, 413),
        ("/form", JSON, "number=c4n4ry", 415),
        ("/form", FORM, &large, 413),
        ("/path/c4n4ry", JSON, "", 404),
        ("/json", JSON, r#"{"number":1}"#, 200),
        ("/form", FORM, "number=1", 200),
        ("/query?number=1", JSON, "", 200),
        ("/path/1", JSON, "", 200),
    ] {
        let [_, answer] = send(address, path, header, body);
        assert_eq!(status(&answer), code, "{path} {header}");
    }
    servers.into_iter().for_each(|server| drop(server.finish()));
}
