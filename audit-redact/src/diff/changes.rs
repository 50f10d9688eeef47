//! The differences as they are written: JSON within caps, and what was hidden of them.

use std::collections::BTreeMap;

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

/// Where there is no more room, so many differences are still tried: fields that change a lot make
/// room for others.
const TRIES_MAX: usize = 512;

/// So many steps of their paths tell parts apart where there is too much.
const STEPS_MAX: usize = 8;

/// Differences in their redacted form, encoded as the elements of a JSON array.
///
/// Each is an object: `path`, and `old` and `new` as far as there was and is a value, or `masked` if
/// it changed and both have the same form. At most 64 are written, in 8 KiB; all are counted. What
/// does not fit is taken from the fields with most of them, and a field keeps at least its name.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    told: Vec<Told>,
    pub(super) count: u64,
    pub(super) cut: bool,
    /// The part that gave something up last, once there was no more room.
    crowded: Option<Box<str>>,
    tries: usize,
    /// Every field that is told has given what it can.
    is_full: bool,
}

/// One difference, written.
#[derive(Clone, Debug)]
struct Told {
    path: Box<str>,
    json: Vec<u8>,
    /// The name of its part, and how it is written without values.
    name: String,
    bare: Vec<u8>,
    hidden: Vec<String>,
}

impl Changes {
    /// Differences that nobody has found out: none is told, and that they are cut is.
    pub fn unknown() -> Self {
        Self { cut: true, ..Self::default() }
    }

    /// The elements of the JSON array.
    pub fn elements(&self) -> impl Iterator<Item = &[u8]> {
        self.told.iter().map(|told| &*told.json)
    }

    /// How many differences there are, written or not.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// True if a difference or a part of one is not written.
    pub fn is_cut(&self) -> bool {
        self.cut || self.count > self.told.len() as u64
    }

    /// The paths of which not all is shown, each once.
    pub fn hidden(&self) -> impl Iterator<Item = &str> {
        let all = || self.told.iter().flat_map(|told| &told.hidden);
        let once =
            all().enumerate().filter(move |(at, path)| !all().take(*at).any(|it| it == *path));
        once.map(|(_, path)| path.as_str())
    }

    /// Adds later ones, as far as there is room.
    pub fn join(&mut self, other: Self) {
        self.count += other.count;
        self.cut |= other.cut;
        for told in other.told {
            self.push(told);
        }
    }

    /// True if a difference at `path` may be written, or one in its stead.
    pub(super) fn takes(&mut self, path: &str) -> bool {
        let Some(crowded) = &self.crowded else { return true };
        let path = capped(path);
        if !self.told.iter().any(|told| field(&told.path) == field(path)) {
            return !self.is_full;
        }
        if **crowded == *part(path) {
            return false;
        }
        self.tries += 1;
        self.tries <= TRIES_MAX
    }

    /// Names a path of which the difference that was written last shows not all.
    pub(super) fn hide(&mut self, path: String) {
        if let Some(told) = self.told.last_mut().filter(|told| told.hidden.len() < CHANGES_MAX) {
            told.hidden.push(path);
        }
    }

    /// Writes the difference at `path`, which is `shown` so; neither value is one that is withheld.
    /// False if there is no room for it.
    pub(super) fn write(
        &mut self,
        path: &str,
        shown: &str,
        old: Option<Written>,
        new: Option<Written>,
    ) -> bool {
        let mut json = Vec::new();
        let mut cut = [&old, &new].into_iter().flatten().any(|written| written.cut);
        // Where the ends are cut off, the difference may be in there.
        let is_masked =
            old.as_ref().map(|old| &old.json) == new.as_ref().map(|new| &new.json) && !cut;
        cut |= object(&mut json, shown, |object| {
            if is_masked {
                object.flag("masked", true);
            }
            for (key, written) in [("old", old), ("new", new)] {
                if let Some(written) = written.filter(|_| !is_masked) {
                    object.raw(key, &written.json);
                }
            }
        });
        self.cut |= cut;
        let (path, name) = (capped(path).into(), part(capped(shown)).to_owned());
        let mut bare = Vec::new();
        object(&mut bare, &name, |object| object.flag("masked", true));
        self.push(Told { path, json, name, bare, hidden: Vec::new() })
    }

    /// True if it is still there once there is room again.
    fn push(&mut self, told: Told) -> bool {
        self.told.push(told);
        let mut is_there = true;
        while self.told.len() > CHANGES_MAX || self.bytes() > BYTES_MAX {
            is_there &= self.make_room();
        }
        is_there
    }

    fn bytes(&self) -> usize {
        self.told.iter().map(|told| told.json.len() + 1).sum()
    }

    /// Lets the field that takes most give up its last difference, or the values of its only one;
    /// where all are but named, the last one goes. False if the last one went.
    fn make_room(&mut self) -> bool {
        let (told, is_long) = (&self.told, self.told.len() <= CHANGES_MAX);
        let has_values = |at: usize| is_long && told[at].json.len() > told[at].bare.len();
        let share = |at: usize, of: fn(&str) -> &str| {
            told.iter().filter(|it| of(&it.path) == of(&told[at].path)).count()
        };
        let giving = (0..told.len()).filter(|&at| has_values(at) || share(at, field) > 1);
        let most = self.largest(giving.collect());
        let at = most.unwrap_or(told.len() - 1);
        let keeps_name = has_values(at) && share(at, part) == 1;
        self.cut = true;
        self.is_full |= most.is_none();
        self.crowded = Some(part(&told[at].path).into());
        if keeps_name {
            let told = &mut self.told[at];
            told.json.clone_from(&told.bare);
            told.hidden = vec![told.name.clone()];
            return true;
        }
        self.told.remove(at);
        at < self.told.len()
    }

    /// The last one of the part that takes most: step by step of the path, from the field on.
    fn largest(&self, mut of: Vec<usize>) -> Option<usize> {
        for steps in 1..=STEPS_MAX {
            let step = |at: usize| beginning(&self.told[at].path, steps);
            let mut bytes = BTreeMap::<&str, usize>::new();
            for &at in &of {
                *bytes.entry(step(at)).or_default() += self.told[at].json.len();
            }
            let most = step(*of.iter().max_by_key(|&&at| bytes.get(step(at)))?);
            of.retain(|&it| step(it) == most);
        }
        of.pop()
    }
}

/// The beginning of a path as it is compared with others.
fn capped(path: &str) -> &str {
    let fits = |(at, it): &(usize, char)| at + it.len_utf8() <= PATH_BYTES_MAX;
    let end = path.char_indices().take_while(fits).last().map_or(0, |(at, it)| at + it.len_utf8());
    &path[..end]
}

/// The field that a path begins in: `home` of `home.city`; nothing of `[3]`.
fn field(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or_default()
}

/// What the elements of one list have in common: `home.tags` of `home.tags[3]`, and `[0].city` of itself.
fn part(path: &str) -> &str {
    match path.rfind('[') {
        Some(at) if at > 0 && path.ends_with(']') => part(&path[..at]),
        _ => path,
    }
}

/// So many steps of a path, from its beginning: `[0].city` are two.
fn beginning(path: &str, steps: usize) -> &str {
    let mut ends = path.char_indices().skip(1).filter(|(_, it)| matches!(it, '.' | '['));
    &path[..ends.nth(steps - 1).map_or(path.len(), |(at, _)| at)]
}

/// Writes an object that begins with its path; true if that is cut.
fn object(out: &mut Vec<u8>, path: &str, members: impl FnOnce(&mut encode::Object<'_>)) -> bool {
    out.push(b'{');
    let mut object = encode::Object::members(out);
    let cut = object.text("path", path, PATH_BYTES_MAX);
    members(&mut object);
    out.push(b'}');
    cut
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
