//! Panics inside two audited calls; built with `panic = "abort"` nothing is dropped afterwards.

#![allow(clippy::panic, reason = "panicking is what this program is for")]

use audit_runtime::{audited, open};

fn main() {
    let Some(journal) = std::env::args().nth(1) else {
        return;
    };
    // The recorder must live until the panic.
    let recorder = open(journal).unwrap_or_else(|error| panic!("{error}"));
    let ended = outer();
    drop((recorder, ended));
}

#[audited(action = "Outer")]
fn outer() -> Result<(), String> {
    inner(7);
    Ok(())
}

#[audited(action = "Inner", target(Step, id = step), on_unrecorded = fail_open)]
fn inner(step: u32) {
    panic!("step {step} fails on purpose");
}
