//! The grammar that the macros and the lint share: names that look sensitive, names of actions,
//! and what log macros show.

mod actions;
#[cfg(feature = "grammar")]
mod grammar;
mod hash;
mod names;
mod terms;

pub use actions::{is_action_name, operation};
#[cfg(feature = "grammar")]
pub use grammar::{Aliases, Shown, shown};
pub use hash::field_hash;
pub use names::{sensitive_part, sensitive_part_of_number};
