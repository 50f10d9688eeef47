//! Every policy of the derive, the wrapping of fields, and every place for `#[deny_leaks]`.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write as _};
use std::future;

use audit_runtime::{
    Disclosed, Public, Redact, Sensitive, allow_leak, audited, deny_leaks, wrap_sensitive,
};
use serde::{Deserialize, Serialize};

/// A field of each policy.
#[derive(Redact)]
pub struct Customer<'a> {
    pub number: u64,
    #[sensitive(full)]
    pub password: &'a str,
    #[sensitive(mask(last = 4))]
    pub account: String,
    #[sensitive(mask(first = 1, last = 2, min = 10), class = pii)]
    pub name: String,
    #[sensitive(mask(card))]
    pub card: Option<String>,
    #[sensitive(mask(email))]
    pub emails: Vec<String>,
    #[sensitive(mask(ip))]
    pub address: String,
    #[sensitive(pseudonym)]
    pub device: [u8; 16],
    #[sensitive(pseudonym(domain = "email"))]
    pub login: String,
    #[sensitive(encrypt)]
    pub phone: Sensitive<String>,
    #[sensitive(encrypt(subject = number))]
    pub notes: BTreeMap<String, String>,
    #[sensitive(omit)]
    pub pin: u16,
    #[sensitive(with = area)]
    pub zip: String,
    #[sensitive(class = phi)]
    pub diagnosis: String,
}

fn area(zip: &str) -> String {
    zip.chars().take(2).collect()
}

/// Policies in variants of each shape, of a generic type.
#[derive(Redact)]
pub enum Contact<T>
where
    T: Serialize,
{
    Mail(#[sensitive(mask(email))] String, u8),
    Phone {
        country: u16,
        #[sensitive(encrypt(subject = country))]
        number: String,
        #[sensitive(pseudonym, class = pii)]
        holder: T,
        #[sensitive(omit)]
        code: u32,
    },
    Shown(#[public] Public<String>),
    None,
}

/// Wrapped, for the program and the wire.
#[wrap_sensitive]
#[derive(Clone, PartialEq, Eq, Redact, Serialize, Deserialize)]
#[redact(strict)]
#[expect(
    clippy::unsafe_derive_deserialize,
    reason = "an action and an exception in a method are registered there by another crate's `unsafe`"
)]
pub struct Issued {
    pub id: u64,
    #[sensitive(mask(last = 4))]
    #[serde(serialize_with = "audit_runtime::wire")]
    pub api_key: String,
    #[sensitive]
    #[serde(skip_serializing, deserialize_with = "audit_runtime::withheld")]
    pub backup_codes: Vec<u32>,
}

/// Wrapped without the derive, and an enum.
#[wrap_sensitive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    Password(#[sensitive] String),
    Code {
        #[sensitive]
        digits: [u8; 6],
        attempts: u8,
    },
}

/// Discloses a response.
pub fn issue(id: u64, api_key: String) -> Disclosed<Issued> {
    Disclosed(Issued { id, api_key: Sensitive::new(api_key), backup_codes: Sensitive::default() })
}

/// Shows what may be shown, by patterns, closures and loops of every kind.
///
/// # Errors
/// If the text cannot be written.
#[deny_leaks]
pub fn describe(customer: &Customer<'_>, out: &mut String) -> fmt::Result {
    let Customer { number, emails, card, .. } = customer;
    write!(out, "{number}: {} {customer:?}", emails.len())?;
    if let Some(card) = card {
        write!(out, " a card of {} digits", card.len())?;
    }
    for email in emails {
        let is_empty = email.is_empty();
        write!(out, " {is_empty}")?;
    }
    let account = &customer.account;
    let pin = allow_leak!(&customer.pin, "a test of the exception");
    let lengths = customer.emails.iter().map(|email| format!("{}", email.len()));
    for length in lengths {
        out.push_str(&length);
    }
    write!(out, " {} {pin} {}", account.len(), allow_leak!(customer.number, "no secret at all"))
}

/// Waits between what it shows.
///
/// # Errors
/// If the text cannot be written.
#[deny_leaks]
pub async fn describe_later<T: Display + Sync>(
    issued: Issued,
    other: &T,
) -> Result<String, fmt::Error> {
    let mut text = String::new();
    let id = future::ready(issued.id).await;
    write!(text, "{id} {other} {:?}", issued.api_key)?;
    match Some((id, issued)) {
        Some((id, Issued { api_key, .. })) if id > 1 => write!(text, "{id} {api_key:?}")?,
        Some((id, _)) => write!(text, "{id}")?,
        None => {}
    }
    Ok(text)
}

#[deny_leaks]
impl Issued {
    /// Names it.
    #[must_use]
    pub fn label(&self) -> String {
        let Self { id, .. } = self;
        let label = move |prefix: &str| format!("{prefix}{id}{}", self.id);
        label("key ")
    }

    /// Counts the digits of its id, and records it.
    #[audited(action = "CountDigits", on_unrecorded = fail_open)]
    #[must_use]
    pub fn digits(&self) -> usize {
        format!("{}", allow_leak!(self.id, "a number that opens nothing")).len()
    }
}

fn made<T: Default>() -> T {
    T::default()
}

const fn length(pair: &(u8, String), text: &str) -> usize {
    pair.1.len() + text.len()
}

/// Shows values whose type only the call beside them tells.
#[deny_leaks]
#[must_use]
pub fn lengths() -> usize {
    let first = made();
    let sum = length(&first, &format!("{}", first.0));
    let second = made();
    sum + length(&second, &format!("{}", second.0))
}

/// A thing with a name.
#[deny_leaks]
pub trait Named {
    /// The name.
    fn name(&self) -> Option<Contact<u8>>;

    /// What to call it.
    fn title(&self) -> String {
        let Some(name) = self.name() else { return String::new() };
        match &name {
            Contact::Phone { country, .. } => format!("+{country}"),
            Contact::Mail(_, kind) => format!("{kind}"),
            Contact::Shown(_) | Contact::None => format!("{name:?}"),
        }
    }
}

#[deny_leaks]
impl Proof {
    /// Counts the attempts, and records it.
    #[audited(action = "CountAttempts", on_unrecorded = fail_open)]
    #[must_use]
    pub fn attempts(&self) -> u8 {
        let attempts = if let Self::Code { attempts, .. } = self { *attempts } else { 0 };
        let told = format!("{attempts}");
        attempts.max(u8::from(told.is_empty()))
    }
}

#[deny_leaks]
impl Named for Proof {
    fn name(&self) -> Option<Contact<u8>> {
        let text = format!("{self:?}");
        text.is_empty().then_some(Contact::None)
    }
}

/// A module whose bodies are all looked into.
#[deny_leaks]
pub mod texts {
    use super::{Display, Proof};

    /// How often a code was tried.
    #[must_use]
    pub fn attempts(proof: &Proof) -> String {
        let mut text = String::new();
        if let Proof::Code { attempts, digits } = proof {
            text = format!("{attempts} {digits:?}");
        } else if let Proof::Password(password) = proof {
            let shown = [password].map(|password| format!("{password:?}"));
            text = shown.concat();
        }
        shown(&text)
    }

    fn shown<T: Display + ?Sized>(value: &T) -> String {
        format!("<{value}>")
    }
}

#[test]
fn what_is_enforced_also_runs() {
    let customer = Customer {
        number: 7,
        password: "hunter2",
        account: "DE02120300000000202051".to_owned(),
        name: "Augusta Ada King".to_owned(),
        card: Some("4242424242424242".to_owned()),
        emails: vec!["ada.l@example.com".to_owned()],
        address: "192.0.2.1".to_owned(),
        device: [7; 16],
        login: "ada".to_owned(),
        phone: Sensitive::new("555-0100".to_owned()),
        notes: BTreeMap::new(),
        pin: 1234,
        zip: "90210".to_owned(),
        diagnosis: "none".to_owned(),
    };
    let mut text = String::new();
    assert!(describe(&customer, &mut text).is_ok());
    assert!(text.contains("1234 7") && !text.contains("hunter2"), "{text}");
    let Disclosed(issued) = issue(7, "k-93f1".to_owned());
    assert!(issued.label().starts_with("key 7"));
    assert_eq!((issued.digits(), lengths()), (1, 2));
    let proof = Proof::Code { digits: Sensitive::new([1; 6]), attempts: 2 };
    assert_eq!(proof.attempts(), 2);
    assert_eq!(
        (texts::attempts(&proof), proof.title()),
        ("<2 [redacted]>".to_owned(), String::new())
    );
}
