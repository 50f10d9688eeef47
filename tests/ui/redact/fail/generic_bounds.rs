use audit_runtime::Redact;

#[derive(Redact)]
struct Envelope<T> {
    body: T,
}

#[derive(Redact)]
struct Shown<T> {
    #[public]
    body: T,
}

struct Opaque;

fn main() {
    Envelope { body: 1 }.redacted();
    Envelope { body: String::new() }.redacted();
    Shown { body: "text" }.redacted();
    Shown { body: Opaque }.redacted();
}
