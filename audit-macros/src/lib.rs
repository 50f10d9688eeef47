//! The macros of audited, each parsed, modelled, checked and expanded in files of its own.

mod attributes;
mod audited;
mod errors;
mod expectation;
mod leaks;
mod manifest;
mod options;
mod redact;
mod route;
mod runtime;
mod tokens;
mod waiver;
mod wrap;

use proc_macro::TokenStream;

/// Derives what of a type's values may appear in a log, and a `Debug` that prints just that.
///
/// Every field is one of three:
///
/// - `#[sensitive]`: written as `[redacted]`, whatever its type and its value. The type of the field
///   needs no trait at all. In parentheses stands another policy; see below.
/// - `#[public]`: written as it is; its type implements `Serialize`. `#[public(reason = "…")]` says
///   why, and is required where the *name* of the field looks like a secret's (`password`,
///   `api_key`, `PinCode`). A field without a name answers to the name of its struct or variant.
/// - unmarked: written by the rule of its type, which implements `audit_runtime::Redact`. Numbers,
///   booleans, times, addresses, ids, derived types and containers of these have a rule. Free text
///   (`String`, `&str`, bytes, paths, JSON values) has none, and does not compile unmarked.
///
/// # Policies
///
/// | `#[sensitive(…)]` | what a log shows of the field |
/// |---|---|
/// | `full` | `[redacted]`; the default |
/// | `mask(last = 4)`, `mask(first = 1)`, both | `****4242`: up to 8 characters, of values of 8 and of 3 × as many characters or more; `min = N` raises that |
/// | `mask(card)` | the last four of 12 to 19 digits |
/// | `mask(email)` | first character and host: `a****@example.com`; the host alone before which there are fewer than 5 characters |
/// | `mask(ip)` | the network: `192.0.2.0/24`, `2001:db8:1::/48` |
/// | `pseudonym`, `pseudonym(domain = "email")` | `<key id>:<22 characters>`, a keyed hash: equal values of a domain, which is the field's name unless it is said, are written alike |
/// | `encrypt` | `enc:<key id>:<field>:<text>`, which whoever holds the key can open |
/// | `encrypt(subject = expression)` | the same under a key of the subject's own, so that erasing that key erases the values. The expression implements `Display`, and sees `self` and the other fields by name |
/// | `omit` | nothing, not even that there is a field; for fields with a name |
/// | `with = path` | what the function makes of `&field`: anything with `Serialize` or `Display`. It may show all of it, so it is listed as an exception |
/// | `class = pii`, alone or beside a policy | the tighter one of the policy (alone: `full`) and what the recorder is told of the class |
///
/// A value that is too short for its mask, or not of its kind, is written as `[redacted]`, and so is
/// all that needs a key where there is none. `redacted()` has no keys and applies what needs none:
/// `full`, `mask`, `omit` and `with`; `pseudonym`, `encrypt` and every field with a `class`, which only
/// a recorder can judge, are `[redacted]` there. `Debug` shows `[redacted]` for every policy (and
/// leaves out what `omit` names). Keys and classes are the recorder's, or come by
/// `redacted_with(Redaction::with(&redactor))`.
///
/// `mask`, `pseudonym` and `encrypt` treat each piece of text or number in the field as its
/// `Serialize` writes it, keys of maps too, and keep the shape around them: what is absent, how many
/// there are, and the names of fields. A list of bytes or letters is one text. A `Sensitive` field,
/// or an `Option`, list or map of such, needs `Serialize` for what is inside. They treat all of a type alike: a
/// type with marks of its own has its own rule, and is best left unmarked.
///
/// Options of the type:
///
/// - `#[redact(default = "public")]`: unmarked fields are public; for types that hold no secret.
/// - `#[redact(strict)]`: every sensitive field is a `Sensitive<T>`, or a list or an `Option` of one.
///   `strict = true` in `[workspace.metadata.audited]` or `[package.metadata.audited]` of Cargo.toml
///   demands it of every type there, and no type or package can be less strict.
/// - `#[redact(display = "why")]`: a log may show what the `Display` of the type prints, although that
///   is made of nothing but a marked field; listed as an exception.
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
/// Nothing public goes around a mark: a public field whose type hides something itself is an error
/// (unmarked, that type's rule shows what may be shown), and so is a text such as `#[error("{pin}")]`
/// or `#[display("{pin}")]` that shows a sensitive field, a sensitive `#[source]` of an error, and a
/// `Display` of a type or variant whose only field is sensitive, unless its text is to be seen. Types of
/// other crates that carry secrets (`Url`, `Uri`, `HeaderMap`, `serde_json::Value`) are public only with
/// a reason; `Value`, and `Url` with the feature `url`, also under another name.
///
/// With `Deserialize` a sensitive field that is no `Sensitive` says
/// `#[serde(deserialize_with = "audit_runtime::withheld")]`, or how else it is read: the errors of serde
/// repeat what they refuse. What other derives and implementations do with several fields is not looked
/// at: serde's `Serialize` (say `wire_plain`), `valuable`, `Deref`, a `Display` by hand.
///
/// A generic type is bounded by its unmarked fields that mention a type parameter
/// (`Vec<T>: Redact`), and by its public ones (`T: Plain + Serialize`); a sensitive field asks for nothing.
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
/// - `outcome = path`: a function `fn(&Returned) -> Outcome` that tells the outcome by what the call
///   returned, where that is a type of your own; see below.
/// - `severity`: `informational`, `low`, `medium`, `high`, `critical` or `fatal`; by default it
///   follows from the outcome.
/// - `durability`: `synced` (the caller goes on when the record is durable), `queued`, the default of
///   the category `access`, or `write_ahead` (the body runs when a record of the intent is durable,
///   and the caller goes on when that of the end is: a process that dies in the body leaves the
///   intent, and the next start ends it as `unknown`).
/// - `on_unrecorded`: `fail_closed` (when the action cannot be recorded, its body does not run, and
///   the function returns a refusal) or `fail_open`, the default for reading and for the category
///   `access`.
/// - `route = "PUT /users/{id}"`: the whole template of a route that leads here; may be repeated. A request to it that is denied before
///   this function begins is recorded as a denial of the action. A route macro of actix-web that stands below is read without this.
/// - `version = 2`: the version of what the records hold, which rises when targets or fields change; 1 unless said.
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
/// `outcome = path` judges instead, at once, and also of what is a response. Its path is resolved where
/// the function stands. A status or an `Err` then means what it says: an `Err` may be a success. Of any other
/// outcome the record still has the error's type. What the body has said with `deny` and `fail` goes before, and the
/// classifier may say them itself, to give a reason. If it panics, the call has panicked.
///
/// ```text
/// fn of_login(answer: &Answer) -> audit_runtime::Outcome {
///     match answer {
///         Answer::Welcome(_) => Outcome::Success,
///         Answer::WrongPassword => Outcome::Failure,
///         Answer::Locked => Outcome::Denied,
///     }
/// }
///
/// #[audited(action = "Login", category = authentication, outcome = of_login, …)]
/// ```
///
/// A sync function with `durability = synced` blocks its thread until its record is durable or
/// `wait_ms_max` (5 s by default) has passed, and one with `write_ahead` before its body as well.
/// That is unfit for a thread that runs an async executor: there make the function `async`, let it be
/// `durability = queued`, or call it in a thread for blocking work such as actix-web's `web::block`
/// (see `Context` for what does not follow there).
///
/// A log or format macro in the body must not show a field marked `#[sensitive]`: see `deny_leaks`.
///
/// The entry in the catalogue has `unsafe` code of the crate `inventory`: on a type that derives
/// `Deserialize` and has an action as a method, clippy's pedantic `unsafe_derive_deserialize` is for you to
/// allow.
///
/// The attribute goes on functions and methods, `async` or not, and on functions that end in an async
/// block; above or below other attributes. The signature stays as it is. An `async fn` that waits for
/// its record (unless `queued`) is `Send` only if what it returns is.
#[proc_macro_attribute]
pub fn audited(arguments: TokenStream, item: TokenStream) -> TokenStream {
    audited::attribute(arguments.into(), item.into()).into()
}

/// Makes it an error to show a field marked `#[sensitive]` in a log or format macro.
///
/// ```text
/// #[deny_leaks]
/// fn sign_in(login: &Login) {
///     let password = login.password.clone();
///     info!(user = %login.username, "signed in with {password}"); // does not compile
/// }
/// ```
///
/// The attribute goes on functions, methods, impls, traits and inline modules, and looks into every
/// function in them; bodies of `#[audited]` functions are always looked into. It asks the compiler's
/// type checker about each value that a macro shows, in code that is checked and never runs: the
/// compiled program is the same with and without it.
///
/// What is found: fields (`login.password`, `self.0`), through references, smart pointers, guards and
/// extractors up to four dereferences deep; what `Sensitive::expose` gives; and all that a method makes
/// of them, also where it is written as a path (`map(String::as_str)`, `str::trim(&text)`), with the
/// associated functions of the standard library. Variables are followed that took such a value by
/// `let`, assignment (to a part, through a reference, by `mem::replace`), a pattern of any kind, a
/// loop, a closure's parameter, `push`, `insert` or `+=`; and what a closure in a variable or a
/// `break` returns. The macros are those of the standard library (`format!`, `println!`, `write!`,
/// `panic!`, `dbg!`, `assert_eq!`, …), of `tracing`, `log`, `slog`, `anyhow` and `eyre`, under their own
/// names or those that a `use` in the function or the inline module gives them, also within `select!`,
/// `matches!`, `vec!` and macros whose input is a list of expressions.
///
/// What only speaks of a secret may be shown: `len()`, `is_empty()`, a comparison, and whatever a
/// method makes of a text that is a `bool`, a `usize`, an `isize`, an `Ordering`, `()`, or an error
/// of parsing in `std`, alone or in an `Option`, a `Result`, a `Range` or a pair. So may the whole
/// value: its `Debug` is redacted.
///
/// A value that may be shown is written `allow_leak!(value, "why")`, and listed in the catalogue with
/// the reason.
///
/// What is not found, and left to the lint:
///
/// - what a function, a getter or a local closure makes of the argument that it is given;
/// - what is in a struct of your own, but for the field to which it was assigned;
/// - what a macro shows that is not named above (your own, `json!`), or whose name a `use` outside the
///   function or the inline module gives it;
/// - a text that is parsed as a `usize` or an `isize`, which are taken for a length or a place in it,
///   and so what a method of a type of your own gives, if that is one of these or a `bool`;
/// - what is written without a macro: `write_all`, `expect`, `Formatter::write_str`;
/// - fields behind more than four dereferences, and types without `#[derive(Redact)]`;
/// - a field of a base that holds a loop, an item or a macro that is not of the standard library;
/// - what is shown in a loop above the place where it is assigned.
///
/// What is found though it only speaks: a number or flag that a method of your own makes of a secret,
/// where a closure shows it that captures the secret from outside, or a `match` on a call takes it
/// apart; and an error of your own, which may quote what it is about.
///
/// In one case a correct program has to say more than without the attribute: where the expression that
/// shows `login.id` is the first to tell the type of `login`, and is the last of its block (`format!`
/// apart) or gives the name to another value. Then the compiler asks for a type: write it in the `let`.
///
/// `#[instrument]` below the attribute must not record an argument that is text and named like a
/// secret: it stands in `skip(…)`, or is a `Sensitive`; what its `fields(…)` show is looked at like the
/// arguments of a log macro. Above the attribute, or under another name, the argument of a span is left
/// to the lint.
///
/// Option: `crate = "path"`, where `audit_runtime` is found, if not under its own name.
#[proc_macro_attribute]
pub fn deny_leaks(arguments: TokenStream, item: TokenStream) -> TokenStream {
    leaks::attribute(arguments.into(), item.into()).into()
}

/// Turns every field marked `#[sensitive]` into a `Sensitive<T>`, which nothing can print or
/// serialize by accident, anywhere in the program.
///
/// ```text
/// #[wrap_sensitive]
/// #[derive(Redact, Clone, PartialEq, Deserialize, Serialize)]
/// struct Login {
///     name: UserName,
///     #[sensitive]
///     #[serde(serialize_with = "audit_runtime::wire")]
///     password: String, // a Sensitive<String> to the program
/// }
/// ```
///
/// Write it above all derives: only those below see the wrapped fields. The options of a mark stay
/// for `#[derive(Redact)]`; without that derive the marks are used up. An `Option<T>` becomes a
/// `Sensitive<Option<T>>`; a field that is a `Sensitive<T>` already, or a list or an
/// `Option` of one, stays as it is. A mark in a `cfg_attr` wraps under its condition.
///
/// What is wrapped implements `audit_runtime::Secret`; a generic type says so of its parameters.
///
/// With `#[derive(Serialize)]` a wrapped field says what is written: nothing, by
/// `#[serde(skip_serializing)]`, or the clear value where it is disclosed and `[redacted]` elsewhere,
/// by `#[serde(serialize_with = "audit_runtime::wire")]`. Attributes that would write the clear value
/// everywhere, or that ask a question of the wrapped value, are errors that say what to write instead.
/// A type with `#[serde(into = "…")]` is written as the other type, whose fields are wrapped by
/// themselves.
///
/// Option: `crate = "path"`, where `audit_runtime` is found, if not under its own name.
#[proc_macro_attribute]
pub fn wrap_sensitive(arguments: TokenStream, item: TokenStream) -> TokenStream {
    wrap::attribute(arguments.into(), item.into()).into()
}

/// What `assert_audited!` and `assert_not_audited!` of `audit_runtime` are made of; not meant to be called
/// by itself.
#[doc(hidden)]
#[proc_macro]
pub fn __expectation(input: TokenStream) -> TokenStream {
    expectation::assertion(input.into()).into()
}

/// What `waive!` of `audit_runtime` is made of; not meant to be called by itself.
#[doc(hidden)]
#[proc_macro]
pub fn __waiver(input: TokenStream) -> TokenStream {
    waiver::registration(input.into()).into()
}
