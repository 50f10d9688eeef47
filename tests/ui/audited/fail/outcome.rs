//! A classifier borrows what the function returns and tells an outcome.

use audit_runtime::{Outcome, audited};

struct Answer;

fn of_another(_: &String) -> Outcome {
    Outcome::Success
}

fn by_value(_: Answer) -> Outcome {
    Outcome::Success
}

fn truth(_: &Answer) -> bool {
    true
}

fn of_answer(_: &Answer) -> Outcome {
    Outcome::Success
}

#[audited(action = "GetUser", outcome = of_another)]
fn another() -> Answer {
    Answer
}

#[audited(action = "GetUser", outcome = by_value)]
fn taken() -> Answer {
    Answer
}

#[audited(action = "GetUser", outcome = truth)]
async fn boolean() -> Answer {
    Answer
}

#[audited(action = "GetUser", outcome = of_answer)]
fn right() -> Answer {
    Answer
}

#[audited(action = "GetUser", outcome = Outcome::Success)]
fn constant() -> Answer {
    Answer
}

#[audited(action = "GetUser", outcome = |_| Outcome::Success)]
fn closure() -> Answer {
    Answer
}

#[audited(action = "GetUser", outcome = "of_answer")]
fn quoted() -> Answer {
    Answer
}

#[audited(action = "GetUser", outcome)]
fn bare() -> Answer {
    Answer
}

#[audited(action = "GetUser", outcome = of_answer, outcome = of_answer)]
fn twice() -> Answer {
    Answer
}

#[audited(action = "GetUser", outcome = of_answer)]
fn never() -> ! {
    loop {}
}

fn main() {}
