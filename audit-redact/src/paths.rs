//! Names the paths that a type hides, as proof that stands beside the redacted value.

use std::any::type_name;

use crate::Redact;

/// Deeper paths are not looked for; the redacted form itself has no such limit.
const DEPTH_MAX: usize = 16;
/// Room made for a path, so that most need no more.
const PATH_BYTES_USUAL: usize = 64;
/// More paths than a reader will look at are not listed.
const PATHS_MAX: usize = 128;

/// Collects the paths that a type hides: `password`, `cards[].number`, `Card.number`, `limits.*`.
///
/// A path mirrors the log form: fields by name, list elements as `[]`, tuple places as `[0]`, map
/// values as `*`, a hidden value that is not part of anything as `$`. A type inside itself is named
/// once; at most 128 paths, 16 levels deep, are listed.
#[derive(Clone, Debug, Default)]
pub struct HiddenPaths {
    /// The parts that are being looked into: the type and the path of each.
    open: Vec<(&'static str, &'static str)>,
    found: Vec<String>,
}

impl HiddenPaths {
    /// The paths that values of `T` hide.
    ///
    /// ```
    /// use audit_runtime::{HiddenPaths, Redact};
    ///
    /// #[derive(Redact)]
    /// struct Card {
    ///     #[sensitive]
    ///     number: String,
    ///     expires: u16,
    /// }
    ///
    /// #[derive(Redact)]
    /// struct Wallet {
    ///     cards: Vec<Card>,
    /// }
    ///
    /// assert_eq!(HiddenPaths::of::<Wallet>(), ["cards[].number"]);
    /// ```
    pub fn of<T: Redact + ?Sized>() -> Vec<String> {
        let mut report = Self::default();
        report.part::<T>("");
        report.found
    }

    /// Reports the paths that the part at `path`, of type `T`, hides.
    pub fn part<T: Redact + ?Sized>(&mut self, path: &'static str) {
        let name = type_name::<T>();
        let inside_itself = self.open.iter().any(|(open, _)| *open == name);
        if self.open.len() >= DEPTH_MAX || inside_itself {
            return;
        }
        self.open.push((name, path));
        T::hidden(self);
        self.open.pop();
    }

    /// Reports that the part at `path` is hidden; an empty path is the value itself.
    pub fn hide(&mut self, path: &str) {
        if self.found.len() >= PATHS_MAX {
            return;
        }
        let mut whole = String::with_capacity(PATH_BYTES_USUAL);
        for step in self.open.iter().map(|(_, path)| *path).chain([path]) {
            if !whole.is_empty() && !step.is_empty() && !step.starts_with('[') {
                whole.push('.');
            }
            whole.push_str(step);
        }
        if whole.is_empty() {
            whole.push('$');
        }
        if !self.found.contains(&whole) {
            self.found.push(whole);
        }
    }

    /// Reports that the parts at `paths` are hidden.
    pub fn hide_all(&mut self, paths: &[&str]) {
        for path in paths {
            self.hide(path);
        }
    }

    /// The paths found so far, in their order, each once.
    pub fn found(&self) -> &[String] {
        &self.found
    }
}
