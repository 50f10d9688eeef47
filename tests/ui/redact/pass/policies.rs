//! Every policy on every shape, as a recorder with keys and classes writes it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use audit_runtime::redact::{EncryptionKey, Keys, Redactor, Tightness};
use audit_runtime::{HashKey, HiddenPaths, Redact, Redaction};
use serde::Serialize;

const CARD: &str = "4242424242424242";

#[derive(Redact)]
struct Everything<'a, T> {
    #[sensitive(full)]
    full: String,
    #[sensitive(mask(last = 4))]
    last: String,
    #[sensitive(mask(first = 1, last = 2, min = 10))]
    both: &'a str,
    #[sensitive(mask(card))]
    number: u64,
    #[sensitive(mask(email))]
    mail: Cow<'a, str>,
    #[sensitive(mask(ip))]
    address: std::net::IpAddr,
    #[sensitive(pseudonym)]
    user: Option<T>,
    #[sensitive(pseudonym(domain = "user"))]
    colleagues: Vec<T>,
    #[sensitive(encrypt)]
    note: Box<[u8]>,
    #[sensitive(encrypt(subject = last.len() + self.id as usize))]
    diary: String,
    #[sensitive(omit)]
    dropped: Opaque,
    #[sensitive(with = domain_of)]
    shown: String,
    #[sensitive(with = String::len)]
    size: String,
    #[sensitive(with = display_only)]
    displayed: Opaque,
    id: u32,
}

/// Without `Serialize`, `Debug` or anything else.
struct Opaque;

struct Words;

impl std::fmt::Display for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("words")
    }
}

fn domain_of(mail: &str) -> String {
    mail.rsplit('@').next().unwrap_or_default().to_owned()
}

fn display_only(_: &Opaque) -> Words {
    Words
}

#[derive(Redact)]
struct OnlyOmitted {
    #[sensitive(omit)]
    pin: u32,
}

#[derive(Redact)]
struct Email(#[sensitive(pseudonym)] String);

#[derive(Redact)]
enum Contact {
    Nobody,
    Email(#[sensitive(pseudonym)] String),
    Pair(u32, #[sensitive(mask(last = 4))] String),
    Card {
        #[sensitive(mask(card), class = pii)]
        number: String,
        #[sensitive(omit)]
        pin: String,
        #[sensitive(encrypt(subject = holder))]
        limit: u32,
        holder: u32,
    },
}

#[derive(Redact)]
struct Classes {
    #[sensitive(class = dropped)]
    a: String,
    #[sensitive(mask(card), class = joined)]
    b: String,
    #[sensitive(mask(card), class = unknown)]
    c: String,
    #[sensitive(mask(card), class = dropped)]
    d: String,
    #[sensitive(with = domain_of, class = joined)]
    e: String,
    f: u32,
}

#[derive(Redact)]
struct TupleOfClasses(#[sensitive(class = dropped)] String, u32);

#[derive(Redact)]
struct Shapes {
    #[sensitive(mask(last = 4))]
    map: BTreeMap<String, Inner>,
    #[sensitive(pseudonym)]
    list: Vec<[u8; 4]>,
}

#[derive(Serialize)]
struct Inner {
    card: String,
}

/// Names that the output of the derive must not take away.
#[derive(Serialize)]
struct Output(u32);
#[derive(Serialize)]
struct Veil(u32);

#[derive(Redact)]
struct Names {
    #[sensitive(pseudonym)]
    output: Output,
    #[sensitive(pseudonym)]
    veil: Veil,
    #[sensitive(encrypt(subject = r#type))]
    subject: u32,
    r#type: u32,
}

fn redactor() -> Redactor {
    let key = |_: audit_runtime::redact::keys::Wanted<'_>| Ok(Some(EncryptionKey::from_bytes([2; 32])));
    Redactor::new("test")
        .with_hash_key(HashKey::from_bytes([1; 32]))
        .with_keys(Keys::provided(key))
        .with_class("dropped", Tightness::Omit)
        .with_class("joined", Tightness::Pseudonym)
}

fn everything() -> Everything<'static, u32> {
    Everything {
        full: CARD.into(),
        last: CARD.into(),
        both: "Augusta Ada",
        number: CARD.parse().unwrap(),
        mail: "augusta@example.com".into(),
        address: "192.0.2.77".parse().unwrap(),
        user: Some(7),
        colleagues: vec![7, 8],
        note: Box::from(*b"a note"),
        diary: "a diary".into(),
        dropped: Opaque,
        shown: "ada@example.org".into(),
        size: CARD.into(),
        displayed: Opaque,
        id: 3,
    }
}

/// The written form, with sealed values opened again.
fn json<T: Redact>(value: &T) -> String {
    let redactor = redactor();
    let text = serde_json::to_string(&value.redacted_with(Redaction::with(&redactor))).unwrap();
    let parts: Vec<String> = text
        .split('"')
        .map(|part| match redactor.open(part) {
            Ok(clear) => format!("sealed {}", String::from_utf8(clear).unwrap()),
            Err(_) => part.to_owned(),
        })
        .collect();
    parts.join("\"")
}

fn pseudonym(domain: &str, value: &str) -> String {
    redactor().pseudonym(domain, value.as_bytes()).unwrap()
}

fn main() {
    every_policy();
    enums();
    classes();
    shapes();
    registered();
}

fn every_policy() {
    let seven = pseudonym("user", "7");
    let eight = pseudonym("user", "8");
    let expected = [
        r#"{"full":"[redacted]","last":"****4242","both":"A****da","number":"****4242","#,
        r#""mail":"a****@example.com","address":"192.0.2.0/24","#,
        &format!(r#""user":"{seven}","colleagues":["{seven}","{eight}"],"#),
        r#""note":"sealed a note","diary":"sealed a diary","#,
        r#""shown":"example.org","size":16,"displayed":"words","id":3}"#,
    ];
    assert_eq!(json(&everything()), expected.concat());
    let hidden = concat!(
        r#"{"full":"[redacted]","last":"[redacted]","both":"[redacted]","number":"[redacted]","#,
        r#""mail":"[redacted]","address":"[redacted]","user":"[redacted]","#,
        r#""colleagues":"[redacted]","note":"[redacted]","diary":"[redacted]","#,
        r#""shown":"[redacted]","size":"[redacted]","displayed":"[redacted]","id":3}"#,
    );
    let full = everything();
    let full = full.redacted_with(Redaction::full());
    assert_eq!(serde_json::to_string(&full).unwrap(), hidden);
    let keyless = concat!(
        r#"{"full":"[redacted]","last":"****4242","both":"A****da","number":"****4242","#,
        r#""mail":"a****@example.com","address":"192.0.2.0/24","user":"[redacted]","#,
        r#""colleagues":"[redacted]","note":"[redacted]","diary":"[redacted]","#,
        r#""shown":"example.org","size":16,"displayed":"words","id":3}"#,
    );
    assert_eq!(serde_json::to_string(&everything().redacted()).unwrap(), keyless);
    assert_eq!(format!("{:?}", everything().redacted()), hidden_in_debug(hidden));
    let debug = hidden_in_debug(hidden);
    assert_eq!(format!("{:?}", everything()), debug);
    let redactor = redactor();
    let how = Redaction::with(&redactor);
    assert_eq!(format!("{:?}", everything().redacted_with(how)), debug);
    assert_eq!(HiddenPaths::of::<Everything<'_, u32>>().len(), 14);
}

fn hidden_in_debug(json: &str) -> String {
    let debug = json.replace('"', "").replace(':', ": ").replace(',', ", ");
    debug.replace('{', "Everything { ").replace('}', " }")
}

fn enums() {
    let omitted = OnlyOmitted { pin: 1 };
    assert_eq!((json(&omitted), format!("{omitted:?}")), ("{}".into(), "OnlyOmitted".into()));
    let ada = pseudonym("Email", "ada@example.com");
    assert_eq!(json(&Email("ada@example.com".into())), format!("{ada:?}"));
    assert_eq!(json(&Contact::Nobody), r#""Nobody""#);
    assert_eq!(json(&Contact::Email("ada@example.com".into())), format!(r#"{{"Email":{ada:?}}}"#));
    assert_eq!(json(&Contact::Pair(1, CARD.into())), r#"{"Pair":[1,"****4242"]}"#);
    let card = Contact::Card { number: CARD.into(), pin: "1234".into(), limit: 5, holder: 9 };
    assert_eq!(json(&card), r#"{"Card":{"number":"****4242","limit":"sealed 5","holder":9}}"#);
    assert_eq!(format!("{card:?}"), "Card { number: [redacted], limit: [redacted], holder: 9 }");
}

fn classes() {
    let text = || CARD.to_owned();
    let classes = Classes { a: text(), b: text(), c: text(), d: text(), e: text(), f: 1 };
    let (b, e) = (pseudonym("b", CARD), pseudonym("e", CARD));
    let expected = format!(r#"{{"b":"{b}","c":"****4242","e":"{e}","f":1}}"#);
    assert_eq!(json(&classes), expected);
    // A binary format would fail, or shift, if the count were wrong.
    let redactor = redactor();
    let form = classes.redacted_with(Redaction::with(&redactor));
    let mut count = None;
    let _ = Serialize::serialize(&form, Counting(&mut count));
    assert_eq!(count, Some(4));
    assert_eq!(json(&TupleOfClasses(text(), 1)), r#"["[redacted]",1]"#);
    let keyless = ["a", "b", "c", "d", "e"].map(|name| format!(r#""{name}":"[redacted]""#));
    assert_eq!(
        serde_json::to_string(&classes.redacted()).unwrap(),
        format!(r#"{{{},"f":1}}"#, keyless.join(",")),
    );
    let debug = "Classes { a: [redacted], b: [redacted], c: [redacted], d: [redacted], \
                 e: [redacted], f: 1 }";
    assert_eq!(format!("{classes:?}"), debug);
}

fn shapes() {
    let inner = Inner { card: CARD.into() };
    let shapes = Shapes { map: [(CARD.into(), inner)].into(), list: vec![*b"1234"] };
    let list = pseudonym("list", "1234");
    let expected = format!(r#"{{"map":{{"****4242":{{"card":"****4242"}}}},"list":["{list}"]}}"#);
    assert_eq!(json(&shapes), expected);
    let names = Names { output: Output(1), veil: Veil(2), subject: 3, r#type: 4 };
    let (output, veil) = (pseudonym("output", "1"), pseudonym("veil", "2"));
    let expected =
        format!(r#"{{"output":"{output}","veil":"{veil}","subject":"sealed 3","type":4}}"#);
    assert_eq!(json(&names), expected);
}

fn registered() {
    use audit_runtime::redact::{Exception, ExceptionKind, Mask, Policy, RedactedType};
    let all = RedactedType::all();
    let found = |name: &str| all.iter().find(|t| t.name.ends_with(name)).unwrap();
    let policies: Vec<_> = found("::Everything").fields.iter().map(|f| f.policy()).collect();
    let expected = [
        Some(Policy::Full),
        Some(Policy::Mask(Mask::Ends { first: 0, last: 4, min: 12 })),
        Some(Policy::Mask(Mask::Ends { first: 1, last: 2, min: 10 })),
        Some(Policy::Mask(Mask::Card)),
        Some(Policy::Mask(Mask::Email)),
        Some(Policy::Mask(Mask::Ip)),
        Some(Policy::Pseudonym { domain: "user" }),
        Some(Policy::Pseudonym { domain: "user" }),
        Some(Policy::Encrypt { per_subject: false }),
        Some(Policy::Encrypt { per_subject: true }),
        Some(Policy::Omit),
        Some(Policy::With("domain_of")),
        Some(Policy::With("String::len")),
        Some(Policy::With("display_only")),
        None,
    ];
    assert_eq!(policies, expected);
    let number = found("::Contact").fields[3];
    assert_eq!((number.name, number.mark.unwrap().class), ("Card.number", Some("pii")));
    assert_eq!(number.mark.unwrap().field, "Contact.Card.number");
    let exceptions = Exception::all().into_iter();
    let own = exceptions.filter(|exception| exception.kind == ExceptionKind::OwnPolicy);
    let own: Vec<_> = own.map(|exception| exception.what.rsplit("::").next().unwrap()).collect();
    assert_eq!(own, ["Classes.e", "Everything.displayed", "Everything.shown", "Everything.size"]);
}

macro_rules! refused {
    ($($method:ident $(<$value:ident>)? ($($argument:ty),*) -> $ok:ty;)*) => {$(
        fn $method $(<$value: Serialize + ?Sized>)? (self, $(_: $argument),*) -> Result<$ok, Self::Error> {
            Err(serde::ser::Error::custom("no struct"))
        }
    )*};
}

/// Takes the count that a struct announces, and no more.
struct Counting<'a>(&'a mut Option<usize>);

impl<'a> serde::Serializer for Counting<'a> {
    type Ok = ();
    type Error = serde_json::Error;
    type SerializeSeq = serde::ser::Impossible<(), Self::Error>;
    type SerializeTuple = serde::ser::Impossible<(), Self::Error>;
    type SerializeTupleStruct = serde::ser::Impossible<(), Self::Error>;
    type SerializeTupleVariant = serde::ser::Impossible<(), Self::Error>;
    type SerializeMap = serde::ser::Impossible<(), Self::Error>;
    type SerializeStruct = serde::ser::Impossible<(), Self::Error>;
    type SerializeStructVariant = serde::ser::Impossible<(), Self::Error>;

    fn serialize_struct(
        self,
        _: &'static str,
        count: usize,
    ) -> Result<Self::SerializeStruct, Self::Error> {
        *self.0 = Some(count);
        Err(serde::ser::Error::custom("that is all"))
    }

    refused! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_some<T>(&T) -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_newtype_struct<T>(&'static str, &T) -> ();
        serialize_newtype_variant<T>(&'static str, u32, &'static str, &T) -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}
