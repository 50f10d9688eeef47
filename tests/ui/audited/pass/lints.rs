//! Nothing in the output of the attribute offends lints that a user may have set.

#![deny(warnings, unused, missing_docs, unused_qualifications, unreachable_pub)]
#![deny(rust_2018_idioms, unused_results, single_use_lifetimes)]

use audit_runtime::{Unrecorded, audited};

/// Changes a number.
#[audited(action = "UpdateNumber", target(Number, id = number), fields(by), description = "by {by}")]
pub async fn update(mut number: u8, by: u8) -> Result<u8, Unrecorded> {
    number += by;
    Ok(number)
}

/// Reads a number.
#[audited(action = "GetNumber")]
pub fn read<'a>(numbers: &'a [u8], at: usize) -> Option<&'a u8> {
    numbers.get(at)
}

/// Reads what a pointer points at.
///
/// # Safety
/// It points at something.
#[audited(action = "ReadPointer", fields(add))]
pub unsafe fn peek(pointer: *const u8, add: u8) -> u8 {
    unsafe { *pointer + add }
}

/// Never returns.
#[audited(action = "RunForever", on_unrecorded = fail_open)]
pub fn forever() -> ! {
    loop {}
}

/// Never returns.
#[audited(action = "RunForeverAsync", on_unrecorded = fail_open)]
pub async fn forever_async() -> ! {
    loop {}
}

/// What a framework reads from a request.
#[derive(Debug)]
pub struct Path<T>(pub T);

/// Reads what is captured nowhere else.
#[audited(action = "DeleteNote", target(Note, id = id.0))]
pub async fn delete(id: Path<u32>) -> Result<(), Unrecorded> {
    Ok(())
}

impl Path<u32> {
    /// The same of itself.
    #[audited(action = "ClearNote", target(Note, id = self.0), fields(r#type = r#type.0))]
    pub fn clear(&self, r#type: Path<u8>) -> Result<(), Unrecorded> {
        Ok(())
    }
}

/// Leaves by the only way there is.
#[audited(action = "GetNothing")]
pub fn nothing() {
    #![allow(clippy::needless_return)]
    return;
}

fn main() {
    nothing();
    assert_eq!(read(&[1, 2], 1), Some(&2));
    assert_eq!(unsafe { peek(&1, 2) }, 3);
}
