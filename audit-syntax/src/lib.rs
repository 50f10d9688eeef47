//! What macros, lint and settings share: names that look sensitive, names of actions, what log
//! macros show, which word was meant, and how mistakes in settings are told.

mod actions;
#[cfg(feature = "grammar")]
mod grammar;
mod hash;
mod mistakes;
mod names;
mod nearest;
mod terms;

pub use actions::{is_action_name, operation};
#[cfg(feature = "grammar")]
pub use grammar::{Aliases, Shown, shown};
pub use hash::field_hash;
pub use mistakes::{Mistakes, quoted};
pub use names::{sensitive_part, sensitive_part_of_number, sensitive_terms};
pub use nearest::nearest;
