//! An event as the rules look at it: what several of them ask for is worked out once, and only if one asks.

use std::cell::OnceCell;

use super::clock::Moment;
use super::hash::{Domain, StateKey};
use super::observed::Observed;
use super::rule::{Field, category_bit, outcome_bit};
use super::window::Hit;

/// An event with the moment at which it counts.
pub(super) struct Seen<'e, 'a> {
    pub(super) event: &'e Observed<'a>,
    pub(super) moment: Moment,
    pub(super) category: u8,
    pub(super) outcome: u16,
    key: StateKey,
    hashes: [OnceCell<Option<u64>>; Field::ALL.len()],
}

impl<'e, 'a> Seen<'e, 'a> {
    /// An event, whose fields are hashed with `key`. Hashes of a drill are others than those of real
    /// events, so the two never meet in a key.
    pub(super) fn new(event: &'e Observed<'a>, moment: Moment, key: StateKey) -> Self {
        Self {
            event,
            moment,
            category: category_bit(event.category),
            outcome: outcome_bit(event.outcome),
            key: event.drill.as_deref().map_or(key, |drill| key.of_drill(drill)),
            hashes: Default::default(),
        }
    }

    /// The keyed hash of what the event has in a field.
    pub(super) fn hash(&self, field: Field) -> Option<u64> {
        *self.hashes[field as usize].get_or_init(|| self.hash_afresh(field))
    }

    /// The event as one of a key, with the value that is told from others.
    pub(super) fn hit(&self, value: u64) -> Hit {
        Hit { stamp_ns: self.moment.now_ns, seq: self.event.seq, value }
    }

    fn hash_afresh(&self, field: Field) -> Option<u64> {
        let (key, event) = (self.key, self.event);
        match field {
            Field::User => event.user.as_ref().map(|user| {
                let domain = if user.known { Domain::User } else { Domain::UnknownUser };
                key.hash(domain, &[user.realm.as_bytes(), user.id.as_bytes()])
            }),
            Field::Address => {
                let address = event.address.as_ref();
                address.map(|address| key.hash(Domain::Address, &[address.text.as_bytes()]))
            }
            Field::Target => {
                let target = event.target.as_ref();
                target.map(|target| key.hash(Domain::Target, &[target.as_bytes()]))
            }
        }
    }
}
