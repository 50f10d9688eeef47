//! One delivery with an end: however long the notifier takes, its channel waits no longer than it may.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::bell::Bell;
use super::{DeliveryError, Message, Notifier};

/// How many deliveries of one channel may be left to themselves at once.
const OPEN_MAX: usize = 4;

/// How often is looked whether all shall come to an end.
const LOOK: Duration = Duration::from_millis(50);

/// Calls a notifier on threads of its own, of which it leaves few to themselves.
pub(crate) struct Bounded {
    notifier: Arc<dyn Notifier>,
    open: Arc<AtomicUsize>,
}

/// What came of a delivery.
pub(crate) enum Ended {
    /// The notifier has answered, or had too much time.
    Told(Result<(), DeliveryError>),
    /// The worker had to end first.
    Stopped,
}

/// Counts a delivery as open until it is dropped.
struct Open(Arc<AtomicUsize>);

impl Bounded {
    pub(crate) fn new(notifier: Arc<dyn Notifier>) -> Self {
        Self { notifier, open: Arc::default() }
    }

    /// Delivers `message` within `time_max`, or until `bell` asks for the end.
    pub(crate) fn deliver(&self, message: &Message, time_max: Duration, bell: &Bell) -> Ended {
        if self.open.load(Ordering::Acquire) >= OPEN_MAX {
            return Ended::Told(Err(DeliveryError::transient(format!(
                "{OPEN_MAX} deliveries before this one have not come to their end"
            ))));
        }
        let deadline = Instant::now() + time_max;
        let open = Open::count(&self.open);
        let (notifier, message) = (Arc::clone(&self.notifier), message.clone());
        let (told, ended) = mpsc::sync_channel(1);
        let deliver = move || {
            let outcome = notifier.deliver(&message, deadline);
            drop(open);
            // Nobody may wait for it any more.
            _ = told.send(outcome);
        };
        if let Err(error) = thread::Builder::new().name("audit-deliver".into()).spawn(deliver) {
            let message = format!("cannot start a thread to deliver with: {error}");
            return Ended::Told(Err(DeliveryError::transient(message)));
        }
        wait(&ended, deadline, bell)
    }
}

fn wait(
    ended: &mpsc::Receiver<Result<(), DeliveryError>>,
    deadline: Instant,
    bell: &Bell,
) -> Ended {
    loop {
        match ended.recv_timeout(LOOK) {
            Ok(outcome) => return Ended::Told(outcome),
            Err(RecvTimeoutError::Disconnected) => {
                let message = "the notifier panicked; see what it says on standard error";
                return Ended::Told(Err(DeliveryError::transient(message)));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = Instant::now();
        if bell.stop_by().is_some_and(|by| now >= by) {
            return Ended::Stopped;
        }
        if now >= deadline {
            let message =
                "no answer within the time that a delivery may take; whether it arrived is unknown";
            return Ended::Told(Err(DeliveryError::transient(message)));
        }
    }
}

impl Open {
    fn count(counter: &Arc<AtomicUsize>) -> Self {
        counter.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(counter))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
