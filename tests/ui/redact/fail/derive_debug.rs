//! The derive tells a `Debug` below it that it is one too many; one beside or above it meets the
//! compiler's own words, because no derive sees those.

use audit_runtime::Redact;

#[derive(Debug, Redact)]
struct SameList {
    #[sensitive]
    password: String,
}

#[derive(Debug)]
#[derive(Redact)]
struct EarlierList {
    #[sensitive]
    password: String,
}

#[derive(Redact)]
#[derive(Clone, Debug)]
struct LaterList {
    #[sensitive]
    password: String,
}

fn main() {
    println!("{:?}", LaterList { password: String::new() }.clone());
}
