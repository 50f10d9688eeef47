//! What reads a journal: each part has a saved place in it, and none can slow, lose or change a record.

mod position;
pub mod query;

pub use position::Position;
