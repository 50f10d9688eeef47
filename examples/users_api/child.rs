//! The service as a child process, so that everything it prints can be searched.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::service::ANNOUNCEMENT;

/// How long the service may take to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running service; it stops when this is dropped, because its standard input ends then.
pub(crate) struct Service {
    child: Child,
    pub(crate) address: SocketAddr,
    printed: Vec<JoinHandle<Vec<u8>>>,
}

impl Service {
    /// Starts this program again, with `--serve` on a free port.
    ///
    /// # Errors
    /// Fails when the service does not start, with what it printed.
    pub(crate) fn start(journal: &Path, users: &Path) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--serve", "127.0.0.1:0", "--until-eof"])
            .arg("--journal")
            .arg(journal)
            .arg("--users")
            .arg(users)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err("the service's output was not captured".into());
        };
        let errors = thread::spawn(|| read_all(stderr, Vec::new()));
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        let mut printed = Vec::new();
        loop {
            line.clear();
            if stdout.read_line(&mut line)? == 0 {
                child.wait()?;
                let errors = errors.join().unwrap_or_default();
                let errors = String::from_utf8_lossy(&errors);
                return Err(format!("the service did not start: {}", errors.trim()).into());
            }
            printed.extend_from_slice(line.as_bytes());
            if let Some(address) = line.trim().strip_prefix(ANNOUNCEMENT) {
                let address = address.parse()?;
                let rest = thread::spawn(|| read_all(stdout, printed));
                return Ok(Self { child, address, printed: vec![rest, errors] });
            }
        }
    }

    /// Stops the service; the answer is everything it printed.
    ///
    /// # Errors
    /// Fails when the service does not stop, or says that it failed.
    pub(crate) fn stop(mut self) -> Result<Vec<u8>, Box<dyn Error>> {
        drop(self.child.stdin.take());
        let due = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            if Instant::now() >= due {
                self.child.kill()?;
                return Err(format!("the service did not stop within {PATIENCE:?}").into());
            }
            thread::sleep(Duration::from_millis(10));
        };
        let printed = self.printed.into_iter().map(|thread| thread.join().unwrap_or_default());
        let printed = printed.collect::<Vec<_>>().concat();
        if status.success() {
            Ok(printed)
        } else {
            let printed = String::from_utf8_lossy(&printed);
            Err(format!("the service failed ({status}): {printed}").into())
        }
    }
}

fn read_all(mut from: impl Read, mut bytes: Vec<u8>) -> Vec<u8> {
    // What was read before an error is kept; the child's exit tells the rest.
    let _ = from.read_to_end(&mut bytes);
    bytes
}
