//! The two macros of audited, each parsed, modelled, checked and expanded in files of its own.

mod audited;
mod errors;
mod redact;

use proc_macro::TokenStream;

/// Derives what of a type's values may appear in a log, and a `Debug` that prints just that.
///
/// Every field is one of three:
///
/// - `#[sensitive]`: always written as `[redacted]`, whatever its type and its value. The type of
///   the field needs no trait at all.
/// - `#[public]`: written as it is; its type implements `Serialize`. `#[public(reason = "…")]` says
///   why, and is required where the *name* of the field looks like a secret's (`password`,
///   `api_key`, `PinCode`). A field without a name answers to the name of its struct or variant.
/// - unmarked: written by the rule of its type, which implements `audit_runtime::Redact`. Numbers,
///   booleans, times, addresses, ids, derived types and containers of these have a rule. Free text
///   (`String`, `&str`, bytes, paths, JSON values) has none, and does not compile unmarked.
///
/// Options of the type:
///
/// - `#[redact(default = "public")]`: unmarked fields are public; for types that hold no secret.
/// - `#[redact(crate = "path")]`: where `audit_runtime` is found, if not under its own name.
///
/// The log form has the fields under their Rust names and in their order; enums are externally
/// tagged. Attributes of serde, such as `rename` and `skip`, shape the data and not the log, and are
/// not read.
///
/// `Redact` writes `Debug`: take `Debug` out of the derive list. The compiler says so where `Debug`
/// stands in a list below; beside or above `Redact`, which cannot see it there, it can say only that
/// there are `conflicting implementations of trait Debug` (E0119).
///
/// A generic type is bounded by its unmarked fields that mention a type parameter
/// (`Vec<T>: Redact`), and by its public ones (`T: Serialize`); a sensitive field asks for nothing.
#[proc_macro_derive(Redact, attributes(sensitive, public, redact))]
pub fn derive_redact(input: TokenStream) -> TokenStream {
    redact::derive(input.into()).into()
}

/// Makes every call of a function leave exactly one audit record, however the call ends.
///
/// ```text
/// #[audited(
///     action = "UpdateRole",
///     target(User, id = id),
///     fields(role),
///     description = "role of {target} set to {role} by {actor}",
/// )]
/// async fn update_role(id: UserId, role: Role) -> Result<(), Error> { … }
/// ```
///
/// Options, all but the first optional:
///
/// - `action = "VerbNoun"`: the name of the action, in PascalCase.
/// - `target(Type, id = expression, name = expression)`: what it is done to; may be repeated. The id
///   and the name, which may be left out, implement `Display`. For an id that is known only inside the
///   body, call `audit_runtime::set_target`.
/// - `fields(name = expression, variable)`: inputs to record. Their types have a redaction rule
///   (`audit_runtime::Redact`), and extractors of actix-web that of what they hold; free text is
///   recorded as `name = audit_runtime::public(&text)`. A field that is named like a secret is an
///   error. Nothing is captured that is not named.
/// - `description = "…"`: a sentence with places for `{actor}`, `{target}` and each of the fields.
/// - `category`: `activity` (the default), `authentication`, `authorization`, `access`, `security` or
///   `journal`.
/// - `op`: `create`, `read`, `update`, `delete` or `execute`; by default what the first word of the
///   action tells (`Add…` creates, `List…` reads, `Revoke…` deletes).
/// - `severity`: `informational`, `low`, `medium`, `high`, `critical` or `fatal`; by default it
///   follows from the outcome.
/// - `durability`: `synced` (the caller goes on when the record is durable), `queued`, the default of
///   the category `access`, or `write_ahead` (the body runs when a record of the intent is durable,
///   and the caller goes on when that of the end is: a process that dies in the body leaves the
///   intent, and the next start ends it as `unknown`).
/// - `on_unrecorded`: `fail_closed` (when the action cannot be recorded, its body does not run, and
///   the function returns a refusal) or `fail_open`, the default for reading and for the category
///   `access`.
/// - `crate = "path"`: where `audit_runtime` is found, if not under its own name.
///
/// Expressions are evaluated before the body, by reference. The outcome is what the call returns
/// (`Err`, the status of a response), how it breaks off (a panic, a dropped future), or what the body
/// says with `audit_runtime::deny` and `audit_runtime::fail`. Errors are recorded by type, never by
/// text.
///
/// Plain values (`()`, text, `Json`, `Ok` of anything that is no responder) are a success when they
/// are returned. Right inside a request, an async function that returns a responder whose status
/// cannot be read (`impl Responder`, an unfinished builder, `None`, a type of your own) ends with the
/// status of the response, which then waits for the record.
///
/// A sync function with `durability = synced` blocks its thread until its record is durable or
/// `wait_ms_max` (5 s by default) has passed, and one with `write_ahead` before its body as well.
/// That is unfit for a thread that runs an async executor: there make the function `async`, let it be
/// `durability = queued`, or call it in a thread for blocking work such as actix-web's `web::block`
/// (see `Context` for what does not follow there).
///
/// The attribute goes on functions and methods, `async` or not, and on functions that end in an async
/// block; above or below other attributes. The signature stays as it is. An `async fn` that waits for
/// its record (unless `queued`) is `Send` only if what it returns is.
#[proc_macro_attribute]
pub fn audited(arguments: TokenStream, item: TokenStream) -> TokenStream {
    audited::attribute(arguments.into(), item.into()).into()
}
