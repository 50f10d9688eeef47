use audit_runtime::Redact;
use std::fmt;

// row: second-debug
#[derive(Debug, Redact)]
struct Twice {
    #[sensitive]
    password: String,
}

// row: debug-by-hand
#[derive(Redact)]
struct ByHand {
    #[sensitive]
    password: String,
}

impl fmt::Debug for ByHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.password)
    }
}

#[derive(Redact)]
struct Login {
    user: u64,
    // row: forgotten-mark
    password: String,
    // row: marked-public
    #[public]
    token: String,
    // row: two-marks
    #[public]
    #[sensitive]
    cookie: String,
}

fn main() {}
