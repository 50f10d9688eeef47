//! Secrets in memory: what `Sensitive` owned is gone after its drop, shown by reading all memory.
//!
//! Each way has its counterpart with a plain value, which must be found, or nothing would be
//! shown. Buffers of serde are not owned by `Sensitive`: `zeroizing.rs` is the same with an allocator that wipes.

#![cfg(target_os = "linux")]
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise, and says what it found"
)]

mod child;
mod scan;
mod ways;

fn nothing(found: usize) -> bool {
    found == 0
}

fn something(found: usize) -> bool {
    found > 0
}

child::ways! {
    nothing: dropped, cloned, replaced, printed, logged, read, watched, held_in_containers, shortened,
        unwound;
    something: dropped_plain, cloned_plain, replaced_plain, printed_plain, logged_plain, read_plain,
        held_in_containers_plain, shortened_plain, unwound_plain;
    // The limit that `Sensitive` states.
    something: read_with_an_escape, read_from_a_reader;
}
