//! What differs between two values of a type: compared in clear, told in the form that a log may show.

mod changes;
mod container;
mod tree;
mod walk;

#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::disclosure::for_log;
use crate::{HiddenPaths, Redact, Redaction};

pub use changes::{Changes, Form};

/// A type whose values can be compared, field by field, for a record of what an action changed.
///
/// `#[derive(Redact)]` implements it where the type says `#[redact(diff)]`. Numbers, times, ids,
/// `Option`, lists, sets, maps and [`Public`](crate::Public) have it, as far as what they hold has.
///
/// The comparison sees the clear values; what is told of a difference has the redacted form. Where
/// that is the same before and after, as it is of a hidden password, the difference alone is told:
/// changed, value withheld. A field under `omit` is not told at all.
///
/// A type with a [`Redact`] by hand has a `diff` by hand:
///
/// ```
/// # use audit_runtime::{Redact, Redaction};
/// use audit_runtime::redact::{Diff, Differences};
///
/// #[derive(PartialEq)]
/// struct Version(String);
///
/// # impl Redact for Version {
/// #     fn redact<S: serde::Serializer>(&self, s: S, _: Redaction<'_>) -> Result<S::Ok, S::Error> {
/// #         s.serialize_str(&self.0)
/// #     }
/// # }
/// impl Diff for Version {
///     fn diff(&self, after: &Self, into: &mut Differences<'_>) {
///         if self != after {
///             into.changed(self, after);
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with what it was before",
    label = "nothing says what of this `{Self}` has changed",
    note = "for a type with `#[derive(Redact)]`: write `#[redact(diff)]` under it",
    note = "in a derive: mark the field `#[sensitive]` to tell only that it changed, or `#[public]` to \
            show what it was and is",
    note = "for free text by itself: `audit_runtime::public(&text)`, if it is no secret"
)]
pub trait Diff: Redact {
    /// Tells `into` what differs in `after`; nothing if the two are equal.
    fn diff(&self, after: &Self, into: &mut Differences<'_>);

    /// Writes the marked field at a place, for the output of the derive.
    #[doc(hidden)]
    fn __audit_form(&self, _at: usize, _into: &mut Form<'_>) {}
}

/// Stands for a text that is written: the path it is part of, the text, and the bytes it may take; the
/// answer is what is written in its stead, if that is another one.
pub type Scrub<'a> = dyn FnMut(&str, &str, usize) -> Option<String> + 'a;

/// The differences between two values, as they are found.
pub struct Differences<'a> {
    how: Redaction<'a>,
    scrub: &'a mut Scrub<'a>,
    path: String,
    changes: Changes,
    /// Only whether there is a difference is asked.
    asks: bool,
}

/// Writes one form of a value.
type Write<'w> = &'w dyn Fn(&mut Form<'_>);

impl<'a> Differences<'a> {
    /// Differences below `path`, in the redacted form of `how`. Every text of them goes through `scrub`.
    pub fn below(path: &str, how: Redaction<'a>, scrub: &'a mut Scrub<'a>) -> Self {
        Self { how, scrub, path: path.to_owned(), changes: Changes::default(), asks: false }
    }

    /// What was found.
    pub fn found(self) -> Changes {
        self.changes
    }

    /// How values are redacted.
    pub fn how(&self) -> Redaction<'a> {
        self.how
    }

    /// Compares a part of the two values: a field by its name, the element of a list as `[3]`. An
    /// empty step is the value itself.
    pub fn part<T: Diff + ?Sized>(&mut self, step: &str, before: &T, after: &T) {
        self.at(step, |into| before.diff(after, into));
    }

    /// Tells that the value was replaced.
    pub fn changed<T: Redact + ?Sized>(&mut self, before: &T, after: &T) {
        let how = self.how;
        let form = |value: &T, form: &mut Form<'_>| form.put(&value.redacted_with(how));
        if self.tell(Some(&|into| form(before, into)), Some(&|into| form(after, into))) {
            self.hides::<T>();
        }
    }

    /// Tells that a part was not there before.
    pub fn added<T: Redact + ?Sized>(&mut self, step: &str, value: &T) {
        let how = self.how;
        self.at(step, |into| {
            if into.tell(None, Some(&|form| form.put(&value.redacted_with(how)))) {
                into.hides::<T>();
            }
        });
    }

    /// Tells that a part is there no more.
    pub fn removed<T: Redact + ?Sized>(&mut self, step: &str, value: &T) {
        let how = self.how;
        self.at(step, |into| {
            if into.tell(Some(&|form| form.put(&value.redacted_with(how))), None) {
                into.hides::<T>();
            }
        });
    }

    /// Tells that a part changed, and nothing of what it was and is.
    pub fn withheld(&mut self, step: &str) {
        self.at(step, |into| {
            if into.tell(None, None) {
                into.hide("");
            }
        });
    }

    /// Compares a field that is shown as its `Serialize` writes it.
    pub(crate) fn shown<T: Serialize + ?Sized>(&mut self, step: &str, before: &T, after: &T) {
        self.at(step, |into| {
            match for_log(|| (serde_json::to_value(before), serde_json::to_value(after))) {
                (Ok(before), Ok(after)) => tree::compare(&before, &after, into),
                // What `Value` cannot hold may still be written, such as a large `u128`. An error's
                // own text may quote the value, so only its fact is told.
                _ => match for_log(|| (serde_json::to_vec(before), serde_json::to_vec(after))) {
                    (Ok(before), Ok(after)) if before == after => {}
                    _ => {
                        into.changes.cut = true;
                        into.withheld("");
                    }
                },
            }
        });
    }

    /// Tells that a marked field changed, in the form that its policy leaves of it.
    pub(crate) fn marked<T: Diff + ?Sized>(
        &mut self,
        step: &str,
        at: usize,
        before: &T,
        after: &T,
    ) {
        self.at(step, |into| {
            let form = |value: &T, form: &mut Form<'_>| for_log(|| value.__audit_form(at, form));
            if into.tell(Some(&|into| form(before, into)), Some(&|into| form(after, into))) {
                into.hide("");
            }
        });
    }

    /// True if there is nothing more to find out.
    fn is_settled(&self) -> bool {
        self.asks && self.changes.count > 0
    }

    /// True if `before` and `after` differ in anything that would be told.
    fn differ<T: Diff + ?Sized>(&self, before: &T, after: &T) -> bool {
        let mut keep = |_: &str, _: &str, _: usize| None;
        let mut asking = Differences::below("", self.how, &mut keep);
        asking.asks = true;
        before.diff(after, &mut asking);
        asking.changes.count > 0
    }

    fn at(&mut self, step: &str, work: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        if !self.path.is_empty() && !step.is_empty() && !step.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(step);
        work(self);
        self.path.truncate(length);
    }

    /// True if it is written.
    fn tell(&mut self, old: Option<Write<'_>>, new: Option<Write<'_>>) -> bool {
        self.changes.count += 1;
        if self.asks || !self.changes.takes(&self.path) {
            return false;
        }
        let Self { how, scrub, path, changes, .. } = self;
        let shown = scrub("", path, usize::MAX).unwrap_or_else(|| path.clone());
        let mut written = |write: Write<'_>| {
            let mut change = |text: &str, cap: usize| scrub(&shown, text, cap);
            let mut form = Form::new(*how, &mut change);
            write(&mut form);
            form.written()
        };
        let (old, new) = (old.map(&mut written), new.map(&mut written));
        changes.write(path, &shown, old, new)
    }

    fn hides<T: Redact + ?Sized>(&mut self) {
        for path in HiddenPaths::of::<T>() {
            self.hide(if path == "$" { "" } else { &path });
        }
    }

    /// Names a part as one of which not all is shown.
    fn hide(&mut self, step: &str) {
        let path = &self.path;
        let point =
            if path.is_empty() || step.is_empty() || step.starts_with('[') { "" } else { "." };
        let whole = format!("{path}{point}{step}");
        let whole = if whole.is_empty() { "$".to_owned() } else { whole };
        let whole = (self.scrub)("", &whole, usize::MAX).unwrap_or(whole);
        self.changes.hide(whole);
    }
}

/// Compares an unmarked field in the output of a derive, and demands of its type that it can be.
pub fn part<T: Diff + ?Sized>(into: &mut Differences<'_>, step: &str, before: &T, after: &T) {
    into.part(step, before, after);
}

/// Compares a public field in the output of a derive.
pub fn shown<T: Serialize + ?Sized>(into: &mut Differences<'_>, step: &str, before: &T, after: &T) {
    into.shown(step, before, after);
}

/// Compares a marked field in the output of a derive: in clear, by its own `==`.
pub fn marked<T: Same + ?Sized, O: Diff + ?Sized>(
    into: &mut Differences<'_>,
    step: &str,
    at: usize,
    (before, after): (&T, &T),
    (whole, whole_after): (&O, &O),
) {
    if before != after {
        into.marked(step, at, whole, whole_after);
    }
}

/// What a marked field is compared by.
#[diagnostic::on_unimplemented(
    message = "a marked field is compared by its `==`, which `{Self}` has not",
    label = "nothing says whether this `{Self}` has changed",
    note = "derive `PartialEq` on the type, or let the field be a `Sensitive`, which compares in \
            constant time",
    note = "or take `diff` out of `#[redact(…)]`, if no record tells what changed in this type"
)]
pub trait Same: PartialEq {}

// Hidden from the compiler's advice, which would speak of `PartialEq` and not of changes.
#[diagnostic::do_not_recommend]
impl<T: PartialEq + ?Sized> Same for T {}
