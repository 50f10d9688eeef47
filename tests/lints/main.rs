//! A program that uses every attribute under the strictest lints: `.ci/run lints` finds nothing.
//!
//! What a macro writes is linted where it is used, by whatever its user has turned on.

#![deny(clippy::pedantic, clippy::nursery, clippy::all)]
#![deny(warnings, unused, unused_qualifications, unused_results, single_use_lifetimes)]
#![deny(let_underscore_drop, variant_size_differences, trivial_casts, trivial_numeric_casts)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![deny(clippy::wildcard_imports, clippy::absolute_paths, clippy::shadow_unrelated)]
#![allow(missing_docs, reason = "the fields stand for themselves")]

/// What keeps secrets out of logs.
pub mod enforced;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Display;

use audit_runtime::{Redact, Unrecorded, audited};
use serde::Serialize;

/// A field of each kind.
#[derive(Clone, Redact)]
pub struct Login<'a> {
    #[public]
    pub user: &'a str,
    #[sensitive]
    pub password: String,
    #[public(reason = "a name of the token, which opens nothing")]
    pub token: u64,
    pub attempts: Option<u32>,
}

/// An enum with variants of each shape.
#[derive(Redact)]
#[redact(default = "public")]
pub enum Proof {
    Code(#[sensitive] u32, u8),
    Card {
        #[sensitive]
        number: Vec<u8>,
        kind: String,
    },
    None,
}

/// A tuple that is generic.
#[derive(Redact)]
pub struct Pair<T, const N: usize>(#[sensitive] pub T, #[sensitive] pub [u8; N], pub Vec<u16>);

/// A type without fields.
#[derive(Redact)]
pub struct Nothing;

/// Fields that mention a parameter.
#[derive(Redact)]
pub struct Envelope<T: Clone, U>
where
    U: Serialize,
{
    pub inner: Option<T>,
    #[public]
    pub shown: U,
    #[sensitive]
    pub hidden: BTreeMap<String, T>,
}

/// A service with methods.
pub struct Service {
    users: Vec<String>,
}

impl Service {
    /// Adds a user.
    ///
    /// # Errors
    /// If the action cannot be recorded.
    #[audited(
        action = "CreateUser",
        target(User, id = name, name = name.to_uppercase()),
        fields(admin, length = name.len()),
        description = "{actor} added {target}, {admin}",
    )]
    pub async fn create(&mut self, name: String, admin: bool) -> Result<usize, Unrecorded> {
        self.users.push(name);
        Ok(self.users.len())
    }

    /// Counts the users.
    #[audited(action = "ListUsers", category = access, on_unrecorded = fail_open)]
    #[must_use]
    pub fn count(&self) -> usize {
        self.users.len()
    }
}

/// Borrows and is generic.
///
/// # Errors
/// If the action cannot be recorded.
#[audited(action = "UpdateLabel", target(Label, id = label), durability = write_ahead)]
pub fn label<'a, T: Display + Sync>(
    label: &'a T,
    texts: &'a [String],
) -> Result<&'a str, Unrecorded> {
    let label = label.to_string();
    let found = texts.iter().find(|text| **text == label);
    Ok(found.map_or("", String::as_str))
}

/// Returns early.
///
/// # Errors
/// If a text is no number, or the action cannot be recorded.
#[audited(action = "SetNumber", fields(given = text.len()))]
pub fn number(text: &str) -> Result<u8, Box<dyn Error>> {
    if text.is_empty() {
        return Ok(0);
    }
    Ok(text.parse()?)
}

/// Ends in an async block.
///
/// # Errors
/// If the action cannot be recorded.
#[audited(action = "RunLater", durability = queued)]
pub fn later(number: u8) -> impl Future<Output = Result<u8, Unrecorded>> + Send {
    async move { Ok(number) }
}

/// Gives a future to wait for later.
#[audited(action = "ReadLater", durability = queued, on_unrecorded = fail_open)]
pub async fn prepare(number: u8) -> impl Future<Output = u8> {
    let steps = number.checked_add(1);
    async move { steps.unwrap_or(number) }
}

/// Has nothing to return, and says so early.
#[audited(action = "RunOften", on_unrecorded = fail_open)]
pub fn often(times: u8) {
    if times == 0 {
        return;
    }
    often(times - 1);
}

/// What is linted also runs.
#[test]
fn what_is_redacted_is_hidden() {
    let login = Login { user: "ada", password: "hunter2".to_owned(), token: 7, attempts: None };
    let shown = format!("{login:?}");
    assert!(shown.contains("ada") && !shown.contains("hunter2"), "{shown}");
    let proofs = [
        Proof::Code(1234, 1),
        Proof::Card { number: b"4111".to_vec(), kind: "visa".to_owned() },
        Proof::None,
    ];
    let proofs = format!("{proofs:?} {Nothing:?} {:?}", Pair::<u8, 1>(1, [2], vec![3]));
    assert!(proofs.contains("visa") && !proofs.contains("1234"), "{proofs}");
}
