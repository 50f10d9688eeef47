//! What reads a journal: each part has a saved place in it, and none can slow, lose or change a record.

pub mod detect;
mod position;

pub use position::Position;
