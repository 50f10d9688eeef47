//! Random histories of a journal, held against a plain list of what was acknowledged.
//!
//! A failing run prints its seed; `MODEL_SEED=<seed>` repeats it, `MODEL_CASES=<number>` tries more.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop at the first surprise and says what it tries"
)]

mod damage;
mod failed_sync;
mod full;
mod history;
mod storage;

use std::hash::{BuildHasher as _, RandomState};

use proptest::test_runner::{Config, RngSeed};

fn config(cases: u32) -> Config {
    let given = std::env::var("MODEL_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| RandomState::new().hash_one(cases));
    println!("MODEL_SEED={seed}");
    Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(seed), ..Config::default() }
}
