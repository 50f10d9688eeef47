//! The service that is killed: this test's binary, started again.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer};
use audit_runtime::{AuditMiddleware, Recorder};

/// Tells this binary to be the service, and where its journal goes.
const JOURNAL: &str = "AUDIT_TEST_JOURNAL";
const READY: &str = "the service listens on ";

/// So small that some kills fall into a rotation.
#[allow(dead_code, reason = "several tests share this file, and each uses a part of it")]
const SEGMENT_BYTES_MAX: u64 = 64 << 10;

/// A running service.
pub(super) struct Service {
    process: Child,
    pub(super) address: SocketAddr,
}

impl Service {
    /// Starts the service that the test of this name plays, and waits until it listens.
    pub(super) fn start(test: &str, journal: &Path) -> Self {
        let mut process = spawn(test, journal);
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

    /// Waits until the process has ended by itself; true if all was well then.
    #[allow(dead_code, reason = "several tests share this file, and each uses a part of it")]
    pub(super) fn ends_well(mut self) -> bool {
        self.process.wait().unwrap().success()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // A failed test leaves no service behind; after `kill` there is none to end.
        let _ = self.process.kill();
    }
}

/// Starts the service and waits for nothing, so that it can be killed while it starts.
pub(super) fn spawn(test: &str, journal: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(JOURNAL, journal)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// True if this process was started to be the service.
pub(super) fn is_asked_for() -> bool {
    std::env::var_os(JOURNAL).is_some()
}

/// Where this process keeps its journal, if it is the service.
pub(super) fn journal() -> PathBuf {
    std::env::var_os(JOURNAL).unwrap().into()
}

/// Tells whoever started this process where it listens.
pub(super) fn announce(address: SocketAddr) {
    println!("{READY}{address}");
}

/// Serves until killed.
#[allow(dead_code, reason = "several tests share this file, and each uses a part of it")]
pub(super) fn serve(routes: fn(&mut ServiceConfig)) {
    let recorder = Recorder::builder(journal());
    let recorder = recorder.segment_bytes_max(SEGMENT_BYTES_MAX).install().unwrap();
    actix_web::rt::System::new().block_on(async {
        let app = move || App::new().configure(routes).wrap(AuditMiddleware::new());
        let server = HttpServer::new(app).workers(2).bind(("127.0.0.1", 0)).unwrap();
        announce(server.addrs()[0]);
        server.run().await.unwrap();
    });
    drop(recorder);
}
