//! The lists of every type that derives its redaction rule, and of every exception from the rules.

use crate::{Mark, Policy};

/// A type that derives [`Redact`](trait@crate::Redact), as its source says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedactedType {
    /// Module path and name.
    pub name: &'static str,
    /// Source file, as the compiler was given it.
    pub file: &'static str,
    /// Line of the derive, from 1.
    pub line: u32,
    /// The fields in order; those of an enum carry the name of their variant.
    pub fields: Vec<RedactedField>,
}

/// One field of a [`RedactedType`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedactedField {
    /// The path from the type to the field: `password`, `[0]`, `Card.number`; empty for the one
    /// field of a newtype.
    pub name: &'static str,
    /// What decides whether it is written.
    pub class: FieldClass,
    /// Why a field whose name looks sensitive may be written.
    pub reason: Option<&'static str>,
    /// What `#[sensitive(…)]` says beyond its name; see [`policy`](Self::policy).
    pub mark: Option<Mark>,
}

impl RedactedField {
    /// What is written of a field marked `#[sensitive]`; none for other fields.
    pub fn policy(&self) -> Option<Policy> {
        match (self.class, self.mark) {
            (FieldClass::Sensitive, mark) => Some(mark.map_or(Policy::Full, |mark| mark.policy)),
            _ => None,
        }
    }
}

/// What decides whether a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldClass {
    /// Marked `#[sensitive]`: written by its policy, which shows nothing unless it says so.
    Sensitive,
    /// Marked `#[public]`, or public by the default of its type: always written.
    Public,
    /// Unmarked: the rule of its type decides.
    Ruled,
}

/// A place in the source that shows more than the rules would by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception {
    /// What makes it one.
    pub kind: ExceptionKind,
    /// What is shown, by its path: `shop::Login.name`, `shop::pay.note`, or the module of an
    /// expression.
    pub what: &'static str,
    /// Why, where the source has to say it.
    pub reason: Option<&'static str>,
    /// Source file, as the compiler was given it.
    pub file: &'static str,
    /// Line of the derive, the attribute or the macro, from 1.
    pub line: u32,
}

/// What makes an [`Exception`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExceptionKind {
    /// `#[redact(default = "public")]`: what is unmarked in this type is shown.
    PublicByDefault,
    /// `#[public(reason = "…")]` on a field.
    PublicField,
    /// `#[public(reason = "…")]` before what `#[audited]` captures.
    PublicCapture,
    /// `#[sensitive(with = path)]`: a function of the program decides what is shown.
    OwnPolicy,
    /// `#[redact(display = "…")]`: the `Display` of the type may print its only field.
    Displayed,
    /// `#[serde(serialize_with = "audit_runtime::wire")]`: written in clear where it is disclosed.
    Disclosed,
    /// `allow_leak!(…)`.
    AllowedLeak,
}

impl Exception {
    /// Every exception that is linked into this program, by kind, then by what it shows, then by
    /// place.
    pub fn all() -> Vec<&'static Self> {
        let place = |e: &&'static Self| (e.kind, e.what, e.file, e.line, e.reason);
        let mut exceptions: Vec<_> = inventory::iter::<Self>.into_iter().collect();
        exceptions.sort_by_key(place);
        // Attribute macros that copy their item register its exceptions twice.
        exceptions.dedup();
        exceptions
    }
}

impl RedactedType {
    /// Every type linked into this program, by name, then by place.
    pub fn all() -> Vec<Self> {
        let mut types: Vec<_> = inventory::iter::<Described>().map(Described::read).collect();
        types.sort_by_key(|t| (t.name, t.file, t.line));
        types
    }
}

/// A [`RedactedType`] as the output of a derive registers it: a text, and the marks that it speaks of.
///
/// The compiler checks one text in a fraction of the time that it takes for the members of a literal.
/// Its lines are the name, the file, the line, and then a field each: a letter for its class, its
/// path, and behind a tab the reason why it is shown.
pub struct Described(pub &'static str, pub &'static [Mark]);

impl Described {
    fn read(&self) -> RedactedType {
        let mut lines = self.0.split('\n');
        let mut next = || lines.next().unwrap_or_default();
        let (name, file, line) = (next(), next(), next());
        let mut marks = self.1.iter().copied();
        let fields = lines.filter_map(|line| field(line, &mut marks)).collect();
        RedactedType { name, file, line: line.parse().unwrap_or_default(), fields }
    }
}

fn field(line: &'static str, marks: &mut impl Iterator<Item = Mark>) -> Option<RedactedField> {
    let letter = line.get(..1)?;
    let (name, reason) = match line[1..].split_once('\t') {
        Some((name, reason)) => (name, Some(reason)),
        None => (&line[1..], None),
    };
    let class = match letter {
        "p" => FieldClass::Public,
        "r" => FieldClass::Ruled,
        _ => FieldClass::Sensitive,
    };
    let mark = if letter == "m" { marks.next() } else { None };
    Some(RedactedField { name, class, reason, mark })
}

inventory::collect!(Described);
inventory::collect!(Exception);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mask;

    #[test]
    fn a_type_is_read_from_the_text_that_a_derive_registers() {
        const MARK: Mark =
            Mark { field: "Card.pin", policy: Policy::Mask(Mask::Card), class: Some("pii") };
        let text = "shop::Card\nsrc/card.rs\n12\nmpin\nsOld.cvv\npbank\tprinted on it\nr[3]\np";
        let RedactedType { name, file, line, fields } = Described(text, &[MARK]).read();
        assert_eq!((name, file, line), ("shop::Card", "src/card.rs", 12));
        let field = |name, class| RedactedField { name, class, reason: None, mark: None };
        let expected = [
            RedactedField { mark: Some(MARK), ..field("pin", FieldClass::Sensitive) },
            field("Old.cvv", FieldClass::Sensitive),
            RedactedField { reason: Some("printed on it"), ..field("bank", FieldClass::Public) },
            field("[3]", FieldClass::Ruled),
            field("", FieldClass::Public),
        ];
        assert_eq!(fields, expected);
    }
}
