//! Reads the policy of `#[sensitive(…)]`; all that is wrong with one policy is said at once.

use std::cmp;

use proc_macro2::Group;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Expr, Ident, Lit, LitInt, LitStr, Meta, Path, Token};

use super::model::{Mask, Policy, PolicyKind};
use super::parse::skip_value;
use crate::attributes;
use crate::errors::Errors;

/// More kept characters would be a good part of most secrets.
const KEPT_MAX: u16 = 8;
/// Shorter values are hidden whole: a PIN shows nothing.
const LENGTH_MIN: u16 = 8;
/// At most every third character is kept.
const LENGTH_BY_KEPT: u16 = 3;

/// The policies, and beside them the class.
const NAMES: &[&str] = &["full", "mask", "pseudonym", "encrypt", "omit", "with", "class"];
/// What stands in the parentheses of a mask.
const MASKS: &[&str] = &["card", "email", "ip", "first", "last", "min"];

const EMPTY: &str = "`#[sensitive]` with parentheses names a policy, as in \
                     `#[sensitive(mask(last = 4))]`: without one, write it alone";
const POLICIES: &str = "write `full`, `mask(last = 4)`, `pseudonym`, `encrypt`, `omit` or \
                        `with = path`, and beside it `class = name`";
const MASK_FORM: &str = "say what the mask keeps: `mask(last = 4)`, `mask(first = 1)`, or a kind \
                         of value, `mask(card)`, `mask(email)` or `mask(ip)`";
const PSEUDONYM_FORM: &str = "`pseudonym` accepts only a domain, whose values are joined: \
                              `pseudonym(domain = \"email\")`";
const ENCRYPT_FORM: &str = "`encrypt` accepts only a subject, for whose values there is a key of \
                            its own: `encrypt(subject = user_id)`";
const WITH_FORM: &str = "write the path of a function that takes the field by reference: \
                         `with = module::function`";
const CLASS_FORM: &str = "write the name of a class as one word: `class = pii`";

/// The policy that the attribute says; none if it has a mistake.
pub(super) fn policy(attribute: &Attribute, errors: &mut Errors) -> Option<Policy> {
    if let Meta::Path(_) = attribute.meta {
        return Some(Policy { kind: PolicyKind::Full, class: None });
    }
    let Meta::List(list) = &attribute.meta else {
        errors.at(&attribute.meta, EMPTY);
        return None;
    };
    if list.tokens.is_empty() {
        errors.at(&attribute.meta, EMPTY);
        return None;
    }
    let mut reader = Reader { errors, named: None, kind: None, class: None, is_broken: false };
    if let Err(error) = attribute.parse_nested_meta(|meta| reader.option(&meta)) {
        reader.is_broken = true;
        reader.errors.push(error);
    }
    let Reader { kind, class, is_broken, .. } = reader;
    (!is_broken).then(|| Policy { kind: kind.unwrap_or(PolicyKind::Full), class })
}

struct Reader<'a> {
    errors: &'a mut Errors,
    /// The first policy's name, even if it has a mistake.
    named: Option<String>,
    kind: Option<PolicyKind>,
    class: Option<Ident>,
    is_broken: bool,
}

impl Reader<'_> {
    fn refuse(&mut self, tokens: impl quote::ToTokens, message: impl std::fmt::Display) {
        self.is_broken = true;
        self.errors.at(tokens, message);
    }

    fn refuse_option(&mut self, option: &ParseNestedMeta<'_>, known: &[&str], form: &str) {
        self.refuse(&option.path, attributes::unknown(&option.path, known, form));
    }

    fn option(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let name = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
        if name == "class" {
            return self.class(meta);
        }
        if !NAMES.contains(&name.as_str()) {
            self.refuse(&meta.path, unknown(&meta.path, &name));
            return skip_value(meta);
        }
        if let Some(first) = &self.named {
            let message = match *first == name {
                true => format!("`{name}` is there twice: remove one"),
                false => {
                    format!("a field has one policy, and `{first}` is there already: keep one")
                }
            };
            self.refuse(&meta.path, message);
            return skip_value(meta);
        }
        self.kind = match name.as_str() {
            "mask" => self.mask(meta)?.map(PolicyKind::Mask),
            "pseudonym" => self.pseudonym(meta)?,
            "encrypt" => self.encrypt(meta)?,
            "with" => self.with(meta)?,
            "omit" => self.bare(meta, PolicyKind::Omit(meta.path.clone()))?,
            _ => self.bare(meta, PolicyKind::Full)?,
        };
        self.named = Some(name);
        Ok(())
    }

    fn bare(
        &mut self,
        meta: &ParseNestedMeta<'_>,
        kind: PolicyKind,
    ) -> syn::Result<Option<PolicyKind>> {
        if is_followed(meta) {
            self.refuse(&meta.path, "this policy takes no options: write its name alone");
            skip_value(meta)?;
        }
        Ok(Some(kind))
    }

    fn class(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        match value(meta)? {
            _ if self.class.is_some() => {
                self.refuse(&meta.path, "a field belongs to one class: remove one");
            }
            Some(Expr::Path(path)) if path.path.get_ident().is_some() => {
                self.class = path.path.get_ident().cloned();
            }
            Some(other) => self.refuse(other, CLASS_FORM),
            None => self.refuse(&meta.path, CLASS_FORM),
        }
        Ok(())
    }

    fn with(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<Option<PolicyKind>> {
        match value(meta)? {
            Some(Expr::Path(path)) if path.qself.is_none() => {
                return Ok(Some(PolicyKind::With(path.path)));
            }
            Some(other) => self.refuse(other, WITH_FORM),
            None => self.refuse(&meta.path, WITH_FORM),
        }
        Ok(None)
    }

    fn pseudonym(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<Option<PolicyKind>> {
        let mut domain: Option<LitStr> = None;
        self.options(meta, PSEUDONYM_FORM, |reader, option| {
            match value(option)? {
                Some(Expr::Lit(literal)) if option.path.is_ident("domain") && domain.is_none() => {
                    match literal.lit {
                        Lit::Str(text) if !text.value().trim().is_empty() => domain = Some(text),
                        other => reader.refuse(other, PSEUDONYM_FORM),
                    }
                }
                _ => reader.refuse_option(option, &["domain"], PSEUDONYM_FORM),
            }
            Ok(())
        })?;
        Ok(Some(PolicyKind::Pseudonym { domain }))
    }

    fn encrypt(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<Option<PolicyKind>> {
        let mut subject: Option<Expr> = None;
        self.options(meta, ENCRYPT_FORM, |reader, option| {
            match value(option)? {
                Some(value) if option.path.is_ident("subject") && subject.is_none() => {
                    subject = Some(value);
                }
                _ => reader.refuse_option(option, &["subject"], ENCRYPT_FORM),
            }
            Ok(())
        })?;
        Ok(Some(PolicyKind::Encrypt { subject }))
    }

    fn mask(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<Option<Mask>> {
        if !meta.input.peek(syn::token::Paren) {
            self.refuse(&meta.path, MASK_FORM);
            skip_value(meta)?;
            return Ok(None);
        }
        let mut preset: Option<Mask> = None;
        let mut ends = Ends::default();
        self.options(meta, MASK_FORM, |reader, option| {
            let kind = match option.path.get_ident().map(Ident::to_string).as_deref() {
                Some("card") => Mask::Card,
                Some("email") => Mask::Email,
                Some("ip") => Mask::Ip,
                _ => return ends.option(reader, option),
            };
            if preset.is_some() || is_followed(option) {
                reader.refuse(&option.path, MASK_FORM);
                return skip_value(option);
            }
            preset = Some(kind);
            Ok(())
        })?;
        match (preset, ends.given()) {
            (Some(_), Some(number)) => {
                let message = "a mask for a kind of value has its own ends and minimum: \
                               take this away, or the kind";
                self.refuse(number, message);
                Ok(None)
            }
            (Some(preset), None) => Ok(Some(preset)),
            (None, _) => Ok(ends.into_mask(self, &meta.path)),
        }
    }

    /// Reads what stands in the parentheses behind a policy, if they are there.
    fn options(
        &mut self,
        meta: &ParseNestedMeta<'_>,
        form: &str,
        mut option: impl FnMut(&mut Self, &ParseNestedMeta<'_>) -> syn::Result<()>,
    ) -> syn::Result<()> {
        if meta.input.peek(syn::token::Paren) {
            if meta.input.fork().parse::<Group>()?.stream().is_empty() {
                self.refuse(&meta.path, form);
                return skip_value(meta);
            }
            meta.parse_nested_meta(|nested| option(self, &nested))?;
        } else if is_followed(meta) {
            self.refuse(&meta.path, form);
            skip_value(meta)?;
        }
        Ok(())
    }
}

/// The numbers of a mask, as they are written.
#[derive(Default)]
struct Ends {
    first: Option<LitInt>,
    last: Option<LitInt>,
    min: Option<LitInt>,
}

impl Ends {
    fn option(&mut self, reader: &mut Reader<'_>, option: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let place = match option.path.get_ident().map(Ident::to_string).as_deref() {
            Some("first") => &mut self.first,
            Some("last") => &mut self.last,
            Some("min") => &mut self.min,
            _ => {
                reader.refuse_option(option, MASKS, MASK_FORM);
                return skip_value(option);
            }
        };
        let number = match value(option)? {
            Some(Expr::Lit(literal)) => match literal.lit {
                Lit::Int(number) => Some(number),
                _ => None,
            },
            _ => None,
        };
        match number {
            Some(_) if place.is_some() => {
                reader.refuse(&option.path, "this option is there twice: remove one");
            }
            None => reader.refuse(&option.path, "write a number behind it, as in `last = 4`"),
            number => *place = number,
        }
        Ok(())
    }

    fn given(&self) -> Option<&LitInt> {
        self.first.as_ref().or(self.last.as_ref()).or(self.min.as_ref())
    }

    fn into_mask(self, reader: &mut Reader<'_>, mask: &Path) -> Option<Mask> {
        if self.first.is_none() && self.last.is_none() {
            if !reader.is_broken {
                reader.refuse(mask, MASK_FORM);
            }
            return None;
        }
        let first = kept(self.first.as_ref(), reader)?;
        let last = kept(self.last.as_ref(), reader)?;
        let kept = first + last;
        if kept > KEPT_MAX {
            let message = format!(
                "a mask that keeps more than {KEPT_MAX} characters may keep most of a secret: \
                 keep {KEPT_MAX} at the most"
            );
            reader.refuse(self.last.or(self.first), message);
            return None;
        }
        let floor = cmp::max(LENGTH_MIN, LENGTH_BY_KEPT * kept);
        let min = match &self.min {
            None => floor,
            Some(number) => match number.base10_parse() {
                Ok(min) if min >= floor => min,
                _ => {
                    let message = format!(
                        "a mask that keeps {kept} of {number} characters shows too much of a short \
                         value: write `min = {floor}` or more, or leave it out, which means {floor}"
                    );
                    reader.refuse(number, message);
                    return None;
                }
            },
        };
        Some(Mask::Ends { first, last, min })
    }
}

/// How many characters one end keeps.
fn kept(number: Option<&LitInt>, reader: &mut Reader<'_>) -> Option<u16> {
    let Some(number) = number else {
        return Some(0);
    };
    match number.base10_parse() {
        Ok(0) => {
            let message = "an end that keeps nothing needs no mention: leave it out, or write \
                           `#[sensitive]` to hide everything";
            reader.refuse(number, message);
            None
        }
        // What is too much is said of both ends together.
        Ok(kept) if kept < 1000_u16 => Some(kept),
        _ => Some(1000),
    }
}

fn unknown(path: &Path, name: &str) -> String {
    match name {
        "first" | "last" | "min" => format!("`{name}` belongs to a mask: `mask({name} = …)`"),
        "card" | "email" | "ip" => format!("`{name}` is a kind of mask: `mask({name})`"),
        "domain" => "`domain` belongs to a pseudonym: `pseudonym(domain = \"…\")`".into(),
        "subject" => "`subject` belongs to encryption: `encrypt(subject = …)`".into(),
        _ => {
            let otherwise = format!("this is no policy of `#[sensitive(…)]`: {POLICIES}");
            attributes::unknown(path, NAMES, &otherwise)
        }
    }
}

/// The expression behind `=`, if there is one.
fn value(meta: &ParseNestedMeta<'_>) -> syn::Result<Option<Expr>> {
    if meta.input.peek(Token![=]) {
        return meta.value()?.parse().map(Some);
    }
    skip_value(meta)?;
    Ok(None)
}

fn is_followed(meta: &ParseNestedMeta<'_>) -> bool {
    meta.input.peek(Token![=]) || meta.input.peek(syn::token::Paren)
}
