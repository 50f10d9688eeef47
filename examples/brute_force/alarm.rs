//! The alarm: a watch in the service's own process, with one channel, and the alerts that came of it.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use audit_consumers::alert::webhook::{Form, SigningKey, WebhookOptions};
use audit_consumers::alert::{Alert, Channel, Outbox, Webhook};
use audit_consumers::watch::Watch;
use audit_runtime::Severity;

use crate::Failure;
use crate::receiver::{CERTIFICATE, Receiver};
use crate::script::Expected;

const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(100);

/// A watch of a journal, and the receiver that its alerts go to.
pub(crate) struct Alarm {
    journal: PathBuf,
    watch: Watch,
    receiver: Receiver,
    /// All alerts that came, each once.
    pub(crate) alerts: Vec<Alert>,
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
        Ok(Self { journal: journal.to_owned(), watch, receiver, alerts: Vec::new() })
    }

    /// Waits until the alerts that are expected have come, and returns those that are new.
    pub(crate) fn wait_for(&mut self, expected: &[Expected]) -> &[Alert] {
        let (due, known) = (Instant::now() + PATIENCE, self.alerts.len());
        let is_told = |alerts: &[Alert], (rule, key): &Expected| {
            let told = (Some(*rule), Some(*key));
            alerts.iter().any(|alert| (alert.rule.as_deref(), alert.key.as_deref()) == told)
        };
        while !expected.iter().all(|it| is_told(&self.alerts[known..], it)) && Instant::now() < due
        {
            self.receive();
        }
        &self.alerts[known..]
    }

    /// Stops the watch once it has read and delivered everything; says what was wrong with it.
    pub(crate) fn stop(mut self) -> Result<(Vec<Alert>, Vec<String>), Failure> {
        let due = Instant::now() + PATIENCE;
        let outbox = Outbox::open_existing(Outbox::beside(&self.journal))?;
        let is_at_rest = |watch: &Watch| {
            let (status, channels) = (watch.status(), outbox.channels()?);
            let has_read = (status.detection.lag, status.alerting.lag) == (Some(0), Some(0));
            Ok::<_, Failure>(has_read && channels.iter().all(|channel| channel.waiting == 0))
        };
        // Between the reading of a record and what comes of it lies a moment: look twice.
        let mut looks = 0;
        while looks < 2 && Instant::now() < due {
            thread::sleep(PAUSE);
            looks = if is_at_rest(&self.watch)? { looks + 1 } else { 0 };
        }
        self.receive();
        let status = self.watch.status();
        let failures = [status.detection.failure, status.alerting.failure, status.trouble];
        let mut wrong: Vec<_> = failures.into_iter().flatten().collect();
        if looks < 2 {
            wrong.push("it had not done with everything in time".to_owned());
        }
        self.watch.stop(PATIENCE)?;
        let dead = outbox.dead_letters()?.into_iter();
        wrong.extend(dead.map(|letter| format!("{}: {}", letter.title, letter.error)));
        Ok((self.alerts, wrong))
    }

    /// Takes what has come, or comes in a moment. What comes twice has the same id.
    fn receive(&mut self) {
        let first = self.receiver.alerts.recv_timeout(PAUSE).into_iter();
        for alert in first.chain(self.receiver.alerts.try_iter()).flatten() {
            if self.alerts.iter().all(|known| known.id != alert.id) {
                self.alerts.push(alert);
            }
        }
    }
}
