//! Ships a journal's checkpoints to where the writer's host cannot rewrite them.
//!
//! A checkpoint covers every record before it, so an [`Anchor`] needs the newest one alone, now and then.

mod anchor;

pub use anchor::{Anchor, DEADLINE};
