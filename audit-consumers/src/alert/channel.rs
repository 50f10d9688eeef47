//! A channel: where alerts go, which, and how fast.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use audit_runtime::Severity;

use super::Notifier;
use super::rate::Rate;

/// How long one message may take unless the channel says otherwise.
const DELIVERY_TIME_MAX: Duration = Duration::from_secs(30);

/// Where alerts go, which of them, and how fast.
#[derive(Clone)]
pub struct Channel {
    /// What it is called; deliveries are kept under this name.
    pub name: String,
    /// The mildest severity that it delivers.
    pub severity_min: Severity,
    /// What delivers.
    pub notifier: Arc<dyn Notifier>,
    /// How many messages it may send; what exceeds that comes as a digest.
    pub rate: Rate,
    /// How long one message may take.
    pub delivery_time_max: Duration,
    /// The channel that takes over what this one cannot deliver; else the next in order.
    pub escalates_to: Option<String>,
    /// How often it proves by a message of its own that it lives.
    pub heartbeat: Option<Duration>,
}

/// What the outbox must know of a channel.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) channel: String,
    pub(crate) severity_min: Severity,
    pub(crate) escalates_to: Option<String>,
}

impl Channel {
    /// A channel for alerts of this severity and graver ones.
    pub fn new(
        name: impl Into<String>,
        severity_min: Severity,
        notifier: impl Notifier + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            severity_min,
            notifier: Arc::new(notifier),
            rate: Rate::default(),
            delivery_time_max: DELIVERY_TIME_MAX,
            escalates_to: None,
            heartbeat: None,
        }
    }

    pub(crate) fn route(&self) -> Route {
        Route {
            channel: self.name.clone(),
            severity_min: self.severity_min,
            escalates_to: self.escalates_to.clone(),
        }
    }
}

/// Shows nothing of the notifier, which may hold secrets.
impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("name", &self.name)
            .field("severity_min", &self.severity_min.as_str())
            .field("rate", &self.rate)
            .field("escalates_to", &self.escalates_to)
            .field("heartbeat", &self.heartbeat)
            .finish_non_exhaustive()
    }
}
