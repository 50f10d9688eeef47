use std::fmt;

use audit_runtime::Redact;

#[derive(Redact)]
struct Login {
    #[sensitive]
    password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({})", self.password)
    }
}

fn main() {}
