//! The grammar that the macros and the lint share: names that look sensitive, names of actions.

mod actions;
mod names;

pub use actions::{is_action_name, operation};
pub use names::{sensitive_part, sensitive_part_of_number};
