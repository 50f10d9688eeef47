use audit_runtime::Redact;

#[derive(Redact)]
struct Masks {
    #[sensitive(mask)]
    a: String,
    #[sensitive(mask())]
    b: String,
    #[sensitive(mask = 4)]
    c: String,
    #[sensitive(mask(min = 20))]
    d: String,
    #[sensitive(mask(last = 0))]
    e: String,
    #[sensitive(mask(last = 9))]
    f: String,
    #[sensitive(mask(first = 4, last = 5))]
    g: String,
    #[sensitive(mask(last = 4, min = 8))]
    h: String,
    #[sensitive(mask(first = 1, min = 4))]
    i: String,
    #[sensitive(mask(last = "4"))]
    j: String,
    #[sensitive(mask(last = -4))]
    k: String,
    #[sensitive(mask(last))]
    l: String,
    #[sensitive(mask(last = 4, last = 4))]
    m: String,
    #[sensitive(mask(card, email))]
    n: String,
    #[sensitive(mask(card, last = 4))]
    o: String,
    #[sensitive(mask(ip = 24))]
    p: String,
    #[sensitive(mask(middle = 4, first = 0))]
    q: String,
    #[sensitive(mask(last = 99999999999999999999))]
    r: String,
}

fn main() {}
