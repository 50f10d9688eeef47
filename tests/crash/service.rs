//! The service that is killed: this test's binary, started again.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use actix_web::{App, HttpResponse, HttpServer, Responder, web};
use audit_runtime::{AuditMiddleware, Event, Recorded, Recorder, Target, audited};

/// Tells this binary to be the service, and where its journal goes.
const JOURNAL: &str = "AUDIT_TEST_JOURNAL";
const READY: &str = "the service listens on ";

/// So small that some kills fall into a rotation.
const SEGMENT_BYTES_MAX: u64 = 64 << 10;

/// A running service.
pub(super) struct Service {
    process: Child,
    pub(super) address: SocketAddr,
}

impl Service {
    /// Starts the service and waits until it listens.
    pub(super) fn start(journal: &Path) -> Self {
        let name = "killed_services_lose_nothing_that_they_acknowledged";
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(JOURNAL, journal)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut said = String::new();
        let address = loop {
            assert!(stdout.read_line(&mut said).unwrap() > 0, "the service did not start: {said}");
            if let Some((_, address)) = said.trim_end().rsplit_once(READY) {
                break address.parse().unwrap();
            }
        };
        Self { process, address }
    }

    /// Kills the process: it gets no chance to end anything.
    pub(super) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // A failed test leaves no service behind; after `kill` there is none to end.
        let _ = self.process.kill();
    }
}

/// True if this process was started to be the service.
pub(super) fn is_asked_for() -> bool {
    std::env::var_os(JOURNAL).is_some()
}

/// Serves until killed.
pub(super) fn serve() {
    let journal = std::env::var_os(JOURNAL).unwrap();
    let recorder = Recorder::builder(Path::new(&journal));
    let recorder = recorder.segment_bytes_max(SEGMENT_BYTES_MAX).install().unwrap();
    actix_web::rt::System::new().block_on(async {
        let app =
            || App::new().route("/jobs/{id}", web::post().to(accept)).wrap(AuditMiddleware::new());
        let server = HttpServer::new(app).workers(2).bind(("127.0.0.1", 0)).unwrap();
        println!("{READY}{}", server.addrs()[0]);
        server.run().await.unwrap();
    });
    drop(recorder);
}

/// Answers with the receipt's place in the journal. The action itself is recorded by the outcome
/// of its response, which the middleware holds back until that record is durable too.
#[audited(action = "AcceptWork", target(Work, id = id))]
async fn accept(id: web::Path<String>) -> impl Responder {
    let target = Target::new("Work", &id);
    let receipt = audit_runtime::record(Event::activity("ReceiveWork").target(target).succeeded());
    match receipt.await {
        Ok(Recorded::Durable { seq, .. }) => {
            HttpResponse::Ok().insert_header(("x-seq", seq.to_string())).finish()
        }
        _ => HttpResponse::ServiceUnavailable().finish(),
    }
}
