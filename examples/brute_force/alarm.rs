//! The alarm: a watch in the service's own process, with one channel to the people on duty.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use audit_consumers::alert::webhook::{Form, SigningKey, WebhookOptions};
use audit_consumers::alert::{Alert, Channel, Outbox, Webhook};
use audit_consumers::watch::Watch;
use audit_runtime::Severity;
use audit_runtime::journal::Reader;

use crate::Failure;
use crate::receiver::{CERTIFICATE, Receiver};

const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// A watch of a journal, and the receiver that its alerts go to.
pub(crate) struct Alarm {
    journal: PathBuf,
    watch: Watch,
    receiver: Receiver,
}

impl Alarm {
    /// Starts the watch; the journal must be there.
    pub(crate) fn start(journal: &Path, receiver: Receiver) -> Result<Self, Failure> {
        let webhook = Webhook::new(WebhookOptions {
            url: receiver.url.clone().into(),
            form: Form::Standard(SigningKey::parse(receiver.key.expose()).ok_or("it is no key")?),
            // The receiver is on this machine, which is refused unless it is said.
            allow_private: true,
            ca: Some(CERTIFICATE.to_vec()),
        })?;
        let channel = Channel::new("on-duty", Severity::Medium, webhook);
        let watch = Watch::builder(journal).channel(channel).start()?;
        Ok(Self { journal: journal.to_owned(), watch, receiver })
    }

    /// The alerts that came since the last call, once all records are read and all alerts delivered.
    pub(crate) fn settle(&self) -> Result<Vec<Alert>, Failure> {
        let due = Instant::now() + PATIENCE;
        while !self.is_at_rest()? {
            if Instant::now() > due {
                return Err(format!("not all was found and told: {:?}", self.watch.status()).into());
            }
            thread::sleep(PAUSE);
        }
        Ok(self.receiver.alerts.try_iter().flatten().collect())
    }

    /// Stops the watch; fails if an alert could not be delivered.
    pub(crate) fn stop(self) -> Result<(), Failure> {
        self.watch.stop(PATIENCE)?;
        let dead = Outbox::open_existing(Outbox::beside(&self.journal))?.dead_letters()?;
        let first = dead.first().map(|letter| format!("{}: {}", letter.title, letter.error));
        first.map_or(Ok(()), |first| Err(format!("undelivered: {first}").into()))
    }

    /// Looked at from the end: no record is left to read, and no alert to deliver.
    fn is_at_rest(&self) -> Result<bool, Failure> {
        let status = self.watch.status();
        let durable = Reader::open(&self.journal)?.watermark()?.unwrap_or(0);
        let outbox = Outbox::open_existing(Outbox::beside(&self.journal))?;
        let is_delivered = outbox.channels()?.iter().all(|channel| channel.waiting == 0);
        let read = [status.detection.next_seq, status.alerting.next_seq];
        Ok(read == [durable; 2] && is_delivered)
    }
}
