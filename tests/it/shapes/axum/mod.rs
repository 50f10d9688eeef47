//! Shapes of axum, by what makes them special.

mod errors;
mod extractors;
mod requests;
mod states;
mod traits;
mod upgrades;
