//! The worker of one channel: sends what is due, as fast as it may, and writes down how it went.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use audit_runtime::{Severity, Timestamp};

use super::bell::Bell;
use super::bounded::{Bounded, Ended};
use super::outbox::{Claim, Outcome};
use super::rate::{Allowed, Bucket};
use super::{Alert, Channel, Outbox, OutboxError, times};

/// How long a worker sleeps at the most: another process may have put something into the outbox.
const LOOK: Duration = Duration::from_secs(1);

/// How much longer than a delivery its lease lasts, so that it can be written down.
const LEASE_SLACK_MS: i64 = 10_000;

const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

/// The longest that a receiver which asks to be left alone silences the whole channel.
const QUIET_MAX: Duration = Duration::from_secs(15 * 60);

pub(crate) struct Worker {
    outbox: Outbox,
    channel: Channel,
    sender: Bounded,
    bucket: Bucket,
    bell: Arc<Bell>,
    quiet_until: Option<Instant>,
    swept: Option<Instant>,
    beaten: Option<i64>,
    trouble: Arc<Trouble>,
}

/// What keeps a worker from its database at the moment.
#[derive(Debug, Default)]
pub(crate) struct Trouble(Mutex<Option<String>>);

impl Trouble {
    pub(crate) fn told(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note<T>(&self, outcome: &Result<T, OutboxError>) {
        let told = outcome.as_ref().err().map(OutboxError::to_string);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = told;
    }
}

impl Worker {
    /// A worker by a connection of its own, so that none waits for another.
    pub(crate) fn new(outbox: &Outbox, channel: Channel) -> Result<Self, OutboxError> {
        let outbox = outbox.again()?;
        let sender = Bounded::new(Arc::clone(&channel.notifier));
        let bucket = Bucket::new(channel.rate, Instant::now());
        let bell = outbox.bell();
        let (quiet_until, swept, beaten, trouble) = (None, None, None, Arc::default());
        Ok(Self { outbox, channel, sender, bucket, bell, quiet_until, swept, beaten, trouble })
    }

    pub(crate) fn trouble(&self) -> Arc<Trouble> {
        Arc::clone(&self.trouble)
    }

    /// Works until the end is asked for. A database that fails is tried again, for there is nothing
    /// else to do about it here; the alerts stay in it.
    pub(crate) fn run(mut self) {
        while self.bell.stop_by().is_none() {
            let seen = self.bell.rings();
            let turn = self.turn();
            self.trouble.note(&turn);
            if let Some(idle) = turn.unwrap_or(Some(LOOK)) {
                self.bell.wait(seen, idle.min(LOOK));
            }
        }
    }

    /// Sends one message if one is due; else says how long nothing is.
    fn turn(&mut self) -> Result<Option<Duration>, OutboxError> {
        self.sweep()?;
        self.beat()?;
        let now = Instant::now();
        if let Some(until) = self.quiet_until.filter(|until| *until > now) {
            return Ok(Some(until - now));
        }
        let all = match self.bucket.allowed(now) {
            Allowed::None(wait) => return Ok(Some(wait)),
            Allowed::One => false,
            Allowed::All => true,
        };
        let (now_ms, lease_ms) = (times::now_ms(), self.lease_ms());
        let claim = self.outbox.claim(&self.channel.name, all, now_ms, lease_ms)?;
        match claim {
            Some(claim) => self.send(&claim).map(|()| None),
            None => self.idle(now_ms).map(Some),
        }
    }

    /// Sends this one alert now, whatever else waits; `None` if another worker has it.
    pub(crate) fn send_one(&mut self, alert: &str) -> Result<Option<Outcome>, OutboxError> {
        let lease_ms = self.lease_ms();
        let now_ms = times::now_ms();
        let claim = self.outbox.claim_one(&self.channel.name, alert, now_ms, lease_ms)?;
        let Some(claim) = claim else { return Ok(None) };
        let ended = self.sender.deliver(&claim.message, self.channel.delivery_time_max, &self.bell);
        let Ended::Told(outcome) = ended else { return Ok(None) };
        if outcome.is_ok() {
            self.outbox.settle(&claim, &outcome, times::now_ms())?;
        }
        Ok(Some(outcome))
    }

    fn send(&mut self, claim: &Claim) -> Result<(), OutboxError> {
        self.bucket.spend();
        let ended = self.sender.deliver(&claim.message, self.channel.delivery_time_max, &self.bell);
        // What did not come to its end stays leased for a while, because it may still arrive.
        let Ended::Told(outcome) = ended else { return Ok(()) };
        if let Err(error) = &outcome {
            let quiet = error.after.filter(|_| error.retry).map(|after| after.min(QUIET_MAX));
            self.quiet_until = quiet.map(|quiet| Instant::now() + quiet);
        }
        self.settle(claim, &outcome)
    }

    /// Writes the outcome down, however long that takes: who forgets what was delivered would send it
    /// again and again.
    fn settle(&mut self, claim: &Claim, outcome: &Outcome) -> Result<(), OutboxError> {
        loop {
            let settled = self.outbox.settle(claim, outcome, times::now_ms());
            self.trouble.note(&settled);
            if settled.is_ok() || self.bell.stop_by().is_some() {
                return settled;
            }
            self.bell.pause(LOOK);
        }
    }

    /// How long nothing is due, as far as this process knows.
    fn idle(&self, now_ms: i64) -> Result<Duration, OutboxError> {
        let due_ms = self.outbox.next_due(&self.channel.name)?.unwrap_or(i64::MAX);
        // At least a moment: what is due and could not be claimed is being sent by somebody else.
        let wait_ms = due_ms.saturating_sub(now_ms).max(10);
        Ok(Duration::from_millis(wait_ms.unsigned_abs()))
    }

    /// Puts the alert of this interval into the outbox: one, however many processes there are.
    fn beat(&mut self) -> Result<(), OutboxError> {
        let Some(every) = self.channel.heartbeat.filter(|every| !every.is_zero()) else {
            return Ok(());
        };
        let now = Timestamp::now();
        let number = times::ms(now).div_euclid(times::span_ms(every).max(1));
        if self.beaten == Some(number) {
            return Ok(());
        }
        let name = &self.channel.name;
        let id = format!("heartbeat/{name}/{}/{number}", every.as_secs());
        let title = format!("Heartbeat: the channel {name} delivers");
        let alert = Alert::new(id, title, Severity::Informational, now)
            .sentence("Nothing has happened. Miss this message, and the channel is broken.");
        self.outbox.take_for(&alert, name)?;
        self.beaten = Some(number);
        Ok(())
    }

    fn sweep(&mut self) -> Result<(), OutboxError> {
        if self.swept.is_none_or(|swept| swept.elapsed() >= SWEEP_EVERY) {
            self.outbox.sweep(times::now_ms())?;
            self.swept = Some(Instant::now());
        }
        Ok(())
    }

    fn lease_ms(&self) -> i64 {
        times::span_ms(self.channel.delivery_time_max).saturating_add(LEASE_SLACK_MS)
    }
}
