//! Alerts: kept in an outbox until each channel has delivered them, however often the process dies.
//!
//! An [`Alert`] is made from records of a journal. [`Outbox::take`] keeps it, together with the place
//! in the journal up to which alerts were made, in one transaction. [`Workers`] then deliver it, each
//! channel by a thread and in a queue of its own, so that one that fails delays no other.
//!
//! Every alert arrives **at least once** at every channel that wants it, or ends as a dead letter that
//! is listed, handed to the next channel, and never dropped. What arrives twice carries one id.

mod bell;
mod bounded;
mod channel;
mod config;
#[cfg(feature = "email")]
pub mod email;
#[cfg(any(feature = "email", feature = "webhook"))]
mod form;
mod message;
mod model;
mod notifier;
mod outbox;
mod rate;
mod retry;
mod test_message;
mod text;
mod times;
#[cfg(any(feature = "email", feature = "webhook"))]
mod tls;
#[cfg(feature = "webhook")]
pub mod webhook;
mod words;
mod worker;
mod workers;

pub use channel::Channel;
pub use config::{Settings, SettingsError};
#[cfg(feature = "email")]
pub use email::Email;
pub use message::Message;
pub use model::{Alert, Detail};
pub use notifier::{DeliveryError, Notifier};
pub use outbox::{ChannelState, DeadLetter, Delivery, DeliveryState, Outbox, OutboxError};
pub use rate::Rate;
#[cfg(feature = "webhook")]
pub use webhook::Webhook;
pub use workers::Workers;
