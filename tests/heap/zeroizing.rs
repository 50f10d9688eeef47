//! Secrets in memory, with an allocator that wipes: nothing is left of any value, whoever owned it.

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

use std::alloc::System;

use zeroizing_alloc::ZeroAlloc;

#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn nothing(found: usize) -> bool {
    found == 0
}

child::ways! {
    nothing: dropped, cloned, replaced, printed, logged, read, watched, held_in_containers, shortened, unwound,
        dropped_plain, cloned_plain, replaced_plain, printed_plain, logged_plain, read_plain,
        held_in_containers_plain, shortened_plain, unwound_plain, read_with_an_escape, read_from_a_reader;
}

fn something(found: usize) -> bool {
    found > 0
}

// Without this, the tests above would hold for a scan that finds nothing.
child::ways! {
    something: still_held;
}
