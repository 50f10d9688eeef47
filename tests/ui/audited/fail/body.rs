//! Mistakes in the body are reported where they are, as without the attribute.

use audit_runtime::{Unrecorded, audited};

#[audited(action = "DeleteUser")]
async fn mismatched() -> Result<u8, Unrecorded> {
    Ok("one")
}

#[audited(action = "GetUser")]
fn unknown() -> u8 {
    missing
}

#[audited(action = "GetUser", fields(id))]
fn moved(id: Vec<u16>) -> usize {
    drop(id);
    id.len()
}

fn main() {}
