//! Secrets that a program holds right now: each is found wherever it stands, whatever its form.
//!
//! Nothing is kept of a secret but keyed fingerprints of it and of the forms that encoders give it. A text is read
//! once for all of them (Karp and Rabin): the fingerprint of each eight bytes is looked up, and where one is known,
//! that of the whole is compared. So a secret comes and goes without anything being built anew.

mod fingerprint;
mod forms;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::kind::Kind;
use crate::looks::{different, is_placeholder};
use crate::text::{Found, Text};
use crate::value::floor_of_character;
use fingerprint::{Fingerprint, Keys, Sums, WINDOW_BYTES};

/// A shorter secret would be found in texts that do not hold it.
const SECRET_BYTES_MIN: usize = WINDOW_BYTES;
/// In every form of a longer one, not all of it would be read where a text is cut.
const SECRET_BYTES_MAX: usize = 1_024;
/// Fewer different bytes are no secret.
const DIFFERENT_MIN: usize = 5;
/// So many secrets are watched at once.
const SECRETS_MAX: usize = 1_024;
/// Two to this power bits are asked before the fingerprints.
const BITS_POWER: u32 = 17;
/// How far a text in base64 is taken with the secret in it.
const ENCODED_BYTES_MAX: usize = 16_384;

/// How many secrets are watched: a text is not read for them as long as there is none, and no lock is taken.
static WATCHED: AtomicUsize = AtomicUsize::new(0);
static LIVE: RwLock<Live> = RwLock::new(Live::none());

/// Has the guard find `secret` in every text, until the [`Watch`] is dropped.
///
/// It is found as it is, escaped in JSON once and twice, in percent-encoding, and in base64, alone or with other
/// bytes about it. The guard keeps keyed fingerprints, and no copy.
///
/// ```
/// let watch = audit_guard::watch(b"correct horse battery")?;
/// let scrubbed = audit_guard::scrub("it said correct horse battery");
/// assert_eq!(scrubbed.text, "it said [REDACTED:live]");
/// drop(watch);
/// assert!(audit_guard::scrub("it said correct horse battery").caught.is_empty());
/// # Ok::<(), audit_guard::Unwatched>(())
/// ```
///
/// # Errors
/// If the guard cannot tell it from other text, or watches too many: see [`Unwatched`].
pub fn watch(secret: &[u8]) -> Result<Watch, Unwatched> {
    match secret.len() {
        0..SECRET_BYTES_MIN => return Err(Unwatched::Short),
        SECRET_BYTES_MIN..=SECRET_BYTES_MAX => {}
        _ => return Err(Unwatched::Long),
    }
    if different(secret) < DIFFERENT_MIN || is_placeholder(secret) {
        return Err(Unwatched::Plain);
    }
    let mut live = written();
    if live.secrets == SECRETS_MAX {
        return Err(Unwatched::Full);
    }
    let keys = *live.keys.get_or_insert_with(Keys::by_chance);
    let mut forms: Vec<Fingerprint> = Vec::new();
    forms::each(secret, &mut |form, encoded| {
        let form = keys.fingerprint(form, encoded);
        if !forms.contains(&form) {
            forms.push(form);
        }
    });
    forms.iter().for_each(|form| live.add(*form));
    live.secrets += 1;
    WATCHED.store(live.secrets, Ordering::Release);
    Ok(Watch { forms })
}

/// A secret that is watched; as long as this lives.
#[must_use = "the secret is watched until this is dropped"]
pub struct Watch {
    forms: Vec<Fingerprint>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut live = written();
        self.forms.iter().for_each(|form| live.remove(form));
        live.set_bits();
        live.secrets -= 1;
        WATCHED.store(live.secrets, Ordering::Release);
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

/// Why a secret is not watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unwatched {
    /// It has less than 8 bytes.
    Short,
    /// It has more than 1,024 bytes.
    Long,
    /// It has less than 5 different bytes, or is a word such as `password`.
    Plain,
    /// 1,024 secrets are watched already.
    Full,
}

impl fmt::Display for Unwatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Short => {
                "a secret of less than 8 bytes is not watched: it would be found everywhere"
            }
            Self::Long => "a secret of more than 1,024 bytes is not watched",
            Self::Plain => {
                "this secret is not watched: texts that do not hold it have such words as well"
            }
            Self::Full => "1,024 secrets are watched already: drop the watch of one",
        })
    }
}

impl std::error::Error for Unwatched {}

/// True if any secret is watched.
#[inline]
pub(crate) fn is_any() -> bool {
    WATCHED.load(Ordering::Acquire) > 0
}

/// The watched secrets of a text, in order, none over another.
pub(crate) fn find(bytes: &[u8]) -> Vec<Found> {
    if is_any() { read().find(&Text::new(bytes)) } else { Vec::new() }
}

fn read() -> RwLockReadGuard<'static, Live> {
    LIVE.read().unwrap_or_else(PoisonError::into_inner)
}

fn written() -> RwLockWriteGuard<'static, Live> {
    LIVE.write().unwrap_or_else(PoisonError::into_inner)
}

/// The fingerprints of all watched secrets.
struct Live {
    /// None until the first.
    keys: Option<Keys>,
    secrets: usize,
    /// One bit for each known window; empty as long as there is none.
    bits: Vec<u64>,
    /// By the fingerprint of their window, with the number of secrets that have each.
    forms: BTreeMap<u64, Vec<(Fingerprint, usize)>>,
}

impl Live {
    const fn none() -> Self {
        Self { keys: None, secrets: 0, bits: Vec::new(), forms: BTreeMap::new() }
    }

    fn add(&mut self, form: Fingerprint) {
        let same = self.forms.entry(form.window).or_default();
        match same.iter_mut().find(|(known, _)| *known == form) {
            Some((_, number)) => *number += 1,
            None => same.push((form, 1)),
        }
        self.bits.resize(1 << (BITS_POWER - 6), 0);
        self.set_bit(form.window);
    }

    fn remove(&mut self, form: &Fingerprint) {
        if let Some(same) = self.forms.get_mut(&form.window) {
            same.iter_mut().filter(|(known, _)| known == form).for_each(|(_, number)| *number -= 1);
            same.retain(|(_, number)| *number > 0);
            if same.is_empty() {
                self.forms.remove(&form.window);
            }
        }
    }

    fn set_bits(&mut self) {
        self.bits.fill(0);
        let windows: Vec<u64> = self.forms.keys().copied().collect();
        windows.into_iter().for_each(|window| self.set_bit(window));
    }

    fn set_bit(&mut self, window: u64) {
        let bit = window >> (64 - BITS_POWER);
        if let Some(word) = self.bits.get_mut((bit >> 6) as usize) {
            *word |= 1 << (bit & 63);
        }
    }

    fn find(&self, text: &Text<'_>) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        let Some(keys) = &self.keys else { return found };
        let mut sums = Sums::of(text.bytes());
        for (place, eight) in text.bytes().windows(WINDOW_BYTES).enumerate() {
            let window = keys.window(eight);
            let bit = window >> (64 - BITS_POWER);
            if self.bits.get((bit >> 6) as usize).is_none_or(|word| word >> (bit & 63) & 1 == 0) {
                continue;
            }
            for (form, _) in self.forms.get(&window).map_or(&[][..], Vec::as_slice) {
                let within =
                    |start: &usize| found.last().is_some_and(|it| it.place.contains(start));
                let start = place.checked_sub(form.offset).filter(|start| !within(start));
                let held = start.filter(|start| sums.is(keys, *start, form));
                found.extend(held.and_then(|start| placed(text, start, form)));
            }
        }
        found.sort_unstable_by_key(|it| it.place.start);
        found.dedup_by(|next, one| {
            let overlaps = next.place.start < one.place.end;
            one.place.end =
                if overlaps { one.place.end.max(next.place.end) } else { one.place.end };
            overlaps
        });
        found
    }
}

/// What is replaced where a form stands at `start`.
fn placed(text: &Text<'_>, start: usize, form: &Fingerprint) -> Option<Found> {
    let end = start + form.length;
    let is_digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_digit());
    let before = start.checked_sub(1).and_then(|place| text.at(place));
    if form.is_number && (is_digit(before) || is_digit(text.at(end))) {
        return None;
    }
    let place = if form.is_encoded {
        let is_encoded = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte);
        text.run_back(start, ENCODED_BYTES_MAX, is_encoded)
            ..text.run(end, ENCODED_BYTES_MAX, is_encoded)
    } else {
        // A secret of bytes may begin and end within a character.
        floor_of_character(text, start)..text.run(end, 4, |byte| byte & 0xc0 == 0x80)
    };
    text.found_behind_mark(place, Kind::Live)
}
