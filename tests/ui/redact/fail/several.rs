use audit_runtime::Redact;

struct Address;

#[derive(Redact)]
#[redact(defualt = "public")]
struct Login {
    name: String,
    password: String,
    #[sensitive]
    #[public]
    note: String,
    #[sensitive(omit)]
    pin: u16,
    address: Address,
    attempt: u32,
}

fn main() {
    let login = Login {
        name: String::new(),
        password: String::new(),
        note: String::new(),
        pin: 0,
        address: Address,
        attempt: 0,
    };
    println!("{login:?} {:?}", login.redacted());
}
