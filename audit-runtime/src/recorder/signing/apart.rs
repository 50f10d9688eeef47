//! What signs elsewhere is asked on a thread of its own, so that no record waits for it.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use audit_tlog::{Signer, VerifierKey};

/// How long an answer is waited for that may come at once.
const PATIENCE: Duration = Duration::from_millis(2);
/// After so long without an answer there is something wrong.
const LATE: Duration = Duration::from_secs(5);

/// What signs elsewhere, and what it was asked last. It is asked for one signature at a time, so that one that
/// hangs holds one thread.
pub(crate) struct Apart {
    signer: Arc<dyn Signer>,
    asked: Mutex<Option<Asked>>,
}

struct Asked {
    text: String,
    since: Instant,
    answer: Receiver<io::Result<Vec<u8>>>,
}

impl Apart {
    pub(crate) fn of(signer: impl Signer + 'static) -> Self {
        Self { signer: Arc::new(signer), asked: Mutex::new(None) }
    }

    fn ask(&self, text: &str) -> io::Result<Asked> {
        let (signer, asked) = (Arc::clone(&self.signer), text.to_owned());
        let (send, answer) = mpsc::sync_channel(1);
        // One that panics gives no answer.
        let sign = move || _ = send.send(signer.sign(&asked));
        thread::Builder::new().name("audit-signer".into()).spawn(sign)?;
        Ok(Asked { text: text.to_owned(), since: Instant::now(), answer })
    }
}

impl Signer for Apart {
    fn verifier(&self) -> &VerifierKey {
        self.signer.verifier()
    }

    /// The signature, if there is one by now; else an error that says that it is awaited.
    fn sign(&self, text: &str) -> io::Result<Vec<u8>> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut last, mut patience) = match asked.take() {
            Some(last) => (last, Duration::ZERO),
            None => (self.ask(text)?, PATIENCE),
        };
        let mut answer = last.answer.recv_timeout(patience);
        if last.text != text && !matches!(answer, Err(RecvTimeoutError::Timeout)) {
            // Nobody asks for that any more.
            (last, patience) = (self.ask(text)?, PATIENCE);
            answer = last.answer.recv_timeout(patience);
        }
        match answer {
            Ok(answer) => answer.map_err(|error| io::Error::other(error.to_string())),
            Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("what signs has panicked")),
            Err(RecvTimeoutError::Timeout) => {
                let silent = last.since.elapsed();
                *asked = Some(last);
                Err(if silent < LATE { io::ErrorKind::WouldBlock.into() } else { late(silent) })
            }
        }
    }
}

fn late(silent: Duration) -> io::Error {
    let reason = format!("what signs has not answered for {} s", silent.as_secs());
    io::Error::new(io::ErrorKind::TimedOut, reason)
}
