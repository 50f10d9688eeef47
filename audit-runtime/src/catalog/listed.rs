//! The catalogue as a file has it: what a program promises to record, without where in the source it says so.

use std::collections::BTreeMap;

use audit_redact::{
    Exception as Registered, ExceptionKind, FieldClass, Mask, Policy, RedactedField, RedactedType,
};
use serde::{Deserialize, Serialize};

use super::ActionSpec;
use crate::event::{Part, Severity};

/// The only form of the file so far.
pub(super) const FORMAT: u32 = 1;
const ABOUT: &str = "what this program records and what it shows; a test compares it, and \
                     AUDIT_CATALOG=write writes it";

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    pub(super) format: u32,
    #[serde(default)]
    pub(super) about: String,
    pub(super) actions: Vec<Action>,
    pub(super) types: Vec<Type>,
    pub(super) exceptions: Vec<Exception>,
    #[serde(default)]
    pub(super) waivers: Vec<Waiver>,
}

/// What one attribute promises.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Action {
    pub(super) action: String,
    pub(super) category: String,
    pub(super) op: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) severity: Option<String>,
    pub(super) durability: String,
    pub(super) on_unrecorded: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retention: Option<String>,
    pub(super) targets: Vec<String>,
    pub(super) fields: Vec<String>,
    /// What is compared before and after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) changes: Option<String>,
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub(super) version: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) routes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    /// Where it stands in the source: for messages, and no part of the promise.
    #[serde(skip)]
    pub(super) place: Place,
}

impl Action {
    /// True if its records hold the same as those of `other`, by their names.
    pub(super) fn has_schema_of(&self, other: &Self) -> bool {
        self.targets == other.targets
            && self.fields == other.fields
            && self.changes == other.changes
    }
}

/// The version that an action has without saying so.
fn first() -> u32 {
    1
}

fn is_first(version: &u32) -> bool {
    *version == first()
}

/// What is written of the fields of a type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Type {
    #[serde(rename = "type")]
    pub(super) name: String,
    /// How each field is written, by the field's path.
    pub(super) fields: BTreeMap<String, String>,
    #[serde(skip)]
    pub(super) place: Place,
}

/// What shows more than the rules do by themselves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exception {
    pub(super) kind: String,
    pub(super) what: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    #[serde(skip)]
    pub(super) place: Place,
}

/// What is left unrecorded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Waiver {
    pub(super) route: String,
    pub(super) waived: String,
    pub(super) reason: String,
    pub(super) until: String,
    #[serde(skip)]
    pub(super) place: Place,
}

/// A place in the source. All are equal, so that what has moved has not changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Place(pub(super) String);

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl Listed {
    /// What is linked into this program.
    pub(super) fn linked() -> Self {
        let actions = super::actions();
        let types = RedactedType::all();
        let exceptions = super::exceptions();
        Self {
            actions: actions.into_iter().map(action).collect(),
            types: types.iter().map(redacted).collect(),
            exceptions: exceptions.into_iter().map(exception).collect(),
            waivers: super::waivers().into_iter().map(waiver).collect(),
            format: FORMAT,
            about: ABOUT.to_owned(),
        }
        .sorted()
    }

    /// In the one order that there is for the same promises.
    pub(super) fn sorted(mut self) -> Self {
        self.actions.sort();
        self.types.sort();
        self.exceptions.sort();
        self.waivers.sort();
        self
    }
}

fn action(spec: &ActionSpec) -> Action {
    let texts = |words: &[&str]| {
        let mut texts: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        texts.sort();
        texts
    };
    Action {
        action: spec.action.to_owned(),
        category: spec.category.to_string(),
        op: spec.operation.to_string(),
        severity: spec.severity.map(Severity::as_str).map(str::to_owned),
        durability: spec.durability.to_string(),
        on_unrecorded: spec.on_unrecorded.to_string(),
        retention: spec.retention.map(str::to_owned),
        targets: texts(spec.targets),
        fields: texts(spec.fields),
        changes: spec.compares.then(|| "before and after".to_owned()),
        version: spec.version,
        routes: texts(&[spec.routes, spec.scoped_routes].concat()),
        description: (!spec.description.is_empty()).then(|| sentence(spec.description)),
        place: Place(format!("{}:{}", spec.file, spec.line)),
    }
}

/// As the attribute has it.
fn sentence(parts: &[Part]) -> String {
    let braced = |name: &str| format!("{{{name}}}");
    let parts = parts.iter().map(|part| match part {
        Part::Text(text) => text.replace('{', "{{").replace('}', "}}"),
        Part::Field(name) => braced(name),
        Part::Actor => braced("actor"),
        Part::Target => braced("target"),
    });
    parts.collect()
}

fn redacted(registered: &RedactedType) -> Type {
    let fields = registered.fields.iter();
    Type {
        name: registered.name.to_owned(),
        fields: fields.map(|field| (field.name.to_owned(), written(field))).collect(),
        place: Place(format!("{}:{}", registered.file, registered.line)),
    }
}

/// How a field is written, in the words of its attribute.
fn written(field: &RedactedField) -> String {
    match field.class {
        FieldClass::Public => "public".to_owned(),
        FieldClass::Ruled => "by its type".to_owned(),
        FieldClass::Sensitive => {
            let policy = field.policy().map_or("full".to_owned(), policy);
            match field.mark.and_then(|mark| mark.class) {
                Some(class) => format!("sensitive({policy}, class = {class})"),
                None if policy == "full" => "sensitive".to_owned(),
                None => format!("sensitive({policy})"),
            }
        }
    }
}

fn policy(policy: Policy) -> String {
    match policy {
        Policy::Mask(Mask::Ends { first, last, min }) => {
            format!("mask(first = {first}, last = {last}, min = {min})")
        }
        Policy::Mask(Mask::Card) => "mask(card)".to_owned(),
        Policy::Mask(Mask::Email) => "mask(email)".to_owned(),
        Policy::Mask(Mask::Ip) => "mask(ip)".to_owned(),
        Policy::Pseudonym { domain } => format!("pseudonym(domain = {domain:?})"),
        Policy::Encrypt { per_subject: true } => "encrypt(subject)".to_owned(),
        Policy::With(path) => format!("with = {path}"),
        Policy::Full | Policy::Encrypt { .. } | Policy::Omit => policy.name().to_owned(),
    }
}

fn exception(registered: &Registered) -> Exception {
    let kind = match registered.kind {
        ExceptionKind::PublicByDefault => "type public by default",
        ExceptionKind::PublicField => "public field",
        ExceptionKind::PublicCapture => "public capture",
        ExceptionKind::OwnPolicy => "policy of the program",
        ExceptionKind::Displayed => "displayed type",
        ExceptionKind::Disclosed => "disclosed field",
        ExceptionKind::AllowedLeak => "allow_leak",
    };
    Exception {
        kind: kind.to_owned(),
        what: registered.what.to_owned(),
        reason: registered.reason.map(str::to_owned),
        place: Place(format!("{}:{}", registered.file, registered.line)),
    }
}

fn waiver(registered: &super::Waiver) -> Waiver {
    Waiver {
        route: registered.route.to_owned(),
        waived: registered.waived.to_string(),
        reason: registered.reason.to_owned(),
        until: registered.until.to_owned(),
        place: Place(format!("{}:{}", registered.file, registered.line)),
    }
}
