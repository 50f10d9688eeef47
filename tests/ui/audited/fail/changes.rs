//! What `changes(…)` does not take.

use audit_runtime::{Redact, audited};

#[derive(Redact, Clone)]
struct User {
    id: u64,
}

#[derive(Redact, Clone)]
#[redact(diff)]
struct Login {
    id: u64,
    #[sensitive]
    password: String,
}

#[audited(action = "UpdateUser", changes)]
fn alone() {}

#[audited(action = "UpdateUser", changes(before = 1))]
fn half(id: u64) {}

#[audited(action = "UpdateUser", changes(before = 1, aftr = 2))]
fn misspelt() {}

#[audited(action = "UpdateUser", changes(before = 1, before = 2, after = 3), changes(before = 1, after = 2))]
fn twice() {}

#[audited(action = "UpdateUser", changes(before = login.password, after = 1_u8))]
fn secret(login: &Login) {}

#[audited(action = "UpdateUser", changes(before = 1_u8, after = 2_u8), on_unrecorded = fail_open)]
fn endless() -> ! {
    loop {}
}

#[audited(action = "UpdateUser", changes(before = user.clone(), after = *user), on_unrecorded = fail_open)]
fn no_comparison(user: &mut User) {}

#[audited(action = "UpdateUser", changes(before = name.clone(), after = name), on_unrecorded = fail_open)]
fn free_text(name: String) {}

#[audited(action = "UpdateUser", changes(before = login.clone(), after = login), on_unrecorded = fail_open)]
fn consumed(login: Login) {
    drop(login);
}

#[audited(action = "UpdateUser", changes(before = login.clone(), after = ret), on_unrecorded = fail_open)]
fn another_type(login: &Login) -> Result<u64, ()> {
    Ok(login.id)
}

#[audited(action = "UpdateUser", changes(before = 1_u8, after = ret), on_unrecorded = fail_open)]
fn hidden((ret, _): (u8, u64)) -> u8 {
    ret
}

fn main() {}
