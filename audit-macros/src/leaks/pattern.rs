//! Declares the variables of a pattern, with the questions whether they hold a sensitive part.

use audit_syntax::field_hash;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Member, Pat, Path, Type};

use super::conditions::cfg;
use super::scope::Repeated;
use super::walk::{Sources, Walk};

/// Variants of the standard library, which hide nothing themselves.
const TRANSPARENT: &[&str] = &[
    "Borrowed", "Break", "Continue", "Err", "Ok", "Owned", "Ready", "Reverse", "Some", "Wrapping",
];

/// Puts a pattern for one part into the pattern for the whole value.
type Place<'a> = &'a dyn Fn(TokenStream) -> TokenStream;

/// A variable, and the questions about it.
type Declared = (String, Vec<usize>);

impl Walk {
    /// Declares what a pattern takes out of a value that is known to hold `given`.
    pub(super) fn bind(&mut self, pattern: &Pat, value: Option<&Repeated>, given: &Sources) {
        let given: Vec<usize> = given.iter().map(|(question, _)| *question).collect();
        let mut declared = Vec::new();
        self.part(pattern, value, &|part| part, &given, &mut declared);
        for (name, questions) in declared {
            self.scope.declare(name, false, questions);
        }
    }

    /// A value of a type that is written, for parameters; nothing can be said of `impl Trait`.
    pub(super) fn value_of(&self, ty: &Type) -> Repeated {
        let private = &self.private;
        Repeated::closed(quote!(#private::any::<#ty>()))
    }

    fn part(
        &mut self,
        pattern: &Pat,
        value: Option<&Repeated>,
        place: Place<'_>,
        given: &[usize],
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
                self.list(tuple.elems.iter(), None, value, &place, given, declared);
            }
            Pat::Slice(slice) => {
                let place = |parts| place(quote!([#parts]));
                self.list(slice.elems.iter(), None, value, &place, given, declared);
            }
            Pat::TupleStruct(tuple) => {
                let path = &tuple.path;
                let owner = value.and_then(|value| owned(value, path, &quote!((..)), place));
                let place = |parts| place(quote!(#path(#parts)));
                self.list(tuple.elems.iter(), owner.as_ref(), value, &place, given, declared);
            }
            Pat::Struct(record) => {
                let path = &record.path;
                let owner = value.and_then(|value| owned(value, path, &quote!({ .. }), place));
                for field in &record.fields {
                    let member = &field.member;
                    let place = |part| place(quote!(#path { #member: #part, .. }));
                    let is_there = cfg(&field.attrs).is_empty();
                    let owner = owner.as_ref().filter(|_| is_there);
                    let given = self.given(&field.pat, owner, member, given);
                    let value = value.filter(|_| is_there);
                    self.part(&field.pat, value, &place, &given, declared);
                }
            }
            _ => {}
        }
    }

    /// The parts of a list: of a tuple, of a slice, or of a struct without names.
    fn list<'a>(
        &mut self,
        parts: impl Iterator<Item = &'a Pat> + Clone,
        owner: Option<&Owner>,
        value: Option<&Repeated>,
        place: Place<'_>,
        given: &[usize],
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
        given: &[usize],
    ) -> Vec<usize> {
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
                    #pattern => #private::probe::<#hash, _>(&__audit_owner),
                    _ => #private::any(),
                }
            };
            given.extend(self.scope.ask(&owner.value, question));
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

fn is_rest(pattern: &Pat) -> bool {
    match pattern {
        Pat::Rest(_) => true,
        Pat::Ident(binding) => binding.subpat.as_ref().is_some_and(|(_, inner)| is_rest(inner)),
        _ => false,
    }
}

/// True if the type cannot be written in a body.
pub(super) fn is_unnameable(ty: &Type) -> bool {
    ty.to_token_stream().to_string().split_whitespace().any(|word| word == "impl")
}
