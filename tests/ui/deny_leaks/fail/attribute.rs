//! The attribute stands where there are bodies, and a reason is a reason.

use audit_runtime::{allow_leak, deny_leaks};

#[deny_leaks]
struct Login;

#[deny_leaks(strict)]
fn option() {}

#[deny_leaks(crate = "not a path")]
fn path() {}

#[deny_leaks]
fn reasons() {
    println!("{}", allow_leak!(1, ""));
    println!("{}", allow_leak!(1, "  "));
    println!("{}", allow_leak!(1));
}

fn main() {}
