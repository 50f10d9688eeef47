//! What is said twice is said wrong once.

use audit_runtime::audited;

#[audited(action = "GetUser", action = "ListUsers", op = read, op = read)]
fn options() {}

#[audited(action = "GetUser", fields(id, id = id + 1), fields(name = 1))]
fn fields(id: u8) -> u8 {
    id
}

#[audited(action = "GetUser", target(User, id = 1, id = 2))]
fn target() {}

fn main() {}
