//! The guard at work: free texts lose their secrets before they are cut and written.

use std::sync::OnceLock;

use audit_guard::{Caught, Kind, Scrubbed, scrub};
use audit_journal::encode::Object;
use audit_redact::HashKey;

/// The domain of the keyed hashes that stand in the marks of identifiers. All of them share it, so that
/// an account is the same as actor and as target.
const ID_DOMAIN: &str = "id";

/// The most places of one event that are named.
const PLACES_MAX: usize = 32;

/// How far behind its cap a text is read: no form of a secret needs half as many bytes to be known.
const AHEAD_BYTES: usize = 4096;

/// Where in an event a secret was caught: the path of a field, and the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) kind: Kind,
}

/// What the guard caught in one event: places and kinds, never a value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scrubber {
    places: Vec<Place>,
    hashed: bool,
}

impl Scrubber {
    /// Writes a text of at most `cap` escaped bytes without its secrets; true if it was cut.
    #[inline]
    pub(crate) fn text(
        &mut self,
        object: &mut Object<'_>,
        part: &str,
        key: &str,
        text: &str,
        cap: usize,
    ) -> bool {
        let scrubbed = scrubbed(text, cap);
        self.note(&scrubbed.caught, part, key);
        object.text(key, &scrubbed.text, cap)
    }

    /// Does the same with a text that several events share. Once nothing was found in it, it is not read again.
    pub(crate) fn text_once(
        &mut self,
        object: &mut Object<'_>,
        part: &str,
        key: &str,
        text: &str,
        cap: usize,
        is_clean: &OnceLock<()>,
    ) -> bool {
        if is_clean.get().is_some() {
            return object.text(key, text, cap);
        }
        let scrubbed = scrubbed(text, cap);
        if scrubbed.caught.is_empty() {
            is_clean.get_or_init(|| ());
        }
        self.note(&scrubbed.caught, part, key);
        object.text(key, &scrubbed.text, cap)
    }

    /// Writes an identifier like a text. If it holds a secret, its mark has a keyed hash of all of it: what has
    /// the form of a secret may still tell one account from another.
    pub(crate) fn id(
        &mut self,
        object: &mut Object<'_>,
        part: &str,
        key: &str,
        id: &str,
        cap: usize,
        hashes: &HashKey,
    ) -> bool {
        let scrubbed = scrubbed(id, cap);
        if scrubbed.caught.is_empty() {
            return object.text(key, &scrubbed.text, cap);
        }
        self.note(&scrubbed.caught, part, key);
        let hash = hashes.pseudonym(ID_DOMAIN, id.as_bytes());
        // A hash that is cut tells nothing apart: where all does not fit, the mark stands alone.
        let tagged = scrubbed.tagged(&hash).filter(|tagged| fits(tagged, cap));
        let tagged = tagged.or_else(|| alone(&scrubbed.caught).tagged(&hash));
        self.hashed |= tagged.is_some();
        object.text(key, tagged.as_deref().unwrap_or(&scrubbed.text), cap)
    }

    /// True if a mark with a keyed hash was written.
    pub(crate) fn is_hashed(&self) -> bool {
        self.hashed
    }

    /// What stands for `text` in the field `key` of `part`, if it holds a secret and is cut at `cap`.
    pub(crate) fn change(
        &mut self,
        part: &str,
        key: &str,
        text: &str,
        cap: usize,
    ) -> Option<String> {
        let scrubbed = scrubbed(text, cap);
        self.note(&scrubbed.caught, part, key);
        (!scrubbed.caught.is_empty()).then(|| scrubbed.text.into_owned())
    }

    #[inline]
    fn note(&mut self, caught: &Caught, part: &str, key: &str) {
        if !caught.is_empty() {
            self.note_places(caught, part, key);
        }
    }

    fn note_places(&mut self, caught: &Caught, part: &str, key: &str) {
        let dot = if part.is_empty() || key.is_empty() { "" } else { "." };
        for (kind, _) in caught.iter() {
            let place = Place { path: format!("{part}{dot}{key}"), kind };
            if self.places.len() < PLACES_MAX && !self.places.contains(&place) {
                self.places.push(place);
            }
        }
    }

    /// Adds the places of another.
    pub(crate) fn join(&mut self, other: &Self) {
        let room = PLACES_MAX.saturating_sub(self.places.len());
        self.places.extend(other.places.iter().take(room).cloned());
    }

    /// True if it has caught and hashed nothing.
    pub(crate) fn is_idle(&self) -> bool {
        self.places.is_empty() && !self.hashed
    }

    /// The places, in the order of the record.
    pub(crate) fn places(&self) -> &[Place] {
        &self.places
    }

    /// The paths that hold a mark, each once.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        let is_first =
            |at: usize, path: &str| self.places.iter().take(at).all(|it| it.path != path);
        let paths = self.places.iter().map(|place| place.path.as_str()).enumerate();
        paths.filter(move |(at, path)| is_first(*at, path)).map(|(_, path)| path)
    }
}

/// True if `text` needs no escapes and no more than `cap` bytes.
fn fits(text: &str, cap: usize) -> bool {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    text.len() <= cap && text.bytes().all(is_plain)
}

/// The mark of the first kind that was caught, and nothing about it.
fn alone(caught: &Caught) -> Scrubbed<'static> {
    let mark = caught.iter().map(|(kind, _)| kind.mark()).next().unwrap_or_default();
    Scrubbed { text: mark.into(), caught: *caught }
}

/// As much of `text` without its secrets as is needed to cut it at `cap` bytes.
///
/// What lies far behind the cap is cut anyway and is not read, unless marks that are shorter than their
/// secrets bring it near. So a client that sends a long text does not buy the time to read it.
fn scrubbed(text: &str, cap: usize) -> Scrubbed<'_> {
    let mut most = cap.saturating_add(AHEAD_BYTES);
    if text.len() <= most {
        return scrub(text);
    }
    loop {
        let piece = beginning(text, most);
        let scrubbed = scrub(piece);
        // A secret may be cut in two where the piece ends, and must not be where the cap is.
        let needed = cap.saturating_add(AHEAD_BYTES / 2);
        if piece.len() == text.len() || scrubbed.text.len() >= needed {
            return scrubbed;
        }
        most = most.saturating_mul(2);
    }
}

/// The whole characters among the first `most` bytes.
fn beginning(text: &str, most: usize) -> &str {
    let mut ends = (most.saturating_sub(3)..=most).rev();
    ends.find_map(|end| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_a_little_further_than_it_is_kept() {
        let text = "a log line of no interest\n".repeat(100_000);
        assert_eq!(scrubbed(&text, 1024).text.len(), 1024 + AHEAD_BYTES);
        assert_eq!(scrubbed(&text, usize::MAX).text.len(), text.len());
        assert_eq!(scrubbed("漢", 0).text, "漢");
    }

    /// Whatever stands before, behind and in its midst, the cut text is that of the text read as a whole.
    #[test]
    fn what_is_kept_is_as_if_all_had_been_read() {
        let key =
            format!("-----BEGIN PRIVATE KEY-----{}-----END PRIVATE KEY-----", "MIIEpQ".repeat(900));
        let value = format!("password={} and ", "a8Zk20fjQ9x".repeat(1_000));
        let card = "4111 1111 1111 1111, ".to_owned();
        let url = format!("https://ada:{}@db.example/ ", "hunter2".repeat(100));
        for secret in [&key, &value, &card, &url] {
            for before in [0, 100, 1_000, 1_015, 1_024, 3_000, 5_100, 5_115, 5_119] {
                let text = format!("{}{}", "é ".repeat(before / 3), secret.repeat(40));
                for cap in [0, 64, 1024, 4096] {
                    let (piece, whole) = (scrubbed(&text, cap), scrub(&text));
                    let kept = |text: &str| beginning(text, cap).to_owned();
                    assert!(kept(&piece.text) == kept(&whole.text), "{before} bytes, cap {cap}");
                    assert_eq!(piece.text.len() > cap, whole.text.len() > cap);
                }
            }
        }
    }
}
