use audit_runtime::Redact;

#[derive(Debug, Redact)]
struct SameList {
    #[sensitive]
    password: String,
}

#[derive(Redact)]
#[derive(Clone, Debug)]
struct LaterList {
    #[sensitive]
    password: String,
}

fn main() {
    println!("{:?}", LaterList { password: String::new() }.clone());
}
