//! A function whose action may be refused has a return type that can say so.

use std::fmt::Debug;

use audit_runtime::audited;

#[derive(Debug)]
struct Own;

#[audited(action = "DeleteUser")]
async fn unit() {}

#[audited(action = "DeleteUser")]
fn number() -> u8 {
    1
}

#[audited(action = "DeleteUser")]
async fn other_error() -> Result<Vec<u8>, Own> {
    Err(Own)
}

#[audited(action = "DeleteUser")]
async fn opaque() -> impl Debug {
    1
}

#[audited(action = "DeleteUser")]
fn never() -> ! {
    loop {}
}

#[audited(action = "DeleteUser")]
fn future() -> std::pin::Pin<Box<dyn Future<Output = Option<u8>>>> {
    Box::pin(async { None })
}

#[audited(action = "PayInvoice", durability = write_ahead)]
async fn intent() -> Vec<u8> {
    Vec::new()
}

fn main() {}
