//! Policies on fields that hold `Sensitive` values: the one place that may look inside.

use std::collections::BTreeMap;

use audit_runtime::redact::Redactor;
use audit_runtime::{HashKey, Redact, Redaction, Secret, Sensitive};

const CARD: &str = "4242424242424242";

#[derive(Redact)]
struct Wallet<T: Secret> {
    #[sensitive(mask(last = 4))]
    card: Sensitive<String>,
    #[sensitive(pseudonym(domain = "card"))]
    former: Vec<Sensitive<String>>,
    #[sensitive(pseudonym(domain = "card"))]
    next: Option<Box<Sensitive<String>>>,
    #[sensitive(mask(card))]
    number: Sensitive<u64>,
    #[sensitive(mask(card))]
    bytes: Sensitive<Vec<u8>>,
    #[sensitive(mask(card))]
    by_name: BTreeMap<String, Sensitive<String>>,
    #[sensitive(mask(card))]
    generic: Sensitive<T>,
    #[sensitive]
    full: Sensitive<String>,
    unmarked: Sensitive<String>,
}

fn main() {
    let card = || Sensitive::new(CARD.to_owned());
    let wallet = Wallet {
        card: card(),
        former: vec![card()],
        next: Some(card().into()),
        number: Sensitive::new(CARD.parse().unwrap()),
        bytes: Sensitive::new(CARD.into()),
        by_name: [("a".to_owned(), card())].into(),
        generic: card(),
        full: card(),
        unmarked: card(),
    };
    let redactor = Redactor::new("test").with_hash_key(HashKey::from_bytes([1; 32]));
    let joined = redactor.pseudonym("card", CARD.as_bytes()).unwrap();
    let expected = [
        r#"{"card":"****4242","#,
        &format!(r#""former":["{joined}"],"next":"{joined}","#),
        r#""number":"****4242","bytes":"****4242","by_name":{"[redacted]":"****4242"},"#,
        r#""generic":"****4242","full":"[redacted]","unmarked":"[redacted]"}"#,
    ];
    let form = wallet.redacted_with(Redaction::with(&redactor));
    assert_eq!(serde_json::to_string(&form).unwrap(), expected.concat());
    let hidden = format!("{wallet:?}");
    assert!(!hidden.contains("4242") && !hidden.contains(&joined), "{hidden}");
    let keyless = expected.concat().replace(&format!("[{joined:?}]"), r#""[redacted]""#);
    let keyless = keyless.replace(&joined, "[redacted]");
    assert_eq!(serde_json::to_string(&wallet.redacted()).unwrap(), keyless);
}
