//! The fields of the program that are to be sealed with keys which there are not.

use std::fmt;
use std::io;

use crate::{Policy, RedactedType, Redactor};

/// How many fields a message names.
const NAMED_MAX: usize = 8;

/// Fields that are to be sealed, and no key to seal them with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// What is missing.
    pub need: Need,
    /// The fields, each with its type and the place in the source where that is.
    pub fields: Vec<String>,
}

/// What sealing needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A key that seals new values.
    Key,
    /// A place for the keys of subjects.
    Subjects,
}

impl Redactor {
    /// The fields of `types` that this redactor has no key to seal; see [`RedactedType::all`].
    ///
    /// # Errors
    /// Fails when a key is needed and cannot be had now.
    pub fn unmet(&self, types: &[RedactedType]) -> io::Result<Vec<Unmet>> {
        let mut unmet = Vec::new();
        for (need, per_subject) in [(Need::Key, false), (Need::Subjects, true)] {
            let sealed = Policy::Encrypt { per_subject };
            let fields: Vec<_> = types.iter().flat_map(|of| self.fields(of, sealed)).collect();
            if !fields.is_empty() && !self.meets(need)? {
                unmet.push(Unmet { need, fields });
            }
        }
        Ok(unmet)
    }

    fn meets(&self, need: Need) -> io::Result<bool> {
        Ok(match need {
            Need::Key => self.keys().sealing(None)?.is_some(),
            Need::Subjects => self.keys().keeps_subjects(),
        })
    }

    /// The fields of a type that are written by `policy`, as a message names them.
    fn fields(&self, of: &RedactedType, policy: Policy) -> impl Iterator<Item = String> {
        let is_so = move |mark: crate::Mark| mark.policy_under(self) == policy;
        let fields = of.fields.iter().filter(move |field| field.mark.is_some_and(is_so));
        fields.map(|field| {
            let name = match field.name {
                "" => "the value".to_owned(),
                name => format!("`{name}`"),
            };
            format!("{name} of `{}` ({}:{})", of.name, of.file, of.line)
        })
    }
}

/// Names the fields, of many the first ones.
impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = &self.fields[..self.fields.len().min(NAMED_MAX)];
        f.write_str(&named.join(", "))?;
        match self.fields.len() - named.len() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Wanted;
    use crate::{FieldClass, Keys, Mark, RedactedField, Tightness};

    fn field(name: &'static str, policy: Policy, class: Option<&'static str>) -> RedactedField {
        let mark = Some(Mark { field: "User.field", policy, class });
        RedactedField { name, class: FieldClass::Sensitive, reason: None, mark }
    }

    fn user() -> RedactedType {
        let fields = vec![
            field("ssn", Policy::Encrypt { per_subject: false }, None),
            field("email", Policy::Encrypt { per_subject: true }, None),
            field("phone", Policy::Mask(crate::Mask::Email), Some("pii")),
        ];
        RedactedType { name: "shop::User", file: "src/user.rs", line: 12, fields }
    }

    fn unmet(redactor: &Redactor) -> Vec<(Need, String)> {
        let unmet = redactor.unmet(&[user()]).unwrap();
        unmet.iter().map(|unmet| (unmet.need, unmet.to_string())).collect()
    }

    #[test]
    fn a_field_without_its_key_is_named_with_its_type_and_place() {
        let ssn = (Need::Key, "`ssn` of `shop::User` (src/user.rs:12)".to_owned());
        let email = (Need::Subjects, "`email` of `shop::User` (src/user.rs:12)".to_owned());
        assert_eq!(unmet(&Redactor::new("shop")), [ssn.clone(), email.clone()]);
        let key = Keys::parse(&format!("encrypt {}", "01".repeat(32))).unwrap();
        assert_eq!(unmet(&Redactor::new("shop").with_keys(key.clone())), [email]);
        let directory = tempfile::tempdir().unwrap();
        let subjects = Keys::default().with_subjects(directory.path());
        assert_eq!(unmet(&Redactor::new("shop").with_keys(subjects)), [ssn]);
        let both = Redactor::new("shop").with_keys(key.with_subjects(directory.path()));
        assert_eq!(unmet(&both), []);
    }

    #[test]
    fn a_class_that_is_to_be_sealed_needs_a_key_as_well() {
        let redactor = Redactor::new("shop").with_class("pii", Tightness::Encrypt);
        assert!(unmet(&redactor)[0].1.ends_with(", `phone` of `shop::User` (src/user.rs:12)"));
        let tighter = Redactor::new("shop").with_class("pii", Tightness::Full);
        assert!(!unmet(&tighter)[0].1.contains("phone"));
    }

    #[test]
    fn keys_that_cannot_be_had_are_told_where_they_are_needed() {
        let failing = |_: Wanted<'_>| Err(io::ErrorKind::TimedOut.into());
        let redactor = Redactor::new("shop").with_keys(Keys::provided(failing));
        assert!(redactor.unmet(&[user()]).is_err());
        assert_eq!(redactor.unmet(&[]).unwrap(), []);
    }
}
