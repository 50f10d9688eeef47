//! What the tokens of a field's type tell, and what they do not.

use quote::ToTokens;
use syn::{GenericArgument, Path, PathArguments, PathSegment, ReturnType, Type};

use crate::tokens::mentions;

/// Types of other crates that are named like this carry secrets, which each does in a way of its own.
const CARRIERS: &[(&str, &str)] = &[
    ("Url", "a password or `?token=…`"),
    ("Uri", "a password or `?token=…`"),
    ("HeaderMap", "an `authorization` header or a cookie"),
    ("Value", "any member of a JSON value"),
];

/// Containers of the standard library, which are what their parameters are.
const CONTAINERS: &[&str] = &[
    "Option",
    "Vec",
    "VecDeque",
    "Box",
    "Rc",
    "Arc",
    "Cow",
    "Result",
    "HashMap",
    "BTreeMap",
    "HashSet",
    "BTreeSet",
    "BinaryHeap",
    "LinkedList",
    "Mutex",
    "RwLock",
    "Cell",
    "RefCell",
];

const BOOLEAN: &[&str] = &["bool"];
const NUMBERS: &[&str] = &[
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
    "f64",
];

/// The types that hold nothing but what their one parameter says.
const WRAPPERS: &[&str] = &["Option", "Vec", "VecDeque", "Box", "Rc", "Arc"];

/// True if the type is the secret `Sensitive<…>`, or a usual container of nothing but that.
pub(crate) fn is_secret(ty: &Type) -> bool {
    let last = match ty {
        Type::Reference(reference) => return is_secret(&reference.elem),
        Type::Slice(slice) => return is_secret(&slice.elem),
        Type::Array(array) => return is_secret(&array.elem),
        Type::Paren(paren) => return is_secret(&paren.elem),
        Type::Group(group) => return is_secret(&group.elem),
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let Some(last) = last else {
        return false;
    };
    let PathArguments::AngleBracketed(list) = &last.arguments else {
        return false;
    };
    let inner = |argument: &GenericArgument| matches!(argument, GenericArgument::Type(inner) if is_secret(inner));
    let name = last.ident.to_string();
    name == "Sensitive" || WRAPPERS.contains(&name.as_str()) && list.args.iter().all(inner)
}

/// The name in the type that carries secrets, and what it may show.
pub(super) fn carrier(ty: &Type) -> Option<(&'static str, &'static str)> {
    parts(ty).into_iter().find_map(|part| {
        let path = path(part)?;
        let last = path.segments.last()?;
        let (name, shows) = *CARRIERS.iter().find(|(name, _)| last.ident == name)?;
        // Many a crate has a `Value` of its own.
        let of_json = || {
            let mut owners = path.segments.iter().rev().skip(1);
            owners.next().is_none_or(|owner| owner.ident == "serde_json" || owner.ident == "json")
        };
        (name != "Value" || of_json()).then_some((name, shows))
    })
}

/// True if a value of this type is a boolean or a number, or none.
pub(super) fn is_number(ty: &Type) -> bool {
    is_one_of(ty, NUMBERS) || is_boolean(ty)
}

/// True if a value of this type is a boolean, or none.
pub(super) fn is_boolean(ty: &Type) -> bool {
    is_one_of(ty, BOOLEAN)
}

/// True if a type, or what is in an `Option`, has one of these names.
fn is_one_of(ty: &Type, names: &[&str]) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let Some(last) = path.path.segments.last() else {
        return false;
    };
    match &last.arguments {
        // An identifier is compared with a text by being made one, which takes its time.
        PathArguments::None => names.contains(&last.ident.to_string().as_str()),
        PathArguments::AngleBracketed(list) if last.ident == "Option" => {
            let inner = |argument: &GenericArgument| matches!(argument, GenericArgument::Type(inner) if is_one_of(inner, names));
            list.args.iter().all(inner)
        }
        _ => false,
    }
}

/// True for the types that need not be asked whether they have marks, by their names.
pub(super) fn is_plain(ty: &Type) -> bool {
    is_number(ty) || matches!(ty.to_token_stream().to_string().as_str(), "String" | "str")
}

/// True if the type is `Sensitive<…>`, or names it anywhere.
pub(super) fn names_sensitive(ty: &Type) -> bool {
    mentions(ty, |word| word == "Sensitive")
}

/// True for types that are known to be written as they are: plain ones, in an `Option` or a `Vec`.
pub(super) fn is_known(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let is_known_part =
        |part: &GenericArgument| matches!(part, GenericArgument::Type(ty) if is_known(ty));
    match path.path.segments.last() {
        Some(PathSegment { ident, arguments: PathArguments::AngleBracketed(list) })
            if ident == "Option" || ident == "Vec" =>
        {
            list.args.iter().all(is_known_part)
        }
        _ => is_plain(ty),
    }
}

/// The types that a value of `ty` is made of, as far as its tokens tell: of `Option<Vec<Card>>`, `Card`.
///
/// A type with parameters that is no container of the standard library is one, and so are they.
pub(super) fn parts(ty: &Type) -> Vec<&Type> {
    let mut found = Vec::new();
    collect(ty, &mut found);
    found
}

fn collect<'a>(ty: &'a Type, found: &mut Vec<&'a Type>) {
    match ty {
        Type::Array(array) => collect(&array.elem, found),
        Type::Group(group) => collect(&group.elem, found),
        Type::Paren(parentheses) => collect(&parentheses.elem, found),
        Type::Reference(reference) => collect(&reference.elem, found),
        Type::Slice(slice) => collect(&slice.elem, found),
        Type::Tuple(tuple) => tuple.elems.iter().for_each(|part| collect(part, found)),
        Type::Path(whole) => {
            let Some(last) = whole.path.segments.last() else {
                return;
            };
            // Nothing of what it names is there.
            if last.ident == "PhantomData" {
                return;
            }
            let inner = inner(&last.arguments);
            if inner.is_empty() || !CONTAINERS.contains(&last.ident.to_string().as_str()) {
                found.push(ty);
            }
            inner.into_iter().for_each(|part| collect(part, found));
        }
        _ => {}
    }
}

fn inner(arguments: &PathArguments) -> Vec<&Type> {
    match arguments {
        PathArguments::AngleBracketed(list) => {
            let types = list.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            });
            types.collect()
        }
        PathArguments::Parenthesized(function) => match &function.output {
            ReturnType::Type(_, ty) => vec![ty],
            ReturnType::Default => Vec::new(),
        },
        PathArguments::None => Vec::new(),
    }
}

fn path(ty: &Type) -> Option<&Path> {
    match ty {
        Type::Path(path) => Some(&path.path),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_str;

    use super::*;

    #[test]
    fn a_carrier_is_found_wherever_it_stands() {
        for guilty in [
            "Url",
            "url::Url",
            "Option<Uri>",
            "Vec<(u32, http::HeaderMap)>",
            "Arc<serde_json::Value>",
            "HashMap<String, Value>",
            "&'a [Uri; 2]",
            "Envelope<Uri>",
        ] {
            assert!(carrier(&parse_str(guilty).unwrap()).is_some(), "{guilty}");
        }
        for innocent in ["UrlId", "Option<u32>", "config::Value", "PhantomData<Url>", "fn(Url)"] {
            assert!(carrier(&parse_str(innocent).unwrap()).is_none(), "{innocent}");
        }
    }

    #[test]
    fn a_type_is_taken_apart() {
        for (text, expected) in [
            ("Card", "Card"),
            ("Option<Vec<(u32, &'a Card)>>", "u32,Card"),
            ("HashMap<Key, Page<Card>>", "Key,Page<Card>,Card"),
            ("[Box<dyn Any>; 2]", ""),
        ] {
            let ty = parse_str(text).unwrap();
            let found = parts(&ty).into_iter().map(|part| part.to_token_stream().to_string());
            assert_eq!(found.collect::<Vec<_>>().join(",").replace(' ', ""), expected, "{text}");
        }
    }
}
