//! One message that says it is a test, sent by the way that alerts go.

use std::thread;
use std::time::{Duration, Instant};

use audit_runtime::{EventId, Severity, Timestamp};

use super::worker::Worker;
use super::{Alert, Channel, Outbox, OutboxError};

/// How much longer than a delivery is waited for the worker of another process that has it.
const SLACK: Duration = Duration::from_secs(10);

const PAUSE: Duration = Duration::from_millis(100);

impl Outbox {
    /// Sends a message that says it is a test through `channel`: into the outbox, claimed, delivered,
    /// written down, once. The worker of another process may be faster; then its outcome is told.
    ///
    /// What was not delivered is forgotten and not tried again.
    ///
    /// # Errors
    /// Fails when the outbox does; the inner result says why the message was not delivered.
    pub fn send_test(&mut self, channel: Channel) -> Result<Result<(), String>, OutboxError> {
        let name = channel.name.clone();
        let patience = channel.delivery_time_max + SLACK;
        let id = format!("test/{name}/{}", EventId::new(Timestamp::now()));
        let title = format!("Test of the channel {name}");
        let mut alert = Alert::new(&id, title, Severity::Informational, Timestamp::now())
            .sentence("Somebody has asked for this message. Nothing has happened.");
        alert.drill = Some("test".to_owned());
        let mut worker = Worker::new(self, channel)?;
        self.take_for(&alert, &name)?;
        let outcome = match worker.send_one(&id)? {
            Some(outcome) => outcome.map_err(|error| error.to_string()),
            None => self.outcome_elsewhere(&id, patience)?,
        };
        if outcome.is_err() {
            self.forget(&id)?;
        }
        Ok(outcome)
    }

    /// What came of a message that another process sends.
    fn outcome_elsewhere(
        &self,
        id: &str,
        patience: Duration,
    ) -> Result<Result<(), String>, OutboxError> {
        let due = Instant::now() + patience;
        loop {
            let state = self.deliveries(id)?.into_iter().next();
            let told = state.and_then(|state| match (state.delivered_at, state.error) {
                (Some(_), _) => Some(Ok(())),
                (None, error) => error.map(Err),
            });
            if let Some(told) = told {
                return Ok(told);
            }
            if Instant::now() >= due {
                return Ok(Err("another process has it, and has not sent it yet".to_owned()));
            }
            thread::sleep(PAUSE);
        }
    }
}
