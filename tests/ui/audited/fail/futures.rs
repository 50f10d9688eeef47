//! The end of a future is where the attribute can see it.

use std::future::{Ready, ready};
use std::pin::Pin;

use audit_runtime::audited;

#[audited(action = "GetUser")]
fn elsewhere() -> impl Future<Output = u8> {
    ready(1)
}

#[audited(action = "GetUser")]
fn boxed() -> Pin<Box<dyn Future<Output = u8>>> {
    Box::pin(ready(1))
}

#[audited(action = "GetUser")]
fn early(known: bool) -> Pin<Box<dyn Future<Output = u8>>> {
    if known {
        return Box::pin(ready(1));
    }
    let again = || {
        return 1;
    };
    Box::pin(async move { again() })
}

fn main() {
    let _: Ready<()>;
}
