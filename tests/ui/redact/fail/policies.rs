use audit_runtime::Redact;

#[derive(Redact)]
struct Unknown {
    #[sensitive(blur)]
    a: String,
    #[sensitive(hash(sha256))]
    b: String,
    #[sensitive(last = 4)]
    c: String,
    #[sensitive(card)]
    d: String,
    #[sensitive(domain = "email", subject = 1)]
    e: String,
    #[sensitive()]
    f: String,
    #[sensitive = "full"]
    g: String,
}

#[derive(Redact)]
struct Contradictory {
    #[sensitive(mask(card), pseudonym)]
    a: String,
    #[sensitive(pseudonym, pseudonym)]
    b: String,
    #[sensitive(omit, full, encrypt(subject = 1))]
    c: String,
    #[sensitive(class = pii, class = pci)]
    d: String,
    #[sensitive]
    #[sensitive(mask(card))]
    e: String,
    #[public]
    #[sensitive(mask(card))]
    f: String,
}

#[derive(Redact)]
struct Options {
    #[sensitive(full(4))]
    a: String,
    #[sensitive(omit = true)]
    b: String,
    #[sensitive(pseudonym(email))]
    c: String,
    #[sensitive(pseudonym(domain = ""))]
    d: String,
    #[sensitive(pseudonym = "email")]
    e: String,
    #[sensitive(encrypt(user_id))]
    f: String,
    #[sensitive(encrypt())]
    g: String,
    #[sensitive(with)]
    h: String,
    #[sensitive(with = "module::function")]
    i: String,
    #[sensitive(class = "pii")]
    j: String,
    #[sensitive(class)]
    k: String,
}

#[derive(Redact)]
struct Pair(#[sensitive(omit)] String, u32);

#[derive(Redact)]
enum Method {
    Password(#[sensitive(omit)] String),
}

fn main() {}
