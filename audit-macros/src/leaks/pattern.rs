//! Declares the variables of a pattern, with the questions whether they hold a sensitive part.

use std::collections::HashSet;
use std::mem;

use audit_syntax::field_hash;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, FieldPat, Member, Pat, PatIdent, PatStruct, Path, Token, Type};

use super::binding::Asked;
use super::conditions::cfg;
use super::scope::Repeated;
use super::walk::{Sources, Walk};

/// Variants of the standard library, which hide nothing themselves.
pub(super) const TRANSPARENT: &[&str] = &[
    "Borrowed", "Break", "Continue", "Err", "Ok", "Owned", "Ready", "Reverse", "Some", "Wrapping",
];

/// Puts a pattern for one part into the pattern for the whole value.
type Place<'a> = &'a dyn Fn(TokenStream) -> TokenStream;

/// A variable, and the questions about it.
pub(super) type Declared = (String, Vec<Asked>);

impl Walk {
    /// Declares what a pattern takes out of a value that is known to hold `given`.
    pub(super) fn bind(&mut self, pattern: &Pat, value: Option<&Repeated>, given: &Sources) {
        let first = self.scope.bindings.len();
        for (name, questions) in self.parts(pattern, value, given) {
            self.scope.declare(name, false, questions);
        }
        let is_told = matches!(pattern, Pat::Type(typed) if self.value_of(&typed.ty).is_some());
        self.scope.bindings[first..].iter_mut().for_each(|binding| binding.is_told = is_told);
    }

    /// The variables of a pattern, each with the questions about what it takes.
    pub(super) fn parts(
        &mut self,
        pattern: &Pat,
        value: Option<&Repeated>,
        given: &Sources,
    ) -> Vec<Declared> {
        let given: Vec<Asked> = given.iter().map(|(asked, _)| *asked).collect();
        let mut found = Vec::new();
        let typed = match pattern {
            Pat::Type(typed) => self.value_of(&typed.ty),
            _ => None,
        };
        let tied = match typed.as_ref().or(value) {
            Some(value) if value.is_made => self.tied(pattern, value),
            known => known.cloned(),
        };
        self.part(pattern, tied.as_ref(), &|part| part, &given, &mut found);
        // One of several alternatives gives a variable what it holds.
        let mut declared: Vec<Declared> = Vec::new();
        for (name, questions) in found {
            match declared.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => known.extend(questions),
                None => declared.push((name, questions)),
            }
        }
        declared
    }

    /// Goes where there is only something under these conditions; how to leave is returned.
    pub(super) fn enter_conditions(&mut self, attributes: &[Attribute]) -> usize {
        let around = self.scope.conditions.len();
        self.scope.conditions.extend(cfg(attributes));
        around
    }

    /// A value of a type that is written in full.
    pub(super) fn value_of(&self, ty: &Type) -> Option<Repeated> {
        let private = &self.private;
        is_nameable(ty).then(|| Repeated::closed(quote!(#private::any::<#ty>())))
    }

    /// A value that is made for the question, of the same type as the one that the pattern takes apart:
    /// what is not known of it from the expression and from the pattern, its parts tell.
    fn tied(&self, pattern: &Pat, value: &Repeated) -> Option<Repeated> {
        let mut copy = Renamed { variables: Vec::new(), is_conditional: false };
        let mut renamed = pattern.clone();
        copy.visit_pat_mut(&mut renamed);
        let own: HashSet<String> = copy.variables.iter().map(|v| v.unraw().to_string()).collect();
        if copy.is_conditional || !own.is_disjoint(&value.names) {
            return None;
        }
        let private = &self.private;
        let pairs = copy.variables.iter().map(|variable| {
            let part = part_of(variable);
            quote!(#private::same(&#part, &#variable);)
        });
        let made = &value.tokens;
        let tokens = quote!({
            let __audit_made = #made;
            match __audit_made {
                #renamed => { #(#pairs)* }
                _ => {}
            }
            __audit_made
        });
        let names = value.names.union(&own).cloned().collect();
        Some(Repeated { tokens, names, ..value.clone() })
    }

    fn part(
        &mut self,
        pattern: &Pat,
        value: Option<&Repeated>,
        place: Place<'_>,
        given: &[Asked],
        declared: &mut Vec<Declared>,
    ) {
        match pattern {
            Pat::Ident(binding) => {
                if let Some((_, inner)) = &binding.subpat {
                    self.part(inner, value, place, given, declared);
                }
                let name = binding.ident.unraw().to_string();
                // What begins with a capital is a constant or a variant.
                if !name.starts_with(char::is_uppercase) {
                    declared.push((name, given.to_vec()));
                }
            }
            Pat::Type(typed) => self.part(&typed.pat, value, place, given, declared),
            Pat::Guard(inner) => self.part(&inner.pat, value, place, given, declared),
            Pat::Paren(inner) => self.part(&inner.pat, value, place, given, declared),
            Pat::Reference(inner) => {
                let mutability = &inner.mutability;
                let place = |part| place(quote!(&#mutability #part));
                self.part(&inner.pat, value, &place, given, declared);
            }
            Pat::Or(either) => {
                for case in &either.cases {
                    self.part(case, value, place, given, declared);
                }
            }
            Pat::Tuple(tuple) => {
                let place = |parts| place(quote!((#parts)));
                // Only the tuple itself is known by its parts, not one in it.
                let each = mem::take(&mut self.each);
                if each.len() == tuple.elems.len() && !tuple.elems.iter().any(is_rest) {
                    for (at, part) in tuple.elems.iter().enumerate() {
                        let (before, after) = (0..at, at + 1..each.len());
                        let (before, after) = (before.map(|_| quote!(_)), after.map(|_| quote!(_)));
                        let (before, after): (Vec<_>, Vec<_>) = (before.collect(), after.collect());
                        let place = |part| place(quote!(#(#before,)* #part #(, #after)*,));
                        self.part(part, value, &place, &each[at], declared);
                    }
                } else {
                    self.list(tuple.elems.iter(), None, value, &place, given, declared);
                }
                self.each = each;
            }
            Pat::Slice(slice) => {
                let place = |parts| place(quote!([#parts]));
                self.list(slice.elems.iter(), None, value, &place, given, declared);
            }
            Pat::TupleStruct(tuple) => {
                let path = &tuple.path;
                let span = tuple.paren_token.span.join();
                let group = |parts| enclosed(Delimiter::Parenthesis, parts, span);
                let rest = group(quote!(..));
                let owner = value.and_then(|value| owned(value, path, &rest, place));
                let place = |parts| {
                    let parts = group(parts);
                    place(quote!(#path #parts))
                };
                self.list(tuple.elems.iter(), owner.as_ref(), value, &place, given, declared);
            }
            Pat::Struct(record) => self.fields(record, value, place, given, declared),
            _ => {}
        }
    }

    /// The parts of a struct with names.
    fn fields(
        &mut self,
        record: &PatStruct,
        value: Option<&Repeated>,
        place: Place<'_>,
        given: &[Asked],
        declared: &mut Vec<Declared>,
    ) {
        let path = &record.path;
        let span = record.brace_token.span.join();
        let group = |parts| enclosed(Delimiter::Brace, parts, span);
        let rest = group(quote!(..));
        let owner = value.and_then(|value| owned(value, path, &rest, place));
        for field in &record.fields {
            let member = &field.member;
            let place = |part| {
                let parts = group(quote!(#member: #part, ..));
                place(quote!(#path #parts))
            };
            let around = self.enter_conditions(&field.attrs);
            let given = self.given(&field.pat, owner.as_ref(), member, given);
            self.part(&field.pat, value, &place, &given, declared);
            self.scope.conditions.truncate(around);
        }
    }

    /// The parts of a list: of a tuple, of a slice, or of a struct without names.
    fn list<'a>(
        &mut self,
        parts: impl Iterator<Item = &'a Pat> + Clone,
        owner: Option<&Owner>,
        value: Option<&Repeated>,
        place: Place<'_>,
        given: &[Asked],
        declared: &mut Vec<Declared>,
    ) {
        let others = parts.clone().map(|part| if is_rest(part) { quote!(..) } else { quote!(_) });
        let others: Vec<TokenStream> = others.collect();
        for (at, part) in parts.enumerate() {
            let place = |part| {
                let (before, after) = (&others[..at], &others[at + 1..]);
                place(quote!(#(#before,)* #part #(, #after)*,))
            };
            let is_counted = !others[..at].iter().any(|other| other.to_string() == "..");
            let given = match owner.filter(|_| is_counted) {
                Some(owner) => self.given(part, Some(owner), &Member::from(at), given),
                None => given.to_vec(),
            };
            self.part(part, value, &place, &given, declared);
        }
    }

    /// The questions about a field, with those about what it is part of.
    fn given(
        &mut self,
        part: &Pat,
        owner: Option<&Owner>,
        member: &Member,
        given: &[Asked],
    ) -> Vec<Asked> {
        let mut given = given.to_vec();
        let Some(owner) = owner.filter(|_| !matches!(part, Pat::Wild(_) | Pat::Rest(_))) else {
            return given;
        };
        let member = match member {
            Member::Named(name) => name.unraw().to_string(),
            Member::Unnamed(at) => at.index.to_string(),
        };
        // The path may name a struct or a variant: only one of the two can be answered.
        for key in [format!("{}.{member}", owner.name), member] {
            let (private, hash) = (&self.private, field_hash(&key));
            let (value, pattern) = (&owner.value.tokens, &owner.pattern);
            let question = quote! {
                match #value {
                    #pattern => #private::taken::<#hash, _>(&__audit_owner),
                    _ => #private::any(),
                }
            };
            let question = match owner.value.is_made {
                true => self.scope.ask_later(&owner.value, question),
                false => self.scope.ask(&owner.value, question),
            };
            given.extend(question.map(Asked::about));
        }
        given
    }
}

/// A struct or variant that a pattern takes apart.
struct Owner {
    value: Repeated,
    /// The last word of its path.
    name: String,
    /// A pattern for the whole value that binds this part of it.
    pattern: TokenStream,
}

fn owned(value: &Repeated, path: &Path, rest: &TokenStream, place: Place<'_>) -> Option<Owner> {
    let name = path.segments.last()?.ident.unraw().to_string();
    if TRANSPARENT.contains(&name.as_str()) {
        return None;
    }
    let pattern = place(quote!(__audit_owner @ #path #rest));
    Some(Owner { value: value.clone(), name, pattern })
}

/// A part of a pattern that stands where its user's does: a mistake in both is told once.
fn enclosed(delimiter: Delimiter, parts: TokenStream, span: Span) -> TokenStream {
    let mut group = Group::new(delimiter, parts);
    group.set_span(span);
    TokenTree::from(group).into()
}

fn is_rest(pattern: &Pat) -> bool {
    match pattern {
        Pat::Rest(_) => true,
        Pat::Ident(binding) => binding.subpat.as_ref().is_some_and(|(_, inner)| is_rest(inner)),
        _ => false,
    }
}

/// True if the type is whole without what the compiler infers, or what only a signature may say.
fn is_nameable(ty: &Type) -> bool {
    let written = ty.to_token_stream().to_string();
    !written.split_whitespace().any(|word| word == "impl" || word == "_")
}

fn part_of(variable: &Ident) -> Ident {
    format_ident!("__audit_part_{variable}")
}

/// Gives the variables of a pattern names that hide none of the user's.
struct Renamed {
    variables: Vec<Ident>,
    /// Whether a part of the pattern may not be there.
    is_conditional: bool,
}

impl VisitMut for Renamed {
    fn visit_pat_mut(&mut self, pattern: &mut Pat) {
        match pattern {
            Pat::Type(typed) => *pattern = (*typed.pat).clone(),
            Pat::Guard(guarded) => *pattern = (*guarded.pat).clone(),
            _ => return visit_mut::visit_pat_mut(self, pattern),
        }
        self.visit_pat_mut(pattern);
    }

    fn visit_pat_ident_mut(&mut self, binding: &mut PatIdent) {
        let name = &binding.ident;
        if !name.unraw().to_string().starts_with(char::is_uppercase) {
            let part = part_of(name);
            let variable = mem::replace(&mut binding.ident, part);
            if !self.variables.contains(&variable) {
                self.variables.push(variable);
            }
        }
        visit_mut::visit_pat_ident_mut(self, binding);
    }

    fn visit_field_pat_mut(&mut self, field: &mut FieldPat) {
        self.is_conditional |= !cfg(&field.attrs).is_empty();
        if field.colon_token.is_none() {
            // `Login { ref password }` is short for `Login { password: ref password }`.
            field.colon_token = Some(Token![:](Span::call_site()));
        }
        visit_mut::visit_field_pat_mut(self, field);
    }
}
