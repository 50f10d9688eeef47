//! One build reports every mistake, and each of them once.

use audit_runtime::audited;

#[audited(
    action = "updateUser",
    colour = red,
    target(User),
    fields(role, role),
    severity = urgent,
    description = "{roll}",
)]
const fn update(role: u8) -> u8 {
    role
}

fn main() {
    let _: u8 = update(1);
}
