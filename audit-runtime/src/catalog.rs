//! The catalogue: what the macros registered of audited actions and exceptions, sorted and hashed.

mod check;
mod differences;
mod listed;
mod routes;
mod waivers;

use std::env;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

use audit_journal::{Digest, Timestamp};
use audit_redact::Exception;

use crate::event::{Category, Durability, OnUnrecorded, Operation, Part, Severity};
use crate::say;
use check::Wish;
use listed::Listed;

#[doc(hidden)]
pub use audit_macros::__waiver;
#[cfg(any(feature = "actix", feature = "tower"))]
pub(crate) use routes::{action_of, action_said};
#[cfg(any(feature = "actix", feature = "tower"))]
pub(crate) use waivers::is_waived;
pub use waivers::{Waived, Waiver, waivers};

/// What one `#[audited]` attribute says, as far as it is known at compile time.
#[derive(Debug)]
#[non_exhaustive]
pub struct ActionSpec {
    /// The action's name: `UpdateUser`.
    pub action: &'static str,
    /// What kind of question its records answer.
    pub category: Category,
    /// What it does to its targets.
    pub operation: Operation,
    /// The severity, where it does not follow from the outcome.
    pub severity: Option<Severity>,
    /// When a call goes on.
    pub durability: Durability,
    /// What happens when it cannot be recorded.
    pub on_unrecorded: OnUnrecorded,
    /// The class by which its records are kept, where it is not their category.
    pub retention: Option<&'static str>,
    /// The types of the targets that the attribute names.
    pub targets: &'static [&'static str],
    /// The names of the captured fields.
    pub fields: &'static [&'static str],
    /// Whether the attribute compares a value before and after the call.
    pub compares: bool,
    /// The routes whose handler it is, whole, as `route = "…"` says them: `PUT /api/users/{id}`.
    pub routes: &'static [&'static str],
    /// Those that route macros on the function say, from its scope on: `PUT /users/{id}`.
    pub scoped_routes: &'static [&'static str],
    /// The version of what its records hold.
    pub version: u32,
    /// The sentence that describes it, in parts.
    pub description: &'static [Part],
    /// The function's path.
    pub function: &'static str,
    /// The source file.
    pub file: &'static str,
    /// The line of the attribute.
    pub line: u32,
    /// The column of the attribute.
    pub column: u32,
}

impl ActionSpec {
    /// What macro output builds a specification from; not meant to be called by hand.
    #[doc(hidden)]
    pub const fn new(
        action: &'static str,
        category: Category,
        operation: Operation,
        durability: Durability,
        on_unrecorded: OnUnrecorded,
    ) -> Self {
        Self {
            action,
            category,
            operation,
            severity: None,
            durability,
            on_unrecorded,
            retention: None,
            targets: &[],
            fields: &[],
            compares: false,
            routes: &[],
            scoped_routes: &[],
            version: 1,
            description: &[],
            function: "",
            file: "",
            line: 0,
            column: 0,
        }
    }

    #[doc(hidden)]
    pub const fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    #[doc(hidden)]
    pub const fn retention(mut self, class: &'static str) -> Self {
        self.retention = Some(class);
        self
    }

    #[doc(hidden)]
    pub const fn captures(
        mut self,
        targets: &'static [&'static str],
        fields: &'static [&'static str],
    ) -> Self {
        self.targets = targets;
        self.fields = fields;
        self
    }

    #[doc(hidden)]
    pub const fn compares(mut self) -> Self {
        self.compares = true;
        self
    }

    #[doc(hidden)]
    pub const fn routes(
        mut self,
        routes: &'static [&'static str],
        scoped: &'static [&'static str],
    ) -> Self {
        self.routes = routes;
        self.scoped_routes = scoped;
        self
    }

    #[doc(hidden)]
    pub const fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    #[doc(hidden)]
    pub const fn description(mut self, parts: &'static [Part]) -> Self {
        self.description = parts;
        self
    }

    #[doc(hidden)]
    pub const fn at(
        mut self,
        function: &'static str,
        file: &'static str,
        line: u32,
        column: u32,
    ) -> Self {
        self.function = function;
        self.file = file;
        self.line = line;
        self.column = column;
        self
    }
}

/// The form in which the linker gathers specifications.
#[doc(hidden)]
pub struct Registered(pub &'static ActionSpec);

inventory::collect!(Registered);

/// All audited actions that are linked into this program, sorted by name and place.
///
/// A crate that is never mentioned is not linked: write `use handlers as _;` where the program
/// only needs a crate's handlers to be registered.
pub fn actions() -> Vec<&'static ActionSpec> {
    let registered = inventory::iter::<Registered>.into_iter();
    let mut actions: Vec<_> = registered.map(|entry| entry.0).collect();
    let place =
        |spec: &&ActionSpec| (spec.action, spec.file, spec.line, spec.column, spec.function);
    actions.sort_by_key(place);
    // Attribute macros that copy their item, such as debug handlers, register it twice.
    actions.dedup_by_key(|spec| place(spec));
    actions
}

/// Everything in this program that shows more than the rules of redaction do by themselves, with
/// file, line and, where the source has to give one, the reason.
///
/// A reviewer who agrees with these, and with what [`RedactedType::all`](crate::redact::RedactedType)
/// lists as public, has seen every attribute that opens one. What no attribute of ours says is not
/// listed, and a search finds it: `expose`, `public` and `Public`, `disclose` and `Disclosed`,
/// `impl Plain`, `impl Redact`, `wire` in a type without `Redact`, and what a database driver is given
/// (`to_sql`, `bind`, `expanded_sql`). As with [`actions`], a crate that is never mentioned is not linked.
pub fn exceptions() -> Vec<&'static Exception> {
    Exception::all()
}

/// The whole of a test that keeps what a program records, and what it shows, under review.
///
/// ```no_run
/// #[test]
/// fn catalogue() {
///     audit_runtime::catalog::check("audit-catalog.json");
/// }
/// ```
///
/// The file, which is committed, lists every audited action with its options, targets and fields; how each field of each type
/// that derives `Redact` is written; every exception; and every waiver. A path that is relative begins where the test runs: for `cargo test`
/// beside the `Cargo.toml` of its package. A missing file is written, but not where `CI` is set.
///
/// What has changed since fails the test, in prose: actions added and removed, changed fields, targets and options, a
/// second function with the name of another, fields whose mark has changed, exceptions, waivers. Places in the source may change. A change that is
/// meant is accepted with `AUDIT_CATALOG=write cargo test`, and shows as a difference of the file; but targets and fields of an
/// action change with its `version` only. As with [`actions`], a
/// crate that the test never mentions is not linked and not listed. A [`Waiver`] that has expired, or whose last day is more than two years away,
/// fails the test whatever the file says.
///
/// # Panics
/// If the catalogue differs from the file, a waiver has expired, or the file cannot be read or written.
#[track_caller]
#[expect(clippy::panic, reason = "a test fails by a panic, and this is the whole of one")]
pub fn check(path: impl AsRef<Path>) {
    let (catalog, ci) = (env::var_os("AUDIT_CATALOG"), env::var_os("CI"));
    let wish = Wish::of(catalog.as_deref(), ci.as_deref());
    let checked = wish.and_then(|wish| check::check(path.as_ref(), wish, &Listed::linked()));
    let stale = waivers::stale(&waivers(), Timestamp::now());
    let stale = (!stale.is_empty()).then(|| check::stale(&stale));
    match (checked, stale) {
        (Err(why), Some(stale)) => panic!("{why}\n{stale}"),
        (Err(why), None) => panic!("{why}"),
        (Ok(told), stale) => {
            if let Some(told) = told {
                say::warning(format_args!("{told}"));
            }
            if let Some(stale) = stale {
                panic!("{stale}");
            }
        }
    }
}

/// What has changed from one file of [`check`] to another, in prose; none if nothing has.
///
/// # Errors
/// Fails when one of them cannot be read, or is no such file.
pub fn compare(before: impl AsRef<Path>, now: impl AsRef<Path>) -> io::Result<Option<String>> {
    check::compare(before.as_ref(), now.as_ref())
}

/// Sixteen characters that change whenever the catalogue does, computed once.
pub(crate) fn hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        let described: String = actions().into_iter().map(describe).collect();
        let mut text = Digest::of(described.as_bytes()).to_string();
        text.truncate(16);
        text
    })
}

/// What a build promises about an action; its place in the source is no part of the promise.
fn describe(spec: &ActionSpec) -> String {
    let retention = spec.retention.map_or(String::new(), |class| format!("\t{class}"));
    let compares = if spec.compares { "\tchanges" } else { "" };
    let version = if spec.version > 1 { format!("\tv{}", spec.version) } else { String::new() };
    format!(
        "{}\t{}\t{}\t{:?}\t{}\t{}\t{:?}\t{:?}{retention}{compares}{version}\n",
        spec.action,
        spec.category,
        spec.operation,
        spec.severity,
        spec.durability,
        spec.on_unrecorded,
        spec.targets,
        spec.fields,
    )
}
