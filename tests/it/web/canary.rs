//! A secret planted in every place of a request shows up nowhere: not in the journal, not in the
//! output of the process.
//!
//! The service is a process of its own, so that its whole output is seen: this test's binary,
//! started again. It copies its journal to standard output and prints all tracing there is.
//!
//! Three things are not asked of the library, and kept out on purpose. The standard panic hook
//! prints a panic's message, so the service sets a hook that prints the place only, as the
//! documentation of the middleware advises. A user agent, and a client's ids that look like ids,
//! are recorded by design; `ids` tests that these are all. And actix-web itself logs the error of a
//! body that breaks.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorBadRequest, ErrorInternalServerError, ErrorUnauthorized};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Form, Json, Query, ServiceConfig};
use actix_web::{App, Error, HttpResponse, HttpServer};
use audit_runtime::{Actor, AuditMiddleware, Event, Mirror, Recorder, Redact, audited};
use serde::Deserialize;
use tracing_subscriber::filter::LevelFilter;

use super::client::{request, status};

/// Part of every secret here. As a path, a name and a header value it needs no escaping.
const CANARY: &str = "c4n4ry";
/// `user:c4n4ry` as basic authentication writes it.
const BASIC: &str = "dXNlcjpjNG40cnk=";
/// What must be found, so that an empty search proves nothing by mistake.
const AGENT: &str = "visible-agent";

/// Tells this binary, started again, to be the service, and where its journal goes.
const JOURNAL: &str = "AUDIT_TEST_JOURNAL";
const READY: &str = "the service listens on ";

#[test]
fn no_secret_in_a_request_reaches_the_journal_or_the_output() {
    if let Some(journal) = std::env::var_os(JOURNAL) {
        return serve(Path::new(&journal));
    }
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    let mut service = Service::start(&journal);
    let sent = send_all(service.address);
    let output = service.stop();

    let written = read_all(&journal);
    for (place, text) in [("journal", &written), ("output", &output)] {
        assert!(text.contains(AGENT), "the {place} holds no record of a request");
        for secret in [CANARY, BASIC] {
            let line = text.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "a secret is in the {place}");
        }
    }
    let access = r#""category":"access""#;
    assert_eq!(written.matches(access).count(), sent);
    for own in ["UpdateProfile", "ImportProfile", "FindUser", "http.request", "panic"] {
        assert!(written.contains(own), "no record tells of {own}");
    }
    assert!(output.contains("panicked at"), "the panic hook did not run");
    assert!(output.contains("TRACE"), "nothing was traced");
}

/// Sends every request, and gives their number.
fn send_all(address: SocketAddr) -> usize {
    let headers = hostile_headers();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let form = [headers.as_slice(), &["content-type: application/x-www-form-urlencoded"]].concat();
    let json = [headers.as_slice(), &["content-type: application/json"]].concat();
    let requests = [
        ("GET /users/c4n4ry?token=c4n4ry", &headers, "", 500),
        ("GET /users/c4n4ry-%22%0a?c4n4ry", &headers, "", 500),
        ("GET /c4n4ry/c4n4ry?c4n4ry=c4n4ry", &headers, "", 404),
        ("GET /numbers/c4n4ry", &headers, "", 404),
        ("GET /search?page=c4n4ry", &headers, "", 400),
        ("DELETE /users/c4n4ry", &headers, "", 404),
        ("POST /form", &form, "name=ada&password=c4n4ry&token=c4n4ry", 200),
        ("POST /form", &form, "c4n4ry=c4n4ry", 400),
        ("POST /json", &json, r#"{"name":"ada","password":"c4n4ry"}"#, 400),
        ("POST /json", &json, r#"{"name":["c4n4ry"]}"#, 400),
        ("POST /json", &json, "c4n4ry", 400),
        ("GET /guarded", &headers, "", 401),
        ("GET /login", &headers, "", 401),
        ("GET /panic/c4n4ry", &headers, "", 0),
        ("GET /panic-inside/c4n4ry", &headers, "", 0),
    ];
    for (line, headers, body, expected) in &requests {
        assert_eq!(status(&request(address, line, headers, body)), *expected, "{line}");
    }
    requests.len()
}

fn hostile_headers() -> Vec<String> {
    let mut headers = vec![
        format!("authorization: Basic {BASIC}"),
        format!("user-agent: {AGENT}"),
        // Two words are no id.
        format!("x-correlation-id: {CANARY} {CANARY}"),
        format!("x-request-id: \"{CANARY}\""),
        format!("traceparent: 00-{CANARY}-{CANARY}-01"),
    ];
    for name in [
        "proxy-authorization",
        "cookie",
        "x-api-key",
        "x-auth-token",
        "x-csrf-token",
        "referer",
        "origin",
        "accept",
        "accept-language",
        "from",
        "via",
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-real-ip",
        "if-none-match",
        "range",
        "tracestate",
        "baggage",
        "x-c4n4ry",
        "dpop",
        "sec-websocket-key",
    ] {
        headers.push(format!("{name}: {CANARY}={CANARY}"));
    }
    headers
}

fn read_all(directory: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text.push_str(&read_all(&path));
        } else {
            text.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
        }
    }
    text
}

/// The service as a process, with all of its output.
struct Service {
    process: Child,
    address: SocketAddr,
    stdout: std::thread::JoinHandle<String>,
    stderr: std::thread::JoinHandle<String>,
}

impl Service {
    fn start(journal: &Path) -> Self {
        let binary: PathBuf = std::env::current_exe().unwrap();
        let name = "web::canary::no_secret_in_a_request_reaches_the_journal_or_the_output";
        let mut process = Command::new(binary)
            .args(["--exact", name, "--nocapture"])
            .env(JOURNAL, journal)
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = process.stderr.take().unwrap();
        let stderr = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut said = String::new();
        let address = loop {
            assert!(stdout.read_line(&mut said).unwrap() > 0, "the service did not start: {said}");
            if let Some((_, address)) = said.trim_end().rsplit_once(READY) {
                break address.parse().unwrap();
            }
        };
        let stdout = std::thread::spawn(move || {
            stdout.read_to_string(&mut said).unwrap();
            said
        });
        Self { process, address, stdout, stderr }
    }

    /// Lets the service end in an orderly way, and gives what it wrote.
    fn stop(&mut self) -> String {
        drop(self.process.stdin.take());
        assert!(self.process.wait().unwrap().success());
        let nothing = || std::thread::spawn(String::new);
        let stdout = std::mem::replace(&mut self.stdout, nothing());
        let stderr = std::mem::replace(&mut self.stderr, nothing());
        stdout.join().unwrap() + &stderr.join().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // A failed test leaves no service behind; after `stop` there is none to end.
        let _ = self.process.kill();
    }
}

/// The service: runs until its standard input ends.
fn serve(journal: &Path) {
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("panicked at {}", panic.location().unwrap());
    }));
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(std::io::stderr)
        .init();
    let recorder = Recorder::builder(journal).mirror(Mirror::Stdout).install().unwrap();
    actix_web::rt::System::new().block_on(async {
        let app = || App::new().configure(routes).wrap(AuditMiddleware::new());
        let server = HttpServer::new(app).workers(1).disable_signals();
        let server = server.bind(("127.0.0.1", 0)).unwrap();
        println!("{READY}{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        std::thread::spawn(move || {
            std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
            drop(handle.stop(true));
        });
        server.await.unwrap();
    });
    recorder.shutdown(Duration::from_secs(10)).unwrap();
}

fn routes(config: &mut ServiceConfig) {
    config
        .route("/users/{name}", web::get().to(find_user))
        .route("/numbers/{number}", web::get().to(number))
        .route("/search", web::get().to(search))
        .route("/form", web::post().to(update_profile))
        .route("/json", web::post().to(import_profile))
        .route("/login", web::get().to(login))
        .route("/panic/{text}", web::get().to(panics))
        .route("/panic-inside/{text}", web::get().to(panics_inside))
        .service(
            web::scope("/guarded").wrap(from_fn(reject)).route("", web::get().to(HttpResponse::Ok)),
        );
}

#[derive(Deserialize, Redact)]
struct Profile {
    #[sensitive]
    #[serde(deserialize_with = "audit_runtime::withheld")]
    name: String,
    #[sensitive]
    #[serde(deserialize_with = "audit_runtime::withheld")]
    password: String,
}

#[derive(Deserialize)]
struct Page {
    page: u32,
}

#[audited(action = "FindUser", fields(name = audit_runtime::public(&"a user")))]
async fn find_user(name: web::Path<String>) -> Result<HttpResponse, Error> {
    Err(ErrorInternalServerError(format!("no user {name}")))
}

async fn number(number: web::Path<u32>) -> String {
    number.to_string()
}

async fn search(query: Query<Page>) -> String {
    query.page.to_string()
}

/// Hides from the probe that the canary leaves on purpose.
fn shown(text: &str) -> &str {
    text
}

#[audited(action = "UpdateProfile", fields(profile))]
async fn update_profile(Form(profile): Form<Profile>) -> HttpResponse {
    HttpResponse::Ok().body(format!("{} {}", shown(&profile.name), shown(&profile.password)))
}

#[audited(action = "ImportProfile", fields(profile))]
async fn import_profile(Json(profile): Json<Profile>) -> Result<String, Error> {
    Err(ErrorBadRequest(format!(
        "{} has the password {}",
        shown(&profile.name),
        shown(&profile.password)
    )))
}

async fn login() -> HttpResponse {
    audit_runtime::set_session(CANARY);
    let login = Event::authentication("password").actor(Actor::unknown_user(CANARY));
    drop(audit_runtime::record(login.failed("unknown_user")));
    HttpResponse::Unauthorized().body(CANARY)
}

async fn panics(text: web::Path<String>) -> HttpResponse {
    panic!("{text}")
}

#[audited(action = "ShowPanic")]
async fn panics_inside(text: web::Path<String>) -> HttpResponse {
    panic!("{text}")
}

async fn reject(
    request: ServiceRequest,
    _: Next<impl MessageBody>,
) -> Result<ServiceResponse, Error> {
    Err(ErrorUnauthorized(format!("{:?}", request.headers())))
}
