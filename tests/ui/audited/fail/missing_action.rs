//! An action has a name.

use audit_runtime::audited;

#[audited(target(User, id = 1), op = read)]
fn nameless() {}

#[audited]
fn bare() {}

#[audited(action = "", op = read)]
fn empty() {}

#[audited(action = "update user", op = read)]
fn lower_case() {}

#[audited(
    action = "UpdateUserUpdateUserUpdateUserUpdateUserUpdateUserUpdateUserUpdateUserUpdateUserUpdateUserUpdateUserUpdateUserUpdateUserUpdateUser",
    op = read,
)]
fn long() {}

#[audited(action, op = read)]
fn without_value() {}

#[audited(action = UpdateUser, op = read)]
fn without_quotes() {}

fn main() {}
