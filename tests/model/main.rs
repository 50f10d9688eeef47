//! Random histories of a journal and random damage to one, random queries, and random events under random rules, held against naive models.
//!
//! A failing run of `damage` or `query` prints its seed; `MODEL_SEED=<seed>` repeats it. How `simulation` is repeated stands there.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise and says what it tries"
)]

mod changes;
mod damage;
mod detect;
#[path = "../crash/disk/mod.rs"]
mod disk;
mod mutations;
mod policies;
mod query;
#[path = "../crash/random.rs"]
mod random;
mod simulation;

use std::hash::{BuildHasher as _, RandomState};

use proptest::test_runner::{Config, RngSeed};

fn config(cases: u32) -> Config {
    let given = std::env::var("MODEL_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| RandomState::new().hash_one(cases));
    println!("MODEL_SEED={seed}");
    Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(seed), ..Config::default() }
}
