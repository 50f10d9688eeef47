//! What an action changed: compared in clear where it is captured, kept in redacted form within caps.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};

use audit_journal::{encode, encode::Object};
use audit_redact::{Changes, Diff, Differences, Redact};
use sha2::{Digest, Sha256};

use super::Scrubber;
use super::line::texts;
use super::redactor::redacting;

/// Further bulks of an action are counted, and not recorded.
const BULKS_MAX: usize = 2;
/// More kinds of what was done to many are one kind together.
const COUNTS_MAX: usize = 8;
/// The ids that a record names, of all its bulks together.
const FIRST_MAX: usize = 32;
/// The longest word for what was done, in bytes.
const WORD_BYTES_MAX: usize = 64;
/// What further kinds are counted as.
const OTHER: &str = "other";

/// What an action changed: fields before and after, or what was done to many things at once.
///
/// Values are compared in clear and recorded in redacted form, which the running task's recorder
/// gives them; without one, whatever is sensitive is hidden. What has the same form before and after
/// is recorded as changed, without its values. At most 64 changes are recorded, in 8 KiB, and a value
/// in 512 bytes; a cut is named in `truncated`, and `changes_total` is the number of all. What does
/// not fit is left out where most has changed, so that a field that changed keeps at least its name.
///
/// ```
/// use audit_runtime::{ChangeSet, Redact, Sensitive, public};
///
/// #[derive(Redact)]
/// #[redact(diff)]
/// struct User {
///     #[public]
///     name: String,
///     logins: u32,
///     password: Sensitive<String>,
/// }
///
/// let before = User { name: "ada".into(), logins: 7, password: "hunter2".to_owned().into() };
/// let after = User { name: "ada".into(), logins: 8, password: "correct horse".to_owned().into() };
/// // Two changes: `logins` from 7 to 8, and `password`, whose values are withheld.
/// assert_eq!(ChangeSet::between(&before, &after).count(), 2);
///
/// // By hand, where there is no type that holds both.
/// let by_hand = ChangeSet::new()
///     .change("status", &public("draft"), &public("paid"))
///     .change("total", &100_u32, &100_u32)
///     .withheld("iban");
/// assert_eq!(by_hand.count(), 2);
/// ```
#[derive(Clone, Default)]
#[must_use = "changes are recorded by `set_changes`, or with an event of your own"]
pub struct ChangeSet {
    changes: Changes,
    scrubber: Scrubber,
    bulks: Vec<Bulk>,
    /// How many were done in bulks that are left out.
    left_out: u64,
}

/// What was done to many things of a kind, one after the other: [`ChangeSet::bulk`] begins it.
#[derive(Clone)]
#[must_use = "changes are recorded by `set_changes`, or with an event of your own"]
pub struct Bulk {
    kind: Cow<'static, str>,
    total: u64,
    counts: Vec<(Cow<'static, str>, u64)>,
    first: Vec<Cow<'static, str>>,
    ids: Sha256,
}

impl ChangeSet {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What differs between two values.
    pub fn between<T: Diff + ?Sized>(before: &T, after: &T) -> Self {
        Self::new().change("", before, after)
    }

    /// Adds what differs between the two values of the part at `path`; nothing if they are equal.
    pub fn change<T: Diff + ?Sized>(self, path: &str, before: &T, after: &T) -> Self {
        self.with(path, &|into| before.diff(after, into))
    }

    /// Adds a part that was not there before.
    pub fn added<T: Redact + ?Sized>(self, path: &str, value: &T) -> Self {
        self.with(path, &|into| into.added("", value))
    }

    /// Adds a part that is there no more.
    pub fn removed<T: Redact + ?Sized>(self, path: &str, value: &T) -> Self {
        self.with(path, &|into| into.removed("", value))
    }

    /// Adds that the part at `path` changed, and nothing of what it was and is.
    pub fn withheld(self, path: &str) -> Self {
        self.with(path, &|into| into.withheld(""))
    }

    /// What is done to many things of the type `kind`: one bounded record of any number, to which
    /// [`done`](Bulk::done) adds one after the other. An action may have two of them, which share the ids.
    ///
    /// The record tells how many there were, how many of each kind of deed, the first 32 ids, and the
    /// SHA-256 of all ids in their order, each with a line feed behind it: whoever has the list can
    /// check it later, with `sha256sum` of a file of it.
    ///
    /// ```
    /// use audit_runtime::ChangeSet;
    ///
    /// let mut changes = ChangeSet::bulk("User");
    /// for id in 0..12_000 {
    ///     changes.done("deleted", id);
    /// }
    /// assert_eq!(changes.count(), 12_000);
    /// ```
    pub fn bulk(kind: impl Into<Cow<'static, str>>) -> Bulk {
        let (kind, ids) = (kind.into(), Sha256::new());
        Bulk { kind, total: 0, counts: Vec::new(), first: Vec::new(), ids }
    }

    /// Changes that there may be, and that nobody has found out.
    pub(crate) fn unknown() -> Self {
        Self { changes: Changes::unknown(), ..Self::default() }
    }

    /// How many changes there are, recorded or not.
    pub fn count(&self) -> u64 {
        let done: u64 = self.bulks.iter().map(Bulk::count).sum();
        self.changes.count() + done + self.left_out
    }

    /// True if nothing has changed.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Adds later ones, as far as there is room.
    pub(crate) fn join(&mut self, other: Self) {
        self.changes.join(other.changes);
        self.scrubber.join(&other.scrubber);
        self.bulks.extend(other.bulks);
        let more = self.bulks.drain(BULKS_MAX.min(self.bulks.len())..);
        self.left_out += other.left_out + more.map(|bulk| bulk.total).sum::<u64>();
    }

    /// Writes the members `changes` and `bulk`, and names those that were cut.
    pub(super) fn write(
        &self,
        object: &mut Object<'_>,
        scrubber: &mut Scrubber,
        mut confess: impl FnMut(&'static str),
    ) {
        let mut elements = self.changes.elements().peekable();
        let written = self.changes.elements().count() as u64;
        if elements.peek().is_some() {
            object.array("changes", elements, |out, element| out.extend_from_slice(element));
        }
        if self.changes.count() > written {
            object.number("changes_total", self.changes.count());
        }
        if self.changes.is_cut() {
            confess("changes");
        }
        let mut cut = self.left_out > 0;
        if !self.bulks.is_empty() {
            let ids = FIRST_MAX / self.bulks.len();
            object.array("bulk", &self.bulks, |out, bulk| {
                out.push(b'{');
                cut |= bulk.write(&mut Object::members(out), ids, scrubber);
                out.push(b'}');
            });
        }
        if cut {
            confess("bulk");
        }
    }

    /// The paths of which not all is shown.
    pub(super) fn hidden(&self) -> impl Iterator<Item = &str> {
        self.changes.hidden()
    }

    /// What the guard caught in the values.
    pub(super) fn scrubber(&self) -> &Scrubber {
        &self.scrubber
    }

    fn with(mut self, path: &str, find: &dyn Fn(&mut Differences<'_>)) -> Self {
        redacting(&mut |how| {
            let scrubber = &mut self.scrubber;
            let mut change =
                |path: &str, text: &str, cap: usize| scrubber.change("changes", path, text, cap);
            let mut differences = Differences::below(path, how, &mut change);
            find(&mut differences);
            let found = differences.found();
            self.changes.join(found);
        });
        self
    }
}

/// Tells how many there are: even the redacted forms are for the record.
impl fmt::Debug for ChangeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeSet").field("count", &self.count()).finish_non_exhaustive()
    }
}

/// Tells how many there are: ids are for the record.
impl fmt::Debug for Bulk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulk").field("count", &self.total).finish_non_exhaustive()
    }
}

impl From<Bulk> for ChangeSet {
    fn from(bulk: Bulk) -> Self {
        Self { bulks: vec![bulk], ..Self::default() }
    }
}

impl Bulk {
    /// Adds what was done to one thing, such as `deleted`. Of more than eight words, the later ones
    /// are counted as `other`.
    pub fn done(&mut self, what: impl Into<Cow<'static, str>>, id: impl Display) {
        self.add(what.into(), &id);
    }

    /// How many they are by now.
    pub fn count(&self) -> u64 {
        self.total
    }

    fn add(&mut self, what: Cow<'static, str>, id: &dyn Display) {
        self.total += 1;
        let known = |counts: &[(Cow<'_, str>, u64)], word: &str| {
            counts.iter().position(|(known, _)| known == word)
        };
        let place = known(&self.counts, &what).unwrap_or_else(|| {
            let word = if self.counts.len() < COUNTS_MAX { what } else { OTHER.into() };
            known(&self.counts, &word).unwrap_or_else(|| {
                self.counts.push((word, 0));
                self.counts.len() - 1
            })
        });
        self.counts[place].1 += 1;
        if self.first.len() < FIRST_MAX {
            self.first.push(id.to_string().into());
        }
        // A hash takes any text.
        let _ = writeln!(Hashed(&mut self.ids), "{id}");
    }

    /// Writes it with so many `ids`. True if a part was cut, or not all ids are there.
    fn write(&self, object: &mut Object<'_>, ids: usize, scrubber: &mut Scrubber) -> bool {
        let mut cut = scrubber.text(object, "bulk", "type", &self.kind, WORD_BYTES_MAX);
        object.number("total", self.total);
        // What is one word once it is written is counted as one.
        let mut written = BTreeMap::<Vec<u8>, u64>::new();
        for (word, count) in &self.counts {
            let changed = scrubber.change("bulk", "counts", word, WORD_BYTES_MAX);
            let mut key = Vec::new();
            let word = changed.as_deref().unwrap_or(word);
            cut |= encode::text_capped(&mut key, word, WORD_BYTES_MAX);
            *written.entry(key).or_default() += count;
        }
        let mut counts = vec![b'{'];
        for (place, (key, count)) in written.iter().enumerate() {
            if place > 0 {
                counts.push(b',');
            }
            counts.extend_from_slice(key);
            counts.push(b':');
            encode::number(&mut counts, *count);
        }
        counts.push(b'}');
        object.raw("counts", &counts);
        cut |= texts(object, "bulk", "first", &self.first, ids, scrubber);
        let digest = self.ids.clone().finalize();
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        object.plain("sha256", &hex);
        cut || self.total > self.first.len() as u64
    }
}

struct Hashed<'a>(&'a mut Sha256);

impl Write for Hashed<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text);
        Ok(())
    }
}
