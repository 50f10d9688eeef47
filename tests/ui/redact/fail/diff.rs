//! What cannot be compared, field by field.

use audit_runtime::Redact;

#[derive(Redact)]
struct Address {
    zip: u32,
}

struct Key(u8);

#[derive(Redact)]
#[redact(diff)]
struct User {
    id: u64,
    home: Address,
    others: Vec<Address>,
    #[sensitive]
    key: Key,
}

#[derive(Redact)]
#[redact(diff = true)]
struct Valued(u8);

#[derive(Redact)]
#[redact(diff, diff)]
struct Twice(u8);

#[derive(Redact)]
#[redact(dif)]
struct Misspelt(u8);

fn main() {}
