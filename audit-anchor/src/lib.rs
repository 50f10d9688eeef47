//! Ships a journal's checkpoints to where the writer's host cannot rewrite them.
//!
//! A checkpoint covers every record before it, so an [`Anchor`] needs the newest one alone, now and then.

mod anchor;
#[cfg(feature = "witness")]
mod witness;

pub use anchor::{Anchor, DEADLINE};
#[cfg(feature = "witness")]
pub use witness::Witness;
