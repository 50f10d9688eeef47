//! Whoever misspells a word in a mark or an option is told the word.

use audit_runtime::{Redact, wrap_sensitive};

#[derive(Redact)]
#[redact(strct, defualt = "public", crat = "audit_runtime")]
struct Login {
    #[sensitive(psuedonym)]
    a: String,
    #[sensitive(masked(last = 4))]
    b: String,
    #[sensitive(mask(e_mail))]
    c: String,
    #[sensitive(mask(lats = 4))]
    d: String,
    #[sensitive(pseudonym(domian = "email"))]
    e: String,
    #[sensitive(encrypt(subjct = a))]
    f: String,
    #[sensitive(clas = pii, wiht = path)]
    g: String,
    #[sensitive(ommit)]
    h: String,
    #[public(reson = "it is short")]
    i: String,
}

#[derive(Redact)]
#[redact(dispaly = "why")]
struct Shown(#[sensitive] String);

#[wrap_sensitive(crte = "audit_runtime")]
struct Wrapped {
    #[sensitive]
    password: String,
}

fn main() {}
