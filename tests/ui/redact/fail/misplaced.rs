use audit_runtime::Redact;

#[derive(Redact)]
#[sensitive]
struct Login {
    #[redact(default = "public")]
    attempt: u32,
}

#[derive(Redact)]
#[public]
enum Method {
    #[sensitive]
    Code(u32),
    #[redact(default = "public")]
    Anonymous,
}

fn main() {}
