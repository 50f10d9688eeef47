//! Ships a journal's checkpoints to where the writer's host cannot rewrite them.
//!
//! A checkpoint covers every record before it, so an [`Anchor`] is given the newest one alone, now and then:
//! [`Shipping`] does that, on a thread for each, so that one that hangs holds up no other and never the journal.
//! There are anchors in a [`Directory`] on another mount, in the [`Syslog`] of another host, in the
//! service's own [`Log`], and, with the feature `witness`, at a witness over HTTP. What they have kept is
//! [`found`] again.

mod anchor;
mod directory;
mod found;
mod log;
mod platform;
mod shipping;
mod status;
mod syslog;
#[cfg(feature = "witness")]
mod witness;

pub use anchor::{Anchor, DEADLINE};
#[doc(no_inline)]
pub use audit_tlog::{Checkpoint, Note};
pub use directory::Directory;
pub use found::found;
pub use log::Log;
pub use shipping::Shipping;
pub use status::{Status, Turn};
pub use syslog::Syslog;
#[cfg(feature = "witness")]
pub use witness::Witness;
