//! Snapshots: what users get from the attribute, pretty-printed.
//!
//! `AUDIT_SNAPSHOTS=overwrite cargo test -p audit-macros` writes them anew.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;

use super::attribute;

/// Compares the expansion with `snapshots/NAME.snap`.
#[track_caller]
fn check(name: &str, arguments: TokenStream, item: TokenStream) {
    let file = syn::parse2(attribute(arguments, item)).expect("the expansion is a list of items");
    let actual = prettyplease::unparse(&file);
    let path = format!("{}/src/audited/snapshots/{name}.snap", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("AUDIT_SNAPSHOTS").is_some_and(|v| v == "overwrite") {
        std::fs::write(&path, &actual).expect("snapshots can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == actual, "{name}.snap differs from:\n{actual}");
}

#[test]
fn an_async_handler_with_every_option() {
    check(
        "async",
        quote! {
            action = "UpdateRole",
            target(User, id = path.0, name = user.name),
            target(Tenant, id = *tenant),
            fields(role = body.role, dry_run),
            description = "role of {target} set to {role} by {actor}",
            category = authorization,
            op = update,
            severity = high,
            durability = synced,
            on_unrecorded = fail_closed,
            crate = "crate::audit",
        },
        quote! {
            /// Changes a role.
            #[post("/users/{id}/role")]
            pub async fn update_role(Json(body): Json<Update>) -> Result<impl Responder, Error> {
                #![allow(unused)]
                store(body)?;
                Ok(HttpResponse::Ok())
            }
        },
    );
}

#[test]
fn sync_functions() {
    check(
        "sync",
        quote!(action = "GetUser", category = access),
        quote! {
            unsafe fn r#get(&mut self, id: u64) -> Option<&User> {
                self.users.get(id)
            }
        },
    );
}

#[test]
fn intents_before_sync_bodies_that_may_be_refused() {
    check(
        "write_ahead",
        quote!(action = "PayInvoice", target(Invoice, id = id), durability = write_ahead),
        quote! {
            fn pay(id: u64) -> Result<(), Error> {
                charge(id)
            }
        },
    );
}

#[test]
fn intents_before_async_bodies_that_proceed() {
    check(
        "write_ahead_open",
        quote!(action = "PayInvoice", durability = write_ahead, on_unrecorded = fail_open),
        quote! {
            async fn pay(id: u64) -> u64 {
                charge(id).await
            }
        },
    );
}

#[test]
fn responders_can_be_refused() {
    check(
        "responder",
        quote!(action = "DeleteUser"),
        quote! {
            async fn delete() -> impl actix_web::Responder {
                "gone"
            }
        },
    );
}

/// What a macro got whole stands in a group without delimiters: `$output:ty`, `$body:block`.
fn fragment(tokens: TokenStream) -> TokenTree {
    Group::new(Delimiter::None, tokens).into()
}

#[test]
fn fragments_of_macros_are_read_as_what_they_hold() {
    let output = fragment(quote!(impl actix_web::Responder));
    let body = fragment(quote!({ "gone" }));
    check("fragments", quote!(action = "DeleteUser"), quote!(async fn delete() -> #output #body));
    let output = fragment(quote!(impl Future<Output = HttpResponse>));
    let body = fragment(quote!({ async move { store(id).await } }));
    check(
        "fragments_of_futures",
        quote!(action = "DeleteUser"),
        quote!(fn delete(id: u64) -> #output #body),
    );
}

#[test]
fn classifiers() {
    check(
        "classifier",
        quote!(action = "Login", outcome = login::outcome, on_unrecorded = fail_open),
        quote! {
            async fn log_in(form: Form) -> Answer {
                login::check(form).await
            }
        },
    );
}

#[test]
fn what_is_compared_before_and_after() {
    check(
        "changes_returned",
        quote!(action = "UpdateUser", changes(before = load(&pool, *id).await, after = ret.0)),
        quote! {
            async fn update(pool: Pool, id: Path<u64>) -> Result<(User, u8), Error> {
                save(pool, id).await
            }
        },
    );
    check(
        "changes_borrowed",
        quote!(action = "RenameUser", changes(before = self.name.clone(), after = self.name)),
        quote! {
            fn rename(&mut self, name: Name) {
                self.name = name;
            }
        },
    );
}

#[test]
fn async_blocks_at_the_end() {
    check(
        "future",
        quote!(action = "DeleteUser", durability = queued),
        quote! {
            fn delete(id: u64) -> impl Future<Output = HttpResponse> + use<> {
                let id = id + 1;
                async move { store(id).await }
            }
        },
    );
}

#[test]
fn methods_of_async_trait() {
    check(
        "async_trait",
        quote!(action = "MoveUser", target(User, id = self.id), fields(x)),
        quote! {
            fn shift<'a>(&'a self, __arg1: (u8, u8)) -> Pin<Box<dyn Future<Output = Result<(), E>>>> {
                Box::pin(async move {
                    if let ::core::option::Option::Some(__ret) =
                        ::core::option::Option::None::<Result<(), E>>
                    {
                        return __ret;
                    }
                    let __self = self;
                    let (x, y) = {
                        let __arg1 = __arg1;
                        __arg1
                    };
                    let __ret: Result<(), E> = { __self.shift_by(x, y) };
                    __ret
                })
            }
        },
    );
}

#[test]
fn fields_of_what_async_trait_takes_apart() {
    check(
        "async_trait_fields",
        quote!(action = "MoveUser", target(Tenant, id = metadata.tenant), fields(id)),
        quote! {
            fn shift(&self, __arg1: Extension<Metadata>, __arg2: Path<u32>) -> Boxed<Result<(), E>> {
                Box::pin(async move {
                    if let ::core::option::Option::Some(__ret) =
                        ::core::option::Option::None::<Result<(), E>>
                    {
                        return __ret;
                    }
                    let __self = self;
                    let Extension(metadata) = {
                        let __arg1 = __arg1;
                        __arg1
                    };
                    let Path(id) = {
                        let __arg2 = __arg2;
                        __arg2
                    };
                    let __ret: Result<(), E> = { __self.shift_by(id) };
                    __ret
                })
            }
        },
    );
}

#[test]
fn functions_that_never_return() {
    check(
        "never",
        quote!(action = "RunWorker", on_unrecorded = fail_open),
        quote! {
            fn run() -> ! {
                loop {}
            }
        },
    );
}

#[test]
fn a_mistake_leaves_the_function_as_it_is() {
    check(
        "mistakes",
        quote!(action = "update user", colour = red, op = upsert),
        quote! {
            const fn update() {}
        },
    );
}

#[test]
fn a_body_that_cannot_be_read_is_left_to_the_compiler() {
    let item = quote! {
        fn broken() -> impl Future<Output = ()> { async move { let } }
    };
    let expansion = attribute(quote!(action = "Break", on_unrecorded = fail_open), item.clone());
    assert_eq!(expansion.to_string(), item.to_string());
}

#[test]
fn a_body_that_only_the_compiler_can_read_is_audited() {
    let item = quote! {
        fn newer() -> u64 { let x = new syntax; x }
    };
    let expansion = attribute(quote!(action = "RunTest", on_unrecorded = fail_open), item);
    let expansion = expansion.to_string();
    assert!(expansion.contains("Scope :: call"), "{expansion}");
    assert!(expansion.contains("let x = new syntax ; x"), "{expansion}");
}
