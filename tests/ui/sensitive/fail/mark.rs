use audit_runtime::{Redact, Sensitive};

#[derive(Redact)]
struct Login {
    #[public]
    password: Sensitive<String>,
}

#[derive(Redact)]
struct Reset {
    #[public(reason = "we want it")]
    token: Sensitive<String>,
}

/// Something beside the secret is held here, which no type hides.
#[derive(Redact)]
struct Beside {
    tokens: std::collections::HashMap<String, Sensitive<String>>,
    secret: Option<(Sensitive<String>, String)>,
    password: std::borrow::Cow<'static, str>,
}

fn main() {}
