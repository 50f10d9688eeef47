use audit_runtime::wrap_sensitive;

#[wrap_sensitive]
struct Nothing {
    name: u32,
}

#[wrap_sensitive]
fn log_in(_password: String) {}

#[wrap_sensitive]
union Bits {
    whole: u32,
    bytes: [u8; 4],
}

#[wrap_sensitive(path = "x", crate = "a")]
struct Option {
    #[sensitive]
    password: String,
}

#[wrap_sensitive(crate = "1 + 1")]
struct Path(#[sensitive] String);

#[wrap_sensitive]
#[sensitive]
enum Method {
    #[sensitive]
    Password(String),
}

#[wrap_sensitive]
#[derive(Clone, Copy)]
struct Pin(#[sensitive] u16);

fn main() {
    let _ = Path(String::from("x"));
}
