use audit_runtime::Redact;

#[derive(Redact)]
struct Login {
    #[sensitive]
    #[public]
    password: String,
    #[public]
    #[sensitive]
    name: String,
    #[sensitive]
    #[sensitive]
    note: String,
}

fn main() {}
