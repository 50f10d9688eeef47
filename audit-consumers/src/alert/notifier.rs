//! What delivers a message, and how it says that it could not.

use std::fmt;
use std::time::{Duration, Instant};

use super::Message;
use super::text;

/// Delivers messages by one way: e-mail, a webhook, or one of your own.
///
/// It is called on a thread that is left to itself once the deadline is past, so it may block; each
/// call that still does counts against the few that a channel may have open.
pub trait Notifier: Send + Sync {
    /// Delivers `message`, and returns once its receiver has taken it.
    ///
    /// # Errors
    /// Says why not, and whether another try makes sense.
    fn deliver(&self, message: &Message, deadline: Instant) -> Result<(), DeliveryError>;
}

/// Why a message was not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryError {
    /// Whether another try may succeed.
    pub retry: bool,
    /// How long the receiver wants to be left alone.
    pub after: Option<Duration>,
    /// What went wrong and what to do, in one line without a secret.
    pub message: String,
}

impl DeliveryError {
    /// Another try may succeed.
    pub fn transient(message: impl AsRef<str>) -> Self {
        Self { retry: true, after: None, message: text::error(message.as_ref()) }
    }

    /// Another try cannot succeed.
    pub fn permanent(message: impl AsRef<str>) -> Self {
        Self { retry: false, after: None, message: text::error(message.as_ref()) }
    }
}

impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DeliveryError {}
