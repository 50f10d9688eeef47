//! The differences as they are written: JSON within caps, and what was hidden of them.

use audit_journal::encode;
use serde::Serialize;

use crate::Redaction;
use crate::disclosure::for_log;

/// The longest JSON of one value, of a path, and of all differences together, in bytes.
const VALUE_BYTES_MAX: usize = 512;
const PATH_BYTES_MAX: usize = 128;
const BYTES_MAX: usize = 8192;
/// More differences than a reader will look at are counted only.
const CHANGES_MAX: usize = 64;

/// Stands for a value that cannot be serialized; the error's own text may quote it.
const UNSERIALIZABLE: &[u8] = br#""[unserializable]""#;

/// Differences in their redacted form, encoded as the elements of a JSON array.
///
/// Each is an object: `path`, and `old` and `new` as far as there was and is a value, or `masked` if
/// it changed and both have the same form. At most 64 are written, in 8 KiB; all are counted.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    json: Vec<u8>,
    written: usize,
    pub(super) count: u64,
    pub(super) cut: bool,
    hidden: Vec<String>,
}

impl Changes {
    /// Differences that nobody has found out: none is told, and that they are cut is.
    pub fn unknown() -> Self {
        Self { cut: true, ..Self::default() }
    }

    /// The elements of the JSON array, without brackets.
    pub fn elements(&self) -> &[u8] {
        &self.json
    }

    /// How many differences there are, written or not.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// True if a difference or a part of one is not written.
    pub fn is_cut(&self) -> bool {
        self.cut || self.count > self.written as u64
    }

    /// The paths of which not all is shown, each once.
    pub fn hidden(&self) -> &[String] {
        &self.hidden
    }

    /// Adds later ones, as far as there is room.
    pub fn join(&mut self, other: Self) {
        let (count, length) = (self.count + other.count, self.json.len());
        self.cut |= other.cut;
        if self.written + other.written <= CHANGES_MAX && length + other.json.len() < BYTES_MAX {
            if !self.json.is_empty() && !other.json.is_empty() {
                self.json.push(b',');
            }
            self.json.extend_from_slice(&other.json);
            self.written += other.written;
            other.hidden.into_iter().for_each(|path| self.hide(path));
        }
        self.count = count;
    }

    pub(super) fn has_room(&self) -> bool {
        self.written < CHANGES_MAX
    }

    pub(super) fn hide(&mut self, path: String) {
        if self.hidden.len() < CHANGES_MAX && !self.hidden.contains(&path) {
            self.hidden.push(path);
        }
    }

    /// Writes one difference; neither value is one that is withheld.
    pub(super) fn write(&mut self, path: &str, old: Option<Written>, new: Option<Written>) {
        let length = self.json.len();
        if length > 0 {
            self.json.push(b',');
        }
        self.json.push(b'{');
        let mut object = encode::Object::members(&mut self.json);
        let mut cut = object.text("path", path, PATH_BYTES_MAX);
        cut |= [&old, &new].into_iter().flatten().any(|written| written.cut);
        // Where the ends are cut off, the difference may be in there.
        let is_masked =
            old.as_ref().map(|old| &old.json) == new.as_ref().map(|new| &new.json) && !cut;
        if is_masked {
            object.flag("masked", true);
        } else {
            for (key, written) in [("old", old), ("new", new)] {
                if let Some(written) = written {
                    object.raw(key, &written.json);
                }
            }
        }
        self.json.push(b'}');
        if self.json.len() > BYTES_MAX {
            self.json.truncate(length);
            return;
        }
        self.cut |= cut;
        self.written += 1;
    }
}

/// One form of a value, being written.
pub struct Form<'a> {
    how: Redaction<'a>,
    scrub: &'a mut dyn FnMut(&str, usize) -> Option<String>,
    written: Written,
}

/// A value as JSON.
#[derive(Default)]
pub(super) struct Written {
    json: Vec<u8>,
    cut: bool,
}

impl<'a> Form<'a> {
    pub(super) fn new(
        how: Redaction<'a>,
        scrub: &'a mut dyn FnMut(&str, usize) -> Option<String>,
    ) -> Self {
        Self { how, scrub, written: Written::default() }
    }

    /// How the value is redacted.
    pub fn how(&self) -> Redaction<'a> {
        self.how
    }

    /// Writes the value in its redacted form.
    pub fn put<T: Serialize + ?Sized>(&mut self, value: &T) {
        let mut change = |text: &str| (self.scrub)(text, VALUE_BYTES_MAX);
        let json = &mut self.written.json;
        match for_log(|| encode::value_through(json, value, VALUE_BYTES_MAX, &mut change)) {
            Ok(cut) => self.written.cut = cut,
            Err(_) => json.extend_from_slice(UNSERIALIZABLE),
        }
    }

    pub(super) fn written(self) -> Written {
        self.written
    }
}
