//! A server of Python: on a free port, and every line that it says after that as JSON.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::certificates::Certificates;

const INSTALL: &str = "python3 -m pip install aiosmtpd";

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// It is stopped when dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) port: u16,
    told: Arc<Mutex<Vec<Value>>>,
}

impl Server {
    pub(crate) fn start(script: &str, mode: &str, certificates: &Certificates) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("alerts").join(script);
        let started = Command::new("python3")
            .arg(script)
            .args([certificates.path("server.pem"), certificates.path("server.key")])
            .arg(mode)
            .env("SMTP_PASSWORD", PASSWORD)
            .env("WEBHOOK_SECRET", SECRET)
            .stdout(Stdio::piped())
            .spawn();
        let mut process = started.unwrap_or_else(|error| panic!("no python3: {error}"));
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.next().and_then(Result::ok).and_then(|line| line.parse().ok());
        let port = port.unwrap_or_else(|| panic!("the server did not start; run: {INSTALL}"));
        let told = Arc::<Mutex<Vec<Value>>>::default();
        let kept = Arc::clone(&told);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Self { process, port, told }
    }

    /// Everything that it was sent.
    pub(crate) fn told(&self) -> Vec<Value> {
        self.told.lock().unwrap().clone()
    }

    /// Waits until it was sent so many messages.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Value> {
        let due = Instant::now() + Duration::from_secs(20);
        while self.told().len() < count {
            assert!(Instant::now() < due, "{} of {count} messages", self.told().len());
            thread::sleep(Duration::from_millis(10));
        }
        self.told()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
