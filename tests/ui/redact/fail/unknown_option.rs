use audit_runtime::Redact;

#[derive(Redact)]
#[redact(mode = "strict", default = "sensitive", crate = "1 + 1", strict(very), default)]
struct Login {
    #[public(because = "it is short")]
    name: String,
    #[public()]
    title: String,
    #[public(reason = 1)]
    city: String,
    #[public = "it is short"]
    street: String,
}

#[derive(Redact)]
#[redact]
struct Bare(u32);

#[derive(Redact)]
#[redact(default = "public")]
#[redact(default = "public")]
struct Twice(u32);

#[derive(Redact)]
#[redact(display = " ", display = "the owner reads it")]
struct Shown(#[sensitive] String);

#[derive(Redact)]
#[redact(display = "the owner reads it")]
struct Two(#[sensitive] String, u32);

fn main() {}
