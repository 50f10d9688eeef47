use audit_runtime::Redact;

#[derive(Redact)]
union Bits {
    whole: u32,
    bytes: [u8; 4],
}

fn main() {
    println!("{:?}", Bits { whole: 1 }.redacted());
}
