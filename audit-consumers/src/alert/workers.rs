//! The workers of all channels: started together, and ended by a deadline.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::bell::Bell;
use super::worker::{Trouble, Worker};
use super::{Channel, Outbox, OutboxError};

/// How long a dropped set of workers lets them go on with what they send.
const DROP_TIME_MAX: Duration = Duration::ZERO;

const LOOK: Duration = Duration::from_millis(5);

/// One thread for each channel, which sends what the outbox has for it.
#[derive(Debug)]
pub struct Workers {
    bell: Arc<Bell>,
    threads: Vec<JoinHandle<()>>,
    troubles: Vec<(String, Arc<Trouble>)>,
}

impl Workers {
    /// Starts a thread called `audit-alert` for each channel.
    ///
    /// # Errors
    /// Fails when the outbox cannot be opened once more, or a thread cannot be started.
    pub fn start(outbox: &mut Outbox, channels: Vec<Channel>) -> Result<Self, OutboxError> {
        // A bell of their own: that of workers before them may have rung for the end.
        outbox.hang_bell();
        let (threads, troubles) = (Vec::new(), Vec::new());
        let mut workers = Self { bell: outbox.bell(), threads, troubles };
        for channel in channels {
            let name = channel.name.clone();
            let worker = Worker::new(outbox, channel)?;
            workers.troubles.push((name, worker.trouble()));
            let thread = thread::Builder::new().name("audit-alert".into());
            let started = thread.spawn(move || worker.run());
            let io =
                |source| OutboxError::Io { path: outbox.path().to_owned(), source, mend: None };
            workers.threads.push(started.map_err(io)?);
        }
        Ok(workers)
    }

    /// The channels whose worker cannot use the outbox at the moment, each with the reason. What goes wrong
    /// with a receiver stands in [`Outbox::channels`].
    pub fn troubles(&self) -> Vec<(String, String)> {
        let told = self.troubles.iter();
        told.filter_map(|(name, trouble)| Some((name.clone(), trouble.told()?))).collect()
    }

    /// Lets every worker end what it sends, but not beyond `deadline`. True if all have ended; what
    /// was not delivered is in the outbox.
    pub fn shutdown(mut self, deadline: Instant) -> bool {
        self.bell.stop(deadline);
        // A worker that gives up needs a moment to notice.
        let latest = deadline + Duration::from_millis(500);
        while self.threads.iter().any(|thread| !thread.is_finished()) && Instant::now() < latest {
            thread::sleep(LOOK);
        }
        let all_ended = self.threads.iter().all(JoinHandle::is_finished);
        self.threads.clear();
        all_ended
    }
}

/// Ends the workers without waiting for them.
impl Drop for Workers {
    fn drop(&mut self) {
        self.bell.stop(Instant::now() + DROP_TIME_MAX);
    }
}
