//! What is asked about behind a statement, or within its last expression, is found there as well.

use audit_runtime::{Redact, deny_leaks};

#[derive(Redact, Clone, Default)]
struct Login {
    #[sensitive]
    password: String,
}

fn make<T: Default>() -> T {
    T::default()
}

fn show(login: &Login, text: String) -> usize {
    login.password.len() + text.len()
}

fn run<R>(_: &Login, work: impl FnOnce() -> R) -> R {
    work()
}

#[deny_leaks]
fn behind() {
    let login = make();
    show(&login, format!("{}", login.password));
    let other = make();
    run(&other, || println!("{}", other.password));
    let third = make();
    assert!(show(&third, String::new()) > 1, "{}", third.password);
    let fourth = make();
    for _ in 0..show(&fourth, format!("{}", fourth.password)) {}
}

#[deny_leaks]
fn in_the_last_expression() -> usize {
    let login = make();
    show(&login, format!("{}", login.password))
}

#[deny_leaks]
fn returned() -> usize {
    let login = make();
    return show(&login, format!("{}", login.password));
}

#[deny_leaks]
fn shadowed() -> usize {
    let login = Login::default();
    let login = show(&login, format!("{}", login.password));
    login
}

#[deny_leaks]
fn taken() {
    let login = make();
    let password = (show(&login, String::new()), login.password);
    println!("{}", password.1);
}

fn main() {}
