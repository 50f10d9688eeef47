//! The attribute belongs on functions that run.

use audit_runtime::audited;

#[audited(action = "GetUser")]
pub struct User {
    pub id: u8,
}

#[audited(action = "GetUser")]
impl User {}

#[audited(action = "GetUser")]
const USER: User = User { id: 1 };

#[audited(action = "GetUser")]
pub const fn constant() {}

#[audited(action = "GetUser")]
pub extern "C" fn foreign() {}

pub trait Users {
    #[audited(action = "GetUser")]
    fn get(&self);
}

fn main() {
    let _ = USER.id;
    constant();
    foreign();
}
