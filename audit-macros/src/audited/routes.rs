//! Finds the route macros of actix-web that stand on the function: what they name leads to it.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Lit, Meta, Token};

use crate::attributes::literal;

const METHODS: &[&str] =
    &["get", "post", "put", "delete", "head", "connect", "options", "trace", "patch"];

/// The routes that the attributes in `head` name, each as `PUT /users/{id}`, from the function's scope on.
pub(super) fn of(head: &TokenStream) -> Vec<String> {
    let parser = |input: ParseStream<'_>| {
        let attributes = Attribute::parse_outer(input)?;
        input.parse::<TokenStream>()?;
        Ok(attributes)
    };
    let attributes = parser.parse2(head.clone()).unwrap_or_default();
    attributes.iter().flat_map(|attribute| named(attribute).unwrap_or_default()).collect()
}

/// What one attribute names; none if it is no route macro.
fn named(attribute: &Attribute) -> Option<Vec<String>> {
    let name = attribute.path().segments.last()?.ident.to_string();
    let parser = |input: ParseStream<'_>| {
        let path: Lit = input.parse()?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        Ok((path, Punctuated::<Meta, Token![,]>::parse_terminated(input)?))
    };
    let is_method = METHODS.contains(&name.as_str());
    if !is_method && name != "route" {
        return None;
    }
    let (path, options) = attribute.parse_args_with(parser).ok()?;
    let Lit::Str(path) = path else { return None };
    let path = path.value();
    let slash = if path.starts_with('/') { "" } else { "/" };
    let methods: Vec<_> = match is_method {
        true => vec![name.to_ascii_uppercase()],
        false => options.iter().filter_map(method).collect(),
    };
    // Of a path that is empty nothing is known but its scope's, which stands elsewhere.
    let methods = methods.into_iter().filter(|_| !path.is_empty());
    Some(methods.map(|method| format!("{method} {slash}{path}")).collect())
}

/// `method = "PUT"`
fn method(option: &Meta) -> Option<String> {
    option.path().is_ident("method").then(|| literal(option))?.map(|word| word.value())
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn route_macros_are_read_and_nothing_else() {
        let head = quote! {
            /// Documented.
            #[actix_web::put("/users/{id}", wrap = "Guard", name = "user")]
            #[routes]
            #[get("/a")]
            #[delete("a/{tail:.*}")]
            #[route("/b", method = "GET", method = "PATCH", guard = "x")]
            #[get("")]
            #[get]
            #[head(thing)]
            #[post(PATH)]
            #[instrument("/c")]
            pub async fn user(id: Path<u32>) -> HttpResponse
        };
        let expected = ["PUT /users/{id}", "GET /a", "DELETE /a/{tail:.*}", "GET /b", "PATCH /b"];
        assert_eq!(of(&head), expected);
        assert_eq!(of(&quote!(fn user())), [""; 0]);
    }
}
