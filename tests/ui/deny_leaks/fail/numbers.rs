//! What a method gives of a number or a flag is the value, under whatever name it is held.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};

use audit_runtime::{Redact, deny_leaks};

#[derive(Redact)]
struct Patient {
    #[sensitive]
    infected: AtomicBool,
    #[sensitive]
    pin: NonZeroUsize,
    #[sensitive]
    name: String,
}

#[deny_leaks]
fn admit(patient: &Patient) {
    println!("{}", patient.infected.load(Ordering::Relaxed));
    println!("{}", patient.pin.get());
    println!("{} {}", patient.name.len(), patient.name.len());
}

fn main() {
    let name = String::from("Ada");
    admit(&Patient { infected: AtomicBool::new(true), pin: NonZeroUsize::MIN, name });
}
