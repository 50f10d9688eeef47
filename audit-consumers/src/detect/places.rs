//! From where the events of a key came, where the address is no part of the key.

use super::finding;
use super::rule::Field;
use super::seen::Seen;

/// How many addresses a finding names.
const ADDRESSES_MAX: usize = 16;

/// An address that a key was seen with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) hash: u64,
    /// When, and at which event, it was seen last.
    pub(super) stamp_ns: i64,
    pub(super) seq: u64,
    /// What a finding says of it.
    pub(super) text: Box<str>,
}

/// The addresses of each key of a group, the one that was seen last at the end.
#[derive(Debug)]
pub(super) struct Places {
    /// What events must have to be noted, beside an address.
    pub(super) field: Option<Field>,
    rows: Vec<Vec<Place>>,
}

impl Places {
    /// No addresses yet, of the events that have this field.
    pub(super) fn of(field: Option<Field>) -> Self {
        Self { field, rows: Vec::new() }
    }

    /// Makes room for so many keys.
    pub(super) fn grow(&mut self, rows: usize) {
        self.rows.resize_with(rows, Vec::new);
    }

    /// The addresses of the key in a row.
    pub(super) fn row(&self, row: usize) -> &[Place] {
        &self.rows[row]
    }

    /// Adds the address of an event.
    pub(super) fn note(&mut self, row: usize, seen: &Seen<'_, '_>) {
        let is_counted = self.field.is_none_or(|field| seen.hash(field).is_some());
        let (Some(address), true) = (&seen.event.address, is_counted) else { return };
        let Some(hash) = seen.hash(Field::Address) else { return };
        let (stamp_ns, seq) = (seen.moment.now_ns, seen.event.seq);
        let places = &mut self.rows[row];
        match places.iter().rposition(|place| place.hash == hash) {
            Some(known) if known + 1 == places.len() => {
                (places[known].stamp_ns, places[known].seq) = (stamp_ns, seq);
            }
            Some(known) => {
                let place = places.remove(known);
                places.push(Place { stamp_ns, seq, ..place });
            }
            None => self
                .put(row, Place { hash, stamp_ns, seq, text: finding::part(&address.text).into() }),
        }
    }

    /// Adds an address that the key in a row has not, as the one that was seen last.
    pub(super) fn put(&mut self, row: usize, place: Place) {
        let places = &mut self.rows[row];
        if places.len() >= ADDRESSES_MAX {
            places.remove(0);
        }
        places.push(place);
    }

    /// Lets what lies in the future of `now_ns` happen now.
    pub(super) fn settle(&mut self, row: usize, now_ns: i64) {
        self.rows[row].iter_mut().for_each(|place| place.stamp_ns = place.stamp_ns.min(now_ns));
    }

    pub(super) fn clear(&mut self, row: usize) {
        self.rows[row].clear();
    }
}

#[cfg(test)]
mod tests {
    use audit_runtime::{HashKey, Timestamp};

    use super::super::detector::Detector as _;
    use super::super::engine::Engine;
    use super::super::hash::StateKey;
    use super::super::observed::{Address, Observed, User};
    use super::super::rule::{Kind, Rule, Rules};
    use super::*;

    /// One more address than are kept, the first of which is seen again just before the last comes.
    fn origins() -> Vec<String> {
        let first = (1..=ADDRESSES_MAX).chain([1, ADDRESSES_MAX + 1]);
        first.map(|number| format!("198.51.100.{number}")).collect()
    }

    /// An engine with one rule, which holds at the last of these events.
    fn engine() -> Engine {
        let rule = Rule::new("many", Kind::EventCount, &[Field::User], ADDRESSES_MAX + 2, 60);
        let key = StateKey::derived(&HashKey::from_bytes([1; 32]));
        Engine::new(Rules::hashed(vec![rule]), key)
    }

    #[test]
    fn the_addresses_that_were_seen_last_are_told_also_after_a_restart() {
        let origins = origins();
        let expected: Vec<&String> =
            origins[2..ADDRESSES_MAX].iter().chain(&origins[ADDRESSES_MAX..]).collect();
        assert_eq!(expected.len(), ADDRESSES_MAX);
        for restart_at in 0..origins.len() {
            let (mut engine, mut found) = (engine(), Vec::new());
            for (seq, origin) in origins.iter().enumerate() {
                if seq == restart_at {
                    let snapshot = engine.snapshot();
                    engine = self::engine();
                    engine.restore(&snapshot).unwrap();
                }
                let time = Timestamp::from_unix_nanos(seq as i64);
                let mut event = Observed::new(seq as u64, time);
                event.user = Some(User::exact("ada"));
                event.address = Some(Address::exact(origin));
                engine.observe(&event, &mut found);
            }
            assert_eq!(found.len(), 1, "{restart_at}: {found:?}");
            assert_eq!(found[0].addresses.iter().collect::<Vec<_>>(), expected, "{restart_at}");
        }
    }
}
