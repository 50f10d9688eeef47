//! The guard at work: free texts lose their secrets before they are cut and written.

use audit_guard::{Caught, Kind, scrub};
use audit_journal::encode::Object;

/// The most places of one event that are named.
const PLACES_MAX: usize = 32;

/// Where in an event a secret was caught: the path of a field, and the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) kind: Kind,
}

/// What the guard caught in one event: places and kinds, never a value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    places: Vec<Place>,
}

impl Watch {
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
        let scrubbed = scrub(text);
        self.note(&scrubbed.caught, part, key);
        object.text(key, &scrubbed.text, cap)
    }

    /// What stands for `text` in the field `key` of `part`, if it holds a secret.
    pub(crate) fn change(&mut self, part: &str, key: &str, text: &str) -> Option<String> {
        let scrubbed = scrub(text);
        self.note(&scrubbed.caught, part, key);
        (!scrubbed.caught.is_empty()).then(|| scrubbed.text.into_owned())
    }

    fn note(&mut self, caught: &Caught, part: &str, key: &str) {
        if caught.is_empty() {
            return;
        }
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
